/* SPDX-License-Identifier: Apache-2.0
 *
 * One core with one fleet loaded, as all experiments use it: every event goes through
 * stage_step, so that a run can be recorded whole.
 *
 *   life cycle   stage_init, stage_deinit
 *   change       stage_step, stage_submit, stage_move
 *   verify       stage_check
 */
#ifndef SIM_STAGE_H
#define SIM_STAGE_H

#include "sim/demand.h"
#include "sim/record.h"

struct stage_setup {
	const struct fleet *fleet;
	const int32_t *ranks;	     /* of each node by its index; NULL: as the fleet has them */
	const struct demand *demand; /* told to the policy; NULL: it learns from arrivals */
	struct record *record;	     /* NULL: the run is not recorded */
	uint64_t seed;
	int32_t place;			   /* enum parc_place */
	int32_t jobs_max;		   /* pending and running at one time */
	int32_t tasks_max;		   /* of these jobs together */
	const struct parc_tenant *tenants; /* NULL: one without rules */
	int32_t tenants_count;
	const struct parc_policy *policy; /* NULL: `place` and the usual intervals */
	const struct parc_limits *limits; /* NULL: made of the fleet, jobs_max and tasks_max */
};

struct stage {
	struct parc_core *core;
	struct record *record;
	int64_t deciding_ns; /* real time spent in steps after stage_init */
};

/* Make a core, load the fleet, set the policy and the profile, all at time 0. On failure there is
 * nothing to end. */
int stage_init(struct stage *stage, const struct stage_setup *setup, struct parc_err *err);

/* Destroys the core; takes a zeroed stage. The record stays open. */
void stage_deinit(struct stage *stage);

/* parc_step, recorded when the stage is. */
int stage_step(struct stage *stage, const struct parc_event *event, struct parc_actions *actions,
	       struct parc_err *err);

struct stage_job {
	int64_t job, time_us;
	const struct tasks_row *row; /* what the job asks for; one group */
	int now_or_never;
};

int stage_submit(struct stage *stage, const struct stage_job *job, struct parc_actions *actions,
		 struct parc_err *err);

/* Encode the state, throw the core away, decode it into a fresh one and go on with that. */
int stage_move(struct stage *stage, struct parc_err *err);

/* Verify all invariants of the core. */
int stage_check(const struct stage *stage, struct parc_err *err);

#endif
