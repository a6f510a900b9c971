/* SPDX-License-Identifier: Apache-2.0
 *
 * `parc release`: let held jobs start.
 */
#include "cli/live.h"

static const char release_text[] = "Usage: parc release [OPTION]... JOB...\n"
				   "\n"
				   "Let held jobs start when it is their turn.\n"
				   "\n" LIVE_HELP "\n"
				   "Example:\n"
				   "  parc release 12 13\n";

static int release_run(int argc, char **argv)
{
	return live_verb(argc, argv, "release");
}

const struct command command_release = {
	.name = "release",
	.summary = "let held jobs start",
	.help = release_text,
	.run = release_run,
};
