/* SPDX-License-Identifier: Apache-2.0
 *
 * `parc service`: list services, and tell one its load.
 */
#include <string.h>

#include "cli/live.h"

static const char service_text[] =
	"Usage: parc service [list] [OPTION]...\n"
	"       parc service load JOB LOAD [OPTION]...\n"
	"\n"
	"List the services with their replicas and what their load needs, or tell one its load: in "
	"the\n"
	"unit of its capacity, as 120 or 2.5. Replicas are started and stopped for it at once\n"
	"(docs/services.md). 'parc submit --service MIN:MAX --capacity LOAD' makes a service.\n"
	"\n" LIVE_HELP "\n"
	"Example:\n"
	"  parc service load 12 340\n";

static void row_print(const json_t *job)
{
	const json_t *service = json_object_get(job, "of_service");

	printf("%8lld  ", (long long)live_integer(job, "job"));
	live_print_text(live_string(job, "name"), 18);
	printf("  %8lld  %7.2f  %4lld to %-4lld  %10g\n", (long long)live_integer(job, "replicas"),
	       (double)live_integer(job, "wanted_milli") / 1000,
	       (long long)live_integer(service, "replicas_min"),
	       (long long)live_integer(service, "replicas_max"),
	       (double)live_integer(service, "capacity_milli") / 1000);
}

static int list_run(const struct live *live)
{
	struct client_answer answer;
	struct live quiet = *live;
	json_t *services = json_array();
	int64_t after = 0;
	int code = COMMAND_OK;

	quiet.json = 0;
	do {
		char path[80];
		size_t i;
		json_t *job;

		snprintf(path, sizeof(path), "/v1/jobs?limit=1000&live=1&after=%lld",
			 (long long)after);
		code = live_call(&quiet, "GET", path, NULL, &answer);
		json_array_foreach(json_object_get(answer.json, "jobs"), i,
				   job) if (json_object_get(job, "of_service") != NULL)
			json_array_append(services, job);
		after = live_integer(answer.json, "next");
		client_answer_deinit(&answer);
	} while (code == COMMAND_OK && after != 0);
	if (code == COMMAND_OK && live->json) {
		json_t *root = json_pack("{s:O}", "services", services);

		json_dumpf(root, stdout, JSON_INDENT(2));
		json_decref(root);
		printf("\n");
	} else if (code == COMMAND_OK) {
		printf("     JOB  NAME                REPLICAS    NEEDS  BETWEEN         "
		       "CAPACITY\n");
		for (size_t i = 0; i < json_array_size(services); i++)
			row_print(json_array_get(services, i));
	}
	json_decref(services);
	return code;
}

static int load_run(const struct live *live, const char *job, const char *load)
{
	int64_t milli = command_read_milli(load, NULL);
	struct client_answer answer;
	char path[80];
	json_t *body;
	int code;

	if (live_number(job) < 0)
		return command_usage("service", "'%s' is no number of a job", job);
	if (milli < 0)
		return command_usage("service",
				     "'%s' is no load: a number with at most three "
				     "decimals",
				     load);
	body = json_pack("{s:I}", "load_milli", (json_int_t)milli);
	snprintf(path, sizeof(path), "/v1/jobs/%.20s/load", job);
	code = live_call(live, "POST", path, body, &answer);
	json_decref(body);
	client_answer_deinit(&answer);
	return code;
}

static int service_run(int argc, char **argv)
{
	struct live live = {.name = "service"};
	int code = live_words(&live, argc, argv, 0, 3), words = argc - optind;
	const char *verb = words > 0 ? argv[optind] : "list";

	if (code != COMMAND_OK)
		return code;
	if (strcmp(verb, "list") == 0 && words <= 1)
		return list_run(&live);
	if (strcmp(verb, "load") == 0 && words == 3)
		return load_run(&live, argv[optind + 1], argv[optind + 2]);
	return command_usage("service", "'%s' is none of list and load JOB LOAD", verb);
}

const struct command command_service = {
	.name = "service",
	.summary = "list services, tell one its load",
	.help = service_text,
	.run = service_run,
};
