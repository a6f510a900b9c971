/* SPDX-License-Identifier: Apache-2.0
 *
 * The loop of a replay. Four things can come next: an entry of the clock, a failure, an arrival,
 * and the core's own wish to be woken; the earliest is taken, among equals in this order, so that
 * what ends at one moment makes room for what arrives then. One step of the core costs far more
 * than all of the rest.
 */
#include "sim/replay.h"

#include <stdlib.h>

#include "base/assert.h"
#include "sim/replay_run.h"

#define REPLAY_EPOCH_US	  INT64_C(60000000) /* one minute */
#define REPLAY_GRACE_US	  INT64_C(30000000) /* half a minute */
#define REPLAY_TASKS_MAX  4000000	    /* running at one time */
#define REPLAY_SHAPES_MIN 4096
#define REPLAY_SHAPES_MAX 65536
#define REPLAY_KINDS_EACH 128 /* kinds of jobs the core tells apart for each tenant of its limits \
			       */
#define REPLAY_PROGRESS 256   /* jobs between two reports of progress */

const char *replay_fault_name(int fault)
{
	static const char *const names[REPLAY_FAULT_KINDS] = {"device", "node", "rack"};
	return fault >= 0 && fault < REPLAY_FAULT_KINDS ? names[fault] : "?";
}

/* ---- Life cycle */

static struct parc_policy policy_of(const struct replay_config *config)
{
	struct parc_policy policy = {.epoch_us = REPLAY_EPOCH_US, .grace_us = REPLAY_GRACE_US};
	if (config->policy)
		policy = *config->policy;
	if (config->epoch_us)
		policy.epoch_us = config->epoch_us;
	policy.place = config->scheme.place;
	policy.order = config->scheme.order;
	policy.pairs |= config->pairs;
	policy.backfill = config->scheme.backfill;
	policy.preempt = config->scheme.preempts;
	policy.reclaim = config->scheme.reclaims;
	policy.victims = config->scheme.victims;
	policy.lend = config->scheme.lend;
	policy.run_min_us = config->run_min_us;
	policy.reclaim_us = config->reclaim_us;
	policy.trial_max = config->trial_max;
	policy.round_us = config->round_us;
	policy.move_us = config->move_us;
	policy.reserve_max = config->reserve_max;
	policy.seed = config->seed;
	policy.age_us = config->age_us;
	policy.half_life_us = config->scheme.is_fair ? config->half_life_us : 0;
	policy.requeue_max = config->requeue_max;
	return policy;
}

static struct parc_limits limits_of(const struct replay_config *config)
{
	const struct jobs *log = config->jobs;
	struct parc_limits limits = fleet_limits(config->fleet, log->count);
	int64_t tasks = 1024;
	for (int32_t i = 0; i < log->groups_count; i++)
		tasks += log->groups[i].tasks;
	limits.tasks = (int32_t)(tasks < REPLAY_TASKS_MAX ? tasks : REPLAY_TASKS_MAX);
	limits.groups = log->groups_count + PARC_GROUPS_MAX;
	limits.extras = log->depends_count + log->variants_count + PARC_DEPENDS_MAX;
	limits.tenants = log->tenants.count + 1 + (config->tenants ? config->tenants->count : 0);
	/* What is learnt may tell all that wait apart. */
	if (config->learns_speeds && limits.tenants <= log->count / REPLAY_KINDS_EACH)
		limits.tenants = (int32_t)(log->count / REPLAY_KINDS_EACH) + 1;
	for (int32_t i = 0; config->services && i < config->services->count; i++) {
		const struct services_row *row = &config->services->rows[i];
		limits.jobs += 2 * row->service.replicas_max + 1;
		limits.groups += 2 * row->service.replicas_max + 1;
		limits.tasks += 2 * row->service.replicas_max * row->tasks;
		limits.extras++;
	}
	limits.shapes =
		log->groups_count < REPLAY_SHAPES_MAX ? log->groups_count : REPLAY_SHAPES_MAX;
	if (limits.jobs < 2 * log->pairs_count)
		limits.jobs = 2 * log->pairs_count; /* so many speeds can be set */
	if (limits.shapes < REPLAY_SHAPES_MIN)
		limits.shapes = REPLAY_SHAPES_MIN;
	return limits;
}

static int allocate_runs(struct replay *replay, struct parc_err *err)
{
	size_t count = (size_t)replay->log->count;
	replay->runs = calloc(count + 1, sizeof(*replay->runs));
	replay->rows = calloc(count + 1 + SERVICES_MAX, sizeof(*replay->rows));
	replay->result->tenants =
		calloc((size_t)replay->log->tenants.count + 1, sizeof(*replay->result->tenants));
	if (!replay->runs || !replay->rows || !replay->result->tenants)
		return parc_err_set(err, PARC_ERR_MEMORY, "no memory for %d jobs",
				    replay->log->count);
	for (size_t i = 0; i < count; i++)
		replay->runs[i] = (struct run){.arrived_us = -1,
					       .first_start_us = -1,
					       .ended_us = -1,
					       .demand_milli = jobs_demand(replay->log, (int32_t)i),
					       .beside = -1,
					       .waiter = -1,
					       .next_waiter = -1};
	return 0;
}

static int replay_init(struct replay *replay, const struct replay_config *config,
		       struct replay_result *result, struct parc_err *err)
{
	struct parc_policy policy = policy_of(config);
	struct parc_limits limits = limits_of(config);
	struct stage_setup setup = {.fleet = config->fleet,
				    .record = config->record,
				    .seed = config->seed,
				    .policy = &policy,
				    .limits = &limits};
	*replay = (struct replay){.config = config, .log = config->jobs, .result = result};
	int code = allocate_runs(replay, err);
	if (!code)
		code = clock_init(&replay->clock, 4096, err);
	if (!code)
		code = book_init(&replay->book, config->fleet, err);
	if (!code)
		code = sampler_init(&replay->sampler, err);
	if (!code)
		code = estimate_init(&replay->estimate, replay->log->tenants.count, err);
	if (!code)
		code = paces_init(&replay->paces, replay->log->kinds.count,
				  config->fleet->chips_count, err);
	if (!code)
		code = faults_init(&replay->faults, config, config->fleet->devices, err);
	if (!code)
		code = shares_init(&replay->shares, replay->log, config->tenants, err);
	setup.tenants = replay->shares.sets;
	setup.tenants_count = replay->shares.sets_count;
	if (!code)
		code = stage_init(&replay->stage, &setup, err);
	replay->level.free_bins = replay->book.free_bins;
	return code ? code : replay_services_init(replay, err);
}

static void replay_end(struct replay *replay)
{
	stage_deinit(&replay->stage);
	shares_deinit(&replay->shares);
	faults_deinit(&replay->faults);
	estimate_deinit(&replay->estimate);
	paces_deinit(&replay->paces);
	replay_services_deinit(replay);
	sampler_deinit(&replay->sampler);
	book_deinit(&replay->book);
	clock_deinit(&replay->clock);
	free(replay->runs);
	free(replay->rows);
}

void replay_deinit(struct replay_result *result)
{
	free(result->tenants);
	free(result->points);
	free(result->waits_us);
	free(result->completions_us);
	free(result->speeds);
	free(result->services);
	*result = (struct replay_result){0};
}

/* ---- Steps */

static int check_now_and_then(struct replay *replay, struct parc_err *err)
{
	if (replay->config->check_steps == 0 || ++replay->unchecked < replay->config->check_steps)
		return 0;
	replay->unchecked = 0;
	return stage_check(&replay->stage, err);
}

int replay_step(struct replay *replay, struct parc_event *event, struct parc_err *err)
{
	struct parc_actions actions;
	event->time_us = replay->now_us;
	int code = stage_step(&replay->stage, event, &actions, err);
	for (int32_t i = 0; i < actions.count && !code; i++)
		code = replay_follow(replay, &actions.list[i], err);
	return code ? code : check_now_and_then(replay, err);
}

int replay_step_run(struct replay *replay, int32_t row, int32_t kind, int32_t result,
		    int64_t work_us, struct parc_err *err)
{
	struct parc_event event = {.kind = kind};
	event.run.allocation = replay->runs[row].allocation;
	event.run.attempt = replay->runs[row].attempt;
	event.run.result = result;
	event.run.work_us = work_us;
	return replay_step(replay, &event, err);
}

static int is_job_tick(int kind)
{
	return kind <= TICK_ARRIVE;
}

int replay_push(struct replay *replay, int64_t time_us, int kind, int32_t row, struct parc_err *err)
{
	int64_t allocation = is_job_tick(kind) ? replay->runs[row].allocation : PARC_NONE;
	replay->job_ticks += is_job_tick(kind);
	return clock_push(&replay->clock, time_us, allocation, row << RUN_TICK_BITS | kind, err);
}

static int take_tick(struct replay *replay, struct parc_err *err)
{
	struct clock_entry entry = clock_pop(&replay->clock);
	int kind = entry.job & ((1 << RUN_TICK_BITS) - 1);
	int32_t row = entry.job >> RUN_TICK_BITS;
	if (kind >= TICK_SERVES)
		return replay_tick_replica(replay, kind, row, entry.allocation, err);
	if (!is_job_tick(kind))
		return replay_tick_repair(replay, kind, row, err);
	replay->job_ticks--;
	return replay_tick_job(replay, kind, row, entry.allocation, err);
}

static int wake_core(struct replay *replay, struct parc_err *err)
{
	struct parc_event event = {.kind = PARC_EVENT_TIME};
	return replay_step(replay, &event, err);
}

/* Advance to a time, and tell the sampler what held until then. */
static void advance(struct replay *replay, int64_t time_us)
{
	ASSERT(time_us >= replay->now_us);
	sampler_before(&replay->sampler, replay->stage.core, &replay->level, time_us);
	replay_services_pass(replay, time_us);
	replay->now_us = time_us;
}

/* No job works, arrives or will: only the core or a repair can still change anything. */
static int is_idle(const struct replay *replay)
{
	return replay->next_row == replay->log->count && replay->job_ticks == 0 &&
	       replay->level.running_jobs == 0 && replay->services_left == 0;
}

static int64_t next_arrival_us(const struct replay *replay)
{
	return replay->next_row < replay->log->count ? replay->log->rows[replay->next_row].submit_us
						     : PARC_NEVER;
}

/* With no work there is nothing to hurt, and nothing that time alone changes but windows, and the
 * next round, which may start what waits for it. */
static int64_t idle_wake_us(const struct replay *replay, int64_t wake_us)
{
	const struct replay_config *config = replay->config;
	int64_t round_us = config->scheme.backfill == PARC_BACKFILL_DEAL ? config->round_us : 0;
	int64_t next_us = 0;
	if (wake_us <= replay->now_us || config->windows)
		return wake_us;
	if (round_us > 0 && replay->level.pending_jobs > 0)
		next_us = (replay->active_us / round_us + 1) * round_us;
	if (replay->now_us >= next_us)
		return PARC_NEVER;
	return wake_us < next_us ? wake_us : next_us;
}

/* Take the earliest of what can come next; 1 when there is nothing more, or a negative code. */
static int take_next(struct replay *replay, struct parc_err *err)
{
	int64_t tick_us = clock_next_us(&replay->clock);
	int64_t arrival_us = next_arrival_us(replay), wake_us = parc_wake(replay->stage.core);
	if (wake_us < replay->now_us)
		wake_us = replay->now_us;
	if (is_idle(replay)) {
		wake_us = idle_wake_us(replay, wake_us);
		if (tick_us == PARC_NEVER && wake_us == PARC_NEVER)
			return 1;
	} else {
		faults_skip(&replay->faults, replay->now_us);
		replay->active_us = replay->now_us;
	}
	int64_t fault_us = is_idle(replay) ? PARC_NEVER : faults_next_us(&replay->faults);
	int64_t next_us = tick_us < fault_us ? tick_us : fault_us;
	int64_t service_us = replay_services_next_us(replay);
	next_us = arrival_us < next_us ? arrival_us : next_us;
	next_us = service_us < next_us ? service_us : next_us;
	next_us = wake_us < next_us ? wake_us : next_us;
	advance(replay, next_us);
	int code;
	if (tick_us == next_us)
		code = take_tick(replay, err);
	else if (fault_us == next_us)
		code = replay_break(replay, err);
	else if (service_us == next_us)
		code = replay_services_step(replay, err);
	else if (arrival_us == next_us)
		code = replay_arrive(replay, replay->next_row++, err);
	else
		code = wake_core(replay, err);
	sampler_after(&replay->sampler, replay->stage.core);
	return code;
}

static void tell_progress(struct replay *replay)
{
	if (!replay->config->progress || replay->ended - replay->progress < REPLAY_PROGRESS)
		return;
	replay->progress = replay->ended;
	replay->config->progress(replay->config->progress_arg, replay->ended, replay->log->count);
}

static void note_arrivals(struct replay *replay)
{
	replay->result->capacity_arrivals = parc_ledger_capacity(replay->stage.core);
	for (int i = PARC_LEDGER_STARTING; i <= PARC_LEDGER_LOST; i++)
		replay->result->allocated_arrivals +=
			parc_ledger(replay->stage.core, (enum parc_ledger)i);
	for (int32_t i = 0; i < replay->config->fleet->chips_count; i++) {
		struct replay_chip *chip = &replay->result->chips[i];
		struct parc_usage usage = {0};
		parc_chip_usage(replay->stage.core, i, &usage);
		chip->held_arrivals = usage.held;
		chip->normal_arrivals = usage.normal / PARC_SHARE_WHOLE;
		chip->capacity_arrivals = usage.capacity;
	}
}

static int set_windows(struct replay *replay, struct parc_err *err)
{
	const struct windows *windows = replay->config->windows;
	int code = 0;
	for (int32_t i = 0; windows && i < windows->count && !code; i++) {
		struct parc_event event = {.kind = PARC_EVENT_WINDOW_SET};
		event.window = windows->list[i];
		code = replay_step(replay, &event, err);
	}
	return code;
}

/* What is known of pairs from the first moment on. */
static int set_pairs(struct replay *replay, struct parc_err *err)
{
	int code = 0;
	for (int32_t i = 0; replay->config->pairs && i < replay->log->pairs_count && !code; i++) {
		const struct jobs_pair *pair = &replay->log->pairs[i];
		struct parc_event event = {.kind = PARC_EVENT_SPEED_MEASURED};
		event.speed.kind = pair->kind + 1;
		event.speed.beside = pair->beside + 1;
		event.speed.chip = pair->chip;
		event.speed.speed_milli = pair->speed_milli;
		event.speed.set = 1;
		code = replay_step(replay, &event, err);
	}
	return code;
}

static int run_loop(struct replay *replay, struct parc_err *err)
{
	int code = set_windows(replay, err), arriving = 1;
	if (!code)
		code = set_pairs(replay, err);
	while (!code && (replay->ended < replay->log->count || replay->services_left > 0)) {
		code = take_next(replay, err);
		if (arriving && replay->next_row == replay->log->count) {
			note_arrivals(replay);
			arriving = 0;
		}
		tell_progress(replay);
	}
	return code < 0 ? code : 0;
}

/* Everything is given back: hold the books against each other and the core against itself. */
static int finish(struct replay *replay, struct parc_err *err)
{
	int code = wake_core(replay, err);
	if (!code && replay->config->check_steps)
		code = stage_check(&replay->stage, err);
	if (!code)
		code = book_compare(&replay->book, replay->stage.core, replay->now_us, err);
	if (!code && replay->config->record)
		code = record_digest(replay->config->record, parc_digest(replay->stage.core), err);
	if (!code)
		code = replay_figures(replay, err);
	return code;
}

int replay_run(struct replay_result *result, const struct replay_config *config,
	       struct parc_err *err)
{
	struct replay replay;
	int64_t began_ns = clock_real_ns();
	*result = (struct replay_result){.config = config};
	int code = replay_init(&replay, config, result, err);
	if (!code)
		code = run_loop(&replay, err);
	if (!code)
		code = finish(&replay, err);
	replay_end(&replay);
	if (code) {
		replay_deinit(result);
		return code;
	}
	if (config->progress)
		config->progress(config->progress_arg, config->jobs->count, config->jobs->count);
	result->elapsed_ms = (clock_real_ns() - began_ns) / 1000000;
	return 0;
}
