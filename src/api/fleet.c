/* SPDX-License-Identifier: Apache-2.0
 *
 * The fleet, who used it, and where its hours went.
 */
#include <stdio.h>
#include <string.h>

#include "api/request.h"
#include "daemon/settings.h"

#define HOUR_MILLI_US 3.6e12 /* thousandth-device-microseconds in a device-hour */

struct fleet_listing {
	struct daemon *daemon;
	json_t *nodes;
};

static const char *chip_name(const struct daemon *daemon, int32_t chip)
{
	return chip >= 0 && chip < daemon->chips.count ? daemon->chips.names[chip] : "?";
}

static int node_add(void *context, int64_t number, const char *name, const char *text)
{
	struct fleet_listing *listing = context;
	struct parc_node_info info;
	char shown[ENGINE_NAME_MAX + 1] = "";
	json_t *devices, *node;

	(void)name;
	(void)text;
	if (parc_node_info(listing->daemon->core, number, &info) != 0)
		return 0; /* it was removed */
	daemon_node_name(listing->daemon, number, shown);
	devices = json_array();
	for (int32_t i = 0; i < info.devices; i++)
		json_array_append_new(devices,
				      json_pack("{s:i, s:s, s:i, s:i}", "device", i, "chip",
						chip_name(listing->daemon, info.device_chip[i]),
						"free_milli", info.free_milli[i], "free_mib",
						info.free_mib[i]));
	node = json_pack("{s:I, s:s, s:s, s:i, s:I, s:o}", "node", (json_int_t)number, "name",
			 shown, "state", parc_node_state_name(info.state), "cpu_free_milli",
			 info.cpu_free_milli, "memory_free_mib", (json_int_t)info.memory_free_mib,
			 "devices", devices);
	return json_array_append_new(listing->nodes, node);
}

int handle_fleet(struct request *request, struct parc_err *err)
{
	struct daemon *daemon = request->api->daemon;
	struct fleet_listing listing = {daemon, json_array()};
	int code = store_name_list(daemon->store, STORE_NODE, node_add, &listing, err);
	json_t *chips = json_array();

	for (int32_t i = 0; i < daemon->chips.count; i++)
		json_array_append_new(
			chips, json_pack("{s:s, s:I}", "chip", daemon->chips.names[i], "free_milli",
					 (json_int_t)parc_free_milli(daemon->core, i)));
	if (code != 0) {
		json_decref(listing.nodes);
		json_decref(chips);
		return code;
	}
	return answer_json(
		request, MHD_HTTP_OK,
		json_pack("{s:I, s:I, s:I, s:I, s:o, s:o, s:o}", "capacity_milli",
			  (json_int_t)parc_count(daemon->core, PARC_COUNT_CAPACITY_MILLI),
			  "allocated_milli",
			  (json_int_t)parc_count(daemon->core, PARC_COUNT_ALLOCATED_MILLI),
			  "free_milli", (json_int_t)parc_count(daemon->core, PARC_COUNT_FREE_MILLI),
			  "pending", (json_int_t)parc_count(daemon->core, PARC_COUNT_PENDING),
			  "chips", chips, "nodes", listing.nodes, "windows", windows_json(daemon)),
		err);
}

static int node_event(struct request *request, int32_t kind, struct parc_err *err)
{
	struct parc_event event = {.kind = kind, .node.node = request->id};
	int code = daemon_step(request->api->daemon, &event, err);

	if (code != 0)
		return code;
	return answer_json(request, MHD_HTTP_OK,
			   json_pack("{s:I}", "node", (json_int_t)request->id), err);
}

int handle_node_drain(struct request *request, struct parc_err *err)
{
	return node_event(request, PARC_EVENT_NODE_DRAIN, err);
}

int handle_node_resume(struct request *request, struct parc_err *err)
{
	return node_event(request, PARC_EVENT_NODE_RESUME, err);
}

/* A 128 bit amount as a decimal string. */
static json_t *decimal(__int128 value)
{
	char text[48], *at = text + sizeof(text) - 1;
	unsigned __int128 rest = value < 0 ? -(unsigned __int128)value : (unsigned __int128)value;

	*at = '\0';
	do {
		*--at = (char)('0' + (int)(rest % 10));
		rest /= 10;
	} while (rest > 0);
	if (value < 0)
		*--at = '-';
	return json_string(at);
}

static json_t *usage_json(const char *name, const struct parc_usage *usage)
{
	return json_pack("{s:s, s:o, s:o, s:f, s:f, s:I}", "tenant", name, "held_milli_us",
			 decimal(usage->held), "normal_milli_us", decimal(usage->normal),
			 "device_hours", (double)usage->held / HOUR_MILLI_US, "normalised_hours",
			 (double)usage->normal / HOUR_MILLI_US / PARC_SHARE_WHOLE, "held_milli",
			 (json_int_t)usage->held_milli);
}

struct usage_listing {
	struct request *request;
	json_t *list;
};

static int tenant_add(void *context, int64_t number, const char *name, const char *text)
{
	struct usage_listing *listing = context;
	struct daemon *daemon = listing->request->api->daemon;
	const struct daemon_caller *caller = &listing->request->caller;
	struct parc_usage usage;

	(void)text;
	if (!caller_sees_all(caller) &&
	    (caller->tenant[0] != '\0' ? strcmp(caller->tenant, name) != 0
				       : !config_has_user(&daemon->config, name, caller->user)))
		return 0;
	if (parc_tenant_usage(daemon->core, number, &usage) != 0)
		return 0;
	return json_array_append_new(listing->list, usage_json(name, &usage));
}

int handle_usage(struct request *request, struct parc_err *err)
{
	struct usage_listing listing = {request, json_array()};
	int code = store_name_list(request->api->daemon->store, STORE_TENANT, tenant_add, &listing,
				   err);

	if (code != 0) {
		json_decref(listing.list);
		return code;
	}
	return answer_json(request, MHD_HTTP_OK, json_pack("{s:o}", "tenants", listing.list), err);
}

int handle_report(struct request *request, struct parc_err *err)
{
	struct daemon *daemon = request->api->daemon;
	__int128 capacity = parc_ledger_capacity(daemon->core);
	json_t *steps = json_array();

	for (int i = 0; i < PARC_LEDGER_COUNT; i++) {
		__int128 amount = parc_ledger(daemon->core, (enum parc_ledger)i);

		json_array_append_new(
			steps,
			json_pack("{s:s, s:o, s:f, s:f}", "category", parc_ledger_name(i),
				  "milli_us", decimal(amount), "device_hours",
				  (double)amount / HOUR_MILLI_US, "percent",
				  capacity > 0 ? (double)amount * 100 / (double)capacity : 0.0));
	}
	return answer_json(request, MHD_HTTP_OK,
			   json_pack("{s:o, s:f, s:o}", "capacity_milli_us", decimal(capacity),
				     "capacity_device_hours", (double)capacity / HOUR_MILLI_US,
				     "steps", steps),
			   err);
}
