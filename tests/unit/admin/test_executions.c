/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What recordings of a server without users, files and a local engine cannot say: who may do what,
 * what a termination takes along, how runs point to one another, what the backend hears and when.
 */
#include "check.h"
#include "driver.h"

#define PLACE "\"project\":\"vectors\",\"domain\":\"development\""
#define ID(name) "{\"id\":{" PLACE ",\"name\":\"" name "\"}"
#define PLAN(name) \
	"\"launch_plan\":{\"resource_type\":\"LAUNCH_PLAN\"," PLACE ",\"name\":\"" name \
	"\",\"version\":\"v1\"}"
#define LAUNCH(name) "{" PLACE ",\"name\":\"" name "\",\"spec\":{" PLAN("lp.active") "}}"
#define AT "\"occurred_at\":\"2025-01-01T00:00:01Z\""
#define NODE_ID(run) "{\"node_id\":\"n0\",\"execution_id\":{" PLACE ",\"name\":\"" run "\"}}"
#define NODE(run, phase, more) \
	"{\"event\":{\"id\":" NODE_ID(run) ",\"phase\":\"" phase "\"," AT more "}}"

static struct driver d;

static enum fly_status ask(const char *rpc, const char *request)
{
	auto_answer answer = {0};

	driver_ask(&d, rpc, request, &answer);
	return answer.status;
}

/* The row of an execution of vectors/development, in an arena that lives as long as the test. */
static struct fly_execution row(const char *name)
{
	static struct fly_arena arena;
	struct fly_db *db = fly_store_reader(d.store, NULL);
	struct fly_execution e = {0};
	struct fly_scope scope;

	CHECK_INT(fly_scope_get(db, "vectors", "development", &arena, &scope), 0);
	CHECK_INT(fly_execution_get(db, scope.id, name, FLY_EXECUTION_ALL, &arena, &e), 0);
	return e;
}

/* A value of an answer by its path ("closure.phase"); NULL when it is not there. */
static const char *text_at(const json_t *value, const char *path)
{
	char part[64];
	size_t len;

	while (value && *path) {
		len = strcspn(path, ".");
		snprintf(part, sizeof(part), "%.*s", (int)len, path);
		value = json_object_get(value, part);
		path += len + (path[len] == '.');
	}
	return json_string_value(value);
}

static void set_up(json_t *call, void *arg)
{
	auto_answer answer = {0};

	driver_call(&d, call, &answer);
	CHECK(answer.status == FLY_OK || !answer.known);
}

/* --- creating -------------------------------------------------------------------------- */

static void test_create_fills_the_row(void)
{
	auto_answer answer = {0};
	struct fly_execution e;

	d.caller.user = "ann";
	driver_ask(&d, "CreateExecution", LAUNCH("row"), &answer);
	d.caller.user = NULL;
	CHECK_INT(answer.status, FLY_OK);
	e = row("row");
	CHECK_INT(e.id, answer.id);
	CHECK_INT(e.phase, FLYTEIDL__CORE__WORKFLOW_EXECUTION__PHASE__QUEUED);
	CHECK_INT(e.uid, getuid());
	CHECK_INT(e.mode, 0755);
	CHECK_STR(e.user, "ann");
	CHECK_STR(e.launch_entity, "launch_plan");
	CHECK(e.launch_plan > 0 && e.workflow > 0 && !e.task && !e.parent_node && !e.relaunched);
	CHECK(e.started_ns == INT64_MIN && e.duration_ns == INT64_MIN && e.error_kind == -1);
	CHECK(e.user_inputs.len == 0 && e.inputs.len > 0);
	CHECK_INT(d.backend.executed[d.backend.n_executed - 1], e.id);
	driver_answer_release(&answer);
	driver_ask(&d, "GetExecution", ID("row") "}", &answer);
	CHECK_STR(text_at(answer.response, "closure.phase"), "QUEUED");
	CHECK_STR(text_at(answer.response, "spec.metadata.principal"), "ann");
	CHECK_STR(text_at(answer.response, "spec.security_context.run_as.execution_identity"),
		  "ann");
	CHECK_STR(text_at(answer.response, "closure.state_change_details.principal"), "ann");
}

static void test_create_generates_names(void)
{
	static const char letters[] = "bcdfghjklmnpqrstvwxz2456789";
	const char *name;
	int i;

	for (i = 0; i < 20; i++) {
		auto_answer answer = {0};

		driver_ask(&d, "CreateExecution", "{" PLACE ",\"spec\":{" PLAN("lp.active") "}}",
			   &answer);
		name = text_at(answer.response, "id.name");
		CHECK(name && strlen(name) == 20 && name[0] == 'a' &&
		      strspn(name + 1, letters) == 19);
	}
}

static void test_create_refusal_tells_no_backend(void)
{
	size_t before = d.backend.n_executed;

	CHECK_INT(ask("CreateExecution", LAUNCH("refuse-me")), FLY_OK);
	CHECK_INT(row("refuse-me").phase, FLYTEIDL__CORE__WORKFLOW_EXECUTION__PHASE__FAILED);
	CHECK_INT(ask("CreateExecution", LAUNCH("refuse-me")), FLY_ALREADY_EXISTS);
	CHECK_INT(d.backend.n_executed, before);
}

static void test_create_makes_task_plans_once(void)
{
	static const char task[] = "{" PLACE ",\"name\":\"%s\",\"spec\":{\"launch_plan\":{"
				   "\"resource_type\":\"TASK\"," PLACE ",\"name\":\"t.many\","
				   "\"version\":\"v1\"}},\"inputs\":{\"literals\":{"
				   "\"a\":{\"scalar\":{\"primitive\":{\"integer\":1}}},"
				   "\"b\":{\"scalar\":{\"primitive\":{\"integer\":1}}},"
				   "\"c\":{\"scalar\":{\"primitive\":{\"string_value\":\"\"}}},"
				   "\"d\":{\"scalar\":{\"none_type\":{}}}}}}";
	struct fly_execution one, two;
	char request[1024];

	snprintf(request, sizeof(request), task, "single-1");
	CHECK_INT(ask("CreateExecution", request), FLY_OK);
	snprintf(request, sizeof(request), task, "single-2");
	CHECK_INT(ask("CreateExecution", request), FLY_OK);
	one = row("single-1");
	two = row("single-2");
	CHECK_STR(one.launch_entity, "task");
	CHECK(one.task > 0 && one.workflow > 0 && !one.launch_plan);
	CHECK(one.task == two.task && one.workflow == two.workflow);
	/* The hidden plan is a plan like others for who knows its name. */
	CHECK_INT(ask("GetLaunchPlan", "{\"id\":{\"resource_type\":\"LAUNCH_PLAN\"," PLACE
				       ",\"name\":\".flytegen.t.many\",\"version\":\"v1\"}}"),
		  FLY_OK);
}

static void finished(struct fly_call *call)
{
	*(int *)call->owner += 1;
}

static void test_create_calls_back_once(void)
{
	struct fly_call call = {.caller = d.caller, .done = finished, .id = 0, .mode = 0700};
	ProtobufCMessage *request;
	int n = 0, spins = 0;

	call.owner = &n;
	call.id = fly_store_new_id(d.store, &call.why);
	CHECK_INT(fly_json_parse(&flyteidl__admin__execution_create_request__descriptor,
				 LAUNCH("later"), strlen(LAUNCH("later")), &call.arena, &request,
				 &call.why), 0);
	fly_admin_create_execution(d.admin, &call,
				   (const Flyteidl__Admin__ExecutionCreateRequest *)request);
	while (!*(volatile int *)&n && spins++ < 5000)
		usleep(1000);
	CHECK_INT(n, 1);
	CHECK_INT(call.rc, 0);
	CHECK_INT(row("later").id, call.id);
	CHECK_INT(row("later").mode, 0700);
	fly_arena_release(&call.arena);
}

/* --- who may ---------------------------------------------------------------------------- */

static void test_only_the_owner_may(void)
{
	uid_t me = d.caller.uid;

	CHECK_INT(ask("CreateExecution", LAUNCH("mine")), FLY_OK);
	CHECK_INT(ask("CreateNodeEvent", NODE("mine", "RUNNING", "")), FLY_OK);
	d.caller.uid = me + 1;
	CHECK_INT(ask("TerminateExecution", ID("mine") "}"), FLY_PERMISSION_DENIED);
	CHECK_INT(ask("UpdateExecution", ID("mine") ",\"state\":1}"), FLY_PERMISSION_DENIED);
	CHECK_INT(ask("RelaunchExecution", ID("mine") "}"), FLY_PERMISSION_DENIED);
	CHECK_INT(ask("RecoverExecution", ID("mine") "}"), FLY_PERMISSION_DENIED);
	/* Below another's node one would run under that user's name. */
	CHECK_INT(ask("CreateExecution", "{" PLACE ",\"spec\":{" PLAN("lp.active") ",\"metadata\":{"
					 "\"parent_node_execution\":{\"node_id\":\"n0\","
					 "\"execution_id\":{" PLACE ",\"name\":\"mine\"}}}}}"),
		  FLY_PERMISSION_DENIED);
	d.caller.uid = 0;
	CHECK_INT(ask("UpdateExecution", ID("mine") ",\"state\":1}"), FLY_OK);
	CHECK_INT(ask("TerminateExecution", ID("mine") "}"), FLY_OK);
	d.caller.uid = me;
}

static void test_read_only_changes_nothing(void)
{
	struct fly_admin_options options = {.store = d.store, .read_only = true};
	struct fly_admin *served = d.admin;
	struct fly_why why = {0};

	CHECK_INT(fly_admin_create(&options, &d.admin, &why), 0);
	CHECK_INT(ask("CreateExecution", LAUNCH("never")), FLY_FAILED_PRECONDITION);
	CHECK_INT(ask("TerminateExecution", ID("row") "}"), FLY_FAILED_PRECONDITION);
	CHECK_INT(ask("UpdateExecution", ID("row") "}"), FLY_FAILED_PRECONDITION);
	CHECK_INT(ask("RelaunchExecution", ID("row") "}"), FLY_FAILED_PRECONDITION);
	fly_admin_destroy(d.admin);
	d.admin = served;
}

/* --- terminating ------------------------------------------------------------------------- */

#define CHILD(run) \
	",\"workflow_node_metadata\":{\"execution_id\":{" PLACE ",\"name\":\"" run "\"}}"
#define TASK_ID \
	"\"task_id\":{\"resource_type\":\"TASK\"," PLACE ",\"name\":\"t.int\",\"version\":\"v1\"}"

/* top's node started middle, middle's node started leaf, leaf's node runs a task. */
static void start_family(void)
{
	CHECK_INT(ask("CreateExecution", LAUNCH("top")), FLY_OK);
	CHECK_INT(ask("CreateExecution", LAUNCH("middle")), FLY_OK);
	CHECK_INT(ask("CreateExecution", LAUNCH("leaf")), FLY_OK);
	CHECK_INT(ask("CreateNodeEvent", NODE("top", "QUEUED", "")), FLY_OK);
	CHECK_INT(ask("CreateNodeEvent", NODE("top", "RUNNING", CHILD("middle"))), FLY_OK);
	CHECK_INT(ask("CreateNodeEvent", NODE("middle", "QUEUED", "")), FLY_OK);
	CHECK_INT(ask("CreateNodeEvent", NODE("middle", "RUNNING", CHILD("leaf"))), FLY_OK);
	CHECK_INT(ask("CreateNodeEvent", NODE("leaf", "RUNNING", "")), FLY_OK);
	CHECK_INT(ask("CreateTaskEvent",
		      "{\"event\":{" TASK_ID ",\"parent_node_execution_id\":" NODE_ID("leaf")
		      ",\"phase\":\"RUNNING\"," AT "}}"), FLY_OK);
	CHECK_INT(ask("CreateWorkflowEvent", "{\"event\":{\"execution_id\":{" PLACE
					     ",\"name\":\"top\"},\"phase\":\"RUNNING\"," AT "}}"),
		  FLY_OK);
}

static void check_aborted(const char *request, const char *cause)
{
	auto_answer answer = {0};

	driver_ask(&d, "GetExecution", request, &answer);
	CHECK_STR(text_at(answer.response, "closure.phase"), "ABORTED");
	CHECK_STR(text_at(answer.response, "closure.abort_metadata.cause"), cause);
	CHECK_STR(text_at(answer.response, "closure.abort_metadata.principal"), "ann");
}

static void test_terminate_takes_all_along(void)
{
	auto_answer node = {0}, task = {0};
	size_t before = d.backend.n_terminated;

	start_family();
	d.caller.user = "ann";
	CHECK_INT(ask("TerminateExecution", ID("top") ",\"cause\":\"enough\"}"), FLY_OK);
	d.caller.user = NULL;
	check_aborted(ID("top") "}", "enough");
	check_aborted(ID("middle") "}",
		      "cascading abort as parent execution id [top] aborted, reason [Workflow "
		      "aborted.]");
	check_aborted(ID("leaf") "}",
		      "cascading abort as parent execution id [middle] aborted, reason [Workflow "
		      "aborted.]");
	CHECK_INT(d.backend.n_terminated, before + 3);
	CHECK_INT(d.backend.terminated[before], row("top").id);
	CHECK(row("top").duration_ns != INT64_MIN);
	CHECK(row("leaf").duration_ns == INT64_MIN);
	CHECK_INT(row("top").nodes_running, 0);
	driver_ask(&d, "GetNodeExecution", "{\"id\":" NODE_ID("leaf") "}", &node);
	CHECK_STR(text_at(node.response, "closure.phase"), "ABORTED");
	CHECK_STR(text_at(node.response, "closure.error.code"), "NodeAborted");
	driver_ask(&d, "GetTaskExecution",
		   "{\"id\":{" TASK_ID ",\"node_execution_id\":" NODE_ID("leaf") "}}", &task);
	CHECK_STR(text_at(task.response, "closure.phase"), "ABORTED");
	/* Over is over: it says yes and changes nothing. */
	CHECK_INT(ask("TerminateExecution", ID("top") ",\"cause\":\"again\"}"), FLY_OK);
	check_aborted(ID("top") "}", "enough");
	CHECK_INT(d.backend.n_terminated, before + 3);
}

static void test_terminate_wants_text(void)
{
	struct fly_call call = {.caller = d.caller};
	Flyteidl__Core__WorkflowExecutionIdentifier id =
		FLYTEIDL__CORE__WORKFLOW_EXECUTION_IDENTIFIER__INIT;
	Flyteidl__Admin__ExecutionTerminateRequest req =
		FLYTEIDL__ADMIN__EXECUTION_TERMINATE_REQUEST__INIT;

	id.project = (char *)"vectors";
	id.domain = (char *)"development";
	id.name = (char *)"row";
	req.id = &id;
	req.cause = (char *)"caf\xe9";
	fly_admin_terminate_execution(d.admin, &call, &req);
	CHECK_INT(call.rc, -EINVAL);
	fly_arena_release(&call.arena);
}

static void test_terminate_waits_for_a_remote_backend(void)
{
	d.backend.ops.aborts_at_once = false;
	CHECK_INT(ask("CreateExecution", LAUNCH("remote")), FLY_OK);
	CHECK_INT(ask("TerminateExecution", ID("remote") ",\"cause\":\"one\"}"), FLY_OK);
	CHECK_INT(row("remote").phase, FLYTEIDL__CORE__WORKFLOW_EXECUTION__PHASE__ABORTING);
	CHECK_STR(d.backend.cause, "one");
	CHECK_INT(ask("TerminateExecution", ID("remote") ",\"cause\":\"two\"}"), FLY_OK);
	CHECK_STR(row("remote").abort_cause, "two");
	d.backend.ops.aborts_at_once = true;
}

/* --- again and away ------------------------------------------------------------------------ */

static int delete(const char *name)
{
	struct fly_call call = {.caller = d.caller};

	fly_admin_delete_execution(d.admin, &call, row(name).id);
	fly_arena_release(&call.arena);
	return call.rc;
}

static void test_relaunched_points_to_the_newest(void)
{
	CHECK_INT(ask("CreateExecution", LAUNCH("first")), FLY_OK);
	CHECK_INT(ask("RelaunchExecution", ID("first") ",\"name\":\"second\"}"), FLY_OK);
	CHECK_INT(row("first").relaunched, row("second").id);
	CHECK_INT(row("second").source_execution, row("first").id);
	CHECK_INT(ask("RecoverExecution", ID("first") ",\"name\":\"third\"}"), FLY_OK);
	CHECK_INT(row("first").relaunched, row("third").id);
	CHECK_INT(row("third").mode_of_start,
		  FLYTEIDL__ADMIN__EXECUTION_METADATA__EXECUTION_MODE__RECOVERED);
	CHECK_INT(ask("RelaunchExecution", ID("first") ",\"name\":\"third\"}"), FLY_ALREADY_EXISTS);
	CHECK_INT(row("first").relaunched, row("third").id);
	/* An id without a name selects nothing. */
	CHECK_INT(ask("RelaunchExecution", "{\"id\":{" PLACE "}}"), FLY_INVALID_ARGUMENT);
	CHECK_INT(ask("RelaunchExecution", "{}"), FLY_INVALID_ARGUMENT);
}

static void test_delete_needs_an_archived_run_that_is_over(void)
{
	int64_t id = row("third").id;

	CHECK_INT(delete("third"), -EPERM);
	CHECK_INT(ask("TerminateExecution", ID("third") "}"), FLY_OK);
	CHECK_INT(delete("third"), -EPERM);
	CHECK_INT(ask("UpdateExecution", ID("third") ",\"state\":\"EXECUTION_ARCHIVED\"}"), FLY_OK);
	CHECK_INT(ask("CreateExecution", LAUNCH("third")), FLY_ALREADY_EXISTS);
	d.caller.uid++;
	CHECK_INT(delete("third"), -EACCES);
	d.caller.uid--;
	CHECK_INT(delete("third"), 0);
	CHECK_INT(d.backend.forgotten[d.backend.n_forgotten - 1], id);
	CHECK_INT(row("first").relaunched, 0);
	CHECK_INT(ask("GetExecution", ID("third") "}"), FLY_NOT_FOUND);
	CHECK_INT(ask("CreateExecution", LAUNCH("third")), FLY_OK);
}

int main(int argc, char **argv)
{
	char dir[4096];

	snprintf(dir, sizeof(dir), "%s/create", argc > 1 ? argv[1] : "tests/data/admin");
	driver_open(&d, true);
	driver_lines(dir, "setup.jsonl", set_up, NULL);
	test_create_fills_the_row();
	test_create_generates_names();
	test_create_refusal_tells_no_backend();
	test_create_makes_task_plans_once();
	test_create_calls_back_once();
	test_only_the_owner_may();
	test_read_only_changes_nothing();
	test_terminate_takes_all_along();
	test_terminate_wants_text();
	test_terminate_waits_for_a_remote_backend();
	test_relaunched_points_to_the_newest();
	test_delete_needs_an_archived_run_that_is_over();
	driver_close(&d);
	return check_done();
}
