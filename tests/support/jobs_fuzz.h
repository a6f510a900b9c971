/* SPDX-License-Identifier: Apache-2.0
 *
 * What the fuzzers of the readers of job logs have in common.
 */
#ifndef SUPPORT_JOBS_FUZZ_H
#define SUPPORT_JOBS_FUZZ_H

#include <stddef.h>
#include <stdint.h>

#include "text/text.h"
#include "trace/jobs.h"

/* Read bytes in this format, strictly and leniently: a log that is read obeys the bounds of jobs.h
 * and is the same after it was written and read again; one that is not has a sentence. */
void jobs_fuzz(const char *format, const uint8_t *bytes, size_t size);

/* The same once, for this fleet and with these options. */
void jobs_fuzz_read(const char *format, const struct fleet *fleet, const struct text *text,
		    const struct jobs_options *options);

#endif
