/* SPDX-License-Identifier: Apache-2.0
 *
 * Moving to a better chip: when that pays, and who may. A deal moves what it deals (deal.h). What
 * it does not deal, shares of devices, rented cores and gangs that may be mixed, moves at its
 * rounds by the same rule, one by one in turn order:
 *
 *   pays     speed over what it takes over the score of the chip grows by more than a tenth and the
 *            cost of a move over the time that it has to go; where that is not known it is taken to
 *            be as long as it has run so far
 *   may      it is preemptible, not idle, lies on one make, and started half a round ago, without
 *            rounds ten minutes
 *   room     it fits on the better chip now, beside what it holds and beside others that move
 *
 * It is told to stop, and starts again by the order of choose.h when that is reported. It moves
 * only in rounds in which the deal has stopped nobody, after those that wait were tried: so what it
 * shall have is not on its way to somebody else. Cost: a walk over the allocations at each round,
 * with a look at the chips that each may have; and a plan for the first MOVES_MAX that would move.
 */
#ifndef CORE_MOVE_H
#define CORE_MOVE_H

#include "core/state.h"

#define MOVE_RUN_MIN_US INT64_C(600000000) /* ten minutes */

/* What staying where it is is worth to the job: logarithm of a speed in 1/1024 (assign.h). */
int32_t move_stay_log(const struct parc_core *core, int32_t job);

/* How long the job is taken to have to go, on the reference chip. */
int64_t move_left_us(const struct parc_core *core, int32_t job);

/* For so long nobody is moved after a start. */
int64_t move_run_min_us(const struct parc_core *core);

/* Would the job start again if it was stopped to be moved? */
int move_may_return(const struct parc_core *core, int32_t job);

/* The make of chip on which all of the allocation's devices are, of its rented cores if it has no
 * other (choose.h); -1: they are of several, or on a node that is not up. */
int32_t move_make(const struct parc_core *core, int32_t allocation);

/* Stop those that move and are not dealt. 0: the step has no room for it. */
int move_decide(struct parc_core *core);

#endif
