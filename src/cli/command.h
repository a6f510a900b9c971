/* SPDX-License-Identifier: Apache-2.0
 *
 * A command of the program `parc`: one file src/cli/cmd_NAME.c defines one `struct command`, and
 * one table in main.c lists them. That table drives dispatch, `parc help`, `parc CMD --help`,
 * the completion of the shell and the list in the man page.
 *
 * `run` gets argv[0] = "parc NAME" and the arguments after it, so getopt_long works as usual.
 * `--help` is answered before `run` is called. It returns one of the exit codes below.
 */
#ifndef CLI_COMMAND_H
#define CLI_COMMAND_H

#include <stdint.h>
#include <stdio.h>

#include "parc/error.h"

enum command_exit {
	COMMAND_OK = 0,	    /* done */
	COMMAND_FAILED = 1, /* the operation failed; standard error says why */
	COMMAND_USAGE = 2,  /* the command line is wrong; nothing was done */
};

#define COMMAND_NAME_MAX 31 /* bytes of a command's name */

struct command {
	const char *name;    /* lower case, one word */
	const char *summary; /* one line, no full stop */
	const char *help;    /* whole text: "Usage: parc NAME ...", options, examples; ends in \n */
	int (*run)(int argc, char **argv);
};

extern const struct command command_chips;
extern const struct command command_gen;
extern const struct command command_help;
extern const struct command command_sim;
extern const struct command command_audit;
extern const struct command command_cancel;
extern const struct command command_checkpoint;
extern const struct command command_drain;
extern const struct command command_fleet;
extern const struct command command_hold;
extern const struct command command_logs;
extern const struct command command_progress;
extern const struct command command_queue;
extern const struct command command_release;
extern const struct command command_report;
extern const struct command command_resume;
extern const struct command command_run_job;
extern const struct command command_serve;
extern const struct command command_show;
extern const struct command command_submit;
extern const struct command command_tenant;
extern const struct command command_token;
extern const struct command command_top;
extern const struct command command_usage_hours;
extern const struct command command_whatif;
extern const struct command command_why;
extern const struct command command_policy;
extern const struct command command_speeds;
extern const struct command command_window;
extern const struct command command_service;
extern const struct command command_reload;
extern const struct command command_version;
extern const struct command
	command_supervise; /* these are not in the table: the engine runs them */
extern const struct command command_gauge;

/* The table of main.c, in the order of `parc help`, ended by NULL. */
extern const struct command *const command_table[];

/* The command of that name, NULL if there is none. */
const struct command *command_find(const char *name);

/* The command whose name has the smallest edit distance from `name` (which may be any text), NULL
 * when none is near: more than half of the longer one's letters would have to change. */
const struct command *command_nearest(const char *name);

/* Write the overview: how to call parc, and each command with its summary. */
void command_overview(FILE *out);

/* Say on standard error that there is no such command, and which is near. COMMAND_USAGE. */
int command_unknown(const char *name);

/* Say on standard error what is wrong with the command line and where help is; `name` is the
 * command's name. Returns COMMAND_USAGE. */
int command_usage(const char *name, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* After getopt_long has returned '?' (and said why): point to the help. COMMAND_USAGE. */
int command_usage_hint(const char *name);

/* A decimal with at most three places, in thousandths; -1 when it is none. `end` (may be NULL) gets
 * what follows it; without, nothing may. */
int64_t command_read_milli(const char *text, const char **end);

/* Say a sentence on standard error in which others may have put what they like: bytes that could
 * move the cursor become '?'. */
void command_say(const char *text);

/* Say err's sentence on standard error. COMMAND_USAGE for PARC_ERR_USAGE, else COMMAND_FAILED. */
int command_fail(const struct parc_err *err);

#endif
