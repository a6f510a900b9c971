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
static int32_t epoch, jobs, scores[CHIPS];
static int32_t ends[JOBS + 1];		   /* epoch in which a job ends that was started, by job */
static int32_t rises[CHIPS], falls[CHIPS]; /* since they were last set to 0 */

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
	struct parc_limits limits = parc_limits_for(CHIPS, CHIPS * DEVICES, JOBS);

	rig_begin(&rig, &limits, 1);
	epoch = jobs = 0;
	for (int32_t i = 0; i < CHIPS; i++)
		scores[i] = 1000;
	step("policy-set place=best-fit %s", policy);
	for (int32_t i = 0; i < chips; i++) {
		step("chip-set chip=%d rule=whole memory=80", i);
		step("node-add node=%d cpu=64000 memory=1000 pool chip=%d devices=%d", i + 1, i,
		     devices > 0 ? devices : 1 + draw(DEVICES));
	}
}

static void submit(int32_t kind, const char *chips)
{
	step("submit job=%d kind=%d group devices=1 chips=%s", ++jobs, kind, chips);
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

/* Any demand on any fleet, half of the kinds nearly as fast on two chips. */
static void test_scores_rest_when_nothing_changes(void **state)
{
	static const char *const sets[] = {"0", "1", "2", "0,1", "0,2", "1,2", "0,1,2"};
	static const char *const policies[] = {"backfill=easy", "order=shortest backfill=greedy",
					       "order=attained backfill=conservative",
					       "backfill=none half-life=1000s epoch=10s"};

	(void)state;
	for (int32_t world = 0; world < WORLDS; world++) {
		seed = (uint64_t)world;
		begin(policies[world % 4], CHIPS, 0);
		for (int32_t kind = 1; kind <= 4; kind++)
			for (int32_t chip = 0; chip < CHIPS; chip++)
				step("speed-measured kind=%d chip=%d speed=%d set=1", kind, chip,
				     kind % 2 ? 990 + draw(20) : 200 + draw(2000));
		for (int32_t i = 0; i < 30 + draw(40); i++)
			submit(1 + draw(4), sets[draw(7)]);
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
		cmocka_unit_test_setup_teardown(test_scores_do_not_swing, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
