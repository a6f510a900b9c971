/* SPDX-License-Identifier: Apache-2.0
 *
 * What jobs have in common is held once: how many unlike jobs fit, and that like ones always do.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "core/spec.h"
#include "parc/core.h"

static struct parc_core *core;
static struct parc_err err;

static void begin(int32_t groups)
{
	struct parc_limits limits = parc_limits_for(1, 8, 100);

	limits.groups = groups;
	core = parc_core_create(&limits, 1, NULL);
	assert_non_null(core);
}

static void end(void)
{
	assert_int_equal(parc_core_check(core, &err), 0);
	parc_core_destroy(core);
}

/* A job of so many groups that wants so much CPU; the result of the step. */
static int submit(int32_t groups_count, int32_t cpu_milli, int64_t grace_us)
{
	struct parc_group groups[PARC_GROUPS_MAX];
	struct parc_event event = {.kind = PARC_EVENT_SUBMIT};

	for (int32_t g = 0; g < groups_count; g++)
		groups[g] = (struct parc_group){
			.task = {.cpu_milli = cpu_milli}, .tasks_min = 1, .tasks_max = 1};
	event.submit.job = core->last_job + 1;
	event.submit.user = 1;
	event.submit.grace_us = grace_us;
	event.submit.groups_count = groups_count;
	event.submit.groups = groups;
	return parc_step(core, &event, NULL, &err);
}

static void cancel(int64_t job)
{
	struct parc_event event = {.kind = PARC_EVENT_CANCEL, .job.job = job};

	assert_int_equal(parc_step(core, &event, NULL, &err), 0);
}

static void test_like_jobs_share(void **state)
{
	(void)state;
	begin(100);
	for (int32_t i = 0; i < 3; i++)
		assert_int_equal(submit(2, 1000, 5), 0);
	assert_int_equal(table_count(&core->specs_table), 1);
	assert_int_equal(table_count(&core->groups_table), 2);
	assert_int_equal(submit(2, 2000, 5), 0); /* other tasks */
	assert_int_equal(submit(2, 1000, 6), 0); /* another grace */
	assert_int_equal(submit(3, 1000, 5), 0); /* one more group */
	assert_int_equal(table_count(&core->specs_table), 4);
	assert_int_equal(core->specs[core->jobs[0].spec].refs, 3);
	for (int64_t job = 1; job <= 6; job++)
		cancel(job);
	assert_int_equal(table_count(&core->specs_table), 0);
	assert_int_equal(table_count(&core->groups_table), 0);
	end();
}

static void test_unlike_jobs_have_a_limit_and_like_ones_do_not(void **state)
{
	uint64_t digest;

	(void)state;
	begin(4);
	assert_int_equal(submit(2, 1000, 0), 0);
	assert_int_equal(submit(2, 2000, 0), 0);
	digest = parc_digest(core);
	assert_int_equal(submit(1, 3000, 0), PARC_ERR_FULL);
	assert_non_null(strstr(err.text, "the table of groups is full at 4"));
	assert_int_equal(submit(2, 2000, 1), PARC_ERR_FULL);
	assert_int_equal(parc_digest(core), digest);
	for (int32_t i = 0; i < 20; i++)
		assert_int_equal(submit(2, 1000 + 1000 * (i % 2), 0), 0);
	end();
}

static void test_how_many_may_be_unlike(void **state)
{
	(void)state;
	assert_int_equal(spec_limit(1), 1);
	assert_int_equal(spec_limit(SPECS_MIN), SPECS_MIN);
	assert_int_equal(spec_limit(SPECS_MIN + 1), SPECS_MIN);
	assert_int_equal(spec_limit(1000000), SPECS_MIN);
	assert_int_equal(spec_limit(16 * SPECS_MIN), 2 * SPECS_MIN);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_like_jobs_share),
		cmocka_unit_test(test_unlike_jobs_have_a_limit_and_like_ones_do_not),
		cmocka_unit_test(test_how_many_may_be_unlike),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
