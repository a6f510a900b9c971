/* SPDX-License-Identifier: Apache-2.0
 *
 * The logarithm squares the number once a bit: a square of 2 or more means that the bit is set.
 * The power multiplies a table of roots of two, one a bit. Both take 32 multiplications, about
 * 60 ns. A distribution is then its inverse: what share of the draws is larger than this one?
 */
#include "trace/chance.h"

#include "base/assert.h"
#include "base/random.h"

#define LN2	  UINT64_C(0xb17217f8) /* natural logarithm of 2, in 2^-32 */
#define VALUE_MAX (INT64_C(1) << 50)

/* 2 to the power of 2^-1, 2^-2, ... 2^-32, in 2^-63. */
static const uint64_t roots[32] = {
	UINT64_C(0xb504f333f9de6484), UINT64_C(0x9837f0518db8a96f), UINT64_C(0x8b95c1e3ea8bd6e6),
	UINT64_C(0x85aac367cc487b14), UINT64_C(0x82cd8698ac2ba1d7), UINT64_C(0x8164d1f3bc030773),
	UINT64_C(0x80b1ed4fd999ab6c), UINT64_C(0x8058d7d2d5e5f6b0), UINT64_C(0x802c6436d0e04f50),
	UINT64_C(0x8016302f17467628), UINT64_C(0x800b179c82028fd0), UINT64_C(0x80058baf7fee3b5d),
	UINT64_C(0x8002c5d00fdcfcb6), UINT64_C(0x800162e61bed4a48), UINT64_C(0x8000b17292f702a3),
	UINT64_C(0x800058b92abbae02), UINT64_C(0x80002c5c8dade4d7), UINT64_C(0x8000162e44eaf636),
	UINT64_C(0x80000b1721fa7c18), UINT64_C(0x8000058b90de7e4c), UINT64_C(0x800002c5c8678f36),
	UINT64_C(0x80000162e431db9f), UINT64_C(0x800000b1721872d0), UINT64_C(0x80000058b90c1aa8),
	UINT64_C(0x8000002c5c8605a4), UINT64_C(0x800000162e4300e6), UINT64_C(0x8000000b17217ff8),
	UINT64_C(0x800000058b90bfdd), UINT64_C(0x80000002c5c85fe6), UINT64_C(0x8000000162e42ff1),
	UINT64_C(0x80000000b17217f8), UINT64_C(0x8000000058b90bfc),
};

static uint64_t multiply_high(uint64_t a, uint64_t b, int shift)
{
	return (uint64_t)(((unsigned __int128)a * b) >> shift);
}

uint64_t chance_log2(uint64_t x)
{
	uint64_t whole, mantissa, fraction = 0;

	ASSERT(x > 0);
	whole = 63 - (uint64_t)__builtin_clzll(x);
	mantissa = x << (63 - whole); /* 1 to below 2, in 2^-63 */
	for (int bit = 0; bit < 32; bit++) {
		unsigned __int128 square = (unsigned __int128)mantissa * mantissa;
		int is_set = (int)(square >> 127);

		fraction = fraction << 1 | (uint64_t)is_set;
		mantissa = (uint64_t)(square >> (63 + is_set));
	}
	return whole << 32 | fraction;
}

uint64_t chance_exp2_minus(uint64_t y)
{
	uint64_t whole = y >> 32, fraction = y & UINT32_MAX;
	uint64_t power = UINT64_C(1) << 63; /* 2 to the power of the rest of the last unit */

	if (whole >= 63)
		return 0;
	if (fraction == 0)
		return power >> whole;
	fraction = (UINT64_C(1) << 32) - fraction; /* 2^-y = 2^(1 - f) / 2^(whole + 1) */
	for (int bit = 0; bit < 32; bit++) {
		if ((fraction >> (31 - bit) & 1) != 0)
			power = multiply_high(power, roots[bit], 63);
	}
	return power >> (whole + 1);
}

/* -log2 of a uniform draw from (0, 1], in 2^-32. */
static uint64_t draw_minus_log2(uint64_t *random)
{
	uint64_t draw = random_next(random);

	return draw == 0 ? 0 : (UINT64_C(64) << 32) - chance_log2(draw);
}

int64_t chance_exponential(uint64_t *random, int64_t mean)
{
	uint64_t minus_ln = multiply_high(draw_minus_log2(random), LN2, 32);

	ASSERT(mean >= 0 && mean <= VALUE_MAX);
	return (int64_t)multiply_high((uint64_t)mean, minus_ln, 32);
}

/* x = min / (1 - u (1 - (min/max)^alpha))^(1/alpha) for a uniform u. */
int64_t chance_heavy_tail(uint64_t *random, const struct chance_pareto *pareto)
{
	uint64_t alpha = (uint64_t)pareto->alpha_milli;
	uint64_t ratio, tail, left, power;
	int64_t value;

	ASSERT(pareto->min > 0 && pareto->min <= pareto->max && pareto->max <= VALUE_MAX);
	ASSERT(alpha > 0 && alpha <= CHANCE_ALPHA_MAX);
	ratio = chance_log2((uint64_t)pareto->max) - chance_log2((uint64_t)pareto->min);
	tail = chance_exp2_minus(ratio * alpha / 1000);
	left = (UINT64_C(1) << 63) - random_below(random, (UINT64_C(1) << 63) - tail + 1);
	ASSERT(left > 0 || tail == 0);
	power = ((UINT64_C(63) << 32) - chance_log2(left > 0 ? left : 1)) * 1000 / alpha;
	if (power >= UINT64_C(50) << 32)
		return pareto->max;
	tail = chance_exp2_minus(power);
	value = (int64_t)(((unsigned __int128)pareto->min << 63) / (tail > 0 ? tail : 1));
	return value < pareto->max ? value : pareto->max;
}
