/* SPDX-License-Identifier: Apache-2.0
 *
 * The index: the best node for an ask without walking the nodes.
 *
 * Nodes that no known shape can tell apart are one class. For each ask there is a heap of the
 * classes it fits on, best score first. Entries go stale when a class empties and are dropped
 * when they surface; a class that fills again returns to just those heaps that had dropped it.
 * A heap learns of new classes from the list of births when it is next asked, so an ask that is
 * never made again costs nothing.
 *
 * A policy with exact scores (policy.h) has one class for each node, reborn at each change.
 *
 * Everything here is derived from the state, and every tie is broken by the state's contents
 * (rank, time of last change, hash of what is free), so that a rebuilt index decides alike.
 *
 * Cost: a change of a node is one look-up; a decision is amortised O(log classes) and one score
 * for each class born since the ask was last made. A new ask, and a new threshold, cost one
 * walk over the classes; both are bounded in number.
 */
#ifndef CORE_INDEX_H
#define CORE_INDEX_H

#include "base/buddy.h"
#include "core/fit.h"

#define HEAPS_MAX   512 /* asks remembered; more evict the one longest unused */
#define HEAPS_WORDS (HEAPS_MAX / 64)

struct class
{
	uint64_t hash;
	int64_t birth;	     /* its number in the list of births */
	int64_t memory_free; /* floors: what each member has at least */
	int32_t cpu_free, kind;
	int32_t count, head; /* members, last changed first */
	int32_t next;	     /* in its hash bucket */
	int32_t empty_next, empty_prev;
	uint32_t generation;	      /* of the slot */
	uint64_t lapsed[HEAPS_WORDS]; /* heaps that must hear when it fills again */
};

struct heap_entry {
	int32_t score;
	uint32_t tie; /* smaller wins */
	int32_t class;
	uint32_t generation;
};

struct heap {
	struct ask ask;
	int64_t births_seen, used; /* used: when, for eviction */
	uint64_t epoch;		   /* of the scores in it */
	int64_t extent;		   /* first entry, -1: none */
	int32_t order, count;
	int32_t next;  /* in its hash bucket */
	int32_t exact; /* classes tell apart all that it asks for */
};

struct index {
	struct class *classes;
	uint64_t *cells; /* limits.node_devices a class */
	int32_t *buckets;
	uint32_t bucket_mask;
	struct table classes_table;
	int32_t classes_max, empty_first, empty_last;
	int32_t *births;
	int64_t births_count;
	uint32_t births_mask;
	struct heap heaps[HEAPS_MAX];
	int32_t heap_buckets[HEAPS_MAX];
	int32_t heaps_count;
	struct heap_entry *entries;
	struct buddy buddy;
	int64_t ticks;
	uint64_t epoch;		/* grows when all scores change */
	int32_t oldest, newest; /* nodes by time of change */
	int64_t scored, rebuilds;
	int exact;
};

/* Take the index from the block, while counting or for real. */
void index_init(struct parc_core *core, struct block *block);

/* Forget everything and file all nodes again; `exact`: one class for each node. */
void index_rebuild(struct parc_core *core, int exact);

/* All scores changed (a policy's epoch): heaps are scored again when next asked. */
void index_rescore(struct parc_core *core);

/* A node changed: file it again, or take it out if it is not up. Its stamp is set before. */
void index_file(struct parc_core *core, int32_t node);
void index_remove(struct parc_core *core, int32_t node);

/* The node slot was taken into use or given back: the list of nodes by time of change. */
void index_link(struct parc_core *core, int32_t node);
void index_unlink(struct parc_core *core, int32_t node);

void index_link_after(struct parc_core *core, int32_t node, int32_t older);

/* File a node behind `prev` in its class, -1: in front. Only for undoing changes in reverse. */
void index_refile(struct parc_core *core, int32_t node, int32_t prev);

/* Tell these requests apart from now on. */
void index_learn(struct parc_core *core, const struct ask *ask);

/* Do all members of a class answer this ask alike? */
int index_tells_apart(const struct parc_core *core, const struct ask *ask);

/* The best node for the ask and the pick on it; -1: it fits on no node. */
int32_t index_best(struct parc_core *core, const struct ask *ask, struct pick *pick);

/* What a class's members have free at least; with `most` what they have at most. */
void index_class_view(const struct parc_core *core, int32_t class, int most, struct view *view);

/* Every node is in the class of a rebuild, every list whole: 0, or the sentence in err. */
int index_check(const struct parc_core *core, struct parc_err *err);

#endif
