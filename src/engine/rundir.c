/* SPDX-License-Identifier: Apache-2.0 */
/*
 * rundir: where runs lie on disk: a directory for each by its row's id, and gone/ for those that
 * are being removed. Ids are given anew when the store is another one, or an older one out of a
 * backup: so each directory says whose it is. It knows nothing of what lies deeper.
 */
#include "model.h"

#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>

#include "tree.h"

#define OWNER_MAX 1024

/* --- making ------------------------------------------------------------- */

static int make_dir(int base, const char *path, mode_t mode)
{
	return mkdirat(base, path, mode) < 0 && errno != EEXIST ? -errno : 0;
}

static int owner_text(const struct fly_run *run, char text[OWNER_MAX])
{
	const Flyteidl__Core__WorkflowExecutionIdentifier *id = run->identifier;

	return snprintf(text, OWNER_MAX, "%s/%s/%s %lld\n", id->project, id->domain, id->name,
			(long long)run->created_ns);
}

static int write_owner(const struct fly_run *run, const char *top)
{
	char path[64], text[OWNER_MAX];
	int len = owner_text(run, text);
	auto_fd fd = -1;

	snprintf(path, sizeof(path), "%s/of", top);
	fd = openat(run->engine->rundir_fd, path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	if (fd < 0)
		return errno == EEXIST ? 0 : -errno;
	return fly_write_all(fd, text, (size_t)len < OWNER_MAX ? (size_t)len : OWNER_MAX - 1);
}

int fly_rundir_make(struct fly_run *run)
{
	int base = run->engine->rundir_fd;
	char top[32], own[40], attempts[40];
	int rc;

	if (run->has_dirs)
		return 0;
	snprintf(top, sizeof(top), "%lld", (long long)run->id);
	snprintf(own, sizeof(own), "%s/run", top);
	snprintf(attempts, sizeof(attempts), "%s/a", top);
	rc = make_dir(base, top, 0711);
	if (!rc)
		rc = write_owner(run, top);
	if (!rc)
		rc = make_dir(base, attempts, 0700);
	if (!rc)
		rc = make_dir(base, own, 0700);
	if (!rc && run->switch_user &&
	    fchownat(base, own, run->uid, run->gid, AT_SYMLINK_NOFOLLOW) < 0)
		rc = -errno;
	run->has_dirs = !rc;
	return rc;
}

void fly_rundir_check(struct fly_run *run)
{
	char path[64], want[OWNER_MAX];
	auto_buf have = {0};

	snprintf(path, sizeof(path), "%lld/of", (long long)run->id);
	if (fly_read_file(run->engine->rundir_fd, path, OWNER_MAX, &have) < 0 || !have.data)
		return;
	owner_text(run, want);
	if (!strcmp(have.data, want))
		return;
	fly_log(FLY_WARNING, "engine", "%s: removing %lld in %s, which another store has left",
		run->identifier->name, (long long)run->id, run->engine->rundir);
	fly_rundir_remove(run->engine, run->id);
}

/* --- removing ----------------------------------------------------------- */

void fly_rundir_put_away(struct fly_engine *e, int64_t execution)
{
	char top[32], gone[48];

	snprintf(top, sizeof(top), "%lld", (long long)execution);
	snprintf(gone, sizeof(gone), "gone/%s", top);
	/* One of that number may be there still: both go, when the next daemon looks. */
	for (int i = 1; i < 100; i++) {
		if (!renameat2(e->rundir_fd, top, e->rundir_fd, gone, RENAME_NOREPLACE) ||
		    errno != EEXIST)
			return;
		snprintf(gone, sizeof(gone), "gone/%s.%d", top, i);
	}
}

/* A tree may be large: another process takes the time. */
static void remove_gone(struct fly_engine *e, const char *name)
{
	char path[PATH_MAX];
	char *argv[] = {"flytefs-task", "remove", path, NULL};

	snprintf(path, sizeof(path), "%s/gone/%s", e->rundir, name);
	fly_helper_start(e, e->task_program, argv, "");
}

void fly_rundir_remove(struct fly_engine *e, int64_t execution)
{
	char name[32];

	fly_rundir_put_away(e, execution);
	snprintf(name, sizeof(name), "%lld.", (long long)execution);
	unlinkat(e->live_fd, name, 0);
	name[strlen(name) - 1] = '\0';
	remove_gone(e, name);
}

void fly_rundir_sweep(struct fly_engine *e)
{
	DIR *dir = fly_tree_open(e->rundir_fd, "gone");
	struct dirent *entry;

	while (dir && (entry = readdir(dir)))
		if (entry->d_name[0] != '.')
			remove_gone(e, entry->d_name);
	if (dir)
		closedir(dir);
}
