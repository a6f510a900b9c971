/* SPDX-License-Identifier: Apache-2.0
 *
 * Recalls are sought in a step in which work has joined or left the queue, something was freed or
 * told to stop, a rule has changed, or a second has gone by. In strict order the covered are tried
 * before, in each step. Cost: what preempt.c says, for each recall and for at most VAIN_MAX that
 * cannot be made; of the queue LINES_WALKED lines are looked at.
 */
#include "core/recall.h"

#include "core/act.h"
#include "core/job.h"
#include "core/line.h"
#include "core/preempt.h"
#include "core/queue.h"
#include "core/quota.h"
#include "core/reserve.h"
#include "core/spec.h"
#include "core/strand.h"
#include "core/tree.h"

#define VAIN_MAX 16 /* bundles for which it is tried in vain in a step */

/* One look. */
struct look {
	struct line_walk walk;
	int32_t vain;
	int begun, full; /* full: the step has no room for more */
};

static int is_recall(const struct parc_core *core, int32_t job)
{
	int32_t own = core->jobs[job].reservation;

	return own >= 0 && core->reservations[own].recall;
}

/* Will it start soon without that anybody gives way? */
static int is_soon(const struct parc_core *core, int32_t job)
{
	int32_t own = core->jobs[job].reservation;

	return own >= 0 && core->reservations[own].start_us > core->time_us &&
	       core->reservations[own].start_us <= core->time_us + core->rules.grace_us;
}

/* ---- One recall */

/* Which reservations yield to the job? */
static void yields_set(struct parc_core *core, int32_t job)
{
	int covered = preempt_holder(core, job) >= 0;

	for (int32_t slot = 0; slot < core->reservations_table.high; slot++) {
		struct reservation *it = &core->reservations[slot];
		int other;

		it->yields = 0;
		if (it->job < 0 || it->job == job || it->recall)
			continue;
		other = preempt_holder(core, it->job) >= 0;
		it->yields = other != covered ? (uint8_t)covered
					      : (uint8_t)line_job_is_before(core, job, it->job);
	}
}

/* Does a reservation keep something on a node of the plan? */
static int is_in_place(const struct parc_core *core, const struct reservation *it,
		       const struct parc_action *plan)
{
	for (int32_t h = it->holds; h >= 0; h = core->holds[h].next)
		for (int32_t i = 0; i < plan->reserve.count; i++)
			if (core->nodes[core->holds[h].node].id == plan->reserve.placements[i].node)
				return 1;
	return 0;
}

/* Those that yield and are in the place of the plan are given up, to be planned anew. */
static void yields_drop(struct parc_core *core, const struct parc_action *plan)
{
	for (int32_t slot = 0; slot < core->reservations_table.high; slot++) {
		const struct reservation *it = &core->reservations[slot];
		int32_t job = it->job;

		if (job < 0 || !it->yields || !is_in_place(core, it, plan))
			continue;
		act_unreserve(core, job);
		core->allocations[job].planned = 0;
		core->disrupted = 1;
		line_ready(core, core->jobs[job].line);
	}
}

/* Have others stop for the job, and reserve what they leave; 0: that cannot be. Nobody is asked
 * to stop for who fits as things are: it starts, or with `none`, which leaves it untried, it waits
 * for its turn. */
static int recall_make(struct parc_core *core, int32_t job)
{
	int32_t list[VICTIMS_MAX], count;
	struct parc_action plan = {.kind = PARC_ACTION_RECALL, .job = core->jobs[job].id};

	if (core->recalls == PARC_RECALLS_MAX || quota_bars(core, job) != PARC_REASON_NONE ||
	    (core->rules.backfill == PARC_BACKFILL_NONE && queue_fits(core, job)))
		return 0;
	yields_set(core, job);
	core->plan_over = 1;
	count = preempt_find(core, job, list, &plan);
	core->plan_over = 0;
	if (count < 0 || reserve_check(core, job, &plan, NULL) != 0)
		return 0;
	core->placements_count += plan.reserve.count;
	if (core->rules.backfill != PARC_BACKFILL_DEAL && queue_try_planned(core, job, &plan))
		return 1;
	yields_drop(core, &plan);
	for (int32_t i = 0; i < count; i++) {
		act_stop(core, list[i], PARC_RESULT_PREEMPTED);
		preempt_note(core, list[i]);
	}
	act_reserve(core, job, &plan);
	return 1;
}

/* ---- All of them */

/* So much more is spoken for of these guarantees of a holder. */
static void recalled_add(struct parc_core *core, int32_t holder, uint32_t places, int64_t normal)
{
	for (; places != 0; places &= places - 1)
		core->tenants[holder].guarantees[__builtin_ctz(places)].recalled_normal += normal;
}

/* What of each guarantee is recalled already. */
static void recalled_count(struct parc_core *core)
{
	for (int32_t i = 0; i < core->tenants_table.high; i++)
		for (int32_t k = 0; k < PARC_GUARANTEES_MAX; k++)
			core->tenants[i].guarantees[k].recalled_normal = 0;
	for (int32_t slot = 0; slot < core->reservations_table.high; slot++) {
		const struct reservation *it = &core->reservations[slot];
		int32_t tenant = it->job < 0 ? -1 : job_spec(core, it->job)->tenant;
		int32_t holder = tenant < 0 ? -1 : core->tenants[tenant].holder;

		if (holder >= 0 && it->recall)
			recalled_add(core, holder, strand_places(core, it->job),
				     core->lines[core->jobs[it->job].line].need_normal);
	}
}

static void look_begin(struct parc_core *core, struct look *look)
{
	if (look->begun)
		return;
	look->begun = 1;
	preempt_begin(core);
	recalled_count(core);
}

/* Is there room for so many actions, and for the job's placements? */
static int look_has_room(const struct parc_core *core, struct look *look, int32_t job,
			 int32_t actions)
{
	look->full = !act_has_room_for(core, actions) ||
		     core->placements_max - core->placements_count < job_tasks_max(core, job);
	return !look->full;
}

/* Try to recall, and go on; 0: in vain. */
static int look_try(struct parc_core *core, struct look *look, int32_t job)
{
	int32_t line = core->jobs[job].line, next = line_next_job(core, line, job, INT64_MAX);
	int32_t holder = preempt_holder(core, job);
	int64_t need = core->lines[line].need_normal;
	uint32_t places = strand_places(core, job);

	if (!look_has_room(core, look, job, VICTIMS_MAX + core->reserved + 8))
		return 0;
	look_begin(core, look);
	if (!recall_make(core, job)) {
		look->vain++;
		line_walk_skip(core, &look->walk);
		return 0;
	}
	if (core->jobs[job].runs && holder >= 0)
		recalled_add(core, holder, places, -need); /* it counts as what runs */
	look->walk.jobs[look->walk.at] = next;
	return 1;
}

/* Do the guarantees cover the job as well, beside those before it? Then it is counted. */
static int covers(struct parc_core *core, int32_t job)
{
	int32_t holder = preempt_holder(core, job);
	int64_t need = core->lines[core->jobs[job].line].need_normal;
	uint32_t places = strand_places(core, job);

	if (holder < 0)
		return 0;
	for (uint32_t rest = places; rest != 0; rest &= rest - 1) {
		const struct tenant *it = &core->tenants[holder];
		int32_t place = __builtin_ctz(rest);

		if (it->guarantees[place].recalled_normal + need > tree_left_of(it, place))
			return 0;
	}
	recalled_add(core, holder, places, need);
	return 1;
}

/* Of each tier the first lines are within a guarantee. */
static void look_within(struct parc_core *core, struct look *look)
{
	for (int32_t nth = 0; nth < PARC_TIERS_MAX; nth++) {
		int32_t line = line_first_within(core, nth);

		for (; line >= 0 && core->turns.majors[line] < strand_major_least(nth, 1);
		     line = line_next(core, line))
			if (core->lines[line].state != LINE_HOPELESS)
				line_walk_add(core, &look->walk, line);
	}
}

/* Those that their guarantees cover. */
static void look_at_covered(struct parc_core *core, struct look *look)
{
	int32_t job;

	look_within(core, look);
	while ((job = line_walk_job(core, &look->walk)) >= 0 && look->vain < VAIN_MAX &&
	       !look->full) {
		look_begin(core, look);
		if (is_recall(core, job))
			line_walk_on(core, &look->walk);
		else if (!covers(core, job))
			line_walk_skip(core, &look->walk);
		else if (is_soon(core, job))
			line_walk_on(core, &look->walk);
		else
			look_try(core, look, job);
	}
}

/* Those that have a right over others. */
static void look_at_rights(struct parc_core *core, struct look *look)
{
	int32_t line = line_first(core, LINE_HOPELESS), job;

	for (; line >= 0 && look->walk.count < LINES_WALKED; line = line_next(core, line))
		if (core->lines[line].state != LINE_HOPELESS)
			line_walk_add(core, &look->walk, line);
	while ((job = line_walk_job(core, &look->walk)) >= 0) {
		if (is_recall(core, job) || is_soon(core, job) || preempt_holder(core, job) >= 0)
			line_walk_on(core, &look->walk);
		else if (!look_try(core, look, job))
			return;
	}
}

/* Try to start a job that is covered; of its line the next one is tried then. */
static int look_start(struct parc_core *core, struct look *look, int32_t job)
{
	int32_t line = core->jobs[job].line, left = core->lines[line].count - 1;
	int64_t need = core->lines[line].need_normal;
	uint32_t places = strand_places(core, job);
	int32_t holder = preempt_holder(core, job);

	if (!look_has_room(core, look, job, 2))
		return 0;
	if (queue_try(core, job) != PARC_REASON_NONE) {
		look->vain++;
		line_walk_skip(core, &look->walk);
		return 0;
	}
	recalled_add(core, holder, places, -need); /* it counts as what runs */
	look->walk.jobs[look->walk.at] = left > 0 ? line_head(core, line) : -1;
	return 1;
}

int recall_start(struct parc_core *core, int *full)
{
	struct look look = {.full = 0};
	int32_t job;
	int started = 0;

	if (core->rules.reclaim)
		look_within(core, &look);
	if (look.walk.count > 0)
		recalled_count(core);
	while ((job = line_walk_job(core, &look.walk)) >= 0 && look.vain < VAIN_MAX && !look.full) {
		if (is_recall(core, job))
			line_walk_on(core, &look.walk);
		else if (!covers(core, job))
			line_walk_skip(core, &look.walk);
		else
			started |= look_start(core, &look, job);
	}
	*full = look.full;
	return started;
}

/* Kept apart, for a look is large and most steps have none. */
static int recalls_seek(struct parc_core *core)
{
	struct look look = {.full = 0};

	if (core->rules.reclaim)
		look_at_covered(core, &look);
	look.walk.count = 0;
	if (core->rules.preempt && core->rules.backfill != PARC_BACKFILL_DEAL && !look.full)
		look_at_rights(core, &look);
	core->looks = look.full;
	return !look.full;
}

int recall_decide(struct parc_core *core)
{
	if (!core->looks || !preempt_is_on(core) || core->running == 0)
		return 1;
	return recalls_seek(core);
}
