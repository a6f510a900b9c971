/* SPDX-License-Identifier: Apache-2.0
 *
 * What the files of the HTML report share (report_html.h has the list).
 */
#ifndef SIM_REPORT_HTML_PARTS_H
#define SIM_REPORT_HTML_PARTS_H

#include <stdbool.h>

#include "sim/markup.h"
#include "sim/report_html.h"

#define REPORT_NUMBER_MAX  48
#define REPORT_LABEL_MAX   512
#define REPORT_TENANTS_MAX 20 /* those with most device-hours; the rest are summed up */

/* ---- Words and numbers for people */

/* A category of the ledger, in the order in which charts stack them: what is used below. */
struct report_category {
	int32_t ledger;	   /* enum parc_ledger */
	const char *group; /* "allocated", "unallocated", "foreign", "down" */
	const char *label;
	const char *meaning; /* one sentence */
};

extern const struct report_category report_categories[PARC_LEDGER_COUNT];

/* Has any of the runs time in this category? */
bool report_has_category(const struct replay_result *results, int32_t count, int32_t ledger);

double report_hours(__int128 ledger);		    /* device-hours */
double report_percent(__int128 part, __int128 all); /* 0 when all is 0 */

/* As text of at most REPORT_NUMBER_MAX bytes: "1,234.5", "12.3 min", "4.5 %". */
void report_text_number(char *text, double value);
void report_text_duration(char *text, double seconds);
void report_text_percent(char *text, double percent);

/* ---- Key figures */

enum report_unit {
	REPORT_UNIT_COUNT,
	REPORT_UNIT_DURATION, /* seconds */
	REPORT_UNIT_PERCENT,
	REPORT_UNIT_HOURS, /* device-hours */
	REPORT_UNIT_RATIO,
};

struct report_figure {
	const char *id, *label;
	int32_t unit;	/* enum report_unit */
	int32_t better; /* 1: more is better, -1: less is, 0: neither */
	double (*value)(const struct replay_result *result);
	const char *section;  /* opens a part of the table; NULL: goes on */
	const char *headline; /* its label in the short table; NULL: not in it */
};

extern const struct report_figure report_figures[];
extern const int32_t report_figures_count;

const struct report_figure *report_figure_get(const char *id);
void report_figure_text(const struct report_figure *figure, double value, char *text);

/* The best value among the runs. False when there is none: neither way is better, or all the
 * texts are equal. */
bool report_figure_best(const struct report_figure *figure, const struct replay_result *results,
			int32_t count, double *best);

/* ---- Series: what is booked late moves to when it was */

void report_series_settle(struct replay_point *points, int32_t count);

/* Give the result settled points of its own, which the caller frees: 0 or PARC_ERR_MEMORY. */
int report_series_copy(struct replay_result *result, struct parc_err *err);

/* ---- Tenants of the first run, most device-hours first, each with its record in every run */

struct report_tenant {
	const char *name; /* NULL: all others together */
	int32_t others;	  /* how many they are */
	struct replay_tenant runs[REPORT_HTML_RUNS_MAX];
};

/* Fills at most REPORT_TENANTS_MAX + 1 and returns how many. */
int32_t report_tenants_find(struct report_tenant *tenants, const struct replay_result *results,
			    int32_t count);

/* Its name, or what stands for one: "no tenant", "12 others". */
void report_tenant_label(const struct report_tenant *tenant, char text[REPORT_LABEL_MAX]);

/* ---- Tables, of all runs side by side */

void report_table_headlines(FILE *out, const struct replay_result *results, int32_t count);
void report_table_figures(FILE *out, const struct replay_result *results, int32_t count);
void report_table_waterfall(FILE *out, const struct replay_result *results, int32_t count);
void report_table_time(FILE *out, const struct replay_result *results, int32_t count);
void report_table_queue(FILE *out, const struct replay_result *results, int32_t count);
void report_table_wait(FILE *out, const struct replay_result *results, int32_t count);
void report_table_completion(FILE *out, const struct replay_result *results, int32_t count);
void report_table_free(FILE *out, const struct replay_result *results, int32_t count);
void report_table_tenants(FILE *out, const struct replay_result *results, int32_t count);

/* ---- Data of the charts: NULL when out of memory; the caller's reference. */

json_t *report_html_data(const struct replay_result *results, int32_t count);

#endif
