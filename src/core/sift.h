/* SPDX-License-Identifier: Apache-2.0
 *
 * The order of the entries of a heap of the index, and how an entry finds its place (heap.c).
 */
#ifndef CORE_SIFT_H
#define CORE_SIFT_H

#include "core/index.h"

/* A high score comes first, then a low tie. */
static inline uint64_t key_of(int32_t score, uint32_t tie)
{
	return (uint64_t)((uint32_t)INT32_MAX - (uint32_t)score) << 32 | tie;
}

static inline int32_t key_score(uint64_t key)
{
	return (int32_t)((uint32_t)INT32_MAX - (uint32_t)(key >> 32));
}

static inline int entry_before(const struct index *index, const struct heap_entry *a,
			       const struct heap_entry *b)
{
	if (a->key != b->key)
		return a->key < b->key;
	if (index->classes[a->class].hash != index->classes[b->class].hash)
		return index->classes[a->class].hash < index->classes[b->class].hash;
	return a->class < b->class; /* a node by itself: slots are part of the state */
}

/* The children of entry i begin at 4 i + 1: four lie in a line or two of the cache. */
#define CHILDREN 4

static inline void sift_up(const struct index *index, struct heap_entry *entries, int32_t i)
{
	struct heap_entry entry = entries[i];

	for (; i > 0; i = (i - 1) / CHILDREN) {
		if (!entry_before(index, &entry, &entries[(i - 1) / CHILDREN]))
			break;
		entries[i] = entries[(i - 1) / CHILDREN];
	}
	entries[i] = entry;
}

static inline void sift_down(const struct index *index, struct heap_entry *entries, int32_t i,
			     int32_t count)
{
	struct heap_entry entry = entries[i];

	for (;;) {
		int32_t child = CHILDREN * i + 1, end = child + CHILDREN, best = child;

		if (child >= count)
			break;
		for (end = end < count ? end : count; ++child < end;)
			best = entry_before(index, &entries[child], &entries[best]) ? child : best;
		if (!entry_before(index, &entries[best], &entry))
			break;
		entries[i] = entries[best];
		i = best;
	}
	entries[i] = entry;
}

#endif
