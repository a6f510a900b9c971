/* SPDX-License-Identifier: Apache-2.0 */
#include "daemon/wall.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "engine/process.h"

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

void wall_write(const struct wall *wall, char text[WALL_TEXT_BYTES])
{
	char boot[PROCESS_BOOT_SIZE];

	process_boot(boot);
	snprintf(text, WALL_TEXT_BYTES, "%" PRId64 " %" PRId64 " %s", wall->base_us, wall->begin_us,
		 boot);
}

int wall_resume(struct wall *wall, const char *text, int64_t last_us)
{
	struct wall kept;
	char boot[PROCESS_BOOT_SIZE], *end;

	process_boot(boot);
	kept.base_us = strtoll(text, &end, 10);
	kept.begin_us = strtoll(end, &end, 10);
	if (boot[0] == '\0' || *end != ' ' || strcmp(end + 1, boot) != 0)
		return 0;
	if (wall_now_us(&kept) < last_us)
		kept.base_us += last_us - wall_now_us(&kept);
	*wall = kept;
	return 1;
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
