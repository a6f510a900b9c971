/* SPDX-License-Identifier: Apache-2.0
 *
 * Which chip: the job goes where its work is cheapest, that is, where its speed divided by what it
 * takes there, at the chip's score, is greatest. A score is how scarce the chip is, 1000 for one
 * that is not (score.h). So work goes to its fastest chip as long as nothing is short; what others
 * want more is left to them by who loses least elsewhere.
 *
 * Whole devices, shares of them and rented cores go by the same rule. What a task takes of a device
 * is the larger of its share, as that chip books it, and its part of the memory, since who has one
 * of them all leaves nobody the other (the dominant share of Ghodsi et al., "Dominant Resource
 * Fairness", NSDI 2011). So a quarter is a quarter of a chip that is cut in thousandths, all of one
 * that is only given whole, and half of one of whose memory it needs half.
 *
 * Devices and cores are two markets: no price compares them. A job with tasks on either chooses
 * among devices, and its cores lie where they can. Work that only asks for CPU names no chip, and
 * has no speed.
 *
 * A speed that is not known never wins by guess (speed.h): such chips are no choice as long as one
 * of known speed is. Where no speed is known and no score tells chips apart, the placement decides
 * among all of them as if they were one, whatever they book.
 */
#ifndef CORE_CHOOSE_H
#define CORE_CHOOSE_H

#include "core/state.h"

/* Speed of the job on the chip with its best variant there; 0 where it may not run. */
int32_t choose_speed(const struct parc_core *core, int32_t job, int32_t chip);

/* What the chip is worth to the job, for as much of it as the job asks for: logarithm of its speed
 * there times what it asks for over what it takes, in 1/1024 (assign.h), with its best variant;
 * ASSIGN_NEVER where it may not run, or one of its tasks would not fit. */
int32_t choose_value(const struct parc_core *core, int32_t job, int32_t chip);

/* Makes of chip of the fleet among these that are told apart, at most ASSIGN_CHIPS_MAX; how many.
 */
int32_t choose_makes(const struct parc_core *core, uint64_t among, int32_t *chips);

/* Makes of chip any of which all tasks of the job accept, a bit each: of devices, or for a job
 * whose tasks accept none of those, of rented cores; without either 0. */
uint64_t choose_accepted(const struct parc_core *core, int32_t job);

/* Thousandths of devices, or of cores, that the minima of the job ask for in that market. */
int64_t choose_asked(const struct parc_core *core, int32_t job);

/* Makes of chip any of which the job could have for all its tasks, on whole devices, a bit each; 0:
 * it is none for a deal (rented cores, shares of devices, tasks that may be mixed). */
uint64_t choose_chips(const struct parc_core *core, int32_t job);

/* Sets of chips in the order in which to try them, the cheapest first; equals are one set. Returns
 * how many sets, 0: there is nothing to choose. `sets` has room for PARC_CHIPS_MAX. */
int32_t choose_order(const struct parc_core *core, int32_t job, uint64_t *sets);

#endif
