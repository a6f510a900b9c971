/* SPDX-License-Identifier: Apache-2.0
 *
 * Does a task fit on a node, and on which of its devices: partition rules, units, link groups.
 * Everything works on a view, a copy of what is free on one node, so that the same code serves
 * real nodes, classes of equal nodes, and nodes as they would be.
 */
#ifndef CORE_FIT_H
#define CORE_FIT_H

#include "core/state.h"

/* What is free on one device. A failed device has nothing free. */
struct cell {
	int32_t free_mib, owner;
	int16_t free_milli;
	uint16_t slots; /* taken */
};

/* What is free on one node. */
struct view {
	const struct kind *kind;
	int64_t memory_free;
	int32_t cpu_free;
	int32_t node;		   /* slot, -1: a class */
	uint64_t hash;		   /* of its devices (profile.h); 0: not known */
	struct standing *standing; /* where what it is worth is remembered; NULL: nowhere */
	int priced;		   /* set by a score: what prices it looked at (priced.h) */
	struct cell cells[PARC_NODE_DEVICES_MAX];
};

#define CHANGE_MAX 2

/* What a task that comes or goes changes of the devices of a node: so many of a pool that were
 * alike and are again. What follows from the devices of the node is mended by that, and not
 * reckoned anew from all of them. */
struct change {
	int32_t count; /* CHANGE_MAX + 1: they are too many */
	struct changed_devices {
		int32_t pool, count;
		struct cell before, after;
	} parts[CHANGE_MAX];
};

/* What a task would hold on each of its devices of one chip. */
struct booking {
	int32_t devices, share_milli, memory_mib, cpu_milli; /* cpu: with rented cores */
	int32_t slots;					     /* consecutive slots, TEMPLATES only */
	uint32_t starts;				     /* where they may begin */
	int32_t must_link;
};

/* Where a task would go: a pool, its candidates, and the devices chosen among them. */
struct pick {
	struct booking booking;
	int32_t pool;	  /* -1: no device */
	uint32_t can;	  /* devices of which any booking.devices may be taken */
	uint32_t devices; /* chosen */
	uint32_t slots;	  /* on the chosen device */
};

/* Resolve a request; `user` is the job's. */
void ask_init(const struct parc_core *core, struct ask *ask, const struct parc_task *task,
	      int64_t user);

/* Is it what ask_init would make of that? */
int ask_is_of(const struct parc_core *core, const struct ask *ask, const struct parc_task *task,
	      int64_t user);

int ask_is_equal(const struct ask *a, const struct ask *b);

/* What the ask books on this chip; 0 if the chip cannot serve it. */
int chip_book(const struct parc_chip *chip, const struct ask *ask, struct booking *booking);

/* Copy what is free on a node, less what it keeps for reservations; and all that is free. */
void view_of_node(const struct parc_core *core, int32_t node, struct view *view);
void view_of_node_whole(const struct parc_core *core, int32_t node, struct view *view);

/* The same of one device with so much memory, of a node that keeps nothing; and the view of such a
 * node but for its devices. */
struct cell cell_of_device(const struct device *device, const struct beset *beset,
			   int32_t memory_mib);
void view_of_node_alone(const struct parc_core *core, int32_t node, struct view *view);

/* Take out of a view what is kept. */
struct kept;
void view_keep(struct view *view, const struct kept *kept);

/* What a node of this kind has free when it is empty. */
void view_of_kind(const struct parc_core *core, const struct kind *kind, struct view *view);

/* Is one share of a device picked? */
static inline int pick_is_share(const struct pick *pick)
{
	return pick->booking.devices == 1 && pick->booking.share_milli < PARC_SHARE_WHOLE;
}

/* 1 and a pick if the ask fits; of one share it names no device yet. */
int view_can(const struct parc_core *core, const struct view *view, const struct ask *ask,
	     struct pick *pick);

/* 1 and a pick if the ask fits; the devices chosen are the first whole ones or the tightest. */
int view_fits(const struct parc_core *core, const struct view *view, const struct ask *ask,
	      struct pick *pick);

/* What a pool of the view lacks for one task of this ask: the category (enum parc_ledger) of what
 * is free there while the task waits. FREE_HELD: nothing, it would fit. FREE_NO_CHIP: the chip
 * cannot serve it. Else the first that is short of share, CPU, memory, closeness (one link
 * group), partition mode (slots, who shares). */
int32_t view_lacks(const struct parc_core *core, const struct view *view, const struct ask *ask,
		   int32_t pool);

/* Choose this device, one of pick->can, instead; only where one device is asked for. */
void pick_set_device(const struct view *view, struct pick *pick, int32_t device);

/* Take what was picked out of the view. */
void view_take(const struct parc_core *core, struct view *view, const struct ask *ask,
	       const struct pick *pick);

/* How many tasks of this ask fit beside each other, at most `most`. */
int32_t view_count(const struct parc_core *core, struct view *view, const struct ask *ask,
		   int32_t most);

#endif
