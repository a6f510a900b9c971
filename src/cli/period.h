/* SPDX-License-Identifier: Apache-2.0
 *
 * A period on the command line: --from and --to with a day, or a day and a time, of this machine's
 * clock; --last with a duration.
 */
#ifndef CLI_PERIOD_H
#define CLI_PERIOD_H

#include "cli/live.h"

#define PERIOD_HELP                                                                        \
	"  --from TIME        from this moment on: 2026-11-28, or with a time behind it, " \
	"2026-11-28T09:30\n"                                                               \
	"  --to TIME          up to this moment (now)\n"                                   \
	"  --last LENGTH      the last so many minutes, hours or days: 90m, 12h, 7d\n"

struct period {
	int64_t from_us, to_us; /* 0: the beginning; now */
};

/* Read a command line of period and common options: COMMAND_OK, or it was said why. */
int period_options(struct live *live, struct period *period, int argc, char **argv);

/* The path with the period behind it, into `text`, which it returns. */
const char *period_path(const struct period *period, const char *path, char text[128]);

/* "From ... to ..." of an answer's from_us and to_us. */
void period_print(const json_t *answer);

#endif
