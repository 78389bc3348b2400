/* SPDX-License-Identifier: Apache-2.0 */
/* Byte strings: the examples of MessagePack's specification, and what it forbids. */
#include "check.h"
#include "flytefs/codec.h"

#include "msgpack.h"

#define BYTES(text) ((struct fly_bytes){(const uint8_t *)(text), sizeof(text) - 1})

static bool is_int(struct fly_bytes in, int64_t want)
{
	struct fly_msgpack v;

	return fly_msgpack_next(&in, &v) && !in.len && v.kind == FLY_MSGPACK_INT &&
	       v.integer == want;
}

static void test_integers(void)
{
	struct fly_bytes in = BYTES("\xcf\xff\xff\xff\xff\xff\xff\xff\xff");
	struct fly_msgpack v;

	CHECK(is_int(BYTES("\x00"), 0));
	CHECK(is_int(BYTES("\x7f"), 127));
	CHECK(is_int(BYTES("\xff"), -1));
	CHECK(is_int(BYTES("\xe0"), -32));
	CHECK(is_int(BYTES("\xcc\x80"), 128));
	CHECK(is_int(BYTES("\xcd\x01\x00"), 256));
	CHECK(is_int(BYTES("\xce\xff\xff\xff\xff"), 4294967295));
	CHECK(is_int(BYTES("\xcf\x7f\xff\xff\xff\xff\xff\xff\xff"), INT64_MAX));
	CHECK(is_int(BYTES("\xd0\x80"), -128));
	CHECK(is_int(BYTES("\xd1\x80\x00"), -32768));
	CHECK(is_int(BYTES("\xd2\x80\x00\x00\x00"), INT32_MIN));
	CHECK(is_int(BYTES("\xd3\x80\x00\x00\x00\x00\x00\x00\x00"), INT64_MIN));
	CHECK(fly_msgpack_next(&in, &v));
	CHECK(v.kind == FLY_MSGPACK_UINT && v.natural == UINT64_MAX);
}

static void test_others(void)
{
	struct fly_bytes in = BYTES("\xc0\xc2\xc3\xca\x3f\x80\x00\x00\xcb\xbf\xf8\x00\x00\x00\x00\x00"
				    "\x00\xa3" "abc\xd9\x01x\xc4\x02yz\xd4\x05q\xc7\x01\x05q\x92\x82");
	struct fly_msgpack v;

	CHECK(fly_msgpack_next(&in, &v) && v.kind == FLY_MSGPACK_NIL);
	CHECK(fly_msgpack_next(&in, &v) && v.kind == FLY_MSGPACK_BOOL && !v.boolean);
	CHECK(fly_msgpack_next(&in, &v) && v.kind == FLY_MSGPACK_BOOL && v.boolean);
	CHECK(fly_msgpack_next(&in, &v) && v.kind == FLY_MSGPACK_FLOAT && v.single && v.real == 1);
	CHECK(fly_msgpack_next(&in, &v) && v.kind == FLY_MSGPACK_FLOAT && !v.single &&
	      v.real == -1.5);
	CHECK(fly_msgpack_next(&in, &v) && v.kind == FLY_MSGPACK_STR && v.bytes.len == 3 &&
	      !memcmp(v.bytes.data, "abc", 3));
	CHECK(fly_msgpack_next(&in, &v) && v.kind == FLY_MSGPACK_STR && v.bytes.len == 1);
	CHECK(fly_msgpack_next(&in, &v) && v.kind == FLY_MSGPACK_BIN && v.bytes.len == 2);
	CHECK(fly_msgpack_next(&in, &v) && v.kind == FLY_MSGPACK_EXT && v.bytes.len == 2);
	CHECK(fly_msgpack_next(&in, &v) && v.kind == FLY_MSGPACK_EXT && v.bytes.len == 2);
	CHECK(fly_msgpack_next(&in, &v) && v.kind == FLY_MSGPACK_ARRAY && v.count == 2);
	CHECK(fly_msgpack_next(&in, &v) && v.kind == FLY_MSGPACK_MAP && v.count == 2);
	CHECK(!in.len);
	CHECK(!fly_msgpack_next(&in, &v));
}

static void test_take(void)
{
	struct fly_bytes in = BYTES("\x82\xa1" "a\x92\x01\x02\xa1" "b\xc0\x05"), value;

	CHECK(fly_msgpack_take(&in, &value));
	CHECK_INT(value.len, 9);
	CHECK_INT(in.len, 1);
	CHECK(fly_msgpack_take(&in, NULL));
	CHECK_INT(in.len, 0);
	in = BYTES("\x82\xa1" "a\x92\x01");
	CHECK(!fly_msgpack_take(&in, &value));
	CHECK_INT(in.len, 5);
	/* Four milliards of items in five bytes. */
	in = BYTES("\xdd\xff\xff\xff\xff");
	CHECK(!fly_msgpack_take(&in, &value));
}

static void test_valid(void)
{
	uint8_t deep[200];

	CHECK(fly_msgpack_valid(BYTES("\x81\xa1x\x01")));
	CHECK(fly_msgpack_valid(BYTES("\x90")));
	CHECK(!fly_msgpack_valid(BYTES("")));
	CHECK(!fly_msgpack_valid(BYTES("\x81\xa1x")));
	CHECK(!fly_msgpack_valid(BYTES("\x01\x02")));
	CHECK(!fly_msgpack_valid(BYTES("\xc1")));
	CHECK(!fly_msgpack_valid(BYTES("\xa2\xff\xfe")));
	CHECK(!fly_msgpack_valid(BYTES("\xdb\xff\xff\xff\xff" "x")));
	CHECK(!fly_msgpack_valid(BYTES("\xdf\xff\xff\xff\xff")));
	memset(deep, 0x91, sizeof(deep));
	deep[128] = 0;
	CHECK(fly_msgpack_valid((struct fly_bytes){deep, 129}));
	deep[128] = 0x91;
	deep[129] = 0;
	CHECK(!fly_msgpack_valid((struct fly_bytes){deep, 130}));
}

static void check_int_form(int64_t value, size_t len)
{
	auto_buf b = {0};

	fly_msgpack_put_int(&b, value);
	CHECK_INT(b.len, len);
	CHECK(is_int((struct fly_bytes){(uint8_t *)b.data, b.len}, value));
}

static void test_put(void)
{
	static const size_t lengths[] = {0, 31, 32, 255, 256, 65535, 65536};
	auto_free char *text = calloc(1, 65536);

	check_int_form(0, 1);
	check_int_form(127, 1);
	check_int_form(128, 2);
	check_int_form(255, 2);
	check_int_form(65535, 3);
	check_int_form(65536, 5);
	check_int_form(4294967295, 5);
	check_int_form(4294967296, 9);
	check_int_form(INT64_MAX, 9);
	check_int_form(-32, 1);
	check_int_form(-33, 2);
	check_int_form(-128, 2);
	check_int_form(-129, 3);
	check_int_form(-32769, 5);
	check_int_form(INT32_MIN, 5);
	check_int_form(INT64_MIN, 9);
	for (size_t i = 0; i < FLY_ARRAY_LEN(lengths); i++) {
		auto_buf b = {0};

		fly_msgpack_put_str(&b, text, lengths[i]);
		CHECK(fly_msgpack_valid((struct fly_bytes){(uint8_t *)b.data, b.len}));
	}
	for (size_t i = 0; i < FLY_ARRAY_LEN(lengths); i++) {
		struct fly_bytes in;
		struct fly_msgpack v;
		auto_buf b = {0};

		fly_msgpack_put_array(&b, lengths[i]);
		fly_msgpack_put_map(&b, lengths[i]);
		in = (struct fly_bytes){(uint8_t *)b.data, b.len};
		CHECK(fly_msgpack_next(&in, &v) && v.kind == FLY_MSGPACK_ARRAY &&
		      v.count == lengths[i]);
		CHECK(fly_msgpack_next(&in, &v) && v.kind == FLY_MSGPACK_MAP &&
		      v.count == lengths[i] && !in.len);
	}
}

int main(void)
{
	test_integers();
	test_others();
	test_take();
	test_valid();
	test_put();
	return check_done();
}
