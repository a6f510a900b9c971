/* SPDX-License-Identifier: Apache-2.0
 *
 * Text that others chose, for a terminal: character by character, in UTF-8, with the columns that
 * each takes. What could move the cursor, turn the direction of writing or is no UTF-8 becomes '?'.
 */
#ifndef TEXT_GLYPH_H
#define TEXT_GLYPH_H

#define GLYPH_BYTES 5 /* of one character and its end */

/* Take the next character of a text that is not at its end, and move on behind it: into `glyph`, or
 * "?". Returns its columns: 0 (it joins the one before), 1 or 2. */
int glyph_take(const char **text, char glyph[GLYPH_BYTES]);

#endif
