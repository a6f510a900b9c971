/* SPDX-License-Identifier: Apache-2.0
 *
 * U(c, v) is what stays unused of volume v with CPU (or memory) c when work of the profile is put
 * in, piece by piece, as long as something fits: of two pieces drawn by their volume in the profile
 * the better one is taken, since a fleet with many nodes can choose. With fitting pieces i,
 *
 *     U(c, v) = E[min of two draws of U(c - c_i, v - v_i)],   U(c, v) = v if nothing fits.
 *
 * The shortage is U(c, v) - U(all, v). Pieces are of one device; amounts and volume are rounded
 * to steps and values between steps are interpolated. Only pieces that may run on the chips at
 * hand are put in. Cost: cells x pieces, once a profile for each set of chips.
 */
#include "core/shortage.h"

#include <string.h>

#include "core/profile.h"

#define STEPS	     SHORTAGE_STEPS
#define VOLUME_STEPS SHORTAGE_VOLUME_STEPS
#define PIECES_MAX   (STEPS * 11)
#define WEIGHT_MAX   (1 << 15) /* sums of squares of weights fit 63 bits */

struct piece {
	int32_t amount, volume; /* in steps */
	int64_t weight;
};

struct pieces {
	struct piece list[PIECES_MAX];
	int32_t count;
};

static int32_t clamp(int64_t value, int32_t low, int32_t high)
{
	return value < low ? low : value > high ? high : (int32_t)value;
}

static void piece_add(struct pieces *pieces, int32_t amount, int32_t volume, int64_t weight)
{
	for (int32_t i = 0; i < pieces->count; i++)
		if (pieces->list[i].amount == amount && pieces->list[i].volume == volume) {
			pieces->list[i].weight += weight;
			return;
		}
	if (pieces->count < PIECES_MAX)
		pieces->list[pieces->count++] = (struct piece){amount, volume, weight};
}

static int64_t type_asks(const struct profile_type *type, enum shortage_kind kind)
{
	return kind == SHORTAGE_CPU ? type->cpu_milli : type->memory_mib;
}

/* The least that a piece takes, in steps: nothing only if no work asks for any. What asks for less
 * than all others is rare, and were it to take nothing, the table would have it fill every node. */
static int32_t steps_least(const struct policy *policy, enum shortage_kind kind)
{
	for (int32_t t = 0; t < policy->types_count; t++)
		if (policy->types[t].devices > 0 && type_asks(&policy->types[t], kind) > 0)
			return 1;
	return 0;
}

/* What a device asks for rounds down past a quarter of a step, so that work which just fits still
 * does. */
static void pieces_make(const struct shortage *it, const struct policy *policy,
			enum shortage_kind kind, uint64_t chips, struct pieces *pieces)
{
	int32_t least = steps_least(policy, kind);
	int64_t total = 0;
	int shift = 0;

	pieces->count = 0;
	for (int32_t t = 0; t < policy->types_count; t++) {
		const struct profile_type *type = &policy->types[t];
		int32_t volume;
		int64_t amount;

		if (type->devices == 0 || (type->chips & chips) == 0)
			continue;
		amount = type_asks(type, kind) / type->devices + it->step * 3 / 4;
		volume = (type->share_milli + it->volume_step / 2) / it->volume_step;
		piece_add(pieces, clamp(amount / it->step, least, STEPS - 1),
			  clamp(volume, 1, VOLUME_STEPS - 1), type->count * type->devices);
		total += type->count * type->devices;
	}
	while (total >> shift > WEIGHT_MAX)
		shift++;
	for (int32_t i = 0; i < pieces->count; i++) {
		pieces->list[i].weight >>= shift;
		if (pieces->list[i].weight == 0)
			pieces->list[i].weight = 1;
	}
}

/* Insert into a list of outcomes, worst first. */
static void outcome_add(int32_t *outcomes, int64_t *weights, int32_t count, int32_t outcome,
			int64_t weight)
{
	int32_t at = count;

	for (; at > 0 && outcomes[at - 1] > outcome; at--) {
		outcomes[at] = outcomes[at - 1];
		weights[at] = weights[at - 1];
	}
	outcomes[at] = outcome;
	weights[at] = weight;
}

static int32_t cell_make(const struct shortage *it, const struct pieces *pieces, int32_t amount,
			 int32_t volume)
{
	int32_t outcomes[PIECES_MAX], count = 0;
	int64_t weights[PIECES_MAX], left = 0, whole, sum = 0;

	for (int32_t i = 0; i < pieces->count; i++) {
		const struct piece *piece = &pieces->list[i];

		if (piece->amount > amount || piece->volume > volume)
			continue;
		outcome_add(outcomes, weights, count++,
			    it->cells[amount - piece->amount][volume - piece->volume],
			    piece->weight);
		left += piece->weight;
	}
	if (count == 0)
		return volume * it->volume_step * 16;
	whole = left * left;
	for (int32_t i = 0; i < count; i++) {
		int64_t after = left - weights[i];

		sum += outcomes[i] * (left * left - after * after);
		left = after;
	}
	return (int32_t)((sum + whole / 2) / whole);
}

static void shortage_make(struct shortage *it, const struct policy *policy, enum shortage_kind kind,
			  uint64_t chips)
{
	int64_t most = kind == SHORTAGE_CPU ? policy->cpu_most : policy->memory_most;
	struct pieces pieces;

	it->step = most > STEPS - 2 ? most / (STEPS - 2) : 1;
	it->volume_step = clamp(policy->devices_most * PARC_SHARE_WHOLE / (VOLUME_STEPS - 1), 1,
				PARC_SHARE_WHOLE);
	it->by_step = reciprocal_of((uint64_t)it->step);
	it->by_volume = reciprocal_of((uint64_t)it->volume_step);
	it->by_cell = reciprocal_of((uint64_t)(it->step * it->volume_step));
	pieces_make(it, policy, kind, chips, &pieces);
	for (int32_t amount = 0; amount < STEPS; amount++)
		for (int32_t volume = 0; volume < VOLUME_STEPS; volume++)
			it->cells[amount][volume] = cell_make(it, &pieces, amount, volume);
	for (int32_t volume = 0; volume < VOLUME_STEPS; volume++) {
		int32_t least = it->cells[STEPS - 1][volume];

		for (int32_t amount = 0; amount < STEPS; amount++)
			it->cells[amount][volume] -= least;
	}
}

/* Chips on which all types of the profile may run. */
static uint64_t chips_common(const struct policy *policy)
{
	uint64_t common = UINT64_MAX;

	for (int32_t t = 0; t < policy->types_count; t++)
		if (policy->types[t].devices > 0)
			common &= policy->types[t].chips;
	return common;
}

/* Chips on which the same types may run as on this one. */
static uint64_t chips_alike(const struct policy *policy, int32_t chip)
{
	uint64_t alike = UINT64_MAX;

	for (int32_t t = 0; t < policy->types_count; t++) {
		uint64_t chips = policy->types[t].chips;

		if (policy->types[t].devices > 0)
			alike &= (chips >> chip & 1) != 0 ? chips : ~chips;
	}
	return alike;
}

void shortages_make(struct shortages *it, const struct policy *policy)
{
	uint64_t left = ~chips_common(policy), set = UINT64_MAX;

	memset(it->of_chip, 0, sizeof(it->of_chip));
	for (int32_t s = 0; s < SHORTAGES_MAX && set != 0; s++) {
		shortage_make(&it->cpu[s], policy, SHORTAGE_CPU, set);
		shortage_make(&it->memory[s], policy, SHORTAGE_MEMORY, set);
		for (uint64_t of = s > 0 ? set : 0; of != 0; of &= of - 1)
			it->of_chip[__builtin_ctzll(of)] = (uint8_t)s;
		set = left != 0 ? chips_alike(policy, __builtin_ctzll(left)) : 0;
		left &= ~set;
	}
}

/* Beyond the last step lies what lies on it. */
static struct shortage_at at_clamp(int64_t step, int64_t rest, int64_t width, int32_t steps)
{
	if (step >= steps - 1)
		return (struct shortage_at){steps - 2, (int32_t)width};
	return (struct shortage_at){(int32_t)step, (int32_t)rest};
}

struct shortage_at shortage_amount(const struct shortage *it, int64_t amount)
{
	int64_t step = (int64_t)reciprocal_divide(&it->by_step, (uint64_t)amount);

	return at_clamp(step, amount - step * it->step, it->step, STEPS);
}

struct shortage_at shortage_volume(const struct shortage *it, int32_t volume_milli)
{
	int64_t step = (int64_t)reciprocal_divide(&it->by_volume, (uint64_t)volume_milli);

	return at_clamp(step, volume_milli - step * it->volume_step, it->volume_step, VOLUME_STEPS);
}

int64_t shortage_of(const struct shortage *it, struct shortage_at amount, struct shortage_at volume)
{
	const int32_t *low = &it->cells[amount.step][volume.step];
	const int32_t *high = &it->cells[amount.step + 1][volume.step];
	int64_t step = it->step, width = it->volume_step, x = amount.rest, y = volume.rest, sum;

	sum = (step - x) * ((width - y) * low[0] + y * low[1]) +
	      x * ((width - y) * high[0] + y * high[1]);
	return reciprocal_divide_signed(&it->by_cell, sum * 16);
}
