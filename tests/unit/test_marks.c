/* SPDX-License-Identifier: Apache-2.0
 *
 * Periods: what a fleet of four devices had between two moments, to the microsecond: within what
 * happened, over hours in which nothing did, after a restart, and when only full hours are left.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "daemon/act.h"
#include "support/dry.h"

#define SECOND INT64_C(1000000)
#define HOUR   (3600 * SECOND)
#define HELD   (1000 * SECOND) /* of one device in a second */

static int64_t begin_us; /* a full hour */

static void come_to(struct daemon *daemon, int64_t s)
{
	daemon->now_us = begin_us + s * SECOND;
}

static void step(struct daemon *daemon, int64_t s, int32_t kind, int64_t job)
{
	struct parc_event event = {.kind = kind, .job.job = job};
	struct parc_err err = {0};

	come_to(daemon, s);
	if (daemon_step(daemon, &event, &err) != 0 || store_commit(daemon->store, &err) != 0)
		fail_msg("%s", err.text);
}

/* Start a job of so many devices at `s`; it runs until it is ended. */
static int64_t start(struct daemon *daemon, int64_t s, const char *fields)
{
	int64_t job;

	come_to(daemon, s);
	job = dry_submit(daemon, fields, NULL);
	assert_true(job > 0);
	assert_int_equal(store_commit(daemon->store, NULL), 0);
	return job;
}

static void end(struct daemon *daemon, int64_t s, int64_t job)
{
	struct parc_job_info info;
	struct engine_report report = {
		.kind = ENGINE_ENDED, .result = PARC_RESULT_OK, .busy_us = -1, .text = ""};

	assert_int_equal(parc_job_info(daemon->core, job, &info), 0);
	report.key = (struct engine_key){info.allocation, info.attempt};
	come_to(daemon, s);
	report_take(daemon, &report);
	assert_int_equal(store_commit(daemon->store, NULL), 0);
}

/* Between the two moments so much was held, by the default tenant, and all adds up. */
static void expect(struct daemon *daemon, int64_t from_s, int64_t to_s, int64_t held)
{
	struct marks_period period;
	struct store_usage usage;
	struct parc_err err = {0};
	__int128 sum = 0, allocated = 0;

	if (marks_period(daemon, begin_us + from_s * SECOND, begin_us + to_s * SECOND, &period,
			 &err) != 0)
		fail_msg("%s", err.text);
	for (int i = 0; i < PARC_LEDGER_COUNT; i++) {
		sum += period.amount.ledger[i];
		allocated += i >= PARC_LEDGER_STARTING ? period.amount.ledger[i] : 0;
		assert_true(period.amount.ledger[i] >= 0 || i == PARC_LEDGER_FREE_UNATTRIBUTED);
	}
	assert_int_equal(period.from_us, begin_us + from_s * SECOND);
	assert_int_equal(period.to_us, begin_us + to_s * SECOND);
	assert_true(period.amount.capacity == (to_s - from_s) * 4 * HELD);
	assert_true(sum == period.amount.capacity);
	assert_true(allocated == held);
	assert_int_equal(marks_tenant(daemon, &period, 1, &usage, &err), 0);
	assert_true(usage.held == held);
}

static struct daemon *make(void)
{
	struct daemon *daemon = dry_make(NULL);

	begin_us = (daemon->now_us / HOUR + 2) * HOUR;
	return daemon;
}

static void test_minutes_are_exact(void **state)
{
	struct daemon *daemon = make();
	int64_t job, other;

	(void)state;
	job = start(daemon, 10, ", \"devices\": 2");
	other = start(daemon, 90, ", \"devices\": 1");
	end(daemon, 130, job);
	end(daemon, 131, other);
	step(daemon, 250, PARC_EVENT_TIME, 0);
	expect(daemon, 0, 60, 100 * HELD);
	expect(daemon, 60, 120, 120 * HELD + 30 * HELD);
	expect(daemon, 120, 180, 20 * HELD + 11 * HELD);
	expect(daemon, 0, 250, 240 * HELD + 41 * HELD);
	expect(daemon, 240, 250, 0);
	dry_end(daemon);
}

static void test_hours_in_which_nothing_happens_are_exact(void **state)
{
	struct daemon *daemon = make();
	int64_t job = start(daemon, 30, ", \"devices\": 3");

	(void)state;
	step(daemon, 40000, PARC_EVENT_TIME, 0);
	expect(daemon, 7201, 7301, 300 * HELD);
	expect(daemon, 60, 39961, 39901 * 3 * HELD);
	dry_end(daemon);
	daemon = dry_make(NULL); /* the dry engine has lost it, which nobody says here */
	step(daemon, 41000, PARC_EVENT_TIME, 0);
	expect(daemon, 39990, 40980, 990 * 3 * HELD);
	end(daemon, 41001, job);
	step(daemon, 42000, PARC_EVENT_TIME, 0);
	expect(daemon, 40980, 41040, 21 * 3 * HELD);
	dry_end(daemon);
}

static void test_hours_stay_when_minutes_go(void **state)
{
	struct daemon *daemon = make();
	struct store_mark mark;
	int64_t day_s = 86400, job;

	(void)state;
	job = start(daemon, 0, ", \"devices\": 1");
	for (int64_t s = 60; s <= 7200; s += 60)
		step(daemon, s, PARC_EVENT_TIME, 0);
	end(daemon, 7230, job);
	assert_int_equal(store_mark_find(daemon->store, begin_us + 660 * SECOND, 0, &mark, NULL),
			 1);
	assert_int_equal(mark.time_us, begin_us + 660 * SECOND);
	for (int64_t s = 2 * day_s; s <= 2 * day_s + 10800; s += 600)
		step(daemon, s, PARC_EVENT_TIME, 0);
	assert_int_equal(store_mark_find(daemon->store, begin_us + 660 * SECOND, 0, &mark, NULL),
			 1);
	assert_int_equal(mark.time_us, begin_us);
	expect(daemon, 0, 3600, 3600 * HELD);
	expect(daemon, 3600, 7200, 3600 * HELD);
	expect(daemon, 7200, 2 * day_s, 30 * HELD);
	dry_end(daemon);
}

static void test_periods_that_cannot_be(void **state)
{
	struct daemon *daemon = make();
	struct marks_period period;
	struct parc_err err = {0};

	(void)state;
	step(daemon, 0, PARC_EVENT_TIME, 0);
	step(daemon, 600, PARC_EVENT_TIME, 0);
	assert_int_equal(marks_period(daemon, begin_us + 300 * SECOND, begin_us + 60 * SECOND,
				      &period, &err),
			 PARC_ERR_INVALID);
	assert_int_equal(marks_period(daemon, 1, 0, &period, &err), 0); /* before the first mark */
	assert_true(period.from_us <= begin_us);
	assert_int_equal(marks_period(daemon, 0, 0, &period, &err), 0);
	assert_int_equal(period.from_us, 0);
	assert_int_equal(period.to_us, begin_us + 600 * SECOND);
	dry_end(daemon);
}

int main(void)
{
#define TEST(function) cmocka_unit_test_setup_teardown(function, dry_setup, dry_teardown)
	const struct CMUnitTest tests[] = {
		TEST(test_minutes_are_exact),
		TEST(test_hours_in_which_nothing_happens_are_exact),
		TEST(test_hours_stay_when_minutes_go),
		TEST(test_periods_that_cannot_be),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
