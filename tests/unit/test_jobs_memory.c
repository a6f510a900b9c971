/* SPDX-License-Identifier: Apache-2.0
 *
 * Reading a log of jobs with the nth allocation failing, for every n until reading succeeds: each
 * time it says that there is no memory, and leaves nothing behind (the sanitizers look for leaks).
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "text/text.h"
#include "trace/jobs.h"

#define FLEET "sn,cpu_milli,memory_mib,gpu,model\na,1,2,2,T4\nb,1,2,1,P100\n"
#define TRIES 200

static int64_t allocations, failing; /* so far; which one fails, 0: none */

void *__real_malloc(size_t size);
void *__real_calloc(size_t count, size_t size);
void *__real_realloc(void *block, size_t size);
void *__wrap_malloc(size_t size);
void *__wrap_calloc(size_t count, size_t size);
void *__wrap_realloc(void *block, size_t size);

void *__wrap_malloc(size_t size)
{
	return ++allocations == failing ? NULL : __real_malloc(size);
}

void *__wrap_calloc(size_t count, size_t size)
{
	return ++allocations == failing ? NULL : __real_calloc(count, size);
}

void *__wrap_realloc(void *block, size_t size)
{
	return ++allocations == failing ? NULL : __real_realloc(block, size);
}

/* Rows out of order, with every kind of name, an array and dependences. */
static const struct {
	const char *format, *bytes;
} logs[] = {
	{"csv", "id,submit_s,length_s,tenant,user,kind,queue,array,depends,devices\n"
		"2,5,9,a,b,c,d,1,1,1\n1,0,9,a,b,c,d,1,,1\n"},
	{"swf", "2 10 0 50.5 -1 -1 -1 2 -1 -1 0 8 3 1 1 -1 1 60\n"
		"1 0 5 100 4 -1 -1 4 200 2048 1 7 3 9 2 1 -1 -1\n"},
	{"sacct", "JobID|Submit|Elapsed|State|AllocCPUS|JobName\n"
		  "7_1|2026-01-01T00:00:01|00:10:00|COMPLETED|4|a\n"
		  "7_2|2026-01-01T00:00:00|00:10:00|COMPLETED|4|b\n"},
	{"openb", "name,cpu_milli,memory_mib,num_gpu,gpu_milli,gpu_spec,creation_time,"
		  "deletion_time\na,1,1,1,1000,T4,0,1\n"},
	{"yaml", "jobs:\n- {submit_s: 0, length_s: 1, groups: [{devices: 1}]}\n"},
};

/* 0 when reading succeeded. */
static int read_failing(const struct fleet *fleet, size_t log, int64_t nth)
{
	struct parc_err err = {0};
	struct jobs jobs;
	struct text text;
	int code;

	text_init(&text, "f", logs[log].bytes, strlen(logs[log].bytes));
	allocations = 0;
	failing = nth;
	code = jobs_read_bytes(logs[log].format, &text, fleet, NULL, &jobs, &err);
	failing = 0;
	if (code != 0) {
		assert_int_equal(code, PARC_ERR_MEMORY);
		assert_int_equal(err.code, PARC_ERR_MEMORY);
		assert_true(err.text[0] != '\0');
		assert_null(jobs.rows);
	}
	jobs_deinit(&jobs);
	return code;
}

static void test_every_allocation_may_fail(void **state)
{
	struct fleet fleet;

	(void)state;
	assert_int_equal(fleet_read_bytes(&fleet, "fleet", FLEET, strlen(FLEET), NULL), 0);
	for (size_t log = 0; log < sizeof(logs) / sizeof(logs[0]); log++) {
		int64_t nth = 1;

		while (nth < TRIES && read_failing(&fleet, log, nth) != 0)
			nth++;
		assert_in_range(nth, 4, TRIES - 1);
	}
	fleet_deinit(&fleet);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_every_allocation_may_fail),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
