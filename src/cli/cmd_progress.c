/* SPDX-License-Identifier: Apache-2.0
 *
 * `parc progress`: a job says how far it has come.
 */
#include "cli/telling.h"

static const char progress_text[] = "Usage: parc progress [OPTION]... AMOUNT\n"
				    "\n"
				    "Say how far this job has come since its first start.\n"
				    "\n" TELLING_HELP "\n"
				    "Examples:\n"
				    "  parc progress 1200/5000\n"
				    "  parc progress 24%\n";

static int progress_run(int argc, char **argv)
{
	return telling_run(argc, argv, "progress", 0);
}

const struct command command_progress = {
	.name = "progress",
	.summary = "within a job: say how far it has come",
	.help = progress_text,
	.run = progress_run,
};
