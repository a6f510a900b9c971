/* SPDX-License-Identifier: Apache-2.0 */
#include "core/assign.h"

#include <stddef.h>
#include <string.h>

#include "base/assert.h"

int32_t assign_log2(uint32_t number)
{
	int32_t whole = 31 - __builtin_clz(number | 1), fraction = 0;
	uint64_t mantissa = (uint64_t)number << (31 - whole); /* 2^31 to 2^32 */

	for (int bit = ASSIGN_LOG_ONE / 2; bit > 0; bit /= 2) {
		mantissa = mantissa * mantissa >> 31;
		if (mantissa >> 32 != 0) {
			mantissa >>= 1;
			fraction += bit;
		}
	}
	return whole * ASSIGN_LOG_ONE + fraction;
}

#define SCALE_MAX 20 /* either way */

/* 2^(2^i / 1024) in 1/2^30. */
static const int64_t log_factors[] = {
	1074468888, 1075196443, 1076653033, 1079572136, 1085434106,
	1097253708, 1121280436, 1170923762, 1276901417, 1518500250,
};

int64_t assign_scale(int64_t number, int32_t logarithm)
{
	__int128 scaled = number;
	int32_t shift;

	if (logarithm > SCALE_MAX * ASSIGN_LOG_ONE)
		logarithm = SCALE_MAX * ASSIGN_LOG_ONE;
	if (logarithm < -SCALE_MAX * ASSIGN_LOG_ONE)
		logarithm = -SCALE_MAX * ASSIGN_LOG_ONE;
	logarithm += SCALE_MAX * ASSIGN_LOG_ONE; /* none below 0: division cuts towards it */
	shift = logarithm / ASSIGN_LOG_ONE - SCALE_MAX;
	for (int32_t bit = 0; bit < 10; bit++)
		if (logarithm >> bit & 1)
			scaled = scaled * log_factors[bit] >> 30;
	return (int64_t)(shift < 0 ? scaled >> -shift : scaled << shift);
}

/* ---- Admission */

/* The chip on which the job is best off among those with so much room; -1: none. */
static int32_t chip_with_room(const struct assign *assign, const struct assign_job *job,
			      const int32_t *room)
{
	int32_t best = -1;

	for (int32_t c = 0; c < assign->chips; c++)
		if (job->value[c] != ASSIGN_NEVER && room[c] >= job->size &&
		    (best < 0 || job->value[c] > job->value[best]))
			best = c;
	return best;
}

/* Make room on the chip: who holds a place there and comes last in turn order leaves it. */
static void displace(struct assign *assign, int32_t chip, int32_t size, int32_t *later)
{
	for (int32_t i = assign->count - 1; assign->room[chip] < size; i--) {
		struct assign_job *it = &assign->jobs[i];

		ASSERT(i >= 0);
		if (it->chip != chip || it->fixed || it->mate >= 0)
			continue;
		it->chip = -1;
		assign->room[chip] += it->size;
		later[chip] -= it->size;
	}
}

/* Alone, or beside another where pairs are dealt: whichever is worth more. 1: it has a place. */
static int place(struct assign *assign, int32_t i)
{
	const struct assign_job *it = &assign->jobs[i];
	int32_t chip = chip_with_room(assign, it, assign->room);
	int64_t gain = 0;
	int32_t host = assign->pair == NULL ? -1 : assign_join_next(assign, i, -1, &gain);

	if (host >= 0 && (chip < 0 || gain > it->value[chip]))
		assign_join(assign, i, assign->jobs[host].chip, host);
	else if (chip >= 0)
		assign_join(assign, i, chip, -1);
	return it->chip >= 0;
}

/* Those without a place may find one where others have moved; 1: somebody did. */
static int place_rest(struct assign *assign)
{
	int placed = 0;

	for (int32_t i = 0; i < assign->count; i++)
		placed |= assign->jobs[i].chip < 0 && place(assign, i);
	return placed;
}

static int is_displaceable(const struct assign_job *job)
{
	return job->chip >= 0 && !job->fixed && job->mate < 0;
}

static void admit(struct assign *assign)
{
	int32_t later[ASSIGN_CHIPS_MAX] = {0}; /* held by those whose turn is still to come */
	int32_t could[ASSIGN_CHIPS_MAX];

	for (int32_t i = 0; i < assign->count; i++) {
		const struct assign_job *it = &assign->jobs[i];

		if (it->chip < 0 || (it->mate >= 0 && it->mate < i))
			continue;
		assign->room[it->chip] -= it->size;
		ASSERT(assign->room[it->chip] >= 0);
	}
	for (int32_t i = 0; i < assign->count; i++) {
		int32_t chip;

		if (assign->jobs[i].chip >= 0 || place(assign, i))
			continue;
		memset(later, 0, sizeof(later));
		for (int32_t k = i + 1; k < assign->count; k++)
			if (is_displaceable(&assign->jobs[k]))
				later[assign->jobs[k].chip] += assign->jobs[k].size;
		for (int32_t c = 0; c < assign->chips; c++)
			could[c] = assign->room[c] + later[c];
		chip = chip_with_room(assign, &assign->jobs[i], could);
		if (chip < 0) {
			if (assign->pair != NULL)
				assign_take_place(assign, i);
			continue;
		}
		displace(assign, chip, assign->jobs[i].size, later);
		assign_join(assign, i, chip, -1);
	}
}

/* ---- Improvement */

/* For one size: what moving the best suited job from a chip to another gains, and who that is. */
struct edges {
	int64_t gain[ASSIGN_CHIPS_MAX][ASSIGN_CHIPS_MAX];
	int32_t job[ASSIGN_CHIPS_MAX][ASSIGN_CHIPS_MAX]; /* -1: nobody */
	int32_t size;
};

static void edges_find(struct assign *assign, struct edges *edges)
{
	for (int32_t a = 0; a < assign->chips; a++)
		for (int32_t b = 0; b < assign->chips; b++)
			edges->job[a][b] = -1;
	for (int32_t i = 0; i < assign->count; i++) {
		const struct assign_job *it = &assign->jobs[i];

		if (!is_displaceable(it) || it->size != edges->size)
			continue;
		for (int32_t b = 0; b < assign->chips; b++) {
			int64_t gain = (int64_t)it->value[b] - it->value[it->chip];

			if (b == it->chip || it->value[b] == ASSIGN_NEVER ||
			    (edges->job[it->chip][b] >= 0 && gain <= edges->gain[it->chip][b]))
				continue;
			edges->gain[it->chip][b] = gain;
			edges->job[it->chip][b] = i;
		}
	}
	assign->work += (int64_t)assign->count * assign->chips;
}

/* A way to improve: the first goes to the second's chip and so on; the last to where the first
 * was, or to a chip with room. */
struct chain {
	int32_t chips[4], count; /* of the jobs that move, and where the last goes to */
	int64_t gain;
};

static void chain_offer(struct chain *best, const int32_t *chips, int32_t count, int64_t gain)
{
	if (gain <= best->gain)
		return;
	best->gain = gain;
	best->count = count;
	for (int32_t i = 0; i <= count; i++)
		best->chips[i] = chips[i];
}

/* Go on from a chain of `count` moves with this gain. */
static void chain_extend(const struct assign *assign, const struct edges *edges, int32_t *chips,
			 int32_t count, int64_t gain, struct chain *best)
{
	int32_t from = chips[count];

	if (count > 0 && (from == chips[0] || assign->room[from] >= edges->size)) {
		chain_offer(best, chips, count, gain);
		return;
	}
	for (int32_t to = 0; to < assign->chips && count < 3; to++) {
		int is_back = count > 1 && to == chips[1];

		if (edges->job[from][to] < 0 || is_back || (count == 0 && to == from))
			continue;
		chips[count + 1] = to;
		chain_extend(assign, edges, chips, count + 1, gain + edges->gain[from][to], best);
	}
}

static void move_to(struct assign *assign, int32_t job, int32_t chip)
{
	struct assign_job *it = &assign->jobs[job];

	assign->room[it->chip] += it->size;
	assign->room[chip] -= it->size;
	it->chip = chip;
}

/* The best chain of jobs of one size; 1 if it was worth it. */
static int improve_equal(struct assign *assign, int32_t size)
{
	struct edges edges = {.size = size};
	struct chain best = {0};
	int32_t chips[4];

	edges_find(assign, &edges);
	for (int32_t a = 0; a < assign->chips; a++) {
		chips[0] = a;
		chain_extend(assign, &edges, chips, 0, 0, &best);
	}
	assign->work += (int64_t)assign->chips * assign->chips * assign->chips;
	for (int32_t i = 0; i < best.count; i++)
		move_to(assign, edges.job[best.chips[i]][best.chips[i + 1]], best.chips[i + 1]);
	return best.gain > 0;
}

#define EXCHANGE_MAX 64 /* smaller jobs against one gang */

/* The job on a chip that loses least for each device when it goes to another, of at most such a
 * size, not among the first `count` of the list; -1: none. */
static int32_t cheapest(const struct assign *assign, int32_t from, int32_t to, int32_t size_max,
			const int32_t *list, int32_t count)
{
	int32_t best = -1, best_loss = 0;

	for (int32_t i = 0; i < assign->count; i++) {
		const struct assign_job *it = &assign->jobs[i];
		int32_t loss, taken = 0;

		if (it->chip != from || !is_displaceable(it) || it->size > size_max ||
		    it->value[to] == ASSIGN_NEVER)
			continue;
		loss = it->value[from] - it->value[to];
		if (best >= 0 && loss >= best_loss)
			continue;
		for (int32_t k = 0; k < count; k++)
			taken |= list[k] == i;
		if (taken)
			continue;
		best = i;
		best_loss = loss;
	}
	return best;
}

/* The gang goes to a chip, and smaller jobs from there to where it was; 1 if that was worth it. */
static int exchange(struct assign *assign, int32_t gang, int32_t to)
{
	const struct assign_job *it = &assign->jobs[gang];
	int32_t list[EXCHANGE_MAX], count = 0, from = it->chip;
	int32_t needed = it->size - assign->room[to], space = assign->room[from] + it->size;
	int64_t gain = ((int64_t)it->value[to] - it->value[from]) * it->size;

	while (needed > 0 && count < EXCHANGE_MAX) {
		int32_t job = cheapest(assign, to, from, space, list, count);

		assign->work += assign->count;
		if (job < 0)
			return 0;
		list[count++] = job;
		needed -= assign->jobs[job].size;
		space -= assign->jobs[job].size;
		gain -= ((int64_t)assign->jobs[job].value[to] - assign->jobs[job].value[from]) *
			assign->jobs[job].size;
	}
	if (needed > 0 || gain <= 0)
		return 0;
	for (int32_t i = 0; i < count; i++)
		move_to(assign, list[i], from);
	move_to(assign, gang, to);
	return 1;
}

static int improve_gangs(struct assign *assign)
{
	for (int32_t i = 0; i < assign->count && assign->work < ASSIGN_WORK_MAX; i++)
		for (int32_t c = 0; c < assign->chips; c++) {
			const struct assign_job *it = &assign->jobs[i];

			if (it->size > 1 && is_displaceable(it) && c != it->chip &&
			    it->value[c] != ASSIGN_NEVER && exchange(assign, i, c))
				return 1;
		}
	return 0;
}

/* The next larger size among those that have a place; 0: none. */
static int32_t size_after(const struct assign *assign, int32_t size)
{
	int32_t next = 0;

	for (int32_t i = 0; i < assign->count; i++) {
		int32_t it = assign->jobs[i].size;

		if (assign->jobs[i].chip >= 0 && it > size && (next == 0 || it < next))
			next = it;
	}
	return next;
}

static void improve(struct assign *assign)
{
	do {
		for (int32_t size = size_after(assign, 0); size > 0;
		     size = size_after(assign, size))
			while (assign->work < ASSIGN_WORK_MAX && improve_equal(assign, size))
				continue;
	} while (improve_gangs(assign));
}

/* ---- Prices */

static void prices_find(struct assign *assign)
{
	for (int32_t c = 0; c < assign->chips; c++)
		assign->price[c] = 0;
	for (int32_t round = 0; round < assign->chips; round++)
		for (int32_t i = 0; i < assign->count; i++) {
			const struct assign_job *it = &assign->jobs[i];

			if (it->chip < 0 || it->mate >= 0)
				continue;
			for (int32_t c = 0; c < assign->chips; c++) {
				int32_t wanted;

				if (it->value[c] == ASSIGN_NEVER || assign->room[c] >= it->size)
					continue;
				wanted = assign->price[it->chip] + it->value[c] -
					 it->value[it->chip];
				if (wanted > assign->price[c])
					assign->price[c] = wanted;
			}
		}
}

/* ---- Balance */

#define BALANCE_ROUNDS 32
#define BALANCE_STEP   150
#define FINE	       (INT64_C(1) << 20) /* of a step */
#define TIME_MAX_S     (INT64_C(1) << 32) /* 136 years */

/* Seconds that the job has to go on a chip, where it is as elsewhere: that it would rather stay
 * makes nobody faster. At most TIME_MAX_S, so that sums over a deal fit. */
static int64_t time_on(const struct assign_job *job, int32_t chip)
{
	int64_t left = job->left_us / ASSIGN_TIME_UNIT_US + 1;
	int64_t time = assign_scale(left < TIME_MAX_S ? left : TIME_MAX_S,
				    (chip == job->was ? job->stay : 0) - job->value[chip]);

	return time < 1 ? 1 : time < TIME_MAX_S ? time : TIME_MAX_S;
}

/* Where its work is cheapest at these prices; -1: nowhere. */
static int32_t chip_cheapest(const struct assign *assign, const struct assign_job *job,
			     const int64_t *price, const int32_t *room)
{
	int32_t best = -1;
	int64_t best_value = 0;

	for (int32_t c = 0; c < assign->chips; c++) {
		int64_t value = job->value[c] * FINE - price[c];

		if (job->value[c] == ASSIGN_NEVER || room[c] < job->size ||
		    (best >= 0 && value <= best_value))
			continue;
		best = c;
		best_value = value;
	}
	return best;
}

/* Seconds wanted of each chip when everybody is where its work is cheapest; the sum of all. */
static int64_t balance_load(const struct assign *assign, const int64_t *price, int64_t *load)
{
	int64_t sum = 0;

	for (int32_t c = 0; c < assign->chips; c++)
		sum += load[c] = assign->base_s * assign->room[c];
	for (int32_t i = 0; i < assign->count; i++) {
		const struct assign_job *it = &assign->jobs[i];
		int32_t c = chip_cheapest(assign, it, price, assign->room);

		if (c < 0)
			continue;
		load[c] += it->time_s[c] * it->size;
		sum += it->time_s[c] * it->size;
	}
	return sum;
}

/* Prices at which the time wanted of each chip is in proportion to its devices, from those of the
 * last deal on. Returns the time that all of it takes the fleet. */
static int64_t balance_prices(const struct assign *assign, int64_t *price)
{
	int64_t load[ASSIGN_CHIPS_MAX], all = 0, sum = 0;

	for (int32_t c = 0; c < assign->chips; c++) {
		price[c] = assign->price[c] * FINE;
		all += assign->room[c];
	}
	for (int32_t round = 0; round < BALANCE_ROUNDS && all > 0; round++) {
		int64_t step = BALANCE_STEP * FINE * 10 / (10 + round);

		sum = balance_load(assign, price, load);
		for (int32_t c = 0; c < assign->chips && sum > 0; c++)
			price[c] += (int64_t)((__int128)step *
					      ((__int128)load[c] * all -
					       (__int128)assign->room[c] * sum) /
					      ((__int128)sum * all));
	}
	return all > 0 ? sum / all : 0;
}

/* Twice the logarithm of the time to go: what is within a factor of 1.4 has a like turn. */
static int32_t length_level(const struct assign_job *job, int32_t chip)
{
	int64_t left = job->time_s[chip];

	return assign_log2(left > UINT32_MAX ? UINT32_MAX : (uint32_t)left) * 2 / ASSIGN_LOG_ONE;
}

/* Place those of a level that were somewhere, or were not: each where it wishes to be or, given
 * prices, where its work is cheapest among what is left. */
static void balance_level(struct assign *assign, int32_t level, int32_t held, const int64_t *price)
{
	for (int32_t i = 0; i < assign->count; i++) {
		struct assign_job *it = &assign->jobs[i];
		int32_t chip = it->wish;

		if (it->chip >= 0 || it->level != level || it->held != held || chip < 0)
			continue;
		if (price != NULL)
			chip = chip_cheapest(assign, it, price, assign->room);
		if (chip < 0 || assign->room[chip] < it->size)
			continue;
		it->chip = chip;
		assign->room[chip] -= it->size;
	}
}

#define LEVELS 66

static void times_find(struct assign *assign)
{
	for (int32_t i = 0; i < assign->count; i++)
		for (int32_t c = 0; c < assign->chips; c++)
			if (assign->jobs[i].value[c] != ASSIGN_NEVER)
				assign->jobs[i].time_s[c] = time_on(&assign->jobs[i], c);
}

void assign_prices(struct assign *assign, int64_t base_s)
{
	int64_t price[ASSIGN_CHIPS_MAX];

	assign->base_s = base_s;
	times_find(assign);
	balance_prices(assign, price);
	for (int32_t c = 0; c < assign->chips; c++)
		assign->price[c] = (int32_t)(price[c] / FINE);
}

void assign_balance(struct assign *assign)
{
	int64_t price[ASSIGN_CHIPS_MAX], horizon;

	times_find(assign);
	horizon = balance_prices(assign, price);
	for (int32_t i = 0; i < assign->count; i++) {
		struct assign_job *it = &assign->jobs[i];

		it->mate = -1; /* pairs are not balanced */
		it->wish = chip_cheapest(assign, it, price, assign->room);
		if (it->wish >= 0 && it->time_s[it->wish] > horizon)
			it->wish = chip_with_room(assign, it, assign->room);
		it->held = it->chip >= 0;
		it->level = it->wish >= 0 ? length_level(it, it->wish) : 0;
	}
	for (int32_t i = 0; i < assign->count; i++) {
		struct assign_job *it = &assign->jobs[i];

		if (it->fixed)
			assign->room[it->chip] -= it->size;
		else
			it->chip = -1;
	}
	for (int32_t level = LEVELS; level >= 0; level--)
		for (int32_t held = 1; held >= 0; held--)
			balance_level(assign, level, held, NULL);
	for (int32_t level = LEVELS; level >= 0; level--)
		for (int32_t held = 1; held >= 0; held--)
			balance_level(assign, level, held, price);
	for (int32_t c = 0; c < assign->chips; c++)
		assign->price[c] = (int32_t)(price[c] / FINE);
}

void assign_deal(struct assign *assign)
{
	assign->work = 0;
	for (int32_t i = 0; i < assign->count && assign->pair == NULL; i++)
		assign->jobs[i].mate = -1;
	if (assign->pair != NULL)
		assign_part(assign);
	admit(assign);
	improve(assign);
	while (assign->pair != NULL && (assign_pairs_improve(assign) | place_rest(assign)))
		improve(assign);
	prices_find(assign);
}
