/* SPDX-License-Identifier: Apache-2.0
 *
 * Driving a local engine in tests: an engine in a folder of its own under TMPDIR, small jobs of
 * /bin/sh, and waiting for reports. The test program is its own supervisor: its main begins with
 * attempts_supervise.
 */
#ifndef SUPPORT_ATTEMPTS_H
#define SUPPORT_ATTEMPTS_H

#include "engine/local_options.h"

#define ATTEMPTS_PATH 512

struct attempts {
	struct engine engine;
	struct local_options options; /* set before attempts_init; the rest is 0 then */
	char folder[ATTEMPTS_PATH];   /* of all: the engine's is below, "engine" */
	char text[256];		      /* of the last report */
	int32_t counts[16];	      /* reports by kind since the last attempts_await_end */
};

/* If this process was started as a supervisor, be one and return 1 with its exit code in `code`. */
int attempts_supervise(int argc, char **argv, int *code);

/* Make the folder and open the engine; open it again after attempts_close. */
void attempts_init(struct attempts *attempts);
void attempts_open(struct attempts *attempts);
void attempts_close(struct attempts *attempts);

/* Close it, and remove everything. */
void attempts_deinit(struct attempts *attempts);

/* Start `sh -c script` as attempt (allocation, 1) with these limits of each of `tasks` tasks. */
struct attempts_job {
	int64_t allocation;
	int32_t attempt; /* 0: 1 */
	const char *script;
	int32_t tasks; /* 0: 1 */
	int32_t cpu_milli;
	int64_t memory_mib, grace_us;
	const struct engine_limit *limits;
	int32_t limits_count;
	uint32_t devices; /* of the node, a bit each */
	int32_t share_milli;
	uint32_t uid;	       /* 0: as the test */
	const char *directory; /* NULL: the folder */
	const char *command;   /* in place of sh and its script */
	int64_t work_us;       /* that earlier attempts kept */
	struct engine_amount kept;
};
void attempts_start(struct attempts *attempts, const struct attempts_job *job);

/* Wait for the next report, half a minute at most. 0: none came. */
int attempts_await(struct attempts *attempts, struct engine_report *report);

/* Wait for a report of this kind and allocation. */
int attempts_await_kind(struct attempts *attempts, int kind, int64_t allocation,
			struct engine_report *report);

/* Let the next supervisor die at that point; is that yet to come? */
void attempts_plan_death(struct attempts *attempts, int point);
int attempts_is_death_planned(struct attempts *attempts);

/* Kill the supervisor of an attempt, if it lives; 1 if it did. */
int attempts_kill_supervisor(struct attempts *attempts, int64_t allocation);

/* The text of a file in the folder, "" when there is none; lines in it. */
const char *attempts_read(struct attempts *attempts, const char *name);
int32_t attempts_count_lines(struct attempts *attempts, const char *name);

#endif
