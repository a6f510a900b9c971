/* SPDX-License-Identifier: Apache-2.0
 *
 * Acting: each decision is recorded in the step's list of actions and applied at once, so that
 * the next one sees what it did.
 */
#ifndef CORE_ACT_H
#define CORE_ACT_H

#include "core/state.h"

/* Is there room for one more action? The last place is kept for MORE. */
int act_has_room(const struct parc_core *core);
int act_has_room_for(const struct parc_core *core, int32_t more);

/* Record an action and apply it; `taken`: the nodes of a START already hold it. */
void act(struct parc_core *core, const struct parc_action *action, int taken);

void act_end(struct parc_core *core, int32_t job, int32_t result, int32_t reason);
void act_reason(struct parc_core *core, int32_t job, int32_t reason);
void act_requeue(struct parc_core *core, int32_t job, int32_t reason);

/* `why` is the result that the job will have, unless it is requeued. */
void act_stop(struct parc_core *core, int32_t job, int32_t why);

/* Tell whoever runs the job's allocation; enum parc_warning. */
void act_warn(struct parc_core *core, int32_t job, int32_t what);

/* Start the job on the placements from `first` on, which are claimed. */
void act_start(struct parc_core *core, int32_t job, int32_t first);

/* Reserve, or recall, what the action's start, end and placements say; none: give the reservation
 * up. */
void act_reserve(struct parc_core *core, int32_t job, const struct parc_action *reserve);

/* Give its reservation up. */
void act_unreserve(struct parc_core *core, int32_t job);

#endif
