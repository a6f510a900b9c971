/* SPDX-License-Identifier: Apache-2.0
 *
 * Results of replays that never ran, made from a seed: for tests of what is done with results.
 */
#ifndef SUPPORT_RUNS_H
#define SUPPORT_RUNS_H

#include "sim/replay.h"

#define RUNS_MAX    8
#define RUNS_POINTS 120
#define RUNS_JOBS   1500

struct runs {
	struct fleet fleet;
	struct replay_config configs[RUNS_MAX];
	struct replay_result results[RUNS_MAX];
	int32_t count;
};

/* So many results of one log and one fleet, each a little slower than the one before. `tenant` is
 * the name of the largest tenant and may hold any bytes; it must outlive `runs`. */
void runs_init(struct runs *runs, int32_t count, int32_t tenants, const char *tenant);
void runs_deinit(struct runs *runs);

#endif
