/* SPDX-License-Identifier: Apache-2.0
 *
 * The folder: made, locked, opened; and transactions. The lock is a record lock on the file
 * `lock`, which the system drops when the process dies and which no child inherits.
 */
#include "store/store.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "store/sql.h"

#define CHECKPOINT_PAGES 4000 /* pages of the log before a commit moves them: 16 MiB */

static int directory_make(const char *directory, int read_only, struct parc_err *err)
{
	struct stat status;

	if (!read_only && mkdir(directory, 0700) != 0 && errno != EEXIST)
		return parc_err_set(err, PARC_ERR_IO, "%s cannot be made: %s", directory,
				    strerror(errno));
	if (stat(directory, &status) != 0)
		return parc_err_set(err, PARC_ERR_IO, "%s: %s", directory, strerror(errno));
	if (!S_ISDIR(status.st_mode))
		return parc_err_set(err, PARC_ERR_IO, "%s is no folder", directory);
	return 0;
}

static int lock_take(struct store *store, struct parc_err *err)
{
	struct flock lock = {.l_type = F_WRLCK, .l_whence = SEEK_SET};
	char path[STORE_PATH_MAX + 16], text[32];

	snprintf(path, sizeof(path), "%s/%s", store->directory, STORE_LOCK);
	store->lock = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	if (store->lock < 0)
		return parc_err_set(err, PARC_ERR_IO, "%s: %s", path, strerror(errno));
	if (fcntl(store->lock, F_SETLK, &lock) != 0) {
		fcntl(store->lock, F_GETLK, &lock);
		return parc_err_set(err, PARC_ERR_STATE,
				    "%s is in use by the daemon with process id %ld; stop that one "
				    "or name another folder",
				    store->directory, (long)lock.l_pid);
	}
	snprintf(text, sizeof(text), "%ld\n", (long)getpid());
	if (ftruncate(store->lock, 0) != 0 ||
	    pwrite(store->lock, text, strlen(text), 0) != (ssize_t)strlen(text))
		return parc_err_set(err, PARC_ERR_IO, "%s cannot be written: %s", path,
				    strerror(errno));
	return 0;
}

static int database_open(struct store *store, const char *vfs, struct parc_err *err)
{
	int flags = store->read_only ? SQLITE_OPEN_READONLY
				     : SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE;
	char path[STORE_PATH_MAX + 16], pragmas[256];

	snprintf(path, sizeof(path), "%s/%s", store->directory, STORE_DATABASE);
	if (sqlite3_open_v2(path, &store->database, flags | SQLITE_OPEN_NOMUTEX, vfs) != SQLITE_OK)
		return sql_fail(store, "the database cannot be opened", err);
	sqlite3_extended_result_codes(store->database, 0);
	sqlite3_busy_timeout(store->database, 2000);
	snprintf(pragmas, sizeof(pragmas),
		 "%sPRAGMA trusted_schema = OFF; PRAGMA cache_size = -16384;",
		 store->read_only ? ""
				  : "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL;"
				    "PRAGMA cell_size_check = ON;");
	if (sql_exec(store, pragmas, err) != 0)
		return PARC_ERR_IO;
	if (!store->read_only)
		sqlite3_wal_autocheckpoint(store->database, CHECKPOINT_PAGES);
	return 0;
}

static void ends_read(struct store *store)
{
	store->first = sql_number(store, SQL_JOURNAL_FIRST, 0);
	store->last = sql_number(store, SQL_JOURNAL_LAST, 0);
}

static int store_ready(struct store *store, const struct store_options *options,
		       struct parc_err *err)
{
	int code = directory_make(store->directory, store->read_only, err);
	mode_t mask = umask(077);

	if (code == 0 && !store->read_only)
		code = lock_take(store, err);
	if (code == 0)
		code = database_open(store, options->vfs, err);
	if (code == 0)
		code = schema_ready(store, err);
	if (code == 0)
		code = settings_ready(store, options, err);
	umask(mask);
	if (code == 0)
		ends_read(store);
	return code;
}

int store_open(struct store **out, const char *directory, const struct store_options *options,
	       struct parc_err *err)
{
	struct store *store = calloc(1, sizeof(*store));
	int code;

	*out = NULL;
	if (store == NULL)
		return parc_err_set(err, PARC_ERR_MEMORY, "no memory for the store");
	store->lock = -1;
	store->read_only = options->read_only;
	store->scratch_size = 2 * PARC_EVENT_SCRATCH;
	store->event_bytes = malloc(PARC_EVENT_BYTES_MAX);
	store->scratch = malloc(store->scratch_size);
	if (store->event_bytes == NULL || store->scratch == NULL)
		code = parc_err_set(err, PARC_ERR_MEMORY, "no memory for the store");
	else if (snprintf(store->directory, sizeof(store->directory), "%s", directory) >=
		 (int)sizeof(store->directory) - 64)
		code = parc_err_set(err, PARC_ERR_INVALID, "the folder's path is too long");
	else
		code = store_ready(store, options, err);
	if (code == 0)
		*out = store;
	else
		store_close(store);
	return code;
}

void store_close(struct store *store)
{
	if (store == NULL)
		return;
	for (int i = 0; i < SQL_COUNT; i++)
		sqlite3_finalize(store->statements[i]);
	sqlite3_close(store->database);
	if (store->lock >= 0)
		close(store->lock);
	free(store->event_bytes);
	free(store->actions_bytes);
	free(store->scratch);
	free(store);
}

const struct parc_limits *store_limits(const struct store *store)
{
	return &store->limits;
}

uint64_t store_seed(const struct store *store)
{
	return store->seed;
}

const char *store_directory(const struct store *store)
{
	return store->directory;
}

int64_t store_first(const struct store *store)
{
	return store->first;
}

int64_t store_last(const struct store *store)
{
	return store->last;
}

int store_is_open(const struct store *store)
{
	return store->is_open;
}

int store_begin(struct store *store, struct parc_err *err)
{
	int code = 0;

	if (store->is_open && !store->is_broken)
		return 0;
	if (store->read_only)
		return parc_err_set(err, PARC_ERR_STATE, "the store is open for reading");
	code = sql_write(store, SQL_BEGIN, err, "");
	store->is_open |= code == 0;
	return code;
}

int store_hold(struct store *store, struct parc_err *err)
{
	int code = sql_exec(store, "BEGIN", err);

	if (code == 0)
		ends_read(store); /* the first read says which moment it is */
	return code;
}

int store_commit(struct store *store, struct parc_err *err)
{
	int code = 0;

	/* A reader left standing on a row would hold the log's pages, also from the checkpoint that
	 * a commit makes: all that piled up would then be moved in one commit, some day. */
	for (int i = 0; i < SQL_COUNT; i++)
		if (store->statements[i] != NULL)
			sqlite3_reset(store->statements[i]);
	if (store->is_open)
		code = sql_write(store, SQL_COMMIT, err, "");
	if (code == 0)
		store->is_open = 0;
	return code;
}

int64_t store_free_bytes(const struct store *store)
{
	struct statvfs status;

	if (statvfs(store->directory, &status) != 0)
		return -1;
	return (int64_t)status.f_bavail * (int64_t)status.f_frsize;
}

int64_t store_bytes(const struct store *store)
{
	return sql_number((struct store *)store, SQL_PAGES, -1);
}

void store_checkpoint(struct store *store)
{
	if (!store->is_open)
		sqlite3_wal_checkpoint_v2(store->database, NULL, SQLITE_CHECKPOINT_PASSIVE, NULL,
					  NULL);
}
