/* SPDX-License-Identifier: Apache-2.0
 *
 * `fgd`: fragmentation gradient descent (Weng et al., "Beware of Fragmentation: Scheduling
 * GPU-Sharing Workloads with Fragmentation Gradient Descent", USENIX ATC 2023).
 *
 * F(node) is what is free on the node's devices and of no use to a task of the profile, in the
 * mean over its types. A placement scores the sigmoid of the growth of F in thousandths,
 * truncated to 100 steps, as published; here in whole numbers: F is summed with counts instead
 * of probabilities, and the sigmoid is a table of the growths at which each step begins.
 *
 * Cost: F is one pass over the devices and the types, remembered for each distinct set of free
 * shares; a score is one F for the node and one for each device that a share could go to.
 */
#include "core/policy.h"

#include "base/hash.h"
#include "core/profile.h"

/* ln(k / (100 - k)) in millionths, rounded up, for k = 51 .. 99: score k begins there. */
static const int32_t score_steps[49] = {
	40006,	 80043,	  120145,  160343,  200671,  241163,  281852,  322774,	363966,	 405466,
	447313,	 489549,  532217,  575365,  619040,  663295,  708186,  753772,	800120,	 847298,
	895385,	 944462,  994623,  1045969, 1098613, 1152680, 1208312, 1265667, 1324926, 1386295,
	1450011, 1516348, 1585628, 1658229, 1734602, 1815290, 1900959, 1992431, 2090742, 2197225,
	2313635, 2442348, 2586690, 2751536, 2944439, 3178054, 3476099, 3891821, 4595120,
};

/* What is free below each share of the profile, and on how many devices it fits. */
struct free_sums {
	int32_t below[PROFILE_TYPES_MAX], fits[PROFILE_TYPES_MAX];
};

/* Free thousandths of the devices of these chips, most first; returns how many devices. */
static int32_t cells_sorted(const struct view *view, uint64_t chips, int32_t *sorted)
{
	int32_t count = 0;

	for (int32_t p = 0; p < view->kind->pools_count; p++) {
		const struct pool *pool = &view->kind->pools[p];

		if (!(chips >> pool->chip & 1))
			continue;
		for (int32_t i = pool->first; i < pool->first + pool->count; i++) {
			int32_t milli = view->cells[i].free_milli, at = count++;

			for (; at > 0 && sorted[at - 1] < milli; at--)
				sorted[at] = sorted[at - 1];
			sorted[at] = milli;
		}
	}
	return count;
}

static void sums_make(const struct policy *policy, const struct view *view, uint64_t chips,
		      struct free_sums *sums)
{
	int32_t sorted[PARC_NODE_DEVICES_MAX], below = 0;
	int32_t fits = cells_sorted(view, chips, sorted);

	for (int32_t s = 0; s < policy->shares_count; s++) {
		while (fits > 0 && sorted[fits - 1] < policy->shares[s])
			below += sorted[--fits];
		sums->below[s] = below;
		sums->fits[s] = fits;
	}
}

static uint64_t kind_chips(const struct kind *kind)
{
	uint64_t chips = 0;

	for (int32_t p = 0; p < kind->pools_count; p++)
		if (kind->pools[p].count > 0)
			chips |= UINT64_C(1) << kind->pools[p].chip;
	return chips;
}

/* F times the sum of counts: for each type all that is free if the type does not fit, else what
 * is free in pieces too small for it. */
static int64_t fragments_sum(const struct policy *policy, const struct view *view, int32_t rank)
{
	uint64_t chips = kind_chips(view->kind), part = 0;
	struct free_sums sums;
	int64_t free_milli = 0, of_use = 0;

	for (int32_t i = 0; i < view->kind->devices_count; i++)
		free_milli += view->cells[i].free_milli;
	for (int32_t t = 0; t < policy->fragments_to[rank]; t++) {
		const struct fragment_type *type = &policy->fragments[t];

		if ((type->chips & chips) == 0)
			continue;
		if ((type->chips & chips) != part) {
			part = type->chips & chips;
			sums_make(policy, view, part, &sums);
		}
		if (sums.fits[type->share] >= type->devices)
			of_use += type->count * (free_milli - sums.below[type->share]);
	}
	return policy->kept_sum * free_milli - of_use;
}

static uint64_t fragments_key(const struct policy *policy, uint64_t cells, int32_t rank)
{
	return hash_word(hash_word(cells, policy->epoch), (uint64_t)rank);
}

void fragments_prefetch(const struct policy *policy, const struct view *view, uint64_t cells)
{
	int32_t rank = profile_cpu_rank(policy, view->cpu_free);

	__builtin_prefetch(memo_at(policy, fragments_key(policy, cells, rank)));
}

int64_t fragments_of(const struct policy *policy, const struct view *view, uint64_t cells)
{
	int32_t rank = profile_cpu_rank(policy, view->cpu_free);
	uint64_t key = fragments_key(policy, cells, rank);
	struct memo_entry *entry = memo_at(policy, key);

	if (entry->key != key)
		*entry = (struct memo_entry){key, fragments_sum(policy, view, rank)};
	return entry->value;
}

/* trunc(100 / (1 + exp(-less / 1000))), `less` being in thousandths times the sum of counts. */
static int32_t score_of(const struct policy *policy, int64_t less)
{
	int64_t sum = policy->kept_sum, low = 0, high = 50;
	int64_t size = less < 0 ? -less : less;

	if (sum == 0)
		return 50;
	/* Score 50 + k begins at step k; below 50 the sigmoid is symmetrical, but truncation
	 * leaves 100 - k only once step k is passed. */
	while (high - low > 1) {
		int64_t middle = (low + high) / 2;
		int64_t begins = score_steps[middle - 1] * sum / 1000;

		if (less < 0 ? size > begins : size >= begins)
			low = middle;
		else
			high = middle;
	}
	if (less >= 0)
		return (int32_t)(50 + low);
	return (int32_t)(49 - low);
}

/* A share: every device with room is tried, those with equal room once; the best score is kept, the
 * first on ties. */
static int32_t score_share(const struct policy *policy, struct view *view, uint64_t cells,
			   int64_t before, struct pick *pick)
{
	int32_t best = -1, best_device = -1;
	uint64_t tried[PARC_NODE_DEVICES_MAX];
	int32_t count = 0;

	for (uint32_t left = pick->can; left != 0; left &= left - 1) {
		int32_t i = __builtin_ctz(left), t = 0, score;
		int32_t chip = kind_device_chip(view->kind, i);
		int16_t milli = view->cells[i].free_milli;
		uint64_t cell = profile_cell_hash(chip, milli), hash = cells - cell;

		while (t < count && tried[t] != cell)
			t++;
		if (t < count)
			continue;
		tried[count++] = cell;
		view->cells[i].free_milli = (int16_t)(milli - pick->booking.share_milli);
		hash += profile_cell_hash(chip, view->cells[i].free_milli);
		score = score_of(policy, before - fragments_of(policy, view, hash));
		view->cells[i].free_milli = milli;
		if (score > best) {
			best = score;
			best_device = i;
		}
	}
	pick_set_device(view, pick, best_device);
	return best;
}

static int32_t score_fgd(struct parc_core *core, struct view *view, const struct ask *ask,
			 struct pick *pick)
{
	const struct policy *policy = core->policy;
	uint64_t cells = profile_view_cells(view);
	int64_t before = fragments_of(policy, view, cells);

	if (pick_is_share(pick)) {
		view->cpu_free -= pick->booking.cpu_milli;
		return score_share(policy, view, cells, before, pick);
	}
	view_take(core, view, ask, pick);
	return score_of(policy, before - fragments_of(policy, view, profile_view_hash(view)));
}

/* What the score looks at: the devices, the floors of the CPU before and after, what is asked of
 * devices. In a full fleet of 1,200 nodes there are some ten thousand of these altogether. */
static uint64_t alike_fgd(const struct parc_core *core, int32_t cpu_free, uint64_t devices,
			  const struct ask *ask)
{
	const struct policy *policy = core->policy;
	uint64_t before = (uint64_t)profile_cpu_rank(policy, cpu_free);
	uint64_t after = (uint64_t)profile_cpu_rank(policy, cpu_free - ask->task.cpu_milli);
	uint64_t asked = (uint64_t)ask->task.devices << 10 | (uint64_t)ask->task.share_milli;

	return hash_word(devices, before << 32 | after << 16 | asked);
}

const struct policy_ops policy_fgd = {"fgd", 1, 0, score_fgd, alike_fgd, 0};
