/* SPDX-License-Identifier: Apache-2.0 */
/*
 * CreateWorkflowEvent: a backend tells that an execution changed its phase. Runs inside the
 * backend's transaction. It does not know what changes are allowed: phase.c does.
 * Source: flyte-api §2.13.
 */
#include "admin_private.h"
#include "phase.h"
#include "text.h"

/*
 * Outputs in an event may be as large as a message. (Flyte Admin's threshold is a setting, 2 MiB
 * unless set, as its engine hands larger outputs over in a bucket; here the row is the only place.)
 */
static int check_outputs(const Flyteidl__Event__WorkflowExecutionEvent *event, struct fly_why *why)
{
	size_t size;

	if (event->output_result_case !=
	    FLYTEIDL__EVENT__WORKFLOW_EXECUTION_EVENT__OUTPUT_RESULT_OUTPUT_DATA)
		return 0;
	size = flyteidl__core__literal_map__get_packed_size(event->output_data);
	if (size <= FLY_MESSAGE_MAX_BYTES)
		return 0;
	return fly_refuse(why, FLY_RESOURCE_EXHAUSTED,
			  "event.output_data has %zu bytes: %zu are allowed", size,
			  FLY_MESSAGE_MAX_BYTES);
}

static unsigned parts_needed(const Flyteidl__Event__WorkflowExecutionEvent *event)
{
	if (event->phase == FLYTEIDL__CORE__WORKFLOW_EXECUTION__PHASE__QUEUED &&
	    *event->producer_id)
		return FLY_EXECUTION_CLOSURE | FLY_EXECUTION_SPEC;
	return FLY_EXECUTION_CLOSURE;
}

int fly_admin_workflow_event(struct fly_admin *a, struct fly_db *db,
			     const Flyteidl__Admin__WorkflowExecutionEventRequest *req,
			     struct fly_why *why)
{
	const Flyteidl__Event__WorkflowExecutionEvent *event = req->event;
	struct fly_execution e;
	auto_arena arena = {0};
	unsigned parts;
	int rc;

	if (!event)
		return fly_refuse(why, FLY_INVALID_ARGUMENT, "event is missing");
	rc = fly_check_execution_id(event->execution_id, "event.execution_id", why);
	if (rc >= 0)
		rc = check_outputs(event, why);
	if (rc >= 0)
		rc = fly_find_execution(db, event->execution_id, parts_needed(event), &arena, &e,
					why);
	if (rc >= 0)
		rc = fly_execution_apply_event(&e, event, &arena, &parts, why);
	if (rc < 0)
		return rc;
	fly_execution_measure_tree(db, &e);
	return fly_execution_update(db, &e, parts, why);
}

int fly_admin_set_nodes_total(struct fly_db *db, int64_t execution, uint32_t total,
			      struct fly_why *why)
{
	struct fly_execution e;
	auto_arena arena = {0};
	int rc = fly_execution_get_id(db, execution, FLY_EXECUTION_HEAD, &arena, &e);

	if (rc < 0)
		return fly_fail(why, -rc, "cannot read execution row %lld", (long long)execution);
	if (e.nodes_total == total)
		return 0;
	e.nodes_total = total;
	fly_execution_forget_tree(&e);
	return fly_execution_update(db, &e, FLY_EXECUTION_HEAD, why);
}
