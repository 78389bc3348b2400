/* SPDX-License-Identifier: Apache-2.0 */
/* The small bounded tables: touched times, removed names, quotas, refusals, texts kept for a moment. */
#include <stdio.h>

#include "check.h"
#include "errors.h"
#include "gone.h"
#include "quota.h"
#include "textcache.h"
#include "touch.h"

static void test_touch(void)
{
	struct fly_touches *t;
	int64_t first, second;

	CHECK_INT(fly_touches_create(&t), 0);
	CHECK_INT(fly_touched_file_ns(t, 5, 1000), 1000);
	CHECK_INT(fly_touched_dir_ns(t, 5, 1000), 1000);
	fly_touch(t, 5);
	first = fly_touched_file_ns(t, 5, 1000);
	fly_touch(t, 5);
	second = fly_touched_file_ns(t, 5, 1000);
	CHECK(first > 1000 && first < 2000 && second > first);
	CHECK(fly_touched_dir_ns(t, 5, 1000) > 1000);
	CHECK_INT(fly_touched_dir_ns(t, 5, INT64_MAX), INT64_MAX);
	CHECK_INT(fly_touched_file_ns(t, 6, 1000), 1000);
	/* Whatever falls out and comes back: never a time it has had. */
	for (uint64_t ino = 100; ino < 20000; ino++)
		fly_touch(t, ino);
	fly_touch(t, 5);
	CHECK(fly_touched_file_ns(t, 5, 1000) > second);
	fly_touches_destroy(t);
}

static void test_gone(void)
{
	auto_arena arena = { 0 };
	struct fly_gone *gone;
	char name[16];

	CHECK_INT(fly_gone_create(&gone), 0);
	CHECK(!fly_gone_name(gone, 1, &arena));
	for (int i = 1; i <= 5000; i++) {
		snprintf(name, sizeof(name), "n%d", i);
		fly_gone_add(gone, i, name);
	}
	CHECK_STR(fly_gone_name(gone, 5000, &arena), "n5000");
	CHECK_STR(fly_gone_name(gone, 1000, &arena), "n1000");
	CHECK(!fly_gone_name(gone, 1, &arena));
	fly_gone_destroy(gone);
}

static void test_quota(void)
{
	struct fly_quota *quota;
	struct fly_why why = { 0 };

	CHECK_INT(fly_quota_create(&quota), 0);
	for (int i = 0; i < FLY_DRAFTS_MAX; i++)
		CHECK_INT(fly_quota_take(quota, 1000, 1, 0, NULL), 0);
	CHECK_INT(fly_quota_take(quota, 1000, 1, 0, &why), -EDQUOT);
	CHECK(why.text[0]);
	CHECK_INT(fly_quota_take(quota, 1001, 1, FLY_DRAFT_BYTES_MAX, NULL), 0);
	CHECK_INT(fly_quota_take(quota, 1001, 0, 1, NULL), -EDQUOT);
	fly_quota_give(quota, 1001, 0, 10);
	CHECK_INT(fly_quota_take(quota, 1001, 0, 10, NULL), 0);
	CHECK_INT(fly_quota_take(quota, 1002, 0, SIZE_MAX, NULL), -EDQUOT);
	fly_quota_give(quota, 1000, FLY_DRAFTS_MAX, 0);
	CHECK_INT(fly_quota_take(quota, 1000, 1, 0, NULL), 0);
	fly_quota_destroy(quota);
}

static void test_errors_bounded(void)
{
	struct fly_errors *errors;
	int64_t changed, before = 0;
	auto_buf b = { 0 };
	uint64_t size;
	uid_t uids[8];

	CHECK_INT(fly_errors_create(&errors), 0);
	fly_errors_read(errors, 7, 0, 100, &b, &size, &changed);
	CHECK(!size && !b.len);
	for (int i = 0; i < 2000; i++) {
		fly_errors_add(errors, 7, 1, "a\tb\nc", EINVAL, "why\nso");
		fly_errors_read(errors, 7, 0, 0, NULL, &size, &changed);
		CHECK(changed > before);
		before = changed;
	}
	CHECK(size > 1000 && size <= 32 << 10);
	fly_errors_read(errors, 7, 0, SIZE_MAX, &b, &size, &changed);
	CHECK_INT(b.len, size);
	/* Whole lines of five fields, whatever path and sentence hold. */
	CHECK(b.len && b.data[b.len - 1] == '\n');
	CHECK(strstr(b.data, "\t1\ta b c\tEINVAL\twhy so\n"));
	fly_errors_add(errors, 3, 1, "p", EPERM, "s");
	CHECK_INT(fly_errors_users(errors, -1, 8, uids), 2);
	CHECK(uids[0] == 3 && uids[1] == 7);
	CHECK_INT(fly_errors_users(errors, 3, 8, uids), 1);
	fly_errors_destroy(errors);
}

static struct fly_buf text_of(const char *text)
{
	struct fly_buf b = { 0 };

	fly_buf_puts(&b, text);
	return b;
}

static bool reads(struct fly_textcache *cache, uint64_t ino, int64_t version, uint64_t off,
		  size_t len, const char *want)
{
	auto_buf b = { 0 };

	return fly_textcache_read(cache, ino, version, off, len, &b) &&
	       !strcmp(b.data ? b.data : "", want);
}

static void test_textcache(void)
{
	struct fly_buf b = text_of("0123456789");
	_Atomic uint32_t seen = 7;
	struct fly_textcache *cache;

	CHECK_INT(fly_textcache_create(&cache), 0);
	CHECK(!reads(cache, 1, 1, 0, 4, ""));
	fly_textcache_keep(cache, 1, 1, &b);
	CHECK(!b.data);
	CHECK(reads(cache, 1, 1, 0, 4, "0123"));
	CHECK(!reads(cache, 1, 2, 0, 4, ""));
	CHECK(reads(cache, 1, 1, 4, 4, "4567"));
	/* Its end drops it. */
	CHECK(reads(cache, 1, 1, 8, 4, "89"));
	CHECK(!reads(cache, 1, 1, 0, 4, ""));
	/* What was reported is given for any version, until something else is. */
	b = text_of("RUNNING\n");
	CHECK(fly_textcache_report(cache, 2, 3, &seen, 7, &b));
	CHECK(reads(cache, 2, 99, 0, 4096, "RUNNING\n"));
	CHECK(reads(cache, 2, 100, 0, 4096, "RUNNING\n"));
	CHECK(fly_textcache_read(cache, 2, 3, 8, 1, &b));
	CHECK(fly_textcache_read(cache, 2, 4, 8, 1, &b));
	b = text_of("SUCCEEDED\n");
	seen = 8;
	CHECK(fly_textcache_report(cache, 2, 3, &seen, 8, &b));
	CHECK(reads(cache, 2, 1, 0, 4096, "SUCCEEDED\n"));
	/* One that was rendered before the change comes too late, and stays the caller's. */
	b = text_of("RUNNING\n");
	CHECK(!fly_textcache_report(cache, 2, 3, &seen, 7, &b));
	CHECK(reads(cache, 2, 1, 0, 4096, "SUCCEEDED\n"));
	fly_buf_release(&b);
	fly_textcache_unreport(cache, 2);
	CHECK(!reads(cache, 2, 1, 0, 4096, ""));
	for (uint64_t ino = 10; ino < 500; ino++) {
		b = text_of("x");
		fly_textcache_report(cache, ino, 3, &seen, 8, &b);
	}
	CHECK(reads(cache, 499, 0, 0, 1, "x"));
	CHECK(!reads(cache, 10, 0, 0, 1, "x"));
	fly_textcache_destroy(cache);
}

int main(void)
{
	fly_log_open(true, FLY_WARNING);
	test_touch();
	test_gone();
	test_quota();
	test_errors_bounded();
	test_textcache();
	return check_done();
}
