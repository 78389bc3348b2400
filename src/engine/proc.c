/* SPDX-License-Identifier: Apache-2.0 */
/*
 * proc: supervised attempts as processes: slots, starting, joining what an earlier daemon started,
 * noticing the end, stopping. What the attempt's directory says is judged by the state table in
 * job.h. It does not know what the command does.
 */
#include "model.h"

#include <fcntl.h>
#include <inttypes.h>
#include <poll.h>
#include <stdio.h>
#include <sys/file.h>
#include <sys/pidfd.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include "tree.h"

#define RECORD_MAX ((size_t)256 << 20)

extern char **environ;

/* --- the table's rows --------------------------------------------------- */

enum look {
	LOOK_ABSENT,
	LOOK_RUNNING, /* fd: pidfd of the supervisor */
	LOOK_HELD,    /* by a supervisor that has not said yet who it is */
	LOOK_OVER,    /* record */
	LOOK_LOST,    /* the supervisor died without a record; processes of the task may be left */
	LOOK_UNUSED,  /* nothing was ever started in it */
};

struct sight {
	int dir;
	int fd;
	struct fly_buf text;
	struct fly_record record;
};

static void release_sight(struct sight *s)
{
	if (s->dir >= 0)
		close(s->dir);
	if (s->fd >= 0)
		close(s->fd);
	fly_buf_release(&s->text);
}

bool fly_is_own_trouble(int rc)
{
	return rc == -EMFILE || rc == -ENFILE || rc == -ENOMEM;
}

/* 1: read; 0: there is none, or half a one. */
static int read_record(struct sight *s, struct fly_arena *arena)
{
	int rc;

	fly_buf_clear(&s->text);
	rc = fly_read_file(s->dir, "exit", RECORD_MAX, &s->text);
	if (rc >= 0 && s->text.data) {
		rc = fly_record_parse(s->text.data, s->text.len, arena, &s->record);
		if (!rc)
			return 1;
	}
	return fly_is_own_trouble(rc) ? rc : 0;
}

/* What nobody reaps is still found by its number. */
static bool has_ended(int fd)
{
	struct pollfd end = {.fd = fd, .events = POLLIN};
	siginfo_t info;

	if (poll(&end, 1, 0) <= 0)
		return false;
	waitid(P_PIDFD, (id_t)fd, &info, WEXITED | WNOHANG); /* if it is ours */
	return true;
}

int fly_supervisor_open(int dir)
{
	auto_buf text = {0};
	uint64_t started, now;
	auto_fd fd = -1;
	int pid, rc = fly_read_file(dir, "pid", 100, &text);

	if (rc < 0 || !text.data)
		return fly_is_own_trouble(rc) ? rc : -ENOENT;
	if (sscanf(text.data, "%d %" SCNu64, &pid, &started) != 2)
		return -ESRCH;
	fd = pidfd_open(pid, 0);
	rc = fd < 0 ? -errno : 0;
	text.data[strcspn(text.data, " ")] = '\0';
	/* Compared with the descriptor in hand, the number can't change its meaning meanwhile. */
	if (!rc)
		rc = fly_process_field(text.data, FLY_PROCESS_START, &now);
	if (rc < 0 || now != started)
		return fly_is_own_trouble(rc) ? rc : -ESRCH;
	return has_ended(fd) ? -ESRCH : fly_fd_take(&fd);
}

int fly_proc_is_locked(int dir)
{
	auto_fd lock = openat(dir, "lock", O_RDONLY | O_CLOEXEC);

	if (lock < 0)
		return fly_is_own_trouble(-errno) ? -errno : 0;
	/* Shared: who buries the attempt must not take us for one of its processes. */
	return flock(lock, LOCK_SH | LOCK_NB) < 0 && errno == EWOULDBLOCK;
}

/*
 * A record that comes into being while we look is found by looking again: it is there before the
 * process and the lock are gone. -errno: nothing can be said, and the attempt may well be alive.
 */
static int look(int base, const char *key, struct fly_arena *arena, struct sight *s)
{
	bool was_started;
	int rc;

	*s = (struct sight){.dir = openat(base, key, O_RDONLY | O_DIRECTORY | O_CLOEXEC), .fd = -1};
	rc = base < 0 ? base : -errno;
	if (s->dir < 0)
		return fly_is_own_trouble(rc) ? rc : LOOK_ABSENT;
	rc = read_record(s, arena);
	if (rc)
		return rc < 0 ? rc : LOOK_OVER;
	s->fd = fly_supervisor_open(s->dir);
	if (s->fd >= 0)
		return LOOK_RUNNING;
	if (fly_is_own_trouble(s->fd))
		return s->fd;
	was_started = s->fd != -ENOENT;
	rc = was_started ? 0 : fly_proc_is_locked(s->dir);
	if (rc)
		return rc < 0 ? rc : LOOK_HELD;
	rc = read_record(s, arena);
	if (rc)
		return rc < 0 ? rc : LOOK_OVER;
	return was_started ? LOOK_LOST : LOOK_UNUSED;
}

/* --- directories -------------------------------------------------------- */

static int open_attempts(struct fly_run *run)
{
	char path[64];
	int fd;

	snprintf(path, sizeof(path), "%lld/a", (long long)run->id);
	fd = openat(run->engine->rundir_fd, path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	return fd < 0 ? -errno : fd;
}

static void live_name(const struct fly_proc *p, char *name, size_t size)
{
	snprintf(name, size, "%lld.%s", (long long)p->run->id, p->key);
}

static int mark_live(const struct fly_proc *p)
{
	char name[NAME_MAX + 1];
	auto_fd fd = -1;

	live_name(p, name, sizeof(name));
	fd = openat(p->run->engine->live_fd, name, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
	return fd < 0 ? -errno : 0;
}

static void unmark_live(const struct fly_proc *p)
{
	char name[NAME_MAX + 1];

	live_name(p, name, sizeof(name));
	unlinkat(p->run->engine->live_fd, name, 0);
}

/* --- starting ----------------------------------------------------------- */

/* Files of ours, but in a directory that was used: names that are there already are a mistake. */
static int write_job(int dir, const struct fly_job *job)
{
	auto_fd fd = openat(dir, "job", O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	auto_buf b = {0};

	if (fd < 0)
		return -errno;
	fly_job_print(job, &b);
	return b.failed ? -ENOMEM : fly_write_all(fd, b.data, b.len);
}

static int run_program(const struct fly_engine *e, const char *verb, const char *path, int lock,
		       pid_t *pid)
{
	char *argv[] = {"flytefs-task", (char *)verb, (char *)path, NULL};
	char *env[] = {NULL};
	posix_spawn_file_actions_t files;
	sigset_t blocked;
	int rc;

	sigemptyset(&blocked);
	sigaddset(&blocked, SIGTERM);
	posix_spawn_file_actions_init(&files);
	posix_spawn_file_actions_addopen(&files, 0, "/dev/null", O_RDWR, 0);
	posix_spawn_file_actions_adddup2(&files, 0, 1);
	posix_spawn_file_actions_adddup2(&files, 0, 2);
	if (lock >= 0)
		posix_spawn_file_actions_adddup2(&files, lock, FLY_TASK_LOCK_FD);
	rc = fly_spawn(e->task_program, argv, env, &files, &blocked, pid);
	posix_spawn_file_actions_destroy(&files);
	return rc;
}

static int process_ended(struct fly_watch *w);
static int settle_later(struct fly_timer *timer);

static int watch_pidfd(struct fly_proc *p, int fd)
{
	int rc;

	p->watch = (struct fly_watch){.fd = fd, .ready = process_ended, .run = p->run};
	p->state = FLY_PROC_RUNNING;
	rc = fly_loop_watch(p->run->engine, &p->watch);
	if (rc < 0) {
		close(fd);
		p->watch.fd = -1;
	}
	return rc;
}

static int attempt_path(const struct fly_proc *p, char *path, size_t size)
{
	int n = snprintf(path, size, "%s/%lld/a/%s", p->run->engine->rundir, (long long)p->run->id,
			 p->key);

	return n < 0 || (size_t)n >= size ? -ENAMETOOLONG : 0;
}

#define SAFE_FD 10 /* above what is arranged for the new process */

static int open_lock(int dir)
{
	int fd = openat(dir, "lock", O_RDWR | O_CREAT | O_CLOEXEC, 0600), safe;

	if (fd < 0 || fd >= SAFE_FD)
		return fd;
	safe = fcntl(fd, F_DUPFD_CLOEXEC, SAFE_FD);
	close(fd);
	return safe;
}

/* Nobody else can hold the lock of a directory just made. */
static int spawn_in(struct fly_proc *p, int dir, const struct fly_job *job)
{
	auto_fd lock = open_lock(dir);
	char path[PATH_MAX];
	pid_t pid;
	int rc, fd;

	if (lock < 0 || flock(lock, LOCK_EX | LOCK_NB) < 0)
		return -errno;
	rc = attempt_path(p, path, sizeof(path));
	if (!rc)
		rc = write_job(dir, job);
	if (!rc)
		rc = mark_live(p);
	if (!rc)
		rc = run_program(p->run->engine, "run", path, lock, &pid);
	if (rc < 0)
		return rc;
	p->spawned = true;
	fd = pidfd_open(pid, 0);
	return fd < 0 ? -errno : watch_pidfd(p, fd);
}

/* --- waiting for processes that no supervisor is known of --------------- */

static int watch_holders(struct fly_proc *p, bool killing)
{
	char path[PATH_MAX];
	pid_t pid;
	int rc = attempt_path(p, path, sizeof(path));
	int fd;

	if (!rc)
		rc = run_program(p->run->engine, killing ? "bury" : "wait", path, -1, &pid);
	if (rc < 0)
		return rc;
	fd = pidfd_open(pid, 0);
	if (fd < 0)
		return -errno;
	p->burying = killing;
	return watch_pidfd(p, fd);
}

/* --- the end ------------------------------------------------------------ */

static void take_waiting_out(struct fly_proc *p)
{
	struct fly_engine *e = p->run->engine;
	struct fly_proc **at = &e->waiting;

	while (*at && *at != p)
		at = &(*at)->next_waiting;
	if (!*at)
		return;
	*at = p->next_waiting;
	if (!*at)
		e->waiting_end = at;
	atomic_fetch_sub(&e->n_waiting, 1);
}

static void give_slot_back(struct fly_proc *p)
{
	if (p->has_slot)
		atomic_fetch_sub(&p->run->engine->n_running, 1);
	p->has_slot = false;
}

void fly_proc_free(struct fly_proc *p)
{
	if (p->state == FLY_PROC_WAITING)
		take_waiting_out(p);
	fly_loop_unwatch(p->run->engine, &p->watch);
	fly_timer_clear(p->run->engine, &p->later);
	give_slot_back(p);
	*p->back = p->next;
	if (p->next)
		p->next->back = p->back;
	free(p);
}

/* One that was told to stop: its frames may go on, a run that is over may go. */
static int buried(struct fly_proc *p)
{
	struct fly_run *run = p->run;
	struct fly_frame *frame = p->frame;
	int rc = 0;

	fly_proc_free(p);
	if (run->over) {
		if (!run->procs)
			fly_run_end(run);
	} else {
		rc = fly_frame_process_died(frame);
	}
	return rc;
}

static int finish(struct fly_proc *p, const struct fly_record *record)
{
	int rc;

	p->state = FLY_PROC_OVER;
	unmark_live(p);
	give_slot_back(p);
	if (p->aborted)
		return buried(p);
	rc = p->over(p, record);
	fly_proc_free(p);
	return rc;
}

static void tell_to_stop(struct fly_proc *p)
{
	pidfd_send_signal(p->watch.fd, SIGTERM, NULL, 0);
}

static int watch_supervisor(struct fly_proc *p, struct sight *s)
{
	int rc;

	p->burying = false;
	rc = watch_pidfd(p, s->fd);
	s->fd = -1;
	if (rc >= 0 && p->aborted)
		tell_to_stop(p);
	return rc;
}

/* Whatever the process was, the directory says what it means that it is gone. */
static int settle(struct fly_proc *p)
{
	auto_fd base = open_attempts(p->run);
	auto_arena arena = {0};
	struct sight s;
	int rc = look(base, p->key, &arena, &s);

	switch (rc) {
	case LOOK_RUNNING:
		rc = watch_supervisor(p, &s);
		break;
	case LOOK_HELD:
		rc = watch_holders(p, p->aborted);
		break;
	case LOOK_LOST:
		/* The next try must not meet what is left of this one. */
		rc = p->buried ? finish(p, NULL) : watch_holders(p, true);
		break;
	case LOOK_OVER:
		rc = finish(p, &s.record);
		break;
	case LOOK_ABSENT:
	case LOOK_UNUSED:
		rc = finish(p, NULL);
		break;
	}
	release_sight(&s);
	return rc;
}

static int process_ended(struct fly_watch *w)
{
	struct fly_proc *p = (struct fly_proc *)((char *)w - offsetof(struct fly_proc, watch));
	siginfo_t info = {0};

	/* A child is reaped; one that an earlier daemon started is not ours to reap. */
	waitid(P_PIDFD, (id_t)w->fd, &info, WEXITED | WNOHANG);
	/* One that was killed has not done its work. */
	p->buried = p->burying && info.si_code != CLD_KILLED;
	fly_loop_unwatch(p->run->engine, w);
	return settle(p);
}

static int settle_later(struct fly_timer *timer)
{
	return settle((struct fly_proc *)((char *)timer - offsetof(struct fly_proc, later)));
}

/* --- for the kinds ------------------------------------------------------ */

int fly_proc_create(struct fly_node_run *n, const char *key, struct fly_proc **out)
{
	struct fly_proc *p = calloc(1, sizeof(*p));

	if (!p)
		return -ENOMEM;
	*p = (struct fly_proc){.run = n->run,
			       .frame = n->frame,
			       .key = key,
			       .watch.fd = -1,
			       .state = FLY_PROC_OVER,
			       .later = {.run = n->run, .expired = settle_later}};
	p->next = n->run->procs;
	p->back = &n->run->procs;
	if (p->next)
		p->next->back = &p->next;
	n->run->procs = p;
	*out = p;
	return 0;
}

void fly_proc_want(struct fly_proc *p)
{
	struct fly_engine *e = p->run->engine;

	p->state = FLY_PROC_WAITING;
	p->next_waiting = NULL;
	*e->waiting_end = p;
	e->waiting_end = &p->next_waiting;
	atomic_fetch_add(&e->n_waiting, 1);
}

static void take_slot(struct fly_proc *p)
{
	p->has_slot = true;
	atomic_fetch_add(&p->run->engine->n_running, 1);
}

int fly_proc_dispatch(struct fly_engine *e)
{
	struct fly_proc *p;

	while ((p = e->waiting) && atomic_load(&e->n_running) < e->jobs) {
		struct fly_run *run = p->run;
		int rc;

		take_waiting_out(p);
		p->state = FLY_PROC_OVER;
		take_slot(p);
		rc = p->begin(p);
		if (rc < 0)
			fly_run_let_go(run, -rc);
	}
	return 0;
}

static int begin_anew(struct fly_proc *p, int base, const struct fly_job *job)
{
	auto_fd dir = -1;

	if (mkdirat(base, p->key, 0700) < 0)
		return -errno;
	dir = openat(base, p->key, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	return dir < 0 ? -errno : spawn_in(p, dir, job);
}

int fly_proc_spawn(struct fly_proc *p, const struct fly_job *job)
{
	auto_arena arena = {0};
	auto_fd base = -1;
	struct sight s;
	int what, rc = fly_rundir_make(p->run);

	if (rc < 0)
		return rc;
	base = open_attempts(p->run);
	if (base < 0)
		return base;
	rc = begin_anew(p, base, job);
	if (rc != -EEXIST)
		return rc < 0 ? rc : p->running(p);
	what = look(base, p->key, &arena, &s);
	release_sight(&s);
	if (what < 0)
		return what;
	if (what != LOOK_UNUSED) {
		p->state = FLY_PROC_RUNNING;
		rc = p->running(p);
		return rc < 0 ? rc : fly_timer_set(p->run->engine, &p->later, 0);
	}
	/* Started by a daemon that died before it could say so, and gone: as if it had never been.
	 */
	rc = fly_tree_remove(base, p->key);
	if (!rc)
		rc = begin_anew(p, base, job);
	return rc < 0 ? rc : p->running(p);
}

int fly_proc_join(struct fly_proc *p)
{
	take_slot(p);
	p->state = FLY_PROC_RUNNING;
	return fly_timer_set(p->run->engine, &p->later, 0);
}

bool fly_proc_exists(struct fly_run *run, const char *key)
{
	auto_fd base = open_attempts(run);

	return base >= 0 && faccessat(base, key, F_OK, AT_SYMLINK_NOFOLLOW) == 0;
}

int fly_proc_record(struct fly_run *run, const char *key, struct fly_arena *arena,
		    struct fly_buf *text, struct fly_record *out)
{
	auto_fd base = open_attempts(run);
	struct sight s;
	int rc = look(base, key, arena, &s);

	if (rc == LOOK_OVER) {
		*out = s.record;
		*text = s.text;
		s.text = (struct fly_buf){0};
	}
	release_sight(&s);
	return rc < 0 ? rc : rc == LOOK_OVER;
}

void fly_proc_abort(struct fly_proc *p)
{
	struct fly_frame *f;

	if (p->aborted)
		return;
	if (p->state != FLY_PROC_RUNNING) {
		fly_proc_free(p);
		return;
	}
	p->aborted = true;
	for (f = p->frame; f; f = f->owner ? f->owner->frame : NULL)
		f->dying++;
	if (p->watch.fd >= 0) /* else it is told when it is met */
		tell_to_stop(p);
}
