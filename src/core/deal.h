/* SPDX-License-Identifier: Apache-2.0
 *
 * Dealing the fleet: with the policy's backfill `deal` who runs and on which make of chip is
 * decided anew for waiting and preemptible running work together, at each round of the policy, or
 * with a round of 0 at any event. Between rounds nothing is stopped and nothing starts but on what
 * the last round had stopped for it.
 */
#ifndef CORE_DEAL_H
#define CORE_DEAL_H

#include "core/state.h"

struct block;

void deal_init(struct parc_core *core, struct block *block);

/* Deal, if it is time. Returns 0 when the step has no room for all of it; `plain`: what could not
 * be dealt, as it wants shares, cores or unlike chips, may now be tried in the ordinary way. */
int deal_decide(struct parc_core *core, const struct parc_event *event, int *plain);

/* Since then some that were dealt in vain started in the ordinary way: let others join them. */
void deal_join_started(struct parc_core *core);

/* May work be stopped in this step? */
int deal_is_round(const struct parc_core *core, const struct parc_event *event);

/* A moment at which rounds look at the fleet came: note it. `before_us`: of the event before. */
void deal_time(struct parc_core *core, int64_t before_us);

/* When to look again; PARC_NEVER: nobody waits or could move. */
int64_t deal_wake_us(const struct parc_core *core);

#endif
