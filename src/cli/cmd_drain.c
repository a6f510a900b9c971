/* SPDX-License-Identifier: Apache-2.0
 *
 * `parc drain`: start nothing more on a node, now or from a time on.
 */
#include <string.h>

#include "cli/window.h"
#include "text/span.h"

#define YEAR_US INT64_C(31536000000000)

static const char drain_text[] =
	"Usage: parc drain [OPTION]... NODE\n"
	"\n"
	"Start nothing more on a node; what runs there goes on to its end. With --at the node goes "
	"to\n"
	"maintenance then: only what will have ended is started there before, and what still runs "
	"is\n"
	"stopped with its grace. That is a window: 'parc window' lists it and takes it back.\n"
	"\n"
	"  --at WHEN          a time from now as 2h, or 2026-12-01T22:00\n"
	"  --for TIME         how long, as 4h (a year)\n" LIVE_HELP "\n"
	"Example:\n"
	"  parc drain gpu-7\n"
	"  parc drain --at 2026-12-01T22:00 --for 4h gpu-7\n";

enum { OPTION_FIRST = 256, AT, LENGTH };

static int maintenance_add(const struct live *live, const char *node, int64_t at_us,
			   int64_t length_us)
{
	json_t *body = json_pack("{s:I, s:I, s:b, s:[s]}", "start_us", (json_int_t)at_us, "end_us",
				 (json_int_t)(at_us + length_us), "maintenance", 1, "nodes", node);
	struct client_answer answer;
	int code = live_call(live, "POST", "/v1/windows", body, &answer);

	if (code == COMMAND_OK && !live->json)
		printf("window %lld\n", (long long)live_integer(answer.json, "window"));
	json_decref(body);
	client_answer_deinit(&answer);
	return code;
}

static int drain_run(int argc, char **argv)
{
	static const struct option options[] = {LIVE_OPTIONS,
						{"at", required_argument, NULL, AT},
						{"for", required_argument, NULL, LENGTH},
						{0}};
	struct live live = {.name = "drain"};
	int64_t at_us = 0, length_us = 0;
	int option;

	while ((option = getopt_long(argc, argv, "", options, NULL)) != -1) {
		if (live_option(&live, option))
			continue;
		if (option == AT)
			at_us = window_time(optarg);
		else if (option != LENGTH)
			return command_usage_hint("drain");
		else if (!span_parse(optarg, strlen(optarg), &length_us) || length_us == 0)
			return command_usage("drain", "--for '%s' must be a time, as 90m or 4h",
					     optarg);
		if (at_us < 0)
			return command_usage("drain",
					     "--at '%s' must be a time from now as 2h, or "
					     "YYYY-MM-DDTHH:MM",
					     optarg);
	}
	if (at_us == 0 && length_us == 0) {
		optind = 0; /* anew, for the common options */
		return live_node_verb(argc, argv, "drain");
	}
	if (argc - optind != 1)
		return command_usage("drain", "one NODE is needed");
	return maintenance_add(&live, argv[optind], at_us == 0 ? live_now_us() : at_us,
			       length_us == 0 ? YEAR_US : length_us);
}

const struct command command_drain = {
	.name = "drain",
	.summary = "start nothing more on a node, now or from a time on",
	.help = drain_text,
	.run = drain_run,
};
