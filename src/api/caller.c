/* SPDX-License-Identifier: Apache-2.0
 *
 * Who calls. On the Unix socket the system says which user it is. Over TCP a token does: 256 random
 * bits of which only the SHA-256 is kept, so a hash without salt and stretching is enough. A token
 * is looked up by its hash, which tells nothing by its timing.
 */
#include <pwd.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <nettle/sha2.h>

#include "api/request.h"
#include "base/hash.h"

#define MILLI	   1000
#define SECOND_US  1000000
#define BURST_S	   2 /* so many seconds' requests at once */
#define BEARER	   "Bearer "
#define BEARER_MAX 128

void hash_of(const void *bytes, size_t size, uint8_t hash[STORE_HASH_BYTES])
{
	struct sha256_ctx ctx;

	sha256_init(&ctx);
	sha256_update(&ctx, size, bytes);
	sha256_digest(&ctx, STORE_HASH_BYTES, hash);
}

static void user_name(struct daemon_caller *caller, uint32_t uid)
{
	struct passwd entry, *found = NULL;
	char bytes[4096];

	caller->uid = caller->gid = uid;
	snprintf(caller->user, sizeof(caller->user), "%u", uid);
	if (getpwuid_r(uid, &entry, bytes, sizeof(bytes), &found) != 0 || found == NULL)
		return;
	caller->gid = found->pw_gid;
	snprintf(caller->user, sizeof(caller->user), "%s", found->pw_name);
}

static unsigned int local_find(struct request *request, struct parc_err *err)
{
	const union MHD_ConnectionInfo *info =
		MHD_get_connection_info(request->connection, MHD_CONNECTION_INFO_CONNECTION_FD);
	struct daemon_caller *caller = &request->caller;
	struct ucred peer;
	socklen_t size = sizeof(peer);

	if (info == NULL ||
	    getsockopt(info->connect_fd, SOL_SOCKET, SO_PEERCRED, &peer, &size) != 0) {
		parc_err_set(err, PARC_ERR_STATE, "the caller's user is not known");
		return MHD_HTTP_UNAUTHORIZED;
	}
	user_name(caller, peer.uid);
	caller->role = DAEMON_TENANT;
	if (peer.uid == 0 || peer.uid == geteuid() ||
	    config_is_operator(&request->api->daemon->config, caller->user))
		caller->role = DAEMON_OPERATOR;
	snprintf(caller->id, sizeof(caller->id), "uid:%u", peer.uid);
	return 0;
}

static unsigned int token_find(struct request *request, struct parc_err *err)
{
	const char *header = MHD_lookup_connection_value(request->connection, MHD_HEADER_KIND,
							 MHD_HTTP_HEADER_AUTHORIZATION);
	struct daemon *daemon = request->api->daemon;
	struct daemon_caller *caller = &request->caller;
	struct store_token token;
	uint8_t hash[STORE_HASH_BYTES];
	const char *name, *text;

	if (header == NULL || strncmp(header, BEARER, strlen(BEARER)) != 0 ||
	    strlen(header) > BEARER_MAX) {
		parc_err_set(err, PARC_ERR_STATE,
			     "a token is needed: 'parc token add' on the daemon's machine makes "
			     "one, PARC_TOKEN holds it");
		return MHD_HTTP_UNAUTHORIZED;
	}
	header += strlen(BEARER);
	hash_of(header, strlen(header), hash);
	if (store_token_find(daemon->store, hash, &token, NULL) != 1 || token.revoked_us != 0 ||
	    token.expires_us <= daemon->now_us || token.uid == 0) {
		parc_err_set(err, PARC_ERR_STATE,
			     "the token is not valid: it is unknown, expired or revoked");
		return MHD_HTTP_UNAUTHORIZED;
	}
	user_name(caller, token.uid);
	snprintf(caller->user, sizeof(caller->user), "%.63s", token.user);
	caller->role = token.role;
	snprintf(caller->id, sizeof(caller->id), "token:%lld", (long long)token.number);
	if (token.tenant != PARC_NONE &&
	    store_name_of(daemon->store, STORE_TENANT, token.tenant, &name, &text, NULL) == 1)
		snprintf(caller->tenant, sizeof(caller->tenant), "%.63s", name);
	return 0;
}

unsigned int caller_find(struct request *request, struct parc_err *err)
{
	return request->listener->is_local ? local_find(request, err) : token_find(request, err);
}

int caller_sees_all(const struct daemon_caller *caller)
{
	return caller->role != DAEMON_TENANT;
}

/* A bucket that fills at the configured rate. A caller whose slot another took begins anew. */
int rate_allows(struct api *api, const struct daemon_caller *caller)
{
	int64_t rate = api->daemon->config.rate, now_us = api->daemon->now_us, most;
	uint64_t hash = HASH_START;
	struct rate *it;

	if (rate == 0 || caller->role == DAEMON_OPERATOR)
		return 1;
	for (const char *c = caller->id; *c != '\0'; c++)
		hash = hash_word(hash, (unsigned char)*c);
	it = &api->rates[hash & (RATE_SLOTS - 1)];
	most = rate * BURST_S * MILLI;
	if (it->caller != hash)
		*it = (struct rate){hash, most, now_us};
	if (now_us - it->since_us > BURST_S * (int64_t)SECOND_US)
		it->tokens_milli = most;
	else
		it->tokens_milli += (now_us - it->since_us) * rate / (SECOND_US / MILLI);
	it->tokens_milli = it->tokens_milli > most ? most : it->tokens_milli;
	it->since_us = now_us;
	if (it->tokens_milli < MILLI)
		return 0;
	it->tokens_milli -= MILLI;
	return 1;
}
