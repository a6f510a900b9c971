/* SPDX-License-Identifier: Apache-2.0
 *
 * The index: the best node for an ask without walking the nodes.
 *
 * Nodes that no known shape can tell apart are one class. For each ask there is a heap of the
 * classes it fits on, best score first. Entries of empty classes are dropped when they surface.
 * A heap learns of classes that got their first member from the list of births when it is next
 * asked, or from the list of all filled classes when that is shorter, so an ask that is never made
 * again costs nothing. A class that fills again mostly finds its score remembered. When prices
 * change the classes of which some score looked at one are born again, and the others keep their
 * scores. Of a class the member that changed last is taken; of nodes with all devices free the
 * first by rank: small work breaks them at one end of the fleet, and at the other pods stay whole
 * for gangs.
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
#include "core/glance.h"
#include "core/policy.h"
#include "core/priced.h"
#include "core/remember.h"

#define HEAPS_MAX   512 /* asks remembered; more evict the one longest unused */
#define HEAPS_WORDS (HEAPS_MAX / 64)

struct class
{
	/* what an ask looks at, in one line of the cache */
	uint64_t chips;	     /* of its pools, a bit each */
	uint64_t devices;    /* a hash of the chips and free shares of its devices (profile.h) */
	int64_t birth;	     /* number in the list of births of when it last was filled */
	int64_t memory_free; /* floors: what each member has at least */
	int32_t cpu_free, kind;
	int32_t count, head;	   /* members, last changed first */
	uint32_t generation;	   /* of the slot and of its scores */
	uint32_t free;		   /* what it has at a glance (glance.h) */
	int16_t whole, most_milli; /* free whole devices; the largest free share */
	uint16_t priced;	   /* what prices some score of it looked at (priced.h) */
	uint8_t plain;		   /* free CPU, memory and shares alone tell what fits */
	uint8_t unused;		   /* all devices are free: `root` is in use */
	/* the rest */
	uint64_t held[HEAPS_WORDS]; /* heaps that have an entry of this generation */
	uint64_t hash;
	uint64_t prices;    /* while it is empty: the prices' epoch when it was last filled */
	int32_t next, root; /* in its hash bucket; ranking of its members by rank */
	int32_t empty_next, empty_prev;
	int32_t filled; /* its place in the list of filled classes */
	struct standing standing;
};

struct heap_entry {
	uint64_t key; /* the smallest is the best: of the score, then of what breaks ties */
	int32_t class;
	uint32_t generation;
};

struct heap {
	struct ask ask;
	uint64_t life; /* another number for each ask that the slot is given to, from 1 on */
	int64_t births_seen, used; /* used: when, for eviction */
	int64_t births_peeked;	   /* how many there were when the classes were looked through */
	uint64_t epoch;		   /* of the scores in it; 0: to be scored */
	int64_t extent;		   /* first entry, -1: none */
	int32_t order, count;
	int32_t next;  /* in its hash bucket */
	int32_t exact; /* classes tell apart all that it asks for */
	int32_t plain; /* it asks for nothing but shares, CPU and memory */
};

struct index {
	struct class *classes;
	uint64_t *cells; /* limits.node_devices a class */
	int32_t *buckets;
	uint32_t bucket_mask;
	struct table classes_table;
	int32_t classes_max, empty_first, empty_last;
	int32_t *filled; /* classes with members, in no order */
	int32_t filled_count;
	struct birth *births;
	int64_t births_count;
	uint32_t births_mask;
	struct glance *glances; /* by chip */
	struct ranking ranks;	/* by node slot */
	struct heap heaps[HEAPS_MAX];
	int32_t heap_buckets[HEAPS_MAX];
	int32_t heaps_count;
	struct heap_lapse *lapses;
	struct alike *alikes;
	uint64_t scores_epoch; /* of these: it begins whenever all scores change */
	struct priced_epochs prices;
	uint64_t lives; /* asks that heaps were given to, ever */
	struct heap_entry *entries;
	struct buddy buddy;
	int64_t ticks, tended;
	uint64_t epoch;	       /* of the heap that was scored last */
	int32_t latest;	       /* the node that changed last, as a guess; -1: none */
	int32_t *order;	       /* room for the slots of all nodes */
	struct sought *sought; /* room for the class that a node goes to */
	int64_t scored, rebuilds;
	int exact;
};

/* Take the index from the block, while counting or for real. */
void index_init(struct parc_core *core, struct block *block);

/* Forget everything and file all nodes again; `exact`: one class for each node. */
void index_rebuild(struct parc_core *core, int exact);

/* All scores changed (a policy's epoch): every heap is scored again when its ask is next made. */
void index_rescore(struct parc_core *core);

/* Prices changed, of hosts of these types and of these chips, a bit each: scores that looked at one
 * of them are reckoned again. */
void index_reprice(struct parc_core *core, uint64_t types, uint64_t chips);

/* A node changed, its stamp is set: reckon its class by its view, or (NULL: not) by its class
 * before and the change, if index_can_mend; fetch that from memory, each some time before the next,
 * and file it there behind `prev` (-1: in front; else only to undo changes in reverse); or take it
 * out. */
int index_can_mend(const struct parc_core *core, int32_t node);
void index_seek(struct parc_core *core, const struct view *view, const struct change *change);
void index_fetch(const struct parc_core *core);
void index_file(struct parc_core *core, const struct view *view, int32_t prev);
void index_remove(struct parc_core *core, int32_t node);

/* The slots of all nodes in order of their last change, sorted now; valid until the next call. */
const int32_t *index_by_change(struct parc_core *core, int32_t *count);

/* Tell these requests apart from now on. */
void index_learn(struct parc_core *core, const struct ask *ask);

/* Round free CPU down by no more than about a sixteenth of `cpu_milli` from now on, and memory by a
 * thirty-second of `memory_mib`: the policy judges a class by what its members have at least. */
void index_refine(struct parc_core *core, int32_t cpu_milli, int64_t memory_mib);

/* Do all members of a class answer this ask alike? */
int index_tells_apart(const struct parc_core *core, const struct ask *ask);

/* 0: the ask surely fits on no member of the class. Most classes of a full fleet are told at this
 * glance. Memory and CPU are floors, and not looked at. */
static inline int index_may_fit(const struct parc_core *core, int32_t class, const struct ask *ask)
{
	const struct class *it = &core->index->classes[class];
	const struct parc_task *task = &ask->task;

	if (task->devices == 0 || (task->chips & it->chips & core->cores_chips) != 0)
		return 1;
	if ((task->chips & it->chips) == 0)
		return 0;
	if (task->share_milli == PARC_SHARE_WHOLE)
		return it->whole >= task->devices && glance_linked(it->free) >= linked_needed(task);
	return it->most_milli >= task->share_milli;
}

/* The best node for the ask and the pick on it; -1: it fits on no node. */
int32_t index_best(struct parc_core *core, const struct ask *ask, struct pick *pick);

/* The ask, of this hash, will soon be made: fetch its heap, and the node that it may well go to. */
void index_foresee(const struct parc_core *core, uint64_t ask);
void index_foresee_node(const struct parc_core *core, const struct ask *ask);

/* Bring one heap up to date, each in turn: done where nobody waits for an answer, it spares the
 * next who asks the catching up. Changes no decision. */
void index_tend(struct parc_core *core);

/* What a class's members have free at least, with `most` at most; and at least, of the devices
 * their shares alone: enough for a plain ask. */
void index_class_view(const struct parc_core *core, int32_t class, int most, struct view *view);
void index_class_shares(const struct parc_core *core, int32_t class, struct view *view);

/* Every node is in the class of a rebuild, every list whole: 0, or the sentence in err. */
int index_check(const struct parc_core *core, struct parc_err *err);

#endif
