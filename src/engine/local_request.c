/* SPDX-License-Identifier: Apache-2.0
 *
 * From a request to a claim: what is asked is looked at, and what parc adds is put in: where the
 * output goes, what each task may use.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
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
	int words = count_strings(work->command, &bytes);
	int variables = count_strings(work->environment, &bytes);

	if (words == 0 || work->command[0][0] == '\0')
		return parc_err_set(err, PARC_ERR_INVALID, "a job needs a command");
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

static int check_work(const struct engine_work *work, struct parc_err *err)
{
	int code = check_strings(work, err);

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

static void add_tasks(struct request *request, const struct engine_work *work)
{
	for (int32_t i = 0; i < work->placements_count; i++) {
		const struct parc_placement *placement = &work->placements[i];

		request->tasks[i] = (struct claim_task){
			.group = placement->group,
			.task = placement->task,
			.cpu_milli = placement->cpu_milli,
			.memory_mib = work->memory_limit_mib > 0 ? work->memory_limit_mib
								 : placement->memory_mib};
	}
}

int request_init(struct request *request, const struct local *local, const struct engine_work *work,
		 struct parc_err *err)
{
	static const char *const none[] = {NULL};
	int code = check_work(work, err);

	if (code != 0)
		return code;
	*request = (struct request){0};
	request->tasks = calloc((size_t)work->placements_count, sizeof(*request->tasks));
	if (request->tasks == NULL)
		return parc_err_set(err, PARC_ERR_MEMORY, "no memory for a claim");
	request->claim =
		(struct claim){.key = work->key,
			       .job = work->job,
			       .uid = work->uid,
			       .gid = work->gid,
			       .time_us = clock_wall_us(),
			       .grace_us = work->grace_us > 0 ? work->grace_us : 0,
			       .work_us = work->work_us > 0 ? work->work_us : 0,
			       .name = work->name != NULL ? work->name : "",
			       .directory = work->directory,
			       .groups = local->groups.abilities != 0 ? local->groups_text : "",
			       .command = (const char **)work->command,
			       .environment = (const char **)work->environment,
			       .task_environment = (const char **)none,
			       .tasks = request->tasks,
			       .tasks_count = work->placements_count};
	memcpy(request->claim.boot, local->boot, sizeof(local->boot));
	add_outputs(request, local, work);
	add_tasks(request, work);
	return 0;
}

void request_deinit(struct request *request)
{
	free(request->tasks);
	request->tasks = NULL;
}
