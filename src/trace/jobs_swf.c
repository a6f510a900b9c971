/* SPDX-License-Identifier: Apache-2.0
 *
 * The Standard Workload Format, version 2.2, of the Parallel Workloads Archive (Chapin and others,
 * "Benchmarks and Standards for the Evaluation of Parallel Job Schedulers", JSSPP 1999;
 * www.cs.huji.ac.il/labs/parallel/workload/swf.html). A line has 18 numbers with blanks between
 * them, -1 where one is not known; a line that begins with ';' is a comment.
 *
 * A job that was stopped and went on later has a line for its whole and further lines for its
 * parts (status 2 to 4): the parts are passed over.
 */
#include <string.h>

#include "trace/jobs_build.h"

#define PROCESSORS_MAX 10000000
#define NUMBER_MAX     (INT64_C(1) << 50)
#define KIB_OF_MIB     1024

enum {
	JOB,
	SUBMIT,
	WAIT,
	RUN,
	PROCESSORS,
	CPU_TIME,
	MEMORY_USED,
	PROCESSORS_ASKED,
	TIME_ASKED,
	MEMORY_ASKED,
	STATUS,
	USER,
	GROUP,
	APPLICATION,
	QUEUE,
	PARTITION,
	PRECEDING,
	THINK,
	FIELDS
};

static const char *const labels[FIELDS] = {
	[JOB] = "the job number",
	[SUBMIT] = "the submit time",
	[WAIT] = "the wait time",
	[RUN] = "the run time",
	[PROCESSORS] = "the number of processors",
	[CPU_TIME] = "the CPU time",
	[MEMORY_USED] = "the memory used",
	[PROCESSORS_ASKED] = "the number of processors asked for",
	[TIME_ASKED] = "the time asked for",
	[MEMORY_ASKED] = "the memory asked for",
	[STATUS] = "the status",
	[USER] = "the user",
	[GROUP] = "the group",
	[APPLICATION] = "the application",
	[QUEUE] = "the queue",
	[PARTITION] = "the partition",
	[PRECEDING] = "the preceding job",
	[THINK] = "the think time",
};

/* Status 2 to 4 are parts of a job. */
enum { STATUS_FAILED, STATUS_COMPLETED, STATUS_CANCELLED = 5, STATUS_MAX = 5 };

static bool is_blank(char byte)
{
	return byte == ' ' || byte == '\t';
}

/* Split a line at blanks: exactly FIELDS fields, or it is refused. */
static int split_line(const struct jobs_builder *builder, struct text_field line,
		      struct text_field *fields)
{
	size_t at = 0;
	int count = 0;

	while (true) {
		size_t begin;

		while (at < line.size && is_blank(line.bytes[at]))
			at++;
		if (at == line.size)
			break;
		begin = at;
		while (at < line.size && !is_blank(line.bytes[at]))
			at++;
		if (count < FIELDS)
			fields[count] =
				(struct text_field){line.bytes + begin, at - begin, line.line,
						    line.column + (int64_t)begin};
		count++;
	}
	if (count != FIELDS)
		return text_refuse(builder->text, line, PARC_ERR_SYNTAX, builder->err,
				   "%d fields, expected %d numbers with blanks between them", count,
				   FIELDS);
	return 0;
}

/* Is it -1, also written as -1.0? Then it is not known. */
static bool is_unknown(struct text_field field)
{
	if (field.size < 2 || memcmp(field.bytes, "-1", 2) != 0)
		return false;
	for (size_t i = 2; i < field.size; i++) {
		if (field.bytes[i] != (i == 2 ? '.' : '0'))
			return false;
	}
	return true;
}

/* A whole number, or -1 for one that is not known. */
static int read_number(struct jobs_builder *builder, const struct text_field *fields, int which,
		       int64_t max, int64_t *number)
{
	const int64_t range[2] = {0, max};

	*number = -1;
	if (is_unknown(fields[which]))
		return 0;
	return text_read_number(builder->text, fields[which], labels[which], range, number,
				builder->err);
}

/* Seconds as microseconds, 0 for a time that is not known. */
static int read_time(struct jobs_builder *builder, const struct text_field *fields, int which,
		     int64_t max_us, int64_t *time_us)
{
	*time_us = 0;
	if (is_unknown(fields[which]))
		return 0;
	return jobs_read_time(builder, fields[which], labels[which], max_us, time_us);
}

static int read_name(struct jobs_builder *builder, const struct text_field *fields, int which,
		     struct jobs_index *index, int32_t *at)
{
	int64_t number;
	int code = read_number(builder, fields, which, NUMBER_MAX, &number);

	if (code != 0 || number < 0)
		return code;
	return jobs_set_name(builder, index, fields[which].bytes, fields[which].size, at);
}

static int read_names(struct jobs_builder *builder, const struct text_field *fields,
		      struct jobs_row *row)
{
	int code = read_name(builder, fields, USER, &builder->users, &row->user);

	if (code == 0)
		code = read_name(builder, fields, GROUP, &builder->tenants, &row->tenant);
	if (code == 0)
		code = read_name(builder, fields, APPLICATION, &builder->kinds, &row->kind);
	if (code == 0)
		code = read_name(builder, fields, QUEUE, &builder->queues, &row->queue);
	return code;
}

static int read_times(struct jobs_builder *builder, const struct text_field *fields,
		      struct jobs_row *row)
{
	int code = read_time(builder, fields, SUBMIT, JOBS_TIME_MAX, &row->submit_us);

	if (code == 0)
		code = read_time(builder, fields, RUN, JOBS_LENGTH_MAX, &row->length_us);
	if (code == 0)
		code = read_time(builder, fields, TIME_ASKED, JOBS_LENGTH_MAX, &row->limit_us);
	if (code == 0)
		code = read_time(builder, fields, THINK, JOBS_LENGTH_MAX, &row->think_us);
	return code;
}

/* Processors allocated, else those asked for; memory asked for goes with each processor. */
static int read_demand(struct jobs_builder *builder, const struct text_field *fields,
		       struct jobs_draft *draft)
{
	int64_t processors, asked, memory_kib;
	int code = read_number(builder, fields, PROCESSORS, PROCESSORS_MAX, &processors);

	if (code == 0)
		code = read_number(builder, fields, PROCESSORS_ASKED, PROCESSORS_MAX, &asked);
	if (code == 0)
		code = read_number(builder, fields, MEMORY_ASKED, PARC_MEMORY_MAX, &memory_kib);
	if (code != 0)
		return code;
	if (processors <= 0)
		processors = asked;
	if (processors <= 0)
		return 0;
	code = jobs_split_gang(builder, draft, processors, builder->options.has_devices);
	for (int32_t i = 0; i < draft->row.groups_count && memory_kib > 0; i++) {
		struct parc_task *task = &draft->groups[i].task;
		int64_t each = task->devices > 0 ? task->devices : task->cpu_milli / 1000;

		task->memory_mib = (each * memory_kib + KIB_OF_MIB - 1) / KIB_OF_MIB;
	}
	return code;
}

/* The result; a part of a job is told by `is_part`. An unknown status is taken as a good end. */
static int read_status(struct jobs_builder *builder, const struct text_field *fields,
		       struct jobs_row *row, bool *is_part)
{
	int64_t status;
	int code = read_number(builder, fields, STATUS, STATUS_MAX, &status);

	*is_part = status > STATUS_COMPLETED && status < STATUS_CANCELLED;
	if (status == STATUS_FAILED)
		row->result = PARC_RESULT_FAILED;
	else if (status == STATUS_CANCELLED)
		row->result = PARC_RESULT_CANCELLED;
	return code;
}

static int read_ids(struct jobs_builder *builder, const struct text_field *fields,
		    struct jobs_draft *draft)
{
	const int64_t range[2] = {1, NUMBER_MAX};
	int64_t preceding;
	int code = text_read_number(builder->text, fields[JOB], labels[JOB], range, &draft->row.id,
				    builder->err);

	if (code == 0)
		code = read_number(builder, fields, PRECEDING, NUMBER_MAX, &preceding);
	if (code != 0 || preceding <= 0)
		return code;
	return jobs_add_depend(builder, draft, preceding, 0);
}

static int read_job(struct jobs_builder *builder, struct text_field line)
{
	struct text_field fields[FIELDS];
	struct jobs_draft draft;
	bool is_part = false;
	int code = split_line(builder, line, fields);

	if (code != 0)
		return code;
	jobs_draft_init(&draft, builder, line);
	if (!builder->options.has_devices)
		draft.row.work_class = PARC_CLASS_BATCH;
	code = read_ids(builder, fields, &draft);
	if (code == 0)
		code = read_status(builder, fields, &draft.row, &is_part);
	if (code == 0)
		code = read_times(builder, fields, &draft.row);
	if (code == 0)
		code = read_names(builder, fields, &draft.row);
	if (code == 0)
		code = read_demand(builder, fields, &draft);
	return code != 0 || is_part ? code : jobs_builder_add(builder, &draft);
}

int jobs_read_swf(struct jobs_builder *builder, struct text *text)
{
	struct text_field line;
	int code;

	while ((code = text_next_line(text, &line, TEXT_LINE_MAX, builder->err)) != 0) {
		if (code > 0 && line.bytes[0] == ';')
			continue;
		if (code > 0)
			code = read_job(builder, line);
		if (code < 0 && !jobs_builder_forgive(builder, code))
			return code;
	}
	return 0;
}
