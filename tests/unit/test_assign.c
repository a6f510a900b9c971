/* SPDX-License-Identifier: Apache-2.0
 *
 * Who works on which make of chip: against all possible ways on small fleets, and what must hold on
 * any.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "base/random.h"
#include "core/assign.h"

#define JOBS  7
#define CHIPS 3

static uint64_t seed;

static int32_t draw(int32_t below)
{
	seed = random_mix(seed + 1);
	return (int32_t)(seed % (uint64_t)below);
}

static int64_t worth(const struct assign *assign)
{
	int64_t sum = 0;

	for (int32_t i = 0; i < assign->count; i++)
		if (assign->jobs[i].chip >= 0)
			sum += (int64_t)assign->jobs[i].size *
			       assign->jobs[i].value[assign->jobs[i].chip];
	return sum;
}

/* The greatest worth of giving all of these jobs chips, from job `at` on; -1: not possible. */
static int64_t best_of(const struct assign *assign, int32_t at, int32_t *room)
{
	int64_t best = -1;

	if (at == assign->count)
		return 0;
	for (int32_t c = 0; c < assign->chips; c++) {
		const struct assign_job *it = &assign->jobs[at];
		int64_t rest;

		if (it->value[c] == ASSIGN_NEVER || room[c] < it->size)
			continue;
		room[c] -= it->size;
		rest = best_of(assign, at + 1, room);
		room[c] += it->size;
		if (rest >= 0 && rest + (int64_t)it->size * it->value[c] > best)
			best = rest + (int64_t)it->size * it->value[c];
	}
	return best;
}

static void draw_world(struct assign *assign, struct assign_job *jobs, int32_t size_max)
{
	*assign = (struct assign){.jobs = jobs, .count = 1 + draw(JOBS), .chips = CHIPS};
	for (int32_t i = 0; i < assign->count; i++) {
		jobs[i] = (struct assign_job){.size = 1 + draw(size_max), .chip = -1};
		for (int32_t c = 0; c < CHIPS; c++)
			jobs[i].value[c] = draw(6) == 0 ? ASSIGN_NEVER : 1000 + draw(3000);
	}
}

/* Where all fit, single devices on three chips are dealt as well as can be. */
static void test_singles_are_dealt_best(void **state)
{
	(void)state;
	for (int run = 0; run < 3000; run++) {
		struct assign_job jobs[JOBS];
		struct assign assign;
		int64_t best;

		seed = (uint64_t)run * 1000;
		draw_world(&assign, jobs, 1);
		for (int32_t c = 0; c < CHIPS; c++)
			assign.room[c] = 1 + draw(4);
		best = best_of(&assign, 0, assign.room);
		assign_deal(&assign);
		for (int32_t i = 0; i < assign.count && best >= 0; i++)
			if (jobs[i].chip < 0)
				best = -1; /* admitted in turn: a later one may have found no room
					    */
		if (best >= 0)
			assert_int_equal(worth(&assign), best);
	}
}

/* Dealt again and again from its own result: gangs may find room that the last deal made, but that
 * comes to an end. */
static int comes_to_rest(struct assign *assign, const int32_t *room)
{
	for (int deal = 0; deal < JOBS + 1; deal++) {
		int32_t before[JOBS], same = 1;

		for (int32_t i = 0; i < assign->count; i++)
			before[i] = assign->jobs[i].chip;
		memcpy(assign->room, room, CHIPS * sizeof(*room));
		assign_deal(assign);
		for (int32_t i = 0; i < assign->count; i++)
			same &= before[i] == assign->jobs[i].chip;
		if (same)
			return 1;
	}
	return 0;
}

/* Dealt again it comes to rest; rooms hold, nobody is where it cannot run, and
 * who has a place would not gain by a free one. */
static void test_a_deal_is_at_rest(void **state)
{
	(void)state;
	for (int run = 0; run < 3000; run++) {
		struct assign_job jobs[JOBS];
		int32_t room[CHIPS];
		struct assign assign;

		seed = (uint64_t)run * 77777;
		draw_world(&assign, jobs, 4);
		for (int32_t c = 0; c < CHIPS; c++)
			room[c] = assign.room[c] = 1 + draw(8);
		assign_deal(&assign);
		for (int32_t i = 0; i < assign.count; i++) {
			if (jobs[i].chip < 0)
				continue;
			assert_int_not_equal(jobs[i].value[jobs[i].chip], ASSIGN_NEVER);
			for (int32_t c = 0; c < CHIPS; c++)
				assert_true(jobs[i].value[c] <= jobs[i].value[jobs[i].chip] ||
					    assign.room[c] < jobs[i].size);
			assert_true(assign.room[jobs[i].chip] >= 0);
		}
		assert_true(comes_to_rest(&assign, room));
	}
}

/* At the prices nobody would rather have another chip that is full. */
static void test_prices_hold(void **state)
{
	(void)state;
	for (int run = 0; run < 3000; run++) {
		struct assign_job jobs[JOBS];
		struct assign assign;

		seed = (uint64_t)run * 31;
		draw_world(&assign, jobs, 1);
		for (int32_t c = 0; c < CHIPS; c++)
			assign.room[c] = 1 + draw(3);
		assign_deal(&assign);
		for (int32_t i = 0; i < assign.count; i++)
			for (int32_t c = 0; c < CHIPS && jobs[i].chip >= 0; c++)
				if (jobs[i].value[c] != ASSIGN_NEVER && assign.room[c] == 0)
					assert_true(jobs[i].value[c] - assign.price[c] <=
						    jobs[i].value[jobs[i].chip] -
							    assign.price[jobs[i].chip]);
	}
}

/* Comparative advantage: the job that is faster on both chips has the one on which it is faster by
 * the smaller factor, if the other would lose more there. */
static void test_factors_decide(void **state)
{
	struct assign_job jobs[2] = {
		{.size = 1, .chip = -1, .value = {assign_log2(4000), assign_log2(2000)}},
		{.size = 1, .chip = -1, .value = {assign_log2(900), assign_log2(100)}},
	};
	struct assign assign = {.jobs = jobs, .count = 2, .chips = 2, .room = {1, 1}};

	(void)state;
	assign_deal(&assign);
	assert_int_equal(jobs[0].chip, 1);
	assert_int_equal(jobs[1].chip, 0);
	assert_true(assign.price[0] > assign.price[1]);
}

/* Who comes first in turn order has a place; a fixed one keeps it. */
static void test_turns_hold(void **state)
{
	struct assign_job jobs[3] = {
		{.size = 2, .chip = -1, .value = {0, ASSIGN_NEVER}},
		{.size = 1, .chip = 0, .fixed = 1, .value = {0, 100}},
		{.size = 1, .chip = 0, .value = {0, ASSIGN_NEVER}},
	};
	struct assign assign = {.jobs = jobs, .count = 3, .chips = 2, .room = {3, 0}};

	(void)state;
	assign_deal(&assign);
	assert_int_equal(jobs[0].chip, 0);
	assert_int_equal(jobs[1].chip, 0);
	assert_int_equal(jobs[2].chip, -1);
}

/* Work that would take longer than all of it where it is cheapest goes to its fastest chip. */
static void test_the_longest_goes_first(void **state)
{
	struct assign_job jobs[3] = {
		{.size = 1, .chip = -1, .left_us = 10000000000, .value = {0, -512}},
		{.size = 1, .chip = -1, .left_us = 10000000, .value = {0, -2048}},
		{.size = 1, .chip = -1, .left_us = 10000000, .value = {0, -2048}},
	};
	struct assign assign = {.jobs = jobs, .count = 3, .chips = 2, .room = {1, 1}};

	(void)state;
	assign_balance(&assign);
	assert_int_equal(jobs[0].chip, 0);
	assert_int_equal((jobs[1].chip == 1) + (jobs[2].chip == 1), 1);
}

/* How long it takes is 2^-value, on slow chips as on fast ones: two times, not four. */
static void test_slow_chips_take_as_long_as_they_do(void **state)
{
	struct assign_job job = {.size = 1, .chip = -1, .was = -1, .left_us = 99999000000};
	struct assign assign = {.jobs = &job, .count = 1, .chips = 3, .room = {1, 1, 1}};

	(void)state;
	job.value[0] = ASSIGN_LOG_ONE / 2;
	job.value[1] = -ASSIGN_LOG_ONE / 2;
	job.value[2] = -3 * ASSIGN_LOG_ONE / 2;
	assign_balance(&assign);
	assert_in_range(job.time_s[0], 70700, 70720);
	assert_in_range(job.time_s[1], 141400, 141440);
	assert_in_range(job.time_s[2], 282800, 282880);
}

/* Of two alike the one that runs stays: that it is worth more there does not make it shorter, which
 * would let the other come first. */
static void test_who_runs_is_not_taken_for_shorter(void **state)
{
	struct assign_job jobs[2] = {
		{.size = 1, .chip = -1, .was = -1, .left_us = 71000000000, .value = {0}},
		{.size = 1, .chip = 0, .was = 0, .left_us = 71000000000, .stay = 300},
	};
	struct assign assign = {.jobs = jobs, .count = 2, .chips = 1, .room = {1}};

	(void)state;
	jobs[1].value[0] = jobs[1].stay;
	assign_balance(&assign);
	assert_int_equal(jobs[0].chip, -1);
	assert_int_equal(jobs[1].chip, 0);
}

static void test_scales(void **state)
{
	(void)state;
	assert_int_equal(assign_scale(1000, 0), 1000);
	assert_int_equal(assign_scale(1000, -2 * ASSIGN_LOG_ONE), 250);
	assert_int_equal(assign_scale(1000, ASSIGN_LOG_ONE / 2), 1414);
	assert_int_equal(assign_scale(1000, -ASSIGN_LOG_ONE / 2), 707);
	assert_int_equal(assign_scale(1, INT32_MAX), 1 << 20);
	assert_int_equal(assign_scale(INT64_C(1) << 42, INT32_MAX), INT64_C(1) << 62);
	assert_int_equal(assign_scale(INT64_C(1) << 42, INT32_MIN), INT64_C(1) << 22);
	for (uint32_t i = 1000; i < 100000; i++)
		assert_in_range(assign_scale(1 << 20, assign_log2(i)), (uint64_t)i * 1047500,
				(uint64_t)i << 20);
}

static void test_logarithms(void **state)
{
	(void)state;
	assert_int_equal(assign_log2(1), 0);
	assert_int_equal(assign_log2(1024), 10 * ASSIGN_LOG_ONE);
	assert_int_equal(assign_log2(3), 1623);
	assert_int_equal(assign_log2(UINT32_MAX), 32 * ASSIGN_LOG_ONE - 1);
	for (uint32_t i = 1; i < 100000; i++)
		assert_true(assign_log2(i) <= assign_log2(i + 1));
}

static int32_t pair_values[ASSIGN_CLASSES_MAX][ASSIGN_CLASSES_MAX][ASSIGN_CHIPS_MAX];

/* Devices are held once by two mates, who name each other and may be together; and at the end no
 * job could do better by joining another that is alone. */
static void pairs_check(const struct assign *assign, const int32_t *room)
{
	int32_t held[CHIPS] = {0}, mates = 0;

	for (int32_t i = 0; i < assign->count; i++) {
		const struct assign_job *it = &assign->jobs[i], *mate = &assign->jobs[0];

		if (it->chip < 0) {
			assert_int_equal(it->mate, -1);
			for (int32_t k = 0; k < assign->count; k++)
				assert_true(assign_join_gain(assign, i, k) < -1000000);
			continue;
		}
		mate = it->mate < 0 ? it : &assign->jobs[it->mate];
		held[it->chip] += it->mate < i ? it->size : 0;
		mates += mate != it;
		assert_true(it->mate < 0 || mate->mate == i);
		assert_true(mate->chip == it->chip && mate->size == it->size);
		assert_true(mate == it ||
			    pair_values[it->class][mate->class][it->chip] != ASSIGN_NEVER);
	}
	for (int32_t c = 0; c < CHIPS; c++)
		assert_true(held[c] <= room[c] && assign->room[c] == room[c] - held[c]);
	assert_int_equal(mates % 2, 0);
}

static void test_pairs_hold(void **state)
{
	int32_t pairs = 0;

	(void)state;
	for (int32_t run = 0; run < 2000; run++) {
		struct assign_job jobs[JOBS];
		struct assign assign;
		int32_t room[CHIPS];

		draw_world(&assign, jobs, 2);
		for (int32_t c = 0; c < CHIPS; c++)
			assign.room[c] = room[c] = draw(3);
		for (int32_t a = 0; a < 3; a++)
			for (int32_t b = 0; b < 3; b++)
				for (int32_t c = 0; c < CHIPS; c++)
					pair_values[a][b][c] =
						draw(3) == 0 ? ASSIGN_NEVER : 500 + draw(3000);
		for (int32_t i = 0; i < assign.count; i++) {
			jobs[i].mate = jobs[i].old = jobs[i].was = -1;
			jobs[i].class = draw(4) - 1;
		}
		assign.pair = (const int32_t(*)[ASSIGN_CLASSES_MAX][ASSIGN_CHIPS_MAX])pair_values;
		assign_deal(&assign);
		pairs_check(&assign, room);
		for (int32_t i = 0; i < assign.count; i++)
			pairs += jobs[i].mate >= 0;
	}
	assert_true(pairs > 1000); /* of about 8,000 jobs */
}

/* Alone one of two has the device. Beside each other both keep most of their speed: they share it,
 * unless the second device is worth more. */
static void test_a_pair_is_made_when_it_is_worth_it(void **state)
{
	struct assign_job jobs[2] = {
		{.size = 1, .chip = -1, .was = -1, .old = -1, .value = {2000, 100}},
		{.size = 1, .chip = -1, .was = -1, .old = -1, .value = {2000, 100}}};
	struct assign assign = {.jobs = jobs, .count = 2, .chips = 2, .room = {1, 1}};

	(void)state;
	pair_values[0][0][0] = 1500;
	pair_values[0][0][1] = ASSIGN_NEVER;
	assign.pair = (const int32_t(*)[ASSIGN_CLASSES_MAX][ASSIGN_CHIPS_MAX])pair_values;
	jobs[0].mate = jobs[1].mate = -1;
	assign_deal(&assign);
	assert_true(jobs[0].mate == 1 && jobs[1].mate == 0 && jobs[0].chip == 0);
	assert_true(assign.room[0] == 0 && assign.room[1] == 1);
	/* The second chip is worth more now: they part. */
	assign.room[0] = assign.room[1] = 1;
	jobs[0].value[1] = jobs[1].value[1] = 1100;
	assign_deal(&assign);
	assert_true(jobs[0].mate == -1 && jobs[0].chip != jobs[1].chip);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_singles_are_dealt_best),
		cmocka_unit_test(test_a_deal_is_at_rest),
		cmocka_unit_test(test_prices_hold),
		cmocka_unit_test(test_factors_decide),
		cmocka_unit_test(test_turns_hold),
		cmocka_unit_test(test_the_longest_goes_first),
		cmocka_unit_test(test_pairs_hold),
		cmocka_unit_test(test_a_pair_is_made_when_it_is_worth_it),
		cmocka_unit_test(test_slow_chips_take_as_long_as_they_do),
		cmocka_unit_test(test_who_runs_is_not_taken_for_shorter),
		cmocka_unit_test(test_scales),
		cmocka_unit_test(test_logarithms),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
