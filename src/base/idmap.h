/* SPDX-License-Identifier: Apache-2.0
 *
 * A map from ids (int64 above 0) to slots (int32), open addressing with linear probing and
 * backward-shift deletion: no tombstones, so it never degrades. At most half full by its size.
 * A look-up costs one cache miss. The order of its cells is never looked at by a decision.
 */
#ifndef BASE_IDMAP_H
#define BASE_IDMAP_H

#include "base/block.h"

struct idmap_cell {
	int64_t id; /* 0: empty */
	int32_t slot;
	int32_t unused;
};

struct idmap {
	struct idmap_cell *cells;
	uint64_t mask; /* cells - 1, a power of two - 1 */
	int32_t count;
};

/* Take the cells for up to `ids_max` ids from the block. */
void idmap_init(struct idmap *map, struct block *block, int32_t ids_max);

/* The slot of an id, -1 if it is not there. */
int32_t idmap_find(const struct idmap *map, int64_t id);

/* Add an id that is not there. */
void idmap_add(struct idmap *map, int64_t id, int32_t slot);

/* Remove an id that is there. */
void idmap_remove(struct idmap *map, int64_t id);

#endif
