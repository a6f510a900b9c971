/* SPDX-License-Identifier: Apache-2.0
 *
 * What a node keeps (reserve.h). For each start T of a reservation on the node the need is what
 * is reserved there at T, by it and by those that overlap it, less what tasks give back by T;
 * the node keeps the largest need of each resource. Partition slots are kept as a whole. A
 * device that serves one user at a time is kept whole, lest another user gets into it.
 * Cost: the square of the holds on the node, times its devices; both are few.
 */
#include "core/held.h"

#include <string.h>

#include "core/closure.h"
#include "core/profile.h"

struct need {
	int64_t memory_mib;
	int32_t cpu_milli;
	int32_t milli[PARC_NODE_DEVICES_MAX], mib[PARC_NODE_DEVICES_MAX];
};

static void need_clear(struct need *need, int32_t devices)
{
	need->memory_mib = 0;
	need->cpu_milli = 0;
	memset(need->milli, 0, (size_t)devices * sizeof(*need->milli));
	memset(need->mib, 0, (size_t)devices * sizeof(*need->mib));
}

static int is_in_window(const struct parc_core *core, int32_t slot, const struct window *window)
{
	const struct reservation *it = &core->reservations[slot];
	int64_t start_us = it->start_us == PARC_NEVER ? window->from_us : it->start_us;
	int64_t closed_us = window->closed_us == 0 ? PARC_NEVER : window->closed_us;

	if (it->closure >= 0)
		return it->start_us < closed_us && it->end_us > window->from_us &&
		       (window->member == 0 ||
			!closure_admits(core, it->closure, &core->jobs[window->member - 1]));
	return slot != window->except && !(window->over && it->yields) &&
	       start_us < window->until_us &&
	       (it->end_us == PARC_NEVER || it->end_us > window->from_us);
}

static int device_is_shy(const struct parc_core *core, const struct node *node, int32_t device)
{
	return core->chips[kind_device_chip(&core->kinds[node->kind], device)].one_user;
}

static void need_add_hold(const struct parc_core *core, const struct node *node,
			  const struct hold *hold, struct need *need)
{
	need->cpu_milli += hold->cpu_milli;
	need->memory_mib += hold->memory_mib;
	for (uint32_t left = hold->devices; left != 0; left &= left - 1) {
		int32_t i = __builtin_ctz(left);

		need->milli[i] +=
			device_is_shy(core, node, i) ? PARC_SHARE_WHOLE : hold->share_milli;
		need->mib[i] += hold->device_memory_mib;
	}
}

static void need_take_task(const struct task *task, struct need *need)
{
	need->cpu_milli -= task->cpu_milli;
	need->memory_mib -= task->memory_mib;
	for (uint32_t left = task->devices; left != 0; left &= left - 1) {
		need->milli[__builtin_ctz(left)] -= task->share_milli;
		need->mib[__builtin_ctz(left)] -= task->device_memory_mib;
	}
}

/* Is the task a part of what a window keeps at this time: may its job use it, and does it lie on it
 * alone? */
static int is_within(const struct parc_core *core, const struct node *node, const struct task *task,
		     int64_t time_us)
{
	const struct job *job = &core->jobs[task->allocation];

	for (int32_t h = node->holds; h >= 0; h = core->holds[h].node_next) {
		const struct reservation *it = &core->reservations[core->holds[h].reservation];

		if (it->closure >= 0 && it->start_us <= time_us && it->end_us > time_us &&
		    (task->devices & ~core->holds[h].devices) == 0 &&
		    closure_admits(core, it->closure, job))
			return 1;
	}
	return 0;
}

/* The need at the start of one reservation. */
static void need_reckon(const struct parc_core *core, const struct node *node, int64_t time_us,
			const struct window *window, struct need *need)
{
	need_clear(need, node->devices_count);
	for (int32_t h = node->holds; h >= 0; h = core->holds[h].node_next) {
		const struct reservation *it = &core->reservations[core->holds[h].reservation];

		if (is_in_window(core, core->holds[h].reservation, window) &&
		    it->start_us <= time_us && (it->end_us == PARC_NEVER || it->end_us > time_us))
			need_add_hold(core, node, &core->holds[h], need);
	}
	for (int32_t t = node->tasks; t >= 0; t = core->tasks[t].node_next) {
		const struct allocation *it = &core->allocations[core->tasks[t].allocation];

		if (it->given)
			continue; /* it is among what is free */
		if ((it->end_us > window->from_us && it->end_us <= time_us) ||
		    (closure_is_any(core) && is_within(core, node, &core->tasks[t], time_us)))
			need_take_task(&core->tasks[t], need);
	}
}

static void kept_raise(struct kept *kept, const struct need *need, int32_t devices)
{
	if (need->cpu_milli > kept->cpu_milli)
		kept->cpu_milli = need->cpu_milli;
	if (need->memory_mib > kept->memory_mib)
		kept->memory_mib = need->memory_mib;
	for (int32_t i = 0; i < devices; i++) {
		int32_t milli =
			need->milli[i] > PARC_SHARE_WHOLE ? PARC_SHARE_WHOLE : need->milli[i];

		if (milli > kept->milli[i])
			kept->milli[i] = (int16_t)milli;
		if (need->mib[i] > kept->mib[i])
			kept->mib[i] = need->mib[i];
	}
}

/* Was the reservation of this hold reckoned for another hold before it on the node? */
static int is_reckoned(const struct parc_core *core, const struct node *node, int32_t hold)
{
	int32_t h = node->holds;

	while (core->holds[h].reservation != core->holds[hold].reservation)
		h = core->holds[h].node_next;
	return h != hold;
}

void held_reckon(const struct parc_core *core, int32_t slot, const struct window *window,
		 struct kept *kept)
{
	const struct node *node = &core->nodes[slot];
	struct need need;

	memset(kept, 0, sizeof(*kept));
	for (int32_t h = node->holds; h >= 0; h = core->holds[h].node_next) {
		const struct hold *hold = &core->holds[h];

		if (!is_in_window(core, hold->reservation, window))
			continue;
		if (!is_reckoned(core, node, h)) {
			need_reckon(core, node, core->reservations[hold->reservation].start_us,
				    window, &need);
			kept_raise(kept, &need, node->devices_count);
		}
		for (uint32_t left = hold->devices; left != 0; left &= left - 1)
			kept->slots[__builtin_ctz(left)] |= (uint16_t)hold->slots;
	}
}
