/* SPDX-License-Identifier: Apache-2.0
 *
 * The local engine with real processes: how jobs run and end, what they are told and say, and that
 * nothing of them is left.
 */
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include <cmocka.h>

#include "support/attempts.h"

static int start_engine(void **state, int without_groups)
{
	struct attempts *attempts = calloc(1, sizeof(*attempts));

	assert_non_null(attempts);
	attempts->options.without_groups = without_groups;
	attempts_init(attempts);
	*state = attempts;
	return 0;
}

static int set_up(void **state)
{
	return start_engine(state, 0);
}

static int set_up_bare(void **state)
{
	return start_engine(state, 1);
}

static int tear_down(void **state)
{
	attempts_deinit(*state);
	free(*state);
	return 0;
}

static void await_end(struct attempts *attempts, int64_t allocation, struct engine_report *report)
{
	assert_true(attempts_await_kind(attempts, ENGINE_ENDED, allocation, report));
}

static void forget(struct attempts *attempts, int64_t allocation)
{
	attempts->engine.calls->forget(attempts->engine.self,
				       (struct engine_key){.allocation = allocation, .attempt = 1});
}

static void test_a_job_runs_and_its_exit_code_is_told(void **state)
{
	struct attempts *attempts = *state;
	struct engine_report report;

	attempts_start(attempts, &(struct attempts_job){.allocation = 1, .script = "exit 7"});
	assert_true(attempts_await(attempts, &report));
	assert_int_equal(report.kind, ENGINE_STARTED);
	assert_true(attempts_await(attempts, &report));
	assert_int_equal(report.kind, ENGINE_READY);
	await_end(attempts, 1, &report);
	assert_int_equal(report.result, PARC_RESULT_FAILED);
	assert_int_equal(report.exit_code, 7);
	assert_int_equal(report.signal, 0);
	assert_string_equal(report.text, "exit code 7");

	attempts_start(attempts, &(struct attempts_job){.allocation = 2, .script = "exit 0"});
	await_end(attempts, 2, &report);
	assert_int_equal(report.result, PARC_RESULT_OK);
	assert_int_equal(report.exit_code, 0);
	assert_string_equal(report.text, "");
	assert_true(report.wall_us > 0);

	attempts_start(attempts,
		       &(struct attempts_job){.allocation = 3, .script = "kill -SEGV $$"});
	await_end(attempts, 3, &report);
	assert_int_equal(report.result, PARC_RESULT_FAILED);
	assert_int_equal(report.exit_code, -1);
	assert_int_equal(report.signal, SIGSEGV);
}

static void test_a_job_has_its_directory_environment_and_output(void **state)
{
	struct attempts *attempts = *state;
	struct engine_report report;

	attempts_start(attempts,
		       &(struct attempts_job){.allocation = 5,
					      .tasks = 2,
					      .script = "pwd; echo $LANG $PARC_JOB "
							"$PARC_ALLOCATION $PARC_ATTEMPT "
							"$PARC_TASK/$PARC_TASKS; echo oops >&2"});
	await_end(attempts, 5, &report);
	assert_int_equal(report.result, PARC_RESULT_OK);
	assert_string_equal(strchr(attempts_read(attempts, "engine/output/5.1.out"), '\n'),
			    "\nC 5 5 1 0/2\noops\n");
	assert_string_equal(strchr(attempts_read(attempts, "engine/output/5.1.out.1"), '\n'),
			    "\nC 5 5 1 1/2\noops\n");
	forget(attempts, 5);
	/* What it wrote stays when the claim is gone. */
	assert_int_equal(attempts_count_lines(attempts, "engine/output/5.1.out"), 3);
}

static void test_a_job_has_the_limits_that_it_gave(void **state)
{
	const struct engine_limit limits[] = {{.resource = RLIMIT_NOFILE, .soft = 33, .hard = 44},
					      {.resource = RLIMIT_CORE, .soft = 0, .hard = 0}};
	struct attempts *attempts = *state;
	struct engine_report report;

	attempts_start(attempts,
		       &(struct attempts_job){.allocation = 1,
					      .limits = limits,
					      .limits_count = 2,
					      .script = "ulimit -Sn; ulimit -Hn; ulimit -c"});
	await_end(attempts, 1, &report);
	assert_string_equal(attempts_read(attempts, "engine/output/1.1.out"), "33\n44\n0\n");
}

static void test_what_cannot_run_says_why(void **state)
{
	struct attempts *attempts = *state;
	struct engine_report report;

	attempts_start(attempts,
		       &(struct attempts_job){.allocation = 1, .command = "no-such-command"});
	assert_true(attempts_await(attempts, &report));
	assert_int_equal(report.kind, ENGINE_ENDED); /* and no STARTED before it */
	assert_int_equal(report.result, PARC_RESULT_FAILED);
	assert_int_equal(report.exit_code, 127);
	assert_string_equal(report.text, "its command cannot be run: no-such-command: "
					 "No such file or directory");

	attempts_start(attempts, &(struct attempts_job){.allocation = 2,
							.script = "true",
							.directory = "/no/such/place"});
	assert_true(attempts_await(attempts, &report));
	assert_int_equal(report.kind, ENGINE_ENDED);
	assert_int_equal(report.result, PARC_RESULT_FAILED);
	assert_string_equal(report.text, "its directory cannot be entered: /no/such/place: "
					 "No such file or directory");
}

static void test_a_request_that_makes_no_sense_is_refused(void **state)
{
	struct attempts *attempts = *state;
	const char *const command[] = {"true", NULL}, *const none[] = {NULL};
	const char *const *const commands[] = {command, none}, *const *const nothing[] = {none};
	const int32_t second = 1, third = 2;
	const char *const broken[] = {"novalue", NULL};
	struct parc_placement placement = {.node = 1, .variant = -1};
	struct engine_work good = {.key = {.allocation = 1, .attempt = 1},
				   .uid = geteuid(),
				   .gid = getegid(),
				   .directory = "/",
				   .commands = commands,
				   .commands_count = 1,
				   .environment = none,
				   .placements_count = 1,
				   .placements = &placement};
	const struct engine_limit limits[] = {{.resource = RLIMIT_NOFILE, .soft = 20, .hard = 10}};
	struct engine_work bad[12];
	struct parc_err err;

	for (int i = 0; i < 12; i++)
		bad[i] = good;
	bad[0].commands = nothing;
	bad[1].environment = broken;
	bad[2].directory = "here";
	bad[3].output = "out.txt";
	bad[4].key.allocation = 0;
	bad[5].placements_count = 0;
	bad[6].placements_count = 100000;
	bad[7].uid = UINT32_MAX;
	bad[8].limits = limits;
	bad[8].limits_count = 1;
	bad[9].commands_count = 0;
	bad[10].commands_count = 2;
	bad[10].choices = &second;
	bad[11].choices = &third;
	for (int i = 0; i < 12; i++) {
		err = (struct parc_err){0};
		assert_int_equal(
			attempts->engine.calls->start(attempts->engine.self, &bad[i], &err),
			PARC_ERR_INVALID);
		assert_true(err.text[0] != '\0');
	}
}

/* ---- Stopping */

static int stop(struct attempts *attempts, int64_t allocation, int64_t grace_us, int why)
{
	return attempts->engine.calls->stop(
		attempts->engine.self, (struct engine_key){.allocation = allocation, .attempt = 1},
		grace_us, why, NULL);
}

static void test_a_stop_gives_grace_and_tells_the_job(void **state)
{
	struct attempts *attempts = *state;
	struct engine_report report;

	attempts_start(attempts,
		       &(struct attempts_job){
			       .allocation = 1,
			       .script = "trap 'cat <&4; echo checkpoint 12.5 >&3; exit 3' TERM\n"
					 "echo progress 1 >&3; while :; do sleep 0.01; done"});
	assert_true(attempts_await_kind(attempts, ENGINE_PROGRESS, 1, &report));
	assert_int_equal(report.amount.done, 1000000);
	assert_int_equal(report.amount.total, 0);
	assert_int_equal(stop(attempts, 1, 60000000, PARC_RESULT_PREEMPTED), 0);
	assert_true(attempts_await_kind(attempts, ENGINE_CHECKPOINT, 1, &report));
	assert_int_equal(report.amount.done, 12500000);
	await_end(attempts, 1, &report);
	assert_int_equal(report.stopped, 1);
	assert_int_equal(report.exit_code, 3);
	assert_string_equal(report.text, "stopped");
	assert_non_null(strstr(attempts_read(attempts, "engine/output/1.1.out"),
			       "stop preempted grace_us=60000000\n"));
	assert_int_equal(stop(attempts, 1, 0, PARC_RESULT_CANCELLED), 0);
	assert_int_equal(stop(attempts, 2, 0, PARC_RESULT_CANCELLED), PARC_ERR_UNKNOWN);
}

static void test_a_job_that_does_not_listen_is_killed_with_all_it_started(void **state)
{
	struct attempts *attempts = *state;
	struct engine_report report;

	attempts_start(attempts,
		       &(struct attempts_job){
			       .allocation = 1,
			       .script = "trap '' TERM; setsid sh -c 'trap \"\" TERM; "
					 "while :; do sleep 0.05; echo >>$FOLDER/alive; done' &\n"
					 "echo progress 1 >&3; while :; do sleep 0.05; done"});
	assert_true(attempts_await_kind(attempts, ENGINE_PROGRESS, 1, &report));
	assert_int_equal(stop(attempts, 1, 1000, PARC_RESULT_CANCELLED), 0);
	await_end(attempts, 1, &report);
	assert_int_equal(report.signal, SIGKILL);
	assert_string_equal(report.text, "stopped; killed when its grace was over");
}

static void test_what_a_job_leaves_behind_ends_with_it(void **state)
{
	struct attempts *attempts = *state;
	struct engine_report report;
	char path[ATTEMPTS_PATH];
	int pid;

	attempts_start(attempts, &(struct attempts_job){.allocation = 1,
							.script = "setsid sleep 1000 & echo $! "
								  ">$FOLDER/pid; exit 0"});
	await_end(attempts, 1, &report);
	assert_int_equal(report.result, PARC_RESULT_OK);
	pid = (int)strtol(attempts_read(attempts, "pid"), NULL, 10);
	assert_true(pid > 0);
	snprintf(path, sizeof(path), "/proc/%d/cwd", pid);
	assert_int_equal(access(path, F_OK), -1);
}

static void test_a_gang_ends_when_one_of_its_tasks_fails(void **state)
{
	struct attempts *attempts = *state;
	struct engine_report report;

	attempts_start(attempts, &(struct attempts_job){
					 .allocation = 1,
					 .tasks = 3,
					 .grace_us = 30000000,
					 .script = "[ $PARC_TASK = 1 ] && exit 9; trap 'exit 0' "
						   "TERM; while :; do sleep 0.01; done"});
	await_end(attempts, 1, &report);
	assert_int_equal(report.result, PARC_RESULT_FAILED);
	assert_int_equal(report.exit_code, 9);
	assert_int_equal(report.stopped, 0);
	assert_string_equal(report.text, "task 1: exit code 9");
}

/* ---- Reports */

static void test_only_reports_that_make_sense_count(void **state)
{
	struct attempts *attempts = *state;
	struct engine_report report;

	attempts_start(
		attempts,
		&(struct attempts_job){
			.allocation = 1,
			.script =
				"printf 'progress\\nprogress -1\\nprogress 1x\\nprogress "
				"1.1234567\\nprogress 12345678901\\nfoo\\n\\nprogress  2\\n' >&3\n"
				"printf 'progress 3/2\\nprogress 1/0\\nprogress 101%%\\n' >&3\n"
				"printf 'progress %%\\nprogress 1/2/3\\nprogress /2\\n' >&3\n"
				"head -c 3000 /dev/zero | tr '\\0' a >&3; echo >&3\n"
				"printf 'progress 2.25\\ncheckpoint 1\\n' >&3"});
	await_end(attempts, 1, &report);
	assert_int_equal(attempts->counts[ENGINE_PROGRESS], 1);
	assert_int_equal(attempts->counts[ENGINE_CHECKPOINT], 1);
	assert_non_null(
		strstr(attempts_read(attempts, "engine/claims/1.1/said"),
		       "\nprogress_done 2250000\nprogress_total 0\ncheckpoint_done 1000000\n"
		       "checkpoint_total 0\nrefused 15\n"));
}

/* In a unit of the job's own; the next attempt begins with what the checkpoint kept. The jobs end
 * at once: what they said last is not lost. */
static void test_a_job_counts_in_its_own_unit(void **state)
{
	struct attempts *attempts = *state;
	struct engine_report report;
	struct attempts_job job = {.allocation = 1,
				   .script = "echo $PARC_DONE/$PARC_TOTAL; echo progress 30% >&3; "
					     "echo progress 12.5/50 >&3; echo checkpoint >&3"};

	attempts_start(attempts, &job);
	assert_true(attempts_await_kind(attempts, ENGINE_CHECKPOINT, 1, &report));
	assert_int_equal(report.amount.done, 12500000);
	assert_int_equal(report.amount.total, 50000000);
	await_end(attempts, 1, &report);
	assert_string_equal(attempts_read(attempts, "engine/output/1.1.out"), "0/0\n");
	job.allocation = 2;
	job.script = "echo $PARC_DONE/$PARC_TOTAL $PARC_WORK_US; echo checkpoint >&3";
	job.kept = (struct engine_amount){12500000, 50000000};
	job.work_us = 7;
	attempts_start(attempts, &job);
	assert_true(attempts_await_kind(attempts, ENGINE_CHECKPOINT, 2, &report));
	assert_int_equal(report.amount.done, 12500000);
	assert_int_equal(report.amount.total, 50000000);
	await_end(attempts, 2, &report);
	assert_string_equal(attempts_read(attempts, "engine/output/2.1.out"), "12.5/50 7\n");
}

static void test_a_flood_of_reports_does_not_hold_the_job_up(void **state)
{
	struct attempts *attempts = *state;
	struct engine_report report;

	attempts_start(attempts,
		       &(struct attempts_job){.allocation = 1,
					      .script = "yes progress 5 2>/dev/null | head "
							"-c 1000000 >&3; exit 0"});
	await_end(attempts, 1, &report);
	assert_true(report.result == PARC_RESULT_OK || report.result == PARC_RESULT_FAILED);
}

/* ---- Restarts */

/* What the engine says of its one attempt. */
static int32_t listed(struct attempts *attempts)
{
	struct engine_entry entries[4];
	const struct engine_key none = {0};

	assert_int_equal(attempts->engine.calls->list(attempts->engine.self, none, entries, 4), 1);
	return entries[0].state;
}

static void test_what_ended_while_nobody_listened_is_told(void **state)
{
	struct attempts *attempts = *state;
	struct engine_report report;
	struct engine_entry entries[4];
	const struct engine_key none = {0};

	attempts_start(attempts,
		       &(struct attempts_job){.allocation = 1,
					      .script = "mkfifo $FOLDER/way; echo progress 1 "
							">&3; read word <$FOLDER/way; exit 4"});
	assert_true(attempts_await_kind(attempts, ENGINE_PROGRESS, 1, &report));
	attempts_close(attempts);
	attempts_open(attempts);
	assert_int_equal(listed(attempts), ENGINE_RUNNING);
	assert_true(attempts_await_kind(attempts, ENGINE_READY, 1, &report));
	assert_int_equal(listed(attempts), ENGINE_RUNNING);
	attempts_close(attempts);
	attempts->counts[ENGINE_PROGRESS] = 0;
	{
		char path[ATTEMPTS_PATH + 8];
		FILE *way;

		snprintf(path, sizeof(path), "%s/way", attempts->folder);
		way = fopen(path, "w");
		assert_non_null(way);
		fprintf(way, "go\n");
		fclose(way);
	}
	attempts_open(attempts);
	await_end(attempts, 1, &report);
	assert_int_equal(report.exit_code, 4);
	assert_int_equal(attempts->counts[ENGINE_PROGRESS], 0); /* it was told before */
	attempts_close(attempts);
	attempts_open(attempts);
	/* Known at once: a daemon that committed the end and died before it said so must not take
	 * the attempt for one that runs and that nobody knows of. */
	assert_int_equal(listed(attempts), ENGINE_OVER);
	await_end(attempts, 1, &report); /* again, as nobody said that it was heard */
	assert_int_equal(report.exit_code, 4);
	assert_int_equal(listed(attempts), ENGINE_OVER);
	forget(attempts, 1);
	assert_int_equal(attempts->engine.calls->list(attempts->engine.self, none, entries, 4), 0);
}

static void test_an_attempt_starts_once_however_often_it_is_asked_for(void **state)
{
	struct attempts *attempts = *state;
	const struct attempts_job job = {.allocation = 1, .script = "echo >>$FOLDER/runs"};
	struct engine_report report;

	attempts_start(attempts, &job);
	attempts_start(attempts, &job);
	attempts_close(attempts);
	attempts_open(attempts);
	attempts_start(attempts, &job);
	await_end(attempts, 1, &report);
	attempts_start(attempts, &job);
	attempts_close(attempts);
	attempts_open(attempts);
	attempts_start(attempts, &job);
	await_end(attempts, 1, &report);
	assert_int_equal(attempts_count_lines(attempts, "runs"), 1);
}

static void test_a_killed_supervisor_is_replaced_and_the_job_goes_on(void **state)
{
	struct attempts *attempts = *state;
	struct engine_report report;

	attempts_start(attempts,
		       &(struct attempts_job){
			       .allocation = 1,
			       .script =
				       "echo >>$FOLDER/runs; trap 'echo checkpoint 5 >&3; exit 0' "
				       "TERM; echo progress 1 >&3; while :; do sleep 0.01; done"});
	assert_true(attempts_await_kind(attempts, ENGINE_PROGRESS, 1, &report));
	assert_int_equal(attempts_kill_supervisor(attempts, 1), 1);
	assert_int_equal(stop(attempts, 1, 30000000, PARC_RESULT_CANCELLED), 0);
	assert_true(attempts_await_kind(attempts, ENGINE_CHECKPOINT, 1, &report));
	await_end(attempts, 1, &report);
	assert_int_equal(report.stopped, 1);
	/* How it ended only newer kernels tell; that it ended, all. */
	assert_true(report.result == PARC_RESULT_OK || report.result == PARC_RESULT_LOST);
	assert_int_equal(attempts_count_lines(attempts, "runs"), 1);
}

static void test_a_supervisor_may_die_at_any_point(void **state)
{
	static const int points[] = {1, 10, 11, 12, 13, 30, 31};
	struct attempts *attempts = *state;
	struct engine_report report;
	char name[32];

	for (size_t i = 0; i < sizeof(points) / sizeof(points[0]); i++) {
		int64_t allocation = 1 + (int64_t)i;

		attempts_plan_death(attempts, points[i]);
		attempts_start(attempts, &(struct attempts_job){
						 .allocation = allocation,
						 .script = "echo >>$FOLDER/runs.$PARC_ALLOCATION"});
		await_end(attempts, allocation, &report);
		if (points[i] != 31) /* its end is told a moment before */
			assert_false(attempts_is_death_planned(attempts));
		snprintf(name, sizeof(name), "runs.%d", (int)allocation);
		/* Before `started` is written the next one starts it; from then on none does. */
		if (points[i] <= 11 || points[i] >= 30)
			assert_int_equal(attempts_count_lines(attempts, name), 1);
		else
			assert_true(attempts_count_lines(attempts, name) <= 1);
		if (points[i] == 12) /* never let go: it did not run, and is not run again */
			assert_int_equal(attempts_count_lines(attempts, name), 0);
		assert_true(report.result == PARC_RESULT_OK || report.result == PARC_RESULT_LOST);
		forget(attempts, allocation);
	}
}

/* ---- Users */

static void test_a_job_runs_as_its_user_and_cannot_go_back(void **state)
{
	struct attempts *attempts = *state;
	struct engine_report report;

	if (geteuid() != 0)
		skip();
	attempts_start(attempts, &(struct attempts_job){.allocation = 1,
							.uid = 65534,
							.directory = "/",
							.script = "id -u; id -g; id -G; ls /root; "
								  "ls /proc/self/fd | wc -l"});
	await_end(attempts, 1, &report);
	assert_int_equal(report.exit_code, 0);
	{
		const char *text = attempts_read(attempts, "engine/output/1.1.out");

		assert_int_equal(strncmp(text, "65534\n65534\n65534\n", 18), 0);
		assert_non_null(strstr(text, "ermission denied"));
		/* 0 to 4 and the one that ls itself opens */
		assert_string_equal(strrchr(text, '\n') - 1, "6\n");
	}
}

int main(int argc, char **argv)
{
#define TEST(name)                                                          \
	{#name, name, set_up, tear_down, NULL},                             \
	{                                                                   \
#name "_without_groups", name, set_up_bare, tear_down, NULL \
	}
	const struct CMUnitTest tests[] = {
		TEST(test_a_job_runs_and_its_exit_code_is_told),
		TEST(test_a_job_has_its_directory_environment_and_output),
		TEST(test_a_job_has_the_limits_that_it_gave),
		TEST(test_what_cannot_run_says_why),
		TEST(test_a_request_that_makes_no_sense_is_refused),
		TEST(test_a_stop_gives_grace_and_tells_the_job),
		TEST(test_a_job_that_does_not_listen_is_killed_with_all_it_started),
		TEST(test_what_a_job_leaves_behind_ends_with_it),
		TEST(test_a_gang_ends_when_one_of_its_tasks_fails),
		TEST(test_only_reports_that_make_sense_count),
		TEST(test_a_job_counts_in_its_own_unit),
		TEST(test_a_flood_of_reports_does_not_hold_the_job_up),
		TEST(test_what_ended_while_nobody_listened_is_told),
		TEST(test_an_attempt_starts_once_however_often_it_is_asked_for),
		TEST(test_a_killed_supervisor_is_replaced_and_the_job_goes_on),
		TEST(test_a_supervisor_may_die_at_any_point),
		TEST(test_a_job_runs_as_its_user_and_cannot_go_back),
	};
	int code;

	if (attempts_supervise(argc, argv, &code))
		return code;
	return cmocka_run_group_tests(tests, NULL, NULL);
}
