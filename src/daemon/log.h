/* SPDX-License-Identifier: Apache-2.0
 *
 * The daemon's log: one line a message, as text or as a JSON object, to one open file. A line is
 * written whole with one call. Bytes that could move a terminal's cursor are written as \xNN in
 * text, and as JSON escapes them else.
 */
#ifndef DAEMON_LOG_H
#define DAEMON_LOG_H

#include <stdint.h>

enum log_level { LOG_ERROR_LEVEL, LOG_WARNING_LEVEL, LOG_INFO_LEVEL };

struct log {
	int file;
	int as_json;
	int level; /* messages above this are passed over */
};

#define LOG_LINE_MAX 1024 /* bytes of a message; the rest is cut */

void log_write(const struct log *log, int level, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

#endif
