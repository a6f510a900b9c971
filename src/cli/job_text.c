/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/job_text.h"

#include <string.h>

void job_wants(const json_t *job, char text[JOB_WANTS_BYTES])
{
	int64_t devices = live_integer(job, "devices"), share = live_integer(job, "share_milli");
	int64_t cpu = live_integer(job, "cpu_milli"), tasks = live_integer(job, "tasks");
	size_t used = 0;

	if (tasks > 1)
		used = (size_t)snprintf(text, JOB_WANTS_BYTES, "%lld x ", (long long)tasks);
	if (devices > 0 && share > 0 && share < 1000)
		snprintf(text + used, JOB_WANTS_BYTES - used, "%lld at .%03lld", (long long)devices,
			 (long long)share);
	else if (devices > 0)
		snprintf(text + used, JOB_WANTS_BYTES - used, "%lld dev", (long long)devices);
	else
		snprintf(text + used, JOB_WANTS_BYTES - used, "%g cpu",
			 (double)(cpu == 0 ? 1000 : cpu) / 1000);
}

int64_t job_since_us(const json_t *job)
{
	const char *state = live_string(job, "state");

	if (strcmp(state, "pending") == 0)
		return live_integer(job, "submit_us");
	return live_integer(job, strcmp(state, "ended") == 0 ? "end_us" : "start_us");
}

const char *job_state(const json_t *job)
{
	const char *state = live_string(job, "state");

	return strcmp(state, "ended") == 0 ? live_string(job, "result") : state;
}

const char *job_reason(const json_t *job)
{
	return strcmp(live_string(job, "state"), "pending") == 0 ? live_string(job, "reason") : "";
}
