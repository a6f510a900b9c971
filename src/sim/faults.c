/* SPDX-License-Identifier: Apache-2.0
 *
 * When what breaks. n units that fail each after an exponential time are together one Poisson
 * process of n times the rate, in which each failure hits any of them alike; so there is one
 * pending failure for each kind of unit, whatever the fleet's size.
 */
#include "sim/faults.h"

#include <stdlib.h>

#include "base/assert.h"
#include "base/random.h"
#include "trace/chance.h"

static int64_t racks_count(const struct fleet *fleet)
{
	int64_t count = 0;
	for (int32_t i = 0; i < fleet->places_count; i++)
		count += fleet->places[i].level == PARC_LEVEL_RACK;
	return count;
}

static int64_t rack_at(const struct fleet *fleet, int64_t index)
{
	for (int32_t i = 0; i < fleet->places_count; i++)
		if (fleet->places[i].level == PARC_LEVEL_RACK && index-- == 0)
			return i + 1;
	ASSERT(0 && "there are as many racks as were counted");
	return PARC_NONE;
}

static void draw_next(struct faults *faults, int32_t kind, int64_t now_us)
{
	int64_t wait_us = chance_exponential(&faults->random, faults->mean_us[kind]);
	faults->next_us[kind] = now_us + wait_us + 1;
}

int faults_init(struct faults *faults, const struct replay_config *config, int64_t devices,
		struct parc_err *err)
{
	const struct fleet *fleet = config->fleet;
	*faults = (struct faults){.fleet = fleet,
				  .random = random_mix(config->seed ^ 0xfa17),
				  .units = {devices, fleet->nodes_count, racks_count(fleet)},
				  .mttr_us = config->mttr_us};
	faults->device_us = calloc((size_t)devices + 1, sizeof(*faults->device_us));
	faults->node_us = calloc((size_t)fleet->nodes_count, sizeof(*faults->node_us));
	if (!faults->device_us || !faults->node_us) {
		faults_deinit(faults);
		return parc_err_set(err, PARC_ERR_MEMORY, "no memory for faults");
	}
	for (int32_t kind = 0; kind < REPLAY_FAULT_KINDS; kind++) {
		faults->next_us[kind] = PARC_NEVER;
		if (config->mtbf_us[kind] == 0)
			continue;
		if (faults->units[kind] == 0) {
			faults_deinit(faults);
			return parc_err_set(err, PARC_ERR_INVALID,
					    "a %s is to fail now and then, but the fleet has none",
					    replay_fault_name(kind));
		}
		faults->mean_us[kind] = config->mtbf_us[kind] / faults->units[kind] + 1;
		draw_next(faults, kind, 0);
	}
	return 0;
}

void faults_deinit(struct faults *faults)
{
	free(faults->device_us);
	free(faults->node_us);
	*faults = (struct faults){0};
}

static int32_t next_kind(const struct faults *faults)
{
	int32_t best = 0;
	for (int32_t kind = 1; kind < REPLAY_FAULT_KINDS; kind++)
		if (faults->next_us[kind] < faults->next_us[best])
			best = kind;
	return best;
}

int64_t faults_next_us(const struct faults *faults)
{
	return faults->next_us[next_kind(faults)];
}

struct fault faults_pop(struct faults *faults)
{
	int32_t kind = next_kind(faults);
	ASSERT(faults->next_us[kind] != PARC_NEVER);
	struct fault fault = {.kind = kind};
	fault.unit = (int64_t)random_below(&faults->random, (uint64_t)faults->units[kind]);
	if (kind == REPLAY_FAULT_RACK)
		fault.unit = rack_at(faults->fleet, fault.unit);
	fault.repair_us = chance_exponential(&faults->random, faults->mttr_us) + 1;
	draw_next(faults, kind, faults->next_us[kind]);
	return fault;
}

void faults_skip(struct faults *faults, int64_t now_us)
{
	for (int32_t kind = 0; kind < REPLAY_FAULT_KINDS; kind++)
		if (faults->next_us[kind] < now_us)
			draw_next(faults, kind, now_us);
}
