/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What goes wrong below: the n-th allocation, write or read of SQLite fails, the disk is full, the
 * file is gone. Each call returns an error, the store stays usable, what was acknowledged is there
 * and what was refused is not.
 */
#include <fcntl.h>
#include <pthread.h>
#include <sched.h>
#include <sqlite3.h>
#include <sys/mount.h>

#include "store_fixture.h"

static struct fixture f;

/* --- the n-th failure ----------------------------------------------------------------- */

/* Counts down at each call of a kind; at 0 it fails, once. */
static atomic_long fuse = -1;
static int fuse_error;

static bool burns(void)
{
	long left = atomic_load(&fuse);

	return left >= 0 && atomic_fetch_sub(&fuse, 1) == 0;
}

static bool light(long n)
{
	atomic_store(&fuse, n);
	return true;
}

/* Did it fail since it was lit? */
static bool put_out(void)
{
	return atomic_exchange(&fuse, -1) < 0;
}

/* --- below SQLite --------------------------------------------------------------------- */

static sqlite3_mem_methods real_memory;
static bool fails_memory;

static void *fault_malloc(int size)
{
	return fails_memory && burns() ? NULL : real_memory.xMalloc(size);
}

static void *fault_realloc(void *p, int size)
{
	return fails_memory && burns() ? NULL : real_memory.xRealloc(p, size);
}

static void hook_memory(void)
{
	sqlite3_mem_methods mine;

	CHECK_INT(sqlite3_config(SQLITE_CONFIG_GETMALLOC, &real_memory), SQLITE_OK);
	mine = real_memory;
	mine.xMalloc = fault_malloc;
	mine.xRealloc = fault_realloc;
	CHECK_INT(sqlite3_config(SQLITE_CONFIG_MALLOC, &mine), SQLITE_OK);
}

static bool fails_writes, fails_reads;

static ssize_t fault_pwrite(int fd, const void *data, size_t len, off_t at)
{
	if (fails_writes && burns()) {
		errno = fuse_error;
		return -1;
	}
	return pwrite(fd, data, len, at);
}

static ssize_t fault_pread(int fd, void *data, size_t len, off_t at)
{
	if (fails_reads && burns()) {
		errno = fuse_error;
		return -1;
	}
	return pread(fd, data, len, at);
}

static int fault_ftruncate(int fd, off_t len)
{
	if (fails_writes && burns()) {
		errno = fuse_error;
		return -1;
	}
	return ftruncate(fd, len);
}

static void hook_files(void)
{
	sqlite3_vfs *vfs = sqlite3_vfs_find("unix");

	vfs->xSetSystemCall(vfs, "pwrite", (sqlite3_syscall_ptr)fault_pwrite);
	vfs->xSetSystemCall(vfs, "pwrite64", (sqlite3_syscall_ptr)fault_pwrite);
	vfs->xSetSystemCall(vfs, "pread", (sqlite3_syscall_ptr)fault_pread);
	vfs->xSetSystemCall(vfs, "pread64", (sqlite3_syscall_ptr)fault_pread);
	vfs->xSetSystemCall(vfs, "ftruncate", (sqlite3_syscall_ptr)fault_ftruncate);
}

/* --- the work ------------------------------------------------------------------------- */

static char filler[20000];

struct insert {
	int n;
	int64_t id;
};

static void name_of(int n, char name[16])
{
	snprintf(name, 16, "r%d", n);
}

static int insert_tree(struct fly_db *db, void *arg, struct fly_why *why)
{
	static const struct fly_tag tag = {"k", "v"};
	struct insert *insert = arg;
	struct fly_execution e;
	struct fly_node node = {.node_id = "n0", .error_kind = -1};
	char name[16];
	int rc;

	name_of(insert->n, name);
	insert->id = fly_store_new_id(f.store, why);
	if (insert->id < 0)
		return (int)insert->id;
	e = an_execution(insert->id, f.scope, name);
	e.spec = (struct fly_bytes){(const uint8_t *)filler, sizeof(filler)};
	rc = fly_execution_insert(db, &e, &tag, 1, why);
	node.id = fly_store_new_id(f.store, why);
	node.execution = insert->id;
	node.message = bytes_of("message");
	if (rc == 0)
		rc = fly_node_put(db, &node, why);
	e.phase = 2;
	return rc < 0 ? rc : fly_execution_update(db, &e, FLY_EXECUTION_CLOSURE, why);
}

static bool is_whole(int n)
{
	struct fly_execution e;
	struct fly_node node;
	char name[16];

	name_of(n, name);
	return fly_execution_get(fixture_reader(&f), f.scope, name, FLY_EXECUTION_ALL, &f.arena,
				 &e) == 0 &&
	       e.phase == 2 && e.spec.len == sizeof(filler) &&
	       fly_node_get(fixture_reader(&f), e.id, "n0", &f.arena, &node) == 0;
}

static bool is_absent(int n)
{
	struct fly_execution e;
	char name[16];

	name_of(n, name);
	return fly_execution_get(fixture_reader(&f), f.scope, name, 0, &f.arena, &e) == -ENOENT;
}

/* Insert with the n-th call failing, for each n until none fails any more. */
static void sweep(const char *what, int (*expected)(int rc), int limit)
{
	static bool there[5000];
	struct insert insert;
	char words[FLY_WHY_MAX];
	bool burned = true;
	int n, i, rc, refused = 0, wrong = 0;

	for (n = 0; burned && n < limit; n++) {
		insert.n = n;
		words[0] = '\0';
		light(n);
		rc = fixture_run(&f, insert_tree, &insert, words);
		burned = put_out();
		there[n] = rc == 0;
		refused += rc < 0;
		if ((rc < 0) != (words[0] != '\0') || (rc < 0 && !expected(rc))) {
			fprintf(stderr, "%s, call %d: %d %s\n", what, n, rc, words);
			CHECK(!"a failure in words, of the right kind");
		}
		if (rc == 0 ? !is_whole(n) : !is_absent(n))
			wrong++;
		fly_arena_release(&f.arena);
	}
	printf("%s: %d calls, %d refused\n", what, n, refused);
	CHECK(!burned || limit < 5000);
	CHECK(refused > 0);
	CHECK_INT(wrong, 0);
	/* And so it is after a restart. */
	fly_store_close(f.store);
	fixture_open(&f);
	for (i = 0; i < n; i++)
		wrong += there[i] ? !is_whole(i) : !is_absent(i);
	CHECK_INT(wrong, 0);
}

static int is_no_memory(int rc)
{
	return rc == -ENOMEM;
}

static int is_full(int rc)
{
	return rc == -ENOSPC;
}

static int is_io_error(int rc)
{
	return rc == -EIO;
}

static void test_memory(void)
{
	fixture_begin(&f);
	fails_memory = true;
	sweep("allocations", is_no_memory, 4999);
	fails_memory = false;
	fixture_end(&f);
}

static void test_writes(int error, int (*expected)(int rc))
{
	fixture_begin(&f);
	fails_writes = true;
	fuse_error = error;
	sweep(strerror(error), expected, 300);
	fails_writes = false;
	fixture_end(&f);
}

/* Reads that fail: an error or the right answer, never another one. */
static void test_reads(void)
{
	struct insert insert = {.n = 1};
	struct fly_execution e;
	bool burned = true;
	int n, rc, wrong = 0;

	fixture_begin(&f);
	CHECK_INT(fixture_run(&f, insert_tree, &insert, NULL), 0);
	fails_reads = true;
	fuse_error = EIO;
	for (n = 0; burned && n < 300; n++) {
		fly_store_close(f.store);
		fixture_open(&f);
		fixture_reader(&f);
		light(n);
		rc = fly_execution_get(fixture_reader(&f), f.scope, "r1", FLY_EXECUTION_ALL,
				       &f.arena, &e);
		burned = put_out();
		wrong += rc != 0 && rc != -EIO;
		wrong += !is_whole(1);
	}
	fails_reads = false;
	CHECK(!burned);
	CHECK(n > 3);
	CHECK_INT(wrong, 0);
	fixture_end(&f);
}

/* Opening under each failing allocation: it fails in words, or the store works. */
static void test_opening(void)
{
	struct fly_store *store;
	struct fly_why why;
	bool burned = true;
	int n, rc, refused = 0;

	fixture_begin(&f);
	fly_store_close(f.store);
	fails_memory = true;
	for (n = 0; burned && n < 20000; n += 3) {
		memset(&why, 0, sizeof(why));
		store = NULL;
		light(n);
		rc = fly_store_open(f.path, NULL, &store, &why);
		burned = put_out();
		refused += rc < 0;
		CHECK(rc == 0 || rc == -ENOMEM);
		CHECK((rc < 0) == (why.text[0] != '\0') && (rc < 0) == !store);
		fly_store_close(store);
	}
	fails_memory = false;
	CHECK(refused > 50);
	CHECK(!burned);
	fixture_open(&f);
	fixture_end(&f);
}

/* --- a full disk ---------------------------------------------------------------------- */

static int fill_up(const char *dir)
{
	char path[128];
	int fd;

	snprintf(path, sizeof(path), "%s/filler", dir);
	fd = open(path, O_CREAT | O_WRONLY | O_CLOEXEC, 0600);
	while (fd >= 0 && write(fd, filler, sizeof(filler)) > 0)
		;
	close(fd);
	return unlink(path);
}

static void test_full_disk(void)
{
	struct insert insert = {.n = 0};
	char words[FLY_WHY_MAX] = "", want[FLY_WHY_MAX], path[128];
	struct fly_scope scope;
	int rc = 0, i, good = 0, fd;

	fixture_dir(&f);
	if (mount("none", f.dir, "tmpfs", 0, "size=4m") < 0) {
		printf("can't mount: full disk not tried\n");
		fixture_end(&f);
		return;
	}
	fixture_open(&f);
	CHECK_INT(fixture_run(&f, fixture_project, &f, NULL), 0);
	CHECK_INT(fly_scope_get(fixture_reader(&f), "demo", "staging", &f.arena, &scope), 0);
	f.scope = scope.id;
	snprintf(path, sizeof(path), "%s/filler", f.dir);
	fd = open(path, O_CREAT | O_WRONLY | O_CLOEXEC, 0600);
	CHECK_INT(posix_fallocate(fd, 0, 2 << 20), 0);
	for (; rc == 0 && insert.n < 500; insert.n++)
		rc = fixture_run(&f, insert_tree, &insert, words);
	good = insert.n - 1;
	CHECK_INT(rc, -ENOSPC);
	snprintf(want, sizeof(want), "no room left for the store %s", f.path);
	CHECK_STR(words, want);
	CHECK(good > 10);
	/* Full again and again: refused each time, and all that was there is read. */
	for (i = 0; i < 5; i++, insert.n++)
		CHECK_INT(fixture_run(&f, insert_tree, &insert, words), -ENOSPC);
	for (i = 0; i < good; i++)
		CHECK(is_whole(i));
	/* Room again: it goes on. */
	close(fd);
	unlink(path);
	CHECK_INT(fixture_run(&f, insert_tree, &insert, NULL), 0);
	CHECK(is_whole(insert.n));
	fly_store_close(f.store);
	/* No room at all for opening: words, not a wrong store. */
	fixture_open(&f);
	for (i = 0; i < good; i++)
		CHECK(is_whole(i));
	fill_up(f.dir);
	fixture_end(&f);
	umount(f.dir);
	rmdir(f.dir);
}

/* --- the file is gone ----------------------------------------------------------------- */

static void test_vanished(void)
{
	struct insert insert = {.n = 1};
	char words[FLY_WHY_MAX] = "", want[FLY_WHY_MAX], other[128];

	fixture_begin(&f);
	snprintf(other, sizeof(other), "%s/elsewhere.db", f.dir);
	CHECK_INT(rename(f.path, other), 0);
	CHECK_INT(fixture_run(&f, insert_tree, &insert, words), -EIO);
	snprintf(want, sizeof(want), "the store %s was moved or removed while in use", f.path);
	CHECK_STR(words, want);
	CHECK_INT(rename(other, f.path), 0);
	CHECK_INT(fixture_run(&f, insert_tree, &insert, NULL), 0);
	fixture_end(&f);
}

/* Another program holds the write lock for longer than we wait: refused, and then it goes on. */
static void test_locked(void)
{
	struct insert insert = {.n = 1};
	char words[FLY_WHY_MAX] = "";
	sqlite3 *sql;

	fixture_begin(&f);
	CHECK_INT(sqlite3_open(f.path, &sql), SQLITE_OK);
	CHECK_INT(sqlite3_exec(sql, "BEGIN IMMEDIATE", NULL, NULL, NULL), SQLITE_OK);
	CHECK_INT(fixture_run(&f, insert_tree, &insert, words), -EBUSY);
	CHECK(strstr(words, "locked by another program") != NULL);
	sqlite3_close(sql);
	CHECK_INT(fixture_run(&f, insert_tree, &insert, NULL), 0);
	fixture_end(&f);
}

int main(void)
{
	if (unshare(CLONE_NEWNS) == 0)
		mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL);
	memset(filler, 'f', sizeof(filler));
	hook_memory();
	hook_files();
	test_memory();
	test_writes(ENOSPC, is_full);
	test_writes(EIO, is_io_error);
	test_reads();
	test_opening();
	test_full_disk();
	test_vanished();
	test_locked();
	return check_done();
}
