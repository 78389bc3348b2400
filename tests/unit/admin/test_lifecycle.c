/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Events, terminate, relaunch, recover, archive, node and task executions against what Flyte Admin
 * v1.16.8 answered (tests/data/admin/lifecycle): scripts of calls, then every phase followed by an
 * event of every phase, for executions, nodes and tasks.
 */
#include "check.h"
#include "driver.h"
#include "recordings.h"
#include "verdicts.h"

static struct driver d;
static struct verdicts verdicts;

static void set_up(json_t *call, void *arg)
{
	auto_buf where = {0};
	auto_answer answer = {0};

	driver_call(&d, call, &answer);
	CHECK(driver_agrees(&d, call, &answer, &where));
	if (where.len)
		fprintf(stderr, "setup: %s\n", where.data);
}

/* --- scripts -------------------------------------------------------------- */

static void play(json_t *script, void *arg)
{
	json_t *step;
	size_t i;

	json_array_foreach(json_object_get(script, "steps"), i, step) {
		auto_answer answer = {0};
		auto_buf where = {0};
		char id[64];

		snprintf(id, sizeof(id), "%s/%zu",
			 json_string_value(json_object_get(script, "id")), i + 1);
		driver_call(&d, step, &answer);
		driver_agrees(&d, step, &answer, &where);
		CHECK(verdicts_judge(&verdicts, id, &where));
	}
}

/* --- the matrix ----------------------------------------------------------- */

#define RUN "{\"project\":\"vlife\",\"domain\":\"development\",\"name\":\"%s\"}"
#define NODE "{\"node_id\":\"%s\",\"execution_id\":" RUN "}"
#define TASK                                                                                       \
	"{\"resource_type\":\"TASK\",\"project\":\"vlife\",\"domain\":\"development\","            \
	"\"name\":\"double\",\"version\":\"v1\"}"
#define AT "2025-01-01T00:00:%02dZ"

static char text[2048];

#define ASK(answer, rpc, ...)                                                                      \
	do {                                                                                       \
		snprintf(text, sizeof(text), __VA_ARGS__);                                         \
		driver_ask(&d, rpc, text, answer);                                                 \
	} while (0)

static enum fly_status send_event(const char *kind, const char *name, const char *phase, int second)
{
	auto_answer answer = {0};

	if (!strcmp(kind, "execution"))
		ASK(&answer, "CreateWorkflowEvent",
		    "{\"event\":{\"execution_id\":" RUN ",\"phase\":\"%s\","
		    "\"producer_id\":\"propeller\",\"occurred_at\":\"" AT "\"}}",
		    name, phase, second);
	else if (!strcmp(kind, "node"))
		ASK(&answer, "CreateNodeEvent",
		    "{\"event\":{\"id\":" NODE ",\"phase\":\"%s\",\"occurred_at\":\"" AT "\"}}",
		    name, "mnodes", phase, second);
	else
		ASK(&answer, "CreateTaskEvent",
		    "{\"event\":{\"task_id\":" TASK ",\"parent_node_execution_id\":" NODE
		    ",\"phase\":\"%s\",\"occurred_at\":\"" AT "\"}}",
		    name, "mnodes", phase, second);
	return answer.status;
}

static void create_run(const char *name)
{
	auto_answer answer = {0};

	ASK(&answer, "CreateExecution",
	    "{\"project\":\"vlife\",\"domain\":\"development\",\"name\":\"%s\",\"spec\":{"
	    "\"launch_plan\":{\"resource_type\":\"LAUNCH_PLAN\",\"project\":\"vlife\","
	    "\"domain\":\"development\",\"name\":\"twice\",\"version\":\"v1\"}}}", name);
	CHECK_INT(answer.status, FLY_OK);
}

/* An execution in phase from: RUNNING at second 1 where the phase can follow that. */
static void bring_execution(const char *name, const char *from)
{
	bool terminated = !strcmp(from, "TERMINATED");
	auto_answer answer = {0};

	create_run(name);
	if (!strcmp(from, "UNDEFINED"))
		CHECK_INT(send_event("execution", name, from, 1), FLY_OK);
	if (!strcmp(from, "UNDEFINED") || !strcmp(from, "QUEUED"))
		return;
	CHECK_INT(send_event("execution", name, "RUNNING", 1), FLY_OK);
	if (terminated)
		ASK(&answer, "TerminateExecution", "{\"id\":" RUN ",\"cause\":\"c\"}", name);
	else if (strcmp(from, "RUNNING") != 0)
		CHECK_INT(send_event("execution", name, from, 2), FLY_OK);
}

static void bring(const char *kind, const char *name, const char *from)
{
	if (!strcmp(kind, "execution"))
		bring_execution(name, from);
	else if (!strcmp(kind, "task"))
		CHECK_INT(send_event("node", name, "RUNNING", 1), FLY_OK);
	if (strcmp(kind, "execution") != 0 && strcmp(from, "(none)") != 0)
		CHECK_INT(send_event(kind, name, from, 2), FLY_OK);
}

static json_t *closure_after(const char *kind, const char *name)
{
	auto_answer answer = {0};
	json_t *closure;

	if (!strcmp(kind, "execution"))
		ASK(&answer, "GetExecution", "{\"id\":" RUN "}", name);
	else if (!strcmp(kind, "node"))
		ASK(&answer, "GetNodeExecution", "{\"id\":" NODE "}", name, "mnodes");
	else
		ASK(&answer, "GetTaskExecution",
		    "{\"id\":{\"task_id\":" TASK ",\"node_execution_id\":" NODE "}}", name,
		    "mnodes");
	CHECK_INT(answer.status, FLY_OK);
	closure = json_deep_copy(json_object_get(answer.response, "closure"));
	return closure;
}

/* What the recording leaves out of closures. */
static void drop_unrecorded(json_t *closure)
{
	static const char *const keys[] = {"created_at", "notifications", "workflow_id",
					   "state_change_details", "task_type"};
	size_t i;

	for (i = 0; i < FLY_ARRAY_LEN(keys); i++)
		json_object_del(closure, keys[i]);
}

static void try_change(char **column, void *arg)
{
	static unsigned count;
	const char *kind = column[0], *from = column[1], *to = column[2], *code = column[3];
	enum fly_status status;
	json_t *want, *got;
	auto_buf where = {0};
	json_error_t error;
	char name[32], id[96];

	snprintf(name, sizeof(name), "m%u", ++count);
	snprintf(id, sizeof(id), "%s %s %s", kind, from, to);
	bring(kind, name, from);
	status = send_event(kind, name, to, 9);
	if (strcmp(fly_status_name(status), code) != 0)
		fly_buf_printf(&where, "code is %s, recorded is %s", fly_status_name(status), code);
	want = json_loads(column[4], 0, &error);
	got = closure_after(kind, name);
	drop_unrecorded(got);
	if (!where.len)
		driver_matches(&d, want, got, "closure", &where);
	json_decref(want);
	json_decref(got);
	CHECK(verdicts_judge(&verdicts, id, &where));
}

/* --- outputs over Flyte's default threshold ------------------------------- */

/* event-12 of the recording: 3 MB inline are refused there, kept here: nobody else holds them. */
static void test_large_outputs(void)
{
	static const size_t len = 3000000;
	auto_free char *letters = malloc(len + 1);
	auto_answer answer = {0}, data = {0};
	const json_t *literals;
	json_t *call;

	create_run("large");
	memset(letters, 'x', len);
	letters[len] = '\0';
	call = json_pack("{s:s, s:{s:{s:{s:s, s:s, s:s}, s:s, s:s, s:{s:{s:{s:{s:{s:s}}}}}}}}",
			 "rpc", "CreateWorkflowEvent", "request", "event", "execution_id",
			 "project", "vlife", "domain", "development", "name", "large", "phase",
			 "SUCCEEDED", "occurred_at", "2025-01-01T00:00:01Z", "output_data",
			 "literals", "o0", "scalar", "primitive", "string_value", letters);
	driver_call(&d, call, &answer);
	json_decref(call);
	CHECK_INT(answer.status, FLY_OK);
	ASK(&data, "GetExecutionData", "{\"id\":" RUN "}", "large");
	literals = json_object_get(json_object_get(data.response, "full_outputs"), "literals");
	CHECK(json_object_size(literals) == 1);
}

int main(int argc, char **argv)
{
	char dir[4096];

	snprintf(dir, sizeof(dir), "%s/lifecycle", argc > 1 ? argv[1] : ".");
	verdicts_read(&verdicts, dir);
	driver_open(&d, false);
	driver_lines(dir, "setup.jsonl", set_up, NULL);
	driver_lines(dir, "scripts.jsonl", play, NULL);
	create_run("mnodes");
	recordings_lines(dir, "matrix.tsv", 5, try_change, NULL);
	test_large_outputs();
	driver_close(&d);
	CHECK(verdicts_end(&verdicts));
	return check_done();
}
