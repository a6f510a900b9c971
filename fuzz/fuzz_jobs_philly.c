/* SPDX-License-Identifier: Apache-2.0
 *
 * Fuzzer of the reader of job logs in the format philly (support/jobs_fuzz.h says what must hold).
 */
#include "support/jobs_fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
	jobs_fuzz("philly", bytes, size);
	return 0;
}
