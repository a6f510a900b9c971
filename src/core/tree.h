/* SPDX-License-Identifier: Apache-2.0
 *
 * The tree of tenants: who is above whom, and what each with all below it holds, runs and has
 * waiting. All sums are derived, and follow each change on the way up to the root, which is at
 * most PARC_TENANTS_DEEP steps.
 *
 * A guarantee is handed down: what the tenants below are guaranteed is part of it, and the rest
 * is for those below that have no guarantee of their own. So for each tenant just one guarantee
 * holds, that of the nearest at or above it, its holder; and of each device that is held it is
 * plain to whose guarantee it counts.
 */
#ifndef CORE_TREE_H
#define CORE_TREE_H

#include "core/state.h"

/* A cap in thousandths of devices as a normal one; PARC_NEVER for none. */
int64_t tree_normal_of(int64_t milli);

/* Has it a guarantee, a limit or a cap on jobs? */
int tree_has_rule(const struct parc_tenant *set);

/* A new tenant, below which there is nothing yet, takes its place. */
void tree_grow(struct parc_core *core, int32_t tenant);

/* Link all tenants and count all sums again, from jobs and allocations. */
void tree_rebuild(struct parc_core *core);

/* So many more of the tenant's jobs (slot; -1: nobody) wait, run; will hold so much, reserved. */
void tree_add_pending(struct parc_core *core, int32_t tenant, int32_t more);
void tree_add_running(struct parc_core *core, int32_t tenant, int32_t more);
void tree_add_kept(struct parc_core *core, int32_t tenant, int32_t more, int64_t normal);

/* The same of so many jobs within one decision, which looks at no gate when it takes it back. */
void tree_claim(struct parc_core *core, int32_t tenant, int32_t jobs, int64_t normal);

/* The same of all reservations anew: what a job needs at most may be another by now. */
void tree_recount_kept(struct parc_core *core);

/* It holds so much more on a chip. */
void tree_add_normal(struct parc_core *core, int32_t tenant, int32_t chip, int64_t normal);

/* What is left of the guarantee that holds for it; of a holder's own. Below 0: it borrows. */
int64_t tree_left_normal(const struct parc_core *core, int32_t holder);

/* May a submission of the tenant wait? 0, or why not. */
int tree_check_pending(const struct parc_core *core, int32_t tenant, struct parc_err *err);

/* T1: the links and sums of the tree are what a recount gives. */
int tree_verify(const struct parc_core *core, struct parc_err *err);

#endif
