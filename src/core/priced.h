/* SPDX-License-Identifier: Apache-2.0
 *
 * Which prices a score looked at, and whether these are still the same (price.h, index.h).
 *
 * A set of prices has a bit for those of its node's chips and PRICED_HOSTS bits for those of hosts:
 * priced types of one number modulo PRICED_HOSTS share a bit, so one that moved may have scores
 * reckoned again that stand, never the other way round.
 */
#ifndef CORE_PRICED_H
#define CORE_PRICED_H

#include "parc/types.h"

#define PRICED_HOSTS 15
#define PRICED_CHIP  (1 << PRICED_HOSTS)

/* An epoch of the prices begins whenever some change, from 1 on: the one now, the one in which
 * those of the hosts of each bit changed last, and those of each chip. */
struct priced_epochs {
	uint64_t now, hosts[PRICED_HOSTS], chips[PARC_CHIPS_MAX];
};

/* The bits of a set of priced types. */
static inline uint32_t priced_hosts(uint64_t types)
{
	uint64_t bits = 0;

	for (; types != 0; types >>= PRICED_HOSTS)
		bits |= types & (PRICED_CHIP - 1);
	return (uint32_t)bits;
}

/* Have no prices changed since this epoch at which scores looked that may go to these chips? */
static inline int priced_stands(const struct priced_epochs *it, uint32_t priced, uint64_t chips,
				uint64_t epoch)
{
	if (it->now <= epoch)
		return 1;
	for (uint32_t left = priced & (PRICED_CHIP - 1); left != 0; left &= left - 1)
		if (it->hosts[__builtin_ctz(left)] > epoch)
			return 0;
	for (; (priced & PRICED_CHIP) != 0 && chips != 0; chips &= chips - 1)
		if (it->chips[__builtin_ctzll(chips)] > epoch)
			return 0;
	return 1;
}

#endif
