/* SPDX-License-Identifier: Apache-2.0
 *
 * Closeness: for each ask of a gang, how many of its tasks fit on each node and so in each
 * rack, pod, site and the fleet, and which place has the fewest that suffice.
 *
 * A tracker holds the counts of one ask. It hears of changed nodes from the list of changes
 * when it is next asked, as the heaps do of classes. The places of one level are in a treap by
 * count, so the best fitting one is found in O(log places); nodes are in one as well once a
 * gang wants to be on one node. Trackers are few, and fewer have their nodes sorted; the one unused
 * for longest is forgotten and made anew when its ask returns, at the cost of one walk over the
 * nodes.
 */
#ifndef CORE_CLOSE_H
#define CORE_CLOSE_H

#include "base/treap.h"
#include "core/fit.h"

#define TRACKERS_MAX   24
#define NODE_TREES_MAX 4   /* trackers that have their nodes sorted */
#define CLOSE_NODE_MAX 255 /* tasks of one ask counted on one node */

struct tracker {
	struct ask ask;
	int64_t changes_seen, used; /* used: when, for eviction */
	int32_t live;
	int32_t total;	 /* tasks that fit in the fleet */
	int32_t capped;	 /* nodes that are counted with CLOSE_NODE_MAX: more may fit */
	int32_t *counts; /* by unit: place slots, then node slots */
	struct treap levels[PARC_LEVEL_NODE]; /* of places */
	struct node_tree *nodes;	      /* NULL: its nodes are not sorted */
};

struct node_tree {
	struct treap treap;
	struct tracker *owner; /* NULL: nobody's */
};

/* A node that changed, and what it had then at a glance (glance.h). */
struct node_change {
	int32_t node;
	uint16_t chips;
	uint8_t level, linked;
};

struct close {
	struct tracker trackers[TRACKERS_MAX];
	struct node_tree node_trees[NODE_TREES_MAX];
	struct node_change *changes;
	int64_t changes_count, ticks, tended;
	uint32_t changes_mask;
};

void close_init(struct parc_core *core, struct block *block);
void close_reset(struct parc_core *core);

/* A node changed or came, and is filed in the index; it goes. */
void close_note(struct parc_core *core, int32_t node);
void close_node_removed(struct parc_core *core, int32_t node);

/* A place came: trackers begin anew. */
void close_place_added(struct parc_core *core);

/* The tracker of an ask, up to date; valid until the next close_track. */
struct tracker *close_track(struct parc_core *core, const struct ask *ask);

/* Bring some trackers up to date, in turn, where nobody waits for an answer. */
void close_tend(struct parc_core *core);

/* The place slot (at NODE level the node slot) where the fewest tasks fit that could still be at
 * least `tasks`; -1: none. Of equals the lowest slot; after `after` (-1: from the start). */
int32_t close_best(const struct parc_core *core, struct tracker *tracker, enum parc_level level,
		   int32_t tasks, int32_t after);

/* Could so many tasks fit where `count` are counted? Counts that include a capped node may be too
 * low, never too high. */
static inline int close_suffices(const struct tracker *tracker, int32_t count, int32_t tasks)
{
	return count >= tasks || (tracker->capped > 0 && count >= CLOSE_NODE_MAX);
}

/* Tasks of the ask that fit in a place, on a node. */
int32_t close_place_count(const struct tracker *tracker, int32_t place);
int32_t close_node_count(const struct parc_core *core, const struct tracker *tracker, int32_t node);

/* Every tracker that is up to date equals a recount: 0, or the sentence in err. */
int close_check(const struct parc_core *core, struct parc_err *err);

#endif
