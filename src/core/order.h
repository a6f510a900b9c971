/* SPDX-License-Identifier: Apache-2.0
 *
 * Whose turn it is: a number for each job that waits, the smallest first; equal ones go by
 * arrival. It depends on the job and the policy alone and does not change while the job waits,
 * so the queue is sorted once, when a job joins it.
 */
#ifndef CORE_ORDER_H
#define CORE_ORDER_H

#include "core/state.h"

/* How long the job will still run on the reference chip: what its submitter expects, else its
 * time limit, less what a checkpoint kept; PARC_NEVER if neither is known. At least 1. */
int64_t order_length_us(const struct job *job);

/* Speed, in thousandths of the reference chip, at which the job runs on these placements: that
 * of the slowest chip (speed.h); where it is unknown it counts as that of the reference chip. */
int32_t order_speed(const struct parc_core *core, int32_t job,
		    const struct parc_placement *placements, int32_t count);

/* When it ends if it starts at a time at that speed; on the slowest chip it may run on.
 * PARC_NEVER: not known. */
int64_t order_end_us(const struct parc_core *core, int32_t job, int64_t start_us,
		     int32_t speed_milli);
int64_t order_end_most_us(const struct parc_core *core, int32_t job, int64_t start_us);

/* Of one that runs, at the speed that it has: when it ends, when its time limit does (PARC_NEVER:
 * not known, no limit), and the work it has done by now on the reference chip. */
int64_t order_end_running_us(const struct parc_core *core, const struct allocation *allocation);
int64_t order_limit_us(const struct parc_core *core, const struct allocation *allocation);
int64_t order_done_us(const struct parc_core *core, const struct allocation *allocation);

/* Levels of attained service: that of a job that waits, and what a running one's is by now. */
int64_t order_level(const struct job *job);
int64_t order_level_running(const struct parc_core *core, int32_t job);

/* Work that it has left on the reference chip, of a running one as far as time tells; PARC_NEVER:
 * not known. */
int64_t order_left_us(const struct parc_core *core, int32_t job);

/* The job's number; of one that runs, what it would be if it waited now. */
int64_t order_rank(const struct parc_core *core, int32_t job);

#endif
