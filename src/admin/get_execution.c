/* SPDX-License-Identifier: Apache-2.0 */
/*
 * An execution's row as the message people see, and GetExecution. It lists none (list RPCs do) and
 * renders no text.
 * Source: flyte-api §2.10.
 */
#include "admin_private.h"

Flyteidl__Core__WorkflowExecutionIdentifier *
fly_execution_identifier(const struct fly_execution *e, struct fly_arena *arena)
{
	Flyteidl__Core__WorkflowExecutionIdentifier *id =
		fly_admin_new(Flyteidl__Core__WorkflowExecutionIdentifier,
			      flyteidl__core__workflow_execution_identifier, arena);

	if (!id)
		return NULL;
	id->project = fly_arena_strdup(arena, e->project);
	id->domain = fly_arena_strdup(arena, e->domain);
	id->name = fly_arena_strdup(arena, e->name);
	return id->project && id->domain && id->name ? id : NULL;
}

int fly_execution_message(const struct fly_execution *e, struct fly_arena *arena,
			  Flyteidl__Admin__Execution **out, struct fly_why *why)
{
	Flyteidl__Admin__Execution *m =
		fly_admin_new(Flyteidl__Admin__Execution, flyteidl__admin__execution, arena);
	int rc;

	if (!m)
		return fly_no_memory(why);
	m->id = fly_execution_identifier(e, arena);
	if (!m->id)
		return fly_no_memory(why);
	if ((rc = fly_admin_unpack(&flyteidl__admin__execution_spec__descriptor, e->spec, arena,
				   (ProtobufCMessage **)&m->spec, why)) < 0 ||
	    (rc = fly_admin_unpack(&flyteidl__admin__execution_closure__descriptor, e->closure,
				   arena, (ProtobufCMessage **)&m->closure, why)) < 0)
		return rc;
	*out = m;
	return 0;
}

int fly_admin_get_execution(struct fly_db *db,
			    const Flyteidl__Admin__WorkflowExecutionGetRequest *req,
			    struct fly_arena *arena, Flyteidl__Admin__Execution **out,
			    struct fly_why *why)
{
	struct fly_execution e;
	int rc;

	if ((rc = fly_check_execution_id(req->id, "id", why)) < 0 ||
	    (rc = fly_find_execution(db, req->id, FLY_EXECUTION_SPEC | FLY_EXECUTION_CLOSURE,
				     arena, &e, why)) < 0)
		return rc;
	return fly_execution_message(&e, arena, out, why);
}
