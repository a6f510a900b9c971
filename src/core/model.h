/* SPDX-License-Identifier: Apache-2.0
 *
 * The records of the core's state. All are of fixed size and lie in tables; they point to each
 * other by slot (int32, -1: none), never by address. Ids are for the outside, slots for the
 * inside; no decision may depend on a slot's number.
 */
#ifndef CORE_MODEL_H
#define CORE_MODEL_H

#include "base/wide.h"
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

struct device {
	int32_t used_mib, foreign_mib; /* memory held by tasks, seen used by others */
	int32_t kept_mib;	       /* derived: kept for reservations, as the next two */
	int32_t owner;		       /* user who shares it, on chips for one user; else 0 */
	int16_t used_milli, foreign_milli, kept_milli;
	uint16_t slots, kept_slots; /* partition slots taken, a bit each; kept */
	uint8_t holders;	    /* tasks that hold a part */
	uint8_t failed;
};

struct pool {
	uint8_t chip, first, count, link_size; /* devices first .. first + count - 1 */
};

struct node {
	int64_t id, rank, memory_mib, memory_free, changed; /* changed: stamp of the last change */
	int64_t memory_kept; /* derived: kept for reservations, as cpu_kept */
	int32_t cpu_milli, cpu_free, cpu_kept;
	int32_t holds,
		keeps; /* derived: first of the holds on it, -1: none; 1: it keeps something */
	int32_t place, kind;	   /* place slot or -1; class of equal empty nodes */
	int32_t devices;	   /* first of its devices */
	int32_t tasks;		   /* first of the tasks on it */
	int32_t next_in_place;	   /* next node of the same place */
	int32_t class, next, prev; /* index: its class (-1: none), its neighbours there */
	int32_t older, newer;	   /* all nodes by `changed` */
	uint8_t state, devices_count, pools_count;
	uint8_t touched;   /* derived: by a plan for later that is being made */
	int8_t cores_pool; /* pool whose chip's rule is CORES, -1: none */
	struct pool pools[PARC_NODE_POOLS_MAX];
	int64_t free_milli;    /* derived: what of its devices is booked as unallocated */
	uint64_t hash;	       /* its part of the digest */
	uint64_t devices_hash; /* derived: of this the part of its devices, in sum */
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

struct group {
	int32_t shape;
	int32_t next; /* of the same job, in order */
	uint32_t tasks_min : 17, mixed_chips : 1;
	uint32_t asked_milli : 11; /* share that was asked for; what is booked is its shape's */
	uint32_t tasks_max : 17;
};

struct variant {
	struct parc_variant set;
	int32_t next;
};

/* `job` waits for `before`, or for all jobs of `array`; while it does, this stands in its list. */
struct depend {
	int64_t array;		   /* its id; PARC_NONE: none, or no longer waited for */
	int32_t job, before, kind; /* before: job slot, -1: none, or no longer waited for */
	int32_t next, next_after;  /* of the same job; of the same list (of an array: derived) */
};

struct job {
	int64_t id, kind, submit_us, time_limit_us, expected_us, checkpoint_us, grace_us;
	int64_t array, order;	      /* order: of arrival, kept over a requeue */
	int64_t kept_us, attained_us; /* work that a checkpoint kept; device-us held so far */
	uint64_t spec_hash, hash;     /* of what never changes; its part of the digest */
	int32_t user;
	uint32_t planned;     /* derived: when it was last planned for later (apply.c); 0: never */
	int32_t service;      /* of a service and of its replicas; -1: neither */
	int32_t replica;      /* its number, 1..; 0: no replica */
	int32_t replica_next; /* derived: of the same service */
	int32_t tenant, array_running_max;
	int32_t groups, variants, depends; /* first of each in their tables */
	int32_t afters;			   /* first dependency of others on it */
	int32_t reservation;		   /* derived: slot or -1 */
	int32_t allocation;		   /* slot or -1 */
	int32_t next, line; /* next of the list it stands in; the line it waits in, -1: none */
	int32_t strand;	    /* derived: its tenant's in that line; -1: there are none */
	int32_t attempt;
	uint8_t waits; /* jobs it still waits for */
	uint8_t state, result, reason, work_class;
	uint8_t groups_count : 4, variants_count : 4, tier : 4, close_level : 4;
	uint8_t close_strength : 2, held : 1, requeue : 1, preemptible : 1, now_or_never : 1;
	uint8_t cancelled : 1, packable : 1;
	uint8_t admitted : 1, parked : 1; /* derived: its place in an array with a cap (array.h) */
};

struct allocation {
	int64_t id, start_us, work_us, checkpoint_us; /* work on the reference chip */
	int64_t end_us;	    /* when it is expected to end; PARC_NEVER: not known */
	int64_t held_milli; /* thousandths of devices, for the ledger */
	int64_t since_us;   /* up to then what was done is reckoned */
	int64_t booked_us;  /* since then it holds what it holds */
	int64_t idle_us; /* since then it is idle, or since it was warned; PARC_NEVER: it is busy */
	uint64_t tasks_hash, hash;
	struct wide busy_done, idle_done, unmeasured_done; /* since the last checkpoint */
	int32_t idle_next, idle_prev;			   /* derived: in its list (idle.h) */
	int32_t job, tasks, tasks_count;		   /* first task */
	int32_t speed_milli; /* of its job on the slowest chip that it holds, since booked_us ... */
	int32_t beside;	     /* the allocation whose devices it shares half and half; -1 (pair.h) */
	int64_t done_us;     /* ... and what it had done before, on the reference chip */
	int16_t busy_milli;  /* -1: unmeasured */
	uint8_t state;	     /* STARTING, RUNNING or STOPPING */
	uint8_t warned;	     /* how often since it is idle (idle.c) */
	uint8_t halved;	     /* it holds half of its devices, as it is or was in a pair */
	uint8_t given;	     /* within a plan: it is given back for a try (reserve_plan.c) */
};

struct task { /* as small as its bounds allow: there are more of these than of anything */
	int32_t node, allocation;
	int32_t next;		      /* of the same allocation */
	int32_t node_next, node_prev; /* of the same node */
	uint32_t devices;
	int32_t memory_mib, device_memory_mib, cpu_milli;
	int16_t share_milli;
	uint16_t slots, index;
	uint8_t group;
	int8_t variant;
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

/* What a node is when empty: nodes of one kind differ only in what is taken. */
struct kind {
	uint64_t hash, chips; /* chips: of its pools, a bit each */
	int64_t memory_mib;
	int32_t cpu_milli, devices_count, pools_count;
	int32_t nodes, ups; /* nodes of it, and of these those that are up */
	struct pool pools[PARC_NODE_POOLS_MAX];
};

#endif
