/* SPDX-License-Identifier: Apache-2.0
 *
 * Between libmicrohttpd and the handlers. A request is read, its caller and its route are found;
 * what changes something is handled at once, and then its connection is suspended until the round
 * is committed. Then what reads is handled, each connection goes on, and the library asks for the
 * answer.
 */
#include <errno.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "api/request.h"

#define BACKLOG 1024

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

static enum MHD_Result on_request(void *context, struct MHD_Connection *connection,
				  const char *path, const char *method, const char *version,
				  const char *bytes, size_t *size, void **own)
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

static void on_completed(void *context, struct MHD_Connection *connection, void **own,
			 enum MHD_RequestTerminationCode why)
{
	struct request *request = *own;

	(void)context;
	(void)connection;
	(void)why;
	if (request == NULL)
		return;
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

/* ---- The source of the daemon's loop */

static void collect(void *context)
{
	struct listener *listener = context;

	listener->api->is_resumed = 0;
	MHD_run(listener->server);
}

static void answer(void *context)
{
	struct listener *listener = context;
	struct api *api = listener->api;
	struct request *next;

	for (struct request *it = api->waiting; it != NULL; it = next) {
		next = it->next;
		if (it->status == 0)
			request_handle(it);
		it->stage = REQUEST_READY;
		MHD_resume_connection(it->connection);
		api->is_resumed = 1;
	}
	api->waiting = NULL;
	api->waiting_last = &api->waiting;
	api->waiting_count = 0;
	events_wake(api);
}

/* All are the first listener's, so that none is counted twice. */
static int32_t waiting(void *context)
{
	struct listener *listener = context;

	return listener == listener->api->listeners ? listener->api->waiting_count : 0;
}

static int64_t timeout_us(void *context)
{
	struct listener *listener = context;
	MHD_UNSIGNED_LONG_LONG timeout_ms;

	if (listener->api->is_resumed || listener->api->waiting != NULL)
		return 0;
	if (MHD_get_timeout(listener->server, &timeout_ms) != MHD_YES)
		return -1;
	return (int64_t)timeout_ms * 1000;
}

static int listener_start(struct api *api, int socket, int is_local, struct parc_err *err)
{
	struct listener *it = &api->listeners[api->listeners_count];
	const union MHD_DaemonInfo *info;
	struct daemon_source source = {.context = it,
				       .collect = collect,
				       .waiting = waiting,
				       .answer = answer,
				       .timeout_us = timeout_us};

	*it = (struct listener){.api = api, .is_local = is_local};
	it->server = MHD_start_daemon(
		MHD_USE_EPOLL | MHD_ALLOW_SUSPEND_RESUME, 0, NULL, NULL, on_request, it,
		MHD_OPTION_LISTEN_SOCKET, socket, MHD_OPTION_NOTIFY_COMPLETED, on_completed, it,
		MHD_OPTION_CONNECTION_LIMIT, (unsigned int)API_CONNECTIONS,
		MHD_OPTION_CONNECTION_TIMEOUT, (unsigned int)API_TIMEOUT_S,
		MHD_OPTION_CONNECTION_MEMORY_LIMIT, (size_t)API_HEADERS_MAX, MHD_OPTION_END);
	if (it->server == NULL) {
		close(socket);
		return parc_err_set(err, PARC_ERR_IO, "the HTTP server could not be started");
	}
	api->listeners_count++;
	info = MHD_get_daemon_info(it->server, MHD_DAEMON_INFO_EPOLL_FD);
	source.fd = info->epoll_fd;
	return daemon_add_source(api->daemon, &source, err);
}

/* ---- Sockets */

/* A socket file that nobody listens on is left over from a daemon that was killed. */
static int path_free(const char *path, const struct sockaddr_un *address, struct parc_err *err)
{
	int probe = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0), code;

	code = connect(probe, (const struct sockaddr *)address, sizeof(*address));
	close(probe);
	if (code == 0)
		return parc_err_set(err, PARC_ERR_STATE,
				    "another daemon listens on %s; name another socket", path);
	if (errno == ECONNREFUSED)
		unlink(path);
	return 0;
}

static int local_open(struct api *api, const char *path, struct parc_err *err)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	int file;

	if (strlen(path) >= sizeof(address.sun_path))
		return parc_err_set(err, PARC_ERR_INVALID,
				    "the socket's path has more than %zu bytes: %s",
				    sizeof(address.sun_path) - 1, path);
	memcpy(address.sun_path, path, strlen(path));
	memcpy(api->path, path, strlen(path));
	if (path_free(path, &address, err) != 0)
		return PARC_ERR_STATE;
	file = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (file < 0 || bind(file, (struct sockaddr *)&address, sizeof(address)) != 0 ||
	    chmod(path, 0666) != 0 || listen(file, BACKLOG) != 0) {
		parc_err_set(err, PARC_ERR_IO, "%s: %s", path, strerror(errno));
		if (file >= 0)
			close(file);
		return PARC_ERR_IO;
	}
	return listener_start(api, file, 1, err);
}

static int tcp_open(struct api *api, int port, struct parc_err *err)
{
	struct sockaddr_in address = {.sin_family = AF_INET,
				      .sin_port = htons((uint16_t)port),
				      .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	int file = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0), on = 1;

	if (file < 0 || setsockopt(file, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on)) != 0 ||
	    bind(file, (struct sockaddr *)&address, sizeof(address)) != 0 ||
	    listen(file, BACKLOG) != 0) {
		parc_err_set(err, PARC_ERR_IO, "127.0.0.1:%d: %s", port, strerror(errno));
		if (file >= 0)
			close(file);
		return PARC_ERR_IO;
	}
	return listener_start(api, file, 0, err);
}

int api_open(struct api **out, struct daemon *daemon, const char *path, int port,
	     struct parc_err *err)
{
	struct api *api = calloc(1, sizeof(*api));
	int code;

	*out = NULL;
	if (api == NULL)
		return parc_err_set(err, PARC_ERR_MEMORY, "no memory for the interface");
	api->daemon = daemon;
	api->waiting_last = &api->waiting;
	code = local_open(api, path, err);
	if (code == 0 && port > 0)
		code = tcp_open(api, port, err);
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
	for (int i = 0; i < api->listeners_count; i++)
		MHD_stop_daemon(api->listeners[i].server);
	if (api->path[0] != '\0')
		unlink(api->path);
	free(api);
}
