/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/watch.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

#define PAUSE_NS 100000000

int watch_state(struct watch *watch)
{
	struct client_answer answer;
	struct live live = watch->live;
	char path[64];
	const json_t *code;
	int status;

	live.json = 0;
	snprintf(path, sizeof(path), "/v1/jobs/%lld", (long long)watch->job);
	status = live_call(&live, "GET", path, NULL, &answer);
	if (status == COMMAND_OK) {
		code = json_object_get(answer.json, "exit_code");
		snprintf(watch->state, sizeof(watch->state), "%.15s",
			 live_string(answer.json, "state"));
		snprintf(watch->result, sizeof(watch->result), "%.15s",
			 live_string(answer.json, "result"));
		snprintf(watch->detail, sizeof(watch->detail), "%.255s",
			 live_string(answer.json, "detail"));
		watch->exit_code = json_is_integer(code) ? json_integer_value(code) : -1;
		watch->signal = live_integer(answer.json, "signal");
		if (watch->attempt == 0 &&
		    live_integer(answer.json, "attempts") != watch->shown_attempt) {
			watch->shown_attempt = live_integer(answer.json, "attempts");
			watch->offset = 0;
		}
	}
	client_answer_deinit(&answer);
	return status;
}

int watch_output(struct watch *watch)
{
	struct client_answer answer;
	struct client_call call = {watch->live.socket, "GET", NULL, NULL, NULL, watch->live.ca, 0};
	struct parc_err err = {0};
	char path[200], attempt[32] = "";
	int code = 0;
	size_t got = 1;

	if (watch->attempt > 0)
		snprintf(attempt, sizeof(attempt), "&attempt=%lld", (long long)watch->attempt);
	while (code == 0 && got > 0) {
		snprintf(path, sizeof(path),
			 "/v1/jobs/%lld/output?stream=%s&task=%lld&offset=%lld%s",
			 (long long)watch->job, watch->stream, (long long)watch->task,
			 (long long)watch->offset, attempt);
		call.path = path;
		code = client_do(&call, &answer, &err);
		got = code == 0 ? answer.size : 0;
		if (got > 0)
			fwrite(answer.bytes, 1, got, stdout);
		watch->offset += (int64_t)got;
		client_answer_deinit(&answer);
	}
	fflush(stdout);
	return code == 0 ? COMMAND_OK : command_fail(&err);
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
