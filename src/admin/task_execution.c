/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A task launched on its own: its inputs, all required, and the hidden workflow of one node and its
 * launch plan that are made with the first run of a version. The compiler and the registration of
 * versions are not its business.
 * Source: flyte-api §2.4 (TASK); flyte-engine §1.6.
 */
#include "create.h"
#include "entity.h"

#define PREFIX ".flytegen."
#define NODE_ID_TAIL 63		/* bytes of the task's name that the node's id is made of */
#define DEFAULT_RETRIES 3

/* A task and what is generated for it; lies in the call's arena. */
struct single {
	struct fly_create *c;
	struct fly_arena *arena;
	struct fly_entity row;
	Flyteidl__Core__TaskTemplate *task;
	Flyteidl__Core__TypedInterface *interface;
	Flyteidl__Core__Identifier *id;		/* of the task */
	Flyteidl__Core__Identifier *workflow_id, *plan_id;
	const char *node;
};

/* --- the workflow ---------------------------------------------------------------------------- */

static const char *node_name(const char *task, struct fly_arena *arena)
{
	size_t len = strlen(task), n = 0;
	const char *p = len > NODE_ID_TAIL ? task + len - NODE_ID_TAIL : task;
	char name[NODE_ID_TAIL + 1];

	for (; *p; p++) {
		if ((*p >= 'a' && *p <= 'z') || (*p >= 'A' && *p <= 'Z') ||
		    (*p >= '0' && *p <= '9') || *p == '-')
			name[n++] = *p;
	}
	return n ? fly_arena_strndup(arena, name, n) : fly_arena_strdup(arena, "task");
}

/* A variable bound to the variable of that name of a node ("": the workflow's inputs). */
static Flyteidl__Core__Binding *bind(const char *var, const char *node, struct fly_arena *arena)
{
	Flyteidl__Core__Binding *binding =
		fly_admin_new(Flyteidl__Core__Binding, flyteidl__core__binding, arena);
	Flyteidl__Core__BindingData *data =
		fly_admin_new(Flyteidl__Core__BindingData, flyteidl__core__binding_data, arena);
	Flyteidl__Core__OutputReference *promise = fly_admin_new(Flyteidl__Core__OutputReference,
								 flyteidl__core__output_reference,
								 arena);

	if (!binding || !data || !promise)
		return NULL;
	promise->node_id = (char *)node;
	promise->var = (char *)var;
	data->value_case = FLYTEIDL__CORE__BINDING_DATA__VALUE_PROMISE;
	data->promise = promise;
	binding->var = (char *)var;
	binding->binding = data;
	return binding;
}

static int bind_all(const Flyteidl__Core__VariableMap *variables, const char *node,
		    struct fly_arena *arena, Flyteidl__Core__Binding ***out, size_t *n_out)
{
	size_t i, n = variables ? variables->n_variables : 0;
	Flyteidl__Core__Binding **bindings = fly_arena_zalloc(arena, n + 1, sizeof(*bindings));

	for (i = 0; bindings && i < n; i++) {
		bindings[i] = bind(variables->variables[i]->key, node, arena);
		if (!bindings[i])
			return -ENOMEM;
	}
	if (!bindings)
		return -ENOMEM;
	*out = bindings;
	*n_out = n;
	return 0;
}

static Flyteidl__Core__RetryStrategy *retries_of(const struct single *s)
{
	Flyteidl__Core__RetryStrategy *retries;

	if (s->task->metadata && s->task->metadata->retries)
		return s->task->metadata->retries;
	retries = fly_admin_new(Flyteidl__Core__RetryStrategy, flyteidl__core__retry_strategy,
				s->arena);
	if (retries)
		retries->retries = DEFAULT_RETRIES;
	return retries;
}

static Flyteidl__Core__Node *make_node(const struct single *s)
{
	struct fly_arena *arena = s->arena;
	Flyteidl__Core__Node *node = fly_admin_new(Flyteidl__Core__Node, flyteidl__core__node,
						   arena);
	Flyteidl__Core__NodeMetadata *metadata =
		fly_admin_new(Flyteidl__Core__NodeMetadata, flyteidl__core__node_metadata, arena);
	Flyteidl__Core__TaskNode *task =
		fly_admin_new(Flyteidl__Core__TaskNode, flyteidl__core__task_node, arena);

	if (!node || !metadata || !task ||
	    bind_all(s->interface->inputs, "", arena, &node->inputs, &node->n_inputs) < 0)
		return NULL;
	metadata->name = node->id = (char *)s->node;
	metadata->retries = retries_of(s);
	task->reference_case = FLYTEIDL__CORE__TASK_NODE__REFERENCE_REFERENCE_ID;
	task->reference_id = s->id;
	node->metadata = metadata;
	node->target_case = FLYTEIDL__CORE__NODE__TARGET_TASK_NODE;
	node->task_node = task;
	return metadata->retries ? node : NULL;
}

static Flyteidl__Core__WorkflowTemplate *make_template(const struct single *s)
{
	Flyteidl__Core__WorkflowTemplate *t =
		fly_admin_new(Flyteidl__Core__WorkflowTemplate, flyteidl__core__workflow_template,
			      s->arena);
	Flyteidl__Core__Node **nodes = fly_arena_zalloc(s->arena, 1, sizeof(*nodes));

	if (!t || !nodes ||
	    bind_all(s->interface->outputs, s->node, s->arena, &t->outputs, &t->n_outputs) < 0)
		return NULL;
	nodes[0] = make_node(s);
	t->id = s->workflow_id;
	t->interface = s->interface;
	t->nodes = nodes;
	t->n_nodes = 1;
	return nodes[0] ? t : NULL;
}

/* --- versions -------------------------------------------------------------------------------- */

static int workflow_version(const struct single *s, struct fly_version *out, struct fly_why *why)
{
	struct fly_arena *arena = s->arena;
	Flyteidl__Core__WorkflowTemplate *t = make_template(s);
	struct fly_compile_request req = {.primary = t, .tasks = &s->task, .n_tasks = 1};
	Flyteidl__Admin__WorkflowSpec *spec =
		fly_admin_new(Flyteidl__Admin__WorkflowSpec, flyteidl__admin__workflow_spec, arena);
	Flyteidl__Admin__WorkflowClosure *closure = fly_admin_new(
		Flyteidl__Admin__WorkflowClosure, flyteidl__admin__workflow_closure, arena);
	int rc;

	if (!t || !spec || !closure)
		return fly_no_memory(why);
	rc = fly_compile_workflow(&req, arena, &closure->compiled_workflow, why);
	if (rc < 0)
		return rc;
	spec->template_ = t;
	*out = (struct fly_version){
		.kind = FLY_KIND_WORKFLOW,
		.id = s->workflow_id,
		.spec = &spec->base,
		.closure = &closure->base,
		.digested = &closure->compiled_workflow->base,
		.interface = s->interface,
		.generated = true,
	};
	return 0;
}

/* Flyte names the task where the plan should name the workflow, and so do we. */
static int plan_version(const struct single *s, int64_t workflow, struct fly_version *out,
			struct fly_why *why)
{
	struct fly_arena *arena = s->arena;
	Flyteidl__Admin__LaunchPlanSpec *spec = fly_admin_new(
		Flyteidl__Admin__LaunchPlanSpec, flyteidl__admin__launch_plan_spec, arena);
	int rc;

	if (!spec)
		return fly_no_memory(why);
	spec->workflow_id = fly_identifier_new(arena, FLYTEIDL__CORE__RESOURCE_TYPE__WORKFLOW,
					       s->id->project, s->id->domain, s->id->name,
					       s->id->version);
	spec->entity_metadata = fly_admin_new(Flyteidl__Admin__LaunchPlanMetadata,
					      flyteidl__admin__launch_plan_metadata, arena);
	spec->fixed_inputs = fly_admin_new(Flyteidl__Core__LiteralMap, flyteidl__core__literal_map,
					   arena);
	spec->labels = fly_admin_new(Flyteidl__Admin__Labels, flyteidl__admin__labels, arena);
	spec->annotations = fly_admin_new(Flyteidl__Admin__Annotations,
					  flyteidl__admin__annotations, arena);
	if (!spec->workflow_id || !spec->entity_metadata || !spec->fixed_inputs || !spec->labels ||
	    !spec->annotations)
		return fly_no_memory(why);
	rc = fly_plan_version(s->plan_id, spec, s->c->expected, s->interface->outputs, workflow,
			      arena, out, why);
	if (rc >= 0)
		out->generated = true;
	return rc;
}

static int add_version(struct fly_admin *a, struct single *s, struct fly_db *db,
		       const struct fly_version *v, struct fly_put_item **item,
		       struct fly_why *why)
{
	int rc = fly_put_add(a, s->c->generated, db, v, FLY_PUT_ABSENT, 0, item, why);

	if (rc >= 0)
		(*item)->hidden = true;
	return rc;
}

static int generate(struct fly_admin *a, struct single *s, struct fly_db *db, struct fly_why *why)
{
	struct fly_put_item *workflow, *plan;
	struct fly_version v;
	int rc;

	s->c->generated = fly_put_begin(s->c->write.call, s->row.scope);
	if (!s->c->generated)
		return fly_no_memory(why);
	if ((rc = workflow_version(s, &v, why)) < 0 ||
	    (rc = add_version(a, s, db, &v, &workflow, why)) < 0 ||
	    (rc = plan_version(s, workflow->entity.id, &v, why)) < 0)
		return rc;
	return add_version(a, s, db, &v, &plan, why);
}

int fly_put_generated(struct fly_create *c, struct fly_db *db, struct fly_why *why)
{
	int rc;

	c->generated->write.admin = c->write.admin;
	rc = fly_put_apply(&c->generated->write, db, why);
	if (rc >= 0)
		c->row.workflow = c->generated->first->entity.id;
	return rc;
}

/* --- the target ------------------------------------------------------------------------------ */

static int read_task(struct single *s, struct fly_db *db, struct fly_why *why)
{
	Flyteidl__Admin__TaskSpec *spec;
	int rc;

	if ((rc = fly_find_entity(db, FLY_KIND_TASK, s->id, FLY_ENTITY_BLOBS, s->arena, &s->row,
				  why)) < 0 ||
	    (rc = fly_admin_unpack(&flyteidl__admin__task_spec__descriptor, s->row.spec, s->arena,
				   (ProtobufCMessage **)&spec, why)) < 0 ||
	    (rc = fly_admin_unpack(&flyteidl__core__typed_interface__descriptor, s->row.interface,
				   s->arena, (ProtobufCMessage **)&s->interface, why)) < 0)
		return rc;
	s->task = spec->template_;
	return s->task ? 0 : fly_refuse(why, FLY_INTERNAL, "a stored task has no template");
}

static int name_generated(struct single *s, struct fly_why *why)
{
	const Flyteidl__Core__Identifier *id = s->id;
	const char *name = fly_arena_printf(s->arena, PREFIX "%s", id->name);

	if (!name)
		return fly_no_memory(why);
	s->node = node_name(id->name, s->arena);
	s->workflow_id = fly_identifier_new(s->arena, FLYTEIDL__CORE__RESOURCE_TYPE__WORKFLOW,
					    id->project, id->domain, name, id->version);
	s->plan_id = fly_identifier_new(s->arena, FLYTEIDL__CORE__RESOURCE_TYPE__LAUNCH_PLAN,
					id->project, id->domain, name, id->version);
	return s->node && s->workflow_id && s->plan_id ? 0 : fly_no_memory(why);
}

int fly_target_task(struct fly_admin *a, struct fly_create *c, struct fly_db *db,
		    struct fly_arena *arena, struct fly_why *why)
{
	struct single s = {.c = c, .arena = arena, .id = c->spec->launch_plan};
	struct fly_entity workflow;
	int rc;

	c->target = fly_arena_printf(arena, "task %s@%s", s.id->name, s.id->version);
	if (!c->target)
		return fly_no_memory(why);
	if ((rc = read_task(&s, db, why)) < 0 ||
	    (rc = name_generated(&s, why)) < 0 ||
	    (rc = fly_plan_expected(s.interface, NULL, NULL, arena, &c->expected, why)) < 0)
		return rc;
	c->row.launch_entity = "task";
	c->row.task = s.row.id;
	c->closure->workflow_id = s.workflow_id;
	rc = fly_entity_get(db, FLY_KIND_WORKFLOW, s.id->project, s.id->domain,
			    s.workflow_id->name, s.id->version, FLY_ENTITY_HEAD, arena, &workflow);
	if (rc == -ENOENT)
		return generate(a, &s, db, why);
	if (rc < 0)
		return fly_fail(why, -rc, "cannot read the workflow of %s", c->target);
	c->row.workflow = workflow.id;
	return 0;
}
