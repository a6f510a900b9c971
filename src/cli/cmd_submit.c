/* SPDX-License-Identifier: Apache-2.0
 *
 * `parc submit`: hand a job to the daemon and print its number, once it is on the disk.
 */
#include "cli/job_options.h"

static const char submit_text[] =
	"Usage: parc submit [OPTION]... [--] COMMAND [ARGUMENT]...\n"
	"       parc submit [OPTION]... FILE.yaml|FILE.json [OPTION]...\n"
	"\n"
	"Hand a job to the daemon and print its number. When this returns, the job is on the disk: "
	"it "
	"is\n"
	"there after any crash. Everything behind the command's name is the command's. A file has "
	"the fields\n"
	"of a job (docs/jobs.md); options come on top of it.\n"
	"\n" JOB_OPTIONS_HELP "\nExample:\n"
	"  parc submit --cpu 2 --memory 4G --time 1h -- python train.py\n"
	"  parc submit train.yaml --tier 3\n"
	"  parc submit --group tasks=1,cpu=2 --group tasks=4,devices=8 -- ./job.sh\n";

static int submit_run(int argc, char **argv)
{
	struct job_options options = {.live = {.name = "submit"}};
	int code = job_options_parse(&options, argc, argv);
	int32_t count = 1;
	int64_t job = -1;

	if (code == COMMAND_OK) {
		job = job_options_submit(&options, &count);
		code = job < 0 ? COMMAND_FAILED : COMMAND_OK;
	}
	job_options_deinit(&options);
	if (code != COMMAND_OK)
		return code;
	if (options.live.json)
		printf(count > 1 ? "{\"job\": %lld, \"count\": %d}\n" : "{\"job\": %lld}\n",
		       (long long)job, count);
	else if (count > 1)
		printf("jobs %lld to %lld\n", (long long)job, (long long)job + count - 1);
	else
		printf("job %lld\n", (long long)job);
	return COMMAND_OK;
}

const struct command command_submit = {
	.name = "submit",
	.summary = "hand a job to the daemon",
	.help = submit_text,
	.run = submit_run,
};
