/* SPDX-License-Identifier: Apache-2.0
 *
 * The saturation experiment (Weng et al., "Beware of Fragmentation", USENIX ATC 2023): tasks
 * arrive one by one and never leave, until the device requests that arrived reach a multiple of
 * the fleet's devices. A task that does not fit when it arrives is refused and counts as arrived.
 *
 * Metric: after each arrival, level = arrived / capacity and value = allocated / capacity, both
 * rounded to whole and to hundredths of a per cent; the allocation at a level is the mean of the
 * values there. A level at which nothing arrived (small fleets) repeats the last value.
 */
#ifndef SIM_SATURATE_H
#define SIM_SATURATE_H

#include "sim/demand.h"
#include "sim/record.h"
#include "sim/stranded.h"

#define SATURATE_LEVEL_MAX 1000			       /* per cent: ten times the fleet */
#define SATURATE_KINDS	   (PARC_NODE_DEVICES_MAX + 3) /* of tasks, told apart in the tables */
#define SATURATE_SCALE	   10000 /* an allocation is in ten thousandths of 1 % */

typedef void (*saturate_progress)(void *arg, int32_t seeds_done, int32_t seeds);

struct saturate_config {
	const struct fleet *fleet;
	const struct tasks *tasks;
	const struct order_seed *seeds; /* arrival orders and ranks */
	const struct demand *demand;	/* of the tasks */
	struct record *record;		/* NULL: not recorded */
	saturate_progress progress;	/* NULL: none */
	void *progress_arg;
	int32_t seeds_count;
	int32_t saturate_milli; /* 1300: until 1.3 times the devices are asked for */
	int32_t place;		/* enum parc_place */
	uint8_t tell_demand;	/* the policy is given `demand`; else it learns */
	uint8_t halfway;	/* encode, decode and continue in the middle of each seed */
	uint8_t check;		/* verify the core's invariants now and then */
};

/* One seed's results; saturate_result.sum has the same fields summed over the seeds. */
struct saturate_seed {
	int64_t seed, tasks, refused, deciding_ns;
	uint64_t digest;
	int64_t allocated[SATURATE_LEVEL_MAX + 1]; /* per level, in SATURATE_SCALE */
	int64_t arrived_by_kind[SATURATE_KINDS], refused_by_kind[SATURATE_KINDS];
	int64_t allocated_by_chip[PARC_CHIPS_MAX]; /* thousandths of devices, at the end */
	struct stranded stranded;		   /* of what is free at the end */
};

struct saturate_result {
	const struct saturate_config *config;
	struct saturate_seed *seeds, sum;
	int32_t seeds_count, level_max;
	int64_t capacity_milli, capacity_by_chip[PARC_CHIPS_MAX];
};

/* Run all seeds. Every start and every refusal is verified against a second book (mirror.h): a
 * policy that refuses what fits fails the run with PARC_ERR_MISMATCH. The configuration must
 * outlive the result. */
int saturate_run(struct saturate_result *result, const struct saturate_config *config,
		 struct parc_err *err);
void saturate_deinit(struct saturate_result *result); /* takes a zeroed one */

/* Kind of a row in the tables by shape: 0 CPU only, 1 a part of a device, 1 + n for n devices, the
 * last one a gang of several tasks. */
int32_t saturate_kind(const struct tasks_row *row);

#endif
