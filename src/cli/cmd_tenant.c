/* SPDX-License-Identifier: Apache-2.0
 *
 * `parc tenant`: list, show, set and unset tenants.
 */
#include <string.h>

#include "cli/live.h"

static const char tenant_text[] =
	"Usage: parc tenant [list] [OPTION]...\n"
	"       parc tenant show NAME [OPTION]...\n"
	"       parc tenant set NAME [OPTION]...\n"
	"       parc tenant unset NAME [OPTION]...\n"
	"\n"
	"List the tenants, with who is in them and what they are guaranteed; or make and change "
	"one\n"
	"(operators only). What is set so holds until the configuration file says something else "
	"of\n"
	"this tenant; 'unset' undoes it. Amounts are normalised devices, as 4 or 2.5; 0 is none.\n"
	"\n"
	"  --parent NAME        the tenant above it; \"\" for none\n"
	"  --weight N           beside the others below the same tenant\n"
	"  --guarantee DEVICES  what it gets whenever it asks; 0: nothing any more\n"
	"  --chips CHIP,CHIP    that can fulfil the guarantee; \"\" for all\n"
	"  --guarantee DEVICES:CHIP,CHIP\n"
	"                       the same in one; given up to four times with other chips, that is\n"
	"                       all that it is guaranteed\n"
	"  --limit DEVICES      what it and all below it hold at most\n"
	"  --jobs-max N         their jobs that run at one time; 0: no cap\n"
	"  --pending-max N      their jobs that wait at one time; 0: no cap\n"
	"  --add-user NAME      put a user into it; may be given several times\n"
	"  --remove-user NAME   take a user out\n" LIVE_HELP "\n"
	"Example:\n"
	"  parc tenant set vision --weight 2 --guarantee 16 --chips A100 --add-user alice\n"
	"  parc tenant set speech --guarantee 64:H100,H800 --guarantee 200:910B,910C\n";

enum { OPTION_FIRST = 256, PARENT, WEIGHT, GUARANTEE, CHIPS, LIMIT, JOBS, PENDING, ADD, REMOVE };

static const struct option options[] = {LIVE_OPTIONS,
					{"parent", required_argument, NULL, PARENT},
					{"weight", required_argument, NULL, WEIGHT},
					{"guarantee", required_argument, NULL, GUARANTEE},
					{"chips", required_argument, NULL, CHIPS},
					{"limit", required_argument, NULL, LIMIT},
					{"jobs-max", required_argument, NULL, JOBS},
					{"pending-max", required_argument, NULL, PENDING},
					{"add-user", required_argument, NULL, ADD},
					{"remove-user", required_argument, NULL, REMOVE},
					{0}};

struct tenant {
	struct live live;
	json_t *body; /* what is to be set */
};

/* ---- Reading the command line */

static int amount_set(json_t *body, const char *option, const char *field)
{
	int64_t milli = command_read_milli(optarg, NULL);

	if (milli < 0)
		return command_usage("tenant",
				     "--%s '%s' must be devices with at most three decimals",
				     option, optarg);
	json_object_set_new(body, field, json_integer(milli));
	return COMMAND_OK;
}

static int number_set(json_t *body, const char *option, const char *field)
{
	int64_t number = strcmp(optarg, "0") == 0 ? 0 : live_number(optarg);

	if (number < 0)
		return command_usage("tenant", "--%s '%s' must be a whole number", option, optarg);
	json_object_set_new(body, field, json_integer(number));
	return COMMAND_OK;
}

/* Names with commas between them, as a list. */
static json_t *names_json(const char *names)
{
	json_t *list = json_array();

	for (const char *at = names; *at != '\0'; at += strspn(at, ",")) {
		size_t size = strcspn(at, ",");

		json_array_append_new(list, json_stringn(at, size));
		at += size;
	}
	return list;
}

/* One more for the list `field` of the body. */
static int item_add(json_t *body, const char *field, json_t *item)
{
	json_t *list = json_object_get(body, field);

	if (list == NULL) {
		list = json_array();
		json_object_set_new(body, field, list);
	}
	json_array_append_new(list, item);
	return COMMAND_OK;
}

/* Devices, or one of several guarantees: devices:chip,chip. */
static int guarantee_set(json_t *body)
{
	const char *chips;
	int64_t milli;

	if (strchr(optarg, ':') == NULL)
		return amount_set(body, "guarantee", "guarantee_milli");
	milli = command_read_milli(optarg, &chips);
	if (milli <= 0 || *chips != ':' || chips[1] == '\0')
		return command_usage("tenant",
				     "--guarantee '%s' must be devices and their chips, as "
				     "64:H100,H800",
				     optarg);
	return item_add(body, "guarantees",
			json_pack("{s:I, s:o}", "milli", (json_int_t)milli, "chips",
				  names_json(chips + 1)));
}

static int option_take(struct tenant *tenant, int option)
{
	switch (option) {
	case PARENT:
		json_object_set_new(tenant->body, "parent", json_string(optarg));
		return COMMAND_OK;
	case WEIGHT:
		return number_set(tenant->body, "weight", "weight");
	case GUARANTEE:
		return guarantee_set(tenant->body);
	case CHIPS:
		json_object_set_new(tenant->body, "guarantee_chips", names_json(optarg));
		return COMMAND_OK;
	case LIMIT:
		return amount_set(tenant->body, "limit", "limit_milli");
	case JOBS:
		return number_set(tenant->body, "jobs-max", "jobs_max");
	case PENDING:
		return number_set(tenant->body, "pending-max", "pending_max");
	case ADD:
		return item_add(tenant->body, "add_users", json_string(optarg));
	case REMOVE:
		return item_add(tenant->body, "remove_users", json_string(optarg));
	default:
		return command_usage_hint("tenant");
	}
}

/* ---- Printing */

static void amount_print(const json_t *tenant, const char *field)
{
	int64_t milli = live_integer(tenant, field);

	if (milli == 0)
		printf("  %9s", "-");
	else
		printf("  %9g", (double)milli / 1000);
}

static void words_print(const json_t *list, const char *between)
{
	for (size_t i = 0; i < json_array_size(list); i++) {
		printf("%s", i == 0 ? "" : between);
		live_print_text(json_string_value(json_array_get(list, i)), 0);
	}
}

/* The tenants below `parent`, each with those below it. */
static void tree_print(const json_t *list, const char *parent, int depth)
{
	for (size_t i = 0; i < json_array_size(list) && depth < 20; i++) {
		const json_t *it = json_array_get(list, i);
		const char *name = live_string(it, "tenant");

		if (strcmp(live_string(it, "parent"), parent) != 0)
			continue;
		printf("%*s", 2 * depth, "");
		live_print_text(name, depth < 9 ? 20 - 2 * depth : 2);
		printf("  %6lld", (long long)live_integer(it, "weight"));
		amount_print(it, "guarantee_milli");
		amount_print(it, "limit_milli");
		printf("  %7g  ", (double)live_integer(it, "held_milli") / 1000);
		words_print(json_object_get(it, "users"), " ");
		printf("\n");
		tree_print(list, name, depth + 1);
	}
}

static void guarantee_print(const json_t *it)
{
	const json_t *chips = json_object_get(it, "chips");

	printf("\n%-16s %g devices", "guarantee", (double)live_integer(it, "milli") / 1000);
	if (json_array_size(chips) > 0)
		printf(" of ");
	words_print(chips, ", ");
}

static void one_print(const json_t *it)
{
	static const char *const numbers[] = {"weight", "jobs_max", "pending_max"};
	const json_t *guarantees = json_object_get(it, "guarantees");

	printf("%-16s ", "tenant");
	live_print_text(live_string(it, "tenant"), 0);
	printf("\n%-16s ", "parent");
	live_print_text(live_string(it, "parent"), 0);
	for (size_t i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++)
		printf("\n%-16s %lld", numbers[i], (long long)live_integer(it, numbers[i]));
	if (json_array_size(guarantees) == 0)
		printf("\n%-16s 0 devices", "guarantee");
	for (size_t i = 0; i < json_array_size(guarantees); i++)
		guarantee_print(json_array_get(guarantees, i));
	printf("\n%-16s %g devices (0: none)\n%-16s %g devices\n%-16s ", "limit",
	       (double)live_integer(it, "limit_milli") / 1000, "held",
	       (double)live_integer(it, "held_milli") / 1000, "users");
	words_print(json_object_get(it, "users"), " ");
	printf("\n%-16s %s\n", "set by", live_string(it, "set_by"));
}

/* ---- The commands */

static int list_run(const struct tenant *tenant)
{
	struct client_answer answer;
	int code = live_call(&tenant->live, "GET", "/v1/tenants", NULL, &answer);

	if (code == COMMAND_OK && !tenant->live.json) {
		printf("TENANT                WEIGHT  GUARANTEE      LIMIT     HELD  USERS\n");
		tree_print(json_object_get(answer.json, "tenants"), "", 0);
	}
	client_answer_deinit(&answer);
	return code;
}

static int show_run(const struct tenant *tenant, const char *name)
{
	struct live quiet = tenant->live;
	struct client_answer answer;
	const json_t *found = NULL, *list;
	int code;

	quiet.json = 0;
	code = live_call(&quiet, "GET", "/v1/tenants", NULL, &answer);
	list = json_object_get(answer.json, "tenants");
	for (size_t i = 0; i < json_array_size(list); i++)
		if (strcmp(live_string(json_array_get(list, i), "tenant"), name) == 0)
			found = json_array_get(list, i);
	if (code == COMMAND_OK && found == NULL) {
		fprintf(stderr, "parc: there is no tenant '%.63s'; 'parc tenant' lists them\n",
			name);
		code = COMMAND_FAILED;
	} else if (code == COMMAND_OK && tenant->live.json) {
		json_dumpf(found, stdout, JSON_INDENT(2));
		printf("\n");
	} else if (code == COMMAND_OK) {
		one_print(found);
	}
	client_answer_deinit(&answer);
	return code;
}

static int change_run(const struct tenant *tenant, const char *path, const char *name)
{
	struct client_answer answer;
	int code;

	json_object_set_new(tenant->body, "tenant", json_string(name));
	code = live_call(&tenant->live, "POST", path, tenant->body, &answer);
	client_answer_deinit(&answer);
	return code;
}

static int word_run(const struct tenant *tenant, int words, char **argv)
{
	const char *verb = words > 0 ? argv[0] : "list";
	int sets = json_object_size(tenant->body) > 0;
	int is_list = json_object_get(tenant->body, "guarantees") != NULL;

	if (is_list && (json_object_get(tenant->body, "guarantee_milli") != NULL ||
			json_object_get(tenant->body, "guarantee_chips") != NULL))
		return command_usage("tenant", "where one --guarantee names its chips, as "
					       "64:H100,H800, all do, and --chips is not given");

	if (strcmp(verb, "set") == 0 && words == 2 && sets)
		return change_run(tenant, "/v1/tenants", argv[1]);
	if (strcmp(verb, "set") == 0 && words == 2 && !sets)
		return command_usage("tenant", "set: nothing to set; give --weight or another");
	if (sets)
		return command_usage("tenant", "only 'set NAME' takes settings");
	if (strcmp(verb, "list") == 0 && words <= 1)
		return list_run(tenant);
	if (strcmp(verb, "show") == 0 && words == 2)
		return show_run(tenant, argv[1]);
	if (strcmp(verb, "unset") == 0 && words == 2)
		return change_run(tenant, "/v1/tenants/unset", argv[1]);
	return command_usage("tenant", "'%s' is none of list, show NAME, set NAME and unset NAME",
			     verb);
}

static int tenant_run(int argc, char **argv)
{
	struct tenant tenant = {.live = {.name = "tenant"}, .body = json_object()};
	int option, code = COMMAND_OK;

	while (code == COMMAND_OK && (option = getopt_long(argc, argv, "", options, NULL)) != -1)
		if (!live_option(&tenant.live, option))
			code = option_take(&tenant, option);
	if (code == COMMAND_OK)
		code = word_run(&tenant, argc - optind, argv + optind);
	json_decref(tenant.body);
	return code;
}

const struct command command_tenant = {
	.name = "tenant",
	.summary = "list tenants, make and change them",
	.help = tenant_text,
	.run = tenant_run,
};
