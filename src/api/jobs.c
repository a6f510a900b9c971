/* SPDX-License-Identifier: Apache-2.0
 *
 * Jobs: list, submit, show, and what is done with them. A tenant sees its own jobs, and those of
 * the tenants that the configuration puts it into; it touches its own. What it may not see is
 * answered as if it did not exist.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "api/request.h"
#include "daemon/settings.h"

#define DECODE_ROOM(size) (8 * (size) + 65536)

static int may_see(struct request *request, const struct store_job *job)
{
	const struct daemon_caller *caller = &request->caller;
	struct daemon *daemon = request->api->daemon;
	const char *name, *text;

	if (caller_sees_all(caller))
		return 1;
	if (caller->tenant[0] != '\0')
		return job->tenant == daemon_tenant_number(daemon, caller->tenant);
	if (job->uid == caller->uid)
		return 1;
	return store_name_of(daemon->store, STORE_TENANT, job->tenant, &name, &text, NULL) == 1 &&
	       strcmp(name, CONFIG_DEFAULT) != 0 &&
	       config_has_user(&daemon->config, name, caller->user);
}

int job_get(struct request *request, int touch, struct store_job *job, struct parc_err *err)
{
	int code = store_job_find(request->api->daemon->store, request->id, job, err);

	if (code < 0)
		return code;
	if (code == 0 || !may_see(request, job))
		return parc_err_set(err, PARC_ERR_UNKNOWN, "there is no job %lld",
				    (long long)request->id);
	if (touch && request->caller.role != DAEMON_OPERATOR && job->uid != request->caller.uid)
		return parc_err_set(err, PARC_ERR_STATE,
				    "job %lld is of %s; only they or an operator may do this",
				    (long long)request->id, job->user);
	return 0;
}

/* ---- Showing */

static void set(json_t *object, const char *name, json_t *value)
{
	json_object_set_new(object, name, value);
}

static const char *tenant_name(struct daemon *daemon, int64_t number)
{
	const char *name = "", *text;

	store_name_of(daemon->store, STORE_TENANT, number, &name, &text, NULL);
	return name;
}

/* Numbers of the node's devices that a task has. */
static json_t *devices_json(uint32_t devices)
{
	json_t *list = json_array();

	for (int i = 0; i < PARC_NODE_DEVICES_MAX; i++)
		if (devices >> i & 1)
			json_array_append_new(list, json_integer(i));
	return list;
}

static json_t *placement_json(struct daemon *daemon, const struct parc_placement *it)
{
	char name[ENGINE_NAME_MAX + 1] = "?";
	struct parc_node_info info;
	int32_t chip = it->devices != 0 && parc_node_info(daemon->core, it->node, &info) == 0
			       ? info.device_chip[__builtin_ctz(it->devices)]
			       : -1;
	json_t *object;

	daemon_node_name(daemon, it->node, name);
	object = json_pack("{s:i, s:s, s:o, s:i, s:i, s:i, s:I}", "task", it->task, "node", name,
			   "devices", devices_json(it->devices), "share_milli", it->share_milli,
			   "device_memory_mib", it->device_memory_mib, "cpu_milli", it->cpu_milli,
			   "memory_mib", (json_int_t)it->memory_mib);
	set(object, "chip",
	    chip < 0 || chip >= daemon->chips.count ? json_null()
						    : json_string(daemon->chips.names[chip]));
	set(object, "variant", it->variant < 0 ? json_null() : json_integer(it->variant));
	return object;
}

static json_t *placements_json(struct daemon *daemon, const struct store_attempt *attempt)
{
	void *scratch = malloc(DECODE_ROOM(attempt->action_size));
	struct parc_actions actions = {0};
	json_t *list = json_array();

	if (scratch != NULL &&
	    parc_actions_decode(&actions, scratch, DECODE_ROOM(attempt->action_size),
				attempt->action, attempt->action_size, NULL) > 0 &&
	    actions.count == 1)
		for (int32_t i = 0; i < actions.list[0].start.count; i++)
			json_array_append_new(
				list, placement_json(daemon, &actions.list[0].start.placements[i]));
	free(scratch);
	return list;
}

/* Thousandth-device-microseconds, as a decimal string and in hours. */
static json_t *amount_json(int64_t milli_us)
{
	char text[32];

	snprintf(text, sizeof(text), "%lld", (long long)milli_us);
	return json_pack("{s:s, s:f}", "milli_us", text, "device_hours",
			 (double)milli_us / 1000 / 3.6e9);
}

struct attempts {
	struct daemon *daemon;
	json_t *list, *devices;
	int64_t promised, delivered;
	int is_unmeasured;
};

static int attempt_add(void *context, const struct store_attempt *it)
{
	struct attempts *all = context;
	int64_t end_us = it->end_us != 0 ? it->end_us : all->daemon->now_us;
	int64_t ran_us = it->wall_us > 0       ? it->wall_us
			 : it->started_us != 0 ? end_us - it->started_us
					       : 0;
	json_t *attempt = json_pack(
		"{s:i, s:I, s:s, s:I, s:I, s:I, s:I}", "attempt", it->attempt, "allocation",
		(json_int_t)it->allocation, "result", parc_result_name(it->result), "start_us",
		(json_int_t)it->start_us, "started_us", (json_int_t)it->started_us, "end_us",
		(json_int_t)it->end_us, "cpu_us", (json_int_t)it->cpu_us);

	set(attempt, "exit_code", it->exit_code < 0 ? json_null() : json_integer(it->exit_code));
	set(attempt, "signal", it->signal == 0 ? json_null() : json_integer(it->signal));
	set(attempt, "memory_peak_mib",
	    it->memory_peak_mib < 0 ? json_null() : json_integer(it->memory_peak_mib));
	json_array_append_new(all->list, attempt);
	all->promised +=
		it->rebooked_us == 0 ? it->held_milli * ran_us : store_promised_us(it, end_us);
	all->is_unmeasured |= it->busy_us < 0 && ran_us > 0;
	all->delivered += it->busy_us < 0 ? 0 : it->busy_us;
	json_decref(all->devices);
	all->devices = placements_json(all->daemon, it);
	return 0;
}

int32_t job_reason_of(struct daemon *daemon, const struct store_job *job)
{
	struct parc_job_info info;

	if (job->state == PARC_JOB_ENDED)
		return job->reason;
	return parc_job_info(daemon->core, job->job, &info) == 0 ? info.reason : PARC_REASON_NONE;
}

static json_t *job_json(struct daemon *daemon, const struct store_job *job)
{
	int32_t reason = job_reason_of(daemon, job);
	json_t *object = json_pack(
		"{s:I, s:s, s:s, s:s, s:s, s:s, s:s, s:i, s:I, s:I, s:I, s:s}", "job",
		(json_int_t)job->job, "name", job->name, "user", job->user, "tenant",
		tenant_name(daemon, job->tenant), "state", parc_job_state_name(job->state),
		"result", parc_result_name(job->result), "reason", parc_reason_name(reason),
		"attempts", job->attempts, "submit_us", (json_int_t)job->submit_us, "start_us",
		(json_int_t)job->start_us, "end_us", (json_int_t)job->end_us, "detail",
		job->detail);

	set(object, "exit_code", job->exit_code < 0 ? json_null() : json_integer(job->exit_code));
	set(object, "signal", job->signal == 0 ? json_null() : json_integer(job->signal));
	service_show(daemon, object, job);
	return object;
}

int handle_job_show(struct request *request, struct parc_err *err)
{
	struct daemon *daemon = request->api->daemon;
	struct attempts all = {daemon, json_array(), json_array(), 0, 0, 0};
	struct store_job job;
	int code = job_get(request, 0, &job, err);
	json_t *object;

	if (code != 0) {
		json_decref(all.list);
		json_decref(all.devices);
		return code;
	}
	object = job_json(daemon, &job);
	set(object, "spec", json_loads(job.spec, 0, NULL));
	code = store_attempt_of_job(daemon->store, request->id, attempt_add, &all, err);
	progress_show(request, object);
	set(object, "attempt_list", all.list);
	set(object, "devices", all.devices);
	set(object, "promised", amount_json(all.promised));
	set(object, "delivered", all.is_unmeasured ? json_null() : amount_json(all.delivered));
	if (code == 0)
		return answer_json(request, MHD_HTTP_OK, object, err);
	json_decref(object);
	return code;
}

struct listing {
	struct request *request;
	json_t *list;
	int64_t last;
	int64_t has_starts; /* 1: with when they start */
};

static int list_add(void *context, const struct store_job *job)
{
	struct listing *listing = context;
	json_t *object = job_json(listing->request->api->daemon, job);
	json_t *spec = json_loads(job->spec, 0, NULL);
	static const char *const shown[] = {"devices", "share_milli", "cpu_milli", "tasks",
					    "tier",    "chips",	      "class"};

	for (size_t i = 0; i < sizeof(shown) / sizeof(shown[0]); i++)
		if (json_object_get(spec, shown[i]) != NULL)
			json_object_set(object, shown[i], json_object_get(spec, shown[i]));
	json_decref(spec);
	if (listing->has_starts)
		start_show(listing->request->api->daemon, object, job->job);
	json_array_append_new(listing->list, object);
	listing->last = job->job;
	return 0;
}

static int64_t user_number(const char *name)
{
	char *end;
	long long number = strtoll(name, &end, 10);

	return *name != '\0' && *end == '\0' ? number : -2;
}

/* A tenant sees its own jobs, or those of a tenant it names and is in. */
static int filter_make(struct request *request, struct store_job_filter *filter,
		       struct parc_err *err)
{
	const char *tenant = parameter_text(request, "tenant");
	const char *user = parameter_text(request, "user");
	const struct daemon_caller *caller = &request->caller;
	struct daemon *daemon = request->api->daemon;

	filter->uid = -1;
	if (caller->role == DAEMON_TENANT && caller->tenant[0] != '\0')
		tenant = caller->tenant;
	if (tenant != NULL)
		filter->tenant = daemon_tenant_number(daemon, tenant);
	if (tenant != NULL && (filter->tenant == PARC_NONE ||
			       (!caller_sees_all(caller) && caller->tenant[0] == '\0' &&
				(strcmp(tenant, CONFIG_DEFAULT) == 0 ||
				 !config_has_user(&daemon->config, tenant, caller->user)))))
		return parc_err_set(err, PARC_ERR_UNKNOWN, "there is no tenant '%.63s'", tenant);
	if (user != NULL)
		filter->uid = strcmp(user, caller->user) == 0 ? caller->uid : user_number(user);
	if (!caller_sees_all(caller) && tenant == NULL)
		filter->uid = caller->uid;
	return 0;
}

int handle_jobs_list(struct request *request, struct parc_err *err)
{
	struct store_job_filter filter = {0};
	struct listing listing = {.request = request, .list = json_array()};
	struct daemon *daemon = request->api->daemon;
	json_t *answer, *estimate = NULL;
	int64_t limit = 100, live = 0;
	int code = parameter_number(request, "limit", (int64_t[]){1, API_LIST_MAX}, &limit, err);

	if (code == 0)
		code = parameter_number(request, "live", (int64_t[]){0, 1}, &live, err);
	if (code == 0)
		code = parameter_number(request, "starts", (int64_t[]){0, 1}, &listing.has_starts,
					err);
	if (code == 0)
		code = parameter_number(request, "after", (int64_t[]){0, INT64_MAX}, &filter.after,
					err);
	if (code == 0)
		code = filter_make(request, &filter, err);
	filter.live = (int)live;
	if (code == 0 && listing.has_starts)
		estimate = estimate_json(daemon, daemon->next_job - 1);
	if (code == 0)
		code = store_job_list(daemon->store, &filter, (int32_t)limit, list_add, &listing,
				      err);
	if (code < 0) {
		json_decref(listing.list);
		json_decref(estimate);
		return code;
	}
	answer = json_pack("{s:o, s:o}", "jobs", listing.list, "next",
			   code == (int)limit ? json_integer(listing.last) : json_null());
	if (estimate != NULL)
		json_object_set_new(answer, "estimate", estimate);
	return answer_json(request, MHD_HTTP_OK, answer, err);
}

/* ---- Changing */

static const char *key_of(struct request *request, struct parc_err *err)
{
	const char *key = MHD_lookup_connection_value(request->connection, MHD_HEADER_KIND,
						      "Idempotency-Key");

	if (key != NULL && (key[0] == '\0' || strlen(key) > API_KEY_MAX))
		parc_err_set(err, PARC_ERR_INVALID, "Idempotency-Key has to have 1 to %d bytes",
			     API_KEY_MAX);
	return key;
}

int handle_job_submit(struct request *request, struct parc_err *err)
{
	struct daemon_submission submission = {.key = key_of(request, err)};
	int64_t first = 0;
	int32_t count = 0;
	int code = err->code != 0 ? err->code : body_json(request, &submission.object, err);

	if (code != 0)
		return code;
	hash_of(request->body, request->body_size, submission.hash);
	code = daemon_submit(request->api->daemon, &request->caller, &submission, &first, &count,
			     err);
	json_decref(submission.object);
	memcpy(request->place, submission.place, sizeof(request->place));
	if (code != 0)
		return code;
	return answer_json(request, MHD_HTTP_CREATED,
			   json_pack("{s:I, s:i}", "job", (json_int_t)first, "count", count), err);
}

static int job_event(struct request *request, int32_t kind, struct parc_err *err)
{
	struct parc_event event = {.kind = kind, .job.job = request->id};
	struct store_job job;
	int code = job_get(request, 1, &job, err);

	if (code == 0 && job.state == PARC_JOB_ENDED)
		return parc_err_set(err, PARC_ERR_STATE, "job %lld has ended: %s",
				    (long long)request->id, parc_result_name(job.result));
	if (code == 0)
		code = daemon_step(request->api->daemon, &event, err);
	if (code != 0)
		return code;
	return answer_json(request, MHD_HTTP_OK, json_pack("{s:I}", "job", (json_int_t)request->id),
			   err);
}

int handle_job_cancel(struct request *request, struct parc_err *err)
{
	return job_event(request, PARC_EVENT_CANCEL, err);
}

int handle_job_hold(struct request *request, struct parc_err *err)
{
	return job_event(request, PARC_EVENT_HOLD, err);
}

int handle_job_release(struct request *request, struct parc_err *err)
{
	return job_event(request, PARC_EVENT_RELEASE, err);
}
