/* SPDX-License-Identifier: Apache-2.0 */
#include "core/spec.h"

#include <string.h>

#include "base/hash.h"
#include "core/index.h"
#include "core/pack.h"
#include "core/policy.h"
#include "core/shape.h"
#include "core/tree.h"

#define GUESSES 1024

/* A spec that was submitted lately, -1: none, and what it leads to. */
struct guess {
	uint64_t ask; /* hash */
	int32_t spec, group, shape;
};

int32_t spec_limit(int32_t jobs)
{
	int32_t part = jobs / SPECS_PART, most = part > SPECS_MIN ? part : SPECS_MIN;

	return jobs < most ? jobs : most;
}

void spec_init(struct parc_core *core, struct block *block)
{
	int32_t size = spec_limit(core->limits.jobs);
	uint32_t buckets = 64;

	while (buckets < (uint32_t)size)
		buckets *= 2;
	core->specs = TABLE_INIT(&core->specs_table, block, size, struct spec, next);
	core->spec_buckets = block_take(block, buckets, sizeof(*core->spec_buckets));
	core->spec_mask = buckets - 1;
	core->spec_guesses = block_take(block, GUESSES, sizeof(*core->spec_guesses));
}

int spec_has_room(const struct parc_core *core, int32_t groups, int32_t variants)
{
	return table_has_room(&core->specs_table, 1) &&
	       table_has_room(&core->groups_table, groups) &&
	       table_has_room(&core->variants_table, variants);
}

/* What a spec is found by, and its part of the digest of each of its jobs: no slot is in it. */
static uint64_t spec_hash(const struct parc_core *core, const struct spec *it,
			  const struct group *groups, const struct parc_variant *variants)
{
	int64_t tenant = it->tenant < 0 ? PARC_NONE : core->tenants[it->tenant].set.tenant;
	uint64_t hash = hash_word(HASH_START, (uint64_t)it->kind);

	hash = hash_word(hash, (uint64_t)it->checkpoint_us);
	hash = hash_word(hash, (uint64_t)it->grace_us);
	hash = hash_word(hash, (uint64_t)tenant);
	hash = hash_pair(hash, it->user, it->work_class);
	hash = hash_pair(hash, it->array_running_max, it->tier);
	hash = hash_pair(hash, it->close_level * 4 + it->close_strength,
			 it->requeue * 4 + it->now_or_never * 2 + it->packable);
	for (int32_t g = 0; g < it->groups_count; g++) {
		hash = hash_word(hash, core->shapes[groups[g].shape].ask.hash);
		hash = hash_pair(hash, groups[g].tasks_min, groups[g].tasks_max);
		hash = hash_pair(hash, groups[g].asked_milli, groups[g].mixed_chips);
	}
	for (int32_t v = 0; v < it->variants_count; v++) {
		hash = hash_word(hash, variants[v].chips);
		hash = hash_pair(hash, variants[v].speed_milli, variants[v].device_memory_mib);
	}
	return hash;
}

static int words_are_alike(const struct spec *a, const struct spec *b)
{
	return a->hash == b->hash && a->kind == b->kind && a->checkpoint_us == b->checkpoint_us &&
	       a->grace_us == b->grace_us && a->user == b->user && a->tenant == b->tenant &&
	       a->array_running_max == b->array_running_max && a->work_class == b->work_class &&
	       a->groups_count == b->groups_count && a->variants_count == b->variants_count &&
	       a->tier == b->tier && a->close_level == b->close_level &&
	       a->close_strength == b->close_strength && a->requeue == b->requeue &&
	       a->now_or_never == b->now_or_never && a->packable == b->packable;
}

/* Is this the spec with these groups and variants, which are as many? */
static int lists_are_alike(const struct parc_core *core, const struct spec *it,
			   const struct group *groups, const struct parc_variant *variants)
{
	for (int32_t g = it->groups; g >= 0; g = core->groups[g].next, groups++) {
		const struct group *group = &core->groups[g];

		if (group->shape != groups->shape || group->tasks_min != groups->tasks_min ||
		    group->tasks_max != groups->tasks_max ||
		    group->mixed_chips != groups->mixed_chips ||
		    group->asked_milli != groups->asked_milli)
			return 0;
	}
	for (int32_t v = it->variants; v >= 0; v = core->variants[v].next, variants++) {
		const struct parc_variant *set = &core->variants[v].set;

		if (set->chips != variants->chips || set->speed_milli != variants->speed_milli ||
		    set->device_memory_mib != variants->device_memory_mib)
			return 0;
	}
	return 1;
}

static void spec_link(struct parc_core *core, int32_t slot)
{
	int32_t *bucket = &core->spec_buckets[core->specs[slot].hash & core->spec_mask];

	core->specs[slot].next = *bucket;
	*bucket = slot;
}

static void spec_unlink(struct parc_core *core, int32_t slot)
{
	int32_t *link = &core->spec_buckets[core->specs[slot].hash & core->spec_mask];

	while (*link != slot)
		link = &core->specs[*link].next;
	*link = core->specs[slot].next;
}

static int32_t spec_make(struct parc_core *core, const struct spec *spec,
			 const struct group *groups, const struct parc_variant *variants)
{
	int32_t slot = table_take(&core->specs_table), *link;
	struct spec *it = &core->specs[slot];

	*it = *spec;
	it->groups = it->variants = -1;
	it->refs = 1;
	link = &it->groups;
	for (int32_t i = 0; i < spec->groups_count; i++) {
		int32_t g = table_take(&core->groups_table);

		core->groups[g] = groups[i];
		core->groups[g].next = -1;
		*link = g;
		link = &core->groups[g].next;
	}
	link = &it->variants;
	for (int32_t i = 0; i < spec->variants_count; i++) {
		int32_t v = table_take(&core->variants_table);

		core->variants[v] = (struct variant){.set = variants[i], .next = -1};
		*link = v;
		link = &core->variants[v].next;
	}
	spec_link(core, slot);
	return slot;
}

/* The spec of this hash that is alike; -1: there is none. */
static int32_t look_up(const struct parc_core *core, const struct spec *wanted,
		       const struct group *groups, const struct parc_variant *variants)
{
	int32_t slot = core->spec_buckets[wanted->hash & core->spec_mask];

	while (slot >= 0 && !(words_are_alike(&core->specs[slot], wanted) &&
			      lists_are_alike(core, &core->specs[slot], groups, variants)))
		slot = core->specs[slot].next;
	return slot;
}

/* The one that is alike, made if it is new, with one more reference. It takes over a reference to
 * the shape of each group. */
static int32_t spec_intern(struct parc_core *core, struct spec *spec, const struct group *groups,
			   const struct parc_variant *variants)
{
	int32_t slot;

	spec->hash = spec_hash(core, spec, groups, variants);
	slot = look_up(core, spec, groups, variants);
	if (slot < 0)
		return spec_make(core, spec, groups, variants);
	core->specs[slot].refs++;
	for (int32_t g = 0; g < spec->groups_count; g++)
		shape_release(core, groups[g].shape); /* it has them already */
	return slot;
}

/* ---- Of what is submitted */

static void spec_init_words(const struct parc_core *core, struct spec *spec,
			    const struct parc_submit *submit)
{
	*spec = (struct spec){.kind = submit->kind,
			      .checkpoint_us = submit->checkpoint_us,
			      .grace_us = submit->grace_us,
			      .user = (int32_t)submit->user,
			      .tenant = tenant_find(core, submit->tenant),
			      .array_running_max = submit->array_running_max,
			      .work_class = (uint8_t)submit->work_class,
			      .groups_count = (uint8_t)submit->groups_count & 0xf,
			      .variants_count = (uint8_t)submit->variants_count & 0xf,
			      .tier = (uint8_t)submit->tier & 0xf,
			      .close_level = (uint8_t)submit->close_level & 0xf,
			      .close_strength = (uint8_t)submit->close_strength & 0x3,
			      .requeue = submit->requeue & 1,
			      .now_or_never = submit->now_or_never & 1,
			      .packable = submit->packable & 1};
}

static void group_init(const struct parc_core *core, struct group *group,
		       const struct parc_submit *submit, int32_t number, struct ask *ask)
{
	const struct parc_group *it = &submit->groups[number];
	struct parc_task task = it->task;

	task.share_milli = pack_share(core, submit->kind, submit->packable, task.share_milli);
	ask_init(core, ask, &task, submit->user);
	*group = (struct group){.tasks_min = (uint32_t)it->tasks_min & 0x1ffff,
				.tasks_max = (uint32_t)it->tasks_max & 0x1ffff,
				.mixed_chips = it->mixed_chips & 1,
				.asked_milli = (uint32_t)it->task.share_milli & 0x7ff,
				.next = -1};
}

int32_t spec_find(const struct parc_core *core, const struct parc_submit *submit)
{
	struct group groups[PARC_GROUPS_MAX];
	struct spec spec;

	for (int32_t g = 0; g < submit->groups_count; g++) {
		struct ask ask;

		group_init(core, &groups[g], submit, g, &ask);
		groups[g].shape = shape_find(core, &ask);
		if (groups[g].shape < 0)
			return -1;
	}
	spec_init_words(core, &spec, submit);
	spec.hash = spec_hash(core, &spec, groups, submit->variants);
	return look_up(core, &spec, groups, submit->variants);
}

/* Where a spec is noted that may be that of the submission, which need not be checked yet. */
static struct guess *guess_at(const struct parc_core *core, const struct parc_submit *submit)
{
	const struct parc_task *task = &submit->groups[0].task;
	uint64_t hash = hash_pair((uint64_t)submit->tenant, submit->user, task->cpu_milli);

	hash = hash_pair(hash, (int64_t)task->share_milli + task->devices,
			 submit->groups[0].tasks_min);
	hash = hash_word(hash, task->chips);
	return &core->spec_guesses[hash % GUESSES];
}

static int words_are_of(const struct parc_core *core, const struct spec *it,
			const struct parc_submit *submit)
{
	int64_t tenant = it->tenant < 0 ? PARC_NONE : core->tenants[it->tenant].set.tenant;

	return it->kind == submit->kind && it->checkpoint_us == submit->checkpoint_us &&
	       it->grace_us == submit->grace_us && it->user == submit->user &&
	       tenant == submit->tenant && it->array_running_max == submit->array_running_max &&
	       it->work_class == submit->work_class && it->tier == submit->tier &&
	       it->close_level == submit->close_level &&
	       it->close_strength == submit->close_strength && it->requeue == submit->requeue &&
	       it->now_or_never == submit->now_or_never;
}

/* The spec of plain work that was submitted lately, field by field, without a hash of it: what
 * would be found by the hash. -1: look it up. */
static int32_t guess(const struct parc_core *core, const struct parc_submit *submit)
{
	int32_t slot = guess_at(core, submit)->spec;
	const struct spec *it = &core->specs[slot < 0 ? 0 : slot];
	const struct parc_group *wanted = &submit->groups[0];
	const struct group *own;

	if (slot < 0 || it->refs == 0 || it->groups_count != 1 || it->variants_count != 0 ||
	    it->packable || submit->groups_count != 1 || submit->variants_count != 0 ||
	    submit->packable || !words_are_of(core, it, submit))
		return -1;
	own = &core->groups[it->groups];
	if ((int32_t)own->tasks_min != wanted->tasks_min ||
	    (int32_t)own->tasks_max != wanted->tasks_max ||
	    (int32_t)own->mixed_chips != wanted->mixed_chips ||
	    (int32_t)own->asked_milli != wanted->task.share_milli ||
	    !ask_is_of(core, &core->shapes[own->shape].ask, &wanted->task, submit->user))
		return -1;
	return slot;
}

void spec_foresee(const struct parc_core *core, const struct parc_submit *submit)
{
	const struct guess *it = submit->groups_count > 0 ? guess_at(core, submit) : NULL;

	if (it == NULL || it->spec < 0)
		return;
	lines_prefetch(&core->specs[it->spec], sizeof(*core->specs));
	lines_prefetch(&core->groups[it->group], sizeof(*core->groups));
	lines_prefetch(&core->shapes[it->shape], sizeof(*core->shapes));
	index_foresee(core, it->ask);
}

static void guess_note(const struct parc_core *core, const struct parc_submit *submit, int32_t slot)
{
	int32_t group = core->specs[slot].groups, shape = core->groups[group].shape;

	*guess_at(core, submit) = (struct guess){
		.ask = core->shapes[shape].ask.hash, .spec = slot, .group = group, .shape = shape};
}

int32_t spec_take(struct parc_core *core, const struct parc_submit *submit)
{
	struct group groups[PARC_GROUPS_MAX];
	int32_t slot = guess(core, submit);
	struct spec spec;

	if (slot >= 0) {
		policy_learn(core, core->groups[core->specs[slot].groups].shape,
			     submit->groups[0].tasks_min);
		return spec_share(core, slot);
	}

	for (int32_t g = 0; g < submit->groups_count; g++) {
		struct ask ask;

		group_init(core, &groups[g], submit, g, &ask);
		groups[g].shape = shape_intern(core, &ask);
		policy_learn(core, groups[g].shape, submit->groups[g].tasks_min);
	}
	spec_init_words(core, &spec, submit);
	slot = spec_intern(core, &spec, groups, submit->variants);
	guess_note(core, submit, slot);
	return slot;
}

/* ---- Of what is there */

int32_t spec_share(struct parc_core *core, int32_t slot)
{
	core->specs[slot].refs++;
	return slot;
}

void spec_release(struct parc_core *core, int32_t slot)
{
	struct spec *it = &core->specs[slot];
	int32_t next;

	ASSERT(it->refs > 0);
	if (--it->refs > 0)
		return;
	for (int32_t g = it->groups; g >= 0; g = next) {
		next = core->groups[g].next;
		shape_release(core, core->groups[g].shape);
		table_give(&core->groups_table, g);
	}
	for (int32_t v = it->variants; v >= 0; v = next) {
		next = core->variants[v].next;
		table_give(&core->variants_table, v);
	}
	spec_unlink(core, slot);
	table_give(&core->specs_table, slot);
}

/* Its groups into an array of PARC_GROUPS_MAX, its variants into one of PARC_VARIANTS_MAX. */
static void spec_groups(const struct parc_core *core, const struct spec *spec, struct group *groups)
{
	for (int32_t g = spec->groups; g >= 0; g = core->groups[g].next)
		*groups++ = core->groups[g];
}

static void spec_variants(const struct parc_core *core, const struct spec *spec,
			  struct parc_variant *variants)
{
	for (int32_t v = spec->variants; v >= 0; v = core->variants[v].next)
		*variants++ = core->variants[v].set;
}

int32_t spec_repack(struct parc_core *core, int32_t slot)
{
	struct spec spec = core->specs[slot];
	struct group groups[PARC_GROUPS_MAX];
	struct parc_variant variants[PARC_VARIANTS_MAX];

	spec_groups(core, &spec, groups);
	spec_variants(core, &spec, variants);
	for (int32_t g = 0; g < spec.groups_count; g++) {
		struct parc_task task = core->shapes[groups[g].shape].ask.task;
		struct ask ask;

		task.share_milli = pack_share(core, spec.kind, 1, (int32_t)groups[g].asked_milli);
		ask_init(core, &ask, &task, spec.user);
		groups[g].shape = shape_intern(core, &ask);
	}
	spec_release(core, slot);
	return spec_intern(core, &spec, groups, variants);
}

/* ---- Checking and decoding */

static uint64_t spec_hash_anew(const struct parc_core *core, const struct spec *it)
{
	struct group groups[PARC_GROUPS_MAX];
	struct parc_variant variants[PARC_VARIANTS_MAX];

	spec_groups(core, it, groups);
	spec_variants(core, it, variants);
	return spec_hash(core, it, groups, variants);
}

void spec_rebuild(struct parc_core *core)
{
	memset(core->spec_guesses, -1, GUESSES * sizeof(*core->spec_guesses));
	memset(core->spec_buckets, -1, ((size_t)core->spec_mask + 1) * sizeof(*core->spec_buckets));
	for (int32_t i = 0; i < core->specs_table.high; i++) {
		if (core->specs[i].refs == 0)
			continue;
		core->specs[i].hash = spec_hash_anew(core, &core->specs[i]);
		spec_link(core, i);
	}
}

int spec_verify(const struct parc_core *core, struct parc_err *err)
{
	int32_t refs = 0;

	for (int32_t i = 0; i < core->specs_table.high; i++) {
		const struct spec *it = &core->specs[i];
		int32_t at = core->spec_buckets[it->hash & core->spec_mask];

		if (it->refs == 0)
			continue;
		refs += it->refs;
		while (at >= 0 && at != i)
			at = core->specs[at].next;
		if (at < 0 || it->hash != spec_hash_anew(core, it))
			return parc_err_set(err, PARC_ERR_MISMATCH,
					    "Q6: what %d jobs share is not found", it->refs);
	}
	if (refs != table_count(&core->jobs_table))
		return parc_err_set(err, PARC_ERR_MISMATCH,
				    "Q6: what is shared is counted for %d jobs, there are %d", refs,
				    table_count(&core->jobs_table));
	return 0;
}
