/* SPDX-License-Identifier: Apache-2.0 */
/*
 * child: from fork to exec. The new process becomes the task's user, prepares the directories and
 * becomes the command; what goes wrong on the way it tells the supervisor as a sentence.
 */
#include "supervisor.h"

#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/types.h>

#define BINDS_MAX 8
#define LOCK_FD_MIN 700 /* out of the way of scripts that use small numbers */

extern char **environ;

struct start {
	struct fly_job *job;
	struct fly_arena *arena;
	const char *path; /* the attempt's directory */
	int execdir;
	int out, err, status; /* write ends */
	pid_t supervisor;
};

static _Noreturn void give_up(const struct start *s, const char *verb, const char *what, int error)
{
	dprintf(s->status, "cannot %s %s: %s", verb, what, strerror(error));
	_exit(127);
}

static void set_streams(const struct start *s)
{
	int null = open("/dev/null", O_RDWR | O_CLOEXEC);

	if (null < 0 || dup2(null, 0) < 0 || dup2(s->out, 1) < 0 || dup2(s->err, 2) < 0)
		give_up(s, "set up", "its streams", errno);
	/* The lock lives as long as anything of the task does. */
	if (fcntl(FLY_TASK_LOCK_FD, F_DUPFD, LOCK_FD_MIN) >= 0)
		close(FLY_TASK_LOCK_FD);
}

static void run_steps(const struct start *s)
{
	const char *path = "";
	int ret = fly_steps_run(s->job, &path);

	if (ret < 0)
		give_up(s, "prepare", path, -ret);
}

static void drop(const struct start *s)
{
	int ret = fly_identity_drop(s->job);

	if (ret < 0)
		give_up(s, "become", "the user", -ret);
}

/* Everything the user names is touched with the user's rights; only the mounts need more. */
static void prepare_space(const struct start *s)
{
	const struct fly_job *job = s->job;
	bool is_private = fly_space_unshare() == 0;
	int fds[BINDS_MAX];
	int ret;

	if (job->n_binds > BINDS_MAX)
		give_up(s, "bind", "so many directories", E2BIG);
	ret = fly_identity_borrow(job);
	if (ret < 0)
		give_up(s, "become", "the user", -ret);
	run_steps(s);
	ret = fly_space_open(job, fds);
	if (ret < 0)
		give_up(s, "open", "the task's directories", -ret);
	if (job->switch_user && fly_identity_return() < 0)
		give_up(s, "return to", "the daemon's user", EPERM);
	if ((!is_private || fly_space_bind(job, fds, s->path) < 0) &&
	    fly_space_rewrite(s->job, s->arena) < 0)
		give_up(s, "rewrite", "the command", ENOMEM);
	drop(s);
}

static void prepare(const struct start *s)
{
	if (s->job->n_binds) {
		prepare_space(s);
	} else {
		drop(s);
		run_steps(s);
	}
}

static void enter_workdir(const struct start *s)
{
	const struct fly_job *job = s->job;

	if (chdir(job->workdir) == 0)
		return;
	if (!*job->home)
		give_up(s, "enter", job->workdir, errno);
	if (chdir(job->home) < 0 && chdir("/") < 0)
		give_up(s, "enter", job->home, errno);
}

/* What the supervisor ignores, and what a daemon was given to live by, is not a task's. */
static void leave_behind(void)
{
	static const int ignored[] = {SIGHUP, SIGINT, SIGPIPE};
	auto_buf score = {0};

	for (size_t i = 0; i < FLY_ARRAY_LEN(ignored); i++)
		signal(ignored[i], SIG_DFL);
	if (getpriority(PRIO_PROCESS, 0) < 0)
		setpriority(PRIO_PROCESS, 0, 0);
	if (!fly_read_file(AT_FDCWD, "/proc/self/oom_score_adj", 16, &score) && score.data &&
	    score.data[0] == '-')
		fly_write_text("/proc/self/oom_score_adj", "0");
}

static _Noreturn void become(const struct start *s)
{
	struct fly_job *job = s->job;
	struct stat st;
	sigset_t none;

	setsid();
	umask(022);
	leave_behind();
	set_streams(s);
	prepare(s);
	enter_workdir(s);
	/* Changing ids clears it, so it comes late. A command that nobody watches is no use. */
	prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0);
	if (getppid() != s->supervisor)
		_exit(127);
	if (fstatat(s->execdir, "aborted", &st, AT_SYMLINK_NOFOLLOW) == 0) {
		dprintf(s->status, FLY_CHILD_ABORTED);
		_exit(127);
	}
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	environ = (char **)job->env;
	execvp(job->argv[0], (char **)job->argv);
	give_up(s, "run", job->argv[0], errno);
}

/* Only our end must not block. */
static int make_pipe(int fds[2])
{
	if (pipe2(fds, O_CLOEXEC) < 0 || fcntl(fds[0], F_SETFL, O_NONBLOCK) < 0)
		return -errno;
	return 0;
}

/* /dev/stderr opens the pipe anew, with the rights of who opens it. */
static void give_pipe(const struct fly_job *job, int fd)
{
	if (job->switch_user && fchown(fd, job->uid, job->gid) < 0)
		return;
}

/* In front, and instead of the one of a task that our daemon may run in. */
static int mark_environment(struct fly_job *job, struct fly_arena *arena)
{
	const char **env = fly_arena_zalloc(arena, job->n_env + 2, sizeof(*env));
	char mark[FLY_MARK_MAX];
	struct stat lock;
	size_t n = 1;

	if (fstat(FLY_TASK_LOCK_FD, &lock) < 0)
		return -errno;
	fly_attempt_mark(&lock, mark);
	if (!env || !(env[0] = fly_arena_strdup(arena, mark)))
		return -ENOMEM;
	for (size_t i = 0; i < job->n_env; i++)
		if (strncmp(job->env[i], FLY_MARK_NAME "=", sizeof(FLY_MARK_NAME)))
			env[n++] = job->env[i];
	job->env = env;
	job->n_env = n;
	return 0;
}

int fly_child_start(struct fly_job *job, const char *path, int execdir, struct fly_arena *arena,
		    struct fly_child *out)
{
	int outs[2], errs[2], statuses[2];
	struct start s = {.job = job,
			  .arena = arena,
			  .path = path,
			  .execdir = execdir,
			  .supervisor = getpid()};
	int ret = mark_environment(job, arena);
	pid_t pid;

	if (ret < 0)
		return ret;
	if (make_pipe(outs) < 0 || make_pipe(errs) < 0 || make_pipe(statuses) < 0)
		return -EMFILE;
	give_pipe(job, outs[1]);
	give_pipe(job, errs[1]);
	s.out = outs[1];
	s.err = errs[1];
	s.status = statuses[1];
	pid = fork();
	if (pid < 0)
		return -errno;
	if (!pid)
		become(&s);
	close(outs[1]);
	close(errs[1]);
	close(statuses[1]);
	*out = (struct fly_child){
		.pid = pid, .out = outs[0], .err = errs[0], .status = statuses[0]};
	return 0;
}
