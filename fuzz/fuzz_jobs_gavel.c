/* SPDX-License-Identifier: Apache-2.0
 *
 * Fuzzer of the reader of Gavel's job lists and of their file of speeds (support/jobs_fuzz.h says
 * what must hold). The speeds are what stands before the first line "%%", the list what is behind.
 */
#include <stdint.h>
#include <string.h>

#include "base/assert.h"
#include "support/jobs_fuzz.h"
#include "support/memory_file.h"
#include "trace/gavel.h"

static const char border[] = "\n%%\n";

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
	const char *at = memmem(bytes, size, border, sizeof(border) - 1);
	size_t before = at != NULL ? (size_t)(at - (const char *)bytes) : 0;
	const char *list = at != NULL ? at + sizeof(border) - 1 : (const char *)bytes;
	struct jobs_options options = {.rate_milli = 4800};
	struct memory_file speeds;
	struct fleet fleet;
	struct text text;

	ASSERT(gavel_fleet(&fleet, NULL) == 0);
	memory_file_make(&speeds, -1, bytes, before);
	options.speeds = speeds.path;
	text_init(&text, "fuzz", list, size - (size_t)(list - (const char *)bytes));
	jobs_fuzz_read("gavel", &fleet, &text, &options);
	options.is_lenient = options.has_pairs = 1;
	jobs_fuzz_read("gavel", &fleet, &text, &options);
	options = (struct jobs_options){.static_max = 2, .speeds = speeds.path};
	jobs_fuzz_read("gavel", &fleet, &text, &options);
	memory_file_remove(&speeds);
	fleet_deinit(&fleet);
	return 0;
}
