/* SPDX-License-Identifier: Apache-2.0
 *
 * `parc why`: say why a job waits, and what would help.
 */
#include "cli/live.h"

static const char why_text[] = "Usage: parc why [OPTION]... JOB\n"
			       "\n"
			       "Say why a job waits: one reason, and one thing that would help.\n"
			       "\n" LIVE_HELP "\n"
			       "Example:\n"
			       "  parc why 12\n";

static int why_run(int argc, char **argv)
{
	struct live live = {.name = "why"};
	struct client_answer answer;
	int code = live_job(&live, argc, argv, "/why", &answer);

	if (code == COMMAND_OK && !live.json)
		printf("job %s is %s: %s.\nWhat would help: %s.\n", argv[optind],
		       live_string(answer.json, "state"), live_string(answer.json, "sentence"),
		       live_string(answer.json, "todo"));
	client_answer_deinit(&answer);
	return code;
}

const struct command command_why = {
	.name = "why",
	.summary = "say why a job waits, and what would help",
	.help = why_text,
	.run = why_run,
};
