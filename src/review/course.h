/* SPDX-License-Identifier: Apache-2.0
 *
 * A course of things: what became of the jobs of a journal, as it was recorded or as another policy
 * would have had it. It is told each event with its actions and counts.
 *
 *   life cycle   course_init, course_deinit
 *   change       course_inherit, course_note
 *   query        course_ended, course_figures
 *
 * Replicas of services are not counted as jobs; what they hold is in the ledger.
 */
#ifndef REVIEW_COURSE_H
#define REVIEW_COURSE_H

#include "parc/core.h"
#include "review/roll.h"
#include "sim/replay_parts.h"
#include "store/rows.h"

struct course_job {
	int64_t job;
	int64_t submit_us, start_us; /* -1: not known, not yet; start: the first */
	int64_t tenant;
	int32_t state, result; /* enum parc_job_state: PENDING, RUNNING, ENDED; parc_result */
};

struct course {
	struct roll jobs;
	int64_t starts, preempted, requeues;
};

/* What became of jobs and devices from `begin_us` to `end_us`. */
struct course_tenant {
	int64_t tenant, jobs, started, wait_mean_us; /* wait: of those started */
	__int128 held, normal;			     /* as in struct parc_usage */
};

struct course_figures {
	int64_t jobs; /* = finished + failed + the rest to `waiting` */
	int64_t finished, failed, timed_out, lost, cancelled, idle, refused, running, waiting;
	int64_t started, starts, preempted, requeues;
	struct replay_spread wait_us; /* from submission to the first start; of those started */
	int64_t waited_mean_us;	      /* the same of all: who has not started waits until the end */
	__int128 ledger[PARC_LEDGER_COUNT], capacity;
	struct course_tenant *tenants; /* in the order of their numbers */
	int32_t tenants_count;
};

void course_init(struct course *course);
void course_deinit(struct course *course); /* takes a zeroed one */

/* Jobs that are in `base`, before the first record. Their waits count if they had not started. */
int course_inherit(struct course *course, struct store *store, const struct parc_core *base,
		   struct parc_err *err);

/* The event was stepped. */
int course_note(struct course *course, const struct parc_event *event,
		const struct parc_actions *actions, struct parc_err *err);

/* The job's result when it has ended; PARC_RESULT_NONE: it is there. -1: it never was. */
int32_t course_ended(const struct course *course, int64_t job);

/* What the figures are of: what is in `core` at end_us that was not in `base` before. */
struct course_span {
	const struct parc_core *base, *core;
	int64_t end_us;
};

/* Fill the figures; the names of tenants are the store's. The caller ends them, also after a
 * failure. */
int course_figures(const struct course *course, struct store *store, const struct course_span *span,
		   struct course_figures *figures, struct parc_err *err);
void course_figures_deinit(struct course_figures *figures);

#endif
