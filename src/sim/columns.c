/* SPDX-License-Identifier: Apache-2.0
 *
 * A table of text. What the label leaves of a line is divided among the columns.
 */
#include "sim/columns.h"

#define TABLE_WIDTH 79
#define CELL_MAX    12

struct columns columns_of(FILE *out, int32_t count)
{
	int width = (TABLE_WIDTH - COLUMNS_LABEL_WIDTH) / (count > 0 ? count : 1);
	return (struct columns){
		.out = out, .count = count, .width = width < CELL_MAX ? width : CELL_MAX};
}

void columns_label(const struct columns *table, const char *label)
{
	fprintf(table->out, "%-*.*s", COLUMNS_LABEL_WIDTH, COLUMNS_LABEL_WIDTH, label);
}

void columns_cell(const struct columns *table, double value, int decimals)
{
	fprintf(table->out, "%*.*f", table->width, decimals, value);
}

void columns_name(const struct columns *table, const char *name)
{
	fprintf(table->out, " %*.*s", table->width - 1, table->width - 1, name);
}

void columns_end(const struct columns *table)
{
	fputc('\n', table->out);
}
