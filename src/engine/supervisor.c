/* SPDX-License-Identifier: Apache-2.0
 *
 * The life of a supervisor. It waits in one poll for the end of children, for a stop, for reports
 * of the job and for the next time at which something is due, and uses no time in between.
 */
#include "engine/supervisor.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/inotify.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/assert.h"
#include "engine/attempt.h"

#define SAID_EVERY_US  200000  /* checkpoints are written down at most so often, */
#define MOVED_EVERY_US 1000000 /* progress alone */
#define KILL_EVERY_US  20000   /* a kill is repeated until nothing is left */
#define WRITE_EVERY_MS 1000    /* an exit that cannot be written is tried again */
#define REPORT_BYTES   4096

enum { WATCH_FOLDER, WATCH_REPORT, WATCH_CHILD, WATCH_COUNT };

struct watch {
	struct pollfd files[WATCH_COUNT + CLAIM_TASKS_MAX];
	int64_t said_us; /* when reports were written down last */
};

/* ---- Stopping */

/* Tell the job through its file of notices. */
static void write_notice(struct attempt *attempt, const char *why, int64_t grace_us)
{
	char line[ENGINE_LINE_MAX + 1];

	snprintf(line, sizeof(line), "stop %s grace_us=%" PRId64, why, grace_us);
	claim_tell(attempt->folder, line);
}

static void begin_stop(struct attempt *attempt, const char *why, int64_t grace_us, int64_t kill_us)
{
	attempt_point(20);
	if (!attempt->is_stopping || kill_us < attempt->stop.kill_us)
		attempt->stop.kill_us = kill_us;
	if (attempt->is_stopping)
		return;
	attempt->is_stopping = 1;
	write_notice(attempt, why, grace_us);
	if (grace_us == 0)
		return;
	attempt_signal(attempt, SIGTERM);
	attempt_signal(attempt, SIGCONT); /* one that was stopped could not act on it */
}

/* Has the engine asked for a stop? */
static void look_for_stop(struct attempt *attempt)
{
	struct claim_stop stop;

	if (claim_read_stop(attempt->folder, &stop, NULL) != 0)
		return;
	attempt->is_stop_asked = 1;
	begin_stop(attempt, parc_result_name((int)stop.why), stop.grace_us, stop.kill_us);
}

/* ---- Ends of tasks */

static void task_ended(struct attempt *attempt, int32_t number, int status)
{
	struct attempt_task *task = &attempt->tasks[number];

	task->is_over = 1;
	task->status = status;
	attempt_kill_rest(attempt, number);
	if (status == 0 || attempt->failed >= 0)
		return;
	attempt->failed = number;
	if (attempt->count > 1 && !attempt->is_stopping)
		begin_stop(attempt, "failed", attempt->claim.grace_us,
			   clock_boot_us() + attempt->claim.grace_us);
}

/* Wait for all children that have ended: first processes of tasks, and orphans of them. */
static void reap(struct attempt *attempt)
{
	struct rusage use;
	int status;
	pid_t pid;

	while ((pid = wait4(-1, &status, WNOHANG, &use)) > 0) {
		attempt->reaped_us += (use.ru_utime.tv_sec + use.ru_stime.tv_sec) * 1000000L +
				      use.ru_utime.tv_usec + use.ru_stime.tv_usec;
		for (int32_t i = 0; i < attempt->count; i++) {
			struct attempt_task *task = &attempt->tasks[i];

			if (task->process.pid == pid && !task->is_over && !attempt->is_adopted)
				task_ended(attempt, i, status);
		}
	}
}

/* Of an adopted attempt: the pidfd of a task has become readable. */
static void look_at_adopted(struct attempt *attempt, int32_t number)
{
	struct attempt_task *task = &attempt->tasks[number];
	int status = -1;

	if (process_status(task->pidfd, &status) != 0)
		status = -1;
	close(task->pidfd);
	task->pidfd = -1;
	task_ended(attempt, number, status);
}

static int is_all_over(const struct attempt *attempt)
{
	for (int32_t i = 0; i < attempt->count; i++) {
		if (!attempt->tasks[i].is_over)
			return 0;
	}
	return 1;
}

/* ---- Reports */

/* Take what has come: at most REPORT_BYTES. Returns whether there was something. */
static int take_reports(struct attempt *attempt, int fd)
{
	char bytes[REPORT_BYTES];
	int64_t boot_us = clock_boot_us();
	struct said_now now = {.boot_us = boot_us,
			       .work_us = attempt->claim.work_us + boot_us - attempt->started_us};
	ssize_t got = read(fd, bytes, sizeof(bytes));

	if (got > 0)
		said_take(&attempt->said, bytes, (size_t)got, &now);
	return got > 0;
}

/* When what was said is to be written down; each time becomes a record of the journal. */
static int64_t said_due_us(const struct attempt *attempt, const struct watch *watch)
{
	return watch->said_us + (attempt->said.is_urgent ? SAID_EVERY_US : MOVED_EVERY_US);
}

static void write_said(struct attempt *attempt, struct watch *watch, int64_t now_us)
{
	if (!attempt->said.is_changed || now_us < said_due_us(attempt, watch))
		return;
	watch->said_us = now_us;
	if (claim_write_said(attempt->folder, &attempt->said.sheet, NULL) == 0)
		attempt->said.is_changed = attempt->said.is_urgent = 0;
}

/* ---- Watching */

static int watch_open(struct attempt *attempt, struct watch *watch, struct parc_err *err)
{
	char path[64];
	sigset_t child;

	for (int i = 0; i < WATCH_COUNT + CLAIM_TASKS_MAX; i++)
		watch->files[i] = (struct pollfd){.fd = -1, .events = POLLIN};
	sigemptyset(&child);
	sigaddset(&child, SIGCHLD);
	watch->files[WATCH_CHILD].fd = signalfd(-1, &child, SFD_CLOEXEC | SFD_NONBLOCK);
	watch->files[WATCH_FOLDER].fd = inotify_init1(IN_CLOEXEC | IN_NONBLOCK);
	snprintf(path, sizeof(path), "/proc/self/fd/%d", attempt->folder);
	if (watch->files[WATCH_CHILD].fd < 0 || watch->files[WATCH_FOLDER].fd < 0 ||
	    inotify_add_watch(watch->files[WATCH_FOLDER].fd, path, IN_MOVED_TO) < 0)
		return parc_err_set(err, PARC_ERR_IO, "the supervisor cannot watch: %s",
				    strerror(errno));
	return 0;
}

static void watch_reports(struct attempt *attempt, struct watch *watch)
{
	watch->files[WATCH_REPORT].fd = attempt->reports;
	for (int32_t i = 0; i < attempt->count; i++)
		watch->files[WATCH_COUNT + i].fd = attempt->tasks[i].pidfd;
}

static void drain(int fd)
{
	char bytes[4096];

	while (read(fd, bytes, sizeof(bytes)) > 0)
		continue;
}

/* How long nothing is due, in milliseconds; -1: for ever. */
static int watch_timeout(const struct attempt *attempt, const struct watch *watch, int64_t now_us)
{
	int64_t due_us = INT64_MAX;

	if (attempt->is_stopping)
		due_us = attempt->stop.kill_us;
	if (is_all_over(attempt) || due_us <= now_us)
		due_us = now_us + KILL_EVERY_US;
	if (attempt->said.is_changed && said_due_us(attempt, watch) < due_us)
		due_us = said_due_us(attempt, watch);
	if (due_us == INT64_MAX)
		return -1;
	due_us = due_us > now_us ? due_us - now_us : 0;
	return due_us > 3600000000 ? 3600000 : (int)((due_us + 999) / 1000);
}

static void watch_once(struct attempt *attempt, struct watch *watch)
{
	struct pollfd *files = watch->files;
	nfds_t count = WATCH_COUNT + (attempt->is_adopted ? (nfds_t)attempt->count : 0);

	if (poll(files, count, watch_timeout(attempt, watch, clock_boot_us())) < 0)
		return;
	if (files[WATCH_CHILD].revents != 0)
		drain(files[WATCH_CHILD].fd);
	reap(attempt);
	for (nfds_t i = WATCH_COUNT; i < count; i++) {
		if (files[i].fd >= 0 && files[i].revents != 0) {
			look_at_adopted(attempt, (int32_t)(i - WATCH_COUNT));
			files[i].fd = -1;
		}
	}
	if (files[WATCH_REPORT].revents & POLLIN)
		take_reports(attempt, files[WATCH_REPORT].fd);
	if (files[WATCH_FOLDER].revents != 0) {
		drain(files[WATCH_FOLDER].fd);
		look_for_stop(attempt);
	}
}

/* Until nothing of the attempt is left. */
static void watch_all(struct attempt *attempt, struct watch *watch)
{
	look_for_stop(attempt);
	reap(attempt);
	while (!is_all_over(attempt) || !attempt_is_empty(attempt)) {
		int64_t now_us = clock_boot_us();

		write_said(attempt, watch, now_us);
		if (is_all_over(attempt) ||
		    (attempt->is_stopping && now_us >= attempt->stop.kill_us))
			attempt_kill(attempt);
		watch_once(attempt, watch);
	}
	while (take_reports(attempt, watch->files[WATCH_REPORT].fd))
		continue; /* nobody is left who could write more */
	watch->said_us = 0;
	write_said(attempt, watch, MOVED_EVERY_US);
}

static void watch_close(struct watch *watch)
{
	for (int i = 0; i < WATCH_COUNT; i++) {
		if (watch->files[i].fd >= 0)
			close(watch->files[i].fd);
	}
}

/* ---- The end */

static void tell_status(const struct attempt *attempt, int32_t task, struct claim_exit *end)
{
	int status = attempt->tasks[task].status;
	char which[32] = "";

	if (attempt->count > 1)
		snprintf(which, sizeof(which), "task %" PRId32 ": ", task);
	if (status == -1) {
		end->result = PARC_RESULT_LOST;
		snprintf(end->text, sizeof(end->text),
			 "%sits supervisor was killed, so how it ended is not known", which);
	} else if (WIFSIGNALED(status)) {
		end->result = PARC_RESULT_FAILED;
		end->signal = WTERMSIG(status);
		snprintf(end->text, sizeof(end->text), "%skilled by signal %d (%s)", which,
			 WTERMSIG(status), strsignal(WTERMSIG(status)));
	} else {
		end->exit_code = WEXITSTATUS(status);
		end->result = end->exit_code == 0 ? PARC_RESULT_OK : PARC_RESULT_FAILED;
		if (end->exit_code != 0)
			snprintf(end->text, sizeof(end->text), "%sexit code %d", which,
				 WEXITSTATUS(status));
	}
}

static void tell_memory(const struct attempt *attempt, int32_t task, struct claim_exit *end)
{
	snprintf(end->text, sizeof(end->text),
		 "a process of it was killed at its memory limit of %" PRId64 " MiB",
		 attempt->claim.tasks[task].memory_mib);
}

static void conclude(struct attempt *attempt, struct claim_exit *end)
{
	int32_t task = attempt->failed >= 0 ? attempt->failed : 0;
	int64_t now_us = clock_boot_us();

	tell_status(attempt, task, end);
	attempt_measure(attempt, end);
	/* A kill at the limit that the job lived through is no reason for its end. */
	if (end->result == PARC_RESULT_OK)
		end->over_memory = 0;
	if (end->over_memory)
		tell_memory(attempt, task, end);
	else if (attempt->is_stop_asked)
		snprintf(end->text, sizeof(end->text), "%s",
			 now_us >= attempt->stop.kill_us ? "stopped; killed when its grace was over"
							 : "stopped");
	end->wall_us = now_us - attempt->started_us;
}

static void write_exit(struct attempt *attempt, struct claim_exit *end)
{
	end->time_us = clock_wall_us();
	end->stopped = attempt->is_stop_asked;
	attempt_point(30);
	/* How an attempt ended is worth waiting for a disk that is full. */
	while (claim_write_exit(attempt->folder, end, NULL) != 0)
		poll(NULL, 0, WRITE_EVERY_MS);
	attempt_point(31);
}

/* ---- The life */

/* Take over from a supervisor that was killed. */
static void adopt(struct attempt *attempt, const struct claim_started *started)
{
	struct claim_said *said = &attempt->said.sheet;

	attempt->is_adopted = 1;
	attempt_open_reports(attempt, NULL); /* without it, it can still end */
	attempt->started_us = started->boot_us;
	attempt->count = started->count;
	for (int32_t i = 0; i < started->count; i++) {
		struct attempt_task *task = &attempt->tasks[i];

		*task = (struct attempt_task){.process = started->tasks[i], .status = -1};
		snprintf(task->leaf, sizeof(task->leaf), "t%" PRId32, i);
		task->pidfd = process_open(&task->process);
	}
	claim_read_said(attempt->folder, said, NULL);
	for (int32_t i = 0; i < started->count; i++) {
		if (attempt->tasks[i].pidfd < 0) {
			task_ended(attempt, i, -1);
		} else if (said->running_us < 0) {
			said->running_us = started->boot_us;
			attempt->said.is_changed = 1;
		}
	}
}

/* Into a control group of its own, so that its use is not the job's. It can do without. */
static void enter_group(struct attempt *attempt)
{
	if (attempt->claim.groups[0] == '\0' ||
	    groups_from_text(&attempt->groups, attempt->claim.groups) != 0) {
		attempt->groups = (struct groups){0};
		return;
	}
	if (groups_make(&attempt->groups, attempt->name, "supervisor", NULL, NULL) == 0)
		groups_enter(&attempt->groups, attempt->name, "supervisor", 0, NULL);
	attempt_point(2);
}

static int launch(struct attempt *attempt, struct claim_exit *end)
{
	struct claim_stop stop;
	int code;

	if (claim_read_stop(attempt->folder, &stop, NULL) == 0) {
		attempt->is_stop_asked = 1;
		end->result = PARC_RESULT_FAILED;
		snprintf(end->text, sizeof(end->text), "stopped before it started");
		return PARC_ERR_STATE;
	}
	code = attempt_launch(attempt, end);
	if (code == 0) {
		attempt->said.sheet.running_us = clock_boot_us();
		attempt->said.is_changed = 1;
	}
	return code;
}

static void supervise(struct attempt *attempt, struct claim_exit *end)
{
	struct watch watch = {0};
	struct claim_started started;
	struct parc_err err = {0};
	char boot[PROCESS_BOOT_SIZE];
	int code = claim_read(&attempt->claim, attempt->folder, &err);

	process_boot(boot);
	if (code == 0 && strcmp(boot, attempt->claim.boot) != 0)
		code = parc_err_set(&err, PARC_ERR_STATE, SUPERVISOR_REBOOT_TEXT);
	if (code == 0)
		code = watch_open(attempt, &watch, &err);
	if (code != 0) {
		snprintf(end->text, sizeof(end->text), "%s", err.text);
		watch_close(&watch);
		return;
	}
	claim_name(attempt->name, attempt->claim.key);
	said_init(&attempt->said,
		  (struct engine_amount){attempt->claim.kept_done, attempt->claim.kept_total});
	enter_group(attempt);
	code = claim_read_started(attempt->folder, &started, &err);
	if (code == PARC_ERR_UNKNOWN)
		code = launch(attempt, end);
	else if (code == 0)
		adopt(attempt, &started);
	else
		snprintf(end->text, sizeof(end->text), "%s", err.text);
	if (code == 0) {
		watch_reports(attempt, &watch);
		watch_all(attempt, &watch);
		conclude(attempt, end);
	}
	watch_close(&watch);
}

/* Nothing ends a supervisor but its attempt's end: no signal that a shell or an init system sends
 * to all it finds. And all orphans of the job are its own. */
static int stand_firm(struct parc_err *err)
{
	sigset_t all;

	sigfillset(&all);
	if (sigprocmask(SIG_SETMASK, &all, NULL) != 0 ||
	    prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0) != 0 || chdir("/") != 0)
		return parc_err_set(err, PARC_ERR_IO, "the supervisor cannot stand alone: %s",
				    strerror(errno));
	return 0;
}

int supervisor_run(const char *folder, struct parc_err *err)
{
	struct claim_exit end = {
		.result = PARC_RESULT_LOST, .exit_code = -1, .cpu_us = -1, .memory_peak_mib = -1};
	struct attempt *attempt = calloc(1, sizeof(*attempt));
	int code = attempt == NULL ? PARC_ERR_MEMORY : stand_firm(err);

	if (code != 0) {
		free(attempt);
		return code;
	}
	attempt->failed = attempt->reports = -1;
	attempt->folder = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (attempt->folder < 0)
		code = parc_err_set(err, PARC_ERR_UNKNOWN, "%s cannot be opened: %s", folder,
				    strerror(errno));
	attempt->lock = code == 0 ? claim_lock(attempt->folder, err) : -1;
	attempt_point(1);
	if (attempt->lock >= 0 && faccessat(attempt->folder, "exit", F_OK, 0) != 0) {
		supervise(attempt, &end);
		write_exit(attempt, &end);
	} else if (attempt->lock < -1) {
		code = attempt->lock;
	}
	claim_free(&attempt->claim);
	free(attempt);
	return code;
}
