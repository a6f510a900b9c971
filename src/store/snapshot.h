/* SPDX-License-Identifier: Apache-2.0
 *
 * Snapshots: the core's state after the record of a number, as a file snapshot-NUMBER.parc in the
 * store's folder. A file is written beside its place, synced and renamed, so that what has the
 * name is whole; its content has a checksum of its own all the same.
 *
 * Writing goes on in a child process, which has the state as it was at the call (fork copies
 * memory on write), in pieces with a pause after each, so that commits go on at their pace.
 */
#ifndef STORE_SNAPSHOT_H
#define STORE_SNAPSHOT_H

#include <sys/types.h>

#include "store/store.h"

#define SNAPSHOT_PIECE	   ((size_t)1 << 18) /* bytes between two syncs */
#define SNAPSHOT_KEPT	   2		     /* newest ones */
#define SNAPSHOT_BYTES_MAX (INT64_C(1) << 40)

/* Write the state now, in this process, unpaced. */
int snapshot_put(const char *directory, const struct parc_core *core, int64_t number,
		 struct parc_err *err);

/* The same in a child: its process id, or a negative code. The caller reaps it; it exits with 0, or
 * with the errno of what failed. */
pid_t snapshot_put_paced(const char *directory, const struct parc_core *core, int64_t number,
			 struct parc_err *err);

/* Read the newest snapshot that is whole and whose number is at most `last`. *number 0 and core
 * NULL: there is none. A snapshot that cannot be read is passed over and counted in *broken. */
int snapshot_get(const char *directory, int64_t last, struct parc_core **core, int64_t *number,
		 int32_t *broken, struct parc_err *err);

/* The number of the oldest snapshot that is at least `least`, 0 when there is none. */
int64_t snapshot_oldest(const char *directory, int64_t least);

/* Remove what unfinished writers left, and all snapshots but the newest SNAPSHOT_KEPT, that of
 * number `base`, and with `next` the oldest above it. Returns the number of the oldest of the
 * newest ones, 0 when there is none. */
int64_t snapshot_tidy(const char *directory, int64_t base, int next);

#endif
