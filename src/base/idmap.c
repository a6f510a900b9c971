/* SPDX-License-Identifier: Apache-2.0 */
#include "base/idmap.h"

#include <string.h>

#include "base/assert.h"
#include "base/random.h"

void idmap_init(struct idmap *map, struct block *block, int32_t ids_max)
{
	uint64_t cells = 16;

	while (cells < (uint64_t)ids_max * 2)
		cells *= 2;
	map->cells = block_take(block, cells, sizeof(*map->cells));
	map->mask = cells - 1;
	map->count = 0;
	if (map->cells != NULL)
		memset(map->cells, 0, cells * sizeof(*map->cells));
}

/* Four ids in a row have their homes in one line of the cache: ids ascend, so what is added now
 * lies beside what was added just before. */
static uint64_t home(const struct idmap *map, int64_t id)
{
	return (random_mix((uint64_t)id >> 2) << 2 | ((uint64_t)id & 3)) & map->mask;
}

static uint64_t probe(const struct idmap *map, int64_t id)
{
	uint64_t i = home(map, id);

	while (map->cells[i].id != 0 && map->cells[i].id != id)
		i = (i + 1) & map->mask;
	return i;
}

int32_t idmap_find(const struct idmap *map, int64_t id)
{
	const struct idmap_cell *cell;

	if (id <= 0)
		return -1;
	cell = &map->cells[probe(map, id)];
	return cell->id == id ? cell->slot : -1;
}

void idmap_add(struct idmap *map, int64_t id, int32_t slot)
{
	uint64_t i = probe(map, id);

	ASSERT(id > 0 && map->cells[i].id == 0);
	ASSERT((uint64_t)map->count * 2 <= map->mask + 1);
	map->cells[i] = (struct idmap_cell){.id = id, .slot = slot};
	map->count++;
}

void idmap_remove(struct idmap *map, int64_t id)
{
	uint64_t hole = probe(map, id), i = hole;

	ASSERT(map->cells[hole].id == id);
	for (;;) {
		i = (i + 1) & map->mask;
		if (map->cells[i].id == 0)
			break;
		/* A cell may move back only if its home does not lie behind the hole. */
		if (((i - home(map, map->cells[i].id)) & map->mask) >= ((i - hole) & map->mask)) {
			map->cells[hole] = map->cells[i];
			hole = i;
		}
	}
	map->cells[hole] = (struct idmap_cell){0};
	map->count--;
}
