/* SPDX-License-Identifier: Apache-2.0
 *
 * Choices for tests that make things up: drawn from a seed, or read from the bytes of a fuzzer.
 * When the bytes are used up every choice is the first one, so that what is made up ends.
 */
#ifndef SUPPORT_DRAW_H
#define SUPPORT_DRAW_H

#include <stddef.h>
#include <stdint.h>

struct draw {
	uint64_t state;	      /* of the generator */
	const uint8_t *bytes; /* NULL: the generator decides */
	size_t size, used;
};

void draw_seed(struct draw *draw, uint64_t seed);
void draw_bytes(struct draw *draw, const uint8_t *bytes, size_t size);

/* Are there choices left? Always, with a seed. */
int draw_has_more(const struct draw *draw);

/* A number in 0 .. bound - 1; one in low .. high. */
int64_t draw_below(struct draw *draw, int64_t bound);
int64_t draw_range(struct draw *draw, int64_t low, int64_t high);

/* True in `percent` of 100 cases. */
int draw_chance(struct draw *draw, int percent);

/* The same without an effect on what is drawn later: for a choice that came in after seeds and
 * bytes were kept, which are to stay the worlds that they were in all else. */
int draw_chance_aside(const struct draw *draw, int percent);

/* One of the numbers of a list. */
int64_t draw_pick(struct draw *draw, const int32_t *list, size_t count);
#define DRAW_PICK(draw, list) draw_pick(draw, list, sizeof(list) / sizeof(*(list)))

#endif
