/* SPDX-License-Identifier: Apache-2.0
 *
 * A made-up world around a core: a small fleet of several chips, users who submit and cancel,
 * an operator who drains and changes policies, faults, and allocations that start, report, end
 * and get lost. Every choice is drawn (draw.h), so a world is one seed or one string of bytes.
 *
 * It knows the core through its public queries only, and now and then sends what is impossible.
 */
#ifndef SUPPORT_WORLD_H
#define SUPPORT_WORLD_H

#include "support/draw.h"
#include "support/script.h"

#define WORLD_JOBS_MAX	512
#define WORLD_NODES_MAX 64
#define WORLD_CHIPS_MAX 5

struct world {
	struct draw *draw;
	int64_t time_us;
	int64_t jobs[WORLD_JOBS_MAX], nodes[WORLD_NODES_MAX]; /* ids that were used */
	int64_t places, tenants;			      /* ids 1 .. this */
	int32_t place_levels[17];			      /* by id */
	int32_t jobs_count, nodes_count;
	int64_t last_job, last_node; /* the largest ids that it chose itself */
	int32_t chips_count, chips_kind[WORLD_CHIPS_MAX];
	int64_t window_last;  /* the highest id of a window that it chose */
	int64_t replica_last; /* the highest id of a replica that was seen */
	int32_t place;	      /* policy in force; -1: drawn */
	int32_t setup;	      /* events of the fleet still to come */
	int32_t nodes_wanted;
	int32_t returning; /* jobs of `returner` still to come in this instant */
	int64_t returner;  /* tenant */
	uint8_t lent;	   /* most work may be told to stop, and holders come back with many jobs */
	uint8_t dealt; /* the fleet is dealt: chips in thousandths, jobs of few kinds that may move
			*/
	uint8_t plain; /* one task, one group: for the fuzzer's first steps and the oracle */
};

/* Begin a world; `place`: the policy to begin with, -1: any. */
void world_init(struct world *world, struct draw *draw, int32_t place);

/* Limits of a core for it: small, so that tables fill. */
void world_limits(struct world *world, struct parc_limits *limits);

/* What happens next, given what the core says. */
void world_next(struct world *world, const struct parc_core *core, struct entry *entry);

/* What brings the world to rest, one event a call: faults are mended, nodes come back, jobs that
 * run end well. 0: there is nothing left to do. */
int world_settle(struct world *world, const struct parc_core *core, struct entry *entry);

/* One drawn task, chip and node, for tests of their own. */
void world_task(struct draw *draw, struct parc_task *task, int32_t chips);
/* One guarantee of any chips, or several, with each of the chips in one of them or in none. */
void world_guarantees(struct draw *draw, struct parc_tenant *set, int32_t chips_count);
void world_chip(struct draw *draw, struct parc_chip *chip, int32_t number, int32_t preset);
void world_node(struct draw *draw, struct parc_node_add *add, const int32_t *presets, int32_t chips,
		int32_t devices_max);
#define WORLD_PRESETS 10

#endif
