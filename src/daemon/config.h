/* SPDX-License-Identifier: Apache-2.0
 *
 * The daemon's configuration file (docs/serve.md): policy, tenants with their users, operators.
 * It is read at start and again at SIGHUP; one that cannot be read changes nothing.
 */
#ifndef DAEMON_CONFIG_H
#define DAEMON_CONFIG_H

#include "parc/core.h"

#define CONFIG_NAME_MAX	   63
#define CONFIG_TENANTS_MAX 1000
#define CONFIG_USERS_MAX   10000     /* of all tenants together, and of operators */
#define CONFIG_DEFAULT	   "default" /* the tenant of who is in no other */
#define CONFIG_PATH_MAX	   1023

struct config_user {
	char name[CONFIG_NAME_MAX + 1];
	int32_t tenant; /* index; -1: an operator */
};

struct config_tenant {
	char name[CONFIG_NAME_MAX + 1], parent[CONFIG_NAME_MAX + 1];
	struct parc_tenant set; /* tenant and parent are filled in by who knows the numbers */
};

/* What is kept for how long, in microseconds; 0: for ever (keys: never). */
struct config_keep {
	int64_t journal_us, jobs_us, keys_us;
	int64_t journal_bytes; /* of the database, above which records go earlier; 0: no bound */
};

/* Files of the certificate and its key; "": no TLS. */
struct config_tls {
	char certificate[CONFIG_PATH_MAX + 1], key[CONFIG_PATH_MAX + 1];
};

struct config {
	struct parc_policy policy;
	struct config_tls tls;
	char catalogue[CONFIG_PATH_MAX + 1]; /* laid over the program's own at start; "": none */
	struct config_tenant *tenants; /* a parent before its children; the first is `default` */
	struct config_user *users;
	int32_t tenants_count, users_count;
	int64_t snapshot_records; /* records between two snapshots */
	int64_t rate;		  /* requests a second of one caller; 0: no limit */
	struct config_keep keep;
	uint64_t hash; /* of all that becomes events */
};

/* Read `path`; NULL: the defaults. The caller ends it with config_deinit, also after a failure. */
int config_read(struct config *config, const char *path, struct parc_err *err);
void config_deinit(struct config *config);

int config_is_operator(const struct config *config, const char *user);

/* Is the user in the tenant? Index of the first tenant of a user: 0 (default) when in none. */
int config_has_user(const struct config *config, const char *tenant, const char *user);
int32_t config_tenant_of(const struct config *config, const char *user);

#endif
