/* SPDX-License-Identifier: Apache-2.0
 *
 * Heaps in extents of one pool of entries. An entry is stale when its class's slot got
 * another generation; a class that is empty may fill again. Both are dropped when they surface,
 * and all at once when an extent is full. When the pool is full the heap that was unused for
 * longest is forgotten; it is made again when its ask is: memory changes the cost of a
 * decision, never the decision.
 */
#include "core/heap.h"

#include <string.h>

#include "base/hash.h"
#include "base/random.h"
#include "core/node.h"
#include "core/policy.h"
#include "core/sift.h"

#define RANDOM_PROBES 64   /* draws before the feasible nodes are listed */
#define TENDED_TICKS  8192 /* an ask not made in so many is left alone */
#define AHEAD	      6	   /* classes that are fetched from memory ahead of their turn */
#define PASSED_MAX    64   /* classes put back; with more the heap is made anew when next asked */

void heap_reset(struct parc_core *core)
{
	struct index *index = core->index;

	buddy_reset(&index->buddy);
	memset(index->heap_buckets, -1, sizeof(index->heap_buckets));
	index->heaps_count = 0;
	index->births_count = 0;
	glance_reset(index);
	memset(index->lapses, 0, sizeof(*index->lapses) << LAPSE_ORDER);
}

static int entry_is_stale(const struct index *index, const struct heap_entry *entry)
{
	return index->classes[entry->class].generation != entry->generation;
}

static void class_hold(struct index *index, int32_t class, int32_t heap)
{
	index->classes[class].held[heap / 64] |= UINT64_C(1) << (heap % 64);
}

static void class_let_go(struct index *index, int32_t class, int32_t heap)
{
	index->classes[class].held[heap / 64] &= ~(UINT64_C(1) << (heap % 64));
}

static int class_is_held(const struct index *index, int32_t class, int32_t heap)
{
	return index->classes[class].held[heap / 64] >> (heap % 64) & 1;
}

/* Does the ask fit on the class by its free CPU, memory and shares alone? Then its score is
 * remembered for all that are alike. */
static int pair_is_plain(const struct index *index, const struct heap *heap, int32_t class)
{
	return heap->exact && heap->plain && index->classes[class].plain;
}

/* The entry leaves the heap, but only until its class fills again. */
static void entry_lapse(struct index *index, const struct heap_entry *entry, int32_t heap)
{
	class_let_go(index, entry->class, heap);
	if (pair_is_plain(index, &index->heaps[heap], entry->class))
		return; /* what is alike is remembered */
	*lapse_at(index->lapses, entry->class, heap) = (struct heap_lapse){
		.life = index->heaps[heap].life,
		.epoch = index->heaps[heap].epoch,
		.class = entry->class,
		.generation = entry->generation,
		.score = key_score(entry->key),
	};
}

/* Make a heap of entries in any order. */
static void heap_order(const struct index *index, int32_t slot)
{
	const struct heap *heap = &index->heaps[slot];

	for (int32_t i = (heap->count - 2) / CHILDREN; i >= 0 && heap->count > 1; i--)
		sift_down(index, index->entries + heap->extent, i, heap->count);
}

/* Drop what is stale or empty from the whole extent; heap_order follows. */
static void heap_compact(struct index *index, int32_t slot)
{
	struct heap *heap = &index->heaps[slot];
	struct heap_entry *entries = index->entries + heap->extent;
	int32_t kept = 0;

	for (int32_t i = 0; i < heap->count; i++) {
		if (entry_is_stale(index, &entries[i]))
			continue;
		if (index->classes[entries[i].class].count == 0)
			entry_lapse(index, &entries[i], slot);
		else
			entries[kept++] = entries[i];
	}
	heap->count = kept;
}

/* Forget all entries. */
static void heap_empty(struct index *index, int32_t slot)
{
	struct heap *heap = &index->heaps[slot];
	const struct heap_entry *entries = index->entries + heap->extent;

	for (int32_t i = 0; i < heap->count; i++)
		if (!entry_is_stale(index, &entries[i]))
			class_let_go(index, entries[i].class, slot);
	heap->count = 0;
}

static void heap_free(struct index *index, int32_t slot)
{
	struct heap *heap = &index->heaps[slot];

	heap_empty(index, slot);
	if (heap->extent >= 0)
		buddy_give(&index->buddy, heap->extent, heap->order);
	heap->extent = -1;
	heap->epoch = 0; /* no epoch: made anew before it is used */
}

/* The heap unused for longest that has an extent, other than this one. */
static int32_t heap_oldest(const struct index *index, int32_t except)
{
	int32_t oldest = -1;

	for (int32_t i = 0; i < index->heaps_count; i++)
		if (i != except && index->heaps[i].extent >= 0 &&
		    (oldest < 0 || index->heaps[i].used < index->heaps[oldest].used))
			oldest = i;
	return oldest;
}

static int64_t extent_take(struct index *index, int order, int32_t slot)
{
	int64_t extent = buddy_take(&index->buddy, order);

	while (extent < 0) {
		int32_t oldest = heap_oldest(index, slot);

		ASSERT(oldest >= 0); /* limits_are_valid leaves room for the largest two heaps */
		heap_free(index, oldest);
		extent = buddy_take(&index->buddy, order);
	}
	return extent;
}

/* Take room for twice the entries, or for the first. */
static void heap_grow(struct index *index, int32_t slot)
{
	struct heap *heap = &index->heaps[slot];
	int64_t extent;

	if (heap->extent < 0) {
		heap->order = 0;
		heap->extent = extent_take(index, 0, slot);
		return;
	}
	extent = extent_take(index, heap->order + 1, slot);
	memcpy(index->entries + extent, index->entries + heap->extent,
	       (size_t)heap->count * sizeof(*index->entries));
	buddy_give(&index->buddy, heap->extent, heap->order);
	heap->extent = extent;
	heap->order++;
}

static int heap_is_full(const struct heap *heap)
{
	return heap->extent < 0 || heap->count >= BUDDY_UNIT << heap->order;
}

/* Score the class for the heap's ask; 0 if it does not fit on it. */
static int class_score(struct parc_core *core, int32_t class, const struct heap *heap, int *priced,
		       int32_t *score)
{
	struct class *it = &core->index->classes[class];
	struct view view;
	struct pick pick;

	if (!index_may_fit(core, class, &heap->ask))
		return 0;
	if (heap->exact && (it->cpu_free < heap->ask.task.cpu_milli ||
			    it->memory_free < heap->ask.task.memory_mib))
		return 0;
	core->index->scored++;
	if (pair_is_plain(core->index, heap, class))
		index_class_shares(core, class, &view);
	else
		index_class_view(core, class, !heap->exact, &view);
	if (!view_can(core, &view, &heap->ask, &pick))
		return 0;
	view.priced = 0;
	*score = policy_get(core)->score(core, &view, &heap->ask, &pick);
	*priced = view.priced;
	it->priced |= (uint16_t)view.priced;
	return 1;
}

/* The same with what is remembered: on a plain class a plain ask fits, with enough CPU and memory,
 * where it fitted on one alike, and scores the same. */
static int class_score_again(struct parc_core *core, int32_t class, const struct heap *heap,
			     uint64_t key, int32_t *score)
{
	struct index *index = core->index;
	struct alike *alike = alike_at(index->alikes, key);
	struct class *it = &index->classes[class];
	int priced;

	if (alike_is(alike, key) &&
	    priced_stands(&index->prices, (uint16_t)alike->key, it->chips, alike->epoch)) {
		it->priced |= (uint16_t)alike->key;
		*score = alike->score;
		return 1;
	}
	if (!class_score(core, class, heap, &priced, score))
		return 0;
	*alike = (struct alike){.key = key << 16 | (uint16_t)priced,
				.score = *score,
				.epoch = (uint32_t)index->prices.now};
	return 1;
}

/* Put the entry behind the others; heap_order follows. */
static inline void heap_append(struct index *index, int32_t slot, const struct heap_entry *entry)
{
	struct heap *heap = &index->heaps[slot];

	if (heap_is_full(heap))
		heap_grow(index, slot);
	index->entries[heap->extent + heap->count++] = *entry;
}

/* A full heap drops what is stale, and grows when that frees less than half. */
static void heap_insert(struct index *index, int32_t slot, const struct heap_entry *entry)
{
	struct heap *heap = &index->heaps[slot];

	if (heap->extent >= 0 && heap_is_full(heap)) {
		heap_compact(index, slot);
		heap_order(index, slot);
		if (heap->count > (BUDDY_UNIT << heap->order) / 2)
			heap_grow(index, slot);
	}
	heap_append(index, slot, entry);
	sift_up(index, index->entries + heap->extent, heap->count - 1);
}

/* The score from when the class last was in this heap, if that is still the one it has. */
static int lapse_recall(const struct index *index, const struct heap_entry *entry, int32_t slot,
			int32_t *score)
{
	const struct heap_lapse *lapse = lapse_at(index->lapses, entry->class, slot);

	if (lapse->class != entry->class || lapse->generation != entry->generation ||
	    lapse->life != index->heaps[slot].life || lapse->epoch != index->heaps[slot].epoch)
		return 0;
	*score = lapse->score;
	return 1;
}

/* Classes that are about to be pushed, while what is remembered of them comes from memory. */
#define BATCH_MAX 16

enum batch_use {
	BATCH_INSERT, /* into the heap, which stays one */
	BATCH_APPEND, /* heap_order follows */
	BATCH_PEEK,   /* nowhere: the best is kept */
};

struct batch {
	const struct policy_ops *ops;
	enum batch_use use;
	struct heap_entry best; /* class -1: none */
	int32_t slot, count;
	int plain; /* on plain classes the ask scores as on all that are alike */
	int32_t classes[BATCH_MAX];
	uint64_t keys[BATCH_MAX]; /* of what is alike; 0: what is remembered is the class's own */
};

static inline void batch_push_one(struct parc_core *core, struct batch *batch, int32_t class,
				  uint64_t key)
{
	struct index *index = core->index;
	struct heap *heap = &index->heaps[batch->slot];
	struct heap_entry entry = {.class = class, .generation = index->classes[class].generation};
	int32_t score;
	int priced;

	if (key != 0 ? !class_score_again(core, class, heap, key, &score)
		     : !lapse_recall(index, &entry, batch->slot, &score) &&
			       !class_score(core, class, heap, &priced, &score))
		return;
	if (index->exact)
		entry.key = key_of(score, (uint32_t)core->nodes[class].rank);
	else
		entry.key = key_of(score, (uint32_t)(index->classes[class].hash >> 32));
	if (batch->use == BATCH_PEEK) {
		if (batch->best.class < 0 || entry_before(index, &entry, &batch->best))
			batch->best = entry;
		return;
	}
	class_hold(index, class, batch->slot);
	if (batch->use == BATCH_APPEND)
		heap_append(index, batch->slot, &entry);
	else
		heap_insert(index, batch->slot, &entry);
}

static void batch_push(struct parc_core *core, struct batch *batch)
{
	for (int32_t i = 0; i < batch->count; i++)
		batch_push_one(core, batch, batch->classes[i], batch->keys[i]);
	batch->count = 0;
}

/* A class that may fit. */
static inline void batch_add(struct parc_core *core, struct batch *batch, int32_t class)
{
	const struct index *index = core->index;
	const struct heap *heap = &index->heaps[batch->slot];
	const struct class *it = &index->classes[class];
	uint64_t key = 0;

	if (batch->plain && it->plain) {
		if (it->cpu_free < heap->ask.task.cpu_milli ||
		    it->memory_free < heap->ask.task.memory_mib)
			return;
		key = hash_word(batch->ops->alike(core, it->cpu_free, it->devices, &heap->ask),
				index->scores_epoch);
		if (batch->ops->memory)
			key = hash_word(key, (uint64_t)it->memory_free << 32 ^
						     (uint64_t)heap->ask.task.memory_mib);
		__builtin_prefetch(alike_at(index->alikes, key));
	}
	batch->classes[batch->count] = class;
	batch->keys[batch->count++] = key;
	if (batch->count == BATCH_MAX)
		batch_push(core, batch);
}

/* Fetch a class from memory that is looked at a few classes later. */
static void class_prefetch(const struct index *index, int32_t class)
{
	__builtin_prefetch(&index->classes[class].chips);
	__builtin_prefetch(&index->classes[class].held, 1);
}

static void batch_init(const struct parc_core *core, struct batch *batch, int32_t slot,
		       enum batch_use use)
{
	const struct heap *heap = &core->index->heaps[slot];

	batch->ops = policy_get(core);
	batch->use = use;
	batch->best.class = -1;
	batch->plain = batch->ops->alike != NULL && heap->exact && heap->plain;
	batch->slot = slot;
	batch->count = 0;
}

/* Push every filled class that the heap does not hold. */
static void batch_fill(struct parc_core *core, struct batch *batch)
{
	const struct index *index = core->index;
	const struct heap *heap = &index->heaps[batch->slot];

	for (int32_t i = 0; i < index->filled_count; i++) {
		if (i + AHEAD < index->filled_count)
			class_prefetch(index, index->filled[i + AHEAD]);
		if (index_may_fit(core, index->filled[i], &heap->ask) &&
		    !class_is_held(index, index->filled[i], batch->slot))
			batch_add(core, batch, index->filled[i]);
	}
	batch_push(core, batch);
}

static void heap_fill(struct parc_core *core, int32_t slot)
{
	struct index *index = core->index;
	struct batch batch;

	batch_init(core, &batch, slot, BATCH_APPEND);
	heap_compact(index, slot);
	index->heaps[slot].births_seen = index->births_count;
	batch_fill(core, &batch);
	heap_order(index, slot);
}

/* Hear of the births one by one, from the first that the heap has not heard of. */
static void heap_hear(struct parc_core *core, int32_t slot)
{
	struct index *index = core->index;
	struct heap *heap = &index->heaps[slot];
	struct birth needed = birth_needed(&heap->ask, heap->exact);
	struct batch batch;

	batch_init(core, &batch, slot, BATCH_INSERT);
	while (heap->births_seen < index->births_count) {
		int64_t birth = heap->births_seen++;
		const struct birth *it = &index->births[birth & index->births_mask];
		const struct birth *next = &index->births[(birth + AHEAD) & index->births_mask];
		int32_t class = it->class;

		if (birth_may_fit(next, &needed))
			class_prefetch(index, next->class);
		if (birth_may_fit(it, &needed) && index->classes[class].birth == birth &&
		    index->classes[class].count > 0 && index_may_fit(core, class, &heap->ask) &&
		    !class_is_held(index, class, slot))
			batch_add(core, &batch, class);
	}
	batch_push(core, &batch);
}

/* Has the heap missed so much that it is filled from the list of filled classes? */
static int heap_is_behind(const struct parc_core *core, const struct heap *heap)
{
	const struct index *index = core->index;

	int64_t missed = index->births_count - heap->births_seen;

	return heap->epoch == 0 || heap->births_seen < 0 || missed > index->births_mask ||
	       (missed > index->filled_count * 3 / 2 &&
		glance_has_hope(core, &heap->ask, heap->births_seen));
}

/* Forget what is in the heap if the scores have changed. */
static void heap_begin(struct index *index, int32_t slot)
{
	struct heap *heap = &index->heaps[slot];

	if (heap->epoch != 0)
		return;
	index->rebuilds++;
	heap_empty(index, slot);
	heap->epoch = ++index->epoch;
	heap->births_seen = -1;
}

/* Hear of the classes filled since the ask was last made. */
static void heap_catch_up(struct parc_core *core, int32_t slot)
{
	struct index *index = core->index;
	struct heap *heap = &index->heaps[slot];

	heap_begin(index, slot);
	if (heap_is_behind(core, heap))
		heap_fill(core, slot);
	else if (glance_has_hope(core, &heap->ask, heap->births_seen))
		heap_hear(core, slot);
	else
		heap->births_seen = index->births_count;
}

static void heap_assign(struct parc_core *core, int32_t slot, const struct ask *ask)
{
	struct index *index = core->index;
	struct heap *heap = &index->heaps[slot];
	int32_t *bucket = &index->heap_buckets[ask->hash % HEAPS_MAX];

	*heap = (struct heap){.ask = *ask, .life = ++index->lives, .extent = -1, .next = *bucket};
	heap->births_peeked = INT64_MIN / 2;
	*bucket = slot;
	heap->exact = core->index->exact || index_tells_apart(core, ask);
	heap->plain = ask->task.device_memory_mib == 0 && ask->task.link == PARC_STRENGTH_NONE;
}

/* The slot of the heap unused for longest, taken out of its bucket. */
static int32_t heap_evict(struct index *index)
{
	int32_t slot = 0, *link;

	for (int32_t i = 1; i < index->heaps_count; i++)
		if (index->heaps[i].used < index->heaps[slot].used)
			slot = i;
	link = &index->heap_buckets[index->heaps[slot].ask.hash % HEAPS_MAX];
	while (*link != slot)
		link = &index->heaps[*link].next;
	*link = index->heaps[slot].next;
	heap_free(index, slot);
	return slot;
}

static int32_t heap_get(struct parc_core *core, const struct ask *ask)
{
	struct index *index = core->index;
	int32_t slot = index->heap_buckets[ask->hash % HEAPS_MAX];

	while (slot >= 0 && !ask_is_equal(&index->heaps[slot].ask, ask))
		slot = index->heaps[slot].next;
	if (slot < 0) {
		slot = index->heaps_count < HEAPS_MAX ? index->heaps_count++ : heap_evict(index);
		heap_assign(core, slot, ask);
	}
	index->heaps[slot].used = ++index->ticks;
	return slot;
}

static void heap_drop_top(const struct index *index, struct heap *heap)
{
	struct heap_entry *entries = index->entries + heap->extent;

	entries[0] = entries[--heap->count];
	if (heap->count > 1)
		sift_down(index, entries, 0, heap->count);
}

/* The best class with members; -1: none. */
static int32_t heap_top(struct index *index, int32_t slot)
{
	struct heap *heap = &index->heaps[slot];

	while (heap->count > 0) {
		const struct heap_entry *top = &index->entries[heap->extent];

		if (!entry_is_stale(index, top)) {
			if (index->classes[top->class].count > 0)
				return top->class;
			entry_lapse(index, top, slot);
		}
		heap_drop_top(index, heap);
	}
	return -1;
}

/* The member that comes first, and the one after it: by rank if they are unused (index.h), else by
 * their last change; -1: none. */
static int32_t member_first(const struct index *index, int32_t class)
{
	const struct class *it = &index->classes[class];

	return it->unused ? ranking_first(&index->ranks, it->root, INT64_MAX) : it->head;
}

static int32_t member_next(const struct parc_core *core, int32_t class, int32_t node)
{
	const struct index *index = core->index;
	const struct class *it = &index->classes[class];

	return it->unused ? ranking_next(&index->ranks, it->root, node, INT64_MAX)
			  : core->nodes[node].next;
}

/* The first member of the class on which the ask fits. Where the classes tell everything apart
 * that is the first one. */
static int32_t member_find(const struct parc_core *core, int32_t class, const struct ask *ask,
			   struct view *view, struct pick *pick)
{
	int32_t node = member_first(core->index, class);

	node_prefetch(core, node);
	for (; node >= 0; node = member_next(core, class, node)) {
		view_of_node(core, node, view);
		if (view_fits(core, view, ask, pick)) {
			/* A gang takes one member after the other. */
			node_prefetch(core, core->nodes[node].next);
			return node;
		}
	}
	return -1;
}

/* The top is lost for now: make the heap anew when it is next asked. */
static void heap_give_up(struct index *index, int32_t slot)
{
	struct heap *heap = &index->heaps[slot];

	class_let_go(index, index->entries[heap->extent].class, slot);
	heap->epoch = 0;
}

/* Is the ask made so seldom that its heap would be filled for one look at it? Then the classes are
 * only looked through. */
static int heap_is_seldom(const struct parc_core *core, struct heap *heap)
{
	const struct index *index = core->index;
	int64_t births = index->births_count - heap->births_peeked;

	if (!heap->exact || !heap_is_behind(core, heap))
		return 0;
	heap->births_peeked = index->births_count;
	return births > index->filled_count;
}

/* The best class of all for the ask without filling its heap; -1: none. */
static int32_t heap_peek(struct parc_core *core, int32_t slot)
{
	struct index *index = core->index;
	struct batch batch;

	heap_begin(index, slot);
	batch_init(core, &batch, slot, BATCH_PEEK);
	if (heap_top(index, slot) >= 0)
		batch.best = index->entries[index->heaps[slot].extent];
	batch_fill(core, &batch);
	return batch.best.class;
}

/* Go down the heap until a class has a member that fits; classes passed over are put back. */
static int32_t heap_best(struct parc_core *core, int32_t slot, struct view *view, struct pick *pick)
{
	struct index *index = core->index;
	struct heap *heap = &index->heaps[slot];
	struct heap_entry passed[PASSED_MAX];
	int32_t class, node = -1, count = 0;

	if (!glance_may_fit(core, &heap->ask))
		return -1; /* and the heap goes on without having heard */
	if (heap_is_seldom(core, heap)) {
		class = heap_peek(core, slot);
		return class < 0 ? -1 : member_find(core, class, &heap->ask, view, pick);
	}
	heap_catch_up(core, slot);
	while ((class = heap_top(index, slot)) >= 0) {
		node = member_find(core, class, &heap->ask, view, pick);
		if (node >= 0)
			break;
		ASSERT(!heap->exact);
		if (count < PASSED_MAX)
			passed[count++] = index->entries[heap->extent];
		else
			heap_give_up(index, slot);
		heap_drop_top(index, heap);
	}
	while (count > 0)
		heap_insert(index, slot, &passed[--count]);
	return node;
}

/* A share goes to any of the devices that have room for it. */
static void random_device(const struct view *view, struct pick *pick, uint64_t draw)
{
	uint32_t can = pick->can;

	if (pick->booking.devices != 1 || pick->booking.share_milli == PARC_SHARE_WHOLE)
		return;
	for (uint64_t skip = draw % (uint64_t)__builtin_popcount(can); skip > 0; skip--)
		can &= can - 1;
	pick_set_device(view, pick, __builtin_ctz(can));
}

/* Any feasible node, each as likely as another: a few draws among all nodes, then the one that
 * a draw ranks first among those of the heap. */
static int32_t random_best(struct parc_core *core, int32_t slot, struct view *view,
			   struct pick *pick)
{
	struct index *index = core->index;
	const struct heap *heap = &index->heaps[slot];
	uint64_t state = core->random ^ random_mix((uint64_t)core->last_allocation + 1);
	uint64_t draw, best = UINT64_MAX;
	int32_t node = -1;

	/* Nothing is kept of a draw: a decision that is not recorded leaves no trace. */
	state += (uint64_t)core->placements_count;
	heap_catch_up(core, slot);
	if (heap_top(index, slot) < 0)
		return -1;
	for (int32_t probe = 0; probe < RANDOM_PROBES; probe++) {
		int32_t high = core->nodes_table.high;

		node = (int32_t)random_below(&state, (uint64_t)high);
		if (core->nodes[node].class < 0)
			continue;
		view_of_node(core, node, view);
		if (view_fits(core, view, &heap->ask, pick)) {
			random_device(view, pick, random_next(&state));
			return node;
		}
	}
	draw = random_next(&state);
	for (int32_t i = 0; i < heap->count; i++) {
		const struct heap_entry *entry = &index->entries[heap->extent + i];
		uint64_t key = random_mix(draw ^ (uint64_t)core->nodes[entry->class].id);

		if (!entry_is_stale(index, entry) && index->classes[entry->class].count > 0 &&
		    key < best) {
			best = key;
			node = entry->class;
		}
	}
	view_of_node(core, node, view);
	if (!view_fits(core, view, &heap->ask, pick))
		return -1;
	random_device(view, pick, draw);
	return node;
}

void index_foresee(const struct parc_core *core, uint64_t ask)
{
	int32_t slot = core->index->heap_buckets[ask % HEAPS_MAX];

	if (slot >= 0)
		lines_prefetch(&core->index->heaps[slot], sizeof(struct heap));
}

void index_foresee_node(const struct parc_core *core, const struct ask *ask)
{
	const struct index *index = core->index;
	int32_t slot = index->heap_buckets[ask->hash % HEAPS_MAX];
	const struct class *top;

	if (slot < 0 || index->heaps[slot].ask.hash != ask->hash || index->heaps[slot].count == 0)
		return;
	top = &index->classes[index->entries[index->heaps[slot].extent].class];
	if (top->count > 0)
		node_prefetch(core, top->head);
}

void index_tend(struct parc_core *core)
{
	struct index *index = core->index;
	int32_t slot =
		index->heaps_count > 0 ? (int32_t)(index->tended++ % index->heaps_count) : -1;

	/* A heap without an extent was forgotten for want of room, or has nothing to offer. */
	if (slot < 0 || index->heaps[slot].extent < 0 ||
	    index->ticks - index->heaps[slot].used >= TENDED_TICKS)
		return;
	heap_catch_up(core, slot);
	heap_top(index, slot);
}

int32_t index_best(struct parc_core *core, const struct ask *ask, struct pick *pick)
{
	const struct policy_ops *ops = policy_get(core);
	int32_t slot = heap_get(core, ask), node;
	struct view view;

	core->decisions++;
	if (ops->random)
		node = random_best(core, slot, &view, pick);
	else
		node = heap_best(core, slot, &view, pick);
	if (node >= 0 && !ops->random && pick->booking.devices == 1 &&
	    pick->booking.share_milli < PARC_SHARE_WHOLE && (pick->can & (pick->can - 1)) != 0)
		ops->score(core, &view, ask, pick); /* names the device */
	return node;
}

/* I3: a heap that is up to date holds every class with members that fits, once, at the score it
 * has now. Returns the classes that should be in the heap, -1 if an entry has a wrong score. */
static int32_t entries_check(struct parc_core *core, const struct heap *heap, int32_t *expected)
{
	const struct index *index = core->index;
	int32_t found = 0, score;
	int priced;

	*expected = 0;
	for (int32_t class = 0; class < index->classes_table.high; class ++)
		if (index->classes[class].count > 0 &&
		    index->classes[class].birth < heap->births_seen)
			*expected += class_score(core, class, heap, &priced, &score);
	for (int32_t i = 0; i < heap->count; i++) {
		const struct heap_entry *entry = &index->entries[heap->extent + i];

		if (entry_is_stale(index, entry) || index->classes[entry->class].count == 0 ||
		    index->classes[entry->class].birth >= heap->births_seen)
			continue;
		if (!class_score(core, entry->class, heap, &priced, &score) ||
		    score != key_score(entry->key))
			return -1;
		found++;
	}
	return found;
}

int heap_check(const struct parc_core *core, struct parc_err *err)
{
	const struct index *index = core->index;
	int64_t scored = index->scored;

	for (int32_t slot = 0; slot < index->heaps_count; slot++) {
		const struct heap *heap = &index->heaps[slot];
		int32_t found, expected;

		if (heap->epoch == 0)
			continue;
		/* Scores are remembered; remembering changes no state. */
		found = entries_check((struct parc_core *)core, heap, &expected);
		if (expected > 0 && !glance_may_fit(core, &heap->ask))
			return parc_err_set(err, PARC_ERR_MISMATCH,
					    "I3: a glance rules out %d classes that fit", expected);
		if (found != expected)
			return parc_err_set(err, PARC_ERR_MISMATCH,
					    "I3: a heap has %d right entries of %d", found,
					    expected);
	}
	core->index->scored = scored;
	return 0;
}
