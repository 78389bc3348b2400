/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Documents people launch with, in JSON and as wire bytes: the shorthand, whole requests, values in
 * files of their own, and the sentences of refusals with their places.
 */
#include "check.h"
#include "driver.h"

static struct driver d;

static void set_up(json_t *call, void *arg)
{
	auto_answer answer = {0};

	driver_call(&d, call, &answer);
	CHECK_INT(answer.status, FLY_OK);
}

/* What a document means, as one line of JSON, or the sentence of its refusal. */
static char *read_as(enum fly_document form, const char *name, const char *text, size_t len,
		     const struct fly_input_text *inputs, size_t n_inputs)
{
	Flyteidl__Admin__ExecutionCreateRequest *req;
	struct fly_buf b = {0};
	auto_arena arena = {0};
	struct fly_why why = {0};
	struct fly_db *db = fly_store_reader(d.store, &why);
	int rc = fly_admin_read_execution(d.admin, db, form, "spec.json", "vlife", "development",
					  name, text, len, inputs, n_inputs, &arena, &req, &why);

	if (rc < 0) {
		CHECK_INT(rc, -why.error);
		fly_buf_puts(&b, why.text);
	} else {
		fly_json_print(&req->base, FLY_JSON_COMPACT, &b);
	}
	return fly_buf_take(&b);
}

static void check_read(const char *text, const char *want)
{
	auto_free char *got = read_as(FLY_DOCUMENT_JSON, "run", text, strlen(text), NULL, 0);

	CHECK_STR(got, want);
}

#define PLACE "{\"project\":\"vlife\",\"domain\":\"development\",\"name\":\"run\","
#define TWICE                                                                                      \
	"\"launch_plan\":{\"resource_type\":\"LAUNCH_PLAN\",\"project\":\"vlife\","                \
	"\"domain\":\"development\",\"name\":\"twice\",\"version\":\"v1\"}"
#define X(n) "{\"literals\":{\"x\":{\"scalar\":{\"primitive\":{\"integer\":\"" n "\"}}}}}"

static void test_shorthand(void)
{
	check_read("{\"launch_plan\":\"twice\"}", PLACE "\"spec\":{" TWICE "}}");
	check_read("{\"launch_plan\":\"twice@v1\",\"inputs\":{\"x\":7}}",
		   PLACE "\"spec\":{" TWICE ",\"inputs\":" X("7") "}}");
	check_read("{\"workflow\":\"twice\",\"inputs\":" X("7") "}",
		   PLACE "\"spec\":{" TWICE ",\"inputs\":" X("7") "}}");
	check_read("{\"launchPlan\":\"twice\",\"inputs\":{},\"tags\":[\"a\"]}",
		   PLACE "\"spec\":{" TWICE ",\"inputs\":{},\"tags\":[\"a\"]}}");
	check_read("{\"task\":\"double@v1\",\"inputs\":{\"x\":7}}",
		   PLACE "\"spec\":{\"launch_plan\":{\"resource_type\":\"TASK\",\"project\":"
			 "\"vlife\",\"domain\":\"development\",\"name\":\"double\",\"version\":"
			 "\"v1\"},\"inputs\":" X("7") "}}");
}

static void test_request(void)
{
	check_read("{\"spec\":{\"launch_plan\":\"twice\"},\"inputs\":{\"x\":7}}",
		   PLACE "\"spec\":{" TWICE "},\"inputs\":" X("7") "}");
	check_read("{\"project\":\"vlife\",\"domain\":\"development\",\"name\":\"run\","
		   "\"spec\":{\"launch_plan\":\"twice\",\"inputs\":{\"x\":7}}}",
		   PLACE "\"spec\":{" TWICE ",\"inputs\":" X("7") "}}");
	check_read("{\"project\":\"other\",\n\"spec\":{\"launch_plan\":\"twice\"}}",
		   "spec.json:1:12: project: \"other\" does not agree with the path: \"vlife\"");
	check_read("{\"name\":\"other\",\n\"spec\":{\"launch_plan\":\"twice\"}}",
		   "spec.json:1:9: name: \"other\" does not agree with the path: \"run\"");
	check_read("{\"spec\":[]}", "spec.json:1:9: spec: expected an object");
}

static void test_refusals(void)
{
	check_read("{\n\"launch_plan\": \"nope\"}",
		   "spec.json:2:16: launch_plan: there is no launch plan \"nope\" in "
		   "vlife/development");
	check_read("{\"launch_plan\": \"twice@v9\"}",
		   "spec.json:1:17: launch_plan: launch plan twice has no version \"v9\" in "
		   "vlife/development; it has v1, for one");
	check_read("{\"launch_plan\": \"\"}", "spec.json:1:17: launch_plan: the name is empty");
	check_read("{\"launch_plan\":\"twice\",\"task\":\"double\"}",
		   "spec.json:1:31: task: launch_plan is given already: only one of them can run");
	check_read("{\"launch_plan\":\"twice\",\n \"inputs\": {\"y\": 1}}",
		   "spec.json:2:18: inputs.y: launch plan twice@v1 has no input y: it takes x "
		   "(integer)");
	check_read("{\"launch_plan\":\"needs\",\"inputs\":{\"x\":null}}",
		   "spec.json:1:38: inputs.x: null is no value for it: integer is expected");
	check_read("{\"launch_plan\":\"twice\",\"inputs\":{\"x\":true}}",
		   "spec.json:1:38: inputs.x: expected a whole number, got true");
	check_read("[]", "spec.json:1:1: expected an object");
}

/* --- inputs/VAR ----------------------------------------------------------- */

static void check_inputs(const char *text, const struct fly_input_text *input, const char *want)
{
	auto_free char *got = read_as(FLY_DOCUMENT_JSON, "run", text, strlen(text), input, 1);

	CHECK_STR(got, want);
}

static void test_input_texts(void)
{
	const struct fly_input_text nine = {"x", "9\n", 2, false}, bad = {"x", "nine\n", 5, false};
	const struct fly_input_text other = {"y", "9\n", 2, false}, link = {"x", "/a", 2, true};

	check_inputs("{\"launch_plan\":\"twice\"}", &nine,
		     PLACE "\"spec\":{" TWICE "},\"inputs\":" X("9") "}");
	check_inputs("{\"launch_plan\":\"twice\",\"inputs\":{\"x\":7}}", &nine,
		     PLACE "\"spec\":{" TWICE ",\"inputs\":" X("9") "},\"inputs\":" X("9") "}");
	check_inputs("{\"launch_plan\":\"twice\"}", &bad,
		     "inputs/x: \"nine\" is not a whole number");
	check_inputs("{\"launch_plan\":\"twice\"}", &other,
		     "inputs/y: launch plan twice@v1 has no input y: it takes x (integer)");
	check_inputs("{\"launch_plan\":\"twice\"}", &link,
		     "inputs/x: it is a symbolic link, which only a file or directory can be: "
		     "integer is expected");
}

/* --- wire ----------------------------------------------------------------- */

static void test_wire(void)
{
	auto_free char *spec = NULL, *whole = NULL, *broken = NULL;
	Flyteidl__Core__Identifier id = FLYTEIDL__CORE__IDENTIFIER__INIT;
	Flyteidl__Admin__ExecutionSpec m = FLYTEIDL__ADMIN__EXECUTION_SPEC__INIT;
	Flyteidl__Admin__ExecutionCreateRequest req =
		FLYTEIDL__ADMIN__EXECUTION_CREATE_REQUEST__INIT;
	auto_buf b = {0}, r = {0};

	id.resource_type = FLYTEIDL__CORE__RESOURCE_TYPE__LAUNCH_PLAN;
	id.project = (char *)"vlife";
	id.domain = (char *)"development";
	id.name = (char *)"twice";
	id.version = (char *)"v1";
	m.launch_plan = &id;
	req.spec = &m;
	fly_wire_print(&m.base, &b);
	fly_wire_print(&req.base, &r);
	spec = read_as(FLY_DOCUMENT_WIRE, "run", b.data, b.len, NULL, 0);
	CHECK_STR(spec, PLACE "\"spec\":{" TWICE "}}");
	whole = read_as(FLY_DOCUMENT_WIRE, "run", r.data, r.len, NULL, 0);
	CHECK_STR(whole, PLACE "\"spec\":{" TWICE "}}");
	broken = read_as(FLY_DOCUMENT_WIRE, "run", b.data, b.len - 1, NULL, 0);
	CHECK(!strncmp(broken, "spec.json: ", strlen("spec.json: ")));
}

/* --- the template --------------------------------------------------------- */

/* A template launches as it stands, unless a value must be given. */
static void test_template(void)
{
	auto_arena arena = {0};
	struct fly_why why = {0};
	struct fly_db *db = fly_store_reader(d.store, &why);
	struct fly_entity plan;
	auto_buf b = {0};

	CHECK(fly_entity_get(db, FLY_KIND_LAUNCH_PLAN, "vlife", "development", "twice", "v1",
			     FLY_ENTITY_BLOBS, &arena, &plan) >= 0);
	CHECK(fly_entity_text(FLY_ENTITY_TEXT_TEMPLATE_JSON, db, &plan, &b) >= 0);
	check_read(b.data, PLACE "\"spec\":{" TWICE ",\"inputs\":" X("5") "}}");
}

/* --- once more ------------------------------------------------------------------------ */

static void launch(const char *name, const char *text, size_t len)
{
	Flyteidl__Admin__ExecutionCreateRequest *req;
	struct fly_call call = {.caller = d.caller};
	struct fly_db *db = fly_store_reader(d.store, &call.why);

	CHECK(fly_admin_read_execution(d.admin, db, FLY_DOCUMENT_JSON, "spec.json", "vlife",
				       "development", name, text, len, NULL, 0, &call.arena, &req,
				       &call.why) >= 0);
	fly_admin_create_execution(d.admin, &call, req);
	CHECK_STR(call.why.text, "");
	fly_arena_release(&call.arena);
}

static void spec_of(const char *name, struct fly_buf *b)
{
	auto_arena arena = {0};
	struct fly_why why = {0};
	struct fly_db *db = fly_store_reader(d.store, &why);
	struct fly_execution e;
	struct fly_scope scope;

	CHECK(fly_scope_get(db, "vlife", "development", &arena, &scope) >= 0);
	CHECK(fly_execution_get(db, scope.id, name, FLY_EXECUTION_SPEC, &arena, &e) >= 0);
	CHECK(fly_execution_text(FLY_TEXT_SPEC_JSON, db, &e, b) >= 0);
}

/* cp old/spec.json new/spec.json runs the same again. */
static void test_again(void)
{
	static const char *const text = "{\"launch_plan\":\"twice\",\"inputs\":{\"x\":7},"
					"\"labels\":{\"values\":{\"a\":\"b\"}}}";
	auto_buf first = {0}, second = {0};

	launch("first", text, strlen(text));
	spec_of("first", &first);
	launch("second", first.data, first.len);
	spec_of("second", &second);
	CHECK(strstr(first.data, "\"integer\": \"7\""));
	CHECK_STR(second.data, first.data);
}

int main(int argc, char **argv)
{
	char dir[4096];

	snprintf(dir, sizeof(dir), "%s/lifecycle", argc > 1 ? argv[1] : ".");
	driver_open(&d, true);
	driver_lines(dir, "setup.jsonl", set_up, NULL);
	test_shorthand();
	test_request();
	test_refusals();
	test_input_texts();
	test_wire();
	test_template();
	test_again();
	driver_close(&d);
	return check_done();
}
