/* SPDX-License-Identifier: Apache-2.0
 *
 * The processes of a job without control groups: those of the sessions of its tasks, and all that
 * descend from its supervisor, which adopts orphans (PR_SET_CHILD_SUBREAPER). As long as that
 * supervisor lives none gets away; after its death, those that left their session do.
 */
#ifndef ENGINE_DESCENT_H
#define ENGINE_DESCENT_H

#include "engine/process.h"

/* Send a signal to all of them once (0: none, only count); how many there are that still run.
 * `self`: number of the supervisor, whose descendants they are; `leaders`: the tasks' processes,
 * each the leader of a session. */
int32_t descent_signal(int64_t self, const struct process *leaders, int32_t count, int number);

#endif
