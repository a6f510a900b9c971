/* SPDX-License-Identifier: Apache-2.0
 *
 * A run over time. Between two steps everything is constant, so sums are products; the ledger is
 * read only where an interval ends, and taken as even between the two steps around that moment.
 * Joining costs one pass each time the run has grown twice as long.
 */
#include "sim/sampler.h"

#include <stdlib.h>
#include <string.h>

#define SAMPLER_WIDTH_US INT64_C(1000000) /* at first: one second */

int sampler_init(struct sampler *sampler, struct parc_err *err)
{
	*sampler = (struct sampler){.width_us = SAMPLER_WIDTH_US};
	/* One more than are kept: it is being filled. */
	sampler->points = calloc(REPLAY_POINTS_MAX + 1, sizeof(*sampler->points));
	if (!sampler->points)
		return parc_err_set(err, PARC_ERR_MEMORY, "no memory for the run over time");
	return 0;
}

void sampler_deinit(struct sampler *sampler)
{
	free(sampler->points);
	sampler->points = NULL;
}

static void read_ledger(const struct parc_core *core, __int128 *ledger)
{
	for (int i = 0; i < PARC_LEDGER_COUNT; i++)
		ledger[i] = parc_ledger(core, (enum parc_ledger)i);
}

static void add_level(struct replay_point *point, const struct sampler_level *level, double us)
{
	point->pending_jobs += us * (double)level->pending_jobs;
	point->pending_devices += us * (double)level->pending_milli / PARC_SHARE_WHOLE;
	point->running_jobs += us * (double)level->running_jobs;
	point->running_devices += us * (double)level->running_milli / PARC_SHARE_WHOLE;
	for (int i = 0; i < REPLAY_FREE_BINS; i++)
		point->free_devices[i] += us * (double)level->free_bins[i];
}

static void join_two(struct replay_point *into, const struct replay_point *from)
{
	into->time_us = from->time_us;
	for (int i = 0; i < PARC_LEDGER_COUNT; i++)
		into->ledger[i] += from->ledger[i];
	into->pending_jobs += from->pending_jobs;
	into->pending_devices += from->pending_devices;
	into->running_jobs += from->running_jobs;
	into->running_devices += from->running_devices;
	for (int i = 0; i < REPLAY_FREE_BINS; i++)
		into->free_devices[i] += from->free_devices[i];
}

static void join_all(struct sampler *sampler)
{
	for (int32_t i = 0; i < sampler->count / 2; i++) {
		struct replay_point point = sampler->points[2 * i];
		join_two(&point, &sampler->points[2 * i + 1]);
		sampler->points[i] = point;
	}
	sampler->count /= 2;
	sampler->width_us *= 2;
	memset(&sampler->points[sampler->count], 0, sizeof(*sampler->points));
}

static int64_t end_of_present(const struct sampler *sampler)
{
	return (sampler->count + 1) * sampler->width_us;
}

/* Make room for one more; the present interval, which is the last, then lasts longer. */
static void widen(struct sampler *sampler)
{
	struct replay_point present = sampler->points[sampler->count];
	join_all(sampler);
	sampler->points[sampler->count] = present;
}

void sampler_before(struct sampler *sampler, const struct parc_core *core,
		    const struct sampler_level *level, int64_t time_us)
{
	double took_us = (double)(time_us - sampler->now_us);
	int64_t steps = parc_count(core, PARC_COUNT_STEPS);
	if (steps != sampler->steps)
		sampler->stepped_us = sampler->now_us;
	sampler->steps = steps;
	if (time_us <= sampler->now_us)
		return;
	if (time_us < end_of_present(sampler)) {
		add_level(&sampler->points[sampler->count], level, took_us);
		sampler->now_us = time_us;
		return;
	}
	sampler->crossing_us = time_us;
	sampler->level = *level;
	memcpy(sampler->bins, level->free_bins, sizeof(sampler->bins));
	sampler->level.free_bins = sampler->bins;
	read_ledger(core, sampler->before);
}

/* Close the present interval, somewhere between the last step and the one just done. */
static void close_present(struct sampler *sampler, const __int128 *after)
{
	struct replay_point *point = &sampler->points[sampler->count];
	int64_t end_us = end_of_present(sampler);
	int64_t step_us = sampler->crossing_us - sampler->before_us;
	add_level(point, &sampler->level, (double)(end_us - sampler->now_us));
	for (int i = 0; i < PARC_LEDGER_COUNT; i++) {
		__int128 grown = after[i] - sampler->before[i];
		__int128 then =
			sampler->before[i] + grown * (end_us - sampler->before_us) / step_us;
		point->ledger[i] += then - sampler->begun[i];
		sampler->begun[i] = then;
	}
	point->time_us = sampler->now_us = end_us;
	sampler->count++;
	memset(&sampler->points[sampler->count], 0, sizeof(*point));
}

void sampler_after(struct sampler *sampler, const struct parc_core *core)
{
	__int128 after[PARC_LEDGER_COUNT];
	if (!sampler->crossing_us)
		return;
	if (parc_count(core, PARC_COUNT_STEPS) == sampler->steps) {
		/* No event after all: nothing has changed, and the next step looks back further. */
		sampler->crossing_us = 0;
		return;
	}
	read_ledger(core, after);
	sampler->before_us = sampler->stepped_us;
	while (sampler->crossing_us >= end_of_present(sampler)) {
		if (sampler->count == REPLAY_POINTS_MAX)
			widen(sampler);
		else
			close_present(sampler, after);
	}
	add_level(&sampler->points[sampler->count], &sampler->level,
		  (double)(sampler->crossing_us - sampler->now_us));
	sampler->now_us = sampler->crossing_us;
	sampler->crossing_us = 0;
}

static void make_means(struct replay_point *point, int64_t from_us)
{
	double took_us = (double)(point->time_us - from_us);
	point->pending_jobs /= took_us;
	point->pending_devices /= took_us;
	point->running_jobs /= took_us;
	point->running_devices /= took_us;
	for (int i = 0; i < REPLAY_FREE_BINS; i++)
		point->free_devices[i] /= took_us;
}

void sampler_finish(struct sampler *sampler, const struct parc_core *core)
{
	int64_t begun_us = sampler->count * sampler->width_us;
	if (sampler->now_us > begun_us) {
		struct replay_point *point;
		__int128 now[PARC_LEDGER_COUNT];
		if (sampler->count == REPLAY_POINTS_MAX)
			widen(sampler);
		point = &sampler->points[sampler->count];
		read_ledger(core, now);
		for (int i = 0; i < PARC_LEDGER_COUNT; i++)
			point->ledger[i] += now[i] - sampler->begun[i];
		point->time_us = sampler->now_us;
		sampler->count++;
	}
	for (int32_t i = 0; i < sampler->count; i++)
		for (int bin = 0; bin < REPLAY_FREE_BINS; bin++)
			sampler->free_device_us[bin] += sampler->points[i].free_devices[bin];
	for (int32_t i = 0; i < sampler->count; i++)
		make_means(&sampler->points[i], i ? sampler->points[i - 1].time_us : 0);
}
