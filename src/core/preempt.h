/* SPDX-License-Identifier: Apache-2.0
 *
 * Preemption and reclaim: whom a job that waits may have stopped, as it has a right over that
 * work, or as that work has borrowed what is guaranteed to it. recall.h has them stop.
 */
#ifndef CORE_PREEMPT_H
#define CORE_PREEMPT_H

#include "core/state.h"

#define VICTIMS_MAX 256	 /* that give way to one job */
#define LEAVING_MAX 1024 /* that are on their way, and reckoned with */

void preempt_init(struct parc_core *core, struct block *block);

/* Does the policy preempt or reclaim, and can it? */
int preempt_is_on(const struct parc_core *core);

/* The holder of the guarantees within which the waiting job takes back what others borrowed; -1: it
 * does not. */
int32_t preempt_holder(const struct parc_core *core, int32_t job);

/* In this step it will be asked for victims: note who comes into question. An allocation has been
 * told to stop since. */
void preempt_begin(struct parc_core *core);
void preempt_note(struct parc_core *core, int32_t allocation);

/* Which allocations have to be told to stop so that the job fits when all that is on its way has
 * gone? Returns how many, and the plan as of reserve_plan_evicting; -1: it cannot be. */
int32_t preempt_find(struct parc_core *core, int32_t job, int32_t list[VICTIMS_MAX],
		     struct parc_action *plan);

/* Time has come from there to now: may running work be made to give way that could not be before?
 * When to look again; PARC_NEVER: nobody waits who could take its place. */
int preempt_is_time(const struct parc_core *core, int64_t before_us);
int64_t preempt_wake_us(const struct parc_core *core);

#endif
