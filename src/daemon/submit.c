/* SPDX-License-Identifier: Apache-2.0
 *
 * Submitting: the object is checked whole, then each job of it is stepped and its text kept. With
 * an idempotency key the same request gives the same jobs again for as long as the key lives.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "daemon/act.h"
#include "daemon/kind.h"

#define TIER_TENANT_MAX 7 /* tiers above it are for operators */
#define USER_ID_MAX	(PARC_USER_MAX - 1)

int64_t daemon_tenant_number(struct daemon *daemon, const char *name)
{
	const char *text;
	int64_t number = PARC_NONE;

	if (store_name_find(daemon->store, STORE_TENANT, name, &number, &text, NULL) != 1)
		return PARC_NONE;
	return number;
}

/* 1: the key was used for the same; 0: it is new. */
static int key_find(struct daemon *daemon, const struct daemon_caller *caller,
		    const struct daemon_submission *submission, int64_t *first,
		    struct parc_err *err)
{
	uint8_t hash[STORE_HASH_BYTES];
	int code;

	if (submission->key == NULL)
		return 0;
	code = store_key_find(daemon->store, caller->id, submission->key, hash, first, err);
	if (code == 1 && memcmp(hash, submission->hash, sizeof(hash)) != 0)
		return parc_err_set(err, PARC_ERR_EXISTS,
				    "this idempotency key was used for another request; take a "
				    "new one");
	return code;
}

/* The tenant that pays: the one named, or the caller's own. */
static int tenant_choose(struct daemon *daemon, const struct daemon_caller *caller,
			 const char *asked, int64_t *number, struct parc_err *err)
{
	const struct config *config = &daemon->config;
	const char *own = caller->tenant[0] != '\0'
				  ? caller->tenant
				  : config->tenants[config_tenant_of(config, caller->user)].name;
	const char *name = asked == NULL ? own : asked;
	int may = caller->role == DAEMON_OPERATOR ||
		  (caller->tenant[0] != '\0' ? strcmp(name, caller->tenant) == 0
					     : config_has_user(config, name, caller->user));

	*number = may && config_tenant_find(config, name) >= 0 ? daemon_tenant_number(daemon, name)
							       : PARC_NONE;
	if (*number == PARC_NONE && config_tenant_find(config, name) < 0 &&
	    caller->role == DAEMON_OPERATOR)
		return parc_err_set(err, PARC_ERR_UNKNOWN,
				    "there is no tenant '%.63s'; 'parc tenant' lists them", name);
	if (*number == PARC_NONE)
		return parc_err_set(err, PARC_ERR_UNKNOWN,
				    "%s is in no tenant '%.63s'; leave it out, or ask an operator",
				    caller->user, name);
	return 0;
}

static int limits_check(const struct daemon *daemon, const struct daemon_caller *caller,
			const struct spec *spec, struct parc_err *err)
{
	if (daemon->is_low)
		return parc_err_set(err, PARC_ERR_FULL,
				    "the disk of %s is nearly full: jobs are taken again when "
				    "there is room",
				    daemon->options.directory);
	if (caller->uid > USER_ID_MAX)
		return parc_err_set(err, PARC_ERR_INVALID, "user ids above %d are not taken",
				    USER_ID_MAX);
	if (spec->submit.tier > TIER_TENANT_MAX && caller->role != DAEMON_OPERATOR)
		return parc_err_set(err, PARC_ERR_INVALID, "tiers above %d are for operators",
				    TIER_TENANT_MAX);
	return 0;
}

/* The text of one job: the object, of an array with its index in place of the count. */
static char *text_make(const struct daemon_submission *submission, int32_t index, int64_t first,
		       const struct spec *spec)
{
	json_t *copy = json_copy(submission->object);
	char *text;

	if (spec->array_count > 0)
		json_object_set_new(copy, "array",
				    json_pack("{s:i, s:I, s:i, s:i}", "index",
					      spec->array_from + index, "first", (json_int_t)first,
					      "count", spec->array_count, "running_max",
					      spec->submit.array_running_max));
	text = json_dumps(copy, JSON_COMPACT);
	json_decref(copy);
	return text;
}

static int row_add(struct daemon *daemon, const struct daemon_caller *caller,
		   const struct spec *spec, const char *text, struct parc_err *err)
{
	struct store_job job = {.job = spec->submit.job,
				.tenant = spec->submit.tenant,
				.uid = caller->uid,
				.gid = caller->gid,
				.user = caller->user,
				.name = spec->name == NULL ? "" : spec->name,
				.spec = text,
				.submit_us = daemon->now_us};
	struct daemon_change change = {.job = job.job, .state = PARC_JOB_PENDING};
	int code = store_job_add(daemon->store, &job, err);

	if (code == 0)
		change_add(daemon, &change);
	return code;
}

/* The row goes before the step, whose actions change it; a refusal leaves no trace, since it is
 * checked before either. */
static int job_submit(struct daemon *daemon, const struct daemon_caller *caller, struct spec *spec,
		      const char *text, struct parc_err *err)
{
	struct parc_event event = {
		.time_us = daemon->now_us, .kind = PARC_EVENT_SUBMIT, .submit = spec->submit};
	struct parc_err why = {0};
	int code = text == NULL ? parc_err_set(err, PARC_ERR_MEMORY, "no memory for a job")
				: parc_check(daemon->core, &event, err);

	if (code != 0)
		return code;
	code = store_begin(daemon->store, &why);
	if (code == 0)
		code = row_add(daemon, caller, spec, text, &why);
	if (code == 0)
		code = daemon_step(daemon, &event, &why);
	if (code != 0) {
		daemon_break(daemon, &why);
		if (err != NULL)
			*err = why;
	}
	return code;
}

static int array_submit(struct daemon *daemon, const struct daemon_caller *caller,
			const struct daemon_submission *submission, struct spec *spec,
			struct parc_err *err)
{
	int32_t count = spec->array_count > 0 ? spec->array_count : 1;
	int64_t first = daemon->next_job;
	int code = 0;

	spec->submit.array = spec->array_count > 0 ? first : PARC_NONE;
	for (int32_t i = 0; code == 0 && i < count; i++) {
		char *text = text_make(submission, i, first, spec);

		spec->submit.job = daemon->next_job;
		code = job_submit(daemon, caller, spec, text, err);
		free(text);
		daemon->next_job += code == 0;
	}
	return code;
}

/* What a job is waited for with: itself, or, by the number of an array's first job, the array. */
struct awaited {
	int64_t count, live, failed; /* jobs; of them not ended; ended, but not well */
};

static int awaited_find(struct daemon *daemon, const struct store_job *job, struct awaited *it,
			struct parc_err *err)
{
	json_t *spec = json_loads(job->spec, 0, NULL), *array = json_object_get(spec, "array");
	int is_first = json_integer_value(json_object_get(array, "first")) == job->job;
	int has_ended = job->state == PARC_JOB_ENDED;

	it->count = is_first ? json_integer_value(json_object_get(array, "count")) : 1;
	json_decref(spec);
	it->live = !has_ended;
	it->failed = has_ended && job->result != PARC_RESULT_OK;
	return it->count <= 1 ? 0
			      : store_job_range(daemon->store, job->job, it->count, &it->live,
						&it->failed, err);
}

/* The core forgets jobs that have ended: what waits for such a one waits no more, or never could
 * start. Jobs that the caller has nothing to do with cannot be waited for. */
static int depend_settle(struct daemon *daemon, const struct daemon_caller *caller,
			 const struct spec *spec, struct parc_depend *depend, int *is_met,
			 struct parc_err *err)
{
	struct store_job job;
	struct awaited it = {0};
	int code = store_job_find(daemon->store, depend->job, &job, err);

	if (code < 0)
		return code;
	if (code == 0 || (caller->role != DAEMON_OPERATOR && job.uid != caller->uid &&
			  job.tenant != spec->submit.tenant))
		return parc_err_set(err, PARC_ERR_UNKNOWN, "after: there is no job %lld",
				    (long long)depend->job);
	code = awaited_find(daemon, &job, &it, err);
	if (code != 0)
		return code;
	*is_met = it.live == 0;
	if (depend->kind == PARC_DEPEND_OK && it.failed > 0 && it.count > 1)
		return parc_err_set(err, PARC_ERR_STATE,
				    "after: a job of array %lld has not ended well, so this could "
				    "never start",
				    (long long)depend->job);
	if ((depend->kind == PARC_DEPEND_OK && it.failed > 0) ||
	    (depend->kind == PARC_DEPEND_FAILED && *is_met && it.failed == 0))
		return parc_err_set(err, PARC_ERR_STATE,
				    "after: %s %lld has ended %s, so this could never start",
				    it.count > 1 ? "array" : "job", (long long)depend->job,
				    parc_result_name(job.result));
	if (it.count > 1 && depend->kind == PARC_DEPEND_FAILED && it.failed > 0)
		depend->kind = PARC_DEPEND_ANY; /* its wish has come true: it waits for the rest */
	depend->kind += it.count > 1 ? PARC_DEPEND_ARRAY : 0;
	return 0;
}

static int depends_settle(struct daemon *daemon, const struct daemon_caller *caller,
			  struct spec *spec, struct parc_err *err)
{
	int32_t kept = 0;

	for (int32_t i = 0; i < spec->submit.depends_count; i++) {
		int is_met = 0;
		int code = depend_settle(daemon, caller, spec, &spec->depends[i], &is_met, err);

		if (code != 0)
			return code;
		if (!is_met)
			spec->depends[kept++] = spec->depends[i];
	}
	spec->submit.depends_count = kept;
	return 0;
}

/* Is there room for the whole array? It is taken whole or not at all. */
static int room_check(const struct daemon *daemon, const struct spec *spec, struct parc_err *err)
{
	int64_t left =
		store_limits(daemon->store)->jobs - parc_count(daemon->core, PARC_COUNT_JOBS);

	if (spec->array_count <= left)
		return 0;
	return parc_err_set(err, PARC_ERR_FULL, "there is room for %lld more jobs; wait",
			    (long long)left);
}

static int64_t array_count_of(struct daemon *daemon, int64_t first)
{
	struct store_job row;
	json_t *spec = store_job_find(daemon->store, first, &row, NULL) == 1
			       ? json_loads(row.spec, 0, NULL)
			       : NULL;
	json_t *array = json_object_get(spec, "array");
	int64_t count = array == NULL ? 1 : json_integer_value(json_object_get(array, "count"));

	json_decref(spec);
	return count;
}

int daemon_submit(struct daemon *daemon, const struct daemon_caller *caller,
		  struct daemon_submission *submission, int64_t *first, int32_t *count,
		  struct parc_err *err)
{
	struct spec_fault fault = {0};
	struct spec spec;
	int code = key_find(daemon, caller, submission, first, err);

	if (code == 1)
		*count = (int32_t)array_count_of(daemon, *first);
	if (code != 0)
		return code < 0 ? code : 0;
	code = spec_read(&spec, submission->object, &daemon->chips, &fault);
	if (code != 0) {
		memcpy(submission->place, fault.place, sizeof(submission->place));
		return parc_err_set(err, code, "%s", fault.err.text);
	}
	code = limits_check(daemon, caller, &spec, err);
	if (code == 0)
		code = room_check(daemon, &spec, err);
	if (code == 0)
		code = tenant_choose(daemon, caller, spec.tenant, &spec.submit.tenant, err);
	if (code == 0)
		code = depends_settle(daemon, caller, &spec, err);
	if (code == 0)
		code = kind_number(daemon, spec.submit.tenant, spec.kind, &spec.submit.kind, err);
	if (code != 0)
		return code;
	*first = daemon->next_job;
	*count = spec.array_count > 0 ? spec.array_count : 1;
	spec.submit.user = (int64_t)caller->uid + 1;
	code = array_submit(daemon, caller, submission, &spec, err);
	if (code == 0 && submission->key != NULL)
		code = store_key_add(daemon->store,
				     &(struct store_key){.caller = caller->id,
							 .key = submission->key,
							 .hash = submission->hash,
							 .job = *first,
							 .created_us = daemon->now_us},
				     err);
	return code;
}
