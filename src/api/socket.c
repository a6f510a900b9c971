/* SPDX-License-Identifier: Apache-2.0
 *
 * Sockets to listen on.
 */
#include <errno.h>
#include <netdb.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "api/listener.h"

#define BACKLOG	 1024
#define HOST_MAX 64

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

int socket_open_path(struct listener *listener, const char *path, struct parc_err *err)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	int file;

	if (strlen(path) >= sizeof(address.sun_path))
		return parc_err_set(err, PARC_ERR_INVALID,
				    "the socket's path has more than %zu bytes: %s",
				    sizeof(address.sun_path) - 1, path);
	memcpy(address.sun_path, path, strlen(path));
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
	listener->socket = file;
	listener->is_local = 1;
	snprintf(listener->address, sizeof(listener->address), "%s", path);
	return 0;
}

/* Split "PORT", "HOST:PORT" and "[HOST]:PORT"; the host is this machine when it is left out. */
static int address_split(const char *address, char host[HOST_MAX], const char **port,
			 struct parc_err *err)
{
	const char *colon = strrchr(address, ':'), *begin = address;
	size_t length = colon == NULL ? 0 : (size_t)(colon - address);

	if (length >= 2 && address[0] == '[' && address[length - 1] == ']') {
		begin = address + 1;
		length -= 2;
	}
	if (length >= HOST_MAX)
		return parc_err_set(err, PARC_ERR_INVALID, "'%.80s' is too long for an address",
				    address);
	*port = colon == NULL ? address : colon + 1;
	snprintf(host, HOST_MAX, "%.*s", colon == NULL ? 9 : (int)length,
		 colon == NULL ? "127.0.0.1" : begin);
	return 0;
}

static int is_loopback(const struct sockaddr *address)
{
	if (address->sa_family == AF_INET6)
		return IN6_IS_ADDR_LOOPBACK(&((const struct sockaddr_in6 *)address)->sin6_addr);
	return ntohl(((const struct sockaddr_in *)address)->sin_addr.s_addr) >> 24 == 127;
}

static int address_listen(struct listener *listener, const struct addrinfo *at, const char *address,
			  struct parc_err *err)
{
	int on = 1;
	int file = socket(at->ai_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

	if (file < 0 || setsockopt(file, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on)) != 0 ||
	    bind(file, at->ai_addr, at->ai_addrlen) != 0 || listen(file, BACKLOG) != 0) {
		parc_err_set(err, PARC_ERR_IO, "%s: %s", address, strerror(errno));
		if (file >= 0)
			close(file);
		return PARC_ERR_IO;
	}
	listener->socket = file;
	listener->is_loopback = is_loopback(at->ai_addr);
	return 0;
}

/* As the system has it now: port 0 has become one that was free. */
static void address_name(struct listener *listener, const char *host)
{
	struct sockaddr_storage own = {0};
	socklen_t size = sizeof(own);
	int is_6 = strchr(host, ':') != NULL;
	uint16_t port;

	getsockname(listener->socket, (struct sockaddr *)&own, &size);
	port = is_6 ? ((struct sockaddr_in6 *)&own)->sin6_port
		    : ((struct sockaddr_in *)&own)->sin_port;
	snprintf(listener->address, sizeof(listener->address), "%s://%s%s%s:%d",
		 listener->is_tls ? "https" : "http", is_6 ? "[" : "", host, is_6 ? "]" : "",
		 ntohs(port));
}

int socket_open_address(struct listener *listener, const char *address, struct parc_err *err)
{
	const struct addrinfo wanted = {.ai_flags = AI_NUMERICHOST | AI_NUMERICSERV | AI_PASSIVE,
					.ai_socktype = SOCK_STREAM};
	struct addrinfo *found = NULL;
	char host[HOST_MAX];
	const char *port = NULL;
	int code = address_split(address, host, &port, err);

	if (code != 0)
		return code;
	code = getaddrinfo(host, port, &wanted, &found);
	if (code != 0)
		return parc_err_set(err, PARC_ERR_INVALID,
				    "'%.80s' is no address to listen on (%s): give PORT, "
				    "ADDRESS:PORT or [ADDRESS]:PORT in numbers",
				    address, gai_strerror(code));
	code = address_listen(listener, found, address, err);
	freeaddrinfo(found);
	if (code == 0)
		address_name(listener, host);
	return code;
}
