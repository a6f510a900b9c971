/* SPDX-License-Identifier: Apache-2.0
 *
 * What Slurm's `sacct --parsable2` prints: a header, and a line for each job and each of its
 * steps, with '|' between the fields. Steps are passed over. A job becomes one equal task on each
 * of its nodes; a heterogeneous job (123+0, 123+1, ...) is one job of several groups; elements of
 * an array (123_4) share the array. The columns are those of Slurm's manual of sacct.
 */
#include <string.h>

#include "trace/jobs_build.h"
#include "trace/jobs_tres.h"

#define ID_MAX	  (INT64_C(1) << 50)
#define DAY_S	  86400
#define SECOND_US INT64_C(1000000)

enum {
	JOB_ID,
	JOB_ID_RAW,
	USER,
	ACCOUNT,
	PARTITION,
	JOB_NAME,
	SUBMIT,
	START,
	END,
	ELAPSED_RAW,
	ELAPSED,
	LIMIT_RAW,
	LIMIT,
	STATE,
	ALLOC_TRES,
	REQ_TRES,
	ALLOC_CPUS,
	CPUS,
	ALLOC_NODES,
	NODES,
	COLUMNS
};

static const struct text_column column_list[COLUMNS] = {
	[JOB_ID] = {"JobID", true},
	[JOB_ID_RAW] = {"JobIDRaw", false},
	[USER] = {"User", false},
	[ACCOUNT] = {"Account", false},
	[PARTITION] = {"Partition", false},
	[JOB_NAME] = {"JobName", false},
	[SUBMIT] = {"Submit", true},
	[START] = {"Start", false},
	[END] = {"End", false},
	[ELAPSED_RAW] = {"ElapsedRaw", false},
	[ELAPSED] = {"Elapsed", false},
	[LIMIT_RAW] = {"TimelimitRaw", false},
	[LIMIT] = {"Timelimit", false},
	[STATE] = {"State", true},
	[ALLOC_TRES] = {"AllocTRES", false},
	[REQ_TRES] = {"ReqTRES", false},
	[ALLOC_CPUS] = {"AllocCPUS", false},
	[CPUS] = {"NCPUS", false},
	[ALLOC_NODES] = {"AllocNodes", false},
	[NODES] = {"NNodes", false},
};
static const struct text_columns columns = {column_list, COLUMNS, false, '|'};

/* What a job's state says of its end; NONE: it has not run. */
static const struct {
	const char *name;
	int32_t result;
} states[] = {
	{"COMPLETED", PARC_RESULT_OK},	       {"FAILED", PARC_RESULT_FAILED},
	{"CANCELLED", PARC_RESULT_CANCELLED},  {"TIMEOUT", PARC_RESULT_TIMEOUT},
	{"OUT_OF_MEMORY", PARC_RESULT_FAILED}, {"NODE_FAIL", PARC_RESULT_LOST},
	{"PREEMPTED", PARC_RESULT_LOST},       {"BOOT_FAIL", PARC_RESULT_LOST},
	{"DEADLINE", PARC_RESULT_TIMEOUT},     {"REVOKED", PARC_RESULT_CANCELLED},
	{"REQUEUED", PARC_RESULT_LOST},	       {"RUNNING", PARC_RESULT_OK},
	{"COMPLETING", PARC_RESULT_OK},	       {"SUSPENDED", PARC_RESULT_OK},
	{"RESIZING", PARC_RESULT_OK},	       {"STOPPED", PARC_RESULT_OK},
	{"PENDING", PARC_RESULT_NONE},	       {"CONFIGURING", PARC_RESULT_NONE},
};

/* Which part of which job a line is about. */
struct job_id {
	int64_t job;
	bool is_step, is_element, is_component;
	bool is_waiting; /* elements of an array that have not run, as 123_[4-9] */
	int64_t component;
};

struct reader {
	struct jobs_builder *builder;
	struct jobs_draft held; /* a heterogeneous job, whose further components may follow */
	int64_t held_job;	/* 0: none */
};

/* Take digits off the front; false when there are none or too many. */
static bool take_number(struct text_field *rest, int64_t *number)
{
	size_t at = 0;

	*number = 0;
	while (at < rest->size && rest->bytes[at] >= '0' && rest->bytes[at] <= '9') {
		if (*number > ID_MAX / 10)
			return false;
		*number = *number * 10 + (rest->bytes[at++] - '0');
	}
	rest->bytes += at;
	rest->size -= at;
	return at > 0;
}

static bool take_byte(struct text_field *rest, char byte)
{
	if (rest->size == 0 || rest->bytes[0] != byte)
		return false;
	rest->bytes++;
	rest->size--;
	return true;
}

/* 123, 123_4, 123_[4-9%2], 123+1, 123_4+1, and each with .step after it. */
static bool parse_job_id(struct text_field rest, struct job_id *id)
{
	int64_t element;

	*id = (struct job_id){0};
	if (!take_number(&rest, &id->job) || id->job == 0)
		return false;
	if (take_byte(&rest, '_')) {
		id->is_element = true;
		id->is_waiting = take_byte(&rest, '[');
		if (id->is_waiting)
			return true;
		if (!take_number(&rest, &element))
			return false;
	}
	id->is_component = take_byte(&rest, '+');
	if (id->is_component && !take_number(&rest, &id->component))
		return false;
	id->is_step = take_byte(&rest, '.');
	return id->is_step || rest.size == 0;
}

/* Is there no value? sacct has several words for it. */
static bool is_missing(struct text_field field)
{
	return field.size == 0 || text_is(field, "Unknown") || text_is(field, "None") ||
	       text_is(field, "INVALID");
}

/* Has the limit no end? */
static bool is_unlimited(struct text_field field)
{
	return is_missing(field) || text_is(field, "UNLIMITED") ||
	       text_is(field, "Partition_Limit");
}

/* [days-][hours:]minutes:seconds[.fraction] as seconds. */
static bool parse_elapsed(struct text_field rest, int64_t *seconds)
{
	int64_t days = 0, part, sum = 0;
	int parts = 0;

	if (memchr(rest.bytes, '-', rest.size) != NULL &&
	    (!take_number(&rest, &days) || !take_byte(&rest, '-')))
		return false;
	do {
		if (!take_number(&rest, &part) || part > 1000000 || ++parts > 3)
			return false;
		sum = sum * 60 + part;
	} while (take_byte(&rest, ':'));
	if (take_byte(&rest, '.') && !take_number(&rest, &part))
		return false;
	if (rest.size > 0 || parts < 2 || days > JOBS_LENGTH_MAX / SECOND_US / DAY_S)
		return false;
	*seconds = days * DAY_S + sum;
	return true;
}

static int read_elapsed(const struct reader *reader, const struct text_field *fields, int which,
			int64_t *time_us)
{
	struct text_field field = fields[which];
	int64_t seconds;

	if (!parse_elapsed(field, &seconds) || seconds > JOBS_LENGTH_MAX / SECOND_US)
		return text_refuse(
			reader->builder->text, field, PARC_ERR_INVALID, reader->builder->err,
			"%s is \"%s\", expected days-hours:minutes:seconds",
			column_list[which].name, text_quote(field.bytes, field.size).text);
	*time_us = seconds * SECOND_US;
	return 0;
}

/* A whole number of units of `unit_us`. */
static int read_units(const struct reader *reader, const struct text_field *fields, int which,
		      int64_t unit_us, int64_t *time_us)
{
	const int64_t range[2] = {0, JOBS_LENGTH_MAX / unit_us};
	int64_t units;
	int code = text_read_number(reader->builder->text, fields[which], column_list[which].name,
				    range, &units, reader->builder->err);

	if (code == 0)
		*time_us = units * unit_us;
	return code;
}

/* From Start to End; 0 when one of them is not known or they stand the wrong way round. */
static int read_interval(const struct reader *reader, const struct text_field *fields,
			 int64_t *time_us)
{
	const struct jobs_builder *builder = reader->builder;
	int64_t start_us, end_us;
	int code;

	if (is_missing(fields[START]) || is_missing(fields[END]))
		return 0;
	code = text_read_date(builder->text, fields[START], "Start", &start_us, builder->err);
	if (code == 0)
		code = text_read_date(builder->text, fields[END], "End", &end_us, builder->err);
	if (code == 0 && end_us > start_us && end_us - start_us <= JOBS_LENGTH_MAX)
		*time_us = end_us - start_us;
	return code;
}

static int read_length(const struct reader *reader, const struct text_field *fields,
		       int64_t *length_us)
{
	if (!is_missing(fields[ELAPSED_RAW]))
		return read_units(reader, fields, ELAPSED_RAW, SECOND_US, length_us);
	if (!is_missing(fields[ELAPSED]))
		return read_elapsed(reader, fields, ELAPSED, length_us);
	return read_interval(reader, fields, length_us);
}

static int read_limit(const struct reader *reader, const struct text_field *fields,
		      int64_t *limit_us)
{
	if (!is_unlimited(fields[LIMIT_RAW]))
		return read_units(reader, fields, LIMIT_RAW, 60 * SECOND_US, limit_us);
	if (!is_unlimited(fields[LIMIT]))
		return read_elapsed(reader, fields, LIMIT, limit_us);
	return 0;
}

/* The first word of the state: "CANCELLED by 1000" is cancelled. */
static int read_state(const struct reader *reader, const struct text_field *fields, int32_t *result)
{
	struct text_field rest = fields[STATE], word;

	text_take(&rest, ' ', &word);
	for (size_t i = 0; i < sizeof(states) / sizeof(states[0]); i++) {
		if (text_is(word, states[i].name)) {
			*result = states[i].result;
			return 0;
		}
	}
	return text_refuse(reader->builder->text, fields[STATE], PARC_ERR_INVALID,
			   reader->builder->err,
			   "State is \"%s\", expected a state of Slurm as COMPLETED, FAILED, "
			   "CANCELLED, TIMEOUT, NODE_FAIL or RUNNING",
			   text_quote(fields[STATE].bytes, fields[STATE].size).text);
}

/* A count from the first of two columns that has one, else `count` stays. */
static int read_count(const struct reader *reader, const struct text_field *fields, int first,
		      int second, int64_t *count)
{
	const int64_t range[2] = {0, INT32_MAX};
	int which = is_missing(fields[first]) ? second : first;

	if (is_missing(fields[which]))
		return 0;
	return text_read_number(reader->builder->text, fields[which], column_list[which].name,
				range, count, reader->builder->err);
}

static int read_demand(const struct reader *reader, const struct text_field *fields,
		       struct jobs_draft *draft)
{
	bool is_asked = is_missing(fields[ALLOC_TRES]);
	struct jobs_tres tres = {0};
	int code = read_count(reader, fields, ALLOC_CPUS, CPUS, &tres.cpus);

	if (code == 0)
		code = read_count(reader, fields, ALLOC_NODES, NODES, &tres.nodes);
	if (code == 0)
		code = jobs_read_tres(reader->builder, fields[is_asked ? REQ_TRES : ALLOC_TRES],
				      is_asked ? "ReqTRES" : "AllocTRES", &tres);
	return code != 0 ? code : jobs_add_tres(reader->builder, draft, &tres);
}

static int read_names(const struct reader *reader, const struct text_field *fields,
		      struct jobs_row *row)
{
	struct jobs_builder *builder = reader->builder;
	const struct {
		int column;
		struct jobs_index *index;
		int32_t *at;
	} names[] = {
		{USER, &builder->users, &row->user},
		{ACCOUNT, &builder->tenants, &row->tenant},
		{PARTITION, &builder->queues, &row->queue},
		{JOB_NAME, &builder->kinds, &row->kind},
	};
	int code = 0;

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]) && code == 0; i++)
		code = jobs_set_name(builder, names[i].index, fields[names[i].column].bytes,
				     fields[names[i].column].size, names[i].at);
	return code;
}

/* The id: JobIDRaw if it is there, as elements of an array have no other id of their own. */
static int read_id(const struct reader *reader, const struct text_field *fields,
		   const struct job_id *id, struct jobs_draft *draft)
{
	const int64_t range[2] = {1, ID_MAX};

	draft->row.id = id->job;
	draft->array_key = id->is_element ? id->job : 0;
	if (is_missing(fields[JOB_ID_RAW]) || id->is_component)
		return 0;
	return text_read_number(reader->builder->text, fields[JOB_ID_RAW], "JobIDRaw", range,
				&draft->row.id, reader->builder->err);
}

static int read_draft(const struct reader *reader, const struct text_field *fields,
		      const struct job_id *id, struct jobs_draft *draft)
{
	struct jobs_row *row = &draft->row;
	int code = read_id(reader, fields, id, draft);

	if (code == 0)
		code = read_state(reader, fields, &row->result);
	if (code == 0)
		code = text_read_date(reader->builder->text, fields[SUBMIT], "Submit",
				      &row->submit_us, reader->builder->err);
	if (code == 0)
		code = read_length(reader, fields, &row->length_us);
	if (code == 0)
		code = read_limit(reader, fields, &row->limit_us);
	if (code == 0)
		code = read_demand(reader, fields, draft);
	if (code == 0)
		code = read_names(reader, fields, row);
	if (row->result == PARC_RESULT_NONE)
		row->length_us = 0;
	return code;
}

/* Add the heterogeneous job that was held, if there is one. */
static int add_held(struct reader *reader)
{
	int code = reader->held_job != 0 ? jobs_builder_add(reader->builder, &reader->held) : 0;

	reader->held_job = 0;
	return code;
}

/* A component of a heterogeneous job: with the one before it, or the first of the next. */
static int hold(struct reader *reader, const struct job_id *id, const struct jobs_draft *draft)
{
	struct jobs_draft *held = &reader->held;
	int code = 0;

	if (reader->held_job != id->job || id->component == 0) {
		code = add_held(reader);
		*held = *draft;
		reader->held_job = id->job;
		return code;
	}
	for (int32_t i = 0; i < draft->row.groups_count && code == 0; i++)
		code = jobs_add_group(reader->builder, held, &draft->groups[i].task,
				      draft->groups[i].tasks);
	if (held->row.length_us < draft->row.length_us)
		held->row.length_us = draft->row.length_us;
	held->row.alien |= draft->row.alien;
	return code;
}

static int read_row(void *context, const struct text_field *fields)
{
	struct reader *reader = context;
	struct jobs_builder *builder = reader->builder;
	struct jobs_draft draft;
	struct job_id id;
	int code;

	if (!parse_job_id(fields[JOB_ID], &id))
		return text_refuse(builder->text, fields[JOB_ID], PARC_ERR_INVALID, builder->err,
				   "JobID is \"%s\", expected a number as 123, 123_4, 123+1 or "
				   "123.batch",
				   text_quote(fields[JOB_ID].bytes, fields[JOB_ID].size).text);
	if (id.is_step)
		return 0;
	if (id.is_waiting) {
		builder->jobs->unused++;
		return 0;
	}
	jobs_draft_init(&draft, builder, fields[JOB_ID]);
	code = read_draft(reader, fields, &id, &draft);
	if (code != 0)
		return code;
	if (id.is_component)
		return hold(reader, &id, &draft);
	code = add_held(reader);
	return code != 0 ? code : jobs_builder_add(builder, &draft);
}

/* Of some columns one is enough. */
static int check_header(const struct jobs_builder *builder, const struct text_table *table)
{
	const struct text_field header = {.line = 1, .column = 1};
	const int32_t *at = table->index;

	if (at[ELAPSED_RAW] < 0 && at[ELAPSED] < 0 && (at[START] < 0 || at[END] < 0))
		return text_refuse(builder->text, header, PARC_ERR_SYNTAX, builder->err,
				   "the header lacks the length, expected ElapsedRaw, Elapsed, or "
				   "Start and End");
	if (at[ALLOC_TRES] < 0 && at[REQ_TRES] < 0 && at[ALLOC_CPUS] < 0 && at[CPUS] < 0)
		return text_refuse(builder->text, header, PARC_ERR_SYNTAX, builder->err,
				   "the header lacks what was used, expected AllocTRES, ReqTRES, "
				   "AllocCPUS or NCPUS");
	return 0;
}

int jobs_read_sacct(struct jobs_builder *builder, struct text *text)
{
	struct reader reader = {.builder = builder};
	struct text_table table;
	int code = text_table_init(&table, text, &columns, builder->err);

	if (code == 0)
		code = check_header(builder, &table);
	if (code == 0)
		code = jobs_read_rows(builder, &table, read_row, &reader);
	return code != 0 ? code : add_held(&reader);
}
