/* SPDX-License-Identifier: Apache-2.0
 *
 * Following one job: its state and what it writes, as `parc run` and `parc logs` do.
 */
#ifndef CLI_WATCH_H
#define CLI_WATCH_H

#include "cli/live.h"

struct watch {
	struct live live;
	int64_t job;
	const char *stream; /* "out" or "err" */
	int64_t task, attempt, offset;
	int64_t shown_attempt; /* whose output is being shown */
	char state[16], result[16];
	int64_t exit_code, signal; /* -1: none; 0: none */
	char detail[256];
};

/* Ask for the job's state: COMMAND_OK, or it was said why. */
int watch_state(struct watch *watch);

/* Copy what is new of its output to standard output. */
int watch_output(struct watch *watch);

int watch_has_ended(const struct watch *watch);

/* Wait a moment; not long while things change. */
void watch_pause(void);

#endif
