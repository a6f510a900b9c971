/* SPDX-License-Identifier: Apache-2.0
 *
 * What a chip is worth to a job (choose.h): its speed there times what it asks for over what it
 * takes, for each partition rule, with memory, units, variants, several groups, and at the largest
 * that there is. What follows of it is in the scenarios which-chip*.txt.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "core/assign.h"
#include "core/choose.h"
#include "support/rig.h"

static struct rig rig;

static const char *const world[] = {
	"chip-set chip=0 rule=scalar memory=80 step=100 speed-train=1000",
	"chip-set chip=1 rule=templates memory=80 speed-train=1000 slots=8 template share=125 "
	"memory=10 slots=1 "
	"starts=0,1,2,3 template share=250 memory=20 slots=2 starts=0,2,4 template share=1000 "
	"memory=80 slots=8 starts=0",
	"chip-set chip=2 rule=memory memory=32 speed-train=500",
	"chip-set chip=3 rule=whole memory=64 unit=2 speed-train=1000",
	"chip-set chip=4 rule=cores speed-train=1000",
	"chip-set chip=5 rule=cores speed-train=2000",
	"chip-set chip=6 rule=scalar memory=48", /* its speed is not known */
	"node-add node=1 cpu=64000 memory=1000 pool chip=0 devices=1 pool chip=1 devices=1",
	"node-add node=2 cpu=64000 memory=1000 pool chip=2 devices=1 pool chip=3 devices=2",
	"node-add node=3 cpu=4000 memory=1000 pool chip=4 devices=4",
	"node-add node=4 cpu=4000 memory=1000 pool chip=5 devices=4 pool chip=6 devices=1",
};

static void step(const char *line)
{
	char text[512];
	struct entry entry;
	const char *why = NULL;

	snprintf(text, sizeof(text), "0s %s", line);
	if (entry_parse(&entry, text, &why) != 0)
		fail_msg("%s: %s", why, text);
	entry_bind(&entry, rig.main);
	if (rig_step(&rig, &entry) != 0)
		fail_msg("%s: %s: %s", text, rig.kind, rig.text);
}

static int setup(void **state)
{
	struct parc_limits limits = parc_limits_for(8, 64, 64);

	(void)state;
	limits.tasks = PARC_TASKS_MAX;
	rig_init(&rig);
	rig_begin(&rig, &limits, 1);
	for (size_t i = 0; i < sizeof(world) / sizeof(*world); i++)
		step(world[i]);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	rig_deinit(&rig);
	return 0;
}

/* A held job of these groups: its slot. */
static int32_t submit(int64_t id, const char *groups)
{
	char line[400];
	int32_t slot;

	snprintf(line, sizeof(line), "submit job=%d held=1 %s", (int)id, groups);
	step(line);
	slot = idmap_find(&rig.main->job_ids, id);
	if (slot < 0)
		fail_msg("%s was refused", groups);
	return slot;
}

#define NEVER (-1)

/* The worth of half, of a quarter ... as a logarithm, up to rounding. */
static void assert_worth(int32_t job, int32_t chip, int32_t milli, const char *what)
{
	int32_t value = choose_value(rig.main, job, chip);
	int32_t wanted = milli == NEVER ? ASSIGN_NEVER
					: assign_log2_ratio((uint32_t)milli, PARC_SHARE_WHOLE);

	if (value != wanted && (milli == NEVER || value < wanted - 4 || value > wanted + 4))
		fail_msg("%s: on chip %d it is %d, not %d", what, chip, value, wanted);
}

/* In thousandths of what a chip of speed 1000 is worth that gives just what was asked for. */
static void test_what_chips_are_worth(void **state)
{
	static const struct {
		const char *groups;
		int32_t worth[7];
	} cases[] = {
		{"group devices=1", {1000, 1000, 500, 500, 1000, 2000, NEVER}},
		{"group devices=2", {1000, 1000, 500, 1000, 1000, 2000, NEVER}},
		/* steps of 100, templates, as asked, two devices of a unit */
		{"group devices=1 share=250", {833, 1000, 500, 125, 1000, 2000, NEVER}},
		{"group devices=1 share=300", {1000, 300, 500, 150, 1000, 2000, NEVER}},
		/* memory: 16 of 80, of a template of 20, of 32; 60 fits in chips 0, 1 and 3 */
		{"group devices=1 share=100 device-memory=16",
		 {500, 400, 100, 50, NEVER, NEVER, NEVER}},
		{"group devices=1 share=500 device-memory=60",
		 {667, 500, NEVER, 250, NEVER, NEVER, NEVER}},
		{"group devices=1 device-memory=60", {1000, 1000, NEVER, 500, NEVER, NEVER, NEVER}},
		/* no template for shares of several devices */
		{"group devices=2 share=500", {1000, NEVER, 500, 500, 1000, 2000, NEVER}},
		/* cores, also parts of them */
		{"group devices=2 chips=4,5", {NEVER, NEVER, NEVER, NEVER, 1000, 2000, NEVER}},
		{"group devices=1 share=500 chips=4,5",
		 {NEVER, NEVER, NEVER, NEVER, 1000, 2000, NEVER}},
		/* several groups are one sum; cores beside devices are no part of it */
		{"group devices=1 group devices=1 share=200 tasks=5",
		 {1000, 889, 500, 167, 1000, 2000, NEVER}},
		{"group devices=1 group devices=16 chips=4,5 group cpu=1000",
		 {1000, 1000, 500, 500, 1000, 2000, NEVER}},
		/* the largest gang */
		{"group devices=32 share=999 tasks=16384",
		 {999, NEVER, 500, 999, 1000, 2000, NEVER}},
		/* variants: where each runs, its memory there */
		{"group devices=1 share=100 variant chips=0 device-memory=40 variant chips=2,3",
		 {200, NEVER, 500, 50, NEVER, NEVER, NEVER}},
		{"group devices=1 share=100 variant chips=0 device-memory=40 variant chips=0 "
		 "speed=400 device-memory=8",
		 {400, NEVER, NEVER, NEVER, NEVER, NEVER, NEVER}},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		int32_t job = submit((int64_t)i + 1, cases[i].groups);

		for (int32_t chip = 0; chip < 7; chip++)
			assert_worth(job, chip, cases[i].worth[chip], cases[i].groups);
	}
}

static void test_which_chips_are_a_choice(void **state)
{
	static const struct {
		const char *groups;
		uint64_t accepted, dealt;
		int64_t asked_milli;
	} cases[] = {
		{"group devices=1", 0x4f, 0x4f, 1000},
		{"group devices=2 share=250 tasks=3", 0x4f, 0, 1500},
		{"group devices=1 tasks=2 mixed=1 chips=0,1,4", 0x03, 0, 2000},
		{"group devices=3 chips=4,5", 0x30, 0, 3000},
		{"group devices=1 chips=0,1 group devices=4 chips=4,5", 0x03, 0, 1000},
		{"group devices=1 chips=0,1 group devices=2 chips=1,2", 0x02, 0x02, 3000},
		{"group devices=1 variant chips=4 variant chips=5", 0x30, 0, 1000},
		{"group cpu=1000", 0, 0, 0},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		int32_t job = submit((int64_t)i + 1, cases[i].groups);

		if (choose_accepted(rig.main, job) != cases[i].accepted ||
		    choose_chips(rig.main, job) != cases[i].dealt ||
		    choose_asked(rig.main, job) != cases[i].asked_milli)
			fail_msg("%s: accepted %llx, dealt %llx, asked %lld", cases[i].groups,
				 (unsigned long long)choose_accepted(rig.main, job),
				 (unsigned long long)choose_chips(rig.main, job),
				 (long long)choose_asked(rig.main, job));
	}
}

static void test_equals_are_one_set_and_the_cheapest_comes_first(void **state)
{
	uint64_t sets[PARC_CHIPS_MAX];
	int32_t job;

	(void)state;
	job = submit(1, "group devices=1");
	assert_int_equal(choose_order(rig.main, job, sets), 2);
	assert_int_equal(sets[0], 0x03);
	assert_int_equal(sets[1], 0x0c);
	job = submit(2, "group devices=1 share=250");
	assert_int_equal(choose_order(rig.main, job, sets), 4);
	assert_int_equal(sets[0], 0x02);
	assert_int_equal(sets[1], 0x01);
	assert_int_equal(sets[2], 0x04);
	assert_int_equal(sets[3], 0x08);
	/* One make, but it could be on cores instead. */
	job = submit(3, "group devices=1 share=250 chips=0,4");
	assert_int_equal(choose_order(rig.main, job, sets), 1);
	assert_int_equal(sets[0], 0x01);
	/* Nothing is known of its class: whatever it takes, there is nothing to choose. */
	step("submit job=4 held=1 class=infer group devices=1 share=250");
	job = idmap_find(&rig.main->job_ids, 4);
	assert_int_equal(choose_order(rig.main, job, sets), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_what_chips_are_worth, setup, teardown),
		cmocka_unit_test_setup_teardown(test_which_chips_are_a_choice, setup, teardown),
		cmocka_unit_test_setup_teardown(
			test_equals_are_one_set_and_the_cheapest_comes_first, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
