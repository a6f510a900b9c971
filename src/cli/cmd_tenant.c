/* SPDX-License-Identifier: Apache-2.0
 *
 * `parc tenant`: list tenants with their settings.
 */
#include "cli/live.h"

static const char tenant_text[] = "Usage: parc tenant [OPTION]...\n"
				  "\n"
				  "List the tenants and who is in them. The configuration file "
				  "sets them; SIGHUP makes the daemon\n"
				  "read it again (docs/serve.md).\n"
				  "\n" LIVE_HELP;

static int tenant_run(int argc, char **argv)
{
	struct live live = {.name = "tenant"};
	struct client_answer answer;
	int code = live_words(&live, argc, argv, 0, 0);
	const json_t *list;

	if (code != COMMAND_OK)
		return code;
	code = live_call(&live, "GET", "/v1/tenants", NULL, &answer);
	list = json_object_get(answer.json, "tenants");
	if (code == COMMAND_OK && !live.json)
		printf("TENANT            PARENT            WEIGHT  USERS\n");
	for (size_t i = 0; code == COMMAND_OK && !live.json && i < json_array_size(list); i++) {
		const json_t *it = json_array_get(list, i), *users = json_object_get(it, "users");

		live_print_text(live_string(it, "tenant"), 16);
		printf("  ");
		live_print_text(live_string(it, "parent"), 16);
		printf("  %6lld ", (long long)live_integer(it, "weight"));
		for (size_t u = 0; u < json_array_size(users); u++)
			printf(" %s", json_string_value(json_array_get(users, u)));
		printf("\n");
	}
	client_answer_deinit(&answer);
	return code;
}

const struct command command_tenant = {
	.name = "tenant",
	.summary = "list tenants with their settings",
	.help = tenant_text,
	.run = tenant_run,
};
