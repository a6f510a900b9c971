/* SPDX-License-Identifier: Apache-2.0
 *
 * The earliest start of a job that does not fit now. What runs is given back for a try, in order
 * of its expected end, and after each end that makes room for a task of the job it is planned
 * for real, with what other reservations keep in its time. Then all is taken back to the bit.
 *
 * Cost: a filing of a node for each task that ends before the start, and a plan for each end
 * that makes room; so it grows with how far the start is off, not with the fleet.
 */
#include "core/held.h"
#include "core/index.h"
#include "core/job.h"
#include "core/order.h"
#include "core/plan.h"

/* A task that was given back for a try. */
struct release {
	struct node_undo undo;
	int32_t task;
};

#define RELEASES_MAX PARC_TASKS_MAX /* tasks given back for one plan */

void reserve_plan_init(struct parc_core *core, struct block *block)
{
	core->releases_max =
		core->tasks_table.size < RELEASES_MAX ? core->tasks_table.size : RELEASES_MAX;
	core->releases = block_take(block, (size_t)core->releases_max, sizeof(*core->releases));
}

/* Give back what an allocation holds on nodes that are up. Returns 1 if a task of the job would
 * fit on one of them then. */
static int allocation_give(struct parc_core *core, int32_t slot, int32_t job)
{
	int could = 0;

	for (int32_t t = core->allocations[slot].tasks; t >= 0; t = core->tasks[t].next) {
		int32_t node = core->tasks[t].node;
		struct release *release = &core->releases[core->releases_count];
		struct view view;

		if (core->nodes[node].state != PARC_NODE_UP)
			continue;
		release->task = t;
		node_pretend_end(core, &core->tasks[t], &release->undo);
		core->releases_count++;
		view_of_node_whole(core, node, &view);
		could |= could || job_could_use(core, job, &view);
	}
	return could;
}

static void releases_undo(struct parc_core *core)
{
	while (core->releases_count > 0) {
		const struct release *it = &core->releases[--core->releases_count];
		const struct task *task = &core->tasks[it->task];
		int32_t job = core->allocations[task->allocation].job;

		node_pretend_undo(core, task, core->jobs[job].user, &it->undo);
	}
}

/* Plan the job at a time, when those who end by then have. */
static int plan_at(struct parc_core *core, int32_t job, int64_t time_us, struct parc_action *action)
{
	int32_t first = core->placements_count;
	struct window window = {.except = core->jobs[job].reservation,
				.from_us = time_us,
				.until_us = order_end_most_us(core, job, time_us)};
	int32_t reason;

	if (core->rules.backfill == PARC_BACKFILL_EASY)
		window.until_us = INT64_MIN; /* whose turn is first yields to nobody */

	if (core->reserved > 0)
		reserve_lift(core, &window);
	reason = plan_job(core, job);
	action->reserve.count = core->placements_count - first;
	action->reserve.placements = &core->placements[first];
	action->reserve.start_us = time_us;
	action->reserve.end_us = order_end_us(
		core, job, time_us,
		order_speed(core, job, action->reserve.placements, action->reserve.count));
	plan_undo(core, first);
	reserve_unlift(core);
	return reason == PARC_REASON_NONE;
}

/* The next time at which a reservation other than the job's ends; PARC_NEVER: none. */
static int64_t reservation_next(const struct parc_core *core, int32_t job, int64_t after_us)
{
	int64_t next = PARC_NEVER;

	for (int32_t slot = 0; slot < core->reservations_table.high; slot++) {
		const struct reservation *it = &core->reservations[slot];

		if (it->job >= 0 && it->job != job && it->end_us > after_us && it->end_us < next)
			next = it->end_us;
	}
	return next;
}

/* Give back all that ends at this time; of those whose end is not known, one. */
static int ends_give(struct parc_core *core, int32_t job, int32_t *slot, int64_t time_us)
{
	int could = 0;

	while (*slot >= 0 && core->allocations[*slot].end_us == time_us &&
	       core->releases_max - core->releases_count >= core->allocations[*slot].tasks_count) {
		could |= allocation_give(core, *slot, job);
		*slot = ranking_next(&core->ends, core->ends_root, *slot, PARC_NEVER);
		if (time_us == PARC_NEVER)
			break;
	}
	return could;
}

int reserve_plan(struct parc_core *core, int32_t job, struct parc_action *action)
{
	int32_t slot = ranking_first(&core->ends, core->ends_root, PARC_NEVER);
	int64_t time_us = INT64_MIN;
	int found = 0, given = 1;

	while (!found && given) {
		int64_t reserved_us = reservation_next(core, job, time_us);
		int32_t before = slot;
		int could = 0;

		if (slot < 0 && reserved_us == PARC_NEVER)
			break;
		time_us = slot >= 0 ? core->allocations[slot].end_us : PARC_NEVER;
		if (reserved_us < time_us) {
			time_us = reserved_us;
			could = 1;
		}
		could |= ends_give(core, job, &slot, time_us);
		given = slot != before || time_us == reserved_us;
		if (could)
			found = plan_at(core, job,
					time_us > core->time_us ? time_us : core->time_us, action);
	}
	releases_undo(core);
	if (found)
		core->placements_count += action->reserve.count;
	return found;
}
