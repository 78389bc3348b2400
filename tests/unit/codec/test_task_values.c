/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Literals as tasks see them. Texts of floats: Go's %v and FormatFloat(f, 'f', -1, 64) of the same
 * numbers; tables: flyte-engine §2.2, §3.2, §3.3, §4.6.
 */
#include "check.h"
#include "literal_fixture.h"

#include "literal.h"

#define UNION(value) "{\"scalar\":{\"union\":{\"value\":" value "}}}"
#define LIST(items) "{\"collection\":{\"literals\":[" items "]}}"
#define GENERIC(json) "{\"scalar\":{\"generic\":" json "}}"

/* --- floats ------------------------------------------------------------------------------ */

static void test_floats(void)
{
	static const struct {
		double value;
		const char *go, *plain;
	} cases[] = {
		{0, "0", "0"}, {-0.0, "-0", "-0"}, {1, "1", "1"}, {1.5, "1.5", "1.5"},
		{100000, "100000", "100000"}, {1000000, "1e+06", "1000000"},
		{123456.789, "123456.789", "123456.789"}, {123456789, "1.23456789e+08", "123456789"},
		{0.0001, "0.0001", "0.0001"}, {0.00001, "1e-05", "0.00001"},
		{1234567.5, "1.2345675e+06", "1234567.5"}, {-2.5e-7, "-2.5e-07", "-0.00000025"},
		{1e21, "1e+21", "1000000000000000000000"}, {123456, "123456", "123456"},
		{999999.5, "999999.5", "999999.5"},
		{9007199254740992, "9.007199254740992e+15", "9007199254740992"},
		{100, "100", "100"}, {0.1, "0.1", "0.1"}, {5e-324, "5e-324", NULL},
		{12345678901234567890.0, "1.2345678901234567e+19", "12345678901234567000"},
		{5.684341886080802e-14, "5.684341886080802e-14", "0.00000000000005684341886080802"},
		{1.7976931348623157e308, "1.7976931348623157e+308", NULL},
		{-__builtin_inf(), "-Inf", "-Inf"}, {__builtin_inf(), "+Inf", "+Inf"},
		{__builtin_nan(""), "NaN", "NaN"},
	};

	for (size_t i = 0; i < FLY_ARRAY_LEN(cases); i++) {
		auto_buf go = {0}, plain = {0};

		fly_go_float(&go, cases[i].value);
		CHECK_STR(go.data, cases[i].go);
		fly_go_plain_float(&plain, cases[i].value);
		if (cases[i].plain)
			CHECK_STR(plain.data, cases[i].plain);
		else
			CHECK(plain.len > 300);
	}
}

/* --- command lines and files ---------------------------------------------------------------- */

static void test_given(void)
{
	/* NULL: an error. */
	static const struct {
		const char *json, *template, *file;
	} cases[] = {
		{INTEGER("-3"), "-3", "-3"},
		{FLOAT("1000000"), "1e+06", "1000000"},
		{BOOLEAN("true"), "true", "true"},
		{STRING("a 'b'\\n"), "a 'b'\n", "a 'b'\n"},
		{PRIMITIVE("\"datetime\":\"2020-05-12T10:00:00.250Z\""), "2020-05-12T10:00:00.25Z",
		 "2020-05-12T10:00:00.25Z"},
		{PRIMITIVE("\"duration\":\"3600.005s\""), "seconds:3600 nanos:5000000", "1h0m0.005s"},
		{PRIMITIVE("\"duration\":\"0s\""), "", "0s"},
		{PRIMITIVE("\"duration\":\"0.3s\""), "nanos:300000000", "300ms"},
		{PRIMITIVE(""), NULL, "null"},
		{NONE, NULL, "null"},
		{"{\"scalar\":{\"error\":{\"message\":\"m\"}}}", NULL, "m"},
		{"{\"scalar\":{\"blob\":{\"uri\":\"/f\"}}}", "/f", NULL},
		{"{\"scalar\":{\"schema\":{\"uri\":\"/d\"}}}", "/d", NULL},
		{"{\"scalar\":{\"structured_dataset\":{\"uri\":\"/d\"}}}", NULL, NULL},
		{GENERIC("{\"b\":[1,null],\"a\":{}}"), NULL, "{\"a\":{},\"b\":[1,null]}"},
		{"{\"scalar\":{\"binary\":{\"value\":\"aGk=\"}}}", NULL, "hi"},
		/* {"b": [1, 2.5, nil], "a": "x", 10: true, 2: b"\0\1"} */
		{PACKED("hKFikwHLQAQAAAAAAADAoWGheArDAsQCAAE="),
		 "map[2:[0 1] 10:true a:x b:[1 2.5 <nil>]]",
		 "\x84\xa1"
		 "b\x93\x01\xcb\x40\x04"},
		{PACKED("gaF4"), NULL, "\x81\xa1x"},
		{UNION(INTEGER("3")), NULL, "3"},
		{UNION(UNION(NONE)), NULL, "null"},
		{LIST(STRING("a") "," STRING("b")), "[a,b]", NULL},
		{LIST(LIST(STRING("a")) "," LIST(INTEGER("1") "," INTEGER("2"))), "[[a],[1,2]]", NULL},
		{LIST(NONE), NULL, NULL},
		{"{\"map\":{}}", NULL, NULL},
		{"{\"offloaded_metadata\":{}}", NULL, NULL},
		{"{}", NULL, NULL},
	};

	for (size_t i = 0; i < FLY_ARRAY_LEN(cases); i++) {
		auto_arena arena = {0};
		const Flyteidl__Core__Literal *lit = literal(&arena, cases[i].json);
		struct fly_why template_why = {0}, file_why = {0};
		auto_buf template = {0}, file = {0};

		CHECK_INT(fly_literal_template(lit, &template, &template_why),
			  cases[i].template ? 0 : -EINVAL);
		CHECK(!!cases[i].template == !*template_why.text);
		fly_buf_puts(&template, "");
		if (cases[i].template)
			CHECK_STR(template.data, cases[i].template);
		CHECK_INT(fly_literal_file(lit, &file, &file_why), cases[i].file ? 0 : -EOPNOTSUPP);
		CHECK(!!cases[i].file == !*file_why.text);
		fly_buf_puts(&file, "");
		if (cases[i].file)
			CHECK_STR(file.data, cases[i].file);
	}
}

static void test_left(void)
{
	/* json NULL: refused with ret. */
	static const struct {
		const char *type, *text, *json;
		int ret;
	} cases[] = {
		{"integer", "\t 3 \n\n", INTEGER("3"), 0},
		{"integer", "3.0", NULL, -EINVAL},
		{"float", "1e3", FLOAT("1000"), 0},
		{"string", " two words \n", STRING("two words"), 0},
		{"string", "\xff", NULL, -EINVAL},
		{"boolean", "T", BOOLEAN("true"), 0},
		{"boolean", "yes", NULL, -EINVAL},
		{"datetime", "2020-05-12T10:00:00Z",
		 PRIMITIVE("\"datetime\":\"2020-05-12T10:00:00Z\""), 0},
		{"datetime", "2020-05-12", NULL, -EINVAL},
		{"duration", "-1.5h", PRIMITIVE("\"duration\":\"-5400s\""), 0},
		{"json", "{\"a\": 1}", GENERIC("{\"a\":1}"), 0},
		{"json", "[1]", NULL, -EINVAL},
		{"binary", "hi", "{\"scalar\":{\"binary\":{\"value\":\"aGk=\",\"tag\":\"msgpack\"}}}", 0},
		{"error", "m\n", "{\"scalar\":{\"error\":{\"message\":\"m\"}}}", 0},
		{"none", "whatever", NONE, 0},
		{"[integer]", "[1]", NULL, -EOPNOTSUPP},
		{"enum(a)", "a", NULL, -EOPNOTSUPP},
		{"file", "/x", NULL, -EOPNOTSUPP},
	};

	for (size_t i = 0; i < FLY_ARRAY_LEN(cases); i++) {
		Flyteidl__Core__LiteralType *type = NULL;
		Flyteidl__Core__Literal *lit = NULL;
		struct fly_why why = {0};
		auto_arena arena = {0};

		CHECK_INT(fly_type_parse(cases[i].type, &arena, &type, NULL), 0);
		CHECK_INT(fly_literal_from_file(type, cases[i].text, strlen(cases[i].text), &arena, &lit,
						&why), cases[i].ret);
		if (cases[i].json)
			CHECK_STR(json_of(&arena, lit), cases[i].json);
		else
			CHECK(!lit && *why.text);
	}
}

/* --- attribute paths ------------------------------------------------------------------------ */

/* A path written as "a.0.b": digits are indices. */
static size_t parse_path(struct fly_arena *arena, const char *text,
			 const Flyteidl__Core__PromiseAttribute **path)
{
	char *rest = fly_arena_strdup(arena, text), *step;
	size_t n = 0;

	while (*rest && (step = strsep(&rest, "."))) {
		Flyteidl__Core__PromiseAttribute *a =
			fly_message_new(arena, &flyteidl__core__promise_attribute__descriptor);

		if ((*step >= '0' && *step <= '9') || *step == '-') {
			a->value_case = FLYTEIDL__CORE__PROMISE_ATTRIBUTE__VALUE_INT_VALUE;
			a->int_value = atoi(step);
		} else {
			a->value_case = FLYTEIDL__CORE__PROMISE_ATTRIBUTE__VALUE_STRING_VALUE;
			a->string_value = step;
		}
		path[n++] = a;
		if (!rest)
			break;
	}
	return n;
}

/* {"a": {"b": [1, "x", 2.5, nil, true, {"c": b"\0"}]}, "u": 2^64-1, "n": -3} */
#define DEEP PACKED("g6FhgaFilgGheMtABAAAAAAAAMDDgaFjxAEAoXXP//////////+hbv0=")

static void test_attributes(void)
{
	/* json NULL: words of the sentence. */
	static const struct {
		const char *literal, *path, *json, *words;
	} cases[] = {
		{LIST(INTEGER("1") "," INTEGER("2")), "1", INTEGER("2"), NULL},
		{LIST(INTEGER("1")), "1", NULL, "attribute [1]: the index is out of range"},
		{LIST(INTEGER("1")), "-1", NULL, "attribute [-1]: the index is out of range"},
		{LIST(INTEGER("1")), "x", NULL, "attribute .x: a list is asked for by key"},
		{"{\"map\":{\"literals\":{\"k\":" LIST(STRING("x")) "}}}", "k.0", STRING("x"), NULL},
		{"{\"map\":{\"literals\":{\"k\":" LIST(STRING("x")) "}}}", "j", NULL,
		 "attribute .j: there is no such key"},
		{"{\"map\":{\"literals\":{\"k\":" LIST(STRING("x")) "}}}", "0", NULL,
		 "a map is asked for by index"},
		{INTEGER("1"), "x", INTEGER("1"), NULL},
		{LIST(INTEGER("1")), "", LIST(INTEGER("1")), NULL},
		{DEEP, "a.b.0", INTEGER("1"), NULL},
		{DEEP, "a.b.1", STRING("x"), NULL},
		{DEEP, "a.b.2", FLOAT("2.5"), NULL},
		{DEEP, "a.b.3", PACKED("wA=="), NULL},
		{DEEP, "a.b.4", BOOLEAN("true"), NULL},
		{DEEP, "a.b.5", PACKED("gaFjxAEA"), NULL},
		{DEEP, "a.b.5.c", PACKED("xAEA"), NULL},
		{DEEP, "n", INTEGER("-3"), NULL},
		{DEEP, "a.b", LIST(PACKED("AQ==") "," PACKED("oXg=") "," PACKED("y0AEAAAAAAAA") ","
				   PACKED("wA==") "," PACKED("ww==") "," PACKED("gaFjxAEA")), NULL},
		{DEEP, "u", NULL, "does not fit in 64 bits"},
		{DEEP, "a.x", NULL, "attribute .a.x: there is no such key"},
		{DEEP, "a.0", NULL, "a map is asked for by index"},
		{DEEP, "a.b.6", NULL, "the index is out of range"},
		{DEEP, "a.b.c", NULL, "a list is asked for by key"},
		{DEEP, "n.x", NULL, "attribute .n.x: the value has no parts"},
		/* An item of a list of dataclasses, and nothing further: unpacked all the same. */
		{LIST(PACKED("AQ==")), "0", INTEGER("1"), NULL},
		{PACKED("gaF4"), "x", NULL, "is not msgpack"},
		{"{\"scalar\":{\"binary\":{\"value\":\"gA==\"}}}", "x", NULL, "is not msgpack"},
		{GENERIC("{\"a\":[1,\"x\",true,null,{\"b\":2}]}"), "a.0", FLOAT("1"), NULL},
		{GENERIC("{\"a\":[1,\"x\",true,null,{\"b\":2}]}"), "a.1", STRING("x"), NULL},
		{GENERIC("{\"a\":[1,\"x\",true,null,{\"b\":2}]}"), "a.2", BOOLEAN("true"), NULL},
		{GENERIC("{\"a\":[1,\"x\",true,null,{\"b\":2}]}"), "a.3", NONE, NULL},
		{GENERIC("{\"a\":[1,\"x\",true,null,{\"b\":2}]}"), "a.4", GENERIC("{\"b\":2}"), NULL},
		{GENERIC("{\"a\":[1,[\"x\"]]}"), "a", LIST(FLOAT("1") "," LIST(STRING("x"))), NULL},
		{GENERIC("{\"a\":[1]}"), "b", NULL, "there is no such key"},
		{GENERIC("{\"a\":[1]}"), "a.1", NULL, "the index is out of range"},
		{GENERIC("{\"a\":[1]}"), "a.0.x", NULL, "the value has no parts"},
		{"{\"offloaded_metadata\":{\"uri\":\"/o\"}}", "x", NULL, "load it first"},
	};

	for (size_t i = 0; i < FLY_ARRAY_LEN(cases); i++) {
		const Flyteidl__Core__PromiseAttribute *path[8];
		Flyteidl__Core__Literal *part = NULL;
		struct fly_why why = {0};
		auto_arena arena = {0};
		size_t n = parse_path(&arena, cases[i].path, path);
		int ret = fly_literal_attribute(literal(&arena, cases[i].literal), path, n, &arena, &part,
						&why);

		CHECK_INT(ret, cases[i].json ? 0 : -EINVAL);
		if (!ret && cases[i].json) {
			CHECK_STR(json_of(&arena, part), cases[i].json);
			continue;
		}
		if (cases[i].words && !strstr(why.text, cases[i].words))
			fprintf(stderr, "%s: %s\n", cases[i].path, why.text);
		CHECK(cases[i].words && strstr(why.text, cases[i].words));
	}
}

/* --- look-ups --------------------------------------------------------------------------------- */

static void test_look_ups(void)
{
	Flyteidl__Core__VariableMap variables = FLYTEIDL__CORE__VARIABLE_MAP__INIT;
	auto_arena arena = {0};
	const Flyteidl__Core__Literal *lit =
		literal(&arena, "{\"map\":{\"literals\":{\"a\":" INTEGER("1") ",\"b\":" NONE "}}}");

	CHECK_STR(json_of(&arena, fly_literal_map_get(lit->map, "a")), INTEGER("1"));
	CHECK(!fly_literal_map_get(lit->map, "c"));
	CHECK(!fly_literal_map_get(NULL, "a"));
	CHECK(!fly_variable_map_get(&variables, "a"));
	CHECK(!fly_variable_map_get(NULL, "a"));
}

int main(void)
{
	test_floats();
	test_given();
	test_left();
	test_attributes();
	test_look_ups();
	return check_done();
}
