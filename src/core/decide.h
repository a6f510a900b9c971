/* SPDX-License-Identifier: Apache-2.0
 *
 * Deciding: which actions follow from an event, given the state it left. May change with each
 * release; recovery never runs it.
 */
#ifndef CORE_DECIDE_H
#define CORE_DECIDE_H

#include "core/state.h"

/* Fill core->actions; each action is applied as it is decided. */
void decide(struct parc_core *core, const struct parc_event *event);

#endif
