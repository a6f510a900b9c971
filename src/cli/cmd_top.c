/* SPDX-License-Identifier: Apache-2.0
 *
 * `parc top`: devices, the queue and the latest events on the whole terminal, again every second.
 * What stands on it is made in screen.c; here are the terminal and its keys. A daemon that does
 * not answer is waited for: the screen keeps what it had, and says so.
 */
#include <curses.h>
#include <locale.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cli/screen.h"

#define PAPER_COLUMNS 100
#define INTERVAL_MIN  100 /* milliseconds */
#define INTERVAL_MAX  3600000

static const char top_text[] =
	"Usage: parc top [OPTION]...\n"
	"\n"
	"Show devices, the queue and the latest events on the whole terminal, again every second.\n"
	"Its last line names the keys: q ends it, up and down move, s sorts, r reverses, t shows\n"
	"one tenant, p pauses, h helps.\n"
	"\n"
	"  --once             print all of it once; so it does where the output is no terminal\n"
	"  --interval T       seconds between two looks: 0.1 to 3600 (1)\n"
	"  --tenant NAME      jobs of this tenant\n"
	"  --sort ORDER       age, since, state, tenant, user or name (age)\n" LIVE_HELP "\n"
	"Example:\n"
	"  parc top --sort tenant\n";

struct top {
	struct live live;
	struct screen_view view;
	struct screen_data data;
	struct parc_err err; /* of the last look; code 0: it went well */
	int once, interval_ms;
};

/* ---- The terminal */

static void colours_begin(void)
{
	if (!has_colors())
		return;
	start_color();
	use_default_colors();
	init_pair(FRAME_GOOD, COLOR_GREEN, -1);
	init_pair(FRAME_WAIT, COLOR_YELLOW, -1);
	init_pair(FRAME_BAD, COLOR_RED, -1);
}

static chtype attribute_of(enum frame_style style)
{
	if (style == FRAME_TITLE)
		return A_BOLD;
	if (style == FRAME_HEAD)
		return A_REVERSE;
	return style == FRAME_PLAIN || !has_colors() ? A_NORMAL : COLOR_PAIR(style);
}

static void frame_draw(const struct frame *frame)
{
	erase();
	for (int i = 0; i < frame->count && i < LINES; i++) {
		attrset(attribute_of(frame->lines[i].style));
		mvaddnstr(i, 0, frame->lines[i].text, -1);
	}
	attrset(A_NORMAL);
	refresh();
}

static void top_draw(struct top *top, struct frame *frame)
{
	top->view.lines = LINES;
	top->view.columns = COLS;
	top->view.notice = top->err.code == 0 ? NULL : top->err.text;
	screen_make(&top->data, &top->view, frame);
	frame_draw(frame);
}

static void look(struct top *top)
{
	top->err = (struct parc_err){0};
	screen_fetch(&top->live, &top->view, &top->data, &top->err);
}

/* Ask for a tenant on the last line. */
static void tenant_ask(struct top *top)
{
	mvprintw(LINES - 1, 0, "tenant (none: all): ");
	clrtoeol();
	echo();
	curs_set(1);
	timeout(-1);
	if (getnstr(top->view.tenant, SCREEN_TENANT_MAX) == ERR)
		top->view.tenant[0] = '\0';
	noecho();
	curs_set(0);
	for (char *at = top->view.tenant; *at != '\0'; at++)
		if (strchr("&?#% /", *at) != NULL || (unsigned char)*at < 0x21)
			*at = '_'; /* no tenant's name has it, and no path may */
	top->view.top = 0;
}

static void sort_step(struct screen_view *view, int step)
{
	view->sort = (view->sort + step + SCREEN_SORTS_COUNT) % SCREEN_SORTS_COUNT;
	view->top = 0;
}

/* Keys that change what is shown. 1: the daemon is to be asked anew. */
static int key_take(struct top *top, int key)
{
	struct screen_view *view = &top->view;

	switch (key) {
	case KEY_UP:
		view->top--;
		return 0;
	case KEY_DOWN:
		view->top++;
		return 0;
	case KEY_PPAGE:
		view->top -= view->page;
		return 0;
	case KEY_NPAGE:
		view->top += view->page;
		return 0;
	case KEY_HOME:
		view->top = 0;
		return 0;
	case KEY_END:
		view->top = SCREEN_JOBS_MAX;
		return 0;
	case 's':
	case KEY_RIGHT:
		sort_step(view, 1);
		return 0;
	case KEY_LEFT:
		sort_step(view, -1);
		return 0;
	case 'r':
		view->is_reversed = !view->is_reversed;
		return 0;
	case 'h':
	case '?':
		view->is_help = !view->is_help;
		return 0;
	case 'p':
		view->is_paused = !view->is_paused;
		return !view->is_paused;
	case 't':
		tenant_ask(top);
		return 1;
	case ERR: /* nothing for as long as a look lasts */
		return !view->is_paused;
	default:
		return key == ' ';
	}
}

static int screen_run(struct top *top, struct frame *frame)
{
	int key = 0;

	if (initscr() == NULL)
		return COMMAND_FAILED;
	colours_begin();
	cbreak();
	noecho();
	keypad(stdscr, TRUE);
	curs_set(0);
	while (key != 'q' && key != 'Q') {
		top_draw(top, frame);
		timeout(top->interval_ms);
		key = getch();
		if (key != 'q' && key != 'Q' && key_take(top, key))
			look(top);
	}
	endwin();
	return COMMAND_OK;
}

/* ---- Without one */

static int paper_print(struct top *top, struct frame *frame)
{
	top->view.columns = PAPER_COLUMNS;
	screen_make(&top->data, &top->view, frame);
	for (int i = 0; i < frame->count; i++) {
		char *text = frame->lines[i].text;
		size_t size = strlen(text);

		while (size > 0 && text[size - 1] == ' ')
			size--;
		printf("%.*s\n", (int)size, text);
	}
	return COMMAND_OK;
}

static int json_print(const struct screen_data *data)
{
	json_t *object = json_pack("{s:O, s:O, s:O}", "fleet", data->fleet, "jobs",
				   json_object_get(data->jobs, "jobs"), "events",
				   json_object_get(data->events, "events"));

	json_dumpf(object, stdout, JSON_INDENT(2));
	printf("\n");
	json_decref(object);
	return COMMAND_OK;
}

/* ---- The command line */

static int option_take(struct top *top, int option)
{
	int64_t milli;

	if (option == 'o') {
		top->once = 1;
	} else if (option == 'i') {
		milli = command_read_milli(optarg, NULL);
		if (milli < INTERVAL_MIN || milli > INTERVAL_MAX)
			return command_usage("top", "--interval has to be 0.1 to 3600 seconds");
		top->interval_ms = (int)milli;
	} else if (option == 't') {
		if (strlen(optarg) > SCREEN_TENANT_MAX || strpbrk(optarg, "&?#% /") != NULL)
			return command_usage("top", "'%.80s' is no tenant's name", optarg);
		snprintf(top->view.tenant, sizeof(top->view.tenant), "%s", optarg);
	} else if (option == 's') {
		for (top->view.sort = 0; top->view.sort < SCREEN_SORTS_COUNT; top->view.sort++)
			if (strcmp(optarg, screen_sort_name(top->view.sort)) == 0)
				return COMMAND_OK;
		return command_usage("top",
				     "--sort has to be age, since, state, tenant, user or name");
	} else {
		return command_usage_hint("top");
	}
	return COMMAND_OK;
}

static int top_options(struct top *top, int argc, char **argv)
{
	static const struct option options[] = {LIVE_OPTIONS,
						{"once", no_argument, NULL, 'o'},
						{"interval", required_argument, NULL, 'i'},
						{"tenant", required_argument, NULL, 't'},
						{"sort", required_argument, NULL, 's'},
						{0}};
	int option, code = COMMAND_OK;

	while (code == COMMAND_OK && (option = getopt_long(argc, argv, "", options, NULL)) != -1)
		if (!live_option(&top->live, option))
			code = option_take(top, option);
	if (code == COMMAND_OK && optind < argc)
		code = command_usage("top", "'%s' is too many", argv[optind]);
	return code;
}

static int top_run(int argc, char **argv)
{
	struct top top = {.live = {.name = "top"}, .interval_ms = 1000};
	struct frame *frame = malloc(sizeof(*frame));
	int code = top_options(&top, argc, argv);

	setlocale(LC_CTYPE, "");
	if (frame == NULL && code == COMMAND_OK)
		code = COMMAND_FAILED;
	if (code == COMMAND_OK)
		look(&top); /* before the screen: whatever is wrong can be read */
	if (code == COMMAND_OK && top.err.code != 0)
		code = command_fail(&top.err);
	if (code == COMMAND_OK && top.live.json)
		code = json_print(&top.data);
	else if (code == COMMAND_OK && !top.once && isatty(STDOUT_FILENO) && isatty(STDIN_FILENO))
		code = screen_run(&top, frame);
	else if (code == COMMAND_OK)
		code = paper_print(&top, frame);
	screen_data_deinit(&top.data);
	free(frame);
	return code;
}

const struct command command_top = {
	.name = "top",
	.summary = "show devices, the queue and the latest events, again every second",
	.help = top_text,
	.run = top_run,
};
