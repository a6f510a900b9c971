/* SPDX-License-Identifier: Apache-2.0
 *
 * Between libmicrohttpd and the handlers. A request is read, its caller and its route are found;
 * what changes something is handled at once, and then its connection is suspended until the round
 * is committed. Then what reads is handled, each connection goes on, and the library asks for the
 * answer.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "api/request.h"

/* ---- Answers */

int answer_json(struct request *request, unsigned int status, json_t *answer, struct parc_err *err)
{
	if (answer == NULL)
		return parc_err_set(err, PARC_ERR_MEMORY, "no memory for the answer");
	request->status = status;
	request->answer = answer;
	return 0;
}

int answer_text(struct request *request, const char *type, const char *text, size_t size,
		struct parc_err *err)
{
	request->response =
		MHD_create_response_from_buffer(size, (void *)text, MHD_RESPMEM_MUST_COPY);
	if (request->response == NULL)
		return parc_err_set(err, PARC_ERR_MEMORY, "no memory for the answer");
	MHD_add_response_header(request->response, MHD_HTTP_HEADER_CONTENT_TYPE, type);
	request->status = MHD_HTTP_OK;
	return 0;
}

static unsigned int status_of(int code)
{
	switch (code) {
#define X(name, status, text) \
	case PARC_ERR_##name: \
		return status;
		API_ERRORS(X)
#undef X
	default:
		return MHD_HTTP_INTERNAL_SERVER_ERROR;
	}
}

static void answer_error(struct request *request, unsigned int status, const struct parc_err *err)
{
	json_decref(request->answer);
	request->answer = json_pack("{s:{s:s, s:s}}", "error", "code", parc_err_name(err->code),
				    "message", err->text);
	if (request->place[0] != '\0')
		json_object_set_new(json_object_get(request->answer, "error"), "field",
				    json_string(request->place));
	request->status = status;
	request->api->refused++;
}

static void request_handle(struct request *request)
{
	struct parc_err err = {0};
	int code = request->route->handle(request, &err);

	if (code != 0)
		answer_error(request, status_of(code), &err);
}

/* ---- Reading */

/* Does the path match the route's, with the number of {id}? */
static int route_matches(const struct api_route *route, const char *path, int64_t *id)
{
	const char *mark = strchr(route->path, '{');
	size_t length = mark == NULL ? strlen(route->path) : (size_t)(mark - route->path);
	char *end;

	if (strncmp(route->path, path, length) != 0)
		return 0;
	if (mark == NULL)
		return path[length] == '\0';
	if (path[length] < '1' || path[length] > '9')
		return 0;
	errno = 0;
	*id = strtoll(path + length, &end, 10);
	return errno == 0 && strcmp(end, mark + strlen("{id}")) == 0;
}

static void route_find(struct request *request, const char *method, const char *path)
{
	struct parc_err err = {0};
	int is_known = 0;

	for (int i = 0; i < api_routes_count; i++) {
		if (!route_matches(&api_routes[i], path, &request->id))
			continue;
		is_known = 1;
		if (strcmp(api_routes[i].method, method) == 0) {
			request->route = &api_routes[i];
			return;
		}
	}
	parc_err_set(&err, PARC_ERR_UNKNOWN,
		     is_known ? "this path has no such method" : "there is no such path");
	answer_error(request, is_known ? MHD_HTTP_METHOD_NOT_ALLOWED : MHD_HTTP_NOT_FOUND, &err);
}

static int role_may(enum api_who who, int32_t role)
{
	switch (who) {
	case API_WORKER:
		return role != DAEMON_VIEWER;
	case API_READER:
		return role != DAEMON_TENANT;
	case API_OPERATOR:
		return role == DAEMON_OPERATOR;
	default:
		return 1;
	}
}

/* Find out all that can be known before the body: a refused request's body is not kept. */
static void request_admit(struct request *request)
{
	struct parc_err err = {0};
	unsigned int status = 0;

	if (request->status != 0 || request->route->who == API_OPEN)
		return;
	status = caller_find(request, &err);
	if (status == 0 && !rate_allows(request->api, &request->caller)) {
		status = MHD_HTTP_TOO_MANY_REQUESTS;
		parc_err_set(&err, PARC_ERR_FULL, "too many requests; wait a second");
	}
	if (status == 0 && !role_may(request->route->who, request->caller.role)) {
		status = MHD_HTTP_FORBIDDEN;
		parc_err_set(&err, PARC_ERR_STATE, "this is not for %s: %s",
			     request->caller.role == DAEMON_VIEWER ? "viewers" : "tenants",
			     request->route->summary);
	}
	if (status != 0)
		answer_error(request, status, &err);
}

static struct request *request_make(struct listener *listener, struct MHD_Connection *connection,
				    const char *method, const char *path)
{
	struct request *request = calloc(1, sizeof(*request));

	if (request == NULL)
		return NULL;
	request->api = listener->api;
	request->listener = listener;
	request->connection = connection;
	request->visit = visit_of(connection);
	listener->api->requests++;
	route_find(request, method, path);
	request_admit(request);
	return request;
}

static void body_add(struct request *request, const char *bytes, size_t size)
{
	struct parc_err err = {0};
	char *body;

	if (request->status != 0)
		return;
	if (request->body_size + size > API_BODY_MAX) {
		parc_err_set(&err, PARC_ERR_FULL, "the body has more than %d bytes", API_BODY_MAX);
		answer_error(request, MHD_HTTP_CONTENT_TOO_LARGE, &err);
		return;
	}
	body = realloc(request->body, request->body_size + size + 1);
	if (body == NULL) {
		parc_err_set(&err, PARC_ERR_MEMORY, "no memory for the body");
		answer_error(request, MHD_HTTP_SERVICE_UNAVAILABLE, &err);
		return;
	}
	memcpy(body + request->body_size, bytes, size);
	request->body = body;
	request->body_size += size;
	body[request->body_size] = '\0';
}

/* ---- Waiting for the commit */

static void request_wait(struct request *request)
{
	struct api *api = request->api;

	if (request->status == 0 && request->route->when == API_STEP)
		request_handle(request);
	request->stage = REQUEST_WAITING;
	visit_set(request->visit, VISIT_WAITING);
	request->next = NULL;
	*api->waiting_last = request;
	api->waiting_last = &request->next;
	api->waiting_count++;
	MHD_suspend_connection(request->connection);
}

static enum MHD_Result answer_send(struct request *request)
{
	struct MHD_Response *response = request->response;
	enum MHD_Result result;
	char *text = NULL;

	if (response == NULL) {
		text = json_dumps(request->answer, JSON_COMPACT);
		if (text == NULL)
			return MHD_NO;
		response =
			MHD_create_response_from_buffer(strlen(text), text, MHD_RESPMEM_MUST_FREE);
		if (response == NULL) {
			free(text);
			return MHD_NO;
		}
		MHD_add_response_header(response, MHD_HTTP_HEADER_CONTENT_TYPE, "application/json");
	}
	MHD_add_response_header(response, "X-Content-Type-Options", "nosniff");
	MHD_add_response_header(response, MHD_HTTP_HEADER_CACHE_CONTROL, "no-store");
	if (request->status == MHD_HTTP_UNAUTHORIZED)
		MHD_add_response_header(response, MHD_HTTP_HEADER_WWW_AUTHENTICATE, "Bearer");
	if (request->status == MHD_HTTP_TOO_MANY_REQUESTS)
		MHD_add_response_header(response, MHD_HTTP_HEADER_RETRY_AFTER, "1");
	result = MHD_queue_response(request->connection, request->status, response);
	MHD_destroy_response(response);
	request->response = NULL;
	return result;
}

enum MHD_Result on_request(void *context, struct MHD_Connection *connection, const char *path,
			   const char *method, const char *version, const char *bytes, size_t *size,
			   void **own)
{
	struct request *request = *own;

	(void)version;
	if (request == NULL) {
		*own = request_make(context, connection, method, path);
		return *own == NULL ? MHD_NO : MHD_YES;
	}
	if (*size > 0) {
		body_add(request, bytes, *size);
		*size = 0;
		return MHD_YES;
	}
	if (request->stage == REQUEST_READY)
		return answer_send(request);
	if (request->stage == REQUEST_READING)
		request_wait(request);
	return MHD_YES;
}

static void waiting_remove(struct api *api, const struct request *request)
{
	struct request **at = &api->waiting;

	while (*at != NULL && *at != request)
		at = &(*at)->next;
	if (*at != NULL) {
		*at = request->next;
		api->waiting_count--;
	}
	for (api->waiting_last = &api->waiting; *api->waiting_last != NULL;)
		api->waiting_last = &(*api->waiting_last)->next;
}

void on_completed(void *context, struct MHD_Connection *connection, void **own,
		  enum MHD_RequestTerminationCode why)
{
	struct request *request = *own;

	(void)context;
	(void)connection;
	(void)why;
	if (request == NULL)
		return;
	visit_set(request->visit, VISIT_READING);
	if (request->stage == REQUEST_WAITING)
		waiting_remove(request->api, request);
	events_end(request);
	if (request->response != NULL)
		MHD_destroy_response(request->response);
	json_decref(request->answer);
	free(request->body);
	free(request);
	*own = NULL;
}

/* ---- Answering */

void requests_answer(struct api *api)
{
	struct request *next;

	for (struct request *it = api->waiting; it != NULL; it = next) {
		next = it->next;
		if (it->status == 0)
			request_handle(it);
		it->stage = REQUEST_READY;
		visit_set(it->visit, it->is_stream ? VISIT_STREAM : VISIT_SENDING);
		MHD_resume_connection(it->connection);
		api->is_resumed = 1;
	}
	api->waiting = NULL;
	api->waiting_last = &api->waiting;
	api->waiting_count = 0;
	events_wake(api);
}

/* ---- The interface as a whole */

/* What is not encrypted stays on this machine, unless the operator said that he wants it so. */
static int listener_check(const struct listener *listener, const struct api_places *places,
			  struct parc_err *err)
{
	if (listener->is_local || listener->is_loopback || listener->is_tls || places->is_plain)
		return 0;
	return parc_err_set(err, PARC_ERR_USAGE,
			    "%s is beyond this machine: give 'tls' a certificate and a key in the "
			    "configuration, or allow it in the clear with --listen-plain",
			    listener->address);
}

static int place_open(struct api *api, const struct api_places *places, int is_local,
		      struct parc_err *err)
{
	struct listener *it = &api->listeners[api->listeners_count];
	int code;

	*it = (struct listener){
		.api = api, .is_tls = !is_local && api->daemon->tls != NULL, .spare = -1};
	code = is_local ? socket_open_path(it, places->path, err)
			: socket_open_address(it, places->address, err);
	if (code != 0)
		return code;
	api->listeners_count++;
	code = listener_check(it, places, err);
	if (code == 0)
		code = listener_open(it, err);
	if (code == 0)
		log_write(&api->daemon->log, LOG_INFO_LEVEL, "listening on %s", it->address);
	return code;
}

int api_open(struct api **out, struct daemon *daemon, const struct api_places *places,
	     struct parc_err *err)
{
	struct api *api = calloc(1, sizeof(*api));
	int code = 0;

	*out = NULL;
	if (api == NULL)
		return parc_err_set(err, PARC_ERR_MEMORY, "no memory for the interface");
	api->daemon = daemon;
	api->waiting_last = &api->waiting;
	api->beat_us = TICKS_NEVER;
	if (places->address != NULL)
		code = place_open(api, places, 0, err);
	if (code == 0)
		code = place_open(api, places, 1, err);
	if (code == 0)
		*out = api;
	else
		api_close(api);
	return code;
}

void api_close(struct api *api)
{
	if (api == NULL)
		return;
	/* The library may not be stopped with connections suspended. Nobody is answered. */
	for (struct request *it = api->following; it != NULL; it = it->next)
		MHD_resume_connection(it->connection);
	for (struct request *it = api->waiting; it != NULL; it = it->next)
		MHD_resume_connection(it->connection);
	for (int i = 0; i < api->listeners_count; i++) {
		listener_close(&api->listeners[i]);
		if (api->listeners[i].is_local)
			unlink(api->listeners[i].address);
	}
	free(api);
}
