/* SPDX-License-Identifier: Apache-2.0
 *
 * How an attempt begins. All tasks are forked and put into their control groups while they wait;
 * then `started` is written, with their names, and only then are they let go. Whatever dies in
 * between, the tasks' commands run only if `started` is on disk, and it can be written once.
 */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "engine/attempt.h"
#include "engine/child.h"

#define UNDO_PAUSE_MS 10

/* One pipe holds all tasks back: each reads one byte of it. */
struct gate {
	int go[2];		      /* to the children */
	int failure[CLAIM_TASKS_MAX]; /* from each child */
};

static void close_file(int *fd)
{
	if (*fd >= 0)
		close(*fd);
	*fd = -1;
}

static int say(struct claim_exit *end, int result, const struct parc_err *err)
{
	end->result = result;
	snprintf(end->text, sizeof(end->text), "%s", err->text);
	return err->code;
}

/* The way for reports and the file of notices. The way is open before any task can write: what is
 * in it goes when the last who has it open ends. */
static int make_files(struct attempt *attempt, struct parc_err *err)
{
	int notice;

	if (mkfifoat(attempt->folder, "report", 0600) != 0 && errno != EEXIST)
		return parc_err_set(err, PARC_ERR_IO, "no way for reports: %s", strerror(errno));
	if (attempt_open_reports(attempt, err) != 0)
		return PARC_ERR_IO;
	notice = openat(attempt->folder, "notice", O_WRONLY | O_CREAT | O_CLOEXEC | O_NOFOLLOW,
			0600);
	if (notice < 0)
		return parc_err_set(err, PARC_ERR_IO, "no file for notices: %s", strerror(errno));
	close(notice);
	return 0;
}

static int make_group(struct attempt *attempt, int32_t number, struct parc_err *err)
{
	const struct claim_task *task = &attempt->claim.tasks[number];
	struct groups_limits limits = {.cpu_milli = task->cpu_milli,
				       .memory_mib = task->memory_mib,
				       .pids = ATTEMPT_PIDS_MAX,
				       .denied = attempt->claim.denied + task->denied_at,
				       .denied_count = task->denied_count};

	snprintf(attempt->tasks[number].leaf, sizeof(attempt->tasks[number].leaf), "t%" PRId32,
		 number);
	if (!attempt_has_tree(attempt))
		return 0;
	return groups_make(&attempt->groups, attempt->name, attempt->tasks[number].leaf, &limits,
			   err);
}

static int fork_task(struct attempt *attempt, struct gate *gate, int32_t number,
		     struct parc_err *err)
{
	struct attempt_task *task = &attempt->tasks[number];
	struct child child = {.claim = &attempt->claim,
			      .task = number,
			      .folder = attempt->folder,
			      .lock = attempt->lock,
			      .go = gate->go[0],
			      .limits_memory = !(attempt->groups.abilities & GROUPS_MEMORY)};
	int failure[2];
	pid_t pid;

	*task = (struct attempt_task){.pidfd = -1, .status = -1};
	if (make_group(attempt, number, err) != 0)
		return PARC_ERR_IO;
	if (pipe2(failure, O_CLOEXEC) != 0)
		return parc_err_set(err, PARC_ERR_IO, "no pipe to a task: %s", strerror(errno));
	child.failure = failure[1];
	pid = fork();
	if (pid == 0) {
		close(gate->go[1]);
		child_become(&child);
	}
	close(failure[1]);
	gate->failure[number] = failure[0];
	if (pid < 0)
		return parc_err_set(err, PARC_ERR_IO, "no process for a task: %s", strerror(errno));
	task->process.pid = pid;
	attempt->count = number + 1;
	if (process_name(pid, &task->process) != 0)
		return parc_err_set(err, PARC_ERR_IO, "/proc does not show a task's process");
	return attempt_has_tree(attempt)
		       ? groups_enter(&attempt->groups, attempt->name, task->leaf, pid, err)
		       : 0;
}

static int fork_tasks(struct attempt *attempt, struct gate *gate, struct parc_err *err)
{
	int64_t cpu_milli = 0;
	int code = make_files(attempt, err);

	for (int32_t i = 0; i < attempt->claim.tasks_count; i++)
		cpu_milli += attempt->claim.tasks[i].cpu_milli;

	if (code == 0 && pipe2(gate->go, O_CLOEXEC) != 0)
		code = parc_err_set(err, PARC_ERR_IO, "no pipe to the tasks: %s", strerror(errno));
	for (int32_t i = 0; i < attempt->claim.tasks_count && code == 0; i++) {
		code = fork_task(attempt, gate, i, err);
		attempt_point(10);
	}
	if (code == 0 && attempt_has_tree(attempt))
		groups_weigh(&attempt->groups, attempt->name, cpu_milli);
	return code;
}

static int write_started(struct attempt *attempt, struct parc_err *err)
{
	struct claim_started started = {
		.time_us = clock_wall_us(), .boot_us = clock_boot_us(), .count = attempt->count};

	for (int32_t i = 0; i < attempt->count; i++)
		started.tasks[i] = attempt->tasks[i].process;
	attempt->started_us = started.boot_us;
	return claim_write_started(attempt->folder, &started, err);
}

static int let_go(struct attempt *attempt, struct gate *gate)
{
	char bytes[CLAIM_TASKS_MAX] = {0};
	ssize_t wrote = write(gate->go[1], bytes, (size_t)attempt->count);

	return wrote == attempt->count ? 0 : -1;
}

/* Each child's pipe ends when it becomes its task; or it says what failed. */
static int await_tasks(struct attempt *attempt, struct gate *gate, struct claim_exit *end)
{
	const struct claim *claim = &attempt->claim;
	struct child_failure failure;

	for (int32_t i = 0; i < attempt->count; i++) {
		const char *what;
		ssize_t got;

		do
			got = read(gate->failure[i], &failure, sizeof(failure));
		while (got < 0 && errno == EINTR);
		if (got != (ssize_t)sizeof(failure))
			continue;
		what = failure.stage == CHILD_COMMAND	  ? claim->words[claim->tasks[i].command_at]
		       : failure.stage == CHILD_DIRECTORY ? claim->directory
		       : failure.stage == CHILD_OUTPUT	  ? claim->output
							  : "";
		end->result =
			child_stage_is_users(failure.stage) ? PARC_RESULT_FAILED : PARC_RESULT_LOST;
		if (failure.stage == CHILD_COMMAND)
			end->exit_code = failure.number == ENOENT ? 127 : 126;
		snprintf(end->text, sizeof(end->text), "%s%s%.100s: %s",
			 child_stage_text(failure.stage), what[0] != '\0' ? ": " : "", what,
			 strerror(failure.number));
		return PARC_ERR_IO;
	}
	return 0;
}

/* Nothing of it shall be left: the children that wait end with the gate. */
static void undo(struct attempt *attempt, struct gate *gate)
{
	close_file(&gate->go[1]);
	for (int32_t i = 0; i < attempt->count; i++) {
		kill((pid_t)attempt->tasks[i].process.pid, SIGKILL); /* ours, not yet waited for */
		waitpid((pid_t)attempt->tasks[i].process.pid, NULL, 0);
	}
	while (!attempt_is_empty(attempt)) {
		attempt_kill(attempt);
		waitpid(-1, NULL, WNOHANG);
		poll(NULL, 0, UNDO_PAUSE_MS);
	}
}

int attempt_launch(struct attempt *attempt, struct claim_exit *end)
{
	struct gate gate = {.go = {-1, -1}};
	struct parc_err err = {0};
	int code;

	for (int32_t i = 0; i < CLAIM_TASKS_MAX; i++)
		gate.failure[i] = -1;
	code = fork_tasks(attempt, &gate, &err);
	attempt_point(11);
	if (code == 0)
		code = write_started(attempt, &err);
	attempt_point(12);
	if (code == 0 && let_go(attempt, &gate) != 0)
		code = parc_err_set(&err, PARC_ERR_IO, "the tasks cannot be let go: %s",
				    strerror(errno));
	attempt_point(13);
	close_file(&gate.go[0]);
	if (code != 0)
		say(end, PARC_RESULT_LOST, &err);
	else
		code = await_tasks(attempt, &gate, end);
	if (code != 0)
		undo(attempt, &gate);
	close_file(&gate.go[1]);
	for (int32_t i = 0; i < CLAIM_TASKS_MAX; i++)
		close_file(&gate.failure[i]);
	return code;
}
