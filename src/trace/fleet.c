/* SPDX-License-Identifier: Apache-2.0
 *
 * Reading a fleet file: which form it has is told by its first line. A list of nodes begins with
 * a header that has the column "sn" (openb) or "pools" (parc CSV); anything else is YAML. The
 * readers of each form are in fleet_csv.c, fleet_openb.c and fleet_yaml.c.
 */
#include "trace/fleet.h"

#include <stdlib.h>
#include <string.h>

#include "base/assert.h"
#include "trace/fleet_build.h"

typedef int read_form(struct fleet_builder *builder, struct text *text, struct parc_err *err);

static int read_yaml(struct fleet_builder *builder, struct text *text, struct parc_err *err)
{
	return fleet_read_yaml(builder, text, err);
}

static read_form *find_form(struct text_field header)
{
	struct text_field column;

	while (text_take(&header, ',', &column)) {
		if (text_is(column, "sn"))
			return fleet_read_openb;
		if (text_is(column, "pools"))
			return fleet_read_csv;
	}
	return read_yaml;
}

static int read_text(struct fleet_builder *builder, struct text *text, struct parc_err *err)
{
	struct text peek = *text;
	struct text_field header;
	int code = text_next_line(&peek, &header, SIZE_MAX, err);

	if (code < 0)
		return code;
	if (code == 0)
		return parc_err_set(err, PARC_ERR_SYNTAX,
				    "%s: the file is empty, expected a fleet (YAML, CSV or openb's "
				    "node list)",
				    text->name);
	code = find_form(header)(builder, text, err);
	if (code == 0 && builder->fleet->nodes_count == 0)
		return parc_err_set(err, PARC_ERR_INVALID,
				    "%s: the fleet has no nodes, expected at least one",
				    text->name);
	return code;
}

static int read_bytes(struct fleet *fleet, const char *name, const char *bytes, size_t size,
		      const struct catalogue *catalogue, struct parc_err *err)
{
	struct fleet_builder builder;
	struct text text;
	int code;

	fleet_builder_init(&builder, fleet);
	builder.catalogue = catalogue;
	text_init(&text, name, bytes, size);
	code = read_text(&builder, &text, err);
	fleet_builder_deinit(&builder);
	if (code != 0)
		fleet_deinit(fleet);
	return code;
}

int fleet_read_bytes(struct fleet *fleet, const char *name, const char *bytes, size_t size,
		     struct parc_err *err)
{
	return read_bytes(fleet, name, bytes, size, NULL, err);
}

int fleet_read_with(struct fleet *fleet, const char *path, const struct catalogue *catalogue,
		    struct parc_err *err)
{
	char *bytes;
	size_t size;
	int code;

	*fleet = (struct fleet){0};
	code = text_load(path, &bytes, &size, err);
	if (code != 0)
		return code;
	code = read_bytes(fleet, path, bytes, size, catalogue, err);
	free(bytes);
	return code;
}

int fleet_read(struct fleet *fleet, const char *path, struct parc_err *err)
{
	return fleet_read_with(fleet, path, NULL, err);
}

void fleet_deinit(struct fleet *fleet)
{
	free(fleet->chips);
	free(fleet->runtimes);
	free(fleet->places);
	free(fleet->nodes);
	*fleet = (struct fleet){0};
}

int32_t fleet_find_chip(const struct fleet *fleet, const char *name)
{
	for (int32_t i = 0; i < fleet->chips_count; i++) {
		if (strcmp(fleet->chips[i].name, name) == 0)
			return i;
	}
	return -1;
}
