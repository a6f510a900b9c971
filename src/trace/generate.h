/* SPDX-License-Identifier: Apache-2.0
 *
 * Making fleets and workloads of any size from a mix (mix.h) and a seed. The same mix, size and
 * seed give the same result on every machine.
 */
#ifndef TRACE_GENERATE_H
#define TRACE_GENERATE_H

#include "trace/mix.h"

/* A fleet of `nodes` nodes (1..FLEET_NODES_MAX). Models take their parts of the racks, pods or
 * sites by largest remainder; the seed says which. The caller ends it with fleet_deinit. */
int fleet_generate(struct fleet *fleet, const struct fleet_mix *mix, int32_t nodes, uint64_t seed,
		   struct parc_err *err);

/* `count` tasks in order of arrival, at random times (Poisson). Refuses a mix that names a chip
 * which the fleet lacks. The caller ends it with tasks_deinit. */
int tasks_generate(struct tasks *tasks, const struct fleet *fleet, const struct task_mix *mix,
		   int32_t count, uint64_t seed, struct parc_err *err);

#endif
