/* SPDX-License-Identifier: Apache-2.0 */
/*
 * engine: runs executions on this machine as Flyte's engine would: a scheduler over the compiled
 * graph, tasks as processes under a supervisor that outlives the daemon. A `struct fly_backend` for
 * admin; reports phases through admin's events, in store transactions. Knows no FUSE, no SQL.
 * Source: flyte-engine, all that docs/sources.md has of it; DESIGN §8.
 */
#ifndef FLYTEFS_ENGINE_H
#define FLYTEFS_ENGINE_H
#ifndef FLY_LINKS_ENGINE
#error "this room does not link engine"
#endif

#include "flytefs/admin.h"

struct fly_engine;

struct fly_engine_options {
	struct fly_admin *admin;	/* borrowed, as is its store */
	/* absolute; made when missing (0711, runs below are 0700 of their uid) */
	const char *rundir;
	const char *workdir;		/* absolute; where tasks start */
	/* KEY=VALUE, NULL-terminated: base environment of tasks of uid; those of other users get a
	 * clean one with HOME, USER, LOGNAME, SHELL, PATH */
	const char *const *env;
	uid_t uid;
	unsigned jobs;			/* tasks at once over all executions; 0: run nothing */
	const char *task_program;	/* absolute path of flytefs-task */
	const char *sendmail;		/* absolute path, NULL: notifications are logged only */
};
/** Errors: -ENOMEM, -EACCES …: rundir, task_program. */
int fly_engine_create(const struct fly_engine_options *options, struct fly_engine **out,
		      struct fly_why *why);
/** The vtable for fly_admin_set_backend. Borrowed. */
struct fly_backend *fly_engine_backend(struct fly_engine *engine);
/**
 * Start the scheduler thread; takes unfinished executions up again (finished work kept, running
 * work joined, lost work retried).
 */
int fly_engine_start(struct fly_engine *engine, struct fly_why *why);
/** Stop scheduling and wait for reports under way; running tasks go on under their supervisors. */
void fly_engine_stop(struct fly_engine *engine);
/** After stop (or never started). NULL allowed. */
void fly_engine_destroy(struct fly_engine *engine);

struct fly_engine_stats {
	unsigned running_tasks, waiting_tasks, executions;
};
void fly_engine_stats(struct fly_engine *engine, struct fly_engine_stats *out);

#endif
