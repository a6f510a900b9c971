/* SPDX-License-Identifier: Apache-2.0
 *
 * The life of a job in a replay: it arrives, the core starts it, it works, it ends or is stopped.
 * An entry of the clock names the allocation it was made for, so what is overtaken by a stop or a
 * fault is known by its age. A job costs three steps of the core: SUBMIT, STARTED, ENDED.
 */
#include "base/assert.h"
#include "sim/replay_run.h"

#define PACE_DRAW UINT64_C(0x9e3779b97f4a7c15) /* so that seeds draw apart */

/* Time on this chip that so much work takes, rounded up. */
static int64_t time_of_work(int64_t work_us, int32_t speed_milli)
{
	return (int64_t)(((__int128)work_us * PARC_SHARE_WHOLE + speed_milli - 1) / speed_milli);
}

static int64_t work_of_time(int64_t time_us, int32_t speed_milli)
{
	return (int64_t)((__int128)time_us * speed_milli / PARC_SHARE_WHOLE);
}

static int32_t tenant_of(const struct replay *replay, const struct jobs_row *row)
{
	return row->tenant < 0 ? replay->log->tenants.count : row->tenant;
}

/* ---- Arrival */

/* What the policy is told about the length, in time that the job will hold its devices. */
static int64_t expected_length(const struct replay *replay, const struct jobs_row *row)
{
	int64_t length_us = 0;
	switch (replay->config->scheme.lengths) {
	case SCHEME_LENGTHS_TRUE:
		length_us = row->length_us;
		break;
	case SCHEME_LENGTHS_LIMIT:
		length_us = row->limit_us;
		break;
	case SCHEME_LENGTHS_DECLARED:
		length_us = row->expected_us;
		break;
	case SCHEME_LENGTHS_LEARNT:
		length_us = estimate_length(&replay->estimate, tenant_of(replay, row), row->kind);
		break;
	default:
		break;
	}
	return length_us > 0 ? length_us + replay->config->start_us : 0;
}

static int64_t checkpoint_interval(const struct replay *replay, const struct jobs_row *row)
{
	return row->checkpoint_us ? row->checkpoint_us : replay->config->checkpoint_us;
}

static void fill_submit(struct replay *replay, int32_t index, struct parc_submit *submit)
{
	const struct replay_config *config = replay->config;
	const struct jobs_row *row = &replay->log->rows[index];
	*submit = (struct parc_submit){
		.job = ++replay->last_job,
		.tenant = replay->shares.tenants[tenant_of(replay, row)],
		.user = row->user + 2,
		.kind = row->kind < 0 ? PARC_NONE : row->kind + 1,
		.tier = config->scheme.sizes_are_tiers
				? scheme_tier_of_size(replay->runs[index].demand_milli)
				: row->tier,
		.work_class = row->work_class,
		.expected_us = expected_length(replay, row),
		.checkpoint_us = checkpoint_interval(replay, row),
		.held = row->held,
		.requeue = row->requeue || config->requeue_max > 0,
		.preemptible = row->preemptible || config->scheme.preempts ||
			       config->scheme.reclaims ||
			       config->scheme.backfill == PARC_BACKFILL_DEAL,
		.close_level = row->close_level,
		.close_strength = row->close_strength,
		.groups_count = row->groups_count};
	if (row->limit_us && !config->ignores_limits)
		submit->time_limit_us = row->limit_us + config->start_us;
	submit->array_running_max = row->array_running_max;
	if (row->array >= 0)
		submit->array = row->array == index ? submit->job : replay->runs[row->array].job;
}

/* Is this wish still to be waited for (1), met (0), or impossible (-1)? */
static int depend_state(const struct run *before, int32_t kind)
{
	if (before->state != RUN_ENDED)
		return 1;
	if (kind == 0)
		return 0;
	return (before->result == PARC_RESULT_OK) == (kind == 1) ? 0 : -1;
}

static void wait_for(struct replay *replay, int32_t row, int32_t before)
{
	replay->runs[row].next_waiter = replay->runs[before].waiter;
	replay->runs[before].waiter = row;
}

/* List what the core has to wait for. 1: the row cannot arrive yet, -1: it never will. */
static int gather_depends(struct replay *replay, int32_t index, struct parc_depend *depends,
			  int32_t *count)
{
	const struct jobs_row *row = &replay->log->rows[index];
	*count = 0;
	for (int32_t i = 0; i < row->depends_count; i++) {
		const struct parc_depend *it = &replay->log->depends[row->first_depend + i];
		const struct run *before = &replay->runs[it->job];
		int state = depend_state(before, it->kind);
		if (state < 0)
			return -1;
		if (state == 0)
			continue;
		if (before->state == RUN_AWAY || row->think_us > 0) {
			wait_for(replay, index, (int32_t)it->job);
			return 1;
		}
		depends[(*count)++] = (struct parc_depend){before->job, it->kind};
	}
	return 0;
}

/* Those that waited for this row to arrive or end try again. */
static int wake_waiters(struct replay *replay, int32_t row, struct parc_err *err)
{
	int32_t waiter = replay->runs[row].waiter;
	int code = 0;
	replay->runs[row].waiter = -1;
	while (waiter >= 0 && !code) {
		int32_t next = replay->runs[waiter].next_waiter;
		int64_t think_us = replay->runs[row].state == RUN_ENDED
					   ? replay->log->rows[waiter].think_us
					   : 0;
		code = replay_push(replay, replay->now_us + think_us, TICK_ARRIVE, waiter, err);
		waiter = next;
	}
	return code;
}

/* Are there caps on how many jobs wait? */
static int config_caps(const struct replay_config *config)
{
	for (int32_t i = 0; config->tenants && i < config->tenants->count; i++)
		if (config->tenants->rows[i].set.pending_max > 0)
			return 1;
	return 0;
}

static int submit_row(struct replay *replay, int32_t index, struct parc_depend *depends,
		      int32_t depends_count, struct parc_err *err)
{
	const struct jobs_row *row = &replay->log->rows[index];
	struct parc_group groups[PARC_GROUPS_MAX];
	struct parc_event event = {.kind = PARC_EVENT_SUBMIT};
	struct run *run = &replay->runs[index];
	fill_submit(replay, index, &event.submit);
	for (int32_t i = 0; i < row->groups_count; i++) {
		const struct jobs_group *it = &replay->log->groups[row->first_group + i];
		groups[i] = (struct parc_group){
			.task = it->task, .tasks_min = it->tasks, .tasks_max = it->tasks};
	}
	event.submit.groups = groups;
	event.submit.variants = jobs_row_variants(replay->log, row);
	event.submit.variants_count = row->variants_count;
	event.submit.depends = depends;
	event.submit.depends_count = depends_count;
	run->job = event.submit.job;
	run->state = RUN_PENDING;
	replay->rows[run->job] = index;
	replay->level.pending_jobs++;
	replay->level.pending_milli += run->demand_milli;
	if (parc_check(replay->stage.core, &event, NULL) == PARC_ERR_FULL &&
	    config_caps(replay->config)) {
		replay->result->refused++;
		return replay_leave(replay, index, PARC_RESULT_REFUSED, err);
	}
	int code = replay_step(replay, &event, err);
	return code || run->waiter < 0 ? code : wake_waiters(replay, index, err);
}

int replay_arrive(struct replay *replay, int32_t row, struct parc_err *err)
{
	struct parc_depend depends[PARC_DEPENDS_MAX];
	int32_t count;
	struct run *run = &replay->runs[row];
	ASSERT(run->state == RUN_AWAY);
	int wait = gather_depends(replay, row, depends, &count);
	if (wait > 0)
		return 0;
	run->arrived_us = replay->now_us;
	if (replay->result->arrivals_us < replay->now_us)
		replay->result->arrivals_us = replay->now_us;
	if (wait < 0)
		return replay_leave(replay, row, PARC_RESULT_CANCELLED, err);
	if (replay->log->rows[row].alien) /* no chip of its kind is in this fleet */
		return replay_leave(replay, row, PARC_RESULT_REFUSED, err);
	return submit_row(replay, row, depends, count, err);
}

/* ---- Work */

static int begin_work(struct replay *replay, int32_t row, struct parc_err *err)
{
	struct run *run = &replay->runs[row];
	const struct jobs_row *it = &replay->log->rows[row];
	int64_t interval_us = checkpoint_interval(replay, it);
	int code = replay_step_run(replay, row, PARC_EVENT_STARTED, 0, 0, err);
	if (code || !run->allocation || run->stopping)
		return code;
	run->is_working = 1;
	run->due_us =
		replay->now_us + time_of_work(it->length_us - run->done_us, run->held.speed_milli);
	code = replay_push(replay, run->due_us, TICK_ENDED, row, err);
	if (code || !interval_us || replay->now_us + interval_us >= run->due_us)
		return code;
	return replay_push(replay, replay->now_us + interval_us, TICK_CHECKPOINT, row, err);
}

/* Keep what was done so far. */
static int make_checkpoint(struct replay *replay, int32_t row, struct parc_err *err)
{
	struct run *run = &replay->runs[row];
	int64_t interval_us = checkpoint_interval(replay, &replay->log->rows[row]);
	if (run->paired)
		run->done_us = replay->log->rows[row].length_us -
			       work_of_time(run->due_us - replay->now_us, run->held.speed_milli);
	else
		run->done_us += work_of_time(interval_us, run->held.speed_milli);
	int code = replay_step_run(replay, row, PARC_EVENT_CHECKPOINT, 0, run->done_us, err);
	if (code || replay->now_us + interval_us >= run->due_us)
		return code;
	return replay_push(replay, replay->now_us + interval_us, TICK_CHECKPOINT, row, err);
}

static int end_work(struct replay *replay, int32_t row, struct parc_err *err)
{
	const struct jobs_row *it = &replay->log->rows[row];
	int32_t result = it->result == PARC_RESULT_OK ? PARC_RESULT_OK : PARC_RESULT_FAILED;
	const struct book_entry held = replay->runs[row].held;
	struct parc_event event;
	replay->runs[row].done_us = it->length_us;
	int code = replay_step_run(replay, row, PARC_EVENT_ENDED, result, 0, err);
	if (code || result != PARC_RESULT_OK || !replay->config->learns_speeds ||
	    replay->runs[row].paired)
		return code;
	code = paces_note(&replay->paces, it->kind, held.chips, held.speed_milli, &event, err);
	return code > 0 ? replay_step(replay, &event, err) : code;
}

/* Stopped. Who gives way is told so and keeps what it had done when it was told. */
static int end_stop(struct replay *replay, int32_t row, struct parc_err *err)
{
	struct run *run = &replay->runs[row];
	int64_t told_us = replay->now_us - replay->config->stop_us;
	if (run->preempted && run->is_working && run->due_us > told_us &&
	    !replay->config->is_abrupt) {
		int64_t left_us = work_of_time(run->due_us - told_us, run->held.speed_milli);
		int64_t done_us = replay->log->rows[row].length_us - left_us;
		if (done_us > run->done_us)
			run->done_us = done_us;
		int code =
			replay_step_run(replay, row, PARC_EVENT_CHECKPOINT, 0, run->done_us, err);
		if (code)
			return code;
	}
	return replay_step_run(replay, row, PARC_EVENT_STOPPED, 0, 0, err);
}

int replay_tick_job(struct replay *replay, int kind, int32_t row, int64_t allocation,
		    struct parc_err *err)
{
	struct run *run = &replay->runs[row];
	if (kind == TICK_ARRIVE)
		return replay_arrive(replay, row, err);
	if (run->allocation != allocation)
		return 0; /* of an attempt that is over */
	if (kind == TICK_STOPPED)
		return end_stop(replay, row, err);
	if (run->stopping || run->halted)
		return 0;
	if (kind == TICK_READY)
		return begin_work(replay, row, err);
	if (kind == TICK_ENDED && replay->now_us < run->due_us)
		return 0; /* it has become slower since */
	return kind == TICK_ENDED ? end_work(replay, row, err) : make_checkpoint(replay, row, err);
}

/* ---- Pairs */

/* From now on the row runs at this speed. */
static int set_speed(struct replay *replay, int32_t row, int32_t speed_milli, struct parc_err *err)
{
	struct run *run = &replay->runs[row];
	int64_t left_us = 0;
	if (run->is_working && run->due_us > replay->now_us)
		left_us = work_of_time(run->due_us - replay->now_us, run->held.speed_milli);
	run->held.speed_milli = speed_milli;
	run->paired = 1;
	if (!run->is_working || left_us == 0)
		return 0;
	run->due_us = replay->now_us + time_of_work(left_us, speed_milli);
	return replay_push(replay, run->due_us, TICK_ENDED, row, err);
}

static int32_t speed_beside(const struct replay *replay, int32_t row, int32_t beside)
{
	const struct jobs_row *it = &replay->log->rows[row];
	return jobs_pair_speed(replay->log, it->kind, replay->log->rows[beside].kind,
			       __builtin_ctzll(replay->runs[row].held.chips));
}

/* The core started the row on halves of what the host holds. */
static int pair(struct replay *replay, int32_t row, int32_t host, struct parc_err *err)
{
	int32_t own = speed_beside(replay, row, host), others = speed_beside(replay, host, row);
	if (own == 0 || others == 0)
		return parc_err_set(err, PARC_ERR_MISMATCH,
				    "the core pairs jobs %lld and %lld, of which no speed beside "
				    "each other is known",
				    (long long)replay->runs[row].job,
				    (long long)replay->runs[host].job);
	replay->runs[row].beside = host;
	replay->runs[host].beside = row;
	int code = set_speed(replay, row, own, err);
	return code ? code : set_speed(replay, host, others, err);
}

/* The row gives its half back: the other one is as fast as it is alone. */
static int part(struct replay *replay, int32_t row, struct parc_err *err)
{
	int32_t other = replay->runs[row].beside;
	if (other < 0)
		return 0;
	replay->runs[row].beside = replay->runs[other].beside = -1;
	return set_speed(replay, other, replay->runs[other].alone_milli, err);
}

/* ---- Actions */

/* What it held until now is had by its tenant and its tier. */
static void account(struct replay *replay, int32_t row)
{
	struct run *run = &replay->runs[row];
	__int128 held = (__int128)run->held.held_milli * (replay->now_us - run->held.start_us);
	__int128 rated = (__int128)run->held.rated_milli * (replay->now_us - run->held.start_us);
	struct replay_tenant *tenant =
		&replay->result->tenants[tenant_of(replay, &replay->log->rows[row])];
	struct replay_tier *tier = &replay->result->tiers[replay->log->rows[row].tier];
	tenant->held += held;
	tenant->held_normal += rated / PARC_SHARE_WHOLE;
	tier->held += held;
	tier->held_normal += rated / PARC_SHARE_WHOLE;
}

/* It holds so much more (sign 1) or less (-1) from now on. */
static void level_move(struct replay *replay, int32_t row, int sign)
{
	struct run *run = &replay->runs[row];
	replay->level.running_milli += sign * run->held.held_milli;
	shares_move(&replay->shares, replay->now_us, tenant_of(replay, &replay->log->rows[row]),
		    sign * run->held.rated_milli / PARC_SHARE_WHOLE);
}

static int follow_start(struct replay *replay, int32_t row, const struct parc_action *action,
			struct parc_err *err)
{
	struct run *run = &replay->runs[row];
	if (run->state != RUN_PENDING)
		return parc_err_set(err, PARC_ERR_MISMATCH,
				    "the core starts job %lld, which does not wait",
				    (long long)action->job);
	const struct jobs_row *it = &replay->log->rows[row];
	struct book_pace pace = {.work_class = it->work_class,
				 .variants_count = it->variants_count,
				 .variants = jobs_row_variants(replay->log, it),
				 .truth = replay->config->truth,
				 .kind = it->kind,
				 .draw = replay->config->seed * PACE_DRAW + (uint64_t)row};
	int code = book_start(&replay->book, action, replay->now_us, &pace, &run->held, err);
	if (code)
		return code;
	run->state = RUN_RUNNING;
	run->allocation = action->start.allocation;
	run->attempt = action->start.attempt;
	run->stopping = run->halted = run->is_working = run->preempted = run->paired = 0;
	run->alone_milli = run->held.speed_milli;
	if (run->first_start_us < 0)
		run->first_start_us = replay->now_us;
	replay->level.pending_jobs--;
	replay->level.pending_milli -= run->demand_milli;
	replay->level.running_jobs++;
	level_move(replay, row, 1);
	replay->result->attempts++;
	int64_t ready_us = replay->now_us + replay->config->start_us;
	if (run->attempt > 1)
		ready_us += replay->config->move_us;
	if (action->start.beside != PARC_NONE)
		code = pair(replay, row, replay->rows[action->start.beside], err);
	return code ? code : replay_push(replay, ready_us, TICK_READY, row, err);
}

/* What is done at this very moment is done, not stopped. */
static int follow_stop(struct replay *replay, int32_t row, int32_t why, struct parc_err *err)
{
	struct run *run = &replay->runs[row];
	if (run->is_working && !run->halted && run->due_us <= replay->now_us)
		return 0;
	run->stopping = 1;
	run->preempted =
		(why == PARC_RESULT_PREEMPTED || why == PARC_RESULT_DRAINED) && !run->halted;
	replay->result->preempted += run->preempted;
	replay->result->tenants[tenant_of(replay, &replay->log->rows[row])].preempted +=
		run->preempted;
	return replay_push(replay, replay->now_us + replay->config->stop_us, TICK_STOPPED, row,
			   err);
}

static int follow_rebook(struct replay *replay, int32_t row, int32_t share_milli,
			 struct parc_err *err)
{
	account(replay, row);
	level_move(replay, row, -1);
	int code = book_rebook(&replay->book, &replay->runs[row].held, share_milli, replay->now_us,
			       err);
	level_move(replay, row, 1);
	return code;
}

/* The allocation is given back. */
static int release(struct replay *replay, int32_t row, struct parc_err *err)
{
	struct run *run = &replay->runs[row];
	account(replay, row);
	replay->level.running_jobs--;
	level_move(replay, row, -1);
	book_end(&replay->book, &run->held, replay->now_us);
	run->allocation = PARC_NONE;
	return part(replay, row, err);
}

static int follow_requeue(struct replay *replay, int32_t row, struct parc_err *err)
{
	struct run *run = &replay->runs[row];
	int code = release(replay, row, err);
	run->state = RUN_PENDING;
	replay->level.pending_jobs++;
	replay->level.pending_milli += run->demand_milli;
	replay->result->requeues++;
	return code;
}

static int follow_end(struct replay *replay, int32_t row, int32_t result, struct parc_err *err)
{
	struct run *run = &replay->runs[row];
	int code = 0;
	if (run->state == RUN_RUNNING) {
		code = release(replay, row, err);
	} else {
		replay->level.pending_jobs--;
		replay->level.pending_milli -= run->demand_milli;
	}
	return code ? code : replay_leave(replay, row, result, err);
}

int replay_leave(struct replay *replay, int32_t row, int32_t result, struct parc_err *err)
{
	struct run *run = &replay->runs[row];
	const struct jobs_row *it = &replay->log->rows[row];
	int is_finished = result == PARC_RESULT_OK || result == PARC_RESULT_FAILED;
	int code = 0;
	run->state = RUN_ENDED;
	run->result = (uint8_t)result;
	run->ended_us = replay->now_us;
	replay->ended++;
	if (run->first_start_us >= 0 && replay_measures(replay->config, it) &&
	    replay->result->makespan_us < replay->now_us)
		replay->result->makespan_us = replay->now_us;
	if (is_finished && replay->config->scheme.lengths == SCHEME_LENGTHS_LEARNT)
		code = estimate_learn(&replay->estimate, tenant_of(replay, it), it->kind,
				      it->length_us, err);
	return code || run->waiter < 0 ? code : wake_waiters(replay, row, err);
}

int replay_follow(struct replay *replay, const struct parc_action *action, struct parc_err *err)
{
	int32_t row;
	if (action->job == PARC_NONE)
		return 0;
	if (replay_is_service(replay, action->job))
		return replay_follow_service(replay, action, err);
	ASSERT(action->job <= replay->last_job);
	row = replay->rows[action->job];
	switch (action->kind) {
	case PARC_ACTION_START:
		return follow_start(replay, row, action, err);
	case PARC_ACTION_STOP:
		return follow_stop(replay, row, action->stop.why, err);
	case PARC_ACTION_REQUEUE:
		return follow_requeue(replay, row, err);
	case PARC_ACTION_REBOOK:
		return follow_rebook(replay, row, action->rebook.share_milli, err);
	case PARC_ACTION_END:
		return follow_end(replay, row, action->end.result, err);
	default: /* reasons and reservations change nothing outside of the core */
		return 0;
	}
}
