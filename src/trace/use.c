/* SPDX-License-Identifier: Apache-2.0
 *
 * Two passes over the table: the first finds the holders and the times, the second fills in the
 * samples. Names of holders are looked up in a hash table of their places in the file.
 */
#include "trace/use.h"

#include <stdlib.h>
#include <string.h>

#include "base/hash.h"
#include "text/text.h"

#define BUCKETS (4 * USE_HOLDERS_MAX)

enum { USE_VALUE, USE_TIME, USE_HOLDER, USE_COLUMNS };

static const struct text_column use_list[USE_COLUMNS] = {
	[USE_VALUE] = {"value", true},
	[USE_TIME] = {"timestamp_anon", true},
	[USE_HOLDER] = {"container_ip", true},
};
static const struct text_columns use_columns = {use_list, USE_COLUMNS, false, ','};

struct reader {
	struct use_series *use;
	struct text_field *names; /* of holders */
	int32_t *buckets;	  /* holder + 1; 0: none */
	int64_t first_us, last_us;
	struct parc_err *err;
};

/* The number of the holder, made if it is new; -1: there are too many. */
static int32_t holder_find(struct reader *reader, struct text_field name)
{
	uint64_t hash = HASH_START;
	uint32_t at;

	for (size_t i = 0; i < name.size; i++)
		hash = hash_word(hash, (uint8_t)name.bytes[i]);
	for (at = (uint32_t)(hash % BUCKETS); reader->buckets[at] != 0; at = (at + 1) % BUCKETS) {
		const struct text_field *other = &reader->names[reader->buckets[at] - 1];

		if (other->size == name.size && memcmp(other->bytes, name.bytes, name.size) == 0)
			return reader->buckets[at] - 1;
	}
	if (reader->use->holders == USE_HOLDERS_MAX)
		return -1;
	reader->names[reader->use->holders] = name;
	reader->buckets[at] = ++reader->use->holders;
	return reader->use->holders - 1;
}

/* Per cent with decimals as thousandths, from 0 to 1000. */
static int read_value(struct reader *reader, const struct text *text, struct text_field field,
		      int16_t *milli)
{
	char word[64], *end;
	double value;

	if (field.size == 0 || field.size >= sizeof(word))
		return text_refuse(text, field, PARC_ERR_INVALID, reader->err,
				   "value is no number of per cent");
	memcpy(word, field.bytes, field.size);
	word[field.size] = '\0';
	value = strtod(word, &end);
	if (*end != '\0' || !(value >= 0 && value <= 100))
		return text_refuse(text, field, PARC_ERR_INVALID, reader->err,
				   "value is \"%s\", expected per cent from 0 to 100", word);
	*milli = (int16_t)(value * 10 + 0.5);
	return 0;
}

/* One row, in the first pass (use->milli NULL) or in the second. */
static int read_row(struct reader *reader, const struct text *text, const struct text_field *fields)
{
	struct use_series *use = reader->use;
	int64_t time_us = 0;
	int16_t milli = 0;
	int32_t holder = holder_find(reader, fields[USE_HOLDER]);
	int code = text_read_seconds(text, fields[USE_TIME], "timestamp_anon", 0, &time_us,
				     reader->err);

	if (code == 0)
		code = read_value(reader, text, fields[USE_VALUE], &milli);
	if (code == 0 && holder < 0)
		code = text_refuse(text, fields[USE_HOLDER], PARC_ERR_FULL, reader->err,
				   "more than %d holders", USE_HOLDERS_MAX);
	if (code != 0)
		return code;
	if (use->milli == NULL) {
		reader->first_us = time_us < reader->first_us ? time_us : reader->first_us;
		reader->last_us = time_us > reader->last_us ? time_us : reader->last_us;
	} else {
		int64_t minute = (time_us - reader->first_us) / 60000000;
		int16_t *at = &use->milli[(int64_t)holder * use->minutes + minute];

		*at = milli > *at ? milli : *at;
	}
	return 0;
}

static int read_pass(struct reader *reader, const char *path, const char *bytes, size_t size)
{
	struct text_field fields[USE_COLUMNS];
	struct text_table table;
	struct text text;
	int code;

	text_init(&text, path, bytes, size);
	code = text_table_init(&table, &text, &use_columns, reader->err);
	while (code == 0 && (code = text_table_next(&table, fields, reader->err)) > 0)
		code = read_row(reader, &text, fields);
	return code;
}

static int samples_take(struct reader *reader, const char *path)
{
	struct use_series *use = reader->use;
	int64_t minutes = (reader->last_us - reader->first_us) / 60000000 + 1, cells;

	if (use->holders == 0 || minutes > USE_MINUTES_MAX)
		return parc_err_set(reader->err, PARC_ERR_INVALID,
				    "%s: expected samples within %d minutes", path,
				    USE_MINUTES_MAX);
	use->minutes = (int32_t)minutes;
	cells = minutes * use->holders;
	use->milli = malloc((size_t)cells * sizeof(*use->milli));
	if (use->milli == NULL)
		return parc_err_set(reader->err, PARC_ERR_MEMORY, "no memory for the samples");
	for (int64_t i = 0; i < cells; i++)
		use->milli[i] = USE_NONE;
	return 0;
}

int use_read(struct use_series *use, const char *path, struct parc_err *err)
{
	struct reader reader = {
		.use = use, .first_us = INT64_MAX, .last_us = INT64_MIN, .err = err};
	char *bytes = NULL;
	size_t size = 0;
	int code;

	*use = (struct use_series){0};
	reader.names = calloc(USE_HOLDERS_MAX, sizeof(*reader.names));
	reader.buckets = calloc(BUCKETS, sizeof(*reader.buckets));
	code = reader.names == NULL || reader.buckets == NULL
		       ? parc_err_set(err, PARC_ERR_MEMORY, "no memory for holders")
		       : text_load(path, &bytes, &size, err);
	if (code == 0)
		code = read_pass(&reader, path, bytes, size);
	if (code == 0)
		code = samples_take(&reader, path);
	if (code == 0)
		code = read_pass(&reader, path, bytes, size);
	free(bytes);
	free(reader.names);
	free(reader.buckets);
	if (code != 0)
		use_deinit(use);
	return code;
}

void use_deinit(struct use_series *use)
{
	free(use->milli);
	*use = (struct use_series){0};
}
