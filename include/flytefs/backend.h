/* SPDX-License-Identifier: Apache-2.0 */
/*
 * backend: who carries executions out. admin stores and decides, a backend runs: the local engine,
 * or a Flyte Admin elsewhere. admin calls these functions and links neither; main() puts them
 * together.
 */
#ifndef FLYTEFS_BACKEND_H
#define FLYTEFS_BACKEND_H

#include "flytefs/base.h"

struct fly_backend;

struct fly_backend_ops {
	/**
	 * TerminateExecution makes the execution ABORTED in the same transaction (true: the local
	 * engine, which only has processes to kill), or ABORTING until the backend reports ABORTED
	 * (false: as Flyte Admin does).
	 */
	bool aborts_at_once;
	/**
	 * Would this execution be taken? Before the insert, on the caller's thread; must not block.
	 * A refusal does not fail CreateExecution: it is stored FAILED with the sentence (flyte-api
	 * §2.4, step 6). NULL: always.
	 */
	int (*check)(struct fly_backend *backend, const char *project, const char *domain,
		     const char *name, struct fly_why *why);
	/** An execution was committed; carry it out. Any thread; must not block. */
	void (*execute)(struct fly_backend *backend, int64_t execution);
	/** An execution was terminated (committed): stop its work. Any thread; must not block. */
	void (*terminate)(struct fly_backend *backend, int64_t execution, const char *cause);
	/**
	 * An execution is being deleted: called inside the transaction, so that what its run left
	 * on disk is remembered even when the process ends between the commit and forget(). Must
	 * not block. NULL: not asked.
	 */
	void (*forgetting)(struct fly_backend *backend, int64_t execution);
	/**
	 * An execution was deleted for good (committed): remove what its run left on disk. Any
	 * thread; must not block.
	 */
	void (*forget)(struct fly_backend *backend, int64_t execution);
	/**
	 * Append what an execution's tasks printed (its `log`) from offset, at most len bytes, to
	 * b; total size to *size. 0 or -errno. node and attempt choose one stream of one attempt
	 * (stream 1 stdout, 2 stderr) when attempt > 0.
	 */
	int (*read_log)(struct fly_backend *backend, int64_t execution, int64_t attempt, int stream,
			uint64_t offset, size_t len, struct fly_buf *b, uint64_t *size);
};

struct fly_backend {
	const struct fly_backend_ops *ops;
};

#endif
