/* SPDX-License-Identifier: Apache-2.0
 *
 * How much of a node's devices is expected to stay unused for lack of CPU, given its free CPU
 * and the fillable part of its free devices: a table over both, made once for a profile.
 */
#ifndef CORE_SHORTAGE_H
#define CORE_SHORTAGE_H

#include "core/fit.h"

#define SHORTAGE_CPU_STEPS    66
#define SHORTAGE_VOLUME_STEPS 81

struct profile_type;

struct shortage {
	int32_t cpu_step, volume_step; /* thousandths of a core and of a device in one step */
	int32_t cells[SHORTAGE_CPU_STEPS][SHORTAGE_VOLUME_STEPS]; /* sixteenths of a thousandth */
};

/* Make the table for these types, on nodes of up to cpu_milli and volume_milli. */
void shortage_make(struct shortage *it, const struct profile_type *types, int32_t count,
		   int32_t cpu_milli, int32_t volume_milli);

/* The expected shortage in 1/256 of a thousandth of a device. */
int64_t shortage_of(const struct shortage *it, int32_t cpu_milli, int32_t volume_milli);

#endif
