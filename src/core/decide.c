/* SPDX-License-Identifier: Apache-2.0
 *
 * First what the event itself makes due (an end, a stop, a refusal), then time limits, then the
 * queue (queue.h).
 *
 * A step gives at most actions_max actions; what is left over is decided in the next step, for
 * which parc_wake asks at once.
 */
#include "core/decide.h"

#include "core/act.h"
#include "core/close.h"
#include "core/closure.h"
#include "core/idle.h"
#include "core/index.h"
#include "core/job.h"
#include "core/line.h"
#include "core/order.h"
#include "core/pack.h"
#include "core/pair.h"
#include "core/queue.h"
#include "core/reserve.h"
#include "core/score.h"
#include "core/service.h"

/* An attempt was lost: another one, if the job and the policy allow it. */
static void job_lost(struct parc_core *core, int32_t job)
{
	const struct job *it = &core->jobs[job];

	if (it->cancelled)
		act_end(core, job, PARC_RESULT_CANCELLED, PARC_REASON_NONE);
	else if (spec_of(core, it)->requeue && it->attempt <= core->rules.requeue_max)
		act_requeue(core, job, PARC_REASON_RETRY);
	else
		act_end(core, job, PARC_RESULT_LOST, PARC_REASON_NONE);
}

static void decide_submit(struct parc_core *core, const struct parc_event *event)
{
	int32_t job = idmap_find_near(&core->job_ids, event->submit.job, core->undigested - 1);
	int32_t reason;
	const struct job *it = &core->jobs[job];

	if (spec_of(core, it)->now_or_never) {
		reason = it->held ? PARC_REASON_HELD : PARC_REASON_DEPENDENCY;
		if (job_is_eligible(core, job))
			reason = queue_try(core, job);
		if (reason != PARC_REASON_NONE)
			act_end(core, job, PARC_RESULT_REFUSED, reason);
	} else if (it->line >= 0 && (reason = line_reason(core, job)) >= 0) {
		act_reason(core, job, reason);
		/* It may be short enough for what is kept for others. */
		if (reserve_kept_milli(core) > 0 && order_length_us(it) != PARC_NEVER)
			line_ready(core, it->line);
	}
}

/* Its node has left service, what it held is kept for others now, or its device is too full. */
static int32_t drained_reason(const struct parc_core *core, int32_t allocation)
{
	int32_t reason = PARC_REASON_PREEMPTED;

	for (int32_t t = core->allocations[allocation].tasks; t >= 0; t = core->tasks[t].next) {
		const struct node *node = &core->nodes[core->tasks[t].node];

		if (node->state == PARC_NODE_MAINTENANCE)
			return PARC_REASON_MAINTENANCE;
		for (int32_t h = node->holds; h >= 0; h = core->holds[h].node_next)
			if (core->reservations[core->holds[h].reservation].closure >= 0)
				reason = PARC_REASON_RESERVATION;
	}
	return reason;
}

static void decide_run(struct parc_core *core, const struct parc_event *event)
{
	int32_t slot = core->run_slot, job = slot;
	const struct job *it = &core->jobs[job];

	task_prefetch(core, core->allocations[slot].tasks);
	if (event->kind == PARC_EVENT_ENDED && event->run.result != PARC_RESULT_LOST)
		act_end(core, job, event->run.result, PARC_REASON_NONE);
	else if (it->result == PARC_RESULT_DRAINED && !it->cancelled)
		act_requeue(core, job, drained_reason(core, slot));
	else if (it->result == PARC_RESULT_PREEMPTED && !it->cancelled)
		act_requeue(core, job, PARC_REASON_PREEMPTED);
	else if (event->kind == PARC_EVENT_ENDED || it->result == PARC_RESULT_LOST ||
		 it->result == PARC_RESULT_PREEMPTED || it->result == PARC_RESULT_DRAINED)
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

	while (t >= 0 && act_has_room(core)) {
		int32_t allocation = core->tasks[t].allocation;

		if (lies_on(core, allocation, node)) {
			job_lost(core, allocation);
			t = core->nodes[node].tasks; /* the list has changed */
			continue;
		}
		act_stop(core, allocation, PARC_RESULT_LOST);
		t = core->tasks[t].node_next;
	}
	ASSERT(t < 0); /* a node has fewer tasks than a step has actions */
}

static void decide_device_fail(struct parc_core *core, int32_t node, int32_t device)
{
	for (int32_t t = core->nodes[node].tasks; t >= 0; t = core->tasks[t].node_next)
		if (core->tasks[t].devices >> device & 1)
			act_stop(core, core->tasks[t].allocation, PARC_RESULT_LOST);
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
		if (allocation_is_live(core, job))
			act_stop(core, job, PARC_RESULT_CANCELLED);
		else if (!core->jobs[job].cancelled) /* else a service, whose replicas go first */
			act_end(core, job, PARC_RESULT_CANCELLED, PARC_REASON_NONE);
		break;
	case PARC_EVENT_STOPPED:
	case PARC_EVENT_ENDED:
		decide_run(core, event);
		break;
	case PARC_EVENT_USE:
		pack_grow(core, core->run_slot);
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
	int64_t deadline_us;

	while ((deadline_us = allocation_deadline_us(core)) <= core->time_us && act_has_room(core))
		act_stop(core, ranking_first(&core->waiting, core->ends_root, deadline_us),
			 PARC_RESULT_TIMEOUT);
}

/* Jobs whose dependency cannot come true any more; their end may orphan others. */
static void decide_orphans(struct parc_core *core)
{
	while (core->orphans >= 0 && act_has_room(core)) {
		const struct job *it = &core->jobs[core->orphans];

		act_end(core, core->orphans, PARC_RESULT_CANCELLED,
			it->waits == 0 && job_is_service(it) ? PARC_REASON_NONE
							     : PARC_REASON_DEPENDENCY);
	}
}

/* Is nothing but the queue to be decided? So it is in most steps, and asking each in turn costs
 * more than to see it at a glance. */
static int is_quiet(const struct parc_core *core)
{
	return !closure_is_any(core) && core->services_noted < 0 && !core->pack_noted &&
	       !core->pairs_noted && core->rules.idle_us == 0 && core->orphans < 0;
}

/* All that is decided beside the queue; 0: the step has no room for more. */
static int others_decide(struct parc_core *core)
{
	int done;

	if (is_quiet(core))
		return 1;
	done = closure_decide(core) & service_decide(core) & pack_decide(core) & pair_decide(core) &
	       idle_decide(core);
	decide_orphans(core);
	return done;
}

void decide(struct parc_core *core, const struct parc_event *event)
{
	int done;

	core->actions_count = core->placements_count = 0;
	score_decide(core);
	decide_event(core, event);
	decide_deadlines(core);
	do { /* what a replica gives is known for sure once it has started */
		done = others_decide(core);
		done &= queue_decide(core, event);
	} while (done && core->services_noted >= 0);
	service_forget(core);
	if (core->orphans >= 0 || !done) {
		struct parc_action more = {.kind = PARC_ACTION_MORE};

		act(core, &more, 0);
	}
	if (event->kind == PARC_EVENT_ENDED || event->kind == PARC_EVENT_STOPPED) {
		index_tend(core);
		close_tend(core);
	}
}
