/* SPDX-License-Identifier: Apache-2.0
 *
 * Fitting is a walk over the devices of one node: at most PARC_NODE_DEVICES_MAX steps for each
 * pool, no memory beyond the view. Whole devices go to the first free ones by index; shares go
 * to the tightest device that fits, first index on ties; a policy may prefer another device.
 */
#include "core/fit.h"

#include "core/node.h"

#include <string.h>

#include "base/bits.h"
#include "base/hash.h"

#define ALL_SLOTS 0xffff

/* The user that matters for a task with these chips; 0: none. */
static int32_t ask_user(const struct parc_core *core, uint64_t chips, int32_t share_milli,
			int64_t user)
{
	if (share_milli < PARC_SHARE_WHOLE)
		for (uint64_t left = chips & core->chips_known; left != 0; left &= left - 1)
			if (core->chips[__builtin_ctzll(left)].one_user)
				return (int32_t)user;
	return 0;
}

void ask_init(const struct parc_core *core, struct ask *ask, const struct parc_task *task,
	      int64_t user)
{
	uint64_t hash = HASH_START;

	memset(ask, 0, sizeof(*ask));
	ask->task = *task;
	if (task->devices == 0) {
		ask->task.chips = 0;
		ask->task.share_milli = 0;
		ask->task.device_memory_mib = 0;
		ask->task.link = PARC_STRENGTH_NONE;
	} else if (task->chips == 0) {
		ask->task.chips = UINT64_MAX;
	}
	ask->user = ask_user(core, ask->task.chips, ask->task.share_milli, user);
	hash = hash_word(hash, ask->task.chips);
	hash = hash_pair(hash, ask->task.devices, ask->task.share_milli);
	hash = hash_pair(hash, ask->task.device_memory_mib, ask->task.cpu_milli);
	hash = hash_word(hash, (uint64_t)ask->task.memory_mib);
	ask->hash = hash_pair(hash, ask->task.link, ask->user);
}

int ask_is_of(const struct parc_core *core, const struct ask *ask, const struct parc_task *task,
	      int64_t user)
{
	const struct parc_task *own = &ask->task;

	if (own->devices != task->devices || own->cpu_milli != task->cpu_milli ||
	    own->memory_mib != task->memory_mib)
		return 0;
	if (task->devices == 0)
		return 1;
	return own->chips == (task->chips == 0 ? UINT64_MAX : task->chips) &&
	       own->share_milli == task->share_milli &&
	       own->device_memory_mib == task->device_memory_mib && own->link == task->link &&
	       ask->user == ask_user(core, own->chips, own->share_milli, user);
}

int ask_is_equal(const struct ask *a, const struct ask *b)
{
	const struct parc_task *x = &a->task, *y = &b->task;

	return a->hash == b->hash && a->user == b->user && x->chips == y->chips &&
	       x->devices == y->devices && x->share_milli == y->share_milli &&
	       x->device_memory_mib == y->device_memory_mib && x->cpu_milli == y->cpu_milli &&
	       x->memory_mib == y->memory_mib && x->link == y->link;
}

/* The smallest template that holds the share and the memory. */
static int book_template(const struct parc_chip *chip, struct booking *booking)
{
	const struct parc_template *best = NULL;

	if (booking->devices != 1)
		return 0;
	for (int32_t i = 0; i < chip->templates_count; i++) {
		const struct parc_template *it = &chip->templates[i];

		if (it->share_milli < booking->share_milli || it->memory_mib < booking->memory_mib)
			continue;
		if (best == NULL || it->slots < best->slots ||
		    (it->slots == best->slots && it->memory_mib < best->memory_mib))
			best = it;
	}
	if (best == NULL)
		return 0;
	booking->share_milli = best->share_milli;
	booking->memory_mib = best->memory_mib;
	booking->slots = best->slots;
	booking->starts = best->starts;
	return 1;
}

static int book_share(const struct parc_chip *chip, struct booking *booking)
{
	if (chip->unit > 1 || chip->rule == PARC_RULE_WHOLE) {
		booking->share_milli = PARC_SHARE_WHOLE;
		return 1;
	}
	if (chip->rule == PARC_RULE_TEMPLATES)
		return book_template(chip, booking);
	if (chip->rule == PARC_RULE_SCALAR) {
		int32_t steps = (booking->share_milli + chip->step_milli - 1) / chip->step_milli;

		booking->share_milli = steps * chip->step_milli;
		if (booking->share_milli > PARC_SHARE_WHOLE)
			booking->share_milli = PARC_SHARE_WHOLE;
	}
	return 1;
}

int chip_book(const struct parc_chip *chip, const struct ask *ask, struct booking *booking)
{
	const struct parc_task *task = &ask->task;

	*booking = (struct booking){.devices = task->devices,
				    .share_milli = task->share_milli,
				    .memory_mib = task->device_memory_mib,
				    .cpu_milli = task->cpu_milli};
	if (chip->rule == PARC_RULE_CORES) {
		booking->cpu_milli += task->devices * task->share_milli;
		booking->devices = 0;
		return task->device_memory_mib == 0;
	}
	if (task->share_milli < PARC_SHARE_WHOLE && !book_share(chip, booking))
		return 0;
	if (chip->unit > 1)
		booking->devices = (task->devices + chip->unit - 1) / chip->unit * chip->unit;
	booking->must_link = task->link == PARC_STRENGTH_REQUIRE;
	if (chip->counts == 0 || booking->share_milli < PARC_SHARE_WHOLE)
		return 1;
	return booking->devices <= 32 && (chip->counts >> (booking->devices - 1) & 1);
}

/* What is free on a device; `kept` parts are not. */
static struct cell cell_beset(const struct device *device, const struct beset *beset,
			      int32_t memory_mib, int kept)
{
	int32_t milli = PARC_SHARE_WHOLE - device->used_milli - beset->foreign_milli;
	int32_t mib = memory_mib - (int32_t)device->used_mib - beset->foreign_mib;

	if (device->failed)
		return (struct cell){.slots = ALL_SLOTS};
	milli -= kept ? beset->kept_milli : 0;
	mib -= kept ? beset->kept_mib : 0;
	return (struct cell){
		.free_milli = (int16_t)(milli > 0 ? milli : 0),
		.free_mib = mib > 0 ? mib : 0,
		.owner = device->owner,
		.slots = (uint16_t)(kept ? device->slots | beset->kept_slots : device->slots),
	};
}

struct cell cell_of_device(const struct device *device, const struct beset *beset,
			   int32_t memory_mib)
{
	if (device->failed | device->beset)
		return cell_beset(device, beset, memory_mib, 0);
	return (struct cell){.free_milli = (int16_t)(PARC_SHARE_WHOLE - device->used_milli),
			     .free_mib = memory_mib - (int32_t)device->used_mib,
			     .owner = device->owner,
			     .slots = device->slots};
}

void view_of_node_alone(const struct parc_core *core, int32_t slot, struct view *view)
{
	const struct node *node = &core->nodes[slot];

	view->kind = &core->kinds[node->kind];
	view->memory_free = node->memory_free;
	view->cpu_free = node->cpu_free;
	view->node = slot;
	view->hash = 0;
	view->standing = NULL;
}

static void view_fill(const struct parc_core *core, int32_t slot, int kept, struct view *view)
{
	const struct node *node = &core->nodes[slot];
	const struct device *devices = &core->devices[node->devices];

	view_of_node_alone(core, slot, view);
	if (kept) {
		view->memory_free -= node->memory_kept;
		view->cpu_free -= node->cpu_kept;
		view->memory_free = view->memory_free > 0 ? view->memory_free : 0;
		view->cpu_free = view->cpu_free > 0 ? view->cpu_free : 0;
	}
	for (int32_t p = 0; p < node->pools_count; p++) {
		const struct pool *pool = &node->pools[p];
		int32_t memory_mib = core->chips[pool->chip].memory_mib;

		for (int32_t i = pool->first; i < pool->first + pool->count; i++)
			if (devices[i].failed | devices[i].beset)
				view->cells[i] =
					cell_beset(&devices[i], device_beset(core, &devices[i]),
						   memory_mib, kept);
			else /* only tasks have something of it: as most are */
				view->cells[i] = (struct cell){
					.free_milli =
						(int16_t)(PARC_SHARE_WHOLE - devices[i].used_milli),
					.free_mib = memory_mib - (int32_t)devices[i].used_mib,
					.owner = devices[i].owner,
					.slots = devices[i].slots};
	}
}

void view_of_node(const struct parc_core *core, int32_t slot, struct view *view)
{
	view_fill(core, slot, core->nodes[slot].keeps, view);
}

void view_of_node_whole(const struct parc_core *core, int32_t slot, struct view *view)
{
	view_fill(core, slot, 0, view);
}

void view_keep(struct view *view, const struct kept *kept)
{
	view->cpu_free -= kept->cpu_milli;
	view->memory_free -= kept->memory_mib;
	view->cpu_free = view->cpu_free > 0 ? view->cpu_free : 0;
	view->memory_free = view->memory_free > 0 ? view->memory_free : 0;
	view->hash = 0;
	view->standing = NULL;
	for (int32_t i = 0; i < view->kind->devices_count; i++) {
		struct cell *cell = &view->cells[i];
		int32_t milli = cell->free_milli - kept->milli[i];

		cell->free_milli = (int16_t)(milli > 0 ? milli : 0);
		cell->free_mib -= kept->mib[i];
		cell->free_mib = cell->free_mib > 0 ? cell->free_mib : 0;
		cell->slots |= kept->slots[i];
	}
}

void view_of_kind(const struct parc_core *core, const struct kind *kind, struct view *view)
{
	view->kind = kind;
	view->memory_free = kind->memory_mib;
	view->cpu_free = kind->cpu_milli;
	view->node = -1;
	view->hash = 0;
	view->standing = NULL;
	for (int32_t p = 0; p < kind->pools_count; p++) {
		const struct pool *pool = &kind->pools[p];

		for (int32_t i = pool->first; i < pool->first + pool->count; i++)
			view->cells[i] = (struct cell){
				.free_milli = PARC_SHARE_WHOLE,
				.free_mib = core->chips[pool->chip].memory_mib,
			};
	}
}

/* The first allowed run of free slots, as a mask; 0: none. */
static uint32_t slots_find(uint32_t taken, const struct booking *booking)
{
	for (uint32_t starts = booking->starts; starts != 0; starts &= starts - 1) {
		uint32_t run = ((UINT32_C(1) << booking->slots) - 1) << __builtin_ctz(starts);

		if ((run & (taken | ~(uint32_t)ALL_SLOTS)) == 0)
			return run;
	}
	return 0;
}

static int cell_holds(const struct cell *cell, const struct booking *booking, int32_t user)
{
	if (cell->free_milli < booking->share_milli || cell->free_mib < booking->memory_mib)
		return 0;
	if (cell->owner != 0 && cell->owner != user)
		return 0;
	return booking->slots == 0 || slots_find(cell->slots, booking) != 0;
}

/* Keep only the aligned units that are candidates as a whole. */
static uint32_t units_whole(uint32_t can, const struct pool *pool, int32_t unit)
{
	uint32_t whole = 0;

	for (int32_t i = 0; i + unit <= pool->count; i += unit) {
		uint32_t mask = (uint32_t)((UINT64_C(1) << unit) - 1) << (pool->first + i);

		if ((can & mask) == mask)
			whole |= mask;
	}
	return whole;
}

/* Candidates in the one link group that has enough with the fewest to spare; 0: none has. */
static uint32_t link_best(uint32_t can, const struct pool *pool, int32_t devices)
{
	uint32_t best = 0;
	int32_t best_count = INT32_MAX;

	for (int32_t i = 0; i < pool->count; i += pool->link_size) {
		uint32_t mask = (uint32_t)((UINT64_C(1) << pool->link_size) - 1)
				<< (pool->first + i);
		int32_t count = bits_count(can & mask);

		if (count >= devices && count < best_count) {
			best = can & mask;
			best_count = count;
		}
	}
	return best;
}

/* Narrow the candidates to a link group where that is demanded or possible. */
static uint32_t link_narrow(uint32_t can, const struct pool *pool, const struct parc_chip *chip,
			    const struct ask *ask, const struct booking *booking)
{
	uint32_t linked;
	int demanded =
		booking->must_link || (chip->within_link && booking->devices <= pool->link_size);

	if (booking->devices <= 1 || pool->link_size >= pool->count)
		return can;
	if (!demanded && ask->task.link == PARC_STRENGTH_NONE)
		return can;
	linked = link_best(can, pool, booking->devices);
	return linked != 0 || demanded ? linked : can;
}

/* How many such shares the device has room for. */
static int32_t cell_room(const struct cell *cell, const struct booking *booking)
{
	int32_t shares = cell->free_milli / booking->share_milli, memory;

	if (booking->memory_mib == 0)
		return shares;
	memory = cell->free_mib / booking->memory_mib;
	return memory < shares ? memory : shares;
}

/* Is device a the better one for a share? The tighter one; but a task with shares on several
 * devices takes those with the most room, so that most such tasks fit beside each other. */
static int cell_suits(const struct cell *a, const struct cell *b, const struct booking *booking)
{
	if (booking->devices == 1)
		return a->free_milli < b->free_milli;
	return cell_room(a, booking) > cell_room(b, booking);
}

/* The first whole devices, or those that suit shares best. */
static uint32_t devices_choose(const struct view *view, uint32_t can, const struct booking *booking)
{
	uint32_t chosen = 0;

	for (int32_t n = 0; n < booking->devices; n++) {
		uint32_t left = can & ~chosen;
		int32_t best = __builtin_ctz(left);

		if (booking->share_milli < PARC_SHARE_WHOLE)
			for (uint32_t rest = left & (left - 1); rest != 0; rest &= rest - 1) {
				int32_t i = __builtin_ctz(rest);

				if (cell_suits(&view->cells[i], &view->cells[best], booking))
					best = i;
			}
		chosen |= UINT32_C(1) << best;
	}
	return chosen;
}

/* Devices of the pool that have what is booked on each. */
static uint32_t pool_candidates(const struct view *view, const struct pool *pool,
				const struct booking *booking, int32_t user, int one_user)
{
	uint32_t can = 0;

	if (booking->memory_mib == 0 && booking->slots == 0 && !one_user) {
		for (int32_t i = pool->first; i < pool->first + pool->count; i++)
			can |= (uint32_t)(view->cells[i].free_milli >= booking->share_milli) << i;
		return can;
	}
	for (int32_t i = pool->first; i < pool->first + pool->count; i++)
		can |= (uint32_t)cell_holds(&view->cells[i], booking, user) << i;
	return can;
}

static int pool_can(const struct parc_core *core, const struct view *view, const struct ask *ask,
		    const struct pool *pool, struct pick *pick)
{
	const struct parc_chip *chip = &core->chips[pool->chip];
	uint32_t can;

	if (!chip_book(chip, ask, &pick->booking) || view->cpu_free < pick->booking.cpu_milli)
		return 0;
	pick->can = pick->devices = pick->slots = 0;
	if (pick->booking.devices == 0)
		return 1;
	can = pool_candidates(view, pool, &pick->booking, ask->user, chip->one_user);
	if (chip->unit > 1)
		can = units_whole(can, pool, chip->unit);
	if (pick->booking.devices > 1)
		can = link_narrow(can, pool, chip, ask, &pick->booking);
	pick->can = can;
	for (int32_t n = pick->booking.devices; n > 0; n--, can &= can - 1)
		if (can == 0)
			return 0;
	return 1;
}

int view_can(const struct parc_core *core, const struct view *view, const struct ask *ask,
	     struct pick *pick)
{
	if (view->cpu_free < ask->task.cpu_milli || view->memory_free < ask->task.memory_mib)
		return 0;
	if (ask->task.devices == 0) {
		*pick = (struct pick){.pool = -1, .booking.cpu_milli = ask->task.cpu_milli};
		return 1;
	}
	for (int32_t p = 0; p < view->kind->pools_count; p++) {
		const struct pool *pool = &view->kind->pools[p];

		pick->pool = p;
		if (!(ask->task.chips >> pool->chip & 1) || !pool_can(core, view, ask, pool, pick))
			continue;
		if (!pick_is_share(pick))
			pick->devices = devices_choose(view, pick->can, &pick->booking);
		return 1;
	}
	return 0;
}

int view_fits(const struct parc_core *core, const struct view *view, const struct ask *ask,
	      struct pick *pick)
{
	if (!view_can(core, view, ask, pick))
		return 0;
	if (pick_is_share(pick))
		pick->devices = devices_choose(view, pick->can, &pick->booking);
	if (pick->booking.slots != 0)
		pick_set_device(view, pick, __builtin_ctz(pick->devices));
	return 1;
}

/* Devices of the pool with so much free, the partition mode aside; whole units where that is
 * the chip's rule. */
static uint32_t cells_with(const struct view *view, const struct pool *pool, int32_t unit,
			   int32_t share_milli, int32_t memory_mib)
{
	uint32_t can = 0;

	for (int32_t i = pool->first; i < pool->first + pool->count; i++)
		can |= (uint32_t)(view->cells[i].free_milli >= share_milli &&
				  view->cells[i].free_mib >= memory_mib)
		       << i;
	return unit > 1 ? units_whole(can, pool, unit) : can;
}

static int32_t devices_lack(const struct view *view, const struct ask *ask, const struct pool *pool,
			    const struct parc_chip *chip, const struct booking *booking)
{
	uint32_t can = cells_with(view, pool, chip->unit, booking->share_milli, 0);

	if (bits_count(can) < booking->devices)
		return PARC_LEDGER_STRANDED_SHARE;
	if (view->cpu_free < booking->cpu_milli)
		return PARC_LEDGER_STRANDED_CPU;
	can = cells_with(view, pool, chip->unit, booking->share_milli, booking->memory_mib);
	if (view->memory_free < ask->task.memory_mib || bits_count(can) < booking->devices)
		return PARC_LEDGER_STRANDED_MEMORY;
	if (bits_count(link_narrow(can, pool, chip, ask, booking)) < booking->devices)
		return PARC_LEDGER_STRANDED_CLOSENESS;
	for (uint32_t left = can; left != 0; left &= left - 1)
		if (!cell_holds(&view->cells[__builtin_ctz(left)], booking, ask->user))
			can &= ~(left & -left);
	if (chip->unit > 1)
		can = units_whole(can, pool, chip->unit);
	can = link_narrow(can, pool, chip, ask, booking);
	return bits_count(can) < booking->devices ? PARC_LEDGER_STRANDED_MODE
						  : PARC_LEDGER_FREE_HELD;
}

int32_t view_lacks(const struct parc_core *core, const struct view *view, const struct ask *ask,
		   int32_t number)
{
	const struct pool *pool = &view->kind->pools[number];
	const struct parc_chip *chip = &core->chips[pool->chip];
	struct booking booking = {.cpu_milli = ask->task.cpu_milli};

	if (ask->task.devices > 0 &&
	    (!(ask->task.chips >> pool->chip & 1) || !chip_book(chip, ask, &booking)))
		return PARC_LEDGER_FREE_NO_CHIP;
	if (ask->task.devices == 0 && chip->rule != PARC_RULE_CORES)
		return PARC_LEDGER_FREE_NO_CHIP;
	if (booking.devices > 0)
		return devices_lack(view, ask, pool, chip, &booking);
	if (view->cpu_free < booking.cpu_milli)
		return PARC_LEDGER_STRANDED_SHARE; /* cores are the shares of such a chip */
	return view->memory_free < ask->task.memory_mib ? PARC_LEDGER_STRANDED_MEMORY
							: PARC_LEDGER_FREE_HELD;
}

void pick_set_device(const struct view *view, struct pick *pick, int32_t device)
{
	ASSERT(pick->can >> device & 1);
	if (pick->booking.devices == 1)
		pick->devices = UINT32_C(1) << device;
	pick->slots = slots_find(view->cells[device].slots, &pick->booking);
}

void view_take(const struct parc_core *core, struct view *view, const struct ask *ask,
	       const struct pick *pick)
{
	int one_user = pick->pool >= 0 && core->chips[view->kind->pools[pick->pool].chip].one_user;

	view->cpu_free -= pick->booking.cpu_milli;
	view->memory_free -= ask->task.memory_mib;
	view->hash = 0;
	view->standing = NULL;
	for (uint32_t left = pick->devices; left != 0; left &= left - 1) {
		struct cell *cell = &view->cells[__builtin_ctz(left)];

		cell->free_milli = (int16_t)(cell->free_milli - pick->booking.share_milli);
		cell->free_mib -= pick->booking.memory_mib;
		cell->slots |= (uint16_t)pick->slots;
		if (one_user && pick->booking.share_milli < PARC_SHARE_WHOLE)
			cell->owner = ask->user;
	}
}

int32_t view_count(const struct parc_core *core, struct view *view, const struct ask *ask,
		   int32_t most)
{
	struct pick pick;
	int32_t count = 0;

	while (count < most && view_fits(core, view, ask, &pick)) {
		view_take(core, view, ask, &pick);
		count++;
	}
	return count;
}
