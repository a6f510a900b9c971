/* SPDX-License-Identifier: Apache-2.0
 *
 * What happens in a made-up world. One function makes one kind of event; world_next draws which.
 */
#include "support/world.h"

#include <string.h>

#define SECOND	    INT64_C(1000000)
#define WORLD_KINDS 30 /* more, with the chips, than a small core remembers */
#define DEALT_KINDS 3  /* of a world that is dealt */

void world_init(struct world *world, struct draw *draw, int32_t place)
{
	memset(world, 0, sizeof(*world));
	world->draw = draw;
	world->chips_count = (int32_t)draw_range(draw, 1, WORLD_CHIPS_MAX);
	for (int32_t i = 0; i < world->chips_count; i++)
		world->chips_kind[i] = (int32_t)draw_below(draw, WORLD_PRESETS);
	world->dealt = world->chips_kind[0] < 2 && world->chips_count <= 3;
	for (int32_t i = 0; i < world->chips_count && world->dealt; i++)
		world->chips_kind[i] %= 2;
	world->nodes_wanted = (int32_t)draw_range(draw, 1, draw_chance(draw, 20) ? 40 : 8);
	world->lent = world->nodes_wanted % 3 == 0;
	world->place = place < 0 ? (int32_t)draw_below(draw, PARC_PLACE_FGD + 1) : place;
}

void world_limits(struct world *world, struct parc_limits *limits)
{
	struct draw *draw = world->draw;
	int tight = draw_chance(draw, 30);

	*limits = (struct parc_limits){
		.nodes = 48,
		.places = 16,
		.devices = 1024,
		.node_devices = (int32_t)draw_range(draw, 8, draw_chance(draw, 20) ? 32 : 8),
		.jobs = (int32_t)draw_range(draw, tight ? 1 : 60, 100),
		.groups = (int32_t)draw_range(draw, tight ? 8 : 80, 200),
		.extras = (int32_t)draw_range(draw, tight ? 0 : 50, 100),
		.tasks = (int32_t)draw_range(draw, tight ? 4 : 300, 600),
		.tenants = 3,
		.shapes = (int32_t)draw_range(draw, tight ? 4 : 64, 128),
		.index_entries = (int32_t)draw_range(draw, 1024, 4096),
	};
}

/* ---- What is there */

static int64_t any_job(const struct world *world)
{
	return world->jobs_count == 0 ? 1 : world->jobs[draw_below(world->draw, world->jobs_count)];
}

static int64_t any_node(const struct world *world)
{
	return world->nodes_count == 0 ? 1
				       : world->nodes[draw_below(world->draw, world->nodes_count)];
}

#define REPLICAS_SEEN 64 /* the newest that allocations' events are drawn for */

/* The replicas that the core has made since. */
static void replicas_follow(struct world *world, const struct parc_core *core)
{
	struct parc_job_info info;

	if (world->replica_last == 0)
		world->replica_last = PARC_REPLICA_IDS;
	for (int64_t id = world->replica_last + 1; id < world->replica_last + REPLICAS_SEEN; id++)
		if (parc_job_info(core, id, &info) == 0)
			world->replica_last = id;
}

/* The jobs, then the newest replicas; PARC_NONE behind them. */
static int64_t job_at(const struct world *world, int32_t at)
{
	int64_t number = world->replica_last - PARC_REPLICA_IDS;

	if (at < world->jobs_count)
		return world->jobs[at];
	at -= world->jobs_count;
	return at < REPLICAS_SEEN && at < number ? world->replica_last - at : PARC_NONE;
}

/* One of the jobs in a state, PARC_NONE if there is none. */
static int64_t job_in(const struct world *world, const struct parc_core *core, int32_t state)
{
	struct parc_job_info info;
	int32_t count = 0, chosen;

	for (int32_t i = 0; job_at(world, i) != PARC_NONE; i++)
		count += parc_job_info(core, job_at(world, i), &info) == 0 && info.state == state;
	if (count == 0)
		return PARC_NONE;
	chosen = (int32_t)draw_below(world->draw, count);
	for (int32_t i = 0; job_at(world, i) != PARC_NONE; i++)
		if (parc_job_info(core, job_at(world, i), &info) == 0 && info.state == state &&
		    chosen-- == 0)
			return job_at(world, i);
	return PARC_NONE;
}

/* ---- The fleet */

static void make_chip(struct world *world, struct entry *entry, int32_t number)
{
	entry->event.kind = PARC_EVENT_CHIP_SET;
	world_chip(world->draw, &entry->event.chip, number, world->chips_kind[number]);
	for (int32_t c = 0; c < 4; c++)
		if (draw_chance(world->draw, 40))
			entry->event.chip.speed_milli[c] =
				(int32_t)draw_range(world->draw, 100, 3000);
}

static void make_place(struct world *world, struct entry *entry)
{
	struct draw *draw = world->draw;
	int32_t level = (int32_t)draw_range(draw, PARC_LEVEL_SITE, PARC_LEVEL_RACK);
	int64_t parent = draw_below(draw, world->places + 1);

	entry->event.kind = PARC_EVENT_PLACE_ADD;
	if (parent > 0 && world->place_levels[parent] >= level)
		parent = 0;
	entry->event.place.place = world->places + 1;
	entry->event.place.parent = parent;
	entry->event.place.level = level;
	if (world->places < 16)
		world->place_levels[++world->places] = level;
}

static void make_node(struct world *world, struct entry *entry)
{
	entry->event.kind = PARC_EVENT_NODE_ADD;
	world->last_node += draw_range(world->draw, 1, 3);
	entry->event.node_add.node = world->last_node;
	entry->event.node_add.place = draw_below(world->draw, world->places + 1);
	world_node(world->draw, &entry->event.node_add, world->chips_kind, world->chips_count, 8);
	if (world->nodes_count < WORLD_NODES_MAX)
		world->nodes[world->nodes_count++] = entry->event.node_add.node;
}

static void make_policy(struct world *world, struct entry *entry)
{
	static const int32_t epochs_s[] = {0, 1, 7, 60};
	struct draw *draw = world->draw;

	entry->event.kind = PARC_EVENT_POLICY_SET;
	entry->event.policy = (struct parc_policy){
		.place = world->place,
		.seed = (uint64_t)draw_below(draw, 1000),
		.epoch_us = epochs_s[draw_below(draw, 4)] * SECOND,
		.grace_us = draw_below(draw, 30) * SECOND,
		.requeue_max = (int32_t)draw_below(draw, 4),
		.order = (int32_t)draw_below(draw, PARC_ORDER_LONGEST + 1),
		.backfill = (int32_t)draw_below(draw, PARC_BACKFILL_DEAL + 1),
		.reserve_max = (int32_t)draw_below(draw, 6),
		.preempt = (int32_t)draw_below(draw, 2),
		.reclaim = (int32_t)draw_below(draw, 2),
		.victims = (int32_t)draw_below(draw, PARC_VICTIMS_LOWEST + 1),
		.lend = (int32_t)draw_below(draw, PARC_LEND_NONE + 1),
		.run_min_us = draw_below(draw, 3) * 10 * SECOND,
		.reclaim_us = draw_below(draw, 3) * 5 * SECOND,
		.round_us = draw_below(draw, 4) * 20 * SECOND,
		.move_us = draw_below(draw, 3) * 10 * SECOND,
		.trial_max = (int32_t)draw_below(draw, 3),
		.age_us = draw_below(draw, 3) * 10 * SECOND,
		.idle_us = draw_below(draw, 3) * 10 * SECOND,
		.idle_grace_us = draw_below(draw, 3) * 5 * SECOND,
		.idle_milli = (int32_t)draw_below(draw, 3) * 200,
		.idle_act = (int32_t)draw_below(draw, 3),
		.pack_margin_milli = (int32_t)draw_below(draw, 3) * 100,
		.shrink_us = draw_below(draw, 3) * 10 * SECOND,
		.half_life_us = draw_below(draw, 2) * 100 * SECOND,
	};
	entry->event.policy.reclaim |= world->lent;
	if (world->dealt) {
		entry->event.policy.backfill = PARC_BACKFILL_DEAL;
		entry->event.policy.pairs = (int32_t)draw_chance(draw, 80);
	}
}

/* The fleet comes first: chips, places, a policy, nodes. 0 when it is complete. */
static int make_setup(struct world *world, struct entry *entry)
{
	int32_t step = world->setup++;

	if (step < world->chips_count)
		make_chip(world, entry, step);
	else if (step == world->chips_count)
		make_policy(world, entry);
	else if (step < world->chips_count + 4 && !draw_chance(world->draw, 30))
		make_place(world, entry);
	else if (world->nodes_count < world->nodes_wanted)
		make_node(world, entry);
	else
		return 0;
	return 1;
}

/* ---- Users */

static void make_group(struct world *world, struct parc_group *group)
{
	struct draw *draw = world->draw;

	memset(group, 0, sizeof(*group));
	world_task(draw, &group->task, world->chips_count);
	group->tasks_min = 1;
	if (!world->plain && draw_chance(draw, 40))
		group->tasks_min = (int32_t)draw_range(draw, 2, 6);
	group->tasks_max = group->tasks_min;
	if (!world->plain && draw_chance(draw, 15))
		group->tasks_max += (int32_t)draw_range(draw, 1, 10);
	group->mixed_chips = (uint8_t)draw_chance(draw, 15);
}

#define ARRAY_IDS 8 /* jobs with ids that lie so close may be of one array */

static void make_extras(struct world *world, struct entry *entry)
{
	struct draw *draw = world->draw;
	struct parc_submit *submit = &entry->event.submit;

	if (draw_chance(draw, 12))
		submit->variants_count = (int32_t)draw_range(draw, 1, 2);
	for (int32_t v = 0; v < submit->variants_count; v++)
		entry->variants[v] =
			(struct parc_variant){.chips = (uint64_t)draw_range(draw, 1, 31),
					      .speed_milli = (int32_t)draw_below(draw, 2) *
							     (int32_t)draw_range(draw, 1, 2000),
					      .device_memory_mib = (int32_t)draw_below(draw, 8)};
	if (draw_chance(draw, 20) && world->jobs_count > 0)
		submit->depends_count = (int32_t)draw_range(draw, 1, 3);
	for (int32_t d = 0; d < submit->depends_count; d++) {
		int64_t back = draw_below(draw, world->jobs_count < 6 ? world->jobs_count : 6);

		entry->depends[d] =
			(struct parc_depend){.job = world->jobs[world->jobs_count - 1 - back],
					     .kind = (int32_t)draw_below(draw, 3)};
		if (draw_chance_aside(draw, 25))
			entry->depends[d] = (struct parc_depend){
				.job = entry->depends[d].job / ARRAY_IDS * ARRAY_IDS,
				.kind = PARC_DEPEND_ARRAY + entry->depends[d].kind};
	}
}

static void make_limits(struct world *world, struct parc_submit *submit)
{
	struct draw *draw = world->draw;

	if (draw_chance(draw, 20))
		submit->time_limit_us = draw_range(draw, 1, 60) * SECOND;
	if (draw_chance(draw, 10))
		submit->grace_us = draw_range(draw, 1, 60) * SECOND;
	if (draw_chance(draw, 45))
		submit->expected_us = draw_range(draw, 1, 60) * SECOND;
	submit->now_or_never = (uint8_t)draw_chance(draw, 8);
	if (draw_chance(draw, 15) && !submit->now_or_never && submit->job > ARRAY_IDS) {
		submit->array = submit->job / ARRAY_IDS * ARRAY_IDS;
		submit->array_running_max = 1 + (int32_t)(submit->array / ARRAY_IDS % 3);
	}
	submit->held = (uint8_t)draw_chance(draw, 6);
	submit->requeue = (uint8_t)draw_chance(draw, 50);
	submit->preemptible = (uint8_t)draw_chance(draw, 10);
	submit->packable = (uint8_t)draw_chance(draw, 30);
	submit->tenant = world->tenants > 0 ? draw_below(draw, world->tenants + 1) : 0;
}

/* Some jobs are services; none of them has a length, an array, or must start at once. */
static void make_service(struct world *world, struct parc_submit *submit)
{
	struct draw *draw = world->draw;

	if (world->plain || !draw_chance(draw, 8))
		return;
	submit->service = (struct parc_service){
		.replicas_max = (int32_t)draw_range(draw, 1, 6),
		.capacity_milli = draw_range(draw, 1, 3) * 1000,
		.target_milli = (int32_t)draw_below(draw, 5) * 250,
	};
	submit->service.replicas_min = (int32_t)draw_below(draw, submit->service.replicas_max + 1);
	submit->time_limit_us = submit->expected_us = submit->array = 0;
	submit->array_running_max = submit->now_or_never = 0;
	submit->preemptible |= (uint8_t)draw_chance(draw, 50);
}

static void make_load(struct world *world, const struct parc_core *core, struct entry *entry)
{
	int64_t job = any_job(world);
	struct parc_job_info info;

	for (int32_t i = 0; i < world->jobs_count; i++)
		if (parc_job_info(core, world->jobs[i], &info) == 0 &&
		    info.reason == PARC_REASON_SERVICE && draw_chance(world->draw, 60))
			job = world->jobs[i];
	entry->event.kind = PARC_EVENT_SERVICE_LOAD;
	entry->event.load.job = job;
	entry->event.load.load_milli = draw_below(world->draw, 10) * 1000;
}

/* Work that borrows, or of a tenant that comes back with many jobs at once. */
static void make_lent(struct world *world, struct parc_submit *submit)
{
	struct draw *draw = world->draw;

	if (world->returning == 0)
		submit->preemptible = (uint8_t)draw_chance(draw, 80);
	if (world->returning == 0 && world->tenants > 0 && draw_chance(draw, 8)) {
		world->returning = (int32_t)draw_range(draw, 3, 12);
		world->returner = draw_range(draw, 1, world->tenants);
	}
	if (world->returning == 0)
		return;
	world->returning--;
	submit->tenant = world->returner;
	submit->held = submit->now_or_never = 0;
}

/* A job that a deal may move, and put beside others. */
static void make_dealt(struct world *world, struct entry *entry)
{
	struct draw *draw = world->draw;
	struct parc_submit *submit = &entry->event.submit;
	struct parc_group *group = &entry->groups[0];

	submit->kind = draw_range(draw, 1, DEALT_KINDS);
	submit->preemptible = submit->requeue = 1;
	if (draw_chance(draw, 50))
		submit->expected_us = draw_range(draw, 1, 600) * SECOND;
	memset(group, 0, sizeof(*group));
	group->task = (struct parc_task){.devices = draw_chance(draw, 80) ? 1 : 2,
					 .share_milli = PARC_SHARE_WHOLE,
					 .cpu_milli = (int32_t)draw_below(draw, 2) * 1000,
					 .device_memory_mib = (int32_t)draw_below(draw, 3) * 4};
	group->tasks_min = group->tasks_max = draw_chance(draw, 80) ? 1 : 2;
}

static void make_submit(struct world *world, struct entry *entry)
{
	struct draw *draw = world->draw;
	struct parc_submit *submit = &entry->event.submit;

	entry->event.kind = PARC_EVENT_SUBMIT;
	world->last_job += draw_range(draw, 1, 2);
	submit->job = world->last_job;
	submit->user = draw_range(draw, 1, 3);
	submit->kind = draw_chance(draw, 60) ? draw_below(draw, WORLD_KINDS) : PARC_NONE;
	submit->tier = draw_chance(draw, 30) ? (int32_t)draw_below(draw, 3) : 0;
	submit->work_class = (int32_t)draw_below(draw, 4);
	submit->groups_count = 1;
	if (world->dealt && !world->plain && draw_chance(draw, 85)) {
		make_dealt(world, entry);
		if (world->lent)
			make_lent(world, submit);
		if (world->jobs_count < WORLD_JOBS_MAX)
			world->jobs[world->jobs_count++] = submit->job;
		return;
	}
	if (!world->plain && draw_chance(draw, 20))
		submit->groups_count = (int32_t)draw_range(draw, 2, 3);
	for (int32_t g = 0; g < submit->groups_count; g++)
		make_group(world, &entry->groups[g]);
	if (draw_chance(draw, 35)) {
		submit->close_level = (int32_t)draw_range(draw, 0, PARC_LEVEL_NODE);
		submit->close_strength = (int32_t)draw_range(draw, 0, PARC_STRENGTH_REQUIRE);
	}
	make_limits(world, submit);
	make_service(world, submit);
	if (!world->plain)
		make_extras(world, entry);
	if (world->lent)
		make_lent(world, submit);
	if (world->jobs_count < WORLD_JOBS_MAX)
		world->jobs[world->jobs_count++] = submit->job;
}

static void make_job_event(struct world *world, struct entry *entry)
{
	static const int32_t kinds[] = {PARC_EVENT_CANCEL, PARC_EVENT_HOLD, PARC_EVENT_RELEASE,
					PARC_EVENT_RELEASE};

	entry->event.kind = (int32_t)DRAW_PICK(world->draw, kinds);
	entry->event.job.job = any_job(world);
}

/* ---- The operator, and faults */

static void make_node_event(struct world *world, const struct parc_core *core, struct entry *entry)
{
	static const int32_t kinds[] = {
		PARC_EVENT_NODE_RESUME,	 PARC_EVENT_NODE_BACK,	PARC_EVENT_NODE_DRAIN,
		PARC_EVENT_NODE_SUSPECT, PARC_EVENT_NODE_FENCE, PARC_EVENT_NODE_REMOVE,
		PARC_EVENT_NODE_RESUME,	 PARC_EVENT_NODE_BACK,
	};
	struct parc_node_info info;

	entry->event.kind = (int32_t)DRAW_PICK(world->draw, kinds);
	entry->event.node.node = any_node(world);
	if (entry->event.kind == PARC_EVENT_NODE_DRAIN)
		entry->event.node.maintenance = (uint8_t)draw_below(world->draw, 2);
	/* What was suspected is mostly fenced before it is back. */
	if (parc_node_info(core, entry->event.node.node, &info) == 0 &&
	    info.state == PARC_NODE_SUSPECTED && draw_chance(world->draw, 50))
		entry->event.kind = PARC_EVENT_NODE_FENCE;
}

static void make_device_event(struct world *world, struct entry *entry)
{
	static const int32_t kinds[] = {PARC_EVENT_DEVICE_REPAIR, PARC_EVENT_DEVICE_FAIL,
					PARC_EVENT_FOREIGN_USE};
	struct draw *draw = world->draw;

	entry->event.kind = (int32_t)DRAW_PICK(draw, kinds);
	entry->event.device.node = any_node(world);
	entry->event.device.device = (int32_t)draw_below(draw, 8);
	if (entry->event.kind != PARC_EVENT_FOREIGN_USE)
		return;
	entry->event.foreign.share_milli = (int32_t)draw_below(draw, 5) * 250;
	entry->event.foreign.memory_mib = (int32_t)draw_below(draw, 5) * 4;
}

static void make_profile(struct world *world, struct entry *entry)
{
	entry->event.kind = PARC_EVENT_PROFILE_SET;
	entry->event.profile.count = (int32_t)draw_below(world->draw, 6);
	for (int32_t i = 0; i < entry->event.profile.count; i++) {
		world_task(world->draw, &entry->profile[i].task, world->chips_count);
		entry->profile[i].count = draw_range(world->draw, 1, 1000);
	}
}

static void make_tenant(struct world *world, struct entry *entry)
{
	entry->event.kind = PARC_EVENT_TENANT_SET;
	entry->event.tenant = (struct parc_tenant){
		.tenant = draw_range(world->draw, 1, 4),
		.parent = draw_below(world->draw, world->tenants + 1),
		.weight = (int32_t)draw_range(world->draw, 1, 9),
		.limit_milli = draw_below(world->draw, 3) * 4000,
		.jobs_max = draw_below(world->draw, 3) * 2,
		.pending_max = draw_below(world->draw, 2) * 9,
	};
	world_guarantees(world->draw, &entry->event.tenant, world->chips_count);
	if (entry->event.tenant.tenant > world->tenants && world->tenants < 3)
		world->tenants = entry->event.tenant.tenant = world->tenants + 1;
}

/* What is learnt of some kind's speed on a chip; now and then the operator's word on it. */
static void make_speed(struct world *world, struct entry *entry)
{
	struct draw *draw = world->draw;

	entry->event.kind = PARC_EVENT_SPEED_MEASURED;
	entry->event.speed.kind = draw_range(draw, 1, WORLD_KINDS);
	entry->event.speed.chip = (int32_t)draw_below(draw, world->chips_count);
	entry->event.speed.set = (uint8_t)draw_chance(draw, 20);
	entry->event.speed.speed_milli = (int32_t)draw_range(draw, 100, 3000);
	if (entry->event.speed.set && draw_chance(draw, 50))
		entry->event.speed.speed_milli = 0;
	entry->event.speed.count = (int32_t)draw_range(draw, 1, draw_chance(draw, 10) ? 100 : 3);
	entry->event.speed.spread_milli = (int32_t)draw_below(draw, 300);
	if (world->dealt) {
		entry->event.speed.kind = draw_range(draw, 1, DEALT_KINDS);
		entry->event.speed.beside = draw_below(draw, DEALT_KINDS + 1);
	}
}

static void make_use(struct world *world, struct entry *entry)
{
	entry->event.kind = PARC_EVENT_USE_MEASURED;
	entry->event.use.kind = draw_range(world->draw, 1, WORLD_KINDS);
	entry->event.use.share_milli = (int32_t)draw_below(world->draw, 21) * 50;
}

/* Maintenance or a reservation, of nodes or of an amount; now and then one is dropped. */
static void make_window(struct world *world, struct entry *entry)
{
	struct draw *draw = world->draw;
	struct parc_window *it = &entry->event.window;

	if (draw_chance(draw, 25)) {
		entry->event.kind = PARC_EVENT_WINDOW_DROP;
		it->window = draw_range(draw, 1, world->window_last + 1);
		return;
	}
	entry->event.kind = PARC_EVENT_WINDOW_SET;
	it->window = ++world->window_last;
	it->start_us = world->time_us + draw_below(draw, 60) * SECOND;
	it->end_us = it->start_us + draw_range(draw, 1, 60) * SECOND;
	it->maintenance = (uint8_t)draw_chance(draw, 50);
	if (!it->maintenance && draw_chance(draw, 50))
		it->user = draw_range(draw, 1, 3);
	if (!it->maintenance && (it->user == 0 || draw_chance(draw, 20)))
		it->tenant = draw_range(draw, 1, world->tenants + 1);
	it->chip = (int32_t)draw_below(draw, world->chips_count);
	it->devices = (int32_t)draw_range(draw, 1, 6);
	if (draw_chance(draw, 60) && world->nodes_count > 0) {
		int64_t first = draw_below(draw, world->nodes_count);

		for (int64_t n = first; n < world->nodes_count && it->nodes_count < 3; n++)
			entry->nodes[it->nodes_count++] = world->nodes[n];
	}
}

static void make_admin(struct world *world, struct entry *entry)
{
	switch (draw_below(world->draw, 7)) {
	case 0:
		make_profile(world, entry);
		break;
	case 1:
		make_chip(world, entry, (int32_t)draw_below(world->draw, world->chips_count));
		break;
	case 2:
		make_tenant(world, entry);
		break;
	case 3:
		make_place(world, entry);
		break;
	case 4:
		make_node(world, entry);
		break;
	default:
		if (draw_chance(world->draw, 30))
			world->place = (int32_t)draw_below(world->draw, PARC_PLACE_FGD + 1);
		make_policy(world, entry);
		break;
	}
}

/* ---- Allocations */

static void make_run_of(struct world *world, struct entry *entry, int64_t job, int32_t kind)
{
	entry->run_job = job;
	entry->event.kind = kind;
	memset(&entry->event.run, 0, sizeof(entry->event.run));
	if (kind == PARC_EVENT_ENDED)
		entry->event.run.result = PARC_RESULT_OK;
	if (kind == PARC_EVENT_ENDED && draw_chance(world->draw, 40))
		entry->event.run.result =
			draw_chance(world->draw, 50) ? PARC_RESULT_LOST : PARC_RESULT_FAILED;
	if (kind == PARC_EVENT_PROGRESS || kind == PARC_EVENT_CHECKPOINT)
		entry->event.run.work_us = draw_below(world->draw, 100) * SECOND;
	if (kind == PARC_EVENT_USE)
		entry->event.run.busy_milli = (int32_t)draw_range(world->draw, -1, 1000);
}

/* An event of some allocation; a task when there is none. */
static int make_run(struct world *world, const struct parc_core *core, struct entry *entry)
{
	static const int32_t kinds[] = {
		PARC_EVENT_ENDED,    PARC_EVENT_ENDED,	    PARC_EVENT_ENDED,
		PARC_EVENT_PROGRESS, PARC_EVENT_CHECKPOINT, PARC_EVENT_USE,
		PARC_EVENT_STARTED,  PARC_EVENT_READY,	    PARC_EVENT_STOPPED,
	};
	int64_t starting = job_in(world, core, PARC_JOB_STARTING);
	int64_t running = job_in(world, core, PARC_JOB_RUNNING);

	if (starting != PARC_NONE && (running == PARC_NONE || draw_chance(world->draw, 50)))
		make_run_of(world, entry, starting,
			    draw_chance(world->draw, 80) ? PARC_EVENT_STARTED : PARC_EVENT_ENDED);
	else if (running != PARC_NONE)
		make_run_of(world, entry, running, (int32_t)DRAW_PICK(world->draw, kinds));
	return starting != PARC_NONE || running != PARC_NONE;
}

/* ---- What is impossible */

static void spoil(struct world *world, struct entry *entry)
{
	static const int64_t values[] = {0,	    -1,	       1,      INT32_MAX, INT32_MIN,
					 INT64_MAX, INT64_MIN, 1000,   1001,	  65536,
					 33,	    64,	       1 << 24};
	struct entry_number numbers[64];
	int32_t count = entry_numbers(entry, numbers, 64);
	int64_t value = values[draw_below(world->draw, (int64_t)(sizeof(values) / 8))];
	const struct entry_number *it;

	if (count == 0 || draw_chance(world->draw, 5)) {
		entry->event.kind = (int32_t)draw_range(world->draw, -1, 50);
		return;
	}
	it = &numbers[draw_below(world->draw, count)];
	if (draw_chance(world->draw, 5))
		entry->event.time_us = draw_chance(world->draw, 80) ? world->time_us - 1 : value;
	else if (it->bytes == 1)
		*(uint8_t *)it->at = (uint8_t)value;
	else if (it->bytes == 2)
		memcpy(it->at, &(uint16_t){(uint16_t)value}, 2);
	else if (it->bytes == 4)
		memcpy(it->at, &(int32_t){(int32_t)value}, 4);
	else
		memcpy(it->at, &value, 8);
}

static void make_any(struct world *world, const struct parc_core *core, struct entry *entry)
{
	int64_t kind = draw_below(world->draw, 100);
	int64_t stopping = job_in(world, core, PARC_JOB_STOPPING);

	if (world->returning > 0)
		make_submit(world, entry);
	else if (stopping != PARC_NONE && draw_chance(world->draw, 25))
		make_run_of(world, entry, stopping,
			    draw_chance(world->draw, 85) ? PARC_EVENT_STOPPED : PARC_EVENT_ENDED);
	else if (world->dealt && !world->plain && draw_chance(world->draw, 10))
		make_speed(world, entry);
	else if (kind < 40)
		make_submit(world, entry);
	else if (kind < 72 && make_run(world, core, entry))
		return;
	else if (kind < 78)
		make_job_event(world, entry);
	else if (kind < 86)
		make_node_event(world, core, entry);
	else if (kind < 90)
		make_device_event(world, entry);
	else if (kind < 92)
		make_load(world, core, entry);
	else if (kind < 95)
		make_admin(world, entry);
	else if (kind < 97)
		make_speed(world, entry);
	else if (kind < 98)
		make_use(world, entry);
	else if (kind < 99)
		make_window(world, entry);
	else
		entry->event.kind = PARC_EVENT_TIME;
}

/* An id that was spoiled may have been taken all the same, and so may an event that was spoiled
 * into another kind. */
static void ids_follow(struct world *world, const struct entry *entry, int32_t made)
{
	int32_t kind = entry->event.kind;

	if (kind == PARC_EVENT_SUBMIT) {
		if (made != kind && world->jobs_count < WORLD_JOBS_MAX)
			world->jobs_count++;
		if (world->jobs_count > 0)
			world->jobs[world->jobs_count - 1] = entry->event.submit.job;
	}
	if (kind == PARC_EVENT_NODE_ADD) {
		if (made != kind && world->nodes_count < WORLD_NODES_MAX)
			world->nodes_count++;
		if (world->nodes_count > 0)
			world->nodes[world->nodes_count - 1] = entry->event.node_add.node;
	}
}

void world_next(struct world *world, const struct parc_core *core, struct entry *entry)
{
	int64_t wake = parc_wake(core);
	int32_t made;

	memset(entry, 0, sizeof(*entry));
	if (make_setup(world, entry)) {
		entry->event.time_us = world->time_us;
		return;
	}
	if (world->returning == 0 && draw_chance(world->draw, 50))
		world->time_us += draw_below(world->draw, 10 * SECOND);
	replicas_follow(world, core);
	make_any(world, core, entry);
	if (entry->event.kind == PARC_EVENT_TIME && wake != PARC_NEVER && wake > world->time_us)
		world->time_us = wake;
	entry->event.time_us = world->time_us;
	made = entry->event.kind;
	if (draw_chance(world->draw, 4))
		spoil(world, entry);
	ids_follow(world, entry, made);
	entry_bind(entry, core);
}

/* ---- Coming to rest */

static int settle_node(struct world *world, const struct parc_core *core, struct entry *entry,
		       int64_t node)
{
	struct parc_node_info info;

	if (parc_node_info(core, node, &info) != 0 || info.state == PARC_NODE_UP)
		return 0;
	(void)world;
	entry->event.kind = info.state == PARC_NODE_DRAINED || info.state == PARC_NODE_MAINTENANCE
				    ? PARC_EVENT_NODE_RESUME
				    : PARC_EVENT_NODE_BACK;
	entry->event.node.node = node;
	return 1;
}

/* Mend and clear each device once; the place in the list of devices is kept in setup. */
static int settle_device(struct world *world, const struct parc_core *core, struct entry *entry)
{
	for (; world->setup > 0; world->setup--) {
		int32_t at = world->setup - 1;
		struct parc_node_info info;
		int32_t node = at / (2 * PARC_NODE_DEVICES_MAX);
		int32_t device = at / 2 % PARC_NODE_DEVICES_MAX;

		if (parc_node_info(core, world->nodes[node], &info) != 0 || device >= info.devices)
			continue;
		entry->event.kind = at % 2 == 0 ? PARC_EVENT_DEVICE_REPAIR : PARC_EVENT_FOREIGN_USE;
		entry->event.foreign.node = world->nodes[node];
		entry->event.foreign.device = device;
		world->setup--;
		return 1;
	}
	return 0;
}

/* What was told to stop stops; services are cancelled, when none of their replicas is stopping. */
static int settle_service(struct world *world, const struct parc_core *core, struct entry *entry)
{
	struct parc_job_info info;
	int64_t last = world->replica_last, id;

	for (id = PARC_REPLICA_IDS + 1; id <= last; id++)
		if (parc_job_info(core, id, &info) == 0 && info.state == PARC_JOB_STOPPING)
			break;
	if (id <= last) {
		entry->run_job = id;
		entry->event.kind = PARC_EVENT_STOPPED;
		return 1;
	}
	for (int32_t i = 0; i < world->jobs_count; i++)
		if (parc_job_info(core, world->jobs[i], &info) == 0 &&
		    (info.replicas > 0 || info.reason == PARC_REASON_SERVICE)) {
			entry->event.kind = PARC_EVENT_CANCEL;
			entry->event.job.job = world->jobs[i];
			return 1;
		}
	return 0;
}

static int settle_window(struct world *world, const struct parc_core *core, struct entry *entry)
{
	struct parc_event drop = {.time_us = world->time_us, .kind = PARC_EVENT_WINDOW_DROP};

	for (drop.window.window = 1; drop.window.window <= world->window_last; drop.window.window++)
		if (parc_check(core, &drop, NULL) == 0) {
			entry->event = drop;
			return 1;
		}
	return 0;
}

static int settle_job(struct world *world, const struct parc_core *core, struct entry *entry,
		      int64_t job)
{
	struct parc_job_info info;

	if (parc_job_info(core, job, &info) != 0)
		return 0;
	(void)world;
	entry->run_job = job;
	if (info.state == PARC_JOB_STARTING) {
		entry->event.kind = PARC_EVENT_STARTED;
	} else if (info.state == PARC_JOB_RUNNING) {
		entry->event.kind = PARC_EVENT_ENDED;
		entry->event.run.result = PARC_RESULT_OK;
	} else if (info.state == PARC_JOB_STOPPING) {
		entry->event.kind = PARC_EVENT_STOPPED;
	} else if (info.reason == PARC_REASON_HELD) {
		entry->event.kind = PARC_EVENT_RELEASE;
		entry->event.job.job = job;
	} else {
		return 0;
	}
	return 1;
}

int world_settle(struct world *world, const struct parc_core *core, struct entry *entry)
{
	int found = 0;

	memset(entry, 0, sizeof(*entry));
	entry->event.time_us = world->time_us;
	if (parc_wake(core) <= world->time_us) {
		entry->event.kind = PARC_EVENT_TIME;
		return 1;
	}
	found = settle_window(world, core, entry);
	for (int32_t i = 0; i < world->nodes_count && !found; i++)
		found = settle_node(world, core, entry, world->nodes[i]);
	if (!found)
		found = settle_device(world, core, entry);
	replicas_follow(world, core);
	if (!found)
		found = settle_service(world, core, entry);
	for (int32_t i = 0; i < world->jobs_count && !found; i++)
		found = settle_job(world, core, entry, world->jobs[i]);
	entry_bind(entry, core);
	return found;
}
