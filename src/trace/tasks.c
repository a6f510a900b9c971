/* SPDX-License-Identifier: Apache-2.0
 *
 * Reading and writing task lists in openb's form (Alibaba cluster-trace-gpu-v2023), with parc's
 * own columns after openb's: gang, close, link, device_memory_mib. One pass, one row a line.
 */
#include "trace/tasks.h"

#include <stdlib.h>
#include <string.h>

#include "base/assert.h"
#include "trace/fleet_build.h"

#define ROWS_MAX  (1 << 26) /* of a task list */
#define ALIEN	  "alien"   /* stands for a chip that the fleet lacks */
#define SECOND_US 1000000

enum {
	NAME,
	CPU_MILLI,
	MEMORY_MIB,
	NUM_GPU,
	GPU_MILLI,
	GPU_SPEC,
	CREATION_TIME,
	DELETION_TIME,
	GANG,
	CLOSE,
	LINK,
	DEVICE_MEMORY_MIB,
	COLUMNS
};

static const struct text_column column_list[COLUMNS] = {
	[NAME] = {"name", true},
	[CPU_MILLI] = {"cpu_milli", true},
	[MEMORY_MIB] = {"memory_mib", true},
	[NUM_GPU] = {"num_gpu", true},
	[GPU_MILLI] = {"gpu_milli", true},
	[GPU_SPEC] = {"gpu_spec", false},
	[CREATION_TIME] = {"creation_time", false},
	[DELETION_TIME] = {"deletion_time", false},
	[GANG] = {"gang", false},
	[CLOSE] = {"close", false},
	[LINK] = {"link", false},
	[DEVICE_MEMORY_MIB] = {"device_memory_mib", false},
};
static const struct text_columns columns = {column_list, COLUMNS, false, ','};

struct reader {
	const struct text *text;
	const struct fleet *fleet;
	struct parc_err *err;
	struct text_field fields[COLUMNS];
	struct spec *specs; /* of the rows that have one */
	int32_t specs_count, specs_capacity;
	struct text_skips *skips; /* NULL: a malformed row is refused */
};

/* The list of chips that a row names, as it is written. */
struct spec {
	struct text_field field;
	int32_t row;
};

/* The number in a column; an empty field of an optional column is `missing`. */
static int read_number(const struct reader *reader, int column, int64_t min, int64_t max,
		       int64_t *number)
{
	const int64_t range[2] = {min, max};

	if (reader->fields[column].size == 0 && !column_list[column].is_required)
		return 0;
	return text_read_number(reader->text, reader->fields[column], column_list[column].name,
				range, number, reader->err);
}

/* CPU, memory and devices. gpu_milli of a task without devices means nothing and is not read. */
static int read_demand(const struct reader *reader, struct parc_task *task)
{
	int64_t cpu_milli = 0, devices = 0, share_milli = 0, device_memory_mib = 0;
	int code = read_number(reader, CPU_MILLI, 0, PARC_CPU_MAX, &cpu_milli);

	if (code == 0)
		code = read_number(reader, MEMORY_MIB, 0, PARC_MEMORY_MAX, &task->memory_mib);
	if (code == 0)
		code = read_number(reader, NUM_GPU, 0, PARC_NODE_DEVICES_MAX, &devices);
	if (code == 0 && devices > 0)
		code = read_number(reader, GPU_MILLI, 1, PARC_SHARE_WHOLE, &share_milli);
	if (code == 0 && devices > 0)
		code = read_number(reader, DEVICE_MEMORY_MIB, 0, PARC_DEVICE_MEMORY_MAX,
				   &device_memory_mib);
	task->cpu_milli = (int32_t)cpu_milli;
	task->devices = (int32_t)devices;
	task->share_milli = (int32_t)share_milli;
	task->device_memory_mib = (int32_t)device_memory_mib;
	return code;
}

/* "A|B": the chips it accepts; only chips that the fleet lacks: alien. */
static int read_spec(const struct reader *reader, struct tasks_row *row)
{
	struct text_field rest = reader->fields[GPU_SPEC], field;

	if (rest.size == 0)
		return 0;
	while (text_take(&rest, '|', &field)) {
		char name[FLEET_NAME_MAX + 1];
		int32_t chip;
		int code = text_read_name(reader->text, field, "a chip of gpu_spec", name,
					  sizeof(name), reader->err);

		if (code != 0)
			return code;
		chip = fleet_find_chip(reader->fleet, name);
		if (chip >= 0)
			row->task.chips |= UINT64_C(1) << chip;
	}
	row->alien = row->task.chips == 0;
	return 0;
}

/* A length is known when both times are and it did not end before it began. */
static int read_times(const struct reader *reader, struct tasks_row *row)
{
	int64_t create_us = -1, delete_us = -1;
	int code = text_read_seconds(reader->text, reader->fields[CREATION_TIME], "creation_time",
				     -1, &create_us, reader->err);

	if (code == 0)
		code = text_read_seconds(reader->text, reader->fields[DELETION_TIME],
					 "deletion_time", -1, &delete_us, reader->err);
	if (code != 0)
		return code;
	if (create_us >= 0 && delete_us > create_us)
		row->length_us = delete_us - create_us;
	row->create_us = create_us >= 0 ? create_us : 0;
	return 0;
}

int tasks_parse_close(const char *bytes, size_t size, int32_t *level, int32_t *strength)
{
	struct text_field rest = {.bytes = bytes, .size = size}, word;
	int32_t at_level = PARC_LEVEL_SITE, at_strength = PARC_STRENGTH_PREFER;

	text_take(&rest, ':', &word);
	if (rest.bytes == NULL)
		return PARC_ERR_SYNTAX;
	while (at_strength <= PARC_STRENGTH_REQUIRE &&
	       !text_is(word, parc_strength_name(at_strength)))
		at_strength++;
	while (at_level <= PARC_LEVEL_NODE && !text_is(rest, parc_level_name(at_level)))
		at_level++;
	if (at_strength > PARC_STRENGTH_REQUIRE || at_level > PARC_LEVEL_NODE)
		return PARC_ERR_INVALID;
	*strength = at_strength;
	*level = at_level;
	return 0;
}

static int read_close(const struct reader *reader, struct tasks_row *row)
{
	struct text_field field = reader->fields[CLOSE];

	if (field.size == 0)
		return 0;
	if (tasks_parse_close(field.bytes, field.size, &row->close_level, &row->close_strength) !=
	    0)
		return text_refuse(reader->text, field, PARC_ERR_INVALID, reader->err,
				   "close is \"%s\", expected prefer: or require: with site, pod, "
				   "rack or node, as in prefer:rack",
				   text_quote(field.bytes, field.size).text);
	return 0;
}

static int read_link(const struct reader *reader, struct parc_task *task)
{
	struct text_field field = reader->fields[LINK];

	if (field.size == 0)
		return 0;
	for (int32_t i = PARC_STRENGTH_NONE; i <= PARC_STRENGTH_REQUIRE; i++) {
		if (text_is(field, parc_strength_name(i))) {
			task->link = i;
			return 0;
		}
	}
	return text_refuse(reader->text, field, PARC_ERR_INVALID, reader->err,
			   "link is \"%s\", expected none, prefer or require",
			   text_quote(field.bytes, field.size).text);
}

static int read_row(const struct reader *reader, struct tasks_row *row)
{
	int64_t gang = 1;
	int code = read_demand(reader, &row->task);

	if (code == 0)
		code = read_spec(reader, row);
	if (code == 0)
		code = read_times(reader, row);
	if (code == 0)
		code = read_number(reader, GANG, 1, PARC_TASKS_MAX, &gang);
	if (code == 0)
		code = read_close(reader, row);
	if (code == 0)
		code = read_link(reader, &row->task);
	row->gang = (int32_t)gang;
	return code;
}

static int compare_specs(const void *a, const void *b)
{
	const struct text_field *x = &((const struct spec *)a)->field;
	const struct text_field *y = &((const struct spec *)b)->field;
	int order = memcmp(x->bytes, y->bytes, x->size < y->size ? x->size : y->size);

	return order != 0 ? order : (x->size > y->size) - (x->size < y->size);
}

/* Number the lists of chips in order of their text, from 1. */
static void rank_specs(struct tasks *tasks, const struct reader *reader)
{
	int32_t rank = 0;

	qsort(reader->specs, (size_t)reader->specs_count, sizeof(*reader->specs), compare_specs);
	for (int32_t i = 0; i < reader->specs_count; i++) {
		rank += i == 0 || compare_specs(&reader->specs[i - 1], &reader->specs[i]) != 0;
		tasks->rows[reader->specs[i].row].spec = rank;
	}
}

static int note_spec(struct reader *reader, int32_t row)
{
	int code;

	if (reader->fields[GPU_SPEC].size == 0)
		return 0;
	code = fleet_grow(&reader->specs, reader->specs_count, &reader->specs_capacity,
			  sizeof(*reader->specs), reader->err);
	if (code == 0)
		reader->specs[reader->specs_count++] = (struct spec){reader->fields[GPU_SPEC], row};
	return code;
}

static int add_row(struct tasks *tasks, int32_t *capacity, struct reader *reader)
{
	struct tasks_row row = {0};
	int code = read_row(reader, &row);

	if (code != 0)
		return code;
	if (tasks->count == ROWS_MAX)
		return text_refuse(reader->text, reader->fields[NAME], PARC_ERR_FULL, reader->err,
				   "more than %d tasks", ROWS_MAX);
	code = fleet_grow(&tasks->rows, tasks->count, capacity, sizeof(row), reader->err);
	if (code == 0)
		code = note_spec(reader, tasks->count);
	if (code != 0)
		return code;
	tasks->rows[tasks->count++] = row;
	return 0;
}

/* May reading go on? Counts the row and keeps the first message if so. */
static bool skip_row(const struct tasks *tasks, const struct reader *reader, int code)
{
	if (reader->skips == NULL || tasks->count == ROWS_MAX || code == PARC_ERR_MEMORY)
		return false;
	if (reader->skips->count++ == 0)
		memcpy(reader->skips->first, reader->err->text, sizeof(reader->skips->first));
	*reader->err = (struct parc_err){0};
	return true;
}

static int read_rows(struct tasks *tasks, struct reader *reader, struct text *text)
{
	struct text_table table;
	int32_t capacity = 0;
	int code = text_table_init(&table, text, &columns, reader->err);

	if (code != 0)
		return code;
	while ((code = text_table_next(&table, reader->fields, reader->err)) != 0) {
		if (code > 0)
			code = add_row(tasks, &capacity, reader);
		if (code < 0 && !skip_row(tasks, reader, code))
			return code;
	}
	if (tasks->count == 0 && reader->skips == NULL)
		return parc_err_set(reader->err, PARC_ERR_INVALID,
				    "%s: the list has no tasks, expected at least one row",
				    text->name);
	return 0;
}

int tasks_read_openb_lenient(struct tasks *tasks, const struct fleet *fleet, struct text *text,
			     struct text_skips *skips, struct parc_err *err)
{
	struct parc_err own = {0};
	struct reader reader = {
		.text = text, .fleet = fleet, .err = err != NULL ? err : &own, .skips = skips};
	int code;

	*tasks = (struct tasks){0};
	code = read_rows(tasks, &reader, text);
	if (code == 0 && reader.specs_count > 0)
		rank_specs(tasks, &reader);
	free(reader.specs);
	if (code != 0)
		tasks_deinit(tasks);
	return code;
}

int tasks_read_openb_bytes(struct tasks *tasks, const struct fleet *fleet, const char *name,
			   const char *bytes, size_t size, struct parc_err *err)
{
	struct text text;

	text_init(&text, name, bytes, size);
	return tasks_read_openb_lenient(tasks, fleet, &text, NULL, err);
}

int tasks_read_openb(struct tasks *tasks, const struct fleet *fleet, const char *path,
		     struct parc_err *err)
{
	char *bytes;
	size_t size;
	int code;

	*tasks = (struct tasks){0};
	code = text_load(path, &bytes, &size, err);
	if (code != 0)
		return code;
	code = tasks_read_openb_bytes(tasks, fleet, path, bytes, size, err);
	free(bytes);
	return code;
}

void tasks_deinit(struct tasks *tasks)
{
	free(tasks->rows);
	*tasks = (struct tasks){0};
}

/* Does any row need the columns after openb's? */
static bool has_own_columns(const struct tasks *tasks)
{
	for (int32_t i = 0; i < tasks->count; i++) {
		const struct tasks_row *row = &tasks->rows[i];

		if (row->gang != 1 || row->close_strength != PARC_STRENGTH_NONE ||
		    row->task.link != PARC_STRENGTH_NONE || row->task.device_memory_mib != 0)
			return true;
	}
	return false;
}

static void write_seconds(int64_t time_us, FILE *out)
{
	fprintf(out, "%lld", (long long)(time_us / SECOND_US));
	if (time_us % SECOND_US != 0)
		fprintf(out, ".%06lld", (long long)(time_us % SECOND_US));
}

static void write_spec(const struct fleet *fleet, const struct tasks_row *row, FILE *out)
{
	const char *separator = "";

	if (row->alien)
		fputs(ALIEN, out);
	for (int32_t chip = 0; chip < fleet->chips_count; chip++) {
		if ((row->task.chips >> chip & 1) == 0)
			continue;
		fprintf(out, "%s%s", separator, fleet->chips[chip].name);
		separator = "|";
	}
}

static void write_own_columns(const struct tasks_row *row, FILE *out)
{
	fprintf(out, ",%d,", row->gang);
	if (row->close_strength != PARC_STRENGTH_NONE)
		fprintf(out, "%s:%s", parc_strength_name(row->close_strength),
			parc_level_name(row->close_level));
	fprintf(out, ",%s,%d",
		row->task.link == PARC_STRENGTH_NONE ? "" : parc_strength_name(row->task.link),
		row->task.device_memory_mib);
}

static void write_row(const struct tasks *tasks, int32_t at, const struct fleet *fleet,
		      bool has_own, FILE *out)
{
	const struct tasks_row *row = &tasks->rows[at];

	fprintf(out, "task-%07d,%d,%lld,%d,%d,", at, row->task.cpu_milli,
		(long long)row->task.memory_mib, row->task.devices, row->task.share_milli);
	write_spec(fleet, row, out);
	fputs(",,,", out);
	write_seconds(row->create_us, out);
	fputc(',', out);
	if (row->length_us > 0)
		write_seconds(row->create_us + row->length_us, out);
	fputc(',', out);
	if (has_own)
		write_own_columns(row, out);
	fputc('\n', out);
}

int tasks_write_openb(const struct tasks *tasks, const struct fleet *fleet, FILE *out,
		      struct parc_err *err)
{
	bool has_own = has_own_columns(tasks);

	fprintf(out,
		"name,cpu_milli,memory_mib,num_gpu,gpu_milli,gpu_spec,qos,pod_phase,creation_time,"
		"deletion_time,scheduled_time%s\n",
		has_own ? ",gang,close,link,device_memory_mib" : "");
	for (int32_t i = 0; i < tasks->count; i++)
		write_row(tasks, i, fleet, has_own, out);
	if (fflush(out) != 0 || ferror(out))
		return parc_err_set(err, PARC_ERR_IO, "writing the task list failed");
	return 0;
}
