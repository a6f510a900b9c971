/* SPDX-License-Identifier: Apache-2.0
 *
 * Tokens, the configuration, and the daemon itself.
 */
#include <errno.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#include "api/request.h"

#define SECRET_BYTES 32
#define DAY_US	     (INT64_C(86400) * 1000000)
#define METRICS_MAX  16384

static const char *const role_names[] = {"viewer", "tenant", "operator"};

int handle_whoami(struct request *request, struct parc_err *err)
{
	const struct daemon_caller *caller = &request->caller;
	const struct config *config = &request->api->daemon->config;
	const char *tenant = caller->tenant[0] != '\0'
				     ? caller->tenant
				     : config->tenants[config_tenant_of(config, caller->user)].name;

	return answer_json(request, MHD_HTTP_OK,
			   json_pack("{s:s, s:I, s:s, s:s}", "user", caller->user, "uid",
				     (json_int_t)caller->uid, "role", role_names[caller->role],
				     "tenant", tenant),
			   err);
}

static int token_json(void *context, const struct store_token *token)
{
	json_t *list = context;

	return json_array_append_new(
		list, json_pack("{s:I, s:s, s:I, s:s, s:s, s:I, s:I, s:I}", "token",
				(json_int_t)token->number, "user", token->user, "uid",
				(json_int_t)token->uid, "role", role_names[token->role % 3], "note",
				token->note, "created_us", (json_int_t)token->created_us,
				"expires_us", (json_int_t)token->expires_us, "revoked_us",
				(json_int_t)token->revoked_us));
}

int handle_tokens_list(struct request *request, struct parc_err *err)
{
	json_t *list = json_array();
	int code = store_token_list(request->api->daemon->store, token_json, list, err);

	if (code != 0) {
		json_decref(list);
		return code;
	}
	return answer_json(request, MHD_HTTP_OK, json_pack("{s:o}", "tokens", list), err);
}

static int role_read(const char *name, int32_t *role, struct parc_err *err)
{
	for (int i = 0; name != NULL && i < 3; i++) {
		if (strcmp(name, role_names[i]) == 0) {
			*role = i;
			return 0;
		}
	}
	return parc_err_set(err, PARC_ERR_INVALID, "role has to be viewer, tenant or operator");
}

/* Fill in the token from the body. uid 0 is never given away. */
static int token_read(struct request *request, json_t *body, struct store_token *token,
		      struct parc_err *err)
{
	const char *user = json_string_value(json_object_get(body, "user"));
	const char *tenant = json_string_value(json_object_get(body, "tenant"));
	const char *note = json_string_value(json_object_get(body, "note"));
	json_int_t days = json_integer_value(json_object_get(body, "days"));
	struct passwd *found = user == NULL ? NULL : getpwnam(user);
	int code = role_read(json_string_value(json_object_get(body, "role")), &token->role, err);

	if (code != 0)
		return code;
	if (found == NULL || found->pw_uid == 0)
		return parc_err_set(err, PARC_ERR_INVALID,
				    "user has to be a user of this machine other than root");
	if (days < 1 || days > API_TOKEN_DAYS)
		return parc_err_set(err, PARC_ERR_INVALID, "days has to be from 1 to %d",
				    API_TOKEN_DAYS);
	if (note != NULL && strlen(note) > SPEC_NAME_MAX)
		return parc_err_set(err, PARC_ERR_INVALID, "note has more than %d bytes",
				    SPEC_NAME_MAX);
	token->tenant =
		tenant == NULL ? PARC_NONE : daemon_tenant_number(request->api->daemon, tenant);
	if (tenant != NULL && token->tenant == PARC_NONE)
		return parc_err_set(err, PARC_ERR_UNKNOWN, "there is no tenant '%.63s'", tenant);
	token->uid = found->pw_uid;
	token->user = user;
	token->note = note == NULL ? "" : note;
	token->created_us = request->api->daemon->now_us;
	token->expires_us = token->created_us + days * DAY_US;
	return 0;
}

static int secret_make(char *text, struct parc_err *err)
{
	uint8_t bytes[SECRET_BYTES];

	if (getrandom(bytes, sizeof(bytes), 0) != (ssize_t)sizeof(bytes))
		return parc_err_set(err, PARC_ERR_IO, "no random bytes: %s", strerror(errno));
	memcpy(text, "parc_", 5);
	for (int i = 0; i < SECRET_BYTES; i++)
		snprintf(text + 5 + (ptrdiff_t)2 * i, 3, "%02x", bytes[i]);
	return 0;
}

int handle_token_add(struct request *request, struct parc_err *err)
{
	struct daemon *daemon = request->api->daemon;
	struct store_token token = {0};
	char secret[5 + 2 * SECRET_BYTES + 1];
	int64_t number = 0;
	json_t *body = NULL;
	int code = body_json(request, &body, err);

	if (code == 0)
		code = token_read(request, body, &token, err);
	if (code == 0)
		code = secret_make(secret, err);
	if (code == 0)
		code = store_begin(daemon->store, err);
	if (code == 0) {
		hash_of(secret, strlen(secret), token.hash);
		code = store_token_add(daemon->store, &token, &number, err);
	}
	json_decref(body);
	if (code != 0)
		return code;
	return answer_json(request, MHD_HTTP_CREATED,
			   json_pack("{s:I, s:s}", "token", (json_int_t)number, "secret", secret),
			   err);
}

int handle_token_revoke(struct request *request, struct parc_err *err)
{
	struct daemon *daemon = request->api->daemon;
	int code = store_begin(daemon->store, err);

	if (code == 0)
		code = store_token_revoke(daemon->store, request->id, daemon->now_us, err);
	if (code != 0)
		return code;
	return answer_json(request, MHD_HTTP_OK,
			   json_pack("{s:I}", "token", (json_int_t)request->id), err);
}

int handle_openapi(struct request *request, struct parc_err *err)
{
	return answer_json(request, MHD_HTTP_OK, api_openapi(), err);
}

int handle_healthz(struct request *request, struct parc_err *err)
{
	return answer_json(request, MHD_HTTP_OK, json_pack("{s:s}", "status", "ok"), err);
}

/* name, kind, help, value. Times are in seconds, as Prometheus wants them. */
/* clang-format off */
#define METRICS(X) \
	X("parc_jobs", "gauge", "Jobs that have not ended", COUNT(JOBS)) \
	X("parc_jobs_pending", "gauge", "Jobs that wait", COUNT(WAITING)) \
	X("parc_tasks", "gauge", "Tasks that hold devices or cores", COUNT(TASKS)) \
	X("parc_devices_capacity", "gauge", "Devices, cores that are rented counted as such", \
	  COUNT(CAPACITY_MILLI) / 1000) \
	X("parc_devices_allocated", "gauge", "Of these allocated", COUNT(ALLOCATED_MILLI) / 1000) \
	X("parc_devices_free", "gauge", "Of these unallocated", COUNT(FREE_MILLI) / 1000) \
	X("parc_decisions_total", "counter", "Decisions since the state began", COUNT(DECISIONS)) \
	X("parc_journal_records_total", "counter", "Records in the journal", \
	  (double)store_last(daemon->store)) \
	X("parc_commits_total", "counter", "Commits since the start", FIGURE(commits)) \
	X("parc_commit_seconds_total", "counter", "Time in commits", FIGURE(commit_us) / 1e6) \
	X("parc_commit_seconds_max", "gauge", "The longest commit", FIGURE(commit_max_us) / 1e6) \
	X("parc_events_refused_total", "counter", "Events that were refused", FIGURE(refused)) \
	X("parc_starts_total", "counter", "Attempts started", FIGURE(starts)) \
	X("parc_stops_total", "counter", "Attempts stopped", FIGURE(stops)) \
	X("parc_alarms_total", "counter", "Alarms of the engine", FIGURE(alarms)) \
	X("parc_http_requests_total", "counter", "Requests", (double)request->api->requests) \
	X("parc_http_refused_total", "counter", "Of these refused", (double)request->api->refused) \
	X("parc_http_connections_refused_total", "counter", \
	  "Connections that found no place", (double)request->api->turned_away) \
	X("parc_http_connections_late_total", "counter", \
	  "Connections ended since a request or the taking of an answer took too long", \
	  (double)request->api->late) \
	X("parc_recovery_seconds", "gauge", "How long the last start took to recover", \
	  FIGURE(recovery_us) / 1e6)
/* clang-format on */

#define COUNT(name)   (double)parc_count(daemon->core, PARC_COUNT_##name)
#define FIGURE(field) (double)daemon->figures.field

static size_t ledger_write(const struct daemon *daemon, char *text, size_t room)
{
	size_t used =
		(size_t)snprintf(text, room,
				 "# HELP parc_ledger_device_seconds_total Where each "
				 "device-second went\n# TYPE parc_ledger_device_seconds_total "
				 "counter\n");

	for (int i = 0; i < PARC_LEDGER_COUNT; i++)
		used += (size_t)snprintf(text + used, room - used,
					 "parc_ledger_device_seconds_total{category=\"%s\"} %.3f\n",
					 parc_ledger_name(i),
					 (double)parc_ledger(daemon->core, (enum parc_ledger)i) /
						 1e9);
	return used;
}

int handle_metrics(struct request *request, struct parc_err *err)
{
	struct daemon *daemon = request->api->daemon;
	char text[METRICS_MAX];
	size_t used = 0;

#define X(name, kind, help, value)                \
	used += (size_t)snprintf(                 \
		text + used, sizeof(text) - used, \
		"# HELP " name " " help "\n# TYPE " name " " kind "\n" name " %.6g\n", value);
	METRICS(X)
#undef X
	used += ledger_write(daemon, text + used, sizeof(text) - used);
	return answer_text(request, "text/plain; version=0.0.4", text, used, err);
}
