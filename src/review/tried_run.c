/* SPDX-License-Identifier: Apache-2.0
 *
 * What the allocations of a tried course report. An entry of the clock is a recorded mark, by its
 * place, or one of those below; what a stop overtakes is dropped when its time comes.
 */
#include <string.h>

#include "base/assert.h"
#include "review/tried.h"

enum made_up {
	MADE_STARTED = -1,
	MADE_READY = -2,
	MADE_END = -3,
	MADE_STOPPED = -4,
	MADE_KEEP = -5
};

#define AFTER_RECORDS (INT64_C(1) << 62) /* what has no record comes behind what has one */

static struct past_attempt *attempt_at(const struct tried *tried, int32_t at)
{
	return at < 0 ? NULL : ROLL_AT(&tried->past->attempts, struct past_attempt, at);
}

static struct tried_run *run_find(const struct tried *tried, int64_t allocation)
{
	int32_t at = roll_find(&tried->runs, allocation);

	return at < 0 ? NULL : ROLL_AT(&tried->runs, struct tried_run, at);
}

int tried_job_get(struct tried *tried, int64_t job, struct tried_job **out, struct parc_err *err)
{
	int32_t at = roll_find(&tried->jobs, job);

	at = at < 0 ? roll_add(&tried->jobs, job, err) : at;
	if (at < 0)
		return at;
	*out = ROLL_AT(&tried->jobs, struct tried_job, at);
	return 0;
}

static int push(struct tried *tried, const struct tried_run *run, int64_t time_us, int64_t number,
		int32_t what, struct parc_err *err)
{
	struct clock_entry entry = {.time_us = time_us,
				    .sequence =
					    number > 0 ? number : AFTER_RECORDS + tried->pushed++,
				    .allocation = run->allocation,
				    .job = what};

	return clock_push_at(&tried->clock, &entry, err);
}

/* A time on the recorded chips as a time on these. */
static int64_t scaled_us(const struct tried_run *run, const struct past_attempt *model, int64_t us)
{
	return (int64_t)(((__int128)us * model->pace.speed_milli + run->pace.speed_milli - 1) /
			 run->pace.speed_milli);
}

/* What the recorded attempt of this number is known to have lived through without this happening:
 * it comes later than that. */
static int64_t after_cut(const struct tried *tried, const struct past_attempt *exact,
			 int64_t from_us, int64_t delay_us)
{
	int64_t cut_us = tried->past->end_us;

	if (exact == NULL)
		return delay_us;
	if (exact->stop_us >= 0)
		cut_us = exact->stop_us;
	else if (exact->end_us >= 0)
		cut_us = exact->end_us;
	return delay_us > cut_us - from_us ? delay_us : cut_us - from_us + 1;
}

static const struct past_mark *mark_find(const struct tried *tried,
					 const struct past_attempt *attempt, int32_t kind,
					 int32_t *at)
{
	for (*at = attempt == NULL ? -1 : attempt->first; *at >= 0;
	     *at = tried->past->marks[*at].next)
		if (tried->past->marks[*at].kind == kind)
			return &tried->past->marks[*at];
	return NULL;
}

/* ---- Before a stop */

static int ready_push(struct tried *tried, const struct tried_run *run, int64_t started_us,
		      struct parc_err *err)
{
	const struct past_attempt *exact = attempt_at(tried, run->exact);
	int32_t at;
	int64_t delay_us = tried->past->ready_delay_us;

	if (mark_find(tried, attempt_at(tried, run->model), PARC_EVENT_READY, &at) != NULL)
		return 0; /* it is among the marks */
	if (exact != NULL)
		delay_us = after_cut(tried, exact, exact->started_us, delay_us);
	return push(tried, run, started_us + delay_us, 0, MADE_READY, err);
}

/* What was reported of the model between its begin and its stop or end. */
static int marks_push(struct tried *tried, const struct tried_run *run, int64_t started_us,
		      struct parc_err *err)
{
	const struct past_attempt *model = attempt_at(tried, run->model);
	int code = 0;

	for (int32_t m = model->first; m >= 0 && code == 0; m = tried->past->marks[m].next) {
		const struct past_mark *mark = &tried->past->marks[m];

		if (mark->is_after_stop || mark->kind == PARC_EVENT_STARTED ||
		    mark->kind == PARC_EVENT_ENDED || mark->kind == PARC_EVENT_STOPPED)
			continue;
		code = push(tried, run,
			    started_us + scaled_us(run, model, mark->time_us - model->started_us),
			    run->exact >= 0 ? mark->number : 0, m, err);
	}
	return code;
}

/* Until when the model held its devices, as a time of this run. One that was stopped before it
 * began to work held them all the same. */
static int64_t seen_until_us(const struct tried *tried, const struct tried_run *run,
			     const struct past_attempt *model, int64_t started_us)
{
	int64_t end_us;

	if (model == NULL || model->has_ended)
		return started_us;
	end_us = model->end_us >= 0 ? model->end_us : tried->past->end_us;
	if (model->started_us < 0 && model->start_us >= 0)
		return run->start_us + end_us - model->start_us;
	return started_us + (int64_t)(past_work(model, end_us) / run->pace.speed_milli);
}

/* Work that is left, and from when on it is not recorded; -1: nobody can say. */
static __int128 work_left(const struct tried *tried, struct tried_run *run, int64_t started_us)
{
	const struct past_job *job = past_job(tried->past, run->job);
	const struct past_attempt *model = attempt_at(tried, run->model);
	const struct past_attempt *exact = attempt_at(tried, run->exact);
	__int128 kept = (__int128)run->kept_us * PARC_SHARE_WHOLE, left;
	__int128 seen = 0; /* until it was stopped */
	int is_known = job != NULL && job->work >= 0;

	if (model != NULL && !model->has_ended) {
		int64_t end_us = model->end_us >= 0 ? model->end_us : tried->past->end_us;

		seen = past_work(model, model->stop_us >= 0 ? model->stop_us : end_us);
	}
	run->seen_us = is_known ? PARC_NEVER : seen_until_us(tried, run, model, started_us);
	if (run->job > PARC_REPLICA_IDS) {
		run->seen_us = PARC_NEVER; /* it works until it is stopped */
		return -1;
	}
	left = is_known ? job->work : past_length_guess(tried->past, job);
	if (left < 0)
		return -1;
	left = left > kept ? left - kept : 0;
	if (exact != NULL && !exact->has_ended && left <= seen)
		left = seen + run->pace.speed_milli;
	return left;
}

static int end_push(struct tried *tried, struct tried_run *run, int64_t started_us,
		    struct parc_err *err)
{
	const struct past_attempt *exact = attempt_at(tried, run->exact);
	__int128 left = work_left(tried, run, started_us), took;
	const struct past_mark *mark = NULL;
	int32_t at;

	if (left < 0)
		return 0;
	took = (left + run->pace.speed_milli - 1) / run->pace.speed_milli;
	if (took >= PARC_TIME_MAX - started_us)
		return 0;
	if (exact != NULL && exact->has_ended)
		mark = mark_find(tried, exact, PARC_EVENT_ENDED, &at);
	return push(tried, run, started_us + (int64_t)took,
		    mark != NULL && !mark->is_after_stop ? mark->number : 0, MADE_END, err);
}

/* It failed before it had started: it does so again. */
static int failure_push(struct tried *tried, const struct tried_run *run, struct parc_err *err)
{
	const struct past_attempt *exact = attempt_at(tried, run->exact);
	int32_t at;
	const struct past_mark *mark = mark_find(tried, exact, PARC_EVENT_ENDED, &at);

	return push(tried, run, run->start_us + mark->time_us - exact->start_us, mark->number, at,
		    err);
}

static int run_push(struct tried *tried, struct tried_run *run, struct parc_err *err)
{
	const struct past_attempt *exact = attempt_at(tried, run->exact);
	const struct past_attempt *model = attempt_at(tried, run->model);
	int64_t delay_us = tried->past->start_delay_us, started_us = run->started_us;
	const struct past_mark *mark;
	int32_t at;
	int code = 0;

	mark = mark_find(tried, exact, PARC_EVENT_ENDED, &at);
	if (exact != NULL && exact->started_us < 0 && mark != NULL && !mark->is_after_stop)
		return failure_push(tried, run, err);
	if (model != NULL && model->started_us >= 0 && !model->was_there)
		delay_us = model->started_us - model->start_us;
	else if (exact != NULL && exact->started_us >= 0)
		delay_us = exact->started_us - exact->start_us;
	else if (exact != NULL)
		delay_us = after_cut(tried, exact, exact->start_us, delay_us);
	if (started_us < 0) {
		started_us = run->start_us + delay_us;
		mark = mark_find(tried, exact, PARC_EVENT_STARTED, &at);
		code = push(tried, run, started_us, mark == NULL ? 0 : mark->number, MADE_STARTED,
			    err);
		if (code == 0)
			code = ready_push(tried, run, started_us, err);
	}
	if (code == 0 && model != NULL && model->started_us >= 0)
		code = marks_push(tried, run, started_us, err);
	return code == 0 ? end_push(tried, run, started_us, err) : code;
}

static int32_t basis_of(const struct tried_run *run, const struct past_attempt *model)
{
	int known = run->pace.source != PARC_SPEED_UNKNOWN;

	if (model != NULL && run->pace.chips == model->pace.chips)
		return TRIED_MEASURED;
	if (model != NULL)
		known &= model->pace.source != PARC_SPEED_UNKNOWN;
	return known ? TRIED_KNOWN : TRIED_UNKNOWN;
}

static int run_add(struct tried *tried, int64_t allocation, const struct tried_run *set,
		   struct tried_run **out, struct parc_err *err)
{
	struct past_attempt *exact = past_attempt_of(tried->past, set->job, set->attempt);
	const struct past_job *past = past_job(tried->past, set->job);
	struct tried_job *job;
	int code = tried_job_get(tried, set->job, &job, err);
	int32_t at = code == 0 ? roll_add(&tried->runs, allocation, err) : code;
	struct tried_run *run;

	if (at < 0)
		return at;
	run = ROLL_AT(&tried->runs, struct tried_run, at);
	*run = *set;
	run->allocation = job->allocation = allocation;
	run->kept_us = job->kept_us;
	run->exact = exact == NULL ? -1 : roll_find(&tried->past->attempts, exact->allocation);
	run->model = run->exact >= 0 ? run->exact : past == NULL ? -1 : past->last;
	run->seen_us = PARC_NEVER;
	run->basis = basis_of(run, attempt_at(tried, run->model));
	*out = run;
	return 0;
}

int tried_begin(struct tried *tried, const struct parc_action *action, struct parc_err *err)
{
	struct tried_run set = {.job = action->job,
				.attempt = action->start.attempt,
				.start_us = tried->now_us,
				.started_us = -1,
				.stop_us = -1,
				.held_milli = store_held_milli(action)};
	struct tried_run *run;
	int code;

	if (parc_job_pace(tried->core, action->job, &set.pace) != 0)
		return 0; /* it is over within the same step */
	code = run_add(tried, action->start.allocation, &set, &run, err);
	return code == 0 ? run_push(tried, run, err) : code;
}

int tried_inherit(struct tried *tried, struct parc_err *err)
{
	int code = 0;

	for (int32_t i = 0; i < tried->past->attempts.count && code == 0; i++) {
		const struct past_attempt *it = attempt_at(tried, i);
		struct tried_run set = {.job = it->job,
					.attempt = it->attempt,
					.start_us = it->start_us,
					.started_us = -1,
					.stop_us = -1,
					.pace = it->pace};
		struct parc_job_info info;
		struct tried_run *run;

		if (!it->was_there || parc_job_info(tried->core, it->job, &info) != 0)
			continue;
		set.held_milli = info.booked_milli;
		if (info.state != PARC_JOB_STARTING)
			set.started_us = it->start_us;
		code = run_add(tried, it->allocation, &set, &run, err);
		if (code == 0 && info.state == PARC_JOB_STOPPING)
			code = tried_stop(tried, it->allocation, err);
		else if (code == 0)
			code = run_push(tried, run, err);
	}
	return code;
}

/* ---- After a stop */

/* What was recorded after the stop of this attempt. 1: its end is among it. */
static int stop_marks_push(struct tried *tried, const struct tried_run *run, struct parc_err *err)
{
	const struct past_attempt *exact = attempt_at(tried, run->exact);
	int ends = 0, code = 0;

	for (int32_t m = exact->first; m >= 0 && code == 0; m = tried->past->marks[m].next) {
		const struct past_mark *mark = &tried->past->marks[m];
		int is_end = mark->kind == PARC_EVENT_ENDED || mark->kind == PARC_EVENT_STOPPED;

		if (!mark->is_after_stop || (is_end && exact->is_lost))
			continue;
		ends |= is_end;
		code = push(tried, run, run->stop_us + mark->time_us - exact->stop_us,
			    run->stop_us == exact->stop_us ? mark->number : 0, m, err);
	}
	return code == 0 ? ends : code;
}

int tried_stop(struct tried *tried, int64_t allocation, struct parc_err *err)
{
	struct tried_run *run = run_find(tried, allocation);
	const struct past_attempt *exact;
	int64_t end_us;
	int32_t at;
	int code = 0;

	if (run == NULL || run->stop_us >= 0)
		return 0;
	run->stop_us = tried->now_us;
	exact = attempt_at(tried, run->exact);
	if (exact != NULL && exact->stop_us >= 0) {
		code = stop_marks_push(tried, run, err);
		/* Told to stop as recorded, it goes as it did: lost, without a word, or not yet. */
		if (code != 0 || run->stop_us == exact->stop_us)
			return code < 0 ? code : 0;
	}
	end_us = run->stop_us + tried->past->stop_delay_us;
	if (run->started_us >= 0 &&
	    mark_find(tried, attempt_at(tried, run->model), PARC_EVENT_CHECKPOINT, &at) != NULL)
		code = push(tried, run, end_us, 0, MADE_KEEP, err);
	return code == 0 ? push(tried, run, end_us, 0, MADE_STOPPED, err) : code;
}

/* ---- Reports */

static __int128 ran_work(const struct tried_run *run, int64_t until_us)
{
	return run->started_us < 0 ? 0
				   : (__int128)(until_us - run->started_us) * run->pace.speed_milli;
}

/* The work that the mark reports, as far as this run has come instead of the recorded one. */
static int64_t work_reported(const struct tried *tried, const struct tried_run *run,
			     const struct past_mark *mark)
{
	const struct past_attempt *model = attempt_at(tried, run->model);
	int64_t work_us = mark->work_us + run->kept_us - model->kept_us;

	if (mark->is_after_stop)
		work_us +=
			(int64_t)((ran_work(run, run->stop_us) - past_work(model, model->stop_us)) /
				  PARC_SHARE_WHOLE);
	return work_us > 0 ? work_us : 0;
}

static void report_mark(const struct tried *tried, const struct tried_run *run,
			const struct past_mark *mark, struct parc_event *event)
{
	event->kind = mark->kind;
	event->run.result = mark->result;
	event->run.busy_milli = mark->busy_milli;
	event->run.work_us = mark->work_us;
	if (mark->kind == PARC_EVENT_PROGRESS || mark->kind == PARC_EVENT_CHECKPOINT)
		event->run.work_us = work_reported(tried, run, mark);
}

static void report_made(const struct tried *tried, struct tried_run *run, int32_t what,
			struct parc_event *event)
{
	const struct past_job *job = past_job(tried->past, run->job);

	switch (what) {
	case MADE_STARTED:
		event->kind = PARC_EVENT_STARTED;
		run->started_us = tried->now_us;
		break;
	case MADE_READY:
		event->kind = PARC_EVENT_READY;
		break;
	case MADE_END:
		event->kind = PARC_EVENT_ENDED;
		event->run.result = job != NULL && job->work >= 0 ? job->result : PARC_RESULT_OK;
		break;
	case MADE_KEEP:
		event->kind = PARC_EVENT_CHECKPOINT;
		event->run.work_us =
			run->kept_us + (int64_t)(ran_work(run, run->stop_us) / PARC_SHARE_WHOLE);
		break;
	default:
		event->kind = PARC_EVENT_STOPPED;
		break;
	}
}

int tried_report(struct tried *tried, const struct clock_entry *entry, struct parc_event *event)
{
	struct tried_run *run = run_find(tried, entry->allocation);
	const struct past_mark *mark = entry->job >= 0 ? &tried->past->marks[entry->job] : NULL;
	int is_after_stop = mark != NULL ? mark->is_after_stop : entry->job <= MADE_STOPPED;

	ASSERT(run != NULL);
	if (run->is_over || (run->stop_us >= 0) != is_after_stop)
		return 0;
	*event = (struct parc_event){0};
	if (mark != NULL)
		report_mark(tried, run, mark, event);
	else
		report_made(tried, run, entry->job, event);
	event->run.allocation = run->allocation;
	event->run.attempt = run->attempt;
	if (event->kind == PARC_EVENT_CHECKPOINT)
		ROLL_AT(&tried->jobs, struct tried_job, roll_find(&tried->jobs, run->job))
			->kept_us = event->run.work_us;
	return 1;
}

void tried_over(struct tried *tried, int64_t job)
{
	int32_t at = roll_find(&tried->jobs, job);
	struct tried_job *it = at < 0 ? NULL : ROLL_AT(&tried->jobs, struct tried_job, at);
	struct tried_run *run = it == NULL ? NULL : run_find(tried, it->allocation);

	if (it != NULL)
		it->allocation = 0;
	if (run == NULL || run->is_over)
		return;
	run->is_over = 1;
	tried->held[run->basis] += (__int128)run->held_milli * (tried->now_us - run->start_us);
	if (run->seen_us < tried->now_us)
		tried->unseen += (__int128)run->held_milli * (tried->now_us - run->seen_us);
}
