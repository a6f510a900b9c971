/* SPDX-License-Identifier: Apache-2.0
 *
 * Replayed runs as one HTML page that opens without a network: key figures, tables and charts of
 * one run, or of several policies side by side. The page holds its style, script and data, and its
 * security policy allows nothing else. Without JavaScript the figures and tables still stand.
 *
 *   report_html.c          the page and its sections
 *   report_html_tables.c   the numbers behind each chart
 *   report_html_figures.c  key figures: what they are called, which way is better, as text
 *   report_html_data.c     the data of the charts, as JSON
 *   report_html_series.c   the points of a run, with late bookings at their time
 *   report_html_words.c    categories of the ledger in people's words; numbers for people
 *   report/                style and script (report_assets.h)
 */
#ifndef SIM_REPORT_HTML_H
#define SIM_REPORT_HTML_H

#include "sim/replay.h"

#define REPORT_HTML_RUNS_MAX 8 /* policies side by side */

/* Write the page of `count` runs (1..REPORT_HTML_RUNS_MAX) of the same log on the same fleet. 0,
 * PARC_ERR_MEMORY, or PARC_ERR_IO when `out` takes no more. */
int report_html_write(FILE *out, const struct replay_result *results, int32_t count,
		      struct parc_err *err);

#endif
