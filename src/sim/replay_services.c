/* SPDX-License-Identifier: Apache-2.0
 *
 * Services in a replay. The load is a step function; the core is told its mean every so often, as
 * a daemon would from its counters. What is served is reckoned as a fluid: requests that find the
 * replicas' capacity taken form a backlog, which is served in order at that capacity; a request is
 * served in time if its wait is no longer than the service's deadline. Nobody gives up.
 *
 * Cost: a walk over the services for every step of the replay, and 1 to 2 steps of the core a
 * report and a start.
 */
#include <stdlib.h>

#include "base/assert.h"
#include "sim/replay_run.h"

/* ---- Life cycle */

static int64_t whole_replicas(int64_t need_milli)
{
	return (need_milli + PARC_SHARE_WHOLE - 1) / PARC_SHARE_WHOLE;
}

static void service_begin(struct replay *replay, int32_t index)
{
	const struct services_row *row = &replay->config->services->rows[index];
	struct replay_service *figures = &replay->result->services[index];
	int64_t replicas =
		whole_replicas(parc_service_need(&row->service, services_peak_milli(row)));
	*figures = (struct replay_service){.name = row->name};
	if (replicas < row->service.replicas_min)
		replicas = row->service.replicas_min;
	figures->fixed_milli = replicas * services_devices_milli(row);
	replay->result->fixed_milli += figures->fixed_milli;
	replay->services[index] = (struct service_run){.row = row, .figures = figures};
}

int replay_services_init(struct replay *replay, struct parc_err *err)
{
	int32_t count = replay->config->services ? replay->config->services->count : 0;
	replay->services = calloc((size_t)count + 1, sizeof(*replay->services));
	replay->result->services = calloc((size_t)count + 1, sizeof(*replay->result->services));
	if (!replay->services || !replay->result->services)
		return parc_err_set(err, PARC_ERR_MEMORY, "no memory for %d services", count);
	replay->result->services_count = replay->services_left = count;
	for (int32_t i = 0; i < count; i++)
		service_begin(replay, i);
	return 0;
}

void replay_services_deinit(struct replay *replay)
{
	free(replay->services);
	free(replay->replicas);
}

/* ---- What is served */

/* How long, of `span` us from now on, a request that arrives is served in time. */
static double time_in_time(const struct service_run *it, double span)
{
	double load = (double)it->load_milli, capacity = (double)it->capacity_milli;
	double slope = load - capacity, most = capacity * (double)it->row->deadline_us, left;
	if (capacity <= 0)
		return 0;
	if (slope > 0)
		left = (most - it->backlog) / slope;
	else if (it->backlog <= most)
		return span;
	else
		left = slope < 0 ? span - (it->backlog - most) / -slope : 0;
	return left < 0 ? 0 : left > span ? span : left;
}

/* Close the point if it is full; points are of equal width and cover the service's life. */
static void point_close(struct service_run *it, int64_t now_us)
{
	const struct services_row *row = it->row;
	int64_t life_us = row->points[row->points_count - 1].time_us - row->points[0].time_us;
	double span = (double)(now_us - it->point_us);
	if (it->figures->points_count == REPLAY_SERVICE_POINTS || span <= 0 ||
	    (now_us - it->point_us) * REPLAY_SERVICE_POINTS < life_us)
		return;
	it->figures->points[it->figures->points_count++] = (struct replay_service_point){
		.time_us = now_us,
		.load_milli = it->point_load / span,
		.replicas = it->point_replicas / span,
		.in_time = it->point_load > 0 ? it->point_in_time / it->point_load : 1};
	it->point_load = it->point_in_time = it->point_replicas = 0;
	it->point_us = now_us;
}

static void service_pass(struct service_run *it, int64_t now_us, int64_t time_us)
{
	double span = (double)(time_us - now_us), load = (double)it->load_milli * span;
	double in_time = (double)it->load_milli * time_in_time(it, span);
	it->backlog += load - (double)it->capacity_milli * span;
	if (it->backlog < 0)
		it->backlog = 0;
	it->reported += load;
	it->figures->requests += load;
	it->figures->in_time += in_time;
	it->replicas += (double)it->serving * span;
	it->point_load += load;
	it->point_in_time += in_time;
	it->point_replicas += (double)it->serving * span;
	point_close(it, time_us);
}

void replay_services_pass(struct replay *replay, int64_t time_us)
{
	int64_t span = time_us - replay->now_us;
	int64_t fixed = replay->result->fixed_milli;
	int64_t jobs = replay->level.running_milli - replay->services_milli;
	int64_t beyond = jobs - (replay->book.capacity_milli - fixed);
	if (replay->services_left == 0 || span == 0)
		return;
	for (int32_t i = 0; i < replay->result->services_count; i++)
		if (replay->services[i].job != PARC_NONE && !replay->services[i].cancelled)
			service_pass(&replay->services[i], replay->now_us, time_us);
	if (fixed > replay->services_milli)
		replay->result->spared += (__int128)(fixed - replay->services_milli) * span;
	if (beyond > 0)
		replay->result->lent += (__int128)beyond * span;
}

/* ---- Loads */

static int64_t service_next_us(const struct service_run *it)
{
	int64_t point_us;
	if (it->cancelled)
		return PARC_NEVER;
	point_us = it->row->points[it->next_point].time_us;
	return it->job != PARC_NONE && it->report_us < point_us ? it->report_us : point_us;
}

int64_t replay_services_next_us(const struct replay *replay)
{
	int64_t next_us = PARC_NEVER;
	for (int32_t i = 0; i < replay->result->services_count; i++) {
		int64_t own_us = service_next_us(&replay->services[i]);
		next_us = own_us < next_us ? own_us : next_us;
	}
	return next_us < replay->now_us ? replay->now_us : next_us;
}

static int service_submit(struct replay *replay, struct service_run *it, struct parc_err *err)
{
	const struct services_row *row = it->row;
	struct parc_group group = {
		.task = row->task, .tasks_min = row->tasks, .tasks_max = row->tasks};
	struct parc_event event = {.kind = PARC_EVENT_SUBMIT};
	event.submit =
		(struct parc_submit){.job = ++replay->last_job,
				     .tenant = replay->shares.tenants[replay->log->tenants.count],
				     .user = 1,
				     .tier = row->tier,
				     .work_class = row->work_class,
				     .preemptible = row->preemptible,
				     .groups_count = 1,
				     .groups = &group,
				     .service = row->service};
	it->job = event.submit.job;
	it->point_us = it->reported_us = replay->now_us;
	replay->rows[it->job] = -1 - (int32_t)(it - replay->services);
	return replay_step(replay, &event, err);
}

static int service_tell(struct replay *replay, struct service_run *it, int64_t load_milli,
			struct parc_err *err)
{
	struct parc_event event = {.kind = PARC_EVENT_SERVICE_LOAD};
	event.load.job = it->job;
	event.load.load_milli = load_milli;
	it->report_us = replay->now_us + it->row->report_us;
	it->reported = 0;
	it->reported_us = replay->now_us;
	return replay_step(replay, &event, err);
}

/* The load has another value; with the last one the service is over. */
static int service_point(struct replay *replay, struct service_run *it, struct parc_err *err)
{
	struct parc_event event = {.kind = PARC_EVENT_CANCEL};
	int begins = it->job == PARC_NONE;
	int code = begins ? service_submit(replay, it, err) : 0;
	it->load_milli = it->row->points[it->next_point++].load_milli;
	if (code == 0 && begins)
		code = service_tell(replay, it, it->load_milli, err);
	if (code || it->next_point < it->row->points_count)
		return code;
	it->cancelled = 1;
	event.job.job = it->job;
	return replay_step(replay, &event, err);
}

static int service_step(struct replay *replay, struct service_run *it, struct parc_err *err)
{
	double span = (double)(replay->now_us - it->reported_us);
	if (it->row->points[it->next_point].time_us <= replay->now_us)
		return service_point(replay, it, err);
	return service_tell(replay, it, (int64_t)(it->reported / span), err);
}

int replay_services_step(struct replay *replay, struct parc_err *err)
{
	for (int32_t i = 0; i < replay->result->services_count; i++)
		if (service_next_us(&replay->services[i]) <= replay->now_us)
			return service_step(replay, &replay->services[i], err);
	return 0;
}

/* ---- Replicas */

int replay_is_service(const struct replay *replay, int64_t job)
{
	return job > PARC_REPLICA_IDS || replay->rows[job] < 0;
}

static int replica_make(struct replay *replay, struct service_run *it, int64_t id,
			struct parc_err *err)
{
	int32_t index = (int32_t)(id - PARC_REPLICA_IDS);
	while (index >= replay->replicas_room) {
		int32_t room = replay->replicas_room ? 2 * replay->replicas_room : 1024;
		struct replica_run *more = realloc(replay->replicas, (size_t)room * sizeof(*more));
		if (!more)
			return parc_err_set(err, PARC_ERR_MEMORY, "no memory for replicas");
		replay->replicas = more;
		replay->replicas_room = room;
	}
	replay->replicas[index] = (struct replica_run){.service = (int32_t)(it - replay->services)};
	it->figures->replicas_made++;
	replay->level.pending_jobs++;
	replay->level.pending_milli += services_devices_milli(it->row);
	return 0;
}

static int replica_push(struct replay *replay, int64_t time_us, int kind, int32_t index,
			struct parc_err *err)
{
	return clock_push(&replay->clock, time_us, replay->replicas[index].allocation,
			  index << RUN_TICK_BITS | kind, err);
}

static int replica_start(struct replay *replay, int32_t index, const struct parc_action *action,
			 struct parc_err *err)
{
	struct replica_run *it = &replay->replicas[index];
	const struct services_row *row = replay->services[it->service].row;
	struct book_pace pace = {.work_class = row->work_class};
	int code = book_start(&replay->book, action, replay->now_us, &pace, &it->held, err);
	it->stopping = 0;
	it->allocation = action->start.allocation;
	it->attempt = action->start.attempt;
	replay->level.pending_jobs--;
	replay->level.pending_milli -= services_devices_milli(row);
	replay->level.running_jobs++;
	replay->level.running_milli += it->held.held_milli;
	replay->services_milli += it->held.held_milli;
	return code ? code
		    : replica_push(replay,
				   replay->now_us + replay->config->start_us + row->ready_us,
				   TICK_SERVES, index, err);
}

/* It serves no more. */
static void replica_silence(struct replay *replay, struct replica_run *it)
{
	struct service_run *service = &replay->services[it->service];
	service->serving -= it->capacity_milli > 0;
	service->capacity_milli -= it->capacity_milli;
	it->capacity_milli = 0;
}

static void replica_release(struct replay *replay, struct replica_run *it)
{
	replica_silence(replay, it);
	replay->services[it->service].figures->held +=
		(__int128)it->held.held_milli * (replay->now_us - it->held.start_us);
	replay->services_milli -= it->held.held_milli;
	replay->level.running_jobs--;
	replay->level.running_milli -= it->held.held_milli;
	book_end(&replay->book, &it->held, replay->now_us);
	it->allocation = PARC_NONE;
}

static int replica_event(struct replay *replay, int32_t index, int32_t kind, struct parc_err *err)
{
	struct parc_event event = {.kind = kind};
	event.run.allocation = replay->replicas[index].allocation;
	event.run.attempt = replay->replicas[index].attempt;
	return replay_step(replay, &event, err);
}

int replay_tick_replica(struct replay *replay, int kind, int32_t index, int64_t allocation,
			struct parc_err *err)
{
	struct replica_run *it = &replay->replicas[index];
	struct service_run *service = &replay->services[it->service];
	int code;
	if (it->allocation != allocation)
		return 0; /* of an attempt that is over */
	if (kind == TICK_RETIRED)
		return replica_event(replay, index, PARC_EVENT_STOPPED, err);
	if (it->stopping)
		return 0;
	it->capacity_milli =
		service->row->service.capacity_milli * it->held.speed_milli / PARC_SHARE_WHOLE;
	service->capacity_milli += it->capacity_milli;
	if (++service->serving > service->figures->replicas_most)
		service->figures->replicas_most = service->serving;
	code = replica_event(replay, index, PARC_EVENT_STARTED, err);
	return code ? code : replica_event(replay, index, PARC_EVENT_READY, err);
}

static int service_over(struct replay *replay, struct service_run *it)
{
	const struct services_row *row = it->row;
	double life = (double)(row->points[row->points_count - 1].time_us - row->points[0].time_us);
	it->figures->replicas_mean = it->replicas / life;
	replay->services_left--;
	if (replay->result->makespan_us < replay->now_us)
		replay->result->makespan_us = replay->now_us;
	return 0;
}

static int replica_follow(struct replay *replay, int32_t index, const struct parc_action *action,
			  struct parc_err *err)
{
	struct replica_run *it = &replay->replicas[index];
	struct service_run *service = &replay->services[it->service];
	int running = it->allocation != PARC_NONE;
	switch (action->kind) {
	case PARC_ACTION_START:
		return replica_start(replay, index, action, err);
	case PARC_ACTION_STOP:
		replica_silence(replay, it);
		it->stopping = 1;
		service->figures->preempted += action->stop.why == PARC_RESULT_PREEMPTED;
		return replica_push(replay, replay->now_us + replay->config->stop_us, TICK_RETIRED,
				    index, err);
	case PARC_ACTION_REQUEUE:
	case PARC_ACTION_END:
		if (running)
			replica_release(replay, it);
		if (running == (action->kind == PARC_ACTION_END))
			return 0;
		replay->level.pending_jobs += running ? 1 : -1;
		replay->level.pending_milli +=
			(running ? 1 : -1) * services_devices_milli(service->row);
		return 0;
	default:
		return 0;
	}
}

int replay_follow_service(struct replay *replay, const struct parc_action *action,
			  struct parc_err *err)
{
	struct service_run *it;
	if (action->job > PARC_REPLICA_IDS)
		return replica_follow(replay, (int32_t)(action->job - PARC_REPLICA_IDS), action,
				      err);
	it = &replay->services[-1 - replay->rows[action->job]];
	if (action->kind == PARC_ACTION_REPLICA)
		return replica_make(replay, it, action->replica.replica, err);
	return action->kind == PARC_ACTION_END ? service_over(replay, it) : 0;
}
