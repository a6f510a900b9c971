/* SPDX-License-Identifier: Apache-2.0
 *
 * Ranges are those of Unicode 15: categories Cc, Zl, Zp and the signs of direction; widths by East
 * Asian Width W and F, in the blocks that are in use. Ambiguous ones count as one column.
 */
#include "text/glyph.h"

#include <stddef.h>
#include <stdint.h>
#include <string.h>

#define LENGTH(ranges) ((int)(sizeof(ranges) / sizeof((ranges)[0])))

struct range {
	uint32_t first, last;
};

static const struct range barred[] = {
	{0x0000, 0x001f}, {0x007f, 0x009f}, {0x061c, 0x061c}, {0x200e, 0x200f},
	{0x2028, 0x202e}, {0x2066, 0x2069}, {0xd800, 0xdfff}, {0xfeff, 0xfeff},
};

static const struct range joined[] = {
	{0x0300, 0x036f}, {0x200b, 0x200d}, {0x20d0, 0x20ff}, {0xfe00, 0xfe0f}, {0xfe20, 0xfe2f},
};

static const struct range wide[] = {
	{0x1100, 0x115f},   {0x2e80, 0x303e},	{0x3041, 0xa4cf},   {0xac00, 0xd7a3},
	{0xf900, 0xfaff},   {0xfe30, 0xfe4f},	{0xff00, 0xff60},   {0xffe0, 0xffe6},
	{0x1f300, 0x1f64f}, {0x1f680, 0x1f6ff}, {0x1f900, 0x1faff}, {0x20000, 0x3fffd},
};

static int is_in(uint32_t point, const struct range *ranges, int count)
{
	for (int i = 0; i < count; i++)
		if (point >= ranges[i].first && point <= ranges[i].last)
			return 1;
	return 0;
}

/* Bytes of the character that begins here, 0: it is none. */
static size_t decode(const unsigned char *bytes, uint32_t *point)
{
	static const uint32_t least[] = {0, 0, 0x80, 0x800, 0x10000};
	size_t size = bytes[0] < 0x80	 ? 1
		      : bytes[0] < 0xc2	 ? 0
		      : bytes[0] < 0xe0	 ? 2
		      : bytes[0] < 0xf0	 ? 3
		      : bytes[0] <= 0xf4 ? 4
					 : 0;

	*point = size <= 1 ? bytes[0] : bytes[0] & (0xffU >> (size + 1));
	for (size_t i = 1; i < size; i++) {
		if ((bytes[i] & 0xc0) != 0x80) /* also the end of the text */
			return 0;
		*point = *point << 6 | (bytes[i] & 0x3fU);
	}
	return size > 0 && *point >= least[size] && *point <= 0x10ffff ? size : 0;
}

int glyph_take(const char **text, char glyph[GLYPH_BYTES])
{
	uint32_t point;
	size_t size = decode((const unsigned char *)*text, &point);

	if (size == 0 || is_in(point, barred, LENGTH(barred))) {
		*text += size == 0 ? 1 : size;
		memcpy(glyph, "?", 2);
		return 1;
	}
	memcpy(glyph, *text, size);
	glyph[size] = '\0';
	*text += size;
	if (is_in(point, joined, LENGTH(joined)))
		return 0;
	return is_in(point, wide, LENGTH(wide)) ? 2 : 1;
}
