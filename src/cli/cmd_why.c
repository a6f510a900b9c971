/* SPDX-License-Identifier: Apache-2.0
 *
 * `parc why`: say why a job waits, and what would help.
 */
#include "cli/window.h"

static const char why_text[] =
	"Usage: parc why [OPTION]... JOB\n"
	"\n"
	"Say why a job waits: one reason with its numbers (what it asks for and what is free, the "
	"limit\n"
	"that its tenant is at, the jobs it waits for), one thing that would help, by when it "
	"starts\n"
	"where that is reserved, else an estimate, or why there is none, and windows that are in "
	"its\n"
	"way.\n"
	"\n" LIVE_HELP "\n"
	"Example:\n"
	"  parc why 12\n";

/* By when it starts where that is reserved, else an estimate, else why there is neither. */
static void when_print(const json_t *why)
{
	const json_t *estimate = json_object_get(why, "estimate");
	int has_bound = json_is_integer(json_object_get(why, "start_by_us"));
	int has_estimate = json_is_integer(json_object_get(estimate, "start_us"));
	int64_t left_us = (has_bound ? live_integer(why, "start_by_us")
				     : live_integer(estimate, "start_us")) -
			  live_now_us();
	const char *left = live_duration(left_us < 0 ? 0 : left_us);

	if (has_bound)
		printf("When: in %s at the latest; %s.\n", left, live_string(why, "bound"));
	else if (has_estimate)
		printf("When: probably in %s; %s.\n", left, live_string(estimate, "text"));
	else if (live_string(why, "bound")[0] != '\0')
		printf("When: %s.\n", live_string(why, "bound"));
	if (!has_bound && !has_estimate && estimate != NULL)
		printf("Estimate: %s.\n", live_string(estimate, "text"));
}

static void why_print(const char *job, const json_t *why)
{
	const json_t *details = json_object_get(why, "details");

	printf("job %s is %s: %s.\n", job, live_string(why, "state"), live_string(why, "sentence"));
	for (size_t i = 0; i < json_array_size(details); i++) {
		printf("  ");
		live_print_text(json_string_value(json_array_get(details, i)), 0);
		printf(".\n");
	}
	printf("What would help: %s.\n", live_string(why, "todo"));
	when_print(why);
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
