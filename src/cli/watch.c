/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/watch.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "cli/plain.h"

#define PAUSE_NS       100000000
#define LINE_BYTES_MAX 1000000 /* of a line that is shown in one piece */

/* So many tasks write: those of the last attempt, or of one before, at most as many as it asks for.
 */
static int tasks_set(struct watch *watch, int64_t tasks)
{
	int64_t *grown;

	if (tasks <= watch->tasks)
		return COMMAND_OK;
	grown = realloc(watch->offsets, (size_t)tasks * sizeof(*grown));
	if (grown == NULL) {
		fprintf(stderr, "parc: no memory\n");
		return COMMAND_FAILED;
	}
	memset(grown + watch->tasks, 0, (size_t)(tasks - watch->tasks) * sizeof(*grown));
	watch->offsets = grown;
	watch->tasks = tasks;
	return COMMAND_OK;
}

static int tasks_find(struct watch *watch, const json_t *job)
{
	int64_t tasks = (int64_t)json_array_size(json_object_get(job, "devices"));

	if (watch->task >= 0)
		tasks = watch->task + 1;
	return tasks_set(watch, tasks < 1 ? 1 : tasks);
}

static void state_take(struct watch *watch, const json_t *job)
{
	const json_t *code = json_object_get(job, "exit_code");

	snprintf(watch->state, sizeof(watch->state), "%.15s", live_string(job, "state"));
	snprintf(watch->result, sizeof(watch->result), "%.15s", live_string(job, "result"));
	snprintf(watch->detail, sizeof(watch->detail), "%.255s", live_string(job, "detail"));
	watch->exit_code = json_is_integer(code) ? json_integer_value(code) : -1;
	watch->signal = live_integer(job, "signal");
	if (watch->attempt == 0 && live_integer(job, "attempts") != watch->shown_attempt) {
		watch->shown_attempt = live_integer(job, "attempts");
		for (int64_t t = 0; t < watch->tasks; t++)
			watch->offsets[t] = 0;
	}
}

int watch_state(struct watch *watch)
{
	struct client_answer answer;
	struct live live = watch->live;
	char path[64];
	int status;

	live.json = 0;
	snprintf(path, sizeof(path), "/v1/jobs/%lld", (long long)watch->job);
	status = live_call(&live, "GET", path, NULL, &answer);
	if (status == COMMAND_OK) {
		state_take(watch, answer.json);
		status = tasks_find(watch, answer.json);
	}
	client_answer_deinit(&answer);
	return status;
}

/* "3: " of a gang, "17: " of an array, "17.3: " of an array of gangs. */
static void number_print(const struct watch *watch, FILE *out, int64_t task)
{
	if (watch->is_one_of_many)
		fprintf(out, "%lld", (long long)watch->job);
	if (watch->is_one_of_many && watch->tasks > 1)
		fprintf(out, ".");
	if (watch->tasks > 1)
		fprintf(out, "%lld", (long long)task);
	fprintf(out, ": ");
}

static size_t part_show(const struct watch *watch, FILE *out, const char *bytes, size_t size,
			int is_last)
{
	return watch->is_plain ? plain_print(out, bytes, size, is_last)
			       : fwrite(bytes, 1, size, out);
}

/* Where the line that begins here ends, NULL: not yet. In plain form a carriage return begins a
 * new one too, so that nobody writes the number of another. */
static const char *line_end(const struct watch *watch, const char *bytes, size_t size)
{
	const char *end = memchr(bytes, '\n', size);
	size_t left = end == NULL ? size : (size_t)(end - bytes);

	for (size_t i = 0; watch->is_plain && i + 1 < left; i++)
		if (bytes[i] == '\r')
			return bytes + i;
	return end;
}

static void line_show(const struct watch *watch, FILE *out, int64_t task, const char *line,
		      size_t length)
{
	int is_dos = watch->is_plain && length > 0 && line[length - 1] == '\r';

	number_print(watch, out, task);
	part_show(watch, out, line, length - (size_t)is_dos, 1);
	fputc('\n', out);
}

/* Show bytes of one task. Returns how many: those of whole lines where there are numbers before
 * them, unless it `is_last`, or the line is longer than an answer. */
static size_t bytes_show(const struct watch *watch, int64_t task, const char *bytes, size_t size,
			 int is_last)
{
	int has_number = watch->is_one_of_many || (watch->tasks > 1 && watch->task < 0);
	FILE *out = watch->out == NULL ? stdout : watch->out;
	size_t shown = 0;

	if (!has_number)
		return part_show(watch, out, bytes, size, is_last && size < LINE_BYTES_MAX);
	while (shown < size) {
		const char *end = line_end(watch, bytes + shown, size - shown);
		size_t length = end == NULL ? size - shown : (size_t)(end - bytes) - shown;

		if (end == NULL && !is_last && size < LINE_BYTES_MAX)
			break;
		line_show(watch, out, task, bytes + shown, length);
		shown += length + (end != NULL);
	}
	return shown;
}

static int task_show(struct watch *watch, int64_t task, int is_last)
{
	struct client_answer answer;
	struct client_call call = {watch->live.socket, "GET", NULL, NULL, NULL, watch->live.ca, 0};
	struct parc_err err = {0};
	char path[200], attempt[32] = "";
	int code = 0;
	size_t shown = 1;

	if (watch->attempt > 0)
		snprintf(attempt, sizeof(attempt), "&attempt=%lld", (long long)watch->attempt);
	while (code == 0 && shown > 0) {
		snprintf(path, sizeof(path),
			 "/v1/jobs/%lld/output?stream=%s&task=%lld&offset=%lld%s",
			 (long long)watch->job, watch->stream, (long long)task,
			 (long long)watch->offsets[task], attempt);
		call.path = path;
		code = client_do(&call, &answer, &err);
		shown = code == 0 && answer.size > 0
				? bytes_show(watch, task, answer.bytes, answer.size, is_last)
				: 0;
		watch->offsets[task] += (int64_t)shown;
		client_answer_deinit(&answer);
	}
	return code == 0 ? COMMAND_OK : command_fail(&err);
}

int watch_output(struct watch *watch, int is_last)
{
	int code = COMMAND_OK;

	for (int64_t t = watch->task < 0 ? 0 : watch->task; code == COMMAND_OK && t < watch->tasks;
	     t++)
		code = task_show(watch, t, is_last);
	fflush(watch->out == NULL ? stdout : watch->out);
	return code;
}

void watch_deinit(struct watch *watch)
{
	free(watch->offsets);
	watch->offsets = NULL;
	watch->tasks = 0;
}

int watch_has_ended(const struct watch *watch)
{
	return strcmp(watch->state, "ended") == 0;
}

void watch_pause(void)
{
	const struct timespec pause = {.tv_nsec = PAUSE_NS};

	nanosleep(&pause, NULL);
}
