/* SPDX-License-Identifier: Apache-2.0
 *
 * A mark's ledger is one blob: capacity and categories by number, 16 bytes each, little endian.
 * More categories of a later version stand behind them; those that are missing are 0.
 */
#include "store/marks.h"

#include <string.h>

#include "store/sql.h"

#define AMOUNT_BYTES 16
#define MARK_BYTES   ((PARC_LEDGER_COUNT + 1) * AMOUNT_BYTES)

static void amount_put(uint8_t *bytes, __int128 amount)
{
	for (int i = 0; i < AMOUNT_BYTES; i++)
		bytes[i] = (uint8_t)((unsigned __int128)amount >> (8 * i));
}

static __int128 amount_get(const uint8_t *bytes)
{
	unsigned __int128 amount = 0;

	for (int i = 0; i < AMOUNT_BYTES; i++)
		amount |= (unsigned __int128)bytes[i] << (8 * i);
	return (__int128)amount;
}

int store_mark_add(struct store *store, const struct store_mark *mark, struct parc_err *err)
{
	uint8_t bytes[MARK_BYTES];

	amount_put(bytes, mark->capacity);
	for (int i = 0; i < PARC_LEDGER_COUNT; i++)
		amount_put(bytes + (i + 1) * AMOUNT_BYTES, mark->ledger[i]);
	return sql_write(store, SQL_MARK_ADD, err, "ib", mark->time_us, bytes, sizeof(bytes));
}

int store_mark_add_tenant(struct store *store, int64_t time_us, int64_t tenant,
			  const struct store_usage *usage, struct parc_err *err)
{
	uint8_t bytes[2 * AMOUNT_BYTES];

	amount_put(bytes, usage->held);
	amount_put(bytes + AMOUNT_BYTES, usage->normal);
	return sql_write(store, SQL_MARK_ADD_TENANT, err, "iib", tenant, time_us, bytes,
			 sizeof(bytes));
}

int store_mark_find(struct store *store, int64_t time_us, int after, struct store_mark *mark,
		    struct parc_err *err)
{
	sqlite3_stmt *row =
		sql_bind(store, after ? SQL_MARK_AFTER : SQL_MARK_BEFORE, err, "i", time_us);
	int code = row == NULL ? PARC_ERR_IO : sql_row(store, row, err);
	uint8_t bytes[MARK_BYTES] = {0};
	size_t size;

	if (code == 1) {
		size = (size_t)sqlite3_column_bytes(row, 1);
		if (size > 0)
			memcpy(bytes, sqlite3_column_blob(row, 1),
			       size < sizeof(bytes) ? size : sizeof(bytes));
		mark->time_us = sqlite3_column_int64(row, 0);
		mark->capacity = amount_get(bytes);
		for (int i = 0; i < PARC_LEDGER_COUNT; i++)
			mark->ledger[i] = amount_get(bytes + (i + 1) * AMOUNT_BYTES);
	}
	if (row != NULL)
		sqlite3_reset(row);
	return code;
}

int store_mark_tenant(struct store *store, int64_t time_us, int64_t tenant,
		      struct store_usage *usage, struct parc_err *err)
{
	sqlite3_stmt *row = sql_bind(store, SQL_MARK_TENANT, err, "ii", tenant, time_us);
	int code = row == NULL ? PARC_ERR_IO : sql_row(store, row, err);

	*usage = (struct store_usage){0};
	if (code == 1 && sqlite3_column_bytes(row, 0) == 2 * AMOUNT_BYTES) {
		usage->held = amount_get(sqlite3_column_blob(row, 0));
		usage->normal =
			amount_get((const uint8_t *)sqlite3_column_blob(row, 0) + AMOUNT_BYTES);
	}
	if (row != NULL)
		sqlite3_reset(row);
	return code < 0 ? code : 0;
}

int store_mark_thin(struct store *store, int64_t from_us, int64_t to_us, int64_t grain_us,
		    struct parc_err *err)
{
	int code = sql_write(store, SQL_MARK_THIN, err, "iii", from_us, to_us, grain_us);

	return code == 0 ? sql_write(store, SQL_MARK_THIN_TENANTS, err, "iii", from_us, to_us,
				     grain_us)
			 : code;
}
