/* SPDX-License-Identifier: Apache-2.0
 *
 * What becomes of a job while it runs, but for its end: it is warned, or booked anew. Both are
 * written into its rows with the record, and after the commit the job is told (a line in its file
 * of notices) and the engine holds it to what it is booked now.
 *
 * A crash between commit and telling loses the line; the share is held to again at the next start.
 */
#include <stdio.h>
#include <stdlib.h>

#include "daemon/act.h"

int warn_write(struct daemon *daemon, const struct parc_action *action, struct parc_err *err)
{
	struct daemon_change change = {
		.job = action->job, .state = PARC_JOB_RUNNING, .warning = action->warn.what};
	struct daemon_act act = {.kind = ACT_WARN, .job = action->job, .why = action->warn.what};
	const char *what = action->warn.what == PARC_WARN_IDLE
				   ? "warned: it holds devices and does not use them; use them, or "
				     "end it, before they are taken back"
				   : "warned: it uses more than it is booked, and its device has "
				     "no more";
	struct parc_job_info info;
	int code = store_job_detail(daemon->store, action->job, what, err);

	log_write(&daemon->log, LOG_INFO_LEVEL, "job %lld is %s", (long long)action->job, what);
	if (code != 0)
		return code;
	change_add(daemon, &change);
	if (parc_job_info(daemon->core, action->job, &info) != 0)
		return 0;
	act.key = (struct engine_key){info.allocation, info.attempt};
	return act_keep(daemon, &act, err);
}

/* ---- Booked anew */

/* The START of the row with the new share in it; the caller frees `action`. 0, or another value. */
static int row_change(struct store_attempt *attempt, const struct parc_action *rebook,
		      void **action)
{
	struct parc_actions actions = {0};
	struct parc_placement *placements;
	void *memory = NULL;
	int64_t size;
	int failed = start_read(attempt, &actions, &memory);

	*action = NULL;
	if (!failed) {
		placements = (struct parc_placement *)actions.list[0].start.placements;
		for (int32_t i = 0; i < actions.list[0].start.count; i++)
			if (placements[i].group == rebook->rebook.group &&
			    placements[i].devices != 0)
				placements[i].share_milli = rebook->rebook.share_milli;
		attempt->held_milli = store_held_milli(&actions.list[0]);
		size = parc_actions_encode(&actions, NULL, 0);
		*action = malloc((size_t)size);
		failed = *action == NULL;
		if (!failed)
			parc_actions_encode(&actions, *action, (size_t)size);
		attempt->action = *action;
		attempt->action_size = (size_t)size;
	}
	free(memory);
	return failed;
}

static int acts_keep(struct daemon *daemon, const struct parc_action *action, struct parc_err *err)
{
	struct daemon_act act = {
		.kind = ACT_REBOOK,
		.key = {action->rebook.allocation, action->rebook.attempt},
		.job = action->job,
		.group = action->rebook.group,
		.share_milli = action->rebook.share_milli,
	};
	int code = act_keep(daemon, &act, err);

	act.kind = ACT_SHARE;
	return code == 0 ? act_keep(daemon, &act, err) : code;
}

int rebook_write(struct daemon *daemon, const struct parc_action *action, struct parc_err *err)
{
	struct daemon_change change = {.job = action->job, .state = PARC_JOB_RUNNING};
	struct store_attempt attempt;
	char detail[80];
	void *bytes = NULL;
	int code = store_attempt_find(daemon->store, action->rebook.allocation, &attempt, err);

	if (code != 1)
		return code;
	attempt.promised_us = store_promised_us(&attempt, daemon->now_us);
	attempt.rebooked_us = daemon->now_us;
	if (row_change(&attempt, action, &bytes) != 0)
		return parc_err_set(err, PARC_ERR_MEMORY, "no memory to book a job anew");
	code = store_attempt_held(daemon->store, &attempt, err);
	free(bytes);
	snprintf(detail, sizeof(detail), "it is booked %.3f devices since it was measured",
		 (double)attempt.held_milli / PARC_SHARE_WHOLE);
	if (code == 0)
		code = store_job_detail(daemon->store, action->job, detail, err);
	if (code != 0)
		return code;
	change_add(daemon, &change);
	return acts_keep(daemon, action, err);
}

/* ---- After the commit */

static void tell(struct daemon *daemon, const struct daemon_act *act, const char *line)
{
	const struct engine_calls *calls = daemon->engine.calls;
	struct parc_err err = {0};

	if (calls->tell != NULL && calls->tell(daemon->engine.self, act->key, line, &err) != 0)
		log_write(&daemon->log, LOG_WARNING_LEVEL, "job %lld is not told '%s': %s",
			  (long long)act->job, line, err.text);
}

void warn_do(struct daemon *daemon, const struct daemon_act *act)
{
	struct parc_policy policy;
	char line[ENGINE_LINE_MAX + 1];

	parc_policy_get(daemon->core, &policy);
	if (act->why == PARC_WARN_IDLE)
		snprintf(line, sizeof(line), "warn idle grace_us=%lld",
			 (long long)policy.idle_grace_us);
	else
		snprintf(line, sizeof(line), "warn %s", parc_warning_name(act->why));
	tell(daemon, act, line);
}

void share_do(struct daemon *daemon, const struct daemon_act *act)
{
	char line[ENGINE_LINE_MAX + 1];

	snprintf(line, sizeof(line), "share group=%d milli=%d", act->group, act->share_milli);
	tell(daemon, act, line);
}

void rebook_do(struct daemon *daemon, const struct daemon_act *act)
{
	const struct engine_calls *calls = daemon->engine.calls;
	struct parc_actions actions = {0};
	struct store_attempt attempt;
	struct parc_err err = {0};
	void *memory = NULL;
	int code = 0;

	if (calls->rebook == NULL ||
	    store_attempt_find(daemon->store, act->key.allocation, &attempt, NULL) != 1)
		return;
	if (start_read(&attempt, &actions, &memory) == 0)
		code = calls->rebook(daemon->engine.self, act->key,
				     actions.list[0].start.placements, actions.list[0].start.count,
				     &err);
	if (code != 0)
		log_write(&daemon->log, LOG_WARNING_LEVEL,
			  "job %lld is not held to what it is booked now: %s", (long long)act->job,
			  err.text);
	free(memory);
}
