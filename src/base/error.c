/* SPDX-License-Identifier: Apache-2.0
 *
 * Filling in errors. The table itself is in parc/error.h.
 */
#include "parc/error.h"

#include <stdarg.h>
#include <stdio.h>

#include "base/assert.h"

const char *parc_err_name(int code)
{
	switch (code) {
#define X(name, number, text) \
	case number:          \
		return #name;
		PARC_ERR_MAP(X)
#undef X
	}
	return code == 0 ? "OK" : "?";
}

int parc_err_set(struct parc_err *err, int code, const char *format, ...)
{
	va_list args;

	ASSERT(code < 0);
	if (err == NULL)
		return code;
	err->code = code;
	va_start(args, format);
	vsnprintf(err->text, sizeof(err->text), format, args);
	va_end(args);
	return code;
}
