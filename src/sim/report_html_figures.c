/* SPDX-License-Identifier: Apache-2.0
 *
 * Key figures of the HTML report: one table says what each is called, its unit, which way is
 * better, and how it comes from a result.
 */
#include <string.h>

#include "base/assert.h"
#include "sim/report_html_parts.h"

#define US_PER_SECOND 1e6

/* A figure that is one field of the result, over a divisor. */
#define FIELD(name, field, divisor)                                     \
	static double figure_##name(const struct replay_result *result) \
	{                                                               \
		return (double)result->field / (divisor);               \
	}

FIELD(jobs, jobs, 1)
FIELD(started, started, 1)
FIELD(finished, finished, 1)
FIELD(failed, failed, 1)
FIELD(timed_out, timed_out, 1)
FIELD(lost, lost, 1)
FIELD(cancelled, cancelled, 1)
FIELD(left, left, 1)
FIELD(requeues, requeues, 1)
FIELD(wait_mean, wait_us.mean, US_PER_SECOND)
FIELD(wait_p50, wait_us.p50, US_PER_SECOND)
FIELD(wait_p90, wait_us.p90, US_PER_SECOND)
FIELD(wait_p99, wait_us.p99, US_PER_SECOND)
FIELD(wait_max, wait_us.max, US_PER_SECOND)
FIELD(completion_mean, completion_us.mean, US_PER_SECOND)
FIELD(completion_p50, completion_us.p50, US_PER_SECOND)
FIELD(completion_p90, completion_us.p90, US_PER_SECOND)
FIELD(completion_p99, completion_us.p99, US_PER_SECOND)
FIELD(completion_max, completion_us.max, US_PER_SECOND)
FIELD(slowdown_mean, slowdown_milli.mean, 1e3)
FIELD(slowdown_p50, slowdown_milli.p50, 1e3)
FIELD(slowdown_p90, slowdown_milli.p90, 1e3)
FIELD(slowdown_p99, slowdown_milli.p99, 1e3)
FIELD(makespan, makespan_us, US_PER_SECOND)
FIELD(decisions, decisions, 1)

static __int128 allocated(const struct replay_result *result)
{
	__int128 sum = 0;
	for (int32_t i = PARC_LEDGER_STARTING; i <= PARC_LEDGER_LOST; i++)
		sum += result->ledger[i];
	return sum;
}

static double figure_use(const struct replay_result *result)
{
	return report_percent(allocated(result), result->capacity);
}

static double figure_use_arrivals(const struct replay_result *result)
{
	return report_percent(result->allocated_arrivals, result->capacity_arrivals);
}

static double figure_hours(const struct replay_result *result)
{
	return report_hours(allocated(result));
}

static double figure_normalised(const struct replay_result *result)
{
	return report_hours(result->held_normal);
}

static double figure_work(const struct replay_result *result)
{
	return report_percent(result->work, result->capacity);
}

static double figure_rate(const struct replay_result *result)
{
	return result->deciding_ns == 0
		       ? 0.0
		       : (double)result->decisions * 1e9 / (double)result->deciding_ns;
}

/* clang-format off */
const struct report_figure report_figures[] = {
	{"use", "device use, whole run", REPORT_UNIT_PERCENT, 1,
	 figure_use, "Use of the fleet", "device use"},
	{"use_arrivals", "device use until the last arrival", REPORT_UNIT_PERCENT, 1,
	 figure_use_arrivals, NULL, "device use until the last arrival"},
	{"work", "work of finished jobs, of capacity", REPORT_UNIT_PERCENT, 1,
	 figure_work, NULL, NULL},
	{"hours", "device-hours allocated", REPORT_UNIT_HOURS, 0,
	 figure_hours, NULL, NULL},
	{"normalised", "normalised hours", REPORT_UNIT_HOURS, 0,
	 figure_normalised, NULL, NULL},
	{"makespan", "makespan", REPORT_UNIT_DURATION, -1,
	 figure_makespan, NULL, "makespan"},
	{"wait_mean", "mean", REPORT_UNIT_DURATION, -1,
	 figure_wait_mean, "Wait to the first start", "mean wait"},
	{"wait_p50", "median", REPORT_UNIT_DURATION, -1,
	 figure_wait_p50, NULL, "median wait"},
	{"wait_p90", "90 % of jobs within", REPORT_UNIT_DURATION, -1,
	 figure_wait_p90, NULL, "90 % wait no longer than"},
	{"wait_p99", "99 % of jobs within", REPORT_UNIT_DURATION, -1,
	 figure_wait_p99, NULL, "99 % wait no longer than"},
	{"wait_max", "longest", REPORT_UNIT_DURATION, -1,
	 figure_wait_max, NULL, NULL},
	{"completion_mean", "mean", REPORT_UNIT_DURATION, -1,
	 figure_completion_mean, "Completion: arrival to end", "mean time to completion"},
	{"completion_p50", "median", REPORT_UNIT_DURATION, -1,
	 figure_completion_p50, NULL, "median time to completion"},
	{"completion_p90", "90 % of jobs within", REPORT_UNIT_DURATION, -1,
	 figure_completion_p90, NULL, "90 % complete within"},
	{"completion_p99", "99 % of jobs within", REPORT_UNIT_DURATION, -1,
	 figure_completion_p99, NULL, NULL},
	{"completion_max", "longest", REPORT_UNIT_DURATION, -1,
	 figure_completion_max, NULL, NULL},
	{"slowdown_mean", "mean", REPORT_UNIT_RATIO, -1,
	 figure_slowdown_mean, "Bounded slowdown: completion over run time", "mean slowdown"},
	{"slowdown_p50", "median", REPORT_UNIT_RATIO, -1,
	 figure_slowdown_p50, NULL, NULL},
	{"slowdown_p90", "90 % of jobs within", REPORT_UNIT_RATIO, -1,
	 figure_slowdown_p90, NULL, NULL},
	{"slowdown_p99", "99 % of jobs within", REPORT_UNIT_RATIO, -1,
	 figure_slowdown_p99, NULL, NULL},
	{"jobs", "arrived", REPORT_UNIT_COUNT, 0,
	 figure_jobs, "Jobs", NULL},
	{"started", "started", REPORT_UNIT_COUNT, 1,
	 figure_started, NULL, NULL},
	{"finished", "finished", REPORT_UNIT_COUNT, 1,
	 figure_finished, NULL, "jobs finished"},
	{"failed", "of these, failed in the log", REPORT_UNIT_COUNT, 0,
	 figure_failed, NULL, NULL},
	{"timed_out", "stopped at their time limit", REPORT_UNIT_COUNT, -1,
	 figure_timed_out, NULL, NULL},
	{"lost", "lost to faults", REPORT_UNIT_COUNT, -1,
	 figure_lost, NULL, NULL},
	{"requeues", "requeued after a fault", REPORT_UNIT_COUNT, 0,
	 figure_requeues, NULL, NULL},
	{"cancelled", "cancelled with what they depend on", REPORT_UNIT_COUNT, -1,
	 figure_cancelled, NULL, NULL},
	{"left", "still waiting at the end", REPORT_UNIT_COUNT, -1,
	 figure_left, NULL, NULL},
	{"decisions", "decisions", REPORT_UNIT_COUNT, 0,
	 figure_decisions, "The scheduler", NULL},
	{"rate", "decisions a second, on this machine", REPORT_UNIT_COUNT, 0,
	 figure_rate, NULL, NULL},
};
/* clang-format on */
const int32_t report_figures_count = sizeof(report_figures) / sizeof(report_figures[0]);

const struct report_figure *report_figure_get(const char *id)
{
	for (int32_t i = 0; i < report_figures_count; i++)
		if (strcmp(report_figures[i].id, id) == 0)
			return &report_figures[i];
	ASSERT(!"there is such a figure");
	return NULL;
}

void report_figure_text(const struct report_figure *figure, double value, char *text)
{
	switch (figure->unit) {
	case REPORT_UNIT_DURATION:
		report_text_duration(text, value);
		return;
	case REPORT_UNIT_PERCENT:
		report_text_percent(text, value);
		return;
	case REPORT_UNIT_COUNT:
		report_text_number(text, (double)(int64_t)(value + 0.5));
		return;
	default:
		report_text_number(text, value);
	}
}

bool report_figure_best(const struct report_figure *figure, const struct replay_result *results,
			int32_t count, double *best)
{
	char first[REPORT_NUMBER_MAX], text[REPORT_NUMBER_MAX];
	bool is_same = true;
	*best = figure->value(&results[0]);
	report_figure_text(figure, *best, first);
	for (int32_t i = 1; i < count; i++) {
		double value = figure->value(&results[i]);
		report_figure_text(figure, value, text);
		is_same = is_same && strcmp(first, text) == 0;
		if ((value - *best) * figure->better > 0)
			*best = value;
	}
	return figure->better != 0 && !is_same;
}
