/* SPDX-License-Identifier: Apache-2.0
 *
 * Another course of the same journal: a core that is told the same outside events and decides for
 * itself. What its allocations report is made up from what was recorded of the same job:
 *
 *   from START to STARTED, to READY   as long as in the recorded attempt of that number, else as
 *                                     in the job's last, else the median of all
 *   PROGRESS, CHECKPOINT, USE         as long after STARTED, by the speeds of the chips
 *   its end                           when the work is done: measured time x speed there
 *   from STOP to the end              as recorded, else the median
 *   lost                              when it was recorded as lost, if it runs then
 *
 * What was cut off in the record ran on for a time that nobody knows: for what it was expected to
 * take, else for the mean of its kind, at least for what was seen. TIME events are the recorded
 * ones while the state is the recorded one; from then on the core is woken when it asks for it.
 *
 * Under the policy of the record every event and every action is the recorded one: each made-up
 * report carries the number of its record, which orders those of one moment.
 */
#ifndef REVIEW_TRIED_H
#define REVIEW_TRIED_H

#include "review/course.h"
#include "review/past.h"
#include "sim/clock.h"

enum tried_basis {
	TRIED_MEASURED, /* it ran on the same chips */
	TRIED_KNOWN,	/* on others, of which the speed is known */
	TRIED_UNKNOWN,	/* on others, of which it is not: counted as that of the reference */
	TRIED_BASES
};

struct tried_run {
	int64_t allocation, job;
	int64_t start_us, started_us, stop_us; /* -1: not yet */
	int64_t kept_us;		       /* work that earlier attempts kept */
	int64_t held_milli;
	int64_t seen_us; /* what it does from then on is not recorded; PARC_NEVER: all is */
	struct parc_pace pace;
	int32_t attempt;
	int32_t exact, model; /* recorded attempts of this number; to take times from; -1: none */
	int32_t basis;	      /* enum tried_basis */
	uint8_t is_over;
};

struct tried_job {
	int64_t job, kept_us;
	int64_t allocation; /* that it has; 0: none */
};

struct tried {
	struct store *store;
	const struct past *past;
	struct parc_core *core;		  /* the caller's */
	const struct parc_policy *policy; /* in place of the recorded ones; NULL: those */
	struct course course;
	struct roll runs, jobs;
	struct clock clock;
	struct parc_actions actions; /* of the last event, as `event` */
	struct parc_event event;
	int64_t now_us, base, steps, pushed;
	int64_t other;		  /* the first record whose event or actions differ; 0: none yet */
	int64_t other_state;	  /* the first after which the state differs */
	int64_t outside, refused; /* outside events; of these came to nothing as things stood */
	__int128 held[TRIED_BASES]; /* thousandth-device-microseconds, by what they rest on */
	__int128 unseen;	    /* of all of them: beyond what was recorded of the job */
	char other_text[160];	    /* what differs first */
};

/* What is tried, on what. All of it stays the caller's and outlives the course. */
struct tried_setup {
	struct store *store;
	const struct past *past;
	struct parc_core *core;		  /* as it was before the first record */
	const struct parc_policy *policy; /* NULL: the recorded one */
	int64_t base;			  /* number of the record before the first */
};

/* The caller ends it, also after a failure. */
int tried_init(struct tried *tried, const struct tried_setup *setup, struct parc_err *err);
void tried_deinit(struct tried *tried); /* takes a zeroed one */

/* Come to the moment of the record, and take it if it is an outside event. */
int tried_note(struct tried *tried, const struct store_record *record, struct parc_err *err);

/* Come to the end of the records; what runs then runs on unseen. */
int tried_finish(struct tried *tried, struct parc_err *err);

/* Within: make up what an allocation reports (tried_run.c). */
int tried_begin(struct tried *tried, const struct parc_action *action, struct parc_err *err);
int tried_inherit(struct tried *tried, struct parc_err *err);
int tried_stop(struct tried *tried, int64_t allocation, struct parc_err *err);
void tried_over(struct tried *tried, int64_t job);
int tried_report(struct tried *tried, const struct clock_entry *entry, struct parc_event *event);
int tried_job_get(struct tried *tried, int64_t job, struct tried_job **out, struct parc_err *err);

#endif
