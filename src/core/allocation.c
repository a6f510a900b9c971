/* SPDX-License-Identifier: Apache-2.0
 *
 * Allocations: what a job holds, task by task, from START until it is given back.
 */
#include <string.h>

#include "base/hash.h"
#include "core/idle.h"
#include "core/index.h"
#include "core/job.h"
#include "core/ledger.h"
#include "core/line.h"
#include "core/node.h"
#include "core/order.h"
#include "core/pair.h"
#include "core/reserve.h"
#include "core/service.h"
#include "core/speed.h"
#include "core/tree.h"
#include "core/usage.h"

static uint64_t wide_hash(uint64_t hash, struct wide sum)
{
	hash = hash_word(hash, (uint64_t)sum.middle << 32 | sum.low);
	return hash_word(hash, (uint64_t)(int64_t)sum.high);
}

uint64_t allocation_hash(const struct parc_core *core, int32_t slot)
{
	const struct allocation *it = &core->allocations[slot];
	uint64_t hash = hash_word(it->tasks_hash, (uint64_t)it->id);

	hash = hash_word(hash, (uint64_t)it->start_us);
	hash = hash_word(hash, (uint64_t)it->work_us);
	hash = hash_word(hash, (uint64_t)it->checkpoint_us);
	hash = hash_word(hash, (uint64_t)it->end_us);
	hash = hash_pair(hash, core->jobs[job_of(core, it)].attempt, it->state);
	hash = hash_word(hash, (uint64_t)it->done_us);
	hash = hash_pair(hash, it->speed_milli, it->halved);
	if (it->beside >= 0)
		hash = hash_word(hash, (uint64_t)core->allocations[it->beside].id);
	hash = wide_hash(hash, it->busy_done);
	hash = wide_hash(hash, it->idle_done);
	hash = wide_hash(hash, it->unmeasured_done);
	hash = hash_word(hash, (uint64_t)it->booked_us);
	hash = hash_pair(hash_word(hash, (uint64_t)it->idle_us), it->warned, 0);
	hash = hash_word(hash, (uint64_t)it->since_us);
	return hash_word(hash, (uint64_t)(int64_t)it->busy_milli);
}

void task_of_placement(const struct parc_core *core, const struct parc_placement *placement,
		       struct task *task)
{
	/* Mostly it has just been taken there. */
	int32_t node = idmap_find_near(&core->node_ids, placement->node, core->index->latest);

	task_on_node(placement, node, task);
}

void task_on_node(const struct parc_placement *placement, int32_t node, struct task *task)
{
	*task = (struct task){.node = node,
			      .allocation = -1,
			      .next = -1,
			      .devices = placement->devices,
			      .memory_mib = (int32_t)placement->memory_mib,
			      .device_memory_mib = placement->device_memory_mib,
			      .cpu_milli = placement->cpu_milli,
			      .share_milli = (int16_t)placement->share_milli,
			      .slots = (uint16_t)placement->slots,
			      .index = (uint16_t)placement->task,
			      .group = (uint8_t)placement->group,
			      .variant = (int8_t)placement->variant};
}

static uint64_t task_hash(const struct parc_core *core, const struct task *task, uint64_t hash)
{
	hash = hash_word(hash, (uint64_t)core->nodes[task->node].id);
	hash = hash_pair(hash, task->devices, task->slots);
	hash = hash_pair(hash, task->share_milli, task->device_memory_mib);
	hash = hash_pair(hash, task->cpu_milli, task->variant);
	hash = hash_word(hash, (uint64_t)task->memory_mib);
	return hash_pair(hash, task->group, task->index);
}

uint64_t allocation_tasks_hash(const struct parc_core *core, int32_t slot)
{
	uint64_t hash = HASH_START;

	for (int32_t t = core->allocations[slot].tasks; t >= 0; t = core->tasks[t].next)
		hash = task_hash(core, &core->tasks[t], hash);
	return hash;
}

static void task_link(struct parc_core *core, int32_t slot)
{
	struct task *task = &core->tasks[slot];
	int32_t head = core->nodes[task->node].tasks;

	task->node_prev = -1;
	task->node_next = head;
	if (head >= 0)
		core->tasks[head].node_prev = slot;
	core->nodes[task->node].tasks = slot;
}

static void task_unlink(struct parc_core *core, int32_t slot)
{
	const struct task *task = &core->tasks[slot];

	if (task->node_next >= 0)
		core->tasks[task->node_next].node_prev = task->node_prev;
	if (task->node_prev >= 0)
		core->tasks[task->node_prev].node_next = task->node_next;
	else
		core->nodes[task->node].tasks = task->node_next;
}

/* Make the records of the tasks, in order. Returns the thousandths of devices they hold. */
static int64_t tasks_make(struct parc_core *core, int32_t slot,
			  const struct parc_placement *placements, int32_t count, int taken)
{
	struct allocation *allocation = &core->allocations[slot];
	int64_t user = job_spec(core, job_of(core, allocation))->user, milli = 0;
	int32_t *link = &allocation->tasks;

	for (int32_t i = 0; i < count; i++) {
		int32_t t = table_take(&core->tasks_table);
		struct task *task = &core->tasks[t];

		task_of_placement(core, &placements[i], task);
		task->allocation = slot;
		milli += taken ? node_task_milli(core, task) : node_take(core, task, user, NULL);
		task_link(core, t);
		if (reserve_refresh(core, task->node))
			node_changed(core, task->node);
		*link = t;
		link = &task->next;
	}
	return milli;
}

/* When it is to be told that its time limit is over. */
static int64_t deadline_us(const struct parc_core *core, const struct allocation *it)
{
	if (it->state == PARC_JOB_STOPPING)
		return PARC_NEVER;
	return order_limit_us(core, it);
}

static int is_endless(const struct parc_core *core, const struct allocation *it)
{
	return it->end_us == PARC_NEVER && deadline_us(core, it) == PARC_NEVER;
}

/* Join the endless, in order of ids: mostly as the last one. */
static void endless_join(struct parc_core *core, const struct allocation *it)
{
	int32_t before = core->endless.last;

	while (before >= 0 && core->allocations[before].id > it->id)
		before = chain_previous(&core->waiting, before);
	chain_insert(&core->waiting, &core->endless, job_of(core, it), before);
}

void allocation_time(struct parc_core *core, int32_t slot)
{
	const struct allocation *it = &core->allocations[slot];
	struct ranking_node end = {
		.key = it->end_us, .tie = it->id, .value = deadline_us(core, it)};

	if (is_endless(core, it))
		endless_join(core, it);
	else
		ranking_insert(&core->waiting, &core->ends_root, job_of(core, it), &end);
}

/* It leaves the order of ends. */
static void time_leave(struct parc_core *core, const struct allocation *it)
{
	if (is_endless(core, it))
		chain_remove(&core->waiting, &core->endless, job_of(core, it));
	else
		ranking_remove(&core->waiting, &core->ends_root, job_of(core, it));
}

int32_t allocation_next_end(const struct parc_core *core, int32_t slot)
{
	const struct allocation *it = &core->allocations[slot < 0 ? 0 : slot];
	int32_t job;

	if (slot >= 0 && is_endless(core, it))
		job = chain_next(&core->waiting, job_of(core, it));
	else if (slot >= 0)
		job = ranking_next(&core->waiting, core->ends_root, job_of(core, it), PARC_NEVER);
	else
		job = ranking_first(&core->waiting, core->ends_root, PARC_NEVER);
	if (job < 0 && (slot < 0 || !is_endless(core, it)))
		job = core->endless.first;
	return job < 0 ? -1 : job_allocation(core, job);
}

int64_t allocation_deadline_us(const struct parc_core *core)
{
	return core->ends_root < 0 ? PARC_NEVER
				   : ranking_at(&core->waiting, core->ends_root)->least;
}

/* The nodes on which its tasks are are filed anew where that matters to reservations: they may keep
 * less than before. */
static void nodes_refresh(struct parc_core *core, const struct allocation *it)
{
	for (int32_t t = it->tasks; t >= 0; t = core->tasks[t].next) {
		if (!reserve_refresh(core, core->tasks[t].node))
			continue;
		node_changed(core, core->tasks[t].node);
		node_freed(core, core->tasks[t].node);
	}
}

void allocation_set_end(struct parc_core *core, int32_t slot, int64_t end_us)
{
	struct allocation *it = &core->allocations[slot];

	time_leave(core, it);
	it->end_us = end_us;
	allocation_time(core, slot);
	nodes_refresh(core, it);
	job_digest(core, slot);
}

void job_start(struct parc_core *core, int32_t slot, int64_t id, int32_t attempt,
	       const struct parc_placement *placements, int32_t count, int taken)
{
	struct job *job = &core->jobs[slot];
	struct allocation *it = &core->allocations[slot];
	int32_t speed_milli = order_speed(core, slot, placements, count);
	int64_t end_us = order_end_us(core, slot, core->time_us, speed_milli);
	int waits = job->line >= 0;

	speed_started(core, job, placements, count);
	if (waits)
		line_step_out(core, slot); /* its place becomes that of one that runs */
	*it = (struct allocation){.id = id,
				  .end_us = end_us,
				  .start_us = core->time_us,
				  .since_us = core->time_us,
				  .booked_us = core->time_us,
				  .idle_us = PARC_NEVER,
				  .beside = -1,
				  .tasks = -1,
				  .tasks_count = count,
				  .busy_milli = -1,
				  .state = PARC_JOB_STARTING,
				  .speed_milli = speed_milli};
	idmap_add(&core->allocation_ids, id, slot);
	core->last_allocation = id;
	it->held_milli = tasks_make(core, slot, placements, count, taken);
	it->tasks_hash = allocation_tasks_hash(core, slot);
	job->attempt = attempt;
	if (waits)
		line_unreserve(core, slot);
	tree_add_pending(core, spec_of(core, job)->tenant, -1);
	tree_add_running(core, spec_of(core, job)->tenant, 1);
	usage_book(core, slot, 1);
	allocation_time(core, slot);
	job->runs = 1;
	job->state = PARC_JOB_STARTING;
	core->running++;
	if (speed_milli != PARC_SHARE_WHOLE)
		service_note(core, slot); /* it was reckoned at the reference's speed */
	job_set_reason(core, slot, PARC_REASON_NONE);
	job_digest(core, slot);
}

/* The busy part of what it holds, rounded down; the rest is idle. */
static int64_t allocation_busy(const struct allocation *it)
{
	return it->held_milli * it->busy_milli / PARC_SHARE_WHOLE;
}

/* Book what it holds under its state: sign 1 in, -1 out. */
static void allocation_book(struct parc_core *core, const struct allocation *it, int sign)
{
	int64_t held = sign * it->held_milli;

	if (it->state == PARC_JOB_STARTING) {
		ledger_add(core, PARC_LEDGER_STARTING, held);
	} else if (it->state == PARC_JOB_STOPPING) {
		ledger_add(core, PARC_LEDGER_STOPPING, held);
	} else if (it->busy_milli < 0) {
		ledger_add(core, PARC_LEDGER_UNMEASURED, held);
	} else {
		int64_t busy = sign * allocation_busy(it);

		ledger_add(core, PARC_LEDGER_BUSY, busy);
		ledger_add(core, PARC_LEDGER_IDLE, held - busy);
	}
}

static void done_add(struct wide *done, int64_t milli, int64_t us)
{
	*done = wide_of(wide_get(*done) + (__int128)milli * us);
}

/* Reckon up to now what it has run since its last checkpoint. */
static void allocation_reckon(struct parc_core *core, struct allocation *it)
{
	int64_t past_us = core->time_us - it->since_us;

	it->since_us = core->time_us;
	if (it->state != PARC_JOB_RUNNING)
		return;
	if (it->busy_milli < 0) {
		done_add(&it->unmeasured_done, it->held_milli, past_us);
	} else {
		done_add(&it->busy_done, allocation_busy(it), past_us);
		done_add(&it->idle_done, it->held_milli - allocation_busy(it), past_us);
	}
}

void allocation_keep(struct parc_core *core, int32_t slot)
{
	struct allocation *it = &core->allocations[slot];

	it->since_us = core->time_us;
	it->busy_done = it->idle_done = it->unmeasured_done = wide_of(0);
	job_digest(core, slot);
}

void allocation_lose(struct parc_core *core, int32_t slot)
{
	struct allocation *it = &core->allocations[slot];

	allocation_reckon(core, it);
	ledger_rebook(core, PARC_LEDGER_BUSY, PARC_LEDGER_LOST, wide_get(it->busy_done));
	ledger_rebook(core, PARC_LEDGER_IDLE, PARC_LEDGER_LOST, wide_get(it->idle_done));
	ledger_rebook(core, PARC_LEDGER_UNMEASURED, PARC_LEDGER_LOST,
		      wide_get(it->unmeasured_done));
	allocation_keep(core, slot);
}

void allocation_set_state(struct parc_core *core, int32_t slot, int32_t state)
{
	struct allocation *it = &core->allocations[slot];

	allocation_reckon(core, it);
	allocation_book(core, it, -1);
	if (state == PARC_JOB_STOPPING) {
		time_leave(core, it); /* its limit counts no more */
		core->looks = 1;      /* what it leaves may be recalled */
	}
	it->state = (uint8_t)state;
	if (state == PARC_JOB_STOPPING)
		allocation_time(core, slot);
	allocation_book(core, it, 1);
	idle_note(core, slot);
	core->jobs[job_of(core, it)].state = (uint8_t)state;
	job_digest(core, slot);
}

void allocation_set_busy(struct parc_core *core, int32_t slot, int32_t busy_milli)
{
	struct allocation *it = &core->allocations[slot];

	allocation_reckon(core, it);
	allocation_book(core, it, -1);
	it->busy_milli = (int16_t)busy_milli;
	allocation_book(core, it, 1);
	idle_note(core, slot);
	job_digest(core, slot);
}

/* It stops growing at what no rank tells apart. */
int64_t allocation_attained_us(const struct parc_core *core, int32_t slot)
{
	const struct allocation *it = &core->allocations[slot];
	int64_t past_us = core->time_us - it->booked_us, product;
	__int128 had;

	if (!__builtin_mul_overflow(it->held_milli, past_us, &product))
		had = product / PARC_SHARE_WHOLE;
	else
		had = (__int128)it->held_milli * past_us / PARC_SHARE_WHOLE;

	had += core->jobs[job_of(core, it)].attained_us;
	return had > PARC_TIME_MAX ? PARC_TIME_MAX : (int64_t)had;
}

static void attained_add(struct parc_core *core, int32_t slot)
{
	const struct allocation *it = &core->allocations[slot];
	struct job *job = &core->jobs[job_of(core, it)];

	job->attained_us = allocation_attained_us(core, slot);
	if (it->checkpoint_us > job->kept_us)
		job->kept_us = it->checkpoint_us;
}

/* What it has had and has done so far is reckoned at what it held and how fast it was. */
static void allocation_rebase(struct parc_core *core, int32_t slot)
{
	struct allocation *it = &core->allocations[slot];

	core->jobs[job_of(core, it)].attained_us = allocation_attained_us(core, slot);
	it->done_us = order_done_us(core, it);
	it->booked_us = core->time_us;
}

void allocation_set_speed(struct parc_core *core, int32_t slot, int32_t speed_milli)
{
	struct allocation *it = &core->allocations[slot];

	time_leave(core, it);
	allocation_rebase(core, slot);
	it->speed_milli = speed_milli;
	if (it->state != PARC_JOB_STOPPING)
		it->end_us = order_end_running_us(core, it);
	allocation_time(core, slot);
	nodes_refresh(core, it);
	core->disrupted = 1;
	job_digest(core, slot);
}

/* All of it goes back to `starting`, from where nodes take and give task by task, and comes back
 * from there in its state. */
void allocation_rebook(struct parc_core *core, int32_t slot, int32_t group, int32_t share_milli)
{
	struct allocation *it = &core->allocations[slot];
	struct job *job = &core->jobs[job_of(core, it)];

	allocation_reckon(core, it);
	time_leave(core, it);
	allocation_rebase(core, slot);
	allocation_time(core, slot);
	it->halved = 0;
	usage_book(core, slot, -1);
	allocation_book(core, it, -1);
	ledger_add(core, PARC_LEDGER_STARTING, it->held_milli);
	for (int32_t t = it->tasks; t >= 0; t = core->tasks[t].next) {
		struct task *task = &core->tasks[t];

		if (task->group != group || task->devices == 0)
			continue;
		it->held_milli -= node_give(core, task, PARC_LEDGER_STARTING);
		task->share_milli = (int16_t)share_milli;
		it->held_milli += node_take(core, task, spec_of(core, job)->user, NULL);
		if (reserve_refresh(core, task->node))
			node_changed(core, task->node);
	}
	ledger_add(core, PARC_LEDGER_STARTING, -it->held_milli);
	allocation_book(core, it, 1);
	usage_book(core, slot, 1);
	idle_leave(core, slot);
	core->disrupted = 1;
	it->tasks_hash = allocation_tasks_hash(core, slot);
	job_digest(core, slot);
}

void allocation_prefetch(const struct parc_core *core, int32_t slot)
{
	lines_prefetch(&core->allocations[slot], sizeof(*core->allocations));
	lines_prefetch(&core->jobs[slot], sizeof(*core->jobs));
}

void allocation_prefetch_more(const struct parc_core *core, int32_t slot)
{
	const struct allocation *it = &core->allocations[slot];

	lines_prefetch(&core->tasks[it->tasks], sizeof(*core->tasks));
	if (it->place.left >= 0)
		__builtin_prefetch(&core->allocations[it->place.left].place.right, 1);
	if (it->place.right >= 0)
		__builtin_prefetch(&core->allocations[it->place.right].place.left, 1);
	idmap_prefetch(&core->job_ids, core->jobs[slot].id);
	lines_prefetch(&core->specs[core->jobs[slot].spec], sizeof(*core->specs));
}

void task_prefetch(const struct parc_core *core, int32_t slot)
{
	const struct task *it = &core->tasks[slot < 0 ? 0 : slot];

	if (slot < 0)
		return;
	node_prefetch(core, it->node);
	if (it->node_next >= 0)
		__builtin_prefetch(&core->tasks[it->node_next].node_prev, 1);
	if (it->node_prev >= 0)
		__builtin_prefetch(&core->tasks[it->node_prev].node_next, 1);
}

void allocation_release(struct parc_core *core, int32_t slot)
{
	struct allocation *it = &core->allocations[slot];
	int32_t next;

	idle_leave(core, slot);
	pair_part(core, slot);
	time_leave(core, it);
	usage_book(core, slot, -1);
	tree_add_running(core, job_spec(core, job_of(core, it))->tenant, -1);
	/* Bring all of it back to `starting`, from where the nodes take it task by task. */
	allocation_book(core, it, -1);
	ledger_add(core, PARC_LEDGER_STARTING, it->held_milli);
	for (int32_t t = it->tasks; t >= 0; t = next) {
		next = core->tasks[t].next;
		task_prefetch(core, next);
		task_unlink(core, t);
		node_give(core, &core->tasks[t], PARC_LEDGER_STARTING);
		table_give(&core->tasks_table, t);
	}
	if (core->limited > 0)
		core->freed_all = 1; /* room in the tables is for all, wherever they would run */
	core->disrupted |= core->time_us != it->end_us;
	attained_add(core, slot);
	job_digest(core, slot);
	idmap_remove(&core->allocation_ids, it->id);
	core->jobs[slot].runs = 0;
	it->planned = 0;
	core->running--;
}
