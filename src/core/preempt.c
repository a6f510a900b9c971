/* SPDX-License-Identifier: Apache-2.0
 *
 * Choosing who gives way to the job whose turn is first. Preemptible work may have to, if it has
 * run for long enough and
 *
 *   right     is of a tier that the newcomer's has a right over or, where levels of attained
 *             service are the order, of its own tier and a higher level; what runs within the
 *             guarantee of others is not reached by that
 *   reclaim   is borrowed, on a chip that fulfils the guarantee within which the newcomer is
 *
 * They are sorted by what the policy minds: the work lost (what was held since the last
 * checkpoint, times the time since then), how late they started, or whose turn is last. They are
 * given back for a try one by one until the newcomer fits (reserve_plan.c); then each is spared
 * without which it fits as well, from the last one on. Only those left are stopped.
 *
 * No ping-pong: rights go from higher to lower tiers only, levels only grow, and who is above his
 * guarantee reclaims nothing. Nobody is stopped before he has run for run_min_us.
 *
 * While somebody waits, the core asks to be woken now and then, since time alone may make work
 * give way. Cost of a look: a walk over the allocations, and a try for each of at most
 * VICTIMS_MAX.
 */
#include "core/preempt.h"

#include <string.h>

#include "core/act.h"
#include "core/fit.h"
#include "core/job.h"
#include "core/line.h"
#include "core/order.h"
#include "core/profile.h"
#include "core/reserve.h"
#include "core/tree.h"

#define VICTIMS_MAX 256
#define SPARED_MAX  8		     /* tries to spare one */
#define LOOK_MIN_US INT64_C(1000000) /* between two looks */
#define LOOK_MAX_US INT64_C(600000000)

struct victim {
	int32_t allocation;
	int32_t borrowed;      /* 1: it may be taken only as far as its holder borrows */
	int64_t first, second; /* who gives way first: the least */
};

struct victims {
	struct victim list[VICTIMS_MAX];
	int32_t count;
};

/* ---- Who may have to */

static int is_preemptible(const struct parc_core *core, int32_t slot)
{
	const struct allocation *it = &core->allocations[slot];

	return allocation_is_live(core, slot) && it->state != PARC_JOB_STOPPING &&
	       core->jobs[job_of(core, it)].preemptible;
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

/* Does the allocation hold something that fulfils the holder's guarantee? `normal`: how much. */
static int holds_of(const struct parc_core *core, int32_t slot, int32_t holder, int64_t *normal)
{
	uint64_t chips = core->tenants[holder].set.guarantee_chips;

	*normal = 0;
	for (int32_t t = core->allocations[slot].tasks; t >= 0; t = core->tasks[t].next) {
		const struct task *task = &core->tasks[t];
		int32_t chip;

		if (task->devices == 0)
			continue;
		chip = kind_device_chip(&core->kinds[core->nodes[task->node].kind],
					__builtin_ctz(task->devices));
		if (chips == 0 || (chips >> chip & 1))
			*normal += (int64_t)task->share_milli * __builtin_popcount(task->devices) *
				   core->chips[chip].rate_milli;
	}
	return *normal > 0;
}

/* May the newcomer take back what others borrowed? The guarantee within which it is; -1: none. */
static int32_t claims_of(const struct parc_core *core, int32_t job)
{
	const struct job *it = &core->jobs[job];
	int32_t holder = holder_of(core, it);

	if (!core->rules.reclaim || holder < 0 || it->line < 0 ||
	    core->lines[it->line].need_normal > tree_left_normal(core, holder))
		return -1;
	return holder;
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

static void victims_find(const struct parc_core *core, int32_t job, struct victims *victims)
{
	const struct job *newcomer = &core->jobs[job];
	int32_t claims = claims_of(core, job);
	int64_t run_min_us = core->rules.run_min_us, normal;
	int64_t reclaim_us =
		core->rules.reclaim_us < run_min_us ? core->rules.reclaim_us : run_min_us;

	victims->count = 0;
	for (int32_t slot = 0; slot < core->jobs_table.high; slot++) {
		struct victim victim = {.allocation = slot};
		int32_t other, holder;
		int64_t ran_us;

		if (!is_preemptible(core, slot))
			continue;
		other = slot;
		holder = holder_of(core, &core->jobs[other]);
		ran_us = core->time_us - core->allocations[slot].start_us;
		if (core->rules.preempt && ran_us >= run_min_us &&
		    has_right(core, newcomer, &core->jobs[other], other))
			victim.borrowed = holder >= 0 && holder != holder_of(core, newcomer);
		else if (claims >= 0 && ran_us >= reclaim_us && holder != claims &&
			 holds_of(core, slot, claims, &normal))
			victim.borrowed = holder >= 0;
		else
			continue;
		victim_rate(core, &victim);
		victim_add(core, victims, &victim);
	}
}

/* Of the work of one holder no more than it borrows may be taken: drop the rest of the list. */
static void victims_limit(struct parc_core *core, struct victims *victims)
{
	int32_t kept = 0;

	for (int32_t i = 0; i < victims->count; i++) {
		int32_t job = victims->list[i].allocation;
		int32_t holder = holder_of(core, &core->jobs[job]);

		if (victims->list[i].borrowed)
			core->tenants[holder].borrowed_normal = -tree_left_normal(core, holder);
	}
	for (int32_t i = 0; i < victims->count; i++) {
		const struct victim *it = &victims->list[i];
		int32_t holder = holder_of(core, &core->jobs[it->allocation]);
		int64_t normal;

		if (it->borrowed && holds_of(core, it->allocation, holder, &normal)) {
			if (core->tenants[holder].borrowed_normal <= 0)
				continue;
			core->tenants[holder].borrowed_normal -= normal;
		}
		victims->list[kept++] = *it;
	}
	victims->count = kept;
}

/* Would the job still fit if one of them, from the last on, were spared? */
static int32_t victims_spare(struct parc_core *core, int32_t job, int32_t *list, int32_t needed)
{
	int32_t tries = 0;

	for (int32_t i = needed - 1; i >= 0 && needed > 1 && tries < SPARED_MAX; i--, tries++) {
		int32_t rest[VICTIMS_MAX], count = 0;

		for (int32_t k = 0; k < needed; k++)
			if (k != i)
				rest[count++] = list[k];
		count = reserve_plan_evicting(core, job, rest, count);
		if (count == 0)
			continue;
		memcpy(list, rest, (size_t)count * sizeof(*list));
		needed = count;
		i = i < needed ? i : needed;
	}
	return needed;
}

int32_t preempt_for(struct parc_core *core, int32_t job)
{
	struct victims victims;
	int32_t list[VICTIMS_MAX], needed;

	victims_find(core, job, &victims);
	victims_limit(core, &victims);
	if (victims.count == 0)
		return 0;
	for (int32_t i = 0; i < victims.count; i++)
		list[i] = victims.list[i].allocation;
	needed = reserve_plan_evicting(core, job, list, victims.count);
	if (!act_has_room_for(core, needed + 8))
		return 0;
	needed = victims_spare(core, job, list, needed);
	for (int32_t i = 0; i < needed; i++)
		act_stop(core, list[i], PARC_RESULT_PREEMPTED);
	return needed;
}

int preempt_is_on(const struct parc_core *core)
{
	return (core->rules.preempt || core->rules.reclaim) &&
	       (core->rules.backfill == PARC_BACKFILL_EASY ||
		core->rules.backfill == PARC_BACKFILL_CONSERVATIVE);
}

int64_t preempt_wake_us(const struct parc_core *core)
{
	int64_t look_us = core->rules.run_min_us;

	if (!preempt_is_on(core) || core->running == 0 || line_first(core, LINE_BLOCKED) < 0)
		return PARC_NEVER;
	if (core->rules.reclaim && core->rules.reclaim_us < look_us)
		look_us = core->rules.reclaim_us;
	if (look_us == 0 || look_us > LOOK_MAX_US)
		look_us = LOOK_MAX_US;
	if (look_us < LOOK_MIN_US)
		look_us = LOOK_MIN_US;
	return (core->time_us / look_us + 1) * look_us;
}
