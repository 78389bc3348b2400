/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the scheduler holds in memory while executions run, and how its parts call each other. All
 * of it belongs to the scheduler's thread, but for the queue in struct fly_engine.
 *
 * Nothing here is needed to go on after a crash: node and attempt rows, and the records that the
 * supervisors leave, say all of it. So whoever meets something it can't handle (no memory, an
 * unreadable row) returns -errno up to the loop, which lets go of the run and loads it again later.
 *
 * Words: a run is one execution; a frame one instance of a workflow (the run's own, a
 * subworkflow's, a dynamic node's); a node one node execution; a proc one supervised attempt.
 */
#ifndef FLYTEFS_ENGINE_MODEL_H
#define FLYTEFS_ENGINE_MODEL_H

#include <pthread.h>
#include <signal.h>
#include <spawn.h>
#include <stdatomic.h>

#include "flytefs/engine.h"
#include "flyteidl/core/compiler.pb-c.h"
#include "flyteidl/core/dynamic_job.pb-c.h"
#include "flyteidl/core/errors.pb-c.h"
#include "flyteidl/core/execution.pb-c.h"
#include "flyteidl/core/tasks.pb-c.h"
#include "flyteidl/core/workflow.pb-c.h"
#include "job.h"

/** A new message or NULL: FLY_NEW(arena, Flyteidl__Core__Scalar, flyteidl__core__scalar). */
#define FLY_NEW(arena, Type, prefix)                                                               \
	({                                                                                         \
		Type *message_ = fly_arena_alloc((arena), sizeof(*message_));                      \
		if (message_)                                                                      \
			prefix##__init(message_);                                                  \
		message_;                                                                          \
	})

#define FLY_START_NODE "start-node"
#define FLY_END_NODE "end-node"
#define FLY_PHASE_RUN(p) FLYTEIDL__CORE__WORKFLOW_EXECUTION__PHASE__##p
#define FLY_PHASE_NODE(p) FLYTEIDL__CORE__NODE_EXECUTION__PHASE__##p
#define FLY_PHASE_TASK(p) FLYTEIDL__CORE__TASK_EXECUTION__PHASE__##p
#define FLY_ERROR_KIND(k) FLYTEIDL__CORE__EXECUTION_ERROR__ERROR_KIND__##k

struct fly_run;
struct fly_frame;
struct fly_node_run;
struct fly_proc;
struct fly_tx;
struct fly_helper;
struct fly_plan;
struct fly_reservation;

/* --- loop.c: the thread, its descriptors and its timers ----------------- */

struct fly_timer {
	int64_t at;		/* tick; 0: not set */
	size_t place;		/* in the heap */
	int (*expired)(struct fly_timer *timer);
	struct fly_run *run;	/* whose it is: let go of when it fails; NULL: nobody's */
};

/* A descriptor the loop watches; embedded in what it belongs to. */
struct fly_watch {
	int fd;			/* -1: none */
	int (*ready)(struct fly_watch *watch);
	struct fly_run *run;
};

enum fly_request_kind { FLY_REQUEST_EXECUTE, FLY_REQUEST_TERMINATE, FLY_REQUEST_FORGET };

struct fly_request {
	enum fly_request_kind kind;
	int64_t execution;
	char *cause;
	struct fly_request *next;
};

#define FLY_RUN_BUCKETS 1024

/* An environment of a user, looked up once. */
struct fly_user {
	uid_t uid;
	gid_t gid;
	gid_t *groups;
	size_t n_groups;
	char *home;
	char **env;		/* NULL-terminated */
	struct fly_user *next;
};

struct fly_engine {
	struct fly_backend backend;	/* first: what admin holds is a pointer to it */
	struct fly_admin *admin;
	struct fly_store *store;
	char *rundir, *workdir, *task_program, *sendmail;
	char **env;
	uid_t uid;
	unsigned jobs;
	int rundir_fd, live_fd;		/* live: an empty file for each attempt under way */
	pthread_t thread;
	bool started;
	atomic_bool stopping;

	pthread_mutex_t lock;		/* the queue alone; held for a few instructions */
	struct fly_request *requests, **requests_end;	/* lock */
	atomic_bool rescan;		/* a request was lost: look at the store */

	/* the scheduler's */
	int epoll_fd;
	struct fly_watch wake;		/* eventfd */
	struct fly_timer **timers;	/* heap */
	size_t n_timers, cap_timers;
	struct fly_run *runs[FLY_RUN_BUCKETS];
	struct fly_run *dirty;		/* with nodes to look at */
	struct fly_run *ended;		/* to be freed after the commit, when no process is left */
	struct fly_proc *waiting, **waiting_end;	/* for a slot, in order */
	struct fly_tx *tx;		/* what the next commit will say */
	struct fly_user *users;
	struct fly_helper *helpers;
	struct fly_reservation *reservations;	/* of cache keys, in order of asking */
	struct fly_plan *plans;		/* launch plan nodes that wait for their child execution */
	atomic_uint n_running, n_waiting, n_runs;
};

int fly_loop_create(struct fly_engine *e, struct fly_why *why);
void fly_loop_destroy(struct fly_engine *e);
void *fly_loop_main(void *engine);
/** Queue a request and wake the loop; takes cause over. Any thread. */
void fly_loop_request(struct fly_engine *e, enum fly_request_kind kind, int64_t execution,
		      char *cause);
int fly_loop_watch(struct fly_engine *e, struct fly_watch *w);
/** Stop watching and close. */
void fly_loop_unwatch(struct fly_engine *e, struct fly_watch *w);
int fly_timer_set(struct fly_engine *e, struct fly_timer *t, int64_t at_tick);
void fly_timer_clear(struct fly_engine *e, struct fly_timer *t);
/** Tick of a moment on the wall clock. */
int64_t fly_tick_of(int64_t wall_ns);

/* --- tx.c, report.c: what a commit says --------------------------------- */

int fly_tx_create(struct fly_engine *e);
void fly_tx_destroy(struct fly_engine *e);
/** Memory of the next commit. */
struct fly_arena *fly_tx_arena(struct fly_engine *e);
int fly_tx_add_workflow(struct fly_run *run, Flyteidl__Admin__WorkflowExecutionEventRequest *req);
int fly_tx_add_node(struct fly_run *run, Flyteidl__Admin__NodeExecutionEventRequest *req);
int fly_tx_add_task(struct fly_run *run, Flyteidl__Admin__TaskExecutionEventRequest *req);
int fly_tx_set_total(struct fly_run *run, uint32_t total);
bool fly_tx_is_empty(const struct fly_engine *e);
/** Forget what was added. */
void fly_tx_reset(struct fly_engine *e);
/** Commit what was added; runs that turn out to be over are marked gone. */
void fly_tx_commit(struct fly_engine *e);

/* An attempt of a task as it is reported. */
struct fly_attempt_report {
	const Flyteidl__Core__TaskTemplate *task;
	uint32_t retry;
	int phase;
	const Flyteidl__Core__ExecutionError *error;
	const Flyteidl__Core__LiteralMap *outputs;
	const char *reason;		/* NULL: none */
	const char *name;		/* generated */
	const char *plugin;
	const char *task_type;		/* NULL: the task's */
	bool interruptible;
	uint32_t version;		/* of a phase reported again */
	Flyteidl__Event__ExternalResourceInfo **resources;
	size_t n_resources;
};

int fly_report_run(struct fly_run *run, int phase);
int fly_report_node(struct fly_node_run *n, int phase);
int fly_report_attempt(struct fly_node_run *n, const struct fly_attempt_report *r);

/* --- run.c: one execution ----------------------------------------------- */

struct fly_run {
	struct fly_engine *engine;
	struct fly_run *next;		/* in its bucket */
	struct fly_run *next_dirty, *next_ended;
	bool is_dirty, is_ended;
	int64_t id, created_ns;
	struct fly_arena arena;
	Flyteidl__Core__WorkflowExecutionIdentifier *identifier;
	const char *workflow_name;
	struct fly_user *user;
	gid_t gid;
	bool switch_user;
	uid_t uid;
	Flyteidl__Admin__ExecutionSpec *spec;
	struct fly_settings settings;
	Flyteidl__Core__LiteralMap *inputs, *outputs;
	Flyteidl__Core__ExecutionError *error;
	Flyteidl__Core__Identifier *workflow_id;
	Flyteidl__Admin__Notification **notifications;
	size_t n_notifications;
	const char *abort_cause;	/* once terminated */
	int phase;			/* as reported */
	bool is_new;			/* no rows of nodes yet */
	bool over;			/* nothing more is reported; its processes are waited for */
	bool gone;			/* the store knows it as terminal, or not at all */
	bool told;			/* to the nodes that wait for it as their child */
	bool forget;			/* remove its directory when the processes are gone */
	bool has_leftovers;		/* attempts from before; not all may be taken up */
	bool has_dirs;
	bool on_failure_continue;	/* FAIL_AFTER_EXECUTABLE_NODES_COMPLETE: rules all frames */
	uint32_t n_active;
	struct fly_frame *top;
	struct fly_node_run *pending, **pending_end;	/* to be looked at */
	struct fly_node_run *blocked, **blocked_end;	/* ready, max_parallelism is reached */
	struct fly_proc *procs;
	struct fly_node *rows;		/* while it is taken up again */
	size_t n_rows;
	struct fly_attempt *attempt_rows;
	size_t n_attempt_rows;
	int64_t recovered_from;		/* row of the reference execution, 0: none */
};

struct fly_run *fly_run_find(struct fly_engine *e, int64_t id);
/** Read an execution and begin it, or take it up again. */
int fly_run_load(struct fly_engine *e, int64_t id);
/** The execution was terminated: kill, report nothing. */
void fly_run_terminate(struct fly_run *run, const char *cause);
/** Stop following it without touching its processes; load it again in a second. */
void fly_run_let_go(struct fly_run *run, int error);
/** Drop everything in memory. Its processes live on. */
void fly_run_free(struct fly_run *run);
/** It is over: free it after the commit, once no process is left. */
void fly_run_end(struct fly_run *run);
/** After a commit: free what ended. */
void fly_run_reap(struct fly_engine *e);
/** Forget which runs were to be loaded again. */
void fly_run_drop_reloads(struct fly_engine *e);
/** The top frame ended. */
int fly_run_finish(struct fly_run *run);
/** Look at the pending nodes until nothing moves. */
int fly_run_advance(struct fly_run *run);
void fly_run_touch(struct fly_run *run);
/** Does max_parallelism allow another active node? */
bool fly_run_has_room(const struct fly_run *run);
/** Row of a node from before the restart; NULL. */
const struct fly_node *fly_run_row(const struct fly_run *run, const char *uid);

/* --- frame.c: one workflow instance ------------------------------------- */

enum fly_frame_state {
	FLY_FRAME_RUNNING,
	FLY_FRAME_STOPPING,	/* failed: its processes are dying */
	FLY_FRAME_CLEANING,	/* the failure node runs */
	FLY_FRAME_OVER,
};

struct fly_frame {
	struct fly_run *run;
	struct fly_node_run *owner;	/* NULL: the run's own */
	const Flyteidl__Core__CompiledWorkflow *workflow;
	/* where its tasks and subworkflows are */
	const Flyteidl__Core__CompiledWorkflowClosure *closure;
	enum fly_frame_state state;
	struct fly_node_run **nodes;	/* sorted by id */
	size_t n_nodes;
	struct fly_node_run *start, *end, *failure;
	size_t n_open;			/* nodes not finished */
	unsigned dying;			/* processes of it that were told to stop */
	bool is_dynamic;
	Flyteidl__Core__LiteralMap *inputs, *outputs;
	Flyteidl__Core__ExecutionError *error;
	bool timed_out;			/* the node that failed it timed out */
};

/** Build an instance; owner's attempt and directories name its nodes. */
int fly_frame_create(struct fly_run *run, struct fly_node_run *owner,
		     const Flyteidl__Core__CompiledWorkflow *workflow,
		     const Flyteidl__Core__CompiledWorkflowClosure *closure,
		     struct fly_frame **out);
/** Begin with these inputs; takes up what rows say (run->rows). */
int fly_frame_start(struct fly_frame *f, Flyteidl__Core__LiteralMap *inputs);
struct fly_node_run *fly_frame_node(const struct fly_frame *f, const char *id);
const Flyteidl__Core__TaskTemplate *fly_frame_task(const struct fly_frame *f,
						   const Flyteidl__Core__Identifier *id);
const Flyteidl__Core__CompiledWorkflow *fly_frame_workflow(const struct fly_frame *f,
							   const Flyteidl__Core__Identifier *id);
/** A node of it (top-level or its failure node) finished. */
int fly_frame_node_done(struct fly_frame *f, struct fly_node_run *n);
/** Fail it: stop what runs, clean up, tell the owner. */
int fly_frame_fail(struct fly_frame *f, Flyteidl__Core__ExecutionError *error, bool timed_out);
/** Stop what runs in it, recording ABORTED with the reason. */
int fly_frame_abort(struct fly_frame *f, const char *reason);
/** A process below it ended that was told to. */
int fly_frame_process_died(struct fly_frame *f);
/** The failure node's input "err", if it has one, tells why the frame failed. */
int fly_frame_put_error(struct fly_frame *f, Flyteidl__Core__LiteralMap *inputs);
/** May another node of it begin? */
bool fly_frame_is_open(const struct fly_frame *f);

/* --- node.c: the life of a node ----------------------------------------- */

enum fly_node_state {
	FLY_NODE_WAITING,	/* for its upstream nodes */
	FLY_NODE_QUEUED,	/* inputs are there; max_parallelism or a slot is not */
	FLY_NODE_RUNNING,
	FLY_NODE_SUCCEEDED,	/* or recovered */
	FLY_NODE_SKIPPED,
	FLY_NODE_FAILED,
	FLY_NODE_TIMED_OUT,
	FLY_NODE_ABORTED,
};

struct fly_node_kind {
	bool counts;		/* against max_parallelism */
	/** Inputs are resolved. Ends in fly_node_succeed, fly_node_fail, … now or later. */
	int (*start)(struct fly_node_run *n);
	/** The row says that it started before the daemon did. */
	int (*resume)(struct fly_node_run *n);
	/** Stop what runs below it. The node's own record is written by the caller. */
	int (*abort)(struct fly_node_run *n, const char *reason);
	/** A node that stands under it (but is of no inner frame) finished. NULL: has none. */
	int (*child_done)(struct fly_node_run *n, struct fly_node_run *child);
	/** Its inner frame is over: f->error, or f->outputs. NULL: has none. */
	int (*frame_done)(struct fly_node_run *n, struct fly_frame *f);
	/** It is over, or dropped with its run: give back what others wait for. NULL: nothing. */
	int (*left)(struct fly_node_run *n);
	/** It will fail before it is started: what is shown of it all the same. NULL: nothing. */
	int (*unstarted)(struct fly_node_run *n);
};

struct fly_node_run {
	struct fly_run *run;
	struct fly_frame *frame;	/* the scope of its promises */
	struct fly_node_run *parent;	/* the node it stands under; NULL: the run itself */
	const Flyteidl__Core__Node *core;
	const struct fly_node_kind *kind;
	const char *uid;		/* unique in the execution */
	const char *dir;		/* its data directory below the run's */
	enum fly_node_state state;
	int reported;			/* phase of its row; -1: no row */
	bool is_child;			/* of a branch: it tells its parent, not its frame */
	bool inputs_reported;
	bool is_parent, is_dynamic, is_array;	/* as shown */
	bool ran;			/* it has task_node_metadata */
	bool in_pending, in_blocked, is_active;
	size_t place;			/* in its frame's nodes */
	struct fly_node_run **up, **down;
	size_t n_up, n_down;
	uint32_t attempt, system_failures;
	Flyteidl__Core__LiteralMap *inputs, *outputs;
	Flyteidl__Core__ExecutionError *error;
	int64_t queued_ns, started_ns;	/* 0: not yet */
	const char *reason;		/* of its abort */
	Flyteidl__Core__WorkflowExecutionIdentifier *child;	/* launch plan node */
	int cache_status;
	Flyteidl__Core__CatalogMetadata *catalog_key;
	const Flyteidl__Core__CompiledWorkflowClosure *dynamic;	/* to be reported */
	struct fly_timer timer;		/* timeout of its kind, or its sleep */
	struct fly_timer active_timer;	/* 2 x timeout since queued */
	struct fly_node_run *next_pending, *next_blocked;
	void *data;			/* its kind's */
};

int fly_node_create(struct fly_frame *f, struct fly_node_run *parent,
		    const Flyteidl__Core__Node *core, struct fly_node_run **out);
/** Look at it again: its upstream nodes may be done. */
void fly_node_touch(struct fly_node_run *n);
int fly_node_look(struct fly_node_run *n);
/** Be what its row says. */
int fly_node_restore(struct fly_node_run *n);
/** Go on with what was under way; finishes nothing at once. */
int fly_node_take_up(struct fly_node_run *n);
/** Resolve its inputs and begin it. */
int fly_node_begin(struct fly_node_run *n);
/** Its turn has come, as far as max_parallelism goes. */
int fly_node_start(struct fly_node_run *n);
/** Let it be started again in its run's next turn. */
int fly_node_block(struct fly_node_run *n);
/** It runs now (reported once). */
int fly_node_running(struct fly_node_run *n);
int fly_node_succeed(struct fly_node_run *n, Flyteidl__Core__LiteralMap *outputs);
/** Fail for good. */
int fly_node_fail(struct fly_node_run *n, Flyteidl__Core__ExecutionError *error);
/** Stop it; nothing that was not started gets a record. */
int fly_node_abort(struct fly_node_run *n, const char *reason);
bool fly_node_is_over(const struct fly_node_run *n);
/** metadata.timeout in nanoseconds; 0: none. */
int64_t fly_node_timeout_ns(const struct fly_node_run *n);
/** Output directory of its current attempt, below the run's. */
char *fly_node_out_dir(const struct fly_node_run *n);
/** An error in the run's memory; NULL without memory. */
Flyteidl__Core__ExecutionError *fly_error_new(struct fly_run *run, const char *code, int kind,
					      const char *format, ...) FLY_PRINTF(4, 5);
int fly_node_fail_with(struct fly_node_run *n, const char *code, int kind, const char *format, ...)
	FLY_PRINTF(4, 5);

/* the kinds */
extern const struct fly_node_kind fly_kind_start, fly_kind_end, fly_kind_task, fly_kind_branch,
	fly_kind_workflow, fly_kind_launch_plan, fly_kind_gate, fly_kind_array, fly_kind_unknown;
const struct fly_node_kind *fly_kind_of(const Flyteidl__Core__Node *core);

/** A run is over: let the launch plan nodes that wait for it look at its row. */
void fly_plan_child_over(struct fly_engine *e, int64_t execution);
/** Forget the nodes of a run that goes. */
void fly_plan_forget(struct fly_run *run);

/* --- binding.c ---------------------------------------------------------- */

/** Resolve bindings in a frame. -EINVAL with why: something is missing. */
int fly_bindings_resolve(const struct fly_frame *f, Flyteidl__Core__Binding *const *bindings,
			 size_t n, struct fly_arena *arena, Flyteidl__Core__LiteralMap **out,
			 struct fly_why *why);

/* --- retry.c ------------------------------------------------------------ */

struct fly_retry {
	bool again;
	unsigned current, max;
};
/** Budgets of user and system failures: flyte-engine §2.6. */
struct fly_retry fly_retry_decide(int kind, uint32_t attempt, uint32_t system_failures,
				  bool retries_set, uint32_t retries);
/** The error of a node whose budget is used up. */
Flyteidl__Core__ExecutionError *fly_retry_exhausted(struct fly_run *run, struct fly_retry r,
						    const Flyteidl__Core__ExecutionError *last);

/* --- proc.c: supervised attempts ---------------------------------------- */

enum fly_proc_state {
	FLY_PROC_WAITING,	/* for a slot */
	FLY_PROC_RUNNING,
	FLY_PROC_OVER,
};

struct fly_proc {
	struct fly_run *run;
	struct fly_frame *frame;	/* to be told when it dies after an abort */
	struct fly_proc *next, **back;	/* in the run */
	struct fly_proc *next_waiting;
	const char *key;		/* its directory below a/ */
	enum fly_proc_state state;
	struct fly_watch watch;		/* pidfd */
	struct fly_timer later;		/* to look at what was found, in another round */
	bool burying;			/* the descriptor is of who kills what is left of it */
	bool buried;
	bool has_slot;
	bool spawned;			/* by this daemon */
	bool aborted;			/* nobody wants to know how it ends */
	void *owner;
	/** A slot is there: build the job and call fly_proc_spawn, or fly_proc_free. */
	int (*begin)(struct fly_proc *p);
	/** It ended; record NULL: lost. Not called after an abort. The proc is freed afterwards. */
	int (*over)(struct fly_proc *p, const struct fly_record *record);
	/** It runs (was spawned, or is one from before the restart). */
	int (*running)(struct fly_proc *p);
};

int fly_proc_create(struct fly_node_run *n, const char *key, struct fly_proc **out);
/** Wait for a slot, then begin. */
void fly_proc_want(struct fly_proc *p);
/** Give slots to those who wait, in order. */
int fly_proc_dispatch(struct fly_engine *e);
/** Start it, or join what a daemon before us started under the same key. */
int fly_proc_spawn(struct fly_proc *p, const struct fly_job *job);
/** It was under way before the restart: join it, or take its record, or call it lost. */
int fly_proc_join(struct fly_proc *p);
/** Was an attempt ever begun under this key? */
bool fly_proc_exists(struct fly_run *run, const char *key);
/**
 * Record of an attempt that ended, from an earlier daemon's time; text keeps its memory. 1, 0: it
 * left none, or trouble of our own.
 */
int fly_proc_record(struct fly_run *run, const char *key, struct fly_arena *arena,
		    struct fly_buf *text, struct fly_record *out);
/** Stop it, or forget it when it never started; its `over` is not called any more. */
void fly_proc_abort(struct fly_proc *p);
/** Forget it, without touching the process if there is one. */
void fly_proc_free(struct fly_proc *p);
/** No descriptor or no memory: the error says nothing of what was looked for. */
bool fly_is_own_trouble(int rc);
/**
 * pidfd of the supervisor whose number stands in the directory. -ENOENT: none does; -ESRCH: it is
 * gone; else trouble of our own.
 */
int fly_supervisor_open(int dir);
/** Is the lock of an attempt's directory held? 1, 0, or trouble of our own. */
int fly_proc_is_locked(int dir);
/** Stop processes that no execution wants: a crash came between termination and signals. */
void fly_proc_sweep(struct fly_engine *e);
/** Stop those of a run that nobody follows; true: there are any. Each is stopped once. */
bool fly_proc_stop_leftovers(struct fly_engine *e, int64_t execution);
/** Mark an execution so that none of its tasks begins any more. Any thread. */
void fly_proc_mark_aborted(struct fly_engine *e, int64_t execution);
/** Does a process of an execution live, as far as is known? Any thread. */
bool fly_proc_is_live(struct fly_engine *e, int64_t execution);
/** Its directory is to be removed, if the row is gone, once its processes are dead. Any thread. */
void fly_proc_mark_deleted(struct fly_engine *e, int64_t execution);
/** End of what an attempt printed to stderr (stdout when that is empty), in arena, or "". */
const char *fly_proc_tail(struct fly_run *run, const char *key, size_t max, size_t max_lines,
			  struct fly_arena *arena);

/** Why the supervisor of a lost attempt gave up, in arena; "" when it did not say. */
const char *fly_proc_trouble(struct fly_run *run, const char *key, struct fly_arena *arena);

/* --- rundir.c: where runs lie on disk ------------------------------------ */

/** Make a run's directories, once. */
int fly_rundir_make(struct fly_run *run);
/** Put away what another run has left under this one's number. */
void fly_rundir_check(struct fly_run *run);
/** Take a run's directory out of its place, to be removed. Any thread. */
void fly_rundir_put_away(struct fly_engine *e, int64_t execution);
/** Put it away and remove it, in a process of its own. */
void fly_rundir_remove(struct fly_engine *e, int64_t execution);
/** Remove what was put away by a daemon that has not lived to remove it. */
void fly_rundir_sweep(struct fly_engine *e);

/* --- helper.c: short-lived programs of ours ----------------------------- */

/**
 * Start a program in a session of its own, with these files and without our signal handlers;
 * blocked: until it takes care of it itself. 0 or -errno.
 */
int fly_spawn(const char *program, char *const *argv, char *const *env,
	      const posix_spawn_file_actions_t *files, const sigset_t *blocked, pid_t *pid);
/** Run a program with text on its stdin; it is reaped when it ends. Failures are logged. */
void fly_helper_start(struct fly_engine *e, const char *program, char *const *argv,
		      const char *text);
void fly_helpers_free(struct fly_engine *e);

/* --- command.c: from a task to a job ------------------------------------ */

enum fly_flavor {
	FLY_FLAVOR_FLYTE,	/* reads inputs.pb, writes outputs.pb */
	FLY_FLAVOR_RAW,		/* files of a raw container */
	FLY_FLAVOR_SHORTHAND,	/* files at $INPUTS and $OUTPUTS */
};

/* One attempt about to be started. Paths are absolute. */
struct fly_command {
	struct fly_node_run *node;
	const Flyteidl__Core__TaskTemplate *task;
	const Flyteidl__Core__LiteralMap *inputs;
	const Flyteidl__Core__LiteralMap *file_inputs;	/* what inputs.pb says */
	uint32_t attempt;
	const char *name;		/* generated */
	const char *prefix;		/* of its lines in the log */
	const char *data_dir;		/* where inputs.pb goes */
	const char *out_dir;		/* output prefix */
	const char *raw_dir;		/* raw output prefix, as the task is told */
	const char *local_raw_dir;	/* where files that we move go */
	const char *prev_checkpoint;	/* NULL: none */
	int64_t array_index;		/* -1: no array */
	int64_t timeout_ns;
	enum fly_flavor flavor;
	struct fly_arena *arena;
	/* being built */
	struct fly_step *steps;
	size_t n_steps, cap_steps;
	struct fly_want *wants;
	size_t n_wants, cap_wants;
	const char **env;
	size_t n_env, cap_env;
};

/* What the wants of every job begin with; an output's follow. */
enum { FLY_FOUND_FUTURES, FLY_FOUND_ERROR, FLY_FOUND_OUTPUTS, FLY_FOUND_CHECKPOINT, FLY_N_FOUND };

enum fly_flavor fly_task_flavor(const Flyteidl__Core__TaskTemplate *task);
/** -EINVAL with why: the task's definition can't be carried out. */
int fly_command_build(struct fly_command *c, struct fly_job *out, struct fly_why *why);
int fly_command_step(struct fly_command *c, enum fly_step_kind kind, const char *path,
		     struct fly_bytes data);
int fly_command_want(struct fly_command *c, enum fly_want_kind kind, const char *path,
		     const char *to, uint64_t max_bytes);
int fly_command_setenv(struct fly_command *c, const char *name, const char *value);
/** Absolute path of something below the run's own directory. */
char *fly_run_path(struct fly_run *run, struct fly_arena *arena, const char *below);

/* environ.c */
struct fly_user *fly_user_get(struct fly_engine *e, uid_t uid, gid_t gid);
void fly_users_free(struct fly_engine *e);
int fly_environ_build(struct fly_command *c);

/* files_raw.c, files_shorthand.c: inputs as files, outputs from files */
int fly_raw_prepare(struct fly_command *c, struct fly_bind *binds, size_t *n_binds,
		    struct fly_why *why);
int fly_shorthand_prepare(struct fly_command *c, struct fly_why *why);
/** Outputs from what was found behind FLY_N_FOUND; -EINVAL with why names the output at fault. */
int fly_raw_outputs(const Flyteidl__Core__TaskTemplate *task, const struct fly_record *record,
		    struct fly_arena *arena, Flyteidl__Core__LiteralMap **out, struct fly_why *why);
int fly_shorthand_outputs(const Flyteidl__Core__TaskTemplate *task, const struct fly_record *record,
			  struct fly_arena *arena, Flyteidl__Core__LiteralMap **out,
			  struct fly_why *why);

/* --- outcome.c: what an attempt's record means -------------------------- */

enum fly_verdict {
	FLY_VERDICT_SUCCESS,	/* outputs */
	FLY_VERDICT_DYNAMIC,	/* futures */
	FLY_VERDICT_RETRYABLE,	/* error, as far as the budget goes */
	FLY_VERDICT_PERMANENT,	/* error */
};

struct fly_outcome {
	enum fly_verdict verdict;
	Flyteidl__Core__ExecutionError *error;
	Flyteidl__Core__LiteralMap *outputs;
	Flyteidl__Core__DynamicJobSpec *futures;
	bool timed_out;		/* shown as an ABORTED attempt */
	bool has_checkpoint;
};

/** Source: flyte-engine §2.4. record NULL: lost. -ENOMEM. */
int fly_outcome_decide(struct fly_run *run, const Flyteidl__Core__TaskTemplate *task,
		       const char *name, const char *key, int64_t timeout_ns,
		       const struct fly_record *record, struct fly_outcome *out);

/* --- log.c -------------------------------------------------------------- */

/** The log of an execution, or a stream of an attempt (row id > 0). Any thread. 0 or -errno. */
int fly_log_read(struct fly_engine *e, int64_t execution, int64_t attempt, int stream,
		 uint64_t offset, size_t len, struct fly_buf *b, uint64_t *size);

/* --- notify.c ----------------------------------------------------------- */

/** Send what is to be sent for the run's terminal phase. */
void fly_notify(struct fly_run *run);

#endif
