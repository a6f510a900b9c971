/* SPDX-License-Identifier: Apache-2.0
 *
 * `parc show`: show one job with its attempts.
 */
#include <string.h>

#include "cli/live.h"

static const char show_text[] = "Usage: parc show [OPTION]... JOB\n"
				"\n"
				"Show a job: its state, its attempts, what it holds, what it was "
				"promised and what it got.\n"
				"\n" LIVE_HELP "\n"
				"Example:\n"
				"  parc show 12\n";

static void amount_print(const char *name, const json_t *amount)
{
	if (json_is_object(amount))
		printf("%-12s %.6f device-hours\n", name, live_real(amount, "device_hours"));
	else
		printf("%-12s unmeasured\n", name);
}

static void field_print(const json_t *job, const char *name)
{
	printf("%-12s ", name);
	live_print_text(live_string(job, name), 0);
	printf("\n");
}

/* "progress     12 of 50 (24 %), 5 s ago"; nothing when there was none. */
static void progress_print(const json_t *job, const char *name)
{
	const json_t *it = json_object_get(job, name);
	double done = live_real(it, "done"), total = live_real(it, "total");

	if (!json_is_object(it))
		return;
	if (total > 0)
		printf("%-12s %.10g of %.10g (%.0f %%)", name, done, total, 100 * done / total);
	else
		printf("%-12s %.10g s of work on the reference chip", name, done);
	printf(", %s ago\n", live_duration(live_now_us() - live_integer(it, "time_us")));
}

static void devices_print(const json_t *list)
{
	for (size_t i = 0; i < json_array_size(list); i++) {
		const json_t *task = json_array_get(list, i);
		const json_t *devices = json_object_get(task, "devices");

		printf("  task %lld on ", (long long)live_integer(task, "task"));
		live_print_text(live_string(task, "node"), 0);
		for (size_t d = 0; d < json_array_size(devices); d++)
			printf("%s%lld", d == 0 ? " devices " : ",",
			       (long long)json_integer_value(json_array_get(devices, d)));
		if (json_array_size(devices) > 0)
			printf(" at %lld", (long long)live_integer(task, "share_milli"));
		printf(", %g cores\n", (double)live_integer(task, "cpu_milli") / 1000);
	}
}

static void attempts_print(const json_t *list)
{
	for (size_t i = 0; i < json_array_size(list); i++) {
		const json_t *attempt = json_array_get(list, i);
		int64_t began_us = live_integer(attempt, "started_us");
		int64_t end_us = live_integer(attempt, "end_us");

		printf("  attempt %lld: %s", (long long)live_integer(attempt, "attempt"),
		       end_us == 0 ? "runs" : live_string(attempt, "result"));
		if (json_is_integer(json_object_get(attempt, "exit_code")))
			printf(", exit code %lld", (long long)live_integer(attempt, "exit_code"));
		if (json_is_integer(json_object_get(attempt, "signal")))
			printf(", signal %lld", (long long)live_integer(attempt, "signal"));
		if (began_us != 0 && end_us != 0)
			printf(", after %s", live_duration(end_us - began_us));
		printf("\n");
	}
}

static void job_print(const json_t *job)
{
	static const char *const fields[] = {"name", "user", "tenant", "state", "result"};

	printf("%-12s %lld\n", "job", (long long)live_integer(job, "job"));
	for (size_t i = 0; i < sizeof(fields) / sizeof(fields[0]); i++)
		field_print(job, fields[i]);
	if (strcmp(live_string(job, "reason"), "none") != 0)
		field_print(job, "reason");
	if (live_string(job, "detail")[0] != '\0')
		field_print(job, "detail");
	progress_print(job, "progress");
	progress_print(job, "checkpoint");
	amount_print("promised", json_object_get(job, "promised"));
	amount_print("delivered", json_object_get(job, "delivered"));
	attempts_print(json_object_get(job, "attempt_list"));
	devices_print(json_object_get(job, "devices"));
}

static int show_run(int argc, char **argv)
{
	struct live live = {.name = "show"};
	struct client_answer answer;
	int code = live_job(&live, argc, argv, "", &answer);

	if (code == COMMAND_OK && !live.json)
		job_print(answer.json);
	client_answer_deinit(&answer);
	return code;
}

const struct command command_show = {
	.name = "show",
	.summary = "show one job with its attempts",
	.help = show_text,
	.run = show_run,
};
