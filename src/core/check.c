/* SPDX-License-Identifier: Apache-2.0 */
#include "core/check.h"

#include "core/array.h"
#include "core/closure.h"
#include "core/fair.h"
#include "core/fit.h"
#include "core/job.h"
#include "core/node.h"
#include "core/pack.h"
#include "core/shape.h"
#include "core/spec.h"
#include "core/speed.h"
#include "core/strand.h"
#include "core/tree.h"

/* Errors are rare: what tells them stands apart from what checks. */
#define RARE __attribute__((cold, noinline))

__attribute__((noinline)) int check_range(const char *field, int64_t value, int64_t low,
					  int64_t high, struct parc_err *err)
{
	if (value >= low && value <= high)
		return 0;
	return parc_err_set(err, PARC_ERR_INVALID, "%s is %lld; it must be %lld to %lld", field,
			    (long long)value, (long long)low, (long long)high);
}

/* The same where it is asked at each step and hardly ever false. */
static inline int check_at_once(const char *field, int64_t value, int64_t low, int64_t high,
				struct parc_err *err)
{
	return value >= low && value <= high ? 0 : check_range(field, value, low, high, err);
}

/* One row a field; the first that is out of range is the error. */
struct range {
	const char *field;
	int64_t value, low, high;
};

/* Unrolled, so that of the table only the comparisons are left. */
static inline __attribute__((always_inline)) int check_ranges(const struct range *ranges,
							      size_t count, struct parc_err *err)
{
#pragma GCC unroll 32
	for (size_t i = 0; i < count; i++) {
		if (ranges[i].value < ranges[i].low || ranges[i].value > ranges[i].high)
			return check_range(ranges[i].field, ranges[i].value, ranges[i].low,
					   ranges[i].high, err);
	}
	return 0;
}

#define CHECK_RANGES(ranges, err) check_ranges(ranges, sizeof(ranges) / sizeof(*(ranges)), err)

static RARE int full(struct parc_err *err, const char *table, int64_t limit)
{
	return parc_err_set(err, PARC_ERR_FULL, "the table of %s is full at %lld; raise its limit",
			    table, (long long)limit);
}

static RARE int unknown(struct parc_err *err, const char *what, int64_t id)
{
	return parc_err_set(err, PARC_ERR_UNKNOWN, "there is no %s %lld", what, (long long)id);
}

static int check_new_id(const char *what, int64_t id, int64_t last, struct parc_err *err)
{
	if (id <= 0)
		return check_range("id", id, 1, INT64_MAX, err);
	if (id > last)
		return 0;
	return parc_err_set(err, PARC_ERR_EXISTS,
			    "%s id %lld was used before or is below one that was; the next is %lld",
			    what, (long long)id, (long long)last + 1);
}

static int check_templates(const struct parc_chip *chip, struct parc_err *err)
{
	for (int32_t t = 0; t < chip->templates_count; t++) {
		const struct parc_template *it = &chip->templates[t];
		const struct range ranges[] = {
			{"template share_milli", it->share_milli, 1, PARC_SHARE_WHOLE},
			{"template memory_mib", it->memory_mib, 0, chip->memory_mib},
			{"template slots", it->slots, 1, chip->slots},
		};
		int code = CHECK_RANGES(ranges, err);

		if (code == 0)
			code = check_range("template starts", it->starts, 1,
					   (INT64_C(1) << (chip->slots - it->slots + 1)) - 1, err);
		if (code != 0)
			return code;
	}
	return 0;
}

/* What is free on its devices was laid out by the old entry: only prices, rates and speeds may
 * change while there are such devices. */
static int chip_layout_is_equal(const struct parc_chip *a, const struct parc_chip *b)
{
	int equal = a->rule == b->rule && a->memory_mib == b->memory_mib &&
		    a->step_milli == b->step_milli && a->unit == b->unit &&
		    a->counts == b->counts && a->one_user == b->one_user &&
		    a->within_link == b->within_link && a->slots == b->slots &&
		    a->templates_count == b->templates_count;

	for (int32_t t = 0; equal && t < a->templates_count; t++)
		equal = a->templates[t].share_milli == b->templates[t].share_milli &&
			a->templates[t].memory_mib == b->templates[t].memory_mib &&
			a->templates[t].slots == b->templates[t].slots &&
			a->templates[t].starts == b->templates[t].starts;
	return equal;
}

int check_chip(const struct parc_core *core, const struct parc_chip *chip, struct parc_err *err)
{
	int templates = chip->rule == PARC_RULE_TEMPLATES;
	const struct range ranges[] = {
		{"chip", chip->chip, 0, PARC_CHIPS_MAX - 1},
		{"rule", chip->rule, 0, PARC_RULE_CORES},
		{"memory_mib", chip->memory_mib, 0, PARC_DEVICE_MEMORY_MAX},
		{"step_milli", chip->step_milli, 1, PARC_SHARE_WHOLE},
		{"rate_milli", chip->rate_milli, 1, 1000 * PARC_SHARE_WHOLE},
		{"runtime", chip->runtime, 0, INT32_MAX},
		{"unit", chip->unit, 1, templates ? 1 : PARC_NODE_DEVICES_MAX},
		{"one_user", chip->one_user, 0, templates ? 0 : 1},
		{"within_link", chip->within_link, 0, 1},
		{"slots", chip->slots, templates ? 1 : 0, PARC_SLOTS_MAX},
		{"templates_count", chip->templates_count, templates ? 1 : 0,
		 templates ? PARC_TEMPLATES_MAX : 0},
		{"mode_cost_us", chip->mode_cost_us, 0, PARC_TIME_MAX},
	};
	int code = CHECK_RANGES(ranges, err);

	for (int32_t c = 0; code == 0 && c < 4; c++) {
		code = check_range("speed_milli", chip->speed_milli[c], 0, INT32_MAX, err);
		if (code == 0)
			code = check_range("price_micro", chip->price_micro[c], 0, INT64_MAX / 2,
					   err);
	}
	if (code == 0)
		code = check_templates(chip, err);
	if (code == 0 && (core->chips_known >> chip->chip & 1) &&
	    !chip_layout_is_equal(chip, &core->chips[chip->chip]) &&
	    core->chip_total[chip->chip] > 0)
		return parc_err_set(err, PARC_ERR_STATE,
				    "chip %d has devices in the fleet; only its rate, prices and "
				    "speeds can change",
				    chip->chip);
	return code;
}

int check_task(const struct parc_task *task, struct parc_err *err)
{
	int devices = task->devices > 0;
	const struct range ranges[] = {
		{"devices", task->devices, 0, PARC_NODE_DEVICES_MAX},
		{"share_milli", task->share_milli, devices, devices ? PARC_SHARE_WHOLE : 0},
		{"device_memory_mib", task->device_memory_mib, 0,
		 devices ? PARC_DEVICE_MEMORY_MAX : 0},
		{"cpu_milli", task->cpu_milli, 0, PARC_CPU_MAX},
		{"memory_mib", task->memory_mib, 0, PARC_MEMORY_MAX},
		{"link", task->link, 0, PARC_STRENGTH_REQUIRE},
	};

	return CHECK_RANGES(ranges, err);
}

static int check_groups(const struct parc_core *core, const struct parc_submit *submit,
			struct parc_err *err)
{
	int64_t tasks_most = core->placements_max < core->limits.tasks ? core->placements_max
								       : core->limits.tasks;
	int64_t tasks = 0;

	for (int32_t g = 0; g < submit->groups_count; g++) {
		const struct parc_group *group = &submit->groups[g];
		const struct range ranges[] = {
			{"tasks_min", group->tasks_min, 1, tasks_most},
			{"tasks_max", group->tasks_max, group->tasks_min, tasks_most},
			{"mixed_chips", group->mixed_chips, 0, 1},
		};
		int code = check_task(&group->task, err);

		if (code == 0)
			code = CHECK_RANGES(ranges, err);
		if (code != 0)
			return code;
		tasks += group->tasks_max;
	}
	return check_at_once("tasks of all groups", tasks, 1, tasks_most, err);
}

static int check_variants(const struct parc_submit *submit, struct parc_err *err)
{
	for (int32_t v = 0; v < submit->variants_count; v++) {
		const struct parc_variant *it = &submit->variants[v];
		const struct range ranges[] = {
			{"variant speed_milli", it->speed_milli, 0, INT32_MAX},
			{"variant device_memory_mib", it->device_memory_mib, 0,
			 PARC_DEVICE_MEMORY_MAX},
		};
		int code = CHECK_RANGES(ranges, err);

		if (code != 0)
			return code;
		if (it->chips == 0)
			return parc_err_set(err, PARC_ERR_INVALID,
					    "variant %d names no chip; name one or more", v);
	}
	return 0;
}

/* A job that has ended is out of the core: whether it ended well is not known here any more. */
static int check_depends(const struct parc_core *core, const struct parc_submit *submit,
			 struct parc_err *err)
{
	for (int32_t d = 0; d < submit->depends_count; d++) {
		const struct parc_depend *it = &submit->depends[d];
		int of_array = it->kind >= PARC_DEPEND_ARRAY;
		int code = check_range("dependency kind", it->kind, 0,
				       PARC_DEPEND_ARRAY + PARC_DEPEND_FAILED, err);

		if (code != 0)
			return code;
		if (it->job <= 0 || it->job > core->last_job)
			return unknown(err, "job to wait for,", it->job);
		if (of_array && it->job == submit->array)
			return parc_err_set(err, PARC_ERR_INVALID,
					    "a job cannot wait for its own array");
		if (it->kind % PARC_DEPEND_ARRAY != PARC_DEPEND_ANY &&
		    (of_array ? !array_is_there(core, it->job)
			      : idmap_find(&core->job_ids, it->job) < 0))
			return parc_err_set(err, PARC_ERR_STATE,
					    "job %lld has ended; how is not known here any more",
					    (long long)it->job);
	}
	return 0;
}

/* It is unlike all jobs that there are, and one more kind of them has no room. */
static RARE int full_of_specs(const struct parc_core *core, const struct parc_submit *submit,
			      struct parc_err *err)
{
	if (!table_has_room(&core->specs_table, 1))
		return full(err, "unlike jobs", core->specs_table.size);
	if (!table_has_room(&core->groups_table, submit->groups_count))
		return full(err, "groups", core->limits.groups);
	return full(err, "variants and dependencies", core->limits.extras);
}

static int check_submit_rooms(const struct parc_core *core, const struct parc_submit *submit,
			      struct parc_err *err)
{
	if (!table_has_room(&core->jobs_table, 1))
		return full(err, "jobs", core->limits.jobs);
	if (!spec_has_room(core, submit->groups_count, submit->variants_count) &&
	    spec_find(core, submit) < 0)
		return full_of_specs(core, submit, err);
	if (!table_has_room(&core->depends_table, submit->depends_count))
		return full(err, "variants and dependencies", core->limits.extras);
	if (submit->service.replicas_max > 0 && !table_has_room(&core->services_table, 1))
		return full(err, "services", core->services_table.size);
	if (!shape_has_room(core, submit->groups_count))
		return full(err, "shapes", core->limits.shapes);
	if (!strand_has_room(core))
		return full(err, "kinds of jobs by tenant", core->strands_table.size);
	return 0;
}

static int check_submit_fields(const struct parc_submit *submit, struct parc_err *err)
{
	const struct range ranges[] = {
		{"user", submit->user, 1, PARC_USER_MAX},
		{"kind", submit->kind, 0, INT64_MAX},
		{"tier", submit->tier, 0, PARC_TIERS_MAX - 1},
		{"class", submit->work_class, 0, PARC_CLASS_BATCH},
		{"time_limit_us", submit->time_limit_us, 0, PARC_TIME_MAX},
		{"expected_us", submit->expected_us, 0, PARC_TIME_MAX},
		{"checkpoint_us", submit->checkpoint_us, 0, PARC_TIME_MAX},
		{"grace_us", submit->grace_us, 0, PARC_TIME_MAX},
		{"array", submit->array, 0, submit->job},
		{"array_running_max", submit->array_running_max, 0, INT32_MAX},
		{"now_or_never", submit->now_or_never, 0, 1},
		{"held", submit->held, 0, 1},
		{"requeue", submit->requeue, 0, 1},
		{"preemptible", submit->preemptible, 0, 1},
		{"packable", submit->packable, 0, 1},
		{"close_level", submit->close_level, 0, PARC_LEVEL_NODE},
		{"close_strength", submit->close_strength, 0, PARC_STRENGTH_REQUIRE},
		{"groups", submit->groups_count, 1, PARC_GROUPS_MAX},
		{"variants", submit->variants_count, 0, PARC_VARIANTS_MAX},
		{"dependencies", submit->depends_count, 0, PARC_DEPENDS_MAX},
	};

	return CHECK_RANGES(ranges, err);
}

/* Whoever is packed beside others must say how much memory it needs. */
static int check_packable(const struct parc_submit *submit, struct parc_err *err)
{
	for (int32_t g = 0; g < submit->groups_count && submit->packable; g++)
		if (submit->groups[g].task.devices > 0 &&
		    submit->groups[g].task.device_memory_mib == 0)
			return parc_err_set(err, PARC_ERR_INVALID,
					    "a packable job says the device memory of its tasks");
	return 0;
}

/* Its replicas have no length, and it is there before and after each of them. */
static int check_service(const struct parc_submit *submit, struct parc_err *err)
{
	const struct parc_service *it = &submit->service;
	const struct range ranges[] = {
		{"replicas_max", it->replicas_max, 1, PARC_REPLICAS_MAX},
		{"replicas_min", it->replicas_min, 0, it->replicas_max},
		{"capacity_milli", it->capacity_milli, 1, PARC_LOAD_MAX},
		{"target_milli", it->target_milli, 0, PARC_SHARE_WHOLE},
		{"time_limit_us of a service", submit->time_limit_us, 0, 0},
		{"expected_us of a service", submit->expected_us, 0, 0},
		{"array of a service", submit->array, 0, 0},
		{"now_or_never of a service", submit->now_or_never, 0, 0},
	};

	return it->replicas_max == 0 ? 0 : CHECK_RANGES(ranges, err);
}

int check_submit(const struct parc_core *core, const struct parc_submit *submit,
		 struct parc_err *err)
{
	int32_t tenant = submit->tenant != PARC_NONE ? tenant_find(core, submit->tenant) : -1;
	int code = check_new_id("job", submit->job, core->last_job, err);

	spec_foresee(core, submit);
	if (code == 0)
		code = check_at_once("job id", submit->job, 1, PARC_REPLICA_IDS, err);
	if (code == 0)
		code = check_submit_fields(submit, err);
	if (code == 0)
		code = check_service(submit, err);
	if (code == 0 && submit->tenant != PARC_NONE && tenant < 0)
		code = unknown(err, "tenant", submit->tenant);
	if (code == 0)
		code = check_groups(core, submit, err);
	if (code == 0)
		code = check_packable(submit, err);
	if (code == 0)
		code = check_variants(submit, err);
	if (code == 0)
		code = check_depends(core, submit, err);
	if (code == 0)
		code = array_check(core, submit, err);
	if (code == 0)
		code = tree_check_pending(core, tenant, err);
	return code == 0 ? check_submit_rooms(core, submit, err) : code;
}

static int check_pool(const struct parc_core *core, const struct parc_node_add *add,
		      const struct parc_pool *pool, struct parc_err *err)
{
	const struct parc_chip *chip = &core->chips[pool->chip & (PARC_CHIPS_MAX - 1)];
	int cores, code = check_range("pool chip", pool->chip, 0, PARC_CHIPS_MAX - 1, err);

	if (code != 0)
		return code;
	if (!(core->chips_known >> pool->chip & 1))
		return unknown(err, "chip", pool->chip);
	cores = chip->rule == PARC_RULE_CORES;
	if (cores)
		return check_range("devices of a pool of cores, in thousandths, beside cpu_milli",
				   (int64_t)pool->devices * PARC_SHARE_WHOLE, add->cpu_milli,
				   add->cpu_milli, err);
	code = check_range("pool devices", pool->devices, 1, core->limits.node_devices, err);
	if (code == 0)
		code = check_range("pool link_size", pool->link_size, 0, pool->devices, err);
	if (code == 0 && (pool->devices % chip->unit != 0 || pool->link_size % chip->unit != 0))
		return parc_err_set(err, PARC_ERR_INVALID,
				    "a pool of %d devices, %d a link, cannot hold units of %d",
				    pool->devices, pool->link_size, chip->unit);
	return code;
}

static int check_pools(const struct parc_core *core, const struct parc_node_add *add,
		       struct parc_err *err)
{
	int64_t devices = 0;
	int32_t cores = 0;

	for (int32_t p = 0; p < add->pools_count; p++) {
		const struct parc_pool *pool = &add->pools[p];
		int code = check_pool(core, add, pool, err);

		if (code != 0)
			return code;
		if (core->chips[pool->chip].rule == PARC_RULE_CORES)
			cores++;
		else
			devices += pool->devices;
	}
	if (cores > 1)
		return parc_err_set(err, PARC_ERR_INVALID,
				    "a node has %d pools of cores; it has one set of cores", cores);
	return check_range("devices of a node", devices, 0, core->limits.node_devices, err);
}

int check_node_add(const struct parc_core *core, const struct parc_node_add *add,
		   struct parc_err *err)
{
	const struct range ranges[] = {
		{"rank", add->rank, 0, INT32_MAX},
		{"cpu_milli", add->cpu_milli, 0, PARC_CPU_MAX},
		{"memory_mib", add->memory_mib, 0, PARC_MEMORY_MAX},
		{"pools", add->pools_count, 0, PARC_NODE_POOLS_MAX},
	};
	int code = check_new_id("node", add->node, core->last_node, err);

	if (code == 0)
		code = CHECK_RANGES(ranges, err);
	if (code == 0)
		code = check_pools(core, add, err);
	if (code != 0)
		return code;
	if (add->place != PARC_NONE && idmap_find(&core->place_ids, add->place) < 0)
		return unknown(err, "place", add->place);
	if (!table_has_room(&core->nodes_table, 1))
		return full(err, "nodes", core->limits.nodes);
	if (node_kind_find((struct parc_core *)core, add, 0) < 0)
		return full(err, "kinds of nodes", KINDS_MAX);
	return 0;
}

/* Levels of the tree from this tenant down. */
static int32_t tenant_depth_below(const struct parc_core *core, int32_t tenant)
{
	int32_t most = 0;

	for (int32_t i = core->tenants[tenant].first_child; i >= 0;
	     i = core->tenants[i].next_child) {
		int32_t depth = tenant_depth_below(core, i);

		most = depth > most ? depth : most;
	}
	return most + 1;
}

static int check_guarantees(const struct parc_tenant *set, struct parc_err *err)
{
	int32_t places[2], chip, code = 0;

	for (int32_t i = 0; i < PARC_GUARANTEES_MAX && code == 0; i++)
		code = check_range("milli of a guarantee", set->guarantees[i].milli, 0,
				   PARC_NORMAL_MAX, err);
	if (code != 0 || !parc_guarantees_clash(set, places, &chip))
		return code;
	return parc_err_set(err, PARC_ERR_INVALID,
			    "chip %d can fulfil guarantee %d of tenant %lld and guarantee %d too; "
			    "name each chip in one of them",
			    chip, places[0] + 1, (long long)set->tenant, places[1] + 1);
}

int check_tenant_fields(const struct parc_tenant *set, struct parc_err *err)
{
	const struct range ranges[] = {
		{"tenant", set->tenant, 1, INT64_MAX},
		{"weight", set->weight, 1, INT32_MAX},
		{"limit_milli", set->limit_milli, 0, PARC_NORMAL_MAX},
		{"jobs_max", set->jobs_max, 0, INT64_MAX / 2},
		{"pending_max", set->pending_max, 0, INT64_MAX / 2},
		{"budget_micro", set->budget_micro, 0, INT64_MAX / 2},
	};
	int code = CHECK_RANGES(ranges, err);

	return code != 0 ? code : check_guarantees(set, err);
}

static int check_tenant(const struct parc_core *core, const struct parc_tenant *set,
			struct parc_err *err)
{
	int code = check_tenant_fields(set, err);
	int32_t at = idmap_find(&core->tenant_ids, set->parent), deep = 0;

	if (code != 0)
		return code;
	if (set->parent != PARC_NONE && at < 0)
		return unknown(err, "parent tenant", set->parent);
	for (; at >= 0; at = core->tenants[at].parent, deep++)
		if (core->tenants[at].set.tenant == set->tenant)
			return parc_err_set(err, PARC_ERR_INVALID,
					    "tenant %lld would be below itself",
					    (long long)set->tenant);
	at = idmap_find(&core->tenant_ids, set->tenant);
	if (at < 0 && !table_has_room(&core->tenants_table, 1))
		return full(err, "tenants", core->limits.tenants);
	deep += at < 0 ? 1 : tenant_depth_below(core, at);
	if (deep > PARC_TENANTS_DEEP)
		return parc_err_set(err, PARC_ERR_INVALID,
				    "tenant %lld would make the tree %d levels deep; %d at most",
				    (long long)set->tenant, deep, PARC_TENANTS_DEEP);
	return 0;
}

int check_policy(const struct parc_policy *policy, struct parc_err *err)
{
	const struct range ranges[] = {
		{"place", policy->place, 0, PARC_PLACE_FGD},
		{"order", policy->order, 0, PARC_ORDER_LONGEST},
		{"backfill", policy->backfill, 0, PARC_BACKFILL_DEAL},
		{"reserve_max", policy->reserve_max, 0, PARC_RESERVE_MAX},
		{"age_us", policy->age_us, 0, PARC_TIME_MAX},
		{"trial_max", policy->trial_max, 0, PARC_SPEED_RUNS_MAX},
		{"preempt", policy->preempt, 0, 1},
		{"reclaim", policy->reclaim, 0, 1},
		{"victims", policy->victims, 0, PARC_VICTIMS_LOWEST},
		{"lend", policy->lend, 0, PARC_LEND_NONE},
		{"run_min_us", policy->run_min_us, 0, PARC_TIME_MAX},
		{"reclaim_us", policy->reclaim_us, 0, PARC_TIME_MAX},
		{"round_us", policy->round_us, 0, PARC_TIME_MAX},
		{"move_us", policy->move_us, 0, PARC_TIME_MAX / PARC_SHARE_WHOLE},
		{"pairs", policy->pairs, 0, 1},
		{"epoch_us", policy->epoch_us, 0, PARC_TIME_MAX},
		{"grace_us", policy->grace_us, 0, PARC_TIME_MAX},
		{"half_life_us", policy->half_life_us, 0, PARC_TIME_MAX},
		{"requeue_max", policy->requeue_max, 0, INT32_MAX - 1},
		{"shrink_us", policy->shrink_us, 0, PARC_TIME_MAX},
		{"idle_us", policy->idle_us, 0, PARC_TIME_MAX},
		{"idle_grace_us", policy->idle_grace_us, 0, PARC_TIME_MAX},
		{"idle_milli", policy->idle_milli, 0, PARC_SHARE_WHOLE},
		{"idle_act", policy->idle_act, 0, PARC_IDLE_STOP},
		{"pack_margin_milli", policy->pack_margin_milli, 0, PARC_SHARE_WHOLE},
	};

	int code = CHECK_RANGES(ranges, err);

	for (int32_t tier = 0; tier < PARC_TIERS_MAX && code == 0; tier++)
		code = check_range("rights of a tier", policy->rights[tier], 0, (1 << tier) - 1,
				   err);
	return code;
}

static int check_profile(const struct parc_event *event, struct parc_err *err)
{
	int code = check_range("profile count", event->profile.count, 0, PARC_PROFILE_MAX, err);

	for (int32_t i = 0; code == 0 && i < event->profile.count; i++) {
		code = check_task(&event->profile.entries[i].task, err);
		if (code == 0)
			code = check_range("profile entry count", event->profile.entries[i].count,
					   1, INT32_MAX, err);
	}
	return code;
}

static int check_place(const struct parc_core *core, const struct parc_event *event,
		       struct parc_err *err)
{
	int32_t parent = idmap_find(&core->place_ids, event->place.parent);
	int code = check_new_id("place", event->place.place, core->last_place, err);

	if (code == 0)
		code = check_range("level", event->place.level, PARC_LEVEL_SITE, PARC_LEVEL_RACK,
				   err);
	if (code != 0)
		return code;
	if (event->place.parent != PARC_NONE && parent < 0)
		return unknown(err, "place", event->place.parent);
	if (parent >= 0 && core->places[parent].level >= event->place.level)
		return parc_err_set(err, PARC_ERR_INVALID, "a %s cannot lie in a %s",
				    parc_level_name(event->place.level),
				    parc_level_name(core->places[parent].level));
	if (!table_has_room(&core->places_table, 1))
		return full(err, "places", core->limits.places);
	return 0;
}

static int check_node_event(const struct parc_core *core, const struct parc_event *event,
			    struct parc_err *err)
{
	int32_t node = idmap_find(&core->node_ids, event->node.node);

	if (node < 0)
		return unknown(err, "node", event->node.node);
	if (event->kind == PARC_EVENT_NODE_REMOVE && core->nodes[node].tasks >= 0)
		return parc_err_set(err, PARC_ERR_STATE,
				    "node %lld still has tasks; drain it and let them end",
				    (long long)event->node.node);
	return check_range("maintenance", event->node.maintenance, 0, 1, err);
}

static int check_device(const struct parc_core *core, const struct parc_event *event,
			struct parc_err *err)
{
	int foreign = event->kind == PARC_EVENT_FOREIGN_USE;
	int32_t node = idmap_find(&core->node_ids, event->device.node);
	int code;

	if (node < 0)
		return unknown(err, "node", event->device.node);
	code = check_range("device", event->device.device, 0, core->nodes[node].devices_count - 1,
			   err);
	if (code == 0 && foreign)
		code = check_range("foreign share_milli", event->foreign.share_milli, 0,
				   PARC_SHARE_WHOLE, err);
	if (code == 0 && foreign)
		code = check_range("foreign memory_mib", event->foreign.memory_mib, 0,
				   PARC_DEVICE_MEMORY_MAX, err);
	return code;
}

static int check_run(const struct parc_core *core, const struct parc_event *event,
		     int32_t *run_slot, struct parc_err *err)
{
	int32_t slot = idmap_find(&core->allocation_ids, event->run.allocation);
	const struct allocation *it = &core->allocations[slot < 0 ? 0 : slot];
	int code = 0;

	if (slot < 0)
		return unknown(err, "allocation", event->run.allocation);
	*run_slot = slot;
	allocation_prefetch(core, slot);
	if (core->jobs[job_of(core, it)].attempt != event->run.attempt)
		return parc_err_set(err, PARC_ERR_STATE, "allocation %lld is attempt %d, not %d",
				    (long long)it->id, core->jobs[job_of(core, it)].attempt,
				    event->run.attempt);
	if (event->kind == PARC_EVENT_ENDED &&
	    (event->run.result < PARC_RESULT_OK || event->run.result > PARC_RESULT_LOST ||
	     event->run.result == PARC_RESULT_CANCELLED))
		return parc_err_set(err, PARC_ERR_INVALID, "an attempt ends ok, failed or lost");
	if (event->kind == PARC_EVENT_STOPPED && it->state != PARC_JOB_STOPPING)
		return parc_err_set(err, PARC_ERR_STATE, "allocation %lld was not told to stop",
				    (long long)it->id);
	if (event->kind == PARC_EVENT_PROGRESS || event->kind == PARC_EVENT_CHECKPOINT)
		code = check_range("work_us", event->run.work_us, 0, PARC_TIME_MAX, err);
	if (event->kind == PARC_EVENT_USE)
		code = check_range("busy_milli", event->run.busy_milli, -1, PARC_SHARE_WHOLE, err);
	return code;
}

static int check_job_event(const struct parc_core *core, const struct parc_event *event,
			   struct parc_err *err)
{
	int32_t job = idmap_find(&core->job_ids, event->job.job);

	if (job < 0)
		return unknown(err, "job", event->job.job);
	if (event->kind != PARC_EVENT_CANCEL && core->jobs[job].replica > 0)
		return parc_err_set(err, PARC_ERR_STATE,
				    "job %lld is a replica; hold or release its service",
				    (long long)event->job.job);
	return 0;
}

static int check_load(const struct parc_core *core, const struct parc_event *event,
		      struct parc_err *err)
{
	int32_t job = idmap_find(&core->job_ids, event->load.job);

	if (job < 0)
		return unknown(err, "job", event->load.job);
	if (core->jobs[job].service < 0 || core->jobs[job].replica > 0)
		return parc_err_set(err, PARC_ERR_STATE, "job %lld is no service",
				    (long long)event->load.job);
	return check_range("load_milli", event->load.load_milli, 0, PARC_LOAD_MAX, err);
}

static int check_outside(const struct parc_core *core, const struct parc_event *event,
			 struct parc_err *err)
{
	switch (event->kind) {
	case PARC_EVENT_TIME:
		return 0;
	case PARC_EVENT_CHIP_SET:
		return check_chip(core, &event->chip, err);
	case PARC_EVENT_TENANT_SET:
		return check_tenant(core, &event->tenant, err);
	case PARC_EVENT_POLICY_SET:
		return check_policy(&event->policy, err);
	case PARC_EVENT_PROFILE_SET:
		return check_profile(event, err);
	case PARC_EVENT_PLACE_ADD:
		return check_place(core, event, err);
	case PARC_EVENT_NODE_ADD:
		return check_node_add(core, &event->node_add, err);
	case PARC_EVENT_DEVICE_FAIL:
	case PARC_EVENT_DEVICE_REPAIR:
	case PARC_EVENT_FOREIGN_USE:
		return check_device(core, event, err);
	case PARC_EVENT_SUBMIT:
		return check_submit(core, &event->submit, err);
	case PARC_EVENT_CANCEL:
	case PARC_EVENT_HOLD:
	case PARC_EVENT_RELEASE:
		return check_job_event(core, event, err);
	case PARC_EVENT_SERVICE_LOAD:
		return check_load(core, event, err);
	case PARC_EVENT_WINDOW_SET:
	case PARC_EVENT_WINDOW_DROP:
		return closure_check(core, event, err);
	case PARC_EVENT_USE_MEASURED:
		return pack_check(core, event, err);
	case PARC_EVENT_SPEED_MEASURED:
		return speed_check(core, event, err);
	default:
		return check_node_event(core, event, err);
	}
}

/* If the event sorts the jobs into other kinds, by tenant or by other rules, is there room for
 * them? With fair share each tenant has its own already. */
static int may_sort(const struct parc_core *core, const struct parc_event *event)
{
	const struct parc_policy *policy = &event->policy;

	if (event->kind == PARC_EVENT_TENANT_SET)
		return fair_is_on(&core->rules) ||
		       (!tree_has_rule(&event->tenant) && core->ruled == 0) ||
		       strand_may_sort(core, &core->rules, 1);
	if (event->kind == PARC_EVENT_POLICY_SET)
		return (fair_is_on(policy) == fair_is_on(&core->rules) &&
			policy->lend == core->rules.lend &&
			policy->trial_max == core->rules.trial_max) ||
		       strand_may_sort(core, policy, fair_is_on(policy) || core->ruled > 0);
	return 1;
}

/* Does it part jobs of one kind, as it brings a chip, what is known of a chip's speeds, or a window
 * that some may use? */
static int parts_kinds(const struct parc_core *core, const struct parc_event *event)
{
	uint64_t chips = 0;

	if (event->kind == PARC_EVENT_CHIP_SET || event->kind == PARC_EVENT_SPEED_MEASURED ||
	    event->kind == PARC_EVENT_WINDOW_SET)
		return 1;
	for (int32_t p = 0; event->kind == PARC_EVENT_NODE_ADD && p < event->node_add.pools_count;
	     p++)
		chips |= UINT64_C(1) << event->node_add.pools[p].chip;
	return (chips & ~core->chips_here) != 0;
}

/* Is there room for the kinds that jobs are sorted into when the event has been taken in? */
static int check_kinds(const struct parc_core *core, const struct parc_event *event,
		       struct parc_err *err)
{
	if (strand_suffice(core))
		return 0;
	if (!may_sort(core, event) || (parts_kinds(core, event) && !strand_may_split(core)))
		return parc_err_set(
			err, PARC_ERR_FULL,
			"the %d jobs may be of more than %d kinds then; do it with fewer, "
			"or raise the limit on tenants (%d)",
			table_count(&core->jobs_table), strand_limit(&core->limits),
			core->limits.tenants);
	return 0;
}

int check_event(const struct parc_core *core, const struct parc_event *event, int32_t *run_slot,
		struct parc_err *err)
{
	int code = check_at_once("time_us", event->time_us, 0, PARC_TIME_MAX, err);

	if (code != 0)
		return code;
	if (event->time_us < core->time_us)
		return parc_err_set(err, PARC_ERR_TIME, "time %lld us is before %lld us",
				    (long long)event->time_us, (long long)core->time_us);
	if (event->kind >= PARC_EVENT_STARTED && event->kind <= PARC_EVENT_ENDED)
		return check_run(core, event, run_slot, err);
	if (event->kind < PARC_EVENT_TIME || event->kind > PARC_EVENT_WINDOW_DROP)
		return parc_err_set(err, PARC_ERR_INVALID, "there is no event of kind %d",
				    event->kind);
	code = check_outside(core, event, err);
	return code != 0 ? code : check_kinds(core, event, err);
}

int parc_check(const struct parc_core *core, const struct parc_event *event, struct parc_err *err)
{
	int32_t run_slot;

	return check_event(core, event, &run_slot, err);
}
