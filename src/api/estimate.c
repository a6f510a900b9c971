/* SPDX-License-Identifier: Apache-2.0
 *
 * When a job that waits will start, as far as looking ahead says (daemon/forecast.h), and what that
 * rests on; else why there is no estimate.
 */
#include <stdio.h>

#include "api/request.h"

#define TEXT_BYTES 400

static const char *state_name(enum forecast_state state)
{
	return state == FORECAST_READY ? "ready" : state == FORECAST_MAKING ? "making" : "none";
}

/* Of a job that is in what was found, and starts. */
static void found_text(char text[TEXT_BYTES], const struct ahead *ahead)
{
	int used =
		snprintf(text, TEXT_BYTES,
			 "an estimate, in which jobs run as long as they are expected to, else to "
			 "their time limits, nothing fails and no other work comes");

	if (ahead->unknown > 0)
		snprintf(text + used, TEXT_BYTES - (size_t)used,
			 "; %d of the %d that run have no known length and are taken to run on",
			 ahead->unknown, ahead->runs);
}

static void missing_text(char text[TEXT_BYTES], const struct ahead *ahead, int64_t begin_us)
{
	if (ahead->stop == AHEAD_BOUND)
		snprintf(text, TEXT_BYTES,
			 "there is none: its start is behind the first %d starts and %lld min "
			 "that were looked ahead",
			 ahead->starts_count, (long long)((ahead->until_us - begin_us) / 60000000));
	else if (ahead->unknown + ahead->unknown_begun > 0)
		snprintf(text, TEXT_BYTES,
			 "there is none: %d of the %d jobs that run, and %d of those that would "
			 "start before it, have no known length; --expected or --time would give "
			 "one",
			 ahead->unknown, ahead->runs, ahead->unknown_begun);
	else if (ahead->stop == AHEAD_HORIZON)
		snprintf(text, TEXT_BYTES, "there is none: it would not start within %d days",
			 (int)(FORECAST_HORIZON_US / (INT64_C(86400) * 1000000)));
	else
		snprintf(text, TEXT_BYTES,
			 "there is none: it would not start by itself as things are");
}

/* When it starts; PARC_NEVER: not known. With why in `text`. */
static int64_t estimate_of(const struct forecast *forecast, enum forecast_state state, int64_t job,
			   char text[TEXT_BYTES])
{
	struct ahead ahead;
	int64_t start_us;

	if (state != FORECAST_READY) {
		snprintf(text, TEXT_BYTES, "%s",
			 state == FORECAST_MAKING ? "it is being made; ask again"
						  : "there is none now; ask again in a while");
		return PARC_NEVER;
	}
	ahead = forecast->ready->ahead;
	ahead.starts = forecast->ready->starts;
	start_us = ahead_find(&ahead, job);
	if (start_us != PARC_NEVER)
		found_text(text, &ahead);
	else
		missing_text(text, &ahead, forecast->made_us);
	return start_us;
}

json_t *estimate_json(struct daemon *daemon, int64_t job)
{
	enum forecast_state state = forecast_ask(daemon, job);
	char text[TEXT_BYTES];
	int64_t start_us = estimate_of(&daemon->forecast, state, job, text);

	return json_pack("{s:s, s:o, s:o, s:s}", "state", state_name(state), "start_us",
			 start_us == PARC_NEVER ? json_null() : json_integer(start_us), "made_us",
			 state == FORECAST_READY ? json_integer(daemon->forecast.made_us)
						 : json_null(),
			 "text", text);
}

void start_show(struct daemon *daemon, json_t *object, int64_t job)
{
	const struct forecast *forecast = &daemon->forecast;
	struct parc_job_info info;
	int64_t start_us = PARC_NEVER;
	char text[TEXT_BYTES];

	if (parc_job_info(daemon->core, job, &info) != 0 || info.state != PARC_JOB_PENDING)
		return;
	if (info.reserved_us != 0 && info.reserved_us != PARC_NEVER) {
		json_object_set_new(object, "start_by_us", json_integer(info.reserved_us));
		return;
	}
	if (forecast->ready != NULL)
		start_us = estimate_of(forecast, FORECAST_READY, job, text);
	json_object_set_new(object, "start_estimate_us",
			    start_us == PARC_NEVER ? json_null() : json_integer(start_us));
}
