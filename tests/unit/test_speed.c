/* SPDX-License-Identifier: Apache-2.0
 *
 * What the core remembers of speeds: means and spreads of runs, old runs that fade, the operator's
 * own figures, a full table, and that a decoded core knows the same. Where jobs may run by it is in
 * the scenarios speed-*.txt.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "parc/core.h"

#define SPEEDS 64 /* pairs that a core for few jobs remembers */

static struct parc_core *core;

static int setup(void **state)
{
	struct parc_limits limits = parc_limits_for(1, 8, 1);
	struct parc_event event = {.kind = PARC_EVENT_CHIP_SET};

	(void)state;
	core = parc_core_create(&limits, 1, NULL);
	assert_non_null(core);
	event.chip = (struct parc_chip){
		.chip = 3, .rule = PARC_RULE_WHOLE, .step_milli = 1, .rate_milli = 1, .unit = 1};
	assert_int_equal(parc_step(core, &event, NULL, NULL), 0);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	parc_core_destroy(core);
	return 0;
}

static int tell(int64_t kind, int32_t speed, int32_t count, int32_t spread, uint8_t set)
{
	struct parc_event event = {.kind = PARC_EVENT_SPEED_MEASURED};
	struct parc_err err = {0};
	int code;

	event.speed.kind = kind;
	event.speed.chip = 3;
	event.speed.speed_milli = speed;
	event.speed.count = count;
	event.speed.spread_milli = spread;
	event.speed.set = set;
	code = parc_step(core, &event, NULL, &err);
	assert_int_equal(parc_core_check(core, &err), 0);
	return code;
}

static struct parc_speed_info info_of(int64_t kind)
{
	struct parc_speed_info info = {0};

	assert_int_equal(parc_speed_info(core, kind, 3, &info), 0);
	return info;
}

static void test_runs_are_pooled(void **state)
{
	struct parc_speed_info info;

	(void)state;
	assert_int_equal(parc_speed_info(core, 5, 3, &info), PARC_ERR_UNKNOWN);
	assert_int_equal(tell(5, 400, 1, 0, 0), 0);
	assert_int_equal(info_of(5).speed_milli, 400);
	assert_int_equal(info_of(5).spread_milli, 0);
	assert_int_equal(tell(5, 600, 1, 0, 0), 0);
	info = info_of(5);
	assert_int_equal(info.speed_milli, 500);
	assert_int_equal(info.spread_milli, 100);
	assert_int_equal(info.runs, 2);
	assert_int_equal(info.source, PARC_SPEED_LEARNT);
	/* Two more with the same mean and spread change neither. */
	assert_int_equal(tell(5, 500, 2, 100, 0), 0);
	assert_int_equal(info_of(5).spread_milli, 100);
	assert_int_equal(info_of(5).runs, 4);
	/* Other chips and kinds know nothing of it. */
	assert_int_equal(parc_speed_info(core, 6, 3, &info), PARC_ERR_UNKNOWN);
	assert_int_equal(parc_speed_info(core, 5, 2, &info), PARC_ERR_UNKNOWN);
	assert_int_equal(parc_speed_info(core, 5, -1, &info), PARC_ERR_UNKNOWN);
	assert_int_equal(parc_speed_info(core, 5, 64, &info), PARC_ERR_UNKNOWN);
}

static void test_a_small_change_does_not_count_a_large_one_does(void **state)
{
	(void)state;
	assert_int_equal(tell(5, 1000, 4, 0, 0), 0);
	assert_int_equal(tell(5, 1050, 4, 0, 0), 0); /* mean 1025, within a part of 32 */
	assert_int_equal(info_of(5).learnt_milli, 1000);
	assert_int_equal(tell(5, 1200, 4, 0, 0), 0); /* mean 1083 */
	assert_int_equal(info_of(5).learnt_milli, 1083);
}

static void test_old_runs_fade(void **state)
{
	(void)state;
	assert_int_equal(tell(5, 1000, 1000, 0, 0), 0);
	for (int i = 0; i < 20; i++)
		assert_int_equal(tell(5, 500, 16, 0, 0), 0);
	assert_in_range(info_of(5).speed_milli, 500, 517);
	assert_int_equal(info_of(5).runs, 1320);
	for (int i = 0; i < 3; i++)
		assert_int_equal(tell(5, 500, PARC_SPEED_RUNS_MAX, 0, 0), 0);
	assert_int_equal(info_of(5).runs, PARC_SPEED_RUNS_MAX);
	assert_int_equal(info_of(5).speed_milli, 500);
	/* The largest figures there may be. */
	for (int i = 0; i < 3; i++)
		assert_int_equal(tell(6, PARC_SPEED_MAX, PARC_SPEED_RUNS_MAX, PARC_SPEED_MAX, 0),
				 0);
	assert_int_equal(info_of(6).speed_milli, PARC_SPEED_MAX);
	assert_int_equal(info_of(6).spread_milli, PARC_SPEED_MAX);
}

/* A spread that is small beside the mean: the mean's own rounding must not show in it. */
static void test_a_small_spread_is_kept(void **state)
{
	(void)state;
	for (int i = 0; i < 7; i++)
		assert_int_equal(tell(5, 2000 + i % 2, 1, 0, 0), 0);
	assert_int_equal(info_of(5).spread_milli, 0);
	/* Nor what is cut off the sums when old runs fade, a thousand times. */
	for (int i = 0; i < 1000; i++) {
		assert_int_equal(tell(6, i % 2 ? 1990 : 2011, 1, 0, 0), 0);
		assert_int_equal(tell(7, 1999, 1, 0, 0), 0);
		assert_in_range(info_of(7).spread_milli, 0, 1);
	}
	assert_in_range(info_of(6).spread_milli, 10, 11);
	assert_in_range(info_of(6).learnt_milli, 1938, 2062);
}

static void test_what_is_set_stands_above_what_is_learnt(void **state)
{
	(void)state;
	assert_int_equal(tell(5, 700, 0, 0, 1), 0);
	assert_int_equal(info_of(5).source, PARC_SPEED_SET);
	assert_int_equal(tell(5, 400, 1, 0, 0), 0);
	assert_int_equal(info_of(5).speed_milli, 700);
	assert_int_equal(info_of(5).learnt_milli, 400);
	assert_int_equal(tell(5, 0, 0, 0, 1), 0);
	assert_int_equal(info_of(5).speed_milli, 400);
	assert_int_equal(info_of(5).source, PARC_SPEED_LEARNT);
	assert_int_equal(tell(7, 0, 0, 0, 1), 0);
	assert_int_equal(info_of(7).source, PARC_SPEED_UNKNOWN);
}

static void test_a_full_table_forgets_what_was_learnt_longest_ago(void **state)
{
	struct parc_speed_info info;

	(void)state;
	assert_int_equal(tell(1000, 700, 0, 0, 1), 0);
	for (int64_t kind = 1; kind < SPEEDS; kind++)
		assert_int_equal(tell(kind, 500, 1, 0, 0), 0);
	assert_int_equal(tell(1, 510, 1, 0, 0), 0); /* 2 is now the oldest */
	assert_int_equal(tell(2000, 500, 1, 0, 0), 0);
	assert_int_equal(parc_speed_info(core, 2, 3, &info), PARC_ERR_UNKNOWN);
	assert_int_equal(parc_speed_info(core, 1, 3, &info), 0);
	assert_int_equal(parc_speed_info(core, 2000, 3, &info), 0);
	assert_int_equal(info_of(1000).speed_milli, 700);
	/* The operator's are half of all at most. */
	for (int64_t kind = 1001; kind < 1000 + SPEEDS / 2; kind++)
		assert_int_equal(tell(kind, 700, 0, 0, 1), 0);
	assert_int_equal(tell(3000, 700, 0, 0, 1), PARC_ERR_FULL);
	assert_int_equal(tell(1000, 0, 0, 0, 1), 0);
	assert_int_equal(tell(3000, 700, 0, 0, 1), 0);
	for (int64_t kind = 4000; kind < 4200; kind++)
		assert_int_equal(tell(kind, 500, 1, 0, 0), 0);
	assert_int_equal(info_of(3000).speed_milli, 700);
}

static void test_a_decoded_core_knows_the_same(void **state)
{
	struct parc_core *other;
	struct parc_speed_info info;
	uint8_t *bytes;
	int64_t size;

	(void)state;
	for (int64_t kind = 1; kind < 40; kind++)
		assert_int_equal(tell(kind, 300 + (int32_t)kind, 3, 7, kind % 9 == 0), 0);
	size = parc_state_encode(core, NULL, 0);
	bytes = malloc((size_t)size);
	assert_non_null(bytes);
	assert_int_equal(parc_state_encode(core, bytes, (size_t)size), size);
	other = parc_state_decode(bytes, (size_t)size, NULL);
	free(bytes);
	assert_non_null(other);
	assert_true(parc_digest(core) == parc_digest(other));
	assert_int_equal(parc_speed_info(other, 20, 3, &info), 0);
	assert_int_equal(info.speed_milli, 320);
	parc_core_destroy(other);
}

int main(void)
{
#define TEST(test) cmocka_unit_test_setup_teardown(test, setup, teardown)
	const struct CMUnitTest tests[] = {
		TEST(test_runs_are_pooled),
		TEST(test_a_small_change_does_not_count_a_large_one_does),
		TEST(test_old_runs_fade),
		TEST(test_a_small_spread_is_kept),
		TEST(test_what_is_set_stands_above_what_is_learnt),
		TEST(test_a_full_table_forgets_what_was_learnt_longest_ago),
		TEST(test_a_decoded_core_knows_the_same),
	};

	return cmocka_run_group_tests_name("speed", tests, NULL, NULL);
}
