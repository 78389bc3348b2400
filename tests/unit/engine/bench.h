/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A store, a service and an engine in a private folder, driven by shorthand texts: what the tests
 * of the engine stand on.
 */
#ifndef FLYTEFS_TESTS_BENCH_H
#define FLYTEFS_TESTS_BENCH_H

#include "../check.h"

#include "flytefs/engine.h"

struct bench {
	char dir[64];			/* world-readable; holds flyte.db and runs/ */
	const char *task_program;
	unsigned jobs;
	uid_t uid;
	struct fly_store *store;
	struct fly_admin *admin;
	struct fly_engine *engine;
	struct fly_caller caller;
	/* may be set before it is opened */
	const char *sendmail;
	const char *const *env;		/* of tasks; NULL: a small one */
	const char *workdir;		/* NULL: dir */
};

/** Make all of it and start. Exits when it can't. */
void bench_open(struct bench *b, const char *task_program, unsigned jobs);
void bench_close(struct bench *b);
/** Over a folder that is there. */
void bench_reopen(struct bench *b, const char *task_program, const char *dir, unsigned jobs);
void bench_open_store(struct bench *b);
void bench_close_store(struct bench *b);
/** Stop and forget the engine; the rest stays. */
void bench_stop(struct bench *b);
/** Another one over the same folder. */
void bench_start(struct bench *b);

/** Register a shorthand text of this kind as NAME@v1; exits when it is refused. */
void bench_register(struct bench *b, enum fly_kind kind, const char *name, const char *text);
/** A task with one word list for sh -c, without inputs and outputs. */
void bench_task(struct bench *b, const char *name, const char *script, unsigned retries,
		const char *timeout);
/** Launch a shorthand execution text ("{\"launch_plan\": …}"); its row id. Exits when refused. */
int64_t bench_launch(struct bench *b, const char *name, const char *text);
/** Such a task, a workflow of this one step and a run of it, NAME-1; its row id. */
int64_t bench_run(struct bench *b, const char *name, const char *script, unsigned retries,
		  const char *timeout);
void bench_terminate(struct bench *b, const char *name, const char *cause);

/** Wait until the execution is over, at most half a minute; its phase name. */
const char *bench_wait(struct bench *b, int64_t execution);
/** Wait until a node has this phase. */
bool bench_wait_node(struct bench *b, int64_t execution, const char *node, int phase);
/** "n0:SUCCEEDED n1:FAILED …" by node id, start and end left out; in a static buffer. */
const char *bench_nodes(struct bench *b, int64_t execution);
/** "FAILED FAILED SUCCEEDED": the attempts of a node. */
const char *bench_attempts(struct bench *b, int64_t execution, const char *node);
/** "ABORTED UNDEFINED": what the items of a map's first attempt came to. */
const char *bench_items(struct bench *b, int64_t execution, const char *node);
/** Outputs as compact JSON; static buffer. */
const char *bench_outputs(struct bench *b, int64_t execution);
/** "CODE|KIND|message" of the execution's error. */
const char *bench_error(struct bench *b, int64_t execution);
/** The execution's log. */
const char *bench_log(struct bench *b, int64_t execution);
/** A file below the bench's folder appears with content, within ten seconds. */
bool bench_appears(const struct bench *b, const char *name);
/** Pid in a file below the folder. */
int bench_pid(const struct bench *b, const char *name);
bool bench_is_alive(int pid);
/** Wait until it has ended, at most ten seconds. */
void bench_await_end(int pid);

/** Do all tests, one after the other; tell_times: how long each took. */
void bench_do(void (*const *tests)(void), size_t n, bool tell_times);

#endif
