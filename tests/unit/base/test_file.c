/* SPDX-License-Identifier: Apache-2.0 */
#include "check.h"
#include "flytefs/base.h"

#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>

static int count_entries(const char *path)
{
	DIR *dir = opendir(path);
	int n = 0;

	while (readdir(dir))
		n++;
	closedir(dir);
	return n - 2;
}

static void test_round_trip(int dir)
{
	auto_buf b = {0};
	struct stat st;

	CHECK_INT(fly_write_file(dir, "a", 0640, "hello", 5, true), 0);
	CHECK_INT(fly_write_file(dir, "a", 0604, "hi", 2, false), 0);
	CHECK_INT(fstatat(dir, "a", &st, 0), 0);
	CHECK_INT(st.st_mode & 07777, 0604);
	fly_buf_puts(&b, ">");
	CHECK_INT(fly_read_file(dir, "a", 2, &b), 0);
	CHECK_STR(b.data, ">hi");
	CHECK_INT(fly_read_file(dir, "a", 1, &b), -EFBIG);
	CHECK_STR(b.data, ">hi");
}

static void test_refusals(int dir)
{
	auto_buf b = {0};

	CHECK_INT(fly_read_file(dir, "missing", 10, &b), -ENOENT);
	CHECK_INT(mkdirat(dir, "d", 0700), 0);
	CHECK_INT(fly_read_file(dir, "d", 10, &b), -EISDIR);
	CHECK_INT(mkfifoat(dir, "p", 0600), 0);
	CHECK_INT(fly_read_file(dir, "p", 10, &b), -EINVAL);
	CHECK(fly_write_file(dir, "d", 0600, "x", 1, false) < 0);
	CHECK_INT(fly_write_file(dir, "none/x", 0600, "x", 1, false), -ENOENT);
	CHECK_INT(fly_write_file(dir, "d/x", 0600, "x", 1, true), 0);
	unlinkat(dir, "d/x", 0);
	unlinkat(dir, "d", AT_REMOVEDIR);
	unlinkat(dir, "p", 0);
}

static void test_long_file(int dir)
{
	auto_free char *text = malloc(100000);
	auto_buf b = {0};

	memset(text, 'x', 100000);
	CHECK_INT(fly_write_file(dir, "long", 0600, text, 100000, false), 0);
	CHECK_INT(fly_read_file(dir, "long", SIZE_MAX - 1, &b), 0);
	CHECK_INT(b.len, 100000);
	unlinkat(dir, "long", 0);
}

int main(void)
{
	char path[] = "/tmp/flytefs-base-XXXXXX";
	auto_fd dir = -1;

	if (!mkdtemp(path))
		return 1;
	dir = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	test_round_trip(dir);
	test_refusals(dir);
	test_long_file(dir);
	CHECK_INT(count_entries(path), 1);
	unlinkat(dir, "a", 0);
	CHECK_INT(rmdir(path), 0);
	return check_done();
}
