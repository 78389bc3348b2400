/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What people do, with each allocation, each I/O of the store and each system call failing once:
 * it works, or it fails for that very reason and nothing is half done; and then it works.
 */
#include "sweep.h"

#include <stdio.h>

#define WHERE "\"project\":\"" PLACE_PROJECT "\",\"domain\":\"" PLACE_DOMAIN "\""
#define RUN(name) "{" WHERE ",\"name\":\"" name "\"}"
#define ID(type, name) \
	"{\"resource_type\":\"" type "\"," WHERE ",\"name\":\"" name "\",\"version\":\"v1\"}"
#define INTEGER(n) "{\"scalar\":{\"primitive\":{\"integer\":\"" n "\"}}}"
#define AT "\"occurred_at\":\"2025-01-01T00:00:01Z\""
#define NODE(run, id) "{\"node_id\":\"" id "\",\"execution_id\":" RUN(run) "}"
#define INT "{\"type\":{\"simple\":\"INTEGER\"}}"
#define INTERFACE                                                                                  \
	"\"interface\":{\"inputs\":{\"variables\":{\"x\":" INT "}},\"outputs\":{\"variables\":{"  \
	"\"y\":" INT "}}}"

/* --- calls by name --------------------------------------------------------------- */

/* The request is read before anything fails. */
static int call(struct sweep *s, const char *name, const char *request, struct fly_why *why)
{
	const struct driver_rpc *rpc = driver_rpc_find(name);
	struct fly_call c = {0};
	auto_arena arena = {0};
	ProtobufCMessage *m;

	if (fly_json_parse(rpc->request, request, strlen(request), &arena, &m, why) < 0) {
		fprintf(stderr, "%s: %s\n", request, why->text);
		exit(2);
	}
	sweep_begin(s);
	place_ask(&s->place, rpc, m, &c);
	sweep_end(s);
	*why = c.why;
	fly_arena_release(&c.arena);
	return c.rc;
}

#define CALL(function, rpc, request)                                                               \
	static int function(struct sweep *s, struct fly_why *why)                                  \
	{                                                                                          \
		return call(s, rpc, request, why);                                                 \
	}

CALL(create, "CreateExecution",
     "{" WHERE ",\"name\":\"n1\",\"spec\":{\"launch_plan\":" ID("LAUNCH_PLAN", "twice")
     ",\"tags\":[\"a\",\"b\"],\"labels\":{\"values\":{\"k\":\"v\"}},\"max_parallelism\":3},"
     "\"inputs\":{\"literals\":{\"x\":" INTEGER("3") "}}}")
CALL(create_all, "CreateExecution",
     "{" WHERE ",\"spec\":{\"launch_plan\":" ID("LAUNCH_PLAN", "all") "}}")
CALL(create_task_run, "CreateExecution",
     "{" WHERE ",\"name\":\"n1\",\"spec\":{\"launch_plan\":" ID("TASK", "double") "},"
     "\"inputs\":{\"literals\":{\"x\":" INTEGER("3") "}}}")
CALL(relaunch, "RelaunchExecution", "{\"id\":" RUN("good") ",\"name\":\"n1\"}")
CALL(recover, "RecoverExecution", "{\"id\":" RUN("bad") "}")
CALL(terminate, "TerminateExecution", "{\"id\":" RUN("running") ",\"cause\":\"enough\"}")
CALL(archive, "UpdateExecution", "{\"id\":" RUN("good") ",\"state\":\"EXECUTION_ARCHIVED\"}")
CALL(activate, "UpdateExecution", "{\"id\":" RUN("away") ",\"state\":\"EXECUTION_ACTIVE\"}")
CALL(register_project, "RegisterProject",
     "{\"project\":{\"id\":\"new\",\"name\":\"New\",\"labels\":{\"values\":{\"a\":\"b\"}}}}")
CALL(update_project, "UpdateProject",
     "{\"id\":\"" PLACE_PROJECT "\",\"name\":\"Newer\",\"description\":\"x\"}")
CALL(create_task, "CreateTask",
     "{\"id\":" ID("TASK", "t2") ",\"spec\":{\"template\":{\"id\":" ID("TASK", "t2")
     ",\"type\":\"python\",\"metadata\":{}," INTERFACE
     ",\"container\":{\"image\":\"i\",\"args\":[\"a\"]}}}}")
CALL(create_workflow, "CreateWorkflow",
     "{\"id\":" ID("WORKFLOW", "w2") ",\"spec\":{\"template\":{\"id\":" ID("WORKFLOW", "w2")
     "," INTERFACE ",\"nodes\":[{\"id\":\"n0\",\"task_node\":{\"reference_id\":"
     ID("TASK", "double") "},\"inputs\":[{\"var\":\"x\",\"binding\":{\"promise\":{\"var\":\"x\"}}}]"
     "}],\"outputs\":[{\"var\":\"y\",\"binding\":{\"promise\":{\"node_id\":\"n0\",\"var\":\"y\"}}}]"
     "}}}")
CALL(create_plan, "CreateLaunchPlan",
     "{\"id\":" ID("LAUNCH_PLAN", "l2") ",\"spec\":{\"workflow_id\":" ID("WORKFLOW", "twice")
     ",\"default_inputs\":{\"parameters\":{\"x\":{\"var\":" INT ",\"default\":" INTEGER("4")
     "}}},\"entity_metadata\":{\"schedule\":{\"cron_schedule\":{\"schedule\":\"0 3 * * *\"}}}}}")
CALL(activate_plan, "UpdateLaunchPlan",
     "{\"id\":" ID("LAUNCH_PLAN", "twice") ",\"state\":\"ACTIVE\"}")
CALL(describe_name, "UpdateNamedEntity",
     "{\"resource_type\":\"TASK\",\"id\":" RUN("double") ",\"metadata\":{\"description\":\"d\"}}")
CALL(run_event, "CreateWorkflowEvent",
     "{\"event\":{\"execution_id\":" RUN("running") ",\"phase\":\"SUCCEEDED\"," AT
     ",\"output_data\":{\"literals\":{\"y\":" INTEGER("4") "}}}}")
CALL(node_event, "CreateNodeEvent",
     "{\"event\":{\"id\":" NODE("running", "a") ",\"phase\":\"SUCCEEDED\"," AT
     ",\"output_data\":{\"literals\":{\"y\":" INTEGER("4") "}}}}")
CALL(task_event, "CreateTaskEvent",
     "{\"event\":{\"task_id\":" ID("TASK", "double") ",\"parent_node_execution_id\":"
     NODE("running", "a") ",\"retry_attempt\":1,\"phase\":\"RUNNING\"," AT
     ",\"logs\":[{\"uri\":\"file:///x\",\"name\":\"log\"}]}}")
CALL(get, "GetExecution", "{\"id\":" RUN("good") "}")
CALL(get_data, "GetExecutionData", "{\"id\":" RUN("good") "}")
CALL(list, "ListExecutions",
     "{\"id\":{" WHERE "},\"limit\":10,\"filters\":\"contains(launch_plan.name,t)+eq(phase,FAILED)\","
     "\"sort_by\":{\"key\":\"created_at\"}}")
CALL(list_plans, "ListLaunchPlans", "{\"id\":{" WHERE "},\"limit\":10}")
CALL(list_names, "ListNamedEntities",
     "{\"resource_type\":\"WORKFLOW\"," WHERE ",\"limit\":10,\"filters\":\"eq(state,0)\"}")
CALL(list_nodes, "ListNodeExecutions",
     "{\"workflow_execution_id\":" RUN("good") ",\"limit\":10}")
CALL(get_task_run, "GetTaskExecution",
     "{\"id\":{\"task_id\":" ID("TASK", "double") ",\"node_execution_id\":" NODE("good", "a") "}}")

/* --- documents --------------------------------------------------------------------- */

static int write_entity(struct sweep *s, enum fly_kind kind, const char *text, struct fly_why *why)
{
	struct fly_call c = {0};

	sweep_begin(s);
	place_register(&s->place, kind, "new", "v1", text, &c);
	sweep_end(s);
	*why = c.why;
	fly_arena_release(&c.arena);
	return c.rc;
}

static int write_task(struct sweep *s, struct fly_why *why)
{
	return write_entity(s, FLY_KIND_TASK,
			    "{\"inputs\": {\"a\": \"file(csv)\", \"b\": {\"type\": \"[integer]\"}},"
			    " \"outputs\": {\"o\": \"json\"}, \"command\": \"true\","
			    " \"env\": {\"A\": \"b\"}, \"timeout\": \"1m\", \"cache\": \"1\"}", why);
}

static int write_workflow(struct sweep *s, struct fly_why *why)
{
	return write_entity(s, FLY_KIND_WORKFLOW,
			    "{\"inputs\": {\"xs\": \"[integer]\", \"k\": {\"type\": \"integer\","
			    " \"default\": 3}}, \"steps\": [{\"id\": \"m\", \"task\": \"double\","
			    " \"map\": \"x\", \"inputs\": {\"x\": \"$xs\"}}, {\"workflow\": \"twice\","
			    " \"inputs\": {\"x\": \"$k\"}, \"after\": \"m\"},"
			    " {\"launch_plan\": \"seven\"}], \"outputs\": {\"ys\": \"$m.y\"}}", why);
}

static int write_plan(struct sweep *s, struct fly_why *why)
{
	return write_entity(s, FLY_KIND_LAUNCH_PLAN,
			    "{\"workflow\": \"all\", \"fixed\": {\"j\": {\"a\": [1]}},"
			    " \"defaults\": {\"l\": [1, 2], \"t\": \"2025-01-01T00:00:00Z\"},"
			    " \"labels\": {\"a\": \"b\"}}", why);
}

static int launch(struct sweep *s, enum fly_document form, const char *text,
		  const struct fly_input_text *inputs, size_t n, struct fly_why *why)
{
	Flyteidl__Admin__ExecutionCreateRequest *req;
	struct fly_call c = {.caller = s->place.caller};
	struct fly_db *db;
	int rc;

	sweep_begin(s);
	db = fly_store_reader(s->place.store, why);
	rc = db ? fly_admin_read_execution(s->place.admin, db, form, "spec", PLACE_PROJECT,
					   PLACE_DOMAIN, "n1", text, strlen(text), inputs, n,
					   &c.arena, &req, why) : -why->error;
	if (rc == 0) {
		fly_admin_create_execution(s->place.admin, &c, req);
		rc = c.rc;
		*why = c.why;
	}
	sweep_end(s);
	fly_arena_release(&c.arena);
	return rc;
}

static int launch_json(struct sweep *s, struct fly_why *why)
{
	static const struct fly_input_text inputs[] = {
		{"p", "/etc/hosts", 10, true}, {"l", "[7]\n", 4, false}, {"u", "4", 1, false},
	};

	return launch(s, FLY_DOCUMENT_JSON,
		      "{\"launch_plan\": \"all\", \"inputs\": {\"i\": 2, \"t\": "
		      "\"2024-05-01T00:00:00Z\", \"d\": \"1h\", \"j\": {\"a\": null},"
		      " \"m\": {\"k\": \"v\"}, \"g\": [\"/x\", \"y\"]}}", inputs, 3, why);
}

static int launch_yaml(struct sweep *s, struct fly_why *why)
{
	return launch(s, FLY_DOCUMENT_YAML,
		      "workflow: all\nversion: v1\ninputs:\n  i: 0x10\n  l: [1, 2]\n  s: x\n"
		      "  m:\n    a: b\n  b: yes\n", NULL, 0, why);
}

static int read_project(struct sweep *s, struct fly_why *why)
{
	static const char text[] = "{\"name\": \"N\", \"labels\": {\"values\": {\"a\": \"b\"}}}";
	struct fly_call c = {.caller = s->place.caller};
	Flyteidl__Admin__Project *p;
	int rc;

	sweep_begin(s);
	rc = fly_admin_read_project(PLACE_PROJECT, "project.json", text, strlen(text), &c.arena, &p,
				    why);
	if (rc == 0) {
		fly_admin_update_project(s->place.admin, &c, p);
		rc = c.rc;
		*why = c.why;
	}
	sweep_end(s);
	fly_arena_release(&c.arena);
	return rc;
}

static int query(struct sweep *s, struct fly_why *why)
{
	Flyteidl__Admin__ResourceListRequest *req;
	Flyteidl__Admin__ExecutionList *found;
	enum fly_listed what;
	auto_arena arena = {0};
	struct fly_db *db;
	int rc;

	sweep_begin(s);
	rc = fly_query_parse("phase=FAILED;ABORTED,created_at.gt=2020-01-01,limit=2,sort=-created_at",
			     PLACE_PROJECT, PLACE_DOMAIN, &what, &arena, &req, why);
	if (rc == 0) {
		db = fly_store_reader(s->place.store, why);
		rc = db ? fly_admin_list_executions(db, req, &arena, &found, why) : -why->error;
	}
	sweep_end(s);
	return rc;
}

/* --- others ---------------------------------------------------------------------------- */

static int64_t id_of(struct sweep *s, const char *name)
{
	struct fly_db *db = fly_store_reader(s->place.store, NULL);
	auto_arena arena = {0};
	struct fly_execution e;
	struct fly_scope scope;

	if (fly_scope_get(db, PLACE_PROJECT, PLACE_DOMAIN, &arena, &scope) < 0 ||
	    fly_execution_get(db, scope.id, name, FLY_EXECUTION_HEAD, &arena, &e) < 0)
		return 0;
	return e.id;
}

static int delete(struct sweep *s, struct fly_why *why)
{
	struct fly_call c = {.caller = s->place.caller};
	int64_t id = id_of(s, "away");

	sweep_begin(s);
	fly_admin_delete_execution(s->place.admin, &c, id);
	sweep_end(s);
	*why = c.why;
	fly_arena_release(&c.arena);
	return c.rc;
}

/* Every text of a run; texts have no sentences of their own. */
static int texts(struct sweep *s, struct fly_why *why)
{
	struct fly_db *db = fly_store_reader(s->place.store, NULL);
	int64_t id = id_of(s, "bad");
	auto_arena arena = {0};
	struct fly_execution e;
	int64_t size;
	int rc;

	sweep_begin(s);
	rc = fly_execution_get_id(db, id, FLY_EXECUTION_ALL, &arena, &e);
	for (int i = 0; rc == 0 && i <= FLY_TEXT_PHASE; i++) {
		auto_buf b = {0};

		if (!fly_execution_text_exists(i, &e))
			continue;
		rc = fly_execution_text(i, db, &e, &b);
		size = rc ? 0 : fly_execution_text_size(i, db, &e);
		rc = size < 0 ? (int)size : rc;
	}
	sweep_end(s);
	return rc < 0 ? fly_fail(why, -rc, "a text") : 0;
}

static int entity_texts(struct sweep *s, struct fly_why *why)
{
	static const enum fly_kind kinds[] = {FLY_KIND_TASK, FLY_KIND_WORKFLOW,
					      FLY_KIND_LAUNCH_PLAN};
	static const char *const names[] = {"take", "all", "all"};
	struct fly_db *db = fly_store_reader(s->place.store, NULL);
	auto_arena arena = {0};
	struct fly_entity e;
	int rc = 0;

	sweep_begin(s);
	for (size_t k = 0; rc == 0 && k < 3; k++) {
		rc = fly_entity_get(db, kinds[k], PLACE_PROJECT, PLACE_DOMAIN, names[k], "v1",
				    FLY_ENTITY_BLOBS, &arena, &e);
		for (int i = 0; rc == 0 && i <= FLY_ENTITY_TEXT_STATE; i++) {
			auto_buf b = {0};

			rc = fly_entity_text(i, db, &e, &b);
			rc = rc == -ENOENT ? 0 : rc;
		}
	}
	sweep_end(s);
	return rc < 0 ? fly_fail(why, -rc, "a text") : 0;
}

static int values(struct sweep *s, struct fly_why *why)
{
	struct fly_db *db = fly_store_reader(s->place.store, NULL);
	int64_t id = id_of(s, "good");
	Flyteidl__Core__Literal *lit;
	auto_arena arena = {0};
	struct fly_execution e;
	const char **names;
	auto_buf b = {0};
	int rc;

	sweep_begin(s);
	rc = fly_execution_get_id(db, id, FLY_EXECUTION_OUTPUTS, &arena, &e);
	rc = rc ? rc : fly_value_names(e.outputs, &arena, &names);
	rc = rc < 0 ? rc : fly_value_get(e.outputs, "y", &arena, &lit);
	if (rc == 0)
		fly_literal_text(lit, &b);
	if (rc == 0 && b.failed)
		rc = -ENOMEM;
	sweep_end(s);
	return rc < 0 ? fly_fail(why, -rc, "a value") : 0;
}

static int open_again(struct sweep *s, struct fly_why *why)
{
	int rc;

	place_shut(&s->place);
	sweep_begin(s);
	rc = place_open(&s->place, why);
	sweep_end(s);
	if (rc < 0) {	/* the others look into an open store */
		struct fly_why other = {0};

		place_open(&s->place, &other);
	}
	return rc;
}

/* A store that is not there yet, beside the one looked at. */
static int make_store(struct sweep *s, struct fly_why *why)
{
	static const char *const ends[] = {"", "-wal", "-shm", ".lock"};
	struct place other = s->place;
	char path[160];
	int rc;

	other.store = NULL;
	other.admin = NULL;
	snprintf(other.path, sizeof(other.path), "%s/other.db", other.dir);
	sweep_begin(s);
	rc = place_open(&other, why);
	sweep_end(s);
	place_shut(&other);
	for (size_t i = 0; i < FLY_ARRAY_LEN(ends); i++) {
		snprintf(path, sizeof(path), "%s%s", other.path, ends[i]);
		unlink(path);
	}
	return rc;
}

int main(void)
{
	static const struct gesture gestures[] = {
		{"create", create, false}, {"create-all", create_all, false},
		{"create-task-run", create_task_run, false}, {"relaunch", relaunch, false},
		{"recover", recover, false}, {"terminate", terminate, false},
		{"archive", archive, false}, {"activate", activate, false},
		{"delete", delete, false}, {"register-project", register_project, false},
		{"update-project", update_project, false}, {"create-task", create_task, false},
		{"create-workflow", create_workflow, false}, {"create-plan", create_plan, false},
		{"activate-plan", activate_plan, false}, {"describe-name", describe_name, false},
		{"run-event", run_event, false}, {"node-event", node_event, false},
		{"task-event", task_event, false}, {"write-task", write_task, false},
		{"write-workflow", write_workflow, false}, {"write-plan", write_plan, false},
		{"launch-json", launch_json, false}, {"launch-yaml", launch_yaml, false},
		{"read-project", read_project, false}, {"get", get, true},
		{"get-data", get_data, true}, {"list", list, true},
		{"list-plans", list_plans, true}, {"list-names", list_names, true},
		{"list-nodes", list_nodes, true}, {"get-task-run", get_task_run, true},
		{"query", query, true}, {"texts", texts, true},
		{"entity-texts", entity_texts, true}, {"values", values, true},
		{"open-again", open_again, true}, {"make-store", make_store, true},
	};

	return sweep_run(gestures, FLY_ARRAY_LEN(gestures));
}
