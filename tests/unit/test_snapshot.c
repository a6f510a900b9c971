/* SPDX-License-Identifier: Apache-2.0
 *
 * Snapshot files on a disk that fails and loses power: what has a snapshot's name is whole, what
 * was said to be written stays, and what was there before is never lost over it. Each of the
 * writer's syncs is needed: without any one of them a test here fails.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "store/snapshot.h"
#include "support/faulty.h"
#include "support/folder.h"

#define JOBS  3100 /* so many, of a user each, that the file has several pieces */
#define SEEDS 2	   /* of each moment at which the power goes */

static char folder[512];
static struct parc_core *core;

static int core_make(void **state)
{
	struct parc_limits limits = parc_limits_for(4, 32, JOBS);
	struct parc_group group = {
		.task = {.cpu_milli = 1000, .memory_mib = 16}, .tasks_min = 1, .tasks_max = 1};

	(void)state;
	core = parc_core_create(&limits, 7, NULL);
	assert_non_null(core);
	for (int64_t j = 1; j <= JOBS; j++) {
		struct parc_event event = {.time_us = j, .kind = PARC_EVENT_SUBMIT};

		event.submit = (struct parc_submit){
			.job = j, .user = (int32_t)j, .groups_count = 1, .groups = &group};
		assert_int_equal(parc_step(core, &event, NULL, NULL), 0);
	}
	assert_true(parc_state_encode(core, NULL, 0) > 2 * (int64_t)SNAPSHOT_PIECE);
	return 0;
}

static int core_free(void **state)
{
	(void)state;
	parc_core_destroy(core);
	return 0;
}

static int setup(void **state)
{
	const char *base = getenv("TMPDIR");

	(void)state;
	faulty_register();
	faulty_fail_after(0, 0);
	snprintf(folder, sizeof(folder), "%s/parc-snapshot-XXXXXX", base == NULL ? "/tmp" : base);
	return mkdtemp(folder) == NULL;
}

static int teardown(void **state)
{
	(void)state;
	faulty_unwatch();
	faulty_fail_after(0, 0);
	folder_remove(folder);
	return 0;
}

/* Write one, in this process or in a child: 0, or something else. */
static int put(int64_t number, int is_child)
{
	int status = 0;
	pid_t child;

	if (!is_child)
		return snapshot_put(folder, core, number, NULL);
	child = snapshot_put_paced(folder, core, number, NULL);
	assert_true(child > 0);
	assert_int_equal(waitpid(child, &status, 0), child);
	return status;
}

/* The newest that is not above `last` is whole, with nothing damaged passed over: its number. */
static int64_t expect_whole(int64_t last)
{
	struct parc_core *found = NULL;
	int64_t number = -1;
	int32_t broken = -1;

	assert_int_equal(snapshot_get(folder, last, &found, &number, &broken, NULL), 0);
	assert_int_equal(broken, 0);
	if (number == 0)
		return 0;
	assert_int_equal(parc_digest(found), parc_digest(core));
	parc_core_destroy(found);
	return number;
}

static void again(void)
{
	teardown(NULL);
	assert_int_equal(setup(NULL), 0);
}

/* The power goes at each operation of the writer, and after the last. */
static void power_goes(int is_child)
{
	int is_off = 1;

	for (int64_t n = 1; is_off; n++)
		for (uint64_t seed = 1; seed <= SEEDS; seed++) {
			int64_t number;

			faulty_watch();
			assert_int_equal(put(10, is_child), 0);
			faulty_power_off_after(n);
			put(20, is_child);
			is_off = faulty_power_is_off();
			faulty_crash((uint64_t)n * SEEDS + seed);
			number = expect_whole(INT64_MAX);
			assert_true(number == 20 || (number == 10 && is_off));
			assert_int_equal(expect_whole(19), 10);
			snapshot_tidy(folder, 10, 0);
			assert_int_equal(expect_whole(19), 10);
			again();
		}
}

static void test_power_is_lost_while_one_is_written(void **state)
{
	(void)state;
	power_goes(0);
}

static void test_power_is_lost_while_a_child_writes_one(void **state)
{
	(void)state;
	power_goes(1);
}

/* What was removed may be back, whole; what was kept is there. */
static void test_power_is_lost_after_tidying(void **state)
{
	(void)state;
	for (uint64_t seed = 1; seed <= SEEDS; seed++) {
		faulty_watch();
		for (int64_t n = 10; n <= 50; n += 10)
			assert_int_equal(put(n, 0), 0);
		assert_int_equal(snapshot_tidy(folder, 20, 0), 40);
		faulty_crash(seed);
		assert_int_equal(expect_whole(INT64_MAX), 50);
		assert_int_equal(expect_whole(49), 40);
		assert_int_equal(expect_whole(29), 20);
		expect_whole(39);
		expect_whole(19);
		again();
	}
}

/* The nth operation of each kind fails, for each n, and all after it. */
static void each_fails(int kind, int is_child)
{
	int failed = 1;

	for (int64_t n = 1; failed != 0; n++) {
		faulty_watch();
		assert_int_equal(put(10, is_child), 0);
		faulty_fail_after(kind, n);
		failed = put(20, is_child);
		faulty_fail_after(0, 0);
		assert_int_equal(expect_whole(19), 10);
		expect_whole(INT64_MAX);
		assert_true(failed != 0 || expect_whole(INT64_MAX) == 20);
		faulty_crash((uint64_t)n);
		assert_int_equal(expect_whole(19), 10);
		assert_true(expect_whole(INT64_MAX) == 20 || failed != 0);
		/* What a writer left goes, and the next one can be written. */
		snapshot_tidy(folder, 10, 0);
		assert_int_equal(put(30, is_child), 0);
		assert_int_equal(expect_whole(INT64_MAX), 30);
		again();
	}
}

static void test_each_operation_fails(void **state)
{
	static const int kinds[] = {FAULTY_WRITE, FAULTY_FULL, FAULTY_SYNC, FAULTY_NAME};

	(void)state;
	for (int i = 0; i < 4; i++) {
		each_fails(kinds[i], 0);
		each_fails(kinds[i], 1);
	}
}

static void test_a_writer_that_fails_says_why(void **state)
{
	struct parc_err err = {0};

	(void)state;
	faulty_fail_after(FAULTY_FULL, 1);
	assert_int_not_equal(snapshot_put(folder, core, 10, &err), 0);
	faulty_fail_after(0, 0);
	assert_non_null(strstr(err.text, "No space left on device"));
	assert_non_null(strstr(err.text, folder));
}

int main(void)
{
#define TEST(function) cmocka_unit_test_setup_teardown(function, setup, teardown)
	const struct CMUnitTest tests[] = {
		TEST(test_power_is_lost_while_one_is_written),
		TEST(test_power_is_lost_while_a_child_writes_one),
		TEST(test_power_is_lost_after_tidying),
		TEST(test_each_operation_fails),
		TEST(test_a_writer_that_fails_says_why),
	};

	return cmocka_run_group_tests(tests, core_make, core_free);
}
