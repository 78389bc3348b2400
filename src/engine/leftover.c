/* SPDX-License-Identifier: Apache-2.0 */
/*
 * leftover: what crashes and deletions leave behind: tasks of executions that are over, tasks whose
 * supervisor was killed. Also the mark that keeps tasks of an aborted execution from
 * beginning. It knows no runs, only names below the run directory.
 */
#include "model.h"

#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <sys/pidfd.h>
#include <sys/stat.h>

#include "tree.h"

void fly_proc_mark_aborted(struct fly_engine *e, int64_t execution)
{
	char top[32], mark[48];
	int fd;

	snprintf(top, sizeof(top), "%lld", (long long)execution);
	snprintf(mark, sizeof(mark), "%s/aborted", top);
	if (mkdirat(e->rundir_fd, top, 0711) < 0 && errno != EEXIST)
		return;
	fd = openat(e->rundir_fd, mark, O_WRONLY | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (fd >= 0)
		close(fd);
}

/* --- attempts that nobody follows --------------------------------------- */

static void stop(struct fly_engine *e, int dir, const char *path)
{
	auto_fd fd = fly_supervisor_open(dir);
	char whole[PATH_MAX];
	char *argv[] = {"flytefs-task", "bury", whole, NULL};

	if (fd >= 0)
		pidfd_send_signal(fd, SIGTERM, NULL, 0);
	else if (!fly_is_own_trouble(fd) &&
		 (size_t)snprintf(whole, sizeof(whole), "%s/%s", e->rundir, path) < sizeof(whole))
		fly_helper_start(e, e->task_program, argv, "");
}

/* The key of a name in live/: "" for the mark of an execution that is deleted. */
static const char *key_of(const char *name)
{
	const char *dot = strchr(name, '.');

	return dot && dot != name ? dot + 1 : NULL;
}

static bool is_attempt_of(const char *name, int64_t execution)
{
	return *key_of(name) && strtoll(name, NULL, 10) == execution;
}

/* False: nothing can be said. */
static bool each_live(struct fly_engine *e,
		      void (*visit)(struct fly_engine *, const char *name, void *arg), void *arg)
{
	DIR *dir = fly_tree_open(e->live_fd, ".");
	struct dirent *entry;

	while (dir && (entry = readdir(dir)))
		if (key_of(entry->d_name))
			visit(e, entry->d_name, arg);
	if (dir)
		closedir(dir);
	return dir;
}

struct attempts {
	int64_t execution;
	bool live;
};

static void find_live(struct fly_engine *e, const char *name, void *arg)
{
	struct attempts *a = arg;

	a->live |= is_attempt_of(name, a->execution);
}

bool fly_proc_is_live(struct fly_engine *e, int64_t execution)
{
	struct attempts a = {.execution = execution};

	return !each_live(e, find_live, &a) || a.live;
}

void fly_proc_mark_deleted(struct fly_engine *e, int64_t execution)
{
	char name[32];
	int fd;

	snprintf(name, sizeof(name), "%lld.", (long long)execution);
	fd = openat(e->live_fd, name, O_WRONLY | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (fd >= 0)
		close(fd);
}

/* True: it lives, and is looked at again by the next daemon. */
static bool stop_attempt(struct fly_engine *e, const char *name)
{
	char path[PATH_MAX];
	auto_fd dir = -1;
	int rc;

	snprintf(path, sizeof(path), "%lld/a/%s", strtoll(name, NULL, 10), key_of(name));
	dir = openat(e->rundir_fd, path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	rc = dir < 0 ? -errno : fly_proc_is_locked(dir);
	/* Without a record, processes may be left that have closed the lock. */
	if (rc > 0 || (!rc && faccessat(dir, "exit", F_OK, AT_SYMLINK_NOFOLLOW) < 0))
		stop(e, dir, path);
	if (rc <= 0 && !fly_is_own_trouble(rc))
		unlinkat(e->live_fd, name, 0);
	return rc > 0 || fly_is_own_trouble(rc);
}

static void sweep_attempt(struct fly_engine *e, const char *name, void *arg)
{
	struct fly_run *run;

	if (!*key_of(name))
		return;
	run = fly_run_find(e, strtoll(name, NULL, 10));
	if (run)
		run->has_leftovers = true;
	else
		stop_attempt(e, name);
}

static void stop_leftover(struct fly_engine *e, const char *name, void *arg)
{
	struct attempts *a = arg;

	if (is_attempt_of(name, a->execution) && stop_attempt(e, name))
		a->live = true;
}

bool fly_proc_stop_leftovers(struct fly_engine *e, int64_t execution)
{
	struct attempts a = {.execution = execution};

	return !each_live(e, stop_leftover, &a) || a.live;
}

static bool has_row(struct fly_engine *e, int64_t execution)
{
	struct fly_db *db = fly_store_reader(e->store, NULL);
	auto_arena arena = {0};
	struct fly_execution row;

	return !db || fly_execution_get_id(db, execution, FLY_EXECUTION_HEAD, &arena, &row) !=
			      -ENOENT;
}

static void sweep_deleted(struct fly_engine *e, const char *name, void *arg)
{
	int64_t execution = strtoll(name, NULL, 10);

	if (*key_of(name) || fly_proc_is_live(e, execution))
		return;
	if (has_row(e, execution))
		unlinkat(e->live_fd, name, 0); /* the deletion was not committed */
	else
		fly_rundir_remove(e, execution);
}

void fly_proc_sweep(struct fly_engine *e)
{
	if (!e->jobs)
		return;
	each_live(e, sweep_attempt, NULL);
	each_live(e, sweep_deleted, NULL);
}

/* --- the end of what an attempt printed --------------------------------- */

static void read_tail(int dir, const char *name, size_t max, struct fly_buf *b)
{
	auto_fd fd = openat(dir, name, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
	struct stat st;
	char *to;
	ssize_t n;

	if (fd < 0 || fstat(fd, &st) < 0 || !(to = fly_buf_reserve(b, max)))
		return;
	n = pread(fd, to, max, st.st_size > (off_t)max ? st.st_size - (off_t)max : 0);
	if (n > 0) {
		b->len += (size_t)n;
		b->data[b->len] = '\0';
	}
}

static const char *last_lines(const struct fly_buf *b, size_t max_lines)
{
	size_t lines = 0, i = b->len;

	while (i && b->data[i - 1] == '\n')
		i--;
	for (; i; i--)
		if (b->data[i - 1] == '\n' && ++lines == max_lines)
			break;
	return b->data + i;
}

static int open_attempt(struct fly_run *run, const char *key)
{
	char path[PATH_MAX];

	snprintf(path, sizeof(path), "%lld/a/%s", (long long)run->id, key);
	return openat(run->engine->rundir_fd, path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
}

const char *fly_proc_trouble(struct fly_run *run, const char *key, struct fly_arena *arena)
{
	auto_fd dir = open_attempt(run, key);
	auto_buf b = {0};
	char *text;

	if (dir < 0 || fly_read_file(dir, "trouble", 4096, &b) < 0 || !b.len)
		return "";
	text = fly_arena_strndup(arena, b.data, strcspn(b.data, "\n"));
	return text ? text : "";
}

const char *fly_proc_tail(struct fly_run *run, const char *key, size_t max, size_t max_lines,
			  struct fly_arena *arena)
{
	auto_fd dir = open_attempt(run, key);
	auto_buf b = {0};
	char *text;

	if (dir < 0)
		return "";
	read_tail(dir, "stderr", max, &b);
	if (!b.len)
		read_tail(dir, "stdout", max, &b);
	if (!b.len)
		return "";
	text = fly_arena_strdup(arena, last_lines(&b, max_lines));
	if (!text)
		return "";
	fly_utf8_repair(text);
	return text;
}
