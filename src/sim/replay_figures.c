/* SPDX-License-Identifier: Apache-2.0
 *
 * The figures of a replay, from what became of each row. Bounded slowdown is that of Feitelson,
 * Rudolph, Schwiegelshohn, Sevcik and Wong, "Theory and practice in parallel job scheduling",
 * JSSPP 1997: max(1, completion / max(length, 10 s)).
 */
#include <stdlib.h>
#include <string.h>

#include "base/assert.h"
#include "sim/fairness.h"
#include "sim/replay_run.h"

#define TENANTS_SPREAD_MAX 64 /* more get no percentiles */

int64_t replay_percent_milli(__int128 part, __int128 whole)
{
	return whole > 0 ? (int64_t)((part * 200000 + whole) / (whole * 2)) : 0;
}

__int128 replay_allocated(const __int128 ledger[PARC_LEDGER_COUNT])
{
	__int128 sum = 0;
	for (int i = PARC_LEDGER_STARTING; i <= PARC_LEDGER_LOST; i++)
		sum += ledger[i];
	return sum;
}

static int is_finished(const struct run *run)
{
	return run->state == RUN_ENDED &&
	       (run->result == PARC_RESULT_OK || run->result == PARC_RESULT_FAILED);
}

int replay_measures(const struct replay_config *config, const struct jobs_row *row)
{
	return config->measure_last == 0 ||
	       (row->id >= config->measure_first && row->id <= config->measure_last);
}

static int is_measured(const struct replay *replay, int32_t row)
{
	return replay_measures(replay->config, &replay->log->rows[row]);
}

/* Its completion counts. */
static int is_counted(const struct replay *replay, int32_t row)
{
	return is_finished(&replay->runs[row]) && is_measured(replay, row);
}

/* It never started: why, as the core says it of what waits. Who may run on no chip of the fleet was
 * not submitted; else who was not is above the number that his tenant may have waiting. */
static void count_left(struct replay *replay, int32_t row)
{
	const struct run *run = &replay->runs[row];
	struct parc_job_info info = {.reason = PARC_REASON_NONE};
	int32_t reason = PARC_REASON_NONE;
	if (replay->log->rows[row].alien)
		reason = PARC_REASON_NO_CHIP;
	else if (run->state != RUN_ENDED && parc_job_info(replay->stage.core, run->job, &info) == 0)
		reason = info.reason;
	ASSERT(reason >= 0 && reason < PARC_REASON_COUNT);
	replay->result->left++;
	replay->result->left_reasons[reason]++;
}

static void count_row(struct replay *replay, int32_t row)
{
	struct replay_result *result = replay->result;
	const struct run *run = &replay->runs[row];
	int32_t logged = replay->log->rows[row].result;
	result->measured += is_measured(replay, row);
	result->started += run->first_start_us >= 0;
	if (is_finished(run)) {
		result->finished++;
		result->withdrawn += logged == PARC_RESULT_CANCELLED;
		result->failed += logged != PARC_RESULT_CANCELLED && logged != PARC_RESULT_OK;
		result->work += (__int128)run->demand_milli * replay->log->rows[row].length_us;
		return;
	}
	result->timed_out += run->state == RUN_ENDED && run->result == PARC_RESULT_TIMEOUT;
	result->lost += run->state == RUN_ENDED && run->result == PARC_RESULT_LOST;
	result->cancelled += run->state == RUN_ENDED && run->result == PARC_RESULT_CANCELLED;
	if (run->state != RUN_ENDED || run->result == PARC_RESULT_REFUSED)
		count_left(replay, row);
}

/* ---- Spreads */

static struct replay_spread spread_of(int64_t *values, int64_t count)
{
	struct stats_summary summary = stats_summarise(values, (int32_t)count);
	return (struct replay_spread){.count = count,
				      .mean = summary.mean,
				      .p50 = summary.p50,
				      .p90 = summary.p90,
				      .p99 = summary.p99,
				      .max = summary.max};
}

static int64_t *allocate_values(int64_t count, struct parc_err *err)
{
	int64_t *values = malloc(((size_t)count + 1) * sizeof(*values));
	if (!values)
		parc_err_set(err, PARC_ERR_MEMORY, "no memory for the figures of %lld jobs",
			     (long long)count);
	return values;
}

static int64_t fill_waits(const struct replay *replay, int64_t *values)
{
	int64_t count = 0;
	for (int32_t i = 0; i < replay->log->count; i++)
		if (replay->runs[i].first_start_us >= 0 && is_measured(replay, i))
			values[count++] =
				replay->runs[i].first_start_us - replay->runs[i].arrived_us;
	return count;
}

static int64_t fill_completions(const struct replay *replay, int64_t *values)
{
	int64_t count = 0;
	for (int32_t i = 0; i < replay->log->count; i++)
		if (is_counted(replay, i))
			values[count++] = replay->runs[i].ended_us - replay->runs[i].arrived_us;
	return count;
}

static int64_t fill_slowdowns(const struct replay *replay, int64_t *values)
{
	int64_t count = 0;
	for (int32_t i = 0; i < replay->log->count; i++) {
		const struct run *run = &replay->runs[i];
		int64_t length_us = replay->log->rows[i].length_us;
		if (!is_counted(replay, i))
			continue;
		if (length_us < REPLAY_BOUND_US)
			length_us = REPLAY_BOUND_US;
		__int128 milli = (__int128)(run->ended_us - run->arrived_us) * 1000 / length_us;
		values[count++] = milli > 1000 ? (int64_t)milli : 1000;
	}
	return count;
}

/* Against an equal part of the fleet; `values` has room for all rows. */
static int figure_fairness(struct replay *replay, int64_t *values, struct parc_err *err)
{
	int64_t count = 0, *alone_us;
	int code;
	if (replay->log->variants_count == 0)
		return 0;
	alone_us = allocate_values(replay->log->count, err);
	if (!alone_us)
		return PARC_ERR_MEMORY;
	code = fairness_alone(replay->config->fleet, replay->log, alone_us, err);
	for (int32_t i = 0; i < replay->log->count && !code; i++) {
		const struct run *run = &replay->runs[i];
		if (is_counted(replay, i) && alone_us[i] > 0)
			values[count++] = (int64_t)((__int128)(run->ended_us - run->arrived_us) *
						    1000 / alone_us[i]);
	}
	free(alone_us);
	replay->result->fairness_milli = spread_of(values, count);
	return code;
}

static int figure_spreads(struct replay *replay, struct parc_err *err)
{
	struct replay_result *result = replay->result;
	int64_t *values = allocate_values(replay->log->count, err), count;
	int code = 0;
	result->waits_us = allocate_values(result->started, err);
	result->completions_us = allocate_values(result->finished, err);
	if (!values || !result->waits_us || !result->completions_us) {
		free(values);
		return PARC_ERR_MEMORY;
	}
	count = fill_waits(replay, result->waits_us);
	result->wait_us = spread_of(result->waits_us, count);
	count = fill_completions(replay, result->completions_us);
	result->completion_us = spread_of(result->completions_us, count);
	count = fill_slowdowns(replay, values);
	result->slowdown_milli = spread_of(values, count);
	code = figure_fairness(replay, values, err);
	free(values);
	return code;
}

/* ---- Tenants */

static int compare_tenants(const void *a, const void *b)
{
	const struct replay_tenant *x = a, *y = b;
	if (x->held != y->held)
		return x->held < y->held ? 1 : -1;
	if (x->jobs != y->jobs)
		return x->jobs < y->jobs ? 1 : -1;
	return strcmp(x->name, y->name);
}

/* The 90th percentile of a tenant's waits, by the log's tenant; `values` has room for all rows. */
static int64_t tenant_p90(const struct replay *replay, int32_t tenant, int64_t *values)
{
	const struct jobs *log = replay->log;
	int64_t count = 0;
	for (int32_t i = 0; i < log->count; i++) {
		const struct run *run = &replay->runs[i];
		int32_t own = log->rows[i].tenant < 0 ? log->tenants.count : log->rows[i].tenant;
		if (own == tenant && run->first_start_us >= 0)
			values[count++] = run->first_start_us - run->arrived_us;
	}
	return spread_of(values, count).p90;
}

static int figure_tenants(struct replay *replay, struct parc_err *err)
{
	const struct jobs *log = replay->log;
	struct replay_result *result = replay->result;
	int32_t count = log->tenants.count + 1, kept = 0;
	int64_t *values = allocate_values(log->count, err);
	if (!values)
		return PARC_ERR_MEMORY;
	for (int32_t i = 0; i < log->count; i++) {
		const struct run *run = &replay->runs[i];
		struct replay_tenant *tenant =
			&result->tenants[log->rows[i].tenant < 0 ? count - 1 : log->rows[i].tenant];
		tenant->jobs++;
		tenant->finished += is_finished(run);
		if (run->first_start_us < 0)
			continue;
		tenant->started++;
		tenant->wait_mean_us += run->first_start_us - run->arrived_us;
	}
	for (int32_t i = 0; i < count; i++) {
		struct replay_tenant *tenant = &result->tenants[i];
		tenant->name = i < log->tenants.count ? log->tenants.list[i] : "-";
		tenant->guarantee_milli =
			parc_guarantee_sum(&replay->shares.sets[replay->shares.tenants[i] - 1])
				.milli;
		if (count <= TENANTS_SPREAD_MAX)
			tenant->wait_p90_us = tenant_p90(replay, i, values);
		if (tenant->started)
			tenant->wait_mean_us =
				stats_divide_up(tenant->wait_mean_us, tenant->started);
		if (tenant->jobs)
			result->tenants[kept++] = *tenant;
	}
	result->tenants_count = kept;
	qsort(result->tenants, (size_t)kept, sizeof(*result->tenants), compare_tenants);
	free(values);
	return 0;
}

/* What was lent, up to the last end. */
static void figure_shares(struct replay *replay)
{
	struct shares *shares = &replay->shares;

	shares_move(shares, replay->now_us, replay->log->tenants.count, 0);
	for (int32_t i = 0; i < shares->holders_count; i++) {
		replay->result->guaranteed_idle += shares->list[i].idle;
		replay->result->borrowed += shares->list[i].borrowed;
	}
	replay->result->guaranteed_lent = shares->lent;
}

/* ---- Tiers, chips, speeds */

static int figure_tiers(struct replay *replay, struct parc_err *err)
{
	const struct jobs *log = replay->log;
	int64_t *values = allocate_values(log->count, err);
	if (!values)
		return PARC_ERR_MEMORY;
	for (int32_t t = 0; t < PARC_TIERS_MAX; t++) {
		struct replay_tier *tier = &replay->result->tiers[t];
		int64_t count = 0;
		for (int32_t i = 0; i < log->count; i++) {
			const struct run *run = &replay->runs[i];
			if (log->rows[i].tier != t)
				continue;
			tier->jobs++;
			tier->finished += is_finished(run);
			tier->started += run->first_start_us >= 0;
			if (run->first_start_us >= 0 && is_measured(replay, i))
				values[count++] = run->first_start_us - run->arrived_us;
		}
		tier->wait_us = spread_of(values, count);
	}
	free(values);
	return 0;
}

static void figure_chips(struct replay *replay)
{
	const struct fleet *fleet = replay->config->fleet;
	replay->result->chips_count = fleet->chips_count;
	for (int32_t i = 0; i < fleet->chips_count; i++) {
		struct parc_usage usage = {0};
		parc_chip_usage(replay->stage.core, i, &usage);
		struct replay_chip *chip = &replay->result->chips[i];
		chip->name = fleet->chips[i].name;
		chip->held = usage.held;
		chip->held_normal = usage.normal / PARC_SHARE_WHOLE;
		chip->capacity = usage.capacity;
	}
}

/* Only what was learnt is worth asking for: a kind that never ended well has nothing. */
static int figure_speeds(struct replay *replay, struct parc_err *err)
{
	struct replay_result *result = replay->result;
	const struct jobs_names *kinds = &replay->log->kinds;
	if (!replay->config->learns_speeds)
		return 0;
	result->speeds = calloc(REPLAY_SPEEDS_MAX, sizeof(*result->speeds));
	if (!result->speeds)
		return parc_err_set(err, PARC_ERR_MEMORY, "no memory for speeds");
	for (int32_t k = 0; k < kinds->count; k++)
		for (int32_t c = 0; c < result->chips_count; c++) {
			struct replay_speed *it = &result->speeds[result->speeds_count];
			if (result->speeds_count == REPLAY_SPEEDS_MAX)
				return 0;
			if (parc_speed_info(replay->stage.core, k + 1, c, &it->info) != 0)
				continue;
			it->kind = kinds->list[k];
			it->chip = result->chips[c].name;
			result->speeds_count++;
		}
	return 0;
}

/* ---- All */

static void figure_core(struct replay *replay)
{
	struct replay_result *result = replay->result;
	const struct parc_core *core = replay->stage.core;
	for (int i = 0; i < PARC_LEDGER_COUNT; i++)
		result->ledger[i] = parc_ledger(core, (enum parc_ledger)i);
	result->capacity = parc_ledger_capacity(core);
	result->held_normal = replay->book.rated / PARC_SHARE_WHOLE;
	result->steps = parc_count(core, PARC_COUNT_STEPS);
	result->decisions = parc_count(core, PARC_COUNT_DECISIONS);
	result->digest = parc_digest(core);
	result->deciding_ns = replay->stage.deciding_ns;
}

int replay_figures(struct replay *replay, struct parc_err *err)
{
	struct replay_result *result = replay->result;
	result->jobs = replay->log->count;
	for (int32_t i = 0; i < replay->log->count; i++)
		count_row(replay, i);
	ASSERT(result->finished + result->timed_out + result->lost + result->cancelled +
		       result->left ==
	       result->jobs);
	figure_core(replay);
	figure_shares(replay);
	sampler_finish(&replay->sampler, replay->stage.core);
	result->points = replay->sampler.points;
	result->points_count = replay->sampler.count;
	replay->sampler.points = NULL;
	memcpy(result->free_device_us, replay->sampler.free_device_us,
	       sizeof(result->free_device_us));
	figure_chips(replay);
	int code = figure_tenants(replay, err);
	if (!code)
		code = figure_tiers(replay, err);
	if (!code)
		code = figure_speeds(replay, err);
	return code ? code : figure_spreads(replay, err);
}
