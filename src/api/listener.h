/* SPDX-License-Identifier: Apache-2.0
 *
 * Within the API: a socket that is listened on, and those who have come in through it. A connection
 * is accepted here and then given to libmicrohttpd, so that who comes when the house is full is
 * told so, nobody takes all places, and a request has to be whole within its time however it
 * trickles in.
 */
#ifndef API_LISTENER_H
#define API_LISTENER_H

#include <microhttpd.h>
#include <netinet/in.h>

#include "api/api.h"

struct listener;

enum visit_stage { VISIT_READING, VISIT_WAITING, VISIT_SENDING, VISIT_STREAM };

/* One connection, from its acceptance to its end. */
struct visit {
	struct listener *listener;
	struct visit *next, **link; /* all of a listener */
	int fd;
	enum visit_stage stage;
	uint64_t who;	  /* user id, or a hash of the address */
	int64_t until_us; /* in ticks; 0: as long as it takes */
};

struct listener {
	struct api *api;
	struct MHD_Daemon *server;
	int is_local; /* a Unix socket */
	int is_loopback, is_tls;
	int socket, poll_fd; /* poll_fd: of the socket and the library's */
	int spare;	     /* a file to close when no other can be opened */
	struct visit *visits, *arriving;
	int32_t count, count_max;
	int64_t check_us;   /* no deadline is before */
	char address[1100]; /* for the log */
};

/* Take the socket and start to listen: a source of the daemon. */
int listener_open(struct listener *listener, struct parc_err *err);
void listener_close(struct listener *listener);

/* What the connection does from now on; its time begins anew. */
void visit_set(struct visit *visit, enum visit_stage stage);
struct visit *visit_of(struct MHD_Connection *connection);

/* Open sockets to listen on: a path; "PORT", "HOST:PORT" or "[HOST]:PORT", numbers all. They fill
 * in socket, address and what the address says about the listener. */
int socket_open_path(struct listener *listener, const char *path, struct parc_err *err);
int socket_open_address(struct listener *listener, const char *address, struct parc_err *err);

#endif
