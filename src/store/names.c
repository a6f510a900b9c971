/* SPDX-License-Identifier: Apache-2.0
 *
 * Names, idempotency keys, tokens.
 */
#include <string.h>

#include "store/rows.h"
#include "store/sql.h"

int store_name_add(struct store *store, int32_t kind, const char *name, const char *text,
		   int64_t *number, struct parc_err *err)
{
	const char *unused;
	int code = sql_write(store, SQL_NAME_ADD, err, "wss", kind, name, text);

	if (code == 0)
		code = store_name_find(store, kind, name, number, &unused, err);
	return code < 0 ? code : 0;
}

int store_name_find(struct store *store, int32_t kind, const char *name, int64_t *number,
		    const char **text, struct parc_err *err)
{
	sqlite3_stmt *row = sql_bind(store, SQL_NAME_FIND, err, "ws", kind, name);
	int code = row == NULL ? PARC_ERR_IO : sql_row(store, row, err);

	if (code == 1) {
		*number = sqlite3_column_int64(row, 0);
		*text = sql_text(row, 1);
	}
	return code;
}

int store_name_of(struct store *store, int32_t kind, int64_t number, const char **name,
		  const char **text, struct parc_err *err)
{
	sqlite3_stmt *row = sql_bind(store, SQL_NAME_OF, err, "wi", kind, number);
	int code = row == NULL ? PARC_ERR_IO : sql_row(store, row, err);

	if (code == 1) {
		*name = sql_text(row, 0);
		*text = sql_text(row, 1);
	}
	return code;
}

int store_name_list(struct store *store, int32_t kind, store_name_visit *visit, void *context,
		    struct parc_err *err)
{
	sqlite3_stmt *row = sql_bind(store, SQL_NAME_LIST, err, "w", kind);
	int code = row == NULL ? PARC_ERR_IO : 1;

	while (code == 1) {
		code = sql_row(store, row, err);
		if (code != 1)
			break;
		code = visit(context, sqlite3_column_int64(row, 0), sql_text(row, 1),
			     sql_text(row, 2));
		code = code == 0 ? 1 : code;
	}
	if (row != NULL)
		sqlite3_reset(row);
	return code;
}

int store_key_add(struct store *store, const struct store_key *key, struct parc_err *err)
{
	return sql_write(store, SQL_KEY_ADD, err, "ssbii", key->caller, key->key, key->hash,
			 (size_t)STORE_HASH_BYTES, key->job, key->created_us);
}

/* A hash of another size than ours was not written by us: it equals none. */
static void hash_read(sqlite3_stmt *row, int column, uint8_t hash[STORE_HASH_BYTES])
{
	memset(hash, 0, STORE_HASH_BYTES);
	if (sqlite3_column_bytes(row, column) == STORE_HASH_BYTES)
		memcpy(hash, sqlite3_column_blob(row, column), STORE_HASH_BYTES);
}

int store_key_find(struct store *store, const char *caller, const char *key,
		   uint8_t hash[STORE_HASH_BYTES], int64_t *job, struct parc_err *err)
{
	sqlite3_stmt *row = sql_bind(store, SQL_KEY_FIND, err, "ss", caller, key);
	int code = row == NULL ? PARC_ERR_IO : sql_row(store, row, err);

	if (code == 1) {
		hash_read(row, 0, hash);
		*job = sqlite3_column_int64(row, 1);
	}
	return code;
}

int store_key_expire(struct store *store, int64_t before_us, struct parc_err *err)
{
	return sql_write(store, SQL_KEY_EXPIRE, err, "i", before_us);
}

static void token_read(sqlite3_stmt *row, struct store_token *token)
{
	memset(token, 0, sizeof(*token));
	hash_read(row, 0, token->hash);
	token->number = sqlite3_column_int64(row, 1);
	token->tenant = sqlite3_column_int64(row, 2);
	token->created_us = sqlite3_column_int64(row, 3);
	token->expires_us = sqlite3_column_int64(row, 4);
	token->revoked_us = sqlite3_column_int64(row, 5);
	token->uid = (uint32_t)sqlite3_column_int64(row, 6);
	token->role = sqlite3_column_int(row, 7);
	token->user = sql_text(row, 8);
	token->note = sql_text(row, 9);
}

int store_token_add(struct store *store, const struct store_token *token, int64_t *number,
		    struct parc_err *err)
{
	struct store_token added;
	int code = sql_write(store, SQL_TOKEN_ADD, err, "biiiiwss", token->hash,
			     (size_t)STORE_HASH_BYTES, token->tenant, token->created_us,
			     token->expires_us, (int64_t)token->uid, token->role, token->user,
			     token->note);

	if (code == 0)
		code = store_token_find(store, token->hash, &added, err);
	if (code == 1)
		*number = added.number;
	return code < 0 ? code : 0;
}

int store_token_find(struct store *store, const uint8_t hash[STORE_HASH_BYTES],
		     struct store_token *token, struct parc_err *err)
{
	sqlite3_stmt *row =
		sql_bind(store, SQL_TOKEN_FIND, err, "b", hash, (size_t)STORE_HASH_BYTES);
	int code = row == NULL ? PARC_ERR_IO : sql_row(store, row, err);

	if (code == 1)
		token_read(row, token);
	return code;
}

int store_token_revoke(struct store *store, int64_t number, int64_t now_us, struct parc_err *err)
{
	int code = sql_write(store, SQL_TOKEN_REVOKE, err, "ii", number, now_us);

	if (code == 0 && sqlite3_changes(store->database) == 0)
		return parc_err_set(err, PARC_ERR_UNKNOWN, "there is no valid token %lld",
				    (long long)number);
	return code;
}

int store_token_list(struct store *store, store_token_visit *visit, void *context,
		     struct parc_err *err)
{
	sqlite3_stmt *row = sql_bind(store, SQL_TOKEN_LIST, err, "");
	struct store_token token;
	int code = row == NULL ? PARC_ERR_IO : 1;

	while (code == 1) {
		code = sql_row(store, row, err);
		if (code != 1)
			break;
		token_read(row, &token);
		code = visit(context, &token);
		code = code == 0 ? 1 : code;
	}
	if (row != NULL)
		sqlite3_reset(row);
	return code;
}
