/* SPDX-License-Identifier: Apache-2.0
 *
 * `parc reload`: make the daemon read its configuration again.
 */
#include "cli/live.h"

static const char reload_text[] = "Usage: parc reload [OPTION]...\n"
				  "\n"
				  "Make the daemon read its configuration file again: policy, "
				  "tenants, operators. A file with a\n"
				  "mistake changes nothing, and the mistake is said here.\n"
				  "\n" LIVE_HELP;

static int reload_run(int argc, char **argv)
{
	struct live live = {.name = "reload"};
	struct client_answer answer;
	int code = live_words(&live, argc, argv, 0, 0);

	if (code != COMMAND_OK)
		return code;
	code = live_call(&live, "POST", "/v1/reload", NULL, &answer);
	client_answer_deinit(&answer);
	return code;
}

const struct command command_reload = {
	.name = "reload",
	.summary = "make the daemon read its configuration again",
	.help = reload_text,
	.run = reload_run,
};
