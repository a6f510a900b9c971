/* SPDX-License-Identifier: Apache-2.0
 *
 * Reading text that others wrote: lines, the fields of a line, numbers, each with the place it
 * stands at, so that every refusal says FILE:LINE:COLUMN, what is wrong and what would be right.
 *
 *   whole file   text_load
 *   lines        text_init, text_next_line
 *   tables       text_table_init, text_table_next
 *   fields       text_take, text_read_number, text_read_seconds, text_read_date, text_read_name,
 *                text_is
 *   refusals     text_refuse, text_locate
 *
 * Nothing is copied: fields point into the caller's bytes. Lines end with LF or CRLF; blank lines
 * are passed over, so is a byte order mark. A line with a NUL byte or one that is too long is
 * refused.
 */
#ifndef TEXT_TEXT_H
#define TEXT_TEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "parc/error.h"

#define TEXT_BYTES_MAX	(INT64_C(1) << 30) /* of a file: 10 million rows of a task list */
#define TEXT_LINE_MAX	16384		   /* of a line of a table, in bytes */
#define TEXT_FIELDS_MAX 256		   /* columns of a table; sacct has 120 */
#define TEXT_QUOTE_MAX	40		   /* bytes of a field that a message shows */

struct text {
	const char *name; /* of the file, for messages */
	const char *bytes;
	size_t size, at;
	int64_t line; /* of the last line returned, from 1 */
};

struct text_field {
	const char *bytes;
	size_t size;
	int64_t line, column; /* of its first byte, from 1 */
};

struct text_column {
	const char *name;
	bool is_required;
};

/* The columns that a table may have. */
struct text_columns {
	const struct text_column *list;
	int32_t count;	/* at most TEXT_FIELDS_MAX */
	bool is_closed; /* others are refused */
	char separator; /* of fields; 0: a comma */
};

/* A table whose first line names its columns, in any order. */
struct text_table {
	struct text *text;
	const struct text_columns *columns;
	int32_t width;			/* fields of every line */
	int32_t index[TEXT_FIELDS_MAX]; /* where each column stands, -1: nowhere */
};

/* Rows that a lenient reader passed over, and what was wrong with the first. */
struct text_skips {
	int64_t count;
	char first[PARC_ERR_TEXT_MAX];
};

/* A field's text, shortened and made printable, for messages. */
struct text_quote {
	char text[TEXT_QUOTE_MAX + 4];
};

/* Read a whole file into a block that the caller frees, also when it is empty. What begins as gzip
 * or xz does is unpacked (unpack.h); TEXT_BYTES_MAX holds for both sizes. */
int text_load(const char *path, char **bytes, size_t *size, struct parc_err *err);

/* Begin to read `bytes`; `name` (at least its end) is what messages call them. */
void text_init(struct text *text, const char *name, const char *bytes, size_t size);

/* The next line that is not blank: 1, 0 at the end, or a negative code. */
int text_next_line(struct text *text, struct text_field *line, size_t line_max,
		   struct parc_err *err);

/* Take the part before the next `separator` off `rest`; false when nothing is left. After the
 * last part rest->bytes is NULL, so an empty field counts and an empty line has one field. */
bool text_take(struct text_field *rest, char separator, struct text_field *part);

/* Read the line of column names. */
int text_table_init(struct text_table *table, struct text *text, const struct text_columns *columns,
		    struct parc_err *err);

/* The next row: fields[i] is the field of column i, empty for one that the table lacks. Returns 1,
 * 0 at the end, or a negative code. */
int text_table_next(struct text_table *table, struct text_field *fields, struct parc_err *err);

/* A whole number in min..max; `label` names the field in messages. `number` is untouched on an
 * error. */
int text_read_number(const struct text *text, struct text_field field, const char *label,
		     const int64_t range[2], int64_t *number, struct parc_err *err);

/* Seconds with up to six decimals, as microseconds; an empty field is `missing`. */
int text_read_seconds(const struct text *text, struct text_field field, const char *label,
		      int64_t missing, int64_t *time_us, struct parc_err *err);

/* "2017-10-09 07:01:55" or with a T between, as microseconds since 1970; years 1970 to 2999. The
 * time is read as it stands: without a time zone, and every day has 24 hours. */
int text_read_date(const struct text *text, struct text_field field, const char *label,
		   int64_t *time_us, struct parc_err *err);

/* Copy a name into `name` of `size` bytes: 1 to size-1 letters, digits and "-_.+". */
int text_read_name(const struct text *text, struct text_field field, const char *label, char *name,
		   size_t size, struct parc_err *err);

/* Is the field this word? Is this a well-formed name? */
bool text_is(struct text_field field, const char *word);
bool text_is_name(const char *bytes, size_t size, size_t size_max);

struct text_quote text_quote(const char *bytes, size_t size);

/* Add a name to a list for a message, "A, B", within its `size` bytes, at least 6. Of a list that
 * is full more is said by ", ..." at its end. */
void text_list_add(char *list, size_t size, const char *name);

/* Set "NAME:LINE:COLUMN: what was wrong" and return `code`. */
int text_refuse(const struct text *text, struct text_field field, int code, struct parc_err *err,
		const char *format, ...) __attribute__((format(printf, 5, 6)));

/* Put "NAME:LINE:COLUMN: " before a sentence that was set without it; returns its code. */
int text_locate(const char *name, int64_t line, int64_t column, int code, struct parc_err *err);

#endif
