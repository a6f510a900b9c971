/* SPDX-License-Identifier: Apache-2.0
 *
 * openb's task list as a log of jobs: a task is a job of one group. A task without both times has
 * no length and is not used. The list names neither users nor tenants.
 */
#include <string.h>

#include "trace/jobs_build.h"
#include "trace/tasks.h"

#define ALIEN_NAME "of gpu_spec" /* the list does not keep the names of chips */

static int add_task(struct jobs_builder *builder, const struct tasks_row *task)
{
	struct jobs_draft draft;
	int code;

	jobs_draft_init(&draft, builder, (struct text_field){.line = 1, .column = 1});
	draft.row.submit_us = task->create_us;
	draft.row.length_us = task->length_us < JOBS_LENGTH_MAX ? task->length_us : JOBS_LENGTH_MAX;
	draft.row.close_level = task->close_level;
	draft.row.close_strength = task->close_strength;
	if (task->task.devices == 0)
		draft.row.work_class = PARC_CLASS_BATCH;
	if (task->alien)
		jobs_set_alien(builder, &draft, ALIEN_NAME);
	code = jobs_add_group(builder, &draft, &task->task, task->gang);
	return code != 0 ? code : jobs_builder_add(builder, &draft);
}

int jobs_read_openb(struct jobs_builder *builder, struct text *text)
{
	struct text_skips skips = {0};
	struct tasks tasks;
	int code =
		tasks_read_openb_lenient(&tasks, builder->fleet, text,
					 builder->options.is_lenient ? &skips : NULL, builder->err);

	if (code != 0)
		return code;
	builder->jobs->skipped = skips.count;
	memcpy(builder->jobs->first_skipped, skips.first, sizeof(skips.first));
	for (int32_t i = 0; i < tasks.count && code == 0; i++)
		code = add_task(builder, &tasks.rows[i]);
	tasks_deinit(&tasks);
	return code;
}
