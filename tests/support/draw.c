/* SPDX-License-Identifier: Apache-2.0 */
#include "support/draw.h"

#include "base/random.h"

void draw_seed(struct draw *draw, uint64_t seed)
{
	*draw = (struct draw){.state = seed};
}

void draw_bytes(struct draw *draw, const uint8_t *bytes, size_t size)
{
	*draw = (struct draw){.bytes = bytes, .size = size};
}

int draw_has_more(const struct draw *draw)
{
	return draw->bytes == NULL || draw->used < draw->size;
}

int64_t draw_below(struct draw *draw, int64_t bound)
{
	uint64_t value = 0;

	if (bound <= 1)
		return 0;
	if (draw->bytes == NULL)
		return (int64_t)random_below(&draw->state, (uint64_t)bound);
	for (int64_t left = bound - 1; left > 0 && draw_has_more(draw); left >>= 8)
		value = value << 8 | draw->bytes[draw->used++];
	return (int64_t)(value % (uint64_t)bound);
}

int64_t draw_range(struct draw *draw, int64_t low, int64_t high)
{
	return low + draw_below(draw, high - low + 1);
}

int draw_chance(struct draw *draw, int percent)
{
	return draw_below(draw, 100) >= 100 - percent;
}

int draw_chance_aside(const struct draw *draw, int percent)
{
	uint64_t state = ~draw->state;

	if (draw->bytes != NULL)
		state = draw->used == 0 ? 0
					: (uint64_t)draw->used << 8 | draw->bytes[draw->used - 1];
	state = random_mix(state);
	return random_below(&state, 100) < (uint64_t)percent;
}

int64_t draw_pick(struct draw *draw, const int32_t *list, size_t count)
{
	return list[draw_below(draw, (int64_t)count)];
}
