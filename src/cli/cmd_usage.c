/* SPDX-License-Identifier: Apache-2.0
 *
 * `parc usage`: show who held how many device-hours.
 */
#include "cli/period.h"

static const char usage_text[] =
	"Usage: parc usage [OPTION]...\n"
	"\n"
	"Show what each tenant held in a period, else since the journal began: device-hours, and "
	"these\n"
	"times the chips' accounting rates. A tenant sees its own.\n"
	"\n" PERIOD_HELP LIVE_HELP;

static int usage_run(int argc, char **argv)
{
	struct live live = {.name = "usage"};
	struct client_answer answer = {0};
	struct period period;
	char path[128];
	int code = period_options(&live, &period, argc, argv);
	const json_t *list;

	if (code != COMMAND_OK)
		return code;
	code = live_call(&live, "GET", period_path(&period, "/v1/usage", path), NULL, &answer);
	list = json_object_get(answer.json, "tenants");
	if (code == COMMAND_OK && !live.json)
		period_print(answer.json);
	if (code == COMMAND_OK && !live.json)
		printf("TENANT                   DEVICE-HOURS  NORMALISED HOURS  DEVICES NOW\n");
	for (size_t i = 0; code == COMMAND_OK && !live.json && i < json_array_size(list); i++) {
		const json_t *it = json_array_get(list, i);

		live_print_text(live_string(it, "tenant"), 24);
		printf(" %12.4f  %16.4f  %11.3f\n", live_real(it, "device_hours"),
		       live_real(it, "normalised_hours"),
		       (double)live_integer(it, "held_milli") / 1000);
	}
	client_answer_deinit(&answer);
	return code;
}

const struct command command_usage_hours = {
	.name = "usage",
	.summary = "show who held how many device-hours",
	.help = usage_text,
	.run = usage_run,
};
