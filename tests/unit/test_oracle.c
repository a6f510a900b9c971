/* SPDX-License-Identifier: Apache-2.0
 *
 * The core against an exhaustive search on tiny fleets: what fits is placed, what does not fit is
 * refused, and what is placed keeps every rule as the oracle states it.
 *
 * A gang of several groups is the one exception (core/plan.c): its groups are placed one after
 * the other, so that an arrangement can be missed. How often is counted, and bounded.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "support/kept.h"
#include "support/oracle.h"
#include "support/seeds.h"
#include "support/world.h"

#define FLEETS	   SEEDS(6000)
#define JOBS	   14
#define CHIPS_MAX  3
#define MISSED_PCT 1 /* of the gangs of several groups that fit */

struct counts {
	int64_t placed, refused, missed, gangs, unknown;
};

struct held {
	int64_t allocation;
	struct parc_placement placements[64];
	int32_t count;
};

struct tiny {
	struct draw draw;
	struct oracle oracle;
	struct parc_core *core;
	struct held held[JOBS];
	int32_t chips, places, presets[CHIPS_MAX];
	uint64_t seed;
	int64_t time_us;
};

static void tiny_step(struct tiny *tiny, struct parc_event *event, struct parc_actions *actions)
{
	struct parc_err err = {0};

	event->time_us = tiny->time_us++;
	if (parc_step(tiny->core, event, actions, &err) != 0)
		fail_msg("seed %llu: %s: %s", (unsigned long long)tiny->seed,
			 parc_event_name(event->kind), err.text);
}

static void make_chips(struct tiny *tiny)
{
	tiny->chips = (int32_t)draw_range(&tiny->draw, 1, CHIPS_MAX);
	for (int32_t i = 0; i < tiny->chips; i++) {
		struct parc_event event = {.kind = PARC_EVENT_CHIP_SET};
		struct parc_actions actions;

		tiny->presets[i] = (int32_t)draw_below(&tiny->draw, WORLD_PRESETS);
		world_chip(&tiny->draw, &event.chip, i, tiny->presets[i]);
		oracle_set_chip(&tiny->oracle, &event.chip);
		tiny_step(tiny, &event, &actions);
	}
}

static void make_places(struct tiny *tiny)
{
	tiny->places = (int32_t)draw_below(&tiny->draw, 4);
	for (int32_t i = 1; i <= tiny->places; i++) {
		struct parc_event event = {.kind = PARC_EVENT_PLACE_ADD};
		struct parc_actions actions;

		event.place.place = i;
		event.place.parent = i == 1 ? PARC_NONE : draw_below(&tiny->draw, 2);
		event.place.level = i == 1 ? PARC_LEVEL_POD : PARC_LEVEL_RACK;
		oracle_add_place(&tiny->oracle, i, event.place.parent, event.place.level);
		tiny_step(tiny, &event, &actions);
	}
}

static void make_nodes(struct tiny *tiny)
{
	int32_t count = (int32_t)draw_range(&tiny->draw, 1, 3);

	for (int32_t i = 0; i < count; i++) {
		struct parc_event event = {.kind = PARC_EVENT_NODE_ADD};
		struct parc_actions actions;

		event.node_add.node = i + 1;
		event.node_add.place = draw_below(&tiny->draw, tiny->places + 1);
		world_node(&tiny->draw, &event.node_add, tiny->presets, tiny->chips, 4);
		oracle_add_node(&tiny->oracle, &event.node_add);
		tiny_step(tiny, &event, &actions);
		if (tiny->oracle.nodes[i].devices_count == 0 || !draw_chance(&tiny->draw, 15))
			continue;
		event = (struct parc_event){.kind = PARC_EVENT_DEVICE_FAIL};
		event.device.node = i + 1;
		event.device.device =
			(int32_t)draw_below(&tiny->draw, tiny->oracle.nodes[i].devices_count);
		oracle_fail_device(&tiny->oracle, i + 1, event.device.device);
		tiny_step(tiny, &event, &actions);
	}
}

static struct kept kept;

static void tiny_init(struct tiny *tiny, uint64_t seed)
{
	struct parc_limits limits = parc_limits_for(4, 64, 64);
	struct parc_event event = {.kind = PARC_EVENT_POLICY_SET};
	struct parc_actions actions;

	memset(tiny, 0, sizeof(*tiny));
	tiny->seed = seed;
	draw_seed(&tiny->draw, seed);
	oracle_init(&tiny->oracle);
	limits.shapes = 64;
	tiny->core = kept_core(&kept, &limits, seed);
	assert_non_null(tiny->core);
	event.policy.place = (int32_t)draw_range(&tiny->draw, PARC_PLACE_PARC, PARC_PLACE_FGD);
	tiny_step(tiny, &event, &actions);
	make_chips(tiny);
	make_places(tiny);
	make_nodes(tiny);
}

static void make_submit(struct tiny *tiny, struct entry *entry, int64_t job)
{
	struct draw *draw = &tiny->draw;
	struct parc_submit *submit = &entry->event.submit;
	int32_t tasks = 4;

	memset(entry, 0, sizeof(*entry));
	entry->event.kind = PARC_EVENT_SUBMIT;
	submit->job = job;
	submit->user = draw_range(draw, 1, 2);
	submit->now_or_never = 1;
	submit->groups_count = draw_chance(draw, 35) ? (int32_t)draw_range(draw, 2, 3) : 1;
	for (int32_t g = 0; g < submit->groups_count; g++) {
		struct parc_group *group = &entry->groups[g];

		world_task(draw, &group->task, tiny->chips);
		group->tasks_min = tasks > 1 && draw_chance(draw, 50)
					   ? (int32_t)draw_range(draw, 1, tasks)
					   : 1;
		tasks -= group->tasks_min < tasks ? group->tasks_min : tasks - 1;
		group->tasks_max = group->tasks_min + (int32_t)draw_chance(draw, 10) * 2;
		group->mixed_chips = (uint8_t)draw_chance(draw, 25);
	}
	if (draw_chance(draw, 40)) {
		submit->close_level = (int32_t)draw_range(draw, PARC_LEVEL_FLEET, PARC_LEVEL_NODE);
		submit->close_strength = (int32_t)draw_range(draw, 0, PARC_STRENGTH_REQUIRE);
	}
	if (draw_chance(draw, 15))
		submit->variants_count = (int32_t)draw_range(draw, 1, 2);
	for (int32_t v = 0; v < submit->variants_count; v++)
		entry->variants[v] =
			(struct parc_variant){.chips = (uint64_t)draw_range(draw, 1, 7),
					      .device_memory_mib = (int32_t)draw_below(draw, 8)};
	entry_bind(entry, tiny->core);
}

static void tiny_fail(const struct tiny *tiny, const struct entry *entry, const char *what)
{
	char text[ENTRY_TEXT_MAX];

	fail_msg("seed %llu: %s: %s", (unsigned long long)tiny->seed, what,
		 entry_format(entry, text));
}

static void judge_start(struct tiny *tiny, const struct entry *entry, const struct parc_action *it,
			int32_t slot)
{
	struct held *held = &tiny->held[slot];
	const char *wrong = oracle_start(&tiny->oracle, &entry->event.submit, it->start.placements,
					 it->start.count);

	if (wrong != NULL)
		tiny_fail(tiny, entry, wrong);
	assert_true(it->start.count <= 64);
	held->allocation = it->start.allocation;
	held->count = it->start.count;
	memcpy(held->placements, it->start.placements,
	       (size_t)it->start.count * sizeof(*held->placements));
}

/* One job: what the oracle says must happen. */
static void tiny_submit(struct tiny *tiny, int32_t slot, struct counts *counts)
{
	struct parc_actions actions;
	struct entry entry;
	int fits, started, several;

	make_submit(tiny, &entry, slot + 1);
	several = entry.event.submit.groups_count > 1;
	fits = oracle_fits(&tiny->oracle, &entry.event.submit);
	tiny_step(tiny, &entry.event, &actions);
	assert_int_equal(actions.count, 1);
	started = actions.list[0].kind == PARC_ACTION_START;
	if (started && fits == 0)
		tiny_fail(tiny, &entry, "it was placed, and cannot fit");
	if (!started && fits == 1 && !several)
		tiny_fail(tiny, &entry, parc_reason_name(actions.list[0].end.reason));
	if (started)
		judge_start(tiny, &entry, &actions.list[0], slot);
	counts->placed += started;
	counts->refused += !started;
	counts->unknown += fits < 0;
	counts->gangs += several && fits == 1;
	counts->missed += several && fits == 1 && !started;
}

static void tiny_end(struct tiny *tiny, int32_t slot)
{
	struct parc_event event = {.kind = PARC_EVENT_ENDED};
	struct held *held = &tiny->held[slot];
	struct parc_actions actions;

	if (held->allocation == 0)
		return;
	event.run.allocation = held->allocation;
	event.run.attempt = 1;
	event.run.result = PARC_RESULT_OK;
	tiny_step(tiny, &event, &actions);
	oracle_end(&tiny->oracle, held->placements, held->count);
	held->allocation = 0;
}

static void tiny_run(uint64_t seed, struct counts *counts)
{
	struct parc_err err = {0};
	struct tiny tiny;

	tiny_init(&tiny, seed);
	for (int32_t slot = 0; slot < JOBS; slot++) {
		tiny_submit(&tiny, slot, counts);
		if (draw_chance(&tiny.draw, 30))
			tiny_end(&tiny, (int32_t)draw_below(&tiny.draw, slot + 1));
	}
	if (parc_core_check(tiny.core, &err) != 0)
		fail_msg("seed %llu: %s", (unsigned long long)seed, err.text);
}

static void test_what_fits_is_placed_and_nothing_else(void **state)
{
	struct counts counts = {0};

	(void)state;
	for (uint64_t seed = 1; seed <= FLEETS; seed++)
		tiny_run(seed, &counts);
	print_message(
		"# %lld placed, %lld refused, %lld too large to tell; of %lld gangs of several "
		"groups that fit %lld were missed\n",
		(long long)counts.placed, (long long)counts.refused, (long long)counts.unknown,
		(long long)counts.gangs, (long long)counts.missed);
	/* The test is about both answers. */
	assert_true(counts.placed > FLEETS && counts.refused > FLEETS);
	assert_true(counts.unknown * 100 < FLEETS);
	assert_true(counts.gangs > SEEDS(400));
	assert_true(counts.missed * 100 <= counts.gangs * MISSED_PCT);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_what_fits_is_placed_and_nothing_else),
	};
	int failed = cmocka_run_group_tests(tests, NULL, NULL);

	kept_free(&kept);
	return failed;
}
