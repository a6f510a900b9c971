/* SPDX-License-Identifier: Apache-2.0 */
#include "base/idmap.h"

#include <string.h>

#include "base/assert.h"
#include "base/random.h"

#define NOWHERE UINT32_MAX
#define AWAY_MOST                                                                                  \
	31	       /* steps from home that a cell can tell, if its slot leaves it the bits ... \
			*/
#define AWAY_SPARE 512 /* ... for so many different values; else: */
#define AWAY_LEAST 1

void idmap_init(struct idmap *map, struct block *block, int32_t ids_max, const void *records,
		size_t stride)
{
	uint32_t size = (uint32_t)((int64_t)ids_max * 3 / 8 + 4) * 4, slot_mask = 1;

	while (slot_mask < (uint32_t)ids_max)
		slot_mask = 2 * slot_mask + 1;
	map->far = UINT32_MAX / (slot_mask + UINT64_C(1)) >= AWAY_SPARE ? AWAY_MOST : AWAY_LEAST;
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

/* What a cell has above the slot: how far it is away from its home, as far as it can tell, and
 * above that a part of the hash. */
static uint32_t tag(const struct idmap *map, uint32_t hash, uint32_t away)
{
	uint32_t near = away < map->far ? away : map->far;

	return ((hash >> 2) * (map->far + 1) + near) * (map->slot_mask + 1);
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

/* How far a cell that is taken lies behind its home: it says so, unless it is very far. */
static uint32_t cell_away(const struct idmap *map, uint32_t i)
{
	uint32_t away = map->cells[i] / (map->slot_mask + 1) & map->far;

	return away < map->far ? away : distance(map, home(map, hash_of(cell_id(map, i))), i);
}

/* Where an id of this hash would go, and what a cell there would have above the slot. */
struct gap {
	uint32_t at, tag;
};

/* The cell of the id, or NOWHERE; then the gap is told. Inlined, as each caller wants a part. */
static inline __attribute__((always_inline)) uint32_t probe(const struct idmap *map, int64_t id,
							    struct gap *gap)
{
	uint32_t hash = hash_of(id), i = home(map, hash), away = 0;
	uint32_t wanted = tag(map, hash, 0);

	for (; map->cells[i] != 0; i = after(map, i)) {
		if ((map->cells[i] & ~map->slot_mask) == wanted && cell_id(map, i) == id)
			return i;
		if (away++ < map->far)
			wanted += map->slot_mask + 1;
	}
	*gap = (struct gap){.at = i, .tag = wanted};
	return NOWHERE;
}

void idmap_prefetch(const struct idmap *map, int64_t id)
{
	__builtin_prefetch(&map->cells[home(map, hash_of(id))], 1);
}

int32_t idmap_find(const struct idmap *map, int64_t id)
{
	struct gap gap;
	uint32_t i;

	if (id <= 0)
		return -1;
	i = probe(map, id, &gap);
	return i == NOWHERE ? -1 : (int32_t)cell_slot(map, i);
}

void idmap_add(struct idmap *map, int64_t id, int32_t slot)
{
	struct gap gap = {0};
	uint32_t found = probe(map, id, &gap);

	ASSERT(id > 0 && slot >= 0 && (uint32_t)slot < map->slot_mask && found == NOWHERE);
	ASSERT(((int64_t)map->count + 1) * 3 <= (int64_t)map->size * 2);
	map->cells[gap.at] = gap.tag | ((uint32_t)slot + 1);
	map->count++;
}

/* A cell moves to a hole `steps` before it. */
static void cell_move(struct idmap *map, uint32_t i, uint32_t hole, uint32_t away, uint32_t steps)
{
	if (away < map->far)
		map->cells[hole] = map->cells[i] - steps * (map->slot_mask + 1);
	else
		map->cells[hole] = tag(map, hash_of(cell_id(map, i)), away - steps) |
				   (map->cells[i] & map->slot_mask);
}

void idmap_remove(struct idmap *map, int64_t id)
{
	struct gap gap;
	uint32_t hole = probe(map, id, &gap), i = hole;

	ASSERT(hole != NOWHERE);
	for (;;) {
		uint32_t away, steps;

		i = after(map, i);
		if (map->cells[i] == 0)
			break;
		/* A cell may move back only if its home does not lie behind the hole. */
		away = cell_away(map, i);
		steps = distance(map, hole, i);
		if (away >= steps) {
			cell_move(map, i, hole, away, steps);
			hole = i;
		}
	}
	map->cells[hole] = 0;
	map->count--;
}
