/* SPDX-License-Identifier: Apache-2.0 */
#include "base/buddy.h"

#include <string.h>

#include "base/assert.h"

void buddy_init(struct buddy *buddy, struct block *block, int64_t records)
{
	ASSERT(records / BUDDY_UNIT < INT32_MAX);
	buddy->units = (int32_t)(records / BUDDY_UNIT);
	buddy->order = block_take(block, (size_t)buddy->units, sizeof(*buddy->order));
	buddy->next = block_take(block, (size_t)buddy->units, sizeof(*buddy->next));
	buddy->prev = block_take(block, (size_t)buddy->units, sizeof(*buddy->prev));
	if (buddy->order != NULL)
		buddy_reset(buddy);
}

static void extent_link(struct buddy *buddy, int32_t unit, int order)
{
	int32_t head = buddy->head[order];

	buddy->order[unit] = (int8_t)order;
	buddy->next[unit] = head;
	buddy->prev[unit] = -1;
	if (head >= 0)
		buddy->prev[head] = unit;
	buddy->head[order] = unit;
}

static void extent_unlink(struct buddy *buddy, int32_t unit)
{
	int32_t next = buddy->next[unit], prev = buddy->prev[unit];

	if (next >= 0)
		buddy->prev[next] = prev;
	if (prev >= 0)
		buddy->next[prev] = next;
	else
		buddy->head[buddy->order[unit]] = next;
	buddy->order[unit] = -1;
}

void buddy_reset(struct buddy *buddy)
{
	int32_t unit = 0;

	memset(buddy->order, -1, (size_t)buddy->units);
	for (int order = 0; order < BUDDY_ORDERS; order++)
		buddy->head[order] = -1;
	for (int order = BUDDY_ORDERS - 1; order >= 0; order--)
		for (; buddy->units - unit >= INT64_C(1) << order; unit += 1 << order)
			extent_link(buddy, unit, order);
}

int64_t buddy_take(struct buddy *buddy, int order)
{
	int from = order;
	int32_t unit;

	ASSERT(order >= 0);
	while (from < BUDDY_ORDERS && buddy->head[from] < 0)
		from++;
	if (from >= BUDDY_ORDERS)
		return -1;
	unit = buddy->head[from];
	extent_unlink(buddy, unit);
	while (from-- > order)
		extent_link(buddy, unit + (1 << from), from);
	return (int64_t)unit * BUDDY_UNIT;
}

void buddy_give(struct buddy *buddy, int64_t record, int order)
{
	int32_t unit = (int32_t)(record / BUDDY_UNIT);

	ASSERT(record >= 0 && unit < buddy->units && buddy->order[unit] < 0);
	for (; order < BUDDY_ORDERS - 1; order++) {
		int32_t twin = unit ^ (1 << order);

		if (twin + (INT64_C(1) << order) > buddy->units || buddy->order[twin] != order)
			break;
		extent_unlink(buddy, twin);
		unit = unit < twin ? unit : twin;
	}
	extent_link(buddy, unit, order);
}
