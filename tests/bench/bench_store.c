/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Durable inserts of executions a second: through the store with N submitters, each waiting for
 * its answer before it submits again, and the floor: bare sqlite3 inserting the same rows into the
 * same schema with the same number of rows a transaction. Says figures; fails for nothing.
 *
 *   bench_store [DIR [SECONDS [FILL]]]
 *	DIR: where the stores lie (default .), FILL: rows beforehand, SECONDS 0: only reading
 */
#include <ftw.h>
#include <pthread.h>
#include <sqlite3.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "flytefs/store.h"

#define SPEC_BYTES 900
#define CLOSURE_BYTES 400
#define INPUTS_BYTES 200

static char filler[4096];

static void die(const char *what, const char *why)
{
	fprintf(stderr, "%s: %s\n", what, why);
	exit(1);
}

static double now_s(void)
{
	return (double)fly_tick_ns() / 1e9;
}

static double cpu_s(void)
{
	struct timespec t;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

/* What a run of inserts came to. */
struct figures {
	double a_second, cpu_us, group, slowest_ms;
};

/* Names spread over the index as generated ones do. */
static void name_of(int64_t id, char name[24])
{
	uint64_t x = (uint64_t)id * UINT64_C(0x9e3779b97f4a7c15);
	int i;

	name[0] = 'f';
	for (i = 1; i < 20; i++, x = x * 6364136223846793005u + 1442695040888963407u)
		name[i] = "abcdefghijklmnopqrstuvwxyz0123456789"[(x >> 33) % 36];
	name[20] = '\0';
}

static struct fly_execution an_execution(int64_t id, int64_t scope, int64_t plan, const char *name)
{
	struct fly_execution e = {
		.id = id,
		.scope = scope,
		.name = name,
		.phase = id % 100 < 90 ? 4 : id % 10,
		.uid = 1000,
		.gid = 1000,
		.mode = 0755,
		.created_ns = fly_now_ns(),
		.started_ns = INT64_MIN,
		.duration_ns = INT64_MIN,
		.error_kind = -1,
		.launch_plan = plan,
		.launch_entity = "launch_plan",
		.user = "ann",
		.spec = {(const uint8_t *)filler, SPEC_BYTES},
		.closure = {(const uint8_t *)filler + 7, CLOSURE_BYTES},
		.inputs = {(const uint8_t *)filler + 11, INPUTS_BYTES},
		.user_inputs = {(const uint8_t *)filler + 11, INPUTS_BYTES},
	};
	int i;

	e.updated_ns = e.created_ns;
	e.started_ns = e.created_ns + (id * 7919) % 1000000;
	for (i = 0; i < FLY_EXECUTION_SIZES; i++)
		e.sizes[i] = 1000 + (uint32_t)i;
	return e;
}

/* --- through the store ---------------------------------------------------------------- */

struct bench {
	struct fly_store *store;
	int64_t scope, plan, plan_named;
	_Atomic int64_t n;
	_Atomic int64_t slowest_ns;
	_Atomic bool stop;
};

struct insert {
	struct fly_work work;
	struct bench *bench;
	size_t n;
};

static int insert_some(struct fly_db *db, struct fly_work *work, struct fly_why *why)
{
	struct insert *insert = (struct insert *)work;
	struct bench *b = insert->bench;
	struct fly_execution e;
	char name[24];
	int rc = 0;
	size_t i;

	for (i = 0; rc == 0 && i < insert->n; i++) {
		int64_t id = fly_store_new_id(b->store, why);

		name_of(id, name);
		e = an_execution(id, b->scope, b->plan, name);
		rc = fly_execution_insert(db, &e, NULL, 0, why);
	}
	return rc;
}

static void *submitter(void *arg)
{
	struct bench *b = arg;
	struct insert insert = {.work = {.apply = insert_some}, .bench = b, .n = 1};

	while (!atomic_load(&b->stop)) {
		int64_t begun = fly_tick_ns();

		if (fly_store_run(b->store, &insert.work) < 0)
			die("insert", insert.work.why.text);
		atomic_fetch_add(&b->n, 1);
		begun = fly_tick_ns() - begun;
		if (begun > atomic_load(&b->slowest_ns))
			atomic_store(&b->slowest_ns, begun);
	}
	return NULL;
}

static int prepare(struct fly_db *db, struct fly_work *work, struct fly_why *why)
{
	static const char *const domains[] = {"development"};
	struct bench *b = ((struct insert *)work)->bench;
	struct fly_project p = {.identifier = "demo", .name = "Demo"};
	struct fly_named n = {.kind = FLY_KIND_LAUNCH_PLAN, .name = "plan"};
	struct fly_entity e = {.kind = FLY_KIND_LAUNCH_PLAN, .version = "v1"};
	struct fly_scope scope;
	auto_arena arena = {0};
	int rc;

	p.id = fly_store_new_id(b->store, why);
	n.id = b->plan_named = fly_store_new_id(b->store, why);
	e.id = b->plan = fly_store_new_id(b->store, why);
	rc = fly_project_insert(db, &p, domains, 1, why);
	if (rc == 0)
		rc = fly_scope_get(db, "demo", "development", &arena, &scope);
	if (rc < 0)
		return rc;
	b->scope = n.scope = e.scope = scope.id;
	e.named = n.id;
	rc = fly_named_insert(db, &n, why);
	return rc < 0 ? rc : fly_entity_insert(db, &e, why);
}

static void open_store(struct bench *b, const char *path, size_t fill)
{
	struct fly_why why = {0};
	struct insert insert = {.work = {.apply = prepare}, .bench = b};
	size_t i;

	memset(b, 0, sizeof(*b));
	if (fly_store_open(path, NULL, &b->store, &why) < 0)
		die("open", why.text);
	if (fly_store_run(b->store, &insert.work) < 0)
		die("prepare", insert.work.why.text);
	insert.work.apply = insert_some;
	for (i = 0; i < fill; i += insert.n) {
		insert.n = fill - i < 10000 ? fill - i : 10000;
		if (fly_store_run(b->store, &insert.work) < 0)
			die("fill", insert.work.why.text);
	}
}

static struct figures bench_store(const char *path, int n_threads, double seconds, size_t fill)
{
	struct bench b;
	struct figures out;
	struct fly_store_stats before, after;
	pthread_t threads[64];
	struct timespec wait = {(time_t)seconds, (long)((seconds - (time_t)seconds) * 1e9)};
	double begun, cpu;
	int i;

	open_store(&b, path, fill);
	fly_store_stats(b.store, fly_store_reader(b.store, NULL), &before, NULL);
	begun = now_s();
	cpu = cpu_s();
	for (i = 0; i < n_threads; i++)
		pthread_create(&threads[i], NULL, submitter, &b);
	nanosleep(&wait, NULL);
	atomic_store(&b.stop, true);
	for (i = 0; i < n_threads; i++)
		pthread_join(threads[i], NULL);
	out.a_second = (double)b.n / (now_s() - begun);
	out.cpu_us = (cpu_s() - cpu) * 1e6 / (double)b.n;
	fly_store_stats(b.store, fly_store_reader(b.store, NULL), &after, NULL);
	out.group = (double)(after.works - before.works) / (double)(after.commits - before.commits);
	out.slowest_ms = (double)b.slowest_ns / 1e6;
	fly_store_close(b.store);
	return out;
}

/* --- the floor: the same rows by sqlite3 alone ---------------------------------------- */

static const char head_sql[] =
	"INSERT INTO execution (id, scope, name, phase, state, launch_plan, workflow, task, plan, "
	"result, uid, gid, mode, created_ns, updated_ns, changed_ns, mode_of_start, "
	"source_execution, parent_node, relaunched, user, launch_entity, nodes_total, "
	"nodes_running, nodes_done, nodes_failed, sizes_version, sizes) VALUES (?1, ?2, ?3, 1, 0, "
	"?4, 0, 0, ?5, 0, 1000, 1000, 493, ?6, ?6, ?6, 0, 0, 0, 0, 'ann', 'launch_plan', 0, 0, 0, "
	"0, 0, ?7)";
static const char part_sql[] = "INSERT INTO part (id, data) VALUES (?, ?)";

static void step(sqlite3 *sql, sqlite3_stmt *stmt)
{
	if (sqlite3_step(stmt) != SQLITE_DONE)
		die("sqlite3", sqlite3_errmsg(sql));
	sqlite3_reset(stmt);
}

static void bare_insert(sqlite3 *sql, sqlite3_stmt *head, sqlite3_stmt *part,
			const struct bench *b, int64_t id)
{
	static const size_t lens[] = {SPEC_BYTES, CLOSURE_BYTES, INPUTS_BYTES, INPUTS_BYTES};
	char name[24];
	int i;

	name_of(id, name);
	sqlite3_bind_int64(head, 1, id);
	sqlite3_bind_int64(head, 2, b->scope);
	sqlite3_bind_text(head, 3, name, -1, SQLITE_STATIC);
	sqlite3_bind_int64(head, 4, b->plan);
	sqlite3_bind_int64(head, 5, b->plan_named);
	sqlite3_bind_int64(head, 6, fly_now_ns());
	sqlite3_bind_blob(head, 7, filler, 64, SQLITE_STATIC);
	step(sql, head);
	for (i = 0; i < 4; i++) {
		sqlite3_bind_int64(part, 1, id * 8 + i);
		sqlite3_bind_blob(part, 2, filler + i, (int)lens[i], SQLITE_STATIC);
		step(sql, part);
	}
}

static struct figures bench_bare(const char *path, int group, double seconds, size_t fill)
{
	struct bench b;
	struct figures out = {.group = group};
	sqlite3 *sql;
	sqlite3_stmt *head, *part, *begin, *commit;
	int64_t id = 1 << 30, n = 0;
	double begun, cpu;
	int i;

	open_store(&b, path, fill);
	fly_store_close(b.store);
	if (sqlite3_open_v2(path, &sql, SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX, NULL))
		die("sqlite3", "open");
	sqlite3_exec(sql, "PRAGMA synchronous = FULL; PRAGMA secure_delete = OFF", 0, 0, 0);
	sqlite3_prepare_v2(sql, head_sql, -1, &head, NULL);
	sqlite3_prepare_v2(sql, part_sql, -1, &part, NULL);
	sqlite3_prepare_v2(sql, "BEGIN IMMEDIATE", -1, &begin, NULL);
	sqlite3_prepare_v2(sql, "COMMIT", -1, &commit, NULL);
	begun = now_s();
	cpu = cpu_s();
	while (now_s() - begun < seconds) {
		step(sql, begin);
		for (i = 0; i < group; i++, n++)
			bare_insert(sql, head, part, &b, id++);
		step(sql, commit);
	}
	out.a_second = (double)n / (now_s() - begun);
	out.cpu_us = (cpu_s() - cpu) * 1e6 / (double)n;
	sqlite3_finalize(head);
	sqlite3_finalize(part);
	sqlite3_finalize(begin);
	sqlite3_finalize(commit);
	sqlite3_close(sql);
	return out;
}

/* --- reading -------------------------------------------------------------------------- */

static double bench_lookup(struct bench *b, size_t fill, int64_t first, double seconds)
{
	struct fly_db *db = fly_store_reader(b->store, NULL);
	double begun = now_s();
	int64_t n = 0;
	char name[24];

	while (now_s() - begun < seconds) {
		struct fly_execution e;
		auto_arena arena = {0};

		name_of(first + (int64_t)((uint64_t)(n * 7919) % fill), name);
		if (fly_execution_get(db, b->scope, name, FLY_EXECUTION_ALL, &arena, &e) < 0)
			die("get", name);
		n++;
	}
	return (now_s() - begun) * 1e6 / (double)n;
}

static double bench_names(struct bench *b)
{
	struct fly_db *db = fly_store_reader(b->store, NULL);
	double begun = now_s();
	char after[64] = "";
	int n;

	do {
		struct fly_execution_name *names;
		auto_arena arena = {0};

		n = fly_execution_names(db, b->scope, 0, after, 200, &arena, &names);
		if (n > 0)
			strcpy(after, names[n - 1].name);
	} while (n > 0);
	return (now_s() - begun) * 1e3;
}

static double bench_entries(struct bench *b)
{
	struct fly_db *db = fly_store_reader(b->store, NULL);
	double begun = now_s();
	char after[64] = "";
	int n;

	do {
		struct fly_execution_entry *entries;
		auto_arena arena = {0};

		n = fly_execution_entries(db, b->scope, 0, after, 200, &arena, &entries);
		if (n > 0)
			strcpy(after, entries[n - 1].name);
	} while (n > 0);
	return (now_s() - begun) * 1e3;
}

/* Pages of what people ask for, each through the whole of fly_list_ids. */
static void bench_lists(struct bench *b)
{
	static const struct {
		const char *filters, *sort;
	} asked[] = {
		{NULL, NULL},
		{NULL, "created_at"},
		{NULL, "started_at"},
		{"eq(phase,FAILED)", "started_at"},
		{"eq(phase,SUCCEEDED)", "created_at"},
		{"gt(duration,60)", "id"},
		{"eq(phase,FAILED)+eq(launch_plan.name,plan)", "created_at"},
		{"eq(launch_plan.name,plan)", "created_at"},
		{"eq(launch_plan.name,none)", NULL},
		{"contains(execution_name,abc)", "execution_name"},
		{"eq(execution_tag.key,team)", "created_at"},
		{"gt(duration,60)", NULL},
	};
	struct fly_db *db = fly_store_reader(b->store, NULL);
	size_t i;

	for (i = 0; i < FLY_ARRAY_LEN(asked); i++) {
		struct fly_list list = {
			.what = FLY_LIST_EXECUTION,
			.call = "ListExecutions",
			.project = "demo",
			.domain = "development",
			.filters = asked[i].filters,
			.sort_key = asked[i].sort,
			.limit = 100,
		};
		struct fly_why why = {0};
		auto_arena arena = {0};
		double begun = now_s();
		const char *token;
		int64_t *ids;
		int n = fly_list_ids(db, &list, &arena, &ids, &token, &why);

		if (n < 0)
			die("list", why.text);
		printf("list %-46s by %-12s %4d rows %8.2f ms\n",
		       asked[i].filters ? asked[i].filters : "all",
		       asked[i].sort ? asked[i].sort : "id", n, (now_s() - begun) * 1e3);
	}
}

static void bench_reads(const char *path, size_t fill)
{
	struct fly_store_stats stats;
	struct fly_why why = {0};
	struct bench b;
	double begun;
	int64_t first;

	open_store(&b, path, fill);
	first = b.plan + 2;
	fly_store_close(b.store);
	begun = now_s();
	if (fly_store_open(path, NULL, &b.store, &why) < 0)
		die("open", why.text);
	printf("%zu rows: open %.1f ms", fill, (now_s() - begun) * 1e3);
	printf(", get all parts %.1f us", bench_lookup(&b, fill, first, 1));
	printf(", all names %.0f ms", bench_names(&b));
	printf(", all entries %.0f ms", bench_entries(&b));
	fly_store_stats(b.store, fly_store_reader(b.store, NULL), &stats, NULL);
	printf(", %.0f bytes a row\n", (double)stats.file_bytes / (double)fill);
	bench_lists(&b);
	fly_store_close(b.store);
}

/* -------------------------------------------------------------------------------------- */

static int remove_one(const char *path, const struct stat *st, int type, struct FTW *at)
{
	return remove(path);
}

int main(int argc, char **argv)
{
	static const int threads[] = {1, 8, 64};
	const char *where = argc > 1 ? argv[1] : ".";
	double seconds = argc > 2 ? atof(argv[2]) : 2;
	size_t fill = argc > 3 ? (size_t)atol(argv[3]) : 20000, i;
	char dir[256], path[300];

	for (i = 0; i < sizeof(filler); i++)
		filler[i] = (char)(i * 31 + i / 7);
	snprintf(dir, sizeof(dir), "%s/bench-store.XXXXXX", where);
	if (!mkdtemp(dir))
		die("mkdtemp", dir);
	for (i = 0; seconds > 0 && i < FLY_ARRAY_LEN(threads); i++) {
		struct figures store, bare;

		snprintf(path, sizeof(path), "%s/s%d.db", dir, threads[i]);
		store = bench_store(path, threads[i], seconds, fill);
		snprintf(path, sizeof(path), "%s/b%d.db", dir, threads[i]);
		bare = bench_bare(path, threads[i], seconds, fill);
		printf("%2d submitters: store %6.0f/s (%.0f us of CPU each, %.1f a commit, "
		       "slowest %.1f ms), sqlite3 alone %6.0f/s (%.0f us), %.2f of it\n",
		       threads[i], store.a_second, store.cpu_us, store.group, store.slowest_ms,
		       bare.a_second, bare.cpu_us, store.a_second / bare.a_second);
		fflush(stdout);
	}
	snprintf(path, sizeof(path), "%s/r.db", dir);
	bench_reads(path, fill);
	nftw(dir, remove_one, 8, FTW_DEPTH | FTW_PHYS);
	return 0;
}
