/* SPDX-License-Identifier: Apache-2.0 */
#include "base/idmap.h"

#include <string.h>

#include "base/assert.h"
#include "base/random.h"

#define NOWHERE UINT32_MAX

void idmap_init(struct idmap *map, struct block *block, int32_t ids_max, const void *records,
		size_t stride)
{
	uint32_t size = (uint32_t)((int64_t)ids_max * 3 / 8 + 4) * 4;

	map->cells = block_take(block, size, sizeof(*map->cells));
	map->records = records;
	map->stride = stride;
	map->size = size;
	map->count = 0;
	if (map->cells != NULL)
		memset(map->cells, 0, size * sizeof(*map->cells));
}

/* Four ids in a row have their homes beside each other: ids ascend, so what is added now lies in
 * the line of the cache of what was added just before. */
static uint32_t tag_of(int64_t id)
{
	return ((uint32_t)random_mix((uint64_t)id >> 2) & ~UINT32_C(3)) | ((uint32_t)id & 3);
}

static uint32_t home(const struct idmap *map, uint32_t tag)
{
	uint64_t quad = (uint64_t)(tag >> 2) * (map->size / 4) >> 30;

	return (uint32_t)quad * 4 + (tag & 3);
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

static int cell_is(const struct idmap *map, uint32_t i, uint32_t tag, int64_t id)
{
	const struct idmap_cell *cell = &map->cells[i];
	int64_t found;

	if (cell->tag != tag)
		return 0;
	memcpy(&found, map->records + (size_t)(cell->slot - 1) * map->stride, sizeof(found));
	return found == id;
}

/* The cell of the id, or NOWHERE; then `*free` is where it would go. */
static uint32_t probe(const struct idmap *map, int64_t id, uint32_t *free)
{
	uint32_t tag = tag_of(id), i = home(map, tag);

	for (; map->cells[i].slot != 0; i = after(map, i))
		if (cell_is(map, i, tag, id))
			return i;
	*free = i;
	return NOWHERE;
}

void idmap_prefetch(const struct idmap *map, int64_t id)
{
	__builtin_prefetch(&map->cells[home(map, tag_of(id))], 1);
}

int32_t idmap_find(const struct idmap *map, int64_t id)
{
	uint32_t i, free;

	if (id <= 0)
		return -1;
	i = probe(map, id, &free);
	return i == NOWHERE ? -1 : (int32_t)(map->cells[i].slot - 1);
}

void idmap_add(struct idmap *map, int64_t id, int32_t slot)
{
	uint32_t free = 0, found = probe(map, id, &free);

	ASSERT(id > 0 && slot >= 0 && found == NOWHERE);
	ASSERT(((int64_t)map->count + 1) * 3 <= (int64_t)map->size * 2);
	map->cells[free] = (struct idmap_cell){.tag = tag_of(id), .slot = (uint32_t)slot + 1};
	map->count++;
}

void idmap_remove(struct idmap *map, int64_t id)
{
	uint32_t free, hole = probe(map, id, &free), i = hole;

	ASSERT(hole != NOWHERE);
	for (;;) {
		i = after(map, i);
		if (map->cells[i].slot == 0)
			break;
		/* A cell may move back only if its home does not lie behind the hole. */
		if (distance(map, home(map, map->cells[i].tag), i) >= distance(map, hole, i)) {
			map->cells[hole] = map->cells[i];
			hole = i;
		}
	}
	map->cells[hole] = (struct idmap_cell){0};
	map->count--;
}
