/* SPDX-License-Identifier: Apache-2.0
 *
 * Chips and machines in parc's YAML. The tables of fields below are the format; docs/formats.md
 * says the same in words.
 */
#include <string.h>

#include "base/assert.h"
#include "trace/fleet_yaml.h"

#define AT(field)	offsetof(struct fleet_chip, field)
#define SPEED_MAX	1000000 /* thousandths: a thousand times the reference chip */
#define MODE_COST_S_MAX 86400
#define FIELDS(table)	(int)(sizeof(table) / sizeof((table)[0]))

const struct yaml_scaled fleet_yaml_cpu = {"cpu_milli", "cores", 1000, PARC_CPU_MAX};
const struct yaml_scaled fleet_yaml_memory = {"memory_mib", "memory_gib", 1024, PARC_MEMORY_MAX};
static const struct yaml_scaled device_memory = {"memory_mib", "memory_gib", 1024,
						 PARC_DEVICE_MEMORY_MAX};

static const struct yaml_field chip_list[] = {
	{"name", YAML_NAME, true, AT(name), 0, FLEET_NAME_MAX},
	{"rule", YAML_OTHER, false, 0, 0, 0},
	{"memory_mib", YAML_OTHER, false, 0, 0, 0},
	{"memory_gib", YAML_OTHER, false, 0, 0, 0},
	{"step_milli", YAML_INT32, false, AT(chip.step_milli), 1, PARC_SHARE_WHOLE},
	{"rate_milli", YAML_INT32, false, AT(chip.rate_milli), 1, SPEED_MAX},
	{"runtime", YAML_OTHER, false, 0, 0, 0},
	{"unit", YAML_INT32, false, AT(chip.unit), 1, PARC_NODE_DEVICES_MAX},
	{"counts", YAML_OTHER, false, 0, 0, 0},
	{"one_user", YAML_FLAG, false, AT(chip.one_user), 0, 0},
	{"within_link", YAML_FLAG, false, AT(chip.within_link), 0, 0},
	{"slots", YAML_INT32, false, AT(chip.slots), 1, PARC_SLOTS_MAX},
	{"templates", YAML_OTHER, false, 0, 0, 0},
	{"mode_cost_s", YAML_OTHER, false, 0, 0, 0},
	{"speed", YAML_OTHER, false, 0, 0, 0},
	{"price_micro", YAML_OTHER, false, 0, 0, 0},
};
static const struct yaml_fields chip_fields = {"a chip", chip_list, FIELDS(chip_list)};

static const struct yaml_field template_list[] = {
	{"name", YAML_OTHER, false, 0, 0, 0},
	{"share_milli", YAML_INT32, true, offsetof(struct parc_template, share_milli), 1,
	 PARC_SHARE_WHOLE},
	{"memory_mib", YAML_INT32, false, offsetof(struct parc_template, memory_mib), 0,
	 PARC_DEVICE_MEMORY_MAX},
	{"slots", YAML_INT32, true, offsetof(struct parc_template, slots), 1, PARC_SLOTS_MAX},
	{"starts", YAML_OTHER, true, 0, 0, 0},
};
static const struct yaml_fields template_fields = {"a template", template_list,
						   FIELDS(template_list)};

#define SPEED(name, number, text) \
	{text, YAML_INT32, false, (number) * sizeof(int32_t), 0, SPEED_MAX},
static const struct yaml_field speed_list[] = {PARC_CLASS_MAP(SPEED)};
static const struct yaml_fields speed_fields = {"speed", speed_list, FIELDS(speed_list)};

static const struct yaml_field pool_list[] = {
	{"chip", YAML_OTHER, true, 0, 0, 0},
	{"devices", YAML_INT32, false, offsetof(struct parc_pool, devices), 1, PARC_CPU_MAX / 1000},
	{"link_size", YAML_INT32, false, offsetof(struct parc_pool, link_size), 1,
	 PARC_NODE_DEVICES_MAX},
};
static const struct yaml_fields pool_fields = {"a pool", pool_list, FIELDS(pool_list)};

static int read_rule(struct yaml_tree *tree, yaml_node_t *node, struct parc_chip *chip,
		     struct parc_err *err)
{
	struct text_field word;
	int code = yaml_read_word(tree, node, "rule", &word, err);

	if (code != 0)
		return code;
	for (int32_t rule = PARC_RULE_WHOLE; rule <= PARC_RULE_CORES; rule++) {
		if (text_is(word, parc_rule_name(rule))) {
			chip->rule = rule;
			return 0;
		}
	}
	return yaml_refuse(tree, node, PARC_ERR_INVALID, err,
			   "rule is \"%s\", expected whole, scalar, templates, memory or cores",
			   text_quote(word.bytes, word.size).text);
}

static int read_runtime(struct yaml_tree *tree, yaml_node_t *node, struct fleet_builder *builder,
			struct parc_chip *chip, struct parc_err *err)
{
	char name[FLEET_NAME_MAX + 1];
	int code = yaml_read_name(tree, node, "runtime", name, sizeof(name), err);

	if (code != 0)
		return code;
	code = fleet_intern_runtime(builder, name, err);
	if (code < 0)
		return yaml_locate(tree, node, code, err);
	chip->runtime = code;
	return 0;
}

/* A list of small numbers as a set of bits: number n sets bit n - field->min. */
static int read_bits(struct yaml_tree *tree, yaml_node_t *list, const struct yaml_field *field,
		     uint32_t *bits, struct parc_err *err)
{
	int count = yaml_items_count(tree, list, field->key, 32, err);
	uint32_t set = 0;

	for (int32_t i = 0; i < count; i++) {
		int64_t number;
		int code = yaml_read_number(tree, yaml_item(tree, list, i), field, &number, err);

		if (code != 0)
			return code;
		set |= UINT32_C(1) << (number - field->min);
	}
	*bits = set;
	return count < 0 ? count : 0;
}

static int read_template(struct yaml_tree *tree, yaml_node_t *map, struct fleet_chip *chip,
			 int32_t index, struct parc_err *err)
{
	static const struct yaml_field starts = {.key = "starts", .max = PARC_SLOTS_MAX - 1};
	struct parc_template *template = &chip->chip.templates[index];
	yaml_node_t *name = yaml_find(tree, map, "name");
	int code = yaml_read_map(tree, map, &template_fields, template, err);

	if (code == 0 && name != NULL)
		code = yaml_read_name(tree, name, "name", chip->template_names[index],
				      sizeof(chip->template_names[index]), err);
	if (code == 0)
		code = read_bits(tree, yaml_find(tree, map, "starts"), &starts, &template->starts,
				 err);
	return code;
}

static int read_templates(struct yaml_tree *tree, yaml_node_t *list, struct fleet_chip *chip,
			  struct parc_err *err)
{
	int count = yaml_items_count(tree, list, "templates", PARC_TEMPLATES_MAX, err);

	for (int32_t i = 0; i < count; i++) {
		int code = read_template(tree, yaml_item(tree, list, i), chip, i, err);

		if (code != 0)
			return code;
		chip->chip.templates_count++;
	}
	return count < 0 ? count : 0;
}

static int read_prices(struct yaml_tree *tree, yaml_node_t *list, struct parc_chip *chip,
		       struct parc_err *err)
{
	static const struct yaml_field field = {.key = "price_micro", .max = INT64_C(1) << 50};
	int count = yaml_items_count(tree, list, "price_micro", 4, err);

	for (int32_t i = 0; i < count; i++) {
		int code = yaml_read_number(tree, yaml_item(tree, list, i), &field,
					    &chip->price_micro[i], err);

		if (code != 0)
			return code;
	}
	return count < 0 ? count : 0;
}

static int read_mode_cost(struct yaml_tree *tree, yaml_node_t *node, struct parc_chip *chip,
			  struct parc_err *err)
{
	static const struct yaml_field field = {.key = "mode_cost_s", .max = MODE_COST_S_MAX};
	int64_t cost_s = 0;
	int code = yaml_read_number(tree, node, &field, &cost_s, err);

	chip->mode_cost_us = cost_s * 1000000;
	return code;
}

/* The keys whose values are more than a number. */
static int read_chip_rest(struct yaml_tree *tree, yaml_node_t *map, struct fleet_builder *builder,
			  struct fleet_chip *chip, struct parc_err *err)
{
	static const struct yaml_field counts = {
		.key = "counts", .min = 1, .max = PARC_NODE_DEVICES_MAX};
	yaml_node_t *node;
	int64_t memory_mib = 0;
	int code = yaml_read_scaled(tree, map, &device_memory, &memory_mib, err);

	chip->chip.memory_mib = (int32_t)memory_mib;
	if (code == 0 && (node = yaml_find(tree, map, "rule")) != NULL)
		code = read_rule(tree, node, &chip->chip, err);
	if (code == 0 && (node = yaml_find(tree, map, "runtime")) != NULL)
		code = read_runtime(tree, node, builder, &chip->chip, err);
	if (code == 0 && (node = yaml_find(tree, map, "counts")) != NULL)
		code = read_bits(tree, node, &counts, &chip->chip.counts, err);
	if (code == 0 && (node = yaml_find(tree, map, "templates")) != NULL)
		code = read_templates(tree, node, chip, err);
	if (code == 0 && (node = yaml_find(tree, map, "mode_cost_s")) != NULL)
		code = read_mode_cost(tree, node, &chip->chip, err);
	if (code == 0 && (node = yaml_find(tree, map, "speed")) != NULL)
		code = yaml_read_map(tree, node, &speed_fields, chip->chip.speed_milli, err);
	if (code == 0 && (node = yaml_find(tree, map, "price_micro")) != NULL)
		code = read_prices(tree, node, &chip->chip, err);
	return code;
}

static int read_chip(struct yaml_tree *tree, yaml_node_t *map, struct fleet_builder *builder,
		     struct parc_err *err)
{
	struct fleet_chip chip, named = {0};
	int code = yaml_read_map(tree, map, &chip_fields, &named, err);

	if (code != 0)
		return code;
	fleet_chip_init(&chip, named.name);
	code = yaml_read_map(tree, map, &chip_fields, &chip, err);
	if (code == 0)
		code = read_chip_rest(tree, map, builder, &chip, err);
	if (code != 0)
		return code;
	code = fleet_add_chip(builder, &chip, err);
	return code < 0 ? yaml_locate(tree, map, code, err) : 0;
}

int fleet_yaml_read_chips(struct yaml_tree *tree, yaml_node_t *list, struct fleet_builder *builder,
			  struct parc_err *err)
{
	int count = yaml_items_count(tree, list, "chips", PARC_CHIPS_MAX, err);

	for (int32_t i = 0; i < count; i++) {
		int code = read_chip(tree, yaml_item(tree, list, i), builder, err);

		if (code != 0)
			return code;
	}
	return count < 0 ? count : 0;
}

static int read_pool(struct yaml_tree *tree, yaml_node_t *map, const struct fleet *fleet,
		     struct parc_pool *pool, struct parc_err *err)
{
	char name[FLEET_NAME_MAX + 1];
	yaml_node_t *chip;
	int code = yaml_read_map(tree, map, &pool_fields, pool, err);

	if (code != 0)
		return code;
	chip = yaml_find(tree, map, "chip");
	code = yaml_read_name(tree, chip, "chip", name, sizeof(name), err);
	if (code != 0)
		return code;
	pool->chip = fleet_find_chip(fleet, name);
	if (pool->chip < 0)
		return yaml_refuse(tree, chip, PARC_ERR_UNKNOWN, err,
				   "the chip %s is not in the list of chips", name);
	return 0;
}

/* A pool of cores that gives no number has all of the node's. */
static int fill_pool(struct yaml_tree *tree, yaml_node_t *map, const struct fleet *fleet,
		     struct parc_node_add *add, struct parc_err *err)
{
	struct parc_pool *pool = &add->pools[add->pools_count];
	int code = read_pool(tree, map, fleet, pool, err);

	if (code != 0)
		return code;
	if (pool->devices == 0 && fleet->chips[pool->chip].chip.rule == PARC_RULE_CORES)
		pool->devices = add->cpu_milli / 1000;
	if (pool->devices == 0)
		return yaml_refuse(tree, map, PARC_ERR_SYNTAX, err,
				   "the pool lacks its number of devices");
	add->pools_count++;
	return 0;
}

int fleet_yaml_read_machine(struct yaml_tree *tree, yaml_node_t *map, const struct fleet *fleet,
			    struct parc_node_add *add, struct parc_err *err)
{
	yaml_node_t *pools = yaml_find(tree, map, "pools");
	int64_t cpu_milli = 0;
	int code = yaml_read_scaled(tree, map, &fleet_yaml_cpu, &cpu_milli, err);
	int count;

	add->cpu_milli = (int32_t)cpu_milli;
	if (code == 0)
		code = yaml_read_scaled(tree, map, &fleet_yaml_memory, &add->memory_mib, err);
	if (code != 0 || pools == NULL)
		return code;
	count = yaml_items_count(tree, pools, "pools", PARC_NODE_POOLS_MAX, err);
	for (int32_t i = 0; i < count && code == 0; i++)
		code = fill_pool(tree, yaml_item(tree, pools, i), fleet, add, err);
	return count < 0 ? count : code;
}
