/* SPDX-License-Identifier: Apache-2.0
 *
 * Two fifths of the window are for devices at most, a fifth for events, and the queue has the rest.
 * Where the devices do not fit, each node is one line.
 */
#include "cli/screen.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "cli/job_text.h"

#define CALL_SECONDS  5 /* a screen that waits longer is no use */
#define EVENTS_PAPER  10
#define EVENTS_MAX    12
#define LINES_SMALL   12 /* a window below this has no events */
#define CELL_COLUMNS  40 /* of one device */
#define BAR_CELLS     10
#define COLUMNS_LEAST 20

static const struct {
	const char *name, *text;
} sorts[] = {
#define X(name, text) {#name, text},
	SCREEN_SORTS(X)
#undef X
};

const char *screen_sort_name(int sort)
{
	return sort >= 0 && sort < SCREEN_SORTS_COUNT ? sorts[sort].name : NULL;
}

/* ---- Asking */

static int get(const struct live *live, const char *path, json_t **json, struct parc_err *err)
{
	struct client_call call = {.socket = live->socket,
				   .ca = live->ca,
				   .method = "GET",
				   .path = path,
				   .seconds = CALL_SECONDS};
	struct client_answer answer;
	int code = client_do(&call, &answer, err);

	if (code == 0) {
		json_decref(*json);
		*json = json_incref(answer.json);
	}
	client_answer_deinit(&answer);
	return code;
}

int screen_fetch(const struct live *live, const struct screen_view *view, struct screen_data *data,
		 struct parc_err *err)
{
	char path[128];
	int code;

	snprintf(path, sizeof(path), "/v1/jobs?live=1&limit=%d%s%s", SCREEN_JOBS_MAX,
		 view->tenant[0] == '\0' ? "" : "&tenant=", view->tenant);
	code = get(live, path, &data->jobs, err);
	if (code == 0)
		code = get(live, "/v1/fleet", &data->fleet, err);
	snprintf(path, sizeof(path), "/v1/events?last=%d", EVENTS_MAX);
	if (code == 0)
		code = get(live, path, &data->events, err);
	if (code == 0)
		data->taken_us = live_now_us();
	return code;
}

void screen_data_deinit(struct screen_data *data)
{
	json_decref(data->fleet);
	json_decref(data->jobs);
	json_decref(data->events);
	*data = (struct screen_data){0};
}

/* ---- The head */

static const char *clock_text(int64_t us, char text[16])
{
	time_t seconds = (time_t)(us / 1000000);
	struct tm when;

	text[0] = '\0';
	if (localtime_r(&seconds, &when) != NULL)
		strftime(text, 16, "%H:%M:%S", &when);
	return text;
}

static void head_add(const struct screen_data *data, const struct screen_view *view,
		     struct frame *frame)
{
	struct frame_line *line = frame_add(frame, FRAME_TITLE);
	int64_t capacity = live_integer(data->fleet, "capacity_milli");
	int64_t held = live_integer(data->fleet, "allocated_milli");
	char text[16];

	frame_text(line, "parc %s  %.1f of %.1f devices held", clock_text(data->taken_us, text),
		   (double)held / 1000, (double)capacity / 1000);
	if (capacity > 0)
		frame_text(line, " (%lld %%)", (long long)(held * 100 / capacity));
	frame_text(line, ", %lld jobs wait", (long long)live_integer(data->fleet, "pending"));
	if (view->is_paused)
		frame_text(line, "  PAUSED");
}

/* ---- Devices */

/* "61%" of thousandths, "-" when it was not measured. */
static void part_add(struct frame_line *line, const json_t *milli)
{
	if (json_is_integer(milli))
		frame_text(line, "%4lld%%", (long long)json_integer_value(milli) / 10);
	else
		frame_text(line, "    -");
}

static void device_add(struct frame_line *line, const json_t *device)
{
	int64_t held = 1000 - live_integer(device, "free_milli");

	frame_text(line, "%2lld ", (long long)live_integer(device, "device"));
	frame_cell(line, live_string(device, "chip"), 7);
	frame_bar(line, held, BAR_CELLS);
	frame_text(line, " %3lld%% busy", (long long)held / 10);
	part_add(line, json_object_get(device, "busy_milli"));
	frame_text(line, "%s", json_is_true(json_object_get(device, "foreign")) ? "!" : " ");
}

/* "3 of 8 held" of the devices of a node, where they have no lines of their own. */
static void devices_sum_add(struct frame_line *line, const json_t *devices)
{
	int64_t count = (int64_t)json_array_size(devices), held = 0;

	for (int64_t i = 0; i < count; i++)
		held += 1000 - live_integer(json_array_get(devices, (size_t)i), "free_milli");
	if (count == 0)
		return;
	frame_text(line, "devices ");
	frame_bar(line, held / count, BAR_CELLS);
	frame_text(line, " %.1f of %lld  ", (double)held / 1000, (long long)count);
}

static void node_add(struct frame *frame, const json_t *node, int is_short)
{
	struct frame_line *line = frame_add(frame, FRAME_PLAIN);
	int64_t cores = live_integer(node, "cpu_milli");
	int64_t held = cores - live_integer(node, "cpu_free_milli");
	int64_t memory = live_integer(node, "memory_mib");

	frame_cell(line, live_string(node, "name"), 12);
	frame_cell(line, live_string(node, "state"),
		   strcmp(live_string(node, "state"), "up") == 0 ? 2 : 8);
	if (is_short)
		devices_sum_add(line, json_object_get(node, "devices"));
	frame_text(line, "cores ");
	if (!is_short || json_array_size(json_object_get(node, "devices")) == 0) {
		frame_bar(line, cores == 0 ? 0 : held * 1000 / cores, BAR_CELLS);
		frame_text(line, " ");
	}
	frame_text(line, "%g of %g", (double)held / 1000, (double)cores / 1000);
	if (json_is_integer(json_object_get(node, "cpu_busy_milli"))) {
		frame_text(line, ", busy");
		part_add(line, json_object_get(node, "cpu_busy_milli"));
	}
	frame_text(line, "  %.1f of %.1f GiB",
		   (double)(memory - live_integer(node, "memory_free_mib")) / 1024,
		   (double)memory / 1024);
}

/* Each node's devices in a grid below it. */
static void nodes_add(struct frame *frame, const json_t *nodes, int columns, int is_short)
{
	size_t across = (size_t)(columns / CELL_COLUMNS < 1 ? 1 : columns / CELL_COLUMNS);

	for (size_t n = 0; n < json_array_size(nodes); n++) {
		const json_t *node = json_array_get(nodes, n);
		const json_t *devices = json_object_get(node, "devices");
		struct frame_line *line = NULL;

		node_add(frame, node, is_short);
		for (size_t d = 0; !is_short && d < json_array_size(devices); d++) {
			if (d % across == 0)
				line = frame_add(frame, FRAME_PLAIN);
			device_add(line, json_array_get(devices, d));
		}
	}
}

/* `room`: lines that they may take; 0: as many as they need. */
static void devices_section(const struct screen_data *data, const struct screen_view *view,
			    int room, struct frame *frame)
{
	const json_t *nodes = json_object_get(data->fleet, "nodes");
	int from = frame->count;

	nodes_add(frame, nodes, view->columns, 0);
	if (room == 0 || frame->count - from <= room)
		return;
	frame->count = from;
	nodes_add(frame, nodes, view->columns, 1);
	if (frame->count - from <= room)
		return;
	frame->count = from + room - 1;
	frame_text(frame_add(frame, FRAME_PLAIN), "and %lld more nodes; 'parc fleet' lists them",
		   (long long)json_array_size(nodes) - room + 1);
}

/* ---- The queue */

static int sort_by; /* for the comparison, which has no context */

static int job_compare(const void *left, const void *right)
{
	const json_t *a = *(json_t *const *)left, *b = *(json_t *const *)right;
	int64_t more = live_integer(a, "job") - live_integer(b, "job");
	int order = 0;

	if (sort_by == SCREEN_SORT_state)
		order = strcmp(live_string(b, "state"), live_string(a, "state"));
	else if (sort_by == SCREEN_SORT_tenant)
		order = strcmp(live_string(a, "tenant"), live_string(b, "tenant"));
	else if (sort_by == SCREEN_SORT_user)
		order = strcmp(live_string(a, "user"), live_string(b, "user"));
	else if (sort_by == SCREEN_SORT_name)
		order = strcmp(live_string(a, "name"), live_string(b, "name"));
	else if (sort_by == SCREEN_SORT_since)
		more = job_since_us(a) == job_since_us(b) ? more
							  : job_since_us(a) - job_since_us(b);
	return order != 0 ? order : more < 0 ? -1 : more > 0;
}

static int jobs_sort(const struct screen_data *data, const struct screen_view *view,
		     const json_t **list)
{
	const json_t *jobs = json_object_get(data->jobs, "jobs");
	int count = 0;

	for (size_t i = 0; i < json_array_size(jobs) && count < SCREEN_JOBS_MAX; i++)
		list[count++] = json_array_get(jobs, i);
	sort_by = view->sort;
	qsort(list, (size_t)count, sizeof(*list), job_compare);
	for (int i = 0; view->is_reversed && i < count / 2; i++) {
		const json_t *it = list[i];

		list[i] = list[count - 1 - i];
		list[count - 1 - i] = it;
	}
	return count;
}

/* Widths of what varies with the window. */
static int name_width(int columns)
{
	return columns >= 120 ? 30 : columns >= 100 ? 20 : 11;
}

/* "15s", "12m03s", "2h14m", "3d04h": at most 7 columns for a year. */
static void since_add(struct frame_line *line, int64_t us)
{
	long long s = us > 0 ? us / 1000000 : 0;
	char text[32];

	if (s < 60)
		snprintf(text, sizeof(text), "%llds", s);
	else if (s < 3600)
		snprintf(text, sizeof(text), "%lldm%02llds", s / 60, s % 60);
	else if (s < 86400)
		snprintf(text, sizeof(text), "%lldh%02lldm", s / 3600, s / 60 % 60);
	else
		snprintf(text, sizeof(text), "%lldd%02lldh", s / 86400, s / 3600 % 24);
	frame_cell(line, text, 7);
}

static void queue_head_add(const struct screen_view *view, int count, struct frame *frame)
{
	struct frame_line *line = frame_add(frame, FRAME_HEAD);
	int name = name_width(view->columns);

	frame_text(line, "%8s %-*.*s %-8s %-8s %-8s %-10s %-7s WAITS FOR", "JOB", name, name,
		   "NAME", "USER", "TENANT", "STATE", "WANTS", "SINCE");
	if (view->columns >= 120)
		frame_text(line, "       %d jobs, %s%s", count, sorts[view->sort].text,
			   view->is_reversed ? ", reversed" : "");
	while (line->columns < view->columns && line->columns < FRAME_COLUMNS_MAX)
		frame_text(line, " ");
}

static void job_add(const struct screen_view *view, const json_t *job, int64_t now_us,
		    struct frame *frame)
{
	const char *state = live_string(job, "state"), *reason = job_reason(job);
	struct frame_line *line = frame_add(frame, strcmp(state, "running") == 0   ? FRAME_GOOD
						   : strcmp(state, "pending") == 0 ? FRAME_WAIT
										   : FRAME_PLAIN);
	char wants[JOB_WANTS_BYTES];

	job_wants(job, wants);
	frame_text(line, "%8lld ", (long long)live_integer(job, "job"));
	frame_cell(line, live_string(job, "name"), name_width(view->columns));
	frame_cell(line, live_string(job, "user"), 8);
	frame_cell(line, live_string(job, "tenant"), 8);
	frame_cell(line, state, 8);
	frame_cell(line, wants, 10);
	since_add(line, now_us - job_since_us(job));
	frame_text(line, "%s", strcmp(reason, "none") == 0 ? "" : reason);
}

/* `room`: lines that it may take; 0: as many as it needs. */
static void queue_section(const struct screen_data *data, struct screen_view *view, int room,
			  struct frame *frame)
{
	static const json_t *list[SCREEN_JOBS_MAX];
	int count = jobs_sort(data, view, list);

	view->page = room == 0 ? count : room - 1;
	if (view->page < 1)
		view->page = 1;
	if (view->top > count - view->page)
		view->top = count - view->page;
	if (view->top < 0)
		view->top = 0;
	queue_head_add(view, count, frame);
	for (int i = view->top; i < count && i < view->top + view->page; i++)
		job_add(view, list[i], data->taken_us, frame);
	if (count == 0)
		frame_text(frame_add(frame, FRAME_PLAIN), "%8s %s", "-", "no job waits or runs");
	for (int i = count == 0 ? 1 : count; room != 0 && i < view->page; i++)
		frame_add(frame, FRAME_PLAIN);
}

/* ---- Events */

static void event_add(const json_t *event, struct frame *frame)
{
	const char *state = live_string(event, "state"), *result = live_string(event, "result");
	const char *reason = live_string(event, "reason"), *warning = live_string(event, "warning");
	int has_ended = strcmp(state, "ended") == 0;
	struct frame_line *line =
		frame_add(frame, has_ended && strcmp(result, "ok") != 0 ? FRAME_BAD : FRAME_PLAIN);
	char text[16];

	frame_text(line, "%s  job %lld ", clock_text(live_integer(event, "time_us"), text),
		   (long long)live_integer(event, "job"));
	frame_cell(line, live_string(event, "name"), 20);
	frame_cell(line, live_string(event, "user"), 8);
	frame_text(line, "%s%s%s", state, has_ended ? " " : "", has_ended ? result : "");
	if (strcmp(reason, "none") != 0)
		frame_text(line, " (%s)", reason);
	if (strcmp(warning, "none") != 0)
		frame_text(line, " warned: %s", warning);
}

/* The latest `room` of them, the newest last. */
static void events_section(const struct screen_data *data, const struct screen_view *view, int room,
			   struct frame *frame)
{
	const json_t *events = json_object_get(data->events, "events");
	int count = (int)json_array_size(events), shown = room - 1;
	struct frame_line *line = frame_add(frame, FRAME_HEAD);

	frame_text(line, "LATEST EVENTS");
	while (line->columns < view->columns && line->columns < FRAME_COLUMNS_MAX)
		frame_text(line, " ");
	for (int i = count > shown ? count - shown : 0; i < count; i++)
		event_add(json_array_get(events, (size_t)i), frame);
	for (int i = count; view->lines != 0 && i < shown; i++)
		frame_add(frame, FRAME_PLAIN);
}

/* ---- All */

static void help_section(struct frame *frame)
{
	static const char *const lines[] = {
		"q          end",
		"up, down   move through the queue by one job; page up, page down, home, end",
		"s, right   sort by the next: age, since, state, tenant, user, name",
		"left       sort by the one before",
		"r          reverse the order",
		"t          show one tenant only; an empty name shows all",
		"p          pause, and go on",
		"space      ask the daemon now",
		"h, ?       this help, and back",
		"",
		"A bar is what jobs hold of a device or of cores. busy is what was measured, - "
		"when",
		"nothing was, and ! says that a process uses the device that is no job's.",
		"'parc why JOB' says why a job waits, 'parc show JOB' all of it.",
	};

	for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++)
		frame_text(frame_add(frame, FRAME_PLAIN), "%s", lines[i]);
}

static void bottom_add(const struct screen_view *view, struct frame *frame)
{
	struct frame_line *line = frame_add(frame, view->notice == NULL ? FRAME_TITLE : FRAME_BAD);
	const char *tenant = view->tenant[0] == '\0' ? "all" : view->tenant;

	if (view->notice != NULL) {
		frame_cell(line, view->notice, view->columns);
		return;
	}
	frame_text(line,
		   "q end  up/down move  s sort:%s  r reverse  t tenant:", sorts[view->sort].name);
	frame_cell(line, tenant, (int)strlen(tenant));
	frame_text(line, " p %s  h help", view->is_paused ? "go on" : "pause");
}

void screen_make(const struct screen_data *data, struct screen_view *view, struct frame *frame)
{
	int lines = view->lines, events, devices;

	frame->count = 0;
	if (view->columns < COLUMNS_LEAST)
		view->columns = COLUMNS_LEAST;
	head_add(data, view, frame);
	if (view->is_help) {
		help_section(frame);
	} else if (lines == 0) {
		devices_section(data, view, 0, frame);
		queue_section(data, view, 0, frame);
		events_section(data, view, EVENTS_PAPER + 1, frame);
		return;
	} else {
		events = lines < LINES_SMALL ? 0 : lines / 5 < 3 ? 3 : lines / 5;
		events = events > EVENTS_MAX + 1 ? EVENTS_MAX + 1 : events;
		devices = lines * 2 / 5 < 1 ? 1 : lines * 2 / 5;
		devices_section(data, view, devices, frame);
		queue_section(data, view, lines - 1 - events - frame->count, frame);
		if (events > 0)
			events_section(data, view, events, frame);
	}
	while (frame->count < lines - 1)
		frame_add(frame, FRAME_PLAIN);
	if (frame->count > lines - 1)
		frame->count = lines > 1 ? lines - 1 : 0;
	bottom_add(view, frame);
}
