/* SPDX-License-Identifier: Apache-2.0
 *
 * A load in time made from a task list. Gaps are exponential: the logarithm of a random number is
 * taken bit by bit by squaring, and the sum of the gaps is then scaled to the span, so that the
 * base of the logarithm does not matter. The heavy tail has exponent 1, whose inverse
 * distribution is a fraction. Costs 16 multiplications an arrival and n log n for the population.
 */
#include "sim/arrivals.h"

#include <stdlib.h>

#include "base/assert.h"
#include "base/random.h"

#define POPULATION_PER_DEVICE 16 /* at most so many tasks a device at time 0 */
#define POPULATION_EXTRA      1024
#define LENGTH_MIN_US	      INT64_C(1000000) /* a length that is unknown or 0 is one second */

static const char *const lengths_names[] = {
#define X(name, text) text,
	ARRIVALS_LENGTHS_MAP(X)
#undef X
};

const char *arrivals_lengths_name(int lengths)
{
	int known = lengths == ARRIVALS_TRACE || lengths == ARRIVALS_TAIL;
	return known ? lengths_names[lengths] : "?";
}

int arrivals_has_lengths(const struct tasks *tasks)
{
	for (int32_t i = 0; i < tasks->count; i++)
		if (tasks->rows[i].length_us > 0)
			return 1;
	return 0;
}

/* Minus the logarithm to base 2 of a random number in (0, 1), in 1/65536: an exponential gap. */
static int64_t draw_gap(uint64_t *random)
{
	uint64_t drawn = random_next(random) | 1;
	int zeros = __builtin_clzll(drawn);
	uint64_t mantissa = drawn << zeros; /* 1.0 is the highest bit */
	int64_t fraction = 0;
	for (int bit = 15; bit >= 0; bit--) {
		unsigned __int128 square = (unsigned __int128)mantissa * mantissa;
		int over_two = (int)(square >> 127);
		fraction |= (int64_t)over_two << bit;
		mantissa = (uint64_t)(square >> (63 + over_two));
	}
	return ((int64_t)(zeros + 1) << 16) - fraction;
}

/* Bounded Pareto with exponent 1: min / (1 - u (1 - min / max)). */
static int64_t draw_tail(uint64_t *random)
{
	const __int128 one = (__int128)1 << 32;
	__int128 part = (__int128)(random_next(random) >> 32);
	__int128 below =
		ARRIVALS_TAIL_MAX_US * one - part * (ARRIVALS_TAIL_MAX_US - ARRIVALS_TAIL_MIN_US);
	return (int64_t)(ARRIVALS_TAIL_MIN_US * (__int128)ARRIVALS_TAIL_MAX_US * one / below);
}

static int64_t row_length(const struct tasks_row *row)
{
	return row->length_us > LENGTH_MIN_US ? row->length_us : LENGTH_MIN_US;
}

static int64_t row_milli(const struct tasks_row *row)
{
	return (int64_t)row->gang * row->task.devices * row->task.share_milli;
}

static void draw_tasks(struct arrival *list, const struct arrivals_config *config, uint64_t *random)
{
	for (int32_t i = 0; i < config->count; i++) {
		uint64_t at = random_below(random, (uint64_t)config->rows_count);
		list[i].row = config->rows[at];
		list[i].length_us = config->lengths == ARRIVALS_TAIL
					    ? draw_tail(random)
					    : row_length(&config->tasks->rows[list[i].row]);
	}
}

/* The span in which the fleet, at this load, does the work of all that was drawn. */
static int64_t span_of_work(const struct arrival *list, const struct arrivals_config *config)
{
	__int128 work = 0;
	for (int32_t i = 0; i < config->count; i++)
		work += (__int128)row_milli(&config->tasks->rows[list[i].row]) * list[i].length_us;
	__int128 span = work * 1000 / ((__int128)config->load_milli * config->capacity_milli);
	return span < PARC_TIME_MAX / 2 ? (int64_t)span : -1;
}

static void draw_times(struct arrival *list, const struct arrivals_config *config, int64_t span_us,
		       uint64_t *random)
{
	__int128 sum = 0;
	for (int32_t i = 0; i < config->count; i++)
		sum += list[i].time_us = draw_gap(random);
	__int128 so_far = 0;
	for (int32_t i = 0; i < config->count; i++) {
		so_far += list[i].time_us;
		list[i].time_us = (int64_t)(so_far * span_us / sum);
	}
}

static int32_t find_cumulative(const int64_t *cumulative, int32_t count, int64_t value)
{
	int32_t low = 0, high = count - 1;
	while (low < high) {
		int32_t middle = low + (high - low) / 2;
		if (cumulative[middle] > value)
			high = middle;
		else
			low = middle + 1;
	}
	return low;
}

/* Draw the tasks that run at time 0 into `list`, at most `max`; returns how many. `arriving` are
 * the tasks already drawn, `cumulative` the sums of their lengths in milliseconds. */
static int32_t draw_population(struct arrival *list, int32_t max, const struct arrival *arriving,
			       const int64_t *cumulative, const struct arrivals_config *config,
			       uint64_t *random)
{
	int64_t load = config->load_milli < 1000 ? config->load_milli : 1000;
	int64_t wanted_milli = config->capacity_milli / 1000 * load, milli = 0;
	uint64_t total = (uint64_t)cumulative[config->count - 1];
	for (int32_t i = 0; i < max; i++) {
		int64_t at = (int64_t)random_below(random, total);
		const struct arrival *found =
			&arriving[find_cumulative(cumulative, config->count, at)];
		milli += row_milli(&config->tasks->rows[found->row]);
		if (milli > wanted_milli)
			return i;
		list[i] = *found;
		list[i].time_us = 0;
		list[i].length_us = 1 + (int64_t)random_below(random, (uint64_t)found->length_us);
	}
	return max;
}

static int check_config(const struct arrivals_config *config, struct parc_err *err)
{
	if (config->count < 1 || config->count > ARRIVALS_MAX)
		return parc_err_set(err, PARC_ERR_INVALID, "%d arrivals; 1 to %d are possible",
				    config->count, ARRIVALS_MAX);
	if (config->load_milli < 1 || config->load_milli > 100000)
		return parc_err_set(err, PARC_ERR_INVALID,
				    "a load of %d thousandths; 1 to 100000 is possible",
				    config->load_milli);
	if (config->rows_count < 1 || config->capacity_milli < 1)
		return parc_err_set(err, PARC_ERR_INVALID,
				    "no task of the list can run on this fleet");
	if (config->lengths == ARRIVALS_TRACE && !arrivals_has_lengths(config->tasks))
		return parc_err_set(err, PARC_ERR_INVALID,
				    "the task list has no lengths; use --lengths tail");
	return 0;
}

/* Draw everything: the arrivals to list[max_population..], then the population before them. */
static int draw_all(struct arrivals *arrivals, const struct arrivals_config *config,
		    int64_t *cumulative, int32_t max_population, struct parc_err *err)
{
	uint64_t random = random_mix(config->seed) ^ UINT64_C(0x636875726e);
	struct arrival *arriving = arrivals->list + max_population;
	int64_t sum_ms = 0;
	draw_tasks(arriving, config, &random);
	int64_t span_us = span_of_work(arriving, config);
	if (span_us < 1)
		return parc_err_set(err, PARC_ERR_INVALID,
				    "the tasks drawn ask for no device or for too much time");
	draw_times(arriving, config, span_us, &random);
	for (int32_t i = 0; i < config->count; i++)
		cumulative[i] = sum_ms += arriving[i].length_us / 1000;
	int32_t population = draw_population(arrivals->list, max_population, arriving, cumulative,
					     config, &random);
	for (int32_t i = 0; i < config->count && population < max_population; i++)
		arrivals->list[population + i] = arriving[i];
	arrivals->population = population;
	arrivals->count = population + config->count;
	arrivals->end_us = span_us;
	return 0;
}

int arrivals_init(struct arrivals *arrivals, const struct arrivals_config *config,
		  struct parc_err *err)
{
	*arrivals = (struct arrivals){0};
	int code = check_config(config, err);
	if (code)
		return code;
	int64_t most = config->capacity_milli / 1000 * POPULATION_PER_DEVICE + POPULATION_EXTRA;
	int32_t max_population = (int32_t)(most < ARRIVALS_MAX ? most : ARRIVALS_MAX);
	size_t size = (size_t)(max_population + config->count);
	int64_t *cumulative = malloc((size_t)config->count * sizeof(*cumulative));
	arrivals->list = malloc(size * sizeof(*arrivals->list));
	if (!cumulative || !arrivals->list)
		code = parc_err_set(err, PARC_ERR_MEMORY, "no memory for %d arrivals",
				    config->count);
	else
		code = draw_all(arrivals, config, cumulative, max_population, err);
	free(cumulative);
	if (code)
		arrivals_deinit(arrivals);
	return code;
}

void arrivals_deinit(struct arrivals *arrivals)
{
	free(arrivals->list);
	*arrivals = (struct arrivals){0};
}

/* Mean length of the heavy tail, min x ln(max / min) x max / (max - min): the logarithm is that
 * of 144, in thousandths. */
static int64_t mean_tail_us(void)
{
	_Static_assert(ARRIVALS_TAIL_MAX_US / ARRIVALS_TAIL_MIN_US == 144, "ln 144 is meant");
	const int64_t ln_ratio_milli = 4970;
	return ARRIVALS_TAIL_MIN_US / 1000 * ln_ratio_milli / 143 * 144;
}

int32_t arrivals_in_hours(const struct arrivals_config *config, int32_t hours)
{
	__int128 work = 0;
	for (int32_t i = 0; i < config->rows_count; i++) {
		const struct tasks_row *row = &config->tasks->rows[config->rows[i]];
		int64_t length_us =
			config->lengths == ARRIVALS_TAIL ? mean_tail_us() : row_length(row);
		work += (__int128)row_milli(row) * length_us;
	}
	if (work <= 0)
		return 1;
	__int128 done = (__int128)hours * 3600000000 * config->capacity_milli / 1000;
	__int128 count = done * config->load_milli * config->rows_count / work;
	return count < 1 ? 1 : count > ARRIVALS_MAX ? ARRIVALS_MAX : (int32_t)count;
}
