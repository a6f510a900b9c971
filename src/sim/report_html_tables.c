/* SPDX-License-Identifier: Apache-2.0
 *
 * The tables of the HTML report: the numbers behind each chart, readable without the script and
 * to a screen reader. One row a thing, one column a policy, where that is possible.
 */
#include <string.h>

#include "sim/report_html_parts.h"

#define TIME_ROWS_MAX 24

static void open_table(FILE *out, const char *caption)
{
	fprintf(out, "<div class=\"wide\"><table><caption>%s</caption>\n", caption);
}

static void close_table(FILE *out)
{
	fputs("</tbody></table></div>\n", out);
}

static void head_cell(FILE *out, const char *text, const char *unit)
{
	fputs("<th scope=\"col\">", out);
	markup_text(out, text);
	if (unit)
		fprintf(out, "<span class=\"unit\"> %s</span>", unit);
	fputs("</th>", out);
}

static void row_head(FILE *out, const char *text)
{
	fputs("<tr><th scope=\"row\"><bdi>", out);
	markup_text(out, text);
	fputs("</bdi></th>", out);
}

static void cell(FILE *out, const char *text)
{
	fprintf(out, "<td>%s</td>", text);
}

static void cell_number(FILE *out, double value)
{
	char text[REPORT_NUMBER_MAX];
	report_text_number(text, value < 10 ? value : (double)(int64_t)(value + 0.5));
	cell(out, text);
}

static void cell_percent(FILE *out, double percent)
{
	char text[REPORT_NUMBER_MAX];
	report_text_percent(text, percent);
	cell(out, text);
}

static void cell_duration(FILE *out, double seconds)
{
	char text[REPORT_NUMBER_MAX];
	report_text_duration(text, seconds);
	cell(out, text);
}

/* The head of a table with a column for each run. */
static void head_of_runs(FILE *out, const char *corner, const struct replay_result *results,
			 int32_t count, const char *unit)
{
	fputs("<thead><tr>", out);
	head_cell(out, corner, NULL);
	for (int32_t i = 0; i < count; i++)
		head_cell(out, results[i].config->scheme.name, unit);
	fputs("</tr></thead>\n<tbody>\n", out);
}

/* ---- Key figures; the best of a row is marked, not by colour alone */

static void write_figure(FILE *out, const struct report_figure *figure, const char *label,
			 const struct replay_result *results, int32_t count)
{
	char text[REPORT_NUMBER_MAX], best_text[REPORT_NUMBER_MAX];
	double best;
	bool has_best = report_figure_best(figure, results, count, &best);
	report_figure_text(figure, best, best_text);
	row_head(out, label);
	for (int32_t i = 0; i < count; i++) {
		report_figure_text(figure, figure->value(&results[i]), text);
		if (has_best && strcmp(text, best_text) == 0)
			fprintf(out,
				"<td class=\"best\"><span class=\"unseen\">best: </span>%s</td>",
				text);
		else
			cell(out, text);
	}
	fputs("</tr>\n", out);
}

static void open_figures(FILE *out, const struct replay_result *results, int32_t count)
{
	fputs("<div class=\"wide\"><table class=\"figures\">\n<thead><tr><th></th>", out);
	for (int32_t i = 0; i < count; i++)
		head_cell(out, results[i].config->scheme.name, NULL);
	fputs("</tr></thead>\n", out);
}

void report_table_headlines(FILE *out, const struct replay_result *results, int32_t count)
{
	fputs("<section id=\"compare\">\n<h2>The policies side by side</h2>\n<p class=\"note\">A "
	      "dot "
	      "and bold type mark the best of a row. Rows in which all are alike have no "
	      "mark.</p>\n",
	      out);
	open_figures(out, results, count);
	fputs("<tbody>\n", out);
	for (int32_t i = 0; i < report_figures_count; i++)
		if (report_figures[i].headline)
			write_figure(out, &report_figures[i], report_figures[i].headline, results,
				     count);
	close_table(out);
	fputs("</section>\n", out);
}

void report_table_figures(FILE *out, const struct replay_result *results, int32_t count)
{
	fputs("<section id=\"figures\">\n<h2>All figures</h2>\n<p class=\"note\">Waits are of the "
	      "jobs that started, completions and slowdowns of those that finished.</p>\n",
	      out);
	open_figures(out, results, count);
	for (int32_t i = 0; i < report_figures_count; i++) {
		if (report_figures[i].section)
			fprintf(out,
				"%s<tbody><tr class=\"part\"><th scope=\"rowgroup\" colspan=\"%d\">"
				"%s</th></tr>\n",
				i == 0 ? "" : "</tbody>\n", count + 1, report_figures[i].section);
		write_figure(out, &report_figures[i], report_figures[i].label, results, count);
	}
	close_table(out);
	fputs("</section>\n", out);
}

/* ---- The waterfall */

static void waterfall_row(FILE *out, const char *label, const struct replay_result *results,
			  int32_t count, int32_t ledger)
{
	row_head(out, label);
	for (int32_t i = 0; i < count; i++) {
		__int128 part = ledger < 0 ? results[i].capacity : results[i].ledger[ledger];
		cell_number(out, report_hours(part));
		cell_percent(out, report_percent(part, results[i].capacity));
	}
	fputs("</tr>\n", out);
}

void report_table_waterfall(FILE *out, const struct replay_result *results, int32_t count)
{
	open_table(out, "Device-hours by what became of them");
	fputs("<thead><tr><th></th>", out);
	for (int32_t i = 0; i < count; i++) {
		head_cell(out, results[i].config->scheme.name, "device-hours");
		head_cell(out, "of capacity", NULL);
	}
	fputs("</tr></thead>\n<tbody>\n", out);
	waterfall_row(out, "capacity", results, count, -1);
	for (int32_t i = PARC_LEDGER_COUNT - 1; i >= 0; i--) {
		int32_t ledger = report_categories[i].ledger;
		if (report_has_category(results, count, ledger))
			waterfall_row(out, report_categories[i].label, results, count, ledger);
	}
	close_table(out);
}

/* ---- Over time */

static void time_row(FILE *out, const struct replay_result *result, int32_t first, int32_t last)
{
	char from[REPORT_NUMBER_MAX], to[REPORT_NUMBER_MAX], label[2 * REPORT_NUMBER_MAX + 8];
	int64_t from_us = first == 0 ? 0 : result->points[first - 1].time_us;
	int64_t length_us = result->points[last].time_us - from_us;
	report_text_duration(from, (double)from_us / 1e6);
	report_text_duration(to, (double)result->points[last].time_us / 1e6);
	snprintf(label, sizeof(label), "%s to %s", from, to);
	row_head(out, label);
	for (int32_t i = 0; i < PARC_LEDGER_COUNT; i++) {
		int32_t ledger = report_categories[i].ledger;
		__int128 sum = 0;
		if (!report_has_category(result, 1, ledger))
			continue;
		for (int32_t p = first; p <= last; p++)
			sum += result->points[p].ledger[ledger];
		cell_number(out, length_us <= 0
					 ? 0.0
					 : (double)sum / PARC_SHARE_WHOLE / (double)length_us);
	}
	fputs("</tr>\n", out);
}

static void time_table(FILE *out, const struct replay_result *result)
{
	int32_t step = (result->points_count + TIME_ROWS_MAX - 1) / TIME_ROWS_MAX;
	fputs("<div class=\"wide\"><table><caption>Mean devices in each state, policy <bdi>", out);
	markup_text(out, result->config->scheme.name);
	fputs("</bdi></caption>\n<thead><tr>", out);
	head_cell(out, "time since the first arrival", NULL);
	for (int32_t i = 0; i < PARC_LEDGER_COUNT; i++)
		if (report_has_category(result, 1, report_categories[i].ledger))
			head_cell(out, report_categories[i].label, NULL);
	fputs("</tr></thead>\n<tbody>\n", out);
	for (int32_t first = 0; first < result->points_count; first += step) {
		int32_t last = first + step - 1;
		time_row(out, result, first,
			 last < result->points_count ? last : result->points_count - 1);
	}
	close_table(out);
}

void report_table_time(FILE *out, const struct replay_result *results, int32_t count)
{
	for (int32_t i = 0; i < count; i++)
		time_table(out, &results[i]);
}

static void queue_cells(FILE *out, const struct replay_result *result, int64_t time_us)
{
	int32_t at = 0;
	while (at < result->points_count && result->points[at].time_us < time_us)
		at++;
	cell_number(out, at == result->points_count ? 0.0 : result->points[at].pending_jobs);
	cell_number(out, at == result->points_count ? 0.0 : result->points[at].pending_devices);
}

void report_table_queue(FILE *out, const struct replay_result *results, int32_t count)
{
	int64_t longest_us = 0;
	for (int32_t i = 0; i < count; i++)
		if (results[i].makespan_us > longest_us)
			longest_us = results[i].makespan_us;
	open_table(out, "Jobs waiting, and the devices that they asked for");
	fputs("<thead><tr>", out);
	head_cell(out, "time since the first arrival", NULL);
	for (int32_t i = 0; i < count; i++) {
		head_cell(out, results[i].config->scheme.name, "jobs");
		head_cell(out, "devices", NULL);
	}
	fputs("</tr></thead>\n<tbody>\n", out);
	for (int32_t row = 0; row < TIME_ROWS_MAX && longest_us > 0; row++) {
		/* The middle of each of so many equal parts of the longest run. */
		int64_t time_us = longest_us / (2 * TIME_ROWS_MAX) * (2 * row + 1);
		char text[REPORT_NUMBER_MAX];
		report_text_duration(text, (double)time_us / 1e6);
		row_head(out, text);
		for (int32_t i = 0; i < count; i++)
			queue_cells(out, &results[i], time_us);
		fputs("</tr>\n", out);
	}
	close_table(out);
}

/* ---- Distributions */

static void distribution_row(FILE *out, int32_t percent, const struct replay_result *results,
			     int32_t count, bool is_wait)
{
	char label[REPORT_NUMBER_MAX];
	snprintf(label, sizeof(label), percent == 100 ? "all" : "%d %% of jobs", percent);
	row_head(out, label);
	for (int32_t i = 0; i < count; i++) {
		const struct replay_result *result = &results[i];
		const int64_t *sorted = is_wait ? result->waits_us : result->completions_us;
		int64_t values = is_wait ? result->wait_us.count : result->completion_us.count;
		int64_t rank = (values * percent + 99) / 100; /* nearest rank, from 1 */
		if (values == 0)
			cell(out, "-");
		else
			cell_duration(out, (double)sorted[rank > 0 ? rank - 1 : 0] / 1e6);
	}
	fputs("</tr>\n", out);
}

static void distribution_table(FILE *out, const char *caption, const struct replay_result *results,
			       int32_t count, bool is_wait)
{
	static const int32_t percents[] = {10, 25, 50, 75, 90, 95, 99, 100};
	open_table(out, caption);
	head_of_runs(out, "", results, count, NULL);
	for (size_t i = 0; i < sizeof(percents) / sizeof(percents[0]); i++)
		distribution_row(out, percents[i], results, count, is_wait);
	close_table(out);
}

void report_table_wait(FILE *out, const struct replay_result *results, int32_t count)
{
	distribution_table(out, "So many of the started jobs had waited no longer than", results,
			   count, true);
}

void report_table_completion(FILE *out, const struct replay_result *results, int32_t count)
{
	distribution_table(out, "So many of the finished jobs took no longer than", results, count,
			   false);
}

void report_table_free(FILE *out, const struct replay_result *results, int32_t count)
{
	open_table(out, "Device-time on working nodes by the free part of the device");
	head_of_runs(out, "free part", results, count, "of the device-time");
	for (int32_t bin = 0; bin < REPLAY_FREE_BINS; bin++) {
		char label[REPORT_NUMBER_MAX];
		if (bin == 0)
			snprintf(label, sizeof(label), "none");
		else
			snprintf(label, sizeof(label), "%s%d to %d %%", bin > 1 ? "over " : "",
				 10 * (bin - 1), 10 * bin);
		row_head(out, label);
		for (int32_t i = 0; i < count; i++) {
			double sum = 0;
			for (int32_t b = 0; b < REPLAY_FREE_BINS; b++)
				sum += results[i].free_device_us[b];
			cell_percent(out,
				     sum > 0 ? 100 * results[i].free_device_us[bin] / sum : 0.0);
		}
		fputs("</tr>\n", out);
	}
	close_table(out);
}

/* ---- Tenants */

void report_table_tenants(FILE *out, const struct replay_result *results, int32_t count)
{
	struct report_tenant tenants[REPORT_TENANTS_MAX + 1];
	int32_t tenants_count = report_tenants_find(tenants, results, count);
	open_table(out, "Tenants, most device-hours first");
	fputs("<thead><tr>", out);
	head_cell(out, "tenant", NULL);
	head_cell(out, "jobs", NULL);
	for (int32_t i = 0; i < count; i++) {
		head_cell(out, results[i].config->scheme.name, "device-hours");
		head_cell(out, "mean wait", NULL);
	}
	fputs("</tr></thead>\n<tbody>\n", out);
	for (int32_t t = 0; t < tenants_count; t++) {
		char label[REPORT_LABEL_MAX];
		report_tenant_label(&tenants[t], label);
		row_head(out, label);
		cell_number(out, (double)tenants[t].runs[0].jobs);
		for (int32_t i = 0; i < count; i++) {
			cell_number(out, report_hours(tenants[t].runs[i].held));
			cell_duration(out, (double)tenants[t].runs[i].wait_mean_us / 1e6);
		}
		fputs("</tr>\n", out);
	}
	close_table(out);
}
