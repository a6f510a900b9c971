/* SPDX-License-Identifier: Apache-2.0
 *
 * What a month of use takes on the disk: one node of 16 devices, a job of its own tenant on each,
 * and use that is told anew every so many minutes, each time another one. Once a minute is the
 * most that an engine tells in the long run (docs/engine.md). Samples are kept nowhere: what stays
 * are records of the journal and the marks of the ledger.
 *
 *   bench_month [DAYS]
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "daemon/daemon.h"
#include "support/folder.h"

#define DEVICES	   16
#define MINUTE_US  INT64_C(60000000)
#define DAY_MINUTE 1440

static char folder[400], data[420], fleet[420], config[420];

static void fail(const struct parc_err *err)
{
	fprintf(stderr, "bench_month: %s\n", err->text);
	exit(1);
}

static void files_write(void)
{
	const char *base = getenv("TMPDIR");
	FILE *out;

	snprintf(folder, sizeof(folder), "%.300s/parc-month-XXXXXX", base == NULL ? "/tmp" : base);
	if (mkdtemp(folder) == NULL)
		exit(1);
	snprintf(data, sizeof(data), "%s/data", folder);
	snprintf(fleet, sizeof(fleet), "%s/fleet.yaml", folder);
	snprintf(config, sizeof(config), "%s/config.yaml", folder);
	out = fopen(fleet, "w");
	fprintf(out,
		"fleet:\n  chips: [{name: A100, memory_gib: 80}]\n  nodes: [{name: gpu, cores: "
		"64, memory_gib: 512, pools: [{chip: A100, devices: %d}]}]\n",
		DEVICES);
	fclose(out);
	out = fopen(config, "w");
	fprintf(out, "serve:\n  tenants:\n");
	for (int i = 0; i < DEVICES; i++)
		fprintf(out, "    - {name: t%d}\n", i);
	fclose(out);
}

static void submit(struct daemon *daemon, int device)
{
	struct daemon_caller caller = {.role = DAEMON_OPERATOR, .user = "root", .id = "uid:0"};
	struct daemon_submission submission = {0};
	struct parc_err err = {0};
	int64_t first;
	int32_t count;
	char text[200];

	snprintf(text, sizeof(text),
		 "{\"command\": [\"true\"], \"directory\": \"/\", \"devices\": 1, \"tenant\": "
		 "\"t%d\","
		 " \"environment\": {\"PARC_DRY_S\": \"100000000\"}}",
		 device);
	submission.object = json_loads(text, 0, NULL);
	if (daemon_submit(daemon, &caller, &submission, &first, &count, &err) != 0)
		fail(&err);
	json_decref(submission.object);
}

/* Each attempt tells another use every `every` minutes. */
static void month_run(struct daemon *daemon, int64_t minutes, int every)
{
	struct parc_err err = {0};

	for (int64_t m = 1; m <= minutes; m++) {
		daemon->now_us += MINUTE_US;
		for (int64_t a = 1; a <= DEVICES && m % every == 0; a++) {
			struct parc_event event = {
				.kind = PARC_EVENT_USE,
				.run = {.allocation = a,
					.attempt = 1,
					.busy_milli = (int32_t)((m / every + a) % 21 * 50)}};

			if (daemon_step(daemon, &event, &err) != 0)
				fail(&err);
		}
		if (m % 10 == 0 && store_commit(daemon->store, &err) != 0)
			fail(&err);
	}
	if (store_commit(daemon->store, &err) != 0)
		fail(&err);
}

static void measure(int64_t days, int every)
{
	struct daemon *daemon = calloc(1, sizeof(*daemon));
	struct daemon_options options = {.directory = data,
					 .fleet = fleet,
					 .config = config,
					 .dry = 1,
					 .jobs_max = 1000,
					 .log = {.file = -1}};
	struct parc_err err = {0};
	struct stat status;
	char path[480];

	files_write();
	if (daemon == NULL || daemon_open(daemon, &options, &err) != 0)
		fail(&err);
	for (int i = 0; i < DEVICES; i++)
		submit(daemon, i);
	while (parc_count(daemon->core, PARC_COUNT_TASKS) < DEVICES || daemon->figures.rounds < 20)
		if (daemon_round(daemon, 0, &err) != 0)
			fail(&err);
	month_run(daemon, days * DAY_MINUTE, every);
	daemon_close(daemon);
	snprintf(path, sizeof(path), "%s/parc.db", data);
	if (stat(path, &status) != 0)
		perror(path);
	printf("%lld days of %d devices, use told every %d min\tMiB\t%.1f\n", (long long)days,
	       DEVICES, every, (double)status.st_size / (1 << 20));
	free(daemon);
	folder_remove(folder);
}

int main(int argc, char **argv)
{
	int64_t days = argc > 1 ? strtol(argv[1], NULL, 10) : 3;

	measure(days, 1);
	measure(days, 10);
	measure(days, 60);
	return 0;
}
