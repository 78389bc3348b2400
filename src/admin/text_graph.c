/* SPDX-License-Identifier: Apache-2.0 */
/*
 * graph.dot: a compiled workflow in Graphviz's language; for an execution with each node's phase
 * as a colour and a word. A node that holds others (subworkflow, branch, dynamic) is drawn as
 * itself at the head of a box with its inner graph. It reads rows and knows nothing of how they
 * came.
 * Source: DESIGN §3; Graphviz, "The DOT language".
 */
#include "admin_private.h"
#include "text_tree.h"

#define NODE(p) FLYTEIDL__CORE__NODE_EXECUTION__PHASE__##p

#define DEPTH_MAX 6	/* boxes in boxes */
#define DRAWN_MAX 2000	/* nodes of a picture, so that it stays one */

struct drawing {
	struct fly_buf *b;
	struct fly_arena *arena;
	const Flyteidl__Core__CompiledWorkflowClosure *closure;	/* has the subworkflows */
	const struct fly_node *rows;	/* NULL: a workflow without an execution */
	size_t n_rows;
	bool coloured;
	int depth;
	int drawn;
};

/* --- words -------------------------------------------------------------- */

/* Inside double quotes. Control characters have no place in a label. */
static void put_escaped(struct fly_buf *b, const char *text)
{
	for (; *text; text++) {
		if (*text == '"' || *text == '\\')
			fly_buf_putc(b, '\\');
		if ((unsigned char)*text >= ' ' && *text != 0x7f)
			fly_buf_putc(b, *text);
	}
}

static void indent(const struct drawing *d)
{
	fly_buf_printf(d->b, "%*s", 2 * (d->depth + 1), "");
}

static const char *target_name(const Flyteidl__Core__Node *n)
{
	switch (n->target_case) {
	case FLYTEIDL__CORE__NODE__TARGET_TASK_NODE:
		return n->task_node->reference_id ? n->task_node->reference_id->name : "";
	case FLYTEIDL__CORE__NODE__TARGET_WORKFLOW_NODE:
		if (n->workflow_node->reference_case ==
		    FLYTEIDL__CORE__WORKFLOW_NODE__REFERENCE_LAUNCHPLAN_REF)
			return n->workflow_node->launchplan_ref->name;
		if (n->workflow_node->reference_case ==
		    FLYTEIDL__CORE__WORKFLOW_NODE__REFERENCE_SUB_WORKFLOW_REF)
			return n->workflow_node->sub_workflow_ref->name;
		return "";
	case FLYTEIDL__CORE__NODE__TARGET_ARRAY_NODE:
		return n->array_node->node ? target_name(n->array_node->node) : "";
	default:
		return "";
	}
}

static const char *shape_of(const Flyteidl__Core__Node *n)
{
	switch (n->target_case) {
	case FLYTEIDL__CORE__NODE__TARGET_TASK_NODE:
		return "box";
	case FLYTEIDL__CORE__NODE__TARGET_WORKFLOW_NODE:
		return n->workflow_node->reference_case ==
		       FLYTEIDL__CORE__WORKFLOW_NODE__REFERENCE_LAUNCHPLAN_REF ? "component"
									      : "folder";
	case FLYTEIDL__CORE__NODE__TARGET_BRANCH_NODE:
		return "diamond";
	case FLYTEIDL__CORE__NODE__TARGET_GATE_NODE:
		return "octagon";
	case FLYTEIDL__CORE__NODE__TARGET_ARRAY_NODE:
		return "box3d";
	default:
		return "oval";	/* start-node, end-node */
	}
}

static const char *colour_of(const struct fly_node *row)
{
	switch (row ? row->phase : NODE(UNDEFINED)) {
	case NODE(QUEUED):
		return "#fff3b0";
	case NODE(RUNNING):
	case NODE(DYNAMIC_RUNNING):
		return "#9ecae1";
	case NODE(SUCCEEDED):
		return "#a1d99b";
	case NODE(RECOVERED):
		return "#c7e9c0";
	case NODE(FAILING):
	case NODE(FAILED):
		return "#fc9272";
	case NODE(TIMED_OUT):
		return "#fdae6b";
	case NODE(ABORTED):
		return "#bdbdbd";
	case NODE(SKIPPED):
		return "#f0f0f0";
	default:
		return "#ffffff";
	}
}

/* --- nodes -------------------------------------------------------------- */

static const char *spec_id(const struct fly_node *row)
{
	return row->spec_node_id && *row->spec_node_id ? row->spec_node_id : row->node_id;
}

static const struct fly_node *row_of(const struct drawing *d, int64_t parent, const char *id)
{
	size_t i;

	for (i = 0; i < d->n_rows; i++) {
		const struct fly_node *row = &d->rows[i];

		if (row->parent == parent && !strcmp(spec_id(row), id))
			return row;
	}
	return NULL;
}

static void put_name(const struct drawing *d, const char *path, const char *id)
{
	fly_buf_putc(d->b, '"');
	put_escaped(d->b, path);
	put_escaped(d->b, id);
	fly_buf_putc(d->b, '"');
}

static void put_label(const struct drawing *d, const Flyteidl__Core__Node *n,
		      const struct fly_node *row)
{
	const char *name = n->metadata ? n->metadata->name : "";

	if (!*name || !strcmp(name, n->id))
		name = target_name(n);
	fly_buf_puts(d->b, "label=\"");
	put_escaped(d->b, n->id);
	if (*name) {
		fly_buf_puts(d->b, "\\n");
		put_escaped(d->b, name);
	}
	if (row && fly_node_phase_name(row->phase))
		fly_buf_printf(d->b, "\\n%s", fly_node_phase_name(row->phase));
	fly_buf_putc(d->b, '"');
}

static void put_node(struct drawing *d, const char *path, const Flyteidl__Core__Node *n,
		     const struct fly_node *row)
{
	d->drawn++;
	indent(d);
	put_name(d, path, n->id);
	fly_buf_puts(d->b, " [");
	put_label(d, n, row);
	fly_buf_printf(d->b, ", shape=%s", shape_of(n));
	if (d->coloured)
		fly_buf_printf(d->b, ", fillcolor=\"%s\"", colour_of(row));
	fly_buf_puts(d->b, "];\n");
}

static void put_edge(const struct drawing *d, const char *path, const char *from, const char *to,
		     const char *attributes)
{
	indent(d);
	put_name(d, path, from);
	fly_buf_puts(d->b, " -> ");
	put_name(d, path, to);
	fly_buf_printf(d->b, "%s;\n", attributes);
}

/* --- what a node holds -------------------------------------------------- */

static void draw_workflow(struct drawing *d, const Flyteidl__Core__CompiledWorkflow *w,
			  const char *path, const char *head, int64_t parent);
static void draw_node(struct drawing *d, const char *path, const Flyteidl__Core__Node *n,
		      int64_t parent);

static bool same_id(const Flyteidl__Core__Identifier *a, const Flyteidl__Core__Identifier *b)
{
	return a && b && !strcmp(a->name, b->name) && !strcmp(a->version, b->version) &&
	       !strcmp(a->project, b->project) && !strcmp(a->domain, b->domain);
}

static const Flyteidl__Core__CompiledWorkflow *
subworkflow_of(const struct drawing *d, const Flyteidl__Core__Node *n)
{
	size_t i;

	if (n->target_case != FLYTEIDL__CORE__NODE__TARGET_WORKFLOW_NODE ||
	    n->workflow_node->reference_case !=
	    FLYTEIDL__CORE__WORKFLOW_NODE__REFERENCE_SUB_WORKFLOW_REF)
		return NULL;
	for (i = 0; i < d->closure->n_sub_workflows; i++) {
		const Flyteidl__Core__CompiledWorkflow *w = d->closure->sub_workflows[i];

		if (w->template_ && same_id(w->template_->id, n->workflow_node->sub_workflow_ref))
			return w;
	}
	return NULL;
}

static void draw_branch(struct drawing *d, const char *path, const Flyteidl__Core__Node *n,
			const Flyteidl__Core__IfElseBlock *block, int64_t parent)
{
	size_t i;

	if (block->case_ && block->case_->then_node) {
		draw_node(d, path, block->case_->then_node, parent);
		put_edge(d, path, n->id, block->case_->then_node->id, " [label=\"if\"]");
	}
	for (i = 0; i < block->n_other; i++) {
		if (!block->other[i]->then_node)
			continue;
		draw_node(d, path, block->other[i]->then_node, parent);
		put_edge(d, path, n->id, block->other[i]->then_node->id, " [label=\"elif\"]");
	}
	if (block->default_case == FLYTEIDL__CORE__IF_ELSE_BLOCK__DEFAULT_ELSE_NODE) {
		draw_node(d, path, block->else_node, parent);
		put_edge(d, path, n->id, block->else_node->id, " [label=\"else\"]");
	}
}

/* The workflow that a dynamic node made while it ran. */
static void draw_dynamic(struct drawing *d, const char *path, const Flyteidl__Core__Node *n,
			 const struct fly_node *row)
{
	const Flyteidl__Core__CompiledWorkflowClosure *outer = d->closure;
	Flyteidl__Core__CompiledWorkflowClosure *closure;
	int rc = fly_admin_unpack(&flyteidl__core__compiled_workflow_closure__descriptor,
				  row->dynamic, d->arena, (ProtobufCMessage **)&closure, NULL);

	if (rc == -ENOMEM)
		d->b->failed = true;
	if (rc < 0 || !closure->primary)
		return;
	d->closure = closure;
	draw_workflow(d, closure->primary, path, n->id, row->id);
	d->closure = outer;
}

/* A box with the node at its head and its inner graph. */
static void draw_box(struct drawing *d, const char *path, const Flyteidl__Core__Node *n,
		     const struct fly_node *row)
{
	const Flyteidl__Core__CompiledWorkflow *w = subworkflow_of(d, n);
	int64_t inside = row ? row->id : -1;	/* nobody's parent: nothing below has begun */

	indent(d);
	fly_buf_puts(d->b, "subgraph \"cluster ");
	put_escaped(d->b, path);
	put_escaped(d->b, n->id);
	fly_buf_puts(d->b, "\" {\n");
	d->depth++;
	put_node(d, path, n, row);
	if (w)
		draw_workflow(d, w, path, n->id, inside);
	else if (n->target_case == FLYTEIDL__CORE__NODE__TARGET_BRANCH_NODE)
		draw_branch(d, path, n, n->branch_node->if_else, inside);
	else
		draw_dynamic(d, path, n, row);
	d->depth--;
	indent(d);
	fly_buf_puts(d->b, "}\n");
}

static void draw_node(struct drawing *d, const char *path, const Flyteidl__Core__Node *n,
		      int64_t parent)
{
	const struct fly_node *row = d->coloured ? row_of(d, parent, n->id) : NULL;
	bool holds = subworkflow_of(d, n) || (row && row->dynamic.len) ||
		     (n->target_case == FLYTEIDL__CORE__NODE__TARGET_BRANCH_NODE &&
		      n->branch_node->if_else);

	if (d->drawn >= DRAWN_MAX)
		return;
	if (holds && d->depth < DEPTH_MAX)
		draw_box(d, path, n, row);
	else
		put_node(d, path, n, row);
}

/* --- a workflow --------------------------------------------------------- */

static const Flyteidl__Core__ConnectionSet__IdList *
downstream_of(const Flyteidl__Core__ConnectionSet *c, const char *id)
{
	size_t i;

	for (i = 0; c && i < c->n_downstream; i++) {
		if (!strcmp(c->downstream[i]->key, id))
			return c->downstream[i]->value;
	}
	return NULL;
}

static bool is_end(const char *id)
{
	return !strcmp(id, "start-node") || !strcmp(id, "end-node");
}

/* Edges from one node. Inside a box the head stands for the start node, nothing for the end. */
static void put_edges(const struct drawing *d, const Flyteidl__Core__CompiledWorkflow *w,
		      const char *path, const char *head, const char *head_path, const char *id)
{
	const Flyteidl__Core__ConnectionSet__IdList *to = downstream_of(w->connections, id);
	size_t i;

	for (i = 0; to && i < to->n_ids; i++) {
		if (!head) {
			put_edge(d, path, id, to->ids[i], "");
		} else if (!is_end(id) && !is_end(to->ids[i])) {
			put_edge(d, path, id, to->ids[i], "");
		} else if (!strcmp(id, "start-node") && !is_end(to->ids[i])) {
			indent(d);
			put_name(d, head_path, head);
			fly_buf_puts(d->b, " -> ");
			put_name(d, path, to->ids[i]);
			fly_buf_puts(d->b, " [style=dashed];\n");
		}
	}
}

static void draw_workflow(struct drawing *d, const Flyteidl__Core__CompiledWorkflow *w,
			  const char *path, const char *head, int64_t parent)
{
	const Flyteidl__Core__WorkflowTemplate *t = w->template_;
	const char *inner = head ? fly_arena_printf(d->arena, "%s%s/", path, head) : path;
	size_t i;

	if (!inner)
		d->b->failed = true;
	if (!t || !inner)
		return;
	for (i = 0; i < t->n_nodes; i++) {
		if (!head || !is_end(t->nodes[i]->id))
			draw_node(d, inner, t->nodes[i], parent);
	}
	if (t->failure_node) {
		draw_node(d, inner, t->failure_node, parent);
		indent(d);
		put_name(d, inner, t->failure_node->id);
		fly_buf_printf(d->b, " [style=\"%s\"];\n",
			       d->coloured ? "filled,dashed" : "dashed");
	}
	for (i = 0; i < t->n_nodes; i++)
		put_edges(d, w, inner, head, path, t->nodes[i]->id);
}

static int draw(struct drawing *d, const char *name, struct fly_bytes closure)
{
	Flyteidl__Admin__WorkflowClosure *m;
	int rc = fly_admin_unpack(&flyteidl__admin__workflow_closure__descriptor, closure,
				  d->arena, (ProtobufCMessage **)&m, NULL);

	if (rc < 0)
		return rc;
	fly_buf_puts(d->b, "digraph \"");
	put_escaped(d->b, name);
	fly_buf_printf(d->b, "\" {\n  rankdir=LR;\n  node [fontname=\"sans-serif\", style=%s];\n",
		       d->coloured ? "filled" : "solid");
	if (m->compiled_workflow && m->compiled_workflow->primary) {
		d->closure = m->compiled_workflow;
		draw_workflow(d, m->compiled_workflow->primary, "", NULL, 0);
	}
	fly_buf_puts(d->b, "}\n");
	return d->b->failed ? -ENOMEM : 0;
}

int fly_workflow_graph(const struct fly_entity *w, struct fly_buf *b)
{
	auto_arena arena = {0};
	struct drawing d = {.b = b, .arena = &arena};

	return draw(&d, w->name, w->closure);
}

int fly_execution_graph(struct fly_db *db, const struct fly_execution *e, struct fly_buf *b)
{
	auto_arena arena = {0};
	struct drawing d = {.b = b, .arena = &arena, .coloured = true};
	struct fly_entity w = {0};
	struct fly_node *rows;
	int n;

	/* A run whose workflow is not here (a mirrored one) has an empty graph. */
	n = fly_entity_get_id(db, FLY_KIND_WORKFLOW, e->workflow, FLY_ENTITY_BLOBS, &arena, &w);
	if (n < 0 && n != -ENOENT)
		return n;
	n = fly_node_list(db, e->id, -1, &arena, &rows);
	if (n < 0)
		return n;
	d.rows = rows;
	d.n_rows = (size_t)n;
	return draw(&d, e->name, w.closure);
}
