/* SPDX-License-Identifier: Apache-2.0
 *
 * Windows as a YAML file describes them: maintenance and advance reservations (docs/windows.md).
 *
 *   read   windows_read
 *   end    windows_deinit
 */
#ifndef TRACE_WINDOWS_H
#define TRACE_WINDOWS_H

#include "trace/jobs.h"

struct windows {
	struct parc_window *list; /* ids 1, 2, ... in the order of the file; times from the first
				   * arrival; `nodes` point into the next */
	int64_t *nodes;
	int32_t count;
};

/* Nodes and chips are looked up in `fleet`, tenants and users in `jobs` (tenant: its index + 1;
 * user: its index + 2, as a replay has them). What is malformed is refused with file, line, column
 * and what was expected; `windows` is then empty. The caller ends it with windows_deinit. */
int windows_read(struct windows *windows, const char *path, const struct fleet *fleet,
		 const struct jobs *jobs, struct parc_err *err);
void windows_deinit(struct windows *windows); /* takes an empty one */

#endif
