/* SPDX-License-Identifier: Apache-2.0
 *
 * A model of a disk for tests that lose power: of each file what was synced and what was written
 * since, of each name what its folder's last sync kept and what was done to it since. It lies in
 * memory that children share, so a process that a test starts writes on the same disk.
 *
 *   begin, end      disk_begin, disk_end
 *   names           disk_open, disk_rename, disk_link, disk_unlink, disk_sync_names
 *   content         disk_write, disk_truncate, disk_sync
 *   power           disk_crash: makes of the real files what the disk has
 *
 * What is told to the model has to be done to the real files as well; they are what programs read.
 * A path is that by which a file was opened, and a folder all of it before its last slash.
 */
#ifndef TESTS_SUPPORT_DISK_H
#define TESTS_SUPPORT_DISK_H

#include <stddef.h>
#include <stdint.h>

#define DISK_PATH_MAX 512

void disk_begin(void); /* forgets what was before */
void disk_end(void);
int disk_is_on(void);

/* The number of the file that has this path, made when there is none. One that was there before it
 * was looked for is kept as it is. What becomes of names is kept when their folder is synced. */
int disk_open(const char *path);
void disk_unlink(const char *path);
void disk_rename(const char *from, const char *to);
void disk_link(const char *from, const char *to);
void disk_sync_names(const char *folder, size_t length);

void disk_write(int file, const void *bytes, int64_t size, int64_t offset);
void disk_truncate(int file, int64_t size);
void disk_sync(int file);

/* Of what was not synced a random part reaches the disk, in its order, a write perhaps torn; then
 * the real files are made to be that, and the model ends. */
void disk_crash(uint64_t seed);

#endif
