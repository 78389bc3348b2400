/* SPDX-License-Identifier: Apache-2.0 */
/* Round trips of each kind of row, and the changes that writing them tells. */
#include "store_fixture.h"

/* --- what the listener heard last ----------------------------------------------------- */

#define TOLD_MAX 16

static struct {
	struct fly_change changes[TOLD_MAX];
	char names[TOLD_MAX][64];
	size_t n;
} told;

static void keep(void *arg, const struct fly_change *changes, size_t n)
{
	told.n = n < TOLD_MAX ? n : TOLD_MAX;
	for (size_t i = 0; i < told.n; i++) {
		told.changes[i] = changes[i];
		snprintf(told.names[i], sizeof(told.names[i]), "%s",
			 changes[i].name ? changes[i].name : "");
	}
}

static struct fixture f;

static void begin(void)
{
	fixture_begin(&f);
	fly_store_listen(f.store, keep, NULL);
	told.n = 0;
}

static int64_t new_id(void)
{
	return fly_store_new_id(f.store, NULL);
}

/* --- projects and scopes -------------------------------------------------------------- */

static int update_project(struct fly_db *db, void *arg, struct fly_why *why)
{
	return fly_project_update(db, arg, why);
}

static int insert_project(struct fly_db *db, void *arg, struct fly_why *why)
{
	static const char *const domains[] = {"d1", "d2"};

	return fly_project_insert(db, arg, domains, 2, why);
}

static void test_project(void)
{
	struct fly_project p = {.identifier = "apple", .name = "A", .description = "d",
				.labels = bytes_of("labels"), .state = 2, .uid = 7,
				.created_ns = 11, .changed_ns = INT64_C(1) << 62, .size = 99};
	struct fly_project back, *list;
	struct fly_scope *scopes;
	struct fly_db *db;
	char text[FLY_WHY_MAX];

	begin();
	db = fixture_reader(&f);
	p.id = new_id();
	CHECK_INT(fixture_run(&f, insert_project, &p, NULL), 0);
	CHECK_INT(told.n, 3);
	CHECK_INT(told.changes[0].kind, FLY_KIND_PROJECT);
	CHECK_INT(told.changes[0].flags, FLY_CHANGE_CREATED);
	CHECK_STR(told.names[0], "apple");
	CHECK_INT(told.changes[2].kind, FLY_KIND_SCOPE);
	CHECK_INT(told.changes[2].scope, p.id);
	CHECK_STR(told.names[2], "d2");

	CHECK_INT(fly_project_get(db, "apple", &f.arena, &back), 0);
	CHECK_INT(back.id, p.id);
	CHECK_STR(back.name, "A");
	CHECK_STR(back.description, "d");
	CHECK(bytes_are(back.labels, "labels"));
	CHECK_INT(back.state, 2);
	CHECK_INT(back.uid, 7);
	CHECK_INT(back.created_ns, 11);
	CHECK_INT(back.size, 99);
	/* A clock behind the row's last change: it goes on from there. */
	p.name = NULL;
	p.labels.len = 0;
	CHECK_INT(fixture_run(&f, update_project, &p, NULL), 0);
	CHECK_INT(told.changes[0].flags, FLY_CHANGE_TEXT);
	CHECK_INT(fly_project_get_id(db, p.id, &f.arena, &back), 0);
	CHECK_STR(back.name, "");
	CHECK_INT(back.labels.len, 0);
	CHECK_INT(back.changed_ns, (INT64_C(1) << 62) + 1);
	p.state = 1;
	CHECK_INT(fixture_run(&f, update_project, &p, NULL), 0);
	CHECK_INT(told.changes[0].flags, FLY_CHANGE_TEXT | FLY_CHANGE_STATE);

	CHECK_INT(fly_project_list(db, NULL, 10, &f.arena, &list), 2);
	CHECK_STR(list[0].identifier, "apple");
	CHECK_STR(list[1].identifier, "demo");
	CHECK_INT(fly_project_list(db, "apple", 10, &f.arena, &list), 1);
	CHECK_INT(fly_project_list(db, "demo", 10, &f.arena, &list), 0);
	CHECK_INT(fly_scope_list(db, p.id, &f.arena, &scopes), 2);
	CHECK_STR(scopes[0].domain, "d1");
	CHECK_STR(scopes[1].project, "apple");
	p.id = new_id();
	CHECK_INT(fixture_run(&f, insert_project, &p, text), -EEXIST);
	CHECK_STR(text, "project apple exists already");
	CHECK_INT(fixture_run(&f, update_project, &p, text), -ENOENT);
	fixture_end(&f);
}

/* --- names and versions --------------------------------------------------------------- */

static int insert_named(struct fly_db *db, void *arg, struct fly_why *why)
{
	return fly_named_insert(db, arg, why);
}

static int update_named(struct fly_db *db, void *arg, struct fly_why *why)
{
	return fly_named_update(db, arg, why);
}

static int insert_entity(struct fly_db *db, void *arg, struct fly_why *why)
{
	return fly_entity_insert(db, arg, why);
}

static int update_entity(struct fly_db *db, void *arg, struct fly_why *why)
{
	return fly_entity_update(db, arg, why);
}

static struct fly_named a_named(enum fly_kind kind, const char *name, int state)
{
	struct fly_named n = {.id = new_id(), .scope = f.scope, .kind = kind, .name = name,
			      .state = state, .created_ns = 3};

	CHECK_INT(fixture_run(&f, insert_named, &n, NULL), 0);
	return n;
}

static struct fly_entity an_entity(const struct fly_named *n, const char *version)
{
	struct fly_entity e = {.id = new_id(), .named = n->id, .scope = n->scope, .kind = n->kind,
			       .version = version, .created_ns = 4, .changed_ns = 4};

	memset(e.digest, 7, sizeof(e.digest));
	e.spec = bytes_of("spec");
	e.closure = bytes_of("closure");
	e.interface = bytes_of("interface");
	e.source = bytes_of("source");
	e.sizes[2] = 5;
	return e;
}

static int list_flows(const char *after, size_t max, bool all, struct fly_named **out)
{
	return fly_named_list(fixture_reader(&f), f.scope, FLY_KIND_WORKFLOW, after, max, all,
			      &f.arena, out);
}

static void test_named(void)
{
	struct fly_named n, back, *list;
	struct fly_scope before, after;
	struct fly_db *db;

	begin();
	db = fixture_reader(&f);
	CHECK_INT(fly_scope_get_id(db, f.scope, &f.arena, &before), 0);
	n = a_named(FLY_KIND_WORKFLOW, "b.flow", 0);
	CHECK_INT(told.changes[0].kind, FLY_KIND_NAMED);
	CHECK_INT(told.changes[0].phase, FLY_KIND_WORKFLOW);
	CHECK_INT(told.changes[0].scope, f.scope);
	CHECK_INT(fly_scope_get_id(db, f.scope, &f.arena, &after), 0);
	CHECK(after.changed_ns > before.changed_ns && after.listed_ns > before.listed_ns);
	a_named(FLY_KIND_WORKFLOW, ".flytegen.x", 2);
	a_named(FLY_KIND_WORKFLOW, "a.flow", 1);
	a_named(FLY_KIND_TASK, "a.task", 0);

	CHECK_INT(list_flows(NULL, 9, false, &list), 2);
	CHECK_STR(list[0].name, "a.flow");
	CHECK_STR(list[1].name, "b.flow");
	CHECK_INT(list_flows(NULL, 9, true, &list), 3);
	CHECK_INT(list_flows("a.flow", 9, true, &list), 1);
	CHECK_INT(list_flows(NULL, 1, true, &list), 1);

	n.description = "words";
	n.state = 1;
	CHECK_INT(fixture_run(&f, update_named, &n, NULL), 0);
	CHECK_INT(told.changes[0].flags, FLY_CHANGE_TEXT | FLY_CHANGE_STATE);
	CHECK_INT(fly_named_get(db, f.scope, FLY_KIND_WORKFLOW, "b.flow", &f.arena, &back), 0);
	CHECK_STR(back.description, "words");
	CHECK_INT(back.state, 1);
	CHECK_INT(fly_named_get(db, f.scope, FLY_KIND_TASK, "b.flow", &f.arena, &back), -ENOENT);
	CHECK_INT(fixture_run(&f, insert_named, &n, told.names[0]), -EEXIST);
	fixture_end(&f);
}

static void test_entity(void)
{
	struct fly_named n, named;
	struct fly_entity e, back, *list;
	struct fly_db *db;
	char text[FLY_WHY_MAX];

	begin();
	db = fixture_reader(&f);
	n = a_named(FLY_KIND_LAUNCH_PLAN, "plan", 0);
	e = an_entity(&n, "v1");
	e.schedule_type = "CRON";
	e.workflow = 77;
	e.generated = true;
	CHECK_INT(fixture_run(&f, insert_entity, &e, NULL), 0);
	CHECK_INT(told.n, 1);
	CHECK_INT(told.changes[0].kind, FLY_KIND_LAUNCH_PLAN);
	CHECK_INT(told.changes[0].parent, n.id);
	CHECK_STR(told.names[0], "v1");
	CHECK_INT(fly_entity_get(db, FLY_KIND_LAUNCH_PLAN, "demo", "development", "plan", "v1",
				 FLY_ENTITY_BLOBS, &f.arena, &back),
		  0);
	CHECK_INT(back.id, e.id);
	CHECK_STR(back.project, "demo");
	CHECK_STR(back.domain, "development");
	CHECK_STR(back.name, "plan");
	CHECK_STR(back.version, "v1");
	CHECK_STR(back.schedule_type, "CRON");
	CHECK(!back.type && !back.launch_condition_type);
	CHECK(back.generated);
	CHECK_INT(back.workflow, 77);
	CHECK(memcmp(back.digest, e.digest, sizeof(e.digest)) == 0);
	CHECK_INT(back.sizes[2], 5);
	CHECK_INT(back.sizes[5], 0);
	CHECK(bytes_are(back.spec, "spec") && bytes_are(back.closure, "closure"));
	CHECK(bytes_are(back.interface, "interface") && bytes_are(back.source, "source"));
	CHECK_INT(fly_entity_get_id(db, FLY_KIND_LAUNCH_PLAN, e.id, FLY_ENTITY_HEAD, &f.arena,
				    &back),
		  0);
	CHECK_INT(back.spec.len, 0);
	CHECK_INT(fly_entity_get_id(db, FLY_KIND_TASK, e.id, FLY_ENTITY_HEAD, &f.arena, &back),
		  -ENOENT);
	CHECK_INT(fly_entity_get(db, FLY_KIND_LAUNCH_PLAN, "demo", "nowhere", "plan", "v1",
				 FLY_ENTITY_HEAD, &f.arena, &back),
		  -ENOENT);

	e = an_entity(&n, "v0");
	CHECK_INT(fixture_run(&f, insert_entity, &e, NULL), 0);
	CHECK_INT(fly_entity_get_default(db, n.id, n.kind, FLY_ENTITY_HEAD, &f.arena, &back), 0);
	CHECK_STR(back.version, "v0");
	CHECK_INT(fly_entity_get_active(db, n.id, FLY_ENTITY_HEAD, &f.arena, &back), -ENOENT);
	CHECK_INT(fly_entity_list(db, n.id, n.kind, NULL, 9, &f.arena, &list), 2);
	CHECK_STR(list[0].version, "v0");
	CHECK_INT(fly_entity_list(db, n.id, n.kind, "v0", 9, &f.arena, &list), 1);
	CHECK_INT(fly_entity_get(db, n.kind, "demo", "development", "plan", "v1", FLY_ENTITY_BLOBS,
				 &f.arena, &back),
		  0);
	back.state = 1;
	back.source.len = 0;
	back.spec = bytes_of("another spec");
	CHECK_INT(fixture_run(&f, update_entity, &back, NULL), 0);
	CHECK_INT(told.changes[0].flags, FLY_CHANGE_TEXT | FLY_CHANGE_STATE);
	CHECK_INT(fly_entity_get_default(db, n.id, n.kind, FLY_ENTITY_BLOBS, &f.arena, &back), 0);
	CHECK_STR(back.version, "v1");
	CHECK(bytes_are(back.spec, "another spec") && bytes_are(back.source, ""));
	CHECK(back.changed_ns > 4);
	CHECK_INT(fly_entity_get_active(db, n.id, FLY_ENTITY_HEAD, &f.arena, &back), 0);
	CHECK_INT(fly_named_get_id(db, n.id, &f.arena, &named), 0);
	CHECK(named.changed_ns > n.created_ns);
	e.id = new_id();
	CHECK_INT(fixture_run(&f, insert_entity, &e, text), -EEXIST);
	CHECK_STR(text, "version v0 exists already");
	fixture_end(&f);
}

/* --- executions ----------------------------------------------------------------------- */

static int insert_execution(struct fly_db *db, void *arg, struct fly_why *why)
{
	static const struct fly_tag tags[] = {{"team", "red"}, {"big", ""}, {"big", NULL}};

	return fly_execution_insert(db, arg, tags, 3, why);
}

static unsigned update_parts;

static int update_execution(struct fly_db *db, void *arg, struct fly_why *why)
{
	return fly_execution_update(db, arg, update_parts, why);
}

static int delete_execution(struct fly_db *db, void *arg, struct fly_why *why)
{
	return fly_execution_delete(db, *(int64_t *)arg, why);
}

static void test_execution(void)
{
	struct fly_execution e, back;
	struct fly_db *db;
	char text[FLY_WHY_MAX];

	begin();
	db = fixture_reader(&f);
	e = an_execution(new_id(), f.scope, "r1");
	e.uid = 1000;
	e.gid = UINT32_MAX - 1;
	e.spec = bytes_of("the spec");
	e.closure = bytes_of("the closure");
	e.inputs = bytes_of("in");
	e.user_inputs = bytes_of("user");
	e.user = "ann";
	e.cluster = "";
	e.started_ns = 0;
	e.sizes[0] = 17;
	e.sizes[3] = 0;
	e.changed_ns = 42;
	CHECK_INT(fixture_run(&f, insert_execution, &e, NULL), 0);
	CHECK_INT(told.changes[0].scope, f.scope);
	CHECK_INT(told.changes[0].at_ns, 42);

	CHECK_INT(fly_execution_get(db, f.scope, "r1", FLY_EXECUTION_ALL, &f.arena, &back), 0);
	CHECK_INT(back.id, e.id);
	CHECK_STR(back.name, "r1");
	CHECK_STR(back.project, "demo");
	CHECK_STR(back.domain, "development");
	CHECK_INT(back.uid, 1000);
	CHECK_INT(back.gid, UINT32_MAX - 1);
	CHECK_INT(back.started_ns, 0);
	CHECK(back.duration_ns == INT64_MIN);
	CHECK_INT(back.error_kind, -1);
	CHECK_INT(back.changed_ns, 42);
	CHECK_STR(back.user, "ann");
	CHECK_STR(back.cluster, "");
	CHECK(!back.abort_cause);
	CHECK_INT(back.sizes[0], 17);
	CHECK_INT(back.sizes[1], UINT32_MAX);
	CHECK_INT(back.sizes[3], 0);
	CHECK_INT(back.sizes[FLY_EXECUTION_SIZES - 1], UINT32_MAX);
	CHECK(bytes_are(back.spec, "the spec"));
	CHECK(bytes_are(back.closure, "the closure"));
	CHECK(bytes_are(back.inputs, "in"));
	CHECK(bytes_are(back.user_inputs, "user"));
	CHECK(bytes_are(back.outputs, ""));

	CHECK_INT(fly_execution_get_id(db, e.id, FLY_EXECUTION_CLOSURE, &f.arena, &back), 0);
	CHECK(bytes_are(back.closure, "the closure"));
	CHECK(bytes_are(back.spec, ""));
	CHECK_INT(fly_execution_get(db, f.scope, "r2", 0, &f.arena, &back), -ENOENT);
	CHECK_INT(fly_execution_get(db, f.staging, "r1", 0, &f.arena, &back), -ENOENT);

	e.id = new_id();
	CHECK_INT(fixture_run(&f, insert_execution, &e, text), -EEXIST);
	CHECK_STR(text, "execution r1 exists already");
	fixture_end(&f);
}

static void test_execution_update(void)
{
	struct fly_execution e, back;
	struct fly_db *db;
	char text[FLY_WHY_MAX], big[9000];

	begin();
	db = fixture_reader(&f);
	memset(big, 'b', sizeof(big));
	e = an_execution(new_id(), f.scope, "r1");
	e.spec = (struct fly_bytes){(const uint8_t *)big, sizeof(big)};
	e.closure = bytes_of("c1");
	CHECK_INT(fixture_run(&f, insert_execution, &e, NULL), 0);

	e.closure = bytes_of("c2");
	e.spec = bytes_of("not written: its bit is not given");
	e.phase = 2;
	e.nodes_total = 3;
	update_parts = FLY_EXECUTION_CLOSURE;
	CHECK_INT(fixture_run(&f, update_execution, &e, NULL), 0);
	CHECK_INT(told.changes[0].flags, FLY_CHANGE_TEXT | FLY_CHANGE_PHASE);
	CHECK_INT(told.changes[0].old_phase, 1);
	CHECK_INT(told.changes[0].phase, 2);
	CHECK_INT(told.changes[0].at_ns, e.changed_ns);
	CHECK_INT(fly_execution_get(db, f.scope, "r1", FLY_EXECUTION_ALL, &f.arena, &back), 0);
	CHECK(bytes_are(back.closure, "c2"));
	CHECK_INT(back.spec.len, sizeof(big));
	CHECK_INT(back.phase, 2);
	CHECK_INT(back.nodes_total, 3);

	e.outputs = bytes_of("out");
	e.result = FLY_RESULT_OUTPUTS;
	e.state = 1;
	update_parts = FLY_EXECUTION_OUTPUTS | FLY_EXECUTION_SPEC;
	e.spec = (struct fly_bytes){(const uint8_t *)big, sizeof(big)};
	CHECK_INT(fixture_run(&f, update_execution, &e, NULL), 0);
	CHECK_INT(told.changes[0].flags, FLY_CHANGE_TEXT | FLY_CHANGE_STATE | FLY_CHANGE_RESULT);
	CHECK_INT(told.changes[0].state, 1);
	CHECK_INT(fly_execution_count(db, f.scope, 0), 0);
	CHECK_INT(fly_execution_count(db, f.scope, 1), 1);

	back = an_execution(new_id(), f.scope, "r1");
	CHECK_INT(fixture_run(&f, insert_execution, &back, text), -EEXIST);
	CHECK_STR(text, "an archived execution has the name r1: bring it back, delete it for good, "
			"or take another name");
	CHECK_INT(fixture_run(&f, update_execution, &back, text), -ENOENT);
	fixture_end(&f);
}

/* --- nodes and attempts --------------------------------------------------------------- */

static int put_node(struct fly_db *db, void *arg, struct fly_why *why)
{
	return fly_node_put(db, arg, why);
}

static int put_attempt(struct fly_db *db, void *arg, struct fly_why *why)
{
	return fly_attempt_put(db, arg, why);
}

static struct fly_node a_node(int64_t execution, const char *node_id, int64_t parent)
{
	struct fly_node n = {.id = new_id(), .execution = execution, .node_id = node_id,
			     .spec_node_id = "n", .parent = parent, .error_kind = -1,
			     .started_ns = INT64_MIN, .duration_ns = INT64_MIN};

	n.message = bytes_of("message");
	n.inputs = bytes_of("inputs");
	n.engine = bytes_of("engine");
	memset(n.sizes, 0xff, sizeof(n.sizes));
	CHECK_INT(fixture_run(&f, put_node, &n, NULL), 0);
	return n;
}

static void test_node(int64_t execution)
{
	struct fly_node n, child, back, *list;
	struct fly_db *db = fixture_reader(&f);
	char text[FLY_WHY_MAX];

	n = a_node(execution, "n0", 0);
	CHECK_INT(told.changes[0].kind, FLY_KIND_NODE);
	CHECK_INT(told.changes[0].flags, FLY_CHANGE_CREATED);
	CHECK_INT(told.changes[0].parent, execution);
	CHECK_INT(told.changes[0].scope, f.scope);
	CHECK_STR(told.names[0], "n0");
	child = a_node(execution, "n0-0", n.id);
	CHECK_INT(told.changes[0].node, n.id);
	CHECK_INT(fly_node_get(db, execution, "n0", &f.arena, &back), 0);
	CHECK_INT(back.id, n.id);
	CHECK(bytes_are(back.message, "message") && bytes_are(back.inputs, "inputs"));
	CHECK(bytes_are(back.engine, "engine") && bytes_are(back.outputs, ""));
	CHECK_STR(back.spec_node_id, "n");
	CHECK_INT(back.sizes[0], UINT32_MAX);

	n.phase = 3;
	n.outputs = bytes_of("o");
	n.duration_ns = 0;
	CHECK_INT(fixture_run(&f, put_node, &n, NULL), 0);
	CHECK_INT(told.changes[0].flags, FLY_CHANGE_TEXT | FLY_CHANGE_PHASE | FLY_CHANGE_RESULT);
	CHECK_INT(told.changes[0].old_phase, 0);
	CHECK_INT(fixture_run(&f, put_node, &n, NULL), 0);
	CHECK_INT(told.changes[0].flags, FLY_CHANGE_TEXT);
	CHECK_INT(fly_node_get_id(db, n.id, &f.arena, &back), 0);
	CHECK(bytes_are(back.outputs, "o"));
	CHECK_INT(back.duration_ns, 0);
	CHECK_INT(back.changed_ns, n.changed_ns);

	CHECK_INT(fly_node_list(db, execution, 0, &f.arena, &list), 1);
	CHECK_INT(fly_node_list(db, execution, n.id, &f.arena, &list), 1);
	CHECK_INT(list[0].id, child.id);
	CHECK_INT(fly_node_list(db, execution, child.id, &f.arena, &list), 0);
	CHECK_INT(fly_node_list(db, execution, -1, &f.arena, &list), 2);
	CHECK(bytes_are(list[1].message, "message"));
	child.id = new_id();
	CHECK_INT(fixture_run(&f, put_node, &child, text), -EEXIST);
	child.execution = 999999;
	CHECK_INT(fixture_run(&f, put_node, &child, text), -ENOENT);
	CHECK_STR(text, "execution 999999 is gone");
}

static void test_attempt(int64_t execution)
{
	struct fly_db *db = fixture_reader(&f);
	struct fly_attempt a, back, *list;
	struct fly_node n;
	char text[FLY_WHY_MAX];

	CHECK_INT(fly_node_get(db, execution, "n0", &f.arena, &n), 0);
	a = (struct fly_attempt){.id = new_id(), .node = n.id, .execution = execution,
				 .project = "demo", .domain = "development", .name = "t",
				 .version = "v1", .started_ns = 5, .duration_ns = INT64_MIN,
				 .message = bytes_of("m"), .engine = bytes_of("e")};
	CHECK_INT(fixture_run(&f, put_attempt, &a, NULL), 0);
	CHECK_INT(told.changes[0].kind, FLY_KIND_ATTEMPT);
	CHECK_INT(told.changes[0].node, n.id);
	CHECK_INT(told.changes[0].parent, execution);
	CHECK_INT(told.changes[0].scope, f.scope);
	a.phase = 2;
	a.engine = bytes_of("e2");
	CHECK_INT(fixture_run(&f, put_attempt, &a, NULL), 0);
	CHECK_INT(told.changes[0].flags, FLY_CHANGE_TEXT | FLY_CHANGE_PHASE);
	CHECK_INT(fly_attempt_get(db, n.id, "demo", "development", "t", "v1", 0, &f.arena, &back),
		  0);
	CHECK_INT(back.id, a.id);
	CHECK_INT(back.phase, 2);
	CHECK_INT(back.started_ns, 5);
	CHECK(bytes_are(back.message, "m") && bytes_are(back.engine, "e2"));
	CHECK_INT(fly_attempt_get(db, n.id, "demo", "development", "t", "v1", 1, &f.arena, &back),
		  -ENOENT);
	a.id = new_id();
	CHECK_INT(fixture_run(&f, put_attempt, &a, text), -EEXIST);
	a.retry_attempt = 1;
	CHECK_INT(fixture_run(&f, put_attempt, &a, NULL), 0);
	CHECK_INT(fly_attempt_list(db, execution, n.id, &f.arena, &list), 2);
	CHECK_INT(fly_attempt_list(db, execution, 0, &f.arena, &list), 2);
	CHECK_INT(list[1].retry_attempt, 1);
	CHECK_INT(fly_attempt_list(db, execution, 12345, &f.arena, &list), 0);
}

static int64_t rows_left(void)
{
	struct fly_store_stats stats;

	CHECK_INT(fly_store_stats(f.store, fixture_reader(&f), &stats, NULL), 0);
	return stats.rows[FLY_KIND_EXECUTION] + stats.rows[FLY_KIND_NODE] +
	       stats.rows[FLY_KIND_ATTEMPT];
}

/* An execution goes with all that hangs on it; another one beside it stays whole. */
static void test_tree_and_delete(void)
{
	struct fly_execution e, other, back;
	struct fly_node n;

	begin();
	e = an_execution(new_id(), f.scope, "r1");
	CHECK_INT(fixture_run(&f, insert_execution, &e, NULL), 0);
	test_node(e.id);
	test_attempt(e.id);
	other = an_execution(new_id(), f.scope, "r2");
	other.spec = bytes_of("spec");
	CHECK_INT(fixture_run(&f, insert_execution, &other, NULL), 0);
	a_node(other.id, "n0", 0);
	CHECK_INT(rows_left(), 7);
	CHECK_INT(fixture_run(&f, delete_execution, &e.id, NULL), 0);
	CHECK_INT(told.n, 1);
	CHECK_INT(told.changes[0].flags, FLY_CHANGE_GONE);
	CHECK_STR(told.names[0], "r1");
	CHECK_INT(rows_left(), 2);
	CHECK_INT(fly_execution_count(fixture_reader(&f), f.scope, 0), 1);
	CHECK_INT(fly_execution_get(fixture_reader(&f), f.scope, "r2", FLY_EXECUTION_ALL, &f.arena,
				    &back),
		  0);
	CHECK(bytes_are(back.spec, "spec"));
	CHECK_INT(fly_node_get(fixture_reader(&f), other.id, "n0", &f.arena, &n), 0);
	CHECK(bytes_are(n.message, "message"));
	CHECK_INT(fixture_run(&f, delete_execution, &e.id, told.names[0]), -ENOENT);
	/* The name is free again. */
	e.id = new_id();
	CHECK_INT(fixture_run(&f, insert_execution, &e, NULL), 0);
	fixture_end(&f);
}

int main(void)
{
	test_project();
	test_named();
	test_entity();
	test_execution();
	test_execution_update();
	test_tree_and_delete();
	return check_done();
}
