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

/* So much of the past was booked under `from` and belongs to `to`. */
static inline void ledger_rebook(struct parc_core *core, enum parc_ledger from, enum parc_ledger to,
				 __int128 amount)
{
	core->ledger.offset[from] += amount;
	core->ledger.offset[to] -= amount;
}

static inline void integral_add(const struct parc_core *core, struct integral *it, int64_t rate)
{
	it->rate += rate;
	it->offset += (__int128)rate * core->time_us;
}

static inline __int128 integral_now(const struct parc_core *core, const struct integral *it)
{
	return (__int128)it->rate * core->time_us - it->offset;
}

static inline void ledger_move(struct parc_core *core, enum parc_ledger from, enum parc_ledger to,
			       int64_t milli)
{
	ledger_add(core, from, -milli);
	ledger_add(core, to, milli);
}

/* L1 to L6 (ARCHITECTURE.md), counted again: 0, or the sentence in err. */
int ledger_check(const struct parc_core *core, struct parc_err *err);

#endif
