/* SPDX-License-Identifier: Apache-2.0
 *
 * Tenants that operators set by command. Such a setting is kept as the text of the tenant's name,
 * beside what the file said then: it holds until the file says something else of this tenant.
 */
#include <stdlib.h>
#include <string.h>

#include "daemon/act.h"
#include "daemon/settings.h"
#include "text/text.h"
#include "trace/tenants.h"

#define REFUSE(...) parc_err_set(err, PARC_ERR_INVALID, __VA_ARGS__)

/* ---- As JSON */

static json_t *chips_json(const struct daemon *daemon, uint64_t chips)
{
	json_t *list = json_array();

	for (int32_t i = 0; i < daemon->chips.count; i++)
		if ((chips >> i & 1) != 0)
			json_array_append_new(list, json_string(daemon->chips.names[i]));
	return list;
}

static json_t *guarantees_json(const struct daemon *daemon, const struct parc_tenant *set)
{
	json_t *list = json_array();

	for (int32_t i = 0; i < PARC_GUARANTEES_MAX; i++)
		if (set->guarantees[i].milli > 0)
			json_array_append_new(
				list, json_pack("{s:I, s:o}", "milli",
						(json_int_t)set->guarantees[i].milli, "chips",
						chips_json(daemon, set->guarantees[i].chips)));
	return list;
}

json_t *tenant_json(const struct daemon *daemon, const struct config *config, int32_t at)
{
	const struct config_tenant *it = &config->tenants[at];
	struct parc_guarantee sum = parc_guarantee_sum(&it->set);
	json_t *users = json_array();

	for (int32_t u = 0; u < config->users_count; u++)
		if (config->users[u].tenant == at)
			json_array_append_new(users, json_string(config->users[u].name));
	return json_pack("{s:s, s:s, s:i, s:I, s:o, s:o, s:I, s:I, s:I, s:o}", "tenant", it->name,
			 "parent", it->parent, "weight", it->set.weight, "guarantee_milli",
			 (json_int_t)sum.milli, "guarantee_chips", chips_json(daemon, sum.chips),
			 "guarantees", guarantees_json(daemon, &it->set), "limit_milli",
			 (json_int_t)it->set.limit_milli, "jobs_max", (json_int_t)it->set.jobs_max,
			 "pending_max", (json_int_t)it->set.pending_max, "users", users);
}

/* ---- Reading */

struct change {
	const struct daemon *daemon;
	struct config_tenant tenant;
	const char *users[CONFIG_USERS_MAX];
	int32_t users_count;
};

static int is_word(const json_t *value)
{
	const char *text = json_string_value(value);

	return text != NULL && text_is_name(text, json_string_length(value), CONFIG_NAME_MAX);
}

/* "" as a parent: below the root. */
static int parent_take(struct change *change, const json_t *value, struct parc_err *err)
{
	if (!is_word(value) && json_string_length(value) > 0)
		return REFUSE("parent has to be the name of a tenant, or empty");
	memset(change->tenant.parent, 0, sizeof(change->tenant.parent));
	memcpy(change->tenant.parent, json_string_value(value), json_string_length(value));
	return 0;
}

static int number_take(const char *name, const json_t *value, int64_t min, int64_t max,
		       int64_t *number, struct parc_err *err)
{
	json_int_t given = json_integer_value(value);

	if (!json_is_integer(value) || given < min || given > max)
		return REFUSE("%s has to be a whole number from %lld to %lld", name, (long long)min,
			      (long long)max);
	*number = given;
	return 0;
}

static int chips_take(const struct change *change, const char *field, const json_t *value,
		      uint64_t *taken, struct parc_err *err)
{
	const struct spec_chips *chips = &change->daemon->chips;
	uint64_t set = 0;

	if (!json_is_array(value))
		return REFUSE("%s has to be a list of chips", field);
	for (size_t i = 0; i < json_array_size(value); i++) {
		const char *name = json_string_value(json_array_get(value, i));
		int32_t at = 0;

		while (name != NULL && at < chips->count && strcmp(chips->names[at], name) != 0)
			at++;
		if (name == NULL || at == chips->count)
			return parc_err_set(err, PARC_ERR_UNKNOWN,
					    "there is no chip '%.63s' here; 'parc fleet' shows "
					    "what there is",
					    name == NULL ? "" : name);
		set |= UINT64_C(1) << at;
	}
	*taken = set;
	return 0;
}

/* All guarantees of the tenant, instead of those that it has. */
static int guarantees_take(struct change *change, const json_t *value, struct parc_err *err)
{
	struct parc_tenant *set = &change->tenant.set;
	int32_t places[2], chip;

	if (!json_is_array(value) || json_array_size(value) > PARC_GUARANTEES_MAX)
		return REFUSE("guarantees has to be a list of at most %d", PARC_GUARANTEES_MAX);
	memset(set->guarantees, 0, sizeof(set->guarantees));
	for (size_t i = 0; i < json_array_size(value); i++) {
		const json_t *item = json_array_get(value, i), *chips;
		struct parc_guarantee *it = &set->guarantees[i];
		int code;

		chips = json_object_get(item, "chips");
		if (json_object_size(item) != (chips == NULL ? 1 : 2))
			return REFUSE("each of guarantees is an object of milli and chips");
		code = number_take("milli of a guarantee", json_object_get(item, "milli"), 1,
				   PARC_NORMAL_MAX, &it->milli, err);
		if (code == 0 && chips != NULL)
			code = chips_take(change, "chips of a guarantee", chips, &it->chips, err);
		if (code != 0)
			return code;
	}
	if (!parc_guarantees_clash(set, places, &chip))
		return 0;
	return REFUSE(TENANTS_CLASH, places[0] + 1, places[1] + 1,
		      chip < change->daemon->chips.count ? change->daemon->chips.names[chip]
							 : "a chip");
}

/* The one guarantee of a tenant, or 0: none. Where it has more it is not said which is meant. */
static int guarantee_take(struct change *change, const char *name, const json_t *value,
			  struct parc_err *err)
{
	struct parc_tenant *set = &change->tenant.set;
	struct parc_guarantee *it = &set->guarantees[0];
	int is_amount = strcmp(name, "guarantee_milli") == 0;

	if (is_amount && json_is_integer(value) && json_integer_value(value) == 0) {
		memset(set->guarantees, 0, sizeof(set->guarantees));
		return 0;
	}
	if (parc_guarantee_sum(set).milli != it->milli)
		return REFUSE("%s is that of a tenant's one guarantee, and %s has several: give "
			      "guarantees, all of them",
			      name, change->tenant.name);
	if (is_amount)
		return number_take(name, value, 0, PARC_NORMAL_MAX, &it->milli, err);
	return chips_take(change, name, value, &it->chips, err);
}

static void user_drop(struct change *change, const char *name)
{
	int32_t kept = 0;

	for (int32_t i = 0; i < change->users_count; i++)
		if (strcmp(change->users[i], name) != 0)
			change->users[kept++] = change->users[i];
	change->users_count = kept;
}

/* users: just these; add_users, remove_users: besides those that it has. */
static int users_take(struct change *change, const char *name, const json_t *value,
		      struct parc_err *err)
{
	if (!json_is_array(value))
		return REFUSE("%s has to be a list of users", name);
	if (strcmp(name, "users") == 0)
		change->users_count = 0;
	for (size_t i = 0; i < json_array_size(value); i++) {
		const json_t *item = json_array_get(value, i);

		if (!is_word(item))
			return REFUSE("%s has to be a list of names of users", name);
		user_drop(change, json_string_value(item));
		if (strcmp(name, "remove_users") == 0)
			continue;
		if (change->users_count == CONFIG_USERS_MAX)
			return parc_err_set(err, PARC_ERR_FULL, "more than %d users",
					    CONFIG_USERS_MAX);
		change->users[change->users_count++] = json_string_value(item);
	}
	return 0;
}

static int field_take(struct change *change, const char *name, const json_t *value,
		      struct parc_err *err)
{
	struct parc_tenant *set = &change->tenant.set;
	const struct {
		const char *name;
		int64_t min, max, *number;
	} numbers[] = {{"limit_milli", 0, PARC_NORMAL_MAX, &set->limit_milli},
		       {"jobs_max", 0, INT64_C(1) << 40, &set->jobs_max},
		       {"pending_max", 0, INT64_C(1) << 40, &set->pending_max}};
	int64_t weight = set->weight;
	int code;

	for (size_t i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++)
		if (strcmp(numbers[i].name, name) == 0)
			return number_take(name, value, numbers[i].min, numbers[i].max,
					   numbers[i].number, err);
	if (strcmp(name, "weight") == 0) {
		code = number_take(name, value, 1, INT32_MAX, &weight, err);
		set->weight = (int32_t)weight;
		return code;
	}
	if (strcmp(name, "parent") == 0)
		return parent_take(change, value, err);
	if (strcmp(name, "guarantees") == 0)
		return guarantees_take(change, value, err);
	if (strcmp(name, "guarantee_milli") == 0 || strcmp(name, "guarantee_chips") == 0)
		return guarantee_take(change, name, value, err);
	if (strcmp(name, "users") == 0 || strcmp(name, "add_users") == 0 ||
	    strcmp(name, "remove_users") == 0)
		return users_take(change, name, value, err);
	return strcmp(name, "tenant") == 0 ? 0 : REFUSE("there is no field '%.60s'", name);
}

static int fields_take(struct change *change, json_t *object, struct parc_err *err)
{
	const char *key;
	json_t *value;
	int code = 0;

	if (json_object_get(object, "guarantees") != NULL &&
	    (json_object_get(object, "guarantee_milli") != NULL ||
	     json_object_get(object, "guarantee_chips") != NULL))
		return REFUSE("give either guarantees, or guarantee_milli and guarantee_chips");
	json_object_foreach(object, key, value)
	{
		if (code == 0)
			code = field_take(change, key, value, err);
	}
	return code;
}

/* Change the tenant that the object names, or make it, in `config`. */
static int tenant_apply(const struct daemon *daemon, struct config *config, json_t *object,
			struct parc_err *err)
{
	struct change *change = calloc(1, sizeof(*change));
	json_t *name = json_object_get(object, "tenant"), *now = NULL;
	int32_t at = is_word(name) ? config_tenant_find(config, json_string_value(name)) : -1;
	int code = change == NULL ? parc_err_set(err, PARC_ERR_MEMORY, "no memory for a tenant")
		   : !is_word(name)
			   ? REFUSE("tenant has to be a name of 1 to %d letters, digits, - _ . +",
				    CONFIG_NAME_MAX)
			   : 0;

	if (code == 0) {
		change->daemon = daemon;
		change->tenant = (struct config_tenant){.set.weight = 1};
		memcpy(change->tenant.name, json_string_value(name), json_string_length(name));
		if (at >= 0) {
			change->tenant = config->tenants[at];
			now = tenant_json(daemon, config, at);
			code = users_take(change, "users", json_object_get(now, "users"), err);
		}
		change->tenant.is_by_command = 1;
	}
	if (code == 0)
		code = fields_take(change, object, err);
	if (code == 0 && change->tenant.set.guarantees[0].milli == 0)
		change->tenant.set.guarantees[0].chips = 0;
	if (code == 0)
		code = config_tenant_put(config, &change->tenant, change->users,
					 change->users_count, err);
	json_decref(now);
	free(change);
	return code;
}

/* ---- What is kept */

struct keeping {
	struct daemon *daemon;
	struct config *config;
	const char *skip; /* the tenant whose setting is not applied; NULL: none */
	struct parc_err *err;
};

static int kept_apply(void *context, int64_t number, const char *name, const char *text)
{
	struct keeping *keeping = context;
	int is_skipped = keeping->skip != NULL && strcmp(keeping->skip, name) == 0;
	json_t *kept = text[0] == '\0' || is_skipped ? NULL : json_loads(text, 0, NULL);
	int32_t at = config_tenant_find(keeping->config, name);
	json_t *file = at < 0 ? json_null() : tenant_json(keeping->daemon, keeping->config, at);
	int code = 0;

	(void)number;
	if (kept != NULL && json_equal(json_object_get(kept, "file"), file))
		code = tenant_apply(keeping->daemon, keeping->config, json_object_get(kept, "now"),
				    keeping->err);
	else if (kept != NULL)
		log_write(&keeping->daemon->log, LOG_WARNING_LEVEL,
			  "what was set of the tenant %s by command gives way to the configuration "
			  "file, which has changed there",
			  name);
	json_decref(file);
	json_decref(kept);
	return code;
}

static int text_set(struct daemon *daemon, const char *name, const char *text, struct parc_err *err)
{
	int64_t number;
	int code = store_begin(daemon->store, err);

	if (code == 0)
		code = store_name_add(daemon->store, STORE_TENANT, name, text, &number, err);
	return code;
}

/* Forget what gave way to the file. */
static int kept_tidy(struct daemon *daemon, struct parc_err *err)
{
	int code = 0;

	for (int32_t i = 0; code == 0 && i < daemon->config.tenants_count; i++) {
		const struct config_tenant *it = &daemon->config.tenants[i];
		const char *text = "";
		int64_t number;

		if (!it->is_by_command &&
		    store_name_find(daemon->store, STORE_TENANT, it->name, &number, &text, NULL) ==
			    1 &&
		    text[0] != '\0')
			code = text_set(daemon, it->name, "", err);
	}
	return code;
}

/* Chips by name only, for the readers of files. */
static int chips_fleet(const struct spec_chips *chips, struct fleet *fleet, struct parc_err *err)
{
	*fleet = (struct fleet){.chips = calloc((size_t)chips->count + 1, sizeof(*fleet->chips)),
				.chips_count = chips->count};
	if (fleet->chips == NULL)
		return parc_err_set(err, PARC_ERR_MEMORY, "no memory for the chips");
	for (int32_t i = 0; i < chips->count; i++)
		memcpy(fleet->chips[i].name, chips->names[i], sizeof(chips->names[i]));
	return 0;
}

/* The file, and over it what was set by command but for the tenant `skip`. */
static int config_compose(struct daemon *daemon, struct config *config, const char *skip,
			  struct parc_err *err)
{
	struct keeping keeping = {daemon, config, skip, err};
	struct fleet fleet;
	int code = chips_fleet(&daemon->chips, &fleet, err);

	*config = (struct config){0};
	if (code == 0)
		code = config_read(config, daemon->options.config, &fleet, err);
	if (code == 0)
		code = store_name_list(daemon->store, STORE_TENANT, kept_apply, &keeping, err);
	fleet_deinit(&fleet);
	return code;
}

static int reload(struct daemon *daemon, const char *skip, int with_certificate,
		  struct parc_err *err)
{
	struct config config;
	int code = config_compose(daemon, &config, skip, err);

	if (code == 0 && with_certificate)
		code = certificate_read(daemon, &config.tls, err);
	if (code == 0)
		code = config_settle(daemon, &config, err);
	if (code == 0)
		code = kept_tidy(daemon, err);
	config_deinit(&config);
	return code;
}

int daemon_reload(struct daemon *daemon, struct parc_err *err)
{
	return reload(daemon, NULL, 1, err);
}

int setup_config(struct daemon *daemon, struct parc_err *err)
{
	return reload(daemon, NULL, 0, err); /* the certificate was read before anything else */
}

/* ---- By command */

/* What the file says of a tenant: as it was read last, or as the tenant's text has it. */
static json_t *file_entry(struct daemon *daemon, const char *name)
{
	int32_t at = config_tenant_find(&daemon->config, name);
	const char *text = "";
	int64_t number;
	json_t *kept, *file;

	if (at < 0)
		return json_null();
	if (!daemon->config.tenants[at].is_by_command)
		return tenant_json(daemon, &daemon->config, at);
	store_name_find(daemon->store, STORE_TENANT, name, &number, &text, NULL);
	kept = json_loads(text, 0, NULL);
	file = json_incref(json_object_get(kept, "file"));
	json_decref(kept);
	return file == NULL ? json_null() : file;
}

static int kept_write(struct daemon *daemon, const char *name, json_t *file, struct parc_err *err)
{
	int32_t at = config_tenant_find(&daemon->config, name);
	json_t *now = tenant_json(daemon, &daemon->config, at), *kept;
	char *text;
	int code;

	json_object_del(now, "guarantee_milli"); /* they are sums of `guarantees` */
	json_object_del(now, "guarantee_chips");
	kept = json_pack("{s:O, s:o}", "file", file, "now", now);
	text = json_dumps(kept, JSON_COMPACT);
	code = text == NULL ? parc_err_set(err, PARC_ERR_MEMORY, "no memory for a tenant")
			    : text_set(daemon, name, text, err);
	free(text);
	json_decref(kept);
	return code;
}

int daemon_tenant_set(struct daemon *daemon, json_t *object, struct parc_err *err)
{
	const char *name = json_string_value(json_object_get(object, "tenant"));
	struct config config = {0};
	int code = json_is_object(object) ? config_copy(&config, &daemon->config, err)
					  : REFUSE("a tenant is a JSON object");
	json_t *file = NULL;

	if (code == 0)
		code = tenant_apply(daemon, &config, object, err);
	if (code == 0) {
		file = file_entry(daemon, name);
		code = config_settle(daemon, &config, err);
	}
	if (code == 0)
		code = kept_write(daemon, name, file, err);
	json_decref(file);
	config_deinit(&config);
	return code;
}

int daemon_tenant_unset(struct daemon *daemon, const char *name, struct parc_err *err)
{
	int32_t at = name == NULL ? -1 : config_tenant_find(&daemon->config, name);
	int code;

	if (at < 0)
		return parc_err_set(err, PARC_ERR_UNKNOWN, "there is no tenant '%.63s'",
				    name == NULL ? "" : name);
	if (!daemon->config.tenants[at].is_by_command)
		return parc_err_set(err, PARC_ERR_STATE,
				    "%s is as the configuration file has it: change it there",
				    name);
	code = reload(daemon, name, 1, err);
	return code == 0 ? text_set(daemon, name, "", err) : code;
}
