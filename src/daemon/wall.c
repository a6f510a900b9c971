/* SPDX-License-Identifier: Apache-2.0 */
#include "daemon/wall.h"

#include <time.h>

static int64_t read_us(clockid_t clock)
{
	struct timespec now;

	clock_gettime(clock, &now);
	return (int64_t)now.tv_sec * 1000000 + now.tv_nsec / 1000;
}

void wall_init(struct wall *wall, int64_t last_us)
{
	int64_t real_us = read_us(CLOCK_REALTIME);

	wall->base_us = real_us > last_us ? real_us : last_us;
	wall->begin_us = wall_ticks_us();
}

int64_t wall_now_us(const struct wall *wall)
{
	return wall->base_us + wall_ticks_us() - wall->begin_us;
}

int64_t wall_ahead_us(const struct wall *wall)
{
	return read_us(CLOCK_REALTIME) - wall_now_us(wall);
}

int64_t wall_ticks_us(void)
{
	return read_us(CLOCK_BOOTTIME);
}
