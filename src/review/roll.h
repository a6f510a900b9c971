/* SPDX-License-Identifier: Apache-2.0
 *
 * Records by id in one array that grows: each record begins with its id (int64, above 0) and keeps
 * its place, by which others refer to it. An id map finds them; both double when they are full.
 *
 *   life cycle   roll_init, roll_deinit
 *   change       roll_add
 *   query        roll_find, ROLL_AT, ROLL_COUNT
 */
#ifndef REVIEW_ROLL_H
#define REVIEW_ROLL_H

#include "base/idmap.h"
#include "parc/error.h"

struct roll {
	char *records;
	void *cells; /* of the map */
	struct idmap map;
	size_t stride;
	int32_t count, capacity;
};

/* Of records of `stride` bytes. It takes memory with the first record. */
void roll_init(struct roll *roll, size_t stride);
void roll_deinit(struct roll *roll); /* takes a zeroed one */

/* The place of the record of this id, -1 when there is none. */
int32_t roll_find(const struct roll *roll, int64_t id);

/* A new record of an id that is not there, zeroed but for its id: its place, or PARC_ERR_MEMORY.
 * Pointers into the roll end with it. */
int32_t roll_add(struct roll *roll, int64_t id, struct parc_err *err);

#define ROLL_AT(roll, type, at) ((type *)(void *)((roll)->records + (size_t)(at) * sizeof(type)))

#endif
