/* SPDX-License-Identifier: Apache-2.0 */
#include "inputs.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>

#define ACTIONS_BYTES_MAX (1 << 14) /* a corpus is better with small inputs */

/* A file that is there already stays as it is. */
static int input_write(const char *directory, const char *fuzzer, const char *name,
		       const uint8_t *bytes, int64_t size)
{
	char path[PATH_MAX];
	FILE *out;
	int failed;

	if (size <= 0) /* too large */
		return 0;
	snprintf(path, sizeof(path), "%s/%s/%s", directory, fuzzer, name);
	out = fopen(path, "wbx");
	if (out == NULL)
		return errno == EEXIST ? 0 : -1;
	failed = fwrite(bytes, 1, (size_t)size, out) != (size_t)size;
	return fclose(out) != 0 || failed ? -1 : 0;
}

int inputs_write(const char *directory, const struct parc_event *event,
		 const struct parc_actions *actions)
{
	static uint8_t bytes[PARC_EVENT_BYTES_MAX];
	int64_t size = parc_event_encode(event, bytes, sizeof(bytes));
	int code = input_write(directory, "fuzz_event", parc_event_name(event->kind), bytes, size);

	size = parc_actions_encode(actions, bytes, ACTIONS_BYTES_MAX);
	for (int32_t i = 0; code == 0 && i < actions->count; i++)
		code = input_write(directory, "fuzz_actions",
				   parc_action_name(actions->list[i].kind), bytes, size);
	return code;
}
