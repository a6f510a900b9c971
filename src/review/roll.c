/* SPDX-License-Identifier: Apache-2.0 */
#include "review/roll.h"

#include <stdlib.h>
#include <string.h>

#include "base/assert.h"

#define CAPACITY_FIRST 1024

void roll_init(struct roll *roll, size_t stride)
{
	*roll = (struct roll){.stride = stride};
}

void roll_deinit(struct roll *roll)
{
	free(roll->records);
	free(roll->cells);
	*roll = (struct roll){0};
}

static int64_t id_at(const struct roll *roll, int32_t at)
{
	int64_t id;

	memcpy(&id, roll->records + (size_t)at * roll->stride, sizeof(id));
	return id;
}

static int roll_grow(struct roll *roll, struct parc_err *err)
{
	int32_t capacity = roll->capacity == 0 ? CAPACITY_FIRST : 2 * roll->capacity;
	struct block count = {0}, block;
	struct idmap map;
	char *records;
	void *cells;

	if (roll->capacity > INT32_MAX / 4)
		return parc_err_set(err, PARC_ERR_FULL, "too many jobs in the journal");
	idmap_init(&map, &count, capacity, NULL, roll->stride);
	records = realloc(roll->records, (size_t)capacity * roll->stride);
	roll->records = records == NULL ? roll->records : records;
	cells = malloc(count.used);
	if (records == NULL || cells == NULL) {
		free(cells);
		return parc_err_set(err, PARC_ERR_MEMORY, "no memory for what the journal says");
	}
	block = (struct block){.memory = cells};
	idmap_init(&map, &block, capacity, records, roll->stride);
	for (int32_t i = 0; i < roll->count; i++)
		idmap_add(&map, id_at(roll, i), i);
	free(roll->cells);
	roll->cells = cells;
	roll->map = map;
	roll->capacity = capacity;
	return 0;
}

int32_t roll_find(const struct roll *roll, int64_t id)
{
	return roll->count == 0 ? -1 : idmap_find(&roll->map, id);
}

int32_t roll_add(struct roll *roll, int64_t id, struct parc_err *err)
{
	int code = roll->count == roll->capacity ? roll_grow(roll, err) : 0;
	char *record = code == 0 ? roll->records + (size_t)roll->count * roll->stride : NULL;

	if (code != 0)
		return code;
	ASSERT(roll_find(roll, id) < 0);
	memset(record, 0, roll->stride);
	memcpy(record, &id, sizeof(id));
	idmap_add(&roll->map, id, roll->count);
	return roll->count++;
}
