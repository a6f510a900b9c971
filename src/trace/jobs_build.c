/* SPDX-License-Identifier: Apache-2.0
 *
 * Building a log of jobs. Rows are kept as they come, ids and keys of arrays beside them; the end
 * sorts (n log n, and only when they came unsorted) and looks ids up by bisection.
 */
#include "trace/jobs_build.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/assert.h"
#include "base/random.h"
#include "trace/fleet_build.h"

#define PARTS_MAX   (1 << 26) /* groups or depends of all rows */
#define HASH_DIGITS 8

/* A number and the row it belongs to, to be sorted. */
struct pair {
	int64_t number;
	int32_t row;
};

static struct names_key name_key(const void *owner, int32_t index)
{
	const struct jobs_names *names = owner;

	return (struct names_key){0, names->list[index]};
}

static void index_init(struct jobs_index *index, struct jobs_names *names)
{
	*index = (struct jobs_index){.names = names};
	names_init(&index->lookup, names, name_key);
}

void jobs_builder_init(struct jobs_builder *builder, struct jobs *jobs, const struct fleet *fleet,
		       struct parc_err *err)
{
	ASSERT(err != NULL);
	*jobs = (struct jobs){0};
	*builder = (struct jobs_builder){.jobs = jobs, .fleet = fleet, .err = err};
	index_init(&builder->users, &jobs->users);
	index_init(&builder->tenants, &jobs->tenants);
	index_init(&builder->kinds, &jobs->kinds);
	index_init(&builder->queues, &jobs->queues);
}

void jobs_builder_deinit(struct jobs_builder *builder)
{
	names_deinit(&builder->users.lookup);
	names_deinit(&builder->tenants.lookup);
	names_deinit(&builder->kinds.lookup);
	names_deinit(&builder->queues.lookup);
	free(builder->origins);
	builder->origins = NULL;
}

void jobs_draft_init(struct jobs_draft *draft, struct jobs_builder *builder,
		     struct text_field place)
{
	*draft = (struct jobs_draft){.place = place, .rest_variant = -1};
	draft->row = (struct jobs_row){
		.id = ++builder->drafts,
		.user = -1,
		.tenant = -1,
		.kind = -1,
		.queue = -1,
		.array = -1,
		.result = PARC_RESULT_OK,
	};
}

/* The text as a name of at most JOBS_NAME_MAX bytes. */
static void make_name(const char *bytes, size_t size, char *name)
{
	bool is_changed = size > JOBS_NAME_MAX;
	size_t kept = 0;
	uint64_t hash = 0;

	for (size_t i = 0; i < size; i++) {
		bool is_good = text_is_name(bytes + i, 1, 1);

		hash = random_mix((hash ^ (unsigned char)bytes[i]) * UINT64_C(0x100000001b3));
		is_changed = is_changed || !is_good;
		if (kept < JOBS_NAME_MAX)
			name[kept++] = is_good ? bytes[i] : '_';
	}
	name[kept] = '\0';
	if (!is_changed)
		return;
	if (kept > JOBS_NAME_MAX - HASH_DIGITS - 1)
		kept = JOBS_NAME_MAX - HASH_DIGITS - 1;
	snprintf(name + kept, HASH_DIGITS + 2, "-%08x", (unsigned int)(hash >> 32));
}

int jobs_set_name(struct jobs_builder *builder, struct jobs_index *index, const char *bytes,
		  size_t size, int32_t *at)
{
	struct jobs_names *names = index->names;
	char name[JOBS_NAME_MAX + 1];
	int code;

	*at = -1;
	if (size == 0)
		return 0;
	make_name(bytes, size, name);
	*at = names_find(&index->lookup, (struct names_key){0, name});
	if (*at >= 0)
		return 0;
	builder->is_full = names->count == JOBS_NAMES_MAX;
	if (builder->is_full)
		return parc_err_set(builder->err, PARC_ERR_FULL, "%s: more than %d different names",
				    builder->text->name, JOBS_NAMES_MAX);
	code = fleet_grow(&names->list, names->count, &index->capacity, sizeof(*names->list),
			  builder->err);
	if (code != 0)
		return code;
	memcpy(names->list[names->count], name, sizeof(name));
	if (names_add(&index->lookup, names->count) != 0)
		return parc_err_set(builder->err, PARC_ERR_MEMORY, "no memory for the names");
	*at = names->count++;
	return 0;
}

int jobs_read_time(struct jobs_builder *builder, struct text_field field, const char *label,
		   int64_t max_us, int64_t *time_us)
{
	int64_t read_us;
	int code = text_read_seconds(builder->text, field, label, 0, &read_us, builder->err);

	if (code != 0)
		return code;
	if (read_us > max_us)
		return text_refuse(builder->text, field, PARC_ERR_INVALID, builder->err,
				   "%s is \"%s\", expected at most %lld seconds", label,
				   text_quote(field.bytes, field.size).text,
				   (long long)(max_us / 1000000));
	*time_us = read_us;
	return 0;
}

int jobs_add_group(struct jobs_builder *builder, struct jobs_draft *draft,
		   const struct parc_task *task, int64_t tasks)
{
	int64_t sum = tasks;

	ASSERT(tasks >= 1);
	for (int32_t i = 0; i < draft->row.groups_count; i++)
		sum += draft->groups[i].tasks;
	if (sum > PARC_TASKS_MAX)
		return text_refuse(builder->text, draft->place, PARC_ERR_FULL, builder->err,
				   "the job has %lld tasks, at most %d are allowed", (long long)sum,
				   PARC_TASKS_MAX);
	if (draft->row.groups_count == PARC_GROUPS_MAX)
		return text_refuse(builder->text, draft->place, PARC_ERR_FULL, builder->err,
				   "the job has more than %d groups", PARC_GROUPS_MAX);
	draft->groups[draft->row.groups_count++] = (struct jobs_group){*task, (int32_t)tasks};
	return 0;
}

int jobs_split_gang(struct jobs_builder *builder, struct jobs_draft *draft, int64_t size,
		    bool is_devices)
{
	int64_t each = builder->options.task_size;
	int64_t sizes[2], counts[2];

	if (each == 0)
		each = is_devices ? JOBS_TASK_DEVICES : 1;
	sizes[0] = each;
	counts[0] = size / each;
	sizes[1] = size % each;
	counts[1] = 1;
	for (int i = 0; i < 2; i++) {
		struct parc_task task = {0};
		int code;

		if (counts[i] == 0 || sizes[i] == 0)
			continue;
		task.devices = is_devices ? (int32_t)sizes[i] : 0;
		task.share_milli = is_devices ? PARC_SHARE_WHOLE : 0;
		task.cpu_milli = is_devices ? 0 : (int32_t)sizes[i] * 1000;
		code = jobs_add_group(builder, draft, &task, counts[i]);
		if (code != 0)
			return code;
	}
	return 0;
}

int jobs_add_depend(struct jobs_builder *builder, struct jobs_draft *draft, int64_t id,
		    int32_t kind)
{
	ASSERT(kind >= 0 && kind <= 2);
	if (draft->row.depends_count == PARC_DEPENDS_MAX)
		return text_refuse(builder->text, draft->place, PARC_ERR_FULL, builder->err,
				   "the job waits for more than %d jobs", PARC_DEPENDS_MAX);
	draft->depends[draft->row.depends_count++] = (struct parc_depend){id, kind};
	return 0;
}

void jobs_set_alien(struct jobs_builder *builder, struct jobs_draft *draft, const char *name)
{
	if (builder->jobs->first_alien[0] == '\0')
		snprintf(builder->jobs->first_alien, sizeof(builder->jobs->first_alien), "%s",
			 name);
	draft->row.alien = 1;
}

/* Make room for the draft and what belongs to it, so that adding it can no longer fail. */
static int reserve_draft(struct jobs_builder *builder, const struct jobs_draft *draft)
{
	struct jobs *jobs = builder->jobs;
	int code;

	builder->is_full = jobs->count == JOBS_MAX ||
			   jobs->groups_count > PARTS_MAX - PARC_GROUPS_MAX ||
			   jobs->depends_count > PARTS_MAX - PARC_DEPENDS_MAX;
	if (builder->is_full)
		return text_refuse(builder->text, draft->place, PARC_ERR_FULL, builder->err,
				   "the log has more than %d jobs, or too many groups", JOBS_MAX);
	code = fleet_grow(&jobs->rows, jobs->count, &builder->rows_capacity, sizeof(*jobs->rows),
			  builder->err);
	if (code == 0)
		code = fleet_grow(&builder->origins, jobs->count, &builder->origins_capacity,
				  sizeof(*builder->origins), builder->err);
	return code;
}

static int copy_groups(struct jobs_builder *builder, const struct jobs_draft *draft)
{
	struct jobs *jobs = builder->jobs;

	for (int32_t i = 0; i < draft->row.groups_count; i++) {
		int code =
			fleet_grow(&jobs->groups, jobs->groups_count + i, &builder->groups_capacity,
				   sizeof(*jobs->groups), builder->err);

		if (code != 0)
			return code;
		jobs->groups[jobs->groups_count + i] = draft->groups[i];
	}
	return 0;
}

static int copy_depends(struct jobs_builder *builder, const struct jobs_draft *draft)
{
	struct jobs *jobs = builder->jobs;

	for (int32_t i = 0; i < draft->row.depends_count; i++) {
		int code = fleet_grow(&jobs->depends, jobs->depends_count + i,
				      &builder->depends_capacity, sizeof(*jobs->depends),
				      builder->err);

		if (code != 0)
			return code;
		jobs->depends[jobs->depends_count + i] = draft->depends[i];
	}
	return 0;
}

static int copy_variants(struct jobs_builder *builder, const struct jobs_draft *draft)
{
	struct jobs *jobs = builder->jobs;

	for (int32_t i = 0; i < draft->row.variants_count; i++) {
		int code = fleet_grow(&jobs->variants, jobs->variants_count + i,
				      &builder->variants_capacity, sizeof(*jobs->variants),
				      builder->err);

		if (code != 0)
			return code;
		jobs->variants[jobs->variants_count + i] = draft->variants[i];
	}
	return 0;
}

int jobs_builder_add(struct jobs_builder *builder, const struct jobs_draft *draft)
{
	struct jobs *jobs = builder->jobs;
	struct jobs_row row = draft->row;
	int code;

	ASSERT(row.length_us <= JOBS_LENGTH_MAX && row.submit_us <= JOBS_TIME_MAX && row.id > 0);
	if (row.length_us <= 0 || row.groups_count == 0) {
		jobs->unused++;
		return 0;
	}
	code = reserve_draft(builder, draft);
	if (code == 0)
		code = copy_groups(builder, draft);
	if (code == 0)
		code = copy_depends(builder, draft);
	if (code == 0)
		code = copy_variants(builder, draft);
	if (code != 0)
		return code;
	row.first_group = jobs->groups_count;
	row.first_depend = jobs->depends_count;
	row.first_variant = jobs->variants_count;
	jobs->groups_count += row.groups_count;
	jobs->depends_count += row.depends_count;
	jobs->variants_count += row.variants_count;
	jobs->aliens += row.alien;
	builder->origins[jobs->count] = (struct jobs_origin){draft->array_key, draft->place.line};
	jobs->rows[jobs->count++] = row;
	return 0;
}

bool jobs_builder_forgive(struct jobs_builder *builder, int code)
{
	struct jobs *jobs = builder->jobs;

	ASSERT(code < 0);
	if (!builder->options.is_lenient || builder->is_full || code == PARC_ERR_MEMORY)
		return false;
	if (jobs->skipped++ == 0)
		memcpy(jobs->first_skipped, builder->err->text, sizeof(jobs->first_skipped));
	*builder->err = (struct parc_err){0};
	return true;
}

int jobs_read_rows(struct jobs_builder *builder, struct text_table *table, jobs_read_row *read_row,
		   void *reader)
{
	struct text_field fields[TEXT_FIELDS_MAX];
	int code;

	while ((code = text_table_next(table, fields, builder->err)) != 0) {
		if (code > 0)
			code = read_row(reader, fields);
		if (code < 0 && !jobs_builder_forgive(builder, code))
			return code;
	}
	return 0;
}

int jobs_read_table(struct jobs_builder *builder, struct text *text,
		    const struct text_columns *columns, jobs_read_row *read_row, void *reader)
{
	struct text_table table;
	int code = text_table_init(&table, text, columns, builder->err);

	return code != 0 ? code : jobs_read_rows(builder, &table, read_row, reader);
}

static int compare_pairs(const void *a, const void *b)
{
	const struct pair *x = a, *y = b;

	if (x->number != y->number)
		return x->number < y->number ? -1 : 1;
	return (x->row > y->row) - (x->row < y->row);
}

enum pair_number { BY_SUBMIT, BY_ID, BY_ARRAY };

/* A sorted list of one number of each row; NULL when there is no memory. */
static struct pair *sort_pairs(const struct jobs_builder *builder, enum pair_number what)
{
	const struct jobs *jobs = builder->jobs;
	struct pair *pairs = malloc((size_t)jobs->count * sizeof(*pairs));

	if (pairs == NULL) {
		parc_err_set(builder->err, PARC_ERR_MEMORY, "no memory to sort %d jobs",
			     jobs->count);
		return NULL;
	}
	for (int32_t i = 0; i < jobs->count; i++) {
		int64_t number = what == BY_SUBMIT ? jobs->rows[i].submit_us
				 : what == BY_ID   ? jobs->rows[i].id
						   : builder->origins[i].array_key;

		pairs[i] = (struct pair){number, i};
	}
	qsort(pairs, (size_t)jobs->count, sizeof(*pairs), compare_pairs);
	return pairs;
}

static bool is_sorted(const struct jobs *jobs)
{
	for (int32_t i = 1; i < jobs->count; i++) {
		if (jobs->rows[i].submit_us < jobs->rows[i - 1].submit_us)
			return false;
	}
	return true;
}

/* Put rows and origins in order of arrival. */
static int sort_rows(struct jobs_builder *builder)
{
	struct jobs *jobs = builder->jobs;
	size_t count = (size_t)jobs->count;
	struct jobs_row *rows;
	struct jobs_origin *origins;
	struct pair *pairs;

	if (is_sorted(jobs))
		return 0;
	pairs = sort_pairs(builder, BY_SUBMIT);
	rows = malloc(count * sizeof(*rows));
	origins = malloc(count * sizeof(*origins));
	if (pairs == NULL || rows == NULL || origins == NULL) {
		free(pairs);
		free(rows);
		free(origins);
		return parc_err_set(builder->err, PARC_ERR_MEMORY, "no memory to sort %d jobs",
				    jobs->count);
	}
	for (size_t i = 0; i < count; i++) {
		rows[i] = jobs->rows[pairs[i].row];
		origins[i] = builder->origins[pairs[i].row];
	}
	free(pairs);
	free(jobs->rows);
	free(builder->origins);
	jobs->rows = rows;
	builder->origins = origins;
	return 0;
}

static void begin_at_zero(struct jobs *jobs)
{
	jobs->start_us = jobs->rows[0].submit_us;
	for (int32_t i = 0; i < jobs->count; i++)
		jobs->rows[i].submit_us -= jobs->start_us;
}

/* The array's first job is the first of its rows that arrives. */
static int resolve_arrays(struct jobs_builder *builder)
{
	struct jobs *jobs = builder->jobs;
	struct pair *pairs = sort_pairs(builder, BY_ARRAY);
	int32_t first = 0;

	if (pairs == NULL)
		return PARC_ERR_MEMORY;
	for (int32_t i = 0; i < jobs->count; i++) {
		if (i > 0 && pairs[i].number != pairs[i - 1].number)
			first = i;
		if (pairs[i].number != 0)
			jobs->rows[pairs[i].row].array = pairs[first].row;
	}
	free(pairs);
	return 0;
}

/* The first row with this id, -1 if there is none. */
static int32_t find_id(const struct pair *pairs, int32_t count, int64_t id)
{
	int32_t low = 0, high = count;

	while (low < high) {
		int32_t middle = low + (high - low) / 2;

		if (pairs[middle].number < id)
			low = middle + 1;
		else
			high = middle;
	}
	return low < count && pairs[low].number == id ? pairs[low].row : -1;
}

static int refuse_row(const struct jobs_builder *builder, int32_t row, int code, const char *format,
		      int64_t number)
{
	parc_err_set(builder->err, code, format, (long long)number);
	return text_locate(builder->text->name, builder->origins[row].line, 1, code, builder->err);
}

/* Turn the ids that a row waits for into rows; those that cannot be are refused or dropped. */
static int resolve_depends(struct jobs_builder *builder, int32_t at, const struct pair *pairs)
{
	struct jobs *jobs = builder->jobs;
	struct jobs_row *row = &jobs->rows[at];
	struct parc_depend *depends;
	int32_t kept = 0;

	if (row->depends_count == 0)
		return 0;
	depends = jobs->depends + row->first_depend;
	for (int32_t i = 0; i < row->depends_count; i++) {
		struct parc_depend depend = depends[i];
		int32_t other = find_id(pairs, jobs->count, depend.job);
		int code = 0;

		if (builder->is_own && other < 0)
			code = refuse_row(builder, at, PARC_ERR_UNKNOWN,
					  "it waits for job %lld, expected the id of a job of the "
					  "log",
					  depend.job);
		else if (builder->is_own && other >= at)
			code = refuse_row(builder, at, PARC_ERR_INVALID,
					  "it waits for job %lld, expected a job that arrives "
					  "before it",
					  depend.job);
		if (code != 0 && !jobs_builder_forgive(builder, code))
			return code;
		depend.job = other;
		if (other >= 0 && other < at)
			depends[kept++] = depend;
	}
	row->depends_count = kept;
	return 0;
}

static int check_ids(struct jobs_builder *builder, const struct pair *pairs)
{
	for (int32_t i = 1; i < builder->jobs->count; i++) {
		int code;

		if (pairs[i].number != pairs[i - 1].number)
			continue;
		code = refuse_row(builder, pairs[i].row, PARC_ERR_EXISTS,
				  "the id %lld stands twice in the log, expected one of its own",
				  pairs[i].number);
		if (!jobs_builder_forgive(builder, code))
			return code;
	}
	return 0;
}

static int resolve_ids(struct jobs_builder *builder)
{
	struct jobs *jobs = builder->jobs;
	struct pair *pairs;
	int code = 0;

	if (jobs->depends_count == 0 && !builder->is_own)
		return 0;
	pairs = sort_pairs(builder, BY_ID);
	if (pairs == NULL)
		return PARC_ERR_MEMORY;
	if (builder->is_own)
		code = check_ids(builder, pairs);
	for (int32_t i = 0; i < jobs->count && code == 0; i++)
		code = resolve_depends(builder, i, pairs);
	free(pairs);
	return code;
}

int jobs_builder_finish(struct jobs_builder *builder)
{
	struct jobs *jobs = builder->jobs;
	int code;

	if (jobs->count == 0)
		return parc_err_set(builder->err, PARC_ERR_INVALID,
				    "%s: the log has no jobs, expected at least one that ran",
				    builder->text->name);
	code = sort_rows(builder);
	if (code != 0)
		return code;
	begin_at_zero(jobs);
	code = resolve_arrays(builder);
	return code != 0 ? code : resolve_ids(builder);
}
