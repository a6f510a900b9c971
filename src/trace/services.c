/* SPDX-License-Identifier: Apache-2.0
 *
 * Reading services: the list by tables of fields, each load as a table of two columns. Cost: as
 * any table, 100 ns a line.
 */
#include "trace/services.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "text/yaml_tree.h"
#include "trace/fleet_yaml.h"

#define SECONDS_MAX   31536000 /* a year */
#define FIELDS(table) (int)(sizeof(table) / sizeof((table)[0]))

struct reader {
	struct yaml_tree *tree;
	const struct fleet *fleet;
	struct parc_err *err;
};

/* A row with its times in seconds, as the file has them. */
struct draft {
	struct services_row row;
	int64_t ready_s, deadline_s, report_s;
};

#define DRAFT(member) offsetof(struct draft, member)
static const struct yaml_field service_list[] = {
	{"name", YAML_NAME, true, DRAFT(row.name), 0, FLEET_NAME_MAX},
	{"load", YAML_OTHER, true, 0, 0, 0},
	{"replicas_min", YAML_INT32, false, DRAFT(row.service.replicas_min), 0, PARC_REPLICAS_MAX},
	{"replicas_max", YAML_INT32, true, DRAFT(row.service.replicas_max), 1, PARC_REPLICAS_MAX},
	{"capacity_milli", YAML_INT64, true, DRAFT(row.service.capacity_milli), 1, PARC_LOAD_MAX},
	{"target_milli", YAML_INT32, false, DRAFT(row.service.target_milli), 0, 1000},
	{"tier", YAML_INT32, false, DRAFT(row.tier), 0, PARC_TIERS_MAX - 1},
	{"class", YAML_OTHER, false, 0, 0, 0},
	{"preemptible", YAML_FLAG, false, DRAFT(row.preemptible), 0, 0},
	{"ready_s", YAML_INT64, false, DRAFT(ready_s), 0, SECONDS_MAX},
	{"deadline_s", YAML_INT64, false, DRAFT(deadline_s), 0, SECONDS_MAX},
	{"report_s", YAML_INT64, false, DRAFT(report_s), 1, SECONDS_MAX},
	{"tasks", YAML_INT32, false, DRAFT(row.tasks), 1, PARC_TASKS_MAX},
	{"devices", YAML_INT32, false, DRAFT(row.task.devices), 0, PARC_NODE_DEVICES_MAX},
	{"share_milli", YAML_INT32, false, DRAFT(row.task.share_milli), 1, PARC_SHARE_WHOLE},
	{"device_memory_mib", YAML_INT32, false, DRAFT(row.task.device_memory_mib), 0,
	 PARC_DEVICE_MEMORY_MAX},
	{"cpu_milli", YAML_INT32, false, DRAFT(row.task.cpu_milli), 0, PARC_CPU_MAX},
	{"memory_mib", YAML_INT64, false, DRAFT(row.task.memory_mib), 0, PARC_MEMORY_MAX},
	{"chips", YAML_OTHER, false, 0, 0, 0},
};
static const struct yaml_fields service_fields = {"a service", service_list, FIELDS(service_list)};

static const struct text_column load_list[] = {{"time_s", true}, {"load_milli", true}};
static const struct text_columns load_columns = {load_list, 2, true, ','};

/* ---- Loads */

static int read_point(struct text *text, const struct text_field *fields, struct services_row *row,
		      struct parc_err *err)
{
	const int64_t range[2] = {0, PARC_LOAD_MAX};
	struct services_point *at = &row->points[row->points_count];
	int code = text_read_seconds(text, fields[0], "time_s", 0, &at->time_us, err);

	if (code == 0)
		code = text_read_number(text, fields[1], "load_milli", range, &at->load_milli, err);
	if (code == 0 && row->points_count > 0 && at->time_us <= at[-1].time_us)
		code = text_refuse(text, fields[0], PARC_ERR_INVALID, err,
				   "time_s is not after that of the line before");
	row->points_count += code == 0;
	return code;
}

static int read_points(struct text *text, struct services_row *row, struct parc_err *err)
{
	struct text_field fields[2];
	struct text_table table;
	int32_t room = 0;
	int code = text_table_init(&table, text, &load_columns, err);

	while (code == 0 && (code = text_table_next(&table, fields, err)) > 0) {
		if (row->points_count == SERVICES_POINTS_MAX)
			return text_refuse(text, fields[0], PARC_ERR_FULL, err,
					   "more than %d lines of load", SERVICES_POINTS_MAX);
		if (row->points_count == room) {
			struct services_point *more;

			room = room > 0 ? 2 * room : 1024;
			more = realloc(row->points, (size_t)room * sizeof(*more));
			if (more == NULL)
				return parc_err_set(err, PARC_ERR_MEMORY, "no memory for a load");
			row->points = more;
		}
		code = read_point(text, fields, row, err);
	}
	if (code == 0 && row->points_count < 2)
		code = parc_err_set(err, PARC_ERR_INVALID,
				    "%s: expected two lines of load or more; with the last one the "
				    "service ends",
				    text->name);
	return code;
}

/* The file that the service names, seen from the folder of the list. */
static int read_load(struct reader *reader, yaml_node_t *map, struct services_row *row)
{
	yaml_node_t *node = yaml_find(reader->tree, map, "load");
	char path[YAML_PATH_MAX], *bytes = NULL;
	struct text text;
	size_t size;
	int code = yaml_read_path(reader->tree, node, "load", path, reader->err);

	if (code != 0)
		return code;
	code = text_load(path, &bytes, &size, reader->err);
	if (code == 0) {
		text_init(&text, path, bytes, size);
		code = read_points(&text, row, reader->err);
	}
	free(bytes);
	return code;
}

/* ---- The list */

static int read_chips(struct reader *reader, yaml_node_t *map, struct services_row *row)
{
	int count = fleet_yaml_find_chips(reader->tree, map, "chips", reader->fleet,
					  &row->task.chips, reader->err);

	return count < 0 ? count : 0;
}

static int read_class(struct reader *reader, yaml_node_t *map, struct services_row *row)
{
	yaml_node_t *node = yaml_find(reader->tree, map, "class");
	struct text_field word;
	int code;

	if (node == NULL)
		return 0;
	code = yaml_read_word(reader->tree, node, "class", &word, reader->err);
	if (code != 0)
		return code;
	for (row->work_class = 0; row->work_class <= PARC_CLASS_BATCH; row->work_class++)
		if (text_is(word, parc_class_name(row->work_class)))
			return 0;
	return yaml_refuse(reader->tree, node, PARC_ERR_INVALID, reader->err,
			   "class is none of train, infer, interactive and batch");
}

static int read_service(struct reader *reader, yaml_node_t *map, struct services_row *row)
{
	struct draft draft = {.row = {.tasks = 1, .work_class = PARC_CLASS_INFER},
			      .deadline_s = 10,
			      .report_s = 60};
	int code;

	draft.row.task.share_milli = PARC_SHARE_WHOLE;
	code = yaml_read_map(reader->tree, map, &service_fields, &draft, reader->err);
	*row = draft.row;
	row->ready_us = draft.ready_s * 1000000;
	row->deadline_us = draft.deadline_s * 1000000;
	row->report_us = draft.report_s * 1000000;
	if (row->task.devices == 0)
		row->task.share_milli = 0;
	if (code == 0 && row->service.replicas_min > row->service.replicas_max)
		code = yaml_refuse(reader->tree, map, PARC_ERR_INVALID, reader->err,
				   "replicas_min is above replicas_max");
	if (code == 0 && row->task.devices == 0 && row->task.cpu_milli == 0)
		code = yaml_refuse(reader->tree, map, PARC_ERR_INVALID, reader->err,
				   "a replica asks for nothing, expected devices or cpu_milli");
	if (code == 0)
		code = read_chips(reader, map, row);
	if (code == 0)
		code = read_class(reader, map, row);
	return code != 0 ? code : read_load(reader, map, row);
}

static int read_list(struct reader *reader, yaml_node_t *list, struct services *services)
{
	int code = 0,
	    count = yaml_items_count(reader->tree, list, "services", SERVICES_MAX, reader->err);

	if (count <= 0)
		return count;
	services->rows = calloc((size_t)count, sizeof(*services->rows));
	if (services->rows == NULL)
		return parc_err_set(reader->err, PARC_ERR_MEMORY, "no memory for services");
	services->count = count;
	for (int i = 0; i < count && code == 0; i++) {
		yaml_node_t *item = yaml_item(reader->tree, list, i);

		code = read_service(reader, item, &services->rows[i]);
		for (int k = 0; k < i && code == 0; k++)
			if (strcmp(services->rows[k].name, services->rows[i].name) == 0)
				code = yaml_refuse(reader->tree, item, PARC_ERR_EXISTS, reader->err,
						   "the service %s stands here twice",
						   services->rows[i].name);
	}
	return code;
}

int services_read(struct services *services, const char *path, const struct fleet *fleet,
		  struct parc_err *err)
{
	struct yaml_file file;
	struct reader reader = {.tree = &file.tree, .fleet = fleet, .err = err};
	yaml_node_t *list;
	int code = yaml_file_open(&file, path, "a list of services", "services", &list, err);

	*services = (struct services){0};
	if (code == 0)
		code = read_list(&reader, list, services);
	yaml_file_close(&file);
	if (code != 0)
		services_deinit(services);
	return code;
}

void services_deinit(struct services *services)
{
	for (int32_t i = 0; i < services->count; i++)
		free(services->rows[i].points);
	free(services->rows);
	*services = (struct services){0};
}

int64_t services_devices_milli(const struct services_row *row)
{
	return (int64_t)row->task.devices * row->task.share_milli * row->tasks;
}

/* Load times time in [from_us, until_us), from the point `at` on, which holds at from_us. */
static __int128 load_within(const struct services_row *row, int32_t at, int64_t from_us,
			    int64_t until_us)
{
	__int128 sum = 0;

	for (; from_us < until_us; at++) {
		int64_t end_us =
			at + 1 < row->points_count ? row->points[at + 1].time_us : until_us;

		end_us = end_us < until_us ? end_us : until_us;
		sum += (__int128)row->points[at].load_milli * (end_us - from_us);
		from_us = end_us;
	}
	return sum;
}

int64_t services_peak_milli(const struct services_row *row)
{
	int64_t peak = row->points[0].load_milli,
		last_us = row->points[row->points_count - 1].time_us;
	int64_t from_us = row->points[0].time_us;

	for (int32_t at = 0; from_us + row->report_us <= last_us; from_us += row->report_us) {
		int64_t mean;

		while (row->points[at + 1].time_us <= from_us)
			at++;
		mean = (int64_t)(load_within(row, at, from_us, from_us + row->report_us) /
				 row->report_us);
		peak = mean > peak ? mean : peak;
	}
	return peak;
}
