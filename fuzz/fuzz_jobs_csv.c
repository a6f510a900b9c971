/* SPDX-License-Identifier: Apache-2.0
 *
 * Fuzzer of the reader of job logs in the format csv (support/jobs_fuzz.h says what must hold).
 */
#include "support/jobs_fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
	jobs_fuzz("csv", bytes, size);
	return 0;
}
