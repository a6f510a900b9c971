/* SPDX-License-Identifier: Apache-2.0
 *
 * Notices that are still to be told. The table is empty but for moments.
 */
#include "store/notices.h"

#include "store/sql.h"

int store_notice_add(struct store *store, const struct store_notice *notice, int64_t *number,
		     struct parc_err *err)
{
	int code = sql_write(store, SQL_NOTICE_ADD, err, "iiis", notice->job, notice->allocation,
			     (int64_t)notice->attempt, notice->line);

	*number = code == 0 ? sqlite3_last_insert_rowid(store->database) : 0;
	return code;
}

int store_notice_next(struct store *store, int64_t after, struct store_notice *notice,
		      struct parc_err *err)
{
	sqlite3_stmt *row = sql_bind(store, SQL_NOTICE_NEXT, err, "i", after);
	int code = row == NULL ? PARC_ERR_IO : sql_row(store, row, err);

	if (code == 1)
		*notice = (struct store_notice){
			.number = sqlite3_column_int64(row, 0),
			.job = sqlite3_column_int64(row, 1),
			.allocation = sqlite3_column_int64(row, 2),
			.attempt = sqlite3_column_int(row, 3),
			.line = sql_text(row, 4),
		};
	return code;
}

int store_notice_drop(struct store *store, int64_t number, struct parc_err *err)
{
	return sql_write(store, SQL_NOTICE_DROP, err, "i", number);
}
