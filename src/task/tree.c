/* SPDX-License-Identifier: Apache-2.0 */
/* tree: see tree.h. Directories are walked by descriptor, so that a swapped name leads nowhere. */
#include "tree.h"

#include <fcntl.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <linux/fs.h>

#define DEPTH_MAX 200 /* of directories, each holding a descriptor */

/* Type and mount root of a name without asking a file system that may not answer. */
static int look(int at, const char *name, mode_t *type, bool *is_mount)
{
	struct statx sx;

	if (statx(at, name, AT_SYMLINK_NOFOLLOW | AT_NO_AUTOMOUNT | AT_STATX_DONT_SYNC, STATX_TYPE,
		  &sx) < 0)
		return -errno;
	*type = sx.stx_mode & S_IFMT;
	*is_mount = sx.stx_attributes & STATX_ATTR_MOUNT_ROOT;
	return 0;
}

static bool is_dots(const char *name)
{
	return !strcmp(name, ".") || !strcmp(name, "..");
}

DIR *fly_tree_open(int at, const char *name)
{
	int fd = openat(at, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	DIR *dir = fd >= 0 ? fdopendir(fd) : NULL;

	if (!dir && fd >= 0)
		close(fd);
	return dir;
}

static int remove_at(int at, const char *name, unsigned depth);

static int remove_children(DIR *dir, unsigned depth)
{
	struct dirent *e;
	int ret = 0, rc;

	while ((e = readdir(dir))) {
		if (is_dots(e->d_name))
			continue;
		rc = remove_at(dirfd(dir), e->d_name, depth + 1);
		if (rc < 0 && !ret)
			ret = rc;
	}
	return ret;
}

static int remove_at(int at, const char *name, unsigned depth)
{
	bool is_mount;
	mode_t type;
	DIR *dir;
	int ret = look(at, name, &type, &is_mount);

	if (ret < 0)
		return ret == -ENOENT ? 0 : ret;
	if (is_mount)
		return -EBUSY;
	if (type != S_IFDIR)
		return unlinkat(at, name, 0) < 0 && errno != ENOENT ? -errno : 0;
	if (depth > DEPTH_MAX)
		return -ELOOP;
	dir = fly_tree_open(at, name);
	if (!dir && errno == EACCES && fchmodat(at, name, 0700, 0) == 0)
		dir = fly_tree_open(at, name);
	if (!dir)
		return -errno;
	ret = remove_children(dir, depth);
	if (ret == -EACCES && fchmod(dirfd(dir), 0700) == 0) {
		rewinddir(dir);
		ret = remove_children(dir, depth);
	}
	closedir(dir);
	if (!ret && unlinkat(at, name, AT_REMOVEDIR) < 0 && errno != ENOENT)
		ret = -errno;
	return ret;
}

int fly_tree_remove(int dirfd, const char *name)
{
	return remove_at(dirfd, name, 0);
}

int fly_tree_mkdir(const char *path, mode_t mode)
{
	auto_free char *copy = NULL;
	char *slash;

	if (mkdir(path, mode) == 0)
		return 0;
	if (errno != ENOENT && errno != EEXIST)
		return -errno;
	copy = strdup(path);
	if (!copy)
		return -ENOMEM;
	for (slash = strchr(copy + 1, '/'); slash; slash = strchr(slash + 1, '/')) {
		*slash = '\0';
		if (mkdir(copy, mode) < 0 && errno != EEXIST)
			return -errno;
		*slash = '/';
	}
	return mkdir(path, mode) < 0 && errno != EEXIST ? -errno : 0;
}

static int copy_bytes(int from, int to)
{
	char chunk[65536];
	ssize_t n;
	int ret;

	if (ioctl(to, FICLONE, from) == 0)
		return 0;
	while ((n = read(from, chunk, sizeof(chunk))) != 0) {
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -errno;
		ret = fly_write_all(to, chunk, (size_t)n);
		if (ret < 0)
			return ret;
	}
	return 0;
}

static int copy_file(int from_fd, mode_t mode, int to_dir, const char *to)
{
	auto_fd fd = openat(to_dir, to, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC,
			    mode & 0777);

	return fd < 0 ? -errno : copy_bytes(from_fd, fd);
}

static int copy_link(int from_dir, const char *from, int to_dir, const char *to)
{
	char target[4096];
	ssize_t n = readlinkat(from_dir, from, target, sizeof(target) - 1);

	if (n < 0)
		return -errno;
	target[n] = '\0';
	return symlinkat(target, to_dir, to) < 0 ? -errno : 0;
}

static int copy_at(int from_dir, const char *from, int to_dir, const char *to, unsigned depth);

static int copy_dir(int from_fd, mode_t mode, int to_dir, const char *to, unsigned depth)
{
	auto_fd fd = -1;
	struct dirent *e;
	DIR *dir;
	int ret = 0;

	if (depth > DEPTH_MAX)
		return -ELOOP;
	if (mkdirat(to_dir, to, (mode & 0777) | 0700) < 0)
		return -errno;
	fd = openat(to_dir, to, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	dir = fly_tree_open(from_fd, ".");
	if (fd < 0 || !dir) {
		ret = -errno;
	} else {
		while (!ret && (e = readdir(dir)))
			if (!is_dots(e->d_name))
				ret = copy_at(dirfd(dir), e->d_name, fd, e->d_name, depth + 1);
	}
	if (dir)
		closedir(dir);
	return ret;
}

/* The top may be reached through a link, what lies below it is copied as it is. */
static int copy_at(int from_dir, const char *from, int to_dir, const char *to, unsigned depth)
{
	auto_fd fd =
		openat(from_dir, from,
		       O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK | (depth ? O_NOFOLLOW : 0));
	struct stat st;

	if (fd < 0 && errno == ELOOP && depth)
		return copy_link(from_dir, from, to_dir, to);
	if (fd < 0 || fstat(fd, &st) < 0)
		return -errno;
	if (S_ISDIR(st.st_mode))
		return copy_dir(fd, st.st_mode, to_dir, to, depth);
	if (S_ISREG(st.st_mode))
		return copy_file(fd, st.st_mode, to_dir, to);
	return depth ? 0 : -EINVAL; /* sockets and pipes below a directory are left out */
}

int fly_tree_copy(const char *from, const char *to)
{
	return copy_at(AT_FDCWD, from, AT_FDCWD, to, 0);
}

static uint64_t size_at(int at, const char *name, unsigned depth)
{
	uint64_t sum = 0;
	struct dirent *e;
	struct stat st;
	DIR *dir;

	if (fstatat(at, name, &st, AT_SYMLINK_NOFOLLOW) < 0)
		return 0;
	if (S_ISREG(st.st_mode))
		return (uint64_t)st.st_size;
	if (!S_ISDIR(st.st_mode) || depth > DEPTH_MAX)
		return 0;
	dir = fly_tree_open(at, name);
	while (dir && (e = readdir(dir)))
		if (!is_dots(e->d_name))
			sum += size_at(dirfd(dir), e->d_name, depth + 1);
	if (dir)
		closedir(dir);
	return sum;
}

uint64_t fly_tree_size(int dirfd, const char *name)
{
	return size_at(dirfd, name, 0);
}
