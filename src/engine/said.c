/* SPDX-License-Identifier: Apache-2.0
 *
 * Reading the lines of a job. It costs one look at each byte.
 */
#include "engine/said.h"

#include <string.h>

#define DIGITS_MAX 9

void said_init(struct said *said)
{
	*said = (struct said){.sheet = {.running_us = -1, .progress_us = -1, .checkpoint_us = -1}};
}

/* Seconds with up to six decimals, as microseconds; -1 when it is not just that. */
static int64_t parse_seconds(const char *text, size_t size)
{
	int64_t number = 0, unit = 1000000;
	size_t at = 0, digits;

	for (; at < size && text[at] >= '0' && text[at] <= '9'; at++)
		number = at < DIGITS_MAX ? number * 10 + (text[at] - '0') : 0;
	digits = at;
	if (digits == 0 || digits > DIGITS_MAX)
		return -1;
	number *= 1000000;
	if (at < size && text[at] == '.') {
		for (at++; at < size && text[at] >= '0' && text[at] <= '9' && unit > 1; at++) {
			unit /= 10;
			number += (text[at] - '0') * unit;
		}
		if (text[at - 1] == '.')
			return -1;
	}
	return at == size ? number : -1;
}

/* What stands behind the word, NULL when the line does not begin with it. */
static const char *behind(const char *line, size_t size, const char *word, size_t *rest)
{
	size_t length = strlen(word);

	if (size < length || memcmp(line, word, length) != 0)
		return NULL;
	if (size > length && line[length] != ' ')
		return NULL;
	*rest = size > length ? size - length - 1 : 0;
	return line + size - *rest;
}

static int take_line(struct claim_said *sheet, const char *line, size_t size,
		     const struct said_now *now)
{
	const char *number;
	size_t rest;
	int64_t work_us;

	number = behind(line, size, "progress", &rest);
	if (number != NULL) {
		work_us = parse_seconds(number, rest);
		if (work_us < 0)
			return 0;
		sheet->progress_us = now->wall_us;
		sheet->progress_work_us = work_us;
		return 1;
	}
	number = behind(line, size, "checkpoint", &rest);
	if (number == NULL)
		return 0;
	work_us = rest == 0 ? now->work_us : parse_seconds(number, rest);
	if (work_us < 0)
		return 0;
	sheet->checkpoint_us = now->wall_us;
	sheet->checkpoint_work_us = work_us;
	return 1;
}

void said_take(struct said *said, const char *bytes, size_t size, const struct said_now *now)
{
	for (size_t i = 0; i < size; i++) {
		if (bytes[i] != '\n') {
			if (said->size < SAID_LINE_MAX)
				said->line[said->size++] = bytes[i];
			else
				said->is_long = 1;
			continue;
		}
		if (said->is_long || !take_line(&said->sheet, said->line, said->size, now))
			said->sheet.refused++;
		said->is_changed = 1;
		said->size = 0;
		said->is_long = 0;
	}
}
