/* SPDX-License-Identifier: Apache-2.0
 *
 * Services: what is shown of them and of their replicas, and their load.
 */
#include <string.h>

#include "api/request.h"

void service_show(struct daemon *daemon, json_t *object, const struct store_job *job)
{
	json_t *spec =
		strstr(job->spec, "\"service\"") == NULL ? NULL : json_loads(job->spec, 0, NULL);
	struct parc_job_info info;

	if (spec == NULL || parc_job_info(daemon->core, job->job, &info) != 0) {
		json_decref(spec);
		return;
	}
	if (info.service != PARC_NONE) {
		json_object_set_new(object, "service", json_integer(info.service));
		json_object_set_new(object, "replica", json_integer(info.replica));
	} else if (json_object_get(spec, "service") != NULL) {
		json_object_set(object, "of_service", json_object_get(spec, "service"));
		json_object_set_new(object, "replicas", json_integer(info.replicas));
		json_object_set_new(object, "wanted_milli", json_integer(info.wanted_milli));
	}
	json_decref(spec);
}

int handle_job_load(struct request *request, struct parc_err *err)
{
	struct parc_event event = {.kind = PARC_EVENT_SERVICE_LOAD, .load.job = request->id};
	struct store_job job;
	json_t *body = NULL, *load;
	int code = job_get(request, 1, &job, err);

	if (code == 0 && job.state == PARC_JOB_ENDED)
		code = parc_err_set(err, PARC_ERR_STATE, "job %lld has ended",
				    (long long)request->id);
	if (code == 0)
		code = body_json(request, &body, err);
	load = json_object_get(body, "load_milli");
	event.load.load_milli = json_integer_value(load);
	if (code == 0 && (!json_is_integer(load) || event.load.load_milli < 0 ||
			  event.load.load_milli > PARC_LOAD_MAX))
		code = parc_err_set(err, PARC_ERR_INVALID,
				    "load_milli has to be thousandths of a load, from 0 to %lld",
				    (long long)PARC_LOAD_MAX);
	if (code == 0)
		code = daemon_step(request->api->daemon, &event, err);
	json_decref(body);
	if (code != 0)
		return code;
	return answer_json(request, MHD_HTTP_OK, json_pack("{s:I}", "job", (json_int_t)request->id),
			   err);
}
