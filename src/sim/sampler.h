/* SPDX-License-Identifier: Apache-2.0
 *
 * A run over time, in at most REPLAY_POINTS_MAX intervals of one width: it begins with seconds;
 * when there is no room, neighbours are joined and the width doubles. Nothing is sampled: each
 * interval holds the exact sum of what happened within it.
 *
 *   life cycle   sampler_init, sampler_deinit
 *   change       sampler_before and sampler_after (around every step), sampler_finish
 */
#ifndef SIM_SAMPLER_H
#define SIM_SAMPLER_H

#include "sim/replay.h"

/* What holds between two steps. */
struct sampler_level {
	int64_t pending_jobs, pending_milli, running_jobs, running_milli;
	const int64_t *free_bins; /* REPLAY_FREE_BINS of them */
};

struct sampler {
	struct replay_point *points; /* sums over time until sampler_finish makes means */
	int32_t count;		     /* closed ones; the next is being filled */
	int64_t width_us;
	int64_t now_us;	    /* summed up to here */
	int64_t stepped_us; /* time of the core's last step: a tick without one is later */
	double free_device_us[REPLAY_FREE_BINS]; /* of the whole run, once it is finished */
	__int128 begun[PARC_LEDGER_COUNT];	 /* the ledger when the present interval began */
	/* Of a step beyond the end of the present interval: its time (0: it is not beyond), what
	 * held before it, and the ledger at the step before it. */
	int64_t crossing_us, before_us;
	int64_t steps; /* of the core until its last step */
	struct sampler_level level;
	int64_t bins[REPLAY_FREE_BINS];
	__int128 before[PARC_LEDGER_COUNT];
};

int sampler_init(struct sampler *sampler, struct parc_err *err);
void sampler_deinit(struct sampler *sampler); /* takes a zeroed one */

/* A step at `time_us` comes; `level` held from the last one until then. */
void sampler_before(struct sampler *sampler, const struct parc_core *core,
		    const struct sampler_level *level, int64_t time_us);

/* The step is done. */
void sampler_after(struct sampler *sampler, const struct parc_core *core);

/* The run is over: close the last interval and turn sums into means. */
void sampler_finish(struct sampler *sampler, const struct parc_core *core);

#endif
