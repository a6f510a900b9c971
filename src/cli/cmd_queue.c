/* SPDX-License-Identifier: Apache-2.0
 *
 * `parc queue`: list the jobs that wait and run.
 */
#include "cli/job_text.h"

static const char queue_text[] =
	"Usage: parc queue [OPTION]...\n"
	"\n"
	"List the jobs that wait, start, run or stop, oldest first: a tenant's own, all for "
	"operators.\n"
	"\n"
	"  --all              the last 1000 jobs, also those that ended, newest first\n"
	"  --start            when those that wait start: `by 2 h` where that is reserved, else "
	"an\n"
	"                     estimate, `~ 2 h`; `parc why JOB` says what that rests on\n"
	"  --tenant NAME      of this tenant\n"
	"  --user NAME        of this user\n" LIVE_HELP;

struct queue {
	struct live live;
	const char *tenant, *user;
	int all, has_starts;
};

static int queue_options(struct queue *queue, int argc, char **argv)
{
	static const struct option options[] = {LIVE_OPTIONS,
						{"all", no_argument, NULL, 'a'},
						{"start", no_argument, NULL, 's'},
						{"tenant", required_argument, NULL, 't'},
						{"user", required_argument, NULL, 'u'},
						{0}};
	int option;

	while ((option = getopt_long(argc, argv, "", options, NULL)) != -1) {
		if (live_option(&queue->live, option))
			continue;
		if (option == 'a')
			queue->all = 1;
		else if (option == 's')
			queue->has_starts = 1;
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

static void start_print(const json_t *job, int64_t now_us)
{
	const json_t *by = json_object_get(job, "start_by_us");
	const json_t *at = json_object_get(job, "start_estimate_us");
	int64_t left_us = json_integer_value(json_is_integer(by) ? by : at) - now_us;

	if (!json_is_integer(by) && !json_is_integer(at))
		printf("  %s", at == NULL ? "" : "?");
	else
		printf("  %s %s", json_is_integer(by) ? "by" : "~",
		       live_duration(left_us < 0 ? 0 : left_us));
}

static void row_print(const struct queue *queue, const json_t *job, int64_t now_us)
{
	char wants[JOB_WANTS_BYTES];

	job_wants(job, wants);
	printf("%8lld  ", (long long)live_integer(job, "job"));
	live_print_text(live_string(job, "name"), 18);
	printf("  ");
	live_print_text(live_string(job, "user"), 10);
	printf("  ");
	live_print_text(live_string(job, "tenant"), 10);
	printf("  ");
	live_print_text(wants, 14);
	live_print_text(job_state(job), 10);
	live_print_text(job_reason(job), 12);
	printf(queue->has_starts ? "%-11s" : "%s", live_duration(now_us - job_since_us(job)));
	if (queue->has_starts)
		start_print(job, now_us);
	printf("\n");
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
		       "REASON      SINCE%s\n",
		       queue->has_starts ? "        START" : "");
	for (size_t i = 0; i < json_array_size(jobs); i++)
		row_print(queue, json_array_get(jobs, i), now_us);
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
			 "/v1/jobs?limit=1000&live=%d&starts=%d&after=%lld%s%.100s%s%.100s",
			 !queue.all, queue.has_starts, (long long)after,
			 queue.tenant == NULL ? "" : "&tenant=",
			 queue.tenant == NULL ? "" : queue.tenant,
			 queue.user == NULL ? "" : "&user=", queue.user == NULL ? "" : queue.user);
		code = live_call_estimate(&queue.live, path, &answer);
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
