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

/* The job's number. */
int64_t order_rank(const struct parc_core *core, int32_t job);

#endif
