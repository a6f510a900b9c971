/* SPDX-License-Identifier: Apache-2.0
 *
 * A screen as lines of text, each with a style, so that it can be drawn by curses or just printed.
 * Text of others goes through frame_cell, which counts columns and shows what could move the
 * cursor as '?'.
 */
#ifndef CLI_FRAME_H
#define CLI_FRAME_H

#include <stddef.h>

#define FRAME_LINES_MAX	  1100
#define FRAME_COLUMNS_MAX 250
#define FRAME_BYTES	  (4 * FRAME_COLUMNS_MAX + 1)

enum frame_style { FRAME_PLAIN, FRAME_TITLE, FRAME_HEAD, FRAME_GOOD, FRAME_WAIT, FRAME_BAD };

struct frame_line {
	char text[FRAME_BYTES];
	size_t used;
	int columns; /* that it has so far */
	enum frame_style style;
};

struct frame {
	struct frame_line lines[FRAME_LINES_MAX];
	int count;
};

/* Another line, empty; when there is no more room the last one again. */
struct frame_line *frame_add(struct frame *frame, enum frame_style style);

/* Our own text, at the end of the line. */
void frame_text(struct frame_line *line, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

/* Text of others, cut off or filled up to `width` columns and a space. */
void frame_cell(struct frame_line *line, const char *text, int width);

/* A bar of `cells` columns, so many thousandths of it full. */
void frame_bar(struct frame_line *line, long long milli, int cells);

#endif
