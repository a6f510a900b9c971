/* SPDX-License-Identifier: Apache-2.0
 *
 * Trying one job: on what nobody has reserved, on what is reserved for it, and on what is reserved
 * for others or kept by windows from when it will have ended. A try that fails leaves no trace.
 * Cost: a plan; where holds are lifted for it also two filings of each node that this concerns.
 */
#include "core/act.h"
#include "core/closure.h"
#include "core/job.h"
#include "core/line.h"
#include "core/node.h"
#include "core/order.h"
#include "core/plan.h"
#include "core/queue.h"
#include "core/quota.h"
#include "core/reserve.h"

/* The job, started now, may use its own windows, and what others keep from its end on. */
static void closures_of(const struct parc_core *core, int32_t job, struct window *window)
{
	window->member = job + 1;
	window->closed_us = order_end_most_us(core, job, core->time_us);
}

/* Will the job have ended, on the chips where it is planned, before what was lifted is needed? */
static int ends_within(const struct parc_core *core, int32_t job, int32_t first,
		       const struct window *window)
{
	int32_t speed =
		order_speed(core, job, &core->placements[first], core->placements_count - first);

	return window->until_us == INT64_MIN ||
	       order_end_us(core, job, core->time_us, speed) <= window->until_us;
}

/* The same with what is kept in the window lifted: planned, taken back and, when the holds are in
 * force again, taken. */
static int32_t try_lifted(struct parc_core *core, int32_t job, const struct window *window)
{
	int32_t first = core->placements_count, count, reason;

	reason = quota_bars(core, job);
	if (reason != PARC_REASON_NONE)
		return reason;
	if (reserve_lift(core, window) == 0 && window->except < 0)
		return PARC_REASON_RESERVATION; /* as before */
	reason = plan_job(core, job);
	if (reason == PARC_REASON_NONE)
		quota_trim(core, job, first);
	count = core->placements_count - first;
	if (reason == PARC_REASON_NONE) {
		if (!ends_within(core, job, first, window))
			reason = PARC_REASON_RESERVATION;
		plan_undo(core, first);
	}
	reserve_unlift(core);
	if (reason != PARC_REASON_NONE)
		return reason;
	for (int32_t i = 0; i < count; i++) {
		struct task task;

		task_of_placement(core, &core->placements[first + i], &task);
		node_take(core, &task, job_spec(core, job)->user, NULL);
	}
	core->placements_count = first + count;
	act_start(core, job, first);
	return reason;
}

/* Would the job fit if no window kept anything? Then it waits for one. */
static int32_t closure_reason(struct parc_core *core, int32_t job, int32_t reason)
{
	struct window open = {.except = core->jobs[job].reservation,
			      .from_us = INT64_MIN,
			      .until_us = PARC_NEVER,
			      .closed_us = INT64_MIN};
	int32_t first = core->placements_count;
	int fits;

	if (!closure_is_any(core) || line_is_barred(reason))
		return reason;
	reserve_lift(core, &open);
	fits = plan_job(core, job) == PARC_REASON_NONE;
	if (fits) {
		reason = reserve_closed_reason(core, &core->placements[first],
					       core->placements_count - first);
		plan_undo(core, first);
	}
	reserve_unlift(core);
	return reason;
}

/* Try the job on what it may use of windows, and on what they keep for later than its end. */
static int32_t closure_try(struct parc_core *core, int32_t job, int32_t reason)
{
	struct window window = {.except = -1, .from_us = INT64_MIN, .until_us = PARC_NEVER};

	closures_of(core, job, &window);
	if (try_lifted(core, job, &window) == PARC_REASON_NONE)
		return PARC_REASON_NONE;
	return closure_reason(core, job, reason);
}

/* Place the job and start it; else the reason. */
int32_t queue_try(struct parc_core *core, int32_t job)
{
	int32_t first = core->placements_count;
	int32_t reason = quota_bars(core, job);

	if (reason != PARC_REASON_NONE)
		return reason;
	reason = plan_job(core, job);
	if (reason != PARC_REASON_NONE)
		return closure_is_any(core) && !line_is_barred(reason)
			       ? closure_try(core, job, reason)
			       : reason;
	quota_trim(core, job, first);
	act_start(core, job, first);
	return reason;
}

int queue_try_planned(struct parc_core *core, int32_t job, const struct parc_action *plan)
{
	struct window window = WINDOW_ALWAYS;

	if (plan->reserve.end_us == PARC_NEVER ||
	    core->placements_max - core->placements_count < job_tasks_max(core, job))
		return 0;
	window.except = core->jobs[job].reservation;
	closures_of(core, job, &window);
	window.until_us = core->time_us + (plan->reserve.end_us - plan->reserve.start_us);
	return window.until_us < order_end_most_us(core, job, core->time_us) &&
	       try_lifted(core, job, &window) == PARC_REASON_NONE;
}

int queue_fits(struct parc_core *core, int32_t job)
{
	struct window window = WINDOW_ALWAYS;
	int32_t first = core->placements_count;
	int fits;

	closures_of(core, job, &window);
	if (closure_is_any(core))
		reserve_lift(core, &window);
	fits = plan_job(core, job) == PARC_REASON_NONE;
	if (fits)
		plan_undo(core, first);
	reserve_unlift(core);
	return fits;
}

int32_t queue_try_short(struct parc_core *core, int32_t job)
{
	struct window window = {.except = core->jobs[job].reservation,
				.from_us = INT64_MIN,
				.until_us = order_end_most_us(core, job, core->time_us)};

	closures_of(core, job, &window);
	return try_lifted(core, job, &window);
}

/* Try a job whose turn is before that of the only one with a reservation: what is kept is his. */
static int32_t try_before_holder(struct parc_core *core, int32_t job, int32_t holder)
{
	struct window his = WINDOW_ALWAYS;
	int32_t reason = queue_try(core, job);

	his.except = core->jobs[holder].reservation;
	if (reason != PARC_REASON_NONE)
		closures_of(core, job, &his);
	if (reason == PARC_REASON_NONE || try_lifted(core, job, &his) != PARC_REASON_NONE)
		return reason;
	core->disrupted = 1;
	core->allocations[holder].planned = 0;
	line_ready(core, core->jobs[holder].line);
	return PARC_REASON_NONE;
}

int32_t queue_try_in_turn(struct parc_core *core, int32_t job)
{
	struct window window = WINDOW_ALWAYS;
	int32_t holder = core->rules.backfill == PARC_BACKFILL_EASY ? reserve_holder(core) : -1;
	int32_t reason;

	window.except = core->jobs[job].reservation;
	closures_of(core, job, &window);
	if (window.except >= 0) {
		const struct reservation *own = &core->reservations[window.except];

		if (own->end_us != PARC_NEVER)
			window.until_us = core->time_us + (own->end_us - own->start_us);
		reason = try_lifted(core, job, &window);
		if (reason == PARC_REASON_RESERVATION) {
			/* It fits on a chip where it takes longer than where it has reserved. */
			window.until_us = order_end_most_us(core, job, core->time_us);
			reason = try_lifted(core, job, &window);
		}
		return reason == PARC_REASON_NONE ? reason : closure_reason(core, job, reason);
	}
	if (holder >= 0 && line_job_is_before(core, job, holder))
		return try_before_holder(core, job, holder);
	return queue_try(core, job);
}
