/* SPDX-License-Identifier: Apache-2.0
 *
 * The records of the queue: lines of waiting jobs, reservations and their holds. Slots as in
 * model.h.
 */
#ifndef CORE_MODEL_QUEUE_H
#define CORE_MODEL_QUEUE_H

#include <stdint.h>

/* Jobs that wait for the same thing: one gang, one tier. If its first job does not fit, none
 * does, save where time matters (queue.c). Its jobs are ranked by bundles and strands (strand.h),
 * and within a strand by order.h. */
struct line {
	uint64_t key;
	int64_t need_normal; /* what a job of it holds at most; 0 where tenants have no rules */
	int32_t root, count; /* its ranking of bundles; its jobs */
	int32_t gated;	     /* of these those that wait at a gate */
	int32_t next;	     /* in its hash bucket */
	int32_t shelf_next, shelf_prev;
	int32_t failed_next; /* within a step: in the list of those that failed */
	uint8_t in_turns;    /* 1: it has a first job that may be tried */
	uint8_t shelf;	     /* by what its easiest task wants (line.h) */
	uint8_t state;	     /* enum line_state */
	uint8_t failed;	     /* 1: it is in that list */
};

/* What a spec gives to the keys of lines, remembered by its hash. */
struct line_note {
	uint64_t spec_hash, key;
};

#define LINE_NOTES 256

/* The jobs of one tenant that want the same, as long as one of them is in the core. */
struct strand {
	uint64_t key;		    /* that of the line */
	int32_t tenant, refs, next; /* slot, -1: whose tenant has no rule; jobs; in its bucket */
	int32_t line, bundle;	    /* while some of its jobs wait */
	int32_t root, count;	    /* ranking of these */
	int32_t gate;		    /* whose room they wait for (quota.h); -1: none */
	int32_t closed_next, closed_prev; /* those of its holder at gates */
	int32_t stale_next;		  /* in the list of those to be looked at; -2: not in it */
	uint8_t ranked;			  /* 1: it stands in the ranking of its bundle */
};

/* The strands of one line whose tenants have one holder. */
struct bundle {
	int32_t line, holder, next;	  /* tenant slot, -1: none; in its bucket */
	int32_t root, count;		  /* ranking of its open strands; all its strands */
	int32_t holder_next, holder_prev; /* bundles of the same holder */
	uint8_t ranked;			  /* 1: it stands in the ranking of its line */
	uint8_t places; /* of the holder's guarantees, a bit each: those a job may be within */
};

/* An array with a cap on how many of its jobs run, or that others wait for. */
struct array {
	int64_t id;
	int32_t root;			       /* ranking of the parked ones */
	int32_t capped, admitted, running_max; /* its jobs with a cap; those in the queue or on */
	int32_t awaiting;		       /* first dependency on it, the newest; -1: none */
	int32_t members;		       /* its jobs, counted while others wait for it */
};

/* A waiting job's right to start at a time: what is kept for it until then are its holds. */
struct reservation {
	int64_t start_us, end_us; /* PARC_NEVER: not known */
	uint64_t hash;
	int32_t job;	 /* slot, -1: of a window, or free */
	int32_t closure; /* slot; -1: of a job, or free */
	int32_t holds, count;
	uint8_t recall; /* 1: others were told to give way for it (recall.h) */
	uint8_t yields; /* derived: while a plan is made: it does not matter (reserve_plan.c) */
};

/* A window (closure.h). What it keeps is a reservation. */
struct closure {
	int64_t id, start_us, end_us, tenant, user;
	uint64_t hash;
	int32_t reservation; /* slot; -1: it keeps nothing */
	uint8_t maintenance, placed, begun, dropped;
};

/* One task of a reservation. */
struct hold {
	int32_t node, reservation;
	int32_t next;	   /* of the same reservation */
	int32_t node_next; /* derived: of the same node */
	uint32_t devices;
	int32_t memory_mib, device_memory_mib, cpu_milli;
	int16_t share_milli;
	uint16_t slots, index;
	uint8_t group;
	int8_t variant;
};

#endif
