/* SPDX-License-Identifier: Apache-2.0
 *
 * Reckoning the prices (price.h). Counting is incremental: a changed node costs one look at each
 * priced type if it has a whole device free, and nothing else.
 */
#include "core/price.h"

#include <string.h>

#include "base/cutting.h"
#include "core/index.h"
#include "core/profile.h"

#define PRICE_LEVELS	  9    /* each halves the price; beyond the last it is zero */
#define HOST_PRICE_MILLI  1000 /* a lost host of a type costs as much for each device */
#define HOST_PRICE_LEAST  2    /* so much where hosts are ample, if it takes several devices */
#define CHIP_PRICE_MAX	  (4 * CHIP_PRICES_ONE)
#define ARRIVALS_MIN	  128 /* of one epoch; in large fleets one for every 48 devices */
#define DEVICES_A_ARRIVAL 48
#define PRIOR_DEVICES_MIN 4 /* nodes with so many devices are expected to see gangs */

/* need / hosts, in 1/256, at which each level ends: 2^(-n/4). */
static const int32_t level_ends[PRICE_LEVELS] = {256, 215, 181, 152, 128, 108, 91, 76, 64};

void prices_init(struct parc_core *core, struct block *block)
{
	struct prices *prices = block_take(block, 1, sizeof(*prices));

	if (core->policy == NULL)
		return;
	core->policy->prices = prices;
	memset(prices, 0, sizeof(*prices));
}

static int32_t whole_free(const struct view *view)
{
	int32_t count = 0;

	for (int32_t i = 0; i < view->kind->devices_count; i++)
		count += view->cells[i].free_milli == PARC_SHARE_WHOLE;
	return count;
}

/* The types changed: sort them into sets. */
static void sets_make(struct prices *prices)
{
	memset(prices->by_chip, 0, sizeof(prices->by_chip));
	memset(prices->by_whole, 0, sizeof(prices->by_whole));
	memset(prices->by_cpu, 0, sizeof(prices->by_cpu));
	prices->cpus_count = 0;
	for (int32_t t = 0; t < prices->types_count; t++)
		prices->cpus_count = profile_list_add(prices->cpus, prices->cpus_count,
						      prices->types[t].cpu_milli);
	for (int32_t t = 0; t < prices->types_count; t++) {
		const struct priced_type *type = &prices->types[t];
		uint64_t bit = UINT64_C(1) << t;

		for (uint64_t left = type->chips; left != 0; left &= left - 1)
			prices->by_chip[__builtin_ctzll(left)] |= bit;
		for (int32_t n = type->devices; n <= PARC_NODE_DEVICES_MAX; n++)
			prices->by_whole[n] |= bit;
		for (int32_t n = 0; n < prices->cpus_count; n++)
			prices->by_cpu[n + 1] |= type->cpu_milli <= prices->cpus[n] ? bit : 0;
	}
}

uint64_t prices_hosts(const struct prices *prices, const struct kind *kind, int32_t whole,
		      int32_t cpu_free)
{
	uint64_t hosts = 0;
	int32_t enough = 0;

	if (whole == 0)
		return 0;
	for (int32_t p = 0; p < kind->pools_count; p++)
		if (kind->pools[p].count > 0)
			hosts |= prices->by_chip[kind->pools[p].chip];
	hosts &= prices->by_whole[whole];
	if (hosts == 0)
		return 0;
	while (enough < prices->cpus_count && prices->cpus[enough] <= cpu_free)
		enough++;
	return hosts & prices->by_cpu[enough];
}

/* Count a node's hosts in (sign 1) or out (-1). */
static void hosts_count(struct prices *prices, const struct priced_node *it, int sign)
{
	for (uint64_t left = it->hosts; left != 0; left &= left - 1) {
		int32_t t = __builtin_ctzll(left);
		const struct priced_type *type = &prices->types[t];
		int64_t tasks = 1;

		if (type->devices == 1) {
			tasks = it->whole;
			if (type->cpu_milli > 0 && it->cpu / type->cpu_milli < tasks)
				tasks = it->cpu / type->cpu_milli;
		}
		prices->hosted[t] += sign * tasks;
	}
}

static void filled_count(struct parc_core *core, struct node *node, const struct view *view)
{
	const struct policy *policy = core->policy;
	int32_t *filled = node->priced.filled;

	for (int32_t p = 0; p < node->pools_count; p++) {
		const struct pool *pool = &node->pools[p];
		int32_t sum = 0;

		for (int32_t i = pool->first; i < pool->first + pool->count && view != NULL; i++)
			sum += policy->device_values[view->cells[i].free_milli];
		policy->prices->filled[pool->chip] += sum - filled[p];
		filled[p] = sum;
	}
}

/* Count changed devices by what they had free before, and have now. */
static void devices_recount(const struct policy *policy, struct node *node,
			    const struct changed_devices *it)
{
	int32_t from = it->before.free_milli, to = it->after.free_milli;
	int32_t more = it->count * (policy->device_values[to] - policy->device_values[from]);

	policy->prices->filled[node->pools[it->pool].chip] += more;
	node->priced.filled[it->pool] += more;
	node->priced.whole += it->count * ((to == PARC_SHARE_WHOLE) - (from == PARC_SHARE_WHOLE));
}

static void node_count(struct parc_core *core, int32_t slot, const struct view *view,
		       const struct change *change)
{
	struct prices *prices = core->policy->prices;
	struct priced_node *it = &core->nodes[slot].priced;

	for (int32_t i = 0; change != NULL && i < change->count; i++)
		devices_recount(core->policy, &core->nodes[slot], &change->parts[i]);
	if (change == NULL) {
		filled_count(core, &core->nodes[slot], view);
		it->whole = view != NULL ? whole_free(view) : 0;
	}
	it->cpu = view != NULL ? view->cpu_free : 0;
	it->hosts = view != NULL ? prices_hosts(prices, view->kind, it->whole, it->cpu) : 0;
	hosts_count(prices, it, 1);
}

void prices_note(struct parc_core *core, int32_t node, const struct view *view,
		 const struct change *change)
{
	struct prices *prices = core->policy->prices;

	if (!prices->on)
		return;
	hosts_count(prices, &core->nodes[node].priced, -1);
	node_count(core, node, view, change);
}

static int32_t level_value(const struct priced_type *type)
{
	if (type->count == 0)
		return 0;
	if (type->level < PRICE_LEVELS)
		return (PRICE_ONE >> type->level) * HOST_PRICE_MILLI * type->devices;
	return type->devices > 1 ? PRICE_ONE * HOST_PRICE_LEAST * type->devices : 0;
}

void prices_recount(struct parc_core *core)
{
	struct prices *prices = core->policy->prices;

	prices->on = core->rules.place == PARC_PLACE_PARC;
	sets_make(prices);
	memset(prices->hosted, 0, sizeof(prices->hosted));
	memset(prices->filled, 0, sizeof(prices->filled));
	for (int32_t t = 0; t < prices->types_count; t++)
		prices->values[t] = level_value(&prices->types[t]);
	for (int32_t node = 0; node < core->nodes_table.high && prices->on; node++) {
		struct view view;

		core->nodes[node].priced = (struct priced_node){0};
		if (core->nodes[node].id == PARC_NONE || core->nodes[node].state != PARC_NODE_UP)
			continue;
		view_of_node(core, node, &view);
		node_count(core, node, &view, NULL);
	}
}

static int64_t square_root(int64_t value)
{
	int64_t root = 0;

	for (int64_t bit = INT64_C(1) << 31; bit > 0; bit >>= 1)
		if ((root + bit) * (root + bit) <= value)
			root += bit;
	return root;
}

/* The level of need against hosts, both ends blurred so that it does not flap. */
static int32_t level_of(const struct priced_type *type, int64_t need, int64_t hosts)
{
	int64_t ratio = hosts > 0 ? need / hosts : INT32_MAX;
	int32_t level = 0;

	while (level < PRICE_LEVELS && ratio < level_ends[level])
		level++;
	if (level == type->level + 1 && ratio * 16 >= level_ends[type->level] * 15)
		return type->level;
	if (level + 1 == type->level && ratio * 16 < level_ends[level] * 17)
		return type->level;
	return level;
}

static int64_t free_milli(const struct parc_core *core)
{
	int64_t milli = 0;

	for (uint64_t left = core->chips_known & ~core->cores_chips; left != 0; left &= left - 1)
		milli += core->chip_free[__builtin_ctzll(left)];
	return milli;
}

static int64_t profile_volume(const struct policy *policy)
{
	int64_t volume = 0;

	for (int32_t t = 0; t < policy->types_count; t++)
		volume += policy->types[t].count * policy->types[t].devices *
			  policy->types[t].share_milli;
	return volume;
}

/* Tasks of this type, or harder to place, among the priced ones. */
static int64_t harder_count(const struct prices *prices, const struct priced_type *type)
{
	int64_t count = 0;

	for (int32_t t = 0; t < prices->types_count; t++)
		if (prices->types[t].devices >= type->devices &&
		    prices->types[t].cpu_milli >= type->cpu_milli)
			count += prices->types[t].count;
	return count;
}

/* The hosts that are needed, in 1/256: what is expected until the fleet is full, in the mean,
 * and three standard deviations more, for arrivals come at random. Returns the types whose price
 * changed, a bit each. */
static uint64_t reckon_hosts(struct parc_core *core)
{
	const struct policy *policy = core->policy;
	struct prices *prices = policy->prices;
	int64_t volume = profile_volume(policy), arrivals;
	uint64_t changed = 0;

	if (volume == 0)
		return 0;
	arrivals = (int64_t)((__int128)free_milli(core) * 16 * policy->count_sum / volume);
	for (int32_t t = 0; t < prices->types_count; t++) {
		struct priced_type *type = &prices->types[t];
		int64_t expected = (int64_t)((__int128)arrivals * harder_count(prices, type) /
					     policy->count_sum);
		int64_t need = expected * 16 + 3 * square_root((expected + 4) * 4096);
		int32_t level = level_of(type, need, prices->hosted[t]);

		changed |= (uint64_t)(level != type->level) << t;
		type->level = level;
		prices->values[t] = level_value(type);
	}
	return changed;
}

/* Restricted work for each unit of its volume, times how scarce its chips are. */
static void chips_reckon(const struct parc_core *core, int64_t *found)
{
	const struct policy *policy = core->policy;
	const struct prices *prices = policy->prices;
	uint64_t all = core->chips_known & ~core->cores_chips;
	int64_t volume = profile_volume(policy), total = 1;

	for (uint64_t left = all; left != 0; left &= left - 1)
		total += prices->filled[__builtin_ctzll(left)] >> 10;
	for (int32_t t = 0; t < policy->types_count; t++) {
		const struct profile_type *type = &policy->types[t];
		int64_t share, filled = 1;

		if (type->devices == 0 || (type->chips & all) == all || volume == 0)
			continue;
		for (uint64_t left = type->chips & all; left != 0; left &= left - 1)
			filled += prices->filled[__builtin_ctzll(left)] >> 10;
		share = (int64_t)((__int128)type->count * type->devices * type->share_milli *
				  CHIP_PRICES_ONE * 16 / volume);
		for (uint64_t left = type->chips & all; left != 0; left &= left - 1)
			found[__builtin_ctzll(left)] += (int64_t)((__int128)share * total / filled);
	}
}

/* Take a chip's price over when it moved by more than about a fifth. */
static uint64_t reckon_chips(struct parc_core *core)
{
	struct prices *prices = core->policy->prices;
	int64_t found[PARC_CHIPS_MAX] = {0};
	uint64_t changed = 0;

	chips_reckon(core, found);
	for (int32_t chip = 0; chip < PARC_CHIPS_MAX; chip++) {
		int64_t price = found[chip] / 16, old = prices->chips[chip];

		if (price > CHIP_PRICE_MAX)
			price = CHIP_PRICE_MAX;
		if (price * 8 <= old * 10 + 64 && price * 10 + 64 >= old * 8)
			continue;
		prices->chips[chip] = (int32_t)price;
		changed |= UINT64_C(1) << chip;
	}
	return changed;
}

static void reckon(struct parc_core *core)
{
	uint64_t types = reckon_hosts(core), chips = reckon_chips(core);

	if (types != 0 || chips != 0)
		index_reprice(core, types, chips);
}

void prices_arrive(struct parc_core *core)
{
	struct prices *prices = core->policy->prices;
	int64_t every = core->capacity.rate / PARC_SHARE_WHOLE / DEVICES_A_ARRIVAL;

	if (!prices->on || core->tasks_seen < prices->next)
		return;
	prices->next = core->tasks_seen + (every > ARRIVALS_MIN ? every : ARRIVALS_MIN);
	reckon(core);
}

static void type_price(struct prices *prices, uint64_t chips, int64_t count, int32_t cpu_milli,
		       int32_t devices)
{
	for (int32_t t = 0; t < prices->types_count; t++) {
		const struct priced_type *it = &prices->types[t];

		if (it->chips == chips && it->cpu_milli == cpu_milli && it->devices == devices)
			return;
	}
	if (prices->types_count < PRICED_MAX)
		prices->types[prices->types_count++] =
			(struct priced_type){chips, count, cpu_milli, devices, PRICE_LEVELS};
}

static int type_is_larger(const struct priced_type *a, const struct priced_type *b)
{
	return a->devices != b->devices ? a->devices > b->devices : a->cpu_milli > b->cpu_milli;
}

/* While the profile is learnt, expect that a gang's task as large as a node may come, once, for
 * each kind of node with several devices. Largest first: the order of the kinds is derived. */
static void prior_choose(struct parc_core *core)
{
	struct prices *prices = core->policy->prices;

	for (int32_t k = 0; k < core->kinds_count; k++) {
		const struct kind *kind = &core->kinds[k];
		int32_t before = prices->types_count, at = before;

		if (kind->nodes == 0 || kind->devices_count < PRIOR_DEVICES_MIN)
			continue;
		type_price(prices, UINT64_MAX, 1, kind->cpu_milli / 16 * 15, kind->devices_count);
		if (prices->types_count == before)
			continue;
		for (; at > 0 && type_is_larger(&prices->types[at], &prices->types[at - 1]); at--) {
			struct priced_type larger = prices->types[at];

			prices->types[at] = prices->types[at - 1];
			prices->types[at - 1] = larger;
		}
	}
}

/* CPU that one device of the fleet comes with, in the mean. */
static int64_t fleet_cpu_per_device(const struct parc_core *core)
{
	int64_t cpu = 0, devices = 0;

	for (int32_t k = 0; k < core->kinds_count; k++) {
		if (core->kinds[k].devices_count == 0)
			continue;
		cpu += (int64_t)core->kinds[k].nodes * core->kinds[k].cpu_milli;
		devices += (int64_t)core->kinds[k].nodes * core->kinds[k].devices_count;
	}
	return devices > 0 ? cpu / devices : 0;
}

/* Tasks of one whole device that ask for much CPU: most first. */
static void hungry_choose(struct parc_core *core)
{
	const struct policy *policy = core->policy;
	int64_t much = fleet_cpu_per_device(core) * 7 / 10, below = INT64_MAX;

	for (;;) {
		const struct profile_type *best = NULL;

		for (int32_t t = 0; t < policy->types_count; t++) {
			const struct profile_type *it = &policy->types[t];

			if (it->devices == 1 && it->share_milli == PARC_SHARE_WHOLE &&
			    it->cpu_milli >= much && it->cpu_milli < below &&
			    (best == NULL || it->cpu_milli > best->cpu_milli))
				best = it;
		}
		if (best == NULL || policy->prices->types_count == PRICED_MAX)
			return;
		below = best->cpu_milli;
		for (int32_t t = 0; t < policy->types_count; t++) {
			const struct profile_type *it = &policy->types[t];

			if (it->devices == 1 && it->share_milli == PARC_SHARE_WHOLE &&
			    it->cpu_milli == below)
				type_price(policy->prices, it->chips, it->count, it->cpu_milli, 1);
		}
	}
}

/* Classes of nodes must tell apart which of the types they host, and how short of CPU and memory
 * they are: were 77 cores counted as the 64 that some shape asks for, work would go to an unused
 * node rather than to this one. */
static void types_learn(struct parc_core *core)
{
	struct prices *prices = core->policy->prices;

	for (int32_t t = 0; t < prices->types_count; t++) {
		struct parc_task task = {.cpu_milli = prices->types[t].cpu_milli};
		struct ask ask;

		ask_init(core, &ask, &task, PARC_NONE);
		index_learn(core, &ask);
	}
	index_refine(core, core->policy->cpu_most, core->policy->memory_most);
}

void prices_choose(struct parc_core *core)
{
	const struct policy *policy = core->policy;
	struct prices *prices = policy->prices;

	prices->types_count = 0;
	if (core->profile_count == 0)
		prior_choose(core);
	for (int32_t t = 0; t < policy->types_count; t++)
		if (policy->types[t].devices > 1)
			type_price(prices, policy->types[t].chips, policy->types[t].count,
				   policy->types[t].cpu_milli, policy->types[t].devices);
	hungry_choose(core);
	types_learn(core);
	prices->next = core->tasks_seen;
	prices_recount(core);
	if (prices->on)
		reckon(core);
}

/* What a node up hosts, and what of it is fillable, added to these counts. */
static void node_tally(const struct parc_core *core, int32_t node, int64_t *hosted, int64_t *filled)
{
	const struct policy *policy = core->policy;
	const struct prices *prices = policy->prices;
	struct view view;
	int32_t whole;

	view_of_node(core, node, &view);
	whole = whole_free(&view);
	for (uint64_t left = prices_hosts(prices, view.kind, whole, view.cpu_free); left != 0;
	     left &= left - 1) {
		const struct priced_type *type = &prices->types[__builtin_ctzll(left)];
		int64_t tasks = 1, most;

		if (type->devices == 1) {
			most = type->cpu_milli > 0 ? view.cpu_free / type->cpu_milli : whole;
			tasks = most < whole ? most : whole;
		}
		hosted[__builtin_ctzll(left)] += tasks;
	}
	for (int32_t i = 0; i < view.kind->devices_count; i++)
		filled[kind_device_chip(view.kind, i)] +=
			policy->device_values[view.cells[i].free_milli];
}

int prices_check(const struct parc_core *core, struct parc_err *err)
{
	const struct prices *prices = core->policy->prices;
	int64_t hosted[PRICED_MAX] = {0}, filled[PARC_CHIPS_MAX] = {0};

	if (!prices->on)
		return 0;
	for (int32_t node = 0; node < core->nodes_table.high; node++)
		if (core->nodes[node].id != PARC_NONE && core->nodes[node].state == PARC_NODE_UP)
			node_tally(core, node, hosted, filled);
	for (int32_t t = 0; t < prices->types_count; t++)
		if (hosted[t] != prices->hosted[t])
			return parc_err_set(err, PARC_ERR_MISMATCH,
					    "C3: %lld hosts of a priced type are counted as %lld",
					    (long long)hosted[t], (long long)prices->hosted[t]);
	for (int32_t chip = 0; chip < PARC_CHIPS_MAX; chip++)
		if (filled[chip] != prices->filled[chip])
			return parc_err_set(err, PARC_ERR_MISMATCH,
					    "C3: %lld of a chip are fillable and counted as %lld",
					    (long long)filled[chip],
					    (long long)prices->filled[chip]);
	return 0;
}
