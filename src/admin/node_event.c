/* SPDX-License-Identifier: Apache-2.0 */
/*
 * CreateNodeEvent: a backend tells that a node of an execution changed its phase. Makes the node's
 * row on its first event, moves it on later ones, and keeps the counters of the execution in step.
 * Runs inside the backend's transaction. It does not know what changes are allowed: phase.c does.
 * Source: flyte-api §2.14; flyte-engine §6.2.
 */
#include "admin_private.h"
#include "phase.h"
#include "text.h"

#define PHASE(p) FLYTEIDL__CORE__NODE_EXECUTION__PHASE__##p
#define EVENT(x) FLYTEIDL__EVENT__NODE_EXECUTION_EVENT__##x
#define CLOSURE(x) FLYTEIDL__ADMIN__NODE_EXECUTION_CLOSURE__##x

/* One event under way: all of it lies in arena. */
struct change {
	struct fly_admin *admin;
	struct fly_db *db;
	struct fly_arena *arena;
	struct fly_why *why;
	const Flyteidl__Event__NodeExecutionEvent *event;
	struct fly_execution execution;
	struct fly_node node;
	Flyteidl__Admin__NodeExecution *message;
};

static bool is_top_level(const struct fly_node *n)
{
	return !n->parent && !n->parent_attempt;
}

/* --- the row ------------------------------------------------------------ */

/* A task execution that made nodes says so from then on. */
static int mark_parent(struct change *c, struct fly_attempt *t)
{
	Flyteidl__Admin__TaskExecution *m;
	int rc = fly_admin_unpack(&flyteidl__admin__task_execution__descriptor, t->message,
				  c->arena, (ProtobufCMessage **)&m, c->why);

	if (rc < 0 || m->is_parent)
		return rc;
	m->is_parent = true;
	rc = fly_admin_pack(&m->base, c->arena, &t->message, c->why);
	return rc < 0 ? rc : fly_attempt_put(c->db, t, c->why);
}

static int find_parents(struct change *c)
{
	const Flyteidl__Event__NodeExecutionEvent *event = c->event;
	Flyteidl__Core__NodeExecutionIdentifier id =
		FLYTEIDL__CORE__NODE_EXECUTION_IDENTIFIER__INIT;
	struct fly_attempt attempt;
	struct fly_node parent;
	int rc;

	if (event->parent_task_metadata) {
		rc = fly_check_task_execution_id(event->parent_task_metadata->id,
						 "event.parent_task_metadata.id", c->why);
		if (rc >= 0)
			rc = fly_find_attempt(c->db, event->parent_task_metadata->id, c->arena,
					      &attempt, c->why);
		if (rc >= 0)
			rc = mark_parent(c, &attempt);
		if (rc < 0)
			return rc;
		c->node.parent_attempt = attempt.id;
	}
	if (event->parent_node_metadata) {
		id.node_id = event->parent_node_metadata->node_id;
		id.execution_id = event->id->execution_id;
		rc = fly_find_node(c->db, &id, c->arena, &parent, c->why);
		if (rc < 0)
			return rc;
		c->node.parent = parent.id;
	}
	return 0;
}

/* A row of the first event: what later events never change. */
static int begin_row(struct change *c, int64_t id_hint)
{
	const Flyteidl__Event__NodeExecutionEvent *event = c->event;
	Flyteidl__Admin__NodeExecution *m = fly_admin_new(Flyteidl__Admin__NodeExecution,
							  flyteidl__admin__node_execution,
							  c->arena);
	struct fly_node *n = &c->node;
	int rc;

	rc = fly_check_event_time(event->occurred_at, "event.occurred_at", c->why);
	if (rc < 0)
		return rc;
	*n = (struct fly_node){
		.id = id_hint,
		.execution = c->execution.id,
		.node_id = event->id->node_id,
		.spec_node_id = event->spec_node_id,
		.created_ns = fly_timestamp_ns(event->occurred_at),
		.started_ns = INT64_MIN,
		.duration_ns = INT64_MIN,
		.error_kind = -1,
	};
	rc = find_parents(c);
	if (rc >= 0 && !n->id) {
		n->id = fly_store_new_id(c->admin->store, c->why);
		rc = n->id < 0 ? (int)n->id : 0;
	}
	if (rc < 0)
		return rc;
	if (m) {
		m->id = event->id;
		m->closure = fly_admin_new(Flyteidl__Admin__NodeExecutionClosure,
					   flyteidl__admin__node_execution_closure, c->arena);
		m->metadata = fly_admin_new(Flyteidl__Admin__NodeExecutionMetaData,
					    flyteidl__admin__node_execution_meta_data, c->arena);
	}
	if (!m || !m->closure || !m->metadata)
		return fly_no_memory(c->why);
	m->closure->created_at = event->occurred_at;
	m->metadata->retry_group = event->retry_group;
	m->metadata->spec_node_id = event->spec_node_id;
	m->metadata->is_eager = event->is_eager;
	c->message = m;
	return 0;
}

/* A node that started an execution names it, once that is known to exist. */
static int set_child_execution(struct change *c)
{
	const Flyteidl__Event__NodeExecutionEvent *event = c->event;
	Flyteidl__Admin__WorkflowNodeMetadata *m;
	struct fly_execution child;
	int rc;

	if (event->target_metadata_case != EVENT(TARGET_METADATA_WORKFLOW_NODE_METADATA))
		return 0;
	rc = fly_check_execution_id(event->workflow_node_metadata->execution_id,
				    "event.workflow_node_metadata.execution_id", c->why);
	if (rc >= 0)
		rc = fly_find_execution(c->db, event->workflow_node_metadata->execution_id,
					FLY_EXECUTION_HEAD, c->arena, &child, c->why);
	if (rc < 0)
		return rc;
	m = fly_admin_new(Flyteidl__Admin__WorkflowNodeMetadata,
			  flyteidl__admin__workflow_node_metadata, c->arena);
	if (!m)
		return fly_no_memory(c->why);
	m->executionid = event->workflow_node_metadata->execution_id;
	c->message->closure->target_metadata_case = CLOSURE(TARGET_METADATA_WORKFLOW_NODE_METADATA);
	c->message->closure->workflow_node_metadata = m;
	c->node.child_execution = child.id;
	return 0;
}

/* A row that is there already: may the event move it? */
static int continue_row(struct change *c)
{
	int rc = fly_node_phase_check(c->node.phase, (int)c->event->phase, c->node.node_id, c->why);

	if (rc >= 0)
		rc = fly_admin_unpack(&flyteidl__admin__node_execution__descriptor, c->node.message,
				      c->arena, (ProtobufCMessage **)&c->message, c->why);
	if (rc >= 0)
		rc = set_child_execution(c);
	if (rc >= 0)
		rc = fly_check_event_time(c->event->occurred_at, "event.occurred_at", c->why);
	return rc;
}

/* --- what an event changes ---------------------------------------------- */

static char *link_to(struct change *c, char what)
{
	const struct fly_execution *e = &c->execution;

	return fly_arena_printf(c->arena, "flyte://v1/%s/%s/%s/%s/%c", e->project, e->domain,
				e->name, c->node.node_id, what);
}

/* Inputs sent inline are kept in the row, and named with Flyte's own kind of link. */
static int set_inputs(struct change *c)
{
	int rc = 0;

	switch (c->event->input_value_case) {
	case EVENT(INPUT_VALUE_INPUT_URI):
		c->message->input_uri = c->event->input_uri;
		break;
	case EVENT(INPUT_VALUE_INPUT_DATA):
		rc = fly_admin_pack(&c->event->input_data->base, c->arena, &c->node.inputs, c->why);
		c->message->input_uri = link_to(c, 'i');
		break;
	default:
		break;
	}
	return rc < 0 ? rc : c->message->input_uri ? 0 : fly_no_memory(c->why);
}

static int set_outputs(struct change *c)
{
	const Flyteidl__Event__NodeExecutionEvent *event = c->event;
	Flyteidl__Admin__NodeExecutionClosure *closure = c->message->closure;
	int rc = 0;

	switch (event->output_result_case) {
	case EVENT(OUTPUT_RESULT_OUTPUT_URI):
		closure->output_result_case = CLOSURE(OUTPUT_RESULT_OUTPUT_URI);
		closure->output_uri = event->output_uri;
		break;
	case EVENT(OUTPUT_RESULT_OUTPUT_DATA):
		rc = fly_admin_pack(&event->output_data->base, c->arena, &c->node.outputs, c->why);
		closure->output_result_case = CLOSURE(OUTPUT_RESULT_OUTPUT_URI);
		closure->output_uri = link_to(c, 'o');
		if (rc >= 0 && !closure->output_uri)
			rc = fly_no_memory(c->why);
		break;
	case EVENT(OUTPUT_RESULT_ERROR):
		closure->output_result_case = CLOSURE(OUTPUT_RESULT_ERROR);
		closure->error = event->error;
		c->node.error_kind = (int)event->error->kind;
		c->node.error_code = event->error->code;
		break;
	default:
		break;
	}
	return rc;
}

static int set_phase(struct change *c)
{
	const Flyteidl__Event__NodeExecutionEvent *event = c->event;
	Flyteidl__Admin__NodeExecutionClosure *closure = c->message->closure;
	const Google__Protobuf__Timestamp *reported = event->reported_at;
	struct fly_node *n = &c->node;

	if (!reported || (!reported->seconds && !reported->nanos))
		reported = event->occurred_at;
	n->phase = (int)event->phase;
	n->updated_ns = fly_timestamp_ns(reported);
	closure->phase = event->phase;
	closure->updated_at = (Google__Protobuf__Timestamp *)reported;
	if (*event->deck_uri)
		closure->deck_uri = event->deck_uri;
	if (n->phase == PHASE(RUNNING)) {
		n->started_ns = fly_timestamp_ns(event->occurred_at);
		closure->started_at = event->occurred_at;
	}
	if (!fly_node_phase_is_terminal(n->phase))
		return 0;
	if (closure->started_at) {
		n->duration_ns = fly_time_between_ns(closure->started_at, event->occurred_at);
		closure->duration = fly_duration(c->arena, n->duration_ns);
		if (!closure->duration)
			return fly_no_memory(c->why);
	}
	return set_outputs(c);
}

static int set_dynamic(struct change *c,
		       const Flyteidl__Event__DynamicWorkflowNodeMetadata *dynamic, bool first)
{
	if (!first && *dynamic->dynamic_job_spec_uri)
		c->message->closure->dynamic_job_spec_uri = dynamic->dynamic_job_spec_uri;
	if (!dynamic->compiled_workflow)
		return 0;
	return fly_admin_pack(&dynamic->compiled_workflow->base, c->arena, &c->node.dynamic,
			      c->why);
}

static int set_task_metadata(struct change *c, bool first)
{
	const Flyteidl__Event__TaskNodeMetadata *from;
	Flyteidl__Admin__TaskNodeMetadata *m;

	if (c->event->target_metadata_case != EVENT(TARGET_METADATA_TASK_NODE_METADATA))
		return 0;
	from = c->event->task_node_metadata;
	m = fly_admin_new(Flyteidl__Admin__TaskNodeMetadata, flyteidl__admin__task_node_metadata,
			  c->arena);
	if (!m)
		return fly_no_memory(c->why);
	m->cache_status = from->cache_status;
	m->catalog_key = from->catalog_key;
	m->checkpoint_uri = from->checkpoint_uri;
	c->message->closure->target_metadata_case = CLOSURE(TARGET_METADATA_TASK_NODE_METADATA);
	c->message->closure->task_node_metadata = m;
	c->node.cache_status = (int)from->cache_status;
	return from->dynamic_workflow ? set_dynamic(c, from->dynamic_workflow, first) : 0;
}

static int apply(struct change *c, bool first)
{
	Flyteidl__Admin__NodeExecutionMetaData *metadata = c->message->metadata;
	int rc;

	metadata->is_parent_node |= c->event->is_parent;
	metadata->is_dynamic |= c->event->is_dynamic;
	metadata->is_array |= c->event->is_array;
	rc = set_inputs(c);
	if (rc >= 0)
		rc = set_phase(c);
	if (rc >= 0)
		rc = set_task_metadata(c, first);
	if (rc >= 0)
		rc = fly_admin_pack(&c->message->base, c->arena, &c->node.message, c->why);
	if (rc < 0)
		return rc;
	fly_node_measure(&c->node);
	return fly_node_put(c->db, &c->node, c->why);
}

/* --- counters ----------------------------------------------------------- */

/* Which counter of the execution a node in this phase is in; NULL: none of them. */
static uint32_t *counter_of(struct fly_execution *e, int phase)
{
	switch (phase) {
	case PHASE(RUNNING):
	case PHASE(FAILING):
	case PHASE(DYNAMIC_RUNNING):
		return &e->nodes_running;
	case PHASE(SUCCEEDED):
	case PHASE(SKIPPED):
	case PHASE(RECOVERED):
		return &e->nodes_done;
	case PHASE(FAILED):
	case PHASE(TIMED_OUT):
		return &e->nodes_failed;
	default:
		return NULL;
	}
}

/*
 * Nodes of the author's graph only: not the ends that every graph has, not what nodes made
 * themselves.
 */
static bool is_counted(const struct fly_node *n)
{
	return is_top_level(n) && strcmp(n->node_id, "start-node") != 0 &&
	       strcmp(n->node_id, "end-node") != 0;
}

/* Also what no counter shows changes the texts of the run, and so its time. */
static int count(struct change *c, int old_phase)
{
	struct fly_execution *e = &c->execution;
	uint32_t *was = counter_of(e, old_phase);
	uint32_t *is = counter_of(e, c->node.phase);

	if (!is_counted(&c->node))
		was = is = NULL;
	if (was && *was)
		--*was;
	if (is)
		++*is;
	if (fly_phase_is_terminal(e->phase))	/* a late word about a run that is over */
		fly_execution_forget_tree(e);
	return fly_execution_update(c->db, e, FLY_EXECUTION_HEAD, c->why);
}

int fly_admin_node_event(struct fly_admin *a, struct fly_db *db,
			 const Flyteidl__Admin__NodeExecutionEventRequest *req, int64_t id_hint,
			 int64_t *out_id, struct fly_why *why)
{
	auto_arena arena = {0};
	struct change c = {
		.admin = a, .db = db, .arena = &arena, .why = why, .event = req->event,
	};
	bool first;
	int old_phase, rc;

	if (!req->event)
		return fly_refuse(why, FLY_INVALID_ARGUMENT, "event is missing");
	rc = fly_check_node_execution_id(c.event->id, "event.id", why);
	if (rc >= 0)
		rc = fly_find_execution(db, c.event->id->execution_id, FLY_EXECUTION_HEAD, &arena,
					&c.execution, why);
	if (rc >= 0)
		rc = fly_check_producer(c.event->producer_id, c.execution.cluster, why);
	if (rc < 0)
		return rc;
	rc = fly_node_get(db, c.execution.id, c.event->id->node_id, &arena, &c.node);
	first = rc == -ENOENT;
	if (rc < 0 && !first)
		return fly_fail(why, -rc, "cannot read node %s of execution %s",
				c.event->id->node_id, c.execution.name);
	rc = first ? begin_row(&c, id_hint) : continue_row(&c);
	old_phase = first ? PHASE(UNDEFINED) : c.node.phase;
	if (rc >= 0)
		rc = apply(&c, first);
	if (rc >= 0)
		rc = count(&c, old_phase);
	if (rc < 0)
		return rc;
	if (out_id)
		*out_id = c.node.id;
	return 0;
}
