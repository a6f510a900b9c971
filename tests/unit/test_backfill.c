/* SPDX-License-Identifier: Apache-2.0
 *
 * EASY and conservative backfill on tiny fleets against a plain model in time (calendar.h). All
 * lengths are known, and each job ends exactly when it is expected to.
 *
 * On fleets of up to three nodes, after each step:
 *   - what is reserved can be had, and no sooner at an end;
 *   - what starts takes nothing that runs or that is reserved for another job in its time;
 *   - nobody waits who could start now without delaying a reservation;
 *   - who has a reservation starts no later than the first one said. With the order `shortest`
 *     that holds until a job of higher order arrives.
 *
 * On one node the whole schedule is reckoned a second time, by a scheduler written down here in
 * the words of docs/queue.md, and must be equal, job for job.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "parc/core.h"
#include "support/calendar.h"
#include "support/draw.h"
#include "support/kept.h"
#include "support/seeds.h"

#define JOBS   14
#define SECOND INT64_C(1000000)
#define NEVER  INT64_MAX

enum tiny_state { TINY_TO_COME, TINY_WAITS, TINY_RUNS, TINY_OVER };

struct tiny_job {
	struct want want;
	enum tiny_state state;
	int64_t arrive_us, start_us, promise_us; /* promise: of its reservation, -1: none */
	int64_t allocation;
};

struct tiny {
	uint64_t seed;
	struct parc_policy policy;
	struct parc_core *core;
	struct calendar calendar;
	struct tiny_job jobs[JOBS];
	int64_t time_us;
	int64_t reserves, backfills; /* reservations made; starts out of turn */
	int promises;		     /* 0: a reservation is no promise */
};

static void tiny_fail(const struct tiny *tiny, int32_t job, const char *what)
{
	fail_msg("seed %llu, %s, %s, %lld s, job %d: %s", (unsigned long long)tiny->seed,
		 parc_order_name(tiny->policy.order), parc_backfill_name(tiny->policy.backfill),
		 (long long)(tiny->time_us / SECOND), job + 1, what);
}

/* ---- What is drawn */

static void fleet_draw(struct draw *draw, int32_t nodes_max, struct calendar *calendar)
{
	calendar_init(calendar);
	calendar->nodes = (int32_t)draw_range(draw, 1, nodes_max);
	for (int32_t i = 0; i < calendar->nodes; i++)
		calendar->devices[i] = (int32_t)draw_range(draw, 1, 4);
}

/* Jobs that the empty fleet can hold, in order of arrival. */
static void jobs_draw(struct draw *draw, const struct calendar *fleet, struct tiny_job *jobs)
{
	int64_t arrive = 0;

	for (int32_t i = 0; i < JOBS; i++) {
		struct tiny_job *it = &jobs[i];

		memset(it, 0, sizeof(*it));
		it->arrive_us = arrive;
		it->promise_us = -1;
		it->want = (struct want){.job = i,
					 .length_us = draw_range(draw, 1, 9) * SECOND,
					 .tasks = (int32_t)draw_range(draw, 1, 3),
					 .devices = (int32_t)draw_range(draw, 1, 4)};
		while (!calendar_fits_now(fleet, &it->want, 0)) {
			it->want.tasks = (int32_t)draw_range(draw, 1, 3);
			it->want.devices = (int32_t)draw_range(draw, 1, 4);
		}
		arrive += draw_below(draw, 4) * SECOND;
	}
}

/* ---- The core */

static void action_start(struct tiny *tiny, const struct parc_action *action)
{
	int32_t job = (int32_t)action->job - 1;
	struct tiny_job *it = &tiny->jobs[job];

	calendar_clear(&tiny->calendar, job, 1);
	for (int32_t i = 0; i < action->start.count; i++) {
		struct stay stay = {.from_us = tiny->time_us,
				    .until_us = tiny->time_us + it->want.length_us,
				    .job = job,
				    .node = (int32_t)action->start.placements[i].node - 1,
				    .devices = action->start.placements[i].devices};

		if (calendar_is_taken(&tiny->calendar, &stay, 1) && tiny->promises)
			tiny_fail(tiny, job, "it starts where it delays another one");
		calendar_add(&tiny->calendar, &stay);
	}
	for (int32_t i = 0; i < job; i++)
		tiny->backfills += tiny->jobs[i].state == TINY_WAITS;
	if (it->promise_us >= 0 && tiny->time_us > it->promise_us && tiny->promises)
		tiny_fail(tiny, job, "it starts later than its reservation said");
	it->state = TINY_RUNS;
	it->start_us = tiny->time_us;
	it->allocation = action->start.allocation;
}

static void action_reserve(struct tiny *tiny, const struct parc_action *action)
{
	int32_t job = (int32_t)action->job - 1;
	struct tiny_job *it = &tiny->jobs[job];

	calendar_clear(&tiny->calendar, job, 1);
	if (action->reserve.count == 0) {
		it->promise_us = -1;
		return;
	}
	if (tiny->policy.backfill == PARC_BACKFILL_EASY)
		for (int32_t i = 0; i < JOBS; i++)
			calendar_clear(&tiny->calendar, i, 1);
	tiny->reserves++;
	if (!calendar_fits_now(&tiny->calendar, &it->want, tiny->time_us) &&
	    action->reserve.start_us !=
		    calendar_earliest(&tiny->calendar, &it->want, tiny->time_us))
		tiny_fail(tiny, job, "its reservation is not for the first time it fits");
	for (int32_t i = 0; i < action->reserve.count; i++) {
		struct stay stay = {.from_us = action->reserve.start_us,
				    .until_us = action->reserve.end_us,
				    .job = job,
				    .node = (int32_t)action->reserve.placements[i].node - 1,
				    .devices = action->reserve.placements[i].devices,
				    .reserved = 1};

		if (calendar_is_taken(&tiny->calendar, &stay, 0))
			tiny_fail(tiny, job, "another one has what is reserved for it");
		calendar_add(&tiny->calendar, &stay);
	}
	if (it->promise_us < 0)
		it->promise_us = action->reserve.start_us;
}

static void tiny_step(struct tiny *tiny, struct parc_event *event)
{
	struct parc_actions actions;
	struct parc_err err = {0};

	event->time_us = tiny->time_us;
	if (parc_step(tiny->core, event, &actions, &err) != 0)
		fail_msg("seed %llu: %s", (unsigned long long)tiny->seed, err.text);
	for (int32_t i = 0; i < actions.count; i++) {
		const struct parc_action *it = &actions.list[i];

		assert_int_not_equal(it->kind, PARC_ACTION_MORE);
		assert_int_not_equal(it->kind, PARC_ACTION_STOP);
		if (it->kind == PARC_ACTION_START)
			action_start(tiny, it);
		if (it->kind == PARC_ACTION_RESERVE)
			action_reserve(tiny, it);
	}
}

static struct kept kept;

static void tiny_init(struct tiny *tiny, uint64_t seed, const struct calendar *fleet,
		      const struct tiny_job *jobs, const struct parc_policy *policy)
{
	struct parc_limits limits = parc_limits_for(4, 64, 64);
	struct parc_event event = {.kind = PARC_EVENT_POLICY_SET};

	memset(tiny, 0, sizeof(*tiny));
	tiny->seed = seed;
	tiny->policy = *policy;
	tiny->promises = 1;
	tiny->calendar = *fleet;
	memcpy(tiny->jobs, jobs, sizeof(tiny->jobs));
	limits.shapes = 64;
	tiny->core = kept_core(&kept, &limits, seed);
	assert_non_null(tiny->core);
	event.policy = *policy;
	tiny_step(tiny, &event);
	event = (struct parc_event){.kind = PARC_EVENT_CHIP_SET};
	event.chip.rule = PARC_RULE_WHOLE;
	event.chip.memory_mib = 16;
	event.chip.step_milli = 1000;
	event.chip.rate_milli = 1000;
	event.chip.unit = 1;
	tiny_step(tiny, &event);
	for (int32_t i = 0; i < fleet->nodes; i++) {
		event = (struct parc_event){.kind = PARC_EVENT_NODE_ADD};
		event.node_add.node = i + 1;
		event.node_add.rank = i;
		event.node_add.cpu_milli = 1000;
		event.node_add.memory_mib = 1000;
		event.node_add.pools_count = 1;
		event.node_add.pools[0].devices = fleet->devices[i];
		tiny_step(tiny, &event);
	}
}

static void tiny_submit(struct tiny *tiny, int32_t job)
{
	struct tiny_job *it = &tiny->jobs[job];
	struct parc_group group = {.task = {.devices = it->want.devices, .share_milli = 1000},
				   .tasks_min = it->want.tasks,
				   .tasks_max = it->want.tasks};
	struct parc_event event = {.kind = PARC_EVENT_SUBMIT};

	it->state = TINY_WAITS;
	event.submit.job = job + 1;
	event.submit.user = 1;
	event.submit.expected_us = it->want.length_us;
	event.submit.groups_count = 1;
	event.submit.groups = &group;
	/* One of higher order may come before those that have a promise. */
	for (int32_t i = 0; i < job && tiny->policy.order == PARC_ORDER_SHORTEST; i++)
		if (tiny->jobs[i].state == TINY_WAITS &&
		    it->want.length_us < tiny->jobs[i].want.length_us)
			tiny->promises = 0;
	tiny_step(tiny, &event);
}

static void tiny_end(struct tiny *tiny, int32_t job)
{
	struct parc_event event = {.kind = PARC_EVENT_ENDED};

	tiny->jobs[job].state = TINY_OVER;
	calendar_clear(&tiny->calendar, job, 0);
	event.run.allocation = tiny->jobs[job].allocation;
	event.run.attempt = 1;
	event.run.result = PARC_RESULT_OK;
	tiny_step(tiny, &event);
}

/* The job whose end or arrival is next, ends first; -1: none. */
static int32_t event_next(const struct tiny_job *jobs, int64_t *time_us)
{
	int32_t next = -1;

	*time_us = NEVER;
	for (int32_t i = 0; i < JOBS; i++) {
		const struct tiny_job *it = &jobs[i];
		int64_t at = it->state == TINY_TO_COME ? it->arrive_us
			     : it->state == TINY_RUNS  ? it->start_us + it->want.length_us
						       : NEVER;

		if (at < *time_us || (at != NEVER && at == *time_us && it->state == TINY_RUNS &&
				      jobs[next].state == TINY_TO_COME)) {
			next = i;
			*time_us = at;
		}
	}
	return next;
}

/* Nobody waits who could start without delaying a reservation. */
static void tiny_check_idle(const struct tiny *tiny)
{
	for (int32_t i = 0; i < JOBS; i++)
		if (tiny->jobs[i].state == TINY_WAITS &&
		    calendar_fits_now(&tiny->calendar, &tiny->jobs[i].want, tiny->time_us))
			tiny_fail(tiny, i, "it waits and could start");
}

static void tiny_run(struct tiny *tiny)
{
	struct parc_err err = {0};
	int32_t job;

	while ((job = event_next(tiny->jobs, &tiny->time_us)) >= 0) {
		if (tiny->jobs[job].state == TINY_RUNS)
			tiny_end(tiny, job);
		else
			tiny_submit(tiny, job);
		tiny_check_idle(tiny);
	}
	for (int32_t i = 0; i < JOBS; i++)
		if (tiny->jobs[i].state != TINY_OVER)
			tiny_fail(tiny, i, "it never ran");
	if (parc_core_check(tiny->core, &err) != 0)
		fail_msg("seed %llu: %s", (unsigned long long)tiny->seed, err.text);
}

static void properties_check(int32_t order, int32_t backfill, int32_t reserve_max)
{
	struct parc_policy policy = {.place = PARC_PLACE_FIRST_FIT,
				     .order = order,
				     .backfill = backfill,
				     .reserve_max = reserve_max};
	int64_t reserves = 0, backfills = 0;

	for (uint64_t seed = 1; seed <= SEEDS(1500); seed++) {
		struct tiny_job jobs[JOBS];
		struct calendar fleet;
		struct draw draw;
		struct tiny tiny;

		draw_seed(&draw, seed);
		fleet_draw(&draw, 3, &fleet);
		jobs_draw(&draw, &fleet, jobs);
		policy.place = (int32_t)draw_range(&draw, PARC_PLACE_PARC, PARC_PLACE_FGD);
		tiny_init(&tiny, seed, &fleet, jobs, &policy);
		tiny_run(&tiny);
		reserves += tiny.reserves;
		backfills += tiny.backfills;
	}
	/* The test is about both. */
	assert_true(reserves > SEEDS(2000) && backfills > SEEDS(2000));
}

/* ---- The second scheduler, for one node and the order of arrival */

#define LONG (1000000 * SECOND) /* longer than all that is reserved */

struct second {
	struct calendar calendar;
	struct tiny_job jobs[JOBS];
	int64_t time_us;
};

/* Start the job if it can be had for so long; it takes devices that it could have so long. */
static int second_start(struct second *second, int32_t job, int64_t length_us)
{
	struct calendar *calendar = &second->calendar;
	struct tiny_job *it = &second->jobs[job];
	struct want want = it->want;

	want.length_us = length_us;
	if (it->state != TINY_WAITS || !calendar_fits_now(calendar, &want, second->time_us))
		return 0;
	calendar_clear(calendar, job, 1);
	calendar_book(calendar, &want, second->time_us, 1, 0);
	for (int32_t i = 0; i < calendar->stays_count; i++)
		if (calendar->stays[i].job == job)
			calendar->stays[i].until_us = second->time_us + it->want.length_us;
	it->state = TINY_RUNS;
	it->start_us = second->time_us;
	it->promise_us = -1;
	return 1;
}

static void second_reserve(struct second *second, int32_t job)
{
	struct tiny_job *it = &second->jobs[job];

	if (it->promise_us >= 0)
		return;
	it->promise_us = calendar_earliest(&second->calendar, &it->want, second->time_us);
	calendar_book(&second->calendar, &it->want, it->promise_us, 0, 1);
}

static int is_alike(const struct want *a, const struct want *b)
{
	return a->tasks == b->tasks && a->devices == b->devices;
}

/* Each in order, for any length; the first that cannot start has a reservation. Then those that
 * are short enough, one kind of job after the other. */
static void second_easy(struct second *second)
{
	int32_t waiting = 0;

	for (int32_t i = 0; i < JOBS; i++) {
		if (second->jobs[i].state != TINY_WAITS || second_start(second, i, LONG))
			continue;
		if (waiting++ == 0)
			second_reserve(second, i);
	}
	for (int32_t i = 0; i < JOBS; i++) {
		if (second->jobs[i].state != TINY_WAITS)
			continue;
		for (int32_t k = i; k < JOBS; k++)
			if (is_alike(&second->jobs[i].want, &second->jobs[k].want))
				second_start(second, k, second->jobs[k].want.length_us);
	}
}

/* Each in order: it starts, best where nothing is reserved, or has a reservation from its arrival
 * on. */
static void second_conservative(struct second *second)
{
	for (int32_t i = 0; i < JOBS; i++) {
		struct tiny_job *it = &second->jobs[i];

		if (it->state != TINY_WAITS)
			continue;
		if (it->promise_us < 0 && second_start(second, i, LONG))
			continue;
		if (!second_start(second, i, it->want.length_us))
			second_reserve(second, i);
	}
}

static void second_run(struct second *second, int32_t backfill)
{
	int32_t job;

	while ((job = event_next(second->jobs, &second->time_us)) >= 0) {
		struct tiny_job *it = &second->jobs[job];

		if (it->state == TINY_RUNS)
			calendar_clear(&second->calendar, job, 0);
		it->state = it->state == TINY_RUNS ? TINY_OVER : TINY_WAITS;
		if (backfill == PARC_BACKFILL_EASY)
			second_easy(second);
		else
			second_conservative(second);
	}
}

static void schedules_compare(int32_t backfill)
{
	struct parc_policy policy = {.place = PARC_PLACE_FIRST_FIT, .backfill = backfill};

	for (uint64_t seed = 1; seed <= SEEDS(3000); seed++) {
		struct second second = {0};
		struct draw draw;
		struct tiny tiny;

		draw_seed(&draw, seed);
		fleet_draw(&draw, 1, &second.calendar);
		jobs_draw(&draw, &second.calendar, second.jobs);
		tiny_init(&tiny, seed, &second.calendar, second.jobs, &policy);
		tiny_run(&tiny);
		second_run(&second, backfill);
		for (int32_t i = 0; i < JOBS; i++)
			if (tiny.jobs[i].start_us != second.jobs[i].start_us)
				tiny_fail(&tiny, i,
					  "the second scheduler starts it at another time");
	}
}

static void test_easy_job_for_job(void **state)
{
	(void)state;
	schedules_compare(PARC_BACKFILL_EASY);
}

static void test_conservative_job_for_job(void **state)
{
	(void)state;
	schedules_compare(PARC_BACKFILL_CONSERVATIVE);
}

static void test_easy_in_order_of_arrival(void **state)
{
	(void)state;
	properties_check(PARC_ORDER_FIFO, PARC_BACKFILL_EASY, 0);
}

static void test_easy_shortest_first(void **state)
{
	(void)state;
	properties_check(PARC_ORDER_SHORTEST, PARC_BACKFILL_EASY, 0);
}

static void test_conservative_in_order_of_arrival(void **state)
{
	(void)state;
	properties_check(PARC_ORDER_FIFO, PARC_BACKFILL_CONSERVATIVE, 0);
}

static void test_conservative_with_few_reservations(void **state)
{
	(void)state;
	properties_check(PARC_ORDER_FIFO, PARC_BACKFILL_CONSERVATIVE, 2);
}

static void test_conservative_shortest_first(void **state)
{
	(void)state;
	properties_check(PARC_ORDER_SHORTEST, PARC_BACKFILL_CONSERVATIVE, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_easy_in_order_of_arrival),
		cmocka_unit_test(test_easy_shortest_first),
		cmocka_unit_test(test_conservative_in_order_of_arrival),
		cmocka_unit_test(test_conservative_with_few_reservations),
		cmocka_unit_test(test_conservative_shortest_first),
		cmocka_unit_test(test_easy_job_for_job),
		cmocka_unit_test(test_conservative_job_for_job),
	};
	int failed = cmocka_run_group_tests(tests, NULL, NULL);

	kept_free(&kept);
	return failed;
}
