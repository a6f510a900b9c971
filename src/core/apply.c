/* SPDX-License-Identifier: Apache-2.0 */
#include "core/apply.h"

#include <string.h>

#include "base/random.h"
#include "core/attribution.h"
#include "core/close.h"
#include "core/closure.h"
#include "core/deal.h"
#include "core/digest.h"
#include "core/fair.h"
#include "core/idle.h"
#include "core/index.h"
#include "core/job.h"
#include "core/line.h"
#include "core/node.h"
#include "core/pack.h"
#include "core/pair.h"
#include "core/policy.h"
#include "core/preempt.h"
#include "core/price.h"
#include "core/queue.h"
#include "core/quota.h"
#include "core/rebuild.h"
#include "core/reserve.h"
#include "core/score.h"
#include "core/service.h"
#include "core/speed.h"
#include "core/strand.h"
#include "core/tree.h"
#include "core/usage.h"

static int speed_differs(const struct parc_chip *a, const struct parc_chip *b)
{
	return memcmp(a->speed_milli, b->speed_milli, sizeof(a->speed_milli)) != 0;
}

/* The rules by which jobs are counted or sorted are others now: all that waits is sorted anew and
 * tried. */
static void rules_changed(struct parc_core *core)
{
	reserve_drop_all(core);
	rebuild_tenants(core);
	attribution_note(core);
	core->freed_all = core->disrupted = 1;
}

static void chip_set(struct parc_core *core, const struct parc_chip *chip)
{
	uint64_t bit = UINT64_C(1) << chip->chip;
	int paced = speed_differs(&core->chips[chip->chip], chip);
	int rated = core->chips[chip->chip].rate_milli != chip->rate_milli;

	core->digest -= chip_hash(core, chip->chip);
	if (rated)
		usage_book_all(core, -1);
	core->chips[chip->chip] = *chip;
	if (rated)
		usage_book_all(core, 1);
	attribution_note(core);
	core->chips_known |= bit;
	core->cores_chips &= ~bit;
	if (chip->rule == PARC_RULE_CORES)
		core->cores_chips |= bit;
	speed_chip_set(core, chip->chip);
	core->digest += chip_hash(core, chip->chip);
	core->kinds_version++;
	/* It may book what is asked for in other steps: tell these apart as well. */
	for (int32_t i = 0; i < core->shapes_table.high; i++)
		if (core->shapes[i].live)
			index_learn(core, &core->shapes[i].ask);
	index_rebuild(core, core->index->exact);
	index_rescore(core);
	if (paced)
		speed_changed(core);
	if (core->stranded)
		rules_changed(core);
}

static int tenant_is_equal(const struct parc_tenant *a, const struct parc_tenant *b)
{
	return a->parent == b->parent && a->weight == b->weight &&
	       memcmp(a->guarantees, b->guarantees, sizeof(a->guarantees)) == 0 &&
	       a->limit_milli == b->limit_milli && a->jobs_max == b->jobs_max;
}

static void tenant_set(struct parc_core *core, const struct parc_tenant *set)
{
	int32_t slot = idmap_find(&core->tenant_ids, set->tenant);
	int changed = slot >= 0 && !tenant_is_equal(&core->tenants[slot].set, set);

	if (slot < 0) {
		slot = table_take(&core->tenants_table);
		core->tenants[slot] = (struct tenant){.set = *set};
		idmap_add(&core->tenant_ids, set->tenant, slot);
		tree_grow(core, slot);
		/* Nobody is below it yet, but what it is guaranteed is kept from others now, who
		 * may have reserved it, or was handed down to them before. */
		changed = core->stranded != strand_is_wanted(core) || tree_has_guarantee(set);
	} else {
		core->digest -= tenant_hash(core, slot);
		core->tenants[slot].set = *set;
	}
	core->digest += tenant_hash(core, slot);
	if (changed)
		rules_changed(core);
	else if (fair_is_on(&core->rules) && fair_rank_all(core))
		strand_sort_all(core);
}

static void policy_set(struct parc_core *core, const struct parc_policy *policy)
{
	int ranks = core->rules.order != policy->order || core->rules.age_us != policy->age_us;
	int was_fair = fair_is_on(&core->rules), lends = core->rules.lend != policy->lend;
	int64_t epoch_before_us = core->rules.epoch_us;
	int margin = core->rules.pack_margin_milli != policy->pack_margin_milli;
	int trials = core->rules.trial_max != policy->trial_max;
	int other = core->rules.place != policy->place || trials ||
		    core->rules.reserve_max != policy->reserve_max;

	if (core->rules.epoch_us != policy->epoch_us ||
	    core->rules.half_life_us != policy->half_life_us)
		fair_settle(core);
	core->round_at_us = core->time_us;
	if (core->rules.backfill != policy->backfill)
		reserve_drop_all(core);
	core->rules = *policy;
	if (!was_fair && fair_is_on(policy))
		fair_start(core);
	if (was_fair != fair_is_on(policy) || (lends && core->stranded))
		rules_changed(core);
	else if (ranks || trials || lends)
		rebuild_lines(core);
	attribution_policy(core, epoch_before_us);
	if (policy->seed != 0)
		core->random = random_mix(policy->seed);
	if (core->index->exact != policy_get(core)->exact)
		index_rebuild(core, policy_get(core)->exact);
	policy_reset(core);
	prices_choose(core);
	if (margin)
		pack_margin_set(core);
	core->freed_all = 1;
	core->disrupted |= ranks || other;
}

static void profile_set(struct parc_core *core, const struct parc_event *event)
{
	size_t bytes = (size_t)event->profile.count * sizeof(*core->profile);

	if (bytes > 0)
		memcpy(core->profile, event->profile.entries, bytes);
	core->profile_count = event->profile.count;
	for (int32_t i = 0; i < core->profile_count; i++) {
		struct ask ask;

		ask_init(core, &ask, &core->profile[i].task, PARC_NONE);
		index_learn(core, &ask);
	}
	policy_reset(core);
	prices_choose(core);
}

static void place_add(struct parc_core *core, const struct parc_event *event)
{
	int32_t slot = table_take(&core->places_table);
	int32_t parent = idmap_find(&core->place_ids, event->place.parent);

	core->places[slot] = (struct place){.id = event->place.place,
					    .parent = parent,
					    .level = event->place.level,
					    .first_node = -1,
					    .first_child = -1,
					    .next = -1};
	if (parent >= 0) {
		core->places[slot].next = core->places[parent].first_child;
		core->places[parent].first_child = slot;
	}
	idmap_add(&core->place_ids, event->place.place, slot);
	core->last_place = event->place.place;
	core->digest += place_hash(core, slot);
	close_place_added(core);
}

static void apply_node(struct parc_core *core, const struct parc_event *event)
{
	int32_t node = idmap_find(&core->node_ids, event->node.node);

	core->disrupted = core->fleet_changed = 1;
	switch (event->kind) {
	case PARC_EVENT_NODE_DRAIN:
		node_set_state(core, node,
			       event->node.maintenance ? PARC_NODE_MAINTENANCE : PARC_NODE_DRAINED);
		break;
	case PARC_EVENT_NODE_SUSPECT:
		node_set_state(core, node, PARC_NODE_SUSPECTED);
		break;
	case PARC_EVENT_NODE_FENCE:
		node_set_state(core, node, PARC_NODE_DOWN);
		break;
	case PARC_EVENT_NODE_REMOVE:
		node_remove(core, node);
		core->kinds_version++;
		break;
	default: /* resume, back */
		node_set_state(core, node, PARC_NODE_UP);
		break;
	}
}

static void apply_device(struct parc_core *core, const struct parc_event *event)
{
	int32_t node = idmap_find(&core->node_ids, event->device.node);

	core->disrupted = core->fleet_changed = 1;
	if (event->kind == PARC_EVENT_FOREIGN_USE)
		node_set_foreign(core, node, event->foreign.device, event->foreign.share_milli,
				 event->foreign.memory_mib);
	else
		node_set_failed(core, node, event->device.device,
				event->kind == PARC_EVENT_DEVICE_FAIL);
}

static void apply_run(struct parc_core *core, const struct parc_event *event)
{
	int32_t slot = core->run_slot;
	struct allocation *it = &core->allocations[slot];

	switch (event->kind) {
	case PARC_EVENT_STARTED:
		if (it->state == PARC_JOB_STARTING)
			allocation_set_state(core, slot, PARC_JOB_RUNNING);
		break;
	case PARC_EVENT_PROGRESS:
		it->work_us = event->run.work_us;
		job_digest(core, slot);
		break;
	case PARC_EVENT_CHECKPOINT:
		it->work_us = it->checkpoint_us = event->run.work_us;
		allocation_keep(core, slot);
		break;
	case PARC_EVENT_USE:
		allocation_set_busy(core, slot, event->run.busy_milli);
		break;
	case PARC_EVENT_READY:
		if (core->jobs[job_of(core, it)].replica > 0)
			replica_ready(core, job_of(core, it));
		break;
	default: /* stopped and ended are followed by an action */
		allocation_prefetch_more(core, slot);
		break;
	}
}

static int has_replicas(const struct parc_core *core, int32_t job)
{
	return job_is_service(&core->jobs[job]) &&
	       core->services[core->jobs[job].service].replicas > 0;
}

static void apply_job(struct parc_core *core, const struct parc_event *event)
{
	int32_t slot = idmap_find(&core->job_ids, event->job.job);

	if (event->kind == PARC_EVENT_HOLD || event->kind == PARC_EVENT_RELEASE) {
		job_set_held(core, slot, event->kind == PARC_EVENT_HOLD);
	} else if (allocation_is_live(core, slot) || has_replicas(core, slot)) {
		core->jobs[slot].cancelled = 1;
		job_digest(core, slot);
		service_note(core, slot);
	}
}

/* What was measured outside, and windows. */
static void apply_measured(struct parc_core *core, const struct parc_event *event)
{
	switch (event->kind) {
	case PARC_EVENT_SERVICE_LOAD:
		service_set_load(core, idmap_find(&core->job_ids, event->load.job),
				 event->load.load_milli);
		break;
	case PARC_EVENT_SPEED_MEASURED:
		speed_measure(core, event);
		break;
	case PARC_EVENT_USE_MEASURED:
		pack_measure(core, event);
		break;
	case PARC_EVENT_WINDOW_SET:
		closure_set(core, &event->window);
		break;
	default:
		closure_drop(core, event->window.window);
		break;
	}
}

/* Time has come to the event's. A step that ran out of room is gone on with. */
static void step_begin(struct parc_core *core, int64_t time_us)
{
	int64_t before_us = core->time_us;

	attribution_begin(core, time_us);
	fair_begin(core, time_us);
	core->time_us = time_us;
	deal_time(core, before_us);
	score_time(core, before_us);
	core->looks = core->unfinished || (preempt_is_on(core) && preempt_is_time(core, before_us));
	core->steps++;
	if (plan_stamp(core) == 1) /* the numbers begin anew */
		for (int32_t i = 0; i < core->jobs_table.high; i++)
			if (!allocation_is_live(core, i))
				core->allocations[i].planned = 0;
	core->freed_count = 0;
	core->freed_all = core->disrupted = core->fleet_changed = core->unfinished;
	if (core->unfinished)
		service_note_all(core);
	core->pack_noted = core->closures_noted = core->pairs_noted = core->unfinished;
	core->unfinished = 0;
	service_time(core);
}

void apply_event(struct parc_core *core, const struct parc_event *event)
{
	uint64_t here = core->chips_here;

	step_begin(core, event->time_us);
	switch (event->kind) {
	case PARC_EVENT_TIME:
		break;
	case PARC_EVENT_CHIP_SET:
		chip_set(core, &event->chip);
		break;
	case PARC_EVENT_TENANT_SET:
		tenant_set(core, &event->tenant);
		break;
	case PARC_EVENT_POLICY_SET:
		policy_set(core, &event->policy);
		break;
	case PARC_EVENT_PROFILE_SET:
		profile_set(core, event);
		break;
	case PARC_EVENT_PLACE_ADD:
		place_add(core, event);
		break;
	case PARC_EVENT_NODE_ADD:
		node_add(core, &event->node_add);
		core->kinds_version++;
		core->disrupted = core->fleet_changed = 1;
		break;
	case PARC_EVENT_DEVICE_FAIL:
	case PARC_EVENT_DEVICE_REPAIR:
	case PARC_EVENT_FOREIGN_USE:
		apply_device(core, event);
		break;
	case PARC_EVENT_SUBMIT:
		job_submit(core, &event->submit);
		break;
	case PARC_EVENT_CANCEL:
	case PARC_EVENT_HOLD:
	case PARC_EVENT_RELEASE:
		apply_job(core, event);
		break;
	default:
		if (event->kind >= PARC_EVENT_STARTED)
			apply_run(core, event);
		else if (event->kind >= PARC_EVENT_SERVICE_LOAD)
			apply_measured(core, event);
		else
			apply_node(core, event);
		break;
	}
	if (core->chips_here != here) {
		speed_chips_changed(core);
		if (core->stranded)
			rules_changed(core);
	}
}

static int check_start(const struct parc_core *core, const struct parc_action *action,
		       struct parc_err *err)
{
	int32_t job = idmap_find(&core->job_ids, action->job);

	if (core->jobs[job].state != PARC_JOB_PENDING || job_is_service(&core->jobs[job]) ||
	    action->start.allocation <= core->last_allocation || action->start.count < 1 ||
	    action->start.attempt != core->jobs[job].attempt + 1 ||
	    !table_has_room(&core->tasks_table, action->start.count))
		return parc_err_set(err, PARC_ERR_STATE, "job %lld cannot be started here",
				    (long long)action->job);
	return action->start.beside == PARC_NONE ? 0 : pair_check(core, action, err);
}

/* A placement out of a journal must fit, whatever wrote it. Tasks of one gang may share a node,
 * so each is checked when it is about to be taken. */
static int check_placement(const struct parc_core *core, const struct parc_placement *placement,
			   const struct job *job, struct parc_err *err)
{
	struct task task;

	task_of_placement(core, placement, &task);
	if (task.node < 0 || placement->share_milli < 0 ||
	    placement->share_milli > PARC_SHARE_WHOLE || placement->cpu_milli < 0 ||
	    placement->memory_mib < 0 || placement->memory_mib > PARC_MEMORY_MAX ||
	    placement->device_memory_mib < 0 || placement->slots > UINT16_MAX ||
	    placement->group < 0 || placement->group >= spec_of(core, job)->groups_count ||
	    placement->task < 0 || placement->task >= PARC_TASKS_MAX || placement->variant < -1 ||
	    placement->variant >= spec_of(core, job)->variants_count ||
	    !node_can_take(core, &task, spec_of(core, job)->user))
		return parc_err_set(err, PARC_ERR_STATE, "node %lld cannot hold the task",
				    (long long)placement->node);
	return 0;
}

static int check_score(const struct parc_action *action, struct parc_err *err)
{
	if (action->score.chip >= 0 && action->score.chip < PARC_CHIPS_MAX &&
	    action->score.score >= SCORE_ONE && action->score.score <= SCORE_MAX)
		return 0;
	return parc_err_set(err, PARC_ERR_INVALID, "chip %d cannot have the score %lld",
			    action->score.chip, (long long)action->score.score);
}

int apply_check(const struct parc_core *core, const struct parc_action *action,
		struct parc_err *err)
{
	int32_t job = idmap_find(&core->job_ids, action->job);

	if (action->kind == PARC_ACTION_MORE)
		return 0;
	if (action->kind == PARC_ACTION_WINDOW)
		return window_check(core, action, err);
	if (action->kind == PARC_ACTION_SCORE)
		return check_score(action, err);
	if (job < 0)
		return parc_err_set(err, PARC_ERR_UNKNOWN, "there is no job %lld",
				    (long long)action->job);
	switch (action->kind) {
	case PARC_ACTION_START:
		return check_start(core, action, err);
	case PARC_ACTION_STOP:
		if (allocation_is_live(core, job) && action->stop.why > 0 &&
		    action->stop.why < PARC_RESULT_COUNT)
			return 0;
		return parc_err_set(err, PARC_ERR_STATE, "job %lld cannot be stopped",
				    (long long)action->job);
	case PARC_ACTION_REQUEUE:
		if (allocation_is_live(core, job) && action->requeue.reason >= 0 &&
		    action->requeue.reason < PARC_REASON_COUNT)
			return 0;
		return parc_err_set(err, PARC_ERR_STATE, "job %lld holds nothing",
				    (long long)action->job);
	case PARC_ACTION_REASON:
		if (action->reason.reason >= 0 && action->reason.reason < PARC_REASON_COUNT)
			return 0;
		break;
	case PARC_ACTION_RESERVE:
	case PARC_ACTION_RECALL:
		return reserve_check(core, job, action, err);
	case PARC_ACTION_REBOOK:
		return rebook_check(core, job, action, err);
	case PARC_ACTION_WARN:
		if (allocation_is_live(core, job) && parc_warning_name(action->warn.what)[0] != '?')
			return 0;
		break;
	case PARC_ACTION_REPLICA:
		return replica_check(core, job, action, err);
	case PARC_ACTION_END:
		if (!has_replicas(core, job) && action->end.result > 0 &&
		    action->end.result < PARC_RESULT_COUNT)
			return 0;
		break;
	default:
		break;
	}
	return parc_err_set(err, PARC_ERR_INVALID, "an action of kind %d cannot be applied",
			    action->kind);
}

/* Take the placements of a START one by one; what does not fit spoils the recovery. */
int apply_start_checked(struct parc_core *core, const struct parc_action *action,
			struct parc_err *err)
{
	int32_t job = idmap_find(&core->job_ids, action->job);
	int code = 0;

	for (int32_t i = 0; i < action->start.count && code == 0; i++) {
		const struct parc_placement *placement = &action->start.placements[i];
		struct task task;

		code = check_placement(core, placement, &core->jobs[job], err);
		if (code != 0)
			break;
		task_of_placement(core, placement, &task);
		node_take(core, &task, job_spec(core, job)->user, NULL);
	}
	if (code == 0)
		apply_action(core, action, job, 1);
	return code;
}

void apply_action(struct parc_core *core, const struct parc_action *action, int32_t job, int taken)
{
	switch (action->kind) {
	case PARC_ACTION_START:
		job_start(core, job, action->start.allocation, action->start.attempt,
			  action->start.placements, action->start.count, taken);
		if (action->start.beside != PARC_NONE)
			pair_join(core, job, idmap_find(&core->job_ids, action->start.beside));
		break;
	case PARC_ACTION_STOP:
		allocation_set_state(core, job_allocation(core, job), PARC_JOB_STOPPING);
		allocation_set_end(core, job_allocation(core, job),
				   core->time_us + action->stop.grace_us);
		core->jobs[job].result = (uint8_t)action->stop.why;
		service_note(core, job);
		job_digest(core, job);
		break;
	case PARC_ACTION_REASON:
		job_set_reason(core, job, action->reason.reason);
		if (core->jobs[job].line >= 0)
			line_block(core, job);
		break;
	case PARC_ACTION_END:
		if (action->end.result == PARC_RESULT_LOST && allocation_is_live(core, job))
			allocation_lose(core, job_allocation(core, job));
		job_end(core, job, action->end.result);
		break;
	case PARC_ACTION_REQUEUE:
		allocation_lose(core, job_allocation(core, job));
		job_requeue(core, job, action->requeue.reason);
		break;
	case PARC_ACTION_RESERVE:
	case PARC_ACTION_RECALL:
		reserve_set(core, job, action);
		break;
	case PARC_ACTION_WARN:
		if (action->warn.what == PARC_WARN_IDLE)
			idle_warned(core, job_allocation(core, job));
		break;
	case PARC_ACTION_WINDOW:
		window_apply(core, action);
		break;
	case PARC_ACTION_REBOOK:
		allocation_rebook(core, job_allocation(core, job), action->rebook.group,
				  action->rebook.share_milli);
		break;
	case PARC_ACTION_REPLICA:
		replica_add(core, job, action);
		break;
	case PARC_ACTION_SCORE:
		core->scores[action->score.chip] = (int32_t)action->score.score;
		break;
	case PARC_ACTION_MORE:
		core->unfinished = 1;
		break;
	default:
		break;
	}
}
