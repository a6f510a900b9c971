/* SPDX-License-Identifier: Apache-2.0 */
#include "base/idmap.h"

#include <string.h>

#include "base/assert.h"
#include "base/random.h"

#define NOWHERE UINT32_MAX

void idmap_init(struct idmap *map, struct block *block, int32_t ids_max, const void *records,
		size_t stride)
{
	uint32_t size = (uint32_t)((int64_t)ids_max * 3 / 8 + 4) * 4, slot_mask = 1;

	while (slot_mask < (uint32_t)ids_max)
		slot_mask = 2 * slot_mask + 1;
	map->cells = block_take(block, size, sizeof(*map->cells));
	map->records = records;
	map->stride = stride;
	map->size = size;
	map->slot_mask = slot_mask;
	map->count = 0;
	if (map->cells != NULL)
		memset(map->cells, 0, size * sizeof(*map->cells));
}

/* Of the id of 32 bits: the upper ones choose its home, of the lower ones cells have some. Four ids
 * in a row have their homes beside each other: ids ascend, so what is added now lies in the line
 * of the cache of what was added just before. */
static uint32_t hash_of(int64_t id)
{
	return ((uint32_t)random_mix((uint64_t)id >> 2) & ~UINT32_C(3)) | ((uint32_t)id & 3);
}

static uint32_t home(const struct idmap *map, uint32_t hash)
{
	uint64_t quad = (uint64_t)(hash >> 2) * (map->size / 4) >> 30;

	return (uint32_t)quad * 4 + (hash & 3);
}

/* The part of the hash that a cell has, where it has it. */
static uint32_t tag(const struct idmap *map, uint32_t hash)
{
	return (hash >> 2) * (map->slot_mask + 1);
}

static uint32_t after(const struct idmap *map, uint32_t i)
{
	return i + 1 == map->size ? 0 : i + 1;
}

/* How far cell i lies behind another one, round the end. */
static uint32_t distance(const struct idmap *map, uint32_t from, uint32_t i)
{
	return i >= from ? i - from : i + map->size - from;
}

static uint32_t cell_slot(const struct idmap *map, uint32_t i)
{
	return (map->cells[i] & map->slot_mask) - 1;
}

static int64_t cell_id(const struct idmap *map, uint32_t i)
{
	int64_t id;

	memcpy(&id, map->records + (size_t)cell_slot(map, i) * map->stride, sizeof(id));
	return id;
}

/* The cell of the id, or NOWHERE; then `*free` is where it would go. */
static uint32_t probe(const struct idmap *map, int64_t id, uint32_t *free)
{
	uint32_t hash = hash_of(id), wanted = tag(map, hash), i = home(map, hash);

	for (; map->cells[i] != 0; i = after(map, i))
		if ((map->cells[i] & ~map->slot_mask) == wanted && cell_id(map, i) == id)
			return i;
	*free = i;
	return NOWHERE;
}

void idmap_prefetch(const struct idmap *map, int64_t id)
{
	__builtin_prefetch(&map->cells[home(map, hash_of(id))], 1);
}

int32_t idmap_find(const struct idmap *map, int64_t id)
{
	uint32_t i, free;

	if (id <= 0)
		return -1;
	i = probe(map, id, &free);
	return i == NOWHERE ? -1 : (int32_t)cell_slot(map, i);
}

void idmap_add(struct idmap *map, int64_t id, int32_t slot)
{
	uint32_t free = 0, found = probe(map, id, &free);

	ASSERT(id > 0 && slot >= 0 && (uint32_t)slot < map->slot_mask && found == NOWHERE);
	ASSERT(((int64_t)map->count + 1) * 3 <= (int64_t)map->size * 2);
	map->cells[free] = tag(map, hash_of(id)) | ((uint32_t)slot + 1);
	map->count++;
}

void idmap_remove(struct idmap *map, int64_t id)
{
	uint32_t free, hole = probe(map, id, &free), i = hole;

	ASSERT(hole != NOWHERE);
	for (;;) {
		i = after(map, i);
		if (map->cells[i] == 0)
			break;
		/* A cell may move back only if its home does not lie behind the hole. */
		if (distance(map, home(map, hash_of(cell_id(map, i))), i) >=
		    distance(map, hole, i)) {
			map->cells[hole] = map->cells[i];
			hole = i;
		}
	}
	map->cells[hole] = 0;
	map->count--;
}
