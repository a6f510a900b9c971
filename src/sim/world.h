/* SPDX-License-Identifier: Apache-2.0
 *
 * One core with one fleet loaded, as both experiments use it: every event goes through
 * world_step, so that a run can be recorded whole.
 *
 *   life cycle   world_init, world_deinit
 *   change       world_step, world_submit, world_move
 *   verify       world_check
 */
#ifndef SIM_WORLD_H
#define SIM_WORLD_H

#include "sim/demand.h"
#include "sim/record.h"

struct world_setup {
	const struct fleet *fleet;
	const int32_t *ranks;	     /* of each node by its index; NULL: as the fleet has them */
	const struct demand *demand; /* told to the policy; NULL: it learns from arrivals */
	struct record *record;	     /* NULL: the run is not recorded */
	uint64_t seed;
	int32_t place;	   /* enum parc_place */
	int32_t jobs_max;  /* pending and running at one time */
	int32_t tasks_max; /* of these jobs together */
};

struct world {
	struct parc_core *core;
	struct record *record;
	int64_t deciding_ns; /* real time spent in steps after world_init */
};

/* Make a core, load the fleet, set the policy and the profile, all at time 0. On failure there is
 * nothing to end. */
int world_init(struct world *world, const struct world_setup *setup, struct parc_err *err);

/* Destroys the core; takes a zeroed world. The record stays open. */
void world_deinit(struct world *world);

/* parc_step, recorded when the world is. */
int world_step(struct world *world, const struct parc_event *event, struct parc_actions *actions,
	       struct parc_err *err);

struct world_job {
	int64_t job, time_us;
	const struct tasks_row *row; /* what the job asks for; one group */
	int now_or_never;
};

int world_submit(struct world *world, const struct world_job *job, struct parc_actions *actions,
		 struct parc_err *err);

/* Encode the state, throw the core away, decode it into a fresh one and go on with that. */
int world_move(struct world *world, struct parc_err *err);

/* Verify all invariants of the core. */
int world_check(const struct world *world, struct parc_err *err);

#endif
