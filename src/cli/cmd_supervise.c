/* SPDX-License-Identifier: Apache-2.0
 *
 * `parc supervise FOLDER`: what the local engine starts for each attempt (engine/supervisor.h). It
 * is no command for people, so no list of commands names it.
 */
#include "cli/command.h"
#include "engine/supervisor.h"

static int supervise_run(int argc, char **argv)
{
	struct parc_err err = {0};

	if (argc != 2)
		return command_usage("supervise", "it takes the folder of one claim");
	return supervisor_run(argv[1], &err) == 0 ? COMMAND_OK : command_fail(&err);
}

const struct command command_supervise = {
	.name = "supervise",
	.summary = "supervise one attempt (the engine runs it)",
	.help = "Usage: parc supervise FOLDER\n"
		"\n"
		"The local engine runs this for each attempt that it starts. It is not for "
		"people.\n",
	.run = supervise_run,
};
