/* SPDX-License-Identifier: Apache-2.0
 *
 * How scarce each make of chip is, as a score: 1000 for one that is not, 2000 for one that must do
 * twice the work to be worth as much. choose.h weighs speeds against it. Scores follow what is
 * wanted by those who wait against what there is:
 *
 *   demand  what each job that waits would take of each chip, in thousandths of devices, at its
 *           speed there (choose.h)
 *   supply  the devices of each chip, each of which has one device of work already
 *   wanted  the prices at which every chip is in like demand when all go where their work is
 *           cheapest, beginning with equal ones (assign_prices)
 *
 * At each epoch of SCORE_EPOCH_US a score moves towards the wanted one by a twentieth at most, and
 * not for less than a tenth, but for a chip that nobody wants. What is wanted depends on who waits
 * and on what there is, not on the scores and not on who runs where: under constant supply and
 * demand it is constant, each score moves one way only and rests. As a step is shorter than what
 * moves nothing, it follows what comes and goes within a few epochs by little. Wanted prices grow
 * with what waits, so that little that waits moves nothing.
 *
 * Devices and rented cores are two markets: the same is done for each by itself.
 *
 * With the backfill `deal` the wanted prices of devices are those of the deal, four epochs at each
 * of its rounds (deal.h).
 *
 * Epochs end without events; what they would have done is done by the first event after them, as
 * nobody came or went meanwhile. Cost: nothing as long as nobody waits or the fleet has one make of
 * chip; else, for each epoch in which something happens, a look at LINES_MAX lines at most, each
 * with the chips that it may have, and their prices. Scores are decided as actions.
 */
#ifndef CORE_SCORE_H
#define CORE_SCORE_H

#include "core/state.h"

#define SCORE_ONE      1000 /* of a chip that is not scarce */
#define SCORE_MAX      1000000
#define SCORE_EPOCH_US INT64_C(60000000)

/* The score of a chip, as decided; its logarithm to base 2 above that of SCORE_ONE, in 1/1024. */
int32_t score_get(const struct parc_core *core, int32_t chip);
int32_t score_log(const struct parc_core *core, int32_t chip);

/* Let the score of the chip follow the wanted one, a logarithm from 0 on, for so many epochs: as an
 * action, if the step has room for it and it changes. 1: it did. */
int score_follow(struct parc_core *core, int32_t chip, int32_t wanted, int32_t epochs);

/* The event's time has come: note the epochs that have ended since the event before. */
void score_time(struct parc_core *core, int64_t before_us);

/* Let all scores follow what is wanted in the epochs noted. Before the queue is gone through: who
 * has just come does not wait yet. When a score changes all that waits is to be tried again, since
 * it may then end in time on another chip. */
void score_decide(struct parc_core *core);

#endif
