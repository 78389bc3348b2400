/* SPDX-License-Identifier: Apache-2.0 */
/*
 * report: phases of runs, nodes and attempts as Flyte's engine reports them, put into the next
 * commit. It decides nothing. Source: flyte-engine §6.
 */
#include "model.h"

#include "flyteidl/admin/event.pb-c.h"

#define NODE_EVENT(x) FLYTEIDL__EVENT__NODE_EXECUTION_EVENT__##x

static Google__Protobuf__Timestamp *now(struct fly_arena *arena)
{
	return fly_timestamp(arena, fly_now_ns());
}

int fly_report_run(struct fly_run *run, int phase)
{
	struct fly_arena *arena = fly_tx_arena(run->engine);
	Flyteidl__Admin__WorkflowExecutionEventRequest *req =
		FLY_NEW(arena, Flyteidl__Admin__WorkflowExecutionEventRequest,
			flyteidl__admin__workflow_execution_event_request);
	Flyteidl__Event__WorkflowExecutionEvent *event =
		FLY_NEW(arena, Flyteidl__Event__WorkflowExecutionEvent,
			flyteidl__event__workflow_execution_event);

	if (!req || !event)
		return -ENOMEM;
	req->event = event;
	event->execution_id = run->identifier;
	event->phase = (Flyteidl__Core__WorkflowExecution__Phase)phase;
	event->occurred_at = now(arena);
	if (!event->occurred_at)
		return -ENOMEM;
	if ((phase == FLY_PHASE_RUN(FAILING) || phase == FLY_PHASE_RUN(FAILED)) && run->error) {
		event->output_result_case =
			FLYTEIDL__EVENT__WORKFLOW_EXECUTION_EVENT__OUTPUT_RESULT_ERROR;
		event->error = run->error;
	} else if (phase == FLY_PHASE_RUN(SUCCEEDED) && run->outputs) {
		event->output_result_case =
			FLYTEIDL__EVENT__WORKFLOW_EXECUTION_EVENT__OUTPUT_RESULT_OUTPUT_DATA;
		event->output_data = run->outputs;
	}
	run->phase = phase;
	return fly_tx_add_workflow(run, req);
}

static Flyteidl__Core__NodeExecutionIdentifier *node_id(const struct fly_node_run *n,
							struct fly_arena *arena)
{
	Flyteidl__Core__NodeExecutionIdentifier *id =
		FLY_NEW(arena, Flyteidl__Core__NodeExecutionIdentifier,
			flyteidl__core__node_execution_identifier);

	if (id) {
		id->node_id = (char *)n->uid;
		id->execution_id = n->run->identifier;
	}
	return id;
}

/* Who it stands under, and in which attempt of that. */
static int set_parent(Flyteidl__Event__NodeExecutionEvent *event, const struct fly_node_run *n,
		      struct fly_arena *arena)
{
	if (!n->parent)
		return 0;
	event->parent_node_metadata = FLY_NEW(arena, Flyteidl__Event__ParentNodeExecutionMetadata,
					      flyteidl__event__parent_node_execution_metadata);
	event->retry_group = fly_arena_printf(arena, "%u", n->parent->attempt);
	if (!event->parent_node_metadata || !event->retry_group)
		return -ENOMEM;
	event->parent_node_metadata->node_id = (char *)n->parent->uid;
	return 0;
}

static int set_dynamic(Flyteidl__Event__TaskNodeMetadata *m, const struct fly_node_run *n,
		       struct fly_arena *arena)
{
	Flyteidl__Event__DynamicWorkflowNodeMetadata *dynamic =
		FLY_NEW(arena, Flyteidl__Event__DynamicWorkflowNodeMetadata,
			flyteidl__event__dynamic_workflow_node_metadata);
	const char *dir = fly_node_out_dir(n);
	char *path = dir ? fly_run_path(n->run, arena, dir) : NULL;

	if (!dynamic || !path)
		return -ENOMEM;
	dynamic->id = n->dynamic->primary->template_->id;
	dynamic->compiled_workflow = (Flyteidl__Core__CompiledWorkflowClosure *)n->dynamic;
	dynamic->dynamic_job_spec_uri = fly_arena_printf(arena, "%s/futures.pb", path);
	m->dynamic_workflow = dynamic;
	return dynamic->dynamic_job_spec_uri ? 0 : -ENOMEM;
}

static int set_target(Flyteidl__Event__NodeExecutionEvent *event, const struct fly_node_run *n,
		      struct fly_arena *arena)
{
	if (n->child) {
		event->target_metadata_case = NODE_EVENT(TARGET_METADATA_WORKFLOW_NODE_METADATA);
		event->workflow_node_metadata =
			FLY_NEW(arena, Flyteidl__Event__WorkflowNodeMetadata,
				flyteidl__event__workflow_node_metadata);
		if (!event->workflow_node_metadata)
			return -ENOMEM;
		event->workflow_node_metadata->execution_id = n->child;
		return 0;
	}
	if (!n->ran && !n->dynamic)
		return 0;
	event->target_metadata_case = NODE_EVENT(TARGET_METADATA_TASK_NODE_METADATA);
	event->task_node_metadata = FLY_NEW(arena, Flyteidl__Event__TaskNodeMetadata,
					    flyteidl__event__task_node_metadata);
	if (!event->task_node_metadata)
		return -ENOMEM;
	event->task_node_metadata->cache_status =
		(Flyteidl__Core__CatalogCacheStatus)n->cache_status;
	event->task_node_metadata->catalog_key = n->catalog_key;
	return n->dynamic ? set_dynamic(event->task_node_metadata, n, arena) : 0;
}

static void set_result(Flyteidl__Event__NodeExecutionEvent *event, const struct fly_node_run *n)
{
	if (n->error && event->phase != FLY_PHASE_NODE(TIMED_OUT)) {
		event->output_result_case =
			FLYTEIDL__EVENT__NODE_EXECUTION_EVENT__OUTPUT_RESULT_ERROR;
		event->error = n->error;
	} else if (n->outputs && n != n->frame->end &&
		   (event->phase == FLY_PHASE_NODE(SUCCEEDED) ||
		    event->phase == FLY_PHASE_NODE(RECOVERED))) {
		event->output_result_case =
			FLYTEIDL__EVENT__NODE_EXECUTION_EVENT__OUTPUT_RESULT_OUTPUT_DATA;
		event->output_data = n->outputs;
	}
}

int fly_report_node(struct fly_node_run *n, int phase)
{
	struct fly_arena *arena = fly_tx_arena(n->run->engine);
	Flyteidl__Admin__NodeExecutionEventRequest *req =
		FLY_NEW(arena, Flyteidl__Admin__NodeExecutionEventRequest,
			flyteidl__admin__node_execution_event_request);
	Flyteidl__Event__NodeExecutionEvent *event = FLY_NEW(
		arena, Flyteidl__Event__NodeExecutionEvent, flyteidl__event__node_execution_event);

	if (!req || !event)
		return -ENOMEM;
	req->event = event;
	event->id = node_id(n, arena);
	event->occurred_at = now(arena);
	if (!event->id || !event->occurred_at || set_parent(event, n, arena) < 0 ||
	    set_target(event, n, arena) < 0)
		return -ENOMEM;
	event->phase = (Flyteidl__Core__NodeExecution__Phase)phase;
	event->spec_node_id = n->core->id;
	if (n->core->metadata)
		event->node_name = n->core->metadata->name;
	event->is_parent = n->is_parent;
	event->is_dynamic = n->is_dynamic;
	event->is_array = n->is_array;
	if (n->inputs && !n->inputs_reported) {
		event->input_value_case =
			FLYTEIDL__EVENT__NODE_EXECUTION_EVENT__INPUT_VALUE_INPUT_DATA;
		event->input_data = n->inputs;
		n->inputs_reported = true;
	}
	set_result(event, n);
	n->reported = phase;
	return fly_tx_add_node(n->run, req);
}

static int set_metadata(Flyteidl__Event__TaskExecutionEvent *event,
			const struct fly_attempt_report *r, struct fly_arena *arena)
{
	Flyteidl__Event__TaskExecutionMetadata *m =
		FLY_NEW(arena, Flyteidl__Event__TaskExecutionMetadata,
			flyteidl__event__task_execution_metadata);

	if (!m)
		return -ENOMEM;
	m->generated_name = (char *)r->name;
	m->plugin_identifier = (char *)r->plugin;
	m->external_resources = r->resources;
	m->n_external_resources = r->n_resources;
	if (r->interruptible)
		m->instance_class =
			FLYTEIDL__EVENT__TASK_EXECUTION_METADATA__INSTANCE_CLASS__INTERRUPTIBLE;
	event->metadata = m;
	return 0;
}

static int set_attempt(Flyteidl__Event__TaskExecutionEvent *event, struct fly_node_run *n,
		       const struct fly_attempt_report *r, struct fly_arena *arena)
{
	event->task_id = r->task->id;
	event->parent_node_execution_id = node_id(n, arena);
	event->retry_attempt = r->retry;
	event->phase = (Flyteidl__Core__TaskExecution__Phase)r->phase;
	event->phase_version = r->version;
	event->occurred_at = now(arena);
	event->task_type = r->task_type ? (char *)r->task_type : r->task->type;
	if (r->reason)
		event->reason = (char *)r->reason;
	event->input_value_case = FLYTEIDL__EVENT__TASK_EXECUTION_EVENT__INPUT_VALUE_INPUT_URI;
	event->input_uri = fly_run_path(n->run, arena, n->dir);
	if (event->input_uri)
		event->input_uri = fly_arena_printf(arena, "%s/inputs.pb", event->input_uri);
	if (!event->parent_node_execution_id || !event->occurred_at || !event->input_uri)
		return -ENOMEM;
	if (r->error) {
		event->output_result_case =
			FLYTEIDL__EVENT__TASK_EXECUTION_EVENT__OUTPUT_RESULT_ERROR;
		event->error = (Flyteidl__Core__ExecutionError *)r->error;
	} else if (r->outputs) {
		event->output_result_case =
			FLYTEIDL__EVENT__TASK_EXECUTION_EVENT__OUTPUT_RESULT_OUTPUT_DATA;
		event->output_data = (Flyteidl__Core__LiteralMap *)r->outputs;
	}
	return set_metadata(event, r, arena);
}

int fly_report_attempt(struct fly_node_run *n, const struct fly_attempt_report *r)
{
	struct fly_arena *arena = fly_tx_arena(n->run->engine);
	Flyteidl__Admin__TaskExecutionEventRequest *req =
		FLY_NEW(arena, Flyteidl__Admin__TaskExecutionEventRequest,
			flyteidl__admin__task_execution_event_request);
	Flyteidl__Event__TaskExecutionEvent *event = FLY_NEW(
		arena, Flyteidl__Event__TaskExecutionEvent, flyteidl__event__task_execution_event);

	if (!req || !event || set_attempt(event, n, r, arena) < 0)
		return -ENOMEM;
	req->event = event;
	return fly_tx_add_task(n->run, req);
}
