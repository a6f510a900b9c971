/* SPDX-License-Identifier: Apache-2.0
 *
 * Within the local engine: its table of attempts. local.c answers the calls, slots.c keeps the
 * table and supervisors in step with the folders, local_request.c makes a claim of a request,
 * use.c measures.
 *
 * Files (docs/engine.md): DIRECTORY/id, DIRECTORY/claims/ALLOCATION.ATTEMPT/, DIRECTORY/output/.
 */
#ifndef ENGINE_LOCAL_H
#define ENGINE_LOCAL_H

#include "engine/claim.h"
#include "engine/gauges.h"
#include "engine/groups.h"
#include "engine/local_options.h"

#define LOCAL_ATTEMPTS_MAX 65536 /* claimed at one time */
#define LOCAL_TRIES_MAX	   5	 /* supervisors that failed to start an attempt */
#define LOCAL_TAG_CHANGES  (-1)	 /* what epoll says, beside a supervisor's pidfd */
#define LOCAL_TAG_GAUGE	   (-3)
#define LOCAL_TAG_CLOCK	   (-2)
#define LOCAL_ALARMS_MAX   16 /* sentences for the operator that wait to be read */

/* What an attempt used, measured once a second. */
struct use {
	int64_t at_us, cpu_us;	      /* at the last look; at_us 0: none yet */
	int64_t window_us;	      /* since a use was told, or would have been */
	int64_t measured_us, busy_us; /* of the window; busy_us in thousandths */
	int64_t delivered;  /* thousandth-device-microseconds since it was first looked at */
	int8_t is_complete; /* every moment of its life was measured */
	int8_t is_due;	    /* busy_milli is to be told */
	int8_t looks;	    /* of the window that runs; 0: none is over yet */
	int32_t busy_milli; /* of the last window, quantised; -1: unmeasured */
};

/* What is known of one attempt that has a claim. */
struct slot {
	struct engine_key key;
	int32_t state;	   /* enum engine_state */
	int watch;	   /* of its folder, -1: none */
	int supervisor;	   /* pidfd of the one that was started here, -1: none */
	int32_t tries;	   /* supervisors that were started for it here */
	int64_t try_us;	   /* on the clock since boot: not another before */
	int8_t is_changed; /* its folder may say something new */
	int8_t told_running, told_ended;
	int8_t is_forgotten; /* its claim goes when its supervisor is gone */
	int64_t told_progress_us, told_checkpoint_us;
	int32_t tasks_count;
	int64_t cpu_milli, memory_mib;		     /* of all its tasks */
	int16_t shares_milli[PARC_NODE_DEVICES_MAX]; /* it holds of each device of the node */
	int32_t devices_count;			     /* of which it holds a share */
	struct use use;
};

struct local {
	int directory, claims, output; /* open folders */
	char path[512];		       /* of directory, absolute */
	char program[512];
	struct local_options options;
	int64_t period_us; /* between two looks at what is used */
	char boot[PROCESS_BOOT_SIZE];
	int lock;
	int64_t heard_us; /* until when the engine before this one reported, since boot; -1: never
			   */
	int events, changes, clock; /* epoll, inotify, timerfd */
	struct groups groups;
	struct gauges gauges;
	char groups_text[GROUPS_TEXT_SIZE];
	struct slot *slots; /* by key, ascending */
	int32_t slots_count, slots_room;
	int32_t changed_count;	/* slots whose is_changed is set */
	int8_t devices_changed; /* a device may have something to tell */
	char alarms[LOCAL_ALARMS_MAX][PARC_ERR_TEXT_MAX];
	int32_t alarms_first, alarms_count;
	char text[PARC_ERR_TEXT_MAX]; /* of the last report */
};

/* The slot of a key, NULL: none. A new one, NULL: no memory. Pointers hold until the next add. */
struct slot *slots_find(const struct local *local, struct engine_key key);
struct slot *slots_add(struct local *local, struct engine_key key);
void slots_remove(struct local *local, struct slot *slot);

int32_t slots_above(const struct local *local, struct engine_key key); /* index of the first */

/* Take one claim that lies in the folder, whose reports were told until then (-1: none was): its
 * slot, NULL: err says why. Take all. */
struct slot *slots_load_one(struct local *local, struct engine_key key, int64_t told_us,
			    struct parc_err *err);
int slots_load(struct local *local, struct parc_err *err);

/* Note what its tasks hold from now on. */
void slots_hold(struct slot *slot, const struct parc_placement *placements, int32_t count);

/* Start a supervisor for the slot. A failure is tried again later, and said when it is final. */
void slots_supervise(struct local *local, struct slot *slot);

/* Drop the claim and all that is kept of it, as soon as no supervisor has it any more. */
void slots_forget(struct local *local, struct slot *slot);

/* Remove control groups of attempts that have no claim. */
void slots_sweep_groups(const struct local *local);

/* The slot's supervisor has ended. The slot may be gone after this. */
void slots_part(struct local *local, struct slot *slot);

/* Bring a slot in step with its folder; poll's next call asks it for reports. */
void slots_mark(struct local *local, struct slot *slot);

/* Hear of a file from now on, under this tag. */
void slots_listen(struct local *local, int fd, int64_t tag);

/* Take what the system has to say: 1 if there was something. `tick` says whether a second passed.
 */
int slots_hear(struct local *local, int *tick);

/* Look after each attempt once a second: one without a supervisor gets one. */
void slots_tend(struct local *local);

/* The next report of a slot: 1, or 0 when there is none. */
int slots_report(struct local *local, struct slot *slot, struct engine_report *report);

/* A claim made of a request. It points into the request, and to memory of its own until free. */
struct request {
	struct claim claim;
	char output[4096], errors[4096];
	struct claim_task *tasks;
	const char **words;	     /* of all commands */
	const char **variables;	     /* of all tasks */
	struct adapter_lines *lines; /* that they point into, one for each task and adapter */
	int32_t lines_count;
	struct claim_device *denied;
};
int request_init(struct request *request, struct local *local, const struct engine_work *work,
		 struct parc_err *err);
void request_deinit(struct request *request);

/* What the calls of these names do (engine.h). */
int local_tell(void *self, struct engine_key key, const char *line, struct parc_err *err);
int local_rebook(void *self, struct engine_key key, const struct parc_placement *placements,
		 int32_t count, struct parc_err *err);

/* Look at what each attempt and each device does; once a second. */
void use_look(struct local *local, int64_t now_us);

/* A use, or a device's state, that is to be told: 1, or 0. */
int use_report(struct slot *slot, struct engine_report *report);
int use_report_device(struct local *local, struct engine_report *report);

/* Fill in what was delivered: -1 when some of it was not measured. */
int64_t use_delivered(const struct slot *slot, int64_t cpu_us);

void local_alarm(struct local *local, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

#endif
