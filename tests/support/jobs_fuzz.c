/* SPDX-License-Identifier: Apache-2.0
 *
 * Reading hostile logs of jobs for a small fleet.
 */
#include "support/jobs_fuzz.h"

#include "base/assert.h"
#include "support/jobs_same.h"
#include "text/text.h"

static void check_row(const struct jobs *jobs, int32_t at)
{
	const struct jobs_row *row = &jobs->rows[at];

	ASSERT(row->id > 0 && row->length_us > 0 && row->length_us <= JOBS_LENGTH_MAX);
	ASSERT(row->submit_us >= (at == 0 ? 0 : jobs->rows[at - 1].submit_us));
	ASSERT(row->submit_us <= JOBS_TIME_MAX);
	ASSERT(row->groups_count >= 1 && row->groups_count <= PARC_GROUPS_MAX);
	ASSERT(row->first_group + row->groups_count <= jobs->groups_count);
	ASSERT(row->first_depend + row->depends_count <= jobs->depends_count);
	ASSERT(row->user < jobs->users.count && row->tenant < jobs->tenants.count);
	ASSERT(row->kind < jobs->kinds.count && row->queue < jobs->queues.count);
	ASSERT(row->array <= at);
	for (int32_t i = 0; i < row->depends_count; i++)
		ASSERT(jobs->depends[row->first_depend + i].job < at);
	for (int32_t i = 0; i < row->groups_count; i++) {
		const struct jobs_group *group = &jobs->groups[row->first_group + i];
		const struct parc_task *task = &group->task;

		ASSERT(group->tasks >= 1 && group->tasks <= PARC_TASKS_MAX);
		ASSERT(task->devices >= 0 && task->devices <= PARC_NODE_DEVICES_MAX);
		ASSERT((task->devices == 0) == (task->share_milli == 0));
		ASSERT(task->cpu_milli >= 0 && task->cpu_milli <= PARC_CPU_MAX);
		ASSERT(task->memory_mib >= 0 && task->memory_mib <= PARC_MEMORY_MAX);
	}
}

void jobs_fuzz_read(const char *format, const struct fleet *fleet, const struct text *text,
		    const struct jobs_options *options)
{
	struct parc_err err = {0};
	struct jobs jobs;

	if (jobs_read_bytes(format, text, fleet, options, &jobs, &err) != 0) {
		ASSERT(err.code < 0 && err.text[0] != '\0' && jobs.rows == NULL);
		return;
	}
	ASSERT(jobs.count > 0 && jobs.rows[0].submit_us == 0);
	ASSERT((jobs.skipped > 0) == (jobs.first_skipped[0] != '\0'));
	for (int32_t i = 0; i < jobs.count; i++)
		check_row(&jobs, i);
	if (jobs_load_milli(&jobs, 7) > 0)
		(void)jobs_compress(&jobs, 7, 1100, NULL);
	ASSERT(jobs_same_when_written(&jobs, fleet) == NULL);
	jobs_deinit(&jobs);
}

void jobs_fuzz(const char *format, const uint8_t *bytes, size_t size)
{
	static const char list[] = "sn,cpu_milli,memory_mib,gpu,model\na,1,2,2,T4\nb,1,2,1,P100\n";
	const struct jobs_options strict = {0}, lenient = {.is_lenient = true, .has_devices = true};
	struct fleet fleet;
	struct text text;

	ASSERT(fleet_read_bytes(&fleet, "fleet", list, sizeof(list) - 1, NULL) == 0);
	text_init(&text, "fuzz", (const char *)bytes, size);
	jobs_fuzz_read(format, &fleet, &text, &strict);
	jobs_fuzz_read(format, &fleet, &text, &lenient);
	fleet_deinit(&fleet);
}
