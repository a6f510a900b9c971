/* SPDX-License-Identifier: Apache-2.0
 *
 * A deal takes the first that wait and the last of those that run in turn order, and asks
 * assign.h who should be where. What runs and shall not, or shall elsewhere, is stopped; the others
 * start in its place when it has given that back. Nothing of this is remembered: when a stop is
 * reported the deal is made again without stopping anybody, and comes out the same, as those on
 * their way are counted as waiting and their devices as free.
 *
 * Nobody is stopped for a newcomer unless a plan shows that the newcomer then fits. A move has to
 * pay: a job stays where it is unless the other chip is faster by a tenth and by what the move
 * costs it over the time that it has to go; where that is not known it is taken to be as long as
 * it has run so far (move.h). No ping-pong: who started less than MOVE_RUN_MIN_US ago, or half a
 * round, stays.
 *
 * Cost: a walk over the allocations and, for the candidates of each deal, assign.h; at most
 * CANDIDATES_MAX of either kind, and LINES_WALKED lines. With more than ASSIGN_CHIPS_MAX makes of
 * chip the last are not dealt.
 */
#include "core/deal.h"

#include <string.h>

#include "base/block.h"
#include "core/act.h"
#include "core/assign.h"
#include "core/choose.h"
#include "core/job.h"
#include "core/line.h"
#include "core/move.h"
#include "core/node.h"
#include "core/order.h"
#include "core/pair.h"
#include "core/plan.h"
#include "core/profile.h"
#include "core/quota.h"
#include "core/reserve.h"
#include "core/score.h"
#include "core/strand.h"

#define CANDIDATES_MAX 1024 /* that wait; that run */
#define ROUND_EPOCHS   4    /* steps of a score at a round */

/* One job of the deal. */
struct hand {
	int64_t major, rank, tie; /* its turn: tier and tenant, order, arrival */
	int32_t job, size, was;	  /* devices; chip on which it runs, -1: it waits */
	int32_t leaving;	  /* it was told to stop, and will wait */
	int32_t fixed;		  /* it runs and may not be stopped now */
	int32_t mate;		  /* who shares its devices; -1: nobody */
	int32_t stays;		  /* it keeps the devices that it has */
	int32_t comes;		  /* it will start where it shall be when others have gone */
	int32_t leaves;		  /* it was told to stop: what it holds is reckoned as free */
};

struct deal {
	struct assign assign;
	struct hand hands[2 * CANDIDATES_MAX];
	struct assign_job jobs[2 * CANDIDATES_MAX];
	int32_t count, running;
	int32_t chips[ASSIGN_CHIPS_MAX]; /* by index of the assignment */
	int32_t victims[CANDIDATES_MAX];
	int32_t classes, class_jobs[ASSIGN_CLASSES_MAX]; /* one job of each */
	int32_t pair[ASSIGN_CLASSES_MAX][ASSIGN_CLASSES_MAX][ASSIGN_CHIPS_MAX];
};

void deal_init(struct parc_core *core, struct block *block)
{
	core->deal = block_take(block, 1, sizeof(*core->deal));
}

/* ---- Time */

void deal_time(struct parc_core *core, int64_t before_us)
{
	int64_t round_us = core->rules.round_us;

	if (round_us > 0 && core->time_us / round_us != before_us / round_us)
		core->round_at_us = core->time_us;
}

static int64_t multiple_after(int64_t time_us, int64_t span_us)
{
	return (time_us / span_us + 1) * span_us;
}

/* Does anybody wait for the next round? */
static int is_awaited(const struct parc_core *core)
{
	int32_t line = line_first(core, LINE_BLOCKED);

	for (int32_t i = 0; line >= 0 && i < LINES_WALKED; i++, line = line_next(core, line))
		if (core->jobs[line_head(core, line)].reason == PARC_REASON_ROUND)
			return 1;
	return 0;
}

int64_t deal_wake_us(const struct parc_core *core)
{
	if (core->rules.backfill != PARC_BACKFILL_DEAL || (core->running == 0 && !is_awaited(core)))
		return PARC_NEVER;
	return multiple_after(core->time_us,
			      core->rules.round_us > 0 ? core->rules.round_us : MOVE_RUN_MIN_US);
}

/* Not by what engines report of work that goes on or was stopped. */
int deal_is_round(const struct parc_core *core, const struct parc_event *event)
{
	if (event->kind >= PARC_EVENT_STARTED && event->kind != PARC_EVENT_ENDED)
		return 0;
	return core->rules.round_us == 0 || core->round_at_us == core->time_us;
}

/* ---- Candidates */

/* Devices that the job wants, all whole and of one make; 0: it is not dealt. */
static int32_t deal_size(const struct parc_core *core, int32_t job)
{
	int64_t size = 0;

	if (choose_chips(core, job) == 0)
		return 0;
	for (int32_t g = job_spec(core, job)->groups; g >= 0; g = core->groups[g].next) {
		const struct group *it = &core->groups[g];

		size += (int64_t)core->shapes[it->shape].ask.task.devices * it->tasks_min;
	}
	return size < INT32_MAX ? (int32_t)size : 0;
}

/* The make of chip on which all of the allocation lies, as an index of the assignment; -1. */
static int32_t chip_of(const struct parc_core *core, const struct deal *deal, int32_t allocation)
{
	int32_t chip = move_make(core, allocation);

	for (int32_t c = 0; c < deal->assign.chips; c++)
		if (deal->chips[c] == chip)
			return c;
	return -1;
}

static int hand_is_before(const struct hand *a, const struct hand *b)
{
	if (a->major != b->major)
		return a->major < b->major;
	return a->rank != b->rank ? a->rank < b->rank : a->tie < b->tie;
}

/* Among those that run only the last in turn order are kept. */
static void add_running(struct deal *deal, const struct hand *hand)
{
	int32_t first = 0;

	if (deal->running < CANDIDATES_MAX) {
		deal->hands[deal->running++] = *hand;
		return;
	}
	for (int32_t i = 1; i < CANDIDATES_MAX; i++)
		if (hand_is_before(&deal->hands[i], &deal->hands[first]))
			first = i;
	if (hand_is_before(&deal->hands[first], hand))
		deal->hands[first] = *hand;
}

/* Devices that it holds by itself or with a mate; 0: it holds less of them. */
static int is_whole(const struct allocation *it, int32_t size)
{
	int32_t share = it->beside >= 0 ? PAIR_SHARE : PARC_SHARE_WHOLE;

	return it->held_milli == (int64_t)size * share;
}

static int32_t hand_of(const struct deal *deal, int32_t job)
{
	int32_t i = deal->count - 1;

	while (i >= 0 && deal->hands[i].job != job)
		i--;
	return i;
}

/* Who shares its devices with one that is not dealt is not dealt; nor is any pair where the longest
 * come first: these are dealt one by one, and pairs that another policy made stay as they are. */
static void drop_halves(const struct parc_core *core, struct deal *deal)
{
	int32_t kept = 0;

	deal->count = deal->running;
	for (int32_t i = 0; i < deal->running; i++) {
		int32_t beside = core->allocations[deal->hands[i].job].beside;

		deal->hands[i].mate = beside;
		if (beside >= 0 &&
		    (core->rules.order == PARC_ORDER_LONGEST || hand_of(deal, beside) < 0))
			deal->hands[i].mate = -2;
	}
	for (int32_t i = 0; i < deal->running; i++)
		if (deal->hands[i].mate > -2)
			deal->hands[kept++] = deal->hands[i];
	deal->count = deal->running = kept;
}

/* Now that they are in order: mates by their index. */
static void find_mates(struct deal *deal)
{
	for (int32_t i = 0; i < deal->count; i++)
		if (deal->hands[i].mate >= 0)
			deal->hands[i].mate = hand_of(deal, deal->hands[i].mate);
}

static void find_running(struct parc_core *core, struct deal *deal, int may_stop)
{
	for (int32_t slot = 0; slot < core->jobs_table.high; slot++) {
		const struct allocation *it = &core->allocations[slot];
		const struct job *job = &core->jobs[slot];
		struct hand hand = {.job = slot, .tie = job->order, .mate = -1};

		if (!allocation_is_live(core, slot) || !job->preemptible ||
		    (it->state == PARC_JOB_STOPPING &&
		     (job->result != PARC_RESULT_PREEMPTED || job->cancelled)))
			continue;
		hand.size = deal_size(core, slot);
		hand.was = chip_of(core, deal, slot);
		if (hand.size == 0 || hand.was < 0 || !is_whole(it, hand.size))
			continue;
		hand.leaving = it->state == PARC_JOB_STOPPING;
		hand.fixed = !hand.leaving &&
			     (!may_stop || core->time_us - it->start_us < move_run_min_us(core));
		hand.major = strand_major(core, slot);
		hand.rank = order_rank(core, slot);
		add_running(deal, &hand);
	}
	drop_halves(core, deal);
}

static void add_waiting(const struct parc_core *core, struct deal *deal, int32_t job)
{
	deal->hands[deal->count++] = (struct hand){.major = strand_major(core, job),
						   .rank = order_rank(core, job),
						   .tie = core->jobs[job].order,
						   .job = job,
						   .size = deal_size(core, job),
						   .was = -1,
						   .mate = -1};
}

/* The first jobs in turn order of the first lines. */
static void find_waiting(struct parc_core *core, struct deal *deal)
{
	struct line_walk walk = {.count = 0};
	int32_t line = line_first(core, LINE_HOPELESS), job;

	for (; line >= 0 && walk.count < LINES_WALKED; line = line_next(core, line))
		if (core->lines[line].state != LINE_HOPELESS &&
		    deal_size(core, line_head(core, line)) != 0)
			line_walk_add(core, &walk, line);
	for (int32_t i = 0; i < CANDIDATES_MAX && (job = line_walk_job(core, &walk)) >= 0; i++) {
		if (core->jobs[job].reservation < 0 && quota_bars(core, job) == PARC_REASON_NONE)
			add_waiting(core, deal, job);
		line_walk_on(core, &walk);
	}
}

/* Shell's sort: the list is short, nearly in order, and no two are equal. */
static void hands_sort(struct deal *deal)
{
	for (int32_t gap = deal->count / 2; gap > 0; gap /= 2)
		for (int32_t i = gap; i < deal->count; i++) {
			struct hand hand = deal->hands[i];
			int32_t at = i;

			for (; at >= gap && hand_is_before(&hand, &deal->hands[at - gap]);
			     at -= gap)
				deal->hands[at] = deal->hands[at - gap];
			deal->hands[at] = hand;
		}
}

/* ---- Pairs */

static int is_one_class(const struct parc_core *core, int32_t a, int32_t b)
{
	const struct group *one = &core->groups[job_spec(core, a)->groups];
	const struct group *two = &core->groups[job_spec(core, b)->groups];

	return job_spec(core, a)->kind == job_spec(core, b)->kind && one->shape == two->shape &&
	       one->tasks_min == two->tasks_min;
}

/* Jobs of a class are alike to those that may be beside them; -1: it shares with nobody, or there
 * are too many classes. */
static int32_t class_of(const struct parc_core *core, struct deal *deal, int32_t job)
{
	int32_t class = 0;

	if (!core->rules.pairs || !pair_is_open(core, job))
		return -1;
	while (class < deal->classes && !is_one_class(core, job, deal->class_jobs[class]))
		class ++;
	if (class == ASSIGN_CLASSES_MAX)
		return -1;
	if (class == deal->classes)
		deal->class_jobs[deal->classes++] = job;
	return class;
}

/* What chips are worth to pairs; nobody is asked as long as nobody shares or may. */
static void fill_pairs(const struct parc_core *core, struct deal *deal)
{
	int32_t shared = 0;

	for (int32_t i = 0; i < deal->count; i++)
		shared |= deal->hands[i].mate >= 0;
	for (int32_t a = 0; a < deal->classes; a++)
		for (int32_t b = 0; b < deal->classes; b++)
			for (int32_t c = 0; c < deal->assign.chips; c++)
				deal->pair[a][b][c] =
					pair_value(core, deal->class_jobs[a], deal->class_jobs[b],
						   deal->chips[c]);
	if (shared || core->rules.pairs)
		deal->assign.pair =
			(const int32_t(*)[ASSIGN_CLASSES_MAX][ASSIGN_CHIPS_MAX])deal->pair;
}

/* Has `i` to leave its devices to the other, who stays on that chip, too? */
static int gives_way(const struct deal *deal, int32_t i, int32_t other)
{
	const struct hand *hand = &deal->hands[other < 0 ? i : other];

	return other >= 0 && hand->was >= 0 && !hand->leaving &&
	       deal->jobs[other].chip == hand->was && (hand->fixed || other < i);
}

/* Who keeps his devices: of two that part, or come together, on one chip one does. */
static void find_stays(struct deal *deal)
{
	for (int32_t i = 0; i < deal->count; i++) {
		struct hand *hand = &deal->hands[i];
		int32_t mate = deal->jobs[i].mate;

		hand->stays = hand->was >= 0 && !hand->leaving && deal->jobs[i].chip == hand->was &&
			      (hand->fixed || mate == hand->mate ||
			       (!gives_way(deal, i, mate) && !gives_way(deal, i, hand->mate)));
	}
}

/* Is it to join its mate, rather than the mate it? */
static int is_guest(const struct deal *deal, int32_t i)
{
	int32_t mate = deal->jobs[i].mate;

	return mate >= 0 && !deal->hands[i].stays && (deal->hands[mate].stays || mate < i);
}

static void fill_jobs(struct parc_core *core, struct deal *deal)
{
	for (int32_t i = 0; i < deal->count; i++) {
		const struct hand *hand = &deal->hands[i];
		struct assign_job *it = &deal->jobs[i];
		uint64_t chips = choose_chips(core, hand->job);

		*it = (struct assign_job){.size = hand->size,
					  .chip = hand->leaving ? -1 : hand->was,
					  .fixed = hand->fixed,
					  .mate = -1,
					  .class = class_of(core, deal, hand->job),
					  .was = hand->leaving ? -1 : hand->was,
					  .old = hand->mate,
					  .stay = move_stay_log(core, hand->job),
					  .left_us = move_left_us(core, hand->job)};
		if (hand->mate >= 0 && !hand->leaving && !deal->hands[hand->mate].leaving)
			it->mate = hand->mate;
		for (int32_t c = 0; c < deal->assign.chips; c++)
			it->value[c] = chips >> deal->chips[c] & 1
					       ? choose_value(core, hand->job, deal->chips[c])
					       : ASSIGN_NEVER;
		if (it->chip < 0)
			continue;
		if (it->value[it->chip] == ASSIGN_NEVER)
			it->value[it->chip] = 0; /* it is there, whatever is known by now */
		it->value[it->chip] += it->stay;
	}
}

static void find_chips(const struct parc_core *core, struct deal *deal)
{
	deal->assign = (struct assign){.jobs = deal->jobs};
	deal->assign.chips = choose_makes(core, ~core->cores_chips, deal->chips);
}

/* Devices of each chip that are free as a whole or held by the candidates. */
static void find_room(const struct parc_core *core, struct deal *deal)
{
	struct assign *assign = &deal->assign;

	for (int32_t c = 0; c < assign->chips; c++) {
		assign->price[c] = score_log(core, deal->chips[c]);
		assign->room[c] = (int32_t)core->chip_whole[deal->chips[c]];
	}
	for (int32_t i = 0; i < deal->count; i++)
		if (deal->hands[i].was >= 0 && (deal->hands[i].mate < 0 || i < deal->hands[i].mate))
			assign->room[deal->hands[i].was] += deal->hands[i].size;
}

/* ---- What follows from it */

/* Let the job be planned on this chip alone; 1 if that is possible now. Nothing is claimed. */
static int32_t plan_on(struct parc_core *core, const struct deal *deal, int32_t job, int32_t chip)
{
	return plan_job_on(core, job, UINT64_C(1) << deal->chips[chip]);
}

/* Do the rules for its tenant let it start, or start again? What has started in this deal counts.
 */
static int may_start(const struct parc_core *core, const struct hand *hand)
{
	return hand->was < 0 ? quota_bars(core, hand->job) == PARC_REASON_NONE
			     : move_may_return(core, hand->job);
}

/* Start what fits where it shall be. 0: the step is full. */
static int deal_start(struct parc_core *core, struct deal *deal)
{
	for (int32_t i = 0; i < deal->count; i++) {
		const struct hand *hand = &deal->hands[i];
		int32_t first = core->placements_count;

		if (hand->was >= 0 || deal->jobs[i].chip < 0 || is_guest(deal, i))
			continue;
		if (!act_has_room_for(core, 4) ||
		    core->placements_max - first < job_tasks_max(core, hand->job))
			return 0;
		if (!may_start(core, hand) ||
		    plan_on(core, deal, hand->job, deal->jobs[i].chip) != PARC_REASON_NONE)
			continue;
		quota_trim(core, hand->job, first);
		act_start(core, hand->job, first);
	}
	return 1;
}

/* Let those that wait join the mates that are in their places. */
static void deal_join(struct parc_core *core, struct deal *deal)
{
	for (int32_t i = 0; i < deal->count; i++) {
		const struct hand *hand = &deal->hands[i];
		const struct hand *host = &deal->hands[is_guest(deal, i) ? deal->jobs[i].mate : i];

		if (hand->was < 0 && host != hand && (host->was < 0 || host->stays) &&
		    may_start(core, hand))
			pair_start(core, hand->job, host->job);
	}
}

static int still_waits(const struct parc_core *core, const struct hand *hand)
{
	return hand->was < 0 && !allocation_is_live(core, hand->job);
}

/* Let the job join the best of those that are in their places and beside whom it fits. */
static void join_any(struct parc_core *core, struct deal *deal, int32_t i)
{
	struct assign *assign = &deal->assign;
	int64_t gain = 0;
	int32_t host = assign_join_next(assign, i, -1, &gain);

	while (host >= 0 && assign->work < ASSIGN_WORK_MAX) {
		const struct hand *it = &deal->hands[host];

		if ((it->was < 0 || it->stays) && pair_start(core, deal->hands[i].job, it->job)) {
			assign_join(assign, i, deal->jobs[host].chip, host);
			return;
		}
		assign->work += assign->count;
		host = assign_join_next(assign, i, host, &gain);
	}
}

static int may_join(const struct parc_core *core, const struct deal *deal)
{
	return deal->assign.pair != NULL && core->rules.order != PARC_ORDER_LONGEST;
}

/* Let those that still wait join whom they can. */
static void join_waiting(struct parc_core *core, struct deal *deal)
{
	for (int32_t i = 0; i < deal->count; i++)
		if (still_waits(core, &deal->hands[i]) && may_start(core, &deal->hands[i]))
			join_any(core, deal, i);
}

/* Devices of its own that a job was dealt, and that it does not find though nobody is on the way
 * out, are not there for it: on each node something else is short. Then it is dealt as if there was
 * no room. */
static void deal_beside(struct parc_core *core, struct deal *deal)
{
	if (!may_join(core, deal))
		return;
	for (int32_t i = 0; i < deal->count; i++)
		if (still_waits(core, &deal->hands[i]) && deal->jobs[i].chip >= 0)
			assign_leave(&deal->assign, i);
	join_waiting(core, deal);
}

void deal_join_started(struct parc_core *core)
{
	struct deal *deal = core->deal;
	int32_t started = 0;

	if (!may_join(core, deal))
		return;
	for (int32_t i = 0; i < deal->count; i++) {
		int32_t job = deal->hands[i].job;

		if (deal->hands[i].was >= 0 || deal->jobs[i].chip >= 0 ||
		    !allocation_is_live(core, job))
			continue;
		deal->jobs[i].chip = chip_of(core, deal, job_allocation(core, job));
		started = 1;
	}
	if (started)
		join_waiting(core, deal);
}

/* Is it running where it shall not stay? */
static int must_go(const struct parc_core *core, const struct deal *deal, int32_t i)
{
	const struct hand *hand = &deal->hands[i];

	return hand->was >= 0 && !hand->leaving && !hand->fixed && !hand->stays &&
	       core->allocations[hand->job].state != PARC_JOB_STOPPING;
}

/* Those that must leave the chip, the last in turn order first. */
static int32_t find_victims(const struct parc_core *core, struct deal *deal, int32_t chip,
			    int32_t except)
{
	int32_t count = 0;

	for (int32_t i = deal->count - 1; i >= 0; i--)
		if (i != except && deal->hands[i].was == chip && must_go(core, deal, i))
			deal->victims[count++] = job_allocation(core, deal->hands[i].job);
	return count;
}

/* Stop those in whose place the job fits on its new chip; how many, 0: it would not fit. Nothing is
 * kept for it until they have gone, so it must fit whenever that is: now or when grace is over. */
static int32_t stop_for(struct parc_core *core, struct deal *deal, int32_t i)
{
	struct parc_action plan;
	int32_t chip = deal->jobs[i].chip, needed;
	int32_t count = find_victims(core, deal, chip, i);

	if (count == 0)
		return 0;
	core->plan_only = UINT64_C(1) << deal->chips[chip];
	core->plan_soon = 1;
	needed = reserve_plan_evicting(core, deal->hands[i].job, deal->victims, count, &plan);
	core->plan_only = 0;
	core->plan_soon = 0;
	for (int32_t k = 0; k < needed; k++)
		act_stop(core, deal->victims[k], PARC_RESULT_PREEMPTED);
	return needed;
}

/* Does it start at once where it shall be, or in the place of those that are stopped for it? */
static int find_place(struct parc_core *core, struct deal *deal, int32_t i)
{
	int32_t first = core->placements_count;

	if (core->placements_max - first >= job_tasks_max(core, deal->hands[i].job) &&
	    plan_on(core, deal, deal->hands[i].job, deal->jobs[i].chip) == PARC_REASON_NONE) {
		plan_undo(core, first);
		return 1;
	}
	return stop_for(core, deal, i) > 0;
}

static int is_stopping(const struct parc_core *core, const struct hand *hand)
{
	int32_t allocation = job_allocation(core, hand->job);

	return allocation >= 0 && core->allocations[allocation].state == PARC_JOB_STOPPING;
}

/* Will the guest find room beside its host, who is in its place or on its way there? Who shares its
 * devices with it until now is stopped. */
static int clear_host(struct parc_core *core, struct deal *deal, int32_t i)
{
	const struct hand *guest = &deal->hands[i], *host = &deal->hands[deal->jobs[i].mate];

	if (host->comes)
		return 1;
	if (!pair_would_fit(core, guest->job, host->job))
		return 0;
	if (!host->stays)
		return host->was < 0;
	if (host->mate >= 0 && must_go(core, deal, host->mate))
		act_stop(core, deal->hands[host->mate].job, PARC_RESULT_PREEMPTED);
	return host->mate < 0 || is_stopping(core, &deal->hands[host->mate]);
}

/* The job of a hand will hold what it was dealt (sign 1), or will not (-1). A guest takes it from
 * its host. */
static void claim_dealt(struct parc_core *core, const struct deal *deal, int32_t i, int sign)
{
	const struct hand *hand = &deal->hands[i];

	quota_claim(core, hand->job, sign);
	if (!is_guest(deal, i))
		quota_claim_on(core, hand->job, deal->chips[deal->jobs[i].chip],
			       sign * (int64_t)hand->size * PARC_SHARE_WHOLE);
}

/* Those that were told to stop give back what they hold; to a mate who stays, if they have one. */
static void expect_left(struct parc_core *core, struct deal *deal)
{
	for (int32_t i = 0; i < deal->count; i++) {
		struct hand *hand = &deal->hands[i];

		if (hand->was < 0 || hand->leaves || !is_stopping(core, hand) ||
		    (hand->mate >= 0 && !is_stopping(core, &deal->hands[hand->mate])))
			continue;
		hand->leaves = 1;
		quota_claim_left(core, hand->job, 1);
	}
}

/* It will start when others have gone: the next finds that less room within caps, and beside what
 * is guaranteed to others. */
static void expect(struct parc_core *core, struct deal *deal, int32_t i)
{
	deal->hands[i].comes = 1;
	claim_dealt(core, deal, i, 1);
	expect_left(core, deal);
}

/* Those that were told to stop before, and shall be elsewhere. */
static void expect_leaving(struct parc_core *core, struct deal *deal)
{
	expect_left(core, deal);
	for (int32_t i = 0; i < deal->count; i++)
		if (deal->hands[i].leaving && deal->jobs[i].chip >= 0)
			expect(core, deal, i);
}

static void expect_nobody(struct parc_core *core, const struct deal *deal)
{
	for (int32_t i = 0; i < deal->count; i++) {
		if (deal->hands[i].comes)
			claim_dealt(core, deal, i, -1);
		if (deal->hands[i].leaves)
			quota_claim_left(core, deal->hands[i].job, -1);
	}
}

/* Stop those in whose place others start who wait; those that move; those that join others. */
static void stop_for_waiting(struct parc_core *core, struct deal *deal)
{
	for (int32_t i = 0; i < deal->count; i++)
		if (still_waits(core, &deal->hands[i]) && deal->jobs[i].chip >= 0 &&
		    !is_guest(deal, i) && may_start(core, &deal->hands[i]) &&
		    stop_for(core, deal, i) > 0)
			expect(core, deal, i);
}

static void stop_movers(struct parc_core *core, struct deal *deal)
{
	for (int32_t i = 0; i < deal->count; i++) {
		struct hand *hand = &deal->hands[i];

		if (deal->jobs[i].chip < 0 || !must_go(core, deal, i) || is_guest(deal, i) ||
		    !may_start(core, hand) || !find_place(core, deal, i))
			continue;
		act_stop(core, hand->job, PARC_RESULT_PREEMPTED);
		expect(core, deal, i);
	}
}

static void stop_guests(struct parc_core *core, struct deal *deal)
{
	for (int32_t i = 0; i < deal->count; i++) {
		struct hand *hand = &deal->hands[i];

		if (!is_guest(deal, i) || core->jobs[hand->job].state == PARC_JOB_STOPPING ||
		    !(hand->was < 0 ? still_waits(core, hand) : must_go(core, deal, i)) ||
		    !may_start(core, hand) || !clear_host(core, deal, i))
			continue;
		if (hand->was >= 0)
			act_stop(core, hand->job, PARC_RESULT_PREEMPTED);
		expect(core, deal, i);
	}
}

/* 0: the step is full. */
static int deal_stop(struct parc_core *core, struct deal *deal)
{
	if (!act_has_room_for(core, 2 * CANDIDATES_MAX))
		return 0;
	expect_leaving(core, deal);
	stop_for_waiting(core, deal);
	stop_movers(core, deal);
	stop_guests(core, deal);
	expect_nobody(core, deal);
	return 1;
}

/* Let the scores follow the prices of the deal. */
static void deal_scores(struct parc_core *core, const struct deal *deal)
{
	int32_t least = INT32_MAX;

	for (int32_t c = 0; c < deal->assign.chips; c++)
		least = deal->assign.price[c] < least ? deal->assign.price[c] : least;
	for (int32_t c = 0; c < deal->assign.chips; c++)
		score_follow(core, deal->chips[c], deal->assign.price[c] - least, ROUND_EPOCHS);
}

/* Is work on its way out in whose place others shall start? */
static int is_leaving(const struct parc_core *core, const struct deal *deal)
{
	for (int32_t i = 0; i < deal->count; i++) {
		int32_t allocation = job_allocation(core, deal->hands[i].job);

		if (allocation >= 0 && core->allocations[allocation].state == PARC_JOB_STOPPING)
			return 1;
	}
	return 0;
}

int deal_decide(struct parc_core *core, const struct parc_event *event, int *plain)
{
	struct deal *deal = core->deal;
	int round = deal_is_round(core, event), done;
	int awaited = core->rules.round_us == 0 &&
		      (is_awaited(core) || line_first(core, LINE_READY) >= 0);

	*plain = 0;
	if (!round && !awaited && event->kind != PARC_EVENT_STOPPED)
		return 1;
	quota_open_rest(core); /* all that have room by themselves, at whichever gate they stand */
	deal->count = deal->running = 0;
	find_chips(core, deal);
	find_running(core, deal, round);
	find_waiting(core, deal);
	hands_sort(deal);
	find_mates(deal);
	deal->classes = 0;
	fill_jobs(core, deal);
	fill_pairs(core, deal);
	deal->assign.count = deal->count;
	find_room(core, deal);
	if (core->rules.order == PARC_ORDER_LONGEST)
		assign_balance(&deal->assign);
	else
		assign_deal(&deal->assign);
	find_stays(deal);
	done = deal_start(core, deal);
	if (done)
		deal_join(core, deal);
	if (done && round) {
		deal_scores(core, deal);
		done = deal_stop(core, deal);
	}
	*plain = done && !is_leaving(core, deal);
	if (*plain)
		deal_beside(core, deal);
	if (*plain &&
	    (awaited || event->kind == PARC_EVENT_STOPPED || (round && core->rules.round_us > 0)))
		line_wake_all(core); /* they waited for the round, now for what they lack */
	return done;
}
