/* SPDX-License-Identifier: Apache-2.0
 *
 * Arrays that run at most so many of their jobs at a time. Only so many are admitted to the
 * queue; the others are parked beside it, in order of arrival, and follow as places come free.
 * So a cap costs nothing while jobs are placed, however long the array. And arrays that others
 * wait for: these stand in a list of the array, the newest first, which is told how its jobs end.
 *
 * All of it is derived: who is parked has the reason `array`, who waits names the array.
 */
#ifndef CORE_ARRAY_H
#define CORE_ARRAY_H

#include "core/state.h"

void array_init(struct parc_core *core, struct block *block);
void array_reset(struct parc_core *core);

/* May a job with this array and cap be submitted? 0, or why not. */
int array_check(const struct parc_core *core, const struct parc_submit *submit,
		struct parc_err *err);

/* A job was submitted, or is there after decoding; it leaves the core. 1: somebody waits for the
 * array that it was of, and has to be told. */
void array_enter(struct parc_core *core, int32_t job);
int array_leave(struct parc_core *core, int32_t job);

/* Nothing else keeps the job back: admit it if there is a place, else park it. Returns 1 if it
 * may join the queue; jobs without a cap always may. */
int array_admit(struct parc_core *core, int32_t job);

/* Something else keeps it back: it gives its place up. The next one joins the queue. */
void array_withdraw(struct parc_core *core, int32_t job);

static inline int array_has_parked(const struct parc_core *core, int32_t job)
{
	return core->jobs[job].parked;
}

/* Is a job of this array there? */
int array_is_there(const struct parc_core *core, int64_t id);

/* A dependency on its array, of which jobs are there, stands in its list from now on; it does no
 * more. `is_counted`: all jobs of the array are still to enter (after decoding). */
void array_await(struct parc_core *core, int32_t depend, int is_counted);
void array_forget(struct parc_core *core, int32_t depend);

/* The first dependency on an array that is waited for, and how many of its jobs are left. */
int32_t array_awaiting(const struct parc_core *core, int64_t id, int32_t *members);

/* Q3: an array admits no more than it may, and parks nobody while it has a place;
 * Q5: it knows who waits for it, and for how many jobs. */
int array_verify(const struct parc_core *core, struct parc_err *err);

#endif
