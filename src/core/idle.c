/* SPDX-License-Identifier: Apache-2.0
 *
 * Idle reclaim (idle.h). Times only grow, so a list is in order when the newest stands last; of
 * those that came at one moment the one with the smaller id is first, whatever the order in which
 * they came.
 */
#include "core/idle.h"

#include "core/act.h"
#include "core/job.h"
#include "core/pack.h"

/* enum of allocation.warned: not warned yet; warned; warned twice, in no list. */
enum { IDLE_QUIET, IDLE_WARNED, IDLE_LEFT };

static int stands_before(const struct parc_core *core, int32_t a, int32_t b)
{
	const struct allocation *x = &core->allocations[a], *y = &core->allocations[b];

	return x->idle_us != y->idle_us ? x->idle_us < y->idle_us : x->id < y->id;
}

static void list_add(struct parc_core *core, int32_t slot)
{
	struct allocation *it = &core->allocations[slot];
	struct idle_list *list = &core->idles[it->warned];

	it->idle_prev = list->last;
	while (it->idle_prev >= 0 && stands_before(core, slot, it->idle_prev))
		it->idle_prev = core->allocations[it->idle_prev].idle_prev;
	it->idle_next =
		it->idle_prev < 0 ? list->first : core->allocations[it->idle_prev].idle_next;
	*(it->idle_prev < 0 ? &list->first : &core->allocations[it->idle_prev].idle_next) = slot;
	*(it->idle_next < 0 ? &list->last : &core->allocations[it->idle_next].idle_prev) = slot;
}

static void list_remove(struct parc_core *core, int32_t slot)
{
	const struct allocation *it = &core->allocations[slot];
	struct idle_list *list = &core->idles[it->warned];

	*(it->idle_prev < 0 ? &list->first : &core->allocations[it->idle_prev].idle_next) =
		it->idle_next;
	*(it->idle_next < 0 ? &list->last : &core->allocations[it->idle_next].idle_prev) =
		it->idle_prev;
}

void idle_leave(struct parc_core *core, int32_t slot)
{
	struct allocation *it = &core->allocations[slot];

	if (it->idle_us == PARC_NEVER)
		return;
	if (it->warned != IDLE_LEFT)
		list_remove(core, slot);
	it->idle_us = PARC_NEVER;
	it->warned = IDLE_QUIET;
	job_digest(core, slot);
}

void idle_note(struct parc_core *core, int32_t slot)
{
	struct allocation *it = &core->allocations[slot];
	int idle = it->busy_milli >= 0 && it->busy_milli <= core->rules.idle_milli &&
		   it->state == PARC_JOB_RUNNING;

	if (!idle)
		idle_leave(core, slot);
	if (!idle || it->idle_us != PARC_NEVER)
		return;
	it->idle_us = core->time_us;
	it->warned = IDLE_QUIET;
	list_add(core, slot);
	job_digest(core, slot);
}

void idle_warned(struct parc_core *core, int32_t slot)
{
	struct allocation *it = &core->allocations[slot];

	if (it->idle_us == PARC_NEVER || it->warned == IDLE_LEFT)
		return;
	list_remove(core, slot);
	it->idle_us = core->time_us;
	if (++it->warned != IDLE_LEFT)
		list_add(core, slot);
	job_digest(core, slot);
}

/* ---- Deciding */

/* The head of a list if its time is over; -1: it is not, or there is none. */
static int32_t head_due(const struct parc_core *core, int which, int64_t after_us)
{
	int32_t slot = core->idles[which].first;

	return slot >= 0 && core->allocations[slot].idle_us <= core->time_us - after_us ? slot : -1;
}

static void idle_reclaim(struct parc_core *core, int32_t slot)
{
	int32_t job = slot;

	if (core->rules.idle_act == PARC_IDLE_STOP && core->jobs[job].preemptible)
		act_stop(core, job, PARC_RESULT_IDLE);
	else if (core->rules.idle_act != PARC_IDLE_SHRINK || !pack_shrink(core, job))
		act_warn(core, job, PARC_WARN_IDLE);
}

int idle_decide(struct parc_core *core)
{
	int32_t slot;

	if (core->rules.idle_us == 0)
		return 1;
	while ((slot = head_due(core, IDLE_QUIET, core->rules.idle_us)) >= 0) {
		if (!act_has_room(core))
			return 0;
		act_warn(core, slot, PARC_WARN_IDLE);
	}
	while (core->rules.idle_act != PARC_IDLE_WARN &&
	       (slot = head_due(core, IDLE_WARNED, core->rules.idle_grace_us)) >= 0) {
		if (!act_has_room_for(core, PARC_GROUPS_MAX))
			return 0;
		idle_reclaim(core, slot);
	}
	return 1;
}

int64_t idle_wake_us(const struct parc_core *core)
{
	int32_t quiet = core->idles[IDLE_QUIET].first, warned = core->idles[IDLE_WARNED].first;
	int64_t wake_us = PARC_NEVER;

	if (core->rules.idle_us == 0)
		return wake_us;
	if (quiet >= 0)
		wake_us = core->allocations[quiet].idle_us + core->rules.idle_us;
	if (warned >= 0 && core->rules.idle_act != PARC_IDLE_WARN &&
	    core->allocations[warned].idle_us + core->rules.idle_grace_us < wake_us)
		wake_us = core->allocations[warned].idle_us + core->rules.idle_grace_us;
	return wake_us;
}

/* ---- After decoding, and checks */

/* Sort a chain (by idle_next) of so many: merge sort, in place. Returns its head. */
static int32_t chain_sort(struct parc_core *core, int32_t first, int32_t count)
{
	int32_t middle = first, head = -1, *link = &head, b;

	if (count < 2)
		return first;
	for (int32_t i = 1; i < count / 2; i++)
		middle = core->allocations[middle].idle_next;
	b = core->allocations[middle].idle_next;
	core->allocations[middle].idle_next = -1;
	first = chain_sort(core, first, count / 2);
	b = chain_sort(core, b, count - count / 2);
	while (first >= 0 || b >= 0) {
		int take = b < 0 || (first >= 0 && stands_before(core, first, b));
		int32_t slot = take ? first : b;

		*link = slot;
		link = &core->allocations[slot].idle_next;
		if (take)
			first = *link;
		else
			b = *link;
	}
	*link = -1;
	return head;
}

void idle_rebuild(struct parc_core *core)
{
	int32_t counts[2] = {0, 0};

	for (int which = 0; which < 2; which++)
		core->idles[which] = (struct idle_list){.first = -1, .last = -1};
	for (int32_t i = 0; i < core->jobs_table.high; i++) {
		struct allocation *it = &core->allocations[i];

		if (!allocation_is_live(core, i) || it->idle_us == PARC_NEVER ||
		    it->warned == IDLE_LEFT)
			continue;
		it->idle_next = core->idles[it->warned].first;
		core->idles[it->warned].first = i;
		counts[it->warned]++;
	}
	for (int which = 0; which < 2; which++) {
		struct idle_list *list = &core->idles[which];

		list->first = chain_sort(core, list->first, counts[which]);
		for (int32_t i = list->first; i >= 0; i = core->allocations[i].idle_next) {
			core->allocations[i].idle_prev = list->last;
			list->last = i;
		}
	}
}

int idle_verify(const struct parc_core *core, struct parc_err *err)
{
	int32_t listed = 0, idle = 0, last;

	for (int which = 0; which < 2; which++) {
		last = -1;
		for (int32_t i = core->idles[which].first; i >= 0;
		     last = i, i = core->allocations[i].idle_next, listed++)
			if (core->allocations[i].warned != which ||
			    core->allocations[i].idle_us == PARC_NEVER ||
			    core->allocations[i].idle_prev != last ||
			    (last >= 0 && !stands_before(core, last, i)))
				return parc_err_set(err, PARC_ERR_MISMATCH,
						    "K2: allocation %lld is out of place",
						    (long long)core->allocations[i].id);
	}
	for (int32_t i = 0; i < core->jobs_table.high; i++)
		idle += allocation_is_live(core, i) && core->allocations[i].idle_us != PARC_NEVER &&
			core->allocations[i].warned != IDLE_LEFT;
	if (idle != listed)
		return parc_err_set(err, PARC_ERR_MISMATCH, "K2: %d are idle, %d are listed", idle,
				    listed);
	return 0;
}
