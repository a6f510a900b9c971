/* SPDX-License-Identifier: Apache-2.0
 *
 * What the core says of jobs that nobody asked for: a service gets one more replica, whose row is
 * made from the service's; the owner of an allocation is warned; an allocation is booked anew.
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

int warn_write(struct daemon *daemon, const struct parc_action *action, struct parc_err *err)
{
	struct daemon_change change = {
		.job = action->job, .state = PARC_JOB_RUNNING, .warning = action->warn.what};
	const char *what = action->warn.what == PARC_WARN_IDLE
				   ? "warned: it holds devices and does not use them; use them, or "
				     "end it, before they are taken back"
				   : "warned: it uses more than it is booked, and its device has "
				     "no more";
	int code = store_job_detail(daemon->store, action->job, what, err);

	log_write(&daemon->log, LOG_INFO_LEVEL, "job %lld is %s", (long long)action->job, what);
	if (code == 0)
		change_add(daemon, &change);
	return code;
}

/* What it is promised from now on is what the core has it down for. */
int rebook_write(struct daemon *daemon, const struct parc_action *action, struct parc_err *err)
{
	struct daemon_change change = {.job = action->job, .state = PARC_JOB_RUNNING};
	struct parc_job_info info;
	char detail[80];
	int code = 0;

	if (parc_job_info(daemon->core, action->job, &info) != 0)
		return 0;
	snprintf(detail, sizeof(detail), "it is booked %.3f devices since it was measured",
		 (double)info.booked_milli / PARC_SHARE_WHOLE);
	code = store_attempt_held(daemon->store, action->rebook.allocation, info.booked_milli, err);
	if (code == 0)
		code = store_job_detail(daemon->store, action->job, detail, err);
	if (code == 0)
		change_add(daemon, &change);
	return code;
}
