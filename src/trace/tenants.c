/* SPDX-License-Identifier: Apache-2.0
 *
 * Reading a tree of tenants: mappings by a table of fields, and below each those of its key
 * `tenants`. Cost: as any YAML, and a look through the list for each name.
 */
#include "trace/tenants.h"

#include <stdlib.h>
#include <string.h>

#include "text/yaml_tree.h"
#include "trace/fleet_yaml.h"

#define DEVICES_MAX   (PARC_NORMAL_MAX / PARC_SHARE_WHOLE)
#define COUNT_MAX     (INT64_C(1) << 40)
#define FIELDS(table) (int)(sizeof(table) / sizeof((table)[0]))

struct reader {
	struct yaml_tree *tree;
	const struct fleet *fleet;
	struct tenants *tenants;
	int32_t room;
	struct parc_err *err;
};

/* A row with its amounts in devices, as the file has them. */
struct draft {
	struct tenants_row row;
	int64_t guarantee_devices, limit_devices;
};

#define DRAFT(member) offsetof(struct draft, member)
static const struct yaml_field tenant_list[] = {
	{"name", YAML_NAME, true, DRAFT(row.name), 0, FLEET_NAME_MAX},
	{"weight", YAML_INT32, false, DRAFT(row.set.weight), 1, INT32_MAX},
	{"guarantee_devices", YAML_INT64, false, DRAFT(guarantee_devices), 0, DEVICES_MAX},
	{"guarantee_chips", YAML_OTHER, false, 0, 0, 0},
	{"limit_devices", YAML_INT64, false, DRAFT(limit_devices), 1, DEVICES_MAX},
	{"jobs_max", YAML_INT64, false, DRAFT(row.set.jobs_max), 1, COUNT_MAX},
	{"pending_max", YAML_INT64, false, DRAFT(row.set.pending_max), 1, COUNT_MAX},
	{"tenants", YAML_OTHER, false, 0, 0, 0},
};
static const struct yaml_fields tenant_fields = {"a tenant", tenant_list, FIELDS(tenant_list)};

static int read_chips(struct reader *reader, yaml_node_t *map, struct parc_tenant *set)
{
	int count = fleet_yaml_find_chips(reader->tree, map, "guarantee_chips", reader->fleet,
					  &set->guarantee_chips, reader->err);

	if (count > 0 && set->guarantee_milli == 0)
		return yaml_refuse(reader->tree, yaml_find(reader->tree, map, "guarantee_chips"),
				   PARC_ERR_INVALID, reader->err,
				   "guarantee_chips without guarantee_devices");
	return count < 0 ? count : 0;
}

static int rows_grow(struct reader *reader)
{
	struct tenants *tenants = reader->tenants;
	struct tenants_row *rows;

	if (tenants->count < reader->room)
		return 0;
	reader->room = reader->room > 0 ? 2 * reader->room : 64;
	rows = realloc(tenants->rows, (size_t)reader->room * sizeof(*rows));
	if (rows == NULL)
		return parc_err_set(reader->err, PARC_ERR_MEMORY, "no memory for tenants");
	tenants->rows = rows;
	return 0;
}

static int read_one(struct reader *reader, yaml_node_t *map, int64_t parent)
{
	struct draft draft = {.row.set = {.parent = parent, .weight = 1}};
	int code = yaml_read_map(reader->tree, map, &tenant_fields, &draft, reader->err);

	draft.row.set.tenant = reader->tenants->count + 1;
	draft.row.set.guarantee_milli = draft.guarantee_devices * PARC_SHARE_WHOLE;
	draft.row.set.limit_milli = draft.limit_devices * PARC_SHARE_WHOLE;
	if (code == 0 && tenants_find(reader->tenants, draft.row.name) >= 0)
		code = yaml_refuse(reader->tree, map, PARC_ERR_EXISTS, reader->err,
				   "the tenant %s stands here twice", draft.row.name);
	if (code == 0)
		code = read_chips(reader, map, &draft.row.set);
	if (code == 0)
		code = rows_grow(reader);
	if (code == 0)
		reader->tenants->rows[reader->tenants->count++] = draft.row;
	return code;
}

/* What the tenants from `first` on with this parent are guaranteed is part of what it is. */
static int check_handed_down(struct reader *reader, const yaml_node_t *map, int32_t parent)
{
	const struct tenants_row *above = &reader->tenants->rows[parent];
	int64_t sum = 0;

	for (int32_t i = parent + 1; i < reader->tenants->count; i++)
		if (reader->tenants->rows[i].set.parent == above->set.tenant)
			sum += reader->tenants->rows[i].set.guarantee_milli;
	if (above->set.guarantee_milli == 0 || sum <= above->set.guarantee_milli)
		return 0;
	return yaml_refuse(reader->tree, map, PARC_ERR_INVALID, reader->err,
			   "the tenants below %s are guaranteed %lld devices, it has %lld",
			   above->name, (long long)(sum / PARC_SHARE_WHOLE),
			   (long long)(above->set.guarantee_milli / PARC_SHARE_WHOLE));
}

static int read_list(struct reader *reader, yaml_node_t *list, int64_t parent, int depth)
{
	int count = yaml_items_count(reader->tree, list, "tenants", TENANTS_MAX, reader->err);
	int code = count < 0 ? count : 0;

	if (code == 0 && depth == PARC_TENANTS_DEEP)
		code = yaml_refuse(reader->tree, list, PARC_ERR_INVALID, reader->err,
				   "the tree is more than %d levels deep", PARC_TENANTS_DEEP);
	for (int i = 0; i < count && code == 0; i++) {
		yaml_node_t *map = yaml_item(reader->tree, list, i), *below;
		int32_t row = reader->tenants->count;

		code = read_one(reader, map, parent);
		below = code == 0 ? yaml_find(reader->tree, map, "tenants") : NULL;
		if (below != NULL)
			code = read_list(reader, below, row + 1, depth + 1);
		if (code == 0)
			code = check_handed_down(reader, map, row);
	}
	return code;
}

int tenants_read(struct tenants *tenants, const char *path, const struct fleet *fleet,
		 struct parc_err *err)
{
	struct yaml_tree tree = {0};
	struct reader reader = {.tree = &tree, .fleet = fleet, .tenants = tenants, .err = err};
	yaml_node_t *list;
	char *bytes = NULL;
	size_t size = 0;
	int code = text_load(path, &bytes, &size, err);

	*tenants = (struct tenants){0};
	if (code == 0)
		code = yaml_tree_init(&tree, path, bytes, size, err);
	if (code == 0)
		code = yaml_tree_root(&tree, "a tree of tenants", "tenants", &list, err);
	if (code == 0)
		code = read_list(&reader, list, PARC_NONE, 0);
	yaml_tree_deinit(&tree);
	free(bytes);
	if (code != 0)
		tenants_deinit(tenants);
	return code;
}

void tenants_deinit(struct tenants *tenants)
{
	free(tenants->rows);
	*tenants = (struct tenants){0};
}

int32_t tenants_find(const struct tenants *tenants, const char *name)
{
	for (int32_t i = 0; i < tenants->count; i++)
		if (strcmp(tenants->rows[i].name, name) == 0)
			return i;
	return -1;
}
