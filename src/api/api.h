/* SPDX-License-Identifier: Apache-2.0
 *
 * The HTTP interface of the daemon: listeners on a Unix socket, where the caller's user id is the
 * identity, and on TCP of this machine, where a token is. It has no thread of its own: each
 * listener is a source of the daemon's loop. What changes something is stepped when it comes and
 * answered after the commit; what reads is answered then, too, so readers see committed state.
 *
 * Bounds: a body of 256 KiB, headers of 16 KiB, API_CONNECTIONS connections of a listener and a
 * part of them for one caller, 30 s for a request to come in whole and 300 s for its answer to be
 * taken, and a rate of requests for each caller that is no operator.
 */
#ifndef API_API_H
#define API_API_H

#include "daemon/daemon.h"

#define API_BODY_MAX	  (1 << 18)
#define API_HEADERS_MAX	  (1 << 14)
#define API_CONNECTIONS	  2048
#define API_CALLER_PART	  4  /* of the connections, for one caller */
#define API_RESERVED_PART 32 /* of the connections, for root and the daemon's user */
#define API_TIMEOUT_S	  30
#define API_SENDING_S	  300
#define API_LIST_MAX	  1000
#define API_KEY_MAX	  128	    /* bytes of an idempotency key */
#define API_OUTPUT_MAX	  (1 << 20) /* bytes of a job's output in one answer */
#define API_TOKEN_DAYS	  3650

struct api;

struct api_places {
	const char *path;    /* of the Unix socket; one that nobody listens on is replaced */
	const char *address; /* of TCP: "PORT", "HOST:PORT", "[HOST]:PORT"; NULL: none */
	int is_plain;	     /* TCP beyond this machine may be without TLS */
};

/* Listen there; both become sources of the daemon. With a certificate TCP speaks TLS. */
int api_open(struct api **api, struct daemon *daemon, const struct api_places *places,
	     struct parc_err *err);
void api_close(struct api *api); /* takes NULL */

/* The interface as an OpenAPI document; the caller's. */
json_t *api_openapi(void);

/* docs/api.md as text; the caller frees it. */
char *api_document(void);

#endif
