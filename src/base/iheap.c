/* SPDX-License-Identifier: Apache-2.0 */
#include "base/iheap.h"

#include <string.h>

#include "base/assert.h"

void iheap_init(struct iheap *heap, struct block *block, int32_t size)
{
	heap->slots = block_take(block, (size_t)size, sizeof(*heap->slots));
	heap->at = block_take(block, (size_t)size, sizeof(*heap->at));
	heap->keys = block_take(block, (size_t)size, sizeof(*heap->keys));
	heap->size = size;
	if (heap->at != NULL)
		iheap_reset(heap);
}

void iheap_reset(struct iheap *heap)
{
	heap->count = 0;
	memset(heap->at, -1, (size_t)heap->size * sizeof(*heap->at));
}

static void put(struct iheap *heap, int32_t i, int32_t slot)
{
	heap->slots[i] = slot;
	heap->at[slot] = i;
}

static int before(const struct iheap *heap, int32_t a, int32_t b)
{
	return heap->keys[a] != heap->keys[b] ? heap->keys[a] < heap->keys[b] : a < b;
}

static void sift(struct iheap *heap, int32_t i)
{
	int32_t slot = heap->slots[i];

	for (; i > 0 && before(heap, slot, heap->slots[(i - 1) / 2]); i = (i - 1) / 2)
		put(heap, i, heap->slots[(i - 1) / 2]);
	for (;;) {
		int32_t child = 2 * i + 1;

		if (child + 1 < heap->count &&
		    before(heap, heap->slots[child + 1], heap->slots[child]))
			child++;
		if (child >= heap->count || before(heap, slot, heap->slots[child]))
			break;
		put(heap, i, heap->slots[child]);
		i = child;
	}
	put(heap, i, slot);
}

void iheap_set(struct iheap *heap, int32_t slot, int64_t key)
{
	ASSERT(slot >= 0 && slot < heap->size);
	heap->keys[slot] = key;
	if (heap->at[slot] < 0)
		put(heap, heap->count++, slot);
	sift(heap, heap->at[slot]);
}

void iheap_remove(struct iheap *heap, int32_t slot)
{
	int32_t i = heap->at[slot], last;

	if (i < 0)
		return;
	heap->at[slot] = -1;
	last = heap->slots[--heap->count];
	if (last == slot)
		return;
	put(heap, i, last);
	sift(heap, i);
}
