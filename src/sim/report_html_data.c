/* SPDX-License-Identifier: Apache-2.0
 *
 * The data of the HTML report's charts as JSON. What is the same for all charts of a kind
 * (categories, tenants' names) stands once; each run has its series beside the others'. Sorted
 * values become at most QUANTILES points of their distribution, so the page stays small.
 *
 *   {arrivals_s, categories: [{key, group, label, meaning}], tenants: [name, ...],
 *    runs: [{name, devices, makespan_s, hours[category], capacity_hours, time_s[point],
 *            stack[category][point] (mean devices), pending_jobs[point], pending_devices[point],
 *            running_jobs[point], running_devices[point],
 *            wait, completion: {count, share[], s[]}, free_pct[bin],
 *            tenants: [{hours, jobs, finished, wait_s}]}]}
 */
#include "sim/report_html_parts.h"

#define QUANTILES 240
#define TAIL	  12 /* more points towards the longest, each halving what is left */

/* Thousandths are all that anybody sees, and keep the page small. */
static json_t *rounded(double value)
{
	return json_real((double)(int64_t)(value * 1000 + 0.5) / 1000);
}

static json_t *categories_json(const struct replay_result *results, int32_t count)
{
	json_t *list = json_array();
	for (int32_t i = 0; i < PARC_LEDGER_COUNT; i++) {
		const struct report_category *category = &report_categories[i];
		if (report_has_category(results, count, category->ledger))
			json_array_append_new(list,
					      json_pack("{s:s,s:s,s:s,s:s}", "key",
							parc_ledger_name(category->ledger), "group",
							category->group, "label", category->label,
							"meaning", category->meaning));
	}
	return list;
}

/* One value a category that any of the runs has, in the order of categories_json. */
static json_t *hours_json(const struct replay_result *result, const struct replay_result *results,
			  int32_t count)
{
	json_t *list = json_array();
	for (int32_t i = 0; i < PARC_LEDGER_COUNT; i++)
		if (report_has_category(results, count, report_categories[i].ledger))
			json_array_append_new(
				list,
				rounded(report_hours(result->ledger[report_categories[i].ledger])));
	return list;
}

static json_t *band_json(const struct replay_result *result, int32_t ledger)
{
	json_t *list = json_array();
	int64_t from_us = 0;
	for (int32_t i = 0; i < result->points_count; i++) {
		const struct replay_point *point = &result->points[i];
		double length_us = (double)(point->time_us - from_us);
		double devices = (double)point->ledger[ledger] / PARC_SHARE_WHOLE;
		json_array_append_new(list, rounded(length_us > 0 ? devices / length_us : 0.0));
		from_us = point->time_us;
	}
	return list;
}

static json_t *stack_json(const struct replay_result *result, const struct replay_result *results,
			  int32_t count)
{
	json_t *list = json_array();
	for (int32_t i = 0; i < PARC_LEDGER_COUNT; i++)
		if (report_has_category(results, count, report_categories[i].ledger))
			json_array_append_new(list, band_json(result, report_categories[i].ledger));
	return list;
}

static void add_series(json_t *run, const struct replay_result *result)
{
	json_t *time = json_array(), *pending_jobs = json_array(), *pending_devices = json_array();
	json_t *running_jobs = json_array(), *running_devices = json_array();
	for (int32_t i = 0; i < result->points_count; i++) {
		const struct replay_point *point = &result->points[i];
		json_array_append_new(time, rounded((double)point->time_us / 1e6));
		json_array_append_new(pending_jobs, rounded(point->pending_jobs));
		json_array_append_new(pending_devices, rounded(point->pending_devices));
		json_array_append_new(running_jobs, rounded(point->running_jobs));
		json_array_append_new(running_devices, rounded(point->running_devices));
	}
	json_object_set_new(run, "time_s", time);
	json_object_set_new(run, "pending_jobs", pending_jobs);
	json_object_set_new(run, "pending_devices", pending_devices);
	json_object_set_new(run, "running_jobs", running_jobs);
	json_object_set_new(run, "running_devices", running_devices);
}

/* The share of values at or below each point: even steps, then ever finer ones to the end. */
static json_t *distribution_json(const int64_t *sorted, int64_t count)
{
	json_t *shares = json_array(), *seconds = json_array();
	int64_t last = -1;
	double left = 1.0 / QUANTILES;
	for (int32_t i = 0; i <= QUANTILES + TAIL && count > 0; i++) {
		double share = (double)i / QUANTILES;
		if (i >= QUANTILES)
			share = i == QUANTILES + TAIL ? 1.0 : 1.0 - (left /= 2);
		int64_t at = (int64_t)(share * (double)(count - 1));
		if (at == last)
			continue;
		last = at;
		json_array_append_new(shares, json_real((double)(at + 1) / (double)count));
		json_array_append_new(seconds, rounded((double)sorted[at] / 1e6));
	}
	return json_pack("{s:I,s:o,s:o}", "count", (json_int_t)count, "share", shares, "s",
			 seconds);
}

static json_t *free_json(const struct replay_result *result)
{
	json_t *list = json_array();
	double sum = 0;
	for (int32_t bin = 0; bin < REPLAY_FREE_BINS; bin++)
		sum += result->free_device_us[bin];
	for (int32_t bin = 0; bin < REPLAY_FREE_BINS; bin++)
		json_array_append_new(
			list, rounded(sum > 0 ? 100 * result->free_device_us[bin] / sum : 0.0));
	return list;
}

static json_t *tenants_json(const struct report_tenant *tenants, int32_t tenants_count, int32_t run)
{
	json_t *list = json_array();
	for (int32_t t = 0; t < tenants_count; t++) {
		const struct replay_tenant *tenant = &tenants[t].runs[run];
		json_array_append_new(list, json_pack("{s:f,s:I,s:I,s:f}", "hours",
						      report_hours(tenant->held), "jobs",
						      (json_int_t)tenant->jobs, "finished",
						      (json_int_t)tenant->finished, "wait_s",
						      (double)tenant->wait_mean_us / 1e6));
	}
	return list;
}

static json_t *tenant_names_json(const struct report_tenant *tenants, int32_t count)
{
	json_t *list = json_array();
	for (int32_t t = 0; t < count; t++) {
		char label[REPORT_LABEL_MAX];
		report_tenant_label(&tenants[t], label);
		json_array_append_new(list, markup_json(label));
	}
	return list;
}

static json_t *run_json(const struct replay_result *result, const struct replay_result *results,
			int32_t count)
{
	double span_us = result->makespan_us > 0 ? (double)result->makespan_us : 1.0;
	json_t *run =
		json_pack("{s:o,s:f,s:f,s:f}", "name", markup_json(result->config->scheme.name),
			  "devices", (double)result->capacity / PARC_SHARE_WHOLE / span_us,
			  "makespan_s", (double)result->makespan_us / 1e6, "capacity_hours",
			  report_hours(result->capacity));
	json_object_set_new(run, "hours", hours_json(result, results, count));
	json_object_set_new(run, "stack", stack_json(result, results, count));
	add_series(run, result);
	json_object_set_new(run, "wait",
			    distribution_json(result->waits_us, result->wait_us.count));
	json_object_set_new(run, "completion",
			    distribution_json(result->completions_us, result->completion_us.count));
	json_object_set_new(run, "free_pct", free_json(result));
	return run;
}

json_t *report_html_data(const struct replay_result *results, int32_t count)
{
	struct report_tenant tenants[REPORT_TENANTS_MAX + 1];
	int32_t tenants_count = report_tenants_find(tenants, results, count);
	json_t *runs = json_array();
	for (int32_t i = 0; i < count; i++) {
		json_t *run = run_json(&results[i], results, count);
		json_object_set_new(run, "tenants", tenants_json(tenants, tenants_count, i));
		json_array_append_new(runs, run);
	}
	return json_pack("{s:f,s:o,s:o,s:o}", "arrivals_s", (double)results->arrivals_us / 1e6,
			 "categories", categories_json(results, count), "tenants",
			 tenant_names_json(tenants, tenants_count), "runs", runs);
}
