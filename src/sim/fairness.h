/* SPDX-License-Identifier: Apache-2.0
 *
 * What each job would have had with an equal part of the fleet: the measure of fairness in Gavel's
 * published results (their policy "isolated"; the ratio of a job's completion under a policy to
 * that is what they call finish-time fairness, after Mahajan and others, "Themis", NSDI 2020).
 *
 * While n jobs are in the fleet each has a 1/n part of the devices of every chip, and works on all
 * of them at once in proportion, as long as that is not more time than there is: a job of g
 * devices makes at each moment
 *
 *     sum over chips of  devices of the chip / n / g  x  its speed there,
 *
 * scaled down so that the parts add up to at most all of the time. Nobody waits. The same jobs
 * arrive at the same times, and n counts those that are not done under this rule.
 *
 * Costs a walk over the jobs in the fleet for each arrival and each end.
 */
#ifndef SIM_FAIRNESS_H
#define SIM_FAIRNESS_H

#include "trace/jobs.h"

/* Completion of each row, in microseconds from its arrival, into `alone_us` (log->count of them);
 * 0 for one that could never run. 0, or PARC_ERR_MEMORY. */
int fairness_alone(const struct fleet *fleet, const struct jobs *log, int64_t *alone_us,
		   struct parc_err *err);

#endif
