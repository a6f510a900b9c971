/* SPDX-License-Identifier: Apache-2.0
 *
 * From a request to a claim: what is asked is looked at, and what parc adds is put in: where the
 * output goes, what each task may use.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "engine/local.h"

static int count_strings(const char *const *list, size_t *bytes)
{
	int count = 0;

	while (list[count] != NULL && count <= CLAIM_STRINGS_MAX)
		*bytes += strlen(list[count++]) + 1;
	return count;
}

static int check_strings(const struct engine_work *work, struct parc_err *err)
{
	size_t bytes = 0;
	int variables = count_strings(work->environment, &bytes), words = 0;

	for (int32_t i = 0; i < work->commands_count && i < ENGINE_COMMANDS_MAX; i++)
		words += count_strings(work->commands[i], &bytes) + 1;
	if (work->commands_count < 1 || work->commands_count > ENGINE_COMMANDS_MAX)
		return parc_err_set(err, PARC_ERR_INVALID, "a job has 1 to %d commands",
				    ENGINE_COMMANDS_MAX);
	for (int32_t i = 0; i < work->commands_count; i++)
		if (work->commands[i][0] == NULL || work->commands[i][0][0] == '\0')
			return parc_err_set(err, PARC_ERR_INVALID, "a job needs a command");
	for (int32_t i = 0; work->choices != NULL && i < work->placements_count; i++)
		if (work->choices[i] < 0 || work->choices[i] >= work->commands_count)
			return parc_err_set(err, PARC_ERR_INVALID, "a task has no such command");
	if (words + variables > CLAIM_STRINGS_MAX || bytes > CLAIM_TEXT_MAX)
		return parc_err_set(err, PARC_ERR_INVALID,
				    "command and environment have more than %d words or %d bytes",
				    CLAIM_STRINGS_MAX, CLAIM_TEXT_MAX);
	for (int i = 0; i < variables; i++) {
		if (strchr(work->environment[i], '=') == NULL || work->environment[i][0] == '=')
			return parc_err_set(err, PARC_ERR_INVALID,
					    "'%.40s' in the environment is not NAME=value",
					    work->environment[i]);
	}
	return 0;
}

static int check_path(const char *what, const char *path, struct parc_err *err)
{
	if (path[0] != '/' || strlen(path) > 4000)
		return parc_err_set(err, PARC_ERR_INVALID,
				    "%s '%.80s' is no absolute path of at most 4,000 bytes", what,
				    path);
	return 0;
}

/* A daemon that is not root can only run its own user's jobs. Whether root's jobs may run at all is
 * the operator's to say, before they come here. */
static int check_user(const struct engine_work *work, struct parc_err *err)
{
	uid_t own = geteuid();

	if (own != 0 && (work->uid != own || work->gid != getegid()))
		return parc_err_set(err, PARC_ERR_INVALID,
				    "user %" PRIu32 " cannot run here: the daemon is not root and "
				    "runs as user %u",
				    work->uid, (unsigned)own);
	if (work->uid == UINT32_MAX || work->gid == UINT32_MAX)
		return parc_err_set(err, PARC_ERR_INVALID, "%" PRIu32 " is no user", work->uid);
	return 0;
}

static int check_limits(const struct engine_work *work, struct parc_err *err)
{
	int good = work->limits_count >= 0 && work->limits_count <= CLAIM_LIMITS_MAX;

	for (int32_t i = 0; good && i < work->limits_count; i++) {
		const struct engine_limit *limit = &work->limits[i];

		good = limit->resource >= 0 && limit->resource < RLIM_NLIMITS &&
		       limit->soft >= -1 && limit->hard >= -1 &&
		       (limit->hard == -1 || (limit->soft >= 0 && limit->soft <= limit->hard));
	}
	return good ? 0
		    : parc_err_set(err, PARC_ERR_INVALID,
				   "a limit is unknown, below 0, or softer than it is hard");
}

static int check_work(const struct engine_work *work, struct parc_err *err)
{
	int code = check_strings(work, err);

	if (code == 0)
		code = check_limits(work, err);
	if (code == 0)
		code = check_path("the directory", work->directory, err);
	if (code == 0 && work->output != NULL)
		code = check_path("the output", work->output, err);
	if (code == 0 && work->errors != NULL)
		code = check_path("the file of errors", work->errors, err);
	if (code == 0)
		code = check_user(work, err);
	if (code == 0 && (work->key.allocation < 1 || work->key.attempt < 0))
		code = parc_err_set(err, PARC_ERR_INVALID, "an attempt without a key");
	if (code == 0 && (work->placements_count < 1 || work->placements_count > CLAIM_TASKS_MAX))
		code = parc_err_set(err, PARC_ERR_INVALID,
				    "%" PRId32 " tasks on one machine; 1 to %d are possible",
				    work->placements_count, CLAIM_TASKS_MAX);
	return code;
}

/* All commands behind each other; `at`: where each begins. */
static void add_commands(struct request *request, const struct engine_work *work,
			 int32_t at[ENGINE_COMMANDS_MAX])
{
	int32_t count = 0;

	for (int32_t i = 0; i < work->commands_count; i++) {
		at[i] = count;
		for (int32_t w = 0; work->commands[i][w] != NULL; w++)
			request->words[count++] = work->commands[i][w];
		request->words[count++] = NULL;
	}
	request->claim.words = request->words;
	request->claim.words_count = count;
}

static void add_outputs(struct request *request, const struct local *local,
			const struct engine_work *work)
{
	char name[CLAIM_NAME_SIZE];

	claim_name(name, work->key);
	request->claim.output_is_ours = work->output == NULL;
	if (work->output == NULL)
		snprintf(request->output, sizeof(request->output), "%s/output/%s.out", local->path,
			 name);
	else
		snprintf(request->output, sizeof(request->output), "%s", work->output);
	snprintf(request->errors, sizeof(request->errors), "%s",
		 work->errors != NULL && work->output != NULL ? work->errors : "");
	request->claim.output = request->output;
	request->claim.errors = request->errors;
}

/* The device files of devices that the task was not given, unless one that it was given has the
 * same file. */
static void deny_devices(struct request *request, const struct local *local,
			 struct claim_task *task)
{
	struct claim_device *denied = request->denied;
	const struct gauges *gauges = &local->gauges;

	task->denied_at = request->claim.denied_count;
	for (int32_t i = 0; i < gauges->count; i++) {
		const struct gauges_device *device = &gauges->devices[i];
		int is_given = device->index >= 0 && (task->devices >> device->index & 1);

		for (int32_t f = 0; f < device->description.files_count && !is_given; f++) {
			if (task->denied_count == CLAIM_DENIED_MAX)
				return;
			denied[request->claim.denied_count++] =
				(struct claim_device){.major = device->description.files[f].major,
						      .minor = device->description.files[f].minor};
			task->denied_count++;
		}
	}
}

/* What one adapter puts into the task's environment, if it has devices here. */
static void add_variables(struct request *request, struct local *local, struct claim_task *task,
			  const struct engine_work *work, const struct parc_placement *placement,
			  int adapter)
{
	const struct adapter_device *given[PARC_NODE_DEVICES_MAX];
	struct adapter_lines *lines = &request->lines[request->lines_count];
	struct adapter_part part = {.devices = given,
				    .share_milli = placement->share_milli,
				    .memory_mib = placement->device_memory_mib,
				    .uid = work->uid};
	int32_t count = 0;

	for (int32_t i = 0; i < local->gauges.count; i++) {
		const struct gauges_device *device = &local->gauges.devices[i];

		if (device->adapter != adapter || device->index < 0)
			continue;
		count++;
		if (task->devices >> device->index & 1)
			given[part.count++] = &device->description;
	}
	if (count == 0)
		return;
	request->lines_count++;
	adapter_get(adapter)->environment(&local->gauges.world, &part, lines);
	for (int32_t i = 0; i < lines->count; i++)
		request->variables[task->environment_at + task->environment_count++] =
			lines->lines[i];
	if (!lines->is_enforced)
		local_alarm(local,
			    "job %" PRId64 ": its share of a device is not enforced: no MPS "
			    "serves its user",
			    work->job);
}

static void add_tasks(struct request *request, struct local *local, const struct engine_work *work)
{
	int32_t commands[ENGINE_COMMANDS_MAX];
	int64_t variables = 0;

	add_commands(request, work, commands);
	for (int32_t i = 0; i < work->placements_count; i++) {
		const struct parc_placement *placement = &work->placements[i];
		struct claim_task *task = &request->tasks[i];

		*task = (struct claim_task){
			.group = placement->group,
			.task = placement->task,
			.variant = placement->variant,
			.command_at = commands[work->choices == NULL ? 0 : work->choices[i]],
			.cpu_milli = placement->cpu_milli,
			.memory_mib = work->memory_limit_mib > 0 ? work->memory_limit_mib
								 : placement->memory_mib,
			.devices = placement->devices,
			.share_milli = placement->share_milli,
			.environment_at = variables};
		deny_devices(request, local, task);
		for (int adapter = 0; adapter < ADAPTER_COUNT; adapter++)
			add_variables(request, local, task, work, placement, adapter);
		variables += task->environment_count;
	}
}

static int make_room(struct request *request, const struct local *local,
		     const struct engine_work *work)
{
	size_t files = 0, words = 0, unused = 0, tasks = (size_t)work->placements_count;

	for (int32_t i = 0; i < work->commands_count; i++)
		words += (size_t)count_strings(work->commands[i], &unused) + 1;

	for (int32_t i = 0; i < local->gauges.count; i++)
		files += (size_t)local->gauges.devices[i].description.files_count;
	request->words = calloc(words, sizeof(*request->words));
	request->tasks = calloc(tasks, sizeof(*request->tasks));
	request->variables =
		calloc(tasks * ADAPTER_COUNT * ADAPTER_LINES_MAX + 1, sizeof(*request->variables));
	request->lines = calloc(tasks * ADAPTER_COUNT, sizeof(*request->lines));
	request->denied = calloc(tasks * files + 1, sizeof(*request->denied));
	return request->words && request->tasks && request->variables && request->lines &&
			       request->denied
		       ? 0
		       : PARC_ERR_MEMORY;
}

int request_init(struct request *request, struct local *local, const struct engine_work *work,
		 struct parc_err *err)
{
	int code = check_work(work, err);

	if (code != 0)
		return code;
	*request = (struct request){0};
	if (make_room(request, local, work) != 0) {
		request_deinit(request);
		return parc_err_set(err, PARC_ERR_MEMORY, "no memory for a claim");
	}
	request->claim =
		(struct claim){.key = work->key,
			       .job = work->job,
			       .uid = work->uid,
			       .gid = work->gid,
			       .time_us = clock_wall_us(),
			       .grace_us = work->grace_us > 0 ? work->grace_us : 0,
			       .work_us = work->work_us > 0 ? work->work_us : 0,
			       .kept_done = work->kept.done > 0 ? work->kept.done : 0,
			       .kept_total = work->kept.total > 0 ? work->kept.total : 0,
			       .name = work->name != NULL ? work->name : "",
			       .directory = work->directory,
			       .groups = local->groups.abilities != 0 ? local->groups_text : "",
			       .environment = (const char **)work->environment,
			       .task_environment = request->variables,
			       .denied = request->denied,
			       .tasks = request->tasks,
			       .tasks_count = work->placements_count};
	memcpy(request->claim.boot, local->boot, sizeof(local->boot));
	request->claim.limits_count = work->limits_count;
	for (int32_t i = 0; i < work->limits_count; i++)
		request->claim.limits[i] = work->limits[i];
	add_outputs(request, local, work);
	add_tasks(request, local, work);
	return 0;
}

void request_deinit(struct request *request)
{
	free(request->words);
	free(request->tasks);
	free(request->variables);
	free(request->lines);
	free(request->denied);
	*request = (struct request){0};
}
