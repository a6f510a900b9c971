/* SPDX-License-Identifier: Apache-2.0
 *
 * Tenants as files describe them: a tree in YAML, with guarantees, weights, limits and caps
 * (docs/formats.md).
 *
 *   read    tenants_read
 *   end     tenants_deinit
 *   query   tenants_find
 */
#ifndef TRACE_TENANTS_H
#define TRACE_TENANTS_H

#include "trace/fleet.h"

#define TENANTS_MAX 65536

struct tenants_row {
	char name[FLEET_NAME_MAX + 1];
	struct parc_tenant set; /* tenant: its place in the list, from 1; so is parent */
};

struct tenants {
	struct tenants_row *rows; /* each after the one above it */
	int32_t count;
};

/* Read a file. Chips are looked up in `fleet`. What is malformed is refused with file, line, column
 * and what was expected; `tenants` is then empty. The caller ends it with tenants_deinit. */
int tenants_read(struct tenants *tenants, const char *path, const struct fleet *fleet,
		 struct parc_err *err);
void tenants_deinit(struct tenants *tenants); /* takes an empty one */

/* Its place in the list, from 0; -1: there is none of this name. Walks the list. */
int32_t tenants_find(const struct tenants *tenants, const char *name);

#endif
