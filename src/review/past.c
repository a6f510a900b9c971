/* SPDX-License-Identifier: Apache-2.0
 *
 * One pass over the records. Marks lie in one array in the order of the journal, each attempt's in
 * a list through it.
 */
#include "review/past.h"

#include <stdlib.h>

#include "sim/stats.h"
#include "store/rows.h"

void past_init(struct past *past, const struct parc_core *base)
{
	*past = (struct past){.base = base, .begin_us = -1, .end_us = -1};
	roll_init(&past->jobs, sizeof(struct past_job));
	roll_init(&past->attempts, sizeof(struct past_attempt));
	roll_init(&past->kinds, sizeof(struct past_mean));
}

void past_deinit(struct past *past)
{
	roll_deinit(&past->jobs);
	roll_deinit(&past->attempts);
	roll_deinit(&past->kinds);
	free(past->marks);
	*past = (struct past){0};
}

struct past_job *past_job(const struct past *past, int64_t job)
{
	int32_t at = roll_find(&past->jobs, job);

	return at < 0 ? NULL : ROLL_AT(&past->jobs, struct past_job, at);
}

struct past_attempt *past_attempt(const struct past *past, int64_t allocation)
{
	int32_t at = roll_find(&past->attempts, allocation);

	return at < 0 ? NULL : ROLL_AT(&past->attempts, struct past_attempt, at);
}

struct past_attempt *past_attempt_of(const struct past *past, int64_t job, int32_t attempt)
{
	const struct past_job *it = past_job(past, job);
	int32_t at = it == NULL ? -1 : it->last;

	while (at >= 0) {
		struct past_attempt *found = ROLL_AT(&past->attempts, struct past_attempt, at);

		if (found->attempt == attempt)
			return found;
		at = found->before;
	}
	return NULL;
}

__int128 past_work(const struct past_attempt *attempt, int64_t until_us)
{
	if (attempt->started_us < 0 || until_us < attempt->started_us)
		return 0;
	return (__int128)(until_us - attempt->started_us) * attempt->pace.speed_milli;
}

/* The job's record, made when it is new. */
static int job_get(struct past *past, int64_t job, struct past_job **out, struct parc_err *err)
{
	int32_t at = roll_find(&past->jobs, job);

	if (at < 0) {
		at = roll_add(&past->jobs, job, err);
		if (at < 0)
			return at;
		*ROLL_AT(&past->jobs, struct past_job, at) =
			(struct past_job){.job = job,
					  .submit_us = -1,
					  .work = -1,
					  .last = -1,
					  .is_replica = job > PARC_REPLICA_IDS};
	}
	*out = ROLL_AT(&past->jobs, struct past_job, at);
	return 0;
}

static int submit_note(struct past *past, const struct store_record *record, struct parc_err *err)
{
	const struct parc_submit *submit = &record->event.submit;
	struct past_job *job;
	int code = job_get(past, submit->job, &job, err);

	if (code != 0)
		return code;
	job->submit_us = record->event.time_us;
	job->expected_us = submit->expected_us;
	job->kind = submit->kind;
	return 0;
}

/* A new attempt of the job. */
static int attempt_add(struct past *past, int64_t allocation, int64_t job_id, int32_t attempt,
		       struct past_attempt **out, struct parc_err *err)
{
	struct past_job *job;
	int code = job_get(past, job_id, &job, err);
	int32_t at = code == 0 ? roll_add(&past->attempts, allocation, err) : code;

	if (at < 0)
		return at;
	*out = ROLL_AT(&past->attempts, struct past_attempt, at);
	**out = (struct past_attempt){.allocation = allocation,
				      .job = job_id,
				      .attempt = attempt,
				      .start_us = -1,
				      .started_us = -1,
				      .stop_us = -1,
				      .end_us = -1,
				      .kept_us = job->kept_us,
				      .first = -1,
				      .last = -1,
				      .before = job->last,
				      .pace.speed_milli = PARC_SHARE_WHOLE};
	job->last = at;
	return 0;
}

/* An attempt of which the journal has no start: it was there before. 1: nobody knows its job. */
static int attempt_inherit(struct past *past, struct store *store, int64_t allocation,
			   struct past_attempt **out, struct parc_err *err)
{
	struct store_attempt row;
	struct parc_job_info info;
	int code = store_attempt_find(store, allocation, &row, err);
	int64_t job = row.job;

	if (code != 1)
		return code < 0 ? code : 1;
	code = attempt_add(past, allocation, job, row.attempt, out, err);
	if (code != 0 || parc_job_info(past->base, job, &info) != 0 ||
	    info.allocation != allocation)
		return code;
	(*out)->was_there = 1;
	(*out)->start_us = past->begin_us;
	if (info.state != PARC_JOB_STARTING)
		(*out)->started_us = past->begin_us;
	if (info.state == PARC_JOB_STOPPING)
		(*out)->stop_us = past->begin_us;
	parc_job_pace(past->base, job, &(*out)->pace);
	return 0;
}

/* 1: nobody knows whose it is. */
static int attempt_get(struct past *past, struct store *store, int64_t allocation,
		       struct past_attempt **out, struct parc_err *err)
{
	*out = past_attempt(past, allocation);
	return *out == NULL ? attempt_inherit(past, store, allocation, out, err) : 0;
}

static int mark_add(struct past *past, struct past_attempt *attempt,
		    const struct store_record *record, struct parc_err *err)
{
	int32_t capacity = past->marks_capacity == 0 ? 4096 : 2 * past->marks_capacity;
	int32_t at = past->marks_count;

	if (at == past->marks_capacity) {
		struct past_mark *marks =
			capacity > INT32_MAX / 4
				? NULL
				: realloc(past->marks, (size_t)capacity * sizeof(*marks));

		if (marks == NULL)
			return parc_err_set(err, PARC_ERR_MEMORY,
					    "no memory for what was reported");
		past->marks = marks;
		past->marks_capacity = capacity;
	}
	past->marks[past->marks_count++] =
		(struct past_mark){.number = record->number,
				   .time_us = record->event.time_us,
				   .work_us = record->event.run.work_us,
				   .kind = record->event.kind,
				   .result = record->event.run.result,
				   .busy_milli = record->event.run.busy_milli,
				   .next = -1,
				   .is_after_stop = attempt->stop_us >= 0};
	if (attempt->first < 0)
		attempt->first = at;
	else
		past->marks[attempt->last].next = at;
	attempt->last = at;
	return 0;
}

/* It came to its own end: so much work the job was. */
static int length_note(struct past *past, const struct past_attempt *attempt, struct parc_err *err)
{
	struct past_job *job = past_job(past, attempt->job);
	struct past_mean *mean;
	int32_t at;

	job->work =
		(__int128)attempt->kept_us * PARC_SHARE_WHOLE + past_work(attempt, attempt->end_us);
	for (int64_t id = job->kind + 1; id > 0; id = id > 1 ? 1 : 0) {
		at = roll_find(&past->kinds, id);
		at = at < 0 ? roll_add(&past->kinds, id, err) : at;
		if (at < 0)
			return at;
		mean = ROLL_AT(&past->kinds, struct past_mean, at);
		mean->sum += job->work;
		mean->count++;
	}
	return 0;
}

static int run_note(struct past *past, struct store *store, const struct store_record *record,
		    struct parc_err *err)
{
	const struct parc_event *event = &record->event;
	struct past_attempt *it;
	int code = attempt_get(past, store, event->run.allocation, &it, err);

	if (code == 0)
		code = mark_add(past, it, record, err);
	if (code != 0)
		return code < 0 ? code : 0;
	switch (event->kind) {
	case PARC_EVENT_STARTED:
		if (it->started_us < 0)
			it->started_us = event->time_us;
		break;
	case PARC_EVENT_CHECKPOINT:
		past_job(past, it->job)->kept_us = event->run.work_us;
		break;
	case PARC_EVENT_STOPPED:
		it->end_us = event->time_us;
		break;
	case PARC_EVENT_ENDED:
		it->end_us = event->time_us;
		it->is_lost = event->run.result == PARC_RESULT_LOST && it->started_us >= 0;
		it->has_ended = event->run.result != PARC_RESULT_LOST;
		if (it->has_ended) {
			past_job(past, it->job)->result = event->run.result;
			code = length_note(past, it, err);
		}
		break;
	default:
		break;
	}
	return code;
}

static struct past_attempt *attempt_last(const struct past *past, int64_t job)
{
	const struct past_job *it = past_job(past, job);

	return it == NULL || it->last < 0 ? NULL
					  : ROLL_AT(&past->attempts, struct past_attempt, it->last);
}

static int action_note(struct past *past, struct store *store, const struct parc_core *core,
		       const struct parc_action *action, struct parc_err *err)
{
	struct past_attempt *it;
	int64_t time_us = past->end_us;
	int code;

	if (action->kind == PARC_ACTION_STOP) {
		code = attempt_get(past, store, action->stop.allocation, &it, err);
		if (code == 0 && it->stop_us < 0)
			it->stop_us = time_us;
		return code < 0 ? code : 0;
	}
	if (action->kind == PARC_ACTION_END || action->kind == PARC_ACTION_REQUEUE) {
		it = attempt_last(past, action->job);
		if (it != NULL && it->end_us < 0) /* it goes without a report */
			it->end_us = time_us;
	}
	if (action->kind != PARC_ACTION_START)
		return 0;
	code = attempt_add(past, action->start.allocation, action->job, action->start.attempt, &it,
			   err);
	if (code == 0) {
		it->start_us = time_us;
		parc_job_pace(core, action->job, &it->pace);
	}
	return code;
}

int past_note(struct past *past, struct store *store, const struct parc_core *core,
	      const struct store_record *record, struct parc_err *err)
{
	int code = 0;

	if (past->begin_us < 0)
		past->begin_us = record->event.time_us;
	past->end_us = record->event.time_us;
	if (record->event.kind == PARC_EVENT_SUBMIT)
		code = submit_note(past, record, err);
	else if (record->event.kind >= PARC_EVENT_STARTED)
		code = run_note(past, store, record, err);
	for (int32_t i = 0; i < record->actions.count && code == 0; i++)
		code = action_note(past, store, core, &record->actions.list[i], err);
	return code;
}

/* ---- Delays */

static int64_t ready_delay(const struct past *past, const struct past_attempt *attempt)
{
	for (int32_t m = attempt->first; m >= 0; m = past->marks[m].next)
		if (past->marks[m].kind == PARC_EVENT_READY && attempt->started_us >= 0)
			return past->marks[m].time_us - attempt->started_us;
	return -1;
}

/* Of one delay of each attempt, the median; 0 when none was measured. */
static int64_t delay_median(const struct past *past, int which, int64_t *values)
{
	int32_t count = 0;

	for (int32_t i = 0; i < past->attempts.count; i++) {
		const struct past_attempt *it = ROLL_AT(&past->attempts, struct past_attempt, i);
		int64_t delay_us = -1;

		if (which == 0 && it->started_us >= 0 && !it->was_there)
			delay_us = it->started_us - it->start_us;
		else if (which == 1)
			delay_us = ready_delay(past, it);
		else if (which == 2 && it->stop_us >= 0 && it->end_us >= 0 && !it->is_lost)
			delay_us = it->end_us - it->stop_us;
		if (delay_us >= 0)
			values[count++] = delay_us;
	}
	return stats_summarise(values, count).p50;
}

int past_finish(struct past *past, struct parc_err *err)
{
	int64_t *values = malloc(((size_t)past->attempts.count + 1) * sizeof(*values));

	if (values == NULL)
		return parc_err_set(err, PARC_ERR_MEMORY, "no memory for delays");
	past->start_delay_us = delay_median(past, 0, values);
	past->ready_delay_us = delay_median(past, 1, values);
	past->stop_delay_us = delay_median(past, 2, values);
	free(values);
	return 0;
}

__int128 past_length_guess(const struct past *past, const struct past_job *job)
{
	if (job != NULL && job->expected_us > 0)
		return (__int128)job->expected_us * PARC_SHARE_WHOLE;
	for (int64_t id = job == NULL ? 1 : job->kind + 1; id > 0; id = id > 1 ? 1 : 0) {
		int32_t at = roll_find(&past->kinds, id);

		if (at >= 0) {
			const struct past_mean *mean = ROLL_AT(&past->kinds, struct past_mean, at);

			return mean->sum / mean->count;
		}
	}
	return -1;
}
