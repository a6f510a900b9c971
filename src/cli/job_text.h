/* SPDX-License-Identifier: Apache-2.0
 *
 * A job of the daemon's list in a few words, for tables.
 */
#ifndef CLI_JOB_TEXT_H
#define CLI_JOB_TEXT_H

#include "cli/live.h"

#define JOB_WANTS_BYTES 32

/* What it asks for: "2 x 4 dev", "1 at .500", "0.5 cpu". */
void job_wants(const json_t *job, char text[JOB_WANTS_BYTES]);

/* Since when it is in its state, or has ended. */
int64_t job_since_us(const json_t *job);

/* Its state, or its result when it has ended. */
const char *job_state(const json_t *job);

/* Why it waits; "" when it does not. */
const char *job_reason(const json_t *job);

#endif
