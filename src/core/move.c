/* SPDX-License-Identifier: Apache-2.0 */
#include "core/move.h"

#include "core/act.h"
#include "core/assign.h"
#include "core/choose.h"
#include "core/job.h"
#include "core/order.h"
#include "core/plan.h"
#include "core/profile.h"
#include "core/quota.h"
#include "core/score.h"
#include "core/strand.h"

#define MOVES_MAX  64
#define STAY_MILLI 100 /* a move must make it faster by so much */

/* One that would be better off on the chips of a set. */
struct mover {
	int64_t major, rank, tie; /* its turn */
	int32_t job;
};

struct movers {
	struct mover list[MOVES_MAX]; /* in turn order */
	int32_t count;
};

/* ---- What it costs */

int64_t move_run_min_us(const struct parc_core *core)
{
	return core->rules.round_us > 0 ? core->rules.round_us / 2 : MOVE_RUN_MIN_US;
}

int64_t move_left_us(const struct parc_core *core, int32_t job)
{
	int64_t left = order_left_us(core, job);

	if (left == PARC_NEVER)
		left = allocation_is_live(core, job)
			       ? allocation_attained_us(core, job_allocation(core, job))
			       : core->jobs[job].attained_us;
	return left > MOVE_RUN_MIN_US ? left : MOVE_RUN_MIN_US;
}

int32_t move_stay_log(const struct parc_core *core, int32_t job)
{
	int64_t milli = PARC_SHARE_WHOLE + STAY_MILLI;

	milli += core->rules.move_us * PARC_SHARE_WHOLE / move_left_us(core, job);
	return assign_log2_ratio(milli < INT32_MAX ? (uint32_t)milli : INT32_MAX, PARC_SHARE_WHOLE);
}

int move_may_return(const struct parc_core *core, int32_t job)
{
	return !core->jobs[job].held && !quota_bars_return(core, job);
}

/* ---- Where it is */

/* The chip of a task, of its devices or else of the cores that it rents; -1: it has neither. */
static int32_t task_chip(const struct parc_core *core, const struct task *task)
{
	const struct node *node = &core->nodes[task->node];

	if (task->devices != 0)
		return kind_device_chip(&core->kinds[node->kind], __builtin_ctz(task->devices));
	return node->cores_pool < 0 ? -1 : node->pools[node->cores_pool].chip;
}

int32_t move_make(const struct parc_core *core, int32_t allocation)
{
	uint64_t market = choose_accepted(core, allocation);
	int32_t chip = -1;

	for (int32_t t = core->allocations[allocation].tasks; t >= 0; t = core->tasks[t].next) {
		int32_t own = task_chip(core, &core->tasks[t]);

		if (own < 0 || !(market >> own & 1))
			continue;
		if (core->nodes[core->tasks[t].node].state != PARC_NODE_UP ||
		    (chip >= 0 && own != chip))
			return -1;
		chip = own;
	}
	return chip;
}

/* ---- Who moves */

/* Of the sets in which to try the job, how many are worth a move from where it is. */
static int32_t sets_better(const struct parc_core *core, int32_t job, uint64_t *sets)
{
	int32_t count = choose_order(core, job, sets), better = 0, own, worth;

	if (count == 0)
		return 0;
	own = move_make(core, job_allocation(core, job));
	if (own < 0)
		return 0;
	worth = choose_value(core, job, own);
	worth = (worth == ASSIGN_NEVER ? 0 : worth) - score_log(core, own);
	worth += move_stay_log(core, job);
	for (; better < count; better++) {
		int32_t chip = __builtin_ctzll(sets[better]);

		if (choose_value(core, job, chip) - score_log(core, chip) <= worth)
			break;
	}
	return better;
}

/* May it be moved by itself? Others are moved by the deal. */
static int may_move(const struct parc_core *core, const struct allocation *it)
{
	const struct job *job = &core->jobs[job_of(core, it)];

	return job->preemptible && it->state != PARC_JOB_STOPPING && it->idle_us == PARC_NEVER &&
	       core->time_us - it->start_us >= move_run_min_us(core) &&
	       choose_chips(core, job_of(core, it)) == 0 && move_may_return(core, job_of(core, it));
}

static int mover_is_before(const struct mover *a, const struct mover *b)
{
	if (a->major != b->major)
		return a->major < b->major;
	return a->rank != b->rank ? a->rank < b->rank : a->tie < b->tie;
}

/* Keep the first in turn order. */
static void movers_add(struct movers *movers, const struct mover *mover)
{
	int32_t at = movers->count;

	if (at < MOVES_MAX)
		movers->count++;
	else if (!mover_is_before(mover, &movers->list[--at]))
		return;
	for (; at > 0 && mover_is_before(mover, &movers->list[at - 1]); at--)
		movers->list[at] = movers->list[at - 1];
	movers->list[at] = *mover;
}

static void movers_find(const struct parc_core *core, struct movers *movers)
{
	uint64_t sets[PARC_CHIPS_MAX];

	movers->count = 0;
	for (int32_t slot = 0; slot < core->jobs_table.high; slot++) {
		const struct allocation *it = &core->allocations[slot];

		if (!allocation_is_live(core, slot) || !may_move(core, it) ||
		    sets_better(core, slot, sets) == 0)
			continue;
		movers_add(movers, &(struct mover){.major = strand_major(core, slot),
						   .rank = order_rank(core, slot),
						   .tie = core->jobs[slot].order,
						   .job = slot});
	}
}

/* Claim room for the job on better chips; 0: there is none. */
static int mover_claim(struct parc_core *core, int32_t job)
{
	uint64_t sets[PARC_CHIPS_MAX];
	int32_t count = sets_better(core, job, sets);

	if (core->placements_max - core->placements_count < job_tasks_max(core, job))
		return 0;
	for (int32_t i = 0; i < count; i++)
		if (plan_job_on(core, job, sets[i]) == PARC_REASON_NONE)
			return 1;
	return 0;
}

int move_decide(struct parc_core *core)
{
	int32_t first = core->placements_count, moves = 0;
	struct movers movers;

	movers_find(core, &movers);
	if (!act_has_room_for(core, movers.count))
		return 0;
	for (int32_t i = 0; i < movers.count; i++)
		if (mover_claim(core, movers.list[i].job))
			movers.list[moves++] = movers.list[i];
	plan_undo(core, first);
	for (int32_t i = 0; i < moves; i++)
		act_stop(core, movers.list[i].job, PARC_RESULT_PREEMPTED);
	return 1;
}
