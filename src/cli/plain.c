/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/plain.h"

#include "text/glyph.h"

/* Bytes that the character with this first byte has; 1 also for what begins none. */
static size_t length_of(unsigned char first)
{
	return first < 0xc2 || first > 0xf4 ? 1 : first < 0xe0 ? 2 : first < 0xf0 ? 3 : 4;
}

static void bytes_print(FILE *out, const char *bytes, size_t size)
{
	for (size_t i = 0; i < size; i++)
		fprintf(out, "\\x%02x", (unsigned char)bytes[i]);
}

/* One byte of ASCII; `next`: the one after it, 0 at the end. */
static void ascii_print(FILE *out, char byte, char next)
{
	if (byte == '\r' && next != '\n')
		fputc('\n', out);
	else if (byte == '\n' || byte == '\t' || (byte >= ' ' && byte < 0x7f))
		fputc(byte, out);
	else if (byte != '\r')
		fprintf(out, "^%c", byte ^ 0x40);
}

size_t plain_print(FILE *out, const char *bytes, size_t size, int is_last)
{
	const char *at = bytes, *end = bytes + size;
	char glyph[GLYPH_BYTES];

	while (at < end) {
		const char *begin = at;
		size_t left = (size_t)(end - at), length = length_of((unsigned char)*at);

		if (!is_last && (length > left || (*at == '\r' && left == 1)))
			break;
		if ((unsigned char)*at < 0x80) {
			ascii_print(out, *at, left > 1 ? at[1] : 0);
			at++;
		} else if (length > left) {
			bytes_print(out, at++, 1);
		} else {
			glyph_take(&at, glyph);
			if (glyph[0] == '?')
				bytes_print(out, begin, (size_t)(at - begin));
			else
				fputs(glyph, out);
		}
	}
	return (size_t)(at - bytes);
}
