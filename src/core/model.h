/* SPDX-License-Identifier: Apache-2.0
 *
 * The records of the core's state. All are of fixed size and lie in tables; they point to each
 * other by slot (int32, -1: none), never by address. Ids are for the outside, slots for the
 * inside; no decision may depend on a slot's number.
 */
#ifndef CORE_MODEL_H
#define CORE_MODEL_H

#include "parc/core.h"

/* A request, resolved: what one task needs from one node. Equal asks are answered alike, so
 * everything that placing looks at is in here. */
struct ask {
	struct parc_task task; /* chips is 0 when devices is 0, else never 0 */
	int32_t user;	       /* who may share with it; 0 where that does not matter */
	uint64_t hash;
};

/* A distinct ask of the jobs, counted: the core's knowledge of what work is like. */
struct shape {
	struct ask ask;
	int64_t seen;	      /* tasks of this shape that were submitted, ever */
	int64_t weight;	      /* of these, when the learnt profile was last taken */
	int32_t refs;	      /* groups of jobs that have it now */
	int32_t fits;	      /* derived: enum shape_fits (shape.h); valid for this ... */
	int64_t fits_version; /* ... version of the fleet's kinds */
	int32_t next;	      /* in its hash bucket */
	int32_t live;	      /* 1: the slot is in use */
};

/* What tasks hold of a device. Small, so that those of a node lie in two lines of the cache. */
struct device {
	uint32_t used_mib : 24, holders : 8; /* memory; tasks that hold a part */
	uint32_t owner : 30;		     /* user who shares it, on chips for one user; else 0 */
	uint32_t failed : 1;
	uint32_t beset : 1; /* derived: not all of its `struct beset` is 0 */
	int16_t used_milli;
	uint16_t slots; /* partition slots taken, a bit each */
};

/* What is taken of it in another way, mostly nothing. */
struct beset {
	int32_t foreign_mib, kept_mib; /* seen used by others; derived: kept for reservations */
	int16_t foreign_milli, kept_milli;
	uint16_t kept_slots;
};

struct pool {
	uint8_t chip, first, count, link_size; /* devices first .. first + count - 1 */
};

/* What a node was counted with (price.h). */
struct priced_node {
	uint64_t hosts;			     /* the types that it hosts, a bit each */
	int32_t filled[PARC_NODE_POOLS_MAX]; /* fillable part of what is free, by pool */
	int32_t whole, cpu;		     /* free whole devices, and CPU */
};

/* In the order of use: a task that comes or goes touches the first two lines of the cache. */
struct node {
	_Alignas(64) int64_t id;
	int64_t memory_free, changed; /* changed: stamp of the last change */
	int32_t cpu_free;
	int32_t devices;	   /* first of its devices */
	int32_t tasks;		   /* first of the tasks on it */
	int32_t class, next, prev; /* index: its class (-1: none), its neighbours there */
	int32_t holds;		   /* derived: first of the holds on it, -1: none */
	int32_t free_milli;	   /* derived: what of its devices is booked as unallocated */
	int16_t kind;		   /* class of equal empty nodes */
	uint8_t state, devices_count, pools_count;
	uint8_t touched;   /* derived: by a plan for later that is being made */
	uint8_t keeps;	   /* derived: 1: it keeps something */
	int8_t cores_pool; /* pool whose chip's rule is CORES, -1: none */
	/* the second line */
	uint64_t hash;	       /* its part of the digest */
	uint64_t devices_hash; /* derived: of this the part of its devices, in sum */
	struct pool pools[PARC_NODE_POOLS_MAX];
	struct priced_node priced; /* derived */
	/* the rest */
	int64_t rank, memory_mib;
	int64_t memory_kept; /* derived: kept for reservations, as cpu_kept */
	int32_t cpu_milli, cpu_kept;
	int32_t place;	       /* place slot or -1 */
	int32_t next_in_place; /* next node of the same place */
};

struct place {
	int64_t id;
	int32_t parent, level;	   /* slot or -1; enum parc_level */
	int32_t first_node;	   /* nodes directly in it */
	int32_t first_child, next; /* places directly in it; next of the same parent */
};

struct integral {
	int64_t rate;
	__int128 offset; /* integral so far = rate x time - offset */
};

struct usage { /* what is held: in thousandths of devices, and these x accounting rate */
	struct integral held, normal;
};

/* What is known of the speed of a kind of job on a chip (speed.h). Sums are over the runs that
 * weigh: of their speeds and of these squared. */
struct speed {
	int64_t kind, beside, order; /* beside: PARC_NONE: alone; order: of its last change; the
				      * oldest makes room */
	int64_t sum, squares;
	int32_t chip, weight, runs;	 /* runs: all there ever were, up to PARC_SPEED_RUNS_MAX */
	int32_t set_milli, learnt_milli; /* 0: not set, nothing learnt */
	int32_t trials;			 /* starts while it was unknown */
	int32_t next;			 /* derived: in its hash bucket */
};

#define THRESHOLDS_MAX	 250 /* values of one resource that classes tell apart; fits a byte */
#define THRESHOLDS_CELLS 256

/* Values at which requests of the known shapes differ; ascending, the first is 0. */
struct thresholds {
	int64_t value[THRESHOLDS_MAX];
	int32_t count;
	int32_t full;  /* a value did not find room: classes no longer tell everything apart */
	int32_t shift; /* derived, as the next: a cell spans 2^shift */
	uint8_t cells[THRESHOLDS_CELLS]; /* the last value that is not above the cell's begin */
};

/* What a node is when empty: nodes of one kind differ only in what is taken. */
struct kind {
	uint64_t hash, chips; /* chips: of its pools, a bit each */
	int64_t memory_mib;
	int32_t cpu_milli, devices_count, pools_count;
	int32_t nodes, ups; /* nodes of it, and of these those that are up */
	struct pool pools[PARC_NODE_POOLS_MAX];
};

#endif
