/* SPDX-License-Identifier: Apache-2.0 */
/* What task nodes, dynamic nodes and arrays of tasks share. */
#ifndef FLYTEFS_ENGINE_NODE_TASK_H
#define FLYTEFS_ENGINE_NODE_TASK_H

#include "cache.h"

#define FLY_SYSTEM_RETRIES 3	/* Flyte's max-node-retries-system-failures */

/* A task node's own; it hangs on fly_node_run.data. */
struct task {
	const Flyteidl__Core__TaskTemplate *template;
	struct fly_proc *proc;		/* of the attempt under way */
	const char *name, *key;		/* of the current attempt */
	const char *prev_checkpoint;
	struct fly_frame *dynamic;	/* the workflow it asked for */
	bool is_cached;			/* its results are kept, under key */
	struct fly_cache_key cache_key;
};

bool fly_task_interruptible(const struct fly_node_run *n, const Flyteidl__Core__TaskTemplate *task);
/** Retries of a node, else of its task; 0: neither says. */
uint32_t fly_task_retries(const Flyteidl__Core__NodeMetadata *nm,
			  const Flyteidl__Core__TaskTemplate *task);
/** How long one attempt may take; 0: for ever. */
int64_t fly_task_timeout_ns(const Flyteidl__Core__NodeMetadata *nm,
			    const Flyteidl__Core__TaskTemplate *task);
/** Raw output prefix of an attempt: absolute path or address. */
const char *fly_task_raw_dir(const struct fly_node_run *n, const char *name);
/** The node's current attempt of a task, in the run's memory. */
Flyteidl__Core__TaskExecutionIdentifier *
fly_task_identify(struct fly_node_run *n, const Flyteidl__Core__TaskTemplate *task);
/** Report the current attempt. */
int fly_task_report(struct fly_node_run *n, int phase, const Flyteidl__Core__ExecutionError *error,
		    const Flyteidl__Core__LiteralMap *outputs);
/** A retryable failure was reported: try again, or fail the node. */
int fly_task_retry(struct fly_node_run *n, const struct fly_outcome *o);
int fly_task_succeed(struct fly_node_run *n, Flyteidl__Core__LiteralMap *outputs);

/* node_dynamic.c */
int fly_dynamic_start(struct fly_node_run *n, Flyteidl__Core__DynamicJobSpec *spec);
int fly_dynamic_resume(struct fly_node_run *n);
int fly_dynamic_abort(struct fly_node_run *n, const char *reason);
int fly_dynamic_done(struct fly_node_run *n, struct fly_frame *f);

#endif
