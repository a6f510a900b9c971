/* SPDX-License-Identifier: Apache-2.0
 *
 * How fast kinds of jobs really run on chips, for a simulated world that differs from what is
 * declared or in the catalogue: a table kind,chip,speed_milli,spread_milli (docs/formats.md). The
 * kind `*` stands for all that have no row of their own on that chip.
 *
 *   life cycle   truth_read, truth_deinit
 *   query        truth_speed
 */
#ifndef TRACE_TRUTH_H
#define TRACE_TRUTH_H

#include "trace/jobs.h"

#define TRUTH_ROWS_MAX (1 << 20)

struct truth_row {
	int32_t kind, chip; /* kind: of the log's names, -1: all */
	int32_t speed_milli, spread_milli;
};

struct truth {
	struct truth_row *rows; /* by kind, then chip */
	int32_t count;
};

/* Rows of kinds and chips that neither log nor fleet has are passed over. A malformed one is
 * refused with its place; the truth is then empty. */
int truth_read(struct truth *truth, const char *path, const struct fleet *fleet,
	       const struct jobs *jobs, struct parc_err *err);
int truth_read_bytes(struct truth *truth, const struct text *text, const struct fleet *fleet,
		     const struct jobs *jobs, struct parc_err *err);
void truth_deinit(struct truth *truth); /* takes a zeroed one */

/* The speed of one run: the row's, moved evenly within its spread by `draw`; 0: no row says. */
int32_t truth_speed(const struct truth *truth, int32_t kind, int32_t chip, uint64_t draw);

#endif
