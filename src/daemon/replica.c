/* SPDX-License-Identifier: Apache-2.0
 *
 * What the core says of jobs that nobody submitted: a service gets one more replica, whose row is
 * made from the service's.
 */
#include <stdio.h>
#include <stdlib.h>

#include "daemon/act.h"

/* The service's text, with what makes it a replica in place of what makes it a service. */
static char *text_make(const struct store_job *service, const struct parc_action *action)
{
	json_t *spec = json_loads(service->spec, 0, NULL);
	char *text = NULL;

	json_object_del(spec, "service");
	json_object_del(spec, "after");
	json_object_del(spec, "held");
	if (json_object_set_new(spec, "replica",
				json_pack("{s:I, s:i}", "service", (json_int_t)service->job,
					  "number", action->replica.number)) == 0)
		text = json_dumps(spec, JSON_COMPACT);
	json_decref(spec);
	return text;
}

int replica_write(struct daemon *daemon, const struct parc_action *action, struct parc_err *err)
{
	struct daemon_change change = {.job = action->replica.replica, .state = PARC_JOB_PENDING};
	char name[SPEC_NAME_MAX + 1];
	struct store_job row;
	int code = store_job_find(daemon->store, action->job, &row, err);
	char *text = code == 1 ? text_make(&row, action) : NULL;

	if (text == NULL)
		return code < 0 ? code
				: parc_err_set(err, PARC_ERR_CORRUPT,
					       "the service %lld has no row to make a replica of",
					       (long long)action->job);
	snprintf(name, sizeof(name), "%.110s/%d", row.name, action->replica.number);
	row.job = action->replica.replica;
	row.name = name;
	row.spec = text;
	row.submit_us = daemon->now_us;
	code = store_job_add(daemon->store, &row, err);
	free(text);
	if (code == 0)
		change_add(daemon, &change);
	return code;
}
