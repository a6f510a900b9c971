/* SPDX-License-Identifier: Apache-2.0
 *
 * Exact division by a number that stays: a multiplication where the processor's division takes
 * several times as long. Granlund, Montgomery, "Division by invariant integers using
 * multiplication", PLDI 1994.
 */
#ifndef BASE_RECIPROCAL_H
#define BASE_RECIPROCAL_H

#include <stdint.h>

struct reciprocal {
	uint64_t divisor, inverse; /* inverse: 2^64 / divisor, rounded down */
};

/* A divisor from 1 on. */
static inline struct reciprocal reciprocal_of(uint64_t divisor)
{
	return (struct reciprocal){divisor, UINT64_MAX / divisor};
}

/* value / divisor, rounded down, for any value. The product is at most one too low. */
static inline uint64_t reciprocal_divide(const struct reciprocal *it, uint64_t value)
{
	uint64_t quotient = (uint64_t)((unsigned __int128)value * it->inverse >> 64);

	return quotient + (value - quotient * it->divisor >= it->divisor);
}

/* The same of a signed value, towards zero. */
static inline int64_t reciprocal_divide_signed(const struct reciprocal *it, int64_t value)
{
	if (value < 0)
		return -(int64_t)reciprocal_divide(it, -(uint64_t)value);
	return (int64_t)reciprocal_divide(it, (uint64_t)value);
}

#endif
