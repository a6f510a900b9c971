/* SPDX-License-Identifier: Apache-2.0
 *
 * Reading the configuration: a mapping `serve` with the keys of the tables below.
 */
#include "daemon/config.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/assert.h"
#include "base/hash.h"
#include "text/yaml_tree.h"
#include "trace/policy_file.h"

#define SECOND	   INT64_C(1000000)
#define KEYS_HOURS 24

struct root_fields {
	int64_t snapshot_records, rate;
	int64_t journal_days, journal_mib, jobs_days, keys_hours;
};

struct tenant_fields {
	char name[CONFIG_NAME_MAX + 1], parent[CONFIG_NAME_MAX + 1];
	int32_t weight;
	int64_t guarantee_milli, limit_milli, jobs_max, pending_max;
};

#define AT(record, field) offsetof(struct record, field)

static const struct yaml_field root_list[] = {
	{"policy", YAML_OTHER, false, 0, 0, 0},
	{"tenants", YAML_OTHER, false, 0, 0, 0},
	{"operators", YAML_OTHER, false, 0, 0, 0},
	{"tls", YAML_OTHER, false, 0, 0, 0},
	{"catalogue", YAML_OTHER, false, 0, 0, 0},
	{"snapshot_records", YAML_INT64, false, AT(root_fields, snapshot_records), 1000, 1 << 30},
	{"journal_days", YAML_INT64, false, AT(root_fields, journal_days), 0, 100000},
	{"journal_mib", YAML_INT64, false, AT(root_fields, journal_mib), 0, 1 << 30},
	{"jobs_days", YAML_INT64, false, AT(root_fields, jobs_days), 0, 100000},
	{"keys_hours", YAML_INT64, false, AT(root_fields, keys_hours), 1, 100000},
	{"requests_per_second", YAML_INT64, false, AT(root_fields, rate), 0, 1 << 30},
};

static const struct yaml_field tenant_list[] = {
	{"name", YAML_NAME, true, AT(tenant_fields, name), 0, CONFIG_NAME_MAX},
	{"parent", YAML_NAME, false, AT(tenant_fields, parent), 0, CONFIG_NAME_MAX},
	{"weight", YAML_INT32, false, AT(tenant_fields, weight), 1, 1 << 20},
	{"guarantee_milli", YAML_INT64, false, AT(tenant_fields, guarantee_milli), 0, 1 << 30},
	{"limit_milli", YAML_INT64, false, AT(tenant_fields, limit_milli), 0, 1 << 30},
	{"jobs_max", YAML_INT64, false, AT(tenant_fields, jobs_max), 0, 1 << 30},
	{"pending_max", YAML_INT64, false, AT(tenant_fields, pending_max), 0, 1 << 30},
	{"users", YAML_OTHER, false, 0, 0, 0},
};

static const struct yaml_field tls_list[] = {
	{"certificate", YAML_OTHER, true, 0, 0, 0},
	{"key", YAML_OTHER, true, 0, 0, 0},
};

#define FIELDS(what, list)                                          \
	{                                                           \
		what, list, (int)(sizeof(list) / sizeof((list)[0])) \
	}
static const struct yaml_fields root_keys = FIELDS("configuration", root_list);
static const struct yaml_fields tenant_keys = FIELDS("tenant", tenant_list);
static const struct yaml_fields tls_keys = FIELDS("tls", tls_list);

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

static int users_read(struct yaml_tree *tree, yaml_node_t *list, int32_t tenant,
		      struct config *config, struct parc_err *err)
{
	int32_t left = CONFIG_USERS_MAX - config->users_count;
	int count = list == NULL ? 0 : yaml_items_count(tree, list, "users", left, err);

	for (int32_t i = 0; i < count; i++) {
		struct config_user *user = &config->users[config->users_count];
		int code = yaml_read_name(tree, yaml_item(tree, list, i), "user", user->name,
					  sizeof(user->name), err);

		if (code != 0)
			return code;
		user->tenant = tenant;
		config->users_count++;
	}
	return count < 0 ? count : 0;
}

static int32_t tenant_find(const struct config *config, const char *name)
{
	for (int32_t i = 0; i < config->tenants_count; i++)
		if (strcmp(config->tenants[i].name, name) == 0)
			return i;
	return -1;
}

static int tenant_read(struct yaml_tree *tree, yaml_node_t *map, struct config *config,
		       struct parc_err *err)
{
	struct tenant_fields fields = {.weight = 1};
	int code = yaml_read_map(tree, map, &tenant_keys, &fields, err);
	int32_t at = code == 0 ? tenant_find(config, fields.name) : 0;
	struct config_tenant *it;

	if (code != 0)
		return code;
	if (at > 0)
		return yaml_refuse(tree, map, PARC_ERR_EXISTS, err, "tenant '%s' stands twice",
				   fields.name);
	if (fields.parent[0] != '\0' && tenant_find(config, fields.parent) < 0)
		return yaml_refuse(tree, map, PARC_ERR_UNKNOWN, err,
				   "the parent '%s' is no tenant above this one", fields.parent);
	if (at < 0)
		at = config->tenants_count++;
	it = &config->tenants[at];
	memcpy(it->name, fields.name, sizeof(it->name));
	memcpy(it->parent, fields.parent, sizeof(it->parent));
	it->set =
		(struct parc_tenant){.weight = fields.weight,
				     .guarantee_milli = fields.guarantee_milli,
				     .guarantee_chips = fields.guarantee_milli > 0 ? UINT64_MAX : 0,
				     .limit_milli = fields.limit_milli,
				     .jobs_max = fields.jobs_max,
				     .pending_max = fields.pending_max};
	return users_read(tree, yaml_find(tree, map, "users"), at, config, err);
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

/* The path of a catalogue's file, seen from the folder of the configuration. */
static int catalogue_read(struct yaml_tree *tree, yaml_node_t *node, struct config *config,
			  struct parc_err *err)
{
	char path[YAML_PATH_MAX];
	int code = node == NULL ? 0 : yaml_read_path(tree, node, "catalogue", path, err);

	if (node == NULL || code != 0)
		return code;
	snprintf(config->catalogue, sizeof(config->catalogue), "%.*s", CONFIG_PATH_MAX, path);
	return 0;
}

static int root_read(struct yaml_tree *tree, yaml_node_t *root, struct config *config,
		     struct parc_err *err)
{
	struct root_fields fields = {.snapshot_records = config->snapshot_records,
				     .rate = config->rate,
				     .keys_hours = KEYS_HOURS};
	yaml_node_t *policy = yaml_find(tree, root, "policy");
	yaml_node_t *tenants = yaml_find(tree, root, "tenants");
	yaml_node_t *tls = yaml_find(tree, root, "tls");
	int code = yaml_read_map(tree, root, &root_keys, &fields, err), count = 0;

	if (code == 0 && policy != NULL)
		code = policy_read(tree, policy, &config->policy, err);
	if (code == 0)
		code = catalogue_read(tree, yaml_find(tree, root, "catalogue"), config, err);
	if (code == 0 && tls != NULL)
		code = tls_read(tree, tls, &config->tls, err);
	if (code == 0 && tenants != NULL)
		count = yaml_items_count(tree, tenants, "tenants", CONFIG_TENANTS_MAX, err);
	if (count < 0)
		return count;
	for (int32_t i = 0; code == 0 && i < count; i++)
		code = tenant_read(tree, yaml_item(tree, tenants, i), config, err);
	if (code == 0)
		code = users_read(tree, yaml_find(tree, root, "operators"), -1, config, err);
	config->snapshot_records = fields.snapshot_records;
	config->rate = fields.rate;
	config->keep = (struct config_keep){.journal_us = fields.journal_days * 86400 * SECOND,
					    .jobs_us = fields.jobs_days * 86400 * SECOND,
					    .keys_us = fields.keys_hours * 3600 * SECOND,
					    .journal_bytes = fields.journal_mib << 20};
	return code;
}

/* The policy may stand in a file of its own. */
static uint64_t policy_hash(uint64_t hash, const struct parc_policy *policy)
{
	const struct parc_event event = {.kind = PARC_EVENT_POLICY_SET, .policy = *policy};
	uint8_t bytes[1024];
	int64_t size = parc_event_encode(&event, bytes, sizeof(bytes));

	ASSERT(size > 0 && (size_t)size <= sizeof(bytes));
	return hash_bytes(hash, bytes, (size_t)size);
}

static int file_read(struct config *config, const char *path, struct parc_err *err)
{
	struct yaml_tree tree;
	yaml_node_t *root = NULL;
	char *bytes = NULL;
	size_t size = 0;
	int code = text_load(path, &bytes, &size, err);

	if (code != 0)
		return code;
	code = yaml_tree_init(&tree, path, bytes, size, err);
	if (code == 0)
		code = yaml_tree_root(&tree, "configuration", "serve", &root, err);
	if (code == 0)
		code = root_read(&tree, root, config, err);
	config->hash = hash_bytes(config->hash, bytes, size);
	config->hash = policy_hash(config->hash, &config->policy);
	yaml_tree_deinit(&tree);
	free(bytes);
	return code;
}

int config_read(struct config *config, const char *path, struct parc_err *err)
{
	*config = (struct config){
		.tenants = calloc(CONFIG_TENANTS_MAX + 1, sizeof(*config->tenants)),
		.users = calloc(CONFIG_USERS_MAX, sizeof(*config->users)),
		.tenants_count = 1,
		.snapshot_records = 100000,
		.rate = 1000,
		.keep.keys_us = KEYS_HOURS * 3600 * SECOND,
		.hash = HASH_START,
	};
	policy_file_default(&config->policy);
	if (config->tenants == NULL || config->users == NULL)
		return parc_err_set(err, PARC_ERR_MEMORY, "no memory for the configuration");
	memcpy(config->tenants[0].name, CONFIG_DEFAULT, sizeof(CONFIG_DEFAULT));
	config->tenants[0].set.weight = 1;
	return path == NULL ? 0 : file_read(config, path, err);
}

void config_deinit(struct config *config)
{
	free(config->tenants);
	free(config->users);
	*config = (struct config){0};
}

int config_is_operator(const struct config *config, const char *user)
{
	for (int32_t i = 0; i < config->users_count; i++)
		if (config->users[i].tenant < 0 && strcmp(config->users[i].name, user) == 0)
			return 1;
	return 0;
}

int config_has_user(const struct config *config, const char *tenant, const char *user)
{
	int32_t at = tenant_find(config, tenant);

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
