/* SPDX-License-Identifier: Apache-2.0
 *
 * Questions about the state that change nothing, and the names of the public tables.
 */
#include <string.h>

#include "core/fit.h"
#include "core/index.h"
#include "core/line.h"
#include "core/order.h"
#include "core/spec.h"
#include "core/speed.h"
#include "parc/run.h"

__int128 parc_ledger(const struct parc_core *core, enum parc_ledger category)
{
	const struct ledger *ledger = &core->ledger;

	return (__int128)ledger->rate[category] * core->time_us - ledger->offset[category];
}

__int128 parc_ledger_capacity(const struct parc_core *core)
{
	return (__int128)core->capacity.rate * core->time_us - core->capacity.offset;
}

static int64_t rates_sum(const struct parc_core *core, int32_t first, int32_t last)
{
	int64_t milli = 0;

	for (int32_t i = first; i <= last; i++)
		milli += core->ledger.rate[i];
	return milli;
}

static int64_t devices_count(const struct parc_core *core)
{
	int64_t count = 0;

	for (int32_t i = 0; i < core->kinds_count; i++)
		count += (int64_t)core->kinds[i].nodes * core->kinds[i].devices_count;
	return count;
}

int64_t parc_count(const struct parc_core *core, enum parc_count which)
{
	switch (which) {
	case PARC_COUNT_NODES:
		return table_count(&core->nodes_table);
	case PARC_COUNT_DEVICES:
		return devices_count(core);
	case PARC_COUNT_JOBS:
		return table_count(&core->jobs_table);
	case PARC_COUNT_PENDING:
		return core->pending;
	case PARC_COUNT_WAITING:
		return table_count(&core->jobs_table) - core->running;
	case PARC_COUNT_TASKS:
		return table_count(&core->tasks_table);
	case PARC_COUNT_TENANTS:
		return table_count(&core->tenants_table);
	case PARC_COUNT_SHAPES:
		return table_count(&core->shapes_table);
	case PARC_COUNT_CLASSES:
		return table_count(&core->index->classes_table);
	case PARC_COUNT_DECISIONS:
		return core->decisions;
	case PARC_COUNT_STEPS:
		return core->steps;
	case PARC_COUNT_CAPACITY_MILLI:
		return core->capacity.rate;
	case PARC_COUNT_ALLOCATED_MILLI:
		return rates_sum(core, PARC_LEDGER_STARTING, PARC_LEDGER_STOPPING);
	case PARC_COUNT_FREE_MILLI:
		return rates_sum(core, PARC_LEDGER_FREE_UNATTRIBUTED, PARC_LEDGER_FREE_HELD);
	case PARC_COUNT_SCORED:
		return core->index->scored;
	case PARC_COUNT_REBUILDS:
		return core->index->rebuilds;
	}
	return 0;
}

int64_t parc_free_milli(const struct parc_core *core, int32_t chip)
{
	int64_t milli = 0;

	if (chip >= 0)
		return chip < PARC_CHIPS_MAX ? core->chip_free[chip] : 0;
	for (int32_t i = 0; i < PARC_CHIPS_MAX; i++)
		milli += core->chip_free[i];
	return milli;
}

void parc_policy_get(const struct parc_core *core, struct parc_policy *policy)
{
	*policy = core->rules;
}

int parc_tenant_get(const struct parc_core *core, int64_t tenant, struct parc_tenant *set)
{
	int32_t at = idmap_find(&core->tenant_ids, tenant);

	if (at < 0)
		return PARC_ERR_UNKNOWN;
	*set = core->tenants[at].set;
	return 0;
}

/* What its tasks hold of devices, and what they asked for. */
static void receipt_fill(const struct parc_core *core, const struct job *job,
			 const struct allocation *allocation, struct parc_job_info *info)
{
	for (int32_t t = allocation->tasks; t >= 0; t = core->tasks[t].next) {
		int32_t g = spec_of(core, job)->groups,
			devices = __builtin_popcount(core->tasks[t].devices);

		for (int32_t i = core->tasks[t].group; i > 0; i--)
			g = core->groups[g].next;
		info->asked_milli += (int64_t)core->groups[g].asked_milli * devices;
		info->booked_milli += (int64_t)core->tasks[t].share_milli * devices;
	}
}

int parc_job_info(const struct parc_core *core, int64_t id, struct parc_job_info *info)
{
	int32_t slot = idmap_find(&core->job_ids, id);
	const struct job *job = &core->jobs[slot < 0 ? 0 : slot];
	const struct allocation *allocation = NULL;
	int32_t reason = job->reason;

	if (slot < 0)
		return PARC_ERR_UNKNOWN;
	if (job->line >= 0 && reason == PARC_REASON_NONE)
		reason = core->jobs[line_head(core, job->line)].reason;
	if (job->runs)
		allocation = &core->allocations[slot];
	*info = (struct parc_job_info){
		.job = id,
		.tenant = spec_of(core, job)->tenant < 0
				  ? PARC_NONE
				  : core->tenants[spec_of(core, job)->tenant].set.tenant,
		.allocation = allocation == NULL ? PARC_NONE : allocation->id,
		.state = job->state,
		.reason = reason,
		.attempt = job->attempt,
		.tasks_running = allocation == NULL ? 0 : allocation->tasks_count,
		.replica = job->replica};
	if (job->reservation >= 0)
		info->reserved_us = core->reservations[job->reservation].start_us;
	if (allocation != NULL)
		receipt_fill(core, job, allocation, info);
	if (job->service >= 0) {
		const struct service *service = &core->services[job->service];

		info->service = job->replica > 0 ? core->jobs[service->job].id : PARC_NONE;
		info->replicas = job->replica > 0 ? 0 : service->replicas;
		info->wanted_milli = job->replica > 0 ? 0 : service->need_milli;
	}
	return 0;
}

static struct parc_run run_of(const struct parc_core *core, int32_t job)
{
	const struct allocation *it = &core->allocations[job];

	return (struct parc_run){.job = core->jobs[job].id,
				 .allocation = it->id,
				 .end_us = it->end_us,
				 .limit_us = order_limit_us(core, it),
				 .attempt = core->jobs[job].attempt,
				 .state = it->state};
}

int parc_run_at(const struct parc_core *core, int32_t *index, struct parc_run *run)
{
	while (*index < core->jobs_table.high) {
		int32_t job = (*index)++;

		if (allocation_is_live(core, job)) {
			*run = run_of(core, job);
			return 0;
		}
	}
	return PARC_ERR_UNKNOWN;
}

int parc_run_info(const struct parc_core *core, int64_t allocation, struct parc_run *run)
{
	int32_t slot = idmap_find(&core->allocation_ids, allocation);

	if (slot < 0)
		return PARC_ERR_UNKNOWN;
	*run = run_of(core, slot);
	return 0;
}

int parc_job_pace(const struct parc_core *core, int64_t id, struct parc_pace *pace)
{
	int32_t slot = idmap_find(&core->job_ids, id);
	const struct job *job = &core->jobs[slot < 0 ? 0 : slot];

	if (slot < 0 || !job->runs)
		return PARC_ERR_UNKNOWN;
	*pace = (struct parc_pace){0, PARC_SPEED_SET, 0};
	for (int32_t t = core->allocations[slot].tasks; t >= 0; t = core->tasks[t].next) {
		struct parc_placement placement = {.node = core->nodes[core->tasks[t].node].id,
						   .group = core->tasks[t].group,
						   .devices = core->tasks[t].devices,
						   .variant = core->tasks[t].variant};
		int32_t chip = speed_chip_of(core, job, &placement), source, speed;

		if (chip < 0)
			continue;
		speed = speed_known(core, job, chip, speed_variant_of(core, job, &placement),
				    &source);
		speed = speed > 0 ? speed : PARC_SHARE_WHOLE;
		pace->chips |= UINT64_C(1) << chip;
		pace->source = source < pace->source ? source : pace->source;
		if (pace->speed_milli == 0 || speed < pace->speed_milli)
			pace->speed_milli = speed;
	}
	if (pace->speed_milli == 0)
		*pace = (struct parc_pace){PARC_SHARE_WHOLE, PARC_SPEED_UNKNOWN, 0};
	return 0;
}

int parc_node_info(const struct parc_core *core, int64_t id, struct parc_node_info *info)
{
	int32_t slot = idmap_find(&core->node_ids, id);
	const struct node *node = &core->nodes[slot < 0 ? 0 : slot];
	struct view view;

	if (slot < 0)
		return PARC_ERR_UNKNOWN;
	memset(info, 0, sizeof(*info));
	view_of_node_whole(core, slot, &view);
	info->node = id;
	info->state = node->state;
	info->cpu_free_milli = node->cpu_free;
	info->memory_free_mib = node->memory_free;
	info->memory_mib = node->memory_mib;
	info->cpu_milli = node->cpu_milli;
	info->devices = node->devices_count;
	for (int32_t p = 0; p < node->pools_count; p++)
		for (int32_t i = node->pools[p].first;
		     i < node->pools[p].first + node->pools[p].count; i++) {
			info->device_chip[i] = node->pools[p].chip;
			info->free_milli[i] = view.cells[i].free_milli;
			info->free_mib[i] = view.cells[i].free_mib;
		}
	return 0;
}
