/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Whole files, read and written at once. It opens with the rights of the process and so is for
 * the daemon's own files: paths that a user names are opened elsewhere, as that user.
 */
#include "flytefs/base.h"

#include <fcntl.h>
#include <stdatomic.h>
#include <stdio.h>
#include <sys/stat.h>

int fly_write_all(int fd, const void *data, size_t len)
{
	const char *p = data;

	while (len) {
		ssize_t n = write(fd, p, len);

		if (n < 0) {
			if (errno == EINTR)
				continue;
			return -errno;
		}
		p += n;
		len -= (size_t)n;
	}
	return 0;
}

static int read_up_to(int fd, size_t max, struct fly_buf *b)
{
	size_t total = 0;

	for (;;) {
		size_t want = 16384;
		ssize_t n;
		char *to;

		/* One byte over the limit shows that the file is longer. */
		if (max - total < want)
			want = max - total + 1;
		to = fly_buf_reserve(b, want);
		if (!to)
			return -ENOMEM;
		n = read(fd, to, want);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -errno;
		if ((size_t)n > max - total)
			return -EFBIG;
		b->len += (size_t)n;
		b->data[b->len] = '\0';
		total += (size_t)n;
		if (!n)
			return 0;
	}
}

int fly_read_file(int dirfd, const char *path, size_t max, struct fly_buf *b)
{
	/* A pipe put in the file's place must not hold us up. */
	auto_fd fd = openat(dirfd, path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
	size_t before = b->len;
	struct stat st;
	int ret;

	if (fd < 0 || fstat(fd, &st) < 0)
		return -errno;
	if (S_ISDIR(st.st_mode))
		return -EISDIR;
	if (!S_ISREG(st.st_mode))
		return -EINVAL;
	ret = read_up_to(fd, max, b);
	if (ret < 0 && b->data) {
		b->len = before;
		b->data[before] = '\0';
	}
	return ret;
}

static int sync_parent(int dirfd, const char *path)
{
	const char *slash = strrchr(path, '/');
	auto_free char *parent = NULL;
	auto_fd fd = -1;

	if (slash) {
		parent = strndup(path, slash == path ? 1 : (size_t)(slash - path));
		if (!parent)
			return -ENOMEM;
	}
	fd = openat(dirfd, parent ? parent : ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0 || fsync(fd) < 0)
		return -errno;
	return 0;
}

static int fill_file(int fd, mode_t mode, const void *data, size_t len, bool durable)
{
	int ret = fly_write_all(fd, data, len);

	if (ret < 0)
		return ret;
	/* The umask is not asked: the caller said what it wants. */
	if (fchmod(fd, mode) < 0 || (durable && fsync(fd) < 0))
		return -errno;
	return 0;
}

int fly_write_file(int dirfd, const char *path, mode_t mode, const void *data, size_t len,
		   bool durable)
{
	static atomic_uint serial;
	auto_free char *temporary = NULL;
	auto_fd fd = -1;
	int ret;

	if (asprintf(&temporary, "%s.%ld.%u.tmp", path, (long)getpid(), serial++) < 0) {
		temporary = NULL;
		return -ENOMEM;
	}
	/* Left over by a process that had our number and died. */
	unlinkat(dirfd, temporary, 0);
	fd = openat(dirfd, temporary, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
	if (fd < 0)
		return -errno;
	ret = fill_file(fd, mode, data, len, durable);
	if (!ret && renameat(dirfd, temporary, dirfd, path) < 0)
		ret = -errno;
	if (ret < 0)
		unlinkat(dirfd, temporary, 0);
	else if (durable)
		ret = sync_parent(dirfd, path);
	return ret;
}
