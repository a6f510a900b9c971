/* SPDX-License-Identifier: Apache-2.0
 *
 * Task lists and arrival orders: what they read as, what is refused with which sentence, and that
 * what is written reads as the same list.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "trace/tasks.h"

#define COUNT(list) (sizeof(list) / sizeof((list)[0]))

#define FLEET	   "sn,cpu_milli,memory_mib,gpu,model\na,1,2,2,T4\nb,1,2,1,P100\n"
#define SHORT_HEAD "name,cpu_milli,memory_mib,num_gpu,gpu_milli\n"
#define FULL_HEAD                                                                           \
	"name,cpu_milli,memory_mib,num_gpu,gpu_milli,gpu_spec,qos,pod_phase,creation_time," \
	"deletion_time,scheduled_time\n"
#define OWN_HEAD                                                                                 \
	"name,cpu_milli,memory_mib,num_gpu,gpu_milli,gpu_spec,creation_time,deletion_time,gang," \
	"close,link,device_memory_mib\n"

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

static void read_good(struct tasks *tasks, const char *text)
{
	struct parc_err err = {0};
	int code = tasks_read_openb_bytes(tasks, &fleet, "t", text, strlen(text), &err);

	if (code != 0)
		print_message("%s\n", err.text);
	assert_int_equal(code, 0);
}

static void test_openb_rows(void **state)
{
	struct tasks tasks;
	const struct tasks_row *row;

	(void)state;
	read_good(&tasks, FULL_HEAD "p0,12000,16384,1,460,,LS,Running,5,12,6\n"
				    "p1,1,2,8,1000,P100|T4,BE,Failed,0,9,\n"
				    "p2,1,2,1,1000,H800|T4,,,,,\n"
				    "p3,1,2,1,1000,H800|A10,,,9,8,\n"
				    "p4,4000,8,0,0,,,,1.5,2.000001,\n");
	assert_int_equal(tasks.count, 5);
	row = tasks.rows;
	assert_int_equal(row[0].task.cpu_milli, 12000);
	assert_int_equal(row[0].task.memory_mib, 16384);
	assert_int_equal(row[0].task.devices, 1);
	assert_int_equal(row[0].task.share_milli, 460);
	assert_int_equal(row[0].task.chips, 0);
	assert_int_equal(row[0].create_us, 5000000);
	assert_int_equal(row[0].length_us, 7000000);
	assert_int_equal(row[0].gang, 1);
	assert_int_equal(row[0].close_strength, PARC_STRENGTH_NONE);
	assert_int_equal(row[1].task.devices, 8);
	assert_int_equal(row[1].task.chips, 3);
	assert_int_equal(row[2].task.chips, 1);
	assert_int_equal(row[2].alien, 0);
	assert_int_equal(row[2].length_us, 0);
	assert_int_equal(row[3].alien, 1);
	assert_int_equal(row[3].length_us, 0);
	assert_int_equal(row[4].task.devices, 0);
	assert_int_equal(row[4].task.share_milli, 0);
	assert_int_equal(row[4].create_us, 1500000);
	assert_int_equal(row[4].length_us, 500001);
	tasks_deinit(&tasks);
}

static void test_short_lists_and_crlf(void **state)
{
	struct tasks tasks;

	(void)state;
	read_good(&tasks, "name,cpu_milli,memory_mib,num_gpu,gpu_milli\r\np,1,2,1,50\r\n\r\n");
	assert_int_equal(tasks.count, 1);
	assert_int_equal(tasks.rows[0].task.share_milli, 50);
	assert_int_equal(tasks.rows[0].create_us, 0);
	assert_int_equal(tasks.rows[0].length_us, 0);
	tasks_deinit(&tasks);
}

/* A share of several devices is as the list says it: gpu_milli is of each device. */
static void test_share_of_several_devices(void **state)
{
	struct tasks tasks;

	(void)state;
	read_good(&tasks, SHORT_HEAD "p,1,2,4,500\nq,1,2,0,700\n");
	assert_int_equal(tasks.rows[0].task.share_milli, 500);
	assert_int_equal(tasks.rows[1].task.share_milli, 0);
	tasks_deinit(&tasks);
}

#define OWN_ROWS                                                            \
	OWN_HEAD "a,1,2,8,1000,T4,1.000001,2,16,prefer:rack,require,1024\n" \
		 "b,1,2,1,10,,0,,1,,,\n"                                    \
		 "c,1,2,2,1000,nothing,3,4,65536,require:site,prefer,0\n"   \
		 "d,1,2,2,1000,P100|T4,3,4,,prefer:node,none,0\n"

static void test_own_columns(void **state)
{
	struct tasks tasks;

	(void)state;
	read_good(&tasks, OWN_ROWS);
	assert_int_equal(tasks.rows[0].gang, 16);
	assert_int_equal(tasks.rows[0].close_level, PARC_LEVEL_RACK);
	assert_int_equal(tasks.rows[0].close_strength, PARC_STRENGTH_PREFER);
	assert_int_equal(tasks.rows[0].task.link, PARC_STRENGTH_REQUIRE);
	assert_int_equal(tasks.rows[0].task.device_memory_mib, 1024);
	assert_int_equal(tasks.rows[1].gang, 1);
	assert_int_equal(tasks.rows[1].close_level, PARC_LEVEL_FLEET);
	assert_int_equal(tasks.rows[2].gang, 65536);
	assert_int_equal(tasks.rows[2].close_strength, PARC_STRENGTH_REQUIRE);
	tasks_deinit(&tasks);
}

static void test_written_lists_read_the_same(void **state)
{
	static const char *const texts[] = {OWN_ROWS, SHORT_HEAD "p,1,2,4,500\n"};

	(void)state;
	for (size_t i = 0; i < COUNT(texts); i++) {
		struct tasks before, after;
		char *written;
		size_t size;
		FILE *out = open_memstream(&written, &size);

		read_good(&before, texts[i]);
		assert_int_equal(tasks_write_openb(&before, &fleet, out, NULL), 0);
		fclose(out);
		read_good(&after, written);
		assert_int_equal(before.count, after.count);
		for (int32_t row = 0; row < before.count; row++) {
			/* Lists of chips are written in the fleet's order: their text may differ.
			 */
			assert_int_equal(before.rows[row].spec > 0, after.rows[row].spec > 0);
			before.rows[row].spec = after.rows[row].spec;
		}
		assert_memory_equal(before.rows, after.rows,
				    (size_t)before.count * sizeof(*before.rows));
		assert_int_equal(strstr(written, "gang") != NULL, i == 0);
		free(written);
		tasks_deinit(&before);
		tasks_deinit(&after);
	}
}

struct refusal {
	const char *text;
	int code;
	const char *sentence;
};

static void test_malformed_lists_are_refused(void **state)
{
	static const struct refusal list[] = {
		{"", PARC_ERR_SYNTAX, "t: the file is empty"},
		{"x\n", PARC_ERR_SYNTAX, "t:1:1: the header lacks the column name"},
		{SHORT_HEAD, PARC_ERR_INVALID, "t: the list has no tasks"},
		{SHORT_HEAD "p,1,2,1\n", PARC_ERR_SYNTAX, "t:2:1: 4 fields, expected 5"},
		{SHORT_HEAD "p,1,2,1,0\n", PARC_ERR_INVALID,
		 "t:2:9: gpu_milli is \"0\", expected a whole number from 1 to 1000"},
		{SHORT_HEAD "p,1,2,1,1001\n", PARC_ERR_INVALID, "t:2:9: gpu_milli is \"1001\""},
		{SHORT_HEAD "p,1,2,33,1\n", PARC_ERR_INVALID, "t:2:7: num_gpu is \"33\""},
		{SHORT_HEAD "p,,2,1,1\n", PARC_ERR_INVALID, "t:2:3: cpu_milli is \"\""},
		{SHORT_HEAD "p,1,1e9,1,1\n", PARC_ERR_INVALID, "t:2:5: memory_mib is \"1e9\""},
		{FULL_HEAD "p,1,2,1,1,A B,,,,,\n", PARC_ERR_INVALID, "t:2:11: a chip of gpu_spec"},
		{FULL_HEAD "p,1,2,1,1,T4|,,,,,\n", PARC_ERR_INVALID, "t:2:14: a chip of gpu_spec"},
		{FULL_HEAD "p,1,2,1,1,,,,x,,\n", PARC_ERR_INVALID,
		 "t:2:14: creation_time is \"x\""},
		{FULL_HEAD "p,1,2,1,1,,,,1.1234567,,\n", PARC_ERR_INVALID, "at most six decimals"},
		{FULL_HEAD "p,1,2,1,1,,,,1.,,\n", PARC_ERR_INVALID, "creation_time is \"1.\""},
		{FULL_HEAD "p,1,2,1,1,,,,1,-2,\n", PARC_ERR_INVALID, "deletion_time is \"-2\""},
		{OWN_HEAD "p,1,2,1,1,,,,0,,,\n", PARC_ERR_INVALID, "gang is \"0\""},
		{OWN_HEAD "p,1,2,1,1,,,,65537,,,\n", PARC_ERR_INVALID, "gang is \"65537\""},
		{OWN_HEAD "p,1,2,1,1,,,,1,rack,,\n", PARC_ERR_INVALID, "close is \"rack\""},
		{OWN_HEAD "p,1,2,1,1,,,,1,none:rack,,\n", PARC_ERR_INVALID, "close is"},
		{OWN_HEAD "p,1,2,1,1,,,,1,prefer:fleet,,\n", PARC_ERR_INVALID, "close is"},
		{OWN_HEAD "p,1,2,1,1,,,,1,,yes,\n", PARC_ERR_INVALID, "link is \"yes\""},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(list); i++) {
		struct tasks tasks;
		struct parc_err err = {0};
		int code = tasks_read_openb_bytes(&tasks, &fleet, "t", list[i].text,
						  strlen(list[i].text), &err);

		if (code != list[i].code || strstr(err.text, list[i].sentence) == NULL)
			print_message("entry %zu (%s): %s\n", i, list[i].sentence, err.text);
		assert_int_equal(code, list[i].code);
		assert_non_null(strstr(err.text, list[i].sentence));
		assert_null(tasks.rows);
	}
}

static void test_orders(void **state)
{
	static const char text[] = "SEED 42 N 3 REQ_MILLI 900\nORDER 1 0 1\nNODEPREFIX 1 0\n"
				   "SEED 43 N 0 REQ_MILLI 0\r\nORDER\r\n\r\n";
	struct order order;
	struct text lines;

	(void)state;
	text_init(&lines, "o", text, sizeof(text) - 1);
	assert_int_equal(order_read_openb_text(&order, &lines, 2, 2, NULL), 0);
	assert_int_equal(order.count, 2);
	assert_int_equal(order.seeds[0].seed, 42);
	assert_int_equal(order.seeds[0].request_milli, 900);
	assert_int_equal(order.seeds[0].rows_count, 3);
	assert_int_equal(order.seeds[0].rows[2], 1);
	assert_int_equal(order.seeds[0].ranks_count, 2);
	assert_int_equal(order.seeds[0].ranks[0], 1);
	assert_int_equal(order.seeds[1].rows_count, 0);
	assert_int_equal(order.seeds[1].ranks_count, 0);
	order_deinit(&order);
}

static void test_malformed_orders_are_refused(void **state)
{
	static const struct refusal list[] = {
		{"", PARC_ERR_SYNTAX, "o: the file ends early"},
		{"SEED 1 N 1 REQ_MILLI 2\n", PARC_ERR_SYNTAX, "o: the file ends early"},
		{"ORDER 1\n", PARC_ERR_SYNTAX, "o:1:1: found \"ORDER\", expected the lines SEED"},
		{"SEED 1 M 1\n", PARC_ERR_SYNTAX, "o:1:8: found \"M\", expected N"},
		{"SEED 1 N 1 REQ_MILLI\n", PARC_ERR_INVALID, "o:1:21: REQ_MILLI is \"\""},
		{"SEED x N 1 REQ_MILLI 2\n", PARC_ERR_INVALID, "o:1:6: SEED is \"x\""},
		{"SEED 1 N 1 REQ_MILLI 2 3\n", PARC_ERR_SYNTAX, "o:1:24: found \"3\""},
		{"SEED 1 N 1 REQ_MILLI 2\nORDER 5\n", PARC_ERR_INVALID, "o:2:7: ORDER is \"5\""},
		{"SEED 1 N 1 REQ_MILLI 2\nORDER 1 1\n", PARC_ERR_SYNTAX, "o:2:9: found \"1\""},
		{"SEED 1 N 2 REQ_MILLI 2\nORDER 1 \n", PARC_ERR_INVALID, "ORDER is \"\""},
		{"SEED 1 N 60000000 REQ_MILLI 2\nORDER 1\n", PARC_ERR_SYNTAX,
		 "the line is too short"},
		{"SEED 1 N 1 REQ_MILLI 2\nORDER 1\nNODEPREFIX 0\n", PARC_ERR_SYNTAX,
		 "the line is too short, expected 2 times NODEPREFIX"},
		{"SEED 1 N 1 REQ_MILLI 2\nORDER 1\nNODEPREFIX 0 2\n", PARC_ERR_INVALID,
		 "o:3:14: NODEPREFIX is \"2\""},
		{"SEED 1 N 1 REQ_MILLI 2\nORDER 1\nNODEPREFIX 1 1\n", PARC_ERR_EXISTS,
		 "o:3:1: the rank 1 stands twice"},
		{"SEED 1 N 1 REQ_MILLI 2\nSEED 2 N 1 REQ_MILLI 2\n", PARC_ERR_SYNTAX,
		 "o:2:1: found"},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(list); i++) {
		struct order order;
		struct parc_err err = {0};
		struct text lines;
		int code;

		text_init(&lines, "o", list[i].text, strlen(list[i].text));
		code = order_read_openb_text(&order, &lines, 2, 2, &err);
		if (code != list[i].code || strstr(err.text, list[i].sentence) == NULL)
			print_message("entry %zu (%s): %s\n", i, list[i].sentence, err.text);
		assert_int_equal(code, list[i].code);
		assert_non_null(strstr(err.text, list[i].sentence));
		assert_null(order.seeds);
	}
}

/* Every row once, then draws, to the request asked for; the same seed makes the same order. */
static void test_made_orders(void **state)
{
	struct tasks tasks;
	struct order order, again;
	int32_t seen[3] = {0};

	(void)state;
	read_good(&tasks, SHORT_HEAD "p,1,2,1,100\nq,1,2,1,200\nr,1,2,0,0\n");
	assert_int_equal(
		order_make(&order, &tasks, &fleet, &(struct order_wish){1300, 2, 42}, NULL), 0);
	assert_int_equal(
		order_make(&again, &tasks, &fleet, &(struct order_wish){1300, 1, 43}, NULL), 0);
	assert_int_equal(order.count, 2);
	assert_int_equal(order.seeds[1].seed, 43);
	for (int32_t i = 0; i < 3; i++)
		seen[order.seeds[0].rows[i]]++;
	assert_int_equal(seen[0] * seen[1] * seen[2], 1);
	assert_true(order.seeds[0].request_milli >= 3900 && order.seeds[0].request_milli < 4100);
	assert_int_equal(order.seeds[0].ranks_count, 2);
	assert_int_equal(order.seeds[0].ranks[0] + order.seeds[0].ranks[1], 1);
	assert_int_equal(order.seeds[1].rows_count, again.seeds[0].rows_count);
	assert_memory_equal(order.seeds[1].rows, again.seeds[0].rows,
			    (size_t)again.seeds[0].rows_count * sizeof(int32_t));
	order_deinit(&order);
	order_deinit(&again);
	tasks_deinit(&tasks);
}

static void test_order_of_nothing_is_refused(void **state)
{
	struct tasks tasks;
	struct order order;
	struct parc_err err;

	(void)state;
	read_good(&tasks, SHORT_HEAD "p,1,2,0,0\n");
	assert_int_equal(order_make(&order, &tasks, &fleet, &(struct order_wish){1300, 1, 1}, &err),
			 PARC_ERR_INVALID);
	assert_non_null(strstr(err.text, "no task of the list asks for a device"));
	tasks_deinit(&tasks);
}

static void test_example_is_read(void **state)
{
	struct fleet real;
	struct tasks tasks;

	(void)state;
	assert_int_equal(fleet_read(&real, "examples/openb/nodes.csv", NULL), 0);
	assert_int_equal(tasks_read_openb(&tasks, &real, "examples/openb/tasks.csv", NULL), 0);
	assert_int_equal(tasks.count, 2038);
	tasks_deinit(&tasks);
	fleet_deinit(&real);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_openb_rows),
		cmocka_unit_test(test_short_lists_and_crlf),
		cmocka_unit_test(test_share_of_several_devices),
		cmocka_unit_test(test_own_columns),
		cmocka_unit_test(test_written_lists_read_the_same),
		cmocka_unit_test(test_malformed_lists_are_refused),
		cmocka_unit_test(test_orders),
		cmocka_unit_test(test_malformed_orders_are_refused),
		cmocka_unit_test(test_made_orders),
		cmocka_unit_test(test_order_of_nothing_is_refused),
		cmocka_unit_test(test_example_is_read),
	};

	return cmocka_run_group_tests_name("tasks", tests, setup, teardown);
}
