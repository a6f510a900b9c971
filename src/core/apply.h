/* SPDX-License-Identifier: Apache-2.0
 *
 * Applying: what an event by itself, and each recorded action, does to the state. Small, and
 * the only code that recovery runs.
 */
#ifndef CORE_APPLY_H
#define CORE_APPLY_H

#include "core/state.h"

/* What the event does by itself; it was checked. */
void apply_event(struct parc_core *core, const struct parc_event *event);

/* Is this an action that could have been recorded here? 0, or why not. */
int apply_check(const struct parc_core *core, const struct parc_action *action,
		struct parc_err *err);

/* A START out of a journal: its placements are checked and taken one by one. */
int apply_start_checked(struct parc_core *core, const struct parc_action *action,
			struct parc_err *err);

/* `job`: the slot of its job, -1: it is of none. `taken`: deciding has already claimed the
 * placements of a START. */
void apply_action(struct parc_core *core, const struct parc_action *action, int32_t job, int taken);

#endif
