/* SPDX-License-Identifier: Apache-2.0
 *
 * The daemon's certificate and its key, as files in PEM: read at the start and again when the
 * configuration is, so that a renewed certificate needs no restart. The key has to be a regular
 * file of root or of the daemon's user that others can neither read nor write.
 *
 * A handshake may be under way with the pair that was in force when it began, so a replaced one
 * stays until the end. A pair is only replaced when its bytes have changed.
 */
#ifndef DAEMON_TLS_H
#define DAEMON_TLS_H

#include <stdint.h>

#include <gnutls/abstract.h>

#include "parc/error.h"

#define TLS_CHAIN_MAX 16 /* certificates in the file: the own one and those that signed it */

struct tls {
	gnutls_pcert_st chain[TLS_CHAIN_MAX];
	unsigned int chain_count;
	gnutls_privkey_t key;
	int64_t expires_s; /* seconds since 1970 */
	uint64_t hash;	   /* of both files */
	struct tls *older; /* or NULL */
};

/* Read both files. When they changed, *tls is the new pair with the old one behind it; NULL stands
 * for none. On failure *tls stays as it is and the sentence names the file. */
int tls_load(struct tls **tls, const char *certificate, const char *key, struct parc_err *err);
void tls_destroy(struct tls *tls); /* and all older ones; takes NULL */

#endif
