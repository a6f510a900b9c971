/* SPDX-License-Identifier: Apache-2.0
 *
 * How busy devices were, by who held them: a table of samples with the columns value (per cent),
 * timestamp_anon (seconds) and container_ip (the holder), as in Alibaba's
 * cluster-trace-v2026-GenAI.
 *
 *   read   use_read
 *   end    use_deinit
 */
#ifndef TRACE_USE_H
#define TRACE_USE_H

#include <stdint.h>

#include "parc/error.h"

#define USE_HOLDERS_MAX 65536
#define USE_MINUTES_MAX 65536 /* 45 days */
#define USE_NONE	(-1)  /* no sample */

struct use_series {
	int32_t holders, minutes; /* minutes: from the first sample of all to the last */
	int16_t *milli;		  /* [holder * minutes + minute]: busy thousandths, or USE_NONE */
};

/* Holders are numbered in the order of the file; of several samples in a minute the highest
 * counts. What is malformed is refused with file, line, column and what was expected. The caller
 * ends it with use_deinit. */
int use_read(struct use_series *use, const char *path, struct parc_err *err);
void use_deinit(struct use_series *use); /* takes an empty one */

static inline int16_t use_at(const struct use_series *use, int32_t holder, int32_t minute)
{
	return use->milli[(int64_t)holder * use->minutes + minute];
}

#endif
