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

int jobs_own_add(struct jobs_builder *builder, const struct jobs_draft *draft)
{
	if (draft->row.length_us == 0)
		return text_refuse(builder->text, draft->place, PARC_ERR_INVALID, builder->err,
				   "length_s is 0, expected more");
	return jobs_builder_add(builder, draft);
}
