/* SPDX-License-Identifier: Apache-2.0
 *
 * The list of adapters.
 */
#include "chip/adapter.h"

#include <stdarg.h>
#include <stdio.h>

#include "base/assert.h"

const struct adapter *adapter_get(int number)
{
	static const struct adapter *const list[] = {
#define X(name) &adapter_##name,
		ADAPTER_MAP(X)
#undef X
	};

	ASSERT(number >= 0 && number < ADAPTER_COUNT);
	return list[number];
}

void adapter_add_line(struct adapter_lines *lines, const char *format, ...)
{
	va_list args;
	int size;

	if (lines->count == ADAPTER_LINES_MAX)
		return;
	va_start(args, format);
	size = vsnprintf(lines->lines[lines->count], ADAPTER_LINE_SIZE, format, args);
	va_end(args);
	if (size > 0 && size < ADAPTER_LINE_SIZE)
		lines->count++;
}
