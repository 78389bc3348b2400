/* SPDX-License-Identifier: Apache-2.0 */
/* helper: programs the engine runs for itself and only reaps: removing trees, sending mail. */
#include "model.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/pidfd.h>
#include <sys/wait.h>

struct fly_helper {
	struct fly_watch watch; /* first: ready gets a pointer to it */
	struct fly_engine *engine;
	struct fly_helper *next, **back;
};

static void release(struct fly_helper *h)
{
	fly_loop_unwatch(h->engine, &h->watch);
	*h->back = h->next;
	if (h->next)
		h->next->back = h->back;
	free(h);
}

static int ended(struct fly_watch *w)
{
	siginfo_t info;

	waitid(P_PIDFD, (id_t)w->fd, &info, WEXITED | WNOHANG);
	release((struct fly_helper *)w);
	return 0;
}

/* The text waits in memory, so that a program that does not read it holds nobody up. */
static int text_fd(const char *text)
{
	int fd = memfd_create("flytefs", MFD_CLOEXEC);

	if (fd >= 0 && (fly_write_all(fd, text, strlen(text)) < 0 || lseek(fd, 0, SEEK_SET) < 0)) {
		close(fd);
		return -1;
	}
	return fd;
}

int fly_spawn(const char *program, char *const *argv, char *const *env,
	      const posix_spawn_file_actions_t *files, const sigset_t *blocked, pid_t *pid)
{
	posix_spawnattr_t attr;
	sigset_t all;
	int rc;

	sigfillset(&all);
	posix_spawnattr_init(&attr);
	posix_spawnattr_setsigmask(&attr, blocked);
	posix_spawnattr_setsigdefault(&attr, &all);
	posix_spawnattr_setflags(&attr, POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF |
						POSIX_SPAWN_SETSID);
	rc = posix_spawn(pid, program, files, &attr, argv, env);
	posix_spawnattr_destroy(&attr);
	return -rc;
}

static int start(const char *program, char *const *argv, int stdin_fd, pid_t *pid)
{
	char *env[] = {"PATH=/usr/sbin:/usr/bin:/sbin:/bin", NULL};
	posix_spawn_file_actions_t files;
	sigset_t none;
	int rc;

	sigemptyset(&none);
	posix_spawn_file_actions_init(&files);
	posix_spawn_file_actions_adddup2(&files, stdin_fd, 0);
	posix_spawn_file_actions_addopen(&files, 1, "/dev/null", O_WRONLY, 0);
	rc = fly_spawn(program, argv, env, &files, &none, pid);
	posix_spawn_file_actions_destroy(&files);
	return rc;
}

void fly_helper_start(struct fly_engine *e, const char *program, char *const *argv,
		      const char *text)
{
	struct fly_helper *h = calloc(1, sizeof(*h));
	auto_fd input = text_fd(text);
	pid_t pid;
	int rc;

	rc = !h ? -ENOMEM : input < 0 ? -errno : start(program, argv, input, &pid);
	if (rc < 0) {
		fly_log(FLY_ERROR, "engine", "cannot run %s: %s", program, strerror(-rc));
		free(h);
		return;
	}
	*h = (struct fly_helper){.engine = e, .watch = {.fd = pidfd_open(pid, 0), .ready = ended}};
	h->next = e->helpers;
	h->back = &e->helpers;
	if (h->next)
		h->next->back = &h->next;
	e->helpers = h;
	if (h->watch.fd < 0 || fly_loop_watch(e, &h->watch) < 0)
		release(h);
}

void fly_helpers_free(struct fly_engine *e)
{
	while (e->helpers)
		release(e->helpers);
}
