/* SPDX-License-Identifier: Apache-2.0
 *
 * Jobs and attempts. Each function is one statement on a primary key, but the lists, which are
 * bounded by their caller.
 */
#include "store/rows.h"

#include "store/sql.h"

int store_job_add(struct store *store, const struct store_job *job, struct parc_err *err)
{
	return sql_write(store, SQL_JOB_ADD, err, "iiiisssi", job->job, job->tenant,
			 (int64_t)job->uid, (int64_t)job->gid, job->user, job->name, job->spec,
			 job->submit_us);
}

int store_job_start(struct store *store, int64_t job, const struct store_attempt *attempt,
		    struct parc_err *err)
{
	int code = sql_write(store, SQL_JOB_START, err, "iiiw", job, attempt->start_us,
			     attempt->allocation, attempt->attempt);

	if (code == 0)
		code = sql_write(store, SQL_ATTEMPT_ADD, err, "iiwiib", attempt->allocation, job,
				 attempt->attempt, attempt->start_us, attempt->held_milli,
				 attempt->action, attempt->action_size);
	return code;
}

int store_job_state(struct store *store, int64_t job, int32_t state, struct parc_err *err)
{
	return sql_write(store, SQL_JOB_STATE, err, "iw", job, state);
}

int store_job_end(struct store *store, int64_t job, int32_t result, int32_t reason, int64_t end_us,
		  struct parc_err *err)
{
	return sql_write(store, SQL_JOB_END, err, "iwwi", job, result, reason, end_us);
}

int64_t store_held_milli(const struct parc_action *start)
{
	int64_t held = 0;

	for (int32_t i = 0; i < start->start.count; i++) {
		const struct parc_placement *it = &start->start.placements[i];

		held += it->devices == 0
				? it->cpu_milli
				: (int64_t)__builtin_popcount(it->devices) * it->share_milli;
	}
	return held;
}

static void job_read(sqlite3_stmt *row, struct store_job *job)
{
	*job = (struct store_job){
		.job = sqlite3_column_int64(row, 0),
		.tenant = sqlite3_column_int64(row, 1),
		.uid = (uint32_t)sqlite3_column_int64(row, 2),
		.gid = (uint32_t)sqlite3_column_int64(row, 3),
		.user = sql_text(row, 4),
		.name = sql_text(row, 5),
		.spec = sql_text(row, 6),
		.submit_us = sqlite3_column_int64(row, 7),
		.start_us = sqlite3_column_int64(row, 8),
		.end_us = sqlite3_column_int64(row, 9),
		.allocation = sqlite3_column_int64(row, 10),
		.state = sqlite3_column_int(row, 11),
		.result = sqlite3_column_int(row, 12),
		.attempts = sqlite3_column_int(row, 13),
		.exit_code = sqlite3_column_int(row, 14),
		.signal = sqlite3_column_int(row, 15),
		.reason = sqlite3_column_int(row, 16),
		.detail = sql_text(row, 17),
	};
}

int store_job_find(struct store *store, int64_t job, struct store_job *out, struct parc_err *err)
{
	sqlite3_stmt *row = sql_bind(store, SQL_JOB_FIND, err, "i", job);
	int code = row == NULL ? PARC_ERR_IO : sql_row(store, row, err);

	if (code == 1)
		job_read(row, out);
	return code;
}

int store_job_detail(struct store *store, int64_t job, const char *detail, struct parc_err *err)
{
	return sql_write(store, SQL_JOB_DETAIL, err, "is", job, detail);
}

int store_attempt_held(struct store *store, int64_t allocation, int64_t held_milli,
		       struct parc_err *err)
{
	return sql_write(store, SQL_ATTEMPT_HELD, err, "ii", allocation, held_milli);
}

static int job_count(struct store *store, int statement, int64_t of, int64_t *count,
		     struct parc_err *err)
{
	sqlite3_stmt *row = sql_bind(store, statement, err, "i", of);
	int code = row == NULL ? PARC_ERR_IO : sql_row(store, row, err);

	if (code != 1)
		return code;
	*count = sqlite3_column_int64(row, 0);
	sqlite3_reset(row);
	return 0;
}

int store_job_before(struct store *store, int64_t job, int64_t *count, struct parc_err *err)
{
	return job_count(store, SQL_JOB_BEFORE, job, count, err);
}

int store_job_running(struct store *store, int64_t tenant, int64_t *count, struct parc_err *err)
{
	return job_count(store, SQL_JOB_RUNNING, tenant, count, err);
}

int store_job_range(struct store *store, int64_t first, int64_t count, int64_t *live,
		    int64_t *failed, struct parc_err *err)
{
	sqlite3_stmt *row =
		sql_bind(store, SQL_JOB_RANGE, err, "iiw", first, first + count, PARC_RESULT_OK);
	int code = row == NULL ? PARC_ERR_IO : sql_row(store, row, err);

	if (code != 1)
		return code;
	*live = sqlite3_column_int64(row, 0);
	*failed = sqlite3_column_int64(row, 1);
	sqlite3_reset(row);
	return 0;
}

int64_t store_job_last(struct store *store)
{
	return sql_number(store, SQL_JOB_LAST, 0);
}

int store_job_list(struct store *store, const struct store_job_filter *filter, int32_t max,
		   store_job_visit *visit, void *context, struct parc_err *err)
{
	int statement = filter->live	      ? SQL_JOB_LIVE
			: filter->tenant != 0 ? SQL_JOB_LIST_TENANT
					      : SQL_JOB_LIST;
	int64_t after = filter->after != 0 || filter->live ? filter->after : INT64_MAX;
	sqlite3_stmt *row =
		sql_bind(store, statement, err, "iiiw", after, filter->tenant, filter->uid, max);
	struct store_job job;
	int count = 0, code = row == NULL ? PARC_ERR_IO : 1, stop = 0;

	while (code == 1 && !stop) {
		code = sql_row(store, row, err);
		if (code != 1)
			break;
		job_read(row, &job);
		stop = visit(context, &job);
		count++;
	}
	if (row != NULL)
		sqlite3_reset(row);
	return code < 0 ? code : count;
}

int store_attempt_started(struct store *store, int64_t allocation, int64_t started_us,
			  struct parc_err *err)
{
	return sql_write(store, SQL_ATTEMPT_STARTED, err, "ii", allocation, started_us);
}

int store_attempt_stop(struct store *store, int64_t allocation, int32_t why, struct parc_err *err)
{
	return sql_write(store, SQL_ATTEMPT_STOP, err, "iw", allocation, why);
}

int store_attempt_end(struct store *store, const struct store_attempt *end, const char *detail,
		      struct parc_err *err)
{
	int code = sql_write(store, SQL_ATTEMPT_END, err, "iwiiiiiww", end->allocation, end->result,
			     end->end_us, end->wall_us, end->cpu_us, end->memory_peak_mib,
			     end->busy_us, end->exit_code, end->signal);

	if (code == 0)
		code = sql_write(store, SQL_JOB_EXIT, err, "iwws", end->job, end->exit_code,
				 end->signal, detail);
	return code;
}

static void attempt_read(sqlite3_stmt *row, struct store_attempt *attempt)
{
	*attempt = (struct store_attempt){
		.allocation = sqlite3_column_int64(row, 0),
		.job = sqlite3_column_int64(row, 1),
		.attempt = sqlite3_column_int(row, 2),
		.result = sqlite3_column_int(row, 3),
		.start_us = sqlite3_column_int64(row, 4),
		.started_us = sqlite3_column_int64(row, 5),
		.end_us = sqlite3_column_int64(row, 6),
		.held_milli = sqlite3_column_int64(row, 7),
		.wall_us = sqlite3_column_int64(row, 8),
		.cpu_us = sqlite3_column_int64(row, 9),
		.memory_peak_mib = sqlite3_column_int64(row, 10),
		.busy_us = sqlite3_column_int64(row, 11),
		.exit_code = sqlite3_column_int(row, 12),
		.signal = sqlite3_column_int(row, 13),
		.action = sqlite3_column_blob(row, 14),
		.action_size = (size_t)sqlite3_column_bytes(row, 14),
	};
}

int store_attempt_find(struct store *store, int64_t allocation, struct store_attempt *out,
		       struct parc_err *err)
{
	sqlite3_stmt *row = sql_bind(store, SQL_ATTEMPT_FIND, err, "i", allocation);
	int code = row == NULL ? PARC_ERR_IO : sql_row(store, row, err);

	if (code == 1)
		attempt_read(row, out);
	return code;
}

static int attempt_list(struct store *store, sqlite3_stmt *row, store_attempt_visit *visit,
			void *context, struct parc_err *err)
{
	struct store_attempt attempt;
	int code = row == NULL ? PARC_ERR_IO : 1;

	while (code == 1) {
		code = sql_row(store, row, err);
		if (code != 1)
			break;
		attempt_read(row, &attempt);
		code = visit(context, &attempt);
		code = code == 0 ? 1 : code;
	}
	if (row != NULL)
		sqlite3_reset(row);
	return code;
}

int store_attempt_live(struct store *store, store_attempt_visit *visit, void *context,
		       struct parc_err *err)
{
	return attempt_list(store, sql_bind(store, SQL_ATTEMPT_LIVE, err, ""), visit, context, err);
}

int store_attempt_of_job(struct store *store, int64_t job, store_attempt_visit *visit,
			 void *context, struct parc_err *err)
{
	return attempt_list(store, sql_bind(store, SQL_ATTEMPT_OF_JOB, err, "i", job), visit,
			    context, err);
}

int store_progress_set(struct store *store, const struct store_progress *it, struct parc_err *err)
{
	return sql_write(store, SQL_PROGRESS_SET, err, "iiiiiiiiiiiii", it->job, it->allocation,
			 it->expected_us, it->progress_us, it->now.done, it->now.total,
			 it->checkpoint_us, it->kept.done, it->kept.total, it->kept.work_us,
			 it->begin.done, it->begin.total, it->begin.work_us);
}

int store_progress_find(struct store *store, int64_t job, struct store_progress *progress,
			struct parc_err *err)
{
	sqlite3_stmt *row = sql_bind(store, SQL_PROGRESS_FIND, err, "i", job);
	int code = row == NULL ? PARC_ERR_IO : sql_row(store, row, err);

	if (code != 1)
		return code;
	*progress = (struct store_progress){
		.job = sqlite3_column_int64(row, 0),
		.allocation = sqlite3_column_int64(row, 1),
		.expected_us = sqlite3_column_int64(row, 2),
		.progress_us = sqlite3_column_int64(row, 3),
		.now = {sqlite3_column_int64(row, 4), sqlite3_column_int64(row, 5), 0},
		.checkpoint_us = sqlite3_column_int64(row, 6),
		.kept = {sqlite3_column_int64(row, 7), sqlite3_column_int64(row, 8),
			 sqlite3_column_int64(row, 9)},
		.begin = {sqlite3_column_int64(row, 10), sqlite3_column_int64(row, 11),
			  sqlite3_column_int64(row, 12)},
	};
	return 1;
}
