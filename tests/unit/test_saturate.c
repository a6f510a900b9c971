/* SPDX-License-Identifier: Apache-2.0
 *
 * The saturation experiment on fleets small enough to count by hand: the metric, what is refused
 * and why the rest is free, the second book, the record and its audit.
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

#include "sim/mirror.h"
#include "sim/record.h"
#include "sim/report.h"
#include "sim/saturate.h"
#include "sim/stats.h"

#define COUNT(list) (sizeof(list) / sizeof((list)[0]))

/* Two devices of X with 8 cores, four of Y with 16 cores, and 4 cores without a device. */
#define FLEET                                 \
	"sn,cpu_milli,memory_mib,gpu,model\n" \
	"a,8000,10000,2,X\nb,16000,10000,4,Y\nc,4000,10000,0,\n"
#define HEAD "name,cpu_milli,memory_mib,num_gpu,gpu_milli,gpu_spec\n"

enum { CHIP_X, CHIP_Y };
enum { KIND_CPU, KIND_PART, KIND_ONE };

struct bench {
	struct fleet fleet;
	struct tasks tasks;
	struct demand demand;
	struct order order;
	struct saturate_config config;
	struct saturate_result result;
};

static void check_code(int code, const struct parc_err *err)
{
	if (code)
		print_message("%s\n", err->text);
	assert_int_equal(code, 0);
}

static void bench_init(struct bench *bench, const char *tasks)
{
	struct parc_err err = {0};
	*bench = (struct bench){0};
	check_code(fleet_read_bytes(&bench->fleet, "fleet", FLEET, strlen(FLEET), &err), &err);
	check_code(tasks_read_openb_bytes(&bench->tasks, &bench->fleet, "tasks", tasks,
					  strlen(tasks), &err),
		   &err);
	check_code(demand_init(&bench->demand, &bench->tasks, &err), &err);
	bench->config = (struct saturate_config){.fleet = &bench->fleet,
						 .tasks = &bench->tasks,
						 .demand = &bench->demand,
						 .saturate_milli = 1300,
						 .place = PARC_PLACE_FIRST_FIT,
						 .check = 1};
}

/* Let the rows arrive in the order of a file, or in a made one when `order` is NULL. */
static void bench_order(struct bench *bench, const char *order, int32_t seeds)
{
	const struct order_wish wish = {1300, seeds, 7};
	struct parc_err err = {0};
	struct text text;

	text_init(&text, "order", order ? order : "", order ? strlen(order) : 0);
	check_code(order ? order_read_openb_text(&bench->order, &text, bench->tasks.count,
						 bench->fleet.nodes_count, &err)
			 : order_make(&bench->order, &bench->tasks, &bench->fleet, &wish, &err),
		   &err);
	bench->config.seeds = bench->order.seeds;
	bench->config.seeds_count = bench->order.count;
}

static void bench_run(struct bench *bench)
{
	struct parc_err err = {0};
	check_code(saturate_run(&bench->result, &bench->config, &err), &err);
}

static void bench_deinit(struct bench *bench)
{
	saturate_deinit(&bench->result);
	order_deinit(&bench->order);
	demand_deinit(&bench->demand);
	tasks_deinit(&bench->tasks);
	fleet_deinit(&bench->fleet);
}

#define EIGHT_OF_ROW_0 "SEED 1 N 8 REQ_MILLI 8000\nORDER 0 0 0 0 0 0 0 0\nNODEPREFIX 0 1 2\n"

static void test_levels_are_means_and_repeat_where_nothing_arrived(void **state)
{
	struct bench bench;
	(void)state;
	bench_init(&bench, HEAD "t,1000,100,1,1000,\n");
	bench_order(&bench, EIGHT_OF_ROW_0, 1);
	bench_run(&bench);
	const struct saturate_seed *seed = &bench.result.seeds[0];
	assert_int_equal(bench.result.capacity_milli, 6000);
	assert_int_equal(bench.result.level_max, 130);
	assert_int_equal(seed->tasks, 8);
	assert_int_equal(seed->refused, 2);
	assert_int_equal(seed->arrived_by_kind[KIND_ONE], 8);
	assert_int_equal(seed->refused_by_kind[KIND_ONE], 2);
	assert_int_equal(seed->allocated[16], 0);
	assert_int_equal(seed->allocated[17], 166700); /* 1000 / 6000 is 16.67 % */
	assert_int_equal(seed->allocated[18], 166700);
	assert_int_equal(seed->allocated[99], 833300);
	assert_int_equal(seed->allocated[100], 1000000);
	assert_int_equal(seed->allocated[130], 1000000);
	assert_int_equal(seed->allocated_by_chip[CHIP_X], 2000);
	assert_int_equal(seed->allocated_by_chip[CHIP_Y], 4000);
	bench_deinit(&bench);
}

static void test_two_arrivals_at_one_level_are_averaged(void **state)
{
	struct bench bench;
	(void)state;
	bench_init(&bench, HEAD "t,1000,100,1,1000,\nu,1000,100,0,0,\n");
	bench_order(&bench, "SEED 1 N 3 REQ_MILLI 1000\nORDER 1 0 1\nNODEPREFIX 0 1 2\n", 1);
	bench_run(&bench);
	assert_int_equal(bench.result.seeds[0].allocated[0], 0);
	assert_int_equal(bench.result.seeds[0].allocated[17], 166700);
	assert_int_equal(bench.result.seeds[0].arrived_by_kind[KIND_CPU], 2);
	bench_deinit(&bench);
}

static void test_arrivals_end_at_the_level(void **state)
{
	struct bench bench;
	(void)state;
	bench_init(&bench, HEAD "t,1000,100,1,1000,\n");
	bench_order(&bench, EIGHT_OF_ROW_0, 1);
	bench.config.saturate_milli = 500;
	bench_run(&bench);
	assert_int_equal(bench.result.seeds[0].tasks, 3);
	assert_int_equal(bench.result.level_max, 50);
	assert_int_equal(bench.result.seeds[0].allocated[50], 500000);
	bench_deinit(&bench);
}

static void test_alien_task_is_refused_and_counts_as_arrived(void **state)
{
	struct bench bench;
	(void)state;
	bench_init(&bench, HEAD "t,1000,100,1,1000,Z\n");
	bench_order(&bench, EIGHT_OF_ROW_0, 1);
	bench_run(&bench);
	assert_int_equal(bench.result.seeds[0].tasks, 8);
	assert_int_equal(bench.result.seeds[0].refused, 8);
	assert_int_equal(bench.result.seeds[0].allocated[130], 0);
	assert_int_equal(bench.result.seeds[0].stranded.milli[STRANDED_CHIP], 6000);
	bench_deinit(&bench);
}

/* One row of a list that arrives eight times; what is free then has one cause. */
static void test_each_free_thousandth_has_one_cause(void **state)
{
	static const struct {
		const char *row;
		enum stranded_cause cause;
		int64_t milli;
	} cases[] = {
		{"t,8000,100,1,1000,\n", STRANDED_CPU, 3000},	  /* 1 on a, 2 on b */
		{"t,1000,5000,1,1000,\n", STRANDED_MEMORY, 2000}, /* 2 on a, 2 on b */
		{"t,1000,100,1,700,\n", STRANDED_SHARE, 1800},
		{"t,1000,100,1,1000,Y\n", STRANDED_CHIP, 2000},
		{"t,1000,100,3,1000,\n", STRANDED_DEVICES, 3000},
		{"t,1000,100,0,0,\n", STRANDED_CHIP, 6000},
	};
	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		char text[256];
		struct bench bench;
		snprintf(text, sizeof(text), "%s%s", HEAD, cases[i].row);
		bench_init(&bench, text);
		bench_order(&bench, EIGHT_OF_ROW_0, 1);
		bench_run(&bench);
		for (int cause = 0; cause < STRANDED_COUNT; cause++)
			assert_int_equal(bench.result.seeds[0].stranded.milli[cause],
					 cause == (int)cases[i].cause ? cases[i].milli : 0);
		bench_deinit(&bench);
	}
}

#define MIXED                                                                                \
	HEAD "a,1000,100,1,1000,\nb,500,100,1,300,\nc,500,100,1,450,X\nd,2000,100,4,1000,\n" \
	     "e,1000,100,0,0,\nf,250,100,1,120,X|Y\ng,1000,100,2,1000,\n"

static void test_every_policy_places_all_that_fits(void **state)
{
	static const int places[] = {
#define X(name, number, text) PARC_PLACE_##name,
		PARC_PLACE_MAP(X)
#undef X
	};
	(void)state;
	for (size_t i = 0; i < COUNT(places); i++)
		for (uint8_t tell = 0; tell < 2; tell++) {
			struct bench bench;
			bench_init(&bench, MIXED);
			bench_order(&bench, NULL, 20);
			bench.config.place = places[i];
			bench.config.tell_demand = tell;
			bench_run(&bench);
			assert_int_equal(bench.result.seeds_count, 20);
			assert_true(bench.result.sum.tasks > bench.result.sum.refused);
			bench_deinit(&bench);
		}
}

static void test_a_gang_is_placed_whole_or_refused(void **state)
{
	struct bench bench;
	(void)state;
	bench_init(&bench, "name,cpu_milli,memory_mib,num_gpu,gpu_milli,gpu_spec,gang\n"
			   "t,1000,100,1,1000,,3\nu,1000,100,1,1000,,2\n");
	bench_order(&bench, "SEED 1 N 3 REQ_MILLI 8000\nORDER 0 1 1\nNODEPREFIX 0 1 2\n", 1);
	bench_run(&bench);
	const struct saturate_seed *seed = &bench.result.seeds[0];
	assert_int_equal(seed->arrived_by_kind[SATURATE_KINDS - 1], 3);
	assert_int_equal(seed->refused, 1); /* on one chip: 3 on Y, 2 on X, and 1 of Y is left */
	assert_int_equal(seed->allocated_by_chip[CHIP_X], 2000);
	assert_int_equal(seed->allocated_by_chip[CHIP_Y], 3000);
	bench_deinit(&bench);
}

static void test_halfway_and_again_meet_the_same_digest(void **state)
{
	uint64_t digests[3];
	(void)state;
	for (int i = 0; i < 3; i++) {
		struct bench bench;
		bench_init(&bench, MIXED);
		bench_order(&bench, NULL, 1);
		bench.config.place = PARC_PLACE_PARC;
		bench.config.halfway = i == 2;
		bench_run(&bench);
		digests[i] = bench.result.seeds[0].digest;
		bench_deinit(&bench);
	}
	assert_true(digests[0] == digests[1]);
	assert_true(digests[0] == digests[2]);
}

/* ---- The record */

#define PATH_MAX_BYTES 512

static void write_record(char path[PATH_MAX_BYTES])
{
	const char *folder = getenv("TMPDIR");
	snprintf(path, PATH_MAX_BYTES, "%s/test_saturate.XXXXXX", folder ? folder : "/tmp");
	struct bench bench;
	struct record record;
	struct parc_err err = {0};
	int file = mkstemp(path);
	assert_true(file >= 0);
	close(file);
	bench_init(&bench, MIXED);
	bench_order(&bench, NULL, 2);
	check_code(record_open(&record, path, &err), &err);
	bench.config.record = &record;
	bench.config.place = PARC_PLACE_PARC;
	bench_run(&bench);
	check_code(record_close(&record, &err), &err);
	bench_deinit(&bench);
}

static uint8_t *load_file(const char *path, size_t *size)
{
	FILE *file = fopen(path, "rb");
	assert_non_null(file);
	fseek(file, 0, SEEK_END);
	*size = (size_t)ftell(file);
	rewind(file);
	uint8_t *bytes = malloc(*size);
	assert_non_null(bytes);
	assert_int_equal(fread(bytes, 1, *size, file), *size);
	fclose(file);
	return bytes;
}

static void save_file(const char *path, const uint8_t *bytes, size_t size)
{
	FILE *file = fopen(path, "wb");
	assert_non_null(file);
	assert_int_equal(fwrite(bytes, 1, size, file), size);
	fclose(file);
}

static void test_a_record_is_decided_again(void **state)
{
	char path[PATH_MAX_BYTES];
	struct record_audit audit;
	struct parc_err err = {0};
	(void)state;
	write_record(path);
	check_code(record_audit(&audit, path, &err), &err);
	assert_int_equal(audit.worlds, 2);
	assert_true(audit.steps > 20);
	unlink(path);
}

/* Change the last byte of every item of actions and of every digest, one at a time. */
static void test_a_changed_record_fails_its_audit(void **state)
{
	char path[PATH_MAX_BYTES];
	struct record_audit audit;
	struct parc_err err;
	size_t size, changed = 0;
	(void)state;
	write_record(path);
	uint8_t *bytes = load_file(path, &size);
	for (size_t at = 8; at < size;) {
		size_t length = (size_t)bytes[at + 1] | (size_t)bytes[at + 2] << 8;
		size_t last = at + 5 + length - 1;
		if (bytes[at] == 'A' || bytes[at] == 'D') {
			bytes[last] ^= 1;
			save_file(path, bytes, size);
			assert_int_not_equal(record_audit(&audit, path, &err), 0);
			assert_true(strlen(err.text) > 0);
			bytes[last] ^= 1;
			changed++;
		}
		at = last + 1;
	}
	assert_true(changed > 20);
	free(bytes);
	unlink(path);
}

static void test_a_cut_or_foreign_record_is_refused(void **state)
{
	char path[PATH_MAX_BYTES];
	struct record_audit audit;
	struct parc_err err;
	size_t size;
	(void)state;
	write_record(path);
	uint8_t *bytes = load_file(path, &size);
	save_file(path, bytes, size / 2);
	assert_int_not_equal(record_audit(&audit, path, &err), 0);
	save_file(path, bytes, 4);
	assert_int_equal(record_audit(&audit, path, &err), PARC_ERR_CORRUPT);
	bytes[0] ^= 1;
	save_file(path, bytes, size);
	assert_int_equal(record_audit(&audit, path, &err), PARC_ERR_CORRUPT);
	free(bytes);
	unlink(path);
	assert_int_equal(record_audit(&audit, path, &err), PARC_ERR_IO);
}

/* ---- The second book */

static void test_mirror_refuses_wrong_placements(void **state)
{
	const struct parc_task task = {.chips = 1 << CHIP_Y,
				       .devices = 2,
				       .share_milli = 600,
				       .cpu_milli = 1000,
				       .memory_mib = 10};
	const struct parc_placement good = {
		.node = 2, .devices = 3, .share_milli = 600, .cpu_milli = 1000, .memory_mib = 10};
	struct parc_placement wrong[8];
	struct bench bench;
	struct mirror mirror;
	struct parc_err err = {0};
	(void)state;
	bench_init(&bench, HEAD "t,1000,100,1,1000,\n");
	check_code(mirror_init(&mirror, &bench.fleet, &err), &err);
	for (size_t i = 0; i < COUNT(wrong); i++)
		wrong[i] = good;
	wrong[0].node = 4;
	wrong[1].node = 1; /* chip X */
	wrong[2].devices = 7;
	wrong[3].devices = 0x11; /* there is no fifth device */
	wrong[4].share_milli = 500;
	wrong[5].cpu_milli = 999;
	wrong[6].memory_mib = 11;
	wrong[7].node = 0;
	for (size_t i = 0; i < COUNT(wrong); i++)
		assert_int_equal(mirror_place(&mirror, &task, &wrong[i], &err), PARC_ERR_MISMATCH);
	check_code(mirror_place(&mirror, &task, &good, &err), &err);
	assert_int_equal(mirror_place(&mirror, &task, &good, &err), PARC_ERR_MISMATCH);
	mirror_release(&mirror, &good);
	check_code(mirror_place(&mirror, &task, &good, &err), &err);
	mirror_deinit(&mirror);
	bench_deinit(&bench);
}

static void test_mirror_knows_what_fits(void **state)
{
	static const struct {
		const char *row;
		int fits;
	} cases[] = {
		{"t,1000,100,4,1000,,1\n", 1},	{"t,1000,100,4,1000,X,1\n", 0},
		{"t,1000,100,5,1000,,1\n", 0},	{"t,16000,100,0,0,,1\n", 1},
		{"t,16001,100,0,0,,1\n", 0},	{"t,1,10001,0,0,,1\n", 0},
		{"t,1000,100,1,1000,,4\n", 1},	{"t,1000,100,1,1000,,5\n", 0},
		{"t,1000,100,1,500,X,4\n", 1},	{"t,1000,100,1,501,X,4\n", 0},
		{"t,4000,100,0,0,,7\n", 1},	{"t,4000,100,0,0,,8\n", 0},
		{"t,1000,100,1,1000,Z,1\n", 0},
	};
	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		char text[256];
		struct bench bench;
		struct mirror mirror;
		struct parc_err err = {0};
		snprintf(text, sizeof(text), "%s%s",
			 "name,cpu_milli,memory_mib,num_gpu,gpu_milli,gpu_spec,gang\n",
			 cases[i].row);
		bench_init(&bench, text);
		check_code(mirror_init(&mirror, &bench.fleet, &err), &err);
		assert_int_equal(mirror_can_fit(&mirror, &bench.tasks.rows[0]), cases[i].fits);
		mirror_deinit(&mirror);
		bench_deinit(&bench);
	}
}

/* ---- Demand, statistics, errors */

static void test_demand_counts_and_sorts_shapes(void **state)
{
	struct bench bench;
	(void)state;
	bench_init(&bench, HEAD "a,1000,300,1,500,\nb,2000,100,1,1000,\nc,1000,200,1,500,\n"
				"d,2000,100,1,1000,X\ne,9000,100,1,1000,Z\nf,1000,100,1,400,\n");
	const struct demand *demand = &bench.demand;
	assert_int_equal(demand->count, 4);
	assert_int_equal(demand->shapes[0].entry.count, 2);
	assert_int_equal(demand->shapes[0].entry.task.share_milli, 500);
	assert_int_equal(demand->shapes[0].entry.task.memory_mib, 250);
	assert_int_equal(demand->shapes[0].memory_min_mib, 200);
	assert_int_equal(demand->shapes[1].entry.task.chips, 1 << CHIP_X);
	assert_int_equal(demand->shapes[2].entry.task.chips, 0);
	assert_int_equal(demand->shapes[3].entry.task.share_milli, 400);
	assert_int_equal(demand->frequent_count, 4);
	bench_deinit(&bench);
}

static void test_rounding(void **state)
{
	static const struct {
		int64_t numerator, denominator, even, up;
	} cases[] = {{0, 7, 0, 0},	   {1, 2, 0, 1},	{3, 2, 2, 2},  {5, 2, 2, 3},
		     {7, 2, 4, 4},	   {10, 4, 2, 3},	{11, 4, 3, 3}, {9, 4, 2, 2},
		     {31060, 62120, 0, 1}, {93180, 62120, 2, 2}};
	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		assert_int_equal(stats_divide_even(cases[i].numerator, cases[i].denominator),
				 cases[i].even);
		assert_int_equal(stats_divide_up(cases[i].numerator, cases[i].denominator),
				 cases[i].up);
	}
	assert_int_equal(stats_divide_up(-3, 2), -1);
	assert_int_equal(stats_divide_up(-4, 3), -1);
	assert_int_equal(stats_divide_up(-5, 3), -2);
}

static void test_percentiles_are_exact(void **state)
{
	int64_t values[200];
	(void)state;
	for (int i = 0; i < 200; i++)
		values[i] = (i * 77) % 200 + 1;
	struct stats_summary summary = stats_summarise(values, 200);
	assert_int_equal(summary.p50, 100);
	assert_int_equal(summary.p99, 198);
	assert_int_equal(summary.max, 200);
	assert_int_equal(summary.mean, 101);
	summary = stats_summarise(values, 1);
	assert_int_equal(summary.p50, 1);
	assert_int_equal(summary.p99, 1);
	summary = stats_summarise(values, 0);
	assert_int_equal(summary.count, 0);
	assert_int_equal(summary.max, 0);
}

static void test_wrong_configurations_are_refused(void **state)
{
	struct bench bench;
	struct parc_err err;
	(void)state;
	bench_init(&bench, HEAD "t,1000,100,1,1000,\n");
	bench_order(&bench, EIGHT_OF_ROW_0, 1);
	bench.config.saturate_milli = 9;
	assert_int_equal(saturate_run(&bench.result, &bench.config, &err), PARC_ERR_INVALID);
	bench.config.saturate_milli = 10001;
	assert_int_equal(saturate_run(&bench.result, &bench.config, &err), PARC_ERR_INVALID);
	bench.config.saturate_milli = 1300;
	bench.config.seeds_count = 0;
	assert_int_equal(saturate_run(&bench.result, &bench.config, &err), PARC_ERR_INVALID);
	bench_deinit(&bench);
}

static void test_the_report_has_what_was_promised(void **state)
{
	struct bench bench;
	(void)state;
	bench_init(&bench, MIXED);
	bench_order(&bench, NULL, 2);
	bench_run(&bench);
	json_t *root = report_saturate_json(&bench.result);
	assert_string_equal(json_string_value(json_object_get(root, "place")), "first-fit");
	assert_true(json_is_number(json_object_get(root, "elapsed_ms")));
	json_t *seeds = json_object_get(root, "seeds");
	assert_int_equal(json_array_size(seeds), 2);
	json_t *levels = json_object_get(json_array_get(seeds, 0), "allocated_pct");
	assert_int_equal(json_object_size(levels), 131);
	assert_non_null(json_object_get(levels, "0"));
	assert_non_null(json_object_get(levels, "130"));
	assert_true(json_is_integer(json_object_get(json_array_get(seeds, 0), "refused")));
	levels = json_object_get(json_object_get(root, "mean"), "allocated_pct");
	assert_int_equal(json_object_size(levels), 131);
	json_decref(root);
	bench_deinit(&bench);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_levels_are_means_and_repeat_where_nothing_arrived),
		cmocka_unit_test(test_two_arrivals_at_one_level_are_averaged),
		cmocka_unit_test(test_arrivals_end_at_the_level),
		cmocka_unit_test(test_alien_task_is_refused_and_counts_as_arrived),
		cmocka_unit_test(test_each_free_thousandth_has_one_cause),
		cmocka_unit_test(test_every_policy_places_all_that_fits),
		cmocka_unit_test(test_a_gang_is_placed_whole_or_refused),
		cmocka_unit_test(test_halfway_and_again_meet_the_same_digest),
		cmocka_unit_test(test_a_record_is_decided_again),
		cmocka_unit_test(test_a_changed_record_fails_its_audit),
		cmocka_unit_test(test_a_cut_or_foreign_record_is_refused),
		cmocka_unit_test(test_mirror_refuses_wrong_placements),
		cmocka_unit_test(test_mirror_knows_what_fits),
		cmocka_unit_test(test_demand_counts_and_sorts_shapes),
		cmocka_unit_test(test_rounding),
		cmocka_unit_test(test_percentiles_are_exact),
		cmocka_unit_test(test_wrong_configurations_are_refused),
		cmocka_unit_test(test_the_report_has_what_was_promised),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
