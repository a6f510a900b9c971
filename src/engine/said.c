/* SPDX-License-Identifier: Apache-2.0
 *
 * Reading the lines of a job. It costs one look at each byte.
 */
#include "engine/said.h"

#include <string.h>

#define DIGITS_MAX 9
#define UNIT	   INT64_C(1000000)

void said_init(struct said *said, struct engine_amount kept)
{
	*said = (struct said){.sheet = {.running_us = -1,
					.progress_us = -1,
					.checkpoint_us = -1,
					.progress_done = kept.done,
					.progress_total = kept.total}};
}

/* A number with up to six decimals, in millionths; -1 when it is not just that. */
static int64_t read_number(const char *text, size_t size)
{
	int64_t number = 0, unit = UNIT;
	size_t at = 0, digits;

	for (; at < size && text[at] >= '0' && text[at] <= '9'; at++)
		number = at < DIGITS_MAX ? number * 10 + (text[at] - '0') : 0;
	digits = at;
	if (digits == 0 || digits > DIGITS_MAX)
		return -1;
	number *= UNIT;
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

int said_read_amount(const char *text, size_t size, struct engine_amount *amount)
{
	const char *slash = memchr(text, '/', size);
	size_t first = slash == NULL ? size : (size_t)(slash - text);
	struct engine_amount it = {0};

	if (slash != NULL)
		it.total = read_number(slash + 1, size - first - 1);
	else if (size > 0 && text[size - 1] == '%')
		it.total = 100 * UNIT;
	if (slash == NULL && it.total > 0)
		first--;
	it.done = read_number(text, first);
	if (it.done < 0 || it.total < 0 || (slash != NULL && it.total == 0) ||
	    (it.total > 0 && it.done > it.total))
		return -1;
	*amount = it;
	return 0;
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

/* A checkpoint that does not say of what. */
static struct engine_amount amount_until_now(const struct claim_said *sheet,
					     const struct said_now *now)
{
	if (sheet->progress_us >= 0 || sheet->progress_total > 0)
		return (struct engine_amount){sheet->progress_done, sheet->progress_total};
	return (struct engine_amount){.done = now->work_us};
}

static int take_line(struct said *said, const struct said_now *now)
{
	struct claim_said *sheet = &said->sheet;
	struct engine_amount amount;
	const char *text;
	size_t rest;

	text = behind(said->line, said->size, "progress", &rest);
	if (text != NULL) {
		if (said_read_amount(text, rest, &amount) != 0)
			return 0;
		sheet->progress_us = now->boot_us;
		sheet->progress_done = amount.done;
		sheet->progress_total = amount.total;
		return 1;
	}
	text = behind(said->line, said->size, "checkpoint", &rest);
	if (text == NULL)
		return 0;
	if (rest == 0)
		amount = amount_until_now(sheet, now);
	else if (said_read_amount(text, rest, &amount) != 0)
		return 0;
	sheet->checkpoint_us = now->boot_us;
	sheet->checkpoint_done = amount.done;
	sheet->checkpoint_total = amount.total;
	said->is_urgent = 1;
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
		if (said->is_long || !take_line(said, now))
			said->sheet.refused++;
		said->is_changed = 1;
		said->size = 0;
		said->is_long = 0;
	}
}
