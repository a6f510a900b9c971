/* SPDX-License-Identifier: Apache-2.0
 *
 * Reading lines, fields and numbers out of bytes in memory. One pass, no copy; a line costs its
 * length. Numbers are read by hand because strtol skips blanks, takes signs and knows no end.
 */
#include "text/text.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/assert.h"
#include "text/unpack.h"

#define NAME_SHOWN_MAX 80 /* bytes of a file name that a message shows: its end */
#define SECOND_US      INT64_C(1000000)
#define SECONDS_MAX    (INT64_C(1) << 40) /* 34,000 years */

struct text_quote text_quote(const char *bytes, size_t size)
{
	struct text_quote quote;
	size_t shown = size <= TEXT_QUOTE_MAX ? size : TEXT_QUOTE_MAX;

	for (size_t i = 0; i < shown; i++)
		quote.text[i] = bytes[i] >= ' ' && bytes[i] <= '~' ? bytes[i] : '?';
	memcpy(quote.text + shown, shown < size ? "..." : "", shown < size ? 4 : 1);
	return quote;
}

void text_list_add(char *list, size_t size, const char *name)
{
	static const char more[] = ", ...";
	size_t used = strlen(list), length = strlen(name);
	size_t between = used > 0 ? 2 : 0;

	ASSERT(used < size);
	if (used >= sizeof(more) - 1 && strcmp(list + used - (sizeof(more) - 1), more) == 0)
		return;
	if (used + between + length + sizeof(more) > size) {
		memcpy(list + used, more, sizeof(more));
		return;
	}
	memcpy(list + used, ", ", between);
	memcpy(list + used + between, name, length + 1);
}

int text_locate(const char *name, int64_t line, int64_t column, int code, struct parc_err *err)
{
	char sentence[PARC_ERR_TEXT_MAX];
	size_t size = strlen(name);

	if (err == NULL)
		return code;
	memcpy(sentence, err->text, sizeof(sentence));
	if (size > NAME_SHOWN_MAX)
		name += size - NAME_SHOWN_MAX;
	return parc_err_set(err, code, "%s:%lld:%lld: %s", name, (long long)line, (long long)column,
			    sentence);
}

int text_refuse(const struct text *text, struct text_field field, int code, struct parc_err *err,
		const char *format, ...)
{
	va_list args;

	if (err == NULL)
		return code;
	va_start(args, format);
	vsnprintf(err->text, sizeof(err->text), format, args);
	va_end(args);
	return text_locate(text->name, field.line, field.column, code, err);
}

static int grow_bytes(char **bytes, size_t *capacity, const char *path, struct parc_err *err)
{
	size_t larger = *capacity == 0 ? 65536 : *capacity * 2;
	char *more;

	if (larger > (size_t)TEXT_BYTES_MAX)
		return parc_err_set(err, PARC_ERR_FULL, "%s: the file has %lld bytes or more", path,
				    (long long)TEXT_BYTES_MAX);
	more = realloc(*bytes, larger);
	if (more == NULL)
		return parc_err_set(err, PARC_ERR_MEMORY, "%s: no memory for the file", path);
	*bytes = more;
	*capacity = larger;
	return 0;
}

/* Read the rest of a file into *bytes, which grows by doubling. */
static int load_rest(FILE *file, char **bytes, size_t *size, const char *path, struct parc_err *err)
{
	size_t capacity = 0;

	while (!feof(file)) {
		int code = *size == capacity ? grow_bytes(bytes, &capacity, path, err) : 0;

		if (code != 0)
			return code;
		*size += fread(*bytes + *size, 1, capacity - *size, file);
		if (ferror(file))
			return parc_err_set(err, PARC_ERR_IO, "%s: %s", path, strerror(errno));
	}
	return 0;
}

int text_load(const char *path, char **bytes, size_t *size, struct parc_err *err)
{
	FILE *file = fopen(path, "rb");
	char *loaded = NULL;
	size_t loaded_size = 0;
	int code;

	if (file == NULL)
		return parc_err_set(err, PARC_ERR_IO, "%s: %s", path, strerror(errno));
	code = load_rest(file, &loaded, &loaded_size, path, err);
	fclose(file);
	if (code == 0)
		code = unpack(path, (size_t)TEXT_BYTES_MAX, &loaded, &loaded_size, err);
	if (code != 0) {
		free(loaded);
		return code;
	}
	*bytes = loaded;
	*size = loaded_size;
	return 0;
}

void text_init(struct text *text, const char *name, const char *bytes, size_t size)
{
	ASSERT(name != NULL && (bytes != NULL || size == 0));
	*text = (struct text){.name = name, .bytes = bytes, .size = size};
	if (size >= 3 && memcmp(bytes, "\xef\xbb\xbf", 3) == 0)
		text->at = 3;
}

/* The next line, blank or not; false at the end. */
static bool take_line(struct text *text, struct text_field *line)
{
	size_t left = text->size - text->at;
	const char *begin, *end;

	if (left == 0)
		return false;
	begin = text->bytes + text->at;
	end = memchr(begin, '\n', left);
	line->bytes = begin;
	line->size = end != NULL ? (size_t)(end - begin) : left;
	text->at += line->size + (end != NULL);
	if (line->size > 0 && begin[line->size - 1] == '\r')
		line->size--;
	line->line = ++text->line;
	line->column = 1;
	return true;
}

int text_next_line(struct text *text, struct text_field *line, size_t line_max,
		   struct parc_err *err)
{
	struct text_field found;
	const char *nul;

	do {
		if (!take_line(text, &found))
			return 0;
	} while (found.size == 0);
	if (found.size > line_max)
		return text_refuse(text, found, PARC_ERR_FULL, err,
				   "the line has %zu bytes, at most %zu are allowed", found.size,
				   line_max);
	nul = memchr(found.bytes, '\0', found.size);
	if (nul != NULL) {
		found.column += nul - found.bytes;
		return text_refuse(text, found, PARC_ERR_SYNTAX, err,
				   "a NUL byte; expected plain text");
	}
	*line = found;
	return 1;
}

bool text_take(struct text_field *rest, char separator, struct text_field *part)
{
	const char *end;

	if (rest->bytes == NULL)
		return false;
	*part = *rest;
	end = memchr(rest->bytes, separator, rest->size);
	if (end == NULL) {
		rest->bytes = NULL;
		return true;
	}
	part->size = (size_t)(end - part->bytes);
	rest->bytes = end + 1;
	rest->size -= part->size + 1;
	rest->column += (int64_t)part->size + 1;
	return true;
}

/* Split a line: how many fields, or a negative code when there are too many. */
static int split_line(const struct text_table *table, struct text_field line,
		      struct text_field *fields, struct parc_err *err)
{
	char separator = table->columns->separator != '\0' ? table->columns->separator : ',';
	struct text_field field;
	int count = 0;

	while (text_take(&line, separator, &field)) {
		if (count == TEXT_FIELDS_MAX)
			return text_refuse(table->text, field, PARC_ERR_FULL, err,
					   "more than %d fields in one line", TEXT_FIELDS_MAX);
		fields[count++] = field;
	}
	return count;
}

bool text_is(struct text_field field, const char *word)
{
	return field.size == strlen(word) && memcmp(field.bytes, word, field.size) == 0;
}

/* Note which of the known columns this field names. */
static int read_column(struct text_table *table, struct text_field field, int32_t at,
		       struct parc_err *err)
{
	const struct text_columns *columns = table->columns;

	for (int32_t i = 0; i < columns->count; i++) {
		if (!text_is(field, columns->list[i].name))
			continue;
		if (table->index[i] >= 0)
			return text_refuse(table->text, field, PARC_ERR_EXISTS, err,
					   "the column %s stands twice in the header",
					   columns->list[i].name);
		table->index[i] = at;
		return 0;
	}
	if (!columns->is_closed)
		return 0;
	return text_refuse(table->text, field, PARC_ERR_UNKNOWN, err,
			   "unknown column \"%s\" in the header",
			   text_quote(field.bytes, field.size).text);
}

static int require_columns(const struct text_table *table, struct text_field line,
			   struct parc_err *err)
{
	const struct text_columns *columns = table->columns;

	for (int32_t i = 0; i < columns->count; i++) {
		if (columns->list[i].is_required && table->index[i] < 0)
			return text_refuse(table->text, line, PARC_ERR_SYNTAX, err,
					   "the header lacks the column %s", columns->list[i].name);
	}
	return 0;
}

int text_table_init(struct text_table *table, struct text *text, const struct text_columns *columns,
		    struct parc_err *err)
{
	struct text_field fields[TEXT_FIELDS_MAX], line;
	int code = text_next_line(text, &line, TEXT_LINE_MAX, err);

	ASSERT(columns->count <= TEXT_FIELDS_MAX);
	*table = (struct text_table){.text = text, .columns = columns};
	for (int32_t i = 0; i < columns->count; i++)
		table->index[i] = -1;
	if (code == 0)
		return parc_err_set(err, PARC_ERR_SYNTAX,
				    "%s: the file is empty, expected a header with the column %s",
				    text->name, columns->list[0].name);
	table->width = code < 0 ? code : split_line(table, line, fields, err);
	if (table->width < 0)
		return table->width;
	code = 0;
	for (int32_t at = 0; at < table->width && code == 0; at++)
		code = read_column(table, fields[at], at, err);
	return code != 0 ? code : require_columns(table, line, err);
}

int text_table_next(struct text_table *table, struct text_field *fields, struct parc_err *err)
{
	struct text_field split[TEXT_FIELDS_MAX], line;
	int code = text_next_line(table->text, &line, TEXT_LINE_MAX, err);
	int count;

	if (code <= 0)
		return code;
	count = split_line(table, line, split, err);
	if (count < 0)
		return count;
	if (count != table->width)
		return text_refuse(table->text, line, PARC_ERR_SYNTAX, err,
				   "%d fields, expected %d as in the header", count, table->width);
	for (int32_t i = 0; i < table->columns->count; i++) {
		line.size = 0;
		fields[i] = table->index[i] >= 0 ? split[table->index[i]] : line;
	}
	return 1;
}

/* Digits to a number: false when it is none or above max. */
static bool parse_digits(const char *bytes, size_t size, int64_t max, int64_t *number)
{
	int64_t sum = 0;

	if (size == 0)
		return false;
	for (size_t i = 0; i < size; i++) {
		int digit = bytes[i] - '0';

		if (digit < 0 || digit > 9 || digit > max || sum > (max - digit) / 10)
			return false;
		sum = sum * 10 + digit;
	}
	*number = sum;
	return true;
}

int text_read_number(const struct text *text, struct text_field field, const char *label,
		     const int64_t range[2], int64_t *number, struct parc_err *err)
{
	int64_t value;

	ASSERT(range[0] >= 0 && range[1] >= range[0]);
	if (!parse_digits(field.bytes, field.size, range[1], &value) || value < range[0])
		return text_refuse(text, field, PARC_ERR_INVALID, err,
				   "%s is \"%s\", expected a whole number from %lld to %lld", label,
				   text_quote(field.bytes, field.size).text, (long long)range[0],
				   (long long)range[1]);
	*number = value;
	return 0;
}

/* Up to six digits after the point, as microseconds. */
static bool parse_fraction(const char *bytes, size_t size, int64_t *fraction_us)
{
	if (size > 6 || !parse_digits(bytes, size, SECOND_US, fraction_us))
		return false;
	for (size_t i = size; i < 6; i++)
		*fraction_us *= 10;
	return true;
}

int text_read_seconds(const struct text *text, struct text_field field, const char *label,
		      int64_t missing, int64_t *time_us, struct parc_err *err)
{
	struct text_field fraction = field, whole;
	int64_t seconds, fraction_us = 0;

	if (field.size == 0) {
		*time_us = missing;
		return 0;
	}
	text_take(&fraction, '.', &whole);
	if (!parse_digits(whole.bytes, whole.size, SECONDS_MAX, &seconds) ||
	    (fraction.bytes != NULL &&
	     !parse_fraction(fraction.bytes, fraction.size, &fraction_us)))
		return text_refuse(text, field, PARC_ERR_INVALID, err,
				   "%s is \"%s\", expected seconds from 0 to %lld, at most six "
				   "decimals, or nothing",
				   label, text_quote(field.bytes, field.size).text,
				   (long long)SECONDS_MAX);
	*time_us = seconds * SECOND_US + fraction_us;
	return 0;
}

/* Days from 1970-01-01 to a day of the Gregorian calendar; years are counted from March, so that
 * the leap day is the last. */
static int64_t count_days(int64_t year, int64_t month, int64_t day)
{
	int64_t years = month <= 2 ? year - 1 : year;
	int64_t months = month <= 2 ? month + 9 : month - 3;
	int64_t days = years * 365 + years / 4 - years / 100 + years / 400;

	return days + (153 * months + 2) / 5 + day - 1 - 719468;
}

/* Is there such a day? The first of the month after shows how long the month is. */
static bool is_day(int64_t year, int64_t month, int64_t day)
{
	int64_t first, next;

	if (year < 1970 || year > 2999 || month < 1 || month > 12 || day < 1)
		return false;
	first = count_days(year, month, 1);
	next = month == 12 ? count_days(year + 1, 1, 1) : count_days(year, month + 1, 1);
	return day <= next - first;
}

static bool parse_date(struct text_field field, int64_t *time_us)
{
	static const char form[] = "0000-00-00 00:00:00";
	static const int starts[] = {0, 5, 8, 11, 14, 17}, sizes[] = {4, 2, 2, 2, 2, 2};
	int64_t parts[6];

	if (field.size != sizeof(form) - 1)
		return false;
	for (size_t i = 0; i < sizeof(form) - 1; i++) {
		if (form[i] != '0' && field.bytes[i] != form[i] &&
		    (i != 10 || field.bytes[i] != 'T'))
			return false;
	}
	for (int i = 0; i < 6; i++) {
		if (!parse_digits(field.bytes + starts[i], (size_t)sizes[i], 9999, &parts[i]))
			return false;
	}
	if (!is_day(parts[0], parts[1], parts[2]) || parts[3] > 23 || parts[4] > 59 ||
	    parts[5] > 60)
		return false;
	*time_us = (count_days(parts[0], parts[1], parts[2]) * 86400 + parts[3] * 3600 +
		    parts[4] * 60 + parts[5]) *
		   SECOND_US;
	return true;
}

int text_read_date(const struct text *text, struct text_field field, const char *label,
		   int64_t *time_us, struct parc_err *err)
{
	if (!parse_date(field, time_us))
		return text_refuse(text, field, PARC_ERR_INVALID, err,
				   "%s is \"%s\", expected a time as 2026-01-31T23:59:59", label,
				   text_quote(field.bytes, field.size).text);
	return 0;
}

static bool is_name_byte(char byte)
{
	return (byte >= 'a' && byte <= 'z') || (byte >= 'A' && byte <= 'Z') ||
	       (byte >= '0' && byte <= '9') || byte == '-' || byte == '_' || byte == '.' ||
	       byte == '+';
}

bool text_is_name(const char *bytes, size_t size, size_t size_max)
{
	if (size == 0 || size > size_max)
		return false;
	for (size_t i = 0; i < size; i++) {
		if (!is_name_byte(bytes[i]))
			return false;
	}
	return true;
}

int text_read_name(const struct text *text, struct text_field field, const char *label, char *name,
		   size_t size, struct parc_err *err)
{
	if (!text_is_name(field.bytes, field.size, size - 1))
		return text_refuse(text, field, PARC_ERR_INVALID, err,
				   "%s is \"%s\", expected a name of 1 to %zu letters, digits or "
				   "any of -_.+",
				   label, text_quote(field.bytes, field.size).text, size - 1);
	memcpy(name, field.bytes, field.size);
	name[field.size] = '\0';
	return 0;
}
