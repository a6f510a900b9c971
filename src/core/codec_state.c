/* SPDX-License-Identifier: Apache-2.0
 *
 * The encoding of the whole state: a header (magic, version, limits, bytes, checksum), the
 * core's words, then every table slot by slot with its list of free slots, so that a decoded
 * core goes on exactly like the one that was encoded. What is derived is made anew.
 */
#include <stdlib.h>
#include <string.h>

#include "base/hash.h"
#include "core/codec.h"
#include "core/links.h"
#include "core/node.h"
#include "core/price.h"
#include "core/profile.h"
#include "core/rebuild.h"
#include "core/reserve.h"
#include "core/spec.h"
#include "core/speed.h"

#define STATE_MAGIC   UINT32_C(0x63726170) /* "parc" */
#define STATE_VERSION 11
#define HEADER_BYTES  STATE_HEADER_BYTES

static void limits_code(struct codec *codec, struct parc_limits *it)
{
	int32_t *words[] = {&it->nodes,	  &it->places, &it->devices,	  &it->node_devices,
			    &it->jobs,	  &it->groups, &it->extras,	  &it->tasks,
			    &it->tenants, &it->shapes, &it->index_entries};

	for (size_t i = 0; i < sizeof(words) / sizeof(*words); i++)
		codec_i32(codec, words[i]);
}

static void sum_code(struct codec *codec, __int128 *value)
{
	uint64_t low = (uint64_t)*value, high = (uint64_t)((unsigned __int128)*value >> 64);

	codec_u64(codec, &low);
	codec_u64(codec, &high);
	*value = (__int128)((unsigned __int128)high << 64 | low);
	/* Ten years of the largest fleet are 2^77: what is larger is no sum of times. */
	codec->failed |= *value > (__int128)1 << 100 || *value < -((__int128)1 << 100);
}

static void wide_code(struct codec *codec, struct wide *it)
{
	__int128 value = wide_get(*it);

	sum_code(codec, &value);
	codec->failed |= value > (__int128)1 << 94 || value < -((__int128)1 << 94);
	*it = wide_of(codec->failed ? 0 : value);
}

/* Thousandths of devices, times an accounting rate at most. */
static void rate_code(struct codec *codec, int64_t *rate)
{
	codec_i64(codec, rate);
	codec->failed |= *rate < 0 || *rate > INT64_C(1) << 52;
}

static void thresholds_code(struct codec *codec, struct thresholds *it)
{
	codec_i32(codec, &it->count);
	codec_i32(codec, &it->full);
	if (it->count < 1 || it->count > THRESHOLDS_MAX) {
		codec->failed = 1;
		it->count = 1;
	}
	for (int32_t i = 0; i < it->count; i++) {
		codec_i64(codec, &it->value[i]);
		if (it->value[0] != 0 || (i > 0 && it->value[i] <= it->value[i - 1]))
			codec->failed = 1;
	}
}

static void prices_code(struct codec *codec, struct prices *it)
{
	codec_i64(codec, &it->next);
	for (int32_t i = 0; i < PARC_CHIPS_MAX; i++)
		codec_i32(codec, &it->chips[i]);
	codec_i32(codec, &it->types_count);
	codec->failed |= it->types_count < 0 || it->types_count > PRICED_MAX;
	for (int32_t t = 0; t < it->types_count && !codec->failed; t++) {
		codec_u64(codec, &it->types[t].chips);
		codec_i64(codec, &it->types[t].count);
		codec_i32(codec, &it->types[t].cpu_milli);
		codec_i32(codec, &it->types[t].devices);
		codec_i32(codec, &it->types[t].level);
		codec->failed |= it->types[t].level < 0 || it->types[t].devices < 0 ||
				 it->types[t].devices > PARC_NODE_DEVICES_MAX;
	}
}

/* The profile as it was taken (profile.h). Its order is that of policy_reset. */
static void profile_code(struct codec *codec, struct policy *it)
{
	int64_t counts = 0;

	codec_i32(codec, &it->types_count);
	codec_i32(codec, &it->cpu_most);
	codec_i32(codec, &it->devices_most);
	codec_i64(codec, &it->memory_most);
	codec_i64(codec, &it->count_sum);
	codec->failed |= it->memory_most < 1 || it->memory_most > PARC_MEMORY_MAX;
	codec->failed |= it->types_count < 0 || it->types_count > PROFILE_TYPES_MAX ||
			 it->cpu_most < 1 || it->cpu_most > PARC_CPU_MAX || it->devices_most < 1 ||
			 it->devices_most > PARC_NODE_DEVICES_MAX || it->count_sum < 0 ||
			 it->count_sum > PROFILE_COUNT_MAX * PROFILE_TYPES_MAX;
	for (int32_t t = 0; t < it->types_count && !codec->failed; t++) {
		struct profile_type *type = &it->types[t];

		codec_u64(codec, &type->chips);
		codec_i64(codec, &type->count);
		codec_i64(codec, &type->memory_mib);
		codec_i32(codec, &type->cpu_milli);
		codec_i32(codec, &type->devices);
		codec_i32(codec, &type->share_milli);
		codec->failed |= type->memory_mib < 0 || type->memory_mib > PARC_MEMORY_MAX;
		codec->failed |= type->count < 1 || type->count > PROFILE_COUNT_MAX ||
				 type->cpu_milli < 0 || type->cpu_milli > PARC_CPU_MAX ||
				 type->devices < 0 || type->devices > PARC_NODE_DEVICES_MAX ||
				 type->share_milli < 0 || type->share_milli > PARC_SHARE_WHOLE;
		counts += codec->failed ? 0 : type->count;
	}
	codec->failed |= counts > it->count_sum; /* types beyond the table are counted alone */
}

static void integral_code(struct codec *codec, struct integral *it)
{
	rate_code(codec, &it->rate);
	sum_code(codec, &it->offset);
}

static void usage_code(struct codec *codec, struct usage *it)
{
	integral_code(codec, &it->held);
	integral_code(codec, &it->normal);
}

static void ledger_code(struct codec *codec, struct parc_core *core)
{
	for (int32_t i = 0; i < PARC_LEDGER_COUNT; i++) {
		rate_code(codec, &core->ledger.rate[i]);
		sum_code(codec, &core->ledger.offset[i]);
	}
	integral_code(codec, &core->capacity);
	for (int32_t i = 0; i < PARC_CHIPS_MAX; i++)
		if (core->chips_known >> i & 1) {
			usage_code(codec, &core->chip_usage[i]);
			integral_code(codec, &core->chip_capacity[i]);
		}
	usage_code(codec, &core->unnamed);
	codec_i64(codec, &core->attribution.due_us);
	sum_code(codec, &core->attribution.kept);
	codec_i32(codec, &core->attribution.open);
	codec->failed |= core->attribution.open < 0 || core->attribution.open > 1 ||
			 core->attribution.due_us <= core->time_us;
}

static void words_code(struct codec *codec, struct parc_core *core)
{
	int64_t *words[] = {&core->time_us,	    &core->stamp,	 &core->orders,
			    &core->last_job,	    &core->last_node,	 &core->last_place,
			    &core->last_allocation, &core->steps,	 &core->tasks_seen,
			    &core->profile_next,    &core->last_replica, &core->fair_us};

	codec_u64(codec, &core->random);
	for (size_t i = 0; i < sizeof(words) / sizeof(*words); i++)
		codec_i64(codec, words[i]);
	codec_i32(codec, &core->unfinished);
	codec_i64(codec, &core->round_at_us);
	for (int32_t i = 0; i < PARC_CHIPS_MAX; i++)
		codec_i32(codec, &core->scores[i]);
	codec_policy(codec, &core->rules);
	codec->failed |= core->rules.place < 0 || core->rules.place > PARC_PLACE_FGD;
	codec_u64(codec, &core->chips_known);
	codec_u64(codec, &core->cores_chips);
	for (int32_t i = 0; i < PARC_CHIPS_MAX; i++)
		if (core->chips_known >> i & 1)
			codec_chip(codec, &core->chips[i]);
	thresholds_code(codec, &core->cpu);
	thresholds_code(codec, &core->memory);
	thresholds_code(codec, &core->device_memory);
	ledger_code(codec, core);
	profile_code(codec, core->policy);
	prices_code(codec, core->policy->prices);
	codec_i32(codec, &core->profile_count);
	codec->failed |= core->profile_count < 0 || core->profile_count > PARC_PROFILE_MAX;
	for (int32_t i = 0; i < core->profile_count && !codec->failed; i++)
		codec_profile_entry(codec, &core->profile[i]);
}

static void table_code(struct codec *codec, struct table *table)
{
	codec_i32(codec, &table->high);
	codec_i32(codec, &table->frees);
	if (table->high < 0 || table->high > table->size || table->frees < 0 ||
	    table->frees > table->high)
		codec->failed = 1;
	if (codec->failed)
		table->high = table->frees = 0;
}

/* The list of free slots. Links are fields of records, so it is read when these have been. */
static void frees_code(struct codec *codec, struct table *table)
{
	int32_t *link = &table->first_free;

	for (int32_t i = 0; i < table->frees; i++) {
		codec_slot(codec, link, table->high);
		codec->failed |= *link < 0;
		if (codec->failed)
			break;
		link = table_link(table, *link);
	}
	*link = -1;
}

static void device_code(struct codec *codec, struct device *it, struct beset *beset)
{
	int32_t used_mib = (int32_t)it->used_mib, owner = (int32_t)it->owner;
	uint8_t holders = it->holders, failed = it->failed;

	codec_i32(codec, &used_mib);
	codec_i32(codec, &beset->foreign_mib);
	codec_i32(codec, &owner);
	codec_i16(codec, &it->used_milli);
	codec_i16(codec, &beset->foreign_milli);
	codec_u16(codec, &it->slots);
	codec_u8(codec, &holders);
	codec_u8(codec, &failed);
	codec->failed |= it->used_milli < 0 || it->used_milli > PARC_SHARE_WHOLE || used_mib < 0 ||
			 used_mib > PARC_DEVICE_MEMORY_MAX || owner < 0 || owner > PARC_USER_MAX ||
			 failed > 1;
	it->used_mib = (uint32_t)used_mib & 0xffffff;
	it->owner = (uint32_t)owner & PARC_USER_MAX;
	it->holders = holders;
	it->failed = failed & 1;
}

static void pool_code(struct codec *codec, const struct parc_core *core, struct node *node,
		      struct pool *it)
{
	codec_u8(codec, &it->chip);
	codec_u8(codec, &it->first);
	codec_u8(codec, &it->count);
	codec_u8(codec, &it->link_size);
	if (it->chip >= PARC_CHIPS_MAX || it->first + it->count > node->devices_count ||
	    node->devices_count > core->limits.node_devices || it->link_size > it->count ||
	    (it->count > 0 && it->link_size == 0))
		codec->failed = 1;
}

static void node_code(struct codec *codec, struct parc_core *core, struct node *it)
{
	uint8_t cores = (uint8_t)it->cores_pool;

	codec_i64(codec, &it->id);
	codec_i64(codec, &it->rank);
	codec_i64(codec, &it->memory_mib);
	codec_i64(codec, &it->memory_free);
	codec_i64(codec, &it->changed);
	codec_i32(codec, &it->cpu_milli);
	codec_i32(codec, &it->cpu_free);
	codec_slot(codec, &it->place, core->places_table.size);
	codec_slot(codec, &it->tasks, core->tasks_table.size);
	codec_slot(codec, &it->next_in_place, core->nodes_table.size);
	codec_u8(codec, &it->state);
	codec_u8(codec, &it->devices_count);
	codec_u8(codec, &it->pools_count);
	codec_u8(codec, &cores);
	it->cores_pool = (int8_t)cores;
	codec->failed |= it->pools_count > PARC_NODE_POOLS_MAX || it->cores_pool >= it->pools_count;
	for (int32_t p = 0; p < it->pools_count && !codec->failed; p++)
		pool_code(codec, core, it, &it->pools[p]);
}

static void place_code(struct codec *codec, struct parc_core *core, struct place *it)
{
	codec_i64(codec, &it->id);
	codec_slot(codec, &it->parent, core->places_table.size);
	codec_i32(codec, &it->level);
	codec_slot(codec, &it->first_node, core->nodes_table.size);
	codec_slot(codec, &it->first_child, core->places_table.size);
	codec_slot(codec, &it->next, core->places_table.size);
	codec->failed |= it->level < PARC_LEVEL_SITE || it->level > PARC_LEVEL_RACK;
}

/* A field of some bits, in a byte. */
#define BITS_CODE(codec, field)                      \
	do {                                         \
		uint8_t byte_ = (field);             \
		codec_u8(codec, &byte_);             \
		(field) = byte_ & 0xf;               \
		(codec)->failed |= (field) != byte_; \
	} while (0)

static void spec_code(struct codec *codec, struct parc_core *core, struct spec *it)
{
	codec_i64(codec, &it->kind);
	codec_i64(codec, &it->checkpoint_us);
	codec_i64(codec, &it->grace_us);
	codec_i32(codec, &it->user);
	codec_slot(codec, &it->tenant, core->tenants_table.size);
	codec_i32(codec, &it->array_running_max);
	codec_slot(codec, &it->groups, core->groups_table.size);
	codec_slot(codec, &it->variants, core->variants_table.size);
	codec_i32(codec, &it->refs);
	codec_u8(codec, &it->work_class);
	BITS_CODE(codec, it->groups_count);
	BITS_CODE(codec, it->variants_count);
	BITS_CODE(codec, it->tier);
	BITS_CODE(codec, it->close_level);
	BITS_CODE(codec, it->close_strength);
	BITS_CODE(codec, it->requeue);
	BITS_CODE(codec, it->now_or_never);
	BITS_CODE(codec, it->packable);
	codec->failed |= it->close_level > PARC_LEVEL_NODE || it->groups < 0 || it->refs < 0;
}

static void job_code(struct codec *codec, struct parc_core *core, struct job *it)
{
	int64_t *longs[] = {&it->id,	&it->submit_us, &it->time_limit_us, &it->expected_us,
			    &it->array, &it->order,	&it->kept_us,	    &it->attained_us};

	for (size_t i = 0; i < sizeof(longs) / sizeof(*longs); i++)
		codec_i64(codec, longs[i]);
	codec_u8(codec, &it->waits);
	codec_u8(codec, &it->reason);
	BITS_CODE(codec, it->state);
	BITS_CODE(codec, it->result);
	BITS_CODE(codec, it->held);
	BITS_CODE(codec, it->preemptible);
	BITS_CODE(codec, it->cancelled);
	BITS_CODE(codec, it->runs);
	codec_slot(codec, &it->spec, core->specs_table.size);
	codec_slot(codec, &it->service, core->services_table.size);
	codec_i32(codec, &it->replica);
	codec_slot(codec, &it->depends, core->depends_table.size);
	codec_slot(codec, &it->afters, core->depends_table.size);
	codec_i32(codec, &it->attempt);
	codec->failed |= it->spec < 0;
}

static void group_code(struct codec *codec, struct parc_core *core, struct group *it)
{
	int32_t tasks_min = it->tasks_min, tasks_max = it->tasks_max;
	int16_t asked_milli = (int16_t)it->asked_milli;
	uint8_t mixed = it->mixed_chips;

	codec_slot(codec, &it->shape, core->shapes_table.size);
	codec_i32(codec, &tasks_min);
	codec_i32(codec, &tasks_max);
	codec_u8(codec, &mixed);
	codec_i16(codec, &asked_milli);
	codec_slot(codec, &it->next, core->groups_table.size);
	codec->failed |= tasks_min < 0 || tasks_min > PARC_TASKS_MAX || tasks_max < 0 ||
			 tasks_max > PARC_TASKS_MAX || mixed > 1 || asked_milli < 0 ||
			 asked_milli > PARC_SHARE_WHOLE;
	it->tasks_min = (uint32_t)tasks_min & 0x1ffff;
	it->tasks_max = (uint32_t)tasks_max & 0x1ffff;
	it->mixed_chips = mixed & 1;
	it->asked_milli = (uint32_t)asked_milli & 0x7ff;
}

static void variant_code(struct codec *codec, struct parc_core *core, struct variant *it)
{
	codec_variant(codec, &it->set);
	codec_slot(codec, &it->next, core->variants_table.size);
}

static void depend_code(struct codec *codec, struct parc_core *core, struct depend *it)
{
	codec_i64(codec, &it->array);
	codec_slot(codec, &it->job, core->jobs_table.size);
	codec_slot(codec, &it->before, core->jobs_table.size);
	codec_i32(codec, &it->kind);
	codec_slot(codec, &it->next, core->depends_table.size);
	codec_slot(codec, &it->next_after, core->depends_table.size);
}

static void allocation_code(struct codec *codec, struct parc_core *core, struct allocation *it)
{
	int32_t busy_milli = it->busy_milli, state = it->state;

	codec_i64(codec, &it->id);
	codec_i64(codec, &it->start_us);
	codec_i64(codec, &it->work_us);
	codec_i64(codec, &it->checkpoint_us);
	codec_i64(codec, &it->end_us);
	codec_i32(codec, &it->speed_milli);
	codec_slot(codec, &it->beside, core->jobs_table.size);
	codec_i64(codec, &it->done_us);
	BITS_CODE(codec, it->halved);
	codec_i64(codec, &it->held_milli);
	wide_code(codec, &it->busy_done);
	wide_code(codec, &it->idle_done);
	wide_code(codec, &it->unmeasured_done);
	codec_i64(codec, &it->booked_us);
	codec_i64(codec, &it->idle_us);
	BITS_CODE(codec, it->warned);
	codec_i64(codec, &it->since_us);
	codec_u64(codec, &it->tasks_hash);
	codec_slot(codec, &it->tasks, core->tasks_table.size);
	codec_i32(codec, &it->tasks_count);
	codec_i32(codec, &busy_milli);
	codec_i32(codec, &state);
	codec->failed |= busy_milli < -1 || busy_milli > PARC_SHARE_WHOLE || state < 0 ||
			 state > PARC_JOB_STOPPING;
	it->busy_milli = (int16_t)busy_milli;
	it->state = (uint8_t)state & 3;
}

/* Of the jobs that hold something. */
static void allocations_code(struct codec *codec, struct parc_core *core)
{
	if (codec->in != NULL)
		memset(core->allocations, 0,
		       (size_t)core->jobs_table.high * sizeof(*core->allocations));
	for (int32_t i = 0; i < core->jobs_table.high && !codec->failed; i++)
		if (allocation_is_live(core, i))
			allocation_code(codec, core, &core->allocations[i]);
}

static void task_code(struct codec *codec, struct parc_core *core, struct task *it)
{
	uint8_t variant = (uint8_t)it->variant;

	codec_slot(codec, &it->node, core->nodes_table.size);
	codec_slot(codec, &it->allocation, core->jobs_table.size);
	codec_slot(codec, &it->next, core->tasks_table.size);
	codec_slot(codec, &it->node_next, core->tasks_table.size);
	codec_slot(codec, &it->node_prev, core->tasks_table.size);
	codec_u32(codec, &it->devices);
	codec_i32(codec, &it->memory_mib);
	codec_i32(codec, &it->device_memory_mib);
	codec_i32(codec, &it->cpu_milli);
	codec_i16(codec, &it->share_milli);
	codec_u16(codec, &it->slots);
	codec_u16(codec, &it->index);
	codec_u8(codec, &it->group);
	codec_u8(codec, &variant);
	it->variant = (int8_t)variant;
}

static void reservation_code(struct codec *codec, struct parc_core *core, struct reservation *it)
{
	codec_i64(codec, &it->start_us);
	codec_i64(codec, &it->end_us);
	codec_slot(codec, &it->job, core->jobs_table.size);
	codec_slot(codec, &it->closure, PARC_WINDOWS_MAX);
	codec_slot(codec, &it->holds, core->holds_table.size);
	codec_i32(codec, &it->count);
	codec_u8(codec, &it->recall);
}

static void hold_code(struct codec *codec, struct parc_core *core, struct hold *it)
{
	uint8_t variant = (uint8_t)it->variant;

	codec_slot(codec, &it->node, core->nodes_table.size);
	codec_slot(codec, &it->reservation, core->reservations_table.size);
	codec_slot(codec, &it->next, core->holds_table.size);
	codec_u32(codec, &it->devices);
	codec_i32(codec, &it->memory_mib);
	codec_i32(codec, &it->device_memory_mib);
	codec_i32(codec, &it->cpu_milli);
	codec_i16(codec, &it->share_milli);
	codec_u16(codec, &it->slots);
	codec_u16(codec, &it->index);
	codec_u8(codec, &it->group);
	codec_u8(codec, &variant);
	it->variant = (int8_t)variant;
}

static void service_code(struct codec *codec, struct parc_core *core, struct service *it)
{
	codec_service(codec, &it->set);
	codec_i64(codec, &it->load_milli);
	codec_i64(codec, &it->need_milli);
	codec_i64(codec, &it->peak_milli);
	codec_i64(codec, &it->peak_before_milli);
	codec_i64(codec, &it->span_end_us);
	codec_i64(codec, &it->retry_us);
	codec_slot(codec, &it->job, core->jobs_table.size);
	codec_i32(codec, &it->failures);
}

static void shape_code(struct codec *codec, struct parc_core *core, struct shape *it)
{
	(void)core;
	codec_task(codec, &it->ask.task);
	codec_i32(codec, &it->ask.user);
	codec_u64(codec, &it->ask.hash);
	codec_i64(codec, &it->seen);
	codec_i64(codec, &it->weight);
	codec_i32(codec, &it->refs);
	codec_i32(codec, &it->live);
}

static void tenant_code(struct codec *codec, struct parc_core *core, struct tenant *it)
{
	(void)core;
	codec_tenant(codec, &it->set);
	codec_i32(codec, &it->jobs);
	usage_code(codec, &it->usage);
	sum_code(codec, &it->past);
	sum_code(codec, &it->charged);
	codec->failed |= it->past < 0 || it->charged < 0;
}

static void speeds_code(struct codec *codec, struct parc_core *core)
{
	codec_i32(codec, &core->speeds_count);
	codec_i64(codec, &core->speeds_order);
	codec->failed |= core->speeds_count < 0 || core->speeds_count > core->speeds_max;
	for (int32_t i = 0; i < core->speeds_count && !codec->failed; i++) {
		struct speed *it = &core->speeds[i];
		int32_t *words[] = {&it->chip,	    &it->weight,       &it->runs,
				    &it->set_milli, &it->learnt_milli, &it->trials};

		codec_i64(codec, &it->kind);
		codec_i64(codec, &it->beside);
		codec_i64(codec, &it->order);
		codec_i64(codec, &it->sum);
		codec_i64(codec, &it->squares);
		for (size_t w = 0; w < sizeof(words) / sizeof(*words); w++)
			codec_i32(codec, words[w]);
		codec->failed |= !speed_is_possible(it);
	}
}

/* All slots ever used of one table; free ones as well, they are few and mostly zeros. */
#define TABLE_CODE(codec, core, table, code)                                                    \
	do {                                                                                    \
		table_code(codec, &(core)->table##_table);                                      \
		if ((codec)->in != NULL)                                                        \
			memset((core)->table, 0,                                                \
			       (size_t)(core)->table##_table.high * sizeof(*(core)->table));    \
		for (int32_t i_ = 0; i_ < (core)->table##_table.high && !(codec)->failed; i_++) \
			code(codec, core, &(core)->table[i_]);                                  \
		frees_code(codec, &(core)->table##_table);                                      \
	} while (0)

static void devices_code(struct codec *codec, struct parc_core *core)
{
	for (int32_t i = 0; i < core->nodes_table.high && !codec->failed; i++) {
		core->nodes[i].devices = i * core->limits.node_devices;
		for (int32_t d = 0; d < core->nodes[i].devices_count; d++)
			device_code(codec, &core->devices[core->nodes[i].devices + d],
				    &core->besets[core->nodes[i].devices + d]);
	}
}

static void closure_code(struct codec *codec, struct parc_core *core, struct closure *it)
{
	codec_i64(codec, &it->id);
	codec_i64(codec, &it->start_us);
	codec_i64(codec, &it->end_us);
	codec_i64(codec, &it->tenant);
	codec_i64(codec, &it->user);
	codec_slot(codec, &it->reservation, core->reservations_table.size);
	codec_u8(codec, &it->maintenance);
	codec_u8(codec, &it->placed);
	codec_u8(codec, &it->begun);
	codec_u8(codec, &it->dropped);
}

static void uses_code(struct codec *codec, struct parc_core *core)
{
	codec_i32(codec, &core->uses_count);
	codec->failed |= core->uses_count < 0 || core->uses_count > core->uses_max;
	for (int32_t i = 0; i < core->uses_count && !codec->failed; i++) {
		codec_i64(codec, &core->uses[i].kind);
		codec_i32(codec, &core->uses[i].share_milli);
		codec->failed |= core->uses[i].kind < 1 || core->uses[i].share_milli < 0 ||
				 core->uses[i].share_milli > PARC_SHARE_WHOLE;
	}
}

static void state_code(struct codec *codec, struct parc_core *core)
{
	words_code(codec, core);
	TABLE_CODE(codec, core, places, place_code);
	TABLE_CODE(codec, core, nodes, node_code);
	devices_code(codec, core);
	TABLE_CODE(codec, core, tenants, tenant_code);
	TABLE_CODE(codec, core, shapes, shape_code);
	TABLE_CODE(codec, core, groups, group_code);
	TABLE_CODE(codec, core, variants, variant_code);
	TABLE_CODE(codec, core, depends, depend_code);
	TABLE_CODE(codec, core, specs, spec_code);
	TABLE_CODE(codec, core, jobs, job_code);
	allocations_code(codec, core);
	TABLE_CODE(codec, core, tasks, task_code);
	TABLE_CODE(codec, core, reservations, reservation_code);
	TABLE_CODE(codec, core, holds, hold_code);
	speeds_code(codec, core);
	TABLE_CODE(codec, core, services, service_code);
	uses_code(codec, core);
	codec_i64(codec, &core->last_window);
	TABLE_CODE(codec, core, closures, closure_code);
}

static uint64_t bytes_hash(const uint8_t *bytes, size_t size)
{
	uint64_t hash = HASH_START, word;
	size_t i = 0;

	for (; i + 8 <= size; i += 8) {
		memcpy(&word, bytes + i, 8);
		hash = hash_word(hash, word);
	}
	word = 0;
	memcpy(&word, bytes + i, size - i);
	return hash_word(hash_word(hash, word), size);
}

/* Over the limits and all that follows the header. */
static uint64_t state_checksum(const struct parc_limits *limits, const uint8_t *bytes, size_t size)
{
	uint8_t words[sizeof(*limits)] = {0};
	struct codec codec = {.out = words, .size = sizeof(words)};
	struct parc_limits copy = *limits;

	limits_code(&codec, &copy);
	return hash_word(bytes_hash(words, sizeof(words)),
			 bytes_hash(bytes + HEADER_BYTES, size - HEADER_BYTES));
}

static void header_code(struct codec *codec, struct parc_limits *limits, uint64_t *size,
			uint64_t *checksum)
{
	codec_expect(codec, STATE_MAGIC);
	codec_expect(codec, STATE_VERSION);
	limits_code(codec, limits);
	codec_u64(codec, size);
	codec_u64(codec, checksum);
}

void state_seal(uint8_t *bytes, size_t size)
{
	struct codec codec = {.in = bytes, .size = size};
	struct parc_limits limits = {0};
	uint64_t total = 0, checksum = 0;

	header_code(&codec, &limits, &total, &checksum);
	checksum = state_checksum(&limits, bytes, size);
	total = size;
	codec = (struct codec){.out = bytes, .size = size};
	header_code(&codec, &limits, &total, &checksum);
}

int64_t parc_state_encode(const struct parc_core *core, void *bytes, size_t size)
{
	struct codec codec = {.out = bytes, .size = bytes == NULL ? 0 : size};
	struct parc_core *it = (struct parc_core *)core; /* writing changes nothing */
	struct parc_limits limits = core->limits;
	uint64_t total, checksum = 0;

	codec.used = HEADER_BYTES;
	state_code(&codec, it);
	total = codec.used;
	if (bytes == NULL || size < total)
		return (int64_t)total;
	checksum = state_checksum(&limits, bytes, total);
	codec.used = 0;
	header_code(&codec, &limits, &total, &checksum);
	ASSERT(codec.used <= HEADER_BYTES);
	memset((uint8_t *)bytes + codec.used, 0, HEADER_BYTES - codec.used);
	return (int64_t)total;
}

/* The core's own words and tables; the parts that the tables point to were bounded on reading. */
static int state_read(struct parc_core *core, const uint8_t *bytes, size_t size,
		      struct parc_err *err)
{
	struct codec codec = {.in = bytes, .size = size, .used = HEADER_BYTES};
	int code;

	state_code(&codec, core);
	if (codec.failed || codec.used != size)
		return parc_err_set(err, PARC_ERR_CORRUPT, "the state is damaged at byte %zu",
				    codec.used);
	code = links_check(core, err);
	if (code != 0)
		return code;
	for (int32_t i = 0; i < core->nodes_table.high; i++) {
		struct node *node = &core->nodes[i];

		node->class = -1;
		if (node->id == PARC_NONE)
			continue;
		node->kind = node_kind_again(core, node);
		if (node->kind < 0)
			return parc_err_set(err, PARC_ERR_CORRUPT, "too many kinds of nodes");
		core->kinds[node->kind].nodes++;
		core->kinds[node->kind].ups += node->state == PARC_NODE_UP;
	}
	return 0;
}

/* Totals by chip and the parts of the digest that lie in records. */
static void totals_recount(struct parc_core *core)
{
	for (int32_t i = 0; i < core->nodes_table.high; i++)
		if (core->nodes[i].id != PARC_NONE)
			node_recount_totals(core, i);
}

struct parc_core *parc_state_decode(const void *bytes, size_t size, struct parc_err *err)
{
	struct codec codec = {.in = bytes, .size = size};
	struct parc_limits limits = {0};
	uint64_t total = 0, checksum = 0;
	struct parc_core *core;

	header_code(&codec, &limits, &total, &checksum);
	if (codec.failed || total != size || size < HEADER_BYTES ||
	    state_checksum(&limits, bytes, size) != checksum) {
		parc_err_set(err, PARC_ERR_CORRUPT,
			     "this is no state of version %d, or its bytes have changed",
			     STATE_VERSION);
		return NULL;
	}
	core = parc_core_create(&limits, 0, err);
	if (core == NULL)
		return NULL;
	if (state_read(core, bytes, size, err) == 0) {
		rebuild_ids(core); /* a window admits by the names of tenants */
		reserve_rebuild(core);
		totals_recount(core);
		rebuild(core);
		if (parc_core_check(core, err) == 0)
			return core;
	}
	parc_core_destroy(core);
	return NULL;
}
