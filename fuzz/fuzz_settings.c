/* SPDX-License-Identifier: Apache-2.0
 *
 * Fuzzer of the readers of what stands beside fleets and logs. The first line names the reader:
 * policy, tenants, services, windows, use, fleet-mix, task-mix; the rest is the file. Services have
 * their load in a file "99" beside it. What is refused has a sentence and leaves nothing; a policy
 * that is read is the same after it was written and read again.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/assert.h"
#include "support/memory_file.h"
#include "text/text.h"
#include "trace/jobs.h"
#include "trace/mix.h"
#include "trace/policy_file.h"
#include "trace/services.h"
#include "trace/tenants.h"
#include "trace/use.h"
#include "trace/windows.h"

#define LOAD_FD 99

static const char load_table[] = "time_s,load_milli\n0,1000\n60,5000\n3600,0\n";

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);

struct input {
	const char *path, *bytes;
	size_t size;
	const struct fleet *fleet;
	const struct jobs *jobs;
};

/* The policy as a file, the caller's. */
static char *policy_text(const struct parc_policy *policy)
{
	char *text = NULL;
	size_t size = 0;
	FILE *out = open_memstream(&text, &size);

	ASSERT(out != NULL && policy_file_write(out, policy, NULL) == 0 && fclose(out) == 0);
	return text;
}

static int fuzz_policy(const struct input *in, struct parc_err *err)
{
	struct parc_policy policy;
	char *text, *again;
	struct memory_file file;
	int code;

	policy_file_default(&policy);
	code = policy_file_read(&policy, in->path, err);
	if (code != 0)
		return code;
	text = policy_text(&policy);
	memory_file_make(&file, -1, text, strlen(text));
	policy_file_default(&policy);
	ASSERT(policy_file_read(&policy, file.path, NULL) == 0);
	again = policy_text(&policy);
	ASSERT(strcmp(text, again) == 0);
	memory_file_remove(&file);
	free(again);
	free(text);
	return 0;
}

static int fuzz_tenants(const struct input *in, struct parc_err *err)
{
	struct tenants tenants = {0};
	int code = tenants_read(&tenants, in->path, in->fleet, err);

	ASSERT(code == 0 || tenants.rows == NULL);
	for (int32_t i = 0; i < tenants.count; i++) {
		ASSERT(tenants.rows[i].set.tenant == i + 1 && tenants.rows[i].set.parent <= i);
		ASSERT(tenants_find(&tenants, tenants.rows[i].name) == i);
	}
	tenants_deinit(&tenants);
	return code;
}

static int fuzz_services(const struct input *in, struct parc_err *err)
{
	struct services services = {0};
	struct memory_file load;
	int code;

	memory_file_make(&load, LOAD_FD, load_table, sizeof(load_table) - 1);
	code = services_read(&services, in->path, in->fleet, err);
	ASSERT(code == 0 || services.rows == NULL);
	for (int32_t i = 0; i < services.count; i++)
		ASSERT(services.rows[i].points_count >= 2 &&
		       services_peak_milli(&services.rows[i]) >= 0 &&
		       services_devices_milli(&services.rows[i]) >= 0);
	services_deinit(&services);
	memory_file_remove(&load);
	return code;
}

static int fuzz_windows(const struct input *in, struct parc_err *err)
{
	struct windows windows = {0};
	int code = windows_read(&windows, in->path, in->fleet, in->jobs, err);

	ASSERT(code == 0 || windows.list == NULL);
	for (int32_t i = 0; i < windows.count; i++)
		ASSERT(windows.list[i].end_us > windows.list[i].start_us);
	windows_deinit(&windows);
	return code;
}

static int fuzz_use(const struct input *in, struct parc_err *err)
{
	struct use_series use = {0};
	int code = use_read(&use, in->path, err);

	ASSERT(code == 0 || use.milli == NULL);
	for (int32_t h = 0; h < use.holders; h++)
		for (int32_t m = 0; m < use.minutes; m++)
			ASSERT(use_at(&use, h, m) >= USE_NONE && use_at(&use, h, m) <= 1000);
	use_deinit(&use);
	return code;
}

static int fuzz_fleet_mix(const struct input *in, struct parc_err *err)
{
	struct fleet_mix mix;
	int code = fleet_mix_read_bytes(&mix, "fuzz", in->bytes, in->size, err);

	if (code == 0)
		fleet_mix_deinit(&mix);
	return code;
}

static int fuzz_task_mix(const struct input *in, struct parc_err *err)
{
	struct task_mix mix;
	int code = task_mix_read_bytes(&mix, "fuzz", in->bytes, in->size, err);

	if (code == 0)
		task_mix_deinit(&mix);
	return code;
}

static const struct {
	const char *name;
	int (*run)(const struct input *in, struct parc_err *err);
} readers[] = {
	{"policy\n", fuzz_policy},     {"tenants\n", fuzz_tenants}, {"services\n", fuzz_services},
	{"windows\n", fuzz_windows},   {"use\n", fuzz_use},	    {"fleet-mix\n", fuzz_fleet_mix},
	{"task-mix\n", fuzz_task_mix},
};

static void make_world(struct fleet *fleet, struct jobs *jobs)
{
	static const char nodes[] =
		"name,cpu_milli,memory_mib,pools\na,8000,1,A100:4\nb,8000,1,H100:8\n";
	static const char log[] = "submit_s,length_s,devices,tenant,user\n0,1,1,t,u\n0,1,1,s,v\n";
	struct text text;

	ASSERT(fleet_read_bytes(fleet, "nodes", nodes, sizeof(nodes) - 1, NULL) == 0);
	text_init(&text, "log", log, sizeof(log) - 1);
	ASSERT(jobs_read_bytes("csv", &text, fleet, NULL, jobs, NULL) == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
	static struct fleet fleet;
	static struct jobs jobs;
	struct memory_file file;

	if (fleet.chips_count == 0)
		make_world(&fleet, &jobs);
	for (size_t i = 0; i < sizeof(readers) / sizeof(readers[0]); i++) {
		size_t head = strlen(readers[i].name);
		struct input in = {.fleet = &fleet, .jobs = &jobs};
		struct parc_err err = {0};

		if (size < head || memcmp(bytes, readers[i].name, head) != 0)
			continue;
		in.bytes = (const char *)bytes + head;
		in.size = size - head;
		memory_file_make(&file, -1, in.bytes, in.size);
		in.path = file.path;
		if (readers[i].run(&in, &err) != 0)
			ASSERT(err.code < 0 && err.text[0] != '\0');
		memory_file_remove(&file);
	}
	return 0;
}
