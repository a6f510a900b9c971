/* SPDX-License-Identifier: Apache-2.0
 *
 * What a job reports of itself over HTTP, and how it is shown. A job may only report for itself:
 * the caller has to be the job's own user, operators too, and an attempt that is named has to be
 * the one that runs.
 */
#include <stdio.h>
#include <string.h>

#include "api/request.h"

#define AMOUNT_MAX 999999999.999999
#define UNIT	   1e6

/* One number of the body: whether it is there, in millionths. */
static int number_take(json_t *body, const char *name, int64_t *number, struct parc_err *err)
{
	json_t *value = json_object_get(body, name);
	double is = json_number_value(value);

	if (value == NULL)
		return 0;
	if (!json_is_number(value) || !(is >= 0) || is > AMOUNT_MAX)
		return parc_err_set(err, PARC_ERR_INVALID,
				    "%s has to be a number from 0 to 999999999", name);
	*number = (int64_t)(is * UNIT + 0.5);
	return 1;
}

static int body_take(struct request *request, struct daemon_progress *said, int64_t *attempt,
		     struct parc_err *err)
{
	json_t *body = NULL, *named;
	int code = request->body_size == 0 ? 0 : body_json(request, &body, err);
	int done = 0, total = 0;

	if (code == 0 && body != NULL && !json_is_object(body))
		code = parc_err_set(err, PARC_ERR_INVALID, "a report is a JSON object");
	if (code == 0)
		code = done = number_take(body, "done", &said->amount.done, err);
	if (code >= 0)
		code = total = number_take(body, "total", &said->amount.total, err);
	named = json_object_get(body, "attempt");
	if (code >= 0)
		code = 0;
	if (code == 0 && named != NULL && json_integer_value(named) < 1)
		code = parc_err_set(err, PARC_ERR_INVALID, "attempt has to be a number above 0");
	if (code == 0 && !done && (total || !said->is_checkpoint))
		code = parc_err_set(err, PARC_ERR_INVALID, "done is missing: how much is done");
	if (code == 0 && total && said->amount.total == 0)
		code = parc_err_set(err, PARC_ERR_INVALID, "total has to be above 0");
	said->is_until_now = !done;
	*attempt = named == NULL ? 0 : json_integer_value(named);
	json_decref(body);
	return code;
}

static int said_handle(struct request *request, struct daemon_progress *said, struct parc_err *err)
{
	struct daemon *daemon = request->api->daemon;
	struct parc_job_info info;
	struct store_job job;
	int64_t attempt = 0;
	int code = job_get(request, 1, &job, err);

	if (code == 0 && job.uid != request->caller.uid)
		return parc_err_set(err, PARC_ERR_STATE,
				    "job %lld is of %s: a job reports for itself only",
				    (long long)job.job, job.user);
	if (code == 0)
		code = body_take(request, said, &attempt, err);
	if (code != 0)
		return code;
	if (parc_job_info(daemon->core, job.job, &info) != 0 || info.allocation == PARC_NONE)
		return parc_err_set(err, PARC_ERR_STATE, "job %lld does not run now",
				    (long long)job.job);
	if (attempt != 0 && attempt != info.attempt)
		return parc_err_set(err, PARC_ERR_STATE, "attempt %lld of job %lld is over",
				    (long long)attempt, (long long)job.job);
	said->job = job.job;
	said->key = (struct engine_key){info.allocation, info.attempt};
	said->time_us = daemon->now_us;
	code = daemon_progress(daemon, said, err);
	if (code != 0)
		return code;
	return answer_json(request, MHD_HTTP_OK, json_pack("{s:I}", "job", (json_int_t)job.job),
			   err);
}

int handle_job_progress(struct request *request, struct parc_err *err)
{
	struct daemon_progress said = {0};

	return said_handle(request, &said, err);
}

int handle_job_checkpoint(struct request *request, struct parc_err *err)
{
	struct daemon_progress said = {.is_checkpoint = 1};

	return said_handle(request, &said, err);
}

/* ---- Showing */

static json_t *amount_json(const struct store_amount *amount, int64_t time_us)
{
	if (time_us == 0)
		return json_null();
	return json_pack("{s:f, s:o, s:I}", "done", (double)amount->done / UNIT, "total",
			 amount->total == 0 ? json_null() : json_real((double)amount->total / UNIT),
			 "time_us", (json_int_t)time_us);
}

void progress_show(struct request *request, json_t *object)
{
	struct store_progress row = {0};

	if (store_progress_find(request->api->daemon->store, request->id, &row, NULL) != 1)
		row = (struct store_progress){0};
	json_object_set_new(object, "progress", amount_json(&row.now, row.progress_us));
	json_object_set_new(object, "checkpoint", amount_json(&row.kept, row.checkpoint_us));
}
