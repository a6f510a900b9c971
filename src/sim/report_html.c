/* SPDX-License-Identifier: Apache-2.0
 *
 * The page of the HTML report: head and security policy, key figures, then one section a chart,
 * each with a sentence on how to read it and its numbers as a table (report_html_tables.c). The
 * script draws the charts into the empty figures and folds the tables.
 */
#include "sim/report_html.h"

#include <stdlib.h>
#include <string.h>

#include "base/assert.h"
#include "sim/report_assets.h"
#include "sim/report_html_parts.h"

static void write_head(FILE *out, const struct replay_result *result)
{
	fputs("<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n", out);
	fprintf(out,
		"<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; "
		"script-src 'sha256-%s'; style-src 'sha256-%s'; base-uri 'none'; "
		"form-action 'none'\">\n",
		report_script_hash, report_style_hash);
	fputs("<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n"
	      "<meta name=\"color-scheme\" content=\"light dark\">\n"
	      "<meta name=\"referrer\" content=\"no-referrer\">\n<title>",
	      out);
	if (result->config->jobs_name)
		markup_text(out, result->config->jobs_name);
	fputs(" · parc sim</title>\n<style>", out);
	fputs(report_style, out);
	fputs("</style>\n</head>\n", out);
}

static void write_name(FILE *out, const char *name)
{
	fputs("<bdi>", out);
	markup_text(out, name ? name : "?");
	fputs("</bdi>", out);
}

static void write_header(FILE *out, const struct replay_result *results, int32_t count)
{
	const struct replay_config *config = results->config;
	char devices[REPORT_NUMBER_MAX], nodes[REPORT_NUMBER_MAX], jobs[REPORT_NUMBER_MAX];
	char arrivals[REPORT_NUMBER_MAX];
	report_text_number(devices, (double)config->fleet->devices);
	report_text_number(nodes, (double)config->fleet->nodes_count);
	report_text_number(jobs, (double)results->jobs);
	report_text_duration(arrivals, (double)results->arrivals_us / 1e6);
	fputs("<header>\n<p class=\"kicker\">parc sim</p>\n"
	      "<h1>Where the device-hours went</h1>\n<p class=\"lead\">",
	      out);
	fprintf(out, "%s jobs of ", jobs);
	write_name(out, config->jobs_name);
	fprintf(out, ", arriving over %s, on the %s devices in %s nodes of ", arrivals, devices,
		nodes);
	write_name(out, config->fleet_name);
	fputs(count == 1 ? ", under the policy " : ", under the policies ", out);
	for (int32_t i = 0; i < count; i++) {
		fputs(i == 0 ? "" : i == count - 1 ? " and " : ", ", out);
		fprintf(out, "<b class=\"policy policy-text-%d\">", i);
		write_name(out, results[i].config->scheme.name);
		fputs("</b>", out);
	}
	fputs(".</p>\n</header>\n", out);
}

/* ---- Tiles: the figures one looks at first */

/* One run: its value. Several: the best, whose it is, and how far the others are. */
static void write_tile(FILE *out, const char *id, const char *label,
		       const struct replay_result *results, int32_t count)
{
	const struct report_figure *figure = report_figure_get(id);
	char text[REPORT_NUMBER_MAX], other[REPORT_NUMBER_MAX];
	double best, worst;
	bool has_best = report_figure_best(figure, results, count, &best);
	int32_t owner = 0;
	worst = best;
	for (int32_t i = count - 1; i >= 0; i--) {
		double value = figure->value(&results[i]);
		if (value == best)
			owner = i;
		if ((value - worst) * figure->better < 0)
			worst = value;
	}
	report_figure_text(figure, best, text);
	fprintf(out, "<div class=\"tile\"><dt>%s</dt><dd><span class=\"value\">%s</span>", label,
		text);
	if (has_best) {
		report_figure_text(figure, worst, other);
		fprintf(out, "<span class=\"detail\"><b class=\"policy policy-text-%d\">", owner);
		write_name(out, results[owner].config->scheme.name);
		fprintf(out, "</b></span><span class=\"detail\">worst: %s</span>", other);
	} else if (count > 1)
		fputs("<span class=\"detail\">the same for all</span>", out);
	fputs("</dd></div>\n", out);
}

/* The cause that cost the most device-hours without being used, of the first run. */
static void write_largest_gap(FILE *out, const struct replay_result *result)
{
	const struct report_category *largest = NULL;
	char percent[REPORT_NUMBER_MAX];
	for (int32_t i = 0; i < PARC_LEDGER_COUNT; i++) {
		const struct report_category *category = &report_categories[i];
		if (strcmp(category->group, "allocated") != 0 &&
		    (!largest ||
		     result->ledger[category->ledger] > result->ledger[largest->ledger]))
			largest = category;
	}
	report_text_percent(percent,
			    report_percent(result->ledger[largest->ledger], result->capacity));
	fprintf(out,
		"<div class=\"tile\"><dt>Largest gap</dt><dd><span class=\"value\">%s</span>"
		"<span class=\"detail\">%s</span></dd></div>\n",
		percent, largest->label);
}

static void write_tiles(FILE *out, const struct replay_result *results, int32_t count)
{
	fputs("<dl class=\"tiles\">\n", out);
	write_tile(out, "use", count > 1 ? "Best use" : "Device use", results, count);
	write_tile(out, "wait_p50", count > 1 ? "Best median wait" : "Median wait", results, count);
	write_tile(out, "wait_p99", count > 1 ? "Best 99 % wait" : "99 % start within", results,
		   count);
	write_tile(out, "completion_p50", "Median completion", results, count);
	write_tile(out, "makespan", count > 1 ? "Best makespan" : "Makespan", results, count);
	write_tile(out, "finished", count > 1 ? "Most jobs finished" : "Jobs finished", results,
		   count);
	if (count == 1)
		write_largest_gap(out, results);
	fputs("</dl>\n", out);
}

/* ---- Sections */

struct section {
	const char *id, *title, *note;
	void (*table)(FILE *out, const struct replay_result *results, int32_t count);
};

static const struct section sections[] = {
	{"waterfall", "From capacity to use",
	 "Read from the top: all device-hours that were there, then what each cause took away, "
	 "down "
	 "to what was allocated. The bars add up to the capacity exactly.",
	 report_table_waterfall},
	{"time", "The same hours over time",
	 "Mean devices in each state, stacked; the top edge is the whole fleet. Colours are those "
	 "of the bars above.",
	 report_table_time},
	{"queue", "Jobs waiting",
	 "Jobs that had arrived and not started, and below them the devices that they asked for.",
	 report_table_queue},
	{"wait", "How long jobs waited",
	 "For each time on the axis, the share of started jobs that had waited no longer. Further "
	 "to the upper left is better.",
	 report_table_wait},
	{"completion", "How long jobs took from arrival to end",
	 "The same for the time from arrival to end of the finished jobs: wait and run together.",
	 report_table_completion},
	{"free", "How devices were free",
	 "Share of the device-time by the part of a device that was free. Bars in the middle are "
	 "devices in pieces: neither full nor of use to a job that wants a whole one.",
	 report_table_free},
	{"tenants", "Who used the fleet",
	 "Device-hours allocated to each tenant, the largest first, and how long its jobs waited "
	 "in "
	 "the mean.",
	 report_table_tenants},
};

static void write_section(FILE *out, const struct section *section,
			  const struct replay_result *results, int32_t count)
{
	fprintf(out,
		"<section id=\"%s\">\n<h2>%s</h2>\n<p class=\"note\">%s</p>\n"
		"<div class=\"chart\" data-chart=\"%s\"></div>\n"
		"<details open><summary>The numbers as a table</summary>\n",
		section->id, section->title, section->note, section->id);
	section->table(out, results, count);
	fputs("</details>\n</section>\n", out);
}

static void write_footer(FILE *out, const struct replay_result *results, int32_t count)
{
	fputs("<footer>\n<p>Made by <b>parc sim</b>. The page loads nothing: style, script and "
	      "data "
	      "are in it. Equal input gives equal digests.</p>\n<ul class=\"digests\">\n",
	      out);
	for (int32_t i = 0; i < count; i++) {
		fputs("<li>", out);
		write_name(out, results[i].config->scheme.name);
		fprintf(out, " <code>%016llx</code></li>\n", (unsigned long long)results[i].digest);
	}
	fputs("</ul>\n</footer>\n", out);
}

static void write_page(FILE *out, const struct replay_result *results, int32_t count)
{
	write_head(out, results);
	fputs("<body>\n<main>\n", out);
	write_header(out, results, count);
	write_tiles(out, results, count);
	if (count > 1)
		report_table_headlines(out, results, count);
	for (size_t i = 0; i < sizeof(sections) / sizeof(sections[0]); i++)
		write_section(out, &sections[i], results, count);
	report_table_figures(out, results, count);
	write_footer(out, results, count);
	fputs("</main>\n<svg id=\"seed\" class=\"unseen\" aria-hidden=\"true\"></svg>\n"
	      "<div id=\"tip\" aria-hidden=\"true\" hidden></div>\n"
	      "<p id=\"say\" class=\"unseen\" aria-live=\"polite\"></p>\n",
	      out);
}

static int write_settled(FILE *out, const struct replay_result *results, int32_t count,
			 struct parc_err *err)
{
	json_t *data = report_html_data(results, count);
	if (!data)
		return parc_err_set(err, PARC_ERR_MEMORY, "no memory for the report's data");
	write_page(out, results, count);
	fputs("<script type=\"application/json\" id=\"data\">", out);
	int failed = markup_write_json(out, data);
	json_decref(data);
	fputs("</script>\n<script>", out);
	fputs(report_script, out);
	fputs("</script>\n</body>\n</html>\n", out);
	if (failed || fflush(out) || ferror(out))
		return parc_err_set(err, PARC_ERR_IO, "the HTML report could not be written");
	return 0;
}

int report_html_write(FILE *out, const struct replay_result *results, int32_t count,
		      struct parc_err *err)
{
	struct replay_result settled[REPORT_HTML_RUNS_MAX];
	int32_t copied = 0;
	int code = 0;
	ASSERT(count >= 1 && count <= REPORT_HTML_RUNS_MAX);
	memcpy(settled, results, (size_t)count * sizeof(*results));
	while (!code && copied < count) {
		code = report_series_copy(&settled[copied], err);
		copied += !code;
	}
	if (!code)
		code = write_settled(out, settled, count, err);
	for (int32_t i = 0; i < copied; i++)
		free(settled[i].points);
	return code;
}
