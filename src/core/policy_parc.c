/* SPDX-License-Identifier: Apache-2.0
 *
 * `parc`: place where the work to come loses least (docs/placement.md has the argument, the
 * sources and what was tried).
 *
 *     score = V(after) - V(before) - the dearest price of a type that the node no longer hosts
 *     V     = 10 D - 12 C - 6 M + K - F    in 1/256 of a thousandth of a device
 *
 *     D  what the free devices are worth to the shares of the profile, each by the dual of the
 *        cutting-stock problem: a remainder that nothing fits is worth nothing (base/cutting.h)
 *     C  what of that is expected to stay unused for lack of CPU, when work that may run on
 *        these chips is put in (shortage.h)
 *     M  the same for lack of memory
 *     K  the price of chips that some work is restricted to (price.h), where CPU is ample: of
 *        D - 256 C, if that is above 0
 *     F  fragmentation as in FGD, not truncated: it drives towards nodes already in use
 *
 * D, C and F depend on the free state and the profile alone and are remembered by state; prices
 * change in epochs. Cost: a remembered value for the node and for each distinct device that a
 * share could go to.
 */
#include "base/cutting.h"
#include "base/hash.h"
#include "core/index.h"
#include "core/policy.h"
#include "core/price.h"
#include "core/profile.h"

#define WEIGHT_DEVICES 10
#define WEIGHT_CPU     12
#define WEIGHT_MEMORY  6
#define WEIGHT_CHIP    800
#define CHIP_SHORTAGE  256 /* so many times C is taken off what has a chip's price */

/* What the free devices are worth, CUTTING_ONE a device; and times the price of their chips. */
struct worth {
	int64_t devices, priced;
};

static void worth_of(const struct policy *policy, const struct view *view, struct worth *worth)
{
	worth->devices = worth->priced = 0;
	for (int32_t p = 0; p < view->kind->pools_count; p++) {
		const struct pool *pool = &view->kind->pools[p];
		int64_t sum = 0;

		for (int32_t i = pool->first; i < pool->first + pool->count; i++)
			sum += policy->device_values[view->cells[i].free_milli];
		worth->devices += sum;
		worth->priced += sum * policy->prices->chips[pool->chip];
	}
}

/* A device of this chip has so much free now that had so much. */
static void worth_change(const struct policy *policy, int32_t chip, int32_t from_milli,
			 int32_t to_milli, struct worth *worth)
{
	int64_t more = (int64_t)policy->device_values[to_milli] - policy->device_values[from_milli];

	worth->devices += more;
	worth->priced += more * policy->prices->chips[chip];
}

/* 10 D - 12 C - F, C, and the types that it hosts: remembered. */
static void state_value(const struct policy *policy, const struct view *view, uint64_t cells,
			int64_t devices, struct memo_entry *found)
{
	uint64_t key = hash_word(cells ^ policy->epoch * UINT64_C(0x9e3779b97f4a7c15),
				 (uint64_t)view->cpu_free);
	struct memo_entry *entry = memo_at(policy, key);
	int64_t volume, fragments;
	int32_t set;

	if (entry->key != key) {
		volume = devices * PARC_SHARE_WHOLE >> 20;
		fragments = policy->kept_sum > 0 ? fragments_of(policy, view, cells) * PRICE_ONE /
							   policy->kept_sum
						 : 0;
		set = shortages_of_kind(&policy->shortages, view->kind);
		entry->key = key;
		entry->hosts = prices_hosts(policy->prices, view);
		entry->shortage =
			shortage_of(&policy->shortages.cpu[set], view->cpu_free, (int32_t)volume);
		entry->value = (devices * WEIGHT_DEVICES * PARC_SHARE_WHOLE * PRICE_ONE >> 20) -
			       WEIGHT_CPU * entry->shortage - fragments;
	}
	*found = *entry;
}

/* K: the price of the chips, in the mean over the devices. Where CPU is short it is not the chip
 * that is scarce, and work that has a choice may come. */
static int64_t chip_value(const struct worth *worth, int64_t shortage)
{
	int64_t fillable = worth->devices * PARC_SHARE_WHOLE * PRICE_ONE >> 20;
	int64_t ample = fillable - CHIP_SHORTAGE * shortage, price;

	if (worth->priced == 0 || ample <= 0)
		return 0;
	price = worth->priced / worth->devices;
	return WEIGHT_CHIP * price * ample / (CHIP_PRICES_ONE * PARC_SHARE_WHOLE);
}

/* The whole of V. M is not remembered by state, since few states with all else equal have the same
 * memory free; neither is K, whose prices change. */
static int64_t view_value(const struct policy *policy, const struct view *view, uint64_t cells,
			  const struct worth *worth, uint64_t *hosts)
{
	int32_t set = shortages_of_kind(&policy->shortages, view->kind);
	struct memo_entry found;
	int64_t memory;

	state_value(policy, view, cells, worth->devices, &found);
	memory = shortage_of(&policy->shortages.memory[set], view->memory_free,
			     (int32_t)(worth->devices * PARC_SHARE_WHOLE >> 20));
	*hosts = found.hosts;
	return found.value - WEIGHT_MEMORY * memory + chip_value(worth, found.shortage);
}

/* Value of the view less what was lost against the hosts before. */
static int64_t value_after(const struct policy *policy, const struct view *view, uint64_t cells,
			   const struct worth *worth, uint64_t hosts_before)
{
	uint64_t hosts;
	int64_t value = view_value(policy, view, cells, worth, &hosts);

	return value - prices_dearest(policy->prices, hosts_before & ~hosts);
}

/* A share: each device that could take it, those with equal room once; the first of the best. */
static int64_t best_share(const struct policy *policy, struct view *view, uint64_t cells,
			  const struct standing *before, struct pick *pick)
{
	int64_t best = INT64_MIN, tried[PARC_NODE_DEVICES_MAX];
	int32_t best_device = -1, count = 0;

	for (uint32_t left = pick->can; left != 0; left &= left - 1) {
		int32_t i = __builtin_ctz(left), chip = kind_device_chip(view->kind, i), t = 0;
		int16_t milli = view->cells[i].free_milli;
		uint64_t hash = cells - profile_cell_hash(chip, milli);
		struct worth worth = {before->devices, before->priced};
		int64_t value;

		while (t < count && tried[t] != milli)
			t++;
		if (t < count)
			continue;
		tried[count++] = milli;
		view->cells[i].free_milli = (int16_t)(milli - pick->booking.share_milli);
		hash += profile_cell_hash(chip, view->cells[i].free_milli);
		worth_change(policy, chip, milli, view->cells[i].free_milli, &worth);
		value = value_after(policy, view, hash, &worth, before->hosts);
		view->cells[i].free_milli = milli;
		if (value > best) {
			best = value;
			best_device = i;
		}
	}
	pick_set_device(view, pick, best_device);
	return best;
}

static int32_t score_clamp(int64_t score)
{
	return score > INT32_MAX ? INT32_MAX : score < INT32_MIN ? INT32_MIN : (int32_t)score;
}

/* What the view is worth before: with chips' prices, and remembered by class as long as scores
 * stay. */
static void value_before(const struct parc_core *core, const struct view *view, uint64_t cells,
			 struct standing *before)
{
	uint64_t epoch = core->index->scores_epoch + 1, hosts;
	struct worth worth;
	int64_t value;

	if (view->standing != NULL && view->standing->epoch == epoch) {
		*before = *view->standing;
		return;
	}
	worth_of(core->policy, view, &worth);
	value = view_value(core->policy, view, cells, &worth, &hosts);
	*before = (struct standing){.epoch = epoch,
				    .hosts = hosts,
				    .devices = worth.devices,
				    .priced = worth.priced,
				    .value = value};
	if (view->standing != NULL)
		*view->standing = *before;
}

/* Devices, whole or shares of several. */
static int64_t value_taken(const struct parc_core *core, struct view *view, uint64_t cells,
			   const struct standing *before, const struct ask *ask,
			   const struct pick *pick)
{
	struct worth worth = {before->devices, before->priced};

	for (uint32_t left = pick->devices; left != 0; left &= left - 1) {
		int32_t i = __builtin_ctz(left), chip = kind_device_chip(view->kind, i);
		int32_t from = view->cells[i].free_milli, to = from - pick->booking.share_milli;

		worth_change(core->policy, chip, from, to, &worth);
		cells += profile_cell_hash(chip, to) - profile_cell_hash(chip, from);
	}
	view_take(core, view, ask, pick);
	return value_after(core->policy, view, cells, &worth, before->hosts);
}

static int32_t score_parc(struct parc_core *core, const struct view *view, const struct ask *ask,
			  struct pick *pick)
{
	uint64_t cells = profile_view_cells(view);
	struct view after;
	struct standing before;
	int64_t value;

	value_before(core, view, cells, &before);
	view_copy(&after, view);
	if (pick->booking.devices == 1 && pick->booking.share_milli < PARC_SHARE_WHOLE) {
		after.cpu_free -= pick->booking.cpu_milli;
		after.memory_free -= ask->task.memory_mib;
		value = best_share(core->policy, &after, cells, &before, pick);
	} else {
		value = value_taken(core, &after, cells, &before, ask, pick);
	}
	return score_clamp(value - before.value);
}

static uint64_t alike_parc(const struct parc_core *core, int32_t cpu_free, uint64_t devices,
			   const struct ask *ask)
{
	uint64_t asked = (uint64_t)ask->task.devices << 10 | (uint64_t)ask->task.share_milli;

	(void)core;
	return hash_word(hash_pair(devices, cpu_free, ask->task.cpu_milli), asked);
}

const struct policy_ops policy_parc = {"parc", 0, 0, score_parc, alike_parc, 1};
