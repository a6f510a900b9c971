/* SPDX-License-Identifier: Apache-2.0
 *
 * A table of text: one row a measure, one column a policy, at most 80 columns wide. A row is a
 * label, one cell for each policy, and columns_end.
 */
#ifndef SIM_COLUMNS_H
#define SIM_COLUMNS_H

#include <stdint.h>
#include <stdio.h>

#define COLUMNS_LABEL_WIDTH 34

struct columns {
	FILE *out;
	int32_t count;
	int width; /* of a column */
};

struct columns columns_of(FILE *out, int32_t count);
void columns_label(const struct columns *table, const char *label);
void columns_cell(const struct columns *table, double value, int decimals);
void columns_name(const struct columns *table, const char *name); /* cut to the width */
void columns_end(const struct columns *table);

#endif
