/* SPDX-License-Identifier: Apache-2.0
 *
 * Which prices a score looked at, and whether these are still the same (price.h, index.h).
 */
#ifndef CORE_PRICED_H
#define CORE_PRICED_H

#include "parc/types.h"

/* Prices that a score looked at, or a value: others would have made it another one. */
#define PRICED_HOST 1 /* of hosts lost */
#define PRICED_CHIP 2 /* of the node's chips */
#define PRICED_BITS 2

/* An epoch of the prices begins whenever some change, from 1 on: the one now, the one in which
 * those of hosts changed last, and those of each chip. */
struct priced_epochs {
	uint64_t now, hosts, chips[PARC_CHIPS_MAX];
};

/* Have no prices changed since this epoch at which scores looked that may go to these chips? */
static inline int priced_stands(const struct priced_epochs *it, uint32_t priced, uint64_t chips,
				uint64_t epoch)
{
	if ((priced & PRICED_HOST) != 0 && it->hosts > epoch)
		return 0;
	for (; (priced & PRICED_CHIP) != 0 && chips != 0; chips &= chips - 1)
		if (it->chips[__builtin_ctzll(chips)] > epoch)
			return 0;
	return 1;
}

#endif
