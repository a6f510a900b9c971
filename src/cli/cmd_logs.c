/* SPDX-License-Identifier: Apache-2.0
 *
 * `parc logs`: show what a job wrote.
 */
#include <stdlib.h>

#include "cli/watch.h"

static const char logs_text[] =
	"Usage: parc logs [OPTION]... JOB\n"
	"\n"
	"Show what a job wrote to its standard output, of its last attempt.\n"
	"\n"
	"  -f, --follow       go on until it ends\n"
	"  --errors           its standard error, if that goes elsewhere\n"
	"  --task K           of task K of a gang (0)\n"
	"  --attempt N        of attempt N (the last)\n" LIVE_HELP "\n"
	"Example:\n"
	"  parc logs -f 12\n";

static int logs_options(struct watch *watch, int *follow, int argc, char **argv)
{
	static const struct option options[] = {LIVE_OPTIONS,
						{"follow", no_argument, NULL, 'f'},
						{"errors", no_argument, NULL, 'e'},
						{"task", required_argument, NULL, 't'},
						{"attempt", required_argument, NULL, 'a'},
						{0}};
	int option;

	while ((option = getopt_long(argc, argv, "f", options, NULL)) != -1) {
		if (live_option(&watch->live, option))
			continue;
		if (option == 'f')
			*follow = 1;
		else if (option == 'e')
			watch->stream = "err";
		else if (option == 't')
			watch->task = live_number(optarg);
		else if (option == 'a')
			watch->attempt = live_number(optarg);
		else
			return command_usage_hint("logs");
	}
	if (optind + 1 != argc || live_number(argv[optind]) < 0)
		return command_usage("logs", "name one job by its number");
	if (watch->task < 0 || watch->attempt < 0)
		return command_usage("logs", "tasks and attempts are numbers above 0");
	watch->job = live_number(argv[optind]);
	return COMMAND_OK;
}

static int logs_run(int argc, char **argv)
{
	struct watch watch = {.live = {.name = "logs"}, .stream = "out"};
	int follow = 0, code = logs_options(&watch, &follow, argc, argv);
	int ended = 1;

	do {
		if (code == COMMAND_OK && follow) {
			code = watch_state(&watch);
			ended = watch_has_ended(&watch);
		}
		if (code == COMMAND_OK)
			code = watch_output(&watch);
		if (code == COMMAND_OK && !ended)
			watch_pause();
	} while (code == COMMAND_OK && !ended);
	return code;
}

const struct command command_logs = {
	.name = "logs",
	.summary = "show what a job wrote",
	.help = logs_text,
	.run = logs_run,
};
