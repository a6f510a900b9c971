/* SPDX-License-Identifier: Apache-2.0 */
#include "core/line.h"

#include <string.h>

#include "base/hash.h"
#include "core/job.h"

#define TIER_BITS 59 /* order of arrival below, tier above: a key of 63 bits */

/* What a line is known by. Two lines with the same key of 64 bits are taken for one; that its
 * jobs really are alike is checked when a job joins. */
static uint64_t line_key(const struct parc_core *core, const struct job *job)
{
	uint64_t hash =
		hash_pair(HASH_START, job->tier, job->close_level * 4 + job->close_strength);

	for (int32_t g = job->groups; g >= 0; g = core->groups[g].next) {
		const struct group *group = &core->groups[g];

		hash = hash_word(hash, core->shapes[group->shape].ask.hash);
		hash = hash_pair(hash, group->tasks_min, group->tasks_max);
		hash = hash_word(hash, (uint64_t)group->mixed_chips);
	}
	for (int32_t v = job->variants; v >= 0; v = core->variants[v].next) {
		hash = hash_word(hash, core->variants[v].set.chips);
		hash = hash_word(hash, (uint64_t)core->variants[v].set.device_memory_mib);
	}
	return hash;
}

static int64_t ready_key(const struct parc_core *core, int32_t line)
{
	const struct job *head = &core->jobs[core->lines[line].head];

	ASSERT(head->order < INT64_C(1) << TIER_BITS);
	return (int64_t)(PARC_TIERS_MAX - 1 - head->tier) << TIER_BITS | head->order;
}

/* 0: no device, 1: a share, 1 + n: n whole devices. */
static int32_t shelf_of(const struct parc_core *core, const struct job *job)
{
	int32_t least = LINE_SHELVES - 1;

	for (int32_t g = job->groups; g >= 0; g = core->groups[g].next) {
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

static int32_t line_find(struct parc_core *core, const struct job *job)
{
	uint64_t key = line_key(core, job);
	int32_t *bucket = &core->line_buckets[key & core->line_mask], line = *bucket;

	while (line >= 0 && core->lines[line].key != key)
		line = core->lines[line].next;
	if (line >= 0)
		return line;
	line = table_take(&core->lines_table);
	core->lines[line] = (struct line){
		.key = key, .head = -1, .tail = -1, .next = *bucket, .shelf = shelf_of(core, job)};
	*bucket = line;
	return line;
}

static void line_free(struct parc_core *core, int32_t line)
{
	int32_t *link = &core->line_buckets[core->lines[line].key & core->line_mask];

	while (*link != line)
		link = &core->lines[*link].next;
	*link = core->lines[line].next;
	if (core->lines[line].blocked)
		shelf_unlink(core, line);
	else
		iheap_remove(&core->lines_ready, line);
	table_give(&core->lines_table, line);
}

/* Link the job behind the last one that arrived before it; mostly that is the tail. */
static void job_insert(struct parc_core *core, struct line *line, int32_t job)
{
	struct job *it = &core->jobs[job];
	int32_t prev = line->tail;

	while (prev >= 0 && core->jobs[prev].order > it->order)
		prev = core->jobs[prev].prev;
	it->prev = prev;
	it->next = prev < 0 ? line->head : core->jobs[prev].next;
	if (it->next >= 0)
		core->jobs[it->next].prev = job;
	else
		line->tail = job;
	if (prev >= 0)
		core->jobs[prev].next = job;
	else
		line->head = job;
	line->count++;
}

void line_join(struct parc_core *core, int32_t job)
{
	int32_t line = line_find(core, &core->jobs[job]);

	ASSERT(core->jobs[job].line < 0);
	core->jobs[job].line = line;
	job_insert(core, &core->lines[line], job);
	core->pending++;
	if (!core->lines[line].blocked)
		iheap_set(&core->lines_ready, line, ready_key(core, line));
}

void line_leave(struct parc_core *core, int32_t job)
{
	struct job *it = &core->jobs[job];
	struct line *line = &core->lines[it->line];
	int32_t slot = it->line;
	int was_head = it->prev < 0;

	if (it->next >= 0)
		core->jobs[it->next].prev = it->prev;
	else
		line->tail = it->prev;
	if (it->prev >= 0)
		core->jobs[it->prev].next = it->next;
	else
		line->head = it->next;
	it->line = it->next = it->prev = -1;
	core->pending--;
	if (--line->count == 0)
		line_free(core, slot);
	else if (line->blocked && was_head)
		line_ready(core, slot); /* the next one was not tried yet */
	else if (!line->blocked)
		iheap_set(&core->lines_ready, slot, ready_key(core, slot));
}

void line_block(struct parc_core *core, int32_t line)
{
	struct line *it = &core->lines[line];

	if (it->blocked)
		return;
	iheap_remove(&core->lines_ready, line);
	it->blocked = 1;
	shelf_link(core, line);
}

void line_ready(struct parc_core *core, int32_t line)
{
	struct line *it = &core->lines[line];

	if (!it->blocked)
		return;
	shelf_unlink(core, line);
	it->blocked = 0;
	iheap_set(&core->lines_ready, line, ready_key(core, line));
}

void line_block_all(struct parc_core *core)
{
	while (iheap_first(&core->lines_ready) >= 0)
		line_block(core, iheap_first(&core->lines_ready));
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
	view_of_node(core, node, &view);
	most = 1 + whole_free(&view);
	for (int32_t shelf = 0; shelf <= most && shelf < LINE_SHELVES; shelf++) {
		int32_t next, line = core->shelves[shelf];

		for (; line >= 0; line = next) {
			next = core->lines[line].shelf_next;
			if (job_could_use(core, core->lines[line].head, &view))
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

void line_reset(struct parc_core *core)
{
	memset(core->line_buckets, -1, ((size_t)core->line_mask + 1) * sizeof(*core->line_buckets));
	memset(core->shelves, -1, sizeof(core->shelves));
	core->lines_table.high = core->lines_table.frees = 0;
	core->pending = 0;
	iheap_reset(&core->lines_ready);
}

static int line_check_one(const struct parc_core *core, int32_t line, struct parc_err *err)
{
	const struct line *it = &core->lines[line];
	int64_t order = -1;
	int32_t count = 0;

	for (int32_t job = it->head; job >= 0; job = core->jobs[job].next) {
		const struct job *member = &core->jobs[job];

		if (member->line != line || member->order <= order ||
		    line_key(core, member) != it->key || member->state != PARC_JOB_PENDING)
			return parc_err_set(err, PARC_ERR_MISMATCH,
					    "Q1: job %lld is out of place in its line",
					    (long long)member->id);
		order = member->order;
		count++;
	}
	if (count != it->count || count == 0)
		return parc_err_set(err, PARC_ERR_MISMATCH, "Q1: a line counts %d jobs of %d",
				    it->count, count);
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
