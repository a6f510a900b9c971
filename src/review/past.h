/* SPDX-License-Identifier: Apache-2.0
 *
 * What a journal says of each attempt: when it was started, what was reported of it and when, on
 * which chips it ran, and whether it came to an end of its own. From this follows how much work a
 * job is: time times speed on the chips where it was measured.
 *
 *   life cycle   past_init, past_deinit
 *   change       past_note (for each record, after it was applied), past_finish
 *   query        past_job, past_attempt, past_attempt_of, past_length_guess
 *
 * Work is counted in thousandths of microseconds on the reference chip, so that a time on one chip
 * becomes work and the same time again without a remainder.
 */
#ifndef REVIEW_PAST_H
#define REVIEW_PAST_H

#include "parc/core.h"
#include "review/roll.h"
#include "store/store.h"

/* One report of an attempt: STARTED, READY, PROGRESS, CHECKPOINT, USE, STOPPED or ENDED. */
struct past_mark {
	int64_t number, time_us; /* of its record */
	int64_t work_us;
	int32_t kind, result, busy_milli;
	int32_t next; /* of the same attempt; -1: the last */
	uint8_t is_after_stop;
};

struct past_attempt {
	int64_t allocation, job;
	int64_t start_us, started_us, stop_us, end_us; /* -1: that is not recorded */
	int64_t kept_us; /* work that earlier attempts of the job kept */
	struct parc_pace pace;
	int32_t attempt, first, last; /* its marks, -1: none */
	int32_t before;		      /* the attempt of its job before it, -1: none */
	uint8_t has_ended;	      /* by itself: its end is that of the job's work */
	uint8_t is_lost;	      /* it ran, and was lost */
	uint8_t was_there;	      /* it began before the first record that is looked at */
};

struct past_job {
	int64_t job, submit_us; /* -1: before the first record */
	int64_t expected_us, kind, kept_us;
	__int128 work;	    /* of the whole job; -1: it was cut off, or never ran */
	int32_t last;	    /* attempt; -1: none */
	int32_t result;	    /* with which its work ended */
	uint8_t is_replica; /* of a service: it works until it is stopped */
};

struct past_mean { /* of the work of jobs of a kind; id: the kind's number + 1; 1: of all */
	int64_t id, count;
	__int128 sum;
};

struct past {
	struct roll jobs, attempts, kinds;
	struct past_mark *marks;
	int32_t marks_count, marks_capacity;
	const struct parc_core *base; /* as it was before the first record; the caller's */
	int64_t begin_us, end_us;     /* of the records; begin: that of the base, if it is known */
	int64_t start_delay_us, ready_delay_us, stop_delay_us; /* medians; 0: never measured */
};

void past_init(struct past *past, const struct parc_core *base);
void past_deinit(struct past *past); /* takes a zeroed one */

/* The record was applied to `core`. Attempts that began before are looked up in the store. */
int past_note(struct past *past, struct store *store, const struct parc_core *core,
	      const struct store_record *record, struct parc_err *err);

/* All records are noted. */
int past_finish(struct past *past, struct parc_err *err);

/* NULL: there is none. */
struct past_job *past_job(const struct past *past, int64_t job);
struct past_attempt *past_attempt(const struct past *past, int64_t allocation);

/* The job's attempt of this number; NULL: it had none. */
struct past_attempt *past_attempt_of(const struct past *past, int64_t job, int32_t attempt);

/* Work from `started_us` to `until_us` at the attempt's pace. */
__int128 past_work(const struct past_attempt *attempt, int64_t until_us);

/* The work of a job whose length is not known: what it was expected to be, else the mean of its
 * kind, else of all; -1: nothing is known of any job. */
__int128 past_length_guess(const struct past *past, const struct past_job *job);

#endif
