/* SPDX-License-Identifier: Apache-2.0 */
/*
 * List calls on one data set against what Flyte Admin v1.16.8 answered (tests/data/admin/list):
 * which rows, in which order, and the token of the next page. Rows equal in the sort key may stand
 * in any order; the keys may not. Runs that are called Job-… in the recording are jov-… in the
 * data: names in capitals are refused here.
 */
#include "check.h"
#include "driver.h"
#include "verdicts.h"

static struct driver d;
static struct verdicts verdicts;

/* --- setup ---------------------------------------------------------------- */

/* Here an accepted run is QUEUED at once; the recorded server calls it UNDEFINED until an event. */
static void make_undefined(const json_t *call)
{
	const json_t *request = json_object_get(call, "request");
	auto_buf now = {0};
	auto_answer answer = {0};
	char text[512];

	fly_time_print(fly_now_ns(), &now);
	snprintf(text, sizeof(text),
		 "{\"event\":{\"execution_id\":{\"project\":\"%s\",\"domain\":\"%s\",\"name\":"
		 "\"%s\"},\"phase\":\"UNDEFINED\",\"occurred_at\":\"%s\"}}",
		 json_string_value(json_object_get(request, "project")),
		 json_string_value(json_object_get(request, "domain")),
		 json_string_value(json_object_get(request, "name")), now.data);
	driver_ask(&d, "CreateWorkflowEvent", text, &answer);
	CHECK_INT(answer.status, FLY_OK);
}

/* A new store is made with a first project, here the recorded one: it only has to be filled in. */
static void fill_in_first_project(json_t *call)
{
	json_t *project = json_object_get(json_object_get(call, "request"), "project");
	const char *id = json_string_value(json_object_get(project, "id"));

	if (strcmp(json_string_value(json_object_get(call, "rpc")), "RegisterProject") != 0 ||
	    strcmp(id, "vlist") != 0)
		return;
	json_object_set_new(call, "rpc", json_string("UpdateProject"));
	json_object_set(call, "request", project);
}

static void set_up(json_t *call, void *arg)
{
	const char *rpc;
	auto_answer answer = {0};
	auto_buf where = {0};

	fill_in_first_project(call);
	rpc = json_string_value(json_object_get(call, "rpc"));
	driver_call(&d, call, &answer);
	if (!driver_agrees(&d, call, &answer, &where))
		fprintf(stderr, "setup %s: %s\n", rpc, where.data);
	CHECK(!where.len);
	if (!strcmp(rpc, "CreateExecution") && answer.status == FLY_OK)
		make_undefined(call);
}

/* --- rows ----------------------------------------------------------------- */

static const json_t *walk(const json_t *row, const char *path)
{
	char name[64];
	size_t len;

	for (; row && *path; path += len + (path[len] == '.')) {
		len = strcspn(path, ".");
		snprintf(name, sizeof(name), "%.*s", (int)len, path);
		row = json_object_get(row, name);
	}
	return row;
}

static const char *text_at(const json_t *row, const char *path)
{
	const char *text = json_string_value(walk(row, path));

	return text ? text : "";
}

/* A row by the name it has in the recordings. */
static void put_name(const char *rpc, const json_t *row, struct fly_buf *b)
{
	const json_t *attempt = walk(row, "id.retry_attempt");

	if (!strcmp(rpc, "ListProjects"))
		fly_buf_puts(b, text_at(row, "id"));
	else if (!strcmp(rpc, "ListNodeExecutions"))
		fly_buf_puts(b, text_at(row, "id.node_id"));
	else if (!strcmp(rpc, "ListTaskExecutions"))
		fly_buf_printf(b, "%s/%d", text_at(row, "id.task_id.name"),
			       attempt ? (int)json_integer_value(attempt) : 0);
	else if (*text_at(row, "name"))
		fly_buf_puts(b, text_at(row, "name"));
	else
		fly_buf_printf(b, *text_at(row, "id.version") ? "%s@%s" : "%s%s",
			       text_at(row, "id.name"), text_at(row, "id.version"));
}

/* Where a sort key of executions stands in the answer; the rows of others have no ties. */
static const struct {
	const char *key, *path;
} key_paths[] = {
	{"phase", "closure.phase"},
	{"started_at", "closure.started_at"},
	{"execution_updated_at", "closure.updated_at"},
	{"duration", "closure.duration"},
	{"mode", "spec.metadata.mode"},
	{"cluster", "spec.metadata.system_metadata.execution_cluster"},
	{"user", "spec.metadata.principal"},
	{"error_kind", "closure.error.kind"},
	{"error_code", "closure.error.code"},
	{"launch_plan_id", "spec.launch_plan"},
	{"workflow_id", "closure.workflow_id"},
	{"state", "closure.state_change_details.state"},
	{"abort_cause", "closure.abort_metadata.cause"},
	{"launch_entity", "spec.launch_plan.resource_type"},
	{"execution_project", "id.project"},
	{"updated_at", ""},	/* of the database's row: not in the answer */
};

static const char *key_path(const json_t *call)
{
	const char *key = text_at(call, "request.sort_by.key");
	size_t i;

	for (i = 0; i < FLY_ARRAY_LEN(key_paths); i++) {
		if (!strcmp(key_paths[i].key, key))
			return key_paths[i].path;
	}
	return NULL;
}

/* What a row is sorted by; NULL: nothing. A task run alone has no launch plan. */
static const json_t *key_of(const json_t *row, const char *path)
{
	if (!strcmp(path, "spec.launch_plan") &&
	    !strcmp(text_at(row, "spec.launch_plan.resource_type"), "TASK"))
		return NULL;
	return *path ? walk(row, path) : NULL;
}

static bool same_key(const json_t *a, const json_t *b, const char *path)
{
	const json_t *x = key_of(a, path), *y = key_of(b, path);

	return x == y || (x && y && json_equal(x, y));
}

/* The list in an answer, under whichever name. */
static const json_t *rows_of(const json_t *response)
{
	const char *key;
	json_t *value;

	json_object_foreach((json_t *)response, key, value) {
		if (json_is_array(value))
			return value;
	}
	return NULL;
}

static const json_t *row_named(const char *rpc, const json_t *rows, const char *name)
{
	const json_t *row;
	size_t i;

	json_array_foreach((json_t *)rows, i, row) {
		auto_buf b = {0};

		put_name(rpc, row, &b);
		if (b.data && !strcmp(b.data, name))
			return row;
	}
	return NULL;
}

/* --- comparison ----------------------------------------------------------- */

static void compare_order(const json_t *call, const json_t *rows, struct fly_buf *where)
{
	const char *rpc = text_at(call, "rpc");
	bool any_order = json_object_get(call, "unordered") || json_object_get(call, "arbitrary");
	const char *path = json_object_get(call, "ties") ? key_path(call) : NULL;
	const json_t *wanted, *row;
	size_t i;

	json_array_foreach(json_object_get(call, "names"), i, wanted) {
		const char *want = json_string_value(wanted);
		const json_t *counterpart = row_named(rpc, rows, want);
		auto_buf got = {0};

		row = json_array_get(rows, i);
		put_name(rpc, row, &got);
		if (!counterpart)
			fly_buf_printf(where, "%s is missing", want);
		else if (!any_order && !path && strcmp(got.data, want) != 0)
			fly_buf_printf(where, "row %zu is %s, recorded is %s", i, got.data, want);
		else if (path && !same_key(row, counterpart, path))
			fly_buf_printf(where, "row %zu is %s, recorded is %s", i, got.data, want);
		if (where->len)
			return;
	}
}

static void compare(const json_t *call, const struct driver_answer *answer, struct fly_buf *where)
{
	const char *code = *text_at(call, "code") ? text_at(call, "code") : "OK";
	const json_t *rows = rows_of(answer->response);
	size_t want = json_array_size(json_object_get(call, "names"));

	if (strcmp(code, fly_status_name(answer->status)) != 0)
		fly_buf_printf(where, "code is %s (%s), recorded is %s",
			       fly_status_name(answer->status), answer->text, code);
	else if (strcmp(text_at(answer->response, "token"), text_at(call, "token")) != 0)
		fly_buf_printf(where, "token is \"%s\", recorded is \"%s\"",
			       text_at(answer->response, "token"), text_at(call, "token"));
	else if (json_array_size(rows) != want)
		fly_buf_printf(where, "%zu rows, recorded are %zu", json_array_size(rows), want);
	else
		compare_order(call, rows, where);
}

static void try_case(json_t *call, void *arg)
{
	auto_answer answer = {0};
	auto_buf where = {0};

	driver_call(&d, call, &answer);
	compare(call, &answer, &where);
	CHECK(verdicts_judge(&verdicts, text_at(call, "id"), &where));
}

/* --- what rows leave out -------------------------------------------------- */

static void test_rows(void)
{
	auto_answer executions = {0}, workflows = {0};
	const json_t *row;
	size_t i;

	driver_ask(&d, "ListExecutions",
		   "{\"id\":{\"project\":\"vlist\",\"domain\":\"development\"},\"limit\":100}",
		   &executions);
	json_array_foreach(rows_of(executions.response), i, row) {
		CHECK(!walk(row, "spec.inputs"));
		CHECK(strlen(text_at(row, "closure.error.message")) <= 100);
		CHECK(*text_at(row, "spec.launch_plan.name"));
	}
	CHECK(i > 50);
	driver_ask(&d, "ListWorkflows",
		   "{\"id\":{\"project\":\"vlist\",\"domain\":\"development\"},\"limit\":100}",
		   &workflows);
	json_array_foreach(rows_of(workflows.response), i, row) {
		CHECK(walk(row, "closure.compiled_workflow.primary.template.interface"));
		CHECK(!walk(row, "closure.compiled_workflow.primary.template.nodes"));
		CHECK(*text_at(row, "closure.created_at"));
	}
}

/* An error without a message is listed as it is. */
static void test_errors(void)
{
	auto_answer list = {0}, failed = {0};
	const json_t *nodes;

	driver_ask(&d, "CreateNodeEvent",
		   "{\"event\":{\"id\":{\"node_id\":\"mute\","
		   "\"execution_id\":{\"project\":\"vlist\",\"domain\":\"development\","
		   "\"name\":\"run02\"}},\"phase\":\"FAILED\","
		   "\"occurred_at\":\"2025-01-01T00:00:00Z\",\"error\":{\"code\":\"X\"}}}",
		   &failed);
	CHECK_STR(failed.text, "");
	driver_ask(&d, "ListNodeExecutions",
		   "{\"workflow_execution_id\":{\"project\":\"vlist\",\"domain\":\"development\","
		   "\"name\":\"run02\"},\"limit\":10,\"filters\":\"eq(node_id,mute)\"}",
		   &list);
	nodes = rows_of(list.response);
	CHECK(json_array_size(nodes) == 1);
	CHECK_STR(text_at(json_array_get(nodes, 0), "closure.error.code"), "X");
}

int main(int argc, char **argv)
{
	char dir[4096];

	snprintf(dir, sizeof(dir), "%s/list", argc > 1 ? argv[1] : ".");
	verdicts_read(&verdicts, dir);
	driver_open_with(&d, false, "vlist");
	driver_lines(dir, "setup.jsonl", set_up, NULL);
	driver_lines(dir, "cases.jsonl", try_case, NULL);
	test_rows();
	test_errors();
	driver_close(&d);
	CHECK(verdicts_end(&verdicts));
	return check_done();
}
