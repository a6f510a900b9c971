/* SPDX-License-Identifier: Apache-2.0
 *
 * `parc resume`: use a drained node again.
 */
#include "cli/live.h"

static const char resume_text[] = "Usage: parc resume [OPTION]... NODE\n"
				  "\n"
				  "Use a drained node again.\n"
				  "\n" LIVE_HELP "\n"
				  "Example:\n"
				  "  parc resume gpu-7\n";

static int resume_run(int argc, char **argv)
{
	return live_node_verb(argc, argv, "resume");
}

const struct command command_resume = {
	.name = "resume",
	.summary = "use a drained node again",
	.help = resume_text,
	.run = resume_run,
};
