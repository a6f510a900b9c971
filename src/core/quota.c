/* SPDX-License-Identifier: Apache-2.0 */
#include "core/quota.h"

#include "core/act.h"
#include "core/job.h"
#include "core/line.h"
#include "core/plan.h"
#include "core/profile.h"
#include "core/strand.h"
#include "core/tree.h"

/* ---- What a job needs */

/* The dearest rate of those chips whose devices are the nodes' cores. */
static int64_t cores_rate(const struct parc_core *core)
{
	int64_t most = 0;

	for (uint64_t left = core->cores_chips & core->chips_here; left != 0; left &= left - 1) {
		int32_t rate = core->chips[__builtin_ctzll(left)].rate_milli;

		most = rate > most ? rate : most;
	}
	return most;
}

static int64_t ask_need(const struct parc_core *core, const struct ask *ask)
{
	int64_t cores = cores_rate(core), most = 0;

	if (ask->task.devices == 0)
		return cores * ask->task.cpu_milli;
	for (uint64_t left = ask->task.chips & core->chips_here; left != 0; left &= left - 1) {
		int32_t chip = __builtin_ctzll(left);
		struct booking booking;
		int64_t need;

		if (!chip_book(&core->chips[chip], ask, &booking))
			continue;
		need = (int64_t)booking.devices * booking.share_milli *
			       core->chips[chip].rate_milli +
		       cores * booking.cpu_milli;
		most = need > most ? need : most;
	}
	return most;
}

int64_t quota_need(const struct parc_core *core, int32_t slot)
{
	const struct job *job = &core->jobs[slot];
	int64_t need = 0;

	for (int32_t g = spec_of(core, job)->groups; g >= 0; g = core->groups[g].next) {
		int64_t most = 0;
		int32_t v = spec_of(core, job)->variants;

		do {
			struct ask ask;
			int64_t each;

			group_ask_at_most(core, job, &core->groups[g], v, &ask);
			each = ask_need(core, &ask);
			most = each > most ? each : most;
			v = v < 0 ? -1 : core->variants[v].next;
		} while (v >= 0);
		need += most * core->groups[g].tasks_min;
	}
	return need;
}

/* What a task holds, of devices and of rented cores. */
static int64_t task_normal(const struct parc_core *core, const struct task *task)
{
	const struct node *node = &core->nodes[task->node];
	int32_t chip;
	int64_t normal = 0;

	if (node->cores_pool >= 0)
		normal = (int64_t)task->cpu_milli *
			 core->chips[node->pools[node->cores_pool].chip].rate_milli;
	if (task->devices == 0)
		return normal;
	chip = kind_device_chip(&core->kinds[node->kind], __builtin_ctz(task->devices));
	return normal + (int64_t)task->share_milli * __builtin_popcount(task->devices) *
				core->chips[chip].rate_milli;
}

/* What the job will count when it starts, or starts again, beside what it holds. */
static int64_t more_normal(const struct parc_core *core, int32_t job)
{
	int64_t normal = quota_need(core, job);
	int32_t t = allocation_is_live(core, job) ? core->allocations[job].tasks : -1;

	for (; t >= 0; t = core->tasks[t].next)
		normal -= task_normal(core, &core->tasks[t]);
	return normal;
}

int64_t quota_kept(const struct parc_core *core, int32_t job)
{
	return strand_is_wanted(core) ? quota_need(core, job) : 0;
}

uint64_t quota_chips(const struct parc_core *core, int32_t slot)
{
	const struct spec *spec = job_spec(core, slot);
	uint64_t chips = 0, named = spec->variants < 0 ? UINT64_MAX : 0;

	for (int32_t v = spec->variants; v >= 0; v = core->variants[v].next)
		named |= core->variants[v].set.chips;
	for (int32_t g = spec->groups; g >= 0; g = core->groups[g].next) {
		const struct parc_task *task = &core->shapes[core->groups[g].shape].ask.task;

		chips |= task->devices == 0 ? core->cores_chips : task->chips & named;
	}
	return chips;
}

/* ---- Room */

static int64_t room_normal(const struct tenant *it)
{
	return tree_normal_of(it->set.limit_milli) - it->tree_normal - it->kept_normal;
}

static int64_t room_jobs(const struct tenant *it)
{
	return it->set.jobs_max == 0 ? PARC_NEVER
				     : it->set.jobs_max - it->tree_running - it->kept_jobs;
}

/* The first gate on the way up where so much more does not fit. */
static int32_t gate_of(const struct parc_core *core, int32_t tenant, int64_t need, int32_t jobs)
{
	int32_t at = tenant < 0 ? -1 : core->tenants[tenant].capped;

	while (at >= 0) {
		const struct tenant *it = &core->tenants[at];

		if (it->set.limit_milli > 0 && need > room_normal(it))
			return 2 * at + GATE_LIMIT;
		if (jobs > room_jobs(it))
			return 2 * at + GATE_JOBS;
		at = it->parent < 0 ? -1 : core->tenants[it->parent].capped;
	}
	return -1;
}

/* ---- What is pledged */

/* Is every chip that can fulfil a guarantee among these? No chip named: all of them. */
static int is_within_chips(uint64_t guarantee, uint64_t chips)
{
	return chips == 0 || (guarantee != 0 && (guarantee & ~chips) == 0);
}

/* What is free of these chips, less what their guarantees may still want. */
static int64_t unpledged(const struct parc_core *core, uint64_t chips)
{
	int64_t normal = 0;

	for (uint64_t left = core->chips_here; left != 0; left &= left - 1) {
		int32_t chip = __builtin_ctzll(left);

		if (chips == 0 || (chips >> chip & 1))
			normal += (core->chip_free[chip] - core->chip_claimed[chip]) *
				  core->chips[chip].rate_milli;
	}
	for (int32_t i = 0; i < core->pledges_count; i++)
		if (is_within_chips(core->pledges[i].chips, chips))
			normal -= core->pledges[i].normal;
	return normal;
}

static int64_t need_of(const struct parc_core *core, int32_t slot)
{
	const struct job *job = &core->jobs[slot];

	return job->line >= 0 ? core->lines[job->line].need_normal : quota_need(core, slot);
}

/* Would the job take what is pledged to others? */
static int pledge_bars(const struct parc_core *core, int32_t slot)
{
	const struct job *job = &core->jobs[slot];
	int32_t holder = spec_of(core, job)->tenant < 0
				 ? -1
				 : core->tenants[spec_of(core, job)->tenant].holder;
	int64_t need;
	uint64_t chips;

	if (core->rules.lend == PARC_LEND_ALL || !core->stranded ||
	    (core->rules.lend == PARC_LEND_PREEMPTIBLE && job->preemptible))
		return 0;
	need = need_of(core, slot);
	if (holder >= 0 && need <= tree_left_normal(core, holder, strand_places(core, slot)))
		return 0;
	chips = quota_chips(core, slot);
	for (int32_t i = 0; i < core->pledges_count; i++) {
		const struct pledge *it = &core->pledges[i];

		if (it->normal > 0 && (it->chips == 0 || (it->chips & chips) != 0) &&
		    need > unpledged(core, it->chips))
			return 1;
	}
	return 0;
}

/* Is there a cap on the tenant of the job, or above it? */
static int is_capped(const struct parc_core *core, int32_t job)
{
	int32_t tenant = job_spec(core, job)->tenant;

	return tenant >= 0 && core->tenants[tenant].capped >= 0;
}

int quota_bars_return(const struct parc_core *core, int32_t job)
{
	return pledge_bars(core, job) ||
	       (is_capped(core, job) &&
		gate_of(core, job_spec(core, job)->tenant, more_normal(core, job), 0) >= 0);
}

void quota_claim(struct parc_core *core, int32_t job, int sign)
{
	if (is_capped(core, job))
		tree_claim(core, job_spec(core, job)->tenant,
			   allocation_is_live(core, job) ? 0 : sign, sign * more_normal(core, job));
}

void quota_claim_on(struct parc_core *core, int32_t job, int32_t chip, int64_t milli)
{
	int32_t tenant = job_spec(core, job)->tenant;
	int freed = core->pledge_freed;

	core->chip_claimed[chip] += milli;
	if (tenant >= 0 && core->tenants[tenant].holder >= 0)
		tree_use(core, core->tenants[tenant].holder, chip,
			 milli * core->chips[chip].rate_milli);
	core->pledge_freed = freed; /* nothing is given back yet */
}

void quota_claim_left(struct parc_core *core, int32_t job, int sign)
{
	for (int32_t t = core->allocations[job].tasks; t >= 0; t = core->tasks[t].next) {
		const struct task *task = &core->tasks[t];
		const struct node *node = &core->nodes[task->node];

		if (task->devices != 0 && node->state == PARC_NODE_UP)
			quota_claim_on(core, job,
				       kind_device_chip(&core->kinds[node->kind],
							__builtin_ctz(task->devices)),
				       -sign * (int64_t)task->share_milli *
					       __builtin_popcount(task->devices));
	}
}

int32_t quota_gate(const struct parc_core *core, int32_t slot, int32_t reason)
{
	const struct job *job = &core->jobs[slot];

	if (reason == PARC_REASON_GUARANTEE)
		return pledge_bars(core, slot) ? GATE_PLEDGE : -1;
	if (reason != PARC_REASON_QUOTA || !is_capped(core, slot) || job->reservation >= 0)
		return -1; /* what it reserved is its own */
	return gate_of(core, spec_of(core, job)->tenant, need_of(core, slot), 1);
}

int32_t quota_bars(const struct parc_core *core, int32_t job)
{
	if (core->ruled == 0) /* nothing is guaranteed, and nobody limited */
		return PARC_REASON_NONE;
	if (quota_gate(core, job, PARC_REASON_QUOTA) != -1)
		return PARC_REASON_QUOTA;
	return pledge_bars(core, job) ? PARC_REASON_GUARANTEE : PARC_REASON_NONE;
}

static int64_t placement_normal(const struct parc_core *core,
				const struct parc_placement *placement)
{
	struct task task;

	task_of_placement(core, placement, &task);
	return task_normal(core, &task);
}

static int32_t tasks_least(const struct parc_core *core, int32_t job)
{
	int32_t tasks = 0;

	for (int32_t g = job_spec(core, job)->groups; g >= 0; g = core->groups[g].next)
		tasks += core->groups[g].tasks_min;
	return tasks;
}

void quota_trim(struct parc_core *core, int32_t job, int32_t first)
{
	int32_t tenant = job_spec(core, job)->tenant, least;
	int64_t normal = 0;

	if (!is_capped(core, job))
		return;
	least = first + tasks_least(core, job);
	if (core->placements_count <= least)
		return;
	for (int32_t i = first; i < core->placements_count; i++)
		normal += placement_normal(core, &core->placements[i]);
	if (core->jobs[job].reservation >= 0) /* its minima are counted already */
		normal -= quota_need(core, job);
	while (core->placements_count > least && gate_of(core, tenant, normal, 0) >= 0) {
		int32_t last = core->placements_count - 1;

		normal -= placement_normal(core, &core->placements[last]);
		plan_undo(core, last);
	}
}

/* ---- Gates */

void quota_note(struct parc_core *core, int32_t tenant)
{
	struct tenant *it = &core->tenants[tenant];

	if (it->gate_next != GATE_UNLISTED || (it->gates[0] < 0 && it->gates[1] < 0))
		return;
	it->gate_next = core->gates_changed;
	core->gates_changed = tenant;
}

/* The first strand that waits at the tenant's gate and fits; -1: none. */
static int32_t strand_that_fits(const struct parc_core *core, int32_t tenant, enum gate gate)
{
	const struct tenant *it = &core->tenants[tenant];

	return ranking_first(&core->strand_turns, it->gates[gate],
			     gate == GATE_LIMIT ? room_normal(it) : room_jobs(it));
}

/* It fits at its gate: let it step in, or go on to the next gate that is shut. */
static void strand_pass(struct parc_core *core, int32_t strand)
{
	int32_t head = strand_head(core, strand), gate;

	strand_open(core, strand);
	gate = quota_gate(core, head, core->jobs[head].reason);
	if (gate != -1)
		strand_close(core, strand, gate);
}

/* Let the first that fits in; all of them. Returns whether there may be more. */
static int gate_open(struct parc_core *core, int32_t tenant, enum gate gate, int all)
{
	int32_t strand;

	while ((strand = strand_that_fits(core, tenant, gate)) >= 0) {
		strand_pass(core, strand);
		if (!all && core->strands[strand].gate == -1)
			return 1;
	}
	return 0;
}

static void gates_open(struct parc_core *core, int all)
{
	int32_t tenant = core->gates_changed, again = -1;

	core->gates_changed = -1;
	while (tenant >= 0) {
		struct tenant *it = &core->tenants[tenant];
		int32_t next = it->gate_next;

		it->gate_next = GATE_UNLISTED;
		if (gate_open(core, tenant, GATE_LIMIT, all) |
		    gate_open(core, tenant, GATE_JOBS, all)) {
			it->gate_next = again;
			again = tenant;
		}
		tenant = next;
	}
	core->gates_changed = again;
}

void quota_open_pledge(struct parc_core *core)
{
	int32_t strand = core->stranded
				 ? ranking_first(&core->strand_turns, core->pledge_root, INT64_MAX)
				 : -1;

	core->pledge_freed = 0;
	while (strand >= 0) {
		int32_t next =
			ranking_next(&core->strand_turns, core->pledge_root, strand, INT64_MAX);

		if (!pledge_bars(core, strand_head(core, strand)))
			strand_open(core, strand);
		strand = next;
	}
}

void quota_open(struct parc_core *core)
{
	if (core->pledge_freed)
		quota_open_pledge(core);
	if (core->gates_changed >= 0)
		gates_open(core, 0);
}

/* Returns 0 if the strand has to stay in the list: it still has to be tried. */
static int strand_settle_stale(struct parc_core *core, int32_t slot, int deciding)
{
	const struct strand *it = &core->strands[slot];
	int32_t head = it->count > 0 ? strand_head(core, slot) : -1, gate, first;

	if (head < 0 || it->gate != -1 || !line_is_gated(core->jobs[head].reason))
		return 1;
	gate = quota_gate(core, head, core->jobs[head].reason);
	if (gate != -1) {
		strand_close(core, slot, gate);
		return 1;
	}
	first = line_head(core, it->line);
	if (!deciding || core->lines[it->line].state == LINE_READY || first == head ||
	    !act_has_room(core))
		return 0;
	act_reason(core, head, core->jobs[first].reason);
	return 1;
}

int quota_settle(struct parc_core *core, int deciding)
{
	int32_t slot = core->strands_stale, stay = -1;

	core->strands_stale = -1;
	while (slot >= 0) {
		struct strand *it = &core->strands[slot];
		int32_t next = it->stale_next, settled = strand_settle_stale(core, slot, deciding);

		it->stale_next = settled ? STRAND_UNLISTED : stay;
		stay = settled ? stay : slot;
		slot = next;
	}
	core->strands_stale = stay;
	return act_has_room(core);
}

void quota_open_rest(struct parc_core *core)
{
	if (core->pledge_freed)
		quota_open_pledge(core);
	if (core->gates_changed >= 0)
		gates_open(core, 1);
}

void quota_open_all(struct parc_core *core)
{
	quota_open_pledge(core);
	for (int32_t i = 0; i < core->tenants_table.high && core->stranded; i++)
		quota_note(core, i);
	if (core->gates_changed >= 0)
		gates_open(core, 1);
}

/* A job at the gate of what is guaranteed that nothing keeps there; -1: none. */
static int32_t pledge_kept(const struct parc_core *core)
{
	int32_t strand = ranking_first(&core->strand_turns, core->pledge_root, INT64_MAX);

	for (; strand >= 0;
	     strand = ranking_next(&core->strand_turns, core->pledge_root, strand, INT64_MAX))
		if (!pledge_bars(core, strand_head(core, strand)))
			return strand_head(core, strand);
	return -1;
}

int quota_verify(const struct parc_core *core, struct parc_err *err)
{
	int32_t job = pledge_kept(core);

	if (job >= 0 && !core->unfinished)
		return parc_err_set(err, PARC_ERR_MISMATCH,
				    "T2: job %lld waits for what is guaranteed to others, and need "
				    "not",
				    (long long)core->jobs[job].id);
	for (int32_t i = 0; i < core->tenants_table.high; i++) {
		const struct tenant *it = &core->tenants[i];

		if (it->gate_next == GATE_UNLISTED && (strand_that_fits(core, i, GATE_LIMIT) >= 0 ||
						       strand_that_fits(core, i, GATE_JOBS) >= 0))
			return parc_err_set(err, PARC_ERR_MISMATCH,
					    "T2: a job that tenant %lld has room for waits for it",
					    (long long)it->set.tenant);
		if (it->set.limit_milli == 0 && it->gates[GATE_LIMIT] >= 0)
			return parc_err_set(err, PARC_ERR_MISMATCH,
					    "T2: a job waits for tenant %lld, which has no limit",
					    (long long)it->set.tenant);
	}
	return 0;
}
