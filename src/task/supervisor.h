/* SPDX-License-Identifier: Apache-2.0 */
/* What the parts of flytefs-task share. */
#ifndef FLYTEFS_TASK_SUPERVISOR_H
#define FLYTEFS_TASK_SUPERVISOR_H

#include <sys/stat.h>

#include "job.h"

/* --- identity.c: who touches what --------------------------------------- */

/** Become the job's user for good: groups, ids, no capabilities, no way back. 0 or -errno. */
int fly_identity_drop(const struct fly_job *job);
/** Become a user for good, with no groups but the one, and what the system gives that user. */
int fly_identity_become(uid_t uid, gid_t gid);
/** Become the job's user until fly_identity_return. 0 or -errno. */
int fly_identity_borrow(const struct fly_job *job);
int fly_identity_return(void);

/* --- steps.c ------------------------------------------------------------ */

/** Do the job's steps with the rights of the caller; on failure *path is the one that failed. */
int fly_steps_run(const struct fly_job *job, const char **path);

/* --- space.c: inputs and outputs where a container expects them --------- */

/** Write a short text into a file of the kernel's. 0 or -errno. */
int fly_write_text(const char *path, const char *text);
/** Enter a mount namespace of one's own; 0 or -errno: the machine does not allow it. */
int fly_space_unshare(void);
/** Open the sources of the binds (n_binds descriptors) with the rights of the caller. */
int fly_space_open(const struct fly_job *job, int *fds);
/**
 * Let them stand at their targets, in the own namespace. staging: path of a directory of the
 * daemon's to build on. 0 or -errno.
 */
int fly_space_bind(const struct fly_job *job, const int *fds, const char *staging);
/** The other way: put the sources' paths in place of the targets' in the arguments. -ENOMEM. */
int fly_space_rewrite(struct fly_job *job, struct fly_arena *arena);

/* --- child.c ------------------------------------------------------------ */

struct fly_child {
	pid_t pid;
	int out, err;	/* read ends of its stdout and stderr */
	int status;	/* read end: text of a failure, or EOF once the command runs */
};
/**
 * Start the task's process. path: the attempt's directory; execdir: the execution's, for its mark
 * `aborted`. 0 or -errno.
 */
int fly_child_start(struct fly_job *job, const char *path, int execdir, struct fly_arena *arena,
		    struct fly_child *out);
#define FLY_CHILD_ABORTED "\1aborted"	/* text of a start that the mark forbade */

/* --- descendants.c ------------------------------------------------------ */

/** Signal every process below this one, once each; leader: of the task's group, 0: gone. */
void fly_descendants_signal(int sig, pid_t leader);

/* --- holders.c: whose processes are an attempt's ------------------------ */

#define FLY_MARK_NAME "FLYTEFS_ATTEMPT"
#define FLY_MARK_MAX 64
/** What all that descends from an attempt's command has in its environment. */
void fly_attempt_mark(const struct stat *lock, char mark[FLY_MARK_MAX]);
/**
 * Wait until nobody holds the lock in an attempt's directory, and until whoever did is gone with
 * all it had open. killing: kill the attempt's processes, as far as they are of the run's user,
 * until none is left; SIGTERM begins that too. 0 or -errno.
 */
int fly_holders_wait(int dir, bool killing);

/* --- capture.c ---------------------------------------------------------- */

/* The end of what both streams carried, as Kubernetes shows it for a container that failed. */
#define FLY_TAIL_BYTES 2048
#define FLY_TAIL_LINES 80

struct fly_tail {
	size_t len;
	char text[2 * FLY_TAIL_BYTES];
};
/** The last lines, as UTF-8 text: bytes that are none are '?'. */
const char *fly_tail_text(struct fly_tail *tail);

struct fly_capture {
	int in;			/* -1 once it ended */
	int file;		/* the attempt's own copy */
	int log;		/* the execution's log */
	const char *prefix;
	struct fly_tail *tail;
	struct fly_buf line;	/* an unfinished line */
	uint64_t kept, logged;	/* bytes written to either file */
};
/** Take what can be read without waiting; true at the end of the stream. */
bool fly_capture_read(struct fly_capture *c);
/** Write out an unfinished line and close. */
void fly_capture_end(struct fly_capture *c);

/* --- gather.c ----------------------------------------------------------- */

/** Collect the wants with the rights of the caller, printed as founds; files if asked. */
void fly_gather(const struct fly_job *job, bool with_files, struct fly_buf *b);

#endif
