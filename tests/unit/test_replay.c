/* SPDX-License-Identifier: Apache-2.0
 *
 * Replays of lists of a few jobs whose every time can be worked out by hand, the parts they stand
 * on (schemes, estimates), and that a rerun, a record and its audit agree.
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

#include "sim/estimate.h"
#include "sim/replay.h"
#include "text/text.h"

#define SECOND INT64_C(1000000)

/* Two nodes of two devices, each in a rack of its own. */
#define FLEET                                                                      \
	"fleet:\n"                                                                 \
	"  chips:\n"                                                               \
	"    - {name: A, rule: whole, memory_gib: 16, rate_milli: 500}\n"          \
	"  sites:\n"                                                               \
	"    - name: s\n"                                                          \
	"      pods:\n"                                                            \
	"        - name: p\n"                                                      \
	"          racks:\n"                                                       \
	"            - name: r\n"                                                  \
	"              count: 2\n"                                                 \
	"              nodes:\n"                                                   \
	"                - {name: n, cores: 8, memory_gib: 64, pools: [{chip: A, " \
	"devices: 2}]}\n"

struct scene {
	struct fleet fleet;
	struct jobs jobs;
	struct replay_config config;
	struct replay_result result;
};

static void scene_read(struct scene *scene, const char *fleet, const char *log)
{
	struct parc_err err = {0};
	struct text text = {.name = "log", .bytes = log, .size = strlen(log)};
	*scene = (struct scene){0};
	if (fleet_read_bytes(&scene->fleet, "fleet", fleet, strlen(fleet), &err) ||
	    jobs_read_bytes("csv", &text, &scene->fleet, NULL, &scene->jobs, &err))
		fail_msg("%s", err.text);
	scene->config = (struct replay_config){.fleet = &scene->fleet,
					       .jobs = &scene->jobs,
					       .scheme = {.name = "test",
							  .backfill = PARC_BACKFILL_NONE,
							  .lengths = SCHEME_LENGTHS_TRUE},
					       .seed = 1,
					       .mttr_us = 100 * SECOND,
					       .fence_us = 10 * SECOND,
					       .requeue_max = 10,
					       .check_steps = 1};
}

static void scene_run(struct scene *scene)
{
	struct parc_err err = {0};
	if (replay_run(&scene->result, &scene->config, &err))
		fail_msg("%s", err.text);
}

static void scene_end(struct scene *scene)
{
	replay_deinit(&scene->result);
	jobs_deinit(&scene->jobs);
	fleet_deinit(&scene->fleet);
}

static __int128 ledger_sum(const struct replay_result *result)
{
	__int128 sum = 0;
	for (int i = 0; i < PARC_LEDGER_COUNT; i++)
		sum += result->ledger[i];
	return sum;
}

/* Two jobs fill the fleet, the third waits for the first end; a job of one device is served in
 * order behind it. */
static void test_waits(void **state)
{
	struct scene scene;
	(void)state;
	scene_read(&scene, FLEET,
		   "submit_s,length_s,devices,tasks,tenant\n"
		   "0,100,2,1,red\n"
		   "0,60,2,1,red\n"
		   "10,40,2,1,blue\n"
		   "20,5,1,1,blue\n");
	scene_run(&scene);
	const struct replay_result *it = &scene.result;
	assert_int_equal(it->jobs, 4);
	assert_int_equal(it->started, 4);
	assert_int_equal(it->finished, 4);
	assert_int_equal(it->failed + it->timed_out + it->lost + it->cancelled + it->left, 0);
	/* Waits 0, 0, 50 and 80 seconds: the third from 60 to 100, the last from 100 to 105. */
	assert_int_equal(it->wait_us.mean, (0 + 0 + 50 + 80) * SECOND / 4);
	assert_int_equal(it->wait_us.p50, 0);
	assert_int_equal(it->wait_us.max, 80 * SECOND);
	assert_int_equal(it->completion_us.mean, (100 + 60 + 90 + 85) * SECOND / 4);
	assert_int_equal(it->completion_us.p90, 100 * SECOND);
	/* Slowdown 1, 1, 90/40 and 85/10: nothing counts as shorter than ten seconds. */
	assert_int_equal(it->slowdown_milli.mean, (1000 + 1000 + 2250 + 8500 + 2) / 4);
	assert_int_equal(it->slowdown_milli.max, 8500);
	assert_int_equal(it->makespan_us, 105 * SECOND);
	assert_int_equal(it->arrivals_us, 20 * SECOND);
	assert_true(it->capacity == (__int128)4000 * 105 * SECOND);
	assert_true(ledger_sum(it) == it->capacity);
	assert_true(replay_allocated(it->ledger) == (__int128)1000 * (200 + 120 + 80 + 5) * SECOND);
	assert_true(it->held_normal == (__int128)500 * 405 * SECOND);
	assert_true(it->capacity_arrivals == (__int128)4000 * 20 * SECOND);
	assert_true(it->allocated_arrivals == (__int128)4000 * 20 * SECOND);
	assert_true(it->work == (__int128)1000 * 405 * SECOND);
	scene_end(&scene);
}

static void test_tenants(void **state)
{
	struct scene scene;
	(void)state;
	scene_read(&scene, FLEET,
		   "submit_s,length_s,devices,tasks,tenant\n"
		   "0,10,1,1,red\n"
		   "0,100,2,1,blue\n"
		   "0,10,2,1,red\n"
		   "0,10,1,1,\n");
	scene_run(&scene);
	const struct replay_tenant *it = scene.result.tenants;
	assert_int_equal(scene.result.tenants_count, 3);
	assert_string_equal(it[0].name, "blue");
	assert_true(it[0].held == (__int128)200000 * SECOND);
	assert_true(it[0].held_normal == (__int128)100000 * SECOND);
	assert_string_equal(it[1].name, "red");
	assert_int_equal(it[1].jobs, 2);
	assert_int_equal(it[1].finished, 2);
	assert_int_equal(it[1].wait_mean_us, 5 * SECOND);
	assert_string_equal(it[2].name, "-");
	scene_end(&scene);
}

/* Starting and stopping take time in which the devices are held and nothing is done. */
static void test_starting_and_stopping(void **state)
{
	struct scene scene;
	(void)state;
	scene_read(&scene, FLEET,
		   "submit_s,length_s,limit_s,devices\n"
		   "0,100,,2\n"
		   "0,100,30,2\n"
		   "0,10,,2\n");
	scene.config.start_us = 5 * SECOND;
	scene.config.stop_us = 3 * SECOND;
	scene_run(&scene);
	const struct replay_result *it = &scene.result;
	assert_int_equal(it->finished, 2);
	assert_int_equal(it->timed_out, 1);
	/* The second works from 5 to 35 and is stopped until 38; the third is over at 53. */
	assert_int_equal(it->wait_us.max, 38 * SECOND);
	assert_int_equal(it->makespan_us, 105 * SECOND);
	assert_true(it->ledger[PARC_LEDGER_STARTING] == (__int128)2000 * 15 * SECOND);
	assert_true(it->ledger[PARC_LEDGER_STOPPING] == (__int128)2000 * 3 * SECOND);
	scene_end(&scene);
	scene_read(&scene, FLEET, "submit_s,length_s,limit_s,devices\n0,100,30,2\n");
	scene.config.ignores_limits = 1;
	scene_run(&scene);
	assert_int_equal(scene.result.finished, 1);
	assert_int_equal(scene.result.makespan_us, 100 * SECOND);
	scene_end(&scene);
}

/* A job whose limit is its length ends by itself, also when something else happens just then. */
static void test_end_at_the_limit(void **state)
{
	struct scene scene;
	(void)state;
	scene_read(&scene, FLEET,
		   "submit_s,length_s,limit_s,devices\n"
		   "0,50,50,1\n"
		   "0,50,50,1\n"
		   "0,50,50,1\n"
		   "50,50,50,1\n");
	scene_run(&scene);
	assert_int_equal(scene.result.finished, 4);
	assert_int_equal(scene.result.makespan_us, 100 * SECOND);
	scene_end(&scene);
}

/* Dependencies, think time, results of the log. */
static void test_depends(void **state)
{
	struct scene scene;
	(void)state;
	scene_read(&scene, FLEET,
		   "id,submit_s,length_s,devices,result,depends,think_s\n"
		   "1,0,100,1,failed,,\n"
		   "2,1,10,1,ok,1,\n"	      /* runs from 100 to 110 */
		   "3,2,10,1,ok,1:ok,\n"      /* never: the first fails */
		   "4,3,10,1,ok,1:failed,\n"  /* from 100 to 110 */
		   "5,4,10,1,cancelled,2,7\n" /* arrives at 117 */
		   "6,200,10,1,ok,1:ok,\n");  /* arrives after the failure */
	scene_run(&scene);
	const struct replay_result *it = &scene.result;
	assert_int_equal(it->finished, 4);
	assert_int_equal(it->failed, 1);
	assert_int_equal(it->withdrawn, 1);
	assert_int_equal(it->cancelled, 2);
	assert_int_equal(it->started, 4);
	assert_int_equal(it->completion_us.count, 4);
	/* 100, 110 - 1, 110 - 3, and 10 of the one that arrived at 117. */
	assert_int_equal(it->completion_us.mean, (100 + 109 + 107 + 10) * SECOND / 4);
	assert_int_equal(it->makespan_us, 127 * SECOND);
	scene_end(&scene);
}

/* What can never run is left, and the rest runs all the same. */
static void test_never(void **state)
{
	struct scene scene;
	(void)state;
	scene_read(&scene, FLEET,
		   "submit_s,length_s,devices,chips,held\n"
		   "0,10,3,A,0\n"
		   "0,10,1,B,0\n"
		   "0,10,1,A,1\n"
		   "1,10,2,A,0\n");
	scene_run(&scene);
	assert_int_equal(scene.result.started, 1);
	assert_int_equal(scene.result.finished, 1);
	assert_int_equal(scene.result.left, 3);
	assert_int_equal(scene.result.left_reasons[PARC_REASON_TOO_LARGE], 1);
	assert_int_equal(scene.result.left_reasons[PARC_REASON_NO_CHIP], 1);
	assert_int_equal(scene.result.left_reasons[PARC_REASON_HELD], 1);
	assert_int_equal(scene.result.measured, 4);
	assert_int_equal(scene.result.makespan_us, 11 * SECOND);
	scene_end(&scene);
}

/* The slowest chip of a gang sets its pace; an unknown speed counts as 1000. */
static void test_speed(void **state)
{
	struct scene scene;
	(void)state;
	scene_read(&scene,
		   "fleet:\n"
		   "  chips:\n"
		   "    - {name: A, rule: whole, memory_gib: 16, speed: {batch: 2000}}\n"
		   "    - {name: B, rule: whole, memory_gib: 16}\n"
		   "  nodes:\n"
		   "    - {name: m, cores: 8, memory_gib: 64, pools: [{chip: A, devices: 2}]}\n"
		   "    - {name: n, cores: 8, memory_gib: 64, pools: [{chip: B, devices: 2}]}\n",
		   "submit_s,length_s,devices,chips,class\n"
		   "0,101,2,A,batch\n"
		   "0,80,2,B,batch\n"
		   "0,81,1,A,train\n");
	scene_run(&scene);
	assert_int_equal(scene.result.wait_us.max, 50 * SECOND + SECOND / 2);
	assert_int_equal(scene.result.makespan_us, 131 * SECOND + SECOND / 2);
	scene_end(&scene);
}

/* Nodes fail often: everything ends all the same, with checkpoints sooner than without. */
static void test_faults(void **state)
{
	struct scene scene;
	int64_t makespan_us;
	(void)state;
	scene_read(&scene, FLEET,
		   "submit_s,length_s,devices,tasks\n"
		   "0,3000,1,1\n0,2000,2,1\n0,1000,2,2\n0,500,1,2\n0,1500,1,1\n");
	scene.config.requeue_max = 10000;
	scene.config.mtbf_us[REPLAY_FAULT_NODE] = 2000 * SECOND;
	scene.config.mtbf_us[REPLAY_FAULT_DEVICE] = 3000 * SECOND;
	scene.config.mtbf_us[REPLAY_FAULT_RACK] = 5000 * SECOND;
	scene_run(&scene);
	assert_int_equal(scene.result.finished, 5);
	assert_true(scene.result.requeues > 0);
	assert_int_equal(scene.result.attempts, 5 + scene.result.requeues);
	for (int i = 0; i < REPLAY_FAULT_KINDS; i++)
		assert_true(scene.result.faults[i] > 0);
	assert_true(scene.result.ledger[PARC_LEDGER_DOWN_FAILED] > 0);
	assert_true(scene.result.ledger[PARC_LEDGER_DOWN_SUSPECTED] > 0);
	assert_true(ledger_sum(&scene.result) == scene.result.capacity);
	makespan_us = scene.result.makespan_us;
	replay_deinit(&scene.result);
	scene.config.checkpoint_us = 50 * SECOND;
	scene_run(&scene);
	assert_int_equal(scene.result.finished, 5);
	assert_true(scene.result.makespan_us < makespan_us);
	replay_deinit(&scene.result);
	scene.config.checkpoint_us = 0;
	scene.config.requeue_max = 0;
	scene_run(&scene);
	assert_true(scene.result.lost > 0);
	assert_int_equal(scene.result.lost + scene.result.finished, 5);
	scene_end(&scene);
}

/* The points of the series add up to the whole. */
static void test_series(void **state)
{
	struct scene scene;
	double free_us = 0, pending = 0, from_us = 0;
	__int128 sum = 0;
	(void)state;
	scene_read(&scene, FLEET,
		   "submit_s,length_s,devices\n"
		   "0,1000.5,2\n0,300,2\n0,300,2\n100,300,2\n90000,20,1\n90000.7,0.001,2\n");
	scene_run(&scene);
	const struct replay_result *it = &scene.result;
	assert_in_range(it->points_count, REPLAY_POINTS_MAX / 2, REPLAY_POINTS_MAX);
	for (int32_t i = 0; i < it->points_count; i++) {
		const struct replay_point *point = &it->points[i];
		double us = (double)point->time_us - from_us, devices = 0;
		assert_true(us > 0);
		for (int c = 0; c < PARC_LEDGER_COUNT; c++)
			sum += point->ledger[c];
		for (int bin = 0; bin < REPLAY_FREE_BINS; bin++)
			devices += point->free_devices[bin];
		assert_true(devices > 3.999 && devices < 4.001);
		pending += us * point->pending_jobs;
		from_us = (double)point->time_us;
	}
	for (int bin = 0; bin < REPLAY_FREE_BINS; bin++)
		free_us += it->free_device_us[bin];
	assert_true(sum == it->capacity);
	assert_int_equal((int64_t)from_us, it->makespan_us);
	assert_true(free_us > 3.999 * from_us && free_us < 4.001 * from_us);
	/* The third waits 300 s, the fourth from 100 to 600. */
	assert_true(pending > 799.9e6 && pending < 800.1e6);
	scene_end(&scene);
}

/* Ticks that step nothing, as the repair of what is whole, do not shift hours between intervals:
 * each holds what its devices have in it, but for rounding. */
static void test_series_closes_in_each_interval(void **state)
{
	struct scene scene;
	int64_t from_us = 0;
	(void)state;
	scene_read(&scene, FLEET,
		   "submit_s,length_s,devices\n"
		   "0,40000,2\n0,30000,2\n0,300,2\n100,3000,2\n9000,20000,1\n90000,10000,2\n");
	scene.config.mtbf_us[REPLAY_FAULT_DEVICE] = INT64_C(4000) * 1000000;
	scene.config.mtbf_us[REPLAY_FAULT_NODE] = INT64_C(9000) * 1000000;
	scene.config.mttr_us = INT64_C(3000) * 1000000;
	scene.config.requeue_max = 1000;
	scene.config.checkpoint_us = INT64_C(60) * 1000000;
	scene_run(&scene);
	const struct replay_result *it = &scene.result;
	assert_true(it->faults[REPLAY_FAULT_NODE] > 5);
	for (int32_t i = 0; i < it->points_count; i++) {
		const struct replay_point *point = &it->points[i];
		__int128 left = (__int128)4 * PARC_SHARE_WHOLE * (point->time_us - from_us);
		for (int c = 0; c < PARC_LEDGER_COUNT; c++)
			left -= point->ledger[c];
		assert_true(left >= -2 * PARC_LEDGER_COUNT && left <= 2 * PARC_LEDGER_COUNT);
		from_us = point->time_us;
	}
	scene_end(&scene);
}

static void test_record(void **state)
{
	struct scene scene;
	struct record record;
	struct record_audit audit;
	struct parc_err err = {0};
	char path[256];
	uint64_t digest;
	(void)state;
	const char *folder = getenv("TMPDIR");
	snprintf(path, sizeof(path), "%s/test_replay.%d", folder ? folder : "/tmp", (int)getpid());
	scene_read(&scene, FLEET,
		   "submit_s,length_s,devices,tasks\n0,300,1,1\n5,200,2,1\n9,100,2,2\n9,50,1,2\n");
	scene.config.mtbf_us[REPLAY_FAULT_NODE] = 500 * SECOND;
	scene_run(&scene);
	digest = scene.result.digest;
	replay_deinit(&scene.result);
	assert_int_equal(record_open(&record, path, &err), 0);
	scene.config.record = &record;
	scene_run(&scene);
	assert_int_equal(record_close(&record, &err), 0);
	assert_true(scene.result.digest == digest);
	if (record_audit(&audit, path, &err))
		fail_msg("%s", err.text);
	assert_true(audit.digest == digest);
	assert_int_equal(audit.steps, scene.result.steps);
	unlink(path);
	scene_end(&scene);
}

static void test_schemes(void **state)
{
	static const struct {
		const char *text;
		int32_t order, backfill, place, lengths, tiers;
	} good[] = {
		{"fifo", PARC_ORDER_FIFO, PARC_BACKFILL_EASY, PARC_PLACE_FGD, -1, 0},
		{"strict", PARC_ORDER_FIFO, PARC_BACKFILL_NONE, PARC_PLACE_FGD, -1, 0},
		{"tiers+none", PARC_ORDER_FIFO, PARC_BACKFILL_NONE, PARC_PLACE_FGD, -1, 1},
		{"conservative:limit@parc", PARC_ORDER_FIFO, PARC_BACKFILL_CONSERVATIVE,
		 PARC_PLACE_PARC, SCHEME_LENGTHS_LIMIT, 0},
		{"shortest+greedy@best-fit:learnt:tiers", PARC_ORDER_SHORTEST, PARC_BACKFILL_GREEDY,
		 PARC_PLACE_BEST_FIT, SCHEME_LENGTHS_LEARNT, 1},
	};
	static const char *const bad[] = {"",	    "fif",	  "+easy",	 "fifo+",
					  "fifo+x", "fifo@y",	  "fifo:z",	 "fifo easy",
					  "easy+",  "fifo::true", "tiers@parc@", "FIFO"};
	const struct scheme base = {
		.backfill = PARC_BACKFILL_EASY, .place = PARC_PLACE_FGD, .lengths = -1};
	struct parc_err err = {0};
	struct scheme scheme;
	(void)state;
	for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
		assert_int_equal(scheme_parse(&scheme, &base, good[i].text, &err), 0);
		assert_string_equal(scheme.name, good[i].text);
		assert_int_equal(scheme.order, good[i].order);
		assert_int_equal(scheme.backfill, good[i].backfill);
		assert_int_equal(scheme.place, good[i].place);
		assert_int_equal(scheme.lengths, good[i].lengths);
		assert_int_equal(scheme.sizes_are_tiers, good[i].tiers);
	}
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		scheme.name[0] = '!';
		assert_int_equal(scheme_parse(&scheme, &base, bad[i], &err), PARC_ERR_USAGE);
		assert_int_equal(scheme.name[0], '!');
		assert_non_null(strstr(err.text, "there is no"));
	}
	assert_int_equal(scheme_tier_of_size(1000), 3);
	assert_int_equal(scheme_tier_of_size(1001), 2);
	assert_int_equal(scheme_tier_of_size(8000), 1);
	assert_int_equal(scheme_tier_of_size(8001), 0);
}

/* Own kind before tenant before all, each from three on; many kinds are kept apart. */
static void test_estimates(void **state)
{
	struct estimate estimate;
	struct parc_err err = {0};
	(void)state;
	assert_int_equal(estimate_init(&estimate, 2, &err), 0);
	assert_int_equal(estimate_length(&estimate, 0, 5), 0);
	for (int i = 0; i < 3; i++)
		assert_int_equal(estimate_learn(&estimate, 1, 7, 1000000, &err), 0);
	assert_in_range(estimate_length(&estimate, 0, 5), 999000, 1001000);
	for (int i = 0; i < 3; i++)
		assert_int_equal(estimate_learn(&estimate, 0, -1, 8000000, &err), 0);
	assert_in_range(estimate_length(&estimate, 0, 5), 7992000, 8008000);
	assert_in_range(estimate_length(&estimate, 1, 7), 999000, 1001000);
	/* The mean of the logarithms of 1 s three times and 8 s three times. */
	assert_in_range(estimate_length(&estimate, 2, -1), 2820000, 2836000);
	for (int32_t kind = 0; kind < 5000; kind++)
		for (int i = 0; i < 3; i++)
			assert_int_equal(
				estimate_learn(&estimate, 0, kind, (kind + 1) * SECOND, &err), 0);
	for (int32_t kind = 0; kind < 5000; kind++)
		assert_in_range(estimate_length(&estimate, 0, kind),
				(kind + 1) * SECOND - (kind + 1) * SECOND / 1000,
				(kind + 1) * SECOND + (kind + 1) * SECOND / 1000);
	estimate_deinit(&estimate);
}

/* Shortest first by what was learnt: the long kind waits behind the short one. */
static void test_learnt(void **state)
{
	struct scene scene;
	(void)state;
	scene_read(&scene, FLEET,
		   "submit_s,length_s,devices,kind,tasks\n"
		   "0,100,2,long,1\n0,100,2,long,1\n100,100,2,long,1\n100,10,2,short,1\n"
		   "110,10,2,short,1\n120,10,2,short,1\n"
		   "130,100,2,long,2\n131,10,2,short,2\n");
	scene.config.scheme.order = PARC_ORDER_SHORTEST;
	scene.config.scheme.lengths = SCHEME_LENGTHS_LEARNT;
	scene_run(&scene);
	/* At 200 the first gang could begin, but the second, shorter, goes first. */
	assert_int_equal(scene.result.makespan_us, 310 * SECOND);
	assert_int_equal(scene.result.wait_us.max, 80 * SECOND);
	scene_end(&scene);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_waits),
		cmocka_unit_test(test_tenants),
		cmocka_unit_test(test_starting_and_stopping),
		cmocka_unit_test(test_end_at_the_limit),
		cmocka_unit_test(test_depends),
		cmocka_unit_test(test_never),
		cmocka_unit_test(test_speed),
		cmocka_unit_test(test_faults),
		cmocka_unit_test(test_series),
		cmocka_unit_test(test_series_closes_in_each_interval),
		cmocka_unit_test(test_record),
		cmocka_unit_test(test_schemes),
		cmocka_unit_test(test_estimates),
		cmocka_unit_test(test_learnt),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
