/* SPDX-License-Identifier: Apache-2.0
 *
 * What runs, for those who look ahead: all allocations of a core, and when each is expected to end.
 */
#ifndef PARC_RUN_H
#define PARC_RUN_H

#include "parc/core.h"

struct parc_run {
	int64_t job, allocation;
	int64_t end_us;	  /* by what its submitter expects, else by its time limit, at the speed
			   * that it has; PARC_NEVER: neither is known */
	int64_t limit_us; /* when its time limit is over; PARC_NEVER: it has none */
	int32_t attempt, state; /* STARTING, RUNNING or STOPPING */
};

/* The first allocation at or after *index, which moves on behind it; from 0. PARC_ERR_UNKNOWN:
 * there are no more. A step may change what stands where. */
int parc_run_at(const struct parc_core *core, int32_t *index, struct parc_run *run);

/* That of this number, or PARC_ERR_UNKNOWN. */
int parc_run_info(const struct parc_core *core, int64_t allocation, struct parc_run *run);

#endif
