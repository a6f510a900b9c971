/* SPDX-License-Identifier: Apache-2.0
 *
 * Actions: all that the core ever decides. The journal holds them beside their event; recovery
 * applies them without deciding, so each carries everything that the state needs.
 */
#ifndef PARC_ACTION_H
#define PARC_ACTION_H

#include "parc/types.h"

PARC_C_BEGIN

/* clang-format off */
#define PARC_ACTION_MAP(X) \
	X(START, 1, "start") X(STOP, 2, "stop") X(REASON, 3, "reason") X(END, 4, "end") \
	X(REQUEUE, 5, "requeue") X(RESERVE, 6, "reserve") X(SCORE, 7, "score") \
	X(MORE, 8, "more") X(REPLICA, 9, "replica") X(REBOOK, 10, "rebook") \
	X(WARN, 11, "warn") X(WINDOW, 12, "window") X(RECALL, 13, "recall")
/* clang-format on */

#define X(name, number, text) PARC_ACTION_##name = number,
enum parc_action_kind { PARC_ACTION_MAP(X) };
#undef X

/* clang-format off */
#define PARC_WARN_MAP(X) \
	X(PACKED, 1, "packed") /* it uses more than it is booked, and its device has no more */ \
	X(IDLE, 2, "idle")     /* it holds devices and does not use them */
/* clang-format on */

#define X(name, number, text) PARC_WARN_##name = number,
enum parc_warning { PARC_WARN_MAP(X) };
#undef X

/* clang-format off */
#define PARC_WINDOW_PHASE_MAP(X) \
	X(PLACED, 0, "placed") X(BEGUN, 1, "begun") X(ENDED, 2, "ended")
/* clang-format on */

#define X(name, number, text) PARC_WINDOW_##name = number,
enum parc_window_phase { PARC_WINDOW_PHASE_MAP(X) };
#undef X

/* Where one task of a gang runs and what it holds there. */
struct parc_placement {
	int64_t node;
	int32_t group, task;	   /* index of the group in the job, of the task in the group */
	uint32_t devices;	   /* bit i: the node's device i */
	int32_t share_milli;	   /* booked on each device */
	int32_t device_memory_mib; /* booked on each device */
	int32_t cpu_milli;
	int64_t memory_mib;
	uint32_t slots;	 /* partition slots taken, TEMPLATES only */
	int32_t variant; /* index into the job's variants, or -1 */
};

struct parc_action {
	int32_t kind; /* enum parc_action_kind */
	int64_t job;  /* PARC_NONE: MORE (a full step; the next goes on), SCORE, WINDOW */
	union {
		struct {
			int64_t allocation;
			int32_t attempt, count;
			const struct parc_placement
				*placements; /* the core's, until the next step */
			int64_t beside;	     /* the job whose devices it shares half and half; or
						PARC_NONE */
		} start;
		struct {
			int64_t allocation;
			int32_t attempt;
			int64_t grace_us;
			int32_t why;
		} stop;
		struct {
			int32_t reason;
		} reason; /* it now waits for this */
		struct {
			int32_t result, reason;
		} end; /* it leaves the core */
		struct {
			int32_t reason;
		} requeue; /* back to the queue, progress kept */
		struct {
			int64_t start_us, end_us; /* PARC_NEVER: not known */
			int32_t count;		  /* 0: it has no reservation any more */
			const struct parc_placement *placements; /* the core's, as above */
		} reserve; /* held for it from then on; RECALL: when others have given way */
		struct {
			int32_t chip;
			int64_t score;
		} score; /* scarcity, from epoch to epoch */
		struct {
			int64_t replica; /* the id of its job */
			int32_t number;	 /* 1..; the lowest that the service has free */
		} replica; /* the service gets one more replica, which waits from then on */
		struct {
			int64_t allocation;
			int32_t attempt, group, share_milli;
		} rebook; /* the tasks of this group hold that share of each device from now on */
		struct {
			int64_t allocation;
			int32_t attempt, what; /* enum parc_warning */
		} warn;			       /* to be told to whoever runs it */
		struct {
			int64_t window;
			int32_t phase, count; /* PLACED: of the placements it keeps */
			const struct parc_placement *placements; /* the core's, as above */
		} window;
	};
};

/* The word for a number, as "start", of static storage; "?" for what there is not. */
const char *parc_action_name(int kind);
const char *parc_warning_name(int number);
const char *parc_window_phase_name(int number);

PARC_C_END

#endif
