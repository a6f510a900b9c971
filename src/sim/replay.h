/* SPDX-License-Identifier: Apache-2.0
 *
 * A log of jobs run through the core in virtual time: the jobs arrive when the log says, start
 * when the core decides, run for as long as their work takes there, and may lose their node on
 * the way. The result says how long jobs waited and where every device-hour went.
 *
 *   run   replay_run
 *   end   replay_deinit
 *
 * Times are virtual microseconds since the first arrival. Everything but elapsed_ms and
 * deciding_ns is the same on every machine for equal input.
 */
#ifndef SIM_REPLAY_H
#define SIM_REPLAY_H

#include "sim/book.h"
#include "sim/record.h"
#include "sim/replay_parts.h"
#include "sim/scheme.h"
#include "sim/stats.h"
#include "trace/jobs.h"
#include "trace/services.h"
#include "trace/tenants.h"
#include "trace/windows.h"

#define REPLAY_POINTS_MAX  400
#define REPLAY_SPEEDS_MAX  4096
#define REPLAY_FREE_BINS   BOOK_FREE_BINS /* 0: no part is free; i: (i-1)/10 < free <= i/10 */
#define REPLAY_BOUND_US	   10000000	  /* slowdown is counted as if no job ran for less */
#define REPLAY_TIME_MAX	   INT64_C(31536000000000) /* us: a year, of one starting time and such */
#define REPLAY_FAULT_KINDS 3

/* What breaks, and how often: exponential times, from the seed. */
enum replay_fault { REPLAY_FAULT_DEVICE, REPLAY_FAULT_NODE, REPLAY_FAULT_RACK };

struct replay_config {
	const struct fleet *fleet;
	const struct jobs *jobs;
	const struct services *services;    /* NULL: none */
	const struct windows *windows;	    /* NULL: none; all are known from the first moment on */
	const char *fleet_name, *jobs_name; /* for reports; NULL: not known */
	const struct tenants *tenants;	    /* the tree; NULL: each tenant of the log by itself */
	const struct parc_policy *policy;   /* of what no other field says; NULL: nothing more */
	struct scheme scheme;
	struct record *record;					 /* NULL: the run is not recorded */
	void (*progress)(void *arg, int64_t done, int64_t jobs); /* NULL: silent */
	void *progress_arg;
	uint64_t seed;
	int64_t start_us, stop_us; /* from START to work; from STOP until all is given back */
	int64_t checkpoint_us;	   /* interval where the job has none of its own; 0: none */
	int64_t mtbf_us[REPLAY_FAULT_KINDS]; /* of one device, node or rack; 0: it never breaks */
	int64_t mttr_us;		     /* mean time to repair */
	int64_t fence_us;		     /* from losing sight of a node to having it fenced */
	int64_t move_us;  /* lost at each start but a job's first: what a move costs */
	int64_t round_us; /* of the policy: so often the fleet is dealt anew; 0: any time */
	uint8_t pairs;	  /* of the policy */
	int64_t measure_first, measure_last; /* figures are of jobs with these ids; 0, 0: all */
	int64_t half_life_us;		     /* of the policy's fair share */
	int64_t run_min_us, reclaim_us;	     /* of the policy */
	int64_t age_us;	     /* of the policy: so long a wait is worth one tier; 0: none */
	int64_t epoch_us;    /* of the policy; 0: one minute */
	int32_t reserve_max; /* of the policy; 0: its default */
	int32_t requeue_max; /* attempts after a loss */
	int32_t check_steps; /* verify all invariants every so many steps and at the end; 0: never
			      */
	const struct truth
		*truth;		/* how fast kinds really run; NULL: as declared, else as the chip */
	int32_t trial_max;	/* of the policy */
	uint8_t learns_speeds;	/* the core is told how fast runs were */
	uint8_t is_abrupt;	/* who gives way keeps only what a checkpoint kept */
	uint8_t ignores_limits; /* jobs run on past their time limit */
};

/* The means over one interval of the run, but for `ledger`, which is the sum within it. */
struct replay_point {
	int64_t time_us; /* its end; it begins at that of the point before, the first at 0 */
	__int128 ledger[PARC_LEDGER_COUNT];    /* thousandth-device-microseconds */
	double pending_jobs, pending_devices;  /* submitted and not started */
	double running_jobs, running_devices;  /* from START until all is given back */
	double free_devices[REPLAY_FREE_BINS]; /* devices on working nodes, by their free part */
};

struct replay_result {
	const struct replay_config *config; /* the caller's, as long as the result lives */
	/* Jobs. All that arrived = finished + timed_out + lost + cancelled + left. */
	int64_t jobs, started;
	int64_t finished;  /* ran to the end that the log gives */
	int64_t failed;	   /* of the finished: the log says that they failed */
	int64_t withdrawn; /* of the finished: the log says that they were cancelled */
	int64_t timed_out; /* stopped at their time limit */
	int64_t lost;	   /* lost with a node or device and not started again */
	int64_t cancelled; /* what they depend on did not come true */
	int64_t left;	   /* still waiting at the end: held, or nothing could hold them */
	int64_t left_reasons[PARC_REASON_COUNT]; /* of these; NONE: the refused */
	int64_t measured;			 /* jobs that the spreads below may count */
	int64_t attempts;			 /* starts, also those after a loss */
	int64_t requeues, faults[REPLAY_FAULT_KINDS];
	int64_t preempted; /* times that a job gave way */
	int64_t refused;   /* of the left: its tenant had as many waiting as it may */
	/* Normalised thousandth-device-microseconds: guarantees left idle by their holders, of that
	 * used by others; and what was held above guarantees or without one. */
	__int128 guaranteed_idle, guaranteed_lent, borrowed;

	struct replay_spread wait_us;	     /* from arrival to the first start; of those started */
	struct replay_spread completion_us;  /* from arrival to end; of the finished */
	struct replay_spread slowdown_milli; /* bounded; of the finished, in thousandths */
	struct replay_spread
		fairness_milli; /* completion / completion with an equal part of the
				 * fleet (fairness.h), in thousandths, of the finished;
				 * logs whose jobs say how fast they are on each chip */
	int64_t arrivals_us;	/* time of the last arrival */
	int64_t makespan_us;	/* time of the last end */

	/* The ledger, from 0 to the makespan, and its part up to the last arrival. */
	__int128 ledger[PARC_LEDGER_COUNT], capacity;
	__int128 allocated_arrivals, capacity_arrivals;
	__int128 held_normal; /* allocated, by accounting rate */
	__int128 work; /* of finished jobs: thousandth-device-microseconds that they needed */

	/* While services run: devices that a fixed fleet for their peaks would have, what of them
	 * they left, and what jobs used beyond what it would have left for them. */
	int64_t fixed_milli;
	__int128 spared, lent;
	struct replay_service *services;
	int32_t services_count;

	int64_t steps, decisions, deciding_ns, elapsed_ms;
	uint64_t digest;

	struct replay_tier tiers[PARC_TIERS_MAX];
	struct replay_chip chips[PARC_CHIPS_MAX]; /* as in the fleet; those without devices too */
	int32_t chips_count;
	struct replay_speed *speeds; /* by kind, then chip; at most REPLAY_SPEEDS_MAX */
	int32_t speeds_count;
	struct replay_tenant *tenants; /* those with jobs, most device-hours first */
	int32_t tenants_count;
	struct replay_point *points; /* in order of time, at most REPLAY_POINTS_MAX */
	int32_t points_count;
	int64_t *waits_us;			 /* sorted; wait_us.count of them */
	int64_t *completions_us;		 /* sorted; completion_us.count of them */
	double free_device_us[REPLAY_FREE_BINS]; /* device-microseconds over the whole run */
};

/* Run the log to its end. 0, or why not: PARC_ERR_MEMORY, PARC_ERR_IO of the record, or
 * PARC_ERR_MISMATCH when an invariant or the independent recount does not hold. On failure there
 * is nothing to end. */
int replay_run(struct replay_result *result, const struct replay_config *config,
	       struct parc_err *err);
void replay_deinit(struct replay_result *result); /* takes an empty one */

/* Per cent in thousandths: 100,000 = all. part <= whole; 0 when whole is 0. */
int64_t replay_percent_milli(__int128 part, __int128 whole);

/* Allocated in a ledger: starting, busy, idle, unmeasured, stopping and lost. */
__int128 replay_allocated(const __int128 ledger[PARC_LEDGER_COUNT]);

/* Are the figures of completion, wait, slowdown, fairness and makespan of this row, too? */
int replay_measures(const struct replay_config *config, const struct jobs_row *row);

/* Name of what breaks: "device", "node", "rack". */
const char *replay_fault_name(int fault);

#endif
