/* SPDX-License-Identifier: Apache-2.0
 *
 * Shortages: only work that may run on a node's chips can be short of its CPU or memory.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "core/profile.h"

#define VOLUME_MILLI (8 * PARC_SHARE_WHOLE)

static struct policy policy; /* too large for the stack */

/* No work yet, on nodes of 8 devices with up to 128 cores and 1,024 GiB. */
static int profile_begin(void **state)
{
	(void)state;
	policy = (struct policy){.cpu_most = 128000, .memory_most = 1048576, .devices_most = 8};
	return 0;
}

/* Work of one device on these chips. */
static void type_add(uint64_t chips, int32_t cpu_milli, int64_t memory_mib)
{
	policy.types[policy.types_count++] = (struct profile_type){
		.chips = chips,
		.count = 100,
		.memory_mib = memory_mib,
		.cpu_milli = cpu_milli,
		.devices = 1,
		.share_milli = PARC_SHARE_WHOLE,
	};
	shortages_make(&policy.shortages, &policy);
}

/* Of 8 free devices, with so much beside them. */
static int64_t short_by(const struct shortage *it, int64_t amount)
{
	return shortage_of(it, shortage_amount(it, amount), shortage_volume(it, VOLUME_MILLI));
}

static int64_t cpu_short(int32_t chip, int64_t cpu_milli)
{
	return short_by(&policy.shortages.cpu[policy.shortages.of_chip[chip]], cpu_milli);
}

static int64_t memory_short(int32_t chip, int64_t memory_mib)
{
	return short_by(&policy.shortages.memory[policy.shortages.of_chip[chip]], memory_mib);
}

/* 8 cores a device are enough where work asks for 8, and half of what is needed where it asks for
 * 16, whatever is asked for elsewhere. */
static void test_by_chip(void **state)
{
	(void)state;
	type_add(1, 8000, 16384);
	type_add(2, 16000, 131072);
	assert_int_equal(cpu_short(0, 64000), 0);
	assert_true(cpu_short(1, 64000) >= VOLUME_MILLI * 256 / 3);
	assert_int_equal(memory_short(0, 131072), 0);
	assert_true(memory_short(1, 131072) >= VOLUME_MILLI * 256 / 2);
	assert_int_equal(cpu_short(2, 0), 0); /* nothing may run there */
}

/* Where all work may run on all chips there is one table. */
static void test_alike(void **state)
{
	(void)state;
	type_add(UINT64_MAX, 8000, 0);
	type_add(UINT64_MAX, 16000, 0);
	for (int32_t chip = 0; chip < PARC_CHIPS_MAX; chip++)
		assert_int_equal(policy.shortages.of_chip[chip], 0);
	type_add(12, 24000, 0);
	assert_int_equal(policy.shortages.of_chip[2], policy.shortages.of_chip[3]);
	assert_int_not_equal(policy.shortages.of_chip[2], policy.shortages.of_chip[1]);
}

/* Chips that find no table take that of all work. */
static void test_full(void **state)
{
	(void)state;
	for (int32_t chip = 0; chip < SHORTAGES_MAX + 2; chip++)
		type_add(UINT64_C(1) << chip, 8000 + 1000 * chip, 0);
	for (int32_t chip = 0; chip < SHORTAGES_MAX + 2; chip++)
		assert_int_equal(policy.shortages.of_chip[chip],
				 chip < SHORTAGES_MAX - 1 ? chip + 1 : 0);
	assert_int_equal(cpu_short(SHORTAGES_MAX, 64000),
			 short_by(&policy.shortages.cpu[0], 64000));
}

/* A node of one sort has its chip's tables, also beside a pool without devices, as values are
 * remembered by its devices; a node of several sorts those of all work. */
static void test_kinds(void **state)
{
	struct kind kind = {.pools_count = 2};

	(void)state;
	type_add(1, 8000, 0);
	type_add(2, 16000, 0);
	kind.pools[0] = (struct pool){.chip = 1, .count = 8};
	kind.pools[1] = (struct pool){.chip = 0, .count = 0};
	assert_int_equal(shortages_of_kind(&policy.shortages, &kind), policy.shortages.of_chip[1]);
	kind.pools[1].count = 1;
	assert_int_equal(shortages_of_kind(&policy.shortages, &kind), 0);
	kind.pools_count = 0;
	assert_int_equal(shortages_of_kind(&policy.shortages, &kind), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(test_by_chip, profile_begin),
		cmocka_unit_test_setup(test_alike, profile_begin),
		cmocka_unit_test_setup(test_full, profile_begin),
		cmocka_unit_test_setup(test_kinds, profile_begin),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
