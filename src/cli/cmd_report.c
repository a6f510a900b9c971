/* SPDX-License-Identifier: Apache-2.0
 *
 * `parc report`: show where every device-hour went.
 */
#include "cli/live.h"

static const char report_text[] = "Usage: parc report [OPTION]...\n"
				  "\n"
				  "Show the waterfall: what the fleet's device-hours were since "
				  "the journal began, from capacity to\n"
				  "use. docs/ledger.md says what each step is. The integers behind "
				  "it (--json) add up exactly.\n"
				  "\n" LIVE_HELP;

static int report_run(int argc, char **argv)
{
	struct live live = {.name = "report"};
	struct client_answer answer;
	int code = live_words(&live, argc, argv, 0, 0);
	const json_t *steps;

	if (code != COMMAND_OK)
		return code;
	code = live_call(&live, "GET", "/v1/report", NULL, &answer);
	steps = json_object_get(answer.json, "steps");
	if (code == COMMAND_OK && !live.json)
		printf("%-36s %14s %9s\n%-36s %14.4f %8.2f%%\n", "WHERE THE HOURS WENT",
		       "DEVICE-HOURS", "OF ALL", "capacity",
		       live_real(answer.json, "capacity_device_hours"), 100.0);
	for (size_t i = 0; code == COMMAND_OK && !live.json && i < json_array_size(steps); i++) {
		const json_t *it = json_array_get(steps, i);

		if (live_real(it, "device_hours") > 0)
			printf("  %-34s %14.4f %8.2f%%\n", live_string(it, "category"),
			       live_real(it, "device_hours"), live_real(it, "percent"));
	}
	client_answer_deinit(&answer);
	return code;
}

const struct command command_report = {
	.name = "report",
	.summary = "show where every device-hour went",
	.help = report_text,
	.run = report_run,
};
