/* SPDX-License-Identifier: Apache-2.0
 *
 * What the daemon forgets and what it puts aside: after records before a kept snapshot and rows of
 * ended jobs have gone, it starts again, an audit is clean from there on, and the recorded policy
 * decides the same; an event that killed it twice is refused.
 */
#include <setjmp.h>
#include <signal.h>
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

#include "daemon/act.h"
#include "daemon/tripped.h"
#include "review/audit.h"
#include "review/whatif.h"
#include "store/quarantine.h"
#include "store/snapshot.h"
#include "support/dry.h"

static void rounds(struct daemon *daemon, int count)
{
	struct parc_err err = {0};

	for (int i = 0; i < count; i++)
		if (daemon_round(daemon, 0, &err) != 0)
			fail_msg("%s", err.text);
}

/* Some jobs come and go, then a snapshot: its number. */
static int64_t live(struct daemon *daemon, int jobs)
{
	int64_t last;

	for (int i = 0; i < jobs; i++) {
		dry_submit(daemon, ", \"devices\": 1", NULL);
		rounds(daemon, 3);
	}
	last = store_last(daemon->store);
	assert_int_equal(snapshot_put(dry_data, daemon->core, last, NULL), 0);
	retain_snapshots(daemon);
	return last;
}

static void expect_from(int64_t base)
{
	struct audit audit;
	struct whatif whatif;
	struct parc_err err = {0};

	if (audit_run(&audit, dry_data, &err) != 0)
		fail_msg("%s", err.text);
	assert_int_equal(audit.base, base);
	if (whatif_run(&whatif, dry_data, NULL, &err) != 0)
		fail_msg("%s", err.text);
	if (whatif.other != 0)
		fail_msg("record %lld: %s", (long long)whatif.other, whatif.other_text);
	assert_int_equal(whatif.base, base);
	whatif_deinit(&whatif);
}

static void forget(struct daemon *daemon)
{
	daemon->retain.look_us = 0;
	do {
		retain_care(daemon);
		rounds(daemon, 1);
	} while (store_first(daemon->store) <= daemon->retain.base);
}

static int snapshot_is_there(int64_t number)
{
	char path[500];

	snprintf(path, sizeof(path), "%s/snapshot-%lld.parc", dry_data, (long long)number);
	return access(path, F_OK) == 0;
}

static void test_records_go_by_age(void **state)
{
	struct daemon *daemon = dry_make(NULL);
	int64_t numbers[5];

	(void)state;
	daemon->config.keep.journal_us = INT64_C(3600000000);
	for (int i = 0; i < 5; i++)
		numbers[i] = live(daemon, 3);
	assert_true(snapshot_is_there(numbers[0])); /* where the journal may begin one day */
	assert_false(snapshot_is_there(numbers[1]));
	forget(daemon);
	assert_int_equal(store_first(daemon->store), 1);
	daemon->config.keep.journal_us = 1;
	forget(daemon);
	assert_int_equal(store_first(daemon->store), numbers[0] + 1);
	expect_from(numbers[0]);
	live(daemon, 3);
	assert_true(snapshot_is_there(numbers[0]));
	assert_false(snapshot_is_there(numbers[2]));
	expect_from(numbers[0]);
	dry_end(daemon);
	daemon = dry_make(NULL);
	expect_from(numbers[0]);
	dry_end(daemon);
}

static void test_records_go_by_size(void **state)
{
	struct daemon *daemon = dry_make(NULL);
	int64_t numbers[3];
	char path[500];

	(void)state;
	for (int i = 0; i < 3; i++)
		numbers[i] = live(daemon, 3);
	daemon->config.keep.journal_bytes = INT64_C(1) << 40;
	forget(daemon);
	assert_int_equal(store_first(daemon->store), 1);
	daemon->config.keep.journal_bytes = 1;
	forget(daemon);
	assert_int_equal(store_first(daemon->store), numbers[1] + 1);
	expect_from(numbers[1]);
	dry_end(daemon);
	/* The newest is damaged: the one from which the journal goes on is there. */
	snprintf(path, sizeof(path), "%s/snapshot-%lld.parc", dry_data, (long long)numbers[2]);
	assert_int_equal(truncate(path, 100), 0);
	daemon = dry_make(NULL);
	assert_int_equal(daemon->snapshot_number, numbers[1]);
	dry_end(daemon);
}

static void test_rows_of_ended_jobs_go(void **state)
{
	struct daemon *daemon = dry_make(NULL);
	struct store_attempt attempt;
	struct store_job row;
	char path[500];

	(void)state;
	live(daemon, 3);
	dry_submit(daemon, ", \"held\": true", NULL);
	live(daemon, 1);
	assert_int_equal(store_job_find(daemon->store, 1, &row, NULL), 1);
	assert_int_equal(row.state, PARC_JOB_ENDED);
	snprintf(path, sizeof(path), "%s/" DAEMON_ENGINE, dry_data);
	mkdir(path, 0700);
	snprintf(path, sizeof(path), "%s/" DAEMON_ENGINE "/output", dry_data);
	mkdir(path, 0700);
	snprintf(path, sizeof(path), "%s/" DAEMON_ENGINE "/output/%lld.1.out", dry_data,
		 (long long)row.allocation);
	text_write(path, "hello");
	daemon->config.keep.jobs_us = INT64_C(3600000000);
	forget(daemon);
	assert_int_equal(store_job_find(daemon->store, 1, &row, NULL), 1);
	daemon->config.keep.jobs_us = 1;
	rounds(daemon, 1);
	forget(daemon);
	assert_int_equal(store_job_find(daemon->store, 1, &row, NULL), 0);
	assert_int_equal(store_attempt_find(daemon->store, 1, &attempt, NULL), 0);
	assert_int_not_equal(access(path, F_OK), 0);
	assert_int_equal(store_job_find(daemon->store, 4, &row, NULL), 1); /* it is held */
	assert_int_equal(store_job_find(daemon->store, 5, &row, NULL), 1); /* the newest */
	assert_int_equal(dry_submit(daemon, "", NULL), 6);
	rounds(daemon, 1);
	expect_from(0);
	dry_end(daemon);
}

static void test_keys_expire(void **state)
{
	struct daemon *daemon = dry_make(NULL);
	uint8_t hash[STORE_HASH_BYTES] = {1};
	int64_t job;

	(void)state;
	assert_int_equal(store_begin(daemon->store, NULL), 0);
	assert_int_equal(store_key_add(daemon->store,
				       &(struct store_key){"uid:0", "k", hash, 1, daemon->now_us},
				       NULL),
			 0);
	retain_care(daemon);
	assert_int_equal(store_key_find(daemon->store, "uid:0", "k", hash, &job, NULL), 1);
	daemon->config.keep.keys_us = -1;
	retain_care(daemon);
	assert_int_equal(store_key_find(daemon->store, "uid:0", "k", hash, &job, NULL), 0);
	dry_end(daemon);
}

static int aside_count(void *context, const struct store_quarantined *it)
{
	int *count = context;

	assert_non_null(it->event);
	assert_true(it->why[0] != '\0');
	++*count;
	return 0;
}

static void expect_aside(int expected)
{
	struct parc_err err = {0};
	int count = 0;

	if (audit_quarantine(dry_data, aside_count, &count, &err) != 0)
		fail_msg("%s", err.text);
	assert_int_equal(count, expected);
}

/* A report of a device that is not there: it changes nothing, is kept once, and is shown. */
static void test_what_is_refused_unexpectedly_is_put_aside(void **state)
{
	struct daemon *daemon = dry_make(NULL);
	struct engine_report report = {
		.kind = ENGINE_DEVICE, .device = 31, .failed = 1, .text = ""};
	int64_t last = store_last(daemon->store);

	(void)state;
	for (int i = 0; i < 3; i++) {
		report_take(daemon, &report);
		rounds(daemon, 1);
	}
	assert_int_equal(store_last(daemon->store), last);
	dry_end(daemon);
	expect_aside(1);
}

/* A record that cannot be applied stops the recovery each time, and is shown once. */
static void test_a_record_that_stops_the_recovery_is_shown(void **state)
{
	struct daemon *daemon = dry_make(NULL), *again = calloc(1, sizeof(*again));
	struct parc_event event = {.kind = PARC_EVENT_CANCEL, .job.job = 77};
	struct parc_actions none = {0};
	struct parc_err err = {0};

	(void)state;
	event.time_us = daemon->now_us;
	assert_int_equal(store_begin(daemon->store, NULL), 0);
	assert_int_equal(store_append(daemon->store, &event, &none, 0, NULL), 0);
	assert_int_equal(store_commit(daemon->store, NULL), 0);
	dry_end(daemon);
	for (int i = 0; i < 2; i++) {
		assert_int_equal(dry_open(again, NULL, &err), PARC_ERR_CORRUPT);
		assert_non_null(strstr(err.text, "cannot be applied"));
	}
	free(again);
	expect_aside(1);
}

/* Die of an event in a child, as an assertion does. */
static void die_of(const struct parc_event *event)
{
	int status = 0;
	pid_t child = fork();

	if (child == 0) {
		if (tripped_open(dry_data, NULL) != 0)
			_exit(1);
		tripped_begin(event);
		abort();
	}
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_true(WIFSIGNALED(status) && WTERMSIG(status) == SIGABRT);
}

static void test_an_event_that_killed_the_daemon_twice_is_refused(void **state)
{
	struct daemon *daemon = dry_make(NULL);
	struct parc_event event = {.kind = PARC_EVENT_HOLD, .job.job = 1};
	struct parc_event other = {.kind = PARC_EVENT_RELEASE, .job.job = 1};
	struct parc_err err = {0};
	char path[500];

	(void)state;
	dry_submit(daemon, ", \"held\": true", NULL);
	rounds(daemon, 1);
	dry_end(daemon);
	die_of(&event);
	daemon = dry_make(NULL);
	assert_int_equal(daemon_step(daemon, &event, &err), 0); /* once may be by chance */
	rounds(daemon, 1);
	dry_end(daemon);
	event.time_us += 5;
	die_of(&event);
	daemon = dry_make(NULL);
	assert_int_equal(daemon_step(daemon, &event, &err), PARC_ERR_STATE);
	assert_non_null(strstr(err.text, "died of this hold event 2 times"));
	assert_int_equal(daemon_step(daemon, &other, &err), 0);
	rounds(daemon, 1);
	dry_end(daemon);
	snprintf(path, sizeof(path), "%s/" TRIPPED_FILE, dry_data);
	assert_int_equal(unlink(path), 0);
	daemon = dry_make(NULL);
	assert_int_equal(daemon_step(daemon, &event, &err), 0);
	rounds(daemon, 1);
	dry_end(daemon);
}

int main(void)
{
#define TEST(function) cmocka_unit_test_setup_teardown(function, dry_setup, dry_teardown)
	const struct CMUnitTest tests[] = {
		TEST(test_records_go_by_age),
		TEST(test_records_go_by_size),
		TEST(test_rows_of_ended_jobs_go),
		TEST(test_keys_expire),
		TEST(test_what_is_refused_unexpectedly_is_put_aside),
		TEST(test_a_record_that_stops_the_recovery_is_shown),
		TEST(test_an_event_that_killed_the_daemon_twice_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
