/* SPDX-License-Identifier: Apache-2.0
 *
 * Going through the queue, by the policy's backfill:
 *
 *   greedy        every job that fits starts, in order; nothing is kept for who does not fit
 *   none          nobody overtakes the first that does not fit, but whom a guarantee covers
 *   easy          the first that does not fit has a reservation (Lifka, "The ANL/IBM SP
 *                 scheduling system", JSSPP 1995); others start if they do not delay it
 *   conservative  so have all that wait, up to reserve_max (Mu'alem, Feitelson, IEEE TPDS 2001)
 *
 *   deal          deal.h
 *
 * Under each of them what is recalled (recall.h) is minded, and who recalled it is tried with it.
 *
 * With reservations there are two passes. In the first each job is tried in order without what
 * is kept for others, so that its length does not matter; who has a reservation is tried with
 * what is kept for it. In the second, jobs that are short enough are tried in order with what is
 * kept until they will have ended.
 *
 * A reservation is reckoned anew when something happened that it did not reckon with: work ended
 * before or after it was expected to, the fleet or the policy changed.
 */
#include "core/queue.h"

#include "core/act.h"
#include "core/closure.h"
#include "core/deal.h"
#include "core/job.h"
#include "core/line.h"
#include "core/move.h"
#include "core/plan.h"
#include "core/quota.h"
#include "core/recall.h"
#include "core/reserve.h"
#include "core/strand.h"

#define RESERVE_USUAL 64 /* reservations when the policy names no number */
#define ACTIONS_EACH  4	 /* at most: give a reservation up, reserve, a reason, a start */

static void wake_lines(struct parc_core *core)
{
	if (core->freed_count > 0 && !core->freed_all)
		quota_open_pledge(core);
	if (core->freed_all) {
		line_wake_all(core);
		quota_open_all(core);
	} else {
		int32_t count = table_count(&core->lines_table) > 0 ? core->freed_count : 0;

		for (int32_t i = 0; i < count; i++)
			line_wake_node(core, core->freed[i]);
	}
	core->freed_count = core->freed_all = 0;
	quota_open(core);
}

/* Is there room to record this job's start, or its reservation? A step that has decided nothing
 * yet has. */
static int has_room_for(const struct parc_core *core, int32_t job)
{
	return act_has_room_for(core, ACTIONS_EACH) &&
	       core->placements_max - core->placements_count >= job_tasks_max(core, job);
}

/* The line's first job has to wait for this reason. */
static void line_wait(struct parc_core *core, int32_t line, int32_t reason)
{
	int32_t job = line_head(core, line);

	if (core->jobs[job].reason == reason)
		line_block(core, job);
	else
		act_reason(core, job, reason);
}

/* Try the line's first job; 1 if it started. */
static int line_try(struct parc_core *core, int32_t line)
{
	int32_t reason = queue_try_in_turn(core, line_head(core, line));

	if (reason != PARC_REASON_NONE)
		line_wait(core, line, reason);
	return reason == PARC_REASON_NONE;
}

/* One pass over the queue. */
struct pass {
	struct parc_core *core;
	int32_t failed_first, failed_last; /* lines that did not fit, in order */
	int full;			   /* the step has no room for more */
	int freed; /* something was given back, or a reservation given up, since the early were
		    * tried */
};

static void pass_note_failed(struct pass *pass, int32_t line)
{
	struct line *it = &pass->core->lines[line];

	if (it->state != LINE_BLOCKED || it->failed)
		return;
	it->failed = 1;
	it->failed_next = -1;
	if (pass->failed_last >= 0)
		pass->core->lines[pass->failed_last].failed_next = line;
	else
		pass->failed_first = line;
	pass->failed_last = line;
}

/* Has the reservation begun? */
static int is_due(struct parc_core *core, int32_t slot)
{
	return core->reservations[slot].start_us <= core->time_us;
}

/* May a job that is not the first of its line, and so was not tried yet, start before its time? */
static int is_early(struct parc_core *core, int32_t slot)
{
	int32_t job = core->reservations[slot].job;

	return job != line_head(core, core->jobs[job].line) &&
	       reserve_could(core, slot, job, core->time_us);
}

/* The same of recalls, whosever turn it is. */
static int is_recall_due(struct parc_core *core, int32_t slot)
{
	return core->reservations[slot].recall && is_due(core, slot);
}

static int is_recall_early(struct parc_core *core, int32_t slot)
{
	return core->reservations[slot].recall &&
	       reserve_could(core, slot, core->reservations[slot].job, core->time_us);
}

/* The job with the first turn among those with such a reservation, after `last`; -1: none. It need
 * not be the first of its line. */
static int32_t reserved_first(struct parc_core *core, int32_t last,
			      int (*is_such)(struct parc_core *core, int32_t slot))
{
	int32_t first = -1;

	for (int32_t slot = 0; slot < core->reservations_table.high; slot++) {
		int32_t job = core->reservations[slot].job;

		if (job < 0 || (last >= 0 && !line_job_is_before(core, last, job)) ||
		    (first >= 0 && !line_job_is_before(core, job, first)))
			continue;
		if (is_such(core, slot))
			first = job;
	}
	return first;
}

/* Who has such a reservation is tried with what is kept for it. */
static void pass_reserved(struct pass *pass, int (*is_such)(struct parc_core *core, int32_t slot))
{
	struct parc_core *core = pass->core;
	int32_t job = reserved_first(core, -1, is_such), next;

	for (; job >= 0; job = next) {
		next = reserved_first(core, job, is_such);
		if (!has_room_for(core, job)) {
			pass->full = 1;
			return;
		}
		queue_try_in_turn(core, job);
	}
}

/* Those who have reserved and whose turn it is not start before their time on what is free by now.
 */
static void pass_early(struct pass *pass)
{
	int conservative = pass->core->rules.backfill == PARC_BACKFILL_CONSERVATIVE;

	if (!pass->freed || pass->full)
		return;
	pass->freed = 0;
	pass_reserved(pass, conservative ? is_early : is_recall_early);
}

static void pass_short(struct pass *pass);

/* ---- Without reservations. Each returns 0 when the step has no room for more. */

/* The ready lines in order, each until its first job does not fit. */
static int queue_greedy(struct parc_core *core)
{
	struct pass pass = {.core = core, .failed_first = -1, .failed_last = -1};
	int32_t line;

	do {
		while ((line = line_first(core, LINE_READY)) >= 0 && !pass.full) {
			pass.full = !has_room_for(core, line_head(core, line));
			if (!pass.full && !line_try(core, line) &&
			    (closure_is_any(core) || core->recalls > 0))
				pass_note_failed(&pass, line);
			quota_open(core);
		}
		pass_short(&pass);
		if (!pass.full && line_first(core, LINE_READY) < 0)
			pass.full = !recall_decide(core);
	} while (!pass.full && line_first(core, LINE_READY) >= 0); /* as in queue_backfill */
	return !pass.full;
}

/* The first of all starts, as long as it fits. Returns 0 when the step has no room for more. */
static int strict_start(struct parc_core *core)
{
	int32_t line;

	while ((line = line_first(core, LINE_BLOCKED)) >= 0) {
		int32_t head = line_head(core, line);

		if (!has_room_for(core, head))
			return 0;
		if (!line_try(core, line) && !line_is_barred(core->jobs[head].reason))
			break;
		quota_open(core);
	}
	quota_open_rest(core);
	return 1;
}

/* Those that were not tried wait for this. Returns 0 when the step has no room for more. */
static int lines_wait(struct parc_core *core, int32_t reason)
{
	int32_t line;

	while ((line = line_first(core, LINE_READY)) >= 0) {
		if (!act_has_room(core))
			return 0;
		line_wait(core, line, reason);
	}
	return 1;
}

/* The first of all starts, or nobody does but whom a guarantee covers. */
static int queue_strict(struct parc_core *core)
{
	int64_t running;
	int full = 0;

	do {
		do {
			if (!strict_start(core))
				return 0;
		} while (recall_start(core, &full));
		/* Those behind it were not tried and wait for their turn, also those whose tenants
		 * got room: each of them, as a core that was decoded has them all past their
		 * gates. */
		if (full || !lines_wait(core, PARC_REASON_PRIORITY))
			return 0;
		running = core->running;
		if (!recall_decide(core))
			return 0;
	} while (core->running > running); /* one fitted as planned: now it is another's turn */
	return 1;
}

/* ---- With reservations */

/* Has the job a reservation, or was one sought in vain in this step? */
static int is_settled(const struct parc_core *core, int32_t job)
{
	return core->jobs[job].reservation >= 0 ||
	       core->allocations[job].planned == plan_stamp(core);
}

/* The reservation belongs to the first of all that wait; see that it will be tried. */
static void easy_settle(struct parc_core *core)
{
	int32_t line = line_first(core, LINE_BLOCKED);

	if (line >= 0 && !is_settled(core, line_head(core, line)))
		line_ready(core, line);
}

static int32_t reserve_most(const struct parc_core *core)
{
	return core->rules.reserve_max > 0 ? core->rules.reserve_max : RESERVE_USUAL;
}

/* Plan the job for later, in the place of who yields; -1: nobody does. */
static int plan_over(struct parc_core *core, int32_t job, int32_t yields,
		     struct parc_action *action)
{
	int found;

	for (int32_t slot = 0; slot < core->reservations_table.high; slot++)
		core->reservations[slot].yields =
			yields >= 0 && core->reservations[slot].job == yields;
	core->plan_over = 1;
	found = reserve_plan(core, job, action);
	core->plan_over = 0;
	return found;
}

/* Reserve for the job, or again if it has a reservation that may be wrong by now; once a step. Who
 * has to yield for it (-1: nobody) does so when the new reservation is found, so that nothing
 * slips in between. Returns why that cannot be: it could never start, or a table is full. Who
 * starts after all, as the chips of the plan are faster than it had to be reckoned with, has none.
 */
static int32_t job_reserve(struct parc_core *core, int32_t job, int32_t yields)
{
	struct parc_action action = {.kind = PARC_ACTION_RESERVE, .job = core->jobs[job].id};

	if (core->allocations[job].planned == plan_stamp(core) && core->jobs[job].reservation >= 0)
		return PARC_REASON_NONE;
	core->allocations[job].planned = plan_stamp(core);
	if (!plan_over(core, job, yields, &action))
		return plan_never(core, job);
	if (reserve_is(core, job, &action))
		return PARC_REASON_NONE;
	if (queue_try_planned(core, job, &action))
		return PARC_REASON_NONE;
	if (reserve_check(core, job, &action, NULL) != 0)
		return PARC_REASON_LIMIT;
	if (yields >= 0) {
		act_unreserve(core, yields);
		core->allocations[yields].planned = 0;
	}
	act_reserve(core, job, &action);
	return PARC_REASON_NONE;
}

/* Has the job to be planned for later now? */
static int is_to_reserve(const struct parc_core *core, int32_t line, int32_t job)
{
	int32_t own = core->jobs[job].reservation;

	if (own >= 0)
		return core->disrupted && !core->reservations[own].recall;
	return core->rules.backfill == PARC_BACKFILL_EASY && line_first(core, LINE_BLOCKED) == line;
}

/* Try a line's first job; 1 if it started. */
static int pass_line(struct parc_core *core, int32_t line)
{
	int32_t job = line_head(core, line), reason = queue_try_in_turn(core, job);

	if (reason == PARC_REASON_NONE)
		return 1;
	if (!line_is_barred(reason) && is_to_reserve(core, line, job)) {
		int32_t holder = core->jobs[job].reservation < 0 ? reserve_holder(core) : -1;
		int32_t never = job_reserve(core, job, holder);

		if (core->jobs[job].runs)
			return 1;
		if (never != PARC_REASON_NONE && (never == PARC_REASON_LIMIT || core->recalls == 0))
			reason = never; /* else what is recalled may have no known end */
	}
	if (line_is_barred(reason) && core->jobs[job].reservation >= 0)
		act_unreserve(core, job);
	line_wait(core, line, reason);
	return 0;
}

/* First pass: each in order, keeping off what is kept for others. */
static void pass_ordered(struct pass *pass)
{
	struct parc_core *core = pass->core;
	int32_t line;

	for (;;) {
		pass->freed |= core->freed_count > 0;
		wake_lines(core);
		if (core->rules.backfill == PARC_BACKFILL_EASY)
			easy_settle(core);
		line = line_first(core, LINE_READY);
		if (line < 0)
			return;
		if (!has_room_for(core, line_head(core, line))) {
			pass->full = 1;
			return;
		}
		if (!pass_line(core, line))
			pass_note_failed(pass, line);
	}
}

/* The first job in order that waits without a reservation, of all lines; -1: none. */
static int32_t unreserved_first(const struct parc_core *core)
{
	int32_t best = -1;
	int32_t line = ranking_first(&core->turns, core->turns_root, LINE_BLOCKED);

	for (; line >= 0; line = ranking_next(&core->turns, core->turns_root, line, LINE_BLOCKED)) {
		int32_t job = line_head(core, line);

		while (job >= 0 && is_settled(core, job))
			job = line_next_job(core, line, job, INT64_MAX);
		if (job >= 0 && (best < 0 || line_job_is_before(core, job, best)))
			best = job;
	}
	return best;
}

/* The last in order of those that have a reservation; -1: none. */
static int32_t reserved_last(const struct parc_core *core)
{
	int32_t last = -1;

	for (int32_t slot = 0; slot < core->reservations_table.high; slot++) {
		int32_t job = core->reservations[slot].job;

		if (job >= 0 && !core->reservations[slot].recall &&
		    (last < 0 || line_job_is_before(core, last, job)))
			last = job;
	}
	return last;
}

/* A rule for its tenant keeps the job back, and all that want the same with it: the first of them
 * waits for that, unless it has reserved. */
static void job_bar(struct parc_core *core, int32_t job, int32_t reason)
{
	int32_t head = strand_head(core, core->jobs[job].strand);

	if (head != job && core->jobs[head].reservation >= 0)
		return;
	if (core->jobs[head].reason == reason)
		line_block(core, head);
	else
		act_reason(core, head, reason);
}

/* Conservative: reservations for the first that wait, in order; those that are short enough
 * start instead. */
static void pass_reserve(struct pass *pass)
{
	struct parc_core *core = pass->core;

	for (int32_t tries = 0; tries < 2 * PARC_RESERVE_MAX; tries++) {
		int32_t job = unreserved_first(core), last = reserved_last(core);
		int full = core->reserved - core->recalls >= reserve_most(core), reason, others;

		if (job < 0 || (full && line_job_is_before(core, last, job)))
			return;
		if (!has_room_for(core, job)) {
			pass->full = 1;
			return;
		}
		reason = queue_try_short(core, job);
		if (reason == PARC_REASON_NONE)
			continue;
		if (line_is_gated(reason)) {
			core->allocations[job].planned = plan_stamp(core); /* it has no claim */
			job_bar(core, job, reason);
			continue;
		}
		others = core->reserved;
		reason = job_reserve(core, job, full ? last : -1);
		if (core->jobs[job].runs)
			continue;
		if (others > 0 && reason != PARC_REASON_LIMIT && line_is_hopeless(reason))
			return; /* what is reserved may have no known end */
		if (reason != PARC_REASON_NONE && job == line_head(core, core->jobs[job].line))
			line_wait(core, core->jobs[job].line, reason);
		else if (core->jobs[job].reservation < 0)
			return;
	}
}

/* Try the short ones of a line in order, with what is kept until they will have ended. */
static void pass_short_line(struct pass *pass, int32_t line, int64_t most)
{
	struct parc_core *core = pass->core;
	int32_t job = line_first_job(core, line, most), next, reason;

	for (; job >= 0; job = next) {
		if (!has_room_for(core, job)) {
			pass->full = 1;
			return;
		}
		next = line_next_job(core, line, job, most);
		reason = queue_try_short(core, job);
		if (reason == PARC_REASON_NONE)
			continue;
		if (line_is_gated(reason)) {
			next = strand_skip(core, line, job, most);
			job_bar(core, job, reason);
			continue;
		}
		if (core->rules.backfill == PARC_BACKFILL_EASY && reason != PARC_REASON_RESERVATION)
			return; /* more would be lifted for none of them */
		most = ranking_at(&core->waiting, job)->value - 1;
		next = line_next_job(core, line, job, most);
	}
}

/* Second pass: short work in what is kept for later. */
static void pass_short(struct pass *pass)
{
	struct parc_core *core = pass->core;

	for (int32_t line = pass->failed_first, next; line >= 0; line = next) {
		int64_t most = reserve_ahead_us(core);

		next = core->lines[line].failed_next;
		core->lines[line].failed = 0;
		if (most > 0 && !pass->full)
			pass_short_line(pass, line, most);
	}
	pass->failed_first = pass->failed_last = -1;
	quota_open(core); /* what started may have used up what kept others back */
}

/* Whom what has started bars from what is guaranteed to others gives up what is reserved for him.
 */
static void pass_bar(struct pass *pass)
{
	struct parc_core *core = pass->core;

	for (int32_t slot = 0; slot < core->reservations_table.high && !pass->full; slot++) {
		int32_t job = core->reservations[slot].job;

		if (job < 0 || core->reservations[slot].recall ||
		    quota_bars(core, job) == PARC_REASON_NONE)
			continue;
		pass->full = !act_has_room(core);
		if (pass->full)
			return;
		act_unreserve(core, job);
		core->disrupted = 1;
		line_ready(core, core->jobs[job].line);
	}
}

/* `freed`: something that others held was given back in this step. */
static int queue_backfill(struct parc_core *core, int freed)
{
	struct pass pass = {.core = core, .failed_first = -1, .failed_last = -1, .freed = freed};

	if (core->fleet_changed)
		line_wake_hopeless(core);
	core->fleet_changed = 0;
	for (int32_t slot = 0; slot < core->reservations_table.high && core->disrupted; slot++)
		if (core->reservations[slot].job >= 0)
			line_ready(core, core->jobs[core->reservations[slot].job].line);
	do {
		if (core->rules.backfill == PARC_BACKFILL_CONSERVATIVE)
			pass_reserved(&pass, is_due);
		pass_ordered(&pass);
		pass_bar(&pass);
		if (!pass.full)
			pass.full = !recall_decide(core);
		if (!pass.full && core->rules.backfill == PARC_BACKFILL_CONSERVATIVE)
			pass_reserve(&pass);
		if (core->freed_count == 0)
			pass_early(&pass);
		/* A reservation was given up, or used up only in part. */
	} while (!pass.full &&
		 (core->freed_count > 0 || core->gates_changed >= 0 || core->pledge_freed));
	for (;;) {
		pass_short(&pass);
		pass_bar(&pass);
		if (!pass.full)
			pass.full = !recall_decide(core);
		pass_early(&pass);
		/* The head of a line that started as short leaves the next one untried, and who
		 * starts may leave something of what it had reserved. */
		if (pass.full || (line_first(core, LINE_READY) < 0 && core->freed_count == 0))
			break;
		pass_ordered(&pass);
	}
	if (!pass.full)
		core->disrupted = 0;
	return !pass.full;
}

/* Deal the fleet; what a deal does not handle, or leaves, starts if it fits, or moves. */
static int queue_deal(struct parc_core *core, const struct parc_event *event)
{
	int plain, done = deal_decide(core, event, &plain);

	quota_open(core); /* what was dealt may have used up a guarantee */
	if (done && plain && !queue_greedy(core))
		return 0;
	if (done && plain) {
		deal_join_started(core);
		return !deal_is_round(core, event) || move_decide(core);
	}
	quota_open_rest(core); /* as in queue_strict: who is past his gate waits for the round */
	return done && lines_wait(core, PARC_REASON_ROUND) && recall_decide(core);
}

/* Who has recalled something is tried with it before anybody else. Returns 0 when the step has no
 * room. */
static int queue_recalls(struct parc_core *core, int freed)
{
	struct pass pass = {.core = core};

	if (core->recalls > 0)
		pass_reserved(&pass, is_recall_due);
	if (core->recalls > 0 && freed && !pass.full)
		pass_reserved(&pass, is_recall_early);
	return !pass.full;
}

/* Nobody waits, and nothing is kept for anybody: what follows would find nothing to do. */
static int queue_is_empty(const struct parc_core *core)
{
	return table_count(&core->lines_table) == 0 && core->recalls == 0 &&
	       core->strands_stale < 0 && core->gates_changed < 0;
}

int queue_decide(struct parc_core *core, const struct parc_event *event)
{
	int done, freed = core->freed_all || core->freed_count > 0;

	if (core->rules.backfill == PARC_BACKFILL_GREEDY && queue_is_empty(core)) {
		core->freed_count = core->freed_all = core->pledge_freed = 0;
		return act_has_room(core);
	}
	core->looks |= core->freed_all;
	wake_lines(core);
	done = queue_recalls(core, freed);
	if (done && core->rules.backfill == PARC_BACKFILL_GREEDY)
		done = queue_greedy(core);
	else if (done && core->rules.backfill == PARC_BACKFILL_NONE)
		done = queue_strict(core);
	else if (done && core->rules.backfill == PARC_BACKFILL_DEAL)
		done = queue_deal(core, event);
	else if (done)
		done = queue_backfill(core, freed);
	return quota_settle(core, 1) && done;
}
