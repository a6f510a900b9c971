/* SPDX-License-Identifier: Apache-2.0
 *
 * The HTTP interface of the daemon: listeners on a Unix socket, where the caller's user id is the
 * identity, and on TCP of this machine, where a token is. It has no thread of its own: each
 * listener is a source of the daemon's loop. What changes something is stepped when it comes and
 * answered after the commit; what reads is answered then, too, so readers see committed state.
 *
 * Bounds: a body of 256 KiB, headers of 16 KiB, API_CONNECTIONS connections of a listener, 30 s
 * for a client to send its request, and a rate of requests for each caller that is no operator.
 */
#ifndef API_API_H
#define API_API_H

#include "daemon/daemon.h"

#define API_BODY_MAX	(1 << 18)
#define API_HEADERS_MAX (1 << 14)
#define API_CONNECTIONS 2048
#define API_TIMEOUT_S	30
#define API_LIST_MAX	1000
#define API_KEY_MAX	128	  /* bytes of an idempotency key */
#define API_OUTPUT_MAX	(1 << 20) /* bytes of a job's output in one answer */
#define API_TOKEN_DAYS	3650

struct api;

/* Listen on `path` (replacing a socket that nobody listens on) and, when `port` is above 0, on
 * 127.0.0.1:port. Both become sources of the daemon. */
int api_open(struct api **api, struct daemon *daemon, const char *path, int port,
	     struct parc_err *err);
void api_close(struct api *api); /* takes NULL */

/* The interface as an OpenAPI document; the caller's. */
json_t *api_openapi(void);

/* docs/api.md as text; the caller frees it. */
char *api_document(void);

#endif
