/* SPDX-License-Identifier: Apache-2.0
 *
 * The part of a decision that goes through the queue: who starts, and what is kept for whom.
 */
#ifndef CORE_QUEUE_H
#define CORE_QUEUE_H

#include "core/state.h"

/* Place one job and start it: PARC_REASON_NONE, or why it has to wait. */
int32_t queue_try(struct parc_core *core, int32_t job);

/* Start all that may start now. Returns 0 when the step has no room for more. */
int queue_decide(struct parc_core *core, const struct parc_event *event);

#endif
