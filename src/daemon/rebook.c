/* SPDX-License-Identifier: Apache-2.0
 *
 * What becomes of a job while it runs, but for its end: it is warned, or booked anew. Both are
 * written into its rows with the record, and after the commit the job is told (a line in its file
 * of notices) and the engine holds it to what it is booked now.
 *
 * A crash between commit and telling loses nothing: what is to be told is a row (store/notices.h),
 * written with the record and dropped when it was told, and the share is held to again at the next
 * start.
 */
#include <stdio.h>
#include <stdlib.h>

#include "daemon/act.h"
#include "store/notices.h"

/* Keep a line for the job, to be told after the commit. */
static int notice_keep(struct daemon *daemon, int64_t job, struct engine_key key, const char *line,
		       struct parc_err *err)
{
	struct store_notice notice = {
		.job = job, .allocation = key.allocation, .attempt = key.attempt, .line = line};
	struct daemon_act act = {.kind = ACT_TELL, .key = key, .job = job};
	int code = store_notice_add(daemon->store, &notice, &act.notice, err);

	return code == 0 ? act_keep(daemon, &act, err) : code;
}

/* What it is told of a warning. */
static int warn_keep(struct daemon *daemon, const struct parc_action *action,
		     const struct parc_job_info *info, struct parc_err *err)
{
	struct engine_key key = {info->allocation, info->attempt};
	struct parc_policy policy;
	char line[ENGINE_LINE_MAX + 1];

	parc_policy_get(daemon->core, &policy);
	if (action->warn.what == PARC_WARN_IDLE)
		snprintf(line, sizeof(line), "warn idle grace_us=%lld",
			 (long long)policy.idle_grace_us);
	else
		snprintf(line, sizeof(line), "warn %s", parc_warning_name(action->warn.what));
	return notice_keep(daemon, action->job, key, line, err);
}

int warn_write(struct daemon *daemon, const struct parc_action *action, struct parc_err *err)
{
	struct daemon_change change = {
		.job = action->job, .state = PARC_JOB_RUNNING, .warning = action->warn.what};
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
	return parc_job_info(daemon->core, action->job, &info) == 0
		       ? warn_keep(daemon, action, &info, err)
		       : 0;
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
	};
	char line[ENGINE_LINE_MAX + 1];
	int code = act_keep(daemon, &act, err);

	snprintf(line, sizeof(line), "share group=%d milli=%d", action->rebook.group,
		 action->rebook.share_milli);
	return code == 0 ? notice_keep(daemon, action->job, act.key, line, err) : code;
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

void tell_do(struct daemon *daemon, const struct daemon_act *act)
{
	const struct engine_calls *calls = daemon->engine.calls;
	struct store_notice notice;
	struct parc_err err = {0};
	char line[ENGINE_LINE_MAX + 1];
	int code = store_notice_next(daemon->store, act->notice - 1, &notice, &err);

	if (code == 1 && notice.number == act->notice && calls->tell != NULL) {
		snprintf(line, sizeof(line), "%s number=%lld", notice.line,
			 (long long)notice.number);
		code = calls->tell(daemon->engine.self, act->key, line, &err);
	}
	if (code < 0 && code != PARC_ERR_UNKNOWN) /* who is gone has not to be told */
		log_write(&daemon->log, LOG_WARNING_LEVEL,
			  "job %lld is not told of notice %lld: %s", (long long)act->job,
			  (long long)act->notice, err.text);
	if (act->notice > daemon->told_notice)
		daemon->told_notice = act->notice;
}

int notices_keep(struct daemon *daemon, struct parc_err *err)
{
	struct store_notice notice = {0};
	int code;

	while ((code = store_notice_next(daemon->store, notice.number, &notice, err)) == 1) {
		struct daemon_act act = {.kind = ACT_TELL,
					 .key = {notice.allocation, notice.attempt},
					 .job = notice.job,
					 .notice = notice.number};

		if (act_keep(daemon, &act, err) != 0)
			return PARC_ERR_MEMORY;
	}
	return code;
}

int notices_drop(struct daemon *daemon, struct parc_err *err)
{
	int64_t told = daemon->told_notice;

	daemon->told_notice = 0;
	return told == 0 ? 0 : store_notice_drop(daemon->store, told, err);
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
