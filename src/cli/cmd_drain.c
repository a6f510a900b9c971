/* SPDX-License-Identifier: Apache-2.0
 *
 * `parc drain`: start nothing more on a node.
 */
#include "cli/live.h"

static const char drain_text[] =
	"Usage: parc drain [OPTION]... NODE\n"
	"\n"
	"Start nothing more on a node; what runs there goes on to its end.\n"
	"\n" LIVE_HELP "\n"
	"Example:\n"
	"  parc drain gpu-7\n";

static int drain_run(int argc, char **argv)
{
	return live_node_verb(argc, argv, "drain");
}

const struct command command_drain = {
	.name = "drain",
	.summary = "start nothing more on a node",
	.help = drain_text,
	.run = drain_run,
};
