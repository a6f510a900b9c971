/* SPDX-License-Identifier: Apache-2.0
 *
 * Running prepared statements. A failed writer leaves the store broken: what of the transaction
 * would be left is unknown, and nothing of it may be committed.
 */
#include "store/sql.h"

#include <stdarg.h>

static const char *const texts[] = {
#define X(name, text) text,
	SQL_STATEMENTS(X)
#undef X
};

int sql_fail(struct store *store, const char *what, struct parc_err *err)
{
	const char *advice = "";

	switch (sqlite3_errcode(store->database)) {
	case SQLITE_FULL:
		advice = "; make room on the file system";
		break;
	case SQLITE_CORRUPT:
	case SQLITE_NOTADB:
		advice = "; the file is damaged: put back a copy of the whole folder, or save what "
			 "'sqlite3 parc.db .recover' can read and name another folder";
		break;
	default:
		break;
	}
	return parc_err_set(err, PARC_ERR_IO, "%s/%s: %s: %s%s", store->directory, STORE_DATABASE,
			    what, sqlite3_errmsg(store->database), advice);
}

static int bind_one(sqlite3_stmt *statement, int at, char type, va_list *args)
{
	const void *bytes;

	switch (type) {
	case 'i':
		return sqlite3_bind_int64(statement, at, va_arg(*args, int64_t));
	case 'w':
		return sqlite3_bind_int(statement, at, va_arg(*args, int));
	case 's':
		return sqlite3_bind_text(statement, at, va_arg(*args, const char *), -1,
					 SQLITE_STATIC);
	case 'b':
		bytes = va_arg(*args, const void *);
		return sqlite3_bind_blob64(statement, at, bytes, va_arg(*args, size_t),
					   SQLITE_STATIC);
	default:
		return sqlite3_bind_null(statement, at);
	}
}

static sqlite3_stmt *bind_all(struct store *store, int which, struct parc_err *err,
			      const char *types, va_list *args)
{
	sqlite3_stmt **statement = &store->statements[which];
	int code = SQLITE_OK;

	if (*statement == NULL)
		code = sqlite3_prepare_v3(store->database, texts[which], -1,
					  SQLITE_PREPARE_PERSISTENT, statement, NULL);
	else
		sqlite3_reset(*statement);
	for (int i = 0; code == SQLITE_OK && types[i] != '\0'; i++)
		code = bind_one(*statement, i + 1, types[i], args);
	if (code == SQLITE_OK)
		return *statement;
	sql_fail(store, "a statement cannot be prepared", err);
	return NULL;
}

sqlite3_stmt *sql_bind(struct store *store, int which, struct parc_err *err, const char *types, ...)
{
	sqlite3_stmt *statement;
	va_list args;

	va_start(args, types);
	statement = bind_all(store, which, err, types, &args);
	va_end(args);
	return statement;
}

int sql_row(struct store *store, sqlite3_stmt *statement, struct parc_err *err)
{
	int code = sqlite3_step(statement);

	if (code == SQLITE_ROW)
		return 1;
	if (code != SQLITE_DONE)
		sql_fail(store, "reading failed", err);
	sqlite3_reset(statement);
	return code == SQLITE_DONE ? 0 : PARC_ERR_IO;
}

int sql_write(struct store *store, int which, struct parc_err *err, const char *types, ...)
{
	sqlite3_stmt *statement;
	va_list args;
	int done;

	if (store->is_broken)
		return parc_err_set(err, PARC_ERR_STATE, "the store failed before; restart");
	va_start(args, types);
	statement = bind_all(store, which, err, types, &args);
	va_end(args);
	done = statement != NULL && sqlite3_step(statement) == SQLITE_DONE;
	if (!done) {
		store->is_broken = 1;
		sql_fail(store, "writing failed", err);
	}
	if (statement != NULL)
		sqlite3_reset(statement);
	return done ? 0 : PARC_ERR_IO;
}

int sql_exec(struct store *store, const char *text, struct parc_err *err)
{
	if (sqlite3_exec(store->database, text, NULL, NULL, NULL) == SQLITE_OK)
		return 0;
	return sql_fail(store, "a statement failed", err);
}

int64_t sql_number(struct store *store, int which, int64_t missing)
{
	sqlite3_stmt *statement = sql_bind(store, which, NULL, "");
	int64_t number = missing;

	if (statement != NULL && sql_row(store, statement, NULL) == 1)
		number = sqlite3_column_int64(statement, 0);
	if (statement != NULL)
		sqlite3_reset(statement);
	return number;
}

const char *sql_text(sqlite3_stmt *statement, int column)
{
	const char *text = (const char *)sqlite3_column_text(statement, column);

	return text == NULL ? "" : text;
}
