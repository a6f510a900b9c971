/* SPDX-License-Identifier: Apache-2.0
 *
 * What a job wrote. The daemon may read more than the caller, so a file that the job named is only
 * read when it is a regular file that belongs to the job's user: who may see the job could not be
 * shown another's file through a path, a link or a name.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "api/request.h"

#define ENGINE_OUTPUT DAEMON_ENGINE "/output" /* within the folder */

struct wanted {
	int64_t attempt, task, offset;
	int is_err;
};

static int wanted_read(struct request *request, struct wanted *wanted, struct parc_err *err)
{
	const char *stream = parameter_text(request, "stream");
	int code = parameter_number(request, "attempt", (int64_t[]){1, INT32_MAX}, &wanted->attempt,
				    err);

	if (code == 0)
		code = parameter_number(request, "task", (int64_t[]){0, PARC_TASKS_MAX},
					&wanted->task, err);
	if (code == 0)
		code = parameter_number(request, "offset", (int64_t[]){0, INT64_MAX},
					&wanted->offset, err);
	if (code == 0 && stream != NULL && strcmp(stream, "out") != 0 && strcmp(stream, "err") != 0)
		code = parc_err_set(err, PARC_ERR_INVALID, "stream has to be out or err");
	wanted->is_err = stream != NULL && strcmp(stream, "err") == 0;
	return code;
}

struct search {
	int32_t attempt;
	int64_t allocation;
};

static int attempt_match(void *context, const struct store_attempt *it)
{
	struct search *search = context;

	if (it->attempt == search->attempt)
		search->allocation = it->allocation;
	return 0;
}

/* The path, and whether the job named it itself; "" when it has not written any. */
static int path_find(struct request *request, const struct store_job *job,
		     const struct wanted *wanted, char *path, size_t size)
{
	struct daemon *daemon = request->api->daemon;
	json_t *spec = json_loads(job->spec, 0, NULL);
	const char *out = json_string_value(json_object_get(spec, "output"));
	const char *errors = json_string_value(json_object_get(spec, "errors"));
	const char *named = wanted->is_err && errors != NULL && out != NULL ? errors : out;
	struct search search = {(int32_t)wanted->attempt, job->allocation};
	int32_t attempt = wanted->attempt > 0 ? (int32_t)wanted->attempt : job->attempts;
	char suffix[24] = "";
	int is_own = named != NULL;

	if (wanted->attempt > 0)
		store_attempt_of_job(daemon->store, job->job, attempt_match, &search, NULL);
	if (wanted->task > 0)
		snprintf(suffix, sizeof(suffix), ".%lld", (long long)wanted->task);
	if (is_own)
		snprintf(path, size, "%s%s", named, suffix);
	else if (search.allocation != PARC_NONE)
		snprintf(path, size, "%s/" ENGINE_OUTPUT "/%lld.%d.out%s",
			 store_directory(daemon->store), (long long)search.allocation, attempt,
			 suffix);
	else
		path[0] = '\0';
	json_decref(spec);
	return is_own;
}

static int file_open(const char *path, int is_own, uint32_t uid, struct parc_err *err)
{
	int file = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY);
	struct stat status;

	if (file < 0 && errno == ENOENT)
		return -1; /* nothing was written yet */
	if (file < 0)
		return parc_err_set(err, PARC_ERR_IO, "the output cannot be read: %s",
				    strerror(errno));
	if (fstat(file, &status) == 0 && S_ISREG(status.st_mode) &&
	    (!is_own || status.st_uid == uid))
		return file;
	close(file);
	return parc_err_set(err, PARC_ERR_STATE,
			    "the output is no regular file of the job's user; read it where it is");
}

int handle_job_output(struct request *request, struct parc_err *err)
{
	struct wanted wanted = {0};
	struct store_job job;
	char path[STORE_PATH_MAX + 128], *bytes;
	int code = wanted_read(request, &wanted, err), file = -1, is_own;
	ssize_t size = 0;

	if (code == 0)
		code = job_get(request, 0, &job, err);
	if (code != 0)
		return code;
	is_own = path_find(request, &job, &wanted, path, sizeof(path));
	if (path[0] != '\0')
		file = file_open(path, is_own, job.uid, err);
	if (file < -1)
		return file;
	bytes = malloc(API_OUTPUT_MAX);
	if (bytes != NULL && file >= 0)
		size = pread(file, bytes, API_OUTPUT_MAX, wanted.offset);
	if (file >= 0)
		close(file);
	if (bytes == NULL || size < 0)
		code = parc_err_set(err, PARC_ERR_IO, "the output cannot be read");
	else
		code = answer_text(request, "application/octet-stream", bytes, (size_t)size, err);
	free(bytes);
	return code;
}
