/* SPDX-License-Identifier: Apache-2.0
 *
 * `parc hold`: keep waiting jobs from starting.
 */
#include "cli/live.h"

static const char hold_text[] =
	"Usage: parc hold [OPTION]... JOB...\n"
	"\n"
	"Keep waiting jobs from starting until they are released. What runs goes on.\n"
	"\n" LIVE_HELP "\n"
	"Example:\n"
	"  parc hold 12 13\n";

static int hold_run(int argc, char **argv)
{
	return live_verb(argc, argv, "hold");
}

const struct command command_hold = {
	.name = "hold",
	.summary = "keep waiting jobs from starting",
	.help = hold_text,
	.run = hold_run,
};
