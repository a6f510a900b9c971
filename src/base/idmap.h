/* SPDX-License-Identifier: Apache-2.0
 *
 * A map from ids (int64 above 0) to the slots (int32) of the records that have them: open
 * addressing with linear probing and backward-shift deletion, so there are no tombstones and it
 * never degrades. At most two thirds full by its size. The ids stay in the records: a cell of 4
 * bytes has a slot, and the bits that this leaves (12 of a map for a million) tell how far it is
 * from its home and a part of the id's hash, so that hardly ever another record is looked at. The
 * order of its cells is never looked at by a decision.
 *
 * Cost: a look-up is one cache miss in the map and one at the record, which is wanted anyhow. A
 * removal looks at the cells right behind, which tell whether they may move up, and at no other
 * record.
 */
#ifndef BASE_IDMAP_H
#define BASE_IDMAP_H

#include <string.h>

#include "base/block.h"

#define IDMAP_ROW 4 /* ids in a row, from a multiple of it on, that have homes side by side */

struct idmap {
	uint32_t *cells;     /* 1 + the slot, and above it a part of the id's hash; 0: empty */
	const char *records; /* of `stride` bytes, each with its id first */
	size_t stride;
	uint32_t size;	    /* cells, a multiple of 4 */
	uint32_t slot_mask; /* the bits of a cell that are the slot's */
	uint32_t far;	    /* steps from home that a cell can tell, and all that are more */
	int32_t count;
};

/* Take the cells for up to `ids_max` ids from the block. `records` is an array of records of
 * `stride` bytes, in slots below `ids_max`, each of which begins with its id; it stays there. */
void idmap_init(struct idmap *map, struct block *block, int32_t ids_max, const void *records,
		size_t stride);

/* The slot of an id, -1 if it is not there. */
int32_t idmap_find(const struct idmap *map, int64_t id);

/* The same where the slot is mostly this one: then the map is not looked at. -1: no guess. */
static inline int32_t idmap_find_near(const struct idmap *map, int64_t id, int32_t guess)
{
	int64_t found = 0;

	if (guess >= 0)
		memcpy(&found, map->records + (size_t)guess * map->stride, sizeof(found));
	return guess >= 0 && id > 0 && found == id ? guess : idmap_find(map, id);
}

/* Fetch where the id is, or would be, from memory, while something else is done. */
void idmap_prefetch(const struct idmap *map, int64_t id);

/* The same of the id after the last one that was added, mostly in the line of the cache of that. */
static inline void idmap_prefetch_next(const struct idmap *map, int64_t last)
{
	if (((last + 1) & (IDMAP_ROW - 1)) == 0)
		idmap_prefetch(map, last + 1);
}

/* Add an id that is not there, of the record in that slot. */
void idmap_add(struct idmap *map, int64_t id, int32_t slot);

/* Remove an id that is there; its record still has it. */
void idmap_remove(struct idmap *map, int64_t id);

#endif
