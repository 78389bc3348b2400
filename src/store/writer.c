/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The writer: many requests, one transaction. Whoever submits to an idle store leads: it commits
 * its own work at once, because a hand-over to another processor costs more than an insert. What
 * was queued meanwhile passes to the writer thread, which commits group after group until the
 * queue is empty and then gives the lead back.
 *
 *   busy  handed   who leads                      who may take the lead
 *   no    no       nobody                         the next to submit
 *   yes   no       a submitter or the thread      nobody: others queue
 *   yes   yes      nobody                         the writer thread alone
 */
#include "db.h"

/* The store whose writer this thread drives, and whether it is inside an apply of it. */
static _Thread_local const struct fly_store *leading, *applying;

bool fly_writer_is_applying(const struct fly_store *store)
{
	return applying == store;
}

/* --- one group ------------------------------------------------------------------------ */

static int run(struct fly_db *db, const char *sql, struct fly_why *why)
{
	struct stmt s;

	fly_stmt_use(&s, db, sql, NULL);
	return fly_stmt_run(&s, why);
}

static const char begin_sql[] = "BEGIN IMMEDIATE", commit_sql[] = "COMMIT",
		  rollback_sql[] = "ROLLBACK", savepoint_sql[] = "SAVEPOINT work",
		  undo_sql[] = "ROLLBACK TO work", release_sql[] = "RELEASE work";

static bool is_lost(struct fly_db *db)
{
	return sqlite3_get_autocommit(db->sql);
}

/* A store that was moved or removed would take writes that nobody finds again. */
static int check_place(struct fly_db *db, struct fly_why *why)
{
	int moved = 0;

	sqlite3_file_control(db->sql, "main", SQLITE_FCNTL_HAS_MOVED, &moved);
	if (moved)
		return fly_fail(why, EIO, FLY_STORE_MOVED, db->store->path);
	return 0;
}

static int call_apply(struct fly_db *db, struct fly_work *work)
{
	int rc;

	applying = db->store;
	rc = work->apply(db, work, &work->why);
	applying = NULL;
	if (rc < 0 && work->why.status == FLY_OK)
		fly_fail(&work->why, -rc, rc == -ENOMEM ? "out of memory" : "the store %s: %s",
			 db->store->path, strerror(-rc));
	return rc;
}

/* One work among several: in a savepoint, so that its failure is its own. */
static int apply_among(struct fly_db *db, struct fly_work *work)
{
	size_t mark = db->changes.n;
	int rc = run(db, savepoint_sql, &work->why), undone;

	if (rc < 0)
		return rc;
	rc = call_apply(db, work);
	if (rc >= 0)
		undone = run(db, release_sql, &work->why);
	else if (is_lost(db))
		return rc;
	else if ((undone = run(db, undo_sql, NULL)) == 0)
		undone = run(db, release_sql, NULL);
	if (rc < 0)
		fly_changes_cut(&db->changes, mark);
	/* Half undone is worse than not at all: give the whole transaction up. */
	if (undone < 0) {
		run(db, rollback_sql, NULL);
		return rc < 0 ? rc : undone;
	}
	return rc;
}

/* Apply all. 0: something is to be committed; -errno: nothing is, or the transaction is lost. */
static int apply_all(struct fly_db *db, struct fly_work *works, struct fly_why *why)
{
	struct fly_work *w;
	int good = 0;

	for (w = works; w; w = w->next) {
		w->rc = works->next ? apply_among(db, w) : call_apply(db, w);
		if (is_lost(db)) {
			if (w->why.status != FLY_OK)
				*why = w->why;
			fly_fail(why, EIO, "the store %s gave the transaction up",
				 db->store->path);
			return w->rc < 0 ? w->rc : -EIO;
		}
		if (w->rc >= 0)
			good++;
	}
	return good ? 0 : -ECANCELED;
}

static int commit(struct fly_db *db, struct fly_why *why)
{
	int64_t limit = 0;
	int rc = fly_ids_stage(db, &limit, why);

	if (rc == 0)
		rc = fly_scopes_stage(db, why);
	if (rc == 0)
		rc = run(db, commit_sql, why);
	if (rc < 0)
		fly_scopes_distrust(db->store);
	else if (limit)
		atomic_store(&db->store->id_limit, limit);
	return rc;
}

static int transact(struct fly_db *db, struct fly_work *works, struct fly_why *why)
{
	int rc = check_place(db, why);

	if (rc == 0)
		rc = fly_db_settle(db, why);
	if (rc == 0)
		rc = run(db, begin_sql, why);
	if (rc < 0)
		return rc;
	db->in_transaction = true;
	rc = apply_all(db, works, why);
	if (rc == 0)
		rc = commit(db, why);
	if (rc < 0 && !is_lost(db))
		run(db, rollback_sql, NULL);
	db->in_transaction = false;
	return rc;
}

/* A failed transaction fails all; each work that had failed before keeps its own reason. */
static void fail_all(struct fly_work *works, int rc, const struct fly_why *why)
{
	struct fly_work *w;

	for (w = works; w; w = w->next) {
		if (w->rc < 0)
			continue;
		w->rc = rc;
		if (w->why.status == FLY_OK)
			w->why = *why;
	}
}

static void tell(struct fly_store *store, struct changes *changes)
{
	fly_changes_merge(changes);
	if (changes->n > 0 && store->listener)
		store->listener(store->listener_arg, changes->items, changes->n);
}

/* Where a fly_store_run waits, on its own stack: waking one wakes nobody else. */
struct waiter {
	pthread_cond_t cond;	/* store->lock */
	bool finished;		/* store->lock */
};

/* The work may be freed by its done, and a waiter is gone once it has been woken. */
static void finish(struct fly_store *store, struct fly_work *w)
{
	struct waiter *waiter = w->waiter;

	if (w->done)
		w->done(w, w->rc);
	if (!waiter)
		return;
	pthread_mutex_lock(&store->lock);
	waiter->finished = true;
	pthread_cond_signal(&waiter->cond);
	pthread_mutex_unlock(&store->lock);
}

static void count(struct fly_store *store, size_t n)
{
	if (n > atomic_load(&store->group_max))
		atomic_store(&store->group_max, n);
	atomic_fetch_add(&store->works, n);
}

static void commit_group(struct fly_store *store, struct fly_work *works, size_t n)
{
	struct fly_db *db = store->writer;
	struct fly_why why = {.status = FLY_OK};
	struct fly_work *w, *next;
	int rc = transact(db, works, &why);

	count(store, n);
	if (rc == 0) {
		atomic_fetch_add(&store->commits, 1);
		fly_rows_note(db);
		fly_scopes_note(db);
		tell(store, &db->changes);
	} else {
		fail_all(works, rc, &why);
	}
	fly_changes_clear(&db->changes);
	for (w = works; w; w = next) {
		next = w->next;
		finish(store, w);
	}
}

/* --- the queue ------------------------------------------------------------------------ */

static size_t take_group(struct fly_store *store, struct fly_work **out)
{
	struct fly_work *w, **at = &store->first;
	size_t n = 0;

	while (*at && n < FLY_GROUP_MAX) {
		n++;
		at = &(*at)->next;
	}
	*out = store->first;
	w = *at;
	*at = NULL;
	store->first = w;
	if (!w)
		store->last = &store->first;
	return n;
}

/* Commit what is queued now; called and returns with the lock. */
static void lead_once(struct fly_store *store)
{
	struct fly_work *works;
	size_t n = take_group(store, &works);

	pthread_mutex_unlock(&store->lock);
	leading = store;
	commit_group(store, works, n);
	leading = NULL;
	pthread_mutex_lock(&store->lock);
}

void *fly_writer_thread(void *arg)
{
	struct fly_store *store = arg;

	pthread_mutex_lock(&store->lock);
	for (;;) {
		while (!store->handed && !store->closing)
			pthread_cond_wait(&store->wake, &store->lock);
		if (!store->handed)
			break;
		store->handed = false;
		while (store->first)
			lead_once(store);
		store->busy = false;
	}
	pthread_mutex_unlock(&store->lock);
	return NULL;
}

static void enqueue(struct fly_store *store, struct fly_work *work)
{
	work->next = NULL;
	*store->last = work;
	store->last = &work->next;
}

static void clear(struct fly_work *work, struct waiter *waiter)
{
	work->why.status = FLY_OK;
	work->why.error = 0;
	work->why.text[0] = '\0';
	work->rc = 0;
	work->waiter = waiter;
}

static void submit(struct fly_store *store, struct fly_work *work)
{
	pthread_mutex_lock(&store->lock);
	enqueue(store, work);
	if (!store->busy) {
		store->busy = true;
		lead_once(store);
		if (store->first) {
			store->handed = true;
			pthread_cond_signal(&store->wake);
		} else {
			store->busy = false;
		}
	}
	pthread_mutex_unlock(&store->lock);
}

/* A store opened read-only refuses at once, on the caller's thread. */
static int refuse(struct fly_store *store, struct fly_work *work)
{
	work->rc = fly_fail(&work->why, EROFS, "the store %s is open read-only", store->path);
	return work->rc;
}

void fly_store_submit(struct fly_store *store, struct fly_work *work)
{
	clear(work, NULL);
	if (!store->read_only) {
		submit(store, work);
		return;
	}
	refuse(store, work);
	finish(store, work);
}

int fly_store_run(struct fly_store *store, struct fly_work *work)
{
	struct waiter waiter = {.cond = PTHREAD_COND_INITIALIZER};

	clear(work, &waiter);
	if (store->read_only)
		return refuse(store, work);
	if (leading == store) {
		work->rc = fly_fail(&work->why, EDEADLK,
				    "a store can't be waited for by who drives it");
		return work->rc;
	}
	submit(store, work);
	pthread_mutex_lock(&store->lock);
	while (!waiter.finished)
		pthread_cond_wait(&waiter.cond, &store->lock);
	pthread_mutex_unlock(&store->lock);
	pthread_cond_destroy(&waiter.cond);
	return work->rc;
}

/* A longer log than SQLite's 1,000 pages: hot pages are copied back less often. */
#define CHECKPOINT_PAGES "2000"

int fly_writer_tune(struct fly_db *db, struct fly_why *why)
{
	return fly_db_exec(db,
			   "PRAGMA cache_size = -16384;"
			   "PRAGMA wal_autocheckpoint = " CHECKPOINT_PAGES ";"
			   "PRAGMA journal_size_limit = 67108864;"
			   "BEGIN IMMEDIATE; ROLLBACK;",	/* it can write, and nobody else does */
			   why);
}
