/* SPDX-License-Identifier: Apache-2.0
 *
 * Words and numbers of the HTML report for people.
 */
#include <string.h>

#include "sim/report_html_parts.h"

/* clang-format off */
const struct report_category report_categories[PARC_LEDGER_COUNT] = {
	{PARC_LEDGER_BUSY, "allocated", "busy", "allocated, and the device reports work"},
	{PARC_LEDGER_UNMEASURED, "allocated", "allocated, unmeasured",
	 "allocated; nobody measured whether the device worked"},
	{PARC_LEDGER_IDLE, "allocated", "idle", "allocated, and the device reports no work"},
	{PARC_LEDGER_STARTING, "allocated", "starting",
	 "allocated, loading the image or the state"},
	{PARC_LEDGER_STOPPING, "allocated", "stopping", "allocated until the work has stopped"},
	{PARC_LEDGER_LOST, "allocated", "lost work", "work that has to be done again"},
	{PARC_LEDGER_FREE_HELD, "unallocated", "held for a gang",
	 "free, and kept for a reservation"},
	{PARC_LEDGER_STRANDED_SHARE, "unallocated", "stranded: share",
	 "free, but in parts too small for what waits"},
	{PARC_LEDGER_STRANDED_CPU, "unallocated", "stranded: CPU",
	 "free, but the node has too few cores left for what waits"},
	{PARC_LEDGER_STRANDED_MEMORY, "unallocated", "stranded: memory",
	 "free, but the node has too little memory left for what waits"},
	{PARC_LEDGER_STRANDED_CLOSENESS, "unallocated", "stranded: closeness",
	 "free, but not as close together as what waits requires"},
	{PARC_LEDGER_STRANDED_MODE, "unallocated", "stranded: mode",
	 "free, but partitioned in another mode"},
	{PARC_LEDGER_FREE_QUOTA, "unallocated", "held by quota",
	 "free; those who wait are at their limit"},
	{PARC_LEDGER_FREE_NO_CHIP, "unallocated", "wrong chip",
	 "free; no job that waits can run on this chip"},
	{PARC_LEDGER_FREE_UNATTRIBUTED, "unallocated", "not yet attributed",
	 "free; its cause has not been determined"},
	{PARC_LEDGER_FREE_NO_DEMAND, "unallocated", "no demand", "free, and nobody waits for it"},
	{PARC_LEDGER_FOREIGN, "foreign", "foreign", "used by what parc did not start"},
	{PARC_LEDGER_DOWN_MAINTENANCE, "down", "maintenance", "in maintenance"},
	{PARC_LEDGER_DOWN_DRAINED, "down", "drained", "drained by the operator"},
	{PARC_LEDGER_DOWN_SUSPECTED, "down", "suspected", "its node has gone silent"},
	{PARC_LEDGER_DOWN_FAILED, "down", "failed", "the device or its node is broken"},
};
/* clang-format on */

bool report_has_category(const struct replay_result *results, int32_t count, int32_t ledger)
{
	for (int32_t i = 0; i < count; i++)
		if (results[i].ledger[ledger] != 0)
			return true;
	return false;
}

double report_hours(__int128 ledger)
{
	return (double)ledger / (PARC_SHARE_WHOLE * 3.6e9);
}

double report_percent(__int128 part, __int128 all)
{
	return all == 0 ? 0.0 : 100.0 * (double)part / (double)all;
}

/* Put a comma before each three digits of the whole part. */
static void group_digits(char *text)
{
	size_t length = strlen(text), start = text[0] == '-';
	size_t whole = strcspn(text, ".");
	for (size_t at = whole; at > start + 3; length++) {
		at -= 3;
		memmove(text + at + 1, text + at, length - at + 1);
		text[at] = ',';
	}
}

/* Values here are hours, seconds and counts: far below 2^63. */
static bool is_whole(double value)
{
	return value == (double)(int64_t)value;
}

void report_text_number(char *text, double value)
{
	double size = value < 0 ? -value : value;
	int decimals = is_whole(value) || size >= 999.5 ? 0 : size >= 99.95 ? 1 : 2;
	snprintf(text, REPORT_NUMBER_MAX - 12, "%.*f", decimals, value);
	group_digits(text);
}

void report_text_duration(char *text, double seconds)
{
	static const struct {
		double below, unit;
		const char *name;
	} units[] = {{120, 1, "s"}, {7200, 60, "min"}, {172800, 3600, "h"}, {1e300, 86400, "d"}};
	char number[REPORT_NUMBER_MAX];
	size_t at = 0;
	while (seconds >= units[at].below)
		at++;
	double value = seconds / units[at].unit;
	value = value >= 99.95 ? (double)(int64_t)(value + 0.5)
			       : (double)(int64_t)(value * 10 + 0.5) / 10;
	snprintf(number, sizeof(number) - 12, "%.*f", is_whole(value) ? 0 : 1, value);
	group_digits(number);
	snprintf(text, REPORT_NUMBER_MAX, "%.36s %s", number, units[at].name);
}

void report_text_percent(char *text, double percent)
{
	if (percent > 0 && percent < 0.05)
		snprintf(text, REPORT_NUMBER_MAX, "< 0.1 %%");
	else
		snprintf(text, REPORT_NUMBER_MAX, "%.1f %%", percent);
}

int32_t report_tenants_find(struct report_tenant *tenants, const struct replay_result *results,
			    int32_t count)
{
	int32_t total = results->tenants_count;
	int32_t shown = total > REPORT_TENANTS_MAX + 1 ? REPORT_TENANTS_MAX : total;
	int32_t filled = shown < total ? shown + 1 : shown;
	memset(tenants, 0, (size_t)filled * sizeof(*tenants));
	for (int32_t t = 0; t < shown; t++)
		tenants[t].name = results->tenants[t].name;
	if (shown < total)
		tenants[shown].others = total - shown;
	for (int32_t run = 0; run < count; run++)
		for (int32_t i = 0; i < results[run].tenants_count; i++) {
			const struct replay_tenant *tenant = &results[run].tenants[i];
			int32_t t = 0;
			while (t < shown && strcmp(tenants[t].name, tenant->name) != 0)
				t++;
			if (t == filled)
				continue; /* the runs have one log, so one list of tenants */
			struct replay_tenant *sum = &tenants[t].runs[run];
			sum->wait_mean_us =
				sum->started + tenant->started == 0
					? 0
					: (int64_t)(((double)sum->wait_mean_us *
							     (double)sum->started +
						     (double)tenant->wait_mean_us *
							     (double)tenant->started) /
						    (double)(sum->started + tenant->started));
			sum->jobs += tenant->jobs;
			sum->started += tenant->started;
			sum->finished += tenant->finished;
			sum->held += tenant->held;
			sum->held_normal += tenant->held_normal;
		}
	return filled;
}

void report_tenant_label(const struct report_tenant *tenant, char text[REPORT_LABEL_MAX])
{
	if (!tenant->name)
		snprintf(text, REPORT_LABEL_MAX, "%d others", tenant->others);
	else
		snprintf(text, REPORT_LABEL_MAX, "%s",
			 strcmp(tenant->name, "-") == 0 ? "no tenant" : tenant->name);
}
