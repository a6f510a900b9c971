/* SPDX-License-Identifier: Apache-2.0
 *
 * `parc logs`: show what a job wrote.
 */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cli/watch.h"

#define TASKS_MAX 65536 /* numbers of tasks that can be */

static const char logs_text[] =
	"Usage: parc logs [OPTION]... JOB\n"
	"\n"
	"Show what a job wrote to its standard output, of its last attempt. The lines of a gang "
	"have\n"
	"the number of the task before them, those of an array the number of the job. On a "
	"terminal,\n"
	"control characters are shown as ^X and do nothing; a file or a pipe gets the bytes as "
	"they\n"
	"are. What a job wrote is bytes: --json is refused.\n"
	"\n"
	"  -f, --follow       go on until it ends\n"
	"  --errors           its standard error, if that goes elsewhere\n"
	"  --task K           of task K of a gang alone, from 0\n"
	"  --array            of all jobs of the array that JOB is of\n"
	"  --attempt N        of attempt N (the last)\n"
	"  --raw              the bytes as they are, on a terminal too: who wrote them can set "
	"it\n" LIVE_HELP "\n"
	"Example:\n"
	"  parc logs -f 12\n"
	"  parc logs --array 12\n";

struct logs {
	struct watch first; /* as the command line says */
	struct watch *list; /* of each job */
	int count;
	int follow, is_array, is_raw;
};

static int option_take(struct logs *logs, int option)
{
	if (option == 'f')
		logs->follow = 1;
	else if (option == 'y')
		logs->is_array = 1;
	else if (option == 'r')
		logs->is_raw = 1;
	else if (option == 'e')
		logs->first.stream = "err";
	else if (option == 't')
		logs->first.task = strcmp(optarg, "0") == 0 ? 0 : live_number(optarg);
	else if (option == 'a')
		logs->first.attempt = live_number(optarg);
	else
		return command_usage_hint("logs");
	if ((option == 't' && (logs->first.task < 0 || logs->first.task >= TASKS_MAX)) ||
	    (option == 'a' && logs->first.attempt < 0))
		return command_usage("logs", "'%.40s' is no number of %s", optarg,
				     option == 't' ? "a task; the first is 0" : "an attempt");
	return COMMAND_OK;
}

static int logs_options(struct logs *logs, int argc, char **argv)
{
	static const struct option options[] = {LIVE_OPTIONS,
						{"follow", no_argument, NULL, 'f'},
						{"errors", no_argument, NULL, 'e'},
						{"array", no_argument, NULL, 'y'},
						{"task", required_argument, NULL, 't'},
						{"raw", no_argument, NULL, 'r'},
						{"attempt", required_argument, NULL, 'a'},
						{0}};
	int option, code = COMMAND_OK;

	while (code == COMMAND_OK && (option = getopt_long(argc, argv, "f", options, NULL)) != -1)
		if (!live_option(&logs->first.live, option))
			code = option_take(logs, option);
	if (code == COMMAND_OK && (optind + 1 != argc || live_number(argv[optind]) < 0))
		return command_usage("logs", "name one job by its number");
	if (code == COMMAND_OK && logs->first.live.json)
		return command_usage("logs", "what a job wrote is shown as it is, without --json");
	if (code == COMMAND_OK)
		logs->first.job = live_number(argv[optind]);
	logs->first.is_plain = !logs->is_raw && isatty(STDOUT_FILENO);
	return code;
}

/* The jobs of the array that the one named is of; that one alone when it is of none. */
static int array_find(const struct logs *logs, int64_t *first, int64_t *count)
{
	struct client_answer answer;
	const json_t *array;
	char path[64];
	int code;

	*first = logs->first.job;
	*count = 1;
	if (!logs->is_array)
		return COMMAND_OK;
	snprintf(path, sizeof(path), "/v1/jobs/%lld", (long long)logs->first.job);
	code = live_call(&logs->first.live, "GET", path, NULL, &answer);
	array = json_object_get(json_object_get(answer.json, "spec"), "array");
	if (code == COMMAND_OK && array == NULL)
		code = command_usage("logs", "job %lld is of no array", (long long)logs->first.job);
	if (array != NULL) {
		*first = live_integer(array, "first");
		*count = live_integer(array, "count");
	}
	client_answer_deinit(&answer);
	return code;
}

static int list_make(struct logs *logs)
{
	int64_t first, count;
	int code = array_find(logs, &first, &count);

	if (code != COMMAND_OK || count < 1)
		return code;
	logs->list = calloc((size_t)count, sizeof(*logs->list));
	for (int64_t i = 0; logs->list != NULL && i < count; i++) {
		logs->list[i] = logs->first;
		logs->list[i].job = first + i;
		logs->list[i].is_one_of_many = logs->is_array;
	}
	logs->count = logs->list == NULL ? 0 : (int)count;
	return COMMAND_OK;
}

/* One look at each that goes on; how many there are is in *live. */
static int list_show(struct logs *logs, int *live)
{
	int code = COMMAND_OK;

	*live = 0;
	for (int i = 0; code == COMMAND_OK && i < logs->count; i++) {
		struct watch *watch = &logs->list[i];

		if (watch_has_ended(watch))
			continue;
		code = watch_state(watch);
		if (code == COMMAND_OK)
			code = watch_output(watch, watch_has_ended(watch) || !logs->follow);
		*live += !watch_has_ended(watch);
	}
	return code;
}

static int logs_run(int argc, char **argv)
{
	struct logs logs = {.first = {.live = {.name = "logs"}, .stream = "out", .task = -1}};
	int code = logs_options(&logs, argc, argv), live = 0;

	if (code == COMMAND_OK)
		code = list_make(&logs);
	do {
		if (live > 0)
			watch_pause();
		if (code == COMMAND_OK)
			code = list_show(&logs, &live);
	} while (code == COMMAND_OK && logs.follow && live > 0);
	for (int i = 0; i < logs.count; i++)
		watch_deinit(&logs.list[i]);
	free(logs.list);
	return code;
}

const struct command command_logs = {
	.name = "logs",
	.summary = "show what a job wrote",
	.help = logs_text,
	.run = logs_run,
};
