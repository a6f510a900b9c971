/* SPDX-License-Identifier: Apache-2.0
 *
 * The folder of an attempt. It is made under a name with a dot in front, synced, and then renamed
 * with RENAME_NOREPLACE, so that a claim is there whole or not at all, and once. Removing renames
 * it back under a dotted name first. The numbers of each sheet stand in a table, which both
 * writing and reading walk.
 */
#include "engine/claim.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/assert.h"

#define LOCK_NAME    "lock"
#define RESERVE_EXIT 4096 /* bytes; an exit with its text is below 1,500, a stop below 200 */
#define NUMBER_MAX   (INT64_MAX / 2)

struct field {
	const char *key;
	size_t offset;
	int64_t min, max;
};

#define FIELD(type, name, min, max)                          \
	{                                                    \
#name, offsetof(struct type, name), min, max \
	}

static const struct field claim_fields[] = {
	FIELD(claim, key.allocation, 1, NUMBER_MAX),
	FIELD(claim, job, 0, NUMBER_MAX),
	FIELD(claim, uid, 0, UINT32_MAX - 1),
	FIELD(claim, gid, 0, UINT32_MAX - 1),
	FIELD(claim, time_us, 0, NUMBER_MAX),
	FIELD(claim, grace_us, 0, NUMBER_MAX),
	FIELD(claim, work_us, 0, NUMBER_MAX),
	FIELD(claim, kept_done, 0, NUMBER_MAX),
	FIELD(claim, kept_total, 0, NUMBER_MAX),
	FIELD(claim, output_is_ours, 0, 1),
	{0},
};

static const struct field task_fields[] = {
	FIELD(claim_task, group, 0, PARC_GROUPS_MAX - 1),
	FIELD(claim_task, task, 0, PARC_TASKS_MAX - 1),
	FIELD(claim_task, variant, -1, PARC_VARIANTS_MAX - 1),
	FIELD(claim_task, command_at, 0, CLAIM_STRINGS_MAX),
	FIELD(claim_task, cpu_milli, 0, PARC_CPU_MAX),
	FIELD(claim_task, memory_mib, 0, PARC_MEMORY_MAX),
	FIELD(claim_task, devices, 0, UINT32_MAX),
	FIELD(claim_task, share_milli, 0, PARC_SHARE_WHOLE),
	{0},
};

static const struct field started_fields[] = {
	FIELD(claim_started, time_us, 0, NUMBER_MAX),
	FIELD(claim_started, boot_us, 0, NUMBER_MAX),
	FIELD(claim_started, output_device, INT64_MIN, INT64_MAX),
	FIELD(claim_started, output_file, INT64_MIN, INT64_MAX),
	{0},
};

static const struct field stop_fields[] = {
	FIELD(claim_stop, time_us, 0, NUMBER_MAX),
	FIELD(claim_stop, grace_us, 0, NUMBER_MAX),
	FIELD(claim_stop, kill_us, 0, INT64_MAX),
	FIELD(claim_stop, why, INT32_MIN, INT32_MAX),
	{0},
};

static const struct field said_fields[] = {
	FIELD(claim_said, running_us, -1, NUMBER_MAX),
	FIELD(claim_said, progress_us, -1, NUMBER_MAX),
	FIELD(claim_said, checkpoint_us, -1, NUMBER_MAX),
	FIELD(claim_said, progress_done, 0, NUMBER_MAX),
	FIELD(claim_said, progress_total, 0, NUMBER_MAX),
	FIELD(claim_said, checkpoint_done, 0, NUMBER_MAX),
	FIELD(claim_said, checkpoint_total, 0, NUMBER_MAX),
	FIELD(claim_said, refused, 0, NUMBER_MAX),
	{0},
};

static const struct field exit_fields[] = {
	FIELD(claim_exit, time_us, 0, NUMBER_MAX),
	FIELD(claim_exit, result, PARC_RESULT_OK, PARC_RESULT_LOST),
	FIELD(claim_exit, stopped, 0, 1),
	FIELD(claim_exit, exit_code, -1, 255),
	FIELD(claim_exit, signal, 0, 128),
	FIELD(claim_exit, over_memory, 0, 1),
	FIELD(claim_exit, wall_us, 0, NUMBER_MAX),
	FIELD(claim_exit, cpu_us, -1, NUMBER_MAX),
	FIELD(claim_exit, memory_peak_mib, -1, NUMBER_MAX),
	{0},
};

static void put_fields(struct sheet *sheet, const struct field *fields, const void *record)
{
	for (; fields->key != NULL; fields++) {
		int64_t number;

		memcpy(&number, (const char *)record + fields->offset, sizeof(number));
		sheet_put_number(sheet, fields->key, number);
	}
}

/* Take the line if it is one of the fields: 1, 0 if it is not, or PARC_ERR_CORRUPT. */
static int take_field(const struct sheet_line *line, const struct field *fields, void *record)
{
	int64_t number;

	while (fields->key != NULL && strcmp(fields->key, line->key) != 0)
		fields++;
	if (fields->key == NULL)
		return 0;
	if (sheet_number(line, fields->min, fields->max, &number) != 0)
		return PARC_ERR_CORRUPT;
	memcpy((char *)record + fields->offset, &number, sizeof(number));
	return 1;
}

static int refuse(const char *name, const struct sheet_line *line, struct parc_err *err)
{
	return parc_err_set(err, PARC_ERR_CORRUPT, "%s has an impossible line '%.40s %.60s'", name,
			    line->key, line->value);
}

/* ---- Folders */

void claim_name(char name[CLAIM_NAME_SIZE], struct engine_key key)
{
	snprintf(name, CLAIM_NAME_SIZE, "%" PRId64 ".%" PRId32, key.allocation, key.attempt);
}

int claim_parse_name(const char *name, struct engine_key *key)
{
	struct engine_key found = {0};
	char again[CLAIM_NAME_SIZE], *end;
	long attempt;

	found.allocation = strtoll(name, &end, 10);
	if (*end != '.')
		return PARC_ERR_INVALID;
	attempt = strtol(end + 1, NULL, 10);
	if (found.allocation < 1 || attempt < 0 || attempt > INT32_MAX)
		return PARC_ERR_INVALID;
	found.attempt = (int32_t)attempt;
	claim_name(again, found); /* one name for each key: no signs, no zeros in front */
	if (strcmp(again, name) != 0)
		return PARC_ERR_INVALID;
	*key = found;
	return 0;
}

static void remove_folder(int claims, const char *name)
{
	int folder = openat(claims, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW);
	DIR *dir = folder >= 0 ? fdopendir(folder) : NULL;
	struct dirent *entry;

	if (dir == NULL && folder >= 0)
		close(folder);
	while (dir != NULL && (entry = readdir(dir)) != NULL) {
		if (strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0)
			unlinkat(dirfd(dir), entry->d_name, 0);
	}
	if (dir != NULL)
		closedir(dir);
	unlinkat(claims, name, AT_REMOVEDIR);
}

void claim_remove(int claims, struct engine_key key)
{
	char name[CLAIM_NAME_SIZE], gone[CLAIM_NAME_SIZE + 8];

	claim_name(name, key);
	snprintf(gone, sizeof(gone), ".gone.%s", name);
	remove_folder(claims, gone);
	if (renameat(claims, name, claims, gone) == 0)
		remove_folder(claims, gone);
}

void claim_sweep(int claims)
{
	int folder = openat(claims, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *dir = folder >= 0 ? fdopendir(folder) : NULL;
	struct dirent *entry;

	if (dir == NULL && folder >= 0)
		close(folder);
	while (dir != NULL && (entry = readdir(dir)) != NULL) {
		if (strncmp(entry->d_name, ".gone.", 6) == 0 ||
		    strncmp(entry->d_name, ".new.", 5) == 0)
			remove_folder(claims, entry->d_name);
	}
	if (dir != NULL)
		closedir(dir);
}

int claim_open(int claims, struct engine_key key, struct parc_err *err)
{
	char name[CLAIM_NAME_SIZE];
	int folder;

	claim_name(name, key);
	folder = openat(claims, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW);
	if (folder < 0)
		return parc_err_set(err, errno == ENOENT ? PARC_ERR_UNKNOWN : PARC_ERR_IO,
				    "the claim %s cannot be opened: %s", name, strerror(errno));
	return folder;
}

/* ---- The claim */

static void put_list(struct sheet *sheet, const char *key, const char *const *list, int64_t count)
{
	for (int64_t i = 0; count < 0 ? list[i] != NULL : i < count; i++)
		sheet_put(sheet, key, list[i]);
}

static void put_task(struct sheet *sheet, const struct claim *claim, const struct claim_task *task)
{
	sheet_put(sheet, "part", "");
	put_fields(sheet, task_fields, task);
	put_list(sheet, "own", (const char *const *)claim->task_environment + task->environment_at,
		 task->environment_count);
	for (int64_t i = 0; i < task->denied_count; i++) {
		const struct claim_device *device = &claim->denied[task->denied_at + i];

		sheet_put_number(sheet, "deny", (int64_t)device->major << 32 | device->minor);
	}
}

static void put_limit(struct sheet *sheet, const struct engine_limit *limit)
{
	char text[80];

	snprintf(text, sizeof(text), "%" PRId32 " %" PRId64 " %" PRId64, limit->resource,
		 limit->soft, limit->hard);
	sheet_put(sheet, "limit", text);
}

static int take_limit(struct claim *claim, const char *text)
{
	struct engine_limit *limit = &claim->limits[claim->limits_count];
	char *end;

	if (claim->limits_count == CLAIM_LIMITS_MAX)
		return PARC_ERR_CORRUPT;
	limit->resource = (int32_t)strtol(text, &end, 10);
	limit->soft = strtoll(end, &end, 10);
	limit->hard = strtoll(end, &end, 10);
	if (*end != '\0' || limit->soft < -1 || limit->hard < -1)
		return PARC_ERR_CORRUPT;
	claim->limits_count++;
	return 1;
}

static void put_claim(struct sheet *sheet, const struct claim *claim)
{
	sheet_begin(sheet, "parc-claim", 1);
	sheet_put(sheet, "boot", claim->boot);
	put_fields(sheet, claim_fields, claim);
	sheet_put_number(sheet, "attempt", claim->key.attempt);
	sheet_put(sheet, "name", claim->name);
	sheet_put(sheet, "directory", claim->directory);
	sheet_put(sheet, "output", claim->output);
	sheet_put(sheet, "errors", claim->errors);
	sheet_put(sheet, "groups", claim->groups);
	for (int32_t i = 0; i < claim->limits_count; i++)
		put_limit(sheet, &claim->limits[i]);
	for (int32_t i = 0; i < claim->words_count; i++)
		sheet_put(sheet, claim->words[i] == NULL ? "end" : "word",
			  claim->words[i] == NULL ? "" : claim->words[i]);
	put_list(sheet, "variable", (const char *const *)claim->environment, -1);
	for (int32_t i = 0; i < claim->tasks_count; i++)
		put_task(sheet, claim, &claim->tasks[i]);
}

int claim_create(int claims, const struct claim *claim, struct parc_err *err)
{
	char name[CLAIM_NAME_SIZE], fresh[CLAIM_NAME_SIZE + 8];
	struct sheet sheet;
	int folder, code = 0;

	claim_name(name, claim->key);
	if (faccessat(claims, name, F_OK, AT_SYMLINK_NOFOLLOW) == 0)
		return parc_err_set(err, PARC_ERR_EXISTS, "%s was claimed before", name);
	snprintf(fresh, sizeof(fresh), ".new.%s", name);
	remove_folder(claims, fresh);
	if (mkdirat(claims, fresh, 0700) != 0)
		return parc_err_set(err, PARC_ERR_IO, "no folder for %s: %s", name,
				    strerror(errno));
	folder = openat(claims, fresh, O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW);
	if (folder < 0)
		code = parc_err_set(err, PARC_ERR_IO, "the folder of %s cannot be opened: %s", name,
				    strerror(errno));
	put_claim(&sheet, claim);
	if (code == 0)
		code = sheet_reserve(folder, "exit", RESERVE_EXIT, err);
	if (code == 0)
		code = sheet_reserve(folder, "stop", RESERVE_EXIT, err);
	if (code == 0)
		code = sheet_replace(&sheet, folder, "claim", err);
	sheet_free(&sheet);
	if (code == 0 && renameat2(claims, fresh, claims, name, RENAME_NOREPLACE) != 0)
		code = parc_err_set(err, errno == EEXIST ? PARC_ERR_EXISTS : PARC_ERR_IO,
				    "%s cannot be claimed: %s", name, strerror(errno));
	if (code == 0 && fsync(claims) != 0)
		code = parc_err_set(err, PARC_ERR_IO, "the claim %s is not on disk: %s", name,
				    strerror(errno));
	if (folder >= 0)
		close(folder);
	if (code != 0)
		remove_folder(claims, fresh);
	return code;
}

/* Reading: counts of what the claim holds, and where the next of each goes. */
struct filling {
	int32_t words, variables, own, denied, tasks;
};

static int count_lines(const struct sheet *sheet, struct filling *counts)
{
	const char *at = sheet->bytes + sheet->at, *end = sheet->bytes + sheet->size;

	*counts = (struct filling){0};
	while (at < end) {
		const char *next = memchr(at, '\n', (size_t)(end - at));

		if (next == NULL)
			return PARC_ERR_CORRUPT;
		counts->words += strncmp(at, "word ", 5) == 0 || strncmp(at, "end ", 4) == 0;
		counts->variables += strncmp(at, "variable ", 9) == 0;
		counts->own += strncmp(at, "own ", 4) == 0;
		counts->denied += strncmp(at, "deny ", 5) == 0;
		counts->tasks += strncmp(at, "part ", 5) == 0;
		at = next + 1;
	}
	return counts->words >= 1 && counts->words + counts->variables <= CLAIM_STRINGS_MAX &&
			       counts->tasks >= 1 && counts->tasks <= CLAIM_TASKS_MAX
		       ? 0
		       : PARC_ERR_CORRUPT;
}

static int make_room(struct claim *claim, const struct filling *counts)
{
	claim->words = calloc((size_t)counts->words + 1, sizeof(*claim->words));
	claim->environment = calloc((size_t)counts->variables + 1, sizeof(*claim->environment));
	claim->task_environment = calloc((size_t)counts->own + 1, sizeof(*claim->environment));
	claim->denied = calloc((size_t)counts->denied + 1, sizeof(*claim->denied));
	claim->tasks = calloc((size_t)counts->tasks, sizeof(*claim->tasks));
	return claim->words && claim->environment && claim->task_environment && claim->denied &&
			       claim->tasks
		       ? 0
		       : PARC_ERR_MEMORY;
}

/* A line that belongs to the task that was begun last. */
static int take_task_line(struct claim *claim, struct filling *next, const struct sheet_line *line)
{
	struct claim_task *task = &claim->tasks[next->tasks - 1];
	int64_t number;

	if (strcmp(line->key, "own") == 0) {
		claim->task_environment[next->own++] = line->value;
		task->environment_count++;
		return 1;
	}
	if (strcmp(line->key, "deny") == 0) {
		if (sheet_number(line, 0, INT64_MAX, &number) != 0 ||
		    ++task->denied_count > CLAIM_DENIED_MAX)
			return PARC_ERR_CORRUPT;
		claim->denied[next->denied++] = (struct claim_device){
			.major = (uint32_t)(number >> 32), .minor = (uint32_t)number};
		return 1;
	}
	return take_field(line, task_fields, task);
}

static int take_claim_line(struct claim *claim, struct filling *next, const struct sheet_line *line)
{
	const struct {
		const char *key;
		const char **value;
	} texts[] = {{"name", &claim->name},
		     {"directory", &claim->directory},
		     {"output", &claim->output},
		     {"errors", &claim->errors},
		     {"groups", &claim->groups}};
	int64_t number;

	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		if (strcmp(texts[i].key, line->key) == 0) {
			*texts[i].value = line->value;
			return 1;
		}
	}
	if (strcmp(line->key, "word") == 0) {
		claim->words[next->words++] = line->value;
	} else if (strcmp(line->key, "end") == 0) {
		claim->words[next->words++] = NULL;
	} else if (strcmp(line->key, "variable") == 0) {
		claim->environment[next->variables++] = line->value;
	} else if (strcmp(line->key, "limit") == 0) {
		return take_limit(claim, line->value);
	} else if (strcmp(line->key, "boot") == 0) {
		snprintf(claim->boot, sizeof(claim->boot), "%s", line->value);
	} else if (strcmp(line->key, "attempt") == 0) {
		if (sheet_number(line, 0, INT32_MAX, &number) != 0)
			return PARC_ERR_CORRUPT;
		claim->key.attempt = (int32_t)number;
	} else {
		return take_field(line, claim_fields, claim);
	}
	return 1;
}

static int take_line(struct claim *claim, struct filling *next, const struct sheet_line *line)
{
	if (strcmp(line->key, "part") == 0) {
		claim->tasks[next->tasks++] =
			(struct claim_task){.environment_at = next->own, .denied_at = next->denied};
		return 1;
	}
	return next->tasks > 0 ? take_task_line(claim, next, line)
			       : take_claim_line(claim, next, line);
}

/* Does the command of each task begin at the beginning of one? */
static int has_commands(const struct claim *claim)
{
	for (int32_t i = 0; i < claim->tasks_count; i++) {
		int64_t at = claim->tasks[i].command_at;

		if (at >= claim->words_count || claim->words[at] == NULL ||
		    (at > 0 && claim->words[at - 1] != NULL))
			return 0;
	}
	return 1;
}

int claim_read(struct claim *claim, int folder, struct parc_err *err)
{
	struct filling counts, next = {0};
	struct sheet_line line;
	int code;

	*claim = (struct claim){
		.name = "", .directory = "/", .output = "", .errors = "", .groups = ""};
	code = sheet_read(&claim->sheet, folder, "claim", "parc-claim", 1, err);
	if (code != 0)
		return code;
	code = count_lines(&claim->sheet, &counts);
	if (code == 0)
		code = make_room(claim, &counts);
	if (code != 0)
		parc_err_set(err, code, "the claim has too much or too little in it");
	while (code == 0 && sheet_next(&claim->sheet, &line)) {
		if (take_line(claim, &next, &line) <= 0)
			code = refuse("the claim", &line, err);
	}
	claim->tasks_count = next.tasks;
	claim->denied_count = next.denied;
	claim->words_count = next.words;
	if (code == 0 && !has_commands(claim))
		code = parc_err_set(err, PARC_ERR_CORRUPT, "the claim lacks a task's command");
	if (code == 0 && (claim->directory[0] != '/' || claim->key.allocation < 1))
		code = parc_err_set(err, PARC_ERR_CORRUPT, "the claim lacks a key or a directory");
	if (code != 0)
		claim_free(claim);
	return code;
}

void claim_free(struct claim *claim)
{
	free(claim->words);
	free(claim->environment);
	free(claim->task_environment);
	free(claim->denied);
	free(claim->tasks);
	sheet_free(&claim->sheet);
	*claim = (struct claim){0};
}

/* ---- The lock: of the open file, so that it is not lost when another file of the same name is
 * closed, and so that it can be asked for without being taken. */

int claim_lock(int folder, struct parc_err *err)
{
	struct flock lock = {.l_type = F_WRLCK, .l_whence = SEEK_SET};
	int fd = openat(folder, LOCK_NAME, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
	int number;

	if (fd >= 0 && fcntl(fd, F_OFD_SETLK, &lock) == 0)
		return fd;
	number = errno;
	if (fd >= 0)
		close(fd);
	if (fd >= 0 && (number == EAGAIN || number == EACCES))
		return -1;
	parc_err_set(err, PARC_ERR_IO, "the lock of the claim: %s", strerror(number));
	return PARC_ERR_IO;
}

int claim_is_locked(int folder)
{
	struct flock lock = {.l_type = F_WRLCK, .l_whence = SEEK_SET};
	int fd = openat(folder, LOCK_NAME, O_RDWR | O_CLOEXEC | O_NOFOLLOW);
	int locked;

	if (fd < 0)
		return 0;
	locked = fcntl(fd, F_OFD_GETLK, &lock) == 0 && lock.l_type != F_UNLCK;
	close(fd);
	return locked;
}

/* ---- The other sheets */

static int read_fields(int folder, const char *name, const char *kind, const struct field *fields,
		       void *record, struct parc_err *err)
{
	struct sheet sheet;
	struct sheet_line line;
	int code = sheet_read(&sheet, folder, name, kind, 1, err);

	if (code != 0)
		return code;
	while (code == 0 && sheet_next(&sheet, &line)) {
		if (take_field(&line, fields, record) <= 0)
			code = refuse(name, &line, err);
	}
	sheet_free(&sheet);
	return code;
}

int claim_write_started(int folder, const struct claim_started *started, struct parc_err *err)
{
	struct sheet sheet;
	int code;

	ASSERT(started->count >= 1 && started->count <= CLAIM_TASKS_MAX);
	sheet_begin(&sheet, "parc-started", 1);
	put_fields(&sheet, started_fields, started);
	for (int32_t i = 0; i < started->count; i++) {
		sheet_put_number(&sheet, "pid", started->tasks[i].pid);
		sheet_put_number(&sheet, "start", started->tasks[i].start);
	}
	code = sheet_create(&sheet, folder, "started", err);
	sheet_free(&sheet);
	return code;
}

int claim_read_started(int folder, struct claim_started *started, struct parc_err *err)
{
	struct sheet sheet;
	struct sheet_line line;
	int code = sheet_read(&sheet, folder, "started", "parc-started", 1, err);

	if (code != 0)
		return code;
	*started = (struct claim_started){0};
	while (code == 0 && sheet_next(&sheet, &line)) {
		int taken = 0;

		if (strcmp(line.key, "pid") == 0 && started->count < CLAIM_TASKS_MAX)
			taken = sheet_number(&line, 1, INT32_MAX,
					     &started->tasks[started->count++].pid) == 0;
		else if (strcmp(line.key, "start") == 0 && started->count > 0)
			taken = sheet_number(&line, 0, NUMBER_MAX,
					     &started->tasks[started->count - 1].start) == 0;
		else
			taken = take_field(&line, started_fields, started) > 0;
		if (!taken)
			code = refuse("started", &line, err);
	}
	sheet_free(&sheet);
	if (code == 0 && started->count == 0)
		code = parc_err_set(err, PARC_ERR_CORRUPT, "started names no process");
	return code;
}

int claim_write_stop(int folder, const struct claim_stop *stop, struct parc_err *err)
{
	struct sheet sheet;
	int code;

	sheet_begin(&sheet, "parc-stop", 1);
	put_fields(&sheet, stop_fields, stop);
	code = sheet_replace(&sheet, folder, "stop", err);
	sheet_free(&sheet);
	return code;
}

int claim_read_stop(int folder, struct claim_stop *stop, struct parc_err *err)
{
	*stop = (struct claim_stop){0};
	return read_fields(folder, "stop", "parc-stop", stop_fields, stop, err);
}

int claim_write_said(int folder, const struct claim_said *said, struct parc_err *err)
{
	struct sheet sheet;
	int code;

	sheet_begin(&sheet, "parc-said", 1);
	put_fields(&sheet, said_fields, said);
	code = sheet_replace_quickly(&sheet, folder, "said", err);
	sheet_free(&sheet);
	return code;
}

int claim_read_said(int folder, struct claim_said *said, struct parc_err *err)
{
	*said = (struct claim_said){.running_us = -1, .progress_us = -1, .checkpoint_us = -1};
	return read_fields(folder, "said", "parc-said", said_fields, said, err);
}

int claim_write_exit(int folder, const struct claim_exit *end, struct parc_err *err)
{
	struct sheet sheet;
	int code;

	sheet_begin(&sheet, "parc-exit", 1);
	put_fields(&sheet, exit_fields, end);
	sheet_put(&sheet, "text", end->text);
	code = sheet_replace(&sheet, folder, "exit", err);
	sheet_free(&sheet);
	return code;
}

int claim_read_exit(int folder, struct claim_exit *end, struct parc_err *err)
{
	struct sheet sheet;
	struct sheet_line line;
	int code = sheet_read(&sheet, folder, "exit", "parc-exit", 1, err);

	if (code != 0)
		return code;
	*end = (struct claim_exit){0};
	while (code == 0 && sheet_next(&sheet, &line)) {
		if (strcmp(line.key, "text") == 0)
			snprintf(end->text, sizeof(end->text), "%s", line.value);
		else if (take_field(&line, exit_fields, end) <= 0)
			code = refuse("exit", &line, err);
	}
	sheet_free(&sheet);
	return code;
}

/* ---- Notices */

/* Is this line, of `size` bytes with its end, one of the file's? */
static int has_line(int fd, const char *line, size_t size)
{
	static char bytes[CLAIM_NOTICES_MAX + 1];
	ssize_t got = pread(fd, bytes, CLAIM_NOTICES_MAX, 0);
	const char *at = bytes;

	bytes[got < 0 ? 0 : got] = '\0';
	while ((at = strstr(at, line)) != NULL) {
		if (at == bytes || at[-1] == '\n')
			return 1;
		at += size;
	}
	return 0;
}

void claim_tell(int folder, const char *line)
{
	char text[ENGINE_LINE_MAX + 2];
	int fd = openat(folder, "notice", O_RDWR | O_APPEND | O_CLOEXEC | O_NOFOLLOW);
	int size = snprintf(text, sizeof(text), "%.*s\n", ENGINE_LINE_MAX, line);
	struct stat before;

	if (fd < 0)
		return;
	/* Half a line would be read as another. */
	if (fstat(fd, &before) == 0 && before.st_size + size <= CLAIM_NOTICES_MAX &&
	    !has_line(fd, text, (size_t)size) && write(fd, text, (size_t)size) < size)
		ftruncate(fd, before.st_size);
	close(fd);
}
