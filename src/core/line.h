/* SPDX-License-Identifier: Apache-2.0
 *
 * The queue. Jobs that want the same (equal groups, closeness, variants and tier) wait in one
 * line in order of arrival: when its first job does not fit, none does. A line that was tried
 * in vain is blocked; it stands on a shelf by what its easiest task needs, and is tried again
 * only when something was freed on a node where such a task fits. Lines that may fit are ready,
 * by tier, then by arrival of their first job.
 *
 * So a step never walks the queue: it looks at the blocked lines that could use a freed node,
 * and at the first job of each ready line.
 */
#ifndef CORE_LINE_H
#define CORE_LINE_H

#include "core/state.h"

/* Join, leave the queue; joining readies a line unless it is blocked. */
void line_join(struct parc_core *core, int32_t job);
void line_leave(struct parc_core *core, int32_t job);

/* Its first job was tried in vain; it may fit now. */
void line_block(struct parc_core *core, int32_t line);
void line_ready(struct parc_core *core, int32_t line);
void line_block_all(struct parc_core *core);

/* Ready the lines that could use what was freed on the node; all lines. */
void line_wake_node(struct parc_core *core, int32_t node);
void line_wake_all(struct parc_core *core);

void line_reset(struct parc_core *core);

/* Every pending job is in its line, in order: 0, or the sentence in err. */
int line_check(const struct parc_core *core, struct parc_err *err);

#endif
