/* SPDX-License-Identifier: Apache-2.0
 *
 * Virtual time: what will end when. A binary heap by (time, order of insertion), so that equal
 * times leave in the order in which they came and a run is the same on every machine.
 *
 *   life cycle   clock_init, clock_deinit
 *   change       clock_push, clock_push_at, clock_pop
 *   query        clock_next_us
 */
#ifndef SIM_CLOCK_H
#define SIM_CLOCK_H

#include <stdint.h>

#include "parc/error.h"

struct clock_entry {
	int64_t time_us, sequence;
	int64_t allocation; /* what ends; stale when the job holds another by then */
	int32_t job;	    /* index of the job in the caller's table */
};

struct clock {
	struct clock_entry *entries;
	int32_t count, capacity;
	int64_t pushed; /* entries ever inserted */
};

/* Room for `capacity` entries at first; it grows by doubling. */
int clock_init(struct clock *clock, int32_t capacity, struct parc_err *err);
void clock_deinit(struct clock *clock); /* takes a zeroed one */

int clock_push(struct clock *clock, int64_t time_us, int64_t allocation, int32_t job,
	       struct parc_err *err);

/* The same among equal times in an order of the caller's own; he mixes it with clock_push only if
 * his numbers are his own as well. */
int clock_push_at(struct clock *clock, const struct clock_entry *entry, struct parc_err *err);

/* Time of the earliest entry, PARC_NEVER when there is none. */
int64_t clock_next_us(const struct clock *clock);

/* Take out the earliest; there must be one. */
struct clock_entry clock_pop(struct clock *clock);

/* Real time since some fixed moment, to measure how long deciding took. */
int64_t clock_real_ns(void);

#endif
