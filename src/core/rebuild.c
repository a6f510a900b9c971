/* SPDX-License-Identifier: Apache-2.0 */
#include "core/rebuild.h"

#include "core/array.h"
#include "core/close.h"
#include "core/closure.h"
#include "core/digest.h"
#include "core/fair.h"
#include "core/idle.h"
#include "core/index.h"
#include "core/job.h"
#include "core/line.h"
#include "core/node.h"
#include "core/pack.h"
#include "core/policy.h"
#include "core/price.h"
#include "core/quota.h"
#include "core/service.h"
#include "core/shape.h"
#include "core/spec.h"
#include "core/speed.h"
#include "core/strand.h"
#include "core/tree.h"

void rebuild_ids(struct parc_core *core)
{
	for (int32_t i = 0; i < core->places_table.high; i++)
		idmap_add(&core->place_ids, core->places[i].id, i);
	for (int32_t i = 0; i < core->nodes_table.high; i++)
		if (core->nodes[i].id != PARC_NONE)
			idmap_add(&core->node_ids, core->nodes[i].id, i);
	for (int32_t i = 0; i < core->jobs_table.high; i++)
		if (core->jobs[i].id != PARC_NONE)
			idmap_add(&core->job_ids, core->jobs[i].id, i);
	for (int32_t i = 0; i < core->jobs_table.high; i++)
		if (allocation_is_live(core, i))
			idmap_add(&core->allocation_ids, core->allocations[i].id, i);
	for (int32_t i = 0; i < core->tenants_table.high; i++)
		if (core->tenants[i].set.tenant != PARC_NONE)
			idmap_add(&core->tenant_ids, core->tenants[i].set.tenant, i);
}

/* Who waits for an array does again, the newest first. No line is there yet, so that the jobs can
 * stand in a ranking by arrival. */
static void arrays_await(struct parc_core *core)
{
	int32_t root = -1, job;

	for (int32_t i = 0; i < core->jobs_table.high; i++) {
		struct ranking_node node = {.key = core->jobs[i].order, .tie = i};
		int waits = 0;

		if (core->jobs[i].id == PARC_NONE || core->jobs[i].waits == 0)
			continue;
		for (int32_t d = core->jobs[i].depends; d >= 0; d = core->depends[d].next)
			waits |= core->depends[d].array != PARC_NONE;
		if (waits)
			ranking_insert(&core->waiting, &root, i, &node);
	}
	while ((job = ranking_first(&core->waiting, root, INT64_MAX)) >= 0) {
		ranking_remove(&core->waiting, &root, job);
		for (int32_t d = core->jobs[job].depends; d >= 0; d = core->depends[d].next)
			if (core->depends[d].array != PARC_NONE)
				array_await(core, d, 1);
	}
}

/* Who was parked is again, whatever the order of the slots; all others have their places. */
static void arrays_enter(struct parc_core *core)
{
	for (int32_t i = 0; i < core->jobs_table.high; i++) {
		struct job *job = &core->jobs[i];

		job->parked = job->admitted = 0;
		if (job->id == PARC_NONE)
			continue;
		array_enter(core, i);
		if (job->reason != PARC_REASON_ARRAY &&
		    (job->state != PARC_JOB_PENDING || job_is_eligible(core, i)))
			array_admit(core, i);
	}
}

/* Lines hold the jobs that wait. After a step every line was tried in vain. */
void rebuild_lines(struct parc_core *core)
{
	core->stranded = strand_is_wanted(core);
	tree_recount_kept(core);
	line_reset(core);
	array_reset(core);
	arrays_await(core);
	arrays_enter(core);
	core->orphans = -1;
	core->limited = 0;
	for (int32_t i = 0; i < core->jobs_table.high; i++) {
		struct job *job = &core->jobs[i];

		if (job->id == PARC_NONE)
			continue;
		job->line = job->next = job->strand = -1;
		strand_enter(core, i, line_key(core, i));
		core->limited += job->reason == PARC_REASON_LIMIT;
		if (job->state != PARC_JOB_PENDING)
			continue;
		if (job->cancelled && job_is_service(job) &&
		    core->services[job->service].replicas > 0)
			continue;
		if (job->cancelled)
			job_orphan(core, i);
		else if (job_is_eligible(core, i) && array_admit(core, i))
			line_join(core, i);
	}
	quota_settle(core, 0);
	line_block_all(core);
}

void rebuild_tenants(struct parc_core *core)
{
	tree_rebuild(core);
	fair_rank_all(core);
	rebuild_lines(core);
}

/* The order of ends. Those of which no end is known stand in a ranking by id first, so that each of
 * the endless comes last when it comes. */
static void ends_rebuild(struct parc_core *core)
{
	int32_t root = -1, job;

	core->running = 0;
	core->ends_root = -1;
	core->endless = (struct chain){.first = -1, .last = -1};
	for (int32_t i = 0; i < core->jobs_table.high; i++) {
		const struct allocation *it = &core->allocations[i];
		struct ranking_node node = {.key = PARC_NEVER, .tie = it->id};

		core->running += allocation_is_live(core, i);
		if (allocation_is_live(core, i) && it->end_us == PARC_NEVER)
			ranking_insert(&core->waiting, &root, i, &node);
		else if (allocation_is_live(core, i))
			allocation_time(core, i);
	}
	while ((job = ranking_first(&core->waiting, root, INT64_MAX)) >= 0) {
		ranking_remove(&core->waiting, &root, job);
		allocation_time(core, job);
	}
}

void rebuild(struct parc_core *core)
{
	const struct policy_ops *ops = policy_get(core);

	shape_rebuild(core);
	spec_rebuild(core);
	speed_rebuild(core);
	core->freed_count = 0;
	core->index->latest = -1;
	close_reset(core);
	policy_derive(core);
	prices_recount(core);
	index_rebuild(core, ops->exact);
	service_rebuild(core);
	pack_rebuild(core);
	closure_rebuild(core);
	idle_rebuild(core);
	rebuild_tenants(core);
	core->kinds_version++;
	ends_rebuild(core);
	digest_reset(core);
}
