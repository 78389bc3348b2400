/* SPDX-License-Identifier: Apache-2.0 */
/*
 * engine: the door: options in, a backend out, start and stop. What admin calls only queues a
 * request; the scheduler's thread (loop.c) does the rest.
 */
#include "model.h"

#include <fcntl.h>
#include <sys/stat.h>

static struct fly_engine *engine_of(struct fly_backend *backend)
{
	return (struct fly_engine *)backend;
}

static void op_execute(struct fly_backend *backend, int64_t execution)
{
	fly_loop_request(engine_of(backend), FLY_REQUEST_EXECUTE, execution, NULL);
}

/* The mark holds from the moment this returns; the signals follow. */
static void op_terminate(struct fly_backend *backend, int64_t execution, const char *cause)
{
	struct fly_engine *e = engine_of(backend);

	fly_proc_mark_aborted(e, execution);
	fly_loop_request(e, FLY_REQUEST_TERMINATE, execution, strdup(cause ? cause : ""));
}

static void op_forgetting(struct fly_backend *backend, int64_t execution)
{
	fly_proc_mark_deleted(engine_of(backend), execution);
}

/* Its directory goes at once, or when its last process has died. */
static void op_forget(struct fly_backend *backend, int64_t execution)
{
	struct fly_engine *e = engine_of(backend);

	if (!fly_proc_is_live(e, execution))
		fly_rundir_put_away(e, execution);
	fly_loop_request(e, FLY_REQUEST_FORGET, execution, NULL);
}

static int op_read_log(struct fly_backend *backend, int64_t execution, int64_t attempt, int stream,
		       uint64_t offset, size_t len, struct fly_buf *b, uint64_t *size)
{
	return fly_log_read(engine_of(backend), execution, attempt, stream, offset, len, b, size);
}

static const struct fly_backend_ops ops = {
	.aborts_at_once = true,
	.execute = op_execute,
	.terminate = op_terminate,
	.forgetting = op_forgetting,
	.forget = op_forget,
	.read_log = op_read_log,
};

/* --- making ------------------------------------------------------------- */

static char **copy_list(const char *const *list)
{
	size_t n = 0;
	char **copy;

	while (list && list[n])
		n++;
	copy = calloc(n + 1, sizeof(*copy));
	for (size_t i = 0; copy && i < n; i++) {
		copy[i] = strdup(list[i]);
		if (!copy[i])
			n = i; /* the caller sees a short list's end; memory is gone anyway */
	}
	return copy;
}

static int copy_options(struct fly_engine *e, const struct fly_engine_options *o)
{
	e->rundir = strdup(o->rundir);
	e->workdir = strdup(o->workdir);
	e->task_program = strdup(o->task_program);
	e->sendmail = o->sendmail ? strdup(o->sendmail) : NULL;
	e->env = o->env ? copy_list(o->env) : NULL;
	e->uid = o->uid;
	e->jobs = o->jobs;
	if (!e->rundir || !e->workdir || !e->task_program || (o->sendmail && !e->sendmail) ||
	    (o->env && !e->env))
		return -ENOMEM;
	return 0;
}

static int open_dir(int base, const char *path, mode_t mode, int *out)
{
	if (mkdirat(base, path, mode) < 0 && errno != EEXIST)
		return -errno;
	*out = openat(base, path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	return *out < 0 ? -errno : 0;
}

/* What lies in it tells supervisors what to run, and as whom: nobody else may have put it there. */
static int check_owner(const struct fly_engine *e, struct fly_why *why)
{
	mode_t closed = geteuid() ? S_IWOTH : S_IWOTH | S_IWGRP;
	struct stat st;

	if (fstat(e->rundir_fd, &st) < 0)
		return fly_fail(why, errno, "cannot use the run directory %s", e->rundir);
	if (st.st_uid != geteuid())
		return fly_fail(why, EPERM,
				"the run directory %s belongs to uid %u: it must belong to who "
				"runs flytefs",
				e->rundir, st.st_uid);
	if (st.st_mode & closed)
		return fly_fail(why, EPERM,
				"others may write in the run directory %s: chmod go-w it first",
				e->rundir);
	return 0;
}

static int open_dirs(struct fly_engine *e, struct fly_why *why)
{
	int rc = open_dir(AT_FDCWD, e->rundir, 0711, &e->rundir_fd);

	if (rc < 0)
		return fly_fail(why, -rc, "cannot use the run directory %s", e->rundir);
	rc = check_owner(e, why);
	if (rc < 0)
		return rc;
	rc = open_dir(e->rundir_fd, "live", 0700, &e->live_fd);
	if (rc < 0)
		return fly_fail(why, -rc, "cannot use %s/live", e->rundir);
	if (mkdirat(e->rundir_fd, "gone", 0700) < 0 && errno != EEXIST)
		return fly_fail(why, errno, "cannot make %s/gone", e->rundir);
	if (access(e->task_program, X_OK) < 0)
		return fly_fail(why, errno, "cannot run %s", e->task_program);
	return 0;
}

int fly_engine_create(const struct fly_engine_options *options, struct fly_engine **out,
		      struct fly_why *why)
{
	struct fly_engine *e = calloc(1, sizeof(*e));
	int rc;

	if (!e)
		return fly_no_memory(why);
	e->backend.ops = &ops;
	e->admin = options->admin;
	e->store = fly_admin_store(options->admin);
	e->rundir_fd = e->live_fd = e->epoll_fd = e->wake.fd = -1;
	rc = fly_loop_create(e, why);
	if (rc >= 0 && (copy_options(e, options) < 0 || fly_tx_create(e) < 0))
		rc = fly_no_memory(why);
	if (rc >= 0)
		rc = open_dirs(e, why);
	if (rc < 0) {
		fly_engine_destroy(e);
		return rc;
	}
	*out = e;
	return 0;
}

struct fly_backend *fly_engine_backend(struct fly_engine *engine)
{
	return &engine->backend;
}

int fly_engine_start(struct fly_engine *e, struct fly_why *why)
{
	int rc;

	atomic_store(&e->stopping, false);
	rc = pthread_create(&e->thread, NULL, fly_loop_main, e);
	if (rc)
		return fly_fail(why, rc, "cannot start the scheduler");
	e->started = true;
	return 0;
}

/* What is in memory goes; the processes stay, and the next start finds them. */
static void drop_runs(struct fly_engine *e)
{
	struct fly_run *run;

	for (run = e->ended; run; run = e->ended) {
		e->ended = run->next_ended;
		fly_run_free(run);
	}
	for (size_t i = 0; i < FLY_RUN_BUCKETS; i++)
		while (e->runs[i])
			fly_run_free(e->runs[i]);
	e->dirty = NULL;
	fly_run_drop_reloads(e);
	fly_tx_reset(e);
	fly_helpers_free(e);
}

void fly_engine_stop(struct fly_engine *e)
{
	uint64_t one = 1;

	if (!e->started)
		return;
	atomic_store(&e->stopping, true);
	while (write(e->wake.fd, &one, sizeof(one)) < 0 && errno == EINTR)
		;
	pthread_join(e->thread, NULL);
	e->started = false;
	drop_runs(e);
}

static void free_list(char **list)
{
	for (char **p = list; p && *p; p++)
		free(*p);
	free(list);
}

void fly_engine_destroy(struct fly_engine *e)
{
	if (!e)
		return;
	fly_engine_stop(e);
	fly_tx_destroy(e);
	fly_loop_destroy(e);
	fly_users_free(e);
	if (e->live_fd >= 0)
		close(e->live_fd);
	if (e->rundir_fd >= 0)
		close(e->rundir_fd);
	free_list(e->env);
	free(e->rundir);
	free(e->workdir);
	free(e->task_program);
	free(e->sendmail);
	free(e);
}

void fly_engine_stats(struct fly_engine *e, struct fly_engine_stats *out)
{
	out->running_tasks = atomic_load(&e->n_running);
	out->waiting_tasks = atomic_load(&e->n_waiting);
	out->executions = atomic_load(&e->n_runs);
}
