/* SPDX-License-Identifier: Apache-2.0
 *
 * The step: an event is stepped, its record and the rows that follow from its actions go into the
 * open transaction, and what the engine has to do is kept until that is committed.
 */
#include <stdlib.h>
#include <string.h>

#include "base/assert.h"
#include "daemon/act.h"
#include "daemon/tripped.h"

int daemon_break(struct daemon *daemon, const struct parc_err *why)
{
	if (!daemon->is_broken)
		daemon->failure = *why;
	daemon->is_broken = 1;
	return why->code;
}

int act_keep(struct daemon *daemon, const struct daemon_act *act, struct parc_err *err)
{
	if (daemon->acts_count == daemon->acts_capacity) {
		int32_t capacity = daemon->acts_capacity == 0 ? 256 : 2 * daemon->acts_capacity;
		struct daemon_act *acts =
			realloc(daemon->acts, (size_t)capacity * sizeof(*daemon->acts));

		if (acts == NULL)
			return parc_err_set(err, PARC_ERR_MEMORY, "no memory for actions");
		daemon->acts = acts;
		daemon->acts_capacity = capacity;
	}
	daemon->acts[daemon->acts_count++] = *act;
	return 0;
}

void change_add(struct daemon *daemon, const struct daemon_change *change)
{
	struct daemon_change *at = &daemon->changes[daemon->changes_count % DAEMON_CHANGES];
	struct store_job job;

	*at = *change;
	at->number = store_last(daemon->store);
	at->time_us = daemon->now_us;
	if (store_job_find(daemon->store, change->job, &job, NULL) == 1) {
		at->tenant = job.tenant;
		at->uid = job.uid;
	}
	daemon->changes_count++;
}

static int start_write(struct daemon *daemon, const struct parc_action *action,
		       struct parc_err *err)
{
	struct parc_actions one = {1, action};
	int64_t size = parc_actions_encode(&one, NULL, 0);
	void *bytes = malloc((size_t)size);
	struct store_attempt attempt = {.allocation = action->start.allocation,
					.attempt = action->start.attempt,
					.start_us = daemon->now_us,
					.held_milli = store_held_milli(action),
					.action = bytes,
					.action_size = (size_t)size};
	struct daemon_act act = {.kind = ACT_START,
				 .key = {action->start.allocation, action->start.attempt},
				 .job = action->job};
	int code;

	if (bytes == NULL)
		return parc_err_set(err, PARC_ERR_MEMORY, "no memory for a start");
	parc_actions_encode(&one, bytes, (size_t)size);
	code = store_job_start(daemon->store, action->job, &attempt, err);
	free(bytes);
	return code == 0 ? act_keep(daemon, &act, err) : code;
}

static int stop_write(struct daemon *daemon, const struct parc_action *action, struct parc_err *err)
{
	struct daemon_act act = {.kind = ACT_STOP,
				 .key = {action->stop.allocation, action->stop.attempt},
				 .job = action->job,
				 .grace_us = action->stop.grace_us,
				 .why = action->stop.why};
	int code = store_job_state(daemon->store, action->job, PARC_JOB_STOPPING, err);

	if (code == 0)
		code = store_attempt_stop(daemon->store, action->stop.allocation, action->stop.why,
					  err);
	return code == 0 ? act_keep(daemon, &act, err) : code;
}

static int action_write(struct daemon *daemon, const struct parc_action *action,
			struct parc_err *err)
{
	struct daemon_change change = {.job = action->job};
	int code = 0;

	switch (action->kind) {
	case PARC_ACTION_START:
		code = start_write(daemon, action, err);
		change.state = PARC_JOB_STARTING;
		break;
	case PARC_ACTION_STOP:
		code = stop_write(daemon, action, err);
		change.state = PARC_JOB_STOPPING;
		break;
	case PARC_ACTION_END:
		code = store_job_end(daemon->store, action->job, action->end.result,
				     action->end.reason, daemon->now_us, err);
		change.state = PARC_JOB_ENDED;
		change.result = action->end.result;
		change.reason = action->end.reason;
		break;
	case PARC_ACTION_REQUEUE:
		code = store_job_state(daemon->store, action->job, PARC_JOB_PENDING, err);
		change.state = PARC_JOB_PENDING;
		change.reason = action->requeue.reason;
		break;
	default:
		return 0; /* reasons are asked of the core; the rest is its own */
	}
	if (code == 0)
		change_add(daemon, &change);
	return code;
}

/* The core has changed: from here on a failure cannot be taken back. */
static int step_write(struct daemon *daemon, const struct parc_event *event,
		      const struct parc_actions *actions, struct parc_err *err)
{
	int code = store_append(daemon->store, event, actions, parc_digest(daemon->core), err);

	for (int32_t i = 0; code == 0 && i < actions->count; i++)
		code = action_write(daemon, &actions->list[i], err);
	daemon->figures.records++;
	return code;
}

static int event_step(struct daemon *daemon, struct parc_event *event, struct parc_err *err)
{
	struct parc_actions actions;
	struct parc_err why = {0};
	int code;

	if (daemon->is_broken)
		return parc_err_set(err, PARC_ERR_STATE, "the daemon is stopping");
	event->time_us = daemon->now_us;
	code = tripped_check(event, err);
	if (code == 0)
		code = parc_check(daemon->core, event, err);
	if (code != 0) {
		daemon->figures.refused++;
		return code;
	}
	code = store_begin(daemon->store, &why);
	if (code == 0) {
		marks_before(daemon, event->time_us);
		code = parc_step(daemon->core, event, &actions, &why);
		ASSERT(code == 0); /* it was checked */
		code = step_write(daemon, event, &actions, &why);
		if (code == 0)
			code = marks_after(daemon, &why);
	}
	if (code == 0)
		return 0;
	daemon_break(daemon, &why);
	if (err != NULL)
		*err = why;
	return code;
}

int daemon_step(struct daemon *daemon, struct parc_event *event, struct parc_err *err)
{
	int code;

	tripped_begin(event);
	code = event_step(daemon, event, err);
	tripped_end();
	return code;
}
