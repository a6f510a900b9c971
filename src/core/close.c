/* SPDX-License-Identifier: Apache-2.0
 *
 * Counts of tasks by place (close.h). A changed node costs one count of one ask, and one treap
 * update for each level only when the count changed.
 */
#include "core/close.h"

#include <string.h>

#include "core/index.h"

#define TENDED	     2	 /* trackers brought up to date at a time */
#define AHEAD	     6	 /* changes whose counts are fetched from memory ahead of their turn */
#define TENDED_TICKS 256 /* an ask not made in so many of gangs is left alone */

static void treap_carve(struct block *block, int32_t units, const int32_t *counts,
			struct treap *treap)
{
	*treap = (struct treap){.left = block_take(block, (size_t)units, sizeof(int32_t)),
				.right = block_take(block, (size_t)units, sizeof(int32_t)),
				.counts = counts,
				.root = -1};
}

void close_init(struct parc_core *core, struct block *block)
{
	size_t units = (size_t)core->limits.places + (size_t)core->limits.nodes;
	struct close *close = block_take(block, 1, sizeof(*close));
	struct close counting;
	struct close *it = close != NULL ? close : &counting;
	uint32_t size = 64;

	memset(it, 0, sizeof(*it));
	core->close = close;
	while (size < (uint32_t)core->limits.nodes * 2)
		size *= 2;
	it->changes_mask = size - 1;
	it->changes = block_take(block, size, sizeof(*it->changes));
	if (it->changes != NULL)
		memset(it->changes, 0, size * sizeof(*it->changes)); /* looked at ahead of time */
	for (int32_t t = 0; t < TRACKERS_MAX; t++) {
		struct tracker *tracker = &it->trackers[t];
		struct treap treap;

		tracker->counts = block_take(block, units, sizeof(*tracker->counts));
		treap_carve(block, core->limits.places, tracker->counts, &treap);
		for (int32_t level = 0; level < PARC_LEVEL_NODE; level++)
			tracker->levels[level] = treap;
	}
	for (int32_t i = 0; i < NODE_TREES_MAX; i++)
		treap_carve(block, core->limits.nodes, NULL, &it->node_trees[i].treap);
}

void close_reset(struct parc_core *core)
{
	for (int32_t t = 0; t < TRACKERS_MAX; t++)
		core->close->trackers[t].live = 0;
}

void close_note(struct parc_core *core, int32_t node)
{
	struct close *close = core->close;
	struct node_change *it = &close->changes[close->changes_count++ & close->changes_mask];

	*it = (struct node_change){.node = node};
	if (core->nodes[node].class >= 0) {
		const struct class *class = &core->index->classes[core->nodes[node].class];

		it->chips = chips_fold(class->chips);
		it->level = (uint8_t)glance_level(class->free);
		it->linked = (uint8_t)glance_linked(class->free);
	}
}

/* Give a unit another count, in the treap as well (NULL: there is none). */
static void count_set(struct treap *treap, int32_t *counts, int32_t unit, int32_t count)
{
	if (treap != NULL && counts[unit] > 0)
		treap_remove(treap, unit);
	counts[unit] = count;
	if (treap != NULL && count > 0)
		treap_insert(treap, unit);
}

static int32_t *node_counts(const struct parc_core *core, const struct tracker *tracker)
{
	return tracker->counts + core->limits.places;
}

/* So many more tasks fit on the node, and in the places that it is in. */
static void count_add(struct parc_core *core, struct tracker *tracker, int32_t node, int32_t more)
{
	int32_t *counts = node_counts(core, tracker), before = counts[node];

	tracker->capped += (before + more == CLOSE_NODE_MAX) - (before == CLOSE_NODE_MAX);
	count_set(tracker->nodes != NULL ? &tracker->nodes->treap : NULL, counts, node,
		  before + more);
	tracker->total += more;
	for (int32_t it = core->nodes[node].place; it >= 0; it = core->places[it].parent)
		count_set(&tracker->levels[core->places[it].level], tracker->counts, it,
			  tracker->counts[it] + more);
}

static int32_t node_count(const struct parc_core *core, int32_t node, const struct ask *ask)
{
	struct view view;

	if (core->nodes[node].id == PARC_NONE || core->nodes[node].state != PARC_NODE_UP ||
	    !index_may_fit(core, core->nodes[node].class, ask))
		return 0;
	view_of_node(core, node, &view);
	return view_count(core, &view, ask, CLOSE_NODE_MAX);
}

/* Now so many tasks fit on the node: bring its count, and those of its places, up to date. */
static void node_recount(struct parc_core *core, struct tracker *tracker, int32_t node,
			 int32_t count)
{
	int32_t more = count - node_counts(core, tracker)[node];

	if (more != 0)
		count_add(core, tracker, node, more);
}

/* The slot may come back in another place: take its count out now. */
void close_node_removed(struct parc_core *core, int32_t node)
{
	for (int32_t t = 0; t < TRACKERS_MAX; t++) {
		struct tracker *tracker = &core->close->trackers[t];
		int32_t count = tracker->live ? node_counts(core, tracker)[node] : 0;

		if (count > 0)
			count_add(core, tracker, node, -count);
	}
}

void close_place_added(struct parc_core *core)
{
	close_reset(core);
}

/* Give its treap of nodes back, if it has one. */
static void nodes_unsort(struct tracker *tracker)
{
	if (tracker->nodes != NULL)
		tracker->nodes->owner = NULL;
	tracker->nodes = NULL;
}

static void tracker_rebuild(struct parc_core *core, struct tracker *tracker, const struct ask *ask)
{
	size_t units = (size_t)core->limits.places + (size_t)core->limits.nodes;

	tracker->ask = *ask;
	tracker->live = 1;
	nodes_unsort(tracker);
	tracker->total = tracker->capped = 0;
	tracker->changes_seen = core->close->changes_count;
	memset(tracker->counts, 0, units * sizeof(*tracker->counts));
	for (int32_t level = 0; level < PARC_LEVEL_NODE; level++)
		tracker->levels[level].root = -1;
	for (int32_t node = 0; node < core->nodes_table.high; node++)
		if (core->nodes[node].id != PARC_NONE)
			node_recount(core, tracker, node, node_count(core, node, ask));
}

/* Can no task of the ask be on the node as it was after this change? If it changed again since,
 * that change comes later in the list. */
static int node_change_rules_out(const struct parc_core *core, const struct node_change *it,
				 const struct ask *ask)
{
	if (ask->task.devices == 0 || (ask->task.chips & core->cores_chips) != 0)
		return 0;
	return (it->chips & chips_fold(ask->task.chips)) == 0 ||
	       it->level < level_needed(&ask->task) || it->linked < linked_needed(&ask->task);
}

static void tracker_catch_up(struct parc_core *core, struct tracker *tracker)
{
	const struct close *close = core->close;

	if (close->changes_count - tracker->changes_seen > (int64_t)close->changes_mask) {
		struct ask ask = tracker->ask;

		tracker_rebuild(core, tracker, &ask);
		return;
	}
	while (tracker->changes_seen < close->changes_count) {
		int64_t number = tracker->changes_seen++;
		const struct node_change *it = &close->changes[number & close->changes_mask];
		const struct node_change *next =
			&close->changes[(number + AHEAD) & close->changes_mask];

		__builtin_prefetch(&node_counts(core, tracker)[next->node], 1);
		if (node_change_rules_out(core, it, &tracker->ask))
			node_recount(core, tracker, it->node, 0);
		else if (core->nodes[it->node].id != PARC_NONE)
			node_recount(core, tracker, it->node,
				     node_count(core, it->node, &tracker->ask));
	}
}

void close_tend(struct parc_core *core)
{
	struct close *close = core->close;

	for (int32_t i = 0, tended = 0; i < TRACKERS_MAX && tended < TENDED; i++) {
		struct tracker *it = &close->trackers[close->tended++ % TRACKERS_MAX];

		if (!it->live || close->ticks - it->used > TENDED_TICKS)
			continue;
		tracker_catch_up(core, it);
		tended++;
	}
}

struct tracker *close_track(struct parc_core *core, const struct ask *ask)
{
	struct close *close = core->close;
	struct tracker *best = &close->trackers[0];

	for (int32_t t = 0; t < TRACKERS_MAX; t++) {
		struct tracker *it = &close->trackers[t];

		if (it->live && ask_is_equal(&it->ask, ask)) {
			tracker_catch_up(core, it);
			it->used = ++close->ticks;
			return it;
		}
		if ((best->live && !it->live) || (best->live == it->live && it->used < best->used))
			best = it;
	}
	tracker_rebuild(core, best, ask);
	best->used = ++close->ticks;
	return best;
}

/* The treap of nodes costs at each change, so it is made when it is first needed: a free one, or
 * that of the tracker unused for longest. */
static void nodes_sort(const struct parc_core *core, struct tracker *tracker)
{
	struct node_tree *best = &core->close->node_trees[0];

	for (int32_t i = 1; i < NODE_TREES_MAX && best->owner != NULL; i++) {
		struct node_tree *it = &core->close->node_trees[i];

		if (it->owner == NULL || it->owner->used < best->owner->used)
			best = it;
	}
	if (best->owner != NULL)
		nodes_unsort(best->owner);
	best->owner = tracker;
	tracker->nodes = best;
	best->treap.counts = node_counts(core, tracker);
	best->treap.root = -1;
	for (int32_t node = 0; node < core->nodes_table.high; node++)
		if (best->treap.counts[node] > 0)
			treap_insert(&best->treap, node);
}

int32_t close_best(const struct parc_core *core, struct tracker *tracker, enum parc_level level,
		   int32_t tasks, int32_t after)
{
	const int32_t *counts =
		level == PARC_LEVEL_NODE ? node_counts(core, tracker) : tracker->counts;
	const struct treap *treap;

	ASSERT(level > PARC_LEVEL_FLEET && level <= PARC_LEVEL_NODE && tasks > 0);
	if (level == PARC_LEVEL_NODE && tracker->nodes == NULL)
		nodes_sort(core, tracker);
	treap = level == PARC_LEVEL_NODE ? &tracker->nodes->treap : &tracker->levels[level];
	if (tracker->capped > 0 && tasks > CLOSE_NODE_MAX)
		tasks = CLOSE_NODE_MAX;
	return after < 0 ? treap_find(treap, tasks, -1)
			 : treap_find(treap, counts[after], after + 1);
}

int32_t close_place_count(const struct tracker *tracker, int32_t place)
{
	return tracker->counts[place];
}

int32_t close_node_count(const struct parc_core *core, const struct tracker *tracker, int32_t node)
{
	return node_counts(core, tracker)[node];
}

int close_check(const struct parc_core *core, struct parc_err *err)
{
	const struct close *close = core->close;

	for (int32_t t = 0; t < TRACKERS_MAX; t++) {
		const struct tracker *tracker = &close->trackers[t];
		int64_t total = 0, capped = 0;

		if (!tracker->live || tracker->changes_seen != close->changes_count)
			continue;
		for (int32_t node = 0; node < core->nodes_table.high; node++) {
			int32_t count = node_count(core, node, &tracker->ask);

			if (core->nodes[node].id == PARC_NONE)
				continue;

			if (count != close_node_count(core, tracker, node))
				return parc_err_set(err, PARC_ERR_MISMATCH,
						    "C2: node %lld fits %d tasks, tracker says %d",
						    (long long)core->nodes[node].id, count,
						    close_node_count(core, tracker, node));
			total += count;
			capped += count == CLOSE_NODE_MAX;
		}
		if (total != tracker->total || capped != tracker->capped)
			return parc_err_set(err, PARC_ERR_MISMATCH,
					    "C2: the fleet fits %lld tasks, tracker says %d",
					    (long long)total, tracker->total);
	}
	return 0;
}
