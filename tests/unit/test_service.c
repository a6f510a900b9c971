/* SPDX-License-Identifier: Apache-2.0
 *
 * What a load needs (src/core/service.h), against the exact formula of Erlang for the share of
 * requests that have to wait (A. K. Erlang, 1917), computed here in floating point.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "core/service.h"

/* The share of requests that find all of `count` servers busy at `offered` load. */
static double erlang_waits(int count, double offered)
{
	double blocked = 1.0;

	if (offered >= count)
		return 1.0;
	for (int k = 1; k <= count; k++)
		blocked = offered * blocked / (k + offered * blocked);
	return blocked / (1 - offered / count * (1 - blocked));
}

static int erlang_count(double offered, double target)
{
	int count = (int)offered + 1;

	while (erlang_waits(count, offered) > 1 - target)
		count++;
	return count;
}

static int need_of(int64_t load_milli, int32_t target_milli)
{
	struct parc_service set = {.replicas_max = PARC_REPLICAS_MAX,
				   .capacity_milli = 1000,
				   .target_milli = target_milli};

	return (int)((service_need_milli(&set, load_milli) + 999) / 1000);
}

static void test_need_is_near_erlang(void **state)
{
	static const int32_t targets[] = {500, 800, 900, 950, 990};
	static const int64_t loads[] = {500, 1000, 2000, 5000, 10000, 50000, 200000, 1000000};

	(void)state;
	for (size_t t = 0; t < sizeof(targets) / sizeof(*targets); t++)
		for (size_t i = 0; i < sizeof(loads) / sizeof(*loads); i++) {
			int exact = erlang_count((double)loads[i] / 1000, targets[t] / 1000.0);
			int need = need_of(loads[i], targets[t]);

			assert_in_range(need, exact - 1, exact + 1);
		}
}

static void test_need_grows(void **state)
{
	(void)state;
	for (int64_t load = 0; load < 100000; load += 777)
		for (int32_t target = 0; target < 1000; target += 50) {
			assert_true(need_of(load + 777, target) >= need_of(load, target));
			assert_true(need_of(load, target + 50) >= need_of(load, target));
			assert_true(need_of(load, target) * INT64_C(1000) >= load);
		}
	assert_int_equal(need_of(0, 1000), 0);
	assert_int_equal(need_of(3000, 0), 3);
	assert_int_equal(need_of(PARC_LOAD_MAX, 1000), PARC_REPLICAS_MAX);
}

static void test_capacity_divides(void **state)
{
	struct parc_service set = {.capacity_milli = 2500};

	(void)state;
	assert_int_equal(service_need_milli(&set, 5000), 2000);
	assert_int_equal(service_need_milli(&set, 5001), 2000);
	set.capacity_milli = PARC_LOAD_MAX;
	assert_int_equal(service_need_milli(&set, PARC_LOAD_MAX), 1000);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_need_is_near_erlang),
		cmocka_unit_test(test_need_grows),
		cmocka_unit_test(test_capacity_divides),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
