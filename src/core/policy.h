/* SPDX-License-Identifier: Apache-2.0
 *
 * Placement policies: a score for an ask on a node, and a device for a share. A score looks at
 * the view, the ask and the policy's epoch only, so it can be remembered for a class of nodes.
 */
#ifndef CORE_POLICY_H
#define CORE_POLICY_H

#include "core/fit.h"

/* What a class of nodes is worth as it stands, for policies that score by what changes. */
struct standing {
	uint64_t epoch; /* of scores and of prices, summed (index.h); 0: nothing is remembered */
	uint64_t hosts; /* priced types that it hosts, a bit each (price.h) */
	int64_t value;
	int64_t devices,
		priced; /* what its free devices are worth, and times their chips' prices */
	int32_t whole;	/* free whole devices */
	int by_price;	/* PRICED_CHIP: it has a price in it (priced.h) */
};

struct policy_ops {
	const char *name;
	int exact;  /* scores look at exact values and ties go by rank: one class a node */
	int random; /* any feasible node will do: drawn from the core's generator */
	/* Score of the pick on the view (higher wins), and the device for a share set in the pick:
	 * of one share the pick need not name a device yet (view_can). The view is used up; in it
	 * `priced` tells which prices the score looked at (priced.h). */
	int32_t (*score)(struct parc_core *core, struct view *view, const struct ask *ask,
			 struct pick *pick);
	/* NULL, or a hash of all that the score looks at: the free CPU, the devices
	 * (profile_view_hash) and the ask. Nodes alike in this score alike. */
	uint64_t (*alike)(const struct parc_core *core, int32_t cpu_free, uint64_t devices,
			  const struct ask *ask);
	int memory; /* the score looks at the free memory and what is asked of it, too */
};

/* The operations of the policy in force. */
const struct policy_ops *policy_get(const struct parc_core *core);

/* Take the policies' memory from the block. */
void policy_init(struct parc_core *core, struct block *block);

/* The profile or the policy changed: take the profile and derive what the scores stand on. */
void policy_reset(struct parc_core *core);

/* Derive it again from the profile as it was taken, after decoding. */
void policy_derive(struct parc_core *core);

/* So many tasks of this shape were submitted; a policy that learns may begin a new epoch. */
void policy_learn(struct parc_core *core, int32_t shape, int64_t tasks);

extern const struct policy_ops policy_first_fit, policy_best_fit, policy_worst_fit;
extern const struct policy_ops policy_random, policy_dot_product, policy_fgd, policy_parc;

#endif
