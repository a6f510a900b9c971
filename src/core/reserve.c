/* SPDX-License-Identifier: Apache-2.0
 *
 * Making, dropping and lifting reservations (reserve.h). Each costs one filing of every node that
 * is concerned. What is derived (lists of holds by node, what nodes keep) follows from the
 * reservations, the tasks and the expected ends, and not from the time.
 */
#include "core/reserve.h"

#include <string.h>

#include "base/hash.h"
#include "core/closure.h"
#include "core/held.h"
#include "core/index.h"
#include "core/job.h"
#include "core/profile.h"
#include "core/quota.h"
#include "core/strand.h"
#include "core/tree.h"

/* One is made before another is given up. */
#define RESERVATIONS_MAX (PARC_RESERVE_MAX + 1 + PARC_RECALLS_MAX + PARC_WINDOWS_MAX)

void reserve_init(struct parc_core *core, struct block *block)
{
	int32_t holds = core->limits.nodes * 3 + PARC_TASKS_MAX / 16;

	core->reservations = TABLE_INIT(&core->reservations_table, block, RESERVATIONS_MAX,
					struct reservation, count);
	core->holds = TABLE_INIT(&core->holds_table, block, holds, struct hold, next);
	core->lifts = block_take(block, (size_t)core->limits.nodes, sizeof(*core->lifts));
}

void reserve_reset(struct parc_core *core)
{
	core->reserved = core->recalls = core->lifts_count = core->releases_count = 0;
	core->touched_count = core->files_count = 0;
	core->disrupted = 0;
}

int64_t reserve_kept_milli(const struct parc_core *core)
{
	int64_t milli = 0;

	int some = core->reserved > 0 || closure_is_any(core);

	for (uint64_t left = some ? core->chips_known : 0; left != 0; left &= left - 1)
		milli += core->chip_kept[__builtin_ctzll(left)];
	return milli;
}

int64_t reserve_ahead_us(const struct parc_core *core)
{
	int64_t most = 0;

	if (reserve_kept_milli(core) == 0)
		return 0;
	for (int32_t slot = 0; slot < core->reservations_table.high; slot++) {
		const struct reservation *it = &core->reservations[slot];

		if (reservation_is_live(it) && it->start_us != PARC_NEVER &&
		    it->start_us - core->time_us > most)
			most = it->start_us - core->time_us;
	}
	return most;
}

uint64_t reservation_hash(const struct parc_core *core, int32_t slot)
{
	const struct reservation *it = &core->reservations[slot];
	uint64_t hash = hash_pair(HASH_START, it->closure >= 0, it->recall);

	hash = hash_word(hash, (uint64_t)(it->closure >= 0 ? core->closures[it->closure].id
							   : core->jobs[it->job].id));
	hash = hash_word(hash, (uint64_t)it->start_us);
	hash = hash_word(hash, (uint64_t)it->end_us);
	for (int32_t h = it->holds; h >= 0; h = core->holds[h].next) {
		const struct hold *hold = &core->holds[h];

		hash = hash_word(hash, (uint64_t)core->nodes[hold->node].id);
		hash = hash_pair(hash, hold->devices, hold->slots);
		hash = hash_pair(hash, hold->share_milli, hold->device_memory_mib);
		hash = hash_pair(hash, hold->cpu_milli, hold->variant);
		hash = hash_pair(hash, hold->group, hold->index);
		hash = hash_word(hash, (uint64_t)hold->memory_mib);
	}
	return hash;
}

int reserve_refresh(struct parc_core *core, int32_t node)
{
	struct kept kept;

	if (core->nodes[node].holds < 0 && core->nodes[node].keeps == 0)
		return 0;
	held_reckon(core, node, &WINDOW_ALWAYS, &kept);
	core->nodes[node].keeps = core->nodes[node].holds >= 0;
	return node_set_kept(core, node, &kept);
}

/* Reckon the nodes of a reservation anew; `freed`: waiting work may use them now. */
static void nodes_refresh(struct parc_core *core, int32_t hold, int freed)
{
	for (; hold >= 0; hold = core->holds[hold].next) {
		int32_t node = core->holds[hold].node;

		if (reserve_refresh(core, node))
			node_changed(core, node);
		if (freed)
			node_freed(core, node);
	}
}

static void hold_unlink(struct parc_core *core, int32_t hold)
{
	int32_t *link = &core->nodes[core->holds[hold].node].holds;

	while (*link != hold)
		link = &core->holds[*link].node_next;
	*link = core->holds[hold].node_next;
}

static void hold_link(struct parc_core *core, int32_t hold)
{
	int32_t *link = &core->nodes[core->holds[hold].node].holds;

	core->holds[hold].node_next = *link;
	*link = hold;
}

/* The limits of the job's tenant reckon with it, or do no longer. */
static void job_count(struct parc_core *core, int32_t job, int32_t more)
{
	int32_t tenant = job_spec(core, job)->tenant;

	if (tenant >= 0)
		tree_add_kept(core, tenant, more, quota_kept(core, job));
}

/* All its holds, and the slot. */
static void reservation_free(struct parc_core *core, int32_t slot)
{
	struct reservation *it = &core->reservations[slot];
	int32_t next;

	core->digest -= it->hash;
	for (int32_t h = it->holds; h >= 0; h = core->holds[h].next)
		hold_unlink(core, h);
	nodes_refresh(core, it->holds, 1);
	for (int32_t h = it->holds; h >= 0; h = next) {
		next = core->holds[h].next;
		table_give(&core->holds_table, h);
	}
	it->job = it->closure = -1;
	table_give(&core->reservations_table, slot);
}

void reserve_drop(struct parc_core *core, int32_t job)
{
	int32_t slot = core->jobs[job].reservation;

	if (slot < 0)
		return;
	job_count(core, job, -1);
	core->jobs[job].reservation = -1;
	core->recalls -= core->reservations[slot].recall;
	reservation_free(core, slot);
	core->reserved--;
}

int32_t reserve_holder(const struct parc_core *core)
{
	for (int32_t slot = 0; slot < core->reservations_table.high; slot++)
		if (core->reservations[slot].job >= 0 && !core->reservations[slot].recall)
			return core->reservations[slot].job;
	return -1;
}

void reserve_drop_all(struct parc_core *core)
{
	for (int32_t slot = 0; slot < core->reservations_table.high; slot++)
		if (core->reservations[slot].job >= 0)
			reserve_drop(core, core->reservations[slot].job);
}

static void hold_init(const struct parc_core *core, const struct parc_placement *placement,
		      int32_t reservation, struct hold *hold)
{
	*hold = (struct hold){.memory_mib = (int32_t)placement->memory_mib,
			      .node = idmap_find(&core->node_ids, placement->node),
			      .reservation = reservation,
			      .next = -1,
			      .devices = placement->devices,
			      .slots = (uint16_t)placement->slots,
			      .share_milli = (int16_t)placement->share_milli,
			      .device_memory_mib = placement->device_memory_mib,
			      .cpu_milli = placement->cpu_milli,
			      .group = (uint8_t)placement->group,
			      .index = (uint16_t)placement->task,
			      .variant = (int8_t)placement->variant};
}

/* The holds of a reservation without any, filed and in the digest. */
static void holds_make(struct parc_core *core, int32_t slot,
		       const struct parc_placement *placements, int32_t count)
{
	struct reservation *it = &core->reservations[slot];
	int32_t *link = &it->holds;

	it->holds = -1;
	it->count = count;
	for (int32_t i = 0; i < count; i++) {
		int32_t h = table_take(&core->holds_table);

		hold_init(core, &placements[i], slot, &core->holds[h]);
		hold_link(core, h);
		*link = h;
		link = &core->holds[h].next;
	}
	it->hash = reservation_hash(core, slot);
	core->digest += it->hash;
	nodes_refresh(core, it->holds, 0);
}

void reserve_set(struct parc_core *core, int32_t job, const struct parc_action *action)
{
	int32_t slot;

	reserve_drop(core, job);
	if (action->reserve.count == 0)
		return;
	slot = table_take(&core->reservations_table);
	core->reservations[slot] =
		(struct reservation){.start_us = action->reserve.start_us,
				     .end_us = action->reserve.end_us,
				     .job = job,
				     .closure = -1,
				     .recall = action->kind == PARC_ACTION_RECALL};
	core->jobs[job].reservation = slot;
	job_count(core, job, 1);
	strand_admit(core, job);
	core->reserved++;
	core->recalls += core->reservations[slot].recall;
	holds_make(core, slot, action->reserve.placements, action->reserve.count);
}

void reserve_close(struct parc_core *core, int32_t closure, const struct parc_placement *placements,
		   int32_t count)
{
	struct closure *it = &core->closures[closure];

	if (count == 0)
		return;
	it->reservation = table_take(&core->reservations_table);
	core->reservations[it->reservation] = (struct reservation){
		.start_us = it->start_us, .end_us = it->end_us, .job = -1, .closure = closure};
	holds_make(core, it->reservation, placements, count);
}

void reserve_reopen(struct parc_core *core, int32_t closure)
{
	if (core->closures[closure].reservation >= 0)
		reservation_free(core, core->closures[closure].reservation);
	core->closures[closure].reservation = -1;
}

/* The first in the table: the order of a node's list is another in a core that was decoded, and
 * what the node keeps in between would be, too. */
static int32_t hold_first(const struct parc_core *core, int32_t node)
{
	int32_t first = core->nodes[node].holds;

	for (int32_t h = first; h >= 0; h = core->holds[h].node_next)
		first = h < first ? h : first;
	return first;
}

/* A window loses what it held there; a job its whole reservation. */
void reserve_leave_node(struct parc_core *core, int32_t node)
{
	int32_t hold = hold_first(core, node), slot = core->holds[hold].reservation, *link;
	struct reservation *it = &core->reservations[slot];

	if (it->job >= 0) {
		reserve_drop(core, it->job);
		return;
	}
	if (it->count == 1) {
		reserve_reopen(core, it->closure);
		return;
	}
	core->digest -= it->hash;
	hold_unlink(core, hold);
	for (link = &it->holds; *link != hold; link = &core->holds[*link].next)
		;
	*link = core->holds[hold].next;
	it->count--;
	table_give(&core->holds_table, hold);
	if (reserve_refresh(core, node))
		node_changed(core, node);
	it->hash = reservation_hash(core, slot);
	core->digest += it->hash;
}

int32_t reserve_closed_reason(const struct parc_core *core, const struct parc_placement *placements,
			      int32_t count)
{
	for (int32_t i = 0; i < count; i++) {
		int32_t node = idmap_find(&core->node_ids, placements[i].node);

		for (int32_t h = core->nodes[node].holds; h >= 0; h = core->holds[h].node_next) {
			int32_t closure = core->reservations[core->holds[h].reservation].closure;

			if (closure >= 0 && core->closures[closure].maintenance)
				return PARC_REASON_MAINTENANCE;
		}
	}
	return PARC_REASON_RESERVATION;
}

int reserve_placements_are_possible(const struct parc_core *core,
				    const struct parc_placement *placements, int32_t count)
{
	int good = 1;

	for (int32_t i = 0; good && i < count; i++) {
		const struct parc_placement *it = &placements[i];
		int32_t node = idmap_find(&core->node_ids, it->node);

		good = node >= 0 && it->share_milli >= 0 && it->share_milli <= PARC_SHARE_WHOLE &&
		       it->cpu_milli >= 0 && it->cpu_milli <= PARC_CPU_MAX && it->memory_mib >= 0 &&
		       it->memory_mib <= PARC_MEMORY_MAX && it->device_memory_mib >= 0 &&
		       it->slots <= UINT16_MAX && it->device_memory_mib <= PARC_DEVICE_MEMORY_MAX &&
		       (core->nodes[node].devices_count == 32 ||
			it->devices >> core->nodes[node].devices_count == 0);
	}
	return good;
}

int reserve_check(const struct parc_core *core, int32_t job, const struct parc_action *action,
		  struct parc_err *err)
{
	int32_t own = core->jobs[job].reservation;
	int32_t more = own >= 0 ? action->reserve.count - core->reservations[own].count
				: action->reserve.count;
	int good = core->jobs[job].line >= 0 &&
		   action->reserve.count >= (action->kind == PARC_ACTION_RECALL) &&
		   table_has_room(&core->holds_table, more) &&
		   (own >= 0 || table_has_room(&core->reservations_table, 1)) &&
		   action->reserve.start_us >= 0 &&
		   action->reserve.end_us >= action->reserve.start_us;

	good = good && reserve_placements_are_possible(core, action->reserve.placements,
						       action->reserve.count);
	if (good)
		return 0;
	return parc_err_set(err, PARC_ERR_STATE, "job %lld cannot have this reservation",
			    (long long)action->job);
}

static int hold_is(const struct parc_core *core, const struct hold *hold,
		   const struct parc_placement *placement)
{
	return core->nodes[hold->node].id == placement->node &&
	       hold->devices == placement->devices && hold->slots == placement->slots &&
	       hold->share_milli == placement->share_milli &&
	       hold->device_memory_mib == placement->device_memory_mib &&
	       hold->cpu_milli == placement->cpu_milli &&
	       hold->memory_mib == placement->memory_mib && hold->group == placement->group &&
	       hold->index == placement->task && hold->variant == placement->variant;
}

int reserve_is(const struct parc_core *core, int32_t job, const struct parc_action *action)
{
	int32_t slot = core->jobs[job].reservation, h;
	const struct reservation *it = slot < 0 ? NULL : &core->reservations[slot];

	if (it == NULL || it->start_us != action->reserve.start_us ||
	    it->end_us != action->reserve.end_us || it->count != action->reserve.count)
		return 0;
	h = it->holds;
	for (int32_t i = 0; i < it->count; i++, h = core->holds[h].next)
		if (!hold_is(core, &core->holds[h], &action->reserve.placements[i]))
			return 0;
	return 1;
}

static int kept_is(const struct parc_core *core, int32_t slot, const struct kept *kept)
{
	const struct node *node = &core->nodes[slot];

	if (node->cpu_kept != kept->cpu_milli || node->memory_kept != kept->memory_mib)
		return 0;
	for (int32_t i = 0; i < node->devices_count; i++) {
		const struct beset *it = &core->besets[node->devices + i];

		if (it->kept_milli != kept->milli[i] || it->kept_mib != kept->mib[i] ||
		    it->kept_slots != kept->slots[i])
			return 0;
	}
	return 1;
}

/* Lift on one node, if the window changes what it keeps. */
static void node_lift(struct parc_core *core, int32_t node, const struct window *window)
{
	struct node_undo *undo = &core->lifts[core->lifts_count];
	struct kept kept;

	held_reckon(core, node, window, &kept);
	if (kept_is(core, node, &kept))
		return;
	node_mark(core, node, undo);
	node_set_kept(core, node, &kept);
	node_changed(core, node);
	core->lifts_count++;
}

int32_t reserve_lift(struct parc_core *core, const struct window *window)
{
	ASSERT(core->lifts_count == 0);
	for (int32_t slot = 0; slot < core->reservations_table.high; slot++) {
		if (!reservation_is_live(&core->reservations[slot]))
			continue;
		for (int32_t h = core->reservations[slot].holds; h >= 0; h = core->holds[h].next) {
			const struct node *node = &core->nodes[core->holds[h].node];

			/* Each node once: at the hold that heads its list. */
			if (node->holds == h && node->state == PARC_NODE_UP)
				node_lift(core, core->holds[h].node, window);
		}
	}
	return core->lifts_count;
}

void reserve_unlift(struct parc_core *core)
{
	while (core->lifts_count > 0) {
		const struct node_undo *undo = &core->lifts[--core->lifts_count];
		struct kept kept;

		held_reckon(core, undo->node, &WINDOW_ALWAYS, &kept);
		node_set_kept(core, undo->node, &kept);
		node_restore(core, undo);
	}
}

void reserve_rebuild(struct parc_core *core)
{
	reserve_reset(core);
	for (int32_t i = 0; i < core->jobs_table.high; i++)
		core->jobs[i].reservation = -1;
	for (int32_t i = 0; i < core->nodes_table.high; i++)
		core->nodes[i].holds = -1;
	for (int32_t slot = 0; slot < core->reservations_table.high; slot++) {
		if (!reservation_is_live(&core->reservations[slot]))
			continue;
		if (core->reservations[slot].job >= 0) {
			core->reserved++;
			core->recalls += core->reservations[slot].recall;
			core->jobs[core->reservations[slot].job].reservation = slot;
		}
		for (int32_t h = core->reservations[slot].holds; h >= 0; h = core->holds[h].next)
			hold_link(core, h);
	}
	for (int32_t i = 0; i < core->nodes_table.high; i++) {
		struct kept kept;

		if (core->nodes[i].id == PARC_NONE)
			continue;
		held_reckon(core, i, &WINDOW_ALWAYS, &kept);
		core->nodes[i].keeps = core->nodes[i].holds >= 0;
		node_put_kept(core, i, &kept);
	}
}

/* What of a node's free thousandths is kept, by chip. */
static void kept_count(const struct parc_core *core, int32_t slot, int64_t *chip_kept)
{
	struct view all, left;

	if (core->nodes[slot].state != PARC_NODE_UP)
		return;
	view_of_node_whole(core, slot, &all);
	view_of_node(core, slot, &left);
	for (int32_t i = 0; i < all.kind->devices_count; i++)
		chip_kept[kind_device_chip(all.kind, i)] +=
			all.cells[i].free_milli - left.cells[i].free_milli;
	if (core->nodes[slot].cores_pool >= 0)
		chip_kept[all.kind->pools[core->nodes[slot].cores_pool].chip] +=
			all.cpu_free - left.cpu_free;
}

int reserve_verify(const struct parc_core *core, struct parc_err *err)
{
	int64_t chip_kept[PARC_CHIPS_MAX] = {0};
	int32_t reserved = 0, recalls = 0;
	struct kept kept;

	for (int32_t slot = 0; slot < core->reservations_table.high; slot++) {
		const struct reservation *it = &core->reservations[slot];

		if (it->closure >= 0 && it->hash != reservation_hash(core, slot))
			return parc_err_set(err, PARC_ERR_MISMATCH,
					    "R1: what window %lld keeps has changed",
					    (long long)core->closures[it->closure].id);
		if (it->job < 0)
			continue;
		reserved++;
		recalls += it->recall;
		if (core->jobs[it->job].reservation != slot || core->jobs[it->job].line < 0)
			return parc_err_set(err, PARC_ERR_MISMATCH,
					    "R1: job %lld has a reservation and does not wait",
					    (long long)core->jobs[it->job].id);
		if (it->hash != reservation_hash(core, slot))
			return parc_err_set(err, PARC_ERR_MISMATCH,
					    "R1: the reservation of job %lld has changed",
					    (long long)core->jobs[it->job].id);
	}
	if (reserved != core->reserved || recalls != core->recalls || core->lifts_count != 0 ||
	    core->releases_count != 0)
		return parc_err_set(err, PARC_ERR_MISMATCH, "R1: %d reservations, %d counted",
				    core->reserved, reserved);
	for (int32_t i = 0; i < core->nodes_table.high; i++) {
		if (core->nodes[i].id == PARC_NONE)
			continue;
		held_reckon(core, i, &WINDOW_ALWAYS, &kept);
		if (!kept_is(core, i, &kept))
			return parc_err_set(err, PARC_ERR_MISMATCH,
					    "R2: node %lld keeps another amount than it should",
					    (long long)core->nodes[i].id);
		kept_count(core, i, chip_kept);
	}
	if (memcmp(chip_kept, core->chip_kept, sizeof(chip_kept)) != 0)
		return parc_err_set(err, PARC_ERR_MISMATCH,
				    "R3: what is kept by chip is not what nodes keep");
	return 0;
}
