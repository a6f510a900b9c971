/* SPDX-License-Identifier: Apache-2.0
 *
 * Fuzzer of the task list reader. A list that is read must be the same after it was written and
 * read again.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/assert.h"
#include "trace/tasks.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);

static void check_written(const struct tasks *tasks, const struct fleet *fleet)
{
	struct tasks again;
	char *written = NULL;
	size_t size = 0;
	FILE *out = open_memstream(&written, &size);

	ASSERT(out != NULL && tasks_write_openb(tasks, fleet, out, NULL) == 0);
	fclose(out);
	ASSERT(tasks_read_openb_bytes(&again, fleet, "written", written, size, NULL) == 0);
	ASSERT(again.count == tasks->count);
	/* Lists of chips are written in the fleet's order: their text may differ. */
	for (int32_t i = 0; i < tasks->count; i++) {
		ASSERT((again.rows[i].spec > 0) == (tasks->rows[i].spec > 0));
		again.rows[i].spec = tasks->rows[i].spec;
	}
	ASSERT(memcmp(again.rows, tasks->rows, (size_t)tasks->count * sizeof(*tasks->rows)) == 0);
	tasks_deinit(&again);
	free(written);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
	static const char list[] = "sn,cpu_milli,memory_mib,gpu,model\na,1,2,2,T4\nb,1,2,1,P100\n";
	struct fleet fleet;
	struct tasks tasks;
	struct parc_err err = {0};

	ASSERT(fleet_read_bytes(&fleet, "fleet", list, sizeof(list) - 1, NULL) == 0);
	if (tasks_read_openb_bytes(&tasks, &fleet, "fuzz", (const char *)bytes, size, &err) == 0) {
		check_written(&tasks, &fleet);
		tasks_deinit(&tasks);
	} else {
		ASSERT(err.code < 0 && err.text[0] != '\0');
	}
	fleet_deinit(&fleet);
	return 0;
}
