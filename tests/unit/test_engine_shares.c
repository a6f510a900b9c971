/* SPDX-License-Identifier: Apache-2.0
 *
 * Shares of a core: that a task's control group has the quota of what it holds, and, as
 * `test_engine_shares SECONDS CORE`, what three jobs that compute without end get of one core that
 * they share 500, 300 and 200, and what starting an attempt takes.
 */
#include <dirent.h>
#include <inttypes.h>
#include <poll.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "engine/groups.h"
#include "engine/process.h"
#include "support/attempts.h"

#define SHARES 3
#define STARTS 100

static const int32_t shares[SHARES] = {500, 300, 200};

static void start_hogs(struct attempts *attempts, int core)
{
	char script[128];

	snprintf(script, sizeof(script),
		 "echo progress 1 >&3; exec taskset -c %d sh -c 'while :; do :; done'", core);
	for (int i = 0; i < SHARES; i++)
		attempts_start(attempts, &(struct attempts_job){.allocation = i + 1,
								.cpu_milli = shares[i],
								.memory_mib = 64,
								.script = script});
}

/* The quota of a task, in thousandths of a core, as its control group has it; -1: none. */
static int64_t read_quota(const struct groups *groups, const char *attempt)
{
	const struct groups_place *place = &groups->places[GROUPS_AT_CPU];
	char path[GROUPS_PATH_SIZE + 64], text[64] = "";
	FILE *file;

	snprintf(path, sizeof(path), "%s/%s/t0/%s", place->path, attempt,
		 place->version == 2 ? "cpu.max" : "cpu.cfs_quota_us");
	file = fopen(path, "r");
	if (file == NULL)
		return -1;
	if (fgets(text, sizeof(text), file) == NULL)
		text[0] = '\0';
	fclose(file);
	return strtoll(text, NULL, 10) / 100; /* of 100,000 us */
}

/* The name of this engine's groups, from its id. */
static void find_groups(struct attempts *attempts, struct groups *groups)
{
	const char *id = strstr(attempts_read(attempts, "engine/id"), "\nid ");
	char name[32];

	assert_non_null(id);
	snprintf(name, sizeof(name), "parc-%016llx", strtoull(id + 4, NULL, 10));
	groups_find(groups, name, NULL);
}

static void test_a_share_of_cores_is_a_quota(void **state)
{
	struct attempts attempts = {0};
	struct engine_report report;
	struct groups groups;
	char name[16];

	(void)state;
	attempts_init(&attempts);
	find_groups(&attempts, &groups);
	groups_open(&groups);
	if (groups.abilities & GROUPS_CPU) {
		for (int i = 0; i < SHARES; i++) {
			attempts_start(&attempts,
				       &(struct attempts_job){.allocation = i + 1,
							      .cpu_milli = shares[i],
							      .script = "echo progress 1 >&3; "
									"exec sleep 100"});
			assert_true(
				attempts_await_kind(&attempts, ENGINE_PROGRESS, i + 1, &report));
			snprintf(name, sizeof(name), "%d.1", i + 1);
			assert_int_equal(read_quota(&groups, name), shares[i]);
		}
	}
	attempts_deinit(&attempts);
}

/* What runs is held to another share, also by an engine that came later; and it is told. */
static void test_a_share_that_changes_is_the_quota_of_what_runs(void **state)
{
	struct parc_placement placement = {.cpu_milli = 200};
	const struct engine_key key = {1, 1}, none = {7, 1};
	struct attempts attempts = {0};
	struct engine_report report;
	const struct engine_calls *calls;
	struct groups groups;

	(void)state;
	attempts_init(&attempts);
	calls = attempts.engine.calls;
	find_groups(&attempts, &groups);
	groups_open(&groups);
	attempts_start(&attempts, &(struct attempts_job){
					  .allocation = 1,
					  .cpu_milli = 500,
					  .script = "echo progress 1 >&3; "
						    "while ! read -r one <&4; do :; done; "
						    "while ! read -r two <&4; do :; done; "
						    "test \"$one $two\" = 'share=20 share=200'"});
	assert_true(attempts_await_kind(&attempts, ENGINE_PROGRESS, 1, &report));
	if (groups.abilities & GROUPS_CPU)
		assert_int_equal(read_quota(&groups, "1.1"), 500);
	attempts_close(&attempts);
	attempts_open(&attempts);
	assert_int_equal(calls->rebook(attempts.engine.self, key, &placement, 1, NULL), 0);
	assert_int_equal(calls->rebook(attempts.engine.self, key, &placement, 1, NULL), 0);
	if (groups.abilities & GROUPS_CPU)
		assert_int_equal(read_quota(&groups, "1.1"), 200);
	assert_int_equal(calls->rebook(attempts.engine.self, key, &placement, 2, NULL),
			 PARC_ERR_INVALID);
	assert_int_equal(calls->rebook(attempts.engine.self, none, &placement, 1, NULL),
			 PARC_ERR_UNKNOWN);
	assert_int_equal(calls->tell(attempts.engine.self, none, "x", NULL), PARC_ERR_UNKNOWN);
	/* Who tells again after a restart tells once. */
	assert_int_equal(calls->tell(attempts.engine.self, key, "share=20", NULL), 0);
	assert_int_equal(calls->tell(attempts.engine.self, key, "share=20", NULL), 0);
	assert_int_equal(calls->tell(attempts.engine.self, key, "share=200", NULL), 0);
	assert_true(attempts_await_kind(&attempts, ENGINE_ENDED, 1, &report));
	assert_int_equal(report.result, PARC_RESULT_OK);
	assert_int_equal(calls->tell(attempts.engine.self, key, "too late", NULL), 0);
	assert_int_equal(calls->rebook(attempts.engine.self, key, &placement, 1, NULL), 0);
	attempts_deinit(&attempts);
}

/* ---- Measured, not tested */

static void measure_shares(int seconds, int core)
{
	struct attempts attempts = {0};
	struct engine_report report;
	const struct engine_calls *calls;

	attempts_init(&attempts);
	calls = attempts.engine.calls;
	start_hogs(&attempts, core);
	poll(NULL, 0, seconds * 1000);
	for (int i = 0; i < SHARES; i++)
		calls->stop(attempts.engine.self,
			    (struct engine_key){.allocation = i + 1, .attempt = 1}, 0,
			    PARC_RESULT_CANCELLED, NULL);
	for (int ended = 0; ended < SHARES;) {
		assert_true(attempts_await(&attempts, &report));
		if (report.kind != ENGINE_ENDED)
			continue;
		ended++;
		printf("share %" PRId32 "\tthousandths of a core, by the receipt\t%.1f\n",
		       shares[report.key.allocation - 1],
		       (double)report.busy_us / (double)report.wall_us);
	}
	attempts_deinit(&attempts);
}

static void measure_starts(void)
{
	struct attempts attempts = {0};
	struct engine_report report;
	int64_t began_us, sum_us = 0, worst_us = 0;

	attempts_init(&attempts);
	for (int i = 1; i <= STARTS; i++) {
		began_us = clock_boot_us();
		attempts_start(&attempts,
			       &(struct attempts_job){.allocation = i, .script = "true"});
		assert_true(attempts_await_kind(&attempts, ENGINE_STARTED, i, &report));
		began_us = clock_boot_us() - began_us;
		sum_us += began_us;
		worst_us = began_us > worst_us ? began_us : worst_us;
		assert_true(attempts_await_kind(&attempts, ENGINE_ENDED, i, &report));
		attempts.engine.calls->forget(attempts.engine.self, report.key);
	}
	printf("from start to STARTED\tms, mean of %d\t%.1f\n", STARTS,
	       (double)sum_us / 1000 / STARTS);
	printf("from start to STARTED\tms, worst\t%.1f\n", (double)worst_us / 1000);
	attempts_deinit(&attempts);
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_a_share_of_cores_is_a_quota),
		cmocka_unit_test(test_a_share_that_changes_is_the_quota_of_what_runs),
	};
	int code;

	if (attempts_supervise(argc, argv, &code))
		return code;
	if (argc != 3)
		return cmocka_run_group_tests(tests, NULL, NULL);
	measure_starts();
	measure_shares((int)strtol(argv[1], NULL, 10), (int)strtol(argv[2], NULL, 10));
	return 0;
}
