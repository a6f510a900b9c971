/* SPDX-License-Identifier: Apache-2.0
 *
 * Taking the profile: gather, sort, cut. Runs once an epoch, over at most the table of shapes.
 */
#include "core/profile.h"

#include <string.h>

#include "base/cutting.h"
#include "core/index.h"
#include "core/policy.h"
#include "core/price.h"

#define VALUE_ROUNDS 2 /* the values settle after one, as a rule */

void policy_init(struct parc_core *core, struct block *block)
{
	struct policy *policy = block_take(block, 1, sizeof(*policy));
	struct memo_entry *memo = block_take(block, (size_t)1 << MEMO_ORDER, sizeof(*policy->memo));

	core->policy = policy;
	if (policy != NULL) {
		memset(policy, 0, sizeof(*policy));
		policy->memo = memo;
		policy->cpu_most = policy->devices_most = 1;
		policy->memory_most = 1;
		memset(memo, 0, sizeof(*memo) << MEMO_ORDER);
	}
	prices_init(core, block);
}

static int64_t type_order(int64_t a, int64_t b)
{
	return a < b ? -1 : a > b;
}

/* Falling count; ties by falling CPU, share, devices (as published), then as they came. */
static int type_before(const struct profile_type *a, const struct profile_type *b)
{
	int64_t order = type_order(b->count, a->count);

	if (order == 0)
		order = type_order(b->cpu_milli, a->cpu_milli);
	if (order == 0)
		order = type_order(b->share_milli, a->share_milli);
	if (order == 0)
		order = type_order(b->devices, a->devices);
	return order < 0;
}

static void type_append(struct policy *policy, const struct parc_task *task, int64_t count)
{
	policy->count_sum += count;
	if (policy->types_count == PROFILE_TYPES_MAX)
		return;
	policy->types[policy->types_count++] =
		(struct profile_type){.chips = task->chips,
				      .count = count,
				      .memory_mib = task->memory_mib,
				      .cpu_milli = task->cpu_milli,
				      .devices = task->devices,
				      .share_milli = task->share_milli};
}

/* So many more tasks of the type, which ask for so much memory each. */
static void type_grow(struct profile_type *type, int64_t memory_mib, int64_t count)
{
	__int128 sum = (__int128)type->memory_mib * type->count + (__int128)memory_mib * count;

	type->count += count;
	type->memory_mib = (int64_t)(sum / type->count);
}

/* Add to the type: shapes that differ in memory alone are one. */
static void type_merge(struct policy *policy, const struct parc_task *task, int64_t count)
{
	for (int32_t i = 0; i < policy->types_count; i++) {
		struct profile_type *type = &policy->types[i];

		if (type->cpu_milli == task->cpu_milli && type->devices == task->devices &&
		    type->share_milli == task->share_milli && type->chips == task->chips) {
			policy->count_sum += count;
			type_grow(type, task->memory_mib, count);
			return;
		}
	}
	type_append(policy, task, count);
}

static void types_sort(struct policy *policy)
{
	for (int32_t i = 1; i < policy->types_count; i++) {
		struct profile_type type = policy->types[i];
		int32_t at = i;

		for (; at > 0 && type_before(&type, &policy->types[at - 1]); at--)
			policy->types[at] = policy->types[at - 1];
		policy->types[at] = type;
	}
}

static void types_cut(struct policy *policy)
{
	int64_t kept = 0;
	int32_t count = 0;

	while (count < policy->types_count && kept * 100 < policy->count_sum * PROFILE_KEPT_PCT)
		kept += policy->types[count++].count;
	policy->kept_count = count;
	policy->kept_sum = kept;
	policy->by_kept_sum = reciprocal_of(kept > 0 ? (uint64_t)kept : 1);
}

int32_t profile_list_add(int32_t *list, int32_t count, int32_t value)
{
	int32_t at = 0;

	while (at < count && list[at] < value)
		at++;
	if (at < count && list[at] == value)
		return count;
	memmove(list + at + 1, list + at, (size_t)(count - at) * sizeof(*list));
	list[at] = value;
	return count + 1;
}

static int32_t list_find(const int32_t *list, int32_t value)
{
	int32_t at = 0;

	while (list[at] != value)
		at++;
	return at;
}

static void lists_make(struct policy *policy)
{
	policy->cpus_count = policy->shares_count = 0;
	for (int32_t i = 0; i < policy->kept_count; i++) {
		const struct profile_type *type = &policy->types[i];

		policy->cpus_count =
			profile_list_add(policy->cpus, policy->cpus_count, type->cpu_milli);
		policy->shares_count =
			profile_list_add(policy->shares, policy->shares_count, type->share_milli);
	}
	for (int32_t i = 0; i < policy->kept_count; i++)
		policy->types[i].share = list_find(policy->shares, policy->types[i].share_milli);
}

/* Sort what FGD's F looks at by CPU. */
static void fragments_make(struct policy *policy)
{
	int32_t count = 0;

	policy->fragments_to[0] = 0;
	for (int32_t rank = 0; rank < policy->cpus_count; rank++) {
		for (int32_t i = 0; i < policy->kept_count; i++) {
			const struct profile_type *type = &policy->types[i];

			if (type->devices > 0 && type->cpu_milli == policy->cpus[rank])
				policy->fragments[count++] =
					(struct fragment_type){.chips = type->chips,
							       .count = type->count,
							       .devices = type->devices,
							       .share = type->share};
		}
		policy->fragments_to[rank + 1] = count;
	}
}

/* Lay the table of CPU requests out, so that the largest one lies in it. */
static void cpu_cells_make(struct policy *policy)
{
	int32_t most = policy->cpus_count > 0 ? policy->cpus[policy->cpus_count - 1] : 0;
	int32_t rank = 0;

	policy->cpu_shift = 0;
	while (most >> policy->cpu_shift >= CPU_CELLS)
		policy->cpu_shift++;
	for (int32_t cell = 0; cell < CPU_CELLS; cell++) {
		while (rank < policy->cpus_count &&
		       policy->cpus[rank] < (int64_t)cell << policy->cpu_shift)
			rank++;
		policy->cpu_cells[cell] = (int16_t)rank;
	}
}

static void types_gather(struct parc_core *core)
{
	struct policy *policy = core->policy;
	struct ask ask;

	policy->types_count = 0;
	policy->count_sum = 0;
	for (int32_t i = 0; i < core->profile_count; i++) {
		ask_init(core, &ask, &core->profile[i].task, PARC_NONE);
		type_append(policy, &ask.task, core->profile[i].count);
	}
	for (int32_t i = 0; i < core->shapes_table.high && core->profile_count == 0; i++)
		if (core->shapes[i].live && core->shapes[i].weight > 0)
			type_merge(policy, &core->shapes[i].ask.task, core->shapes[i].weight);
}

/* How often each share is asked for, scaled so that halves of it are whole numbers. */
static void demands_gather(const struct policy *policy, int64_t *demands)
{
	int shift = 0;

	while (policy->count_sum >> shift > CUTTING_ONE)
		shift++;
	memset(demands, 0, (PARC_SHARE_WHOLE + 1) * sizeof(*demands));
	for (int32_t t = 0; t < policy->types_count; t++) {
		const struct profile_type *type = &policy->types[t];

		if (type->devices == 1 && type->share_milli < PARC_SHARE_WHOLE)
			demands[type->share_milli] += (((type->count - 1) >> shift) + 1) * 2;
	}
}

/* What each free thousandth of a device is worth to the shares of the profile. A share whose
 * value is below its size fills what would else be waste. When the fleet is full, such shares
 * go on to find room while the others are refused, so half as many more of them are placed:
 * they are counted so, and the values are reckoned again. */
static void values_make(struct policy *policy)
{
	int64_t demands[PARC_SHARE_WHOLE + 1];
	int32_t *values = policy->device_values;

	demands_gather(policy, demands);
	cutting_values(demands, values);
	for (int32_t round = 0; round < VALUE_ROUNDS; round++) {
		demands_gather(policy, demands);
		for (int32_t size = 1; size < PARC_SHARE_WHOLE; size++)
			if ((int64_t)values[size] * PARC_SHARE_WHOLE < (int64_t)size * CUTTING_ONE)
				demands[size] += demands[size] / 2;
		cutting_values(demands, values);
	}
}

/* The largest node decides how the tables of shortages are laid out. */
static void largest_note(struct parc_core *core)
{
	struct policy *policy = core->policy;

	policy->cpu_most = policy->devices_most = 1;
	policy->memory_most = 1;
	for (int32_t k = 0; k < core->kinds_count; k++) {
		const struct kind *kind = &core->kinds[k];

		if (kind->nodes == 0 || kind->devices_count == 0)
			continue;
		if (kind->cpu_milli > policy->cpu_most)
			policy->cpu_most = kind->cpu_milli;
		if (kind->memory_mib > policy->memory_most)
			policy->memory_most = kind->memory_mib;
		if (kind->devices_count > policy->devices_most)
			policy->devices_most = kind->devices_count;
	}
}

void policy_derive(struct parc_core *core)
{
	struct policy *policy = core->policy;

	policy->epoch++;
	types_cut(policy);
	lists_make(policy);
	fragments_make(policy);
	cpu_cells_make(policy);
	if (core->rules.place == PARC_PLACE_PARC) {
		values_make(policy);
		shortages_make(&policy->shortages, policy);
	}
	index_rescore(core);
}

void policy_reset(struct parc_core *core)
{
	types_gather(core);
	types_sort(core->policy);
	largest_note(core);
	policy_derive(core);
}

void policy_learn(struct parc_core *core, int32_t shape, int64_t tasks)
{
	core->shapes[shape].seen += tasks;
	core->tasks_seen += tasks;
	if (core->tasks_seen < core->profile_next || core->profile_count > 0) {
		prices_arrive(core);
		return;
	}
	core->profile_next = core->tasks_seen + core->tasks_seen / 2 + 8;
	for (int32_t i = 0; i < core->shapes_table.high; i++)
		core->shapes[i].weight = core->shapes[i].seen;
	policy_reset(core);
	prices_choose(core);
}

uint64_t profile_view_hash(const struct view *view)
{
	uint64_t hash = 0;

	for (int32_t p = 0; p < view->kind->pools_count; p++) {
		const struct pool *pool = &view->kind->pools[p];

		for (int32_t i = pool->first; i < pool->first + pool->count; i++)
			hash += profile_cell_hash(pool->chip, view->cells[i].free_milli);
	}
	return hash;
}
