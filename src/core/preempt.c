/* SPDX-License-Identifier: Apache-2.0
 *
 * Choosing who gives way to a job that waits. Preemptible work may have to, if it has run for long
 * enough and
 *
 *   right     is of a tier that the newcomer's has a right over or, where levels of attained
 *             service are the order, of its own tier and a higher level; what runs within the
 *             guarantee of others is not reached by that
 *   reclaim   is borrowed, on a chip that fulfils a guarantee within which the newcomer is
 *
 * They are sorted by what the policy minds: the work lost (what was held since the last
 * checkpoint, times the time since then), how late they started, or whose turn is last. What has
 * been told to stop already comes before all of them: what it leaves may be enough. They are
 * given back for a try one by one until the newcomer fits (reserve_plan.c); then each is spared
 * without which it fits as well, from the last one on. Only those left have to go.
 *
 * No ping-pong: rights go from higher to lower tiers only, levels only grow, and who is above his
 * guarantee reclaims nothing. Nobody is stopped before he has run for run_min_us.
 *
 * Cost: once in a step a walk over the allocations, which notes those that come into question;
 * for each newcomer a walk over these, and a try for each of at most VICTIMS_MAX of them and of
 * LEAVING_MAX that are on their way.
 */
#include "core/preempt.h"

#include <string.h>

#include "base/block.h"
#include "core/fit.h"
#include "core/job.h"
#include "core/line.h"
#include "core/order.h"
#include "core/profile.h"
#include "core/reserve.h"
#include "core/strand.h"
#include "core/tree.h"

#define SPARED_MAX   8		      /* tries to spare one */
#define LOOK_MIN_US  INT64_C(1000000) /* between two looks */
#define LOOK_MAX_US  INT64_C(600000000)
#define MOVABLES_MAX 65536 /* noted in a step; when there are more all are walked each time */

struct victim {
	int32_t allocation;
	int32_t borrowed;      /* 1: it may be taken only as far as its holder borrows */
	int64_t first, second; /* who gives way first: the least */
};

/* Who takes: a waiting job, and the guarantees that cover it. */
struct taker {
	int32_t job, holder; /* -1: none does, so it has its rights alone */
	uint64_t chips;	     /* that can fulfil them */
};

struct victims {
	struct victim list[VICTIMS_MAX];
	int32_t count;
	int32_t leaving[LEAVING_MAX]; /* allocations that are on their way */
	int32_t leaving_count;
};

void preempt_init(struct parc_core *core, struct block *block)
{
	int32_t size = core->jobs_table.size;

	core->movables_max = size < MOVABLES_MAX ? size : MOVABLES_MAX;
	core->movables = block_take(block, (size_t)core->movables_max, sizeof(*core->movables));
}

/* ---- Who may have to */

/* For how long what was borrowed may run. */
static int64_t reclaim_us(const struct parc_core *core)
{
	return core->rules.reclaim_us < core->rules.run_min_us ? core->rules.reclaim_us
							       : core->rules.run_min_us;
}

/* Is it on its way, or may it be told to stop, by whomever? */
static int is_movable(const struct parc_core *core, int32_t slot)
{
	const struct allocation *it = &core->allocations[slot];

	return allocation_is_live(core, slot) &&
	       (it->state == PARC_JOB_STOPPING ||
		(core->jobs[slot].preemptible && core->time_us - it->start_us >= reclaim_us(core)));
}

static int has_right(const struct parc_core *core, const struct job *newcomer,
		     const struct job *victim, int32_t victim_slot)
{
	static const uint16_t none[PARC_TIERS_MAX];
	int lower = spec_of(core, victim)->tier < spec_of(core, newcomer)->tier;

	if (memcmp(core->rules.rights, none, sizeof(none)) != 0)
		lower = core->rules.rights[spec_of(core, newcomer)->tier] >>
				spec_of(core, victim)->tier &
			1;
	return lower || (core->rules.order == PARC_ORDER_ATTAINED &&
			 spec_of(core, victim)->tier == spec_of(core, newcomer)->tier &&
			 order_level_running(core, victim_slot) > order_level(newcomer));
}

static int32_t holder_of(const struct parc_core *core, const struct job *job)
{
	return spec_of(core, job)->tenant < 0 ? -1
					      : core->tenants[spec_of(core, job)->tenant].holder;
}

/* How much does the allocation hold of these chips? */
static int64_t holds_of(const struct parc_core *core, int32_t slot, uint64_t chips)
{
	int64_t normal = 0;

	for (int32_t t = core->allocations[slot].tasks; t >= 0; t = core->tasks[t].next) {
		const struct task *task = &core->tasks[t];
		int32_t chip;

		if (task->devices == 0)
			continue;
		chip = kind_device_chip(&core->kinds[core->nodes[task->node].kind],
					__builtin_ctz(task->devices));
		if (chips >> chip & 1)
			normal += (int64_t)task->share_milli * __builtin_popcount(task->devices) *
				  core->chips[chip].rate_milli;
	}
	return normal;
}

/* How much of what fulfils one of the holder's guarantees? */
static int64_t holds_within(const struct parc_core *core, int32_t slot, int32_t holder,
			    int32_t place)
{
	const struct parc_guarantee *it = &core->tenants[holder].set.guarantees[place];

	if (it->milli == 0)
		return 0;
	return holds_of(core, slot, it->chips == 0 ? UINT64_MAX : it->chips);
}

int32_t preempt_holder(const struct parc_core *core, int32_t job)
{
	const struct job *it = &core->jobs[job];
	int32_t holder = holder_of(core, it);
	int64_t need;

	if (!core->rules.reclaim || holder < 0 || it->line < 0)
		return -1;
	need = core->lines[it->line].need_normal;
	if (need == 0 || need > tree_left_normal(core, holder, strand_places(core, job)))
		return -1; /* who needs nothing of what is guaranteed has nothing to take back */
	return holder;
}

void preempt_note(struct parc_core *core, int32_t slot)
{
	int32_t holder = holder_of(core, &core->jobs[slot]);

	for (int32_t i = 0; i < PARC_GUARANTEES_MAX && holder >= 0; i++)
		core->tenants[holder].guarantees[i].leaving_normal +=
			holds_within(core, slot, holder, i);
}

void preempt_begin(struct parc_core *core)
{
	core->movables_count = 0;
	for (int32_t i = 0; i < core->tenants_table.high; i++)
		for (int32_t k = 0; k < PARC_GUARANTEES_MAX; k++)
			core->tenants[i].guarantees[k].leaving_normal = 0;
	for (int32_t slot = 0; slot < core->jobs_table.high; slot++) {
		if (!is_movable(core, slot))
			continue;
		if (core->movables_count < core->movables_max)
			core->movables[core->movables_count] = slot;
		core->movables_count++;
		if (core->allocations[slot].state == PARC_JOB_STOPPING)
			preempt_note(core, slot);
	}
}

/* ---- In which order */

static int64_t work_lost(const struct parc_core *core, int32_t slot)
{
	const struct allocation *it = &core->allocations[slot];
	int64_t past_us = it->state == PARC_JOB_RUNNING ? core->time_us - it->since_us : 0;
	__int128 lost = wide_get(it->busy_done) + wide_get(it->idle_done) +
			wide_get(it->unmeasured_done) + (__int128)it->held_milli * past_us;

	return lost > PARC_TIME_MAX ? PARC_TIME_MAX : (int64_t)lost;
}

static void victim_rate(const struct parc_core *core, struct victim *it)
{
	int32_t job = it->allocation;

	it->first = it->second = 0;
	if (core->rules.victims == PARC_VICTIMS_LOST) {
		it->first = work_lost(core, it->allocation);
	} else if (core->rules.victims == PARC_VICTIMS_LOWEST) {
		it->first = job_spec(core, job)->tier;
		it->second = -order_level_running(core, job);
	}
}

static int gives_way_before(const struct parc_core *core, const struct victim *a,
			    const struct victim *b)
{
	if (a->first != b->first)
		return a->first < b->first;
	if (a->second != b->second)
		return a->second < b->second;
	return core->allocations[a->allocation].id >
	       core->allocations[b->allocation].id; /* ids grow with time */
}

/* Insert; the last is dropped when there are too many. */
static void victim_add(const struct parc_core *core, struct victims *victims,
		       const struct victim *victim)
{
	int32_t at = victims->count;

	while (at > 0 && gives_way_before(core, victim, &victims->list[at - 1]))
		at--;
	if (at == VICTIMS_MAX)
		return;
	if (victims->count < VICTIMS_MAX)
		victims->count++;
	memmove(victims->list + at + 1, victims->list + at,
		(size_t)(victims->count - 1 - at) * sizeof(*victims->list));
	victims->list[at] = *victim;
}

/* May the newcomer have the allocation stop? `borrowed`: only as far as its holder borrows. */
static int is_victim(const struct parc_core *core, const struct taker *taker, int32_t slot,
		     int32_t *borrowed)
{
	const struct job *newcomer = &core->jobs[taker->job];
	int32_t holder = holder_of(core, &core->jobs[slot]);
	int64_t ran_us = core->time_us - core->allocations[slot].start_us;

	if (core->rules.preempt && ran_us >= core->rules.run_min_us &&
	    has_right(core, newcomer, &core->jobs[slot], slot)) {
		*borrowed = holder >= 0 && holder != holder_of(core, newcomer);
		return 1;
	}
	*borrowed = holder >= 0;
	return taker->holder >= 0 && holder != taker->holder &&
	       holds_of(core, slot, taker->chips) > 0;
}

/* It is on its way: may what it leaves be reckoned with for the newcomer? */
static void victims_leave(const struct parc_core *core, const struct taker *taker, int32_t slot,
			  struct victims *victims)
{
	if (victims->leaving_count < LEAVING_MAX &&
	    (taker->holder >= 0 ||
	     has_right(core, &core->jobs[taker->job], &core->jobs[slot], slot)))
		victims->leaving[victims->leaving_count++] = slot;
}

static void victims_find(const struct parc_core *core, const struct taker *taker,
			 struct victims *victims)
{
	int noted = core->movables_count <= core->movables_max;
	int32_t count = noted ? core->movables_count : core->jobs_table.high;

	victims->count = victims->leaving_count = 0;
	for (int32_t i = 0; i < count; i++) {
		struct victim victim = {.allocation = noted ? core->movables[i] : i};

		if (!is_movable(core, victim.allocation))
			continue;
		if (core->allocations[victim.allocation].state == PARC_JOB_STOPPING) {
			victims_leave(core, taker, victim.allocation, victims);
			continue;
		}
		if (!is_victim(core, taker, victim.allocation, &victim.borrowed))
			continue;
		victim_rate(core, &victim);
		victim_add(core, victims, &victim);
	}
}

/* How much of each of its guarantees is borrowed, and not on its way back? */
static void borrowed_count(struct tenant *holder)
{
	for (int32_t i = 0; i < PARC_GUARANTEES_MAX; i++)
		holder->guarantees[i].borrowed_normal =
			-tree_left_of(holder, i) - holder->guarantees[i].leaving_normal;
}

/* Take what the allocation holds off what its holder borrows; 0: it holds what is not borrowed. */
static int borrowed_take(struct parc_core *core, int32_t slot, int32_t holder)
{
	struct guarantee *list = core->tenants[holder].guarantees;
	int64_t normal[PARC_GUARANTEES_MAX];

	for (int32_t i = 0; i < PARC_GUARANTEES_MAX; i++) {
		normal[i] = holds_within(core, slot, holder, i);
		if (normal[i] > 0 && list[i].borrowed_normal <= 0)
			return 0;
	}
	for (int32_t i = 0; i < PARC_GUARANTEES_MAX; i++)
		list[i].borrowed_normal -= normal[i];
	return 1;
}

/* Of the work of one holder no more than it borrows may be taken: drop the rest of the list. */
static void victims_limit(struct parc_core *core, struct victims *victims)
{
	int32_t kept = 0;

	for (int32_t i = 0; i < victims->count; i++) {
		int32_t job = victims->list[i].allocation;

		if (victims->list[i].borrowed)
			borrowed_count(&core->tenants[holder_of(core, &core->jobs[job])]);
	}
	for (int32_t i = 0; i < victims->count; i++) {
		const struct victim *it = &victims->list[i];

		if (it->borrowed && !borrowed_take(core, it->allocation,
						   holder_of(core, &core->jobs[it->allocation])))
			continue;
		victims->list[kept++] = *it;
	}
	victims->count = kept;
}

/* ---- How many */

/* Would the job fit if, beside those that are on their way, these gave way? Returns how many of
 * them have to, which are put first; -1: it would not. */
static int32_t plan_without(struct parc_core *core, int32_t job, const struct victims *victims,
			    int32_t *list, int32_t count, struct parc_action *plan)
{
	int32_t all[LEAVING_MAX + VICTIMS_MAX], leaving = victims->leaving_count, needed;

	memcpy(all, victims->leaving, (size_t)leaving * sizeof(*all));
	memcpy(all + leaving, list, (size_t)count * sizeof(*all));
	needed = reserve_plan_evicting(core, job, all, leaving + count, plan);
	if (needed > 0)
		memcpy(list, all, (size_t)needed * sizeof(*list));
	return needed;
}

/* Would the job still fit if one of them, from the last on, were spared? */
static int32_t victims_spare(struct parc_core *core, int32_t job, const struct victims *victims,
			     int32_t *list, int32_t needed)
{
	struct parc_action plan;
	int32_t tries = 0;

	for (int32_t i = needed - 1; i >= 0 && needed > 1 && tries < SPARED_MAX; i--, tries++) {
		int32_t rest[VICTIMS_MAX], count = 0;

		for (int32_t k = 0; k < needed; k++)
			if (k != i)
				rest[count++] = list[k];
		count = plan_without(core, job, victims, rest, count, &plan);
		if (count < 0)
			continue;
		memcpy(list, rest, (size_t)count * sizeof(*list));
		needed = count;
		i = i < needed ? i : needed;
	}
	return needed;
}

int32_t preempt_find(struct parc_core *core, int32_t job, int32_t list[VICTIMS_MAX],
		     struct parc_action *plan)
{
	struct taker taker = {.job = job, .holder = preempt_holder(core, job)};
	struct victims victims;
	int32_t needed;

	if (taker.holder >= 0)
		taker.chips = tree_chips(core, taker.holder, strand_places(core, job));
	victims_find(core, &taker, &victims);
	victims_limit(core, &victims);
	for (int32_t i = 0; i < victims.count; i++)
		list[i] = victims.list[i].allocation;
	needed = plan_without(core, job, &victims, list, victims.count, plan);
	needed = victims_spare(core, job, &victims, list, needed);
	return needed > 0 ? plan_without(core, job, &victims, list, needed, plan) : needed;
}

/* ---- When */

int preempt_is_on(const struct parc_core *core)
{
	return core->rules.reclaim ||
	       (core->rules.preempt && core->rules.backfill != PARC_BACKFILL_DEAL);
}

/* Between two looks at which nothing but the time is another. */
static int64_t look_us(const struct parc_core *core)
{
	int64_t look_us = core->rules.run_min_us;

	if (core->rules.reclaim && core->rules.reclaim_us < look_us)
		look_us = core->rules.reclaim_us;
	if (look_us == 0 || look_us > LOOK_MAX_US)
		return LOOK_MAX_US;
	return look_us < LOOK_MIN_US ? LOOK_MIN_US : look_us;
}

int preempt_is_time(const struct parc_core *core, int64_t before_us)
{
	return core->time_us / LOOK_MIN_US != before_us / LOOK_MIN_US ||
	       core->time_us / look_us(core) != before_us / look_us(core);
}

int64_t preempt_wake_us(const struct parc_core *core)
{
	if (!preempt_is_on(core) || core->running == 0 || line_first(core, LINE_BLOCKED) < 0)
		return PARC_NEVER;
	return (core->time_us / look_us(core) + 1) * look_us(core);
}
