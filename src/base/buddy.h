/* SPDX-License-Identifier: Apache-2.0
 *
 * A buddy allocator (Knowlton, CACM 1965) over an array of records: extents of 2^order records,
 * split and merged in O(orders). Used for index extents that grow; who holds one may be asked
 * to give it back, so a full pool is an answer (-1), not an error.
 */
#ifndef BASE_BUDDY_H
#define BASE_BUDDY_H

#include "base/block.h"

#define BUDDY_ORDERS 28
#define BUDDY_UNIT   64 /* records in an extent of order 0 */

struct buddy {
	int8_t *order;	      /* of the free extent that begins at this unit, else -1 */
	int32_t *next, *prev; /* free extents of one order, by unit */
	int32_t head[BUDDY_ORDERS];
	int32_t units;
};

/* Manage `records` records, rounded down to a multiple of BUDDY_UNIT. */
void buddy_init(struct buddy *buddy, struct block *block, int64_t records);

/* Put all of it back; also after init, once memory is there. */
void buddy_reset(struct buddy *buddy);

/* First record of a free extent of BUDDY_UNIT << order records, -1 if there is none. */
int64_t buddy_take(struct buddy *buddy, int order);

void buddy_give(struct buddy *buddy, int64_t record, int order);

#endif
