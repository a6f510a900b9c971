/* SPDX-License-Identifier: Apache-2.0
 *
 * What breaks in a replay. A node that fails is suspected at once, fenced after fence_us, and back
 * when it is repaired; its work stands still from the start. A device that fails has its jobs
 * stopped. What fails again while it is broken stays broken until the later repair.
 */
#include "sim/replay_run.h"

/* Work on this node (and device; -1: any) stands still: it will not end as planned. */
static void halt_work(struct replay *replay, int32_t node, int32_t device)
{
	for (int32_t row = 0; row < replay->next_row; row++) {
		struct run *run = &replay->runs[row];
		if (run->state == RUN_RUNNING &&
		    book_touches(&replay->book, &run->held, node, device))
			run->halted = 1;
	}
}

static int step_node(struct replay *replay, int kind, int32_t node, struct parc_err *err)
{
	struct parc_event event = {.kind = kind};
	event.node.node = node + 1;
	return replay_step(replay, &event, err);
}

static int step_device(struct replay *replay, int kind, int32_t node, int32_t device,
		       struct parc_err *err)
{
	struct parc_event event = {.kind = kind};
	event.device.node = node + 1;
	event.device.device = device;
	return replay_step(replay, &event, err);
}

static int break_node(struct replay *replay, int32_t node, int64_t repair_us, struct parc_err *err)
{
	int64_t fenced_us = replay->now_us + replay->config->fence_us;
	int64_t back_us = fenced_us + repair_us;
	int was_down = replay->faults.node_us[node] != 0;
	if (back_us > replay->faults.node_us[node])
		replay->faults.node_us[node] = back_us;
	int code = replay_push(replay, back_us, TICK_BACK, node, err);
	if (code || was_down)
		return code;
	halt_work(replay, node, -1);
	book_set_out(&replay->book, node, -1, 1);
	code = replay_push(replay, fenced_us, TICK_FENCE, node, err);
	return code ? code : step_node(replay, PARC_EVENT_NODE_SUSPECT, node, err);
}

static int32_t node_of_device(const struct replay *replay, int64_t device)
{
	int32_t low = 0, high = replay->config->fleet->nodes_count;
	while (high - low > 1) {
		int32_t middle = low + (high - low) / 2;
		if (replay->book.first_device[middle] <= device)
			low = middle;
		else
			high = middle;
	}
	return low;
}

static int break_device(struct replay *replay, int32_t device, int64_t repair_us,
			struct parc_err *err)
{
	int32_t node = node_of_device(replay, device);
	int32_t index = device - replay->book.first_device[node];
	int64_t repaired_us = replay->now_us + repair_us;
	int was_broken = replay->faults.device_us[device] != 0;
	if (repaired_us > replay->faults.device_us[device])
		replay->faults.device_us[device] = repaired_us;
	int code = replay_push(replay, repaired_us, TICK_REPAIR, device, err);
	if (code || was_broken)
		return code;
	halt_work(replay, node, index);
	book_set_out(&replay->book, node, index, 1);
	return step_device(replay, PARC_EVENT_DEVICE_FAIL, node, index, err);
}

static int break_rack(struct replay *replay, int64_t rack, int64_t repair_us, struct parc_err *err)
{
	const struct fleet *fleet = replay->config->fleet;
	int code = 0;
	for (int32_t i = 0; i < fleet->nodes_count && !code; i++)
		if (fleet->nodes[i].add.place == rack)
			code = break_node(replay, i, repair_us, err);
	return code;
}

int replay_break(struct replay *replay, struct parc_err *err)
{
	struct fault fault = faults_pop(&replay->faults);
	replay->result->faults[fault.kind]++;
	switch (fault.kind) {
	case REPLAY_FAULT_DEVICE:
		return break_device(replay, (int32_t)fault.unit, fault.repair_us, err);
	case REPLAY_FAULT_NODE:
		return break_node(replay, (int32_t)fault.unit, fault.repair_us, err);
	default:
		return break_rack(replay, fault.unit, fault.repair_us, err);
	}
}

int replay_tick_repair(struct replay *replay, int kind, int32_t unit, struct parc_err *err)
{
	int64_t *until = kind == TICK_REPAIR ? &replay->faults.device_us[unit]
					     : &replay->faults.node_us[unit];
	if (kind == TICK_FENCE)
		return step_node(replay, PARC_EVENT_NODE_FENCE, unit, err);
	if (*until > replay->now_us || *until == 0)
		return 0; /* it broke again meanwhile */
	*until = 0;
	if (kind == TICK_BACK) {
		book_set_out(&replay->book, unit, -1, -1);
		return step_node(replay, PARC_EVENT_NODE_BACK, unit, err);
	}
	int32_t node = node_of_device(replay, unit);
	int32_t index = unit - replay->book.first_device[node];
	book_set_out(&replay->book, node, index, -1);
	return step_device(replay, PARC_EVENT_DEVICE_REPAIR, node, index, err);
}
