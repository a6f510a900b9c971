/* SPDX-License-Identifier: Apache-2.0 */
#include "support/hostile.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/assert.h"
#include "support/world.h"

#define STATE_MAX (1 << 18)

const uint8_t *hostile_state(size_t *size)
{
	static uint8_t bytes[STATE_MAX];
	static int64_t used;
	struct parc_limits limits;
	struct parc_core *core;
	struct world world;
	struct draw draw;

	if (used == 0) {
		draw_seed(&draw, 21);
		world_init(&world, &draw, PARC_PLACE_PARC);
		world_limits(&world, &limits);
		core = parc_core_create(&limits, 1, NULL);
		ASSERT(core != NULL);
		for (int32_t i = 0; i < 90; i++) {
			struct entry entry;

			world_next(&world, core, &entry);
			parc_step(core, &entry.event, NULL, NULL);
		}
		used = parc_state_encode(core, bytes, sizeof(bytes));
		ASSERT(used > 0 && used <= STATE_MAX);
		parc_core_destroy(core);
	}
	*size = (size_t)used;
	return bytes;
}

struct parc_core *hostile_core(void)
{
	size_t size;
	const uint8_t *bytes = hostile_state(&size);
	struct parc_core *core = parc_state_decode(bytes, size, NULL);

	ASSERT(core != NULL);
	return core;
}

void hostile_check(const struct parc_core *core)
{
	struct parc_err err = {0};

	if (parc_core_check(core, &err) != 0) {
		fprintf(stderr, "%s\n", err.text);
		ASSERT(0 && "an invariant is broken");
	}
}

void hostile_step(struct parc_core *core, int32_t events)
{
	struct world world;
	struct draw draw;

	draw_seed(&draw, 21);
	world_init(&world, &draw, PARC_PLACE_PARC);
	for (int32_t i = 0; i < events; i++) {
		struct entry entry;

		world_next(&world, core, &entry);
		if (parc_step(core, &entry.event, NULL, NULL) == 0)
			hostile_check(core);
	}
}
