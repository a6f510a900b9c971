/* SPDX-License-Identifier: Apache-2.0
 *
 * An indexed binary heap of slots by key, smallest key first and of equal keys the smallest slot,
 * so that the order does not depend on history. A slot is found, moved and taken out without a
 * search.
 */
#ifndef BASE_IHEAP_H
#define BASE_IHEAP_H

#include "base/block.h"

struct iheap {
	int32_t *slots; /* the heap */
	int32_t *at;	/* by slot: its place in the heap, -1: not in it */
	int64_t *keys;	/* by slot */
	int32_t count, size;
};

void iheap_init(struct iheap *heap, struct block *block, int32_t size);
void iheap_reset(struct iheap *heap);

/* Put the slot in, or move it to another key. */
void iheap_set(struct iheap *heap, int32_t slot, int64_t key);

/* Take the slot out if it is in. */
void iheap_remove(struct iheap *heap, int32_t slot);

/* The first slot, -1: none. */
static inline int32_t iheap_first(const struct iheap *heap)
{
	return heap->count > 0 ? heap->slots[0] : -1;
}

#endif
