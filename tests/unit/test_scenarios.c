/* SPDX-License-Identifier: Apache-2.0
 *
 * Scenarios: tests/scenarios/NAME.txt holds events and, after each, exactly what the core must
 * answer: one line `> ...` for each action in order, or `! ...` with the refusal. Lines with # are
 * comments, `limits NAME=N ...` before the first event sets the size of tables. The events are
 * stepped under all checks of the rig, so each scenario is also audited, replayed, and encoded
 * and decoded after each step.
 *
 * A line `unanswered` leaves the answers open, for events that once broke a check under a policy
 * whose choices may change: the checks alone must pass.
 *
 * With SCENARIO_WRITE=1 the answers are written into the files instead, for a new scenario; what
 * is written is to be read before it is kept.
 */
#include <glob.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "support/rig.h"

#define SCENARIOS      "tests/scenarios/*.txt"
#define TEXT_MAX       (1 << 20)
#define LINE_MAX_BYTES (ENTRY_TEXT_MAX + 16)

struct scenario {
	const char *path;
	struct rig rig;
	struct parc_limits limits;
	int begun, line, unanswered; /* unanswered: the answers are not compared */
	char *found;		     /* the file as it should be */
	size_t found_size;
};

static void found_add(struct scenario *it, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

static void found_add(struct scenario *it, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	it->found_size += (size_t)vsnprintf(it->found + it->found_size, TEXT_MAX - it->found_size,
					    format, args);
	va_end(args);
	assert_true(it->found_size < TEXT_MAX);
}

static void limits_read(struct scenario *it, const char *line)
{
	static const struct {
		const char *name;
		size_t offset;
	} fields[] = {
		{"nodes", offsetof(struct parc_limits, nodes)},
		{"places", offsetof(struct parc_limits, places)},
		{"jobs", offsetof(struct parc_limits, jobs)},
		{"groups", offsetof(struct parc_limits, groups)},
		{"extras", offsetof(struct parc_limits, extras)},
		{"tasks", offsetof(struct parc_limits, tasks)},
		{"tenants", offsetof(struct parc_limits, tenants)},
		{"shapes", offsetof(struct parc_limits, shapes)},
	};
	char copy[LINE_MAX_BYTES], *word, *rest = copy;
	size_t found = 0;

	snprintf(copy, sizeof(copy), "%s", line + strlen("limits "));
	while ((word = strsep(&rest, " ")) != NULL) {
		char *value = strchr(word, '=');
		int32_t number = value == NULL ? 0 : (int32_t)strtol(value + 1, NULL, 10);

		if (value != NULL)
			*value = '\0';
		for (found = 0; found < sizeof(fields) / sizeof(*fields); found++)
			if (strcmp(fields[found].name, word) == 0)
				break;
		if (value == NULL || found == sizeof(fields) / sizeof(*fields))
			fail_msg("%s:%d: this is no limit: %s", it->path, it->line, word);
		memcpy((char *)&it->limits + fields[found].offset, &number, sizeof(number));
	}
}

/* Step one event and write down the answer. */
static void event_run(struct scenario *it, const char *line)
{
	char text[ENTRY_TEXT_MAX];
	struct parc_err err = {0};
	struct entry entry;
	const char *why;
	int code;

	if (!it->begun)
		rig_begin(&it->rig, &it->limits, 1);
	it->begun = 1;
	if (entry_parse(&entry, line, &why) != 0)
		fail_msg("%s:%d: %s: %s", it->path, it->line, why, line);
	entry_bind(&entry, it->rig.main);
	code = parc_check(it->rig.main, &entry.event, &err);
	if (rig_step(&it->rig, &entry) != 0)
		fail_msg("%s:%d: %s: %s", it->path, it->line, it->rig.kind, it->rig.text);
	if (it->unanswered)
		return;
	if (code != 0)
		found_add(it, "! %s: %s\n", parc_err_name(code), err.text);
	for (int32_t i = 0; i < it->rig.actions.count; i++)
		found_add(it, "> %s\n", action_format(&it->rig.actions.list[i], text));
}

static char *file_read(const char *path)
{
	char *text = calloc(1, TEXT_MAX);
	FILE *in = fopen(path, "r");

	assert_non_null(text);
	assert_non_null(in);
	assert_true(fread(text, 1, TEXT_MAX - 1, in) < TEXT_MAX - 1);
	fclose(in);
	return text;
}

static void file_write(const char *path, const char *text)
{
	FILE *out = fopen(path, "w");

	assert_non_null(out);
	assert_int_equal(fwrite(text, 1, strlen(text), out), strlen(text));
	assert_int_equal(fclose(out), 0);
}

/* The first line that differs. */
static void texts_compare(const char *path, const char *wanted, const char *found)
{
	for (int line = 1;; line++) {
		size_t a = strcspn(wanted, "\n"), b = strcspn(found, "\n");

		if (a != b || strncmp(wanted, found, a) != 0)
			fail_msg("%s: after line %d\nwanted: %.*s\nfound:  %.*s", path, line - 1,
				 (int)a, wanted, (int)b, found);
		if (wanted[a] == '\0' || found[b] == '\0')
			return;
		wanted += a + 1;
		found += b + 1;
	}
}

static void scenario_run(struct scenario *it, const char *text)
{
	char line[LINE_MAX_BYTES];

	while (*text != '\0') {
		size_t size = strcspn(text, "\n");

		it->line++;
		assert_true(size < sizeof(line));
		memcpy(line, text, size);
		line[size] = '\0';
		text += size + (text[size] == '\n');
		if (line[0] == '>' || line[0] == '!')
			continue;
		found_add(it, "%s\n", line);
		if (strncmp(line, "limits", 6) == 0)
			limits_read(it, line);
		else if (strcmp(line, "unanswered") == 0)
			it->unanswered = 1;
		else if (line[0] != '#' && line[0] != '\0')
			event_run(it, line);
	}
}

static void test_scenario(void **state)
{
	struct scenario it = {.path = *state, .limits = parc_limits_for(16, 128, 64)};
	char *text = file_read(it.path);

	it.limits.shapes = 64;
	it.found = calloc(1, TEXT_MAX);
	assert_non_null(it.found);
	rig_init(&it.rig);
	it.rig.thorough = 1;
	scenario_run(&it, text);
	assert_true(it.begun);
	if (getenv("SCENARIO_WRITE") != NULL)
		file_write(it.path, it.found);
	else
		texts_compare(it.path, text, it.found);
	rig_deinit(&it.rig);
	free(it.found);
	free(text);
}

int main(void)
{
	struct CMUnitTest *tests;
	glob_t found;
	int result;

	if (glob(SCENARIOS, 0, NULL, &found) != 0)
		return 1;
	tests = calloc(found.gl_pathc, sizeof(*tests));
	for (size_t i = 0; i < found.gl_pathc; i++)
		tests[i] = (struct CMUnitTest){.name = strrchr(found.gl_pathv[i], '/') + 1,
					       .test_func = test_scenario,
					       .initial_state = found.gl_pathv[i]};
	result = _cmocka_run_group_tests("scenarios", tests, found.gl_pathc, NULL, NULL);
	free(tests);
	globfree(&found);
	return result;
}
