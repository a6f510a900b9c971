/* SPDX-License-Identifier: Apache-2.0
 *
 * The checker of the ledger, the attribution and the usage: everything is counted again from the
 * devices and the tasks up. Part of parc_core_check.
 */
#include <string.h>

#include "base/hash.h"
#include "core/attribution.h"
#include "core/ledger.h"
#include "core/node.h"
#include "core/spec.h"

#define BROKEN(err, ...) parc_err_set(err, PARC_ERR_MISMATCH, __VA_ARGS__)

static int is_cause(int32_t category)
{
	return category >= PARC_LEDGER_FREE_UNATTRIBUTED && category <= PARC_LEDGER_FREE_HELD;
}

static int32_t chip_of(const struct node *node, int32_t device)
{
	int32_t p = 0;

	while (device >= node->pools[p].first + node->pools[p].count)
		p++;
	return node->pools[p].chip;
}

static int32_t down_category(const struct node *node)
{
	switch (node->state) {
	case PARC_NODE_DRAINED:
		return PARC_LEDGER_DOWN_DRAINED;
	case PARC_NODE_SUSPECTED:
		return PARC_LEDGER_DOWN_SUSPECTED;
	case PARC_NODE_MAINTENANCE:
		return PARC_LEDGER_DOWN_MAINTENANCE;
	default:
		return PARC_LEDGER_DOWN_FAILED;
	}
}

/* What is not held by tasks on one node, by category. */
static void recount_node(const struct parc_core *core, const struct node *node, int64_t *rates,
			 int64_t *chip_free)
{
	int up = node->state == PARC_NODE_UP;

	for (int32_t d = 0; d < node->devices_count; d++) {
		const struct device *it = &core->devices[node->devices + d];
		int32_t rest = PARC_SHARE_WHOLE - it->used_milli;
		int32_t foreign = device_beset(core, it)->foreign_milli;

		foreign = foreign < rest ? foreign : rest;

		rates[PARC_LEDGER_FOREIGN] += foreign;
		if (!up)
			rates[down_category(node)] += rest - foreign;
		else if (it->failed)
			rates[PARC_LEDGER_DOWN_FAILED] += rest - foreign;
		else
			rates[PARC_LEDGER_FREE_UNATTRIBUTED] += rest - foreign;
		if (up && !it->failed)
			chip_free[chip_of(node, d)] += rest - foreign;
	}
	if (node->cores_pool < 0)
		return;
	rates[up ? PARC_LEDGER_FREE_UNATTRIBUTED : down_category(node)] += node->cpu_free;
	if (up)
		chip_free[node->pools[node->cores_pool].chip] += node->cpu_free;
}

static void recount_allocation(const struct parc_core *core, const struct allocation *it,
			       int64_t *rates)
{
	int64_t held = 0, busy;

	for (int32_t t = it->tasks; t >= 0; t = core->tasks[t].next) {
		const struct task *task = &core->tasks[t];

		held += (int64_t)task->share_milli * __builtin_popcount(task->devices);
		if (core->nodes[task->node].cores_pool >= 0)
			held += task->cpu_milli;
	}
	busy = it->busy_milli < 0 ? 0 : held * it->busy_milli / PARC_SHARE_WHOLE;
	if (it->state == PARC_JOB_STARTING) {
		rates[PARC_LEDGER_STARTING] += held;
	} else if (it->state == PARC_JOB_STOPPING) {
		rates[PARC_LEDGER_STOPPING] += held;
	} else if (it->busy_milli < 0) {
		rates[PARC_LEDGER_UNMEASURED] += held;
	} else {
		rates[PARC_LEDGER_BUSY] += busy;
		rates[PARC_LEDGER_IDLE] += held - busy;
	}
}

/* L1: each category is what a recount gives, that of what is free by cause in sum. */
static int check_rates(const struct parc_core *core, const int64_t *rates, struct parc_err *err)
{
	int64_t causes = 0;

	for (int32_t i = 0; i < PARC_LEDGER_COUNT; i++) {
		causes += is_cause(i) ? core->ledger.rate[i] : 0;
		if (!is_cause(i) && rates[i] != core->ledger.rate[i])
			return BROKEN(err, "L1: %s is booked at %lld/1000, counted at %lld",
				      parc_ledger_name(i), (long long)core->ledger.rate[i],
				      (long long)rates[i]);
	}
	if (causes != rates[PARC_LEDGER_FREE_UNATTRIBUTED])
		return BROKEN(err, "L1: the unallocated is booked at %lld/1000, counted at %lld",
			      (long long)causes, (long long)rates[PARC_LEDGER_FREE_UNATTRIBUTED]);
	return 0;
}

/* L2: together the categories are the capacity, now and summed over time; that is the sum of
 * the chips' capacities. */
static int check_sums(const struct parc_core *core, struct parc_err *err)
{
	__int128 integral = 0, chips = 0;
	int64_t sum = 0;

	for (int32_t i = 0; i < PARC_LEDGER_COUNT; i++) {
		sum += core->ledger.rate[i];
		integral += parc_ledger(core, (enum parc_ledger)i);
	}
	for (int32_t i = 0; i < PARC_CHIPS_MAX; i++) {
		if (core->chip_capacity[i].rate != core->chip_total[i])
			return BROKEN(err, "L2: the capacity of chip %d is booked wrongly", i);
		chips += integral_now(core, &core->chip_capacity[i]);
	}
	if (sum != core->capacity.rate || integral != parc_ledger_capacity(core))
		return BROKEN(err, "L2: the ledger does not close: %lld/1000 of %lld",
			      (long long)sum, (long long)core->capacity.rate);
	if (chips != integral)
		return BROKEN(err, "L2: the capacities of the chips do not add up");
	return 0;
}

/* L4: no category holds less than nothing, now or summed over time. */
static int check_signs(const struct parc_core *core, struct parc_err *err)
{
	for (int32_t i = 0; i < PARC_LEDGER_COUNT; i++)
		if (core->ledger.rate[i] < 0 || parc_ledger(core, (enum parc_ledger)i) < 0)
			return BROKEN(err, "L4: %s holds less than nothing", parc_ledger_name(i));
	return 0;
}

/* Devices of the node of which nothing is held, used by others or kept, by chip. */
static void recount_whole(const struct parc_core *core, const struct node *node, int64_t *whole)
{
	for (int32_t d = 0; d < node->devices_count && node->state == PARC_NODE_UP; d++) {
		const struct device *it = &core->devices[node->devices + d];

		whole[chip_of(node, d)] += !it->failed && it->used_milli == 0 &&
					   device_beset(core, it)->foreign_milli == 0 &&
					   device_beset(core, it)->kept_milli == 0;
	}
}

/* L3: the free thousandths and whole devices by chip, the free thousandths by node, and the free
 * cores. */
static int check_free(const struct parc_core *core, const int64_t *chip_free, struct parc_err *err)
{
	int64_t cores_free = 0, whole[PARC_CHIPS_MAX] = {0};

	for (int32_t i = 0; i < core->nodes_table.high; i++) {
		int64_t rates[PARC_LEDGER_COUNT] = {0}, chips[PARC_CHIPS_MAX] = {0};

		if (core->nodes[i].id == PARC_NONE)
			continue;
		recount_node(core, &core->nodes[i], rates, chips);
		recount_whole(core, &core->nodes[i], whole);
		cores_free += core->nodes[i].state == PARC_NODE_UP ? core->nodes[i].cpu_free : 0;
		if (rates[PARC_LEDGER_FREE_UNATTRIBUTED] != core->nodes[i].free_milli)
			return BROKEN(err, "L3: node %lld has not %lld/1000 free",
				      (long long)core->nodes[i].id,
				      (long long)core->nodes[i].free_milli);
	}
	if (memcmp(chip_free, core->chip_free, sizeof(core->chip_free)) != 0)
		return BROKEN(err, "L3: free thousandths by chip are not what nodes have free");
	if (memcmp(whole, core->chip_whole, sizeof(whole)) != 0)
		return BROKEN(err, "L3: whole free devices by chip are not those of the nodes");
	if (cores_free != core->cores_free)
		return BROKEN(err, "L3: %lld/1000 cores are free, not %lld", (long long)cores_free,
			      (long long)core->cores_free);
	return 0;
}

/* L5: while an epoch is open nothing has a cause; else each cause has what a new attribution
 * would give it. An epoch that has to close closes after now. */
static int check_causes(const struct parc_core *core, struct parc_err *err)
{
	const struct attribution *it = &core->attribution;
	int64_t causes[PARC_LEDGER_COUNT] = {0};

	if (it->open)
		causes[PARC_LEDGER_FREE_UNATTRIBUTED] =
			core->ledger.rate[PARC_LEDGER_FREE_UNATTRIBUTED];
	else
		attribution_count(core, causes);
	for (int32_t i = 0; i < PARC_LEDGER_COUNT; i++)
		if (is_cause(i) && causes[i] != core->ledger.rate[i])
			return BROKEN(err, "L5: %s is booked at %lld/1000, attributed %lld",
				      parc_ledger_name(i), (long long)core->ledger.rate[i],
				      (long long)causes[i]);
	if (it->due_us <= core->time_us ||
	    (it->due_us != PARC_NEVER) != (it->open && core->rules.epoch_us > 0) || it->kept < 0 ||
	    it->kept > parc_ledger(core, PARC_LEDGER_FREE_UNATTRIBUTED))
		return BROKEN(err, "L5: an epoch is due at %lld us, it is %lld us",
			      (long long)it->due_us, (long long)core->time_us);
	return 0;
}

/* L6: what an allocation ran since its last checkpoint lies within its life. */
static int check_run(const struct parc_core *core, const struct allocation *it,
		     struct parc_err *err)
{
	__int128 run =
		wide_get(it->busy_done) + wide_get(it->idle_done) + wide_get(it->unmeasured_done);
	int64_t most = it->held_milli; /* at any time: what a share was booked anew from may be */

	if (it->booked_us > it->start_us)
		for (int32_t t = it->tasks; t >= 0; t = core->tasks[t].next)
			most += (int64_t)__builtin_popcount(core->tasks[t].devices) *
				PARC_SHARE_WHOLE;
	if (it->since_us < it->start_us || it->since_us > core->time_us ||
	    wide_get(it->busy_done) < 0 || it->booked_us < it->start_us ||
	    it->booked_us > core->time_us || wide_get(it->idle_done) < 0 ||
	    wide_get(it->unmeasured_done) < 0 ||
	    run > (__int128)most * (it->since_us - it->start_us))
		return BROKEN(err, "L6: allocation %lld has run more than it may",
			      (long long)it->id);
	return 0;
}

/* ---- Usage */

/* What is held now, counted again. The tenants' parts are weighed by a hash of the tenant's slot
 * and added up, so that one walk over the tasks does for all tenants. */
struct held {
	int64_t milli[PARC_CHIPS_MAX];
	uint64_t weighed, weighed_normal;
};

static uint64_t tenant_weight(int32_t tenant)
{
	return hash_word(HASH_START, (uint64_t)tenant + 2) | 1;
}

static void held_add_chip(const struct parc_core *core, struct held *held, int32_t chip,
			  int64_t milli, uint64_t weight)
{
	held->milli[chip] += milli;
	held->weighed += (uint64_t)milli * weight;
	held->weighed_normal += (uint64_t)(milli * core->chips[chip].rate_milli) * weight;
}

static void held_add(const struct parc_core *core, const struct allocation *it, struct held *held)
{
	uint64_t weight = tenant_weight(job_spec(core, job_of(core, it))->tenant);

	for (int32_t t = it->tasks; t >= 0; t = core->tasks[t].next) {
		const struct task *task = &core->tasks[t];
		const struct node *node = &core->nodes[task->node];

		for (int32_t i = 0; i < node->devices_count; i++)
			if (task->devices >> i & 1)
				held_add_chip(core, held, chip_of(node, i), task->share_milli,
					      weight);
		if (node->cores_pool >= 0)
			held_add_chip(core, held, node->pools[node->cores_pool].chip,
				      task->cpu_milli, weight);
	}
}

static void usage_weigh(const struct usage *it, int32_t tenant, struct held *booked)
{
	booked->weighed += (uint64_t)it->held.rate * tenant_weight(tenant);
	booked->weighed_normal += (uint64_t)it->normal.rate * tenant_weight(tenant);
}

/* U2: summed over time tenants, chips and the allocated part of the ledger are the same. */
static int check_usage_sums(const struct parc_core *core, struct parc_err *err)
{
	__int128 tenants = integral_now(core, &core->unnamed.held), chips = 0, allocated = 0;
	__int128 normal = integral_now(core, &core->unnamed.normal);

	for (int32_t i = 0; i < core->tenants_table.high; i++) {
		tenants += integral_now(core, &core->tenants[i].usage.held);
		normal += integral_now(core, &core->tenants[i].usage.normal);
	}
	for (int32_t i = 0; i < PARC_CHIPS_MAX; i++) {
		chips += integral_now(core, &core->chip_usage[i].held);
		normal -= integral_now(core, &core->chip_usage[i].normal);
	}
	for (int32_t i = PARC_LEDGER_STARTING; i <= PARC_LEDGER_LOST; i++)
		allocated += parc_ledger(core, (enum parc_ledger)i);
	if (tenants != chips || chips != allocated || normal != 0)
		return BROKEN(err, "U2: tenants, chips and the ledger disagree on what was held");
	return 0;
}

/* U1: what each tenant and each chip is booked with is what its tasks hold. */
static int check_usage(const struct parc_core *core, struct parc_err *err)
{
	struct held held = {0}, booked = {0};

	for (int32_t i = 0; i < core->jobs_table.high; i++)
		if (allocation_is_live(core, i))
			held_add(core, &core->allocations[i], &held);
	usage_weigh(&core->unnamed, -1, &booked);
	for (int32_t i = 0; i < core->tenants_table.high; i++)
		usage_weigh(&core->tenants[i].usage, i, &booked);
	if (held.weighed != booked.weighed || held.weighed_normal != booked.weighed_normal)
		return BROKEN(err, "U1: a tenant is not booked with what its tasks hold");
	for (int32_t i = 0; i < PARC_CHIPS_MAX; i++)
		if (core->chip_usage[i].held.rate != held.milli[i] ||
		    core->chip_usage[i].normal.rate != held.milli[i] * core->chips[i].rate_milli)
			return BROKEN(err, "U1: chip %d is booked at %lld/1000, holds %lld", i,
				      (long long)core->chip_usage[i].held.rate,
				      (long long)held.milli[i]);
	return check_usage_sums(core, err);
}

int ledger_check(const struct parc_core *core, struct parc_err *err)
{
	int64_t rates[PARC_LEDGER_COUNT] = {0}, chip_free[PARC_CHIPS_MAX] = {0};
	int code = 0;

	for (int32_t i = 0; i < core->nodes_table.high; i++)
		if (core->nodes[i].id != PARC_NONE)
			recount_node(core, &core->nodes[i], rates, chip_free);
	for (int32_t i = 0; i < core->jobs_table.high && code == 0; i++) {
		if (!allocation_is_live(core, i))
			continue;
		recount_allocation(core, &core->allocations[i], rates);
		code = check_run(core, &core->allocations[i], err);
	}
	code = code != 0 ? code : check_rates(core, rates, err);
	code = code != 0 ? code : check_sums(core, err);
	code = code != 0 ? code : check_free(core, chip_free, err);
	code = code != 0 ? code : check_signs(core, err);
	code = code != 0 ? code : check_causes(core, err);
	return code != 0 ? code : check_usage(core, err);
}
