/* SPDX-License-Identifier: Apache-2.0
 *
 * Preemption and reclaim: the first that waits takes the place of running work that it has a
 * right over, or that borrowed what is guaranteed to it. Work is stopped only when it is sure that
 * the newcomer fits then.
 */
#ifndef CORE_PREEMPT_H
#define CORE_PREEMPT_H

#include "core/state.h"

/* Stop what has to give way so that the job can start. Returns how many allocations were told
 * to stop; they are expected to be gone after their grace. */
int32_t preempt_for(struct parc_core *core, int32_t job);

/* Does the policy preempt or reclaim, and can it? */
int preempt_is_on(const struct parc_core *core);

/* When to look again, as running work may be made to give way by then; PARC_NEVER: nobody waits
 * who could take its place. */
int64_t preempt_wake_us(const struct parc_core *core);

#endif
