/* SPDX-License-Identifier: Apache-2.0
 *
 * True speeds. Rows are sorted once and found by bisection.
 */
#include "trace/truth.h"

#include <stdlib.h>
#include <string.h>

#include "base/random.h"
#include "text/text.h"
#include "trace/fleet_build.h"

enum { KIND, CHIP, SPEED, SPREAD, COLUMNS };

static const struct text_column column_list[COLUMNS] = {
	[KIND] = {"kind", true},
	[CHIP] = {"chip", true},
	[SPEED] = {"speed_milli", true},
	[SPREAD] = {"spread_milli", false},
};
static const struct text_columns columns = {column_list, COLUMNS, true, ','};

/* The kind's number in the log; -2: no job is of it. */
static int32_t find_kind(const struct jobs *jobs, const char *name)
{
	for (int32_t i = 0; i < jobs->kinds.count; i++)
		if (strcmp(jobs->kinds.list[i], name) == 0)
			return i;
	return -2;
}

/* What the rows are read from, and what their names are looked up in. */
struct reader {
	struct text *text;
	const struct fleet *fleet;
	const struct jobs *jobs;
	struct parc_err *err;
};

/* Do log and fleet have the row's kind and its chip? */
static bool is_used(const struct truth_row *row)
{
	return row->kind >= -1 && row->chip >= 0;
}

static int read_row(const struct reader *reader, const struct text_field *fields,
		    struct truth_row *row)
{
	const struct text *text = reader->text;
	struct parc_err *err = reader->err;
	static const int64_t speeds[2] = {1, PARC_SPEED_MAX}, spreads[2] = {0, PARC_SPEED_MAX};
	char kind[JOBS_NAME_MAX + 1], chip[FLEET_NAME_MAX + 1];
	int64_t speed = 0, spread = 0;
	int code = 0;

	row->kind = -1;
	if (!text_is(fields[KIND], "*"))
		code = text_read_name(text, fields[KIND], "kind", kind, sizeof(kind), err);
	if (code == 0 && !text_is(fields[KIND], "*"))
		row->kind = find_kind(reader->jobs, kind);
	if (code == 0)
		code = text_read_name(text, fields[CHIP], "chip", chip, sizeof(chip), err);
	if (code == 0)
		code = text_read_number(text, fields[SPEED], "speed_milli", speeds, &speed, err);
	if (code == 0 && fields[SPREAD].size > 0)
		code = text_read_number(text, fields[SPREAD], "spread_milli", spreads, &spread,
					err);
	if (code != 0)
		return code;
	if (spread >= speed)
		return text_refuse(text, fields[SPREAD], PARC_ERR_INVALID, err,
				   "spread_milli is %lld, expected less than the speed %lld",
				   (long long)spread, (long long)speed);
	row->chip = fleet_find_chip(reader->fleet, chip);
	row->speed_milli = (int32_t)speed;
	row->spread_milli = (int32_t)spread;
	return 0;
}

static int compare_rows(const void *left, const void *right)
{
	const struct truth_row *a = left, *b = right;

	if (a->kind != b->kind)
		return a->kind < b->kind ? -1 : 1;
	return (a->chip > b->chip) - (a->chip < b->chip);
}

/* All rows, in the order of the file. */
static int read_table(const struct reader *reader, struct truth *truth)
{
	struct text_field fields[COLUMNS];
	struct text_table table;
	int32_t capacity = 0;
	int code = text_table_init(&table, reader->text, &columns, reader->err);

	while (code == 0 && (code = text_table_next(&table, fields, reader->err)) > 0) {
		struct truth_row row;

		code = read_row(reader, fields, &row);
		if (code != 0 || !is_used(&row))
			continue;
		if (truth->count == TRUTH_ROWS_MAX)
			return text_refuse(reader->text, fields[KIND], PARC_ERR_FULL, reader->err,
					   "more than %d speeds", TRUTH_ROWS_MAX);
		code = fleet_grow(&truth->rows, truth->count, &capacity, sizeof(row), reader->err);
		if (code == 0)
			truth->rows[truth->count++] = row;
	}
	return code;
}

/* Sorted for bisection; a kind may have a chip once. */
static int sort_rows(const struct reader *reader, struct truth *truth)
{
	if (truth->count > 0)
		qsort(truth->rows, (size_t)truth->count, sizeof(*truth->rows), compare_rows);
	for (int32_t i = 1; i < truth->count; i++) {
		const struct truth_row *row = &truth->rows[i];

		if (compare_rows(row - 1, row) == 0)
			return parc_err_set(
				reader->err, PARC_ERR_EXISTS,
				"%s: the kind %s stands twice for the chip %s", reader->text->name,
				row->kind < 0 ? "*" : reader->jobs->kinds.list[row->kind],
				reader->fleet->chips[row->chip].name);
	}
	return 0;
}

int truth_read_bytes(struct truth *truth, const struct text *text, const struct fleet *fleet,
		     const struct jobs *jobs, struct parc_err *err)
{
	struct text copy = *text;
	const struct reader reader = {.text = &copy, .fleet = fleet, .jobs = jobs, .err = err};
	int code;

	*truth = (struct truth){0};
	code = read_table(&reader, truth);
	if (code == 0)
		code = sort_rows(&reader, truth);
	if (code != 0)
		truth_deinit(truth);
	return code;
}

int truth_read(struct truth *truth, const char *path, const struct fleet *fleet,
	       const struct jobs *jobs, struct parc_err *err)
{
	struct text text;
	char *bytes;
	size_t size;
	int code;

	*truth = (struct truth){0};
	code = text_load(path, &bytes, &size, err);
	if (code != 0)
		return code;
	text_init(&text, path, bytes, size);
	code = truth_read_bytes(truth, &text, fleet, jobs, err);
	free(bytes);
	return code;
}

void truth_deinit(struct truth *truth)
{
	free(truth->rows);
	*truth = (struct truth){0};
}

int32_t truth_speed(const struct truth *truth, int32_t kind, int32_t chip, uint64_t draw)
{
	const struct truth_row key = {.kind = kind, .chip = chip}, any = {.kind = -1, .chip = chip};
	const struct truth_row *row = NULL;
	int64_t width;

	if (truth->count > 0)
		row = bsearch(&key, truth->rows, (size_t)truth->count, sizeof(key), compare_rows);
	if (truth->count > 0 && row == NULL)
		row = bsearch(&any, truth->rows, (size_t)truth->count, sizeof(any), compare_rows);
	if (row == NULL)
		return 0;
	width = 2 * (int64_t)row->spread_milli + 1;
	return (int32_t)(row->speed_milli - row->spread_milli +
			 (int64_t)(random_mix(draw) % (uint64_t)width));
}
