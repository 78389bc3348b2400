/* SPDX-License-Identifier: Apache-2.0 */
/*
 * admin: the service. One function an RPC of flyteidl's AdminService as far as executions, launch
 * plans, workflows, tasks and projects go: validation in Flyte Admin's order, defaults, merging,
 * type checks, ids, phase rules; the shorthands people write; the texts of the tree's files. Knows
 * the store and the codec; no FUSE, no SQL, no processes.
 * Source: flyte-api §2 (Flyte Admin v1.16.8) and its list of deliberate differences; DESIGN §3,
 * §4, §7.
 */
#ifndef FLYTEFS_ADMIN_H
#define FLYTEFS_ADMIN_H
#ifndef FLY_LINKS_ADMIN
#error "this room does not link admin"
#endif

#include "flytefs/backend.h"
#include "flytefs/codec.h"
#include "flytefs/store.h"
#include "flyteidl/admin/execution.pb-c.h"
#include "flyteidl/admin/launch_plan.pb-c.h"
#include "flyteidl/admin/workflow.pb-c.h"
#include "flyteidl/admin/task.pb-c.h"
#include "flyteidl/admin/project.pb-c.h"
#include "flyteidl/admin/common.pb-c.h"
#include "flyteidl/admin/event.pb-c.h"
#include "flyteidl/admin/node_execution.pb-c.h"
#include "flyteidl/admin/task_execution.pb-c.h"

struct fly_admin;

struct fly_admin_options {
	struct fly_store *store;	/* borrowed, outlives the admin */
	const char *default_project;	/* made when the store has no project; NULL: flytesnacks */
	bool read_only;
	int64_t (*clock_ns)(void);	/* NULL: the system's (tests give their own) */
};
/**
 * Errors: -ENOMEM, what the store gives. On a new store registers the default project with
 * development, staging, production.
 */
int fly_admin_create(const struct fly_admin_options *options, struct fly_admin **out,
		     struct fly_why *why);
void fly_admin_destroy(struct fly_admin *admin);
/** Before the first execution; NULL: none (executions stay QUEUED until terminated). */
void fly_admin_set_backend(struct fly_admin *admin, struct fly_backend *backend);
struct fly_store *fly_admin_store(struct fly_admin *admin);
/** The configured domains, NULL-terminated; static. */
const char *const *fly_admin_domains(void);

/* --- calls ----------------------------------------------------------------------- */

/* Who asks. user is the principal: the login name, or the uid in decimal. */
struct fly_caller {
	uid_t uid;
	gid_t gid;
	pid_t pid;
	const char *user;	/* NULL: no authentication (principal is the empty string) */
};

enum fly_document {
	FLY_DOCUMENT_JSON,	/* a spec, a request or the shorthand: DESIGN §4 */
	FLY_DOCUMENT_WIRE,	/* wire bytes of a spec or a request */
	FLY_DOCUMENT_YAML,	/* flytectl's exec file: flyte-api §5.3 */
};
/* What a request was read from, for places in sentences. */
struct fly_document_text {
	enum fly_document form;
	const char *file;	/* "spec.json" */
	const char *text;	/* len bytes */
	size_t len;
};

/*
 * One writing RPC in flight. Zeroed, then caller and done set by who calls. Everything the RPC
 * makes (and its response) lies in arena. The RPC function returns nothing: done is called exactly
 * once, perhaps before it returns, perhaps later on the committing thread (then it must not block).
 * done == NULL: the function returns when it is over (tests, engine, start-up), with rc and
 * response filled.
 */
struct fly_call {
	struct fly_caller caller;
	void (*done)(struct fly_call *call);
	int rc;				/* 0 or -errno; why has status and sentence */
	struct fly_why why;
	struct fly_arena arena;		/* released by the owner of the call */
	ProtobufCMessage *response;	/* NULL where the response is empty */
	int64_t id;			/* in: for a new row (0: choose); out: row made or changed */
	int64_t named;			/* entities: the same for the name's row, if it has none */
	mode_t mode;			/* CreateExecution: bits of its directory (0: 0755) */
	/* CreateExecution: where its refusals have a place; until the function returns; NULL: none */
	const struct fly_document_text *document;
	void *owner;			/* the caller's own */
};

/* --- executions (writing) -------------------------------------------------------- */

/*
 * The request must stay as it is until done (put it into call->arena). The backend hears after the
 * commit and before done. An accepted run is QUEUED, its spec shows the user's inputs; one the
 * backend refuses is stored FAILED. PERMISSION_DENIED where the caller does not own what it changes
 * (root may): DESIGN §7.
 */
void fly_admin_create_execution(struct fly_admin *a, struct fly_call *call,
				const Flyteidl__Admin__ExecutionCreateRequest *req);
/** call->id: the new row. The source's row points to it (`relaunched`), so only its owner may. */
void fly_admin_relaunch_execution(struct fly_admin *a, struct fly_call *call,
				  const Flyteidl__Admin__ExecutionRelaunchRequest *req);
void fly_admin_recover_execution(struct fly_admin *a, struct fly_call *call,
				 const Flyteidl__Admin__ExecutionRecoverRequest *req);
/**
 * Over already: nothing happens, and that is success. Runs started by its nodes are terminated too.
 */
void fly_admin_terminate_execution(struct fly_admin *a, struct fly_call *call,
				   const Flyteidl__Admin__ExecutionTerminateRequest *req);
/** ACTIVE or ARCHIVED. As a gesture (mv) a running one is refused by fs before this call. */
void fly_admin_update_execution(struct fly_admin *a, struct fly_call *call,
				const Flyteidl__Admin__ExecutionUpdateRequest *req);
/** Not in Flyte (DESIGN §3): delete an archived, finished execution for good. */
void fly_admin_delete_execution(struct fly_admin *a, struct fly_call *call, int64_t id);

/* What an execution runs with: its spec, else its plan, else the service (flyte-api §2.6). */
struct fly_settings {
	int32_t max_parallelism;	/* nodes at once, above 0 */
	const Flyteidl__Core__SecurityContext *security_context;
	const char *raw_output_prefix;	/* "": none asked for */
	const Google__Protobuf__BoolValue *interruptible;	/* NULL: nobody said */
	bool overwrite_cache;
	const Flyteidl__Admin__Envs *envs;			/* NULL: none */
	const Flyteidl__Admin__Labels *labels;			/* with the project's; never NULL */
	const Flyteidl__Admin__Annotations *annotations;	/* NULL: none */
};
/** Resolved for a row read with FLY_EXECUTION_SPEC; everything lies in arena. 0 or -errno. */
int fly_admin_execution_settings(struct fly_db *db, const struct fly_execution *e,
				 struct fly_arena *arena, struct fly_settings *out,
				 struct fly_why *why);

/* --- projects and entities (writing) --------------------------------------------- */

void fly_admin_register_project(struct fly_admin *a, struct fly_call *call,
				const Flyteidl__Admin__ProjectRegisterRequest *req);
void fly_admin_update_project(struct fly_admin *a, struct fly_call *call,
			      const Flyteidl__Admin__Project *req);
void fly_admin_create_task(struct fly_admin *a, struct fly_call *call,
			   const Flyteidl__Admin__TaskCreateRequest *req);
/** Compiles (flyte-engine §1.5). */
void fly_admin_create_workflow(struct fly_admin *a, struct fly_call *call,
			       const Flyteidl__Admin__WorkflowCreateRequest *req);
void fly_admin_create_launch_plan(struct fly_admin *a, struct fly_call *call,
				  const Flyteidl__Admin__LaunchPlanCreateRequest *req);
void fly_admin_update_launch_plan(struct fly_admin *a, struct fly_call *call,
				  const Flyteidl__Admin__LaunchPlanUpdateRequest *req);
void fly_admin_update_named_entity(struct fly_admin *a, struct fly_call *call,
				   const Flyteidl__Admin__NamedEntityUpdateRequest *req);

/* --- reading RPCs ---------------------------------------------------------------- */

/* On the calling thread, from db (a reader, or the writer's inside apply); 0 or -errno with why. */

int fly_admin_get_execution(struct fly_db *db,
			    const Flyteidl__Admin__WorkflowExecutionGetRequest *req,
			    struct fly_arena *arena, Flyteidl__Admin__Execution **out,
			    struct fly_why *why);
int fly_admin_get_execution_data(struct fly_db *db,
				 const Flyteidl__Admin__WorkflowExecutionGetDataRequest *req,
				 struct fly_arena *arena,
				 Flyteidl__Admin__WorkflowExecutionGetDataResponse **out,
				 struct fly_why *why);
int fly_admin_list_executions(struct fly_db *db, const Flyteidl__Admin__ResourceListRequest *req,
			      struct fly_arena *arena, Flyteidl__Admin__ExecutionList **out,
			      struct fly_why *why);
/** The same with the ids of its rows, in arena. */
int fly_admin_list_execution_rows(struct fly_db *db,
				  const Flyteidl__Admin__ResourceListRequest *req,
				  struct fly_arena *arena, Flyteidl__Admin__ExecutionList **out,
				  const int64_t **ids, struct fly_why *why);
int fly_admin_get_project(struct fly_db *db, const Flyteidl__Admin__ProjectGetRequest *req,
			  struct fly_arena *arena, Flyteidl__Admin__Project **out,
			  struct fly_why *why);
int fly_admin_list_projects(struct fly_db *db, const Flyteidl__Admin__ProjectListRequest *req,
			    struct fly_arena *arena, Flyteidl__Admin__Projects **out,
			    struct fly_why *why);
int fly_admin_get_task(struct fly_db *db, const Flyteidl__Admin__ObjectGetRequest *req,
		       struct fly_arena *arena, Flyteidl__Admin__Task **out, struct fly_why *why);
int fly_admin_list_tasks(struct fly_db *db, const Flyteidl__Admin__ResourceListRequest *req,
			 struct fly_arena *arena, Flyteidl__Admin__TaskList **out,
			 struct fly_why *why);
int fly_admin_get_workflow(struct fly_db *db, const Flyteidl__Admin__ObjectGetRequest *req,
			   struct fly_arena *arena, Flyteidl__Admin__Workflow **out,
			   struct fly_why *why);
int fly_admin_list_workflows(struct fly_db *db, const Flyteidl__Admin__ResourceListRequest *req,
			     struct fly_arena *arena, Flyteidl__Admin__WorkflowList **out,
			     struct fly_why *why);
int fly_admin_get_launch_plan(struct fly_db *db, const Flyteidl__Admin__ObjectGetRequest *req,
			      struct fly_arena *arena, Flyteidl__Admin__LaunchPlan **out,
			      struct fly_why *why);
int fly_admin_get_active_launch_plan(struct fly_db *db,
				     const Flyteidl__Admin__ActiveLaunchPlanRequest *req,
				     struct fly_arena *arena, Flyteidl__Admin__LaunchPlan **out,
				     struct fly_why *why);
int fly_admin_list_launch_plans(struct fly_db *db, const Flyteidl__Admin__ResourceListRequest *req,
				struct fly_arena *arena, Flyteidl__Admin__LaunchPlanList **out,
				struct fly_why *why);
int fly_admin_list_active_launch_plans(struct fly_db *db,
				       const Flyteidl__Admin__ActiveLaunchPlanListRequest *req,
				       struct fly_arena *arena,
				       Flyteidl__Admin__LaunchPlanList **out, struct fly_why *why);
/** kind: TASK, WORKFLOW, LAUNCH_PLAN: ListTaskIds, ListWorkflowIds, ListLaunchPlanIds. */
int fly_admin_list_ids(struct fly_db *db, enum fly_kind kind,
		       const Flyteidl__Admin__NamedEntityIdentifierListRequest *req,
		       struct fly_arena *arena, Flyteidl__Admin__NamedEntityIdentifierList **out,
		       struct fly_why *why);
int fly_admin_get_named_entity(struct fly_db *db, const Flyteidl__Admin__NamedEntityGetRequest *req,
			       struct fly_arena *arena, Flyteidl__Admin__NamedEntity **out,
			       struct fly_why *why);
int fly_admin_list_named_entities(struct fly_db *db,
				  const Flyteidl__Admin__NamedEntityListRequest *req,
				  struct fly_arena *arena, Flyteidl__Admin__NamedEntityList **out,
				  struct fly_why *why);
int fly_admin_get_node_execution(struct fly_db *db,
				 const Flyteidl__Admin__NodeExecutionGetRequest *req,
				 struct fly_arena *arena, Flyteidl__Admin__NodeExecution **out,
				 struct fly_why *why);
int fly_admin_get_node_execution_data(struct fly_db *db,
				      const Flyteidl__Admin__NodeExecutionGetDataRequest *req,
				      struct fly_arena *arena,
				      Flyteidl__Admin__NodeExecutionGetDataResponse **out,
				      struct fly_why *why);
int fly_admin_list_node_executions(struct fly_db *db,
				   const Flyteidl__Admin__NodeExecutionListRequest *req,
				   struct fly_arena *arena,
				   Flyteidl__Admin__NodeExecutionList **out, struct fly_why *why);
int fly_admin_list_node_executions_for_task(
	struct fly_db *db, const Flyteidl__Admin__NodeExecutionForTaskListRequest *req,
	struct fly_arena *arena, Flyteidl__Admin__NodeExecutionList **out, struct fly_why *why);
int fly_admin_get_task_execution(struct fly_db *db,
				 const Flyteidl__Admin__TaskExecutionGetRequest *req,
				 struct fly_arena *arena, Flyteidl__Admin__TaskExecution **out,
				 struct fly_why *why);
int fly_admin_get_task_execution_data(struct fly_db *db,
				      const Flyteidl__Admin__TaskExecutionGetDataRequest *req,
				      struct fly_arena *arena,
				      Flyteidl__Admin__TaskExecutionGetDataResponse **out,
				      struct fly_why *why);
int fly_admin_list_task_executions(struct fly_db *db,
				   const Flyteidl__Admin__TaskExecutionListRequest *req,
				   struct fly_arena *arena,
				   Flyteidl__Admin__TaskExecutionList **out, struct fly_why *why);

/* --- events: inside a store transaction, so that a backend reports several at once --- */

/*
 * CreateWorkflowEvent, CreateNodeEvent, CreateTaskEvent (flyte-api §2.13, §2.14): the one place
 * where phases move. db: the writer's, inside apply. id_hint: row id for a new node or attempt (0:
 * choose). out_id: the row, may be NULL.
 */
int fly_admin_workflow_event(struct fly_admin *a, struct fly_db *db,
			     const Flyteidl__Admin__WorkflowExecutionEventRequest *req,
			     struct fly_why *why);
int fly_admin_node_event(struct fly_admin *a, struct fly_db *db,
			 const Flyteidl__Admin__NodeExecutionEventRequest *req, int64_t id_hint,
			 int64_t *out_id, struct fly_why *why);
int fly_admin_task_event(struct fly_admin *a, struct fly_db *db,
			 const Flyteidl__Admin__TaskExecutionEventRequest *req, int64_t id_hint,
			 int64_t *out_id, struct fly_why *why);
/** Count the nodes a run will have, for `status` (the engine knows once it has the graph). */
int fly_admin_set_nodes_total(struct fly_db *db, int64_t execution, uint32_t total,
			      struct fly_why *why);

/* --- what people write ----------------------------------------------------------- */

/*
 * A value a person gave in a draft's inputs/VAR: parsed by the declared type, wins over
 * spec.inputs.
 */
struct fly_input_text {
	const char *name;
	const char *text;	/* len bytes */
	size_t len;
	bool is_path; /* came as a symlink: text is its target, made absolute by the caller */
};

/**
 * Turn a document written at PROJECT/DOMAIN/executions/NAME (name "": generated) into the request
 * it means. Reads the launch plan (or task) for versions and types. @file names the document in
 * sentences ("spec.json").
 * Sentence: "spec.json:7:12: launch_plan.name: reason".
 */
int fly_admin_read_execution(struct fly_admin *a, struct fly_db *db, enum fly_document form,
			     const char *file, const char *project, const char *domain,
			     const char *name, const char *text, size_t len,
			     const struct fly_input_text *inputs, size_t n_inputs,
			     struct fly_arena *arena, Flyteidl__Admin__ExecutionCreateRequest **out,
			     struct fly_why *why);

/**
 * Register what was written at PROJECT/DOMAIN/{tasks,workflows,launch_plans}/NAME/VERSION/spec.json
 * (or spec.pb): a TaskSpec / WorkflowSpec / LaunchPlanSpec, a whole Create request that agrees with
 * the path, a template, or the shorthand (a workflow's also makes its default launch plan, in the
 * same transaction). kind: TASK, WORKFLOW, LAUNCH_PLAN.
 */
void fly_admin_register_entity(struct fly_admin *a, struct fly_call *call, enum fly_kind kind,
			       enum fly_document form, const char *file, const char *project,
			       const char *domain, const char *name, const char *version,
			       const char *text, size_t len);
/** project.json written: a Project (name, description, labels, state), id must agree. */
int fly_admin_read_project(const char *project, const char *file, const char *text, size_t len,
			   struct fly_arena *arena, Flyteidl__Admin__Project **out,
			   struct fly_why *why);

/* --- the workflow compiler: flyte-engine §1.5 ------------------------------------ */

/* A launch plan that a workflow's nodes may refer to. */
struct fly_compile_plan {
	const Flyteidl__Core__Identifier *id;
	const Flyteidl__Core__ParameterMap *expected_inputs;
	const Flyteidl__Core__VariableMap *expected_outputs;
};
struct fly_compile_request {
	const Flyteidl__Core__WorkflowTemplate *primary;
	Flyteidl__Core__WorkflowTemplate *const *sub_workflows;
	size_t n_sub_workflows;
	Flyteidl__Core__TaskTemplate *const *tasks;
	size_t n_tasks;
	const struct fly_compile_plan *plans;
	size_t n_plans;
};
/** What nodes refer to (distinct, sorted), so that the caller can look it up before compiling. */
struct fly_compile_needs {
	const Flyteidl__Core__Identifier **tasks, **plans;	/* borrowed from the templates */
	size_t n_tasks, n_plans;
};
int fly_compile_needs(const Flyteidl__Core__WorkflowTemplate *primary,
		      Flyteidl__Core__WorkflowTemplate *const *sub_workflows,
		      size_t n_sub_workflows, struct fly_arena *arena,
		      struct fly_compile_needs *out, struct fly_why *why);
/**
 * Compile: start and end nodes, edges, ids of branch children, subworkflows, interfaces, checks of
 * bindings and conditions, cycles. What is given stays as it is; the closure lies in arena and may
 * point into what is given. INVALID_ARGUMENT with every fault found: "n0: input x is not bound
 * (ParameterNotBound); …".
 */
int fly_compile_workflow(const struct fly_compile_request *req, struct fly_arena *arena,
			 Flyteidl__Core__CompiledWorkflowClosure **out, struct fly_why *why);

/* --- schedules ------------------------------------------------------------------- */

#define FLY_CRON_FIELDS 5	/* minute, hour, day of month, month, day of week */

struct fly_cron {
	uint64_t bits[FLY_CRON_FIELDS];	/* bit n: the value n */
	bool star[FLY_CRON_FIELDS]; /* a star without a step: the day rule of flyte-engine §1.7 */
	int64_t every_s;		/* @every: seconds, else 0 and the bits count */
	char zone[64];			/* "" without TZ= */
};
/**
 * A cron text as Flyte's scheduler reads it. INVALID_ARGUMENT with the field and the text that is
 * wrong.
 */
int fly_cron_parse(const char *text, struct fly_cron *out, struct fly_why *why);

/* --- texts of the tree's files --------------------------------------------------- */

/*
 * Increased whenever a rendering below changes its bytes: stored sizes of older ones are measured
 * anew.
 */
#define FLY_TEXT_VERSION 1

enum fly_execution_text {
	FLY_TEXT_SPEC_JSON, FLY_TEXT_SPEC_PB,
	FLY_TEXT_CLOSURE_JSON, FLY_TEXT_CLOSURE_PB,
	FLY_TEXT_EXECUTION_JSON, FLY_TEXT_EXECUTION_PB,
	FLY_TEXT_INPUTS_JSON, FLY_TEXT_INPUTS_PB,
	FLY_TEXT_OUTPUTS_JSON, FLY_TEXT_OUTPUTS_PB,
	FLY_TEXT_ERROR_JSON, FLY_TEXT_ERROR, FLY_TEXT_ABORT_JSON,
	FLY_TEXT_STATUS, FLY_TEXT_GRAPH_DOT,
	FLY_N_EXECUTION_TEXTS,
	/* rendered, never measured ahead */
	FLY_TEXT_DATA_JSON = FLY_N_EXECUTION_TEXTS, FLY_TEXT_ID_JSON, FLY_TEXT_PHASE,
};
/** Which FLY_EXECUTION_* blobs a text needs (a row read with them renders it). */
unsigned fly_execution_text_parts(enum fly_execution_text text);
/**
 * Does it exist in this row (outputs once SUCCEEDED, error once FAILED or TIMED_OUT, abort once
 * ABORTED)? Head only.
 */
bool fly_execution_text_exists(enum fly_execution_text text, const struct fly_execution *e);
/** Render into b. db: for texts that read more rows (status, graph.dot, data.json). 0 or -errno. */
int fly_execution_text(enum fly_execution_text text, struct fly_db *db,
		       const struct fly_execution *e, struct fly_buf *b);
/**
 * Size of a text from the row when it was measured by this version, else by rendering. -errno, else
 * >= 0.
 */
int64_t fly_execution_text_size(enum fly_execution_text text, struct fly_db *db,
				const struct fly_execution *e);

enum fly_node_text {
	FLY_NODE_TEXT_PHASE,
	FLY_NODE_TEXT_CLOSURE_JSON,
	FLY_NODE_TEXT_INPUTS_JSON,
	FLY_NODE_TEXT_OUTPUTS_JSON,
	FLY_NODE_TEXT_ERROR,
	FLY_N_NODE_TEXTS,
};
bool fly_node_text_exists(enum fly_node_text text, const struct fly_node *n);
int fly_node_text(enum fly_node_text text, const struct fly_node *n, struct fly_buf *b);
/**
 * Size of a text: as measured when the row was written by this renderer, else by rendering. -errno,
 * else >= 0.
 */
int64_t fly_node_text_size(enum fly_node_text text, const struct fly_node *n);

enum fly_attempt_text {
	FLY_ATTEMPT_TEXT_PHASE,
	FLY_ATTEMPT_TEXT_CLOSURE_JSON,
	FLY_N_ATTEMPT_TEXTS
};
int fly_attempt_text(enum fly_attempt_text text, const struct fly_attempt *t, struct fly_buf *b);
int64_t fly_attempt_text_size(enum fly_attempt_text text, const struct fly_attempt *t);

enum fly_entity_text {
	FLY_ENTITY_TEXT_SPEC_JSON,
	FLY_ENTITY_TEXT_SPEC_PB,
	FLY_ENTITY_TEXT_CLOSURE_JSON,
	FLY_ENTITY_TEXT_CLOSURE_PB,
	FLY_ENTITY_TEXT_TEMPLATE_JSON, /* launch plans: DESIGN §3 */
	FLY_ENTITY_TEXT_GRAPH_DOT,     /* workflows */
	FLY_N_ENTITY_TEXTS,
	FLY_ENTITY_TEXT_STATE = FLY_N_ENTITY_TEXTS, /* "ACTIVE\n" or "INACTIVE\n" */
};
int fly_entity_text(enum fly_entity_text text, struct fly_db *db, const struct fly_entity *e,
		    struct fly_buf *b);
/**
 * From the row (a head will do) when this renderer measured it, else by reading and rendering.
 * -errno, else >= 0.
 */
int64_t fly_entity_text_size(enum fly_entity_text text, struct fly_db *db,
			     const struct fly_entity *e);
int fly_project_text(const struct fly_project *p, struct fly_buf *b);	/* project.json */

/* One literal of an execution or node: the values behind inputs/VAR and outputs/VAR. */
/** Names of the variables of a LiteralMap blob, sorted; count or -errno. */
int fly_value_names(struct fly_bytes map, struct fly_arena *arena, const char ***out);
/** The literal; -ENOENT. */
int fly_value_get(struct fly_bytes map, const char *name, struct fly_arena *arena,
		  Flyteidl__Core__Literal **out);
/**
 * A local blob's absolute path (file:///x or /x) when the literal is one: the symlink's target;
 * else NULL.
 */
const char *fly_value_local_path(const Flyteidl__Core__Literal *lit, struct fly_arena *arena);

/** Phase names: "SUCCEEDED". Static; NULL for unknown numbers. */
const char *fly_phase_name(int phase);		/* executions */
const char *fly_node_phase_name(int phase);
const char *fly_task_phase_name(int phase);
bool fly_phase_is_terminal(int phase);
bool fly_node_phase_is_terminal(int phase);
bool fly_task_phase_is_terminal(int phase);

/**
 * An execution's name: `[a-z]([-a-z0-9]*[a-z0-9])?`, at most 63 bytes. INVALID_ARGUMENT with a
 * sentence.
 */
int fly_check_execution_name(const char *name, struct fly_why *why);

/**
 * query/FILTERS/: a shell's spelling into a list request (DESIGN §3): field=value, !=, ~, .gte= …,
 * one-of by ';', sort=, limit=, token=; Flyte's own language is taken too. Sentence names the
 * condition that is wrong.
 */
int fly_query_parse(const char *text, const char *project, const char *domain,
		    enum fly_listed *what, struct fly_arena *arena,
		    Flyteidl__Admin__ResourceListRequest **out, struct fly_why *why);
/** The same text with its token replaced (the `next` link). */
char *fly_query_with_token(const char *text, const char *token, struct fly_arena *arena);

#endif
