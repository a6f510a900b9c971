/* SPDX-License-Identifier: Apache-2.0 */
#include "core/line.h"

#include <string.h>

#include "base/hash.h"
#include "core/attribution.h"
#include "core/closure.h"
#include "core/job.h"
#include "core/order.h"
#include "core/quota.h"
#include "core/reserve.h"
#include "core/speed.h"
#include "core/strand.h"

/* What all jobs of a spec have in the keys of their lines. */
static uint64_t spec_key(const struct parc_core *core, const struct spec *spec)
{
	uint64_t hash =
		hash_pair(HASH_START, spec->tier, spec->close_level * 4 + spec->close_strength);

	for (int32_t g = spec->groups; g >= 0; g = core->groups[g].next) {
		const struct group *group = &core->groups[g];

		hash = hash_word(hash, core->shapes[group->shape].ask.hash);
		hash = hash_pair(hash, group->tasks_min, group->tasks_max);
		hash = hash_word(hash, (uint64_t)group->mixed_chips);
	}
	for (int32_t v = spec->variants; v >= 0; v = core->variants[v].next) {
		hash = hash_word(hash, core->variants[v].set.chips);
		hash = hash_word(hash, (uint64_t)core->variants[v].set.device_memory_mib);
	}
	return hash;
}

/* The same, remembered: the hash of a spec tells all that the key is made of. */
static uint64_t spec_key_near(const struct parc_core *core, const struct spec *spec)
{
	struct line_note *note = &core->line_notes[spec->hash % LINE_NOTES];

	if (note->spec_hash != spec->hash)
		*note = (struct line_note){.spec_hash = spec->hash, .key = spec_key(core, spec)};
	return note->key;
}

/* What a line is known by. Two lines with the same key of 64 bits are taken for one; that its
 * jobs really are alike is checked when a job joins. */
uint64_t line_key(const struct parc_core *core, int32_t slot)
{
	const struct job *job = &core->jobs[slot];
	uint64_t hash = spec_key_near(core, spec_of(core, job));

	if (core->rules.lend == PARC_LEND_PREEMPTIBLE)
		hash = hash_pair(hash, job->preemptible, 1);
	if (closure_is_any(core))
		hash = closure_key(core, job, hash);
	return speed_matters(core, job) ? speed_key(core, job, hash) : hash;
}

/* 0: no device, 1: a share, 1 + n: n whole devices. */
static int32_t shelf_of(const struct parc_core *core, const struct job *job)
{
	int32_t least = LINE_SHELVES - 1;

	for (int32_t g = spec_of(core, job)->groups; g >= 0; g = core->groups[g].next) {
		const struct parc_task *task = &core->shapes[core->groups[g].shape].ask.task;
		int32_t shelf = 1 + task->devices;

		if (task->devices == 0)
			shelf = 0;
		else if (task->share_milli < PARC_SHARE_WHOLE ||
			 (task->chips & core->cores_chips) != 0)
			shelf = 1;
		least = shelf < least ? shelf : least;
	}
	return least;
}

static void shelf_link(struct parc_core *core, int32_t line)
{
	struct line *it = &core->lines[line];
	int32_t head = core->shelves[it->shelf];

	it->shelf_prev = -1;
	it->shelf_next = head;
	if (head >= 0)
		core->lines[head].shelf_prev = line;
	core->shelves[it->shelf] = line;
}

static void shelf_unlink(struct parc_core *core, int32_t line)
{
	const struct line *it = &core->lines[line];

	if (it->shelf_next >= 0)
		core->lines[it->shelf_next].shelf_prev = it->shelf_prev;
	if (it->shelf_prev >= 0)
		core->lines[it->shelf_prev].shelf_next = it->shelf_next;
	else
		core->shelves[it->shelf] = it->shelf_next;
}

static int32_t line_find(struct parc_core *core, int32_t job)
{
	uint64_t key = core->strands[core->jobs[job].strand].key;
	int32_t *bucket = &core->line_buckets[key & core->line_mask], line = *bucket;

	while (line >= 0 && core->lines[line].key != key)
		line = core->lines[line].next;
	if (line >= 0)
		return line;
	line = table_take(&core->lines_table);
	core->lines[line] = (struct line){.key = key,
					  .need_normal = core->stranded ? quota_need(core, job) : 0,
					  .root = -1,
					  .next = *bucket,
					  .shelf = (uint8_t)shelf_of(core, &core->jobs[job])};
	*bucket = line;
	return line;
}

int32_t line_first_job(const struct parc_core *core, int32_t line, int64_t most)
{
	return strand_first_job(core, line, most);
}

int32_t line_next_job(const struct parc_core *core, int32_t line, int32_t job, int64_t most)
{
	return strand_next_job(core, line, job, most);
}

int32_t line_head(const struct parc_core *core, int32_t line)
{
	return line_first_job(core, line, INT64_MAX);
}

int line_job_is_before(const struct parc_core *core, int32_t a, int32_t b)
{
	const struct ranking_node *x = ranking_at(&core->waiting, a),
				  *y = ranking_at(&core->waiting, b);
	int64_t major_a = strand_major(core, a), major_b = strand_major(core, b);

	if (major_a != major_b)
		return major_a < major_b;
	return x->key != y->key ? x->key < y->key : x->tie < y->tie;
}

int32_t line_reason(const struct parc_core *core, int32_t job)
{
	int32_t line = core->jobs[job].line, strand = core->jobs[job].strand, other;

	if (strand >= 0 && core->strands[strand].gate != -1)
		return core->jobs[strand_head(core, strand)].reason;
	if (core->lines[line].state == LINE_READY)
		return -1;
	other = line_head(core, line);
	if (other == job)
		other = line_next_job(core, line, job, INT64_MAX);
	return other < 0 ? PARC_REASON_NONE : core->jobs[other].reason;
}

void line_settle(struct parc_core *core, int32_t slot)
{
	struct line *line = &core->lines[slot];
	int32_t head = line_head(core, slot);
	int64_t major = head < 0 ? 0 : strand_major(core, head);
	const struct ranking_node *old = ranking_at(&core->turns, slot);
	struct ranking_node node;

	if (head >= 0 && line->in_turns && core->turns.majors[slot] == major &&
	    old->key == ranking_at(&core->waiting, head)->key &&
	    old->tie == ranking_at(&core->waiting, head)->tie)
		return;
	if (line->in_turns)
		ranking_remove(&core->turns, &core->turns_root, slot);
	line->in_turns = head >= 0;
	if (head < 0)
		return;
	node = (struct ranking_node){.key = ranking_at(&core->waiting, head)->key,
				     .tie = ranking_at(&core->waiting, head)->tie,
				     .value = line->state};
	core->turns.majors[slot] = major;
	ranking_insert(&core->turns, &core->turns_root, slot, &node);
}

static void line_free(struct parc_core *core, int32_t line)
{
	int32_t *link = &core->line_buckets[core->lines[line].key & core->line_mask];

	while (*link != line)
		link = &core->lines[*link].next;
	*link = core->lines[line].next;
	if (core->lines[line].state != LINE_READY)
		shelf_unlink(core, line);
	table_give(&core->lines_table, line);
}

void line_join(struct parc_core *core, int32_t job)
{
	int32_t slot = line_find(core, job);
	struct ranking_node node = {.key = order_rank(core, job),
				    .tie = core->jobs[job].order,
				    .value = order_length_us(&core->jobs[job])};

	ASSERT(core->jobs[job].line < 0);
	core->jobs[job].line = slot;
	core->lines[slot].count++;
	strand_join(core, job, slot, &node);
	core->pending++;
	core->looks = 1;
	attribution_note(core);
}

/* Take the job out; returns whether it was the first of its line. */
static int line_take_out(struct parc_core *core, int32_t slot, int32_t job)
{
	int was_head = line_head(core, slot) == job;

	core->lines[slot].count--;
	strand_leave(core, job);
	return was_head;
}

void line_unreserve(struct parc_core *core, int32_t job)
{
	int32_t reservation = core->jobs[job].reservation;

	if (reservation < 0)
		return;
	/* Who waits behind it may come earlier now. */
	core->disrupted |= core->reservations[reservation].start_us > core->time_us;
	reserve_drop(core, job);
}

void line_leave(struct parc_core *core, int32_t job)
{
	line_unreserve(core, job);
	line_step_out(core, job);
}

void line_step_out(struct parc_core *core, int32_t job)
{
	int32_t slot = core->jobs[job].line;
	int was_head;

	was_head = line_take_out(core, slot, job);
	core->jobs[job].line = -1;
	core->pending--;
	core->looks = 1; /* those behind it may recall what it could not */
	attribution_note(core);
	if (core->lines[slot].count == 0)
		line_free(core, slot);
	else if (was_head)
		line_ready(core, slot); /* the next one was not tried yet */
}

static void line_set_state(struct parc_core *core, int32_t line, enum line_state state)
{
	struct line *it = &core->lines[line];
	enum line_state before = (enum line_state)it->state;

	if (before == state)
		return;
	it->state = (uint8_t)state;
	if (it->in_turns)
		ranking_set_value(&core->turns, core->turns_root, line, state);
	if (before == LINE_READY)
		shelf_link(core, line);
	else if (state == LINE_READY)
		shelf_unlink(core, line);
}

int line_is_hopeless(int32_t reason)
{
	return reason == PARC_REASON_NO_CHIP || reason == PARC_REASON_TOO_LARGE ||
	       reason == PARC_REASON_NODE_DOWN || reason == PARC_REASON_LIMIT ||
	       reason == PARC_REASON_NO_SPEED || reason == PARC_REASON_FLEET;
}

int line_is_gated(int32_t reason)
{
	return reason == PARC_REASON_QUOTA || reason == PARC_REASON_GUARANTEE;
}

int line_is_barred(int32_t reason)
{
	return line_is_hopeless(reason) || line_is_gated(reason);
}

void line_block(struct parc_core *core, int32_t job)
{
	int32_t reason = core->jobs[job].reason, strand = core->jobs[job].strand, gate = -1;
	int is_head = strand >= 0 && strand_head(core, strand) == job;

	if (is_head && core->strands[strand].gate != -1 && quota_gate(core, job, reason) == -1)
		strand_admit(core, job);
	if (strand >= 0 && line_is_gated(reason)) {
		if (core->strands[strand].gate != -1 || !is_head)
			return;
		gate = quota_gate(core, job, reason);
	}
	if (gate != -1)
		strand_close(core, strand, gate);
	else
		line_set_state(core, core->jobs[job].line,
			       line_is_hopeless(reason) ? LINE_HOPELESS : LINE_BLOCKED);
}

void line_retry(struct parc_core *core, int32_t job)
{
	int32_t strand = core->jobs[job].strand;

	if (strand >= 0 && core->strands[strand].gate != -1 && strand_head(core, strand) == job)
		strand_open(core, strand);
	line_ready(core, core->jobs[job].line);
}

void line_ready(struct parc_core *core, int32_t line)
{
	line_set_state(core, line, LINE_READY);
}

int32_t line_first(const struct parc_core *core, enum line_state most)
{
	return ranking_first(&core->turns, core->turns_root, most);
}

int32_t line_next(const struct parc_core *core, int32_t line)
{
	return ranking_next(&core->turns, core->turns_root, line, LINE_HOPELESS);
}

int32_t line_first_within(const struct parc_core *core, int32_t nth)
{
	int32_t line = ranking_from(&core->turns, core->turns_root, strand_major_least(nth, 0));

	return line >= 0 && core->turns.majors[line] < strand_major_least(nth, 1) ? line : -1;
}

void line_walk_add(const struct parc_core *core, struct line_walk *walk, int32_t line)
{
	if (walk->count == LINES_WALKED)
		return;
	walk->lines[walk->count] = line;
	walk->jobs[walk->count++] = line_head(core, line);
}

int32_t line_walk_job(const struct parc_core *core, struct line_walk *walk)
{
	int32_t best = -1;

	for (int32_t i = 0; i < walk->count; i++)
		if (walk->jobs[i] >= 0 &&
		    (best < 0 || line_job_is_before(core, walk->jobs[i], walk->jobs[best])))
			best = i;
	walk->at = best;
	return best < 0 ? -1 : walk->jobs[best];
}

void line_walk_on(const struct parc_core *core, struct line_walk *walk)
{
	int32_t *job = &walk->jobs[walk->at];

	*job = line_next_job(core, walk->lines[walk->at], *job, INT64_MAX);
}

void line_walk_skip(const struct parc_core *core, struct line_walk *walk)
{
	int32_t *job = &walk->jobs[walk->at];

	*job = strand_skip_bundle(core, walk->lines[walk->at], *job);
}

void line_block_all(struct parc_core *core)
{
	while (line_first(core, LINE_READY) >= 0)
		line_block(core, line_head(core, line_first(core, LINE_READY)));
}

static int32_t whole_free(const struct view *view)
{
	int32_t count = 0;

	for (int32_t i = 0; i < view->kind->devices_count; i++)
		count += view->cells[i].free_milli == PARC_SHARE_WHOLE;
	return count;
}

void line_wake_node(struct parc_core *core, int32_t node)
{
	struct view view;
	int32_t most;

	if (core->nodes[node].id == PARC_NONE || core->nodes[node].state != PARC_NODE_UP)
		return;
	view_of_node_whole(core, node, &view);
	most = 1 + whole_free(&view);
	for (int32_t shelf = 0; shelf <= most && shelf < LINE_SHELVES; shelf++) {
		int32_t next, line = core->shelves[shelf];

		for (; line >= 0; line = next) {
			next = core->lines[line].shelf_next;
			if (core->lines[line].in_turns &&
			    job_could_use(core, line_head(core, line), &view))
				line_ready(core, line);
		}
	}
}

void line_wake_all(struct parc_core *core)
{
	for (int32_t shelf = 0; shelf < LINE_SHELVES; shelf++)
		while (core->shelves[shelf] >= 0)
			line_ready(core, core->shelves[shelf]);
}

void line_wake_hopeless(struct parc_core *core)
{
	int32_t line = ranking_first(&core->turns, core->turns_root, LINE_HOPELESS), next;

	for (; line >= 0; line = next) {
		next = ranking_next(&core->turns, core->turns_root, line, LINE_HOPELESS);
		if (core->lines[line].state == LINE_HOPELESS)
			line_ready(core, line);
	}
}

void line_reset(struct parc_core *core)
{
	memset(core->line_buckets, -1, ((size_t)core->line_mask + 1) * sizeof(*core->line_buckets));
	memset(core->line_notes, 0, LINE_NOTES * sizeof(*core->line_notes));
	memset(core->shelves, -1, sizeof(core->shelves));
	table_reset(&core->lines_table);
	core->pending = 0;
	core->turns_root = -1;
	strand_reset(core);
}

static int line_check_one(const struct parc_core *core, int32_t line, struct parc_err *err)
{
	const struct line *it = &core->lines[line];
	int32_t job = line_head(core, line), count = 0, last = -1;

	if ((job >= 0) != it->in_turns ||
	    (job >= 0 && core->turns.majors[line] != strand_major(core, job)))
		return parc_err_set(err, PARC_ERR_MISMATCH, "Q1: a line has not its turn");
	for (; job >= 0; job = line_next_job(core, line, job, INT64_MAX)) {
		const struct job *member = &core->jobs[job];

		if (member->line != line || line_key(core, job) != it->key ||
		    member->state != PARC_JOB_PENDING ||
		    order_rank(core, job) != ranking_at(&core->waiting, job)->key ||
		    (last >= 0 && !line_job_is_before(core, last, job)))
			return parc_err_set(err, PARC_ERR_MISMATCH,
					    "Q1: job %lld is out of place in its line",
					    (long long)member->id);
		last = job;
		count++;
	}
	if (count + it->gated != it->count || it->count == 0)
		return parc_err_set(err, PARC_ERR_MISMATCH, "Q1: a line counts %d jobs of %d",
				    it->count, count + it->gated);
	return 0;
}

int line_check(const struct parc_core *core, struct parc_err *err)
{
	int64_t pending = 0;

	for (uint32_t bucket = 0; bucket <= core->line_mask; bucket++)
		for (int32_t line = core->line_buckets[bucket]; line >= 0;
		     line = core->lines[line].next) {
			int code = line_check_one(core, line, err);

			if (code != 0)
				return code;
			pending += core->lines[line].count;
		}
	if (pending != core->pending)
		return parc_err_set(err, PARC_ERR_MISMATCH, "Q2: %lld jobs in lines, %lld counted",
				    (long long)pending, (long long)core->pending);
	return 0;
}
