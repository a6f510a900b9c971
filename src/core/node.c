/* SPDX-License-Identifier: Apache-2.0
 *
 * Nodes and what is free on them. Taking and giving back touch one node and its devices: no
 * cost grows with the fleet.
 */
#include "core/node.h"

#include <string.h>

#include "base/bits.h"
#include "base/hash.h"
#include "core/attribution.h"
#include "core/close.h"
#include "core/index.h"
#include "core/ledger.h"
#include "core/price.h"
#include "core/profile.h"
#include "core/reserve.h"

void node_prefetch(const struct parc_core *core, int32_t slot)
{
	size_t devices = (size_t)core->limits.node_devices;

	if (slot < 0)
		return;
	devices = devices < 8 ? devices : 8;
	lines_prefetch(&core->nodes[slot], offsetof(struct node, rank));
	lines_prefetch(&core->devices[(size_t)slot * (size_t)core->limits.node_devices],
		       devices * sizeof(*core->devices));
}

/* The same for its class, and its neighbours in lists, which it is about to leave. */
static void neighbours_prefetch(const struct parc_core *core, const struct node *node)
{
	if (node->class >= 0) {
		const struct class *class = &core->index->classes[node->class];

		__builtin_prefetch(&class->birth, 1);
		__builtin_prefetch(&class->filled, 1);
	}
	if (node->prev >= 0)
		__builtin_prefetch(&core->nodes[node->prev], 1);
	if (node->next >= 0)
		__builtin_prefetch(&core->nodes[node->next], 1);
	if (node->tasks >= 0)
		__builtin_prefetch(&core->tasks[node->tasks], 1);
}

static uint64_t kind_hash(const struct kind *kind)
{
	uint64_t hash = hash_pair(HASH_START, kind->memory_mib, kind->cpu_milli);

	for (int32_t p = 0; p < kind->pools_count; p++) {
		hash = hash_pair(hash, kind->pools[p].chip, kind->pools[p].count);
		hash = hash_word(hash, kind->pools[p].link_size);
	}
	return hash;
}

/* Lay the pools out over the node's devices. The cores of a CPU pool are no devices. */
static void kind_fill(const struct parc_core *core, const struct parc_node_add *add,
		      struct kind *kind)
{
	int32_t first = 0;

	memset(kind, 0, sizeof(*kind));
	kind->memory_mib = add->memory_mib;
	kind->cpu_milli = add->cpu_milli;
	kind->pools_count = add->pools_count;
	for (int32_t p = 0; p < add->pools_count; p++) {
		const struct parc_pool *pool = &add->pools[p];
		int cores = core->chips[pool->chip].rule == PARC_RULE_CORES;
		int32_t count = cores ? 0 : pool->devices;
		int32_t link =
			pool->link_size > 0 && pool->link_size < count ? pool->link_size : count;

		kind->pools[p] = (struct pool){.chip = (uint8_t)pool->chip,
					       .first = (uint8_t)first,
					       .count = (uint8_t)count,
					       .link_size = (uint8_t)link};
		kind->chips |= UINT64_C(1) << pool->chip;
		first += count;
	}
	kind->devices_count = first;
	kind->hash = kind_hash(kind);
}

static int kind_is(const struct kind *a, const struct kind *b)
{
	return a->hash == b->hash && a->memory_mib == b->memory_mib &&
	       a->cpu_milli == b->cpu_milli && a->pools_count == b->pools_count &&
	       memcmp(a->pools, b->pools, sizeof(a->pools)) == 0;
}

int32_t node_kind_find(struct parc_core *core, const struct parc_node_add *add, int make)
{
	struct kind kind;

	kind_fill(core, add, &kind);
	for (int32_t i = 0; i < core->kinds_count; i++)
		if (kind_is(&core->kinds[i], &kind))
			return i;
	if (core->kinds_count == KINDS_MAX)
		return -1;
	if (make)
		core->kinds[core->kinds_count] = kind;
	return make ? core->kinds_count++ : core->kinds_count;
}

int32_t node_kind_again(struct parc_core *core, const struct node *node)
{
	struct parc_node_add add = {.cpu_milli = node->cpu_milli,
				    .memory_mib = node->memory_mib,
				    .pools_count = node->pools_count};

	for (int32_t p = 0; p < node->pools_count; p++)
		add.pools[p] = (struct parc_pool){.chip = node->pools[p].chip,
						  .devices = node->pools[p].count,
						  .link_size = node->pools[p].link_size};
	return node_kind_find(core, &add, 1);
}

/* The category of what is neither held by tasks nor foreign. */
static enum parc_ledger rest_category(const struct node *node, int failed)
{
	switch (node->state) {
	case PARC_NODE_UP:
		return failed ? PARC_LEDGER_DOWN_FAILED : PARC_LEDGER_FREE_UNATTRIBUTED;
	case PARC_NODE_DRAINED:
		return PARC_LEDGER_DOWN_DRAINED;
	case PARC_NODE_SUSPECTED:
		return PARC_LEDGER_DOWN_SUSPECTED;
	case PARC_NODE_MAINTENANCE:
		return PARC_LEDGER_DOWN_MAINTENANCE;
	default:
		return PARC_LEDGER_DOWN_FAILED;
	}
}

/* What is not held by tasks of devices of one chip that are all sound or have all failed. */
struct rest {
	int32_t foreign, free;
	int32_t kept, whole; /* a part of what is free; devices of which nothing is held or kept */
};

/* Book (sign 1) or unbook (-1) what nobody uses. */
static void free_book(struct parc_core *core, struct node *node, enum parc_ledger category,
		      int32_t chip, int sign, const struct rest *rest)
{
	ledger_add(core, category, sign * rest->free);
	if (category != PARC_LEDGER_FREE_UNATTRIBUTED)
		return;
	core->chip_free[chip] += sign * rest->free;
	core->chip_kept[chip] += sign * rest->kept;
	core->chip_whole[chip] += sign * rest->whole;
	node->free_milli += sign * rest->free;
}

/* Add (`sign` > 0) or subtract so many devices like this one. */
static void rest_add(struct rest *rest, const struct device *device, const struct beset *beset,
		     int sign)
{
	int32_t left = PARC_SHARE_WHOLE - device->used_milli, foreign;

	if (!device->beset) { /* as most are */
		rest->free += sign * left;
		rest->whole += sign * (left == PARC_SHARE_WHOLE);
		return;
	}
	foreign = beset->foreign_milli < left ? beset->foreign_milli : left;
	left -= foreign;
	rest->foreign += sign * foreign;
	rest->free += sign * left;
	rest->kept += sign * (beset->kept_milli < left ? beset->kept_milli : left);
	rest->whole += sign * (left == PARC_SHARE_WHOLE && beset->kept_milli == 0);
}

static void rest_book(struct parc_core *core, struct node *node, int32_t chip, int failed,
		      const struct rest *rest)
{
	if (rest->foreign != 0)
		ledger_add(core, PARC_LEDGER_FOREIGN, rest->foreign);
	if (rest->free != 0 || rest->kept != 0 || rest->whole != 0)
		free_book(core, node, rest_category(node, failed), chip, 1, rest);
}

/* Book (sign 1) or unbook (-1) what is not held by tasks of one device. */
static void device_book(struct parc_core *core, struct node *node, int32_t chip,
			const struct device *device, int sign)
{
	struct rest rest = {0};

	rest_add(&rest, device, device_beset(core, device), sign);
	rest_book(core, node, chip, device->failed, &rest);
}

static void cores_book(struct parc_core *core, struct node *node, int sign)
{
	struct rest rest = {.free = node->cpu_free};

	if (node->state == PARC_NODE_UP)
		core->cores_free += sign * node->cpu_free;
	if (node->cores_pool < 0)
		return;
	rest.kept = node->cpu_kept < node->cpu_free ? node->cpu_kept : node->cpu_free;
	free_book(core, node, rest_category(node, 0), node->pools[node->cores_pool].chip, sign,
		  &rest);
}

static void node_book(struct parc_core *core, struct node *node, int sign)
{
	for (int32_t p = 0; p < node->pools_count; p++) {
		const struct pool *pool = &node->pools[p];

		for (int32_t i = pool->first; i < pool->first + pool->count; i++)
			device_book(core, node, pool->chip, &core->devices[node->devices + i],
				    sign);
	}
	cores_book(core, node, sign);
}

/* What the digest looks at of a device. */
struct device_words {
	uint64_t share, memory;
};

static struct device_words device_words(const struct device *it, const struct beset *beset)
{
	uint64_t share = (uint64_t)(uint16_t)it->used_milli << 48 |
			 (uint64_t)(uint16_t)beset->foreign_milli << 32 |
			 (uint64_t)it->slots << 16 | (uint64_t)it->holders << 8 | it->failed;
	uint64_t memory = (uint64_t)it->used_mib << 32 | (uint32_t)beset->foreign_mib;

	return (struct device_words){share, memory ^ (uint64_t)it->owner << 20};
}

/* The part of one device in the digest. They are hashed apart and added, so that a change of one
 * needs no look at the others. */
static inline uint64_t words_hash(struct device_words words, int32_t number)
{
	return hash_word(hash_word((uint64_t)number + 1, words.share), words.memory);
}

static uint64_t device_hash(const struct device *it, const struct beset *beset, int32_t number)
{
	return words_hash(device_words(it, beset), number);
}

static uint64_t devices_hash(const struct parc_core *core, const struct node *node)
{
	uint64_t sum = 0;

	for (int32_t i = 0; i < node->devices_count; i++) {
		const struct device *it = &core->devices[node->devices + i];

		sum += device_hash(it, device_beset(core, it), i);
	}
	return sum;
}

static uint64_t hash_of(const struct node *node, uint64_t devices)
{
	uint64_t hash = hash_word(HASH_START, (uint64_t)node->id);

	hash = hash_pair(hash, node->cpu_free, node->state);
	hash = hash_word(hash, (uint64_t)node->memory_free);
	hash = hash_word(hash, (uint64_t)node->changed);
	return hash_word(hash, devices);
}

uint64_t node_hash(const struct parc_core *core, int32_t slot)
{
	return hash_of(&core->nodes[slot], devices_hash(core, &core->nodes[slot]));
}

void node_rehash(struct parc_core *core, int32_t slot)
{
	struct node *node = &core->nodes[slot];

	node->devices_hash = devices_hash(core, node);
	node->hash = hash_of(node, node->devices_hash);
}

static void node_digest(struct parc_core *core, int32_t slot)
{
	struct node *node = &core->nodes[slot];

	core->digest -= node->hash;
	node->hash = hash_of(node, node->devices_hash);
	core->digest += node->hash;
}

/* All that follows from what is free; its stamp is set. `change`: all that changed since it was
 * last filed; NULL: not noted. */
static void node_file(struct parc_core *core, int32_t slot, int32_t prev,
		      const struct change *change)
{
	struct view view;
	int up = core->nodes[slot].state == PARC_NODE_UP;

	if (up) {
		if (change != NULL)
			view_of_node_alone(core, slot, &view);
		else
			view_of_node(core, slot, &view);
		index_seek(core, &view, change);
	}
	node_digest(core, slot);
	if (up)
		index_fetch(core);
	prices_note(core, slot, up ? &view : NULL, change);
	if (up)
		index_file(core, &view, prev);
	else
		index_remove(core, slot);
	close_note(core, slot);
}

static void node_note(struct parc_core *core, int32_t slot, const struct change *change)
{
	struct node *node = &core->nodes[slot];

	if (change != NULL && (change->count > CHANGE_MAX || node->keeps))
		change = NULL;
	node->changed = ++core->stamp;
	core->index->latest = slot;
	node_file(core, slot, -1, change);
}

void node_changed(struct parc_core *core, int32_t slot)
{
	node_note(core, slot, NULL);
}

/* Something that waits may fit there now. */
void node_freed(struct parc_core *core, int32_t slot)
{
	core->looks = 1;
	if (core->freed_count > 0 && core->freed[core->freed_count - 1] == slot)
		return;
	if (core->freed_count == core->limits.nodes)
		core->freed_all = 1;
	else
		core->freed[core->freed_count++] = slot;
}

static void node_init(struct parc_core *core, int32_t slot, const struct parc_node_add *add)
{
	struct node *node = &core->nodes[slot];
	int32_t kind = node_kind_find(core, add, 1);
	const struct kind *it = &core->kinds[kind];

	ASSERT(kind >= 0);
	core->kinds[kind].nodes++;
	core->kinds[kind].ups++;
	*node = (struct node){.id = add->node,
			      .rank = add->rank,
			      .memory_mib = add->memory_mib,
			      .memory_free = add->memory_mib,
			      .cpu_milli = add->cpu_milli,
			      .cpu_free = add->cpu_milli,
			      .place = idmap_find(&core->place_ids, add->place),
			      .kind = (int16_t)kind,
			      .devices = slot * core->limits.node_devices,
			      .tasks = -1,
			      .holds = -1,
			      .class = -1,
			      .state = PARC_NODE_UP,
			      .devices_count = (uint8_t)it->devices_count,
			      .pools_count = (uint8_t)it->pools_count,
			      .cores_pool = -1};
	memcpy(node->pools, it->pools, sizeof(node->pools));
	for (int32_t p = 0; p < it->pools_count; p++)
		if (core->chips[it->pools[p].chip].rule == PARC_RULE_CORES)
			node->cores_pool = (int8_t)p;
	memset(&core->devices[node->devices], 0,
	       (size_t)it->devices_count * sizeof(*core->devices));
	memset(&core->besets[node->devices], 0, (size_t)it->devices_count * sizeof(*core->besets));
	node->devices_hash = devices_hash(core, node);
}

/* Count the node's devices in or out of the totals. */
static void node_total(struct parc_core *core, const struct node *node, int sign)
{
	for (int32_t p = 0; p < node->pools_count; p++) {
		uint64_t bit = UINT64_C(1) << node->pools[p].chip;
		int64_t *total = &core->chip_total[node->pools[p].chip];

		*total += sign * (p == node->cores_pool ? node->cpu_milli
							: node->pools[p].count * PARC_SHARE_WHOLE);
		core->chips_here = *total > 0 ? core->chips_here | bit : core->chips_here & ~bit;
	}
}

/* The same for the capacity over time, as a whole and by chip. */
static void capacity_add(struct parc_core *core, const struct node *node, int sign)
{
	for (int32_t p = 0; p < node->pools_count; p++) {
		int64_t milli = p == node->cores_pool ? node->cpu_milli
						      : node->pools[p].count * PARC_SHARE_WHOLE;

		integral_add(core, &core->chip_capacity[node->pools[p].chip], sign * milli);
		integral_add(core, &core->capacity, sign * milli);
	}
}

void node_recount_totals(struct parc_core *core, int32_t slot)
{
	struct node *node = &core->nodes[slot];
	struct ledger ledger = core->ledger;

	node_total(core, node, 1);
	node->free_milli = 0;
	node_book(core, node, 1);
	core->ledger = ledger;
}

void node_add(struct parc_core *core, const struct parc_node_add *add)
{
	int32_t slot = table_take(&core->nodes_table);
	struct node *node = &core->nodes[slot];

	node_init(core, slot, add);
	idmap_add(&core->node_ids, add->node, slot);
	core->last_node = add->node;
	if (node->place >= 0) {
		node->next_in_place = core->places[node->place].first_node;
		core->places[node->place].first_node = slot;
	} else {
		node->next_in_place = -1;
	}
	node_total(core, node, 1);
	node_book(core, node, 1);
	capacity_add(core, node, 1);
	node_changed(core, slot);
	node_freed(core, slot);
}

void node_remove(struct parc_core *core, int32_t slot)
{
	struct node *node = &core->nodes[slot];

	ASSERT(node->tasks < 0);
	while (node->holds >= 0)
		reserve_leave_node(core, slot);
	if (node->place >= 0) {
		int32_t *link = &core->places[node->place].first_node;

		while (*link != slot)
			link = &core->nodes[*link].next_in_place;
		*link = node->next_in_place;
	}
	node_book(core, node, -1);
	node_total(core, node, -1);
	capacity_add(core, node, -1);
	attribution_note(core);
	index_remove(core, slot);
	close_node_removed(core, slot);
	core->kinds[node->kind].ups -= node->state == PARC_NODE_UP;
	node->state = PARC_NODE_DOWN;
	prices_note(core, slot, NULL, NULL);
	core->digest -= node->hash;
	core->kinds[node->kind].nodes--;
	idmap_remove(&core->node_ids, node->id);
	node->id = PARC_NONE;
	table_give(&core->nodes_table, slot);
}

void node_set_state(struct parc_core *core, int32_t slot, enum parc_node_state state)
{
	struct node *node = &core->nodes[slot];

	node_book(core, node, -1);
	core->kinds[node->kind].ups += (state == PARC_NODE_UP) - (node->state == PARC_NODE_UP);
	core->kinds_version++;
	node->state = (uint8_t)state;
	node_book(core, node, 1);
	node_changed(core, slot);
	if (state != PARC_NODE_UP)
		return;
	node_freed(core, slot);
	if (core->kinds[node->kind].ups == 1)
		core->freed_all = 1; /* what only this kind of node holds has hope again */
}

static int32_t device_pool(const struct node *node, int32_t device)
{
	for (int32_t p = 0; p < node->pools_count; p++)
		if (device < node->pools[p].first + node->pools[p].count)
			return p;
	ASSERT(0 && "a device lies in a pool");
	return -1;
}

static int32_t device_chip(const struct node *node, int32_t device)
{
	return node->pools[device_pool(node, device)].chip;
}

/* A device is about to change: out of the books and the digest with it, and in again after. */
static void device_leave(struct parc_core *core, struct node *node, int32_t number)
{
	const struct device *it = &core->devices[node->devices + number];

	device_book(core, node, device_chip(node, number), it, -1);
	node->devices_hash -= device_hash(it, device_beset(core, it), number);
}

static void device_return(struct parc_core *core, struct node *node, int32_t number)
{
	const struct device *it = &core->devices[node->devices + number];

	device_book(core, node, device_chip(node, number), it, 1);
	node->devices_hash += device_hash(it, device_beset(core, it), number);
}

void device_beset_note(struct parc_core *core, int32_t device)
{
	const struct beset *it = &core->besets[device];

	core->devices[device].beset = it->foreign_mib != 0 || it->kept_mib != 0 ||
				      it->foreign_milli != 0 || it->kept_milli != 0 ||
				      it->kept_slots != 0;
}

void node_set_failed(struct parc_core *core, int32_t slot, int32_t device, int failed)
{
	struct node *node = &core->nodes[slot];
	struct device *it = &core->devices[node->devices + device];

	device_leave(core, node, device);
	it->failed = failed & 1;
	device_return(core, node, device);
	node_changed(core, slot);
	if (!failed)
		node_freed(core, slot);
}

void node_set_foreign(struct parc_core *core, int32_t slot, int32_t device, int32_t milli,
		      int32_t mib)
{
	struct node *node = &core->nodes[slot];
	struct beset *it = &core->besets[node->devices + device];

	device_leave(core, node, device);
	it->foreign_milli = (int16_t)milli;
	it->foreign_mib = mib;
	device_beset_note(core, node->devices + device);
	device_return(core, node, device);
	node_changed(core, slot);
	node_freed(core, slot);
}

int64_t node_task_milli(const struct parc_core *core, const struct task *task)
{
	int64_t milli = (int64_t)task->share_milli * bits_count(task->devices);

	return core->nodes[task->node].cores_pool < 0 ? milli : milli + task->cpu_milli;
}

/* Add (sign 1) or subtract (-1) what a task holds of a device. */
static void device_hold(struct device *it, const struct task *task, int64_t user, int one_user,
			int sign)
{
	it->used_milli = (int16_t)(it->used_milli + sign * task->share_milli);
	it->used_mib = (it->used_mib + (uint32_t)(sign * task->device_memory_mib)) & 0xffffff;
	it->slots ^= (uint16_t)task->slots;
	it->holders = (it->holders + (uint32_t)sign) & 0xff;
	if (it->holders == 0)
		it->owner = 0;
	else if (sign > 0 && one_user && task->share_milli < PARC_SHARE_WHOLE)
		it->owner = (uint32_t)user & PARC_USER_MAX;
	ASSERT(it->used_milli >= 0 && it->used_milli <= PARC_SHARE_WHOLE);
}

/* Where to note what the task will change on its node, which is filed as it is; NULL: that can't be
 * mended, as where the node keeps something. */
static struct change *change_begin(const struct parc_core *core, int32_t slot, struct change *room)
{
	const struct node *node = &core->nodes[slot];

	if (node->keeps || !index_can_mend(core, slot))
		return NULL;
	room->count = 0;
	return room;
}

/* Which of these devices of a task are of the same pool as the first, and their records like its.
 */
static uint32_t devices_alike(const struct parc_core *core, const struct node *node,
			      const struct pool *pool, uint32_t devices)
{
	const struct device *all = &core->devices[node->devices];
	const struct device *first = &all[__builtin_ctz(devices)];
	uint32_t alike = devices & -devices;

	for (uint32_t left = first->beset ? 0 : devices & ~alike; left != 0; left &= left - 1) {
		int32_t i = __builtin_ctz(left);

		if (i >= pool->first + pool->count)
			break;
		alike |= memcmp(&all[i], first, sizeof(*first)) == 0 ? left & -left : 0;
	}
	return alike;
}

/* These devices, which are alike, get another record: into that and the digest. */
static void devices_put(struct parc_core *core, struct node *node, uint32_t devices,
			const struct device *record, const struct beset *beset)
{
	struct device *all = &core->devices[node->devices];
	struct device_words before = device_words(&all[__builtin_ctz(devices)], beset);
	struct device_words after = device_words(record, beset);

	for (; devices != 0; devices &= devices - 1) {
		int32_t i = __builtin_ctz(devices);

		node->devices_hash += words_hash(after, i) - words_hash(before, i);
		all[i] = *record;
	}
}

/* Note that so many devices of a pool changed. */
static void change_note(struct change *change, const struct changed_devices *part)
{
	if (change->count < CHANGE_MAX)
		change->parts[change->count] = *part;
	change->count += change->count <= CHANGE_MAX;
}

/* The same for all devices of the task: as a rule they are alike. */
static void devices_hold(struct parc_core *core, const struct task *task, int64_t user, int sign,
			 struct change *change)
{
	struct node *node = &core->nodes[task->node];

	for (uint32_t left = task->devices, alike; left != 0; left &= ~alike) {
		int32_t first = __builtin_ctz(left), p = device_pool(node, first), count;
		const struct parc_chip *chip = &core->chips[node->pools[p].chip];
		struct rest rest = {0};
		struct device before = core->devices[node->devices + first], after = before;
		const struct beset *beset =
			device_beset(core, &core->devices[node->devices + first]);

		alike = devices_alike(core, node, &node->pools[p], left);
		count = bits_count(alike);
		device_hold(&after, task, user, chip->one_user, sign);
		devices_put(core, node, alike, &after, beset);
		rest_add(&rest, &before, beset, -count);
		rest_add(&rest, &after, beset, count);
		rest_book(core, node, node->pools[p].chip, before.failed, &rest);
		if (change != NULL)
			change_note(
				change,
				&(struct changed_devices){
					.pool = p,
					.count = count,
					.before = cell_of_device(&before, beset, chip->memory_mib),
					.after = cell_of_device(&after, beset, chip->memory_mib)});
	}
}

/* `change`: to be filled, NULL: not. */
static void node_hold(struct parc_core *core, const struct task *task, int64_t user, int sign,
		      struct change *change)
{
	struct node *node = &core->nodes[task->node];
	const struct kind *kind = &core->kinds[node->kind]; /* it says the same, and is at hand */

	devices_hold(core, task, user, sign, change);
	cores_book(core, node, -1);
	node->cpu_free -= sign * task->cpu_milli;
	node->memory_free -= sign * task->memory_mib;
	cores_book(core, node, 1);
	ASSERT(node->cpu_free >= 0 && node->cpu_free <= kind->cpu_milli);
	ASSERT(node->memory_free >= 0 && node->memory_free <= kind->memory_mib);
}

int64_t node_take(struct parc_core *core, const struct task *task, int64_t user,
		  struct node_undo *undo)
{
	int64_t milli = node_task_milli(core, task);
	struct change room, *change = change_begin(core, task->node, &room);

	neighbours_prefetch(core, &core->nodes[task->node]);
	if (undo != NULL)
		node_mark(core, task->node, undo);
	node_hold(core, task, user, 1, change);
	ledger_add(core, PARC_LEDGER_STARTING, milli);
	node_note(core, task->node, change);
	return milli;
}

int64_t node_give(struct parc_core *core, const struct task *task, enum parc_ledger from)
{
	int64_t milli = node_task_milli(core, task);
	struct change room, *change = change_begin(core, task->node, &room);

	neighbours_prefetch(core, &core->nodes[task->node]);
	node_hold(core, task, 0, -1, change);
	ledger_add(core, from, -milli);
	reserve_refresh(core, task->node);
	node_note(core, task->node, change);
	node_freed(core, task->node);
	return milli;
}

void node_mark(const struct parc_core *core, int32_t slot, struct node_undo *undo)
{
	const struct node *node = &core->nodes[slot];

	*undo = (struct node_undo){.changed = node->changed, .node = slot, .prev = node->prev};
}

void node_restore(struct parc_core *core, const struct node_undo *undo)
{
	struct node *node = &core->nodes[undo->node];

	ASSERT(node->changed == core->stamp);
	core->stamp--;
	node->changed = undo->changed;
	node_file(core, undo->node, undo->prev, NULL);
}

void node_untake(struct parc_core *core, const struct task *task, const struct node_undo *undo)
{
	ASSERT(undo->node == task->node);
	node_hold(core, task, 0, -1, NULL);
	ledger_add(core, PARC_LEDGER_STARTING, -node_task_milli(core, task));
	node_restore(core, undo);
}

void node_pretend(struct parc_core *core, const struct task *task, int64_t user, int sign)
{
	node_hold(core, task, user, sign, NULL);
	ledger_add(core, PARC_LEDGER_STARTING, sign * node_task_milli(core, task));
}

int node_put_kept(struct parc_core *core, int32_t slot, const struct kept *kept)
{
	struct node *node = &core->nodes[slot];
	int changed = node->cpu_kept != kept->cpu_milli || node->memory_kept != kept->memory_mib;

	node->cpu_kept = kept->cpu_milli;
	node->memory_kept = kept->memory_mib;
	for (int32_t i = 0; i < node->devices_count; i++) {
		struct beset *it = &core->besets[node->devices + i];

		changed |= it->kept_milli != kept->milli[i] || it->kept_mib != kept->mib[i] ||
			   it->kept_slots != kept->slots[i];
		it->kept_milli = kept->milli[i];
		it->kept_mib = kept->mib[i];
		it->kept_slots = kept->slots[i];
		device_beset_note(core, node->devices + i);
	}
	return changed;
}

int node_set_kept(struct parc_core *core, int32_t slot, const struct kept *kept)
{
	int changed;

	node_book(core, &core->nodes[slot], -1);
	changed = node_put_kept(core, slot, kept);
	node_book(core, &core->nodes[slot], 1);
	return changed;
}

int node_can_take(const struct parc_core *core, const struct task *task, int64_t user)
{
	const struct node *node = &core->nodes[task->node];
	struct view view;

	if (node->state != PARC_NODE_UP || node->cpu_free < task->cpu_milli ||
	    node->memory_free < task->memory_mib)
		return 0;
	if (node->devices_count < 32 && task->devices >> node->devices_count != 0)
		return 0;
	view_of_node_whole(core, task->node, &view);
	for (uint32_t left = task->devices; left != 0; left &= left - 1) {
		const struct cell *cell = &view.cells[__builtin_ctz(left)];

		if (cell->free_milli < task->share_milli ||
		    cell->free_mib < task->device_memory_mib || (cell->slots & task->slots) != 0 ||
		    (cell->owner != 0 && cell->owner != user))
			return 0;
	}
	return 1;
}
