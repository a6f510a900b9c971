/* SPDX-License-Identifier: Apache-2.0
 *
 * What the commands share that set and show windows.
 */
#ifndef CLI_WINDOW_H
#define CLI_WINDOW_H

#include "cli/live.h"

/* "now", a span from now ("2h", "1d12h"), or a local time "2026-12-01T22:00", in microseconds since
 * 1970; -1 when it is none of them. */
int64_t window_time(const char *text);

/* Print one line a window; nothing when there is none. */
void window_print(const json_t *windows);

#endif
