/* SPDX-License-Identifier: Apache-2.0 */
#include "support/dry.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "support/faulty.h"
#include "support/folder.h"

static char folder[400], fleet[420];
char dry_data[420], dry_config[420];

void text_write(const char *path, const char *text)
{
	FILE *out = fopen(path, "w");

	assert_non_null(out);
	fputs(text, out);
	fclose(out);
}

int dry_setup(void **state)
{
	const char *base = getenv("TMPDIR");

	(void)state;
	faulty_register();
	faulty_fail_after(0, 0);
	snprintf(folder, sizeof(folder), "%.300s/parc-daemon-XXXXXX", base == NULL ? "/tmp" : base);
	if (mkdtemp(folder) == NULL)
		return 1;
	snprintf(dry_data, sizeof(dry_data), "%s/data", folder);
	snprintf(fleet, sizeof(fleet), "%s/fleet.yaml", folder);
	snprintf(dry_config, sizeof(dry_config), "%s/config.yaml", folder);
	text_write(fleet, "fleet:\n  chips: [{name: A100, memory_gib: 80}]\n"
			  "  nodes: [{name: gpu, cores: 16, memory_gib: 64, pools: [{chip: A100, "
			  "devices: 4}]}]\n");
	return 0;
}

int dry_teardown(void **state)
{
	(void)state;
	faulty_unwatch();
	faulty_fail_after(0, 0);
	folder_remove(folder);
	return 0;
}

int dry_open(struct daemon *daemon, const char *configuration, struct parc_err *err)
{
	struct daemon_options options = {.directory = dry_data,
					 .fleet = fleet,
					 .config = configuration,
					 .vfs = "faulty",
					 .dry = 1,
					 .jobs_max = 1000,
					 .log = {.file = -1}};

	return daemon_open(daemon, &options, err);
}

struct daemon *dry_make(const char *configuration)
{
	struct daemon *daemon = calloc(1, sizeof(*daemon));
	struct parc_err err = {0};

	assert_non_null(daemon);
	if (dry_open(daemon, configuration, &err) != 0)
		fail_msg("%s", err.text);
	return daemon;
}

void dry_end(struct daemon *daemon)
{
	daemon_close(daemon);
	free(daemon);
}

int64_t dry_submit(struct daemon *daemon, const char *fields, struct parc_err *err)
{
	struct daemon_caller caller = {.role = DAEMON_OPERATOR, .user = "root", .id = "uid:0"};
	struct daemon_submission submission = {0};
	char text[400];
	int64_t first = 0;
	int32_t count;
	int code;

	snprintf(text, sizeof(text), "{\"command\": [\"true\"], \"directory\": \"/\"%s}", fields);
	submission.object = json_loads(text, 0, NULL);
	assert_non_null(submission.object);
	code = daemon_submit(daemon, &caller, &submission, &first, &count, err);
	json_decref(submission.object);
	return code == 0 ? first : code;
}
