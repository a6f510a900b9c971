/* SPDX-License-Identifier: Apache-2.0
 *
 * A plan claims nodes as it goes, so that each task sees what the tasks before it took; a plan
 * that fails takes its claims back in reverse order, to the bit (node_untake). So deciding
 * leaves no trace but the actions it returns.
 *
 * A job is tried on the makes of chip in the order of choose.h, if it has a choice, and there as
 * follows (one whose tasks may be mixed on the first makes, then on one more of them, and so on);
 * then on all that it accepts. It is tried in turn with each variant, each single chip
 * (unless its gang may be mixed) and, if it prefers closeness, each wider level. A gang that cannot
 * fit is told by the count of its tasks that fit in the fleet or the place, before anything is
 * claimed. Within a place a gang goes to the parts that take most of it, so it is spread over few.
 *
 * Equal tasks fit in any order or in none, so a gang of one group is placed whenever that is
 * possible. Several groups take from each other: they are placed the hardest first, in a few
 * orders, and such a gang may wait although some other arrangement would hold it.
 */
#include "core/plan.h"

#include "core/choose.h"
#include "core/close.h"
#include "core/index.h"
#include "core/job.h"
#include "core/node.h"
#include "core/policy.h"
#include "core/shape.h"
#include "core/speed.h"

/* One way to place the job: a variant and the chips of its gang; where its tasks must lie. */
struct plan {
	int32_t job, variant, variant_index, first; /* first: placement of the plan */
	uint64_t chips;				    /* 0: all that it accepts */
	int32_t level, unit;			    /* FLEET, or a place or node slot */
};

/* What is being placed: tasks index .. wanted - 1 of one group. */
struct fill {
	const struct plan *plan;
	const struct ask *ask;
	struct tracker *tracker;
	int32_t group, index, wanted;
};

/* Take what was picked on the node for the next task; 0: there is no room for its placement. */
static int fill_claim(struct parc_core *core, struct fill *fill, int32_t node,
		      const struct pick *pick)
{
	int32_t i = core->placements_count;
	struct parc_placement *placement = &core->placements[i];
	struct task task;

	if (i == core->placements_max)
		return 0;
	*placement = (struct parc_placement){.node = core->nodes[node].id,
					     .group = fill->group,
					     .task = fill->index,
					     .devices = pick->devices,
					     .share_milli = pick->booking.share_milli,
					     .device_memory_mib = pick->booking.memory_mib,
					     .cpu_milli = pick->booking.cpu_milli,
					     .memory_mib = fill->ask->task.memory_mib,
					     .slots = pick->slots,
					     .variant = fill->plan->variant_index};
	if (pick->devices == 0)
		placement->share_milli = placement->device_memory_mib = 0;
	task_on_node(placement, node, &task);
	node_take(core, &task, job_spec(core, fill->plan->job)->user, &core->undos[i]);
	core->placements_count++;
	fill->index++;
	return 1;
}

void plan_undo(struct parc_core *core, int32_t first)
{
	while (core->placements_count > first) {
		int32_t i = --core->placements_count;
		struct task task;

		task_on_node(&core->placements[i], core->undos[i].node, &task);
		node_untake(core, &task, &core->undos[i]);
	}
}

/* As many of the tasks as fit on the node. */
static void fill_node(struct parc_core *core, struct fill *fill, int32_t node)
{
	while (fill->index < fill->wanted) {
		struct view view;
		struct pick pick;

		view_of_node(core, node, &view);
		if (!view_fits(core, &view, fill->ask, &pick) ||
		    !fill_claim(core, fill, node, &pick))
			break;
	}
}

/* The node directly in the place that scores best among those not yet full; -1: none. */
static int32_t node_best(struct parc_core *core, const struct fill *fill, int32_t place)
{
	const struct policy_ops *ops = policy_get(core);
	int32_t best = -1, best_score = 0;

	for (int32_t node = core->places[place].first_node; node >= 0;
	     node = core->nodes[node].next_in_place) {
		struct view view;
		struct pick pick;
		int32_t score;

		if (close_node_count(core, fill->tracker, node) == 0)
			continue;
		view_of_node(core, node, &view);
		if (!view_fits(core, &view, fill->ask, &pick))
			continue;
		score = ops->score(core, &view, fill->ask, &pick);
		if (best < 0 || score > best_score ||
		    (score == best_score && core->nodes[node].rank < core->nodes[best].rank)) {
			best = node;
			best_score = score;
		}
	}
	return best;
}

/* Fill the nodes directly in the place: all of them in turn if all are needed, else best first. */
static void fill_nodes(struct parc_core *core, struct fill *fill, int32_t place)
{
	int32_t node;

	if (close_place_count(fill->tracker, place) <= fill->wanted - fill->index) {
		for (node = core->places[place].first_node; node >= 0 && fill->index < fill->wanted;
		     node = core->nodes[node].next_in_place)
			if (close_node_count(core, fill->tracker, node) > 0)
				fill_node(core, fill, node);
		return;
	}
	while (fill->index < fill->wanted && (node = node_best(core, fill, place)) >= 0)
		fill_node(core, fill, node);
}

/* The child place that takes most, after `last` in the order of falling count, then slot. */
static int32_t child_next(const struct parc_core *core, const struct fill *fill, int32_t place,
			  int32_t last)
{
	int32_t best = -1, best_count = 0;
	int32_t last_count = last < 0 ? INT32_MAX : close_place_count(fill->tracker, last);

	for (int32_t it = core->places[place].first_child; it >= 0; it = core->places[it].next) {
		int32_t count = close_place_count(fill->tracker, it);

		if (count == 0 || count > last_count || (count == last_count && it <= last))
			continue;
		if (count > best_count || (count == best_count && it < best)) {
			best = it;
			best_count = count;
		}
	}
	return best;
}

/* Depth is that of the tree of places: site, pod, rack. */
static void fill_place(struct parc_core *core, struct fill *fill, int32_t place)
{
	int32_t child = -1;

	while (fill->index < fill->wanted && (child = child_next(core, fill, place, child)) >= 0)
		fill_place(core, fill, child);
	if (fill->index < fill->wanted)
		fill_nodes(core, fill, place);
}

static void fill_fleet(struct parc_core *core, struct fill *fill)
{
	while (fill->index < fill->wanted) {
		struct pick pick;
		int32_t node = index_best(core, fill->ask, &pick);

		if (node < 0 || !fill_claim(core, fill, node, &pick))
			break;
	}
}

/* Place tasks of a group until `wanted` stand or no more fit. Returns how many stand. */
static int32_t fill_group(struct parc_core *core, const struct plan *plan, const struct ask *ask,
			  int32_t group, int32_t index, int32_t wanted)
{
	struct fill fill = {
		.plan = plan, .ask = ask, .group = group, .index = index, .wanted = wanted};

	if (plan->level == PARC_LEVEL_FLEET) {
		fill_fleet(core, &fill);
	} else if (plan->level == PARC_LEVEL_NODE) {
		fill_node(core, &fill, plan->unit);
	} else {
		fill.tracker = close_track(core, ask);
		fill_place(core, &fill, plan->unit);
	}
	return fill.index;
}

/* What the plan asks for a task of the group: mostly what its shape does, else made in `own`. */
static const struct ask *plan_ask(const struct parc_core *core, const struct plan *plan,
				  const struct group *group, struct ask *own)
{
	const struct ask *base = &core->shapes[group->shape].ask;
	uint64_t chips = group->mixed_chips ? 0 : plan->chips, only = core->plan_only;

	if ((base->task.chips & only & ~core->cores_chips) != 0)
		only &= ~core->cores_chips; /* that they lie beside any chip is for those without */
	if (only != 0)
		chips = chips != 0 ? chips & only : only;
	if (chips == 0 && !speed_matters(core, &core->jobs[plan->job]))
		return base;
	group_ask(core, &core->jobs[plan->job], group, plan->variant, chips, own);
	return own;
}

/* The groups of a gang in the order in which they are placed. */
struct gang {
	int32_t slots[PARC_GROUPS_MAX], numbers[PARC_GROUPS_MAX], count;
};

/* What is harder to place comes first: round 0 by devices, round 1 by CPU, round 2 as given. */
static int group_is_harder(const struct parc_core *core, int32_t a, int32_t b, int round)
{
	const struct parc_task *x = &core->shapes[core->groups[a].shape].ask.task;
	const struct parc_task *y = &core->shapes[core->groups[b].shape].ask.task;
	int64_t volumes =
		(int64_t)x->devices * x->share_milli - (int64_t)y->devices * y->share_milli;
	int64_t cpus = x->cpu_milli - y->cpu_milli;

	if (round == 2)
		return 0;
	if (round == 0)
		return volumes != 0 ? volumes > 0 : cpus > 0;
	return cpus != 0 ? cpus > 0 : volumes > 0;
}

static void gang_init(const struct parc_core *core, struct gang *gang, int32_t job, int round)
{
	gang->count = 0;
	for (int32_t g = job_spec(core, job)->groups; g >= 0; g = core->groups[g].next) {
		int32_t at = gang->count++;

		for (; at > 0 && group_is_harder(core, g, gang->slots[at - 1], round); at--) {
			gang->slots[at] = gang->slots[at - 1];
			gang->numbers[at] = gang->numbers[at - 1];
		}
		gang->slots[at] = g;
		gang->numbers[at] = gang->count - 1;
	}
}

/* All minima in the unit, or nothing; then what more of each group fits beside them. */
static int32_t plan_in_order(struct parc_core *core, const struct plan *plan,
			     const struct gang *gang)
{
	struct ask own;

	for (int32_t i = 0; i < gang->count; i++) {
		const struct group *group = &core->groups[gang->slots[i]];
		const struct ask *ask = plan_ask(core, plan, group, &own);

		if (fill_group(core, plan, ask, gang->numbers[i], 0, group->tasks_min) <
		    group->tasks_min) {
			plan_undo(core, plan->first);
			return PARC_REASON_GANG;
		}
	}
	for (int32_t i = 0; i < gang->count; i++) {
		const struct group *group = &core->groups[gang->slots[i]];

		if (group->tasks_max == group->tasks_min)
			continue;
		fill_group(core, plan, plan_ask(core, plan, group, &own), gang->numbers[i],
			   group->tasks_min, group->tasks_max);
	}
	return PARC_REASON_NONE;
}

/* Groups take from each other, so that the order matters: a few are tried. Equal tasks do not:
 * a gang of one group is placed if it fits at all. */
static int32_t plan_in_unit(struct parc_core *core, const struct plan *plan)
{
	int32_t reason = PARC_REASON_GANG;
	struct gang gang;

	for (int round = 0; round < 3 && reason != PARC_REASON_NONE; round++) {
		gang_init(core, &gang, plan->job, round);
		reason = plan_in_order(core, plan, &gang);
		if (gang.count == 1)
			break;
	}
	return reason;
}

/* Is it known from the counts alone that the gang's minima fit nowhere in the fleet? */
static int gang_is_hopeless(struct parc_core *core, const struct plan *plan)
{
	struct ask own;

	for (int32_t g = job_spec(core, plan->job)->groups; g >= 0; g = core->groups[g].next) {
		const struct tracker *tracker;

		if (core->groups[g].tasks_min == 1)
			continue;
		tracker = close_track(core, plan_ask(core, plan, &core->groups[g], &own));
		if (!close_suffices(tracker, tracker->total, core->groups[g].tasks_min))
			return 1;
	}
	return 0;
}

/* Do the counts of the unit allow the minima of each group by itself? */
static int unit_could_hold(struct parc_core *core, const struct plan *plan)
{
	struct ask own;

	for (int32_t g = job_spec(core, plan->job)->groups; g >= 0; g = core->groups[g].next) {
		struct tracker *tracker;
		int32_t count;

		tracker = close_track(core, plan_ask(core, plan, &core->groups[g], &own));
		count = plan->level == PARC_LEVEL_NODE ? close_node_count(core, tracker, plan->unit)
						       : close_place_count(tracker, plan->unit);
		if (!close_suffices(tracker, count, core->groups[g].tasks_min))
			return 0;
	}
	return 1;
}

/* Units of the level in order of how tightly the first group fits, until the whole gang does. */
static int32_t plan_at_level(struct parc_core *core, struct plan *plan, enum parc_level level)
{
	const struct group *first = &core->groups[job_spec(core, plan->job)->groups];
	const struct ask *ask;
	struct ask own;

	plan->level = level;
	plan->unit = -1;
	if (level == PARC_LEVEL_FLEET)
		return gang_is_hopeless(core, plan) ? PARC_REASON_GANG : plan_in_unit(core, plan);
	ask = plan_ask(core, plan, first, &own);
	for (;;) {
		struct tracker *tracker = close_track(core, ask);

		plan->unit = close_best(core, tracker, level, first->tasks_min, plan->unit);
		if (plan->unit < 0)
			return PARC_REASON_CLOSENESS;
		if (unit_could_hold(core, plan) && plan_in_unit(core, plan) == PARC_REASON_NONE)
			return PARC_REASON_NONE;
	}
}

/* As close as required; or as preferred, and else ever wider. */
static int32_t plan_closeness(struct parc_core *core, struct plan *plan)
{
	const struct job *job = &core->jobs[plan->job];
	int32_t level = spec_of(core, job)->close_strength == PARC_STRENGTH_NONE
				? PARC_LEVEL_FLEET
				: spec_of(core, job)->close_level;
	int32_t reason = plan_at_level(core, plan, (enum parc_level)level);

	while (reason != PARC_REASON_NONE &&
	       spec_of(core, job)->close_strength == PARC_STRENGTH_PREFER &&
	       level > PARC_LEVEL_FLEET)
		reason = plan_at_level(core, plan, (enum parc_level)-- level);
	return reason;
}

/* Chips of which a gang that must not be mixed may take one kind. Returns 0 if the question does
 * not arise: one task is on one chip anyhow, and rented cores lie beside any chip. */
static int single_chips(const struct parc_core *core, const struct job *job, uint64_t *chips)
{
	int32_t tasks = 0;

	*chips = 0;
	for (int32_t g = spec_of(core, job)->groups; g >= 0; g = core->groups[g].next) {
		const struct parc_task *task = &core->shapes[core->groups[g].shape].ask.task;

		if (task->devices == 0 || core->groups[g].mixed_chips ||
		    (task->chips & core->chips_known & ~core->cores_chips) == 0)
			continue;
		*chips |= task->chips & core->chips_known;
		tasks += core->groups[g].tasks_max;
	}
	return tasks > 1;
}

/* Has every group that must not be mixed a chip it accepts among these? */
static int chips_suit(const struct parc_core *core, const struct job *job, uint64_t chips)
{
	for (int32_t g = spec_of(core, job)->groups; g >= 0; g = core->groups[g].next) {
		const struct parc_task *task = &core->shapes[core->groups[g].shape].ask.task;

		if (task->devices > 0 && !core->groups[g].mixed_chips && (task->chips & chips) == 0)
			return 0;
	}
	return 1;
}

static int32_t plan_variant(struct parc_core *core, struct plan *plan)
{
	int32_t reason = PARC_REASON_NO_CHIP;
	uint64_t chips;

	if (!single_chips(core, &core->jobs[plan->job], &chips)) {
		plan->chips = 0;
		return plan_closeness(core, plan);
	}
	if (core->plan_only != 0)
		chips &= core->plan_only;
	if (core->plan_only != 0 && (chips & ~core->cores_chips) != 0)
		chips &= ~core->cores_chips;
	for (; chips != 0 && reason != PARC_REASON_NONE; chips &= chips - 1) {
		plan->chips = (chips & -chips) | core->cores_chips;
		if (core->chip_total[__builtin_ctzll(chips)] > 0 &&
		    chips_suit(core, &core->jobs[plan->job], plan->chips))
			reason = plan_closeness(core, plan);
	}
	return reason;
}

/* Free thousandths and whether the fleet has such chips at all. */
static int64_t chips_free(const struct parc_core *core, uint64_t chips, int *has)
{
	int64_t milli = 0;

	*has = 0;
	for (chips &= core->chips_known; chips != 0; chips &= chips - 1) {
		int chip = __builtin_ctzll(chips);

		milli += core->chip_free[chip];
		*has |= core->chip_total[chip] > 0;
	}
	return milli;
}

/* Could one task of the group run, were its node empty? NONE: yes. */
static int32_t task_reason(struct parc_core *core, const struct group *group)
{
	enum shape_fits fits = shape_fits_empty(core, group->shape);

	return fits == SHAPE_FITS_UP	 ? PARC_REASON_NONE
	       : fits == SHAPE_FITS_NONE ? PARC_REASON_TOO_LARGE
					 : PARC_REASON_NODE_DOWN;
}

/* Has the fleet, in service or not, that much of the chips on which the group may be at once? */
static int fleet_has(const struct parc_core *core, const struct group *group, int64_t wants)
{
	uint64_t chips = core->shapes[group->shape].ask.task.chips & core->chips_here;
	int64_t has = 0;

	for (; chips != 0; chips &= chips - 1) {
		int64_t total = core->chip_total[__builtin_ctzll(chips)];

		has = group->mixed_chips ? has + total : has > total ? has : total;
	}
	return has >= wants;
}

/* The plainest thing that is missing, for one group; `reason` if it is none of these. */
static int32_t group_reason(struct parc_core *core, const struct job *job,
			    const struct group *group, int32_t reason)
{
	const struct parc_task *task = &core->shapes[group->shape].ask.task;
	int64_t wants = (int64_t)task->devices * task->share_milli * group->tasks_min;
	int64_t cores = (int64_t)task->cpu_milli * group->tasks_min;
	int32_t alone;
	int has, known;
	int64_t free_milli = chips_free(core, task->chips, &has);

	if (task->devices > 0 && !has)
		return PARC_REASON_NO_CHIP;
	alone = task_reason(core, group);
	if (alone != PARC_REASON_NONE)
		return alone;
	if (task->devices > 0 && !fleet_has(core, group, wants))
		return PARC_REASON_FLEET;
	if (task->devices > 0 && free_milli < wants)
		return PARC_REASON_DEVICES;
	if (core->cores_free < cores)
		return PARC_REASON_CORES;
	if (task->devices > 0 &&
	    chips_free(core, task->chips & speed_chips(core, job, group, -1), &known) < wants)
		return PARC_REASON_SPEED;
	return reason;
}

static int32_t plan_reason(struct parc_core *core, int32_t job, int32_t reason)
{
	int32_t g = job_spec(core, job)->groups;
	int gang = core->groups[g].next >= 0 || core->groups[g].tasks_min > 1;

	if (reason == PARC_REASON_GANG && !gang)
		reason = PARC_REASON_STRANDED;
	if (job_spec(core, job)->variants >= 0)
		return reason;
	for (; g >= 0; g = core->groups[g].next) {
		int32_t plain = group_reason(core, &core->jobs[job], &core->groups[g], reason);

		if (plain != reason)
			return plain;
	}
	return reason;
}

int32_t plan_never(struct parc_core *core, int32_t job)
{
	if (speed_shuts_out(core, job))
		return PARC_REASON_NO_SPEED;
	for (int32_t g = job_spec(core, job)->groups; g >= 0; g = core->groups[g].next) {
		int32_t reason = task_reason(core, &core->groups[g]);

		if (reason != PARC_REASON_NONE)
			return reason;
	}
	return PARC_REASON_FLEET;
}

static int has_room_for_tasks(const struct parc_core *core, int32_t job)
{
	return table_has_room(&core->tasks_table, job_tasks_max(core, job));
}

/* Each variant in turn. */
static int32_t plan_variants(struct parc_core *core, int32_t job)
{
	struct plan plan = {.job = job,
			    .variant = job_spec(core, job)->variants,
			    .variant_index = -1,
			    .first = core->placements_count};
	int32_t reason;

	if (plan.variant >= 0)
		plan.variant_index = 0;
	do {
		reason = plan_variant(core, &plan);
		if (plan.variant < 0)
			break;
		plan.variant = core->variants[plan.variant].next;
		plan.variant_index++;
	} while (reason != PARC_REASON_NONE && plan.variant >= 0);
	return reason;
}

int32_t plan_job_on(struct parc_core *core, int32_t job, uint64_t chips)
{
	int32_t reason;

	if (!has_room_for_tasks(core, job))
		return PARC_REASON_LIMIT;
	core->plan_only = chips;
	if ((chips & core->cores_chips) == 0)
		core->plan_only |= core->cores_chips;
	reason = plan_variants(core, job);
	core->plan_only = 0;
	return reason;
}

static int may_be_mixed(const struct parc_core *core, int32_t job)
{
	int32_t g = job_spec(core, job)->groups;

	while (g >= 0 && !core->groups[g].mixed_chips)
		g = core->groups[g].next;
	return g >= 0;
}

int32_t plan_job(struct parc_core *core, int32_t job)
{
	uint64_t sets[PARC_CHIPS_MAX], before = 0;
	int32_t count, reason = PARC_REASON_GANG;

	if (!has_room_for_tasks(core, job))
		return PARC_REASON_LIMIT;
	count = core->plan_only == 0 ? choose_order(core, job, sets) : 0;
	for (int32_t i = 0; i < count && reason != PARC_REASON_NONE; i++) {
		reason = plan_job_on(core, job, sets[i] | before);
		before |= may_be_mixed(core, job) ? sets[i] : 0;
	}
	if (reason != PARC_REASON_NONE)
		reason = plan_variants(core, job);
	if (reason == PARC_REASON_NONE)
		return reason;
	return plan_reason(core, job, reason);
}
