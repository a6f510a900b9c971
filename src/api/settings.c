/* SPDX-License-Identifier: Apache-2.0
 *
 * What operators set: the policy in force and the configuration behind it.
 */
#include <stdio.h>
#include <stdlib.h>

#include "api/request.h"
#include "daemon/kind.h"
#include "daemon/settings.h"
#include "trace/policy_file.h"

/* The policy as a file; the caller frees it. NULL: no memory. */
static char *policy_text(const struct parc_policy *policy)
{
	char *text = NULL;
	size_t size = 0;
	FILE *out = open_memstream(&text, &size);
	int code = out == NULL ? PARC_ERR_MEMORY : policy_file_write(out, policy, NULL);

	if (out != NULL && fclose(out) != 0)
		code = PARC_ERR_MEMORY;
	if (code == 0)
		return text;
	free(text);
	return NULL;
}

int handle_policy_show(struct request *request, struct parc_err *err)
{
	struct parc_policy policy;
	json_t *object;
	char *text;

	parc_policy_get(request->api->daemon->core, &policy);
	object = policy_file_json(&policy);
	text = policy_text(&policy);
	if (text == NULL || json_object_set_new(object, "file", json_string(text)) != 0) {
		json_decref(object);
		object = NULL;
	}
	free(text);
	return answer_json(request, MHD_HTTP_OK, object, err);
}

int handle_tenants(struct request *request, struct parc_err *err)
{
	struct daemon *daemon = request->api->daemon;
	const struct config *config = &daemon->config;
	json_t *list = json_array();

	for (int32_t t = 0; t < config->tenants_count; t++) {
		const struct config_tenant *it = &config->tenants[t];
		int64_t number = daemon_tenant_number(daemon, it->name);
		json_t *tenant = tenant_json(daemon, config, t);
		struct parc_usage usage = {0};

		parc_tenant_usage(daemon->core, number, &usage);
		json_object_set_new(tenant, "held_milli", json_integer(usage.held_milli));
		json_object_set_new(tenant, "set_by",
				    json_string(it->is_by_command ? "command"
						: it->is_in_file  ? "file"
								  : "default"));
		json_array_append_new(list, tenant);
	}
	return answer_json(request, MHD_HTTP_OK, json_pack("{s:o}", "tenants", list), err);
}

/* Answer with the tenant as it is now, or that it is none any more. */
static int tenant_answer(struct request *request, json_t *body, struct parc_err *err)
{
	struct daemon *daemon = request->api->daemon;
	const char *name = json_string_value(json_object_get(body, "tenant"));
	int32_t at = config_tenant_find(&daemon->config, name);

	return answer_json(request, MHD_HTTP_OK,
			   at < 0 ? json_pack("{s:s, s:b}", "tenant", name, "gone", 1)
				  : tenant_json(daemon, &daemon->config, at),
			   err);
}

int handle_tenant_set(struct request *request, struct parc_err *err)
{
	json_t *body = NULL;
	int code = body_json(request, &body, err);

	if (code == 0)
		code = daemon_tenant_set(request->api->daemon, body, err);
	if (code == 0)
		code = tenant_answer(request, body, err);
	json_decref(body);
	return code;
}

int handle_tenant_unset(struct request *request, struct parc_err *err)
{
	json_t *body = NULL;
	int code = body_json(request, &body, err);

	if (code == 0)
		code = daemon_tenant_unset(request->api->daemon,
					   json_string_value(json_object_get(body, "tenant")), err);
	if (code == 0)
		code = tenant_answer(request, body, err);
	json_decref(body);
	return code;
}

int handle_speeds(struct request *request, struct parc_err *err)
{
	struct daemon *daemon = request->api->daemon;
	char key[KIND_KEY_BYTES], key_beside[KIND_KEY_BYTES];
	json_t *list = json_array();
	struct parc_speed_info info;
	const char *tenant, *tenant_beside;
	int64_t kind, beside;
	int32_t chip;

	for (int32_t i = 0; parc_speed_at(daemon->core, i, &kind, &beside, &chip, &info) == 0;
	     i++) {
		json_t *it = json_pack("{s:s, s:s, s:i, s:s, s:i, s:i, s:i, s:i}", "kind",
				       kind_name(daemon, kind, key, &tenant), "chip",
				       daemon->chips.names[chip], "speed_milli", info.speed_milli,
				       "source", parc_speed_name(info.source), "mean_milli",
				       info.learnt_milli, "spread_milli", info.spread_milli, "runs",
				       info.runs, "trials", info.trials);

		json_object_set_new(it, "beside",
				    beside == PARC_NONE
					    ? json_null()
					    : json_string(kind_name(daemon, beside, key_beside,
								    &tenant_beside)));
		json_object_set_new(it, "tenant",
				    tenant == NULL ? json_null() : json_string(tenant));
		json_array_append_new(list, it);
	}
	return answer_json(request, MHD_HTTP_OK, json_pack("{s:o}", "speeds", list), err);
}

int handle_windows(struct request *request, struct parc_err *err)
{
	return answer_json(request, MHD_HTTP_OK,
			   json_pack("{s:o}", "windows", windows_json(request->api->daemon)), err);
}

int handle_window_add(struct request *request, struct parc_err *err)
{
	json_t *body = NULL;
	int64_t number = 0;
	int code = body_json(request, &body, err);

	if (code == 0)
		code = daemon_window_add(request->api->daemon, body, &number, err);
	json_decref(body);
	if (code != 0)
		return code;
	return answer_json(request, MHD_HTTP_CREATED,
			   json_pack("{s:I}", "window", (json_int_t)number), err);
}

int handle_window_drop(struct request *request, struct parc_err *err)
{
	int code = daemon_window_drop(request->api->daemon, request->id, err);

	if (code != 0)
		return code;
	return answer_json(request, MHD_HTTP_OK,
			   json_pack("{s:I}", "window", (json_int_t)request->id), err);
}

int handle_reload(struct request *request, struct parc_err *err)
{
	if (daemon_reload(request->api->daemon, err) != 0)
		return PARC_ERR_INVALID; /* whatever it was, it is the file's */
	return answer_json(request, MHD_HTTP_OK, json_pack("{s:b}", "reloaded", 1), err);
}
