/* SPDX-License-Identifier: Apache-2.0
 *
 * Snapshot files. The child that writes one touches nothing but the core and its file: it shares
 * no lock and no connection, and the system kills it when its parent dies.
 */
#include "store/snapshot.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#define PAUSE_NS      2000000 /* between two pieces: at most 500 MB a second reach the disk */
#define CHILD_NICE    10
#define PREFIX	      "snapshot-"
#define SUFFIX	      ".parc"
#define WRITER_SUFFIX ".part"

static void path_of(char *path, size_t size, const char *directory, int64_t number,
		    const char *suffix)
{
	snprintf(path, size, "%s/" PREFIX "%lld%s", directory, (long long)number, suffix);
}

static int piece_write(int file, const uint8_t *bytes, size_t size)
{
	while (size > 0) {
		ssize_t done = write(file, bytes, size);

		if (done < 0 && errno == EINTR)
			continue;
		if (done <= 0)
			return -1;
		bytes += done;
		size -= (size_t)done;
	}
	return 0;
}

static int pieces_write(int file, const uint8_t *bytes, size_t size, int is_paced)
{
	const struct timespec pause = {.tv_nsec = PAUSE_NS};

	for (size_t at = 0; at < size; at += SNAPSHOT_PIECE) {
		size_t piece = size - at < SNAPSHOT_PIECE ? size - at : SNAPSHOT_PIECE;

		if (piece_write(file, bytes + at, piece) != 0)
			return -1;
		if (is_paced && (fdatasync(file) != 0 || nanosleep(&pause, NULL) != 0))
			return -1;
	}
	return fsync(file);
}

static int directory_sync(const char *directory)
{
	int file = open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	int code = file < 0 ? -1 : fsync(file);

	if (file >= 0)
		close(file);
	return code;
}

static int bytes_put(const char *directory, const uint8_t *bytes, size_t size, int64_t number,
		     int is_paced)
{
	char path[STORE_PATH_MAX + 64], part[STORE_PATH_MAX + 64];
	int file, code;

	path_of(path, sizeof(path), directory, number, SUFFIX);
	path_of(part, sizeof(part), directory, number, WRITER_SUFFIX);
	file = open(part, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	code = file < 0 ? -1 : pieces_write(file, bytes, size, is_paced);
	if (file >= 0 && close(file) != 0)
		code = -1;
	if (code == 0)
		code = rename(part, path);
	if (code == 0)
		code = directory_sync(directory);
	if (code != 0)
		unlink(part);
	return code;
}

static int snapshot_write(const char *directory, const struct parc_core *core, int64_t number,
			  int is_paced, struct parc_err *err)
{
	int64_t size = parc_state_encode(core, NULL, 0);
	uint8_t *bytes = size > 0 && size <= SNAPSHOT_BYTES_MAX ? malloc((size_t)size) : NULL;
	int code;

	if (bytes == NULL)
		return parc_err_set(err, PARC_ERR_MEMORY, "no memory for a snapshot of %lld bytes",
				    (long long)size);
	parc_state_encode(core, bytes, (size_t)size);
	code = bytes_put(directory, bytes, (size_t)size, number, is_paced);
	free(bytes);
	if (code != 0)
		return parc_err_set(err, PARC_ERR_IO, "a snapshot cannot be written into %s: %s",
				    directory, strerror(errno));
	return 0;
}

int snapshot_put(const char *directory, const struct parc_core *core, int64_t number,
		 struct parc_err *err)
{
	return snapshot_write(directory, core, number, 0, err);
}

pid_t snapshot_put_paced(const char *directory, const struct parc_core *core, int64_t number,
			 struct parc_err *err)
{
	pid_t child = fork();

	if (child < 0)
		return parc_err_set(err, PARC_ERR_MEMORY, "no process for a snapshot: %s",
				    strerror(errno));
	if (child > 0)
		return child;
	/* First of all: what the parent has open, and holds locks by, is not kept open here. */
	close_range(3, ~0U, 0);
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	setpriority(PRIO_PROCESS, 0, CHILD_NICE);
	errno = 0;
	if (snapshot_write(directory, core, number, 1, NULL) == 0)
		_exit(0);
	_exit(errno > 0 && errno < 256 ? errno : ENOMEM);
}

static struct parc_core *file_decode(const char *path, struct parc_err *err)
{
	struct parc_core *core = NULL;
	int file = open(path, O_RDONLY | O_CLOEXEC);
	struct stat status;
	void *bytes;

	if (file < 0 || fstat(file, &status) != 0 || status.st_size <= 0) {
		parc_err_set(err, PARC_ERR_IO, "%s: %s", path,
			     file < 0 ? strerror(errno) : "it is empty");
		if (file >= 0)
			close(file);
		return NULL;
	}
	bytes = mmap(NULL, (size_t)status.st_size, PROT_READ, MAP_PRIVATE | MAP_POPULATE, file, 0);
	if (bytes == MAP_FAILED) {
		parc_err_set(err, PARC_ERR_IO, "%s: %s", path, strerror(errno));
	} else {
		core = parc_state_decode(bytes, (size_t)status.st_size, err);
		munmap(bytes, (size_t)status.st_size);
	}
	close(file);
	return core;
}

/* The number in a name, 0 when it is no snapshot's. */
static int64_t name_number(const char *name, const char *suffix)
{
	size_t length = strlen(name), ends = strlen(suffix), begins = strlen(PREFIX);
	char *end;
	long long number;

	if (length <= begins + ends || strncmp(name, PREFIX, begins) != 0 ||
	    strcmp(name + length - ends, suffix) != 0)
		return 0;
	number = strtoll(name + begins, &end, 10);
	return end == name + length - ends && number > 0 ? number : 0;
}

/* The number of the snapshot that is next to `from` in one direction: the highest below it, or the
 * lowest above it; 0: none. */
static int64_t number_next(const char *directory, int64_t from, int is_below)
{
	DIR *folder = opendir(directory);
	struct dirent *entry;
	int64_t found = 0;

	while (folder != NULL && (entry = readdir(folder)) != NULL) {
		int64_t number = name_number(entry->d_name, SUFFIX);

		if (is_below ? number < from && number > found
			     : number > from && (found == 0 || number < found))
			found = number;
	}
	if (folder != NULL)
		closedir(folder);
	return found;
}

static int64_t newest_below(const char *directory, int64_t below)
{
	return number_next(directory, below, 1);
}

int64_t snapshot_oldest(const char *directory, int64_t least)
{
	return number_next(directory, least - 1, 0);
}

int snapshot_get(const char *directory, int64_t last, struct parc_core **core, int64_t *number,
		 int32_t *broken, struct parc_err *err)
{
	char path[STORE_PATH_MAX + 64];
	int64_t at = newest_below(directory, last == INT64_MAX ? last : last + 1);

	*core = NULL;
	*broken = 0;
	for (; at > 0; at = newest_below(directory, at)) {
		path_of(path, sizeof(path), directory, at, SUFFIX);
		*core = file_decode(path, err);
		if (*core != NULL)
			break;
		++*broken;
	}
	*number = at;
	return 0;
}

int64_t snapshot_tidy(const char *directory, int64_t base, int next)
{
	char path[STORE_PATH_MAX + 300];
	int64_t oldest = INT64_MAX, kept = 0,
		above = next ? snapshot_oldest(directory, base + 1) : 0;
	DIR *folder = opendir(directory);
	struct dirent *entry;

	for (int i = 0; i < SNAPSHOT_KEPT; i++) {
		int64_t newest = newest_below(directory, oldest);

		if (newest > 0)
			oldest = kept = newest;
	}
	while (folder != NULL && (entry = readdir(folder)) != NULL) {
		int64_t number = name_number(entry->d_name, SUFFIX);

		if ((number > 0 && number < kept && number != base && number != above) ||
		    name_number(entry->d_name, WRITER_SUFFIX) > 0) {
			snprintf(path, sizeof(path), "%s/%s", directory, entry->d_name);
			unlink(path);
		}
	}
	if (folder != NULL)
		closedir(folder);
	return kept;
}
