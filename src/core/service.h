/* SPDX-License-Identifier: Apache-2.0
 *
 * Services: jobs that serve requests with as many replicas as their load needs.
 *
 * A service waits for nothing and never runs itself. Each replica is a job of its own, with the
 * service's groups, that the core makes (action REPLICA) and that waits, starts, is preempted,
 * lost and stopped like any other; so an engine starts and stops one replica as one allocation.
 *
 *     load ──> need ──> peak of the last spans ──> replicas made, or told to stop
 *
 *   need    of a load, by the rule of service_need_milli
 *   grow    at once, while what its replicas give is less than the need
 *   shrink  when what is left gives what was needed at most in this span and the last
 *
 * Replicas up to the minimum are never preempted; those above it are if the service is
 * preemptible. Costs: a step looks at the services to which something happened, each at the
 * price of a walk over its replicas. Invariants V1, V2.
 */
#ifndef CORE_SERVICE_H
#define CORE_SERVICE_H

#include "core/state.h"

void service_init(struct parc_core *core, struct block *block);

/* Is the job a service (and not one of its replicas)? */
static inline int job_is_service(const struct job *job)
{
	return job->service >= 0 && job->replica == 0;
}

/* Reference replicas, in thousandths, that serve the load so well that the target share of the
 * requests finds one free on arrival. With a = load / capacity it is a + b sqrt(a), where b
 * follows from the target: the square-root staffing of S. Halfin, W. Whitt, "Heavy-traffic limits
 * for queues with many exponential servers", Operations Research 29(3), 1981. Never more than
 * PARC_REPLICAS_MAX of them. */
int64_t service_need_milli(const struct parc_service *set, int64_t load_milli);

/* The job of a service came in; it leaves the core and has no replicas any more. */
void service_enter(struct parc_core *core, int32_t job, const struct parc_service *set);
void service_leave(struct parc_core *core, int32_t job);

/* Its load is another one from now on. */
void service_set_load(struct parc_core *core, int32_t job, int64_t load_milli);

/* A replica is ready, so that what it ends with next is no repeated failure; it leaves the core
 * with this result. */
void replica_ready(struct parc_core *core, int32_t job);
void replica_leave(struct parc_core *core, int32_t job, int32_t result);

/* Something happened to the service, or to the service of this replica: look at it in this
 * step. Any job may be given. */
void service_note(struct parc_core *core, int32_t job);
void service_note_all(struct parc_core *core);

/* Time has come to core->time_us: spans end, and delays after failures. */
void service_time(struct parc_core *core);

/* Could the action be applied? 0, or why not. Apply it. */
int replica_check(const struct parc_core *core, int32_t job, const struct parc_action *action,
		  struct parc_err *err);
void replica_add(struct parc_core *core, int32_t job, const struct parc_action *action);

/* Make and stop replicas of the services that were noted. 0: the step has no room for more. */
int service_decide(struct parc_core *core);

/* The step is over: nothing is noted any more. */
void service_forget(struct parc_core *core);

/* When a service is to be looked at next; PARC_NEVER: when something happens. */
int64_t service_wake_us(const struct parc_core *core);

uint64_t service_hash(const struct service *service, uint64_t hash);

/* Derive the lists of replicas and what is due, after decoding. */
void service_rebuild(struct parc_core *core);

/* V1: replicas name their service, have numbers of their own, and no more than its maximum are
 * to stay. V2: the need is that of the load, and no peak lies below it. */
int service_verify(const struct parc_core *core, struct parc_err *err);

#endif
