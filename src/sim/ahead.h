/* SPDX-License-Identifier: Apache-2.0
 *
 * Looking ahead: a core is run forward as if nothing came from outside any more, to see when what
 * waits starts. Each job runs as long as it is expected to, else to its time limit; one of which
 * neither is known, or that has outrun both, runs on. Nothing fails, and starting and stopping take
 * no time.
 *
 * It decides as the core does, so what it finds is what would be if that were all; jobs that come
 * or go and lengths that were wrong make it otherwise. Bounded by a horizon, a number of starts,
 * and real time. Cost: that of the steps, at most `real_us`.
 */
#ifndef SIM_AHEAD_H
#define SIM_AHEAD_H

#include "parc/core.h"

enum ahead_stop {
	AHEAD_DONE,    /* nothing waits, or for a day nothing that runs would end */
	AHEAD_HORIZON, /* it was run to the horizon */
	AHEAD_BOUND,   /* so many starts, or so much real time */
};

struct ahead_start {
	int64_t job, start_us; /* the first start of a job that waits */
};

struct ahead {
	/* The caller's. */
	int64_t horizon_us, real_us;
	struct ahead_start *starts;
	int32_t starts_max;

	/* What was found: starts by job, ascending. */
	int32_t starts_count;
	int32_t stop;	       /* enum ahead_stop */
	int32_t runs, unknown; /* that ran at the beginning; of these with no known end */
	int32_t unknown_begun; /* of those that were started with no known end */
	int64_t until_us;      /* so far it was run */
};

/* Run the core forward from `now_us`. The core is not what it was. 0, or a code. */
int ahead_run(struct ahead *ahead, struct parc_core *core, int64_t now_us, struct parc_err *err);

/* When the job starts; PARC_NEVER: not as far as was looked. */
int64_t ahead_find(const struct ahead *ahead, int64_t job);

#endif
