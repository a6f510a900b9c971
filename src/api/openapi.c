/* SPDX-License-Identifier: Apache-2.0
 *
 * The interface described, out of the tables that drive it: as an OpenAPI 3.1 document for
 * programs, as docs/api.md for people.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "api/bodies.h"
#include "api/request.h"

static const char *const who_names[] = {"anybody", "any caller", "tenants, operators",
					"viewers, operators", "operators"};

struct parameter {
	const char *route, *name, *text;
};

static const struct parameter parameters[] = {
#define X(route, name, text) {#route, name, text},
	API_PARAMETERS(X)
#undef X
};

static const struct {
	const char *name;
	int status;
	const char *text;
} errors[] = {
#define X(name, status, text) {#name, status, text},
	API_ERRORS(X)
#undef X
};

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

/* ---- OpenAPI */

static json_t *field_schema(const struct spec_field *field)
{
	static const char *const types[] = {"string", "string", "integer", "number", "boolean",
					    "array",  "array",	"object",  "string", "string",
					    "string", "array",	"array",   "object", "object",
					    "array",  "array"};
	_Static_assert(sizeof(types) / sizeof(types[0]) == SPEC_LIST + 1, "a type for each");
	json_t *schema =
		json_pack("{s:s, s:s}", "type", types[field->kind], "description", field->meaning);

	if (field->kind == SPEC_NUMBER || field->kind == SPEC_SECONDS) {
		json_object_set_new(schema, "minimum", json_integer(field->min));
		json_object_set_new(schema, "maximum", json_integer(field->max));
	}
	if (field->kind == SPEC_TEXT || field->kind == SPEC_WORD)
		json_object_set_new(schema, "maxLength", json_integer(field->max));
	if (strcmp(types[field->kind], "array") == 0) {
		json_object_set_new(schema, "maxItems", json_integer(field->max));
		json_object_set_new(schema, "items",
				    field->kind == SPEC_STRINGS || field->kind == SPEC_WORDS
					    ? json_pack("{s:s}", "type", "string")
					    : json_object());
	}
	return schema;
}

static json_t *job_schema(void)
{
	json_t *fields = json_object();

	for (int i = 0; i < spec_job_fields_count; i++)
		json_object_set_new(fields, spec_job_fields[i].name,
				    field_schema(&spec_job_fields[i]));
	for (int i = 0; i < spec_group_fields_count; i++)
		json_object_set_new(fields, spec_group_fields[i].name,
				    field_schema(&spec_group_fields[i]));
	return json_pack("{s:s, s:b, s:[s, s], s:o}", "type", "object", "additionalProperties", 0,
			 "required", "command", "directory", "properties", fields);
}

/* The schemas of all bodies, by name. */
static json_t *schemas_json(void)
{
	json_t *schemas = json_pack("{s:o}", "Job", job_schema());

	for (int i = 0; i < api_fields_count; i++) {
		const struct api_field *it = &api_fields[i];
		json_t *schema = json_object_get(schemas, it->body);

		if (schema == NULL) {
			schema = json_pack("{s:s, s:b, s:[], s:{}}", "type", "object",
					   "additionalProperties", 0, "required", "properties");
			json_object_set_new(schemas, it->body, schema);
		}
		json_object_set_new(json_object_get(schema, "properties"), it->field.name,
				    field_schema(&it->field));
		if (it->is_required)
			json_array_append_new(json_object_get(schema, "required"),
					      json_string(it->field.name));
	}
	return schemas;
}

/* A route's body; nothing when it takes none. */
static void body_set(json_t *object, const struct api_route *route)
{
	int is_job = strcmp(route->name, "job_submit") == 0;
	const char *body = is_job ? "Job" : api_body_of(route->name);
	char reference[64];

	if (body == NULL)
		return;
	snprintf(reference, sizeof(reference), "#/components/schemas/%s", body);
	json_object_set_new(object, "requestBody",
			    json_pack("{s:b, s:{s:{s:{s:s}}}}", "required",
				      strcmp(route->name, "job_checkpoint") != 0, "content",
				      "application/json", "schema", "$ref", reference));
}

static json_t *route_parameters(const struct api_route *route)
{
	json_t *list = json_array();

	if (strstr(route->path, "{id}") != NULL)
		json_array_append_new(list, json_pack("{s:s, s:s, s:b, s:{s:s}}", "name", "id",
						      "in", "path", "required", 1, "schema", "type",
						      "integer"));
	for (size_t i = 0; i < COUNT(parameters); i++)
		if (strcmp(parameters[i].route, route->name) == 0)
			json_array_append_new(list, json_pack("{s:s, s:s, s:s, s:{s:s}}", "name",
							      parameters[i].name, "in", "query",
							      "description", parameters[i].text,
							      "schema", "type", "string"));
	return list;
}

static json_t *route_json(const struct api_route *route)
{
	json_t *answers = json_pack("{s:{s:s}, s:{s:s}}", "2XX", "description", "done", "default",
				    "description", "refused: {\"error\": {code, message}}");
	json_t *object = json_pack("{s:s, s:s, s:s, s:o, s:o}", "operationId", route->name,
				   "summary", route->summary, "description", who_names[route->who],
				   "parameters", route_parameters(route), "responses", answers);

	body_set(object, route);
	return object;
}

json_t *api_openapi(void)
{
	json_t *paths = json_object();

	for (int i = 0; i < api_routes_count; i++) {
		const struct api_route *route = &api_routes[i];
		json_t *path = json_object_get(paths, route->path);
		char method[8] = "";

		for (size_t c = 0; route->method[c] != '\0' && c + 1 < sizeof(method); c++)
			method[c] = (char)(route->method[c] | 0x20);
		if (path == NULL) {
			path = json_object();
			json_object_set_new(paths, route->path, path);
		}
		json_object_set_new(path, method, route_json(route));
	}
	return json_pack("{s:s, s:{s:s, s:s}, s:o, s:{s:o, s:{s:{s:s, s:s}}}}", "openapi", "3.1.0",
			 "info", "title", "parc", "version", "1", "paths", paths, "components",
			 "schemas", schemas_json(), "securitySchemes", "token", "type", "http",
			 "scheme", "bearer");
}

/* ---- docs/api.md */

static void routes_print(FILE *out)
{
	fprintf(out, "| route | who | what it does |\n|---|---|---|\n");
	for (int i = 0; i < api_routes_count; i++)
		fprintf(out, "| `%s %s` | %s | %s |\n", api_routes[i].method, api_routes[i].path,
			who_names[api_routes[i].who], api_routes[i].summary);
	fprintf(out,
		"\n## Parameters of queries\n\n| route | parameter | meaning |\n|---|---|---|\n");
	for (size_t i = 0; i < COUNT(parameters); i++)
		for (int r = 0; r < api_routes_count; r++)
			if (strcmp(api_routes[r].name, parameters[i].route) == 0)
				fprintf(out, "| `%s` | %s | %s |\n", api_routes[r].path,
					parameters[i].name, parameters[i].text);
}

static void fields_print(FILE *out, const struct spec_field *list, int count)
{
	fprintf(out, "| field | type | range | meaning |\n|---|---|---|---|\n");
	for (int i = 0; i < count; i++) {
		fprintf(out, "| %s | %s | ", list[i].name, spec_kind_name(list[i].kind));
		if (list[i].max > 0)
			fprintf(out, "%lld to %lld%s", (long long)list[i].min,
				(long long)list[i].max,
				list[i].kind == SPEC_TEXT || list[i].kind == SPEC_WORD ? " bytes"
										       : "");
		fprintf(out, " | %s |\n", list[i].meaning);
	}
}

/* The bodies that are no jobs, a table for each. */
static void bodies_print(FILE *out)
{
	const char *body = "";

	for (int i = 0; i < api_fields_count; i++) {
		const struct api_field *it = &api_fields[i];
		const struct spec_field *field = &it->field;

		if (strcmp(body, it->body) != 0) {
			body = it->body;
			fprintf(out, "\n### %s\n\n", body);
			for (int r = 0; r < api_routes_count; r++)
				if (api_body_of(api_routes[r].name) != NULL &&
				    strcmp(api_body_of(api_routes[r].name), body) == 0)
					fprintf(out, "`%s %s`\n", api_routes[r].method,
						api_routes[r].path);
			fprintf(out, "\n| field | type | range | meaning |\n|---|---|---|---|\n");
		}
		fprintf(out, "| %s | %s | ", field->name,
			field->kind == SPEC_SECONDS ? "number" : spec_kind_name(field->kind));
		if (field->max > 0)
			fprintf(out, "%lld to %lld", (long long)field->min, (long long)field->max);
		fprintf(out, " | %s%s |\n", field->meaning, it->is_required ? "; required" : "");
	}
}

static void errors_print(FILE *out)
{
	fprintf(out, "| code | status | when |\n|---|---|---|\n");
	for (size_t i = 0; i < COUNT(errors); i++)
		fprintf(out, "| %s | %d | %s |\n", errors[i].name, errors[i].status,
			errors[i].text);
}

static const char document_head[] =
	"# The HTTP interface\n\n"
	"Written by `parc help --api` out of the tables in src/api/routes.h, src/api/bodies.h and "
	"src/daemon/spec.h; "
	"`GET /v1/openapi.json` gives the same\nfor programs.\n\n"
	"The daemon listens on a Unix socket, where the caller's user id is the identity, and with "
	"`--listen` on TCP, with TLS if that is\nconfigured, where `Authorization: Bearer TOKEN` "
	"is. Bodies and "
	"answers are JSON. What changes something is answered when it is on the disk;\nreaders see "
	"committed state only. A body has at most 256 KiB. `Idempotency-Key: TEXT` (up to 128 "
	"bytes) makes a submission safe to\nrepeat: for 24 hours the same key gives the same job. "
	"Times end in `_us` and are microseconds since 1970, shares end in `_milli`\nand are "
	"thousandths of a device.\n\n## Routes\n\n";

char *api_document(void)
{
	char *text = NULL;
	size_t size = 0;
	FILE *out = open_memstream(&text, &size);

	if (out == NULL)
		return NULL;
	fprintf(out, "%s", document_head);
	routes_print(out);
	fprintf(out, "\n## A job\n\n`POST /v1/jobs` takes an object of these fields. Unknown ones "
		     "are refused.\n\n");
	fields_print(out, spec_job_fields, spec_job_fields_count);
	fprintf(out, "\nWhat its tasks ask for stands in the job itself, or, when it has unlike "
		     "tasks, in each of its `groups`:\n\n");
	fields_print(out, spec_group_fields, spec_group_fields_count);
	fprintf(out, "\nEach of the `variants` has:\n\n");
	fields_print(out, spec_variant_fields, spec_variant_fields_count);
	fprintf(out, "\n## Other bodies\n");
	bodies_print(out);
	fprintf(out,
		"\n## Errors\n\nA refusal is `{\"error\": {\"code\": ..., \"message\": ...}}` "
		"with one sentence for people, and `field`, such as `groups[1].devices`, where one "
		"field of a job is wrong. 401 no valid token, 403 not for\nthis role, 405, "
		"413 body too large, 429 too many requests; else by code:\n\n");
	errors_print(out);
	fclose(out);
	return text;
}
