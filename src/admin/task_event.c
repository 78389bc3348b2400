/* SPDX-License-Identifier: Apache-2.0 */
/*
 * CreateTaskEvent: a backend tells that an attempt of a task changed its phase. Makes the
 * attempt's row on its first event and moves it on later ones. Runs inside the backend's
 * transaction. It does not know what changes are allowed (phase.c) nor how lists grow
 * (task_merge.c).
 * Source: flyte-api §2.14; flyte-engine §6.3.
 */
#include "admin_private.h"
#include "phase.h"
#include "task_merge.h"
#include "text.h"

#define PHASE(p) FLYTEIDL__CORE__TASK_EXECUTION__PHASE__##p
#define EVENT(x) FLYTEIDL__EVENT__TASK_EXECUTION_EVENT__##x
#define CLOSURE(x) FLYTEIDL__ADMIN__TASK_EXECUTION_CLOSURE__##x

/* One event under way: all of it lies in arena. */
struct change {
	struct fly_admin *admin;
	struct fly_db *db;
	struct fly_arena *arena;
	struct fly_why *why;
	const Flyteidl__Event__TaskExecutionEvent *event;
	struct fly_attempt attempt;
	Flyteidl__Admin__TaskExecution *message;
};

static int check_event(const Flyteidl__Event__TaskExecutionEvent *event, struct fly_why *why)
{
	int rc;

	if (!event)
		return fly_refuse(why, FLY_INVALID_ARGUMENT, "event is missing");
	rc = fly_check_event_time(event->occurred_at, "event.occurred_at", why);
	if (rc >= 0)
		rc = fly_check_identifier(event->task_id, "event.task_id",
					  FLYTEIDL__CORE__RESOURCE_TYPE__TASK, why);
	if (rc >= 0)
		rc = fly_check_node_execution_id(event->parent_node_execution_id,
						 "event.parent_node_execution_id", why);
	return rc;
}

/* --- the row ------------------------------------------------------------ */

static int find_node(struct change *c, struct fly_execution *execution, struct fly_node *node)
{
	const Flyteidl__Core__NodeExecutionIdentifier *id = c->event->parent_node_execution_id;
	int rc = fly_find_execution(c->db, id->execution_id, FLY_EXECUTION_HEAD, c->arena,
				    execution, c->why);

	if (rc < 0)
		return rc;
	rc = fly_node_get(c->db, execution->id, id->node_id, c->arena, node);
	if (rc == -ENOENT)
		return fly_refuse(c->why, FLY_NOT_FOUND, "execution %s has no node %s yet",
				  execution->name, id->node_id);
	return rc < 0 ? fly_fail(c->why, -rc, "cannot read node %s", id->node_id) : 0;
}

static Flyteidl__Admin__TaskExecution *new_message(struct change *c)
{
	const Flyteidl__Event__TaskExecutionEvent *event = c->event;
	Flyteidl__Admin__TaskExecution *m = fly_admin_new(Flyteidl__Admin__TaskExecution,
							  flyteidl__admin__task_execution,
							  c->arena);
	Flyteidl__Core__TaskExecutionIdentifier *id;

	id = fly_admin_new(Flyteidl__Core__TaskExecutionIdentifier,
			   flyteidl__core__task_execution_identifier, c->arena);
	if (!m || !id)
		return NULL;
	id->task_id = event->task_id;
	id->node_execution_id = event->parent_node_execution_id;
	id->retry_attempt = event->retry_attempt;
	m->id = id;
	m->closure = fly_admin_new(Flyteidl__Admin__TaskExecutionClosure,
				   flyteidl__admin__task_execution_closure, c->arena);
	if (!m->closure)
		return NULL;
	m->closure->created_at = event->occurred_at;
	m->closure->task_type = event->task_type;
	return m;
}

static int begin_row(struct change *c, const struct fly_node *node, int64_t id_hint)
{
	const Flyteidl__Event__TaskExecutionEvent *event = c->event;
	const Flyteidl__Core__Identifier *task = event->task_id;
	int64_t id = id_hint ? id_hint : fly_store_new_id(c->admin->store, c->why);

	if (id < 0)
		return (int)id;
	c->attempt = (struct fly_attempt){
		.id = id,
		.node = node->id,
		.execution = node->execution,
		.retry_attempt = event->retry_attempt,
		.project = task->project,
		.domain = task->domain,
		.name = task->name,
		.version = task->version,
		.created_ns = fly_timestamp_ns(event->occurred_at),
		.started_ns = INT64_MIN,
		.duration_ns = INT64_MIN,
	};
	c->message = new_message(c);
	return c->message ? 0 : fly_no_memory(c->why);
}

/* A row that is there already: may the event move it? */
static int continue_row(struct change *c)
{
	const struct fly_attempt *t = &c->attempt;
	const char *name = fly_arena_printf(c->arena, "%s@%s (attempt %u)", t->name, t->version,
					    t->retry_attempt);
	int rc;

	if (!name)
		return fly_no_memory(c->why);
	rc = fly_task_phase_check(t->phase, t->phase_version, (int)c->event->phase,
				  c->event->phase_version, name, c->why);
	if (rc < 0)
		return rc;
	return fly_admin_unpack(&flyteidl__admin__task_execution__descriptor, t->message, c->arena,
				(ProtobufCMessage **)&c->message, c->why);
}

/* --- what an event changes ---------------------------------------------- */

/* Inline outputs stay in the stored closure; readers are shown a link (task_execution_get.c). */
static void set_result(struct change *c)
{
	const Flyteidl__Event__TaskExecutionEvent *event = c->event;
	Flyteidl__Admin__TaskExecutionClosure *closure = c->message->closure;

	switch (event->output_result_case) {
	case EVENT(OUTPUT_RESULT_OUTPUT_URI):
		closure->output_result_case = CLOSURE(OUTPUT_RESULT_OUTPUT_URI);
		closure->output_uri = event->output_uri;
		break;
	case EVENT(OUTPUT_RESULT_OUTPUT_DATA):
		closure->output_result_case = CLOSURE(OUTPUT_RESULT_OUTPUT_DATA);
		closure->output_data = event->output_data;
		break;
	case EVENT(OUTPUT_RESULT_ERROR):
		closure->output_result_case = CLOSURE(OUTPUT_RESULT_ERROR);
		closure->error = event->error;
		break;
	default:
		break;
	}
}

static int set_phase(struct change *c)
{
	const Flyteidl__Event__TaskExecutionEvent *event = c->event;
	Flyteidl__Admin__TaskExecutionClosure *closure = c->message->closure;
	const Google__Protobuf__Timestamp *reported = event->reported_at;
	struct fly_attempt *t = &c->attempt;

	if (!reported || (!reported->seconds && !reported->nanos))
		reported = event->occurred_at;
	t->phase = (int)event->phase;
	t->phase_version = event->phase_version;
	t->updated_ns = fly_timestamp_ns(reported);
	closure->phase = event->phase;
	closure->updated_at = (Google__Protobuf__Timestamp *)reported;
	if (t->phase == PHASE(RUNNING) && !closure->started_at) {
		t->started_ns = fly_timestamp_ns(event->occurred_at);
		closure->started_at = event->occurred_at;
	}
	if (!fly_task_phase_is_terminal(t->phase))
		return 0;
	set_result(c);
	if (!closure->started_at)
		return 0;
	t->duration_ns = fly_time_between_ns(closure->started_at, event->occurred_at);
	closure->duration = fly_duration(c->arena, t->duration_ns);
	return closure->duration ? 0 : fly_no_memory(c->why);
}

static int apply(struct change *c)
{
	const Flyteidl__Event__TaskExecutionEvent *event = c->event;
	int rc = set_phase(c);

	if (event->input_value_case == EVENT(INPUT_VALUE_INPUT_URI))
		c->message->input_uri = event->input_uri;
	if (event->event_version)
		c->message->closure->event_version = event->event_version;
	if (event->log_context)
		c->message->closure->log_context = event->log_context;
	if (rc >= 0)
		rc = fly_task_merge(c->message->closure, event, c->arena, c->why);
	if (rc >= 0)
		rc = fly_admin_pack(&c->message->base, c->arena, &c->attempt.message, c->why);
	if (rc < 0)
		return rc;
	fly_attempt_measure(&c->attempt);
	return fly_attempt_put(c->db, &c->attempt, c->why);
}

int fly_admin_task_event(struct fly_admin *a, struct fly_db *db,
			 const Flyteidl__Admin__TaskExecutionEventRequest *req, int64_t id_hint,
			 int64_t *out_id, struct fly_why *why)
{
	const Flyteidl__Event__TaskExecutionEvent *event = req->event;
	const Flyteidl__Core__Identifier *task;
	auto_arena arena = {0};
	struct change c = {
		.admin = a, .db = db, .arena = &arena, .why = why, .event = event,
	};
	struct fly_execution execution;
	struct fly_node node;
	int rc;

	rc = check_event(event, why);
	if (rc >= 0)
		rc = find_node(&c, &execution, &node);
	if (rc >= 0)
		rc = fly_check_producer(event->producer_id, execution.cluster, why);
	if (rc < 0)
		return rc;
	task = event->task_id;
	rc = fly_attempt_get(db, node.id, task->project, task->domain, task->name, task->version,
			     event->retry_attempt, &arena, &c.attempt);
	if (rc == -ENOENT)
		rc = begin_row(&c, &node, id_hint);
	else if (rc >= 0)
		rc = continue_row(&c);
	else
		rc = fly_fail(why, -rc, "cannot read the attempts of node %s", node.node_id);
	if (rc >= 0)
		rc = apply(&c);
	if (rc < 0)
		return rc;
	if (out_id)
		*out_id = c.attempt.id;
	return 0;
}
