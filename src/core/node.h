/* SPDX-License-Identifier: Apache-2.0
 *
 * Nodes: what is free on them, and every change of it. A change here keeps the index, the
 * counts by place, the ledger, the totals by chip and the digest in step, so nobody else needs
 * to. Invariants N1..N4 (ARCHITECTURE.md) are checked by node_check.
 */
#ifndef CORE_NODE_H
#define CORE_NODE_H

#include "core/fit.h"

/* What a node was like before a claim, to take the claim back to the bit. */
struct node_undo {
	int64_t changed;
	int32_t node, prev; /* prev: its neighbour in its class */
};

/* Fetch what a change of a node will touch from memory (-1: nothing), while something else is
 * done. Most of the time of a placement on a large fleet goes by waiting for these lines. */
void node_prefetch(const struct parc_core *core, int32_t node);

/* The kind of such a node, made if it is new; -1: too many kinds. */
int32_t node_kind_find(struct parc_core *core, const struct parc_node_add *add, int make);

/* The kind of a node that is there, after decoding. */
int32_t node_kind_again(struct parc_core *core, const struct node *node);

/* Take a node into the fleet; the event was checked. */
void node_add(struct parc_core *core, const struct parc_node_add *add);

/* Take an empty node out of the fleet. */
void node_remove(struct parc_core *core, int32_t node);

void node_set_state(struct parc_core *core, int32_t node, enum parc_node_state state);
void node_set_failed(struct parc_core *core, int32_t node, int32_t device, int failed);
void node_set_foreign(struct parc_core *core, int32_t node, int32_t device, int32_t milli,
		      int32_t mib);

/* Hold what the task record says on its node, booked as starting; and give it back, booked out
 * of `from`. Returns the thousandths of devices it holds. */
int64_t node_take(struct parc_core *core, const struct task *task, int64_t user,
		  struct node_undo *undo);
int64_t node_give(struct parc_core *core, const struct task *task, enum parc_ledger from);

/* Note what the node is like; bring it back to the bit after a change was taken back. */
void node_mark(const struct parc_core *core, int32_t node, struct node_undo *undo);
void node_restore(struct parc_core *core, const struct node_undo *undo);

/* Give back what a task holds as if it had ended (sign -1), or take it again (1): only the
 * records and the books, while the node stays filed as it was. */
void node_pretend(struct parc_core *core, const struct task *task, int64_t user, int sign);

/* What is taken of a device but by tasks. */
static inline const struct beset *device_beset(const struct parc_core *core,
					       const struct device *it)
{
	static const struct beset nothing;

	return it->beset ? &core->besets[it - core->devices] : &nothing;
}

/* It has been changed: note whether it is still nothing. */
void device_beset_note(struct parc_core *core, int32_t device);

/* What a node keeps for reservations. */
struct kept {
	int64_t memory_mib;
	int32_t cpu_milli;
	int16_t milli[PARC_NODE_DEVICES_MAX];
	int32_t mib[PARC_NODE_DEVICES_MAX];
	uint16_t slots[PARC_NODE_DEVICES_MAX];
};

/* Copy it into the records, not booked; returns 1 if it is another amount than before. */
int node_put_kept(struct parc_core *core, int32_t node, const struct kept *kept);

/* Keep that from now on, booked; returns 1 if it is another amount than before. */
int node_set_kept(struct parc_core *core, int32_t node, const struct kept *kept);

/* The node changed: a new stamp, and all that follows from what is free. */
void node_changed(struct parc_core *core, int32_t node);

/* Waiting work may fit there now. */
void node_freed(struct parc_core *core, int32_t node);

/* Undo the last node_take of this task. */
void node_untake(struct parc_core *core, const struct task *task, const struct node_undo *undo);

/* Thousandths of devices that the task holds, rented cores included. */
int64_t node_task_milli(const struct parc_core *core, const struct task *task);

/* Can it hold all of that now? For what comes from outside; a decision knows. */
int node_can_take(const struct parc_core *core, const struct task *task, int64_t user);

/* Add the node to the totals by chip, after decoding; the ledger is left as it is. */
void node_recount_totals(struct parc_core *core, int32_t node);

/* Its part of the digest, computed from its record. */
uint64_t node_hash(const struct parc_core *core, int32_t node);

/* Reckon it and what it is made of anew, after decoding; not in the digest. */
void node_rehash(struct parc_core *core, int32_t node);

#endif
