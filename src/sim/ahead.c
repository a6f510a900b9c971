/* SPDX-License-Identifier: Apache-2.0
 *
 * What allocations will report stands in a heap of virtual time: that they started, that they are
 * ready, that they ended or have stopped. Between these the core is woken when it asks for it.
 */
#include "sim/ahead.h"

#include <stdlib.h>

#include "parc/run.h"
#include "sim/clock.h"

#define LOOK_STEPS 16 /* between two looks at the real clock */
#define QUIET_US                                                                         \
	(INT64_C(86400) * 1000000) /* with nothing that ends: nothing will start, either \
				    */

/* What an entry of the heap stands for. */
enum { DUE_STARTED, DUE_READY, DUE_END, DUE_STOPPED };

struct running {
	struct ahead *ahead;
	struct parc_core *core;
	struct clock clock;
	int64_t now_us, reported_us; /* reported: of the last report */
};

static int run_add(struct running *running, const struct parc_run *run, int is_first,
		   struct parc_err *err)
{
	struct ahead *ahead = running->ahead;
	int64_t now_us = running->now_us;
	int64_t end_us = run->end_us > now_us ? run->end_us : run->limit_us;

	if (run->state == PARC_JOB_STARTING)
		return clock_push(&running->clock, now_us, run->allocation, DUE_STARTED, err);
	if (run->state == PARC_JOB_STOPPING)
		return clock_push(&running->clock, now_us, run->allocation, DUE_STOPPED, err);
	if (end_us != PARC_NEVER)
		return clock_push(&running->clock, end_us > now_us ? end_us : now_us,
				  run->allocation, DUE_END, err);
	ahead->unknown += is_first;
	ahead->unknown_begun += !is_first;
	return 0;
}

static int begin(struct running *running, struct parc_err *err)
{
	struct parc_run run;
	int32_t index = 0;
	int code = 0;

	while (code == 0 && parc_run_at(running->core, &index, &run) == 0) {
		running->ahead->runs++;
		code = run_add(running, &run, 1, err);
	}
	return code;
}

static int action_take(struct running *running, const struct parc_action *action,
		       struct parc_err *err)
{
	struct ahead *ahead = running->ahead;

	if (action->kind == PARC_ACTION_STOP)
		return clock_push(&running->clock, running->now_us, action->stop.allocation,
				  DUE_STOPPED, err);
	if (action->kind != PARC_ACTION_START)
		return 0;
	ahead->starts[ahead->starts_count++] = (struct ahead_start){action->job, running->now_us};
	return clock_push(&running->clock, running->now_us, action->start.allocation, DUE_STARTED,
			  err);
}

static int step(struct running *running, struct parc_event *event, struct parc_err *err)
{
	struct parc_actions actions;
	int code;

	event->time_us = running->now_us;
	code = parc_step(running->core, event, &actions, err);
	for (int32_t i = 0; code == 0 && i < actions.count; i++) {
		if (running->ahead->starts_count == running->ahead->starts_max)
			break; /* the loop ends there */
		code = action_take(running, &actions.list[i], err);
	}
	return code;
}

/* What one allocation reports; passed over when it is over, or about to stop. */
static int due_take(struct running *running, const struct clock_entry *due, struct parc_err *err)
{
	static const int32_t kinds[] = {PARC_EVENT_STARTED, PARC_EVENT_READY, PARC_EVENT_ENDED,
					PARC_EVENT_STOPPED};
	struct parc_event event = {.kind = kinds[due->job]};
	struct parc_run run;
	int code;

	if (parc_run_info(running->core, due->allocation, &run) != 0 ||
	    (run.state == PARC_JOB_STOPPING) != (due->job == DUE_STOPPED))
		return 0;
	event.run.allocation = due->allocation;
	event.run.attempt = run.attempt;
	event.run.result = due->job == DUE_END ? PARC_RESULT_OK : PARC_RESULT_NONE;
	code = step(running, &event, err);
	if (code == 0 && due->job == DUE_STARTED)
		code = clock_push(&running->clock, running->now_us, due->allocation, DUE_READY,
				  err);
	if (code == 0 && due->job == DUE_READY &&
	    parc_run_info(running->core, due->allocation, &run) == 0)
		code = run_add(running, &run, 0, err);
	return code;
}

static int next(struct running *running, struct parc_err *err)
{
	int64_t wake_us = parc_wake(running->core), due_us = clock_next_us(&running->clock);
	int64_t next_us = due_us <= wake_us ? due_us : wake_us;
	struct parc_event event = {.kind = PARC_EVENT_TIME};
	struct clock_entry due;

	running->now_us = next_us > running->now_us ? next_us : running->now_us;
	if (due_us > wake_us)
		return step(running, &event, err);
	running->reported_us = running->now_us;
	due = clock_pop(&running->clock);
	return due_take(running, &due, err);
}

/* Is there more to look for? Sets why not. */
static int goes_on(struct running *running, int64_t real_end_ns, int64_t steps)
{
	struct ahead *ahead = running->ahead;
	int64_t wake_us = parc_wake(running->core), due_us = clock_next_us(&running->clock);
	int64_t next_us = due_us <= wake_us ? due_us : wake_us;

	ahead->stop = AHEAD_DONE;
	if (parc_count(running->core, PARC_COUNT_WAITING) == 0 || next_us == PARC_NEVER ||
	    (due_us == PARC_NEVER && next_us - running->reported_us > QUIET_US))
		return 0;
	ahead->stop = AHEAD_HORIZON;
	if (next_us > ahead->horizon_us)
		return 0;
	ahead->stop = AHEAD_BOUND;
	return ahead->starts_count < ahead->starts_max &&
	       (steps % LOOK_STEPS != 0 || clock_real_ns() < real_end_ns);
}

static int by_job(const void *a, const void *b)
{
	const struct ahead_start *one = a, *other = b;

	if (one->job != other->job)
		return one->job < other->job ? -1 : 1;
	return (one->start_us > other->start_us) - (one->start_us < other->start_us);
}

int ahead_run(struct ahead *ahead, struct parc_core *core, int64_t now_us, struct parc_err *err)
{
	struct running running = {
		.ahead = ahead, .core = core, .now_us = now_us, .reported_us = now_us};
	int64_t real_end_ns = clock_real_ns() + ahead->real_us * 1000;
	int code = clock_init(&running.clock, 1024, err);

	ahead->starts_count = ahead->runs = ahead->unknown = ahead->unknown_begun = 0;
	if (code == 0)
		code = begin(&running, err);
	for (int64_t steps = 0; code == 0 && goes_on(&running, real_end_ns, steps); steps++)
		code = next(&running, err);
	ahead->until_us = running.now_us;
	clock_deinit(&running.clock);
	qsort(ahead->starts, (size_t)ahead->starts_count, sizeof(*ahead->starts), by_job);
	return code;
}

int64_t ahead_find(const struct ahead *ahead, int64_t job)
{
	int32_t low = 0, high = ahead->starts_count;

	while (low < high) {
		int32_t middle = low + (high - low) / 2;

		if (ahead->starts[middle].job < job)
			low = middle + 1;
		else
			high = middle;
	}
	return low < ahead->starts_count && ahead->starts[low].job == job
		       ? ahead->starts[low].start_us
		       : PARC_NEVER;
}
