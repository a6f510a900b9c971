/* SPDX-License-Identifier: Apache-2.0
 *
 * Results of the experiments as tables: one row a measure, one column a policy, at most 80
 * columns of text.
 */
#include "sim/report.h"

#include <string.h>

#include "sim/columns.h"

void report_kind_text(int32_t kind, char *text, size_t size)
{
	if (kind == 0)
		snprintf(text, size, "CPU only");
	else if (kind == 1)
		snprintf(text, size, "part of 1 device");
	else if (kind == SATURATE_KINDS - 1)
		snprintf(text, size, "gang");
	else
		snprintf(text, size, "%d device%s", kind - 1, kind == 2 ? "" : "s");
}

static void write_levels(const struct columns *table, const struct saturate_result *results)
{
	for (int32_t level = 10; level <= results->level_max; level += 10) {
		char label[48];
		snprintf(label, sizeof(label), "  %3d %% arrived", level);
		columns_label(table, label);
		for (int32_t i = 0; i < table->count; i++)
			columns_cell(table,
				     (double)results[i].sum.allocated[level] /
					     ((double)SATURATE_SCALE * results[i].seeds_count),
				     2);
		columns_end(table);
	}
}

static void write_kinds(const struct columns *table, const struct saturate_result *results)
{
	for (int32_t kind = 0; kind < SATURATE_KINDS; kind++) {
		char label[64], text[32];
		int64_t arrived = results->sum.arrived_by_kind[kind];
		if (!arrived)
			continue;
		report_kind_text(kind, text, sizeof(text));
		snprintf(label, sizeof(label), "  %s (of %.1f)", text,
			 (double)arrived / results->seeds_count);
		columns_label(table, label);
		for (int32_t i = 0; i < table->count; i++)
			columns_cell(table,
				     (double)results[i].sum.refused_by_kind[kind] /
					     results[i].seeds_count,
				     1);
		columns_end(table);
	}
	columns_label(table, "  all");
	for (int32_t i = 0; i < table->count; i++)
		columns_cell(table, (double)results[i].sum.refused / results[i].seeds_count, 1);
	columns_end(table);
}

static void write_stranded(const struct columns *table, const struct saturate_result *results)
{
	for (int cause = 0; cause < STRANDED_COUNT; cause++) {
		char label[64];
		snprintf(label, sizeof(label), "  %s", stranded_text(cause));
		columns_label(table, label);
		for (int32_t i = 0; i < table->count; i++)
			columns_cell(table,
				     100.0 * (double)results[i].sum.stranded.milli[cause] /
					     ((double)results[i].capacity_milli *
					      results[i].seeds_count),
				     2);
		columns_end(table);
	}
}

static void write_chips(const struct columns *table, const struct saturate_result *results)
{
	const struct fleet *fleet = results->config->fleet;
	for (int32_t chip = 0; chip < fleet->chips_count; chip++) {
		char label[FLEET_NAME_MAX + 40];
		int64_t capacity = results->capacity_by_chip[chip];
		if (!capacity)
			continue;
		snprintf(label, sizeof(label), "  %s (%lld devices)", fleet->chips[chip].name,
			 (long long)(capacity / PARC_SHARE_WHOLE));
		columns_label(table, label);
		for (int32_t i = 0; i < table->count; i++)
			columns_cell(table,
				     100.0 * (double)results[i].sum.allocated_by_chip[chip] /
					     ((double)capacity * results[i].seeds_count),
				     2);
		columns_end(table);
	}
}

static void write_saturate_head(const struct columns *table, const struct saturate_result *results)
{
	const struct saturate_config *config = results->config;
	fprintf(table->out,
		"Saturation: %lld devices in %d nodes, %d tasks in the list.\n"
		"Tasks arrive until %.2f of the devices are asked for; means of %d seed%s.\n\n",
		(long long)config->fleet->devices, config->fleet->nodes_count, config->tasks->count,
		config->saturate_milli / 1000.0, results->seeds_count,
		results->seeds_count == 1 ? "" : "s");
	columns_label(table, "allocated, % of the devices");
	for (int32_t i = 0; i < table->count; i++)
		columns_name(table, parc_place_name(results[i].config->place));
	columns_end(table);
}

void report_saturate_text(FILE *out, const struct saturate_result *results, int32_t count)
{
	struct columns table = columns_of(out, count);
	write_saturate_head(&table, results);
	write_levels(&table, results);
	fputs("\nrefused tasks, by what they asked for\n", out);
	write_kinds(&table, results);
	fputs("\nwhere the rest is stranded at the end, % of the devices\n", out);
	write_stranded(&table, results);
	fputs("\nallocated at the end by chip, %\n", out);
	write_chips(&table, results);
	fputc('\n', out);
	columns_label(&table, "deciding, ms a seed");
	for (int32_t i = 0; i < count; i++)
		columns_cell(&table,
			     (double)results[i].sum.deciding_ns / 1e6 / results[i].seeds_count, 1);
	columns_end(&table);
}

/* One row of the churn table: its label and where its value lies in the sum over the seeds. */
struct churn_row {
	const char *label;
	size_t offset;
	double unit;
	int decimals;
};

static const struct churn_row churn_rows[] = {
	{"  allocated, % of the devices", offsetof(struct churn_seed, allocated), CHURN_SCALE, 2},
	{"  wait, mean, minutes", offsetof(struct churn_seed, all.wait.mean), 6e7, 2},
	{"  wait, median", offsetof(struct churn_seed, all.wait.p50), 6e7, 2},
	{"  wait, 99 % below", offsetof(struct churn_seed, all.wait.p99), 6e7, 2},
	{"  waiting at the end, tasks", offsetof(struct churn_seed, queue_end), 1, 1},
	{"  8 devices and more: arrived", offsetof(struct churn_seed, wide.arrived), 1, 1},
	{"    started", offsetof(struct churn_seed, wide.started), 1, 1},
	{"    wait, mean, minutes", offsetof(struct churn_seed, wide.wait.mean), 6e7, 2},
	{"    wait, median", offsetof(struct churn_seed, wide.wait.p50), 6e7, 2},
	{"    wait, 99 % below", offsetof(struct churn_seed, wide.wait.p99), 6e7, 2},
	{"  deciding, us a step", 0, 0, 2},
};

static double churn_value(const struct churn_row *row, const struct churn_result *result)
{
	int64_t value;
	if (row->unit == 0)
		return result->sum.decisions ? (double)result->sum.deciding_ns / 1e3 /
						       (double)result->sum.decisions
					     : 0.0;
	memcpy(&value, (const char *)&result->sum + row->offset, sizeof(value));
	return (double)value / (row->unit * result->seeds_count);
}

static void write_churn_load(const struct columns *table, const struct churn_result *results,
			     int32_t stride)
{
	fprintf(table->out, "\nload %.1f %% (%.1f %% offered in %.1f measured hours)\n",
		results->config->load_milli / 10.0,
		(double)results->sum.offered / ((double)CHURN_SCALE * results->seeds_count),
		(double)results->sum.span_us / (3.6e9 * results->seeds_count));
	for (size_t r = 0; r < sizeof(churn_rows) / sizeof(churn_rows[0]); r++) {
		columns_label(table, churn_rows[r].label);
		for (int32_t i = 0; i < table->count; i++)
			columns_cell(
				table,
				churn_value(&churn_rows[r], &results[(size_t)i * (size_t)stride]),
				churn_rows[r].decimals);
		columns_end(table);
	}
}

void report_churn_text(FILE *out, const struct churn_result *results, int32_t places_count,
		       int32_t loads_count)
{
	struct columns table = columns_of(out, places_count);
	const struct churn_config *config = results->config;
	fprintf(out,
		"Churn: %lld devices in %d nodes, %d tasks in the list, lengths: %s.\n"
		"The first third of the span warms up; means of %d seed%s.\n\n",
		(long long)config->fleet->devices, config->fleet->nodes_count, config->tasks->count,
		arrivals_lengths_name(config->lengths), results->seeds_count,
		results->seeds_count == 1 ? "" : "s");
	columns_label(&table, "");
	for (int32_t i = 0; i < places_count; i++)
		columns_name(
			&table,
			parc_place_name(results[(size_t)i * (size_t)loads_count].config->place));
	columns_end(&table);
	for (int32_t i = 0; i < loads_count; i++)
		write_churn_load(&table, &results[i], loads_count);
}
