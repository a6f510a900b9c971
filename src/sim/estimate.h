/* SPDX-License-Identifier: Apache-2.0
 *
 * Lengths of jobs, learnt from those that have ended. What is known of a job before it runs is
 * who submits it and what it is called; jobs that agree in both take similar times.
 *
 *   life cycle   estimate_init, estimate_deinit
 *   change       estimate_learn
 *   query        estimate_length
 *
 * The logarithms of lengths are counted, as lengths spread over six orders of magnitude: the
 * estimate is exp(mean) of the narrowest group that has enough: tenant and kind, tenant, all.
 */
#ifndef SIM_ESTIMATE_H
#define SIM_ESTIMATE_H

#include <stdint.h>

#include "parc/error.h"

#define ESTIMATE_ENOUGH 3 /* jobs that must have ended before a group is believed */

struct estimate_group {
	int64_t count;
	int64_t sum;	 /* of the logarithms to base 2, in 2^-16 */
	__int128 square; /* of their squares */
};

struct estimate_cell {
	int64_t key; /* 0: empty */
	struct estimate_group group;
};

struct estimate {
	struct estimate_cell *cells; /* open addressing, at most half full */
	int64_t size, count;
	struct estimate_group *tenants, all;
	int32_t tenants_count;
	int32_t spread_milli; /* so many deviations above the mean, in thousandths */
};

/* Room for `tenants` tenants; kinds are taken in as they come. */
int estimate_init(struct estimate *estimate, int32_t tenants, struct parc_err *err);
void estimate_deinit(struct estimate *estimate); /* takes a zeroed one */

/* A job of this tenant (0..) and kind (-1: unknown) took so long. */
int estimate_learn(struct estimate *estimate, int32_t tenant, int32_t kind, int64_t length_us,
		   struct parc_err *err);

/* What the next one may take; 0: nothing is known. */
int64_t estimate_length(const struct estimate *estimate, int32_t tenant, int32_t kind);

#endif
