/* SPDX-License-Identifier: Apache-2.0
 *
 * Pruning walks the jobs by number, a part at each call, so that it needs no index of ends that
 * every end would have to keep.
 */
#include "store/prune.h"

#include "store/sql.h"

#define PRUNE_PART 512 /* jobs in one statement */

/* The jobs of one call. */
struct part {
	int64_t jobs[PRUNE_PART]; /* to be dropped, by number */
	int32_t count, most, seen;
};

/* Look at the next jobs, move the cursor behind them, and note those that are to be dropped. */
static int part_read(struct part *part, struct store *store, struct store_pruning *pruning,
		     struct parc_err *err)
{
	sqlite3_stmt *row = sql_bind(store, SQL_PRUNE_LIST, err, "iw", pruning->cursor, part->most);
	int code = row == NULL ? PARC_ERR_IO : 1;

	while (code == 1) {
		code = sql_row(store, row, err);
		if (code != 1)
			break;
		part->seen++;
		pruning->cursor = sqlite3_column_int64(row, 0);
		if (sqlite3_column_int(row, 1) == PARC_JOB_ENDED &&
		    sqlite3_column_int64(row, 2) < pruning->before_us)
			part->jobs[part->count++] = pruning->cursor;
	}
	if (row != NULL)
		sqlite3_reset(row);
	return code < 0 ? code : 0;
}

/* All rows of one job, in the transaction that is open or a new one. */
static int rows_drop(struct store *store, int64_t job, struct parc_err *err)
{
	int code = store_begin(store, err);

	if (code == 0)
		code = sql_write(store, SQL_PRUNE_ATTEMPTS, err, "i", job);
	if (code == 0)
		code = sql_write(store, SQL_PRUNE_PROGRESS, err, "i", job);
	return code == 0 ? sql_write(store, SQL_PRUNE_JOB, err, "i", job) : code;
}

int store_job_prune(struct store *store, struct store_pruning *pruning, store_attempt_visit *visit,
		    void *context, struct parc_err *err)
{
	struct part part = {.most = pruning->most < PRUNE_PART ? pruning->most : PRUNE_PART};
	int64_t last = store_job_last(store);
	int code = part_read(&part, store, pruning, err);

	for (int32_t i = 0; i < part.count && code == 0; i++) {
		if (part.jobs[i] == last)
			continue;
		code = store_attempt_of_job(store, part.jobs[i], visit, context, err);
		if (code == 0)
			code = rows_drop(store, part.jobs[i], err);
	}
	if (code == 0 && part.seen < part.most)
		pruning->cursor = 0;
	return code;
}
