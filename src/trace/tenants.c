/* SPDX-License-Identifier: Apache-2.0
 *
 * Reading a tree of tenants: mappings by a table of fields, and below each those of its key
 * `tenants`; or a flat list in which each names its parent. Cost: as any YAML, and a look through
 * the list for each name.
 */
#include "trace/tenants.h"

#include <stdlib.h>
#include <string.h>

#include "trace/fleet_yaml.h"

#define COUNT_MAX     (INT64_C(1) << 40)
#define FIELDS(table) (int)(sizeof(table) / sizeof((table)[0]))

struct reader {
	struct yaml_tree *tree;
	const struct fleet *fleet;
	struct tenants *tenants;
	int32_t room, users_room;
	struct parc_err *err;
};

/* A row, and whom it names as its parent. */
struct draft {
	struct tenants_row row;
	char parent[FLEET_NAME_MAX + 1];
};

#define DRAFT(member) offsetof(struct draft, member)
static const struct yaml_field tenant_list[] = {
	{"name", YAML_NAME, true, DRAFT(row.name), 0, FLEET_NAME_MAX},
	{"parent", YAML_NAME, false, DRAFT(parent), 0, FLEET_NAME_MAX},
	{"weight", YAML_INT32, false, DRAFT(row.set.weight), 1, INT32_MAX},
	{"guarantee_devices", YAML_OTHER, false, 0, 0, 0},
	{"guarantee_milli", YAML_OTHER, false, 0, 0, 0},
	{"guarantee_chips", YAML_OTHER, false, 0, 0, 0},
	{"guarantees", YAML_OTHER, false, 0, 0, 0},
	{"limit_devices", YAML_OTHER, false, 0, 0, 0},
	{"limit_milli", YAML_OTHER, false, 0, 0, 0},
	{"jobs_max", YAML_INT64, false, DRAFT(row.set.jobs_max), 0, COUNT_MAX},
	{"pending_max", YAML_INT64, false, DRAFT(row.set.pending_max), 0, COUNT_MAX},
	{"users", YAML_OTHER, false, 0, 0, 0},
	{"tenants", YAML_OTHER, false, 0, 0, 0},
};
static const struct yaml_fields tenant_fields = {"a tenant", tenant_list, FIELDS(tenant_list)};
static const struct yaml_field guarantee_list[] = {
	{"devices", YAML_OTHER, false, 0, 0, 0},
	{"milli", YAML_OTHER, false, 0, 0, 0},
	{"chips", YAML_OTHER, false, 0, 0, 0},
};
static const struct yaml_fields guarantee_fields = {"a guarantee", guarantee_list,
						    FIELDS(guarantee_list)};
static const struct yaml_scaled listed = {"milli", "devices", PARC_SHARE_WHOLE, PARC_NORMAL_MAX};
static const struct yaml_scaled guarantee = {"guarantee_milli", "guarantee_devices",
					     PARC_SHARE_WHOLE, PARC_NORMAL_MAX};
static const struct yaml_scaled limit = {"limit_milli", "limit_devices", PARC_SHARE_WHOLE,
					 PARC_NORMAL_MAX};

/* A guarantee, and the chips that can fulfil it, by keys of the mapping. */
static int read_guarantee(struct reader *reader, yaml_node_t *map, const struct yaml_scaled *amount,
			  const char *chips, struct parc_guarantee *it)
{
	int code = yaml_read_scaled(reader->tree, map, amount, &it->milli, reader->err), count;

	if (code != 0)
		return code;
	count = fleet_yaml_find_chips(reader->tree, map, chips, reader->fleet, &it->chips,
				      reader->err);
	if (count > 0 && it->milli == 0)
		return yaml_refuse(reader->tree, yaml_find(reader->tree, map, chips),
				   PARC_ERR_INVALID, reader->err, "%s without %s", chips,
				   amount->large);
	return count < 0 ? count : 0;
}

/* No chip stands in two of them. */
static int check_guarantees(struct reader *reader, yaml_node_t *list, const struct parc_tenant *set)
{
	int32_t places[2], chip;

	if (!parc_guarantees_clash(set, places, &chip))
		return 0;
	return yaml_refuse(reader->tree, yaml_item(reader->tree, list, places[1]), PARC_ERR_INVALID,
			   reader->err, TENANTS_CLASH, places[0] + 1, places[1] + 1,
			   reader->fleet->chips[chip].name);
}

/* The one guarantee of a tenant, or the list of them. */
static int read_guarantees(struct reader *reader, yaml_node_t *map, struct parc_tenant *set)
{
	yaml_node_t *list = yaml_find(reader->tree, map, "guarantees");
	int count, code = read_guarantee(reader, map, &guarantee, "guarantee_chips",
					 &set->guarantees[0]);

	if (code != 0 || list == NULL)
		return code;
	if (yaml_find(reader->tree, map, "guarantee_devices") != NULL ||
	    yaml_find(reader->tree, map, "guarantee_milli") != NULL)
		return yaml_refuse(reader->tree, list, PARC_ERR_INVALID, reader->err,
				   "a tenant has either guarantees, a list, or one guarantee in "
				   "guarantee_devices and guarantee_chips");
	count = yaml_items_count(reader->tree, list, "guarantees", PARC_GUARANTEES_MAX,
				 reader->err);
	code = count < 0 ? count : 0;
	for (int i = 0; i < count && code == 0; i++) {
		yaml_node_t *item = yaml_item(reader->tree, list, i);

		code = yaml_read_map(reader->tree, item, &guarantee_fields, &set->guarantees[i],
				     reader->err);
		if (code == 0)
			code = read_guarantee(reader, item, &listed, "chips", &set->guarantees[i]);
		if (code == 0 && set->guarantees[i].milli == 0)
			code = yaml_refuse(reader->tree, item, PARC_ERR_INVALID, reader->err,
					   "a guarantee of the list needs devices, more than 0");
	}
	return code != 0 ? code : check_guarantees(reader, list, set);
}

static int read_amounts(struct reader *reader, yaml_node_t *map, struct parc_tenant *set)
{
	int code = read_guarantees(reader, map, set);

	if (code == 0)
		code = yaml_read_scaled(reader->tree, map, &limit, &set->limit_milli, reader->err);
	return code;
}

/* Room for one more of `size` bytes. */
static int grow(void **list, int32_t count, int32_t *room, size_t size, struct parc_err *err)
{
	void *larger;

	if (count < *room)
		return 0;
	*room = *room > 0 ? 2 * *room : 64;
	larger = realloc(*list, (size_t)*room * size);
	if (larger == NULL)
		return parc_err_set(err, PARC_ERR_MEMORY, "no memory for tenants");
	*list = larger;
	return 0;
}

static int read_users(struct reader *reader, yaml_node_t *map, struct tenants_row *row)
{
	struct tenants *tenants = reader->tenants;
	yaml_node_t *list = yaml_find(reader->tree, map, "users");
	void *users = tenants->users;
	int count = list == NULL ? 0
				 : yaml_items_count(reader->tree, list, "users",
						    TENANTS_USERS_MAX - tenants->users_count,
						    reader->err);

	for (int i = 0; i < count; i++) {
		int code = grow(&users, tenants->users_count, &reader->users_room,
				sizeof(*tenants->users), reader->err);

		tenants->users = users;
		if (code == 0)
			code = yaml_read_name(reader->tree, yaml_item(reader->tree, list, i),
					      "a user", tenants->users[tenants->users_count].name,
					      sizeof(tenants->users[0].name), reader->err);
		if (code != 0)
			return code;
		tenants->users_count++;
	}
	row->users_count = count < 0 ? 0 : count;
	return count < 0 ? count : 0;
}

/* The parent that a tenant names: it stands above. */
static int find_parent(struct reader *reader, yaml_node_t *map, const struct draft *draft,
		       int64_t *parent)
{
	yaml_node_t *node = yaml_find(reader->tree, map, "parent");

	if (node == NULL)
		return 0;
	if (*parent != PARC_NONE)
		return yaml_refuse(reader->tree, node, PARC_ERR_INVALID, reader->err,
				   "it stands below %s already, so it names no parent",
				   reader->tenants->rows[*parent - 1].name);
	*parent = tenants_find(reader->tenants, draft->parent) + 1;
	return *parent != PARC_NONE
		       ? 0
		       : yaml_refuse(reader->tree, node, PARC_ERR_UNKNOWN, reader->err,
				     "the parent '%s' is no tenant above this one", draft->parent);
}

static int check_depth(struct reader *reader, const yaml_node_t *map, int64_t parent)
{
	int depth = 1;

	for (; parent != PARC_NONE; parent = reader->tenants->rows[parent - 1].set.parent)
		depth++;
	return depth <= PARC_TENANTS_DEEP
		       ? 0
		       : yaml_refuse(reader->tree, map, PARC_ERR_INVALID, reader->err,
				     "the tree is more than %d levels deep", PARC_TENANTS_DEEP);
}

int tenants_hand_down(const struct parc_tenant *above, const char *name,
		      const struct parc_tenant *below, int64_t below_milli[PARC_GUARANTEES_MAX],
		      struct parc_err *err)
{
	for (int32_t i = 0; i < PARC_GUARANTEES_MAX; i++) {
		const struct parc_guarantee *part = &below->guarantees[i];
		int32_t whole = part->milli == 0 ? -1 : parc_guarantee_find(above, part->chips);
		double milli;

		if (whole < 0)
			continue;
		below_milli[whole] += part->milli;
		milli = (double)above->guarantees[whole].milli;
		if (below_milli[whole] <= above->guarantees[whole].milli)
			continue;
		if (parc_guarantee_sum(above).milli == above->guarantees[whole].milli)
			return parc_err_set(err, PARC_ERR_INVALID,
					    "the tenants below %s are guaranteed %g devices, it "
					    "has %g",
					    name, (double)below_milli[whole] / PARC_SHARE_WHOLE,
					    milli / PARC_SHARE_WHOLE);
		return parc_err_set(err, PARC_ERR_INVALID,
				    "the tenants below %s are guaranteed %g devices of its "
				    "guarantee %d, which has %g",
				    name, (double)below_milli[whole] / PARC_SHARE_WHOLE, whole + 1,
				    milli / PARC_SHARE_WHOLE);
	}
	return 0;
}

static int check_handed_down(struct reader *reader, const yaml_node_t *map,
			     const struct parc_tenant *set)
{
	struct tenants_row *above;
	int code;

	if (set->parent == PARC_NONE)
		return 0;
	above = &reader->tenants->rows[set->parent - 1];
	code = tenants_hand_down(&above->set, above->name, set, above->below_milli, reader->err);
	return code == 0 ? 0 : yaml_locate(reader->tree, map, code, reader->err);
}

static int read_one(struct reader *reader, yaml_node_t *map, int64_t parent)
{
	struct tenants *tenants = reader->tenants;
	struct draft draft = {.row.set = {.weight = 1}};
	void *rows = tenants->rows;
	int code = yaml_read_map(reader->tree, map, &tenant_fields, &draft, reader->err);

	draft.row.set.tenant = tenants->count + 1;
	if (code == 0 && tenants_find(tenants, draft.row.name) >= 0)
		code = yaml_refuse(reader->tree, map, PARC_ERR_EXISTS, reader->err,
				   "the tenant %s stands here twice", draft.row.name);
	if (code == 0)
		code = find_parent(reader, map, &draft, &parent);
	draft.row.set.parent = parent;
	if (code == 0)
		code = check_depth(reader, map, parent);
	if (code == 0)
		code = read_amounts(reader, map, &draft.row.set);
	if (code == 0)
		code = check_handed_down(reader, map, &draft.row.set);
	if (code == 0)
		code = read_users(reader, map, &draft.row);
	if (code == 0)
		code = grow(&rows, tenants->count, &reader->room, sizeof(draft.row), reader->err);
	tenants->rows = rows;
	if (code == 0)
		tenants->rows[tenants->count++] = draft.row;
	return code;
}

static int read_list(struct reader *reader, yaml_node_t *list, int64_t parent)
{
	int count = yaml_items_count(reader->tree, list, "tenants",
				     TENANTS_MAX - reader->tenants->count, reader->err);
	int code = count < 0 ? count : 0;

	for (int i = 0; i < count && code == 0; i++) {
		yaml_node_t *map = yaml_item(reader->tree, list, i), *below;
		int32_t row = reader->tenants->count;

		code = read_one(reader, map, parent);
		below = code == 0 ? yaml_find(reader->tree, map, "tenants") : NULL;
		if (below != NULL)
			code = read_list(reader, below, row + 1);
	}
	return code;
}

int tenants_read_list(struct tenants *tenants, struct yaml_tree *tree, yaml_node_t *list,
		      const struct fleet *fleet, struct parc_err *err)
{
	struct reader reader = {.tree = tree, .fleet = fleet, .tenants = tenants, .err = err};
	int code;

	*tenants = (struct tenants){0};
	code = read_list(&reader, list, PARC_NONE);
	if (code != 0)
		tenants_deinit(tenants);
	return code;
}

int tenants_read(struct tenants *tenants, const char *path, const struct fleet *fleet,
		 struct parc_err *err)
{
	struct yaml_file file;
	yaml_node_t *list;
	int code = yaml_file_open(&file, path, "a tree of tenants", "tenants", &list, err);

	*tenants = (struct tenants){0};
	if (code == 0)
		code = tenants_read_list(tenants, &file.tree, list, fleet, err);
	yaml_file_close(&file);
	return code;
}

void tenants_deinit(struct tenants *tenants)
{
	free(tenants->rows);
	free(tenants->users);
	*tenants = (struct tenants){0};
}

int32_t tenants_find(const struct tenants *tenants, const char *name)
{
	for (int32_t i = 0; i < tenants->count; i++)
		if (strcmp(tenants->rows[i].name, name) == 0)
			return i;
	return -1;
}
