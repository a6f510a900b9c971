/* SPDX-License-Identifier: Apache-2.0
 *
 * Gavel's job lists. A row is a gang of equal tasks of one device each; how many steps a second
 * such a gang makes on each make of chip stands in a second file, throughputs.json, under
 * chip -> "('type', gang)" -> "null". The reference is the V100, on which the list says how long
 * the job runs; what the other chips make of it are the job's variants, in thousandths of that.
 * A job that no V100 can run has its fastest chip as reference, and its steps say how long it is.
 *
 * A row also says how long it is to the next arrival at a rate of one job an hour, so a list is
 * read for a rate, or whole at time 0. Costs one look into the speeds a row and chip.
 */
#include <ctype.h>
#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "base/assert.h"
#include "trace/gavel.h"
#include "trace/jobs_build.h"

#define REFERENCE	"v100"
#define SPEEDS_SIZE_MAX ((size_t)64 << 20) /* bytes of the file of speeds */
#define GANG_MAX	4096
#define TYPE_MAX	128	/* bytes of a job_type */
#define REAL_MAX	40	/* bytes of a decimal */
#define STEPS_MAX	1e15	/* of a job; steps a second of a speed */
#define SPEED_MAX	1000000 /* thousandths of the reference */
#define HOURS_MAX	1e9	/* between two arrivals at one job an hour */
#define STEPS_OFF	0.01	/* by how much steps / speed may miss the length */

enum { GAVEL_ID, GAVEL_TYPE, GAVEL_GANG, GAVEL_LENGTH, GAVEL_STEPS, GAVEL_GAP, GAVEL_COLUMNS };

static const struct text_column gavel_list[GAVEL_COLUMNS] = {
	[GAVEL_ID] = {"job_id", true},	       [GAVEL_TYPE] = {"job_type", true},
	[GAVEL_GANG] = {"scale_factor", true}, [GAVEL_LENGTH] = {"duration_s_on_v100", true},
	[GAVEL_STEPS] = {"total_steps", true}, [GAVEL_GAP] = {"unit_exp_gap_to_next", true},
};
static const struct text_columns gavel_columns = {gavel_list, GAVEL_COLUMNS, false, ','};

/* A kind of job: its key in the file of speeds, and the steps a second that are its whole speed. */
struct gavel_kind {
	char key[TYPE_MAX + 32];
	double steps;
};

struct reader {
	struct jobs_builder *builder;
	json_t *speeds;			       /* the file, by chip */
	const json_t *of_chip[PARC_CHIPS_MAX]; /* by chip of the fleet; NULL: no speeds */
	double hours;			       /* of the next arrival at one job an hour */
	int64_t rows;
	struct gavel_kind *kinds; /* by kind of the log, for pairs alone */
	int32_t kinds_count, kinds_size, pairs_size;
};

int gavel_fleet(struct fleet *fleet, struct parc_err *err)
{
	static const char text[] =
		"fleet:\n"
		"  chips:\n"
		"    - {name: V100, rule: scalar, step_milli: 500, memory_gib: 16}\n"
		"    - {name: P100, rule: scalar, step_milli: 500, memory_gib: 16}\n"
		"    - {name: K80, rule: scalar, step_milli: 500, memory_gib: 12}\n"
		"  nodes:\n"
		"    - {name: v, count: 36, cores: 8, memory_gib: 61, pools: [{chip: V100, "
		"devices: "
		"1}]}\n"
		"    - {name: p, count: 36, cores: 8, memory_gib: 61, pools: [{chip: P100, "
		"devices: "
		"1}]}\n"
		"    - {name: k, count: 36, cores: 8, memory_gib: 61, pools: [{chip: K80, devices: "
		"1}]}\n";

	return fleet_read_bytes(fleet, "gavel", text, sizeof(text) - 1, err);
}

/* ---- Speeds */

static int load_speeds(struct reader *reader)
{
	const struct jobs_builder *builder = reader->builder;
	const char *path = builder->options.speeds;
	json_error_t where;
	char *bytes;
	size_t size;
	int code;

	if (path == NULL)
		return parc_err_set(builder->err, PARC_ERR_INVALID,
				    "%s: this list needs the file of speeds, throughputs.json",
				    builder->text->name);
	code = text_load(path, &bytes, &size, builder->err);
	if (code != 0)
		return code;
	if (size > SPEEDS_SIZE_MAX) {
		free(bytes);
		return parc_err_set(builder->err, PARC_ERR_INVALID,
				    "%s has %zu bytes, expected at most %zu", path, size,
				    SPEEDS_SIZE_MAX);
	}
	reader->speeds = json_loadb(bytes, size, JSON_REJECT_DUPLICATES, &where);
	free(bytes);
	if (json_is_object(reader->speeds))
		return 0;
	if (reader->speeds != NULL)
		return parc_err_set(builder->err, PARC_ERR_SYNTAX,
				    "%s: expected an object with an entry for each chip", path);
	return parc_err_set(builder->err, PARC_ERR_SYNTAX, "%s:%d:%d: %.120s", path, where.line,
			    where.column, where.text);
}

/* The file writes chips in small letters. */
static const json_t *find_chip(const json_t *speeds, const char *name)
{
	char small[FLEET_NAME_MAX + 1];
	size_t i = 0;

	for (; name[i] != '\0' && i < FLEET_NAME_MAX; i++)
		small[i] = (char)tolower((unsigned char)name[i]);
	small[i] = '\0';
	return json_object_get(speeds, small);
}

static int find_chips(struct reader *reader)
{
	const struct jobs_builder *builder = reader->builder;
	int32_t found = 0;

	for (int32_t i = 0; i < builder->fleet->chips_count; i++) {
		reader->of_chip[i] = find_chip(reader->speeds, builder->fleet->chips[i].name);
		found += json_is_object(reader->of_chip[i]);
	}
	if (found > 0)
		return 0;
	return parc_err_set(builder->err, PARC_ERR_INVALID,
			    "%s has no speeds of any chip of the fleet, expected an entry such as "
			    "\"" REFERENCE "\"",
			    builder->options.speeds);
}

/* Steps a second of the key on one chip: 0 when it cannot run there, -1 when that is not said, -2
 * when it is not a number that a speed can be. */
static double steps_on(const json_t *chip, const char *key)
{
	const json_t *value = json_object_get(json_object_get(chip, key), "null");
	double steps;

	if (value == NULL)
		return -1;
	steps = json_number_value(value);
	if (!json_is_number(value) || !(steps >= 0 && steps <= STEPS_MAX))
		return -2;
	return steps;
}

/* ---- A row */

/* A decimal from 0 to max with any number of places. */
static int read_real(const struct reader *reader, struct text_field field, const char *label,
		     double max, double *value)
{
	char copy[REAL_MAX + 1], *end = copy;
	double read = -1;

	if (field.size > 0 && field.size <= REAL_MAX) {
		memcpy(copy, field.bytes, field.size);
		copy[field.size] = '\0';
		read = strtod(copy, &end);
	}
	if (end == copy || *end != '\0' || !isdigit((unsigned char)copy[0]) ||
	    !(read >= 0 && read <= max))
		return text_refuse(reader->builder->text, field, PARC_ERR_INVALID,
				   reader->builder->err,
				   "%s is \"%s\", expected a number from 0 to %g", label,
				   text_quote(field.bytes, field.size).text, max);
	*value = read;
	return 0;
}

/* One row: what its fields say. */
struct gavel_row {
	struct text_field type;
	int64_t id, gang;
	double length_s, steps, gap_hours;
};

static int read_fields(const struct reader *reader, const struct text_field *fields,
		       struct gavel_row *row)
{
	const int64_t ids[2] = {0, INT32_MAX}, gangs[2] = {1, GANG_MAX};
	const struct jobs_builder *builder = reader->builder;
	int code = text_read_number(builder->text, fields[GAVEL_ID], "job_id", ids, &row->id,
				    builder->err);

	row->type = fields[GAVEL_TYPE];
	if (code == 0 && (row->type.size == 0 || row->type.size > TYPE_MAX))
		code = text_refuse(builder->text, row->type, PARC_ERR_INVALID, builder->err,
				   "job_type has %zu bytes, expected 1 to %d", row->type.size,
				   TYPE_MAX);
	if (code == 0)
		code = text_read_number(builder->text, fields[GAVEL_GANG], "scale_factor", gangs,
					&row->gang, builder->err);
	if (code == 0)
		code = read_real(reader, fields[GAVEL_LENGTH], "duration_s_on_v100",
				 (double)JOBS_LENGTH_MAX / 1e6, &row->length_s);
	if (code == 0)
		code = read_real(reader, fields[GAVEL_STEPS], "total_steps", STEPS_MAX,
				 &row->steps);
	if (code == 0)
		code = read_real(reader, fields[GAVEL_GAP], "unit_exp_gap_to_next", HOURS_MAX,
				 &row->gap_hours);
	return code;
}

/* Steps a second on each chip of the fleet, the fastest, and on the reference (-1: not said). */
struct pace {
	double on[PARC_CHIPS_MAX], fastest, reference;
};

static void write_key(const struct gavel_row *row, char key[TYPE_MAX + 32])
{
	snprintf(key, TYPE_MAX + 32, "('%.*s', %lld)", (int)row->type.size, row->type.bytes,
		 (long long)row->gang);
}

static int read_pace(const struct reader *reader, const struct gavel_row *row, struct pace *pace)
{
	const struct jobs_builder *builder = reader->builder;
	char key[TYPE_MAX + 32];
	int32_t known = 0;
	double worst = 0;

	write_key(row, key);
	pace->reference = steps_on(find_chip(reader->speeds, REFERENCE), key);
	pace->fastest = 0;
	for (int32_t i = 0; i < builder->fleet->chips_count; i++) {
		pace->on[i] = steps_on(reader->of_chip[i], key);
		known += pace->on[i] >= 0;
		worst = pace->on[i] < worst ? pace->on[i] : worst;
		pace->fastest = pace->on[i] > pace->fastest ? pace->on[i] : pace->fastest;
	}
	if (worst >= -1 && pace->reference >= -1 && known > 0)
		return 0;
	return text_refuse(builder->text, row->type, PARC_ERR_UNKNOWN, builder->err,
			   "%.60s says no speed of %.60s on the fleet's chips, expected steps a "
			   "second under \"null\"",
			   builder->options.speeds, text_quote(key, strlen(key)).text);
}

/* How long the job runs on its reference chip, and that chip's steps a second. */
static int read_length(const struct reader *reader, const struct gavel_row *row,
		       const struct pace *pace, double *length_s, double *steps)
{
	const struct jobs_builder *builder = reader->builder;
	double off_s;

	*length_s = row->length_s;
	*steps = pace->reference;
	if (*steps <= 0) {
		*steps = pace->fastest;
		*length_s = *steps > 0 ? row->steps / *steps : row->length_s;
		return 0;
	}
	off_s = row->steps / *steps - row->length_s;
	if (off_s <= STEPS_OFF * row->length_s && -off_s <= STEPS_OFF * row->length_s)
		return 0;
	return text_refuse(builder->text, row->type, PARC_ERR_INVALID, builder->err,
			   "total_steps at %g steps a second are %g s on the " REFERENCE
			   ", expected the %g s of duration_s_on_v100",
			   *steps, row->steps / *steps, row->length_s);
}

/* Thousandths of the reference for so many steps a second: whole, 1..SPEED_MAX. */
static int32_t speed_of(double on, double steps)
{
	double speed = on * PARC_SHARE_WHOLE / steps + 0.5;

	return speed < 1 ? 1 : speed > SPEED_MAX ? SPEED_MAX : (int32_t)speed;
}

/* The chips it can run on, each with its speed. */
static void fill_variants(const struct reader *reader, const struct pace *pace, double steps,
			  struct jobs_draft *draft, uint64_t *chips)
{
	for (int32_t i = 0; i < reader->builder->fleet->chips_count; i++) {
		if (pace->on[i] <= 0 || steps <= 0 ||
		    draft->row.variants_count == PARC_VARIANTS_MAX)
			continue;
		draft->variants[draft->row.variants_count++] = (struct parc_variant){
			.chips = UINT64_C(1) << i, .speed_milli = speed_of(pace->on[i], steps)};
		*chips |= UINT64_C(1) << i;
	}
}

/* A kind of job has one speed on a chip, so the gang's size is part of it. */
static int name_kind(const struct reader *reader, const struct gavel_row *row,
		     struct jobs_draft *draft)
{
	char kind[TYPE_MAX + 16];
	int size = snprintf(kind, sizeof(kind), "%.*s x%lld", (int)row->type.size, row->type.bytes,
			    (long long)row->gang);

	return jobs_set_name(reader->builder, &reader->builder->kinds, kind, (size_t)size,
			     &draft->row.kind);
}

/* ---- Pairs */

/* Room for one more; the size doubles. */
static void *grow(void *list, int32_t count, int32_t *size, size_t one)
{
	void *larger = list;

	if (count < *size)
		return list;
	larger = realloc(list, (size_t)(*size ? *size * 2 : 64) * one);
	if (larger != NULL)
		*size = *size ? *size * 2 : 64;
	return larger;
}

/* Kinds are numbered in the order in which they come. */
static int note_kind(struct reader *reader, const struct gavel_row *row, int32_t kind, double steps)
{
	struct gavel_kind *kinds;

	if (!reader->builder->options.has_pairs || kind < reader->kinds_count)
		return 0;
	kinds = grow(reader->kinds, reader->kinds_count, &reader->kinds_size, sizeof(*kinds));
	if (kinds == NULL)
		return parc_err_set(reader->builder->err, PARC_ERR_MEMORY, "no memory for kinds");
	reader->kinds = kinds;
	ASSERT(kind == reader->kinds_count);
	write_key(row, kinds[kind].key);
	kinds[kind].steps = steps;
	reader->kinds_count++;
	return 0;
}

/* Steps a second of the first kind beside the second; 0: not said, or one of them cannot run. */
static double steps_beside(const json_t *chip, const char *key, const char *beside)
{
	const json_t *both = json_object_get(json_object_get(chip, key), beside);
	double own = json_number_value(json_array_get(both, 0));
	double other = json_number_value(json_array_get(both, 1));

	return own > 0 && own <= STEPS_MAX && other > 0 && other <= STEPS_MAX ? own : 0;
}

static int add_pair(struct reader *reader, const struct jobs_pair *pair)
{
	struct jobs *jobs = reader->builder->jobs;
	struct jobs_pair *pairs =
		grow(jobs->pairs, jobs->pairs_count, &reader->pairs_size, sizeof(*pairs));

	if (pairs == NULL)
		return parc_err_set(reader->builder->err, PARC_ERR_MEMORY, "no memory for pairs");
	jobs->pairs = pairs;
	pairs[jobs->pairs_count++] = *pair;
	return 0;
}

/* All that the file says of the log's kinds beside each other. */
static int read_pairs(struct reader *reader)
{
	int code = 0;

	for (int32_t a = 0; a < reader->kinds_count; a++)
		for (int32_t b = 0; b < reader->kinds_count; b++)
			for (int32_t c = 0; c < reader->builder->fleet->chips_count; c++) {
				struct jobs_pair pair = {a, b, c, 0};
				double steps =
					steps_beside(reader->of_chip[c], reader->kinds[a].key,
						     reader->kinds[b].key);

				if (steps <= 0 || reader->kinds[a].steps <= 0)
					continue;
				pair.speed_milli = speed_of(steps, reader->kinds[a].steps);
				code = add_pair(reader, &pair);
				if (code != 0)
					return code;
			}
	return 0;
}

static int add_row(struct reader *reader, const struct gavel_row *row, struct jobs_draft *draft)
{
	struct jobs_builder *builder = reader->builder;
	struct parc_task task = {.devices = 1, .share_milli = PARC_SHARE_WHOLE};
	double length_s, steps;
	struct pace pace;
	int code = read_pace(reader, row, &pace);

	if (code == 0)
		code = read_length(reader, row, &pace, &length_s, &steps);
	if (code == 0)
		code = name_kind(reader, row, draft);
	if (code == 0)
		code = note_kind(reader, row, draft->row.kind, steps);
	if (code != 0)
		return code;
	draft->row.id = row->id + JOBS_GAVEL_FIRST_ID;
	if (length_s * 1e6 > (double)JOBS_LENGTH_MAX)
		return text_refuse(builder->text, row->type, PARC_ERR_INVALID, builder->err,
				   "the job runs for %g s, expected at most %lld", length_s,
				   (long long)(JOBS_LENGTH_MAX / 1000000));
	draft->row.length_us = (int64_t)(length_s * 1e6 + 0.5);
	fill_variants(reader, &pace, steps, draft, &task.chips);
	if (task.chips == 0)
		jobs_set_alien(builder, draft, "none of the fleet's");
	code = jobs_add_group(builder, draft, &task, row->gang);
	return code != 0 ? code : jobs_builder_add(builder, draft);
}

static int read_row(void *context, const struct text_field *fields)
{
	struct reader *reader = context;
	const struct jobs_options *options = &reader->builder->options;
	struct jobs_draft draft;
	struct gavel_row row;
	double arrival_us = 0;
	int code = read_fields(reader, fields, &row);

	if (code != 0)
		return code;
	if (options->static_max > 0 && reader->rows >= options->static_max)
		return 0;
	reader->rows++;
	if (options->static_max == 0)
		arrival_us = reader->hours * 3.6e9 * PARC_SHARE_WHOLE / (double)options->rate_milli;
	if (arrival_us > (double)JOBS_TIME_MAX)
		return text_refuse(reader->builder->text, fields[GAVEL_GAP], PARC_ERR_INVALID,
				   reader->builder->err,
				   "the job arrives after %g s, expected at most %lld",
				   arrival_us / 1e6, (long long)(JOBS_TIME_MAX / 1000000));
	reader->hours += row.gap_hours;
	jobs_draft_init(&draft, reader->builder, fields[GAVEL_ID]);
	draft.row.submit_us = (int64_t)(arrival_us + 0.5);
	return add_row(reader, &row, &draft);
}

int jobs_read_gavel(struct jobs_builder *builder, struct text *text)
{
	struct reader reader = {.builder = builder};
	const struct jobs_options *options = &builder->options;
	int code;

	if ((options->rate_milli > 0) == (options->static_max > 0))
		return parc_err_set(builder->err, PARC_ERR_INVALID,
				    "%s: a list of this form needs a rate of arrivals, or a number "
				    "of jobs at time 0",
				    text->name);
	code = load_speeds(&reader);
	if (code == 0)
		code = find_chips(&reader);
	if (code == 0)
		code = jobs_read_table(builder, text, &gavel_columns, read_row, &reader);
	if (code == 0 && reader.rows < options->static_max && reader.rows > 0)
		code = parc_err_set(builder->err, PARC_ERR_INVALID,
				    "%s: the list has %lld jobs, expected at least the %d that are "
				    "to be there at time 0",
				    text->name, (long long)reader.rows, options->static_max);
	if (code == 0)
		code = read_pairs(&reader);
	free(reader.kinds);
	json_decref(reader.speeds);
	return code;
}
