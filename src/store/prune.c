/* SPDX-License-Identifier: Apache-2.0
 *
 * Rows that are no longer wanted, and those that were put aside. Pruning walks the jobs by number,
 * a part at each call, so that it needs no index of ends that every end would have to keep.
 */
#include "store/quarantine.h"
#include "store/rows.h"

#include "store/sql.h"

#define PRUNE_PART 512 /* jobs in one statement */

/* Numbers of jobs to be dropped, out of the next `max`; how many were looked at, or a code. */
static int prune_list(struct store *store, int64_t *cursor, int32_t max, int64_t before_us,
		      int64_t *jobs, int32_t *count, struct parc_err *err)
{
	sqlite3_stmt *row = sql_bind(store, SQL_PRUNE_LIST, err, "iw", *cursor, max);
	int seen = 0, code = row == NULL ? PARC_ERR_IO : 1;

	*count = 0;
	while (code == 1) {
		code = sql_row(store, row, err);
		if (code != 1)
			break;
		seen++;
		*cursor = sqlite3_column_int64(row, 0);
		if (sqlite3_column_int(row, 1) == PARC_JOB_ENDED &&
		    sqlite3_column_int64(row, 2) < before_us)
			jobs[(*count)++] = *cursor;
	}
	if (row != NULL)
		sqlite3_reset(row);
	return code < 0 ? code : seen;
}

int store_job_prune(struct store *store, int64_t *cursor, int32_t max, int64_t before_us,
		    store_attempt_visit *visit, void *context, struct parc_err *err)
{
	int64_t jobs[PRUNE_PART], last = store_job_last(store);
	int32_t count, limit = max < PRUNE_PART ? max : PRUNE_PART;
	int seen = prune_list(store, cursor, limit, before_us, jobs, &count, err);
	int code = seen < 0 ? seen : 0;

	for (int32_t i = 0; i < count && code == 0; i++) {
		if (jobs[i] == last)
			continue;
		code = store_attempt_of_job(store, jobs[i], visit, context, err);
		if (code == 0)
			code = store_begin(store, err);
		if (code == 0)
			code = sql_write(store, SQL_PRUNE_ATTEMPTS, err, "i", jobs[i]);
		if (code == 0)
			code = sql_write(store, SQL_PRUNE_PROGRESS, err, "i", jobs[i]);
		if (code == 0)
			code = sql_write(store, SQL_PRUNE_JOB, err, "i", jobs[i]);
	}
	if (code == 0 && seen < limit)
		*cursor = 0;
	return code;
}

int store_quarantine_add(struct store *store, int64_t now_us, const struct parc_event *event,
			 const char *why, struct parc_err *err)
{
	int64_t size = parc_event_encode(event, store->event_bytes, PARC_EVENT_BYTES_MAX);

	if (size < 0 || size > PARC_EVENT_BYTES_MAX)
		size = 0;
	return sql_write(store, SQL_QUARANTINE_ADD, err, "ibs", now_us, store->event_bytes,
			 (size_t)size, why);
}

int64_t store_quarantine_count(struct store *store)
{
	return sql_number(store, SQL_QUARANTINE_COUNT, 0);
}

int store_quarantine_list(struct store *store, store_quarantine_visit *visit, void *context,
			  struct parc_err *err)
{
	sqlite3_stmt *row = sql_bind(store, SQL_QUARANTINE_LIST, err, "");
	int code = row == NULL ? PARC_ERR_IO : 1;

	while (code == 1) {
		struct store_quarantined it = {0};
		struct parc_event event;
		int64_t used;

		code = sql_row(store, row, err);
		if (code != 1)
			break;
		used = parc_event_decode(&event, store->scratch, PARC_EVENT_SCRATCH,
					 sqlite3_column_blob(row, 2),
					 (size_t)sqlite3_column_bytes(row, 2), NULL);
		it.number = sqlite3_column_int64(row, 0);
		it.created_us = sqlite3_column_int64(row, 1);
		it.event = used > 0 ? &event : NULL;
		it.why = sql_text(row, 3);
		code = visit(context, &it);
		code = code == 0 ? 1 : code;
	}
	if (row != NULL)
		sqlite3_reset(row);
	return code;
}
