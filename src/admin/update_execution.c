/* SPDX-License-Identifier: Apache-2.0 */
/*
 * UpdateExecution: an execution put away or taken back. It does not ask whether the run is over:
 * whoever offers it as a gesture does.
 * Source: flyte-api §2.10.
 */
#include "admin_private.h"
#include "text.h"

struct update {
	struct fly_write write;
	const Flyteidl__Admin__ExecutionUpdateRequest *req;
};

static int set_state(struct fly_execution *e, int state, const char *principal, int64_t now_ns,
		     struct fly_arena *arena, struct fly_why *why)
{
	Flyteidl__Admin__ExecutionStateChangeDetails *details;
	Flyteidl__Admin__ExecutionClosure *closure;
	int rc;

	rc = fly_admin_unpack(&flyteidl__admin__execution_closure__descriptor, e->closure, arena,
			      (ProtobufCMessage **)&closure, why);
	if (rc < 0)
		return rc;
	details = fly_admin_new(Flyteidl__Admin__ExecutionStateChangeDetails,
				flyteidl__admin__execution_state_change_details, arena);
	if (!details)
		return fly_no_memory(why);
	details->state = (Flyteidl__Admin__ExecutionState)state;
	details->occurred_at = fly_timestamp(arena, now_ns);
	details->principal = (char *)principal;
	if (!details->occurred_at)
		return fly_no_memory(why);
	closure->state_change_details = details;
	e->state = state;
	return fly_admin_pack(&closure->base, arena, &e->closure, why);
}

static int update_apply(struct fly_write *w, struct fly_db *db, struct fly_why *why)
{
	const Flyteidl__Admin__ExecutionUpdateRequest *req = ((struct update *)w)->req;
	struct fly_call *call = w->call;
	struct fly_execution e;
	int rc;

	if ((rc = fly_find_execution(db, req->id, FLY_EXECUTION_CLOSURE, &call->arena, &e,
				     why)) < 0 ||
	    (rc = fly_caller_check_owner(&call->caller, e.uid, why, "execution %s", e.name)) < 0 ||
	    (rc = set_state(&e, (int)req->state, fly_caller_principal(&call->caller),
			    fly_admin_file_now(w->admin), &call->arena, why)) < 0)
		return rc;
	fly_execution_measure(&e, FLY_EXECUTION_CLOSURE);
	call->id = e.id;
	return fly_execution_update(db, &e, FLY_EXECUTION_CLOSURE, why);
}

void fly_admin_update_execution(struct fly_admin *a, struct fly_call *call,
				const Flyteidl__Admin__ExecutionUpdateRequest *req)
{
	struct update *u = fly_arena_zalloc(&call->arena, 1, sizeof(*u));
	int rc = u ? fly_check_execution_id(req->id, "id", &call->why) : fly_no_memory(&call->why);

	if (rc >= 0)
		rc = fly_admin_check_writable(a, &call->why);
	if (rc < 0) {
		fly_call_finish(call, rc);
		return;
	}
	u->req = req;
	u->write.apply = update_apply;
	fly_admin_write(a, call, &u->write);
}
