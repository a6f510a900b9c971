/* SPDX-License-Identifier: Apache-2.0
 *
 * The tree of tenants: who is above whom, and what each with all below it holds, runs and has
 * waiting. All sums are derived, and follow each change on the way up to the root, which is at
 * most PARC_TENANTS_DEEP steps.
 *
 * A tenant has guarantees, each for chips of its own. They are handed down: what the tenants below
 * are guaranteed is part of the first of them that shares a chip with it, and the rest is for
 * those below that have no guarantee. So for each tenant the guarantees of just one hold, the
 * nearest at or above it that has any, its holder; and of each device that is held it is plain to
 * which guarantee it counts.
 *
 * A job is covered where it is within each guarantee that a chip that it accepts can fulfil, and
 * there is one: so it is within, wherever it is placed among them.
 */
#ifndef CORE_TREE_H
#define CORE_TREE_H

#include "core/state.h"

/* A cap in thousandths of devices as a normal one; PARC_NEVER for none. */
int64_t tree_normal_of(int64_t milli);

/* Has it a guarantee; that, a limit or a cap on jobs? */
int tree_has_guarantee(const struct parc_tenant *set);
int tree_has_rule(const struct parc_tenant *set);

/* The slot of a tenant, -1: there is none. Mostly they came in the order of their ids, 1, 2, ... */
static inline int32_t tenant_find(const struct parc_core *core, int64_t id)
{
	int is_near = id > 0 && id <= core->tenants_table.high;

	return idmap_find_near(&core->tenant_ids, id, is_near ? (int32_t)id - 1 : -1);
}

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

/* The same for the guarantee of a holder alone; 0: it has none for that chip. */
int tree_use(struct parc_core *core, int32_t holder, int32_t chip, int64_t normal);

/* What is left of one guarantee of a holder. Below 0: it borrows. */
int64_t tree_left_of(const struct tenant *holder, int32_t place);

/* Which of a holder's guarantees can these chips fulfil? A bit for each place. */
uint32_t tree_places(const struct parc_core *core, int32_t holder, uint64_t chips);

/* The least that is left of these guarantees of a holder; INT64_MIN of none. */
int64_t tree_left_normal(const struct parc_core *core, int32_t holder, uint32_t places);

/* All chips that can fulfil one of them. */
uint64_t tree_chips(const struct parc_core *core, int32_t holder, uint32_t places);

/* May a submission of the tenant wait? 0, or why not. */
int tree_check_pending(const struct parc_core *core, int32_t tenant, struct parc_err *err);

/* T1: the links and sums of the tree are what a recount gives. */
int tree_verify(const struct parc_core *core, struct parc_err *err);

#endif
