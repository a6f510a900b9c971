/* SPDX-License-Identifier: Apache-2.0
 *
 * The results of replays side by side as text: one row a measure, one column a policy. Rows that
 * are 0 for all are left out where they are the exception (losses, time limits, causes).
 */
#include <string.h>

#include "sim/columns.h"
#include "sim/report.h"
#include "sim/waterfall.h"

#define TENANTS_SHOWN 10

/* In which unit times are shown, chosen by how long jobs take to complete. */
struct time_unit {
	const char *name;
	double us;
};

static struct time_unit unit_of(const struct replay_result *results, int32_t count)
{
	int64_t longest_us = 0;
	for (int32_t i = 0; i < count; i++)
		if (results[i].completion_us.mean > longest_us)
			longest_us = results[i].completion_us.mean;
	if (longest_us >= INT64_C(7200000000))
		return (struct time_unit){"hours", 3.6e9};
	if (longest_us >= 120000000)
		return (struct time_unit){"minutes", 6e7};
	return (struct time_unit){"seconds", 1e6};
}

/* ---- Head */

static void write_head(FILE *out, const struct replay_result *results)
{
	const struct replay_config *config = results->config;
	const struct jobs *log = config->jobs;
	fprintf(out, "Jobs:  %d of %s over %.1f days, offered load %.2f\n", log->count,
		config->jobs_name ? config->jobs_name : "the log",
		(double)results->arrivals_us / 8.64e10,
		(double)jobs_load_milli(log, config->fleet->devices) / 1000.0);
	fprintf(out, "Fleet: %lld devices in %d nodes of %s\n", (long long)config->fleet->devices,
		config->fleet->nodes_count, config->fleet_name ? config->fleet_name : "the fleet");
	fputc('\n', out);
}

/* Names of the policies over their columns; where they are too long, letters and a legend. */
static void write_names(const struct columns *table, const struct replay_result *results,
			const char *label)
{
	int fits = 1;
	for (int32_t i = 0; i < table->count; i++)
		fits &= (int)strlen(results[i].config->scheme.name) < table->width;
	for (int32_t i = 0; i < table->count && !fits; i++)
		fprintf(table->out, "  %c  %s\n", 'A' + i, results[i].config->scheme.name);
	if (!fits)
		fputc('\n', table->out);
	columns_label(table, label);
	for (int32_t i = 0; i < table->count; i++) {
		const char letter[2] = {(char)('A' + i), '\0'};
		columns_name(table, fits ? results[i].config->scheme.name : letter);
	}
	columns_end(table);
}

static void write_lengths(const struct columns *table, const struct replay_result *results)
{
	columns_label(table, "known of lengths");
	for (int32_t i = 0; i < table->count; i++)
		columns_name(table, scheme_lengths_name(results[i].config->scheme.lengths));
	columns_end(table);
}

/* ---- Rows of one field */

struct count_row {
	const char *label;
	size_t offset;	/* of an int64_t in struct replay_result */
	uint8_t always; /* shown even where it is 0 for all */
};

#define FIELD(name) offsetof(struct replay_result, name)
static const struct count_row count_rows[] = {
	{"jobs", FIELD(jobs), 1},
	{"  started", FIELD(started), 1},
	{"  finished", FIELD(finished), 1},
	{"    failed, as logged", FIELD(failed), 0},
	{"    cancelled, as logged", FIELD(withdrawn), 0},
	{"  stopped at the time limit", FIELD(timed_out), 0},
	{"  lost with a node or device", FIELD(lost), 0},
	{"  dependency did not come true", FIELD(cancelled), 0},
	{"  never started", FIELD(left), 0},
	{"  started again (moved, lost)", FIELD(requeues), 0},
	{"failures of devices", FIELD(faults[REPLAY_FAULT_DEVICE]), 0},
	{"failures of nodes", FIELD(faults[REPLAY_FAULT_NODE]), 0},
	{"failures of racks", FIELD(faults[REPLAY_FAULT_RACK]), 0},
};

static int64_t count_value(const struct replay_result *result, size_t offset)
{
	int64_t value;
	memcpy(&value, (const char *)result + offset, sizeof(value));
	return value;
}

static int waits_for(const struct columns *table, const struct replay_result *results, int reason)
{
	for (int32_t i = 0; i < table->count; i++)
		if (results[i].left_reasons[reason] > 0)
			return 1;
	return 0;
}

/* Why those that never started wait, by the name of the reason. */
static void write_left(const struct columns *table, const struct replay_result *results)
{
	for (int r = 0; r < PARC_REASON_COUNT; r++) {
		char label[64];
		if (!waits_for(table, results, r))
			continue;
		snprintf(label, sizeof(label), "    %s",
			 r == PARC_REASON_NONE ? "refused" : parc_reason_name(r));
		columns_label(table, label);
		for (int32_t i = 0; i < table->count; i++)
			columns_cell(table, (double)results[i].left_reasons[r], 0);
		columns_end(table);
	}
}

/* What these names mean. */
static void write_reasons(const struct columns *table, const struct replay_result *results)
{
	int begun = 0;
	for (int r = PARC_REASON_NONE + 1; r < PARC_REASON_COUNT; r++) {
		if (!waits_for(table, results, r))
			continue;
		fprintf(table->out, "%s  %s: %s;\n    what would help: %s\n", begun ? "" : "\n",
			parc_reason_name(r), parc_reason_sentence(r), parc_reason_todo(r));
		begun = 1;
	}
}

static void write_counts(const struct columns *table, const struct replay_result *results)
{
	for (size_t r = 0; r < sizeof(count_rows) / sizeof(count_rows[0]); r++) {
		const struct count_row *row = &count_rows[r];
		int shown = row->always;
		for (int32_t i = 0; i < table->count; i++)
			shown |= count_value(&results[i], row->offset) != 0;
		if (!shown)
			continue;
		columns_label(table, row->label);
		for (int32_t i = 0; i < table->count; i++)
			columns_cell(table, (double)count_value(&results[i], row->offset), 0);
		columns_end(table);
		if (row->offset == FIELD(left))
			write_left(table, results);
	}
	write_reasons(table, results);
}

static void write_spread(const struct columns *table, const struct replay_result *results,
			 size_t offset, double unit)
{
	static const struct {
		const char *label;
		size_t offset;
	} rows[] = {{"  mean", offsetof(struct replay_spread, mean)},
		    {"  median", offsetof(struct replay_spread, p50)},
		    {"  90 % below", offsetof(struct replay_spread, p90)},
		    {"  99 % below", offsetof(struct replay_spread, p99)},
		    {"  longest", offsetof(struct replay_spread, max)}};
	for (size_t r = 0; r < sizeof(rows) / sizeof(rows[0]); r++) {
		columns_label(table, rows[r].label);
		for (int32_t i = 0; i < table->count; i++)
			columns_cell(table,
				     (double)count_value(&results[i], offset + rows[r].offset) /
					     unit,
				     2);
		columns_end(table);
	}
}

static void write_times(const struct columns *table, const struct replay_result *results)
{
	struct time_unit unit = unit_of(results, table->count);
	fprintf(table->out, "\nwait until the first start, %s\n", unit.name);
	write_spread(table, results, FIELD(wait_us), unit.us);
	fprintf(table->out, "\nfrom arrival to end, %s\n", unit.name);
	write_spread(table, results, FIELD(completion_us), unit.us);
	fprintf(table->out, "\nthe same as a multiple of the length (counted as 10 s at least)\n");
	write_spread(table, results, FIELD(slowdown_milli), 1000.0);
	if (results[0].fairness_milli.count > 0) {
		fprintf(table->out,
			"\nas a multiple of the time with an equal part of the fleet\n");
		write_spread(table, results, FIELD(fairness_milli), 1000.0);
	}
}
#undef FIELD

/* ---- Use and the waterfall */

static double percent(__int128 part, __int128 whole)
{
	return (double)replay_percent_milli(part, whole) / 1000.0;
}

static void write_use(const struct columns *table, const struct replay_result *results)
{
	fputs("\ndevices\n", table->out);
	if (results[0].capacity_arrivals > 0) {
		columns_label(table, "  allocated, % until last arrival");
		for (int32_t i = 0; i < table->count; i++)
			columns_cell(table,
				     percent(results[i].allocated_arrivals,
					     results[i].capacity_arrivals),
				     2);
		columns_end(table);
	}
	columns_label(table, "  allocated, % until last end");
	for (int32_t i = 0; i < table->count; i++)
		columns_cell(table,
			     percent(replay_allocated(results[i].ledger), results[i].capacity), 2);
	columns_end(table);
	columns_label(table, "  last end, days");
	for (int32_t i = 0; i < table->count; i++)
		columns_cell(table, (double)results[i].makespan_us / 8.64e10, 2);
	columns_end(table);
	columns_label(table, "  device-hours allocated");
	for (int32_t i = 0; i < table->count; i++)
		columns_cell(table, (double)replay_allocated(results[i].ledger) / 3.6e12, 1);
	columns_end(table);
	columns_label(table, "  normalised by accounting rate");
	for (int32_t i = 0; i < table->count; i++)
		columns_cell(table, (double)results[i].held_normal / 3.6e12, 1);
	columns_end(table);
}

/* ---- By tier and by chip, where there is more than one */

static void write_tiers(const struct columns *table, const struct replay_result *results)
{
	struct time_unit unit = unit_of(results, table->count);
	int32_t tiers = 0;
	for (int32_t t = 0; t < PARC_TIERS_MAX; t++)
		tiers += results[0].tiers[t].jobs > 0;
	if (tiers < 2)
		return;
	fprintf(table->out, "\nmean wait by tier, %s\n", unit.name);
	for (int32_t t = PARC_TIERS_MAX - 1; t >= 0; t--) {
		char label[32];
		if (results[0].tiers[t].jobs == 0)
			continue;
		snprintf(label, sizeof(label), "  tier %d", t);
		columns_label(table, label);
		for (int32_t i = 0; i < table->count; i++)
			columns_cell(table, (double)results[i].tiers[t].wait_us.mean / unit.us, 2);
		columns_end(table);
	}
}

static void write_chips(const struct columns *table, const struct replay_result *results)
{
	int32_t chips = 0;
	int arrivals = results[0].capacity_arrivals > 0; /* else all came at time 0 */
	for (int32_t c = 0; c < results[0].chips_count; c++)
		chips += results[0].chips[c].capacity > 0;
	if (chips < 2)
		return;
	fprintf(table->out, "\nallocated by chip, %% until last %s\n",
		arrivals ? "arrival" : "end");
	for (int32_t c = 0; c < results[0].chips_count; c++) {
		char label[80];
		if (results[0].chips[c].capacity == 0)
			continue;
		snprintf(label, sizeof(label), "  %s", results[0].chips[c].name);
		columns_label(table, label);
		for (int32_t i = 0; i < table->count; i++) {
			const struct replay_chip *it = &results[i].chips[c];
			columns_cell(table,
				     arrivals ? percent(it->held_arrivals, it->capacity_arrivals)
					      : percent(it->held, it->capacity),
				     2);
		}
		columns_end(table);
	}
}

static void write_waterfall(const struct columns *table, const struct replay_result *results)
{
	fputs("\nwhere the device-hours went, % of the capacity\n", table->out);
	for (int32_t r = 0; r < waterfall_count; r++) {
		const struct waterfall_row *row = &waterfall_rows[r];
		char label[64];
		int shown = 0;
		for (int32_t i = 0; i < table->count; i++)
			shown |= waterfall_sum(row, results[i].ledger) != 0;
		if (!shown)
			continue;
		snprintf(label, sizeof(label), "%*s%s", 2 + 2 * row->depth, "", row->label);
		columns_label(table, label);
		for (int32_t i = 0; i < table->count; i++)
			columns_cell(
				table,
				percent(waterfall_sum(row, results[i].ledger), results[i].capacity),
				2);
		columns_end(table);
	}
}

/* ---- What only one policy's report has */

static void write_tenants(FILE *out, const struct replay_result *result)
{
	struct time_unit unit = unit_of(result, 1);
	int32_t shown =
		result->tenants_count < TENANTS_SHOWN ? result->tenants_count : TENANTS_SHOWN;
	fprintf(out, "\n%-22s %8s %13s %12s %10s %10s\n", "tenant", "jobs", "device-hours",
		"normalised", "mean wait", "90th");
	for (int32_t i = 0; i < shown; i++) {
		const struct replay_tenant *it = &result->tenants[i];
		fprintf(out, "  %-20.20s %8lld %13.1f %12.1f %10.2f %10.2f\n", it->name,
			(long long)it->jobs, (double)it->held / 3.6e12,
			(double)it->held_normal / 3.6e12, (double)it->wait_mean_us / unit.us,
			(double)it->wait_p90_us / unit.us);
	}
	if (shown < result->tenants_count)
		fprintf(out, "  and %d more\n", result->tenants_count - shown);
	if (result->guaranteed_idle > 0)
		fprintf(out,
			"  guarantees left idle %.1f normalised hours, of which others used %.1f\n",
			(double)result->guaranteed_idle / 3.6e12,
			(double)result->guaranteed_lent / 3.6e12);
}

static void write_services(FILE *out, const struct replay_result *result)
{
	if (result->services_count == 0)
		return;
	fprintf(out, "\n%-28s %9s %9s %9s %14s %10s  %s\n", "service", "served in", "replicas",
		"at most", "device-hours", "fixed", result->config->scheme.name);
	fprintf(out, "%-28s %9s %9s %9s %14s %10s\n", "", "time, %", "(mean)", "", "", "devices");
	for (int32_t i = 0; i < result->services_count; i++) {
		const struct replay_service *it = &result->services[i];
		fprintf(out, "  %-26.26s %9.3f %9.2f %9d %14.1f %10.1f\n", it->name,
			it->requests > 0 ? 100.0 * it->in_time / it->requests : 100.0,
			it->replicas_mean, it->replicas_most, (double)it->held / 3.6e12,
			(double)it->fixed_milli / 1e3);
	}
	fprintf(out, "  device-hours that fixed fleets for the peaks have left: %.1f, lent: %.1f\n",
		(double)result->spared / 3.6e12, (double)result->lent / 3.6e12);
}

static void write_core(const struct columns *table, const struct replay_result *results)
{
	fputs("\nthe decisions themselves\n", table->out);
	columns_label(table, "  events");
	for (int32_t i = 0; i < table->count; i++)
		columns_cell(table, (double)results[i].steps, 0);
	columns_end(table);
	columns_label(table, "  milliseconds");
	for (int32_t i = 0; i < table->count; i++)
		columns_cell(table, (double)results[i].deciding_ns / 1e6, 0);
	columns_end(table);
	columns_label(table, "  placements a second");
	for (int32_t i = 0; i < table->count; i++)
		columns_cell(table,
			     results[i].deciding_ns ? (double)results[i].decisions * 1e9 /
							      (double)results[i].deciding_ns
						    : 0.0,
			     0);
	columns_end(table);
	for (int32_t i = 0; i < table->count; i++)
		fprintf(table->out, "  digest %016llx  %s\n", (unsigned long long)results[i].digest,
			results[i].config->scheme.name);
}

void report_replay_text(FILE *out, const struct replay_result *results, int32_t count)
{
	struct columns table = columns_of(out, count);
	write_head(out, results);
	write_names(&table, results, "policy");
	write_lengths(&table, results);
	write_counts(&table, results);
	write_times(&table, results);
	write_tiers(&table, results);
	write_use(&table, results);
	write_chips(&table, results);
	write_waterfall(&table, results);
	for (int32_t i = 0; i < count; i++)
		write_services(out, &results[i]);
	if (count == 1 && results->tenants_count > 1)
		write_tenants(out, results);
	write_core(&table, results);
}
