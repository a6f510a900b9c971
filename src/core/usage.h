/* SPDX-License-Identifier: Apache-2.0
 *
 * Who holds how much of what: device time by tenant and by chip, in thousandth-device-
 * microseconds and, normalised, in these times the chip's accounting rate. Booked when an
 * allocation starts and when it gives back what it holds, once for each run of tasks on one
 * chip; quota, fair share and bills reckon with it.
 */
#ifndef CORE_USAGE_H
#define CORE_USAGE_H

#include "core/state.h"

/* From now on all that the allocation holds is (sign 1), or is no longer (-1), in use. */
void usage_book(struct parc_core *core, int32_t allocation, int sign);

/* Count what the allocation holds into the sums of the tree alone. */
void usage_count(struct parc_core *core, int32_t allocation);

/* The same for all allocations, around a change of accounting rates. */
void usage_book_all(struct parc_core *core, int sign);

#endif
