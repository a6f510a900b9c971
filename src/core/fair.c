/* SPDX-License-Identifier: Apache-2.0 */
#include "core/fair.h"

#include "core/attribution.h"
#include "core/ledger.h"
#include "core/line.h"
#include "core/strand.h"

#define STEPS	      32 /* of each table */
#define HALVINGS_MAX  126
#define PARTS	      16  /* of a half-life: the longest time charged at once ... */
#define PARTS_CHARGED 256 /* ... of so many; what was held before them is gone by now */

/* 2^-(i/32) and 2^-(i/1024) in 32-bit fractions, rounded down. */
/* clang-format off */
static const uint32_t coarse[STEPS] = {
	UINT32_C(4294967295), UINT32_C(4202935003), UINT32_C(4112874773), UINT32_C(4024744347),
	UINT32_C(3938502375), UINT32_C(3854108391), UINT32_C(3771522796), UINT32_C(3690706839),
	UINT32_C(3611622602), UINT32_C(3534232977), UINT32_C(3458501653), UINT32_C(3384393094),
	UINT32_C(3311872529), UINT32_C(3240905930), UINT32_C(3171459999), UINT32_C(3103502151),
	UINT32_C(3037000499), UINT32_C(2971923841), UINT32_C(2908241642), UINT32_C(2845924020),
	UINT32_C(2784941737), UINT32_C(2725266179), UINT32_C(2666869344), UINT32_C(2609723833),
	UINT32_C(2553802833), UINT32_C(2499080104), UINT32_C(2445529971), UINT32_C(2393127307),
	UINT32_C(2341847523), UINT32_C(2291666560), UINT32_C(2242560871), UINT32_C(2194507416),
};
static const uint32_t fine[STEPS] = {
	UINT32_C(4294967295), UINT32_C(4292061009), UINT32_C(4289156690), UINT32_C(4286254335),
	UINT32_C(4283353945), UINT32_C(4280455517), UINT32_C(4277559050), UINT32_C(4274664544),
	UINT32_C(4271771996), UINT32_C(4268881405), UINT32_C(4265992771), UINT32_C(4263106091),
	UINT32_C(4260221364), UINT32_C(4257338589), UINT32_C(4254457766), UINT32_C(4251578891),
	UINT32_C(4248701964), UINT32_C(4245826985), UINT32_C(4242953950), UINT32_C(4240082860),
	UINT32_C(4237213713), UINT32_C(4234346507), UINT32_C(4231481241), UINT32_C(4228617914),
	UINT32_C(4225756524), UINT32_C(4222897071), UINT32_C(4220039553), UINT32_C(4217183968),
	UINT32_C(4214330316), UINT32_C(4211478594), UINT32_C(4208628803), UINT32_C(4205780939),
};
/* clang-format on */

static __int128 fraction_of(__int128 value, uint32_t fraction)
{
	const __int128 low = value & UINT32_MAX, high = value >> 32;

	return high * fraction + (low * fraction >> 32);
}

/* 1024ths of a half-life from time 0 on. */
static __int128 steps_at(int64_t time_us, int64_t half_life_us)
{
	return (__int128)time_us * STEPS * STEPS / half_life_us;
}

__int128 fair_decay(__int128 past, int64_t from_us, int64_t to_us, int64_t half_life_us)
{
	__int128 steps = steps_at(to_us, half_life_us) - steps_at(from_us, half_life_us);
	int32_t rest = (int32_t)(steps % (STEPS * STEPS));

	if (steps / (STEPS * STEPS) >= HALVINGS_MAX)
		return 0;
	past >>= (int32_t)(steps / (STEPS * STEPS));
	if (rest >= STEPS)
		past = fraction_of(past, coarse[rest / STEPS]);
	if (rest % STEPS > 0)
		past = fraction_of(past, fine[rest % STEPS]);
	return past;
}

/* The lists of a way down the tree lie behind each other: each tenant once, and those that have
 * others below them once more, among these. Behind them is room to sort the longest. */
static int32_t lists_max(const struct parc_core *core)
{
	return core->limits.tenants + PARC_TENANTS_DEEP;
}

void fair_init(struct parc_core *core, struct block *block)
{
	size_t size = (size_t)lists_max(core) + (size_t)core->limits.tenants;

	core->fair_list = block_take(block, size, sizeof(*core->fair_list));
}

/* ---- Ranks */

/* Two tenants below one parent, or a parent and its own jobs: what each has had, its weight. */
struct side {
	__int128 past;
	int64_t weight, id;
};

static void side_fill(const struct parc_core *core, int32_t tenant, int32_t parent,
		      struct side *side)
{
	const struct tenant *it = &core->tenants[tenant];

	side->past = tenant == parent ? it->past : it->tree_past;
	side->weight = tenant == parent ? 1 : it->set.weight;
	side->id = it->set.tenant;
}

/* Sums of times are below 2^100 and weights below 2^31; 2^20 of the units of a sum are a
 * device-millisecond. */
static int is_owed_more(const struct parc_core *core, int32_t a, int32_t b, int32_t parent)
{
	struct side x, y;
	__int128 left, right;

	side_fill(core, a, parent, &x);
	side_fill(core, b, parent, &y);
	left = (x.past >> 20) * y.weight;
	right = (y.past >> 20) * x.weight;
	return left != right ? left < right : x.id < y.id;
}

static void sides_sort(const struct parc_core *core, int32_t *list, int32_t *spare, int32_t count,
		       int32_t parent)
{
	int32_t half = count / 2, a = 0, b = half;

	if (count < 2)
		return;
	sides_sort(core, list, spare, half, parent);
	sides_sort(core, list + half, spare, count - half, parent);
	for (int32_t i = 0; i < count; i++) {
		int take_a =
			b == count || (a < half && !is_owed_more(core, list[b], list[a], parent));

		spare[i] = take_a ? list[a++] : list[b++];
	}
	for (int32_t i = 0; i < count; i++)
		list[i] = spare[i];
}

static __int128 past_sum(struct parc_core *core, int32_t tenant)
{
	struct tenant *it = &core->tenants[tenant];

	it->tree_past = it->past;
	for (int32_t i = it->first_child; i >= 0; i = core->tenants[i].next_child)
		it->tree_past += past_sum(core, i);
	return it->tree_past;
}

/* Ranks under way. */
struct ranks {
	struct parc_core *core;
	int32_t next, changed;
};

static void rank_give(struct ranks *ranks, int32_t tenant)
{
	struct tenant *it = &ranks->core->tenants[tenant];

	ranks->changed |= it->rank != ranks->next;
	it->rank = ranks->next++;
}

/* Rank a list of siblings, each with all below it. Deeper lists lie behind it in the room. */
static void list_rank(struct ranks *ranks, int32_t *list, int32_t count, int32_t parent)
{
	struct parc_core *core = ranks->core;
	int32_t *room = core->fair_list + lists_max(core);

	sides_sort(core, list, room, count, parent);
	for (int32_t i = 0; i < count; i++) {
		int32_t *below = list + count, more = 0;

		if (list[i] == parent || core->tenants[list[i]].first_child < 0) {
			rank_give(ranks, list[i]);
			continue;
		}
		for (int32_t c = core->tenants[list[i]].first_child; c >= 0;
		     c = core->tenants[c].next_child)
			below[more++] = c;
		below[more++] = list[i];
		list_rank(ranks, below, more, list[i]);
	}
}

int fair_rank_all(struct parc_core *core)
{
	struct ranks ranks = {.core = core};
	int32_t count = 0;

	for (int32_t i = 0; i < core->tenants_table.high; i++) {
		if (core->tenants[i].set.tenant == PARC_NONE || core->tenants[i].parent >= 0)
			continue;
		past_sum(core, i);
		core->fair_list[count++] = i;
	}
	list_rank(&ranks, core->fair_list, count, -1);
	return ranks.changed;
}

/* ---- Epochs */

static __int128 normal_at(const struct tenant *it, int64_t time_us)
{
	return (__int128)it->usage.normal.rate * time_us - it->usage.normal.offset;
}

void fair_start(struct parc_core *core)
{
	for (int32_t i = 0; i < core->tenants_table.high; i++) {
		core->tenants[i].past = 0;
		core->tenants[i].charged = normal_at(&core->tenants[i], core->time_us);
	}
	core->fair_us = core->time_us;
	fair_rank_all(core);
}

static int64_t epoch_end(const struct parc_core *core)
{
	return (core->fair_us / core->rules.epoch_us + 1) * core->rules.epoch_us;
}

/* Decay and charge up to a time. */
static void charge_all(struct parc_core *core, int64_t end_us)
{
	for (int32_t i = 0; i < core->tenants_table.high; i++) {
		struct tenant *it = &core->tenants[i];
		__int128 normal = normal_at(it, end_us);

		if (it->past > 0)
			it->past = fair_decay(it->past, core->fair_us, end_us,
					      core->rules.half_life_us);
		it->past += normal - it->charged;
		it->charged = normal;
	}
	core->fair_us = end_us;
}

static void rank_anew(struct parc_core *core)
{
	if (!fair_rank_all(core))
		return;
	strand_sort_all(core);
	attribution_note(core);
}

void fair_begin(struct parc_core *core, int64_t time_us)
{
	int64_t part_us, end_us;

	if (!fair_is_on(&core->rules) || time_us < epoch_end(core))
		return;
	part_us = core->rules.half_life_us / PARTS + 1;
	end_us = time_us / core->rules.epoch_us * core->rules.epoch_us;
	if ((end_us - core->fair_us) / part_us > PARTS_CHARGED) {
		charge_all(core, core->fair_us + part_us); /* what ended soon after it */
		charge_all(core, end_us - part_us * PARTS_CHARGED);
	}
	while (end_us - core->fair_us > part_us)
		charge_all(core, core->fair_us + part_us);
	charge_all(core, end_us);
	rank_anew(core);
}

void fair_settle(struct parc_core *core)
{
	if (!fair_is_on(&core->rules))
		return;
	charge_all(core, core->time_us);
	rank_anew(core);
}

int64_t fair_wake_us(const struct parc_core *core)
{
	if (!fair_is_on(&core->rules) || core->running == 0 || line_first(core, LINE_BLOCKED) < 0)
		return PARC_NEVER;
	return epoch_end(core);
}

/* Does the tenant come where its share is: among those below its parent, and the parent's own jobs?
 */
static int is_in_place(const struct parc_core *core, int32_t tenant)
{
	const struct tenant *it = &core->tenants[tenant];

	if (it->parent < 0)
		return 1;
	for (int32_t k = it->next_child; k >= 0; k = core->tenants[k].next_child)
		if (is_owed_more(core, tenant, k, it->parent) != (it->rank < core->tenants[k].rank))
			return 0;
	return is_owed_more(core, tenant, it->parent, it->parent) ==
	       (it->rank < core->tenants[it->parent].rank);
}

int fair_verify(const struct parc_core *core, struct parc_err *err)
{
	for (int32_t i = 0; i < core->tenants_table.high && fair_is_on(&core->rules); i++) {
		const struct tenant *it = &core->tenants[i];

		if (!is_in_place(core, i))
			return parc_err_set(err, PARC_ERR_MISMATCH,
					    "F1: tenant %lld does not come where its share is",
					    (long long)it->set.tenant);
		if (it->past < 0 || it->charged < 0)
			return parc_err_set(err, PARC_ERR_MISMATCH,
					    "F1: tenant %lld was charged less than nothing",
					    (long long)it->set.tenant);
	}
	return 0;
}
