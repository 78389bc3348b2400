/* SPDX-License-Identifier: Apache-2.0 */
/* YAML into trees. Values of plain scalars: what the library of flytectl v1.16.8 gives. */
#include "check.h"
#include "flytefs/codec.h"

#include <jansson.h>

static const char *loaded(const char *yaml, size_t len, struct fly_why *why)
{
	static char text[4096];
	struct fly_doc *doc = NULL;
	size_t n;

	if (fly_doc_parse_yaml(yaml, len, &doc, why) < 0)
		return NULL;
	n = json_dumpb(fly_doc_root(doc), text, sizeof(text) - 1, JSON_COMPACT | JSON_ENCODE_ANY);
	text[n < sizeof(text) ? n : 0] = '\0';
	fly_doc_free(doc);
	return text;
}

static void test_values(void)
{
	static const char *const cases[][2] = {
		{"y", "true"}, {"n", "false"}, {"Y", "true"}, {"yes", "true"}, {"on", "true"},
		{"OFF", "false"}, {"~", "null"}, {"Null", "null"}, {"017", "15"}, {"0o17", "15"},
		{"0x1F", "31"}, {"-0x10", "-16"}, {"0b101", "5"}, {"-0b11", "-3"}, {"08", "8.0"},
		{"1_000", "1000"}, {"1__0_", "10"}, {"_1", "\"_1\""}, {"+12", "12"},
		{"1e3", "1000.0"}, {"1.", "1.0"}, {"1.e2", "100.0"}, {".5", "0.5"}, {"-.5", "-0.5"},
		{"+.5", "0.5"}, {"1e400", "\"1e400\""}, {"1e-400", "0.0"}, {"12:30", "\"12:30\""},
		{"2020-05-12", "\"2020-05-12\""}, {"1,000", "\"1,000\""}, {"0x", "\"0x\""},
		{"0b", "\"0b\""}, {"0o8", "\"0o8\""},
		{"9223372036854775807", "9223372036854775807"},
		{"9223372036854775808", "9.2233720368547758e18"},
		{"18446744073709551616", "1.8446744073709552e19"},
		{"-9223372036854775808", "-9223372036854775808"}, {"!!str 5", "\"5\""},
		{"!!int 5", "5"}, {"!!float 5", "5"}, {"!!bool yes", "true"}, {"! 5", "\"5\""},
		{"'5'", "\"5\""}, {"\"5\"", "\"5\""}, {"- 1", "[1]"}, {"-0", "0"}, {"-0.0", "-0.0"},
		{"1e3_0", "1e30"}, {"TRUE", "true"}, {"tRUE", "\"tRUE\""}, {"=", "\"=\""},
		{"[a: 1]", "[{\"a\":1}]"}, {"", "null"}, {"# c", "null"}, {"---\n...\n", "null"},
		{"|\n  x\n  y", "\"x\\ny\""}, {"1.5e+3", "1500.0"}, {"0x1p3", "\"0x1p3\""},
		{"0_8", "8.0"}, {"1_0.5", "10.5"}, {"+0x1f", "31"}, {"1_e3", "1000.0"},
		{"-", "[null]"}, {"+", "\"+\""}, {".", "\".\""}, {"1e", "\"1e\""}, {"-inf", "\"-inf\""},
		{"{}", "{}"}, {"[]", "[]"}, {"\xef\xbb\xbfx: 1", "{\"x\":1}"},
		/* Names stay as they are written, where flytectl has true and 1.5. */
		{"{on: 1, 1.5: 2, null: 3}", "{\"on\":1,\"1.5\":2,\"null\":3}"},
		{"a: {b: [1, x]}\nc: >\n  folded\n  text\n",
		 "{\"a\":{\"b\":[1,\"x\"]},\"c\":\"folded text\\n\"}"},
	};

	for (size_t i = 0; i < FLY_ARRAY_LEN(cases); i++) {
		struct fly_why why = {0};
		const char *got = loaded(cases[i][0], strlen(cases[i][0]), &why);

		if (!got)
			fprintf(stderr, "%s: %s\n", cases[i][0], why.text);
		CHECK_STR(got, cases[i][1]);
	}
}

static void test_refusals(void)
{
	static const char *const cases[][2] = {
		{"&a 5", "1:1: anchors are not taken"},
		{"[&a [5], *a]", "1:2: anchors are not taken"},
		{"a: &x {b: 1}", "1:4: anchors are not taken"},
		{"[*a]", "1:2: aliases are not taken"},
		{"*a : 1", "1:1: aliases are not taken"},
		{"&a b: 1", "1:1: anchors are not taken"},
		{"<<: {a: 1}", "1:1: merge keys are not taken"},
		{"a: 1\nb: 2\na: 3", "3:1: the name comes twice"},
		{"? [1]\n: 2", "1:3: a name is a string"},
		{"--- 1\n--- 2", "2:1: only one document is taken"},
		{"!foo 5", "1:1: a tag that is not taken, or does not fit its value"},
		{"!!int abc", "1:1: a tag that is not taken, or does not fit its value"},
		{"!!binary AAEC", "1:1: a tag that is not taken, or does not fit its value"},
		{"!!set {a: 1}", "1:1: a tag that is not taken"},
		{".inf", "1:1: JSON has no such number; put it in quotes"},
		{"x: .NaN", "1:4: JSON has no such number; put it in quotes"},
		{"\"\\0\"", "1:1: a string cannot hold a NUL"},
		{"{\"\\0\": 1}", "1:2: a string cannot hold a NUL"},
		{"a: b: c", "1:5: mapping values are not allowed in this context"},
		{"\xff", "byte 1: invalid leading UTF-8 octet"},
	};

	for (size_t i = 0; i < FLY_ARRAY_LEN(cases); i++) {
		struct fly_why why = {0};
		const char *got = loaded(cases[i][0], strlen(cases[i][0]), &why);

		CHECK(!got);
		CHECK_STR(why.text, cases[i][1]);
		CHECK_INT(why.status, FLY_INVALID_ARGUMENT);
	}
	CHECK(!loaded("a\0b", 3, NULL));
}

static void test_limits(void)
{
	struct fly_why why = {0}, size = {0};
	auto_free char *large = calloc(1, (17 << 20));
	char deep[400];

	memset(deep, '[', 200);
	memset(deep + 200, ']', 200);
	CHECK(!loaded(deep, 400, &why));
	CHECK_STR(why.text, "1:129: nested too deep");
	CHECK(loaded(deep + 100, 200, NULL));
	memset(large, ' ', 17 << 20);
	CHECK(!loaded(large, 17 << 20, &size));
	CHECK_INT(size.error, EFBIG);
}

static void test_places(void)
{
	static const struct {
		const char *path, *text;
	} cases[] = {
		{"", "1:1: here"},
		{"a", "2:3: a: here"},
		{"a.b_c[1]", "3:7: a.b_c[1]: here"},
		{"a.bC[1]", "3:7: a.bC[1]: here"},
		{"a[\"odd name\"].x", "4:23: a[\"odd name\"].x: here"},
		/* What is not there is placed at what is around it. */
		{"a.none", "2:3: a.none: here"},
		{"a.b_c[9]", "2:8: a.b_c[9]: here"},
		{"q", "5:4: q: here"},
	};
	const char *text = "a: \n  b_c: [é,\n      2]\n  odd name: {w: 1, x: 2}\nq: z\n";
	struct fly_doc *doc = NULL;

	CHECK_INT(fly_doc_parse_yaml(text, strlen(text), &doc, NULL), 0);
	for (size_t i = 0; i < FLY_ARRAY_LEN(cases); i++) {
		struct fly_why why = {0};

		CHECK_INT(fly_doc_fail(doc, &why, cases[i].path, "here"), -EINVAL);
		CHECK_STR(why.text, cases[i].text);
	}
	fly_doc_free(doc);
}

int main(void)
{
	test_values();
	test_refusals();
	test_limits();
	test_places();
	return check_done();
}
