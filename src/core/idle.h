/* SPDX-License-Identifier: Apache-2.0
 *
 * Idle reclaim: what holds devices and does not use them is warned, and then made to give back.
 *
 *   idle     a USE event said that at most the policy's idle_milli of what it holds is busy; until
 *            one says otherwise, or what it holds changes
 *   warned   after idle_us of that (action WARN, idle)
 *   after idle_grace_us more, by the policy's idle_act:
 *     warn     nothing
 *     shrink   it is booked the smallest share of its devices (action REBOOK), on chips that are
 *              shared in thousandths, if its tasks said how much device memory they need; when it
 *              is busy again it gets back what its devices still have
 *     stop     it is stopped and ends as `idle`, if it is preemptible
 *   what can neither be shrunk nor stopped is warned once more.
 *
 * Idle allocations stand in two lists, by when they became idle and by when they were warned; so a
 * step looks at their heads alone. Invariant K2.
 */
#ifndef CORE_IDLE_H
#define CORE_IDLE_H

#include "core/state.h"

/* It reported how busy it is; it is stopping, or given back, or holds something else. */
void idle_note(struct parc_core *core, int32_t allocation);
void idle_leave(struct parc_core *core, int32_t allocation);

/* A WARN of idleness is applied. */
void idle_warned(struct parc_core *core, int32_t allocation);

/* Warn and take back what is due. 0: the step has no room for more. */
int idle_decide(struct parc_core *core);

int64_t idle_wake_us(const struct parc_core *core);

void idle_rebuild(struct parc_core *core);

/* K2: the lists hold what is idle, in order. */
int idle_verify(const struct parc_core *core, struct parc_err *err);

#endif
