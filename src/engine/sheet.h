/* SPDX-License-Identifier: Apache-2.0
 *
 * A sheet is a small text file that is written whole: a line with its kind and version, lines
 * "key value" in any order, and a last line with a sum over all before it. What the engine must
 * find again after a crash is on sheets: claims, starts, requests to stop, ends.
 *
 *   write   sheet_begin, sheet_put..., then one of sheet_replace, sheet_create; sheet_free
 *   read    sheet_read, sheet_next until it returns 0; sheet_free
 *
 * A key may stand more than once. In values "%", bytes below 32 and 127 are written as %XX, so a
 * value may be any text. A sheet that was cut off or changed is refused as corrupt.
 */
#ifndef ENGINE_SHEET_H
#define ENGINE_SHEET_H

#include <stddef.h>
#include <stdint.h>

#include "parc/error.h"

#define SHEET_BYTES_MAX (8 << 20) /* a claim with the environment of a job, escaped */

struct sheet {
	char *bytes;
	size_t size, room;
	size_t at;  /* reading: the next line */
	int failed; /* writing: memory ran out, or it grew too large; said by the last call */
};

struct sheet_line {
	const char *key, *value; /* the sheet's, until sheet_free */
};

/* Begin a sheet of this kind ("parc-exit"). */
void sheet_begin(struct sheet *sheet, const char *kind, int version);
void sheet_put(struct sheet *sheet, const char *key, const char *value);
void sheet_put_number(struct sheet *sheet, const char *key, int64_t value);

/* Write it as `name` of the open directory, in place of what was there. It is on disk, under its
 * name, when this returns 0; before, a reader finds the old one or none. NAME.new is used on the
 * way; if it exists its space is used again, so a sheet for which sheet_reserve made room can be
 * written when the disk is full. */
int sheet_replace(struct sheet *sheet, int directory, const char *name, struct parc_err *err);

/* The same, but only if there is no such file: else PARC_ERR_EXISTS. Of two that try, at whatever
 * moment, one succeeds. */
int sheet_create(struct sheet *sheet, int directory, const char *name, struct parc_err *err);

/* As sheet_replace, without waiting for the disk: for what may be lost in a crash of the machine.
 */
int sheet_replace_quickly(struct sheet *sheet, int directory, const char *name,
			  struct parc_err *err);

/* Keep room for a sheet of up to `size` bytes that sheet_replace will write as `name`. */
int sheet_reserve(int directory, const char *name, size_t size, struct parc_err *err);

/* Read a whole sheet of this kind. PARC_ERR_UNKNOWN: no such file; PARC_ERR_VERSION: a newer
 * version than `version`; PARC_ERR_CORRUPT. On an error the sheet is empty and needs no free. */
int sheet_read(struct sheet *sheet, int directory, const char *name, const char *kind, int version,
	       struct parc_err *err);

/* The next line: 1, or 0 at the end. */
int sheet_next(struct sheet *sheet, struct sheet_line *line);

/* The value as a number: 0, or PARC_ERR_CORRUPT and `number` is untouched. */
int sheet_number(const struct sheet_line *line, int64_t min, int64_t max, int64_t *number);

void sheet_free(struct sheet *sheet);

#endif
