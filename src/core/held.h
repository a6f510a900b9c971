/* SPDX-License-Identifier: Apache-2.0
 *
 * What one node keeps for the reservations that have holds on it.
 */
#ifndef CORE_HELD_H
#define CORE_HELD_H

#include "core/reserve.h"

/* Reckon what the node must keep in the window, from its holds and its tasks. */
void held_reckon(const struct parc_core *core, int32_t node, const struct window *window,
		 struct kept *kept);

#endif
