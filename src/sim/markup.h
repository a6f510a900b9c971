/* SPDX-License-Identifier: Apache-2.0
 *
 * Text of others inside a page: names come from traces, and no byte of them may become markup,
 * script or a change of the writing direction. Text is first cleaned (whole UTF-8, no control
 * characters), then written with the escapes of its place.
 */
#ifndef SIM_MARKUP_H
#define SIM_MARKUP_H

#include <jansson.h>
#include <stdio.h>

#define MARKUP_TEXT_MAX 1024 /* bytes of one cleaned text with its zero; what is longer is cut */

/* Copy as whole UTF-8: bytes that are none, control characters and those that turn the writing
 * direction become U+FFFD. NULL is taken as "". `size` is at least 4, and the text ends in 0. */
void markup_clean(char *to, size_t size, const char *from);

/* Write a cleaned copy for the inside of an element or a quoted attribute. */
void markup_text(FILE *out, const char *text);

/* A cleaned copy as JSON; NULL when out of memory. */
json_t *markup_json(const char *text);

/* Write JSON for the inside of a script element: <, > and & are written as \u escapes, so that
 * nothing in it can end the element. 0, or -1 when it could not be written. */
int markup_write_json(FILE *out, const json_t *root);

#endif
