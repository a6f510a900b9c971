/* SPDX-License-Identifier: Apache-2.0 */
#include "core/choose.h"

#include "core/assign.h"
#include "core/fit.h"
#include "core/score.h"
#include "core/spec.h"
#include "core/speed.h"

static const struct parc_task *task_of(const struct parc_core *core, int32_t group)
{
	return &core->shapes[core->groups[group].shape].ask.task;
}

/* ---- Markets */

int32_t choose_makes(const struct parc_core *core, uint64_t among, int32_t *chips)
{
	uint64_t left = core->chips_here & among;
	int32_t count = 0;

	for (; left != 0 && count < ASSIGN_CHIPS_MAX; left &= left - 1)
		chips[count++] = __builtin_ctzll(left);
	return count;
}

/* Chips of the fleet on which the job has a variant, if it has any. */
static uint64_t chips_here(const struct parc_core *core, int32_t job)
{
	int32_t v = job_spec(core, job)->variants;
	uint64_t chips = v < 0 ? UINT64_MAX : 0;

	for (; v >= 0; v = core->variants[v].next)
		chips |= core->variants[v].set.chips;
	return chips & core->chips_here;
}

uint64_t choose_accepted(const struct parc_core *core, int32_t job)
{
	uint64_t here = chips_here(core, job), devices = UINT64_MAX, cores = UINT64_MAX;

	for (int32_t g = job_spec(core, job)->groups; g >= 0; g = core->groups[g].next) {
		const struct parc_task *task = task_of(core, g);
		uint64_t chips = task->chips & here;

		if (task->devices == 0)
			continue;
		if ((chips & ~core->cores_chips) != 0)
			devices &= chips & ~core->cores_chips;
		else
			cores &= chips;
	}
	if (devices != UINT64_MAX)
		return devices;
	return cores != UINT64_MAX ? cores : 0;
}

/* Does the group ask for something in the market of these chips? */
static int is_in_market(const struct parc_core *core, int32_t group, uint64_t chips)
{
	const struct parc_task *task = task_of(core, group);

	return task->devices > 0 && (task->chips & chips) != 0;
}

static int64_t group_asked(const struct parc_core *core, int32_t group)
{
	const struct parc_task *task = task_of(core, group);

	return (int64_t)task->devices * task->share_milli * core->groups[group].tasks_min;
}

int64_t choose_asked(const struct parc_core *core, int32_t job)
{
	uint64_t chips = choose_accepted(core, job);
	int64_t milli = 0;

	for (int32_t g = job_spec(core, job)->groups; g >= 0; g = core->groups[g].next)
		if (is_in_market(core, g, chips))
			milli += group_asked(core, g);
	return milli;
}

uint64_t choose_chips(const struct parc_core *core, int32_t job)
{
	uint64_t devices = core->chips_here & ~core->cores_chips;

	for (int32_t g = job_spec(core, job)->groups; g >= 0; g = core->groups[g].next) {
		const struct parc_task *task = task_of(core, g);

		if (task->devices > 0 &&
		    (core->groups[g].mixed_chips || task->share_milli < PARC_SHARE_WHOLE ||
		     (task->chips & devices) == 0))
			return 0;
	}
	return choose_accepted(core, job) & devices;
}

/* ---- What a chip is worth */

/* Thousandths of devices, or cores, of the chip that the task takes; 0: it does not fit. */
static int64_t task_taken(const struct parc_core *core, const struct parc_task *task, int32_t chip)
{
	const struct ask ask = {.task = *task};
	struct booking booking;
	int64_t memory_mib = core->chips[chip].memory_mib, part;

	if (!chip_book(&core->chips[chip], &ask, &booking) || booking.memory_mib > memory_mib)
		return 0;
	if (booking.devices == 0)
		return (int64_t)task->devices * task->share_milli;
	part = booking.memory_mib == 0
		       ? 0
		       : ((int64_t)booking.memory_mib * PARC_SHARE_WHOLE + memory_mib - 1) /
				 memory_mib;
	part = part > booking.share_milli ? part : booking.share_milli;
	return part * booking.devices;
}

/* Logarithm of what the job takes of the chip, with the variant, over what it asks for. */
static int32_t taken_log(const struct parc_core *core, int32_t job, int32_t variant, int32_t chip)
{
	uint64_t asked = 0, taken = 0;

	for (int32_t g = job_spec(core, job)->groups; g >= 0; g = core->groups[g].next) {
		struct parc_task task = *task_of(core, g);
		int64_t milli;

		if (!is_in_market(core, g, UINT64_C(1) << chip))
			continue;
		if (variant >= 0 && core->variants[variant].set.device_memory_mib > 0)
			task.device_memory_mib = core->variants[variant].set.device_memory_mib;
		milli = task_taken(core, &task, chip);
		if (milli == 0)
			return ASSIGN_NEVER;
		asked += (uint64_t)group_asked(core, g);
		taken += (uint64_t)milli * core->groups[g].tasks_min;
	}
	for (; (asked | taken) > UINT32_MAX; taken >>= 1)
		asked >>= 1;
	return assign_log2_ratio((uint32_t)taken, (uint32_t)asked);
}

/* The group that speaks for the job on the chip: its first that accepts it; -1: none. */
static int32_t group_on(const struct parc_core *core, int32_t job, int32_t chip)
{
	int32_t g = job_spec(core, job)->groups;

	while (g >= 0 && !is_in_market(core, g, UINT64_C(1) << chip))
		g = core->groups[g].next;
	return g;
}

/* Speed with the variant, -1: without any; 0 where it may not run. */
static int32_t variant_speed(const struct parc_core *core, int32_t job, int32_t group,
			     int32_t variant, int32_t chip)
{
	const struct job *it = &core->jobs[job];

	if (variant >= 0 && !(core->variants[variant].set.chips >> chip & 1))
		return 0;
	return speed_chips(core, it, &core->groups[group], variant) >> chip & 1
		       ? speed_assumed(core, it, chip, variant)
		       : 0;
}

int32_t choose_speed(const struct parc_core *core, int32_t job, int32_t chip)
{
	int32_t g = group_on(core, job, chip), v = job_spec(core, job)->variants, best = 0;

	do {
		int32_t speed = g < 0 ? 0 : variant_speed(core, job, g, v, chip);

		best = speed > best ? speed : best;
		v = v < 0 ? -1 : core->variants[v].next;
	} while (v >= 0);
	return best;
}

int32_t choose_value(const struct parc_core *core, int32_t job, int32_t chip)
{
	int32_t g = group_on(core, job, chip), v = job_spec(core, job)->variants,
		best = ASSIGN_NEVER;

	do {
		int32_t speed = g < 0 ? 0 : variant_speed(core, job, g, v, chip);
		int32_t taken = speed == 0 ? ASSIGN_NEVER : taken_log(core, job, v, chip);
		int32_t value = ASSIGN_NEVER;

		if (taken != ASSIGN_NEVER)
			value = assign_log2_ratio((uint32_t)speed, PARC_SHARE_WHOLE) - taken;
		best = value > best ? value : best;
		v = v < 0 ? -1 : core->variants[v].next;
	} while (v >= 0);
	return best;
}

/* ---- The order */

/* Is a speed of the job known on any of these chips? */
static int is_paced(const struct parc_core *core, int32_t job, uint64_t chips)
{
	const struct job *it = &core->jobs[job];

	if (!speed_matters(core, it))
		return 0;
	for (; chips != 0; chips &= chips - 1) {
		int32_t v = spec_of(core, it)->variants;

		do {
			if (speed_known(core, it, __builtin_ctzll(chips), v, NULL) > 0)
				return 1;
			v = v < 0 ? -1 : core->variants[v].next;
		} while (v >= 0);
	}
	return 0;
}

/* Is one of these chips scarcer than another? */
static int are_scored(const struct parc_core *core, uint64_t chips)
{
	int32_t first = score_get(core, __builtin_ctzll(chips));

	for (chips &= chips - 1; chips != 0; chips &= chips - 1)
		if (score_get(core, __builtin_ctzll(chips)) != first)
			return 1;
	return 0;
}

/* Could a task that may have a device of these be on cores as well? */
static int may_rent(const struct parc_core *core, int32_t job, uint64_t chips)
{
	uint64_t cores = core->cores_chips & core->chips_here & ~chips;
	int32_t g = job_spec(core, job)->groups;

	while (cores != 0 && g >= 0 &&
	       !(is_in_market(core, g, chips) && is_in_market(core, g, cores)))
		g = core->groups[g].next;
	return cores != 0 && g >= 0;
}

int32_t choose_order(const struct parc_core *core, int32_t job, uint64_t *sets)
{
	uint64_t chips = choose_accepted(core, job);
	int32_t worth[PARC_CHIPS_MAX], count = 0;
	int32_t least = may_rent(core, job, chips) ? 1 : 2; /* sets that leave a choice */

	if (chips == 0 || (least > 1 && (chips & (chips - 1)) == 0) ||
	    (!are_scored(core, chips) && !is_paced(core, job, chips)))
		return 0;
	for (; chips != 0; chips &= chips - 1) {
		int32_t chip = __builtin_ctzll(chips), value = choose_value(core, job, chip);
		int32_t at = 0, last = count;

		if (value == ASSIGN_NEVER)
			continue;
		value -= score_log(core, chip);
		while (at < count && worth[at] > value)
			at++;
		if (at < count && worth[at] == value) {
			sets[at] |= UINT64_C(1) << chip;
			continue;
		}
		for (; last > at; last--) {
			worth[last] = worth[last - 1];
			sets[last] = sets[last - 1];
		}
		worth[at] = value;
		sets[at] = UINT64_C(1) << chip;
		count++;
	}
	return count >= least ? count : 0;
}
