/* SPDX-License-Identifier: Apache-2.0 */
/* Literals as text and as plain JSON, and back into declared types. */
#include "check.h"
#include "literal_fixture.h"

#include <jansson.h>

/* --- helpers --------------------------------------------------------------------------- */

static Flyteidl__Core__LiteralType *type_of(struct fly_arena *arena, const char *words)
{
	Flyteidl__Core__LiteralType *type = NULL;

	CHECK_INT(fly_type_parse(words, arena, &type, NULL), 0);
	return type;
}

#define DATETIME(s) PRIMITIVE("\"datetime\":\"" s "\"")
#define DURATION(s) PRIMITIVE("\"duration\":\"" s "\"")
#define UNION(value, simple, tag)                                                                  \
	"{\"scalar\":{\"union\":{\"value\":" value ",\"type\":{\"simple\":\"" simple                  \
	"\",\"structure\":{\"tag\":\"" tag "\"}}}}}"

/* --- text and plain JSON of a literal ------------------------------------------------------ */

static void test_shown(void)
{
	static const struct {
		const char *json, *text, *plain;
	} cases[] = {
		{INTEGER("-9223372036854775808"), "-9223372036854775808\n", "-9223372036854775808"},
		{FLOAT("0.5"), "0.5\n", "0.5"},
		{FLOAT("3"), "3\n", "3.0"},
		{FLOAT("-0.0"), "-0\n", "-0.0"},
		{FLOAT("1e21"), "1e+21\n", "1e+21"},
		{FLOAT("\"NaN\""), "NaN\n", "\"NaN\""},
		{FLOAT("\"-Infinity\""), "-Infinity\n", "\"-Infinity\""},
		{STRING("hi \\\"x\\\" é"), "hi \"x\" é\n", "\"hi \\\"x\\\" é\""},
		{STRING("two\\nlines\\n"), "two\nlines\n\n", "\"two\\nlines\\n\""},
		{STRING(""), "\n", "\"\""},
		{BOOLEAN("true"), "true\n", "true"},
		{BOOLEAN("false"), "false\n", "false"},
		{DATETIME("2020-05-12T10:00:00.250Z"), "2020-05-12T10:00:00.250Z\n",
		 "\"2020-05-12T10:00:00.250Z\""},
		{DATETIME("9999-12-31T23:59:59.999999999Z"), "9999-12-31T23:59:59.999999999Z\n",
		 "\"9999-12-31T23:59:59.999999999Z\""},
		{DURATION("3600.005s"), "1h0m0.005s\n", "\"1h0m0.005s\""},
		{DURATION("-315576000000s"), "-87660000h0m0s\n", "\"-87660000h0m0s\""},
		{NONE, "\n", "null"},
		{"{\"scalar\":{\"primitive\":{}}}", "\n", "null"},
		{"{}", "\n", "null"},
		{"{\"scalar\":{\"error\":{\"message\":\"m\"}}}", "m\n", "\"m\""},
		{"{\"scalar\":{\"binary\":{\"value\":\"AAEC\"}}}", "AAEC\n", "\"AAEC\""},
		{"{\"scalar\":{\"binary\":{}}}", "\n", "\"\""},
		/* {"x": 1, "y": 1.0} */
		{PACKED("gqF4AaF5yz/wAAAAAAAA"), "{\n  \"x\": 1,\n  \"y\": 1.0\n}\n",
		 "{\"x\":1,\"y\":1.0}"},
		/* {1: nil, true: b"\0\1"} */
		{PACKED("ggHAw8QCAAE="), "{\n  \"1\": null,\n  \"true\": \"AAE=\"\n}\n",
		 "{\"1\":null,\"true\":\"AAE=\"}"},
		/* Keys in keys in keys: no quotes within quotes. */
		{PACKED("goEBAgOSAYECAwQ="),
		 "{\n  \"\\\"gQEC\\\"\": 3,\n  \"[1,\\\"gQID\\\"]\": 4\n}\n",
		 "{\"\\\"gQEC\\\"\":3,\"[1,\\\"gQID\\\"]\":4}"},
		{PACKED("gaF4"), "gaF4\n", "\"gaF4\""},
		{"{\"scalar\":{\"generic\":{\"b\":[true,null,\"x\"],\"a\":1,\"c\":{}}}}",
		 "{\n  \"a\": 1,\n  \"b\": [\n    true,\n    null,\n    \"x\"\n  ],\n  \"c\": {}\n}\n",
		 "{\"a\":1,\"b\":[true,null,\"x\"],\"c\":{}}"},
		{"{\"scalar\":{\"blob\":{\"uri\":\"s3://b/k\"}}}", "s3://b/k\n", "\"s3://b/k\""},
		{"{\"scalar\":{\"schema\":{\"uri\":\"/d\"}}}", "/d\n", "\"/d\""},
		{"{\"scalar\":{\"structured_dataset\":{\"uri\":\"/d\"}}}", "/d\n", "\"/d\""},
		{"{\"offloaded_metadata\":{\"uri\":\"/o\"}}", "/o\n", "\"/o\""},
		{UNION(INTEGER("3"), "INTEGER", "int"), "3\n", "3"},
		{UNION(NONE, "NONE", "none"), "\n", "null"},
		{"{\"scalar\":{\"union\":{}}}", "\n", "null"},
		{"{\"collection\":{}}", "[]\n", "[]"},
		{"{\"collection\":{\"literals\":[" INTEGER("1") "," UNION(STRING("x"), "STRING", "str")
		 "]}}", "[\n  1,\n  \"x\"\n]\n", "[1,\"x\"]"},
		{"{\"map\":{\"literals\":{\"b\":" FLOAT("2") ",\"a\":{\"collection\":{\"literals\":["
		 DURATION("1s") "]}}}}}", "{\n  \"a\": [\n    \"1s\"\n  ],\n  \"b\": 2.0\n}\n",
		 "{\"a\":[\"1s\"],\"b\":2.0}"},
	};

	for (size_t i = 0; i < FLY_ARRAY_LEN(cases); i++) {
		auto_arena arena = {0};
		const Flyteidl__Core__Literal *lit = literal(&arena, cases[i].json);
		auto_buf text = {0}, plain = {0};

		fly_literal_text(lit, &text);
		CHECK_STR(text.data, cases[i].text);
		fly_literal_plain(lit, &plain);
		CHECK_STR(plain.data, cases[i].plain);
	}
}

static void test_text_is_added(void)
{
	auto_arena arena = {0};
	auto_buf b = {0};

	fly_buf_puts(&b, "x=");
	fly_literal_text(literal(&arena, "{\"scalar\":{\"binary\":{\"value\":\"AAEC\"}}}"), &b);
	fly_literal_text(NULL, &b);
	CHECK_STR(b.data, "x=AAEC\n\n");
}

/* --- text into a type ------------------------------------------------------------------------ */

/* json: what it becomes, or NULL and words: (part of) the sentence. */
struct into {
	const char *type, *value, *json, *words;
};

static void check_into(const struct into *c, int ret, const Flyteidl__Core__Literal *lit,
		       const struct fly_why *why, struct fly_arena *arena)
{
	CHECK_INT(ret, c->json ? 0 : -EINVAL);
	if (!ret) {
		CHECK_STR(json_of(arena, lit), c->json ? c->json : "a refusal");
		return;
	}
	if (!c->words || !strstr(why->text, c->words))
		fprintf(stderr, "%s, %s: %s\n", c->type, c->value, why->text);
	CHECK(c->words && strstr(why->text, c->words));
}

static const struct into texts[] = {
	{"integer", "3", INTEGER("3"), NULL},
	{"integer", " +3 \n", INTEGER("3"), NULL},
	{"integer", "-9223372036854775808\n", INTEGER("-9223372036854775808"), NULL},
	{"integer", "0000000000000000000000000000000000000012", INTEGER("12"), NULL},
	{"integer", "9223372036854775808", NULL,
	 "\"9223372036854775808\" is not a whole number that fits in 64 bits"},
	{"integer", "99999999999999999999999999999999999999999999", NULL, "fits in 64 bits"},
	{"integer", "3.0", NULL, "\"3.0\" is not a whole number"},
	{"integer", "", NULL, "\"\" is not a whole number"},
	{"integer", "3 4", NULL, "\"3 4\" is not a whole number"},
	{"float", "3", FLOAT("3"), NULL},
	{"float", "1e-7", FLOAT("1e-7"), NULL},
	{"float", "+.5", FLOAT("0.5"), NULL},
	{"float", "007.", FLOAT("7"), NULL},
	{"float", "nan", FLOAT("\"NaN\""), NULL},
	{"float", "-Inf", FLOAT("\"-Infinity\""), NULL},
	{"float", "Infinity", FLOAT("\"Infinity\""), NULL},
	{"float", "1e400", NULL, "\"1e400\" is not a number that fits a float"},
	{"float", ".", NULL, "\".\" is not a number"},
	{"float", "1.5x", NULL, "is not a number"},
	{"float", "-", NULL, "is not a number"},
	{"float", "1e", NULL, "is not a number"},
	{"string", "hi\n", STRING("hi"), NULL},
	{"string", "hi\n\n", STRING("hi\\n"), NULL},
	{"string", " hi ", STRING(" hi "), NULL},
	{"string", "", STRING(""), NULL},
	{"string", "\n", STRING(""), NULL},
	{"string", "\xff", NULL, "the text is not UTF-8"},
	{"boolean", "true\n", BOOLEAN("true"), NULL},
	{"boolean", "F", BOOLEAN("false"), NULL},
	{"boolean", "1", BOOLEAN("true"), NULL},
	{"boolean", "yes", NULL, "\"yes\" is not true or false"},
	{"datetime", "2020-05-12T12:00:00+02:00\n", DATETIME("2020-05-12T10:00:00Z"), NULL},
	{"datetime", "2020-05-12 10:00:00Z", DATETIME("2020-05-12T10:00:00Z"), NULL},
	{"datetime", "2020-05-12", DATETIME("2020-05-12T00:00:00Z"), NULL},
	{"datetime", "2020-05-12T10:00:00", NULL, "is not a time with its zone"},
	{"datetime", "0001-01-01T00:00:00+01:00", NULL, "a time in the years 1 to 9999"},
	{"duration", "1h0m0.005s\n", DURATION("3600.005s"), NULL},
	{"duration", "-87660000h0m0s", DURATION("-315576000000s"), NULL},
	{"duration", "90", NULL, "\"90\" is not a duration such as 1h30m or 90s"},
	{"none", "\n", NONE, NULL},
	{"none", "null", NONE, NULL},
	{"none", "x", NULL, "\"x\" is not empty or null"},
	{"binary", "AAEC\n", "{\"scalar\":{\"binary\":{\"value\":\"AAEC\"}}}", NULL},
	{"binary", "", "{\"scalar\":{\"binary\":{}}}", NULL},
	{"binary", "A", NULL, "\"A\" is not bytes in base64"},
	{"error", "m\n", "{\"scalar\":{\"error\":{\"message\":\"m\"}}}", NULL},
	{"json", "{\"x\": 1}\n", PACKED("gaF4AQ=="), NULL},
	{"json", " -7\n", PACKED("+Q=="), NULL},
	{"json", "true", PACKED("ww=="), NULL},
	{"json", "7,8", NULL, "\"7,8\" is not JSON"},
	{"json", "{x}", NULL, "1:2:"},
	{"json", "null", NULL, "1:1: a document begins with { or ["},
	{"enum(red, green)", "red\n", STRING("red"), NULL},
	{"enum(red, green)", "RED", NULL, "\"RED\" is not one of: red, green"},
	{"file(csv)", "/d/f.csv\n", "{\"scalar\":{\"blob\":{\"metadata\":{\"type\":{\"format\":\"csv\"}},"
				    "\"uri\":\"/d/f.csv\"}}}", NULL},
	{"file", "s3://b/k", "{\"scalar\":{\"blob\":{\"metadata\":{\"type\":{}},"
			     "\"uri\":\"s3://b/k\"}}}", NULL},
	{"directory", "file:/d", "{\"scalar\":{\"blob\":{\"metadata\":{\"type\":{\"dimensionality\":"
				 "\"MULTIPART\"}},\"uri\":\"file:/d\"}}}", NULL},
	{"dataset(parquet)", "/d", "{\"scalar\":{\"structured_dataset\":{\"uri\":\"/d\",\"metadata\":"
				   "{\"structured_dataset_type\":{\"format\":\"parquet\"}}}}}", NULL},
	{"schema", "/d", "{\"scalar\":{\"schema\":{\"uri\":\"/d\",\"type\":{}}}}", NULL},
	{"file", "data.csv\n", NULL, "\"data.csv\" is not a path that begins with / or a URI"},
	{"file", "id,name\n1,ann\n", NULL, "its bytes stay where they are"},
	{"file", "", NULL, "is not a path"},
	{"file", "c:/x", NULL, "is not a path"},
	{"[integer]", "[1, 2.0]\n",
	 "{\"collection\":{\"literals\":[" INTEGER("1") "," INTEGER("2") "]}}", NULL},
	{"[integer]", "[1,\n \"x\"]", NULL, "2:2: [1]: expected a whole number, got a string"},
	{"[integer]", "{}", NULL, "1:1: expected an array, got an object"},
	{"{float}", "{\"a\": 1}", "{\"map\":{\"literals\":{\"a\":" FLOAT("1") "}}}", NULL},
	{"integer | none", "3", UNION(INTEGER("3"), "INTEGER", "int"), NULL},
	{"integer | none", "", UNION(NONE, "NONE", "none"), NULL},
	{"integer | none", "3.5", NULL, "\"3.5\" is not a whole number"},
	{"integer | string", "3.5", UNION(STRING("3.5"), "STRING", "str"), NULL},
	{"string | none", "", UNION(STRING(""), "STRING", "str"), NULL},
	{"integer | boolean", "x", NULL, "\"x\" is not any of: integer | boolean"},
};

static void test_from_text(void)
{
	for (size_t i = 0; i < FLY_ARRAY_LEN(texts); i++) {
		const struct into *c = &texts[i];
		Flyteidl__Core__Literal *lit = NULL;
		struct fly_why why = {0};
		auto_arena arena = {0};
		int ret = fly_literal_from_text(type_of(&arena, c->type), c->value, strlen(c->value),
						&arena, &lit, &why);

		check_into(c, ret, lit, &why, &arena);
	}
}

/* Whatever a literal shows as text reads back as itself. */
static void test_text_round_trip(void)
{
	static const char *const types[] = {
		"integer", "float", "string", "boolean", "datetime", "duration", "none", "binary",
		"error", "json", "file", "[integer]", "{[float]}", "integer | none",
	};
	static const char *const values[] = {
		"-7", "0.1", "a\nb", "true", "2020-05-12T10:00:00.000001Z", "1m0.5s", "", "AAEC", "m",
		"{\"a\":[1,1.0,null]}", "/x", "[]", "{\"k\":[0.5,1]}", "",
	};

	for (size_t i = 0; i < FLY_ARRAY_LEN(types); i++) {
		auto_arena arena = {0};
		Flyteidl__Core__LiteralType *type = type_of(&arena, types[i]), *inferred = NULL;
		Flyteidl__Core__Literal *first = NULL, *again = NULL;
		auto_buf text = {0};

		CHECK_INT(fly_literal_from_text(type, values[i], strlen(values[i]), &arena, &first,
						NULL), 0);
		fly_literal_text(first, &text);
		CHECK_INT(fly_literal_from_text(type, text.data, text.len, &arena, &again, NULL), 0);
		CHECK(fly_message_equal(&first->base, &again->base));
		CHECK_INT(fly_type_infer(first, &arena, &inferred, NULL), 0);
		CHECK(fly_type_castable(inferred, type));
	}
}

/* --- plain JSON into a type --------------------------------------------------------------------- */

static const struct into values[] = {
	{"integer", "3", INTEGER("3"), NULL},
	{"integer", "3.0", INTEGER("3"), NULL},
	{"integer", "1e3", INTEGER("1000"), NULL},
	{"integer", "9007199254740993.0", INTEGER("9007199254740993"), NULL},
	{"integer", "\"9223372036854775807\"", INTEGER("9223372036854775807"), NULL},
	{"integer", "9223372036854775808", NULL, "does not fit in 64 bits"},
	{"integer", "3.5", NULL, "1:6: x: expected a whole number, got one with a fraction"},
	{"integer", "\"x\"", NULL, "expected a whole number, got a string"},
	{"integer", "null", NULL, "got null"},
	{"integer", "true", NULL, "got true"},
	{"float", "3", FLOAT("3"), NULL},
	{"float", "0.5", FLOAT("0.5"), NULL},
	{"float", "\"Infinity\"", FLOAT("\"Infinity\""), NULL},
	{"float", "\"x\"", NULL, "expected a number, got a string"},
	{"float", "\"1e400\"", NULL, "does not fit a float"},
	{"string", "\" hi \"", STRING(" hi "), NULL},
	{"string", "3", NULL, "expected a string (put quotes around it), got a number"},
	{"string", "null", NULL, "got null"},
	{"boolean", "false", BOOLEAN("false"), NULL},
	{"boolean", "\"true\"", BOOLEAN("true"), NULL},
	{"boolean", "1", NULL, "expected true or false, got a number"},
	{"datetime", "\"2020-05-12T10:00:00Z\"", DATETIME("2020-05-12T10:00:00Z"), NULL},
	{"datetime", "\"now\"", NULL, "\"now\" is not a time"},
	{"datetime", "0", NULL, "got a number"},
	{"duration", "\"1h30m\"", DURATION("5400s"), NULL},
	{"duration", "\"5400.500s\"", DURATION("5400.500s"), NULL},
	{"duration", "90", NULL, "expected a duration such as 1h30m or 90s, got a number"},
	{"none", "null", NONE, NULL},
	{"none", "0", NULL, "expected null, got a number"},
	{"binary", "\"AAEC\"", "{\"scalar\":{\"binary\":{\"value\":\"AAEC\"}}}", NULL},
	{"binary", "\"!\"", NULL, "expected bytes in base64"},
	{"error", "\"m\"", "{\"scalar\":{\"error\":{\"message\":\"m\"}}}", NULL},
	/* Whole numbers stay whole, 1.0 stays a float, nothing is lost. */
	{"json", "{\"x\":1,\"y\":1.0,\"z\":18446744073709551615,\"n\":[null,true,-5]}",
	 PACKED("hKF4AaF5yz/wAAAAAAAAoXrP//////////+hbpPAw/s="), NULL},
	{"json", "\"{\\\"x\\\": 1}\"", PACKED("gaF4AQ=="), NULL},
	{"json", "\"[1]\"", NULL, "in this string: 1:1: expected an object, got an array"},
	{"json", "\"nope\"", NULL, "in this string: 1:1: a document begins with { or ["},
	{"json", "{\"x\":18446744073709551616}", NULL, "x.x: the number does not fit in 64 bits"},
	{"json", "null", NULL, "expected a JSON object, got null"},
	{"enum(a, b)", "\"b\"", STRING("b"), NULL},
	{"enum(a, b)", "\"c\"", NULL, "\"c\" is not one of: a, b"},
	{"enum(a, b)", "null", NULL, "expected one of an enum's values, got null"},
	{"file", "\"/d/f\"", "{\"scalar\":{\"blob\":{\"metadata\":{\"type\":{}},\"uri\":\"/d/f\"}}}",
	 NULL},
	{"file", "\"f.csv\"", NULL, "\"f.csv\" is not a path that begins with / or a URI"},
	{"file", "{}", NULL, "got an object"},
	{"[[integer]]", "[[1],[]]", "{\"collection\":{\"literals\":[{\"collection\":{\"literals\":["
				    INTEGER("1") "]}},{\"collection\":{}}]}}", NULL},
	{"[[integer]]", "[[1],[\"x\"]]", NULL, "1:12: x[1][0]: expected a whole number"},
	{"{integer}", "{\"a b\":null}", NULL, "x[\"a b\"]: expected a whole number, got null"},
	{"integer | none", "null", UNION(NONE, "NONE", "none"), NULL},
	{"integer | none", "3.5", NULL, "x: expected a whole number, got one with a fraction"},
	/* In its own kind first, whatever stands before it. */
	{"string | integer", "3", UNION(INTEGER("3"), "INTEGER", "int"), NULL},
	{"integer | string", "\"3\"", UNION(STRING("3"), "STRING", "str"), NULL},
	{"float | integer", "3", UNION(INTEGER("3"), "INTEGER", "int"), NULL},
	{"integer | float", "3.0", UNION(FLOAT("3"), "FLOAT", "float"), NULL},
	/* Then by what converts without loss. */
	{"float | string", "3", UNION(FLOAT("3"), "FLOAT", "float"), NULL},
	{"float | string", "true", NULL, "true fits none of: float | string"},
	{"[integer | none]", "[1, null]",
	 "{\"collection\":{\"literals\":[" UNION(INTEGER("1"), "INTEGER", "int") ","
	 UNION(NONE, "NONE", "none") "]}}", NULL},
};

static void test_from_json(void)
{
	for (size_t i = 0; i < FLY_ARRAY_LEN(values); i++) {
		const struct into *c = &values[i];
		auto_buf text = {0};
		auto_arena arena = {0};
		Flyteidl__Core__Literal *lit = NULL;
		struct fly_doc *doc = NULL;
		struct fly_why why = {0};
		int ret;

		/* Five characters stand before the value. */
		fly_buf_printf(&text, "{\"x\":%s}", c->value);
		CHECK_INT(fly_doc_parse(text.data, text.len, &doc, &why), 0);
		ret = fly_literal_from_json(doc, json_object_get(fly_doc_root(doc), "x"), "x",
					    type_of(&arena, c->type), &arena, &lit, &why);
		check_into(c, ret, lit, &why, &arena);
		fly_doc_free(doc);
	}
}

static void test_no_type(void)
{
	Flyteidl__Core__LiteralType untyped = FLYTEIDL__CORE__LITERAL_TYPE__INIT;
	Flyteidl__Core__LiteralType nothing = FLYTEIDL__CORE__LITERAL_TYPE__INIT;
	Flyteidl__Core__UnionType empty = FLYTEIDL__CORE__UNION_TYPE__INIT;
	Flyteidl__Core__Literal *lit = NULL;
	struct fly_why why = {0};
	auto_arena arena = {0};

	nothing.type_case = FLYTEIDL__CORE__LITERAL_TYPE__TYPE_UNION_TYPE;
	nothing.union_type = &empty;
	CHECK_INT(fly_literal_from_text(&untyped, "1", 1, &arena, &lit, &why), -EINVAL);
	CHECK_STR(why.text, "the declared type does not say what it is");
	CHECK_INT(fly_literal_from_text(&nothing, "1", 1, &arena, &lit, NULL), -EINVAL);
	CHECK_INT(fly_literal_from_text(NULL, "1", 1, &arena, &lit, NULL), -EINVAL);
	CHECK(!lit);
}

int main(void)
{
	test_shown();
	test_text_is_added();
	test_from_text();
	test_text_round_trip();
	test_from_json();
	test_no_type();
	return check_done();
}
