/* SPDX-License-Identifier: Apache-2.0 */
#include "core/thresholds.h"

void thresholds_derive(struct thresholds *it)
{
	int32_t at = 0;

	it->shift = 0;
	while (it->value[it->count - 1] >> it->shift >= THRESHOLDS_CELLS)
		it->shift++;
	for (int64_t cell = 0; cell < THRESHOLDS_CELLS; cell++) {
		while (at + 1 < it->count && it->value[at + 1] <= cell << it->shift)
			at++;
		it->cells[cell] = (uint8_t)at;
	}
}

int thresholds_add(struct thresholds *it, int64_t value)
{
	int32_t i = it->count;

	if (value <= 0 || thresholds_has(it, value))
		return 0;
	if (it->count == THRESHOLDS_MAX) {
		it->full = 1;
		return 0;
	}
	for (; it->value[i - 1] > value; i--)
		it->value[i] = it->value[i - 1];
	it->value[i] = value;
	it->count++;
	thresholds_derive(it);
	return 1;
}

int thresholds_refine(struct thresholds *it, int64_t most, int64_t unit, int32_t steps)
{
	int64_t step = unit;
	int more = 0;

	while (step * steps < most)
		step *= 2;
	for (int64_t value = step; value < most; value += step)
		more |= thresholds_add(it, value);
	return more;
}

int64_t thresholds_ceiling(const struct thresholds *it, int64_t floor)
{
	for (int32_t i = 0; i < it->count; i++)
		if (it->value[i] > floor)
			return it->value[i] - 1;
	return INT64_MAX;
}
