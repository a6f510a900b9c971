/* SPDX-License-Identifier: Apache-2.0
 *
 * The profile: what work is expected, as shapes with weights. It is given (PROFILE_SET) or
 * learnt from the shapes submitted so far; nothing else is known of what is to come. Policies
 * value what is free on a node against it, and remember the values.
 *
 * A learnt profile is taken anew whenever the number of tasks seen has doubled, so scores
 * change in epochs, ever more rarely. As in FGD (Weng et al., ATC 2023) the profile is cut to
 * the most frequent types that make up 95 % of the tasks.
 */
#ifndef CORE_PROFILE_H
#define CORE_PROFILE_H

#include "base/random.h"
#include "base/reciprocal.h"
#include "core/fit.h"
#include "core/shortage.h"

#define PROFILE_TYPES_MAX 512
#define PROFILE_KEPT_PCT  95
#define PROFILE_COUNT_MAX (INT64_C(1) << 38) /* of one type: sums of worth stay below 63 bits */
#define MEMO_ORDER	  16		     /* 2^16 values remembered: 1 MiB */
#define CPU_CELLS	  1024		     /* of the table of CPU requests */

struct profile_type {
	uint64_t chips; /* 0: no device */
	int64_t count;
	int64_t memory_mib; /* in the mean of its tasks */
	int32_t cpu_milli, devices, share_milli;
	int32_t share; /* index of share_milli in `shares` */
};

/* What FGD's F looks at of a type. */
struct fragment_type {
	uint64_t chips;
	int64_t count;
	int32_t devices, share; /* index in `shares` */
};

struct memo_entry {
	uint64_t key;
	int64_t value;
};

struct policy {
	/* state: the profile as it was taken; shapes and nodes may have gone since */
	struct profile_type types[PROFILE_TYPES_MAX]; /* most frequent first */
	int32_t types_count;
	int32_t cpu_most, devices_most; /* of the largest node then */
	int64_t memory_most;
	int64_t count_sum; /* tasks, also of types that found no room */
	/* derived */
	int32_t kept_count, cpus_count, shares_count; /* kept: 95 % of the tasks; of these: */
	int32_t cpus[PROFILE_TYPES_MAX], shares[PROFILE_TYPES_MAX]; /* distinct, ascending */
	int64_t kept_sum;
	struct reciprocal by_kept_sum;			   /* of 1 if that is 0 */
	struct fragment_type fragments[PROFILE_TYPES_MAX]; /* with devices, by CPU */
	int32_t fragments_to[PROFILE_TYPES_MAX +
			     1];      /* so many of them ask for no more than this rank of CPU */
	int32_t cpu_shift;	      /* a cell of the table spans 2^cpu_shift thousandths */
	int16_t cpu_cells[CPU_CELLS]; /* how many of `cpus` lie below the cell */
	struct memo_entry *memo;
	uint64_t epoch; /* of the values: part of each key */
	struct shortages shortages;
	int32_t device_values[PARC_SHARE_WHOLE + 1]; /* of free thousandths (base/cutting.h) */
	struct prices *prices;
};

/* How many distinct CPU requests of the profile are not above the value, which is not negative: a
 * look into a table, and a step for each request in the same cell. */
static inline int32_t profile_cpu_rank(const struct policy *policy, int32_t cpu_milli)
{
	int32_t cell = cpu_milli >> policy->cpu_shift, rank;

	if (cell >= CPU_CELLS)
		return policy->cpus_count;
	rank = policy->cpu_cells[cell];
	while (rank < policy->cpus_count && policy->cpus[rank] <= cpu_milli)
		rank++;
	return rank;
}

/* The part of one device in the hash of a view. The hash of a view is the sum over its devices,
 * so it does not change when devices are swapped, and a changed device costs one subtraction. No
 * part is 0: a device with nothing free still says which chip the node has. */
static inline uint64_t profile_cell_hash(int32_t chip, int32_t free_milli)
{
	return random_mix((uint64_t)(chip + 1) << 32 | (uint32_t)free_milli);
}

uint64_t profile_view_hash(const struct view *view);

/* The same if the view brings it, else reckoned. */
static inline uint64_t profile_view_cells(const struct view *view)
{
	return view->hash != 0 ? view->hash : profile_view_hash(view);
}

/* Insert into an ascending list without doubles; returns how many there are then. */
int32_t profile_list_add(int32_t *list, int32_t count, int32_t value);

/* The chip of a device of this kind. */
static inline int32_t kind_device_chip(const struct kind *kind, int32_t device)
{
	int32_t p = 0;

	while (device >= kind->pools[p].first + kind->pools[p].count)
		p++;
	return kind->pools[p].chip;
}

/* FGD's F of the view times kept_sum: free thousandths of no use to a type, summed over the kept
 * types (policy_fgd.c). Remembered by `cells`, the hash of the view, and the rank of its CPU. */
int64_t fragments_of(const struct policy *policy, const struct view *view, uint64_t cells);

/* It will soon be asked: fetch from memory where it is remembered. */
void fragments_prefetch(const struct policy *policy, const struct view *view, uint64_t cells);

/* The place of a remembered value; it is there if *entry->key is the key. */
static inline struct memo_entry *memo_at(const struct policy *policy, uint64_t key)
{
	return &policy->memo[key >> (64 - MEMO_ORDER)];
}

#endif
