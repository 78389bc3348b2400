/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The writer: works of many threads, each done once, in order, alone in its failure; changes told
 * once, before the answers; ids never given twice.
 */
#include <pthread.h>
#include <signal.h>
#include <sys/wait.h>

#include "store_fixture.h"

#define THREADS 8
#define WORKS 2000

/* --- many threads --------------------------------------------------------------------- */

struct insert {
	struct fly_work work;
	struct crowd *crowd;
	int64_t id;
	int thread, n;
	bool fails;
	int done;	/* how often */
};

struct crowd {
	struct fixture f;
	struct insert *inserts;
	pthread_mutex_t lock;
	pthread_cond_t all_done;
	int n_done;		/* lock */
	int last[THREADS];	/* lock; newest work of each thread that was done */
	bool disordered;	/* lock */
	int64_t told;		/* of the committing threads, one at a time */
	int64_t told_flags;
	int64_t told_late;	/* changes told after their work was done */
};

static struct insert *insert_of(struct crowd *c, int thread, int n)
{
	return &c->inserts[thread * WORKS + n];
}

static int insert_one(struct fly_db *db, struct fly_work *work, struct fly_why *why)
{
	struct insert *insert = (struct insert *)work;
	struct fly_execution e;
	char name[32];
	int rc;

	snprintf(name, sizeof(name), "t%d-%d", insert->thread, insert->n);
	e = an_execution(insert->id, insert->crowd->f.scope, name);
	e.spec = bytes_of("spec");
	rc = fly_execution_insert(db, &e, NULL, 0, why);
	if (rc == 0 && insert->fails)
		return fly_fail(why, ECANCELED, "work %s fails after its insert", name);
	return rc;
}

static void insert_done(struct fly_work *work, int rc)
{
	struct insert *insert = (struct insert *)work;
	struct crowd *c = insert->crowd;

	CHECK_INT(rc, insert->fails ? -ECANCELED : 0);
	CHECK(insert->fails == (work->why.text[0] != '\0'));
	pthread_mutex_lock(&c->lock);
	insert->done++;
	if (c->last[insert->thread] >= insert->n)
		c->disordered = true;
	c->last[insert->thread] = insert->n;
	if (++c->n_done == THREADS * WORKS)
		pthread_cond_signal(&c->all_done);
	pthread_mutex_unlock(&c->lock);
}

static void *submit_all(void *arg)
{
	struct insert *first = arg;
	int i;

	for (i = 0; i < WORKS; i++)
		fly_store_submit(first->crowd->f.store, &first[i].work);
	return NULL;
}

static void count_changes(void *arg, const struct fly_change *changes, size_t n)
{
	struct crowd *c = arg;
	const struct fly_change *change;
	int thread, at;

	for (change = changes; change < changes + n; change++) {
		c->told++;
		c->told_flags |= change->flags;
		if (sscanf(change->name, "t%d-%d", &thread, &at) != 2 ||
		    insert_of(c, thread, at)->fails || insert_of(c, thread, at)->id != change->id ||
		    change->scope != c->f.scope || change->kind != FLY_KIND_EXECUTION)
			CHECK(!"a change of what was committed");
		pthread_mutex_lock(&c->lock);
		if (insert_of(c, thread, at)->done)
			c->told_late++;
		pthread_mutex_unlock(&c->lock);
	}
}

static void fill_crowd(struct crowd *c)
{
	struct insert *insert;
	int t, i;

	for (t = 0; t < THREADS; t++) {
		c->last[t] = -1;
		for (i = 0; i < WORKS; i++) {
			insert = insert_of(c, t, i);
			insert->work.apply = insert_one;
			insert->work.done = insert_done;
			insert->crowd = c;
			insert->id = fly_store_new_id(c->f.store, NULL);
			insert->thread = t;
			insert->n = i;
			insert->fails = i % 7 == 3;
		}
	}
}

static void check_crowd(struct crowd *c)
{
	struct fly_db *db = fixture_reader(&c->f);
	struct fly_execution e;
	int t, i, good = 0, missing = 0, extra = 0, twice = 0;

	for (t = 0; t < THREADS; t++) {
		for (i = 0; i < WORKS; i++) {
			struct insert *insert = insert_of(c, t, i);
			bool there = fly_execution_get_id(db, insert->id, FLY_EXECUTION_SPEC,
							  &c->f.arena, &e) == 0;

			missing += !there && !insert->fails;
			extra += there && insert->fails;
			twice += insert->done != 1;
			good += there;
		}
		fly_arena_release(&c->f.arena);
	}
	CHECK_INT(missing, 0);
	CHECK_INT(extra, 0);
	CHECK_INT(twice, 0);
	CHECK_INT(c->told, good);
	CHECK_INT(c->told_flags, FLY_CHANGE_CREATED);
	CHECK_INT(c->told_late, 0);
	CHECK(!c->disordered);
	CHECK_INT(fly_execution_count(db, c->f.scope, 0), good);
}

static void test_crowd(void)
{
	struct crowd c = {.lock = PTHREAD_MUTEX_INITIALIZER, .all_done = PTHREAD_COND_INITIALIZER};
	struct fly_store_stats stats;
	pthread_t threads[THREADS];
	int t;

	fixture_begin(&c.f);
	c.inserts = calloc(THREADS * WORKS, sizeof(*c.inserts));
	fill_crowd(&c);
	fly_store_listen(c.f.store, count_changes, &c);
	for (t = 0; t < THREADS; t++)
		pthread_create(&threads[t], NULL, submit_all, insert_of(&c, t, 0));
	for (t = 0; t < THREADS; t++)
		pthread_join(threads[t], NULL);
	pthread_mutex_lock(&c.lock);
	while (c.n_done < THREADS * WORKS)
		pthread_cond_wait(&c.all_done, &c.lock);
	pthread_mutex_unlock(&c.lock);
	check_crowd(&c);
	CHECK_INT(fly_store_stats(c.f.store, fixture_reader(&c.f), &stats, NULL), 0);
	CHECK(stats.works >= THREADS * WORKS);
	CHECK(stats.commits < stats.works);
	CHECK(stats.group_max > 1 && stats.group_max <= 512);
	fixture_end(&c.f);
	free(c.inserts);
}

/* --- works that make works ------------------------------------------------------------ */

#define CHAIN 5000

struct chain {
	struct fly_work work;
	struct fly_store *store;
	int left;
	int run_in_done;
	ptrdiff_t deepest;
	pthread_mutex_t lock;
	pthread_cond_t over;
};

static int chain_apply(struct fly_db *db, struct fly_work *work, struct fly_why *why)
{
	return 0;
}

static void chain_done(struct fly_work *work, int rc)
{
	struct chain *c = (struct chain *)work;
	struct fly_work inner = {.apply = chain_apply};
	char here;
	static _Thread_local char *shallowest;
	bool more;

	/* How far the stack of this thread grew since its first answer. */
	if (!shallowest)
		shallowest = &here;
	if (shallowest - &here > c->deepest)
		c->deepest = shallowest - &here;
	c->run_in_done = fly_store_run(c->store, &inner);
	pthread_mutex_lock(&c->lock);
	more = --c->left > 0;
	if (!more)
		pthread_cond_signal(&c->over);
	pthread_mutex_unlock(&c->lock);
	if (more)
		fly_store_submit(c->store, work);
}

/* done may submit: the stack doesn't grow with it. It may not wait. */
static void test_chain(void)
{
	struct chain c = {
		.work = {.apply = chain_apply, .done = chain_done},
		.left = CHAIN,
		.lock = PTHREAD_MUTEX_INITIALIZER,
		.over = PTHREAD_COND_INITIALIZER,
	};
	struct fixture f;

	fixture_begin(&f);
	c.store = f.store;
	fly_store_submit(f.store, &c.work);
	pthread_mutex_lock(&c.lock);
	while (c.left > 0)
		pthread_cond_wait(&c.over, &c.lock);
	pthread_mutex_unlock(&c.lock);
	CHECK_INT(c.run_in_done, -EDEADLK);
	CHECK(c.deepest < 64 << 10);
	fixture_end(&f);
}

/* --- changes -------------------------------------------------------------------------- */

#define TOLD_MAX 32

struct told {
	struct fly_change changes[TOLD_MAX];
	size_t n;
	int calls;
};

static void keep_changes(void *arg, const struct fly_change *changes, size_t n)
{
	struct told *told = arg;
	size_t i;

	told->calls++;
	for (i = 0; i < n && told->n < TOLD_MAX; i++)
		told->changes[told->n++] = changes[i];
}

static int create_and_move(struct fly_db *db, void *arg, struct fly_why *why)
{
	struct fixture *f = arg;
	struct fly_execution e = an_execution(500, f->scope, "many");
	struct fly_execution other = an_execution(501, f->scope, "other");
	int rc = fly_execution_insert(db, &e, NULL, 0, why);

	if (rc == 0)
		rc = fly_execution_insert(db, &other, NULL, 0, why);
	e.phase = 2;
	if (rc == 0)
		rc = fly_execution_update(db, &e, 0, why);
	e.phase = 4;
	e.result = FLY_RESULT_OUTPUTS;
	e.outputs = bytes_of("out");
	return rc < 0 ? rc : fly_execution_update(db, &e, FLY_EXECUTION_OUTPUTS, why);
}

/* Several changes of a row are one, at the place of the first. */
static void test_merge(void)
{
	struct told told = {.n = 0};
	struct fly_change *c = told.changes;
	struct fixture f;

	fixture_begin(&f);
	fly_store_listen(f.store, keep_changes, &told);
	CHECK_INT(fixture_run(&f, create_and_move, &f, NULL), 0);
	CHECK_INT(told.calls, 1);
	CHECK_INT(told.n, 2);
	CHECK_INT(c[0].id, 500);
	CHECK_INT(c[0].flags, FLY_CHANGE_CREATED | FLY_CHANGE_TEXT | FLY_CHANGE_PHASE |
				      FLY_CHANGE_RESULT);
	CHECK_INT(c[0].old_phase, 1);
	CHECK_INT(c[0].phase, 4);
	CHECK_INT(c[1].id, 501);
	CHECK_INT(c[1].flags, FLY_CHANGE_CREATED);
	fixture_end(&f);
}

/* --- ids ------------------------------------------------------------------------------ */

#define IDS 20000

static void *take_ids(void *arg)
{
	struct fixture *f = arg;
	int64_t *ids = calloc(IDS, sizeof(*ids));
	int i;

	for (i = 0; i < IDS; i++)
		ids[i] = fly_store_new_id(f->store, NULL);
	return ids;
}

static int compare_ids(const void *a, const void *b)
{
	int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;

	return x < y ? -1 : x > y;
}

static void test_ids_of_threads(void)
{
	static int64_t all[4 * IDS];
	pthread_t threads[4];
	struct fixture f;
	void *ids;
	int t, i, twice = 0;

	fixture_begin(&f);
	for (t = 0; t < 4; t++)
		pthread_create(&threads[t], NULL, take_ids, &f);
	for (t = 0; t < 4; t++) {
		pthread_join(threads[t], &ids);
		memcpy(all + t * IDS, ids, IDS * sizeof(*all));
		free(ids);
	}
	qsort(all, 4 * IDS, sizeof(*all), compare_ids);
	CHECK(all[0] > 0);
	for (i = 1; i < 4 * IDS; i++)
		twice += all[i] == all[i - 1];
	CHECK_INT(twice, 0);
	fixture_end(&f);
}

/* A process that dies without closing: what it gave out is not given again. */
static void test_ids_after_exit(void)
{
	struct fixture f;
	int64_t newest = 0, id;
	int pipes[2], status, i;
	pid_t pid;

	fixture_dir(&f);
	CHECK_INT(pipe(pipes), 0);
	pid = fork();
	if (pid == 0) {
		fixture_open(&f);
		for (i = 0; i < 10000; i++)
			newest = fly_store_new_id(f.store, NULL);
		_exit(write(pipes[1], &newest, sizeof(newest)) != sizeof(newest));
	}
	CHECK_INT(read(pipes[0], &newest, sizeof(newest)), sizeof(newest));
	CHECK_INT(waitpid(pid, &status, 0), pid);
	close(pipes[0]);
	close(pipes[1]);
	fixture_open(&f);
	id = fly_store_new_id(f.store, NULL);
	CHECK(newest >= 10000 && id > newest);
	fly_store_close(f.store);
	fixture_open(&f);
	CHECK(fly_store_new_id(f.store, NULL) > id);
	fixture_end(&f);
}

/* --- a crash -------------------------------------------------------------------------- */

struct crash_insert {
	struct fly_work work;
	struct fixture *f;
	int64_t id;
	int fd;
};

static int crash_apply(struct fly_db *db, struct fly_work *work, struct fly_why *why)
{
	struct crash_insert *insert = (struct crash_insert *)work;
	struct fly_execution e;
	char name[32];

	snprintf(name, sizeof(name), "c%lld", (long long)insert->id);
	e = an_execution(insert->id, insert->f->scope, name);
	e.spec = bytes_of(name);
	return fly_execution_insert(db, &e, NULL, 0, why);
}

/* The acknowledgement: what the parent reads here must be there after the kill. */
static void crash_done(struct fly_work *work, int rc)
{
	struct crash_insert *insert = (struct crash_insert *)work;

	if (rc == 0 && write(insert->fd, &insert->id, sizeof(insert->id)) < 0)
		_exit(1);
}

static void *crash_thread(void *arg)
{
	struct crash_insert insert = *(struct crash_insert *)arg;

	for (;;) {
		insert.work.apply = crash_apply;
		insert.work.done = crash_done;
		insert.id = fly_store_new_id(insert.f->store, NULL);
		if (fly_store_run(insert.f->store, &insert.work) < 0)
			return NULL;
	}
}

static void crash_child(struct fixture *f, int fd)
{
	struct crash_insert insert = {.f = f, .fd = fd};
	pthread_t threads[3];
	int t;

	fixture_open(f);
	for (t = 0; t < 3; t++)
		pthread_create(&threads[t], NULL, crash_thread, &insert);
	pthread_join(threads[0], NULL);
	_exit(0);
}

static bool is_there(struct fixture *f, int64_t id)
{
	struct fly_execution e;
	char name[32];

	snprintf(name, sizeof(name), "c%lld", (long long)id);
	return fly_execution_get(fixture_reader(f), f->scope, name, FLY_EXECUTION_ALL, &f->arena,
				 &e) == 0 &&
	       e.id == id && bytes_are(e.spec, name);
}

/* Start a child, read ENOUGH acknowledgements, kill it, read those still in the pipe. */
#define ENOUGH 64

static void kill_once(struct fixture *f)
{
	int pipes[2], status, n = 0, lost = 0;
	static int64_t ids[1 << 16];
	pid_t pid;

	CHECK_INT(pipe(pipes), 0);
	pid = fork();
	if (pid == 0)
		crash_child(f, pipes[1]);
	close(pipes[1]);
	while (n < (int)FLY_ARRAY_LEN(ids) && read(pipes[0], &ids[n], sizeof(*ids)) > 0) {
		if (++n == ENOUGH)
			kill(pid, SIGKILL);
	}
	CHECK_INT(waitpid(pid, &status, 0), pid);
	close(pipes[0]);
	CHECK(n >= ENOUGH);
	fixture_open(f);
	while (n-- > 0)
		lost += !is_there(f, ids[n]);
	CHECK_INT(lost, 0);
}

/* Killed in the midst of it, several times over: whatever was acknowledged is there. */
static void test_kill(void)
{
	struct fixture f;
	int round;

	fixture_begin(&f);
	for (round = 0; round < 3; round++) {
		fly_store_close(f.store);
		kill_once(&f);
	}
	fixture_end(&f);
}

int main(void)
{
	/* Forks come first: a child of a process with threads may do little. */
	test_ids_after_exit();
	test_kill();
	test_crowd();
	test_chain();
	test_merge();
	test_ids_of_threads();
	return check_done();
}
