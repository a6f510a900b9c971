/* SPDX-License-Identifier: Apache-2.0
 *
 * The fleet and its tenants.
 */
#include <stdio.h>
#include <string.h>

#include "api/request.h"
#include "daemon/settings.h"

#define LOOK_MAX (PARC_NODE_DEVICES_MAX + PARC_NODE_POOLS_MAX)

struct fleet_listing {
	struct daemon *daemon;
	json_t *nodes;
	struct engine_device looks[LOOK_MAX]; /* what the engine measured last */
	int32_t looks_count;
};

static const char *chip_name(const struct daemon *daemon, int32_t chip)
{
	return chip >= 0 && chip < daemon->chips.count ? daemon->chips.names[chip] : "?";
}

/* What the engine measured of a device of its machine (-1: of the pool of cores); NULL: nothing. */
static const struct engine_device *look_find(const struct fleet_listing *listing, int32_t device)
{
	for (int32_t i = 0; i < listing->looks_count; i++)
		if (listing->looks[i].device == device)
			return &listing->looks[i];
	return NULL;
}

static json_t *measured_json(int64_t amount)
{
	return amount < 0 ? json_null() : json_integer(amount);
}

static json_t *device_json(const struct fleet_listing *listing, const struct parc_node_info *info,
			   int32_t device)
{
	const struct engine_device *look = look_find(listing, device);
	json_t *object =
		json_pack("{s:i, s:s, s:i, s:i}", "device", device, "chip",
			  chip_name(listing->daemon, info->device_chip[device]), "free_milli",
			  info->free_milli[device], "free_mib", info->free_mib[device]);

	json_object_set_new(object, "busy_milli",
			    measured_json(look == NULL ? -1 : look->busy_milli));
	json_object_set_new(object, "used_mib",
			    measured_json(look == NULL ? -1 : look->memory_mib));
	json_object_set_new(object, "foreign", json_boolean(look != NULL && look->foreign == 1));
	return object;
}

static int node_add(void *context, int64_t number, const char *name, const char *text)
{
	struct fleet_listing *listing = context;
	struct parc_node_info info;
	char shown[ENGINE_NAME_MAX + 1] = "";
	const struct engine_device *cores = look_find(listing, -1);
	json_t *devices, *node;

	(void)name;
	(void)text;
	if (parc_node_info(listing->daemon->core, number, &info) != 0)
		return 0; /* it was removed */
	daemon_node_name(listing->daemon, number, shown);
	devices = json_array();
	for (int32_t i = 0; i < info.devices; i++)
		json_array_append_new(devices, device_json(listing, &info, i));
	node = json_pack("{s:I, s:s, s:s, s:i, s:i, s:I, s:I, s:o}", "node", (json_int_t)number,
			 "name", shown, "state", parc_node_state_name(info.state), "cpu_milli",
			 info.cpu_milli, "cpu_free_milli", info.cpu_free_milli, "memory_mib",
			 (json_int_t)info.memory_mib, "memory_free_mib",
			 (json_int_t)info.memory_free_mib, "devices", devices);
	json_object_set_new(node, "cpu_busy_milli",
			    measured_json(cores == NULL ? -1 : cores->busy_milli));
	return json_array_append_new(listing->nodes, node);
}

int handle_fleet(struct request *request, struct parc_err *err)
{
	struct daemon *daemon = request->api->daemon;
	struct fleet_listing listing = {.daemon = daemon, .nodes = json_array()};
	const struct engine *engine = &daemon->engine;
	json_t *chips = json_array();
	int code;

	if (engine->calls->look != NULL)
		listing.looks_count = engine->calls->look(engine->self, listing.looks, LOOK_MAX);
	if (listing.looks_count > LOOK_MAX)
		listing.looks_count = LOOK_MAX;
	code = store_name_list(daemon->store, STORE_NODE, node_add, &listing, err);

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
			  "pending", (json_int_t)parc_count(daemon->core, PARC_COUNT_WAITING),
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
