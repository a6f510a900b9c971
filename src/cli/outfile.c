/* SPDX-License-Identifier: Apache-2.0
 *
 * The file beside is made by mkstemp, so two programs that write the same file do not meet, and
 * whichever ends last wins. A signal that ends the program takes it away.
 */
#include "cli/outfile.h"

#include <errno.h>
#include <signal.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static const int ending_signals[] = {SIGINT, SIGTERM, SIGHUP};
static const char *open_part; /* what a signal takes away */

/* The handler stands only once (SA_RESETHAND), so the signal then ends the program. */
static void remove_part(int number)
{
	unlink(open_part);
	raise(number);
}

static void watch_signals(void (*handler)(int))
{
	struct sigaction old, action = {.sa_handler = handler, .sa_flags = (int)SA_RESETHAND};

	sigemptyset(&action.sa_mask);
	for (size_t i = 0; i < sizeof(ending_signals) / sizeof(ending_signals[0]); i++) {
		/* what the caller has the program pass over (nohup) is still passed over */
		if (sigaction(ending_signals[i], NULL, &old) == 0 && old.sa_handler != SIG_IGN)
			sigaction(ending_signals[i], &action, NULL);
	}
}

static int refuse(const struct outfile *outfile, struct parc_err *err)
{
	return parc_err_set(err, PARC_ERR_IO, "%s cannot be written: %s", outfile->path,
			    errno != 0 ? strerror(errno) : "a write failed");
}

/* As a plain new file would have them, or as the one that it takes the place of. */
static void take_rights(int fd, const struct stat *before)
{
	mode_t mask = umask(0);

	umask(mask);
	(void)fchmod(fd, before ? before->st_mode & 0777 : 0666 & ~mask);
}

static int open_beside(struct outfile *outfile, const struct stat *before, struct parc_err *err)
{
	static const char ending[] = ".XXXXXX";
	size_t size = strlen(outfile->path);
	int fd;

	outfile->part = malloc(size + sizeof(ending));
	if (outfile->part == NULL)
		return parc_err_set(err, PARC_ERR_MEMORY, "no memory for a name");
	memcpy(outfile->part, outfile->path, size);
	memcpy(outfile->part + size, ending, sizeof(ending));
	open_part = outfile->part;
	watch_signals(remove_part);
	fd = mkstemp(outfile->part);
	if (fd < 0)
		return refuse(outfile, err);
	take_rights(fd, before);
	outfile->stream = fdopen(fd, "w");
	if (outfile->stream == NULL) {
		close(fd);
		unlink(outfile->part);
		return refuse(outfile, err);
	}
	return 0;
}

int outfile_open(struct outfile *outfile, const char *path, struct parc_err *err)
{
	struct stat before;
	bool exists = lstat(path, &before) == 0;
	int code = 0;

	*outfile = (struct outfile){.path = path};
	if (exists && (!S_ISREG(before.st_mode) || before.st_nlink > 1)) {
		outfile->stream = fopen(path, "w");
		if (outfile->stream == NULL)
			return refuse(outfile, err);
		errno = 0;
		return 0;
	}
	if (exists && access(path, W_OK) != 0)
		return refuse(outfile, err);
	code = open_beside(outfile, exists ? &before : NULL, err);
	if (code != 0) {
		watch_signals(SIG_DFL);
		free(outfile->part);
		*outfile = (struct outfile){0};
	}
	errno = 0; /* the next to set it is a write that fails */
	return code;
}

int outfile_close(struct outfile *outfile, int code, struct parc_err *err)
{
	bool failed = ferror(outfile->stream) != 0;

	/* a write that failed before has left its errno, which was 0 when the file was opened */
	if (fclose(outfile->stream) != 0 || failed)
		code = refuse(outfile, err);
	if (outfile->part != NULL) {
		if (code == 0 && rename(outfile->part, outfile->path) != 0)
			code = refuse(outfile, err);
		if (code != 0)
			unlink(outfile->part);
		watch_signals(SIG_DFL);
		free(outfile->part);
	}
	*outfile = (struct outfile){0};
	return code;
}
