/* SPDX-License-Identifier: Apache-2.0
 *
 * `parc policy`: show the policy in force, or check a policy file.
 */
#include <string.h>

#include "cli/live.h"
#include "trace/policy_file.h"

static const char policy_text[] =
	"Usage: parc policy [OPTION]...\n"
	"       parc policy check FILE\n"
	"\n"
	"Show the policy in force, as a policy file (docs/policy.md). With 'check' read a file, "
	"say\n"
	"what is wrong with it, and change nothing; 'parc reload' makes the daemon read its own.\n"
	"\n" LIVE_HELP "\n"
	"Example:\n"
	"  parc policy >policy.yaml\n";

static int check(const char *path)
{
	struct parc_policy policy;
	struct parc_err err = {0};

	policy_file_default(&policy);
	if (policy_file_read(&policy, path, &err) != 0)
		return command_fail(&err);
	printf("%s: good\n", path);
	return COMMAND_OK;
}

static int show(const struct live *live)
{
	struct client_answer answer;
	int code = live_call(live, "GET", "/v1/policy", NULL, &answer);

	if (code == COMMAND_OK && !live->json)
		fputs(live_string(answer.json, "file"), stdout);
	client_answer_deinit(&answer);
	return code;
}

static int policy_run(int argc, char **argv)
{
	struct live live = {.name = "policy"};
	int code = live_words(&live, argc, argv, 0, 2), words = argc - optind;

	if (code != COMMAND_OK)
		return code;
	if (words == 0)
		return show(&live);
	if (words == 2 && strcmp(argv[optind], "check") == 0)
		return check(argv[optind + 1]);
	return command_usage("policy", "'%s' is not check FILE", argv[optind]);
}

const struct command command_policy = {
	.name = "policy",
	.summary = "show the policy in force, or check a policy file",
	.help = policy_text,
	.run = policy_run,
};
