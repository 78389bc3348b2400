/* SPDX-License-Identifier: Apache-2.0 */
/* Names, templates, retry budgets, conditions: the recorded and the published vectors. */
#include "../check.h"

#include "condition.h"
#include "ids.h"
#include "template.h"
#include "model.h"

static void test_ids(void)
{
	auto_arena a = {0};

	CHECK_STR(fly_id_fit(&a, "xxxxxxxxxxxxxxxxxxxxxxxx", 20, FLY_ID_HASH_32), "fuaa3aji");
	CHECK_STR(fly_id_fit(&a, "x-y-z-m-n-y-z-m-n-y-z-m-n", 20, FLY_ID_HASH_32), "fe63sz6y");
	CHECK_STR(fly_id_fit(&a, "x-y-z-m-n-y-z-m-n-y-z-m-n", 20, FLY_ID_HASH_64),
		  "fwp4bky2kucex5");
	CHECK_STR(fly_id_fit(&a, "x-y-z-m-n-y-z-m-n-y-z-m-n-z-m-n-y-z-m-n", 20, FLY_ID_HASH_128),
		  "fbmesl15enghpjepzjm5cp1zfqe");
	CHECK_STR(fly_id_fit(&a, "first-name-is-pretty-large-hello-world-1", 20, FLY_ID_HASH_32),
		  "fav2uxxi");
	CHECK_STR(fly_id_fit(&a, "n0-0-n0-0-n0-0-n0-0-n1", 20, FLY_ID_HASH_32), "fa6mczea");
	CHECK_STR(fly_id_fit(&a, "abcdefghijklmnopqrst-n0-0", 20, FLY_ID_HASH_64),
		  "fcowultc6k2jaw");
	CHECK_STR(fly_id_node(&a, NULL, 0, "taskdirectsourcedouble"), "f26kt4fi");
	CHECK_STR(fly_id_node(&a, "n0-0-dn0", 0, "start-node"), "ffuqhjya");
	CHECK_STR(fly_id_node(&a, "n2", 0, "n2-n0"), "n2-0-n2-n0");
	CHECK_STR(fly_id_attempt(&a, "e2a4df9a", "n0", 3), "e2a4df9a-n0-3");
	CHECK_STR(fly_id_retry_key(&a, "12-ab.c--d"), "aab_c_d");
	CHECK_STR(fly_id_retry_key(&a, "e2a4df9a-n0-0"), "e2a4df9a_n0_0");
	CHECK_STR(fly_id_component(&a, "../a b/.."), "%2E.%2Fa%20b%2F..");
	CHECK_STR(fly_id_component(&a, "n0-n1.x_Y"), "n0-n1.x_Y");
	CHECK_STR(fly_id_component(&a, ""), "%");
}

static Flyteidl__Core__LiteralMap *inputs(struct fly_arena *a)
{
	static const char json[] =
		"{\"literals\": {"
		"\"i\": {\"scalar\": {\"primitive\": {\"integer\": \"5\"}}},"
		"\"f\": {\"scalar\": {\"primitive\": {\"floatValue\": 1000000}}},"
		"\"s\": {\"scalar\": {\"primitive\": {\"stringValue\": \"a {{.input}} 'b'\"}}},"
		"\"l\": {\"collection\": {\"literals\": ["
		"{\"scalar\": {\"primitive\": {\"stringValue\": \"x\"}}},"
		"{\"scalar\": {\"primitive\": {\"boolean\": true}}}]}},"
		"\"m\": {\"map\": {}}}}";
	ProtobufCMessage *m = NULL;

	CHECK_INT(fly_json_parse(&flyteidl__core__literal_map__descriptor, json, strlen(json), a,
				 &m, NULL),
		  0);
	return (Flyteidl__Core__LiteralMap *)m;
}

static const char *fill(struct fly_arena *a, const char *text, struct fly_template *t)
{
	const char *out = "(unset)";
	struct fly_why why = {0};

	return fly_template_fill(t, text, a, &out, &why) < 0 ? "(refused)" : out;
}

static void test_templates(void)
{
	auto_arena a = {0};
	struct fly_template t = {
		.values = {"/in/inputs.pb", "/out", "/in", "/raw", "\"\"", "/raw/_flytecheckpoints",
			   "key", "/in/task.pb", "p-d"},
		.inputs = inputs(&a),
	};

	CHECK_STR(fill(&a, "plain", &t), "plain");
	CHECK_STR(fill(&a, "{{.input}}", &t), "/in/inputs.pb");
	CHECK_STR(fill(&a, "{{ $INPUT }}:{{.OutputPrefix}}:{{.inputPrefix}}", &t),
		  "/in/inputs.pb:/out:/in");
	CHECK_STR(fill(&a, "{{input}} {{.unknown}} {{ .remote_package_path }}", &t),
		  "{{input}} {{.unknown}} {{ .remote_package_path }}");
	CHECK_STR(fill(&a,
		       "{{.rawOutputDataPrefix}}{{.checkpointOutputPrefix}}"
		       "{{.prevCheckpointPrefix}}",
		       &t),
		  "/raw/raw/_flytecheckpoints\"\"");
	CHECK_STR(fill(&a, "{{.perRetryUniqueKey}} {{.namespace}}", &t), "key p-d");
	CHECK_STR(fill(&a, "{{ .Inputs.i }}-{{$inputs.f}}", &t), "5-1e+06");
	/* What an input holds is final: it is no template. */
	CHECK_STR(fill(&a, "{{.inputs.s}}", &t), "a {{.input}} 'b'");
	CHECK_STR(fill(&a, "{{.inputs.l}}", &t), "[x,true]");
	CHECK_STR(fill(&a, "{{.inputs.m}}", &t), "(refused)");
	CHECK_STR(fill(&a, "{{.inputs.absent}}", &t), "(refused)");
	CHECK_STR(fill(&a, "{{.inputs.I}}", &t), "(refused)");
	CHECK_STR(fill(&a, "{{.input}", &t), "{{.input}");
	CHECK_STR(fill(&a, "{{{.input}}}", &t), "{/in/inputs.pb}");
	CHECK(!t.uses_task_template);
	CHECK_STR(fill(&a, "{{.taskTemplatePath}}", &t), "/in/task.pb");
	CHECK(t.uses_task_template);
	t.inputs = NULL;
	CHECK_STR(fill(&a, "{{.inputs.i}}", &t), "{{.inputs.i}}");
}

static void check_retry(int kind, uint32_t attempt, uint32_t system, bool set, uint32_t retries,
			bool again, unsigned current, unsigned max)
{
	struct fly_retry r = fly_retry_decide(kind, attempt, system, set, retries);

	CHECK_INT(r.again, again);
	CHECK_INT(r.current, current);
	CHECK_INT(r.max, max);
}

static void test_retries(void)
{
	int user = FLY_ERROR_KIND(USER), system = FLY_ERROR_KIND(SYSTEM);

	check_retry(user, 0, 0, false, 0, false, 1, 1);
	check_retry(user, 0, 0, true, 1, true, 1, 2);
	check_retry(user, 1, 0, true, 1, false, 2, 2);
	/* Failures of the machine are paid from another purse. */
	check_retry(user, 2, 2, true, 1, true, 1, 2);
	check_retry(user, 3, 2, true, 1, false, 2, 2);
	check_retry(system, 0, 0, false, 0, true, 0, 3);
	check_retry(system, 2, 2, false, 0, true, 2, 3);
	check_retry(system, 3, 3, false, 0, false, 3, 3);
}

/* "true", "false" or the sentence that refuses it. */
static const char *condition(const char *json)
{
	static char text[FLY_WHY_MAX];
	auto_arena a = {0};
	ProtobufCMessage *m;
	struct fly_why why = {0};
	bool is_true = false;

	if (fly_json_parse(&flyteidl__core__boolean_expression__descriptor, json, strlen(json), &a,
			   &m, &why) < 0 ||
	    fly_condition_evaluate((Flyteidl__Core__BooleanExpression *)m, inputs(&a), &is_true,
				   &why) < 0) {
		snprintf(text, sizeof(text), "%s", why.text);
		return text;
	}
	return is_true ? "true" : "false";
}

#define COMPARE(op, left, right)                                                                   \
	"{\"comparison\": {\"operator\": \"" op "\", \"leftValue\": " left                         \
	", \"rightValue\": " right "}}"
#define INT(n) "{\"primitive\": {\"integer\": \"" n "\"}}"
#define FLOAT(n) "{\"primitive\": {\"floatValue\": " n "}}"
#define BOOL(b) "{\"primitive\": {\"boolean\": " b "}}"
#define TIME(t) "{\"primitive\": {\"datetime\": \"" t "\"}}"
#define TEXT(t) "{\"primitive\": {\"stringValue\": \"" t "\"}}"

static void test_conditions(void)
{
	CHECK_STR(condition(COMPARE("EQ", INT("1"), INT("1"))), "true");
	CHECK_STR(condition(COMPARE("GT", "{\"var\": \"i\"}", INT("4"))), "true");
	CHECK_STR(condition(COMPARE("LTE", FLOAT("1.5"), FLOAT("1.4"))), "false");
	CHECK_STR(condition(COMPARE("LT", TEXT("a"), TEXT("b"))), "true");
	CHECK_STR(condition(COMPARE("NEQ", BOOL("true"), BOOL("false"))), "true");
	CHECK_STR(condition(COMPARE("GT", BOOL("true"), BOOL("false"))),
		  "[GT] not defined for boolean operands.");
	/* Whole seconds only. */
	CHECK_STR(condition(COMPARE("EQ", TIME("2024-01-01T00:00:00.1Z"),
				    TIME("2024-01-01T00:00:00.9Z"))),
		  "true");
	CHECK(!strncmp(condition(COMPARE("EQ", INT("1"), FLOAT("1"))),
		       "Comparison between different primitives types.", 40));
	CHECK(!strncmp(condition(COMPARE("EQ", "{\"var\": \"l\"}", INT("1"))),
		       "Only primitives can be compared", 31));
	CHECK_STR(condition(COMPARE("EQ", "{\"var\": \"none\"}", INT("1"))),
		  "Failed to find Value for Variable [none]");
	CHECK_STR(
		condition("{\"conjunction\": {\"operator\": \"OR\", \"leftExpression\": " COMPARE(
			"EQ", INT("1"), INT("2")) ", \"rightExpression\": " COMPARE("EQ", INT("2"),
										    INT("2")) "}}"),
		"true");
	CHECK_STR(
		condition("{\"conjunction\": {\"operator\": \"AND\", \"leftExpression\": " COMPARE(
			"EQ", INT("1"), INT("2")) ", \"rightExpression\": " COMPARE("EQ", INT("2"),
										    INT("2")) "}}"),
		"false");
}

int main(void)
{
	test_ids();
	test_templates();
	test_retries();
	test_conditions();
	return check_done();
}
