/* SPDX-License-Identifier: Apache-2.0
 *
 * Gavel's job lists: what a row becomes, and what is refused with which sentence.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "sim/fairness.h"
#include "text/text.h"
#include "trace/gavel.h"
#include "trace/jobs.h"

#define HEADER                                                                  \
	"job_id,job_type,scale_factor,duration_s_on_v100,total_steps,unit_exp_" \
	"gap_to_next\n"
#define SPEEDS                                                                       \
	"{\"v100\": {\"('A', 1)\": {\"null\": 10.0}, \"('A', 2)\": {\"null\": 16},"  \
	" \"('B', 1)\": {\"null\": 0}, \"('C', 1)\": {\"null\": 3}},"                \
	" \"p100\": {\"('A', 1)\": {\"null\": 6.666}, \"('A', 2)\": {\"null\": 20}," \
	" \"('B', 1)\": {\"null\": 4}, \"('C', 1)\": {\"null\": \"fast\"}},"         \
	" \"k80\": {\"('A', 1)\": {\"null\": 2.5}, \"('A', 2)\": {\"null\": 0.0},"   \
	" \"('B', 1)\": {\"null\": 1}, \"('C', 1)\": {\"null\": 1}}}"

struct world {
	struct fleet fleet;
	char path[64];
};

static void write_speeds(const char *path, const char *bytes)
{
	FILE *file = fopen(path, "w");

	assert_non_null(file);
	assert_int_equal(fwrite(bytes, 1, strlen(bytes), file), strlen(bytes));
	assert_int_equal(fclose(file), 0);
}

static int setup(void **state)
{
	static struct world world;
	int fd;

	snprintf(world.path, sizeof(world.path), "%s", "/tmp/parc-speeds-XXXXXX");
	fd = mkstemp(world.path);
	if (fd < 0 || close(fd) != 0)
		return -1;
	write_speeds(world.path, SPEEDS);
	*state = &world;
	return gavel_fleet(&world.fleet, NULL);
}

static int teardown(void **state)
{
	struct world *world = *state;

	fleet_deinit(&world->fleet);
	return unlink(world->path);
}

static int read_rows(const struct world *world, const char *rows,
		     const struct jobs_options *options, struct jobs *jobs, struct parc_err *err)
{
	char bytes[1024];
	struct text text;

	snprintf(bytes, sizeof(bytes), "%s%s", HEADER, rows);
	text_init(&text, "f", bytes, strlen(bytes));
	return jobs_read_bytes("gavel", &text, &world->fleet, options, jobs, err);
}

static void assert_speed(const struct jobs *jobs, int32_t row, int32_t at, uint64_t chips,
			 int32_t speed)
{
	const struct parc_variant *it = &jobs->variants[jobs->rows[row].first_variant + at];

	assert_int_equal(it->chips, chips);
	assert_int_equal(it->speed_milli, speed);
}

static void test_the_fleet_is_gavels(void **state)
{
	const struct world *world = *state;

	assert_int_equal(world->fleet.devices, 108);
	assert_int_equal(world->fleet.nodes_count, 108);
	assert_string_equal(world->fleet.chips[0].name, "V100");
	assert_string_equal(world->fleet.chips[2].name, "K80");
}

/* At two jobs an hour a gap of one is half an hour. A gang is tasks of one device; a chip on which
 * its speed is 0 is none of its chips. */
static void test_rows_at_a_rate(void **state)
{
	const struct world *world = *state;
	const struct jobs_options options = {.speeds = world->path, .rate_milli = 2000};
	struct parc_err err = {0};
	struct jobs jobs;

	assert_int_equal(read_rows(world, "0,A,1,100.5,1005,1.0\n1,A,2,50,800,0.25\n", &options,
				   &jobs, &err),
			 0);
	assert_int_equal(jobs.count, 2);
	assert_int_equal(jobs.rows[0].id, JOBS_GAVEL_FIRST_ID);
	assert_int_equal(jobs.rows[0].length_us, 100500000);
	assert_int_equal(jobs.rows[1].submit_us, INT64_C(1800000000));
	assert_int_equal(jobs.rows[0].variants_count, 3);
	assert_speed(&jobs, 0, 0, 1, 1000);
	assert_speed(&jobs, 0, 1, 2, 667);
	assert_speed(&jobs, 0, 2, 4, 250);
	assert_int_equal(jobs.rows[1].variants_count, 2);
	assert_speed(&jobs, 1, 1, 2, 1250);
	assert_int_equal(jobs.groups[jobs.rows[1].first_group].tasks, 2);
	assert_int_equal(jobs.groups[jobs.rows[1].first_group].task.chips, 3);
	assert_int_not_equal(jobs.rows[0].kind, jobs.rows[1].kind);
	jobs_deinit(&jobs);
}

/* Its steps and its fastest chip say how long a job is that no V100 can run. */
static void test_a_job_that_the_reference_cannot_run(void **state)
{
	const struct world *world = *state;
	const struct jobs_options options = {.speeds = world->path, .static_max = 1};
	struct parc_err err = {0};
	struct jobs jobs;

	assert_int_equal(read_rows(world, "7,B,1,1,400,1\n8,A,1,1,10,1\n", &options, &jobs, &err),
			 0);
	assert_int_equal(jobs.count, 1);
	assert_int_equal(jobs.rows[0].length_us, 100000000);
	assert_int_equal(jobs.rows[0].submit_us, 0);
	assert_speed(&jobs, 0, 0, 2, 1000);
	assert_speed(&jobs, 0, 1, 4, 250);
	jobs_deinit(&jobs);
}

/* Two jobs on 108 devices: each has a third of its time on each chip, whatever the other does. */
static void test_an_equal_part(void **state)
{
	const struct world *world = *state;
	const struct jobs_options options = {.speeds = world->path, .static_max = 2};
	struct parc_err err = {0};
	int64_t alone_us[2];
	struct jobs jobs;

	assert_int_equal(
		read_rows(world, "0,A,1,100,1000,1\n1,A,2,50,800,1\n", &options, &jobs, &err), 0);
	assert_int_equal(fairness_alone(&world->fleet, &jobs, alone_us, &err), 0);
	assert_in_range(alone_us[0], 156494000, 156495000); /* 100 s / ((1 + 0.667 + 0.25) / 3) */
	assert_int_equal(alone_us[1], 66666667);	    /* 50 s / ((1 + 1.25 + 0) / 3) */
	jobs_deinit(&jobs);
}

static void test_refused(void **state)
{
	static const struct {
		const char *rows, *message;
	} refused[] = {
		{"0,A,1,100,1000\n", "f:2:1: 5 fields, expected 6 as in the header"},
		{"0,A,0,100,1000,1\n",
		 "f:2:5: scale_factor is \"0\", expected a whole number from 1 to 4096"},
		{"0,A,1,-1,1000,1\n", "f:2:7: duration_s_on_v100 is \"-1\", expected a number from "
				      "0 to 1.1259e+09"},
		{"0,A,1,nan,1000,1\n", "f:2:7: duration_s_on_v100 is \"nan\", expected a number "
				       "from 0 to 1.1259e+09"},
		{"0,A,1,100,1000,1e99\n",
		 "f:2:16: unit_exp_gap_to_next is \"1e99\", expected a number from 0 to 1e+09"},
		{"0,A,1,100,2000,1\n",
		 "f:2:3: total_steps at 10 steps a second are 200 s on the v100, expected the 100 "
		 "s of duration_s_on_v100"},
		{",A,1,100,1000,1\n",
		 "f:2:1: job_id is \"\", expected a whole number from 0 to 2147483647"},
		{"0,,1,100,1000,1\n", "f:2:3: job_type has 0 bytes, expected 1 to 128"},
	};
	const struct world *world = *state;
	const struct jobs_options options = {.speeds = world->path, .rate_milli = 1000};

	for (size_t i = 0; i < sizeof(refused) / sizeof(refused[0]); i++) {
		struct parc_err err = {0};
		struct jobs jobs;

		assert_true(read_rows(world, refused[i].rows, &options, &jobs, &err) < 0);
		assert_string_equal(err.text, refused[i].message);
		assert_null(jobs.rows);
	}
}

/* What the file of speeds lacks, or says wrongly. */
static void test_speeds_refused(void **state)
{
	static const struct {
		const char *speeds, *row, *part;
	} refused[] = {
		{SPEEDS, "0,Z,1,100,1000,1\n", "says no speed of ('Z', 1) on the fleet's chips"},
		{SPEEDS, "0,C,1,100,300,1\n", "says no speed of ('C', 1) on the fleet's chips"},
		{"[1, 2]", "0,A,1,100,1000,1\n", "expected an object with an entry for each chip"},
		{"{\"a100\": {}}", "0,A,1,100,1000,1\n", "has no speeds of any chip of the fleet"},
		{"{\"v100\": {", "0,A,1,100,1000,1\n", ":1:10: "},
	};
	const struct world *world = *state;
	const struct jobs_options options = {.speeds = world->path, .rate_milli = 1000};

	for (size_t i = 0; i < sizeof(refused) / sizeof(refused[0]); i++) {
		struct parc_err err = {0};
		struct jobs jobs;

		write_speeds(world->path, refused[i].speeds);
		assert_true(read_rows(world, refused[i].row, &options, &jobs, &err) < 0);
		assert_non_null(strstr(err.text, refused[i].part));
		assert_null(jobs.rows);
	}
	write_speeds(world->path, SPEEDS);
}

static void test_a_rate_or_a_number(void **state)
{
	const struct world *world = *state;
	const struct jobs_options none = {.speeds = world->path};
	const struct jobs_options both = {.speeds = world->path, .rate_milli = 1, .static_max = 1};
	const struct jobs_options nothing = {.rate_milli = 1};
	struct parc_err err = {0};
	struct jobs jobs;

	assert_int_equal(read_rows(world, "", &none, &jobs, &err), PARC_ERR_INVALID);
	assert_string_equal(err.text, "f: a list of this form needs a rate of arrivals, or a "
				      "number of jobs at time 0");
	assert_int_equal(read_rows(world, "", &both, &jobs, &err), PARC_ERR_INVALID);
	assert_int_equal(read_rows(world, "", &nothing, &jobs, &err), PARC_ERR_INVALID);
	assert_string_equal(err.text, "f: this list needs the file of speeds, throughputs.json");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_the_fleet_is_gavels),
		cmocka_unit_test(test_rows_at_a_rate),
		cmocka_unit_test(test_a_job_that_the_reference_cannot_run),
		cmocka_unit_test(test_an_equal_part),
		cmocka_unit_test(test_refused),
		cmocka_unit_test(test_speeds_refused),
		cmocka_unit_test(test_a_rate_or_a_number),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
