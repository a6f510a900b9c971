/* SPDX-License-Identifier: Apache-2.0
 *
 * Values of one resource at which requests of the known shapes differ (struct thresholds, model.h):
 * what is free is rounded down to them, so that nodes which no shape can tell apart look alike.
 */
#ifndef CORE_THRESHOLDS_H
#define CORE_THRESHOLDS_H

#include "core/model.h"

/* Lay the table of cells out anew, after decoding. */
void thresholds_derive(struct thresholds *it);

/* Add a value; 1 if that tells more apart than before. */
int thresholds_add(struct thresholds *it, int64_t value);

/* Add about so many steps up to the value, each a power of two times `unit`, so that another
 * largest node adds few; 1 if that tells more apart than before. */
int thresholds_refine(struct thresholds *it, int64_t most, int64_t unit, int32_t steps);

/* The largest threshold that is not above the value, which is not negative: a look into the table,
 * and a step for each threshold in the same cell. */
static inline int64_t thresholds_floor(const struct thresholds *it, int64_t value)
{
	int64_t cell = value >> it->shift;
	int32_t at = it->cells[cell < THRESHOLDS_CELLS ? cell : THRESHOLDS_CELLS - 1];

	while (at + 1 < it->count && it->value[at + 1] <= value)
		at++;
	return it->value[at];
}

static inline int thresholds_has(const struct thresholds *it, int64_t value)
{
	return thresholds_floor(it, value) == value;
}

/* The largest value with the same floor; INT64_MAX: there is no threshold above it. */
int64_t thresholds_ceiling(const struct thresholds *it, int64_t floor);

#endif
