/* SPDX-License-Identifier: Apache-2.0
 *
 * The book-keeping of a table of fixed records: which slots are in use. Freed slots are reused
 * last in, first out, from a stack; the records themselves are arrays of their own beside it.
 */
#ifndef BASE_TABLE_H
#define BASE_TABLE_H

#include "base/assert.h"
#include "base/block.h"

struct table {
	int32_t *free; /* stack of freed slots below `high` */
	int32_t frees; /* its height */
	int32_t high;  /* slots ever used */
	int32_t size;  /* slots there are */
};

static inline void table_init(struct table *table, struct block *block, int32_t size)
{
	*table = (struct table){.size = size};
	table->free = block_take(block, (size_t)size, sizeof(*table->free));
}

static inline int32_t table_count(const struct table *table)
{
	return table->high - table->frees;
}

/* Can `more` slots be taken? */
static inline int table_has_room(const struct table *table, int64_t more)
{
	return table->size - table_count(table) >= more;
}

static inline int32_t table_take(struct table *table)
{
	ASSERT(table_has_room(table, 1));
	return table->frees > 0 ? table->free[--table->frees] : table->high++;
}

static inline void table_give(struct table *table, int32_t slot)
{
	ASSERT(slot >= 0 && slot < table->high && table->frees < table->high);
	table->free[table->frees++] = slot;
}

#endif
