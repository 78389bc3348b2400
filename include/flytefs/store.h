/* SPDX-License-Identifier: Apache-2.0 */
/*
 * store: everything that lasts, in one SQLite file: projects, tasks, workflows, launch plans,
 * executions, node executions, task attempts. Rows in and out as plain structs; one writer that
 * commits many requests in one transaction; a read connection a thread. Knows no JSON, no rules of
 * the service, no FUSE. Messages are opaque wire bytes here.
 *
 * Text and blobs in rows that are read lie in the caller's arena.
 */
#ifndef FLYTEFS_STORE_H
#define FLYTEFS_STORE_H
#ifndef FLY_LINKS_STORE
#error "this room does not link store"
#endif

#include "flytefs/base.h"

struct fly_store;
/* A connection: a thread's reader, or the writer inside a transaction. Not thread-safe. */
struct fly_db;

/* --- changes, as told to the listener after each commit ------------------------------- */

enum fly_kind {
	FLY_KIND_NONE = 0,
	FLY_KIND_PROJECT,
	FLY_KIND_SCOPE,		/* a (project, domain) pair */
	FLY_KIND_NAMED,		/* a name of a task, workflow or launch plan: groups its versions */
	FLY_KIND_TASK,
	FLY_KIND_WORKFLOW,
	FLY_KIND_LAUNCH_PLAN,
	FLY_KIND_EXECUTION,
	FLY_KIND_NODE,		/* node execution */
	FLY_KIND_ATTEMPT,	/* task execution */
	FLY_N_KINDS,
};

enum fly_change_flags {
	FLY_CHANGE_CREATED = 1,	/* the row is new */
	FLY_CHANGE_TEXT = 2,	/* some text of it changed */
	FLY_CHANGE_PHASE = 4,	/* old_phase -> phase */
	FLY_CHANGE_STATE = 8,	/* active <-> archived; launch plan active <-> inactive */
	FLY_CHANGE_RESULT = 16,	/* outputs, error or abort metadata came into being */
	FLY_CHANGE_GONE = 32,	/* deleted */
};

struct fly_change {
	enum fly_kind kind;
	unsigned flags;
	int64_t id;
	int64_t parent;		/* NODE, ATTEMPT: the execution; versions: the NAMED; else 0 */
	int64_t node;		/* ATTEMPT: its node; NODE: its parent node or 0 */
	int64_t scope;		/* SCOPE: its project; all below: the scope */
	int phase, old_phase;	/* EXECUTION: WorkflowExecution.Phase, NODE and ATTEMPT: their own;
				 * NAMED: the enum fly_kind of its versions */
	int state;		/* EXECUTION, PROJECT, NAMED, LAUNCH_PLAN: their own */
	int64_t plan;		/* EXECUTION when CREATED: the NAMED of its launch plan, else of its task */
	int64_t at_ns;		/* the row's changed_ns */
	const char *name;	/* execution name, entity name or version, node id, project, domain;
				 * NULL for ATTEMPT; valid during the call */
};

/*
 * Called after a commit, once per group, before any done(): the changes in commit order, several of
 * one row merged into one at the place of the first (flags or-ed, first old_phase, last phase). On
 * the committing thread, holding no lock of the store. It must not block and must not submit work.
 * Nodes and attempts that go with a deleted execution are not told of one by one.
 */
typedef void fly_store_listener(void *arg, const struct fly_change *changes, size_t n);

/* --- opening -------------------------------------------------------------------------- */

struct fly_store_options {
	bool read_only;
};

/**
 * Open or make the store file (mode 0600); brings an older schema up to date. Holds a lock on
 * PATH.lock while open for writing; opened read_only it takes none and may stand beside a daemon.
 *
 * @options  NULL: the defaults
 * @out      on 0: the caller closes it
 *
 * Errors (each with a sentence): -EBUSY another flytefs serves it, -ENOLCK the file system has no
 * working locks, -EPROTO a newer schema, -EIO corrupt or not a store, -ENOSPC, -EROFS, -EACCES,
 * -ENOENT …
 */
int fly_store_open(const char *path, const struct fly_store_options *options,
		   struct fly_store **out, struct fly_why *why);
/**
 * Finish queued work, checkpoint, close every connection. No other thread may use the store any
 * more. NULL allowed.
 */
void fly_store_close(struct fly_store *store);
/** Set before the first submit; NULL arg allowed. */
void fly_store_listen(struct fly_store *store, fly_store_listener *listener, void *arg);
/** Absolute path of the store file; borrowed. */
const char *fly_store_path(const struct fly_store *store);

/** This thread's read connection, opened on first use; NULL with why when it can't be. */
struct fly_db *fly_store_reader(struct fly_store *store, struct fly_why *why);
/** Read several things from one snapshot: begin … end nest. */
int fly_db_begin(struct fly_db *db, struct fly_why *why);
void fly_db_end(struct fly_db *db);

/**
 * A fresh id, unique over all kinds for ever (also over crashes); > 0, or -errno. Thread-safe. No
 * I/O unless 2,048 were taken since the last commit; then, outside an apply, it waits for one.
 */
int64_t fly_store_new_id(struct fly_store *store, struct fly_why *why);

/* Totals for `.flytefs/stats`. */
struct fly_store_stats {
	int64_t rows[FLY_N_KINDS];
	int64_t unfinished;	/* executions not in a terminal phase */
	uint64_t commits, works, group_max;
	int64_t file_bytes, wal_bytes;
};
/** Counting walks indexes: for a person's eyes, not for hot paths. */
int fly_store_stats(struct fly_store *store, struct fly_db *db, struct fly_store_stats *out,
		    struct fly_why *why);

/* --- writing -------------------------------------------------------------------------- */

/*
 * One unit of work. apply runs inside the writer's transaction, in a savepoint of its own: on
 * -errno its effects are undone and the others of the group stand. After the group's COMMIT
 * (synchronous=FULL) done is called exactly once with apply's result, or with the COMMIT's
 * failure (-ENOSPC, -EIO) for all. Both run on whichever thread commits: the submitting one when
 * the writer is idle (no hand-over: a wake-up across processors costs more than the insert), else
 * the writer thread. apply is called once, with the writer's connection, through which it also
 * reads. done may be NULL; it must not block nor wait for work (fly_store_run: -EDEADLK);
 * fly_store_submit is allowed in both and only queues there. The works of one thread are done in
 * the order in which it submitted them.
 */
struct fly_work {
	int (*apply)(struct fly_db *db, struct fly_work *work, struct fly_why *why);
	void (*done)(struct fly_work *work, int rc);
	struct fly_why why;	/* zeroed by submit; filled by apply or by the store */
	/* private to the store until done */
	struct fly_work *next;
	int rc;
	void *waiter;		/* fly_store_run */
};
/** Queue work; it stays the caller's memory and must live until done. Thread-safe. */
void fly_store_submit(struct fly_store *store, struct fly_work *work);
/**
 * Submit and wait; returns done's rc. For threads that may block (engine, tests, start-up); apply
 * finds its arguments in the struct that contains work.
 */
int fly_store_run(struct fly_store *store, struct fly_work *work);

/* --- projects and scopes -------------------------------------------------------------- */

struct fly_project {
	int64_t id;
	const char *identifier, *name, *description;
	struct fly_bytes labels;	/* admin.Labels wire */
	int state;			/* Project.ProjectState */
	uint32_t uid;
	int64_t created_ns;
	int64_t changed_ns;	/* strictly increasing per row; the mtime of its texts */
	uint32_t size;		/* length of its project.json as admin renders it (0: unknown) */
};

/*
 * Rules of all row functions:
 *  - get: 0, -ENOENT, -errno; out untouched on failure;
 *  - list: keyset, rows > after (NULL: from the start), at most max; the count, or -errno;
 *  - insert: the id is the caller's (fly_store_new_id); changed_ns as given, now when it is 0;
 *  - update, put: changed_ns becomes max(now, old + 1), whatever the clock does;
 *  - each write tells the listener of its own change once it is committed.
 */
int fly_project_get(struct fly_db *db, const char *identifier, struct fly_arena *arena,
		    struct fly_project *out);
int fly_project_get_id(struct fly_db *db, int64_t id, struct fly_arena *arena,
		       struct fly_project *out);
/** By identifier. */
int fly_project_list(struct fly_db *db, const char *after, size_t max, struct fly_arena *arena,
		     struct fly_project **out);
/** With a scope row for each domain, in their order; -EEXIST. */
int fly_project_insert(struct fly_db *db, const struct fly_project *p, const char *const *domains,
		       size_t n_domains, struct fly_why *why);
/** All but id and identifier. */
int fly_project_update(struct fly_db *db, const struct fly_project *p, struct fly_why *why);

struct fly_scope {
	int64_t id, project_id;
	const char *project, *domain;
	int64_t changed_ns;	/* newest change of an execution or a name in it */
	int64_t listed_ns;	/* newest coming, going or moving to or from archived/ of one */
};
/** From memory (no I/O) but for a scope just made. */
int fly_scope_get(struct fly_db *db, const char *project, const char *domain,
		  struct fly_arena *arena, struct fly_scope *out);
int fly_scope_get_id(struct fly_db *db, int64_t id, struct fly_arena *arena, struct fly_scope *out);
/** All of a project, in the order of its domains. */
int fly_scope_list(struct fly_db *db, int64_t project_id, struct fly_arena *arena,
		   struct fly_scope **out);

/* --- tasks, workflows, launch plans --------------------------------------------------- */

struct fly_named {
	int64_t id, scope;
	enum fly_kind kind;	/* of its versions: TASK, WORKFLOW, LAUNCH_PLAN */
	const char *name, *description;
	int state;		/* NamedEntityState */
	uint32_t uid;		/* who made it: the owner of the directory */
	int64_t created_ns, changed_ns;
};
int fly_named_get(struct fly_db *db, int64_t scope, enum fly_kind kind, const char *name,
		  struct fly_arena *arena, struct fly_named *out);
int fly_named_get_id(struct fly_db *db, int64_t id, struct fly_arena *arena, struct fly_named *out);
/** By name; hidden ones (SYSTEM_GENERATED) left out unless all. */
int fly_named_list(struct fly_db *db, int64_t scope, enum fly_kind kind, const char *after,
		   size_t max, bool all, struct fly_arena *arena, struct fly_named **out);
/** -EEXIST. */
int fly_named_insert(struct fly_db *db, const struct fly_named *n, struct fly_why *why);
/** All but id, scope, kind and name. */
int fly_named_update(struct fly_db *db, const struct fly_named *n, struct fly_why *why);

#define FLY_ENTITY_SIZES 6	/* lengths of its texts, as admin numbers them */

struct fly_entity {
	int64_t id, named, scope;
	enum fly_kind kind;
	const char *project, *domain, *name, *version;
	uint32_t uid;
	bool generated;		/* made by flytefs (default plan, .flytegen): may be replaced */
	uint8_t digest[32];
	int state;		/* LaunchPlanState; 0 for others */
	const char *type;	/* TASK: template.type; else NULL */
	const char *schedule_type;	/* LAUNCH_PLAN: NONE, CRON, RATE; else NULL */
	const char *launch_condition_type, *short_description;	/* may be NULL */
	int64_t workflow;	/* LAUNCH_PLAN: row id of its workflow; else 0 */
	int64_t created_ns, changed_ns;
	struct fly_bytes spec;		/* admin.TaskSpec, WorkflowSpec, LaunchPlanSpec */
	struct fly_bytes closure;	/* admin.TaskClosure, WorkflowClosure, LaunchPlanClosure
					 * (without state and times) */
	struct fly_bytes interface;	/* core.TypedInterface */
	struct fly_bytes source;	/* a shorthand as a person wrote it; may be empty */
	uint32_t sizes[FLY_ENTITY_SIZES];
};
enum fly_entity_part { FLY_ENTITY_HEAD = 0, FLY_ENTITY_BLOBS = 1 };
int fly_entity_get(struct fly_db *db, enum fly_kind kind, const char *project, const char *domain,
		   const char *name, const char *version, enum fly_entity_part part,
		   struct fly_arena *arena, struct fly_entity *out);
int fly_entity_get_id(struct fly_db *db, enum fly_kind kind, int64_t id, enum fly_entity_part part,
		      struct fly_arena *arena, struct fly_entity *out);
/** The version a bare name means: the ACTIVE one (launch plans), else the newest by id. */
int fly_entity_get_default(struct fly_db *db, int64_t named, enum fly_kind kind,
			   enum fly_entity_part part, struct fly_arena *arena,
			   struct fly_entity *out);
/** The ACTIVE version of a launch plan, or -ENOENT. */
int fly_entity_get_active(struct fly_db *db, int64_t named, enum fly_entity_part part,
			  struct fly_arena *arena, struct fly_entity *out);
/** By version text inside one name. HEAD only. */
int fly_entity_list(struct fly_db *db, int64_t named, enum fly_kind kind, const char *after,
		    size_t max, struct fly_arena *arena, struct fly_entity **out);
/** Its name (NAMED) must be there; changed_ns of the name moves too. -EEXIST. */
int fly_entity_insert(struct fly_db *db, const struct fly_entity *e, struct fly_why *why);
/**
 * All but id, kind, named, scope and version (replacing a generated one; state changes; sizes). A
 * changed_ns later than the row's is kept: the texts that were measured show it.
 */
int fly_entity_update(struct fly_db *db, const struct fly_entity *e, struct fly_why *why);

/* --- executions ----------------------------------------------------------------------- */

enum fly_result { FLY_RESULT_NONE = 0, FLY_RESULT_OUTPUTS, FLY_RESULT_ERROR, FLY_RESULT_ABORT };

#define FLY_EXECUTION_SIZES 16

struct fly_execution {
	/* head: one small row */
	int64_t id, scope;
	const char *project, *domain, *name;
	int phase;			/* core.WorkflowExecution.Phase */
	int state;			/* ExecutionState: 0 ACTIVE, 1 ARCHIVED */
	enum fly_result result;
	uint32_t uid, gid, mode;	/* mode: permission bits of its directory */
	int64_t created_ns, updated_ns;	/* closure.created_at, updated_at */
	int64_t started_ns, duration_ns;	/* INT64_MIN: unset */
	int64_t changed_ns;		/* newest change of any of its texts */
	int64_t launch_plan, workflow, task;	/* row ids, 0: none */
	int mode_of_start;		/* ExecutionMetadata.mode */
	int64_t source_execution, parent_node;	/* row ids, 0: none */
	int64_t relaunched;		/* newest one made from it by relaunch or recover, 0: none;
					 * it may have been deleted since */
	const char *cluster, *user, *abort_cause, *error_code;	/* may be NULL */
	int error_kind;			/* -1: no error */
	const char *launch_entity;	/* "launch_plan" or "task" */
	uint32_t nodes_total, nodes_running, nodes_done, nodes_failed;
	uint32_t sizes_version;		/* of the renderer that measured */
	uint32_t sizes[FLY_EXECUTION_SIZES];	/* UINT32_MAX: not measured */
	/* blobs: a row of their own */
	struct fly_bytes spec, closure;		/* admin.ExecutionSpec, ExecutionClosure */
	struct fly_bytes inputs, user_inputs;	/* core.LiteralMap: merged, as the user gave them */
	struct fly_bytes outputs;		/* core.LiteralMap once SUCCEEDED */
};

enum fly_execution_part {
	FLY_EXECUTION_HEAD = 0,
	FLY_EXECUTION_SPEC = 1,		/* bits: which blobs to read or write besides the head */
	FLY_EXECUTION_CLOSURE = 2,
	FLY_EXECUTION_INPUTS = 4,	/* inputs and user_inputs */
	FLY_EXECUTION_OUTPUTS = 8,
	FLY_EXECUTION_ALL = 15,
};

/** Head and parts of one snapshot. */
int fly_execution_get(struct fly_db *db, int64_t scope, const char *name, unsigned parts,
		      struct fly_arena *arena, struct fly_execution *out);
/** Its id alone, from the index of names: 0, -ENOENT, -errno. */
int fly_execution_find(struct fly_db *db, int64_t scope, const char *name, int64_t *out);
int fly_execution_get_id(struct fly_db *db, int64_t id, unsigned parts, struct fly_arena *arena,
			 struct fly_execution *out);
struct fly_tag {
	const char *key, *value;	/* value "" for tags */
};
/** With tags and labels. -EEXIST when the name is taken: why says whether by an archived one. */
int fly_execution_insert(struct fly_db *db, const struct fly_execution *e,
			 const struct fly_tag *tags, size_t n_tags, struct fly_why *why);
/** Write the head, but for id, scope and name, and the named blobs back; sets e->changed_ns. */
int fly_execution_update(struct fly_db *db, struct fly_execution *e, unsigned parts,
			 struct fly_why *why);
/** Delete for good with its nodes, attempts, tags; -ENOENT. */
int fly_execution_delete(struct fly_db *db, int64_t id, struct fly_why *why);

struct fly_execution_name {
	int64_t id;
	const char *name;
	int phase, state;	/* phase: -1 from fly_execution_names, whose index lacks it */
};
/** By name, those of one state, from a covering index. */
int fly_execution_names(struct fly_db *db, int64_t scope, int state, const char *after, size_t max,
			struct fly_arena *arena, struct fly_execution_name **out);
/* What a listing with attributes shows of one. */
struct fly_execution_entry {
	int64_t id, changed_ns;
	const char *name;
	int phase;
	uint32_t uid, gid, mode;
};
/** The same with what a listing shows besides (readdirplus): each row is looked up. */
int fly_execution_entries(struct fly_db *db, int64_t scope, int state, const char *after,
			  size_t max, struct fly_arena *arena, struct fly_execution_entry **out);
/** Names in one phase (all states), for by-phase/. */
int fly_execution_names_by_phase(struct fly_db *db, int64_t scope, int phase, const char *after,
				 size_t max, struct fly_arena *arena,
				 struct fly_execution_name **out);
/** Names started from any version of a launch plan (or of a task), for by-launch-plan/. */
int fly_execution_names_by_plan(struct fly_db *db, int64_t scope, int64_t named, const char *after,
				size_t max, struct fly_arena *arena,
				struct fly_execution_name **out);
/** How many there are, from memory. */
int64_t fly_execution_count(struct fly_db *db, int64_t scope, int state);
/** How many of any version of a launch plan are QUEUED or RUNNING (concurrency policy). */
int64_t fly_execution_count_active(struct fly_db *db, int64_t named_launch_plan);
/** Ids > after not in a terminal phase, in order: what the engine takes up again at start. */
int fly_execution_unfinished(struct fly_db *db, int64_t after, size_t max, int64_t *out);

/* --- node executions and task attempts ------------------------------------------------ */

#define FLY_NODE_SIZES 6

struct fly_node {
	int64_t id, execution, parent;	/* parent node row or 0 */
	int64_t parent_attempt;		/* row of the task execution that made it (dynamic), or 0 */
	const char *node_id;		/* unique in the execution (flyte-engine §4.17) */
	const char *spec_node_id;	/* as the author wrote it */
	int phase;			/* core.NodeExecution.Phase */
	int64_t created_ns, updated_ns, started_ns, duration_ns, changed_ns;
	const char *error_code;
	int error_kind;			/* -1: none */
	int cache_status;
	int64_t child_execution;	/* launch plan node: row id, 0: none */
	struct fly_bytes message;	/* admin.NodeExecution: id, input_uri, closure, metadata */
	struct fly_bytes inputs, outputs;	/* core.LiteralMap */
	struct fly_bytes dynamic;	/* core.CompiledWorkflowClosure it made, or empty */
	struct fly_bytes engine;	/* the engine's own durable state of this node (opaque) */
	uint32_t sizes[FLY_NODE_SIZES];
};
int fly_node_get(struct fly_db *db, int64_t execution, const char *node_id,
		 struct fly_arena *arena, struct fly_node *out);
int fly_node_get_id(struct fly_db *db, int64_t id, struct fly_arena *arena, struct fly_node *out);
/** All nodes of an execution under a parent (0: top level; -1: all of them), by id. */
int fly_node_list(struct fly_db *db, int64_t execution, int64_t parent, struct fly_arena *arena,
		  struct fly_node **out);
/**
 * Insert, or update (all but id, execution, parents and node ids) when the row exists; sets
 * n->changed_ns. -ENOENT when its execution is gone, -EEXIST another node has the node_id.
 */
int fly_node_put(struct fly_db *db, struct fly_node *n, struct fly_why *why);

#define FLY_ATTEMPT_SIZES 4

struct fly_attempt {
	int64_t id, node, execution;
	uint32_t retry_attempt;
	int phase;			/* core.TaskExecution.Phase */
	uint32_t phase_version;
	const char *project, *domain, *name, *version;	/* of the task */
	int64_t created_ns, updated_ns, started_ns, duration_ns, changed_ns;
	struct fly_bytes message;	/* admin.TaskExecution */
	struct fly_bytes engine;	/* the engine's own durable state */
	uint32_t sizes[FLY_ATTEMPT_SIZES];
};
int fly_attempt_get(struct fly_db *db, int64_t node, const char *project, const char *domain,
		    const char *name, const char *version, uint32_t retry_attempt,
		    struct fly_arena *arena, struct fly_attempt *out);
int fly_attempt_get_id(struct fly_db *db, int64_t id, struct fly_arena *arena,
		       struct fly_attempt *out);
/** Attempts of a node, by id; node 0: all of the execution. */
int fly_attempt_list(struct fly_db *db, int64_t execution, int64_t node, struct fly_arena *arena,
		     struct fly_attempt **out);
/** As fly_node_put; what identifies an attempt never changes. */
int fly_attempt_put(struct fly_db *db, struct fly_attempt *a, struct fly_why *why);

/* --- lists with Flyte's filter language: flyte-api §2.11 ------------------------------ */

enum fly_listed {
	FLY_LIST_EXECUTION,
	FLY_LIST_LAUNCH_PLAN,
	FLY_LIST_WORKFLOW,
	FLY_LIST_TASK,
	FLY_LIST_PROJECT,
	FLY_LIST_NAMED_ENTITY,
	FLY_LIST_NODE_EXECUTION,
	FLY_LIST_TASK_EXECUTION,
};

struct fly_list {
	enum fly_listed what;
	const char *call;		/* name used in sentences: "ListExecutions" */
	const char *project, *domain, *name;	/* NULL or "": not restricted */
	enum fly_kind named_kind;	/* NAMED_ENTITY: of what */
	int64_t execution;		/* NODE_EXECUTION: of which execution; TASK_EXECUTION: 0 */
	int64_t node;		/* TASK_EXECUTION: of which node; NODE_EXECUTION: under which
				 * (0: top level only) */
	int64_t attempt;	/* NODE_EXECUTION: made by which task execution, when not 0 */
	bool active_only;		/* LAUNCH_PLAN: state ACTIVE */
	bool distinct_names;		/* TASK, WORKFLOW, LAUNCH_PLAN: ListXIds */
	const char *filters;		/* Flyte's language, may be NULL */
	const char *sort_key;		/* NULL: no sort asked (then by id) */
	bool ascending;
	uint32_t limit;			/* 0: none (projects; the caller refuses it elsewhere) */
	const char *token;		/* decimal offset, "" or NULL: 0 */
};
/**
 * Ids of the page's rows in order (into arena) and the next token ("" at the end). With
 * distinct_names they are ids of NAMED rows. What hides rows unasked is done here: archived
 * executions unless a filter uses a field `state`, archived projects and generated names when
 * there are no filters. NAMED_ENTITY is paged before it is filtered, as the server does, so a
 * page may be short.
 *
 * Returns the count or -errno; -EINVAL with INVALID_ARGUMENT and a sentence for what the language,
 * or the server's database, refuses.
 * Source: flyte-api §2.11
 */
int fly_list_ids(struct fly_db *db, const struct fly_list *list, struct fly_arena *arena,
		 int64_t **out_ids, const char **out_token, struct fly_why *why);

#endif
