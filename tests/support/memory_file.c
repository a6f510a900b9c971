/* SPDX-License-Identifier: Apache-2.0 */
#include "support/memory_file.h"

#include <stdio.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/assert.h"

void memory_file_make(struct memory_file *file, int fd, const void *bytes, size_t size)
{
	file->fd = memfd_create("parc", MFD_CLOEXEC);
	ASSERT(file->fd >= 0);
	if (fd >= 0 && fd != file->fd) {
		ASSERT(dup2(file->fd, fd) == fd);
		close(file->fd);
		file->fd = fd;
	}
	while (size > 0) {
		ssize_t written = write(file->fd, bytes, size);

		ASSERT(written > 0);
		bytes = (const char *)bytes + written;
		size -= (size_t)written;
	}
	snprintf(file->path, sizeof(file->path), "/proc/self/fd/%d", file->fd);
}

void memory_file_remove(struct memory_file *file)
{
	close(file->fd);
	file->fd = -1;
}
