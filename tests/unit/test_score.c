/* SPDX-License-Identifier: Apache-2.0
 *
 * Scores of chips, on cores under all checks (support/rig.h): under constant supply and demand each
 * moves one way and rests, also where chips are all but equal; where one more waits and one less in
 * turn it stays; and where work comes and goes at a constant rate it does not swing. What follows
 * of scores is in the scenarios which-chip*.txt.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "base/random.h"
#include "support/rig.h"

#define CHIPS	 3
#define DEVICES	 8 /* of each, at most */
#define WORLDS	 40
#define EPOCHS	 60  /* in which scores must have come to rest */
#define STEP_PCT 105 /* per cent of a score that the next is at most */
#define JOBS	 2048

static struct rig rig;
static uint64_t seed;
static int32_t epoch, jobs, scores[CHIPS + 1];
static int32_t ends[JOBS + 1]; /* epoch in which a job ends that was started, by job */
static int32_t rises[CHIPS + 1], falls[CHIPS + 1]; /* since they were last set to 0 */

static int32_t draw(int32_t below)
{
	seed = random_mix(seed + 1);
	return (int32_t)(seed % (uint64_t)below);
}

static void note(const struct parc_action *action)
{
	int32_t chip = action->score.chip, before, after = (int32_t)action->score.score;

	if (action->kind == PARC_ACTION_START)
		ends[action->job] = epoch + (action->start.placements[0].node == 1 ? 5 : 10);
	if (action->kind != PARC_ACTION_SCORE)
		return;
	before = scores[chip];
	scores[chip] = after;
	assert_true(after * 100 <= before * STEP_PCT && before * 100 <= after * STEP_PCT);
	*(after > before ? &rises[chip] : &falls[chip]) += 1;
}

/* Step an event, a line without its time, at the time of this epoch. */
__attribute__((format(printf, 1, 2))) static void step(const char *format, ...)
{
	char text[256];
	int length = snprintf(text, sizeof(text), "%ds ", epoch * 60);
	struct entry entry;
	const char *why = NULL;
	va_list list;

	va_start(list, format);
	vsnprintf(text + length, sizeof(text) - (size_t)length, format, list);
	va_end(list);
	if (entry_parse(&entry, text, &why) != 0)
		fail_msg("%s: %s", why, text);
	entry_bind(&entry, rig.main);
	if (rig_step(&rig, &entry) != 0)
		fail_msg("%s: %s: %s", text, rig.kind, rig.text);
	for (int32_t i = 0; i < rig.actions.count; i++)
		note(&rig.actions.list[i]);
}

static void epochs_pass(int32_t count)
{
	memset(rises, 0, sizeof(rises));
	memset(falls, 0, sizeof(falls));
	for (; count > 0; count--) {
		epoch++;
		step("time");
	}
}

static void begin(const char *policy, int32_t chips, int32_t devices)
{
	struct parc_limits limits = parc_limits_for(CHIPS + 1, CHIPS * DEVICES, JOBS);

	rig_begin(&rig, &limits, 1);
	epoch = jobs = 0;
	for (int32_t i = 0; i <= CHIPS; i++)
		scores[i] = 1000;
	step("policy-set place=best-fit %s", policy);
	for (int32_t i = 0; i < chips; i++) {
		step("chip-set chip=%d rule=scalar memory=80", i);
		step("node-add node=%d cpu=64000 memory=1000 pool chip=%d devices=%d", i + 1, i,
		     devices > 0 ? devices : 1 + draw(DEVICES));
	}
}

/* `more`: further fields of the group. */
static void submit_of(int32_t kind, const char *chips, const char *more)
{
	step("submit job=%d kind=%d group devices=1 chips=%s %s", ++jobs, kind, chips, more);
}

static void submit(int32_t kind, const char *chips)
{
	submit_of(kind, chips, "");
}

static int setup(void **state)
{
	(void)state;
	rig_init(&rig);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	rig_deinit(&rig);
	return 0;
}

/* Any demand on any fleet, half of the kinds nearly as fast on two chips, a third of it of shares.
 */
static void test_scores_rest_when_nothing_changes(void **state)
{
	static const char *const sets[] = {"0", "1", "2", "0,1", "0,2", "1,2", "0,1,2"};
	static const char *const policies[] = {"backfill=easy", "order=shortest backfill=greedy",
					       "order=attained backfill=conservative",
					       "backfill=none half-life=1000s epoch=10s"};
	static const char *const shares[] = {"", "",	      "",
					     "", "share=300", "share=100 device-memory=40"};

	(void)state;
	for (int32_t world = 0; world < WORLDS; world++) {
		seed = (uint64_t)world;
		begin(policies[world % 4], CHIPS, 0);
		for (int32_t kind = 1; kind <= 4; kind++)
			for (int32_t chip = 0; chip < CHIPS; chip++)
				step("speed-measured kind=%d chip=%d speed=%d set=1", kind, chip,
				     kind % 2 ? 990 + draw(20) : 200 + draw(2000));
		for (int32_t i = 0; i < 30 + draw(40); i++)
			submit_of(1 + draw(4), sets[draw(7)], shares[draw(6)]);
		epochs_pass(EPOCHS);
		for (int32_t chip = 0; chip < CHIPS; chip++)
			assert_true(rises[chip] == 0 || falls[chip] == 0);
		epochs_pass(EPOCHS);
		for (int32_t chip = 0; chip < CHIPS; chip++)
			assert_int_equal(rises[chip] + falls[chip], 0);
	}
}

/* Two chips of which the one is worth a hundredth more to most of those that wait. */
static void test_scores_rest_near_a_tie(void **state)
{
	(void)state;
	begin("backfill=easy", 2, DEVICES);
	step("speed-measured kind=1 chip=0 speed=1010 set=1");
	step("speed-measured kind=1 chip=1 speed=1000 set=1");
	for (int32_t i = 0; i < 60; i++)
		submit(1, i % 8 == 0 ? "0" : "0,1");
	epochs_pass(EPOCHS);
	epochs_pass(1);
	for (int32_t i = 0; i < EPOCHS; i++) {
		epoch++;
		submit(1, i % 2 == 0 ? "0" : "0,1");
		epoch++;
		step("time");
		step("cancel job=%d", jobs);
	}
	assert_int_equal(rises[0] + rises[1] + falls[0] + falls[1], 0);
}

/* 16 devices' worth waits for chip 0: as whole devices, as quarters, as quarters that take half of
 * the memory each. */
static void test_shares_count_by_what_they_take(void **state)
{
	static const struct {
		const char *share;
		int32_t held, waits; /* so many fill the chip; so many wait */
	} cases[] = {{"", 8, 16}, {"share=250", 32, 64}, {"share=250 device-memory=40", 16, 32}};
	int32_t first = 0;

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		begin("backfill=easy", 2, DEVICES);
		step("speed-measured kind=1 chip=0 speed=1000 set=1");
		step("speed-measured kind=1 chip=1 speed=1000 set=1");
		for (int32_t n = 0; n < cases[i].held + cases[i].waits; n++)
			submit_of(1, "0", cases[i].share);
		assert_int_equal(parc_count(rig.main, PARC_COUNT_PENDING), cases[i].waits);
		epochs_pass(EPOCHS);
		first = i == 0 ? scores[0] : first;
		assert_int_equal(scores[0], first);
		assert_int_equal(scores[1], 1000);
	}
	assert_true(first > 1500);
}

/* What waits for rented cores makes no device scarce, and the other way round. */
static void test_devices_and_cores_are_two_markets(void **state)
{
	static const char *const wants[] = {"0", "3"};

	(void)state;
	for (int32_t i = 0; i < 2; i++) {
		begin("backfill=easy", 2, 1);
		step("chip-set chip=2 rule=cores");
		step("chip-set chip=3 rule=cores");
		step("node-add node=8 cpu=1000 memory=1000 pool chip=2 devices=1");
		step("node-add node=9 cpu=1000 memory=1000 pool chip=3 devices=1");
		for (int32_t n = 0; n < 6; n++)
			submit(1, wants[i]);
		epochs_pass(EPOCHS);
		for (int32_t chip = 0; chip < CHIPS + 1; chip++)
			assert_true((scores[chip] > 1000) == (chip == 3 * i));
	}
}

/* As many come as can be done: three in two epochs that run on chip 0 alone, and four in five that
 * run on either. Work takes five epochs on chip 0, ten on chip 1; eight end at a time, so what
 * waits goes up and down, and a wanted score by a third. */
static void test_scores_do_not_swing(void **state)
{
	int32_t low = INT32_MAX, high = 0;

	(void)state;
	begin("backfill=easy", 2, DEVICES);
	step("speed-measured kind=1 chip=0 speed=1000 set=1");
	step("speed-measured kind=1 chip=1 speed=500 set=1");
	for (int32_t i = 0; i < 12; i++)
		submit(1, "0");
	for (int32_t round = 0; round < 6 * EPOCHS; round++) {
		epoch++;
		for (int32_t job = 1; job <= jobs; job++)
			if (ends[job] == epoch)
				step("ended job=%d result=ok", job);
		submit(1, "0");
		if (round % 2 == 0)
			submit(1, "0");
		if (round % 5 > 0)
			submit(1, "0,1");
		if (round < 3 * EPOCHS)
			continue;
		low = scores[0] < low ? scores[0] : low;
		high = scores[0] > high ? scores[0] : high;
	}
	assert_true(low > 1000);
	assert_true(high * 100 <= low * 115);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_scores_rest_when_nothing_changes, setup,
						teardown),
		cmocka_unit_test_setup_teardown(test_scores_rest_near_a_tie, setup, teardown),
		cmocka_unit_test_setup_teardown(test_shares_count_by_what_they_take, setup,
						teardown),
		cmocka_unit_test_setup_teardown(test_devices_and_cores_are_two_markets, setup,
						teardown),
		cmocka_unit_test_setup_teardown(test_scores_do_not_swing, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
