/* SPDX-License-Identifier: Apache-2.0
 *
 * openb's node list (Alibaba cluster-trace-gpu-v2023): sn,cpu_milli,memory_mib,gpu,model, one row
 * a node, columns found by their names. The published experiment takes the nodes sorted by sn, so
 * that is the fleet's order; chips stand in the order in which the file first names them, and are
 * known by name alone, as in the published experiment: the catalogue is not asked.
 */
#include <stdlib.h>
#include <string.h>

#include "trace/fleet_build.h"

enum { SN, CPU_MILLI, MEMORY_MIB, GPU, MODEL, COLUMNS };

static const struct text_column column_list[COLUMNS] = {
	[SN] = {"sn", true},
	[CPU_MILLI] = {"cpu_milli", true},
	[MEMORY_MIB] = {"memory_mib", true},
	[GPU] = {"gpu", true},
	[MODEL] = {"model", true},
};
static const struct text_columns columns = {column_list, COLUMNS, false, ','};

/* The devices of one node; a node without any has no pool, whatever its model says. */
static int read_pool(struct fleet_builder *builder, const struct text *text,
		     const struct text_field *fields, struct parc_node_add *add,
		     struct parc_err *err)
{
	static const int64_t devices_range[2] = {0, PARC_NODE_DEVICES_MAX};
	char name[FLEET_NAME_MAX + 1];
	int64_t devices;
	int32_t chip;
	int code = text_read_number(text, fields[GPU], "gpu", devices_range, &devices, err);

	if (code != 0 || devices == 0)
		return code;
	code = text_read_name(text, fields[MODEL], "model", name, sizeof(name), err);
	if (code != 0)
		return code;
	chip = fleet_intern_bare(builder, name, err);
	if (chip < 0)
		return text_locate(text->name, fields[MODEL].line, fields[MODEL].column, chip, err);
	add->pools_count = 1;
	add->pools[0] = (struct parc_pool){.chip = chip, .devices = (int32_t)devices};
	return 0;
}

/* One row, its fields already in the order of enum. */
static int read_node(struct fleet_builder *builder, const struct text *text,
		     const struct text_field *fields, struct parc_err *err)
{
	static const int64_t cpu_range[2] = {0, PARC_CPU_MAX},
			     memory_range[2] = {0, PARC_MEMORY_MAX};
	struct fleet_node node = {0};
	int64_t cpu_milli;
	int code = text_read_name(text, fields[SN], "sn", node.name, sizeof(node.name), err);

	if (code == 0)
		code = text_read_number(text, fields[CPU_MILLI], "cpu_milli", cpu_range, &cpu_milli,
					err);
	if (code == 0)
		code = text_read_number(text, fields[MEMORY_MIB], "memory_mib", memory_range,
					&node.add.memory_mib, err);
	if (code == 0)
		code = read_pool(builder, text, fields, &node.add, err);
	if (code != 0)
		return code;
	node.add.cpu_milli = (int32_t)cpu_milli;
	code = fleet_add_node(builder, &node, err);
	if (code != 0)
		return text_locate(text->name, fields[SN].line, fields[SN].column, code, err);
	return 0;
}

static int compare_names(const void *left, const void *right)
{
	const struct fleet_node *a = left, *b = right;

	return strcmp(a->name, b->name);
}

static void sort_nodes(struct fleet *fleet)
{
	if (fleet->nodes_count == 0)
		return;
	qsort(fleet->nodes, (size_t)fleet->nodes_count, sizeof(*fleet->nodes), compare_names);
	for (int32_t i = 0; i < fleet->nodes_count; i++) {
		fleet->nodes[i].add.node = i + 1;
		fleet->nodes[i].add.rank = i;
	}
}

int fleet_read_openb(struct fleet_builder *builder, struct text *text, struct parc_err *err)
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
	if (code == 0)
		sort_nodes(builder->fleet);
	return code;
}
