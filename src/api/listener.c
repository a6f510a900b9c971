/* SPDX-License-Identifier: Apache-2.0
 *
 * Accepting, turning away, deadlines. Of the places of a listener one caller (a user on the Unix
 * socket, an address of another machine on TCP) gets a part, and the last ones are for root and
 * the daemon's own user, so that the operator gets in whatever others do. Who does not get in is
 * answered with 503 and let go.
 *
 * Cost: an acceptance walks over the listener's connections; a deadline that passes does, too.
 */
#include "api/listener.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include "api/request.h"
#include "base/hash.h"

#define ACCEPTED_ROUND 128 /* in one round, so that others go on meanwhile */
#define FILES_PART     4   /* of the files that may be open are a listener's */
#define NETWORK_BYTES  8   /* of an address of IPv6: what follows its holder chooses himself */
#define SECOND_US      INT64_C(1000000)
#define PRIORITIES     "NORMAL:-VERS-ALL:+VERS-TLS1.3:+VERS-TLS1.2"

#define REFUSAL(status, text)                                                         \
	"HTTP/1.1 " status "\r\nContent-Type: application/json\r\nRetry-After: 1\r\n" \
	"Connection: close\r\n\r\n{\"error\":{\"code\":\"FULL\",\"message\":\"" text "\"}}"

static const char full_text[] =
	REFUSAL("503 Service Unavailable", "too many connections; try again in a moment");
static const char late_text[] =
	REFUSAL("408 Request Timeout", "the request did not come within its time");

/* The library's callback has no context: it is the pair of the listener that runs now. */
static const struct tls *tls_now;

static int on_certificate(gnutls_session_t session, const gnutls_datum_t *names, int names_count,
			  const gnutls_pk_algorithm_t *kinds, int kinds_count,
			  gnutls_pcert_st **chain, unsigned int *chain_count, gnutls_privkey_t *key)
{
	(void)session;
	(void)names;
	(void)names_count;
	(void)kinds;
	(void)kinds_count;
	*chain = (gnutls_pcert_st *)tls_now->chain;
	*chain_count = tls_now->chain_count;
	*key = tls_now->key;
	return 0;
}

/* ---- Visits */

static void visit_begin(struct listener *listener, struct visit *visit)
{
	visit->next = listener->visits;
	visit->link = &listener->visits;
	if (visit->next != NULL)
		visit->next->link = &visit->next;
	listener->visits = visit;
	listener->count++;
}

static void visit_end(struct visit *visit)
{
	*visit->link = visit->next;
	if (visit->next != NULL)
		visit->next->link = visit->link;
	visit->listener->count--;
	free(visit);
}

void visit_set(struct visit *visit, enum visit_stage stage)
{
	static const int64_t seconds[] = {API_TIMEOUT_S, 0, API_SENDING_S, 0};
	struct listener *listener = visit->listener;

	visit->stage = stage;
	visit->until_us = seconds[stage] == 0 ? 0 : wall_ticks_us() + seconds[stage] * SECOND_US;
	if (visit->until_us != 0 && visit->until_us < listener->check_us)
		listener->check_us = visit->until_us;
}

struct visit *visit_of(struct MHD_Connection *connection)
{
	return MHD_get_connection_info(connection, MHD_CONNECTION_INFO_SOCKET_CONTEXT)
		->socket_context;
}

/* The library closes a connection whose other end is gone; shut down, it is as good as gone. */
static void visits_check(struct listener *listener)
{
	int64_t now_us = wall_ticks_us();

	if (now_us < listener->check_us)
		return;
	listener->check_us = TICKS_NEVER;
	for (struct visit *it = listener->visits; it != NULL; it = it->next) {
		if (it->until_us == 0)
			continue;
		if (it->until_us > now_us) {
			if (it->until_us < listener->check_us)
				listener->check_us = it->until_us;
			continue;
		}
		if (it->stage == VISIT_READING && !listener->is_tls)
			(void)!send(it->fd, late_text, strlen(late_text), MSG_NOSIGNAL);
		shutdown(it->fd, SHUT_RDWR);
		it->until_us = 0;
		listener->api->late++;
	}
}

static void on_connection(void *context, struct MHD_Connection *connection, void **own,
			  enum MHD_ConnectionNotificationCode what)
{
	struct listener *listener = context;

	(void)connection;
	if (what == MHD_CONNECTION_NOTIFY_STARTED) {
		*own = listener->arriving;
		visit_begin(listener, listener->arriving);
		listener->arriving = NULL;
	} else if (*own != NULL) {
		visit_end(*own);
		*own = NULL;
	}
}

/* ---- Accepting */

/* Who it is; *is_bound: he gets a part of the places only. */
static uint64_t who_of(const struct listener *listener, int fd, const struct sockaddr *address,
		       int *is_bound)
{
	struct ucred peer = {.uid = UINT32_MAX};
	socklen_t size = sizeof(peer);

	if (listener->is_local) {
		getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &size);
		*is_bound = peer.uid != 0 && peer.uid != geteuid();
		return peer.uid;
	}
	*is_bound = !listener->is_loopback;
	if (address->sa_family == AF_INET6)
		return hash_bytes(HASH_START, &((const struct sockaddr_in6 *)address)->sin6_addr,
				  NETWORK_BYTES);
	return hash_bytes(HASH_START, &((const struct sockaddr_in *)address)->sin_addr, 4);
}

static int has_place(const struct listener *listener, uint64_t who, int is_bound)
{
	int32_t of_who = 0;

	if (!is_bound)
		return listener->count < listener->count_max;
	if (listener->count >= listener->count_max - listener->count_max / API_RESERVED_PART)
		return 0;
	for (const struct visit *it = listener->visits; it != NULL; it = it->next)
		of_who += it->who == who;
	return of_who < listener->count_max / API_CALLER_PART;
}

/* Say it, take what came, so that closing does not undo the answer, and close. */
static void turn_away(struct listener *listener, int fd)
{
	char bytes[1024];

	if (!listener->is_tls)
		(void)!send(fd, full_text, strlen(full_text), MSG_NOSIGNAL | MSG_DONTWAIT);
	shutdown(fd, SHUT_WR);
	(void)!recv(fd, bytes, sizeof(bytes), MSG_DONTWAIT);
	close(fd);
	listener->api->turned_away++;
}

static void admit(struct listener *listener, int fd, const struct sockaddr *address,
		  socklen_t address_size)
{
	struct visit *visit;
	int is_bound;
	uint64_t who = who_of(listener, fd, address, &is_bound);

	visit = has_place(listener, who, is_bound) ? calloc(1, sizeof(*visit)) : NULL;
	if (visit == NULL) {
		turn_away(listener, fd);
		return;
	}
	*visit = (struct visit){.listener = listener, .fd = fd, .who = who};
	visit_set(visit, VISIT_READING);
	listener->arriving = visit;
	/* When it fails, the connection is closed; if it was counted, it has been taken off again.
	 */
	MHD_add_connection(listener->server, fd, address, address_size);
	free(listener->arriving);
	listener->arriving = NULL;
}

/* No file can be opened: with the spare one given up, who is next is turned away. */
static void accept_starved(struct listener *listener)
{
	int fd;

	close(listener->spare);
	fd = accept4(listener->socket, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
	if (fd >= 0)
		turn_away(listener, fd);
	listener->spare = open("/dev/null", O_RDONLY | O_CLOEXEC);
}

static void accept_all(struct listener *listener)
{
	for (int i = 0; i < ACCEPTED_ROUND; i++) {
		struct sockaddr_storage address = {0};
		socklen_t size = sizeof(address);
		int fd = accept4(listener->socket, (struct sockaddr *)&address, &size,
				 SOCK_CLOEXEC | SOCK_NONBLOCK);

		if (fd >= 0)
			admit(listener, fd, (struct sockaddr *)&address, size);
		else if (errno == EMFILE || errno == ENFILE)
			accept_starved(listener);
		else if (errno != ECONNABORTED && errno != EINTR)
			return;
	}
}

/* ---- The source of the daemon's loop */

static void collect(void *context)
{
	struct listener *listener = context;

	listener->api->is_resumed = 0;
	tls_now = listener->api->daemon->tls;
	accept_all(listener);
	visits_check(listener);
	events_beat(listener->api);
	MHD_run(listener->server);
}

static void answer(void *context)
{
	requests_answer(((struct listener *)context)->api);
}

/* All are the first listener's, so that none is counted twice. */
static int32_t waiting(void *context)
{
	struct listener *listener = context;

	return listener == listener->api->listeners ? listener->api->waiting_count : 0;
}

/* The sooner of two spans, -1 being never. */
static int64_t sooner_us(int64_t a_us, int64_t b_us)
{
	return a_us < 0 || (b_us >= 0 && b_us < a_us) ? b_us : a_us;
}

static int64_t timeout_us(void *context)
{
	struct listener *listener = context;
	MHD_UNSIGNED_LONG_LONG timeout_ms;
	int64_t least_us, now_us = wall_ticks_us();

	if (listener->api->is_resumed || listener->api->waiting != NULL)
		return 0;
	least_us = listener->check_us < listener->api->beat_us ? listener->check_us
							       : listener->api->beat_us;
	if (least_us == TICKS_NEVER)
		least_us = -1;
	else
		least_us = least_us > now_us ? least_us - now_us : 0;
	if (MHD_get_timeout(listener->server, &timeout_ms) == MHD_YES)
		least_us = sooner_us(least_us, (int64_t)timeout_ms * 1000);
	return least_us;
}

/* ---- Opening */

/* So many connections that files are left for jobs and the other listener. */
static int32_t places(void)
{
	struct rlimit limit;

	if (getrlimit(RLIMIT_NOFILE, &limit) != 0 || limit.rlim_cur / FILES_PART > API_CONNECTIONS)
		return API_CONNECTIONS;
	return (int32_t)(limit.rlim_cur / FILES_PART);
}

static int server_start(struct listener *listener, struct parc_err *err)
{
	struct MHD_OptionItem tls[] = {{MHD_OPTION_HTTPS_CERT_CALLBACK, 0, (void *)on_certificate},
				       {MHD_OPTION_HTTPS_PRIORITIES, 0, (void *)PRIORITIES},
				       {MHD_OPTION_END, 0, NULL}};
	struct MHD_OptionItem none[] = {{MHD_OPTION_END, 0, NULL}};
	unsigned int flags = MHD_USE_EPOLL | MHD_ALLOW_SUSPEND_RESUME | MHD_USE_NO_LISTEN_SOCKET;

	listener->server =
		MHD_start_daemon(flags | (listener->is_tls ? MHD_USE_TLS : 0), 0, NULL, NULL,
				 on_request, listener, MHD_OPTION_NOTIFY_CONNECTION, on_connection,
				 listener, MHD_OPTION_NOTIFY_COMPLETED, on_completed, listener,
				 MHD_OPTION_CONNECTION_LIMIT, (unsigned int)listener->count_max,
				 MHD_OPTION_CONNECTION_TIMEOUT, (unsigned int)API_TIMEOUT_S,
				 MHD_OPTION_CONNECTION_MEMORY_LIMIT, (size_t)API_HEADERS_MAX,
				 MHD_OPTION_ARRAY, listener->is_tls ? tls : none, MHD_OPTION_END);
	if (listener->server != NULL)
		return 0;
	return parc_err_set(err, PARC_ERR_IO, "the HTTP server could not be started");
}

int listener_open(struct listener *listener, struct parc_err *err)
{
	struct epoll_event own = {.events = EPOLLIN}, library = {.events = EPOLLIN};
	struct daemon_source source = {.context = listener,
				       .collect = collect,
				       .waiting = waiting,
				       .answer = answer,
				       .timeout_us = timeout_us};
	int code;

	listener->check_us = TICKS_NEVER;
	listener->count_max = places();
	listener->spare = open("/dev/null", O_RDONLY | O_CLOEXEC);
	listener->poll_fd = source.fd = epoll_create1(EPOLL_CLOEXEC);
	code = server_start(listener, err);
	if (code != 0)
		return code;
	library.data.fd = MHD_get_daemon_info(listener->server, MHD_DAEMON_INFO_EPOLL_FD)->epoll_fd;
	if (epoll_ctl(listener->poll_fd, EPOLL_CTL_ADD, listener->socket, &own) != 0 ||
	    epoll_ctl(listener->poll_fd, EPOLL_CTL_ADD, library.data.fd, &library) != 0)
		return parc_err_set(err, PARC_ERR_IO, "waiting is not possible: %s",
				    strerror(errno));
	return daemon_add_source(listener->api->daemon, &source, err);
}

void listener_close(struct listener *listener)
{
	if (listener->server != NULL)
		MHD_stop_daemon(listener->server);
	close(listener->socket);
	if (listener->poll_fd > 0)
		close(listener->poll_fd);
	if (listener->spare > 0)
		close(listener->spare);
}
