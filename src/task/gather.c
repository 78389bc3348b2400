/* SPDX-License-Identifier: Apache-2.0 */
/*
 * gather: what a task left, taken into the record. It runs with the rights of the task's user, so
 * that a link to somebody else's file shows what that user may see and no more.
 */
#include "supervisor.h"

#include <dirent.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <sys/stat.h>

#include "tree.h"

static void take_file(const char *path, uint64_t max, struct fly_found *found, struct fly_buf *b)
{
	auto_fd fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
	struct stat st;
	int ret;

	if (fd < 0 || fstat(fd, &st) < 0) {
		found->error = errno;
		return;
	}
	found->size = (uint64_t)st.st_size;
	if (S_ISDIR(st.st_mode)) {
		found->kind = FLY_FOUND_DIR;
		found->error = EISDIR;
		return;
	}
	found->kind = FLY_FOUND_FILE;
	ret = fly_read_file(AT_FDCWD, path, max, b);
	found->error = -ret;
	found->data = (struct fly_bytes){(const uint8_t *)b->data, b->len};
}

/* The only entry called NAME.* beside path; NULL when there is none or more than one. */
static char *with_suffix(const char *path)
{
	const char *slash = strrchr(path, '/'), *name = slash ? slash + 1 : path;
	auto_free char *parent = strndup(path, (size_t)(name - path));
	char *only = NULL;
	struct dirent *e;
	DIR *dir = parent ? opendir(*parent ? parent : ".") : NULL;
	size_t len = strlen(name);

	while (dir && (e = readdir(dir))) {
		if (strncmp(e->d_name, name, len) || e->d_name[len] != '.')
			continue;
		if (only) {
			free(only);
			only = NULL;
			break;
		}
		if (asprintf(&only, "%s%s", parent, e->d_name) < 0)
			only = NULL;
	}
	if (dir)
		closedir(dir);
	return only;
}

static void take_any(const struct fly_want *want, struct fly_found *found, struct fly_buf *b)
{
	auto_free char *other = NULL;

	take_file(want->path, want->max_bytes, found, b);
	if (found->error != ENOENT)
		return;
	other = with_suffix(want->path);
	if (other)
		take_file(other, want->max_bytes, found, b);
}

static int move_to(const char *from, const char *to)
{
	const char *slash = strrchr(to, '/');
	auto_free char *parent = strndup(to, slash ? (size_t)(slash - to) : 0);
	int ret;

	if (!parent)
		return -ENOMEM;
	ret = *parent ? fly_tree_mkdir(parent, 0777) : 0;
	if (!ret)
		ret = fly_tree_remove(AT_FDCWD, to);
	if (ret < 0)
		return ret;
	if (rename(from, to) == 0)
		return 0;
	return errno == EXDEV ? fly_tree_copy(from, to) : -errno;
}

/* A link is what the task points at: it stays where it is. A file or tree moves out of the way. */
static void take_blob(const struct fly_want *want, struct fly_found *found, char resolved[PATH_MAX])
{
	auto_free char *other = NULL;
	const char *from = want->path;
	struct stat st;

	if (lstat(from, &st) < 0 && errno == ENOENT && (other = with_suffix(from)))
		from = other;
	if (lstat(from, &st) < 0 || (S_ISLNK(st.st_mode) && stat(from, &st) < 0)) {
		found->error = errno;
		return;
	}
	if (!S_ISREG(st.st_mode) && !S_ISDIR(st.st_mode)) {
		found->error = EINVAL;
		return;
	}
	if (!realpath(from, resolved)) {
		found->error = errno;
		return;
	}
	found->kind = S_ISDIR(st.st_mode) ? FLY_FOUND_DIR : FLY_FOUND_FILE;
	found->path = resolved;
	if (lstat(from, &st) == 0 && !S_ISLNK(st.st_mode)) {
		found->error = -move_to(from, want->to);
		found->path = want->to;
	}
	if (!found->error)
		found->size = fly_tree_size(AT_FDCWD, found->path);
}

static void look(const struct fly_want *want, struct fly_found *found)
{
	struct stat st;

	if (stat(want->path, &st) < 0)
		found->error = errno;
	else
		found->kind = S_ISDIR(st.st_mode) ? FLY_FOUND_DIR : FLY_FOUND_FILE;
}

static void take(const struct fly_want *want, bool with_files, struct fly_buf *out)
{
	struct fly_found found = {.kind = FLY_FOUND_NOTHING};
	char resolved[PATH_MAX];
	auto_buf data = {0};

	if (want->kind == FLY_WANT_DIR)
		look(want, &found);
	else if (!with_files)
		found.error = ENOENT;
	else if (want->kind == FLY_WANT_FILE)
		take_file(want->path, want->max_bytes, &found, &data);
	else if (want->kind == FLY_WANT_ANY)
		take_any(want, &found, &data);
	else
		take_blob(want, &found, resolved);
	fly_found_print(&found, out);
}

void fly_gather(const struct fly_job *job, bool with_files, struct fly_buf *b)
{
	for (size_t i = 0; i < job->n_wants; i++)
		take(&job->wants[i], with_files, b);
}
