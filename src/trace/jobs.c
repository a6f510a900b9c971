/* SPDX-License-Identifier: Apache-2.0
 *
 * Logs of jobs: the table of formats, reading through one entry, and changing the offered load.
 */
#include "trace/jobs.h"

#include <stdlib.h>
#include <string.h>

#include "base/assert.h"
#include "trace/jobs_build.h"

#define LOAD_MAX 1000000 /* thousandths */

const struct jobs_format jobs_formats[] = {
	{"openb", "Alibaba's GPU cluster trace of 2023: a task list", jobs_read_openb},
	{"philly", "Microsoft Philly 2017: timestamp, duration, num_gpus, cluster",
	 jobs_read_philly},
	{"itp", "Microsoft ITP 2021: submission_time, duration, num_gpu", jobs_read_itp},
	{"swf", "Standard Workload Format of the Parallel Workloads Archive", jobs_read_swf},
	{"sacct", "what Slurm's sacct --parsable2 prints", jobs_read_sacct},
	{"gavel", "a job list of Gavel (OSDI 2020), with its file of speeds", jobs_read_gavel},
	{"csv", "parc's own table of jobs", jobs_read_csv},
	{"yaml", "parc's own list of jobs", jobs_read_yaml},
	{NULL, NULL, NULL},
};

static int pair_is_before(const struct jobs_pair *a, const struct jobs_pair *b)
{
	if (a->kind != b->kind)
		return a->kind < b->kind;
	return a->beside != b->beside ? a->beside < b->beside : a->chip < b->chip;
}

int32_t jobs_pair_speed(const struct jobs *jobs, int32_t kind, int32_t beside, int32_t chip)
{
	const struct jobs_pair wanted = {.kind = kind, .beside = beside, .chip = chip};
	int32_t low = 0, high = jobs->pairs_count;

	while (low < high) {
		int32_t middle = low + (high - low) / 2;

		if (pair_is_before(&jobs->pairs[middle], &wanted))
			low = middle + 1;
		else
			high = middle;
	}
	return low < jobs->pairs_count && !pair_is_before(&wanted, &jobs->pairs[low])
		       ? jobs->pairs[low].speed_milli
		       : 0;
}

const struct parc_variant *jobs_row_variants(const struct jobs *jobs, const struct jobs_row *row)
{
	return row->variants_count > 0 ? &jobs->variants[row->first_variant] : NULL;
}

const struct jobs_format *jobs_find_format(const char *name)
{
	for (const struct jobs_format *format = jobs_formats; format->name != NULL; format++) {
		if (strcmp(format->name, name) == 0)
			return format;
	}
	return NULL;
}

int jobs_check_format(const char *name, struct parc_err *err)
{
	char known[PARC_ERR_TEXT_MAX / 2] = "";

	if (jobs_find_format(name) != NULL)
		return 0;
	for (const struct jobs_format *format = jobs_formats; format->name != NULL; format++)
		text_list_add(known, sizeof(known), format->name);
	return parc_err_set(err, PARC_ERR_UNKNOWN, "no format \"%s\", expected one of %s",
			    text_quote(name, strlen(name)).text, known);
}

int jobs_read_bytes(const char *format, const struct text *text, const struct fleet *fleet,
		    const struct jobs_options *options, struct jobs *jobs, struct parc_err *err)
{
	const struct jobs_format *found = jobs_find_format(format);
	struct parc_err own = {0};
	struct jobs_builder builder;
	struct text copy = *text;
	int code;

	*jobs = (struct jobs){0};
	if (found == NULL)
		return jobs_check_format(format, err);
	jobs_builder_init(&builder, jobs, fleet, &own);
	builder.text = &copy;
	if (options != NULL)
		builder.options = *options;
	if (builder.options.task_size < 0 || builder.options.task_size > PARC_NODE_DEVICES_MAX)
		return parc_err_set(err, PARC_ERR_INVALID, "tasks of size %d, expected 1 to %d",
				    builder.options.task_size, PARC_NODE_DEVICES_MAX);
	code = found->read(&builder, &copy);
	if (code == 0)
		code = jobs_builder_finish(&builder);
	jobs_builder_deinit(&builder);
	if (code == 0)
		return 0;
	jobs_deinit(jobs);
	return parc_err_set(err, code, "%s", own.text);
}

int jobs_read(const char *format, const char *path, const struct fleet *fleet,
	      const struct jobs_options *options, struct jobs *jobs, struct parc_err *err)
{
	struct text text;
	char *bytes;
	size_t size;
	int code;

	*jobs = (struct jobs){0};
	if (jobs_find_format(format) == NULL)
		return jobs_check_format(format, err);
	code = text_load(path, &bytes, &size, err);
	if (code != 0)
		return code;
	text_init(&text, path, bytes, size);
	code = jobs_read_bytes(format, &text, fleet, options, jobs, err);
	free(bytes);
	return code;
}

void jobs_deinit(struct jobs *jobs)
{
	free(jobs->rows);
	free(jobs->groups);
	free(jobs->depends);
	free(jobs->variants);
	free(jobs->pairs);
	free(jobs->users.list);
	free(jobs->tenants.list);
	free(jobs->kinds.list);
	free(jobs->queues.list);
	*jobs = (struct jobs){0};
}

int64_t jobs_demand(const struct jobs *jobs, int32_t row)
{
	const struct jobs_row *it = &jobs->rows[row];
	int64_t demand = 0;

	for (int32_t i = 0; i < it->groups_count; i++) {
		const struct jobs_group *group = &jobs->groups[it->first_group + i];

		demand += (int64_t)group->tasks * group->task.devices * group->task.share_milli;
	}
	return demand;
}

/* Thousandth-device-microseconds that all rows ask for together. */
static unsigned __int128 sum_work(const struct jobs *jobs)
{
	unsigned __int128 work = 0;

	for (int32_t i = 0; i < jobs->count; i++)
		work += (unsigned __int128)jobs_demand(jobs, i) * (uint64_t)jobs->rows[i].length_us;
	return work;
}

static int64_t arrivals_span(const struct jobs *jobs)
{
	return jobs->count == 0 ? 0 : jobs->rows[jobs->count - 1].submit_us;
}

int64_t jobs_load_milli(const struct jobs *jobs, int64_t devices)
{
	unsigned __int128 capacity = (unsigned __int128)devices * (uint64_t)arrivals_span(jobs);
	unsigned __int128 load;

	ASSERT(devices > 0);
	if (capacity == 0)
		return 0;
	load = sum_work(jobs) / capacity; /* work has the thousandths in it */
	return load > INT64_MAX ? 0 : (int64_t)load;
}

int jobs_compress(struct jobs *jobs, int64_t devices, int64_t load_milli, struct parc_err *err)
{
	int64_t before = arrivals_span(jobs);
	unsigned __int128 work = sum_work(jobs), after;

	ASSERT(devices > 0);
	if (load_milli < 1 || load_milli > LOAD_MAX)
		return parc_err_set(err, PARC_ERR_INVALID,
				    "a load of %lld thousandths, expected 1 to %d",
				    (long long)load_milli, LOAD_MAX);
	if (before == 0 || work == 0)
		return parc_err_set(err, PARC_ERR_INVALID,
				    "no load can be set: the jobs %s, expected a log that has both "
				    "times and devices",
				    before == 0 ? "all arrive at one time" : "ask for no devices");
	after = work / ((unsigned __int128)devices * (uint64_t)load_milli);
	if (after == 0 || after > JOBS_TIME_MAX)
		return parc_err_set(err, PARC_ERR_INVALID,
				    "with %lld devices no arrivals give a load of %lld thousandths",
				    (long long)devices, (long long)load_milli);
	for (int32_t i = 0; i < jobs->count; i++)
		jobs->rows[i].submit_us =
			(int64_t)((unsigned __int128)(uint64_t)jobs->rows[i].submit_us * after /
				  (uint64_t)before);
	return 0;
}
