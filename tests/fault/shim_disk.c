/* SPDX-License-Identifier: Apache-2.0 */
/*
 * SQLite's files, each I/O of which may be the one that fails: a VFS over the usual one. A write
 * that fails has written its first half.
 */
#include <errno.h>
#include <sqlite3.h>
#include <stdlib.h>
#include <string.h>

#include "shim_private.h"

struct file {
	sqlite3_file base;
	sqlite3_file *real;	/* behind this one */
};

static sqlite3_vfs *real_vfs;

/* SQLite asks errno what was the matter. */
static bool fails(void)
{
	if (!fault_strikes(FAULT_DISK))
		return false;
	errno = EIO;
	return true;
}

static sqlite3_file *real_of(sqlite3_file *f)
{
	return ((struct file *)f)->real;
}

/* --- files ----------------------------------------------------------------------- */

static int x_close(sqlite3_file *f)
{
	return real_of(f)->pMethods->xClose(real_of(f));
}

static int x_read(sqlite3_file *f, void *data, int len, sqlite3_int64 off)
{
	return fails() ? SQLITE_IOERR_READ : real_of(f)->pMethods->xRead(real_of(f), data, len, off);
}

/* Every other time the disk is full, else broken. */
static int x_write(sqlite3_file *f, const void *data, int len, sqlite3_int64 off)
{
	if (!fails())
		return real_of(f)->pMethods->xWrite(real_of(f), data, len, off);
	real_of(f)->pMethods->xWrite(real_of(f), data, len / 2, off);
	errno = off / 4096 % 2 ? ENOSPC : EIO;
	return off / 4096 % 2 ? SQLITE_FULL : SQLITE_IOERR_WRITE;
}

static int x_truncate(sqlite3_file *f, sqlite3_int64 size)
{
	return fails() ? SQLITE_IOERR_TRUNCATE : real_of(f)->pMethods->xTruncate(real_of(f), size);
}

static int x_sync(sqlite3_file *f, int flags)
{
	return fails() ? SQLITE_IOERR_FSYNC : real_of(f)->pMethods->xSync(real_of(f), flags);
}

static int x_file_size(sqlite3_file *f, sqlite3_int64 *size)
{
	return fails() ? SQLITE_IOERR_FSTAT : real_of(f)->pMethods->xFileSize(real_of(f), size);
}

static int x_lock(sqlite3_file *f, int level)
{
	return fails() ? SQLITE_IOERR_LOCK : real_of(f)->pMethods->xLock(real_of(f), level);
}

static int x_unlock(sqlite3_file *f, int level)
{
	return real_of(f)->pMethods->xUnlock(real_of(f), level);
}

static int x_check_reserved(sqlite3_file *f, int *out)
{
	return real_of(f)->pMethods->xCheckReservedLock(real_of(f), out);
}

static int x_control(sqlite3_file *f, int op, void *arg)
{
	return real_of(f)->pMethods->xFileControl(real_of(f), op, arg);
}

static int x_sector_size(sqlite3_file *f)
{
	return real_of(f)->pMethods->xSectorSize(real_of(f));
}

static int x_characteristics(sqlite3_file *f)
{
	return real_of(f)->pMethods->xDeviceCharacteristics(real_of(f));
}

static int x_shm_map(sqlite3_file *f, int region, int size, int extend, void volatile **out)
{
	return fails() ? SQLITE_IOERR_SHMMAP
		       : real_of(f)->pMethods->xShmMap(real_of(f), region, size, extend, out);
}

static int x_shm_lock(sqlite3_file *f, int off, int n, int flags)
{
	if (flags & SQLITE_SHM_LOCK && fails())
		return SQLITE_IOERR_SHMLOCK;
	return real_of(f)->pMethods->xShmLock(real_of(f), off, n, flags);
}

static void x_shm_barrier(sqlite3_file *f)
{
	real_of(f)->pMethods->xShmBarrier(real_of(f));
}

static int x_shm_unmap(sqlite3_file *f, int remove)
{
	return real_of(f)->pMethods->xShmUnmap(real_of(f), remove);
}

static const sqlite3_io_methods methods = {
	.iVersion = 2,
	.xClose = x_close,
	.xRead = x_read,
	.xWrite = x_write,
	.xTruncate = x_truncate,
	.xSync = x_sync,
	.xFileSize = x_file_size,
	.xLock = x_lock,
	.xUnlock = x_unlock,
	.xCheckReservedLock = x_check_reserved,
	.xFileControl = x_control,
	.xSectorSize = x_sector_size,
	.xDeviceCharacteristics = x_characteristics,
	.xShmMap = x_shm_map,
	.xShmLock = x_shm_lock,
	.xShmBarrier = x_shm_barrier,
	.xShmUnmap = x_shm_unmap,
};

/* --- the file system ---------------------------------------------------------------- */

static int x_open(sqlite3_vfs *vfs, const char *name, sqlite3_file *f, int flags, int *out)
{
	struct file *file = (struct file *)f;
	int code;

	file->base.pMethods = NULL;
	file->real = (sqlite3_file *)(file + 1);
	if (fails())
		return SQLITE_CANTOPEN;
	code = real_vfs->xOpen(real_vfs, name, file->real, flags, out);
	if (file->real->pMethods)
		file->base.pMethods = &methods;
	return code;
}

static int x_delete(sqlite3_vfs *vfs, const char *name, int sync)
{
	return fails() ? SQLITE_IOERR_DELETE : real_vfs->xDelete(real_vfs, name, sync);
}

static int x_access(sqlite3_vfs *vfs, const char *name, int flags, int *out)
{
	return fails() ? SQLITE_IOERR_ACCESS : real_vfs->xAccess(real_vfs, name, flags, out);
}

void fault_install_disk(void)
{
	static sqlite3_vfs ours;

	real_vfs = sqlite3_vfs_find(NULL);
	ours = *real_vfs;
	ours.zName = "failing";
	ours.szOsFile = (int)sizeof(struct file) + real_vfs->szOsFile;
	ours.xOpen = x_open;
	ours.xDelete = x_delete;
	ours.xAccess = x_access;
	if (sqlite3_vfs_register(&ours, 1) != SQLITE_OK)
		abort();
}
