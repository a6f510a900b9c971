/* SPDX-License-Identifier: Apache-2.0
 *
 * parc's own CSV, one row a node: name,site,pod,rack,cpu_milli,memory_mib,pools with pools as in
 * "H100:8/4;cpu:64" (chip:devices, and /link_size where devices form link groups). Places are made
 * when they first appear. Chips are those of the catalogue; of others only the name is known
 * (fleet_chip_init).
 */
#include <string.h>

#include "trace/fleet_build.h"

enum { NAME, SITE, POD, RACK, CPU_MILLI, MEMORY_MIB, POOLS, COLUMNS };

static const struct text_column column_list[COLUMNS] = {
	[NAME] = {"name", true},
	[SITE] = {"site", false},
	[POD] = {"pod", false},
	[RACK] = {"rack", false},
	[CPU_MILLI] = {"cpu_milli", true},
	[MEMORY_MIB] = {"memory_mib", true},
	[POOLS] = {"pools", true},
};
static const struct text_columns columns = {column_list, COLUMNS, true, ','};
static const int32_t place_levels[3] = {PARC_LEVEL_SITE, PARC_LEVEL_POD, PARC_LEVEL_RACK};

/* The chip that a pool names, made if it is new. */
static int read_chip(struct fleet_builder *builder, const struct text *text,
		     struct text_field field, int32_t *chip, struct parc_err *err)
{
	char name[FLEET_NAME_MAX + 1];
	int code = text_read_name(text, field, "the chip of a pool", name, sizeof(name), err);

	if (code != 0)
		return code;
	*chip = fleet_intern_chip(builder, name, err);
	if (*chip < 0)
		return text_locate(text->name, field.line, field.column, *chip, err);
	return 0;
}

/* "CHIP:DEVICES" or "CHIP:DEVICES/LINK_SIZE". */
static int read_pool(struct fleet_builder *builder, const struct text *text,
		     struct text_field field, struct parc_pool *pool, struct parc_err *err)
{
	static const int64_t range[2] = {1, PARC_CPU_MAX / 1000};
	struct text_field rest = field, chip, devices;
	int64_t count, link_size = 0;
	int code;

	text_take(&rest, ':', &chip);
	if (rest.bytes == NULL)
		return text_refuse(text, field, PARC_ERR_SYNTAX, err,
				   "the pool \"%s\" has no colon, expected CHIP:DEVICES or "
				   "CHIP:DEVICES/LINK_SIZE",
				   text_quote(field.bytes, field.size).text);
	code = read_chip(builder, text, chip, &pool->chip, err);
	if (code != 0)
		return code;
	text_take(&rest, '/', &devices);
	code = text_read_number(text, devices, "the devices of a pool", range, &count, err);
	if (code == 0 && rest.bytes != NULL)
		code = text_read_number(text, rest, "the link size of a pool", range, &link_size,
					err);
	if (code != 0)
		return code;
	pool->devices = (int32_t)count;
	pool->link_size = (int32_t)link_size;
	if (link_size == 0)
		pool->link_size = fleet_link_size(builder, pool);
	return 0;
}

static int read_pools(struct fleet_builder *builder, const struct text *text,
		      struct text_field field, struct parc_node_add *add, struct parc_err *err)
{
	struct text_field pool;

	if (field.size == 0)
		return 0;
	while (text_take(&field, ';', &pool)) {
		int code;

		if (add->pools_count == PARC_NODE_POOLS_MAX)
			return text_refuse(text, pool, PARC_ERR_INVALID, err,
					   "more than %d pools on one node", PARC_NODE_POOLS_MAX);
		code = read_pool(builder, text, pool, &add->pools[add->pools_count], err);
		if (code != 0)
			return code;
		add->pools_count++;
	}
	return 0;
}

/* The lowest place that the row names, made if it is new; an empty field leaves that level out. */
static int read_place(struct fleet_builder *builder, const struct text *text,
		      const struct text_field *fields, int64_t *id, struct parc_err *err)
{
	*id = PARC_NONE;
	for (int i = 0; i < 3; i++) {
		struct text_field field = fields[SITE + i];
		struct fleet_place place = {.parent = *id, .level = place_levels[i]};
		int code;

		if (field.size == 0)
			continue;
		code = text_read_name(text, field, column_list[SITE + i].name, place.name,
				      sizeof(place.name), err);
		if (code != 0)
			return code;
		*id = fleet_find_place(builder, &place);
		if (*id == PARC_NONE)
			*id = fleet_add_place(builder, &place, err);
		if (*id < 0)
			return text_locate(text->name, field.line, field.column, (int)*id, err);
	}
	return 0;
}

static int read_node(struct fleet_builder *builder, const struct text *text,
		     const struct text_field *fields, struct parc_err *err)
{
	static const int64_t cpu_range[2] = {0, PARC_CPU_MAX},
			     memory_range[2] = {0, PARC_MEMORY_MAX};
	struct fleet_node node = {0};
	int64_t cpu_milli = 0;
	int code = text_read_name(text, fields[NAME], "name", node.name, sizeof(node.name), err);

	if (code == 0)
		code = text_read_number(text, fields[CPU_MILLI], "cpu_milli", cpu_range, &cpu_milli,
					err);
	if (code == 0)
		code = text_read_number(text, fields[MEMORY_MIB], "memory_mib", memory_range,
					&node.add.memory_mib, err);
	if (code == 0)
		code = read_place(builder, text, fields, &node.add.place, err);
	if (code == 0)
		code = read_pools(builder, text, fields[POOLS], &node.add, err);
	if (code != 0)
		return code;
	node.add.cpu_milli = (int32_t)cpu_milli;
	code = fleet_add_node(builder, &node, err);
	if (code != 0)
		return text_locate(text->name, fields[NAME].line, fields[NAME].column, code, err);
	return 0;
}

int fleet_read_csv(struct fleet_builder *builder, struct text *text, struct parc_err *err)
{
	struct text_table table;
	struct text_field fields[COLUMNS];
	int code = text_table_init(&table, text, &columns, err);

	if (code != 0)
		return code;
	while ((code = text_table_next(&table, fields, err)) > 0) {
		code = read_node(builder, text, fields, err);
		if (code != 0)
			return code;
	}
	return code;
}
