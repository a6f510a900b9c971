/* SPDX-License-Identifier: Apache-2.0
 *
 * The experiment with packing: holders of whole devices, whose use was sampled, are packed by what
 * the first half of the samples says, and the second half is the judge.
 *
 *   run     packing_run
 *   write   packing_text, packing_json
 *
 * The core does the packing: each holder is a packable job of a kind of its own, the percentile of
 * its first half a measured use (src/core/pack.h). A holder with too few samples keeps a device.
 */
#ifndef SIM_PACKING_H
#define SIM_PACKING_H

#include <jansson.h>
#include <stdio.h>

#include "trace/fleet.h"
#include "trace/use.h"

#define PACKING_SAMPLES_MIN 60 /* of the first half, for its percentile to count */
#define PACKING_STEP_MILLI  10 /* measured uses are rounded up to these */

struct packing_config {
	const struct fleet *fleet;
	const struct use_series *use;
	int32_t percentile_milli;  /* 990: the 99th; 1000: the highest */
	int32_t margin_milli;	   /* 1..1000 */
	int32_t device_memory_mib; /* of each holder: assumed */
	int32_t place;		   /* enum parc_place */
	int32_t check;		   /* 1: verify all invariants at the end */
};

struct packing_result {
	const struct packing_config *config;
	int32_t holders, fitted; /* fitted: with enough samples in the first half */
	int32_t devices, left;	 /* that hold somebody; holders that found no room */
	int32_t holders_most;	 /* on one device */
	/* Of the second half, over all device-minutes with a sample. */
	int64_t minutes, minutes_over; /* over: the sum of its holders' use is above a device */
	double use, use_before;	       /* mean part of a device that is busy, packed and alone */
	double over;		       /* of all work, the part that found its device full */
	int32_t worst_milli;	       /* the highest sum */
};

/* 0, or why not. */
int packing_run(struct packing_result *result, const struct packing_config *config,
		struct parc_err *err);

void packing_text(FILE *out, const struct packing_result *result);
json_t *packing_json(const struct packing_result *result);

#endif
