/* SPDX-License-Identifier: Apache-2.0
 *
 * What a test's own code writes: calls of the C library that the linker sends here. Files opened
 * for writing and folders are followed by their descriptors; all else passes through.
 */
#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "support/disk.h"
#include "support/faulty.h"

#define FDS_MAX 1024

/* Each is what __wrap_NAME stands for; the linker makes both names. */
int __real_open(const char *path, int flags, ...);
int __real_openat(int folder, const char *path, int flags, ...);
int __real_close(int fd);
ssize_t __real_write(int fd, const void *bytes, size_t size);
ssize_t __real_pwrite(int fd, const void *bytes, size_t size, off_t offset);
int __real_ftruncate(int fd, off_t size);
int __real_fsync(int fd);
int __real_fdatasync(int fd);
int __real_rename(const char *from, const char *to);
int __real_renameat(int from_folder, const char *from, int to_folder, const char *to);
int __real_linkat(int from_folder, const char *from, int to_folder, const char *to, int flags);
int __real_unlink(const char *path);
int __real_unlinkat(int folder, const char *path, int flags);
int __wrap_open(const char *path, int flags, ...);
int __wrap_openat(int folder, const char *path, int flags, ...);
int __wrap_close(int fd);
ssize_t __wrap_write(int fd, const void *bytes, size_t size);
ssize_t __wrap_pwrite(int fd, const void *bytes, size_t size, off_t offset);
int __wrap_ftruncate(int fd, off_t size);
int __wrap_fsync(int fd);
int __wrap_fdatasync(int fd);
int __wrap_rename(const char *from, const char *to);
int __wrap_renameat(int from_folder, const char *from, int to_folder, const char *to);
int __wrap_linkat(int from_folder, const char *from, int to_folder, const char *to, int flags);
int __wrap_unlink(const char *path);
int __wrap_unlinkat(int folder, const char *path, int flags);

enum { FD_OTHER, FD_FILE, FD_FOLDER };

static struct {
	int kind, number; /* of a file in the model; -1: it is not watched */
	char path[DISK_PATH_MAX];
} fds[FDS_MAX];

static int is_kind(int fd, int kind)
{
	return fd >= 0 && fd < FDS_MAX && fds[fd].kind == kind;
}

/* The path of a name below a folder's descriptor. */
static const char *path_at(char path[DISK_PATH_MAX], int folder, const char *name)
{
	if (name[0] == '/' || !is_kind(folder, FD_FOLDER))
		snprintf(path, DISK_PATH_MAX, "%s", name);
	else
		snprintf(path, DISK_PATH_MAX, "%.400s/%.100s", fds[folder].path, name);
	return path;
}

static int refuse(int number)
{
	errno = number;
	return -1;
}

/* ---- Opening */

static void followed(int fd, int kind, int number, const char *path)
{
	if (fd < 0 || fd >= FDS_MAX)
		return;
	fds[fd].kind = kind;
	fds[fd].number = number;
	snprintf(fds[fd].path, sizeof(fds[fd].path), "%s", path);
}

int __wrap_openat(int folder, const char *name, int flags, ...)
{
	char path[DISK_PATH_MAX];
	int is_write = (flags & O_ACCMODE) != O_RDONLY, fd, number = -1;
	va_list args;
	mode_t mode;

	va_start(args, flags);
	mode = (flags & O_CREAT) != 0 ? va_arg(args, mode_t) : 0;
	va_end(args);
	path_at(path, folder, name);
	if (is_write && (flags & O_CREAT) != 0) {
		if (faulty_fails(FAULTY_NAME))
			return refuse(EIO);
		if (faulty_is_off())
			return __real_open("/dev/null", O_RDWR | O_CLOEXEC);
		number = disk_is_on() ? disk_open(path) : -1;
		if (number >= 0 && (flags & O_TRUNC) != 0)
			disk_truncate(number, 0);
	}
	fd = __real_openat(folder, name, flags, mode);
	if (is_write || (flags & O_DIRECTORY) != 0)
		followed(fd, is_write ? FD_FILE : FD_FOLDER, number, path);
	return fd;
}

int __wrap_open(const char *path, int flags, ...)
{
	va_list args;
	mode_t mode;

	va_start(args, flags);
	mode = (flags & O_CREAT) != 0 ? va_arg(args, mode_t) : 0;
	va_end(args);
	return __wrap_openat(AT_FDCWD, path, flags, mode);
}

int __wrap_close(int fd)
{
	if (fd >= 0 && fd < FDS_MAX)
		fds[fd].kind = FD_OTHER;
	return __real_close(fd);
}

/* ---- Content */

/* Whether a write fails; a full disk takes the first half of it. */
static int write_fails(size_t *size)
{
	if (faulty_fails(FAULTY_FULL)) {
		*size /= 2;
		if (*size == 0)
			return refuse(ENOSPC);
	}
	return faulty_fails(FAULTY_WRITE) ? refuse(EIO) : 0;
}

ssize_t __wrap_pwrite(int fd, const void *bytes, size_t size, off_t offset)
{
	if (!is_kind(fd, FD_FILE))
		return __real_pwrite(fd, bytes, size, offset);
	if (write_fails(&size) != 0)
		return -1;
	if (faulty_is_off())
		return (ssize_t)size;
	if (fds[fd].number >= 0)
		disk_write(fds[fd].number, bytes, (int64_t)size, offset);
	return __real_pwrite(fd, bytes, size, offset);
}

ssize_t __wrap_write(int fd, const void *bytes, size_t size)
{
	struct stat status;
	off_t offset;

	if (!is_kind(fd, FD_FILE))
		return __real_write(fd, bytes, size);
	if (write_fails(&size) != 0)
		return -1;
	if (faulty_is_off())
		return (ssize_t)size;
	offset = lseek(fd, 0, SEEK_CUR);
	if ((fcntl(fd, F_GETFL) & O_APPEND) != 0 && fstat(fd, &status) == 0)
		offset = status.st_size;
	if (fds[fd].number >= 0)
		disk_write(fds[fd].number, bytes, (int64_t)size, offset);
	return __real_write(fd, bytes, size);
}

int __wrap_ftruncate(int fd, off_t size)
{
	if (!is_kind(fd, FD_FILE))
		return __real_ftruncate(fd, size);
	if (faulty_fails(FAULTY_TRUNCATE))
		return refuse(EIO);
	if (faulty_is_off())
		return 0;
	if (fds[fd].number >= 0)
		disk_truncate(fds[fd].number, size);
	return __real_ftruncate(fd, size);
}

/* Nothing waits for the real disk. */
static int synced(int fd)
{
	if (!is_kind(fd, FD_FILE) && !is_kind(fd, FD_FOLDER))
		return 0;
	if (faulty_fails(FAULTY_SYNC))
		return refuse(EIO);
	if (faulty_is_off() || !disk_is_on())
		return 0;
	if (fds[fd].kind == FD_FOLDER)
		disk_sync_names(fds[fd].path, strlen(fds[fd].path));
	else if (fds[fd].number >= 0)
		disk_sync(fds[fd].number);
	return 0;
}

int __wrap_fsync(int fd)
{
	return synced(fd);
}

int __wrap_fdatasync(int fd)
{
	return synced(fd);
}

/* ---- Names */

int __wrap_renameat(int from_folder, const char *from, int to_folder, const char *to)
{
	char from_path[DISK_PATH_MAX], to_path[DISK_PATH_MAX];

	if (faulty_fails(FAULTY_NAME))
		return refuse(EIO);
	if (faulty_is_off())
		return 0;
	if (disk_is_on())
		disk_rename(path_at(from_path, from_folder, from), path_at(to_path, to_folder, to));
	return __real_renameat(from_folder, from, to_folder, to);
}

int __wrap_rename(const char *from, const char *to)
{
	return __wrap_renameat(AT_FDCWD, from, AT_FDCWD, to);
}

int __wrap_linkat(int from_folder, const char *from, int to_folder, const char *to, int flags)
{
	char from_path[DISK_PATH_MAX], to_path[DISK_PATH_MAX];

	if (faulty_fails(FAULTY_NAME))
		return refuse(EIO);
	if (faulty_is_off())
		return 0;
	/* The model is told first: it takes what is there when it looks for what is on the disk. */
	if (disk_is_on() && faccessat(to_folder, to, F_OK, AT_SYMLINK_NOFOLLOW) != 0)
		disk_link(path_at(from_path, from_folder, from), path_at(to_path, to_folder, to));
	return __real_linkat(from_folder, from, to_folder, to, flags);
}

int __wrap_unlinkat(int folder, const char *name, int flags)
{
	char path[DISK_PATH_MAX];

	if (faulty_fails(FAULTY_NAME))
		return refuse(EIO);
	if (faulty_is_off())
		return 0;
	if (disk_is_on() && (flags & AT_REMOVEDIR) == 0)
		disk_unlink(path_at(path, folder, name));
	return __real_unlinkat(folder, name, flags);
}

int __wrap_unlink(const char *path)
{
	return __wrap_unlinkat(AT_FDCWD, path, 0);
}
