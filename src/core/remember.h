/* SPDX-License-Identifier: Apache-2.0
 *
 * What the heaps of the index remember of scores that they do not hold (heap.c).
 */
#ifndef CORE_REMEMBER_H
#define CORE_REMEMBER_H

#include "base/random.h"

#define LAPSE_ORDER 13 /* 2^13 scores remembered: 320 KiB */
#define ALIKE_ORDER 16 /* likewise, of nodes that are alike: 1 MiB */

/* The score of a class in a heap that does not hold it at present. */
struct heap_lapse {
	uint64_t life, epoch; /* heap.life; 0: nothing */
	int32_t class, score;
	uint32_t generation;
};

/* The score of an ask on all plain classes that the policy cannot tell apart (policy.h). */
struct alike {
	uint64_t key; /* without its top 16 bits, which its place tells; below the rest, 16 bits of
		       * the prices that the score looked at (priced.h) */
	int32_t score;
	uint32_t epoch; /* of the prices */
};

_Static_assert(ALIKE_ORDER >= 16, "an entry's place tells the bits of its key that it lacks");

/* Where the score of a class in a heap is remembered while the heap does not hold it. */
static inline struct heap_lapse *lapse_at(struct heap_lapse *lapses, int32_t class, int32_t heap)
{
	uint64_t hash = random_mix((uint64_t)(uint32_t) class << 16 | (uint32_t)heap);

	return &lapses[hash >> (64 - LAPSE_ORDER)];
}

/* Where the score of a pair is remembered for all that are alike. */
static inline struct alike *alike_at(struct alike *alikes, uint64_t key)
{
	return &alikes[key >> (64 - ALIKE_ORDER)];
}

static inline int alike_is(const struct alike *it, uint64_t key)
{
	return (it->key ^ key << 16) >> 16 == 0;
}

#endif
