/* SPDX-License-Identifier: Apache-2.0
 *
 * Fuzzer of a job's file: any bytes are refused with a sentence, or are an object whose fields are
 * checked as any other's; each place that a refusal names is looked for. Bytes that begin with a
 * brace are read as JSON, too.
 */
#include <stdint.h>
#include <string.h>

#include "base/assert.h"
#include "daemon/job_file.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);

static void file_try(const char *name, const uint8_t *bytes, size_t size)
{
	struct spec_chips chips = {
		.names = {"A100", "910B"}, .runtimes = {"cuda", "cann"}, .count = 2, .present = 3};
	struct spec_fault fault = {0};
	struct parc_err err = {0};
	struct job_file file;
	struct spec spec;
	int code = job_file_read_bytes(&file, name, (const char *)bytes, size, &err);

	ASSERT(code == 0 || (err.code == code && strstr(err.text, name) != NULL));
	if (code == 0 && spec_read(&spec, file.object, &chips, &fault) != 0) {
		ASSERT(fault.err.code == PARC_ERR_INVALID && fault.err.text[0] != '\0');
		ASSERT(job_file_locate(&file, fault.place, &fault.err) == PARC_ERR_INVALID);
		ASSERT(strncmp(fault.err.text, name, strlen(name)) == 0);
	}
	job_file_deinit(&file);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
	file_try("job.yaml", bytes, size);
	if (size > 0 && bytes[0] == '{')
		file_try("job.json", bytes, size);
	return 0;
}
