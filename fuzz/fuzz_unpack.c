/* SPDX-License-Identifier: Apache-2.0
 *
 * Fuzzer of unpacking: whatever the bytes are, the result is bounded or there is a sentence.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/assert.h"
#include "text/unpack.h"

#define UNPACKED_MAX 1000000

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
	struct parc_err err = {0};
	char *copy = malloc(size + 1);
	size_t copy_size = size;

	ASSERT(copy != NULL);
	memcpy(copy, bytes, size);
	if (unpack("fuzz", UNPACKED_MAX, &copy, &copy_size, &err) == 0)
		ASSERT(copy != NULL && (copy_size == size || copy_size < UNPACKED_MAX));
	else
		ASSERT(err.code < 0 && err.text[0] != '\0');
	free(copy);
	return 0;
}
