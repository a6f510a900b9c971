/* SPDX-License-Identifier: Apache-2.0
 *
 * The part of a decision that goes through the queue: who starts, and what is kept for whom.
 */
#ifndef CORE_QUEUE_H
#define CORE_QUEUE_H

#include "core/state.h"

/* The number of the step, in the 32 bits that a job has for it, from 1 on. */
static inline uint32_t plan_stamp(const struct parc_core *core)
{
	return (uint32_t)((uint64_t)core->steps % UINT32_MAX) + 1;
}

/* Place one job and start it: PARC_REASON_NONE, or why it has to wait. */
int32_t queue_try(struct parc_core *core, int32_t job);

/* The same with what is kept until the job will have ended; and in its turn, with what is reserved
 * for it or, with easy, for one of lower order. */
int32_t queue_try_short(struct parc_core *core, int32_t job);
int32_t queue_try_in_turn(struct parc_core *core, int32_t job);

/* The job was planned for later, and tried as if it ran on the slowest chip that it accepts. On
 * those of the plan it may have ended before what others have reserved: 1 if it starts that way,
 * behind the placements of the plan. */
int queue_try_planned(struct parc_core *core, int32_t job, const struct parc_action *plan);

/* Would it find a place now? Limits are not asked. */
int queue_fits(struct parc_core *core, int32_t job);

/* Start all that may start now. Returns 0 when the step has no room for more. */
int queue_decide(struct parc_core *core, const struct parc_event *event);

#endif
