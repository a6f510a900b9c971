/* SPDX-License-Identifier: Apache-2.0
 *
 * The table of routes.
 */
#include "api/request.h"

#define X(name, method, path, who, when, summary) \
	{#name, method, path, API_##who, API_##when, summary, handle_##name},
const struct api_route api_routes[] = {API_ROUTES(X)};
#undef X
const int api_routes_count = sizeof(api_routes) / sizeof(api_routes[0]);
