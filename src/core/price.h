/* SPDX-License-Identifier: Apache-2.0
 *
 * Scarcity prices: what it costs the work to come when a node can no longer host something.
 *
 * Two things run out before the sum of devices does: nodes that host a gang's task or a task
 * with much CPU, and chips that some work is restricted to. For each such type of task the
 * demand expected until the fleet is full is set against the nodes that still host it; for each
 * chip the restricted demand against what is fillable there. Where supply is ample the price is
 * zero, so nothing is held back without need; but a node that can take a gang's task is never
 * free of charge, so that among nodes alike in all else one in use is taken: whole nodes would
 * be broken by dozens before the next epoch sees it. Prices are internal scores, not money.
 *
 * They are reckoned anew each epoch, after a number of arrivals in proportion to the fleet, and
 * taken over only when they moved by more than a step, so remembered scores live long. Nothing
 * is known of what is to come but the profile.
 */
#ifndef CORE_PRICE_H
#define CORE_PRICE_H

#include "core/fit.h"

#define PRICED_MAX	64   /* types with a price of their own: a bit each */
#define PRICE_ONE	256  /* values are in 1/256 of a thousandth of a device */
#define CHIP_PRICES_ONE 1024 /* chip prices are in 1/1024 */

struct priced_type {
	uint64_t chips;
	int64_t count;
	int32_t cpu_milli, devices; /* whole devices */
	int32_t level;		    /* of scarcity: 0 the most, PRICE_LEVELS none */
};

struct prices {
	/* state */
	struct priced_type types[PRICED_MAX];
	int32_t types_count;
	int32_t chips[PARC_CHIPS_MAX]; /* for what only fits there */
	int64_t next;		       /* tasks seen when they are next reckoned */
	/* derived */
	int32_t values[PRICED_MAX]; /* of losing a host, by type */
	/* sets of types, a bit each: by chip that they may have, by whole devices and by CPU that
	 * are enough (cpus: what they ask for, ascending, without doubles) */
	uint64_t by_chip[PARC_CHIPS_MAX], by_whole[PARC_NODE_DEVICES_MAX + 1];
	uint64_t by_cpu[PRICED_MAX + 1];
	int32_t cpus[PRICED_MAX], cpus_count;
	int64_t hosted[PRICED_MAX];	/* tasks (1 device) or nodes (gangs) that still fit */
	int64_t filled[PARC_CHIPS_MAX]; /* fillable part of what is free, CUTTING_ONE a device */
	int on;				/* the policy in force uses prices */
};

void prices_init(struct parc_core *core, struct block *block);

/* The profile changed: choose the types and reckon their prices. */
void prices_choose(struct parc_core *core);

/* A task arrived: reckon when it is time. */
void prices_arrive(struct parc_core *core);

/* A node changed: count what it hosts anew, by its view, NULL: it is not up. `change`: as in
 * index_seek, and the view lacks the devices. */
void prices_note(struct parc_core *core, int32_t node, const struct view *view,
		 const struct change *change);

/* Count all nodes anew, after decoding or when the policy changes. */
void prices_recount(struct parc_core *core);

/* The priced types that a node of this kind hosts with so many whole devices and so much CPU free,
 * a bit each; the dearest of a set. */
uint64_t prices_hosts(const struct prices *prices, const struct kind *kind, int32_t whole,
		      int32_t cpu_free);

static inline int32_t prices_dearest(const struct prices *prices, uint64_t lost)
{
	int32_t dearest = 0;

	for (; lost != 0; lost &= lost - 1) {
		int32_t value = prices->values[__builtin_ctzll(lost)];

		dearest = value > dearest ? value : dearest;
	}
	return dearest;
}

/* Invariant C3: the counts are what a recount gives. */
int prices_check(const struct parc_core *core, struct parc_err *err);

#endif
