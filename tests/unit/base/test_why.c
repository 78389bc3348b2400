/* SPDX-License-Identifier: Apache-2.0 */
#include "check.h"
#include "flytefs/base.h"

static void test_first_writer_wins(void)
{
	struct fly_why why = {0};

	CHECK_INT(fly_fail(&why, ENOENT, "no %s", "bread"), -ENOENT);
	CHECK_INT(fly_refuse(&why, FLY_INTERNAL, "later"), -EIO);
	CHECK_STR(why.text, "no bread");
	CHECK_INT(why.status, FLY_NOT_FOUND);
	CHECK_INT(why.error, ENOENT);
	CHECK_INT(fly_fail(NULL, EINVAL, "nobody listens"), -EINVAL);
}

static void test_prefix(void)
{
	struct fly_why why = {0};

	fly_why_prefix(&why, "nothing yet: ");
	CHECK_STR(why.text, "");
	fly_refuse(&why, FLY_INVALID_ARGUMENT, "bad\nvalue");
	fly_why_prefix(&why, "%s:%d: ", "spec.json", 3);
	CHECK_STR(why.text, "spec.json:3: bad value");
	fly_why_prefix(NULL, "x");
}

static void test_bytes_that_are_no_text(void)
{
	struct fly_why why = {0};

	fly_fail(&why, EINVAL, "%s", "é\xff\xc3-\xf0\x9f\x98€");
	CHECK_STR(why.text, "é?\?-?\?\?€");
}

static void test_cut_to_fit(void)
{
	struct fly_why why = {0};
	char text[2 * FLY_WHY_MAX];

	for (size_t i = 0; i + 3 < sizeof(text); i += 3)
		memcpy(text + i, "€", 4);
	fly_fail(&why, EINVAL, "x%s", text);
	CHECK(fly_utf8_valid(why.text, strlen(why.text)));
	CHECK(strlen(why.text) >= FLY_WHY_MAX - 5);
	fly_why_prefix(&why, "ab");
	CHECK(!strncmp(why.text, "abx€", 6));
	CHECK(fly_utf8_valid(why.text, strlen(why.text)));
}

static void test_tables(void)
{
	for (int s = FLY_OK; s <= FLY_UNAUTHENTICATED; s++)
		CHECK((fly_status_errno(s) == 0) == (s == FLY_OK));
	CHECK_INT(fly_status_errno(FLY_RESOURCE_EXHAUSTED), EDQUOT);
	CHECK_INT(fly_status_errno(FLY_UNAVAILABLE), EHOSTDOWN);
	CHECK_INT(fly_status_errno(99), EIO);
	CHECK_INT(fly_errno_status(ENOSPC), FLY_RESOURCE_EXHAUSTED);
	CHECK_INT(fly_errno_status(0), FLY_OK);
	CHECK_INT(fly_errno_status(EXDEV), FLY_INTERNAL);
	CHECK_STR(fly_status_name(FLY_ALREADY_EXISTS), "ALREADY_EXISTS");
}

int main(void)
{
	test_first_writer_wins();
	test_prefix();
	test_bytes_that_are_no_text();
	test_cut_to_fit();
	test_tables();
	return check_done();
}
