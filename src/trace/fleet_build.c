/* SPDX-License-Identifier: Apache-2.0
 *
 * Building a fleet. Lists grow by doubling; names are found in hash tables, so adding a node
 * costs the same in a large fleet as in a small one. Chips and runtimes are few and are searched.
 */
#include "trace/fleet_build.h"

#include <stdlib.h>
#include <string.h>

#include "base/assert.h"
#include "chip/chip_yaml.h"

static struct names_key place_key(const void *owner, int32_t index)
{
	const struct fleet *fleet = owner;
	const struct fleet_place *place = &fleet->places[index];

	return (struct names_key){place->parent * 8 + place->level, place->name};
}

static struct names_key node_key(const void *owner, int32_t index)
{
	const struct fleet *fleet = owner;

	return (struct names_key){0, fleet->nodes[index].name};
}

void fleet_builder_init(struct fleet_builder *builder, struct fleet *fleet)
{
	*fleet = (struct fleet){0};
	*builder = (struct fleet_builder){.fleet = fleet};
	names_init(&builder->places, fleet, place_key);
	names_init(&builder->nodes, fleet, node_key);
}

void fleet_builder_deinit(struct fleet_builder *builder)
{
	names_deinit(&builder->places);
	names_deinit(&builder->nodes);
	catalogue_destroy(builder->own);
	builder->own = NULL;
	builder->catalogue = NULL;
}

int fleet_grow(void *list, int32_t count, int32_t *capacity, size_t size, struct parc_err *err)
{
	void *old, *larger;
	int32_t more = *capacity == 0 ? 16 : *capacity * 2;

	ASSERT(count <= *capacity && *capacity < INT32_MAX / 2);
	if (count < *capacity)
		return 0;
	memcpy(&old, list, sizeof(old));
	larger = realloc(old, (size_t)more * size);
	if (larger == NULL)
		return parc_err_set(err, PARC_ERR_MEMORY, "no memory for %d more entries", more);
	memcpy(list, &larger, sizeof(larger));
	*capacity = more;
	return 0;
}

void fleet_chip_init(struct fleet_chip *chip, const char *name)
{
	*chip = (struct fleet_chip){0};
	ASSERT(strlen(name) <= FLEET_NAME_MAX);
	memcpy(chip->name, name, strlen(name) + 1);
	chip->chip.rule = strcmp(name, "cpu") == 0 ? PARC_RULE_CORES : PARC_RULE_SCALAR;
	chip->chip.step_milli = 1;
	chip->chip.rate_milli = PARC_SHARE_WHOLE;
	chip->chip.unit = 1;
}

int fleet_chip_check(const struct fleet_chip *named, struct parc_err *err)
{
	return chip_rules_check(named->name, &named->chip, err);
}

int32_t fleet_add_chip(struct fleet_builder *builder, const struct fleet_chip *chip,
		       struct parc_err *err)
{
	struct fleet *fleet = builder->fleet;
	int32_t index = fleet->chips_count;
	int code = fleet_chip_check(chip, err);

	if (code != 0)
		return code;
	if (fleet_find_chip(fleet, chip->name) >= 0)
		return parc_err_set(err, PARC_ERR_EXISTS, "the chip %s stands here twice",
				    chip->name);
	if (index == PARC_CHIPS_MAX)
		return parc_err_set(err, PARC_ERR_FULL, "more than %d chips", PARC_CHIPS_MAX);
	code = fleet_grow(&fleet->chips, index, &builder->chips_capacity, sizeof(*chip), err);
	if (code != 0)
		return code;
	fleet->chips[index] = *chip;
	fleet->chips[index].chip.chip = index;
	return fleet->chips_count++;
}

int32_t fleet_intern_bare(struct fleet_builder *builder, const char *name, struct parc_err *err)
{
	int32_t index = fleet_find_chip(builder->fleet, name);
	struct fleet_chip chip;

	if (index >= 0)
		return index;
	fleet_chip_init(&chip, name);
	return fleet_add_chip(builder, &chip, err);
}

/* The program's own catalogue, read when a file first names a chip that it does not define. */
static int load_catalogue(struct fleet_builder *builder, struct parc_err *err)
{
	int code;

	if (builder->catalogue != NULL)
		return 0;
	builder->own = catalogue_create();
	if (builder->own == NULL)
		return parc_err_set(err, PARC_ERR_MEMORY, "no memory for the catalogue of chips");
	code = catalogue_add_default(builder->own, err);
	builder->catalogue = builder->own;
	return code;
}

int fleet_chip_of_catalogue(struct fleet_builder *builder, const char *name,
			    struct fleet_chip *chip, struct parc_err *err)
{
	const struct catalogue_chip *it;
	int32_t code = load_catalogue(builder, err);

	if (code != 0)
		return code;
	it = catalogue_find(builder->catalogue, name);
	if (it == NULL)
		return 0;
	fleet_chip_init(chip, name);
	catalogue_fill(builder->catalogue, it, &chip->chip);
	memcpy(chip->template_names, it->template_names, sizeof(chip->template_names));
	code = fleet_intern_runtime(builder, it->runtime, err);
	chip->chip.runtime = code;
	return code < 0 ? code : 1;
}

int32_t fleet_intern_chip(struct fleet_builder *builder, const char *name, struct parc_err *err)
{
	int32_t index = fleet_find_chip(builder->fleet, name);
	struct fleet_chip chip;
	int code;

	if (index >= 0)
		return index;
	code = fleet_chip_of_catalogue(builder, name, &chip, err);
	if (code == 0)
		return fleet_intern_bare(builder, name, err);
	if (code < 0)
		return code;
	index = fleet_add_chip(builder, &chip, err);
	if (index >= 0)
		builder->listed |= UINT64_C(1) << index;
	return index;
}

int32_t fleet_link_size(const struct fleet_builder *builder, const struct parc_pool *pool)
{
	const struct catalogue_chip *it;
	const struct catalogue_claim *claim;

	if (!(builder->listed >> pool->chip & 1))
		return 0;
	it = catalogue_find(builder->catalogue, builder->fleet->chips[pool->chip].name);
	claim = catalogue_value(builder->catalogue, &it->figures[CATALOGUE_LINK_SIZE]);
	if (claim == NULL || claim->value >= pool->devices || pool->devices % claim->value != 0)
		return 0;
	return (int32_t)claim->value;
}

int32_t fleet_intern_runtime(struct fleet_builder *builder, const char *name, struct parc_err *err)
{
	struct fleet *fleet = builder->fleet;
	int32_t index = 0;
	int code;

	ASSERT(strlen(name) <= FLEET_NAME_MAX);
	while (index < fleet->runtimes_count && strcmp(fleet->runtimes[index].name, name) != 0)
		index++;
	if (index < fleet->runtimes_count)
		return index + 1;
	code = fleet_grow(&fleet->runtimes, index, &builder->runtimes_capacity,
			  sizeof(*fleet->runtimes), err);
	if (code != 0)
		return code;
	memcpy(fleet->runtimes[index].name, name, strlen(name) + 1);
	return ++fleet->runtimes_count;
}

int64_t fleet_find_place(const struct fleet_builder *builder, const struct fleet_place *place)
{
	struct names_key key = {place->parent * 8 + place->level, place->name};

	return names_find(&builder->places, key) + 1;
}

int64_t fleet_add_place(struct fleet_builder *builder, const struct fleet_place *place,
			struct parc_err *err)
{
	struct fleet *fleet = builder->fleet;
	int32_t index = fleet->places_count;
	int code;

	ASSERT(place->parent >= 0 && place->parent <= index);
	if (fleet_find_place(builder, place) != PARC_NONE)
		return parc_err_set(err, PARC_ERR_EXISTS,
				    "the %s %s stands twice in the same place",
				    parc_level_name(place->level), place->name);
	if (index == FLEET_PLACES_MAX)
		return parc_err_set(err, PARC_ERR_FULL, "more than %d sites, pods and racks",
				    FLEET_PLACES_MAX);
	code = fleet_grow(&fleet->places, index, &builder->places_capacity, sizeof(*place), err);
	if (code != 0)
		return code;
	fleet->places[index] = *place;
	if (names_add(&builder->places, index) != 0)
		return parc_err_set(err, PARC_ERR_MEMORY, "no memory for the names of places");
	return ++fleet->places_count;
}

static int check_pool(const struct fleet *fleet, const struct fleet_node *node,
		      const struct parc_pool *pool, struct parc_err *err)
{
	const struct fleet_chip *chip = &fleet->chips[pool->chip];

	if (chip->chip.rule == PARC_RULE_CORES && pool->devices * 1000LL != node->add.cpu_milli)
		return parc_err_set(err, PARC_ERR_INVALID,
				    "the node %s rents %d cores (%s), expected its cpu_milli %d "
				    "to be 1000 times that",
				    node->name, pool->devices, chip->name, node->add.cpu_milli);
	if (pool->devices % chip->chip.unit != 0)
		return parc_err_set(err, PARC_ERR_INVALID,
				    "the node %s has %d devices of %s, expected a multiple of its "
				    "unit %d",
				    node->name, pool->devices, chip->name, chip->chip.unit);
	if (pool->link_size > pool->devices)
		return parc_err_set(err, PARC_ERR_INVALID,
				    "the node %s has link groups of %d, expected at most its %d "
				    "devices of %s",
				    node->name, pool->link_size, pool->devices, chip->name);
	return 0;
}

int fleet_node_check(const struct fleet *fleet, const struct fleet_node *node, struct parc_err *err)
{
	int64_t devices = 0;
	int32_t rented = 0;

	ASSERT(node->add.pools_count >= 0 && node->add.pools_count <= PARC_NODE_POOLS_MAX);
	for (int32_t i = 0; i < node->add.pools_count; i++) {
		const struct parc_pool *pool = &node->add.pools[i];
		int code = check_pool(fleet, node, pool, err);

		if (code != 0)
			return code;
		if (fleet->chips[pool->chip].chip.rule == PARC_RULE_CORES)
			rented++;
		else
			devices += pool->devices;
	}
	if (rented > 1)
		return parc_err_set(err, PARC_ERR_INVALID,
				    "the node %s has %d pools of cores, expected at most one",
				    node->name, rented);
	if (devices > PARC_NODE_DEVICES_MAX)
		return parc_err_set(err, PARC_ERR_INVALID,
				    "the node %s has %lld devices, expected at most %d", node->name,
				    (long long)devices, PARC_NODE_DEVICES_MAX);
	return 0;
}

static void node_count_devices(struct fleet *fleet, const struct fleet_node *node)
{
	for (int32_t i = 0; i < node->add.pools_count; i++) {
		const struct parc_pool *pool = &node->add.pools[i];

		if (fleet->chips[pool->chip].chip.rule != PARC_RULE_CORES)
			fleet->devices += pool->devices;
	}
}

int fleet_add_node(struct fleet_builder *builder, const struct fleet_node *node,
		   struct parc_err *err)
{
	struct fleet *fleet = builder->fleet;
	int32_t index = fleet->nodes_count;
	int code = fleet_node_check(fleet, node, err);

	ASSERT(node->add.place >= 0 && node->add.place <= fleet->places_count);
	if (code != 0)
		return code;
	if (names_find(&builder->nodes, (struct names_key){0, node->name}) >= 0)
		return parc_err_set(err, PARC_ERR_EXISTS,
				    "the node %s stands here twice; names of nodes must differ",
				    node->name);
	if (index == FLEET_NODES_MAX)
		return parc_err_set(err, PARC_ERR_FULL, "more than %d nodes", FLEET_NODES_MAX);
	code = fleet_grow(&fleet->nodes, index, &builder->nodes_capacity, sizeof(*node), err);
	if (code != 0)
		return code;
	fleet->nodes[index] = *node;
	fleet->nodes[index].add.node = index + 1;
	fleet->nodes[index].add.rank = index;
	if (names_add(&builder->nodes, index) != 0)
		return parc_err_set(err, PARC_ERR_MEMORY, "no memory for the names of nodes");
	fleet->nodes_count++;
	node_count_devices(fleet, node);
	return 0;
}
