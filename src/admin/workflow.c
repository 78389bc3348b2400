/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Workflows: CreateWorkflow and GetWorkflow. It gathers what a workflow refers to and has it
 * compiled (compile.c); a written one also gets its default launch plan.
 * Source: flyte-api §2.3; flyte-engine §1.4.
 */
#include "entity.h"

#define WORKFLOW_NODES_MAX 100	/* Flyte's default registration.maxWorkflowNodes */

/* --- what it refers to -------------------------------------------------------------- */

/* Wrong kinds and empty parts are the compiler's to refuse: nothing is looked up by them. */
static bool can_be_looked_up(const Flyteidl__Core__Identifier *id,
			     Flyteidl__Core__ResourceType type)
{
	return id->resource_type == type && *id->project && *id->domain && *id->name &&
	       *id->version;
}

static int missing(struct fly_why *why, const Flyteidl__Core__Identifier *wf, int rc,
		   enum fly_kind kind, const Flyteidl__Core__Identifier *id)
{
	if (rc != -ENOENT)
		return fly_fail(why, -rc, "cannot read %s %s@%s", fly_kind_noun(kind), id->name,
				id->version);
	return fly_refuse(why, FLY_INVALID_ARGUMENT,
			  "workflow %s@%s does not compile: there is no %s %s/%s/%s@%s", wf->name,
			  wf->version, fly_kind_noun(kind), id->project, id->domain, id->name,
			  id->version);
}

static int load_task(struct fly_db *db, const Flyteidl__Core__Identifier *id,
		     struct fly_arena *arena, Flyteidl__Core__TaskTemplate **out,
		     struct fly_why *why)
{
	Flyteidl__Admin__TaskClosure *closure;
	struct fly_entity row;
	ProtobufCMessage *m;
	int rc;

	rc = fly_entity_get(db, FLY_KIND_TASK, id->project, id->domain, id->name, id->version,
			    FLY_ENTITY_BLOBS, arena, &row);
	if (rc < 0)
		return rc;
	rc = fly_admin_unpack(&flyteidl__admin__task_closure__descriptor, row.closure, arena, &m,
			      why);
	if (rc < 0)
		return rc;
	closure = (Flyteidl__Admin__TaskClosure *)m;
	if (!closure->compiled_task || !closure->compiled_task->template_)
		return fly_refuse(why, FLY_INTERNAL, "the stored task %s@%s has no template",
				  id->name, id->version);
	*out = closure->compiled_task->template_;
	return 0;
}

static Flyteidl__Core__TaskTemplate *written_task(const struct fly_written *written,
						  const Flyteidl__Core__Identifier *id)
{
	size_t i;

	for (i = 0; written && i < written->n_tasks; i++) {
		if (fly_message_equal(&written->tasks[i]->id->base, &id->base))
			return written->tasks[i];
	}
	return NULL;
}

static int load_tasks(struct fly_db *db, const Flyteidl__Core__Identifier *wf,
		      const struct fly_compile_needs *needs, const struct fly_written *written,
		      struct fly_arena *arena, struct fly_compile_request *req,
		      struct fly_why *why)
{
	Flyteidl__Core__TaskTemplate **tasks =
		fly_arena_zalloc(arena, needs->n_tasks + 1, sizeof(*tasks));
	size_t i, n = 0;
	int rc;

	if (!tasks)
		return fly_no_memory(why);
	for (i = 0; i < needs->n_tasks; i++) {
		const Flyteidl__Core__Identifier *id = needs->tasks[i];

		tasks[n] = written_task(written, id);
		if (!tasks[n]) {
			if (!can_be_looked_up(id, FLYTEIDL__CORE__RESOURCE_TYPE__TASK))
				continue;
			rc = load_task(db, id, arena, &tasks[n], why);
			if (rc < 0)
				return missing(why, wf, rc, FLY_KIND_TASK, id);
		}
		n++;
	}
	req->tasks = tasks;
	req->n_tasks = n;
	return 0;
}

static int load_plan(struct fly_db *db, const Flyteidl__Core__Identifier *id,
		     struct fly_arena *arena, struct fly_compile_plan *out, struct fly_why *why)
{
	Flyteidl__Admin__LaunchPlanClosure *closure;
	struct fly_entity row;
	ProtobufCMessage *m;
	int rc;

	rc = fly_entity_get(db, FLY_KIND_LAUNCH_PLAN, id->project, id->domain, id->name,
			    id->version, FLY_ENTITY_BLOBS, arena, &row);
	if (rc < 0)
		return rc;
	rc = fly_admin_unpack(&flyteidl__admin__launch_plan_closure__descriptor, row.closure, arena,
			      &m, why);
	if (rc < 0)
		return rc;
	closure = (Flyteidl__Admin__LaunchPlanClosure *)m;
	out->id = id;
	out->expected_inputs = closure->expected_inputs;
	out->expected_outputs = closure->expected_outputs;
	return 0;
}

static int load_plans(struct fly_db *db, const Flyteidl__Core__Identifier *wf,
		      const struct fly_compile_needs *needs, struct fly_arena *arena,
		      struct fly_compile_request *req, struct fly_why *why)
{
	struct fly_compile_plan *plans =
		fly_arena_zalloc(arena, needs->n_plans + 1, sizeof(*plans));
	size_t i, n = 0;
	int rc;

	if (!plans)
		return fly_no_memory(why);
	for (i = 0; i < needs->n_plans; i++) {
		const Flyteidl__Core__Identifier *id = needs->plans[i];

		if (!can_be_looked_up(id, FLYTEIDL__CORE__RESOURCE_TYPE__LAUNCH_PLAN))
			continue;
		rc = load_plan(db, id, arena, &plans[n], why);
		if (rc < 0)
			return missing(why, wf, rc, FLY_KIND_LAUNCH_PLAN, id);
		n++;
	}
	req->plans = plans;
	req->n_plans = n;
	return 0;
}

/* --- CreateWorkflow ----------------------------------------------------------------- */

static int check_request(struct fly_db *db, const Flyteidl__Admin__WorkflowCreateRequest *req,
			 struct fly_arena *arena, struct fly_scope *scope, struct fly_why *why)
{
	size_t n;
	int rc;

	rc = fly_check_new_id(req->id, FLY_KIND_WORKFLOW, why);
	if (rc < 0)
		return rc;
	rc = fly_check_scope(db, req->id->project, req->id->domain, arena, NULL, scope, why);
	if (rc < 0)
		return rc;
	if (!req->spec)
		return fly_refuse(why, FLY_INVALID_ARGUMENT, "spec is missing");
	if (!req->spec->template_)
		return fly_refuse(why, FLY_INVALID_ARGUMENT, "spec.template is missing");
	n = req->spec->template_->n_nodes;
	if (n > WORKFLOW_NODES_MAX)
		return fly_refuse(why, FLY_INVALID_ARGUMENT,
				  "workflow %s@%s has %zu nodes, %d are allowed: put some into a "
				  "subworkflow", req->id->name, req->id->version, n,
				  WORKFLOW_NODES_MAX);
	return 0;
}

/* Compiles given; written: map tasks that are not stored yet (may be NULL). */
static int make_version(struct fly_db *db, const Flyteidl__Core__Identifier *id,
			const Flyteidl__Admin__WorkflowSpec *given,
			const struct fly_written *written, struct fly_arena *arena,
			struct fly_version *out, struct fly_why *why)
{
	Flyteidl__Admin__WorkflowSpec *spec = fly_arena_memdup(arena, given, sizeof(*spec));
	Flyteidl__Admin__WorkflowClosure *closure = fly_admin_new(
		Flyteidl__Admin__WorkflowClosure, flyteidl__admin__workflow_closure, arena);
	struct fly_compile_needs needs;
	struct fly_compile_request req = {0};
	int rc;

	if (spec)
		spec->template_ =
			fly_arena_memdup(arena, given->template_, sizeof(*spec->template_));
	if (!spec || !spec->template_ || !closure)
		return fly_no_memory(why);
	spec->template_->id = (Flyteidl__Core__Identifier *)id;
	req.primary = spec->template_;
	req.sub_workflows = spec->sub_workflows;
	req.n_sub_workflows = spec->n_sub_workflows;
	if ((rc = fly_compile_needs(req.primary, req.sub_workflows, req.n_sub_workflows, arena,
				    &needs, why)) < 0 ||
	    (rc = load_tasks(db, id, &needs, written, arena, &req, why)) < 0 ||
	    (rc = load_plans(db, id, &needs, arena, &req, why)) < 0 ||
	    (rc = fly_compile_workflow(&req, arena, &closure->compiled_workflow, why)) < 0)
		return rc;
	*out = (struct fly_version){
		.kind = FLY_KIND_WORKFLOW,
		.id = id,
		.spec = &spec->base,
		.closure = &closure->base,
		.digested = &closure->base,
		.interface = closure->compiled_workflow->primary->template_->interface,
		.short_description =
			spec->description ? spec->description->short_description : NULL,
		.source = written ? written->source : (struct fly_bytes){0},
	};
	return 0;
}

/* The plan that every written workflow has: same name and version, nothing fixed. */
static int add_default_plan(struct fly_admin *a, struct fly_put_write *w, struct fly_db *db,
			    const struct fly_version *workflow, int64_t workflow_row,
			    const struct fly_written *written, struct fly_why *why)
{
	struct fly_arena *arena = &w->write.call->arena;
	const Flyteidl__Core__Identifier *wf = workflow->id;
	Flyteidl__Admin__LaunchPlanSpec *spec = fly_admin_new(
		Flyteidl__Admin__LaunchPlanSpec, flyteidl__admin__launch_plan_spec, arena);
	Flyteidl__Core__Identifier *id =
		fly_identifier_new(arena, FLYTEIDL__CORE__RESOURCE_TYPE__LAUNCH_PLAN, wf->project,
				   wf->domain, wf->name, wf->version);
	Flyteidl__Core__ParameterMap *expected;
	struct fly_put_item *item;
	struct fly_version v;
	int rc;

	if (!spec || !id)
		return fly_no_memory(why);
	spec->workflow_id = (Flyteidl__Core__Identifier *)wf;
	if ((rc = fly_plan_expected(workflow->interface, written->defaults, NULL, arena, &expected,
				    why)) < 0 ||
	    (rc = fly_plan_version(id, spec, expected, workflow->interface->outputs, workflow_row,
				   arena, &v, why)) < 0)
		return rc;
	v.generated = true;
	return fly_put_add(a, w, db, &v, FLY_PUT_ABSENT, 0, &item, why);
}

static int add_map_tasks(struct fly_admin *a, struct fly_put_write *w, struct fly_db *db,
			 const struct fly_written *written, struct fly_why *why)
{
	struct fly_arena *arena = &w->write.call->arena;
	size_t i;
	int rc;

	for (i = 0; i < written->n_tasks; i++) {
		Flyteidl__Admin__TaskSpec spec = FLYTEIDL__ADMIN__TASK_SPEC__INIT;
		struct fly_put_item *item;
		struct fly_version v;

		spec.template_ = written->tasks[i];
		if ((rc = fly_task_version(written->tasks[i]->id, &spec, arena, &v, why)) < 0)
			return rc;
		v.generated = true;
		rc = fly_put_add(a, w, db, &v, FLY_PUT_SAME, 0, &item, why);
		if (rc < 0)
			return rc;
		item->hidden = true;
	}
	return 0;
}

static int prepare(struct fly_admin *a, struct fly_call *call, struct fly_db *db,
		   const ProtobufCMessage *message, const struct fly_written *written,
		   struct fly_put_write **out)
{
	const Flyteidl__Admin__WorkflowCreateRequest *req =
		(const Flyteidl__Admin__WorkflowCreateRequest *)message;
	struct fly_why *why = &call->why;
	struct fly_scope scope;
	struct fly_version v;
	struct fly_put_item *item;
	int rc;

	if ((rc = check_request(db, req, &call->arena, &scope, why)) < 0 ||
	    (rc = make_version(db, req->id, req->spec, written, &call->arena, &v, why)) < 0)
		return rc;
	*out = fly_put_begin(call, scope.id);
	if (!*out)
		return fly_no_memory(why);
	rc = fly_put_add(a, *out, db, &v, FLY_PUT_NEW, call->id, &item, why);
	if (rc < 0 || !written)
		return rc;
	rc = add_map_tasks(a, *out, db, written, why);
	if (rc < 0 || !written->default_plan)
		return rc;
	return add_default_plan(a, *out, db, &v, item->entity.id, written, why);
}

void fly_workflow_register(struct fly_admin *a, struct fly_call *call,
			   const Flyteidl__Admin__WorkflowCreateRequest *req,
			   const struct fly_written *written)
{
	fly_put_register(a, call, prepare, &req->base, written);
}

void fly_admin_create_workflow(struct fly_admin *a, struct fly_call *call,
			       const Flyteidl__Admin__WorkflowCreateRequest *req)
{
	fly_workflow_register(a, call, req, NULL);
}

/* --- GetWorkflow -------------------------------------------------------------------- */

int fly_workflow_message(const struct fly_entity *row, struct fly_arena *arena,
			 Flyteidl__Admin__Workflow **out, struct fly_why *why)
{
	Flyteidl__Admin__Workflow *workflow =
		fly_admin_new(Flyteidl__Admin__Workflow, flyteidl__admin__workflow, arena);
	struct fly_version_parts parts;
	int rc = fly_version_read(row, &flyteidl__admin__workflow_closure__descriptor, arena, &parts,
				  why);

	if (rc < 0 || !workflow)
		return rc < 0 ? rc : fly_no_memory(why);
	workflow->id = parts.id;
	workflow->short_description = parts.short_description;
	workflow->closure = (Flyteidl__Admin__WorkflowClosure *)parts.closure;
	workflow->closure->created_at = parts.created_at;
	*out = workflow;
	return 0;
}

int fly_admin_get_workflow(struct fly_db *db, const Flyteidl__Admin__ObjectGetRequest *req,
			   struct fly_arena *arena, Flyteidl__Admin__Workflow **out,
			   struct fly_why *why)
{
	struct fly_entity row;
	int rc = fly_get_version(db, FLY_KIND_WORKFLOW, req->id, arena, &row, why);

	return rc < 0 ? rc : fly_workflow_message(&row, arena, out, why);
}
