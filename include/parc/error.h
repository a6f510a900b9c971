/* SPDX-License-Identifier: Apache-2.0
 *
 * Errors: one table of codes, and one sentence for the person who reads it.
 *
 * A function that can fail returns 0 or one of the negative codes below and leaves its
 * outputs and the state untouched. The optional last argument `struct parc_err *` receives a
 * sentence that says what was wrong and what would be right. "Not now" is not an error: it is
 * a reason that the job carries (types.h).
 */
#ifndef PARC_ERROR_H
#define PARC_ERROR_H

#include "parc/language.h"

PARC_C_BEGIN

/* code, number, what it means to the caller. The numbers are stable: they are stored. */
/* clang-format off */
#define PARC_ERR_MAP(X) \
	X(INVALID, -1, "a field has a value outside its range") \
	X(UNKNOWN, -2, "it names something that does not exist") \
	X(EXISTS, -3, "the id was used before; ids are never reused") \
	X(STATE, -4, "not possible in the present state") \
	X(FULL, -5, "a table is full; raise the limit it names") \
	X(TIME, -6, "time would run backwards") \
	X(VERSION, -7, "written by a version that this one cannot read") \
	X(CORRUPT, -8, "the bytes are not what parc wrote") \
	X(MEMORY, -9, "out of memory") \
	X(IO, -10, "reading or writing failed") \
	X(SYNTAX, -11, "the text is malformed") \
	X(MISMATCH, -12, "deciding again gave another result") \
	X(USAGE, -13, "the command line is wrong")
/* clang-format on */

enum parc_err_code {
#define X(name, number, text) PARC_ERR_##name = number,
	PARC_ERR_MAP(X)
#undef X
};

#define PARC_ERR_TEXT_MAX 240 /* bytes; one sentence with a name and a place in it */

struct parc_err {
	int code;		      /* 0 or enum parc_err_code */
	char text[PARC_ERR_TEXT_MAX]; /* one sentence, no newline */
};

/* The stable name of a code ("INVALID"; "OK" for 0), never NULL. */
const char *parc_err_name(int code);

/* Fill `err` (which may be NULL) and return `code`, so that `return parc_err_set(...)` reads well.
 * Cold: what calls it is kept out of the way of what does not fail. */
int parc_err_set(struct parc_err *err, int code, const char *format, ...)
	__attribute__((format(printf, 3, 4), cold));

PARC_C_END

#endif
