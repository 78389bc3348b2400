/* SPDX-License-Identifier: Apache-2.0 */
/* Rows that the store remembers: what is committed is read, and an old snapshot spoils none. */
#include "store_fixture.h"

static struct fixture f;
static struct fly_named plan;
static struct fly_entity v1;
static struct fly_execution run;
static struct fly_node node;

static int insert(struct fly_db *db, void *arg, struct fly_why *why)
{
	int rc;

	plan = (struct fly_named){.id = fly_store_new_id(f.store, why), .scope = f.scope,
				  .kind = FLY_KIND_LAUNCH_PLAN, .name = "plan"};
	v1 = (struct fly_entity){.id = fly_store_new_id(f.store, why), .named = plan.id,
				 .scope = f.scope, .kind = FLY_KIND_LAUNCH_PLAN, .version = "v1",
				 .short_description = "old", .spec = bytes_of("old spec")};
	run = an_execution(fly_store_new_id(f.store, why), f.scope, "run");
	run.error_code = "old";
	node = (struct fly_node){.id = fly_store_new_id(f.store, why), .execution = run.id,
				 .node_id = "n0", .spec_node_id = "n0", .error_kind = -1,
				 .started_ns = INT64_MIN, .duration_ns = INT64_MIN,
				 .message = bytes_of("old")};
	rc = fly_named_insert(db, &plan, why);
	rc = rc ? rc : fly_entity_insert(db, &v1, why);
	rc = rc ? rc : fly_execution_insert(db, &run, NULL, 0, why);
	return rc ? rc : fly_node_put(db, &node, why);
}

static int update(struct fly_db *db, void *arg, struct fly_why *why)
{
	const char *text = arg;
	int rc;

	plan.description = v1.short_description = run.error_code = text;
	v1.spec = node.message = bytes_of(text);
	rc = fly_named_update(db, &plan, why);
	rc = rc ? rc : fly_entity_update(db, &v1, why);
	rc = rc ? rc : fly_execution_update(db, &run, FLY_EXECUTION_HEAD, why);
	return rc ? rc : fly_node_put(db, &node, why);
}

static int fail_update(struct fly_db *db, void *arg, struct fly_why *why)
{
	int rc = update(db, arg, why);

	return rc < 0 ? rc : -ECANCELED;
}

/* All rows, by each way that remembers, say this. */
static void expect(const char *text)
{
	struct fly_db *db = fixture_reader(&f);
	auto_arena arena = {0};
	struct fly_execution e;
	struct fly_entity v;
	struct fly_named n;
	struct fly_node o;

	CHECK(fly_named_get(db, f.scope, FLY_KIND_LAUNCH_PLAN, "plan", &arena, &n) == 0);
	CHECK_STR(n.description, text);
	CHECK(fly_entity_get_default(db, plan.id, FLY_KIND_LAUNCH_PLAN, FLY_ENTITY_HEAD, &arena,
				     &v) == 0);
	CHECK_STR(v.short_description, text);
	CHECK(fly_entity_get_id(db, FLY_KIND_LAUNCH_PLAN, v1.id, FLY_ENTITY_BLOBS, &arena,
				&v) == 0);
	CHECK_STR(v.short_description, text);
	CHECK(bytes_are(v.spec, text));
	CHECK(fly_execution_get_id(db, run.id, FLY_EXECUTION_HEAD, &arena, &e) == 0);
	CHECK_STR(e.error_code, text);
	CHECK_STR(e.name, "run");
	CHECK(fly_node_get_id(db, node.id, &arena, &o) == 0);
	CHECK(bytes_are(o.message, text));
}

static void test_changes(void)
{
	CHECK(fixture_run(&f, update, "one", NULL) == 0);
	expect("one");
	expect("one");
	CHECK(fixture_run(&f, fail_update, "never", NULL) == -ECANCELED);
	expect("one");
	CHECK(fixture_run(&f, update, "two", NULL) == 0);
	expect("two");
}

/* What an old snapshot reads must not be taken for what is there now. */
static void test_snapshot(void)
{
	struct fly_db *db = fixture_reader(&f);
	auto_arena arena = {0};
	struct fly_execution e;

	CHECK(fixture_run(&f, update, "before", NULL) == 0);
	CHECK(fly_db_begin(db, NULL) == 0);
	CHECK(fly_execution_get_id(db, run.id, FLY_EXECUTION_HEAD, &arena, &e) == 0);
	CHECK_STR(e.error_code, "before");
	CHECK(fixture_run(&f, update, "after", NULL) == 0);
	CHECK(fly_execution_get_id(db, run.id, FLY_EXECUTION_HEAD, &arena, &e) == 0);
	CHECK_STR(e.error_code, "before");
	fly_db_end(db);
	expect("after");
}

static int delete_run(struct fly_db *db, void *arg, struct fly_why *why)
{
	return fly_execution_delete(db, run.id, why);
}

static void test_gone(void)
{
	struct fly_db *db = fixture_reader(&f);
	auto_arena arena = {0};
	struct fly_execution e;
	int64_t id = 0;

	CHECK(fly_execution_find(db, f.scope, "run", &id) == 0 && id == run.id);
	CHECK(fly_execution_get_id(db, run.id, FLY_EXECUTION_HEAD, &arena, &e) == 0);
	CHECK(fixture_run(&f, delete_run, NULL, NULL) == 0);
	CHECK(fly_execution_get_id(db, run.id, FLY_EXECUTION_HEAD, &arena, &e) == -ENOENT);
	CHECK(fly_execution_find(db, f.scope, "run", &id) == -ENOENT);
}

int main(void)
{
	fixture_begin(&f);
	CHECK(fixture_run(&f, insert, NULL, NULL) == 0);
	test_changes();
	test_snapshot();
	test_gone();
	fixture_end(&f);
	return check_done();
}
