/* SPDX-License-Identifier: Apache-2.0 */
#include "check.h"
#include "flytefs/base.h"

static bool valid(const char *text)
{
	return fly_utf8_valid(text, strlen(text));
}

static void test_utf8(void)
{
	CHECK(valid(""));
	CHECK(valid("plain, é, €, 😀"));
	CHECK(fly_utf8_valid("a\0b", 3));
	CHECK(valid("\xf4\x8f\xbf\xbf"));
	CHECK(!valid("\xf4\x90\x80\x80"));
	CHECK(!valid("\xed\xa0\x80"));
	CHECK(valid("\xed\x9f\xbf"));
	CHECK(!valid("\xc0\x80"));
	CHECK(!valid("\xe0\x9f\xbf"));
	CHECK(!valid("\xf0\x8f\xbf\xbf"));
	CHECK(!valid("\x80"));
	CHECK(!valid("\xff"));
	CHECK(!valid("\xe2\x82"));
	CHECK(!valid("\xe2\x82x"));
}

static void test_cut(void)
{
	CHECK_INT(fly_utf8_cut("abc", 3, 5), 3);
	CHECK_INT(fly_utf8_cut("abc", 3, 2), 2);
	CHECK_INT(fly_utf8_cut("a€b", 5, 3), 1);
	CHECK_INT(fly_utf8_cut("a€b", 5, 4), 4);
	CHECK_INT(fly_utf8_cut("😀", 4, 3), 0);
	CHECK_INT(fly_utf8_cut("\x80\x80\x80\x80\x80\x80", 6, 5), 5);
	CHECK_INT(fly_utf8_cut("abc", 3, 0), 0);
}

static void test_int64(void)
{
	int64_t v = 77;

	CHECK(fly_parse_int64("0", &v) && v == 0);
	CHECK(fly_parse_int64("+12", &v) && v == 12);
	CHECK(fly_parse_int64("-007", &v) && v == -7);
	CHECK(fly_parse_int64("9223372036854775807", &v) && v == INT64_MAX);
	CHECK(fly_parse_int64("-9223372036854775808", &v) && v == INT64_MIN);
	v = 77;
	CHECK(!fly_parse_int64("9223372036854775808", &v));
	CHECK(!fly_parse_int64("-9223372036854775809", &v));
	CHECK(!fly_parse_int64("", &v));
	CHECK(!fly_parse_int64("-", &v));
	CHECK(!fly_parse_int64(" 1", &v));
	CHECK(!fly_parse_int64("1 ", &v));
	CHECK(!fly_parse_int64("1.0", &v));
	CHECK(!fly_parse_int64("+-1", &v));
	CHECK_INT(v, 77);
}

int main(void)
{
	test_utf8();
	test_cut();
	test_int64();
	return check_done();
}
