/* SPDX-License-Identifier: Apache-2.0
 *
 * A file that lies in memory alone, for readers that take a path: its path is below /proc/self/fd,
 * which is its folder.
 */
#ifndef SUPPORT_MEMORY_FILE_H
#define SUPPORT_MEMORY_FILE_H

#include <stddef.h>

struct memory_file {
	int fd;
	char path[32];
};

/* Make one with these bytes, as the descriptor `fd`, or any free one when that is negative. */
void memory_file_make(struct memory_file *file, int fd, const void *bytes, size_t size);
void memory_file_remove(struct memory_file *file);

#endif
