/* SPDX-License-Identifier: Apache-2.0
 *
 * A local engine for tests. Supervisors find out at which point they are to die in a file of the
 * folder, which the one that dies removes first, so that the next one lives.
 */
#include "support/attempts.h"

#include <dirent.h>
#include <fcntl.h>
#include <inttypes.h>
#include <poll.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "engine/gauge.h"
#include "engine/process.h"
#include "engine/supervisor.h"
#include "support/folder.h"

#define WAIT_US	  30000000
#define TEXT_SIZE 65536

static char death_path[ATTEMPTS_PATH + 64];

/* A supervisor reached a point: is it the one to die at? */
static void die_at(int number)
{
	char text[32] = "";
	int fd = open(death_path, O_RDONLY | O_CLOEXEC);

	if (fd < 0)
		return;
	if (read(fd, text, sizeof(text) - 1) > 0 && strtol(text, NULL, 10) == number) {
		unlink(death_path);
		kill(getpid(), SIGKILL);
	}
	close(fd);
}

int attempts_supervise(int argc, char **argv, int *code)
{
	if (argc == 2 + GAUGE_WORDS && strcmp(argv[1], "gauge") == 0) {
		*code = gauge_run(STDOUT_FILENO, argv + 2, NULL) == 0 ? 0 : 1;
		return 1;
	}
	if (argc != 3 || strcmp(argv[1], "supervise") != 0)
		return 0;
	snprintf(death_path, sizeof(death_path), "%.500s/../../../death", argv[2]);
	supervisor_point = die_at;
	*code = supervisor_run(argv[2], NULL) == 0 ? 0 : 1;
	return 1;
}

void attempts_open(struct attempts *attempts)
{
	char directory[ATTEMPTS_PATH + 16], program[ATTEMPTS_PATH];
	struct parc_err err = {0};
	ssize_t size = readlink("/proc/self/exe", program, sizeof(program) - 1);

	assert_true(size > 0);
	program[size] = '\0';
	snprintf(directory, sizeof(directory), "%s/engine", attempts->folder);
	if (engine_open_local_with(&attempts->engine, directory, program, &attempts->options,
				   &err) != 0)
		fail_msg("%s", err.text);
}

void attempts_init(struct attempts *attempts)
{
	const char *temporary = getenv("TMPDIR");

	snprintf(attempts->folder, sizeof(attempts->folder), "%.400s/engine.XXXXXX",
		 temporary != NULL ? temporary : "/tmp");
	assert_non_null(mkdtemp(attempts->folder));
	attempts_open(attempts);
}

void attempts_close(struct attempts *attempts)
{
	attempts->engine.calls->close(attempts->engine.self);
}

/* End all that still runs, and have it forgotten. */
static void end_all(struct attempts *attempts)
{
	const struct engine_calls *calls = attempts->engine.calls;
	struct engine_entry entries[16];
	struct engine_report report;
	struct engine_key none = {0};
	int32_t count;

	while ((count = calls->list(attempts->engine.self, none, entries, 16)) > 0) {
		for (int32_t i = 0; i < count; i++) {
			calls->stop(attempts->engine.self, entries[i].key, 0, PARC_RESULT_CANCELLED,
				    NULL);
			if (entries[i].state != ENGINE_OVER)
				attempts_await_kind(attempts, ENGINE_ENDED,
						    entries[i].key.allocation, &report);
			calls->forget(attempts->engine.self, entries[i].key);
		}
	}
}

void attempts_deinit(struct attempts *attempts)
{
	end_all(attempts);
	attempts_close(attempts);
	folder_remove(attempts->folder);
}

void attempts_start(struct attempts *attempts, const struct attempts_job *job)
{
	const char *const shell[] = {"sh", "-c", job->script, NULL};
	const char *const command[] = {job->command, NULL};
	const char *const *const commands[] = {job->command != NULL ? command : shell};
	const char *environment[4] = {"PATH=/usr/local/bin:/usr/bin:/bin", "LANG=C", NULL};
	struct parc_placement placements[8] = {0};
	char folder[ATTEMPTS_PATH + 8];
	struct parc_err err = {0};
	struct engine_work work = {.key = {.allocation = job->allocation,
					   .attempt = job->attempt > 0 ? job->attempt : 1},
				   .job = job->allocation,
				   .uid = job->uid > 0 ? job->uid : geteuid(),
				   .gid = job->uid > 0 ? job->uid : getegid(),
				   .name = "test",
				   .directory = job->directory != NULL ? job->directory
								       : attempts->folder,
				   .commands = commands,
				   .commands_count = 1,
				   .environment = environment,
				   .grace_us = job->grace_us,
				   .work_us = job->work_us,
				   .kept = job->kept,
				   .limits = job->limits,
				   .limits_count = job->limits_count,
				   .placements_count = job->tasks > 0 ? job->tasks : 1,
				   .placements = placements};

	snprintf(folder, sizeof(folder), "FOLDER=%s", attempts->folder);
	environment[2] = folder;
	for (int32_t i = 0; i < work.placements_count; i++)
		placements[i] = (struct parc_placement){.node = 1,
							.task = i,
							.cpu_milli = job->cpu_milli,
							.memory_mib = job->memory_mib,
							.devices = job->devices,
							.share_milli = job->share_milli,
							.variant = -1};
	if (attempts->engine.calls->start(attempts->engine.self, &work, &err) != 0)
		fail_msg("%s", err.text);
}

int attempts_await(struct attempts *attempts, struct engine_report *report)
{
	void *self = attempts->engine.self;
	struct pollfd file = {.fd = attempts->engine.calls->fd(self), .events = POLLIN};
	int64_t until_us = clock_boot_us() + WAIT_US;

	while (clock_boot_us() < until_us) {
		struct parc_err err = {0};
		int code = attempts->engine.calls->poll(self, report, &err);

		if (code < 0)
			fail_msg("%s", err.text);
		if (code == 1) {
			snprintf(attempts->text, sizeof(attempts->text), "%s", report->text);
			attempts->counts[report->kind]++;
			return 1;
		}
		poll(&file, 1, 1000);
	}
	return 0;
}

int attempts_await_kind(struct attempts *attempts, int kind, int64_t allocation,
			struct engine_report *report)
{
	while (attempts_await(attempts, report)) {
		if (report->kind == kind && report->key.allocation == allocation)
			return 1;
	}
	return 0;
}

static void name_death(const struct attempts *attempts, char *path, size_t size)
{
	snprintf(path, size, "%s/death", attempts->folder);
}

void attempts_plan_death(struct attempts *attempts, int point)
{
	char path[ATTEMPTS_PATH + 16];
	FILE *file;

	name_death(attempts, path, sizeof(path));
	file = fopen(path, "w");
	assert_non_null(file);
	fprintf(file, "%d", point);
	fclose(file);
}

int attempts_is_death_planned(struct attempts *attempts)
{
	char path[ATTEMPTS_PATH + 16];

	name_death(attempts, path, sizeof(path));
	return access(path, F_OK) == 0;
}

/* Does the process run `PROGRAM supervise FOLDER`? */
static int is_supervisor(int64_t pid, const char *folder)
{
	char path[64], line[2048];
	ssize_t size;
	int fd;

	snprintf(path, sizeof(path), "/proc/%" PRId64 "/cmdline", pid);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return 0;
	size = read(fd, line, sizeof(line) - 1);
	close(fd);
	if (size <= 0)
		return 0;
	line[size] = '\0';
	for (char *at = line; at < line + size; at += strlen(at) + 1) {
		if (strcmp(at, "supervise") == 0)
			return strcmp(at + strlen(at) + 1, folder) == 0;
	}
	return 0;
}

int attempts_kill_supervisor(struct attempts *attempts, int64_t allocation)
{
	char folder[ATTEMPTS_PATH + 64];
	DIR *dir = opendir("/proc");
	struct dirent *entry;
	int killed = 0;

	snprintf(folder, sizeof(folder), "%s/engine/claims/%" PRId64 ".1", attempts->folder,
		 allocation);
	while (dir != NULL && (entry = readdir(dir)) != NULL) {
		int64_t pid = strtoll(entry->d_name, NULL, 10);

		if (pid > 0 && is_supervisor(pid, folder))
			killed += kill((pid_t)pid, SIGKILL) == 0;
	}
	if (dir != NULL)
		closedir(dir);
	return killed;
}

const char *attempts_read(struct attempts *attempts, const char *name)
{
	static char text[TEXT_SIZE];
	char path[ATTEMPTS_PATH + 128];
	FILE *file;
	size_t size = 0;

	snprintf(path, sizeof(path), "%s/%s", attempts->folder, name);
	file = fopen(path, "r");
	if (file != NULL) {
		size = fread(text, 1, sizeof(text) - 1, file);
		fclose(file);
	}
	text[size] = '\0';
	return text;
}

int32_t attempts_count_lines(struct attempts *attempts, const char *name)
{
	int32_t lines = 0;

	for (const char *at = attempts_read(attempts, name); *at != '\0'; at++)
		lines += *at == '\n';
	return lines;
}
