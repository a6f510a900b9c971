/* SPDX-License-Identifier: Apache-2.0
 *
 * `parc report`: show where every device-hour went.
 */
#include <string.h>

#include "cli/period.h"
#include "sim/waterfall.h"

static const char report_text[] =
	"Usage: parc report [OPTION]...\n"
	"\n"
	"Show the waterfall: what the fleet's device-hours were in a period, else since the "
	"journal\n"
	"began, from capacity to use; who held them; and what would give hours back. "
	"docs/ledger.md\n"
	"says what each step is. The integers behind it (--json) add up exactly.\n"
	"\n" PERIOD_HELP LIVE_HELP "\n"
	"Examples:\n"
	"  parc report --last 7d\n"
	"  parc report --from 2026-11-01 --to 2026-12-01\n";

static double step_hours(const json_t *steps, int32_t category)
{
	return live_real(json_array_get(steps, (size_t)category), "device_hours");
}

static void steps_print(const json_t *answer)
{
	const json_t *steps = json_object_get(answer, "steps");
	double capacity = live_real(answer, "capacity_device_hours");

	printf("%-36s %14s %9s\n%-36s %14.4f %8.2f%%\n", "WHERE THE HOURS WENT", "DEVICE-HOURS",
	       "OF ALL", "capacity", capacity, 100.0);
	for (int32_t i = 0; i < waterfall_count; i++) {
		const struct waterfall_row *row = &waterfall_rows[i];
		double hours = 0;

		for (int32_t c = row->first; c <= row->last; c++)
			hours += step_hours(steps, c);
		if (hours != 0)
			printf("%*s%-*s %14.4f %8.2f%%%s%s\n", 2 + 2 * row->depth, "",
			       34 - 2 * row->depth, row->label, hours,
			       capacity > 0 ? hours * 100 / capacity : 0.0,
			       row->advice[0] == '\0' ? "" : "  ", row->advice);
	}
}

static void tenants_print(const json_t *answer)
{
	const json_t *tenants = json_object_get(answer, "tenants");

	printf("\n%-36s %14s %9s\n", "WHO HELD THEM", "DEVICE-HOURS", "OF ALL");
	for (size_t i = 0; i < json_array_size(tenants); i++) {
		const json_t *it = json_array_get(tenants, i);

		if (live_real(it, "device_hours") <= 0)
			continue;
		printf("  ");
		live_print_text(live_string(it, "tenant"), 34);
		printf(" %14.4f %8.2f%%\n", live_real(it, "device_hours"),
		       live_real(it, "percent"));
	}
}

static int report_run(int argc, char **argv)
{
	struct live live = {.name = "report"};
	struct client_answer answer = {0};
	struct period period;
	char path[128];
	int code = period_options(&live, &period, argc, argv);

	if (code != COMMAND_OK)
		return code;
	code = live_call(&live, "GET", period_path(&period, "/v1/report", path), NULL, &answer);
	if (code == COMMAND_OK && !live.json) {
		period_print(answer.json);
		steps_print(answer.json);
		tenants_print(answer.json);
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
