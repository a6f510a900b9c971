/* SPDX-License-Identifier: Apache-2.0
 *
 * Parameters of queries, and bodies.
 */
#include <errno.h>
#include <stdlib.h>

#include "api/bodies.h"
#include "api/request.h"

const char *parameter_text(struct request *request, const char *name)
{
	return MHD_lookup_connection_value(request->connection, MHD_GET_ARGUMENT_KIND, name);
}

int parameter_number(struct request *request, const char *name, const int64_t range[2],
		     int64_t *number, struct parc_err *err)
{
	const char *text = parameter_text(request, name);
	long long value;
	char *end;

	if (text == NULL)
		return 0;
	errno = 0;
	value = strtoll(text, &end, 10);
	if (errno != 0 || *end != '\0' || end == text || value < range[0] || value > range[1])
		return parc_err_set(err, PARC_ERR_INVALID,
				    "%s has to be a whole number from %lld to %lld", name,
				    (long long)range[0], (long long)range[1]);
	*number = value;
	return 0;
}

int body_json(struct request *request, json_t **object, struct parc_err *err)
{
	json_error_t why;

	*object = json_loadb(request->body == NULL ? "" : request->body, request->body_size,
			     JSON_REJECT_DUPLICATES, &why);
	if (*object != NULL)
		return api_body_of(request->route->name) == NULL
			       ? 0
			       : api_body_check(api_body_of(request->route->name), *object, err);
	return parc_err_set(err, PARC_ERR_SYNTAX, "the body is no JSON: line %d, column %d: %s",
			    why.line, why.column, why.text);
}
