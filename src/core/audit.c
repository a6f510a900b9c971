/* SPDX-License-Identifier: Apache-2.0
 *
 * The audit: decide an event again and compare with what was recorded.
 */
#include "parc/core.h"

static int placement_is_equal(const struct parc_placement *a, const struct parc_placement *b)
{
	return a->node == b->node && a->group == b->group && a->task == b->task &&
	       a->devices == b->devices && a->share_milli == b->share_milli &&
	       a->device_memory_mib == b->device_memory_mib && a->cpu_milli == b->cpu_milli &&
	       a->memory_mib == b->memory_mib && a->slots == b->slots && a->variant == b->variant;
}

static int placements_are_equal(const struct parc_placement *a, const struct parc_placement *b,
				int32_t count)
{
	for (int32_t i = 0; i < count; i++)
		if (!placement_is_equal(&a[i], &b[i]))
			return 0;
	return 1;
}

static int start_is_equal(const struct parc_action *a, const struct parc_action *b)
{
	return a->start.allocation == b->start.allocation && a->start.attempt == b->start.attempt &&
	       a->start.count == b->start.count && a->start.beside == b->start.beside &&
	       placements_are_equal(a->start.placements, b->start.placements, a->start.count);
}

static int reserve_is_equal(const struct parc_action *a, const struct parc_action *b)
{
	return a->reserve.start_us == b->reserve.start_us &&
	       a->reserve.end_us == b->reserve.end_us && a->reserve.count == b->reserve.count &&
	       placements_are_equal(a->reserve.placements, b->reserve.placements, a->reserve.count);
}

static int action_is_equal(const struct parc_action *a, const struct parc_action *b)
{
	if (a->kind != b->kind || a->job != b->job)
		return 0;
	switch (a->kind) {
	case PARC_ACTION_START:
		return start_is_equal(a, b);
	case PARC_ACTION_STOP:
		return a->stop.allocation == b->stop.allocation &&
		       a->stop.attempt == b->stop.attempt && a->stop.grace_us == b->stop.grace_us &&
		       a->stop.why == b->stop.why;
	case PARC_ACTION_RESERVE:
	case PARC_ACTION_RECALL:
		return reserve_is_equal(a, b);
	case PARC_ACTION_REASON:
	case PARC_ACTION_REQUEUE:
		return a->reason.reason == b->reason.reason;
	case PARC_ACTION_END:
		return a->end.result == b->end.result && a->end.reason == b->end.reason;
	case PARC_ACTION_WINDOW:
		return a->window.window == b->window.window && a->window.phase == b->window.phase &&
		       a->window.count == b->window.count &&
		       placements_are_equal(a->window.placements, b->window.placements,
					    a->window.count);
	case PARC_ACTION_REBOOK:
		return a->rebook.allocation == b->rebook.allocation &&
		       a->rebook.attempt == b->rebook.attempt &&
		       a->rebook.group == b->rebook.group &&
		       a->rebook.share_milli == b->rebook.share_milli;
	case PARC_ACTION_WARN:
		return a->warn.allocation == b->warn.allocation &&
		       a->warn.attempt == b->warn.attempt && a->warn.what == b->warn.what;
	case PARC_ACTION_REPLICA:
		return a->replica.replica == b->replica.replica &&
		       a->replica.number == b->replica.number;
	default:
		return 1;
	}
}

/* The same action for the same job, which says something else: what it starts elsewhere is named.
 */
static int refuse_within(const struct parc_event *event, int32_t index,
			 const struct parc_action *recorded, const struct parc_action *decided,
			 struct parc_err *err)
{
	const char *what = parc_event_name(event->kind), *kind = parc_action_name(recorded->kind);
	const struct parc_placement *was = recorded->start.placements,
				    *is = decided->start.placements;
	int32_t count = recorded->kind == PARC_ACTION_START ? recorded->start.count : 0, p = 0;

	if (count > 0 && decided->start.count < count)
		count = decided->start.count;
	while (p < count && placement_is_equal(&was[p], &is[p]))
		p++;
	if (p == count)
		return parc_err_set(
			err, PARC_ERR_MISMATCH,
			"%s event at %lld us: action %d is %s for job %lld, and decided "
			"again says something else of it",
			what, (long long)event->time_us, index + 1, kind, (long long)recorded->job);
	return parc_err_set(
		err, PARC_ERR_MISMATCH,
		"%s event at %lld us: action %d is %s for job %lld, task %d on node %lld "
		"(devices %x), decided again on node %lld (devices %x)",
		what, (long long)event->time_us, index + 1, kind, (long long)recorded->job,
		was[p].task, (long long)was[p].node, was[p].devices, (long long)is[p].node,
		is[p].devices);
}

int parc_audit_step(struct parc_core *core, const struct parc_event *event,
		    const struct parc_actions *recorded, struct parc_err *err)
{
	struct parc_actions decided;
	int code = parc_step(core, event, &decided, err);
	int32_t i = 0;

	if (code != 0)
		return code;
	while (i < decided.count && i < recorded->count &&
	       action_is_equal(&decided.list[i], &recorded->list[i]))
		i++;
	if (i == decided.count && i == recorded->count)
		return 0;
	if (i < decided.count && i < recorded->count &&
	    decided.list[i].kind == recorded->list[i].kind &&
	    decided.list[i].job == recorded->list[i].job)
		return refuse_within(event, i, &recorded->list[i], &decided.list[i], err);
	return parc_err_set(err, PARC_ERR_MISMATCH,
			    "%s event at %lld us: action %d of %d is %s for job %lld, decided "
			    "again it is %s for job %lld",
			    parc_event_name(event->kind), (long long)event->time_us, i + 1,
			    recorded->count,
			    i < recorded->count ? parc_action_name(recorded->list[i].kind) : "none",
			    i < recorded->count ? (long long)recorded->list[i].job : 0,
			    i < decided.count ? parc_action_name(decided.list[i].kind) : "none",
			    i < decided.count ? (long long)decided.list[i].job : 0);
}
