/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One daemon a store: an open-file-description lock on PATH.lock, which holds the daemon's pid for
 * people. A file of its own, because closing any descriptor of the store itself would drop the
 * POSIX locks that SQLite holds on it. The file stays: removing it would race with who opens it.
 */
#include "db.h"

#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <sys/stat.h>

#define DOUBT_NS INT64_C(500000000)	/* one that looks alive may just have been killed */
#define PATIENCE_NS INT64_C(5000000000)

static int try_lock(int fd)
{
	struct flock whole = {.l_type = F_WRLCK, .l_whence = SEEK_SET};

	return fcntl(fd, F_OFD_SETLK, &whole) < 0 ? -errno : 0;
}

/* The pid of who has locked it last, as text; "" when there was nobody. */
static void read_pid(int fd, char pid[24])
{
	ssize_t n = pread(fd, pid, 23, 0);

	pid[n > 0 ? n : 0] = '\0';
	pid[strspn(pid, "0123456789")] = '\0';
}

/* Gone, or on its way out, which takes a while on a busy machine. */
static bool owner_is_ending(int fd)
{
	char pid[24];

	read_pid(fd, pid);
	return pid[0] && (fly_process_is_exiting(pid) ||
			  (kill((pid_t)atol(pid), 0) < 0 && errno == ESRCH));
}

/*
 * A killed daemon keeps its lock until all of it is gone, and one that was killed while it started
 * a process leaves it to that one until it executes its program: who starts the next daemon at once
 * must not be told that the old one lives.
 */
static int lock(int fd)
{
	int64_t start = fly_tick_ns();
	int rc;

	while ((rc = try_lock(fd)) == -EAGAIN &&
	       fly_tick_ns() - start < (owner_is_ending(fd) ? PATIENCE_NS : DOUBT_NS))
		usleep(2000);
	return rc;
}

/* Locks that exclude nobody (some network file systems) are no locks. */
static bool excludes(const char *name)
{
	auto_fd second = open(name, O_RDWR | O_CLOEXEC);

	return second < 0 || try_lock(second) < 0;
}

static int busy(int fd, const char *path, struct fly_why *why)
{
	char pid[24];

	read_pid(fd, pid);
	if (pid[0])
		return fly_fail(why, EBUSY, "another flytefs (pid %s) serves %s", pid, path);
	return fly_fail(why, EBUSY, "another flytefs serves %s", path);
}

static int no_locks(const char *path, struct fly_why *why)
{
	return fly_fail(why, ENOLCK, "the file system of %s has no working locks", path);
}

int fly_lock_take(const char *path, int *out, struct fly_why *why)
{
	auto_free char *name = NULL;
	auto_fd fd = -1;
	int rc;

	if (asprintf(&name, "%s.lock", path) < 0) {
		name = NULL;
		return fly_no_memory(why);
	}
	fd = open(name, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (fd < 0)
		return fly_fail(why, errno, "can't open %s: %s", name, strerror(errno));
	rc = lock(fd);
	if (rc == -EAGAIN || rc == -EACCES)
		return busy(fd, path, why);
	if (rc == -ENOLCK || rc == -EINVAL || rc == -EOPNOTSUPP || rc == -ENOSYS)
		return no_locks(path, why);
	if (rc < 0)
		return fly_fail(why, -rc, "can't lock %s: %s", name, strerror(-rc));
	if (!excludes(name))
		return no_locks(path, why);
	/* The pid is for a person's eyes: a full disk must not keep the store from opening. */
	if (ftruncate(fd, 0) == 0)
		dprintf(fd, "%ld\n", (long)getpid());
	*out = fly_fd_take(&fd);
	return 0;
}
