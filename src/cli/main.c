/* SPDX-License-Identifier: Apache-2.0
 *
 * The program `parc`: finds the command that argv[1] names and runs it. The table below is the
 * only list of commands; help, completion and the man page are made from it.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "cli/command.h"

const struct command *const command_table[] = {
	&command_help,	      &command_serve,	 &command_submit,
	&command_run_job,     &command_queue,	 &command_show,
	&command_logs,	      &command_cancel,	 &command_hold,
	&command_release,     &command_progress, &command_checkpoint,
	&command_why,	      &command_fleet,	 &command_service,
	&command_drain,	      &command_window,	 &command_resume,
	&command_usage_hours, &command_report,	 &command_tenant,
	&command_policy,      &command_speeds,	 &command_reload,
	&command_token,	      &command_top,	 &command_audit,
	&command_whatif,      &command_sim,	 &command_gen,
	&command_chips,	      &command_version,	 NULL,
};

static int is_help_option(const char *word)
{
	return strcmp(word, "--help") == 0 || strcmp(word, "-h") == 0;
}

/* Is help asked for among the options, that is before "--"? */
static int has_help_option(int argc, char **argv)
{
	for (int i = 1; i < argc && strcmp(argv[i], "--") != 0; i++) {
		if (is_help_option(argv[i]))
			return 1;
	}
	return 0;
}

/* The command for the first word; options stand for the commands of that name. */
static const struct command *command_choose(const char *word)
{
	if (is_help_option(word))
		return &command_help;
	if (strcmp(word, "--version") == 0)
		return &command_version;
	if (strcmp(word, command_supervise.name) == 0)
		return &command_supervise;
	if (strcmp(word, command_gauge.name) == 0)
		return &command_gauge;
	return command_find(word);
}

/* Run it with argv[0] = "parc NAME", for the messages of getopt_long. */
static int command_run(const struct command *command, int argc, char **argv)
{
	char title[sizeof("parc ") + COMMAND_NAME_MAX];

	if (has_help_option(argc, argv)) {
		fputs(command->help, stdout);
		return COMMAND_OK;
	}
	snprintf(title, sizeof(title), "parc %s", command->name);
	argv[0] = title;
	return command->run(argc, argv);
}

/* Output that was lost, on a full disk for example, is a failure of the command. */
static int output_close(int code)
{
	int lost = ferror(stdout);

	if (fclose(stdout) == 0 && !lost)
		return code;
	fprintf(stderr, "parc: the output could not be written: %s\n", strerror(errno));
	return code == COMMAND_OK ? COMMAND_FAILED : code;
}

int main(int argc, char **argv)
{
	const struct command *command;

	if (argc < 2) {
		command_overview(stderr);
		return COMMAND_USAGE;
	}
	command = command_choose(argv[1]);
	if (command == NULL)
		return command_unknown(argv[1]);
	return output_close(command_run(command, argc - 1, argv + 1));
}
