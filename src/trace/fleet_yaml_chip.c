/* SPDX-License-Identifier: Apache-2.0
 *
 * Chips and machines in parc's YAML. The tables of fields below are the format; docs/formats.md
 * says the same in words.
 */
#include <string.h>

#include "chip/chip_yaml.h"
#include "trace/fleet_yaml.h"

#define AT(field)     offsetof(struct fleet_chip, field)
#define SPEED_MAX     1000000 /* thousandths: a thousand times the reference chip */
#define FIELDS(table) (int)(sizeof(table) / sizeof((table)[0]))

const struct yaml_scaled fleet_yaml_cpu = {"cpu_milli", "cores", 1000, PARC_CPU_MAX};
const struct yaml_scaled fleet_yaml_memory = {"memory_mib", "memory_gib", 1024, PARC_MEMORY_MAX};
static const struct yaml_scaled device_memory = {"memory_mib", "memory_gib", 1024,
						 PARC_DEVICE_MEMORY_MAX};

static const struct yaml_field chip_list[] = {
	{"name", YAML_NAME, true, AT(name), 0, FLEET_NAME_MAX},
	{"like", YAML_OTHER, false, 0, 0, 0},
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

/* The keys whose values are more than a number. */
static int read_chip_rest(struct yaml_tree *tree, yaml_node_t *map, struct fleet_builder *builder,
			  struct fleet_chip *chip, struct parc_err *err)
{
	yaml_node_t *node;
	int64_t memory_mib = chip->chip.memory_mib;
	int code = yaml_read_scaled(tree, map, &device_memory, &memory_mib, err);

	chip->chip.memory_mib = (int32_t)memory_mib;
	if (code == 0 && (node = yaml_find(tree, map, "rule")) != NULL)
		code = chip_yaml_read_rule(tree, node, &chip->chip, err);
	if (code == 0 && (node = yaml_find(tree, map, "runtime")) != NULL)
		code = read_runtime(tree, node, builder, &chip->chip, err);
	if (code == 0 && (node = yaml_find(tree, map, "counts")) != NULL)
		code = chip_yaml_read_bits(tree, node, &chip_yaml_counts, &chip->chip.counts, err);
	if (code == 0 && (node = yaml_find(tree, map, "templates")) != NULL)
		code = chip_yaml_read_templates(tree, node, &chip->chip, chip->template_names, err);
	if (code == 0 && (node = yaml_find(tree, map, "mode_cost_s")) != NULL)
		code = chip_yaml_read_mode_cost(tree, node, &chip->chip, err);
	if (code == 0 && (node = yaml_find(tree, map, "speed")) != NULL)
		code = yaml_read_map(tree, node, &speed_fields, chip->chip.speed_milli, err);
	if (code == 0 && (node = yaml_find(tree, map, "price_micro")) != NULL)
		code = read_prices(tree, node, &chip->chip, err);
	return code;
}

/* Begin with what the catalogue has of another chip, or of the same; a rule that is given anew
 * takes no template along. */
static int read_like(struct yaml_tree *tree, yaml_node_t *map, struct fleet_builder *builder,
		     struct fleet_chip *chip, struct parc_err *err)
{
	yaml_node_t *node = yaml_find(tree, map, "like");
	char name[FLEET_NAME_MAX + 1];
	struct fleet_chip like;
	int code;

	if (node == NULL)
		return 0;
	code = yaml_read_name(tree, node, "like", name, sizeof(name), err);
	if (code == 0)
		code = fleet_chip_of_catalogue(builder, name, &like, err);
	if (code == 0)
		return yaml_refuse(tree, node, PARC_ERR_UNKNOWN, err,
				   "the catalogue has no chip %s ('parc chips' lists it)", name);
	if (code < 0)
		return yaml_locate(tree, node, code, err);
	memcpy(like.name, chip->name, sizeof(like.name));
	*chip = like;
	if (yaml_find(tree, map, "rule") != NULL || yaml_find(tree, map, "templates") != NULL) {
		chip->chip.slots = chip->chip.templates_count = 0;
		memset(chip->chip.templates, 0, sizeof(chip->chip.templates));
		memset(chip->template_names, 0, sizeof(chip->template_names));
	}
	return 0;
}

static int read_chip(struct yaml_tree *tree, yaml_node_t *map, struct fleet_builder *builder,
		     struct parc_err *err)
{
	struct fleet_chip chip, named = {0};
	int code = yaml_read_map(tree, map, &chip_fields, &named, err);

	if (code != 0)
		return code;
	fleet_chip_init(&chip, named.name);
	code = read_like(tree, map, builder, &chip, err);
	if (code == 0)
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

/* A chip of the file, else of the catalogue; PARC_ERR_UNKNOWN, err untouched, if it is in neither.
 */
static int32_t find_chip(struct fleet_builder *builder, const char *name, struct parc_err *err)
{
	int32_t index = fleet_find_chip(builder->fleet, name);
	struct fleet_chip chip;
	int code;

	if (index >= 0)
		return index;
	code = fleet_chip_of_catalogue(builder, name, &chip, err);
	if (code <= 0)
		return code == 0 ? PARC_ERR_UNKNOWN : code;
	return fleet_intern_chip(builder, name, err);
}

static int read_pool(struct yaml_tree *tree, yaml_node_t *map, struct fleet_builder *builder,
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
	pool->chip = find_chip(builder, name, err);
	if (pool->chip == PARC_ERR_UNKNOWN)
		return yaml_refuse(tree, chip, PARC_ERR_UNKNOWN, err,
				   "the chip %s is neither in the list of chips nor in the "
				   "catalogue ('parc chips' lists that)",
				   name);
	if (pool->chip < 0)
		return yaml_locate(tree, chip, pool->chip, err);
	if (pool->link_size == 0)
		pool->link_size = fleet_link_size(builder, pool);
	return 0;
}

/* A pool of cores that gives no number has all of the node's. */
static int fill_pool(struct yaml_tree *tree, yaml_node_t *map, struct fleet_builder *builder,
		     struct parc_node_add *add, struct parc_err *err)
{
	struct parc_pool *pool = &add->pools[add->pools_count];
	const struct fleet *fleet = builder->fleet;
	int code = read_pool(tree, map, builder, pool, err);

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

int fleet_yaml_read_machine(struct yaml_tree *tree, yaml_node_t *map, struct fleet_builder *builder,
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
		code = fill_pool(tree, yaml_item(tree, pools, i), builder, add, err);
	return count < 0 ? count : code;
}

/* ---- Chips of a fleet that is there, by name */

int fleet_yaml_find_chip(struct yaml_tree *tree, yaml_node_t *node, const char *label,
			 const struct fleet *fleet, int32_t *chip, struct parc_err *err)
{
	char name[FLEET_NAME_MAX + 1], known[PARC_ERR_TEXT_MAX / 2] = "";
	int code = yaml_read_name(tree, node, label, name, sizeof(name), err);

	if (code != 0)
		return code;
	*chip = fleet_find_chip(fleet, name);
	if (*chip >= 0)
		return 0;
	for (int32_t i = 0; i < fleet->chips_count; i++)
		text_list_add(known, sizeof(known), fleet->chips[i].name);
	return yaml_refuse(tree, node, PARC_ERR_UNKNOWN, err,
			   "the fleet has no chip \"%s\", expected %s%s", name,
			   fleet->chips_count > 1 ? "one of " : "",
			   fleet->chips_count > 0 ? known : "none");
}

int fleet_yaml_find_chips(struct yaml_tree *tree, yaml_node_t *map, const char *key,
			  const struct fleet *fleet, uint64_t *chips, struct parc_err *err)
{
	yaml_node_t *list = yaml_find(tree, map, key);
	int count = list == NULL ? 0 : yaml_items_count(tree, list, key, PARC_CHIPS_MAX, err);

	for (int i = 0; i < count; i++) {
		int32_t chip;
		int code = fleet_yaml_find_chip(tree, yaml_item(tree, list, i), key, fleet, &chip,
						err);

		if (code != 0)
			return code;
		*chips |= UINT64_C(1) << chip;
	}
	return count;
}
