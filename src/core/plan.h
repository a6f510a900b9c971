/* SPDX-License-Identifier: Apache-2.0
 *
 * Placing one job whole: all minima of its gang or nothing.
 */
#ifndef CORE_PLAN_H
#define CORE_PLAN_H

#include "core/state.h"

/* Find places for all that the job needs and take them. Returns PARC_REASON_NONE, with the
 * placements behind core->placements_count, or why not, with everything as it was. */
int32_t plan_job(struct parc_core *core, int32_t job);

/* The same on these makes of chip alone, without the reason in full. */
int32_t plan_job_on(struct parc_core *core, int32_t job, uint64_t chips);

/* Why a job for which there would be no room if all that runs had ended has to wait: as the fleet
 * is now it could never start. */
int32_t plan_never(struct parc_core *core, int32_t job);

/* Take back the claims of the placements from `first` on, the last first. They stay in the list
 * behind its end. */
void plan_undo(struct parc_core *core, int32_t first);

#endif
