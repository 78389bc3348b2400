/* SPDX-License-Identifier: Apache-2.0 */
/* Documents that come in pieces: where they end, what can't become one, what rewriting does. */
#include "check.h"
#include "incoming.h"

#define MAX 1000

static int put(struct fly_incoming *in, const char *text, uint64_t off)
{
	struct fly_bytes bytes = { (const uint8_t *)text, strlen(text) };

	return fly_incoming_write(in, bytes, off, MAX, NULL);
}

static void test_pieces(void)
{
	static const char text[] = "{\"a\": [1, \"}\"]}";
	struct fly_incoming in = { 0 };

	CHECK_INT(fly_incoming_scan(&in), FLY_SCAN_OPEN);
	for (size_t i = 0; text[i]; i++) {
		char one[2] = { text[i], 0 };

		CHECK_INT(put(&in, one, i), 0);
		CHECK_INT(fly_incoming_scan(&in),
			  text[i + 1] ? FLY_SCAN_OPEN : FLY_SCAN_DONE);
	}
	CHECK_INT(put(&in, " \n", strlen(text)), 0);
	CHECK_INT(fly_incoming_scan(&in), FLY_SCAN_DONE);
	CHECK_INT(in.scan.value_end, strlen(text));
	CHECK_INT(put(&in, "x", strlen(text) + 2), 0);
	CHECK_INT(fly_incoming_scan(&in), FLY_SCAN_BAD);
	fly_incoming_release(&in);
	CHECK(!in.data && !in.len);
}

/* The same WRITE may come again, and another one in its place: the scanner starts over. */
static void test_rewrite(void)
{
	struct fly_incoming in = { 0 };
	struct fly_why why = { 0 };

	CHECK_INT(put(&in, "{bad", 0), 0);
	CHECK_INT(fly_incoming_scan(&in), FLY_SCAN_BAD);
	CHECK_INT(fly_incoming_refuse(&in, "spec.json", &why), -EINVAL);
	CHECK(!strncmp(why.text, "spec.json:1:2: ", 15));
	CHECK_INT(put(&in, "{bad", 0), 0);
	CHECK_INT(fly_incoming_scan(&in), FLY_SCAN_BAD);
	CHECK_INT(put(&in, "{\"a\"", 0), 0);
	CHECK_INT(fly_incoming_scan(&in), FLY_SCAN_OPEN);
	CHECK_INT(put(&in, ":1}", 4), 0);
	CHECK_INT(fly_incoming_scan(&in), FLY_SCAN_DONE);
	CHECK_INT(fly_incoming_resize(&in, 3, MAX, NULL), 0);
	CHECK_INT(fly_incoming_scan(&in), FLY_SCAN_OPEN);
	CHECK_INT(fly_incoming_resize(&in, 0, MAX, NULL), 0);
	CHECK_INT(put(&in, "{}", 0), 0);
	CHECK_INT(fly_incoming_scan(&in), FLY_SCAN_DONE);
	fly_incoming_release(&in);
}

static void test_holes_and_limits(void)
{
	struct fly_incoming in = { 0 };
	struct fly_why why = { 0 };
	struct fly_bytes one = { (const uint8_t *)"x", 1 };

	CHECK_INT(put(&in, "x", 5), 0);
	CHECK_INT(in.len, 6);
	CHECK(!memcmp(in.data, "\0\0\0\0\0x", 6));
	CHECK_INT(fly_incoming_scan(&in), FLY_SCAN_BAD);
	CHECK_INT(fly_incoming_write(&in, one, MAX - 1, MAX, NULL), 0);
	CHECK_INT(fly_incoming_write(&in, one, MAX, MAX, &why), -EFBIG);
	CHECK(why.text[0] && why.error == EFBIG);
	CHECK_INT(fly_incoming_write(&in, one, UINT64_MAX, MAX, NULL), -EFBIG);
	CHECK_INT(fly_incoming_resize(&in, MAX + 1, MAX, NULL), -EFBIG);
	CHECK_INT(in.len, MAX);
	CHECK_INT(fly_incoming_resize(&in, 2, MAX, NULL), 0);
	CHECK_INT(fly_incoming_resize(&in, 4, MAX, NULL), 0);
	CHECK(!memcmp(in.data, "\0\0\0\0", 4));
	fly_incoming_release(&in);
}

int main(void)
{
	test_pieces();
	test_rewrite();
	test_holes_and_limits();
	return check_done();
}
