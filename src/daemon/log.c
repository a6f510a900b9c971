/* SPDX-License-Identifier: Apache-2.0 */
#include "daemon/log.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

static const char *const level_names[] = {"error", "warning", "info"};

/* Copy with what is no printable byte escaped: \xNN, in JSON \u00NN. */
static size_t text_escape(char *out, size_t room, const char *text, int as_json)
{
	size_t used = 0;

	for (; *text != '\0' && used + 7 < room; text++) {
		unsigned char byte = (unsigned char)*text;

		if (byte < 0x20 || byte == 0x7f || byte >= 0x80)
			used += (size_t)snprintf(out + used, room - used,
						 as_json ? "\\u%04x" : "\\x%02x", byte);
		else if (as_json && (byte == '"' || byte == '\\'))
			used += (size_t)snprintf(out + used, room - used, "\\%c", byte);
		else
			out[used++] = (char)byte;
	}
	out[used] = '\0';
	return used;
}

void log_write(const struct log *log, int level, const char *format, ...)
{
	char message[LOG_LINE_MAX], escaped[6 * LOG_LINE_MAX], line[7 * LOG_LINE_MAX], stamp[40];
	time_t now = time(NULL);
	struct tm parts;
	va_list args;
	int size;

	if (level > log->level || log->file < 0)
		return;
	va_start(args, format);
	vsnprintf(message, sizeof(message), format, args);
	va_end(args);
	text_escape(escaped, sizeof(escaped), message, log->as_json);
	gmtime_r(&now, &parts);
	strftime(stamp, sizeof(stamp), "%Y-%m-%dT%H:%M:%SZ", &parts);
	size = snprintf(line, sizeof(line),
			log->as_json
				? "{\"time\": \"%s\", \"level\": \"%s\", \"message\": \"%s\"}\n"
				: "%s %s: %s\n",
			stamp, level_names[level], escaped);
	/* A log that cannot be written is no reason to stop scheduling. */
	if (size > 0 && write(log->file, line, (size_t)size) < 0)
		return;
}
