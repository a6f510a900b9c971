/* SPDX-License-Identifier: Apache-2.0
 *
 * `parc queue`: list the jobs that wait and run.
 */
#include <string.h>

#include "cli/live.h"

static const char queue_text[] =
	"Usage: parc queue [OPTION]...\n"
	"\n"
	"List the jobs that wait, start, run or stop, oldest first: a tenant's own, all for "
	"operators.\n"
	"\n"
	"  --all              the last 1000 jobs, also those that ended, newest first\n"
	"  --tenant NAME      of this tenant\n"
	"  --user NAME        of this user\n" LIVE_HELP;

struct queue {
	struct live live;
	const char *tenant, *user;
	int all;
};

static int queue_options(struct queue *queue, int argc, char **argv)
{
	static const struct option options[] = {LIVE_OPTIONS,
						{"all", no_argument, NULL, 'a'},
						{"tenant", required_argument, NULL, 't'},
						{"user", required_argument, NULL, 'u'},
						{0}};
	int option;

	while ((option = getopt_long(argc, argv, "", options, NULL)) != -1) {
		if (live_option(&queue->live, option))
			continue;
		if (option == 'a')
			queue->all = 1;
		else if (option == 't')
			queue->tenant = optarg;
		else if (option == 'u')
			queue->user = optarg;
		else
			return command_usage_hint("queue");
	}
	if (optind < argc)
		return command_usage("queue", "'%s' is too many", argv[optind]);
	return COMMAND_OK;
}

/* "2 x 500" of devices, else cores. */
static void want_print(const json_t *job)
{
	char text[32];
	int64_t devices = live_integer(job, "devices"), share = live_integer(job, "share_milli");
	int64_t cpu = live_integer(job, "cpu_milli"), tasks = live_integer(job, "tasks");
	int used = 0;

	if (tasks > 1)
		used = snprintf(text, sizeof(text), "%lld x ", (long long)tasks);
	if (devices > 0 && share > 0 && share < 1000)
		snprintf(text + used, sizeof(text) - (size_t)used, "%lld at .%03lld",
			 (long long)devices, (long long)share);
	else if (devices > 0)
		snprintf(text + used, sizeof(text) - (size_t)used, "%lld dev", (long long)devices);
	else
		snprintf(text + used, sizeof(text) - (size_t)used, "%g cpu",
			 (double)(cpu == 0 ? 1000 : cpu) / 1000);
	live_print_text(text, 14);
}

static void row_print(const json_t *job, int64_t now_us)
{
	const char *state = live_string(job, "state");
	int64_t since_us = strcmp(state, "pending") == 0 ? live_integer(job, "submit_us")
			   : strcmp(state, "ended") == 0 ? live_integer(job, "end_us")
							 : live_integer(job, "start_us");

	printf("%8lld  ", (long long)live_integer(job, "job"));
	live_print_text(live_string(job, "name"), 18);
	printf("  ");
	live_print_text(live_string(job, "user"), 10);
	printf("  ");
	live_print_text(live_string(job, "tenant"), 10);
	printf("  ");
	want_print(job);
	live_print_text(strcmp(state, "ended") == 0 ? live_string(job, "result") : state, 10);
	live_print_text(strcmp(state, "pending") == 0 ? live_string(job, "reason") : "", 12);
	printf("%s\n", live_duration(now_us - since_us));
}

static int page_print(const struct queue *queue, const json_t *answer, int is_first)
{
	const json_t *jobs = json_object_get(answer, "jobs");
	int64_t now_us = live_now_us();

	if (queue->live.json)
		return COMMAND_OK;
	if (is_first)
		printf("     JOB  NAME                USER        TENANT      WANTS         STATE  "
		       "   "
		       "REASON      SINCE\n");
	for (size_t i = 0; i < json_array_size(jobs); i++)
		row_print(json_array_get(jobs, i), now_us);
	return COMMAND_OK;
}

static int queue_run(int argc, char **argv)
{
	struct queue queue = {.live = {.name = "queue"}};
	struct client_answer answer;
	int code = queue_options(&queue, argc, argv);
	int64_t after = 0;
	char path[400];

	while (code == COMMAND_OK) {
		snprintf(path, sizeof(path),
			 "/v1/jobs?limit=1000&live=%d&after=%lld%s%.100s%s%.100s", !queue.all,
			 (long long)after, queue.tenant == NULL ? "" : "&tenant=",
			 queue.tenant == NULL ? "" : queue.tenant,
			 queue.user == NULL ? "" : "&user=", queue.user == NULL ? "" : queue.user);
		code = live_call(&queue.live, "GET", path, NULL, &answer);
		if (code == COMMAND_OK)
			page_print(&queue, answer.json, after == 0);
		after = live_integer(answer.json, "next");
		client_answer_deinit(&answer);
		if (after == 0 || queue.all)
			break;
	}
	return code;
}

const struct command command_queue = {
	.name = "queue",
	.summary = "list the jobs that wait and run",
	.help = queue_text,
	.run = queue_run,
};
