/* SPDX-License-Identifier: Apache-2.0
 *
 * Jobs and their allocations: the life cycle.
 *
 *     submit            START          STARTED           ENDED, or STOP .. STOPPED
 *   ---------> pending ------> starting ------> running --------> (ends or requeues)
 *                 ^ |             |                |
 *                 | +-- END       +----- STOP -----+---> stopping --> END or REQUEUE
 *                 +------------------- REQUEUE -----------------------+
 *
 * A job that ends leaves the core at once: its history is the journal's. Invariants J1..J3.
 */
#ifndef CORE_JOB_H
#define CORE_JOB_H

#include "core/fit.h"
#include "core/spec.h"

/* Take a submitted job in; the event was checked. It waits, unless now_or_never. */
int32_t job_submit(struct parc_core *core, const struct parc_submit *submit);

/* Let a pending job join the queue when nothing keeps it back any more, leave it when something
 * does. */
void job_settle(struct parc_core *core, int32_t job);

/* A packable job asks from now on for the shares that its kind is booked. */
void job_repack(struct parc_core *core, int32_t job);

/* Its tasks of this group hold that share of each device from now on. */
void allocation_rebook(struct parc_core *core, int32_t allocation, int32_t group,
		       int32_t share_milli);

/* The job leaves the core with what it holds; jobs after it are told how it ended. */
void job_end(struct parc_core *core, int32_t job, int32_t result);

/* How long it has to end when it is told to. */
int64_t job_grace_us(const struct parc_core *core, int32_t job);

/* Back to the queue with the place it had, where it waits for this reason. */
void job_requeue(struct parc_core *core, int32_t job, int32_t reason);

/* Give the job an allocation with these placements. `taken`: the nodes hold them already. */
void job_start(struct parc_core *core, int32_t job, int64_t allocation, int32_t attempt,
	       const struct parc_placement *placements, int32_t count, int taken);

/* The allocation goes to another state, or reports its use (-1: unmeasured). */
void allocation_set_state(struct parc_core *core, int32_t allocation, int32_t state);
void allocation_set_busy(struct parc_core *core, int32_t allocation, int32_t busy_milli);

/* A checkpoint: what it has run so far is kept. All is lost that it ran since the last one: that
 * is known only now, so it is moved from where it was booked. */
void allocation_keep(struct parc_core *core, int32_t allocation);
void allocation_lose(struct parc_core *core, int32_t allocation);
/* What its job has had up to now, in device-microseconds. */
int64_t allocation_attained_us(const struct parc_core *core, int32_t allocation);

/* When the first time limit of those that run ends; PARC_NEVER: none does. */
int64_t allocation_deadline_us(const struct parc_core *core);

/* The next allocation in order of expected end, then id, those without one last; after -1 the
 * first; -1: there is none. */
int32_t allocation_next_end(const struct parc_core *core, int32_t allocation);

/* File its job by its expected end and its time limit; it is expected to end at another time. */
void allocation_time(struct parc_core *core, int32_t allocation);
void allocation_set_end(struct parc_core *core, int32_t allocation, int64_t end_us);

/* From now on its job runs at this speed, in thousandths of the reference chip. */
void allocation_set_speed(struct parc_core *core, int32_t allocation, int32_t speed_milli);

/* The part that its tasks have in the digest. */
uint64_t allocation_tasks_hash(const struct parc_core *core, int32_t allocation);

/* Fetch from memory, while something else is done, what a run that ends will touch, in three steps,
 * since where each lies is told by the one before: its records; where these point to; the node of a
 * task. Changes nothing. */
void allocation_prefetch(const struct parc_core *core, int32_t allocation);
void allocation_prefetch_more(const struct parc_core *core, int32_t allocation);
void task_prefetch(const struct parc_core *core, int32_t task);

/* Give back all that the allocation holds. */
void allocation_release(struct parc_core *core, int32_t allocation);

/* A pending job that is to be ended, since what it waits for cannot come true. */
void job_orphan(struct parc_core *core, int32_t job);

void job_set_held(struct parc_core *core, int32_t job, int held);
void job_set_reason(struct parc_core *core, int32_t job, int32_t reason);

/* The job's part of the digest, with that of what it holds, is to be reckoned anew after a change
 * of these records: that is done when another job's is to be, or with job_digest_settle at the end
 * of a step, for most steps change one job several times. */
void job_digest(struct parc_core *core, int32_t job);
void job_digest_settle(struct parc_core *core);
uint64_t job_hash(const struct parc_core *core, int32_t job);
uint64_t allocation_hash(const struct parc_core *core, int32_t allocation);

/* May it be placed: neither held nor waiting for another job? */
int job_is_eligible(const struct parc_core *core, int32_t job);

/* Tasks of all its groups at most. */
int64_t job_tasks_max(const struct parc_core *core, int32_t job);

/* Could a task of any of its groups use what is free in the view? */
int job_could_use(struct parc_core *core, int32_t job, const struct view *view);

/* The ask of a group under a variant (slot, -1: none), on these chips only (0: on all). */
void group_ask(const struct parc_core *core, const struct job *job, const struct group *group,
	       int32_t variant, uint64_t chips, struct ask *ask);

/* The same on all chips on which it may ever run, whatever trials run now. */
void group_ask_at_most(const struct parc_core *core, const struct job *job,
		       const struct group *group, int32_t variant, struct ask *ask);

/* The task record that a placement becomes. */
void task_of_placement(const struct parc_core *core, const struct parc_placement *placement,
		       struct task *task);

/* The same where the slot of its node is known. */
void task_on_node(const struct parc_placement *placement, int32_t node, struct task *task);

#endif
