/* SPDX-License-Identifier: Apache-2.0
 *
 * `parc whatif`: what another policy would have done with what a daemon was told.
 */
#include <inttypes.h>

#include "cli/live.h"
#include "review/whatif.h"

static const char whatif_help[] =
	"Usage: parc whatif [OPTION]... DIR\n"
	"\n"
	"Take the outside events of a daemon's journal (submissions, cancels, nodes that failed) "
	"and\n"
	"let another policy decide: what was recorded and what would have been, side by side. "
	"Jobs\n"
	"take as long as was measured, on other chips by their speeds; what rests on assumptions "
	"is\n"
	"told. It reads DIR only, also while the daemon runs. docs/whatif.md says how it is "
	"reckoned.\n"
	"\n"
	"Without --policy the recorded policy decides again, and every event and every action must "
	"be\n"
	"the recorded one: else it ends with 1.\n"
	"\n"
	"  --policy FILE      the policy to try (docs/policy.md); what it lacks stays as it was\n"
	"  --json             for programs\n"
	"\n"
	"Examples:\n"
	"  parc whatif /var/lib/parc --policy shortest.yaml\n"
	"  parc whatif /var/lib/parc\n";

static int whatif_print(const struct whatif *whatif, const struct live *live)
{
	json_t *json;

	if (!live->json) {
		whatif_text(stdout, whatif);
		return COMMAND_OK;
	}
	json = whatif_json(whatif);
	if (json == NULL || json_dumpf(json, stdout, JSON_INDENT(2)) != 0)
		return COMMAND_FAILED;
	printf("\n");
	json_decref(json);
	return COMMAND_OK;
}

static int whatif_try(const char *directory, const char *path, const struct live *live)
{
	struct whatif whatif;
	struct parc_err err = {0};
	int status;

	if (whatif_run(&whatif, directory, path, &err) != 0)
		return command_fail(&err);
	status = whatif_print(&whatif, live);
	if (path == NULL && whatif.other > 0) {
		fprintf(stderr, "parc: record %" PRId64 ": %s\n", whatif.other, whatif.other_text);
		status = COMMAND_FAILED;
	}
	whatif_deinit(&whatif);
	return status;
}

static int whatif_command(int argc, char **argv)
{
	static const struct option options[] = {
		{"policy", required_argument, NULL, 'P'}, {"json", no_argument, NULL, 'J'}, {0}};
	struct live live = {.name = "whatif"};
	const char *path = NULL;
	int option;

	while ((option = getopt_long(argc, argv, "", options, NULL)) != -1) {
		if (option == 'P')
			path = optarg;
		else if (!live_option(&live, option))
			return command_usage_hint(live.name);
	}
	if (argc - optind < 1)
		return command_usage(live.name, "name the folder of a daemon");
	if (argc - optind > 1)
		return command_usage(live.name, "'%s' is too many", argv[optind + 1]);
	return whatif_try(argv[optind], path, &live);
}

const struct command command_whatif = {
	.name = "whatif",
	.summary = "try another policy on what a daemon was told",
	.help = whatif_help,
	.run = whatif_command,
};
