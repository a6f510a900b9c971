/* SPDX-License-Identifier: Apache-2.0
 *
 * The churn experiment: a loop over virtual time. The next thing is an end (from the heap), an
 * arrival (from the list) or the core's wish to be woken, in this order at equal times. What the
 * core starts is answered with STARTED at once, and ends when its length is over. Costs, beside
 * the core: a heap operation and a booking in the mirror for each task.
 */
#include "sim/churn.h"

#include <stdlib.h>

#include "base/assert.h"
#include "sim/clock.h"
#include "sim/mirror.h"
#include "sim/stage.h"

#define CHURN_CHECK_EVERY 5000	    /* steps between two checks of the invariants */
#define CHURN_WAKES_MAX	  1000	    /* wakes in a row without virtual time going on */
#define CHURN_TASKS_MAX	  (1 << 24) /* of all gangs of one seed */

struct job {
	int64_t first;	    /* its placements in run.placements, as many as the gang has tasks */
	int64_t start_us;   /* first start, -1: none yet */
	int64_t allocation; /* held now, PARC_NONE: none */
	int32_t attempt;
};

/* What the engine owes the core: STARTED or STOPPED of a job. */
struct debt {
	int32_t job, kind;
};

struct run {
	const struct churn_config *config;
	struct churn_result *result;
	int32_t *rows, rows_count; /* rows that fit somewhere on the empty fleet */
	struct mirror mirror;
	struct stage stage;
	struct clock clock;
	struct arrivals arrivals;
	struct job *jobs; /* one for each of arrivals.list */
	struct debt *debts;
	struct parc_placement *placements; /* of all jobs */
	int32_t debts_count, next_arrival, wakes;
	int64_t now_us, measure_from_us, allocated_milli, steps;
	__int128 area; /* of the allocation over the measured span */
};

static const struct tasks_row *job_row(const struct run *run, int32_t job)
{
	return &run->config->tasks->rows[run->arrivals.list[job].row];
}

static int64_t placement_milli(const struct parc_placement *placement)
{
	return (int64_t)__builtin_popcount(placement->devices) * placement->share_milli;
}

/* Let virtual time go on, and integrate the allocation over the part that is measured. */
static void advance(struct run *run, int64_t time_us)
{
	int64_t from_us = run->now_us > run->measure_from_us ? run->now_us : run->measure_from_us;
	ASSERT(time_us >= run->now_us);
	if (time_us > from_us)
		run->area += (__int128)run->allocated_milli * (time_us - from_us);
	if (time_us > run->now_us)
		run->wakes = 0;
	run->now_us = time_us;
}

static void owe(struct run *run, int32_t job, int kind)
{
	ASSERT(run->debts_count < 2 * run->arrivals.count);
	run->debts[run->debts_count++] = (struct debt){.job = job, .kind = kind};
}

static int book_start(struct run *run, int32_t at, const struct parc_action *action,
		      struct parc_err *err)
{
	struct parc_placement *placements = run->placements + run->jobs[at].first;
	for (int32_t i = 0; i < action->start.count; i++) {
		placements[i] = action->start.placements[i];
		int code = mirror_place(&run->mirror, &job_row(run, at)->task, &placements[i], err);
		if (code)
			return code;
		run->allocated_milli += placement_milli(&placements[i]);
	}
	return 0;
}

static int take_start(struct run *run, int32_t at, const struct parc_action *action,
		      struct parc_err *err)
{
	struct job *job = &run->jobs[at];
	if (action->start.count != job_row(run, at)->gang || job->allocation != PARC_NONE)
		return parc_err_set(err, PARC_ERR_MISMATCH, "job %d was started twice or not whole",
				    at + 1);
	job->allocation = action->start.allocation;
	job->attempt = action->start.attempt;
	if (job->start_us < 0)
		job->start_us = run->now_us;
	owe(run, at, PARC_EVENT_STARTED);
	int code = book_start(run, at, action, err);
	if (code)
		return code;
	return clock_push(&run->clock, run->now_us + run->arrivals.list[at].length_us,
			  job->allocation, at, err);
}

static int take_action(struct run *run, const struct parc_action *action, struct parc_err *err)
{
	ASSERT(action->job <= run->arrivals.count);
	int32_t at = (int32_t)(action->job - 1);
	if (action->kind == PARC_ACTION_START)
		return take_start(run, at, action, err);
	if (action->kind == PARC_ACTION_STOP)
		owe(run, at, PARC_EVENT_STOPPED);
	if (action->kind == PARC_ACTION_END && action->end.result == PARC_RESULT_REFUSED)
		return parc_err_set(err, PARC_ERR_MISMATCH,
				    "the core refused job %d, which may wait", at + 1);
	return 0;
}

static int take_actions(struct run *run, const struct parc_actions *actions, struct parc_err *err)
{
	int32_t every = run->config->check_every > 0 ? run->config->check_every : CHURN_CHECK_EVERY;

	for (int32_t i = 0; i < actions->count; i++) {
		int code = actions->list[i].job == PARC_NONE
				   ? 0
				   : take_action(run, &actions->list[i], err);
		if (code)
			return code;
	}
	run->steps++;
	if (run->config->check && run->steps % every == 0)
		return stage_check(&run->stage, err);
	return 0;
}

static void give_back(struct run *run, int32_t at)
{
	const struct parc_placement *placements = run->placements + run->jobs[at].first;
	for (int32_t i = 0; i < job_row(run, at)->gang; i++) {
		mirror_release(&run->mirror, &placements[i]);
		run->allocated_milli -= placement_milli(&placements[i]);
	}
	run->jobs[at].allocation = PARC_NONE;
}

/* Tell the core about a job's allocation: STARTED, STOPPED or ENDED. */
static int report_run(struct run *run, int32_t at, int kind, struct parc_err *err)
{
	struct job *job = &run->jobs[at];
	struct parc_actions actions;
	struct parc_event event = {.time_us = run->now_us, .kind = kind};
	event.run.allocation = job->allocation;
	event.run.attempt = job->attempt;
	event.run.result = kind == PARC_EVENT_ENDED ? PARC_RESULT_OK : PARC_RESULT_NONE;
	event.run.busy_milli = -1;
	if (kind != PARC_EVENT_STARTED)
		give_back(run, at);
	int code = stage_step(&run->stage, &event, &actions, err);
	return code ? code : take_actions(run, &actions, err);
}

/* The engine carries out at once what the core has decided. */
static int pay_debts(struct run *run, struct parc_err *err)
{
	for (int32_t i = 0; i < run->debts_count; i++) {
		struct debt debt = run->debts[i];
		if (run->jobs[debt.job].allocation == PARC_NONE)
			continue;
		int code = report_run(run, debt.job, debt.kind, err);
		if (code)
			return code;
	}
	run->debts_count = 0;
	return 0;
}

static int end_job(struct run *run, struct parc_err *err)
{
	struct clock_entry entry = clock_pop(&run->clock);
	advance(run, entry.time_us);
	if (run->jobs[entry.job].allocation != entry.allocation)
		return 0;
	return report_run(run, entry.job, PARC_EVENT_ENDED, err);
}

static int submit_job(struct run *run, struct parc_err *err)
{
	int32_t at = run->next_arrival++;
	struct parc_actions actions;
	struct stage_job job = {.job = at + 1, .row = job_row(run, at)};
	advance(run, run->arrivals.list[at].time_us);
	job.time_us = run->now_us;
	int code = stage_submit(&run->stage, &job, &actions, err);
	if (!code)
		code = take_actions(run, &actions, err);
	if (!code && run->config->halfway && at == run->arrivals.count / 2)
		code = stage_move(&run->stage, err);
	return code;
}

static int wake_core(struct run *run, int64_t wake_us, struct parc_err *err)
{
	struct parc_actions actions;
	advance(run, wake_us > run->now_us ? wake_us : run->now_us);
	struct parc_event event = {.time_us = run->now_us, .kind = PARC_EVENT_TIME};
	if (++run->wakes > CHURN_WAKES_MAX)
		return parc_err_set(err, PARC_ERR_MISMATCH,
				    "the core wants to be woken again and again at one time");
	int code = stage_step(&run->stage, &event, &actions, err);
	return code ? code : take_actions(run, &actions, err);
}

static int step_next(struct run *run, struct parc_err *err)
{
	int64_t arrival_us = run->arrivals.list[run->next_arrival].time_us;
	int64_t end_us = clock_next_us(&run->clock);
	int64_t wake_us = parc_wake(run->stage.core);
	int code;
	if (wake_us < arrival_us && wake_us < end_us)
		code = wake_core(run, wake_us, err);
	else if (end_us <= arrival_us)
		code = end_job(run, err);
	else
		code = submit_job(run, err);
	return code ? code : pay_debts(run, err);
}

static int64_t measured_wait(const struct run *run, int32_t at)
{
	int64_t until_us = run->jobs[at].start_us >= 0 ? run->jobs[at].start_us : run->now_us;
	return until_us - run->arrivals.list[at].time_us;
}

static int is_wide(const struct tasks_row *row)
{
	return (int64_t)row->gang * row->task.devices >= CHURN_WIDE_DEVICES;
}

static void measure_waits(const struct run *run, struct churn_waits *waits, int wide_only,
			  int64_t *values)
{
	int32_t count = 0;
	for (int32_t i = run->arrivals.population; i < run->arrivals.count; i++) {
		if (run->arrivals.list[i].time_us < run->measure_from_us ||
		    (wide_only && !is_wide(job_row(run, i))))
			continue;
		values[count++] = measured_wait(run, i);
		waits->started += run->jobs[i].start_us >= 0;
	}
	waits->arrived = count;
	waits->wait = stats_summarise(values, count);
}

/* Work that arrived in the measured span, as a part of what the fleet could do in it. */
static int64_t measure_offered(const struct run *run, int64_t span_us)
{
	__int128 work = 0, capacity = (__int128)run->result->capacity_milli * span_us;
	for (int32_t i = run->arrivals.population; i < run->arrivals.count; i++) {
		const struct tasks_row *row = job_row(run, i);
		if (run->arrivals.list[i].time_us >= run->measure_from_us)
			work += (__int128)row->gang * row->task.devices * row->task.share_milli *
				run->arrivals.list[i].length_us;
	}
	return capacity ? (int64_t)(work * 100 * CHURN_SCALE / capacity) : 0;
}

static int measure(struct run *run, struct churn_seed *seed, struct parc_err *err)
{
	int64_t *values = malloc((size_t)run->arrivals.count * sizeof(*values));
	int64_t span_us = run->arrivals.end_us - run->measure_from_us;
	__int128 capacity = (__int128)run->result->capacity_milli * span_us;
	if (!values)
		return parc_err_set(err, PARC_ERR_MEMORY, "no memory for %d waits",
				    run->arrivals.count);
	measure_waits(run, &seed->all, 0, values);
	measure_waits(run, &seed->wide, 1, values);
	free(values);
	seed->span_us = span_us;
	seed->allocated = capacity ? (int64_t)(run->area * 100 * CHURN_SCALE / capacity) : 0;
	seed->offered = measure_offered(run, span_us);
	seed->decisions = run->steps;
	seed->digest = parc_digest(run->stage.core);
	seed->deciding_ns = run->stage.deciding_ns;
	seed->queue_end = parc_count(run->stage.core, PARC_COUNT_PENDING);
	return run->stage.record ? record_digest(run->stage.record, seed->digest, err) : 0;
}

static void init_jobs(struct run *run)
{
	int64_t first = 0;
	for (int32_t i = 0; i < run->arrivals.count; i++) {
		run->jobs[i] = (struct job){.start_us = -1, .first = first};
		first += job_row(run, i)->gang;
	}
	run->debts_count = run->next_arrival = run->wakes = 0;
	run->now_us = run->allocated_milli = run->steps = 0;
	run->measure_from_us = run->arrivals.end_us / 3;
	run->area = 0;
	mirror_reset(&run->mirror);
}

/* Tasks of all gangs that ever arrive; more than could ever run at one time. */
static int64_t count_tasks(const struct run *run)
{
	int64_t count = 0;
	for (int32_t i = 0; i < run->arrivals.count; i++)
		count += job_row(run, i)->gang;
	return count;
}

static int alloc_seed(struct run *run, struct parc_err *err)
{
	size_t count = (size_t)run->arrivals.count;
	int64_t tasks = count_tasks(run);
	if (tasks > CHURN_TASKS_MAX)
		return parc_err_set(err, PARC_ERR_INVALID,
				    "%lld tasks arrive in gangs; at most %d are possible",
				    (long long)tasks, CHURN_TASKS_MAX);
	run->jobs = malloc(count * sizeof(*run->jobs));
	run->debts = malloc(2 * count * sizeof(*run->debts));
	run->placements = malloc((size_t)tasks * sizeof(*run->placements));
	if (!run->jobs || !run->debts || !run->placements)
		return parc_err_set(err, PARC_ERR_MEMORY, "no memory for %zu jobs", count);
	return 0;
}

static int init_seed(struct run *run, const struct order_seed *order, struct parc_err *err)
{
	const struct churn_config *config = run->config;
	struct stage_setup setup = {.fleet = config->fleet,
				    .ranks = order->ranks_count ? order->ranks : NULL,
				    .demand = config->tell_demand ? config->demand : NULL,
				    .record = config->record,
				    .seed = (uint64_t)order->seed,
				    .place = config->place,
				    .jobs_max = run->arrivals.count,
				    .tasks_max = (int32_t)count_tasks(run)};
	int code = alloc_seed(run, err);
	if (code)
		return code;
	init_jobs(run);
	code = clock_init(&run->clock, run->arrivals.population + 1, err);
	return code ? code : stage_init(&run->stage, &setup, err);
}

static void deinit_seed(struct run *run)
{
	stage_deinit(&run->stage);
	clock_deinit(&run->clock);
	arrivals_deinit(&run->arrivals);
	free(run->jobs);
	free(run->debts);
	free(run->placements);
	run->placements = NULL;
	run->jobs = NULL;
	run->debts = NULL;
}

static int make_arrivals(struct run *run, uint64_t seed, struct parc_err *err)
{
	const struct churn_config *config = run->config;
	struct arrivals_config made = {.tasks = config->tasks,
				       .rows = run->rows,
				       .rows_count = run->rows_count,
				       .count = config->arrivals,
				       .load_milli = config->load_milli,
				       .lengths = config->lengths,
				       .capacity_milli = run->result->capacity_milli,
				       .seed = seed};
	if (made.count == 0)
		made.count = arrivals_in_hours(&made, config->hours);
	return arrivals_init(&run->arrivals, &made, err);
}

static int run_seed(struct run *run, const struct order_seed *order, struct churn_seed *seed,
		    struct parc_err *err)
{
	seed->seed = order->seed;
	int code = make_arrivals(run, (uint64_t)order->seed, err);
	if (!code)
		code = init_seed(run, order, err);
	while (!code && run->next_arrival < run->arrivals.count)
		code = step_next(run, err);
	if (!code)
		code = measure(run, seed, err);
	deinit_seed(run);
	return code;
}

static void add_waits(struct churn_waits *sum, const struct churn_waits *waits)
{
	sum->arrived += waits->arrived;
	sum->started += waits->started;
	sum->wait.mean += waits->wait.mean;
	sum->wait.p50 += waits->wait.p50;
	sum->wait.p99 += waits->wait.p99;
	sum->wait.max += waits->wait.max;
}

static void add_seed(struct churn_seed *sum, const struct churn_seed *seed)
{
	sum->deciding_ns += seed->deciding_ns;
	sum->decisions += seed->decisions;
	sum->allocated += seed->allocated;
	sum->offered += seed->offered;
	sum->span_us += seed->span_us;
	sum->queue_end += seed->queue_end;
	add_waits(&sum->all, &seed->all);
	add_waits(&sum->wide, &seed->wide);
}

/* Rows that could run on the empty fleet; the others would wait for ever. */
static int select_rows(struct run *run, struct parc_err *err)
{
	const struct tasks *tasks = run->config->tasks;
	run->rows = malloc(((size_t)tasks->count + 1) * sizeof(*run->rows));
	if (!run->rows)
		return parc_err_set(err, PARC_ERR_MEMORY, "no memory for %d rows", tasks->count);
	for (int32_t i = 0; i < tasks->count; i++)
		if (mirror_can_fit(&run->mirror, &tasks->rows[i]))
			run->rows[run->rows_count++] = i;
	run->result->rows_excluded = tasks->count - run->rows_count;
	return 0;
}

static int init_run(struct run *run, struct parc_err *err)
{
	const struct churn_config *config = run->config;

	if (config->seeds_count < 1)
		return parc_err_set(err, PARC_ERR_INVALID, "there is no seed to run");
	run->result->seeds = calloc((size_t)config->seeds_count, sizeof(*run->result->seeds));
	if (!run->result->seeds)
		return parc_err_set(err, PARC_ERR_MEMORY, "no memory for %d seeds",
				    config->seeds_count);
	int code = mirror_init(&run->mirror, config->fleet, err);
	if (code)
		return code;
	run->result->capacity_milli = mirror_capacity_milli(&run->mirror);
	return select_rows(run, err);
}

static int run_seeds(struct run *run, struct parc_err *err)
{
	const struct churn_config *config = run->config;
	for (int32_t i = 0; i < config->seeds_count; i++) {
		if (config->progress)
			config->progress(config->progress_arg, i, config->seeds_count);
		int code = run_seed(run, &config->seeds[i], &run->result->seeds[i], err);
		if (code)
			return code;
		add_seed(&run->result->sum, &run->result->seeds[i]);
	}
	if (config->progress)
		config->progress(config->progress_arg, config->seeds_count, config->seeds_count);
	return 0;
}

int churn_run(struct churn_result *result, const struct churn_config *config, struct parc_err *err)
{
	struct run run = {.config = config, .result = result};
	*result = (struct churn_result){.config = config, .seeds_count = config->seeds_count};
	int code = init_run(&run, err);
	if (!code)
		code = run_seeds(&run, err);
	mirror_deinit(&run.mirror);
	free(run.rows);
	if (code)
		churn_deinit(result);
	return code;
}

void churn_deinit(struct churn_result *result)
{
	free(result->seeds);
	*result = (struct churn_result){0};
}
