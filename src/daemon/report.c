/* SPDX-License-Identifier: Apache-2.0
 *
 * What the engine reports becomes events. A report of an attempt that the core has not came twice
 * or too late: it is dropped, and if it was an end, the engine is told to forget it. One of an
 * attempt that it has and that it refuses all the same is put aside.
 */
#include <stdlib.h>
#include <string.h>

#include "daemon/act.h"
#include "store/quarantine.h"

int late_add(struct daemon *daemon, const struct engine_report *report, struct parc_err *err)
{
	if (daemon->late_count == daemon->late_capacity) {
		int32_t capacity = daemon->late_capacity == 0 ? 64 : 2 * daemon->late_capacity;
		struct engine_report *late =
			realloc(daemon->late, (size_t)capacity * sizeof(*daemon->late));

		if (late == NULL)
			return parc_err_set(err, PARC_ERR_MEMORY, "no memory for reports");
		daemon->late = late;
		daemon->late_capacity = capacity;
	}
	daemon->late[daemon->late_count++] = *report;
	return 0;
}

void event_aside(struct daemon *daemon, const struct parc_event *event, const char *why)
{
	struct parc_err err = {0};

	daemon->figures.alarms++;
	log_write(&daemon->log, LOG_WARNING_LEVEL,
		  "an event is put aside, which parc audit shows: %s: %s",
		  parc_event_name(event->kind), why);
	if (store_begin(daemon->store, &err) != 0 ||
	    store_quarantine_add(daemon->store, daemon->now_us, event, why, &err) != 0)
		daemon_break(daemon, &err);
}

static int32_t event_kind(int32_t kind)
{
	switch (kind) {
	case ENGINE_STARTED:
		return PARC_EVENT_STARTED;
	case ENGINE_READY:
		return PARC_EVENT_READY;
	case ENGINE_USE:
		return PARC_EVENT_USE;
	default:
		return PARC_EVENT_ENDED;
	}
}

/* The job and state of an allocation; 0 when the core does not have it. */
static int64_t job_of(struct daemon *daemon, struct engine_key key, struct parc_job_info *info)
{
	struct store_attempt attempt;

	if (store_attempt_find(daemon->store, key.allocation, &attempt, NULL) != 1 ||
	    parc_job_info(daemon->core, attempt.job, info) != 0 ||
	    info->allocation != key.allocation || info->attempt != key.attempt)
		return 0;
	return attempt.job;
}

static void started_write(struct daemon *daemon, const struct engine_report *report, int64_t job)
{
	struct daemon_change change = {.job = job, .state = PARC_JOB_RUNNING};
	struct parc_err err = {0};
	int code =
		store_attempt_started(daemon->store, report->key.allocation, daemon->now_us, &err);

	if (code == 0)
		code = store_job_state(daemon->store, job, PARC_JOB_RUNNING, &err);
	if (code == 0)
		change_add(daemon, &change);
	else
		daemon_break(daemon, &err);
}

/* What was stopped on request ended as it was to be stopped for. */
static int32_t result_of(struct daemon *daemon, const struct engine_report *report)
{
	struct store_attempt attempt;

	if (report->stopped && report->result != PARC_RESULT_LOST &&
	    store_attempt_find(daemon->store, report->key.allocation, &attempt, NULL) == 1 &&
	    attempt.result != PARC_RESULT_NONE)
		return attempt.result;
	return report->result;
}

static void end_write(struct daemon *daemon, const struct engine_report *report, int64_t job)
{
	struct store_attempt end = {.allocation = report->key.allocation,
				    .job = job,
				    .attempt = report->key.attempt,
				    .result = result_of(daemon, report),
				    .end_us = daemon->now_us,
				    .wall_us = report->wall_us,
				    .cpu_us = report->cpu_us,
				    .memory_peak_mib = report->memory_peak_mib,
				    .busy_us = report->busy_us,
				    .exit_code = report->exit_code,
				    .signal = report->signal};
	const char *detail = report->text == NULL ? "" : report->text;
	struct parc_err err = {0};

	if (detail[0] == '\0' && report->over_memory)
		detail = "it was killed at its memory limit";
	if (store_begin(daemon->store, &err) != 0 ||
	    store_attempt_end(daemon->store, &end, detail, &err) != 0)
		daemon_break(daemon, &err);
}

static void forget_keep(struct daemon *daemon, struct engine_key key)
{
	struct daemon_act act = {.kind = ACT_FORGET, .key = key};
	struct parc_err err = {0};

	if (act_keep(daemon, &act, &err) != 0)
		daemon_break(daemon, &err);
}

/* Refused is what comes too late, or cannot be. */
static void progress_report(struct daemon *daemon, const struct engine_report *report)
{
	struct daemon_progress said = {.key = report->key,
				       .is_checkpoint = report->kind == ENGINE_CHECKPOINT,
				       .amount = report->amount,
				       /* the engine has the system's clock, which may be set */
				       .time_us = report->time_us - wall_ahead_us(&daemon->wall)};
	struct parc_job_info info;

	said.job = job_of(daemon, report->key, &info);
	if (said.job != 0)
		daemon_progress(daemon, &said, NULL);
}

static void attempt_report(struct daemon *daemon, const struct engine_report *report)
{
	struct parc_job_info info;
	struct parc_event event = {.kind = event_kind(report->kind)};
	struct parc_event speed;
	struct parc_err err = {0};
	int64_t job = job_of(daemon, report->key, &info);
	int is_measured, is_end = event.kind == PARC_EVENT_ENDED;

	/* An engine says again after a restart that it runs. */
	if (report->kind == ENGINE_STARTED && job != 0 && info.state != PARC_JOB_STARTING)
		return;
	event.run.allocation = report->key.allocation;
	event.run.attempt = report->key.attempt;
	event.run.result = is_end ? report->result : 0;
	event.run.busy_milli = report->busy_milli;
	/* What ended because it was told to has the result that it was told for. */
	if (is_end && job != 0 && info.state == PARC_JOB_STOPPING && report->stopped &&
	    report->result != PARC_RESULT_LOST)
		event.kind = PARC_EVENT_STOPPED;
	if (job == 0) { /* it came twice, or too late */
		if (is_end && !daemon->is_broken)
			forget_keep(daemon, report->key);
		return;
	}
	is_measured = event.kind == PARC_EVENT_ENDED && pace_find(daemon, report, job, &speed);
	if (daemon_step(daemon, &event, &err) != 0) {
		/* An end is not forgotten by the engine: it says so again at the next start. */
		if (!daemon->is_broken)
			event_aside(daemon, &event, err.text);
		return;
	}
	if (event.kind == PARC_EVENT_STARTED)
		started_write(daemon, report, job);
	if (is_end) {
		end_write(daemon, report, job);
		forget_keep(daemon, report->key);
	}
	if (is_measured && daemon_step(daemon, &speed, &err) != 0 && !daemon->is_broken)
		event_aside(daemon, &speed, err.text);
}

static void device_report(struct daemon *daemon, const struct engine_report *report)
{
	struct parc_event event = {0};
	struct parc_err err = {0};
	int64_t node = daemon->node;

	if (report->kind == ENGINE_FOREIGN) {
		event.kind = PARC_EVENT_FOREIGN_USE;
		event.foreign.node = node;
		event.foreign.device = report->device;
		event.foreign.share_milli = report->share_milli;
		event.foreign.memory_mib = report->memory_mib;
	} else {
		event.kind = report->failed ? PARC_EVENT_DEVICE_FAIL : PARC_EVENT_DEVICE_REPAIR;
		event.device.node = node;
		event.device.device = report->device;
		log_write(&daemon->log, LOG_WARNING_LEVEL, "device %d %s: %s", report->device,
			  report->failed ? "failed" : "is back", report->text);
	}
	if (daemon_step(daemon, &event, &err) != 0 && !daemon->is_broken)
		event_aside(daemon, &event, err.text);
}

void report_take(struct daemon *daemon, const struct engine_report *report)
{
	if (report->kind == ENGINE_PROGRESS || report->kind == ENGINE_CHECKPOINT) {
		progress_report(daemon, report);
	} else if (report->kind >= ENGINE_STARTED && report->kind <= ENGINE_ENDED) {
		attempt_report(daemon, report);
	} else if (report->kind == ENGINE_DEVICE || report->kind == ENGINE_FOREIGN) {
		device_report(daemon, report);
	} else {
		daemon->figures.alarms++;
		log_write(&daemon->log, LOG_WARNING_LEVEL, "%s", report->text);
	}
}
