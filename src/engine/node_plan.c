/* SPDX-License-Identifier: Apache-2.0 */
/*
 * node_plan: a node that starts another execution and waits for it. The child is created by admin
 * as anybody's would be. Source: flyte-engine §4.9.
 */
#include "model.h"

#include "ids.h"

/* A node that waits; in the engine's list. */
struct fly_plan {
	struct fly_node_run *node;
	int64_t child;		       /* row */
	struct fly_plan *next, **back; /* back NULL: in no list */
};

static void leave_list(struct fly_plan *p)
{
	if (!p->back)
		return;
	*p->back = p->next;
	if (p->next)
		p->next->back = p->back;
	p->back = NULL;
}

static void enter_list(struct fly_plan *p)
{
	struct fly_engine *e = p->node->run->engine;

	p->next = e->plans;
	p->back = &e->plans;
	if (p->next)
		p->next->back = &p->next;
	e->plans = p;
}

/* --- the child's request ------------------------------------------------ */

static char *child_name(const struct fly_node_run *n, struct fly_arena *arena)
{
	char *text =
		fly_arena_printf(arena, "%s-%s-%u", n->run->identifier->name, n->uid, n->attempt);

	return text ? fly_id_fit(arena, text, FLY_NODE_ID_MAX, FLY_ID_HASH_64) : NULL;
}

static Flyteidl__Admin__ExecutionMetadata *child_metadata(struct fly_node_run *n,
							  struct fly_arena *arena)
{
	const Flyteidl__Admin__ExecutionMetadata *own = n->run->spec->metadata;
	Flyteidl__Admin__ExecutionMetadata *m = FLY_NEW(arena, Flyteidl__Admin__ExecutionMetadata,
							flyteidl__admin__execution_metadata);
	Flyteidl__Core__NodeExecutionIdentifier *parent =
		FLY_NEW(arena, Flyteidl__Core__NodeExecutionIdentifier,
			flyteidl__core__node_execution_identifier);

	if (!m || !parent)
		return NULL;
	parent->node_id = (char *)n->uid;
	parent->execution_id = n->run->identifier;
	m->mode = FLYTEIDL__ADMIN__EXECUTION_METADATA__EXECUTION_MODE__CHILD_WORKFLOW;
	m->nesting = own ? own->nesting + 1 : 1;
	m->parent_node_execution = parent;
	if (own)
		m->principal = own->principal;
	return m;
}

static Flyteidl__Admin__ExecutionCreateRequest *child_request(struct fly_node_run *n,
							      struct fly_arena *arena)
{
	const Flyteidl__Admin__ExecutionSpec *own = n->run->spec;
	const struct fly_settings *s = &n->run->settings;
	Flyteidl__Admin__ExecutionCreateRequest *req =
		FLY_NEW(arena, Flyteidl__Admin__ExecutionCreateRequest,
			flyteidl__admin__execution_create_request);
	Flyteidl__Admin__ExecutionSpec *spec =
		FLY_NEW(arena, Flyteidl__Admin__ExecutionSpec, flyteidl__admin__execution_spec);

	if (!req || !spec)
		return NULL;
	spec->launch_plan = n->core->workflow_node->launchplan_ref;
	spec->metadata = child_metadata(n, arena);
	spec->max_parallelism = s->max_parallelism;
	spec->security_context = (Flyteidl__Core__SecurityContext *)s->security_context;
	spec->raw_output_data_config = own->raw_output_data_config;
	spec->labels = own->labels;
	spec->annotations = (Flyteidl__Admin__Annotations *)s->annotations;
	spec->interruptible = (Google__Protobuf__BoolValue *)s->interruptible;
	spec->overwrite_cache = s->overwrite_cache;
	spec->envs = (Flyteidl__Admin__Envs *)s->envs;
	req->project = n->run->identifier->project;
	req->domain = n->run->identifier->domain;
	req->name = child_name(n, arena);
	req->spec = spec;
	req->inputs = n->inputs;
	return spec->metadata && req->name ? req : NULL;
}

/* --- the child's end ---------------------------------------------------- */

static int aborted(struct fly_node_run *n)
{
	return fly_node_fail_with(n, "RemoteChildWorkflowExecutionFailed", FLY_ERROR_KIND(USER),
				  "launchplan [%s] aborted",
				  n->core->workflow_node->launchplan_ref->name);
}

static int failed(struct fly_node_run *n, const struct fly_execution *row)
{
	Flyteidl__Admin__ExecutionClosure *closure;
	int rc = fly_wire_parse(&flyteidl__admin__execution_closure__descriptor, row->closure.data,
				row->closure.len, &n->run->arena, (ProtobufCMessage **)&closure,
				NULL);

	if (rc < 0)
		return rc;
	if (closure->output_result_case == FLYTEIDL__ADMIN__EXECUTION_CLOSURE__OUTPUT_RESULT_ERROR)
		return fly_node_fail(n, closure->error);
	return fly_node_fail_with(n, "LaunchPlanExecutionFailed", FLY_ERROR_KIND(USER),
				  "launchplan [%s] failed",
				  n->core->workflow_node->launchplan_ref->name);
}

static int succeeded(struct fly_node_run *n, const struct fly_execution *row)
{
	Flyteidl__Core__LiteralMap *outputs;
	int rc = fly_wire_parse(&flyteidl__core__literal_map__descriptor, row->outputs.data,
				row->outputs.len, &n->run->arena, (ProtobufCMessage **)&outputs,
				NULL);

	return rc < 0 ? rc : fly_node_succeed(n, outputs);
}

static int look(struct fly_plan *p)
{
	struct fly_node_run *n = p->node;
	struct fly_db *db = fly_store_reader(n->run->engine->store, NULL);
	struct fly_execution row;
	int rc = db ? fly_execution_get_id(db, p->child,
					   FLY_EXECUTION_CLOSURE | FLY_EXECUTION_OUTPUTS,
					   &n->run->arena, &row)
		    : -EIO;

	if (rc < 0 && rc != -ENOENT)
		return rc;
	if (!rc && !fly_phase_is_terminal(row.phase)) {
		if (!p->back)
			enter_list(p);
		return 0;
	}
	leave_list(p);
	if (rc == -ENOENT || row.phase == FLY_PHASE_RUN(ABORTED))
		return aborted(n);
	return row.phase == FLY_PHASE_RUN(SUCCEEDED) ? succeeded(n, &row) : failed(n, &row);
}

void fly_plan_child_over(struct fly_engine *e, int64_t execution)
{
	struct fly_plan *p, *next;

	for (p = e->plans; p; p = next) {
		struct fly_run *run = p->node->run;
		int rc;

		next = p->next;
		if (p->child != execution)
			continue;
		rc = look(p);
		if (rc < 0)
			fly_run_let_go(run, -rc);
		else
			fly_run_touch(run);
	}
}

void fly_plan_forget(struct fly_run *run)
{
	struct fly_plan *p, *next;

	for (p = run->engine->plans; p; p = next) {
		next = p->next;
		if (p->node->run == run)
			leave_list(p);
	}
}

/* --- the kind ----------------------------------------------------------- */

/* Names can be guessed: only what was launched below this very node is its child. */
static bool is_child(struct fly_node_run *n, struct fly_db *db, const struct fly_execution *row)
{
	struct fly_node parent;

	return row->parent_node &&
	       !fly_node_get_id(db, row->parent_node, &n->run->arena, &parent) &&
	       parent.execution == n->run->id && !strcmp(parent.node_id, n->uid);
}

static int find_child(struct fly_node_run *n, const char *name, int64_t *out)
{
	struct fly_db *db = fly_store_reader(n->run->engine->store, NULL);
	const Flyteidl__Core__WorkflowExecutionIdentifier *id = n->run->identifier;
	struct fly_scope scope;
	struct fly_execution row;
	int rc = db ? fly_scope_get(db, id->project, id->domain, &n->run->arena, &scope) : -EIO;

	if (rc >= 0)
		rc = fly_execution_get(db, scope.id, name, FLY_EXECUTION_HEAD, &n->run->arena,
				       &row);
	if (rc >= 0 && !is_child(n, db, &row))
		return -EEXIST;
	if (rc >= 0)
		*out = row.id;
	return rc;
}

/* One that is there already under the derived name was made by this node before a restart. */
static int create(struct fly_node_run *n, const char **name, int64_t *child, struct fly_why *why)
{
	const Flyteidl__Admin__ExecutionMetadata *own = n->run->spec->metadata;
	struct fly_call call = {.caller = {.uid = n->run->uid,
					   .gid = n->run->gid,
					   .pid = getpid(),
					   .user = own ? own->principal : NULL}};
	Flyteidl__Admin__ExecutionCreateRequest *req = child_request(n, &call.arena);
	int rc = -ENOMEM;

	if (req) {
		*name = fly_arena_strdup(&n->run->arena, req->name);
		fly_admin_create_execution(n->run->engine->admin, &call, req);
		rc = call.rc;
		*child = call.id;
		if (rc < 0 && call.why.status == FLY_ALREADY_EXISTS && *name)
			rc = find_child(n, *name, child);
		*why = call.why;
	}
	fly_arena_release(&call.arena);
	return *name ? rc : -ENOMEM;
}

static int refused(struct fly_node_run *n, const struct fly_why *why)
{
	int rc = fly_node_running(n);

	return rc < 0 ? rc
		      : fly_node_fail_with(n, "RuntimeExecutionError", FLY_ERROR_KIND(USER),
					   "failed to launch workflow [%s], user error: %s",
					   n->core->workflow_node->launchplan_ref->name, why->text);
}

static int remember(struct fly_node_run *n, const char *name, int64_t child)
{
	struct fly_plan *p = fly_arena_zalloc(&n->run->arena, 1, sizeof(*p));
	Flyteidl__Core__WorkflowExecutionIdentifier *id =
		FLY_NEW(&n->run->arena, Flyteidl__Core__WorkflowExecutionIdentifier,
			flyteidl__core__workflow_execution_identifier);

	if (!p || !id)
		return -ENOMEM;
	*id = *n->run->identifier;
	id->name = (char *)name;
	p->node = n;
	p->child = child;
	n->data = p;
	n->child = id;
	return 0;
}

static int start(struct fly_node_run *n)
{
	struct fly_why why = {0};
	const char *name = NULL;
	int64_t child = 0;
	int rc;

	/* The child's row refers to this node's. */
	fly_tx_commit(n->run->engine);
	if (n->run->over)
		return 0;
	rc = create(n, &name, &child, &why);
	if (rc == -ENOMEM || rc == -EIO || rc == -ENOSPC)
		return rc;
	if (rc < 0)
		return refused(n, &why);
	rc = remember(n, name, child);
	if (rc >= 0)
		rc = fly_node_running(n);
	return rc < 0 ? rc : look(n->data);
}

static int resume(struct fly_node_run *n)
{
	const struct fly_node *row = fly_run_row(n->run, n->uid);
	const char *name = child_name(n, &n->run->arena);
	int rc;

	if (!name)
		return -ENOMEM;
	if (!row->child_execution)
		return start(n);
	rc = remember(n, name, row->child_execution);
	return rc < 0 ? rc : look(n->data);
}

static int abort_child(struct fly_node_run *n, const char *reason)
{
	Flyteidl__Admin__ExecutionTerminateRequest req =
		FLYTEIDL__ADMIN__EXECUTION_TERMINATE_REQUEST__INIT;
	struct fly_call call = {
		.caller = {.uid = n->run->uid, .gid = n->run->gid, .pid = getpid()}};
	struct fly_plan *p = n->data;

	if (!p)
		return 0;
	leave_list(p);
	req.id = n->child;
	req.cause = fly_arena_printf(&call.arena,
				     "cascading abort as parent execution id [%s] aborted, "
				     "reason [%s]",
				     n->run->identifier->name, reason);
	if (req.cause)
		fly_admin_terminate_execution(n->run->engine->admin, &call, &req);
	fly_arena_release(&call.arena);
	return 0;
}

const struct fly_node_kind fly_kind_launch_plan = {
	.counts = true,
	.start = start,
	.resume = resume,
	.abort = abort_child,
};
