/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Branch nodes: what all cases give, the ids of their nodes under the branch's own, conditions and
 * the inner nodes. Inner nodes are not walked from the start node: the branch starts them.
 * Source: flyte-engine §1.5, §4.7.
 */
#include "compile.h"

static Flyteidl__Core__Node *else_node(const Flyteidl__Core__IfElseBlock *b)
{
	return b->default_case == FLYTEIDL__CORE__IF_ELSE_BLOCK__DEFAULT_ELSE_NODE ? b->else_node
										     : NULL;
}

static bool add_child(struct graph *g, struct graph_node *n, Flyteidl__Core__Node *core)
{
	struct graph_node *child;

	if (!core)
		return true;
	child = graph_new_node(g, core);
	if (!child)
		return false;
	n->children[n->n_children++] = child;
	return true;
}

/* The inner nodes in order of the cases; made once. */
static bool know_children(struct graph *g, struct graph_node *n)
{
	const Flyteidl__Core__IfElseBlock *b = n->core->branch_node->if_else;
	size_t i;

	if (n->children)
		return true;
	n->children = fly_arena_zalloc(g->c->arena, b->n_other + 2, sizeof(*n->children));
	if (!n->children || !add_child(g, n, b->case_ ? b->case_->then_node : NULL)) {
		g->c->out_of_memory = true;
		return false;
	}
	for (i = 0; i < b->n_other; i++) {
		if (!add_child(g, n, b->other[i]->then_node))
			return false;
	}
	return add_child(g, n, else_node(b));
}

static void rename_children(struct graph *g, struct graph_node *n)
{
	size_t i;

	for (i = 0; i < n->n_children; i++) {
		Flyteidl__Core__Node *child = n->children[i]->core;
		char *id = fly_arena_printf(g->c->arena, "%s-%s", n->core->id, child->id);

		if (id)
			child->id = id;
		else
			g->c->out_of_memory = true;
	}
}

static Flyteidl__Core__VariableMap *copy_outputs(struct compile *c,
						 const Flyteidl__Core__VariableMap *outputs)
{
	Flyteidl__Core__VariableMap *copy = fly_arena_memdup(c->arena, outputs, sizeof(*copy));

	if (copy)
		copy->variables = fly_arena_memdup(c->arena, outputs->variables,
						   copy->n_variables * sizeof(*copy->variables));
	if (copy && copy->variables)
		return copy;
	c->out_of_memory = true;
	return NULL;
}

/* Keep of common what a further case gives too; each must be of one type in all. */
static void keep_common(struct graph *g, struct graph_node *child,
			Flyteidl__Core__VariableMap *common)
{
	const Flyteidl__Core__VariableMap *outputs = child->interface->outputs;
	struct name_index given = {0};
	size_t i, kept = 0;

	for (i = 0; i < outputs->n_variables; i++) {
		if (!name_index_put(&given, g->c->arena, outputs->variables[i]->key,
				    outputs->variables[i]->value))
			g->c->out_of_memory = true;
	}
	for (i = 0; i < common->n_variables; i++) {
		const Flyteidl__Core__Variable *first = common->variables[i]->value;
		const Flyteidl__Core__Variable *other =
			name_index_get(&given, common->variables[i]->key);

		if (!other)
			continue;
		if (!fly_message_equal(&first->type->base, &other->type->base))
			compile_fault(g->c, "MismatchingTypes", child->core->id,
				      "output %s is %s here, %s in the first case",
				      common->variables[i]->key,
				      compile_type_words(g->c, other->type),
				      compile_type_words(g->c, first->type));
		common->variables[kept++] = common->variables[i];
	}
	common->n_variables = kept;
}

static Flyteidl__Core__VariableMap *common_outputs(struct graph *g, struct graph_node *n)
{
	Flyteidl__Core__VariableMap *common = NULL;
	size_t i;

	for (i = 0; i < n->n_children && !g->c->out_of_memory; i++) {
		if (!graph_interface(g, n->children[i]))
			continue;
		if (common)
			keep_common(g, n->children[i], common);
		else
			common = copy_outputs(g->c, n->children[i]->interface->outputs);
	}
	return common;
}

static bool has_first_case(struct graph *g, struct graph_node *n)
{
	const Flyteidl__Core__IfElseBlock *b = n->core->branch_node->if_else;
	const char *missing = NULL;

	if (!b)
		missing = "branch_node.if_else";
	else if (!b->case_)
		missing = "branch_node.if_else.case";
	else if (!b->case_->then_node)
		missing = "branch_node.if_else.case.then_node";
	if (missing)
		compile_fault(g->c, "ValueRequired", n->core->id, "%s is missing", missing);
	return !missing;
}

Flyteidl__Core__TypedInterface *branch_interface(struct graph *g, struct graph_node *n)
{
	Flyteidl__Core__TypedInterface *interface;
	Flyteidl__Core__VariableMap *outputs, *inputs = NULL;
	size_t before = g->c->n_found;

	if (!has_first_case(g, n) || !know_children(g, n))
		return NULL;
	rename_children(g, n);
	outputs = common_outputs(g, n);
	graph_check_bindings(g, n, NULL, false, GRAPH_UPSTREAM, &inputs);
	if (g->c->n_found != before || !outputs || !inputs)
		return NULL;
	interface = fly_admin_new(Flyteidl__Core__TypedInterface, flyteidl__core__typed_interface,
				  g->c->arena);
	if (!interface) {
		g->c->out_of_memory = true;
		return NULL;
	}
	interface->inputs = inputs;
	interface->outputs = outputs;
	return interface;
}

static void check_case(struct graph *g, struct graph_node *n, const Flyteidl__Core__IfBlock *block)
{
	condition_check(g, n, block->condition);
	if (!block->then_node)
		compile_fault(g->c, "BranchNodeIdNotFound", n->core->id,
			      "a case leads to no node");
}

bool branch_check(struct graph *g, struct graph_node *n)
{
	const Flyteidl__Core__IfElseBlock *b = n->core->branch_node->if_else;
	size_t before = g->c->n_found;
	size_t i;

	if (!b || !know_children(g, n))
		return false;
	if (b->case_)
		check_case(g, n, b->case_);
	else
		compile_fault(g->c, "BranchNodeHasNoCondition", n->core->id,
			      "the branch has no case");
	for (i = 0; i < b->n_other; i++)
		check_case(g, n, b->other[i]);
	if (b->default_case == FLYTEIDL__CORE__IF_ELSE_BLOCK__DEFAULT__NOT_SET)
		compile_fault(g->c, "BranchNodeHasNoDefault", n->core->id,
			      "the branch has neither an else node nor an error");
	for (i = 0; i < n->n_children; i++)
		graph_check_node(g, n->children[i]);
	if (g->c->n_found != before)
		return false;
	for (i = 0; i < n->n_children; i++)
		graph_add_node_edges(g, n->children[i], GRAPH_UPSTREAM);
	return g->c->n_found == before;
}
