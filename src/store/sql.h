/* SPDX-License-Identifier: Apache-2.0
 *
 * What the parts of the store share: the open database, its prepared statements (one table of
 * them in statements.h), and short forms for running one.
 */
#ifndef STORE_SQL_H
#define STORE_SQL_H

#include <sqlite3.h>

#include "store/statements.h"
#include "store/store.h"

#define X(name, text) SQL_##name,
enum sql_statement { SQL_STATEMENTS(X) SQL_COUNT };
#undef X

struct store {
	char directory[STORE_PATH_MAX];
	sqlite3 *database;
	sqlite3_stmt *statements[SQL_COUNT]; /* prepared when first used */
	int lock;			     /* open file, -1: none */
	int room[2];			     /* the database and its log, for store_reserve; -1 */
	int is_open, is_broken, read_only;
	int64_t first, last; /* of the journal; last: with what is not committed */
	struct parc_limits limits;
	uint64_t seed;
	uint8_t *event_bytes, *actions_bytes, *scratch;
	size_t actions_size, scratch_size;
};

/* The statement, reset and with its values bound: i int64_t, w int32_t, s text or NULL, b blob
 * (const void *, size_t). NULL on failure, with err set. */
sqlite3_stmt *sql_bind(struct store *store, int statement, struct parc_err *err, const char *types,
		       ...);

/* One step of a reader: 1 a row, 0 the end, or a negative code. Resets at the end. */
int sql_row(struct store *store, sqlite3_stmt *statement, struct parc_err *err);

/* Bind and run a writer; the store is broken when it fails. */
int sql_write(struct store *store, int statement, struct parc_err *err, const char *types, ...);

/* Run statements without a result. */
int sql_exec(struct store *store, const char *text, struct parc_err *err);

/* The first number of the first row, `missing` when there is no row or it fails. */
int64_t sql_number(struct store *store, int statement, int64_t missing);

/* Set the error from SQLite's; returns its code. */
int sql_fail(struct store *store, const char *what, struct parc_err *err);

const char *sql_text(sqlite3_stmt *statement, int column); /* "" for NULL */

/* Make or migrate the tables. */
int schema_ready(struct store *store, struct parc_err *err);

/* Read the limits of the core, or keep those of the options in a new folder. */
int settings_ready(struct store *store, const struct store_options *options, struct parc_err *err);

#endif
