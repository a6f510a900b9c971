/* SPDX-License-Identifier: Apache-2.0
 *
 * Calling the daemon: over its Unix socket, or over HTTP with a token. The daemon is found by the
 * options --socket or --url, else by PARC_SOCKET, else at the default path; a value that begins
 * with http:// or https:// is a server, called with the token in PARC_TOKEN. Its certificate is
 * checked against the file of --ca, else of PARC_CA, else against those that the system trusts.
 */
#ifndef CLI_CLIENT_H
#define CLI_CLIENT_H

#include <jansson.h>

#include "parc/error.h"

#define CLIENT_ANSWER_MAX (64 << 20) /* bytes of an answer */

/* The path that a daemon of this user listens on when it is told nothing else. */
const char *client_default_path(void);

struct client_answer {
	long status;
	json_t *json; /* NULL when it is no JSON */
	char *bytes;
	size_t size;
};

struct client_call {
	const char *socket; /* as given by --socket or --url, or NULL */
	const char *method, *path;
	json_t *body;	 /* or NULL */
	const char *key; /* idempotency key, or NULL */
	const char *ca;	 /* as given by --ca, or NULL */
	long seconds;	 /* that it may take; 0: 60 */
};

/* Call and wait for the answer. A refusal of the daemon is PARC_ERR_STATE with its sentence. The
 * caller ends the answer with client_answer_deinit, also after a failure. */
int client_do(const struct client_call *call, struct client_answer *answer, struct parc_err *err);
void client_answer_deinit(struct client_answer *answer);

#endif
