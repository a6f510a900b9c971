/* SPDX-License-Identifier: Apache-2.0
 *
 * Mixes: what a generated fleet or workload is like, read from YAML (docs/formats.md).
 *
 *   fleet_mix_read, fleet_mix_deinit     key fleet_mix: chips, models of nodes, sizes of places
 *   task_mix_read, task_mix_deinit       key task_mix: rate of arrivals, shapes of tasks
 */
#ifndef TRACE_MIX_H
#define TRACE_MIX_H

#include "trace/chance.h"
#include "trace/tasks.h"

#define MIX_MODELS_MAX 64
#define MIX_SHAPES_MAX 512
#define MIX_SHARES_MAX 16
#define MIX_CHIPS_MAX  16
#define MIX_WEIGHT_MAX 1000000
#define MIX_RATE_MAX   INT64_C(3600000000) /* arrivals an hour: a million a second */

struct mix_model {
	int32_t weight;		  /* its part of the fleet's nodes */
	struct parc_node_add add; /* CPU, memory and pools */
};

struct fleet_mix {
	struct fleet catalogue; /* chips only */
	struct mix_model *models;
	int32_t models_count;
	int32_t nodes; /* when the caller gives no number; 0: it must */
	int32_t nodes_per_rack, racks_per_pod, pods_per_site;
	int32_t together; /* enum parc_level: nodes of one SITE, POD or RACK are of one model; NODE
			   */
};

enum mix_length_kind {
	MIX_LENGTH_UNKNOWN,
	MIX_LENGTH_FIXED,
	MIX_LENGTH_EXPONENTIAL,
	MIX_LENGTH_TAIL
};

struct mix_length {
	int32_t kind; /* enum mix_length_kind */
	int64_t mean_s;
	struct chance_pareto tail; /* in seconds */
};

struct mix_shape {
	int32_t weight;
	struct parc_task task; /* chips and share are filled in from below */
	char chips[MIX_CHIPS_MAX][FLEET_NAME_MAX + 1];
	int32_t chips_count; /* 0: any */
	int32_t shares_milli[MIX_SHARES_MAX];
	int32_t shares_count; /* one of them is drawn */
	/* for each whole device, beside the task's own; a share takes its part */
	int64_t cpu_milli_per_device, memory_mib_per_device;
	int32_t gang, close_level, close_strength;
	struct mix_length length;
};

struct task_mix {
	int64_t arrivals_per_hour;
	struct mix_shape *shapes;
	int32_t shapes_count;
};

/* Read a mix. A malformed file is refused with the place and what was expected; the mix is then
 * empty. The caller ends it with deinit, which takes an empty one. */
int fleet_mix_read(struct fleet_mix *mix, const char *path, struct parc_err *err);
int fleet_mix_read_with(struct fleet_mix *mix, const char *path, const struct catalogue *catalogue,
			struct parc_err *err);
int fleet_mix_read_bytes(struct fleet_mix *mix, const char *name, const char *bytes, size_t size,
			 struct parc_err *err);
void fleet_mix_deinit(struct fleet_mix *mix);

int task_mix_read(struct task_mix *mix, const char *path, struct parc_err *err);
int task_mix_read_bytes(struct task_mix *mix, const char *name, const char *bytes, size_t size,
			struct parc_err *err);
void task_mix_deinit(struct task_mix *mix);

#endif
