/* SPDX-License-Identifier: Apache-2.0
 *
 * What is told at a glance (core/glance.h) never rules out what fits.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/random.h"
#include "core/glance.h"
#include "core/index.h"

/* Larger amounts have no smaller number, and all fit in 7 bits. */
static void test_amounts(void **state)
{
	uint32_t last = 0;

	(void)state;
	for (int64_t amount = 0; amount < 100000; amount++) {
		assert_true(glance_amount(amount) >= last);
		last = glance_amount(amount);
	}
	for (int shift = 17; shift < 40; shift++) {
		for (int64_t more = -1; more <= 1; more++) {
			assert_true(glance_amount((INT64_C(1) << shift) + more) >= last);
			last = glance_amount((INT64_C(1) << shift) + more);
		}
	}
	assert_true(last <= GLANCE_MOST);
	assert_true(glance_amount(1000) < glance_amount(2000));
	assert_true(glance_amount(PARC_MEMORY_MAX) > glance_amount(PARC_MEMORY_MAX / 2));
}

/* Four amounts are compared as each by itself. */
static void test_covers(void **state)
{
	uint64_t draw = 7;

	(void)state;
	for (int round = 0; round < 20000; round++) {
		int32_t a[4], b[4];
		int covers = 1;

		for (int i = 0; i < 4; i++) {
			a[i] = (int32_t)random_below(&draw, GLANCE_MOST + 1);
			b[i] = random_below(&draw, 3) == 0
				       ? a[i]
				       : (int32_t)random_below(&draw, (uint64_t)a[i] + 3);
			b[i] = b[i] > GLANCE_MOST ? GLANCE_MOST : b[i];
			covers &= a[i] >= b[i];
		}
		assert_int_equal(
			glance_covers(glance_pack(a[0], a[1], (uint32_t)a[2], (uint32_t)a[3]),
				      glance_pack(b[0], b[1], (uint32_t)b[2], (uint32_t)b[3])),
			covers);
	}
}

/* A node with two link groups of four: what it has free, and what asks are ruled out there. */
static void test_levels(void **state)
{
	static const struct {
		int32_t devices, share_milli, link, fits;
	} cases[] = {
		{1, 1000, PARC_STRENGTH_NONE, 1},    {5, 1000, PARC_STRENGTH_NONE, 1},
		{6, 1000, PARC_STRENGTH_NONE, 0},    {3, 1000, PARC_STRENGTH_REQUIRE, 1},
		{4, 1000, PARC_STRENGTH_REQUIRE, 0}, {4, 1000, PARC_STRENGTH_PREFER, 1},
		{1, 900, PARC_STRENGTH_NONE, 1},     {2, 999, PARC_STRENGTH_NONE, 1},
	};
	static const int16_t milli[] = {1000, 1000, 1000, 300, 1000, 1000, 0, 999};
	static const struct class class = {
		.whole = 5, .most_milli = 1000, .cpu_free = 8000, .memory_free = 4096};
	struct kind kind = {.devices_count = 8, .pools_count = 1};
	struct ask ask = {.task = {.chips = 1}};
	struct birth birth = {.chips = 1};

	(void)state;
	kind.pools[0] = (struct pool){.count = 8, .link_size = 4};
	birth.free = glance_of(&class, &kind, milli);
	assert_int_equal(glance_level(birth.free), LEVEL_WHOLE + 5);
	assert_int_equal(glance_linked(birth.free), 3);
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct birth needed;

		ask.task.devices = cases[i].devices;
		ask.task.share_milli = cases[i].share_milli;
		ask.task.link = cases[i].link;
		needed = birth_needed(&ask, 1);
		assert_int_equal(birth_may_fit(&birth, &needed), cases[i].fits);
	}
	ask.task.cpu_milli = 16000; /* CPU counts only where classes tell it apart */
	for (int exact = 0; exact < 2; exact++) {
		struct birth needed;

		ask.task.devices = 1;
		needed = birth_needed(&ask, exact);
		assert_int_equal(birth_may_fit(&birth, &needed), !exact);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_amounts),
		cmocka_unit_test(test_covers),
		cmocka_unit_test(test_levels),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
