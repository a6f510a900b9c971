/* SPDX-License-Identifier: Apache-2.0
 *
 * Sums of 96 bits, for records of which there are a million: an __int128 takes 16 bytes and wants
 * to lie at a multiple of them.
 */
#ifndef BASE_WIDE_H
#define BASE_WIDE_H

#include "base/assert.h"

struct wide {
	uint32_t low, middle;
	int32_t high;
};

static inline __int128 wide_get(struct wide it)
{
	return (__int128)it.high << 64 | (uint64_t)it.middle << 32 | it.low;
}

/* The value, which is at most 2^95 in size. */
static inline struct wide wide_of(__int128 value)
{
	struct wide it = {(uint32_t)value, (uint32_t)(value >> 32), (int32_t)(value >> 64)};

	ASSERT(wide_get(it) == value);
	return it;
}

#endif
