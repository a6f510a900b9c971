/* SPDX-License-Identifier: Apache-2.0
 *
 * The order within a line. A line holds equal jobs of many tenants:
 *
 *     line ──> bundles: one a guarantee; those first in whose guarantee a job of the line fits
 *                └──> strands: one a tenant, in order of fair share
 *                       └──> jobs, in the order of the policy, then of arrival
 *
 * Strands of the same rank, as all are where shares are not fair, go by turns: next is the first of
 * their jobs in order. So do bundles.
 *
 * So when a tenant uses more or less, its bundles change places, and nothing else; when shares
 * are reckoned anew the strands do; and a tenant at its limit is one strand that steps out of its
 * bundle until there is room (quota.h). A line whose jobs do not fit is tried once, not once a
 * tenant.
 *
 * Where tenants have no rules and shares are not fair, a line has one bundle with one strand.
 *
 * A strand lives as long as a job of its kind and tenant is in the core, so that what comes back to
 * the queue always finds its place; there are at most STRANDS_EACH a tenant, and no more lines.
 *
 * Each change costs O(log) of the strands and bundles concerned.
 */
#ifndef CORE_STRAND_H
#define CORE_STRAND_H

#include "core/state.h"

#define STRANDS_EACH 128 /* times the limit on tenants: kinds of jobs of all tenants together */

void strand_init(struct parc_core *core, struct block *block);
void strand_reset(struct parc_core *core);

#define STRAND_UNLISTED (-2)

/* So many there are at most. */
int32_t strand_limit(const struct parc_limits *limits);

/* Whether strands tell tenants apart as things are; whether there is room for another one. */
int strand_is_wanted(const struct parc_core *core);
int strand_has_room(const struct parc_core *core);

/* Is there room for all jobs to have strands of their own? Then nothing has to be counted. Else: is
 * there, when they are sorted by these rules, and by tenant; when each strand becomes two? That
 * counts kinds: O(jobs). */
int strand_suffice(const struct parc_core *core);
int strand_may_sort(const struct parc_core *core, const struct parc_policy *rules, int by_tenant);
int strand_may_split(const struct parc_core *core);

/* The job, of a line of this key, enters the core; it leaves the core. */
void strand_enter(struct parc_core *core, int32_t job, uint64_t key);
void strand_exit(struct parc_core *core, int32_t job);

/* The job, which is in, waits in the line; it waits no longer. */
void strand_join(struct parc_core *core, int32_t job, int32_t line,
		 const struct ranking_node *node);
void strand_leave(struct parc_core *core, int32_t job);

/* The strand steps out to wait at a gate; it steps in again. */
void strand_close(struct parc_core *core, int32_t strand, int32_t gate);
void strand_open(struct parc_core *core, int32_t strand);

/* The job has room after all: its strand does not wait at a gate. */
void strand_admit(struct parc_core *core, int32_t job);

int32_t strand_head(const struct parc_core *core, int32_t strand);

/* The same after all jobs of the bundle of this one. */
int32_t strand_skip_bundle(const struct parc_core *core, int32_t line, int32_t job);

/* The tenant whose rules a job follows in its strand: -1 where that has none. */
int32_t strand_tenant(const struct parc_core *core, int32_t tenant);

/* First in order of a line's jobs of at most this length, and the next; -1: none. Those of closed
 * strands are not asked. */
int32_t strand_first_job(const struct parc_core *core, int32_t line, int64_t most);
int32_t strand_next_job(const struct parc_core *core, int32_t line, int32_t job, int64_t most);

/* The same after all jobs of the strand of this one. */
int32_t strand_skip(const struct parc_core *core, int32_t line, int32_t job, int64_t most);

/* The guarantees of its holder that the job may be within: a bit each. */
uint32_t strand_places(const struct parc_core *core, int32_t job);

/* What comes before the rank of a job in the order of turns: tier, guarantee, fair share. Of one
 * that runs: as if it were within a guarantee that its tenant has on chips that it accepts. */
int64_t strand_major(const struct parc_core *core, int32_t job);

/* The least that it is in the nth tier from the top, of jobs within a guarantee or outside. */
int64_t strand_major_least(int32_t nth, int outside);

/* Another amount of the holder's guarantee is used: do its bundles still stand right? */
void strand_holder_changed(struct parc_core *core, int32_t holder);

/* Tenants have other ranks: sort all strands, bundles and lines again. */
void strand_sort_all(struct parc_core *core);

/* Q4: strands and bundles stand where they should. */
int strand_verify(const struct parc_core *core, struct parc_err *err);

#endif
