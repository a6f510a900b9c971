/* SPDX-License-Identifier: Apache-2.0
 *
 * When what breaks: devices, nodes and racks fail at random, each with an exponential time
 * between failures, and are repaired after an exponential time. The draws depend on the seed
 * alone, not on what the policy does, so compared policies meet the same faults.
 */
#ifndef SIM_FAULTS_H
#define SIM_FAULTS_H

#include "sim/replay.h"

struct faults {
	const struct fleet *fleet;
	uint64_t random;
	int64_t units[REPLAY_FAULT_KINDS];   /* devices, nodes and racks there are */
	int64_t mean_us[REPLAY_FAULT_KINDS]; /* between failures of any of them; 0: none */
	int64_t next_us[REPLAY_FAULT_KINDS]; /* PARC_NEVER: none */
	int64_t mttr_us;
	int64_t *device_us, *node_us; /* repaired at; 0: in order. Devices of all nodes in a row */
};

/* Refused (PARC_ERR_INVALID) when racks are to fail and the fleet has none. */
int faults_init(struct faults *faults, const struct replay_config *config, int64_t devices,
		struct parc_err *err);
void faults_deinit(struct faults *faults); /* takes a zeroed one */

/* Time of the next failure, PARC_NEVER: none. */
int64_t faults_next_us(const struct faults *faults);

struct fault {
	int32_t kind;	   /* enum replay_fault */
	int64_t unit;	   /* which device or node (from 0), id of the rack's place */
	int64_t repair_us; /* how long the repair takes */
};

/* Take out the next failure and draw the one after it. */
struct fault faults_pop(struct faults *faults);

/* Failures before `now_us` did not happen: nothing could be hurt. Draw the next ones anew. */
void faults_skip(struct faults *faults, int64_t now_us);

#endif
