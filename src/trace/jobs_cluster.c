/* SPDX-License-Identifier: Apache-2.0
 *
 * The logs of two of Microsoft's clusters: Philly (2017) and ITP (2021). Both have a time, a
 * length and a number of devices a job, and no CPU, memory or result. A gang of more devices than
 * one task has (8) is several such tasks and one with the rest.
 */
#include "trace/jobs_build.h"

#define GANG_MAX 1000000 /* devices of one job */

enum { PHILLY_TIME, PHILLY_LENGTH, PHILLY_DEVICES, PHILLY_CLUSTER, PHILLY_COLUMNS };
enum { ITP_TIME, ITP_LENGTH, ITP_DEVICES, ITP_COLUMNS };

static const struct text_column philly_list[PHILLY_COLUMNS] = {
	[PHILLY_TIME] = {"timestamp", true},
	[PHILLY_LENGTH] = {"duration", true},
	[PHILLY_DEVICES] = {"num_gpus", true},
	[PHILLY_CLUSTER] = {"cluster", false},
};
static const struct text_column itp_list[ITP_COLUMNS] = {
	[ITP_TIME] = {"submission_time", true},
	[ITP_LENGTH] = {"duration", true},
	[ITP_DEVICES] = {"num_gpu", true},
};
static const struct text_columns philly_columns = {philly_list, PHILLY_COLUMNS, false, ','};
static const struct text_columns itp_columns = {itp_list, ITP_COLUMNS, false, ','};

/* Length and devices, which both logs have. */
static int read_demand(struct jobs_builder *builder, struct jobs_draft *draft,
		       struct text_field length, struct text_field devices,
		       const char *devices_label)
{
	const int64_t range[2] = {0, GANG_MAX};
	int64_t length_us = 0, count = 0;
	int code = jobs_read_time(builder, length, "duration", JOBS_LENGTH_MAX, &length_us);

	if (code == 0)
		code = text_read_number(builder->text, devices, devices_label, range, &count,
					builder->err);
	if (code != 0)
		return code;
	draft->row.length_us = length_us;
	return jobs_split_gang(builder, draft, count, true);
}

static int read_philly_row(void *reader, const struct text_field *fields)
{
	struct jobs_builder *builder = reader;
	struct jobs_draft draft;
	int code;

	jobs_draft_init(&draft, builder, fields[PHILLY_TIME]);
	code = text_read_date(builder->text, fields[PHILLY_TIME], "timestamp", &draft.row.submit_us,
			      builder->err);
	if (code == 0)
		code = read_demand(builder, &draft, fields[PHILLY_LENGTH], fields[PHILLY_DEVICES],
				   "num_gpus");
	if (code == 0)
		code = jobs_set_name(builder, &builder->tenants, fields[PHILLY_CLUSTER].bytes,
				     fields[PHILLY_CLUSTER].size, &draft.row.tenant);
	return code != 0 ? code : jobs_builder_add(builder, &draft);
}

int jobs_read_philly(struct jobs_builder *builder, struct text *text)
{
	return jobs_read_table(builder, text, &philly_columns, read_philly_row, builder);
}

static int read_itp_row(void *reader, const struct text_field *fields)
{
	struct jobs_builder *builder = reader;
	struct jobs_draft draft;
	int code;

	jobs_draft_init(&draft, builder, fields[ITP_TIME]);
	code = jobs_read_time(builder, fields[ITP_TIME], "submission_time", JOBS_TIME_MAX,
			      &draft.row.submit_us);
	if (code == 0)
		code = read_demand(builder, &draft, fields[ITP_LENGTH], fields[ITP_DEVICES],
				   "num_gpu");
	return code != 0 ? code : jobs_builder_add(builder, &draft);
}

int jobs_read_itp(struct jobs_builder *builder, struct text *text)
{
	return jobs_read_table(builder, text, &itp_columns, read_itp_row, builder);
}
