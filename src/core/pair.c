/* SPDX-License-Identifier: Apache-2.0
 *
 * Pairs (pair.h). Two allocations name each other; what they hold is half of the same devices, task
 * by task. Looking for those that were left alone costs a walk over the allocations, in steps in
 * which one of a pair left.
 */
#include "core/pair.h"

#include "core/act.h"
#include "core/assign.h"
#include "core/choose.h"
#include "core/job.h"
#include "core/node.h"
#include "core/pack.h"
#include "core/profile.h"
#include "core/service.h"
#include "core/speed.h"

/* ---- Who may be together */

static const struct parc_task *task_of(const struct parc_core *core, int32_t job)
{
	return &core->shapes[core->groups[job_spec(core, job)->groups].shape].ask.task;
}

int pair_is_open(const struct parc_core *core, int32_t job)
{
	const struct job *it = &core->jobs[job];
	const struct spec *spec = spec_of(core, it);
	const struct group *group = &core->groups[spec->groups];
	const struct parc_task *task = task_of(core, job);

	return spec->groups_count == 1 && spec->kind != PARC_NONE && !spec->packable &&
	       !job_is_service(it) && it->replica == 0 && it->preemptible &&
	       spec->close_strength != PARC_STRENGTH_REQUIRE &&
	       task->link != PARC_STRENGTH_REQUIRE && group->tasks_min == group->tasks_max &&
	       task->devices > 0 && task->share_milli == PARC_SHARE_WHOLE;
}

static int chip_has_halves(const struct parc_chip *chip)
{
	return chip->rule == PARC_RULE_SCALAR && chip->unit == 1 && !chip->one_user &&
	       PAIR_SHARE % chip->step_milli == 0;
}

int32_t pair_value(const struct parc_core *core, int32_t job, int32_t beside, int32_t chip)
{
	const struct parc_task *task = task_of(core, job), *other = task_of(core, beside);
	int64_t kind = job_spec(core, job)->kind, other_kind = job_spec(core, beside)->kind;
	int64_t alone, alone_other, own, others;

	if (!chip_has_halves(&core->chips[chip]) || task->devices != other->devices ||
	    core->groups[job_spec(core, job)->groups].tasks_min !=
		    core->groups[job_spec(core, beside)->groups].tasks_min ||
	    (int64_t)task->device_memory_mib + other->device_memory_mib >
		    core->chips[chip].memory_mib)
		return ASSIGN_NEVER;
	own = speed_beside(core, kind, other_kind, chip);
	others = speed_beside(core, other_kind, kind, chip);
	alone = choose_speed(core, job, chip);
	alone_other = choose_speed(core, beside, chip);
	if (own == 0 || others == 0 || alone == 0 || alone_other == 0 ||
	    (own * alone_other + others * alone) * PARC_SHARE_WHOLE <=
		    PAIR_GAIN_MILLI * alone * alone_other)
		return ASSIGN_NEVER;
	return assign_log2_ratio((uint32_t)own, PARC_SHARE_WHOLE);
}

/* ---- Starting beside another */

/* The variant with which the job is fastest on the chip, as a slot and a number; -1: none. */
static int32_t variant_on(const struct parc_core *core, int32_t job, int32_t chip, int32_t *number)
{
	const struct job *it = &core->jobs[job];
	int32_t best = -1, best_speed = 0, index = 0;

	*number = -1;
	for (int32_t v = spec_of(core, it)->variants; v >= 0; v = core->variants[v].next, index++) {
		int32_t speed = speed_assumed(core, it, chip, v);

		if (!(core->variants[v].set.chips >> chip & 1) || speed <= best_speed)
			continue;
		best = v;
		best_speed = speed;
		*number = index;
	}
	return best;
}

static int32_t tasks_on(const struct parc_core *core, int32_t allocation, int32_t node)
{
	int32_t count = 0;

	for (int32_t t = core->allocations[allocation].tasks; t >= 0; t = core->tasks[t].next)
		count += core->tasks[t].node == node;
	return count;
}

/* Is there room for such a task beside the host's? It holds its devices by itself. */
static int has_room(const struct parc_core *core, const struct task *host, const struct ask *ask)
{
	const struct node *node = &core->nodes[host->node];
	int64_t count = tasks_on(core, host->allocation, host->node);
	int32_t memory_mib = 0;

	if (node->state != PARC_NODE_UP ||
	    node->cpu_free - node->cpu_kept < count * ask->task.cpu_milli ||
	    node->memory_free - node->memory_kept < count * ask->task.memory_mib)
		return 0;
	for (uint32_t left = host->devices; left != 0; left &= left - 1) {
		int32_t number = __builtin_ctz(left);
		const struct device *it = &core->devices[node->devices + number];
		const struct beset *beset = device_beset(core, it);

		memory_mib =
			core->chips[kind_device_chip(&core->kinds[node->kind], number)].memory_mib;
		if (it->failed || beset->foreign_milli > 0 || beset->kept_milli > 0 ||
		    it->holders != 1 ||
		    (int32_t)it->used_mib + beset->foreign_mib + beset->kept_mib +
				    ask->task.device_memory_mib >
			    memory_mib)
			return 0;
	}
	return 1;
}

static int32_t chip_of(const struct parc_core *core, int32_t allocation)
{
	const struct task *task = &core->tasks[core->allocations[allocation].tasks];

	return kind_device_chip(&core->kinds[core->nodes[task->node].kind],
				__builtin_ctz(task->devices));
}

static struct parc_action rebook_to(const struct parc_core *core, int32_t allocation, int32_t share)
{
	const struct allocation *it = &core->allocations[allocation];
	struct parc_action action = {.kind = PARC_ACTION_REBOOK,
				     .job = core->jobs[job_of(core, it)].id};

	action.rebook.allocation = it->id;
	action.rebook.attempt = core->jobs[job_of(core, it)].attempt;
	action.rebook.share_milli = share;
	return action;
}

/* Places for the job on halves of what the host's allocation holds, behind placements_count; 0:
 * there is no room. */
static int plan_beside(struct parc_core *core, int32_t job, int32_t at)
{
	int32_t first = core->placements_count, number;
	int32_t variant = variant_on(core, job, chip_of(core, at), &number);
	struct ask ask;

	if (core->placements_max - first < core->allocations[at].tasks_count)
		return 0;
	group_ask(core, &core->jobs[job], &core->groups[job_spec(core, job)->groups], variant, 0,
		  &ask);
	for (int32_t t = core->allocations[at].tasks; t >= 0; t = core->tasks[t].next) {
		const struct task *task = &core->tasks[t];

		if (!has_room(core, task, &ask)) {
			core->placements_count = first;
			return 0;
		}
		core->placements[core->placements_count++] =
			(struct parc_placement){.node = core->nodes[task->node].id,
						.task = task->index,
						.devices = task->devices,
						.share_milli = PAIR_SHARE,
						.device_memory_mib = ask.task.device_memory_mib,
						.cpu_milli = ask.task.cpu_milli,
						.memory_mib = ask.task.memory_mib,
						.variant = number};
	}
	return 1;
}

/* Give back what the allocation holds, for a look (sign -1), or take it again (1); -1: nothing. */
static void pretend(struct parc_core *core, int32_t allocation, int sign)
{
	int32_t t = allocation < 0 ? -1 : core->allocations[allocation].tasks;

	for (; t >= 0; t = core->tasks[t].next)
		if (core->nodes[core->tasks[t].node].state == PARC_NODE_UP)
			node_pretend(core, &core->tasks[t], job_spec(core, allocation)->user, sign);
}

int pair_would_fit(struct parc_core *core, int32_t job, int32_t host)
{
	int32_t at = job_allocation(core, host), first = core->placements_count;
	int32_t own = job_allocation(core, job), mate, fits;

	if (at < 0 || core->allocations[at].state == PARC_JOB_STOPPING)
		return 0;
	mate = core->allocations[at].beside;
	if (mate == own)
		mate = -1; /* given back once */
	pretend(core, own, -1);
	pretend(core, mate, -1);
	fits = plan_beside(core, job, at);
	pretend(core, mate, 1);
	pretend(core, own, 1);
	core->placements_count = first;
	return fits;
}

int pair_start(struct parc_core *core, int32_t job, int32_t host)
{
	int32_t at = job_allocation(core, host), first = core->placements_count;
	struct parc_action half, start = {.kind = PARC_ACTION_START, .job = core->jobs[job].id};

	if (at < 0 || core->allocations[at].state == PARC_JOB_STOPPING ||
	    core->allocations[at].beside >= 0 || core->allocations[at].halved ||
	    !act_has_room_for(core, 4) ||
	    !table_has_room(&core->tasks_table, core->allocations[at].tasks_count) ||
	    !plan_beside(core, job, at))
		return 0;
	half = rebook_to(core, at, PAIR_SHARE);
	act(core, &half, 0);
	start.start.allocation = core->last_allocation + 1;
	start.start.attempt = core->jobs[job].attempt + 1;
	start.start.count = core->placements_count - first;
	start.start.placements = &core->placements[first];
	start.start.beside = core->jobs[host].id;
	act(core, &start, 0);
	return 1;
}

int pair_decide(struct parc_core *core)
{
	int32_t slot = core->pairs_noted ? allocation_next_end(core, -1) : -1;

	while (slot >= 0) {
		const struct allocation *it = &core->allocations[slot];
		int32_t next = allocation_next_end(core, slot);
		struct parc_action whole = rebook_to(core, slot, PARC_SHARE_WHOLE);

		if (!act_has_room(core))
			return 0;
		if (it->halved && it->beside < 0 &&
		    rebook_check(core, job_of(core, it), &whole, NULL) == 0)
			act(core, &whole, 0);
		slot = next;
	}
	core->pairs_noted = 0;
	return 1;
}

/* ---- Applying */

/* Do both hold the same devices, task by task? */
static int tasks_are_alike(const struct parc_core *core, int32_t a, int32_t b)
{
	while (a >= 0 && b >= 0 && core->tasks[a].node == core->tasks[b].node &&
	       core->tasks[a].devices == core->tasks[b].devices) {
		a = core->tasks[a].next;
		b = core->tasks[b].next;
	}
	return a < 0 && b < 0;
}

int pair_check(const struct parc_core *core, const struct parc_action *start, struct parc_err *err)
{
	int32_t host = idmap_find(&core->job_ids, start->start.beside);
	int32_t at = host < 0 ? -1 : job_allocation(core, host), t = -1, i = 0;

	if (at >= 0 && core->allocations[at].beside < 0 &&
	    core->allocations[at].state != PARC_JOB_STOPPING &&
	    core->allocations[at].held_milli > 0)
		t = core->allocations[at].tasks;
	for (; t >= 0 && i < start->start.count; t = core->tasks[t].next, i++) {
		const struct parc_placement *it = &start->start.placements[i];

		if (core->nodes[core->tasks[t].node].id != it->node || it->devices == 0 ||
		    core->tasks[t].devices != it->devices || it->share_milli != PAIR_SHARE ||
		    core->tasks[t].share_milli != PAIR_SHARE)
			break;
	}
	if (t < 0 && i > 0 && i == start->start.count)
		return 0;
	return parc_err_set(err, PARC_ERR_STATE, "job %lld cannot be started beside job %lld",
			    (long long)start->job, (long long)start->start.beside);
}

static void speed_join(struct parc_core *core, int32_t slot, int32_t beside)
{
	const struct job *job = &core->jobs[slot];
	const struct job *other = &core->jobs[beside];
	int32_t speed = speed_beside(core, spec_of(core, job)->kind, spec_of(core, other)->kind,
				     chip_of(core, slot));

	core->allocations[slot].beside = beside;
	core->allocations[slot].halved = 1;
	allocation_set_speed(core, slot, speed > 0 ? speed : 1);
}

void pair_join(struct parc_core *core, int32_t job, int32_t host)
{
	int32_t a = job_allocation(core, job), b = job_allocation(core, host);

	speed_join(core, a, b);
	speed_join(core, b, a);
}

/* Of the job alone, on the slowest chip that it is on. */
static int32_t speed_alone(const struct parc_core *core, int32_t slot)
{
	const struct job *job = &core->jobs[slot];
	int32_t variant = spec_of(core, job)->variants;
	const struct task *task = &core->tasks[core->allocations[slot].tasks];

	for (int32_t i = 0; i < task->variant && variant >= 0; i++)
		variant = core->variants[variant].next;
	return speed_assumed(core, job, chip_of(core, slot), task->variant < 0 ? -1 : variant);
}

void pair_part(struct parc_core *core, int32_t slot)
{
	int32_t other = core->allocations[slot].beside;

	if (other < 0)
		return;
	core->allocations[slot].beside = core->allocations[other].beside = -1;
	allocation_set_speed(core, other, speed_alone(core, other));
	core->pairs_noted = 1;
}

/* ---- Checks */

/* M1: two that are beside each other name each other, and hold halves of the same devices. */
int pair_verify(const struct parc_core *core, struct parc_err *err)
{
	for (int32_t i = 0; i < core->jobs_table.high; i++) {
		const struct allocation *it = &core->allocations[i];

		if (!allocation_is_live(core, i) || it->beside < 0)
			continue;
		if (core->allocations[it->beside].beside != i || it->beside == i || !it->halved ||
		    core->tasks[it->tasks].share_milli != PAIR_SHARE ||
		    !tasks_are_alike(core, it->tasks, core->allocations[it->beside].tasks))
			return parc_err_set(err, PARC_ERR_MISMATCH,
					    "M1: allocation %lld shares devices with another, "
					    "which does not with it",
					    (long long)it->id);
	}
	return 0;
}
