/* SPDX-License-Identifier: Apache-2.0
 *
 * Text of others inside a page: see the header. One pass over the bytes, no memory.
 */
#include "sim/markup.h"

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#include "base/assert.h"

#define REPLACEMENT	 "\xEF\xBF\xBD" /* U+FFFD */
#define REPLACEMENT_SIZE 3

/* Length of the UTF-8 sequence at `at` and its code point; 0 when it is none (RFC 3629). */
static size_t decode(const unsigned char *at, uint32_t *code)
{
	static const uint32_t smallest[] = {0, 0, 0x80, 0x800, 0x10000};
	size_t size = at[0] < 0x80 ? 1 : at[0] < 0xC0 ? 0 : at[0] < 0xE0 ? 2 : at[0] < 0xF0 ? 3 : 4;
	if (size == 0 || at[0] >= 0xF8)
		return 0;
	*code = size == 1 ? at[0] : at[0] & (0x7Fu >> size);
	for (size_t i = 1; i < size; i++) {
		if ((at[i] & 0xC0) != 0x80) /* also the final zero */
			return 0;
		*code = *code << 6 | (at[i] & 0x3F);
	}
	if (*code < smallest[size] || *code > 0x10FFFF || (*code >= 0xD800 && *code <= 0xDFFF))
		return 0;
	return size;
}

/* Controls (C0, DEL, C1), separators of lines, marks and overrides of the direction, the byte
 * order mark and what is no character. */
static bool is_unwanted(uint32_t code)
{
	return code < 0x20 || (code >= 0x7F && code <= 0x9F) || code == 0x061C || code == 0x200E ||
	       code == 0x200F || (code >= 0x2028 && code <= 0x202E) ||
	       (code >= 0x2066 && code <= 0x2069) || code == 0xFEFF || (code & 0xFFFE) == 0xFFFE;
}

void markup_clean(char *to, size_t size, const char *from)
{
	const unsigned char *at = (const unsigned char *)(from ? from : "");
	size_t used = 0;
	ASSERT(size > REPLACEMENT_SIZE);
	while (*at) {
		uint32_t code = 0;
		size_t length = decode(at, &code);
		bool is_kept = length > 0 && !is_unwanted(code);
		const char *piece = is_kept ? (const char *)at : REPLACEMENT;
		size_t piece_size = is_kept ? length : REPLACEMENT_SIZE;
		if (used + piece_size >= size)
			break;
		memcpy(to + used, piece, piece_size);
		used += piece_size;
		at += length > 0 ? length : 1;
	}
	to[used] = '\0';
}

void markup_text(FILE *out, const char *text)
{
	char clean[MARKUP_TEXT_MAX];
	markup_clean(clean, sizeof(clean), text);
	for (const char *at = clean; *at; at++)
		switch (*at) {
		case '&':
			fputs("&amp;", out);
			break;
		case '<':
			fputs("&lt;", out);
			break;
		case '>':
			fputs("&gt;", out);
			break;
		case '"':
			fputs("&quot;", out);
			break;
		case '\'':
			fputs("&#39;", out);
			break;
		default:
			fputc(*at, out);
		}
}

json_t *markup_json(const char *text)
{
	char clean[MARKUP_TEXT_MAX];
	markup_clean(clean, sizeof(clean), text);
	return json_string(clean);
}

/* These three characters stand in strings only, where JSON allows the escape. */
static int write_escaped(const char *bytes, size_t size, void *arg)
{
	FILE *out = arg;
	for (size_t i = 0; i < size; i++)
		if (bytes[i] == '<' || bytes[i] == '>' || bytes[i] == '&')
			fprintf(out, "\\u%04x", (unsigned)bytes[i]);
		else
			fputc(bytes[i], out);
	return ferror(out) ? -1 : 0;
}

int markup_write_json(FILE *out, const json_t *root)
{
	return json_dump_callback(root, write_escaped, out, JSON_COMPACT | JSON_REAL_PRECISION(12));
}
