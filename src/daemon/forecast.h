/* SPDX-License-Identifier: Apache-2.0
 *
 * When jobs that wait will start: an estimate. A child process has the core as it is at that moment
 * (copy on write), runs it forward (sim/ahead.h) for a second at most, and leaves what it found in
 * memory that both see. The loop never waits for it: who asks is told that it is being made, and
 * asks again. One child at a time; it is begun only when somebody asks and what there is has aged.
 *
 * Cost: to the loop a fork, and the copies of pages that it changes while the child lives.
 */
#ifndef DAEMON_FORECAST_H
#define DAEMON_FORECAST_H

#include <sys/types.h>

#include "sim/ahead.h"

struct daemon;

#define FORECAST_STARTS_MAX 65536
#define FORECAST_HORIZON_US (INT64_C(30) * 86400 * 1000000)
#define FORECAST_REAL_US    INT64_C(1000000)
#define FORECAST_FRESH_US   INT64_C(5000000) /* it is not made again before */
#define FORECAST_PART	    10		     /* nor before so many times what it took */

struct forecast_sheet {	    /* shared with the child */
	struct ahead ahead; /* its starts are the array below, of whoever looks */
	struct ahead_start starts[FORECAST_STARTS_MAX];
};

struct forecast {
	struct forecast_sheet *ready, *making; /* NULL: none was ever made */
	pid_t child;			       /* 0: none */
	int64_t begun_us, took_us;	       /* ticks */
	int64_t made_us, made_ticks_us;	       /* of what is ready: its moment */
	int64_t jobs_below, making_below;      /* jobs from this number on are not in it */
	int64_t making_us;
	int is_failed; /* the last child died, or could not be had */
};

enum forecast_state { FORECAST_READY, FORECAST_MAKING, FORECAST_NONE };

/* Is there an estimate that knows this job? One is begun when there is none, or it is old. */
enum forecast_state forecast_ask(struct daemon *daemon, int64_t job);

/* A child has ended: take what it found, if it was this one. */
void forecast_reap(struct daemon *daemon);

void forecast_end(struct daemon *daemon);

#endif
