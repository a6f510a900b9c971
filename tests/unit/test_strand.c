/* SPDX-License-Identifier: Apache-2.0
 *
 * How many jobs can be sorted anew, by tenant and by other rules: as many as the core holds, as
 * long as they are of no more kinds than there is room for. With more jobs than kinds fit, the
 * kinds are counted first; what would be too many is refused and changes nothing.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "core/state.h"
#include "core/strand.h"
#include "parc/core.h"

static struct parc_core *core;
static struct parc_err err;

static int step(struct parc_event *event)
{
	int code;

	event->time_us = core->time_us;
	err.text[0] = '\0';
	code = parc_step(core, event, NULL, &err);
	while (code == 0 && core->unfinished) {
		struct parc_event more = {.kind = PARC_EVENT_TIME, .time_us = core->time_us};

		assert_int_equal(parc_step(core, &more, NULL, NULL), 0);
	}
	return code;
}

static void begin(int32_t jobs, int32_t tenants)
{
	struct parc_limits limits = parc_limits_for(1, 8, jobs);
	struct parc_event event = {.kind = PARC_EVENT_CHIP_SET};

	limits.tenants = tenants;
	core = parc_core_create(&limits, 1, NULL);
	assert_non_null(core);
	event.chip = (struct parc_chip){
		.rule = PARC_RULE_WHOLE, .step_milli = 1, .rate_milli = 1000, .unit = 1};
	assert_int_equal(step(&event), 0);
	for (int64_t tenant = 1; tenant <= tenants; tenant++) {
		event = (struct parc_event){.kind = PARC_EVENT_TENANT_SET};
		event.tenant.tenant = tenant;
		event.tenant.weight = 1;
		assert_int_equal(step(&event), 0);
	}
}

static void end(void)
{
	assert_int_equal(parc_core_check(core, &err), 0);
	parc_core_destroy(core);
}

/* A job of the tenant, of so many different shapes; kinds have speeds of their own. */
static int submit(int64_t tenant, int32_t shape, int64_t kind)
{
	struct parc_group group = {
		.task = {.devices = 1, .share_milli = 1000}, .tasks_min = 1, .tasks_max = 1};
	struct parc_event event = {.kind = PARC_EVENT_SUBMIT};

	group.task.cpu_milli = shape;
	event.submit.job = core->last_job + 1;
	event.submit.user = 1;
	event.submit.tenant = tenant;
	event.submit.kind = kind;
	event.submit.groups_count = 1;
	event.submit.groups = &group;
	return step(&event);
}

static int set_policy(int fair, int lend, int trials)
{
	struct parc_event event = {.kind = PARC_EVENT_POLICY_SET, .policy = core->rules};

	event.policy.epoch_us = 60000000;
	event.policy.half_life_us = fair ? 3600000000 : 0;
	event.policy.lend = (uint8_t)lend;
	event.policy.trial_max = trials;
	return step(&event);
}

static int set_guarantee(int64_t tenant, int64_t guarantee_milli)
{
	struct parc_event event = {.kind = PARC_EVENT_TENANT_SET};

	event.tenant.tenant = tenant;
	event.tenant.weight = 1;
	event.tenant.guarantees[0].milli = guarantee_milli;
	return step(&event);
}

static int add_node(void)
{
	struct parc_event event = {.kind = PARC_EVENT_NODE_ADD};

	event.node_add.node = 1;
	event.node_add.cpu_milli = 64000;
	event.node_add.memory_mib = 1024;
	event.node_add.pools_count = 1;
	event.node_add.pools[0].devices = 1;
	return step(&event);
}

/* More jobs wait than there may be kinds. */
static void test_a_long_queue_is_sorted_anew(void **state)
{
	(void)state;
	begin(140000, 1024);
	for (int32_t i = 0; i < 140000; i++)
		assert_int_equal(submit(1 + i % 20, 1 + i % 30, 1 + i % 7), 0);
	assert_false(strand_suffice(core));
	assert_int_equal(set_policy(1, PARC_LEND_ALL, 0), 0);
	assert_int_equal(set_policy(0, PARC_LEND_ALL, 0), 0);
	assert_int_equal(set_guarantee(3, 1000), 0);
	assert_int_equal(set_policy(0, PARC_LEND_PREEMPTIBLE, 0), 0);
	assert_int_equal(set_policy(1, PARC_LEND_NONE, 2), 0);
	assert_int_equal(add_node(), 0);
	assert_int_equal(core->pending, 139999);
	end();
}

/* 2 tenants: 256 kinds. What would be one too many is refused, by jobs of as many shapes. */
static void test_too_many_kinds_are_refused(void **state)
{
	uint64_t digest;

	(void)state;
	begin(1000, 2);
	for (int32_t i = 0; i < 900; i++)
		assert_int_equal(submit(1 + i % 2, 1 + i / 2 % 129, 1), 0);
	digest = parc_digest(core);
	assert_int_equal(set_policy(1, PARC_LEND_ALL, 0), PARC_ERR_FULL);
	assert_non_null(strstr(err.text, "900 jobs may be of more than 256 kinds"));
	assert_int_equal(set_guarantee(1, 1000), PARC_ERR_FULL);
	assert_int_equal(parc_digest(core), digest);
	assert_int_equal(set_policy(0, PARC_LEND_PREEMPTIBLE, 3), 0);
	end();
}

static void test_as_many_kinds_as_fit_are_taken(void **state)
{
	(void)state;
	begin(1000, 2);
	for (int32_t i = 0; i < 900; i++)
		assert_int_equal(submit(1 + i % 2, 1 + i / 2 % 128, 1), 0);
	assert_int_equal(set_policy(1, PARC_LEND_ALL, 0), 0);
	assert_int_equal(table_count(&core->strands_table), 256);
	assert_int_equal(submit(1, 1000, 1), PARC_ERR_FULL);
	end();
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_a_long_queue_is_sorted_anew),
		cmocka_unit_test(test_too_many_kinds_are_refused),
		cmocka_unit_test(test_as_many_kinds_as_fit_are_taken),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
