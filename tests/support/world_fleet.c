/* SPDX-License-Identifier: Apache-2.0
 *
 * The fleet of a made-up world: chips of every partition rule, nodes of one or several pools.
 * Numbers are small and few, so that things bind, tie and repeat.
 */
#include <string.h>

#include "support/world.h"

static void templates_set(struct parc_chip *chip)
{
	static const struct parc_template templates[] = {
		{.share_milli = 125, .memory_mib = 4, .slots = 1, .starts = 0x7f},
		{.share_milli = 250, .memory_mib = 8, .slots = 2, .starts = 0x15},
		{.share_milli = 500, .memory_mib = 16, .slots = 4, .starts = 0x11},
		{.share_milli = 1000, .memory_mib = 32, .slots = 8, .starts = 0x1},
	};

	chip->memory_mib = 32;
	chip->slots = 8;
	chip->templates_count = 4;
	memcpy(chip->templates, templates, sizeof(templates));
}

void world_chip(struct draw *draw, struct parc_chip *chip, int32_t number, int32_t preset)
{
	static const int32_t steps[] = {1, 50, 125, 250, 300, 500};
	static const int32_t rules[WORLD_PRESETS] = {
		PARC_RULE_SCALAR, PARC_RULE_SCALAR, PARC_RULE_WHOLE, PARC_RULE_TEMPLATES,
		PARC_RULE_MEMORY, PARC_RULE_CORES,  PARC_RULE_WHOLE, PARC_RULE_SCALAR,
		PARC_RULE_SCALAR, PARC_RULE_SCALAR,
	};

	memset(chip, 0, sizeof(*chip));
	chip->chip = number;
	chip->rule = rules[preset];
	chip->memory_mib = preset == 5 ? 0 : (int32_t)draw_range(draw, 1, 4) * 8;
	chip->step_milli = preset == 1 ? (int32_t)DRAW_PICK(draw, steps) : 1;
	chip->rate_milli = (int32_t)draw_range(draw, 1, 3000);
	chip->unit = preset == 6 ? 2 : 1;
	chip->mode_cost_us = preset == 3 ? 5000000 : 0;
	if (preset == 3)
		templates_set(chip);
	if (preset == 7 || preset == 9)
		chip->within_link = 1;
	if (preset == 7)
		chip->counts = 0x8b; /* 1, 2, 4 or 8 devices */
	if (preset == 8)
		chip->one_user = 1;
}

static void pool_make(struct draw *draw, struct parc_node_add *add, int32_t chip, int32_t preset,
		      int32_t devices_max)
{
	struct parc_pool *pool = &add->pools[add->pools_count++];
	int32_t unit = preset == 6 ? 2 : 1;

	pool->chip = chip;
	if (preset == 5) {
		add->cpu_milli -= add->cpu_milli % 1000;
		pool->devices = add->cpu_milli / 1000;
		return;
	}
	pool->devices = (int32_t)draw_range(draw, 1, devices_max / unit) * unit;
	if (draw_chance(draw, 50))
		pool->link_size = (int32_t)draw_range(draw, 1, pool->devices / unit) * unit;
}

void world_node(struct draw *draw, struct parc_node_add *add, const int32_t *presets, int32_t chips,
		int32_t devices_max)
{
	static const int32_t cpus[] = {1000, 2000, 4000, 6500, 8000, 16000};
	static const int32_t memories[] = {16, 64, 8, 32};
	int32_t pools =
		draw_chance(draw, 20) ? (int32_t)draw_range(draw, 2, 3) : draw_chance(draw, 93);
	int cores = 0;

	add->rank = draw_below(draw, 5);
	add->cpu_milli = (int32_t)DRAW_PICK(draw, cpus);
	add->memory_mib = DRAW_PICK(draw, memories);
	add->pools_count = 0;
	for (int32_t p = 0; p < pools && chips > 0; p++) {
		int32_t chip = (int32_t)draw_below(draw, chips);
		int32_t left = devices_max / pools;

		if ((presets[chip] == 5 && cores) || (presets[chip] == 6 && left < 2))
			continue;
		cores |= presets[chip] == 5;
		pool_make(draw, add, chip, presets[chip], left);
	}
}

void world_task(struct draw *draw, struct parc_task *task, int32_t chips)
{
	static const int32_t shares[] = {500, 250, 100, 300, 333, 700, 999, 1, 125, 200};
	static const int32_t counts[] = {1, 2, 4, 8, 3, 6};
	static const int32_t cpus[] = {0, 500, 1000, 2000, 4000, 100};
	static const int32_t memories[] = {0, 1, 4, 16};
	static const int32_t device_memories[] = {0, 0, 2, 4, 8, 20};

	memset(task, 0, sizeof(*task));
	task->cpu_milli = (int32_t)DRAW_PICK(draw, cpus);
	task->memory_mib = DRAW_PICK(draw, memories);
	if (draw_chance(draw, 20))
		return;
	task->devices = 1;
	task->share_milli = PARC_SHARE_WHOLE;
	if (draw_chance(draw, 50))
		task->share_milli = (int32_t)DRAW_PICK(draw, shares);
	if (task->share_milli == PARC_SHARE_WHOLE || draw_chance(draw, 20))
		task->devices = (int32_t)DRAW_PICK(draw, counts);
	task->device_memory_mib = (int32_t)DRAW_PICK(draw, device_memories);
	task->link = draw_chance(draw, 40) ? (int32_t)draw_range(draw, 0, 2) : 0;
	if (draw_chance(draw, 50))
		task->chips = (uint64_t)draw_range(draw, 1, (INT64_C(1) << chips) - 1);
}

void world_guarantees(struct draw *draw, struct parc_tenant *set, int32_t chips_count)
{
	if (draw_below(draw, 2) == 0) {
		set->guarantees[0].milli = draw_below(draw, 3) * 2000;
		set->guarantees[0].chips = draw_below(draw, 2) * (uint64_t)draw_below(draw, 16);
		return;
	}
	for (int32_t chip = 0; chip < chips_count; chip++) {
		int64_t place = draw_below(draw, PARC_GUARANTEES_MAX + 1);

		if (place == PARC_GUARANTEES_MAX)
			continue;
		set->guarantees[place].chips |= UINT64_C(1) << chip;
		set->guarantees[place].milli = draw_range(draw, 1, 3) * 1000;
	}
}
