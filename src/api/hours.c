/* SPDX-License-Identifier: Apache-2.0
 *
 * Who used the fleet, and where its hours went, in a period or since the beginning. Both are of
 * now: when nothing has happened for a second the core is told the time first, which is recorded.
 */
#include <stdio.h>
#include <string.h>

#include "api/request.h"
#include "sim/waterfall.h"

#define HOUR_MILLI_US 3.6e12 /* thousandth-device-microseconds in a device-hour */
#define STALE_US      1000000

/* A 128 bit amount as a decimal string. */
static json_t *decimal(__int128 value)
{
	char text[WATERFALL_DIGITS];

	return json_string(waterfall_decimal(value, text));
}

static double percent(__int128 part, __int128 whole)
{
	return whole > 0 ? (double)part * 100 / (double)whole : 0.0;
}

/* The period that the query names. */
static int period_get(struct request *request, struct marks_period *period, struct parc_err *err)
{
	static const int64_t range[2] = {1, PARC_TIME_MAX};
	struct daemon *daemon = request->api->daemon;
	struct parc_event event = {.kind = PARC_EVENT_TIME};
	int64_t from_us = 0, to_us = 0;
	int code = parameter_number(request, "from", range, &from_us, err);

	if (code == 0)
		code = parameter_number(request, "to", range, &to_us, err);
	if (code == 0 && daemon->now_us - daemon->marks.last_us > STALE_US)
		code = daemon_step(daemon, &event, err);
	return code == 0 ? marks_period(daemon, from_us, to_us, period, err) : code;
}

struct usage_listing {
	struct request *request;
	const struct marks_period *period;
	json_t *list;
	struct parc_err *err;
};

static json_t *usage_json(const char *name, const struct store_usage *usage, int64_t held_milli,
			  const struct marks_period *period)
{
	return json_pack("{s:s, s:o, s:o, s:f, s:f, s:f, s:I}", "tenant", name, "held_milli_us",
			 decimal(usage->held), "normal_milli_us", decimal(usage->normal),
			 "device_hours", (double)usage->held / HOUR_MILLI_US, "normalised_hours",
			 (double)usage->normal / HOUR_MILLI_US / PARC_SHARE_WHOLE, "percent",
			 percent(usage->held, period->amount.capacity), "held_milli",
			 (json_int_t)held_milli);
}

static int tenant_add(void *context, int64_t number, const char *name, const char *text)
{
	struct usage_listing *listing = context;
	struct daemon *daemon = listing->request->api->daemon;
	const struct daemon_caller *caller = &listing->request->caller;
	struct store_usage usage;
	struct parc_usage now;
	int code;

	(void)text;
	if (!caller_sees_all(caller) &&
	    (caller->tenant[0] != '\0' ? strcmp(caller->tenant, name) != 0
				       : !config_has_user(&daemon->config, name, caller->user)))
		return 0;
	if (parc_tenant_usage(daemon->core, number, &now) != 0)
		return 0;
	code = marks_tenant(daemon, listing->period, number, &usage, listing->err);
	if (code != 0)
		return code;
	return json_array_append_new(listing->list,
				     usage_json(name, &usage, now.held_milli, listing->period));
}

/* What both answers begin with: the period, and the tenants that the caller may see. */
static int hours_get(struct request *request, struct marks_period *period, json_t **tenants,
		     struct parc_err *err)
{
	struct usage_listing listing = {request, period, NULL, err};
	int code = period_get(request, period, err);

	if (code != 0)
		return code;
	listing.list = json_array();
	code = store_name_list(request->api->daemon->store, STORE_TENANT, tenant_add, &listing,
			       err);
	if (code != 0)
		json_decref(listing.list);
	else
		*tenants = listing.list;
	return code;
}

int handle_usage(struct request *request, struct parc_err *err)
{
	struct marks_period period;
	json_t *tenants;
	int code = hours_get(request, &period, &tenants, err);

	if (code != 0)
		return code;
	return answer_json(request, MHD_HTTP_OK,
			   json_pack("{s:I, s:I, s:o}", "from_us", (json_int_t)period.from_us,
				     "to_us", (json_int_t)period.to_us, "tenants", tenants),
			   err);
}

static json_t *steps_list(const struct marks_period *period)
{
	json_t *steps = json_array();

	for (int i = 0; i < PARC_LEDGER_COUNT; i++) {
		__int128 amount = period->amount.ledger[i];

		json_array_append_new(steps, json_pack("{s:s, s:o, s:f, s:f}", "category",
						       parc_ledger_name(i), "milli_us",
						       decimal(amount), "device_hours",
						       (double)amount / HOUR_MILLI_US, "percent",
						       percent(amount, period->amount.capacity)));
	}
	return steps;
}

int handle_report(struct request *request, struct parc_err *err)
{
	struct marks_period period;
	json_t *tenants;
	int code = hours_get(request, &period, &tenants, err);

	if (code != 0)
		return code;
	return answer_json(request, MHD_HTTP_OK,
			   json_pack("{s:I, s:I, s:o, s:f, s:o, s:o}", "from_us",
				     (json_int_t)period.from_us, "to_us", (json_int_t)period.to_us,
				     "capacity_milli_us", decimal(period.amount.capacity),
				     "capacity_device_hours",
				     (double)period.amount.capacity / HOUR_MILLI_US, "steps",
				     steps_list(&period), "tenants", tenants),
			   err);
}
