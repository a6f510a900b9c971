/* SPDX-License-Identifier: Apache-2.0
 *
 * The fields of parc's own form of a job, and how each is read.
 */
#include "trace/jobs_own.h"

#include <stdio.h>
#include <string.h>

#include "base/assert.h"
#include "trace/tasks.h"

#define ID_MAX (INT64_C(1) << 60)

/* clang-format off */
#define ROW(name, kind, member, min, max) \
	{name, JOBS_OWN_##kind, false, offsetof(struct jobs_row, member), min, max}
#define REQUIRED(name, kind, member, min, max) \
	{name, JOBS_OWN_##kind, true, offsetof(struct jobs_row, member), min, max}
#define GROUP(name, kind, member, min, max) \
	{name, JOBS_OWN_##kind, false, offsetof(struct jobs_group, member), min, max}
/* clang-format on */

const struct jobs_own_field jobs_own_row_fields[] = {
	ROW("id", INT64, id, 1, ID_MAX),
	REQUIRED("submit_s", TIME, submit_us, 0, JOBS_TIME_MAX),
	REQUIRED("length_s", TIME, length_us, 0, JOBS_LENGTH_MAX),
	ROW("tenant", NAME, tenant, 0, 0),
	ROW("user", NAME, user, 0, 0),
	ROW("kind", NAME, kind, 0, 0),
	ROW("queue", NAME, queue, 0, 0),
	ROW("tier", INT32, tier, 0, PARC_TIERS_MAX - 1),
	ROW("class", CLASS, work_class, 0, 0),
	ROW("limit_s", TIME, limit_us, 0, JOBS_LENGTH_MAX),
	ROW("expected_s", TIME, expected_us, 0, JOBS_LENGTH_MAX),
	ROW("checkpoint_s", TIME, checkpoint_us, 0, JOBS_LENGTH_MAX),
	ROW("think_s", TIME, think_us, 0, JOBS_LENGTH_MAX),
	ROW("result", RESULT, result, 0, 0),
	ROW("close", CLOSE, close_level, 0, 0),
	ROW("array", ARRAY, array, 1, ID_MAX),
	ROW("array_running_max", INT32, array_running_max, 0, JOBS_MAX),
	ROW("depends", DEPENDS, first_depend, 1, ID_MAX),
	ROW("held", FLAG, held, 0, 0),
	ROW("requeue", FLAG, requeue, 0, 0),
	ROW("preemptible", FLAG, preemptible, 0, 0),
	ROW("runtime", RUNTIME, first_variant, 0, 0),
	ROW("variants", VARIANTS, first_variant, 0, 0),
};
const int32_t jobs_own_row_count = sizeof(jobs_own_row_fields) / sizeof(jobs_own_row_fields[0]);

const struct jobs_own_field jobs_own_group_fields[] = {
	GROUP("tasks", INT32, tasks, 1, PARC_TASKS_MAX),
	GROUP("devices", INT32, task.devices, 0, PARC_NODE_DEVICES_MAX),
	GROUP("share_milli", INT32, task.share_milli, 1, PARC_SHARE_WHOLE),
	GROUP("device_memory_mib", INT32, task.device_memory_mib, 0, PARC_DEVICE_MEMORY_MAX),
	GROUP("cpu_milli", INT32, task.cpu_milli, 0, PARC_CPU_MAX),
	GROUP("memory_mib", INT64, task.memory_mib, 0, PARC_MEMORY_MAX),
	GROUP("chips", CHIPS, task.chips, 0, 0),
	GROUP("link", LINK, task.link, 0, 0),
};
const int32_t jobs_own_group_count =
	sizeof(jobs_own_group_fields) / sizeof(jobs_own_group_fields[0]);

void jobs_own_group_init(struct jobs_group *group)
{
	*group = (struct jobs_group){.task.share_milli = PARC_SHARE_WHOLE, .tasks = 1};
}

static int refuse(struct jobs_builder *builder, struct text_field text,
		  const struct jobs_own_field *field, const char *expected)
{
	return text_refuse(builder->text, text, PARC_ERR_INVALID, builder->err,
			   "%s is \"%s\", expected %s", field->name,
			   text_quote(text.bytes, text.size).text, expected);
}

static int read_int32(struct jobs_builder *builder, const struct jobs_own_field *field,
		      struct text_field text, void *at)
{
	const int64_t range[2] = {field->min, field->max};
	int64_t number;
	int code = text_read_number(builder->text, text, field->name, range, &number, builder->err);

	if (code == 0)
		*(int32_t *)at = (int32_t)number;
	return code;
}

static int read_int64(struct jobs_builder *builder, const struct jobs_own_field *field,
		      struct text_field text, int64_t *number)
{
	const int64_t range[2] = {field->min, field->max};

	return text_read_number(builder->text, text, field->name, range, number, builder->err);
}

static int read_flag(struct jobs_builder *builder, const struct jobs_own_field *field,
		     struct text_field text, uint8_t *flag)
{
	bool is_set = text_is(text, "true") || text_is(text, "1");

	if (!is_set && !text_is(text, "false") && !text_is(text, "0"))
		return refuse(builder, text, field, "true or false");
	*flag = is_set;
	return 0;
}

static int read_name(struct jobs_builder *builder, const struct jobs_own_field *field,
		     struct text_field text, int32_t *at)
{
	struct jobs_index *index =
		field->offset == offsetof(struct jobs_row, tenant) ? &builder->tenants
		: field->offset == offsetof(struct jobs_row, user) ? &builder->users
		: field->offset == offsetof(struct jobs_row, kind) ? &builder->kinds
								   : &builder->queues;

	if (!text_is_name(text.bytes, text.size, JOBS_NAME_MAX))
		return refuse(builder, text, field,
			      "a name of 1 to 63 letters, digits or any of -_.+");
	return jobs_set_name(builder, index, text.bytes, text.size, at);
}

/* One of the words that `name_of` has for min..max. */
static bool find_word(struct text_field text, const char *(*name_of)(int number), int32_t min,
		      int32_t max, int32_t *number)
{
	for (int32_t i = min; i <= max; i++) {
		if (!text_is(text, name_of(i)))
			continue;
		*number = i;
		return true;
	}
	return false;
}

static int read_word(struct jobs_builder *builder, const struct jobs_own_field *field,
		     struct text_field text, int32_t *at)
{
	if (field->kind == JOBS_OWN_CLASS)
		return find_word(text, parc_class_name, PARC_CLASS_TRAIN, PARC_CLASS_BATCH, at)
			       ? 0
			       : refuse(builder, text, field, "train, infer, interactive or batch");
	if (field->kind == JOBS_OWN_LINK)
		return find_word(text, parc_strength_name, PARC_STRENGTH_NONE,
				 PARC_STRENGTH_REQUIRE, at)
			       ? 0
			       : refuse(builder, text, field, "none, prefer or require");
	return find_word(text, parc_result_name, PARC_RESULT_OK, PARC_RESULT_TIMEOUT, at)
		       ? 0
		       : refuse(builder, text, field, "ok, failed, cancelled, lost or timeout");
}

static int read_close(struct jobs_builder *builder, const struct jobs_own_field *field,
		      struct text_field text, struct jobs_row *row)
{
	if (tasks_parse_close(text.bytes, text.size, &row->close_level, &row->close_strength) != 0)
		return refuse(builder, text, field,
			      "prefer: or require: with site, pod, rack or node, as in "
			      "prefer:rack");
	return 0;
}

/* 12+13:ok+14:failed: the jobs it waits for, in any end, a good one, or a bad one. */
static int read_depends(struct jobs_builder *builder, const struct jobs_own_field *field,
			struct text_field text, struct jobs_draft *draft)
{
	struct text_field part, id;
	int code = 0;

	while (code == 0 && text_take(&text, '+', &part)) {
		int32_t kind = 0;
		int64_t job;

		text_take(&part, ':', &id);
		if (part.bytes != NULL)
			kind = text_is(part, "ok") ? 1 : text_is(part, "failed") ? 2 : -1;
		if (kind < 0)
			return refuse(builder, part, field, "ok or failed after the colon");
		code = read_int64(builder, field, id, &job);
		if (code == 0)
			code = jobs_add_depend(builder, draft, job, kind);
	}
	return code;
}

/* A|B: chips that the fleet lacks are left out; with only such chips the job never fits. */
static int read_chips(struct jobs_builder *builder, const struct jobs_own_field *field,
		      struct text_field text, struct jobs_draft *draft, uint64_t *chips)
{
	char name[FLEET_NAME_MAX + 1];
	struct text_field part;

	*chips = 0;
	while (text_take(&text, '|', &part)) {
		int32_t chip;
		int code = text_read_name(builder->text, part, field->name, name, sizeof(name),
					  builder->err);

		if (code != 0)
			return code;
		chip = fleet_find_chip(builder->fleet, name);
		if (chip >= 0)
			*chips |= UINT64_C(1) << chip;
	}
	if (*chips == 0)
		jobs_set_alien(builder, draft, name);
	return 0;
}

/* ---- What it can run on */

static uint64_t chips_of_runtime(const struct fleet *fleet, const char *name)
{
	uint64_t chips = 0;

	for (int32_t i = 0; i < fleet->chips_count; i++) {
		int32_t runtime = fleet->chips[i].chip.runtime;

		if (runtime > 0 && strcmp(fleet->runtimes[runtime - 1].name, name) == 0)
			chips |= UINT64_C(1) << i;
	}
	return chips;
}

/* A|B: runtimes. A fleet without any of them has no chip for the job. */
static int read_runtime(struct jobs_builder *builder, const struct jobs_own_field *field,
			struct text_field text, struct jobs_draft *draft)
{
	char name[FLEET_NAME_MAX + 1];
	struct text_field part;

	draft->has_runtime = 1;
	while (text_take(&text, '|', &part)) {
		int code = text_read_name(builder->text, part, field->name, name, sizeof(name),
					  builder->err);

		if (code != 0)
			return code;
		draft->runtime_chips |= chips_of_runtime(builder->fleet, name);
	}
	if (draft->runtime_chips == 0)
		jobs_set_alien(builder, draft, name);
	return 0;
}

/* A/B, or @RUNTIME; chips that the fleet lacks are left out. */
static int read_variant_chips(struct jobs_builder *builder, struct text_field text, uint64_t *chips)
{
	char name[FLEET_NAME_MAX + 1];
	struct text_field part;

	*chips = 0;
	while (text_take(&text, '/', &part)) {
		bool is_runtime = part.size > 0 && part.bytes[0] == '@';
		int32_t chip;
		int code;

		if (is_runtime) {
			part.bytes++;
			part.size--;
			part.column++;
		}
		code = text_read_name(builder->text, part, "a chip of variants", name, sizeof(name),
				      builder->err);
		if (code != 0)
			return code;
		chip = is_runtime ? -1 : fleet_find_chip(builder->fleet, name);
		if (is_runtime)
			*chips |= chips_of_runtime(builder->fleet, name);
		else if (chip >= 0)
			*chips |= UINT64_C(1) << chip;
	}
	return 0;
}

static int read_optional(struct jobs_builder *builder, struct text_field text, const char *label,
			 int64_t max, int32_t *number)
{
	const int64_t range[2] = {0, max};
	int64_t value = 0;
	int code = text.size == 0 ? 0
				  : text_read_number(builder->text, text, label, range, &value,
						     builder->err);

	*number = (int32_t)value;
	return code;
}

int jobs_own_add_variant(struct jobs_builder *builder, struct jobs_draft *draft,
			 struct text_field chips, struct text_field speed, struct text_field memory)
{
	struct parc_variant variant = {0};
	bool is_rest = text_is(chips, "*");
	int code = read_optional(builder, speed, "the speed of a variant", PARC_SPEED_MAX,
				 &variant.speed_milli);

	draft->has_variants = 1;
	if (code == 0)
		code = read_optional(builder, memory, "the device memory of a variant",
				     PARC_DEVICE_MEMORY_MAX, &variant.device_memory_mib);
	if (code == 0 && !is_rest)
		code = read_variant_chips(builder, chips, &variant.chips);
	if (code != 0)
		return code;
	if (is_rest && draft->rest_variant >= 0)
		return text_refuse(builder->text, chips, PARC_ERR_EXISTS, builder->err,
				   "a second variant takes all other chips, expected one");
	if (!is_rest && variant.chips == 0)
		return 0;
	if (draft->row.variants_count == PARC_VARIANTS_MAX)
		return text_refuse(builder->text, chips, PARC_ERR_FULL, builder->err,
				   "more than %d variants", PARC_VARIANTS_MAX);
	if (is_rest)
		draft->rest_variant = draft->row.variants_count;
	draft->variants[draft->row.variants_count++] = variant;
	return 0;
}

/* H100/H800:1000|@cann:700:60000|*: chips, speed and device memory of each. */
static int read_variants(struct jobs_builder *builder, struct text_field text,
			 struct jobs_draft *draft)
{
	struct text_field part;
	int code = 0;

	while (code == 0 && text_take(&text, '|', &part)) {
		struct text_field chips, speed = part, memory = part;

		speed.size = memory.size = 0;
		text_take(&part, ':', &chips);
		if (part.bytes != NULL)
			text_take(&part, ':', &speed);
		if (part.bytes != NULL)
			text_take(&part, ':', &memory);
		if (part.bytes != NULL)
			return text_refuse(builder->text, part, PARC_ERR_SYNTAX, builder->err,
					   "a variant has more than chips, speed and memory, as in "
					   "H100/H800:1000:60000");
		code = jobs_own_add_variant(builder, draft, chips, speed, memory);
	}
	return code;
}

/* All chips of the fleet, a bit each. */
static uint64_t chips_all(const struct fleet *fleet)
{
	return fleet->chips_count == PARC_CHIPS_MAX ? UINT64_MAX
						    : (UINT64_C(1) << fleet->chips_count) - 1;
}

/* The variant for all other chips gets them; a rest of none is no variant. */
static void settle_rest(const struct fleet *fleet, struct jobs_draft *draft)
{
	uint64_t others = chips_all(fleet);
	int32_t rest = draft->rest_variant;

	if (rest < 0)
		return;
	for (int32_t i = 0; i < draft->row.variants_count; i++)
		others &= ~draft->variants[i].chips;
	draft->variants[rest].chips = others;
	if (others != 0)
		return;
	draft->row.variants_count--;
	for (int32_t i = rest; i < draft->row.variants_count; i++)
		draft->variants[i] = draft->variants[i + 1];
}

/* What the job as a whole says narrows what its groups accept; a group that is left without a chip
 * never fits. */
static void settle_chips(struct jobs_builder *builder, struct jobs_draft *draft)
{
	uint64_t may = draft->has_runtime ? draft->runtime_chips : UINT64_MAX, ways = 0;

	settle_rest(builder->fleet, draft);
	for (int32_t i = 0; i < draft->row.variants_count; i++)
		ways |= draft->variants[i].chips;
	if (draft->has_variants && ways == 0) {
		jobs_set_alien(builder, draft, "of its variants");
		may = 0;
	}
	for (int32_t g = 0; g < draft->row.groups_count; g++) {
		struct parc_task *task = &draft->groups[g].task;

		if (task->devices == 0 || may == UINT64_MAX)
			continue;
		task->chips = (task->chips == 0 ? UINT64_MAX : task->chips) & may;
		if (task->chips == 0 && !draft->row.alien)
			jobs_set_alien(builder, draft, "of its runtime");
	}
}

int jobs_own_read(struct jobs_builder *builder, struct jobs_draft *draft, struct jobs_group *group,
		  const struct jobs_own_field *field, struct text_field text)
{
	void *at = (char *)(group != NULL ? (void *)group : &draft->row) + field->offset;

	if (text.size == 0)
		return 0;
	switch (field->kind) {
	case JOBS_OWN_INT32:
		return read_int32(builder, field, text, at);
	case JOBS_OWN_INT64:
		return read_int64(builder, field, text, at);
	case JOBS_OWN_TIME:
		return jobs_read_time(builder, text, field->name, field->max, at);
	case JOBS_OWN_FLAG:
		return read_flag(builder, field, text, at);
	case JOBS_OWN_NAME:
		return read_name(builder, field, text, at);
	case JOBS_OWN_CLASS:
	case JOBS_OWN_RESULT:
	case JOBS_OWN_LINK:
		return read_word(builder, field, text, at);
	case JOBS_OWN_CLOSE:
		return read_close(builder, field, text, &draft->row);
	case JOBS_OWN_ARRAY:
		return read_int64(builder, field, text, &draft->array_key);
	case JOBS_OWN_DEPENDS:
		return read_depends(builder, field, text, draft);
	case JOBS_OWN_CHIPS:
		return read_chips(builder, field, text, draft, at);
	case JOBS_OWN_RUNTIME:
		return read_runtime(builder, field, text, draft);
	case JOBS_OWN_VARIANTS:
		return read_variants(builder, text, draft);
	}
	ASSERT(false);
	return PARC_ERR_INVALID;
}

int jobs_own_add_group(struct jobs_builder *builder, struct jobs_draft *draft,
		       const struct jobs_group *group, struct text_field place)
{
	struct parc_task task = group->task;

	if (task.devices == 0 && task.cpu_milli == 0 && task.memory_mib == 0)
		return text_refuse(builder->text, place, PARC_ERR_INVALID, builder->err,
				   "the task asks for nothing, expected devices, cpu_milli or "
				   "memory_mib");
	if (task.devices == 0) {
		task.share_milli = 0;
		task.device_memory_mib = 0;
		task.link = PARC_STRENGTH_NONE;
	}
	return jobs_add_group(builder, draft, &task, group->tasks);
}

int jobs_own_add(struct jobs_builder *builder, struct jobs_draft *draft)
{
	settle_chips(builder, draft);
	if (draft->row.length_us == 0)
		return text_refuse(builder->text, draft->place, PARC_ERR_INVALID, builder->err,
				   "length_s is 0, expected more");
	return jobs_builder_add(builder, draft);
}
