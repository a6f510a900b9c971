/* SPDX-License-Identifier: Apache-2.0
 *
 * A search places task after task: on each node of the place that closeness allows, in each pool
 * of each chip, each set of devices and each partition slot. Equal tasks of one group are placed
 * in rising order, so that no arrangement is looked at twice.
 */
#include "support/oracle.h"

#include <string.h>

#define SEARCH_STEPS 3000000

/* What one task takes of each device of one chip. */
struct need {
	int32_t devices, milli, mib, cpu, slots;
	uint32_t starts;
	int one_link, one_user;
};

struct search {
	struct oracle *oracle;
	const struct parc_submit *submit;
	const struct parc_variant *variant;
	int64_t place; /* all must lie in it; PARC_NONE: anywhere */
	int32_t node;  /* or on it; -1: anywhere */
	int32_t chip;  /* of the tasks that may not be mixed; -1: not chosen yet */
};

/* One way to place one task. */
struct spot {
	int32_t node, pool;
	uint32_t devices, slots;
};

void oracle_init(struct oracle *oracle)
{
	memset(oracle, 0, sizeof(*oracle));
}

void oracle_set_chip(struct oracle *oracle, const struct parc_chip *chip)
{
	oracle->chips[chip->chip] = *chip;
}

void oracle_add_place(struct oracle *oracle, int64_t id, int64_t parent, int32_t level)
{
	oracle->places[oracle->places_count++] =
		(struct oracle_place){.id = id, .parent = parent, .level = level};
}

void oracle_add_node(struct oracle *oracle, const struct parc_node_add *add)
{
	struct oracle_node *node = &oracle->nodes[oracle->nodes_count++];
	int32_t link = 0;

	*node = (struct oracle_node){.id = add->node,
				     .place = add->place,
				     .memory = add->memory_mib,
				     .cpu = add->cpu_milli,
				     .cores_chip = -1};
	for (int32_t p = 0; p < add->pools_count; p++) {
		const struct parc_pool *pool = &add->pools[p];
		const struct parc_chip *chip = &oracle->chips[pool->chip];

		if (chip->rule == PARC_RULE_CORES) {
			node->cores_chip = pool->chip;
			continue;
		}
		for (int32_t i = 0; i < pool->devices; i++) {
			if (i == 0 || (pool->link_size > 0 && i % pool->link_size == 0))
				link++;
			node->devices[node->devices_count++] =
				(struct oracle_device){.chip = pool->chip,
						       .link = link,
						       .pool = p,
						       .unit = i / chip->unit,
						       .milli = PARC_SHARE_WHOLE,
						       .mib = chip->memory_mib};
		}
	}
}

static struct oracle_node *node_find(struct oracle *oracle, int64_t id)
{
	for (int32_t i = 0; i < oracle->nodes_count; i++)
		if (oracle->nodes[i].id == id)
			return &oracle->nodes[i];
	return NULL;
}

void oracle_fail_device(struct oracle *oracle, int64_t node, int32_t device)
{
	node_find(oracle, node)->devices[device].failed = 1;
}

/* ---- The rules */

/* The template with the fewest slots, then the least memory, that holds the share. */
static int need_template(const struct parc_chip *chip, struct need *need)
{
	const struct parc_template *best = NULL;

	for (int32_t i = 0; i < chip->templates_count; i++) {
		const struct parc_template *it = &chip->templates[i];
		int holds = it->share_milli >= need->milli && it->memory_mib >= need->mib;

		if (holds && (best == NULL || it->slots * 100000 + it->memory_mib <
						      best->slots * 100000 + best->memory_mib))
			best = it;
	}
	if (best == NULL || need->devices != 1)
		return 0;
	need->milli = best->share_milli;
	need->mib = best->memory_mib;
	need->slots = best->slots;
	need->starts = best->starts;
	return 1;
}

/* What a task takes on this chip; 0: the chip cannot serve it. */
static int need_of(const struct parc_chip *chip, const struct parc_task *task, struct need *need)
{
	int shared = task->share_milli < PARC_SHARE_WHOLE;

	*need = (struct need){.devices = task->devices,
			      .milli = task->share_milli,
			      .mib = task->device_memory_mib,
			      .cpu = task->cpu_milli};
	if (task->devices == 0)
		return 1;
	if (chip->rule == PARC_RULE_CORES) {
		need->cpu += task->devices * task->share_milli;
		need->devices = 0;
		return need->mib == 0;
	}
	if (shared && (chip->rule == PARC_RULE_WHOLE || chip->unit > 1))
		need->milli = PARC_SHARE_WHOLE;
	else if (shared && chip->rule == PARC_RULE_TEMPLATES && !need_template(chip, need))
		return 0;
	else if (shared && chip->rule == PARC_RULE_SCALAR)
		while (need->milli % chip->step_milli != 0 && need->milli < PARC_SHARE_WHOLE)
			need->milli++;
	while (need->devices % chip->unit != 0)
		need->devices++;
	need->one_link = task->link == PARC_STRENGTH_REQUIRE;
	need->one_user = chip->one_user && need->milli < PARC_SHARE_WHOLE;
	return need->milli < PARC_SHARE_WHOLE || chip->counts == 0 ||
	       (chip->counts >> (need->devices - 1) & 1) != 0;
}

/* How many devices the link group of this device has. */
static int32_t link_size(const struct oracle_node *node, int32_t device)
{
	int32_t count = 0;

	for (int32_t i = 0; i < node->devices_count; i++)
		count += node->devices[i].link == node->devices[device].link;
	return count;
}

/* The size that link groups of this pool have, but for a last one that is smaller. */
static int32_t pool_link_size(const struct oracle_node *node, int32_t pool)
{
	int32_t i = 0;

	while (node->devices[i].pool != pool)
		i++;
	return link_size(node, i);
}

/* Do these devices belong together: one pool, whole units, one link group where that is asked? */
static int is_set_right(const struct oracle *oracle, const struct oracle_node *node,
			uint32_t devices, const struct need *need)
{
	const struct oracle_device *first = &node->devices[__builtin_ctz(devices)];
	const struct parc_chip *chip = &oracle->chips[first->chip];
	int one_link = need->one_link ||
		       (chip->within_link && need->devices <= pool_link_size(node, first->pool));

	for (int32_t i = 0; i < node->devices_count; i++) {
		const struct oracle_device *it = &node->devices[i];

		if (!(devices >> i & 1)) {
			for (int32_t k = 0; k < node->devices_count; k++)
				if ((devices >> k & 1) && node->devices[k].pool == it->pool &&
				    node->devices[k].unit == it->unit)
					return 0;
			continue;
		}
		if (it->pool != first->pool || (one_link && it->link != first->link))
			return 0;
	}
	return __builtin_popcount(devices) == need->devices;
}

static int device_holds(const struct oracle_device *it, const struct need *need, uint32_t slots,
			int64_t user)
{
	return !it->failed && it->milli >= need->milli && it->mib >= need->mib &&
	       (it->slots & slots) == 0 && (it->owner == 0 || it->owner == user);
}

static void device_take(struct oracle_device *it, const struct need *need, uint32_t slots,
			int64_t user, int sign)
{
	it->milli -= sign * need->milli;
	it->mib -= sign * need->mib;
	it->slots ^= slots;
	it->holders += sign;
	if (it->holders == 0)
		it->owner = 0;
	else if (sign > 0 && need->one_user)
		it->owner = user;
}

/* ---- The search */

static int64_t place_parent(const struct oracle *oracle, int64_t place)
{
	for (int32_t i = 0; i < oracle->places_count; i++)
		if (oracle->places[i].id == place)
			return oracle->places[i].parent;
	return PARC_NONE;
}

static int lies_in(const struct search *it, int32_t node)
{
	int64_t place = it->oracle->nodes[node].place;

	if (it->node >= 0)
		return it->node == node;
	while (place != PARC_NONE && place != it->place)
		place = place_parent(it->oracle, place);
	return it->place == PARC_NONE || place == it->place;
}

static struct parc_task task_of(const struct search *it, int32_t group)
{
	struct parc_task task = it->submit->groups[group].task;

	if (task.chips == 0)
		task.chips = UINT64_MAX;
	if (it->variant != NULL && task.devices > 0) {
		task.chips &= it->variant->chips;
		if (it->variant->device_memory_mib > 0)
			task.device_memory_mib = it->variant->device_memory_mib;
	}
	return task;
}

static int search_task(struct search *it, int32_t group, int32_t index, const struct spot *last);

/* The task has found its spot: the next one. */
static int search_next(struct search *it, int32_t group, int32_t index, const struct spot *spot)
{
	if (index + 1 < it->submit->groups[group].tasks_min)
		return search_task(it, group, index + 1, spot);
	if (group + 1 < it->submit->groups_count)
		return search_task(it, group + 1, 0, NULL);
	return 1;
}

/* Take the spot, search on, and give it back. */
static int search_spot(struct search *it, int32_t group, int32_t index, const struct spot *spot,
		       const struct need *need)
{
	struct oracle_node *node = &it->oracle->nodes[spot->node], before = *node;
	int64_t memory = it->submit->groups[group].task.memory_mib;
	int32_t chip_before = it->chip;
	int found;

	if (it->oracle->budget-- <= 0)
		return 0;
	if (spot->devices != 0 && !it->submit->groups[group].mixed_chips)
		it->chip = node->devices[__builtin_ctz(spot->devices)].chip;
	node->cpu -= need->cpu;
	node->memory -= memory;
	for (uint32_t left = spot->devices; left != 0; left &= left - 1)
		device_take(&node->devices[__builtin_ctz(left)], need, spot->slots,
			    it->submit->user, 1);
	found = search_next(it, group, index, spot);
	*node = before;
	it->chip = chip_before;
	return found;
}

static int spot_before(const struct spot *a, const struct spot *b)
{
	if (b == NULL || a->node != b->node)
		return b != NULL && a->node < b->node;
	if (a->pool != b->pool)
		return a->pool < b->pool;
	return a->devices != b->devices ? a->devices < b->devices : a->slots < b->slots;
}

/* Every set of devices of one pool, and every place of the slots. */
static int search_devices(struct search *it, int32_t group, int32_t index, struct spot *spot,
			  const struct need *need, const struct spot *last)
{
	const struct oracle_node *node = &it->oracle->nodes[spot->node];
	uint32_t all = 0;

	for (int32_t i = 0; i < node->devices_count; i++)
		if (node->devices[i].pool == spot->pool &&
		    device_holds(&node->devices[i], need, 0, it->submit->user))
			all |= UINT32_C(1) << i;
	for (uint32_t set = all; set != 0; set = (set - 1) & all) {
		uint32_t starts = need->slots == 0 ? 1 : need->starts;

		spot->devices = set;
		if (!is_set_right(it->oracle, node, set, need))
			continue;
		for (; starts != 0; starts &= starts - 1) {
			uint32_t run = (UINT32_C(1) << need->slots) - 1;

			spot->slots = need->slots == 0 ? 0 : run << __builtin_ctz(starts);
			if (device_holds(&node->devices[__builtin_ctz(set)], need, spot->slots,
					 it->submit->user) &&
			    !spot_before(spot, last) && search_spot(it, group, index, spot, need))
				return 1;
		}
	}
	return 0;
}

/* Every pool of the node, and its cores if these can be rented. */
static int search_node(struct search *it, int32_t group, int32_t index, int32_t number,
		       const struct spot *last)
{
	const struct oracle_node *node = &it->oracle->nodes[number];
	struct parc_task task = task_of(it, group);
	struct spot spot = {.node = number, .pool = -1};
	int mixed = it->submit->groups[group].mixed_chips;
	struct need need;

	if (node->cpu < task.cpu_milli || node->memory < task.memory_mib)
		return 0;
	if (task.devices == 0 || (node->cores_chip >= 0 && (task.chips >> node->cores_chip & 1))) {
		int can = need_of(&it->oracle->chips[task.devices == 0 ? 0 : node->cores_chip],
				  &task, &need);

		if (can && node->cpu >= need.cpu && !spot_before(&spot, last) &&
		    search_spot(it, group, index, &spot, &need))
			return 1;
	}
	for (int32_t i = 0; i < node->devices_count && task.devices > 0; i++) {
		int32_t chip = node->devices[i].chip;

		if (i > 0 && node->devices[i - 1].pool == node->devices[i].pool)
			continue;
		spot.pool = node->devices[i].pool;
		if (!(task.chips >> chip & 1) || (!mixed && it->chip >= 0 && it->chip != chip) ||
		    !need_of(&it->oracle->chips[chip], &task, &need))
			continue;
		if (search_devices(it, group, index, &spot, &need, last))
			return 1;
	}
	return 0;
}

static int search_task(struct search *it, int32_t group, int32_t index, const struct spot *last)
{
	for (int32_t n = 0; n < it->oracle->nodes_count; n++)
		if (lies_in(it, n) && search_node(it, group, index, n, last))
			return 1;
	return 0;
}

/* Everywhere, or in each place of the level that is required. */
static int search_places(struct search *it)
{
	int32_t level = it->submit->close_level;

	it->place = PARC_NONE;
	it->node = it->chip = -1;
	if (it->submit->close_strength != PARC_STRENGTH_REQUIRE || level == PARC_LEVEL_FLEET)
		return search_task(it, 0, 0, NULL);
	for (int32_t n = 0; n < it->oracle->nodes_count && level == PARC_LEVEL_NODE; n++) {
		it->node = n;
		if (search_task(it, 0, 0, NULL))
			return 1;
	}
	for (int32_t p = 0; p < it->oracle->places_count; p++) {
		it->place = it->oracle->places[p].id;
		if (it->oracle->places[p].level == level && search_task(it, 0, 0, NULL))
			return 1;
	}
	return 0;
}

int oracle_fits(struct oracle *oracle, const struct parc_submit *submit)
{
	struct search it = {.oracle = oracle, .submit = submit};
	int found = 0;

	oracle->budget = SEARCH_STEPS;
	if (submit->variants_count == 0)
		found = search_places(&it);
	for (int32_t v = 0; v < submit->variants_count && !found; v++) {
		it.variant = &submit->variants[v];
		found = search_places(&it);
	}
	return !found && oracle->budget <= 0 ? -1 : found;
}

/* ---- Judging what the core did */

static const char *placement_judge(struct search *it, const struct parc_placement *placement)
{
	struct oracle_node *node = node_find(it->oracle, placement->node);
	struct parc_task task = task_of(it, placement->group);
	int32_t chip = -1;
	struct need need;

	if (node == NULL)
		return "there is no such node";
	if (node->devices_count < 32 && placement->devices >> node->devices_count != 0)
		return "there is no such device";
	if (placement->devices != 0)
		chip = node->devices[__builtin_ctz(placement->devices)].chip;
	else if (task.devices > 0)
		chip = node->cores_chip;
	if (task.devices > 0 && (chip < 0 || !(task.chips >> chip & 1)))
		return "the chip is not one that the task accepts";
	if (!need_of(&it->oracle->chips[chip < 0 ? 0 : chip], &task, &need))
		return "the chip cannot serve the task";
	if (placement->devices == 0 ? need.devices != 0
				    : !is_set_right(it->oracle, node, placement->devices, &need))
		return "the devices are too many or few, or do not belong together";
	if (placement->devices != 0 &&
	    (placement->share_milli != need.milli || placement->device_memory_mib != need.mib))
		return "another share is booked than the rule of the chip says";
	if (placement->cpu_milli != need.cpu || placement->memory_mib != task.memory_mib ||
	    node->cpu < need.cpu || node->memory < task.memory_mib)
		return "CPU or memory is booked wrongly, or not free";
	if (__builtin_popcount(placement->slots) != need.slots)
		return "there are too many or few slots";
	node->cpu -= need.cpu;
	node->memory -= task.memory_mib;
	for (uint32_t left = placement->devices; left != 0; left &= left - 1) {
		struct oracle_device *device = &node->devices[__builtin_ctz(left)];

		if (!device_holds(device, &need, placement->slots, it->submit->user))
			return "a device has no room for it";
		device_take(device, &need, placement->slots, it->submit->user, 1);
	}
	return NULL;
}

static int64_t unit_of(struct oracle *oracle, int64_t id, int32_t level)
{
	const struct oracle_node *node = node_find(oracle, id);

	if (level == PARC_LEVEL_NODE)
		return id;
	for (int64_t place = node->place; place != PARC_NONE; place = place_parent(oracle, place))
		for (int32_t i = 0; i < oracle->places_count; i++)
			if (oracle->places[i].id == place && oracle->places[i].level == level)
				return place;
	return PARC_NONE;
}

static const char *gang_judge(struct oracle *oracle, const struct parc_submit *submit,
			      const struct parc_placement *placements, int32_t count)
{
	int32_t counts[PARC_GROUPS_MAX] = {0}, chip = -1, level = submit->close_level;

	for (int32_t i = 0; i < count; i++) {
		const struct oracle_node *node = node_find(oracle, placements[i].node);
		int32_t on = placements[i].devices == 0
				     ? -1
				     : node->devices[__builtin_ctz(placements[i].devices)].chip;

		counts[placements[i].group]++;
		if (submit->close_strength == PARC_STRENGTH_REQUIRE && level != PARC_LEVEL_FLEET &&
		    (unit_of(oracle, node->id, level) == PARC_NONE ||
		     unit_of(oracle, node->id, level) !=
			     unit_of(oracle, placements[0].node, level)))
			return "it is not as close as required";
		if (on < 0 || submit->groups[placements[i].group].mixed_chips)
			continue;
		if (chip >= 0 && chip != on)
			return "it is on unlike chips";
		chip = on;
	}
	for (int32_t g = 0; g < submit->groups_count; g++)
		if (counts[g] < submit->groups[g].tasks_min ||
		    counts[g] > submit->groups[g].tasks_max)
			return "a group has too few or too many tasks";
	return NULL;
}

const char *oracle_start(struct oracle *oracle, const struct parc_submit *submit,
			 const struct parc_placement *placements, int32_t count)
{
	struct search it = {.oracle = oracle, .submit = submit};
	const char *wrong = NULL;

	for (int32_t i = 0; i < count && wrong == NULL; i++) {
		int32_t variant = placements[i].variant;

		if (variant != placements[0].variant ||
		    (variant < 0) != (submit->variants_count == 0) ||
		    variant >= submit->variants_count)
			return "the variant is none of the job's";
		it.variant = variant < 0 ? NULL : &submit->variants[variant];
		wrong = placement_judge(&it, &placements[i]);
	}
	return wrong != NULL ? wrong : gang_judge(oracle, submit, placements, count);
}

void oracle_end(struct oracle *oracle, const struct parc_placement *placements, int32_t count)
{
	for (int32_t i = 0; i < count; i++) {
		const struct parc_placement *it = &placements[i];
		struct oracle_node *node = node_find(oracle, it->node);
		struct need need = {.milli = it->share_milli, .mib = it->device_memory_mib};

		node->cpu += it->cpu_milli;
		node->memory += it->memory_mib;
		for (uint32_t left = it->devices; left != 0; left &= left - 1)
			device_take(&node->devices[__builtin_ctz(left)], &need, it->slots, 0, -1);
	}
}
