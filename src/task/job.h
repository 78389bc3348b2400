/* SPDX-License-Identifier: Apache-2.0 */
/*
 * job: what the engine asks the supervisor to do, and the record the supervisor leaves when it is
 * done. Both lie in the attempt's directory, which belongs to the daemon. Knows no messages of
 * Flyte: values are bytes here.
 *
 * Layout of a run, DIR = <rundir>/<execution id>:
 *
 *   DIR/of             whose it is: "PROJECT/DOMAIN/NAME CREATED_NS"
 *   DIR/log            what the tasks printed, line by line
 *   DIR/aborted        exists: no further task of the execution may begin
 *   DIR/run/           belongs to the user of the execution; Flyte's layout inside
 *   DIR/a/KEY/         one attempt, the daemon's:
 *       lock           flock held by supervisor and task for as long as either lives
 *       job            struct fly_job
 *       pid            "PID STARTTIME", written before the task is started
 *       stdout stderr  captured
 *       exit           struct fly_record, appears whole
 *       trouble        why the supervisor gave up; usually absent
 *
 * What the files say after a restart, whatever was going on before it:
 *
 *   directory  lock  exit   meaning
 *   absent     -     -      never started: start it
 *   there      any   yes    over: the record says how
 *   there      any   no     with `pid`: running, for as long as that process lives. When it is
 *                           gone: lost, a system failure, as soon as all that is left of the
 *                           task is killed
 *   there      held  no     without `pid`: about to run; wait for the lock, and look again
 *   there      free  no     without `pid`: nothing was ever started; begin the attempt anew
 *
 * There is no gap between the rows: the daemon takes the lock before the supervisor exists and
 * hands the descriptor over, and the record is there before the lock goes.
 */
#ifndef FLYTEFS_TASK_JOB_H
#define FLYTEFS_TASK_JOB_H

#include "flytefs/base.h"

#define FLY_TASK_LOCK_FD 3	/* where the supervisor finds the lock it inherits */
#define FLY_TASK_RESULT_MAX ((size_t)64 << 20)

/* Made by the task's process, as the task's user, before it becomes the command; in order. */
enum fly_step_kind {
	FLY_STEP_FRESH,	/* directory at path, with its parents; emptied when it was there */
	FLY_STEP_DIR,	/* directory at path, with its parents */
	FLY_STEP_FILE,	/* file at path holding data */
	FLY_STEP_LINK,	/* symbolic link at path to data */
	FLY_STEP_COPY,	/* copy of the file or tree named by data at path */
	FLY_N_STEPS,
};

struct fly_step {
	enum fly_step_kind kind;
	const char *path;
	struct fly_bytes data;	/* followed by NUL when it is a path */
};

/* Collected as the task's user once the task is over; none of them need exist. */
enum fly_want_kind {
	FLY_WANT_FILE,	/* the bytes of the file at path */
	FLY_WANT_ANY,	/* the same; when it is missing, of the only file called path.* */
	FLY_WANT_BLOB,	/* file or directory at path, moved to `to` */
	FLY_WANT_DIR,	/* is there anything at path? */
	FLY_N_WANTS,
};

struct fly_want {
	enum fly_want_kind kind;
	const char *path;
	const char *to;		/* BLOB: where it goes; else "" */
	uint64_t max_bytes;	/* of a file; more is -EFBIG */
};

struct fly_bind {
	const char *source;	/* the attempt's own directory */
	const char *target;	/* where the command expects it */
};

struct fly_job {
	bool switch_user;	/* become uid, gid and groups before touching what is the user's */
	uid_t uid;
	gid_t gid;
	gid_t *groups;
	size_t n_groups;
	const char *prefix;	/* of its lines in the log */
	const char *workdir;
	const char *home;	/* instead of a workdir closed to this user; "": fail */
	int64_t timeout_ns;	/* 0: none */
	int64_t grace_ns;	/* between SIGTERM and SIGKILL */
	const char **argv, **env;	/* NULL-terminated */
	size_t n_argv, n_env;
	struct fly_step *steps;
	size_t n_steps;
	struct fly_want *wants;
	size_t n_wants;
	struct fly_bind *binds;
	size_t n_binds;
};

void fly_job_print(const struct fly_job *job, struct fly_buf *b);
/** data is changed and must outlive the job; arrays lie in arena. -EBADMSG, -ENOMEM. */
int fly_job_parse(char *data, size_t len, struct fly_arena *arena, struct fly_job *out);

enum fly_fate {
	FLY_FATE_EXIT,		/* the command ended by itself: code */
	FLY_FATE_SIGNAL,	/* a signal ended it: code */
	FLY_FATE_TIMEOUT,	/* took longer than timeout_ns */
	FLY_FATE_ABORT,		/* the supervisor was told to stop it */
	FLY_FATE_UNSTARTED,	/* the command could not be run: text */
	FLY_N_FATES,
};

enum fly_found_kind { FLY_FOUND_FILE, FLY_FOUND_DIR, FLY_FOUND_NOTHING };

/* The answer to one want. */
struct fly_found {
	int error;		/* 0, or an errno: ENOENT when there is nothing, EFBIG, … */
	enum fly_found_kind kind;
	uint64_t size;		/* of the file; of a directory the sum of its files */
	const char *path;	/* BLOB: absolute path where it lies now */
	struct fly_bytes data;	/* FILE, ANY: the content */
};

struct fly_record {
	enum fly_fate fate;
	int code;
	const char *text;	/* UNSTARTED: why; else "" or why nothing was collected */
	const char *tail;	/* the end of what it printed: at most 2 KiB, 80 lines */
	int64_t started_ns, ended_ns;	/* wall clock; started 0: never */
	/* One for each want, or none when it never ran or collecting failed. Files are taken only
	 * after exit code 0: they are not there otherwise. */
	struct fly_found *found;
	size_t n_found;
};

/** One found thing, as a process that collects as the task's user writes it. */
void fly_found_print(const struct fly_found *found, struct fly_buf *b);
/** founds: n_found of them, printed. */
void fly_record_print(const struct fly_record *record, const struct fly_buf *founds,
		      struct fly_buf *b);
/** data is changed and must outlive the record; arrays lie in arena. -EBADMSG, -ENOMEM. */
int fly_record_parse(char *data, size_t len, struct fly_arena *arena, struct fly_record *out);

#endif
