/* SPDX-License-Identifier: Apache-2.0
 *
 * One core with one fleet loaded. The fleet's events are stepped one by one here, and not by
 * fleet_load, because a seed brings its own ranks and because a record must hold them. Costs
 * nothing beside the core's own step but two readings of the real clock.
 */
#include "sim/stage.h"

#include <stdlib.h>

#include "base/assert.h"
#include "sim/clock.h"

#define STAGE_TENANT	   1
#define STAGE_EPOCH_US	   INT64_C(60000000)	 /* one minute */
#define STAGE_GRACE_US	   INT64_C(30000000)	 /* half a minute */
#define STAGE_HALF_LIFE_US INT64_C(604800000000) /* one week */
#define STAGE_STATE_MAX	   (INT64_C(4) << 30)	 /* bytes of an encoded state */

static int load_chips(struct stage *stage, const struct fleet *fleet, struct parc_err *err)
{
	struct parc_actions actions;
	for (int32_t i = 0; i < fleet->chips_count; i++) {
		struct parc_event event = {.kind = PARC_EVENT_CHIP_SET,
					   .chip = fleet->chips[i].chip};
		int code = stage_step(stage, &event, &actions, err);
		if (code)
			return code;
	}
	return 0;
}

static int load_places(struct stage *stage, const struct fleet *fleet, struct parc_err *err)
{
	struct parc_actions actions;
	for (int32_t i = 0; i < fleet->places_count; i++) {
		struct parc_event event = {.kind = PARC_EVENT_PLACE_ADD};
		event.place.place = i + 1;
		event.place.parent = fleet->places[i].parent;
		event.place.level = fleet->places[i].level;
		int code = stage_step(stage, &event, &actions, err);
		if (code)
			return code;
	}
	return 0;
}

static int load_nodes(struct stage *stage, const struct stage_setup *setup, struct parc_err *err)
{
	struct parc_actions actions;
	for (int32_t i = 0; i < setup->fleet->nodes_count; i++) {
		struct parc_event event = {.kind = PARC_EVENT_NODE_ADD,
					   .node_add = setup->fleet->nodes[i].add};
		if (setup->ranks)
			event.node_add.rank = setup->ranks[i];
		int code = stage_step(stage, &event, &actions, err);
		if (code)
			return code;
	}
	return 0;
}

static int set_tenants(struct stage *stage, const struct stage_setup *setup, struct parc_err *err)
{
	const struct parc_tenant one = {.tenant = STAGE_TENANT, .weight = 1};
	int32_t count = setup->tenants ? setup->tenants_count : 1;
	struct parc_actions actions;
	int code = 0;
	for (int32_t i = 0; i < count && !code; i++) {
		struct parc_event event = {.kind = PARC_EVENT_TENANT_SET};
		event.tenant = setup->tenants ? setup->tenants[i] : one;
		code = stage_step(stage, &event, &actions, err);
	}
	return code;
}

static int set_policy(struct stage *stage, const struct stage_setup *setup, struct parc_err *err)
{
	struct parc_actions actions;
	struct parc_event event = {.kind = PARC_EVENT_POLICY_SET};
	event.policy.place = setup->place;
	event.policy.seed = setup->seed;
	event.policy.epoch_us = STAGE_EPOCH_US;
	event.policy.grace_us = STAGE_GRACE_US;
	event.policy.half_life_us = STAGE_HALF_LIFE_US;
	if (setup->policy)
		event.policy = *setup->policy;
	return stage_step(stage, &event, &actions, err);
}

static int set_profile(struct stage *stage, const struct demand *demand, struct parc_err *err)
{
	struct parc_profile_entry entries[PARC_PROFILE_MAX];
	struct parc_actions actions;
	struct parc_event event = {.kind = PARC_EVENT_PROFILE_SET};
	if (!demand || demand->count == 0)
		return 0;
	ASSERT(demand->count <= PARC_PROFILE_MAX);
	for (int32_t i = 0; i < demand->count; i++)
		entries[i] = demand->shapes[i].entry;
	event.profile.count = demand->count;
	event.profile.entries = entries;
	return stage_step(stage, &event, &actions, err);
}

static int create_core(struct stage *stage, const struct stage_setup *setup, struct parc_err *err)
{
	struct parc_limits limits;
	if (setup->limits) {
		limits = *setup->limits;
	} else {
		limits = fleet_limits(setup->fleet, setup->jobs_max);
		if (limits.tasks < setup->tasks_max)
			limits.tasks = setup->tasks_max;
	}
	stage->core = parc_core_create(&limits, setup->seed, err);
	if (!stage->core)
		return PARC_ERR_MEMORY;
	return stage->record ? record_world(stage->record, &limits, setup->seed, err) : 0;
}

int stage_init(struct stage *stage, const struct stage_setup *setup, struct parc_err *err)
{
	*stage = (struct stage){.record = setup->record};
	int code = create_core(stage, setup, err);
	if (!code)
		code = load_chips(stage, setup->fleet, err);
	if (!code)
		code = load_places(stage, setup->fleet, err);
	if (!code)
		code = set_tenants(stage, setup, err);
	if (!code)
		code = set_policy(stage, setup, err);
	if (!code)
		code = load_nodes(stage, setup, err);
	if (!code)
		code = set_profile(stage, setup->demand, err);
	if (code)
		stage_deinit(stage);
	stage->deciding_ns = 0;
	return code;
}

void stage_deinit(struct stage *stage)
{
	parc_core_destroy(stage->core);
	stage->core = NULL;
}

int stage_step(struct stage *stage, const struct parc_event *event, struct parc_actions *actions,
	       struct parc_err *err)
{
	int64_t before_ns = clock_real_ns();
	int code = parc_step(stage->core, event, actions, err);
	stage->deciding_ns += clock_real_ns() - before_ns;
	if (code || !stage->record)
		return code;
	return record_step(stage->record, event, actions, err);
}

int stage_submit(struct stage *stage, const struct stage_job *job, struct parc_actions *actions,
		 struct parc_err *err)
{
	struct parc_group group = {
		.task = job->row->task, .tasks_min = job->row->gang, .tasks_max = job->row->gang};
	struct parc_event event = {.time_us = job->time_us, .kind = PARC_EVENT_SUBMIT};
	event.submit.job = job->job;
	event.submit.tenant = STAGE_TENANT;
	event.submit.user = STAGE_TENANT;
	event.submit.work_class = PARC_CLASS_BATCH;
	event.submit.now_or_never = job->now_or_never != 0;
	event.submit.close_level = job->row->close_level;
	event.submit.close_strength = job->row->close_strength;
	event.submit.groups_count = 1;
	event.submit.groups = &group;
	return stage_step(stage, &event, actions, err);
}

int stage_move(struct stage *stage, struct parc_err *err)
{
	int64_t size = parc_state_encode(stage->core, NULL, 0);
	if (size <= 0 || size > STAGE_STATE_MAX)
		return parc_err_set(err, PARC_ERR_INVALID, "the state cannot be encoded");
	void *bytes = malloc((size_t)size);
	if (!bytes)
		return parc_err_set(err, PARC_ERR_MEMORY, "no memory for a state of %lld bytes",
				    (long long)size);
	int64_t written = parc_state_encode(stage->core, bytes, (size_t)size);
	ASSERT(written == size);
	uint64_t digest = parc_digest(stage->core);
	parc_core_destroy(stage->core);
	stage->core = parc_state_decode(bytes, (size_t)size, err);
	free(bytes);
	if (!stage->core)
		return PARC_ERR_CORRUPT;
	if (parc_digest(stage->core) != digest)
		return parc_err_set(err, PARC_ERR_MISMATCH,
				    "the decoded state has another digest than the encoded one");
	return 0;
}

int stage_check(const struct stage *stage, struct parc_err *err)
{
	return parc_core_check(stage->core, err);
}
