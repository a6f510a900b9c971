/* SPDX-License-Identifier: Apache-2.0
 *
 * Tenants as files describe them: a tree in YAML, with guarantees, weights, limits, caps and users
 * (docs/formats.md). The simulator and the daemon read the same files.
 *
 *   read    tenants_read, tenants_read_list
 *   end     tenants_deinit
 *   query   tenants_find
 *   check   tenants_hand_down
 */
#ifndef TRACE_TENANTS_H
#define TRACE_TENANTS_H

#include "text/yaml_tree.h"
#include "trace/fleet.h"

#define TENANTS_MAX	  65536
#define TENANTS_USERS_MAX 100000 /* of all tenants together */

/* Of two guarantees of one tenant, by their places from 1, and a chip that is named in both. */
#define TENANTS_CLASH                                                                            \
	"guarantees %d and %d of the tenant can both be fulfilled by %s: name each chip in one " \
	"of them, so that what is held of it counts against one"

struct tenants_row {
	char name[FLEET_NAME_MAX + 1];
	struct parc_tenant set; /* tenant: its place in the list, from 1; so is parent */
	int64_t below_milli[PARC_GUARANTEES_MAX]; /* of each guarantee, to those right below it */
	int32_t users_count; /* so many of `users`, behind those of the rows before */
};

struct tenants_user {
	char name[FLEET_NAME_MAX + 1];
};

struct tenants {
	struct tenants_row *rows; /* each after the one above it */
	struct tenants_user *users;
	int32_t count, users_count;
};

/* Read a file. Chips are looked up in `fleet`. What is malformed is refused with file, line, column
 * and what was expected; `tenants` is then empty. The caller ends it with tenants_deinit. */
int tenants_read(struct tenants *tenants, const char *path, const struct fleet *fleet,
		 struct parc_err *err);

/* The same from the list within another file; what is there is given up first. */
int tenants_read_list(struct tenants *tenants, struct yaml_tree *tree, yaml_node_t *list,
		      const struct fleet *fleet, struct parc_err *err);
void tenants_deinit(struct tenants *tenants); /* takes an empty one */

/* What the tenant below is guaranteed is part of what `above` (named so) is: add it to
 * `below_milli`, which has that of its sisters, by guarantee of `above`. What is too much is
 * refused. */
int tenants_hand_down(const struct parc_tenant *above, const char *name,
		      const struct parc_tenant *below, int64_t below_milli[PARC_GUARANTEES_MAX],
		      struct parc_err *err);

/* Its place in the list, from 0; -1: there is none of this name. Walks the list. */
int32_t tenants_find(const struct tenants *tenants, const char *name);

#endif
