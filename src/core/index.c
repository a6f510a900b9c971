/* SPDX-License-Identifier: Apache-2.0
 *
 * Filing nodes into classes. The heaps of classes are in heap.c, what classes have free in
 * class_view.c; index.h says how all work.
 *
 * A class's key is what its members have at least: CPU, memory and device memory rounded down to
 * the thresholds of the known shapes (CPU and memory to some more, where those lie far apart), and
 * the free share of each device as it is, since its value is in the remainder; devices that no
 * shape can tell apart are sorted, within their link group where the node has several.
 */
#include "core/index.h"

#include <string.h>

#include "base/hash.h"
#include "core/heap.h"
#include "core/policy.h"
#include "core/profile.h"
#include "core/thresholds.h"

#define CPU_STEPS    16
#define MEMORY_STEPS 32

/* What tells a class from others. */
struct sought {
	uint64_t hash;
	int64_t memory_free;
	int32_t cpu_free, kind;
	uint64_t cells[PARC_NODE_DEVICES_MAX];
};

void index_init(struct parc_core *core, struct block *block)
{
	int32_t nodes = core->limits.nodes;
	struct index *index = block_take(block, 1, sizeof(*index));
	struct index counting = {0};
	struct index *it = index != NULL ? index : &counting;
	uint32_t size = 64;

	memset(it, 0, sizeof(*it));
	core->index = index;
	it->classes_max = nodes + nodes / 4 + 64; /* a fifth may wait for their nodes */
	while (size < (uint32_t)it->classes_max)
		size *= 2;
	it->bucket_mask = it->births_mask = size - 1;
	it->classes = TABLE_INIT(&it->classes_table, block, it->classes_max, struct class, next);
	it->cells = block_take(block, (size_t)it->classes_max * (size_t)core->limits.node_devices,
			       sizeof(*it->cells));
	it->buckets = block_take(block, size, sizeof(*it->buckets));
	it->births = block_take(block, size, sizeof(*it->births));
	if (it->births != NULL)
		memset(it->births, 0, size * sizeof(*it->births)); /* looked at ahead of time */
	it->glances = block_take(block, PARC_CHIPS_MAX, sizeof(*it->glances));
	ranking_init(&it->ranks, block, nodes);
	it->filled = block_take(block, (size_t)it->classes_max, sizeof(*it->filled));
	it->entries = block_take(block, (size_t)core->limits.index_entries, sizeof(*it->entries));
	it->lapses = block_take(block, (size_t)1 << LAPSE_ORDER, sizeof(*it->lapses));
	it->alikes = block_take(block, (size_t)1 << ALIKE_ORDER, sizeof(*it->alikes));
	if (it->alikes != NULL)
		memset(it->alikes, 0, sizeof(*it->alikes) << ALIKE_ORDER);
	buddy_init(&it->buddy, block, core->limits.index_entries);
	it->order = block_take(block, (size_t)nodes, sizeof(*it->order));
	it->sought = block_take(block, 1, sizeof(*it->sought));
	it->latest = -1;
	it->prices.now = 1;
}

/* free_milli 10 bits, free_mib 24, owner or slots 30: owners share by scalar, slots by
 * template, no chip does both. */
static uint64_t cell_pack(const struct cell *cell, int64_t floor_mib)
{
	int32_t milli = cell->free_milli;
	uint32_t extra = cell->owner != 0 ? (uint32_t)cell->owner : cell->slots;

	return (uint64_t)milli << 54 | (uint64_t)floor_mib << 30 | extra;
}

/* Pack the devices of a view. Neighbours mostly have the same memory free. */
static void cells_pack(const struct parc_core *core, const struct view *view, uint64_t *cells)
{
	int32_t mib = -1;
	int64_t floor_mib = 0;

	for (int32_t i = 0; i < view->kind->devices_count; i++) {
		if (view->cells[i].free_mib != mib) {
			mib = view->cells[i].free_mib;
			floor_mib = thresholds_floor(&core->device_memory, mib);
		}
		cells[i] = cell_pack(&view->cells[i], floor_mib);
	}
}

static void cells_sort(uint64_t *cells, int32_t count)
{
	for (int32_t i = 1; i < count; i++) {
		uint64_t cell = cells[i];
		int32_t at = i;

		for (; at > 0 && cells[at - 1] < cell; at--)
			cells[at] = cells[at - 1];
		cells[at] = cell;
	}
}

/* Does the link group at `b` come before the one at `a`: has it more at the first difference? */
static int link_before(const uint64_t *b, const uint64_t *a, int32_t size)
{
	int32_t d = 0;

	while (d < size - 1 && a[d] == b[d])
		d++;
	return a[d] < b[d];
}

/* Sort groups of `size` devices among each other; each is sorted within. Most are in order. */
static void links_sort(uint64_t *cells, int32_t count, int32_t size)
{
	for (int32_t i = size; i + size <= count; i += size)
		for (int32_t at = i; at > 0 && link_before(cells + at, cells + at - size, size);
		     at -= size)
			for (int32_t d = at; d < at + size; d++) {
				uint64_t cell = cells[d];

				cells[d] = cells[d - size];
				cells[d - size] = cell;
			}
}

/* So many devices of a pool stand for each other: a link group or a unit. 0: units inside link
 * groups, which are left as they are. */
static int32_t pool_alike(const struct parc_core *core, const struct pool *pool)
{
	int32_t unit = core->chips[pool->chip].unit;

	if (unit <= 1)
		return pool->link_size;
	return pool->link_size == unit || pool->link_size == pool->count ? unit : 0;
}

/* Bring devices that stand for each other into one order, and such groups among each other. */
static void pool_sort(const struct parc_core *core, const struct pool *pool, uint64_t *cells)
{
	int32_t count = pool->count, size = pool_alike(core, pool);

	if (size == 0)
		return;
	for (int32_t i = 0; i < count; i += size)
		cells_sort(cells + i, size < count - i ? size : count - i);
	if (size < count)
		links_sort(cells, count, size);
}

/* All but the devices. */
static void key_begin(const struct parc_core *core, const struct view *view, struct sought *key)
{
	key->kind = core->nodes[view->node].kind;
	key->cpu_free = (int32_t)thresholds_floor(&core->cpu, view->cpu_free);
	key->memory_free = thresholds_floor(&core->memory, view->memory_free);
}

static void key_hash(const struct kind *kind, struct sought *key)
{
	uint64_t hash = HASH_START;

	for (int32_t i = 0; i < kind->devices_count; i++)
		hash = hash_word(hash, key->cells[i]);
	hash = hash_pair(hash, key->memory_free, key->cpu_free);
	key->hash = hash_word(hash, kind->hash);
}

/* Project what is free to what the known shapes can tell apart. */
static void class_key(const struct parc_core *core, const struct view *view, struct sought *key)
{
	uint64_t *cells = key->cells;
	const struct node *it = &core->nodes[view->node];

	key_begin(core, view, key);
	cells_pack(core, view, cells);
	for (int32_t p = 0; p < it->pools_count; p++)
		pool_sort(core, &it->pools[p], cells + it->pools[p].first);
	key_hash(view->kind, key);
}

/* Not where devices are sorted by link groups: a group may be in any place. */
int index_can_mend(const struct parc_core *core, int32_t node)
{
	const struct node *it = &core->nodes[node];

	if (core->index->exact || it->class < 0)
		return 0;
	for (int32_t p = 0; p < it->pools_count; p++)
		if (pool_alike(core, &it->pools[p]) < it->pools[p].count)
			return 0;
	return 1;
}

/* Of the cells, which are sorted, `n` change from one value to another. */
static void cells_mend(uint64_t *cells, int32_t count, int32_t n, uint64_t from, uint64_t to)
{
	int32_t at = 0;

	while (at + n < count && cells[at] != from)
		at++;
	ASSERT(cells[at] == from && cells[at + n - 1] == from);
	for (; at + n < count && cells[at + n] > to; at++)
		cells[at] = cells[at + n];
	for (; at > 0 && cells[at - 1] < to; at--)
		cells[at + n - 1] = cells[at - 1];
	for (int32_t i = at; i < at + n; i++)
		cells[i] = to;
}

static uint64_t cell_key(const struct parc_core *core, const struct cell *cell)
{
	return cell_pack(cell, thresholds_floor(&core->device_memory, cell->free_mib));
}

/* The same from the class that the node is still in, and what changed since it was filed there. */
static void class_key_mend(const struct parc_core *core, const struct view *view,
			   const struct change *change, struct sought *key)
{
	const struct node *it = &core->nodes[view->node];
	const uint64_t *cells =
		core->index->cells + (size_t)it->class * (size_t)core->limits.node_devices;

	key_begin(core, view, key);
	for (int32_t i = 0; i < view->kind->devices_count; i++)
		key->cells[i] = cells[i];
	for (int32_t i = 0; i < change->count; i++) {
		const struct changed_devices *part = &change->parts[i];
		const struct pool *pool = &it->pools[part->pool];

		cells_mend(key->cells + pool->first, pool->count, part->count,
			   cell_key(core, &part->before), cell_key(core, &part->after));
	}
	key_hash(view->kind, key);
}

static int class_is(const struct parc_core *core, int32_t class, const struct sought *key)
{
	const struct index *index = core->index;
	const struct class *it = &index->classes[class];
	size_t stride = (size_t)core->limits.node_devices;

	return it->hash == key->hash && it->kind == key->kind && it->cpu_free == key->cpu_free &&
	       it->memory_free == key->memory_free &&
	       memcmp(index->cells + (size_t) class * stride, key->cells,
		      (size_t)core->kinds[key->kind].devices_count * sizeof(*key->cells)) == 0;
}

static void empty_link(struct index *index, int32_t class)
{
	struct class *it = &index->classes[class];

	it->empty_next = -1;
	it->empty_prev = index->empty_last;
	if (index->empty_last >= 0)
		index->classes[index->empty_last].empty_next = class;
	else
		index->empty_first = class;
	index->empty_last = class;
}

static void empty_unlink(struct index *index, int32_t class)
{
	struct class *it = &index->classes[class];

	if (it->empty_next >= 0)
		index->classes[it->empty_next].empty_prev = it->empty_prev;
	else
		index->empty_last = it->empty_prev;
	if (it->empty_prev >= 0)
		index->classes[it->empty_prev].empty_next = it->empty_next;
	else
		index->empty_first = it->empty_next;
}

/* Give back the slot of the class that has been empty for longest. */
static void class_evict(struct index *index)
{
	int32_t class = index->empty_first;
	int32_t *link;

	ASSERT(class >= 0);
	empty_unlink(index, class);
	link = &index->buckets[index->classes[class].hash & index->bucket_mask];
	while (*link != class)
		link = &index->classes[*link].next;
	*link = index->classes[class].next;
	index->classes[class].generation++;
	table_give(&index->classes_table, class);
}

/* What is remembered of the class is no longer so. */
static void class_forget(struct class *it)
{
	it->generation++;
	memset(it->held, 0, sizeof(it->held));
	it->standing.epoch = 0;
	it->priced = 0;
}

/* The class got its first member. */
static void class_fill(struct index *index, int32_t class, uint64_t cores)
{
	struct class *it = &index->classes[class];

	if (!priced_stands(&index->prices, it->priced, it->chips, it->prices))
		class_forget(it);
	it->filled = index->filled_count;
	index->filled[index->filled_count++] = class;
	glance_count(index, it, 1);
	glance_bear(index, class, cores);
}

static void class_drain(struct index *index, int32_t class)
{
	int32_t at = index->classes[class].filled, last = index->filled[--index->filled_count];

	index->filled[at] = last;
	index->classes[last].filled = at;
	index->classes[class].prices = index->prices.now;
	glance_count(index, &index->classes[class], -1);
}

/* Do free CPU, memory and the free shares alone tell what fits on nodes of this kind, for an ask
 * that wants nothing else of them? */
static int kind_is_plain(const struct parc_core *core, const struct kind *kind)
{
	const struct parc_chip *chip = &core->chips[kind->pools[0].chip];

	if (kind->pools_count == 0)
		return 1;
	return kind->pools_count == 1 && chip->unit <= 1 && !chip->one_user && !chip->within_link &&
	       chip->rule != PARC_RULE_TEMPLATES && chip->rule != PARC_RULE_CORES;
}

/* Note what tells at a glance that an ask does not fit. */
static void class_glance(const struct parc_core *core, struct class *it, const int16_t *milli)
{
	const struct kind *kind = &core->kinds[it->kind];

	it->plain = (uint8_t)kind_is_plain(core, kind);
	it->root = -1;
	it->devices = 0;
	for (int32_t p = 0; p < kind->pools_count; p++)
		for (int32_t i = 0; i < kind->pools[p].count; i++)
			it->devices += profile_cell_hash(kind->pools[p].chip,
							 milli[kind->pools[p].first + i]);
	it->chips = kind->chips;
	it->whole = it->most_milli = 0;
	for (int32_t i = 0; i < kind->devices_count; i++) {
		it->whole = (int16_t)(it->whole + (milli[i] == PARC_SHARE_WHOLE));
		it->most_milli = milli[i] > it->most_milli ? milli[i] : it->most_milli;
	}
	it->free = glance_of(it, kind, milli);
	it->unused = !core->index->exact && it->whole > 0 && it->whole == kind->devices_count;
}

static int32_t class_create(struct parc_core *core, const struct sought *key)
{
	const uint64_t *cells = key->cells;
	struct index *index = core->index;
	int16_t milli[PARC_NODE_DEVICES_MAX];
	struct class *it;
	int32_t class, *bucket = &index->buckets[key->hash & index->bucket_mask];

	if (!table_has_room(&index->classes_table, 1))
		class_evict(index);
	class = table_take(&index->classes_table);
	it = &index->classes[class];
	it->hash = key->hash;
	it->kind = key->kind;
	it->cpu_free = key->cpu_free;
	it->memory_free = key->memory_free;
	it->count = 0;
	it->head = -1;
	it->next = *bucket;
	*bucket = class;
	memcpy(index->cells + (size_t) class * (size_t)core->limits.node_devices, cells,
	       (size_t)core->kinds[key->kind].devices_count * sizeof(*cells));
	for (int32_t i = 0; i < core->kinds[key->kind].devices_count; i++)
		milli[i] = (int16_t)(cells[i] >> 54);
	class_glance(core, it, milli);
	class_forget(it);
	empty_link(index, class);
	return class;
}

/* The class that is sought, made if there is none yet. */
static int32_t class_get(struct parc_core *core)
{
	struct index *index = core->index;
	const struct sought *key = index->sought;
	int32_t class = index->buckets[key->hash & index->bucket_mask];

	while (class >= 0 && !class_is(core, class, key))
		class = index->classes[class].next;
	return class >= 0 ? class : class_create(core, key);
}

/* The class that the node belongs to. */
static int32_t class_of(struct parc_core *core, const struct view *view)
{
	if (core->index->exact)
		return view->node;
	class_key(core, view, core->index->sought);
	return class_get(core);
}

void index_seek(struct parc_core *core, const struct view *view, const struct change *change)
{
	struct index *index = core->index;

	if (index->exact)
		return;
	if (change != NULL)
		class_key_mend(core, view, change, index->sought);
	else
		class_key(core, view, index->sought);
	__builtin_prefetch(&index->buckets[index->sought->hash & index->bucket_mask], 1);
}

void index_fetch(const struct parc_core *core)
{
	const struct index *index = core->index;
	int32_t class = -1;

	if (!index->exact)
		class = index->buckets[index->sought->hash & index->bucket_mask];
	if (class < 0)
		return;
	__builtin_prefetch(&index->classes[class].birth, 1);
	__builtin_prefetch(&index->classes[class].hash, 1);
	__builtin_prefetch(index->cells + (size_t) class * (size_t)core->limits.node_devices);
}

/* Link the node into a class behind `prev`, -1: in front. */
static void member_link(struct index *index, struct parc_core *core, int32_t class, int32_t node,
			int32_t prev)
{
	struct class *it = &index->classes[class];
	struct node *member = &core->nodes[node];
	int32_t next = prev < 0 ? it->head : core->nodes[prev].next;

	member->class = class;
	member->prev = prev;
	member->next = next;
	if (next >= 0)
		core->nodes[next].prev = node;
	if (prev >= 0)
		core->nodes[prev].next = node;
	else
		it->head = node;
	if (it->unused) {
		struct ranking_node key = {.key = member->rank, .tie = member->id};

		ranking_insert(&index->ranks, &it->root, node, &key);
	}
	if (it->count++ == 0) {
		if (!index->exact)
			empty_unlink(index, class);
		class_fill(index, class, core->cores_chips);
	}
}

static void member_unlink(struct index *index, struct parc_core *core, int32_t node)
{
	struct node *member = &core->nodes[node];
	struct class *it = &index->classes[member->class];

	if (member->next >= 0)
		core->nodes[member->next].prev = member->prev;
	if (member->prev >= 0)
		core->nodes[member->prev].next = member->next;
	else
		it->head = member->next;
	if (it->unused)
		ranking_remove(&index->ranks, &it->root, node);
	if (--it->count == 0) {
		class_drain(index, member->class);
		if (!index->exact)
			empty_link(index, member->class);
	}
	member->class = -1;
}

/* With exact scores a node is a class of its own, and another one after each change. */
static void class_renew(struct parc_core *core, const struct view *view)
{
	struct class *it = &core->index->classes[view->node];
	int16_t milli[PARC_NODE_DEVICES_MAX];

	for (int32_t i = 0; i < view->kind->devices_count; i++)
		milli[i] = view->cells[i].free_milli;
	it->kind = core->nodes[view->node].kind;
	it->cpu_free = view->cpu_free;
	it->memory_free = view->memory_free;
	class_glance(core, it, milli);
	class_forget(it);
}

void index_file(struct parc_core *core, const struct view *view, int32_t prev)
{
	struct index *index = core->index;

	index_remove(core, view->node);
	if (index->exact)
		class_renew(core, view);
	member_link(index, core, index->exact ? view->node : class_get(core), view->node, prev);
}

void index_remove(struct parc_core *core, int32_t node)
{
	if (core->nodes[node].class >= 0)
		member_unlink(core->index, core, node);
}

/* Another threshold: nodes that it tells from their class move to new classes, which consist of
 * such members of this class only; oldest change first, so that every list stays in order. */
static void members_refile(struct parc_core *core, int32_t class)
{
	struct index *index = core->index;
	int32_t node = index->classes[class].head, before;

	while (node >= 0 && core->nodes[node].next >= 0)
		node = core->nodes[node].next;
	for (; node >= 0; node = before) {
		struct view view;
		int32_t to;

		before = core->nodes[node].prev;
		view_of_node(core, node, &view);
		to = class_of(core, &view);
		if (to == class)
			continue;
		member_unlink(index, core, node);
		member_link(index, core, to, node, -1);
	}
}

/* Classes that are made meanwhile may be looked at, too: all of their members stay. */
static void nodes_refile(struct parc_core *core)
{
	for (int32_t class = 0; class < core->index->classes_table.high; class ++)
		if (core->index->classes[class].count > 0)
			members_refile(core, class);
}

static int booking_learn(struct parc_core *core, const struct booking *booking)
{
	int more = thresholds_add(&core->cpu, booking->cpu_milli);

	if (booking->devices > 0)
		more |= thresholds_add(&core->device_memory, booking->memory_mib);
	return more;
}

void index_learn(struct parc_core *core, const struct ask *ask)
{
	struct booking booking;
	int more = thresholds_add(&core->cpu, ask->task.cpu_milli);

	more |= thresholds_add(&core->memory, ask->task.memory_mib);
	for (uint64_t left = ask->task.chips & core->chips_known; left != 0; left &= left - 1)
		if (chip_book(&core->chips[__builtin_ctzll(left)], ask, &booking))
			more |= booking_learn(core, &booking);
	if (more && !core->index->exact)
		nodes_refile(core);
}

void index_refine(struct parc_core *core, int32_t cpu_milli, int64_t memory_mib)
{
	int more = thresholds_refine(&core->cpu, cpu_milli, 1000, CPU_STEPS);

	more |= thresholds_refine(&core->memory, memory_mib, 1024, MEMORY_STEPS);
	if (more && !core->index->exact)
		nodes_refile(core);
}

int index_tells_apart(const struct parc_core *core, const struct ask *ask)
{
	struct booking booking;

	if (!thresholds_has(&core->cpu, ask->task.cpu_milli) ||
	    !thresholds_has(&core->memory, ask->task.memory_mib))
		return 0;
	for (uint64_t left = ask->task.chips & core->chips_known; left != 0; left &= left - 1) {
		if (!chip_book(&core->chips[__builtin_ctzll(left)], ask, &booking))
			continue;
		if (!thresholds_has(&core->cpu, booking.cpu_milli) ||
		    (booking.devices > 0 &&
		     !thresholds_has(&core->device_memory, booking.memory_mib)))
			return 0;
	}
	return 1;
}

/* One step of heap sort by time of change: what stands at `at` sinks to its place. */
static void order_sink(const struct parc_core *core, int32_t *list, int32_t at, int32_t count)
{
	int32_t node = list[at], child;

	for (; (child = 2 * at + 1) < count; at = child) {
		if (child + 1 < count &&
		    core->nodes[list[child + 1]].changed > core->nodes[list[child]].changed)
			child++;
		if (core->nodes[list[child]].changed <= core->nodes[node].changed)
			break;
		list[at] = list[child];
	}
	list[at] = node;
}

const int32_t *index_by_change(struct parc_core *core, int32_t *count)
{
	int32_t *list = core->index->order, found = 0;

	for (int32_t i = 0; i < core->nodes_table.high; i++)
		if (core->nodes[i].id != PARC_NONE)
			list[found++] = i;
	for (int32_t at = found / 2 - 1; at >= 0; at--)
		order_sink(core, list, at, found);
	for (int32_t last = found - 1; last > 0; last--) {
		int32_t latest = list[0];

		list[0] = list[last];
		list[last] = latest;
		order_sink(core, list, 0, last);
	}
	*count = found;
	return list;
}

void index_rebuild(struct parc_core *core, int exact)
{
	int32_t count;
	const int32_t *order = index_by_change(core, &count);
	struct index *index = core->index;

	thresholds_derive(&core->cpu);
	thresholds_derive(&core->memory);
	thresholds_derive(&core->device_memory);
	index->exact = exact;
	table_reset(&index->classes_table);
	index->empty_first = index->empty_last = -1;
	index->filled_count = 0;
	memset(index->buckets, -1, ((size_t)index->bucket_mask + 1) * sizeof(*index->buckets));
	for (int32_t class = 0; class < index->classes_max; class ++)
		index->classes[class] = (struct class){.head = -1};
	heap_reset(core); /* no entry of an older generation is left */
	if (exact)
		index->classes_table.high = index->classes_max;
	for (int32_t i = 0; i < count; i++) {
		int32_t node = order[i];
		struct view view;

		core->nodes[node].class = -1;
		if (core->nodes[node].state != PARC_NODE_UP)
			continue;
		view_of_node(core, node, &view);
		index_seek(core, &view, NULL);
		index_file(core, &view, -1);
	}
}

void index_rescore(struct parc_core *core)
{
	struct index *index = core->index;

	index->scores_epoch++;
	for (int32_t i = 0; i < index->heaps_count; i++)
		index->heaps[i].epoch = 0;
}

void index_reprice(struct parc_core *core, uint64_t types, uint64_t chips)
{
	struct index *index = core->index;
	uint64_t before = index->prices.now++;

	for (uint32_t left = priced_hosts(types); left != 0; left &= left - 1)
		index->prices.hosts[__builtin_ctz(left)] = index->prices.now;
	for (uint64_t left = chips; left != 0; left &= left - 1)
		index->prices.chips[__builtin_ctzll(left)] = index->prices.now;
	for (int32_t i = 0; i < index->filled_count; i++) {
		struct class *it = &index->classes[index->filled[i]];

		if (priced_stands(&index->prices, it->priced, it->chips, before))
			continue;
		class_forget(it);
		glance_bear(index, index->filled[i], core->cores_chips);
	}
}

/* I1: every node that is up is in the class of its key, the others are in none. */
static int node_check(const struct parc_core *core, int32_t node, struct parc_err *err)
{
	const struct node *it = &core->nodes[node];
	struct sought key;
	struct view view;

	if ((it->state == PARC_NODE_UP) != (it->class >= 0))
		return parc_err_set(err, PARC_ERR_MISMATCH, "I1: node %lld is %s and %sfiled",
				    (long long)it->id, parc_node_state_name(it->state),
				    it->class < 0 ? "not " : "");
	if (it->class < 0 || core->index->exact)
		return 0;
	view_of_node(core, node, &view);
	class_key(core, &view, &key);
	if (!class_is(core, it->class, &key))
		return parc_err_set(err, PARC_ERR_MISMATCH, "I1: node %lld is in the wrong class",
				    (long long)it->id);
	return 0;
}

/* I2: the members of a class stand in order of their last change, newest first; if they are unused,
 * by rank as well. */
static int class_check(const struct parc_core *core, int32_t class, struct parc_err *err)
{
	const struct class *it = &core->index->classes[class];
	int64_t changed = INT64_MAX;
	int32_t count = 0;

	for (int32_t node = it->head; node >= 0 && count < it->count;
	     node = core->nodes[node].next, count++) {
		if (core->nodes[node].class != class || core->nodes[node].changed >= changed)
			break;
		changed = core->nodes[node].changed;
	}
	if (count == it->count &&
	    (!it->unused || ranking_count(&core->index->ranks, it->root) == count))
		return 0;
	return parc_err_set(err, PARC_ERR_MISMATCH, "I2: a class of %d nodes has %d in order",
			    it->count, count);
}

int index_check(const struct parc_core *core, struct parc_err *err)
{
	const struct index *index = core->index;
	int32_t filed = 0, members = 0;
	int code = 0;

	for (int32_t node = 0; node < core->nodes_table.high && code == 0; node++) {
		if (core->nodes[node].id == PARC_NONE)
			continue;
		filed += core->nodes[node].class >= 0;
		code = node_check(core, node, err);
	}
	for (int32_t class = 0; class < index->classes_table.high && code == 0; class ++) {
		members += index->classes[class].count;
		code = index->classes[class].count > 0 ? class_check(core, class, err) : 0;
	}
	if (code == 0)
		code = glance_check(core, err);
	if (code == 0 && filed != members)
		return parc_err_set(err, PARC_ERR_MISMATCH, "I2: %d nodes filed, %d in classes",
				    filed, members);
	return code;
}
