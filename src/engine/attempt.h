/* SPDX-License-Identifier: Apache-2.0
 *
 * Within the supervisor: the attempt that it supervises. supervisor.c has its life, launch.c how
 * its tasks begin, attempt.c what can be done to their processes.
 */
#ifndef ENGINE_ATTEMPT_H
#define ENGINE_ATTEMPT_H

#include "engine/groups.h"
#include "engine/said.h"

#define ATTEMPT_PIDS_MAX                                                           \
	16384 /* processes and threads of one task: no job needs more, a fork bomb \
	       * takes no more */

struct attempt_task {
	struct process process;
	int pidfd;     /* only of one that was adopted; else -1 */
	int is_over;   /* its first process has ended */
	int status;    /* as waitpid gives it; -1: nobody knows */
	char leaf[16]; /* of its control group */
};

struct attempt {
	int folder, lock;
	int reports; /* the way of the job's reports, held open as long as there may be some */
	char name[CLAIM_NAME_SIZE];
	struct claim claim;
	struct groups groups;
	struct attempt_task tasks[CLAIM_TASKS_MAX];
	int32_t count;	    /* of tasks that have a process */
	int is_adopted;	    /* another supervisor started it */
	int64_t started_us; /* on the clock since boot */
	int64_t reaped_us;  /* CPU time of processes that were waited for */
	struct said said;
	struct claim_stop stop;
	int is_stopping;   /* it was told to end, by whomever */
	int is_stop_asked; /* by the engine: there is a stop */
	int32_t failed;	   /* the task that failed first, -1: none */
};

/* Start the tasks of a claim that has no `started`: 0, or a code and `end` says why. After a code
 * no process of it is left. */
int attempt_launch(struct attempt *attempt, struct claim_exit *end);

/* Open the way for reports, which is there: 0, or a code. Read and write, so that it never ends. */
int attempt_open_reports(struct attempt *attempt, struct parc_err *err);

/* Send a signal to all processes of all tasks. */
void attempt_signal(struct attempt *attempt, int number);

/* Kill what is left of one task whose first process is over; of all. To be repeated. */
void attempt_kill_rest(struct attempt *attempt, int32_t task);
void attempt_kill(struct attempt *attempt);

/* Is no process of it left? */
int attempt_is_empty(struct attempt *attempt);

/* Fill in what it used. */
void attempt_measure(struct attempt *attempt, struct claim_exit *end);

int attempt_has_tree(const struct attempt *attempt);

/* A point at which tests may kill the supervisor. */
void attempt_point(int number);

#endif
