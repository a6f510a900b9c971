/* SPDX-License-Identifier: Apache-2.0
 *
 * Fuzzer of the decoder of actions. Bytes that are taken must come out the same when encoded, and
 * what they say must be refused by recovery, or leave a core in which all invariants hold.
 */
#include <stdint.h>
#include <string.h>

#include "base/assert.h"
#include "support/hostile.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
	static uint64_t scratch[1 << 15];
	static uint8_t again[1 << 18];
	struct parc_event event = {.kind = PARC_EVENT_TIME, .time_us = INT64_C(1) << 40};
	struct parc_err err = {0};
	struct parc_actions actions;
	int64_t used = parc_actions_decode(&actions, scratch, sizeof(scratch), bytes, size, &err);
	struct parc_core *core;

	if (used < 0) {
		ASSERT(err.code == used && err.text[0] != '\0');
		return 0;
	}
	ASSERT(used <= (int64_t)size);
	ASSERT(parc_actions_encode(&actions, again, sizeof(again)) == used);
	ASSERT(memcmp(bytes, again, (size_t)used) == 0);
	core = hostile_core();
	if (parc_apply(core, &event, &actions, &err) == 0)
		hostile_check(core);
	else
		ASSERT(err.code < 0 && err.text[0] != '\0');
	parc_core_destroy(core);
	return 0;
}
