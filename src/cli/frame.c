/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/frame.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <wchar.h>

struct frame_line *frame_add(struct frame *frame, enum frame_style style)
{
	struct frame_line *line =
		&frame->lines[frame->count < FRAME_LINES_MAX ? frame->count++ : frame->count - 1];

	line->text[0] = '\0';
	line->used = 0;
	line->columns = 0;
	line->style = style;
	return line;
}

static void bytes_add(struct frame_line *line, const char *bytes, size_t size, int columns)
{
	if (line->used + size >= sizeof(line->text) || line->columns + columns > FRAME_COLUMNS_MAX)
		return;
	memcpy(line->text + line->used, bytes, size);
	line->used += size;
	line->text[line->used] = '\0';
	line->columns += columns;
}

void frame_text(struct frame_line *line, const char *format, ...)
{
	char text[FRAME_BYTES];
	va_list args;

	va_start(args, format);
	vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	for (const char *at = text; *at != '\0'; at++)
		bytes_add(line, at, 1, 1);
}

/* How long the next character is, and how many columns it takes; what is none is one byte, which
 * is not shown (0 columns). */
static size_t character_read(const char *text, int *columns)
{
	mbstate_t state = {0};
	wchar_t wide;
	size_t size = mbrtowc(&wide, text, strlen(text), &state);

	*columns = 0;
	if (size == 0 || size > 8)
		return 1;
	*columns = wcwidth(wide) > 0 ? wcwidth(wide) : 0;
	return size;
}

void frame_cell(struct frame_line *line, const char *text, int width)
{
	int shown = 0, columns;

	while (*text != '\0' && shown < width) {
		size_t size = character_read(text, &columns);

		if (columns > 0 && shown + columns > width)
			break;
		if (columns > 0)
			bytes_add(line, text, size, columns);
		else
			bytes_add(line, "?", 1, 1);
		shown += columns > 0 ? columns : 1;
		text += size;
	}
	for (; shown <= width; shown++)
		bytes_add(line, " ", 1, 1);
}

void frame_bar(struct frame_line *line, long long milli, int cells)
{
	long long full = (milli * cells + 999) / 1000;

	bytes_add(line, "[", 1, 1);
	for (int i = 0; i < cells; i++)
		bytes_add(line, i < full ? "#" : ".", 1, 1);
	bytes_add(line, "]", 1, 1);
}
