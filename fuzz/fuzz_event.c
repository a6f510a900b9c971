/* SPDX-License-Identifier: Apache-2.0
 *
 * Fuzzer of the decoder of events. Bytes that are taken must come out the same when encoded, and
 * what they say must be refused by a core, or stepped with all invariants kept.
 */
#include <stdint.h>
#include <string.h>

#include "base/assert.h"
#include "support/hostile.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);

static void event_step(const struct parc_event *event)
{
	static struct parc_core *calm; /* is only asked, so it never changes */
	struct parc_core *core;

	if (calm == NULL)
		calm = hostile_core();
	if (parc_check(calm, event, NULL) != 0)
		return;
	core = hostile_core();
	ASSERT(parc_step(core, event, NULL, NULL) == 0);
	hostile_check(core);
	parc_core_destroy(core);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
	static uint64_t scratch[PARC_EVENT_SCRATCH / 8];
	static uint8_t again[PARC_EVENT_BYTES_MAX];
	struct parc_err err = {0};
	struct parc_event event;
	int64_t used = parc_event_decode(&event, scratch, sizeof(scratch), bytes, size, &err);

	if (used < 0) {
		ASSERT(err.code == used && err.text[0] != '\0');
		return 0;
	}
	ASSERT(used <= (int64_t)size);
	ASSERT(parc_event_encode(&event, again, sizeof(again)) == used);
	ASSERT(memcmp(bytes, again, (size_t)used) == 0);
	event_step(&event);
	return 0;
}
