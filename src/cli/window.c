/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/window.h"

#include <string.h>
#include <time.h>

#include "text/span.h"

int64_t window_time(const char *text)
{
	static const char *const forms[] = {"%Y-%m-%dT%H:%M", "%Y-%m-%d %H:%M",
					    "%Y-%m-%dT%H:%M:%S"};
	int64_t span_us;

	if (strcmp(text, "now") == 0)
		return live_now_us();
	if (span_parse(text, strlen(text), &span_us))
		return live_now_us() + span_us;
	for (size_t i = 0; i < sizeof(forms) / sizeof(forms[0]); i++) {
		struct tm when = {.tm_isdst = -1};
		const char *end = strptime(text, forms[i], &when);

		if (end != NULL && *end == '\0')
			return (int64_t)mktime(&when) * 1000000;
	}
	return -1;
}

static void time_print(int64_t us)
{
	time_t seconds = (time_t)(us / 1000000);
	struct tm when;
	char text[32] = "?";

	if (localtime_r(&seconds, &when) != NULL)
		strftime(text, sizeof(text), "%Y-%m-%d %H:%M", &when);
	fputs(text, stdout);
}

void window_print(const json_t *windows)
{
	for (size_t i = 0; i < json_array_size(windows); i++) {
		const json_t *it = json_array_get(windows, i);
		const json_t *nodes = json_object_get(it, "nodes");

		printf("window %lld  ", (long long)live_integer(it, "window"));
		time_print(live_integer(it, "start_us"));
		printf(" to ");
		time_print(live_integer(it, "end_us"));
		printf("  %s  ", live_string(it, "phase"));
		if (json_is_true(json_object_get(it, "maintenance"))) {
			printf("maintenance");
		} else {
			printf("for ");
			live_print_text(live_string(it, "tenant"), 0);
			printf("%s", live_string(it, "user")[0] == '\0' ? "" : " user ");
			live_print_text(live_string(it, "user"), 0);
		}
		printf(" of ");
		for (size_t n = 0; n < json_array_size(nodes); n++) {
			printf("%s", n == 0 ? "" : ", ");
			live_print_text(json_string_value(json_array_get(nodes, n)), 0);
		}
		if (nodes == NULL)
			printf("%lld %s", (long long)live_integer(it, "devices"),
			       live_string(it, "chip"));
		if (live_string(it, "note")[0] != '\0') {
			printf(": ");
			live_print_text(live_string(it, "note"), 0);
		}
		printf("\n");
	}
}
