/* SPDX-License-Identifier: Apache-2.0
 *
 * Spans of time as people write them: "6m", "1h30m", "1.5d", "250ms"; a plain number is seconds.
 */
#ifndef TEXT_SPAN_H
#define TEXT_SPAN_H

#include "text/text.h"

#define SPAN_TEXT_MAX 32

struct span_text {
	char text[SPAN_TEXT_MAX];
};

/* Read a span of up to PARC_TIME_MAX microseconds: units w, d, h, m, s, ms and us, each part with
 * at most six decimals. False when it is none; *span_us is then untouched. */
bool span_parse(const char *bytes, size_t size, int64_t *span_us);

/* The shortest exact form in descending units: "1h30m", "0s". span_us >= 0. */
struct span_text span_text(int64_t span_us);

/* A field that is a span within `range`, in microseconds; `label` names it in messages. */
int text_read_span(const struct text *text, struct text_field field, const char *label,
		   const int64_t range[2], int64_t *span_us, struct parc_err *err);

#endif
