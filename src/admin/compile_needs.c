/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a workflow needs besides itself: the tasks and launch plans that its nodes, and those of its
 * subworkflows, refer to. It looks nothing up.
 */
#include "compile.h"

struct walk {
	struct compile *c;
	struct name_index seen;		/* keys of tasks and plans already taken */
	struct fly_compile_needs *needs;
	size_t cap_tasks, cap_plans;
	struct compile_sub **left;	/* subworkflows still to walk */
	size_t n_left, cap_left;
};

const char *compile_id_key(struct compile *c, const Flyteidl__Core__Identifier *id)
{
	const char *key = fly_arena_printf(c->arena, "%d\n%s\n%s\n%s\n%s",
					   (int)id->resource_type, id->project, id->domain,
					   id->name, id->version);

	c->out_of_memory |= !key;
	return key;
}

const char *compile_id_words(struct compile *c, const Flyteidl__Core__Identifier *id)
{
	const char *words = NULL;

	if (id)
		words = fly_arena_printf(c->arena, "%s %s/%s/%s@%s",
					 fly_resource_type_name((int)id->resource_type),
					 id->project, id->domain, id->name, id->version);
	return words ? words : "nothing";
}

static void take(struct walk *w, const Flyteidl__Core__Identifier *id,
		 const Flyteidl__Core__Identifier ***list, size_t *n, size_t *cap)
{
	const char *key = compile_id_key(w->c, id);

	if (!key)
		return;
	if (name_index_get(&w->seen, key))
		return;
	if (!name_index_put(&w->seen, w->c->arena, key, (void *)id) ||
	    !compile_grow(w->c, list, cap, *n, sizeof(**list))) {
		w->c->out_of_memory = true;
		return;
	}
	(*list)[(*n)++] = id;
}

static void take_sub(struct walk *w, const Flyteidl__Core__Node *node,
		     const Flyteidl__Core__Identifier *id)
{
	const char *key = compile_id_key(w->c, id);
	struct compile_sub *sub = key ? name_index_get(&w->c->subs, key) : NULL;

	if (!sub) {
		compile_fault(w->c, "WorkflowReferenceNotFound", node->id,
			      "%s is not among the subworkflows", compile_id_words(w->c, id));
		return;
	}
	if (sub->walked || !compile_grow(w->c, &w->left, &w->cap_left, w->n_left,
					 sizeof(*w->left)))
		return;
	sub->walked = true;
	w->left[w->n_left++] = sub;
}

static void walk_node(struct walk *w, const Flyteidl__Core__Node *node);

static void walk_branch(struct walk *w, const Flyteidl__Core__IfElseBlock *b)
{
	size_t i;

	if (!b)
		return;
	if (b->case_)
		walk_node(w, b->case_->then_node);
	for (i = 0; i < b->n_other; i++)
		walk_node(w, b->other[i]->then_node);
	if (b->default_case == FLYTEIDL__CORE__IF_ELSE_BLOCK__DEFAULT_ELSE_NODE)
		walk_node(w, b->else_node);
}

static void walk_workflow_node(struct walk *w, const Flyteidl__Core__Node *node)
{
	const Flyteidl__Core__WorkflowNode *target = node->workflow_node;

	switch ((int)target->reference_case) {
	case FLYTEIDL__CORE__WORKFLOW_NODE__REFERENCE_LAUNCHPLAN_REF:
		take(w, target->launchplan_ref, &w->needs->plans, &w->needs->n_plans,
		     &w->cap_plans);
		break;
	case FLYTEIDL__CORE__WORKFLOW_NODE__REFERENCE_SUB_WORKFLOW_REF:
		take_sub(w, node, target->sub_workflow_ref);
		break;
	}
}

static void walk_node(struct walk *w, const Flyteidl__Core__Node *node)
{
	switch (node ? (int)node->target_case : 0) {
	case FLYTEIDL__CORE__NODE__TARGET_TASK_NODE:
		if (node->task_node->reference_case ==
		    FLYTEIDL__CORE__TASK_NODE__REFERENCE_REFERENCE_ID)
			take(w, node->task_node->reference_id, &w->needs->tasks,
			     &w->needs->n_tasks, &w->cap_tasks);
		break;
	case FLYTEIDL__CORE__NODE__TARGET_WORKFLOW_NODE:
		walk_workflow_node(w, node);
		break;
	case FLYTEIDL__CORE__NODE__TARGET_BRANCH_NODE:
		walk_branch(w, node->branch_node->if_else);
		break;
	case FLYTEIDL__CORE__NODE__TARGET_ARRAY_NODE:
		walk_node(w, node->array_node->node);
		break;
	}
}

static void walk_workflow(struct walk *w, const Flyteidl__Core__WorkflowTemplate *t)
{
	size_t i;

	for (i = 0; i < t->n_nodes; i++)
		walk_node(w, t->nodes[i]);
	walk_node(w, t->failure_node);
}

static int order(const void *a, const void *b)
{
	const Flyteidl__Core__Identifier *p = *(const Flyteidl__Core__Identifier *const *)a;
	const Flyteidl__Core__Identifier *q = *(const Flyteidl__Core__Identifier *const *)b;
	int rc;

	if ((rc = strcmp(p->project, q->project)) || (rc = strcmp(p->domain, q->domain)) ||
	    (rc = strcmp(p->name, q->name)))
		return rc;
	return strcmp(p->version, q->version);
}

void compile_collect_needs(struct compile *c, const Flyteidl__Core__WorkflowTemplate *primary,
			   struct fly_compile_needs *out)
{
	struct walk w = {.c = c, .needs = out};

	walk_workflow(&w, primary);
	while (w.n_left)
		walk_workflow(&w, w.left[--w.n_left]->workflow->template_);
	if (out->n_tasks)
		qsort(out->tasks, out->n_tasks, sizeof(*out->tasks), order);
	if (out->n_plans)
		qsort(out->plans, out->n_plans, sizeof(*out->plans), order);
}

void compile_index_subs(struct compile *c, Flyteidl__Core__CompiledWorkflow **list, size_t n)
{
	struct compile_sub *subs = fly_arena_zalloc(c->arena, n ? n : 1, sizeof(*subs));
	static const Flyteidl__Core__Identifier nobody = FLYTEIDL__CORE__IDENTIFIER__INIT;
	size_t i;

	if (!subs) {
		c->out_of_memory = true;
		return;
	}
	for (i = 0; i < n; i++) {
		const Flyteidl__Core__Identifier *id = list[i]->template_->id;
		const char *key = compile_id_key(c, id ? id : &nobody);

		subs[i].workflow = list[i];
		if (key && name_index_get(&c->subs, key))
			compile_fault(c, "DuplicateId", "", "%s is given twice as a subworkflow",
				      compile_id_words(c, id));
		else if (!key || !name_index_put(&c->subs, c->arena, key, &subs[i]))
			c->out_of_memory = true;
	}
}

int fly_compile_needs(const Flyteidl__Core__WorkflowTemplate *primary,
		      Flyteidl__Core__WorkflowTemplate *const *sub_workflows,
		      size_t n_sub_workflows, struct fly_arena *arena,
		      struct fly_compile_needs *out, struct fly_why *why)
{
	struct fly_compile_needs needs = {0};
	struct compile c = {.arena = arena};
	Flyteidl__Core__CompiledWorkflow *raw, **list;
	size_t i;
	int rc;

	raw = fly_arena_zalloc(arena, n_sub_workflows + 1, sizeof(*raw));
	list = fly_arena_zalloc(arena, n_sub_workflows + 1, sizeof(*list));
	if (!raw || !list)
		return fly_no_memory(why);
	for (i = 0; i < n_sub_workflows; i++) {
		raw[i].template_ = sub_workflows[i];
		list[i] = &raw[i];
	}
	compile_index_subs(&c, list, n_sub_workflows);
	compile_collect_needs(&c, primary, &needs);
	rc = compile_verdict(&c, primary->id, why);
	if (rc < 0)
		return rc;
	*out = needs;
	return 0;
}
