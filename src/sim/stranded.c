/* SPDX-License-Identifier: Apache-2.0
 *
 * Why what is free cannot be used. First every node is filled with frequent shapes, the largest
 * that fits each time; that part is open. Then, for one device with something free, the frequent
 * shapes fall into those that its chip is not allowed for, those for which the devices of the node
 * have no room, and those that have room but lack CPU or memory. If some have room, it is what
 * most of their tasks lack. If none has room, it is a remainder or the node has too few devices
 * together. Costs nodes x devices x shapes, once after a run.
 */
#include "sim/stranded.h"

static const char *const keys[] = {
#define X(name, key, text) key,
	STRANDED_MAP(X)
#undef X
};

static const char *const texts[] = {
#define X(name, key, text) text,
	STRANDED_MAP(X)
#undef X
};

const char *stranded_key(int cause)
{
	return cause >= 0 && cause < STRANDED_COUNT ? keys[cause] : "?";
}

const char *stranded_text(int cause)
{
	return cause >= 0 && cause < STRANDED_COUNT ? texts[cause] : "?";
}

/* Would a task of this shape find room on this device and enough like it? */
static int has_room(const struct mirror_node *node, const struct parc_task *task, int32_t device)
{
	int32_t count = 0;
	if (node->free_milli[device] < task->share_milli ||
	    node->free_mib[device] < task->device_memory_mib)
		return 0;
	for (int32_t i = 0; i < node->devices; i++)
		count += node->chip[i] == node->chip[device] &&
			 node->free_milli[i] >= task->share_milli &&
			 node->free_mib[i] >= task->device_memory_mib;
	return count >= task->devices;
}

static enum stranded_cause find_cause(const struct mirror_node *node, int32_t device,
				      const struct demand *demand)
{
	int64_t lacks_cpu = 0, lacks_memory = 0;
	int accepted = 0;
	for (int32_t i = 0; i < demand->frequent_count; i++) {
		const struct demand_shape *shape = &demand->shapes[i];
		const struct parc_task *task = &shape->entry.task;
		if (task->devices == 0 || !mirror_accepts(task, node->chip[device]))
			continue;
		accepted = 1;
		if (!has_room(node, task, device))
			continue;
		if (node->cpu_free_milli < task->cpu_milli)
			lacks_cpu += shape->entry.count;
		else if (node->memory_free_mib < shape->memory_min_mib)
			lacks_memory += shape->entry.count;
		else
			return STRANDED_OPEN;
	}
	if (!accepted)
		return STRANDED_CHIP;
	if (lacks_cpu || lacks_memory)
		return lacks_memory > lacks_cpu ? STRANDED_MEMORY : STRANDED_CPU;
	return node->free_milli[device] < PARC_SHARE_WHOLE ? STRANDED_SHARE : STRANDED_DEVICES;
}

/* Is the first shape the better one to fill with: more of the devices, then less CPU? */
static int is_larger(const struct parc_task *a, const struct parc_task *b)
{
	int64_t a_milli = (int64_t)a->devices * a->share_milli;
	int64_t b_milli = (int64_t)b->devices * b->share_milli;
	return a_milli != b_milli ? a_milli > b_milli : a->cpu_milli < b->cpu_milli;
}

/* Take the largest frequent shape that fits on a chip out of the node: its thousandths, or 0. */
static int64_t take_largest(const struct mirror *mirror, struct mirror_node *node, int32_t chip,
			    const struct demand *demand)
{
	struct parc_task largest = {0};
	for (int32_t i = 0; i < demand->frequent_count; i++) {
		struct parc_task task = demand->shapes[i].entry.task;
		struct mirror_node copy = *node;
		task.memory_mib = demand->shapes[i].memory_min_mib;
		if (task.devices > 0 && mirror_accepts(&task, chip) && is_larger(&task, &largest) &&
		    mirror_take(mirror, &copy, &task, chip))
			largest = task;
	}
	if (largest.devices == 0 || !mirror_take(mirror, node, &largest, chip))
		return 0;
	return (int64_t)largest.devices * largest.share_milli;
}

/* Fill a node with frequent shapes; returns the thousandths that they take. */
static int64_t fill_node(const struct mirror *mirror, struct mirror_node *node,
			 const struct demand *demand)
{
	uint64_t chips = 0;
	int64_t filled = 0;
	for (int32_t i = 0; i < node->devices; i++)
		chips |= UINT64_C(1) << node->chip[i];
	for (; chips; chips &= chips - 1)
		for (;;) {
			int64_t taken = take_largest(mirror, node, __builtin_ctzll(chips), demand);
			if (taken == 0)
				break;
			filled += taken;
		}
	return filled;
}

void stranded_classify(struct stranded *stranded, const struct mirror *mirror,
		       const struct demand *demand)
{
	*stranded = (struct stranded){0};
	for (int32_t i = 0; i < mirror->nodes_count; i++) {
		struct mirror_node node = mirror->nodes[i];
		stranded->milli[STRANDED_OPEN] += fill_node(mirror, &node, demand);
		for (int32_t d = 0; d < node.devices; d++)
			if (node.free_milli[d] > 0)
				stranded->milli[find_cause(&node, d, demand)] += node.free_milli[d];
	}
}
