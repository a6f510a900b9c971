/* SPDX-License-Identifier: Apache-2.0
 *
 * The result of a replay as JSON. Numbers with a unit in their name are decimals; sums of the
 * ledger are strings, as they need up to 128 bits.
 */
#include "sim/report.h"
#include "sim/waterfall.h"

static json_t *spread_json(const struct replay_spread *spread, double unit)
{
	return json_pack("{s:f, s:f, s:f, s:f, s:f}", "mean", (double)spread->mean / unit, "p50",
			 (double)spread->p50 / unit, "p90", (double)spread->p90 / unit, "p99",
			 (double)spread->p99 / unit, "max", (double)spread->max / unit);
}

static double percent(__int128 part, __int128 whole)
{
	return (double)replay_percent_milli(part, whole) / 1000.0;
}

static void set_decimal(json_t *object, const char *key, __int128 number)
{
	char text[WATERFALL_DIGITS];
	json_object_set_new(object, key, json_string(waterfall_decimal(number, text)));
}

static json_t *tenants_json(const struct replay_result *result)
{
	json_t *list = json_array();
	for (int32_t i = 0; i < result->tenants_count; i++) {
		const struct replay_tenant *it = &result->tenants[i];
		json_array_append_new(
			list,
			json_pack("{s:s, s:I, s:I, s:I, s:f, s:f, s:f, s:f, s:f, s:I}", "tenant",
				  it->name, "jobs", (json_int_t)it->jobs, "started",
				  (json_int_t)it->started, "finished", (json_int_t)it->finished,
				  "device_hours", (double)it->held / 3.6e12, "normalised_hours",
				  (double)it->held_normal / 3.6e12, "wait_mean_s",
				  (double)it->wait_mean_us / 1e6, "wait_p90_s",
				  (double)it->wait_p90_us / 1e6, "guarantee_devices",
				  (double)it->guarantee_milli / 1e3, "preempted",
				  (json_int_t)it->preempted));
	}
	return list;
}

/* Tiers that have jobs, the highest first. */
static json_t *tiers_json(const struct replay_result *result)
{
	json_t *list = json_array();
	for (int32_t t = PARC_TIERS_MAX - 1; t >= 0; t--) {
		const struct replay_tier *it = &result->tiers[t];
		if (it->jobs == 0)
			continue;
		json_array_append_new(list,
				      json_pack("{s:i, s:I, s:I, s:I, s:f, s:f, s:o}", "tier",
						(int)t, "jobs", (json_int_t)it->jobs, "started",
						(json_int_t)it->started, "finished",
						(json_int_t)it->finished, "device_hours",
						(double)it->held / 3.6e12, "normalised_hours",
						(double)it->held_normal / 3.6e12, "wait_s",
						spread_json(&it->wait_us, 1e6)));
	}
	return list;
}

static void set_hours(json_t *object, const char *key, __int128 sum)
{
	json_object_set_new(object, key, json_real((double)sum / 3.6e12));
}

static json_t *chips_json(const struct replay_result *result)
{
	json_t *list = json_array();
	for (int32_t i = 0; i < result->chips_count; i++) {
		const struct replay_chip *it = &result->chips[i];
		json_t *object;
		if (it->capacity == 0)
			continue;
		object = json_pack("{s:s, s:f, s:f}", "chip", it->name, "use_arrivals_pct",
				   percent(it->held_arrivals, it->capacity_arrivals), "use_pct",
				   percent(it->held, it->capacity));
		set_hours(object, "arrivals_capacity_hours", it->capacity_arrivals);
		set_hours(object, "arrivals_hours", it->held_arrivals);
		set_hours(object, "arrivals_normalised_hours", it->normal_arrivals);
		set_hours(object, "capacity_hours", it->capacity);
		set_hours(object, "device_hours", it->held);
		set_hours(object, "normalised_hours", it->held_normal);
		json_array_append_new(list, object);
	}
	return list;
}

/* What was learnt, when the core was told how fast runs were. */
static void set_speeds(json_t *object, const struct replay_result *result)
{
	json_t *list;
	if (!result->config->learns_speeds)
		return;
	list = json_array();
	for (int32_t i = 0; i < result->speeds_count; i++) {
		const struct replay_speed *it = &result->speeds[i];
		json_array_append_new(
			list, json_pack("{s:s, s:s, s:i, s:s, s:i, s:i, s:i}", "kind", it->kind,
					"chip", it->chip, "speed_milli", (int)it->info.speed_milli,
					"source", parc_speed_name(it->info.source), "spread_milli",
					(int)it->info.spread_milli, "runs", (int)it->info.runs,
					"trials", (int)it->info.trials));
	}
	json_object_set_new(object, "speeds", list);
}

static json_t *points_json(const struct replay_service *service)
{
	json_t *list = json_array();
	for (int32_t i = 0; i < service->points_count; i++) {
		const struct replay_service_point *it = &service->points[i];
		json_array_append_new(
			list, json_pack("{s:f, s:f, s:f, s:f}", "time_s", (double)it->time_us / 1e6,
					"load", it->load_milli / 1e3, "replicas", it->replicas,
					"in_time_pct", 100.0 * it->in_time));
	}
	return list;
}

static json_t *services_json(const struct replay_result *result)
{
	json_t *list = json_array();
	for (int32_t i = 0; i < result->services_count; i++) {
		const struct replay_service *it = &result->services[i];
		double share = it->requests > 0 ? 100.0 * it->in_time / it->requests : 100.0;
		json_array_append_new(
			list, json_pack("{s:s, s:f, s:f, s:i, s:i, s:I, s:f, s:f, s:o}", "service",
					it->name, "in_time_pct", share, "replicas_mean",
					it->replicas_mean, "replicas_most", (int)it->replicas_most,
					"replicas_made", (int)it->replicas_made, "preempted",
					(json_int_t)it->preempted, "device_hours",
					(double)it->held / 3.6e12, "fixed_devices",
					(double)it->fixed_milli / 1e3, "points", points_json(it)));
	}
	return list;
}

static void set_services(json_t *object, const struct replay_result *result)
{
	if (result->services_count == 0)
		return;
	json_object_set_new(object, "services", services_json(result));
	json_object_set_new(object, "fixed_devices", json_real((double)result->fixed_milli / 1e3));
	json_object_set_new(object, "spared_hours", json_real((double)result->spared / 3.6e12));
	json_object_set_new(object, "lent_hours", json_real((double)result->lent / 3.6e12));
}

static json_t *faults_json(const struct replay_result *result)
{
	json_t *object = json_object();
	for (int i = 0; i < REPLAY_FAULT_KINDS; i++)
		json_object_set_new(object, replay_fault_name(i), json_integer(result->faults[i]));
	return object;
}

static void set_scheme(json_t *object, const struct replay_config *config)
{
	const struct scheme *scheme = &config->scheme;
	json_t *named = json_pack(
		"{s:s, s:s, s:s, s:s, s:s, s:b}", "policy", scheme->name, "order",
		parc_order_name(scheme->order), "backfill", parc_backfill_name(scheme->backfill),
		"place", parc_place_name(scheme->place), "lengths",
		scheme_lengths_name(scheme->lengths), "size_tiers", scheme->sizes_are_tiers);
	json_object_update(object, named);
	json_decref(named);
}

/* Why those wait that never started, with their numbers. */
static json_t *reasons_json(const struct replay_result *result)
{
	json_t *object = json_object();
	for (int i = 0; i < PARC_REASON_COUNT; i++)
		if (result->left_reasons[i] > 0)
			json_object_set_new(object,
					    i == PARC_REASON_NONE ? "refused" : parc_reason_name(i),
					    json_integer(result->left_reasons[i]));
	return object;
}

static void set_jobs(json_t *object, const struct replay_result *result)
{
	const struct {
		const char *key;
		int64_t value;
	} counts[] = {{"jobs", result->jobs},		{"started", result->started},
		      {"finished", result->finished},	{"failed", result->failed},
		      {"withdrawn", result->withdrawn}, {"timed_out", result->timed_out},
		      {"lost", result->lost},		{"cancelled", result->cancelled},
		      {"left", result->left},		{"attempts", result->attempts},
		      {"requeues", result->requeues}};
	for (size_t i = 0; i < sizeof(counts) / sizeof(counts[0]); i++)
		json_object_set_new(object, counts[i].key, json_integer(counts[i].value));
	json_object_set_new(object, "left_reasons", reasons_json(result));
	json_object_set_new(object, "measured", json_integer(result->measured));
	json_object_set_new(object, "wait_s", spread_json(&result->wait_us, 1e6));
	json_object_set_new(object, "completion_s", spread_json(&result->completion_us, 1e6));
	json_object_set_new(object, "slowdown", spread_json(&result->slowdown_milli, 1e3));
	if (result->fairness_milli.count > 0)
		json_object_set_new(object, "fairness", spread_json(&result->fairness_milli, 1e3));
}

static void set_use(json_t *object, const struct replay_result *result)
{
	__int128 allocated = replay_allocated(result->ledger);
	json_object_set_new(object, "makespan_s", json_real((double)result->makespan_us / 1e6));
	json_object_set_new(object, "arrivals_s", json_real((double)result->arrivals_us / 1e6));
	json_object_set_new(object, "use_pct", json_real(percent(allocated, result->capacity)));
	json_object_set_new(
		object, "use_arrivals_pct",
		json_real(percent(result->allocated_arrivals, result->capacity_arrivals)));
	json_object_set_new(object, "device_hours", json_real((double)allocated / 3.6e12));
	json_object_set_new(object, "normalised_hours",
			    json_real((double)result->held_normal / 3.6e12));
	json_object_set_new(object, "work_hours", json_real((double)result->work / 3.6e12));
	json_object_set_new(object, "waterfall", waterfall_json(result->ledger));
	set_decimal(object, "capacity", result->capacity);
}

json_t *report_replay_json(const struct replay_result *result)
{
	char digest[17];
	json_t *object = json_object();
	double seconds = (double)result->deciding_ns / 1e9;
	set_scheme(object, result->config);
	set_jobs(object, result);
	set_use(object, result);
	set_services(object, result);
	json_object_set_new(object, "faults", faults_json(result));
	json_object_set_new(object, "tenants", tenants_json(result));
	json_object_set_new(object, "guarantees",
			    json_pack("{s:f, s:f, s:f}", "idle_hours",
				      (double)result->guaranteed_idle / 3.6e12, "lent_hours",
				      (double)result->guaranteed_lent / 3.6e12, "borrowed_hours",
				      (double)result->borrowed / 3.6e12));
	json_object_set_new(object, "preempted", json_integer(result->preempted));
	json_object_set_new(object, "refused", json_integer(result->refused));
	json_object_set_new(object, "tiers", tiers_json(result));
	json_object_set_new(object, "chips", chips_json(result));
	set_speeds(object, result);
	json_object_set_new(object, "steps", json_integer(result->steps));
	json_object_set_new(object, "decisions", json_integer(result->decisions));
	json_object_set_new(object, "decisions_per_s",
			    json_real(seconds > 0 ? (double)result->decisions / seconds : 0));
	json_object_set_new(object, "deciding_ms", json_integer(result->deciding_ns / 1000000));
	json_object_set_new(object, "elapsed_ms", json_integer(result->elapsed_ms));
	snprintf(digest, sizeof(digest), "%016llx", (unsigned long long)result->digest);
	json_object_set_new(object, "digest", json_string(digest));
	return object;
}
