/* SPDX-License-Identifier: Apache-2.0
 *
 * Random quantities in integers only, so that every compiler and machine draws the same: waits
 * between random arrivals, lengths of work, choices by weight. `random` is the state of the seeded
 * generator (base/random.h).
 */
#ifndef TRACE_CHANCE_H
#define TRACE_CHANCE_H

#include <stdint.h>

#define CHANCE_ALPHA_MAX 100000 /* thousandths */

/* Logarithm to base 2 of x > 0 in 2^-32, from 0 to just below 64, wrong by less than 2^-31; and 2
 * to the power of -y in 2^-63, for y in 2^-32, wrong by less than 2^-57. */
uint64_t chance_log2(uint64_t x);
uint64_t chance_exp2_minus(uint64_t y);

/* Exponential with this mean (0..2^50), rounded down: the wait for the next random arrival. */
int64_t chance_exponential(uint64_t *random, int64_t mean);

/* Heavy tail: a Pareto distribution between min and max (0 < min <= max <= 2^50) with the exponent
 * alpha in thousandths, 1..CHANCE_ALPHA_MAX; the smaller, the heavier. */
struct chance_pareto {
	int64_t min, max;
	int32_t alpha_milli;
};
int64_t chance_heavy_tail(uint64_t *random, const struct chance_pareto *pareto);

#endif
