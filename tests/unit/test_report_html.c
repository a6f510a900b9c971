/* SPDX-License-Identifier: Apache-2.0
 *
 * The HTML report: the page is well-formed and loads nothing, hostile names stay text, the data
 * say what the results say, the best are marked, and numbers read as people write them.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "sim/report_assets.h"
#include "sim/report_html_parts.h"
#include "support/runs.h"

#define HOSTILE                                                                        \
	"</script><script>alert(1)</script>\"'&<!--<img onerror=alert(2)>\x01\x7F\xFF" \
	"\xC0\xAF\xED\xA0\x80\xE2\x80\xAE\xC2\x85\n\xE8\x88\xB0"
#define HOSTILE_CLEAN                                                                      \
	"</script><script>alert(1)</script>\"'&<!--<img onerror=alert(2)>\xEF\xBF\xBD"     \
	"\xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF" \
	"\xBD\xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBD\xE8\x88\xB0"
#define DEPTH_MAX 32

struct page {
	struct runs runs;
	char *text;
	size_t size;
	json_t *data;
};

static void page_init(struct page *page, int32_t count, int32_t tenants, const char *name)
{
	struct parc_err err = {0};
	FILE *out = open_memstream(&page->text, &page->size);
	assert_non_null(out);
	runs_init(&page->runs, count, tenants, name);
	for (int32_t i = 0; i < count && strcmp(name, HOSTILE) == 0; i++) {
		page->runs.configs[i].jobs_name = page->runs.configs[i].fleet_name = name;
		snprintf(page->runs.configs[i].scheme.name, SCHEME_NAME_MAX, "%s", name);
	}
	assert_int_equal(report_html_write(out, page->runs.results, count, &err), 0);
	fclose(out);
	const char *data = strstr(page->text, "id=\"data\">");
	assert_non_null(data);
	page->data = json_loads(data + strlen("id=\"data\">"), JSON_DISABLE_EOF_CHECK, NULL);
	assert_non_null(page->data);
}

static void page_deinit(struct page *page)
{
	json_decref(page->data);
	free(page->text);
	runs_deinit(&page->runs);
}

static int count_text(const char *text, const char *part)
{
	int count = 0;
	for (const char *at = text; (at = strstr(at, part)) != NULL; at += strlen(part))
		count++;
	return count;
}

/* ---- A small reader of markup: enough to see that every element is closed in order */

static bool is_void(const char *name)
{
	return strcmp(name, "meta") == 0 || strcmp(name, "!DOCTYPE") == 0;
}

/* Past the end of a tag that begins at `at`; attributes must be quoted. */
static const char *tag_end(const char *at)
{
	bool is_quoted = false;
	for (; *at && (*at != '>' || is_quoted); at++) {
		if (*at == '"')
			is_quoted = !is_quoted;
		assert_true(is_quoted || *at != '\'');
		assert_true(is_quoted || at[0] != '=' || at[1] == '"');
	}
	assert_int_equal(*at, '>');
	return at + 1;
}

static const char *skip_raw(const char *at, const char *name)
{
	char end[16];
	snprintf(end, sizeof(end), "</%s", name);
	at = strstr(at, end);
	assert_non_null(at);
	return at;
}

static void check_markup(const char *text)
{
	char open[DEPTH_MAX][16];
	int depth = 0;
	for (const char *at = strchr(text, '<'); at; at = strchr(at, '<')) {
		char name[16] = "";
		bool is_end = at[1] == '/';
		size_t length = strcspn(at + 1 + is_end, " >");
		assert_in_range(length, 1, sizeof(name) - 1);
		memcpy(name, at + 1 + is_end, length);
		at = tag_end(at);
		if (is_end) {
			assert_true(depth > 0);
			assert_string_equal(open[--depth], name);
		} else if (!is_void(name)) {
			assert_true(depth < DEPTH_MAX);
			memcpy(open[depth++], name, sizeof(name));
			if (strcmp(name, "script") == 0 || strcmp(name, "style") == 0)
				at = skip_raw(at, name);
		}
	}
	assert_int_equal(depth, 0);
}

static void test_page_is_well_formed(void **state)
{
	static const struct {
		int32_t runs, tenants;
		const char *name;
	} cases[] = {{1, 1, "a"}, {1, 40, "a"}, {2, 3, HOSTILE}, {RUNS_MAX, 22, "a"}};
	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct page page;
		page_init(&page, cases[i].runs, cases[i].tenants, cases[i].name);
		check_markup(page.text);
		assert_int_equal(count_text(page.text, "<html"), 1);
		assert_int_equal(count_text(page.text, "data-chart=\""), 7);
		assert_int_equal(count_text(page.text, "<details"), 7);
		page_deinit(&page);
	}
}

static void test_page_loads_nothing(void **state)
{
	static const char *const loaders[] = {
		"http:",   "https:",  "src=",	  "href=",   "url(",
		"@import", "<link",   "<img",	  "<iframe", "fetch(",
		"XMLHttp", "import(", "style=\"", "eval(",   "innerHTML"};
	struct page page;
	(void)state;
	page_init(&page, 3, 5, "a");
	for (size_t i = 0; i < sizeof(loaders) / sizeof(loaders[0]); i++) {
		if (strstr(page.text, loaders[i]))
			print_message("the page has %s\n", loaders[i]);
		assert_null(strstr(page.text, loaders[i]));
	}
	assert_non_null(strstr(page.text, "content=\"default-src 'none'; script-src 'sha256-"));
	assert_non_null(strstr(page.text, report_script_hash));
	assert_non_null(strstr(page.text, report_style_hash));
	assert_int_equal(strlen(report_script_hash), 44);
	assert_null(strstr(report_script, "</script"));
	assert_null(strstr(report_style, "</style"));
	page_deinit(&page);
}

static void test_hostile_names_stay_text(void **state)
{
	struct page page;
	(void)state;
	page_init(&page, 2, 3, HOSTILE);
	assert_int_equal(count_text(page.text, "<script"), 2);
	assert_int_equal(count_text(page.text, "</script"), 2);
	assert_null(strstr(page.text, "<img"));
	assert_null(strstr(page.text, "<!--"));
	for (const char *at = page.text; *at; at++)
		assert_true((unsigned char)*at >= 0x20 || *at == '\n' || *at == '\t');
	assert_null(strstr(page.text, "\xE2\x80\xAE"));
	assert_null(strchr(page.text, '\xFF'));
	assert_string_equal(
		json_string_value(json_array_get(json_object_get(page.data, "tenants"), 0)),
		HOSTILE_CLEAN);
	page_deinit(&page);
}

static void test_text_is_cleaned_and_cut(void **state)
{
	char clean[8];
	(void)state;
	markup_clean(clean, sizeof(clean), NULL);
	assert_string_equal(clean, "");
	markup_clean(clean, sizeof(clean), "abcdefghij");
	assert_string_equal(clean, "abcdefg");
	markup_clean(clean, sizeof(clean), "abcdef\xE8\x88\xB0"); /* no half character at the end */
	assert_string_equal(clean, "abcdef");
	markup_clean(clean, sizeof(clean), "\xE8\x88"); /* ends within a character */
	assert_string_equal(clean, "\xEF\xBF\xBD\xEF\xBF\xBD");
	markup_clean(clean, sizeof(clean), "\xF0\x9F\x9A\xA2");
	assert_string_equal(clean, "\xF0\x9F\x9A\xA2");
	markup_clean(clean, sizeof(clean), "\xF4\x90\x80\x80");
	assert_int_equal(strlen(clean), 6); /* above U+10FFFF: no character; two of four fit */
}

/* ---- What the data say */

static double number_at(const json_t *object, const char *key)
{
	const json_t *value = json_object_get(object, key);
	assert_true(json_is_number(value));
	return json_number_value(value);
}

static void assert_near(double a, double b)
{
	double difference = a > b ? a - b : b - a;
	if (difference > 1e-4 * (1 + (b < 0 ? -b : b)))
		fail_msg("%g is not %g", a, b);
}

static void check_run(const json_t *run, const struct replay_result *result)
{
	const json_t *hours = json_object_get(run, "hours");
	const json_t *stack = json_object_get(run, "stack");
	const json_t *waits = json_object_get(json_object_get(run, "wait"), "s");
	double sum = 0;
	for (size_t i = 0; i < json_array_size(hours); i++)
		sum += json_number_value(json_array_get(hours, i));
	assert_near(sum, number_at(run, "capacity_hours"));
	assert_near(sum, report_hours(result->capacity));
	assert_int_equal(json_array_size(hours), json_array_size(stack));
	for (size_t p = 0; p < (size_t)result->points_count; p++) {
		double devices = 0;
		for (size_t i = 0; i < json_array_size(stack); i++)
			devices += json_number_value(json_array_get(json_array_get(stack, i), p));
		assert_near(devices, number_at(run, "devices"));
	}
	assert_near(json_number_value(json_array_get(waits, json_array_size(waits) - 1)),
		    (double)result->wait_us.max / 1e6);
}

static void test_data_say_what_results_say(void **state)
{
	struct page page;
	(void)state;
	page_init(&page, 2, 40, "a");
	const json_t *runs = json_object_get(page.data, "runs");
	assert_int_equal(json_array_size(runs), 2);
	for (size_t i = 0; i < 2; i++)
		check_run(json_array_get(runs, i), &page.runs.results[i]);
	const json_t *names = json_object_get(page.data, "tenants");
	assert_int_equal(json_array_size(names), REPORT_TENANTS_MAX + 1);
	assert_string_equal(json_string_value(json_array_get(names, REPORT_TENANTS_MAX)),
			    "20 others");
	page_deinit(&page);
}

static void test_tenants_without_a_name_have_a_label(void **state)
{
	char label[REPORT_LABEL_MAX];
	(void)state;
	report_tenant_label(&(struct report_tenant){.name = "-"}, label);
	assert_string_equal(label, "no tenant");
	report_tenant_label(&(struct report_tenant){.others = 12}, label);
	assert_string_equal(label, "12 others");
	report_tenant_label(&(struct report_tenant){.name = "vision"}, label);
	assert_string_equal(label, "vision");
}

/* Work of the first two intervals is booked as lost in the third, which cannot hold it. */
static void test_lost_work_moves_to_when_it_was_done(void **state)
{
	static const int64_t busy[][2] = {{10, 7}, {10, 0}, {-13, 0}}, lost[] = {3, 10, 2};
	struct replay_point points[3] = {0};
	(void)state;
	for (int32_t i = 0; i < 3; i++)
		points[i].ledger[PARC_LEDGER_BUSY] = busy[i][0];
	points[2].ledger[PARC_LEDGER_LOST] = 15;
	points[2].ledger[PARC_LEDGER_IDLE] = 4;
	report_series_settle(points, 3);
	for (int32_t i = 0; i < 3; i++) {
		assert_int_equal((int64_t)points[i].ledger[PARC_LEDGER_BUSY], busy[i][1]);
		assert_int_equal((int64_t)points[i].ledger[PARC_LEDGER_LOST], lost[i]);
	}
	assert_int_equal((int64_t)points[2].ledger[PARC_LEDGER_IDLE], 4);
}

/* An epoch that closes in the third interval gives the second its causes, in proportion. */
static void test_causes_move_to_when_they_held(void **state)
{
	struct replay_point points[3] = {0};
	(void)state;
	points[0].ledger[PARC_LEDGER_FREE_NO_DEMAND] = 100;
	points[1].ledger[PARC_LEDGER_FREE_UNATTRIBUTED] = 60;
	points[1].ledger[PARC_LEDGER_BUSY] = 40;
	points[2].ledger[PARC_LEDGER_FREE_UNATTRIBUTED] = -60;
	points[2].ledger[PARC_LEDGER_STRANDED_CPU] = 40;
	points[2].ledger[PARC_LEDGER_FREE_HELD] = 120;
	report_series_settle(points, 3);
	assert_int_equal((int64_t)points[0].ledger[PARC_LEDGER_FREE_NO_DEMAND], 100);
	assert_int_equal((int64_t)points[1].ledger[PARC_LEDGER_FREE_UNATTRIBUTED], 0);
	assert_int_equal((int64_t)points[1].ledger[PARC_LEDGER_BUSY], 40);
	assert_int_equal((int64_t)points[1].ledger[PARC_LEDGER_STRANDED_CPU], 15);
	assert_int_equal((int64_t)points[1].ledger[PARC_LEDGER_FREE_HELD], 45);
	assert_int_equal((int64_t)points[2].ledger[PARC_LEDGER_FREE_UNATTRIBUTED], 0);
	assert_int_equal((int64_t)points[2].ledger[PARC_LEDGER_STRANDED_CPU], 25);
	assert_int_equal((int64_t)points[2].ledger[PARC_LEDGER_FREE_HELD], 75);
}

static void test_every_category_has_its_words(void **state)
{
	uint32_t seen = 0;
	(void)state;
	for (int32_t i = 0; i < PARC_LEDGER_COUNT; i++) {
		const struct report_category *category = &report_categories[i];
		const char *name = parc_ledger_name(category->ledger);
		assert_int_equal(strncmp(name, category->group, strlen(category->group)), 0);
		seen |= UINT32_C(1) << category->ledger;
		char rule[64] = ".c-";
		for (size_t at = 0; name[at]; at++)
			rule[at + 3] = name[at] == '.' || name[at] == '_' ? '-' : name[at];
		assert_non_null(strstr(report_style, rule));
	}
	assert_int_equal(seen, (UINT32_C(1) << PARC_LEDGER_COUNT) - 1);
}

static void test_empty_runs_have_a_page(void **state)
{
	struct runs runs;
	struct parc_err err = {0};
	char *text = NULL;
	size_t size = 0;
	(void)state;
	runs_init(&runs, 1, 1, "a");
	struct replay_result empty = {.config = &runs.configs[0]};
	FILE *out = open_memstream(&text, &size);
	assert_int_equal(report_html_write(out, &empty, 1, &err), 0);
	fclose(out);
	check_markup(text);
	assert_null(strstr(text, ">nan"));
	assert_null(strstr(text, ">-nan"));
	free(text);
	runs_deinit(&runs);
}

static void test_full_disk_is_an_error(void **state)
{
	struct runs runs;
	struct parc_err err = {0};
	FILE *out = fopen("/dev/full", "w");
	(void)state;
	if (!out)
		skip();
	runs_init(&runs, 1, 1, "a");
	assert_int_equal(report_html_write(out, runs.results, 1, &err), PARC_ERR_IO);
	assert_non_null(strstr(err.text, "could not be written"));
	fclose(out);
	runs_deinit(&runs);
}

/* ---- Figures and numbers */

static void test_best_is_marked(void **state)
{
	struct page page;
	double best;
	(void)state;
	page_init(&page, 3, 3, "a");
	struct replay_result *results = page.runs.results;
	results[0].makespan_us = 3000000;
	results[1].makespan_us = 2000000;
	results[2].makespan_us = 4000000;
	assert_true(report_figure_best(report_figure_get("makespan"), results, 3, &best));
	assert_near(best, 2);
	results[0].finished = 5;
	assert_true(report_figure_best(report_figure_get("finished"), results, 3, &best));
	assert_near(best, RUNS_JOBS);
	assert_false(report_figure_best(report_figure_get("jobs"), results, 3, &best));
	results[0].makespan_us = results[2].makespan_us = results[1].makespan_us;
	assert_false(report_figure_best(report_figure_get("makespan"), results, 3, &best));
	assert_true(count_text(page.text, "class=\"best\"") > 5);
	page_deinit(&page);
}

static void test_numbers_for_people(void **state)
{
	static const struct {
		void (*write)(char *text, double value);
		double value;
		const char *text;
	} cases[] = {
		{report_text_number, 0, "0"},
		{report_text_number, 12, "12"},
		{report_text_number, 1.5, "1.50"},
		{report_text_number, 123.44, "123.4"},
		{report_text_number, 999.6, "1,000"},
		{report_text_number, 1234567.8, "1,234,568"},
		{report_text_number, -1000, "-1,000"},
		{report_text_duration, 0, "0 s"},
		{report_text_duration, 1.25, "1.3 s"},
		{report_text_duration, 119, "119 s"},
		{report_text_duration, 120, "2 min"},
		{report_text_duration, 5400, "90 min"},
		{report_text_duration, 7200, "2 h"},
		{report_text_duration, 172800, "2 d"},
		{report_text_duration, 86400.0 * 12345, "12,345 d"},
		{report_text_percent, 0, "0.0 %"},
		{report_text_percent, 0.01, "< 0.1 %"},
		{report_text_percent, 99.96, "100.0 %"},
	};
	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		char text[REPORT_NUMBER_MAX];
		cases[i].write(text, cases[i].value);
		assert_string_equal(text, cases[i].text);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_page_is_well_formed),
		cmocka_unit_test(test_page_loads_nothing),
		cmocka_unit_test(test_hostile_names_stay_text),
		cmocka_unit_test(test_text_is_cleaned_and_cut),
		cmocka_unit_test(test_data_say_what_results_say),
		cmocka_unit_test(test_tenants_without_a_name_have_a_label),
		cmocka_unit_test(test_lost_work_moves_to_when_it_was_done),
		cmocka_unit_test(test_causes_move_to_when_they_held),
		cmocka_unit_test(test_every_category_has_its_words),
		cmocka_unit_test(test_empty_runs_have_a_page),
		cmocka_unit_test(test_full_disk_is_an_error),
		cmocka_unit_test(test_best_is_marked),
		cmocka_unit_test(test_numbers_for_people),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
