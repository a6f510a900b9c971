/* SPDX-License-Identifier: Apache-2.0 */
#include "review/course.h"

#include <stdlib.h>

#include "sim/stats.h"

void course_init(struct course *course)
{
	*course = (struct course){0};
	roll_init(&course->jobs, sizeof(struct course_job));
}

void course_deinit(struct course *course)
{
	roll_deinit(&course->jobs);
	*course = (struct course){0};
}

static int job_add(struct course *course, const struct course_job *job, struct parc_err *err)
{
	int32_t at = roll_add(&course->jobs, job->job, err);

	if (at >= 0)
		*ROLL_AT(&course->jobs, struct course_job, at) = *job;
	return at;
}

struct inheritance {
	struct course *course;
	const struct parc_core *base;
	struct parc_err *err;
	int code;
};

static int job_inherit(void *context, const struct store_job *row)
{
	struct inheritance *it = context;
	struct course_job job = {.job = row->job, .start_us = -1, .tenant = row->tenant};
	struct parc_job_info info;
	int32_t at;

	if (parc_job_info(it->base, row->job, &info) != 0)
		return 0;
	job.submit_us = info.attempt == 0 ? row->submit_us : -1;
	job.state = info.state == PARC_JOB_PENDING ? PARC_JOB_PENDING : PARC_JOB_RUNNING;
	at = job_add(it->course, &job, it->err);
	it->code = at < 0 ? at : 0;
	return it->code;
}

int course_inherit(struct course *course, struct store *store, const struct parc_core *base,
		   struct parc_err *err)
{
	struct inheritance it = {course, base, err, 0};
	struct store_job_filter all = {.uid = -1};
	int count = 0;

	if (parc_count(base, PARC_COUNT_JOBS) > 0)
		count = store_job_list(store, &all, INT32_MAX, job_inherit, &it, err);
	return count < 0 ? count : it.code;
}

/* The place of a job of which something is told; -1: it is not counted. */
static int job_get(struct course *course, int64_t job, int32_t *at, struct parc_err *err)
{
	struct course_job before = {.job = job, .submit_us = -1, .start_us = -1};

	*at = job == PARC_NONE || job > PARC_REPLICA_IDS ? -1 : roll_find(&course->jobs, job);
	if (*at >= 0 || job == PARC_NONE || job > PARC_REPLICA_IDS)
		return 0;
	*at = job_add(course, &before, err); /* it was there, and its row is gone */
	return *at < 0 ? *at : 0;
}

static void action_count(struct course *course, struct course_job *job,
			 const struct parc_action *action, int64_t time_us)
{
	switch (action->kind) {
	case PARC_ACTION_START:
		course->starts++;
		job->state = PARC_JOB_RUNNING;
		if (job->start_us < 0)
			job->start_us = time_us;
		break;
	case PARC_ACTION_STOP:
		course->preempted += action->stop.why == PARC_RESULT_PREEMPTED;
		break;
	case PARC_ACTION_REQUEUE:
		course->requeues++;
		job->state = PARC_JOB_PENDING;
		break;
	case PARC_ACTION_END:
		job->state = PARC_JOB_ENDED;
		job->result = action->end.result;
		break;
	default:
		break;
	}
}

int course_note(struct course *course, const struct parc_event *event,
		const struct parc_actions *actions, struct parc_err *err)
{
	int32_t at = 0;
	int code = 0;

	if (event->kind == PARC_EVENT_SUBMIT)
		at = job_add(course,
			     &(struct course_job){.job = event->submit.job,
						  .submit_us = event->time_us,
						  .start_us = -1,
						  .tenant = event->submit.tenant},
			     err);
	if (at < 0)
		return at;
	for (int32_t i = 0; i < actions->count && code == 0; i++) {
		const struct parc_action *action = &actions->list[i];

		if (action->kind != PARC_ACTION_START && action->kind != PARC_ACTION_STOP &&
		    action->kind != PARC_ACTION_REQUEUE && action->kind != PARC_ACTION_END)
			continue;
		code = job_get(course, action->job, &at, err);
		if (code == 0 && at >= 0)
			action_count(course, ROLL_AT(&course->jobs, struct course_job, at), action,
				     event->time_us);
	}
	return code;
}

int32_t course_ended(const struct course *course, int64_t job)
{
	int32_t at = roll_find(&course->jobs, job);

	return at < 0 ? -1 : ROLL_AT(&course->jobs, struct course_job, at)->result;
}

/* ---- Figures */

static void job_count(struct course_figures *figures, const struct course_job *job)
{
	figures->jobs++;
	figures->started += job->start_us >= 0;
	if (job->state != PARC_JOB_ENDED) {
		figures->running += job->state == PARC_JOB_RUNNING;
		figures->waiting += job->state == PARC_JOB_PENDING;
		return;
	}
	switch (job->result) {
	case PARC_RESULT_OK:
		figures->finished++;
		break;
	case PARC_RESULT_FAILED:
		figures->failed++;
		break;
	case PARC_RESULT_TIMEOUT:
		figures->timed_out++;
		break;
	case PARC_RESULT_LOST:
		figures->lost++;
		break;
	case PARC_RESULT_IDLE:
		figures->idle++;
		break;
	case PARC_RESULT_REFUSED:
		figures->refused++;
		break;
	default:
		figures->cancelled++;
		break;
	}
}

static int figure_waits(const struct course *course, int64_t end_us, struct course_figures *figures,
			struct parc_err *err)
{
	int64_t *waits = malloc(((size_t)course->jobs.count + 1) * sizeof(*waits));
	struct stats_summary summary;
	__int128 sum = 0;
	int32_t count = 0;
	int64_t all = 0;

	if (waits == NULL)
		return parc_err_set(err, PARC_ERR_MEMORY, "no memory for waits");
	for (int32_t i = 0; i < course->jobs.count; i++) {
		const struct course_job *it = ROLL_AT(&course->jobs, struct course_job, i);

		job_count(figures, it);
		if (it->submit_us < 0 || (it->start_us < 0 && it->state == PARC_JOB_ENDED))
			continue;
		sum += (it->start_us < 0 ? end_us : it->start_us) - it->submit_us;
		all++;
		if (it->start_us >= 0)
			waits[count++] = it->start_us - it->submit_us;
	}
	summary = stats_summarise(waits, count);
	free(waits);
	figures->wait_us = (struct replay_spread){.count = count,
						  .mean = summary.mean,
						  .p50 = summary.p50,
						  .p90 = summary.p90,
						  .p99 = summary.p99,
						  .max = summary.max};
	figures->waited_mean_us = all == 0 ? 0 : stats_divide_up(sum, all);
	return 0;
}

struct tenants_listing {
	struct course_figures *figures;
	const struct parc_core *base, *core;
	struct parc_err *err;
};

static int tenant_add(void *context, int64_t number, const char *name, const char *text)
{
	struct tenants_listing *listing = context;
	struct course_figures *figures = listing->figures;
	struct parc_usage before = {0}, usage;
	struct course_tenant *list;

	(void)name;
	(void)text;
	if (parc_tenant_usage(listing->core, number, &usage) != 0)
		return 0;
	if (parc_tenant_usage(listing->base, number, &before) != 0)
		before = (struct parc_usage){0};
	list = realloc(figures->tenants,
		       ((size_t)figures->tenants_count + 1) * sizeof(*figures->tenants));
	if (list == NULL)
		return parc_err_set(listing->err, PARC_ERR_MEMORY, "no memory for tenants");
	figures->tenants = list;
	list[figures->tenants_count++] =
		(struct course_tenant){.tenant = number,
				       .held = usage.held - before.held,
				       .normal = usage.normal - before.normal};
	return 0;
}

static int by_number(const void *key, const void *tenant)
{
	int64_t number = *(const int64_t *)key,
		other = ((const struct course_tenant *)tenant)->tenant;

	return (number > other) - (number < other);
}

static void figure_tenants(const struct course *course, struct course_figures *figures)
{
	for (int32_t i = 0; i < course->jobs.count; i++) {
		const struct course_job *it = ROLL_AT(&course->jobs, struct course_job, i);
		struct course_tenant *tenant = figures->tenants_count == 0
						       ? NULL
						       : bsearch(&it->tenant, figures->tenants,
								 (size_t)figures->tenants_count,
								 sizeof(*tenant), by_number);

		if (tenant == NULL)
			continue;
		tenant->jobs++;
		if (it->start_us < 0 || it->submit_us < 0)
			continue;
		tenant->started++;
		tenant->wait_mean_us += it->start_us - it->submit_us;
	}
	for (int32_t t = 0; t < figures->tenants_count; t++)
		if (figures->tenants[t].started > 0)
			figures->tenants[t].wait_mean_us = stats_divide_up(
				figures->tenants[t].wait_mean_us, figures->tenants[t].started);
}

int course_figures(const struct course *course, struct store *store, const struct course_span *span,
		   struct course_figures *figures, struct parc_err *err)
{
	struct tenants_listing listing = {figures, span->base, span->core, err};
	int code;

	*figures = (struct course_figures){.starts = course->starts,
					   .preempted = course->preempted,
					   .requeues = course->requeues};
	for (int i = 0; i < PARC_LEDGER_COUNT; i++)
		figures->ledger[i] = parc_ledger(span->core, (enum parc_ledger)i) -
				     parc_ledger(span->base, (enum parc_ledger)i);
	figures->capacity = parc_ledger_capacity(span->core) - parc_ledger_capacity(span->base);
	code = store_name_list(store, STORE_TENANT, tenant_add, &listing, err);
	if (code == 0)
		code = figure_waits(course, span->end_us, figures, err);
	if (code == 0)
		figure_tenants(course, figures);
	return code;
}

void course_figures_deinit(struct course_figures *figures)
{
	free(figures->tenants);
	*figures = (struct course_figures){0};
}
