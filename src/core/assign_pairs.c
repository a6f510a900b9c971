/* SPDX-License-Identifier: Apache-2.0
 *
 * Pairs in a deal (assign.h): two jobs of one size on the devices of one. The sum to be made great
 * is the same, with the speeds that the two have beside each other. A job may go to a chip with
 * room, join one that is alone, or change places with another, as long as the sum grows: a local
 * search, as pairing with choice of the chip is a matching in three dimensions. Each pass costs
 * jobs x jobs looks.
 */
#include "base/assert.h"
#include "core/assign.h"

#define NO_GAIN (INT64_MIN / 4) /* a unit that may not be; a few of these can be added */

/* May the unit be? One that may not (any more) is parted before the deal, unless neither of the two
 * may be moved: what it is worth is never set off against another of its sort. */
static int is_possible(int64_t worth)
{
	return worth > NO_GAIN / 2;
}

/* What the chip is worth to those two, of whom `b` may be -1. Who stays on its device has that in
 * its value; but if both were on the chip, one of them moves to the other's. */
static int64_t unit_worth(const struct assign *assign, int32_t chip, int32_t a, int32_t b)
{
	const struct assign_job *it = &assign->jobs[a], *other = &assign->jobs[b < 0 ? a : b];
	int32_t own, others;
	int64_t sum;

	if (b < 0)
		return it->value[chip] == ASSIGN_NEVER ? NO_GAIN : it->value[chip];
	if (it->class < 0 || other->class < 0)
		return NO_GAIN;
	own = assign->pair[it->class][other->class][chip];
	others = assign->pair[other->class][it->class][chip];
	if (own == ASSIGN_NEVER || others == ASSIGN_NEVER)
		return NO_GAIN;
	sum = (int64_t)own + others;
	if (it->was == chip && other->was == chip && it->old != b)
		return sum + (it->stay > other->stay ? it->stay : other->stay);
	return sum + (it->was == chip ? it->stay : 0) + (other->was == chip ? other->stay : 0);
}

/* Could the two be in one unit, as far as sizes go? */
static int is_match(const struct assign *assign, int32_t a, int32_t b)
{
	return a != b && assign->jobs[a].size == assign->jobs[b].size && assign->jobs[b].chip >= 0;
}

int64_t assign_join_gain(const struct assign *assign, int32_t job, int32_t host)
{
	int32_t chip = assign->jobs[host].chip;

	if (!is_match(assign, job, host) || assign->jobs[host].mate >= 0)
		return NO_GAIN;
	return unit_worth(assign, chip, host, job) - unit_worth(assign, chip, host, -1);
}

int32_t assign_join_next(const struct assign *assign, int32_t job, int32_t after, int64_t *gain)
{
	int32_t best = -1;
	int64_t last = *gain;

	for (int32_t k = 0; k < assign->count; k++) {
		int64_t own = assign_join_gain(assign, job, k);

		if (!is_possible(own) || (best >= 0 && own <= *gain) ||
		    (after >= 0 && (own > last || (own == last && k <= after))))
			continue;
		best = k;
		*gain = own;
	}
	return best;
}

void assign_leave(struct assign *assign, int32_t job)
{
	struct assign_job *it = &assign->jobs[job];

	if (it->mate >= 0)
		assign->jobs[it->mate].mate = -1;
	else
		assign->room[it->chip] += it->size;
	it->mate = it->chip = -1;
}

void assign_join(struct assign *assign, int32_t job, int32_t chip, int32_t host)
{
	struct assign_job *it = &assign->jobs[job];

	ASSERT(it->chip < 0 && it->mate < 0);
	it->chip = chip;
	it->mate = host;
	if (host >= 0)
		assign->jobs[host].mate = job;
	else
		assign->room[chip] -= it->size;
}

int32_t assign_take_place(struct assign *assign, int32_t job)
{
	for (int32_t i = assign->count - 1; i > job; i--) {
		int32_t chip = assign->jobs[i].chip, mate = assign->jobs[i].mate;

		if (mate < 0 || assign->jobs[i].fixed || !is_match(assign, job, i) ||
		    !is_possible(unit_worth(assign, chip, mate, job)))
			continue;
		assign_leave(assign, i);
		assign_join(assign, job, chip, mate);
		return 1;
	}
	return 0;
}

void assign_part(struct assign *assign)
{
	for (int32_t i = 0; i < assign->count; i++) {
		const struct assign_job *it = &assign->jobs[i];
		int32_t last = i;

		if (it->mate > i || it->mate < 0 ||
		    is_possible(unit_worth(assign, it->chip, i, it->mate)))
			continue;
		if (it->fixed)
			last = it->mate;
		if (!assign->jobs[last].fixed)
			assign_leave(assign, last);
	}
}

/* The best that a job can do: alone on a chip (host -1), beside a host, or in the place of
 * another. */
struct best {
	int64_t gain;
	int32_t chip, host, other;
};

static void best_offer(struct best *best, int64_t gain, int32_t chip, int32_t host, int32_t other)
{
	if (gain > best->gain)
		*best = (struct best){gain, chip, host, other};
}

/* Two change places; at least one of them is in a pair, else improve_equal looks at them. */
static void offer_swap(const struct assign *assign, int32_t job, int32_t other, int64_t now,
		       struct best *best)
{
	const struct assign_job *it = &assign->jobs[job], *to = &assign->jobs[other];
	int64_t mine, others;

	if (to->fixed || other == it->mate || (it->mate < 0 && to->mate < 0))
		return;
	now += unit_worth(assign, to->chip, other, to->mate);
	mine = unit_worth(assign, to->chip, job, to->mate);
	others = unit_worth(assign, it->chip, other, it->mate);
	if (is_possible(mine) && is_possible(others))
		best_offer(best, mine + others - now, to->chip, -1, other);
}

/* It goes to devices of the chip, or joins a host there, for this gain; `rest`: what it leaves is
 * worth then, less what it has now. */
static void offer_leave(struct best *best, int64_t rest, int64_t gain, int32_t chip, int32_t host)
{
	if (is_possible(gain))
		best_offer(best, rest + gain, chip, host, -1);
}

static void find_best(struct assign *assign, int32_t job, struct best *best)
{
	const struct assign_job *it = &assign->jobs[job];
	int64_t now = unit_worth(assign, it->chip, job, it->mate);
	int64_t rest = it->mate < 0 ? 0 : unit_worth(assign, it->chip, it->mate, -1);
	int leaves = is_possible(rest);

	for (int32_t c = 0; c < assign->chips && leaves; c++)
		if (assign->room[c] >= it->size && (it->mate >= 0 || c != it->chip))
			offer_leave(best, rest - now, unit_worth(assign, c, job, -1), c, -1);
	for (int32_t k = 0; k < assign->count; k++) {
		if (!is_match(assign, job, k))
			continue;
		if (k != it->mate && leaves)
			offer_leave(best, rest - now, assign_join_gain(assign, job, k),
				    assign->jobs[k].chip, k);
		offer_swap(assign, job, k, now, best);
	}
	assign->work += assign->count;
}

static void swap(struct assign *assign, int32_t job, int32_t other)
{
	int32_t chip = assign->jobs[job].chip, mate = assign->jobs[job].mate;
	int32_t to = assign->jobs[other].chip, host = assign->jobs[other].mate;

	assign_leave(assign, job);
	assign_leave(assign, other);
	assign_join(assign, job, to, host);
	assign_join(assign, other, chip, mate);
}

int assign_pairs_improve(struct assign *assign)
{
	int improved = 0;

	for (int32_t j = 0; j < assign->count && assign->work < ASSIGN_WORK_MAX; j++) {
		struct best best = {.gain = 0, .other = -1};

		if (assign->jobs[j].chip < 0 || assign->jobs[j].fixed)
			continue;
		find_best(assign, j, &best);
		if (best.gain == 0)
			continue;
		improved = 1;
		if (best.other >= 0) {
			swap(assign, j, best.other);
			continue;
		}
		assign_leave(assign, j);
		assign_join(assign, j, best.chip, best.host);
	}
	return improved;
}
