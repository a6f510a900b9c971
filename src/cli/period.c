/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/period.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define SECOND	     INT64_C(1000000)
#define LENGTH_MAX_S (INT64_C(100) * 366 * 86400)

/* A day, or a day and a time; 0 when it is neither. */
static int64_t time_read(const char *text)
{
	static const char *const forms[] = {"%Y-%m-%d", "%Y-%m-%dT%H:%M", "%Y-%m-%dT%H:%M:%S",
					    "%Y-%m-%d %H:%M", "%Y-%m-%d %H:%M:%S"};

	for (size_t i = 0; i < sizeof(forms) / sizeof(forms[0]); i++) {
		struct tm local = {.tm_isdst = -1};
		const char *end = strptime(text, forms[i], &local);

		if (end != NULL && *end == '\0') {
			time_t seconds = mktime(&local);

			return seconds > 0 ? (int64_t)seconds * SECOND : 0;
		}
	}
	return 0;
}

/* "90m", "12h", "7d"; 0 when it is none. */
static int64_t length_read(const char *text)
{
	static const char units[] = "smhd";
	static const int64_t seconds[] = {1, 60, 3600, 86400};
	char *end;
	long long number = strtoll(text, &end, 10);
	const char *unit = end == text || *end == '\0' ? NULL : strchr(units, *end);

	if (unit == NULL || end[1] != '\0' || number < 1 ||
	    number > LENGTH_MAX_S / seconds[unit - units])
		return 0;
	return number * seconds[unit - units] * SECOND;
}

static int period_option(struct live *live, struct period *period, int option)
{
	int64_t value = option == 'L' ? length_read(optarg) : time_read(optarg);

	if (value == 0 && option == 'L')
		return command_usage(live->name, "'%s' is no length such as 90m, 12h or 7d",
				     optarg);
	if (value == 0)
		return command_usage(live->name,
				     "'%s' is no time such as 2026-11-28 or 2026-11-28T09:30",
				     optarg);
	if (option == 'T')
		period->to_us = value;
	else if (option == 'F')
		period->from_us = value;
	else
		period->from_us = live_now_us() - value > 0 ? live_now_us() - value : 1;
	return COMMAND_OK;
}

int period_options(struct live *live, struct period *period, int argc, char **argv)
{
	static const struct option options[] = {{"from", required_argument, NULL, 'F'},
						{"to", required_argument, NULL, 'T'},
						{"last", required_argument, NULL, 'L'},
						LIVE_OPTIONS,
						{0}};
	int option, code, last = 0, from = 0;

	*period = (struct period){0};
	while ((option = getopt_long(argc, argv, "", options, NULL)) != -1) {
		if (option != 'F' && option != 'T' && option != 'L') {
			if (!live_option(live, option))
				return command_usage_hint(live->name);
			continue;
		}
		last |= option == 'L';
		from |= option != 'L';
		code = period_option(live, period, option);
		if (code != COMMAND_OK)
			return code;
	}
	if (argc > optind)
		return command_usage(live->name, "'%s' is too many", argv[optind]);
	if (last && from)
		return command_usage(live->name, "take --last, or --from and --to");
	if (period->to_us > 0 && period->to_us <= period->from_us)
		return command_usage(live->name, "the period ends before it begins");
	return COMMAND_OK;
}

const char *period_path(const struct period *period, const char *path, char text[128])
{
	int size = snprintf(text, 128, "%s", path);

	if (period->from_us > 0)
		size += snprintf(text + size, (size_t)(128 - size), "?from=%" PRId64,
				 period->from_us);
	if (period->to_us > 0)
		snprintf(text + size, (size_t)(128 - size), "%cto=%" PRId64,
			 period->from_us > 0 ? '&' : '?', period->to_us);
	return text;
}

static void time_print(int64_t time_us)
{
	time_t seconds = (time_t)(time_us / SECOND);
	struct tm local;
	char text[32];

	if (time_us == 0)
		printf("the beginning");
	else if (localtime_r(&seconds, &local) != NULL &&
		 strftime(text, sizeof(text), "%Y-%m-%d %H:%M:%S", &local) > 0)
		printf("%s", text);
}

void period_print(const json_t *answer)
{
	printf("From ");
	time_print(live_integer(answer, "from_us"));
	printf(" to ");
	time_print(live_integer(answer, "to_us"));
	printf("\n\n");
}
