/* SPDX-License-Identifier: Apache-2.0 */
/*
 * TerminateExecution: who may, what becomes of the run, its nodes and the runs below it. Where the
 * backend only has processes to kill, everything is ABORTED in one transaction; else the run is
 * ABORTING until the backend says otherwise.
 * Source: flyte-api §2.12; flyte-engine §4.9, §4.15; DESIGN §4, §7.
 */
#include "admin_private.h"
#include "phase.h"
#include "text.h"

#define REASON "Workflow aborted."

/* A run to abort: the one asked for, then those below it as their nodes are met. */
struct doomed {
	int64_t id;
	const char *cause;
	bool aborted;		/* it was not over: the backend hears of it */
	struct doomed *next;
};

struct termination {
	struct fly_write write;
	const Flyteidl__Admin__ExecutionTerminateRequest *req;
	bool at_once;
	int64_t now_ns;
	Google__Protobuf__Timestamp *now;
	struct doomed *first, *last;
};

static struct fly_arena *arena_of(struct termination *t)
{
	return &t->write.call->arena;
}

static int doom(struct termination *t, int64_t id, const char *cause, struct fly_why *why)
{
	struct doomed *d = fly_arena_zalloc(arena_of(t), 1, sizeof(*d));

	if (!d)
		return fly_no_memory(why);
	*d = (struct doomed){.id = id, .cause = cause};
	if (t->last)
		t->last->next = d;
	else
		t->first = d;
	t->last = d;
	return 0;
}

/* --- what stands below a run ----------------------------------------------------------------- */

static bool runs_still(const Flyteidl__Event__ExternalResourceInfo *r)
{
	return r->phase != FLYTEIDL__CORE__TASK_EXECUTION__PHASE__UNDEFINED &&
	       !fly_task_phase_is_terminal((int)r->phase);
}

/* The items of a map that were started end with it; the others never began. */
static int abort_items(struct termination *t, const Flyteidl__Admin__TaskExecution *task,
		       Flyteidl__Event__TaskExecutionEvent *event, struct fly_why *why)
{
	const Flyteidl__Event__TaskExecutionMetadata *had =
		task->closure ? task->closure->metadata : NULL;
	Flyteidl__Event__TaskExecutionMetadata *m;
	Flyteidl__Event__ExternalResourceInfo *items;
	size_t i;

	if (!had || !had->n_external_resources)
		return 0;
	m = fly_admin_new(Flyteidl__Event__TaskExecutionMetadata,
			  flyteidl__event__task_execution_metadata, arena_of(t));
	items = fly_arena_zalloc(arena_of(t), had->n_external_resources, sizeof(*items));
	if (m)
		m->external_resources = fly_arena_zalloc(arena_of(t), had->n_external_resources,
							 sizeof(*m->external_resources));
	if (!m || !items || !m->external_resources)
		return fly_no_memory(why);
	for (i = 0; i < had->n_external_resources; i++) {
		if (!runs_still(had->external_resources[i]))
			continue;
		items[i] = *had->external_resources[i];
		items[i].n_logs = 0;	/* they stand there already */
		items[i].phase = FLYTEIDL__CORE__TASK_EXECUTION__PHASE__ABORTED;
		m->external_resources[m->n_external_resources++] = &items[i];
	}
	event->metadata = m;
	return 0;
}

static int abort_attempt(struct termination *t, struct fly_db *db,
			 const struct fly_attempt *attempt, struct fly_why *why)
{
	Flyteidl__Admin__TaskExecutionEventRequest req =
		FLYTEIDL__ADMIN__TASK_EXECUTION_EVENT_REQUEST__INIT;
	Flyteidl__Event__TaskExecutionEvent event = FLYTEIDL__EVENT__TASK_EXECUTION_EVENT__INIT;
	Flyteidl__Admin__TaskExecution *m;
	int rc;

	if (fly_task_phase_is_terminal(attempt->phase))
		return 0;
	rc = fly_admin_unpack(&flyteidl__admin__task_execution__descriptor, attempt->message,
			      arena_of(t), (ProtobufCMessage **)&m, why);
	if (rc < 0)
		return rc;
	if (!m->id)
		return fly_refuse(why, FLY_INTERNAL, "a stored task execution has no id");
	event.task_id = m->id->task_id;
	event.parent_node_execution_id = m->id->node_execution_id;
	event.retry_attempt = m->id->retry_attempt;
	event.phase = FLYTEIDL__CORE__TASK_EXECUTION__PHASE__ABORTED;
	event.occurred_at = event.reported_at = t->now;
	rc = abort_items(t, m, &event, why);
	if (rc < 0)
		return rc;
	req.event = &event;
	return fly_admin_task_event(t->write.admin, db, &req, 0, NULL, why);
}

static int abort_node(struct termination *t, struct fly_db *db, const struct fly_execution *e,
		      const struct fly_node *node, struct fly_why *why)
{
	Flyteidl__Admin__NodeExecutionEventRequest req =
		FLYTEIDL__ADMIN__NODE_EXECUTION_EVENT_REQUEST__INIT;
	Flyteidl__Event__NodeExecutionEvent event = FLYTEIDL__EVENT__NODE_EXECUTION_EVENT__INIT;
	Flyteidl__Core__NodeExecutionIdentifier id =
		FLYTEIDL__CORE__NODE_EXECUTION_IDENTIFIER__INIT;
	Flyteidl__Core__ExecutionError error = FLYTEIDL__CORE__EXECUTION_ERROR__INIT;

	if (fly_node_phase_is_terminal(node->phase))
		return 0;
	id.execution_id = fly_execution_identifier(e, arena_of(t));
	if (!id.execution_id)
		return fly_no_memory(why);
	id.node_id = (char *)node->node_id;
	error.code = (char *)"NodeAborted";
	error.message = (char *)REASON;
	error.kind = FLYTEIDL__CORE__EXECUTION_ERROR__ERROR_KIND__UNKNOWN;
	event.id = &id;
	event.phase = FLYTEIDL__CORE__NODE_EXECUTION__PHASE__ABORTED;
	event.occurred_at = event.reported_at = t->now;
	event.output_result_case = FLYTEIDL__EVENT__NODE_EXECUTION_EVENT__OUTPUT_RESULT_ERROR;
	event.error = &error;
	req.event = &event;
	return fly_admin_node_event(t->write.admin, db, &req, 0, NULL, why);
}

/* The run that a launch plan node started goes with it; why, Flyte's engine does not pass on. */
static int doom_child(struct termination *t, const struct fly_execution *e,
		      const struct fly_node *node, struct fly_why *why)
{
	const char *text;

	if (!node->child_execution || fly_node_phase_is_terminal(node->phase))
		return 0;
	text = fly_arena_printf(arena_of(t),
				"cascading abort as parent execution id [%s] aborted, reason [" REASON "]",
				e->name);
	return text ? doom(t, node->child_execution, text, why) : fly_no_memory(why);
}

static int abort_below(struct termination *t, struct fly_db *db, const struct fly_execution *e,
		       struct fly_why *why)
{
	struct fly_attempt *attempts;
	struct fly_node *nodes;
	int i, n, rc = 0;

	n = fly_attempt_list(db, e->id, 0, arena_of(t), &attempts);
	if (n < 0)
		return fly_fail(why, -n, "cannot list the tasks of execution %s", e->name);
	for (i = 0; rc >= 0 && i < n; i++)
		rc = abort_attempt(t, db, &attempts[i], why);
	if (rc < 0)
		return rc;
	n = fly_node_list(db, e->id, -1, arena_of(t), &nodes);
	if (n < 0)
		return fly_fail(why, -n, "cannot list the nodes of execution %s", e->name);
	for (i = 0; rc >= 0 && i < n; i++) {
		rc = doom_child(t, e, &nodes[i], why);
		if (rc >= 0)
			rc = abort_node(t, db, e, &nodes[i], why);
	}
	return rc;
}

/* --- a run ----------------------------------------------------------------------------------- */

/* Read anew: the events of its nodes have changed the row. */
static int abort_row(struct termination *t, struct fly_db *db, struct doomed *d,
		     struct fly_why *why)
{
	struct fly_execution e;
	unsigned parts = 0;
	int rc;

	rc = fly_execution_get_id(db, d->id, FLY_EXECUTION_CLOSURE, arena_of(t), &e);
	if (rc < 0)
		return fly_fail(why, -rc, "cannot read the execution to terminate");
	rc = fly_execution_apply_abort(&e, d->cause, fly_caller_principal(&t->write.call->caller),
				       t->at_once, t->now_ns, arena_of(t), &parts, why);
	if (rc < 0 || !parts)
		return rc;
	if (t->at_once)
		fly_execution_measure_tree(db, &e);
	d->aborted = true;
	return fly_execution_update(db, &e, parts, why);
}

/* Nothing happens to a run that is over, or gone. */
static int abort_run(struct termination *t, struct fly_db *db, struct doomed *d,
		     struct fly_why *why)
{
	struct fly_execution e;
	int rc;

	rc = fly_execution_get_id(db, d->id, FLY_EXECUTION_HEAD, arena_of(t), &e);
	if (rc == -ENOENT || (rc >= 0 && fly_phase_is_terminal(e.phase)))
		return 0;
	if (rc < 0)
		return fly_fail(why, -rc, "cannot read the execution to terminate");
	rc = t->at_once ? abort_below(t, db, &e, why) : 0;
	return rc < 0 ? rc : abort_row(t, db, d, why);
}

static int terminate_apply(struct fly_write *w, struct fly_db *db, struct fly_why *why)
{
	struct termination *t = (struct termination *)w;
	struct fly_call *call = w->call;
	struct fly_execution e;
	struct doomed *d;
	int rc;

	t->now_ns = fly_admin_now(w->admin);
	t->now = fly_timestamp(&call->arena, t->now_ns);
	if (!t->now)
		return fly_no_memory(why);
	if ((rc = fly_find_execution(db, t->req->id, FLY_EXECUTION_HEAD, &call->arena, &e,
				     why)) < 0 ||
	    (rc = fly_caller_check_owner(&call->caller, e.uid, why, "execution %s", e.name)) < 0)
		return rc;
	call->id = e.id;
	rc = doom(t, e.id, t->req->cause, why);
	for (d = t->first; rc >= 0 && d; d = d->next)
		rc = abort_run(t, db, d, why);
	return rc;
}

static void terminate_committed(struct fly_write *w)
{
	struct fly_backend *backend = w->admin->backend;
	const struct doomed *d;

	for (d = ((struct termination *)w)->first; backend && d; d = d->next) {
		if (d->aborted)
			backend->ops->terminate(backend, d->id, d->cause);
	}
}

/* The cause may come from a file as it was written, and is stored in a message. */
static int check_request(const Flyteidl__Admin__ExecutionTerminateRequest *req,
			 struct fly_why *why)
{
	int rc = fly_check_execution_id(req->id, "id", why);

	if (rc < 0 || fly_utf8_valid(req->cause, strlen(req->cause)))
		return rc;
	return fly_refuse(why, FLY_INVALID_ARGUMENT, "cause is not UTF-8 text");
}

void fly_admin_terminate_execution(struct fly_admin *a, struct fly_call *call,
				   const Flyteidl__Admin__ExecutionTerminateRequest *req)
{
	struct termination *t = fly_arena_zalloc(&call->arena, 1, sizeof(*t));
	int rc = t ? check_request(req, &call->why) : fly_no_memory(&call->why);

	if (rc >= 0)
		rc = fly_admin_check_writable(a, &call->why);
	if (rc < 0) {
		fly_call_finish(call, rc);
		return;
	}
	t->req = req;
	t->at_once = !a->backend || a->backend->ops->aborts_at_once;
	t->write.apply = terminate_apply;
	t->write.committed = terminate_committed;
	fly_admin_write(a, call, &t->write);
}
