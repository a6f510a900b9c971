/* SPDX-License-Identifier: Apache-2.0
 *
 * Fuzzer of the step. The bytes are the choices of a made-up world (tests/support/world.h): its
 * fleet, its users, its faults, and now and then what is impossible. Every event is stepped under
 * all checks of the rig.
 */
#include <stdint.h>
#include <stdio.h>

#include "base/assert.h"
#include "support/rig.h"
#include "support/world.h"

#define EVENTS_MAX 200

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
	static struct rig rig;
	struct parc_limits limits;
	struct world world;
	struct draw draw;

	if (rig.thorough == 0)
		rig_init(&rig);
	rig.thorough = 10;
	draw_bytes(&draw, bytes, size);
	world_init(&world, &draw, -1);
	world_limits(&world, &limits);
	rig_begin(&rig, &limits, 1);
	for (int32_t i = 0; i < EVENTS_MAX && draw_has_more(&draw); i++) {
		struct entry entry;

		world_next(&world, rig.main, &entry);
		if (rig_step(&rig, &entry) != 0) {
			fprintf(stderr, "%s: %s\n", rig.kind, rig.text);
			ASSERT(0 && "a check of the rig failed");
		}
	}
	return 0;
}
