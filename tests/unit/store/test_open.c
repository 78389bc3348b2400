/* SPDX-License-Identifier: Apache-2.0 */
/* Opening: what is made, what is refused and in which words. */
#include <fcntl.h>
#include <sched.h>
#include <sqlite3.h>
#include <sys/mount.h>
#include <sys/wait.h>

#include "store_fixture.h"

static void write_text(const char *path, const char *text)
{
	FILE *file = fopen(path, "we");

	CHECK(file != NULL);
	if (file) {
		fputs(text, file);
		fclose(file);
	}
}

/* Open path and expect a refusal whose sentence is `words` with %s for the path. */
static void expect_refusal(const char *path, bool read_only, int error, const char *words)
{
	struct fly_store_options options = {.read_only = read_only};
	struct fly_store *store = NULL;
	struct fly_why why = {.status = FLY_OK};
	char want[FLY_WHY_MAX];
	const char *mark = strstr(words, "%s");

	CHECK_INT(fly_store_open(path, &options, &store, &why), -error);
	CHECK(store == NULL);
	snprintf(want, sizeof(want), "%.*s%s%s", mark ? (int)(mark - words) : (int)strlen(words),
		 words, mark ? path : "", mark ? mark + 2 : "");
	CHECK_STR(why.text, want);
	CHECK_INT(why.error, error);
	/* Without a place for words the code is the same. */
	CHECK_INT(fly_store_open(path, &options, &store, NULL), -error);
}

static void test_open_twice(void)
{
	struct fixture f;
	char words[160], link[128];

	fixture_begin(&f);
	snprintf(words, sizeof(words), "another flytefs (pid %ld) serves %%s", (long)getpid());
	expect_refusal(f.path, false, EBUSY, words);
	/* A symlink is no way around the lock. */
	snprintf(link, sizeof(link), "%s/link.db", f.dir);
	CHECK_INT(symlink(f.path, link), 0);
	snprintf(words, sizeof(words), "another flytefs (pid %ld) serves %s", (long)getpid(),
		 f.path);
	expect_refusal(link, false, EBUSY, words);
	/* The refused ones took nothing from the first. */
	CHECK_INT(fly_project_get(fixture_reader(&f), "demo", &f.arena, &(struct fly_project){0}),
		  0);
	fixture_end(&f);
}

/* A process that starts at the moment of a crash holds the lock until it executes its program. */
static void test_inherited_lock(void)
{
	struct fixture f;
	int status;
	pid_t daemon;

	fixture_dir(&f);
	daemon = fork();
	if (!daemon) {
		struct fly_store *store;

		if (fly_store_open(f.path, NULL, &store, NULL) < 0)
			_exit(1);
		if (!fork())
			usleep(100000);
		_exit(0);
	}
	CHECK(waitpid(daemon, &status, 0) == daemon && status == 0);
	fixture_open(&f);
	CHECK(f.store != NULL);
	fixture_end(&f);
}

static unsigned mode_of(const char *path, const char *suffix)
{
	char name[160];
	struct stat st = {0};

	snprintf(name, sizeof(name), "%s%s", path, suffix);
	CHECK_INT(stat(name, &st), 0);
	return st.st_mode & 07777;
}

static void test_modes(void)
{
	mode_t old = umask(0);
	struct fixture f;

	fixture_begin(&f);
	CHECK_INT(mode_of(f.path, ""), 0600);
	CHECK_INT(mode_of(f.path, "-wal"), 0600);
	CHECK_INT(mode_of(f.path, "-shm"), 0600);
	CHECK_INT(mode_of(f.path, ".lock"), 0600);
	CHECK_STR(fly_store_path(f.store), f.path);
	fixture_end(&f);
	umask(old);
}

static void test_missing_places(void)
{
	struct fixture f;
	char path[160];

	fixture_dir(&f);
	snprintf(path, sizeof(path), "%s/none/flyte.db", f.dir);
	expect_refusal(path, false, ENOENT, "can't open %s: No such file or directory");
	expect_refusal(f.path, true, ENOENT, "can't open %s: No such file or directory");
	expect_refusal(f.dir, false, EISDIR, "%s is a directory, not a store");
	fixture_end(&f);
}

static void test_foreign_files(void)
{
	struct fixture f;
	struct stat before, after;
	sqlite3 *sql;
	int i;

	fixture_dir(&f);
	write_text(f.path, "this is a letter, long enough that it could be a database by its size, "
			   "which starts with a header of a hundred bytes");
	expect_refusal(f.path, false, EIO, "%s is not a store: it is not a SQLite file");
	expect_refusal(f.path, true, EIO, "%s is not a store: it is not a SQLite file");

	unlink(f.path);
	CHECK_INT(sqlite3_open(f.path, &sql), SQLITE_OK);
	CHECK_INT(sqlite3_exec(sql, "CREATE TABLE x (y)", NULL, NULL, NULL), SQLITE_OK);
	sqlite3_close(sql);
	stat(f.path, &before);
	for (i = 0; i < 2; i++)
		expect_refusal(f.path, i, EIO,
			       "%s is not a store: it is another program's database");
	stat(f.path, &after);
	CHECK_INT(before.st_mtim.tv_nsec, after.st_mtim.tv_nsec);
	fixture_end(&f);
}

static void set_version(const struct fixture *f, const char *pragma)
{
	sqlite3 *sql;

	CHECK_INT(sqlite3_open(f->path, &sql), SQLITE_OK);
	CHECK_INT(sqlite3_exec(sql, pragma, NULL, NULL, NULL), SQLITE_OK);
	sqlite3_close(sql);
}

static void test_newer_schema(void)
{
	struct fixture f;

	fixture_begin(&f);
	fly_store_close(f.store);
	set_version(&f, "PRAGMA user_version = 99");
	expect_refusal(f.path, false, EPROTO,
		       "the store %s was written by a newer flytefs (schema 99, this one knows 1)");
	expect_refusal(f.path, true, EPROTO,
		       "the store %s was written by a newer flytefs (schema 99, this one knows 1)");
	set_version(&f, "PRAGMA user_version = 1");
	fixture_open(&f);
	fixture_end(&f);
}

/* An empty file, as a creation that was cut short leaves it, becomes a store. */
static void test_empty_file(void)
{
	struct fixture f;

	fixture_dir(&f);
	write_text(f.path, "");
	fixture_open(&f);
	CHECK_INT(fixture_run(&f, fixture_project, &f, NULL), 0);
	fixture_end(&f);
}

static int do_nothing(struct fly_db *db, void *arg, struct fly_why *why)
{
	return 0;
}

/* A reader beside a daemon sees what it commits, and writes nothing. */
static void test_read_only(void)
{
	struct fly_store_options options = {.read_only = true};
	struct fly_store *store = NULL;
	struct fly_project p;
	struct fly_scope scope;
	struct fly_why why = {.status = FLY_OK};
	struct fixture f;
	struct job job = {.work = {.apply = job_apply}, .f = do_nothing};

	fixture_begin(&f);
	CHECK_INT(fly_store_open(f.path, &options, &store, &why), 0);
	CHECK_INT(fly_project_get(fly_store_reader(store, NULL), "demo", &f.arena, &p), 0);
	CHECK_INT(fly_scope_get(fly_store_reader(store, NULL), "demo", "staging", &f.arena, &scope),
		  0);
	CHECK_INT(scope.id, f.staging);
	CHECK_INT(fly_store_new_id(store, &why), -EROFS);
	CHECK_INT(fly_store_run(store, &job.work), -EROFS);
	CHECK(strstr(job.work.why.text, "read-only") != NULL);
	fly_store_close(store);
	fixture_end(&f);
}

/* The middle of the file overwritten: an error in words, no crash, and the store still closes. */
static void test_damage(void)
{
	struct fixture f;
	struct fly_store *store = NULL;
	struct fly_why why = {.status = FLY_OK};
	struct fly_project *rows;
	char junk[4096];
	struct stat st;
	int fd, rc;
	off_t at;

	fixture_begin(&f);
	fly_store_close(f.store);
	memset(junk, 0x5a, sizeof(junk));
	fd = open(f.path, O_WRONLY | O_CLOEXEC);
	CHECK_INT(fstat(fd, &st), 0);
	for (at = sizeof(junk); at < st.st_size; at += sizeof(junk))
		CHECK_INT(pwrite(fd, junk, sizeof(junk), at), sizeof(junk));
	close(fd);
	rc = fly_store_open(f.path, NULL, &store, &why);
	if (rc == 0)
		rc = fly_project_list(fly_store_reader(store, NULL), NULL, 10, &f.arena, &rows);
	else
		CHECK(strstr(why.text, "damaged") != NULL);
	CHECK_INT(rc, -EIO);
	f.store = store;
	fixture_end(&f);
}

static int remount(const char *dir, unsigned long flags)
{
	return mount(NULL, dir, NULL, MS_REMOUNT | flags, NULL);
}

/* On a read-only file system a closed store opens, one left in the middle doesn't. */
static void test_read_only_place(void)
{
	struct fly_store_options options = {.read_only = true};
	struct fly_store *store = NULL;
	struct fly_why why = {.status = FLY_OK};
	struct fly_project p;
	struct fixture f;
	char copy[160], command[600];

	fixture_dir(&f);
	if (mount("none", f.dir, "tmpfs", 0, "size=8m") < 0) {
		printf("can't mount: read-only place not tried\n");
		fixture_end(&f);
		return;
	}
	fixture_open(&f);
	CHECK_INT(fixture_run(&f, fixture_project, &f, NULL), 0);
	snprintf(copy, sizeof(copy), "%s/copy.db", f.dir);
	snprintf(command, sizeof(command), "cp %s %s && cp %s-wal %s-wal", f.path, copy, f.path,
		 copy);
	CHECK_INT(system(command), 0);
	fly_store_close(f.store);
	f.store = NULL;
	CHECK_INT(remount(f.dir, MS_RDONLY), 0);
	CHECK_INT(fly_store_open(f.path, &options, &store, &why), 0);
	if (store)
		CHECK_INT(fly_project_get(fly_store_reader(store, NULL), "demo", &f.arena, &p), 0);
	fly_store_close(store);
	expect_refusal(copy, true, EROFS,
		       "the store %s was not closed and lies on a read-only file system: open it "
		       "once where it can be written");
	CHECK_INT(fly_store_open(f.path, NULL, &store, &why), -EROFS);
	CHECK_INT(remount(f.dir, 0), 0);
	fixture_end(&f);
	umount(f.dir);
	rmdir(f.dir);
}

int main(void)
{
	/* Mounts of the test are its own and end with it. */
	if (unshare(CLONE_NEWNS) == 0)
		mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL);
	test_open_twice();
	test_inherited_lock();
	test_modes();
	test_missing_places();
	test_foreign_files();
	test_newer_schema();
	test_empty_file();
	test_read_only();
	test_damage();
	test_read_only_place();
	return check_done();
}
