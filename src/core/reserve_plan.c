/* SPDX-License-Identifier: Apache-2.0
 *
 * The earliest start of a job that does not fit now. What runs is given back for a try, in order
 * of its expected end. As long as no node that got something back could take a task of the job,
 * only records change; then these nodes are filed as they would be, the job is planned for real
 * with what other reservations keep in its time, and all is taken back to the bit.
 *
 * Cost: a few dozen nanoseconds for each task that ends before the start, and for each plan a
 * filing of the nodes concerned; so it grows with how far the start is off, not with the fleet.
 */
#include "core/closure.h"
#include "core/held.h"
#include "core/index.h"
#include "core/job.h"
#include "core/order.h"
#include "core/plan.h"

#define RELEASES_MAX PARC_TASKS_MAX /* tasks given back for one plan */

void reserve_plan_init(struct parc_core *core, struct block *block)
{
	size_t nodes = (size_t)core->limits.nodes;

	core->releases_max =
		core->tasks_table.size < RELEASES_MAX ? core->tasks_table.size : RELEASES_MAX;
	core->releases = block_take(block, (size_t)core->releases_max, sizeof(*core->releases));
	core->touched = block_take(block, nodes, sizeof(*core->touched));
	core->files = block_take(block, nodes, sizeof(*core->files));
}

/* The time that the job would take if it started then, or at any time from now until then. */
static struct window window_of(const struct parc_core *core, int32_t job, int64_t time_us)
{
	struct window window = {.except = core->jobs[job].reservation,
				.over = core->plan_over,
				.from_us = core->plan_soon ? core->time_us : time_us,
				.until_us = order_end_most_us(core, job, time_us),
				.member = job + 1};

	window.closed_us = window.until_us;
	return window;
}

/* Could a task of the job use the node in its time? */
static int node_could(struct parc_core *core, int32_t node, int32_t job, int64_t time_us)
{
	struct window window = window_of(core, job, time_us);
	struct view view;
	struct kept kept;

	if (core->nodes[node].state != PARC_NODE_UP)
		return 0;
	view_of_node_whole(core, node, &view);
	if (core->nodes[node].holds >= 0) {
		held_reckon(core, node, &window, &kept);
		view_keep(&view, &kept);
	}
	return job_could_use(core, job, &view);
}

static void node_touch(struct parc_core *core, int32_t node)
{
	if (core->nodes[node].touched)
		return;
	core->nodes[node].touched = 1;
	core->touched[core->touched_count++] = node;
}

/* Give back what an allocation holds on nodes that are up. */
static void allocation_give(struct parc_core *core, int32_t slot)
{
	for (int32_t t = core->allocations[slot].tasks; t >= 0; t = core->tasks[t].next) {
		int32_t node = core->tasks[t].node;

		if (core->nodes[node].state != PARC_NODE_UP)
			continue;
		core->allocations[slot].given = 1;
		core->releases[core->releases_count++] = t;
		node_pretend(core, &core->tasks[t], 0, -1);
		node_touch(core, node);
	}
}

/* What is given back is not also what reservations can count on (held.c). */
static void given_mark(struct parc_core *core, int32_t given)
{
	for (int32_t i = 0; i < core->releases_count; i++)
		core->allocations[core->tasks[core->releases[i]].allocation].given = given != 0;
}

/* Could the job use a node on which the releases from `first` on are? */
static int releases_could(struct parc_core *core, int32_t first, int32_t job, int64_t time_us)
{
	for (int32_t i = first; i < core->releases_count; i++)
		if (node_could(core, core->tasks[core->releases[i]].node, job, time_us))
			return 1;
	return 0;
}

/* Take all releases again, in reverse; give them back again. */
static void releases_take(struct parc_core *core)
{
	for (int32_t i = core->releases_count - 1; i >= 0; i--) {
		const struct task *task = &core->tasks[core->releases[i]];
		int32_t job = task->allocation;

		node_pretend(core, task, job_spec(core, job)->user, 1);
	}
}

static void releases_give(struct parc_core *core)
{
	for (int32_t i = 0; i < core->releases_count; i++)
		node_pretend(core, &core->tasks[core->releases[i]], 0, -1);
}

/* File the touched nodes as they are now; and as they were. */
static void files_renew(struct parc_core *core)
{
	for (int32_t i = 0; i < core->touched_count; i++) {
		node_mark(core, core->touched[i], &core->files[core->files_count++]);
		node_changed(core, core->touched[i]);
	}
}

static void files_restore(struct parc_core *core)
{
	while (core->files_count > 0)
		node_restore(core, &core->files[--core->files_count]);
}

/* Plan the job at a time, when those who end by then have. All is as it was afterwards, and what
 * was given back is taken again if the plan was found. */
static int plan_at(struct parc_core *core, int32_t job, int64_t time_us, struct parc_action *action)
{
	int32_t first = core->placements_count, reason;
	struct window window = window_of(core, job, time_us);

	files_renew(core);
	if (core->reserved > 0 || closure_is_any(core))
		reserve_lift(core, &window);
	reason = plan_job(core, job);
	action->reserve.count = core->placements_count - first;
	action->reserve.placements = &core->placements[first];
	action->reserve.start_us = time_us;
	action->reserve.end_us = order_end_us(
		core, job, time_us,
		order_speed(core, job, action->reserve.placements, action->reserve.count));
	plan_undo(core, first);
	given_mark(core, 0);
	reserve_unlift(core);
	given_mark(core, 1);
	releases_take(core);
	files_restore(core);
	if (reason != PARC_REASON_NONE)
		releases_give(core);
	return reason == PARC_REASON_NONE;
}

/* Has the plan of the job to mind this reservation: of a window, or of another job that does not
 * yield to it? */
static int is_to_mind(const struct parc_core *core, const struct reservation *it, int32_t job)
{
	return it->closure >= 0 ||
	       (it->job >= 0 && it->job != job && !(core->plan_over && it->yields));
}

/* When the next of them ends after a time; PARC_NEVER: none does. */
static int64_t reservations_next(const struct parc_core *core, int32_t job, int64_t after_us)
{
	int64_t next_us = PARC_NEVER;

	for (int32_t slot = 0; slot < core->reservations_table.high; slot++) {
		const struct reservation *it = &core->reservations[slot];

		if (is_to_mind(core, it, job) && it->end_us > after_us && it->end_us < next_us)
			next_us = it->end_us;
	}
	return next_us;
}

int reserve_could(struct parc_core *core, int32_t slot, int32_t job, int64_t time_us)
{
	for (int32_t h = core->reservations[slot].holds; h >= 0; h = core->holds[h].next)
		if (node_could(core, core->holds[h].node, job, time_us))
			return 1;
	return 0;
}

/* Could the job use a node that another one's reservation leaves at its end? */
static int reservations_could(struct parc_core *core, int32_t job, int64_t end_us, int64_t time_us)
{
	for (int32_t slot = 0; slot < core->reservations_table.high; slot++) {
		const struct reservation *it = &core->reservations[slot];

		if (is_to_mind(core, it, job) && it->end_us == end_us &&
		    reserve_could(core, slot, job, time_us))
			return 1;
	}
	return 0;
}

/* Give back all that ends at this time; of those whose end is not known, one. Returns the next
 * allocation in order of expected end. */
static int32_t ends_give(struct parc_core *core, int32_t slot, int64_t time_us)
{
	while (slot >= 0 && core->allocations[slot].end_us == time_us &&
	       core->releases_max - core->releases_count >= core->allocations[slot].tasks_count) {
		allocation_give(core, slot);
		slot = allocation_next_end(core, slot);
		if (time_us == PARC_NEVER)
			break;
	}
	return slot;
}

static void plan_end(struct parc_core *core, int found)
{
	if (!found)
		releases_take(core);
	given_mark(core, 0);
	core->releases_count = 0;
	while (core->touched_count > 0)
		core->nodes[core->touched[--core->touched_count]].touched = 0;
}

int reserve_plan(struct parc_core *core, int32_t job, struct parc_action *action)
{
	int32_t slot = allocation_next_end(core, -1);
	int64_t time_us = INT64_MIN;
	int found = 0, given = 1;

	while (!found && given) {
		int64_t reserved_us = reservations_next(core, job, time_us);
		int32_t before = slot, first = core->releases_count;
		int64_t start_us;
		int could = 0;

		if (slot < 0 && reserved_us == PARC_NEVER)
			break;
		time_us = slot >= 0 ? core->allocations[slot].end_us : PARC_NEVER;
		if (reserved_us < time_us)
			time_us = reserved_us;
		slot = ends_give(core, slot, time_us);
		start_us = time_us > core->time_us ? time_us : core->time_us;
		given = slot != before;
		if (reserved_us == time_us && time_us != PARC_NEVER) {
			given = 1;
			could = reservations_could(core, job, time_us, start_us);
		}
		if (could || releases_could(core, first, job, start_us))
			found = plan_at(core, job, start_us, action);
	}
	plan_end(core, found);
	if (found)
		core->placements_count += action->reserve.count;
	return found;
}

/* Does the allocation hold something on a node of the plan? */
static int is_in_the_way(const struct parc_core *core, int32_t allocation,
			 const struct parc_action *action)
{
	for (int32_t t = core->allocations[allocation].tasks; t >= 0; t = core->tasks[t].next)
		for (int32_t i = 0; i < action->reserve.count; i++)
			if (core->nodes[core->tasks[t].node].id ==
			    action->reserve.placements[i].node)
				return 1;
	return 0;
}

/* When the allocation has given way: as it was told to, or its grace from now on. */
static int64_t gone_us(const struct parc_core *core, int32_t slot)
{
	const struct allocation *it = &core->allocations[slot];
	int64_t end_us = it->state == PARC_JOB_STOPPING ? it->end_us
							: core->time_us + job_grace_us(core, slot);

	return end_us > core->time_us ? end_us : core->time_us;
}

int32_t reserve_plan_evicting(struct parc_core *core, int32_t job, int32_t *running, int32_t count,
			      struct parc_action *action)
{
	int64_t start_us = core->time_us;
	int32_t given = 0, needed = 0;
	int found = 0;

	while (!found && given < count &&
	       core->releases_max - core->releases_count >=
		       core->allocations[running[given]].tasks_count) {
		int32_t first = core->releases_count, slot = running[given++];

		start_us = gone_us(core, slot) > start_us ? gone_us(core, slot) : start_us;
		allocation_give(core, slot);
		if (releases_could(core, first, job, start_us))
			found = plan_at(core, job, start_us, action);
	}
	plan_end(core, found);
	for (int32_t i = 0; i < given && found; i++) {
		int32_t slot = running[i];

		if (core->allocations[slot].state == PARC_JOB_STOPPING ||
		    !is_in_the_way(core, slot, action))
			continue;
		running[i] = running[needed];
		running[needed++] = slot;
	}
	return found ? needed : -1;
}
