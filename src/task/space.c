/* SPDX-License-Identifier: Apache-2.0 */
/*
 * space: a mount namespace in which the attempt's own directories stand at the fixed paths that a
 * raw container expects. Nothing of it is seen outside. Where the machine does not allow it, the
 * paths inside the command are replaced instead.
 *
 * A missing mount point is not made on the machine's file systems: the nearest directory that
 * exists is shadowed by a tmpfs that holds each of its entries, bound, and the missing part.
 *
 * Where inputs and outputs stand is the user's word: every name of such a path is looked up with
 * the user's rights, and the daemon's rights work on the descriptors found, never on the names. A
 * shadow shows nothing that the user could not have opened.
 */
#include "supervisor.h"

#include <dirent.h>
#include <fcntl.h>
#include <limits.h>
#include <sched.h>
#include <stdio.h>
#include <sys/mount.h>
#include <sys/stat.h>

#define SHADOWS_MAX 8

struct space {
	const struct fly_job *job;
	const char *staging; /* a directory that nobody else can change, to build a shadow on */
	dev_t shadows[SHADOWS_MAX];
	size_t n_shadows;
};

int fly_write_text(const char *path, const char *text)
{
	auto_fd fd = open(path, O_WRONLY | O_CLOEXEC);

	return fd < 0 ? -errno : fly_write_all(fd, text, strlen(text));
}

/* Without privileges a user namespace gives the right to mount; ids stay what they are. */
int fly_space_unshare(void)
{
	char uids[64], gids[64];
	int ret;

	snprintf(uids, sizeof(uids), "%u %u 1", geteuid(), geteuid());
	snprintf(gids, sizeof(gids), "%u %u 1", getegid(), getegid());
	if (unshare(CLONE_NEWNS) == 0)
		return 0;
	if (unshare(CLONE_NEWUSER | CLONE_NEWNS) < 0)
		return -errno;
	ret = fly_write_text("/proc/self/uid_map", uids);
	if (!ret)
		ret = fly_write_text("/proc/self/setgroups", "deny");
	if (!ret)
		ret = fly_write_text("/proc/self/gid_map", gids);
	return ret;
}

int fly_space_open(const struct fly_job *job, int *fds)
{
	for (size_t i = 0; i < job->n_binds; i++) {
		fds[i] = open(job->binds[i].source, O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
		if (fds[i] < 0)
			return -errno;
	}
	return 0;
}

/* --- looking, with the user's rights; mounting, with the daemon's --------- */

static int lend(const struct space *s)
{
	return fly_identity_borrow(s->job);
}

static void take_back(const struct space *s)
{
	if (s->job->switch_user && fly_identity_return() < 0)
		_exit(127);
}

static int bind_fd(int source, int target_dir, const char *name, unsigned long flags)
{
	char from[64], to[64 + NAME_MAX];

	snprintf(from, sizeof(from), "/proc/self/fd/%d", source);
	snprintf(to, sizeof(to), "/proc/self/fd/%d%s%s", target_dir, name ? "/" : "",
		 name ? name : "");
	return mount(from, to, NULL, MS_BIND | flags, NULL) < 0 ? -errno : 0;
}

/* The next name of a path into name; NULL behind the last one. */
static const char *next_name(const char *path, char name[NAME_MAX + 1])
{
	size_t len;

	path += strspn(path, "/");
	len = strcspn(path, "/");
	if (!len || len > NAME_MAX)
		return NULL;
	memcpy(name, path, len);
	name[len] = '\0';
	return path + len;
}

/*
 * The deepest directory of a path that the user can reach; *rest: the part of the path that does
 * not exist. A descriptor, so that what is looked at is what is mounted on: the user may change any
 * name of the path meanwhile.
 */
static int reach(const struct space *s, const char *path, const char **rest, bool *is_root)
{
	char name[NAME_MAX + 1];
	int fd, ret = lend(s);
	const char *end;

	if (ret < 0)
		return ret;
	fd = open("/", O_PATH | O_DIRECTORY | O_CLOEXEC);
	*is_root = true;
	while (fd >= 0 && (end = next_name(path, name))) {
		int next = openat(fd, name, O_PATH | O_DIRECTORY | O_CLOEXEC);

		if (next < 0 && errno == ENOENT)
			break;
		ret = next < 0 ? -errno : 0;
		close(fd);
		fd = next;
		path = end;
		*is_root = false;
	}
	take_back(s);
	*rest = path + strspn(path, "/");
	return fd >= 0 ? fd : ret < 0 ? ret : -EACCES;
}

/* --- shadows -------------------------------------------------------------- */

/* What can't be shown is left out: it is the command that would miss it, and say so. */
static void show_entry(const struct space *s, int from, const char *name, int to)
{
	auto_fd entry = -1, file = -1;
	char target[4096];
	struct stat st;
	ssize_t n = -1;

	if (lend(s) < 0)
		return;
	entry = openat(from, name, O_PATH | O_NOFOLLOW | O_CLOEXEC);
	if (entry >= 0 && fstat(entry, &st) == 0 && S_ISLNK(st.st_mode))
		n = readlinkat(entry, "", target, sizeof(target) - 1);
	take_back(s);
	if (entry < 0)
		return;
	if (S_ISLNK(st.st_mode)) {
		target[n < 0 ? 0 : n] = '\0';
		n = symlinkat(target, to, name);
		return;
	}
	if (S_ISDIR(st.st_mode)) {
		if (mkdirat(to, name, 0755) < 0)
			return;
	} else {
		file = openat(to, name, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0644);
		if (file < 0)
			return;
	}
	bind_fd(entry, to, name, MS_REC);
}

static int show_entries(const struct space *s, int parent, int to)
{
	struct dirent *e;
	DIR *dir;
	int fd = lend(s);

	if (fd < 0)
		return fd;
	fd = openat(parent, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	take_back(s);
	dir = fd >= 0 ? fdopendir(fd) : NULL;
	if (!dir)
		return -errno;
	while ((e = readdir(dir)))
		if (strcmp(e->d_name, ".") && strcmp(e->d_name, ".."))
			show_entry(s, dirfd(dir), e->d_name, to);
	closedir(dir);
	return 0;
}

static int make_below(int dir, const char *rest)
{
	char name[NAME_MAX + 1];
	auto_fd at = openat(dir, ".", O_PATH | O_DIRECTORY | O_CLOEXEC);

	if (at < 0)
		return -errno;
	while ((rest = next_name(rest, name))) {
		int next;

		if (mkdirat(at, name, 0755) < 0)
			return -errno;
		next = openat(at, name, O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
		if (next < 0)
			return -errno;
		close(at);
		at = next;
	}
	return 0;
}

static int attach(const struct space *s, int shadow, int parent, bool is_root)
{
	char target[64];

	snprintf(target, sizeof(target), "/proc/self/fd/%d", parent);
	if (!is_root)
		return mount(s->staging, target, NULL, MS_MOVE, NULL) < 0 ? -errno : 0;
	return fchdir(shadow) < 0 || chroot(".") < 0 || chdir("/") < 0 ? -errno : 0;
}

static int shadow(struct space *s, int parent, bool is_root, const char *rest)
{
	auto_fd top = -1;
	char options[32];
	struct stat st;
	int ret;

	if (s->n_shadows == SHADOWS_MAX || fstat(parent, &st) < 0)
		return -ENOTSUP;
	snprintf(options, sizeof(options), "mode=%o", st.st_mode & 07777);
	if (mount("flytefs", s->staging, "tmpfs", MS_NOSUID | MS_NODEV, options) < 0)
		return -errno;
	top = open(s->staging, O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (top < 0 || fstat(top, &st) < 0)
		return -errno;
	s->shadows[s->n_shadows++] = st.st_dev;
	ret = show_entries(s, parent, top);
	if (!ret)
		ret = make_below(top, rest);
	if (!ret)
		ret = attach(s, top, parent, is_root);
	/* Where the shadow holds the place it was built on, it holds a copy of itself there. */
	umount2(s->staging, MNT_DETACH);
	return ret;
}

static bool is_shadow(const struct space *s, int dir)
{
	struct stat st;

	if (fstat(dir, &st) < 0)
		return false;
	for (size_t i = 0; i < s->n_shadows; i++)
		if (s->shadows[i] == st.st_dev)
			return true;
	return false;
}

/* --- targets -------------------------------------------------------------- */

static bool is_plain_path(const char *path)
{
	return path[0] == '/' && path[1] && !strstr(path, "/../") &&
	       !(strlen(path) >= 3 && !strcmp(path + strlen(path) - 3, "/.."));
}

static int make_target(struct space *s, const char *target)
{
	const char *rest;
	bool is_root;
	auto_fd dir = -1;

	if (!is_plain_path(target))
		return -EINVAL;
	dir = reach(s, target, &rest, &is_root);
	if (dir < 0)
		return dir;
	if (!*rest)
		return 0;
	return is_shadow(s, dir) ? make_below(dir, rest) : shadow(s, dir, is_root, rest);
}

static int bind_target(const struct space *s, int source, const char *target)
{
	const char *rest;
	bool is_root;
	auto_fd dir = reach(s, target, &rest, &is_root);

	if (dir < 0)
		return dir;
	return *rest ? -ENOENT : bind_fd(source, dir, NULL, 0);
}

int fly_space_bind(const struct fly_job *job, const int *fds, const char *staging)
{
	struct space s = {.job = job, .staging = staging};
	int ret = 0;

	/* Mounts and unmounts of the machine come in, ours do not get out. */
	if (mount(NULL, "/", NULL, MS_REC | MS_SLAVE, NULL) < 0)
		return -errno;
	for (size_t i = 0; i < job->n_binds && !ret; i++)
		ret = make_target(&s, job->binds[i].target);
	for (size_t i = 0; i < job->n_binds && !ret; i++)
		ret = bind_target(&s, fds[i], job->binds[i].target);
	return ret;
}

/* A path ends where a name does: /in/x is below /in, /inner is not. */
static bool ends_name(char c)
{
	return !(c == '_' || c == '-' || c == '.' || (c >= '0' && c <= '9') ||
		 (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z'));
}

static const char *replace(const char *text, const struct fly_bind *bind, struct fly_arena *arena)
{
	size_t len = strlen(bind->target);
	auto_buf b = {0};
	const char *at;

	while ((at = strstr(text, bind->target))) {
		fly_buf_add(&b, text, (size_t)(at - text));
		fly_buf_puts(&b, ends_name(at[len]) ? bind->source : bind->target);
		text = at + len;
	}
	fly_buf_puts(&b, text);
	return b.failed ? NULL : fly_arena_strndup(arena, b.data, b.len);
}

int fly_space_rewrite(struct fly_job *job, struct fly_arena *arena)
{
	for (size_t i = 0; i < job->n_argv; i++)
		for (size_t j = 0; j < job->n_binds; j++) {
			job->argv[i] = replace(job->argv[i], &job->binds[j], arena);
			if (!job->argv[i])
				return -ENOMEM;
		}
	return 0;
}
