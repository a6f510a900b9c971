/* SPDX-License-Identifier: Apache-2.0 */
#include "core/tree.h"

#include <string.h>

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

int tree_has_guarantee(const struct parc_tenant *set)
{
	return parc_guarantee_find(set, 0) >= 0;
}

int tree_has_rule(const struct parc_tenant *set)
{
	return tree_has_guarantee(set) || set->limit_milli > 0 || set->jobs_max > 0;
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
static void pledge_add(struct parc_core *core, const struct tenant *holder, int32_t place, int sign)
{
	int64_t left = tree_left_of(holder, place);
	struct pledge *pledge = &core->pledges[holder->guarantees[place].pledge];

	if (left <= 0)
		return;
	pledge->normal += sign * left;
	core->pledge_freed |= pledge->normal == 0;
}

/* So much more is promised to a holder itself. */
static void promise_add(struct parc_core *core, int32_t holder, int32_t place, int64_t normal)
{
	struct tenant *it = &core->tenants[holder];

	pledge_add(core, it, place, -1);
	it->guarantees[place].promised_normal += normal;
	pledge_add(core, it, place, 1);
}

/* Its guarantees, of which each is part of one of the holder above. */
static void guarantees_link(struct parc_core *core, int32_t slot, int32_t above)
{
	struct tenant *it = &core->tenants[slot];

	for (int32_t i = 0; i < PARC_GUARANTEES_MAX; i++) {
		const struct parc_guarantee *set = &it->set.guarantees[i];
		int64_t normal = tree_normal_of(set->milli);
		int32_t whole;

		if (set->milli == 0)
			continue;
		it->guarantees[i].pledge = pledge_find(core, set->chips);
		promise_add(core, slot, i, normal);
		whole = above < 0 ? -1 : parc_guarantee_find(&core->tenants[above].set, set->chips);
		if (whole >= 0)
			promise_add(core, above, whole, -normal);
	}
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
	if (!tree_has_guarantee(&it->set))
		return;
	it->holder = slot;
	guarantees_link(core, slot, above);
}

static void tenant_clear(struct tenant *it)
{
	it->parent = it->first_child = it->next_child = it->holder = it->capped = -1;
	it->pending = it->running = it->tree_pending = it->tree_running = it->kept_jobs = 0;
	it->tree_normal = it->kept_normal = 0;
	it->rank = 0;
	memset(it->guarantees, 0, sizeof(it->guarantees));
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

int tree_use(struct parc_core *core, int32_t holder, int32_t chip, int64_t normal)
{
	struct tenant *it = &core->tenants[holder];
	int32_t place = parc_guarantee_find(&it->set, UINT64_C(1) << chip);

	if (place < 0)
		return 0;
	pledge_add(core, it, place, -1);
	it->guarantees[place].used_normal += normal;
	pledge_add(core, it, place, 1);
	return 1;
}

void tree_add_normal(struct parc_core *core, int32_t tenant, int32_t chip, int64_t normal)
{
	int32_t holder = tenant < 0 ? -1 : core->tenants[tenant].holder;

	for (; tenant >= 0; tenant = core->tenants[tenant].parent) {
		core->tenants[tenant].tree_normal += normal;
		if (normal < 0)
			quota_note(core, tenant);
	}
	if (holder >= 0 && tree_use(core, holder, chip, normal))
		strand_holder_changed(core, holder);
}

int64_t tree_left_of(const struct tenant *holder, int32_t place)
{
	const struct guarantee *it = &holder->guarantees[place];

	return (it->promised_normal > 0 ? it->promised_normal : 0) - it->used_normal;
}

uint32_t tree_places(const struct parc_core *core, int32_t holder, uint64_t chips)
{
	const struct parc_tenant *set = &core->tenants[holder].set;
	uint32_t places = 0;

	for (int32_t i = 0; i < PARC_GUARANTEES_MAX; i++)
		if (parc_guarantee_meets(&set->guarantees[i], chips))
			places |= 1u << i;
	return places;
}

int64_t tree_left_normal(const struct parc_core *core, int32_t holder, uint32_t places)
{
	int64_t least = INT64_MAX;

	for (uint32_t rest = places; rest != 0; rest &= rest - 1) {
		int64_t left = tree_left_of(&core->tenants[holder], __builtin_ctz(rest));

		least = left < least ? left : least;
	}
	return places == 0 ? INT64_MIN : least;
}

uint64_t tree_chips(const struct parc_core *core, int32_t holder, uint32_t places)
{
	uint64_t all = 0;

	for (; places != 0; places &= places - 1) {
		uint64_t chips = core->tenants[holder].set.guarantees[__builtin_ctz(places)].chips;

		all |= chips == 0 ? UINT64_MAX : chips;
	}
	return all;
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

static int uses_less_than_nothing(const struct tenant *it)
{
	for (int32_t i = 0; i < PARC_GUARANTEES_MAX; i++)
		if (it->guarantees[i].used_normal < 0)
			return 1;
	return 0;
}

/* What holders may still want is what is pledged. */
static int check_pledges(const struct parc_core *core, struct parc_err *err)
{
	int64_t normal[PLEDGES_MAX] = {0};

	for (int32_t i = 0; i < core->tenants_table.high; i++) {
		const struct tenant *it = &core->tenants[i];

		for (int32_t k = 0; k < PARC_GUARANTEES_MAX && it->holder == i; k++) {
			int64_t left = tree_left_of(it, k);

			normal[it->guarantees[k].pledge] += left > 0 ? left : 0;
		}
	}
	for (int32_t i = 0; i < core->pledges_count; i++)
		if (normal[i] != core->pledges[i].normal)
			return parc_err_set(err, PARC_ERR_MISMATCH,
					    "T1: pledged is another amount than guarantees want");
	return 0;
}

int tree_verify(const struct parc_core *core, struct parc_err *err)
{
	for (int32_t i = 0; i < core->tenants_table.high; i++) {
		const struct tenant *it = &core->tenants[i];
		struct recount sum = {0};

		recount_add(core, i, &sum);
		if (sum.normal != it->tree_normal || sum.pending != it->tree_pending ||
		    sum.running != it->tree_running || uses_less_than_nothing(it) ||
		    (core->stranded && sum.kept_normal != it->kept_normal) ||
		    it->parent != idmap_find(&core->tenant_ids, it->set.parent))
			return parc_err_set(err, PARC_ERR_MISMATCH,
					    "T1: the sums of tenant %lld are not those of its tree",
					    (long long)it->set.tenant);
	}
	if (check_pledges(core, err) != 0)
		return PARC_ERR_MISMATCH;
	return check_jobs(core, err);
}
