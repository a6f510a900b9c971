/* SPDX-License-Identifier: Apache-2.0
 *
 * The record of a tenant. Slots as in model.h.
 */
#ifndef CORE_MODEL_TENANT_H
#define CORE_MODEL_TENANT_H

#include "core/model.h"

/* What the guarantees that name the same chips may still want. */
struct pledge {
	uint64_t chips; /* 0: all */
	int64_t normal;
};

/* How it stands with one guarantee of a holder (tree.h). All derived. */
struct guarantee {
	int64_t promised_normal; /* the guarantee less those handed down */
	int64_t used_normal;	 /* held on its chips by whom it holds for */
	int64_t borrowed_normal; /* while victims are chosen */
	int64_t leaving_normal;	 /* while it is recalled: of what is used, told to stop */
	int64_t recalled_normal; /* likewise: what of it is spoken for */
	int32_t pledge;		 /* its set of chips (state.h) */
};

/* A tenant in the tree (tree.h). Normal: thousandths of devices x accounting rate. */
struct tenant {
	struct parc_tenant set; /* as set; tenant 0: an empty slot */
	int32_t jobs;		/* its jobs in the core */
	struct usage usage;	/* of these and of all before them */
	__int128 past;		/* fair share: what it had, decayed to the last epoch ... */
	__int128 charged;	/* ... and `usage.normal` up to there */
	/* derived */
	int32_t parent, first_child, next_child; /* slots, -1: none */
	int32_t holder;		  /* whose guarantees hold for it: at or above it; -1: none */
	int32_t capped;		  /* the nearest with a cap, at or above it; -1: none */
	int32_t rank;		  /* whose turn it is by fair share, from 0 */
	int32_t pending, running; /* its jobs without and with an allocation */
	int32_t tree_pending, tree_running; /* of it and of all below it */
	int32_t kept_jobs;		    /* of the tree, with a reservation */
	int64_t tree_normal, kept_normal;   /* held by the tree; what these jobs will hold */
	struct guarantee guarantees[PARC_GUARANTEES_MAX]; /* holder: as in `set` */
	int32_t gates[2];	 /* rankings of the strands that wait for room: enum gate */
	int32_t gate_next;	 /* in the list of those that may have got some; -2: not in it */
	int32_t bundles, closed; /* holder: the first of its bundles, of its strands at gates */
	__int128 tree_past;	 /* while ranks are reckoned */
};

#endif
