/* SPDX-License-Identifier: Apache-2.0
 *
 * The churn experiment: the same tasks as in saturation, but they leave again, and what does not
 * fit waits in the core's queue. The work that arrives is held at a part of the fleet (arrivals.h),
 * and the fleet begins in the middle of its life. The first third of the span warms up; over the
 * rest the allocation is averaged in time and the waits of the tasks that arrive are measured.
 */
#ifndef SIM_CHURN_H
#define SIM_CHURN_H

#include "sim/arrivals.h"
#include "sim/demand.h"
#include "sim/record.h"
#include "sim/stats.h"

#define CHURN_SCALE	   10000 /* an allocation is in ten thousandths of 1 % */
#define CHURN_WIDE_DEVICES 8	 /* a task of so many devices is wide; its wait is told apart */

typedef void (*churn_progress)(void *arg, int32_t seeds_done, int32_t seeds);

struct churn_config {
	const struct fleet *fleet;
	const struct tasks *tasks;
	const struct order_seed *seeds; /* seeds and ranks; their orders are not used */
	const struct demand *demand;
	struct record *record;	 /* NULL: not recorded */
	churn_progress progress; /* NULL: none */
	void *progress_arg;
	int32_t seeds_count;
	int32_t load_milli;		     /* work that arrives, thousandths of the fleet */
	int32_t lengths;		     /* enum arrivals_lengths */
	int32_t arrivals;		     /* tasks that arrive; 0: so many as hours say */
	int32_t hours;			     /* span, used when arrivals is 0 */
	int32_t place;			     /* enum parc_place */
	uint8_t tell_demand, halfway, check; /* as saturate_config */
	int32_t check_every; /* steps between two checks; 0: as many as suit long runs */
};

/* Waits of the measured tasks, microseconds. One that never started counts with its wait until
 * the end of the run, so a long queue cannot hide. */
struct churn_waits {
	int64_t arrived, started;
	struct stats_summary wait;
};

struct churn_seed { /* churn_result.sum: summed over the seeds, percentiles too */
	int64_t seed, deciding_ns, decisions;
	uint64_t digest;
	int64_t allocated, offered; /* mean over the measured span, in CHURN_SCALE */
	int64_t span_us;	    /* measured */
	int64_t queue_end;	    /* tasks waiting at the end */
	struct churn_waits all, wide;
};

struct churn_result {
	const struct churn_config *config;
	struct churn_seed *seeds, sum;
	int32_t seeds_count, rows_excluded; /* rows of the list that fit nowhere */
	int64_t capacity_milli;
};

/* Run all seeds. Every start is verified against a second book. */
int churn_run(struct churn_result *result, const struct churn_config *config, struct parc_err *err);
void churn_deinit(struct churn_result *result); /* takes a zeroed one */

#endif
