/* SPDX-License-Identifier: Apache-2.0
 *
 * Making a core, and the step. All memory is one block, carved once: the walk over the tables
 * that counts its size is the one that hands it out.
 */
#include <stdlib.h>
#include <string.h>

#include "base/block.h"
#include "base/random.h"
#include "core/apply.h"
#include "core/array.h"
#include "core/attribution.h"
#include "core/check.h"
#include "core/close.h"
#include "core/closure.h"
#include "core/deal.h"
#include "core/decide.h"
#include "core/fair.h"
#include "core/idle.h"
#include "core/index.h"
#include "core/job.h"
#include "core/line.h"
#include "core/node.h"
#include "core/pack.h"
#include "core/policy.h"
#include "core/preempt.h"
#include "core/quota.h"
#include "core/rebuild.h"
#include "core/reserve.h"
#include "core/service.h"
#include "core/shape.h"
#include "core/spec.h"
#include "core/speed.h"
#include "core/strand.h"

#define ACTIONS_MAX	(1 << 16)   /* of one step; more are decided in the next */
#define HEAP_ENTRIES	INT64_C(16) /* index entries for each node by default */
#define HEAP_NODES_MIN	16384
#define FLEET_NODES_MAX 4000000
#define HUGE_PAGE	((size_t)2 << 20)
#define HUGE_MIN	(16 * HUGE_PAGE) /* smaller cores lie in the caches anyhow */

struct parc_limits parc_limits_for(int32_t nodes, int32_t devices, int32_t jobs)
{
	int32_t node_devices = nodes > 0 ? (devices + nodes - 1) / nodes : 1;
	int64_t entries = HEAP_ENTRIES * (nodes > HEAP_NODES_MIN ? nodes : HEAP_NODES_MIN);

	if (node_devices > PARC_NODE_DEVICES_MAX)
		node_devices = PARC_NODE_DEVICES_MAX;
	return (struct parc_limits){
		.nodes = nodes,
		.places = nodes / 4 + 64,
		.devices = devices,
		.node_devices = node_devices > 8 ? node_devices : 8,
		.jobs = jobs,
		.groups = 2 * spec_limit(jobs) + PARC_GROUPS_MAX,
		.extras = jobs / 8 + PARC_DEPENDS_MAX,
		.tasks = jobs + devices / 4 + 1024,
		.tenants = 1024,
		.shapes = 4096,
		.index_entries = (int32_t)(entries > INT32_MAX / 2 ? INT32_MAX / 2 : entries),
	};
}

static int limits_are_valid(const struct parc_limits *limits)
{
	return limits->nodes >= 1 && limits->nodes <= FLEET_NODES_MAX && limits->places >= 1 &&
	       limits->places <= FLEET_NODES_MAX && limits->devices >= 0 &&
	       limits->node_devices >= 1 && limits->node_devices <= PARC_NODE_DEVICES_MAX &&
	       limits->jobs >= 1 && limits->jobs <= 1 << 28 && limits->groups >= 1 &&
	       limits->groups <= 1 << 28 && limits->extras >= 0 && limits->extras <= 1 << 28 &&
	       limits->tasks >= 1 && limits->tasks <= 1 << 28 && limits->tenants >= 1 &&
	       limits->tenants <= 1 << 24 && limits->shapes >= 1 && limits->shapes <= 1 << 24 &&
	       limits->index_entries >= 16 * (int64_t)limits->nodes &&
	       limits->index_entries >= 1024;
}

static uint32_t buckets_for(int32_t count)
{
	uint32_t size = 64;

	while (size < (uint32_t)count)
		size *= 2;
	return size;
}

static void tables_carve(struct parc_core *core, struct block *block)
{
	const struct parc_limits *limits = &core->limits;

#define TABLE(name, count, record, link) \
	core->name = TABLE_INIT(&core->name##_table, block, count, struct record, link)
	TABLE(nodes, limits->nodes, node, next_in_place);
	TABLE(places, limits->places, place, next);
	TABLE(jobs, limits->jobs, job, next);
	spec_init(core, block);
	TABLE(groups, limits->groups, group, next);
	TABLE(variants, limits->extras, variant, next);
	TABLE(depends, limits->extras, depend, next);
	TABLE(tasks, limits->tasks, task, next);
	TABLE(shapes, limits->shapes, shape, next);
	TABLE(tenants, limits->tenants, tenant, next_child);
	TABLE(lines, strand_limit(limits), line, next);
#undef TABLE
	core->allocations = block_take(block, (size_t)limits->jobs, sizeof(*core->allocations));
	reserve_init(core, block);
	speed_init(core, block);
	service_init(core, block);
	pack_init(core, block);
	closure_init(core, block);
	core->devices = block_take(block, (size_t)limits->nodes * (size_t)limits->node_devices,
				   sizeof(*core->devices));
	core->besets = block_take(block, (size_t)limits->nodes * (size_t)limits->node_devices,
				  sizeof(*core->besets));
	core->profile = block_take(block, PARC_PROFILE_MAX, sizeof(*core->profile));
	core->kinds = block_take(block, KINDS_MAX, sizeof(*core->kinds));
	core->freed = block_take(block, (size_t)limits->nodes, sizeof(*core->freed));
}

static void derived_carve(struct parc_core *core, struct block *block)
{
	const struct parc_limits *limits = &core->limits;
	uint32_t shapes = buckets_for(limits->shapes * 2),
		 lines = buckets_for(strand_limit(limits));

#define IDS(ids, count, table) \
	idmap_init(&core->ids, block, count, core->table, sizeof(*core->table))
	IDS(node_ids, limits->nodes, nodes);
	IDS(place_ids, limits->places, places);
	IDS(job_ids, limits->jobs, jobs);
	IDS(allocation_ids, limits->jobs, allocations);
	IDS(tenant_ids, limits->tenants, tenants);
#undef IDS
	core->shape_buckets = block_take(block, shapes, sizeof(*core->shape_buckets));
	core->shape_mask = shapes - 1;
	core->line_buckets = block_take(block, lines, sizeof(*core->line_buckets));
	core->line_notes = block_take(block, LINE_NOTES, sizeof(*core->line_notes));
	core->line_mask = lines - 1;
	ranking_init_within(&core->waiting, core->allocations, sizeof(*core->allocations));
	ranking_init_major(&core->turns, block, strand_limit(limits));
	reserve_plan_init(core, block);
	preempt_init(core, block);
	array_init(core, block);
	strand_init(core, block);
	fair_init(core, block);
	core->actions_max = ACTIONS_MAX;
	core->placements_max = PARC_TASKS_MAX;
	core->actions = block_take(block, ACTIONS_MAX, sizeof(*core->actions));
	core->placements = block_take(block, PARC_TASKS_MAX, sizeof(*core->placements));
	core->undos = block_take(block, PARC_TASKS_MAX, sizeof(*core->undos));
	index_init(core, block);
	close_init(core, block);
	deal_init(core, block);
	policy_init(core, block);
	attribution_init(core, block);
}

/* Lay the core out; with no memory in the block only its size is counted. */
static size_t core_carve(struct parc_core *core, struct block *block)
{
	block_take(block, 1, sizeof(struct parc_core));
	tables_carve(core, block);
	derived_carve(core, block);
	return block->used;
}

size_t parc_core_size(const struct parc_limits *limits)
{
	struct parc_core counting;
	struct block block = {0};

	if (!limits_are_valid(limits))
		return 0;
	memset(&counting, 0, sizeof(counting));
	counting.limits = *limits;
	return core_carve(&counting, &block);
}

static void thresholds_init(struct thresholds *it)
{
	it->value[0] = 0;
	it->count = 1;
}

struct parc_core *parc_core_init(void *memory, size_t size, const struct parc_limits *limits,
				 uint64_t seed, struct parc_err *err)
{
	size_t needed = parc_core_size(limits);
	struct block block = {.memory = memory};
	struct parc_core *core = memory;

	if (needed == 0) {
		parc_err_set(err, PARC_ERR_INVALID, "a limit of the core is out of range");
		return NULL;
	}
	if (memory == NULL || size < needed || (uintptr_t)memory % 64 != 0) {
		parc_err_set(err, PARC_ERR_MEMORY,
			     "the core needs %zu bytes at a multiple of 64; there are %zu", needed,
			     size);
		return NULL;
	}
	memset(core, 0, sizeof(*core));
	core->limits = *limits;
	core_carve(core, &block);
	ASSERT(block.used == needed);
	core->random = random_mix(seed);
	thresholds_init(&core->cpu);
	thresholds_init(&core->memory);
	thresholds_init(&core->device_memory);
	core->orphans = -1;
	core->profile_next = 1;
	core->last_replica = PARC_REPLICA_IDS;
	attribution_reset(core);
	rebuild(core);
	return core;
}

/* A large core is used at random all over: it lies so that the system can give it pages of 2 MiB,
 * with which most of its accesses need no walk through the page tables. Asking the system for
 * them is the caller's, like all that concerns the system. */
static void *memory_allocate(size_t size)
{
	if (size < HUGE_MIN)
		return aligned_alloc(64, size);
	return aligned_alloc(HUGE_PAGE, (size + HUGE_PAGE - 1) / HUGE_PAGE * HUGE_PAGE);
}

struct parc_core *parc_core_create(const struct parc_limits *limits, uint64_t seed,
				   struct parc_err *err)
{
	size_t size = parc_core_size(limits);
	void *memory = size > 0 ? memory_allocate(size) : NULL;
	struct parc_core *core;

	if (size > 0 && memory == NULL) {
		parc_err_set(err, PARC_ERR_MEMORY, "no memory for a core of %zu bytes", size);
		return NULL;
	}
	core = parc_core_init(memory, size, limits, seed, err);
	if (core == NULL)
		free(memory);
	return core;
}

void parc_core_destroy(struct parc_core *core)
{
	free(core);
}

static void actions_give(const struct parc_core *core, struct parc_actions *actions)
{
	if (actions != NULL)
		*actions =
			(struct parc_actions){.count = core->actions_count, .list = core->actions};
}

/* What the next job that comes and starts will write is fetched from memory while the caller is
 * busy with what was decided: after one that came, as it took what was fetched before. What ends
 * leaves what is taken next. Changes nothing. */
static void next_prefetch(const struct parc_core *core, const struct parc_event *event)
{
	if (event->kind != PARC_EVENT_SUBMIT)
		return;
	table_prefetch(&core->jobs_table);
	table_prefetch(&core->groups_table);
	table_prefetch(&core->tasks_table);
	idmap_prefetch_next(&core->job_ids, core->last_job);
	idmap_prefetch_next(&core->allocation_ids, core->last_allocation);
	if (core->jobs_table.first_free >= 0)
		__builtin_prefetch(&core->allocations[core->jobs_table.first_free], 1);
	if (core->endless.last >= 0)
		__builtin_prefetch(ranking_at(&core->waiting, core->endless.last), 1);
}

int parc_step(struct parc_core *core, const struct parc_event *event, struct parc_actions *actions,
	      struct parc_err *err)
{
	int code = check_event(core, event, &core->run_slot, err);

	core->actions_count = core->placements_count = 0;
	if (code == 0) {
		apply_event(core, event);
		decide(core, event);
		attribution_settle(core);
		job_digest_settle(core);
		next_prefetch(core, event);
	}
	actions_give(core, actions);
	return code;
}

int parc_apply(struct parc_core *core, const struct parc_event *event,
	       const struct parc_actions *actions, struct parc_err *err)
{
	int code = check_event(core, event, &core->run_slot, err);

	if (code != 0)
		return code;
	apply_event(core, event);
	for (int32_t i = 0; i < actions->count && code == 0; i++) {
		const struct parc_action *action = &actions->list[i];

		code = apply_check(core, action, err);
		if (code == 0 && action->kind == PARC_ACTION_START)
			code = apply_start_checked(core, action, err);
		else if (code == 0)
			apply_action(core, action, idmap_find(&core->job_ids, action->job), 0);
	}
	quota_open_all(core);
	quota_settle(core, 0);
	line_block_all(core);
	service_forget(core);
	core->pack_noted = core->closures_noted = 0;
	if (code == 0 && core->closure_set != NULL)
		code = parc_err_set(err, PARC_ERR_STATE, "a window was not placed");
	core->closure_set = NULL;
	attribution_settle(core);
	job_digest_settle(core);
	return code;
}

int64_t parc_wake(const struct parc_core *core)
{
	int64_t deadline = allocation_deadline_us(core);
	int64_t times_us[] = {preempt_wake_us(core), service_wake_us(core), closure_wake_us(core),
			      idle_wake_us(core),    fair_wake_us(core),    deal_wake_us(core)};

	if (core->unfinished)
		return core->time_us;
	for (size_t i = 0; i < sizeof(times_us) / sizeof(*times_us); i++)
		if (times_us[i] < deadline)
			deadline = times_us[i];
	return deadline;
}
