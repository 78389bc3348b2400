/* SPDX-License-Identifier: Apache-2.0 */
/*
 * node_dynamic: a task that answered with a workflow: it is compiled and run inside the task's
 * node. Source: flyte-engine §4.12.
 */
#include "node_task.h"

#include <sys/random.h>

#define VERSION_LENGTH 10

static struct task *task_of(struct fly_node_run *n)
{
	return n->data;
}

/* --- the template ------------------------------------------------------- */

static char *random_version(struct fly_arena *arena)
{
	static const char letters[] = "bcdfghjklmnpqrstvwxz2456789";
	unsigned char bytes[VERSION_LENGTH];
	char text[VERSION_LENGTH + 1];

	if (getrandom(bytes, sizeof(bytes), 0) != sizeof(bytes))
		return NULL;
	for (size_t i = 0; i < VERSION_LENGTH; i++)
		text[i] = letters[bytes[i] % (sizeof(letters) - 1)];
	text[VERSION_LENGTH] = '\0';
	return fly_arena_strdup(arena, text);
}

static Flyteidl__Core__Identifier *identify(struct fly_node_run *n)
{
	struct fly_arena *arena = &n->run->arena;
	Flyteidl__Core__Identifier *id =
		FLY_NEW(arena, Flyteidl__Core__Identifier, flyteidl__core__identifier);

	if (!id)
		return NULL;
	id->resource_type = FLYTEIDL__CORE__RESOURCE_TYPE__WORKFLOW;
	id->project = n->run->identifier->project;
	id->domain = n->run->identifier->domain;
	id->name = fly_arena_printf(arena, "dynamic_%s", n->core->id);
	id->version = random_version(arena);
	return id->name && id->version ? id : NULL;
}

static Flyteidl__Core__WorkflowTemplate *make_template(struct fly_node_run *n,
						       const Flyteidl__Core__DynamicJobSpec *spec)
{
	struct fly_arena *arena = &n->run->arena;
	Flyteidl__Core__WorkflowTemplate *w =
		FLY_NEW(arena, Flyteidl__Core__WorkflowTemplate, flyteidl__core__workflow_template);
	Flyteidl__Core__TypedInterface *interface =
		FLY_NEW(arena, Flyteidl__Core__TypedInterface, flyteidl__core__typed_interface);
	const Flyteidl__Core__TypedInterface *own = task_of(n)->template->interface;

	if (!w || !interface)
		return NULL;
	w->id = identify(n);
	w->interface = interface;
	interface->outputs = own ? own->outputs : NULL;
	w->n_nodes = spec->n_nodes;
	w->nodes = spec->nodes;
	w->n_outputs = spec->n_outputs;
	w->outputs = spec->outputs;
	return w->id ? w : NULL;
}

/* The tasks it brings are run as its own task is. */
static void inherit_config(struct fly_node_run *n, const Flyteidl__Core__DynamicJobSpec *spec)
{
	const Flyteidl__Core__Container *own = task_of(n)->template->container;

	for (size_t i = 0; own && i < spec->n_tasks; i++) {
		Flyteidl__Core__TaskTemplate *t = spec->tasks[i];

		if (t->target_case != FLYTEIDL__CORE__TASK_TEMPLATE__TARGET_CONTAINER ||
		    t->container->n_config)
			continue;
		t->container->n_config = own->n_config;
		t->container->config = own->config;
	}
}

/* --- compiling ---------------------------------------------------------- */

static int read_plan(struct fly_node_run *n, struct fly_db *db,
		     const Flyteidl__Core__Identifier *id, struct fly_compile_plan *out)
{
	Flyteidl__Admin__LaunchPlanClosure *closure;
	struct fly_entity entity;
	int rc = fly_entity_get(db, FLY_KIND_LAUNCH_PLAN, id->project, id->domain, id->name,
				id->version, FLY_ENTITY_BLOBS, &n->run->arena, &entity);

	if (rc >= 0)
		rc = fly_wire_parse(&flyteidl__admin__launch_plan_closure__descriptor,
				    entity.closure.data, entity.closure.len, &n->run->arena,
				    (ProtobufCMessage **)&closure, NULL);
	if (rc < 0)
		return rc;
	*out = (struct fly_compile_plan){.id = id,
					 .expected_inputs = closure->expected_inputs,
					 .expected_outputs = closure->expected_outputs};
	return 0;
}

/* Launch plans that are not there are the compiler's to complain about. */
static int read_plans(struct fly_node_run *n, struct fly_compile_request *req, struct fly_why *why)
{
	struct fly_db *db = fly_store_reader(n->run->engine->store, NULL);
	struct fly_compile_needs needs;
	struct fly_compile_plan *plans;
	int rc = fly_compile_needs(req->primary, req->sub_workflows, req->n_sub_workflows,
				   &n->run->arena, &needs, why);

	if (rc < 0)
		return rc;
	plans = fly_arena_zalloc(&n->run->arena, needs.n_plans, sizeof(*plans));
	if (!plans || !db)
		return -ENOMEM;
	for (size_t i = 0; i < needs.n_plans; i++) {
		rc = read_plan(n, db, needs.plans[i], &plans[req->n_plans]);
		if (rc >= 0)
			req->n_plans++;
		else if (rc != -ENOENT)
			return rc;
	}
	req->plans = plans;
	return 0;
}

static int compile(struct fly_node_run *n, const Flyteidl__Core__DynamicJobSpec *spec,
		   Flyteidl__Core__CompiledWorkflowClosure **out, struct fly_why *why)
{
	struct fly_compile_request req = {
		.primary = make_template(n, spec),
		.sub_workflows = spec->subworkflows,
		.n_sub_workflows = spec->n_subworkflows,
		.tasks = spec->tasks,
		.n_tasks = spec->n_tasks,
	};
	int rc;

	if (!req.primary)
		return -ENOMEM;
	inherit_config(n, spec);
	rc = read_plans(n, &req, why);
	return rc < 0 ? rc : fly_compile_workflow(&req, &n->run->arena, out, why);
}

/* --- running ------------------------------------------------------------ */

static int run_inner(struct fly_node_run *n, const Flyteidl__Core__CompiledWorkflowClosure *closure)
{
	struct fly_arena *arena = &n->run->arena;
	Flyteidl__Core__LiteralMap *none =
		FLY_NEW(arena, Flyteidl__Core__LiteralMap, flyteidl__core__literal_map);
	struct fly_frame *f;
	int rc;

	if (!none)
		return -ENOMEM;
	rc = fly_frame_create(n->run, n, closure->primary, closure, &f);
	if (rc < 0)
		return rc;
	f->is_dynamic = true;
	task_of(n)->dynamic = f;
	return fly_frame_start(f, none);
}

static int build_failed(struct fly_node_run *n, const char *text)
{
	return fly_node_fail_with(n, "DynamicWorkflowBuildFailed", FLY_ERROR_KIND(USER), "%s",
				  text);
}

int fly_dynamic_start(struct fly_node_run *n, Flyteidl__Core__DynamicJobSpec *spec)
{
	Flyteidl__Core__CompiledWorkflowClosure *closure;
	struct fly_why why = {0};
	int rc = fly_task_report(n, FLY_PHASE_TASK(SUCCEEDED), NULL, NULL);

	if (rc < 0)
		return rc;
	rc = compile(n, spec, &closure, &why);
	if (rc == -ENOMEM || rc == -EIO)
		return rc;
	if (rc < 0)
		return build_failed(n, why.text);
	n->is_parent = true;
	n->is_dynamic = true;
	n->dynamic = closure;
	rc = fly_report_node(n, FLY_PHASE_NODE(DYNAMIC_RUNNING));
	n->dynamic = NULL;
	return rc < 0 ? rc : run_inner(n, closure);
}

int fly_dynamic_resume(struct fly_node_run *n)
{
	const struct fly_node *row = fly_run_row(n->run, n->uid);
	Flyteidl__Core__CompiledWorkflowClosure *closure;
	int rc = fly_wire_parse(&flyteidl__core__compiled_workflow_closure__descriptor,
				row->dynamic.data, row->dynamic.len, &n->run->arena,
				(ProtobufCMessage **)&closure, NULL);

	if (rc < 0)
		return rc;
	if (!closure->primary || !closure->primary->template_)
		return -EBADMSG;
	n->is_parent = true;
	n->is_dynamic = true;
	n->ran = true;
	return run_inner(n, closure);
}

int fly_dynamic_abort(struct fly_node_run *n, const char *reason)
{
	struct fly_frame *f = task_of(n)->dynamic;

	if (f->state == FLY_FRAME_OVER)
		return 0;
	f->state = FLY_FRAME_OVER;
	return fly_frame_abort(f, reason);
}

/* An inner node that failed is final, one that timed out costs the parent an attempt. */
int fly_dynamic_done(struct fly_node_run *n, struct fly_frame *f)
{
	struct fly_outcome o = {.verdict = FLY_VERDICT_RETRYABLE, .error = f->error};

	if (fly_node_is_over(n))
		return 0;
	if (!f->error)
		return fly_task_succeed(n, f->outputs);
	if (!f->timed_out)
		return fly_node_fail(n, f->error);
	task_of(n)->dynamic = NULL;
	return fly_task_retry(n, &o);
}
