/* SPDX-License-Identifier: Apache-2.0
 *
 * Kinds of jobs: a name, which means something within a tenant. Two tenants' kinds of one name are
 * two kinds, so that nobody's runs say how fast another's are, unless the operator says that the
 * name is shared (config_is_shared). The store has "TENANT/KIND" of the one, "KIND" of the other.
 */
#ifndef DAEMON_KIND_H
#define DAEMON_KIND_H

#include "daemon/config.h"

struct daemon;

#define KIND_KEY_BYTES (2 * CONFIG_NAME_MAX + 2)

/* The number of a kind of this tenant (PARC_NONE: of jobs without one); PARC_NONE when the name is
 * NULL, or not known yet. */
int kind_find(struct daemon *daemon, int64_t tenant, const char *name, int64_t *number,
	      struct parc_err *err);

/* The same; a kind that is not known gets its number. */
int kind_number(struct daemon *daemon, int64_t tenant, const char *name, int64_t *number,
		struct parc_err *err);

/* Of a speed that the operator sets: of the tenant of that name, "": shared. */
int kind_number_set(struct daemon *daemon, const char *tenant, const char *name, int64_t *number,
		    struct parc_err *err);

/* Its name, into `key`; *tenant: whose it is, NULL: it is shared. */
const char *kind_name(struct daemon *daemon, int64_t number, char key[KIND_KEY_BYTES],
		      const char **tenant);

#endif
