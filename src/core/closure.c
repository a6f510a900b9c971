/* SPDX-License-Identifier: Apache-2.0
 *
 * Closures (closure.h). An amount of devices is placed on whole nodes first, on those where the
 * fewest devices will be busy when it begins; among equals on those that have not changed for the
 * longest. Devices that will be free are taken before those that will be busy.
 */
#include "core/closure.h"

#include <string.h>

#include "base/hash.h"
#include "core/act.h"
#include "core/check.h"
#include "core/index.h"
#include "core/job.h"
#include "core/node.h"
#include "core/profile.h"
#include "core/rebuild.h"
#include "core/reserve.h"

void closure_init(struct parc_core *core, struct block *block)
{
	core->closures = TABLE_INIT(&core->closures_table, block, PARC_WINDOWS_MAX, struct closure,
				    reservation);
}

void closure_rebuild(struct parc_core *core)
{
	core->closures_noted = 0;
}

uint64_t closure_hash(const struct closure *it)
{
	uint64_t hash = hash_word(HASH_START, (uint64_t)it->id);

	hash = hash_word(hash, (uint64_t)it->start_us);
	hash = hash_word(hash, (uint64_t)it->end_us);
	hash = hash_word(hash, (uint64_t)it->tenant);
	hash = hash_word(hash, (uint64_t)it->user);
	return hash_pair(hash, it->maintenance * 2 + it->dropped, it->begun);
}

static void closure_digest(struct parc_core *core, int32_t slot)
{
	struct closure *it = &core->closures[slot];

	core->digest -= it->hash;
	it->hash = closure_hash(it);
	core->digest += it->hash;
}

static int32_t closure_find(const struct parc_core *core, int64_t window)
{
	for (int32_t i = 0; i < core->closures_table.high; i++)
		if (core->closures[i].id == window && window != PARC_NONE)
			return i;
	return -1;
}

/* ---- Who may use it */

int closure_admits(const struct parc_core *core, int32_t slot, const struct job *job)
{
	const struct closure *it = &core->closures[slot];
	int32_t at = spec_of(core, job)->tenant;

	if (it->maintenance)
		return 0;
	if (it->user != PARC_NONE && it->user == spec_of(core, job)->user)
		return 1;
	while (at >= 0 && it->tenant != PARC_NONE && core->tenants[at].set.tenant != it->tenant)
		at = idmap_find(&core->tenant_ids, core->tenants[at].set.parent);
	return at >= 0 && it->tenant != PARC_NONE;
}

/* In order of ids, which slots are not. */
uint64_t closure_key(const struct parc_core *core, const struct job *job, uint64_t hash)
{
	uint64_t sum = 0;

	for (int32_t i = 0; i < core->closures_table.high; i++)
		if (core->closures[i].id != PARC_NONE && closure_admits(core, i, job))
			sum += hash_word(HASH_START, (uint64_t)core->closures[i].id);
	return sum == 0 ? hash : hash_word(hash, sum);
}

/* ---- Events */

static int check_nodes(const struct parc_core *core, const struct parc_window *set,
		       struct parc_err *err)
{
	for (int32_t i = 0; i < set->nodes_count; i++) {
		if (idmap_find(&core->node_ids, set->nodes[i]) < 0)
			return parc_err_set(err, PARC_ERR_UNKNOWN, "there is no node %lld",
					    (long long)set->nodes[i]);
		if (i > 0 && set->nodes[i] <= set->nodes[i - 1])
			return parc_err_set(err, PARC_ERR_INVALID,
					    "the nodes of a window stand in ascending order");
	}
	return 0;
}

static int check_amount(const struct parc_core *core, const struct parc_window *set,
			struct parc_err *err)
{
	int code = check_range("chip of a window", set->chip, 0, PARC_CHIPS_MAX - 1, err);

	if (code == 0 && (!(core->chips_known >> set->chip & 1) ||
			  core->chips[set->chip].rule == PARC_RULE_CORES))
		code = parc_err_set(err, PARC_ERR_UNKNOWN, "there is no chip %d with devices",
				    set->chip);
	if (code == 0)
		code = check_range("devices of a window", set->devices, 1,
				   core->chip_total[set->chip] / PARC_SHARE_WHOLE, err);
	return code;
}

static int check_set(const struct parc_core *core, const struct parc_window *set, int64_t time_us,
		     struct parc_err *err)
{
	int code = check_range("window", set->window, core->last_window + 1, INT64_MAX, err);

	if (code == 0)
		code = check_range("start_us of a window", set->start_us, 0, PARC_TIME_MAX, err);
	if (code == 0)
		code = check_range("end_us of a window", set->end_us,
				   (set->start_us > time_us ? set->start_us : time_us) + 1,
				   PARC_TIME_MAX, err);
	if (code == 0)
		code = check_range("maintenance", set->maintenance, 0, 1, err);
	if (code == 0)
		code = check_range("nodes of a window", set->nodes_count, 0, PARC_WINDOW_NODES_MAX,
				   err);
	if (code == 0 && set->maintenance == (set->tenant != PARC_NONE || set->user != PARC_NONE))
		code = parc_err_set(err, PARC_ERR_INVALID,
				    "a window is for maintenance, or for a tenant or a user");
	if (code == 0 && set->tenant != PARC_NONE && idmap_find(&core->tenant_ids, set->tenant) < 0)
		code = parc_err_set(err, PARC_ERR_UNKNOWN, "there is no tenant %lld",
				    (long long)set->tenant);
	if (code == 0)
		code = set->nodes_count > 0 ? check_nodes(core, set, err)
					    : check_amount(core, set, err);
	if (code == 0 && (!table_has_room(&core->closures_table, 1) ||
			  !table_has_room(&core->reservations_table, 1)))
		code = parc_err_set(err, PARC_ERR_FULL, "there are %d windows already",
				    PARC_WINDOWS_MAX);
	if (code == 0 && !table_has_room(&core->holds_table,
					 set->nodes_count > 0 ? set->nodes_count : set->devices))
		code = parc_err_set(err, PARC_ERR_FULL, "too much is reserved already");
	return code;
}

int closure_check(const struct parc_core *core, const struct parc_event *event,
		  struct parc_err *err)
{
	if (event->kind == PARC_EVENT_WINDOW_SET)
		return check_set(core, &event->window, event->time_us, err);
	if (closure_find(core, event->window.window) < 0)
		return parc_err_set(err, PARC_ERR_UNKNOWN, "there is no window %lld",
				    (long long)event->window.window);
	return 0;
}

/* The nodes of the event are read while it lasts: deciding comes in the same step. */
void closure_set(struct parc_core *core, const struct parc_window *set)
{
	int32_t slot = table_take(&core->closures_table);

	core->closures[slot] = (struct closure){.id = set->window,
						.start_us = set->start_us,
						.end_us = set->end_us,
						.tenant = set->tenant,
						.user = set->user,
						.reservation = -1,
						.maintenance = set->maintenance};
	core->last_window = set->window;
	core->closure_set = set;
	closure_digest(core, slot);
}

void closure_drop(struct parc_core *core, int64_t window)
{
	int32_t slot = closure_find(core, window);

	core->closures[slot].dropped = 1;
	closure_digest(core, slot);
}

/* ---- Placing */

/* All of the node's devices in a pool of the chip; -1: of the whole node. */
static uint32_t devices_of(const struct node *node, int32_t chip)
{
	uint32_t devices = 0;

	for (int32_t p = 0; p < node->pools_count; p++)
		if (chip < 0 || node->pools[p].chip == chip)
			devices |= (uint32_t)((UINT64_C(1) << node->pools[p].count) - 1)
				   << node->pools[p].first;
	return devices;
}

/* Devices that tasks hold which are not expected to have ended by then, or that other windows hold
 * at some time of this one. */
static uint32_t devices_busy(const struct parc_core *core, const struct node *node, int64_t time_us)
{
	uint32_t devices = 0;

	for (int32_t t = node->tasks; t >= 0; t = core->tasks[t].node_next)
		if (core->allocations[core->tasks[t].allocation].end_us > time_us)
			devices |= core->tasks[t].devices;
	return devices;
}

static uint32_t devices_closed(const struct parc_core *core, const struct node *node,
			       const struct parc_window *set)
{
	uint32_t devices = 0;

	for (int32_t h = node->holds; h >= 0; h = core->holds[h].node_next) {
		const struct reservation *it = &core->reservations[core->holds[h].reservation];

		if (it->closure >= 0 && it->start_us < set->end_us && it->end_us > set->start_us)
			devices |= core->holds[h].devices;
	}
	return devices;
}

/* Hold these devices of the node, with their part of its cores and memory. */
static void placement_add(struct parc_core *core, const struct node *node, uint32_t devices)
{
	struct parc_placement *it = &core->placements[core->placements_count++];
	int32_t count = __builtin_popcount(devices), all = node->devices_count;
	int whole = count == all;
	int32_t first = devices == 0 ? -1 : __builtin_ctz(devices);
	const struct kind *kind = &core->kinds[node->kind];

	*it = (struct parc_placement){
		.node = node->id,
		.devices = devices,
		.share_milli = devices == 0 ? 0 : PARC_SHARE_WHOLE,
		.device_memory_mib =
			first < 0 ? 0 : core->chips[kind_device_chip(kind, first)].memory_mib,
		.cpu_milli =
			whole ? node->cpu_milli : (int32_t)((int64_t)node->cpu_milli * count / all),
		.memory_mib = whole ? node->memory_mib : node->memory_mib * count / all,
		.slots = 0,
		.variant = -1};
}

/* Take up to `left` of the node's devices that are free then (or, at last, any) if so many of them
 * are busy. Returns how many. */
static int32_t node_close(struct parc_core *core, const struct node *node,
			  const struct parc_window *set, int32_t busy, int32_t left)
{
	uint32_t all = devices_of(node, set->chip) & ~devices_closed(core, node, set);
	uint32_t taken = devices_busy(core, node, set->start_us) & all, chosen = 0;
	uint32_t from = busy < 0 ? all : all & ~taken;
	int32_t count = 0;

	if (busy >= 0 && __builtin_popcount(taken) != busy)
		return 0;
	for (; from != 0 && count < left; from &= from - 1, count++)
		chosen |= from & -from;
	if (chosen != 0)
		placement_add(core, node, chosen);
	return count;
}

static int is_placed(const struct parc_core *core, int32_t first, int64_t node)
{
	for (int32_t i = first; i < core->placements_count; i++)
		if (core->placements[i].node == node)
			return 1;
	return 0;
}

/* First what will be free, from the emptiest nodes on; then what will be busy. */
static void amount_place(struct parc_core *core, const struct parc_window *set)
{
	int32_t left = set->devices, first = core->placements_count, count;
	const int32_t *order = index_by_change(core, &count);

	for (int32_t busy = 0; busy <= PARC_NODE_DEVICES_MAX && left > 0; busy++)
		for (int32_t i = 0; i < count && left > 0; i++)
			if (core->nodes[order[i]].state == PARC_NODE_UP)
				left -= node_close(core, &core->nodes[order[i]], set, busy, left);
	for (int32_t i = 0; i < count && left > 0; i++)
		if (core->nodes[order[i]].state == PARC_NODE_UP &&
		    !is_placed(core, first, core->nodes[order[i]].id))
			left -= node_close(core, &core->nodes[order[i]], set, -1, left);
}

/* Action of a window: its phase, and what it holds. */
static void act_window(struct parc_core *core, int32_t slot, int32_t phase, int32_t first)
{
	struct parc_action action = {.kind = PARC_ACTION_WINDOW};

	action.window.window = core->closures[slot].id;
	action.window.phase = phase;
	action.window.count = core->placements_count - first;
	action.window.placements = &core->placements[first];
	act(core, &action, 0);
}

static void closure_place(struct parc_core *core, int32_t slot)
{
	const struct parc_window *set = core->closure_set;
	int32_t first = core->placements_count;

	for (int32_t i = 0; i < set->nodes_count; i++) {
		const struct node *node = &core->nodes[idmap_find(&core->node_ids, set->nodes[i])];

		placement_add(core, node, devices_of(node, -1));
	}
	if (set->nodes_count == 0)
		amount_place(core, set);
	ASSERT(core->placements_count <= core->placements_max);
	act_window(core, slot, PARC_WINDOW_PLACED, first);
}

/* ---- Beginning and ending */

/* Is the task on something of this hold? One without devices is on a node that is held whole. */
static int is_on(const struct parc_core *core, const struct task *task, const struct hold *hold)
{
	if (task->devices != 0)
		return (task->devices & hold->devices) != 0;
	return __builtin_popcount(hold->devices) == core->nodes[hold->node].devices_count;
}

/* Stop what may not be there. Asked again, it stops only what still runs. */
static int closure_clear(struct parc_core *core, int32_t slot)
{
	int32_t reservation = core->closures[slot].reservation;
	int32_t h = reservation < 0 ? -1 : core->reservations[reservation].holds;

	for (; h >= 0; h = core->holds[h].next) {
		const struct hold *hold = &core->holds[h];

		for (int32_t t = core->nodes[hold->node].tasks; t >= 0;
		     t = core->tasks[t].node_next) {
			int32_t job = core->tasks[t].allocation;

			if (!is_on(core, &core->tasks[t], hold) ||
			    closure_admits(core, slot, &core->jobs[job]))
				continue;
			if (!act_has_room(core))
				return 0;
			act_stop(core, job, PARC_RESULT_DRAINED);
		}
	}
	return 1;
}

/* The first of the closures, by id, that is to be placed, begun or ended now; -1: none. */
static int32_t closure_due(const struct parc_core *core)
{
	int32_t due = -1;

	for (int32_t i = 0; i < core->closures_table.high; i++) {
		const struct closure *it = &core->closures[i];

		if (it->id == PARC_NONE ||
		    (it->placed && !it->dropped && it->end_us > core->time_us &&
		     (it->begun || it->start_us > core->time_us)))
			continue;
		if (due < 0 || it->id < core->closures[due].id)
			due = i;
	}
	return due;
}

int closure_decide(struct parc_core *core)
{
	int32_t slot;

	if (!closure_is_any(core))
		return 1;
	while ((slot = closure_due(core)) >= 0) {
		const struct closure *it = &core->closures[slot];

		if (!act_has_room(core))
			return 0;
		if (!it->placed) {
			closure_place(core, slot);
		} else if (it->dropped || it->end_us <= core->time_us) {
			act_window(core, slot, PARC_WINDOW_ENDED, core->placements_count);
		} else {
			act_window(core, slot, PARC_WINDOW_BEGUN, core->placements_count);
			if (!closure_clear(core, slot))
				return 0;
		}
	}
	/* A step that had no room has left some running. */
	for (int32_t i = 0; i < core->closures_table.high && core->closures_noted; i++)
		if (core->closures[i].id != PARC_NONE && core->closures[i].begun &&
		    !closure_clear(core, i))
			return 0;
	core->closures_noted = 0;
	return 1;
}

int64_t closure_wake_us(const struct parc_core *core)
{
	int64_t wake_us = PARC_NEVER;

	for (int32_t i = 0; i < core->closures_table.high; i++) {
		const struct closure *it = &core->closures[i];
		int64_t next_us = it->begun ? it->end_us : it->start_us;

		if (it->id != PARC_NONE && next_us < wake_us)
			wake_us = next_us;
	}
	return wake_us;
}

/* ---- Applying */

int window_check(const struct parc_core *core, const struct parc_action *action,
		 struct parc_err *err)
{
	int32_t slot = closure_find(core, action->window.window);
	const struct closure *it = &core->closures[slot < 0 ? 0 : slot];
	int good = slot >= 0;

	if (good && action->window.phase == PARC_WINDOW_PLACED)
		good = !it->placed && action->window.count >= 0 &&
		       table_has_room(&core->reservations_table, 1) &&
		       table_has_room(&core->holds_table, action->window.count) &&
		       reserve_placements_are_possible(core, action->window.placements,
						       action->window.count);
	else if (good && action->window.phase == PARC_WINDOW_BEGUN)
		good = it->placed && !it->begun && it->start_us <= core->time_us;
	else if (good)
		good = action->window.phase == PARC_WINDOW_ENDED && it->placed &&
		       (it->dropped || it->end_us <= core->time_us);
	return good ? 0
		    : parc_err_set(err, PARC_ERR_STATE, "window %lld cannot be %s here",
				   (long long)action->window.window,
				   parc_window_phase_name(action->window.phase));
}

/* Its nodes leave service, or come back. Others that are down stay so. */
static void nodes_serve(struct parc_core *core, const struct closure *it, int serve)
{
	int32_t h = it->reservation < 0 ? -1 : core->reservations[it->reservation].holds;

	for (; h >= 0; h = core->holds[h].next) {
		int32_t node = core->holds[h].node;

		if (core->nodes[node].state == (serve ? PARC_NODE_MAINTENANCE : PARC_NODE_UP))
			node_set_state(core, node, serve ? PARC_NODE_UP : PARC_NODE_MAINTENANCE);
	}
}

void window_apply(struct parc_core *core, const struct parc_action *action)
{
	int32_t slot = closure_find(core, action->window.window);
	struct closure *it = &core->closures[slot];
	int phase = action->window.phase;

	core->disrupted = core->fleet_changed = 1;
	if (phase == PARC_WINDOW_PLACED) {
		core->closure_set = NULL;
		it->placed = 1;
		reserve_close(core, slot, action->window.placements, action->window.count);
	} else if (phase == PARC_WINDOW_BEGUN) {
		it->begun = 1;
		if (it->maintenance)
			nodes_serve(core, it, 0);
	}
	closure_digest(core, slot);
	if (phase == PARC_WINDOW_ENDED) {
		if (it->maintenance && it->begun)
			nodes_serve(core, it, 1);
		reserve_reopen(core, slot);
		core->digest -= it->hash;
		it->id = PARC_NONE;
		table_give(&core->closures_table, slot);
	}
	if (!it->maintenance && phase != PARC_WINDOW_BEGUN) {
		rebuild_lines(core); /* others may use what is kept than before */
		core->freed_all = 1;
	}
}

/* ---- Checks */

int closure_verify(const struct parc_core *core, struct parc_err *err)
{
	for (int32_t i = 0; i < core->closures_table.high; i++) {
		const struct closure *it = &core->closures[i];

		if (it->id == PARC_NONE || core->unfinished)
			continue;
		if (!it->placed || it->dropped || it->begun != (it->start_us <= core->time_us) ||
		    it->end_us <= core->time_us || it->hash != closure_hash(it) ||
		    (it->reservation >= 0 &&
		     (core->reservations[it->reservation].closure != i ||
		      core->reservations[it->reservation].start_us != it->start_us ||
		      core->reservations[it->reservation].end_us != it->end_us)))
			return parc_err_set(err, PARC_ERR_MISMATCH,
					    "W1: window %lld is not what its time says",
					    (long long)it->id);
	}
	return 0;
}
