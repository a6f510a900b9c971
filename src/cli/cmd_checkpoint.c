/* SPDX-License-Identifier: Apache-2.0
 *
 * `parc checkpoint`: a job says that so much of it would not be lost now.
 */
#include "cli/telling.h"

static const char checkpoint_text[] =
	"Usage: parc checkpoint [OPTION]... [AMOUNT]\n"
	"\n"
	"Say that this job has kept what it has done, so that its next attempt can go on from "
	"there: AMOUNT,\n"
	"else what 'parc progress' said last, else all until now. The next attempt finds it in "
	"PARC_DONE and\n"
	"PARC_TOTAL. Who has lost least by it gives way first where somebody has to.\n"
	"\n" TELLING_HELP "\n"
	"Example:\n"
	"  parc checkpoint 1200/5000\n";

static int checkpoint_run(int argc, char **argv)
{
	return telling_run(argc, argv, "checkpoint", 1);
}

const struct command command_checkpoint = {
	.name = "checkpoint",
	.summary = "within a job: say that its work so far is kept",
	.help = checkpoint_text,
	.run = checkpoint_run,
};
