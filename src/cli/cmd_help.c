/* SPDX-License-Identifier: Apache-2.0
 *
 * `parc help`: the overview, the help of one command, and the table of commands in two forms for
 * other programs: bare names for the completion of the shell, roff for the man page; and documents
 * out of the tables of the program.
 */
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>

#include "api/api.h"
#include "cli/command.h"
#include "parc/reason.h"
#include "trace/policy_file.h"

static const char help_text[] =
	"Usage: parc help [COMMAND]\n"
	"       parc help --names | --man | --api | --policy |\n"
	"                 --reasons\n"
	"\n"
	"Show all commands, or the options of one; 'parc COMMAND --help' shows the same.\n"
	"\n"
	"  --names   only the names of the commands, one a line\n"
	"  --man     the list of commands as the man page has it\n"
	"  --api     the daemon's HTTP interface, as docs/api.md has it\n"
	"  --policy  the policy file, as docs/policy.md has it\n"
	"  --reasons why jobs wait and what helps, as docs/reasons.md has it\n";

static int names_print(void)
{
	for (int i = 0; command_table[i] != NULL; i++)
		printf("%s\n", command_table[i]->name);
	return COMMAND_OK;
}

static int man_print(void)
{
	for (int i = 0; command_table[i] != NULL; i++)
		printf(".TP\n.B parc %s\n%s.\n", command_table[i]->name, command_table[i]->summary);
	return COMMAND_OK;
}

/* A document out of the program's tables; frees it. */
static int document_print(char *text)
{
	if (text == NULL)
		return COMMAND_FAILED;
	fputs(text, stdout);
	free(text);
	return COMMAND_OK;
}

static int reasons_print(void)
{
	fputs("# Reasons\n"
	      "\n"
	      "Written by `parc help --reasons` out of the table in include/parc/reason.h.\n"
	      "\n"
	      "Every job that waits has just one of these reasons. `parc why JOB` gives it with "
	      "who "
	      "holds what is missing,\n"
	      "`parc queue` has its name, and so has the report of `parc sim` for jobs that never "
	      "start. [queue.md](queue.md) has the rules\n"
	      "behind them.\n"
	      "\n"
	      "| reason | why it waits | what would help |\n"
	      "|---|---|---|\n",
	      stdout);
	for (int i = PARC_REASON_NONE + 1; i < PARC_REASON_COUNT; i++)
		printf("| `%s` | %s | %s |\n", parc_reason_name(i), parc_reason_sentence(i),
		       parc_reason_todo(i));
	return COMMAND_OK;
}

static int command_print(const char *name)
{
	const struct command *command = command_find(name);

	if (command == NULL)
		return command_unknown(name);
	fputs(command->help, stdout);
	return COMMAND_OK;
}

static int help_run(int argc, char **argv)
{
	static const struct option options[] = {
		{"names", no_argument, NULL, 'n'},   {"man", no_argument, NULL, 'm'},
		{"api", no_argument, NULL, 'a'},     {"policy", no_argument, NULL, 'p'},
		{"reasons", no_argument, NULL, 'r'}, {0}};
	int form = 0, option;

	while ((option = getopt_long(argc, argv, "", options, NULL)) != -1) {
		if (option == '?')
			return command_usage_hint("help");
		form = option;
	}
	if (argc - optind > (form == 0))
		return command_usage("help", "'%s' is too many: give at most one command",
				     argv[argc - 1]);
	if (form == 'n')
		return names_print();
	if (form == 'm')
		return man_print();
	if (form == 'a')
		return document_print(api_document());
	if (form == 'p')
		return document_print(policy_file_document());
	if (form == 'r')
		return reasons_print();
	if (optind < argc)
		return command_print(argv[optind]);
	command_overview(stdout);
	return COMMAND_OK;
}

const struct command command_help = {
	.name = "help",
	.summary = "show the commands, or the options of one",
	.help = help_text,
	.run = help_run,
};
