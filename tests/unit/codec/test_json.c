/* SPDX-License-Identifier: Apache-2.0 */
/*
 * JSON: the printed text byte for byte, what is read as what, what is refused and where,
 * documents and their failures, limits.
 */
#include <fly_proto.h>
#include <jansson.h>

#include "flytefs/codec.h"

#include "check.h"
#include "doc.h"
#include "google/protobuf/any.pb-c.h"
#include "json_text.h"

#define SPEC "flyteidl.admin.ExecutionSpec"
#define CLOSURE "flyteidl.admin.ExecutionClosure"
#define STRUCT "google.protobuf.Struct"
#define PRIMITIVE "flyteidl.core.Primitive"
#define STATUS "google.rpc.Status"

static int parse(const char *type, const char *text, struct fly_arena *arena,
		 ProtobufCMessage **out, struct fly_why *why)
{
	const ProtobufCMessageDescriptor *descriptor = fly_proto_find(type);
	struct fly_why own = {0};
	int rc;

	*out = NULL;
	rc = fly_json_parse(descriptor, text, strlen(text), arena, out, why ? why : &own);
	if (!why && rc < 0)
		printf("%s\n\t%s\n", text, own.text);
	CHECK((rc == 0) == (*out != NULL));
	return rc;
}

/* --- printing ------------------------------------------------------------------- */

static void test_json_layout(void)
{
	static const char text[] =
		"{\n"
		"  \"launch_plan\": {\n"
		"    \"resource_type\": \"LAUNCH_PLAN\",\n"
		"    \"name\": \"wf\"\n"
		"  },\n"
		"  \"inputs\": {\n"
		"    \"literals\": {\n"
		"      \"a b\": {\n"
		"        \"collection\": {\n"
		"          \"literals\": [\n"
		"            {\n"
		"              \"scalar\": {\n"
		"                \"generic\": {\n"
		"                  \"deep\": [\n"
		"                    [\n"
		"                      []\n"
		"                    ],\n"
		"                    {}\n"
		"                  ]\n"
		"                }\n"
		"              }\n"
		"            },\n"
		"            {\n"
		"              \"scalar\": {\n"
		"                \"none_type\": {}\n"
		"              }\n"
		"            }\n"
		"          ]\n"
		"        }\n"
		"      },\n"
		"      \"b\": {\n"
		"        \"scalar\": {\n"
		"          \"binary\": {\n"
		"            \"value\": \"AAEC\",\n"
		"            \"tag\": \"msgpack\"\n"
		"          }\n"
		"        }\n"
		"      }\n"
		"    }\n"
		"  },\n"
		"  \"disable_all\": false,\n"
		"  \"interruptible\": true,\n"
		"  \"tags\": [\n"
		"    \"x\",\n"
		"    \"\"\n"
		"  ]\n"
		"}\n";
	static const char compact[] =
		"{\"launchPlan\":{\"resourceType\":\"LAUNCH_PLAN\",\"name\":\"wf\"},\"inputs\":"
		"{\"literals\":{\"a b\":{\"collection\":{\"literals\":[{\"scalar\":{\"generic\":"
		"{\"deep\":[[[]],{}]}}},{\"scalar\":{\"noneType\":{}}}]}},\"b\":{\"scalar\":"
		"{\"binary\":{\"value\":\"AAEC\",\"tag\":\"msgpack\"}}}}},\"disableAll\":false,"
		"\"interruptible\":true,\"tags\":[\"x\",\"\"]}";
	auto_arena arena = {0};
	auto_buf b = {0};
	ProtobufCMessage *m;

	CHECK_INT(parse(SPEC, text, &arena, &m, NULL), 0);
	fly_json_print(m, FLY_JSON_PRETTY, &b);
	CHECK_STR(b.data, text);
	fly_buf_clear(&b);
	fly_json_print(m, FLY_JSON_COMPACT | FLY_JSON_CAMEL, &b);
	CHECK_STR(b.data, compact);
	/* What is printed is appended. */
	CHECK_INT(parse(SPEC, "{}", &arena, &m, NULL), 0);
	fly_json_print(m, FLY_JSON_PRETTY, &b);
	CHECK_STR(b.data + strlen(compact), "{}\n");
}

/* Declaration order is not the order of numbers here. */
static void test_json_order(void)
{
	static const char text[] =
		"{\"updated_at\":\"2020-01-01T00:00:00Z\",\"phase\":4,\"outputs\":{}}";
	auto_arena arena = {0};
	auto_buf b = {0};
	ProtobufCMessage *m;

	CHECK_INT(parse(CLOSURE, text, &arena, &m, NULL), 0);
	fly_json_print(m, FLY_JSON_COMPACT, &b);
	CHECK_STR(b.data, "{\"outputs\":{},\"phase\":\"SUCCEEDED\","
			  "\"updated_at\":\"2020-01-01T00:00:00Z\"}");
}

static void test_json_strings(void)
{
	static const struct {
		const char *text, *json;
	} strings[] = {
		{"", "\"\""},
		{"plain / text", "\"plain / text\""},
		{"\" \\ \b \f \n \r \t \x01 \x1f \x7f",
		 "\"\\\" \\\\ \\b \\f \\n \\r \\t \\u0001 \\u001f \x7f\""},
		{"\xc3\xa9 \xe2\x80\xa8 \xf0\x9f\x98\x80",
		 "\"\xc3\xa9 \xe2\x80\xa8 \xf0\x9f\x98\x80\""},
		{"\xff", "\"\xef\xbf\xbd\""},
		{"a\xc3", "\"a\xef\xbf\xbd\""},
		{"\xe2\x82z", "\"\xef\xbf\xbd\xef\xbf\xbdz\""},
		{"\xed\xa0\x80", "\"\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\""},
	};

	for (size_t i = 0; i < FLY_ARRAY_LEN(strings); i++) {
		auto_buf b = {0};

		fly_json_put_string(&b, strings[i].text, strlen(strings[i].text));
		fly_buf_end(&b);
		CHECK_STR(b.data, strings[i].json);
	}
}

static void test_json_numbers(void)
{
	static const struct {
		double value;
		const char *json;
	} numbers[] = {
		{0, "0"}, {-0.0, "-0"}, {1, "1"}, {-1.5, "-1.5"}, {0.1, "0.1"}, {100, "100"},
		{1e20, "100000000000000000000"}, {1e21, "1e+21"}, {1e23, "1e+23"},
		{123456789012345680000.0, "123456789012345680000"}, {9.5e15, "9500000000000000"},
		{0.000001, "0.000001"}, {1e-7, "1e-7"}, {1.5e-7, "1.5e-7"}, {5e-324, "5e-324"},
		{1.7976931348623157e308, "1.7976931348623157e+308"},
		{9007199254740992.0, "9007199254740992"}, {9007199254740993.0, "9007199254740992"},
		{0x1p-44, "5.684341886080802e-14"}, {0x1p-1022, "2.2250738585072014e-308"},
		{1.0 / 3, "0.3333333333333333"}, {2.0 / 3, "0.6666666666666666"},
		{__builtin_nan(""), "\"NaN\""}, {__builtin_inf(), "\"Infinity\""},
		{-__builtin_inf(), "\"-Infinity\""},
	};
	static const struct {
		float value;
		const char *json;
	} floats[] = {
		{0.1f, "0.1"}, {16777216.0f, "16777216"}, {123456789.0f, "123456790"},
		{1e-45f, "1e-45"}, {3.4028235e38f, "3.4028235e+38"}, {-0.0f, "-0"},
		{0x1p-126f, "1.1754944e-38"},
	};

	for (size_t i = 0; i < FLY_ARRAY_LEN(numbers); i++) {
		auto_buf b = {0};

		fly_json_put_double(&b, numbers[i].value);
		fly_buf_end(&b);
		CHECK_STR(b.data, numbers[i].json);
	}
	for (size_t i = 0; i < FLY_ARRAY_LEN(floats); i++) {
		auto_buf b = {0};

		fly_json_put_float(&b, floats[i].value);
		fly_buf_end(&b);
		CHECK_STR(b.data, floats[i].json);
	}
}

/* What JSON cannot say is printed as the nearest thing that it can. */
static void test_json_unsayable(void)
{
	Google__Protobuf__Timestamp time = GOOGLE__PROTOBUF__TIMESTAMP__INIT;
	Google__Protobuf__Duration duration = GOOGLE__PROTOBUF__DURATION__INIT;
	Google__Protobuf__Value value = GOOGLE__PROTOBUF__VALUE__INIT;
	Google__Protobuf__Any any = GOOGLE__PROTOBUF__ANY__INIT;
	static const uint8_t broken[] = {0x12, 0x05, 'a'};
	const struct {
		const ProtobufCMessage *m;
		const char *json;
	} cases[] = {
		{&time.base, "\"253402300800\""},
		{&duration.base, "\"1\""},
		{&value.base, "null"},
		{&any.base, "{\"@type\":\"x/flyteidl.core.Identifier\",\"value\":\"EgVh\"}"},
	};

	time.seconds = 253402300800;
	duration.seconds = 1;
	duration.nanos = -1;
	any.type_url = "x/flyteidl.core.Identifier";
	any.value = (ProtobufCBinaryData){sizeof(broken), (uint8_t *)broken};
	for (size_t i = 0; i < FLY_ARRAY_LEN(cases); i++) {
		auto_buf b = {0};

		fly_json_print(cases[i].m, FLY_JSON_COMPACT, &b);
		CHECK_STR(b.data, cases[i].json);
	}
}

/* --- reading -------------------------------------------------------------------------- */

/* A row of a table: TYPE, document, what is to come of it. */
typedef void row_test(const char *type, const char *text, const char *want);

static void mark_newlines(char *text)
{
	static const char mark[] = "¶";
	char *at;

	while ((at = strstr(text, mark))) {
		*at = '\n';
		memmove(at + 1, at + strlen(mark), strlen(at + strlen(mark)) + 1);
	}
}

static void for_each_row(const char *folder, const char *name, row_test *test)
{
	auto_free char *path = NULL, *line = NULL;
	char *rest, *type, *text;
	size_t size = 0;
	int rows = 0;
	FILE *file;

	CHECK(asprintf(&path, "%s/%s", folder, name) > 0);
	file = fopen(path, "r");
	CHECK(file != NULL);
	while (file && getline(&line, &size, file) >= 0) {
		if (line[0] == '#')
			continue;
		rest = line;
		rest[strcspn(rest, "\n")] = '\0';
		type = strsep(&rest, "\t");
		text = strsep(&rest, "\t");
		CHECK(text && rest);
		if (!text || !rest)
			break;
		mark_newlines(text);
		test(type, text, rest);
		rows++;
	}
	CHECK(rows > 50);
	if (file)
		fclose(file);
}

static void test_json_accepted(const char *type, const char *text, const char *canonical)
{
	auto_arena arena = {0};
	auto_buf b = {0};
	ProtobufCMessage *m;

	CHECK_INT(parse(type, text, &arena, &m, NULL), 0);
	if (!m)
		return;
	fly_json_print(m, FLY_JSON_COMPACT, &b);
	CHECK_STR(b.data, canonical);
}

static void test_json_refused(const char *type, const char *text, const char *sentence)
{
	auto_arena arena = {0};
	struct fly_why why = {0};
	ProtobufCMessage *m;

	CHECK_INT(parse(type, text, &arena, &m, &why), -EINVAL);
	CHECK_INT(why.status, FLY_INVALID_ARGUMENT);
	CHECK_STR(why.text, sentence);
}

static void test_json_bad_times(void)
{
	static const char *const times[] = {
		"", "2020-05-12T10:00:00", "2020-05-12t10:00:00Z", "2020-05-12T10:00:00z",
		"2020-05-12 10:00:00Z", "2020-5-12T10:00:00Z", "2020-13-01T00:00:00Z",
		"2020-00-01T00:00:00Z", "2021-02-29T00:00:00Z", "1900-02-29T00:00:00Z",
		"2020-04-31T00:00:00Z", "2020-05-00T00:00:00Z", "2020-05-12T24:00:00Z",
		"2020-05-12T10:60:00Z", "2020-05-12T10:00:60Z", "2020-05-12T10:00:00.Z",
		"2020-05-12T10:00:00.1234567890Z", "2020-05-12T10:00:00+2:00",
		"2020-05-12T10:00:00+24:00", "2020-05-12T10:00:00+0200", "2020-05-12T10:00:00Z ",
		"+2020-05-12T10:00:00Z", "2020-05-12T10:00:00,5Z",
	};
	static const char *const durations[] = {
		"", "s", ".s", "-s", "1", "1 s", " 1s", "1S", "1.5", "--1s", "+-1s", "01s",
		"00.5s", "1.1234567890s", "1e3s", "0x1s", "1.5.5s",
	};

	for (size_t i = 0; i < FLY_ARRAY_LEN(times) + FLY_ARRAY_LEN(durations); i++) {
		bool time = i < FLY_ARRAY_LEN(times);
		auto_arena arena = {0};
		auto_buf text = {0};
		struct fly_why why = {0};
		ProtobufCMessage *m;

		fly_buf_printf(&text, "{\"%s\":\"%s\"}", time ? "datetime" : "duration",
			       time ? times[i] : durations[i - FLY_ARRAY_LEN(times)]);
		CHECK_INT(parse(PRIMITIVE, text.data, &arena, &m, &why), -EINVAL);
		CHECK(strstr(why.text, time ? "is not a time" : "is not a duration"));
	}
}

/* --- limits ------------------------------------------------------------------------------ */

static void test_json_depth(void)
{
	auto_arena arena = {0};
	struct fly_why why = {0};
	ProtobufCMessage *m, *again;
	auto_buf text = {0}, wire = {0};

	fly_buf_puts(&text, "{\"a\":");
	for (int i = 1; i < FLY_MESSAGE_MAX_DEPTH; i++)
		fly_buf_putc(&text, '[');
	for (int i = 1; i < FLY_MESSAGE_MAX_DEPTH; i++)
		fly_buf_putc(&text, ']');
	fly_buf_putc(&text, '}');
	CHECK_INT(parse(STRUCT, text.data, &arena, &m, NULL), 0);
	/* Its wire form is read again, and put into larger messages. */
	fly_wire_print(m, &wire);
	CHECK_INT(fly_wire_parse(m->descriptor, wire.data, wire.len, &arena, &again, NULL), 0);
	CHECK(fly_message_equal(m, again));

	fly_buf_clear(&text);
	fly_buf_puts(&text, "{\"a\":\n");
	for (int i = 0; i < FLY_MESSAGE_MAX_DEPTH; i++)
		fly_buf_putc(&text, '[');
	CHECK_INT(parse(STRUCT, text.data, &arena, &m, &why), -EINVAL);
	CHECK_STR(why.text, "2:128: more than 128 objects and arrays lie inside each other here");
}

static void test_json_size(void)
{
	auto_arena arena = {0};
	struct fly_why why = {0};
	ProtobufCMessage *m = NULL;

	CHECK_INT(fly_json_parse(fly_proto_find(STRUCT), "{}", FLY_MESSAGE_MAX_BYTES + 1, &arena,
				 &m, &why),
		  -EFBIG);
	CHECK_STR(why.text, "the document has 67108865 bytes, at most 67108864 are taken");
}

static void test_json_values(void)
{
	struct fly_why why = {0};
	struct fly_doc *doc = NULL;
	auto_buf text = {0};

	fly_buf_puts(&text, "[true");
	for (int i = 2; i < FLY_DOC_MAX_VALUES; i++)
		fly_buf_puts(&text, ",true");
	fly_buf_puts(&text, "]");
	CHECK_INT(fly_doc_parse(text.data, text.len, &doc, NULL), 0);
	fly_doc_free(doc);
	text.data[text.len - 1] = ',';
	fly_buf_puts(&text, "true]");
	CHECK_INT(fly_doc_parse(text.data, text.len, &doc, &why), -EFBIG);
	CHECK_STR(why.text, "the document has more than 1000000 values");
}

/* An Any in an Any in an Any …: printing must end, whatever it shows of the innermost. */
static void test_json_nested_any(void)
{
	static const char url[] = "t/google.protobuf.Any";
	auto_arena arena = {0};
	auto_buf b = {0};
	struct fly_bytes content = {0};

	for (int i = 0; i < 2 * FLY_WIRE_MAX_DEPTH; i++) {
		Google__Protobuf__Any any = GOOGLE__PROTOBUF__ANY__INIT;

		any.type_url = (char *)url;
		any.value = (ProtobufCBinaryData){content.len, (uint8_t *)content.data};
		fly_buf_clear(&b);
		fly_wire_print(&any.base, &b);
		content.len = b.len;
		content.data = fly_arena_memdup(&arena, b.data, b.len);
		if (i < 2 * FLY_WIRE_MAX_DEPTH - 1)
			continue;
		fly_buf_clear(&b);
		fly_json_print(&any.base, FLY_JSON_COMPACT, &b);
		CHECK(!b.failed);
		CHECK(strstr(b.data, "\"value\":\"ChV0L2"));
	}
}

/* --- documents ----------------------------------------------------------------------------- */

static const char doc_text[] =
	"{\n"
	"  \"launchPlan\": \"wf@v1\",\n"
	"  \"inputs\": {\"x\": [1, {\"a.b\": 2}], \"\\u0079\": \"s\"},\n"
	"  \"snake_case\": {\"name\": 3}\n"
	"}\n";

static void test_doc_fail(void)
{
	static const struct {
		const char *path, *sentence;
	} places[] = {
		{"", "1:1: why 1"},
		{"launchPlan", "2:17: launchPlan: why 1"},
		{"launch_plan", "2:17: launch_plan: why 1"},
		{"launch_plan.name", "2:17: launch_plan.name: why 1"},
		{"inputs", "3:13: inputs: why 1"},
		{"inputs.x[0]", "3:20: inputs.x[0]: why 1"},
		{"inputs.x[1]", "3:23: inputs.x[1]: why 1"},
		{"inputs.x[1][\"a.b\"]", "3:31: inputs.x[1][\"a.b\"]: why 1"},
		{"inputs.x[7]", "3:19: inputs.x[7]: why 1"},
		{"inputs.y", "3:46: inputs.y: why 1"},
		{"inputs.z", "3:13: inputs.z: why 1"},
		{"snakeCase.name", "4:26: snakeCase.name: why 1"},
		{"nothing", "1:1: nothing: why 1"},
	};
	struct fly_doc *doc = NULL;

	CHECK_INT(fly_doc_parse(doc_text, strlen(doc_text), &doc, NULL), 0);
	for (size_t i = 0; i < FLY_ARRAY_LEN(places); i++) {
		struct fly_why why = {0};

		CHECK_INT(fly_doc_fail(doc, &why, places[i].path, "why %d", 1), -EINVAL);
		CHECK_STR(why.text, places[i].sentence);
	}
	CHECK_INT(fly_doc_fail(doc, NULL, "inputs", "why"), -EINVAL);
	fly_doc_free(doc);
	fly_doc_free(NULL);
}

static void test_doc_long_path(void)
{
	auto_buf text = {0};
	auto_arena arena = {0};
	struct fly_why why = {0};
	ProtobufCMessage *m;

	fly_buf_puts(&text, "{\"labels\":{\"values\":{\"");
	for (int i = 0; i < 3000; i++)
		fly_buf_puts(&text, "\xc3\xa9");
	fly_buf_puts(&text, "\":1}}}");
	CHECK_INT(parse(SPEC, text.data, &arena, &m, &why), -EINVAL);
	CHECK(!strncmp(why.text, "1:3025: …\xc3\xa9", 12));
	CHECK(strstr(why.text, "\xc3\xa9: expected a string, got a number"));
}

/* Admin moves values about before it makes messages of them. */
static void test_doc_message(void)
{
	static const char text[] =
		"{\"spec\":{\"launch_plan\":\"wf\",\"max_parallelism\":1e1,\"tags\":[1]}}";
	const ProtobufCMessageDescriptor *type = fly_proto_find(SPEC);
	auto_arena arena = {0};
	struct fly_why why = {0};
	struct fly_doc *doc = NULL;
	ProtobufCMessage *m = NULL;
	json_t *root, *spec;
	auto_buf b = {0};

	CHECK_INT(fly_doc_parse(text, strlen(text), &doc, NULL), 0);
	root = fly_doc_root(doc);
	spec = json_object_get(root, "spec");
	json_object_set_new(spec, "launch_plan", json_pack("{s:s}", "name", "wf"));
	CHECK_INT(fly_doc_message(doc, spec, "spec", type, &arena, &m, &why), -EINVAL);
	CHECK_STR(why.text, "1:59: spec.tags[0]: expected a string, got a number");
	CHECK(!m);
	json_object_del(spec, "tags");
	CHECK_INT(fly_doc_message(doc, spec, "spec", type, &arena, &m, NULL), 0);
	fly_json_print(m, FLY_JSON_COMPACT, &b);
	CHECK_STR(b.data, "{\"launch_plan\":{\"name\":\"wf\"},\"max_parallelism\":10}");
	json_object_set_new(spec, "launch_plan", json_pack("{s:i}", "name", 1));
	why = (struct fly_why){0};
	CHECK_INT(fly_doc_message(doc, spec, "spec", type, &arena, &m, &why), -EINVAL);
	CHECK_STR(why.text, "1:24: spec.launch_plan.name: expected a string, got a number");
	fly_doc_free(doc);
}

/* Numbers stay exact through the tree, also when there are many of them. */
static void test_doc_numbers(void)
{
	struct fly_doc *doc = NULL;
	auto_buf text = {0};
	const unsigned long long base = 18446744073709550000ULL;
	const int n = 1000;
	uint64_t large;
	int64_t small;
	json_t *root;

	fly_buf_putc(&text, '[');
	for (int i = 0; i < n; i++)
		fly_buf_printf(&text, "%llu,9007199254740%03d.0,", base + (unsigned)i, i);
	fly_buf_puts(&text, "1.5,true,-7]");
	CHECK_INT(fly_doc_parse(text.data, text.len, &doc, NULL), 0);
	root = fly_doc_root(doc);
	for (int i = 0; i < n; i++) {
		CHECK(fly_doc_uint64(doc, json_array_get(root, 2 * (size_t)i), &large) == 0 &&
		      large == base + (unsigned)i);
		CHECK_INT(fly_doc_int64(doc, json_array_get(root, 2 * (size_t)i), &small), -ERANGE);
		CHECK(fly_doc_int64(doc, json_array_get(root, 2 * (size_t)i + 1), &small) == 0 &&
		      small == 9007199254740000LL + i);
	}
	CHECK_INT(fly_doc_int64(doc, json_array_get(root, 2 * n), &small), -EDOM);
	CHECK_INT(fly_doc_int64(doc, json_array_get(root, 2 * n + 1), &small), -EINVAL);
	CHECK_INT(fly_doc_uint64(doc, json_array_get(root, 2 * n + 2), &large), -ERANGE);
	CHECK_INT(fly_doc_int64(doc, json_array_get(root, 2 * n + 2), &small), 0);
	CHECK_INT(small, -7);
	fly_doc_free(doc);
}

int main(int argc, char **argv)
{
	CHECK(argc == 2);
	for_each_row(argv[1], "accepted.tsv", test_json_accepted);
	for_each_row(argv[1], "refused.tsv", test_json_refused);
	test_json_layout();
	test_json_order();
	test_json_strings();
	test_json_numbers();
	test_json_unsayable();
	test_json_bad_times();
	test_json_depth();
	test_json_size();
	test_json_values();
	test_json_nested_any();
	test_doc_fail();
	test_doc_long_path();
	test_doc_message();
	test_doc_numbers();
	return check_done();
}
