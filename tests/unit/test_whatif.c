/* SPDX-License-Identifier: Apache-2.0
 *
 * Looking back. A journal that is written here with times of its own says exactly what another
 * policy would have made of it; and one that a daemon wrote while jobs were submitted, preempted,
 * cancelled and lost gives, event by event, what was recorded when its policy decides again.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/random.h"
#include "review/audit.h"
#include "review/whatif.h"
#include "store/snapshot.h"
#include "support/dry.h"
#include "support/folder.h"

#define SECOND INT64_C(1000000)
#define HELD   (1000 * SECOND) /* what one device holds in a second */

/* ---- A journal with times of its own */

struct script {
	struct store *store;
	struct parc_core *core;
	int64_t jobs, allocations;
};

static void script_step(struct script *script, int64_t s, struct parc_event *event)
{
	struct parc_actions actions;
	struct parc_err err = {0};

	event->time_us = s * SECOND;
	assert_int_equal(store_begin(script->store, NULL), 0);
	if (parc_step(script->core, event, &actions, &err) != 0)
		fail_msg("%s", err.text);
	assert_int_equal(
		store_append(script->store, event, &actions, parc_digest(script->core), NULL), 0);
	assert_int_equal(store_commit(script->store, NULL), 0);
}

static void script_node(struct script *script, int64_t node, int32_t chip)
{
	struct parc_event event = {.kind = PARC_EVENT_NODE_ADD};

	event.node_add = (struct parc_node_add){.node = node,
						.cpu_milli = 8000,
						.memory_mib = 8192,
						.pools_count = 1,
						.pools = {{chip, 1, 0}}};
	script_step(script, 0, &event);
}

static void script_chip(struct script *script, int32_t chip, int32_t speed_milli)
{
	struct parc_event event = {.kind = PARC_EVENT_CHIP_SET};

	event.chip = (struct parc_chip){
		.chip = chip,
		.rule = PARC_RULE_WHOLE,
		.memory_mib = 1024,
		.step_milli = 1,
		.rate_milli = 1000,
		.unit = 1,
		.speed_milli = {speed_milli, speed_milli, speed_milli, speed_milli}};
	script_step(script, 0, &event);
}

static void script_begin(struct script *script, const struct parc_policy *policy)
{
	struct store_options options = {.limits = parc_limits_for(4, 32, 100), .seed = 1};
	struct parc_event event = {.kind = PARC_EVENT_POLICY_SET, .policy = *policy};
	struct parc_err err = {0};

	*script = (struct script){0};
	if (store_open(&script->store, dry_data, &options, &err) != 0)
		fail_msg("%s", err.text);
	script->core = parc_core_create(&options.limits, 1, NULL);
	script_step(script, 0, &event);
}

static void script_end(struct script *script)
{
	store_close(script->store);
	parc_core_destroy(script->core);
}

/* Submit a job of one device that accepts these chips. */
static int64_t script_submit(struct script *script, int64_t s, uint64_t chips, int64_t expected_s)
{
	struct parc_group group = {
		.task = {.chips = chips, .devices = 1, .share_milli = 1000, .cpu_milli = 1000},
		.tasks_min = 1,
		.tasks_max = 1};
	struct parc_event event = {.kind = PARC_EVENT_SUBMIT};

	event.submit = (struct parc_submit){.job = ++script->jobs,
					    .user = 1,
					    .expected_us = expected_s * SECOND,
					    .requeue = 1,
					    .preemptible = 1,
					    .groups_count = 1,
					    .groups = &group};
	script_step(script, s, &event);
	return script->jobs;
}

/* A report of the job's attempt. */
static void script_run(struct script *script, int64_t s, int64_t job, int32_t kind, int64_t value)
{
	struct parc_job_info info;
	struct parc_event event = {.kind = kind};

	assert_int_equal(parc_job_info(script->core, job, &info), 0);
	assert_int_not_equal(info.allocation, 0);
	event.run.allocation = info.allocation;
	event.run.attempt = info.attempt;
	event.run.busy_milli = -1;
	event.run.result = kind == PARC_EVENT_ENDED ? (int32_t)value : 0;
	event.run.work_us = kind == PARC_EVENT_CHECKPOINT ? value * SECOND : 0;
	script_step(script, s, &event);
}

static void script_cancel(struct script *script, int64_t s, int64_t job)
{
	struct parc_event event = {.kind = PARC_EVENT_CANCEL, .job.job = job};

	script_step(script, s, &event);
}

static void run_through(struct script *script, int64_t from_s, int64_t to_s, int64_t job)
{
	script_run(script, from_s, job, PARC_EVENT_STARTED, 0);
	script_run(script, to_s, job, PARC_EVENT_ENDED, PARC_RESULT_OK);
}

static struct whatif look(const char *policy)
{
	struct whatif whatif;
	struct parc_err err = {0};
	char text[100];

	if (policy != NULL) {
		snprintf(text, sizeof(text), "policy: {%s}", policy);
		text_write(dry_config, text);
	}
	if (whatif_run(&whatif, dry_data, policy == NULL ? NULL : dry_config, &err) != 0)
		fail_msg("%s", err.text);
	return whatif;
}

/* The recorded policy decides again: everything is as recorded, and rests on nothing else. */
static void expect_same(void)
{
	struct whatif whatif = look(NULL);

	if (whatif.other != 0)
		fail_msg("record %lld: %s", (long long)whatif.other, whatif.other_text);
	assert_int_equal(whatif.refused, 0);
	assert_memory_equal(whatif.recorded.ledger, whatif.tried.ledger,
			    sizeof(whatif.tried.ledger));
	assert_int_equal(whatif.recorded.wait_us.mean, whatif.tried.wait_us.mean);
	assert_int_equal(whatif.recorded.finished, whatif.tried.finished);
	assert_int_equal(whatif.held[TRIED_KNOWN], 0);
	assert_int_equal(whatif.unseen, 0);
	whatif_deinit(&whatif);
}

static struct parc_policy fifo(void)
{
	return (struct parc_policy){
		.backfill = PARC_BACKFILL_EASY, .epoch_us = SECOND, .grace_us = SECOND};
}

static void test_another_order(void **state)
{
	struct parc_policy policy = fifo();
	struct script script;
	struct whatif whatif;

	(void)state;
	script_begin(&script, &policy);
	script_chip(&script, 0, 0);
	script_node(&script, 1, 0);
	script_submit(&script, 10, 1, 0);
	script_submit(&script, 11, 1, 50);
	script_submit(&script, 12, 1, 10);
	script_run(&script, 13, 1, PARC_EVENT_STARTED, 0);
	script_run(&script, 110, 1, PARC_EVENT_ENDED, PARC_RESULT_OK);
	run_through(&script, 112, 160, 2);
	run_through(&script, 161, 170, 3);
	script_end(&script);
	expect_same();
	whatif = look("order: shortest");
	/* Started at 10, 110, 160; and 10, 110 (job 3, for 10 s), 120 (job 2, for 50 s). */
	assert_int_equal(whatif.recorded.wait_us.mean, (0 + 99 + 148) * SECOND / 3);
	assert_int_equal(whatif.tried.wait_us.mean, (0 + 98 + 109) * SECOND / 3);
	assert_int_equal(whatif.tried.finished, 3);
	assert_int_equal(whatif.refused, 0);
	assert_true(whatif.held[TRIED_MEASURED] == 160 * HELD);
	assert_int_equal(whatif.other, 6); /* job 3 waits for another reason */
	whatif_deinit(&whatif);
}

/* Two chips, the second twice as fast. Job 3 accepts both and took the slow one, which job 4 has
 * when the shortest goes first: then job 3 takes the fast one, for half the time. */
static void test_another_chip_by_its_speed(void **state)
{
	struct parc_policy policy = fifo();
	struct script script;
	struct whatif whatif;

	(void)state;
	for (int is_known = 0; is_known < 2; is_known++) {
		script_begin(&script, &policy);
		script_chip(&script, 0, is_known ? 1000 : 0);
		script_chip(&script, 1, is_known ? 2000 : 0);
		script_node(&script, 1, 0);
		script_node(&script, 2, 1);
		script_submit(&script, 0, 1, 0);
		script_submit(&script, 0, 2, 0);
		script_submit(&script, 0, 3, 50);
		script_submit(&script, 0, 1, 10);
		script_run(&script, 0, 1, PARC_EVENT_STARTED, 0);
		script_run(&script, 0, 2, PARC_EVENT_STARTED, 0);
		script_run(&script, 100, 1, PARC_EVENT_ENDED, PARC_RESULT_OK);
		script_run(&script, 100, 2, PARC_EVENT_ENDED, PARC_RESULT_OK);
		run_through(&script, 100, 200, 3);
		run_through(&script, 200, 210, 4);
		script_end(&script);
		expect_same();
		whatif = look("order: shortest");
		assert_int_equal(whatif.tried.finished, 4);
		assert_true(whatif.held[TRIED_MEASURED] == 210 * HELD);
		assert_true(whatif.held[TRIED_KNOWN] == (is_known ? 50 * HELD : 0));
		assert_true(whatif.held[TRIED_UNKNOWN] == (is_known ? 0 : 100 * HELD));
		whatif_deinit(&whatif);
		folder_remove(dry_data);
	}
}

/* A job that was cancelled while it ran, and one that never ran: lengths are assumed. */
static void test_lengths_that_nobody_knows(void **state)
{
	struct parc_policy policy = fifo();
	struct script script;
	struct whatif whatif;

	(void)state;
	script_begin(&script, &policy);
	script_chip(&script, 0, 0);
	script_node(&script, 1, 0);
	script_submit(&script, 0, 1, 40);
	script_submit(&script, 1, 1, 20);
	script_submit(&script, 2, 1, 10);
	script_run(&script, 3, 1, PARC_EVENT_STARTED, 0);
	script_cancel(&script, 33, 1);
	script_run(&script, 34, 1, PARC_EVENT_STOPPED, 0);
	script_run(&script, 35, 2, PARC_EVENT_STARTED, 0);
	script_run(&script, 100, 2, PARC_EVENT_CHECKPOINT, 5);
	script_end(&script);
	expect_same();
	whatif = look("order: shortest");
	assert_int_equal(whatif.cut_off, 2);
	assert_int_equal(whatif.never_ran, 1);
	/* From 34 on job 3 runs for the 10 s that it was expected to and a second to start, and
	 * job 2 after it, at least as long as was seen. */
	assert_int_equal(whatif.tried.finished, 1);
	assert_int_equal(whatif.tried.running, 1);
	assert_true(whatif.unseen > 0);
	whatif_deinit(&whatif);
}

/* Cancelled before it was reported to have begun: what it held until it was gone is recorded. */
static void test_stopped_before_it_began(void **state)
{
	struct parc_policy policy = fifo();
	struct script script;

	(void)state;
	script_begin(&script, &policy);
	script_chip(&script, 0, 0);
	script_node(&script, 1, 0);
	script_submit(&script, 0, 1, 40);
	script_submit(&script, 0, 1, 10);
	script_cancel(&script, 0, 1);
	script_run(&script, 20, 1, PARC_EVENT_STOPPED, 0);
	run_through(&script, 35, 45, 2);
	script_end(&script);
	expect_same();
}

static void test_what_was_waited_for_may_not_have_ended(void **state)
{
	struct parc_policy policy = fifo();
	struct script script;
	struct whatif whatif;
	struct store_job row = {.job = 3,
				.user = "u",
				.name = "",
				.spec = "{\"after\": [{\"job\": 1, \"if\": \"ok\"}]}"};

	(void)state;
	script_begin(&script, &policy);
	script_chip(&script, 0, 0);
	script_node(&script, 1, 0);
	script_submit(&script, 0, 1, 100);
	script_submit(&script, 0, 1, 10);
	run_through(&script, 0, 100, 1);
	assert_int_equal(store_begin(script.store, NULL), 0);
	assert_int_equal(store_job_add(script.store, &row, NULL), 0);
	script_submit(&script, 101, 1, 1); /* after job 1, which has ended */
	run_through(&script, 102, 110, 2);
	run_through(&script, 111, 112, 3);
	script_end(&script);
	expect_same();
	/* With the second job first, job 1 ends at 110, and job 3 has to wait for it. */
	whatif = look("order: shortest");
	assert_int_equal(whatif.refused, 0);
	whatif_deinit(&whatif);
}

/* ---- A journal that a daemon wrote */

static void rounds(struct daemon *daemon, int count)
{
	struct parc_err err = {0};

	for (int i = 0; i < count; i++)
		if (daemon_round(daemon, 1000, &err) != 0)
			fail_msg("%s", err.text);
}

static void something_happens(struct daemon *daemon, uint64_t *random)
{
	struct parc_event event = {0};
	char fields[300];
	int64_t job = daemon->next_job - 1 - (int64_t)random_below(random, 6);

	switch (random_below(random, 8)) {
	case 0:
		event.kind = PARC_EVENT_CANCEL;
		break;
	case 1:
		event.kind = random_below(random, 2) ? PARC_EVENT_HOLD : PARC_EVENT_RELEASE;
		break;
	case 2:
		event.kind =
			random_below(random, 2) ? PARC_EVENT_NODE_DRAIN : PARC_EVENT_NODE_RESUME;
		job = 1;
		break;
	default:
		snprintf(fields, sizeof(fields),
			 ", \"devices\": %d, \"tier\": %d, \"expected_s\": %d, \"requeue\": true, "
			 "\"preemptible\": %s, \"time_limit_s\": %d, \"environment\": "
			 "{\"PARC_DRY_S\": \"0.%03d\", \"PARC_DRY_EXIT\": \"%d\"}%s",
			 1 + (int)random_below(random, 4), (int)random_below(random, 3),
			 1 + (int)random_below(random, 3),
			 random_below(random, 2) ? "true" : "false",
			 random_below(random, 9) ? 0 : 1, (int)random_below(random, 60),
			 (int)random_below(random, 2),
			 random_below(random, 6) ? "" : ", \"array\": {\"count\": 3}");
		dry_submit(daemon, fields, NULL);
		return;
	}
	event.job.job = job < 1 ? 1 : job;
	daemon_step(daemon, &event, NULL);
}

static void live(struct daemon *daemon, uint64_t *random, int count)
{
	for (int i = 0; i < count; i++) {
		something_happens(daemon, random);
		if (random_below(random, 3) == 0)
			something_happens(daemon, random);
		rounds(daemon, 1 + (int)random_below(random, 3));
	}
}

static const char config_text[] =
	"serve: {policy: {preempt: true, run_min_s: 0, grace_s: 1, epoch_s: 1, requeue_max: 5}}";

static void expect_audited(int64_t base)
{
	struct audit audit;
	struct parc_err err = {0};

	if (audit_run(&audit, dry_data, &err) != 0)
		fail_msg("%s", err.text);
	assert_int_equal(audit.base, base);
	assert_true(audit.records > 0);
}

/* Lived with two restarts in which all that ran was lost, and looked at while it is open. */
static void test_a_life_decides_the_same_again(void **state)
{
	uint64_t random = 1;
	struct daemon *daemon;

	(void)state;
	text_write(dry_config, config_text);
	for (int restart = 0; restart < 3; restart++) {
		daemon = dry_make(dry_config);
		live(daemon, &random, 60);
		expect_audited(0);
		expect_same();
		dry_end(daemon);
	}
	expect_same();
}

/* The same from a snapshot in the middle on, with what was before forgotten. */
static void test_a_life_whose_beginning_is_forgotten(void **state)
{
	uint64_t random = 7;
	struct daemon *daemon;
	struct parc_event resume = {.kind = PARC_EVENT_NODE_RESUME, .node.node = 1};
	struct whatif whatif;
	int64_t last;

	(void)state;
	text_write(dry_config, config_text);
	daemon = dry_make(dry_config);
	live(daemon, &random, 60);
	daemon_step(daemon, &resume, NULL);
	while (parc_count(daemon->core, PARC_COUNT_TASKS) == 0)
		live(daemon, &random, 1);
	last = store_last(daemon->store);
	assert_true(parc_count(daemon->core, PARC_COUNT_TASKS) > 0);
	assert_int_equal(snapshot_put(dry_data, daemon->core, last, NULL), 0);
	live(daemon, &random, 60);
	assert_int_equal(store_begin(daemon->store, NULL), 0);
	assert_true(store_drop(daemon->store, last + 1, INT32_MAX, NULL) > 0);
	rounds(daemon, 1);
	expect_audited(last);
	expect_same();
	whatif = look("place: first-fit, backfill: none");
	assert_int_equal(whatif.base, last);
	assert_true(whatif.tried.capacity == whatif.recorded.capacity);
	assert_int_equal(whatif.tried.jobs, whatif.recorded.jobs);
	whatif_deinit(&whatif);
	dry_end(daemon);
}

static void test_folders_without_a_journal_are_refused(void **state)
{
	struct whatif whatif;
	struct parc_err err = {0};

	(void)state;
	assert_int_not_equal(whatif_run(&whatif, dry_data, NULL, &err), 0);
	assert_non_null(strstr(err.text, dry_data));
	assert_int_not_equal(whatif_run(&whatif, "/", NULL, &err), 0);
}

int main(void)
{
#define TEST(function) cmocka_unit_test_setup_teardown(function, dry_setup, dry_teardown)
	const struct CMUnitTest tests[] = {
		TEST(test_another_order),
		TEST(test_another_chip_by_its_speed),
		TEST(test_lengths_that_nobody_knows),
		TEST(test_stopped_before_it_began),
		TEST(test_what_was_waited_for_may_not_have_ended),
		TEST(test_a_life_decides_the_same_again),
		TEST(test_a_life_whose_beginning_is_forgotten),
		TEST(test_folders_without_a_journal_are_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
