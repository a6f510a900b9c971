/* SPDX-License-Identifier: Apache-2.0
 *
 * Generators. All is integer arithmetic on the seeded generator's words (chance.h). A node costs
 * one random word at most, a task about six.
 */
#include "trace/generate.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/assert.h"
#include "base/random.h"
#include "trace/fleet_build.h"

#define HOUR_NS	  INT64_C(3600000000000)
#define SECOND_US 1000000

/* How many of `units` each model gets: its part rounded down, the rest to the largest remainders,
 * the first model on ties. */
static void split_units(const struct fleet_mix *mix, int32_t units, int32_t *counts)
{
	int64_t remainders[MIX_MODELS_MAX], total = 0;
	int32_t left = units;

	for (int32_t i = 0; i < mix->models_count; i++)
		total += mix->models[i].weight;
	for (int32_t i = 0; i < mix->models_count; i++) {
		int64_t part = (int64_t)units * mix->models[i].weight;

		counts[i] = (int32_t)(part / total);
		remainders[i] = part % total;
		left -= counts[i];
	}
	for (; left > 0; left--) {
		int32_t best = 0;

		for (int32_t i = 1; i < mix->models_count; i++)
			best = remainders[i] > remainders[best] ? i : best;
		counts[best]++;
		remainders[best] = -1;
	}
}

/* The model of each unit, shuffled, in a list that the caller frees; NULL: no memory. */
static uint8_t *draw_models(const struct fleet_mix *mix, int32_t units, uint64_t seed)
{
	int32_t counts[MIX_MODELS_MAX], at = 0;
	uint8_t *list = malloc((size_t)units);

	if (list == NULL)
		return NULL;
	split_units(mix, units, counts);
	for (int32_t model = 0; model < mix->models_count; model++) {
		for (int32_t i = 0; i < counts[model]; i++, at++) {
			int32_t other = (int32_t)random_below(&seed, (uint64_t)at + 1);

			list[at] = list[other];
			list[other] = (uint8_t)model;
		}
	}
	ASSERT(at == units);
	return list;
}

/* Nodes that are of one model together. */
static int64_t unit_nodes(const struct fleet_mix *mix)
{
	int64_t nodes = 1;

	if (mix->together <= PARC_LEVEL_RACK)
		nodes *= mix->nodes_per_rack;
	if (mix->together <= PARC_LEVEL_POD)
		nodes *= mix->racks_per_pod;
	if (mix->together <= PARC_LEVEL_SITE)
		nodes *= mix->pods_per_site;
	return nodes;
}

static int copy_chips(struct fleet_builder *builder, const struct fleet *catalogue,
		      struct parc_err *err)
{
	for (int32_t i = 0; i < catalogue->runtimes_count; i++) {
		int32_t code = fleet_intern_runtime(builder, catalogue->runtimes[i].name, err);

		if (code < 0)
			return code;
	}
	for (int32_t i = 0; i < catalogue->chips_count; i++) {
		int32_t code = fleet_add_chip(builder, &catalogue->chips[i], err);

		if (code < 0)
			return code;
	}
	return 0;
}

static int decimal_digits(int32_t number)
{
	int digits = 1;

	while (number >= 10) {
		number /= 10;
		digits++;
	}
	return digits;
}

/* The places that begin with this node; *rack is the rack it stands in. */
static int open_places(struct fleet_builder *builder, const struct fleet_mix *mix, int32_t node,
		       int64_t *rack, struct parc_err *err)
{
	static const int32_t levels[3] = {PARC_LEVEL_SITE, PARC_LEVEL_POD, PARC_LEVEL_RACK};
	int64_t rack_nodes = mix->nodes_per_rack, pod_nodes = rack_nodes * mix->racks_per_pod;
	const int64_t sizes[3] = {pod_nodes * mix->pods_per_site, pod_nodes, rack_nodes};
	const struct fleet *fleet = builder->fleet;
	int64_t parent = PARC_NONE;

	if (node % rack_nodes != 0)
		return 0;
	if (*rack != PARC_NONE) {
		int64_t pod = fleet->places[*rack - 1].parent;

		parent = node % sizes[1] != 0	? pod
			 : node % sizes[0] != 0 ? fleet->places[pod - 1].parent
						: PARC_NONE;
	}
	for (int i = 0; i < 3; i++) {
		struct fleet_place place = {.parent = parent, .level = levels[i]};

		if (node % sizes[i] != 0)
			continue;
		snprintf(place.name, sizeof(place.name), "%s-%lld", parc_level_name(levels[i]),
			 (long long)(node / sizes[i]));
		parent = fleet_add_place(builder, &place, err);
		if (parent < 0)
			return (int)parent;
	}
	*rack = parent;
	return 0;
}

static int make_nodes(struct fleet_builder *builder, const struct fleet_mix *mix, int32_t nodes,
		      const uint8_t *models, struct parc_err *err)
{
	int64_t unit = unit_nodes(mix), rack = PARC_NONE;
	int digits = decimal_digits(nodes - 1);

	ASSERT(digits <= 7);
	for (int32_t i = 0; i < nodes; i++) {
		struct fleet_node node = {.add = mix->models[models[i / unit]].add};
		int code = open_places(builder, mix, i, &rack, err);

		if (code != 0)
			return code;
		snprintf(node.name, sizeof(node.name), "node-%0*d", digits, i);
		node.add.place = rack;
		code = fleet_add_node(builder, &node, err);
		if (code != 0)
			return code;
	}
	return 0;
}

int fleet_generate(struct fleet *fleet, const struct fleet_mix *mix, int32_t nodes, uint64_t seed,
		   struct parc_err *err)
{
	struct fleet_builder builder;
	int32_t units = (int32_t)((nodes + unit_nodes(mix) - 1) / unit_nodes(mix));
	uint8_t *models;
	int code;

	ASSERT(nodes > 0 && nodes <= FLEET_NODES_MAX && mix->models_count > 0);
	fleet_builder_init(&builder, fleet);
	models = draw_models(mix, units, seed);
	if (models == NULL)
		code = parc_err_set(err, PARC_ERR_MEMORY, "no memory for a fleet of %d nodes",
				    nodes);
	else
		code = copy_chips(&builder, &mix->catalogue, err);
	if (code == 0)
		code = make_nodes(&builder, mix, nodes, models, err);
	free(models);
	fleet_builder_deinit(&builder);
	if (code != 0)
		fleet_deinit(fleet);
	return code;
}

/* The set of chips of each shape. */
static int find_chips(const struct fleet *fleet, const struct mix_shape *shape, uint64_t *chips,
		      struct parc_err *err)
{
	*chips = 0;
	for (int32_t i = 0; i < shape->chips_count; i++) {
		int32_t chip = fleet_find_chip(fleet, shape->chips[i]);

		if (chip < 0)
			return parc_err_set(
				err, PARC_ERR_UNKNOWN,
				"the mix names the chip %s, which the fleet lacks; "
				"name it in the fleet's chips or take it out of the mix",
				shape->chips[i]);
		*chips |= UINT64_C(1) << chip;
	}
	return 0;
}

static const struct mix_shape *draw_shape(const struct task_mix *mix, int64_t weights,
					  uint64_t *random)
{
	int64_t at = (int64_t)random_below(random, (uint64_t)weights);
	int32_t i = 0;

	while (at >= mix->shapes[i].weight)
		at -= mix->shapes[i++].weight;
	return &mix->shapes[i];
}

static int64_t draw_length(const struct mix_length *length, uint64_t *random)
{
	struct chance_pareto tail = length->tail;

	switch (length->kind) {
	case MIX_LENGTH_FIXED:
		return length->mean_s * SECOND_US;
	case MIX_LENGTH_EXPONENTIAL:
		return 1 + chance_exponential(random, length->mean_s * SECOND_US);
	case MIX_LENGTH_TAIL:
		tail.min *= SECOND_US;
		tail.max *= SECOND_US;
		return chance_heavy_tail(random, &tail);
	}
	return 0;
}

static void draw_row(struct tasks_row *row, const struct mix_shape *shape, uint64_t chips,
		     uint64_t *random)
{
	int64_t device_milli;

	*row = (struct tasks_row){.task = shape->task,
				  .gang = shape->gang,
				  .close_level = shape->close_level,
				  .close_strength = shape->close_strength};
	row->task.chips = chips;
	if (shape->task.devices > 0)
		row->task.share_milli =
			shape->shares_milli[random_below(random, (uint64_t)shape->shares_count)];
	device_milli = (int64_t)row->task.devices * row->task.share_milli;
	row->task.cpu_milli += (int32_t)(shape->cpu_milli_per_device * device_milli / 1000);
	row->task.memory_mib += shape->memory_mib_per_device * device_milli / 1000;
	row->length_us = draw_length(&shape->length, random);
}

static void draw_rows(struct tasks *tasks, const struct task_mix *mix, const uint64_t *chips,
		      uint64_t seed)
{
	unsigned __int128 time_ns = 0;
	int64_t weights = 0;

	for (int32_t i = 0; i < mix->shapes_count; i++)
		weights += mix->shapes[i].weight;
	for (int32_t i = 0; i < tasks->count; i++) {
		const struct mix_shape *shape = draw_shape(mix, weights, &seed);

		draw_row(&tasks->rows[i], shape, chips[shape - mix->shapes], &seed);
		time_ns += (uint64_t)chance_exponential(&seed, HOUR_NS / mix->arrivals_per_hour);
		tasks->rows[i].create_us = (int64_t)(time_ns / 1000);
	}
}

int tasks_generate(struct tasks *tasks, const struct fleet *fleet, const struct task_mix *mix,
		   int32_t count, uint64_t seed, struct parc_err *err)
{
	uint64_t chips[MIX_SHAPES_MAX];

	ASSERT(count > 0 && mix->shapes_count > 0 && mix->shapes_count <= MIX_SHAPES_MAX);
	*tasks = (struct tasks){0};
	for (int32_t i = 0; i < mix->shapes_count; i++) {
		int code = find_chips(fleet, &mix->shapes[i], &chips[i], err);

		if (code != 0)
			return code;
	}
	tasks->rows = malloc((size_t)count * sizeof(*tasks->rows));
	if (tasks->rows == NULL)
		return parc_err_set(err, PARC_ERR_MEMORY, "no memory for %d tasks", count);
	tasks->count = count;
	draw_rows(tasks, mix, chips, seed);
	return 0;
}
