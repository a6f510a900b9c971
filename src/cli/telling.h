/* SPDX-License-Identifier: Apache-2.0
 *
 * What a job tells parc of itself: `parc progress` and `parc checkpoint`.
 */
#ifndef CLI_TELLING_H
#define CLI_TELLING_H

#include "cli/live.h"

#define TELLING_HELP                                                                          \
	"AMOUNT is DONE/TOTAL in a unit of the job's own (steps, epochs), PART%, or SECONDS " \
	"of work on the\n"                                                                    \
	"reference chip. Within a job this goes through the file PARC_REPORT_FD, without "    \
	"asking the daemon;\n"                                                                \
	"where that is not open, or with --job, the daemon is called, as the job's own "      \
	"user.\n"                                                                             \
	"\n"                                                                                  \
	"  --job N            of this job (the one that this runs in)\n" LIVE_HELP

/* Run `parc WORD`: with an amount, or without one where it `may_lack` it. An exit code. */
int telling_run(int argc, char **argv, const char *word, int may_lack);

#endif
