/* SPDX-License-Identifier: Apache-2.0
 *
 * `parc window`: add, list and remove windows.
 */
#include <string.h>

#include "cli/window.h"
#include "text/span.h"

static const char window_text[] =
	"Usage: parc window [list] [OPTION]...\n"
	"       parc window add --for TIME [OPTION]...\n"
	"       parc window remove WINDOW [OPTION]...\n"
	"\n"
	"Keep nodes, or devices of a chip, for a tenant or a user for a time (an advance\n"
	"reservation), or take nodes out of service (maintenance). Nothing that would not have "
	"ended\n"
	"by then is started there before; what still runs there is stopped (docs/windows.md).\n"
	"\n"
	"  --start WHEN      now (default), a time from now as 2h, or 2026-12-01T22:00\n"
	"  --end WHEN        likewise\n"
	"  --for TIME        in place of --end: how long it lasts, as 90m\n"
	"  --maintenance     nobody may use it\n"
	"  --tenant NAME     who may use it, with all below\n"
	"  --user NAME       who may use it\n"
	"  --node NAME       a node; may be given several times\n"
	"  --devices N       or so many devices, of nodes that parc chooses ...\n"
	"  --chip NAME       ... of this chip\n"
	"  --note TEXT       what it is for\n" LIVE_HELP "\n"
	"Example:\n"
	"  parc window add --start 2026-12-01T22:00 --for 4h --maintenance --node gpu-7\n"
	"  parc window add --start 1d --for 8h --tenant vision --devices 16 --chip A100\n";

enum {
	OPTION_FIRST = 256,
	START,
	END,
	LENGTH,
	MAINTENANCE,
	TENANT,
	USER,
	NODE,
	DEVICES,
	CHIP,
	NOTE
};

static const struct option options[] = {LIVE_OPTIONS,
					{"start", required_argument, NULL, START},
					{"end", required_argument, NULL, END},
					{"for", required_argument, NULL, LENGTH},
					{"maintenance", no_argument, NULL, MAINTENANCE},
					{"tenant", required_argument, NULL, TENANT},
					{"user", required_argument, NULL, USER},
					{"node", required_argument, NULL, NODE},
					{"devices", required_argument, NULL, DEVICES},
					{"chip", required_argument, NULL, CHIP},
					{"note", required_argument, NULL, NOTE},
					{0}};

struct window {
	struct live live;
	int64_t start_us, end_us, length_us; /* 0: not given */
	json_t *body;
};

static int when_take(const char *option, int64_t *when_us)
{
	*when_us = window_time(optarg);
	return *when_us >= 0 ? COMMAND_OK
			     : command_usage("window",
					     "--%s '%s' must be now, a time from now as 2h, or "
					     "YYYY-MM-DDTHH:MM",
					     option, optarg);
}

static int word_take(struct window *window, const char *field)
{
	json_object_set_new(window->body, field, json_string(optarg));
	return COMMAND_OK;
}

static int node_take(struct window *window)
{
	json_t *list = json_object_get(window->body, "nodes");

	if (list == NULL) {
		list = json_array();
		json_object_set_new(window->body, "nodes", list);
	}
	json_array_append_new(list, json_string(optarg));
	return COMMAND_OK;
}

static int option_take(struct window *window, int option)
{
	switch (option) {
	case START:
		return when_take("start", &window->start_us);
	case END:
		return when_take("end", &window->end_us);
	case LENGTH:
		return span_parse(optarg, strlen(optarg), &window->length_us)
			       ? COMMAND_OK
			       : command_usage("window", "--for '%s' must be a time, as 90m or 4h",
					       optarg);
	case MAINTENANCE:
		json_object_set_new(window->body, "maintenance", json_true());
		return COMMAND_OK;
	case TENANT:
		return word_take(window, "tenant");
	case USER:
		return word_take(window, "user");
	case NODE:
		return node_take(window);
	case DEVICES:
		json_object_set_new(window->body, "devices", json_integer(live_number(optarg)));
		return COMMAND_OK;
	case CHIP:
		return word_take(window, "chip");
	case NOTE:
		return word_take(window, "note");
	default:
		return command_usage_hint("window");
	}
}

static int add_run(struct window *window)
{
	int64_t start_us = window->start_us == 0 ? live_now_us() : window->start_us;
	struct client_answer answer;
	int code;

	if ((window->end_us == 0) == (window->length_us == 0))
		return command_usage("window", "add: one of --end and --for is needed");
	if (window->start_us != 0)
		json_object_set_new(window->body, "start_us", json_integer(start_us));
	json_object_set_new(
		window->body, "end_us",
		json_integer(window->end_us != 0 ? window->end_us : start_us + window->length_us));
	code = live_call(&window->live, "POST", "/v1/windows", window->body, &answer);
	if (code == COMMAND_OK && !window->live.json)
		printf("window %lld\n", (long long)live_integer(answer.json, "window"));
	client_answer_deinit(&answer);
	return code;
}

static int list_run(const struct window *window)
{
	struct client_answer answer;
	int code = live_call(&window->live, "GET", "/v1/windows", NULL, &answer);

	if (code == COMMAND_OK && !window->live.json) {
		const json_t *windows = json_object_get(answer.json, "windows");

		if (json_array_size(windows) == 0)
			printf("There are no windows.\n");
		window_print(windows);
	}
	client_answer_deinit(&answer);
	return code;
}

static int remove_run(const struct window *window, const char *number)
{
	struct client_answer answer;
	char path[64];
	int code;

	if (live_number(number) < 0)
		return command_usage("window", "'%s' is no number of a window", number);
	snprintf(path, sizeof(path), "/v1/windows/%.20s", number);
	code = live_call(&window->live, "DELETE", path, NULL, &answer);
	client_answer_deinit(&answer);
	return code;
}

static int word_run(struct window *window, int words, char **argv)
{
	const char *verb = words > 0 ? argv[0] : "list";

	if (strcmp(verb, "add") == 0 && words == 1)
		return add_run(window);
	if (json_object_size(window->body) > 0 || window->start_us != 0 || window->length_us != 0)
		return command_usage("window", "only 'add' takes these options");
	if (strcmp(verb, "list") == 0 && words <= 1)
		return list_run(window);
	if (strcmp(verb, "remove") == 0 && words == 2)
		return remove_run(window, argv[1]);
	return command_usage("window", "'%s' is none of list, add and remove WINDOW", verb);
}

static int window_run(int argc, char **argv)
{
	struct window window = {.live = {.name = "window"}, .body = json_object()};
	int option, code = COMMAND_OK;

	while (code == COMMAND_OK && (option = getopt_long(argc, argv, "", options, NULL)) != -1)
		if (!live_option(&window.live, option))
			code = option_take(&window, option);
	if (code == COMMAND_OK)
		code = word_run(&window, argc - optind, argv + optind);
	json_decref(window.body);
	return code;
}

const struct command command_window = {
	.name = "window",
	.summary = "keep nodes or devices for a time; maintenance",
	.help = window_text,
	.run = window_run,
};
