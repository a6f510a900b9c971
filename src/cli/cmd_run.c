/* SPDX-License-Identifier: Apache-2.0
 *
 * `parc run`: submit a job, wait, show what it writes, end as it ended.
 */
#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cli/job_options.h"
#include "cli/watch.h"

#define EXIT_FAILURE_OF_PARC 125

static const char run_text[] =
	"Usage: parc run [OPTION]... [--] COMMAND [ARGUMENT]...\n"
	"       parc run [OPTION]... FILE.yaml|FILE.json [OPTION]...\n"
	"\n"
	"Submit a job, wait for it, show what it writes, and end with its exit code (128 and the "
	"number of\n"
	"the signal that ended it; 125 when it did not end by itself, or parc failed). Ctrl-C asks "
	"whether\n"
	"to cancel it. With --json what it writes goes to standard error, and at the end the job "
	"to\n"
	"standard output, as 'parc show --json' has it.\n"
	"\n" JOB_OPTIONS_HELP "\nExample:\n"
	"  parc run --cpu 0.5 --memory 256M -- sh -c 'echo hello'\n";

static volatile sig_atomic_t interrupted;

static void on_interrupt(int number)
{
	(void)number;
	interrupted = 1;
}

/* Ctrl-C: the job could go on without us, so the user is asked; without a terminal it is
 * cancelled. Returns 1 when it is to be cancelled. */
static int wants_cancel(int64_t job)
{
	char line[16] = "";

	interrupted = 0;
	if (!isatty(STDIN_FILENO))
		return 1;
	fprintf(stderr, "\nparc run: cancel job %lld? [y/N] ", (long long)job);
	if (fgets(line, sizeof(line), stdin) == NULL)
		return 1;
	return line[0] == 'y' || line[0] == 'Y';
}

static void cancel(const struct watch *watch)
{
	struct client_answer answer;
	struct live live = watch->live;
	char path[64];

	live.json = 0;
	snprintf(path, sizeof(path), "/v1/jobs/%lld/cancel", (long long)watch->job);
	live_call(&live, "POST", path, NULL, &answer);
	client_answer_deinit(&answer);
}

/* 1: the user left the job to itself. */
static int interrupt_take(struct watch *watch)
{
	if (!interrupted)
		return 0;
	if (wants_cancel(watch->job)) {
		cancel(watch);
		return 0;
	}
	fprintf(stderr, "parc run: job %lld goes on; 'parc logs -f %lld' shows it\n",
		(long long)watch->job, (long long)watch->job);
	return 1;
}

static int result_of(const struct watch *watch)
{
	if (strcmp(watch->result, "ok") == 0)
		return 0;
	fprintf(stderr, "parc run: job %lld: %s%s", (long long)watch->job, watch->result,
		watch->detail[0] == '\0' ? "" : ": ");
	command_say(watch->detail);
	fprintf(stderr, "\n");
	if (watch->exit_code > 0)
		return (int)watch->exit_code;
	return watch->signal > 0 ? 128 + (int)watch->signal : EXIT_FAILURE_OF_PARC;
}

static int follow(struct watch *watch)
{
	int code = watch_state(watch);

	while (code == COMMAND_OK) {
		int ended = watch_has_ended(watch);

		code = watch_output(watch, ended);
		if (code == COMMAND_OK && ended)
			return result_of(watch);
		if (interrupt_take(watch))
			return EXIT_FAILURE_OF_PARC;
		watch_pause();
		if (code == COMMAND_OK)
			code = watch_state(watch);
	}
	return EXIT_FAILURE_OF_PARC;
}

/* The job as `parc show --json` has it. */
static void job_print(const struct watch *watch)
{
	struct client_answer answer;
	char path[64];

	snprintf(path, sizeof(path), "/v1/jobs/%lld", (long long)watch->job);
	live_call(&watch->live, "GET", path, NULL, &answer);
	client_answer_deinit(&answer);
}

static int run_run(int argc, char **argv)
{
	struct job_options options = {.live = {.name = "run"}};
	struct watch watch = {.stream = "out", .task = -1};
	const struct sigaction action = {.sa_handler = on_interrupt};
	int code = job_options_parse(&options, argc, argv);
	int32_t count = 1;

	if (code == COMMAND_OK && json_object_get(options.job, "array") != NULL)
		code = command_usage("run", "an array cannot be waited for; use parc submit");
	if (code == COMMAND_OK) {
		watch.live = options.live;
		watch.job = job_options_submit(&options, &count);
		code = watch.job < 0 ? EXIT_FAILURE_OF_PARC : COMMAND_OK;
	}
	job_options_deinit(&options);
	if (code != COMMAND_OK)
		return code;
	sigaction(SIGINT, &action, NULL);
	watch.out = watch.live.json ? stderr : stdout;
	code = follow(&watch);
	if (watch.live.json)
		job_print(&watch);
	watch_deinit(&watch);
	return code;
}

const struct command command_run_job = {
	.name = "run",
	.summary = "submit a job, wait for it, show what it writes",
	.help = run_text,
	.run = run_run,
};
