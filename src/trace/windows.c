/* SPDX-License-Identifier: Apache-2.0
 *
 * Reading windows. Nodes are looked up one by one; a file has few of them.
 */
#include "trace/windows.h"

#include <stdlib.h>
#include <string.h>

#include "text/yaml_tree.h"
#include "trace/fleet_yaml.h"

#define SECONDS_MAX   INT64_C(1000000000)
#define FIELDS(table) (int)(sizeof(table) / sizeof((table)[0]))

struct reader {
	struct yaml_tree *tree;
	const struct fleet *fleet;
	const struct jobs *jobs;
	int64_t *nodes; /* room for the nodes of the next window */
	struct parc_err *err;
};

struct draft {
	int64_t start_s, end_s;
	int32_t devices;
	uint8_t maintenance;
};

#define DRAFT(member) offsetof(struct draft, member)
static const struct yaml_field window_list[] = {
	{"start_s", YAML_INT64, true, DRAFT(start_s), 0, SECONDS_MAX},
	{"end_s", YAML_INT64, true, DRAFT(end_s), 1, SECONDS_MAX},
	{"maintenance", YAML_FLAG, false, DRAFT(maintenance), 0, 0},
	{"devices", YAML_INT32, false, DRAFT(devices), 1, INT32_MAX},
	{"chip", YAML_OTHER, false, 0, 0, 0},
	{"tenant", YAML_OTHER, false, 0, 0, 0},
	{"user", YAML_OTHER, false, 0, 0, 0},
	{"nodes", YAML_OTHER, false, 0, 0, 0},
};
static const struct yaml_fields window_fields = {"a window", window_list, FIELDS(window_list)};

static int read_nodes(struct reader *reader, yaml_node_t *map, struct parc_window *window)
{
	yaml_node_t *list = yaml_find(reader->tree, map, "nodes");
	const struct fleet *fleet = reader->fleet;
	int count = list == NULL ? 0
				 : yaml_items_count(reader->tree, list, "nodes",
						    PARC_WINDOW_NODES_MAX, reader->err);

	window->nodes = reader->nodes;
	for (int i = 0; i < count; i++) {
		yaml_node_t *item = yaml_item(reader->tree, list, i);
		struct text_field word;
		int code = yaml_read_word(reader->tree, item, "nodes", &word, reader->err);
		int32_t n = 0, at = window->nodes_count;

		while (code == 0 && n < fleet->nodes_count && !text_is(word, fleet->nodes[n].name))
			n++;
		if (code == 0 && n == fleet->nodes_count)
			code = yaml_refuse(reader->tree, item, PARC_ERR_UNKNOWN, reader->err,
					   "the fleet has no node \"%.*s\"", (int)word.size,
					   word.bytes);
		if (code != 0)
			return code;
		for (; at > 0 && reader->nodes[at - 1] > n + 1; at--)
			reader->nodes[at] = reader->nodes[at - 1];
		if (at > 0 && reader->nodes[at - 1] == n + 1)
			return yaml_refuse(reader->tree, item, PARC_ERR_INVALID, reader->err,
					   "the node stands twice");
		reader->nodes[at] = n + 1;
		window->nodes_count++;
	}
	reader->nodes += window->nodes_count;
	return count < 0 ? count : 0;
}

/* The id of a name of the log: its index and so much more. */
static int read_name(struct reader *reader, yaml_node_t *map, const char *key,
		     const struct jobs_names *names, int64_t more, int64_t *id)
{
	yaml_node_t *node = yaml_find(reader->tree, map, key);
	struct text_field word;
	int code = node == NULL ? 0 : yaml_read_word(reader->tree, node, key, &word, reader->err);

	if (node == NULL || code != 0)
		return code;
	for (int32_t i = 0; i < names->count; i++)
		if (text_is(word, names->list[i]))
			*id = i + more;
	return *id != PARC_NONE
		       ? 0
		       : yaml_refuse(reader->tree, node, PARC_ERR_UNKNOWN, reader->err,
				     "the log has no %s \"%.*s\"", key, (int)word.size, word.bytes);
}

/* Devices of the chip in all nodes, 0 for cores. */
static int32_t devices_of(const struct fleet *fleet, int32_t chip)
{
	int32_t devices = 0;

	for (int32_t n = 0; n < fleet->nodes_count; n++) {
		const struct parc_node_add *add = &fleet->nodes[n].add;

		for (int32_t p = 0; p < add->pools_count; p++)
			devices += add->pools[p].chip == chip ? add->pools[p].devices : 0;
	}
	return fleet->chips[chip].chip.rule == PARC_RULE_CORES ? 0 : devices;
}

static int read_chip(struct reader *reader, yaml_node_t *map, struct parc_window *window)
{
	yaml_node_t *node = yaml_find(reader->tree, map, "chip");

	int code;

	if (node == NULL)
		return 0;
	code = fleet_yaml_find_chip(reader->tree, node, "chip", reader->fleet, &window->chip,
				    reader->err);
	if (code == 0 && window->devices > devices_of(reader->fleet, window->chip))
		code = yaml_refuse(reader->tree, node, PARC_ERR_INVALID, reader->err,
				   "a window of %d devices, the fleet has %d of this chip",
				   window->devices, devices_of(reader->fleet, window->chip));
	return code;
}

static int read_window(struct reader *reader, yaml_node_t *map, struct parc_window *window)
{
	struct draft draft = {0};
	int code = yaml_read_map(reader->tree, map, &window_fields, &draft, reader->err);

	window->start_us = draft.start_s * 1000000;
	window->end_us = draft.end_s * 1000000;
	window->maintenance = draft.maintenance;
	window->devices = draft.devices;
	if (code == 0)
		code = read_nodes(reader, map, window);
	if (code == 0)
		code = read_chip(reader, map, window);
	if (code == 0)
		code = read_name(reader, map, "tenant", &reader->jobs->tenants, 1, &window->tenant);
	if (code == 0)
		code = read_name(reader, map, "user", &reader->jobs->users, 2, &window->user);
	if (code == 0 && window->end_us <= window->start_us)
		code = yaml_refuse(reader->tree, map, PARC_ERR_INVALID, reader->err,
				   "end_s is not after start_s");
	if (code == 0 && (window->nodes_count > 0) == (window->devices > 0))
		code = yaml_refuse(reader->tree, map, PARC_ERR_INVALID, reader->err,
				   "a window names nodes, or devices of a chip");
	if (code == 0 && window->maintenance == (window->tenant != 0 || window->user != 0))
		code = yaml_refuse(reader->tree, map, PARC_ERR_INVALID, reader->err,
				   "a window is for maintenance, or for a tenant or a user");
	return code;
}

static int read_list(struct reader *reader, yaml_node_t *list, struct windows *windows)
{
	int code = 0,
	    count = yaml_items_count(reader->tree, list, "windows", PARC_WINDOWS_MAX, reader->err);

	if (count <= 0)
		return count;
	windows->list = calloc((size_t)count, sizeof(*windows->list));
	windows->nodes = calloc((size_t)count * PARC_WINDOW_NODES_MAX, sizeof(*windows->nodes));
	if (windows->list == NULL || windows->nodes == NULL)
		return parc_err_set(reader->err, PARC_ERR_MEMORY, "no memory for windows");
	windows->count = count;
	reader->nodes = windows->nodes;
	for (int i = 0; i < count && code == 0; i++) {
		windows->list[i].window = i + 1;
		code = read_window(reader, yaml_item(reader->tree, list, i), &windows->list[i]);
	}
	return code;
}

int windows_read(struct windows *windows, const char *path, const struct fleet *fleet,
		 const struct jobs *jobs, struct parc_err *err)
{
	struct yaml_file file;
	struct reader reader = {.tree = &file.tree, .fleet = fleet, .jobs = jobs, .err = err};
	yaml_node_t *list;
	int code = yaml_file_open(&file, path, "a list of windows", "windows", &list, err);

	*windows = (struct windows){0};
	if (code == 0)
		code = read_list(&reader, list, windows);
	yaml_file_close(&file);
	if (code != 0)
		windows_deinit(windows);
	return code;
}

void windows_deinit(struct windows *windows)
{
	free(windows->list);
	free(windows->nodes);
	*windows = (struct windows){0};
}
