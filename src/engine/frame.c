/* SPDX-License-Identifier: Apache-2.0 */
/*
 * frame: one instance of a workflow: which node may begin, when it is complete, what a failure
 * does. It does not know what nodes do. Source: flyte-engine §4.1, §4.2, §4.3, §4.4, §4.8.
 *
 * State      leaves it when
 * RUNNING    no node is open: OVER, or failed; a node fails (at once, or when all else is done)
 * STOPPING   the last process that was told to stop is dead
 * CLEANING   the failure node is done
 * OVER       -
 */
#include "files.h"

static int compare_nodes(const void *a, const void *b)
{
	const struct fly_node_run *const *x = a, *const *y = b;

	return strcmp((*x)->core->id, (*y)->core->id);
}

struct fly_node_run *fly_frame_node(const struct fly_frame *f, const char *id)
{
	size_t low = 0, high = f->n_nodes;

	while (low < high) {
		size_t mid = low + (high - low) / 2;
		int order = strcmp(id, f->nodes[mid]->core->id);

		if (!order)
			return f->nodes[mid];
		if (order < 0)
			high = mid;
		else
			low = mid + 1;
	}
	return NULL;
}

static bool same_id(const Flyteidl__Core__Identifier *a, const Flyteidl__Core__Identifier *b)
{
	return a && b && !strcmp(a->name, b->name) && !strcmp(a->version, b->version) &&
	       !strcmp(a->project, b->project) && !strcmp(a->domain, b->domain);
}

const Flyteidl__Core__TaskTemplate *fly_frame_task(const struct fly_frame *f,
						   const Flyteidl__Core__Identifier *id)
{
	for (size_t i = 0; i < f->closure->n_tasks; i++)
		if (same_id(f->closure->tasks[i]->template_->id, id))
			return f->closure->tasks[i]->template_;
	return NULL;
}

const Flyteidl__Core__CompiledWorkflow *fly_frame_workflow(const struct fly_frame *f,
							   const Flyteidl__Core__Identifier *id)
{
	for (size_t i = 0; i < f->closure->n_sub_workflows; i++)
		if (same_id(f->closure->sub_workflows[i]->template_->id, id))
			return f->closure->sub_workflows[i];
	return NULL;
}

/* --- building ----------------------------------------------------------- */

static int set_upstream(struct fly_frame *f, const Flyteidl__Core__ConnectionSet__UpstreamEntry *e)
{
	struct fly_node_run *n = fly_frame_node(f, e->key);

	/* Arms of branches and failure nodes stand there too. */
	if (!n || !e->value || n->up)
		return 0;
	n->up = fly_arena_zalloc(&f->run->arena, e->value->n_ids, sizeof(*n->up));
	if (!n->up)
		return -ENOMEM;
	for (size_t i = 0; i < e->value->n_ids; i++) {
		struct fly_node_run *source = fly_frame_node(f, e->value->ids[i]);

		if (source && source != n) {
			n->up[n->n_up++] = source;
			source->n_down++;
		}
	}
	return 0;
}

/* Sorted nodes make sorted lists: the order in which they are looked at is always the same. */
static int set_downstream(struct fly_frame *f)
{
	for (size_t i = 0; i < f->n_nodes; i++) {
		struct fly_node_run *n = f->nodes[i];

		n->place = i;
		n->down = fly_arena_zalloc(&f->run->arena, n->n_down, sizeof(*n->down));
		if (!n->down)
			return -ENOMEM;
		n->n_down = 0;
	}
	for (size_t i = 0; i < f->n_nodes; i++)
		for (size_t j = 0; j < f->nodes[i]->n_up; j++) {
			struct fly_node_run *source = f->nodes[i]->up[j];

			source->down[source->n_down++] = f->nodes[i];
		}
	return 0;
}

static int connect(struct fly_frame *f)
{
	const Flyteidl__Core__ConnectionSet *c = f->workflow->connections;
	int rc = 0;

	for (size_t i = 0; c && i < c->n_upstream && rc >= 0; i++)
		rc = set_upstream(f, c->upstream[i]);
	return rc < 0 ? rc : set_downstream(f);
}

int fly_frame_create(struct fly_run *run, struct fly_node_run *owner,
		     const Flyteidl__Core__CompiledWorkflow *workflow,
		     const Flyteidl__Core__CompiledWorkflowClosure *closure, struct fly_frame **out)
{
	const Flyteidl__Core__WorkflowTemplate *t = workflow->template_;
	struct fly_frame *f = fly_arena_zalloc(&run->arena, 1, sizeof(*f));
	int rc;

	if (!f)
		return -ENOMEM;
	*f = (struct fly_frame){
		.run = run, .owner = owner, .workflow = workflow, .closure = closure};
	f->nodes = fly_arena_zalloc(&run->arena, t->n_nodes, sizeof(*f->nodes));
	if (!f->nodes)
		return -ENOMEM;
	for (size_t i = 0; i < t->n_nodes; i++) {
		rc = fly_node_create(f, owner, t->nodes[i], &f->nodes[i]);
		if (rc < 0)
			return rc;
	}
	f->n_nodes = t->n_nodes;
	qsort(f->nodes, f->n_nodes, sizeof(*f->nodes), compare_nodes);
	f->start = fly_frame_node(f, FLY_START_NODE);
	f->end = fly_frame_node(f, FLY_END_NODE);
	if (!f->start || !f->end)
		return -EBADMSG;
	if (t->failure_node) {
		rc = fly_node_create(f, owner, t->failure_node, &f->failure);
		if (rc < 0)
			return rc;
	}
	f->n_open = f->n_nodes - 1;
	*out = f;
	return connect(f);
}

/* --- running ------------------------------------------------------------ */

bool fly_frame_is_open(const struct fly_frame *f)
{
	for (; f; f = f->owner ? f->owner->frame : NULL)
		if (f->state != FLY_FRAME_RUNNING && f->state != FLY_FRAME_CLEANING)
			return false;
	return true;
}

static int end_frame(struct fly_frame *f)
{
	f->state = FLY_FRAME_OVER;
	if (f->owner)
		return f->owner->kind->frame_done(f->owner, f);
	return fly_run_finish(f->run);
}

/* Flyte shows the error of the failed node that it meets last when it walks the graph. */
static void find_last_failure(struct fly_node_run *n, struct fly_node_run **last, bool *seen)
{
	for (size_t i = 0; i < n->n_down; i++) {
		struct fly_node_run *next = n->down[i];

		if (seen[next->place])
			continue;
		seen[next->place] = true;
		if (next->state == FLY_NODE_FAILED || next->state == FLY_NODE_TIMED_OUT)
			*last = next;
		find_last_failure(next, last, seen);
	}
}

static Flyteidl__Core__ExecutionError *error_of(struct fly_node_run *n)
{
	if (n->error)
		return n->error;
	return fly_error_new(n->run, "Timeout", FLY_ERROR_KIND(USER), "Timeout in node");
}

static int fail_by(struct fly_frame *f, struct fly_node_run *n)
{
	Flyteidl__Core__ExecutionError *error = error_of(n);

	return error ? fly_frame_fail(f, error, n->state == FLY_NODE_TIMED_OUT) : -ENOMEM;
}

static int complete(struct fly_frame *f)
{
	struct fly_node_run *failed = NULL;
	bool *seen;

	if (f->end->state == FLY_NODE_SUCCEEDED) {
		f->outputs = f->end->outputs;
		return end_frame(f);
	}
	seen = fly_arena_zalloc(fly_tx_arena(f->run->engine), f->n_nodes, sizeof(*seen));
	if (!seen)
		return -ENOMEM;
	find_last_failure(f->start, &failed, seen);
	return failed ? fail_by(f, failed) : -EBADMSG;
}

static int failure_node_done(struct fly_frame *f)
{
	struct fly_node_run *n = f->failure;

	if (n->state == FLY_NODE_TIMED_OUT)
		f->error = fly_error_new(f->run, "TimedOut", FLY_ERROR_KIND(USER),
					 "FailureNode Timed-out");
	else if (n->state != FLY_NODE_SUCCEEDED && n->error)
		f->error = n->error;
	if (!f->error)
		return -ENOMEM;
	if (!f->owner)
		f->run->error = f->error;
	return end_frame(f);
}

int fly_frame_node_done(struct fly_frame *f, struct fly_node_run *n)
{
	if (n == f->failure)
		return f->state == FLY_FRAME_CLEANING ? failure_node_done(f) : 0;
	f->n_open--;
	if (f->state != FLY_FRAME_RUNNING)
		return 0;
	if ((n->state == FLY_NODE_FAILED || n->state == FLY_NODE_TIMED_OUT) &&
	    !f->run->on_failure_continue)
		return fail_by(f, n);
	if (!f->n_open)
		return complete(f);
	for (size_t i = 0; i < n->n_down; i++)
		fly_node_touch(n->down[i]);
	return 0;
}

/*
 * What was at work before a restart is taken up before a failure among it is judged: only what is
 * known can be stopped. Taking up finishes nothing at once (see fly_proc_join).
 */
static int restore(struct fly_frame *f)
{
	struct fly_node_run *failed = NULL;
	int rc = 0;

	for (size_t i = 0; i < f->n_nodes && rc >= 0; i++) {
		rc = fly_node_restore(f->nodes[i]);
		if (f->nodes[i]->state == FLY_NODE_FAILED ||
		    f->nodes[i]->state == FLY_NODE_TIMED_OUT)
			failed = f->nodes[i];
	}
	for (size_t i = 0; i < f->n_nodes && rc >= 0; i++)
		rc = fly_node_take_up(f->nodes[i]);
	if (rc < 0 || f->state != FLY_FRAME_RUNNING)
		return rc;
	if (failed && !f->run->on_failure_continue)
		return fail_by(f, failed);
	return f->n_open ? 0 : complete(f);
}

int fly_frame_start(struct fly_frame *f, Flyteidl__Core__LiteralMap *inputs)
{
	int rc;

	f->inputs = inputs;
	f->start->outputs = inputs;
	f->start->state = FLY_NODE_SUCCEEDED;
	if (!fly_run_row(f->run, f->start->uid)) {
		rc = fly_report_node(f->start, FLY_PHASE_NODE(SUCCEEDED));
		if (rc < 0)
			return rc;
	}
	if (!f->run->is_new) {
		rc = restore(f);
		if (rc < 0)
			return rc;
	}
	if (f->state == FLY_FRAME_RUNNING)
		for (size_t i = 0; i < f->n_nodes; i++)
			fly_node_touch(f->nodes[i]);
	return 0;
}

/* --- failing ------------------------------------------------------------ */

int fly_frame_abort(struct fly_frame *f, const char *reason)
{
	for (size_t i = 0; i < f->n_nodes; i++) {
		int rc = fly_node_abort(f->nodes[i], reason);

		if (rc < 0)
			return rc;
	}
	return f->failure ? fly_node_abort(f->failure, reason) : 0;
}

/* The failure node may want to know: its input "err" is replaced. */
static Flyteidl__Core__Literal *error_literal(struct fly_frame *f)
{
	struct fly_arena *arena = &f->run->arena;
	Flyteidl__Core__Literal *lit =
		FLY_NEW(arena, Flyteidl__Core__Literal, flyteidl__core__literal);
	Flyteidl__Core__Literal *inner =
		FLY_NEW(arena, Flyteidl__Core__Literal, flyteidl__core__literal);
	Flyteidl__Core__Scalar *scalar =
		FLY_NEW(arena, Flyteidl__Core__Scalar, flyteidl__core__scalar);
	Flyteidl__Core__Scalar *inner_scalar =
		FLY_NEW(arena, Flyteidl__Core__Scalar, flyteidl__core__scalar);
	Flyteidl__Core__Union *u = FLY_NEW(arena, Flyteidl__Core__Union, flyteidl__core__union);
	Flyteidl__Core__Error *error = FLY_NEW(arena, Flyteidl__Core__Error, flyteidl__core__error);
	Flyteidl__Core__LiteralType *type =
		FLY_NEW(arena, Flyteidl__Core__LiteralType, flyteidl__core__literal_type);
	Flyteidl__Core__TypeStructure *structure =
		FLY_NEW(arena, Flyteidl__Core__TypeStructure, flyteidl__core__type_structure);

	if (!lit || !inner || !scalar || !inner_scalar || !u || !error || !type || !structure)
		return NULL;
	structure->tag = "FlyteError";
	type->type_case = FLYTEIDL__CORE__LITERAL_TYPE__TYPE_SIMPLE;
	type->simple = FLYTEIDL__CORE__SIMPLE_TYPE__ERROR;
	type->structure = structure;
	error->message = f->error->message;
	error->failed_node_id = f->failure->core->id;
	inner_scalar->value_case = FLYTEIDL__CORE__SCALAR__VALUE_ERROR;
	inner_scalar->error = error;
	inner->value_case = FLYTEIDL__CORE__LITERAL__VALUE_SCALAR;
	inner->scalar = inner_scalar;
	u->value = inner;
	u->type = type;
	scalar->value_case = FLYTEIDL__CORE__SCALAR__VALUE_UNION;
	scalar->union_ = u;
	lit->value_case = FLYTEIDL__CORE__LITERAL__VALUE_SCALAR;
	lit->scalar = scalar;
	return lit;
}

static const Flyteidl__Core__TypedInterface *interface_of(const struct fly_frame *f,
							  const Flyteidl__Core__Node *node)
{
	const Flyteidl__Core__CompiledWorkflow *w;
	const Flyteidl__Core__TaskTemplate *t;

	if (node->target_case == FLYTEIDL__CORE__NODE__TARGET_TASK_NODE) {
		t = fly_frame_task(f, node->task_node->reference_id);
		return t ? t->interface : NULL;
	}
	if (node->target_case == FLYTEIDL__CORE__NODE__TARGET_WORKFLOW_NODE &&
	    node->workflow_node->reference_case ==
		    FLYTEIDL__CORE__WORKFLOW_NODE__REFERENCE_SUB_WORKFLOW_REF) {
		w = fly_frame_workflow(f, node->workflow_node->sub_workflow_ref);
		return w ? w->template_->interface : NULL;
	}
	return NULL;
}

/* Bound or not: flytekit binds it to none, people leave it out. */
int fly_frame_put_error(struct fly_frame *f, Flyteidl__Core__LiteralMap *inputs)
{
	const Flyteidl__Core__TypedInterface *interface = interface_of(f, f->failure->core);
	Flyteidl__Core__LiteralMap__LiteralsEntry **list;

	for (size_t i = 0; i < inputs->n_literals; i++)
		if (!strcmp(inputs->literals[i]->key, "err")) {
			inputs->literals[i]->value = error_literal(f);
			return inputs->literals[i]->value ? 0 : -ENOMEM;
		}
	if (!interface || !interface->inputs || !fly_variable_map_get(interface->inputs, "err"))
		return 0;
	list = fly_arena_zalloc(&f->run->arena, inputs->n_literals + 1, sizeof(*list));
	if (!list)
		return -ENOMEM;
	if (inputs->n_literals)
		memcpy(list, inputs->literals, inputs->n_literals * sizeof(*list));
	inputs->literals = list;
	return fly_files_put(&f->run->arena, inputs, "err", error_literal(f));
}

static int clean_up(struct fly_frame *f)
{
	struct fly_node_run *n = f->failure;
	int rc;

	if (!n || f->is_dynamic)
		return end_frame(f);
	f->state = FLY_FRAME_CLEANING;
	rc = fly_node_restore(n);
	if (rc < 0)
		return rc;
	if (n->state == FLY_NODE_WAITING)
		return fly_node_begin(n);
	return fly_node_is_over(n) ? failure_node_done(f) : fly_node_take_up(n);
}

int fly_frame_fail(struct fly_frame *f, Flyteidl__Core__ExecutionError *error, bool timed_out)
{
	int rc = 0;

	if (f->state != FLY_FRAME_RUNNING)
		return 0;
	f->state = FLY_FRAME_STOPPING;
	f->error = error;
	f->timed_out = timed_out;
	if (!f->owner) {
		f->run->error = error;
		rc = fly_report_run(f->run, FLY_PHASE_RUN(FAILING));
	}
	if (rc >= 0)
		rc = fly_frame_abort(f, f->owner ? "subworkflow failed"
						 : "Some node execution failed, auto-abort.");
	if (rc >= 0 && f->state == FLY_FRAME_STOPPING && !f->dying)
		rc = clean_up(f);
	return rc;
}

int fly_frame_process_died(struct fly_frame *f)
{
	int rc = 0;

	for (; f && rc >= 0; f = f->owner ? f->owner->frame : NULL)
		if (!--f->dying && f->state == FLY_FRAME_STOPPING && !f->run->over)
			rc = clean_up(f);
	return rc;
}
