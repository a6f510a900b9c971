/* SPDX-License-Identifier: Apache-2.0 */
#include "api/bodies.h"

#include <string.h>

const struct api_field api_fields[] = {
#define X(body, name, kind, min, max, required, text) \
	{#body, {#name, SPEC_##kind, min, max, text}, required},
	API_BODIES(X)
#undef X
};

const int api_fields_count = (int)(sizeof(api_fields) / sizeof(api_fields[0]));

const char *api_body_of(const char *route)
{
	static const struct {
		const char *route, *body;
	} bodies[] = {
#define X(route, body) {#route, #body},
		API_ROUTE_BODIES(X)
#undef X
	};

	for (size_t i = 0; i < sizeof(bodies) / sizeof(bodies[0]); i++)
		if (strcmp(bodies[i].route, route) == 0)
			return bodies[i].body;
	return NULL;
}

int api_body_check(const char *body, json_t *object, struct parc_err *err)
{
	const char *name;
	json_t *value;

	json_object_foreach(object, name, value)
	{
		int found = 0;

		for (int i = 0; i < api_fields_count && !found; i++)
			found = strcmp(api_fields[i].body, body) == 0 &&
				strcmp(api_fields[i].field.name, name) == 0;
		if (!found)
			return parc_err_set(err, PARC_ERR_INVALID, "there is no field '%.60s' here",
					    name);
	}
	return 0;
}
