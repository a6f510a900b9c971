/* SPDX-License-Identifier: Apache-2.0
 *
 * The way is the job's file for reports where it is open: it needs no daemon, and nobody but the
 * job has it. It has to be that file beyond doubt, as a program may have put another one under its
 * number.
 */
#include "cli/telling.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "engine/said.h"

#define UNIT 1e6

struct telling {
	struct live live;
	const char *word;
	int64_t job; /* named, or 0 */
	const char *text;
	struct engine_amount amount;
};

static int64_t variable_number(const char *name)
{
	const char *text = getenv(name);

	return text == NULL ? -1 : live_number(text);
}

/* The job's file for reports, -1 when it is not open here. */
static int report_file(void)
{
	int64_t number = variable_number("PARC_REPORT_FD");
	char path[64], target[4096];
	struct stat status;
	ssize_t size;

	if (number < 0 || number > 1 << 20 || fstat((int)number, &status) != 0 ||
	    !S_ISFIFO(status.st_mode))
		return -1;
	snprintf(path, sizeof(path), "/proc/self/fd/%lld", (long long)number);
	size = readlink(path, target, sizeof(target) - 1);
	if (size < 7 || memcmp(target + size - 7, "/report", 7) != 0)
		return -1;
	return (int)number;
}

static int file_tell(const struct telling *telling, int file)
{
	char line[SAID_LINE_MAX + 1];
	int size = snprintf(line, sizeof(line), "%s%s%s\n", telling->word,
			    telling->text == NULL ? "" : " ",
			    telling->text == NULL ? "" : telling->text);

	if (write(file, line, (size_t)size) == size)
		return COMMAND_OK;
	fprintf(stderr, "parc: the report could not be written: %s\n",
		errno == EAGAIN ? "they come faster than they are read" : strerror(errno));
	return COMMAND_FAILED;
}

static int daemon_tell(const struct telling *telling, int64_t job)
{
	struct client_answer answer;
	json_t *body = json_object();
	struct live live = telling->live;
	char path[80];
	int code;

	if (telling->text != NULL)
		json_object_set_new(body, "done", json_real((double)telling->amount.done / UNIT));
	if (telling->text != NULL && telling->amount.total > 0)
		json_object_set_new(body, "total", json_real((double)telling->amount.total / UNIT));
	if (job == variable_number("PARC_JOB") && variable_number("PARC_ATTEMPT") > 0)
		json_object_set_new(body, "attempt", json_integer(variable_number("PARC_ATTEMPT")));
	snprintf(path, sizeof(path), "/v1/jobs/%lld/%s", (long long)job, telling->word);
	live.json = 0;
	code = live_call(&live, "POST", path, body, &answer);
	json_decref(body);
	client_answer_deinit(&answer);
	return code;
}

static int options_read(struct telling *telling, int argc, char **argv, int may_lack)
{
	static const struct option options[] = {
		LIVE_OPTIONS, {"job", required_argument, NULL, 'j'}, {0}};
	int option;

	while ((option = getopt_long(argc, argv, "", options, NULL)) != -1) {
		if (live_option(&telling->live, option))
			continue;
		if (option != 'j')
			return command_usage_hint(telling->word);
		telling->job = live_number(optarg);
		if (telling->job < 0)
			return command_usage(telling->word, "'%s' is no number of a job", optarg);
	}
	if (argc - optind > 1)
		return command_usage(telling->word, "'%s' is too many", argv[optind + 1]);
	if (argc == optind)
		return may_lack ? COMMAND_OK
				: command_usage(telling->word, "how much is done is missing");
	telling->text = argv[optind];
	if (said_read_amount(telling->text, strlen(telling->text), &telling->amount) != 0)
		return command_usage(telling->word,
				     "'%.40s' is no amount: DONE/TOTAL, PART%% or SECONDS, each "
				     "with up to nine digits and six decimals",
				     telling->text);
	return COMMAND_OK;
}

int telling_run(int argc, char **argv, const char *word, int may_lack)
{
	struct telling telling = {.live = {.name = word}, .word = word};
	int code = options_read(&telling, argc, argv, may_lack);
	int64_t job = telling.job != 0 ? telling.job : variable_number("PARC_JOB");
	int file = telling.job != 0 ? -1 : report_file();

	if (code != COMMAND_OK)
		return code;
	if (job < 0)
		return command_usage(word, "this is no job of parc; name one with --job");
	code = file >= 0 ? file_tell(&telling, file) : daemon_tell(&telling, job);
	if (code == COMMAND_OK && telling.live.json)
		printf("{\"job\": %lld}\n", (long long)job);
	return code;
}
