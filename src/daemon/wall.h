/* SPDX-License-Identifier: Apache-2.0
 *
 * The daemon's time: microseconds since 1970 that never run backwards. At start it is the system's
 * clock, or the last recorded moment where that is later; from then on it follows a clock that
 * nobody sets, also through a suspend of the machine. So stepping the system's clock neither ends
 * jobs nor lets them run longer.
 *
 * A daemon that starts while jobs run goes on with the time of the one before it, as far as the
 * machine was not booted meanwhile: what they ran is what that clock says, however the system's was
 * set. A clock that was wrong is right again after a start at which nothing runs.
 */
#ifndef DAEMON_WALL_H
#define DAEMON_WALL_H

#include <stdint.h>

#define WALL_TEXT_BYTES 120

struct wall {
	int64_t base_us;  /* the time at the start */
	int64_t begin_us; /* CLOCK_BOOTTIME then */
};

void wall_init(struct wall *wall, int64_t last_us);
int64_t wall_now_us(const struct wall *wall);

/* As text, to be kept; and to go on with it: 1, or 0 when it is of another boot, or no such text.
 * Not before `last_us`. */
void wall_write(const struct wall *wall, char text[WALL_TEXT_BYTES]);
int wall_resume(struct wall *wall, const char *text, int64_t last_us);

/* How far the system's clock is ahead of this one now. */
int64_t wall_ahead_us(const struct wall *wall);

#define TICKS_NEVER INT64_MAX

/* CLOCK_BOOTTIME, to measure how long something took. */
int64_t wall_ticks_us(void);

#endif
