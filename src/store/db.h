/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the files of the store share: the store itself, its connections, statements, changes, blobs
 * and the memories of scopes and rows. Private to src/store; the only header that shows sqlite3.h.
 */
#ifndef FLYTEFS_STORE_DB_H
#define FLYTEFS_STORE_DB_H

#include <pthread.h>
#include <sqlite3.h>
#include <stdatomic.h>

#include "flytefs/store.h"

/* --- changes: change.c ---------------------------------------------------------------- */

struct changes {
	struct fly_change *items;
	size_t n, cap;
	struct fly_arena names;	/* of the items */
};

/** Remember a change made in the transaction; its name is copied. 0 or -ENOMEM. */
int fly_changes_add(struct fly_db *db, const struct fly_change *change, struct fly_why *why);
/** Forget what was added since there were n: its savepoint was undone. */
void fly_changes_cut(struct changes *c, size_t n);
/** Several changes of one row become one, at the place of the first. */
void fly_changes_merge(struct changes *c);
void fly_changes_clear(struct changes *c);
void fly_changes_release(struct changes *c);

/* --- the memory of scopes: scope_memory.c --------------------------------------------- */

#define SCOPE_BUCKETS 64

struct scope_entry {
	struct scope_entry *next, *next_named;	/* same bucket of ids, of names; lock */
	int64_t id, project_id;
	const char *project, *domain;
	int64_t changed_ns, listed_ns;	/* lock */
	int64_t written_ns;		/* leader: changed_ns as the row has it */
	bool dirty;			/* leader: the row lags behind */
	int64_t n_executions[2];	/* lock; by ExecutionState */
};

/*
 * Every committed scope. Entries never go nor move and their texts never change, so a pointer
 * taken under the lock stays good; a scope has no verb that deletes it.
 */
struct scope_memory {
	pthread_mutex_t lock;		/* a leaf: nothing is locked under it */
	struct scope_entry *by_id[SCOPE_BUCKETS];	/* lock */
	struct scope_entry *by_name[SCOPE_BUCKETS];	/* lock */
	struct fly_arena arena;		/* lock */
};

/** Load all scopes with the counts of their executions; called once, by open. */
int fly_scopes_load(struct fly_store *store, struct fly_db *db, struct fly_why *why);
/** What memory knows of a scope: false when nothing, or when another process writes the store. */
bool fly_scope_recall(struct fly_store *store, int64_t id, struct fly_scope *out);
bool fly_scope_recall_name(struct fly_store *store, const char *project, const char *domain,
			   struct fly_scope *out);
/** How many executions it holds in a state; -1 as above. */
int64_t fly_scope_recall_count(struct fly_store *store, int64_t id, int state);
/** How many executions all of them hold; 0 where it is not known. */
int64_t fly_scope_recall_total(struct fly_store *store);
/** Project and domain of a scope: from memory, else from the row. 0, -ENOENT, -errno. */
int fly_scope_texts(struct fly_db *db, int64_t id, struct fly_arena *arena, const char **project,
		    const char **domain);
/** Before COMMIT: bring the rows of touched scopes up to date where they lag by a second. */
int fly_scopes_stage(struct fly_db *db, struct fly_why *why);
/** After COMMIT: note times and counts. After a failed one: write again next time. */
void fly_scopes_note(struct fly_db *db);
void fly_scopes_distrust(struct fly_store *store);
/** At close: write what lags, exactly. */
int fly_scopes_settle(struct fly_db *db);
void fly_scopes_release(struct scope_memory *m);

/* --- the memory of rows: row_memory.c, row.h -------------------------------------------- */

#define ROW_SLOTS 4096
#define ROW_MARKS 4096
#define ROW_KEY_PARTS 2

struct row_memory_entry;

struct row_memory {
	_Atomic uint64_t mark;		/* changes with each committed change of a rare kind */
	_Atomic uint32_t marks[ROW_MARKS];	/* … of a run's row with such an id */
	pthread_mutex_t lock;		/* a leaf */
	struct row_memory_entry *slots[ROW_SLOTS];	/* lock */
	size_t bytes;			/* lock */
};

/** Before a connection's snapshot begins. */
void fly_rows_begin(struct fly_db *db);
/** After COMMIT, before anybody hears of it: what it changed is not recalled any more. */
void fly_rows_note(struct fly_db *db);
void fly_rows_release(struct row_memory *m);

/* --- the store ------------------------------------------------------------------------ */

#define FLY_GROUP_MAX 512	/* works in one transaction */

struct fly_store {
	char *path;			/* fixed by open */
	char *uri;			/* fixed by open; how SQLite opens it; NULL: by path */
	bool read_only;			/* fixed by open */
	int lock_fd;			/* of PATH.lock; -1: read only */
	pthread_key_t reader_key;
	bool has_reader_key;
	struct fly_db *writer;		/* used by who leads alone; NULL: read only */
	struct scope_memory scopes;
	struct row_memory rows;

	pthread_mutex_t lock;
	pthread_cond_t wake;		/* lock; the writer thread: handed or closing */
	struct fly_work *first, **last;	/* lock; the queue */
	bool busy;			/* lock; somebody leads */
	bool handed;			/* lock; the lead waits for the writer thread */
	bool closing;			/* lock */
	struct fly_db *readers;		/* lock */
	pthread_t thread;
	bool has_thread;

	fly_store_listener *listener;	/* set before the first submit */
	void *listener_arg;

	_Atomic int64_t next_id;	/* the next to hand out */
	_Atomic int64_t id_limit;	/* ids below it are reserved durably */
	_Atomic uint64_t commits, works, group_max;
};

/* --- connections: conn.c -------------------------------------------------------------- */

#define STATEMENT_SLOTS 256	/* a power of two, well over the number of statements */

struct statement_slot {
	const char *sql;	/* identity: the address of the text */
	sqlite3_stmt *stmt;
};

struct fly_db {
	struct fly_store *store;
	sqlite3 *sql;
	bool is_writer;
	bool in_transaction;		/* writer: the group under way has one, or had */
	unsigned depth;			/* fly_db_begin */
	uint64_t mark;			/* store->rows.mark before the snapshot began */
	struct statement_slot slots[STATEMENT_SLOTS];
	struct changes changes;		/* writer: of the open transaction */
	struct fly_db *next;		/* store->readers */
};

/** Open a connection with the settings every one has. */
int fly_db_open(struct fly_store *store, int flags, struct fly_db **out, struct fly_why *why);
void fly_db_close(struct fly_db *db);
/** End a transaction whose own end failed for want of memory, or it would stay open for ever. */
int fly_db_settle(struct fly_db *db, struct fly_why *why);
/** Run SQL text that gives no rows, unprepared: schema, settings. */
int fly_db_exec(struct fly_db *db, const char *sql, struct fly_why *why);
/** The integer a PRAGMA or another one-row query gives. */
int fly_db_number(struct fly_db *db, const char *sql, int64_t *out, struct fly_why *why);
/** -errno and sentence of a SQLite result code: the one border between the two. */
int fly_db_fail(struct fly_db *db, int code, struct fly_why *why);
/** The same without words. */
int fly_db_errno(struct fly_db *db, int code);

/* --- statements: statement.c ---------------------------------------------------------- */

/*
 * A statement in use: bound in order, stepped, read in order. Errors latch: the first one is what
 * fly_stmt_row() or fly_stmt_run() gives. Whoever uses one must end it.
 */
struct stmt {
	struct fly_db *db;
	sqlite3_stmt *stmt;
	struct fly_arena *arena;	/* where texts and blobs read go */
	int bound, column;
	int code;			/* SQLite's, SQLITE_OK so far */
	bool no_memory;
	bool is_own;			/* not from the cache: finalize */
};

/** Take the statement of a text with static lifetime from the connection's cache. */
void fly_stmt_use(struct stmt *s, struct fly_db *db, const char *sql, struct fly_arena *arena);
/** Prepare a text that was built: dies at end. */
void fly_stmt_build(struct stmt *s, struct fly_db *db, const char *sql, struct fly_arena *arena);
void fly_bind_int(struct stmt *s, int64_t value);
/** NULL binds NULL. Texts and blobs are borrowed until end. */
void fly_bind_text(struct stmt *s, const char *text);
void fly_bind_bytes(struct stmt *s, struct fly_bytes bytes);
/** unset binds NULL. */
void fly_bind_opt(struct stmt *s, int64_t value, int64_t unset);
/** Lengths as little-endian words, trailing `unset` ones left out. */
void fly_bind_sizes(struct stmt *s, const uint32_t *sizes, size_t n, uint32_t unset,
		    uint8_t *room);
/** 1: a row; 0: no more; -errno. */
int fly_stmt_row(struct stmt *s);
int64_t fly_col_int(struct stmt *s);
int64_t fly_col_opt(struct stmt *s, int64_t unset);
/** In arena; NULL for NULL. */
const char *fly_col_text(struct stmt *s);
struct fly_bytes fly_col_bytes(struct stmt *s);
void fly_col_sizes(struct stmt *s, uint32_t *sizes, size_t n, uint32_t unset);
/** Reset and give back; rc, or -ENOMEM when a text read found no room. */
int fly_stmt_end(struct stmt *s, int rc);
/** For statements that write: step to the end, end, words. 0 or -errno. */
int fly_stmt_run(struct stmt *s, struct fly_why *why);
/** The same for an INSERT; taken: the sentence of -EEXIST. */
int fly_stmt_insert(struct stmt *s, struct fly_why *why, const char *taken, ...) FLY_PRINTF(3, 4);
/** Is there a row, and it alone is wanted? 0 with the row to read, -ENOENT, -errno. Then end. */
int fly_stmt_one(struct stmt *s);
/** Rows the last write of this connection touched. */
int fly_db_touched(struct fly_db *db);

/** Room for one more of n rows (doubling in the arena); NULL: no memory. */
void *fly_rows_room(struct fly_arena *arena, void *rows, size_t n, size_t *cap, size_t size);

/* --- blobs: blob.c -------------------------------------------------------------------- */

/* Parts a row may have. Ids are unique over all kinds, so one table serves them all. */
#define FLY_BLOBS 8

/** Write a part of a new row; empty ones are not kept. */
int fly_blob_insert(struct fly_db *db, int64_t id, int part, struct fly_bytes data,
		    struct fly_why *why);
/** All parts of a new row, by one statement. */
int fly_blobs_insert(struct fly_db *db, int64_t id, const struct fly_bytes parts[FLY_BLOBS],
		     struct fly_why *why);
/** Replace a part; *was_absent (may be NULL): there was none and now there is. */
int fly_blob_put(struct fly_db *db, int64_t id, int part, struct fly_bytes data, bool *was_absent,
		 struct fly_why *why);
/** Read the parts of mask (bit = part); absent ones are empty. */
int fly_blobs_get(struct fly_db *db, int64_t id, unsigned mask, struct fly_arena *arena,
		  struct fly_bytes out[FLY_BLOBS]);
int fly_blobs_delete(struct fly_db *db, int64_t id, struct fly_why *why);

/* --- others --------------------------------------------------------------------------- */

/** execution_names.c: the scope of an execution that must be there; -ENOENT with words. */
int fly_execution_scope(struct fly_db *db, int64_t id, int64_t *out, struct fly_why *why);

/** schema.c, migrate.c: make or bring up to date; -EPROTO newer, -EIO not a store. */
int fly_schema_prepare(struct fly_db *db, struct fly_why *why);
/** Check that an opened file is a store we can read, changing nothing. */
int fly_schema_check(struct fly_db *db, struct fly_why *why);

/** lock.c: hold PATH.lock; -EBUSY, -ENOLCK. */
int fly_lock_take(const char *path, int *out, struct fly_why *why);

/** id.c: read the mark at open. */
int fly_ids_load(struct fly_store *store, struct fly_db *db, struct fly_why *why);
/** Before COMMIT: reserve more when few are left; *limit: to publish once committed, 0: none. */
int fly_ids_stage(struct fly_db *db, int64_t *limit, struct fly_why *why);

/** writer.c: is this thread inside an apply of the store? */
bool fly_writer_is_applying(const struct fly_store *store);
void *fly_writer_thread(void *store);
int fly_writer_tune(struct fly_db *db, struct fly_why *why);

#define FLY_STORE_MOVED "the store %s was moved or removed while in use"

/** conn.c: this thread's reader, opened on first use; its destructor. */
int fly_reader_get(struct fly_store *store, struct fly_db **out, struct fly_why *why);
void fly_reader_drop(void *db);

/** function.c: PostgreSQL's LIKE for filters. */
int fly_functions_add(struct fly_db *db);

/** changed_ns of a new row: as given, else now. */
static inline int64_t fly_first_change(int64_t given_ns)
{
	return given_ns ? given_ns : fly_file_now_ns();
}

#endif
