/* SPDX-License-Identifier: Apache-2.0
 *
 * How much of a node's devices is expected to stay unused for lack of CPU, or of memory, given
 * what is free of it and the fillable part of the free devices: a table over both, made once for a
 * profile. CPU and memory have a table each, and so has each set of chips on which the same types
 * of the profile may run: what other chips are asked for says nothing of what is short here.
 */
#ifndef CORE_SHORTAGE_H
#define CORE_SHORTAGE_H

#include "base/reciprocal.h"
#include "core/fit.h"

#define SHORTAGE_STEPS	      66 /* of what runs short */
#define SHORTAGE_VOLUME_STEPS 81
#define SHORTAGES_MAX	      8 /* sets of types told apart, the first being that of all */

struct policy;

enum shortage_kind {
	SHORTAGE_CPU,	/* amounts in thousandths of a core */
	SHORTAGE_MEMORY /* in MiB */
};

struct shortage {
	int64_t step;					      /* the amount in one step */
	int32_t volume_step;				      /* thousandths of a device */
	struct reciprocal by_step, by_volume, by_cell;	      /* cell: step times volume_step */
	int32_t cells[SHORTAGE_STEPS][SHORTAGE_VOLUME_STEPS]; /* sixteenths of a thousandth */
};

struct shortages {
	struct shortage cpu[SHORTAGES_MAX], memory[SHORTAGES_MAX];
	uint8_t of_chip[PARC_CHIPS_MAX]; /* which of them; 0 for chips that found no room, too */
};

/* Make the tables for the policy's types, on nodes as large as its largest. */
void shortages_make(struct shortages *it, const struct policy *policy);

/* Which tables hold on nodes of this kind: those of its chips; those of all work if its devices are
 * of several sorts that are not alike. It depends on the chips of the devices alone. */
static inline int32_t shortages_of_kind(const struct shortages *it, const struct kind *kind)
{
	int32_t found = -1;

	for (int32_t p = 0; p < kind->pools_count; p++) {
		int32_t set = it->of_chip[kind->pools[p].chip];

		if (kind->pools[p].count == 0 || set == found)
			continue;
		if (found >= 0)
			return 0;
		found = set;
	}
	return found > 0 ? found : 0;
}

/* Where an amount lies in a table, or a volume: on this step, with so much above it. */
struct shortage_at {
	int32_t step, rest;
};

/* Where an amount lies, from 0 on, and a volume in thousandths of a device: the same in the tables
 * of CPU and of memory. */
struct shortage_at shortage_amount(const struct shortage *it, int64_t amount);
struct shortage_at shortage_volume(const struct shortage *it, int32_t volume_milli);

/* The expected shortage in 1/256 of a thousandth of a device. */
int64_t shortage_of(const struct shortage *it, struct shortage_at amount,
		    struct shortage_at volume);

#endif
