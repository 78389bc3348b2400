/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The one border between SQLite's result codes and errno. It says what happened to the store file;
 * what was being done is for the caller to say.
 */
#include "db.h"

static int system_error(struct fly_db *db, int otherwise)
{
	int error = db->sql ? sqlite3_system_errno(db->sql) : 0;

	switch (error) {
	case ENOSPC:
	case EDQUOT:
	case EROFS:
	case EACCES:
	case EPERM:
	case ENOENT:
	case ENOLCK:
	case ENOMEM:
	case EMFILE:
	case ENFILE:
	case ESTALE:
	case EFBIG:
		return error == EFBIG ? ENOSPC : error;
	default:
		return otherwise;
	}
}

int fly_db_errno(struct fly_db *db, int code)
{
	if (code == SQLITE_IOERR_NOMEM)
		return -ENOMEM;
	if (code == SQLITE_CONSTRAINT_UNIQUE || code == SQLITE_CONSTRAINT_PRIMARYKEY ||
	    code == SQLITE_CONSTRAINT_ROWID)
		return -EEXIST;
	switch (code & 0xff) {
	case SQLITE_OK:
	case SQLITE_ROW:
	case SQLITE_DONE:
		return 0;
	case SQLITE_FULL:
		return -ENOSPC;
	case SQLITE_IOERR:
		return -system_error(db, EIO);
	case SQLITE_CANTOPEN:
		return -system_error(db, EIO);
	case SQLITE_READONLY:
		return code == SQLITE_READONLY_DBMOVED ? -EIO : -EROFS;
	case SQLITE_BUSY:
	case SQLITE_LOCKED:
		return -EBUSY;
	case SQLITE_PROTOCOL:
		return -ENOLCK;
	case SQLITE_NOMEM:
		return -ENOMEM;
	case SQLITE_TOOBIG:
		return -EFBIG;
	case SQLITE_AUTH:
	case SQLITE_PERM:
		return -EACCES;
	case SQLITE_INTERRUPT:
		return -EINTR;
	default:
		return -EIO;
	}
}

int fly_db_fail(struct fly_db *db, int code, struct fly_why *why)
{
	const char *path = db->store->path;
	int error = -fly_db_errno(db, code);

	switch (code & 0xff) {
	case SQLITE_NOTADB:
		return fly_fail(why, EIO, "%s is not a store: it is not a SQLite file", path);
	case SQLITE_CORRUPT:
		return fly_fail(why, EIO, "the store %s is damaged: %s", path,
				db->sql ? sqlite3_errmsg(db->sql) : sqlite3_errstr(code));
	case SQLITE_BUSY:
	case SQLITE_LOCKED:
		return fly_fail(why, EBUSY, "the store %s is locked by another program", path);
	case SQLITE_NOMEM:
		return fly_no_memory(why);
	case SQLITE_ABORT:
		return fly_fail(why, EIO, "the store %s gave the transaction up", path);
	default:
		break;
	}
	switch (error) {
	case ENOSPC:
	case EDQUOT:
		return fly_fail(why, error, "no room left for the store %s", path);
	case EROFS:
		return fly_fail(why, error, "the store %s can't be written: read-only", path);
	case ENOMEM:
		return fly_fail(why, error, "out of memory");
	case ENOLCK:
		return fly_fail(why, error, "the file system of %s has no working locks", path);
	default:
		return fly_fail(why, error, "the store %s: %s", path,
				db->sql ? sqlite3_errmsg(db->sql) : sqlite3_errstr(code));
	}
}
