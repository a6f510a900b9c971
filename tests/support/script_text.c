/* SPDX-License-Identifier: Apache-2.0
 *
 * Events as text, both ways, by one table for each kind of record: a row is a field's name,
 * where it lies, its usual value and how it is written.
 */
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "base/assert.h"
#include "support/script.h"

#define SAME   INT64_MIN /* usual value of max: that of min */
#define SECOND INT64_C(1000000)

struct field {
	const char *name;
	size_t offset, bytes;
	int64_t usual;
	int32_t names;		     /* enumerators; 0: a number */
	const char *(*name_of)(int); /* NULL with names 1: a set of bits, as 0,2,5 */
};

#define NUMBER(type, member, name, usual)                                                 \
	{                                                                                 \
		name, offsetof(type, member), sizeof(((type *)0)->member), usual, 0, NULL \
	}
#define NAMED(type, member, name, usual, count, of)                                         \
	{                                                                                   \
		name, offsetof(type, member), sizeof(((type *)0)->member), usual, count, of \
	}
#define BITS(type, member, name)                                                      \
	{                                                                             \
		name, offsetof(type, member), sizeof(((type *)0)->member), 0, 1, NULL \
	}

#define CHIP(member, name, usual) NUMBER(struct parc_chip, member, name, usual)
static const struct field chip_fields[] = {
	CHIP(chip, "chip", 0),
	NAMED(struct parc_chip, rule, "rule", 0, 5, parc_rule_name),
	CHIP(memory_mib, "memory", 0),
	CHIP(step_milli, "step", 1),
	CHIP(rate_milli, "rate", 1000),
	CHIP(runtime, "runtime", 0),
	CHIP(unit, "unit", 1),
	BITS(struct parc_chip, counts, "counts"),
	CHIP(one_user, "one-user", 0),
	CHIP(within_link, "within-link", 0),
	CHIP(slots, "slots", 0),
	CHIP(mode_cost_us, "mode-cost", 0),
	CHIP(speed_milli[0], "speed-train", 0),
	CHIP(speed_milli[1], "speed-infer", 0),
	CHIP(speed_milli[2], "speed-interactive", 0),
	CHIP(speed_milli[3], "speed-batch", 0),
	CHIP(price_micro[0], "price-train", 0),
	CHIP(price_micro[1], "price-infer", 0),
	CHIP(price_micro[2], "price-interactive", 0),
	CHIP(price_micro[3], "price-batch", 0),
};

#define TEMPLATE(member, name) NUMBER(struct parc_template, member, name, 0)
static const struct field template_fields[] = {
	TEMPLATE(share_milli, "share"),
	TEMPLATE(memory_mib, "memory"),
	TEMPLATE(slots, "slots"),
	BITS(struct parc_template, starts, "starts"),
};

#define TENANT(member, name, usual) NUMBER(struct parc_tenant, member, name, usual)
static const struct field tenant_fields[] = {
	TENANT(tenant, "tenant", 0),
	TENANT(parent, "parent", 0),
	TENANT(weight, "weight", 1),
	TENANT(guarantees[0].milli, "guarantee", 0),
	BITS(struct parc_tenant, guarantees[0].chips, "guarantee-chips"),
	TENANT(guarantees[1].milli, "guarantee-2", 0),
	BITS(struct parc_tenant, guarantees[1].chips, "guarantee-2-chips"),
	TENANT(guarantees[2].milli, "guarantee-3", 0),
	BITS(struct parc_tenant, guarantees[2].chips, "guarantee-3-chips"),
	TENANT(guarantees[3].milli, "guarantee-4", 0),
	BITS(struct parc_tenant, guarantees[3].chips, "guarantee-4-chips"),
	TENANT(limit_milli, "limit", 0),
	TENANT(jobs_max, "jobs-max", 0),
	TENANT(pending_max, "pending-max", 0),
	TENANT(budget_micro, "budget", 0),
	TENANT(price_plan, "price-plan", 0),
};

#define POLICY(member, name, usual) NUMBER(struct parc_policy, member, name, usual)
static const struct field policy_fields[] = {
	NAMED(struct parc_policy, place, "place", 0, 7, parc_place_name),
	NAMED(struct parc_policy, order, "order", 0, 5, parc_order_name),
	NAMED(struct parc_policy, backfill, "backfill", 0, 5, parc_backfill_name),
	POLICY(reserve_max, "reserve-max", 0),
	POLICY(age_us, "age", 0),
	POLICY(preempt, "preempt", 0),
	POLICY(reclaim, "reclaim", 0),
	NAMED(struct parc_policy, victims, "victims", 0, 3, parc_victims_name),
	NAMED(struct parc_policy, lend, "lend", 0, 3, parc_lend_name),
	BITS(struct parc_policy, rights[1], "rights-1"),
	BITS(struct parc_policy, rights[2], "rights-2"),
	BITS(struct parc_policy, rights[3], "rights-3"),
	POLICY(run_min_us, "run-min", 600000000),
	POLICY(reclaim_us, "reclaim-time", 0),
	POLICY(seed, "seed", 0),
	POLICY(epoch_us, "epoch", 0),
	POLICY(grace_us, "grace", 0),
	POLICY(half_life_us, "half-life", 0),
	POLICY(requeue_max, "requeue-max", 0),
	POLICY(trial_max, "trials", 0),
	POLICY(round_us, "round", 0),
	POLICY(move_us, "move", 0),
	POLICY(pairs, "pairs", 0),
	POLICY(shrink_us, "shrink", 0),
	POLICY(pack_margin_milli, "pack-margin", 0),
	POLICY(idle_us, "idle", 0),
	POLICY(idle_grace_us, "idle-grace", 0),
	POLICY(idle_milli, "idle-busy", 0),
	NAMED(struct parc_policy, idle_act, "idle-act", 0, 3, parc_idle_name),
};

#define TASK_FIELDS(type, task)                                                    \
	BITS(type, task.chips, "chips"), NUMBER(type, task.devices, "devices", 0), \
		NUMBER(type, task.share_milli, "share", SAME),                     \
		NUMBER(type, task.device_memory_mib, "device-memory", 0),          \
		NUMBER(type, task.cpu_milli, "cpu", 0),                            \
		NUMBER(type, task.memory_mib, "memory", 0),                        \
		NAMED(type, task.link, "link", 0, 3, parc_strength_name)

static const struct field group_fields[] = {
	TASK_FIELDS(struct parc_group, task),
	NUMBER(struct parc_group, tasks_min, "tasks", 1),
	NUMBER(struct parc_group, tasks_max, "max", SAME),
	NUMBER(struct parc_group, mixed_chips, "mixed", 0),
};

static const struct field profile_fields[] = {
	TASK_FIELDS(struct parc_profile_entry, task),
	NUMBER(struct parc_profile_entry, count, "count", 1),
};

static const struct field variant_fields[] = {
	BITS(struct parc_variant, chips, "chips"),
	NUMBER(struct parc_variant, speed_milli, "speed", 0),
	NUMBER(struct parc_variant, device_memory_mib, "device-memory", 0),
};

static const struct field depend_fields[] = {
	NUMBER(struct parc_depend, job, "job", 0),
	NUMBER(struct parc_depend, kind, "kind", 0),
};

#define SUBMIT(member, name, usual) NUMBER(struct parc_submit, member, name, usual)
static const struct field submit_fields[] = {
	SUBMIT(job, "job", 0),
	SUBMIT(tenant, "tenant", 0),
	SUBMIT(user, "user", 1),
	SUBMIT(kind, "kind", 0),
	SUBMIT(tier, "tier", 0),
	NAMED(struct parc_submit, work_class, "class", 0, 4, parc_class_name),
	SUBMIT(time_limit_us, "time-limit", 0),
	SUBMIT(expected_us, "expected", 0),
	SUBMIT(checkpoint_us, "checkpoint", 0),
	SUBMIT(grace_us, "grace", 0),
	SUBMIT(array, "array", 0),
	SUBMIT(array_running_max, "array-max", 0),
	SUBMIT(now_or_never, "now-or-never", 0),
	SUBMIT(held, "held", 0),
	SUBMIT(requeue, "requeue", 0),
	SUBMIT(preemptible, "preemptible", 0),
	SUBMIT(packable, "packable", 0),
	NAMED(struct parc_submit, close_level, "close", 0, 5, parc_level_name),
	NAMED(struct parc_submit, close_strength, "closeness", 0, 3, parc_strength_name),
	SUBMIT(service.replicas_max, "replicas", 0),
	SUBMIT(service.replicas_min, "replicas-min", 0),
	SUBMIT(service.capacity_milli, "capacity", 0),
	SUBMIT(service.target_milli, "target", 0),
};

static const struct field place_fields[] = {
	NUMBER(struct parc_event, place.place, "place", 0),
	NUMBER(struct parc_event, place.parent, "parent", 0),
	NAMED(struct parc_event, place.level, "level", 0, 5, parc_level_name),
};

#define NODE(member, name, usual) NUMBER(struct parc_node_add, member, name, usual)
static const struct field node_add_fields[] = {
	NODE(node, "node", 0),	   NODE(place, "place", 0),	  NODE(rank, "rank", 0),
	NODE(cpu_milli, "cpu", 0), NODE(memory_mib, "memory", 0),
};

static const struct field pool_fields[] = {
	NUMBER(struct parc_pool, chip, "chip", 0),
	NUMBER(struct parc_pool, devices, "devices", 1),
	NUMBER(struct parc_pool, link_size, "link", 0),
};

#define EVENT(member, name, usual) NUMBER(struct parc_event, member, name, usual)
static const struct field node_fields[] = {
	EVENT(node.node, "node", 0),
	EVENT(node.maintenance, "maintenance", 0),
};
static const struct field device_fields[] = {
	EVENT(device.node, "node", 0),
	EVENT(device.device, "device", 0),
};
static const struct field foreign_fields[] = {
	EVENT(foreign.node, "node", 0),
	EVENT(foreign.device, "device", 0),
	EVENT(foreign.share_milli, "share", 0),
	EVENT(foreign.memory_mib, "memory", 0),
};
static const struct field job_fields[] = {EVENT(job.job, "job", 0)};
static const struct field load_fields[] = {
	EVENT(load.job, "job", 0),
	EVENT(load.load_milli, "load", 0),
};
static const struct field window_fields[] = {
	EVENT(window.window, "window", 0), EVENT(window.start_us, "start", 0),
	EVENT(window.end_us, "end", 0),	   EVENT(window.tenant, "tenant", 0),
	EVENT(window.user, "user", 0),	   EVENT(window.maintenance, "maintenance", 0),
	EVENT(window.chip, "chip", 0),	   EVENT(window.devices, "devices", 0),
};
static const struct field on_fields[] = {{"node", 0, sizeof(int64_t), 0, 0, NULL}};
static const struct field use_fields[] = {
	EVENT(use.kind, "kind", 0),
	EVENT(use.share_milli, "share", 0),
};
static const struct field speed_fields[] = {
	EVENT(speed.kind, "kind", 0),		EVENT(speed.chip, "chip", 0),
	EVENT(speed.speed_milli, "speed", 0),	EVENT(speed.count, "count", 1),
	EVENT(speed.spread_milli, "spread", 0), EVENT(speed.set, "set", 0),
	EVENT(speed.beside, "beside", 0),
};
static const struct field run_fields[] = {
	{"job", offsetof(struct entry, run_job), sizeof(int64_t), 0, 0, NULL},
	EVENT(run.allocation, "allocation", 0),
	EVENT(run.attempt, "attempt", 0),
	NAMED(struct parc_event, run.result, "result", 0, 7, parc_result_name),
	EVENT(run.work_us, "work", 0),
	EVENT(run.busy_milli, "busy", 0),
};

/* A record of an entry: its rows, and for parts their count, the first and the size of one. */
struct part {
	const char *word;
	const struct field *fields;
	size_t fields_count, count_offset, first_offset, size;
	int32_t max;
};

#define ROWS(fields)  fields, sizeof(fields) / sizeof(*(fields))
#define ENTRY(member) offsetof(struct entry, member)

static const struct part templates_part = {"template",
					   ROWS(template_fields),
					   ENTRY(event.chip.templates_count),
					   ENTRY(event.chip.templates),
					   sizeof(struct parc_template),
					   PARC_TEMPLATES_MAX};
static const struct part pools_part = {"pool",
				       ROWS(pool_fields),
				       ENTRY(event.node_add.pools_count),
				       ENTRY(event.node_add.pools),
				       sizeof(struct parc_pool),
				       PARC_NODE_POOLS_MAX};
static const struct part shapes_part = {"shape",
					ROWS(profile_fields),
					ENTRY(event.profile.count),
					ENTRY(profile),
					sizeof(struct parc_profile_entry),
					ENTRY_PROFILE_MAX};
static const struct part groups_part = {
	"group",       ROWS(group_fields),	  ENTRY(event.submit.groups_count),
	ENTRY(groups), sizeof(struct parc_group), PARC_GROUPS_MAX};
static const struct part variants_part = {
	"variant",	 ROWS(variant_fields),	      ENTRY(event.submit.variants_count),
	ENTRY(variants), sizeof(struct parc_variant), PARC_VARIANTS_MAX};
static const struct part depends_part = {
	"after",	ROWS(depend_fields),	    ENTRY(event.submit.depends_count),
	ENTRY(depends), sizeof(struct parc_depend), PARC_DEPENDS_MAX};

static const struct part on_part = {"on",	  ROWS(on_fields), ENTRY(event.window.nodes_count),
				    ENTRY(nodes), sizeof(int64_t), ENTRY_NODES_MAX};

struct layout {
	const struct field *fields;
	size_t fields_count, offset; /* of the record in the entry */
	const struct part *parts[3];
};

static struct layout layout_of(int32_t kind)
{
	switch (kind) {
	case PARC_EVENT_CHIP_SET:
		return (struct layout){ROWS(chip_fields), ENTRY(event.chip), {&templates_part}};
	case PARC_EVENT_TENANT_SET:
		return (struct layout){ROWS(tenant_fields), ENTRY(event.tenant), {NULL}};
	case PARC_EVENT_POLICY_SET:
		return (struct layout){ROWS(policy_fields), ENTRY(event.policy), {NULL}};
	case PARC_EVENT_PROFILE_SET:
		return (struct layout){NULL, 0, 0, {&shapes_part}};
	case PARC_EVENT_PLACE_ADD:
		return (struct layout){ROWS(place_fields), ENTRY(event), {NULL}};
	case PARC_EVENT_NODE_ADD:
		return (struct layout){ROWS(node_add_fields), ENTRY(event.node_add), {&pools_part}};
	case PARC_EVENT_DEVICE_FAIL:
	case PARC_EVENT_DEVICE_REPAIR:
		return (struct layout){ROWS(device_fields), ENTRY(event), {NULL}};
	case PARC_EVENT_FOREIGN_USE:
		return (struct layout){ROWS(foreign_fields), ENTRY(event), {NULL}};
	case PARC_EVENT_SUBMIT:
		return (struct layout){ROWS(submit_fields),
				       ENTRY(event.submit),
				       {&groups_part, &variants_part, &depends_part}};
	case PARC_EVENT_CANCEL:
	case PARC_EVENT_HOLD:
	case PARC_EVENT_RELEASE:
		return (struct layout){ROWS(job_fields), ENTRY(event), {NULL}};
	case PARC_EVENT_SERVICE_LOAD:
		return (struct layout){ROWS(load_fields), ENTRY(event), {NULL}};
	case PARC_EVENT_WINDOW_SET:
	case PARC_EVENT_WINDOW_DROP:
		return (struct layout){ROWS(window_fields), ENTRY(event), {&on_part}};
	case PARC_EVENT_USE_MEASURED:
		return (struct layout){ROWS(use_fields), ENTRY(event), {NULL}};
	case PARC_EVENT_SPEED_MEASURED:
		return (struct layout){ROWS(speed_fields), ENTRY(event), {NULL}};
	default:
		break;
	}
	if (kind >= PARC_EVENT_STARTED && kind <= PARC_EVENT_ENDED)
		return (struct layout){ROWS(run_fields), ENTRY(event), {NULL}};
	if (kind >= PARC_EVENT_NODE_DRAIN && kind <= PARC_EVENT_NODE_BACK)
		return (struct layout){ROWS(node_fields), ENTRY(event), {NULL}};
	return (struct layout){0};
}

/* The job of an allocation's event lies beside the event. */
static size_t field_offset(const struct field *field, size_t base)
{
	return field->offset == ENTRY(run_job) ? ENTRY(run_job) : base + field->offset;
}

static int64_t number_get(const void *at, size_t bytes)
{
	int64_t wide;
	int32_t word;
	uint16_t half;

	if (bytes == 1)
		return *(const uint8_t *)at;
	if (bytes == 2) {
		memcpy(&half, at, 2);
		return half;
	}
	if (bytes == 4) {
		memcpy(&word, at, 4);
		return word;
	}
	memcpy(&wide, at, 8);
	return wide;
}

static void number_set(void *at, size_t bytes, int64_t value)
{
	uint8_t byte = (uint8_t)value;
	uint16_t half = (uint16_t)value;
	int32_t word = (int32_t)value;

	memcpy(at,
	       bytes == 1   ? (void *)&byte
	       : bytes == 2 ? (void *)&half
	       : bytes == 4 ? (void *)&word
			    : (void *)&value,
	       bytes);
}

/* ---- Writing */

struct text {
	char *at;
	size_t used;
};

static void text_add(struct text *text, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

static void text_add(struct text *text, const char *format, ...)
{
	va_list args;
	int more;

	va_start(args, format);
	more = vsnprintf(text->at + text->used, ENTRY_TEXT_MAX - text->used, format, args);
	va_end(args);
	text->used += (size_t)more;
	if (text->used >= ENTRY_TEXT_MAX)
		text->used = ENTRY_TEXT_MAX - 1;
}

static void bits_add(struct text *text, uint64_t bits)
{
	const char *comma = "";

	for (; bits != 0; bits &= bits - 1) {
		text_add(text, "%s%d", comma, __builtin_ctzll(bits));
		comma = ",";
	}
}

static void number_add(struct text *text, int64_t value)
{
	if (value >= SECOND && value % SECOND == 0)
		text_add(text, "%llds", (long long)(value / SECOND));
	else
		text_add(text, "%lld", (long long)value);
}

/* The usual share is a whole device; the usual maximum is the minimum. */
static int64_t usual_of(const struct field *field, const struct field *rows, const char *record)
{
	int64_t before;

	if (field->usual != SAME)
		return field->usual;
	before = number_get(record + field[-1].offset, field[-1].bytes);
	(void)rows;
	return strcmp(field->name, "share") != 0 ? before : before == 0 ? 0 : PARC_SHARE_WHOLE;
}

static void fields_add(struct text *text, const struct field *fields, size_t count,
		       const struct entry *entry, size_t base)
{
	const char *record = (const char *)entry;

	for (size_t i = 0; i < count; i++) {
		const struct field *it = &fields[i];
		int64_t value = number_get(record + field_offset(it, base), it->bytes);

		/* The job stands for its allocation, which may be another one next time. */
		if (entry->run_job > 0 && i > 0 && i < 3 && fields == run_fields)
			continue;
		if (value == usual_of(it, fields, record + base))
			continue;
		text_add(text, " %s=", it->name);
		if (it->names == 1)
			bits_add(text, it->bytes == 4 ? (uint32_t)value : (uint64_t)value);
		else if (it->names > 1 && value >= 0 && value < it->names)
			text_add(text, "%s", it->name_of((int)value));
		else
			number_add(text, value);
	}
}

const char *entry_format(const struct entry *entry, char text[ENTRY_TEXT_MAX])
{
	struct layout layout = layout_of(entry->event.kind);
	struct text out = {.at = text};

	if (entry->event.time_us % SECOND == 0)
		text_add(&out, "%llds ", (long long)(entry->event.time_us / SECOND));
	else
		text_add(&out, "%lld ", (long long)entry->event.time_us);
	text_add(&out, "%s", parc_event_name(entry->event.kind));
	if (layout.fields != NULL)
		fields_add(&out, layout.fields, layout.fields_count, entry, layout.offset);
	for (size_t p = 0; p < 3 && layout.parts[p] != NULL; p++) {
		const struct part *part = layout.parts[p];
		int64_t count = number_get((const char *)entry + part->count_offset, 4);

		for (int64_t i = 0; i < count && i < part->max; i++) {
			text_add(&out, " %s", part->word);
			fields_add(&out, part->fields, part->fields_count, entry,
				   part->first_offset + (size_t)i * part->size);
		}
	}
	return text;
}

static void placement_add(struct text *text, const struct parc_placement *it)
{
	text_add(text, " node %lld", (long long)it->node);
	if (it->devices != 0) {
		text_add(text, " devices ");
		bits_add(text, it->devices);
	}
	if (it->devices != 0 && it->share_milli != PARC_SHARE_WHOLE)
		text_add(text, " share %d", it->share_milli);
	if (it->device_memory_mib != 0)
		text_add(text, " device-memory %d", it->device_memory_mib);
	if (it->cpu_milli != 0)
		text_add(text, " cpu %d", it->cpu_milli);
	if (it->memory_mib != 0)
		text_add(text, " memory %lld", (long long)it->memory_mib);
	if (it->slots != 0) {
		text_add(text, " slots ");
		bits_add(text, it->slots);
	}
	if (it->variant >= 0)
		text_add(text, " variant %d", it->variant);
}

static void placements_add(struct text *text, const struct parc_placement *list, int32_t count)
{
	text_add(text, ":");
	for (int32_t i = 0; i < count; i++) {
		if (i > 0)
			text_add(text, ";");
		if (list[i].group > 0)
			text_add(text, " group %d", list[i].group);
		placement_add(text, &list[i]);
	}
}

static void time_add(struct text *text, const char *word, int64_t time_us)
{
	text_add(text, " %s ", word);
	if (time_us == PARC_NEVER)
		text_add(text, "unknown");
	else
		number_add(text, time_us);
}

static void reserve_add(struct text *text, const struct parc_action *action)
{
	if (action->reserve.count == 0) {
		text_add(text, " nothing");
		return;
	}
	time_add(text, "from", action->reserve.start_us);
	time_add(text, "to", action->reserve.end_us);
	placements_add(text, action->reserve.placements, action->reserve.count);
}

const char *action_format(const struct parc_action *action, char text[ENTRY_TEXT_MAX])
{
	struct text out = {.at = text};

	text_add(&out, "%s", parc_action_name(action->kind));
	if (action->job != PARC_NONE)
		text_add(&out, " job %lld", (long long)action->job);
	switch (action->kind) {
	case PARC_ACTION_START:
		text_add(&out, " attempt %d", action->start.attempt);
		if (action->start.beside != PARC_NONE)
			text_add(&out, " beside job %lld", (long long)action->start.beside);
		placements_add(&out, action->start.placements, action->start.count);
		break;
	case PARC_ACTION_WINDOW:
		text_add(&out, " %lld %s", (long long)action->window.window,
			 parc_window_phase_name(action->window.phase));
		if (action->window.count > 0)
			placements_add(&out, action->window.placements, action->window.count);
		break;
	case PARC_ACTION_REBOOK:
		text_add(&out, " group %d share %d", action->rebook.group,
			 action->rebook.share_milli);
		break;
	case PARC_ACTION_SCORE:
		text_add(&out, " chip %d is %lld", action->score.chip,
			 (long long)action->score.score);
		break;
	case PARC_ACTION_WARN:
		text_add(&out, " %s", parc_warning_name(action->warn.what));
		break;
	case PARC_ACTION_REPLICA:
		text_add(&out, " number %d as job %lld", action->replica.number,
			 (long long)action->replica.replica);
		break;
	case PARC_ACTION_RESERVE:
	case PARC_ACTION_RECALL:
		reserve_add(&out, action);
		break;
	case PARC_ACTION_STOP:
		text_add(&out, " attempt %d grace ", action->stop.attempt);
		number_add(&out, action->stop.grace_us);
		text_add(&out, " %s", parc_result_name(action->stop.why));
		break;
	case PARC_ACTION_REASON:
	case PARC_ACTION_REQUEUE:
		text_add(&out, " %s", parc_reason_name(action->reason.reason));
		break;
	case PARC_ACTION_END:
		text_add(&out, " %s", parc_result_name(action->end.result));
		if (action->end.reason != PARC_REASON_NONE)
			text_add(&out, " (%s)", parc_reason_name(action->end.reason));
		break;
	default:
		break;
	}
	return text;
}

/* ---- Reading */

static int64_t number_parse(const char *text, const char **why)
{
	char *end;
	long long value = strtoll(text, &end, 10);

	if (end != text && strcmp(end, "s") == 0)
		return value * SECOND;
	if (end == text || *end != '\0')
		*why = "this is no number";
	return value;
}

static int64_t bits_parse(const char *text, const char **why)
{
	uint64_t bits = 0;

	while (*text != '\0') {
		char *end;
		long bit = strtol(text, &end, 10);

		if (end == text || bit < 0 || bit > 63) {
			*why = "this is no list of bits";
			return 0;
		}
		bits |= UINT64_C(1) << bit;
		text = *end == ',' ? end + 1 : end;
	}
	return (int64_t)bits;
}

static int64_t value_parse(const struct field *field, const char *text, const char **why)
{
	if (field->names == 1)
		return bits_parse(text, why);
	for (int32_t i = 0; i < field->names; i++)
		if (strcmp(field->name_of(i), text) == 0)
			return i;
	return number_parse(text, why);
}

/* The record being read, and which of its fields were named. */
struct reading {
	struct entry *entry;
	const struct field *fields;
	size_t count, base;
	uint64_t named;
};

static void record_begin(struct reading *it, const struct field *fields, size_t count, size_t base)
{
	it->fields = fields;
	it->count = count;
	it->base = base;
	it->named = 0;
	for (size_t i = 0; i < count; i++)
		if (fields[i].usual != SAME)
			number_set((char *)it->entry + field_offset(&fields[i], base),
				   fields[i].bytes, fields[i].usual);
}

/* Give the fields whose usual value hangs on another one that value. */
static void record_end(struct reading *it)
{
	char *record = (char *)it->entry + it->base;

	for (size_t i = 0; i < it->count; i++)
		if (it->fields[i].usual == SAME && !(it->named >> i & 1))
			number_set(record + it->fields[i].offset, it->fields[i].bytes,
				   usual_of(&it->fields[i], it->fields, record));
}

static void field_parse(struct reading *it, char *token, const char **why)
{
	char *value = strchr(token, '=');

	*value++ = '\0';
	for (size_t i = 0; i < it->count; i++) {
		const struct field *field = &it->fields[i];

		if (strcmp(field->name, token) != 0)
			continue;
		it->named |= UINT64_C(1) << i;
		number_set((char *)it->entry + field_offset(field, it->base), field->bytes,
			   value_parse(field, value, why));
		return;
	}
	*why = "there is no such field";
}

static void part_parse(struct reading *it, const struct layout *layout, const char *word,
		       const char **why)
{
	for (size_t p = 0; p < 3 && layout->parts[p] != NULL; p++) {
		const struct part *part = layout->parts[p];
		char *count_at = (char *)it->entry + part->count_offset;
		int64_t count = number_get(count_at, 4);

		if (strcmp(part->word, word) != 0)
			continue;
		if (count == part->max) {
			*why = "there are too many of these";
			return;
		}
		record_end(it);
		record_begin(it, part->fields, part->fields_count,
			     part->first_offset + (size_t)count * part->size);
		number_set(count_at, 4, count + 1);
		return;
	}
	*why = "there is no such part";
}

static int32_t kind_parse(const char *word)
{
	for (int32_t kind = PARC_EVENT_TIME; kind <= PARC_EVENT_ENDED; kind++)
		if (strcmp(parc_event_name(kind), word) == 0)
			return kind;
	return 0;
}

int entry_parse(struct entry *entry, const char *line, const char **why)
{
	char copy[ENTRY_TEXT_MAX], *token, *rest = copy;
	struct reading reading = {.entry = entry};
	struct layout layout;

	memset(entry, 0, sizeof(*entry));
	*why = NULL;
	snprintf(copy, sizeof(copy), "%s", line);
	token = strsep(&rest, " ");
	entry->event.time_us = number_parse(token, why);
	token = rest == NULL ? "" : strsep(&rest, " ");
	entry->event.kind = kind_parse(token);
	if (entry->event.kind == 0)
		*why = "there is no such event";
	layout = layout_of(entry->event.kind);
	record_begin(&reading, layout.fields, layout.fields_count, layout.offset);
	while (*why == NULL && rest != NULL) {
		token = strsep(&rest, " ");
		if (strchr(token, '=') != NULL)
			field_parse(&reading, token, why);
		else if (*token != '\0')
			part_parse(&reading, &layout, token, why);
	}
	record_end(&reading);
	return *why == NULL ? 0 : -1;
}

/* ---- Spoiling */

static int32_t numbers_of(struct entry *entry, const struct field *fields, size_t count,
			  size_t base, struct entry_number *numbers, int32_t room)
{
	int32_t used = 0;

	for (size_t i = 0; i < count && used < room; i++)
		numbers[used++] =
			(struct entry_number){.at = (char *)entry + field_offset(&fields[i], base),
					      .bytes = (int32_t)fields[i].bytes};
	return used;
}

int32_t entry_numbers(struct entry *entry, struct entry_number *numbers, int32_t max)
{
	struct layout layout = layout_of(entry->event.kind);
	int32_t used =
		numbers_of(entry, layout.fields, layout.fields_count, layout.offset, numbers, max);

	for (size_t p = 0; p < 3 && layout.parts[p] != NULL; p++) {
		const struct part *part = layout.parts[p];
		int64_t count = number_get((const char *)entry + part->count_offset, 4);

		for (int64_t i = 0; i < count && i < part->max; i++)
			used += numbers_of(entry, part->fields, part->fields_count,
					   part->first_offset + (size_t)i * part->size,
					   numbers + used, max - used);
	}
	return used;
}
