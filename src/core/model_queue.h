/* SPDX-License-Identifier: Apache-2.0
 *
 * The records of the queue: lines of waiting jobs, reservations and their holds. Slots as in
 * model.h.
 */
#ifndef CORE_MODEL_QUEUE_H
#define CORE_MODEL_QUEUE_H

#include <stdint.h>

/* Jobs that wait for the same thing: one gang, one tier. If its first job does not fit, none
 * does, save where time matters (queue.c). Its jobs are ranked by order.h. */
struct line {
	uint64_t key;
	int32_t root, count; /* its ranking of jobs */
	int32_t next;	     /* in its hash bucket */
	int32_t shelf;	     /* by what its easiest task wants (line.h) */
	int32_t shelf_next, shelf_prev;
	int32_t state;		     /* enum line_state */
	int32_t failed, failed_next; /* within a step: it is in the list of those that failed */
};

/* An array with a cap on how many of its jobs run. */
struct array {
	int64_t id;
	int32_t root; /* ranking of the parked ones */
	int32_t members, admitted, running_max;
};

/* A waiting job's right to start at a time: what is kept for it until then are its holds. */
struct reservation {
	int64_t start_us, end_us; /* PARC_NEVER: not known */
	uint64_t hash;
	int32_t job; /* slot, -1: free */
	int32_t holds, count;
};

/* One task of a reservation. */
struct hold {
	int64_t memory_mib;
	int32_t node, reservation;
	int32_t next;	   /* of the same reservation */
	int32_t node_next; /* derived: of the same node */
	uint32_t devices, slots;
	int32_t share_milli, device_memory_mib, cpu_milli;
	int32_t group, index, variant;
};

#endif
