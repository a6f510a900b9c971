/* SPDX-License-Identifier: Apache-2.0
 *
 * `parc cancel`: stop jobs, or take them out of the queue.
 */
#include "cli/live.h"

static const char cancel_text[] = "Usage: parc cancel [OPTION]... JOB...\n"
				  "\n"
				  "Cancel jobs: those that wait leave the queue, those that run "
				  "get SIGTERM, and SIGKILL after their grace.\n"
				  "\n" LIVE_HELP "\n"
				  "Example:\n"
				  "  parc cancel 12 13\n";

static int cancel_run(int argc, char **argv)
{
	return live_verb(argc, argv, "cancel");
}

const struct command command_cancel = {
	.name = "cancel",
	.summary = "stop jobs, or take them out of the queue",
	.help = cancel_text,
	.run = cancel_run,
};
