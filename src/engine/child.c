/* SPDX-License-Identifier: Apache-2.0
 *
 * From the fork to the job's command. Everything that needs the rights of the daemon comes before
 * the change of the user, everything that the user names (its directory, its output, its command)
 * after it, so that the user's own rights decide. Each change of the user is looked at again.
 */
#include "engine/child.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <inttypes.h>
#include <pwd.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#define REPORT_FD  3
#define NOTICE_FD  4
#define FREE_FD	   5  /* the first that the job finds free */
#define KEEP_FD	   20 /* from here on are ours, until exec closes them */
#define OPEN_FILES 1024
#define OWN_MAX	   13 /* variables that every job gets */
#define GROUPS_MAX 4096

struct stage {
	const char *text;
	int is_users;
};

static const struct stage *stage_get(int number)
{
	static const struct stage stages[] = {
#define X(name, users, text) {text, users},
		CHILD_STAGE_MAP(X)
#undef X
	};
	static const struct stage unknown = {"it could not be started", 0};

	return number >= 0 && number < (int)(sizeof(stages) / sizeof(stages[0])) ? &stages[number]
										 : &unknown;
}

const char *child_stage_text(int stage)
{
	return stage_get(stage)->text;
}

int child_stage_is_users(int stage)
{
	return stage_get(stage)->is_users;
}

void child_output_path(char *path, size_t size, const char *output, int32_t task)
{
	if (task == 0)
		snprintf(path, size, "%s", output);
	else
		snprintf(path, size, "%s.%" PRId32, output, task);
}

/* Wait for the byte; its end instead of it means that the supervisor is gone. */
static int wait_for_go(int go)
{
	char byte;
	ssize_t got;

	do
		got = read(go, &byte, 1);
	while (got < 0 && errno == EINTR);
	return got == 1 ? 0 : -1;
}

/* The supervisor blocks and ignores signals; a job begins without either. */
static int start_session(void)
{
	sigset_t none;

	for (int number = 1; number < NSIG; number++)
		signal(number, SIG_DFL);
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	umask(022);
	return setsid() < 0 ? -1 : 0;
}

static int set_limits(const struct child *child)
{
	int64_t mib = child->claim->tasks[child->task].memory_mib;
	struct rlimit limit = {.rlim_cur = (rlim_t)mib << 20, .rlim_max = (rlim_t)mib << 20};

	if (!child->limits_memory || mib == 0)
		return 0;
	return setrlimit(RLIMIT_DATA, &limit);
}

static rlim_t limit_of(int64_t value)
{
	return value < 0 ? RLIM_INFINITY : (rlim_t)value;
}

/* A daemon has raised its own number of open files; a job begins with what most systems give, as
 * programs that still use select(2) break with more. */
static int set_open_files(void)
{
	struct rlimit limit;

	if (getrlimit(RLIMIT_NOFILE, &limit) != 0)
		return -1;
	if (limit.rlim_max == RLIM_INFINITY || limit.rlim_max > OPEN_FILES)
		limit.rlim_cur = OPEN_FILES;
	return setrlimit(RLIMIT_NOFILE, &limit);
}

/* What the job asked for, with the rights of its user: nothing is raised that it may not raise. */
static int set_user_limits(const struct claim *claim)
{
	if (set_open_files() != 0)
		return -1;
	for (int32_t i = 0; i < claim->limits_count; i++) {
		const struct engine_limit *limit = &claim->limits[i];
		const struct rlimit value = {.rlim_cur = limit_of(limit->soft),
					     .rlim_max = limit_of(limit->hard)};

		if (setrlimit((__rlimit_resource_t)limit->resource, &value) != 0)
			return -1;
	}
	return 0;
}

/* ---- Environment */

static int is_same_variable(const char *one, const char *other)
{
	size_t length = strcspn(one, "=");

	return strncmp(one, other, length) == 0 && (other[length] == '=' || other[length] == '\0');
}

static int is_named_in(const char *variable, char *const *list, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		if (is_same_variable(list[i], variable))
			return 1;
	}
	return 0;
}

/* "NAME=12.5" of millionths, without the zeros at the end; NULL without memory. */
static char *amount_variable(const char *name, int64_t amount)
{
	char text[64], *end;

	snprintf(text, sizeof(text), "%s=%" PRId64 ".%06" PRId64, name, amount / 1000000,
		 amount % 1000000);
	end = text + strlen(text);
	while (end[-1] == '0')
		end--;
	end -= end[-1] == '.';
	*end = '\0';
	return strdup(text);
}

/* What parc tells the job: later ones never replace these. */
static size_t add_own(const struct child *child, char **list)
{
	const struct claim *claim = child->claim;
	const struct {
		const char *name;
		int64_t value;
	} numbers[] = {{"PARC_JOB", claim->job},
		       {"PARC_ALLOCATION", claim->key.allocation},
		       {"PARC_ATTEMPT", claim->key.attempt},
		       {"PARC_TASK", child->task},
		       {"PARC_TASKS", claim->tasks_count},
		       {"PARC_GROUP", claim->tasks[child->task].group},
		       {"PARC_VARIANT", claim->tasks[child->task].variant},
		       {"PARC_WORK_US", claim->work_us},
		       {"PARC_REPORT_FD", REPORT_FD},
		       {"PARC_NOTICE_FD", NOTICE_FD}};
	size_t count = 0;
	char text[64];

	for (size_t i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++) {
		snprintf(text, sizeof(text), "%s=%" PRId64, numbers[i].name, numbers[i].value);
		if ((list[count++] = strdup(text)) == NULL)
			return 0;
	}
	if ((list[count++] = amount_variable("PARC_DONE", claim->kept_done)) == NULL ||
	    (list[count++] = amount_variable("PARC_TOTAL", claim->kept_total)) == NULL)
		return 0;
	return count;
}

/* The job's environment: what parc tells it, what its devices need, then what it gave itself, as
 * far as that is not named before. */
static char **make_environment(const struct child *child)
{
	const struct claim *claim = child->claim;
	const struct claim_task *task = &claim->tasks[child->task];
	size_t given = 0, count, fixed;
	char **list;

	while (claim->environment[given] != NULL)
		given++;
	list = calloc(OWN_MAX + (size_t)task->environment_count + given + 1, sizeof(*list));
	if (list == NULL || (count = add_own(child, list)) == 0)
		return NULL;
	for (int64_t i = 0; i < task->environment_count; i++)
		list[count++] = (char *)claim->task_environment[task->environment_at + i];
	fixed = count;
	for (size_t i = 0; i < given; i++) {
		if (!is_named_in(claim->environment[i], list, fixed))
			list[count++] = (char *)claim->environment[i];
	}
	return list;
}

/* ---- User */

static int set_groups(const struct claim *claim)
{
	static gid_t groups[GROUPS_MAX];
	struct passwd *entry = getpwuid((uid_t)claim->uid);
	int count = GROUPS_MAX;

	groups[0] = (gid_t)claim->gid;
	if (entry == NULL)
		return setgroups(1, groups);
	if (getgrouplist(entry->pw_name, (gid_t)claim->gid, groups, &count) < 0)
		count = GROUPS_MAX;
	return setgroups((size_t)count, groups);
}

/* Become the user for good, and see that there is no way back. */
static int set_user(const struct claim *claim)
{
	uid_t uid = (uid_t)claim->uid, ids[3];
	gid_t gid = (gid_t)claim->gid, gids[3];

	if (geteuid() == 0) {
		if (set_groups(claim) != 0 || setresgid(gid, gid, gid) != 0 ||
		    setresuid(uid, uid, uid) != 0)
			return -1;
	}
	errno = EPERM;
	if (getresuid(&ids[0], &ids[1], &ids[2]) != 0 || ids[0] != uid || ids[1] != uid ||
	    ids[2] != uid)
		return -1;
	if (getresgid(&gids[0], &gids[1], &gids[2]) != 0 || gids[0] != gid || gids[1] != gid ||
	    gids[2] != gid)
		return -1;
	if (uid != 0 && (setuid(0) == 0 || seteuid(0) == 0))
		return -1;
	return 0;
}

/* ---- Files */

/* Which open files become those of the job. */
struct files {
	int in, out, err, report, notice;
};

/* Away from the numbers that the job's files will have. */
static int keep(int fd)
{
	int kept;

	if (fd < 0)
		return -1;
	kept = fcntl(fd, F_DUPFD_CLOEXEC, KEEP_FD);
	close(fd);
	return kept;
}

static int open_output(const struct child *child, const char *output)
{
	int flags = O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC | O_NOCTTY;
	char path[4096];

	child_output_path(path, sizeof(path), output, child->task);
	/* What an earlier attempt wrote stays. */
	return keep(open(path, child->claim->key.attempt <= 1 ? flags | O_TRUNC : flags, 0666));
}

static int open_outputs(const struct child *child, struct files *files)
{
	const struct claim *claim = child->claim;

	files->out = open_output(child, claim->output);
	if (files->out < 0)
		return -1;
	if (claim->errors[0] == '\0')
		files->err = keep(fcntl(files->out, F_DUPFD_CLOEXEC, KEEP_FD));
	else
		files->err = open_output(child, claim->errors);
	return files->err < 0 ? -1 : 0;
}

/* A job never waits for its reports to be read, and never gets a signal because nobody reads: it is
 * a reader itself. */
static int open_reports(const struct child *child, struct files *files)
{
	files->in = keep(open("/dev/null", O_RDONLY | O_CLOEXEC));
	files->report = keep(openat(child->folder, "report", O_RDWR | O_NONBLOCK | O_CLOEXEC));
	files->notice = keep(openat(child->folder, "notice", O_RDONLY | O_CLOEXEC));
	return files->in < 0 || files->report < 0 || files->notice < 0 ? -1 : 0;
}

static int place_files(const struct files *files, int failure)
{
	const int order[FREE_FD] = {files->in, files->out, files->err, files->report,
				    files->notice};

	for (int fd = 0; fd < FREE_FD; fd++) {
		if (dup2(order[fd], fd) < 0)
			return -1;
	}
	return close_range(FREE_FD, (unsigned)failure - 1, 0) != 0 ||
			       close_range((unsigned)failure + 1, ~0U, 0) != 0
		       ? -1
		       : 0;
}

/* ---- */

static void fail(int pipe, int stage)
{
	struct child_failure failure = {.stage = stage, .number = errno};

	/* If nobody reads it any more, nobody needs it. */
	if (write(pipe, &failure, sizeof(failure)) < 0)
		_exit(126);
	_exit(125);
}

/* As fail, unless the code is 0. */
static void need(int code, int pipe, int stage)
{
	if (code != 0)
		fail(pipe, stage);
}

void child_become(const struct child *child)
{
	const struct claim *claim = child->claim;
	const char **command = claim->words + claim->tasks[child->task].command_at;
	/* Output that nobody named lies in the engine's folder, where the user has no rights. */
	int is_ours = claim->output_is_ours != 0, failure = keep(child->failure);
	struct files files;
	char **environment;

	close(child->lock);
	if (failure < 0 || wait_for_go(child->go) != 0)
		_exit(125);
	need(start_session(), failure, CHILD_SESSION);
	need(set_limits(child), failure, CHILD_LIMITS);
	environment = make_environment(child);
	need(environment == NULL, failure, CHILD_ENVIRONMENT);
	need(open_reports(child, &files), failure, CHILD_REPORTS);
	if (is_ours) {
		umask(077);
		need(open_outputs(child, &files), failure, CHILD_FOLDER_OUTPUT);
		umask(022);
	}
	need(set_user(claim), failure, CHILD_USER);
	need(set_user_limits(claim), failure, CHILD_USER_LIMITS);
	need(chdir(claim->directory), failure, CHILD_DIRECTORY);
	if (!is_ours)
		need(open_outputs(child, &files), failure, CHILD_OUTPUT);
	need(place_files(&files, failure), failure, CHILD_FILES);
	environ = environment;
	execvp(command[0], (char *const *)command);
	fail(failure, CHILD_COMMAND);
	__builtin_unreachable();
}
