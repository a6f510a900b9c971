/* SPDX-License-Identifier: Apache-2.0
 *
 * Broken logs of jobs and broken packed files, each with the sentence that it is refused with. The
 * table is the one of docs/formats.md.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "text/text.h"
#include "trace/jobs.h"

#define FLEET  "sn,cpu_milli,memory_mib,gpu,model\na,1,2,2,T4\nb,1,2,1,P100\n"
#define PHILLY "timestamp,duration,num_gpus\n"
#define ITP    "submission_time,duration,num_gpu\n"
#define SACCT  "JobID|Submit|ElapsedRaw|Timelimit|State|AllocTRES\n"
#define AT     "2026-01-01T00:00:00"
#define CSV    "id,submit_s,length_s,tasks,devices,depends,chips,class\n"

static const struct {
	const char *format, *bytes, *message;
} broken[] = {
	{"gwf", "",
	 "no format \"gwf\", expected one of openb, philly, itp, swf, sacct, gavel, csv, yaml"},
	{"philly", "", "f: the file is empty, expected a header with the column timestamp"},
	{"philly", PHILLY, "f: the log has no jobs, expected at least one that ran"},
	{"philly", "timestamp,num_gpus\n", "f:1:1: the header lacks the column duration"},
	{"philly", PHILLY "2017-02-29 10:00:00,1,1\n",
	 "f:2:1: timestamp is \"2017-02-29 10:00:00\", expected a time as 2026-01-31T23:59:59"},
	{"philly", PHILLY "2017-02-28 10:00:00,-1,1\n",
	 "f:2:21: duration is \"-1\", expected seconds from 0 to 1099511627776, at most six "
	 "decimals, or nothing"},
	{"philly", PHILLY "2017-02-28 10:00:00,5\n",
	 "f:2:1: 2 fields, expected 3 as in the header"},
	{"itp", ITP "5,7,1.5\n",
	 "f:2:5: num_gpu is \"1.5\", expected a whole number from 0 to 1000000"},
	{"itp", ITP "5,2000000000,1\n",
	 "f:2:3: duration is \"2000000000\", expected at most 1125899906 seconds"},
	{"itp", ITP "5,7,1000000\n", "f:2:1: the job has 125000 tasks, at most 65536 are allowed"},
	{"openb", "name,cpu_milli,memory_mib,num_gpu\n",
	 "f:1:1: the header lacks the column gpu_milli"},
	{"openb", "name,cpu_milli,memory_mib,num_gpu,gpu_milli\na,1,1,33,1000\n",
	 "f:2:7: num_gpu is \"33\", expected a whole number from 0 to 32"},
	{"swf", "; nothing but a comment\n",
	 "f: the log has no jobs, expected at least one that ran"},
	{"swf", "1 0 5 100 4\n", "f:1:1: 5 fields, expected 18 numbers with blanks between them"},
	{"swf", "1 0 5 100 four -1 -1 4 200 -1 1 7 3 9 2 1 -1 -1\n",
	 "f:1:11: the number of processors is \"four\", expected a whole number from 0 to "
	 "10000000"},
	{"swf", "1 0 5 100 4 -1 -1 4 200 -1 6 7 3 9 2 1 -1 -1\n",
	 "f:1:28: the status is \"6\", expected a whole number from 0 to 5"},
	{"swf", "0 0 5 100 4 -1 -1 4 200 -1 1 7 3 9 2 1 -1 -1\n",
	 "f:1:1: the job number is \"0\", expected a whole number from 1 to 1125899906842624"},
	{"sacct", "JobID,Submit,State\n", "f:1:1: the header lacks the column JobID"},
	{"sacct", "JobID|Submit|State|AllocTRES\n",
	 "f:1:1: the header lacks the length, expected ElapsedRaw, Elapsed, or Start and End"},
	{"sacct", "JobID|Submit|State|ElapsedRaw\n",
	 "f:1:1: the header lacks what was used, expected AllocTRES, ReqTRES, AllocCPUS or "
	 "NCPUS"},
	{"sacct", SACCT "job7|" AT "|5||COMPLETED|cpu=1\n",
	 "f:2:1: JobID is \"job7\", expected a number as 123, 123_4, 123+1 or 123.batch"},
	{"sacct", SACCT "7|Unknown|5||COMPLETED|cpu=1\n",
	 "f:2:3: Submit is \"Unknown\", expected a time as 2026-01-31T23:59:59"},
	{"sacct", SACCT "7|" AT "|1:00||COMPLETED|cpu=1\n",
	 "f:2:23: ElapsedRaw is \"1:00\", expected a whole number from 0 to 1125899906"},
	{"sacct", SACCT "7|" AT "|5|1 day|COMPLETED|cpu=1\n",
	 "f:2:25: Timelimit is \"1 day\", expected days-hours:minutes:seconds"},
	{"sacct", SACCT "7|" AT "|5||DONE|cpu=1\n",
	 "f:2:26: State is \"DONE\", expected a state of Slurm as COMPLETED, FAILED, CANCELLED, "
	 "TIMEOUT, NODE_FAIL or RUNNING"},
	{"sacct", SACCT "7|" AT "|5||COMPLETED|cpu=many\n",
	 "f:2:36: AllocTRES has \"cpu=many\", expected NAME=COUNT"},
	{"sacct", SACCT "7|" AT "|5||COMPLETED|cpu=1,mem=big\n",
	 "f:2:42: AllocTRES has \"mem=big\", expected memory as mem=256G"},
	{"sacct", SACCT "7|" AT "|5||COMPLETED|gres/gpu=64,node=1\n",
	 "f:2:1: the job has 64 devices on one node, at most 32 are allowed"},
	{"csv", "submit_s,length_s,gpus\n", "f:1:19: unknown column \"gpus\" in the header"},
	{"csv", CSV "1,0,0,1,1,,,\n", "f:2:1: length_s is 0, expected more"},
	{"csv", CSV "1,0,9,1;2;3,1;2,,,\n",
	 "f:2:13: devices has 2 values, expected one or as many as the other columns of groups, "
	 "at most 8"},
	{"csv", CSV "1,0,9,1,1,2,,\n",
	 "f:2:1: it waits for job 2, expected the id of a job of the log"},
	{"csv", CSV "1,0,9,1,1,2,,\n2,0,9,1,1,,,\n",
	 "f:2:1: it waits for job 2, expected a job that arrives before it"},
	{"csv", CSV "1,0,9,1,1,,,\n1,0,9,1,1,,,\n",
	 "f:3:1: the id 1 stands twice in the log, expected one of its own"},
	{"csv", CSV "1,0,9,1,1,2:well,,\n",
	 "f:2:13: depends is \"well\", expected ok or failed after the colon"},
	{"csv", CSV "1,0,9,1,1,,T4|,\n",
	 "f:2:15: chips is \"\", expected a name of 1 to 63 letters, digits or any of -_.+"},
	{"csv", CSV "1,0,9,1,1,,,learn\n",
	 "f:2:13: class is \"learn\", expected train, infer, interactive or batch"},
	{"csv", CSV "1,0,9,1,0,,,\n",
	 "f:2:1: the task asks for nothing, expected devices, cpu_milli or memory_mib"},
	{"yaml", "tasks: []\n", "f:1:1: a log of jobs has no key \"tasks\", expected jobs"},
	{"yaml", "jobs: []\n", "f: the log has no jobs, expected at least one that ran"},
	{"yaml", "jobs:\n- {submit_s: 0, length_s: 5}\n", "f:2:3: a job lacks the key groups"},
	{"yaml", "jobs:\n- {submit_s: 0, length_s: 5, groups: [{devices: 1, gpus: 1}]}\n",
	 "f:2:52: a group has no key \"gpus\", expected one of tasks, devices, share_milli, "
	 "device_memory_mib, cpu_milli, memory_mib, chips, link"},
	{"yaml", "jobs:\n- {submit_s: 0, length_s: [5], groups: [{devices: 1}]}\n",
	 "f:2:27: length_s is a list or mapping, expected one value"},
};

static struct fleet fleet;
static char *manual; /* docs/formats.md */

static int setup(void **state)
{
	size_t size;

	(void)state;
	if (text_load("docs/formats.md", &manual, &size, NULL) != 0)
		return -1;
	manual = realloc(manual, size + 1);
	assert_non_null(manual);
	manual[size] = '\0';
	return fleet_read_bytes(&fleet, "fleet", FLEET, strlen(FLEET), NULL);
}

static int teardown(void **state)
{
	(void)state;
	fleet_deinit(&fleet);
	free(manual);
	return 0;
}

static void test_broken_logs(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(broken) / sizeof(broken[0]); i++) {
		struct parc_err err = {0};
		struct jobs jobs;
		struct text text;

		text_init(&text, "f", broken[i].bytes, strlen(broken[i].bytes));
		assert_true(jobs_read_bytes(broken[i].format, &text, &fleet, NULL, &jobs, &err) <
			    0);
		assert_string_equal(err.text, broken[i].message);
		assert_null(jobs.rows);
		assert_non_null(strstr(manual, broken[i].message));
	}
}

/* The manual has each format with its line of help. */
static void test_the_manual_has_the_formats(void **state)
{
	(void)state;
	for (const struct jobs_format *it = jobs_formats; it->name != NULL; it++) {
		char row[256];

		snprintf(row, sizeof(row), "| %s | %s |", it->name, it->help);
		assert_non_null(strstr(manual, row));
		assert_ptr_equal(jobs_find_format(it->name), it);
	}
	assert_null(jobs_find_format("gwf"));
}

/* A log in which nothing is right is refused even when malformed rows are passed over. */
static void test_lenient_is_no_licence(void **state)
{
	const struct jobs_options options = {.is_lenient = true};
	struct parc_err err = {0};
	struct jobs jobs;
	struct text text;

	(void)state;
	text_init(&text, "f", ITP "x,1,1\n", strlen(ITP "x,1,1\n"));
	assert_int_equal(jobs_read_bytes("itp", &text, &fleet, &options, &jobs, &err),
			 PARC_ERR_INVALID);
	assert_string_equal(err.text, "f: the log has no jobs, expected at least one that ran");
}

static void test_task_size_out_of_range(void **state)
{
	const struct jobs_options options = {.task_size = 33};
	struct parc_err err = {0};
	struct jobs jobs;
	struct text text;

	(void)state;
	text_init(&text, "f", ITP "1,1,1\n", strlen(ITP "1,1,1\n"));
	assert_int_equal(jobs_read_bytes("itp", &text, &fleet, &options, &jobs, &err),
			 PARC_ERR_INVALID);
	assert_string_equal(err.text, "tasks of size 33, expected 1 to 32");
}

static void test_no_such_file(void **state)
{
	struct parc_err err = {0};
	struct jobs jobs;

	(void)state;
	assert_int_equal(jobs_read("itp", "no/such.csv", &fleet, NULL, &jobs, &err), PARC_ERR_IO);
	assert_string_equal(err.text, "no/such.csv: No such file or directory");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_broken_logs),
		cmocka_unit_test(test_the_manual_has_the_formats),
		cmocka_unit_test(test_lenient_is_no_licence),
		cmocka_unit_test(test_task_size_out_of_range),
		cmocka_unit_test(test_no_such_file),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
