/* SPDX-License-Identifier: Apache-2.0
 *
 * The journal: appending a record, reading them in order. Actions can be large (a gang of 65,536
 * tasks), so their buffers grow to what was needed once.
 */
#include <stdlib.h>

#include "store/sql.h"

static int actions_room(struct store *store, size_t size, struct parc_err *err)
{
	uint8_t *bytes;

	if (size <= store->actions_size)
		return 0;
	if (size > STORE_ACTIONS_MAX)
		return parc_err_set(err, PARC_ERR_FULL, "actions of %zu bytes", size);
	bytes = realloc(store->actions_bytes, 2 * size);
	if (bytes == NULL)
		return parc_err_set(err, PARC_ERR_MEMORY, "no memory for actions of %zu bytes",
				    size);
	store->actions_bytes = bytes;
	store->actions_size = 2 * size;
	return 0;
}

static int64_t actions_put(struct store *store, const struct parc_actions *actions,
			   struct parc_err *err)
{
	int64_t size = parc_actions_encode(actions, store->actions_bytes, store->actions_size);

	if (size > (int64_t)store->actions_size) {
		if (actions_room(store, (size_t)size, err) != 0)
			return PARC_ERR_MEMORY;
		size = parc_actions_encode(actions, store->actions_bytes, store->actions_size);
	}
	return size;
}

int store_append(struct store *store, const struct parc_event *event,
		 const struct parc_actions *actions, uint64_t digest, struct parc_err *err)
{
	int64_t event_size = parc_event_encode(event, store->event_bytes, PARC_EVENT_BYTES_MAX);
	int64_t actions_size = actions_put(store, actions, err);
	int64_t number = store->last + 1;
	int code;

	if (event_size < 0 || event_size > PARC_EVENT_BYTES_MAX || actions_size < 0) {
		store->is_broken = 1;
		return parc_err_set(err, PARC_ERR_INVALID, "a %s event cannot be encoded",
				    parc_event_name(event->kind));
	}
	code = sql_write(store, SQL_JOURNAL_ADD, err, "iwbbi", number, STORE_RECORD_VERSION,
			 store->event_bytes, (size_t)event_size, store->actions_bytes,
			 (size_t)actions_size, (int64_t)digest);
	if (code != 0)
		return code;
	store->last = number;
	if (store->first == 0)
		store->first = number;
	return 0;
}

/* Room to decode actions of `size` bytes: a decoded action is at most a few times its bytes. */
static int scratch_room(struct store *store, size_t size, struct parc_err *err)
{
	size_t needed = PARC_EVENT_SCRATCH + 8 * size + 65536;
	uint8_t *bytes;

	if (needed <= store->scratch_size)
		return 0;
	bytes = realloc(store->scratch, needed);
	if (bytes == NULL)
		return parc_err_set(err, PARC_ERR_MEMORY, "no memory for a record of %zu bytes",
				    size);
	store->scratch = bytes;
	store->scratch_size = needed;
	return 0;
}

static int record_read(struct store *store, sqlite3_stmt *row, struct store_record *record,
		       struct parc_err *err)
{
	size_t event_size = (size_t)sqlite3_column_bytes(row, 2);
	size_t actions_size = (size_t)sqlite3_column_bytes(row, 3);
	struct parc_err why = {0};
	int64_t used;

	record->number = sqlite3_column_int64(row, 0);
	record->digest = (uint64_t)sqlite3_column_int64(row, 4);
	if (sqlite3_column_int(row, 1) != STORE_RECORD_VERSION)
		return parc_err_set(err, PARC_ERR_VERSION,
				    "record %lld of the journal has version %d; this parc reads %d",
				    (long long)record->number, sqlite3_column_int(row, 1),
				    STORE_RECORD_VERSION);
	if (scratch_room(store, actions_size, err) != 0)
		return PARC_ERR_MEMORY;
	used = parc_event_decode(&record->event, store->scratch, PARC_EVENT_SCRATCH,
				 sqlite3_column_blob(row, 2), event_size, &why);
	if (used == (int64_t)event_size)
		used = parc_actions_decode(&record->actions, store->scratch + PARC_EVENT_SCRATCH,
					   store->scratch_size - PARC_EVENT_SCRATCH,
					   sqlite3_column_blob(row, 3), actions_size, &why) -
		       (int64_t)actions_size;
	else
		used = -1;
	if (used == 0)
		return 0;
	return parc_err_set(err, PARC_ERR_CORRUPT, "record %lld of the journal: %s",
			    (long long)record->number,
			    why.code != 0 ? why.text : "it has bytes too many");
}

int store_scan(struct store *store, int64_t from, store_visit *visit, void *context,
	       struct parc_err *err)
{
	sqlite3_stmt *row = sql_bind(store, SQL_JOURNAL_SCAN, err, "i", from);
	struct store_record record;
	int64_t expected = from;
	int code = row == NULL ? PARC_ERR_IO : 1;

	while (code == 1) {
		code = sql_row(store, row, err);
		if (code != 1)
			break;
		code = record_read(store, row, &record, err);
		if (code == 0 && record.number != expected)
			code = parc_err_set(err, PARC_ERR_CORRUPT,
					    "record %lld of the journal is missing",
					    (long long)expected);
		if (code == 0)
			code = visit(context, &record, err);
		expected++;
		code = code == 0 ? 1 : code;
	}
	if (row != NULL)
		sqlite3_reset(row);
	if (code == 0 && expected <= store->last)
		return parc_err_set(err, PARC_ERR_CORRUPT,
				    "the journal ends at record %lld, not "
				    "%lld",
				    (long long)expected - 1, (long long)store->last);
	return code;
}

int64_t store_drop(struct store *store, int64_t before, int64_t count, struct parc_err *err)
{
	int64_t end = store->first + count < before ? store->first + count : before;
	int64_t dropped = end - store->first;

	if (store->first == 0 || dropped <= 0)
		return 0;
	if (sql_write(store, SQL_JOURNAL_DROP, err, "ii", end, before) != 0)
		return PARC_ERR_IO;
	store->first = end;
	return dropped;
}
