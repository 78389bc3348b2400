/* SPDX-License-Identifier: Apache-2.0 */
#include "check.h"
#include "flytefs/base.h"

#include <stdalign.h>

static void test_many_sizes(void)
{
	auto_arena a = {0};
	char *pieces[300];
	bool intact = true, aligned = true;

	for (size_t i = 0; i < 300; i++) {
		pieces[i] = fly_arena_alloc(&a, i * 37);
		if ((uintptr_t)pieces[i] % alignof(max_align_t))
			aligned = false;
		memset(pieces[i], (int)(i & 0xff), i * 37);
	}
	for (size_t i = 0; i < 300; i++) {
		for (size_t j = 0; j < i * 37; j++)
			intact = intact && (unsigned char)pieces[i][j] == (i & 0xff);
	}
	CHECK(aligned);
	CHECK(intact);
	CHECK(a.used_bytes >= 300 * 299 / 2 * 37);
	fly_arena_release(&a);
	CHECK(!a.used_bytes && !a.blocks);
	CHECK_STR(fly_arena_strdup(&a, "again"), "again");
}

static void test_big_leaves_room(void)
{
	auto_arena a = {0};
	char *first = fly_arena_alloc(&a, 16);
	char *big = fly_arena_alloc(&a, (size_t)3 << 20);
	char *next = fly_arena_alloc(&a, 16);

	CHECK(big);
	CHECK(next == first + 16);
}

static void test_limits(void)
{
	auto_arena a = {.limit_bytes = 100};

	CHECK(fly_arena_alloc(&a, 64));
	CHECK(!fly_arena_alloc(&a, 64));
	CHECK(fly_arena_alloc(&a, 32));
	CHECK(!fly_arena_zalloc(&a, SIZE_MAX / 2, 4));
	CHECK(!fly_arena_alloc(&a, SIZE_MAX));
	CHECK(!fly_arena_strndup(&a, "", SIZE_MAX));
}

static void test_text(void)
{
	auto_arena a = {0};

	CHECK_STR(fly_arena_strndup(&a, "hello", 4), "hell");
	CHECK_STR(fly_arena_strndup(&a, NULL, 0), "");
	CHECK_STR(fly_arena_printf(&a, "%d-%s", 5, "x"), "5-x");
	CHECK(!memcmp(fly_arena_memdup(&a, "ab\0c", 4), "ab\0c", 4));
	CHECK(fly_arena_memdup(&a, NULL, 0));
}

int main(void)
{
	test_many_sizes();
	test_big_leaves_room();
	test_limits();
	test_text();
	return check_done();
}
