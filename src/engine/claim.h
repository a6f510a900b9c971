/* SPDX-License-Identifier: Apache-2.0
 *
 * What is kept of one attempt: a folder ALLOCATION.ATTEMPT with these sheets (docs/engine.md):
 *
 *   claim    what to run, as whom and within what; there before anything else of it
 *   started  who it is: the processes of its tasks; there before its command runs
 *   stop     that it is to stop, and until when
 *   said     what the job reported of itself
 *   exit     how it ended; there when nothing of it is left
 *
 * and `lock`, which its supervisor holds as long as it lives. Who holds the lock may write
 * `started` and `exit`; only the engine writes the others, but `said`, which is the supervisor's.
 */
#ifndef ENGINE_CLAIM_H
#define ENGINE_CLAIM_H

#include "engine/engine.h"
#include "engine/process.h"
#include "engine/sheet.h"

#define CLAIM_TASKS_MAX	  256	    /* tasks of one attempt on one machine */
#define CLAIM_STRINGS_MAX 65536	    /* of a command and its environment */
#define CLAIM_TEXT_MAX	  (2 << 20) /* bytes of these; the system takes 2 MiB */
#define CLAIM_DENIED_MAX  128	    /* device files closed to one task */
#define CLAIM_LIMITS_MAX  16	    /* setrlimit knows as many */
#define CLAIM_NOTICES_MAX 65536	    /* bytes */
#define CLAIM_NAME_SIZE	  48	    /* of the folder */

/* One task: its part of the machine. */
struct claim_task {
	int64_t group, task;	      /* index of the group in the job, of the task in the group */
	int64_t variant;	      /* of the job, that it runs as; -1: none */
	int64_t command_at;	      /* its command begins there in claim.words */
	int64_t cpu_milli;	      /* 0: no limit */
	int64_t memory_mib;	      /* 0: no limit */
	int64_t devices, share_milli; /* of the node, a bit each; booked on each */
	int64_t environment_at;	   /* index of its first own variable in claim.task_environment */
	int64_t environment_count; /* that replace those of the claim */
	int64_t denied_at, denied_count; /* in claim.denied */
};

struct claim_device { /* a device file */
	uint32_t major, minor;
};

/* When read, all of it belongs to the claim, until claim_free. */
struct claim {
	char boot[PROCESS_BOOT_SIZE];
	struct engine_key key;
	int64_t job, uid, gid, time_us, grace_us, work_us;
	int64_t kept_done, kept_total; /* as struct engine_amount has them */
	int64_t output_is_ours;	       /* 1: in the engine's folder, opened with its rights */
	const char *name, *directory, *output, *errors; /* errors "": as output */
	const char *groups; /* where the engine's control groups are, groups_to_text; "": without
			       control groups */
	const char **words; /* of all commands, each with NULL behind it */
	const char **environment, **task_environment; /* end with NULL */
	struct claim_device *denied;
	struct claim_task *tasks;
	int32_t words_count, tasks_count, denied_count, limits_count;
	struct engine_limit limits[CLAIM_LIMITS_MAX];
	struct sheet sheet;
};

struct claim_started {
	int64_t time_us, boot_us; /* the same moment on both clocks */
	int32_t count;
	struct process tasks[CLAIM_TASKS_MAX];
	int64_t output_device, output_file; /* task 0's output, as fstat names it */
};

struct claim_stop {
	int64_t time_us, grace_us, why;
	int64_t kill_us; /* on the clock since boot */
};

struct claim_said {					/* -1 in a time: not yet */
	int64_t running_us, progress_us, checkpoint_us; /* when, on the clock since boot */
	int64_t progress_done, progress_total;		/* as struct engine_amount has them */
	int64_t checkpoint_done, checkpoint_total;
	int64_t refused; /* lines that were not understood, or too many */
};

struct claim_exit {
	int64_t time_us, result, stopped, exit_code, signal, over_memory;
	int64_t wall_us, cpu_us, memory_peak_mib;
	char text[PARC_ERR_TEXT_MAX];
};

/* "ALLOCATION.ATTEMPT", and back: 0, or PARC_ERR_INVALID. */
void claim_name(char name[CLAIM_NAME_SIZE], struct engine_key key);
int claim_parse_name(const char *name, struct engine_key *key);

/* Make the folder with the claim in it, and room for an exit and a stop, under the open directory
 * of all claims. It appears whole, and is on disk when this returns. PARC_ERR_EXISTS: it was
 * claimed before. */
int claim_create(int claims, const struct claim *claim, struct parc_err *err);

/* Remove a folder, also half removed ones; and all that were left behind half made. */
void claim_remove(int claims, struct engine_key key);
void claim_sweep(int claims);

/* Open the folder. The file descriptor, or a negative code. */
int claim_open(int claims, struct engine_key key, struct parc_err *err);

int claim_read(struct claim *claim, int folder, struct parc_err *err);
void claim_free(struct claim *claim);

/* Append a line to the job's notices, which nobody syncs; one that is there is not told again. A
 * full disk, or a job that was told CLAIM_NOTICES_MAX bytes, is told no more: it is not worth
 * failing for. */
void claim_tell(int folder, const char *line);

/* The lock of a folder: an open file that holds it, -1 when another process does, or a code
 * below -1. It is let go when the file is closed. */
int claim_lock(int folder, struct parc_err *err);
int claim_is_locked(int folder);

/* Each pair: written durably, but for `said`; read returns PARC_ERR_UNKNOWN when it is not there.
 * claim_write_started fails with PARC_ERR_EXISTS when it was started before. */
int claim_write_started(int folder, const struct claim_started *started, struct parc_err *err);
int claim_read_started(int folder, struct claim_started *started, struct parc_err *err);
int claim_write_stop(int folder, const struct claim_stop *stop, struct parc_err *err);
int claim_read_stop(int folder, struct claim_stop *stop, struct parc_err *err);
int claim_write_said(int folder, const struct claim_said *said, struct parc_err *err);
int claim_read_said(int folder, struct claim_said *said, struct parc_err *err);
int claim_write_exit(int folder, const struct claim_exit *end, struct parc_err *err);
int claim_read_exit(int folder, struct claim_exit *end, struct parc_err *err);

#endif
