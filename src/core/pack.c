/* SPDX-License-Identifier: Apache-2.0
 *
 * Packing (pack.h). Measured uses lie in a table that only grows, found by an id map.
 */
#include "core/pack.h"

#include "base/hash.h"
#include "core/act.h"
#include "core/check.h"
#include "core/job.h"
#include "core/node.h"
#include "core/profile.h"

void pack_init(struct parc_core *core, struct block *block)
{
	core->uses_max = core->limits.shapes;
	core->uses = block_take(block, (size_t)core->uses_max, sizeof(*core->uses));
	idmap_init(&core->use_ids, block, core->uses_max, core->uses, sizeof(*core->uses));
}

void pack_rebuild(struct parc_core *core)
{
	for (int32_t i = 0; i < core->uses_count; i++)
		idmap_add(&core->use_ids, core->uses[i].kind, i);
	core->pack_noted = 0;
}

uint64_t pack_hash(const struct parc_core *core)
{
	uint64_t sum = 0;

	for (int32_t i = 0; i < core->uses_count; i++)
		sum += hash_pair(hash_word(HASH_START, (uint64_t)core->uses[i].kind),
				 core->uses[i].share_milli, 1);
	return sum;
}

int32_t pack_share(const struct parc_core *core, int64_t kind, int packable, int32_t asked_milli)
{
	int32_t slot, share;

	if (!packable || core->rules.pack_margin_milli == 0 || core->uses_count == 0)
		return asked_milli;
	slot = idmap_find(&core->use_ids, kind);
	if (slot < 0 || core->uses[slot].share_milli == 0)
		return asked_milli;
	share = core->uses[slot].share_milli + core->rules.pack_margin_milli;
	return share < asked_milli ? share : asked_milli;
}

/* ---- Events */

int pack_check(const struct parc_core *core, const struct parc_event *event, struct parc_err *err)
{
	int code = check_range("kind", event->use.kind, 1, INT64_MAX, err);

	if (code == 0)
		code = check_range("share_milli", event->use.share_milli, 0, PARC_SHARE_WHOLE, err);
	if (code == 0 && core->uses_count == core->uses_max &&
	    idmap_find(&core->use_ids, event->use.kind) < 0)
		code = parc_err_set(err, PARC_ERR_FULL,
				    "the table of measured uses is full at %d; raise shapes",
				    core->uses_max);
	return code;
}

/* All packable jobs of a kind, or of all kinds, ask for what they are booked now. */
static void jobs_repack(struct parc_core *core, int64_t kind)
{
	for (int32_t i = 0; i < core->jobs_table.high; i++)
		if (core->jobs[i].id != PARC_NONE && job_spec(core, i)->packable &&
		    (kind == PARC_NONE || job_spec(core, i)->kind == kind))
			job_repack(core, i);
	core->pack_noted = 1;
}

void pack_measure(struct parc_core *core, const struct parc_event *event)
{
	int32_t slot = idmap_find(&core->use_ids, event->use.kind);

	if (slot < 0) {
		slot = core->uses_count++;
		core->uses[slot] = (struct use){.kind = event->use.kind};
		idmap_add(&core->use_ids, event->use.kind, slot);
	} else if (core->uses[slot].share_milli == event->use.share_milli) {
		return;
	}
	core->uses[slot].share_milli = event->use.share_milli;
	jobs_repack(core, event->use.kind);
}

void pack_margin_set(struct parc_core *core)
{
	jobs_repack(core, PARC_NONE);
}

/* ---- What runs */

static const struct parc_chip *task_chip(const struct parc_core *core, const struct task *task)
{
	const struct node *node = &core->nodes[task->node];

	return &core->chips[kind_device_chip(&core->kinds[node->kind],
					     __builtin_ctz(task->devices))];
}

static struct group *group_at(struct parc_core *core, const struct job *job, int32_t number)
{
	int32_t g = spec_of(core, job)->groups;

	while (number-- > 0)
		g = core->groups[g].next;
	return &core->groups[g];
}

/* The share that the group's tasks are to be booked, all alike; 0: they cannot be booked anew,
 * as they are on unlike chips or on one that is not shared in thousandths. */
static int32_t group_target(struct parc_core *core, const struct allocation *it, int32_t number)
{
	const struct job *job = &core->jobs[job_of(core, it)];
	const struct group *group = group_at(core, job, number);
	int32_t target = 0;

	for (int32_t t = it->tasks; t >= 0; t = core->tasks[t].next) {
		struct ask ask;
		struct booking booking;

		if (core->tasks[t].group != number || core->tasks[t].devices == 0)
			continue;
		group_ask(core, job, group, -1, 0, &ask);
		if (task_chip(core, &core->tasks[t])->rule != PARC_RULE_SCALAR ||
		    task_chip(core, &core->tasks[t])->unit > 1 ||
		    !chip_book(task_chip(core, &core->tasks[t]), &ask, &booking) ||
		    (target > 0 && booking.share_milli != target))
			return 0;
		target = booking.share_milli;
	}
	return target;
}

static int32_t group_booked(const struct parc_core *core, const struct allocation *it,
			    int32_t number)
{
	for (int32_t t = it->tasks; t >= 0; t = core->tasks[t].next)
		if (core->tasks[t].group == number && core->tasks[t].devices != 0)
			return core->tasks[t].share_milli;
	return 0;
}

/* Have the devices of the group's tasks room for this share in place of the one booked? Tasks of
 * one group may share a device. */
static int group_has_room(const struct parc_core *core, const struct allocation *it, int32_t number,
			  int32_t share_milli)
{
	for (int32_t t = it->tasks; t >= 0; t = core->tasks[t].next) {
		const struct task *task = &core->tasks[t];
		const struct node *node = &core->nodes[task->node];
		int32_t more = share_milli - task->share_milli;

		if (task->group != number || more <= 0)
			continue;
		for (uint32_t left = task->devices; left != 0; left &= left - 1) {
			int32_t device = __builtin_ctz(left), beside = 0;
			const struct device *at = &core->devices[node->devices + device];

			for (int32_t o = it->tasks; o >= 0; o = core->tasks[o].next)
				beside += core->tasks[o].group == number &&
					  core->tasks[o].node == task->node &&
					  core->tasks[o].devices >> device & 1;
			if (at->failed ||
			    at->used_milli + device_beset(core, at)->foreign_milli + more * beside > PARC_SHARE_WHOLE)
				return 0;
		}
	}
	return 1;
}

int rebook_check(const struct parc_core *core, int32_t job, const struct parc_action *action,
		 struct parc_err *err)
{
	const struct job *it = &core->jobs[job];
	int32_t share = action->rebook.share_milli, number = action->rebook.group, found = 0;
	const struct allocation *allocation;
	int good = it->runs && share >= 1 && share <= PARC_SHARE_WHOLE && number >= 0 &&
		   number < spec_of(core, it)->groups_count;

	if (good) {
		allocation = &core->allocations[job];
		good = allocation->id == action->rebook.allocation &&
		       allocation->state != PARC_JOB_STOPPING &&
		       group_has_room(core, allocation, number, share);
		for (int32_t t = allocation->tasks; t >= 0 && good; t = core->tasks[t].next) {
			const struct parc_chip *chip;

			if (core->tasks[t].group != number || core->tasks[t].devices == 0)
				continue;
			chip = task_chip(core, &core->tasks[t]);
			found = 1;
			good = chip->rule == PARC_RULE_SCALAR && chip->unit == 1 &&
			       (share == PARC_SHARE_WHOLE || share % chip->step_milli == 0);
		}
	}
	if (good && found)
		return 0;
	return parc_err_set(err, PARC_ERR_STATE, "job %lld cannot be booked %d/1000 a device",
			    (long long)action->job, share);
}

/* More than its device has is needed: it starts again where there is room, or somebody is told. */
static void group_burst(struct parc_core *core, int32_t job)
{
	if (core->jobs[job].preemptible)
		act_stop(core, job, PARC_RESULT_DRAINED); /* for its own sake, not for another */
	else
		act_warn(core, job, PARC_WARN_PACKED);
}

static void act_rebook(struct parc_core *core, int32_t job, int32_t group, int32_t share_milli)
{
	const struct allocation *it = &core->allocations[job];
	struct parc_action action = {.kind = PARC_ACTION_REBOOK, .job = core->jobs[job].id};

	action.rebook.allocation = it->id;
	action.rebook.attempt = core->jobs[job].attempt;
	action.rebook.group = group;
	action.rebook.share_milli = share_milli;
	act(core, &action, 0);
}

static void allocation_repack(struct parc_core *core, int32_t job)
{
	const struct allocation *it = &core->allocations[job];

	for (int32_t number = 0; number < job_spec(core, job)->groups_count; number++) {
		int32_t target = group_target(core, it, number);

		if (target == 0 || target == group_booked(core, it, number))
			continue;
		if (!group_has_room(core, it, number, target)) {
			group_burst(core, job);
			return;
		}
		act_rebook(core, job, number, target);
	}
}

/* The smallest share of the chip of the group's tasks; 0: others may not be put beside them. */
static int32_t group_least(struct parc_core *core, const struct allocation *it, int32_t number)
{
	int32_t least = group_target(core, it, number);

	for (int32_t t = it->tasks; t >= 0 && least > 0; t = core->tasks[t].next) {
		if (core->tasks[t].group != number || core->tasks[t].devices == 0)
			continue;
		if (core->tasks[t].device_memory_mib == 0)
			return 0;
		least = task_chip(core, &core->tasks[t])->step_milli;
	}
	return least;
}

int pack_shrink(struct parc_core *core, int32_t job)
{
	const struct allocation *it = &core->allocations[job];
	int shrunk = 0;

	if (it->halved)
		return 0; /* it is in a pair */
	for (int32_t number = 0; number < job_spec(core, job)->groups_count; number++) {
		int32_t least = group_least(core, it, number);

		if (least == 0 || least >= group_booked(core, it, number))
			continue;
		act_rebook(core, job, number, least);
		shrunk = 1;
	}
	return shrunk;
}

void pack_grow(struct parc_core *core, int32_t job)
{
	const struct allocation *it = &core->allocations[job];

	if (it->booked_us > it->start_us && !it->halved && it->state == PARC_JOB_RUNNING &&
	    it->idle_us == PARC_NEVER && it->busy_milli >= 0)
		allocation_repack(core, job);
}

int pack_decide(struct parc_core *core)
{
	int32_t slot = core->pack_noted ? allocation_next_end(core, -1) : -1;

	while (slot >= 0) {
		int32_t next = allocation_next_end(core, slot), job = slot;
		const struct job *it = &core->jobs[job];

		if (!act_has_room_for(core, PARC_GROUPS_MAX))
			return 0;
		if (spec_of(core, it)->packable && it->state != PARC_JOB_STOPPING)
			allocation_repack(core, job);
		slot = next;
	}
	core->pack_noted = 0;
	return 1;
}

/* ---- Checks */

static int job_verify(const struct parc_core *core, const struct job *job, struct parc_err *err)
{
	int32_t number = 0;

	for (int32_t g = spec_of(core, job)->groups; g >= 0; g = core->groups[g].next, number++) {
		const struct parc_task *task = &core->shapes[core->groups[g].shape].ask.task;
		int32_t asked = core->groups[g].asked_milli;

		if (task->devices > 0 &&
		    (task->share_milli > asked ||
		     (!spec_of(core, job)->packable && task->share_milli != asked)))
			return parc_err_set(err, PARC_ERR_MISMATCH,
					    "K1: job %lld asked for %d/1000 and waits for %d",
					    (long long)job->id, asked, task->share_milli);
	}
	return 0;
}

int pack_verify(const struct parc_core *core, struct parc_err *err)
{
	int code = 0;

	for (int32_t i = 0; i < core->jobs_table.high && code == 0; i++)
		if (core->jobs[i].id != PARC_NONE)
			code = job_verify(core, &core->jobs[i], err);
	return code;
}
