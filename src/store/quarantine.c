/* SPDX-License-Identifier: Apache-2.0
 *
 * Events put aside are rows: the encoded event, when it came and why it was not stepped. One that
 * can't be encoded, or read again, is kept without the event.
 */
#include "store/quarantine.h"

#include "store/sql.h"

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
