/* SPDX-License-Identifier: Apache-2.0
 *
 * Fair share, by epochs. At the end of each epoch what every tenant has had is halved as often as
 * half-lives have passed, what it held meanwhile (normal: by accounting rate) is charged, and the
 * tenants are ranked; between epochs ranks do not change.
 *
 * Ranks are those of Slurm's fair tree (slurm.schedmd.com/fair_tree.html): tenants below one
 * parent are sorted by what they and all below them have had over their weight, the least first,
 * and the tree is walked from the root in that order. So whoever is below the tenant that is owed
 * more comes before all that are below its sibling; a product of factors over the levels, as the
 * older multifactor plugin has it, lets siblings' children overtake each other, and needs
 * exponentials. Here two sides are compared by a multiplication of integers. The jobs of a tenant
 * that has others below it count as a child of weight 1.
 *
 * Halving: 2^-x is split in whole half-lives, which are shifts, and 1/1024ths of one, from
 * tables of 32-bit fractions, counted from time 0 so that short epochs lose none. What is charged
 * in an epoch is not decayed in it; one that no event closed in time is charged in parts.
 *
 * An epoch costs a sort of the tenants, and a move for each strand whose tenant's rank changed.
 * The first event at or after its end closes it, before that event.
 */
#ifndef CORE_FAIR_H
#define CORE_FAIR_H

#include "core/state.h"

static inline int fair_is_on(const struct parc_policy *rules)
{
	return rules->half_life_us > 0 && rules->epoch_us > 0;
}

void fair_init(struct parc_core *core, struct block *block);

/* Before an event of this time: close the epoch if it has ended. */
void fair_begin(struct parc_core *core, int64_t time_us);

/* Charge all up to now by the policy that still holds, before one with other epochs comes: their
 * ends would lie before what has begun since. */
void fair_settle(struct parc_core *core);

/* Fair share was switched on: nobody has had anything. */
void fair_start(struct parc_core *core);

/* Rank all tenants by what they have had; strands are sorted by the caller. Returns whether any
 * rank changed. */
int fair_rank_all(struct parc_core *core);

/* When the epoch ends, if that may change whose turn it is; PARC_NEVER: it cannot. */
int64_t fair_wake_us(const struct parc_core *core);

/* What is left of `past` at a later time, with this half-life. */
__int128 fair_decay(__int128 past, int64_t from_us, int64_t to_us, int64_t half_life_us);

/* F1: ranks are a permutation in the order of the tree. */
int fair_verify(const struct parc_core *core, struct parc_err *err);

#endif
