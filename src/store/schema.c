/* SPDX-License-Identifier: Apache-2.0
 *
 * The tables, as a list of migrations: number n brings a database of version n to n + 1, and a new
 * one runs them all. The version is SQLite's user_version; each migration is one transaction.
 */
#include <stdio.h>

#include "store/sql.h"

static const char *const migrations[] = {
	/* What the daemon began with, once and for all. */
	"CREATE TABLE settings ("
	"  name TEXT PRIMARY KEY, text TEXT NOT NULL) WITHOUT ROWID;"

	/* What the core learnt and decided, in order. */
	"CREATE TABLE journal ("
	"  number INTEGER PRIMARY KEY," /* 1, 2, ... without gaps */
	"  version INTEGER NOT NULL,"	/* of this form of a record */
	"  event BLOB NOT NULL,"	/* parc_event_encode, with a version of its own */
	"  actions BLOB NOT NULL,"	/* parc_actions_encode, likewise */
	"  digest INTEGER NOT NULL);"	/* of the state after it */

	/* What was submitted, as text, and what became of it. */
	"CREATE TABLE jobs ("
	"  job INTEGER PRIMARY KEY,"
	"  version INTEGER NOT NULL," /* of the form of spec */
	"  tenant INTEGER NOT NULL,"  /* number of its name; 0: none */
	"  uid INTEGER NOT NULL, gid INTEGER NOT NULL, user TEXT NOT NULL,"
	"  name TEXT NOT NULL,"
	"  spec TEXT NOT NULL," /* JSON */
	"  submit_us INTEGER NOT NULL,"
	"  start_us INTEGER NOT NULL DEFAULT 0," /* of the last attempt */
	"  end_us INTEGER NOT NULL DEFAULT 0,"
	"  allocation INTEGER NOT NULL DEFAULT 0,"
	"  state INTEGER NOT NULL DEFAULT 0," /* pending .. ended, as the core numbers them */
	"  result INTEGER NOT NULL DEFAULT 0,"
	"  attempts INTEGER NOT NULL DEFAULT 0,"
	"  exit_code INTEGER NOT NULL DEFAULT -1,"
	"  signal INTEGER NOT NULL DEFAULT 0,"
	"  reason INTEGER NOT NULL DEFAULT 0,"
	"  detail TEXT NOT NULL DEFAULT '');"
	"CREATE INDEX jobs_live ON jobs (job) WHERE state < 4;"
	"CREATE INDEX jobs_by_tenant ON jobs (tenant, job);"

	/* Each start of a job: what it was promised and what it got. */
	"CREATE TABLE attempts ("
	"  allocation INTEGER PRIMARY KEY,"
	"  job INTEGER NOT NULL, attempt INTEGER NOT NULL,"
	"  result INTEGER NOT NULL DEFAULT 0,"
	"  start_us INTEGER NOT NULL,"		   /* when the core decided it */
	"  started_us INTEGER NOT NULL DEFAULT 0," /* when its processes existed */
	"  end_us INTEGER NOT NULL DEFAULT 0,"	   /* 0: it lives */
	"  held_milli INTEGER NOT NULL,"	   /* thousandths of devices */
	"  wall_us INTEGER NOT NULL DEFAULT 0, cpu_us INTEGER NOT NULL DEFAULT 0,"
	"  memory_peak_mib INTEGER NOT NULL DEFAULT -1,"
	"  busy_us INTEGER NOT NULL DEFAULT -1," /* thousandth-device-us; -1: unmeasured */
	"  exit_code INTEGER NOT NULL DEFAULT -1, signal INTEGER NOT NULL DEFAULT 0,"
	"  action BLOB NOT NULL);" /* its START */
	"CREATE INDEX attempts_live ON attempts (allocation) WHERE end_us = 0;"
	"CREATE INDEX attempts_by_job ON attempts (job);"

	/* Names of tenants (1), chips (2), nodes (3), kinds (4), runtimes (5), settings (6). */
	"CREATE TABLE names ("
	"  kind INTEGER NOT NULL, number INTEGER NOT NULL, name TEXT NOT NULL,"
	"  text TEXT NOT NULL DEFAULT '',"
	"  PRIMARY KEY (kind, number), UNIQUE (kind, name)) WITHOUT ROWID;"

	/* Idempotency keys and what they stand for. */
	"CREATE TABLE keys ("
	"  caller TEXT NOT NULL, key TEXT NOT NULL,"
	"  hash BLOB NOT NULL," /* SHA-256 of what was asked */
	"  job INTEGER NOT NULL, created_us INTEGER NOT NULL,"
	"  PRIMARY KEY (caller, key)) WITHOUT ROWID;"
	"CREATE INDEX keys_by_age ON keys (created_us);"

	/* Who may call over TCP: the SHA-256 of the token, never the token. */
	"CREATE TABLE tokens ("
	"  hash BLOB PRIMARY KEY, number INTEGER NOT NULL UNIQUE,"
	"  tenant INTEGER NOT NULL, created_us INTEGER NOT NULL,"
	"  expires_us INTEGER NOT NULL, revoked_us INTEGER NOT NULL DEFAULT 0,"
	"  uid INTEGER NOT NULL, role INTEGER NOT NULL,"
	"  user TEXT NOT NULL, note TEXT NOT NULL) WITHOUT ROWID;"

	/* Events that could not be stepped, for people. */
	"CREATE TABLE quarantine ("
	"  number INTEGER PRIMARY KEY, created_us INTEGER NOT NULL,"
	"  event BLOB NOT NULL, why TEXT NOT NULL);",

	/* How far each job that reports has come, by its last report and its last checkpoint, in
	 * millionths of its own unit (total 0: seconds of work on the reference chip). */
	"CREATE TABLE progress ("
	"  job INTEGER PRIMARY KEY,"
	"  allocation INTEGER NOT NULL,"  /* that reported last */
	"  expected_us INTEGER NOT NULL," /* length of the job as it was submitted; 0: unknown */
	"  progress_us INTEGER NOT NULL, done INTEGER NOT NULL, total INTEGER NOT NULL,"
	"  checkpoint_us INTEGER NOT NULL," /* 0: none yet */
	"  kept_done INTEGER NOT NULL, kept_total INTEGER NOT NULL,"
	"  kept_work_us INTEGER NOT NULL," /* as the core was told it */
	/* What this allocation began with: what an earlier one had kept. */
	"  begin_done INTEGER NOT NULL, begin_total INTEGER NOT NULL,"
	"  begin_work_us INTEGER NOT NULL);",

	/* The ledger at full minutes, from two days on at full hours, and each tenant's usage where
	 * it has grown since the mark before: little endian, 16 bytes each. */
	"CREATE TABLE marks (time_us INTEGER PRIMARY KEY, ledger BLOB NOT NULL);"
	"CREATE TABLE mark_tenants ("
	"  tenant INTEGER NOT NULL, time_us INTEGER NOT NULL, usage BLOB NOT NULL,"
	"  PRIMARY KEY (tenant, time_us)) WITHOUT ROWID;"
	"CREATE INDEX mark_tenants_by_time ON mark_tenants (time_us);",

	/* What an attempt was promised until it was booked anew, and when that was: from then on it
	 * is held_milli. Thousandths of devices, in microseconds of them. */
	("ALTER TABLE attempts ADD COLUMN rebooked_us INTEGER NOT NULL DEFAULT 0;"
	 "ALTER TABLE attempts ADD COLUMN promised_us INTEGER NOT NULL DEFAULT 0;"),

	/* What jobs that run are still to be told; a row goes when it was. */
	"CREATE TABLE notices ("
	"  number INTEGER PRIMARY KEY AUTOINCREMENT," /* never given again */
	"  job INTEGER NOT NULL, allocation INTEGER NOT NULL, attempt INTEGER NOT NULL,"
	"  line TEXT NOT NULL);",
};

#define SCHEMA_VERSION ((int64_t)(sizeof(migrations) / sizeof(migrations[0])))

static int64_t version_get(struct store *store)
{
	sqlite3_stmt *statement = NULL;
	int64_t version = -1;

	if (sqlite3_prepare_v2(store->database, "PRAGMA user_version", -1, &statement, NULL) ==
		    SQLITE_OK &&
	    sqlite3_step(statement) == SQLITE_ROW)
		version = sqlite3_column_int64(statement, 0);
	sqlite3_finalize(statement);
	return version;
}

static int migrate(struct store *store, int64_t version, struct parc_err *err)
{
	char set[64];
	int code = sql_exec(store, "BEGIN IMMEDIATE", err);

	snprintf(set, sizeof(set), "PRAGMA user_version = %lld", (long long)version + 1);
	if (code == 0)
		code = sql_exec(store, migrations[version], err);
	if (code == 0)
		code = sql_exec(store, set, err);
	if (code == 0)
		code = sql_exec(store, "COMMIT", err);
	return code;
}

int schema_ready(struct store *store, struct parc_err *err)
{
	int64_t version = version_get(store);
	int code = 0;

	if (version < 0)
		return sql_fail(store, "the database cannot be read", err);
	if (version > SCHEMA_VERSION)
		return parc_err_set(err, PARC_ERR_VERSION,
				    "%s was written by a newer parc (tables of version %lld, this "
				    "one knows %lld); run that one",
				    store->directory, (long long)version,
				    (long long)SCHEMA_VERSION);
	if (store->read_only && version < SCHEMA_VERSION)
		return parc_err_set(err, PARC_ERR_VERSION,
				    "%s has tables of version %lld, not %lld; start the daemon on "
				    "it once, which brings them up to date",
				    store->directory, (long long)version,
				    (long long)SCHEMA_VERSION);
	for (; code == 0 && version < SCHEMA_VERSION; version++)
		code = migrate(store, version, err);
	return code;
}

/* The limits in text, each field by its name, so that a later version can add some. */
/* clang-format off */
#define LIMITS(X) \
	X(nodes) X(places) X(devices) X(node_devices) X(jobs) X(groups) X(extras) X(tasks) \
	X(tenants) X(shapes) X(index_entries)
/* clang-format on */

static int setting_get(struct store *store, const char *name, int64_t *number, struct parc_err *err)
{
	sqlite3_stmt *row = sql_bind(store, SQL_SETTING_GET, err, "s", name);
	int code = row == NULL ? PARC_ERR_IO : sql_row(store, row, err);

	if (code == 1)
		*number = sqlite3_column_int64(row, 0);
	if (code == 0)
		return parc_err_set(err, PARC_ERR_CORRUPT, "%s lacks the setting %s",
				    store->directory, name);
	return code < 0 ? code : 0;
}

static int setting_set(struct store *store, const char *name, int64_t number, struct parc_err *err)
{
	char text[32];

	snprintf(text, sizeof(text), "%lld", (long long)number);
	return sql_write(store, SQL_SETTING_SET, err, "ss", name, text);
}

static int settings_make(struct store *store, const struct store_options *options,
			 struct parc_err *err)
{
	const struct parc_limits *limits = &options->limits;
	int code = store_begin(store, err);

	if (code == 0)
		code = setting_set(store, "seed", (int64_t)options->seed, err);
#define X(field)       \
	if (code == 0) \
		code = setting_set(store, "limit_" #field, limits->field, err);
	LIMITS(X)
#undef X
	return code == 0 ? store_commit(store, err) : code;
}

int settings_ready(struct store *store, const struct store_options *options, struct parc_err *err)
{
	sqlite3_stmt *row = sql_bind(store, SQL_SETTING_GET, err, "s", "seed");
	int code = row == NULL ? PARC_ERR_IO : sql_row(store, row, err);
	int64_t number = 0;

	if (code == 0 && store->read_only)
		return parc_err_set(err, PARC_ERR_CORRUPT, "%s holds no journal", store->directory);
	if (code == 0)
		code = settings_make(store, options, err);
	if (code >= 0)
		code = setting_get(store, "seed", &number, err);
	store->seed = (uint64_t)number;
#define X(field)                                                          \
	if (code == 0)                                                    \
		code = setting_get(store, "limit_" #field, &number, err); \
	store->limits.field = (int32_t)number;
	LIMITS(X)
#undef X
	return code;
}
