/* SPDX-License-Identifier: Apache-2.0
 *
 * The checker of all numbered invariants (ARCHITECTURE.md has the list). It counts everything
 * again from the tasks up, with code of its own where that is possible, and changes nothing.
 * Cost: a walk over all tables, and over the classes for each heap: for tests and audits.
 */
#include <string.h>

#include "core/array.h"
#include "core/close.h"
#include "core/closure.h"
#include "core/digest.h"
#include "core/fair.h"
#include "core/fit.h"
#include "core/heap.h"
#include "core/idle.h"
#include "core/index.h"
#include "core/job.h"
#include "core/ledger.h"
#include "core/line.h"
#include "core/node.h"
#include "core/pack.h"
#include "core/pair.h"
#include "core/price.h"
#include "core/quota.h"
#include "core/reserve.h"
#include "core/service.h"
#include "core/speed.h"
#include "core/strand.h"
#include "core/tree.h"

#define BROKEN(err, ...) parc_err_set(err, PARC_ERR_MISMATCH, __VA_ARGS__)

static int32_t device_chip(const struct node *node, int32_t device)
{
	for (int32_t p = 0; p < node->pools_count; p++)
		if (device >= node->pools[p].first &&
		    device < node->pools[p].first + node->pools[p].count)
			return node->pools[p].chip;
	return -1;
}

/* N1: no share above 1000, no memory above capacity, what a device says it holds is the sum of
 * its tasks' parts, slots do not overlap, and only one user shares where that is the rule. */
static int check_device(const struct parc_core *core, int32_t slot, int32_t device,
			struct parc_err *err)
{
	const struct node *node = &core->nodes[slot];
	const struct device *it = &core->devices[node->devices + device];
	const struct parc_chip *chip = &core->chips[device_chip(node, device)];
	int64_t milli = 0, mib = 0, user = 0;
	int32_t holders = 0;
	uint32_t slots = 0;

	for (int32_t t = node->tasks; t >= 0; t = core->tasks[t].node_next) {
		const struct task *task = &core->tasks[t];
		int64_t owner = job_spec(core, task->allocation)->user;

		if (!(task->devices >> device & 1))
			continue;
		if ((slots & task->slots) != 0)
			return BROKEN(err, "N1: partition slots overlap on node %lld device %d",
				      (long long)node->id, device);
		if (chip->one_user && holders > 0 && owner != user)
			return BROKEN(err, "N1: two users share node %lld device %d",
				      (long long)node->id, device);
		milli += task->share_milli;
		mib += task->device_memory_mib;
		slots |= task->slots;
		user = owner;
		holders++;
	}
	if (milli != it->used_milli || mib != it->used_mib || holders != it->holders ||
	    slots != it->slots)
		return BROKEN(err,
			      "N1: node %lld device %d says %d/1000 and %d MiB, has %lld, %lld",
			      (long long)node->id, device, it->used_milli, it->used_mib,
			      (long long)milli, (long long)mib);
	if (milli > PARC_SHARE_WHOLE || mib > chip->memory_mib)
		return BROKEN(err, "N1: node %lld device %d holds %lld/1000 and %lld MiB",
			      (long long)node->id, device, (long long)milli, (long long)mib);
	return 0;
}

/* N2: CPU and memory of a node are what its tasks leave. */
static int check_node(const struct parc_core *core, int32_t slot, struct parc_err *err)
{
	const struct node *node = &core->nodes[slot];
	int64_t cpu = node->cpu_milli, memory = node->memory_mib;

	for (int32_t t = node->tasks; t >= 0; t = core->tasks[t].node_next) {
		if (core->tasks[t].node != slot)
			return BROKEN(err, "N2: a task of node %lld is elsewhere",
				      (long long)node->id);
		cpu -= core->tasks[t].cpu_milli;
		memory -= core->tasks[t].memory_mib;
	}
	if (cpu != node->cpu_free || memory != node->memory_free || cpu < 0 || memory < 0)
		return BROKEN(err,
			      "N2: node %lld has %d mCPU and %lld MiB free, tasks leave %lld, %lld",
			      (long long)node->id, node->cpu_free, (long long)node->memory_free,
			      (long long)cpu, (long long)memory);
	for (int32_t d = 0; d < node->devices_count; d++) {
		int code = check_device(core, slot, d, err);

		if (code != 0)
			return code;
	}
	return 0;
}

/* The pool in which a device lies. */
static const struct pool *device_pool(const struct node *node, int32_t device)
{
	int32_t p = 0;

	while (device >= node->pools[p].first + node->pools[p].count)
		p++;
	return &node->pools[p];
}

/* Is what the task holds one instance of a template, at a place where it may begin? */
static int is_template(const struct parc_chip *chip, const struct task *task)
{
	for (int32_t i = 0; i < chip->templates_count; i++) {
		const struct parc_template *it = &chip->templates[i];
		uint32_t run = (UINT32_C(1) << it->slots) - 1;

		if (it->share_milli != task->share_milli ||
		    it->memory_mib != task->device_memory_mib)
			continue;
		for (uint32_t starts = it->starts; starts != 0; starts &= starts - 1)
			if (task->slots == run << __builtin_ctz(starts))
				return 1;
	}
	return 0;
}

/* Are the task's devices all in the pool, and whole units of it? */
static int is_whole_units(const struct pool *pool, const struct task *task, int32_t unit)
{
	uint32_t devices = task->devices >> pool->first;

	if (pool->count < 32 && devices >> pool->count != 0)
		return 0;
	for (int32_t i = 0; i < pool->count; i += unit) {
		uint32_t mask = (uint32_t)((UINT64_C(1) << unit) - 1) << i;

		if ((devices & mask) != 0 && (devices & mask) != mask)
			return 0;
	}
	return devices << pool->first == task->devices;
}

/* P1: every task keeps the partition rule of its chip. */
static int check_task(const struct parc_core *core, const struct task *task, struct parc_err *err)
{
	const struct node *node = &core->nodes[task->node];
	int32_t count = __builtin_popcount(task->devices);
	int whole = task->share_milli == PARC_SHARE_WHOLE, kept;
	const struct parc_chip *chip;
	const struct pool *pool;

	if (count == 0)
		return 0;
	pool = device_pool(node, __builtin_ctz(task->devices));
	chip = &core->chips[pool->chip];
	kept = is_whole_units(pool, task, chip->unit) && chip->rule != PARC_RULE_CORES;
	if (chip->rule == PARC_RULE_WHOLE || chip->unit > 1)
		kept &= whole;
	if (chip->rule == PARC_RULE_SCALAR && !whole)
		kept &= task->share_milli % chip->step_milli == 0;
	if (chip->rule == PARC_RULE_TEMPLATES)
		kept &= task->slots == 0 ? whole : count == 1 && is_template(chip, task);
	else
		kept &= task->slots == 0;
	if (chip->counts != 0 && whole && task->slots == 0)
		kept &= chip->counts >> (count - 1) & 1;
	if (!kept)
		return BROKEN(err, "P1: a task on node %lld breaks its chip's partition rule",
			      (long long)node->id);
	return 0;
}

static int32_t place_at(const struct parc_core *core, int32_t node, int32_t level)
{
	int32_t place = core->nodes[node].place;

	if (level == PARC_LEVEL_NODE)
		return node;
	while (place >= 0 && core->places[place].level != level)
		place = core->places[place].parent;
	return place;
}

static int32_t task_chip(const struct parc_core *core, const struct task *task)
{
	if (task->devices == 0)
		return -1;
	return device_chip(&core->nodes[task->node], __builtin_ctz(task->devices));
}

/* G1: a gang holds all its minima and no more than its maxima. G2: it is as close as it
 * requires, and on one kind of chip unless it may be mixed. */
static int check_gang(const struct parc_core *core, const struct allocation *it,
		      struct parc_err *err)
{
	const struct job *job = &core->jobs[job_of(core, it)];
	int32_t counts[PARC_GROUPS_MAX] = {0}, mixed[PARC_GROUPS_MAX] = {0}, number = 0;
	int32_t chip = -1, place = -1;

	for (int32_t g = spec_of(core, job)->groups; g >= 0; g = core->groups[g].next)
		mixed[number++] = core->groups[g].mixed_chips;
	for (int32_t t = it->tasks; t >= 0; t = core->tasks[t].next) {
		const struct task *task = &core->tasks[t];
		int32_t at = place_at(core, task->node, spec_of(core, job)->close_level);
		int32_t on = task_chip(core, task);
		int code = check_task(core, task, err);

		if (code != 0)
			return code;
		if (spec_of(core, job)->close_strength == PARC_STRENGTH_REQUIRE &&
		    spec_of(core, job)->close_level != PARC_LEVEL_FLEET && t != it->tasks &&
		    at != place)
			return BROKEN(err, "G2: job %lld is not as close as it requires",
				      (long long)job->id);
		if (on >= 0 && !mixed[task->group] && chip >= 0 && chip != on)
			return BROKEN(err, "G2: job %lld is on unlike chips", (long long)job->id);
		chip = on >= 0 && !mixed[task->group] ? on : chip;
		place = at;
		counts[task->group]++;
	}
	number = 0;
	for (int32_t g = spec_of(core, job)->groups; g >= 0; g = core->groups[g].next, number++)
		if (counts[number] < core->groups[g].tasks_min ||
		    counts[number] > core->groups[g].tasks_max)
			return BROKEN(err, "G1: job %lld runs %d tasks of group %d, wants %d to %d",
				      (long long)job->id, counts[number], number,
				      core->groups[g].tasks_min, core->groups[g].tasks_max);
	return 0;
}

/* J1: a job has an allocation just when it is not pending. J2: it waits in a line just when
 * nothing keeps it back. J3: an allocation and its job name each other. */
static int check_job(const struct parc_core *core, int32_t slot, struct parc_err *err)
{
	const struct job *job = &core->jobs[slot];
	int pending = job->state == PARC_JOB_PENDING;

	if (pending == job->runs)
		return BROKEN(err, "J1: job %lld is %s with%s an allocation", (long long)job->id,
			      parc_job_state_name(job->state), job->runs ? "" : "out");
	if ((pending && job_is_eligible(core, slot) && !job->parked) != (job->line >= 0))
		return BROKEN(err, "J2: job %lld is %sin a line", (long long)job->id,
			      job->line < 0 ? "not " : "");
	if (!pending && core->allocations[slot].state != job->state)
		return BROKEN(err, "J3: job %lld and its allocation disagree", (long long)job->id);
	return 0;
}

static int check_records(const struct parc_core *core, struct parc_err *err)
{
	int code = 0;

	for (int32_t i = 0; i < core->nodes_table.high && code == 0; i++)
		if (core->nodes[i].id != PARC_NONE)
			code = check_node(core, i, err);
	for (int32_t i = 0; i < core->jobs_table.high && code == 0; i++)
		if (core->jobs[i].id != PARC_NONE)
			code = check_job(core, i, err);
	for (int32_t i = 0; i < core->jobs_table.high && code == 0; i++)
		if (allocation_is_live(core, i))
			code = check_gang(core, &core->allocations[i], err);
	return code;
}

int parc_core_check(const struct parc_core *core, struct parc_err *err)
{
	int code = check_records(core, err);

	if (code == 0)
		code = ledger_check(core, err);
	if (code == 0)
		code = line_check(core, err);
	if (code == 0)
		code = tree_verify(core, err);
	if (code == 0)
		code = quota_verify(core, err);
	if (code == 0)
		code = strand_verify(core, err);
	if (code == 0)
		code = spec_verify(core, err);
	if (code == 0)
		code = fair_verify(core, err);
	if (code == 0)
		code = array_verify(core, err);
	if (code == 0)
		code = reserve_verify(core, err);
	if (code == 0)
		code = service_verify(core, err);
	if (code == 0)
		code = pack_verify(core, err);
	if (code == 0)
		code = pair_verify(core, err);
	if (code == 0)
		code = closure_verify(core, err);
	if (code == 0)
		code = idle_verify(core, err);
	if (code == 0)
		code = index_check(core, err);
	if (code == 0)
		code = heap_check(core, err);
	if (code == 0)
		code = close_check(core, err);
	if (code == 0)
		code = prices_check(core, err);
	if (code == 0)
		code = speed_verify(core, err);
	if (code == 0 && core->digest != digest_recount(core))
		return BROKEN(err, "D1: the digest is not what a recount gives");
	return code;
}
