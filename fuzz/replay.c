/* SPDX-License-Identifier: Apache-2.0
 *
 * Runs a fuzzer's function once on each file that it is given, without libFuzzer: `make check`
 * links every fuzzer with this in the asan build, so that the corpora are run without a build of
 * all sources for libFuzzer alone.
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

/* No input of a corpus is larger. */
#define SIZE_MAX_BYTES (1 << 20)

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);

/* The input is copied into a block of just its size, so that a read past its end is seen. */
static int run_file(const char *path)
{
	static uint8_t buffer[SIZE_MAX_BYTES + 1];
	FILE *file = fopen(path, "rb");
	size_t size;
	uint8_t *bytes;

	if (file == NULL) {
		perror(path);
		return 1;
	}
	size = fread(buffer, 1, sizeof(buffer), file);
	fclose(file);
	if (size > SIZE_MAX_BYTES) {
		fprintf(stderr, "%s: larger than %d bytes\n", path, SIZE_MAX_BYTES);
		return 1;
	}
	bytes = malloc(size > 0 ? size : 1);
	if (bytes == NULL) {
		perror("malloc");
		return 1;
	}
	for (size_t i = 0; i < size; i++)
		bytes[i] = buffer[i];
	LLVMFuzzerTestOneInput(bytes, size);
	free(bytes);
	return 0;
}

int main(int count, char **words)
{
	for (int i = 1; i < count; i++) {
		printf("# %s\n", words[i]);
		fflush(stdout);
		if (run_file(words[i]) != 0)
			return 1;
	}
	return 0;
}
