/* SPDX-License-Identifier: Apache-2.0 */
#include "check.h"
#include "flytefs/base.h"

static void test_grows(void)
{
	auto_buf b = {0};

	for (int i = 0; i < 1000; i++)
		fly_buf_printf(&b, "%03d,", i);
	CHECK_INT(b.len, 4000);
	CHECK(!memcmp(b.data + 3996, "999,", 5));
	fly_buf_clear(&b);
	CHECK_STR(b.data, "");
	fly_buf_puts(&b, "x");
	fly_buf_putc(&b, 'y');
	fly_buf_add(&b, "z\0w", 3);
	CHECK_INT(b.len, 5);
	CHECK(!memcmp(b.data, "xyz\0w", 6));
}

static void test_long_printf(void)
{
	auto_buf b = {0};

	fly_buf_printf(&b, "%0*d", 5000, 7);
	CHECK_INT(b.len, 5000);
	CHECK_INT(b.data[4999], '7');
	CHECK_INT(strlen(b.data), 5000);
}

static void test_reserve(void)
{
	auto_buf b = {0};
	char *to = fly_buf_reserve(&b, 3);

	memcpy(to, "abc", 3);
	CHECK_INT(b.len, 0);
	b.len += 3;
	CHECK_STR(b.data, "abc");
}

static void test_failure_sticks(void)
{
	auto_buf b = {0};

	fly_buf_puts(&b, "x");
	CHECK(!fly_buf_reserve(&b, SIZE_MAX));
	CHECK(b.failed);
	fly_buf_puts(&b, "y");
	CHECK_INT(b.len, 1);
	CHECK(!fly_buf_take(&b));
	CHECK(!b.failed && !b.data);
}

static void test_take(void)
{
	struct fly_buf b = {0};
	auto_free char *text = NULL;

	CHECK(!fly_buf_take(&b));
	fly_buf_puts(&b, "");
	text = fly_buf_take(&b);
	CHECK_STR(text, "");
	CHECK(!b.data && !b.len && !b.cap);
	fly_buf_release(NULL);
}

int main(void)
{
	test_grows();
	test_long_printf();
	test_reserve();
	test_failure_sticks();
	test_take();
	return check_done();
}
