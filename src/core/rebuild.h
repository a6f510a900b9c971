/* SPDX-License-Identifier: Apache-2.0
 *
 * Making all that is derived from the state anew: after init, and after decoding.
 */
#ifndef CORE_REBUILD_H
#define CORE_REBUILD_H

#include "core/state.h"

void rebuild(struct parc_core *core);

/* Find records by their ids; before the rest. */
void rebuild_ids(struct parc_core *core);

/* Sort all that waits again, in the order of the policy in force. */
void rebuild_lines(struct parc_core *core);

/* The same after a change of tenants or of what jobs need. */
void rebuild_tenants(struct parc_core *core);

#endif
