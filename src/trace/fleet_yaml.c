/* SPDX-License-Identifier: Apache-2.0
 *
 * Fleets in parc's YAML: chips, and the tree of places with their nodes. An entry with a count
 * stands for that many equal ones, numbered; names below a counted place begin with the place's
 * name, so that a fleet of 60,625 nodes is a page. Entries are read again for each copy.
 */
#include "trace/fleet_yaml.h"

#include <stdio.h>
#include <string.h>

#include "base/assert.h"

#define FIRST_MAX     100000000 /* number of the first copy */
#define FIELDS(table) (int)(sizeof(table) / sizeof((table)[0]))

struct reader {
	struct yaml_tree *tree;
	struct fleet_builder *builder;
	struct parc_err *err;
};

/* Where an entry stands: the place it is in and what names in there begin with. */
struct scope {
	int64_t place;
	int32_t level;
	char prefix[FLEET_NAME_MAX + 1];
};

/* Name and number of an entry's copies; count 0: one entry, not numbered. */
struct series {
	char name[FLEET_NAME_MAX + 1];
	int32_t count, first, digits;
};

#define SERIES_FIELDS                                                                             \
	{"name", YAML_NAME, true, offsetof(struct series, name), 0, FLEET_NAME_MAX},              \
		{"count", YAML_INT32, false, offsetof(struct series, count), 1, FLEET_NODES_MAX}, \
		{"first", YAML_INT32, false, offsetof(struct series, first), 0, FIRST_MAX},       \
	{                                                                                         \
		"digits", YAML_INT32, false, offsetof(struct series, digits), 1, 9                \
	}

static const struct yaml_field node_list[] = {SERIES_FIELDS, FLEET_YAML_MACHINE_FIELDS};
static const struct yaml_fields node_fields = {"a node", node_list, FIELDS(node_list)};

static const struct yaml_field rack_list[] = {SERIES_FIELDS, {.key = "nodes", .kind = YAML_OTHER}};
static const struct yaml_field pod_list[] = {
	SERIES_FIELDS, {.key = "nodes", .kind = YAML_OTHER}, {.key = "racks", .kind = YAML_OTHER}};
static const struct yaml_field site_list[] = {SERIES_FIELDS,
					      {.key = "nodes", .kind = YAML_OTHER},
					      {.key = "racks", .kind = YAML_OTHER},
					      {.key = "pods", .kind = YAML_OTHER}};
static const struct yaml_field fleet_list[] = {{.key = "chips", .kind = YAML_OTHER},
					       {.key = "nodes", .kind = YAML_OTHER},
					       {.key = "racks", .kind = YAML_OTHER},
					       {.key = "pods", .kind = YAML_OTHER},
					       {.key = "sites", .kind = YAML_OTHER}};
static const struct yaml_fields place_fields[PARC_LEVEL_NODE] = {
	[PARC_LEVEL_FLEET] = {"a fleet", fleet_list, FIELDS(fleet_list)},
	[PARC_LEVEL_SITE] = {"a site", site_list, FIELDS(site_list)},
	[PARC_LEVEL_POD] = {"a pod", pod_list, FIELDS(pod_list)},
	[PARC_LEVEL_RACK] = {"a rack", rack_list, FIELDS(rack_list)},
};
static const char *const list_keys[PARC_LEVEL_NODE] = {
	[PARC_LEVEL_FLEET] = "",
	[PARC_LEVEL_SITE] = "sites",
	[PARC_LEVEL_POD] = "pods",
	[PARC_LEVEL_RACK] = "racks",
};

static int read_children(struct reader *reader, yaml_node_t *map, const struct scope *scope);

/* Name of one copy; refused when it is too long. */
static int name_copy(struct reader *reader, yaml_node_t *map, const struct scope *scope,
		     const struct series *series, int32_t copy, char *name)
{
	int size;

	if (series->count == 0)
		size = snprintf(name, FLEET_NAME_MAX + 1, "%s%s", scope->prefix, series->name);
	else
		size = snprintf(name, FLEET_NAME_MAX + 1, "%s%s%0*d", scope->prefix, series->name,
				series->digits, series->first + copy);
	if (size > FLEET_NAME_MAX)
		return yaml_refuse(reader->tree, map, PARC_ERR_INVALID, reader->err,
				   "the name with its prefix and number has %d bytes, at most %d "
				   "are allowed",
				   size, FLEET_NAME_MAX);
	return 0;
}

static int32_t series_copies(const struct series *series)
{
	return series->count == 0 ? 1 : series->count;
}

static int read_node(struct reader *reader, yaml_node_t *map, const struct scope *scope)
{
	struct fleet_node node = {.add.place = scope->place};
	struct series series = {0};
	int code = yaml_read_map(reader->tree, map, &node_fields, &series, reader->err);

	if (code == 0)
		code = fleet_yaml_read_machine(reader->tree, map, reader->builder, &node.add,
					       reader->err);
	for (int32_t copy = 0; copy < series_copies(&series) && code == 0; copy++) {
		code = name_copy(reader, map, scope, &series, copy, node.name);
		if (code != 0)
			return code;
		code = fleet_add_node(reader->builder, &node, reader->err);
		if (code != 0)
			return yaml_locate(reader->tree, map, code, reader->err);
	}
	return code;
}

/* One copy of a place with all that is in it. */
static int read_copy(struct reader *reader, yaml_node_t *map, const struct scope *scope,
		     const struct series *series, int32_t copy)
{
	struct fleet_place place = {.parent = scope->place, .level = scope->level};
	struct scope inner = *scope;
	int code = name_copy(reader, map, scope, series, copy, place.name);

	if (code != 0)
		return code;
	inner.place = fleet_add_place(reader->builder, &place, reader->err);
	if (inner.place < 0)
		return yaml_locate(reader->tree, map, (int)inner.place, reader->err);
	if (series->count > 0 &&
	    snprintf(inner.prefix, sizeof(inner.prefix), "%s-", place.name) > FLEET_NAME_MAX)
		return yaml_refuse(reader->tree, map, PARC_ERR_INVALID, reader->err,
				   "the name %s is too long to stand before other names",
				   place.name);
	return read_children(reader, map, &inner);
}

/* An entry of `sites`, `pods` or `racks`; scope->level is its level, scope->place its parent. */
static int read_place(struct reader *reader, yaml_node_t *map, const struct scope *scope)
{
	struct series series = {0};
	int code =
		yaml_read_map(reader->tree, map, &place_fields[scope->level], &series, reader->err);

	for (int32_t copy = 0; copy < series_copies(&series) && code == 0; copy++)
		code = read_copy(reader, map, scope, &series, copy);
	return code;
}

static int read_list(struct reader *reader, yaml_node_t *list, const struct scope *scope)
{
	bool has_nodes = scope->level == PARC_LEVEL_NODE;
	int count = yaml_items_count(reader->tree, list, has_nodes ? "nodes" : "a list of places",
				     FLEET_NODES_MAX, reader->err);

	for (int32_t i = 0; i < count; i++) {
		yaml_node_t *item = yaml_item(reader->tree, list, i);
		int code = has_nodes ? read_node(reader, item, scope)
				     : read_place(reader, item, scope);

		if (code != 0)
			return code;
	}
	return count < 0 ? count : 0;
}

/* The level of what a list with this key holds; FLEET: it is no list of places or nodes. */
static int32_t list_level(struct text_field key)
{
	for (int32_t level = PARC_LEVEL_SITE; level <= PARC_LEVEL_RACK; level++) {
		if (text_is(key, list_keys[level]))
			return level;
	}
	return text_is(key, "nodes") ? PARC_LEVEL_NODE : PARC_LEVEL_FLEET;
}

/* The nodes and places in a place, in the order in which the file has them. */
static int read_children(struct reader *reader, yaml_node_t *map, const struct scope *scope)
{
	ASSERT(map->type == YAML_MAPPING_NODE);
	for (const yaml_node_pair_t *pair = map->data.mapping.pairs.start;
	     pair < map->data.mapping.pairs.top; pair++) {
		struct scope inner = *scope;
		struct text_field key;
		int code = yaml_read_word(
			reader->tree, yaml_document_get_node(&reader->tree->document, pair->key),
			"a key", &key, reader->err);

		if (code != 0)
			return code;
		inner.level = list_level(key);
		if (inner.level == PARC_LEVEL_FLEET)
			continue;
		code = read_list(reader,
				 yaml_document_get_node(&reader->tree->document, pair->value),
				 &inner);
		if (code != 0)
			return code;
	}
	return 0;
}

static int read_fleet(struct reader *reader)
{
	const struct scope scope = {.place = PARC_NONE};
	yaml_node_t *map, *chips;
	int code = yaml_tree_root(reader->tree, "a fleet file", "fleet", &map, reader->err);

	if (code == 0)
		code = yaml_read_map(reader->tree, map, &place_fields[PARC_LEVEL_FLEET], NULL,
				     reader->err);
	if (code != 0)
		return code;
	chips = yaml_find(reader->tree, map, "chips");
	if (chips != NULL)
		code = fleet_yaml_read_chips(reader->tree, chips, reader->builder, reader->err);
	return code != 0 ? code : read_children(reader, map, &scope);
}

int fleet_read_yaml(struct fleet_builder *builder, const struct text *text, struct parc_err *err)
{
	struct yaml_tree tree;
	struct reader reader = {.tree = &tree, .builder = builder, .err = err};
	int code = yaml_tree_init(&tree, text->name, text->bytes, text->size, err);

	if (code == 0)
		code = read_fleet(&reader);
	yaml_tree_deinit(&tree);
	return code;
}
