/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What goes into a node and what comes out of it: the effective interface of each kind of node, and
 * its outputs under their aliases. It knows no edges.
 */
#include "compile.h"

Flyteidl__Core__VariableMap *compile_no_variables(struct compile *c)
{
	Flyteidl__Core__VariableMap *map =
		fly_admin_new(Flyteidl__Core__VariableMap, flyteidl__core__variable_map, c->arena);

	if (!map)
		c->out_of_memory = true;
	return map;
}

static Flyteidl__Core__TypedInterface *make_interface(struct compile *c,
						      Flyteidl__Core__VariableMap *inputs,
						      Flyteidl__Core__VariableMap *outputs)
{
	Flyteidl__Core__TypedInterface *interface = fly_admin_new(
		Flyteidl__Core__TypedInterface, flyteidl__core__typed_interface, c->arena);

	if (!interface) {
		c->out_of_memory = true;
		return NULL;
	}
	interface->inputs = inputs ? inputs : compile_no_variables(c);
	interface->outputs = outputs ? outputs : compile_no_variables(c);
	return interface->inputs && interface->outputs ? interface : NULL;
}

static void check_variables(struct compile *c, const char *node,
			    const Flyteidl__Core__VariableMap *map)
{
	size_t i;

	for (i = 0; map && i < map->n_variables; i++) {
		const Flyteidl__Core__Variable *var = map->variables[i]->value;

		if (!*map->variables[i]->key)
			compile_fault(c, "ValueRequired", node, "a variable has no name");
		if (!var || !var->type)
			compile_fault(c, "ValueRequired", node, "variable %s has no type",
				      map->variables[i]->key);
	}
}

void compile_check_interface(struct compile *c, const char *node,
			     Flyteidl__Core__TypedInterface *interface)
{
	check_variables(c, node, interface->inputs);
	check_variables(c, node, interface->outputs);
}

/* --- kinds of nodes ----------------------------------------------------------------- */

static Flyteidl__Core__TypedInterface *task_interface(struct graph *g, struct graph_node *n)
{
	const Flyteidl__Core__TaskNode *target = n->core->task_node;
	const Flyteidl__Core__TaskTemplate *task;
	const char *key;

	if (target->reference_case != FLYTEIDL__CORE__TASK_NODE__REFERENCE_REFERENCE_ID) {
		compile_fault(g->c, "ValueRequired", n->core->id,
			      "task_node.reference_id is missing");
		return NULL;
	}
	key = compile_id_key(g->c, target->reference_id);
	task = key ? name_index_get(&g->c->tasks, key) : NULL;
	if (!task) {
		compile_fault(g->c, "TaskReferenceNotFound", n->core->id, "there is no %s",
			      compile_id_words(g->c, target->reference_id));
		return NULL;
	}
	return make_interface(g->c, task->interface ? task->interface->inputs : NULL,
			      task->interface ? task->interface->outputs : NULL);
}

static void index_bound(struct compile *c, const Flyteidl__Core__Node *node,
			struct name_index *bound)
{
	size_t i;

	for (i = 0; i < node->n_inputs; i++) {
		if (!name_index_put(bound, c->arena, node->inputs[i]->var, node->inputs[i]))
			c->out_of_memory = true;
	}
}

/* What a plan asks of its node: what is required, and what the node chooses to give. */
static Flyteidl__Core__VariableMap *exposed_inputs(struct compile *c,
						   const Flyteidl__Core__Node *node,
						   const Flyteidl__Core__ParameterMap *expected)
{
	Flyteidl__Core__VariableMap *map = compile_no_variables(c);
	size_t i, n = expected ? expected->n_parameters : 0;
	struct name_index bound = {0};

	if (!map)
		return NULL;
	index_bound(c, node, &bound);
	map->variables = fly_arena_zalloc(c->arena, n + 1, sizeof(*map->variables));
	for (i = 0; map->variables && i < n; i++) {
		const Flyteidl__Core__Parameter *p = expected->parameters[i]->value;
		const char *name = expected->parameters[i]->key;
		Flyteidl__Core__VariableMap__VariablesEntry *entry;
		bool required = p && p->required &&
				p->behavior_case == FLYTEIDL__CORE__PARAMETER__BEHAVIOR_REQUIRED;

		if (!p || (!required && !name_index_get(&bound, name)))
			continue;
		entry = fly_admin_new(Flyteidl__Core__VariableMap__VariablesEntry,
				      flyteidl__core__variable_map__variables_entry, c->arena);
		if (!entry)
			break;
		entry->key = (char *)name;
		entry->value = p->var;
		map->variables[map->n_variables++] = entry;
	}
	if (!map->variables || i < n) {
		c->out_of_memory = true;
		return NULL;
	}
	return map;
}

static Flyteidl__Core__TypedInterface *plan_interface(struct graph *g, struct graph_node *n)
{
	const Flyteidl__Core__Identifier *id = n->core->workflow_node->launchplan_ref;
	const char *key = compile_id_key(g->c, id);
	const struct fly_compile_plan *plan = key ? name_index_get(&g->c->plans, key) : NULL;
	Flyteidl__Core__VariableMap *inputs;

	if (!plan) {
		compile_fault(g->c, "WorkflowReferenceNotFound", n->core->id, "there is no %s",
			      compile_id_words(g->c, id));
		return NULL;
	}
	inputs = exposed_inputs(g->c, n->core, plan->expected_inputs);
	return inputs ? make_interface(g->c, inputs,
				       (Flyteidl__Core__VariableMap *)plan->expected_outputs)
		      : NULL;
}

static Flyteidl__Core__TypedInterface *sub_interface(struct graph *g, struct graph_node *n)
{
	const Flyteidl__Core__Identifier *id = n->core->workflow_node->sub_workflow_ref;
	const char *key = compile_id_key(g->c, id);
	const struct compile_sub *sub = key ? name_index_get(&g->c->subs, key) : NULL;
	const Flyteidl__Core__TypedInterface *interface;

	if (!sub) {
		compile_fault(g->c, "WorkflowReferenceNotFound", n->core->id,
			      "%s is not among the subworkflows", compile_id_words(g->c, id));
		return NULL;
	}
	interface = sub->workflow->template_->interface;
	if (!interface) {
		compile_fault(g->c, "ValueRequired", n->core->id, "%s has no interface",
			      compile_id_words(g->c, id));
		return NULL;
	}
	return make_interface(g->c, interface->inputs, interface->outputs);
}

static Flyteidl__Core__TypedInterface *workflow_interface(struct graph *g, struct graph_node *n)
{
	switch ((int)n->core->workflow_node->reference_case) {
	case FLYTEIDL__CORE__WORKFLOW_NODE__REFERENCE_LAUNCHPLAN_REF:
		return plan_interface(g, n);
	case FLYTEIDL__CORE__WORKFLOW_NODE__REFERENCE_SUB_WORKFLOW_REF:
		return sub_interface(g, n);
	}
	compile_fault(g->c, "WorkflowReferenceNotFound", n->core->id,
		      "workflow_node refers to nothing: launchplan_ref or sub_workflow_ref");
	return NULL;
}

static Flyteidl__Core__TypedInterface *signal_interface(struct graph *g, struct graph_node *n)
{
	const Flyteidl__Core__SignalCondition *signal = n->core->gate_node->signal;
	Flyteidl__Core__VariableMap *outputs = compile_no_variables(g->c);
	Flyteidl__Core__VariableMap__VariablesEntry *entry =
		fly_admin_new(Flyteidl__Core__VariableMap__VariablesEntry,
			      flyteidl__core__variable_map__variables_entry, g->c->arena);
	Flyteidl__Core__Variable *var =
		fly_admin_new(Flyteidl__Core__Variable, flyteidl__core__variable, g->c->arena);

	if (!signal->type || !*signal->output_variable_name) {
		compile_fault(g->c, "ValueRequired", n->core->id, "gate_node.signal.%s is missing",
			      signal->type ? "output_variable_name" : "type");
		return NULL;
	}
	if (outputs)
		outputs->variables = fly_arena_zalloc(g->c->arena, 1, sizeof(*outputs->variables));
	if (!outputs || !outputs->variables || !entry || !var) {
		g->c->out_of_memory = true;
		return NULL;
	}
	var->type = signal->type;
	entry->key = signal->output_variable_name;
	entry->value = var;
	outputs->variables[outputs->n_variables++] = entry;
	return make_interface(g->c, NULL, outputs);
}

static Flyteidl__Core__TypedInterface *gate_interface(struct graph *g, struct graph_node *n)
{
	Flyteidl__Core__VariableMap *bound = NULL;

	switch ((int)n->core->gate_node->condition_case) {
	case FLYTEIDL__CORE__GATE_NODE__CONDITION_APPROVE:
		/* What is approved goes through. */
		graph_check_bindings(g, n, NULL, false, GRAPH_UPSTREAM, &bound);
		return bound ? make_interface(g->c, bound, bound) : NULL;
	case FLYTEIDL__CORE__GATE_NODE__CONDITION_SIGNAL:
		return signal_interface(g, n);
	case FLYTEIDL__CORE__GATE_NODE__CONDITION_SLEEP:
		return make_interface(g->c, NULL, NULL);
	}
	compile_fault(g->c, "NoConditionFound", n->core->id,
		      "gate_node waits for nothing: approve, signal or sleep");
	return NULL;
}

static Flyteidl__Core__TypedInterface *array_interface(struct graph *g, struct graph_node *n)
{
	Flyteidl__Core__Node *inner = n->core->array_node->node;

	if (!inner) {
		compile_fault(g->c, "ValueRequired", n->core->id, "array_node.node is missing");
		return NULL;
	}
	if (!n->n_children) {
		n->children = fly_arena_zalloc(g->c->arena, 1, sizeof(*n->children));
		if (n->children)
			n->children[0] = graph_new_node(g, inner);
		if (!n->children || !n->children[0]) {
			g->c->out_of_memory = true;
			return NULL;
		}
		n->n_children = 1;
	}
	return graph_interface(g, n->children[0]);
}

static Flyteidl__Core__TypedInterface *compute(struct graph *g, struct graph_node *n)
{
	switch ((int)n->core->target_case) {
	case FLYTEIDL__CORE__NODE__TARGET_TASK_NODE:
		return task_interface(g, n);
	case FLYTEIDL__CORE__NODE__TARGET_WORKFLOW_NODE:
		return workflow_interface(g, n);
	case FLYTEIDL__CORE__NODE__TARGET_BRANCH_NODE:
		return branch_interface(g, n);
	case FLYTEIDL__CORE__NODE__TARGET_GATE_NODE:
		return gate_interface(g, n);
	case FLYTEIDL__CORE__NODE__TARGET_ARRAY_NODE:
		return array_interface(g, n);
	}
	compile_fault(g->c, "ValueRequired", n->core->id,
		      "the node does nothing: task_node, workflow_node, branch_node, gate_node "
		      "or array_node");
	return NULL;
}

struct graph_node *graph_new_node(struct graph *g, Flyteidl__Core__Node *core)
{
	struct graph_node *n = fly_arena_zalloc(g->c->arena, 1, sizeof(*n));

	if (n)
		n->core = core;
	else
		g->c->out_of_memory = true;
	return n;
}

Flyteidl__Core__TypedInterface *graph_interface(struct graph *g, struct graph_node *n)
{
	Flyteidl__Core__TypedInterface *interface = NULL;
	size_t before = g->c->n_found;

	if (n->state != COMPILE_RAW)
		return n->state == COMPILE_GOOD ? n->interface : NULL;
	if (g->c->depth >= COMPILE_DEPTH_MAX) {
		compile_fault(g->c, "WorkflowBuildError", n->core->id,
			      "more than %d nodes hang on each other's types", COMPILE_DEPTH_MAX);
		return NULL;
	}
	n->state = COMPILE_UNDER_WAY;
	g->c->depth++;
	interface = compute(g, n);
	g->c->depth--;
	if (interface)
		compile_check_interface(g->c, n->core->id, interface);
	if (!interface || g->c->n_found != before || g->c->out_of_memory) {
		n->state = COMPILE_BAD;
		return NULL;
	}
	n->interface = interface;
	n->state = COMPILE_GOOD;
	return interface;
}

/* --- outputs ------------------------------------------------------------------------ */

static void put_output(struct graph *g, struct graph_node *n, const char *name, void *var)
{
	if (!name_index_put(&n->outputs, g->c->arena, name, var))
		g->c->out_of_memory = true;
}

static void check_aliases(struct graph *g, struct graph_node *n)
{
	const Flyteidl__Core__VariableMap *outputs = n->interface->outputs;
	struct name_index plain = {0}, seen = {0};
	size_t i;

	for (i = 0; i < outputs->n_variables; i++) {
		if (!name_index_put(&plain, g->c->arena, outputs->variables[i]->key,
				    outputs->variables[i]->value))
			g->c->out_of_memory = true;
	}
	for (i = 0; i < n->core->n_output_aliases; i++) {
		const Flyteidl__Core__Alias *a = n->core->output_aliases[i];
		void *var = name_index_get(&plain, a->var);

		if (name_index_get(&seen, a->var)) {
			compile_fault(g->c, "DuplicateAlias", n->core->id,
				      "output %s has a second alias, %s", a->var, a->alias);
			continue;
		}
		if (!name_index_put(&seen, g->c->arena, a->var, (void *)a))
			g->c->out_of_memory = true;
		if (var)
			put_output(g, n, a->alias, var);
		else
			compile_fault(g->c, "ParameterNotBound", n->core->id,
				      "alias %s names output %s, which is not there", a->alias,
				      a->var);
	}
	for (i = 0; i < outputs->n_variables; i++) {
		if (!name_index_get(&seen, outputs->variables[i]->key))
			put_output(g, n, outputs->variables[i]->key, outputs->variables[i]->value);
	}
}

void graph_know_outputs(struct graph *g, struct graph_node *n)
{
	if (n->outputs_known || !graph_interface(g, n))
		return;
	n->outputs_known = true;
	check_aliases(g, n);
}

const Flyteidl__Core__Variable *graph_input(struct graph *g, struct graph_node *n,
					    const char *name)
{
	const Flyteidl__Core__VariableMap *inputs = n->interface->inputs;
	size_t i;

	for (i = 0; !n->inputs_known && i < inputs->n_variables; i++) {
		if (!name_index_put(&n->inputs, g->c->arena, inputs->variables[i]->key,
				    inputs->variables[i]->value))
			g->c->out_of_memory = true;
	}
	n->inputs_known = true;
	return name_index_get(&n->inputs, name);
}

const Flyteidl__Core__Variable *graph_output(struct graph *g, struct graph_node *n,
					     const char *name)
{
	const Flyteidl__Core__Variable *var;

	graph_know_outputs(g, n);
	if (!n->outputs_known) {
		compile_fault_known(g->c);
		return NULL;
	}
	var = name_index_get(&n->outputs, name);
	if (!var)
		compile_fault(g->c, "VariableNameNotFound", n->core->id,
			      strcmp(n->core->id, COMPILE_START)
				      ? "there is no output %s"
				      : "the workflow has no input %s", name);
	return var;
}
