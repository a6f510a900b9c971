/* SPDX-License-Identifier: Apache-2.0
 *
 * The layer stands on SQLite's own and passes everything on but syncs, of which it is the model, so
 * that tests need not wait for the disk. While it watches, it keeps for each
 * file a copy of what was synced (made when it is opened, and at each sync) and the writes since.
 */
#include "support/faulty.h"

#include <assert.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/random.h"

#define FILES_MAX 16

struct unsynced {
	int64_t offset;
	int size; /* -1: truncated to offset */
	struct unsynced *next;
	uint8_t bytes[];
};

struct watched {
	char path[512];
	int is_deleted;
	uint8_t *synced;
	int64_t synced_size;
	struct unsynced *first, **last;
};

struct faulty_file {
	sqlite3_file base;
	struct watched *watched;
	sqlite3_file *real; /* behind this struct */
};

static sqlite3_vfs *below;
static sqlite3_vfs layer;
static struct watched files[FILES_MAX];
static int files_count, is_watching, is_off, fail_kinds;
static int64_t fail_at, seen;

void faulty_fail_after(int kinds, int64_t operations)
{
	fail_kinds = kinds;
	fail_at = operations;
	seen = 0;
}

int64_t faulty_seen(void)
{
	return seen;
}

static int fails(int kind)
{
	if ((fail_kinds & kind) == 0)
		return 0;
	seen++;
	return fail_at > 0 && seen >= fail_at;
}

/* ---- What is on the disk */

static void writes_free(struct watched *file)
{
	struct unsynced *next;

	for (struct unsynced *it = file->first; it != NULL; it = next) {
		next = it->next;
		free(it);
	}
	file->first = NULL;
	file->last = &file->first;
}

static void synced_read(struct watched *file)
{
	FILE *in = fopen(file->path, "rb");

	free(file->synced);
	file->synced = NULL;
	file->synced_size = 0;
	writes_free(file);
	if (in == NULL)
		return;
	fseek(in, 0, SEEK_END);
	file->synced_size = ftell(in);
	rewind(in);
	file->synced = malloc((size_t)file->synced_size + 1);
	assert(fread(file->synced, 1, (size_t)file->synced_size, in) == (size_t)file->synced_size);
	fclose(in);
}

static struct watched *watched_of(const char *path)
{
	if (!is_watching || path == NULL)
		return NULL;
	for (int i = 0; i < files_count; i++)
		if (strcmp(files[i].path, path) == 0) {
			files[i].is_deleted = 0;
			return &files[i];
		}
	assert(files_count < FILES_MAX);
	snprintf(files[files_count].path, sizeof(files[0].path), "%s", path);
	files[files_count].is_deleted = 0;
	files[files_count].first = NULL;
	files[files_count].synced = NULL;
	synced_read(&files[files_count]);
	return &files[files_count++];
}

static void written(struct watched *file, const void *bytes, int size, int64_t offset)
{
	struct unsynced *it;

	if (file == NULL || !is_watching)
		return;
	it = malloc(sizeof(*it) + (size_t)(size > 0 ? size : 0));
	assert(it != NULL);
	it->offset = offset;
	it->size = size;
	it->next = NULL;
	if (size > 0)
		memcpy(it->bytes, bytes, (size_t)size);
	*file->last = it;
	file->last = &it->next;
}

void faulty_watch(void)
{
	is_watching = 1;
	files_count = 0;
}

void faulty_unwatch(void)
{
	for (int i = 0; i < files_count; i++) {
		writes_free(&files[i]);
		free(files[i].synced);
		files[i].synced = NULL;
	}
	files_count = 0;
	is_watching = is_off = 0;
}

void faulty_power_off(void)
{
	is_off = 1;
}

/* One write that was not synced: it reached the disk, or a part of it did, or nothing. */
static void disk_take(FILE *out, const struct unsynced *it, uint64_t *random)
{
	int size = it->size;

	if (random_below(random, 2) == 0)
		return;
	if (size < 0) {
		assert(ftruncate(fileno(out), it->offset) == 0);
		return;
	}
	if (random_below(random, 4) == 0)
		size = (int)random_below(random, (uint64_t)size + 1);
	assert(pwrite(fileno(out), it->bytes, (size_t)size, it->offset) == size);
}

void faulty_crash(uint64_t seed)
{
	uint64_t random = random_mix(seed);

	for (int i = 0; i < files_count; i++) {
		struct watched *file = &files[i];
		char shared[9000];
		FILE *out = file->is_deleted ? NULL : fopen(file->path, "wb");

		if (file->is_deleted)
			continue;
		assert(out != NULL);
		assert(fwrite(file->synced, 1, (size_t)file->synced_size, out) ==
		       (size_t)file->synced_size);
		fflush(out);
		for (struct unsynced *it = file->first; it != NULL; it = it->next)
			disk_take(out, it, &random);
		fclose(out);
		snprintf(shared, sizeof(shared), "%s-shm", file->path);
		unlink(shared);
	}
	faulty_unwatch();
}

/* ---- Files */

static struct faulty_file *file_of(sqlite3_file *file)
{
	return (struct faulty_file *)file;
}

static sqlite3_file *real_of(sqlite3_file *file)
{
	return file_of(file)->real;
}

static int file_close(sqlite3_file *file)
{
	sqlite3_file *real = real_of(file);

	return real->pMethods == NULL ? SQLITE_OK : real->pMethods->xClose(real);
}

static int file_read(sqlite3_file *file, void *bytes, int size, sqlite3_int64 offset)
{
	return real_of(file)->pMethods->xRead(real_of(file), bytes, size, offset);
}

static int file_write(sqlite3_file *file, const void *bytes, int size, sqlite3_int64 offset)
{
	if (fails(FAULTY_FULL))
		return SQLITE_FULL;
	if (fails(FAULTY_WRITE))
		return SQLITE_IOERR_WRITE;
	if (is_off)
		return SQLITE_OK;
	written(file_of(file)->watched, bytes, size, offset);
	return real_of(file)->pMethods->xWrite(real_of(file), bytes, size, offset);
}

static int file_truncate(sqlite3_file *file, sqlite3_int64 size)
{
	if (fails(FAULTY_TRUNCATE))
		return SQLITE_IOERR_TRUNCATE;
	if (is_off)
		return SQLITE_OK;
	written(file_of(file)->watched, NULL, -1, size);
	return real_of(file)->pMethods->xTruncate(real_of(file), size);
}

static int file_sync(sqlite3_file *file, int flags)
{
	(void)flags;
	if (fails(FAULTY_SYNC))
		return SQLITE_IOERR_FSYNC;
	if (!is_off && file_of(file)->watched != NULL)
		synced_read(file_of(file)->watched);
	return SQLITE_OK;
}

static int file_size(sqlite3_file *file, sqlite3_int64 *size)
{
	return real_of(file)->pMethods->xFileSize(real_of(file), size);
}

static int file_lock(sqlite3_file *file, int level)
{
	return real_of(file)->pMethods->xLock(real_of(file), level);
}

static int file_unlock(sqlite3_file *file, int level)
{
	return real_of(file)->pMethods->xUnlock(real_of(file), level);
}

static int file_check_lock(sqlite3_file *file, int *out)
{
	return real_of(file)->pMethods->xCheckReservedLock(real_of(file), out);
}

static int file_control(sqlite3_file *file, int op, void *argument)
{
	return real_of(file)->pMethods->xFileControl(real_of(file), op, argument);
}

static int file_sector(sqlite3_file *file)
{
	return real_of(file)->pMethods->xSectorSize(real_of(file));
}

static int file_device(sqlite3_file *file)
{
	return real_of(file)->pMethods->xDeviceCharacteristics(real_of(file));
}

static int shm_map(sqlite3_file *file, int page, int size, int extend, void volatile **out)
{
	return real_of(file)->pMethods->xShmMap(real_of(file), page, size, extend, out);
}

static int shm_lock(sqlite3_file *file, int offset, int count, int flags)
{
	return real_of(file)->pMethods->xShmLock(real_of(file), offset, count, flags);
}

static void shm_barrier(sqlite3_file *file)
{
	real_of(file)->pMethods->xShmBarrier(real_of(file));
}

static int shm_unmap(sqlite3_file *file, int remove)
{
	return real_of(file)->pMethods->xShmUnmap(real_of(file), remove);
}

static const sqlite3_io_methods methods = {
	.iVersion = 2,
	.xClose = file_close,
	.xRead = file_read,
	.xWrite = file_write,
	.xTruncate = file_truncate,
	.xSync = file_sync,
	.xFileSize = file_size,
	.xLock = file_lock,
	.xUnlock = file_unlock,
	.xCheckReservedLock = file_check_lock,
	.xFileControl = file_control,
	.xSectorSize = file_sector,
	.xDeviceCharacteristics = file_device,
	.xShmMap = shm_map,
	.xShmLock = shm_lock,
	.xShmBarrier = shm_barrier,
	.xShmUnmap = shm_unmap,
};

static int layer_open(sqlite3_vfs *vfs, const char *path, sqlite3_file *file, int flags, int *out)
{
	struct faulty_file *it = file_of(file);
	int code;

	(void)vfs;
	it->real = (sqlite3_file *)(it + 1);
	it->watched = watched_of(path);
	code = below->xOpen(below, path, it->real, flags, out);
	it->base.pMethods = code == SQLITE_OK ? &methods : NULL;
	return code;
}

static int layer_delete(sqlite3_vfs *vfs, const char *path, int sync)
{
	(void)vfs;
	if (is_off)
		return SQLITE_OK;
	for (int i = 0; i < files_count; i++)
		files[i].is_deleted |= strcmp(files[i].path, path) == 0;
	return below->xDelete(below, path, sync);
}

static int layer_access(sqlite3_vfs *vfs, const char *path, int flags, int *out)
{
	(void)vfs;
	return below->xAccess(below, path, flags, out);
}

static int layer_path(sqlite3_vfs *vfs, const char *path, int size, char *out)
{
	(void)vfs;
	return below->xFullPathname(below, path, size, out);
}

void faulty_register(void)
{
	if (below != NULL)
		return;
	below = sqlite3_vfs_find(NULL);
	layer = *below;
	layer.zName = "faulty";
	layer.pNext = NULL;
	layer.szOsFile = (int)sizeof(struct faulty_file) + below->szOsFile;
	layer.xOpen = layer_open;
	layer.xDelete = layer_delete;
	layer.xAccess = layer_access;
	layer.xFullPathname = layer_path;
	sqlite3_vfs_register(&layer, 0);
}
