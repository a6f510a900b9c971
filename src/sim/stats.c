/* SPDX-License-Identifier: Apache-2.0
 *
 * Exact statistics of whole numbers. The values are sorted once, n log n, and the percentiles
 * are read off by rank.
 */
#include "sim/stats.h"

#include <stdlib.h>

#include "base/assert.h"

int64_t stats_divide_even(__int128 numerator, int64_t denominator)
{
	ASSERT(denominator > 0 && numerator >= 0);
	__int128 quotient = numerator / denominator;
	__int128 twice = (numerator % denominator) * 2;
	int up = twice > denominator || (twice == denominator && (quotient & 1));
	return (int64_t)(quotient + up);
}

int64_t stats_divide_up(__int128 numerator, int64_t denominator)
{
	ASSERT(denominator > 0);
	__int128 shifted = numerator * 2 + denominator;
	__int128 quotient = shifted / ((__int128)denominator * 2);
	if (shifted < 0 && shifted % ((__int128)denominator * 2) != 0)
		quotient -= 1;
	return (int64_t)quotient;
}

static int compare_values(const void *a, const void *b)
{
	int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;
	return (x > y) - (x < y);
}

static int64_t value_at_percent(const int64_t *sorted, int32_t count, int32_t percent)
{
	int64_t rank = ((int64_t)count * percent + 99) / 100;
	return sorted[rank > 0 ? rank - 1 : 0];
}

struct stats_summary stats_summarise(int64_t *values, int32_t count)
{
	struct stats_summary summary = {.count = count};
	__int128 sum = 0;
	if (count == 0)
		return summary;
	qsort(values, (size_t)count, sizeof(*values), compare_values);
	for (int32_t i = 0; i < count; i++)
		sum += values[i];
	summary.mean = stats_divide_up(sum, count);
	summary.p50 = value_at_percent(values, count, 50);
	summary.p90 = value_at_percent(values, count, 90);
	summary.p99 = value_at_percent(values, count, 99);
	summary.max = values[count - 1];
	return summary;
}
