/* SPDX-License-Identifier: Apache-2.0
 *
 * A second book of what is free on every node, kept from the core's START actions alone and by
 * the plainest means, so that the core's decisions can be verified by somebody else's count:
 * no placement takes what is not free, and no task is refused that fits somewhere.
 *
 *   life cycle   mirror_init, mirror_reset, mirror_deinit
 *   change       mirror_place, mirror_release
 *   query        mirror_can_fit
 *
 * Chips of rule SCALAR and WHOLE whose devices come one by one in any number are verified in
 * full; for the others (templates, memory only, aligned units) placements are verified to stay
 * within what is free, and a refusal is not judged. Nodes that rent their cores as devices are
 * not judged at all, nor refusals of what requires closeness.
 */
#ifndef SIM_MIRROR_H
#define SIM_MIRROR_H

#include "trace/tasks.h"

struct mirror_node {
	int64_t memory_free_mib;
	int32_t cpu_free_milli, devices;
	int32_t chip[PARC_NODE_DEVICES_MAX];
	int32_t free_milli[PARC_NODE_DEVICES_MAX], free_mib[PARC_NODE_DEVICES_MAX];
	uint8_t has_cores; /* a pool of its cores: not judged */
};

struct mirror {
	struct mirror_node *nodes, *empty; /* as it is, and as it was with nothing placed */
	int32_t nodes_count;
	const struct fleet *fleet; /* the caller's; it outlives the mirror */
};

int mirror_init(struct mirror *mirror, const struct fleet *fleet, struct parc_err *err);
void mirror_reset(struct mirror *mirror); /* nothing is placed */
void mirror_deinit(struct mirror *mirror);

/* Book the placement of one task; PARC_ERR_MISMATCH when it is not what was asked or not free. */
int mirror_place(struct mirror *mirror, const struct parc_task *task,
		 const struct parc_placement *placement, struct parc_err *err);

/* Give back what mirror_place booked. */
void mirror_release(struct mirror *mirror, const struct parc_placement *placement);

/* Thousandths of all devices, free or not. */
int64_t mirror_capacity_milli(const struct mirror *mirror);

/* Take one task out of a node (a copy, as a rule) on devices of this chip: 1, or 0 when it does not
 * fit there or the chip is not verified in full. The chip must be accepted; it does not matter for
 * a task without devices. */
int mirror_take(const struct mirror *mirror, struct mirror_node *node, const struct parc_task *task,
		int32_t chip);

/* Could all tasks of this row start now? Says yes only when it has found where. Walks all nodes. */
int mirror_can_fit(const struct mirror *mirror, const struct tasks_row *row);

/* Does this chip satisfy the task's set of chips? */
static inline int mirror_accepts(const struct parc_task *task, int32_t chip)
{
	return task->chips == 0 || (task->chips >> chip & 1);
}

#endif
