/* SPDX-License-Identifier: Apache-2.0
 *
 * The layer stands on SQLite's own and passes everything on but syncs, of which it is the model
 * (disk.h), so that tests need not wait for the disk. What counts operations and says that the
 * power is off is shared with children, who may write files of their own (faulty_calls.c).
 */
#include "support/faulty.h"

#include <assert.h>
#include <sqlite3.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "support/disk.h"

/* What SQLite makes a name durable for: with the file's first sync, below this layer. */
#define JOURNALS (SQLITE_OPEN_WAL | SQLITE_OPEN_MAIN_JOURNAL | SQLITE_OPEN_SUPER_JOURNAL)

struct faulty_file {
	sqlite3_file base;
	int number;	    /* in the model; -1: it is not watched */
	const char *is_new; /* its path until it is synced, if SQLite then syncs the folder */
	sqlite3_file *real; /* behind this struct */
};

struct faults {
	int kinds, is_off;
	int64_t fail_at, seen, off_at, done;
};

static sqlite3_vfs *below;
static sqlite3_vfs layer;
static struct faults *faults; /* shared with children */
static char database[DISK_PATH_MAX];

void faulty_fail_after(int kinds, int64_t operations)
{
	faults->kinds = kinds;
	faults->fail_at = operations;
	faults->seen = 0;
}

int64_t faulty_seen(void)
{
	return faults->seen;
}

int faulty_fails(int kind)
{
	if ((faults->kinds & kind) == 0)
		return 0;
	faults->seen++;
	return faults->fail_at > 0 && faults->seen >= faults->fail_at;
}

int faulty_is_off(void)
{
	faults->done++;
	faults->is_off |= faults->off_at > 0 && faults->done >= faults->off_at;
	return faults->is_off;
}

void faulty_watch(void)
{
	disk_begin();
	faults->is_off = 0;
	faults->off_at = 0;
}

void faulty_unwatch(void)
{
	disk_end();
	faults->is_off = 0;
	faults->off_at = 0;
}

void faulty_power_off(void)
{
	faults->is_off = 1;
}

void faulty_power_off_after(int64_t operations)
{
	faults->off_at = operations;
	faults->done = 0;
}

int faulty_power_is_off(void)
{
	return faults->is_off;
}

void faulty_crash(uint64_t seed)
{
	char shared[sizeof(database) + 8];

	disk_crash(seed);
	snprintf(shared, sizeof(shared), "%s-shm", database);
	remove(shared); /* unlink may be a call that comes here */
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
	if (faulty_fails(FAULTY_FULL))
		return SQLITE_FULL;
	if (faulty_fails(FAULTY_WRITE))
		return SQLITE_IOERR_WRITE;
	if (faulty_is_off())
		return SQLITE_OK;
	if (file_of(file)->number >= 0)
		disk_write(file_of(file)->number, bytes, size, offset);
	return real_of(file)->pMethods->xWrite(real_of(file), bytes, size, offset);
}

static int file_truncate(sqlite3_file *file, sqlite3_int64 size)
{
	if (faulty_fails(FAULTY_TRUNCATE))
		return SQLITE_IOERR_TRUNCATE;
	if (faulty_is_off())
		return SQLITE_OK;
	if (file_of(file)->number >= 0)
		disk_truncate(file_of(file)->number, size);
	return real_of(file)->pMethods->xTruncate(real_of(file), size);
}

static void names_sync(const char *path)
{
	const char *slash = strrchr(path, '/');

	assert(slash != NULL);
	disk_sync_names(path, (size_t)(slash - path));
}

static int file_sync(sqlite3_file *file, int flags)
{
	(void)flags;
	if (faulty_fails(FAULTY_SYNC))
		return SQLITE_IOERR_FSYNC;
	if (faulty_is_off() || file_of(file)->number < 0)
		return SQLITE_OK;
	disk_sync(file_of(file)->number);
	if (file_of(file)->is_new != NULL)
		names_sync(file_of(file)->is_new);
	file_of(file)->is_new = NULL;
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
	it->number = path != NULL && disk_is_on() ? disk_open(path) : -1;
	it->is_new = (flags & SQLITE_OPEN_CREATE) != 0 && (flags & JOURNALS) != 0 ? path : NULL;
	if (path != NULL && (flags & SQLITE_OPEN_MAIN_DB) != 0)
		snprintf(database, sizeof(database), "%s", path);
	code = below->xOpen(below, path, it->real, flags, out);
	it->base.pMethods = code == SQLITE_OK ? &methods : NULL;
	return code;
}

static int layer_delete(sqlite3_vfs *vfs, const char *path, int sync)
{
	(void)vfs;
	if (faulty_is_off())
		return SQLITE_OK;
	if (disk_is_on())
		disk_unlink(path);
	if (disk_is_on() && sync)
		names_sync(path);
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
	faults = mmap(NULL, sizeof(*faults), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1,
		      0);
	assert(faults != MAP_FAILED);
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
