/* SPDX-License-Identifier: Apache-2.0
 *
 * Speeds in a simulated world: true ones read from a table, runs summed up and told to the core,
 * trial runs, and figures by tier and by chip.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "sim/paces.h"
#include "sim/replay.h"
#include "text/text.h"

#define SECOND INT64_C(1000000)

/* The speed on the P800 is unknown. */
#define FLEET                                                            \
	"fleet:\n"                                                       \
	"  nodes:\n"                                                     \
	"    - {name: a, cores: 8, pools: [{chip: A100, devices: 1}]}\n" \
	"    - {name: p, cores: 8, pools: [{chip: P800, devices: 4}]}\n"

static struct fleet fleet;
static struct jobs jobs;
static struct truth truth;

static void read_world(const char *log, const char *speeds)
{
	struct parc_err err = {0};
	struct text text;

	text_init(&text, "log", log, strlen(log));
	if (fleet_read_bytes(&fleet, "fleet", FLEET, strlen(FLEET), &err) != 0 ||
	    jobs_read_bytes("csv", &text, &fleet, NULL, &jobs, &err) != 0)
		fail_msg("%s", err.text);
	text_init(&text, "t", speeds, strlen(speeds));
	if (truth_read_bytes(&truth, &text, &fleet, &jobs, &err) != 0)
		fail_msg("%s", err.text);
}

static void run_world(struct replay_result *result, struct replay_config *config)
{
	const struct scheme base = {.lengths = SCHEME_LENGTHS_TRUE};
	struct parc_err err = {0};

	config->fleet = &fleet;
	config->jobs = &jobs;
	config->truth = &truth;
	config->check_steps = 1;
	assert_int_equal(scheme_parse(&config->scheme, &base, "fifo+greedy", &err), 0);
	if (replay_run(result, config, &err) != 0)
		fail_msg("%s", err.text);
}

static void end_world(struct replay_result *result)
{
	replay_deinit(result);
	truth_deinit(&truth);
	jobs_deinit(&jobs);
	fleet_deinit(&fleet);
}

static const struct replay_speed *speed_of(const struct replay_result *result, const char *kind,
					   const char *chip)
{
	for (int32_t i = 0; i < result->speeds_count; i++)
		if (strcmp(result->speeds[i].kind, kind) == 0 &&
		    strcmp(result->speeds[i].chip, chip) == 0)
			return &result->speeds[i];
	return NULL;
}

static void test_runs_are_told_after_one_two_four(void **state)
{
	static const int32_t wanted[] = {1, 1, 0, 2, 0, 0, 0, 4, 0};
	struct parc_event event;
	struct paces paces;

	(void)state;
	assert_int_equal(paces_init(&paces, 2, 3, NULL), 0);
	for (size_t i = 0; i < sizeof(wanted) / sizeof(*wanted); i++) {
		int told = paces_note(&paces, 1, 4, i % 2 ? 900 : 1100, &event, NULL);

		assert_int_equal(told, wanted[i] > 0);
		if (told == 0)
			continue;
		assert_int_equal(event.speed.count, wanted[i]);
		assert_int_equal(event.speed.kind, 2);
		assert_int_equal(event.speed.chip, 2);
		if (wanted[i] > 1) {
			assert_int_equal(event.speed.speed_milli, 1000);
			assert_int_equal(event.speed.spread_milli, 100);
		}
	}
	/* A spread that is small beside the mean is told as it is. */
	for (int i = 0, told = 0; i < 8; i++) {
		told = paces_note(&paces, 0, 1, i % 2 ? 2010 : 1991, &event, NULL);
		if (told && event.speed.count > 1)
			assert_int_equal(event.speed.spread_milli, 9);
	}
	/* No kind, no chip, several chips: nothing to learn. */
	assert_int_equal(paces_note(&paces, -1, 4, 900, &event, NULL), 0);
	assert_int_equal(paces_note(&paces, 1, 0, 900, &event, NULL), 0);
	assert_int_equal(paces_note(&paces, 1, 6, 900, &event, NULL), 0);
	paces_deinit(&paces);
}

/* Without trials six jobs take turns on the A100; with one, the P800 is tried, learnt and used. */
static void test_a_trial_opens_a_chip(void **state)
{
	static const char log[] =
		"submit_s,length_s,devices,kind\n"
		"0,100,1,k\n0,100,1,k\n0,100,1,k\n0,100,1,k\n0,100,1,k\n0,100,1,k\n";

	(void)state;
	for (int32_t trials = 0; trials < 2; trials++) {
		struct replay_config config = {.trial_max = trials, .learns_speeds = 1};
		const struct replay_speed *speed;
		struct replay_result result;

		read_world(log, "kind,chip,speed_milli\n*,P800,500\n");
		run_world(&result, &config);
		assert_int_equal(result.finished, 6);
		speed = speed_of(&result, "k", "P800");
		if (trials == 0) {
			assert_null(speed);
			assert_int_equal(result.makespan_us, 600 * SECOND);
		} else {
			assert_non_null(speed);
			assert_int_equal(speed->info.trials, 1);
			assert_int_equal(speed->info.speed_milli, 500);
			assert_int_equal(speed->info.source, PARC_SPEED_LEARNT);
			/* The trial ends at 200 s; what waits then starts on the P800 at once. */
			assert_int_equal(result.makespan_us, 400 * SECOND);
		}
		assert_int_equal(speed_of(&result, "k", "A100")->info.speed_milli, 1000);
		end_world(&result);
	}
}

static void test_figures_by_tier_and_chip_add_up(void **state)
{
	struct replay_config config = {.learns_speeds = 0};
	struct replay_result result;
	__int128 tiers = 0, chips = 0;

	(void)state;
	read_world("submit_s,length_s,devices,tier,chips\n"
		   "0,100,1,0,A100\n0,100,1,2,A100\n0,50,4,2,P800\n",
		   "kind,chip,speed_milli\n");
	run_world(&result, &config);
	assert_int_equal(result.tiers[0].jobs, 1);
	assert_int_equal(result.tiers[2].jobs, 2);
	assert_int_equal(result.tiers[0].wait_us.max, 0);
	assert_int_equal(result.tiers[2].wait_us.max, 100 * SECOND);
	for (int32_t t = 0; t < PARC_TIERS_MAX; t++)
		tiers += result.tiers[t].held;
	for (int32_t c = 0; c < result.chips_count; c++)
		chips += result.chips[c].held;
	assert_true(tiers == replay_allocated(result.ledger) && chips == tiers);
	assert_true(result.chips[0].held == (__int128)200 * SECOND * 1000);
	assert_true(result.chips[1].held == (__int128)200 * SECOND * 1000);
	assert_null(result.speeds);
	end_world(&result);
}

static void test_malformed_truths_are_refused(void **state)
{
	static const char *const list[][2] = {
		{"kind,chip\n", "t:1:1: the header lacks the column speed_milli"},
		{"kind,chip,speed_milli\nk,P800,0\n", "t:2:8: speed_milli is \"0\", expected"},
		{"kind,chip,speed_milli\nk,,5\n", "t:2:3: chip is \"\", expected a name"},
		{"kind,chip,speed_milli\nk k,P800,5\n", "t:2:1: kind is \"k k\", expected a name"},
		{"kind,chip,speed_milli,spread_milli\nk,P800,5,5\n",
		 "t:2:10: spread_milli is 5, expected less than the speed 5"},
		{"kind,chip,speed_milli\nk,P800,5\nk,P800,6\n",
		 "t: the kind k stands twice for the chip P800"},
		{"kind,chip,speed_milli\n*,P800,5\n*,P800,6\n",
		 "t: the kind * stands twice for the chip P800"},
	};

	(void)state;
	read_world("submit_s,length_s,devices,kind\n0,1,1,k\n",
		   "kind,chip,speed_milli\nother,P800,5\nk,Z80,5\n*,A100,7\n");
	assert_int_equal(truth.count, 1);
	assert_int_equal(truth_speed(&truth, 0, 0, 1), 7);
	assert_int_equal(truth_speed(&truth, 0, 1, 1), 0);
	truth_deinit(&truth);
	for (size_t i = 0; i < sizeof(list) / sizeof(*list); i++) {
		struct parc_err err = {0};
		struct text text;

		text_init(&text, "t", list[i][0], strlen(list[i][0]));
		assert_true(truth_read_bytes(&truth, &text, &fleet, &jobs, &err) < 0);
		if (strstr(err.text, list[i][1]) == NULL)
			fail_msg("wanted %s, found %s", list[i][1], err.text);
		assert_null(truth.rows);
	}
	jobs_deinit(&jobs);
	fleet_deinit(&fleet);
}

static void test_a_spread_is_kept_within_and_drawn_by_run(void **state)
{
	int32_t least = INT32_MAX, most = 0;

	(void)state;
	read_world("submit_s,length_s,devices,kind\n0,1,1,k\n",
		   "kind,chip,speed_milli,spread_milli\n*,P800,500,50\n");
	for (uint64_t draw = 0; draw < 200; draw++) {
		int32_t speed = truth_speed(&truth, 0, 1, draw);

		assert_int_equal(truth_speed(&truth, 0, 1, draw), speed);
		least = speed < least ? speed : least;
		most = speed > most ? speed : most;
	}
	assert_in_range(least, 450, 460);
	assert_in_range(most, 540, 550);
	truth_deinit(&truth);
	jobs_deinit(&jobs);
	fleet_deinit(&fleet);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_runs_are_told_after_one_two_four),
		cmocka_unit_test(test_a_trial_opens_a_chip),
		cmocka_unit_test(test_figures_by_tier_and_chip_add_up),
		cmocka_unit_test(test_malformed_truths_are_refused),
		cmocka_unit_test(test_a_spread_is_kept_within_and_drawn_by_run),
	};

	return cmocka_run_group_tests_name("paces", tests, NULL, NULL);
}
