/* SPDX-License-Identifier: Apache-2.0
 *
 * The experiment with packing. Where the core puts each holder is read from its START actions;
 * what is judged is a sum over the holders of each device, minute by minute.
 */
#include "sim/packing.h"

#include <stdlib.h>
#include <string.h>

#include "sim/stage.h"

struct packing {
	const struct packing_config *config;
	struct packing_result *result;
	struct stage stage;
	int32_t *device_of;  /* by holder: its device; -1: none */
	int32_t *node_first; /* by node index: its first device */
	int16_t *sorted;     /* samples of one holder */
};

static int compare_samples(const void *a, const void *b)
{
	return *(const int16_t *)a - *(const int16_t *)b;
}

/* The percentile of the holder's first half, rounded up; 0: it has too few samples. */
static int32_t holder_share(const struct packing *it, int32_t holder)
{
	const struct use_series *use = it->config->use;
	int32_t count = 0, at, share;

	for (int32_t m = 0; m < use->minutes / 2; m++)
		if (use_at(use, holder, m) != USE_NONE)
			it->sorted[count++] = use_at(use, holder, m);
	if (count < PACKING_SAMPLES_MIN)
		return 0;
	qsort(it->sorted, (size_t)count, sizeof(*it->sorted), compare_samples);
	at = (int32_t)((int64_t)count * it->config->percentile_milli / 1000);
	share = it->sorted[at < count ? at : count - 1];
	share = (share + PACKING_STEP_MILLI - 1) / PACKING_STEP_MILLI * PACKING_STEP_MILLI;
	return share > 0 ? share : PACKING_STEP_MILLI;
}

static int holder_measure(struct packing *it, int32_t holder, struct parc_err *err)
{
	struct parc_event event = {.kind = PARC_EVENT_USE_MEASURED};
	struct parc_actions actions;

	event.use.kind = holder + 1;
	event.use.share_milli = holder_share(it, holder);
	it->result->fitted += event.use.share_milli > 0;
	return stage_step(&it->stage, &event, &actions, err);
}

static int holder_submit(struct packing *it, int32_t holder, struct parc_err *err)
{
	struct parc_group group = {.tasks_min = 1, .tasks_max = 1};
	struct parc_event event = {.kind = PARC_EVENT_SUBMIT};
	struct parc_actions actions;
	int code;

	group.task = (struct parc_task){.devices = 1,
					.share_milli = PARC_SHARE_WHOLE,
					.device_memory_mib = it->config->device_memory_mib};
	event.submit = (struct parc_submit){.job = holder + 1,
					    .user = 1,
					    .kind = holder + 1,
					    .work_class = PARC_CLASS_INFER,
					    .packable = 1,
					    .groups_count = 1,
					    .groups = &group};
	code = stage_step(&it->stage, &event, &actions, err);
	it->device_of[holder] = -1;
	for (int32_t i = 0; i < actions.count && code == 0; i++) {
		const struct parc_action *action = &actions.list[i];

		if (action->kind == PARC_ACTION_START)
			it->device_of[holder] =
				it->node_first[action->start.placements[0].node - 1] +
				__builtin_ctz(action->start.placements[0].devices);
	}
	return code;
}

/* ---- The judge */

/* One minute of one device: the sum of its holders' use. */
static void judge_minute(struct packing_result *result, int32_t sum, int64_t *work, int64_t *over)
{
	result->minutes++;
	*work += sum;
	if (sum > result->worst_milli)
		result->worst_milli = sum;
	if (sum <= PARC_SHARE_WHOLE)
		return;
	result->minutes_over++;
	*over += sum - PARC_SHARE_WHOLE;
}

static void judge(struct packing *it, int32_t *sums, int32_t *counts)
{
	const struct use_series *use = it->config->use;
	struct packing_result *result = it->result;
	int64_t devices = it->config->fleet->devices, work = 0, over = 0, alone = 0, samples = 0;

	for (int32_t m = use->minutes / 2; m < use->minutes; m++) {
		for (int64_t d = 0; d < devices; d++)
			sums[d] = USE_NONE;
		for (int32_t h = 0; h < use->holders; h++) {
			int32_t device = it->device_of[h], milli = use_at(use, h, m);

			if (device < 0 || milli == USE_NONE)
				continue;
			sums[device] = sums[device] == USE_NONE ? milli : sums[device] + milli;
			alone += milli;
			samples++;
		}
		for (int64_t d = 0; d < devices; d++)
			if (sums[d] != USE_NONE)
				judge_minute(result, sums[d], &work, &over);
	}
	for (int32_t h = 0; h < use->holders; h++)
		if (it->device_of[h] >= 0 && ++counts[it->device_of[h]] > result->holders_most)
			result->holders_most = counts[it->device_of[h]];
	for (int64_t d = 0; d < devices; d++)
		result->devices += counts[d] > 0;
	for (int32_t h = 0; h < use->holders; h++)
		result->left += it->device_of[h] < 0;
	result->use = result->minutes > 0 ? (double)work / (double)result->minutes / 1000 : 0;
	result->use_before = samples > 0 ? (double)alone / (double)samples / 1000 : 0;
	result->over = work > 0 ? (double)over / (double)work : 0;
}

/* ---- All */

static int packing_make(struct packing *it, struct parc_err *err)
{
	const struct packing_config *config = it->config;
	struct parc_policy policy = {.place = config->place,
				     .pack_margin_milli = config->margin_milli};
	struct parc_limits limits = fleet_limits(config->fleet, config->use->holders);
	struct stage_setup setup = {
		.fleet = config->fleet, .seed = 1, .policy = &policy, .limits = &limits};
	int32_t first = 0;

	if (limits.shapes < config->use->holders)
		limits.shapes = config->use->holders;
	it->device_of = calloc((size_t)config->use->holders, sizeof(*it->device_of));
	it->node_first = calloc((size_t)config->fleet->nodes_count + 1, sizeof(*it->node_first));
	it->sorted = calloc((size_t)config->use->minutes + 1, sizeof(*it->sorted));
	if (it->device_of == NULL || it->node_first == NULL || it->sorted == NULL)
		return parc_err_set(err, PARC_ERR_MEMORY, "no memory for the holders");
	for (int32_t n = 0; n < config->fleet->nodes_count; n++) {
		const struct parc_node_add *add = &config->fleet->nodes[n].add;

		it->node_first[n] = first;
		for (int32_t p = 0; p < add->pools_count; p++)
			if (config->fleet->chips[add->pools[p].chip].chip.rule != PARC_RULE_CORES)
				first += add->pools[p].devices;
	}
	return stage_init(&it->stage, &setup, err);
}

int packing_run(struct packing_result *result, const struct packing_config *config,
		struct parc_err *err)
{
	struct packing it = {.config = config, .result = result};
	int32_t *sums = calloc((size_t)config->fleet->devices + 1, 2 * sizeof(*sums));
	int code =
		sums == NULL ? parc_err_set(err, PARC_ERR_MEMORY, "no memory for the devices") : 0;

	*result = (struct packing_result){.config = config, .holders = config->use->holders};
	if (code == 0)
		code = packing_make(&it, err);
	for (int32_t h = 0; h < config->use->holders && code == 0; h++)
		code = holder_measure(&it, h, err);
	for (int32_t h = 0; h < config->use->holders && code == 0; h++)
		code = holder_submit(&it, h, err);
	if (code == 0 && config->check)
		code = stage_check(&it.stage, err);
	if (code == 0)
		judge(&it, sums, sums + config->fleet->devices);
	stage_deinit(&it.stage);
	free(it.device_of);
	free(it.node_first);
	free(it.sorted);
	free(sums);
	return code;
}

/* ---- Writing */

static double percent(double part, double whole)
{
	return whole > 0 ? 100 * part / whole : 0;
}

void packing_text(FILE *out, const struct packing_result *result)
{
	const struct packing_config *config = result->config;

	fprintf(out, "Holders: %d, of which %d have %d samples or more in the first half\n",
		result->holders, result->fitted, PACKING_SAMPLES_MIN);
	fprintf(out,
		"Booked:  the percentile %.1f of the first half + %.1f %% of a device, %d MiB\n\n",
		config->percentile_milli / 10.0, config->margin_milli / 10.0,
		config->device_memory_mib);
	fprintf(out, "%-44s %12d\n", "devices that hold somebody", result->devices);
	fprintf(out, "%-44s %12d\n", "holders on one device at most", result->holders_most);
	if (result->left > 0)
		fprintf(out, "%-44s %12d\n", "holders without a device", result->left);
	fprintf(out, "\nsecond half\n");
	fprintf(out, "%-44s %12.2f\n", "  busy part of a device alone, %",
		100 * result->use_before);
	fprintf(out, "%-44s %12.2f\n", "  busy part of a device packed, %", 100 * result->use);
	fprintf(out, "%-44s %12lld\n", "  device-minutes", (long long)result->minutes);
	fprintf(out, "%-44s %12lld\n", "  device-minutes over capacity",
		(long long)result->minutes_over);
	fprintf(out, "%-44s %12.3f\n", "  the same, %",
		percent((double)result->minutes_over, (double)result->minutes));
	fprintf(out, "%-44s %12.3f\n", "  work that found its device full, %", 100 * result->over);
	fprintf(out, "%-44s %12.1f\n", "  highest sum of use, %", result->worst_milli / 10.0);
}

json_t *packing_json(const struct packing_result *result)
{
	return json_pack("{s:i, s:i, s:i, s:i, s:i, s:f, s:f, s:I, s:I, s:f, s:f, s:f}", "holders",
			 (int)result->holders, "fitted", (int)result->fitted, "devices",
			 (int)result->devices, "holders_most", (int)result->holders_most, "left",
			 (int)result->left, "use_before_pct", 100 * result->use_before, "use_pct",
			 100 * result->use, "minutes", (json_int_t)result->minutes, "minutes_over",
			 (json_int_t)result->minutes_over, "minutes_over_pct",
			 percent((double)result->minutes_over, (double)result->minutes),
			 "work_over_pct", 100 * result->over, "worst_pct",
			 result->worst_milli / 10.0);
}
