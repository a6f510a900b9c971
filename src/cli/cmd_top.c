/* SPDX-License-Identifier: Apache-2.0
 *
 * `parc top`: devices and queue on the whole terminal, again every second. A frame is made as
 * lines of text, so that one can be printed without a terminal, too.
 */
#include <curses.h>
#include <locale.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cli/live.h"
#include "text/glyph.h"

#define LINES_MAX   400
#define COLUMNS_MAX 200
#define BAR_CELLS   20
#define REFRESH_MS  1000
#define CELL_SIZE   128 /* bytes of a cell */

static const char top_text[] =
	"Usage: parc top [OPTION]...\n"
	"\n"
	"Show devices and the queue on the whole terminal, again every second. q ends it.\n"
	"\n"
	"  --once             print it once, without a terminal\n" LIVE_HELP;

struct frame {
	char lines[LINES_MAX][COLUMNS_MAX];
	int count;
};

static void frame_add(struct frame *frame, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

/* Add a line; bytes that could move the cursor become '?'. */
static void frame_add(struct frame *frame, const char *format, ...)
{
	char *line = frame->lines[frame->count];
	va_list args;

	if (frame->count == LINES_MAX)
		return;
	va_start(args, format);
	vsnprintf(line, COLUMNS_MAX, format, args);
	va_end(args);
	for (; *line != '\0'; line++)
		if ((unsigned char)*line < 0x20 || *line == 0x7f)
			*line = '?';
	frame->count++;
}

/* Text that others chose as a cell of so many columns. */
static const char *cell(char *out, size_t size, const char *text, int columns)
{
	char glyph[GLYPH_BYTES];
	size_t used = 0;
	int shown = 0;

	while (*text != '\0' && used + 2 * GLYPH_BYTES < size) {
		int taken = glyph_take(&text, glyph);

		if (shown + taken > columns)
			break;
		used += (size_t)snprintf(out + used, size - used, "%s", glyph);
		shown += taken;
	}
	snprintf(out + used, size - used, "%*s", columns - shown, "");
	return out;
}

static const char *bar(int64_t used_milli, char text[BAR_CELLS + 1])
{
	int64_t cells = (used_milli * BAR_CELLS + 999) / 1000;

	for (int i = 0; i < BAR_CELLS; i++)
		text[i] = i < cells ? '#' : '.';
	text[BAR_CELLS] = '\0';
	return text;
}

static void nodes_add(struct frame *frame, const json_t *fleet)
{
	const json_t *nodes = json_object_get(fleet, "nodes");
	char text[BAR_CELLS + 1];

	for (size_t n = 0; n < json_array_size(nodes); n++) {
		const json_t *node = json_array_get(nodes, n);
		const json_t *devices = json_object_get(node, "devices");

		frame_add(frame, "%-20.20s %-11s %7.1f cores free %9lld MiB free",
			  live_string(node, "name"), live_string(node, "state"),
			  (double)live_integer(node, "cpu_free_milli") / 1000,
			  (long long)live_integer(node, "memory_free_mib"));
		for (size_t d = 0; d < json_array_size(devices); d++) {
			const json_t *device = json_array_get(devices, d);
			int64_t used = 1000 - live_integer(device, "free_milli");

			frame_add(frame, "  %2zu %-12.12s [%s] %3lld %%", d,
				  live_string(device, "chip"), bar(used, text),
				  (long long)used / 10);
		}
	}
}

static void jobs_add(struct frame *frame, const json_t *answer)
{
	const json_t *jobs = json_object_get(answer, "jobs");
	int64_t now_us = live_now_us();

	frame_add(frame, " ");
	frame_add(frame, "%8s  %-18s %-10s %-10s %-10s %-12s %s", "JOB", "NAME", "USER", "TENANT",
		  "STATE", "REASON", "AGE");
	for (size_t i = 0; i < json_array_size(jobs); i++) {
		const json_t *job = json_array_get(jobs, i);
		const char *reason = live_string(job, "reason");
		char name[CELL_SIZE];

		frame_add(frame, "%8lld  %s %-10.10s %-10.10s %-10s %-12s %s",
			  (long long)live_integer(job, "job"),
			  cell(name, sizeof(name), live_string(job, "name"), 18),
			  live_string(job, "user"), live_string(job, "tenant"),
			  live_string(job, "state"), strcmp(reason, "none") == 0 ? "" : reason,
			  live_duration(now_us - live_integer(job, "submit_us")));
	}
}

static int frame_make(const struct live *live, struct frame *frame)
{
	struct client_answer fleet = {0}, jobs = {0};
	struct live quiet = *live;
	int code;

	quiet.json = 0;
	frame->count = 0;
	code = live_call(&quiet, "GET", "/v1/fleet", NULL, &fleet);
	if (code == COMMAND_OK)
		code = live_call(&quiet, "GET", "/v1/jobs?live=1&limit=200", NULL, &jobs);
	if (code == COMMAND_OK) {
		frame_add(frame, "parc: %.1f of %.1f devices allocated, %lld jobs wait",
			  (double)live_integer(fleet.json, "allocated_milli") / 1000,
			  (double)live_integer(fleet.json, "capacity_milli") / 1000,
			  (long long)live_integer(fleet.json, "pending"));
		nodes_add(frame, fleet.json);
		jobs_add(frame, jobs.json);
	}
	client_answer_deinit(&fleet);
	client_answer_deinit(&jobs);
	return code;
}

static void frame_draw(const struct frame *frame)
{
	erase();
	for (int i = 0; i < frame->count && i < LINES; i++)
		mvaddnstr(i, 0, frame->lines[i], COLS);
	refresh();
}

static int screen_run(const struct live *live, struct frame *frame)
{
	int code, key = 0;

	setlocale(LC_ALL, "");
	initscr();
	cbreak();
	noecho();
	curs_set(0);
	timeout(REFRESH_MS);
	do {
		code = frame_make(live, frame);
		if (code == COMMAND_OK)
			frame_draw(frame);
		key = code == COMMAND_OK ? getch() : 'q';
	} while (key != 'q' && key != 'Q');
	endwin();
	return code;
}

static int top_run(int argc, char **argv)
{
	static const struct option options[] = {
		LIVE_OPTIONS, {"once", no_argument, NULL, 'o'}, {0}};
	static struct frame frame;
	struct live live = {.name = "top"};
	int option, once = 0, code;

	while ((option = getopt_long(argc, argv, "", options, NULL)) != -1) {
		if (live_option(&live, option))
			continue;
		if (option != 'o')
			return command_usage_hint("top");
		once = 1;
	}
	if (optind < argc)
		return command_usage("top", "'%s' is too many", argv[optind]);
	code = frame_make(&live, &frame); /* before the screen: whatever is wrong can be read */
	if (code != COMMAND_OK)
		return code;
	if (!once && isatty(STDOUT_FILENO))
		return screen_run(&live, &frame);
	for (int i = 0; i < frame.count; i++)
		printf("%s\n", frame.lines[i]);
	return COMMAND_OK;
}

const struct command command_top = {
	.name = "top",
	.summary = "show devices and the queue, again every second",
	.help = top_text,
	.run = top_run,
};
