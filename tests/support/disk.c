/* SPDX-License-Identifier: Apache-2.0
 *
 * Everything lies in one reserve of address space that is shared with children, taken from its
 * front and given back as a whole. A lock guards it that survives the death of who holds it: a
 * child may be killed at any moment. Changes are linked in last, so what it left is whole.
 */
#include "support/disk.h"

#include <assert.h>
#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/random.h"

#define RESERVE	  ((size_t)2 << 30) /* of addresses; pages are taken when they are used */
#define FILES_MAX 1024
#define NAMES_MAX 1024
#define NOTHING	  (-1) /* no file has the name */

struct unsynced {
	int64_t offset, size; /* size -1: truncated to offset */
	struct unsynced *next;
	uint8_t bytes[];
};

struct file {
	uint8_t *synced;
	int64_t size, room;
	struct unsynced *first, **last;
};

struct name {
	char path[DISK_PATH_MAX];
	int kept, now; /* numbers of files: on the disk, and as programs see it */
};

/* One or two names change at one time, wholly or not at all. */
struct change {
	int name[2], file[2], count, is_done;
	struct change *next;
};

struct disk {
	pthread_mutex_t lock;
	size_t used;
	int files_count, names_count;
	struct file files[FILES_MAX];
	struct name names[NAMES_MAX];
	struct change *first, **last;
};

static struct disk *disk;

static void *take(size_t size)
{
	uint8_t *at = (uint8_t *)disk + disk->used;

	disk->used += (size + 15) & ~(size_t)15;
	assert(disk->used <= RESERVE);
	return at;
}

static void lock_take(void)
{
	if (pthread_mutex_lock(&disk->lock) == EOWNERDEAD)
		pthread_mutex_consistent(&disk->lock);
}

static void lock_give(void)
{
	pthread_mutex_unlock(&disk->lock);
}

void disk_begin(void)
{
	pthread_mutexattr_t shared;

	disk_end();
	disk = mmap(NULL, RESERVE, PROT_READ | PROT_WRITE,
		    MAP_SHARED | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	assert(disk != MAP_FAILED);
	disk->used = sizeof(*disk);
	disk->last = &disk->first;
	pthread_mutexattr_init(&shared);
	pthread_mutexattr_setpshared(&shared, PTHREAD_PROCESS_SHARED);
	pthread_mutexattr_setrobust(&shared, PTHREAD_MUTEX_ROBUST);
	pthread_mutex_init(&disk->lock, &shared);
}

void disk_end(void)
{
	if (disk != NULL)
		munmap(disk, RESERVE);
	disk = NULL;
}

int disk_is_on(void)
{
	return disk != NULL;
}

/* ---- Content */

static void room_make(struct file *file, int64_t size)
{
	uint8_t *more;

	if (size <= file->room)
		return;
	more = take((size_t)size * 2);
	if (file->size > 0)
		memcpy(more, file->synced, (size_t)file->size);
	file->synced = more;
	file->room = size * 2;
}

/* The first `size` bytes of a change to a file, on what it was. */
static void change_take(struct file *file, const struct unsynced *it, int64_t size)
{
	int64_t end = it->size < 0 ? it->offset : it->offset + size;

	room_make(file, end);
	if (end > file->size)
		memset(file->synced + file->size, 0, (size_t)(end - file->size));
	if (it->size >= 0)
		memcpy(file->synced + it->offset, it->bytes, (size_t)size);
	if (it->size < 0 || end > file->size)
		file->size = end;
}

static void change_add(int number, const void *bytes, int64_t size, int64_t offset)
{
	struct file *file = &disk->files[number];
	struct unsynced *it;

	lock_take();
	it = take(sizeof(*it) + (size_t)(size > 0 ? size : 0));
	*it = (struct unsynced){.offset = offset, .size = size};
	if (size > 0)
		memcpy(it->bytes, bytes, (size_t)size);
	*file->last = it;
	file->last = &it->next;
	lock_give();
}

void disk_write(int file, const void *bytes, int64_t size, int64_t offset)
{
	change_add(file, bytes, size, offset);
}

void disk_truncate(int file, int64_t size)
{
	change_add(file, NULL, -1, size);
}

void disk_sync(int number)
{
	struct file *file = &disk->files[number];

	lock_take();
	for (struct unsynced *it = file->first; it != NULL; it = it->next)
		change_take(file, it, it->size);
	file->first = NULL;
	file->last = &file->first;
	lock_give();
}

/* ---- Names */

static int file_make(void)
{
	struct file *file = &disk->files[disk->files_count];

	assert(disk->files_count < FILES_MAX);
	*file = (struct file){.last = &file->first};
	return disk->files_count++;
}

/* What was there before is on the disk. */
static int file_found(const char *path)
{
	FILE *in = fopen(path, "rb");
	struct file *file;
	int number;

	if (in == NULL)
		return NOTHING;
	number = file_make();
	file = &disk->files[number];
	fseek(in, 0, SEEK_END);
	room_make(file, ftell(in));
	rewind(in);
	file->size = (int64_t)fread(file->synced, 1, (size_t)file->room / 2, in);
	fclose(in);
	return number;
}

static int name_of(const char *path)
{
	struct name *name = &disk->names[disk->names_count];

	for (int i = 0; i < disk->names_count; i++)
		if (strcmp(disk->names[i].path, path) == 0)
			return i;
	assert(disk->names_count < NAMES_MAX);
	assert(strlen(path) < sizeof(name->path));
	snprintf(name->path, sizeof(name->path), "%s", path);
	name->kept = name->now = file_found(path);
	return disk->names_count++;
}

static void names_change(const struct change *what)
{
	struct change *it = take(sizeof(*it));

	*it = *what;
	for (int i = 0; i < it->count; i++)
		disk->names[it->name[i]].now = it->file[i];
	*disk->last = it;
	disk->last = &it->next;
}

int disk_open(const char *path)
{
	int name, file;

	lock_take();
	name = name_of(path);
	if (disk->names[name].now == NOTHING)
		names_change(&(struct change){.name = {name}, .file = {file_make()}, .count = 1});
	file = disk->names[name].now;
	lock_give();
	return file;
}

void disk_unlink(const char *path)
{
	lock_take();
	names_change(&(struct change){.name = {name_of(path)}, .file = {NOTHING}, .count = 1});
	lock_give();
}

void disk_link(const char *from, const char *to)
{
	struct change change = {.count = 1};

	lock_take();
	change.name[0] = name_of(to);
	change.file[0] = disk->names[name_of(from)].now;
	names_change(&change);
	lock_give();
}

void disk_rename(const char *from, const char *to)
{
	struct change change = {.file = {NOTHING, NOTHING}, .count = 2};

	lock_take();
	change.name[0] = name_of(from);
	change.name[1] = name_of(to);
	change.file[1] = disk->names[change.name[0]].now;
	names_change(&change);
	lock_give();
}

static int is_in(const char *path, const char *folder, size_t length)
{
	return strncmp(path, folder, length) == 0 && path[length] == '/' &&
	       strchr(path + length + 1, '/') == NULL;
}

static void names_keep(struct change *it)
{
	for (int i = 0; i < it->count; i++)
		disk->names[it->name[i]].kept = it->file[i];
	it->is_done = 1;
}

void disk_sync_names(const char *folder, size_t length)
{
	lock_take();
	for (struct change *it = disk->first; it != NULL; it = it->next)
		if (!it->is_done && is_in(disk->names[it->name[0]].path, folder, length))
			names_keep(it);
	lock_give();
}

/* ---- Power */

/* One write that was not synced: it reached the disk, or a part of it did, or nothing. */
static void content_crash(struct file *file, uint64_t *random)
{
	for (struct unsynced *it = file->first; it != NULL; it = it->next) {
		int64_t size = it->size;

		if (random_below(random, 2) == 0)
			continue;
		if (size > 0 && random_below(random, 4) == 0)
			size = (int64_t)random_below(random, (uint64_t)size + 1);
		change_take(file, it, size);
	}
}

static void file_leave(const struct name *name)
{
	const struct file *file = &disk->files[name->kept];
	FILE *out = fopen(name->path, "wb");

	assert(out != NULL);
	assert(fwrite(file->synced, 1, (size_t)file->size, out) == (size_t)file->size);
	fclose(out);
}

void disk_crash(uint64_t seed)
{
	uint64_t random = random_mix(seed);

	lock_take(); /* of a child that was killed */
	for (struct change *it = disk->first; it != NULL; it = it->next)
		if (!it->is_done && random_below(&random, 2) == 0)
			names_keep(it);
	for (int i = 0; i < disk->files_count; i++)
		content_crash(&disk->files[i], &random);
	for (int i = 0; i < disk->names_count; i++) {
		remove(disk->names[i].path); /* unlink may be a call that comes here */
		if (disk->names[i].kept != NOTHING)
			file_leave(&disk->names[i]);
	}
	lock_give();
	disk_end();
}
