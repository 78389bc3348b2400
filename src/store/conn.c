/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Connections: the settings every one has, one reader a thread, snapshots. It knows no table.
 */
#include "db.h"

#include <stdio.h>

/* busy_timeout comes first: another process (a sqlite3 shell) may hold a lock while we set the
 * rest. No mmap: each foreign commit would unmap the file. Deleted texts need no overwriting. */
#define BUSY_TIMEOUT_MS 5000

static const char settings[] =
	"PRAGMA temp_store = MEMORY;"
	"PRAGMA mmap_size = 0;"
	"PRAGMA secure_delete = OFF;"
	"PRAGMA synchronous = FULL;"
	"PRAGMA recursive_triggers = OFF;"
	"PRAGMA trusted_schema = OFF;";

static pthread_once_t once = PTHREAD_ONCE_INIT;

/*
 * SQLite's memory statistics cost a process-wide lock an allocation. A connection's pages come out
 * of one piece of memory, which is used as far as it is needed: by themselves each would grow its
 * thread's heap, a system call or two a page. Too late is no harm.
 */
#define CACHE_PAGES 512 /* about what a reader's default cache_size holds */

static void configure(void)
{
	sqlite3_config(SQLITE_CONFIG_MEMSTATUS, 0);
	sqlite3_config(SQLITE_CONFIG_PAGECACHE, NULL, 0, CACHE_PAGES);
}

int fly_db_exec(struct fly_db *db, const char *sql, struct fly_why *why)
{
	int code = sqlite3_exec(db->sql, sql, NULL, NULL, NULL);

	return code == SQLITE_OK ? 0 : fly_db_fail(db, code, why);
}

int fly_db_number(struct fly_db *db, const char *sql, int64_t *out, struct fly_why *why)
{
	struct stmt s;
	int rc;

	fly_stmt_build(&s, db, sql, NULL);
	rc = fly_stmt_one(&s);
	if (rc == 0)
		*out = fly_col_int(&s);
	else if (rc != -ENOENT)
		rc = fly_db_fail(db, s.code, why);
	return fly_stmt_end(&s, rc);
}

int fly_db_open(struct fly_store *store, int flags, struct fly_db **out, struct fly_why *why)
{
	struct fly_db *db;
	int code, rc;

	pthread_once(&once, configure);
	db = calloc(1, sizeof(*db));
	if (!db)
		return fly_no_memory(why);
	db->store = store;
	code = sqlite3_open_v2(store->uri ? store->uri : store->path, &db->sql,
			       flags | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_URI, NULL);
	if (code == SQLITE_OK) {
		sqlite3_extended_result_codes(db->sql, 1);
		code = sqlite3_busy_timeout(db->sql, BUSY_TIMEOUT_MS);
	}
	rc = code == SQLITE_OK ? fly_db_exec(db, settings, why) : fly_db_fail(db, code, why);
	if (rc == 0 && (code = fly_functions_add(db)) != SQLITE_OK)
		rc = fly_db_fail(db, code, why);
	if (rc < 0) {
		fly_db_close(db);
		return rc;
	}
	*out = db;
	return 0;
}

void fly_db_close(struct fly_db *db)
{
	size_t i;

	if (!db)
		return;
	for (i = 0; i < STATEMENT_SLOTS; i++)
		sqlite3_finalize(db->slots[i].stmt);
	sqlite3_close(db->sql);
	fly_changes_release(&db->changes);
	free(db);
}

/* A thread ended: its reader goes with it. */
void fly_reader_drop(void *arg)
{
	struct fly_db *db = arg, **at;
	struct fly_store *store = db->store;

	pthread_mutex_lock(&store->lock);
	for (at = &store->readers; *at && *at != db; at = &(*at)->next)
		;
	if (*at)
		*at = db->next;
	pthread_mutex_unlock(&store->lock);
	fly_db_close(db);
}

int fly_db_settle(struct fly_db *db, struct fly_why *why)
{
	return sqlite3_get_autocommit(db->sql) ? 0 : fly_db_exec(db, "ROLLBACK", why);
}

int fly_reader_get(struct fly_store *store, struct fly_db **out, struct fly_why *why)
{
	struct fly_db *db = pthread_getspecific(store->reader_key);
	int rc;

	if (!db) {
		if (access(store->path, F_OK) < 0)
			return fly_fail(why, EIO, FLY_STORE_MOVED, store->path);
		rc = fly_db_open(store, SQLITE_OPEN_READONLY, &db, why);
		if (rc < 0)
			return rc;
		rc = pthread_setspecific(store->reader_key, db);
		if (rc != 0) {
			fly_db_close(db);
			return fly_fail(why, rc, "can't keep a connection for this thread");
		}
		pthread_mutex_lock(&store->lock);
		db->next = store->readers;
		store->readers = db;
		pthread_mutex_unlock(&store->lock);
	}
	rc = db->depth == 0 ? fly_db_settle(db, why) : 0;
	if (rc == 0)
		*out = db;
	return rc;
}

struct fly_db *fly_store_reader(struct fly_store *store, struct fly_why *why)
{
	struct fly_db *db;

	return fly_reader_get(store, &db, why) < 0 ? NULL : db;
}

int fly_db_begin(struct fly_db *db, struct fly_why *why)
{
	static const char sql[] = "BEGIN";
	struct stmt s;
	int rc = 0;

	/* The writer's transaction is a snapshot already. */
	if (db->depth == 0 && !db->is_writer) {
		rc = fly_db_settle(db, why);
		if (rc < 0)
			return rc;
		fly_rows_begin(db);
		fly_stmt_use(&s, db, sql, NULL);
		rc = fly_stmt_run(&s, why);
	}
	if (rc == 0)
		db->depth++;
	return rc;
}

void fly_db_end(struct fly_db *db)
{
	static const char sql[] = "COMMIT";
	struct stmt s;

	if (db->depth == 0 || --db->depth > 0 || db->is_writer)
		return;
	fly_stmt_use(&s, db, sql, NULL);
	if (fly_stmt_run(&s, NULL) < 0 && !sqlite3_get_autocommit(db->sql))
		sqlite3_exec(db->sql, "ROLLBACK", NULL, NULL, NULL);
}
