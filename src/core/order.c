/* SPDX-License-Identifier: Apache-2.0
 *
 * The orders. A rank has the tier in its upper bits (a higher tier first) and below it what the
 * order of the policy says; only ageing mixes tiers.
 *
 *   fifo      nothing: arrival decides. With an age, waiting for so long is worth one tier:
 *             tier + wait / age grows alike for all that wait, so submit - tier x age sorts
 *             them at any time.
 *   shortest  what is left of the job's length; unknown lengths come last
 *   longest   the same, the most first; unknown lengths come last
 *   largest   the devices that its minima ask for, most first
 *   attained  levels of the service it has had, least first: multi-level feedback as in Tiresias
 *             (Gu et al., NSDI 2019), with levels that grow by a factor of four from one
 *             device-hour on
 */
#include "core/order.h"

#include "core/job.h"
#include "core/speed.h"

#define RANK_BITS      59
#define RANK_MAX       ((INT64_C(1) << RANK_BITS) - 1)
#define LEVEL_FIRST_US INT64_C(3600000000) /* device-microseconds of the first level */
#define LEVELS_MAX     16

int64_t order_length_us(const struct job *job)
{
	int64_t length = job->expected_us > 0 ? job->expected_us : job->time_limit_us;

	if (length <= 0)
		return PARC_NEVER;
	if (job->time_limit_us > 0 && job->time_limit_us < length)
		length = job->time_limit_us;
	return length > job->kept_us ? length - job->kept_us : 1;
}

static int32_t placement_speed(const struct parc_core *core, const struct job *job,
			       const struct parc_placement *placement)
{
	int32_t chip = speed_chip_of(core, job, placement);

	if (chip < 0)
		return PARC_SHARE_WHOLE;
	return speed_assumed(core, job, chip, speed_variant_of(core, job, placement));
}

int32_t order_speed(const struct parc_core *core, int32_t job,
		    const struct parc_placement *placements, int32_t count)
{
	int32_t slowest = INT32_MAX;

	if (!speed_matters(core, &core->jobs[job]))
		return PARC_SHARE_WHOLE;
	for (int32_t i = 0; i < count; i++) {
		int32_t speed = placement_speed(core, &core->jobs[job], &placements[i]);

		slowest = speed < slowest ? speed : slowest;
	}
	return count > 0 ? slowest : PARC_SHARE_WHOLE;
}

/* A time after so much work at a speed; PARC_NEVER for work without end. */
static int64_t time_after(int64_t start_us, int64_t work_us, int32_t speed_milli)
{
	__int128 end;

	if (start_us == PARC_NEVER || work_us == PARC_NEVER)
		return PARC_NEVER;
	end = start_us + ((__int128)work_us * PARC_SHARE_WHOLE + speed_milli - 1) / speed_milli;
	return end < PARC_NEVER ? (int64_t)end : PARC_NEVER;
}

int64_t order_end_us(const struct parc_core *core, int32_t job, int64_t start_us,
		     int32_t speed_milli)
{
	return time_after(start_us, order_length_us(&core->jobs[job]), speed_milli);
}

/* What is left of so much work; at least 1. */
static int64_t work_left(int64_t work_us, int64_t done_us)
{
	if (work_us == PARC_NEVER)
		return PARC_NEVER;
	return work_us > done_us ? work_us - done_us : 1;
}

int64_t order_end_running_us(const struct parc_core *core, const struct allocation *it)
{
	int64_t left_us = work_left(order_length_us(&core->jobs[job_of(core, it)]), it->done_us);

	return time_after(it->booked_us, left_us, it->speed_milli);
}

int64_t order_limit_us(const struct parc_core *core, const struct allocation *it)
{
	int64_t limit = core->jobs[job_of(core, it)].time_limit_us;

	if (limit <= 0)
		return PARC_NEVER;
	return time_after(it->booked_us, work_left(limit, it->done_us), it->speed_milli);
}

int64_t order_done_us(const struct parc_core *core, const struct allocation *it)
{
	__int128 done = (__int128)(core->time_us - it->booked_us) * it->speed_milli;

	done = done / PARC_SHARE_WHOLE + it->done_us;
	return done < PARC_TIME_MAX ? (int64_t)done : PARC_TIME_MAX;
}

/* Of a group on the slowest chip of the fleet that it accepts with the variant. */
static int32_t slowest_speed(const struct parc_core *core, const struct job *job,
			     const struct group *group, int32_t variant)
{
	const struct parc_task *task = &core->shapes[group->shape].ask.task;
	uint64_t chips = task->devices > 0 ? task->chips & core->chips_here : 0;
	int32_t slowest = PARC_SHARE_WHOLE;

	if (variant >= 0)
		chips &= core->variants[variant].set.chips;
	for (; chips != 0; chips &= chips - 1) {
		int32_t speed = speed_assumed(core, job, __builtin_ctzll(chips), variant);

		slowest = speed < slowest ? speed : slowest;
	}
	return slowest;
}

int64_t order_end_most_us(const struct parc_core *core, int32_t job, int64_t start_us)
{
	const struct job *it = &core->jobs[job];
	int32_t slowest = PARC_SHARE_WHOLE;

	for (int32_t g = spec_of(core, it)->groups; g >= 0; g = core->groups[g].next) {
		int32_t v = spec_of(core, it)->variants;

		do {
			int32_t speed = slowest_speed(core, it, &core->groups[g], v);

			slowest = speed < slowest ? speed : slowest;
			v = v < 0 ? -1 : core->variants[v].next;
		} while (v >= 0);
	}
	return order_end_us(core, job, start_us, slowest);
}

static int64_t rank_fifo(const struct parc_core *core, int32_t job)
{
	(void)core;
	(void)job;
	return 0;
}

int64_t order_left_us(const struct parc_core *core, int32_t job)
{
	const struct job *it = &core->jobs[job];
	int64_t length = order_length_us(it);

	if (!it->runs)
		return length;
	return work_left(length, order_done_us(core, &core->allocations[job]));
}

static int64_t rank_shortest(const struct parc_core *core, int32_t job)
{
	int64_t length = order_left_us(core, job);

	return length < RANK_MAX ? length : RANK_MAX;
}

static int64_t rank_longest(const struct parc_core *core, int32_t job)
{
	int64_t length = order_left_us(core, job);

	return length < RANK_MAX ? RANK_MAX - length : RANK_MAX;
}

static int64_t rank_largest(const struct parc_core *core, int32_t job)
{
	int64_t milli = 0;

	for (int32_t g = job_spec(core, job)->groups; g >= 0; g = core->groups[g].next) {
		const struct group *group = &core->groups[g];
		const struct parc_task *task = &core->shapes[group->shape].ask.task;

		milli += (int64_t)group->tasks_min * task->devices * task->share_milli;
	}
	return RANK_MAX - milli;
}

static int64_t level_of(int64_t attained_us)
{
	int64_t left = attained_us / LEVEL_FIRST_US, level = 0;

	for (; left > 0 && level < LEVELS_MAX; left /= 4)
		level++;
	return level;
}

/* Of a job that runs, with what it has had in this attempt. */
static int64_t rank_attained(const struct parc_core *core, int32_t job)
{
	const struct job *it = &core->jobs[job];

	return level_of(it->runs ? allocation_attained_us(core, job) : it->attained_us);
}

int64_t order_level(const struct job *job)
{
	return level_of(job->attained_us);
}

int64_t order_level_running(const struct parc_core *core, int32_t job)
{
	return level_of(allocation_attained_us(core, job_allocation(core, job)));
}

int64_t order_rank(const struct parc_core *core, int32_t job)
{
	static int64_t (*const ranks[])(const struct parc_core *, int32_t) = {
		[PARC_ORDER_FIFO] = rank_fifo,	     [PARC_ORDER_SHORTEST] = rank_shortest,
		[PARC_ORDER_LARGEST] = rank_largest, [PARC_ORDER_ATTAINED] = rank_attained,
		[PARC_ORDER_LONGEST] = rank_longest,
	};
	const struct job *it = &core->jobs[job];

	if (core->rules.order == PARC_ORDER_FIFO && core->rules.age_us > 0)
		return it->submit_us / PARC_TIERS_MAX -
		       core->rules.age_us / PARC_TIERS_MAX * spec_of(core, it)->tier;
	return (int64_t)(PARC_TIERS_MAX - 1 - spec_of(core, it)->tier) << RANK_BITS |
	       ranks[core->rules.order](core, job);
}
