/* SPDX-License-Identifier: Apache-2.0
 *
 * A table of fixed records: the array, and which of its slots are in use. Freed slots are reused
 * last in, first out. A free record holds, in one of its fields, the next free slot, so that the
 * list of them takes no memory.
 *
 *   life     TABLE_INIT, table_reset; the memory is the block's
 *   change   table_take, table_give
 *   query    table_count, table_has_room, table_prefetch
 */
#ifndef BASE_TABLE_H
#define BASE_TABLE_H

#include "base/assert.h"
#include "base/block.h"

#define TABLE_LINE_BYTES 64 /* of the cache */

struct table {
	char *records;
	size_t stride, link; /* bytes of a record; where it has its link */
	int32_t first_free;  /* of the free slots below `high`; -1: none */
	int32_t frees;	     /* how many there are */
	int32_t high;	     /* slots ever used */
	int32_t size;	     /* slots there are */
};

/* Fetch a record from memory, with all lines of the cache that it lies in. */
static inline void lines_prefetch(const void *record, size_t bytes)
{
	const char *at = record, *last = at + bytes - 1;

	for (; at < last; at += TABLE_LINE_BYTES)
		__builtin_prefetch(at, 1);
	__builtin_prefetch(last, 1);
}

/* Take `size` records of a type from the block and return them. `field`, of an int32_t, is the one
 * that a free record has its link in: nobody may look at it while the record is free. */
#define TABLE_INIT(table, block, size, type, field) \
	table_init(table, block, size, sizeof(type), offsetof(type, field))

static inline void *table_init(struct table *table, struct block *block, int32_t size,
			       size_t stride, size_t link)
{
	*table = (struct table){.stride = stride, .link = link, .first_free = -1, .size = size};
	table->records = (char *)block_take(block, (size_t)size, stride);
	return table->records;
}

/* Forget all records. */
static inline void table_reset(struct table *table)
{
	table->first_free = -1;
	table->frees = table->high = 0;
}

/* Where a free record names the next one. */
static inline int32_t *table_link(const struct table *table, int32_t slot)
{
	return (int32_t *)(void *)(table->records + (size_t)slot * table->stride + table->link);
}

/* Slots in use. */
static inline int32_t table_count(const struct table *table)
{
	return table->high - table->frees;
}

/* Can `more` slots be taken? */
static inline int table_has_room(const struct table *table, int64_t more)
{
	return table->size - table_count(table) >= more;
}

/* Fetch the record that is taken next from memory, while something else is done. */
static inline void table_prefetch(const struct table *table)
{
	int32_t slot = table->first_free >= 0 ? table->first_free : table->high;

	if (slot < table->size)
		lines_prefetch(table->records + (size_t)slot * table->stride, table->stride);
}

/* A slot, which the caller fills; there must be room. Its record holds what was there before. */
static inline int32_t table_take(struct table *table)
{
	int32_t slot = table->first_free;

	ASSERT(table_has_room(table, 1));
	if (slot < 0)
		return table->high++;
	table->first_free = *table_link(table, slot);
	table->frees--;
	return slot;
}

/* Give back a slot that is in use. */
static inline void table_give(struct table *table, int32_t slot)
{
	ASSERT(slot >= 0 && slot < table->high && table->frees < table->high);
	*table_link(table, slot) = table->first_free;
	table->first_free = slot;
	table->frees++;
}

#endif
