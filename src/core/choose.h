/* SPDX-License-Identifier: Apache-2.0
 *
 * Which chip: the job goes where its work is cheapest, that is, where its speed divided by the
 * chip's score is greatest. A score is how scarce the chip is, 1000 for one that is not (score.h).
 * So work goes to its fastest chip as long as nothing is short; what others want more is left to
 * them by who loses least elsewhere.
 *
 * A speed that is not known never wins by guess (speed.h): such chips are no choice as long as one
 * of known speed is, and among chips of unknown speed the placement decides as if they were one.
 */
#ifndef CORE_CHOOSE_H
#define CORE_CHOOSE_H

#include "core/state.h"

/* Speed of the job on the chip with its best variant there; 0 where it may not run. */
int32_t choose_speed(const struct parc_core *core, int32_t job, int32_t chip);

/* What a device of the chip is worth to the job: logarithm of its speed there in 1/1024 (assign.h);
 * ASSIGN_NEVER where it may not run. */
int32_t choose_value(const struct parc_core *core, int32_t job, int32_t chip);

/* Makes of chip of the fleet that are told apart, at most ASSIGN_CHIPS_MAX; how many. */
int32_t choose_makes(const struct parc_core *core, int32_t *chips);

/* Makes of chip that all tasks of the job accept, a bit each; without devices 0. */
uint64_t choose_accepted(const struct parc_core *core, int32_t job);

/* Makes of chip any of which the job could have for all its tasks, a bit each; 0 when it has no
 * such choice: rented cores, shares of devices, tasks that may be mixed. */
uint64_t choose_chips(const struct parc_core *core, int32_t job);

/* Sets of chips in the order in which to try them, the cheapest first; equals are one set. Returns
 * how many sets, 0: there is nothing to choose. `sets` has room for PARC_CHIPS_MAX. */
int32_t choose_order(const struct parc_core *core, int32_t job, uint64_t *sets);

#endif
