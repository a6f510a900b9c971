/* SPDX-License-Identifier: Apache-2.0
 *
 * What a simulated world tells the core of speeds: runs of one kind on one chip are summed up, and
 * told after 1, 2, 4, 8 and so on of them, so that events stay few. A run on several kinds of chips
 * says nothing about any of them.
 *
 *   life cycle   paces_init, paces_deinit
 *   change       paces_note
 */
#ifndef SIM_PACES_H
#define SIM_PACES_H

#include "parc/error.h"
#include "parc/event.h"

struct pace_sum {
	int64_t sum, squares; /* of the runs that were not told yet */
	int32_t count, told;
};

struct paces {
	struct pace_sum **kinds; /* by kind of the log, then by chip; NULL: nothing yet */
	int32_t kinds_count, chips_count;
};

int paces_init(struct paces *paces, int32_t kinds, int32_t chips, struct parc_err *err);
void paces_deinit(struct paces *paces); /* takes a zeroed one */

/* A run of the kind (-1: unknown) at this speed on these chips has ended well. 1: `event` tells the
 * core of it (its time is not set), 0: not yet, or PARC_ERR_MEMORY. */
int paces_note(struct paces *paces, int32_t kind, uint64_t chips, int32_t speed_milli,
	       struct parc_event *event, struct parc_err *err);

#endif
