/* SPDX-License-Identifier: Apache-2.0
 *
 * Slots in order of (major, key, tie), each with a value: a treap (Seidel, Aragon, "Randomized
 * search trees", Algorithmica 1996) in which every node knows the least value below it, so that
 * "the first in order whose value is at most v" is found without a walk.
 *
 * One pool of nodes serves many rankings, each a root, as long as a slot is in one of them at a
 * time. A pool may do without majors. The priority of a slot is a hash of its number, and
 * (major, key, tie) is distinct within a ranking, so what is found depends on the contents alone.
 * Each operation takes O(log n) expected.
 */
#ifndef BASE_RANKING_H
#define BASE_RANKING_H

#include "base/block.h"

struct ranking_node {
	int64_t tie, key, value;
	int64_t least; /* of the values of the node and all below it */
	int32_t left, right;
};

struct ranking {
	char *nodes;	 /* by slot: records of `stride` bytes, each of which begins with a node */
	size_t stride;	 /* ... that of a node itself where there is no more to them */
	int64_t *majors; /* by slot; set before an insertion. NULL: all are equal */
};

static inline struct ranking_node *ranking_at(const struct ranking *ranking, int32_t slot)
{
	return (struct ranking_node *)(void *)(ranking->nodes + (size_t)slot * ranking->stride);
}

/* A pool whose nodes lie in records that somebody else has, by slot, first in each. */
void ranking_init_within(struct ranking *ranking, void *records, size_t stride);

/* Take a pool for slots 0 .. size - 1 from the block. An empty ranking is a root of -1. */
void ranking_init(struct ranking *ranking, struct block *block, int32_t size);

/* The same with majors. */
void ranking_init_major(struct ranking *ranking, struct block *block, int32_t size);

/* Of `node` what tells the order and the value is taken over. */
void ranking_insert(struct ranking *ranking, int32_t *root, int32_t slot,
		    const struct ranking_node *node);

/* The slot must be in this ranking. */
void ranking_remove(struct ranking *ranking, int32_t *root, int32_t slot);

/* Give the slot, which is in, another value. */
void ranking_set_value(struct ranking *ranking, int32_t root, int32_t slot, int64_t value);

/* The first slot whose value is at most `most`; -1: none. */
int32_t ranking_first(const struct ranking *ranking, int32_t root, int64_t most);

/* The first such slot behind `slot`, which is in; -1: none. */
int32_t ranking_next(const struct ranking *ranking, int32_t root, int32_t slot, int64_t most);

/* The first slot with at least this major; -1: none. */
int32_t ranking_from(const struct ranking *ranking, int32_t root, int64_t major);

/* How many slots are in; walks them all. For checks. */
int32_t ranking_count(const struct ranking *ranking, int32_t root);

/* A slot that is in no ranking of the pool may stand in a chain instead, where its caller puts
 * it: for what comes in order anyhow. Each operation takes O(1). */
struct chain {
	int32_t first, last; /* -1: empty */
};

/* Put the slot behind another one that is in, -1: in front. Its key, tie and value stay as they
 * are. */
void chain_insert(struct ranking *ranking, struct chain *chain, int32_t slot, int32_t before);

/* The slot must be in this chain. */
void chain_remove(struct ranking *ranking, struct chain *chain, int32_t slot);

/* The slot behind this one, before it; -1: there is none. */
static inline int32_t chain_next(const struct ranking *ranking, int32_t slot)
{
	return ranking_at(ranking, slot)->right;
}

static inline int32_t chain_previous(const struct ranking *ranking, int32_t slot)
{
	return ranking_at(ranking, slot)->left;
}

#endif
