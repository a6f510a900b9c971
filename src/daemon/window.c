/* SPDX-License-Identifier: Apache-2.0
 *
 * Windows: advance reservations and maintenance, set by operators. The core keeps what decides; the
 * row of a window keeps its text, with how far it has come and what the core chose for it.
 */
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/assert.h"
#include "daemon/act.h"
#include "daemon/settings.h"

#define REFUSE(...) parc_err_set(err, PARC_ERR_INVALID, __VA_ARGS__)

struct window {
	struct daemon *daemon;
	struct parc_window set;
	int64_t nodes[PARC_WINDOW_NODES_MAX];
	const char *wanted; /* name of the node that is looked for */
	int64_t found, last;
};

/* ---- Reading what was asked */

static int node_look(void *context, int64_t number, const char *name, const char *text)
{
	struct window *window = context;
	struct parc_node_info info;
	size_t size = strlen(window->wanted);

	(void)text;
	if (strncmp(name, window->wanted, size) == 0 && (name[size] == '\0' || name[size] == '#') &&
	    parc_node_info(window->daemon->core, number, &info) == 0)
		window->found = number;
	return 0;
}

static int nodes_read(struct window *window, const json_t *list, struct parc_err *err)
{
	size_t count = json_array_size(list);

	if (!json_is_array(list) || count == 0 || count > PARC_WINDOW_NODES_MAX)
		return REFUSE("nodes has to be a list of 1 to %d names", PARC_WINDOW_NODES_MAX);
	for (size_t i = 0; i < count; i++) {
		int32_t at = window->set.nodes_count;

		window->wanted = json_string_value(json_array_get(list, i));
		window->found = PARC_NONE;
		if (window->wanted != NULL)
			store_name_list(window->daemon->store, STORE_NODE, node_look, window, NULL);
		if (window->found == PARC_NONE)
			return parc_err_set(err, PARC_ERR_UNKNOWN,
					    "there is no node '%.63s'; 'parc fleet' lists them",
					    window->wanted == NULL ? "" : window->wanted);
		for (; at > 0 && window->nodes[at - 1] > window->found; at--)
			window->nodes[at] = window->nodes[at - 1];
		if (at > 0 && window->nodes[at - 1] == window->found)
			return REFUSE("the node '%.63s' stands twice", window->wanted);
		window->nodes[at] = window->found;
		window->set.nodes_count++;
	}
	window->set.nodes = window->nodes;
	return 0;
}

static int chip_read(struct window *window, const json_t *value, struct parc_err *err)
{
	const struct spec_chips *chips = &window->daemon->chips;
	const char *name = json_string_value(value);

	for (int32_t i = 0; name != NULL && i < chips->count; i++) {
		if (strcmp(chips->names[i], name) != 0)
			continue;
		window->set.chip = i;
		return 0;
	}
	return parc_err_set(err, PARC_ERR_UNKNOWN,
			    "there is no chip '%.63s' here; 'parc fleet' shows what there is",
			    name == NULL ? "" : name);
}

static int whom_read(struct window *window, json_t *object, struct parc_err *err)
{
	const char *tenant = json_string_value(json_object_get(object, "tenant"));
	const char *user = json_string_value(json_object_get(object, "user"));
	const struct passwd *found = user == NULL ? NULL : getpwnam(user);

	if (tenant != NULL)
		window->set.tenant = daemon_tenant_number(window->daemon, tenant);
	if (tenant != NULL && window->set.tenant == PARC_NONE)
		return parc_err_set(err, PARC_ERR_UNKNOWN,
				    "there is no tenant '%.63s'; 'parc tenant' lists them", tenant);
	if (user != NULL && found == NULL)
		return parc_err_set(err, PARC_ERR_UNKNOWN, "this machine has no user '%.63s'",
				    user);
	if (found != NULL)
		window->set.user = (int64_t)found->pw_uid + 1;
	window->set.maintenance = json_is_true(json_object_get(object, "maintenance"));
	if (window->set.maintenance == (tenant != NULL || user != NULL))
		return REFUSE("a window is for maintenance, or for a tenant or a user");
	return 0;
}

static int fields_check(json_t *object, struct parc_err *err)
{
	static const char *const names[] = {"start_us", "end_us", "maintenance", "tenant", "user",
					    "nodes",	"chip",	  "devices",	 "note"};
	const char *key;
	json_t *value;

	json_object_foreach(object, key, value)
	{
		size_t i = 0, count = sizeof(names) / sizeof(names[0]);

		while (i < count && strcmp(names[i], key) != 0)
			i++;
		if (i == count)
			return REFUSE("there is no field '%.60s'", key);
	}
	if (json_string_length(json_object_get(object, "note")) > SPEC_NAME_MAX)
		return REFUSE("note has more than %d bytes", SPEC_NAME_MAX);
	return 0;
}

static int window_read(struct window *window, json_t *object, struct parc_err *err)
{
	struct parc_window *set = &window->set;
	json_t *nodes = json_object_get(object, "nodes");
	json_t *devices = json_object_get(object, "devices");
	int code = json_is_object(object) ? fields_check(object, err)
					  : REFUSE("a window is a JSON object");

	set->start_us = json_integer_value(json_object_get(object, "start_us"));
	set->end_us = json_integer_value(json_object_get(object, "end_us"));
	if (code == 0 && set->start_us == 0)
		set->start_us = window->daemon->now_us;
	if (code == 0 &&
	    (set->start_us < 0 || set->start_us > PARC_TIME_MAX || set->end_us > PARC_TIME_MAX ||
	     set->end_us <= set->start_us || set->end_us <= window->daemon->now_us))
		code = REFUSE("end_us has to be after start_us and after now");
	if (code == 0)
		code = whom_read(window, object, err);
	if (code == 0 && (nodes != NULL) == (devices != NULL))
		code = REFUSE("a window names nodes, or devices of a chip");
	if (code == 0 && nodes != NULL)
		return nodes_read(window, nodes, err);
	if (code == 0 && (!json_is_integer(devices) || json_integer_value(devices) < 1 ||
			  json_integer_value(devices) > INT32_MAX))
		code = REFUSE("devices has to be a whole number above 0");
	if (code == 0)
		set->devices = (int32_t)json_integer_value(devices);
	return code == 0 ? chip_read(window, json_object_get(object, "chip"), err) : code;
}

/* ---- Rows */

static int last_look(void *context, int64_t number, const char *name, const char *text)
{
	(void)name;
	(void)text;
	((struct window *)context)->last = number;
	return 0;
}

static int text_write(struct daemon *daemon, int64_t number, const json_t *object,
		      struct parc_err *err)
{
	char *text = json_dumps(object, JSON_COMPACT), name[24];
	int64_t added = 0;
	int code = text == NULL ? parc_err_set(err, PARC_ERR_MEMORY, "no memory for a window")
				: store_begin(daemon->store, err);

	snprintf(name, sizeof(name), "%lld", (long long)number);
	if (code == 0)
		code = store_name_add(daemon->store, STORE_WINDOW, name, text, &added, err);
	ASSERT(code != 0 || added == number);
	free(text);
	return code;
}

/* The text of a window as an object, the caller's; NULL: there is none. */
static json_t *text_read(struct daemon *daemon, int64_t number)
{
	const char *name, *text;

	return store_name_of(daemon->store, STORE_WINDOW, number, &name, &text, NULL) == 1
		       ? json_loads(text, 0, NULL)
		       : NULL;
}

int daemon_window_add(struct daemon *daemon, json_t *object, int64_t *number, struct parc_err *err)
{
	struct window *window = calloc(1, sizeof(*window));
	struct parc_event event = {.time_us = daemon->now_us, .kind = PARC_EVENT_WINDOW_SET};
	json_t *kept = NULL;
	int code =
		window == NULL ? parc_err_set(err, PARC_ERR_MEMORY, "no memory for a window") : 0;

	if (code == 0) {
		window->daemon = daemon;
		code = window_read(window, object, err);
	}
	if (code == 0)
		code = store_name_list(daemon->store, STORE_WINDOW, last_look, window, err);
	if (code == 0) {
		window->set.window = *number = window->last + 1;
		event.window = window->set;
		code = parc_check(daemon->core, &event, err);
	}
	if (code == 0) { /* the row first: the step's actions change it */
		kept = json_deep_copy(object);
		json_object_set_new(kept, "start_us", json_integer(window->set.start_us));
		json_object_set_new(kept, "phase", json_string("waits"));
		code = text_write(daemon, *number, kept, err);
	}
	if (code == 0)
		code = daemon_step(daemon, &event, err);
	json_decref(kept);
	free(window);
	return code;
}

int daemon_window_drop(struct daemon *daemon, int64_t number, struct parc_err *err)
{
	struct parc_event event = {.kind = PARC_EVENT_WINDOW_DROP, .window.window = number};
	json_t *kept = text_read(daemon, number);
	int code = kept == NULL ? parc_err_set(err, PARC_ERR_UNKNOWN, "there is no window %lld",
					       (long long)number)
				: daemon_step(daemon, &event, err);

	if (code == 0) {
		json_object_set_new(kept, "phase", json_string("removed"));
		code = text_write(daemon, number, kept, err);
	}
	json_decref(kept);
	return code;
}

int window_write(struct daemon *daemon, const struct parc_action *action, struct parc_err *err)
{
	json_t *kept = text_read(daemon, action->window.window), *parts;
	int code = 0;

	if (kept == NULL)
		return 0;
	if (action->window.phase == PARC_WINDOW_PLACED) {
		parts = json_array();
		for (int32_t i = 0; i < action->window.count; i++) {
			char name[ENGINE_NAME_MAX + 1] = "?";

			daemon_node_name(daemon, action->window.placements[i].node, name);
			json_array_append_new(parts, json_string(name));
		}
		json_object_set_new(kept, "on", parts);
	} else {
		json_object_set_new(kept, "phase",
				    json_string(parc_window_phase_name(action->window.phase)));
		log_write(&daemon->log, LOG_INFO_LEVEL, "window %lld has %s",
			  (long long)action->window.window,
			  parc_window_phase_name(action->window.phase));
	}
	code = text_write(daemon, action->window.window, kept, err);
	json_decref(kept);
	return code;
}

static int list_look(void *context, int64_t number, const char *name, const char *text)
{
	json_t *window = json_loads(text, 0, NULL);
	const char *phase = json_string_value(json_object_get(window, "phase"));

	(void)name;
	json_object_set_new(window, "window", json_integer(number));
	if (phase != NULL && strcmp(phase, "removed") != 0 &&
	    strcmp(phase, parc_window_phase_name(PARC_WINDOW_ENDED)) != 0)
		json_array_append(context, window);
	json_decref(window);
	return 0;
}

json_t *windows_json(struct daemon *daemon)
{
	json_t *list = json_array();

	store_name_list(daemon->store, STORE_WINDOW, list_look, list, NULL);
	return list;
}
