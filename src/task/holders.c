/* SPDX-License-Identifier: Apache-2.0 */
/*
 * holders: the processes of an attempt whose supervisor is gone or not known. They hold the
 * attempt's lock, or have its mark in their environment: many programs close what they inherit
 * before they start another one. Who only has the file of the lock open, to ask whether it is
 * free, holds nothing.
 */
#include "supervisor.h"

#include <dirent.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <sys/file.h>
#include <sys/pidfd.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>

#define LOOK_AGAIN_MS 20   /* at holders that are killed while they fork */
#define LOOK_SELDOM_MS 500 /* at a lock whose holders can't be seen */
#define EXIT_MAX_NS (INT64_C(2) * 1000000000)
#define ENVIRON_MAX ((size_t)8 << 20)

struct holders {
	int lock, signals;
	struct stat id; /* of the lock */
	char mark[FLY_MARK_MAX];
	uid_t user;	/* of the run; who is killed */
	bool killing;
	bool met;	/* somebody who had to be killed, in this round */
};

void fly_attempt_mark(const struct stat *lock, char mark[FLY_MARK_MAX])
{
	snprintf(mark, FLY_MARK_MAX, FLY_MARK_NAME "=%llx:%llu", (unsigned long long)lock->st_dev,
		 (unsigned long long)lock->st_ino);
}

/* --- /proc -------------------------------------------------------------- */

static bool find_user(const char *pid, uid_t *user)
{
	auto_buf status = {0};
	char path[64];
	const char *at;

	snprintf(path, sizeof(path), "/proc/%.20s/status", pid);
	if (fly_read_file(AT_FDCWD, path, 65536, &status) < 0 || !status.data)
		return false;
	at = strstr(status.data, "\nUid:");
	if (at)
		*user = (uid_t)strtoul(at + 5, NULL, 10);
	return at;
}

/* The supervisor's lock is exclusive and comes with the descriptor; ours is shared. */
static bool is_locking(const char *pid, const char *fd)
{
	auto_buf info = {0};
	char path[64];

	snprintf(path, sizeof(path), "/proc/%.20s/fdinfo/%.20s", pid, fd);
	return !fly_read_file(AT_FDCWD, path, 65536, &info) && info.data &&
	       strstr(info.data, "FLOCK  ADVISORY  WRITE");
}

static bool holds(const char *pid, const struct stat *lock)
{
	char path[64];
	struct dirent *e;
	bool found = false;
	DIR *dir;

	snprintf(path, sizeof(path), "/proc/%.20s/fd", pid);
	dir = opendir(path);
	while (dir && !found && (e = readdir(dir))) {
		struct statx sx;

		/* Asking no file system that may not answer: what others have open is theirs. */
		found = e->d_name[0] != '.' &&
			statx(dirfd(dir), e->d_name, AT_STATX_DONT_SYNC, STATX_INO, &sx) == 0 &&
			makedev(sx.stx_dev_major, sx.stx_dev_minor) == lock->st_dev &&
			sx.stx_ino == lock->st_ino && is_locking(pid, e->d_name);
	}
	if (dir)
		closedir(dir);
	return found;
}

static bool is_marked(const char *pid, const char *mark)
{
	auto_buf env = {0};
	char path[64];

	snprintf(path, sizeof(path), "/proc/%.20s/environ", pid);
	if (fly_read_file(AT_FDCWD, path, ENVIRON_MAX, &env) < 0)
		return false;
	for (size_t i = 0; i < env.len; i += strlen(env.data + i) + 1)
		if (!strcmp(env.data + i, mark))
			return true;
	return false;
}

/* Visit the processes but this one of the run's user and of ours, as long as visit says so. */
static bool each_process(struct holders *h,
			 bool (*visit)(struct holders *, const char *pid, uid_t user))
{
	DIR *proc = opendir("/proc");
	struct dirent *e;
	bool going = true;

	while (proc && going && (e = readdir(proc))) {
		pid_t pid = atoi(e->d_name);
		uid_t user;

		if (pid > 1 && pid != getpid() && find_user(e->d_name, &user) &&
		    (user == h->user || user == getuid()))
			going = visit(h, e->d_name, user);
	}
	if (proc)
		closedir(proc);
	return going;
}

/* --- waiting ------------------------------------------------------------ */

static bool kill_holder(struct holders *h, const char *pid, uid_t user)
{
	auto_fd fd = user == h->user ? pidfd_open(atoi(pid), 0) : -1;

	/* Compared with the descriptor in hand, the number can't change its meaning meanwhile. */
	if (fd >= 0 && (holds(pid, &h->id) || is_marked(pid, h->mark))) {
		pidfd_send_signal(fd, SIGKILL, NULL, 0);
		h->met = true;
	}
	return true;
}

/* Wait for the end of one holder, or for a signal. False: there was one. */
static bool await_holder(struct holders *h, const char *pid, uid_t user)
{
	auto_fd fd = pidfd_open(atoi(pid), 0);
	struct pollfd fds[] = {
		{.fd = fd, .events = POLLIN},
		{.fd = h->signals, .events = POLLIN},
	};

	if (fd < 0 || !holds(pid, &h->id)) /* looked at with the descriptor in hand */
		return true;
	poll(fds, FLY_ARRAY_LEN(fds), -1);
	return false;
}

static bool await_exit(struct holders *h, const char *pid, uid_t user)
{
	auto_fd fd = pidfd_open(atoi(pid), 0);
	struct pollfd end = {.fd = fd, .events = POLLIN};

	if (fd >= 0 && fly_process_is_exiting(pid))
		poll(&end, 1, (int)(EXIT_MAX_NS / 1000000));
	return true;
}

static void pause_for(const struct holders *h, int ms)
{
	struct pollfd fd = {.fd = h->signals, .events = POLLIN};

	poll(&fd, 1, ms);
}

/* Which is done soon, and to be done whether or not somebody waits for it. */
static void begin_killing(struct holders *h)
{
	h->killing = true;
	prctl(PR_SET_PDEATHSIG, 0, 0, 0, 0);
}

static void look_for_signal(struct holders *h)
{
	struct signalfd_siginfo info;

	while (read(h->signals, &info, sizeof(info)) == sizeof(info))
		begin_killing(h);
}

static bool is_done(struct holders *h)
{
	bool is_free = flock(h->lock, LOCK_SH | LOCK_NB) == 0;

	look_for_signal(h);
	h->met = false;
	if (h->killing)
		each_process(h, kill_holder);
	return is_free && !h->met;
}

static void wait_for_all(struct holders *h)
{
	while (!is_done(h)) {
		if (h->killing)
			pause_for(h, LOOK_AGAIN_MS);
		else if (each_process(h, await_holder))
			pause_for(h, LOOK_SELDOM_MS);
	}
	/*
	 * The kernel closes a dying process's files in an order of its own, and may stop for others
	 * between two: one that has let go of this lock may still have another one of its task's.
	 */
	each_process(h, await_exit);
}

int fly_holders_wait(int dir, bool killing)
{
	struct holders h = {0};
	struct stat run;
	sigset_t set;

	if (killing)
		begin_killing(&h);
	else /* without a daemon nobody wants to know */
		prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0);
	sigemptyset(&set);
	sigaddset(&set, SIGTERM);
	sigprocmask(SIG_BLOCK, &set, NULL);
	h.signals = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
	h.lock = openat(dir, "lock", O_RDWR | O_CLOEXEC | O_NOFOLLOW);
	if (h.signals < 0 || h.lock < 0 || fstat(h.lock, &h.id) < 0 ||
	    fstatat(dir, "../../run", &run, AT_SYMLINK_NOFOLLOW) < 0)
		return -errno;
	h.user = run.st_uid;
	fly_attempt_mark(&h.id, h.mark);
	wait_for_all(&h);
	return 0;
}
