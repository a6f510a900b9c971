/* SPDX-License-Identifier: Apache-2.0 */
#include "core/digest.h"

#include "base/hash.h"
#include "core/closure.h"
#include "core/job.h"
#include "core/node.h"
#include "core/pack.h"
#include "core/price.h"
#include "core/profile.h"
#include "core/reserve.h"
#include "core/speed.h"

uint64_t chip_hash(const struct parc_core *core, int32_t chip)
{
	const struct parc_chip *it = &core->chips[chip];
	uint64_t hash = hash_word(HASH_START, (uint64_t)chip);

	if (!(core->chips_known >> chip & 1))
		return 0;
	hash = hash_pair(hash, it->rule, it->memory_mib);
	hash = hash_pair(hash, it->step_milli, it->rate_milli);
	hash = hash_pair(hash, it->runtime, it->unit);
	hash = hash_pair(hash, it->counts, it->one_user * 2 + it->within_link);
	hash = hash_pair(hash, it->slots, it->templates_count);
	hash = hash_word(hash, (uint64_t)it->mode_cost_us);
	for (int32_t t = 0; t < it->templates_count; t++) {
		hash = hash_pair(hash, it->templates[t].share_milli, it->templates[t].memory_mib);
		hash = hash_pair(hash, it->templates[t].slots, it->templates[t].starts);
	}
	for (int32_t c = 0; c < 4; c++) {
		hash = hash_word(hash, (uint64_t)it->speed_milli[c]);
		hash = hash_word(hash, (uint64_t)it->price_micro[c]);
	}
	return hash;
}

uint64_t tenant_hash(const struct parc_core *core, int32_t tenant)
{
	const struct parc_tenant *it = &core->tenants[tenant].set;
	uint64_t hash = hash_word(HASH_START, (uint64_t)it->tenant);

	hash = hash_word(hash, (uint64_t)it->parent);
	hash = hash_pair(hash, it->weight, it->price_plan);
	for (int32_t i = 0; i < PARC_GUARANTEES_MAX; i++) {
		hash = hash_word(hash, (uint64_t)it->guarantees[i].milli);
		hash = hash_word(hash, it->guarantees[i].chips);
	}
	hash = hash_word(hash, (uint64_t)it->limit_milli);
	hash = hash_word(hash, (uint64_t)it->jobs_max);
	hash = hash_word(hash, (uint64_t)it->pending_max);
	return hash_word(hash, (uint64_t)it->budget_micro);
}

uint64_t place_hash(const struct parc_core *core, int32_t place)
{
	const struct place *it = &core->places[place];
	int64_t parent = it->parent < 0 ? PARC_NONE : core->places[it->parent].id;
	uint64_t hash = hash_word(HASH_START, (uint64_t)it->id);

	return hash_pair(hash_word(hash, (uint64_t)parent), it->level, 1);
}

static uint64_t shape_hash(const struct shape *shape)
{
	uint64_t hash = hash_word(HASH_START, shape->ask.hash);

	hash = hash_word(hash, (uint64_t)shape->seen);
	return hash_word(hash, (uint64_t)shape->weight);
}

uint64_t digest_recount(const struct parc_core *core)
{
	uint64_t sum = 0;

	for (int32_t i = 0; i < PARC_CHIPS_MAX; i++)
		sum += chip_hash(core, i);
	for (int32_t i = 0; i < core->tenants_table.high; i++)
		sum += core->tenants[i].set.tenant != PARC_NONE ? tenant_hash(core, i) : 0;
	for (int32_t i = 0; i < core->places_table.high; i++)
		sum += place_hash(core, i);
	for (int32_t i = 0; i < core->nodes_table.high; i++)
		sum += core->nodes[i].id != PARC_NONE ? node_hash(core, i) : 0;
	for (int32_t i = 0; i < core->jobs_table.high; i++)
		sum += core->jobs[i].id != PARC_NONE ? job_hash(core, i) : 0;
	for (int32_t i = 0; i < core->reservations_table.high; i++)
		sum += reservation_is_live(&core->reservations[i]) ? reservation_hash(core, i) : 0;
	for (int32_t i = 0; i < core->closures_table.high; i++)
		sum += core->closures[i].id != PARC_NONE ? closure_hash(&core->closures[i]) : 0;
	return sum;
}

static uint64_t rules_hash(const struct parc_policy *rules, uint64_t hash)
{
	hash = hash_pair(hash, rules->place, rules->order);
	hash = hash_pair(hash, rules->backfill, rules->reserve_max);
	hash = hash_word(hash, (uint64_t)rules->age_us);
	hash = hash_pair(hash, rules->preempt, rules->trial_max);
	hash = hash_pair(hash, rules->reclaim, rules->victims * 4 + rules->lend);
	for (int32_t tier = 0; tier < PARC_TIERS_MAX; tier++)
		hash = hash_word(hash, rules->rights[tier]);
	hash = hash_word(hash, (uint64_t)rules->run_min_us);
	hash = hash_word(hash, (uint64_t)rules->reclaim_us);
	hash = hash_word(hash, rules->seed);
	hash = hash_word(hash, (uint64_t)rules->epoch_us);
	hash = hash_word(hash, (uint64_t)rules->grace_us);
	hash = hash_word(hash, (uint64_t)rules->half_life_us);
	hash = hash_word(hash, (uint64_t)rules->shrink_us);
	hash = hash_word(hash, (uint64_t)rules->pack_margin_milli);
	hash = hash_word(hash, (uint64_t)rules->idle_us);
	hash = hash_word(hash, (uint64_t)rules->idle_grace_us);
	hash = hash_pair(hash, rules->idle_milli, rules->idle_act);
	hash = hash_word(hash, (uint64_t)rules->round_us);
	hash = hash_word(hash, (uint64_t)rules->move_us);
	return hash_pair(hash, rules->requeue_max, rules->pairs);
}

static uint64_t thresholds_hash(const struct thresholds *it, uint64_t hash)
{
	for (int32_t i = 0; i < it->count; i++)
		hash = hash_word(hash, (uint64_t)it->value[i]);
	return hash_pair(hash, it->count, it->full);
}

static uint64_t prices_hash(const struct prices *it, uint64_t hash)
{
	hash = hash_word(hash, (uint64_t)it->next);
	for (int32_t i = 0; i < PARC_CHIPS_MAX; i++)
		hash = hash_word(hash, (uint64_t)it->chips[i]);
	for (int32_t t = 0; t < it->types_count; t++) {
		hash = hash_word(hash, it->types[t].chips);
		hash = hash_word(hash, (uint64_t)it->types[t].count);
		hash = hash_pair(hash, it->types[t].cpu_milli, it->types[t].devices);
		hash = hash_word(hash, (uint64_t)it->types[t].level);
	}
	return hash;
}

static uint64_t policy_hash(const struct policy *it, uint64_t hash)
{
	for (int32_t t = 0; t < it->types_count; t++) {
		hash = hash_word(hash, it->types[t].chips);
		hash = hash_word(hash, (uint64_t)it->types[t].count);
		hash = hash_word(hash, (uint64_t)it->types[t].memory_mib);
		hash = hash_pair(hash, it->types[t].cpu_milli, it->types[t].devices);
		hash = hash_word(hash, (uint64_t)it->types[t].share_milli);
	}
	hash = hash_pair(hash, it->cpu_most, it->devices_most);
	hash = hash_word(hash, (uint64_t)it->memory_most);
	return prices_hash(it->prices, hash_word(hash, (uint64_t)it->count_sum));
}

static uint64_t sum_hash(__int128 sum, uint64_t hash)
{
	return hash_word(hash_word(hash, (uint64_t)sum), (uint64_t)(sum >> 64));
}

static uint64_t usage_hash(const struct usage *it, uint64_t hash)
{
	hash = sum_hash(it->held.offset, hash_word(hash, (uint64_t)it->held.rate));
	return sum_hash(it->normal.offset, hash_word(hash, (uint64_t)it->normal.rate));
}

static uint64_t ledger_hash(const struct parc_core *core, uint64_t hash)
{
	for (int32_t i = 0; i < PARC_LEDGER_COUNT; i++)
		hash = sum_hash(core->ledger.offset[i],
				hash_word(hash, (uint64_t)core->ledger.rate[i]));
	hash = sum_hash(core->capacity.offset, hash_word(hash, (uint64_t)core->capacity.rate));
	for (int32_t i = 0; i < PARC_CHIPS_MAX; i++)
		if (core->chips_known >> i & 1)
			hash = usage_hash(&core->chip_usage[i],
					  sum_hash(core->chip_capacity[i].offset, hash));
	for (int32_t i = 0; i < core->tenants_table.high; i++) {
		hash = usage_hash(&core->tenants[i].usage, hash);
		hash = sum_hash(core->tenants[i].charged, sum_hash(core->tenants[i].past, hash));
	}
	hash = usage_hash(&core->unnamed, hash);
	hash = sum_hash(core->attribution.kept, hash);
	return hash_word(hash_word(hash, (uint64_t)core->attribution.due_us),
			 (uint64_t)core->attribution.open);
}

/* What is not in a record: asked for rarely, so counted when asked. */
static uint64_t words_hash(const struct parc_core *core)
{
	uint64_t hash = rules_hash(&core->rules, hash_word(HASH_START, core->random));
	uint64_t shapes = 0;

	hash = hash_word(hash, (uint64_t)core->time_us);
	hash = hash_word(hash, (uint64_t)core->stamp);
	hash = hash_word(hash, (uint64_t)core->orders);
	hash = hash_word(hash, (uint64_t)core->last_job);
	hash = hash_word(hash, (uint64_t)core->last_node);
	hash = hash_word(hash, (uint64_t)core->last_place);
	hash = hash_word(hash, (uint64_t)core->last_allocation);
	hash = hash_word(hash, (uint64_t)core->last_replica);
	hash = hash_word(hash, (uint64_t)core->last_window);
	hash = hash_word(hash, (uint64_t)core->fair_us);
	hash = hash_word(hash, pack_hash(core));
	hash = hash_word(hash, (uint64_t)core->tasks_seen);
	hash = hash_word(hash, (uint64_t)core->profile_next);
	hash = hash_word(hash, (uint64_t)core->unfinished);
	hash = hash_word(hash, (uint64_t)core->round_at_us);
	for (int32_t i = 0; i < PARC_CHIPS_MAX; i++)
		hash = hash_word(hash, (uint64_t)core->scores[i]);
	for (int32_t i = 0; i < core->profile_count; i++) {
		hash = hash_word(hash, core->profile[i].task.chips);
		hash = hash_pair(hash, core->profile[i].task.devices,
				 core->profile[i].task.share_milli);
		hash = hash_pair(hash, core->profile[i].task.cpu_milli, core->profile[i].count);
	}
	hash = policy_hash(core->policy, hash);
	hash = thresholds_hash(&core->cpu, thresholds_hash(&core->memory, hash));
	hash = thresholds_hash(&core->device_memory, hash);
	for (int32_t i = 0; i < core->shapes_table.high; i++)
		shapes += core->shapes[i].live ? shape_hash(&core->shapes[i]) : 0;
	hash = ledger_hash(core, hash);
	hash = hash_word(hash, speed_hash(core));
	return hash_word(hash, shapes);
}

void digest_reset(struct parc_core *core)
{
	for (int32_t i = 0; i < core->nodes_table.high; i++)
		if (core->nodes[i].id != PARC_NONE)
			node_rehash(core, i);
	for (int32_t i = 0; i < core->jobs_table.high; i++)
		core->jobs[i].hash = core->jobs[i].id != PARC_NONE ? job_hash(core, i) : 0;
	for (int32_t i = 0; i < core->reservations_table.high; i++)
		if (reservation_is_live(&core->reservations[i]))
			core->reservations[i].hash = reservation_hash(core, i);
	for (int32_t i = 0; i < core->closures_table.high; i++)
		core->closures[i].hash = closure_hash(&core->closures[i]);
	core->undigested = 0;
	core->digest = digest_recount(core);
}

uint64_t parc_digest(const struct parc_core *core)
{
	return hash_word(words_hash(core), core->digest);
}
