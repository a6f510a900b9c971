/* SPDX-License-Identifier: Apache-2.0
 *
 * Made results of replays: smooth series and skewed waits, such as a real run has, whose ledger
 * adds up to the capacity.
 */
#include "support/runs.h"

#include <stdlib.h>
#include <string.h>

#include "base/assert.h"
#include "base/random.h"

#define DEVICES	    336
#define INTERVAL_US INT64_C(1800000000)

static const char *const names[RUNS_MAX] = {"fifo+none",
					    "fifo+easy",
					    "shortest+easy:true",
					    "tiers+conservative",
					    "largest+none",
					    "attained+easy@best-fit",
					    "shortest+easy:learnt",
					    "fifo+greedy"};

/* A wave between 0 and 1000 over the points, a different one for each category. */
static int64_t wave(int32_t point, int32_t period)
{
	int64_t at = point % period;
	return at * 2 < period ? at * 2000 / period : (period - at) * 2000 / period;
}

static void fill_point(struct replay_result *result, int32_t p, int32_t slow)
{
	static const int32_t kinds[] = {PARC_LEDGER_DOWN_FAILED,    PARC_LEDGER_FREE_HELD,
					PARC_LEDGER_STRANDED_SHARE, PARC_LEDGER_STRANDED_CLOSENESS,
					PARC_LEDGER_LOST,	    PARC_LEDGER_STARTING};
	struct replay_point *point = &result->points[p];
	int64_t left = DEVICES * PARC_SHARE_WHOLE;
	bool is_late = p > RUNS_POINTS * 3 / 4;
	point->time_us = (p + 1) * INTERVAL_US;
	for (size_t k = 0; k < sizeof(kinds) / sizeof(kinds[0]); k++) {
		int64_t part = wave(p, 17 + 9 * (int32_t)k) * (8 + 2 * slow) / ((int64_t)k + 1);
		point->ledger[kinds[k]] = (__int128)part * INTERVAL_US;
		left -= part;
	}
	int64_t idle = is_late ? left * (p - RUNS_POINTS * 3 / 4) * 4 / RUNS_POINTS : left / 20;
	point->ledger[PARC_LEDGER_FREE_NO_DEMAND] = (__int128)idle * INTERVAL_US;
	point->ledger[PARC_LEDGER_BUSY] = (__int128)(left - idle) * INTERVAL_US;
	point->pending_jobs = is_late ? 0 : (double)(wave(p, 60) * (2 + slow)) / 10;
	point->pending_devices = point->pending_jobs * 3.5;
	point->running_devices = (double)(left - idle) / PARC_SHARE_WHOLE;
	point->running_jobs = point->running_devices / 2.5;
	for (int32_t i = 0; i < PARC_LEDGER_COUNT; i++)
		result->ledger[i] += point->ledger[i];
}

static int compare(const void *a, const void *b)
{
	int64_t left = *(const int64_t *)a, right = *(const int64_t *)b;
	return (left > right) - (left < right);
}

/* Skewed: a random power of two, then a little more; some values are 0. */
static int64_t *made_values(uint64_t *random, int32_t power_max, int32_t slow,
			    struct replay_spread *spread)
{
	int64_t *values = calloc(RUNS_JOBS, sizeof(*values)), sum = 0;
	ASSERT(values);
	for (int32_t i = 0; i < RUNS_JOBS; i++) {
		int64_t power = INT64_C(1) << random_below(random, (uint64_t)power_max);
		if (random_below(random, 4) > 0)
			values[i] = power * (4 + slow) +
				    (int64_t)random_below(random, (uint64_t)power * 4);
		sum += values[i];
	}
	qsort(values, RUNS_JOBS, sizeof(*values), compare);
	*spread = (struct replay_spread){.count = RUNS_JOBS,
					 .mean = sum / RUNS_JOBS,
					 .p50 = values[RUNS_JOBS / 2 - 1],
					 .p90 = values[RUNS_JOBS * 9 / 10 - 1],
					 .p99 = values[RUNS_JOBS * 99 / 100 - 1],
					 .max = values[RUNS_JOBS - 1]};
	return values;
}

static void fill_tenants(struct replay_result *result, int32_t count, const char *tenant,
			 int32_t slow)
{
	static char made[64][16];
	result->tenants = calloc((size_t)count + 1, sizeof(*result->tenants));
	ASSERT(result->tenants && count <= 64);
	result->tenants_count = count;
	for (int32_t t = 0; t < count; t++) {
		snprintf(made[t], sizeof(made[t]), "team-%02d", t);
		result->tenants[t] = (struct replay_tenant){
			.name = t == 0 ? tenant : made[t],
			.jobs = RUNS_JOBS / (t + 2),
			.started = RUNS_JOBS / (t + 2),
			.finished = RUNS_JOBS / (t + 2),
			.held = result->ledger[PARC_LEDGER_BUSY] / (t + 2),
			.held_normal = result->ledger[PARC_LEDGER_BUSY] / (t + 2),
			.wait_mean_us = INT64_C(30000000) * (t * t + 1) * (slow + 1)};
	}
}

static void fill_result(struct replay_result *result, int32_t slow)
{
	uint64_t random = 7; /* the seed */
	result->points = calloc(RUNS_POINTS, sizeof(*result->points));
	ASSERT(result->points);
	result->points_count = RUNS_POINTS;
	for (int32_t p = 0; p < RUNS_POINTS; p++)
		fill_point(result, p, slow);
	result->makespan_us = RUNS_POINTS * INTERVAL_US;
	result->arrivals_us = result->makespan_us * 3 / 4;
	for (int32_t i = 0; i < PARC_LEDGER_COUNT; i++)
		result->capacity += result->ledger[i];
	result->jobs = result->started = result->finished = RUNS_JOBS;
	result->failed = 31;
	result->waits_us = made_values(&random, 34, slow, &result->wait_us);
	result->completions_us = made_values(&random, 37, slow, &result->completion_us);
	result->slowdown_milli = (struct replay_spread){RUNS_JOBS, 4200, 1100, 9000, 61000, 90000};
	result->held_normal = result->ledger[PARC_LEDGER_BUSY];
	result->work = result->ledger[PARC_LEDGER_BUSY];
	result->allocated_arrivals = result->ledger[PARC_LEDGER_BUSY] / 2;
	result->capacity_arrivals = result->capacity * 3 / 5;
	result->decisions = 8000 + slow;
	result->deciding_ns = 4000000;
	result->digest = UINT64_C(0xfeed0000) + (uint64_t)slow;
	for (int32_t bin = 0; bin < REPLAY_FREE_BINS; bin++)
		result->free_device_us[bin] = bin == 0 ? 7e9 : bin == 10 ? 2e9 : 4e7 * bin;
}

void runs_init(struct runs *runs, int32_t count, int32_t tenants, const char *tenant)
{
	ASSERT(count >= 1 && count <= RUNS_MAX);
	*runs = (struct runs){.count = count};
	runs->fleet.devices = DEVICES;
	runs->fleet.nodes_count = DEVICES / 8;
	for (int32_t i = 0; i < count; i++) {
		runs->configs[i] = (struct replay_config){
			.fleet = &runs->fleet, .fleet_name = "fleet.yaml", .jobs_name = "jobs.csv"};
		snprintf(runs->configs[i].scheme.name, sizeof(runs->configs[i].scheme.name), "%s",
			 names[i]);
		runs->results[i].config = &runs->configs[i];
		fill_result(&runs->results[i], i);
		fill_tenants(&runs->results[i], tenants, tenant, i);
	}
}

void runs_deinit(struct runs *runs)
{
	for (int32_t i = 0; i < runs->count; i++) {
		free(runs->results[i].points);
		free(runs->results[i].tenants);
		free(runs->results[i].waits_us);
		free(runs->results[i].completions_us);
	}
	*runs = (struct runs){0};
}
