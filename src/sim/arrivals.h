/* SPDX-License-Identifier: Apache-2.0
 *
 * A load in time made from a task list: which row arrives when and runs how long, so that the
 * work that arrives (sum of share x length) is a given part of what the fleet can do. All in
 * integers: one seed gives the same load on every machine and for every policy.
 */
#ifndef SIM_ARRIVALS_H
#define SIM_ARRIVALS_H

#include "trace/tasks.h"

#define ARRIVALS_MAX	     2000000		  /* tasks of one run */
#define ARRIVALS_TAIL_MIN_US INT64_C(600000000)	  /* lengths of the heavy tail: 10 minutes */
#define ARRIVALS_TAIL_MAX_US INT64_C(86400000000) /* to one day */

/* name, text. Where lengths come from. */
#define ARRIVALS_LENGTHS_MAP(X)                                       \
	X(TRACE, "trace") /* the row's own, deletion less creation */ \
	X(TAIL, "tail")	  /* bounded Pareto of exponent 1, drawn apart from the row */

#define X(name, text) ARRIVALS_##name,
enum arrivals_lengths { ARRIVALS_LENGTHS_MAP(X) };
#undef X

const char *arrivals_lengths_name(int lengths);

struct arrivals_config {
	const struct tasks *tasks;
	const int32_t *rows; /* the rows to draw from, all of them able to run somewhere */
	int32_t rows_count;
	int32_t count;	    /* tasks that arrive */
	int32_t load_milli; /* work that arrives, in thousandths of what the fleet can do */
	int32_t lengths;    /* enum arrivals_lengths */
	int64_t capacity_milli;
	uint64_t seed;
};

struct arrival {
	int64_t time_us, length_us;
	int32_t row;
};

struct arrivals {
	struct arrival *list; /* first the population, then the arrivals; times never fall */
	int32_t population;   /* tasks at time 0: a fleet in the middle of its life */
	int32_t count;	      /* of the whole list */
	int64_t end_us;	      /* the last arrival */
};

/* Draw the load. Times are scaled so that the work of the arrivals drawn is exactly the load over
 * the whole span. The population is drawn as a random moment would find it: a task by its length,
 * the rest of it evenly, until the devices of the load (at most all) are asked for. */
int arrivals_init(struct arrivals *arrivals, const struct arrivals_config *config,
		  struct parc_err *err);
void arrivals_deinit(struct arrivals *arrivals); /* takes a zeroed one */

/* How many tasks arrive in so many hours on average; at least 1, at most ARRIVALS_MAX. */
int32_t arrivals_in_hours(const struct arrivals_config *config, int32_t hours);

/* Does any row have a length? */
int arrivals_has_lengths(const struct tasks *tasks);

#endif
