/* SPDX-License-Identifier: Apache-2.0
 *
 * Bytes that a job wrote, for a terminal: nothing in them moves the cursor, sets the terminal or
 * answers for its user. Control characters are shown as ^X, other bytes that are not to be printed
 * as \xNN; a carriage return begins a new line, so that no text is written over.
 */
#ifndef CLI_PLAIN_H
#define CLI_PLAIN_H

#include <stdio.h>

/* Print bytes. Returns how many: a character at the end that is not whole stays back, unless it
 * `is_last`. */
size_t plain_print(FILE *out, const char *bytes, size_t size, int is_last);

#endif
