/* SPDX-License-Identifier: Apache-2.0
 *
 * The ledger as people read it: the steps from capacity down to work, each with its words and what
 * would give its hours back.
 */
#ifndef SIM_WATERFALL_H
#define SIM_WATERFALL_H

#include <jansson.h>

#include "parc/core.h"

struct waterfall_row {
	const char *label;
	int32_t depth;	     /* 0: a part of the capacity, 1: a part of the row above it */
	int32_t first, last; /* categories of the ledger that it sums up */
	const char *advice;  /* what would give these hours back; "": nothing would */
};

extern const struct waterfall_row waterfall_rows[];
extern const int32_t waterfall_count;

__int128 waterfall_sum(const struct waterfall_row *row, const __int128 ledger[PARC_LEDGER_COUNT]);

#define WATERFALL_DIGITS 41 /* bytes for a decimal number of 128 bits and its end */

/* The number in decimal into `text`, which it returns. */
const char *waterfall_decimal(__int128 number, char text[WATERFALL_DIGITS]);

/* Nested by the names of the categories, each a decimal string of thousandth-device-microseconds.
 * The caller's reference. */
json_t *waterfall_json(const __int128 ledger[PARC_LEDGER_COUNT]);

#endif
