/* SPDX-License-Identifier: Apache-2.0
 *
 * Parts of the result of a replay: by tenant, service, tier, chip, and what was learnt of speeds.
 */
#ifndef SIM_REPLAY_PARTS_H
#define SIM_REPLAY_PARTS_H

#include "parc/core.h"

struct replay_spread { /* of seconds or ratios, in the unit of its values; 0 without values */
	int64_t count, mean, p50, p90, p99, max;
};

struct replay_tenant {
	const char *name; /* the log's; "-": jobs without a tenant */
	int64_t jobs, started, finished;
	__int128 held;	      /* thousandth-device-microseconds allocated */
	__int128 held_normal; /* the same by accounting rate: reference chip = 1000 */
	int64_t wait_mean_us; /* of those started */
	int64_t wait_p90_us;
	int64_t guarantee_milli; /* in the file of tenants */
	int64_t preempted;	 /* times that its jobs gave way */
};

#define REPLAY_SERVICE_POINTS 168 /* of a week: hours */

struct replay_service_point {		      /* means over a part of its life */
	int64_t time_us;		      /* its end */
	double load_milli, replicas, in_time; /* in_time: share of the requests */
};

struct replay_service {
	const char *name;
	double requests, in_time; /* load x time, and of it what was served in time */
	double replicas_mean;	  /* that serve, over its life */
	int32_t replicas_most, replicas_made;
	int64_t fixed_milli; /* thousandths of devices that its peak needs */
	__int128 held;	     /* thousandth-device-microseconds */
	int64_t preempted;   /* replicas that gave way */
	struct replay_service_point points[REPLAY_SERVICE_POINTS];
	int32_t points_count;
};

/* By the job's own tier. */
struct replay_tier {
	int64_t jobs, started, finished;
	__int128 held, held_normal; /* as of a tenant */
	struct replay_spread wait_us;
};

/* By chip; the core's own books. */
struct replay_chip {
	const char *name; /* the fleet's */
	__int128 held, held_normal, capacity;
	__int128 held_arrivals, normal_arrivals, capacity_arrivals; /* until the last arrival */
};

/* What the core knew of a kind on a chip in the end. */
struct replay_speed {
	const char *kind, *chip;
	struct parc_speed_info info;
};

#endif
