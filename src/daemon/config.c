/* SPDX-License-Identifier: Apache-2.0
 *
 * Reading the configuration: a mapping `serve` with the keys of the table below. Policy and tenants
 * are read by the readers of their own files, inline or by a path.
 */
#include "daemon/config.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "trace/policy_file.h"
#include "trace/tenants.h"

#define SECOND	   INT64_C(1000000)
#define KEYS_HOURS 24

struct root_fields {
	int64_t snapshot_records, rate;
	int64_t journal_days, journal_mib, jobs_days, keys_hours;
};

#define AT(field) offsetof(struct root_fields, field)
static const struct yaml_field root_list[] = {
	{"policy", YAML_OTHER, false, 0, 0, 0},
	{"tenants", YAML_OTHER, false, 0, 0, 0},
	{"operators", YAML_OTHER, false, 0, 0, 0},
	{"speeds", YAML_OTHER, false, 0, 0, 0},
	{"shared_kinds", YAML_OTHER, false, 0, 0, 0},
	{"tls", YAML_OTHER, false, 0, 0, 0},
	{"catalogue", YAML_OTHER, false, 0, 0, 0},
	{"snapshot_records", YAML_INT64, false, AT(snapshot_records), 1000, 1 << 30},
	{"journal_days", YAML_INT64, false, AT(journal_days), 0, 100000},
	{"journal_mib", YAML_INT64, false, AT(journal_mib), 0, 1 << 30},
	{"jobs_days", YAML_INT64, false, AT(jobs_days), 0, 100000},
	{"keys_hours", YAML_INT64, false, AT(keys_hours), 1, 100000},
	{"requests_per_second", YAML_INT64, false, AT(rate), 0, 1 << 30},
};
static const struct yaml_field speed_list[] = {
	{"tenant", YAML_NAME, false, offsetof(struct config_speed, tenant), 0, CONFIG_NAME_MAX},
	{"kind", YAML_NAME, true, offsetof(struct config_speed, kind), 0, CONFIG_NAME_MAX},
	{"beside", YAML_NAME, false, offsetof(struct config_speed, beside), 0, CONFIG_NAME_MAX},
	{"chip", YAML_NAME, true, offsetof(struct config_speed, chip), 0, CONFIG_NAME_MAX},
	{"speed_milli", YAML_INT32, true, offsetof(struct config_speed, speed_milli), 1,
	 PARC_SPEED_MAX},
};
static const struct yaml_fields speed_keys = {"speed", speed_list, 5};
static const struct yaml_field tls_list[] = {
	{"certificate", YAML_OTHER, true, 0, 0, 0},
	{"key", YAML_OTHER, true, 0, 0, 0},
};
static const struct yaml_fields tls_keys = {"tls", tls_list, 2};
static const struct yaml_fields root_keys = {"configuration", root_list,
					     (int)(sizeof(root_list) / sizeof(root_list[0]))};

/* A mapping, or the path of a policy file, seen from the folder of the configuration. */
static int policy_read(struct yaml_tree *tree, yaml_node_t *node, struct parc_policy *policy,
		       struct parc_err *err)
{
	char path[YAML_PATH_MAX];
	int code;

	if (node->type == YAML_MAPPING_NODE)
		return policy_file_read_map(tree, node, policy, err);
	code = yaml_read_path(tree, node, "policy", path, err);
	return code == 0 ? policy_file_read(policy, path, err) : code;
}

static int full(struct parc_err *err)
{
	return parc_err_set(err, PARC_ERR_FULL,
			    "more than %d tenants, or than %d users in them and operators",
			    CONFIG_TENANTS_MAX, CONFIG_USERS_MAX);
}

static int user_add(struct config *config, const char *name, int32_t tenant, struct parc_err *err)
{
	struct config_user *user = &config->users[config->users_count];

	if (config->users_count == CONFIG_USERS_MAX)
		return full(err);
	memset(user, 0, sizeof(*user));
	memcpy(user->name, name, strnlen(name, CONFIG_NAME_MAX));
	user->tenant = tenant;
	config->users_count++;
	return 0;
}

static int operators_read(struct yaml_tree *tree, yaml_node_t *list, struct config *config,
			  struct parc_err *err)
{
	int count =
		list == NULL ? 0 : yaml_items_count(tree, list, "operators", CONFIG_USERS_MAX, err);
	int code = count < 0 ? count : 0;

	for (int32_t i = 0; code == 0 && i < count; i++) {
		char name[CONFIG_NAME_MAX + 1];

		code = yaml_read_name(tree, yaml_item(tree, list, i), "an operator", name,
				      sizeof(name), err);
		if (code == 0)
			code = user_add(config, name, -1, err);
	}
	return code;
}

static int tenants_take(struct config *config, const struct tenants *tenants, struct parc_err *err)
{
	const struct tenants_user *user = tenants->users;
	int code = 0;

	for (int32_t i = 0; code == 0 && i < tenants->count; i++) {
		const struct tenants_row *row = &tenants->rows[i];
		struct config_tenant tenant = {.set = row->set, .is_in_file = 1};
		const char *users[CONFIG_USERS_MAX];

		_Static_assert(FLEET_NAME_MAX == CONFIG_NAME_MAX, "names are of one length");
		memcpy(tenant.name, row->name, sizeof(tenant.name));
		if (row->set.parent != PARC_NONE)
			memcpy(tenant.parent, tenants->rows[row->set.parent - 1].name,
			       sizeof(tenant.parent));
		if (row->users_count > CONFIG_USERS_MAX)
			return full(err);
		for (int32_t u = 0; u < row->users_count; u++)
			users[u] = (user++)->name;
		code = config_tenant_put(config, &tenant, users, row->users_count, err);
	}
	return code;
}

static int tenants_of(struct yaml_tree *tree, yaml_node_t *node, const struct fleet *fleet,
		      struct config *config, struct parc_err *err)
{
	char path[YAML_PATH_MAX];
	struct tenants tenants = {0};
	int code;

	if (node->type != YAML_SCALAR_NODE) {
		code = tenants_read_list(&tenants, tree, node, fleet, err);
	} else {
		code = yaml_read_path(tree, node, "tenants", path, err);
		if (code == 0)
			code = tenants_read(&tenants, path, fleet, err);
	}
	if (code == 0 && tenants_take(config, &tenants, err) != 0)
		code = yaml_locate(tree, node, PARC_ERR_INVALID, err);
	tenants_deinit(&tenants);
	return code;
}

/* A path without any guess at where a relative one begins. */
static int path_read(struct yaml_tree *tree, yaml_node_t *map, const char *key,
		     char path[CONFIG_PATH_MAX + 1], struct parc_err *err)
{
	yaml_node_t *node = yaml_find(tree, map, key);
	struct text_field word;
	int code = yaml_read_word(tree, node, key, &word, err);

	if (code != 0)
		return code;
	if (word.size == 0 || word.size > CONFIG_PATH_MAX || word.bytes[0] != '/' ||
	    memchr(word.bytes, '\0', word.size) != NULL)
		return yaml_refuse(tree, node, PARC_ERR_INVALID, err,
				   "%s has to be an absolute path of at most %d bytes", key,
				   CONFIG_PATH_MAX);
	memcpy(path, word.bytes, word.size);
	path[word.size] = '\0';
	return 0;
}

static int tls_read(struct yaml_tree *tree, yaml_node_t *map, struct config_tls *tls,
		    struct parc_err *err)
{
	int code = yaml_read_map(tree, map, &tls_keys, NULL, err);

	if (code == 0)
		code = path_read(tree, map, "certificate", tls->certificate, err);
	return code == 0 ? path_read(tree, map, "key", tls->key, err) : code;
}

static int is_same_speed(const struct config_speed *a, const struct config_speed *b)
{
	return strcmp(a->tenant, b->tenant) == 0 && strcmp(a->kind, b->kind) == 0 &&
	       strcmp(a->beside, b->beside) == 0 && strcmp(a->chip, b->chip) == 0;
}

static int speeds_read(struct yaml_tree *tree, yaml_node_t *list, const struct fleet *fleet,
		       struct config *config, struct parc_err *err)
{
	int count =
		list == NULL ? 0 : yaml_items_count(tree, list, "speeds", CONFIG_SPEEDS_MAX, err);
	int code = count < 0 ? count : 0;

	for (int32_t i = 0; code == 0 && i < count; i++) {
		struct config_speed *it = &config->speeds[i];
		yaml_node_t *node = yaml_item(tree, list, i);

		code = yaml_read_map(tree, node, &speed_keys, it, err);
		if (code == 0 && fleet_find_chip(fleet, it->chip) < 0)
			code = yaml_refuse(tree, node, PARC_ERR_UNKNOWN, err,
					   "the fleet has no chip \"%s\"", it->chip);
		for (int32_t other = 0; code == 0 && other < i; other++)
			if (is_same_speed(&config->speeds[other], it))
				code = yaml_refuse(tree, node, PARC_ERR_INVALID, err,
						   "kind \"%s\" on \"%s\" stands here twice",
						   it->kind, it->chip);
		config->speeds_count = i + 1;
	}
	return code;
}

static int shared_read(struct yaml_tree *tree, yaml_node_t *list, struct config *config,
		       struct parc_err *err)
{
	int count = list == NULL
			    ? 0
			    : yaml_items_count(tree, list, "shared_kinds", CONFIG_SPEEDS_MAX, err);
	int code = count < 0 ? count : 0;

	for (int32_t i = 0; code == 0 && i < count; i++) {
		code = yaml_read_name(tree, yaml_item(tree, list, i), "a kind", config->shared[i],
				      sizeof(config->shared[i]), err);
		config->shared_count = i + 1;
	}
	return code;
}

static int root_read(struct yaml_tree *tree, yaml_node_t *root, const struct fleet *fleet,
		     struct config *config, struct parc_err *err)
{
	struct root_fields fields = {.snapshot_records = config->snapshot_records,
				     .rate = config->rate,
				     .keys_hours = KEYS_HOURS};
	yaml_node_t *policy = yaml_find(tree, root, "policy");
	yaml_node_t *tenants = yaml_find(tree, root, "tenants");
	yaml_node_t *tls = yaml_find(tree, root, "tls");
	int code = yaml_read_map(tree, root, &root_keys, &fields, err);

	if (code == 0 && policy != NULL)
		code = policy_read(tree, policy, &config->policy, err);
	if (code == 0 && tls != NULL)
		code = tls_read(tree, tls, &config->tls, err);
	if (code == 0 && tenants != NULL)
		code = tenants_of(tree, tenants, fleet, config, err);
	if (code == 0)
		code = operators_read(tree, yaml_find(tree, root, "operators"), config, err);
	if (code == 0)
		code = speeds_read(tree, yaml_find(tree, root, "speeds"), fleet, config, err);
	if (code == 0)
		code = shared_read(tree, yaml_find(tree, root, "shared_kinds"), config, err);
	config->snapshot_records = fields.snapshot_records;
	config->rate = fields.rate;
	config->keep = (struct config_keep){.journal_us = fields.journal_days * 86400 * SECOND,
					    .jobs_us = fields.jobs_days * 86400 * SECOND,
					    .keys_us = fields.keys_hours * 3600 * SECOND,
					    .journal_bytes = fields.journal_mib << 20};
	return code;
}

int config_catalogue(const char *path, char catalogue[YAML_PATH_MAX], struct parc_err *err)
{
	struct yaml_file file;
	yaml_node_t *root, *node;
	int code;

	catalogue[0] = '\0';
	if (path == NULL)
		return 0;
	code = yaml_file_open(&file, path, "configuration", "serve", &root, err);
	node = code == 0 ? yaml_find(&file.tree, root, "catalogue") : NULL;
	if (node != NULL)
		code = yaml_read_path(&file.tree, node, "catalogue", catalogue, err);
	yaml_file_close(&file);
	return code;
}

static int file_read(struct config *config, const char *path, const struct fleet *fleet,
		     struct parc_err *err)
{
	struct yaml_file file;
	yaml_node_t *root;
	int code = yaml_file_open(&file, path, "configuration", "serve", &root, err);

	if (code == 0)
		code = root_read(&file.tree, root, fleet, config, err);
	yaml_file_close(&file);
	return code;
}

static int config_allocate(struct config *config, struct parc_err *err)
{
	config->tenants = calloc(CONFIG_TENANTS_MAX + 1, sizeof(*config->tenants));
	config->users = calloc(CONFIG_USERS_MAX, sizeof(*config->users));
	config->speeds = calloc(CONFIG_SPEEDS_MAX, sizeof(*config->speeds));
	config->shared = calloc(CONFIG_SPEEDS_MAX, sizeof(*config->shared));
	return config->tenants != NULL && config->users != NULL && config->speeds != NULL &&
			       config->shared != NULL
		       ? 0
		       : parc_err_set(err, PARC_ERR_MEMORY, "no memory for the configuration");
}

int config_read(struct config *config, const char *path, const struct fleet *fleet,
		struct parc_err *err)
{
	*config = (struct config){
		.tenants_count = 1,
		.snapshot_records = 100000,
		.rate = 1000,
		.keep.keys_us = KEYS_HOURS * 3600 * SECOND,
	};
	policy_file_default(&config->policy);
	if (config_allocate(config, err) != 0)
		return PARC_ERR_MEMORY;
	memcpy(config->tenants[0].name, CONFIG_DEFAULT, sizeof(CONFIG_DEFAULT));
	config->tenants[0].set.weight = 1;
	return path == NULL ? 0 : file_read(config, path, fleet, err);
}

int config_copy(struct config *copy, const struct config *config, struct parc_err *err)
{
	*copy = *config;
	if (config_allocate(copy, err) != 0)
		return PARC_ERR_MEMORY;
	memcpy(copy->tenants, config->tenants,
	       (size_t)config->tenants_count * sizeof(*copy->tenants));
	memcpy(copy->users, config->users, (size_t)config->users_count * sizeof(*copy->users));
	memcpy(copy->speeds, config->speeds, (size_t)config->speeds_count * sizeof(*copy->speeds));
	memcpy(copy->shared, config->shared, (size_t)config->shared_count * sizeof(*copy->shared));
	return 0;
}

void config_deinit(struct config *config)
{
	free(config->tenants);
	free(config->users);
	free(config->speeds);
	free(config->shared);
	*config = (struct config){0};
}

/* ---- Tenants */

int32_t config_tenant_find(const struct config *config, const char *name)
{
	for (int32_t i = 0; i < config->tenants_count; i++)
		if (strcmp(config->tenants[i].name, name) == 0)
			return i;
	return -1;
}

static void users_drop(struct config *config, int32_t tenant)
{
	int32_t kept = 0;

	for (int32_t i = 0; i < config->users_count; i++)
		if (config->users[i].tenant != tenant)
			config->users[kept++] = config->users[i];
	config->users_count = kept;
}

int config_tenant_put(struct config *config, const struct config_tenant *tenant,
		      const char *const *users, int32_t users_count, struct parc_err *err)
{
	int32_t at = config_tenant_find(config, tenant->name);
	int code = 0;

	if (at == 0 && tenant->parent[0] != '\0')
		return parc_err_set(err, PARC_ERR_INVALID,
				    "the tenant '" CONFIG_DEFAULT "' stands below no other");
	if (at < 0 && config->tenants_count > CONFIG_TENANTS_MAX)
		return full(err);
	if (at < 0)
		at = config->tenants_count++;
	config->tenants[at] = *tenant;
	users_drop(config, at);
	for (int32_t i = 0; code == 0 && i < users_count; i++)
		code = user_add(config, users[i], at, err);
	return code;
}

void config_tenant_drop(struct config *config, int32_t at)
{
	users_drop(config, at);
	for (int32_t i = 0; i < config->users_count; i++)
		config->users[i].tenant -= config->users[i].tenant > at;
	memmove(&config->tenants[at], &config->tenants[at + 1],
		(size_t)(config->tenants_count - at - 1) * sizeof(*config->tenants));
	config->tenants_count--;
}

/* A speed is of a tenant that is there, and not of a kind that is one for all. */
static int speeds_check(const struct config *config, struct parc_err *err)
{
	for (int32_t i = 0; i < config->speeds_count; i++) {
		const struct config_speed *it = &config->speeds[i];

		if (it->tenant[0] == '\0')
			continue;
		if (config_tenant_find(config, it->tenant) < 0)
			return parc_err_set(
				err, PARC_ERR_UNKNOWN,
				"the speed of kind \"%s\" is of '%s', which is no tenant", it->kind,
				it->tenant);
		if (config_is_shared(config, it->kind) || config_is_shared(config, it->beside))
			return parc_err_set(
				err, PARC_ERR_INVALID,
				"kind \"%s\" has a speed of tenant %s, and it, or the one "
				"beside it, is shared: take the one or the other",
				it->kind, it->tenant);
	}
	return 0;
}

int config_check(const struct config *config, struct parc_err *err)
{
	for (int32_t i = 0; i < config->tenants_count; i++) {
		const struct config_tenant *it = &config->tenants[i];
		int64_t below_milli[PARC_GUARANTEES_MAX] = {0};
		int code = 0;

		if (it->parent[0] != '\0' && config_tenant_find(config, it->parent) < 0)
			return parc_err_set(err, PARC_ERR_UNKNOWN,
					    "the parent '%s' of %s is no tenant", it->parent,
					    it->name);
		for (int32_t c = 0; c < config->tenants_count; c++)
			if (code == 0 && strcmp(config->tenants[c].parent, it->name) == 0)
				code = tenants_hand_down(&it->set, it->name,
							 &config->tenants[c].set, below_milli, err);
		if (code != 0)
			return code;
	}
	return speeds_check(config, err);
}

/* ---- Kinds */

int config_is_shared(const struct config *config, const char *kind)
{
	for (int32_t i = 0; i < config->shared_count; i++)
		if (strcmp(config->shared[i], kind) == 0)
			return 1;
	for (int32_t i = 0; i < config->speeds_count; i++)
		if (config->speeds[i].tenant[0] == '\0' &&
		    (strcmp(config->speeds[i].kind, kind) == 0 ||
		     strcmp(config->speeds[i].beside, kind) == 0))
			return 1;
	return 0;
}

/* ---- Users */

int config_is_operator(const struct config *config, const char *user)
{
	for (int32_t i = 0; i < config->users_count; i++)
		if (config->users[i].tenant < 0 && strcmp(config->users[i].name, user) == 0)
			return 1;
	return 0;
}

int config_has_user(const struct config *config, const char *tenant, const char *user)
{
	int32_t at = config_tenant_find(config, tenant);

	if (at == 0)
		return 1;
	for (int32_t i = 0; at > 0 && i < config->users_count; i++)
		if (config->users[i].tenant == at && strcmp(config->users[i].name, user) == 0)
			return 1;
	return 0;
}

int32_t config_tenant_of(const struct config *config, const char *user)
{
	for (int32_t i = 0; i < config->users_count; i++)
		if (config->users[i].tenant > 0 && strcmp(config->users[i].name, user) == 0)
			return config->users[i].tenant;
	return 0;
}
