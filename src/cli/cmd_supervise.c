/* SPDX-License-Identifier: Apache-2.0
 *
 * `parc supervise FOLDER`: what the local engine starts for each attempt (engine/supervisor.h), and
 * `parc gauge PERIOD WORLD...`: what it starts to measure devices (engine/gauge.h). They are no
 * commands for people, so no list of commands names them.
 */
#include <unistd.h>

#include "cli/command.h"
#include "engine/gauge.h"
#include "engine/rights.h"
#include "engine/supervisor.h"

static int supervise_run(int argc, char **argv)
{
	/* Its daemon has decided about set-user-id, and it inherits that. */
	const struct rights rights = {.who = RIGHTS_SUPERVISOR, .allows_set_uid = 1};
	struct parc_err err = {0};

	if (argc != 2)
		return command_usage("supervise", "it takes the folder of one claim");
	if (rights_keep(&rights, &err) != 0)
		return command_fail(&err);
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

static int gauge_command_run(int argc, char **argv)
{
	const struct rights rights = {.who = RIGHTS_GAUGE};
	struct parc_err err = {0};

	if (argc != 1 + GAUGE_WORDS)
		return command_usage("gauge", "it takes %d words", GAUGE_WORDS);
	if (rights_keep(&rights, &err) != 0)
		return command_fail(&err);
	return gauge_run(STDOUT_FILENO, argv + 1, &err) == 0 ? COMMAND_OK : command_fail(&err);
}

const struct command command_gauge = {
	.name = "gauge",
	.summary = "measure devices (the engine runs it)",
	.help = "Usage: parc gauge PERIOD_US LIBRARY SYS DEV PROC MPS\n"
		"\n"
		"The local engine runs this to find and measure devices. It is not for people.\n",
	.run = gauge_command_run,
};
