/* SPDX-License-Identifier: Apache-2.0 */
#include "core/tree.h"

#include "core/quota.h"
#include "core/service.h"
#include "core/spec.h"
#include "core/strand.h"
#include "core/usage.h"

int64_t tree_normal_of(int64_t milli)
{
	if (milli == 0 || milli > PARC_NEVER / PARC_SHARE_WHOLE)
		return PARC_NEVER;
	return milli * PARC_SHARE_WHOLE;
}

int tree_has_rule(const struct parc_tenant *set)
{
	return set->guarantee_milli > 0 || set->limit_milli > 0 || set->jobs_max > 0;
}

/* The first of its ancestors that has a guarantee; -1: none. */
static int32_t holder_above(const struct parc_core *core, int32_t tenant)
{
	int32_t parent = core->tenants[tenant].parent;

	return parent < 0 ? -1 : core->tenants[parent].holder;
}

static int32_t pledge_find(struct parc_core *core, uint64_t chips)
{
	int32_t i = 0;

	while (i < core->pledges_count && core->pledges[i].chips != chips)
		i++;
	if (i < core->pledges_count)
		return i;
	if (core->pledges_count == PLEDGES_MAX)
		return 0;
	core->pledges[core->pledges_count++] = (struct pledge){.chips = chips};
	return i;
}

/* What a holder may still want is part of the pledge (sign 1), or is no longer. */
static void pledge_add(struct parc_core *core, int32_t holder, int sign)
{
	int64_t left = tree_left_normal(core, holder);

	struct pledge *pledge = &core->pledges[core->tenants[holder].pledge];

	if (left <= 0)
		return;
	pledge->normal += sign * left;
	core->pledge_freed |= pledge->normal == 0;
}

/* Take its place below its parent, which has taken its own. */
static void tenant_link(struct parc_core *core, int32_t slot)
{
	struct tenant *it = &core->tenants[slot];
	int32_t above;

	it->parent = idmap_find(&core->tenant_ids, it->set.parent);
	it->next_child = it->parent < 0 ? -1 : core->tenants[it->parent].first_child;
	if (it->parent >= 0)
		core->tenants[it->parent].first_child = slot;
	above = holder_above(core, slot);
	it->holder = above;
	it->capped = it->parent < 0 ? -1 : core->tenants[it->parent].capped;
	if (it->set.limit_milli > 0 || it->set.jobs_max > 0)
		it->capped = slot;
	if (it->set.guarantee_milli == 0)
		return;
	it->holder = slot;
	it->pledge = pledge_find(core, it->set.guarantee_chips);
	pledge_add(core, slot, -1);
	it->promised_normal += tree_normal_of(it->set.guarantee_milli);
	pledge_add(core, slot, 1);
	if (above < 0)
		return;
	pledge_add(core, above, -1);
	core->tenants[above].promised_normal -= tree_normal_of(it->set.guarantee_milli);
	pledge_add(core, above, 1);
}

static void tenant_clear(struct tenant *it)
{
	it->parent = it->first_child = it->next_child = it->holder = it->capped = -1;
	it->pending = it->running = it->tree_pending = it->tree_running = it->kept_jobs = 0;
	it->tree_normal = it->kept_normal = it->promised_normal = it->used_normal = 0;
	it->rank = it->pledge = 0;
	it->gates[0] = it->gates[1] = it->bundles = it->closed = -1;
	it->gate_next = GATE_UNLISTED;
}

void tree_grow(struct parc_core *core, int32_t tenant)
{
	tenant_clear(&core->tenants[tenant]);
	tenant_link(core, tenant);
	core->ruled += tree_has_rule(&core->tenants[tenant].set);
}

/* Link those whose parent is `parent`, and all below them. */
static void children_link(struct parc_core *core, int64_t parent, int32_t depth)
{
	if (depth == PARC_TENANTS_DEEP) /* only a decoded state can be deeper, and is refused */
		return;
	for (int32_t i = 0; i < core->tenants_table.high; i++) {
		struct tenant *it = &core->tenants[i];

		if (it->set.tenant == PARC_NONE || it->set.parent != parent)
			continue;
		tenant_link(core, i);
		core->ruled += tree_has_rule(&it->set);
		children_link(core, it->set.tenant, depth + 1);
	}
}

static void jobs_count(struct parc_core *core)
{
	for (int32_t i = 0; i < core->jobs_table.high; i++) {
		const struct job *it = &core->jobs[i];

		if (it->id == PARC_NONE)
			continue;
		if (it->state == PARC_JOB_PENDING)
			tree_add_pending(core, spec_of(core, it)->tenant, !job_is_service(it));
		else
			tree_add_running(core, spec_of(core, it)->tenant, 1);
	}
}

void tree_recount_kept(struct parc_core *core)
{
	for (int32_t i = 0; i < core->tenants_table.high; i++)
		core->tenants[i].kept_jobs = core->tenants[i].kept_normal = 0;
	for (int32_t slot = 0; slot < core->reservations_table.high; slot++) {
		int32_t job = core->reservations[slot].job;

		if (job >= 0)
			tree_add_kept(core, job_spec(core, job)->tenant, 1, quota_kept(core, job));
	}
}

void tree_rebuild(struct parc_core *core)
{
	core->ruled = 0;
	for (int32_t i = 0; i < core->tenants_table.high; i++)
		tenant_clear(&core->tenants[i]);
	core->gates_changed = -1;
	core->pledges_count = 1; /* the first is that of all chips */
	core->pledges[0] = (struct pledge){0};
	children_link(core, PARC_NONE, 0);
	jobs_count(core);
	for (int32_t i = 0; i < core->jobs_table.high; i++)
		if (allocation_is_live(core, i))
			usage_count(core, i);
}

void tree_add_pending(struct parc_core *core, int32_t tenant, int32_t more)
{
	if (tenant >= 0)
		core->tenants[tenant].pending += more;
	for (; tenant >= 0; tenant = core->tenants[tenant].parent)
		core->tenants[tenant].tree_pending += more;
}

void tree_add_running(struct parc_core *core, int32_t tenant, int32_t more)
{
	if (tenant >= 0)
		core->tenants[tenant].running += more;
	for (; tenant >= 0; tenant = core->tenants[tenant].parent) {
		core->tenants[tenant].tree_running += more;
		if (more < 0)
			quota_note(core, tenant);
	}
}

void tree_claim(struct parc_core *core, int32_t tenant, int32_t jobs, int64_t normal)
{
	for (; tenant >= 0; tenant = core->tenants[tenant].parent) {
		core->tenants[tenant].kept_jobs += jobs;
		core->tenants[tenant].kept_normal += normal;
	}
}

void tree_add_kept(struct parc_core *core, int32_t tenant, int32_t more, int64_t normal)
{
	tree_claim(core, tenant, more, more * normal);
	for (; tenant >= 0 && more < 0; tenant = core->tenants[tenant].parent)
		quota_note(core, tenant);
}

static int fulfils(const struct tenant *holder, int32_t chip)
{
	return holder->set.guarantee_chips == 0 || (holder->set.guarantee_chips >> chip & 1);
}

void tree_add_normal(struct parc_core *core, int32_t tenant, int32_t chip, int64_t normal)
{
	int32_t holder = tenant < 0 ? -1 : core->tenants[tenant].holder;

	for (; tenant >= 0; tenant = core->tenants[tenant].parent) {
		core->tenants[tenant].tree_normal += normal;
		if (normal < 0)
			quota_note(core, tenant);
	}
	if (holder < 0 || !fulfils(&core->tenants[holder], chip))
		return;
	pledge_add(core, holder, -1);
	core->tenants[holder].used_normal += normal;
	pledge_add(core, holder, 1);
	strand_holder_changed(core, holder);
}

int64_t tree_left_normal(const struct parc_core *core, int32_t holder)
{
	const struct tenant *it = &core->tenants[holder];

	return (it->promised_normal > 0 ? it->promised_normal : 0) - it->used_normal;
}

int tree_check_pending(const struct parc_core *core, int32_t tenant, struct parc_err *err)
{
	for (; tenant >= 0; tenant = core->tenants[tenant].parent) {
		const struct tenant *it = &core->tenants[tenant];

		if (it->set.pending_max > 0 && it->tree_pending >= it->set.pending_max)
			return parc_err_set(err, PARC_ERR_FULL,
					    "tenant %lld has %d jobs waiting, as many as it may "
					    "(pending_max); submit again when some have started",
					    (long long)it->set.tenant, it->tree_pending);
	}
	return 0;
}

/* ---- Checking */

/* What one tenant should have, counted from jobs and from its children. */
struct recount {
	int64_t normal, pending, running, kept_normal;
};

static void recount_add(const struct parc_core *core, int32_t tenant, struct recount *sum)
{
	const struct tenant *it = &core->tenants[tenant];

	sum->normal += it->usage.normal.rate;
	sum->pending += it->pending;
	sum->running += it->running;
	for (int32_t slot = 0; slot < core->reservations_table.high; slot++) {
		int32_t job = core->reservations[slot].job;

		if (job >= 0 && job_spec(core, job)->tenant == tenant)
			sum->kept_normal += quota_need(core, job);
	}
	for (int32_t i = it->first_child; i >= 0; i = core->tenants[i].next_child)
		recount_add(core, i, sum);
}

static int check_jobs(const struct parc_core *core, struct parc_err *err)
{
	int64_t pending = 0, running = 0;

	for (int32_t i = 0; i < core->jobs_table.high; i++)
		if (core->jobs[i].id != PARC_NONE && job_spec(core, i)->tenant >= 0 &&
		    !job_is_service(&core->jobs[i]))
			*(core->jobs[i].state == PARC_JOB_PENDING ? &pending : &running) += 1;
	for (int32_t i = 0; i < core->tenants_table.high; i++) {
		pending -= core->tenants[i].pending;
		running -= core->tenants[i].running;
	}
	if (pending != 0 || running != 0)
		return parc_err_set(err, PARC_ERR_MISMATCH,
				    "T1: tenants count other jobs than there are");
	return 0;
}

int tree_verify(const struct parc_core *core, struct parc_err *err)
{
	for (int32_t i = 0; i < core->tenants_table.high; i++) {
		const struct tenant *it = &core->tenants[i];
		struct recount sum = {0};

		recount_add(core, i, &sum);
		if (sum.normal != it->tree_normal || sum.pending != it->tree_pending ||
		    sum.running != it->tree_running || it->used_normal < 0 ||
		    (core->stranded && sum.kept_normal != it->kept_normal) ||
		    it->parent != idmap_find(&core->tenant_ids, it->set.parent))
			return parc_err_set(err, PARC_ERR_MISMATCH,
					    "T1: the sums of tenant %lld are not those of its tree",
					    (long long)it->set.tenant);
	}
	return check_jobs(core, err);
}
