/* SPDX-License-Identifier: Apache-2.0
 *
 * The ledger: for each category the integral of thousandths of devices over time, kept without
 * walking the categories. With rate r the integral at time t is r * t - offset; when the rate
 * changes by d at time t, the offset grows by d * t. Sums are 128 bits: 500,000 devices for 10
 * years are 1.6e23 thousandth-device-microseconds.
 */
#ifndef CORE_LEDGER_H
#define CORE_LEDGER_H

#include "core/state.h"

/* From now on so many thousandths more (or fewer) are in the category. */
static inline void ledger_add(struct parc_core *core, enum parc_ledger category, int64_t milli)
{
	core->ledger.rate[category] += milli;
	core->ledger.offset[category] += (__int128)milli * core->time_us;
}

static inline void ledger_move(struct parc_core *core, enum parc_ledger from, enum parc_ledger to,
			       int64_t milli)
{
	ledger_add(core, from, -milli);
	ledger_add(core, to, milli);
}

#endif
