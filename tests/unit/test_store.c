/* SPDX-License-Identifier: Apache-2.0
 *
 * The store: what is committed is there again, in order; one process has a folder; what fails at
 * the nth write, sync or truncation, and what loses power at any moment, loses nothing that was
 * acknowledged and invents nothing.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>
#include <sqlite3.h>

#include "base/random.h"
#include "store/rows.h"
#include "store/snapshot.h"
#include "support/faulty.h"

#define JOBS 24 /* submitted in a short life, each a transaction */

static char folder[512];

static int setup(void **state)
{
	const char *base = getenv("TMPDIR");

	(void)state;
	faulty_register();
	faulty_fail_after(0, 0);
	snprintf(folder, sizeof(folder), "%s/parc-store-XXXXXX", base == NULL ? "/tmp" : base);
	return mkdtemp(folder) == NULL;
}

static int teardown(void **state)
{
	char path[600];

	(void)state;
	faulty_unwatch();
	faulty_fail_after(0, 0);
	for (int64_t n = 10; n <= 50; n += 10) {
		snprintf(path, sizeof(path), "%s/snapshot-%lld.parc", folder, (long long)n);
		unlink(path);
	}
	for (int i = 0; i < 4; i++) {
		static const char *const names[] = {"parc.db", "parc.db-wal", "parc.db-shm",
						    "lock"};

		snprintf(path, sizeof(path), "%s/%s", folder, names[i]);
		unlink(path);
	}
	return rmdir(folder);
}

static struct store_options options(const char *vfs)
{
	return (struct store_options){
		.vfs = vfs, .limits = parc_limits_for(4, 32, 1000), .seed = 7};
}

static struct store *open_store(const char *vfs)
{
	struct store_options how = options(vfs);
	struct parc_err err = {0};
	struct store *store = NULL;

	if (store_open(&store, folder, &how, &err) != 0)
		fail_msg("%s", err.text);
	return store;
}

static struct parc_core *make_core(void)
{
	struct parc_limits limits = parc_limits_for(4, 32, 1000);
	struct parc_core *core = parc_core_create(&limits, 7, NULL);

	assert_non_null(core);
	return core;
}

/* The event of a number in the life that all tests here write: a node, then jobs of one core. */
static struct parc_event event_of(int64_t number, struct parc_group *group)
{
	struct parc_event event = {.time_us = 1000 * number, .kind = PARC_EVENT_SUBMIT};

	if (number == 1) {
		event.kind = PARC_EVENT_NODE_ADD;
		event.node_add =
			(struct parc_node_add){.node = 1, .cpu_milli = 8000, .memory_mib = 8192};
		return event;
	}
	*group = (struct parc_group){
		.task = {.cpu_milli = 1000, .memory_mib = 16}, .tasks_min = 1, .tasks_max = 1};
	event.submit = (struct parc_submit){
		.job = number - 1, .user = 1, .groups_count = 1, .groups = group};
	return event;
}

/* Step and store one record with its row: 0, or the store's code. */
static int live_once(struct store *store, struct parc_core *core, int64_t number)
{
	struct parc_group group;
	struct parc_event event = event_of(number, &group);
	struct store_job job = {.job = number - 1,
				.uid = 1000,
				.user = "alice",
				.name = "quote ' and \n newline",
				.spec = "{\"command\": [\"true\"]}",
				.submit_us = event.time_us};
	struct parc_actions actions;
	int code = store_begin(store, NULL);

	assert_int_equal(parc_step(core, &event, &actions, NULL), 0);
	if (code == 0)
		code = store_append(store, &event, &actions, parc_digest(core), NULL);
	if (code == 0 && event.kind == PARC_EVENT_SUBMIT)
		code = store_job_add(store, &job, NULL);
	return code == 0 ? store_commit(store, NULL) : code;
}

/* Live on to record `last`; returns the last that was acknowledged. */
static int64_t live(struct store *store, struct parc_core *core, int64_t last)
{
	for (int64_t n = store_last(store) + 1; n <= last; n++)
		if (live_once(store, core, n) != 0)
			return n - 1;
	return last;
}

static int apply_record(void *context, const struct store_record *record, struct parc_err *err)
{
	struct parc_core *core = context;
	int code = parc_apply(core, &record->event, &record->actions, err);

	if (code == 0)
		assert_int_equal(parc_digest(core), record->digest);
	return code;
}

/* Recover: the state is that of a life of as many records, and each job's row is there. */
static void expect_life(int64_t acknowledged, int64_t most)
{
	struct store *store = open_store("faulty");
	struct parc_core *core = make_core(), *again = make_core();
	struct parc_err err = {0};
	struct store_job job;
	struct parc_group group;
	int64_t last = store_last(store);

	assert_true(last >= acknowledged);
	assert_true(last <= most);
	if (store_scan(store, 1, apply_record, core, &err) != 0)
		fail_msg("%s", err.text);
	for (int64_t n = 1; n <= last; n++) {
		struct parc_event event = event_of(n, &group);

		assert_int_equal(parc_step(again, &event, NULL, NULL), 0);
	}
	assert_int_equal(parc_digest(core), parc_digest(again));
	for (int64_t j = 1; j < last; j++)
		assert_int_equal(store_job_find(store, j, &job, NULL), 1);
	assert_int_equal(store_job_find(store, last, &job, NULL), 0);
	assert_int_equal(store_job_last(store), last > 1 ? last - 1 : 0);
	parc_core_destroy(core);
	parc_core_destroy(again);
	store_close(store);
}

static void test_what_is_committed_is_there_again(void **state)
{
	struct store *store = open_store(NULL);
	struct parc_core *core = make_core();

	(void)state;
	assert_int_equal(store_last(store), 0);
	assert_int_equal(live(store, core, 20), 20);
	store_close(store);
	store = open_store("faulty");
	assert_int_equal(live(store, core, 600), 600);
	store_close(store);
	expect_life(600, 600);
	parc_core_destroy(core);
}

static void test_what_is_not_committed_is_not(void **state)
{
	struct store *store = open_store("faulty");
	struct parc_core *core = make_core();
	struct parc_group group;
	struct parc_event event = event_of(11, &group);
	struct parc_actions none = {0};

	(void)state;
	live(store, core, 10);
	assert_int_equal(store_begin(store, NULL), 0);
	assert_int_equal(store_append(store, &event, &none, 0, NULL), 0);
	store_close(store);
	expect_life(10, 10);
	parc_core_destroy(core);
}

static void test_limits_and_seed_are_the_first_ones(void **state)
{
	struct store_options other = {.limits = parc_limits_for(9, 9, 99), .seed = 8};
	struct store *store = open_store("faulty");

	(void)state;
	store_close(store);
	assert_int_equal(store_open(&store, folder, &other, NULL), 0);
	assert_int_equal(store_limits(store)->jobs, 1000);
	assert_int_equal(store_seed(store), 7);
	store_close(store);
}

static void test_one_process_has_a_folder(void **state)
{
	struct store *store = open_store("faulty"), *other;
	struct store_options how = options("faulty");
	struct parc_err err = {0};
	int status = 0;
	pid_t child = fork();

	(void)state;
	if (child == 0) {
		int code = store_open(&other, folder, &how, &err);

		_exit(code == PARC_ERR_STATE && strstr(err.text, "process id") != NULL ? 0 : 1);
	}
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_int_equal(status, 0);
	store_close(store);
	store_close(open_store("faulty"));
}

static void test_an_audit_reads_beside_the_daemon(void **state)
{
	struct store *store = open_store("faulty"), *reader = NULL;
	struct parc_core *core = make_core();
	struct store_options how = {.read_only = 1};

	(void)state;
	live(store, core, 5);
	assert_int_equal(store_open(&reader, folder, &how, NULL), 0);
	assert_int_equal(store_last(reader), 5);
	assert_int_not_equal(store_begin(reader, NULL), 0);
	store_close(reader);
	assert_int_equal(live(store, core, 6), 6);
	store_close(store);
	parc_core_destroy(core);
}

static void raw(const char *text)
{
	char path[600];
	sqlite3 *database;

	snprintf(path, sizeof(path), "%s/" STORE_DATABASE, folder);
	assert_int_equal(sqlite3_open(path, &database), SQLITE_OK);
	assert_int_equal(sqlite3_exec(database, text, NULL, NULL, NULL), SQLITE_OK);
	sqlite3_close(database);
}

/* A damaged journal is named by its record, and what was read before it stands. */
static void expect_refused(const char *damage, int code, const char *words)
{
	struct store *store = open_store("faulty");
	struct parc_core *core = make_core(), *again = make_core();
	struct parc_err err = {0};

	live(store, core, 20);
	store_close(store);
	raw(damage);
	store = open_store("faulty");
	assert_int_equal(store_scan(store, 1, apply_record, again, &err), code);
	if (strstr(err.text, words) == NULL)
		fail_msg("'%s' lacks '%s'", err.text, words);
	store_close(store);
	parc_core_destroy(core);
	parc_core_destroy(again);
}

static void test_a_missing_record_is_named(void **state)
{
	(void)state;
	expect_refused("DELETE FROM journal WHERE number = 13", PARC_ERR_CORRUPT,
		       "record 13 of the journal is missing");
}

static void test_a_damaged_record_is_named(void **state)
{
	(void)state;
	expect_refused("UPDATE journal SET event = substr(event, 1, 20) WHERE number = 7",
		       PARC_ERR_CORRUPT, "record 7 of the journal");
}

static void test_a_longer_record_is_named(void **state)
{
	(void)state;
	expect_refused("UPDATE journal SET actions = actions || x'00' WHERE number = 7",
		       PARC_ERR_CORRUPT, "bytes too many");
}

static void test_a_newer_record_is_refused(void **state)
{
	(void)state;
	expect_refused("UPDATE journal SET version = 9 WHERE number = 20", PARC_ERR_VERSION,
		       "record 20 of the journal has version 9");
}

static void test_newer_tables_are_refused(void **state)
{
	struct store_options how = options("faulty");
	struct parc_err err = {0};
	struct store *store;

	(void)state;
	store_close(open_store("faulty"));
	raw("PRAGMA user_version = 99");
	assert_int_equal(store_open(&store, folder, &how, &err), PARC_ERR_VERSION);
	assert_non_null(strstr(err.text, "newer parc"));
}

/* Let the nth operation of the kind fail, for each n until a whole life passes. */
static void each_fails(int kind)
{
	int64_t lived = 0;

	for (int64_t n = 1; lived < JOBS; n += n / 16 + 1) {
		struct store *store = NULL;
		struct store_options how = options("faulty");
		struct parc_core *core = make_core();

		lived = 0;
		faulty_fail_after(kind, n);
		if (store_open(&store, folder, &how, NULL) == 0) {
			lived = live(store, core, JOBS);
			if (lived < JOBS)
				assert_int_not_equal(store_begin(store, NULL), 0);
		}
		store_close(store);
		faulty_fail_after(0, 0);
		expect_life(lived, lived + 1);
		parc_core_destroy(core);
		assert_int_equal(teardown(NULL), 0);
		assert_int_equal(mkdir(folder, 0700), 0);
	}
}

static void test_each_write_fails(void **state)
{
	(void)state;
	each_fails(FAULTY_WRITE);
}

static void test_the_disk_is_full_at_each_write(void **state)
{
	(void)state;
	each_fails(FAULTY_FULL);
}

static void test_each_sync_fails(void **state)
{
	(void)state;
	each_fails(FAULTY_SYNC);
}

/* The power goes off after some records; of what was not synced, something may be there. */
static void test_power_is_lost(void **state)
{
	(void)state;
	for (uint64_t seed = 1; seed <= 40; seed++) {
		struct store *store;
		struct parc_core *core = make_core();
		int64_t lived = 1 + (int64_t)(seed * 7 % JOBS);

		faulty_watch();
		store = open_store("faulty");
		assert_int_equal(live(store, core, lived), lived);
		if (seed % 2 == 0)
			live_once(store, core, lived + 1);
		if (seed % 3 == 0)
			store_checkpoint(store);
		faulty_power_off();
		store_close(store);
		faulty_crash(seed);
		expect_life(lived, lived + 1);
		parc_core_destroy(core);
		assert_int_equal(teardown(NULL), 0);
		assert_int_equal(mkdir(folder, 0700), 0);
	}
}

/* A lookup before each commit leaves a reader standing; commits move the log's pages all the same,
 * so that none has to move all that piled up. */
static void test_the_log_stays_short_though_rows_are_looked_at(void **state)
{
	struct store *store = open_store("faulty");
	struct store_job job = {.user = "alice", .name = "", .spec = calloc(1, 100001)};
	struct store_job found;
	struct stat status;
	char path[600];

	(void)state;
	memset((char *)job.spec, 'x', 100000);
	for (job.job = 1; job.job <= 400; job.job++) {
		assert_int_equal(store_begin(store, NULL), 0);
		assert_int_equal(store_job_add(store, &job, NULL), 0);
		assert_int_equal(store_job_find(store, job.job, &found, NULL), 1);
		assert_int_equal(store_commit(store, NULL), 0);
	}
	snprintf(path, sizeof(path), "%s/parc.db-wal", folder);
	assert_int_equal(stat(path, &status), 0);
	assert_true(status.st_size < 20 << 20); /* of 40 MiB that were written */
	store_close(store);
	free((char *)job.spec);
}

static void test_rows_follow_a_job(void **state)
{
	struct store *store = open_store("faulty");
	struct store_job job = {.job = 5,
				.tenant = 2,
				.uid = 1000,
				.user = "alice",
				.name = "train",
				.spec = "{}",
				.submit_us = 10};
	struct store_attempt attempt = {.allocation = 9,
					.attempt = 1,
					.start_us = 20,
					.held_milli = 500,
					.action = "bytes",
					.action_size = 5};
	struct store_attempt end = {.allocation = 9,
				    .job = 5,
				    .result = PARC_RESULT_FAILED,
				    .end_us = 30,
				    .exit_code = 3,
				    .busy_us = 77};

	(void)state;
	assert_int_equal(store_begin(store, NULL), 0);
	assert_int_equal(store_job_add(store, &job, NULL), 0);
	assert_int_equal(store_job_start(store, 5, &attempt, NULL), 0);
	assert_int_equal(store_attempt_started(store, 9, 21, NULL), 0);
	assert_int_equal(store_job_state(store, 5, PARC_JOB_RUNNING, NULL), 0);
	assert_int_equal(store_attempt_end(store, &end, "it said no", NULL), 0);
	assert_int_equal(store_job_end(store, 5, PARC_RESULT_FAILED, 0, 30, NULL), 0);
	assert_int_equal(store_commit(store, NULL), 0);
	assert_int_equal(store_job_find(store, 5, &job, NULL), 1);
	assert_int_equal(job.state, PARC_JOB_ENDED);
	assert_int_equal(job.result, PARC_RESULT_FAILED);
	assert_int_equal(job.exit_code, 3);
	assert_int_equal(job.attempts, 1);
	assert_string_equal(job.detail, "it said no");
	assert_int_equal(store_attempt_find(store, 9, &attempt, NULL), 1);
	assert_int_equal(attempt.started_us, 21);
	assert_int_equal(attempt.busy_us, 77);
	assert_int_equal(attempt.action_size, 5);
	assert_int_equal(store_attempt_find(store, 10, &attempt, NULL), 0);
	store_close(store);
}

static int count_job(void *context, const struct store_job *job)
{
	int64_t *sum = context;

	*sum = *sum * 10 + job->job;
	return 0;
}

static void test_lists_are_filtered(void **state)
{
	struct store *store = open_store("faulty");
	struct store_job_filter filter = {.uid = -1};
	int64_t seen = 0;

	(void)state;
	assert_int_equal(store_begin(store, NULL), 0);
	for (int64_t j = 1; j <= 6; j++) {
		struct store_job job = {.job = j,
					.tenant = 1 + j % 2,
					.uid = (uint32_t)(1000 + j % 3),
					.user = "u",
					.name = "n",
					.spec = "{}"};

		assert_int_equal(store_job_add(store, &job, NULL), 0);
	}
	assert_int_equal(store_job_end(store, 4, PARC_RESULT_OK, 0, 9, NULL), 0);
	assert_int_equal(store_commit(store, NULL), 0);
	assert_int_equal(store_job_list(store, &filter, 10, count_job, &seen, NULL), 6);
	assert_int_equal(seen, 654321);
	filter.after = 4;
	seen = 0;
	assert_int_equal(store_job_list(store, &filter, 2, count_job, &seen, NULL), 2);
	assert_int_equal(seen, 32);
	filter = (struct store_job_filter){.uid = -1, .tenant = 1};
	seen = 0;
	store_job_list(store, &filter, 10, count_job, &seen, NULL);
	assert_int_equal(seen, 642);
	filter = (struct store_job_filter){.uid = -1, .tenant = 1, .live = 1};
	seen = 0;
	store_job_list(store, &filter, 10, count_job, &seen, NULL);
	assert_int_equal(seen, 26);
	filter = (struct store_job_filter){.uid = 1000};
	seen = 0;
	store_job_list(store, &filter, 10, count_job, &seen, NULL);
	assert_int_equal(seen, 63);
	store_close(store);
}

static void test_names_keys_tokens(void **state)
{
	struct store *store = open_store("faulty");
	uint8_t hash[STORE_HASH_BYTES] = {1, 2, 3}, found[STORE_HASH_BYTES];
	struct store_token token = {.hash = {9}, .user = "bob", .note = "ci", .expires_us = 99};
	const char *name, *text;
	int64_t number = 0, job = 0;

	(void)state;
	assert_int_equal(store_begin(store, NULL), 0);
	assert_int_equal(store_name_add(store, STORE_TENANT, "a", "1", &number, NULL), 0);
	assert_int_equal(number, 1);
	assert_int_equal(store_name_add(store, STORE_TENANT, "b", "2", &number, NULL), 0);
	assert_int_equal(number, 2);
	assert_int_equal(store_name_add(store, STORE_CHIP, "a", "", &number, NULL), 0);
	assert_int_equal(number, 1);
	assert_int_equal(store_name_add(store, STORE_TENANT, "b", "3", &number, NULL), 0);
	assert_int_equal(number, 2);
	assert_int_equal(store_name_of(store, STORE_TENANT, 2, &name, &text, NULL), 1);
	assert_string_equal(text, "3");
	assert_int_equal(store_name_find(store, STORE_TENANT, "c", &number, &text, NULL), 0);
	assert_int_equal(store_key_add(store, &(struct store_key){"uid:1", "k", hash, 5, 10}, NULL),
			 0);
	assert_int_equal(store_key_find(store, "uid:1", "k", found, &job, NULL), 1);
	assert_memory_equal(found, hash, sizeof(hash));
	assert_int_equal(store_key_find(store, "uid:2", "k", found, &job, NULL), 0);
	assert_int_equal(store_key_expire(store, 11, NULL), 0);
	assert_int_equal(store_key_find(store, "uid:1", "k", found, &job, NULL), 0);
	assert_int_equal(store_token_add(store, &token, &number, NULL), 0);
	assert_int_equal(number, 1);
	assert_int_equal(store_token_find(store, token.hash, &token, NULL), 1);
	assert_string_equal(token.user, "bob");
	assert_int_equal(store_token_revoke(store, 1, 50, NULL), 0);
	assert_int_equal(store_token_revoke(store, 1, 50, NULL), PARC_ERR_UNKNOWN);
	assert_int_equal(store_commit(store, NULL), 0);
	store_close(store);
}

static void test_records_are_dropped_from_the_front(void **state)
{
	struct store *store = open_store("faulty");
	struct parc_core *core = make_core(), *again = make_core();

	(void)state;
	live(store, core, 30);
	assert_int_equal(store_begin(store, NULL), 0);
	assert_int_equal(store_drop(store, 21, 15, NULL), 15);
	assert_int_equal(store_drop(store, 21, 15, NULL), 5);
	assert_int_equal(store_drop(store, 21, 15, NULL), 0);
	assert_int_equal(store_commit(store, NULL), 0);
	assert_int_equal(store_first(store), 21);
	assert_int_equal(store_scan(store, 20, apply_record, again, NULL), PARC_ERR_CORRUPT);
	store_close(store);
	store = open_store("faulty");
	assert_int_equal(store_first(store), 21);
	store_close(store);
	parc_core_destroy(core);
	parc_core_destroy(again);
}

static void test_snapshots(void **state)
{
	struct parc_core *core = make_core(), *found = NULL;
	struct parc_group group;
	int64_t number = -1;
	int32_t broken = -1;
	char path[600];
	int status = -1;
	FILE *file;
	pid_t child;

	(void)state;
	assert_int_equal(snapshot_get(folder, INT64_MAX, &found, &number, &broken, NULL), 0);
	assert_null(found);
	assert_int_equal(number, 0);
	for (int64_t n = 1; n <= 4; n++) {
		struct parc_event event = event_of(n, &group);

		assert_int_equal(parc_step(core, &event, NULL, NULL), 0);
		assert_int_equal(snapshot_put(folder, core, n * 10, NULL), 0);
	}
	child = snapshot_put_paced(folder, core, 50, NULL);
	assert_true(child > 0);
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_int_equal(status, 0);
	assert_int_equal(snapshot_get(folder, INT64_MAX, &found, &number, &broken, NULL), 0);
	assert_int_equal(number, 50);
	assert_int_equal(parc_digest(found), parc_digest(core));
	parc_core_destroy(found);
	/* The newest is damaged: the one before it is taken, and the damage counted. */
	snprintf(path, sizeof(path), "%s/snapshot-50.parc", folder);
	file = fopen(path, "r+b");
	assert_non_null(file);
	fseek(file, 300, SEEK_SET);
	fputs("damage", file);
	fclose(file);
	assert_int_equal(snapshot_get(folder, INT64_MAX, &found, &number, &broken, NULL), 0);
	assert_int_equal(number, 40);
	assert_int_equal(broken, 1);
	parc_core_destroy(found);
	assert_int_equal(snapshot_get(folder, 25, &found, &number, &broken, NULL), 0);
	assert_int_equal(number, 20);
	parc_core_destroy(found);
	assert_int_equal(snapshot_tidy(folder, 0, 0), 40);
	assert_int_equal(snapshot_get(folder, 39, &found, &number, &broken, NULL), 0);
	assert_null(found);
	parc_core_destroy(core);
}

int main(void)
{
#define TEST(function) cmocka_unit_test_setup_teardown(function, setup, teardown)
	const struct CMUnitTest tests[] = {
		TEST(test_what_is_committed_is_there_again),
		TEST(test_what_is_not_committed_is_not),
		TEST(test_limits_and_seed_are_the_first_ones),
		TEST(test_one_process_has_a_folder),
		TEST(test_an_audit_reads_beside_the_daemon),
		TEST(test_a_missing_record_is_named),
		TEST(test_a_damaged_record_is_named),
		TEST(test_a_longer_record_is_named),
		TEST(test_a_newer_record_is_refused),
		TEST(test_newer_tables_are_refused),
		TEST(test_each_write_fails),
		TEST(test_the_disk_is_full_at_each_write),
		TEST(test_each_sync_fails),
		TEST(test_power_is_lost),
		TEST(test_the_log_stays_short_though_rows_are_looked_at),
		TEST(test_rows_follow_a_job),
		TEST(test_lists_are_filtered),
		TEST(test_names_keys_tokens),
		TEST(test_records_are_dropped_from_the_front),
		TEST(test_snapshots),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
