/* SPDX-License-Identifier: Apache-2.0
 *
 * A guarantee's holder comes back with many jobs in one instant, under each backfill: all that the
 * guarantee covers have what was lent back within the set time, nobody gives way for nobody, and
 * who borrows is not told more often than needed. The clock is the events' own.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "core/spec.h"
#include "core/state.h"
#include "parc/core.h"

#define SECOND	   INT64_C(1000000)
#define NODES	   20
#define EACH	   8  /* devices of a node */
#define GUARANTEED 96 /* all of what is lent as single devices, and two nodes */
#define RECLAIM_US (60 * SECOND)
#define GRACE_US   (10 * SECOND)
#define RETURN_US  (1000 * SECOND)

enum { HOLDER = 1, BORROWER = 2 };

static struct parc_core *core;
static int32_t stops, recalls; /* told so far */

static void step(struct parc_event *event)
{
	struct parc_actions actions;
	struct parc_err err = {0};

	do {
		if (parc_step(core, event, &actions, &err) != 0)
			fail_msg("%s", err.text);
		for (int32_t i = 0; i < actions.count; i++) {
			stops += actions.list[i].kind == PARC_ACTION_STOP;
			recalls += actions.list[i].kind == PARC_ACTION_RECALL;
		}
		*event = (struct parc_event){.kind = PARC_EVENT_TIME, .time_us = core->time_us};
	} while (core->unfinished);
	if (parc_core_check(core, &err) != 0)
		fail_msg("%s", err.text);
}

static struct parc_event event_of(int32_t kind, int64_t time_us)
{
	return (struct parc_event){.kind = kind, .time_us = time_us};
}

static void submit(int64_t tenant, int64_t time_us, int32_t devices, int32_t tasks)
{
	struct parc_group group = {.task = {.devices = devices, .share_milli = PARC_SHARE_WHOLE},
				   .tasks_min = tasks,
				   .tasks_max = tasks};
	struct parc_event event = event_of(PARC_EVENT_SUBMIT, time_us);

	event.submit.job = core->last_job + 1;
	event.submit.user = event.submit.tenant = tenant;
	event.submit.preemptible = tenant == BORROWER;
	event.submit.expected_us = 1000000 * SECOND;
	event.submit.groups_count = 1;
	event.submit.groups = &group;
	step(&event);
}

/* Everything is lent, to one who is guaranteed so many devices himself: to work of one device and
 * of whole nodes. */
static void begin_beside(int32_t backfill, int64_t beside)
{
	struct parc_limits limits = parc_limits_for(NODES, NODES * EACH, 1000);
	struct parc_pool pool = {.chip = 0, .devices = EACH};
	struct parc_event event = event_of(PARC_EVENT_CHIP_SET, 0);

	core = parc_core_create(&limits, 1, NULL);
	assert_non_null(core);
	stops = recalls = 0;
	event.chip = (struct parc_chip){
		.rule = PARC_RULE_WHOLE, .step_milli = 1, .rate_milli = 1000, .unit = 1};
	step(&event);
	event = event_of(PARC_EVENT_POLICY_SET, 0);
	event.policy = (struct parc_policy){.backfill = backfill,
					    .reclaim = 1,
					    .lend = PARC_LEND_PREEMPTIBLE,
					    .run_min_us = 600 * SECOND,
					    .reclaim_us = RECLAIM_US,
					    .grace_us = GRACE_US,
					    .round_us = 3600 * SECOND};
	step(&event);
	for (int64_t node = 1; node <= NODES; node++) {
		event = event_of(PARC_EVENT_NODE_ADD, 0);
		event.node_add.node = node;
		event.node_add.cpu_milli = 64000;
		event.node_add.memory_mib = 1000;
		event.node_add.pools_count = 1;
		event.node_add.pools[0] = pool;
		step(&event);
	}
	for (int64_t tenant = HOLDER; tenant <= BORROWER; tenant++) {
		event = event_of(PARC_EVENT_TENANT_SET, 0);
		event.tenant = (struct parc_tenant){.tenant = tenant, .weight = 1};
		event.tenant.guarantees[0].milli =
			(tenant == HOLDER ? GUARANTEED : beside) * PARC_SHARE_WHOLE;
		step(&event);
	}
	for (int32_t i = 0; i < NODES / 2; i++)
		submit(BORROWER, 0, EACH, 1);
	for (int32_t i = 0; i < NODES / 2 * EACH; i++)
		submit(BORROWER, 0, 1, 1);
	event = event_of(PARC_EVENT_TIME, 3600 * SECOND); /* a round, where they are dealt */
	step(&event);
	assert_int_equal(core->running, NODES / 2 * (EACH + 1));
}

static void begin(int32_t backfill)
{
	begin_beside(backfill, 0);
}

/* Those who were told to stop do so at the end of their grace. */
static void stop_all(int64_t time_us)
{
	for (int32_t slot = 0; slot < core->jobs_table.high; slot++) {
		const struct allocation *it = &core->allocations[slot];
		struct parc_event event = event_of(PARC_EVENT_STOPPED, time_us);

		if (!core->jobs[slot].runs || it->state != PARC_JOB_STOPPING)
			continue;
		event.run.allocation = it->id;
		event.run.attempt = core->jobs[slot].attempt;
		step(&event);
	}
}

static int32_t count_jobs(int64_t tenant, int32_t state)
{
	int32_t count = 0;

	for (int32_t i = 0; i < core->jobs_table.high; i++)
		count += core->jobs[i].id != PARC_NONE && job_spec(core, i)->user == tenant &&
			 (core->jobs[i].state != PARC_JOB_PENDING) == state;
	return count;
}

static void test_all_return_at_once(void **state)
{
	(void)state;
	for (int32_t backfill = 0; backfill <= PARC_BACKFILL_DEAL; backfill++) {
		int64_t now_us = 3600 * SECOND + RETURN_US;

		begin(backfill);
		for (int32_t i = 0; i < GUARANTEED; i++)
			submit(HOLDER, now_us, 1, 1);
		submit(HOLDER, now_us, 1, 1);
		assert_int_equal(recalls, GUARANTEED);
		assert_int_equal(core->recalls, GUARANTEED);
		assert_true(stops <= GUARANTEED);
		stop_all(now_us + GRACE_US);
		assert_int_equal(count_jobs(HOLDER, 1), GUARANTEED);
		/* The one beyond the guarantee waits like others do, with its reason. */
		assert_int_equal(count_jobs(HOLDER, 0), 1);
		assert_int_not_equal(core->jobs[core->jobs_table.high - 1].reason,
				     PARC_REASON_NONE);
		assert_int_equal(core->recalls, 0);
		parc_core_destroy(core);
	}
}

static void test_gangs_and_singles(void **state)
{
	(void)state;
	for (int32_t backfill = 0; backfill <= PARC_BACKFILL_DEAL; backfill++) {
		int64_t now_us = 3600 * SECOND + RETURN_US;

		begin(backfill);
		submit(HOLDER, now_us, EACH, 4);
		for (int32_t i = 0; i < 20; i++)
			submit(HOLDER, now_us, 1, 1);
		submit(HOLDER, now_us, 4, 11);
		assert_int_equal(core->recalls, 22);
		stop_all(now_us + GRACE_US);
		assert_int_equal(count_jobs(HOLDER, 1), 22);
		parc_core_destroy(core);
	}
}

/* What a gang leaves that gives way as a whole serves the next ones as well: no other is told. */
static void test_what_is_leaving_is_enough(void **state)
{
	(void)state;
	begin(PARC_BACKFILL_EASY);
	submit(HOLDER, 3600 * SECOND + RETURN_US, EACH, 1);
	for (int32_t i = 0; i < EACH; i++)
		submit(HOLDER, 3600 * SECOND + RETURN_US, 1, 1);
	assert_int_equal(core->recalls, EACH + 1);
	assert_int_equal(stops, 2 * EACH); /* the youngest: single devices */
	parc_core_destroy(core);
	begin(PARC_BACKFILL_EASY);
	for (int32_t i = 0; i < NODES / 2 * EACH; i++)
		submit(HOLDER, 3600 * SECOND + RETURN_US, 1, 1);
	assert_int_equal(stops, NODES / 2 * EACH);
	for (int32_t i = 0; i < GUARANTEED - NODES / 2 * EACH; i++)
		submit(HOLDER, 3600 * SECOND + RETURN_US, 1, 1);
	assert_int_equal(core->recalls, GUARANTEED);
	assert_int_equal(stops, NODES / 2 * EACH + 2); /* 16 more: two gangs of eight */
	parc_core_destroy(core);
}

/* Who borrows has not run for the set time: all wait, and are served in one look when it has. */
static void test_many_wait_for_the_set_time(void **state)
{
	struct parc_event event;
	int64_t now_us = 3600 * SECOND;

	(void)state;
	begin(PARC_BACKFILL_CONSERVATIVE);
	for (int32_t slot = 0; slot < core->jobs_table.high; slot++) {
		event = event_of(PARC_EVENT_ENDED, now_us);
		event.run.allocation = core->allocations[slot].id;
		event.run.attempt = 1;
		event.run.result = PARC_RESULT_OK;
		step(&event);
	}
	for (int32_t i = 0; i < NODES * EACH; i++)
		submit(BORROWER, now_us, 1, 1);
	for (int32_t i = 0; i < GUARANTEED; i++)
		submit(HOLDER, now_us + 30 * SECOND, 1, 1);
	assert_int_equal(core->recalls, 0);
	while (core->time_us < now_us + RECLAIM_US) {
		event = event_of(PARC_EVENT_TIME, parc_wake(core));
		step(&event);
	}
	assert_true(core->time_us <= now_us + 2 * RECLAIM_US);
	assert_int_equal(core->recalls, GUARANTEED);
	stop_all(core->time_us + GRACE_US);
	assert_int_equal(count_jobs(HOLDER, 1), GUARANTEED);
	parc_core_destroy(core);
}

/* More is guaranteed than there is: who borrows is left what he is guaranteed, also when all of
 * the others come back before anything has stopped. */
static void test_no_more_is_taken_than_was_borrowed(void **state)
{
	(void)state;
	begin_beside(PARC_BACKFILL_EASY, NODES * EACH - 60);
	for (int32_t i = 0; i < GUARANTEED; i++)
		submit(HOLDER, 3600 * SECOND + RETURN_US, 1, 1);
	assert_int_equal(stops, 60);
	assert_int_equal(core->recalls, 60);
	parc_core_destroy(core);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_all_return_at_once),
		cmocka_unit_test(test_gangs_and_singles),
		cmocka_unit_test(test_what_is_leaving_is_enough),
		cmocka_unit_test(test_many_wait_for_the_set_time),
		cmocka_unit_test(test_no_more_is_taken_than_was_borrowed),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
