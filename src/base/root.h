/* SPDX-License-Identifier: Apache-2.0
 *
 * Square roots and deviations in whole numbers. One bit of the root a turn, so the cost is 63
 * multiplications.
 */
#ifndef BASE_ROOT_H
#define BASE_ROOT_H

#include <stdint.h>

/* The largest whole number whose square is not above this, which is 0 to 2^124. */
static inline int64_t root_of(__int128 square)
{
	int64_t root = 0;

	for (int64_t bit = INT64_C(1) << 61; bit > 0; bit >>= 1)
		if ((__int128)(root + bit) * (root + bit) <= square)
			root += bit;
	return root;
}

/* count^2 times the variance of `count` values, from their sum and the sum of their squares: a
 * whole number, so that nothing is lost where the deviation is small beside the mean. 0 or more;
 * count x squares has to be below 2^124. */
static inline __int128 root_variance(int64_t count, int64_t sum, int64_t squares)
{
	__int128 variance = (__int128)squares * count - (__int128)sum * sum;

	return variance > 0 ? variance : 0;
}

/* The standard deviation of these, rounded down; 0 when there are none. */
static inline int64_t root_deviation(int64_t count, int64_t sum, int64_t squares)
{
	return count > 0 ? root_of(root_variance(count, sum, squares)) / count : 0;
}

#endif
