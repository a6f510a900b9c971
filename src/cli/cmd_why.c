/* SPDX-License-Identifier: Apache-2.0
 *
 * `parc why`: say why a job waits, and what would help.
 */
#include "cli/window.h"

static const char why_text[] =
	"Usage: parc why [OPTION]... JOB\n"
	"\n"
	"Say why a job waits: one reason, one thing that would help, by when it\n"
	"starts where that is known, and windows that are in its way.\n"
	"\n" LIVE_HELP "\n"
	"Example:\n"
	"  parc why 12\n";

static void why_print(const char *job, const json_t *why)
{
	const json_t *details = json_object_get(why, "details");
	int64_t left_us = live_integer(why, "start_by_us") - live_now_us();

	printf("job %s is %s: %s.\n", job, live_string(why, "state"), live_string(why, "sentence"));
	for (size_t i = 0; i < json_array_size(details); i++) {
		printf("  ");
		live_print_text(json_string_value(json_array_get(details, i)), 0);
		printf(".\n");
	}
	printf("What would help: %s.\n", live_string(why, "todo"));
	if (json_is_integer(json_object_get(why, "start_by_us")))
		printf("When: in %s at the latest; %s.\n", live_duration(left_us < 0 ? 0 : left_us),
		       live_string(why, "bound"));
	else if (live_string(why, "bound")[0] != '\0')
		printf("When: %s.\n", live_string(why, "bound"));
	window_print(json_object_get(why, "windows"));
}

static int why_run(int argc, char **argv)
{
	struct live live = {.name = "why"};
	struct client_answer answer;
	int code = live_job(&live, argc, argv, "/why", &answer);

	if (code == COMMAND_OK && !live.json)
		why_print(argv[optind], answer.json);
	client_answer_deinit(&answer);
	return code;
}

const struct command command_why = {
	.name = "why",
	.summary = "say why a job waits, and what would help",
	.help = why_text,
	.run = why_run,
};
