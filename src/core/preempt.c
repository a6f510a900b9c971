/* SPDX-License-Identifier: Apache-2.0
 *
 * Choosing who gives way: preemptible work of a lower tier, or of a higher level of attained
 * service, that has run for a while; the lowest turn first, and of these what started last, as
 * it has the least to lose. They are given back for a try one by one until the newcomer fits
 * (reserve_plan.c); only those on the nodes where it will run are stopped.
 *
 * While somebody waits, the core asks to be woken every RUN_MIN_US, since time alone may make
 * work give way.
 *
 * No ping-pong: who gave way has a lower turn than who took his place, levels only grow, and
 * nobody is stopped within RUN_MIN_US of its start. Cost: a walk over the allocations, and a try
 * for each of at most VICTIMS_MAX.
 */
#include "core/preempt.h"

#include <string.h>

#include "core/act.h"
#include "core/line.h"
#include "core/order.h"
#include "core/reserve.h"

#define VICTIMS_MAX 256
#define RUN_MIN_US  INT64_C(600000000) /* ten minutes */

struct victims {
	int32_t list[VICTIMS_MAX]; /* allocations, who gives way first first */
	int64_t ranks[VICTIMS_MAX];
	int32_t count;
};

/* Does a give way before b? */
static int gives_way_before(const struct parc_core *core, int64_t rank_a, int32_t a, int64_t rank_b,
			    int32_t b)
{
	if (rank_a != rank_b)
		return rank_a > rank_b;
	return core->allocations[a].id > core->allocations[b].id; /* ids grow with time */
}

/* Insert; the last is dropped when there are too many. */
static void victim_add(const struct parc_core *core, struct victims *victims, int32_t slot,
		       int64_t rank)
{
	int32_t at = victims->count;

	while (at > 0 &&
	       gives_way_before(core, rank, slot, victims->ranks[at - 1], victims->list[at - 1]))
		at--;
	if (at == VICTIMS_MAX)
		return;
	if (victims->count < VICTIMS_MAX)
		victims->count++;
	memmove(victims->list + at + 1, victims->list + at,
		(size_t)(victims->count - 1 - at) * sizeof(*victims->list));
	memmove(victims->ranks + at + 1, victims->ranks + at,
		(size_t)(victims->count - 1 - at) * sizeof(*victims->ranks));
	victims->list[at] = slot;
	victims->ranks[at] = rank;
}

static void victims_find(const struct parc_core *core, int64_t rank, struct victims *victims)
{
	victims->count = 0;
	for (int32_t slot = 0; slot < core->allocations_table.high; slot++) {
		const struct allocation *it = &core->allocations[slot];
		int64_t own;

		if (it->id == PARC_NONE || it->state == PARC_JOB_STOPPING ||
		    !core->jobs[it->job].preemptible || core->time_us - it->start_us < RUN_MIN_US)
			continue;
		own = order_rank_running(core, it->job);
		if (own > rank)
			victim_add(core, victims, slot, own);
	}
}

int32_t preempt_for(struct parc_core *core, int32_t job)
{
	struct victims victims;
	int32_t needed;

	if (core->rules.order != PARC_ORDER_ATTAINED &&
	    (core->rules.order != PARC_ORDER_FIFO || core->rules.age_us > 0))
		return 0;
	victims_find(core, order_rank(core, job), &victims);
	if (victims.count == 0)
		return 0;
	needed = reserve_plan_evicting(core, job, victims.list, victims.count);
	if (!act_has_room_for(core, needed + 8))
		return 0;
	for (int32_t i = 0; i < needed; i++)
		act_stop(core, core->allocations[victims.list[i]].job, PARC_RESULT_PREEMPTED);
	return needed;
}

int64_t preempt_wake_us(const struct parc_core *core)
{
	if (!core->rules.preempt || core->rules.backfill != PARC_BACKFILL_EASY ||
	    table_count(&core->allocations_table) == 0 || line_first(core, LINE_BLOCKED) < 0)
		return PARC_NEVER;
	return (core->time_us / RUN_MIN_US + 1) * RUN_MIN_US;
}
