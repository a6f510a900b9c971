/* SPDX-License-Identifier: Apache-2.0
 *
 * Packing: a job that asks for more of a device than its kind was measured to use is booked less,
 * if it was submitted as packable and says how much device memory it needs. What is booked is what
 * it gets; no share above 1000 and no memory above the capacity is ever booked (N1).
 *
 *   measured use    of a kind, an event: a high percentile of the part of one device that its tasks
 *                   keep busy, reduced by the caller and quantised
 *   booked          measured use + the policy's margin, rounded up to the chip's step; never more
 *                   than what was asked
 *
 * Jobs that wait ask for the smaller share from then on. Those that run are booked anew where they
 * are (REBOOK): less at once; more where their devices have it, else a preemptible one is stopped
 * so that it starts again elsewhere, and for the others there is a warning (WARN).
 *
 * A change of a measured use costs a walk over the jobs and one over what runs; nothing else costs
 * anything. Invariant K1.
 */
#ifndef CORE_PACK_H
#define CORE_PACK_H

#include "core/fit.h"

void pack_init(struct parc_core *core, struct block *block);

/* The share that a task of the kind is booked that asks for this one. */
int32_t pack_share(const struct parc_core *core, int64_t kind, int packable, int32_t asked_milli);

/* USE_MEASURED: may it be stepped; and what it changes. */
int pack_check(const struct parc_core *core, const struct parc_event *event, struct parc_err *err);
void pack_measure(struct parc_core *core, const struct parc_event *event);

/* The policy's margin is another one. */
void pack_margin_set(struct parc_core *core);

/* Book anew what runs, if a use or the margin changed in this step. 0: the step has no room. */
int pack_decide(struct parc_core *core);

/* Book the job the smallest shares of its devices; 0: it cannot be booked less. Give it back what
 * it is to have, if it was booked less than that and is busy. */
int pack_shrink(struct parc_core *core, int32_t job);
void pack_grow(struct parc_core *core, int32_t job);

/* Could the REBOOK be applied? 0, or why not. */
int rebook_check(const struct parc_core *core, int32_t job, const struct parc_action *action,
		 struct parc_err *err);

void pack_rebuild(struct parc_core *core); /* what is derived */
uint64_t pack_hash(const struct parc_core *core);

/* K1: no task is booked more than it asked for, and what waits asks for what its kind is booked. */
int pack_verify(const struct parc_core *core, struct parc_err *err);

#endif
