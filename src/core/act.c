/* SPDX-License-Identifier: Apache-2.0 */
#include "core/act.h"

#include "core/apply.h"
#include "core/job.h"

int act_has_room_for(const struct parc_core *core, int32_t more)
{
	return core->actions_count < core->actions_max - more;
}

int act_has_room(const struct parc_core *core)
{
	return core->actions_count < core->actions_max - 1; /* the last place is for MORE */
}

/* The same for an action of the job in this slot. */
static void act_on(struct parc_core *core, int32_t job, const struct parc_action *action, int taken)
{
	ASSERT(core->actions_count < core->actions_max);
	core->actions[core->actions_count++] = *action;
	apply_action(core, action, job, taken);
}

void act(struct parc_core *core, const struct parc_action *action, int taken)
{
	act_on(core, idmap_find(&core->job_ids, action->job), action, taken);
}

void act_end(struct parc_core *core, int32_t job, int32_t result, int32_t reason)
{
	struct parc_action action = {.kind = PARC_ACTION_END, .job = core->jobs[job].id};

	action.end.result = result;
	action.end.reason = reason;
	act_on(core, job, &action, 0);
}

void act_reason(struct parc_core *core, int32_t job, int32_t reason)
{
	struct parc_action action = {.kind = PARC_ACTION_REASON, .job = core->jobs[job].id};

	action.reason.reason = reason;
	act_on(core, job, &action, 0);
}

void act_requeue(struct parc_core *core, int32_t job, int32_t reason)
{
	struct parc_action action = {.kind = PARC_ACTION_REQUEUE, .job = core->jobs[job].id};

	action.requeue.reason = reason;
	act_on(core, job, &action, 0);
}

void act_stop(struct parc_core *core, int32_t job, int32_t why)
{
	const struct job *it = &core->jobs[job];
	const struct allocation *allocation = &core->allocations[job];
	struct parc_action action = {.kind = PARC_ACTION_STOP, .job = it->id};

	if (allocation->state == PARC_JOB_STOPPING || !act_has_room(core))
		return;
	action.stop.allocation = allocation->id;
	action.stop.attempt = it->attempt;
	action.stop.grace_us = job_grace_us(core, job);
	action.stop.why = why;
	act_on(core, job, &action, 0);
}

void act_warn(struct parc_core *core, int32_t job, int32_t what)
{
	const struct allocation *allocation = &core->allocations[job];
	struct parc_action action = {.kind = PARC_ACTION_WARN, .job = core->jobs[job].id};

	action.warn.allocation = allocation->id;
	action.warn.attempt = core->jobs[job].attempt;
	action.warn.what = what;
	act_on(core, job, &action, 0);
}

void act_start(struct parc_core *core, int32_t job, int32_t first)
{
	struct parc_action action = {.kind = PARC_ACTION_START, .job = core->jobs[job].id};

	action.start.allocation = core->last_allocation + 1;
	action.start.attempt = core->jobs[job].attempt + 1;
	action.start.count = core->placements_count - first;
	action.start.placements = &core->placements[first];
	act_on(core, job, &action, 1);
}

void act_reserve(struct parc_core *core, int32_t job, const struct parc_action *reserve)
{
	struct parc_action action = *reserve;

	action.kind =
		reserve->kind == PARC_ACTION_RECALL ? PARC_ACTION_RECALL : PARC_ACTION_RESERVE;
	action.job = core->jobs[job].id;
	act_on(core, job, &action, 0);
}

void act_unreserve(struct parc_core *core, int32_t job)
{
	struct parc_action none = {0};

	act_reserve(core, job, &none);
}
