/* SPDX-License-Identifier: Apache-2.0
 *
 * Every slot of a table below its high mark must be met exactly once: on the stack of free slots,
 * or by its owner's list. Marks hold that, so a walk ends at the latest where it meets a mark.
 * Cost: one visit of each record.
 */
#include "core/links.h"

#include <stdlib.h>

#include "core/check.h"
#include "core/reserve.h"
#include "core/score.h"
#include "core/spec.h"

struct marks {
	uint8_t *bytes; /* one a slot */
	int32_t high, count;
};

enum { /* one set of marks for each way in which records are met */
       MARKS_NODES,
       MARKS_PLACES,
       MARKS_JOBS,
       MARKS_SPECS,
       MARKS_GROUPS,
       MARKS_VARIANTS,
       MARKS_DEPENDS,
       MARKS_AFTERS,
       MARKS_TASKS,
       MARKS_TASKS_ON_NODES,
       MARKS_SHAPES,
       MARKS_TENANTS,
       MARKS_RESERVATIONS,
       MARKS_HOLDS,
       MARKS_SERVICES,
       MARKS_CLOSURES,
       MARKS_COUNT
};

struct links {
	const struct parc_core *core;
	struct marks marks[MARKS_COUNT];
	int32_t *shape_refs, *spec_refs, *tenant_jobs;
	struct ranking ranking; /* of job slots */
};

/* Meet a slot: 1 if it is a slot that was not met before. */
static int meet(struct links *links, int which, int32_t slot)
{
	struct marks *marks = &links->marks[which];

	if (slot < 0 || slot >= marks->high || marks->bytes[slot] != 0)
		return 0;
	marks->bytes[slot] = 1;
	marks->count++;
	return 1;
}

static int is_met(const struct links *links, int which, int32_t slot)
{
	return slot >= 0 && slot < links->marks[which].high && links->marks[which].bytes[slot] != 0;
}

static int is_within(int64_t value, int64_t low, int64_t high)
{
	return value >= low && value <= high;
}

/* ---- Tables of records with an id of their own */

static int free_meet(struct links *links, int which, const struct table *table)
{
	int32_t slot = table->first_free;

	for (; slot >= 0; slot = *table_link(table, slot))
		if (!meet(links, which, slot))
			return 0;
	return links->marks[which].count == table->frees;
}

/* Records in use have an id above 0 and not above the last one; those on the free stack none. */
static int id_is_right(const struct links *links, int which, int32_t slot, int64_t id, int64_t last)
{
	return is_met(links, which, slot) ? id == PARC_NONE : is_within(id, 1, last);
}

/* Replicas have ids of their own. */
static int job_id_is_right(const struct links *links, int32_t slot)
{
	const struct job *it = &links->core->jobs[slot];

	if (is_met(links, MARKS_JOBS, slot) || it->replica == 0)
		return id_is_right(links, MARKS_JOBS, slot, it->id, links->core->last_job);
	return is_within(it->id, PARC_REPLICA_IDS + 1, links->core->last_replica);
}

static int ids_are_right(struct links *links)
{
	const struct parc_core *core = links->core;
	int good = free_meet(links, MARKS_NODES, &core->nodes_table) &&
		   free_meet(links, MARKS_JOBS, &core->jobs_table) &&
		   free_meet(links, MARKS_TENANTS, &core->tenants_table) &&
		   free_meet(links, MARKS_SHAPES, &core->shapes_table) &&
		   core->places_table.frees == 0;

	for (int32_t i = 0; i < core->nodes_table.high && good; i++)
		good = id_is_right(links, MARKS_NODES, i, core->nodes[i].id, core->last_node);
	for (int32_t i = 0; i < core->jobs_table.high && good; i++)
		good = job_id_is_right(links, i);
	for (int32_t i = 0; i < core->tenants_table.high && good; i++)
		good = id_is_right(links, MARKS_TENANTS, i, core->tenants[i].set.tenant, INT64_MAX);
	for (int32_t i = 0; i < core->shapes_table.high && good; i++)
		good = core->shapes[i].live == !is_met(links, MARKS_SHAPES, i);
	return good;
}

static int job_is_used(const struct links *links, int32_t slot)
{
	return slot >= 0 && slot < links->core->jobs_table.high &&
	       links->core->jobs[slot].id != PARC_NONE;
}

static int node_is_used(const struct links *links, int32_t slot)
{
	return slot >= 0 && slot < links->core->nodes_table.high &&
	       links->core->nodes[slot].id != PARC_NONE;
}

/* ---- Places and nodes */

static int place_links(struct links *links, int32_t slot)
{
	const struct parc_core *core = links->core;
	const struct place *it = &core->places[slot];

	if (!is_within(it->id, 1, core->last_place) || it->parent >= core->places_table.high ||
	    (it->parent >= 0 && core->places[it->parent].level >= it->level))
		return 0;
	for (int32_t child = it->first_child; child >= 0; child = core->places[child].next)
		if (!meet(links, MARKS_PLACES, child) || core->places[child].parent != slot)
			return 0;
	for (int32_t node = it->first_node; node >= 0; node = core->nodes[node].next_in_place)
		if (!node_is_used(links, node) || !meet(links, MARKS_NODES, node) ||
		    core->nodes[node].place != slot)
			return 0;
	return 1;
}

static int pools_are_right(const struct parc_core *core, const struct node *node)
{
	int32_t first = 0, cores = -1;

	for (int32_t p = 0; p < node->pools_count; p++) {
		const struct pool *pool = &node->pools[p];

		if (pool->chip >= PARC_CHIPS_MAX || !(core->chips_known >> pool->chip & 1) ||
		    pool->first != first)
			return 0;
		first += pool->count;
		if ((core->cores_chips >> pool->chip & 1) == 0)
			continue;
		if (cores >= 0 || pool->count != 0 || node->cpu_milli % PARC_SHARE_WHOLE != 0)
			return 0;
		cores = p;
	}
	return first == node->devices_count && cores == node->cores_pool;
}

static int devices_are_right(const struct parc_core *core, const struct node *node)
{
	for (int32_t d = 0; d < node->devices_count; d++) {
		const struct beset *it = &core->besets[node->devices + d];

		if (!is_within(it->foreign_milli, 0, PARC_SHARE_WHOLE) ||
		    !is_within(it->foreign_mib, 0, PARC_DEVICE_MEMORY_MAX))
			return 0;
	}
	return 1;
}

static int node_links(struct links *links, int32_t slot)
{
	const struct parc_core *core = links->core;
	const struct node *it = &core->nodes[slot];
	int32_t before = -1;

	if (it->id == PARC_NONE)
		return 1;
	if (!is_within(it->cpu_milli, 0, PARC_CPU_MAX) ||
	    !is_within(it->memory_mib, 0, PARC_MEMORY_MAX) ||
	    !is_within(it->changed, 1, core->stamp) || it->state > PARC_NODE_MAINTENANCE ||
	    it->place >= core->places_table.high || !pools_are_right(core, it) ||
	    !devices_are_right(core, it) || (it->place >= 0) != is_met(links, MARKS_NODES, slot))
		return 0;
	for (int32_t t = it->tasks; t >= 0; t = core->tasks[t].node_next) {
		if (!meet(links, MARKS_TASKS_ON_NODES, t) || core->tasks[t].node != slot ||
		    core->tasks[t].node_prev != before)
			return 0;
		before = t;
	}
	return 1;
}

static int fleet_is_right(struct links *links)
{
	const struct parc_core *core = links->core;
	int32_t parents = 0, good = 1;

	for (int32_t i = 0; i < core->places_table.high && good; i++)
		good = place_links(links, i);
	for (int32_t i = 0; i < core->places_table.high && good; i++)
		parents += core->places[i].parent >= 0;
	for (int32_t i = 0; i < core->nodes_table.high && good; i++)
		good = node_links(links, i);
	return good && parents == links->marks[MARKS_PLACES].count;
}

/* ---- Jobs */

static int groups_links(struct links *links, const struct spec *spec)
{
	const struct parc_core *core = links->core;
	int32_t count = 0;
	int64_t most = core->limits.tasks < PARC_TASKS_MAX ? core->limits.tasks : PARC_TASKS_MAX;

	for (int32_t g = spec->groups; g >= 0; g = core->groups[g].next, count++) {
		const struct group *it = &core->groups[g];

		if (!meet(links, MARKS_GROUPS, g) || it->shape < 0 ||
		    it->shape >= core->shapes_table.high || !core->shapes[it->shape].live ||
		    !is_within(it->tasks_min, 1, it->tasks_max) || it->tasks_max > most ||
		    !is_within(it->asked_milli, -1, PARC_SHARE_WHOLE) ||
		    !is_within(it->mixed_chips, 0, 1))
			return 0;
		most -= it->tasks_max;
		links->shape_refs[it->shape]++;
	}
	return count == spec->groups_count && is_within(count, 1, PARC_GROUPS_MAX);
}

static int variants_links(struct links *links, const struct spec *spec)
{
	const struct parc_core *core = links->core;
	int32_t count = 0;

	for (int32_t v = spec->variants; v >= 0; v = core->variants[v].next, count++)
		if (!meet(links, MARKS_VARIANTS, v) ||
		    !is_within(core->variants[v].set.device_memory_mib, 0,
			       PARC_DEVICE_MEMORY_MAX) ||
		    core->variants[v].set.speed_milli < 0)
			return 0;
	return count == spec->variants_count && count <= PARC_VARIANTS_MAX;
}

/* It is one that could be submitted, and some job has it: a free one nobody. */
static int spec_is_right(struct links *links, int32_t slot)
{
	const struct parc_core *core = links->core;
	const struct spec *it = &core->specs[slot];

	if (is_met(links, MARKS_SPECS, slot))
		return it->refs == 0;
	if (it->refs < 1 || it->kind < 0 || !is_within(it->user, 1, PARC_USER_MAX) ||
	    !is_within(it->checkpoint_us, 0, PARC_TIME_MAX) ||
	    !is_within(it->grace_us, 0, PARC_TIME_MAX) || it->array_running_max < 0 ||
	    it->close_strength > PARC_STRENGTH_REQUIRE || it->work_class > PARC_CLASS_BATCH)
		return 0;
	if (it->tenant >= core->tenants_table.high ||
	    (it->tenant >= 0 && core->tenants[it->tenant].set.tenant == PARC_NONE))
		return 0;
	return groups_links(links, it) && variants_links(links, it);
}

static int specs_are_right(struct links *links)
{
	const struct parc_core *core = links->core;
	int good = free_meet(links, MARKS_SPECS, &core->specs_table) &&
		   free_meet(links, MARKS_GROUPS, &core->groups_table) &&
		   free_meet(links, MARKS_VARIANTS, &core->variants_table);

	for (int32_t i = 0; i < core->specs_table.high && good; i++)
		good = spec_is_right(links, i);
	return good;
}

static int spec_is_used(const struct links *links, int32_t slot)
{
	return slot >= 0 && slot < links->core->specs_table.high &&
	       links->core->specs[slot].refs > 0;
}

static int depends_links(struct links *links, int32_t slot)
{
	const struct parc_core *core = links->core;
	const struct job *job = &core->jobs[slot];
	int32_t waits = 0, count = 0;

	for (int32_t d = job->depends; d >= 0; d = core->depends[d].next, count++) {
		const struct depend *it = &core->depends[d];

		if (!meet(links, MARKS_DEPENDS, d) || it->job != slot || it->before == slot ||
		    !is_within(it->kind, 0, PARC_DEPEND_ARRAY + PARC_DEPEND_FAILED) ||
		    (it->before >= 0 && !job_is_used(links, it->before)))
			return 0;
		if (it->array != PARC_NONE &&
		    (it->before >= 0 || it->array < 0 || it->array == job->array ||
		     it->kind < PARC_DEPEND_ARRAY || !meet(links, MARKS_AFTERS, d)))
			return 0;
		waits += it->before >= 0 || it->array != PARC_NONE;
	}
	for (int32_t d = job->afters; d >= 0; d = core->depends[d].next_after)
		if (!meet(links, MARKS_AFTERS, d) || core->depends[d].before != slot)
			return 0;
	return waits == job->waits && count <= PARC_DEPENDS_MAX;
}

static int job_is_right(struct links *links, int32_t slot)
{
	const struct parc_core *core = links->core;
	const struct job *it = &core->jobs[slot];
	int waits = it->state == PARC_JOB_PENDING;

	if (!spec_is_used(links, it->spec) || !is_within(it->order, 0, core->orders - 1) ||
	    !is_within(it->submit_us, 0, core->time_us) ||
	    !is_within(it->time_limit_us, 0, PARC_TIME_MAX) ||
	    !is_within(it->expected_us, 0, PARC_TIME_MAX) ||
	    !is_within(it->kept_us, 0, PARC_TIME_MAX) ||
	    !is_within(it->attained_us, 0, PARC_TIME_MAX) || !is_within(it->array, 0, it->id) ||
	    it->reason >= PARC_REASON_COUNT || it->result >= PARC_RESULT_COUNT ||
	    !is_within(it->attempt, 0, INT32_MAX - 1))
		return 0;
	links->spec_refs[it->spec]++;
	if (spec_of(core, it)->tenant >= 0)
		links->tenant_jobs[spec_of(core, it)->tenant]++;
	if (it->runs == waits)
		return 0;
	return depends_links(links, slot);
}

/* Rank the jobs by what tells them apart; returns the root. */
static int32_t jobs_rank(struct links *links, int by_array)
{
	const struct parc_core *core = links->core;
	int32_t root = -1;

	for (int32_t i = 0; i < core->jobs_table.high; i++) {
		const struct job *it = &core->jobs[i];
		struct ranking_node node = {.key = by_array ? it->array : it->order, .tie = i};

		if (it->id != PARC_NONE &&
		    (!by_array ||
		     (it->array != PARC_NONE && spec_of(core, it)->array_running_max > 0)))
			ranking_insert(&links->ranking, &root, i, &node);
	}
	return root;
}

/* No two jobs arrived at once. */
static int orders_are_right(struct links *links)
{
	int32_t root = jobs_rank(links, 0);
	int32_t job = ranking_first(&links->ranking, root, INT64_MAX), next;

	for (; job >= 0; job = next) {
		next = ranking_next(&links->ranking, root, job, INT64_MAX);
		if (next >= 0 && links->core->jobs[next].order == links->core->jobs[job].order)
			return 0;
	}
	return 1;
}

/* The jobs of a capped array agree on the cap, and there is room for all arrays. */
static int arrays_are_right(struct links *links)
{
	const struct parc_core *core = links->core;
	int32_t root = jobs_rank(links, 1), arrays = 0;
	int32_t job = ranking_first(&links->ranking, root, INT64_MAX), next;

	for (; job >= 0; job = next) {
		const struct job *it = &core->jobs[job];

		next = ranking_next(&links->ranking, root, job, INT64_MAX);
		if (next < 0 || core->jobs[next].array != it->array)
			arrays++;
		else if (job_spec(core, next)->array_running_max !=
			 spec_of(core, it)->array_running_max)
			return 0;
	}
	return arrays <= core->limits.extras;
}

static int service_is_right(const struct links *links, int32_t slot)
{
	const struct service *it = &links->core->services[slot];

	return job_is_used(links, it->job) && links->core->jobs[it->job].replica == 0 &&
	       links->core->jobs[it->job].service == slot &&
	       links->core->jobs[it->job].state == PARC_JOB_PENDING &&
	       is_within(it->set.replicas_max, 1, PARC_REPLICAS_MAX) &&
	       is_within(it->set.replicas_min, 0, it->set.replicas_max) &&
	       is_within(it->set.capacity_milli, 1, PARC_LOAD_MAX) &&
	       is_within(it->set.target_milli, 0, PARC_SHARE_WHOLE) &&
	       is_within(it->load_milli, 0, PARC_LOAD_MAX) && it->need_milli >= 0 &&
	       it->peak_milli >= 0 && it->peak_before_milli >= 0 &&
	       is_within(it->span_end_us, 0, 2 * PARC_TIME_MAX) &&
	       is_within(it->retry_us, 0, 2 * PARC_TIME_MAX) && is_within(it->failures, 0, 5);
}

/* A service has its job, and replicas numbers of their own. */
static int services_are_right(struct links *links)
{
	const struct parc_core *core = links->core;
	int good = free_meet(links, MARKS_SERVICES, &core->services_table);
	int32_t root = -1, job, next;

	for (int32_t i = 0; i < core->services_table.high && good; i++)
		good = is_met(links, MARKS_SERVICES, i) ? core->services[i].job < 0
							: service_is_right(links, i);
	for (int32_t i = 0; i < core->jobs_table.high && good; i++) {
		const struct job *it = &core->jobs[i];
		struct ranking_node node = {.key = it->service,
					    .tie = (int64_t)it->replica << 32 | i};

		if (it->id == PARC_NONE || (it->service < 0 && it->replica == 0))
			continue;
		good = it->service >= 0 && it->service < core->services_table.high &&
		       core->services[it->service].job >= 0 &&
		       is_within(it->replica, 0, INT32_MAX - 1) &&
		       (it->replica > 0 || core->services[it->service].job == i);
		ranking_insert(&links->ranking, &root, i, &node);
	}
	job = good ? ranking_first(&links->ranking, root, INT64_MAX) : -1;
	for (; job >= 0 && good; job = next) {
		next = ranking_next(&links->ranking, root, job, INT64_MAX);
		good = next < 0 || core->jobs[next].service != core->jobs[job].service ||
		       core->jobs[next].replica != core->jobs[job].replica;
	}
	return good;
}

static int jobs_are_right(struct links *links)
{
	const struct parc_core *core = links->core;
	int32_t afters = 0;
	int good = specs_are_right(links) && free_meet(links, MARKS_DEPENDS, &core->depends_table);

	for (int32_t i = 0; i < core->jobs_table.high && good; i++)
		good = core->jobs[i].id == PARC_NONE ? !core->jobs[i].runs : job_is_right(links, i);
	for (int32_t i = 0; i < core->jobs_table.high && good; i++)
		afters += core->jobs[i].id == PARC_NONE ? 0 : core->jobs[i].waits;
	for (int32_t i = 0; i < core->specs_table.high && good; i++)
		good = core->specs[i].refs == links->spec_refs[i];
	for (int32_t i = 0; i < core->shapes_table.high && good; i++)
		good = !core->shapes[i].live || core->shapes[i].refs == links->shape_refs[i];
	for (int32_t i = 0; i < core->tenants_table.high && good; i++)
		good = core->tenants[i].set.tenant == PARC_NONE ||
		       core->tenants[i].jobs == links->tenant_jobs[i];
	return good && afters == links->marks[MARKS_AFTERS].count && orders_are_right(links) &&
	       arrays_are_right(links) && services_are_right(links);
}

/* ---- Allocations and tasks */

static int task_is_right(const struct links *links, const struct job *job, int32_t slot)
{
	const struct parc_core *core = links->core;
	const struct task *it = &core->tasks[slot];
	int32_t devices;

	if (!node_is_used(links, it->node) || !is_met(links, MARKS_TASKS_ON_NODES, slot) ||
	    !is_within(it->share_milli, 0, PARC_SHARE_WHOLE) ||
	    !is_within(it->device_memory_mib, 0, PARC_DEVICE_MEMORY_MAX) ||
	    !is_within(it->cpu_milli, 0, PARC_CPU_MAX) ||
	    !is_within(it->memory_mib, 0, PARC_MEMORY_MAX) ||
	    !is_within(it->group, 0, spec_of(core, job)->groups_count - 1) ||
	    !is_within(it->variant, -1, spec_of(core, job)->variants_count - 1))
		return 0;
	devices = core->nodes[it->node].devices_count;
	return devices == 32 || it->devices >> devices == 0;
}

/* Do two that share devices name each other? */
static int beside_is_right(const struct parc_core *core, int32_t slot)
{
	const struct allocation *it = &core->allocations[slot];

	return is_within(it->halved, it->beside >= 0, 1) &&
	       (it->beside < 0 ||
		(it->tasks >= 0 && core->tasks[it->tasks].devices != 0 &&
		 it->beside < core->jobs_table.high && allocation_is_live(core, it->beside) &&
		 core->allocations[it->beside].beside == slot));
}

static int allocation_is_right(struct links *links, int32_t slot)
{
	const struct parc_core *core = links->core;
	const struct allocation *it = &core->allocations[slot];
	int32_t count = 0;

	if (!is_within(it->id, 1, core->last_allocation) ||
	    !is_within(it->done_us, 0, PARC_TIME_MAX) ||
	    !is_within(it->start_us, 0, core->time_us) || !is_within(it->busy_milli, -1, 1000) ||
	    !is_within(it->work_us, 0, PARC_TIME_MAX) ||
	    !is_within(it->checkpoint_us, 0, PARC_TIME_MAX) ||
	    !is_within(it->since_us, 0, core->time_us) ||
	    !is_within(it->booked_us, 0, core->time_us) || !is_within(it->warned, 0, 2) ||
	    (it->idle_us != PARC_NEVER && !is_within(it->idle_us, 0, core->time_us)) ||
	    !is_within(it->held_milli, 0, INT64_C(1) << 52) || core->jobs[slot].attempt < 1 ||
	    it->end_us < 0 || it->speed_milli < 1 ||
	    !is_within(it->state, PARC_JOB_STARTING, PARC_JOB_STOPPING))
		return 0;
	for (int32_t t = it->tasks; t >= 0; t = core->tasks[t].next, count++)
		if (!meet(links, MARKS_TASKS, t) || core->tasks[t].allocation != slot ||
		    !task_is_right(links, &core->jobs[slot], t))
			return 0;
	return count == it->tasks_count && beside_is_right(core, slot);
}

static int allocations_are_right(struct links *links)
{
	const struct parc_core *core = links->core;
	int32_t used;
	int good = free_meet(links, MARKS_TASKS, &core->tasks_table);

	for (int32_t i = 0; i < core->jobs_table.high && good; i++)
		good = !allocation_is_live(core, i) || allocation_is_right(links, i);
	used = table_count(&core->tasks_table);
	return good && links->marks[MARKS_TASKS].count == core->tasks_table.high &&
	       links->marks[MARKS_TASKS_ON_NODES].count == used &&
	       links->marks[MARKS_GROUPS].count == core->groups_table.high &&
	       links->marks[MARKS_VARIANTS].count == core->variants_table.high &&
	       links->marks[MARKS_DEPENDS].count == core->depends_table.high;
}

/* ---- Reservations */

static int hold_is_right(const struct links *links, int32_t slot, int32_t reservation)
{
	const struct hold *it = &links->core->holds[slot];
	int32_t devices;

	if (it->reservation != reservation || !node_is_used(links, it->node) ||
	    !is_within(it->share_milli, 0, PARC_SHARE_WHOLE) ||
	    !is_within(it->device_memory_mib, 0, PARC_DEVICE_MEMORY_MAX) ||
	    !is_within(it->cpu_milli, 0, PARC_CPU_MAX) ||
	    !is_within(it->memory_mib, 0, PARC_MEMORY_MAX))
		return 0;
	devices = links->core->nodes[it->node].devices_count;
	return devices == 32 || it->devices >> devices == 0;
}

static int reservation_is_right(struct links *links, int32_t slot)
{
	const struct parc_core *core = links->core;
	const struct reservation *it = &core->reservations[slot];
	int32_t count = 0;

	if (it->closure < 0
		    ? !job_is_used(links, it->job) || core->jobs[it->job].state != PARC_JOB_PENDING
		    : it->job >= 0 || it->closure >= core->closures_table.high ||
			      core->closures[it->closure].id == PARC_NONE ||
			      core->closures[it->closure].reservation != slot)
		return 0;
	if (it->start_us < 0 || it->end_us < it->start_us || it->recall > (it->closure < 0))
		return 0;
	for (int32_t h = it->holds; h >= 0; h = core->holds[h].next, count++)
		if (!meet(links, MARKS_HOLDS, h) || !hold_is_right(links, h, slot))
			return 0;
	return count > 0 && count == it->count;
}

/* A reservation is free just when it names no job; no job has two. */
static int reservations_are_right(struct links *links)
{
	const struct parc_core *core = links->core;
	int good = free_meet(links, MARKS_RESERVATIONS, &core->reservations_table) &&
		   free_meet(links, MARKS_HOLDS, &core->holds_table);

	for (int32_t i = 0; i < core->reservations_table.high && good; i++) {
		int is_free = is_met(links, MARKS_RESERVATIONS, i);

		good = is_free ? !reservation_is_live(&core->reservations[i])
			       : reservation_is_right(links, i);
		for (int32_t k = 0; k < i && good && !is_free; k++)
			good = core->reservations[k].job < 0 ||
			       core->reservations[k].job != core->reservations[i].job;
	}
	return good && links->marks[MARKS_HOLDS].count == core->holds_table.high;
}

/* ---- Windows */

/* A window that was taken in has been placed; what it keeps names it back. */
static int closure_is_right(const struct links *links, int32_t slot)
{
	const struct parc_core *core = links->core;
	const struct closure *it = &core->closures[slot];

	return is_within(it->id, 1, core->last_window) && is_within(it->end_us, 1, PARC_TIME_MAX) &&
	       is_within(it->start_us, 0, it->end_us - 1) && is_within(it->maintenance, 0, 1) &&
	       is_within(it->begun, 0, 1) && is_within(it->dropped, 0, 1) && it->placed == 1 &&
	       it->reservation < core->reservations_table.high &&
	       (it->reservation < 0 || core->reservations[it->reservation].closure == slot);
}

static int closures_are_right(struct links *links)
{
	const struct parc_core *core = links->core;
	int good = free_meet(links, MARKS_CLOSURES, &core->closures_table);

	for (int32_t i = 0; i < core->closures_table.high && good; i++) {
		good = is_met(links, MARKS_CLOSURES, i) ? core->closures[i].id == PARC_NONE
							: closure_is_right(links, i);
		for (int32_t k = 0; k < i && good && core->closures[i].id != PARC_NONE; k++)
			good = core->closures[k].id != core->closures[i].id;
	}
	return good;
}

/* ---- What events set */

static int settings_are_right(const struct parc_core *core)
{
	int good = is_within(core->time_us, 0, PARC_TIME_MAX) &&
		   is_within(core->orders, 0, INT64_MAX / 16) && core->tasks_seen >= 0 &&
		   check_policy(&core->rules, NULL) == 0 &&
		   is_within(core->round_at_us, 0, core->time_us) &&
		   is_within(core->unfinished, 0, 1) && is_within(core->stamp, 0, INT64_MAX / 16) &&
		   is_within(core->steps, 0, INT64_MAX / 16) && core->last_job >= 0 &&
		   core->last_node >= 0 && core->last_replica >= PARC_REPLICA_IDS &&
		   core->last_window >= 0 && core->last_place >= 0 && core->last_allocation >= 0 &&
		   is_within(core->tasks_seen, 0, INT64_MAX / 1024) &&
		   is_within(core->profile_next, 0, INT64_MAX / 16) &&
		   (core->cores_chips & ~core->chips_known) == 0;

	for (int32_t i = 0; i < PARC_CHIPS_MAX && good; i++)
		good = core->scores[i] == 0 || is_within(core->scores[i], SCORE_ONE, SCORE_MAX);
	for (int32_t i = 0; i < PARC_CHIPS_MAX && good; i++) {
		int cores = core->chips[i].rule == PARC_RULE_CORES;

		if (core->chips_known >> i & 1)
			good = core->chips[i].chip == i &&
			       check_chip(core, &core->chips[i], NULL) == 0 &&
			       cores == (int)(core->cores_chips >> i & 1);
	}
	for (int32_t i = 0; i < core->tenants_table.high && good; i++)
		good = core->tenants[i].set.tenant == PARC_NONE ||
		       check_tenant_fields(&core->tenants[i].set, NULL) == 0;
	good = good && is_within(core->fair_us, 0, core->time_us);
	for (int32_t i = 0; i < core->shapes_table.high && good; i++) {
		struct parc_task task = core->shapes[i].ask.task;

		good = !core->shapes[i].live ||
		       (check_task(&task, NULL) == 0 && (task.devices > 0) == (task.chips != 0) &&
			is_within(core->shapes[i].seen, 0, INT64_MAX / 1024) &&
			is_within(core->shapes[i].weight, 0, core->shapes[i].seen));
	}
	for (int32_t i = 0; i < core->profile_count && good; i++)
		good = check_task(&core->profile[i].task, NULL) == 0 &&
		       is_within(core->profile[i].count, 1, INT32_MAX);
	return good;
}

static int marks_take(struct links *links, int which, int32_t high)
{
	links->marks[which] = (struct marks){.bytes = calloc((size_t)high + 1, 1), .high = high};
	return links->marks[which].bytes != NULL;
}

static int links_init(struct links *links, const struct parc_core *core)
{
	*links = (struct links){.core = core};
	links->shape_refs = calloc((size_t)core->shapes_table.high + 1, sizeof(int32_t));
	links->spec_refs = calloc((size_t)core->specs_table.high + 1, sizeof(int32_t));
	links->tenant_jobs = calloc((size_t)core->tenants_table.high + 1, sizeof(int32_t));
	ranking_init_within(&links->ranking,
			    calloc((size_t)core->jobs_table.high + 1, sizeof(struct ranking_node)),
			    sizeof(struct ranking_node));
	return links->shape_refs != NULL && links->spec_refs != NULL &&
	       links->tenant_jobs != NULL && links->ranking.nodes != NULL &&
	       marks_take(links, MARKS_NODES, core->nodes_table.high) &&
	       marks_take(links, MARKS_PLACES, core->places_table.high) &&
	       marks_take(links, MARKS_JOBS, core->jobs_table.high) &&
	       marks_take(links, MARKS_SPECS, core->specs_table.high) &&
	       marks_take(links, MARKS_GROUPS, core->groups_table.high) &&
	       marks_take(links, MARKS_VARIANTS, core->variants_table.high) &&
	       marks_take(links, MARKS_DEPENDS, core->depends_table.high) &&
	       marks_take(links, MARKS_AFTERS, core->depends_table.high) &&
	       marks_take(links, MARKS_TASKS, core->tasks_table.high) &&
	       marks_take(links, MARKS_TASKS_ON_NODES, core->tasks_table.high) &&
	       marks_take(links, MARKS_SHAPES, core->shapes_table.high) &&
	       marks_take(links, MARKS_TENANTS, core->tenants_table.high) &&
	       marks_take(links, MARKS_RESERVATIONS, core->reservations_table.high) &&
	       marks_take(links, MARKS_HOLDS, core->holds_table.high) &&
	       marks_take(links, MARKS_SERVICES, core->services_table.high) &&
	       marks_take(links, MARKS_CLOSURES, core->closures_table.high);
}

static void links_deinit(struct links *links)
{
	for (int which = 0; which < MARKS_COUNT; which++)
		free(links->marks[which].bytes);
	free(links->shape_refs);
	free(links->spec_refs);
	free(links->tenant_jobs);
	free(links->ranking.nodes);
}

int links_check(const struct parc_core *core, struct parc_err *err)
{
	struct links links;
	int code = 0;

	if (!links_init(&links, core))
		code = parc_err_set(err, PARC_ERR_MEMORY, "no memory to check a state");
	else if (!settings_are_right(core))
		code = parc_err_set(err, PARC_ERR_CORRUPT, "a setting in the state is impossible");
	else if (!ids_are_right(&links))
		code = parc_err_set(err, PARC_ERR_CORRUPT, "an id in the state is impossible");
	else if (!fleet_is_right(&links))
		code = parc_err_set(err, PARC_ERR_CORRUPT, "the fleet in the state is impossible");
	else if (!jobs_are_right(&links))
		code = parc_err_set(err, PARC_ERR_CORRUPT, "the jobs in the state are impossible");
	else if (!allocations_are_right(&links))
		code = parc_err_set(err, PARC_ERR_CORRUPT,
				    "the allocations in the state are impossible");
	else if (!closures_are_right(&links))
		code = parc_err_set(err, PARC_ERR_CORRUPT,
				    "the windows in the state are impossible");
	else if (!reservations_are_right(&links))
		code = parc_err_set(err, PARC_ERR_CORRUPT,
				    "the reservations in the state are impossible");
	links_deinit(&links);
	return code;
}
