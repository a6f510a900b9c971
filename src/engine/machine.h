/* SPDX-License-Identifier: Apache-2.0
 *
 * What an engine says of the machine that it runs on, and of what its devices do.
 */
#ifndef ENGINE_MACHINE_H
#define ENGINE_MACHINE_H

#include <stdint.h>

#include "parc/core.h"

#define ENGINE_NAME_MAX 63 /* bytes of a chip's or a node's name */

/* The machine as one node. Chips are named as in the catalogue. */
struct engine_pool {
	char chip[ENGINE_NAME_MAX + 1];
	int32_t rule, memory_mib, devices, link_size; /* enum parc_rule; as in struct parc_pool */
	int32_t step_milli;			      /* SCALAR: smallest share it can enforce */
	uint8_t one_user;
};

struct engine_machine {
	char name[ENGINE_NAME_MAX + 1];
	int32_t cpu_milli, pools_count;
	int64_t memory_mib;
	struct engine_pool pools[PARC_NODE_POOLS_MAX];
	char limits[512]; /* sentences: what is not enforced or not measured here; "": all is */
};

/* What a device did at the last look; -1: unmeasured. */
struct engine_device {
	int32_t device; /* of the node; -1: the pool of cores */
	int32_t pool;	/* of the machine */
	int32_t busy_milli, memory_mib;
	int64_t power_mw;
	int32_t processes; /* that use it */
	int32_t foreign;   /* 1: some are not ours */
};

#endif
