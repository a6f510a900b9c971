/* SPDX-License-Identifier: Apache-2.0
 *
 * What jobs can run on: runtimes and variants as parc's own forms have them, written and read
 * again, and that a job for one runtime lands on no other, whatever is free.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "sim/replay.h"
#include "support/jobs_same.h"
#include "text/text.h"

/* Chips of the catalogue: 0 A100, 1 910B, 2 P800; 3 without a runtime. */
#define FLEET                                                            \
	"fleet:\n"                                                       \
	"  chips: [{name: bare, memory_gib: 10}]\n"                      \
	"  nodes:\n"                                                     \
	"    - {name: a, cores: 8, pools: [{chip: A100, devices: 2}]}\n" \
	"    - {name: b, cores: 8, pools: [{chip: 910B, devices: 8}]}\n" \
	"    - {name: p, cores: 8, pools: [{chip: P800, devices: 8}]}\n" \
	"    - {name: x, cores: 8, pools: [{chip: bare, devices: 8}]}\n"
enum { BARE = 1, A100 = 2, B910 = 4, P800 = 8 };

static struct fleet fleet;

static int setup(void **state)
{
	(void)state;
	return fleet_read_bytes(&fleet, "fleet", FLEET, strlen(FLEET), NULL);
}

static int teardown(void **state)
{
	(void)state;
	fleet_deinit(&fleet);
	return 0;
}

static void read_log(struct jobs *jobs, const char *format, const char *bytes)
{
	struct parc_err err = {0};
	const char *differs;
	struct text text;

	text_init(&text, "t", bytes, strlen(bytes));
	if (jobs_read_bytes(format, &text, &fleet, NULL, jobs, &err) != 0)
		fail_msg("%s", err.text);
	differs = jobs_same_when_written(jobs, &fleet);
	if (differs != NULL)
		fail_msg("written and read again, %s differs", differs);
}

static uint64_t chips_of(const struct jobs *jobs, int32_t row)
{
	return jobs->groups[jobs->rows[row].first_group].task.chips;
}

static void test_a_runtime_narrows_the_chips(void **state)
{
	struct jobs jobs;

	(void)state;
	read_log(&jobs, "csv",
		 "submit_s,length_s,devices,runtime,chips,cpu_milli\n"
		 "0,1,1,cuda,,\n"
		 "0,1,1,cuda|cann,,\n"
		 "0,1,1,cann,A100|910B,\n"
		 "0,1,1,cann,A100,\n"
		 "0,1,1,rocm,,\n"
		 "0,1,0;1,cuda,,1000\n");
	assert_int_equal(chips_of(&jobs, 0), A100);
	assert_int_equal(chips_of(&jobs, 1), A100 | B910);
	assert_int_equal(chips_of(&jobs, 2), B910);
	assert_int_equal(jobs.rows[2].alien, 0);
	assert_int_equal(jobs.rows[3].alien, 1);
	assert_int_equal(jobs.rows[4].alien, 1);
	assert_string_equal(jobs.first_alien, "of its runtime");
	assert_int_equal(jobs.rows[5].alien, 0);
	assert_int_equal(jobs.groups[jobs.rows[5].first_group + 1].task.chips, A100);
	jobs_deinit(&jobs);
}

static void test_variants(void **state)
{
	static const char *const forms[2][2] = {
		{"csv", "submit_s,length_s,devices,variants\n"
			"0,1,1,A100/Z80:1500|@cann:700:60000|*\n"
			"0,1,1,Z80:1500\n"
			"0,1,1,A100|910B|P800|bare|*:5\n"},
		{"yaml",
		 "jobs:\n"
		 "- submit_s: 0\n  length_s: 1\n  groups: [{devices: 1}]\n"
		 "  variants: [{chips: [A100, Z80], speed_milli: 1500},\n"
		 "    {runtime: cann, speed_milli: 700, device_memory_mib: 60000},\n"
		 "    {chips: \"*\"}]\n"
		 "- {submit_s: 0, length_s: 1, groups: [{devices: 1}], variants: \"Z80:1500\"}\n"
		 "- {submit_s: 0, length_s: 1, groups: [{devices: 1}],\n"
		 "   variants: \"A100|910B|P800|bare|*:5\"}\n"},
	};

	(void)state;
	for (int i = 0; i < 2; i++) {
		const struct parc_variant *it;
		struct jobs jobs;

		read_log(&jobs, forms[i][0], forms[i][1]);
		assert_int_equal(jobs.rows[0].variants_count, 3);
		it = &jobs.variants[jobs.rows[0].first_variant];
		assert_int_equal(it[0].chips, A100);
		assert_int_equal(it[0].speed_milli, 1500);
		assert_int_equal(it[1].chips, B910);
		assert_int_equal(it[1].device_memory_mib, 60000);
		assert_int_equal(it[2].chips, P800 | BARE);
		assert_int_equal(it[2].speed_milli, 0);
		assert_int_equal(jobs.rows[1].alien, 1);
		/* The rest of nothing is no variant. */
		assert_int_equal(jobs.rows[2].variants_count, 4);
		jobs_deinit(&jobs);
	}
}

/* Jobs for CUDA alone fill two devices in turn, though sixteen others stand idle. */
static void test_a_job_for_one_runtime_lands_on_no_other(void **state)
{
	struct replay_config config = {.fleet = &fleet, .check_steps = 1};
	const struct scheme base = {.lengths = SCHEME_LENGTHS_TRUE};
	struct replay_result result;
	struct parc_err err = {0};
	struct jobs jobs;

	(void)state;
	read_log(&jobs, "csv",
		 "submit_s,length_s,devices,runtime\n"
		 "0,10,1,cuda\n0,10,1,cuda\n0,10,1,cuda\n0,10,1,cuda\n"
		 "0,7,8,cann\n");
	config.jobs = &jobs;
	assert_int_equal(scheme_parse(&config.scheme, &base, "fifo+greedy", &err), 0);
	if (replay_run(&result, &config, &err) != 0)
		fail_msg("%s", err.text);
	assert_int_equal(result.finished, 5);
	/* Two by two on the A100, and 7 s of work at 700 thousandths on the 910B. */
	assert_int_equal(result.makespan_us, 20 * INT64_C(1000000));
	assert_int_equal(result.wait_us.max, 10 * INT64_C(1000000));
	replay_deinit(&result);
	jobs_deinit(&jobs);
}

static void test_what_is_refused(void **state)
{
	static const char *const list[][2] = {
		{"0,1,1,A100:x,",
		 "f:2:12: the speed of a variant is \"x\", expected a whole number "
		 "from 0 to 1000000"},
		{"0,1,1,A100:1:2:3,", "f:2:16: a variant has more than chips, speed and memory"},
		{"0,1,1,*|*,", "f:2:9: a second variant takes all other chips, expected one"},
		{"0,1,1,A1 0,", "f:2:7: a chip of variants is \"A1 0\", expected a name"},
		{"0,1,1,@,", "f:2:8: a chip of variants is \"\", expected a name"},
		{"0,1,1,,cu da", "f:2:8: runtime is \"cu da\", expected a name"},
		{"0,1,1,A100:1:99999999,", "the device memory of a variant is \"99999999\""},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(list) / sizeof(*list); i++) {
		char bytes[256] = "submit_s,length_s,devices,variants,runtime\n";
		struct parc_err err = {0};
		struct jobs jobs;
		struct text text;

		strncat(bytes, list[i][0], 100);
		text_init(&text, "f", bytes, strlen(bytes));
		assert_true(jobs_read_bytes("csv", &text, &fleet, NULL, &jobs, &err) < 0);
		if (strstr(err.text, list[i][1]) == NULL)
			fail_msg("wanted %s, found %s", list[i][1], err.text);
	}
}

static void test_a_variant_of_yaml_names_chips_or_a_runtime(void **state)
{
	static const char bytes[] = "jobs:\n- {submit_s: 0, length_s: 1, groups: [{devices: 1}],\n"
				    "   variants: [{speed_milli: 5}]}\n";
	struct parc_err err = {0};
	struct jobs jobs;
	struct text text;

	(void)state;
	text_init(&text, "f", bytes, strlen(bytes));
	assert_int_equal(jobs_read_bytes("yaml", &text, &fleet, NULL, &jobs, &err),
			 PARC_ERR_SYNTAX);
	assert_string_equal(err.text, "f:3:15: a variant names chips or a runtime, expected one of "
				      "the two");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_a_runtime_narrows_the_chips),
		cmocka_unit_test(test_variants),
		cmocka_unit_test(test_a_job_for_one_runtime_lands_on_no_other),
		cmocka_unit_test(test_what_is_refused),
		cmocka_unit_test(test_a_variant_of_yaml_names_chips_or_a_runtime),
	};

	return cmocka_run_group_tests_name("jobs_variants", tests, setup, teardown);
}
