/* SPDX-License-Identifier: Apache-2.0
 *
 * Fuzzer of the decoder of states. The input is a list of changes to the bytes of a good state,
 * each a place (3 bytes), a way and a value; its checksum is put right again, since it guards
 * against accidents only. What is decoded must keep all invariants, also when it is stepped.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/assert.h"
#include "core/codec.h"
#include "support/hostile.h"

#define CHANGE_BYTES 5

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);

static void change(uint8_t *state, size_t state_size, const uint8_t *bytes)
{
	static const uint64_t words[] = {0, 1, UINT64_MAX, INT32_MAX, INT64_MAX, 1000, 1001, 64};
	size_t at = ((size_t)bytes[0] << 16 | (size_t)bytes[1] << 8 | bytes[2]) % state_size;
	size_t width = (size_t)1 << (bytes[3] >> 4) % 4;

	if (at + width > state_size)
		return;
	if (bytes[3] % 4 == 0)
		state[at] = bytes[4];
	else if (bytes[3] % 4 == 1)
		state[at] = (uint8_t)(state[at] + bytes[4]);
	else
		memcpy(state + at, &words[bytes[4] % 8], width);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
	size_t state_size;
	const uint8_t *good = hostile_state(&state_size);
	uint8_t *state = malloc(state_size);
	struct parc_err err = {0};
	struct parc_core *core;

	ASSERT(state != NULL);
	memcpy(state, good, state_size);
	for (size_t i = 0; i + CHANGE_BYTES <= size && i < 16 * CHANGE_BYTES; i += CHANGE_BYTES)
		change(state + STATE_HEADER_BYTES, state_size - STATE_HEADER_BYTES, bytes + i);
	state_seal(state, state_size);
	core = parc_state_decode(state, state_size, &err);
	if (core == NULL) {
		ASSERT(err.code < 0 && err.text[0] != '\0');
	} else {
		hostile_check(core);
		hostile_step(core, 30);
		parc_core_destroy(core);
	}
	free(state);
	return 0;
}
