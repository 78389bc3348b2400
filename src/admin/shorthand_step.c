/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What one step of a workflow's shorthand runs. It becomes a node: of a task, of an array over a
 * task, of a subworkflow or of a launch plan. It binds no inputs (shorthand_step_inputs.c does).
 * Source: docs/shorthand.md; flyte-engine §1.2.
 */
#include "shorthand_steps.h"

#define RETRIES_MAX 1000
#define CONCURRENCY_MAX 10000

static const char *const step_keys[] = {"id", "task", "workflow", "launch_plan", "inputs", "after",
					"map", "concurrency", "retries", "timeout", NULL};

static const struct {
	const char *key;
	enum fly_kind kind;
} targets[] = {
	{"task", FLY_KIND_TASK},
	{"workflow", FLY_KIND_WORKFLOW},
	{"launch_plan", FLY_KIND_LAUNCH_PLAN},
};

static int fail(const struct shorthand_steps *w, const struct shorthand_step *step,
		const char *key, const char *reason)
{
	const char *path = key ? shorthand_member(w->s, step->path, key) : step->path;

	return path ? fly_doc_fail(w->s->doc, w->s->why, path, "%s", reason)
		    : fly_no_memory(w->s->why);
}

static int read_interface(const struct shorthand_steps *w, struct fly_bytes bytes,
			  struct shorthand_step *step)
{
	const Flyteidl__Core__TypedInterface *interface;
	ProtobufCMessage *m;
	int rc = fly_admin_unpack(&flyteidl__core__typed_interface__descriptor, bytes, w->s->arena,
				  &m, w->s->why);

	if (rc < 0)
		return rc;
	interface = (const Flyteidl__Core__TypedInterface *)m;
	step->inputs = interface->inputs;
	step->outputs = interface->outputs;
	return 0;
}

/* --- tasks -------------------------------------------------------------------------- */

static int load_template(const struct shorthand_steps *w, const struct fly_entity *row,
			 struct shorthand_step *step)
{
	Flyteidl__Admin__Task *task;
	int rc = fly_task_message(row, w->s->arena, &task, w->s->why);

	if (rc < 0)
		return rc;
	if (!task->closure->compiled_task || !task->closure->compiled_task->template_)
		return fly_refuse(w->s->why, FLY_INTERNAL, "the stored task %s has no template",
				  row->name);
	step->task = task->closure->compiled_task->template_;
	return 0;
}

/* "map": "NAME" or ["NAME", …] */
static int read_mapped(const struct shorthand_steps *w, struct shorthand_step *step)
{
	const json_t *map = json_object_get(step->value, "map");
	size_t i, n = json_is_array(map) ? json_array_size(map) : 1;

	if (!map)
		return 0;
	step->mapped = fly_arena_zalloc(w->s->arena, n + 1, sizeof(*step->mapped));
	if (!step->mapped)
		return fly_no_memory(w->s->why);
	for (i = 0; i < n; i++) {
		const json_t *name = json_is_array(map) ? json_array_get(map, i) : map;

		if (!json_is_string(name))
			return fail(w, step, "map",
				    "expected the name of an input, or a list of such");
		step->mapped[step->n_mapped++] = json_string_value(name);
	}
	return n ? 0 : fail(w, step, "map", "it names no input");
}

static int keep_map_task(const struct shorthand_steps *w, Flyteidl__Core__TaskTemplate *task,
			 struct fly_written *written)
{
	Flyteidl__Core__TaskTemplate **tasks;
	size_t i;

	for (i = 0; i < written->n_tasks; i++) {
		if (fly_message_equal(&written->tasks[i]->id->base, &task->id->base))
			return 0;
	}
	tasks = fly_arena_zalloc(w->s->arena, written->n_tasks + 1, sizeof(*tasks));
	if (!tasks)
		return fly_no_memory(w->s->why);
	if (written->n_tasks)
		memcpy(tasks, written->tasks, written->n_tasks * sizeof(*tasks));
	tasks[written->n_tasks++] = task;
	written->tasks = tasks;
	return 0;
}

static int set_task(Flyteidl__Core__Node *node, const struct shorthand_steps *w,
		    const Flyteidl__Core__TaskTemplate *task)
{
	Flyteidl__Core__TaskNode *target =
		fly_admin_new(Flyteidl__Core__TaskNode, flyteidl__core__task_node, w->s->arena);

	if (!target)
		return fly_no_memory(w->s->why);
	target->reference_case = FLYTEIDL__CORE__TASK_NODE__REFERENCE_REFERENCE_ID;
	target->reference_id = task->id;
	node->target_case = FLYTEIDL__CORE__NODE__TARGET_TASK_NODE;
	node->task_node = target;
	return 0;
}

static int set_array(const struct shorthand_steps *w, struct shorthand_step *step)
{
	struct fly_arena *arena = w->s->arena;
	Flyteidl__Core__ArrayNode *array =
		fly_admin_new(Flyteidl__Core__ArrayNode, flyteidl__core__array_node, arena);
	Flyteidl__Core__Node *inner =
		fly_admin_new(Flyteidl__Core__Node, flyteidl__core__node, arena);
	Google__Protobuf__BoolValue *original =
		fly_admin_new(Google__Protobuf__BoolValue, google__protobuf__bool_value, arena);
	uint32_t concurrency = 0;
	int rc;

	if (!array || !inner || !original)
		return fly_no_memory(w->s->why);
	if ((rc = shorthand_count(w->s, step->value, step->path, "concurrency", CONCURRENCY_MAX,
				  &concurrency)) < 0 ||
	    (rc = set_task(inner, w, step->task)) < 0)
		return rc;
	inner->id = step->task->id->name;
	inner->metadata = step->node->metadata;
	array->node = inner;
	array->is_original_sub_node_interface = original;
	array->success_criteria_case =
		FLYTEIDL__CORE__ARRAY_NODE__SUCCESS_CRITERIA_MIN_SUCCESS_RATIO;
	array->min_success_ratio = 1;
	if (concurrency) {
		array->parallelism_option_case =
			FLYTEIDL__CORE__ARRAY_NODE__PARALLELISM_OPTION_PARALLELISM;
		array->parallelism = concurrency;
	}
	step->node->target_case = FLYTEIDL__CORE__NODE__TARGET_ARRAY_NODE;
	step->node->array_node = array;
	return 0;
}

/* What the step does not say itself comes from the task, as flytekit copies it. */
static void take_task_settings(struct shorthand_step *step)
{
	const Flyteidl__Core__TaskMetadata *m = step->task->metadata;

	if (!m)
		return;
	if (!step->node->metadata->timeout)
		step->node->metadata->timeout = m->timeout;
	if (!step->node->metadata->retries)
		step->node->metadata->retries = m->retries;
}

static int target_task(const struct shorthand_steps *w, struct shorthand_step *step,
		       const struct fly_entity *row, struct fly_written *written)
{
	const char *path = shorthand_member(w->s, step->path, "map");
	int rc;

	if (!path)
		return fly_no_memory(w->s->why);
	if ((rc = load_template(w, row, step)) < 0 || (rc = read_mapped(w, step)) < 0)
		return rc;
	take_task_settings(step);
	if (!step->n_mapped)
		return set_task(step->node, w, step->task);
	if ((rc = shorthand_map_task(w->s, path, step->task, step->mapped, step->n_mapped,
				     &step->task)) < 0 ||
	    (rc = keep_map_task(w, step->task, written)) < 0)
		return rc;
	step->inputs = step->task->interface->inputs;
	step->outputs = step->task->interface->outputs;
	return set_array(w, step);
}

/* --- workflows ---------------------------------------------------------------------- */

static int keep_sub(const struct shorthand_steps *w, Flyteidl__Core__WorkflowTemplate *t,
		    Flyteidl__Admin__WorkflowSpec *spec)
{
	Flyteidl__Core__WorkflowTemplate **subs;
	size_t i;

	for (i = 0; i < spec->n_sub_workflows; i++) {
		if (fly_message_equal(&spec->sub_workflows[i]->id->base, &t->id->base))
			return 0;
	}
	subs = fly_arena_zalloc(w->s->arena, spec->n_sub_workflows + 1, sizeof(*subs));
	if (!subs)
		return fly_no_memory(w->s->why);
	if (spec->n_sub_workflows)
		memcpy(subs, spec->sub_workflows, spec->n_sub_workflows * sizeof(*subs));
	subs[spec->n_sub_workflows++] = t;
	spec->sub_workflows = subs;
	return 0;
}

/* The workflow itself, and those inside it. */
static int target_workflow(const struct shorthand_steps *w, struct shorthand_step *step,
			   const struct fly_entity *row, Flyteidl__Admin__WorkflowSpec *spec)
{
	Flyteidl__Core__WorkflowNode *target = fly_admin_new(
		Flyteidl__Core__WorkflowNode, flyteidl__core__workflow_node, w->s->arena);
	const Flyteidl__Admin__WorkflowSpec *sub;
	ProtobufCMessage *m;
	size_t i;
	int rc = fly_admin_unpack(&flyteidl__admin__workflow_spec__descriptor, row->spec,
				  w->s->arena, &m, w->s->why);

	if (rc < 0)
		return rc;
	sub = (const Flyteidl__Admin__WorkflowSpec *)m;
	if (!target || !sub->template_ || !sub->template_->id)
		return fly_no_memory(w->s->why);
	rc = keep_sub(w, sub->template_, spec);
	for (i = 0; rc >= 0 && i < sub->n_sub_workflows; i++)
		rc = sub->sub_workflows[i]->id ? keep_sub(w, sub->sub_workflows[i], spec) : 0;
	if (rc < 0)
		return rc;
	target->reference_case = FLYTEIDL__CORE__WORKFLOW_NODE__REFERENCE_SUB_WORKFLOW_REF;
	target->sub_workflow_ref = sub->template_->id;
	step->node->target_case = FLYTEIDL__CORE__NODE__TARGET_WORKFLOW_NODE;
	step->node->workflow_node = target;
	return 0;
}

/* --- launch plans ------------------------------------------------------------------- */

static int target_plan(const struct shorthand_steps *w, struct shorthand_step *step,
		       const struct fly_entity *row)
{
	Flyteidl__Core__WorkflowNode *target = fly_admin_new(
		Flyteidl__Core__WorkflowNode, flyteidl__core__workflow_node, w->s->arena);
	const Flyteidl__Core__ParameterMap *expected;
	Flyteidl__Core__VariableMap *inputs;
	Flyteidl__Admin__LaunchPlan *plan;
	size_t i, n;
	int rc = fly_launch_plan_message(row, w->s->arena, &plan, w->s->why);

	if (rc < 0)
		return rc;
	expected = plan->closure->expected_inputs;
	n = expected ? expected->n_parameters : 0;
	inputs = shorthand_room(w->s, n);
	if (!target || !inputs)
		return fly_no_memory(w->s->why);
	for (i = 0; i < n; i++) {
		if (!shorthand_add_variable(w->s, inputs, expected->parameters[i]->key,
					    expected->parameters[i]->value->var->type))
			return fly_no_memory(w->s->why);
	}
	step->inputs = inputs;
	step->outputs = plan->closure->expected_outputs;
	target->reference_case = FLYTEIDL__CORE__WORKFLOW_NODE__REFERENCE_LAUNCHPLAN_REF;
	target->launchplan_ref = plan->id;
	step->node->target_case = FLYTEIDL__CORE__NODE__TARGET_WORKFLOW_NODE;
	step->node->workflow_node = target;
	return 0;
}

/* --- any target --------------------------------------------------------------------- */

static int new_node(const struct shorthand_steps *w, struct shorthand_step *step)
{
	struct fly_arena *arena = w->s->arena;
	Flyteidl__Core__NodeMetadata *m =
		fly_admin_new(Flyteidl__Core__NodeMetadata, flyteidl__core__node_metadata, arena);
	uint32_t retries = 0;
	int rc;

	step->node = fly_admin_new(Flyteidl__Core__Node, flyteidl__core__node, arena);
	if (!step->node || !m)
		return fly_no_memory(w->s->why);
	step->node->id = m->name = (char *)step->id;
	step->node->metadata = m;
	if ((rc = shorthand_duration(w->s, step->value, step->path, "timeout", &m->timeout)) < 0 ||
	    (rc = shorthand_count(w->s, step->value, step->path, "retries", RETRIES_MAX,
				  &retries)) < 0)
		return rc;
	if (!json_object_get(step->value, "retries"))
		return 0;
	m->retries = fly_admin_new(Flyteidl__Core__RetryStrategy, flyteidl__core__retry_strategy,
				   arena);
	if (!m->retries)
		return fly_no_memory(w->s->why);
	m->retries->retries = retries;
	return 0;
}

/* Exactly one of task, workflow, launch_plan. */
static int find_target(const struct shorthand_steps *w, struct shorthand_step *step,
		       enum fly_kind *kind, struct fly_entity *row)
{
	const char *found = NULL, *text = NULL;
	size_t i;
	int rc;

	for (i = 0; i < FLY_ARRAY_LEN(targets); i++) {
		if (!json_object_get(step->value, targets[i].key))
			continue;
		if (found)
			return fail(w, step, targets[i].key, "a step runs one thing only");
		found = targets[i].key;
		*kind = targets[i].kind;
	}
	if (!found)
		return fail(w, step, NULL, "the step runs nothing: task, workflow or launch_plan");
	rc = shorthand_string(w->s, step->value, step->path, found, &text);
	if (rc < 0)
		return rc;
	rc = shorthand_find(w->s, *kind, shorthand_member(w->s, step->path, found), text, row);
	if (rc < 0)
		return rc;
	step->target = fly_arena_printf(w->s->arena, "%s %s@%s", fly_kind_noun(*kind), row->name,
					row->version);
	return step->target ? 0 : fly_no_memory(w->s->why);
}

int shorthand_step_target(struct shorthand_steps *w, struct shorthand_step *step,
			  struct fly_entity_document *doc, Flyteidl__Admin__WorkflowSpec *spec)
{
	enum fly_kind kind = FLY_KIND_NONE;
	struct fly_entity row;
	int rc;

	if ((rc = shorthand_check_keys(w->s, step->value, step->path, step_keys)) < 0 ||
	    (rc = new_node(w, step)) < 0 || (rc = find_target(w, step, &kind, &row)) < 0 ||
	    (rc = read_interface(w, row.interface, step)) < 0)
		return rc;
	if (kind == FLY_KIND_TASK)
		return target_task(w, step, &row, &doc->written);
	if (json_object_get(step->value, "map"))
		return fail(w, step, "map", "only a task can be mapped");
	if (kind == FLY_KIND_WORKFLOW)
		return target_workflow(w, step, &row, spec);
	return target_plan(w, step, &row);
}
