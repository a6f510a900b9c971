/* SPDX-License-Identifier: Apache-2.0
 *
 * The queue. Jobs that want the same (equal groups, closeness, variants and tier) wait in one
 * line in the order of order.h: when its first job does not fit, none does. A line that was tried
 * in vain is blocked; it stands on a shelf by what its easiest task needs, and is tried again
 * only when something was freed on a node where such a task fits. Lines that may fit are ready,
 * by the rank of their first job.
 *
 * So a step never walks the queue: it looks at the blocked lines that could use a freed node,
 * and at the first job of each ready line.
 *
 * strand.h says which job of a line is first. Jobs that wait for room under a limit are not asked;
 * a line of such jobs only has no first job and no turn.
 */
#ifndef CORE_LINE_H
#define CORE_LINE_H

#include "core/state.h"

enum line_state {
	LINE_READY,    /* its first job may fit: to be tried */
	LINE_BLOCKED,  /* it was tried in vain; on its shelf */
	LINE_HOPELESS, /* likewise, and nothing that ends will change that */
};

/* Join, leave the queue; joining readies a line unless it is blocked. */
void line_join(struct parc_core *core, int32_t job);
void line_leave(struct parc_core *core, int32_t job);

/* Leaving in two steps: out of its line; then what is reserved for the job is free. */
void line_step_out(struct parc_core *core, int32_t job);
void line_unreserve(struct parc_core *core, int32_t job);

/* The line's first job; -1: all of them wait for room under a limit. */
int32_t line_head(const struct parc_core *core, int32_t line);

/* The line's jobs of at most this length, in order: the first, and the next; -1: none. */
int32_t line_first_job(const struct parc_core *core, int32_t line, int64_t most);
int32_t line_next_job(const struct parc_core *core, int32_t line, int32_t job, int64_t most);

/* Another job is first, or it has other numbers: put the line where its turn is. */
void line_settle(struct parc_core *core, int32_t line);

/* Lines are known by what their jobs want. */
uint64_t line_key(const struct parc_core *core, int32_t job);

/* Was it found in vain that jobs like this one, which has just joined, do not start? Then the
 * reason that they wait for, else -1. */
int32_t line_reason(const struct parc_core *core, int32_t job);

/* Is it the turn of job a before that of job b? Both wait. */
int line_job_is_before(const struct parc_core *core, int32_t a, int32_t b);

/* Is it a reason that only a change of the fleet can lift: nothing that ends makes room? */
int line_is_hopeless(int32_t reason);

/* The job was tried in vain, for the reason it has: its line has to wait, or its strand does. */
void line_block(struct parc_core *core, int32_t job);

/* Is it a rule for tenants; is it a reason that what is free has nothing to do with? */
int line_is_gated(int32_t reason);
int line_is_barred(int32_t reason);

/* The job, which waits, is to be tried again when it is its turn. */
void line_retry(struct parc_core *core, int32_t job);

/* The line's first job may fit now. */
void line_ready(struct parc_core *core, int32_t line);
void line_block_all(struct parc_core *core);

/* The line whose first job's turn is first, of those in states up to `most`; -1: none. */
int32_t line_first(const struct parc_core *core, enum line_state most);

/* All lines in the order of turns: the one after this, -1: none. It begins with line_first(core,
 * LINE_HOPELESS). Lines whose jobs all wait at gates are not met. */
int32_t line_next(const struct parc_core *core, int32_t line);

/* The first line whose first job is within a guarantee, in that tier from the top; -1: none. */
int32_t line_first_within(const struct parc_core *core, int32_t nth);

/* The jobs of several lines, in the order of turns. More lines than that are left out. */
#define LINES_WALKED 256

struct line_walk {
	int32_t lines[LINES_WALKED], jobs[LINES_WALKED]; /* of each its next job, -1: none */
	int32_t count, at;
};

void line_walk_add(const struct parc_core *core, struct line_walk *walk, int32_t line);

/* The next job, the same until the walk goes on; -1: none. */
int32_t line_walk_job(const struct parc_core *core, struct line_walk *walk);

/* Go on behind it; behind all of its bundle. */
void line_walk_on(const struct parc_core *core, struct line_walk *walk);
void line_walk_skip(const struct parc_core *core, struct line_walk *walk);

/* Ready the lines that could use what was freed on the node; all lines. */
void line_wake_node(struct parc_core *core, int32_t node);
void line_wake_all(struct parc_core *core);

/* Ready the hopeless lines, after a change of the fleet; walks all lines. */
void line_wake_hopeless(struct parc_core *core);

void line_reset(struct parc_core *core);

/* Every pending job is in its line, in order: 0, or the sentence in err. */
int line_check(const struct parc_core *core, struct parc_err *err);

#endif
