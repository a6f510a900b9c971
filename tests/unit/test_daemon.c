/* SPDX-License-Identifier: Apache-2.0
 *
 * The daemon in one process, on the dry engine: what a round acknowledged is there after any
 * failure of the disk, recovery from a snapshot and from the whole journal give one state, time
 * never runs backwards, and configurations are read or refused whole.
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

#include "daemon/daemon.h"
#include "store/snapshot.h"
#include "support/faulty.h"

#define JOBS 12 /* in a short life, each in a round of its own */

static char folder[400], data[420], fleet[420], config[420];

static void text_write(const char *path, const char *text)
{
	FILE *out = fopen(path, "w");

	assert_non_null(out);
	fputs(text, out);
	fclose(out);
}

static void folder_remove(const char *path)
{
	pid_t child = fork();

	if (child == 0) {
		execlp("rm", "rm", "-rf", path, (char *)NULL);
		_exit(1);
	}
	waitpid(child, NULL, 0);
}

static int setup(void **state)
{
	const char *base = getenv("TMPDIR");

	(void)state;
	faulty_register();
	faulty_fail_after(0, 0);
	snprintf(folder, sizeof(folder), "%.300s/parc-daemon-XXXXXX", base == NULL ? "/tmp" : base);
	if (mkdtemp(folder) == NULL)
		return 1;
	snprintf(data, sizeof(data), "%s/data", folder);
	snprintf(fleet, sizeof(fleet), "%s/fleet.yaml", folder);
	snprintf(config, sizeof(config), "%s/config.yaml", folder);
	text_write(fleet, "fleet:\n  chips: [{name: A100, memory_gib: 80}]\n"
			  "  nodes: [{name: gpu, cores: 16, memory_gib: 64, pools: [{chip: A100, "
			  "devices: 4}]}]\n");
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	faulty_fail_after(0, 0);
	folder_remove(folder);
	return 0;
}

static int open_daemon(struct daemon *daemon, const char *configuration, struct parc_err *err)
{
	struct daemon_options options = {.directory = data,
					 .fleet = fleet,
					 .config = configuration,
					 .vfs = "faulty",
					 .dry = 1,
					 .jobs_max = 1000,
					 .log = {.file = -1}};

	return daemon_open(daemon, &options, err);
}

static struct daemon *make_daemon(void)
{
	struct daemon *daemon = calloc(1, sizeof(*daemon));
	struct parc_err err = {0};

	assert_non_null(daemon);
	if (open_daemon(daemon, NULL, &err) != 0)
		fail_msg("%s", err.text);
	return daemon;
}

static void end_daemon(struct daemon *daemon)
{
	daemon_close(daemon);
	free(daemon);
}

/* Submit one job with these fields beside the command: its number, or a code. */
static int64_t submit(struct daemon *daemon, const char *fields, struct parc_err *err)
{
	struct daemon_caller caller = {.role = DAEMON_OPERATOR, .user = "root", .id = "uid:0"};
	struct daemon_submission submission = {0};
	char text[400];
	int64_t first = 0;
	int32_t count;
	int code;

	snprintf(text, sizeof(text), "{\"command\": [\"true\"], \"directory\": \"/\"%s}", fields);
	submission.object = json_loads(text, 0, NULL);
	assert_non_null(submission.object);
	code = daemon_submit(daemon, &caller, &submission, &first, &count, err);
	json_decref(submission.object);
	return code == 0 ? first : code;
}

/* Rounds until the job has ended. */
static void live_until_end(struct daemon *daemon, int64_t job)
{
	struct store_job row = {0};
	struct parc_err err = {0};

	while (row.state != PARC_JOB_ENDED) {
		if (daemon_round(daemon, -1, &err) != 0)
			fail_msg("%s", err.text);
		assert_int_equal(store_job_find(daemon->store, job, &row, NULL), 1);
	}
}

static void test_a_job_lives_from_submission_to_end(void **state)
{
	struct daemon *daemon = make_daemon();
	struct store_attempt attempt;
	struct store_job row;

	(void)state;
	assert_int_equal(submit(daemon,
				", \"devices\": 2, \"environment\": {\"PARC_DRY_EXIT\": \"3\"}",
				NULL),
			 1);
	live_until_end(daemon, 1);
	assert_int_equal(store_job_find(daemon->store, 1, &row, NULL), 1);
	assert_int_equal(row.result, PARC_RESULT_FAILED);
	assert_int_equal(row.exit_code, 3);
	assert_int_equal(row.attempts, 1);
	assert_int_equal(store_attempt_find(daemon->store, row.allocation, &attempt, NULL), 1);
	assert_int_equal(attempt.held_milli, 2000);
	assert_int_not_equal(attempt.started_us, 0);
	assert_int_not_equal(attempt.end_us, 0);
	assert_int_equal(parc_count(daemon->core, PARC_COUNT_JOBS), 0);
	end_daemon(daemon);
}

static void test_what_is_stopped_has_the_result_it_was_stopped_for(void **state)
{
	struct daemon *daemon = make_daemon();
	struct parc_event event = {.kind = PARC_EVENT_CANCEL, .job.job = 1};
	struct store_job row;

	(void)state;
	submit(daemon, ", \"environment\": {\"PARC_DRY_S\": \"1000\"}", NULL);
	daemon_round(daemon, 0, &(struct parc_err){0});
	assert_int_equal(daemon_step(daemon, &event, NULL), 0);
	live_until_end(daemon, 1);
	store_job_find(daemon->store, 1, &row, NULL);
	assert_int_equal(row.result, PARC_RESULT_CANCELLED);
	end_daemon(daemon);
}

/* The state after recovery is that of the journal decided anew, and all invariants hold. */
static void expect_recovered(int64_t acknowledged)
{
	struct daemon *daemon = make_daemon();
	struct parc_err err = {0};
	struct store_job row;

	for (int64_t j = 1; j <= acknowledged; j++)
		assert_int_equal(store_job_find(daemon->store, j, &row, NULL), 1);
	assert_true(daemon->next_job >= acknowledged + 1);
	assert_true(daemon->next_job <= acknowledged + 2);
	if (parc_core_check(daemon->core, &err) != 0)
		fail_msg("%s", err.text);
	end_daemon(daemon);
}

/* A short life in which something fails: how many submissions a round acknowledged. */
static int64_t live_while_it_lasts(void)
{
	struct daemon *daemon = calloc(1, sizeof(*daemon));
	struct parc_err err = {0};
	int64_t acknowledged = 0;
	int code = open_daemon(daemon, NULL, &err);

	while (code == 0 && acknowledged < JOBS) {
		int64_t job = submit(daemon, ", \"devices\": 1", &err);

		code = daemon_round(daemon, 0, &err);
		if (code == 0) {
			assert_int_equal(job, acknowledged + 1);
			acknowledged++;
		} else {
			assert_int_equal(daemon_round(daemon, 0, &err), code);
		}
	}
	if (daemon->core != NULL)
		daemon_close(daemon);
	free(daemon);
	return acknowledged;
}

static void each_fails(int kind)
{
	int64_t lived = 0;

	for (int64_t n = 1; lived < JOBS; n += 1 + n / 8) {
		faulty_fail_after(kind, n);
		lived = live_while_it_lasts();
		faulty_fail_after(0, 0);
		expect_recovered(lived);
		folder_remove(data);
	}
}

static void test_each_write_fails(void **state)
{
	(void)state;
	each_fails(FAULTY_WRITE);
}

static void test_each_sync_fails(void **state)
{
	(void)state;
	each_fails(FAULTY_SYNC);
}

static void test_the_disk_is_full(void **state)
{
	(void)state;
	each_fails(FAULTY_FULL);
}

static void test_a_snapshot_gives_what_the_journal_gives(void **state)
{
	struct daemon *daemon = make_daemon();
	struct parc_err err = {0};
	uint64_t digest;
	int64_t last;
	char path[500];

	(void)state;
	for (int i = 0; i < 5; i++)
		submit(daemon, ", \"held\": true, \"devices\": 1", NULL);
	assert_int_equal(daemon_round(daemon, 0, &err), 0);
	last = store_last(daemon->store);
	assert_int_equal(snapshot_put(data, daemon->core, last, NULL), 0);
	submit(daemon, ", \"held\": true, \"devices\": 2", NULL);
	assert_int_equal(daemon_round(daemon, 0, &err), 0);
	digest = parc_digest(daemon->core);
	end_daemon(daemon);
	daemon = make_daemon();
	assert_int_equal(daemon->snapshot_number, last);
	assert_int_equal(parc_digest(daemon->core), digest);
	end_daemon(daemon);
	snprintf(path, sizeof(path), "%s/snapshot-%lld.parc", data, (long long)last);
	assert_int_equal(truncate(path, 100), 0);
	daemon = make_daemon();
	assert_int_equal(daemon->snapshot_number, 0);
	assert_int_equal(parc_digest(daemon->core), digest);
	end_daemon(daemon);
}

static void test_time_does_not_run_backwards(void **state)
{
	struct daemon *daemon = make_daemon();
	int64_t later_us = daemon->now_us + INT64_C(3600000000);

	(void)state;
	daemon->now_us = later_us;
	submit(daemon, ", \"held\": true", NULL);
	assert_int_equal(store_commit(daemon->store, NULL), 0);
	end_daemon(daemon);
	daemon = make_daemon();
	assert_true(daemon->now_us >= later_us);
	assert_true(wall_ahead_us(&daemon->wall) < 0);
	end_daemon(daemon);
}

static void test_what_cannot_be_submitted_leaves_no_trace(void **state)
{
	struct daemon *daemon = make_daemon();
	struct parc_err err = {0};
	int64_t last = store_last(daemon->store);

	(void)state;
	assert_true(submit(daemon, ", \"after\": [7]", &err) < 0);
	assert_true(submit(daemon, ", \"chips\": [\"none\"]", &err) < 0);
	assert_true(submit(daemon, ", \"array\": {\"count\": 5000}", &err) < 0);
	assert_true(submit(daemon, ", \"tenant\": \"nobody\"", &err) < 0);
	assert_int_equal(daemon_round(daemon, 0, &err), 0);
	assert_int_equal(store_last(daemon->store), last);
	assert_int_equal(store_job_last(daemon->store), 0);
	assert_int_equal(submit(daemon, "", &err), 1);
	end_daemon(daemon);
}

static int say(struct daemon *daemon, int is_checkpoint, int64_t done, int64_t total)
{
	struct daemon_progress said = {.job = 1,
				       .key = {.allocation = 1, .attempt = 1},
				       .is_checkpoint = is_checkpoint,
				       .is_until_now = done < 0,
				       .amount = {done < 0 ? 0 : done * 1000000, total * 1000000},
				       .time_us = daemon->now_us};

	return daemon_progress(daemon, &said, NULL);
}

static void test_progress_in_a_unit_of_its_own_is_work_of_the_length_it_gave(void **state)
{
	struct daemon *daemon = make_daemon();
	struct store_progress row;
	struct parc_err err = {0};
	int64_t last;

	(void)state;
	submit(daemon, ", \"expected_s\": 200, \"environment\": {\"PARC_DRY_S\": \"1000\"}", NULL);
	daemon_round(daemon, 0, &err);
	assert_int_equal(say(daemon, 0, 10, 40), 0);
	last = store_last(daemon->store);
	assert_int_equal(say(daemon, 0, 10, 40), 0);
	assert_int_equal(store_last(daemon->store), last); /* nothing new */
	assert_int_equal(say(daemon, 1, -1, 0), 0);	   /* of what progress said */
	assert_int_equal(say(daemon, 0, 30, 40), 0);
	assert_int_equal(say(daemon, 1, 20, 40), 0); /* begun before: progress stays */
	assert_int_equal(store_progress_find(daemon->store, 1, &row, NULL), 1);
	assert_int_equal(row.kept.done, 20000000);
	assert_int_equal(row.kept.work_us, 100000000);
	assert_int_equal(row.now.done, 30000000);
	assert_int_equal(say(daemon, 0, 50, 40), PARC_ERR_INVALID);
	assert_int_equal(say(daemon, 0, 2000000000, 0), PARC_ERR_INVALID);
	assert_int_equal(daemon_round(daemon, 0, &err), 0);
	end_daemon(daemon);
}

static void test_an_attempt_that_is_over_reports_nothing(void **state)
{
	struct daemon *daemon = make_daemon();
	struct store_progress row;

	(void)state;
	submit(daemon, "", NULL);
	live_until_end(daemon, 1);
	assert_int_equal(say(daemon, 0, 1, 2), PARC_ERR_UNKNOWN);
	assert_int_equal(store_progress_find(daemon->store, 1, &row, NULL), 0);
	end_daemon(daemon);
}

static void test_configurations(void **state)
{
	static const struct {
		const char *text, *refusal; /* NULL: it is read */
	} cases[] = {
		{"serve: {}", NULL},
		{"serve: {policy: {order: shortest, backfill: conservative, grace_s: 5}}", NULL},
		{"serve: {tenants: [{name: a}, {name: b, parent: a, users: [x, y]}]}", NULL},
		{"serve: {tenants: [{name: default, weight: 3}]}", NULL},
		{"serve: {operators: [x]}", NULL},
		{"serve: {policy: {idle: 10m, idle_act: stop, rights: {2: [0]}}}", NULL},
		{"fleet: {}", "no key \"fleet\""},
		{"serve: {policy: {order: best}}", "expected fifo, shortest"},
		{"serve: {policy: {epoch_s: 0}}", "epoch_s"},
		{"serve: {policy: {epoch: 5 days}}", "epoch"},
		{"serve: {policy: there-is-none.yaml}", "there-is-none.yaml"},
		{"serve: {tenants: [{weight: 3}]}", "name"},
		{"serve: {tenants: [{name: a}, {name: a}]}", "stands twice"},
		{"serve: {tenants: [{name: b, parent: a}, {name: a}]}", "no tenant above"},
		{"serve: {tenants: [{name: a, weight: 0}]}", "weight"},
		{"serve: {operators: {x: y}}", "users"},
		{"serve: [", ""},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct config read;
		struct parc_err err = {0};
		int code;

		text_write(config, cases[i].text);
		code = config_read(&read, config, &err);
		config_deinit(&read);
		if ((code != 0) != (cases[i].refusal != NULL))
			fail_msg("%s: %s", cases[i].text, err.text);
		if (cases[i].refusal != NULL && strstr(err.text, cases[i].refusal) == NULL)
			fail_msg("%s: '%s' lacks '%s'", cases[i].text, err.text, cases[i].refusal);
	}
}

int main(void)
{
#define TEST(function) cmocka_unit_test_setup_teardown(function, setup, teardown)
	const struct CMUnitTest tests[] = {
		TEST(test_a_job_lives_from_submission_to_end),
		TEST(test_what_is_stopped_has_the_result_it_was_stopped_for),
		TEST(test_each_write_fails),
		TEST(test_each_sync_fails),
		TEST(test_the_disk_is_full),
		TEST(test_a_snapshot_gives_what_the_journal_gives),
		TEST(test_time_does_not_run_backwards),
		TEST(test_what_cannot_be_submitted_leaves_no_trace),
		TEST(test_progress_in_a_unit_of_its_own_is_work_of_the_length_it_gave),
		TEST(test_an_attempt_that_is_over_reports_nothing),
		TEST(test_configurations),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
