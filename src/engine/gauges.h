/* SPDX-License-Identifier: Apache-2.0
 *
 * What the engine knows of the machine's devices: it runs the gauge, reads its messages without
 * waiting, and keeps the last sample of each device. A gauge that falls silent or ends is replaced,
 * and until then everything is unmeasured.
 */
#ifndef ENGINE_GAUGES_H
#define ENGINE_GAUGES_H

#include "engine/engine.h"
#include "engine/gauge.h"

struct gauges_device {
	struct adapter_device description;
	struct adapter_sample sample;
	int32_t adapter;
	int32_t pool;	      /* of the machine, -1: left out */
	int32_t index;	      /* of the node's devices, -1: it is a pool of cores, or left out */
	int32_t lost_runs;    /* samples in a row in which it did not answer; below 0: did, after a
				 loss */
	int32_t holders;      /* attempts that run on it */
	int32_t foreign_runs; /* samples in a row with a process that is not ours; below 0: without
			       */
	int32_t foreign_mib;  /* of them, at the last sample */
	int8_t is_failed;     /* as reported */
	int32_t told_share_milli, told_mib; /* foreign, as reported */
};

struct gauges {
	const char *program;
	struct adapter_world world;
	int64_t period_us; /* between two samples of a device */
	int64_t pid;
	int fd; /* of the pipe, -1: no gauge runs */
	int is_ready;
	int64_t heard_us; /* last tick, on the clock since boot */
	int64_t next_us;  /* not another gauge before */
	int32_t restarts;
	size_t got; /* bytes of the message that has begun */
	struct gauge_message message;
	struct gauges_device devices[GAUGE_DEVICES_MAX];
	int32_t count;
	struct engine_pool pools[PARC_NODE_POOLS_MAX];
	int32_t pools_count, node_devices;
	char problem[PARC_ERR_TEXT_MAX]; /* the last, "" when it was told */
};

/* Start the gauge and wait until it has found the devices, ten seconds at most. */
void gauges_open(struct gauges *gauges, const char *program, const struct adapter_world *world,
		 int64_t period_us);
void gauges_close(struct gauges *gauges);

/* Take what the pipe holds: 1 when a tick came, with all samples of it. */
int gauges_hear(struct gauges *gauges);

/* Once a second: replace a gauge that is silent. 1 when a new one was started: its fd is another.
 */
int gauges_tend(struct gauges *gauges, int64_t now_us);

/* The device with that index of the node, NULL: none. */
struct gauges_device *gauges_get(struct gauges *gauges, int32_t index);

/* Was it measured in the last seconds? */
int gauges_is_fresh(const struct gauges *gauges, int64_t now_us);

#endif
