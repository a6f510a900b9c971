/* SPDX-License-Identifier: Apache-2.0
 *
 * Whether a log of jobs stays the same when it is written as parc's own table and read again; for
 * unit tests and fuzzers.
 */
#ifndef SUPPORT_JOBS_SAME_H
#define SUPPORT_JOBS_SAME_H

#include "trace/jobs.h"

/* NULL, or what differs. */
const char *jobs_same_when_written(const struct jobs *jobs, const struct fleet *fleet);

#endif
