/* SPDX-License-Identifier: Apache-2.0
 *
 * parc's own table of jobs. A row is a job. The columns of its groups have one value for all
 * groups, or as many as the job has groups with ';' between them.
 */

#include "base/assert.h"
#include "trace/jobs_own.h"

struct reader {
	struct jobs_builder *builder;
	struct text_column list[JOBS_OWN_FIELDS_MAX];
	struct text_columns columns;
};

/* How many values a field has. */
static int32_t count_values(struct text_field field)
{
	int32_t count = 1;

	for (size_t i = 0; i < field.size; i++)
		count += field.bytes[i] == ';';
	return count;
}

/* The value of one group: of several, or the only one. */
static struct text_field take_value(struct text_field field, int32_t group)
{
	struct text_field part = field;

	if (count_values(field) == 1)
		return field;
	for (int32_t i = 0; i <= group; i++)
		text_take(&field, ';', &part);
	return part;
}

/* How many groups the row has: its columns agree, but for those with one value. */
static int count_groups(const struct reader *reader, const struct text_field *fields,
			int32_t *count)
{
	*count = 1;
	for (int32_t i = 0; i < jobs_own_group_count; i++) {
		int32_t values = count_values(fields[i]);

		if (values == 1 || values == *count)
			continue;
		if (*count > 1 || values > PARC_GROUPS_MAX)
			return text_refuse(reader->builder->text, fields[i], PARC_ERR_INVALID,
					   reader->builder->err,
					   "%s has %d values, expected one or as many as the other "
					   "columns of groups, at most %d",
					   jobs_own_group_fields[i].name, values, PARC_GROUPS_MAX);
		*count = values;
	}
	return 0;
}

static int read_group(const struct reader *reader, const struct text_field *fields, int32_t at,
		      struct jobs_draft *draft)
{
	struct jobs_group group;
	int code = 0;

	jobs_own_group_init(&group);
	for (int32_t i = 0; i < jobs_own_group_count && code == 0; i++)
		code = jobs_own_read(reader->builder, draft, &group, &jobs_own_group_fields[i],
				     take_value(fields[i], at));
	return code != 0 ? code : jobs_own_add_group(reader->builder, draft, &group, draft->place);
}

static int read_row(void *context, const struct text_field *fields)
{
	struct reader *reader = context;
	struct jobs_draft draft;
	int32_t groups = 0;
	int code = 0;

	jobs_draft_init(&draft, reader->builder,
			(struct text_field){.line = fields[1].line, .column = 1});
	for (int32_t i = 0; i < jobs_own_row_count && code == 0; i++)
		code = jobs_own_read(reader->builder, &draft, NULL, &jobs_own_row_fields[i],
				     fields[i]);
	fields += jobs_own_row_count;
	if (code == 0)
		code = count_groups(reader, fields, &groups);
	for (int32_t i = 0; i < groups && code == 0; i++)
		code = read_group(reader, fields, i, &draft);
	return code != 0 ? code : jobs_own_add(reader->builder, &draft);
}

int jobs_read_csv(struct jobs_builder *builder, struct text *text)
{
	struct reader reader = {.builder = builder};
	int32_t count = 0;

	ASSERT(jobs_own_row_count + jobs_own_group_count <= JOBS_OWN_FIELDS_MAX);
	for (int32_t i = 0; i < jobs_own_row_count; i++)
		reader.list[count++] = (struct text_column){jobs_own_row_fields[i].name,
							    jobs_own_row_fields[i].is_required};
	for (int32_t i = 0; i < jobs_own_group_count; i++)
		reader.list[count++] = (struct text_column){jobs_own_group_fields[i].name,
							    jobs_own_group_fields[i].is_required};
	reader.columns = (struct text_columns){reader.list, count, true, ','};
	builder->is_own = true;
	return jobs_read_table(builder, text, &reader.columns, read_row, &reader);
}
