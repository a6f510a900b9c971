/* SPDX-License-Identifier: Apache-2.0
 *
 * Taking jobs in and letting them go. The costs are those of the job's own records.
 */
#include "core/job.h"

#include <string.h>

#include "base/hash.h"
#include "core/array.h"
#include "core/attribution.h"
#include "core/index.h"
#include "core/line.h"
#include "core/pack.h"
#include "core/policy.h"
#include "core/service.h"
#include "core/shape.h"
#include "core/speed.h"
#include "core/strand.h"
#include "core/tree.h"

static uint64_t depends_hash(const struct parc_core *core, const struct job *job, uint64_t hash)
{
	for (int32_t d = job->waits > 0 ? job->depends : -1; d >= 0; d = core->depends[d].next) {
		const struct depend *it = &core->depends[d];

		if (it->array != PARC_NONE || it->before >= 0)
			hash = hash_pair(hash,
					 it->before >= 0 ? core->jobs[it->before].id : it->array,
					 it->kind);
	}
	return hash;
}

uint64_t job_hash(const struct parc_core *core, int32_t slot)
{
	const struct job *job = &core->jobs[slot];
	uint64_t hash = hash_word(spec_of(core, job)->hash, (uint64_t)job->id);

	hash = hash_word(hash, (uint64_t)job->time_limit_us);
	hash = hash_word(hash, (uint64_t)job->expected_us);
	hash = hash_word(hash, (uint64_t)job->array);
	hash = hash_word(hash, (uint64_t)job->order);
	hash = hash_pair(hash, job->state, job->attempt);
	hash = hash_pair(hash, job->replica, job->waits);
	hash = hash_pair(hash, job->reason * 16 + job->result,
			 job->held * 4 + job->preemptible * 2 + job->cancelled);
	hash = hash_word(hash, (uint64_t)job->kept_us);
	hash = hash_word(hash, (uint64_t)job->attained_us);
	hash = depends_hash(core, job, hash);
	if (job_is_service(job))
		hash = service_hash(&core->services[job->service], hash);
	return !job->runs ? hash : hash + allocation_hash(core, slot);
}

void job_digest_settle(struct parc_core *core)
{
	struct job *job;

	if (core->undigested == 0)
		return;
	job = &core->jobs[core->undigested - 1];
	core->digest -= job->hash;
	job->hash = job_hash(core, core->undigested - 1);
	core->digest += job->hash;
	core->undigested = 0;
}

void job_digest(struct parc_core *core, int32_t slot)
{
	if (core->undigested == slot + 1)
		return;
	job_digest_settle(core);
	core->undigested = slot + 1;
}

void job_set_reason(struct parc_core *core, int32_t slot, int32_t reason)
{
	core->limited +=
		(reason == PARC_REASON_LIMIT) - (core->jobs[slot].reason == PARC_REASON_LIMIT);
	if (core->jobs[slot].line >= 0 && core->jobs[slot].reason != reason)
		attribution_note(core);
	core->jobs[slot].reason = (uint8_t)reason;
	job_digest(core, slot);
}

int job_is_eligible(const struct parc_core *core, int32_t slot)
{
	const struct job *job = &core->jobs[slot];

	return !job->held && job->waits == 0 && !job->cancelled && !job_is_service(job);
}

int64_t job_grace_us(const struct parc_core *core, int32_t job)
{
	int64_t grace_us = job_spec(core, job)->grace_us;

	return grace_us > 0 ? grace_us : core->rules.grace_us;
}

int64_t job_tasks_max(const struct parc_core *core, int32_t slot)
{
	int64_t tasks = 0;

	for (int32_t g = job_spec(core, slot)->groups; g >= 0; g = core->groups[g].next)
		tasks += core->groups[g].tasks_max;
	return tasks;
}

static void ask_among(const struct parc_core *core, const struct job *job,
		      const struct group *group, int32_t variant, uint64_t chips, uint64_t may,
		      struct ask *ask)
{
	const struct ask *base = &core->shapes[group->shape].ask;
	struct parc_task task = base->task;

	if (task.devices == 0 || (variant < 0 && chips == 0 && may == UINT64_MAX)) {
		*ask = *base;
		return;
	}
	if (variant >= 0) {
		const struct parc_variant *set = &core->variants[variant].set;

		task.chips &= set->chips;
		if (set->device_memory_mib > 0)
			task.device_memory_mib = set->device_memory_mib;
	}
	if (chips != 0)
		task.chips &= chips;
	task.chips &= may;
	ask_init(core, ask, &task, spec_of(core, job)->user);
	ask->task.chips = task.chips; /* none left is none, not any */
}

void group_ask(const struct parc_core *core, const struct job *job, const struct group *group,
	       int32_t variant, uint64_t chips, struct ask *ask)
{
	int has_devices = core->shapes[group->shape].ask.task.devices > 0;
	uint64_t may = has_devices ? speed_chips(core, job, group, variant) : UINT64_MAX;

	ask_among(core, job, group, variant, chips, may, ask);
}

void group_ask_at_most(const struct parc_core *core, const struct job *job,
		       const struct group *group, int32_t variant, struct ask *ask)
{
	ask_among(core, job, group, variant, 0, speed_chips_at_most(core, job, group, variant),
		  ask);
}

int job_could_use(struct parc_core *core, int32_t slot, const struct view *view)
{
	const struct job *job = &core->jobs[slot];
	struct ask ask;
	struct pick pick;

	for (int32_t g = spec_of(core, job)->groups; g >= 0; g = core->groups[g].next) {
		int32_t v = spec_of(core, job)->variants;

		do {
			group_ask(core, job, &core->groups[g], v, 0, &ask);
			if (view_fits(core, view, &ask, &pick))
				return 1;
			v = v < 0 ? -1 : core->variants[v].next;
		} while (v >= 0);
	}
	return 0;
}

/* Wait for those of the jobs named that are still here. */
static void depends_take(struct parc_core *core, int32_t job, const struct parc_submit *submit)
{
	int32_t *link = &core->jobs[job].depends;

	for (int32_t d = 0; d < submit->depends_count; d++) {
		const struct parc_depend *it = &submit->depends[d];
		int of_array = it->kind >= PARC_DEPEND_ARRAY;
		int32_t before = of_array ? -1 : idmap_find(&core->job_ids, it->job);
		int32_t slot;

		if (of_array ? !array_is_there(core, it->job) : before < 0)
			continue;
		slot = table_take(&core->depends_table);
		core->depends[slot] =
			(struct depend){.job = job, .before = before, .kind = it->kind, .next = -1};
		if (of_array) {
			core->depends[slot].array = it->job;
			array_await(core, slot, 0);
		} else {
			core->depends[slot].next_after = core->jobs[before].afters;
			core->jobs[before].afters = slot;
		}
		core->jobs[job].waits++;
		*link = slot;
		link = &core->depends[slot].next;
	}
}

/* What the variants ask for must be told apart as well. */
static void variants_learn(struct parc_core *core, const struct job *job)
{
	struct ask ask;

	for (int32_t v = spec_of(core, job)->variants; v >= 0; v = core->variants[v].next)
		for (int32_t g = spec_of(core, job)->groups; g >= 0; g = core->groups[g].next) {
			group_ask(core, job, &core->groups[g], v, 0, &ask);
			index_learn(core, &ask);
		}
}

static void job_init(struct parc_core *core, struct job *job, const struct parc_submit *submit)
{
	*job = (struct job){.id = submit->job,
			    .submit_us = core->time_us,
			    .time_limit_us = submit->time_limit_us,
			    .expected_us = submit->expected_us,
			    .array = submit->array,
			    .order = core->orders++,
			    .service = -1,
			    .depends = -1,
			    .afters = -1,
			    .reservation = -1,
			    .next = -1,
			    .line = -1,
			    .strand = -1,
			    .state = PARC_JOB_PENDING,
			    .held = submit->held,
			    .preemptible = submit->preemptible};
}

/* Why a job that is not eligible waits. */
static int32_t kept_back_reason(const struct job *job)
{
	if (job->held)
		return PARC_REASON_HELD;
	return job->waits > 0 || !job_is_service(job) ? PARC_REASON_DEPENDENCY
						      : PARC_REASON_SERVICE;
}

void job_settle(struct parc_core *core, int32_t slot)
{
	struct job *job = &core->jobs[slot];

	if (job->state != PARC_JOB_PENDING)
		return;
	if (!job_is_eligible(core, slot)) {
		if (job->line >= 0)
			line_leave(core, slot);
		array_withdraw(core, slot);
		job_set_reason(core, slot, kept_back_reason(job));
		service_note(core, slot);
	} else if (!array_admit(core, slot)) {
		job_set_reason(core, slot, PARC_REASON_ARRAY);
	} else {
		if (job->line < 0)
			line_join(core, slot);
		line_retry(core, slot);
		job_set_reason(core, slot, PARC_REASON_NONE);
	}
}

static const struct ask *job_first_ask(const struct parc_core *core, const struct job *job)
{
	return &core->shapes[core->groups[spec_of(core, job)->groups].shape].ask;
}

int32_t job_submit(struct parc_core *core, const struct parc_submit *submit)
{
	int32_t slot = table_take(&core->jobs_table);
	struct job *job = &core->jobs[slot];
	const struct spec *spec;

	job_init(core, job, submit);
	core->allocations[slot].planned = 0;
	idmap_add(&core->job_ids, submit->job, slot);
	core->last_job = submit->job;
	job->spec = spec_take(core, submit);
	index_foresee_node(core, job_first_ask(core, job));
	depends_take(core, slot, submit);
	variants_learn(core, job);
	if (submit->service.replicas_max > 0)
		service_enter(core, slot, &submit->service);
	spec = spec_of(core, job);
	if (spec->tenant >= 0)
		core->tenants[spec->tenant].jobs++;
	tree_add_pending(core, spec->tenant, !job_is_service(job));
	strand_enter(core, slot, line_key(core, slot));
	job_digest(core, slot);
	if (job->array != PARC_NONE)
		array_enter(core, slot);
	if (!spec->now_or_never && !job_is_eligible(core, slot))
		job_set_reason(core, slot, kept_back_reason(job));
	else if (!spec->now_or_never && !array_admit(core, slot))
		job_set_reason(core, slot, PARC_REASON_ARRAY);
	else if (!spec->now_or_never)
		line_join(core, slot);
	return slot;
}

/* Does it ask for other shares than its kind is booked? */
static int share_has_changed(const struct parc_core *core, const struct spec *spec)
{
	int changed = 0;

	for (int32_t g = spec->groups; g >= 0; g = core->groups[g].next)
		changed |= core->shapes[core->groups[g].shape].ask.task.share_milli !=
			   pack_share(core, spec->kind, 1, core->groups[g].asked_milli);
	return changed;
}

void job_repack(struct parc_core *core, int32_t slot)
{
	struct job *job = &core->jobs[slot];
	const struct spec *spec = spec_of(core, job);
	int waits = job->line >= 0;

	if (!share_has_changed(core, spec) || !shape_has_room(core, spec->groups_count) ||
	    !strand_has_room(core) ||
	    (spec->refs > 1 && !spec_has_room(core, spec->groups_count, spec->variants_count)))
		return;
	if (waits)
		line_leave(core, slot);
	strand_exit(core, slot);
	job->spec = spec_repack(core, job->spec);
	variants_learn(core, job);
	strand_enter(core, slot, line_key(core, slot));
	if (waits)
		line_join(core, slot);
	job_digest(core, slot);
}

void job_set_held(struct parc_core *core, int32_t slot, int held)
{
	core->jobs[slot].held = (uint8_t)held;
	job_settle(core, slot);
	job_digest(core, slot);
}

void job_orphan(struct parc_core *core, int32_t slot)
{
	int32_t *link = &core->orphans;

	while (*link >= 0 && core->jobs[*link].order < core->jobs[slot].order)
		link = &core->jobs[*link].next;
	core->jobs[slot].next = *link;
	*link = slot;
}

static void orphan_unlink(struct parc_core *core, int32_t slot)
{
	int32_t *link = &core->orphans;

	while (*link >= 0 && *link != slot)
		link = &core->jobs[*link].next;
	if (*link == slot)
		*link = core->jobs[slot].next;
}

/* What this one waits for ended. A job whose wish cannot come true any more is marked for its end.
 */
static void depend_settle(struct parc_core *core, struct depend *depend, int32_t result)
{
	struct job *job = &core->jobs[depend->job];
	int good = result == PARC_RESULT_OK, wish = depend->kind % PARC_DEPEND_ARRAY;

	depend->before = -1;
	job->waits--;
	if (!job->cancelled &&
	    ((wish == PARC_DEPEND_OK && !good) || (wish == PARC_DEPEND_FAILED && good))) {
		job->cancelled = 1;
		job_orphan(core, depend->job);
	}
	job_settle(core, depend->job);
	job_digest(core, depend->job);
}

static void afters_tell(struct parc_core *core, int32_t slot, int32_t result)
{
	int32_t next;

	for (int32_t d = core->jobs[slot].afters; d >= 0; d = next) {
		next = core->depends[d].next_after;
		depend_settle(core, &core->depends[d], result);
	}
}

/* A job of an array that is waited for ended. Not well: who wishes that all do is told, who wishes
 * that one does not has its wish, and waits only for the others. The last one: all are told. */
static void array_tell(struct parc_core *core, int64_t array, int32_t result)
{
	int32_t next, members, d = array_awaiting(core, array, &members);

	for (; d >= 0; d = next) {
		struct depend *it = &core->depends[d];

		next = it->next_after;
		if (members == 0 ||
		    (result != PARC_RESULT_OK && it->kind == PARC_DEPEND_ARRAY + PARC_DEPEND_OK)) {
			array_forget(core, d);
			depend_settle(core, it, result);
		} else if (result != PARC_RESULT_OK) {
			it->kind = PARC_DEPEND_ARRAY + PARC_DEPEND_ANY;
			job_digest(core, it->job);
		}
	}
}

/* Take a dependency out of the list of the job or array it waits for. */
static void depend_unlink(struct parc_core *core, int32_t depend)
{
	int32_t *link;

	if (core->depends[depend].array != PARC_NONE)
		array_forget(core, depend);
	if (core->depends[depend].before < 0)
		return;
	link = &core->jobs[core->depends[depend].before].afters;
	while (*link != depend)
		link = &core->depends[*link].next_after;
	*link = core->depends[depend].next_after;
}

static void depends_free(struct parc_core *core, const struct job *job)
{
	int32_t next;

	for (int32_t d = job->depends; d >= 0; d = next) {
		next = core->depends[d].next;
		depend_unlink(core, d);
		table_give(&core->depends_table, d);
	}
}

void job_end(struct parc_core *core, int32_t slot, int32_t result)
{
	struct job *job = &core->jobs[slot];
	int32_t tenant = spec_of(core, job)->tenant;
	int waited = !job->runs && !job_is_service(job), is_awaited;

	if (job->replica > 0)
		replica_leave(core, slot, result);
	else if (job->service >= 0)
		service_leave(core, slot);
	if (job->runs)
		allocation_release(core, slot);
	tree_add_pending(core, tenant, -waited);
	job_set_reason(core, slot, PARC_REASON_NONE);
	if (job->line >= 0)
		line_leave(core, slot);
	is_awaited = job->array != PARC_NONE && array_leave(core, slot);
	strand_exit(core, slot);
	if (job->cancelled && job->state == PARC_JOB_PENDING)
		orphan_unlink(core, slot);
	afters_tell(core, slot, result);
	if (is_awaited)
		array_tell(core, job->array, result);
	depends_free(core, job);
	if (tenant >= 0)
		core->tenants[tenant].jobs--;
	spec_release(core, job->spec);
	if (core->undigested == slot + 1)
		core->undigested = 0;
	core->digest -= job->hash;
	idmap_remove(&core->job_ids, job->id);
	job->id = PARC_NONE;
	table_give(&core->jobs_table, slot);
}

void job_requeue(struct parc_core *core, int32_t slot, int32_t reason)
{
	struct job *job = &core->jobs[slot];

	ASSERT(job->runs);
	allocation_release(core, slot);
	tree_add_pending(core, spec_of(core, job)->tenant, 1);
	job->state = PARC_JOB_PENDING;
	job->result = PARC_RESULT_NONE;
	job_settle(core, slot);
	job_set_reason(core, slot, job->line >= 0 ? reason : job->reason);
	service_note(core, slot);
}
