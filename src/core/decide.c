/* SPDX-License-Identifier: Apache-2.0
 *
 * First what the event itself makes due (an end, a stop, a refusal), then time limits, then the
 * queue: the ready lines in order of tier and arrival, each until its first job does not fit.
 *
 * A step gives at most actions_max actions; what is left over is decided in the next step, for
 * which parc_wake asks at once.
 */
#include "core/decide.h"

#include "core/apply.h"
#include "core/index.h"
#include "core/job.h"
#include "core/line.h"
#include "core/plan.h"

static int has_room(const struct parc_core *core)
{
	return core->actions_count < core->actions_max - 1; /* the last place is for MORE */
}

/* Record an action and apply it. */
static void act(struct parc_core *core, const struct parc_action *action, int taken)
{
	ASSERT(core->actions_count < core->actions_max);
	core->actions[core->actions_count++] = *action;
	apply_action(core, action, taken);
}

static void act_end(struct parc_core *core, int32_t job, int32_t result, int32_t reason)
{
	struct parc_action action = {.kind = PARC_ACTION_END, .job = core->jobs[job].id};

	action.end.result = result;
	action.end.reason = reason;
	act(core, &action, 0);
}

static void act_reason(struct parc_core *core, int32_t job, int32_t reason)
{
	struct parc_action action = {.kind = PARC_ACTION_REASON, .job = core->jobs[job].id};

	action.reason.reason = reason;
	act(core, &action, 0);
}

static void act_requeue(struct parc_core *core, int32_t job, int32_t reason)
{
	struct parc_action action = {.kind = PARC_ACTION_REQUEUE, .job = core->jobs[job].id};

	action.requeue.reason = reason;
	act(core, &action, 0);
}

/* `why` is the result that the job will have, unless it is requeued. */
static void act_stop(struct parc_core *core, int32_t job, int32_t why)
{
	const struct job *it = &core->jobs[job];
	const struct allocation *allocation = &core->allocations[it->allocation];
	struct parc_action action = {.kind = PARC_ACTION_STOP, .job = it->id};

	if (allocation->state == PARC_JOB_STOPPING || !has_room(core))
		return;
	action.stop.allocation = allocation->id;
	action.stop.attempt = allocation->attempt;
	action.stop.grace_us = it->grace_us > 0 ? it->grace_us : core->rules.grace_us;
	action.stop.why = why;
	act(core, &action, 0);
}

static void act_start(struct parc_core *core, int32_t job, int32_t first)
{
	struct parc_action action = {.kind = PARC_ACTION_START, .job = core->jobs[job].id};

	action.start.allocation = core->last_allocation + 1;
	action.start.attempt = core->jobs[job].attempt + 1;
	action.start.count = core->placements_count - first;
	action.start.placements = &core->placements[first];
	act(core, &action, 1);
}

/* Place the job and start it; else the reason. */
static int32_t job_try(struct parc_core *core, int32_t job)
{
	int32_t first = core->placements_count;
	int32_t reason = plan_job(core, job);

	if (reason == PARC_REASON_NONE)
		act_start(core, job, first);
	return reason;
}

/* An attempt was lost: another one, if the job and the policy allow it. */
static void job_lost(struct parc_core *core, int32_t job)
{
	const struct job *it = &core->jobs[job];

	if (it->cancelled)
		act_end(core, job, PARC_RESULT_CANCELLED, PARC_REASON_NONE);
	else if (it->requeue && it->attempt <= core->rules.requeue_max)
		act_requeue(core, job, PARC_REASON_RETRY);
	else
		act_end(core, job, PARC_RESULT_LOST, PARC_REASON_NONE);
}

static void decide_submit(struct parc_core *core, const struct parc_event *event)
{
	int32_t job = idmap_find(&core->job_ids, event->submit.job), reason;
	const struct job *it = &core->jobs[job];

	if (it->now_or_never) {
		reason = it->held ? PARC_REASON_HELD : PARC_REASON_DEPENDENCY;
		if (job_is_eligible(core, job))
			reason = job_try(core, job);
		if (reason != PARC_REASON_NONE)
			act_end(core, job, PARC_RESULT_REFUSED, reason);
	} else if (it->line >= 0 && core->lines[it->line].state != LINE_READY) {
		act_reason(core, job, line_reason(core, it->line, job));
	}
}

static void decide_run(struct parc_core *core, const struct parc_event *event)
{
	int32_t slot = idmap_find(&core->allocation_ids, event->run.allocation);
	int32_t job = core->allocations[slot].job;
	const struct job *it = &core->jobs[job];

	if (event->kind == PARC_EVENT_ENDED && event->run.result != PARC_RESULT_LOST)
		act_end(core, job, event->run.result, PARC_REASON_NONE);
	else if (event->kind == PARC_EVENT_ENDED || it->result == PARC_RESULT_LOST)
		job_lost(core, job);
	else
		act_end(core, job, it->result, PARC_REASON_NONE);
}

/* Does all that the allocation holds lie on this node? */
static int lies_on(const struct parc_core *core, int32_t allocation, int32_t node)
{
	for (int32_t t = core->allocations[allocation].tasks; t >= 0; t = core->tasks[t].next)
		if (core->tasks[t].node != node)
			return 0;
	return 1;
}

/* A fenced node has killed its tasks for sure; a gang that also runs elsewhere is stopped. */
static void decide_fence(struct parc_core *core, int32_t node)
{
	int32_t t = core->nodes[node].tasks;

	while (t >= 0 && has_room(core)) {
		int32_t allocation = core->tasks[t].allocation;

		if (lies_on(core, allocation, node)) {
			job_lost(core, core->allocations[allocation].job);
			t = core->nodes[node].tasks; /* the list has changed */
			continue;
		}
		act_stop(core, core->allocations[allocation].job, PARC_RESULT_LOST);
		t = core->tasks[t].node_next;
	}
	ASSERT(t < 0); /* a node has fewer tasks than a step has actions */
}

static void decide_device_fail(struct parc_core *core, int32_t node, int32_t device)
{
	for (int32_t t = core->nodes[node].tasks; t >= 0; t = core->tasks[t].node_next)
		if (core->tasks[t].devices >> device & 1)
			act_stop(core, core->allocations[core->tasks[t].allocation].job,
				 PARC_RESULT_LOST);
}

static void decide_event(struct parc_core *core, const struct parc_event *event)
{
	int32_t job;

	switch (event->kind) {
	case PARC_EVENT_SUBMIT:
		decide_submit(core, event);
		break;
	case PARC_EVENT_CANCEL:
		job = idmap_find(&core->job_ids, event->job.job);
		if (core->jobs[job].allocation >= 0)
			act_stop(core, job, PARC_RESULT_CANCELLED);
		else
			act_end(core, job, PARC_RESULT_CANCELLED, PARC_REASON_NONE);
		break;
	case PARC_EVENT_STOPPED:
	case PARC_EVENT_ENDED:
		decide_run(core, event);
		break;
	case PARC_EVENT_NODE_FENCE:
		decide_fence(core, idmap_find(&core->node_ids, event->node.node));
		break;
	case PARC_EVENT_DEVICE_FAIL:
		decide_device_fail(core, idmap_find(&core->node_ids, event->device.node),
				   event->device.device);
		break;
	default:
		break;
	}
}

static void decide_deadlines(struct parc_core *core)
{
	int32_t slot;

	while ((slot = iheap_first(&core->deadlines)) >= 0 &&
	       core->deadlines.keys[slot] <= core->time_us && has_room(core))
		act_stop(core, core->allocations[slot].job, PARC_RESULT_TIMEOUT);
}

/* Jobs whose dependency cannot come true any more; their end may orphan others. */
static void decide_orphans(struct parc_core *core)
{
	while (core->orphans >= 0 && has_room(core))
		act_end(core, core->orphans, PARC_RESULT_CANCELLED, PARC_REASON_DEPENDENCY);
}

static void wake_lines(struct parc_core *core)
{
	if (core->freed_all) {
		line_wake_all(core);
	} else {
		for (int32_t i = 0; i < core->freed_count; i++)
			line_wake_node(core, core->freed[i]);
	}
	core->freed_count = core->freed_all = 0;
}

/* Is there room to record this job's start? A step that has decided nothing yet has. */
static int has_room_for(const struct parc_core *core, int32_t job)
{
	return has_room(core) &&
	       core->placements_max - core->placements_count >= job_tasks_max(core, job);
}

/* Try the line's first job. Returns 0 when it has to wait; the line is blocked then. */
static int line_try(struct parc_core *core, int32_t line)
{
	int32_t job = line_head(core, line), reason = job_try(core, job);

	if (reason == PARC_REASON_NONE)
		return 1;
	if (core->jobs[job].reason == reason)
		line_block(core, line);
	else
		act_reason(core, job, reason);
	return 0;
}

/* The ready lines in order, each until its first job does not fit. Returns 0 when the step has
 * no room for more. */
static int decide_greedy(struct parc_core *core)
{
	int32_t line;

	while ((line = line_first(core, LINE_READY)) >= 0) {
		if (!has_room_for(core, line_head(core, line)))
			return 0;
		line_try(core, line);
	}
	return 1;
}

/* Nobody overtakes: the first of all starts, or nobody does. */
static int decide_strict(struct parc_core *core)
{
	int32_t line;

	while ((line = line_first(core, LINE_BLOCKED)) >= 0) {
		if (!has_room_for(core, line_head(core, line)))
			return 0;
		if (!line_try(core, line) && core->lines[line].state == LINE_BLOCKED)
			break;
	}
	/* Those behind it were not tried and wait for their turn. */
	while ((line = line_first(core, LINE_READY)) >= 0) {
		int32_t job = line_head(core, line);

		if (!has_room(core))
			return 0;
		if (core->jobs[job].reason == PARC_REASON_PRIORITY)
			line_block(core, line);
		else
			act_reason(core, job, PARC_REASON_PRIORITY);
	}
	return 1;
}

void decide(struct parc_core *core, const struct parc_event *event)
{
	int done;

	core->actions_count = core->placements_count = 0;
	decide_event(core, event);
	decide_deadlines(core);
	decide_orphans(core);
	wake_lines(core);
	done = core->rules.backfill == PARC_BACKFILL_NONE ? decide_strict(core)
							  : decide_greedy(core);
	if (core->orphans >= 0 || !done) {
		struct parc_action more = {.kind = PARC_ACTION_MORE};

		act(core, &more, 0);
	}
	if (event->kind == PARC_EVENT_ENDED || event->kind == PARC_EVENT_STOPPED)
		index_tend(core);
}
