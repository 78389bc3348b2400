/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The scanner of documents: whole, cut in two at every place, a byte at a time; places and words;
 * and that it never disagrees with the reader of documents.
 */
#include "flytefs/codec.h"

#include "check.h"

static const char *const good[] = {
	"{}",
	"[]",
	" \t\r\n{ } \n",
	"[[],{},[{}]]",
	"{\"a\":1,\"b\":[true,false,null],\"c\":{\"d\":\"e\"}}",
	"[0,-0,1,-1,10,1.5,-1.5e10,1E+2,1e-2,0.0,0e0,123456789012345678901234567890]",
	"[\"\"]",
	"[\"\\\"\\\\\\/\\b\\f\\n\\r\\t\\u00e9\\uD83D\\uDE00\"]",
	"[\"\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80\"]",
	"[\"\xc2\x80\xdf\xbf\xe0\xa0\x80\xed\x9f\xbf\xee\x80\x80\"]",
	"[\"\xf0\x90\x80\x80\xf4\x8f\xbf\xbf\x7f\"]",
	"{\n  \"launch_plan\": {\n    \"name\": \"wf\"\n  },\n  \"tags\": [\n    \"a\"\n  ]\n}\n",
	"[1 , 2\t,3\n]",
	"{\"a\" : 1 , \"b\" : -0.5 }",
};

static const struct {
	const char *text;
	uint32_t line, column;
	const char *reason;
} bad[] = {
	{"{bad", 1, 2, "a name in double quotes must stand here"},
	{"x", 1, 1, "a document begins with { or ["},
	{"1", 1, 1, "a document begins with { or ["},
	{"\"a\"", 1, 1, "a document begins with { or ["},
	{"\xef\xbb\xbf{}", 1, 1, "a byte order mark is not JSON"},
	{"{\"a\":1,}", 1, 8, "a member is missing after the comma"},
	{"[1,]", 1, 4, "a value is missing before this bracket"},
	{"[,1]", 1, 2, "no value begins like this"},
	{"[1 2]", 1, 4, "a comma or ] must stand here"},
	{"{\"a\":1 \"b\":2}", 1, 8, "a comma or } must stand here"},
	{"{\"a\" 1}", 1, 6, "a colon must stand here"},
	{"{\"a\":}", 1, 6, "a value is missing before this bracket"},
	{"{\n  \"a\": [\n    1}\n", 3, 6, "a comma or ] must stand here"},
	{"[1}", 1, 3, "a comma or ] must stand here"},
	{"['a']", 1, 2, "strings stand in double quotes"},
	{"[// a\n1]", 1, 2, "JSON has no comments"},
	{"{# a\n}", 1, 2, "JSON has no comments"},
	{"[tru]", 1, 5, "the words are true, false and null"},
	{"[True]", 1, 2, "no value begins like this"},
	{"[nulll]", 1, 6, "a comma or ] must stand here"},
	{"[NaN]", 1, 2, "no value begins like this"},
	{"[01]", 1, 3, "a number does not begin with 0 and more digits"},
	{"[-]", 1, 3, "a digit must stand here"},
	{"[+1]", 1, 2, "no value begins like this"},
	{"[.5]", 1, 2, "no value begins like this"},
	{"[1.]", 1, 4, "a digit must stand here"},
	{"[1.e1]", 1, 4, "a digit must stand here"},
	{"[1e]", 1, 4, "a digit must stand here"},
	{"[1e+]", 1, 5, "a digit must stand here"},
	{"[1.5.5]", 1, 5, "a comma or ] must stand here"},
	{"[1e5e5]", 1, 5, "a comma or ] must stand here"},
	{"[1e5.5]", 1, 5, "a comma or ] must stand here"},
	{"[\"a\nb\"]", 1, 4,
	 "the string does not end on its line (a newline in it is written \\n)"},
	{"[\"a\tb\"]", 1, 4, "control characters in strings are written \\u00XX"},
	{"[\"\\x\"]", 1, 4, "there is no such escape"},
	{"[\"\\u12g4\"]", 1, 7, "\\u needs four hexadecimal digits"},
	{"[\"\x80\"]", 1, 3, "this is not UTF-8"},
	{"[\"\xc0\x80\"]", 1, 3, "this is not UTF-8"},
	{"[\"\xe0\x80\x80\"]", 1, 4, "this is not UTF-8"},
	{"[\"\xed\xa0\x80\"]", 1, 4, "this is not UTF-8"},
	{"[\"\xf0\x80\x80\x80\"]", 1, 4, "this is not UTF-8"},
	{"[\"\xf4\x90\x80\x80\"]", 1, 4, "this is not UTF-8"},
	{"[\"\xf5\"]", 1, 3, "this is not UTF-8"},
	{"[\"\xc3\"]", 1, 4, "this is not UTF-8"},
	/* Columns count characters: é and 😀 are one each. */
	{"[\"\xc3\xa9\xf0\x9f\x98\x80\" x]", 1, 7, "a comma or ] must stand here"},
	{"{} x", 1, 4, "there is more text behind the end of the document"},
	{"{}\n{}", 2, 1, "there is more text behind the end of the document"},
};

static const struct {
	const char *text;
	const char *words;
} open[] = {
	{"", "ends early at 1:1, before it begins"},
	{" \n ", "ends early at 2:2, before it begins"},
	{"{", "ends early at 1:2, inside an object"},
	{"{\"a", "ends early at 1:4, inside a name"},
	{"{\"a\"", "ends early at 1:5, behind a name"},
	{"{\"a\":", "ends early at 1:6, before a value"},
	{"{\"a\":\"b\\u0", "ends early at 1:11, inside a string"},
	{"{\"a\":\"b\xc3", "ends early at 1:9, inside a string"},
	{"{\"a\":1", "ends early at 1:7, inside a number"},
	{"{\"a\":1 ", "ends early at 1:8, inside an object"},
	{"{\"a\":1,", "ends early at 1:8, inside an object"},
	{"[", "ends early at 1:2, inside an array"},
	{"[1 ", "ends early at 1:4, inside an array"},
	{"[1,", "ends early at 1:4, before a value"},
	{"[tr", "ends early at 1:4, inside a word"},
	{"[\n  1e", "ends early at 2:5, inside a number"},
};

static bool same(const struct fly_scan *a, const struct fly_scan *b)
{
	return a->state == b->state && a->offset == b->offset && a->value_end == b->value_end &&
	       a->line == b->line && a->column == b->column && a->reason == b->reason;
}

static struct fly_scan scan_whole(const char *text, size_t len)
{
	struct fly_scan s;

	fly_scan_init(&s);
	fly_scan_feed(&s, text, len);
	return s;
}

static void test_scan_in_pieces(const char *text)
{
	size_t len = strlen(text);
	struct fly_scan whole = scan_whole(text, len), s;

	fly_scan_init(&s);
	for (size_t i = 0; i < len; i++)
		fly_scan_feed(&s, text + i, 1);
	CHECK(same(&s, &whole));
	for (size_t cut = 0; cut <= len; cut++) {
		fly_scan_init(&s);
		fly_scan_feed(&s, text, cut);
		fly_scan_feed(&s, text + cut, len - cut);
		CHECK(same(&s, &whole));
	}
}

/* Whatever the reader takes scans as done, and what scans as bad it does not take. */
static void test_scan_agrees(const char *text, size_t len)
{
	struct fly_scan s = scan_whole(text, len);
	struct fly_doc *doc = NULL;
	struct fly_why why = {0};
	char place[32];
	int rc = fly_doc_parse(text, len, &doc, &why);

	CHECK((rc == 0) == (s.state == FLY_SCAN_DONE));
	snprintf(place, sizeof(place), "%u:%u: ", s.line, s.column);
	if (s.state != FLY_SCAN_DONE)
		CHECK(!strncmp(why.text, place, strlen(place)));
	fly_doc_free(doc);
}

static void test_scan_good(const char *text)
{
	size_t len = strlen(text), end = len;
	struct fly_scan s = scan_whole(text, len);

	while (end && strchr(" \t\r\n", text[end - 1]))
		end--;
	CHECK_INT(s.state, FLY_SCAN_DONE);
	CHECK_INT(s.value_end, end);
	CHECK_INT(s.offset, len);
	for (size_t n = 0; n < len; n++)
		CHECK_INT(scan_whole(text, n).state, n < end ? FLY_SCAN_OPEN : FLY_SCAN_DONE);
}

static void test_scan_bad(const char *text, uint32_t line, uint32_t column, const char *reason)
{
	struct fly_scan s = scan_whole(text, strlen(text)), before = s;

	CHECK_INT(s.state, FLY_SCAN_BAD);
	CHECK_INT(s.line, line);
	CHECK_INT(s.column, column);
	CHECK_STR(s.reason, reason);
	/* It stays so. */
	fly_scan_feed(&s, "{}", 2);
	CHECK(same(&s, &before));
	/* What stood before the offending byte was possible. */
	CHECK(scan_whole(text, s.offset).state != FLY_SCAN_BAD);
}

static void test_scan_open(const char *text, const char *words)
{
	struct fly_scan s = scan_whole(text, strlen(text));
	auto_buf b = {0};

	CHECK_INT(s.state, FLY_SCAN_OPEN);
	fly_scan_describe(&s, &b);
	CHECK_STR(b.data, words);
}

static void test_scan_depth(void)
{
	char text[2 * FLY_MESSAGE_MAX_DEPTH + 3];
	const size_t n = FLY_MESSAGE_MAX_DEPTH;
	struct fly_scan s;

	memset(text, '[', n);
	memset(text + n, ']', n);
	CHECK_INT(scan_whole(text, 2 * n).state, FLY_SCAN_DONE);
	test_scan_agrees(text, 2 * n);
	memset(text, '[', n + 1);
	memset(text + n + 1, ']', n + 1);
	s = scan_whole(text, 2 * n + 2);
	CHECK_INT(s.state, FLY_SCAN_BAD);
	CHECK_INT(s.column, n + 1);
	test_scan_agrees(text, 2 * n + 2);
}

/* Objects and arrays in turn, so that each bit of the stack is needed. */
static void test_scan_mixed_depth(void)
{
	auto_buf b = {0};

	for (int i = 0; i < FLY_MESSAGE_MAX_DEPTH; i++)
		fly_buf_puts(&b, i % 3 ? "{\"a\":" : "[");
	fly_buf_puts(&b, "1");
	for (int i = FLY_MESSAGE_MAX_DEPTH; i--;)
		fly_buf_puts(&b, i % 3 ? "}" : "]");
	CHECK_INT(scan_whole(b.data, b.len).state, FLY_SCAN_DONE);
	test_scan_in_pieces(b.data);
	test_scan_agrees(b.data, b.len);
}

static void test_scan_nul(void)
{
	static const char texts[][4] = {"[\0]", "{\0}", "\0{}", "{}\0"};

	for (size_t i = 0; i < FLY_ARRAY_LEN(texts); i++) {
		CHECK_INT(scan_whole(texts[i], 3).state, FLY_SCAN_BAD);
		test_scan_agrees(texts[i], 3);
	}
}

int main(void)
{
	for (size_t i = 0; i < FLY_ARRAY_LEN(good); i++) {
		test_scan_good(good[i]);
		test_scan_in_pieces(good[i]);
		test_scan_agrees(good[i], strlen(good[i]));
	}
	for (size_t i = 0; i < FLY_ARRAY_LEN(bad); i++) {
		test_scan_bad(bad[i].text, bad[i].line, bad[i].column, bad[i].reason);
		test_scan_in_pieces(bad[i].text);
		test_scan_agrees(bad[i].text, strlen(bad[i].text));
	}
	for (size_t i = 0; i < FLY_ARRAY_LEN(open); i++) {
		test_scan_open(open[i].text, open[i].words);
		test_scan_in_pieces(open[i].text);
		test_scan_agrees(open[i].text, strlen(open[i].text));
	}
	test_scan_depth();
	test_scan_mixed_depth();
	test_scan_nul();
	return check_done();
}
