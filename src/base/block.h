/* SPDX-License-Identifier: Apache-2.0
 *
 * Carving tables out of one block of memory. The same walk over the tables runs twice: with no
 * memory it only adds up sizes, with memory it hands out the parts, so the two cannot differ.
 */
#ifndef BASE_BLOCK_H
#define BASE_BLOCK_H

#include <stddef.h>
#include <stdint.h>

struct block {
	uint8_t *memory; /* NULL: count only */
	size_t used;	 /* bytes handed out or counted, 64-byte steps */
};

/* The next `count` records of `size` bytes, 64-byte aligned; NULL while counting. */
static inline void *block_take(struct block *block, size_t count, size_t size)
{
	size_t bytes = (count * size + 63) & ~(size_t)63;
	void *part = block->memory == NULL ? NULL : block->memory + block->used;

	block->used += bytes;
	return part;
}

#endif
