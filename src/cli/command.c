/* SPDX-License-Identifier: Apache-2.0
 *
 * What all commands share: finding a command in the table of main.c, naming the nearest one for a
 * misspelt name, the overview, and the three ways to end. Nothing here is kept between calls.
 */
#include "cli/command.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "text/glyph.h"

const struct command *command_find(const char *name)
{
	for (int i = 0; command_table[i] != NULL; i++) {
		if (strcmp(command_table[i]->name, name) == 0)
			return command_table[i];
	}
	return NULL;
}

static int min_of_three(int a, int b, int c)
{
	int min = a < b ? a : b;

	return min < c ? min : c;
}

/* Letters to insert, delete or replace to turn a into b: Wagner and Fischer, "The string-to-string
 * correction problem", JACM 1974, with one row kept. Both are at most COMMAND_NAME_MAX long. */
static int edit_distance(const char *a, const char *b)
{
	int row[COMMAND_NAME_MAX + 1];
	int a_length = (int)strlen(a), b_length = (int)strlen(b);

	for (int j = 0; j <= b_length; j++)
		row[j] = j;
	for (int i = 1; i <= a_length; i++) {
		int diagonal = row[0];

		row[0] = i;
		for (int j = 1; j <= b_length; j++) {
			int replaced = diagonal + (a[i - 1] != b[j - 1]);

			diagonal = row[j];
			row[j] = min_of_three(replaced, row[j] + 1, row[j - 1] + 1);
		}
	}
	return row[b_length];
}

const struct command *command_nearest(const char *name)
{
	const struct command *nearest = NULL;
	int nearest_distance = COMMAND_NAME_MAX + 1;
	int length = (int)strnlen(name, COMMAND_NAME_MAX + 1);

	if (length > COMMAND_NAME_MAX)
		return NULL;
	for (int i = 0; command_table[i] != NULL; i++) {
		int other = (int)strlen(command_table[i]->name);
		int distance = edit_distance(name, command_table[i]->name);
		int longer = length > other ? length : other;

		if (2 * distance <= longer && distance < nearest_distance) {
			nearest = command_table[i];
			nearest_distance = distance;
		}
	}
	return nearest;
}

void command_overview(FILE *out)
{
	fprintf(out, "Usage: parc COMMAND [OPTION]...\n\n"
		     "parc tells you where your accelerators' hours go, and gets them back.\n\n"
		     "Commands:\n");
	for (int i = 0; command_table[i] != NULL; i++)
		fprintf(out, "  %-10s %s\n", command_table[i]->name, command_table[i]->summary);
	fprintf(out, "\n'parc help COMMAND' shows the options of a command.\n"
		     "Exit codes: 0 done, 1 the operation failed, 2 the command line is wrong.\n");
}

int command_unknown(const char *name)
{
	const struct command *nearest = command_nearest(name);

	fprintf(stderr, "parc: there is no command '%.*s'", COMMAND_NAME_MAX, name);
	if (nearest != NULL)
		fprintf(stderr, "; the nearest is '%s'", nearest->name);
	fprintf(stderr, "; 'parc help' lists all commands\n");
	return COMMAND_USAGE;
}

int command_usage(const char *name, const char *format, ...)
{
	va_list args;

	fprintf(stderr, "parc %s: ", name);
	va_start(args, format);
	vfprintf(stderr, format, args);
	va_end(args);
	fprintf(stderr, "\n");
	return command_usage_hint(name);
}

int command_usage_hint(const char *name)
{
	fprintf(stderr, "'parc help %s' shows its options.\n", name);
	return COMMAND_USAGE;
}

void command_say(const char *text)
{
	char glyph[GLYPH_BYTES];

	while (*text != '\0') {
		glyph_take(&text, glyph);
		fputs(glyph, stderr);
	}
}

int command_fail(const struct parc_err *err)
{
	fprintf(stderr, "parc: ");
	command_say(err->text);
	fprintf(stderr, "\n");
	return err->code == PARC_ERR_USAGE ? COMMAND_USAGE : COMMAND_FAILED;
}

int64_t command_read_milli(const char *text, const char **end)
{
	int64_t value = 0, scale = 1000;
	const char *at = text;
	for (; *at >= '0' && *at <= '9' && value < INT32_MAX; at++)
		value = value * 10 + (*at - '0');
	if (at == text)
		return -1;
	value *= 1000;
	if (*at == '.')
		for (at++; *at >= '0' && *at <= '9' && scale > 1; at++) {
			scale /= 10;
			value += (*at - '0') * scale;
		}
	if (end)
		*end = at;
	else if (*at != '\0')
		return -1;
	return value;
}
