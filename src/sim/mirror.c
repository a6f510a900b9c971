/* SPDX-License-Identifier: Apache-2.0
 *
 * A second book of what is free. Everything is a walk over a node's devices; nothing is indexed
 * or remembered, so that there is little to get wrong. Finding a fit costs one walk over all
 * nodes.
 */
#include "sim/mirror.h"

#include <stdlib.h>
#include <string.h>

#include "base/assert.h"

static void fill_node(struct mirror_node *node, const struct fleet *fleet,
		      const struct parc_node_add *add)
{
	*node = (struct mirror_node){.cpu_free_milli = add->cpu_milli,
				     .memory_free_mib = add->memory_mib};
	for (int32_t p = 0; p < add->pools_count; p++) {
		const struct parc_chip *chip = &fleet->chips[add->pools[p].chip].chip;
		node->has_cores |= chip->rule == PARC_RULE_CORES;
		if (chip->rule == PARC_RULE_CORES)
			continue;
		for (int32_t i = 0; i < add->pools[p].devices; i++) {
			ASSERT(node->devices < PARC_NODE_DEVICES_MAX);
			node->chip[node->devices] = add->pools[p].chip;
			node->free_milli[node->devices] = PARC_SHARE_WHOLE;
			node->free_mib[node->devices] = chip->memory_mib;
			node->devices++;
		}
	}
}

int mirror_init(struct mirror *mirror, const struct fleet *fleet, struct parc_err *err)
{
	size_t size = (size_t)fleet->nodes_count * sizeof(*mirror->nodes);
	*mirror = (struct mirror){.nodes_count = fleet->nodes_count, .fleet = fleet};
	mirror->nodes = malloc(size + 1);
	mirror->empty = malloc(size + 1);
	if (!mirror->nodes || !mirror->empty) {
		mirror_deinit(mirror);
		return parc_err_set(err, PARC_ERR_MEMORY, "no memory for a mirror of %d nodes",
				    fleet->nodes_count);
	}
	for (int32_t i = 0; i < fleet->nodes_count; i++)
		fill_node(&mirror->empty[i], fleet, &fleet->nodes[i].add);
	mirror_reset(mirror);
	return 0;
}

void mirror_reset(struct mirror *mirror)
{
	memcpy(mirror->nodes, mirror->empty, (size_t)mirror->nodes_count * sizeof(*mirror->nodes));
}

void mirror_deinit(struct mirror *mirror)
{
	free(mirror->nodes);
	free(mirror->empty);
	*mirror = (struct mirror){0};
}

/* Can the mirror say exactly what a task books on this chip and how many devices it may take? */
static int is_plain(const struct parc_chip *chip)
{
	return (chip->rule == PARC_RULE_SCALAR || chip->rule == PARC_RULE_WHOLE) &&
	       chip->unit <= 1 && chip->counts == 0;
}

/* What a share of this size books on one device of a plain chip. */
static int32_t booked_milli(const struct parc_chip *chip, int32_t share_milli)
{
	if (chip->rule == PARC_RULE_WHOLE)
		return PARC_SHARE_WHOLE;
	int32_t step = chip->step_milli > 0 ? chip->step_milli : 1;
	int32_t rounded = (share_milli + step - 1) / step * step;
	return rounded < PARC_SHARE_WHOLE ? rounded : PARC_SHARE_WHOLE;
}

static int check_device(const struct mirror *mirror, const struct parc_task *task,
			const struct parc_placement *placement, int32_t device)
{
	const struct mirror_node *node = &mirror->nodes[placement->node - 1];
	if (device >= node->devices || !mirror_accepts(task, node->chip[device]))
		return 0;
	const struct parc_chip *chip = &mirror->fleet->chips[node->chip[device]].chip;
	if (is_plain(chip) && placement->share_milli != booked_milli(chip, task->share_milli))
		return 0;
	return placement->share_milli <= node->free_milli[device] &&
	       placement->device_memory_mib <= node->free_mib[device];
}

static int mismatch(const struct parc_placement *placement, const char *what, struct parc_err *err)
{
	return parc_err_set(err, PARC_ERR_MISMATCH,
			    "a placement on node %lld (devices %x) is wrong: %s",
			    (long long)placement->node, placement->devices, what);
}

static int check_placement(const struct mirror *mirror, const struct parc_task *task,
			   const struct parc_placement *placement, struct parc_err *err)
{
	if (placement->node < 1 || placement->node > mirror->nodes_count)
		return mismatch(placement, "there is no such node", err);
	const struct mirror_node *node = &mirror->nodes[placement->node - 1];
	if (node->has_cores)
		return 0;
	if (placement->cpu_milli != task->cpu_milli || placement->memory_mib != task->memory_mib)
		return mismatch(placement, "it books other CPU or memory than was asked", err);
	if (placement->cpu_milli > node->cpu_free_milli)
		return mismatch(placement, "that much CPU is not free there", err);
	if (placement->memory_mib > node->memory_free_mib)
		return mismatch(placement, "that much memory is not free there", err);
	if (__builtin_popcount(placement->devices) != task->devices)
		return mismatch(placement, "it has another number of devices than was asked", err);
	for (int32_t i = 0; i < PARC_NODE_DEVICES_MAX; i++)
		if ((placement->devices >> i & 1) && !check_device(mirror, task, placement, i))
			return mismatch(placement, "a device is not free or not accepted", err);
	return 0;
}

static void book(struct mirror *mirror, const struct parc_placement *placement, int32_t sign)
{
	struct mirror_node *node = &mirror->nodes[placement->node - 1];
	node->cpu_free_milli -= sign * placement->cpu_milli;
	node->memory_free_mib -= sign * placement->memory_mib;
	for (int32_t i = 0; i < node->devices; i++) {
		if (!(placement->devices >> i & 1))
			continue;
		node->free_milli[i] -= sign * placement->share_milli;
		node->free_mib[i] -= sign * placement->device_memory_mib;
	}
}

int mirror_place(struct mirror *mirror, const struct parc_task *task,
		 const struct parc_placement *placement, struct parc_err *err)
{
	int code = check_placement(mirror, task, placement, err);
	if (!code)
		book(mirror, placement, 1);
	return code;
}

void mirror_release(struct mirror *mirror, const struct parc_placement *placement)
{
	book(mirror, placement, -1);
}

int64_t mirror_capacity_milli(const struct mirror *mirror)
{
	int64_t milli = 0;
	for (int32_t i = 0; i < mirror->nodes_count; i++)
		milli += (int64_t)mirror->empty[i].devices * PARC_SHARE_WHOLE;
	return milli;
}

/* Devices of one plain chip with room for one device's part of the task, as a set. */
static uint32_t devices_with_room(const struct mirror *mirror, const struct mirror_node *node,
				  const struct parc_task *task, int32_t chip_index)
{
	const struct parc_chip *chip = &mirror->fleet->chips[chip_index].chip;
	uint32_t found = 0;
	for (int32_t i = 0; i < node->devices; i++)
		if (node->chip[i] == chip_index &&
		    node->free_milli[i] >= booked_milli(chip, task->share_milli) &&
		    node->free_mib[i] >= task->device_memory_mib)
			found |= UINT32_C(1) << i;
	return found;
}

int mirror_take(const struct mirror *mirror, struct mirror_node *node, const struct parc_task *task,
		int32_t chip_index)
{
	if (node->has_cores || node->cpu_free_milli < task->cpu_milli ||
	    node->memory_free_mib < task->memory_mib)
		return 0;
	if (task->devices > 0 && !is_plain(&mirror->fleet->chips[chip_index].chip))
		return 0;
	uint32_t room = task->devices ? devices_with_room(mirror, node, task, chip_index) : 0;
	if (__builtin_popcount(room) < task->devices)
		return 0;
	for (int32_t taken = 0; taken < task->devices; taken++) {
		int device = __builtin_ctz(room);
		const struct parc_chip *chip = &mirror->fleet->chips[chip_index].chip;
		node->free_milli[device] -= booked_milli(chip, task->share_milli);
		node->free_mib[device] -= task->device_memory_mib;
		room &= room - 1;
	}
	node->cpu_free_milli -= task->cpu_milli;
	node->memory_free_mib -= task->memory_mib;
	return 1;
}

/* Do all tasks of the row fit on nodes with this chip (on any node when it asks for no device)? */
static int fits_on_chip(const struct mirror *mirror, const struct tasks_row *row, int32_t chip)
{
	int32_t placed = 0;
	for (int32_t i = 0; i < mirror->nodes_count; i++) {
		struct mirror_node copy = mirror->nodes[i];
		while (placed < row->gang && mirror_take(mirror, &copy, &row->task, chip))
			placed++;
		if (placed == row->gang)
			return 1;
	}
	return 0;
}

int mirror_can_fit(const struct mirror *mirror, const struct tasks_row *row)
{
	if (row->alien || row->close_strength == PARC_STRENGTH_REQUIRE ||
	    row->task.link == PARC_STRENGTH_REQUIRE)
		return 0;
	if (row->task.devices == 0)
		return row->task.chips == 0 && fits_on_chip(mirror, row, 0);
	for (int32_t chip = 0; chip < mirror->fleet->chips_count; chip++)
		if (mirror_accepts(&row->task, chip) && fits_on_chip(mirror, row, chip))
			return 1;
	return 0;
}
