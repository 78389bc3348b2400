/* SPDX-License-Identifier: Apache-2.0 */
/*
 * flytefs-task: the supervisor of one attempt of one task. It outlives the daemon that started it,
 * watches the command and all that descends from it, and leaves a record. It knows the job it was
 * given and nothing of Flyte.
 *
 *   flytefs-task run DIR      carry out DIR/job; the lock on DIR/lock is descriptor 3
 *   flytefs-task wait DIR     wait until nobody holds the lock; SIGTERM: as bury
 *   flytefs-task bury DIR     kill what is left of the attempt, and wait until it is gone
 *   flytefs-task remove DIR   remove a directory with all below it
 *   flytefs-task as UID GID PROGRAM ARGV0 …   become a user, then the program
 *
 * State of a run         leaves it by
 *   starting             the command runs (end of the status pipe), or a sentence says why not
 *   running              the command ends; time is up; SIGTERM
 *   stopping             all descendants ended after SIGTERM; the grace is over
 *   ending               no descendant is left after SIGKILL (or they can't be killed)
 *   gathering            results are collected; SIGTERM
 */
#include "supervisor.h"

#include <fcntl.h>
#include <inttypes.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include "tree.h"

#define JOB_MAX ((size_t)256 << 20)
#define KILL_AGAIN_MS 20 /* a tree that forks while it is killed needs another round */
#define KILL_GIVE_UP_NS (INT64_C(30) * 1000000000)

enum state { STARTING, RUNNING, STOPPING, ENDING, OVER };

struct watch {
	struct fly_job job;
	struct fly_arena arena;
	const char *path; /* of dir */
	int dir, execdir, signals;
	struct fly_child child;
	struct fly_capture out, err;
	struct fly_tail tail;
	struct fly_record record;
	enum state state;
	int64_t until;	   /* tick at which the state ends by itself; 0: never */
	bool has_fate;	   /* timeout or abort was the reason, whatever the exit code says */
	bool nothing_left; /* no descendant */
	char text[512];	   /* why the command could not be run */
};

/* The attempt's directory, once it is open: nobody listens to stderr. */
static int trouble_dir = -1;

static _Noreturn void die(const char *what, int error)
{
	int fd = openat(trouble_dir, "trouble", O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW, 0600);

	dprintf(fd >= 0 ? fd : 2, "%s: %s\n", what, strerror(error));
	_exit(1);
}

static int open_append(int dirfd, const char *path)
{
	int fd = openat(dirfd, path, O_WRONLY | O_CREAT | O_APPEND | O_NOFOLLOW | O_CLOEXEC, 0600);

	if (fd < 0)
		die(path, errno);
	return fd;
}

/* The pid alone may be somebody else's after a while; with the start time it is ours. */
static void write_pid(int dir)
{
	char text[64];
	uint64_t started;
	int ret = fly_process_field("self", FLY_PROCESS_START, &started);

	if (ret < 0)
		die("/proc/self/stat", -ret);
	snprintf(text, sizeof(text), "%d %" PRIu64 "\n", getpid(), started);
	ret = fly_write_file(dir, "pid", 0600, text, strlen(text), false);
	if (ret < 0)
		die("pid", -ret);
}

static int open_signals(void)
{
	sigset_t set;
	int fd;

	sigemptyset(&set);
	sigaddset(&set, SIGCHLD);
	sigaddset(&set, SIGTERM);
	sigprocmask(SIG_BLOCK, &set, NULL);
	signal(SIGHUP, SIG_IGN);
	signal(SIGINT, SIG_IGN);
	signal(SIGPIPE, SIG_IGN);
	fd = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
	if (fd < 0)
		die("signalfd", errno);
	return fd;
}

static void begin(struct watch *w)
{
	int log = open_append(w->execdir, "log");
	int ret;

	w->out.file = open_append(w->dir, "stdout");
	w->err.file = open_append(w->dir, "stderr");
	w->out.log = w->err.log = log;
	w->out.prefix = w->err.prefix = w->job.prefix;
	w->out.tail = w->err.tail = &w->tail;
	write_pid(w->dir);
	ret = fly_child_start(&w->job, w->path, w->execdir, &w->arena, &w->child);
	if (ret < 0)
		die("cannot start a process", -ret);
	w->out.in = w->child.out;
	w->err.in = w->child.err;
}

static void stop(struct watch *w, enum fly_fate fate)
{
	if (w->state >= STOPPING)
		return;
	w->record.fate = fate;
	w->has_fate = true;
	w->state = STOPPING;
	w->until = fly_tick_ns() + w->job.grace_ns;
	fly_descendants_signal(SIGTERM, w->child.pid);
	fly_descendants_signal(SIGCONT, w->child.pid);
}

static void end(struct watch *w)
{
	w->state = ENDING;
	w->until = fly_tick_ns() + KILL_GIVE_UP_NS;
}

static void note_exit(struct watch *w, int status)
{
	if (!w->has_fate) {
		w->record.fate = WIFSIGNALED(status) ? FLY_FATE_SIGNAL : FLY_FATE_EXIT;
		w->record.code = WIFSIGNALED(status) ? WTERMSIG(status) : WEXITSTATUS(status);
	}
	w->child.pid = 0;
	if (w->state < STOPPING)
		end(w);
}

static void reap(struct watch *w)
{
	int status;
	pid_t pid;

	while ((pid = waitpid(-1, &status, WNOHANG)) > 0)
		if (pid == w->child.pid)
			note_exit(w, status);
	w->nothing_left = pid < 0 && errno == ECHILD;
}

static void read_signals(struct watch *w)
{
	struct signalfd_siginfo info;

	while (read(w->signals, &info, sizeof(info)) == sizeof(info))
		if (info.ssi_signo == SIGTERM)
			stop(w, FLY_FATE_ABORT);
	reap(w);
}

/* The end of the pipe means that exec closed it: the command runs. */
static void read_status(struct watch *w)
{
	size_t len = strlen(w->text);
	ssize_t n = read(w->child.status, w->text + len, sizeof(w->text) - 1 - len);

	if (n < 0)
		return;
	if (n > 0) {
		w->text[len + (size_t)n] = '\0';
		return;
	}
	close(w->child.status);
	w->child.status = -1;
	if (w->text[0])
		return;
	w->record.started_ns = fly_now_ns();
	if (w->state == STARTING) {
		w->state = RUNNING;
		w->until = w->job.timeout_ns ? fly_tick_ns() + w->job.timeout_ns : 0;
	}
}

static void pass_time(struct watch *w)
{
	if (w->state == ENDING && !w->nothing_left) {
		fly_descendants_signal(SIGKILL, w->child.pid);
		reap(w);
	}
	if (w->nothing_left && w->state >= STOPPING) {
		w->state = OVER;
		return;
	}
	if (!w->until || fly_tick_ns() < w->until)
		return;
	if (w->state == RUNNING)
		stop(w, FLY_FATE_TIMEOUT);
	else if (w->state == STOPPING)
		end(w);
	else
		w->state = OVER;
}

static int wait_ms(const struct watch *w)
{
	int64_t left;

	if (w->state == ENDING)
		return KILL_AGAIN_MS;
	if (!w->until)
		return -1;
	left = (w->until - fly_tick_ns()) / 1000000 + 1;
	return left < 0 ? 0 : left > 3600000 ? 3600000 : (int)left;
}

static void supervise(struct watch *w)
{
	while (w->state != OVER) {
		struct pollfd fds[] = {
			{.fd = w->signals, .events = POLLIN},
			{.fd = w->child.status, .events = POLLIN},
			{.fd = w->out.in, .events = POLLIN},
			{.fd = w->err.in, .events = POLLIN},
		};

		if (poll(fds, FLY_ARRAY_LEN(fds), wait_ms(w)) < 0 && errno != EINTR)
			die("poll", errno);
		if (fds[1].revents)
			read_status(w);
		if (fds[2].revents && fly_capture_read(&w->out))
			fly_capture_end(&w->out);
		if (fds[3].revents && fly_capture_read(&w->err))
			fly_capture_end(&w->err);
		if (fds[0].revents)
			read_signals(w);
		pass_time(w);
	}
}

/* Whoever may still hold the other end is no descendant: take what is there, do not wait. */
static void drain(struct watch *w)
{
	if (w->child.status >= 0)
		read_status(w);
	if (w->child.status >= 0)
		read_status(w);
	if (w->out.in >= 0)
		fly_capture_read(&w->out);
	if (w->err.in >= 0)
		fly_capture_read(&w->err);
	fly_capture_end(&w->out);
	fly_capture_end(&w->err);
	w->record.ended_ns = fly_now_ns();
	w->record.tail = fly_tail_text(&w->tail);
	if (!w->text[0])
		return;
	if (!strcmp(w->text, FLY_CHILD_ABORTED)) {
		w->record.fate = FLY_FATE_ABORT;
	} else if (!w->has_fate) {
		w->record.fate = FLY_FATE_UNSTARTED;
		w->record.text = w->text;
	}
}

static bool gather_told_to_stop(struct watch *w)
{
	struct pollfd fd = {.fd = w->signals, .events = POLLIN};
	struct signalfd_siginfo info;

	poll(&fd, 1, -1);
	while (read(w->signals, &info, sizeof(info)) == sizeof(info))
		if (info.ssi_signo == SIGTERM)
			return true;
	return false;
}

static bool wants_files(const struct watch *w)
{
	return w->record.fate == FLY_FATE_EXIT && !w->record.code;
}

/* Another user's files are collected by a process of that user, which may hang: it is killed then.
 */
static int gather_as_user(struct watch *w, struct fly_buf *founds)
{
	int fd = openat(w->dir, "found", O_RDWR | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC, 0600);
	int status = 0;
	pid_t pid = fd < 0 ? -1 : fork();

	if (pid < 0)
		return -errno;
	if (!pid) {
		int ret = fly_identity_drop(&w->job);

		if (!ret)
			fly_gather(&w->job, wants_files(w), founds);
		_exit(ret || founds->failed || fly_write_all(fd, founds->data, founds->len) < 0);
	}
	while (waitpid(pid, &status, WNOHANG) == 0)
		if (gather_told_to_stop(w)) {
			w->record.fate = FLY_FATE_ABORT;
			kill(pid, SIGKILL);
			waitpid(pid, &status, 0);
			break;
		}
	close(fd);
	if (!WIFEXITED(status) || WEXITSTATUS(status))
		return -EIO;
	return fly_read_file(w->dir, "found", JOB_MAX, founds);
}

static void gather(struct watch *w, struct fly_buf *founds)
{
	int ret = 0;

	if (w->record.fate == FLY_FATE_ABORT || w->record.fate == FLY_FATE_UNSTARTED)
		return;
	if (w->job.switch_user)
		ret = gather_as_user(w, founds);
	else
		fly_gather(&w->job, wants_files(w), founds);
	if (ret < 0) {
		fly_buf_clear(founds);
		w->record.text = "cannot collect what the task left";
		return;
	}
	w->record.n_found = w->job.n_wants;
}

static int run(const char *path)
{
	struct watch w = {.state = STARTING, .path = path, .record.text = ""};
	struct fly_buf job = {0}, founds = {0}, record = {0};
	int ret;

	close_range(FLY_TASK_LOCK_FD + 1, ~0U, 0);
	prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0);
	w.dir = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (w.dir < 0)
		die(path, errno);
	trouble_dir = w.dir;
	w.execdir = openat(w.dir, "../..", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (w.execdir < 0)
		die(path, errno);
	ret = fly_read_file(w.dir, "job", JOB_MAX, &job);
	if (!ret)
		ret = fly_job_parse(job.data, job.len, &w.arena, &w.job);
	if (ret < 0)
		die("job", -ret);
	w.signals = open_signals();
	begin(&w);
	supervise(&w);
	drain(&w);
	gather(&w, &founds);
	fly_record_print(&w.record, &founds, &record);
	if (record.failed)
		die("exit", ENOMEM);
	ret = fly_write_file(w.dir, "exit", 0600, record.data, record.len, false);
	if (ret < 0)
		die("exit", -ret);
	_exit(0);
}

static int wait_for_holders(const char *path, bool killing)
{
	auto_fd dir = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	int ret = dir < 0 ? -errno : fly_holders_wait(dir, killing);

	if (ret < 0)
		die(path, -ret);
	return 0;
}

static int become(const char *user, const char *group, const char *program, char **argv)
{
	int64_t uid, gid;
	int ret;

	if (!fly_parse_int64(user, &uid) || !fly_parse_int64(group, &gid))
		die("as", EINVAL);
	ret = fly_identity_become((uid_t)uid, (gid_t)gid);
	if (ret < 0)
		die("cannot become the user", -ret);
	execv(program, argv);
	die(program, errno);
}

int main(int argc, char **argv)
{
	if (argc == 3 && !strcmp(argv[1], "run"))
		return run(argv[2]);
	if (argc == 3 && !strcmp(argv[1], "wait"))
		return wait_for_holders(argv[2], false);
	if (argc == 3 && !strcmp(argv[1], "bury"))
		return wait_for_holders(argv[2], true);
	if (argc == 3 && !strcmp(argv[1], "remove"))
		return fly_tree_remove(AT_FDCWD, argv[2]) < 0;
	if (argc > 5 && !strcmp(argv[1], "as"))
		return become(argv[2], argv[3], argv[4], argv + 5);
	fprintf(stderr, "usage: flytefs-task run|wait|bury|remove DIR (started by flytefs)\n");
	return 2;
}
