/* SPDX-License-Identifier: Apache-2.0
 *
 * The encoding of events and actions. A record is its version, its kind, its time and its
 * fields in the order below; arrays follow their count. Cost: a few bytes a nanosecond.
 */
#include <string.h>

#include "core/codec.h"
#include "core/state.h"

#define EVENT_VERSION	4
#define ACTIONS_VERSION 3

void codec_task(struct codec *codec, struct parc_task *it)
{
	codec_u64(codec, &it->chips);
	codec_i32(codec, &it->devices);
	codec_i32(codec, &it->share_milli);
	codec_i32(codec, &it->device_memory_mib);
	codec_i32(codec, &it->cpu_milli);
	codec_i64(codec, &it->memory_mib);
	codec_i32(codec, &it->link);
}

void codec_chip(struct codec *codec, struct parc_chip *it)
{
	codec_i32(codec, &it->chip);
	codec_i32(codec, &it->rule);
	codec_i32(codec, &it->memory_mib);
	codec_i32(codec, &it->step_milli);
	codec_i32(codec, &it->rate_milli);
	codec_i32(codec, &it->runtime);
	codec_i32(codec, &it->unit);
	codec_u32(codec, &it->counts);
	codec_u8(codec, &it->one_user);
	codec_u8(codec, &it->within_link);
	codec_i32(codec, &it->slots);
	codec_i32(codec, &it->templates_count);
	codec_i64(codec, &it->mode_cost_us);
	for (int32_t t = 0; t < PARC_TEMPLATES_MAX; t++) {
		codec_i32(codec, &it->templates[t].share_milli);
		codec_i32(codec, &it->templates[t].memory_mib);
		codec_i32(codec, &it->templates[t].slots);
		codec_u32(codec, &it->templates[t].starts);
	}
	for (int32_t c = 0; c < 4; c++) {
		codec_i32(codec, &it->speed_milli[c]);
		codec_i64(codec, &it->price_micro[c]);
	}
}

void codec_tenant(struct codec *codec, struct parc_tenant *it)
{
	codec_i64(codec, &it->tenant);
	codec_i64(codec, &it->parent);
	codec_i32(codec, &it->weight);
	for (int32_t i = 0; i < PARC_GUARANTEES_MAX; i++) {
		codec_i64(codec, &it->guarantees[i].milli);
		codec_u64(codec, &it->guarantees[i].chips);
	}
	codec_i64(codec, &it->limit_milli);
	codec_i64(codec, &it->jobs_max);
	codec_i64(codec, &it->pending_max);
	codec_i64(codec, &it->budget_micro);
	codec_i32(codec, &it->price_plan);
}

void codec_policy(struct codec *codec, struct parc_policy *it)
{
	codec_i32(codec, &it->place);
	codec_i32(codec, &it->order);
	codec_i32(codec, &it->backfill);
	codec_i32(codec, &it->reserve_max);
	codec_u64(codec, &it->seed);
	codec_i64(codec, &it->age_us);
	codec_i64(codec, &it->epoch_us);
	codec_i64(codec, &it->grace_us);
	codec_i64(codec, &it->half_life_us);
	codec_i32(codec, &it->requeue_max);
	codec_i32(codec, &it->preempt);
	codec_i32(codec, &it->trial_max);
	codec_i64(codec, &it->round_us);
	codec_i64(codec, &it->move_us);
	codec_i32(codec, &it->pairs);
	for (size_t i = 0; i < sizeof(it->reserved) / sizeof(*it->reserved); i++)
		codec_i32(codec, &it->reserved[i]);
	codec_i64(codec, &it->idle_us);
	codec_i64(codec, &it->idle_grace_us);
	codec_i32(codec, &it->idle_milli);
	codec_i32(codec, &it->idle_act);
	codec_i32(codec, &it->pack_margin_milli);
	codec_i64(codec, &it->shrink_us);
	codec_i32(codec, &it->reclaim);
	codec_i32(codec, &it->victims);
	codec_i32(codec, &it->lend);
	for (int32_t tier = 0; tier < PARC_TIERS_MAX; tier++)
		codec_u16(codec, &it->rights[tier]);
	codec_i64(codec, &it->run_min_us);
	codec_i64(codec, &it->reclaim_us);
}

void codec_profile_entry(struct codec *codec, struct parc_profile_entry *it)
{
	codec_task(codec, &it->task);
	codec_i64(codec, &it->count);
}

void codec_variant(struct codec *codec, struct parc_variant *it)
{
	codec_u64(codec, &it->chips);
	codec_i32(codec, &it->speed_milli);
	codec_i32(codec, &it->device_memory_mib);
}

void codec_service(struct codec *codec, struct parc_service *it)
{
	codec_i32(codec, &it->replicas_min);
	codec_i32(codec, &it->replicas_max);
	codec_i64(codec, &it->capacity_milli);
	codec_i32(codec, &it->target_milli);
}

static void group_code(struct codec *codec, struct parc_group *it)
{
	codec_task(codec, &it->task);
	codec_i32(codec, &it->tasks_min);
	codec_i32(codec, &it->tasks_max);
	codec_u8(codec, &it->mixed_chips);
}

static void depend_code(struct codec *codec, struct parc_depend *it)
{
	codec_i64(codec, &it->job);
	codec_i32(codec, &it->kind);
}

/* An array of records behind a pointer to const: read into the scratch, written from a copy. */
#define ARRAY_CODE(codec, pointer, count, type, code)                                 \
	do {                                                                          \
		type *array_ = NULL;                                                  \
		if ((codec)->in != NULL)                                              \
			(pointer) = array_ = codec_array(codec, count, sizeof(type)); \
		for (int32_t i_ = 0; i_ < (count) && !(codec)->failed; i_++) {        \
			type copy_ = (pointer)[i_];                                   \
			code(codec, &copy_);                                          \
			if (array_ != NULL)                                           \
				array_[i_] = copy_;                                   \
		}                                                                     \
	} while (0)

static void submit_code(struct codec *codec, struct parc_submit *it)
{
	int64_t *longs[] = {&it->job,		&it->tenant,	    &it->user,
			    &it->kind,		&it->time_limit_us, &it->expected_us,
			    &it->checkpoint_us, &it->grace_us,	    &it->array};
	int32_t *words[] = {&it->tier,		 &it->work_class,     &it->array_running_max,
			    &it->close_level,	 &it->close_strength, &it->groups_count,
			    &it->variants_count, &it->depends_count};
	uint8_t *flags[] = {&it->now_or_never, &it->held, &it->requeue, &it->preemptible,
			    &it->packable};

	for (size_t i = 0; i < sizeof(longs) / sizeof(*longs); i++)
		codec_i64(codec, longs[i]);
	for (size_t i = 0; i < sizeof(words) / sizeof(*words); i++)
		codec_i32(codec, words[i]);
	for (size_t i = 0; i < sizeof(flags) / sizeof(*flags); i++)
		codec_u8(codec, flags[i]);
	codec_service(codec, &it->service);
	ARRAY_CODE(codec, it->groups, it->groups_count, struct parc_group, group_code);
	ARRAY_CODE(codec, it->variants, it->variants_count, struct parc_variant, codec_variant);
	ARRAY_CODE(codec, it->depends, it->depends_count, struct parc_depend, depend_code);
}

static void node_add_code(struct codec *codec, struct parc_node_add *it)
{
	codec_i64(codec, &it->node);
	codec_i64(codec, &it->place);
	codec_i64(codec, &it->rank);
	codec_i32(codec, &it->cpu_milli);
	codec_i64(codec, &it->memory_mib);
	codec_i32(codec, &it->pools_count);
	for (int32_t p = 0; p < PARC_NODE_POOLS_MAX; p++) {
		codec_i32(codec, &it->pools[p].chip);
		codec_i32(codec, &it->pools[p].devices);
		codec_i32(codec, &it->pools[p].link_size);
	}
}

static void device_code(struct codec *codec, struct parc_event *event)
{
	codec_i64(codec, &event->foreign.node);
	codec_i32(codec, &event->foreign.device);
	if (event->kind != PARC_EVENT_FOREIGN_USE)
		return;
	codec_i32(codec, &event->foreign.share_milli);
	codec_i32(codec, &event->foreign.memory_mib);
}

static void run_code(struct codec *codec, struct parc_event *event)
{
	codec_i64(codec, &event->run.allocation);
	codec_i32(codec, &event->run.attempt);
	codec_i32(codec, &event->run.result);
	codec_i64(codec, &event->run.work_us);
	codec_i32(codec, &event->run.busy_milli);
}

static void id_code(struct codec *codec, int64_t *it)
{
	codec_i64(codec, it);
}

static void window_code(struct codec *codec, struct parc_window *it)
{
	codec_i64(codec, &it->window);
	codec_i64(codec, &it->start_us);
	codec_i64(codec, &it->end_us);
	codec_i64(codec, &it->tenant);
	codec_i64(codec, &it->user);
	codec_u8(codec, &it->maintenance);
	codec_i32(codec, &it->chip);
	codec_i32(codec, &it->devices);
	codec_i32(codec, &it->nodes_count);
	ARRAY_CODE(codec, it->nodes, it->nodes_count, int64_t, id_code);
}

/* What was measured outside: a load, a speed, a use. */
static void measured_code(struct codec *codec, struct parc_event *event)
{
	switch (event->kind) {
	case PARC_EVENT_SERVICE_LOAD:
		codec_i64(codec, &event->load.job);
		codec_i64(codec, &event->load.load_milli);
		break;
	case PARC_EVENT_SPEED_MEASURED:
		codec_i64(codec, &event->speed.kind);
		codec_i32(codec, &event->speed.chip);
		codec_i32(codec, &event->speed.speed_milli);
		codec_i32(codec, &event->speed.count);
		codec_i32(codec, &event->speed.spread_milli);
		codec_u8(codec, &event->speed.set);
		codec_i64(codec, &event->speed.beside);
		break;
	default:
		codec_i64(codec, &event->use.kind);
		codec_i32(codec, &event->use.share_milli);
		break;
	}
}

static void place_code(struct codec *codec, struct parc_event *event)
{
	codec_i64(codec, &event->place.place);
	codec_i64(codec, &event->place.parent);
	codec_i32(codec, &event->place.level);
}

static void profile_code(struct codec *codec, struct parc_event *event)
{
	codec_i32(codec, &event->profile.count);
	ARRAY_CODE(codec, event->profile.entries, event->profile.count, struct parc_profile_entry,
		   codec_profile_entry);
}

/* What becomes of a node that is there. */
static void node_code(struct codec *codec, struct parc_event *event)
{
	codec_i64(codec, &event->node.node);
	codec_u8(codec, &event->node.maintenance);
}

/* What is told of a whole range of kinds; a kind that there isn't fails. */
static void range_code(struct codec *codec, struct parc_event *event)
{
	if (event->kind >= PARC_EVENT_STARTED && event->kind <= PARC_EVENT_ENDED)
		run_code(codec, event);
	else if (event->kind >= PARC_EVENT_NODE_DRAIN && event->kind <= PARC_EVENT_NODE_BACK)
		node_code(codec, event);
	else
		codec->failed = 1;
}

static void body_code(struct codec *codec, struct parc_event *event)
{
	switch (event->kind) {
	case PARC_EVENT_TIME:
		break;
	case PARC_EVENT_CHIP_SET:
		codec_chip(codec, &event->chip);
		break;
	case PARC_EVENT_TENANT_SET:
		codec_tenant(codec, &event->tenant);
		break;
	case PARC_EVENT_POLICY_SET:
		codec_policy(codec, &event->policy);
		break;
	case PARC_EVENT_PROFILE_SET:
		profile_code(codec, event);
		break;
	case PARC_EVENT_PLACE_ADD:
		place_code(codec, event);
		break;
	case PARC_EVENT_NODE_ADD:
		node_add_code(codec, &event->node_add);
		break;
	case PARC_EVENT_DEVICE_FAIL:
	case PARC_EVENT_DEVICE_REPAIR:
	case PARC_EVENT_FOREIGN_USE:
		device_code(codec, event);
		break;
	case PARC_EVENT_SUBMIT:
		submit_code(codec, &event->submit);
		break;
	case PARC_EVENT_CANCEL:
	case PARC_EVENT_HOLD:
	case PARC_EVENT_RELEASE:
		codec_i64(codec, &event->job.job);
		break;
	case PARC_EVENT_WINDOW_SET:
	case PARC_EVENT_WINDOW_DROP:
		window_code(codec, &event->window);
		break;
	case PARC_EVENT_SERVICE_LOAD:
	case PARC_EVENT_SPEED_MEASURED:
	case PARC_EVENT_USE_MEASURED:
		measured_code(codec, event);
		break;
	default:
		range_code(codec, event);
		break;
	}
}

static void event_code(struct codec *codec, struct parc_event *event)
{
	codec_expect(codec, EVENT_VERSION);
	codec_i32(codec, &event->kind);
	codec_i64(codec, &event->time_us);
	body_code(codec, event);
}

int64_t parc_event_encode(const struct parc_event *event, void *bytes, size_t size)
{
	struct codec codec = {.out = bytes, .size = bytes == NULL ? 0 : size};
	struct parc_event copy = *event;

	event_code(&codec, &copy);
	return codec.failed ? PARC_ERR_INVALID : (int64_t)codec.used;
}

static struct codec reader(void *scratch, size_t scratch_size, const void *bytes, size_t size)
{
	return (struct codec){
		.in = bytes, .size = size, .scratch = scratch, .scratch_size = scratch_size};
}

int64_t parc_event_decode(struct parc_event *event, void *scratch, size_t scratch_size,
			  const void *bytes, size_t size, struct parc_err *err)
{
	struct codec codec = reader(scratch, scratch_size, bytes, size);
	struct parc_event it;

	memset(&it, 0, sizeof(it));
	event_code(&codec, &it);
	if (codec.failed)
		return parc_err_set(err, PARC_ERR_CORRUPT,
				    "an event is cut short or of an unknown version, at byte %zu",
				    codec.used);
	*event = it;
	return (int64_t)codec.used;
}

static void placement_code(struct codec *codec, struct parc_placement *it)
{
	codec_i64(codec, &it->node);
	codec_i32(codec, &it->group);
	codec_i32(codec, &it->task);
	codec_u32(codec, &it->devices);
	codec_i32(codec, &it->share_milli);
	codec_i32(codec, &it->device_memory_mib);
	codec_i32(codec, &it->cpu_milli);
	codec_i64(codec, &it->memory_mib);
	codec_u32(codec, &it->slots);
	codec_i32(codec, &it->variant);
}

static void placements_code(struct codec *codec, const struct parc_placement **list, int32_t *count)
{
	codec_i32(codec, count);
	ARRAY_CODE(codec, *list, *count, struct parc_placement, placement_code);
}

/* What is told to an allocation that runs: a stop, another booking, a warning. */
static void running_code(struct codec *codec, struct parc_action *it)
{
	switch (it->kind) {
	case PARC_ACTION_STOP:
		codec_i64(codec, &it->stop.allocation);
		codec_i32(codec, &it->stop.attempt);
		codec_i64(codec, &it->stop.grace_us);
		codec_i32(codec, &it->stop.why);
		break;
	case PARC_ACTION_REBOOK:
		codec_i64(codec, &it->rebook.allocation);
		codec_i32(codec, &it->rebook.attempt);
		codec_i32(codec, &it->rebook.group);
		codec_i32(codec, &it->rebook.share_milli);
		break;
	default:
		codec_i64(codec, &it->warn.allocation);
		codec_i32(codec, &it->warn.attempt);
		codec_i32(codec, &it->warn.what);
		break;
	}
}

static void action_code(struct codec *codec, struct parc_action *it)
{
	codec_i32(codec, &it->kind);
	codec_i64(codec, &it->job);
	switch (it->kind) {
	case PARC_ACTION_START:
		codec_i64(codec, &it->start.allocation);
		codec_i32(codec, &it->start.attempt);
		codec_i64(codec, &it->start.beside);
		placements_code(codec, &it->start.placements, &it->start.count);
		break;
	case PARC_ACTION_STOP:
	case PARC_ACTION_REBOOK:
	case PARC_ACTION_WARN:
		running_code(codec, it);
		break;
	case PARC_ACTION_REASON:
	case PARC_ACTION_REQUEUE:
		codec_i32(codec, &it->reason.reason);
		break;
	case PARC_ACTION_END:
		codec_i32(codec, &it->end.result);
		codec_i32(codec, &it->end.reason);
		break;
	case PARC_ACTION_RESERVE:
	case PARC_ACTION_RECALL:
		codec_i64(codec, &it->reserve.start_us);
		codec_i64(codec, &it->reserve.end_us);
		placements_code(codec, &it->reserve.placements, &it->reserve.count);
		break;
	case PARC_ACTION_SCORE:
		codec_i32(codec, &it->score.chip);
		codec_i64(codec, &it->score.score);
		break;
	case PARC_ACTION_MORE:
		break;
	case PARC_ACTION_WINDOW:
		codec_i64(codec, &it->window.window);
		codec_i32(codec, &it->window.phase);
		placements_code(codec, &it->window.placements, &it->window.count);
		break;
	case PARC_ACTION_REPLICA:
		codec_i64(codec, &it->replica.replica);
		codec_i32(codec, &it->replica.number);
		break;
	default:
		codec->failed = 1;
		break;
	}
}

static void actions_code(struct codec *codec, struct parc_actions *it)
{
	codec_expect(codec, ACTIONS_VERSION);
	codec_i32(codec, &it->count);
	ARRAY_CODE(codec, it->list, it->count, struct parc_action, action_code);
}

int64_t parc_actions_encode(const struct parc_actions *actions, void *bytes, size_t size)
{
	struct codec codec = {.out = bytes, .size = bytes == NULL ? 0 : size};
	struct parc_actions copy = *actions;

	actions_code(&codec, &copy);
	return codec.failed ? PARC_ERR_INVALID : (int64_t)codec.used;
}

int64_t parc_actions_decode(struct parc_actions *actions, void *scratch, size_t scratch_size,
			    const void *bytes, size_t size, struct parc_err *err)
{
	struct codec codec = reader(scratch, scratch_size, bytes, size);
	struct parc_actions it = {0};

	actions_code(&codec, &it);
	if (codec.failed)
		return parc_err_set(err, PARC_ERR_CORRUPT,
				    "actions are cut short or of an unknown version, at byte %zu",
				    codec.used);
	*actions = it;
	return (int64_t)codec.used;
}
