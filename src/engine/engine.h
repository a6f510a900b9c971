/* SPDX-License-Identifier: Apache-2.0
 *
 * An engine carries out what the core decided, and reports what became of it. It decides nothing.
 *
 *   ask       machine (once, before the rest), start, stop, tell, rebook, forget, list
 *   hear      fd becomes readable; poll takes one report at a time until there is none
 *
 * An attempt is known by (allocation, attempt), and every call is idempotent by that key: it may
 * be made again after a restart, when nobody knows whether the first call got through. An attempt
 * starts at most once, ever: its claim is on disk before its process exists, and `start` for a
 * claimed attempt does nothing. Nothing here waits: start and stop return when the request is
 * recorded, and what follows comes as reports.
 *
 * Order of reports of one attempt: STARTED, READY, then any of PROGRESS, CHECKPOINT, USE, then
 * once ENDED. A failed start is ENDED with result LOST or FAILED and no STARTED before it. An
 * ENDED is reported again at each restart until `forget` is called with its key, which the daemon
 * does after the commit; so are STARTED, READY and the last PROGRESS and CHECKPOINT of one that
 * runs. USE is reported once and may be lost in a crash.
 *
 * Calls come from one thread. Strings and arrays that are passed in belong to the caller and are
 * read during the call; those in a report are the engine's until the next call of poll.
 */
#ifndef ENGINE_ENGINE_H
#define ENGINE_ENGINE_H

#include <stddef.h>
#include <stdint.h>

#include "engine/machine.h"

#define ENGINE_LINE_MAX	    127 /* bytes of a notice */
#define ENGINE_COMMANDS_MAX 32	/* of one job: its own, its groups', its variants' */

struct engine_key {
	int64_t allocation;
	int32_t attempt;
};

struct engine_limit { /* as setrlimit takes it; -1: no limit */
	int32_t resource;
	int64_t soft, hard;
};

/* How far a job has come, as it says itself, in millionths. Of a total: both are in a unit of its
 * own. total 0: nobody knows one, and `done` is seconds of work on the reference chip. */
struct engine_amount {
	int64_t done, total;
};

/* What to run, once for each task of the attempt, all tasks in the same way but for the command. */
struct engine_work {
	struct engine_key key;
	int64_t job;
	uint32_t uid, gid;		    /* as whom; gid is the user's own group */
	const char *name;		    /* of the job, for people; any text */
	const char *directory;		    /* absolute; where it starts */
	const char *const *const *commands; /* each ends with NULL; [0] is looked up in PATH */
	int32_t commands_count, limits_count;
	const int32_t *choices; /* index of its command for each placement; NULL: the first */
	const char *const *environment; /* "NAME=value", ends with NULL; the engine adds PARC_* */
	const char *output, *errors;	/* absolute paths; task k > 0 of a gang has ".k" behind it.
					 * NULL: the engine's folder; errors NULL: as output */
	int64_t grace_us;		/* between SIGTERM and SIGKILL when it is stopped */
	int64_t work_us;		/* on the reference chip, that the last checkpoint kept */
	struct engine_amount kept;	/* the same, as the job said it; done 0: none */
	int64_t memory_limit_mib;	/* of each task; 0: the placement's memory is the limit */
	const struct engine_limit *limits; /* of each process, set with the user's rights */
	int32_t placements_count;	   /* tasks; all on this machine's node */
	const struct parc_placement *placements;
};

enum engine_report_kind {
	ENGINE_STARTED = 1, /* its processes exist */
	ENGINE_READY,	    /* it runs its own code (a local engine sends it with STARTED) */
	ENGINE_PROGRESS,    /* amount */
	ENGINE_CHECKPOINT,  /* amount is safe from now on */
	ENGINE_USE,	    /* busy_milli of what it holds, quantised; -1: unmeasured */
	ENGINE_ENDED,	    /* result and all below; no process of it is left */
	ENGINE_DEVICE,	    /* device of the node: failed 1 or repaired 0 */
	ENGINE_FOREIGN,	    /* device of the node: share_milli, memory_mib in use by others */
	ENGINE_ALARM,	    /* text: something that the operator should know */
};

struct engine_report {
	int32_t kind; /* enum engine_report_kind */
	struct engine_key key;
	int64_t time_us; /* when it happened, as the system's clock is now; may lie before a
			  * restart */
	struct engine_amount amount;
	int32_t busy_milli;
	int32_t device, failed, share_milli, memory_mib; /* DEVICE, FOREIGN */

	/* ENDED. A job that stopped on request has stopped = 1, whatever its exit code. */
	int32_t result;		 /* enum parc_result: OK (exit 0), FAILED, LOST */
	int32_t stopped;	 /* stop was called before it ended */
	int32_t exit_code;	 /* 0..255; -1: it has none (signal, lost) */
	int32_t signal;		 /* that killed it; 0: none */
	int32_t over_memory;	 /* 1: it was killed at its memory limit */
	int64_t wall_us, cpu_us; /* that it ran; of all its processes */
	int64_t memory_peak_mib; /* -1: unmeasured */
	int64_t busy_us;	 /* device time delivered, thousandth-device-microseconds; -1:
				  * unmeasured */
	const char *text;	 /* one sentence for people, or "" */
};

enum engine_state { ENGINE_CLAIMED = 1, ENGINE_RUNNING, ENGINE_STOPPING, ENGINE_OVER };

/* An attempt that the engine has a claim of. */
struct engine_entry {
	struct engine_key key;
	int32_t state; /* enum engine_state; OVER: ended and not yet forgotten */
};

/* All return 0 or a code of parc/error.h, with a sentence in err, unless it says otherwise. */
struct engine_calls {
	int (*machine)(void *self, struct engine_machine *machine, struct parc_err *err);

	/* Claim the attempt and start it. 0 also when it was claimed before. A failure of the
	 * start itself is no error but an ENDED report. */
	int (*start)(void *self, const struct engine_work *work, struct parc_err *err);

	/* SIGTERM to all tasks, SIGKILL after grace_us (0: at once). why: enum parc_reason or
	 * PARC_RESULT_* as the core's STOP has it; it is told to the job. 0 also when it is over;
	 * PARC_ERR_UNKNOWN when it was never claimed: the caller may take it for stopped then. */
	int (*stop)(void *self, struct engine_key key, int64_t grace_us, int32_t why,
		    struct parc_err *err);

	/* Append a line of at most ENGINE_LINE_MAX bytes to what the job reads as its notices; a
	 * line that is there already is not told again. 0 also when it is over; PARC_ERR_UNKNOWN
	 * when it was never claimed. NULL: nobody is told. */
	int (*tell)(void *self, struct engine_key key, const char *line, struct parc_err *err);

	/* From now on its tasks hold these cores and shares, on the devices that they have: hold
	 * it to them as far as that can be done to what runs, and measure it by them. To be called
	 * again after a restart; what it is told twice changes nothing. Codes as for tell; NULL:
	 * this engine holds nobody to anything. */
	int (*rebook)(void *self, struct engine_key key, const struct parc_placement *placements,
		      int32_t count, struct parc_err *err);

	/* Its ENDED is committed: drop the claim and the records. Unknown keys are passed over. */
	void (*forget)(void *self, struct engine_key key);

	/* Fill up to `max` entries with key order ascending above `after`; returns how many. */
	int32_t (*list)(void *self, struct engine_key after, struct engine_entry *entries,
			int32_t max);

	/* Fill up to `max` devices; returns how many there are. NULL: this engine has none. */
	int32_t (*look)(void *self, struct engine_device *devices, int32_t max);

	/* Readable when poll may have something; -1: poll has to be asked once a second. */
	int (*fd)(void *self);

	/* 1: a report, 0: none now, negative: the engine is broken. */
	int (*poll)(void *self, struct engine_report *report, struct parc_err *err);

	/* Let go of what this process holds. Jobs go on. */
	void (*close)(void *self);
};

struct engine {
	const struct engine_calls *calls;
	void *self;
};

/* The local engine: `directory` (absolute, the engine's own, made if missing) keeps claims, exit
 * records and output; `program` is the path of this program, which runs supervisors as
 * `program supervise ...`. Returns 0 and fills engine. */
int engine_open_local(struct engine *engine, const char *directory, const char *program,
		      struct parc_err *err);

#endif
