/* SPDX-License-Identifier: Apache-2.0
 *
 * The distribution of a task list: its distinct shapes with their counts, most frequent first.
 * It is what a policy may be told about the work to come, and what the stranded rest of a fleet
 * is judged by.
 */
#ifndef SIM_DEMAND_H
#define SIM_DEMAND_H

#include "trace/tasks.h"

struct demand_shape {
	struct parc_profile_entry entry; /* memory, which tells no shapes apart, is the mean */
	int64_t memory_min_mib;		 /* the least that a task of this shape asks */
	int32_t spec;			 /* of its rows (tasks.h) */
};

struct demand {
	struct demand_shape *shapes;
	int32_t count;
	int32_t frequent_count; /* the shortest prefix with at least 95 % of the tasks */
};

/* Count the tasks of each shape (CPU, share, devices, chips, device memory, link) of a list; ties
 * by falling CPU, share, devices, text of the list of chips. Tasks that no chip of the fleet can
 * run are left out, and the least frequent shapes beyond PARC_PROFILE_MAX too. The caller ends it
 * with demand_deinit. */
int demand_init(struct demand *demand, const struct tasks *tasks, struct parc_err *err);
void demand_deinit(struct demand *demand); /* takes a zeroed one */

#endif
