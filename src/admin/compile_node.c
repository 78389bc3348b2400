/* SPDX-License-Identifier: Apache-2.0 */
/*
 * From a template to a compiled workflow: its nodes between a start and an end node, each checked,
 * joined by edges; subworkflows on the way.
 * Source: flyte-engine §1.5, steps 2 to 7.
 */
#include "compile.h"

/* --- one node ----------------------------------------------------------------------- */

static void check_sub(struct graph *g, struct graph_node *n)
{
	const Flyteidl__Core__Identifier *id = n->core->workflow_node->sub_workflow_ref;
	const char *key = compile_id_key(g->c, id);
	struct compile_sub *sub = key ? name_index_get(&g->c->subs, key) : NULL;
	size_t before = g->c->n_found;

	if (!sub || sub->state == COMPILE_GOOD || sub->state == COMPILE_BAD)
		return;
	if (sub->state == COMPILE_UNDER_WAY || g->c->depth >= COMPILE_DEPTH_MAX) {
		compile_fault(g->c, "CycleDetected", n->core->id,
			      "%s contains itself: a cycle of subworkflows",
			      compile_id_words(g->c, id));
		return;
	}
	sub->state = COMPILE_UNDER_WAY;
	g->c->depth++;
	compile_graph(g->c, sub->workflow);
	g->c->depth--;
	sub->state = g->c->n_found == before ? COMPILE_GOOD : COMPILE_BAD;
}

bool graph_check_node(struct graph *g, struct graph_node *n)
{
	size_t before = g->c->n_found;

	if (!*n->core->id)
		compile_fault(g->c, "ValueRequired", "", "a node has no id");
	if (!strcmp(n->core->id, COMPILE_START) || !strcmp(n->core->id, COMPILE_END))
		return true;
	if (graph_interface(g, n))
		graph_know_outputs(g, n);
	if (n->core->n_upstream_node_ids)
		qsort(n->core->upstream_node_ids, n->core->n_upstream_node_ids,
		      sizeof(*n->core->upstream_node_ids), compile_order_text);
	if (n->core->target_case == FLYTEIDL__CORE__NODE__TARGET_BRANCH_NODE)
		branch_check(g, n);
	else if (n->core->target_case == FLYTEIDL__CORE__NODE__TARGET_WORKFLOW_NODE &&
		 n->core->workflow_node->reference_case ==
			 FLYTEIDL__CORE__WORKFLOW_NODE__REFERENCE_SUB_WORKFLOW_REF)
		check_sub(g, n);
	return g->c->n_found == before;
}

void graph_add_node_edges(struct graph *g, struct graph_node *n, enum graph_direction direction)
{
	Flyteidl__Core__TypedInterface *interface = graph_interface(g, n);
	size_t i;

	if (!interface)
		return;
	for (i = 0; direction == GRAPH_BOTH && i < n->core->n_upstream_node_ids; i++)
		graph_add_edge(g, n->core->upstream_node_ids[i], n->core->id, direction);
	graph_check_bindings(g, n, interface->inputs, true, direction, NULL);
}

/* --- the whole ---------------------------------------------------------------------- */

static struct graph_node *add_node(struct graph *g, Flyteidl__Core__Node *core)
{
	struct graph_node *n;

	if (name_index_get(&g->by_id, core->id))
		return NULL;
	n = graph_new_node(g, core);
	if (!n || !name_index_put(&g->by_id, g->c->arena, core->id, n)) {
		g->c->out_of_memory = true;
		return NULL;
	}
	g->nodes[g->n_nodes++] = n;
	return n;
}

/* The start node gives the workflow's inputs, the end node takes its outputs. */
static bool add_bounds(struct graph *g)
{
	Flyteidl__Core__WorkflowTemplate *t = g->workflow;
	static const char *const ids[] = {COMPILE_START, COMPILE_END};
	size_t i;

	for (i = 0; i < FLY_ARRAY_LEN(ids); i++) {
		Flyteidl__Core__Node *core =
			fly_admin_new(Flyteidl__Core__Node, flyteidl__core__node, g->c->arena);
		struct graph_node *n;

		if (!core) {
			g->c->out_of_memory = true;
			return false;
		}
		core->id = (char *)ids[i];
		n = add_node(g, core);
		if (!n)
			return false;
		n->interface = fly_admin_new(Flyteidl__Core__TypedInterface,
					     flyteidl__core__typed_interface, g->c->arena);
		if (!n->interface) {
			g->c->out_of_memory = true;
			return false;
		}
		n->interface->inputs = i ? t->interface->outputs : compile_no_variables(g->c);
		n->interface->outputs = i ? compile_no_variables(g->c) : t->interface->inputs;
		n->state = COMPILE_GOOD;
	}
	g->nodes[1]->core->n_inputs = t->n_outputs;
	g->nodes[1]->core->inputs = t->outputs;
	return !g->c->out_of_memory;
}

static void add_orphan_edges(struct graph *g)
{
	size_t i;

	for (i = 2; i < g->n_nodes; i++) {
		const char *id = g->nodes[i]->core->id;

		if (!graph_has_edges(&g->up, id))
			graph_add_edge(g, COMPILE_START, id, GRAPH_BOTH);
		if (!graph_has_edges(&g->down, id))
			graph_add_edge(g, id, COMPILE_END, GRAPH_BOTH);
	}
}

static bool ready_interface(struct graph *g)
{
	Flyteidl__Core__WorkflowTemplate *t = g->workflow;
	size_t before = g->c->n_found;

	if (!t->interface)
		t->interface = fly_admin_new(Flyteidl__Core__TypedInterface,
					     flyteidl__core__typed_interface, g->c->arena);
	if (!t->interface) {
		g->c->out_of_memory = true;
		return false;
	}
	if (!t->interface->inputs)
		t->interface->inputs = compile_no_variables(g->c);
	if (!t->interface->outputs)
		t->interface->outputs = compile_no_variables(g->c);
	compile_check_interface(g->c, COMPILE_START, t->interface);
	return g->c->n_found == before && !g->c->out_of_memory;
}

static void check_nodes(struct graph *g)
{
	struct graph_node *failure;
	size_t i;

	for (i = 2; i < g->n_nodes; i++)
		graph_check_node(g, g->nodes[i]);
	for (i = 1; i < g->n_nodes; i++)
		graph_add_node_edges(g, g->nodes[i], GRAPH_BOTH);
	if (!g->workflow->failure_node)
		return;
	failure = graph_new_node(g, g->workflow->failure_node);
	if (!failure)
		return;
	graph_check_node(g, failure);
	graph_add_node_edges(g, failure, GRAPH_UPSTREAM);
}

/* The template's nodes in the graph's order: start, end, the rest. */
static void store_nodes(struct graph *g)
{
	Flyteidl__Core__Node **nodes =
		fly_arena_zalloc(g->c->arena, g->n_nodes, sizeof(*nodes));
	size_t i;

	if (!nodes) {
		g->c->out_of_memory = true;
		return;
	}
	for (i = 0; i < g->n_nodes; i++)
		nodes[i] = g->nodes[i]->core;
	g->workflow->nodes = nodes;
	g->workflow->n_nodes = g->n_nodes;
}

void compile_graph(struct compile *c, Flyteidl__Core__CompiledWorkflow *workflow)
{
	struct graph g = {.c = c, .workflow = workflow->template_};
	size_t i;

	if (!g.workflow->n_nodes) {
		compile_fault(c, "NoNodesFound", "", "workflow %s has no nodes",
			      g.workflow->id ? g.workflow->id->name : "");
		return;
	}
	g.nodes = fly_arena_zalloc(c->arena, g.workflow->n_nodes + 2, sizeof(struct graph_node *));
	if (!g.nodes) {
		c->out_of_memory = true;
		return;
	}
	if (!ready_interface(&g) || !add_bounds(&g))
		return;
	/* Of nodes with one id the first counts. */
	for (i = 0; i < g.workflow->n_nodes; i++)
		add_node(&g, g.workflow->nodes[i]);
	check_nodes(&g);
	add_orphan_edges(&g);
	if (c->out_of_memory)
		return;
	graph_check_paths(&g);
	store_nodes(&g);
	workflow->connections = graph_connections(&g);
}
