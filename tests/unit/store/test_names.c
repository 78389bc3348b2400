/* SPDX-License-Identifier: Apache-2.0 */
/* Pages of names and heads, counts, use of versions, and the times of scopes over restarts. */
#include <sys/wait.h>

#include "store_fixture.h"

#define N 500

static struct fixture f;
static struct fly_named plan, task;
static struct fly_entity plan_v1, plan_v2, task_v1, workflow_v1, generated_v1;

static int insert_entity(struct fly_db *db, struct fly_entity *e, const struct fly_named *n,
			 const char *version, struct fly_why *why)
{
	*e = (struct fly_entity){.id = fly_store_new_id(f.store, why), .named = n->id,
				 .scope = n->scope, .kind = n->kind, .version = version,
				 .workflow = e->workflow};
	return fly_entity_insert(db, e, why);
}

static int insert_named(struct fly_db *db, struct fly_named *n, enum fly_kind kind,
			const char *name, struct fly_why *why)
{
	*n = (struct fly_named){.id = fly_store_new_id(f.store, why), .scope = f.scope,
				.kind = kind, .name = name};
	return fly_named_insert(db, n, why);
}

static int insert_entities(struct fly_db *db, void *arg, struct fly_why *why)
{
	struct fly_named flow, generated;
	int rc = 0;

	rc |= insert_named(db, &plan, FLY_KIND_LAUNCH_PLAN, "plan", why);
	rc |= insert_named(db, &task, FLY_KIND_TASK, "task", why);
	rc |= insert_named(db, &flow, FLY_KIND_WORKFLOW, "flow", why);
	rc |= insert_named(db, &generated, FLY_KIND_WORKFLOW, ".flytegen.task", why);
	rc |= insert_entity(db, &workflow_v1, &flow, "v1", why);
	rc |= insert_entity(db, &generated_v1, &generated, "v1", why);
	rc |= insert_entity(db, &task_v1, &task, "v1", why);
	plan_v1.workflow = workflow_v1.id;
	rc |= insert_entity(db, &plan_v1, &plan, "v1", why);
	rc |= insert_entity(db, &plan_v2, &plan, "v2", why);
	return rc;
}

/* Every third is archived; phases go round; every second is of the plan, one of the task. */
static int insert_executions(struct fly_db *db, void *arg, struct fly_why *why)
{
	struct fly_execution e;
	char name[16];
	int i, rc = 0;

	for (i = 0; rc == 0 && i < N; i++) {
		snprintf(name, sizeof(name), "r%03d", i);
		e = an_execution(fly_store_new_id(f.store, why), f.scope, name);
		e.state = i % 3 == 0;
		e.phase = i % 10;
		if (i % 2 == 0) {
			e.launch_plan = i % 4 ? plan_v1.id : plan_v2.id;
			e.workflow = workflow_v1.id;
		} else if (i == 33) {
			e.task = task_v1.id;
			e.workflow = generated_v1.id;
		}
		rc = fly_execution_insert(db, &e, NULL, 0, why);
	}
	return rc;
}

/* Walk with pages of a size and compare with what belongs there. */
static void walk(size_t max, int (*next)(const char *, size_t, struct fly_execution_name **),
		 bool (*belongs)(int i))
{
	struct fly_execution_name *names;
	char after[16] = "", want[16];
	int i = 0, n, at, wrong = 0, total = 0, expected = 0;

	while ((n = next(after, max, &names)) > 0) {
		for (at = 0; at < n; at++, i++, total++) {
			while (i < N && !belongs(i))
				i++;
			snprintf(want, sizeof(want), "r%03d", i);
			wrong += strcmp(names[at].name, want) != 0;
			wrong += names[at].state != (i % 3 == 0);
			wrong += names[at].phase != -1 && names[at].phase != i % 10;
			wrong += names[at].id <= 0;
		}
		CHECK(n <= (int)max);
		strcpy(after, names[n - 1].name);
	}
	CHECK_INT(n, 0);
	CHECK_INT(wrong, 0);
	for (i = 0; i < N; i++)
		expected += belongs(i);
	CHECK_INT(total, expected);
}

static int next_active(const char *after, size_t max, struct fly_execution_name **out)
{
	return fly_execution_names(fixture_reader(&f), f.scope, 0, after, max, &f.arena, out);
}

static int next_archived(const char *after, size_t max, struct fly_execution_name **out)
{
	return fly_execution_names(fixture_reader(&f), f.scope, 1, after, max, &f.arena, out);
}

static int next_failed(const char *after, size_t max, struct fly_execution_name **out)
{
	return fly_execution_names_by_phase(fixture_reader(&f), f.scope, 6, after, max, &f.arena,
					    out);
}

static int next_of_plan(const char *after, size_t max, struct fly_execution_name **out)
{
	return fly_execution_names_by_plan(fixture_reader(&f), f.scope, plan.id, after, max,
					   &f.arena, out);
}

static bool is_active(int i)
{
	return i % 3 != 0;
}

static bool is_archived(int i)
{
	return i % 3 == 0;
}

static bool is_failed(int i)
{
	return i % 10 == 6;
}

static bool is_of_plan(int i)
{
	return i % 2 == 0;
}

static void test_pages(void)
{
	static const size_t sizes[] = {1, 7, 200, 1000};
	struct fly_db *db = fixture_reader(&f);
	struct fly_execution_entry *entries;
	struct fly_execution_name *names;
	size_t i;

	for (i = 0; i < FLY_ARRAY_LEN(sizes); i++) {
		walk(sizes[i], next_active, is_active);
		walk(sizes[i], next_archived, is_archived);
		walk(sizes[i], next_failed, is_failed);
		walk(sizes[i], next_of_plan, is_of_plan);
	}
	CHECK_INT(fly_execution_names(db, f.staging, 0, NULL, 9, &f.arena, &names), 0);
	CHECK_INT(fly_execution_entries(db, f.scope, 0, "r100", 3, &f.arena, &entries), 3);
	CHECK_STR(entries[0].name, "r101");
	CHECK_STR(entries[2].name, "r104");
	CHECK_INT(entries[2].phase, 4);
	CHECK_INT(entries[2].mode, 0755);
	CHECK(entries[2].id > 0 && entries[2].changed_ns > 0);
	CHECK_INT(fly_execution_entries(db, f.scope, 1, "r100", 3, &f.arena, &entries), 3);
	CHECK_STR(entries[0].name, "r102");
}

static void test_counts(void)
{
	struct fly_db *db = fixture_reader(&f);
	struct fly_store_stats stats;
	int64_t ids[N], after = 0;
	int i, n, active = 0, total = 0, unfinished = 0;

	for (i = 0; i < N; i++) {
		active += is_of_plan(i) && (i % 10 == 1 || i % 10 == 2);
		unfinished += !strchr("\4\6\7\10", i % 10 ? i % 10 : 100);
	}
	CHECK_INT(fly_execution_count(db, f.scope, 0), N - (N + 2) / 3);
	CHECK_INT(fly_execution_count(db, f.scope, 1), (N + 2) / 3);
	CHECK_INT(fly_execution_count(db, f.staging, 0), 0);
	CHECK_INT(fly_execution_count_active(db, plan.id), active);
	while ((n = fly_execution_unfinished(db, after, 30, ids)) > 0) {
		for (i = 1; i < n; i++)
			CHECK(ids[i] > ids[i - 1]);
		CHECK(ids[0] > after);
		after = ids[n - 1];
		total += n;
	}
	CHECK_INT(total, unfinished);
	CHECK_INT(fly_store_stats(f.store, db, &stats, NULL), 0);
	CHECK_INT(stats.unfinished, unfinished);
	CHECK_INT(stats.rows[FLY_KIND_EXECUTION], N);
	CHECK_INT(stats.rows[FLY_KIND_LAUNCH_PLAN], 2);
	CHECK_INT(stats.rows[FLY_KIND_WORKFLOW], 2);
	CHECK_INT(stats.rows[FLY_KIND_TASK], 1);
	CHECK_INT(stats.rows[FLY_KIND_SCOPE], 3);
	CHECK(stats.file_bytes > 0 && stats.wal_bytes > 0);
}

static int delete_all(struct fly_db *db, void *arg, struct fly_why *why)
{
	struct fly_execution_name *names;
	int i, n, state, rc = 0;

	for (state = 0; state < 2; state++) {
		n = fly_execution_names(db, f.scope, state, NULL, N, &f.arena, &names);
		for (i = 0; rc == 0 && i < n; i++)
			rc = fly_execution_delete(db, names[i].id, why);
	}
	return rc;
}

static void test_use(void)
{
	CHECK_INT(fixture_run(&f, delete_all, NULL, NULL), 0);
	CHECK_INT(fly_execution_count(fixture_reader(&f), f.scope, 0), 0);
	CHECK_INT(fly_execution_count(fixture_reader(&f), f.scope, 1), 0);
}

static int insert_one(struct fly_db *db, void *arg, struct fly_why *why)
{
	struct fly_execution e = an_execution(fly_store_new_id(f.store, why), f.scope, arg);

	return fly_execution_insert(db, &e, NULL, 0, why);
}

static int move_one(struct fly_db *db, void *arg, struct fly_why *why)
{
	struct fly_execution e;
	int rc = fly_execution_get(db, f.scope, arg, 0, &f.arena, &e);

	e.phase = 2;
	return rc < 0 ? rc : fly_execution_update(db, &e, 0, why);
}

static struct fly_scope scope_now(void)
{
	struct fly_scope scope = {0};

	CHECK_INT(fly_scope_get(fixture_reader(&f), "demo", "development", &f.arena, &scope), 0);
	return scope;
}

/* Times of a scope only grow, move with what is listed in it, and outlast a restart exactly. */
static void test_scope_times(void)
{
	struct fly_scope before = scope_now(), after, again;

	CHECK_INT(fixture_run(&f, insert_one, "x1", NULL), 0);
	after = scope_now();
	CHECK(after.changed_ns > before.changed_ns && after.listed_ns > before.listed_ns);
	CHECK_INT(fixture_run(&f, move_one, "x1", NULL), 0);
	again = scope_now();
	CHECK(again.changed_ns > after.changed_ns);
	CHECK_INT(again.listed_ns, after.listed_ns);
	fly_store_close(f.store);
	fixture_open(&f);
	after = scope_now();
	CHECK_INT(after.changed_ns, again.changed_ns);
	CHECK_INT(after.listed_ns, again.listed_ns);
	CHECK_INT(fly_execution_count(fixture_reader(&f), f.scope, 0), 1);
}

/* A process that dies without closing: the times it showed are not gone back on. */
static void test_scope_times_after_exit(void)
{
	struct fly_scope shown = {0}, after;
	int pipes[2], status, i;
	char name[16];
	pid_t pid;

	fly_store_close(f.store);
	CHECK_INT(pipe(pipes), 0);
	pid = fork();
	if (pid == 0) {
		fixture_open(&f);
		for (i = 0; i < 5; i++) {
			snprintf(name, sizeof(name), "y%d", i);
			fixture_run(&f, insert_one, name, NULL);
		}
		shown = scope_now();
		_exit(write(pipes[1], &shown, sizeof(shown)) != sizeof(shown));
	}
	CHECK_INT(read(pipes[0], &shown, sizeof(shown)), sizeof(shown));
	CHECK_INT(waitpid(pid, &status, 0), pid);
	close(pipes[0]);
	close(pipes[1]);
	fixture_open(&f);
	after = scope_now();
	CHECK(after.changed_ns >= shown.changed_ns && after.listed_ns >= shown.listed_ns);
	CHECK(after.changed_ns <= fly_now_ns());
	CHECK_INT(fly_execution_count(fixture_reader(&f), f.scope, 0), 6);
}

/* Two reads between begin and end see one snapshot. */
static void test_snapshot(void)
{
	struct fly_db *db = fixture_reader(&f);
	struct fly_execution e;

	CHECK_INT(fly_db_begin(db, NULL), 0);
	CHECK_INT(fly_db_begin(db, NULL), 0);
	CHECK_INT(fly_execution_get(db, f.scope, "x2", 0, &f.arena, &e), -ENOENT);
	fly_db_end(db);
	CHECK_INT(fixture_run(&f, insert_one, "x2", NULL), 0);
	CHECK_INT(fly_execution_get(db, f.scope, "x2", 0, &f.arena, &e), -ENOENT);
	fly_db_end(db);
	CHECK_INT(fly_execution_get(db, f.scope, "x2", 0, &f.arena, &e), 0);
}

int main(void)
{
	fixture_begin(&f);
	CHECK_INT(fixture_run(&f, insert_entities, NULL, NULL), 0);
	CHECK_INT(fixture_run(&f, insert_executions, NULL, NULL), 0);
	test_pages();
	test_counts();
	test_use();
	test_scope_times();
	test_scope_times_after_exit();
	test_snapshot();
	fixture_end(&f);
	return check_done();
}
