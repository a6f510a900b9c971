/* SPDX-License-Identifier: Apache-2.0
 *
 * What operators set: the daemon's configuration file (docs/serve.md), and beside it the tenants
 * that they set by command. The file is read at start, at SIGHUP and by `parc reload`.
 *
 *   at start     config_catalogue, before the fleet is known
 *   life cycle   config_read, config_copy, config_deinit
 *   tenants      config_tenant_find, config_tenant_put, config_tenant_drop, config_check
 *   users        config_is_operator, config_has_user, config_tenant_of
 */
#ifndef DAEMON_CONFIG_H
#define DAEMON_CONFIG_H

#include "parc/core.h"
#include "text/yaml_tree.h"
#include "trace/fleet.h"

#define CONFIG_NAME_MAX	   63
#define CONFIG_TENANTS_MAX 1000
#define CONFIG_USERS_MAX   10000     /* of all tenants together, and of operators */
#define CONFIG_DEFAULT	   "default" /* the tenant of who is in no other */
#define CONFIG_SPEEDS_MAX  1000
#define CONFIG_PATH_MAX	   1023

struct config_user {
	char name[CONFIG_NAME_MAX + 1];
	int32_t tenant; /* index; -1: an operator */
};

struct config_tenant {
	char name[CONFIG_NAME_MAX + 1], parent[CONFIG_NAME_MAX + 1];
	struct parc_tenant set; /* tenant and parent are filled in by who knows the numbers */
	uint8_t is_in_file;	/* it has an entry in the file */
	uint8_t is_by_command;	/* and these settings are from `parc tenant set` */
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

/* How fast a kind of jobs of a tenant ("": of all) is on a chip, beside another kind ("": alone),
 * as the operator says. */
struct config_speed {
	char tenant[CONFIG_NAME_MAX + 1];
	char kind[CONFIG_NAME_MAX + 1], beside[CONFIG_NAME_MAX + 1], chip[CONFIG_NAME_MAX + 1];
	int32_t speed_milli;
};

struct config {
	struct parc_policy policy;
	struct config_tls tls;
	struct config_tenant *tenants; /* the first is `default` */
	struct config_user *users;
	struct config_speed *speeds;
	int32_t speeds_count;
	char (*shared)[CONFIG_NAME_MAX + 1]; /* kinds that are one for all tenants */
	int32_t shared_count;
	int32_t tenants_count, users_count;
	int64_t snapshot_records; /* records between two snapshots */
	int64_t rate;		  /* requests a second of one caller; 0: no limit */
	struct config_keep keep;
};

/* The path of the catalogue that is laid over the program's own, as the file at `path` (may be
 * NULL) names it; "": none. */
int config_catalogue(const char *path, char catalogue[YAML_PATH_MAX], struct parc_err *err);

/* Read `path`; NULL: the defaults. Chips are looked up in `fleet`. The caller ends it with
 * config_deinit, also after a failure. */
int config_read(struct config *config, const char *path, const struct fleet *fleet,
		struct parc_err *err);
int config_copy(struct config *copy, const struct config *config, struct parc_err *err);
void config_deinit(struct config *config);

int32_t config_tenant_find(const struct config *config, const char *name); /* -1: none */

/* Set a tenant, new or not, with just these users; `tenant` is copied. */
int config_tenant_put(struct config *config, const struct config_tenant *tenant,
		      const char *const *users, int32_t users_count, struct parc_err *err);

/* Take a tenant that is not the default out, with its users. */
void config_tenant_drop(struct config *config, int32_t at);

/* Do parents exist, and are guarantees within those above? What the reader of the file checks, for
 * what commands set. */
int config_check(const struct config *config, struct parc_err *err);

/* Is a kind of this name one for all tenants? Those that are listed, and those that have a speed
 * for all. */
int config_is_shared(const struct config *config, const char *kind);

int config_is_operator(const struct config *config, const char *user);

/* Is the user in the tenant? Index of the first tenant of a user: 0 (default) when in none. */
int config_has_user(const struct config *config, const char *tenant, const char *user);
int32_t config_tenant_of(const struct config *config, const char *user);

#endif
