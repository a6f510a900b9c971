/* SPDX-License-Identifier: Apache-2.0
 *
 * The records of jobs and of what they hold. There are more of these than of anything else, so they
 * are as small as their bounds allow. Slots as in model.h.
 */
#ifndef CORE_MODEL_JOB_H
#define CORE_MODEL_JOB_H

#include "base/ranking.h"
#include "base/wide.h"
#include "parc/submit.h"

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

/* What is alike among jobs, counted (spec.h). */
struct spec {
	uint64_t hash; /* derived: of all that follows, with groups and variants */
	int64_t kind, checkpoint_us, grace_us;
	int32_t user, tenant, array_running_max;
	int32_t groups, variants; /* first of each in their tables */
	int32_t refs;		  /* jobs; 0: a free slot */
	int32_t next;		  /* derived: in its bucket */
	uint8_t work_class;
	uint8_t groups_count : 4, variants_count : 4, tier : 4, close_level : 4;
	uint8_t close_strength : 2, requeue : 1, now_or_never : 1, packable : 1;
};

struct job {
	int64_t id, submit_us, time_limit_us, expected_us;
	int64_t array, order;	      /* order: of arrival, kept over a requeue */
	int64_t kept_us, attained_us; /* work that a checkpoint kept; device-us held so far */
	uint64_t hash;		      /* its part of the digest, with that of what it holds */
	int32_t spec;
	int32_t service;      /* of a service and of its replicas; -1: neither */
	int32_t replica;      /* its number, 1..; 0: no replica */
	int32_t replica_next; /* derived: of the same service */
	int32_t depends;      /* first of what it waits for */
	int32_t afters;	      /* first dependency of others on it */
	int32_t reservation;  /* derived: slot or -1 */
	int32_t next, line;   /* next of the list it stands in; the line it waits in, -1: none */
	int32_t strand;	      /* derived: its tenant's in that line; -1: there are none */
	int32_t attempt;
	uint8_t waits; /* jobs it still waits for */
	uint8_t reason;
	uint16_t state : 2, result : 4, held : 1, preemptible : 1, cancelled : 1;
	uint16_t runs : 1;		   /* it has an allocation, in the same slot */
	uint16_t admitted : 1, parked : 1; /* derived: its place in an array with a cap (array.h) */
};

/* What a job holds, in the slot of the job. A job stands in one order at a time: while it waits
 * among those that want the same, while it runs by its end (state.h). So this is where its place is
 * all its life; of a job that waits the rest means nothing. */
struct allocation {
	union {
		struct ranking_node place;
		struct { /* what tells its place while it runs: id is its tie, end_us its key */
			int64_t id;
			int64_t end_us; /* when it is expected to end; PARC_NEVER: not known */
		};
	};
	int64_t start_us, work_us, checkpoint_us; /* work on the reference chip */
	int64_t held_milli;			  /* thousandths of devices, for the ledger */
	int64_t since_us;			  /* up to then what was done is reckoned */
	int64_t booked_us;			  /* since then it holds what it holds */
	int64_t idle_us; /* since then it is idle, or since it was warned; PARC_NEVER: it is busy */
	int64_t done_us; /* what it had done by `booked_us`, on the reference chip */
	uint64_t tasks_hash;
	struct wide busy_done, idle_done, unmeasured_done; /* since the last checkpoint */
	int32_t idle_next, idle_prev;			   /* derived: in its list (idle.h) */
	union {
		int32_t tasks;	  /* first of its tasks */
		uint32_t planned; /* derived, of a job that waits: when it was last planned for
				   * later (apply.c); 0: never */
	};
	int32_t tasks_count;
	int32_t speed_milli; /* of its job on the slowest chip that it holds, since booked_us */
	int32_t beside;	     /* the allocation whose devices it shares half and half; -1 (pair.h) */
	int16_t busy_milli;  /* -1: unmeasured */
	uint8_t state : 2;   /* STARTING, RUNNING or STOPPING */
	uint8_t warned : 2;  /* how often since it is idle (idle.c) */
	uint8_t halved : 1;  /* it holds half of its devices, as it is or was in a pair */
	uint8_t given : 1;   /* within a plan: it is given back for a try (reserve_plan.c) */
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

#endif
