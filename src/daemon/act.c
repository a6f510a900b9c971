/* SPDX-License-Identifier: Apache-2.0
 *
 * Acting on what is committed: the engine is told to start, stop and forget. What to run is read
 * from the store again, so that a start after a crash is the same as one before it.
 */
#include "daemon/act.h"

#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define VARIABLES_OWN 10  /* that every job gets besides its own */
#define VARIABLE_MAX  512 /* bytes of one of these */
#define SCRATCH_MAX   (1 << 23)

/* All that a work points to. */
struct start {
	json_t *spec;
	const char **words; /* of all commands, each with NULL behind it */
	const char *const *commands[ENGINE_COMMANDS_MAX];
	int32_t commands_count;
	int32_t *choices; /* of the placements */
	const char **environment;
	char own[VARIABLES_OWN][VARIABLE_MAX];
	char **joined; /* NAME=value of the job's own */
	size_t joined_count;
	void *scratch;
};

static void start_free(struct start *start)
{
	for (size_t i = 0; i < start->joined_count; i++)
		free(start->joined[i]);
	free(start->joined);
	free(start->words);
	free(start->choices);
	free(start->environment);
	free(start->scratch);
	json_decref(start->spec);
}

/* The command of a job, a group or a variant; NULL: it has none of its own. */
static json_t *command_of(const json_t *object)
{
	json_t *list = json_object_get(object, "command");

	return json_array_size(list) > 0 ? list : NULL;
}

/* The item of a list of the job, NULL when there is none. */
static json_t *item_of(const struct start *start, const char *list, int32_t index)
{
	return index < 0 ? NULL : json_array_get(json_object_get(start->spec, list), (size_t)index);
}

/* The number of a command, which is added when it is not there yet. */
static int32_t command_add(struct start *start, const json_t *list, const json_t **known,
			   size_t *used)
{
	for (int32_t i = 0; i < start->commands_count; i++)
		if (known[i] == list)
			return i;
	known[start->commands_count] = list;
	start->commands[start->commands_count] = start->words + *used;
	for (size_t i = 0; i < json_array_size(list); i++)
		start->words[(*used)++] = json_string_value(json_array_get(list, i));
	(*used)++;
	return start->commands_count++;
}

static size_t words_count(const json_t *list)
{
	size_t count = 0;

	for (size_t i = 0; i < json_array_size(list); i++)
		count += json_array_size(json_object_get(json_array_get(list, i), "command")) + 1;
	return count;
}

/* Which command each task runs: that of its variant, else of its group, else of the job. */
static int commands_make(struct start *start, const struct engine_work *work)
{
	const json_t *known[ENGINE_COMMANDS_MAX], *own = command_of(start->spec);
	size_t used = 0, room = json_array_size(own) + 1;

	room += words_count(json_object_get(start->spec, "groups"));
	room += words_count(json_object_get(start->spec, "variants"));
	start->words = calloc(room, sizeof(*start->words));
	start->choices = calloc((size_t)work->placements_count, sizeof(*start->choices));
	if (start->words == NULL || start->choices == NULL || own == NULL)
		return 1;
	for (int32_t i = 0; i < work->placements_count; i++) {
		const struct parc_placement *it = &work->placements[i];
		const json_t *list = command_of(item_of(start, "variants", it->variant));

		if (list == NULL)
			list = command_of(item_of(start, "groups", it->group));
		start->choices[i] = command_add(start, list == NULL ? own : list, known, &used);
	}
	return 0;
}

static int own_add(struct start *start, int at, const char *name, const char *value)
{
	snprintf(start->own[at], VARIABLE_MAX, "%s=%s", name, value);
	return at + 1;
}

/* Variables that every job has; its own come after them and win. */
static int own_make(struct daemon *daemon, struct start *start, const struct store_job *job)
{
	struct passwd *user = getpwuid(job->uid);
	json_t *array = json_object_get(start->spec, "array");
	json_t *replica = json_object_get(start->spec, "replica");
	struct parc_pace pace;
	char index[32];
	int count = 0;

	count = own_add(start, count, "PATH", "/usr/local/bin:/usr/bin:/bin");
	count = own_add(start, count, "USER", job->user);
	count = own_add(start, count, "LOGNAME", job->user);
	count = own_add(start, count, "HOME", user == NULL ? "/" : user->pw_dir);
	count = own_add(start, count, "SHELL", user == NULL ? "/bin/sh" : user->pw_shell);
	if (daemon->options.socket != NULL)
		count = own_add(start, count, "PARC_SOCKET", daemon->options.socket);
	if (parc_job_pace(daemon->core, job->job, &pace) == 0 && pace.chips != 0 &&
	    (pace.chips & (pace.chips - 1)) == 0)
		count = own_add(start, count, "PARC_CHIP",
				daemon->chips.names[__builtin_ctzll(pace.chips)]);
	if (array != NULL) {
		snprintf(index, sizeof(index), "%lld",
			 (long long)json_integer_value(json_object_get(array, "index")));
		count = own_add(start, count, "PARC_ARRAY_INDEX", index);
	}
	if (replica != NULL) {
		snprintf(index, sizeof(index), "%lld",
			 (long long)json_integer_value(json_object_get(replica, "number")));
		count = own_add(start, count, "PARC_REPLICA", index);
		snprintf(index, sizeof(index), "%lld",
			 (long long)json_integer_value(json_object_get(replica, "service")));
		count = own_add(start, count, "PARC_SERVICE", index);
	}
	return count;
}

static int environment_make(struct daemon *daemon, struct start *start, const struct store_job *job)
{
	json_t *map = json_object_get(start->spec, "environment"), *value;
	size_t count = json_object_size(map), used = 0;
	int own = own_make(daemon, start, job);
	const char *name;

	start->environment = calloc(count + VARIABLES_OWN + 1, sizeof(*start->environment));
	start->joined = calloc(count + 1, sizeof(*start->joined));
	if (start->environment == NULL || start->joined == NULL)
		return 1;
	for (int i = 0; i < own; i++) {
		size_t length = strcspn(start->own[i], "=");
		char key[64];

		snprintf(key, sizeof(key), "%.*s", (int)length, start->own[i]);
		if (json_object_get(map, key) == NULL)
			start->environment[used++] = start->own[i];
	}
	json_object_foreach(map, name, value)
	{
		if (asprintf(&start->joined[start->joined_count], "%s=%s", name,
			     json_string_value(value)) < 0)
			return 1;
		start->environment[used++] = start->joined[start->joined_count++];
	}
	return 0;
}

static const char *text_of(const struct start *start, const char *name)
{
	return json_string_value(json_object_get(start->spec, name));
}

int start_read(const struct store_attempt *attempt, struct parc_actions *actions, void **memory)
{
	size_t room = 8 * attempt->action_size + 65536;

	*memory = room > SCRATCH_MAX ? NULL : malloc(room);
	return *memory == NULL ||
	       parc_actions_decode(actions, *memory, room, attempt->action, attempt->action_size,
				   NULL) < 0 ||
	       actions->count != 1;
}

static int placements_make(struct start *start, const struct store_attempt *attempt,
			   struct engine_work *work)
{
	struct parc_actions actions = {0};

	if (start_read(attempt, &actions, &start->scratch) != 0)
		return 1;
	work->placements = actions.list[0].start.placements;
	work->placements_count = actions.list[0].start.count;
	return 0;
}

static int work_make(struct daemon *daemon, const struct daemon_act *act, struct start *start,
		     struct engine_work *work)
{
	struct store_progress progress;
	struct store_attempt attempt;
	struct store_job job;

	if (store_job_find(daemon->store, act->job, &job, NULL) != 1 ||
	    store_attempt_find(daemon->store, act->key.allocation, &attempt, NULL) != 1)
		return 1;
	start->spec = json_loads(job.spec, 0, NULL);
	if (start->spec == NULL || environment_make(daemon, start, &job) ||
	    placements_make(start, &attempt, work) || commands_make(start, work))
		return 1;
	work->key = act->key;
	work->job = act->job;
	work->uid = job.uid;
	work->gid = job.gid;
	work->name = job.name;
	work->directory = text_of(start, "directory");
	work->commands = start->commands;
	work->commands_count = start->commands_count;
	work->choices = start->choices;
	work->environment = start->environment;
	work->output = text_of(start, "output");
	work->errors = text_of(start, "errors");
	if (store_progress_find(daemon->store, act->job, &progress, NULL) == 1) {
		work->work_us = progress.kept.work_us;
		work->kept = (struct engine_amount){progress.kept.done, progress.kept.total};
	}
	work->grace_us = spec_us(start->spec, "grace_s");
	if (work->grace_us == 0)
		work->grace_us = daemon->config.policy.grace_us;
	return 0;
}

/* It could not be started or is not there any more: that is reported as its end. */
static void lost_add(struct daemon *daemon, const struct daemon_act *act, int stopped,
		     const char *text)
{
	struct engine_report report = {.kind = ENGINE_ENDED,
				       .key = act->key,
				       .time_us = daemon->now_us,
				       .result = stopped ? PARC_RESULT_FAILED : PARC_RESULT_LOST,
				       .stopped = stopped,
				       .exit_code = -1,
				       .memory_peak_mib = -1,
				       .busy_us = -1,
				       .text = text};
	struct parc_err err = {0};

	if (late_add(daemon, &report, &err) != 0)
		daemon_break(daemon, &err);
}

static void start_do(struct daemon *daemon, const struct daemon_act *act)
{
	struct start start = {0};
	struct engine_work work = {0};
	struct parc_err err = {0};
	int failed = work_make(daemon, act, &start, &work);

	if (failed)
		parc_err_set(&err, PARC_ERR_CORRUPT, "what was submitted cannot be read");
	else
		failed = daemon->engine.calls->start(daemon->engine.self, &work, &err);
	daemon->figures.starts++;
	if (failed) {
		log_write(&daemon->log, LOG_WARNING_LEVEL, "job %lld cannot be started: %s",
			  (long long)act->job, err.text);
		lost_add(daemon, act, 0, "it could not be started");
	}
	start_free(&start);
}

static void stop_do(struct daemon *daemon, const struct daemon_act *act)
{
	struct parc_err err = {0};
	int code = daemon->engine.calls->stop(daemon->engine.self, act->key, act->grace_us,
					      act->why, &err);

	daemon->figures.stops++;
	if (code == PARC_ERR_UNKNOWN)
		lost_add(daemon, act, 1, "it was stopped before it had started");
	else if (code != 0)
		log_write(&daemon->log, LOG_WARNING_LEVEL, "job %lld cannot be stopped: %s",
			  (long long)act->job, err.text);
}

void acts_do(struct daemon *daemon)
{
	for (int32_t i = 0; i < daemon->acts_count; i++) {
		const struct daemon_act *act = &daemon->acts[i];

		if (act->kind == ACT_START)
			start_do(daemon, act);
		else if (act->kind == ACT_STOP)
			stop_do(daemon, act);
		else if (act->kind == ACT_TELL)
			tell_do(daemon, act);
		else if (act->kind == ACT_REBOOK)
			rebook_do(daemon, act);
		else
			daemon->engine.calls->forget(daemon->engine.self, act->key);
	}
	daemon->acts_count = 0;
}
