/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The texts of the tree's files: what stands in them, when they exist, and that the sizes measured
 * when a row was written are those of what is rendered later.
 */
#include "check.h"
#include "driver.h"

#define RUN "{\"project\":\"vlife\",\"domain\":\"development\",\"name\":\"%s\"}"
#define AT "2025-01-01T00:00:%02dZ"

static struct driver d;
static char text[4096];

#define ASK(rpc, ...)                                                                              \
	do {                                                                                       \
		auto_answer answer_ = {0};                                                         \
		snprintf(text, sizeof(text), __VA_ARGS__);                                         \
		driver_ask(&d, rpc, text, &answer_);                                               \
		if (answer_.status)                                                                \
			fprintf(stderr, "%s: %s\n", rpc, answer_.text);                            \
		CHECK_INT(answer_.status, FLY_OK);                                                 \
	} while (0)

static void set_up(json_t *call, void *arg)
{
	auto_answer answer = {0};

	driver_call(&d, call, &answer);
	CHECK_INT(answer.status, FLY_OK);
}

static void create_run(const char *name, int x)
{
	ASK("CreateExecution",
	    "{\"project\":\"vlife\",\"domain\":\"development\",\"name\":\"%s\",\"spec\":{"
	    "\"launch_plan\":{\"resource_type\":\"LAUNCH_PLAN\",\"project\":\"vlife\","
	    "\"domain\":\"development\",\"name\":\"twice\",\"version\":\"v1\"},\"inputs\":{"
	    "\"literals\":{\"x\":{\"scalar\":{\"primitive\":{\"integer\":\"%d\"}}}}}}}", name, x);
}

static void run_event(const char *name, const char *phase, int second, const char *more)
{
	ASK("CreateWorkflowEvent",
	    "{\"event\":{\"execution_id\":" RUN ",\"phase\":\"%s\",\"occurred_at\":\"" AT "\"%s}}",
	    name, phase, second, more);
}

static void node_event(const char *run, const char *node, const char *phase, int second,
		       const char *more)
{
	ASK("CreateNodeEvent",
	    "{\"event\":{\"id\":{\"node_id\":\"%s\",\"execution_id\":" RUN "},\"phase\":\"%s\","
	    "\"occurred_at\":\"" AT "\"%s}}", node, run, phase, second, more);
}

static struct fly_db *reader(void)
{
	struct fly_why why = {0};
	struct fly_db *db = fly_store_reader(d.store, &why);

	CHECK(db);
	return db;
}

static struct fly_execution row_of(const char *name, unsigned parts, struct fly_arena *arena)
{
	struct fly_execution e = {0};
	struct fly_scope scope;

	CHECK(fly_scope_get(reader(), "vlife", "development", arena, &scope) >= 0);
	CHECK(fly_execution_get(reader(), scope.id, name, parts, arena, &e) >= 0);
	return e;
}

/* A text as it is rendered from a row that has what the text asks for. */
static char *render(const char *name, enum fly_execution_text which)
{
	auto_arena arena = {0};
	struct fly_execution e = row_of(name, fly_execution_text_parts(which), &arena);
	struct fly_buf b = {0};

	CHECK(fly_execution_text(which, reader(), &e, &b) >= 0);
	return fly_buf_take(&b);
}

static void check_text(const char *name, enum fly_execution_text which, const char *want)
{
	auto_free char *got = render(name, which);

	CHECK_STR(got, want);
}

/* Sizes from the head alone are those of the texts; those listed are measured in a finished run. */
static void check_sizes(const char *name)
{
	auto_arena arena = {0};
	struct fly_execution head = row_of(name, FLY_EXECUTION_HEAD, &arena);
	int i;

	for (i = 0; i <= FLY_TEXT_PHASE; i++) {
		enum fly_execution_text which = (enum fly_execution_text)i;
		struct fly_execution e;
		auto_buf b = {0};

		if (!fly_execution_text_exists(which, &head))
			continue;
		e = row_of(name, fly_execution_text_parts(which), &arena);
		CHECK(fly_execution_text(which, reader(), &e, &b) >= 0);
		CHECK_INT(fly_execution_text_size(which, reader(), &head), b.len);
		if (i < FLY_N_EXECUTION_TEXTS && head.sizes[i] != UINT32_MAX)
			CHECK_INT(head.sizes[i], b.len);
	}
	CHECK_INT(head.sizes_version, FLY_TEXT_VERSION);
	CHECK(head.sizes[FLY_TEXT_SPEC_JSON] != UINT32_MAX);
	CHECK(head.sizes[FLY_TEXT_CLOSURE_JSON] != UINT32_MAX);
	CHECK((head.sizes[FLY_TEXT_STATUS] != UINT32_MAX) == fly_phase_is_terminal(head.phase));
	CHECK((head.sizes[FLY_TEXT_GRAPH_DOT] != UINT32_MAX) == fly_phase_is_terminal(head.phase));
}

/* --- a run that ends well ------------------------------------------------- */

static void test_success(void)
{
	create_run("good", 3);
	check_text("good", FLY_TEXT_STATUS,
		   "phase:        QUEUED\n"
		   "launch plan:  twice@v1\n"
		   "started:      not yet\n"
		   "nodes:        0 done, 0 running, 0 failed, 0 waiting\n"
		   "waits for:    the engine\n");
	run_event("good", "RUNNING", 1, "");
	node_event("good", "start-node", "SUCCEEDED", 1, "");
	node_event("good", "n0", "QUEUED", 2, ",\"spec_node_id\":\"n0\"");
	node_event("good", "n0", "RUNNING", 3, "");
	check_text("good", FLY_TEXT_STATUS,
		   "phase:        RUNNING\n"
		   "launch plan:  twice@v1\n"
		   "started:      2025-01-01T00:00:01Z\n"
		   "nodes:        0 done, 1 running, 0 failed, 0 waiting\n"
		   "waits for:    n0 (RUNNING)\n");
	check_sizes("good");
	node_event("good", "n0", "SUCCEEDED", 4, "");
	run_event("good", "SUCCEEDED", 5,
		  ",\"output_data\":{\"literals\":{\"o0\":{\"scalar\":{\"primitive\":"
		  "{\"integer\":\"12\"}}}}}");
	check_text("good", FLY_TEXT_STATUS,
		   "phase:        SUCCEEDED\n"
		   "launch plan:  twice@v1\n"
		   "started:      2025-01-01T00:00:01Z\n"
		   "took:         4s\n"
		   "nodes:        1 done, 0 running, 0 failed, 0 not run\n");
	check_text("good", FLY_TEXT_PHASE, "SUCCEEDED\n");
	check_text("good", FLY_TEXT_OUTPUTS_JSON,
		   "{\n"
		   "  \"literals\": {\n"
		   "    \"o0\": {\n"
		   "      \"scalar\": {\n"
		   "        \"primitive\": {\n"
		   "          \"integer\": \"12\"\n"
		   "        }\n"
		   "      }\n"
		   "    }\n"
		   "  }\n"
		   "}\n");
	check_text("good", FLY_TEXT_ID_JSON,
		   "{\n"
		   "  \"project\": \"vlife\",\n"
		   "  \"domain\": \"development\",\n"
		   "  \"name\": \"good\"\n"
		   "}\n");
	check_text("good", FLY_TEXT_GRAPH_DOT,
		   "digraph \"good\" {\n"
		   "  rankdir=LR;\n"
		   "  node [fontname=\"sans-serif\", style=filled];\n"
		   "  \"start-node\" [label=\"start-node\\nSUCCEEDED\", shape=oval, "
		   "fillcolor=\"#a1d99b\"];\n"
		   "  \"end-node\" [label=\"end-node\", shape=oval, fillcolor=\"#ffffff\"];\n"
		   "  \"n0\" [label=\"n0\\ndouble\\nSUCCEEDED\", shape=box, "
		   "fillcolor=\"#a1d99b\"];\n"
		   "  \"n1\" [label=\"n1\\ndouble\", shape=box, fillcolor=\"#ffffff\"];\n"
		   "  \"start-node\" -> \"n0\";\n"
		   "  \"n0\" -> \"n1\";\n"
		   "  \"n1\" -> \"end-node\";\n"
		   "}\n");
	check_sizes("good");
}

/* --- runs that end badly -------------------------------------------------- */

static void test_failure(void)
{
	auto_arena arena = {0};
	struct fly_execution e;

	create_run("bad", 1);
	run_event("bad", "RUNNING", 1, "");
	node_event("bad", "n0", "RUNNING", 2, ",\"spec_node_id\":\"n0\"");
	node_event("bad", "n0-0-dn0", "FAILED", 3,
		   ",\"spec_node_id\":\"dn0\",\"parent_node_metadata\":{\"node_id\":\"n0\"},"
		   "\"error\":{\"code\":\"USER:X\",\"message\":\"inner\"}");
	node_event("bad", "n0", "FAILED", 4,
		   ",\"error\":{\"code\":\"USER:X\",\"message\":\"x\"}");
	run_event("bad", "FAILED", 5,
		  ",\"error\":{\"code\":\"USER:X\","
		  "\"message\":\"it broke\\nat \\u001b[1mline 3\"}");
	check_text("bad", FLY_TEXT_STATUS,
		   "phase:        FAILED\n"
		   "launch plan:  twice@v1\n"
		   "started:      2025-01-01T00:00:01Z\n"
		   "took:         4s\n"
		   "nodes:        0 done, 0 running, 1 failed, 0 not run\n"
		   "failed:       n0-0-dn0\n"
		   "why:          it broke\n"
		   "              at  [1mline 3\n");
	check_text("bad", FLY_TEXT_ERROR, "it broke\nat \033[1mline 3\n");
	check_sizes("bad");
	e = row_of("bad", FLY_EXECUTION_HEAD, &arena);
	CHECK(fly_execution_text_exists(FLY_TEXT_ERROR_JSON, &e));
	CHECK(!fly_execution_text_exists(FLY_TEXT_OUTPUTS_JSON, &e));
	CHECK(!fly_execution_text_exists(FLY_TEXT_ABORT_JSON, &e));
	/* A late word about a node: the sizes follow. */
	node_event("bad", "n1", "SKIPPED", 6, ",\"spec_node_id\":\"n1\"");
	e = row_of("bad", FLY_EXECUTION_HEAD, &arena);
	CHECK_INT(e.nodes_done, 1);
	CHECK_INT(e.sizes[FLY_TEXT_STATUS], UINT32_MAX);
}

static void test_abort(void)
{
	create_run("stopped", 1);
	run_event("stopped", "RUNNING", 1, "");
	node_event("stopped", "n0", "RUNNING", 2, ",\"spec_node_id\":\"n0\"");
	ASK("TerminateExecution", "{\"id\":" RUN ",\"cause\":\"enough\\n\"}", "stopped");
	check_text("stopped", FLY_TEXT_STATUS,
		   "phase:        ABORTING\n"
		   "launch plan:  twice@v1\n"
		   "started:      2025-01-01T00:00:01Z\n"
		   "nodes:        0 done, 1 running, 0 failed, 0 waiting\n"
		   "waits for:    its tasks to end\n"
		   "why:          enough\n");
	node_event("stopped", "n0", "ABORTED", 3, "");
	run_event("stopped", "ABORTED", 4, ",\"error\":{\"message\":\"hides nothing\"}");
	check_text("stopped", FLY_TEXT_STATUS,
		   "phase:        ABORTED\n"
		   "launch plan:  twice@v1\n"
		   "started:      2025-01-01T00:00:01Z\n"
		   "took:         3s\n"
		   "nodes:        0 done, 0 running, 0 failed, 0 not run, 1 aborted\n"
		   "why:          enough\n");
	check_text("stopped", FLY_TEXT_ABORT_JSON, "{\n  \"cause\": \"enough\\n\"\n}\n");
	check_sizes("stopped");
}

/* --- nodes, attempts, entities, values ------------------------------------ */

static void test_nodes(void)
{
	auto_arena arena = {0};
	struct fly_execution e = row_of("bad", FLY_EXECUTION_HEAD, &arena);
	struct fly_node n;
	int i;

	CHECK(fly_node_get(reader(), e.id, "n0-0-dn0", &arena, &n) >= 0);
	for (i = 0; i < FLY_N_NODE_TEXTS; i++) {
		auto_buf b = {0};

		if (!fly_node_text_exists((enum fly_node_text)i, &n))
			continue;
		CHECK(fly_node_text((enum fly_node_text)i, &n, &b) >= 0);
		CHECK_INT(fly_node_text_size((enum fly_node_text)i, &n), b.len);
		CHECK_INT(n.sizes[i], b.len);
		if (i == FLY_NODE_TEXT_ERROR)
			CHECK_STR(b.data, "inner\n");
		if (i == FLY_NODE_TEXT_PHASE)
			CHECK_STR(b.data, "FAILED\n");
	}
	CHECK(!fly_node_text_exists(FLY_NODE_TEXT_OUTPUTS_JSON, &n));
	CHECK(fly_node_text_exists(FLY_NODE_TEXT_ERROR, &n));
}

static void test_plan(void)
{
	static const char *const want = "{\n"
					"  \"launch_plan\": \"twice@v1\",\n"
					"  \"inputs\": {\n"
					"    \"x\": 5\n"
					"  }\n"
					"}\n";
	auto_arena arena = {0};
	struct fly_entity plan;
	auto_buf b = {0}, needs = {0}, state = {0};

	CHECK(fly_entity_get(reader(), FLY_KIND_LAUNCH_PLAN, "vlife", "development", "twice", "v1",
			     FLY_ENTITY_BLOBS, &arena, &plan) >= 0);
	CHECK(fly_entity_text(FLY_ENTITY_TEXT_TEMPLATE_JSON, reader(), &plan, &b) >= 0);
	CHECK_STR(b.data, want);
	CHECK_INT(fly_entity_text_size(FLY_ENTITY_TEXT_TEMPLATE_JSON, reader(), &plan), b.len);
	CHECK(fly_entity_text(FLY_ENTITY_TEXT_STATE, reader(), &plan, &state) >= 0);
	CHECK_STR(state.data, "INACTIVE\n");
	CHECK(fly_entity_get(reader(), FLY_KIND_LAUNCH_PLAN, "vlife", "development", "needs", "v1",
			     FLY_ENTITY_BLOBS, &arena, &plan) >= 0);
	CHECK(fly_entity_text(FLY_ENTITY_TEXT_TEMPLATE_JSON, reader(), &plan, &needs) >= 0);
	CHECK_STR(needs.data, "{\n  \"launch_plan\": \"needs@v1\",\n  \"inputs\": {\n"
			      "    \"x\": null\n  }\n}\n");
}

/* A moment of a whole second is a shorter text: sizes are measured with the moment that is kept. */
static void test_plan_state(void)
{
	auto_arena arena = {0};
	struct fly_entity plan;
	int i;

	driver_now_ns = (fly_now_ns() / 1000000000 + 2) * 1000000000;
	ASK("UpdateLaunchPlan",
	    "{\"id\":{\"resource_type\":\"LAUNCH_PLAN\",\"project\":\"vlife\","
	    "\"domain\":\"development\",\"name\":\"%s\",\"version\":\"v1\"},\"state\":\"ACTIVE\"}",
	    "twice");
	CHECK(fly_entity_get(reader(), FLY_KIND_LAUNCH_PLAN, "vlife", "development", "twice", "v1",
			     FLY_ENTITY_BLOBS, &arena, &plan) >= 0);
	CHECK_INT(plan.state, FLYTEIDL__ADMIN__LAUNCH_PLAN_STATE__ACTIVE);
	CHECK(plan.changed_ns == driver_now_ns);
	driver_now_ns = 0;
	for (i = 0; i < FLY_N_ENTITY_TEXTS; i++) {
		auto_buf b = {0};

		if (fly_entity_text((enum fly_entity_text)i, reader(), &plan, &b) >= 0)
			CHECK_INT(fly_entity_text_size((enum fly_entity_text)i, reader(), &plan),
				  b.len);
	}
}

static void test_values(void)
{
	auto_arena arena = {0};
	struct fly_execution e = row_of("good", FLY_EXECUTION_ALL, &arena);
	Flyteidl__Core__Literal *lit;
	const char **names;
	auto_buf b = {0};

	CHECK_INT(fly_value_names(e.outputs, &arena, &names), 1);
	CHECK_STR(names[0], "o0");
	CHECK_INT(fly_value_get(e.outputs, "o1", &arena, &lit), -ENOENT);
	CHECK_INT(fly_value_get(e.inputs, "x", &arena, &lit), 0);
	fly_literal_text(lit, &b);
	CHECK_STR(b.data, "3\n");
	CHECK(!fly_value_local_path(lit, &arena));
}

static const char *path_of(const char *uri, struct fly_arena *arena)
{
	Flyteidl__Core__Blob blob = FLYTEIDL__CORE__BLOB__INIT;
	Flyteidl__Core__Scalar scalar = FLYTEIDL__CORE__SCALAR__INIT;
	Flyteidl__Core__Literal lit = FLYTEIDL__CORE__LITERAL__INIT;

	blob.uri = (char *)uri;
	scalar.value_case = FLYTEIDL__CORE__SCALAR__VALUE_BLOB;
	scalar.blob = &blob;
	lit.value_case = FLYTEIDL__CORE__LITERAL__VALUE_SCALAR;
	lit.scalar = &scalar;
	return fly_value_local_path(&lit, arena);
}

static void test_paths(void)
{
	auto_arena arena = {0};

	CHECK_STR(path_of("file:///data/x.csv", &arena), "/data/x.csv");
	CHECK_STR(path_of("/data/x.csv", &arena), "/data/x.csv");
	CHECK(!path_of("s3://bucket/x", &arena));
	CHECK(!path_of("file://host/x", &arena));
	CHECK(!path_of("", &arena));
	CHECK_STR(fly_phase_name(4), "SUCCEEDED");
	CHECK(!fly_phase_name(42));
}

int main(int argc, char **argv)
{
	char dir[4096];

	snprintf(dir, sizeof(dir), "%s/lifecycle", argc > 1 ? argv[1] : ".");
	driver_open(&d, false);
	driver_lines(dir, "setup.jsonl", set_up, NULL);
	test_success();
	test_failure();
	test_abort();
	test_nodes();
	test_plan();
	test_plan_state();
	test_values();
	test_paths();
	driver_close(&d);
	return check_done();
}
