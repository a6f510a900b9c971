/* SPDX-License-Identifier: Apache-2.0
 *
 * The orders. A rank has the tier in its upper bits (a higher tier first) and below it what the
 * order of the policy says; only ageing mixes tiers.
 *
 *   fifo      nothing: arrival decides. With an age, waiting for so long is worth one tier:
 *             tier + wait / age grows alike for all that wait, so submit - tier x age sorts
 *             them at any time.
 *   shortest  what is left of the job's length; unknown lengths come last
 *   largest   the devices that its minima ask for, most first
 *   attained  levels of the service it has had, least first: multi-level feedback as in Tiresias
 *             (Gu et al., NSDI 2019), with levels that grow by a factor of four from one
 *             device-hour on
 */
#include "core/order.h"

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

static int64_t rank_fifo(const struct parc_core *core, int32_t job)
{
	(void)core;
	(void)job;
	return 0;
}

static int64_t rank_shortest(const struct parc_core *core, int32_t job)
{
	int64_t length = order_length_us(&core->jobs[job]);

	return length < RANK_MAX ? length : RANK_MAX;
}

static int64_t rank_largest(const struct parc_core *core, int32_t job)
{
	int64_t milli = 0;

	for (int32_t g = core->jobs[job].groups; g >= 0; g = core->groups[g].next) {
		const struct group *group = &core->groups[g];
		const struct parc_task *task = &core->shapes[group->shape].ask.task;

		milli += (int64_t)group->tasks_min * task->devices * task->share_milli;
	}
	return RANK_MAX - milli;
}

static int64_t rank_attained(const struct parc_core *core, int32_t job)
{
	int64_t left = core->jobs[job].attained_us / LEVEL_FIRST_US;
	int64_t level = 0;

	for (; left > 0 && level < LEVELS_MAX; left /= 4)
		level++;
	return level;
}

int64_t order_rank(const struct parc_core *core, int32_t job)
{
	static int64_t (*const ranks[])(const struct parc_core *, int32_t) = {
		[PARC_ORDER_FIFO] = rank_fifo,
		[PARC_ORDER_SHORTEST] = rank_shortest,
		[PARC_ORDER_LARGEST] = rank_largest,
		[PARC_ORDER_ATTAINED] = rank_attained,
	};
	const struct job *it = &core->jobs[job];

	if (core->rules.order == PARC_ORDER_FIFO && core->rules.age_us > 0)
		return it->submit_us / PARC_TIERS_MAX -
		       core->rules.age_us / PARC_TIERS_MAX * it->tier;
	return (int64_t)(PARC_TIERS_MAX - 1 - it->tier) << RANK_BITS |
	       ranks[core->rules.order](core, job);
}
