/* SPDX-License-Identifier: Apache-2.0
 *
 * Reservations: what is kept for a job that waits, so that others do not delay it.
 *
 * A reservation has a start, an end, and a hold for each task on the node and devices where the
 * task will run. What a node keeps follows from the holds on it: at each start T it must have
 * what is reserved then, less what its tasks that are expected to end by T will give back. That
 * part is taken out of every view of the node, so whatever is placed without further ado delays
 * no reservation. Work that will have ended by T may use it all the same: for such a try the
 * holds that do not matter are lifted, and put back to the bit.
 *
 * Lengths that are not known never end: their work is kept out of what is reserved, and a
 * reservation that has to wait for such work has no known start.
 */
#ifndef CORE_RESERVE_H
#define CORE_RESERVE_H

#include "core/node.h"

/* Which holds matter: not those of `except`; those that begin before `until_us` and end after
 * `from_us`. Tasks expected to end by `from_us` are counted as gone. */
struct window {
	int32_t except; /* reservation, -1: none */
	int32_t over;	/* 1: nor those that yield to the plan that is made */
	int64_t from_us, until_us;
	/* Of windows in the public sense (closure.h): those that this job may use (1 + its slot; 0:
	 * none) and those that begin after `closed_us` (0: never) do not matter. */
	int32_t member;
	int64_t closed_us;
};

#define WINDOW_ALWAYS ((struct window){.except = -1, .from_us = INT64_MIN, .until_us = PARC_NEVER})

void reserve_init(struct parc_core *core, struct block *block);
void reserve_reset(struct parc_core *core);

/* Easy: the job that holds the reservation, -1: none. Recalls are not meant. */
int32_t reserve_holder(const struct parc_core *core);

/* Could the action be applied to the waiting job? 0, or the sentence in err. */
int reserve_check(const struct parc_core *core, int32_t job, const struct parc_action *action,
		  struct parc_err *err);

/* Put what the action says in the place of the job's reservation; no placements: drop it. */
void reserve_set(struct parc_core *core, int32_t job, const struct parc_action *action);

/* Does the slot hold a reservation, of a job or of a window? */
static inline int reservation_is_live(const struct reservation *it)
{
	return it->job >= 0 || it->closure >= 0;
}

/* Keep these placements for a closure from now on; give them back; a node leaves the fleet. */
void reserve_close(struct parc_core *core, int32_t closure, const struct parc_placement *placements,
		   int32_t count);
void reserve_reopen(struct parc_core *core, int32_t closure);
void reserve_leave_node(struct parc_core *core, int32_t node);

/* Why a job waits that would run on these placements but for windows: MAINTENANCE where one of
 * their nodes is kept for it, else RESERVATION. */
int32_t reserve_closed_reason(const struct parc_core *core, const struct parc_placement *placements,
			      int32_t count);

/* Are all on nodes that there are, with amounts in range? */
int reserve_placements_are_possible(const struct parc_core *core,
				    const struct parc_placement *placements, int32_t count);

/* Drop the job's reservation if it has one. */
void reserve_drop(struct parc_core *core, int32_t job);

void reserve_drop_all(struct parc_core *core);

/* A node's tasks changed: reckon what it keeps. Returns 1 if that is now another amount; the
 * node must be filed again then. Books are kept. */
int reserve_refresh(struct parc_core *core, int32_t node);

/* Lift all holds that do not matter in the window; returns how many nodes that changes. Put them
 * back before anything else changes; claims made in between are taken back first. */
int32_t reserve_lift(struct parc_core *core, const struct window *window);
void reserve_unlift(struct parc_core *core);

/* Free thousandths that are kept for reservations. */
int64_t reserve_kept_milli(const struct parc_core *core);

/* How long it is until the last reservation begins: work that is shorter may be of use before then.
 * 0: nothing is kept. */
int64_t reserve_ahead_us(const struct parc_core *core);

void reserve_plan_init(struct parc_core *core, struct block *block);

/* Find the earliest start of a job that does not fit now: 1 and an action whose placements lie
 * in the core's list, 0 if it would not fit even if all that runs had ended. */
int reserve_plan(struct parc_core *core, int32_t job, struct parc_action *action);

/* Could a task of the job run on a node of that reservation, from a time on, beside what others
 * have reserved there? */
int reserve_could(struct parc_core *core, int32_t slot, int32_t job, int64_t time_us);

/* Could the job start if running work gave way, when the last of that has gone? `running`:
 * allocations in the order in which they would, some of them told to already; those that have to
 * be told are put first in it. Returns how many, with the plan in the action as of reserve_plan,
 * but not kept in the core's list; -1: it could not. */
int32_t reserve_plan_evicting(struct parc_core *core, int32_t job, int32_t *running, int32_t count,
			      struct parc_action *action);

/* Is the action what the job's reservation already says? */
int reserve_is(const struct parc_core *core, int32_t job, const struct parc_action *action);

/* Derive the lists of holds and what nodes keep, after decoding and before nodes are filed. */
void reserve_rebuild(struct parc_core *core);

uint64_t reservation_hash(const struct parc_core *core, int32_t slot);

/* R1: a reservation is of a waiting job. R2: what nodes keep is what a recount gives. R3: so
 * is its sum by chip. */
int reserve_verify(const struct parc_core *core, struct parc_err *err);

#endif
