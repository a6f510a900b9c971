/* SPDX-License-Identifier: Apache-2.0
 *
 * The second book of a replay: what the actions alone say about every device. It shares nothing
 * with the core but the actions it reads, so that the ledger can be held against it.
 *
 *   life cycle   book_init, book_deinit
 *   change       book_start, book_rebook, book_end, book_set_out
 *   verify       book_compare
 *
 * An allocation that would fill a device above the whole, or begin on a device that is out of
 * order, is refused with PARC_ERR_MISMATCH.
 */
#ifndef SIM_BOOK_H
#define SIM_BOOK_H

#include "trace/truth.h"

#define BOOK_FREE_BINS 11 /* 0: no part is free; i: free is (i-1)/10 < free <= i/10 */

struct book_task { /* one task's part, in a list of its allocation */
	int32_t node, next, share_milli;
	uint32_t devices;
};

/* What an allocation holds. */
struct book_entry {
	int64_t held_milli;  /* thousandths of devices, and of cores where they are devices */
	int64_t rated_milli; /* the same times the accounting rates, in thousandths of those */
	int64_t start_us;
	int32_t tasks;	     /* first task, -1: none */
	int32_t speed_milli; /* of the slowest chip it is on; 1000 where that is unknown */
	uint64_t chips;	     /* on which it computes, a bit each */
};

struct book {
	const struct fleet *fleet;
	int32_t *first_device; /* by node index; one more: all devices */
	uint8_t *device_chip;
	int16_t *used_milli;
	uint8_t *out;	     /* reasons why the device is out of order */
	int32_t *cores_chip; /* by node index: chip whose devices are its cores, -1: none */
	struct book_task *tasks;
	int32_t tasks_count, tasks_size, tasks_free;
	int64_t capacity_milli;		   /* of the fleet */
	int64_t free_bins[BOOK_FREE_BINS]; /* devices in order, by what is free of them */
	__int128 allocated, rated;	   /* of allocations that have ended */
};

int book_init(struct book *book, const struct fleet *fleet, struct parc_err *err);
void book_deinit(struct book *book); /* takes a zeroed one */

/* What says how fast a job runs on a chip: the truth, else the variant of its placement, else its
 * class. */
struct book_pace {
	int32_t work_class, variants_count;
	const struct parc_variant *variants;
	const struct truth *truth; /* NULL: none is known */
	int32_t kind;		   /* of the log, -1: none */
	uint64_t draw;		   /* where this run lies within the spread of its kind */
};

/* The core started this. */
int book_start(struct book *book, const struct parc_action *start, int64_t now_us,
	       const struct book_pace *pace, struct book_entry *entry, struct parc_err *err);

/* It holds that share of each device from now on. Returns PARC_ERR_MISMATCH when one is too full.
 */
int book_rebook(struct book *book, struct book_entry *entry, int32_t share_milli, int64_t now_us,
		struct parc_err *err);

/* All of it was given back. */
void book_end(struct book *book, struct book_entry *entry, int64_t now_us);

/* One more reason (+1) or one less (-1) why a device is out of order; device -1: all of the node.
 * `node` is an index. */
void book_set_out(struct book *book, int32_t node, int32_t device, int change);

/* Does the allocation have a part on this node (an index), and on this device of it (-1: any)? */
int book_touches(const struct book *book, const struct book_entry *entry, int32_t node,
		 int32_t device);

/* Hold the ledger against the book: allocated and capacity at `now_us`, when nothing runs. */
int book_compare(const struct book *book, const struct parc_core *core, int64_t now_us,
		 struct parc_err *err);

#endif
