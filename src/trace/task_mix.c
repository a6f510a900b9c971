/* SPDX-License-Identifier: Apache-2.0
 *
 * Reading the mix of a workload: one mapping a shape. The tables of fields are the format.
 */
#include <stdlib.h>
#include <string.h>

#include "trace/fleet_yaml.h"
#include "trace/mix.h"

#define AT(field)     offsetof(struct mix_shape, field)
#define FIELDS(table) (int)(sizeof(table) / sizeof((table)[0]))
#define SECONDS_MAX   INT64_C(1000000000) /* 31 years */

static const struct yaml_field mix_list[] = {
	{"arrivals_per_hour", YAML_INT64, true, offsetof(struct task_mix, arrivals_per_hour), 1,
	 MIX_RATE_MAX},
	{"shapes", YAML_OTHER, true, 0, 0, 0},
};
static const struct yaml_fields mix_fields = {"a task mix", mix_list, FIELDS(mix_list)};

static const struct yaml_field shape_list[] = {
	{"weight", YAML_INT32, true, AT(weight), 1, MIX_WEIGHT_MAX},
	{"devices", YAML_INT32, false, AT(task.devices), 0, PARC_NODE_DEVICES_MAX},
	{"shares_milli", YAML_OTHER, false, 0, 0, 0},
	{"chips", YAML_OTHER, false, 0, 0, 0},
	{"cpu_milli", YAML_OTHER, false, 0, 0, 0},
	{"cores", YAML_OTHER, false, 0, 0, 0},
	{"memory_mib", YAML_OTHER, false, 0, 0, 0},
	{"memory_gib", YAML_OTHER, false, 0, 0, 0},
	{"cpu_milli_per_device", YAML_OTHER, false, 0, 0, 0},
	{"cores_per_device", YAML_OTHER, false, 0, 0, 0},
	{"memory_mib_per_device", YAML_OTHER, false, 0, 0, 0},
	{"memory_gib_per_device", YAML_OTHER, false, 0, 0, 0},
	{"device_memory_mib", YAML_INT32, false, AT(task.device_memory_mib), 0,
	 PARC_DEVICE_MEMORY_MAX},
	{"gang", YAML_INT32, false, AT(gang), 1, PARC_TASKS_MAX},
	{"close", YAML_OTHER, false, 0, 0, 0},
	{"link", YAML_OTHER, false, 0, 0, 0},
	{"length", YAML_OTHER, false, 0, 0, 0},
};
static const struct yaml_fields shape_fields = {"a shape", shape_list, FIELDS(shape_list)};

static const struct yaml_field length_list[] = {
	{"kind", YAML_OTHER, true, 0, 0, 0},
	{"mean_s", YAML_INT64, false, offsetof(struct mix_length, mean_s), 1, SECONDS_MAX},
	{"min_s", YAML_INT64, false, offsetof(struct mix_length, tail.min), 1, SECONDS_MAX},
	{"max_s", YAML_INT64, false, offsetof(struct mix_length, tail.max), 1, SECONDS_MAX},
	{"alpha_milli", YAML_INT32, false, offsetof(struct mix_length, tail.alpha_milli), 1,
	 CHANCE_ALPHA_MAX},
};
static const struct yaml_fields length_fields = {"a length", length_list, FIELDS(length_list)};

static const struct yaml_scaled cpu_per_device = {"cpu_milli_per_device", "cores_per_device", 1000,
						  PARC_CPU_MAX};
static const struct yaml_scaled memory_per_device = {
	"memory_mib_per_device", "memory_gib_per_device", 1024, PARC_MEMORY_MAX};

static int read_length_kind(struct yaml_tree *tree, yaml_node_t *node, struct mix_length *length,
			    struct parc_err *err)
{
	static const char *const names[] = {[MIX_LENGTH_FIXED] = "fixed",
					    [MIX_LENGTH_EXPONENTIAL] = "exponential",
					    [MIX_LENGTH_TAIL] = "heavy-tail"};
	struct text_field word;
	int code = yaml_read_word(tree, node, "kind", &word, err);

	if (code != 0)
		return code;
	for (int32_t kind = MIX_LENGTH_FIXED; kind <= MIX_LENGTH_TAIL; kind++) {
		if (text_is(word, names[kind])) {
			length->kind = kind;
			return 0;
		}
	}
	return yaml_refuse(tree, node, PARC_ERR_INVALID, err,
			   "kind is \"%s\", expected fixed, exponential or heavy-tail",
			   text_quote(word.bytes, word.size).text);
}

static int read_length(struct yaml_tree *tree, yaml_node_t *map, struct mix_length *length,
		       struct parc_err *err)
{
	const struct chance_pareto *tail = &length->tail;
	bool has_tail;
	int code = yaml_read_map(tree, map, &length_fields, length, err);

	if (code == 0)
		code = read_length_kind(tree, yaml_find(tree, map, "kind"), length, err);
	if (code != 0)
		return code;
	has_tail = tail->min != 0 || tail->max != 0 || tail->alpha_milli != 0;
	if (length->kind != MIX_LENGTH_TAIL && (length->mean_s == 0 || has_tail))
		return yaml_refuse(tree, map, PARC_ERR_SYNTAX, err,
				   "a fixed or exponential length has the key mean_s and no other");
	if (length->kind == MIX_LENGTH_TAIL &&
	    (length->mean_s != 0 || tail->min == 0 || tail->max == 0 || tail->alpha_milli == 0))
		return yaml_refuse(tree, map, PARC_ERR_SYNTAX, err,
				   "a heavy-tail length has the keys min_s, max_s, alpha_milli");
	if (tail->min > tail->max)
		return yaml_refuse(tree, map, PARC_ERR_INVALID, err, "min_s is above max_s");
	return 0;
}

static int read_chips(struct yaml_tree *tree, yaml_node_t *list, struct mix_shape *shape,
		      struct parc_err *err)
{
	int count = yaml_items_count(tree, list, "chips", MIX_CHIPS_MAX, err);

	for (int32_t i = 0; i < count; i++) {
		int code = yaml_read_name(tree, yaml_item(tree, list, i), "a chip", shape->chips[i],
					  sizeof(shape->chips[i]), err);

		if (code != 0)
			return code;
	}
	shape->chips_count = count;
	return count < 0 ? count : 0;
}

static int read_shares(struct yaml_tree *tree, yaml_node_t *list, struct mix_shape *shape,
		       struct parc_err *err)
{
	static const struct yaml_field field = {
		.key = "shares_milli", .min = 1, .max = PARC_SHARE_WHOLE};
	int count = yaml_items_count(tree, list, field.key, MIX_SHARES_MAX, err);

	for (int32_t i = 0; i < count; i++) {
		int64_t share_milli;
		int code =
			yaml_read_number(tree, yaml_item(tree, list, i), &field, &share_milli, err);

		if (code != 0)
			return code;
		shape->shares_milli[i] = (int32_t)share_milli;
	}
	if (count == 0)
		return yaml_refuse(tree, list, PARC_ERR_SYNTAX, err,
				   "shares_milli is empty, expected at least one");
	shape->shares_count = count;
	return count < 0 ? count : 0;
}

static int read_close(struct yaml_tree *tree, yaml_node_t *node, struct mix_shape *shape,
		      struct parc_err *err)
{
	struct text_field word;
	int code = yaml_read_word(tree, node, "close", &word, err);

	if (code != 0)
		return code;
	if (tasks_parse_close(word.bytes, word.size, &shape->close_level, &shape->close_strength))
		return yaml_refuse(tree, node, PARC_ERR_INVALID, err,
				   "close is \"%s\", expected prefer: or require: with site, pod, "
				   "rack or node, as in prefer:rack",
				   text_quote(word.bytes, word.size).text);
	return 0;
}

static int read_link(struct yaml_tree *tree, yaml_node_t *node, struct mix_shape *shape,
		     struct parc_err *err)
{
	struct text_field word;
	int code = yaml_read_word(tree, node, "link", &word, err);

	if (code != 0)
		return code;
	for (int32_t i = PARC_STRENGTH_NONE; i <= PARC_STRENGTH_REQUIRE; i++) {
		if (text_is(word, parc_strength_name(i))) {
			shape->task.link = i;
			return 0;
		}
	}
	return yaml_refuse(tree, node, PARC_ERR_INVALID, err,
			   "link is \"%s\", expected none, prefer or require",
			   text_quote(word.bytes, word.size).text);
}

static int read_demand(struct yaml_tree *tree, yaml_node_t *map, struct mix_shape *shape,
		       struct parc_err *err)
{
	int64_t cpu_milli = 0;
	int code = yaml_read_scaled(tree, map, &fleet_yaml_cpu, &cpu_milli, err);

	shape->task.cpu_milli = (int32_t)cpu_milli;
	if (code == 0)
		code = yaml_read_scaled(tree, map, &fleet_yaml_memory, &shape->task.memory_mib,
					err);
	if (code == 0)
		code = yaml_read_scaled(tree, map, &cpu_per_device, &shape->cpu_milli_per_device,
					err);
	if (code == 0)
		code = yaml_read_scaled(tree, map, &memory_per_device,
					&shape->memory_mib_per_device, err);
	if (code != 0)
		return code;
	if (cpu_milli + shape->cpu_milli_per_device * shape->task.devices > PARC_CPU_MAX ||
	    shape->task.memory_mib + shape->memory_mib_per_device * shape->task.devices >
		    PARC_MEMORY_MAX)
		return yaml_refuse(tree, map, PARC_ERR_INVALID, err,
				   "the shape asks for more CPU or memory than a node may have");
	return 0;
}

/* The keys whose values are more than a number. */
static int read_shape_rest(struct yaml_tree *tree, yaml_node_t *map, struct mix_shape *shape,
			   struct parc_err *err)
{
	yaml_node_t *node;
	int code = read_demand(tree, map, shape, err);

	if (code == 0 && (node = yaml_find(tree, map, "shares_milli")) != NULL)
		code = read_shares(tree, node, shape, err);
	if (code == 0 && (node = yaml_find(tree, map, "chips")) != NULL)
		code = read_chips(tree, node, shape, err);
	if (code == 0 && (node = yaml_find(tree, map, "close")) != NULL)
		code = read_close(tree, node, shape, err);
	if (code == 0 && (node = yaml_find(tree, map, "link")) != NULL)
		code = read_link(tree, node, shape, err);
	if (code == 0 && (node = yaml_find(tree, map, "length")) != NULL)
		code = read_length(tree, node, &shape->length, err);
	return code;
}

static int read_shape(struct yaml_tree *tree, yaml_node_t *map, struct mix_shape *shape,
		      struct parc_err *err)
{
	int code;

	*shape = (struct mix_shape){
		.gang = 1, .shares_milli = {PARC_SHARE_WHOLE}, .shares_count = 1};
	code = yaml_read_map(tree, map, &shape_fields, shape, err);
	if (code == 0)
		code = read_shape_rest(tree, map, shape, err);
	if (code == 0 && shape->task.devices == 0 && shape->task.device_memory_mib > 0)
		return yaml_refuse(tree, map, PARC_ERR_INVALID, err,
				   "device_memory_mib without devices");
	return code;
}

static int read_shapes(struct yaml_tree *tree, yaml_node_t *list, struct task_mix *mix,
		       struct parc_err *err)
{
	int count = yaml_items_count(tree, list, "shapes", MIX_SHAPES_MAX, err);

	if (count < 0)
		return count;
	if (count == 0)
		return yaml_refuse(tree, list, PARC_ERR_SYNTAX, err,
				   "shapes is empty, expected at least one");
	mix->shapes = calloc((size_t)count, sizeof(*mix->shapes));
	if (mix->shapes == NULL)
		return parc_err_set(err, PARC_ERR_MEMORY, "no memory for %d shapes", count);
	mix->shapes_count = count;
	for (int32_t i = 0; i < count; i++) {
		int code = read_shape(tree, yaml_item(tree, list, i), &mix->shapes[i], err);

		if (code != 0)
			return code;
	}
	return 0;
}

int task_mix_read_bytes(struct task_mix *mix, const char *name, const char *bytes, size_t size,
			struct parc_err *err)
{
	struct yaml_tree tree;
	yaml_node_t *map;
	int code;

	*mix = (struct task_mix){0};
	code = yaml_tree_init(&tree, name, bytes, size, err);
	if (code == 0)
		code = yaml_tree_root(&tree, "a mix of tasks", "task_mix", &map, err);
	if (code == 0)
		code = yaml_read_map(&tree, map, &mix_fields, mix, err);
	if (code == 0)
		code = read_shapes(&tree, yaml_find(&tree, map, "shapes"), mix, err);
	yaml_tree_deinit(&tree);
	if (code != 0)
		task_mix_deinit(mix);
	return code;
}

int task_mix_read(struct task_mix *mix, const char *path, struct parc_err *err)
{
	char *bytes;
	size_t size;
	int code;

	*mix = (struct task_mix){0};
	code = text_load(path, &bytes, &size, err);
	if (code != 0)
		return code;
	code = task_mix_read_bytes(mix, path, bytes, size, err);
	free(bytes);
	return code;
}

void task_mix_deinit(struct task_mix *mix)
{
	free(mix->shapes);
	*mix = (struct task_mix){0};
}
