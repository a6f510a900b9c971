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
 * D is a sum over the devices, which a placement changes by a difference; C and M are looked up; F
 * is remembered by state. Prices change in epochs. Cost: what the node is worth before, remembered
 * by class, and one V for each distinct device that a share could go to.
 */
#include "base/cutting.h"
#include "base/hash.h"
#include "core/index.h"
#include "core/policy.h"
#include "core/price.h"
#include "core/priced.h"
#include "core/profile.h"

#define WEIGHT_DEVICES 10
#define WEIGHT_CPU     12
#define WEIGHT_MEMORY  6
#define WEIGHT_CHIP    800
#define CHIP_SHORTAGE  256 /* so many times C is taken off what has a chip's price */

/* What the free devices are worth, CUTTING_ONE a device; and times the price of their chips. */
struct worth {
	int64_t devices, priced;
	int32_t whole; /* free whole devices */
};

static void worth_of(const struct policy *policy, const struct view *view, struct worth *worth)
{
	*worth = (struct worth){0};
	for (int32_t p = 0; p < view->kind->pools_count; p++) {
		const struct pool *pool = &view->kind->pools[p];
		int64_t sum = 0;

		for (int32_t i = pool->first; i < pool->first + pool->count; i++) {
			sum += policy->device_values[view->cells[i].free_milli];
			worth->whole += view->cells[i].free_milli == PARC_SHARE_WHOLE;
		}
		worth->devices += sum;
		worth->priced += sum * policy->prices->chips[pool->chip];
	}
}

/* A device of this chip has so much free now that had more. */
static void worth_change(const struct policy *policy, int32_t chip, int32_t from_milli,
			 int32_t to_milli, struct worth *worth)
{
	int64_t more = (int64_t)policy->device_values[to_milli] - policy->device_values[from_milli];

	worth->devices += more;
	worth->priced += more * policy->prices->chips[chip];
	worth->whole -= from_milli == PARC_SHARE_WHOLE;
}

/* K: the price of the chips, in the mean over the devices. Where CPU is short it is not the chip
 * that is scarce, and work that has a choice may come. `priced` is set where a price counts. */
static int64_t chip_value(const struct worth *worth, int64_t shortage, int *priced)
{
	int64_t fillable = worth->devices * PARC_SHARE_WHOLE * PRICE_ONE >> 20;
	int64_t ample = fillable - CHIP_SHORTAGE * shortage, price;

	if (ample <= 0)
		return 0;
	*priced |= PRICED_CHIP;
	if (worth->priced == 0)
		return 0;
	price = worth->priced / worth->devices;
	return WEIGHT_CHIP * price * ample / (CHIP_PRICES_ONE * PARC_SHARE_WHOLE);
}

/* Where CPU and memory lie in the tables of what runs short, and in which tables. */
struct shortness {
	const struct shortage *cpu_of, *memory_of;
	struct shortage_at cpu, memory;
};

static struct shortness shortness_of(const struct policy *policy, const struct view *view)
{
	int32_t set = shortages_of_kind(&policy->shortages, view->kind);
	const struct shortage *cpu = &policy->shortages.cpu[set];
	const struct shortage *memory = &policy->shortages.memory[set];

	return (struct shortness){
		.cpu_of = cpu,
		.memory_of = memory,
		.cpu = shortage_amount(cpu, view->cpu_free),
		.memory = shortage_amount(memory, view->memory_free),
	};
}

/* The whole of V, and the types that the view hosts. */
static int64_t view_value(const struct policy *policy, struct view *view, uint64_t cells,
			  const struct shortness *at, const struct worth *worth, uint64_t *hosts)
{
	struct shortage_at volume =
		shortage_volume(at->cpu_of, (int32_t)(worth->devices * PARC_SHARE_WHOLE >> 20));
	int64_t cpu = shortage_of(at->cpu_of, at->cpu, volume);
	int64_t memory = shortage_of(at->memory_of, at->memory, volume);
	int64_t fragments = reciprocal_divide_signed(&policy->by_kept_sum,
						     fragments_of(policy, view, cells) * PRICE_ONE);

	*hosts = prices_hosts(policy->prices, view->kind, worth->whole, view->cpu_free);
	return (worth->devices * WEIGHT_DEVICES * PARC_SHARE_WHOLE * PRICE_ONE >> 20) -
	       WEIGHT_CPU * cpu - WEIGHT_MEMORY * memory - fragments +
	       chip_value(worth, cpu, &view->priced);
}

/* Value of the view less what was lost against the hosts before. */
static int64_t value_after(const struct policy *policy, struct view *view, uint64_t cells,
			   const struct shortness *at, const struct worth *worth,
			   uint64_t hosts_before)
{
	uint64_t hosts;
	int64_t value = view_value(policy, view, cells, at, worth, &hosts);

	hosts = hosts_before & ~hosts;
	if (hosts == 0)
		return value;
	view->priced |= (int)priced_hosts(hosts);
	return value - prices_dearest(policy->prices, hosts);
}

/* A device that could take a share, and the hash of the node's devices with it. */
struct trial {
	uint64_t cells;
	int32_t device;
};

/* The devices that could take it, those with equal room once, while what F remembers of each is
 * fetched from memory. Returns how many. */
static int32_t trials_find(const struct policy *policy, const struct view *view, uint64_t cells,
			   const struct pick *pick, struct trial *trials)
{
	int32_t count = 0;

	for (uint32_t left = pick->can; left != 0; left &= left - 1) {
		int32_t i = __builtin_ctz(left), chip = kind_device_chip(view->kind, i), t = 0;
		int32_t milli = view->cells[i].free_milli;

		while (t < count && view->cells[trials[t].device].free_milli != milli)
			t++;
		if (t < count)
			continue;
		trials[count].device = i;
		trials[count].cells = cells - profile_cell_hash(chip, milli) +
				      profile_cell_hash(chip, milli - pick->booking.share_milli);
		fragments_prefetch(policy, view, trials[count++].cells);
	}
	return count;
}

/* A share: each device that could take it; the first of the best. */
static int64_t best_share(const struct policy *policy, struct view *view, uint64_t cells,
			  const struct standing *before, struct pick *pick)
{
	struct trial trials[PARC_NODE_DEVICES_MAX];
	int32_t best_device = -1, count = trials_find(policy, view, cells, pick, trials);
	struct shortness at = shortness_of(policy, view);
	int64_t best = INT64_MIN;

	for (int32_t t = 0; t < count; t++) {
		int32_t i = trials[t].device, chip = kind_device_chip(view->kind, i);
		int16_t milli = view->cells[i].free_milli;
		struct worth worth = {before->devices, before->priced, before->whole};
		int64_t value;

		view->cells[i].free_milli = (int16_t)(milli - pick->booking.share_milli);
		worth_change(policy, chip, milli, view->cells[i].free_milli, &worth);
		value = value_after(policy, view, trials[t].cells, &at, &worth, before->hosts);
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
static void value_before(const struct parc_core *core, struct view *view, uint64_t cells,
			 struct standing *before)
{
	uint64_t epoch = core->index->scores_epoch + core->index->prices.now, hosts;
	struct shortness at;
	struct worth worth;
	int64_t value;

	view->priced = 0;
	if (view->standing != NULL && view->standing->epoch == epoch) {
		*before = *view->standing;
		view->priced = before->by_price;
		return;
	}
	worth_of(core->policy, view, &worth);
	at = shortness_of(core->policy, view);
	value = view_value(core->policy, view, cells, &at, &worth, &hosts);
	*before = (struct standing){.epoch = epoch,
				    .hosts = hosts,
				    .devices = worth.devices,
				    .priced = worth.priced,
				    .whole = worth.whole,
				    .by_price = view->priced,
				    .value = value};
	if (view->standing != NULL)
		*view->standing = *before;
}

/* Devices, whole or shares of several. */
static int64_t value_taken(const struct parc_core *core, struct view *view, uint64_t cells,
			   const struct standing *before, const struct ask *ask,
			   const struct pick *pick)
{
	struct worth worth = {before->devices, before->priced, before->whole};
	struct shortness at;

	for (uint32_t left = pick->devices; left != 0; left &= left - 1) {
		int32_t i = __builtin_ctz(left), chip = kind_device_chip(view->kind, i);
		int32_t from = view->cells[i].free_milli, to = from - pick->booking.share_milli;

		worth_change(core->policy, chip, from, to, &worth);
		cells += profile_cell_hash(chip, to) - profile_cell_hash(chip, from);
	}
	view_take(core, view, ask, pick);
	at = shortness_of(core->policy, view);
	return value_after(core->policy, view, cells, &at, &worth, before->hosts);
}

static int32_t score_parc(struct parc_core *core, struct view *view, const struct ask *ask,
			  struct pick *pick)
{
	uint64_t cells = profile_view_cells(view);
	struct standing before;
	int64_t value;

	value_before(core, view, cells, &before);
	if (pick_is_share(pick)) {
		view->cpu_free -= pick->booking.cpu_milli;
		view->memory_free -= ask->task.memory_mib;
		value = best_share(core->policy, view, cells, &before, pick);
	} else {
		value = value_taken(core, view, cells, &before, ask, pick);
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
