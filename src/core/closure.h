/* SPDX-License-Identifier: Apache-2.0
 *
 * Windows: a time for which nodes, or devices of a chip, are kept for a tenant or a user (an
 * advance reservation), or taken out of service (maintenance). The core keeps a window as a
 * closure: a reservation without a job (reserve.h), with a hold on each node.
 *
 *     WINDOW_SET ──> placed ──> begun ──────────> ended
 *                    its holds  who may not use   all is given back
 *                    are chosen it is stopped; maintenance: its nodes leave service
 *
 * Before it begins nothing is started on what it holds that could not end by then: work without a
 * known length is not, unless it may use the window. Whoever may use it sees its holds as free, and
 * what he runs there counts as part of them.
 *
 * Costs: placing walks over the nodes once for each number of busy devices; a step looks at the
 * closures there are, of which there are few. Invariant W1.
 */
#ifndef CORE_CLOSURE_H
#define CORE_CLOSURE_H

#include "core/state.h"

void closure_init(struct parc_core *core, struct block *block);

/* WINDOW_SET, WINDOW_DROP: may it be stepped; and what it changes. */
int closure_check(const struct parc_core *core, const struct parc_event *event,
		  struct parc_err *err);
void closure_set(struct parc_core *core, const struct parc_window *set);
void closure_drop(struct parc_core *core, int64_t window);

/* Are there any? */
static inline int closure_is_any(const struct parc_core *core)
{
	return table_count(&core->closures_table) > 0;
}

/* May the job use what the closure (a slot) keeps? */
int closure_admits(const struct parc_core *core, int32_t closure, const struct job *job);

/* Mix into the key of a line which windows its jobs may use. */
uint64_t closure_key(const struct parc_core *core, const struct job *job, uint64_t hash);

/* Place, begin and end what is due. 0: the step has no room for more. */
int closure_decide(struct parc_core *core);

/* Could the action be applied? 0, or why not. Apply it. */
int window_check(const struct parc_core *core, const struct parc_action *action,
		 struct parc_err *err);
void window_apply(struct parc_core *core, const struct parc_action *action);

/* When the next one begins or ends; PARC_NEVER: none does. */
int64_t closure_wake_us(const struct parc_core *core);

uint64_t closure_hash(const struct closure *closure);
void closure_rebuild(struct parc_core *core);

/* W1: a closure and its reservation name each other, and it has begun just when its time has
 * come. */
int closure_verify(const struct parc_core *core, struct parc_err *err);

#endif
