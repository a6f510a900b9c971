/* SPDX-License-Identifier: Apache-2.0
 *
 * Following one job: its state and what its tasks write, as `parc run` and `parc logs` do. The
 * lines of several tasks, or jobs, have a number before them, and are shown whole.
 */
#ifndef CLI_WATCH_H
#define CLI_WATCH_H

#include "cli/live.h"

struct watch {
	struct live live;
	int64_t job;
	const char *stream; /* "out" or "err" */
	FILE *out;	    /* where it is shown; NULL: standard output */
	int64_t task;	    /* of this task alone; -1: of all */
	int64_t attempt;    /* of this one; 0: of the last */
	int is_one_of_many; /* the job's number stands before its lines */
	int is_plain;	    /* for a terminal that is not the job's to set: as plain.h has it */

	/* What is known of it. */
	int64_t shown_attempt; /* whose output is being shown */
	int64_t *offsets;      /* of each task, how much was shown */
	int64_t tasks;
	char state[16], result[16];
	int64_t exit_code, signal; /* -1: none; 0: none */
	char detail[256];
};

/* Ask for the job's state: COMMAND_OK, or it was said why. */
int watch_state(struct watch *watch);

/* Show what is new of its output; `is_last`: also the line that has not ended. */
int watch_output(struct watch *watch, int is_last);

/* By the state that was asked for last. */
int watch_has_ended(const struct watch *watch);

/* Wait a moment; not long while things change. */
void watch_pause(void);

/* Takes a zeroed one. */
void watch_deinit(struct watch *watch);

#endif
