/* SPDX-License-Identifier: Apache-2.0
 *
 * kill -9 of the daemon, of supervisors and of both, at any moment, under a load of real processes:
 * no attempt is started twice, and each that was claimed ends. The daemon is a process of the
 * test's own that does with the local engine what the real one does: start what it wants, write
 * down what ended, forget it, and after a death begin with what it wanted before.
 *
 * `test_engine_faults ROUNDS SEED` runs more rounds (tools/results_engine.sh).
 */
#include <fcntl.h>
#include <inttypes.h>
#include <poll.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/random.h"
#include "support/attempts.h"

#define ROUNDS	     20 /* in make check */
#define ROUNDS_MAX   100000
#define EACH	     3	/* new attempts a round */
#define BEHIND	     8	/* rounds whose attempts are asked for again */
#define DELAY_MAX_MS 80 /* until the kill */

struct outcome {
	int64_t asked, ran, lost, kills[3];
};

static int is_ended(struct attempts *attempts, int64_t allocation)
{
	char line[32];
	const char *text = attempts_read(attempts, "ended"), *found;

	snprintf(line, sizeof(line), "\n%" PRId64 "\n", allocation);
	found = strstr(text, line);
	return found != NULL || strncmp(text, line + 1, strlen(line + 1)) == 0;
}

/* What a daemon journals; once the write is through, a kill cannot take it back. */
static void commit(struct attempts *attempts, int64_t allocation)
{
	char path[ATTEMPTS_PATH + 16], line[32];
	int fd;

	snprintf(path, sizeof(path), "%s/ended", attempts->folder);
	fd = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
	snprintf(line, sizeof(line), "%" PRId64 "\n", allocation);
	if (fd < 0 || write(fd, line, strlen(line)) < 0)
		abort();
	close(fd);
}

static void start_one(struct attempts *attempts, int64_t allocation)
{
	/* Some end at once, some last, some do not listen. */
	static const char *const scripts[] = {
		"echo $PARC_ALLOCATION >>$FOLDER/runs",
		"echo $PARC_ALLOCATION >>$FOLDER/runs; sleep 0.1; exit 3",
		"trap '' TERM; echo $PARC_ALLOCATION >>$FOLDER/runs; sleep 0.05; sleep 0.2",
		"echo $PARC_ALLOCATION >>$FOLDER/runs; setsid sleep 0.5 & echo checkpoint >&3"};

	attempts_start(attempts, &(struct attempts_job){.allocation = allocation,
							.script = scripts[allocation % 4],
							.cpu_milli = 500});
}

static void take_reports(struct attempts *attempts, int all)
{
	struct engine_report report;
	struct engine_entry entry;
	const struct engine_key none = {0};
	const struct engine_calls *calls = attempts->engine.calls;

	while ((!all || calls->list(attempts->engine.self, none, &entry, 1) > 0) &&
	       attempts_await(attempts, &report)) {
		if (report.kind != ENGINE_ENDED)
			continue;
		if (!is_ended(attempts, report.key.allocation))
			commit(attempts, report.key.allocation);
		calls->forget(attempts->engine.self, report.key);
	}
}

/* The daemon of one round. It does not return. */
static void be_daemon(struct attempts *attempts, int64_t round)
{
	int64_t first = round > BEHIND ? (round - BEHIND) * EACH + 1 : 1;

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	attempts_open(attempts);
	for (int64_t allocation = first; allocation <= (round + 1) * EACH; allocation++) {
		if (!is_ended(attempts, allocation))
			start_one(attempts, allocation);
		if (allocation % 7 == 0)
			attempts->engine.calls->stop(
				attempts->engine.self,
				(struct engine_key){.allocation = allocation, .attempt = 1}, 20000,
				PARC_RESULT_PREEMPTED, NULL);
	}
	for (;;)
		take_reports(attempts, 0);
}

static void run_round(struct attempts *attempts, int64_t round, uint64_t *random,
		      struct outcome *outcome)
{
	int whom = (int)random_below(random, 3);
	pid_t daemon = fork();

	assert_true(daemon >= 0);
	if (daemon == 0)
		be_daemon(attempts, round);
	poll(NULL, 0, (int)random_below(random, DELAY_MAX_MS)); /* the moment is the point */
	outcome->kills[whom]++;
	if (whom == 0 || whom == 2) {
		kill(daemon, SIGKILL);
		waitpid(daemon, NULL, 0);
	}
	if (whom > 0) {
		for (int64_t allocation = round * EACH + 1; allocation <= (round + 1) * EACH;
		     allocation++)
			attempts_kill_supervisor(attempts, allocation);
	}
	if (whom == 1) {
		poll(NULL, 0, (int)random_below(random, DELAY_MAX_MS));
		kill(daemon, SIGKILL);
		waitpid(daemon, NULL, 0);
	}
}

static int32_t count_runs(struct attempts *attempts, int64_t allocation)
{
	int32_t count = 0;
	char *end;

	for (const char *at = attempts_read(attempts, "runs"); *at != '\0'; at = end) {
		count += strtoll(at, &end, 10) == allocation;
		while (*end == '\n')
			end++;
	}
	return count;
}

/* Let everything be started that was not, and end. */
static void finish(struct attempts *attempts, int64_t last)
{
	attempts_open(attempts);
	for (int64_t allocation = 1; allocation <= last; allocation++) {
		if (!is_ended(attempts, allocation))
			start_one(attempts, allocation);
	}
	take_reports(attempts, 1);
	attempts_close(attempts);
}

static void run_rounds(int64_t rounds, uint64_t seed, struct outcome *outcome)
{
	struct attempts attempts = {0};
	uint64_t random = seed;

	attempts_init(&attempts);
	attempts_close(&attempts);
	for (int64_t round = 0; round < rounds; round++) {
		run_round(&attempts, round, &random, outcome);
		if (round % 32 == 31 || round == rounds - 1)
			finish(&attempts, (round + 1) * EACH);
	}
	for (int64_t allocation = 1; allocation <= rounds * EACH; allocation++) {
		int32_t runs = count_runs(&attempts, allocation);

		if (runs > 1 || !is_ended(&attempts, allocation))
			fail_msg("attempt %" PRId64 " ran %d times, or has no end (seed %" PRIu64
				 ")",
				 allocation, (int)runs, seed);
		outcome->asked++;
		outcome->ran += runs;
		outcome->lost += runs == 0;
	}
	attempts_open(&attempts);
	attempts_deinit(&attempts);
}

static void test_no_attempt_starts_twice_whoever_is_killed(void **state)
{
	struct outcome outcome = {0};

	(void)state;
	run_rounds(ROUNDS, 1, &outcome);
	assert_int_equal(outcome.asked, ROUNDS * EACH);
	assert_true(outcome.ran > 0);
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_no_attempt_starts_twice_whoever_is_killed),
	};
	struct outcome outcome = {0};
	int code;

	if (attempts_supervise(argc, argv, &code))
		return code;
	if (argc != 3)
		return cmocka_run_group_tests(tests, NULL, NULL);
	run_rounds(strtoll(argv[1], NULL, 10), strtoull(argv[2], NULL, 10), &outcome);
	printf("kills of the daemon %" PRId64 ", of supervisors %" PRId64 ", of both %" PRId64 "\n",
	       outcome.kills[0], outcome.kills[1], outcome.kills[2]);
	printf("attempts %" PRId64 ": ran once %" PRId64 ", were lost before they ran %" PRId64
	       "; twice, or without an end: none\n",
	       outcome.asked, outcome.ran, outcome.lost);
	return 0;
}
