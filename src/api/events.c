/* SPDX-License-Identifier: Apache-2.0
 *
 * Server-sent events: what becomes of jobs, one event a change. The daemon keeps the last changes
 * in a ring; a listener that is further behind is told so (event "gap") and goes on from what
 * there is. A stream with nothing to send is suspended and costs nothing.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "api/request.h"

#define LAST_MAX	200 /* changes in an answer that is no stream */
#define EVENT_BYTES_MAX 400 /* of one change as text */
#define BLOCK_BYTES	8192
#define BEAT_US		INT64_C(15000000) /* a stream without news is sent a comment */

/* Index of the first change in the ring with a number above `number`. */
static int64_t seen_find(const struct daemon *daemon, int64_t number)
{
	int64_t at = daemon->changes_count;
	int64_t oldest = at > DAEMON_CHANGES ? at - DAEMON_CHANGES : 0;

	while (at > oldest && daemon->changes[(at - 1) % DAEMON_CHANGES].number > number)
		at--;
	return at;
}

static int is_wanted(const struct request *request, const struct daemon_change *change)
{
	if (request->follow_job != 0)
		return change->job == request->follow_job; /* which it may see */
	return caller_sees_all(&request->caller) ||
	       (change->uid == request->caller.uid && request->caller.tenant[0] == '\0');
}

static ssize_t event_write(char *out, size_t room, const struct daemon_change *it)
{
	return snprintf(out, room,
			"id: %lld\nevent: job\ndata: {\"number\": %lld, \"time_us\": %lld, "
			"\"job\": %lld, \"state\": \"%s\", \"result\": \"%s\", \"reason\": "
			"\"%s\", \"warning\": \"%s\"}\n\n",
			(long long)it->number, (long long)it->number, (long long)it->time_us,
			(long long)it->job, parc_job_state_name(it->state),
			parc_result_name(it->result), parc_reason_name(it->reason),
			it->warning == 0 ? "none" : parc_warning_name(it->warning));
}

static ssize_t on_read(void *context, uint64_t position, char *out, size_t room)
{
	struct request *request = context;
	struct daemon *daemon = request->api->daemon;
	ssize_t used = 0;

	(void)position;
	if (daemon->changes_count - request->follow_seen > DAEMON_CHANGES) {
		request->follow_seen = daemon->changes_count - DAEMON_CHANGES;
		return snprintf(out, room, "event: gap\ndata: {}\n\n");
	}
	while (request->follow_seen < daemon->changes_count &&
	       room - (size_t)used > EVENT_BYTES_MAX) {
		const struct daemon_change *it =
			&daemon->changes[request->follow_seen++ % DAEMON_CHANGES];

		if (is_wanted(request, it))
			used += event_write(out + used, room - (size_t)used, it);
	}
	if (used == 0 && request->is_beat)
		used = snprintf(out, room, ":\n\n");
	request->is_beat = 0;
	if (used > 0)
		return used;
	if (!request->is_following) {
		request->is_following = 1;
		request->next = request->api->following;
		request->api->following = request;
	}
	if (request->api->beat_us == TICKS_NEVER)
		request->api->beat_us = wall_ticks_us() + BEAT_US;
	MHD_suspend_connection(request->connection);
	return 0;
}

static json_t *change_json(struct daemon *daemon, const struct daemon_change *it)
{
	struct store_job row;
	int is_there = store_job_find(daemon->store, it->job, &row, NULL) == 1;

	return json_pack("{s:I, s:I, s:I, s:s, s:s, s:s, s:s, s:s, s:s}", "number",
			 (json_int_t)it->number, "time_us", (json_int_t)it->time_us, "job",
			 (json_int_t)it->job, "name", is_there ? row.name : "", "user",
			 is_there ? row.user : "", "state", parc_job_state_name(it->state),
			 "result", parc_result_name(it->result), "reason",
			 parc_reason_name(it->reason), "warning",
			 it->warning == 0 ? "none" : parc_warning_name(it->warning));
}

/* The last changes that the caller may see, the oldest first. */
static int last_answer(struct request *request, int64_t last, struct parc_err *err)
{
	struct daemon *daemon = request->api->daemon;
	int64_t at = daemon->changes_count, found = 0;
	int64_t oldest = at > DAEMON_CHANGES ? at - DAEMON_CHANGES : 0;
	json_t *list = json_array();

	while (at > oldest && found < last) {
		const struct daemon_change *it = &daemon->changes[--at % DAEMON_CHANGES];

		if (!is_wanted(request, it))
			continue;
		json_array_insert_new(list, 0, change_json(daemon, it));
		found++;
	}
	return answer_json(request, MHD_HTTP_OK, json_pack("{s:o}", "events", list), err);
}

int handle_events(struct request *request, struct parc_err *err)
{
	const char *last =
		MHD_lookup_connection_value(request->connection, MHD_HEADER_KIND, "Last-Event-ID");
	struct daemon *daemon = request->api->daemon;
	int64_t after = store_last(daemon->store);
	struct store_job job;
	int64_t few = 0;
	int code = parameter_number(request, "after", (int64_t[]){0, INT64_MAX}, &after, err);

	if (code == 0)
		code = parameter_number(request, "last", (int64_t[]){1, LAST_MAX}, &few, err);

	if (code == 0)
		code = parameter_number(request, "job", (int64_t[]){1, INT64_MAX},
					&request->follow_job, err);
	request->id = request->follow_job;
	if (code == 0 && request->follow_job != 0)
		code = job_get(request, 0, &job, err);
	if (code != 0)
		return code;
	if (few > 0)
		return last_answer(request, few, err);
	if (last != NULL)
		after = strtoll(last, NULL, 10);
	request->follow_seen = seen_find(daemon, after);
	request->response = MHD_create_response_from_callback(MHD_SIZE_UNKNOWN, BLOCK_BYTES,
							      on_read, request, NULL);
	if (request->response == NULL)
		return parc_err_set(err, PARC_ERR_MEMORY, "no memory for a stream");
	MHD_add_response_header(request->response, MHD_HTTP_HEADER_CONTENT_TYPE,
				"text/event-stream");
	request->status = MHD_HTTP_OK;
	request->is_stream = 1;
	return 0;
}

/* Let those go on that have news, or with `is_beat` all. */
static void following_resume(struct api *api, int is_beat)
{
	struct request *it = api->following, *next;

	api->following = NULL;
	for (; it != NULL; it = next) {
		next = it->next;
		if (it->follow_seen == api->daemon->changes_count && !is_beat) {
			it->next = api->following;
			api->following = it;
			continue;
		}
		it->is_following = 0;
		it->is_beat = is_beat;
		MHD_resume_connection(it->connection);
		api->is_resumed = 1;
	}
}

void events_wake(struct api *api)
{
	if (api->following != NULL)
		following_resume(api, 0);
}

/* A suspended connection is not looked at, so one that was closed is only noticed by writing. */
void events_beat(struct api *api)
{
	if (api->beat_us > wall_ticks_us())
		return;
	api->beat_us = TICKS_NEVER;
	following_resume(api, 1);
}

void events_end(struct request *request)
{
	struct request **at = &request->api->following;

	if (!request->is_following)
		return;
	while (*at != NULL && *at != request)
		at = &(*at)->next;
	if (*at != NULL)
		*at = request->next;
	request->is_following = 0;
}
