/* SPDX-License-Identifier: Apache-2.0
 *
 * Exact statistics of whole numbers: nothing is sampled, binned or kept in floating point.
 */
#ifndef SIM_STATS_H
#define SIM_STATS_H

#include <stdint.h>

/* numerator / denominator rounded to the nearest, halves to the even neighbour (as Python's
 * round does). denominator > 0, numerator >= 0. */
int64_t stats_divide_even(__int128 numerator, int64_t denominator);

/* The same with halves up, for means that people read. numerator of any sign. */
int64_t stats_divide_up(__int128 numerator, int64_t denominator);

struct stats_summary { /* all 0 when there are no values */
	int32_t count;
	int64_t mean, p50, p90, p99, max;
};

/* Sort `values` in place and sum them up. A percentile is by nearest rank: the smallest value
 * that at least so many per cent of the values do not exceed. */
struct stats_summary stats_summarise(int64_t *values, int32_t count);

#endif
