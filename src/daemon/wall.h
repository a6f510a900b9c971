/* SPDX-License-Identifier: Apache-2.0
 *
 * The daemon's time: microseconds since 1970 that never run backwards. At start it is the system's
 * clock, or the last recorded moment where that is later; from then on it follows a clock that
 * nobody sets, also through a suspend of the machine. So stepping the system's clock neither ends
 * jobs nor lets them run longer, and a clock that was wrong is right again after a restart.
 */
#ifndef DAEMON_WALL_H
#define DAEMON_WALL_H

#include <stdint.h>

struct wall {
	int64_t base_us;  /* the time at the start */
	int64_t begin_us; /* CLOCK_BOOTTIME then */
};

void wall_init(struct wall *wall, int64_t last_us);
int64_t wall_now_us(const struct wall *wall);

/* How far the system's clock is ahead of this one now. */
int64_t wall_ahead_us(const struct wall *wall);

#define TICKS_NEVER INT64_MAX

/* CLOCK_BOOTTIME, to measure how long something took. */
int64_t wall_ticks_us(void);

#endif
