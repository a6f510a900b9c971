/* SPDX-License-Identifier: Apache-2.0
 *
 * One way to run a fleet, as the command line names it: ORDER[+BACKFILL][@PLACE][:OPTION]...,
 * for example fifo+easy, shortest+easy@best-fit:learnt, tiers+conservative.
 *
 *   ORDER     fifo, shortest, longest, largest, attained; or a word for several parts: strict
 *             (fifo+none), easy (fifo+easy), conservative, tiers (fifo:tiers)
 *   BACKFILL  greedy, none, easy, conservative, deal
 *   PLACE     parc, first-fit, best-fit, worst-fit, random, dot-product, fgd
 *   OPTION    true, limit, declared, learnt, none: what is known of lengths; tiers: by size;
 *             preempt: of a lower tier, or that has attained more; reclaim: of those that borrow;
 *             lost, youngest, lowest: who gives way first; all, preemptible, nobody: who may
 *             borrow; fair: fair share among tenants
 */
#ifndef SIM_SCHEME_H
#define SIM_SCHEME_H

#include "parc/core.h"

#define SCHEME_NAME_MAX 63

/* What the policy is told about a job's length when it is submitted. */
/* clang-format off */
#define SCHEME_LENGTHS_MAP(X) \
	X(NONE, 0, "none", "nothing") \
	X(TRUE, 1, "true", "how long it will run") \
	X(LIMIT, 2, "limit", "its time limit, when it has one") \
	X(DECLARED, 3, "declared", "what its owner declared, when he did") \
	X(LEARNT, 4, "learnt", "what the jobs before it that are like it took")
/* clang-format on */
#define X(name, number, text, sentence) SCHEME_LENGTHS_##name = number,
enum scheme_lengths { SCHEME_LENGTHS_MAP(X) };
#undef X

struct scheme {
	char name[SCHEME_NAME_MAX + 1]; /* as it was written */
	int32_t order;			/* enum parc_order */
	int32_t backfill;		/* enum parc_backfill */
	int32_t place;			/* enum parc_place */
	int32_t lengths;		/* enum scheme_lengths */
	int32_t victims;		/* enum parc_victims */
	int32_t lend;			/* enum parc_lend */
	uint8_t is_fair;		/* tenants come in the order of their shares */
	uint8_t reclaims;		/* within a guarantee, of what others borrowed */
	uint8_t preempts;		/* who waits first may take the place of running work */
	uint8_t sizes_are_tiers;	/* small jobs get a higher tier; else as the job says */
};

/* Parse; what is not named is taken from `base`. 0, or PARC_ERR_USAGE. */
int scheme_parse(struct scheme *scheme, const struct scheme *base, const char *text,
		 struct parc_err *err);

/* Take what a policy file says, and its name; what is known of lengths and whether sizes are tiers
 * stay. */
void scheme_of_policy(struct scheme *scheme, const struct parc_policy *policy, const char *name);

/* Number of a way to know lengths, -1 if there is none of this name; and its name. */
int32_t scheme_find_lengths(const char *text);
const char *scheme_lengths_name(int32_t lengths);

/* The tier of a job that asks for so many devices in all, where sizes are tiers: 0 the lowest. */
int32_t scheme_tier_of_size(int64_t demand_milli);

#endif
