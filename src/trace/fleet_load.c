/* SPDX-License-Identifier: Apache-2.0
 *
 * Putting a fleet into a core: its chips, then its places, each after its parent, then its nodes.
 */
#include "base/assert.h"
#include "trace/fleet.h"

/* Devices that the core keeps apart on one node: cores are a number there. */
static int32_t node_devices(const struct fleet *fleet, const struct fleet_node *node)
{
	int32_t devices = 0;

	for (int32_t i = 0; i < node->add.pools_count; i++) {
		if (fleet->chips[node->add.pools[i].chip].chip.rule != PARC_RULE_CORES)
			devices += node->add.pools[i].devices;
	}
	return devices;
}

struct parc_limits fleet_limits(const struct fleet *fleet, int32_t jobs)
{
	int32_t devices = fleet->devices < 1 ? 1 : (int32_t)fleet->devices;
	struct parc_limits limits = parc_limits_for(fleet->nodes_count, devices, jobs);
	int32_t largest = 1;

	for (int32_t i = 0; i < fleet->nodes_count; i++) {
		int32_t count = node_devices(fleet, &fleet->nodes[i]);

		largest = count > largest ? count : largest;
	}
	limits.node_devices = largest;
	if (limits.places < fleet->places_count)
		limits.places = fleet->places_count;
	return limits;
}

static int step(struct parc_core *core, const struct parc_event *event, struct parc_err *err)
{
	struct parc_actions actions;

	return parc_step(core, event, &actions, err);
}

int fleet_load(const struct fleet *fleet, struct parc_core *core, int64_t time_us,
	       struct parc_err *err)
{
	struct parc_event event = {.time_us = time_us};
	int code = 0;

	event.kind = PARC_EVENT_CHIP_SET;
	for (int32_t i = 0; i < fleet->chips_count && code == 0; i++) {
		event.chip = fleet->chips[i].chip;
		code = step(core, &event, err);
	}
	event.kind = PARC_EVENT_PLACE_ADD;
	for (int32_t i = 0; i < fleet->places_count && code == 0; i++) {
		event.place.place = i + 1;
		event.place.parent = fleet->places[i].parent;
		event.place.level = fleet->places[i].level;
		code = step(core, &event, err);
	}
	event.kind = PARC_EVENT_NODE_ADD;
	for (int32_t i = 0; i < fleet->nodes_count && code == 0; i++) {
		event.node_add = fleet->nodes[i].add;
		code = step(core, &event, err);
	}
	return code;
}
