/* SPDX-License-Identifier: Apache-2.0
 *
 * Results of the experiments as JSON. Values of a seed and means over the seeds have one form: a
 * mean is the sum over the seeds with a divisor above 1.
 */
#include "sim/report.h"

#include <string.h>

static double divided(int64_t value, double divisor)
{
	return (double)value / divisor;
}

/* A count is a whole number for one seed, and may have a fraction as a mean. */
static json_t *number(int64_t value, int32_t divisor)
{
	return divisor == 1 ? json_integer(value) : json_real(divided(value, divisor));
}

static json_t *levels_json(const struct saturate_result *result, const struct saturate_seed *seed,
			   int32_t divisor)
{
	json_t *levels = json_object();
	for (int32_t i = 0; i <= result->level_max; i++) {
		char key[16];
		snprintf(key, sizeof(key), "%d", i);
		json_object_set_new(
			levels, key,
			json_real(divided(seed->allocated[i], (double)SATURATE_SCALE * divisor)));
	}
	return levels;
}

static json_t *kinds_json(const struct saturate_result *result, const struct saturate_seed *seed,
			  int32_t divisor)
{
	json_t *kinds = json_object();
	for (int32_t i = 0; i < SATURATE_KINDS; i++) {
		char key[32];
		if (!result->sum.arrived_by_kind[i])
			continue;
		report_kind_text(i, key, sizeof(key));
		json_object_set_new(kinds, key,
				    json_pack("{s:o, s:o}", "arrived",
					      number(seed->arrived_by_kind[i], divisor), "refused",
					      number(seed->refused_by_kind[i], divisor)));
	}
	return kinds;
}

static json_t *chips_json(const struct saturate_result *result, const struct saturate_seed *seed,
			  int32_t divisor)
{
	const struct fleet *fleet = result->config->fleet;
	json_t *chips = json_object();
	for (int32_t i = 0; i < fleet->chips_count; i++) {
		int64_t capacity = result->capacity_by_chip[i];
		if (!capacity)
			continue;
		double percent =
			divided(seed->allocated_by_chip[i] * 100, (double)capacity * divisor);
		json_object_set_new(chips, fleet->chips[i].name,
				    json_pack("{s:I, s:f}", "devices",
					      (json_int_t)(capacity / PARC_SHARE_WHOLE),
					      "allocated_pct", percent));
	}
	return chips;
}

static json_t *stranded_json(const struct saturate_result *result, const struct saturate_seed *seed,
			     int32_t divisor)
{
	json_t *causes = json_object();
	for (int i = 0; i < STRANDED_COUNT; i++)
		json_object_set_new(causes, stranded_key(i),
				    json_real(divided(seed->stranded.milli[i] * 100,
						      (double)result->capacity_milli * divisor)));
	return causes;
}

/* What a seed and the mean have in common. */
static void add_measures(json_t *object, const struct saturate_result *result,
			 const struct saturate_seed *seed, int32_t divisor)
{
	json_object_set_new(object, "tasks", number(seed->tasks, divisor));
	json_object_set_new(object, "refused", number(seed->refused, divisor));
	json_object_set_new(object, "allocated_pct", levels_json(result, seed, divisor));
	json_object_set_new(object, "refused_by_shape", kinds_json(result, seed, divisor));
	json_object_set_new(object, "allocated_by_chip", chips_json(result, seed, divisor));
	json_object_set_new(object, "unallocated_pct", stranded_json(result, seed, divisor));
	json_object_set_new(object, "elapsed_ms",
			    json_real(divided(seed->deciding_ns, 1e6 * divisor)));
}

static void add_digest(json_t *object, uint64_t digest)
{
	char text[17];
	snprintf(text, sizeof(text), "%016llx", (unsigned long long)digest);
	json_object_set_new(object, "digest", json_string(text));
}

json_t *report_saturate_json(const struct saturate_result *result)
{
	json_t *root = json_object(), *seeds = json_array(), *mean = json_object();
	json_object_set_new(root, "place", json_string(parc_place_name(result->config->place)));
	json_object_set_new(root, "profile",
			    json_string(result->config->tell_demand ? "list" : "learn"));
	for (int32_t i = 0; i < result->seeds_count; i++) {
		json_t *seed = json_object();
		json_object_set_new(seed, "seed", json_integer(result->seeds[i].seed));
		add_measures(seed, result, &result->seeds[i], 1);
		add_digest(seed, result->seeds[i].digest);
		json_array_append_new(seeds, seed);
	}
	add_measures(mean, result, &result->sum, result->seeds_count);
	json_object_set_new(root, "seeds", seeds);
	json_object_set_new(root, "mean", mean);
	json_object_set_new(root, "elapsed_ms", json_real(divided(result->sum.deciding_ns, 1e6)));
	return root;
}

static json_t *waits_json(const struct churn_waits *waits, int32_t divisor)
{
	double second = 1e6 * divisor;
	double started = waits->arrived ? (double)waits->started / (double)waits->arrived : 1.0;
	return json_pack(
		"{s:o, s:o, s:f, s:f, s:f, s:f, s:f}", "arrived", number(waits->arrived, divisor),
		"started", number(waits->started, divisor), "started_pct", 100.0 * started,
		"wait_mean_s", divided(waits->wait.mean, second), "wait_p50_s",
		divided(waits->wait.p50, second), "wait_p99_s", divided(waits->wait.p99, second),
		"wait_max_s", divided(waits->wait.max, second));
}

static void add_churn_measures(json_t *object, const struct churn_seed *seed, int32_t divisor)
{
	double scale = (double)CHURN_SCALE * divisor;
	json_object_set_new(object, "allocated_pct", json_real(divided(seed->allocated, scale)));
	json_object_set_new(object, "offered_pct", json_real(divided(seed->offered, scale)));
	json_object_set_new(object, "measured_hours",
			    json_real(divided(seed->span_us, 3.6e9 * divisor)));
	json_object_set_new(object, "all", waits_json(&seed->all, divisor));
	json_object_set_new(object, "wide", waits_json(&seed->wide, divisor));
	json_object_set_new(object, "queue_at_end", number(seed->queue_end, divisor));
	json_object_set_new(object, "steps", number(seed->decisions, divisor));
	json_object_set_new(object, "elapsed_ms",
			    json_real(divided(seed->deciding_ns, 1e6 * divisor)));
}

static json_t *churn_load_json(const struct churn_result *result)
{
	json_t *load = json_object(), *seeds = json_array(), *mean = json_object();
	json_object_set_new(load, "load_pct", json_real(result->config->load_milli / 10.0));
	for (int32_t i = 0; i < result->seeds_count; i++) {
		json_t *seed = json_object();
		json_object_set_new(seed, "seed", json_integer(result->seeds[i].seed));
		add_churn_measures(seed, &result->seeds[i], 1);
		add_digest(seed, result->seeds[i].digest);
		json_array_append_new(seeds, seed);
	}
	add_churn_measures(mean, &result->sum, result->seeds_count);
	json_object_set_new(load, "seeds", seeds);
	json_object_set_new(load, "mean", mean);
	return load;
}

json_t *report_churn_json(const struct churn_result *loads, int32_t loads_count)
{
	json_t *root = json_object(), *list = json_array();
	const struct churn_config *config = loads[0].config;
	int64_t elapsed_ns = 0;
	for (int32_t i = 0; i < loads_count; i++) {
		json_array_append_new(list, churn_load_json(&loads[i]));
		elapsed_ns += loads[i].sum.deciding_ns;
	}
	json_object_set_new(root, "place", json_string(parc_place_name(config->place)));
	json_object_set_new(root, "profile", json_string(config->tell_demand ? "list" : "learn"));
	json_object_set_new(root, "lengths", json_string(arrivals_lengths_name(config->lengths)));
	json_object_set_new(root, "rows_excluded", json_integer(loads[0].rows_excluded));
	json_object_set_new(root, "churn", list);
	json_object_set_new(root, "elapsed_ms", json_real(divided(elapsed_ns, 1e6)));
	return root;
}
