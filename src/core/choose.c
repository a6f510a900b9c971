/* SPDX-License-Identifier: Apache-2.0 */
#include "core/choose.h"

#include "core/assign.h"
#include "core/score.h"
#include "core/spec.h"
#include "core/speed.h"

/* The group that speaks for the job: its first with devices; -1: none. */
static int32_t device_group(const struct parc_core *core, int32_t job)
{
	int32_t g = job_spec(core, job)->groups;

	while (g >= 0 && core->shapes[core->groups[g].shape].ask.task.devices == 0)
		g = core->groups[g].next;
	return g;
}

int32_t choose_makes(const struct parc_core *core, int32_t *chips)
{
	uint64_t left = core->chips_here & ~core->cores_chips;
	int32_t count = 0;

	for (; left != 0 && count < ASSIGN_CHIPS_MAX; left &= left - 1)
		chips[count++] = __builtin_ctzll(left);
	return count;
}

uint64_t choose_accepted(const struct parc_core *core, int32_t job)
{
	int32_t g = device_group(core, job);
	uint64_t chips = g < 0 ? 0 : core->chips_here & ~core->cores_chips;

	for (; g >= 0; g = core->groups[g].next)
		if (core->shapes[core->groups[g].shape].ask.task.devices > 0)
			chips &= core->shapes[core->groups[g].shape].ask.task.chips;
	return chips;
}

uint64_t choose_chips(const struct parc_core *core, int32_t job)
{
	for (int32_t g = job_spec(core, job)->groups; g >= 0; g = core->groups[g].next) {
		const struct parc_task *task = &core->shapes[core->groups[g].shape].ask.task;

		if (task->devices > 0 &&
		    (core->groups[g].mixed_chips || task->share_milli < PARC_SHARE_WHOLE))
			return 0;
	}
	return choose_accepted(core, job);
}

int32_t choose_speed(const struct parc_core *core, int32_t job, int32_t chip)
{
	const struct job *it = &core->jobs[job];
	int32_t g = device_group(core, job), v = spec_of(core, it)->variants, best = 0;

	do {
		int accepts = v < 0 || (core->variants[v].set.chips >> chip & 1);

		if (accepts && (speed_chips(core, it, &core->groups[g], v) >> chip & 1)) {
			int32_t speed = speed_assumed(core, it, chip, v);

			best = speed > best ? speed : best;
		}
		v = v < 0 ? -1 : core->variants[v].next;
	} while (v >= 0);
	return best;
}

int32_t choose_value(const struct parc_core *core, int32_t job, int32_t chip)
{
	int32_t speed = choose_speed(core, job, chip);

	return speed > 0 ? assign_log2_ratio((uint32_t)speed, PARC_SHARE_WHOLE) : ASSIGN_NEVER;
}

int32_t choose_order(const struct parc_core *core, int32_t job, uint64_t *sets)
{
	uint64_t chips = choose_chips(core, job);
	int32_t worth[PARC_CHIPS_MAX], count = 0;

	if ((chips & (chips - 1)) == 0)
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
	return count > 1 ? count : 0;
}
