/* SPDX-License-Identifier: Apache-2.0
 *
 * Dropping the rows of jobs that ended long ago (docs/journal.md), a part at each call, so that no
 * round of the daemon waits for it.
 */
#ifndef STORE_PRUNE_H
#define STORE_PRUNE_H

#include "store/rows.h"

/* What is no longer wanted, and how far it was looked for. */
struct store_pruning {
	int64_t cursor;	   /* the last job looked at, by number; 0: begin anew */
	int64_t before_us; /* ends before this moment are no longer wanted */
	int32_t most;	   /* jobs looked at in one call */
};

/* Drop the rows of jobs that are no longer wanted, each told to `visit` (an attempt of it, while
 * its row is there) first. The cursor goes on, to 0 at the end. The newest job of all stays, so
 * that its number is not given again. 0, or a negative code, also of `visit`. */
int store_job_prune(struct store *store, struct store_pruning *pruning, store_attempt_visit *visit,
		    void *context, struct parc_err *err);

#endif
