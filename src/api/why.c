/* SPDX-License-Identifier: Apache-2.0
 *
 * Why a job waits: the core's reason, and what stands behind it in numbers: what it asks for and
 * what of that is free, the limit that its tenant is at, the jobs that it waits for, those that
 * were there before it. By when it starts is said where the core has reserved it, else an estimate,
 * or why there is none.
 */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "api/request.h"
#include "daemon/settings.h"

#define DETAIL_BYTES 240

static void detail_add(json_t *list, const char *format, ...) __attribute__((format(printf, 2, 3)));

static void detail_add(json_t *list, const char *format, ...)
{
	char text[DETAIL_BYTES];
	va_list args;

	va_start(args, format);
	vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	json_array_append_new(list, json_string(text));
}

/* ---- What it asks for */

struct want {
	uint64_t chips; /* of its groups with devices; 0: any */
	int64_t devices_milli, cpu_milli, tasks;
	int has_any; /* a group runs on any chip */
};

/* Of the least that it can start with. The spec was accepted once; of an array its own part. */
static int want_read(struct daemon *daemon, json_t *object, struct want *want)
{
	struct spec_fault fault = {0};
	struct spec spec;

	*want = (struct want){0};
	json_object_del(object, "array");
	if (object == NULL || spec_read(&spec, object, &daemon->chips, &fault) != 0)
		return -1;
	for (int32_t g = 0; g < spec.submit.groups_count; g++) {
		const struct parc_group *group = &spec.groups[g];
		int64_t tasks = group->tasks_min;

		want->tasks += tasks;
		want->devices_milli += tasks * group->task.devices * group->task.share_milli;
		want->cpu_milli += tasks * group->task.cpu_milli;
		want->has_any |= group->task.devices > 0 && group->task.chips == 0;
		want->chips |= group->task.chips;
	}
	return 0;
}

struct cores {
	struct daemon *daemon;
	int64_t free_milli, most_milli;
};

static int cores_add(void *context, int64_t number, const char *name, const char *text)
{
	struct cores *cores = context;
	struct parc_node_info info;

	(void)name;
	(void)text;
	if (parc_node_info(cores->daemon->core, number, &info) != 0 || info.state != PARC_NODE_UP)
		return 0;
	cores->free_milli += info.cpu_free_milli;
	if (info.cpu_free_milli > cores->most_milli)
		cores->most_milli = info.cpu_free_milli;
	return 0;
}

static const char *plural(int64_t count)
{
	return count == 1 ? "" : "s";
}

static void room_details(struct daemon *daemon, json_t *list, const struct want *want)
{
	int64_t free_milli = 0;
	struct cores cores = {.daemon = daemon};

	if (want->devices_milli > 0) {
		for (int32_t i = 0; i < daemon->chips.count; i++)
			if ((want->has_any || (want->chips >> i & 1)) &&
			    (daemon->chips.present >> i & 1))
				free_milli += parc_free_milli(daemon->core, i);
		detail_add(list,
			   "it asks for %.3g device%s in %lld task%s; %.3g are free of the "
			   "chips it accepts",
			   (double)want->devices_milli / 1000, plural(want->devices_milli / 1000),
			   (long long)want->tasks, plural(want->tasks), (double)free_milli / 1000);
	}
	if (want->cpu_milli == 0)
		return;
	store_name_list(daemon->store, STORE_NODE, cores_add, &cores, NULL);
	detail_add(list,
		   "it asks for %.4g cores in %lld task%s; %.4g are free, at most %.4g on one node",
		   (double)want->cpu_milli / 1000, (long long)want->tasks, plural(want->tasks),
		   (double)cores.free_milli / 1000, (double)cores.most_milli / 1000);
}

/* ---- Its tenant */

struct below {
	struct daemon *daemon;
	int64_t top, held_milli, running;
};

/* What tenants in the tree below `top` hold. */
static int below_add(void *context, int64_t number, const char *name, const char *text)
{
	struct below *below = context;
	struct parc_tenant set = {.parent = number};
	struct parc_usage usage;
	int64_t running = 0;

	(void)name;
	(void)text;
	while (set.parent != PARC_NONE && set.parent != below->top)
		if (parc_tenant_get(below->daemon->core, set.parent, &set) != 0)
			return 0;
	if (set.parent == below->top &&
	    parc_tenant_usage(below->daemon->core, number, &usage) == 0) {
		store_job_running(below->daemon->store, number, &running, NULL);
		below->held_milli += usage.held_milli;
		below->running += running;
	}
	return 0;
}

static void quota_details(struct daemon *daemon, json_t *list, int64_t tenant)
{
	struct parc_tenant set;

	for (; tenant != PARC_NONE && parc_tenant_get(daemon->core, tenant, &set) == 0;
	     tenant = set.parent) {
		struct below below = {.daemon = daemon, .top = tenant};
		const char *name = "?", *text;

		if (set.limit_milli == 0 && set.jobs_max == 0)
			continue;
		store_name_list(daemon->store, STORE_TENANT, below_add, &below, NULL);
		store_name_of(daemon->store, STORE_TENANT, tenant, &name, &text, NULL);
		if (set.limit_milli > 0)
			detail_add(list,
				   "tenant %.63s holds %.4g devices; its limit is %.4g "
				   "devices of the reference chip",
				   name, (double)below.held_milli / 1000,
				   (double)set.limit_milli / 1000);
		if (set.jobs_max > 0)
			detail_add(list, "tenant %.63s runs %lld jobs; its limit is %lld", name,
				   (long long)below.running, (long long)set.jobs_max);
	}
}

/* ---- Other jobs */

static void depend_detail(struct daemon *daemon, json_t *list, int64_t number, const char *wish)
{
	struct store_job row;
	int64_t live = 0, failed = 0, count;
	json_t *spec, *array;

	if (store_job_find(daemon->store, number, &row, NULL) != 1)
		return;
	spec = json_loads(row.spec, 0, NULL);
	array = json_object_get(spec, "array");
	count = json_integer_value(json_object_get(array, "count"));
	if (count > 1 && json_integer_value(json_object_get(array, "first")) == number &&
	    store_job_range(daemon->store, number, count, &live, &failed, NULL) == 0) {
		if (live > 0)
			detail_add(list,
				   "it waits for array %lld (%s), of which %lld of %lld jobs have "
				   "not ended",
				   (long long)number, wish, (long long)live, (long long)count);
	} else if (row.state != PARC_JOB_ENDED) {
		detail_add(list, "it waits for job %lld (%s), which is %s", (long long)number, wish,
			   parc_job_state_name(row.state));
	}
	json_decref(spec);
}

static void depends_details(struct daemon *daemon, json_t *list, const json_t *spec)
{
	const json_t *after = json_object_get(spec, "after");

	for (size_t i = 0; i < json_array_size(after); i++) {
		json_t *it = json_array_get(after, i);
		const char *wish = json_string_value(json_object_get(it, "if"));

		depend_detail(
			daemon, list,
			json_integer_value(json_is_object(it) ? json_object_get(it, "job") : it),
			wish == NULL ? "any" : wish);
	}
}

static void array_detail(json_t *list, const json_t *spec)
{
	const json_t *array = json_object_get(spec, "array");
	int64_t cap = json_integer_value(json_object_get(array, "running_max"));

	if (cap > 0)
		detail_add(list, "at most %lld jobs of array %lld run at a time", (long long)cap,
			   (long long)json_integer_value(json_object_get(array, "first")));
}

static json_t *details_json(struct daemon *daemon, const struct store_job *job, int32_t reason)
{
	json_t *list = json_array(), *spec = json_loads(job->spec, 0, NULL);
	int64_t before = 0;
	struct want want;

	if (job->state != PARC_JOB_PENDING) {
		json_decref(spec);
		return list;
	}
	if (reason == PARC_REASON_DEPENDENCY)
		depends_details(daemon, list, spec);
	else if (reason == PARC_REASON_ARRAY)
		array_detail(list, spec);
	else if (reason == PARC_REASON_QUOTA)
		quota_details(daemon, list, job->tenant);
	else if (reason != PARC_REASON_HELD && reason != PARC_REASON_SERVICE &&
		 want_read(daemon, spec, &want) == 0)
		room_details(daemon, list, &want);
	if (reason != PARC_REASON_HELD && reason != PARC_REASON_DEPENDENCY &&
	    store_job_before(daemon->store, job->job, &before, NULL) == 0 && before > 0)
		detail_add(list, "%lld job%s submitted before it wait%s, too", (long long)before,
			   plural(before), before == 1 ? "s" : "");
	json_decref(spec);
	return list;
}

/* ---- When */

/* Why nobody knows when a job starts that has nothing reserved. */
static const char *unknown_text(const struct daemon *daemon, int32_t reason)
{
	struct parc_policy policy;

	parc_policy_get(daemon->core, &policy);
	if (reason == PARC_REASON_HELD)
		return "not before somebody releases it";
	if (reason == PARC_REASON_DEPENDENCY)
		return "not before what it waits for has ended";
	if (reason == PARC_REASON_ARRAY)
		return "not before a job of its array ends";
	if (reason == PARC_REASON_QUOTA)
		return "not before its tenant holds less, or its limit is raised";
	if (reason == PARC_REASON_TOO_LARGE || reason == PARC_REASON_NO_CHIP ||
	    reason == PARC_REASON_NODE_DOWN || reason == PARC_REASON_NO_SPEED ||
	    reason == PARC_REASON_FLEET)
		return "never, as the fleet is now";
	if (policy.backfill == PARC_BACKFILL_EASY)
		return "nothing is reserved for it, so when it starts is not known: with easy "
		       "backfill only the first in order that does not fit has a reservation";
	if (policy.backfill == PARC_BACKFILL_CONSERVATIVE)
		return "nothing is reserved for it, so when it starts is not known: it is behind "
		       "the reserve_max first in order";
	return "nothing is reserved for it, so when it starts is not known: this policy makes no "
	       "reservations";
}

/* By when it starts: from the reservation that the core has made for it, if it has. */
static void bound_show(struct daemon *daemon, json_t *object, const struct store_job *job,
		       int32_t reason)
{
	struct parc_job_info info = {0};
	const char *text = "";

	if (parc_job_info(daemon->core, job->job, &info) != 0 || info.state != PARC_JOB_PENDING)
		info.reserved_us = 0;
	else if (info.reserved_us == 0)
		text = unknown_text(daemon, reason);
	else if (info.reserved_us == PARC_NEVER)
		text = "what it waits for is reserved, but has no known end: time limits of the "
		       "jobs that run would give one";
	else
		text = "it starts by then, unless work of a higher order comes or something fails";
	json_object_set_new(object, "start_by_us",
			    info.reserved_us == 0 || info.reserved_us == PARC_NEVER
				    ? json_null()
				    : json_integer(info.reserved_us));
	json_object_set_new(object, "bound", json_string(text));
}

/* Not of what has a bound, which is better; nor of what only people can start. */
static int has_estimate(struct daemon *daemon, const struct store_job *job, int32_t reason)
{
	struct parc_job_info info;

	return parc_job_info(daemon->core, job->job, &info) == 0 &&
	       info.state == PARC_JOB_PENDING && reason != PARC_REASON_HELD &&
	       (info.reserved_us == 0 || info.reserved_us == PARC_NEVER);
}

int handle_job_why(struct request *request, struct parc_err *err)
{
	struct daemon *daemon = request->api->daemon;
	struct store_job job;
	int code = job_get(request, 0, &job, err);
	int32_t reason;
	json_t *object;

	if (code != 0)
		return code;
	reason = job_reason_of(daemon, &job);
	object = json_pack("{s:I, s:s, s:s, s:s, s:s, s:I, s:I, s:o}", "job", (json_int_t)job.job,
			   "state", parc_job_state_name(job.state), "reason",
			   parc_reason_name(reason), "sentence", parc_reason_sentence(reason),
			   "todo", parc_reason_todo(reason), "free_milli",
			   (json_int_t)parc_free_milli(daemon->core, -1), "pending",
			   (json_int_t)parc_count(daemon->core, PARC_COUNT_PENDING), "details",
			   details_json(daemon, &job, reason));
	bound_show(daemon, object, &job, reason);
	if (has_estimate(daemon, &job, reason))
		json_object_set_new(object, "estimate", estimate_json(daemon, job.job));
	if (reason == PARC_REASON_MAINTENANCE || reason == PARC_REASON_RESERVATION)
		json_object_set_new(object, "windows", windows_json(daemon));
	return answer_json(request, MHD_HTTP_OK, object, err);
}
