/* SPDX-License-Identifier: Apache-2.0
 *
 * The distribution of a task list: the rows are sorted by shape, equal neighbours are merged, and
 * the merged shapes are sorted by count. Costs n log n once before a run.
 */
#include "sim/demand.h"

#include <stdlib.h>

#include "base/assert.h"

#define DEMAND_FREQUENT_PERCENT 95

/* Falling CPU, share, devices, text of the list of chips: the order of ties in the published
 * experiment, which knows no device memory and no links. "A|B" and "B|A" are two shapes there. */
static int compare_shapes(const struct demand_shape *x, const struct demand_shape *y)
{
	const struct parc_task *a = &x->entry.task, *b = &y->entry.task;

	if (a->cpu_milli != b->cpu_milli)
		return a->cpu_milli < b->cpu_milli ? 1 : -1;
	if (a->share_milli != b->share_milli)
		return a->share_milli < b->share_milli ? 1 : -1;
	if (a->devices != b->devices)
		return a->devices < b->devices ? 1 : -1;
	if (x->spec != y->spec)
		return x->spec < y->spec ? 1 : -1;
	if (a->chips != b->chips)
		return a->chips < b->chips ? 1 : -1;
	if (a->device_memory_mib != b->device_memory_mib)
		return a->device_memory_mib < b->device_memory_mib ? 1 : -1;
	return (a->link < b->link) - (a->link > b->link);
}

static int compare_by_shape(const void *a, const void *b)
{
	return compare_shapes(a, b);
}

static int compare_by_count(const void *a, const void *b)
{
	const struct demand_shape *x = a, *y = b;
	if (x->entry.count != y->entry.count)
		return x->entry.count < y->entry.count ? 1 : -1;
	return compare_shapes(x, y);
}

static int32_t collect_rows(struct demand_shape *shapes, const struct tasks *tasks)
{
	int32_t count = 0;
	for (int32_t i = 0; i < tasks->count; i++) {
		const struct tasks_row *row = &tasks->rows[i];
		if (row->alien)
			continue;
		struct demand_shape *shape = &shapes[count++];
		*shape = (struct demand_shape){.entry = {.task = row->task, .count = row->gang},
					       .spec = row->spec};
		shape->memory_min_mib = shape->entry.task.memory_mib;
		shape->entry.task.memory_mib *= row->gang; /* of all, until they are merged */
	}
	return count;
}

/* Merge equal neighbours of a sorted list; returns how many are left. */
static int32_t merge_equal(struct demand_shape *shapes, int32_t count)
{
	int32_t merged = 0;
	for (int32_t i = 0; i < count; i++) {
		struct demand_shape *last = merged ? &shapes[merged - 1] : NULL;
		if (!last || compare_by_shape(last, &shapes[i]) != 0) {
			shapes[merged++] = shapes[i];
			continue;
		}
		last->entry.count += shapes[i].entry.count;
		last->entry.task.memory_mib += shapes[i].entry.task.memory_mib;
		if (shapes[i].memory_min_mib < last->memory_min_mib)
			last->memory_min_mib = shapes[i].memory_min_mib;
	}
	for (int32_t i = 0; i < merged; i++)
		shapes[i].entry.task.memory_mib /= shapes[i].entry.count;
	return merged;
}

static int32_t count_frequent(const struct demand *demand)
{
	int64_t total = 0, sum = 0;
	for (int32_t i = 0; i < demand->count; i++)
		total += demand->shapes[i].entry.count;
	for (int32_t i = 0; i < demand->count; i++) {
		sum += demand->shapes[i].entry.count;
		if (sum * 100 >= total * DEMAND_FREQUENT_PERCENT)
			return i + 1;
	}
	return demand->count;
}

int demand_init(struct demand *demand, const struct tasks *tasks, struct parc_err *err)
{
	*demand = (struct demand){0};
	demand->shapes = malloc(((size_t)tasks->count + 1) * sizeof(*demand->shapes));
	if (!demand->shapes)
		return parc_err_set(err, PARC_ERR_MEMORY, "no memory for %d shapes", tasks->count);
	int32_t count = collect_rows(demand->shapes, tasks);
	qsort(demand->shapes, (size_t)count, sizeof(*demand->shapes), compare_by_shape);
	count = merge_equal(demand->shapes, count);
	qsort(demand->shapes, (size_t)count, sizeof(*demand->shapes), compare_by_count);
	demand->count = count < PARC_PROFILE_MAX ? count : PARC_PROFILE_MAX;
	demand->frequent_count = count_frequent(demand);
	ASSERT(demand->frequent_count <= demand->count);
	return 0;
}

void demand_deinit(struct demand *demand)
{
	free(demand->shapes);
	*demand = (struct demand){0};
}
