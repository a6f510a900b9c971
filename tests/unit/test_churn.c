/* SPDX-License-Identifier: Apache-2.0
 *
 * The churn experiment: the order of virtual time, the load that is made from a list, and what is
 * measured on fleets where it is known.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "base/random.h"
#include "sim/arrivals.h"
#include "sim/churn.h"
#include "sim/clock.h"
#include "sim/report.h"

#define HEAD "name,cpu_milli,memory_mib,num_gpu,gpu_milli,gpu_spec,creation_time,deletion_time\n"
#define MIXED                                                                               \
	HEAD "a,1000,100,1,1000,,0,600\nb,500,100,1,300,,0,1200\nc,500,100,1,450,X,0,60\n"  \
	     "d,2000,100,8,1000,,0,900\ne,1000,100,0,0,,0,300\nf,1000,100,1,1000,Z,0,100\n" \
	     "g,1000,100,2,1000,,0,400\n"
#define SECOND_US INT64_C(1000000)

struct bench {
	struct fleet fleet;
	struct tasks tasks;
	struct demand demand;
	struct order order;
	struct churn_config config;
	struct churn_result result;
};

static void check_code(int code, const struct parc_err *err)
{
	if (code)
		print_message("%s\n", err->text);
	assert_int_equal(code, 0);
}

/* So many nodes of 8 devices of X, and of Y each so many-th (0: none). */
static void read_fleet(struct fleet *fleet, int nodes, int other)
{
	char text[4096] = "sn,cpu_milli,memory_mib,gpu,model\n";
	struct parc_err err = {0};
	for (int i = 0; i < nodes; i++) {
		size_t used = strlen(text);
		snprintf(text + used, sizeof(text) - used, "n%03d,64000,100000,8,%c\n", i,
			 other > 0 && i % other == 0 ? 'Y' : 'X');
	}
	check_code(fleet_read_bytes(fleet, "fleet", text, strlen(text), &err), &err);
}

static void bench_init_of(struct bench *bench, int nodes, int other, const char *tasks)
{
	struct parc_err err = {0};
	*bench = (struct bench){0};
	read_fleet(&bench->fleet, nodes, other);
	check_code(tasks_read_openb_bytes(&bench->tasks, &bench->fleet, "tasks", tasks,
					  strlen(tasks), &err),
		   &err);
	check_code(demand_init(&bench->demand, &bench->tasks, &err), &err);
	check_code(order_make(&bench->order, &bench->tasks, &bench->fleet,
			      &(struct order_wish){1000, 2, 1}, &err),
		   &err);
	bench->config = (struct churn_config){.fleet = &bench->fleet,
					      .tasks = &bench->tasks,
					      .demand = &bench->demand,
					      .seeds = bench->order.seeds,
					      .seeds_count = 1,
					      .load_milli = 850,
					      .lengths = ARRIVALS_TRACE,
					      .arrivals = 2000,
					      .place = PARC_PLACE_BEST_FIT,
					      .check = 1};
}

static void bench_init(struct bench *bench, int nodes, const char *tasks)
{
	bench_init_of(bench, nodes, 0, tasks);
}

static void bench_run(struct bench *bench)
{
	struct parc_err err = {0};
	churn_deinit(&bench->result);
	check_code(churn_run(&bench->result, &bench->config, &err), &err);
}

static void bench_deinit(struct bench *bench)
{
	churn_deinit(&bench->result);
	order_deinit(&bench->order);
	demand_deinit(&bench->demand);
	tasks_deinit(&bench->tasks);
	fleet_deinit(&bench->fleet);
}

/* ---- Virtual time */

static void test_clock_pops_by_time_then_by_order_of_insertion(void **state)
{
	struct clock clock;
	struct parc_err err = {0};
	uint64_t random = 1;
	(void)state;
	check_code(clock_init(&clock, 1, &err), &err);
	assert_true(clock_next_us(&clock) == PARC_NEVER);
	for (int32_t i = 0; i < 1000; i++)
		check_code(clock_push(&clock, (int64_t)random_below(&random, 50), i + 1, i, &err),
			   &err);
	struct clock_entry before = {.time_us = -1};
	for (int32_t i = 0; i < 1000; i++) {
		assert_true(clock_next_us(&clock) >= before.time_us);
		struct clock_entry entry = clock_pop(&clock);
		assert_true(entry.time_us > before.time_us || entry.job > before.job);
		assert_int_equal(entry.allocation, entry.job + 1);
		before = entry;
	}
	assert_int_equal(clock.count, 0);
	clock_deinit(&clock);
}

/* ---- The load */

static struct arrivals_config load_of(const struct bench *bench, const int32_t *rows)
{
	return (struct arrivals_config){.tasks = &bench->tasks,
					.rows = rows,
					.rows_count = 5,
					.count = 5000,
					.load_milli = 900,
					.lengths = ARRIVALS_TRACE,
					.capacity_milli = bench->fleet.devices * PARC_SHARE_WHOLE,
					.seed = 3};
}

static const int32_t first_rows[] = {0, 1, 2, 3, 4};

static void test_the_work_that_arrives_is_the_load(void **state)
{
	struct bench bench;
	struct arrivals arrivals;
	struct parc_err err = {0};
	(void)state;
	bench_init(&bench, 20, MIXED);
	for (int lengths = ARRIVALS_TRACE; lengths <= ARRIVALS_TAIL; lengths++) {
		struct arrivals_config config = load_of(&bench, first_rows);
		int64_t before_us = 0, work = 0;
		config.lengths = lengths;
		check_code(arrivals_init(&arrivals, &config, &err), &err);
		assert_int_equal(arrivals.count, arrivals.population + 5000);
		for (int32_t i = arrivals.population; i < arrivals.count; i++) {
			const struct arrival *arrival = &arrivals.list[i];
			const struct parc_task *task = &bench.tasks.rows[arrival->row].task;
			assert_true(arrival->time_us >= before_us);
			before_us = arrival->time_us;
			work += task->devices * task->share_milli * arrival->length_us;
		}
		assert_true(before_us == arrivals.end_us);
		int64_t load = work / (arrivals.end_us / 1000) / config.capacity_milli;
		assert_in_range(load, 899, 901);
		arrivals_deinit(&arrivals);
	}
	bench_deinit(&bench);
}

static void test_the_population_asks_for_the_load_and_no_more(void **state)
{
	struct bench bench;
	struct arrivals arrivals;
	struct parc_err err = {0};
	(void)state;
	bench_init(&bench, 20, MIXED);
	static const int loads[] = {300, 900, 1200};
	for (int i = 0; i < 3; i++) {
		struct arrivals_config config = load_of(&bench, first_rows);
		int64_t milli = 0, wanted = config.capacity_milli / 1000;
		config.load_milli = loads[i];
		wanted *= loads[i] < 1000 ? loads[i] : 1000;
		check_code(arrivals_init(&arrivals, &config, &err), &err);
		for (int32_t k = 0; k < arrivals.population; k++) {
			const struct tasks_row *row = &bench.tasks.rows[arrivals.list[k].row];
			milli += row->task.devices * row->task.share_milli;
			assert_true(arrivals.list[k].time_us == 0);
			assert_in_range(arrivals.list[k].length_us, 1, row->length_us);
		}
		assert_in_range(milli, wanted - 8000, wanted);
		arrivals_deinit(&arrivals);
	}
	bench_deinit(&bench);
}

static void test_the_tail_is_heavy_and_bounded(void **state)
{
	struct bench bench;
	struct arrivals arrivals;
	struct parc_err err = {0};
	int64_t short_count = 0, long_count = 0;
	(void)state;
	bench_init(&bench, 20, MIXED);
	struct arrivals_config config = load_of(&bench, first_rows);
	config.lengths = ARRIVALS_TAIL;
	check_code(arrivals_init(&arrivals, &config, &err), &err);
	for (int32_t i = arrivals.population; i < arrivals.count; i++) {
		int64_t length_us = arrivals.list[i].length_us;
		assert_in_range(length_us, ARRIVALS_TAIL_MIN_US, ARRIVALS_TAIL_MAX_US);
		short_count += length_us < 2 * ARRIVALS_TAIL_MIN_US;
		long_count += length_us > ARRIVALS_TAIL_MAX_US / 12;
	}
	assert_in_range(short_count, 2350, 2700); /* a half, less a 144th */
	assert_in_range(long_count, 300, 470);	  /* 11 / 143 */
	arrivals_deinit(&arrivals);
	bench_deinit(&bench);
}

static void test_hours_and_arrivals_agree(void **state)
{
	struct bench bench;
	struct arrivals arrivals;
	struct parc_err err = {0};
	(void)state;
	bench_init(&bench, 20, MIXED);
	for (int lengths = ARRIVALS_TRACE; lengths <= ARRIVALS_TAIL; lengths++) {
		struct arrivals_config config = load_of(&bench, first_rows);
		config.lengths = lengths;
		config.count = arrivals_in_hours(&config, 300);
		check_code(arrivals_init(&arrivals, &config, &err), &err);
		assert_in_range(arrivals.end_us / SECOND_US / 36, 300 * 90, 300 * 110);
		arrivals_deinit(&arrivals);
	}
	bench_deinit(&bench);
}

static void test_wrong_loads_are_refused(void **state)
{
	struct bench bench;
	struct arrivals arrivals;
	struct parc_err err;
	(void)state;
	bench_init(&bench, 2, "name,cpu_milli,memory_mib,num_gpu,gpu_milli\na,1000,100,1,1000\n");
	const struct arrivals_config good = {.tasks = &bench.tasks,
					     .rows = first_rows,
					     .rows_count = 1,
					     .count = 10,
					     .load_milli = 900,
					     .lengths = ARRIVALS_TAIL,
					     .capacity_milli = 16000};
	struct arrivals_config wrong[6];
	for (int i = 0; i < 6; i++)
		wrong[i] = good;
	wrong[0].count = 0;
	wrong[1].count = ARRIVALS_MAX + 1;
	wrong[2].load_milli = 0;
	wrong[3].rows_count = 0;
	wrong[4].capacity_milli = 0;
	wrong[5].lengths = ARRIVALS_TRACE; /* the list has none */
	for (int i = 0; i < 6; i++) {
		assert_int_equal(arrivals_init(&arrivals, &wrong[i], &err), PARC_ERR_INVALID);
		assert_null(arrivals.list);
	}
	check_code(arrivals_init(&arrivals, &good, &err), &err);
	arrivals_deinit(&arrivals);
	bench_deinit(&bench);
}

/* ---- Runs */

static void test_at_a_low_load_nothing_waits(void **state)
{
	struct bench bench;
	(void)state;
	bench_init(&bench, 20, MIXED);
	bench.config.load_milli = 300;
	bench_run(&bench);
	const struct churn_seed *seed = &bench.result.seeds[0];
	assert_int_equal(bench.result.rows_excluded, 1); /* chip Z */
	assert_true(seed->all.arrived > 1000);
	assert_int_equal(seed->all.started, seed->all.arrived);
	assert_int_equal(seed->wide.started, seed->wide.arrived);
	assert_true(seed->wide.arrived > 0 && seed->wide.arrived < seed->all.arrived);
	assert_int_equal(seed->all.wait.p50, 0);
	assert_int_equal(seed->queue_end, 0);
	assert_in_range(seed->allocated, 25 * CHURN_SCALE, 35 * CHURN_SCALE);
	bench_deinit(&bench);
}

static void test_above_the_fleet_the_queue_grows(void **state)
{
	struct bench bench;
	(void)state;
	bench_init(&bench, 4, MIXED);
	bench.config.load_milli = 1500;
	bench_run(&bench);
	const struct churn_seed *seed = &bench.result.seeds[0];
	assert_true(seed->queue_end > 100);
	assert_true(seed->all.started < seed->all.arrived);
	assert_true(seed->all.wait.mean > 0);
	assert_in_range(seed->allocated, 70 * CHURN_SCALE, 100 * CHURN_SCALE);
	bench_deinit(&bench);
}

/* One device and tasks that take it whole: with a queue the device never idles. */
static void test_a_saturated_device_is_allocated_all_the_time(void **state)
{
	struct bench bench;
	(void)state;
	bench_init(&bench, 1, HEAD "a,1000,100,8,1000,,0,600\n");
	bench.config.load_milli = 2000;
	bench.config.arrivals = 300;
	bench_run(&bench);
	assert_int_equal(bench.result.seeds[0].allocated, 100 * CHURN_SCALE);
	assert_int_equal(bench.result.seeds[0].all.arrived, bench.result.seeds[0].wide.arrived);
	bench_deinit(&bench);
}

static void test_every_policy_runs_with_all_invariants(void **state)
{
	static const int places[] = {
#define X(name, number, text) PARC_PLACE_##name,
		PARC_PLACE_MAP(X)
#undef X
	};
	(void)state;
	for (size_t i = 0; i < sizeof(places) / sizeof(places[0]); i++) {
		struct bench bench;
		bench_init(&bench, 4, MIXED);
		bench.config.place = places[i];
		bench.config.load_milli = 950;
		bench.config.seeds_count = 2;
		bench_run(&bench);
		assert_true(bench.result.sum.allocated > 0);
		bench_deinit(&bench);
	}
}

/* Prices may move every 128 arrivals here, and the heaps hold the scores of today all the time. */
static void test_scores_follow_the_prices(void **state)
{
	struct bench bench;
	(void)state;
	bench_init_of(&bench, 60, 3, MIXED);
	bench.config.place = PARC_PLACE_PARC;
	bench.config.load_milli = 900;
	bench.config.check_every = 50;
	bench_run(&bench);
	assert_true(bench.result.sum.allocated > 0);
	bench_deinit(&bench);
}

static void test_halfway_and_again_meet_the_same_digest(void **state)
{
	uint64_t digests[3];
	(void)state;
	for (int i = 0; i < 3; i++) {
		struct bench bench;
		bench_init(&bench, 4, MIXED);
		bench.config.place = PARC_PLACE_PARC;
		bench.config.load_milli = 1050;
		bench.config.halfway = i == 2;
		bench_run(&bench);
		digests[i] = bench.result.seeds[0].digest;
		bench_deinit(&bench);
	}
	assert_true(digests[0] == digests[1]);
	assert_true(digests[0] == digests[2]);
}

static void test_the_report_has_every_load(void **state)
{
	struct churn_result loads[2];
	struct churn_config configs[2];
	struct parc_err err = {0};
	struct bench bench;
	(void)state;
	bench_init(&bench, 4, MIXED);
	for (int i = 0; i < 2; i++) {
		configs[i] = bench.config;
		configs[i].load_milli = 850 + 100 * i;
		check_code(churn_run(&loads[i], &configs[i], &err), &err);
	}
	json_t *root = report_churn_json(loads, 2);
	json_t *list = json_object_get(root, "churn");
	assert_int_equal(json_array_size(list), 2);
	json_t *mean = json_object_get(json_array_get(list, 1), "mean");
	assert_true(json_is_number(json_object_get(mean, "allocated_pct")));
	assert_true(json_is_number(json_object_get(json_object_get(mean, "wide"), "wait_p99_s")));
	assert_string_equal(json_string_value(json_object_get(root, "lengths")), "trace");
	json_decref(root);
	for (int i = 0; i < 2; i++)
		churn_deinit(&loads[i]);
	bench_deinit(&bench);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_clock_pops_by_time_then_by_order_of_insertion),
		cmocka_unit_test(test_the_work_that_arrives_is_the_load),
		cmocka_unit_test(test_the_population_asks_for_the_load_and_no_more),
		cmocka_unit_test(test_the_tail_is_heavy_and_bounded),
		cmocka_unit_test(test_hours_and_arrivals_agree),
		cmocka_unit_test(test_wrong_loads_are_refused),
		cmocka_unit_test(test_at_a_low_load_nothing_waits),
		cmocka_unit_test(test_above_the_fleet_the_queue_grows),
		cmocka_unit_test(test_a_saturated_device_is_allocated_all_the_time),
		cmocka_unit_test(test_every_policy_runs_with_all_invariants),
		cmocka_unit_test(test_scores_follow_the_prices),
		cmocka_unit_test(test_halfway_and_again_meet_the_same_digest),
		cmocka_unit_test(test_the_report_has_every_load),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
