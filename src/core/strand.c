/* SPDX-License-Identifier: Apache-2.0 */
#include "core/strand.h"

#include <string.h>

#include "base/hash.h"
#include "core/fair.h"
#include "core/line.h"
#include "core/quota.h"
#include "core/spec.h"
#include "core/tree.h"

#define RANKS_BITS 32 /* of the major, for the rank of a tenant */

int32_t strand_limit(const struct parc_limits *limits)
{
	int64_t most = (int64_t)limits->tenants * STRANDS_EACH;

	return most < limits->jobs ? (int32_t)most : limits->jobs;
}

void strand_init(struct parc_core *core, struct block *block)
{
	int32_t size = strand_limit(&core->limits);
	uint32_t buckets = 64;

	while (buckets < (uint32_t)size)
		buckets *= 2;
	core->strands = TABLE_INIT(&core->strands_table, block, size, struct strand, next);
	core->bundles = TABLE_INIT(&core->bundles_table, block, size, struct bundle, next);
	core->strand_buckets = block_take(block, buckets, sizeof(*core->strand_buckets));
	core->bundle_buckets = block_take(block, buckets, sizeof(*core->bundle_buckets));
	core->strand_mask = buckets - 1;
	core->strand_marks = block_take(block, 2 * (size_t)buckets, sizeof(*core->strand_marks));
	ranking_init_major(&core->strand_turns, block, size);
	ranking_init_major(&core->bundle_turns, block, size);
}

void strand_reset(struct parc_core *core)
{
	size_t bytes = ((size_t)core->strand_mask + 1) * sizeof(*core->strand_buckets);

	memset(core->strand_buckets, -1, bytes);
	memset(core->bundle_buckets, -1, bytes);
	table_reset(&core->strands_table);
	table_reset(&core->bundles_table);
	core->strands_stale = core->pledge_root = -1;
	for (int32_t i = 0; i < core->tenants_table.high; i++) {
		core->tenants[i].bundles = core->tenants[i].closed = -1;
		core->tenants[i].gates[0] = core->tenants[i].gates[1] = -1;
	}
}

int strand_is_wanted(const struct parc_core *core)
{
	return core->ruled > 0 || fair_is_on(&core->rules);
}

int strand_has_room(const struct parc_core *core)
{
	return table_has_room(&core->strands_table, 1);
}

int strand_suffice(const struct parc_core *core)
{
	return table_count(&core->jobs_table) <= core->strands_table.size;
}

/* Enter the mark of a kind; 1 if it is new. At most half of the places are ever taken. */
static int mark_enter(const struct parc_core *core, uint64_t mark)
{
	uint32_t mask = 2 * core->strand_mask + 1, at = (uint32_t)mark & mask;

	mark |= UINT64_C(1) << 63; /* 0: a free place */
	while (core->strand_marks[at] != 0 && core->strand_marks[at] != mark)
		at = (at + 1) & mask;
	if (core->strand_marks[at] == mark)
		return 0;
	core->strand_marks[at] = mark;
	return 1;
}

/* Are the jobs no more than so many kinds, by the keys that they have in `core`? `by_tenant`,
 * `by_kind`: as far as these tell them apart at most. */
static int kinds_are_few(const struct parc_core *core, int by_tenant, int by_kind, int32_t most)
{
	int32_t count = 0;

	memset(core->strand_marks, 0,
	       2 * ((size_t)core->strand_mask + 1) * sizeof(*core->strand_marks));
	for (int32_t i = 0; i < core->jobs_table.high && count <= most; i++) {
		const struct job *job = &core->jobs[i];
		uint64_t mark;

		if (job->id == PARC_NONE)
			continue;
		mark = hash_word(line_key(core, i),
				 by_tenant ? (uint64_t)(int64_t)spec_of(core, job)->tenant : 0);
		count += mark_enter(
			core, by_kind ? hash_word(mark, (uint64_t)spec_of(core, job)->kind) : mark);
	}
	return count <= most;
}

int strand_may_sort(const struct parc_core *core, const struct parc_policy *rules, int by_tenant)
{
	struct parc_core after; /* the same tables, looked at by other rules */

	if (strand_suffice(core))
		return 1;
	after = *core;
	after.rules = *rules;
	return kinds_are_few(&after, by_tenant, 0, core->strands_table.size);
}

/* With trial runs what is not known of a chip tells every kind apart, not one from the others. */
int strand_may_split(const struct parc_core *core)
{
	if (strand_suffice(core))
		return 1;
	if (!table_has_room(&core->strands_table, table_count(&core->strands_table)))
		return 0;
	return core->rules.trial_max == 0 ||
	       kinds_are_few(core, strand_is_wanted(core), 1, core->strands_table.size / 2);
}

int32_t strand_tenant(const struct parc_core *core, int32_t tenant)
{
	if (tenant < 0 || fair_is_on(&core->rules) || core->tenants[tenant].capped >= 0 ||
	    core->tenants[tenant].holder >= 0)
		return tenant;
	return -1;
}

static int32_t holder_of(const struct parc_core *core, int32_t tenant)
{
	return tenant < 0 ? -1 : core->tenants[tenant].holder;
}

/* ---- The life of strands and bundles */

static int32_t *strand_bucket(const struct parc_core *core, uint64_t key, int32_t tenant)
{
	return &core->strand_buckets[hash_word(key, (uint64_t)(int64_t)tenant) & core->strand_mask];
}

void strand_enter(struct parc_core *core, int32_t job, uint64_t key)
{
	int32_t tenant = strand_tenant(core, job_spec(core, job)->tenant);
	int32_t *bucket = strand_bucket(core, key, tenant), slot = *bucket;

	while (slot >= 0 &&
	       (core->strands[slot].key != key || core->strands[slot].tenant != tenant))
		slot = core->strands[slot].next;
	if (slot < 0) {
		slot = table_take(&core->strands_table);
		core->strands[slot] = (struct strand){.key = key,
						      .tenant = tenant,
						      .next = *bucket,
						      .line = -1,
						      .bundle = -1,
						      .root = -1,
						      .gate = -1,
						      .stale_next = STRAND_UNLISTED};
		*bucket = slot;
	}
	core->strands[slot].refs++;
	core->jobs[job].strand = slot;
}

void strand_exit(struct parc_core *core, int32_t job)
{
	int32_t slot = core->jobs[job].strand, *link;
	struct strand *it = &core->strands[slot];

	if (slot < 0)
		return;
	core->jobs[job].strand = -1;
	if (--it->refs > 0)
		return;
	link = strand_bucket(core, it->key, it->tenant);
	while (*link != slot)
		link = &core->strands[*link].next;
	*link = it->next;
	link = &core->strands_stale;
	while (it->stale_next != STRAND_UNLISTED && *link != slot)
		link = &core->strands[*link].stale_next;
	if (it->stale_next != STRAND_UNLISTED)
		*link = it->stale_next;
	table_give(&core->strands_table, slot);
}

static int32_t *bundle_bucket(const struct parc_core *core, int32_t line, int32_t holder)
{
	return &core->bundle_buckets[hash_word(core->lines[line].key, (uint64_t)(int64_t)holder) &
				     core->strand_mask];
}

/* For this job, and others of its line and holder. */
static int32_t bundle_take(struct parc_core *core, int32_t line, int32_t holder, int32_t job)
{
	int32_t *bucket = bundle_bucket(core, line, holder), slot = *bucket;
	struct bundle *it;

	while (slot >= 0 &&
	       (core->bundles[slot].line != line || core->bundles[slot].holder != holder))
		slot = core->bundles[slot].next;
	if (slot < 0) {
		slot = table_take(&core->bundles_table);
		it = &core->bundles[slot];
		*it = (struct bundle){.line = line,
				      .holder = holder,
				      .next = *bucket,
				      .root = -1,
				      .holder_next = -1,
				      .holder_prev = -1};
		*bucket = slot;
		if (holder >= 0) {
			it->places = (uint8_t)tree_places(core, holder, quota_chips(core, job));
			it->holder_next = core->tenants[holder].bundles;
			if (it->holder_next >= 0)
				core->bundles[it->holder_next].holder_prev = slot;
			core->tenants[holder].bundles = slot;
		}
	}
	core->bundles[slot].count++;
	return slot;
}

static void bundle_give(struct parc_core *core, int32_t slot)
{
	struct bundle *it = &core->bundles[slot];
	int32_t *link = bundle_bucket(core, it->line, it->holder);

	if (--it->count > 0)
		return;
	ASSERT(!it->ranked);
	while (*link != slot)
		link = &core->bundles[*link].next;
	*link = it->next;
	if (it->holder_next >= 0)
		core->bundles[it->holder_next].holder_prev = it->holder_prev;
	if (it->holder_prev >= 0)
		core->bundles[it->holder_prev].holder_next = it->holder_next;
	else if (it->holder >= 0)
		core->tenants[it->holder].bundles = it->holder_next;
	table_give(&core->bundles_table, slot);
}

/* ---- Where they stand */

static int64_t rank_of(const struct parc_core *core, int32_t tenant)
{
	if (!fair_is_on(&core->rules))
		return 0;
	return tenant < 0 ? core->limits.tenants : core->tenants[tenant].rank;
}

/* Is one job of the line within what is left of these guarantees? */
static int is_within(const struct parc_core *core, int32_t line, int32_t holder, uint32_t places)
{
	return holder >= 0 &&
	       core->lines[line].need_normal <= tree_left_normal(core, holder, places);
}

static int64_t tier_of(const struct parc_core *core, int32_t job)
{
	int aged = core->rules.order == PARC_ORDER_FIFO && core->rules.age_us > 0;

	return aged ? 0 : PARC_TIERS_MAX - 1 - job_spec(core, job)->tier;
}

static int64_t major_of(const struct parc_core *core, int32_t bundle, int64_t rank)
{
	const struct bundle *it = &core->bundles[bundle];

	return (int64_t)!is_within(core, it->line, it->holder, it->places) << RANKS_BITS | rank;
}

int32_t strand_head(const struct parc_core *core, int32_t strand)
{
	return ranking_first(&core->waiting, core->strands[strand].root, INT64_MAX);
}

/* Put the slot in its place in the ranking, if it is not there. `ranked`: it is somewhere. */
static void place_in(struct ranking *ranking, int32_t *root, int32_t slot, int64_t major,
		     const struct ranking_node *node, uint8_t *ranked)
{
	const struct ranking_node *old = ranking_at(ranking, slot);

	if (*ranked && ranking->majors[slot] == major && old->key == node->key &&
	    old->tie == node->tie) {
		if (old->value != node->value)
			ranking_set_value(ranking, *root, slot, node->value);
		return;
	}
	if (*ranked)
		ranking_remove(ranking, root, slot);
	ranking->majors[slot] = major;
	ranking_insert(ranking, root, slot, node);
	*ranked = 1;
}

static void take_out(struct ranking *ranking, int32_t *root, int32_t slot, uint8_t *ranked)
{
	if (*ranked)
		ranking_remove(ranking, root, slot);
	*ranked = 0;
}

static void bundle_settle(struct parc_core *core, int32_t slot)
{
	struct bundle *it = &core->bundles[slot];
	int32_t first = ranking_first(&core->strand_turns, it->root, INT64_MAX);
	struct ranking_node node;

	if (first < 0) {
		take_out(&core->bundle_turns, &core->lines[it->line].root, slot, &it->ranked);
	} else {
		node = (struct ranking_node){
			.key = ranking_at(&core->strand_turns, first)->key,
			.tie = ranking_at(&core->strand_turns, first)->tie,
			.value = ranking_at(&core->strand_turns, it->root)->least};
		place_in(&core->bundle_turns, &core->lines[it->line].root, slot,
			 major_of(core, slot, core->strand_turns.majors[first]), &node,
			 &it->ranked);
	}
	line_settle(core, it->line);
}

static void strand_node(const struct parc_core *core, int32_t slot, struct ranking_node *node)
{
	const struct ranking_node *head = ranking_at(&core->waiting, strand_head(core, slot));

	*node = (struct ranking_node){
		.key = head->key,
		.tie = head->tie,
		.value = ranking_at(&core->waiting, core->strands[slot].root)->least};
}

/* Its first job is said to lack room, but it was not tried since it stepped in. */
static void strand_note(struct parc_core *core, int32_t slot)
{
	struct strand *it = &core->strands[slot];

	if (it->stale_next != STRAND_UNLISTED)
		return;
	it->stale_next = core->strands_stale;
	core->strands_stale = slot;
}

static void strand_settle(struct parc_core *core, int32_t slot)
{
	struct strand *it = &core->strands[slot];
	struct bundle *bundle = &core->bundles[it->bundle];
	struct ranking_node node;

	if (it->count == 0 || it->gate != -1) {
		take_out(&core->strand_turns, &bundle->root, slot, &it->ranked);
	} else {
		strand_node(core, slot, &node);
		place_in(&core->strand_turns, &bundle->root, slot, rank_of(core, it->tenant), &node,
			 &it->ranked);
		if (line_is_gated(core->jobs[strand_head(core, slot)].reason))
			strand_note(core, slot);
	}
	bundle_settle(core, it->bundle);
}

/* ---- Jobs */

void strand_join(struct parc_core *core, int32_t job, int32_t line, const struct ranking_node *node)
{
	int32_t slot = core->jobs[job].strand;
	struct strand *it = &core->strands[slot];

	if (it->count++ == 0) {
		it->line = line;
		it->bundle = bundle_take(core, line, holder_of(core, it->tenant), job);
	}
	ranking_insert(&core->waiting, &it->root, job, node);
	core->lines[line].gated += it->gate != -1;
	if (it->gate != -1 && strand_head(core, slot) == job)
		strand_open(core, slot); /* it was not tried yet */
	else
		strand_settle(core, slot);
}

void strand_leave(struct parc_core *core, int32_t job)
{
	int32_t slot = core->jobs[job].strand, bundle = core->strands[slot].bundle;
	struct strand *it = &core->strands[slot];
	int was_head = strand_head(core, slot) == job;

	ranking_remove(&core->waiting, &it->root, job);
	it->count--;
	core->lines[it->line].gated -= it->gate != -1;
	if (it->gate != -1 && was_head)
		strand_open(core, slot); /* the next one was not tried yet */
	else
		strand_settle(core, slot);
	if (it->count > 0)
		return;
	it->line = it->bundle = -1;
	bundle_give(core, bundle);
}

static int32_t *gate_root(struct parc_core *core, int32_t gate)
{
	return gate == GATE_PLEDGE ? &core->pledge_root : &core->tenants[gate / 2].gates[gate % 2];
}

/* The list of the holder's strands that wait at gates. */
static void closed_link(struct parc_core *core, int32_t slot)
{
	struct strand *it = &core->strands[slot];
	int32_t holder = holder_of(core, it->tenant);

	it->closed_next = it->closed_prev = -1;
	if (holder < 0)
		return;
	it->closed_next = core->tenants[holder].closed;
	if (it->closed_next >= 0)
		core->strands[it->closed_next].closed_prev = slot;
	core->tenants[holder].closed = slot;
}

static void closed_unlink(struct parc_core *core, int32_t slot)
{
	const struct strand *it = &core->strands[slot];
	int32_t holder = holder_of(core, it->tenant);

	if (it->closed_next >= 0)
		core->strands[it->closed_next].closed_prev = it->closed_prev;
	if (it->closed_prev >= 0)
		core->strands[it->closed_prev].closed_next = it->closed_next;
	else if (holder >= 0)
		core->tenants[holder].closed = it->closed_next;
}

void strand_close(struct parc_core *core, int32_t slot, int32_t gate)
{
	struct strand *it = &core->strands[slot];
	struct line *line = &core->lines[it->line];
	struct ranking_node node;

	ASSERT(it->gate == -1 && it->count > 0);
	it->gate = gate;
	line->gated += it->count;
	strand_settle(core, slot);
	strand_node(core, slot, &node);
	node.value = gate % 2 == GATE_LIMIT ? line->need_normal : 1;
	core->strand_turns.majors[slot] = strand_major(core, strand_head(core, slot));
	ranking_insert(&core->strand_turns, gate_root(core, gate), slot, &node);
	closed_link(core, slot);
}

void strand_open(struct parc_core *core, int32_t slot)
{
	struct strand *it = &core->strands[slot];

	ranking_remove(&core->strand_turns, gate_root(core, it->gate), slot);
	closed_unlink(core, slot);
	it->gate = -1;
	core->lines[it->line].gated -= it->count;
	strand_settle(core, slot);
	line_ready(core, it->line);
}

void strand_admit(struct parc_core *core, int32_t job)
{
	int32_t strand = core->jobs[job].strand;

	if (strand >= 0 && core->strands[strand].gate != -1)
		strand_open(core, strand);
}

static int32_t bundle_first_job(const struct parc_core *core, int32_t bundle, int64_t most)
{
	int32_t strand;

	if (bundle < 0)
		return -1;
	strand = ranking_first(&core->strand_turns, core->bundles[bundle].root, most);
	return ranking_first(&core->waiting, core->strands[strand].root, most);
}

int32_t strand_first_job(const struct parc_core *core, int32_t line, int64_t most)
{
	return bundle_first_job(
		core, ranking_first(&core->bundle_turns, core->lines[line].root, most), most);
}

/* ---- The next of a line: strands whose tenants rank alike go by turns, and so do bundles */

struct next {
	const struct parc_core *core;
	int64_t most, major; /* of the job behind which it is sought, but for its tier */
	int32_t line, job;
	int32_t but_strand, but_bundle; /* not in these; -1 */
	int32_t best;
};

/* Is all of the strand behind the best found so far? */
static int next_is_found(const struct next *next, int32_t strand)
{
	return next->best >= 0 &&
	       line_job_is_before(next->core, next->best, strand_head(next->core, strand));
}

static void next_in_strand(struct next *next, int32_t strand, int64_t major)
{
	const struct parc_core *core = next->core;
	int32_t root = core->strands[strand].root;
	int32_t job = major > next->major
			      ? ranking_first(&core->waiting, root, next->most)
			      : ranking_next(&core->waiting, root, next->job, next->most);

	if (job >= 0 && (next->best < 0 || line_job_is_before(core, job, next->best)))
		next->best = job;
}

static void next_in_bundle(struct next *next, int32_t bundle)
{
	const struct parc_core *core = next->core;
	int64_t least = major_of(core, bundle, 0);
	int32_t root = core->bundles[bundle].root;
	int32_t strand = ranking_from(&core->strand_turns, root, next->major - least);

	for (; strand >= 0 && !next_is_found(next, strand);
	     strand = ranking_next(&core->strand_turns, root, strand, next->most))
		if (strand != next->but_strand)
			next_in_strand(next, strand, least + core->strand_turns.majors[strand]);
}

static int32_t next_find(struct next *next)
{
	const struct parc_core *core = next->core;
	int32_t root = core->lines[next->line].root;
	const struct strand *own = &core->strands[core->jobs[next->job].strand];
	int32_t bundle = ranking_first(&core->bundle_turns, root, next->most);

	next->major = major_of(core, own->bundle, rank_of(core, own->tenant));
	next->best = -1;
	for (; bundle >= 0; bundle = ranking_next(&core->bundle_turns, root, bundle, next->most)) {
		if (next_is_found(next, ranking_first(&core->strand_turns,
						      core->bundles[bundle].root, INT64_MAX)))
			break;
		if (bundle != next->but_bundle)
			next_in_bundle(next, bundle);
	}
	return next->best;
}

int32_t strand_next_job(const struct parc_core *core, int32_t line, int32_t job, int64_t most)
{
	struct next next = {core,	.most = most,	  .line = line,
			    .job = job, .but_strand = -1, .but_bundle = -1};
	int32_t strand = core->jobs[job].strand;

	if (core->strands[strand].gate != -1)
		return ranking_next(&core->waiting, core->strands[strand].root, job, most);
	return next_find(&next);
}

int32_t strand_skip(const struct parc_core *core, int32_t line, int32_t job, int64_t most)
{
	struct next next = {core,
			    .most = most,
			    .line = line,
			    .job = job,
			    .but_strand = core->jobs[job].strand,
			    .but_bundle = -1};

	return next_find(&next);
}

int32_t strand_skip_bundle(const struct parc_core *core, int32_t line, int32_t job)
{
	struct next next = {core,
			    .most = INT64_MAX,
			    .line = line,
			    .job = job,
			    .but_strand = -1,
			    .but_bundle = core->strands[core->jobs[job].strand].bundle};

	return next_find(&next);
}

int64_t strand_major_least(int32_t nth, int outside)
{
	return ((int64_t)nth << 1 | outside) << RANKS_BITS;
}

uint32_t strand_places(const struct parc_core *core, int32_t job)
{
	int32_t holder = holder_of(core, job_spec(core, job)->tenant);

	if (core->jobs[job].line >= 0)
		return core->bundles[core->strands[core->jobs[job].strand].bundle].places;
	return holder < 0 ? 0 : tree_places(core, holder, quota_chips(core, job));
}

int64_t strand_major(const struct parc_core *core, int32_t job)
{
	int32_t slot = core->jobs[job].strand;
	int64_t tier, rank;

	if (slot < 0)
		return 0;
	tier = tier_of(core, job) << (RANKS_BITS + 1);
	rank = rank_of(core, core->strands[slot].tenant);
	if (core->jobs[job].line >= 0)
		return tier | major_of(core, core->strands[slot].bundle, rank);
	return tier | (int64_t)(strand_places(core, job) == 0) << RANKS_BITS | rank;
}

/* A strand at a gate has another rank. */
static void gate_sort(struct parc_core *core, int32_t slot)
{
	int32_t *root = gate_root(core, core->strands[slot].gate);
	struct ranking_node node = *ranking_at(&core->strand_turns, slot);

	int64_t major = strand_major(core, strand_head(core, slot));

	if (core->strand_turns.majors[slot] == major)
		return;
	ranking_remove(&core->strand_turns, root, slot);
	core->strand_turns.majors[slot] = major;
	ranking_insert(&core->strand_turns, root, slot, &node);
}

void strand_holder_changed(struct parc_core *core, int32_t holder)
{
	for (int32_t i = core->tenants[holder].bundles; i >= 0; i = core->bundles[i].holder_next)
		if (core->bundles[i].ranked)
			bundle_settle(core, i);
	for (int32_t i = core->tenants[holder].closed; i >= 0; i = core->strands[i].closed_next)
		gate_sort(core, i);
}

void strand_sort_all(struct parc_core *core)
{
	for (int32_t i = 0; i < core->strands_table.high; i++) {
		const struct strand *it = &core->strands[i];

		if (it->refs > 0 && it->ranked &&
		    core->strand_turns.majors[i] != rank_of(core, it->tenant))
			strand_settle(core, i);
		else if (it->refs > 0 && it->gate != -1)
			gate_sort(core, i);
	}
}

/* ---- Checking */

static int strand_is_right(const struct parc_core *core, int32_t slot)
{
	const struct strand *it = &core->strands[slot];
	int32_t jobs = ranking_count(&core->waiting, it->root);
	struct ranking_node node;

	if (jobs != it->count || (it->count > 0) != (it->line >= 0) ||
	    it->ranked != (it->count > 0 && it->gate == -1) || (it->gate != -1 && it->count == 0))
		return 0;
	if (!it->ranked)
		return 1;
	strand_node(core, slot, &node);
	return node.key == ranking_at(&core->strand_turns, slot)->key &&
	       node.tie == ranking_at(&core->strand_turns, slot)->tie &&
	       node.value == ranking_at(&core->strand_turns, slot)->value &&
	       core->strand_turns.majors[slot] == rank_of(core, it->tenant);
}

static int bundle_is_right(const struct parc_core *core, int32_t slot)
{
	const struct bundle *it = &core->bundles[slot];
	int32_t first = ranking_first(&core->strand_turns, it->root, INT64_MAX);

	if (it->ranked != (first >= 0))
		return 0;
	if (first >= 0 && it->holder >= 0 &&
	    it->places !=
		    tree_places(core, it->holder, quota_chips(core, strand_head(core, first))))
		return 0;
	return !it->ranked || (core->bundle_turns.majors[slot] ==
				       major_of(core, slot, core->strand_turns.majors[first]) &&
			       ranking_at(&core->bundle_turns, slot)->tie ==
				       ranking_at(&core->strand_turns, first)->tie &&
			       ranking_at(&core->bundle_turns, slot)->value ==
				       ranking_at(&core->strand_turns, it->root)->least);
}

int strand_verify(const struct parc_core *core, struct parc_err *err)
{
	int32_t refs = 0, jobs = 0;

	for (int32_t i = 0; i < core->strands_table.high; i++) {
		if (core->strands[i].refs == 0)
			continue;
		refs += core->strands[i].refs;
		if (!strand_is_right(core, i))
			return parc_err_set(err, PARC_ERR_MISMATCH,
					    "Q4: a strand of %d jobs is out of place",
					    core->strands[i].count);
	}
	for (int32_t i = 0; i < core->bundles_table.high; i++)
		if (core->bundles[i].count > 0 && !bundle_is_right(core, i))
			return parc_err_set(err, PARC_ERR_MISMATCH,
					    "Q4: a bundle of %d strands is out of place",
					    core->bundles[i].count);
	for (int32_t i = 0; i < core->jobs_table.high; i++)
		jobs += core->jobs[i].id != PARC_NONE;
	if (refs != jobs)
		return parc_err_set(err, PARC_ERR_MISMATCH, "Q4: strands of %d jobs, there are %d",
				    refs, jobs);
	return 0;
}
